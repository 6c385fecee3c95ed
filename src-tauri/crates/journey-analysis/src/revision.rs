//! An edited transcript beside the one it was made from: which words stayed, where they stand now,
//! when they were said, and what becomes of the evidence.
//!
//! Words are compared one by one with the `similar` crate. Evidence whose words stayed moves with
//! them; where words in it were corrected it is repaired to the new text; where it is another claim
//! or is gone, it has no place any more.

use journey_domain::{
    element::{Evidence, EvidenceState},
    text::{CharSpan, IndexedText},
    transcript::{Segment, TimeSpan, Transcript, Word},
};
use journey_language::{
    features::is_denial,
    token::{Token, TokenKind, tokens},
};
use similar::{Algorithm, DiffOp, TextDiff, capture_diff_slices};
use std::ops::Range;

/// How alike, from 0 to 1 by letters, corrected evidence must be to what it was.
const MIN_LIKENESS: f32 = 0.7;

/// Fewest words of evidence that is looked for elsewhere: fewer stand anywhere by chance.
const MIN_MOVED_WORDS: usize = 3;

/// Beginnings that turn a word into its opposite.
const OPPOSITES: [&str; 6] = ["un", "in", "im", "ir", "dis", "non"];

/// Longest evidence whose letters are compared, in characters; longer evidence has to stay as it is.
const MAX_COMPARED_CHARS: usize = 2_000;

/// An old transcript and the text that a person made of it.
pub struct Revision<'t> {
    before: &'t Transcript,
    old_text: IndexedText<'t>,
    new_text: IndexedText<'t>,
    old: Vec<Token>,
    new: Vec<Token>,
    /// For each old word or sign the new one that is the same.
    to_new: Vec<Option<usize>>,
    /// The other way round.
    to_old: Vec<Option<usize>>,
}

/// A word of a text with its place in bytes.
struct PlacedWord<'w> {
    bytes: Range<usize>,
    word: &'w Word,
}

impl<'t> Revision<'t> {
    /// Compares.
    #[must_use]
    pub fn new(before: &'t Transcript, text: &'t str) -> Self {
        let (old, new) = (tokens(&before.text), tokens(text));
        let raw = |text: &'t str, all: &[Token]| -> Vec<&'t str> {
            all.iter().map(|t| text.get(t.start..t.end).unwrap_or_default()).collect()
        };
        let (old_raw, new_raw) = (raw(&before.text, &old), raw(text, &new));
        let (mut to_new, mut to_old) = (vec![None; old.len()], vec![None; new.len()]);
        for op in capture_diff_slices(Algorithm::Patience, &old_raw, &new_raw) {
            if let DiffOp::Equal { old_index, new_index, len } = op {
                for i in 0..len {
                    if let Some(place) = to_new.get_mut(old_index + i) {
                        *place = Some(new_index + i);
                    }
                    if let Some(place) = to_old.get_mut(new_index + i) {
                        *place = Some(old_index + i);
                    }
                }
            }
        }
        Self {
            before,
            old_text: IndexedText::new(&before.text),
            new_text: IndexedText::new(text),
            old,
            new,
            to_new,
            to_old,
        }
    }

