//! A transcript as units of speech, each with its place.

use crate::sentences::Sentence;
use journey_domain::text::{CharSpan, IndexedText};
use journey_language::{
    clauses::units,
    linear::LinearModel,
    sentence::{Unit, unit},
    token::{Token, tokens},
};
use std::ops::Range;

/// Sentences whose tokens belong together: one, or several that were cut for their length alone.
#[derive(Debug)]
pub(crate) struct Stretch {
    /// Tokens with byte places in the whole text.
    pub(crate) tokens: Vec<Token>,
    /// Its units, as ranges of tokens.
    pub(crate) units: Vec<Range<usize>>,
}

/// One unit with its place.
#[derive(Debug)]
pub(crate) struct Piece<'p> {
    /// Counts through the whole text.
    pub(crate) number: usize,
    /// Tokens of its stretch.
    pub(crate) tokens: &'p [Token],
    /// Which of them.
    pub(crate) range: Range<usize>,
    /// Words and grammar.
    pub(crate) unit: Unit<'p>,
    /// Where it stands, from its first to its last word.
    pub(crate) span: CharSpan,
}

impl Piece<'_> {
    /// Its plain words.
    pub(crate) fn words(&self) -> Vec<&str> {
        self.unit.plain.iter().map(|w| w.1).collect()
    }

    /// The words of the unit as spoken, fillers and openings included, lower case.
    pub(crate) fn spoken(&self) -> impl Iterator<Item = &str> {
        self.tokens
            .get(self.range.clone())
            .unwrap_or_default()
            .iter()
            .filter(|t| t.is_word())
            .map(|t| t.word.as_str())
    }
}

/// Parts a text into stretches and units.
pub(crate) fn stretches(
    text: &IndexedText<'_>,
    sentences: &[Sentence],
    border: &LinearModel,
) -> Vec<Stretch> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = sentences.get(at) {
        let mut end = first.span.end;
        at += 1;
        while let Some(next) = sentences.get(at)
            && runs_on(text, end, next.span.start)
        {
            end = next.span.end;
            at += 1;
        }
        let (Some(from), Some(slice)) = (
            text.byte_of(first.span.start),
            CharSpan::new(first.span.start, end).and_then(|span| text.slice(span)),
        ) else {
            continue;
        };
        let mut tokens = tokens(slice);
        for token in &mut tokens {
            token.start += from;
            token.end += from;
        }
        let units = units(&tokens, border);
        found.push(Stretch { tokens, units });
    }
    found
}

/// Whether a sentence ended for its length alone.
fn runs_on(text: &IndexedText<'_>, end: usize, next: usize) -> bool {
    let last =
        end.checked_sub(1).and_then(|i| CharSpan::new(i, end)).and_then(|span| text.slice(span));
    let between = CharSpan::new(end, next).and_then(|span| text.slice(span)).unwrap_or_default();
    last.is_some_and(|l| l.chars().all(char::is_alphanumeric)) && !between.contains('\n')
}

/// The units of all stretches, read.
pub(crate) fn pieces<'p>(text: &IndexedText<'_>, stretches: &'p [Stretch]) -> Vec<Piece<'p>> {
    let mut found = Vec::new();
    for stretch in stretches {
        for range in &stretch.units {
            let read = unit(&stretch.tokens, range.clone());
            let place = |i: usize| stretch.tokens.get(i);
            let (Some(first), Some(last)) = (
                read.plain.first().and_then(|w| place(w.0)),
                read.plain.last().and_then(|w| place(w.0)),
            ) else {
                continue;
            };
            let Some(span) = text.span_of_bytes(first.start, last.end) else { continue };
            found.push(Piece {
                number: found.len(),
                tokens: &stretch.tokens,
                range: range.clone(),
                unit: read,
                span,
            });
        }
    }
    found
}
