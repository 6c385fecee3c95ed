//! Relationships by the words that join what was said: "because", "so", "that's why", "but", and by
//! what stands side by side in one clause.

use super::{
    lexicon::{Entry, Lexicon},
    passage::Piece,
    topics,
};
use journey_domain::{
    analysis::{CheckedSpan, ElementDraft, RelationshipDraft},
    element::{ElementKind, EvidenceState, RelationshipKind},
    text::CharSpan,
};
use std::collections::BTreeSet;

/// How far apart, in units, two things may stand that a joining word links.
const NEAR: usize = 3;

/// How far apart what is seen and what is then decided may stand without a joining word.
const NEXT: usize = 2;

/// How far back the difficulty may lie that a plan is for.
const FARTHEST: usize = 30;

/// What joins a unit to what was said before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cue {
    /// This follows from what was before.
    So,
    /// This is why what was before.
    Because,
    /// This stands against what was before.
    But,
}

struct Placed {
    element: usize,
    kind: ElementKind,
    unit: usize,
    span: CharSpan,
}

struct Links<'a> {
    elements: &'a [ElementDraft],
    pieces: &'a [Piece<'a>],
    placed: Vec<Placed>,
    found: Vec<RelationshipDraft>,
}

/// Finds the links between elements.
pub(crate) fn find(
    elements: &[ElementDraft],
    pieces: &[Piece<'_>],
    topic_words: &Lexicon,
) -> Vec<RelationshipDraft> {
    let mut placed: Vec<Placed> = elements
        .iter()
        .enumerate()
        .filter(|(_, draft)| draft.kind != ElementKind::Topic)
        .filter_map(|(element, draft)| {
            let span = draft.evidence.first()?.span;
            let unit = pieces.partition_point(|p| p.span.end <= span.start);
            Some(Placed { element, kind: draft.kind, unit, span })
        })
        .collect();
    placed.sort_by_key(|p| (p.unit, p.element));
    let mut links = Links { elements, pieces, placed, found: Vec::new() };
    for i in 0..links.placed.len() {
        match links.placed.get(i).map(|p| p.kind) {
            Some(ElementKind::Emotion) => links.of_emotion(i, topic_words),
            Some(ElementKind::Action) => links.of_action(i, topic_words),
            Some(_) => links.of_thought(i),
            None => {}
        }
    }
    links.found
}

impl Links<'_> {
    /// The nearest earlier finding of these kinds, at most `reach` units back, in another unit.
    fn before(&self, i: usize, kinds: &[ElementKind], reach: usize) -> Option<usize> {
        let this = self.placed.get(i)?;
        let earlier = self.placed.get(..i)?;
        earlier.iter().rposition(|p| {
            kinds.contains(&p.kind) && p.unit < this.unit && p.unit + reach >= this.unit
        })
    }

    fn cue(&self, i: usize) -> Option<Cue> {
        self.pieces.get(self.placed.get(i)?.unit).and_then(cue)
    }

    fn link(
        &mut self,
        from: usize,
        to: usize,
        kind: RelationshipKind,
        confidence: f32,
        by: CharSpan,
    ) {
        let (Some(from), Some(to)) = (self.placed.get(from), self.placed.get(to)) else { return };
        self.add(from.element, to.element, kind, confidence, by);
    }

    fn add(
        &mut self,
        from: usize,
        to: usize,
        kind: RelationshipKind,
        confidence: f32,
        by: CharSpan,
    ) {
        if !self.found.iter().any(|l| (l.from, l.to, l.kind) == (from, to, kind)) {
            self.found.push(RelationshipDraft {
                from,
                to,
                kind,
                confidence,
                evidence: vec![CheckedSpan { span: by, state: EvidenceState::Verified }],
            });
        }
    }

    /// A feeling is about, or was set off by, what its own clause tells of.
    fn of_emotion(&mut self, i: usize, topic_words: &Lexicon) {
        let Some(this) = self.placed.get(i) else { return };
        let (element, unit, span) = (this.element, this.unit, this.span);
        let Some(piece) = self.pieces.get(unit) else { return };
        let words = piece.words();
        let whole = piece.span;
        let topic = topics::mentions(&words, topic_words)
            .into_iter()
            .filter(|(entry, _)| weighs(entry))
            .filter_map(|(entry, found)| {
                let wanted = topics::root(&entry.name);
                let to = self.elements.iter().position(|e| {
                    e.kind == ElementKind::Topic
                        && e.taxonomy.as_ref().is_some_and(|t| t.root() == wanted)
                })?;
                Some((to, found.start, entry.columns.first().is_some_and(|w| w == "2")))
            })
            .max_by_key(|&(to, start, telling)| {
                (telling, std::cmp::Reverse(start), std::cmp::Reverse(to))
            });
        if let Some((to, start, _)) = topic {
            let caused = words
                .get(..start)
                .unwrap_or_default()
                .iter()
                .any(|w| matches!(*w, "because" | "cos" | "after" | "since"));
            let kind = if caused { RelationshipKind::TriggeredBy } else { RelationshipKind::About };
            self.add(element, to, kind, if caused { 0.6 } else { 0.5 }, whole);
        }
        let causes = [ElementKind::Challenge, ElementKind::Insight];
        match self.cue(i) {
            Some(Cue::So) => {
                if let Some(cause) = self.before(i, &causes, NEAR) {
                    self.link(i, cause, RelationshipKind::TriggeredBy, 0.6, whole);
                }
            }
            Some(Cue::Because) | None => {
                // What is hard does not gladden.
                let glad = self.elements.get(element).and_then(|e| e.taxonomy.as_ref());
                let glad = glad.is_some_and(|t| matches!(t.root(), "joy" | "love" | "positive"));
                if !glad && let Some(cause) = self.before(i, &[ElementKind::Challenge], 1) {
                    self.link(i, cause, RelationshipKind::TriggeredBy, 0.4, span);
                }
            }
            Some(Cue::But) => {}
        }
    }

    /// A plan is for a difficulty or a feeling, and follows from what was seen.
    fn of_action(&mut self, i: usize, topic_words: &Lexicon) {
        let Some(by) = self.placed.get(i).map(|p| p.span) else { return };
        let so = self.cue(i) == Some(Cue::So);
        let goal = self
            .goal(i, topic_words)
            .or_else(|| so.then(|| self.before(i, &[ElementKind::Emotion], NEAR)).flatten());
        if let Some(goal) = goal {
            self.link(i, goal, RelationshipKind::Addresses, if so { 0.6 } else { 0.4 }, by);
        }
        let reach = if so { NEAR } else { NEXT };
        let cause = self
            .before(i, &[ElementKind::Insight], reach)
            .or_else(|| so.then(|| self.before(i, &[ElementKind::Belief], NEAR)).flatten());
        if let Some(cause) = cause {
            self.link(cause, i, RelationshipKind::LeadsTo, if so { 0.6 } else { 0.4 }, by);
        }
    }

    /// The difficulty that a plan speaks of in the same words or within the same domain of life, else the
    /// only one of all, else the one just before it.
    fn goal(&self, i: usize, topic_words: &Lexicon) -> Option<usize> {
        let this = self.placed.get(i)?;
        let words = self.content(this.unit);
        let domains = |unit: usize| -> BTreeSet<String> {
            let words = self.pieces.get(unit).map(|p| p.words()).unwrap_or_default();
            let found = topics::mentions(&words, topic_words).into_iter();
            let telling = found.filter(|(entry, _)| weighs(entry));
            telling.map(|(entry, _)| topics::root(&entry.name).to_owned()).collect()
        };
        let about = domains(this.unit);
        let earlier: Vec<usize> = (0..i)
            .filter(|&j| {
                self.placed.get(j).is_some_and(|p| {
                    p.kind == ElementKind::Challenge
                        && p.unit < this.unit
                        && p.unit + FARTHEST >= this.unit
                })
            })
            .collect();
        let met =
            |j: usize, of: &dyn Fn(usize) -> bool| self.placed.get(j).is_some_and(|p| of(p.unit));
        let same_words = |unit: usize| !self.content(unit).is_disjoint(&words);
        let same_domain = |unit: usize| !domains(unit).is_disjoint(&about);
        let latest =
            |of: &dyn Fn(usize) -> bool| earlier.iter().rev().find(|j| met(**j, of)).copied();
        let all = self.placed.iter().filter(|p| p.kind == ElementKind::Challenge).count();
        latest(&same_words).or_else(|| latest(&same_domain)).or_else(|| match earlier.as_slice() {
            [only] if all == 1 => Some(*only),
            _ => self.before(i, &[ElementKind::Challenge], NEXT),
        })
    }

    fn of_thought(&mut self, i: usize) {
        use ElementKind::{Belief, Challenge, Emotion, Insight};
        let Some(this) = self.placed.get(i) else { return };
        let (kind, by, unit) = (this.kind, this.span, this.unit);
        match self.cue(i) {
            Some(Cue::Because) => {
                if let Some(felt) = self.before(i, &[Emotion], 1) {
                    self.link(felt, i, RelationshipKind::TriggeredBy, 0.6, by);
                } else if let Some(held) = self.before(i, &[Belief, Insight, Challenge], NEXT) {
                    self.link(i, held, RelationshipKind::Supports, 0.5, by);
                }
            }
            Some(Cue::So) => {
                if let Some(cause) = self.before(i, &[Belief, Insight], NEAR) {
                    self.link(cause, i, RelationshipKind::LeadsTo, 0.5, by);
                }
            }
            Some(Cue::But) if kind != Challenge => {
                if let Some(held) = self.before(i, &[Belief, Insight], NEXT)
                    && let Some(other) = self.placed.get(held).map(|p| p.unit)
                    && !self.content(other).is_disjoint(&self.content(unit))
                {
                    self.link(i, held, RelationshipKind::Contradicts, 0.5, by);
                }
            }
            _ => {}
        }
    }

    /// The telling words of a unit, cut to their stems.
    fn content(&self, unit: usize) -> BTreeSet<String> {
        self.pieces
            .get(unit)
            .map(|piece| piece.words())
            .unwrap_or_default()
            .into_iter()
            .filter(|w| w.chars().count() > 3 && !COMMON.contains(w))
            .map(|w| w.chars().take(5).collect())
            .collect()
    }
}