    /// The transcript of the new text: segments and words keep their times as far as they stayed;
    /// words that were corrected take the time of those they replace.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        let text = self.new_text.text();
        let language = self.before.language.clone();
        let revision = self.before.revision + 1;
        if self.before.segments.iter().all(|segment| segment.time.is_none()) {
            return Transcript::from_text(revision, language, text.to_owned());
        }
        let mut segments = Vec::new();
        for (index, range) in self.new_segments() {
            let Some(before) = self.before.segments.get(index) else { continue };
            let (Some(first), Some(last)) =
                (self.new.get(range.start), self.new.get(range.end.wrapping_sub(1)))
            else {
                continue;
            };
            let (start, end) = (first.start, last.end);
            let (Some(span), Some(slice)) =
                (self.new_text.span_of_bytes(start, end), text.get(start..end))
            else {
                continue;
            };
            segments.push(Segment {
                text: slice.to_owned(),
                span,
                words: self.words(before, index, start, slice),
                time: before.time,
                probability: before.probability,
                repeated: before.repeated,
            });
        }
        Transcript {
            revision,
            language,
            model: self.before.model.clone(),
            text: text.to_owned(),
            segments,
        }
    }

    /// The new words and signs of each old segment. New ones belong to the segment before them.
    fn new_segments(&self) -> Vec<(usize, Range<usize>)> {
        let ends: Vec<usize> = self
            .before
            .segments
            .iter()
            .map(|s| self.old_text.byte_of(s.span.end).unwrap_or(usize::MAX))
            .collect();
        let last = ends.len().saturating_sub(1);
        let of_old = |token: usize| {
            let start = self.old.get(token).map_or(0, |t| t.start);
            ends.partition_point(|end| *end <= start).min(last)
        };
        let mut found: Vec<(usize, Range<usize>)> = Vec::new();
        for (position, old) in self.to_old.iter().enumerate() {
            let here = match (old, found.last()) {
                (Some(old), _) => of_old(*old),
                (None, Some((index, _))) => *index,
                (None, None) => 0,
            };
            match found.last_mut() {
                Some((index, range)) if *index == here => range.end = position + 1,
                _ => found.push((here, position..position + 1)),
            }
        }
        found
    }

    /// The words of a new segment that begins at byte `offset`.
    fn words(&self, before: &Segment, index: usize, offset: usize, slice: &str) -> Vec<Word> {
        let old_offset = self
            .before
            .segments
            .get(index)
            .and_then(|s| self.old_text.byte_of(s.span.start))
            .unwrap_or_default();
        let spoken = placed_words(before, old_offset);
        if spoken.is_empty() {
            return Vec::new();
        }
        let mut words: Vec<Word> = Vec::new();
        // Corrected words that wait for the next one that stayed, and the old word after the last
        // one that stayed.
        let mut waiting: Vec<&str> = Vec::new();
        let mut next_old = 0;
        let pieces = slice.split_whitespace().map(|piece| {
            // A piece is a part of `slice`, so the difference of their places is its offset.
            let start = offset + (piece.as_ptr() as usize - slice.as_ptr() as usize);
            (piece, start..start + piece.len())
        });
        for (piece, bytes) in pieces {
            match self.stayed(&bytes, &spoken) {
                Some(old) if old.start >= next_old => {
                    spread(&mut words, &mut waiting, spoken.get(next_old..old.start));
                    let of_piece = spoken.get(old.clone()).unwrap_or_default();
                    words.extend(joined(piece, of_piece));
                    next_old = old.end;
                }
                _ => waiting.push(piece),
            }
        }
        spread(&mut words, &mut waiting, spoken.get(next_old..));
        words
    }

    /// The old words of which a new word consists, if each of its parts stayed.
    fn stayed(&self, bytes: &Range<usize>, spoken: &[PlacedWord<'_>]) -> Option<Range<usize>> {
        let mut found: Option<Range<usize>> = None;
        for position in overlapping(&self.new, bytes) {
            let old = self.to_old.get(position).copied().flatten();
            let is_word = self.new.get(position).is_some_and(Token::is_word);
            let Some(token) = old.and_then(|old| self.old.get(old)) else {
                if is_word {
                    return None;
                }
                continue;
            };
            let at = spoken.partition_point(|it| it.bytes.end <= token.start);
            let in_it = spoken.get(at).is_some_and(|it| it.bytes.start <= token.start);
            if !in_it {
                continue;
            }
            found = Some(match found {
                None => at..at + 1,
                Some(range) => range.start.min(at)..range.end.max(at + 1),
            });
        }
        found
    }

    /// Where evidence of the old text stands in `after`, the new transcript; `None` where its words
    /// are gone or say something else now.
    #[must_use]
    pub fn place(&self, evidence: &Evidence, after: &Transcript) -> Option<Evidence> {
        let old = self.old_text.byte_of(evidence.span.start)?
            ..self.old_text.byte_of(evidence.span.end)?;
        let span = self
            .kept(&old)
            .or_else(|| self.moved(&evidence.quote))
            .or_else(|| self.corrected(&old))?;
        let quote = self.new_text.slice(span)?;
        let state = if quote == evidence.quote { evidence.state } else { EvidenceState::Repaired };
        Some(Evidence { span, quote: quote.to_owned(), time: after.time_of(span), state })
    }

    /// The stretches of the new text that stayed of a part of the old one, in order; what was written
    /// between them belongs to none. Signs alone are no stretch.
    #[must_use]
    pub fn stretches(&self, old: CharSpan) -> Vec<CharSpan> {
        let bytes = self.old_text.byte_of(old.start).zip(self.old_text.byte_of(old.end));
        let range = bytes.map(|(start, end)| overlapping(&self.old, &(start..end)));
        let kept = range.and_then(|range| self.to_new.get(range)).unwrap_or_default();
        let kept: Vec<usize> = kept.iter().copied().flatten().collect();
        kept.chunk_by(|a, b| a + 1 == *b)
            .filter_map(|run| {
                let (first, last) = (*run.first()?, *run.last()?);
                let tokens = self.new.get(first..=last)?;
                tokens.iter().any(Token::is_word).then_some(())?;
                self.new_text.span_of_bytes(tokens.first()?.start, tokens.last()?.end)
            })
            .collect()
    }

    /// Every word and sign of it stayed, next to each other.
    fn kept(&self, old: &Range<usize>) -> Option<CharSpan> {
        let range = overlapping(&self.old, old);
        let first_new = self.to_new.get(range.start).copied().flatten()?;
        for (step, position) in range.clone().enumerate() {
            if self.to_new.get(position).copied().flatten()? != first_new + step {
                return None;
            }
        }
        let (first, last) = (self.old.get(range.start)?, self.old.get(range.end.checked_sub(1)?)?);
        let last_new = self.new.get(first_new + range.len() - 1)?;
        let start = self.new.get(first_new)?.start + old.start.saturating_sub(first.start);
        let end = last_new.end - last.end.saturating_sub(old.end);
        self.new_text.span_of_bytes(start, end)
    }

    /// It stood there once, and stands there once: it was moved as a whole.
    fn moved(&self, quote: &str) -> Option<CharSpan> {
        if tokens(quote).iter().filter(|t| t.is_word()).count() < MIN_MOVED_WORDS {
            return None;
        }
        let only = |text: &str| {
            let mut places = text.match_indices(quote).map(|(at, _)| at);
            places.next().filter(|_| places.next().is_none())
        };
        only(self.old_text.text())?;
        let start = only(self.new_text.text())?;
        let end = start + quote.len();
        let is_cut = |token: &Token| {
            token.is_word()
                && (token.start < start && start < token.end
                    || token.start < end && end < token.end)
        };
        if self.new.iter().any(is_cut) {
            return None;
        }
        self.new_text.span_of_bytes(start, end)
    }

    /// Some of its words were corrected: the new text between what stayed around it.
    fn corrected(&self, old: &Range<usize>) -> Option<CharSpan> {
        let range = overlapping(&self.old, old);
        let before = self.to_new.get(..range.start)?.iter().rev().find_map(|new| *new);
        let first = self.to_new.get(range.start).copied().flatten();
        let start = first.or(before.map(|new| new + 1)).unwrap_or(0);
        let last = self.to_new.get(range.end.checked_sub(1)?).copied().flatten();
        let after = self.to_new.get(range.end..)?.iter().find_map(|new| *new);
        let end = last.map(|new| new + 1).or(after).unwrap_or(self.new.len());
        let place = self.new.get(start..end).filter(|place| place.iter().any(Token::is_word))?;
        let given = self.old.get(range)?;
        // Signs at the edges are no part of what was said.
        let first = place.iter().position(Token::is_word)?;
        let last = place.iter().rposition(Token::is_word)?;
        let (start, end) = (place.get(first)?.start, place.get(last)?.end);
        let (was, is) =
            (self.old_text.text().get(old.clone())?, self.new_text.text().get(start..end)?);
        (same_claim(given, place) && likeness(was, is) >= MIN_LIKENESS)
            .then(|| self.new_text.span_of_bytes(start, end))
            .flatten()
    }
}

