//! Written files as transcripts: plain text and Markdown to the letter, subtitles by their cues.

mod encoding;
mod front_matter;
mod subtitles;

use journey_domain::{error_code::ErrorCode, transcript::Transcript};

/// Largest file that is read, in bytes: some 3 million words, far beyond any diary.
pub const MAX_TEXT_BYTES: usize = 20_000_000;

/// What kind of written file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// `.txt`.
    Plain,
    /// `.md`.
    Markdown,
    /// `.srt`.
    SubRip,
    /// `.vtt`.
    WebVtt,
}

impl TextKind {
    /// By the extension without its dot, in any case; `None` for other files.
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "txt" | "text" => Some(Self::Plain),
            "md" | "markdown" => Some(Self::Markdown),
            "srt" => Some(Self::SubRip),
            "vtt" => Some(Self::WebVtt),
            _ => None,
        }
    }
}

/// What a person should know of a file that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextWarning {
    /// Not UTF-8; read in another encoding.
    Encoding(&'static str),
    /// So many cues were left out because their times could not be read.
    BadCues(usize),
    /// Cues were not in order of time; they were put in order.
    CuesReordered,
}

impl TextWarning {
    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Encoding(_) => "text_encoding",
            Self::BadCues(_) => "bad_cues",
            Self::CuesReordered => "cues_reordered",
        }
    }
}

impl std::fmt::Display for TextWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Encoding(name) => write!(f, "the file is not UTF-8; it was read as {name}"),
            Self::BadCues(n) => {
                write!(f, "{n} blocks without readable times were left out of the subtitles")
            }
            Self::CuesReordered => f.write_str("the subtitles were put in order of time"),
        }
    }
}

/// A date that a file gives for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedAt {
    /// A moment, with its offset in the file.
    Moment(jiff::Timestamp),
    /// A day or a local time, to be read in the person's zone; a bare day is its midnight.
    Local(jiff::civil::DateTime),
}

/// A written file, read.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedText {
    /// Revision 1; language and model unknown.
    pub transcript: Transcript,
    /// What to tell the person.
    pub warnings: Vec<TextWarning>,
    /// A date from Markdown's front matter.
    pub recorded_at: Option<RecordedAt>,
}

/// Why a written file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextImportError {
    /// No words in it.
    #[error("the file holds no text")]
    Empty,
    /// Larger than [`MAX_TEXT_BYTES`].
    #[error("the file is larger than {} MB, the most that is read as text", MAX_TEXT_BYTES / 1_000_000)]
    TooLarge,
    /// NUL or other bytes that no text has.
    #[error("the file is not a text file")]
    Binary,
    /// Subtitles without a cue.
    #[error("the file holds no subtitles with readable times")]
    NoCues,
}

impl TextImportError {
    /// The code under which it reaches people.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        ErrorCode::BadFile
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::TooLarge => Some("Split the file and import its parts."),
            Self::Binary => Some("Save it as plain text in UTF-8."),
            Self::NoCues => Some("Rename it to .txt to import it as plain text."),
            Self::Empty => None,
        }
    }
}

/// Reads a written file.
///
/// Plain text and Markdown stay as they are but for a byte-order mark and CRLF. Subtitles become
/// their cues in order of time, joined by one space.
///
/// # Errors
/// [`TextImportError`].
pub fn read_text(bytes: &[u8], kind: TextKind) -> Result<ImportedText, TextImportError> {
    if bytes.len() > MAX_TEXT_BYTES {
        return Err(TextImportError::TooLarge);
    }
    let (text, encoding) = encoding::decode(bytes)?;
    if text.trim().is_empty() {
        return Err(TextImportError::Empty);
    }
    let mut warnings: Vec<_> = encoding.map(TextWarning::Encoding).into_iter().collect();
    match kind {
        TextKind::Plain | TextKind::Markdown => {
            let recorded_at =
                if kind == TextKind::Markdown { front_matter::date(&text) } else { None };
            let transcript = Transcript::from_text(1, None, text);
            Ok(ImportedText { transcript, warnings, recorded_at })
        }
        TextKind::SubRip | TextKind::WebVtt => {
            let transcript = subtitles::read(&text, &mut warnings)?;
            Ok(ImportedText { transcript, warnings, recorded_at: None })
        }
    }
}

#[cfg(test)]
mod tests;
