//! What was said, as text with times.

use crate::text::CharSpan;
use serde::{Deserialize, Serialize};

/// One recognised word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The word as written, without surrounding space.
    pub text: String,
    /// Start on the session's timeline, in milliseconds.
    pub start_ms: u64,
    /// End on the session's timeline, in milliseconds.
    pub end_ms: u64,
    /// The recogniser's probability, 0 to 1.
    pub probability: f32,
}

/// A stretch of transcript: a recogniser's segment, a subtitle cue or a paragraph of text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Trimmed text.
    pub text: String,
    /// Where its text stands in the transcript's.
    pub span: CharSpan,
    /// Start and end on the session's timeline in milliseconds; `None` for written text.
    pub time: Option<TimeSpan>,
    /// Mean word probability, 0 to 1; `None` for written text.
    pub probability: Option<f32>,
    /// The words with their times; empty for written text.
    pub words: Vec<Word>,
    /// Whether the loop detector marked it as a repetition the recogniser made up.
    pub repeated: bool,
}

/// A half-open stretch of a session's timeline in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimeSpan {
    /// First millisecond.
    pub start_ms: u64,
    /// One past the last millisecond.
    pub end_ms: u64,
}

/// One revision of a session's text. Edits make a new revision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// Counts from 1.
    pub revision: u32,
    /// ISO 639-1 code, where known.
    pub language: Option<String>,
    /// The speech model's name; `None` for text.
    pub model: Option<String>,
    /// The whole text.
    pub text: String,
    /// Ordered, without overlap.
    pub segments: Vec<Segment>,
}

/// A recognised stretch before it has a place in a transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpokenSegment {
    /// Text as recognised; trimmed when it is placed.
    pub text: String,
    /// Start on the session's timeline, in milliseconds.
    pub start_ms: u64,
    /// End on the session's timeline, in milliseconds.
    pub end_ms: u64,
    /// Mean word probability, 0 to 1.
    pub probability: f32,
    /// The words with their times.
    pub words: Vec<Word>,
    /// Marked by the loop detector.
    pub repeated: bool,
}

impl Transcript {
    /// Joins spoken segments: each trimmed, one space between, empty ones left out.
    #[must_use]
    pub fn from_speech(
        revision: u32,
        language: Option<String>,
        model: Option<String>,
        spoken: impl IntoIterator<Item = SpokenSegment>,
    ) -> Self {
        let mut text = String::new();
        let mut n_chars = 0;
        let mut segments = Vec::new();
        for piece in spoken {
            let trimmed = piece.text.trim();
            if trimmed.is_empty() {
                continue;
            }
            if !text.is_empty() {
                text.push(' ');
                n_chars += 1;
            }
            let start = n_chars;
            text.push_str(trimmed);
            n_chars += trimmed.chars().count();
            segments.push(Segment {
                text: trimmed.to_owned(),
                span: CharSpan { start, end: n_chars },
                time: Some(TimeSpan { start_ms: piece.start_ms, end_ms: piece.end_ms }),
                probability: Some(piece.probability),
                words: piece.words,
                repeated: piece.repeated,
            });
        }
        Self { revision, language, model, text, segments }
    }

    /// The next revision: what was spoken somewhere put in before the first segment that begins
    /// after it.
    #[must_use]
    pub fn with_spoken(&self, spoken: impl IntoIterator<Item = SpokenSegment>) -> Self {
        let piece = Self::from_speech(1, None, None, spoken);
        let mut it = Self { revision: self.revision + 1, ..self.clone() };
        let Some(time) = piece.segments.first().and_then(|segment| segment.time) else { return it };
        let follows = |segment: &Segment| segment.time.is_some_and(|t| t.start_ms >= time.start_ms);
        let position = self.segments.iter().position(follows).unwrap_or(self.segments.len());
        let at = position
            .checked_sub(1)
            .and_then(|before| self.segments.get(before))
            .map_or(0, |segment| segment.span.end);
        let byte = self.text.char_indices().nth(at).map_or(self.text.len(), |(byte, _)| byte);
        let (head, tail) = self.text.split_at(byte);
        let before = if head.is_empty() { "" } else { " " };
        let after = if tail.is_empty() || tail.starts_with(char::is_whitespace) { "" } else { " " };
        it.text = format!("{head}{before}{}{after}{tail}", piece.text);
        let moved = |segment: Segment, by: usize| Segment {
            span: CharSpan { start: segment.span.start + by, end: segment.span.end + by },
            ..segment
        };
        let n_new = piece.text.chars().count() + before.len() + after.len();
        let later = it.segments.split_off(position);
        it.segments.extend(piece.segments.into_iter().map(|s| moved(s, at + before.len())));
        it.segments.extend(later.into_iter().map(|s| moved(s, n_new)));
        it
    }

    /// A written reflection, kept to the letter: one segment per paragraph.
    ///
    /// Paragraphs are runs of lines between blank lines.
    #[must_use]
    pub fn from_text(revision: u32, language: Option<String>, text: String) -> Self {
        let mut segments = Vec::new();
        let mut paragraph: Option<(usize, usize, usize, usize)> = None;
        let mut close = |paragraph: &mut Option<(usize, usize, usize, usize)>| {
            if let Some((byte_start, byte_end, start, end)) = paragraph.take()
                && let Some(slice) = text.get(byte_start..byte_end)
            {
                segments.push(Segment {
                    text: slice.to_owned(),
                    span: CharSpan { start, end },
                    time: None,
                    probability: None,
                    words: Vec::new(),
                    repeated: false,
                });
            }
        };
        let (mut byte, mut chars) = (0, 0);
        for line in text.split_inclusive('\n') {
            let line_chars = line.chars().count();
            let content = line.trim();
            if content.is_empty() {
                close(&mut paragraph);
            } else {
                let lead = line.len() - line.trim_start().len();
                let lead_chars = line.chars().take_while(|c| c.is_whitespace()).count();
                let byte_end = byte + lead + content.len();
                let end = chars + lead_chars + content.chars().count();
                match &mut paragraph {
                    Some((_, b, _, e)) => {
                        *b = byte_end;
                        *e = end;
                    }
                    None => paragraph = Some((byte + lead, byte_end, chars + lead_chars, end)),
                }
            }
            byte += line.len();
            chars += line_chars;
        }
        close(&mut paragraph);
        Self { revision, language, model: None, text, segments }
    }

