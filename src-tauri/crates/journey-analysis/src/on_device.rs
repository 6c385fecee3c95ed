//! The analyser that needs nothing but this program: simpler than a large model, and always there.
//!
//! Text is parted into units of speech; each is read by a grammar and by small linear models. What
//! becomes an element must be the speaker's own, in earnest, and stand in the text.

mod dates;
mod emotions;
mod english;
mod labels;
mod lexicon;
mod links;
mod passage;
mod statements;
mod topics;

use crate::{
    analyser::{Analyser, AnalysisContext, AnalysisError, BoxFuture},
    merge::merge,
    sentences::split,
    taxonomy_files,
};
use journey_domain::{
    analysis::{AnalyserIdentity, Analysis, AnalysisInput},
    session::{Hole, HoleStage},
    text::IndexedText,
    transcript::TimeSpan,
};
use journey_language::linear::LinearModel;
use lexicon::Lexicon;
use sha2::{Digest, Sha256};

const EMOTION_LEXICON: &str = include_str!("../../../../assets/lexicons/emotions.v1.tsv");
const TOPIC_LEXICON: &str = include_str!("../../../../assets/lexicons/topics.v1.tsv");
const EMOTION_MODEL: &[u8] = include_bytes!("../../../../assets/models/emotions.v1.bin");
const SENTENCE_MODEL: &[u8] = include_bytes!("../../../../assets/models/sentences.v1.bin");
const BORDER_MODEL: &[u8] = include_bytes!("../../../../assets/models/borders.v1.bin");

/// Version of the rules, kept with each run.
const RULES_VERSION: &str = "rules.v1";

/// Finds elements by models and lexicons that ship with the program.
#[derive(Debug)]
pub struct OnDeviceAnalyser {
    emotion_words: Lexicon,
    topic_words: Lexicon,
    emotion_model: LinearModel,
    sentence_model: LinearModel,
    border_model: LinearModel,
    identity: AnalyserIdentity,
}

impl OnDeviceAnalyser {
    /// Reads the built-in files.
    ///
    /// # Errors
    /// [`AnalysisError::DamagedModel`] where one of them cannot be read.
    pub fn new() -> Result<Self, AnalysisError> {
        let model = |bytes| LinearModel::from_bytes(bytes).map_err(|_| AnalysisError::DamagedModel);
        let mut hash = Sha256::new();
        for file in [
            EMOTION_LEXICON.as_bytes(),
            TOPIC_LEXICON.as_bytes(),
            EMOTION_MODEL,
            SENTENCE_MODEL,
            BORDER_MODEL,
        ] {
            hash.update(file);
        }
        let identity = AnalyserIdentity {
            provider: "on-device".to_owned(),
            model: "on-device.v1".to_owned(),
            prompt_version: RULES_VERSION.to_owned(),
            prompt_hash: hash.finalize().iter().map(|b| format!("{b:02x}")).collect(),
            taxonomy_version: format!(
                "{}+{}",
                taxonomy_files::emotions().version,
                taxonomy_files::topics().version
            ),
        };
        Ok(Self {
            emotion_words: Lexicon::parse(EMOTION_LEXICON),
            topic_words: Lexicon::parse(TOPIC_LEXICON),
            emotion_model: model(EMOTION_MODEL)?,
            sentence_model: model(SENTENCE_MODEL)?,
            border_model: model(BORDER_MODEL)?,
            identity,
        })
    }

    /// The emotion model, for measurements.
    #[must_use]
    pub const fn emotion_model(&self) -> &LinearModel {
        &self.emotion_model
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
        let transcript = input.transcript;
        let text = IndexedText::new(&transcript.text);
        let sentences = split(&transcript.text);
        let stretches = passage::stretches(&text, &sentences, &self.border_model);
        let words: Vec<_> = stretches.iter().flat_map(|s| &s.tokens).collect();
        if words.iter().any(|t| t.is_word())
            && !english::is_english(&words, transcript.language.as_deref())
        {
            let end = text.char_len();
            let time = journey_domain::text::CharSpan::new(0, end)
                .and_then(|span| transcript.time_of(span))
                .unwrap_or(TimeSpan { start_ms: 0, end_ms: 0 });
            let hole = Hole {
                stage: HoleStage::Analyse,
                start_ms: time.start_ms,
                end_ms: time.end_ms,
                start: 0,
                end,
                reason: "the analyser on this device reads English only; another language needs a provider"
                    .to_owned(),
            };
            return Ok(Analysis { holes: vec![hole], ..Analysis::default() });
        }
        let pieces = passage::pieces(&text, &stretches);
        let mut elements = topics::find(&pieces, &self.topic_words);
        for piece in &pieces {
            if context.cancel.is_cancelled() {
                return Err(AnalysisError::Cancelled);
            }
            elements.extend(emotions::find(piece, &self.emotion_words, &self.emotion_model));
            elements.extend(statements::find(piece, &self.sentence_model, input.said_on));
        }
        let mut analysis = merge(Analysis { elements, ..Analysis::default() }, &sentences);
        let relationships = links::find(&analysis.elements, &pieces);
        analysis.relationships = relationships;
        (context.progress)(1.0, "analysed");
        Ok(merge(analysis, &sentences))
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
