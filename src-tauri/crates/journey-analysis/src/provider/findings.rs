//! From a reply to findings: every span checked, only the speaker's own and affirmed ones kept.

use super::{
    prompt,
    pseudonyms::{NamesIn, Pseudonyms},
    windows::Window,
    wire::{self, Holder, Kind, Polarity, Reply, WireElement, WireRelationship},
};
use crate::{
    attribution,
    evidence::EvidenceCheck,
    sentences::Sentence,
    taxonomy_files::{self, EmotionPack},
};
use journey_domain::{
    analysis::{CheckedSpan, ElementDraft, RelationshipDraft},
    element::{ActionStatus, Intensity, MAX_LABEL_CHARS},
    run::Substitute,
    taxonomy::{NodeId, Taxonomy},
    text::{CharSpan, IndexedText},
};
use journey_language::{features::is_denial, token::tokens};
use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

/// What came of one reply. Relationships point into `elements`.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) elements: Vec<ElementDraft>,
    pub(crate) relationships: Vec<RelationshipDraft>,
    pub(crate) rejected: u32,
    /// Set where the window was read by another analyser.
    pub(crate) substitute: Option<Substitute>,
}

/// The transcript that replies are checked against.
pub(crate) struct Checked<'t> {
    pub(crate) text: IndexedText<'t>,
    pub(crate) sentences: &'t [Sentence],
    pub(crate) evidence: EvidenceCheck<'t>,
    pub(crate) names: &'t Pseudonyms,
    /// Where they stand in the text.
    pub(crate) named: NamesIn<'t>,
    pub(crate) pack: EmotionPack,
}

impl Checked<'_> {
    /// Turns a reply about `window` into findings.
    pub(crate) fn findings(&self, reply: Reply, window: &Window) -> Findings {
        let mut found = Findings::default();
        let mut place: HashMap<usize, usize> = HashMap::new();
        let too_many = reply.elements.len().saturating_sub(wire::MAX_ELEMENTS);
        found.rejected = u32::try_from(too_many).unwrap_or(u32::MAX);
        for (at, element) in reply.elements.into_iter().take(wire::MAX_ELEMENTS).enumerate() {
            if element.polarity != Polarity::Affirmed || element.holder != Holder::Oneself {
                continue;
            }
            let span = self.span(&element.quote, &element.sentences, window);
            match span.filter(|s| !self.is_anothers(element.kind, s.span)) {
                Some(span) => {
                    place.insert(at, found.elements.len());
                    found.elements.push(self.draft(element, span));
                }
                None => found.rejected = found.rejected.saturating_add(1),
            }
        }
        found.relationships = reply
            .relationships
            .into_iter()
            .take(wire::MAX_RELATIONSHIPS)
            .filter_map(|link| self.link(&link, &place, window))
            .collect();
        found
    }

    /// Whether the words there are told of somebody else, whoever the model says holds them.
    fn is_anothers(&self, kind: Kind, span: CharSpan) -> bool {
        match kind {
            Kind::Topic | Kind::Challenge => false,
            Kind::Emotion => {
                attribution::is_told(&self.text, span)
                    || attribution::is_felt_by_another(&self.text, span)
            }
            _ => attribution::is_told(&self.text, span),
        }
    }

    /// The place of a quote, where it begins in a sentence that the window owns.
    fn span(&self, quote: &str, ids: &[u32], window: &Window) -> Option<CheckedSpan> {
        if ids.len() > wire::MAX_SENTENCES || quote.chars().count() > wire::MAX_QUOTE_CHARS {
            return None;
        }
        let mut shown: Vec<u32> = ids.iter().copied().filter(|&id| window.shows(id)).collect();
        // A name that goes on in the next sentence was sent with the one in which it begins.
        let cut: Vec<u32> = shown.iter().flat_map(|&id| self.with_the_rest_of_a_name(id)).collect();
        shown.extend(cut);
        let span = self.evidence.check(&self.names.reveal(quote), &shown)?;
        let sentence = self.sentences.partition_point(|s| s.span.end <= span.span.start);
        window.owns(self.sentences.get(sentence)?.id).then_some(span)
    }

    /// The sentences into which a name goes on that begins in this one.
    fn with_the_rest_of_a_name(&self, id: u32) -> impl Iterator<Item = u32> + '_ {
        let rest = self.sentences.get(id as usize..).unwrap_or_default();
        let this = (id as usize).checked_sub(1).and_then(|at| self.sentences.get(at));
        let end = this.and_then(|s| self.named.end_of_cut(s.span.end)).unwrap_or(0);
        rest.iter().take_while(move |s| s.span.start < end).map(|s| s.id)
    }

    fn draft(&self, element: WireElement, span: CheckedSpan) -> ElementDraft {
        let label = element.label.as_str();
        let (taxonomy, label) = match element.kind {
            Kind::Emotion => self.node(self.pack.taxonomy(), &element, span),
            Kind::Topic => self.node(taxonomy_files::topics(), &element, span),
            _ => (None, self.own_label(label, span)),
        };
        let is_action = element.kind == Kind::Action;
        ElementDraft {
            kind: element.kind.into(),
            label,
            taxonomy,
            intensity: (element.kind == Kind::Emotion)
                .then(|| Intensity::clamped(element.intensity.unwrap_or(3))),
            confidence: confidence(element.confidence),
            stance: element.stance.filter(|_| element.kind == Kind::Belief).map(Into::into),
            status: is_action
                .then(|| element.status.map_or(ActionStatus::Open, ActionStatus::from)),
            due: element.due.filter(|_| is_action).and_then(|due| due.trim().parse().ok()),
            evidence: vec![span],
            found_by: None,
        }
    }

    /// The node that is meant, with its name; for an unknown one the words that were said.
    fn node(
        &self,
        taxonomy: &Taxonomy,
        element: &WireElement,
        span: CheckedSpan,
    ) -> (Option<NodeId>, String) {
        let by_id = element.taxonomy.as_deref().map(|id| taxonomy_files::resolve(taxonomy, id));
        let id = by_id
            .filter(|id| !id.is_unmapped())
            .unwrap_or_else(|| taxonomy_files::resolve(taxonomy, &element.label));
        let label = taxonomy
            .node(&id)
            .map_or_else(|| self.own_label(&element.label, span), |node| node.name.clone());
        (Some(id), label)
    }

    /// The model's label where it keeps to the sentences of the evidence; else the evidence's words.
    fn own_label(&self, label: &str, span: CheckedSpan) -> String {
        let said = self.text.slice(span.span).unwrap_or_default();
        let label = prompt::visible(&self.names.reveal(label));
        let label = label.split_whitespace().collect::<Vec<_>>().join(" ");
        let keeps = keeps_to(&label, self.around(span.span)) && denies(&label) == denies(said);
        let label = if keeps { label } else { prompt::visible(said) };
        wire::shortened(label.trim(), MAX_LABEL_CHARS).trim_end().to_owned()
    }

    /// The whole sentences in which `span` lies.
    fn around(&self, span: CharSpan) -> &str {
        let first = self.sentences.partition_point(|s| s.span.end <= span.start);
        let end = self.sentences.partition_point(|s| s.span.start < span.end);
        let sentences = self.sentences.get(first..end).unwrap_or_default();
        sentences
            .first()
            .zip(sentences.last())
            .and_then(|(a, b)| CharSpan::new(a.span.start, b.span.end))
            .and_then(|whole| self.text.slice(whole))
            .unwrap_or_default()
    }

    fn link(
        &self,
        link: &WireRelationship,
        place: &HashMap<usize, usize>,
        window: &Window,
    ) -> Option<RelationshipDraft> {
        let (from, to) = (*place.get(&link.from)?, *place.get(&link.to)?);
        let evidence = match link.quote.as_deref().filter(|q| !q.trim().is_empty()) {
            Some(quote) => vec![self.span(quote, &link.sentences, window)?],
            None => Vec::new(),
        };
        (from != to).then(|| RelationshipDraft {
            from,
            to,
            kind: link.kind.into(),
            confidence: confidence(link.confidence),
            evidence,
        })
    }
}

