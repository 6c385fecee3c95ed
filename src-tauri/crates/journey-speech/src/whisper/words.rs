//! Words out of the recogniser's tokens.

use journey_domain::transcript::Word;

/// A piece of a word as the recogniser gives it; may hold a part of a character.
pub(super) struct Token {
    pub(super) bytes: Vec<u8>,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    pub(super) probability: f32,
}

/// Joins tokens to words. A space begins a word; so does each character of a script that writes
/// without spaces, and tokens are never parted within a character.
pub(super) fn group(tokens: impl IntoIterator<Item = Token>) -> Vec<Word> {
    let mut words = Vec::new();
    let mut open = Open::default();
    for token in tokens {
        let begins =
            token.bytes.first() == Some(&b' ') || (open.is_whole() && open.ends_without_spaces());
        if begins {
            open.close(&mut words);
        }
        open.add(&token);
    }
    open.close(&mut words);
    words
}

/// Mean of the words' probabilities; 0 without words.
pub(super) fn mean_probability(words: &[Word]) -> f32 {
    if words.is_empty() {
        return 0.0;
    }
    words.iter().map(|w| w.probability).sum::<f32>() / words.len() as f32
}

#[derive(Default)]
struct Open {
    bytes: Vec<u8>,
    time: Option<(u64, u64)>,
    sum: f32,
    n: u16,
}

impl Open {
    fn add(&mut self, token: &Token) {
        self.bytes.extend_from_slice(&token.bytes);
        let (start, end) = self.time.unwrap_or((token.start_ms, token.end_ms));
        self.time = Some((start.min(token.start_ms), end.max(token.end_ms)));
        self.sum += token.probability;
        self.n += 1;
    }

    fn is_whole(&self) -> bool {
        !self.bytes.is_empty() && std::str::from_utf8(&self.bytes).is_ok()
    }

    /// Thai, Lao, Burmese, Khmer, Chinese and Japanese.
    fn ends_without_spaces(&self) -> bool {
        let last = std::str::from_utf8(&self.bytes).ok().and_then(|text| text.chars().next_back());
        last.is_some_and(|c| {
            matches!(u32::from(c),
                0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3000..=0x30FF
                | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0xFF00..=0xFFEF
                | 0x2_0000..=0x2_FFFF)
        })
    }

    /// Adds the word, if there is one; the word's probability is the mean of its tokens'.
    fn close(&mut self, words: &mut Vec<Word>) {
        let it = std::mem::take(self);
        let text = String::from_utf8_lossy(&it.bytes).trim().to_owned();
        if let Some((start_ms, end_ms)) = it.time
            && !text.is_empty()
        {
            let probability = (it.sum / f32::from(it.n)).clamp(0.0, 1.0);
            words.push(Word { text, start_ms, end_ms, probability });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(tokens: &[&[u8]]) -> Vec<String> {
        let tokens = tokens.iter().enumerate().map(|(i, bytes)| Token {
            bytes: bytes.to_vec(),
            start_ms: i as u64 * 100,
            end_ms: i as u64 * 100 + 90,
            probability: 0.5,
        });
        group(tokens).into_iter().map(|w| w.text).collect()
    }

    #[test]
    fn a_space_begins_a_word_and_punctuation_stays_with_its_own() {
        assert_eq!(texts(&[b" I", b" fe", b"lt", b" calm", b"."]), ["I", "felt", "calm."]);
        assert_eq!(texts(&[b"well", b",", b" yes"]), ["well,", "yes"]);
    }

    #[test]
    fn a_character_split_over_tokens_stays_whole() {
        assert_eq!(texts(&[b" caf", &[0xC3], &[0xA9]]), ["caf\u{e9}"]);
        let kanji = "\u{4eca}\u{65e5}".as_bytes();
        assert_eq!(texts(&[&kanji[..2], &kanji[2..3], &kanji[3..]]), ["\u{4eca}", "\u{65e5}"]);
    }

    #[test]
    fn a_word_spans_its_tokens_and_has_their_mean_probability() {
        let token = |bytes: &[u8], start_ms, probability| Token {
            bytes: bytes.to_vec(),
            start_ms,
            end_ms: start_ms + 50,
            probability,
        };
        let words = group([token(b" fe", 100, 0.5), token(b"lt", 150, 1.0)]);
        assert_eq!((words[0].start_ms, words[0].end_ms), (100, 200));
        assert!((words[0].probability - 0.75).abs() < 1e-6);
    }
}
