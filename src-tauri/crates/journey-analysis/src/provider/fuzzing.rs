//! The reading of answers, opened for fuzzing.

use super::{
    chat, config::ProviderKind, findings::Checked, http::Answer, pseudonyms::Pseudonyms, retry,
    windows::windows, wire,
};
use crate::{evidence::EvidenceCheck, sentences::split, taxonomy_files::EmotionPack};
use jiff::Timestamp;
use journey_domain::{element::MAX_LABEL_CHARS, ports::Random, text::IndexedText};
use std::time::Duration;

/// What was said, in two windows.
const TEXT: &str = "I was calm by the river this morning. My mother called and I felt guilty again. \
                    I want to write to her tomorrow. Work is too much; I never finish anything.";

/// Checks a reply against the text; gives how many elements stand.
pub(crate) fn reply(text: &str) -> usize {
    let Ok(reply) = wire::parse(text) else { return 0 };
    let sentences = split(TEXT);
    let names = Pseudonyms::new(["mother"]).for_text(TEXT);
    let checked = Checked {
        text: IndexedText::new(TEXT),
        sentences: &sentences,
        evidence: EvidenceCheck::new(TEXT, &sentences),
        names: &names,
        named: names.in_text(TEXT),
        pack: EmotionPack::default(),
    };
    let mut n_found = 0;
    for window in windows(&sentences, 80) {
        let found = checked.findings(reply.clone(), &window);
        assert!(found.elements.len() <= wire::MAX_ELEMENTS, "more than is read");
        assert!(found.relationships.len() <= wire::MAX_RELATIONSHIPS, "more than is read");
        for element in &found.elements {
            assert!(!element.evidence.is_empty(), "nothing was said of it");
            assert!((0.0..=1.0).contains(&element.confidence), "no confidence");
            let longest = if element.taxonomy.is_some() { usize::MAX } else { MAX_LABEL_CHARS };
            assert!(element.label.chars().count() <= longest, "a label of any length");
        }
        let of_elements = found.elements.iter().flat_map(|it| &it.evidence);
        for piece in of_elements.chain(found.relationships.iter().flat_map(|it| &it.evidence)) {
            let said = checked.text.slice(piece.span);
            assert!(said.is_some_and(|said| !said.is_empty()), "evidence that was not said");
        }
        for link in &found.relationships {
            let there = |at: usize| at < found.elements.len();
            assert!(link.from != link.to && there(link.from) && there(link.to), "a loose end");
        }
        n_found += found.elements.len();
    }
    n_found
}

/// The same number each time.
struct Always;

impl Random for Always {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0x5a);
    }
}

/// Reads an answer as each kind of server gives it; gives whether any way makes it one.
pub(crate) fn answer(retry_after: &str, body: &[u8]) -> bool {
    let (first, longest) = (Duration::from_secs(1), Duration::from_secs(120));
    for tries in [1, 4, u32::MAX] {
        for now in [Timestamp::UNIX_EPOCH, Timestamp::MIN, Timestamp::MAX] {
            let wait =
                retry::pause_before(tries, Some(retry_after), now, (first, longest), &Always);
            assert!(wait <= longest, "a server may not make it wait for ever");
        }
    }
    let mut is_one = false;
    for (kind, is_event_stream) in [
        (ProviderKind::OpenAi, true),
        (ProviderKind::OpenAi, false),
        (ProviderKind::Compatible, true),
        (ProviderKind::Ollama, false),
    ] {
        let answer =
            Answer { status: 200, retry_after: None, body: body.to_vec(), is_event_stream };
        if let Ok(said) = chat::read(kind, &answer) {
            assert!(said.text.len() <= body.len(), "it said more than was sent");
            is_one |= said.end == chat::End::Complete;
        }
    }
    let (words, _) = chat::error_words(body);
    assert!(words.chars().count() <= 300 && !words.contains(char::is_control));
    is_one
}
