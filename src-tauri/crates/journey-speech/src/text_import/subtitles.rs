//! SubRip and WebVTT: blocks with a line of times and the words below it.

use super::{TextImportError, TextWarning};
use journey_domain::transcript::{SpokenSegment, Transcript};

struct Cue {
    start_ms: u64,
    end_ms: u64,
    text: String,
}

/// Cues in order of time; a transcript whose segments have times and no probability.
pub(super) fn read(
    text: &str,
    warnings: &mut Vec<TextWarning>,
) -> Result<Transcript, TextImportError> {
    let mut cues = Vec::new();
    let mut n_bad = 0;
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches('\r')).collect();
    for block in lines.split(|line| line.trim().is_empty()) {
        read_block(block, &mut cues, &mut n_bad);
    }
    if n_bad > 0 {
        warnings.push(TextWarning::BadCues(n_bad));
    }
    if !cues.is_sorted_by_key(|cue: &Cue| cue.start_ms) {
        cues.sort_by_key(|cue| cue.start_ms);
        warnings.push(TextWarning::CuesReordered);
    }
    if cues.is_empty() {
        return Err(TextImportError::NoCues);
    }
    let mut transcript = Transcript::from_speech(
        1,
        None,
        None,
        cues.into_iter().map(|cue| SpokenSegment {
            text: cue.text,
            start_ms: cue.start_ms,
            end_ms: cue.end_ms,
            probability: 1.0,
            words: Vec::new(),
            repeated: false,
        }),
    );
    if transcript.segments.is_empty() {
        return Err(TextImportError::Empty);
    }
    for segment in &mut transcript.segments {
        segment.probability = None;
    }
    Ok(transcript)
}

fn read_block(block: &[&str], cues: &mut Vec<Cue>, n_bad: &mut usize) {
    let Some(first) = block.first().map(|line| line.trim()) else { return };
    let word = first.split_whitespace().next().unwrap_or_default();
    let at = block.iter().position(|line| times(line).is_some());
    let Some(at) = at else {
        if !matches!(word, "WEBVTT" | "NOTE" | "STYLE" | "REGION") {
            *n_bad += 1;
        }
        return;
    };
    // An arrow may stand in no comment, so that a block with times is a cue whatever its name.
    let Some((start_ms, end_ms)) = block.get(at).and_then(|line| times(line)) else { return };
    let mut spoken = Vec::new();
    let mut rest = block.get(at + 1..).unwrap_or_default();
    // Some writers put no blank line between cues: the next line of times ends this one.
    if let Some(next) = rest.iter().position(|line| times(line).is_some()) {
        let numbered = next.checked_sub(1).filter(|&before| {
            rest.get(before).is_some_and(|line| line.trim().parse::<u32>().is_ok())
        });
        let cut = numbered.unwrap_or(next);
        read_block(rest.get(cut..).unwrap_or_default(), cues, n_bad);
        rest = rest.get(..cut).unwrap_or_default();
    }
    for line in rest {
        let plain = without_markup(line);
        let plain = plain.trim();
        if !plain.is_empty() {
            spoken.push(plain.to_owned());
        }
    }
    if !spoken.is_empty() {
        cues.push(Cue { start_ms, end_ms: end_ms.max(start_ms), text: spoken.join(" ") });
    }
}

/// Start and end in milliseconds of a line such as `00:00:01,000 --> 00:00:02,500 align:start`.
fn times(line: &str) -> Option<(u64, u64)> {
    let (start, rest) = line.split_once("-->")?;
    Some((time(start.trim())?, time(rest.split_whitespace().next()?)?))
}

/// `[h:]mm:ss[.,]mmm` in milliseconds.
fn time(text: &str) -> Option<u64> {
    let (clock, fraction) = text.split_once([',', '.']).unwrap_or((text, "0"));
    let millis = match (fraction.len(), fraction.parse::<u64>().ok()?) {
        (1, n) => n * 100,
        (2, n) => n * 10,
        (3, n) => n,
        _ => return None,
    };
    let mut seconds: u64 = 0;
    let mut n_parts = 0;
    for part in clock.split(':') {
        let value: u64 = part.parse().ok()?;
        seconds = seconds.checked_mul(60)?.checked_add(value)?;
        n_parts += 1;
    }
    // 1,000 hours are beyond any recording; larger numbers are no times.
    (matches!(n_parts, 2 | 3) && seconds < 3_600_000).then_some(seconds * 1000 + millis)
}

/// A line without `<…>` tags and `{\…}` styles, its character references resolved.
fn without_markup(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['<', '{', '&']) {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let taken = markup(tail);
        match taken {
            Some((len, replacement)) => {
                out.push_str(replacement);
                rest = tail.get(len..).unwrap_or_default();
            }
            None => {
                let mut chars = tail.chars();
                out.extend(chars.next());
                rest = chars.as_str();
            }
        }
    }
    out.push_str(rest);
    out
}

/// The length of the markup that `tail` begins with, and what stands for it; `None` where the
/// character is meant as itself, as in `a < b`.
fn markup(tail: &str) -> Option<(usize, &'static str)> {
    const REFERENCES: [(&str, &str); 6] = [
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", "\u{A0}"),
        ("&lrm;", "\u{200E}"),
        ("&rlm;", "\u{200F}"),
    ];
    if let Some(inner) = tail.strip_prefix('<') {
        let is_tag = inner.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
        return tail.find('>').filter(|_| is_tag).map(|end| (end + 1, ""));
    }
    if tail.starts_with("{\\") {
        return tail.find('}').map(|end| (end + 1, ""));
    }
    REFERENCES
        .iter()
        .find(|(name, _)| tail.starts_with(name))
        .map(|(name, character)| (name.len(), *character))
}
