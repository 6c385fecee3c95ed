//! From words to numbered features: the input of the linear models.

use crate::token::{Token, TokenKind, tokens};

/// One feature of a text: a fingerprint of what it is, and how often it occurs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feature {
    /// 32 bits of a hash over kind and words.
    pub print: u32,
    /// Occurrences, damped.
    pub weight: f32,
}

/// FNV-1a over the parts, folded to 32 bits; stable across platforms and versions.
#[must_use]
pub fn fingerprint(kind: u8, parts: &[&str]) -> u32 {
    let mut hash = Fnv::new(kind);
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            hash.byte(b' ');
        }
        hash.bytes(part.as_bytes());
    }
    hash.fold()
}

/// Offset basis and prime of FNV-1a, 64 bits (draft-eastlake-fnv).
struct Fnv(u64);

impl Fnv {
    const fn new(kind: u8) -> Self {
        let mut hash = Self(0xcbf2_9ce4_8422_2325);
        hash.byte(kind);
        hash
    }

    const fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.byte(byte);
        }
    }

    const fn fold(&self) -> u32 {
        (self.0 ^ (self.0 >> 32)) as u32
    }
}

const DENIALS: [&str; 12] = [
    "not", "no", "never", "nothing", "without", "hardly", "barely", "cannot", "nobody", "none",
    "neither", "nor",
];

/// Whether the word turns what follows into its opposite.
#[must_use]
pub fn is_denial(word: &str) -> bool {
    DENIALS.contains(&word)
        || word.ends_with("n't")
        || matches!(word, "dont" | "cant" | "wont" | "didnt" | "isnt" | "wasnt" | "doesnt")
}

const STOPS_DENIAL: [&str; 6] = ["but", "because", "although", "though", "however", "so"];

/// Which feature families a model reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Families {
    /// Pieces of words of 3 to this many letters; below 3 for none.
    pub pieces_to: usize,
    /// Runs of three words.
    pub trigrams: bool,
    /// Pairs of words with one word between.
    pub gaps: bool,
}

/// Families of the emotion model.
pub const EMOTION: Families = Families { pieces_to: 5, trigrams: true, gaps: true };

/// The features of one text, each fingerprint once, in ascending order.
#[must_use]
pub fn of_text(text: &str, families: Families) -> Vec<Feature> {
    of_tokens(&tokens(text), families, &[])
}

/// The features of tokens and of named properties of them.
#[must_use]
pub fn of_tokens(tokens: &[Token], families: Families, tags: &[&str]) -> Vec<Feature> {
    let mut prints: Vec<u32> = Vec::with_capacity(tokens.len() * 20);
    let mut words: Vec<&str> = Vec::with_capacity(tokens.len() + 2);
    words.push("<");
    let mut denied = 0_usize;
    for token in tokens {
        let word = match token.kind {
            TokenKind::Number => "0",
            _ => token.word.as_str(),
        };
        words.push(word);
        prints.push(fingerprint(b'w', &[word]));
        if token.kind == TokenKind::Sign || STOPS_DENIAL.contains(&word) {
            denied = 0;
        } else if denied > 0 {
            denied -= 1;
            prints.push(fingerprint(b'n', &[word]));
        }
        if is_denial(word) {
            denied = 4;
        }
        if token.shouted {
            prints.push(fingerprint(b's', &["shouted"]));
            prints.push(fingerprint(b's', &[word]));
        }
        if token.stretched {
            prints.push(fingerprint(b's', &["stretched"]));
        }
        if token.kind == TokenKind::Word && families.pieces_to >= 3 {
            pieces(word, families.pieces_to, &mut prints);
        }
    }
    words.push(">");
    for pair in words.windows(2) {
        prints.push(fingerprint(b'b', pair));
    }
    if families.trigrams {
        for triple in words.windows(3) {
            prints.push(fingerprint(b't', triple));
        }
    }
    if families.gaps {
        for triple in words.windows(3) {
            if let [a, _, c] = triple {
                prints.push(fingerprint(b'g', &[a, c]));
            }
        }
    }
    let length = match tokens.len() {
        0..=2 => "xs",
        3..=6 => "s",
        7..=14 => "m",
        15..=24 => "l",
        _ => "xl",
    };
    prints.push(fingerprint(b'l', &[length]));
    for tag in tags {
        prints.push(fingerprint(b'#', &[tag]));
    }
    prints.sort_unstable();
    let mut found: Vec<Feature> = Vec::with_capacity(prints.len());
    for print in prints {
        match found.last_mut() {
            Some(last) if last.print == print => last.weight += 1.0,
            _ => found.push(Feature { print, weight: 1.0 }),
        }
    }
    for feature in &mut found {
        feature.weight = 1.0 + feature.weight.ln();
    }
    found
}

/// Pieces of `<word>` of 3 to `longest` letters.
fn pieces(word: &str, longest: usize, prints: &mut Vec<u32>) {
    // 40 letters hold any real word; the rest of a longer run tells nothing.
    let mut letters = ['<'; 42];
    let mut n = 1;
    for c in word.chars().take(40) {
        if let Some(slot) = letters.get_mut(n) {
            *slot = c;
            n += 1;
        }
    }
    if let Some(slot) = letters.get_mut(n) {
        *slot = '>';
        n += 1;
    }
    for size in 3..=longest {
        for window in letters.get(..n).unwrap_or_default().windows(size) {
            let mut hash = Fnv::new(b'c');
            let mut buffer = [0; 4];
            for c in window {
                hash.bytes(c.encode_utf8(&mut buffer).as_bytes());
            }
            prints.push(hash.fold());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denied_word_has_a_feature_of_its_own() {
        let denied = fingerprint(b'n', &["happy"]);
        let has = |text| of_text(text, EMOTION).iter().any(|f| f.print == denied);
        assert!(has("I am not happy") && has("I don't feel happy"));
        assert!(!has("I am happy") && !has("not today, happy"));
    }

    #[test]
    fn features_are_sorted_and_unique() {
        let found = of_text("so so so good, so good!", EMOTION);
        assert!(found.windows(2).all(|pair| pair[0].print < pair[1].print));
    }
}
