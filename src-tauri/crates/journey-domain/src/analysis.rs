//! What goes into an analysis and what comes out, before anything has an id.

use crate::{
    element::{ActionStatus, ElementKind, EvidenceState, Intensity, RelationshipKind, Stance},
    run::{Reused, Substitute},
    session::Hole,
    taxonomy::NodeId,
    text::CharSpan,
    transcript::Transcript,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One transcript to be analysed.
#[derive(Clone, Debug)]
pub struct AnalysisInput<'a> {
    /// The revision to read.
    pub transcript: &'a Transcript,
    /// The local day on which it was said, for dates like "tomorrow".
    pub said_on: Date,
}

/// A place in the transcript that the application has checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedSpan {
    /// Where.
    pub span: CharSpan,
    /// How it was found.
    pub state: EvidenceState,
}

/// An element as found; the same fields as [`Element`](crate::element::Element).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ElementDraft {
    /// Which of the six.
    pub kind: ElementKind,
    /// The node's name, or at most 80 characters.
    pub label: String,
    /// The node of an emotion or topic.
    pub taxonomy: Option<NodeId>,
    /// Strength, for emotions.
    pub intensity: Option<Intensity>,
    /// 0 to 1.
    pub confidence: f32,
    /// For beliefs.
    pub stance: Option<Stance>,
    /// For actions.
    pub status: Option<ActionStatus>,
    /// For actions, where a date was said.
    pub due: Option<Date>,
    /// Never empty, strongest first.
    pub evidence: Vec<CheckedSpan>,
    /// The analyser that found it, where that is not the one that was asked.
    pub found_by: Option<String>,
}

/// A link as found. `from` and `to` are positions in [`Analysis::elements`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RelationshipDraft {
    /// Where it starts.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// What it says.
    pub kind: RelationshipKind,
    /// 0 to 1.
    pub confidence: f32,
    /// The words that say so; may be empty.
    pub evidence: Vec<CheckedSpan>,
}

/// Everything that one analysis found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// In the order of the transcript.
    pub elements: Vec<ElementDraft>,
    /// Links between them.
    pub relationships: Vec<RelationshipDraft>,
    /// Parts of the transcript that were not analysed, with the reason.
    pub holes: Vec<Hole>,
    /// Parts that another analyser read in place of the one that was asked, with the reason.
    pub substitutes: Vec<Substitute>,
    /// How much of it was answered before and kept, so that nothing was sent for it.
    pub reused: Reused,
    /// How many proposed elements had no span in the transcript and were turned away.
    pub rejected: u32,
    /// Tokens sent, as the provider counted them; 0 on the device.
    pub tokens_in: u64,
    /// Tokens received, as the provider counted them; 0 on the device.
    pub tokens_out: u64,
    /// What it cost in US dollars, where a dated price is known.
    pub cost_usd: Option<f64>,
}

/// Who analysed, as kept with a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalyserIdentity {
    /// `on-device`, `openai`, `ollama`, …
    pub provider: String,
    /// The model's name and version.
    pub model: String,
    /// The version of the prompt or, on the device, of the rules.
    pub prompt_version: String,
    /// SHA-256 of the prompt or of the model and rule files, in hexadecimal.
    pub prompt_hash: String,
    /// The versions of the taxonomies in use, such as `emotions.v1+topics.v1`.
    pub taxonomy_version: String,
}
