//! The request in words: a prefix that never changes, and the transcript as data after it.

use super::{tokens::count_tokens, windows::Window, wire};
use crate::taxonomy_files::{self, EmotionPack};
use jiff::civil::Date;
use journey_domain::taxonomy::{NodeId, Taxonomy};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

const INSTRUCTIONS: &str = include_str!("../../../../../assets/prompts/analysis.v1.md");
const REPAIR: &str = include_str!("../../../../../assets/prompts/repair.v1.md");

/// Version of the prompt files, kept with each run.
pub(crate) const VERSION: &str = "analysis.v1";

/// Longest part of an unusable answer that is shown back to the model, in characters.
const MAX_SHOWN_BACK: usize = 4_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    System,
    User,
    Assistant,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) role: Role,
    pub(crate) text: String,
}

/// Instructions, taxonomies, schema and examples: the same bytes for every session, so that a
/// provider's cache holds them.
pub(crate) fn prefix(pack: EmotionPack) -> &'static str {
    static OWN: LazyLock<String> = LazyLock::new(|| written(EmotionPack::Emotions));
    static GO: LazyLock<String> = LazyLock::new(|| written(EmotionPack::GoEmotions));
    match pack {
        EmotionPack::Emotions => &OWN,
        EmotionPack::GoEmotions => &GO,
    }
}

/// The tokens of [`prefix`], counted once.
pub(crate) fn prefix_tokens(pack: EmotionPack) -> u64 {
    static OWN: LazyLock<u64> = LazyLock::new(|| count_tokens(prefix(EmotionPack::Emotions)));
    static GO: LazyLock<u64> = LazyLock::new(|| count_tokens(prefix(EmotionPack::GoEmotions)));
    match pack {
        EmotionPack::Emotions => *OWN,
        EmotionPack::GoEmotions => *GO,
    }
}

fn written(pack: EmotionPack) -> String {
    let mut text = INSTRUCTIONS
        .replace("{{emotions}}", &ids(pack.taxonomy()))
        .replace("{{topics}}", &ids(taxonomy_files::topics()))
        .replace("{{schema}}", &wire::schema().to_string());
    // The examples name feelings of the pack that is offered.
    for (place, own) in [("worry", "fear.anxiety.worry"), ("anger", "anger")] {
        if let Some(node) = pack.node_for(&NodeId::new(own)) {
            text = text
                .replace(&format!("{{{{{place}}}}}"), node.id.as_str())
                .replace(&format!("{{{{{place} name}}}}"), &node.name);
        }
    }
    text
}

fn ids(taxonomy: &Taxonomy) -> String {
    taxonomy.nodes.iter().map(|n| n.id.as_str()).collect::<Vec<_>>().join(", ")
}

/// SHA-256 of everything that does not depend on the transcript, in hexadecimal.
pub(crate) fn hash(pack: EmotionPack) -> String {
    let mut sha = Sha256::new();
    sha.update(prefix(pack).as_bytes());
    sha.update(REPAIR.as_bytes());
    sha.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// The messages of one window. `text_of` gives the sentence to send for an id.
pub(crate) fn messages(
    pack: EmotionPack,
    window: &Window,
    said_on: Date,
    text_of: &dyn Fn(u32) -> String,
) -> Vec<Message> {
    let mut data = format!("Said on {said_on}.\n");
    let mut block = |name: &str, ids: std::ops::RangeInclusive<u32>| {
        data.push_str(&format!("BEGIN {name}\n"));
        for id in ids {
            // A JSON string has no line breaks: no sentence can end the block.
            let text = serde_json::Value::String(visible(&text_of(id)));
            data.push_str(&format!("[{id}] {text}\n"));
        }
        data.push_str(&format!("END {name}\n"));
    };
    if window.context_from < window.first {
        block("CONTEXT", window.context_from..=window.first - 1);
    }
    block("TRANSCRIPT", window.first..=window.last);
    vec![
        Message { role: Role::System, text: prefix(pack).to_owned() },
        Message { role: Role::User, text: data },
    ]
}

/// The conversation with which a model is shown what was wrong with its answer.
pub(crate) fn repair(mut messages: Vec<Message>, answer: &str, problem: &str) -> Vec<Message> {
    let answer = wire::shortened(answer, MAX_SHOWN_BACK);
    messages.push(Message { role: Role::Assistant, text: answer });
    let text = REPAIR.trim_end().replace("{{message}}", problem);
    messages.push(Message { role: Role::User, text });
    messages
}

/// Without characters that nobody sees: they carry orders past a reader's eye.
pub(crate) fn visible(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { c })
        .filter(|&c| !is_invisible(c))
        .collect()
}

/// Zero-width, direction-changing and tag characters, and variation selectors beyond the usual.
pub(crate) const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e01ef}')
}