/// Whether a word usually tells of its domain.
fn weighs(entry: &Entry) -> bool {
    entry.columns.first().and_then(|w| w.parse::<f64>().ok()).is_some_and(|weight| weight >= 1.0)
}

/// Words that two clauses share without being about the same.
const COMMON: &[&str] = &[
    "about",
    "after",
    "again",
    "always",
    "anything",
    "because",
    "been",
    "before",
    "being",
    "can't",
    "could",
    "couldn't",
    "didn't",
    "doesn't",
    "doing",
    "don't",
    "down",
    "even",
    "every",
    "everything",
    "feel",
    "from",
    "getting",
    "give",
    "going",
    "gonna",
    "good",
    "have",
    "haven't",
    "here",
    "into",
    "it's",
    "just",
    "keep",
    "know",
    "like",
    "make",
    "more",
    "most",
    "much",
    "need",
    "never",
    "next",
    "nobody",
    "nothing",
    "only",
    "other",
    "over",
    "really",
    "should",
    "some",
    "something",
    "still",
    "that",
    "that's",
    "them",
    "then",
    "there",
    "they",
    "thing",
    "things",
    "this",
    "time",
    "want",
    "week",
    "well",
    "what",
    "when",
    "will",
    "with",
    "without",
    "would",
    "tomorrow",
    "today",
];

fn cue(piece: &Piece<'_>) -> Option<Cue> {
    let words: Vec<&str> = piece.spoken().take(5).collect();
    let opening = || words.iter().take(2);
    let pair = |a: &str, b: &[&str]| {
        words.windows(2).any(|w| matches!(w, [x, y] if *x == a && b.contains(y)))
    };
    if pair("that's", &["why"])
        || pair("which", &["made", "makes", "means"])
        || pair("is", &["why"])
        || opening().any(|w| matches!(*w, "so" | "therefore" | "hence"))
    {
        return Some(Cue::So);
    }
    if opening().any(|w| matches!(*w, "because" | "cause" | "since" | "cos")) {
        return Some(Cue::Because);
    }
    opening().any(|w| matches!(*w, "but" | "although" | "though" | "yet")).then_some(Cue::But)
}
