//! The analyser that needs nothing but this program: simpler than a large model, and always there.

mod lexicon;

use crate::{
    analyser::{Analyser, AnalysisContext, AnalysisError, BoxFuture},
    merge::merge,
    sentences::split,
    taxonomy_files,
};
use journey_domain::{
    analysis::{AnalyserIdentity, Analysis, AnalysisInput, CheckedSpan, ElementDraft},
    element::{ElementKind, EvidenceState, Intensity},
    taxonomy::NodeId,
    text::IndexedText,
};
use journey_language::token::tokens;
use lexicon::Lexicon;
use sha2::{Digest, Sha256};

const EMOTION_LEXICON: &str = include_str!("../../../../assets/lexicons/emotions.v1.tsv");

/// Version of the rules, kept with each run.
const RULES_VERSION: &str = "rules.v1";

/// Finds elements by models and lexicons that ship with the program.
#[derive(Debug)]
pub struct OnDeviceAnalyser {
    emotions: Lexicon,
    identity: AnalyserIdentity,
}

impl OnDeviceAnalyser {
    /// Reads the built-in files.
    ///
    /// # Errors
    /// [`AnalysisError::DamagedModel`] where one of them cannot be read.
    pub fn new() -> Result<Self, AnalysisError> {
        let hash = Sha256::digest(EMOTION_LEXICON.as_bytes());
        let identity = AnalyserIdentity {
            provider: "on-device".to_owned(),
            model: "on-device.v1".to_owned(),
            prompt_version: RULES_VERSION.to_owned(),
            prompt_hash: hash.iter().map(|b| format!("{b:02x}")).collect(),
            taxonomy_version: format!(
                "{}+{}",
                taxonomy_files::emotions().version,
                taxonomy_files::topics().version
            ),
        };
        Ok(Self { emotions: Lexicon::parse(EMOTION_LEXICON), identity })
    }

    /// Analyses one transcript; the same input gives the same bytes.
    ///
    /// # Errors
    /// [`AnalysisError::Cancelled`].
    pub fn analyse_now(
        &self,
        input: &AnalysisInput<'_>,
        context: &AnalysisContext,
    ) -> Result<Analysis, AnalysisError> {
        let text = &input.transcript.text;
        let indexed = IndexedText::new(text);
        let sentences = split(text);
        let mut elements = Vec::new();
        for sentence in &sentences {
            if context.cancel.is_cancelled() {
                return Err(AnalysisError::Cancelled);
            }
            let all = tokens(indexed.slice(sentence.span).unwrap_or_default());
            let words: Vec<&str> = all.iter().map(|t| t.word.as_str()).collect();
            let state = CheckedSpan { span: sentence.span, state: EvidenceState::Verified };
            for (entry, _) in self.emotions.find(&words) {
                let id = NodeId::new(entry.name.clone());
                let Some(node) = taxonomy_files::emotions().node(&id) else { continue };
                elements.push(ElementDraft {
                    kind: ElementKind::Emotion,
                    label: node.name.clone(),
                    taxonomy: Some(id),
                    intensity: Some(Intensity::clamped(3)),
                    confidence: 0.5,
                    stance: None,
                    status: None,
                    due: None,
                    evidence: vec![state],
                });
            }
        }
        (context.progress)(1.0, "analysed");
        Ok(merge(Analysis { elements, ..Analysis::default() }, &sentences))
    }
}

impl Analyser for OnDeviceAnalyser {
    fn identity(&self) -> AnalyserIdentity {
        self.identity.clone()
    }

    fn analyse<'a>(
        &'a self,
        input: AnalysisInput<'a>,
        context: &'a AnalysisContext,
    ) -> BoxFuture<'a, Result<Analysis, AnalysisError>> {
        Box::pin(async move { self.analyse_now(&input, context) })
    }
}