/// The tokens that share a byte with `bytes`.
fn overlapping(all: &[Token], bytes: &Range<usize>) -> Range<usize> {
    let first = all.partition_point(|token| token.end <= bytes.start);
    let end = all.partition_point(|token| token.start < bytes.end);
    first..end.max(first)
}

fn placed_words(segment: &Segment, offset: usize) -> Vec<PlacedWord<'_>> {
    let mut placed = Vec::with_capacity(segment.words.len());
    let mut from = 0;
    for word in &segment.words {
        let Some(at) = segment.text.get(from..).and_then(|rest| rest.find(&word.text)) else {
            continue;
        };
        let start = from + at;
        from = start + word.text.len();
        placed.push(PlacedWord { bytes: offset + start..offset + from, word });
    }
    placed
}

/// One new word of the old ones that it consists of.
fn joined(piece: &str, of: &[PlacedWord<'_>]) -> Option<Word> {
    let (first, last) = (of.first()?, of.last()?);
    Some(Word {
        text: piece.to_owned(),
        start_ms: first.word.start_ms,
        end_ms: last.word.end_ms.max(first.word.start_ms),
        probability: of.iter().map(|it| it.word.probability).fold(1.0, f32::min),
    })
}

/// Gives corrected words the time of the old ones in whose place they stand, by their length. What
/// was only added was not said at any time.
fn spread(words: &mut Vec<Word>, waiting: &mut Vec<&str>, replaced: Option<&[PlacedWord<'_>]>) {
    let pieces = std::mem::take(waiting);
    let Some([first, ..]) = replaced else { return };
    let Some(last) = replaced.and_then(|r| r.last()) else { return };
    let time = TimeSpan {
        start_ms: first.word.start_ms,
        end_ms: last.word.end_ms.max(first.word.start_ms),
    };
    let total: u64 = pieces.iter().map(|piece| piece.chars().count() as u64).sum();
    let mut done = 0;
    for piece in pieces {
        let at = |n: u64| time.start_ms + (time.end_ms - time.start_ms) * n / total.max(1);
        let start_ms = at(done);
        done += piece.chars().count() as u64;
        // A person wrote it, so it is certain.
        words.push(Word { text: piece.to_owned(), start_ms, end_ms: at(done), probability: 1.0 });
    }
}

/// Denials and numbers are the same, and no word became its opposite.
fn same_claim(was: &[Token], is: &[Token]) -> bool {
    let telling = |all: &[Token]| -> Vec<String> {
        all.iter()
            .filter(|t| t.kind == TokenKind::Number || is_denial(&t.word))
            .map(|t| t.word.clone())
            .collect()
    };
    let opposite = |a: &Token, b: &Token| {
        OPPOSITES.iter().any(|begin| a.word.strip_prefix(begin) == Some(b.word.as_str()))
    };
    telling(was) == telling(is)
        && !was.iter().any(|a| is.iter().any(|b| opposite(a, b) || opposite(b, a)))
}

fn likeness(was: &str, is: &str) -> f32 {
    if was.chars().count().max(is.chars().count()) > MAX_COMPARED_CHARS {
        return 0.0;
    }
    let (was, is) = (was.to_lowercase(), is.to_lowercase());
    TextDiff::from_chars(was.as_str(), is.as_str()).ratio()
}

#[cfg(test)]
mod tests;