/// Whether a text denies something; two denials are none.
fn denies(text: &str) -> bool {
    tokens(text).iter().filter(|t| is_denial(&t.word)).count() % 2 == 1
}

fn confidence(value: f64) -> f32 {
    if value.is_finite() { value.clamp(0.0, 1.0) as f32 } else { 0.0 }
}

/// Words of grammar: they say nothing of their own, and stand in any sentence. Denials are among
/// them because they are compared apart.
const GRAMMAR: &str = "a about after again all also always am an and any are aren around as at \
    because been before being but by can could couldn did didn does doesn doing don down even ever \
    every for from had hadn has hasn have haven having her here hers herself him himself his how \
    into isn its itself just less many may might more most much must myself never nor not off only \
    onto other our ours out over own really shall she should shouldn since some still such than \
    that the their them then there these they this those through too under until upon very was \
    wasn were weren what when where whether which while who whom whose why will with within \
    without won would wouldn yet you your yours";

/// Letters by which two forms of a word are taken for one: "failing" and "fail".
const STEM_CHARS: usize = 4;

/// Whether most of what a label says was said, by the beginnings of its words, and it carries no
/// markup or address.
fn keeps_to(label: &str, said: &str) -> bool {
    static PLAIN: LazyLock<HashSet<&'static str>> =
        LazyLock::new(|| GRAMMAR.split_whitespace().collect());
    let lower = label.to_lowercase();
    let foreign = ["://", "www.", "<", "](", "`", "{", "@"];
    if label.is_empty() || foreign.iter().any(|f| lower.contains(f)) {
        return false;
    }
    let stems = |text: &str| -> HashSet<String> {
        text.to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| w.chars().count() >= 3 && !PLAIN.contains(w))
            .map(|w| wire::shortened(w, STEM_CHARS))
            .collect()
    };
    let (of_label, of_said) = (stems(label), stems(said));
    of_label.intersection(&of_said).count() * 2 > of_label.len() || said.contains(label)
}
