//! Whether a text is English, the language that the on-device analyser reads.

use journey_language::token::Token;

const COMMON: [&str; 58] = [
    "the", "and", "to", "of", "a", "i", "it", "in", "that", "was", "is", "my", "for", "on", "with",
    "but", "so", "me", "at", "this", "have", "not", "be", "i'm", "it's", "you", "we", "he", "she",
    "they", "just", "had", "as", "what", "about", "are", "do", "don't", "like", "all", "because",
    "been", "there", "when", "if", "up", "out", "from", "will", "an", "or", "her", "him", "then",
    "got", "know", "i've", "feel",
];

/// Share of words that any English text is full of; other languages stay below a tenth.
const ENOUGH: f64 = 0.18;

/// Too few words to tell are taken for what the recogniser says.
const TELLING: usize = 6;

/// Whether the words look English; `language` is the recogniser's code, where known.
pub(crate) fn is_english(tokens: &[&Token], language: Option<&str>) -> bool {
    let words: Vec<&str> = tokens.iter().filter(|t| t.is_word()).map(|t| t.word.as_str()).collect();
    let said = language.is_none_or(|l| l.starts_with("en"));
    if words.len() < TELLING {
        return said;
    }
    let common = words.iter().filter(|w| COMMON.contains(w)).count() as f64 / words.len() as f64;
    common >= if said { 0.6 * ENOUGH } else { 1.5 * ENOUGH }
}
