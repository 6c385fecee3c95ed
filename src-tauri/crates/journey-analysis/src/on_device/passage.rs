//! A transcript as units of speech, each with its place.

use crate::sentences::Sentence;
use journey_domain::text::{CharSpan, IndexedText};
use journey_language::{
    clauses::units,
    linear::LinearModel,
    sentence::{Unit, unit},
    token::{Token, TokenKind, tokens},
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
    /// Where each plain word stands.
    places: Vec<CharSpan>,
}

/// Words that open another clause within a unit.
const JOINTS: [&str; 12] = [
    "and", "but", "because", "cos", "so", "when", "while", "which", "although", "then", "since",
    "until",
];

impl Piece<'_> {
    /// Where the clause round the plain words `start..end` stands: from the joint or sign before them
    /// to the next one after them.
    pub(crate) fn clause_of(&self, start: usize, end: usize) -> Option<CharSpan> {
        let plain = &self.unit.plain;
        let joint = |i: usize| {
            plain.get(i).is_some_and(|(_, w)| JOINTS.contains(w))
                || i.checked_sub(1)
                    .and_then(|before| plain.get(before))
                    .and_then(|(at, _)| self.tokens.get(at + 1))
                    .is_some_and(|t| {
                        t.kind == TokenKind::Sign
                            && matches!(t.word.as_str(), "," | ";" | ":" | "-" | "–" | "—")
                    })
        };
        let from = (0..=start).rev().find(|&i| i == 0 || i + 1 < end && joint(i))?;
        let to = (end..=plain.len()).find(|&i| i == plain.len() || joint(i) && i >= from + 3)?;
        self.span_of(from, to)
    }

    /// Where the plain words `start..end` stand in the text.
    pub(crate) fn span_of(&self, start: usize, end: usize) -> Option<CharSpan> {
        let place = |i: usize| self.places.get(i).copied();
        CharSpan::new(place(start)?.start, place(end.checked_sub(1)?)?.end)
    }

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
            let places = read
                .plain
                .iter()
                .filter_map(|w| place(w.0))
                .filter_map(|t| text.span_of_bytes(t.start, t.end))
                .collect();
            found.push(Piece {
                number: found.len(),
                tokens: &stretch.tokens,
                range: range.clone(),
                unit: read,
                span,
                places,
            });
        }
    }
    found
}