    /// Where on the timeline a span of the text was said, by word times where there are any.
    ///
    /// `None` for written text.
    #[must_use]
    pub fn time_of(&self, span: CharSpan) -> Option<TimeSpan> {
        let mut found: Option<TimeSpan> = None;
        for segment in self.segments.iter().filter(|s| s.span.overlaps(span)) {
            let whole = segment.time?;
            let mut time = None::<TimeSpan>;
            let mut from = 0;
            for word in &segment.words {
                let Some(at) = segment.text.get(from..).and_then(|rest| rest.find(&word.text))
                else {
                    continue;
                };
                let before = segment.text.get(..from + at).map_or(0, |head| head.chars().count());
                let start = segment.span.start + before;
                let place = CharSpan { start, end: start + word.text.chars().count() };
                from += at + word.text.len();
                if place.overlaps(span) {
                    let end_ms = word.end_ms.max(word.start_ms);
                    time = Some(match time {
                        None => TimeSpan { start_ms: word.start_ms, end_ms },
                        Some(t) => TimeSpan { end_ms: end_ms.max(t.end_ms), ..t },
                    });
                }
            }
            let time = time.unwrap_or(whole);
            found = Some(match found {
                None => time,
                Some(f) => TimeSpan {
                    start_ms: f.start_ms.min(time.start_ms),
                    end_ms: f.end_ms.max(time.end_ms),
                },
            });
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::IndexedText;
    use proptest::prelude::*;

    fn spoken(text: &str, start_ms: u64, end_ms: u64) -> SpokenSegment {
        SpokenSegment {
            text: text.into(),
            start_ms,
            end_ms,
            probability: 0.9,
            words: Vec::new(),
            repeated: false,
        }
    }

    #[test]
    fn spoken_segments_are_trimmed_and_joined_by_one_space() {
        let transcript = Transcript::from_speech(
            1,
            None,
            None,
            [spoken(" One.", 0, 10), spoken(" ", 10, 20), spoken("Twö. ", 20, 30)],
        );
        assert_eq!(transcript.text, "One. Twö.");
        assert_eq!(transcript.segments.len(), 2);
        assert_eq!(transcript.segments[1].span, CharSpan { start: 5, end: 9 });
    }

    #[test]
    fn a_span_is_timed_by_its_words() {
        let mut piece = spoken("I felt calm", 0, 900);
        for (i, w) in ["I", "felt", "calm"].into_iter().enumerate() {
            piece.words.push(Word {
                text: w.into(),
                start_ms: 300 * i as u64,
                end_ms: 300 * i as u64 + 250,
                probability: 0.5,
            });
        }
        let transcript = Transcript::from_speech(1, None, None, [piece]);
        let time = transcript.time_of(CharSpan { start: 2, end: 6 });
        assert_eq!(time, Some(TimeSpan { start_ms: 300, end_ms: 550 }));
    }

    proptest! {
        #[test]
        fn what_is_put_in_stands_in_the_order_of_time_and_the_rest_stays(
            n_before in 0_u64..5, n_after in 0_u64..5, new in prop::collection::vec("[a-zü ]{0,6}", 0..4),
        ) {
            let piece = |i: u64| spoken(&format!("Wört {i}."), 1000 * i, 1000 * i + 900);
            let there = (0..n_before).chain(n_before + 1..n_before + 1 + n_after).map(piece);
            let before = Transcript::from_speech(1, None, None, there);
            let put_in = new.iter().map(|text| spoken(text, 1000 * n_before, 1000 * n_before + 900));
            let after = before.with_spoken(put_in);
            prop_assert_eq!(after.revision, 2);
            let indexed = IndexedText::new(&after.text);
            let mut end = 0;
            for segment in &after.segments {
                prop_assert_eq!(indexed.slice(segment.span), Some(segment.text.as_str()));
                prop_assert!(segment.span.start >= end);
                end = segment.span.end;
            }
            let starts: Vec<u64> = after.segments.iter().map(|s| s.time.unwrap().start_ms).collect();
            prop_assert!(starts.is_sorted());
            let words: Vec<&str> = after.segments.iter().map(|s| s.text.as_str()).collect();
            prop_assert_eq!(words.join(" "), after.text);
        }

        #[test]
        fn paragraphs_are_exact_slices_of_the_text(text in "(\\PC|\n|\n\n| ){0,80}") {
            let transcript = Transcript::from_text(1, None, text.clone());
            prop_assert_eq!(&transcript.text, &text);
            let indexed = IndexedText::new(&text);
            let mut covered = 0;
            for segment in &transcript.segments {
                prop_assert_eq!(indexed.slice(segment.span), Some(segment.text.as_str()));
                prop_assert!(segment.span.start >= covered);
                covered = segment.span.end;
            }
            let kept: usize = transcript.segments.iter()
                .map(|s| s.text.chars().filter(|c| !c.is_whitespace()).count()).sum();
            prop_assert_eq!(kept, text.chars().filter(|c| !c.is_whitespace()).count());
        }
    }
}
