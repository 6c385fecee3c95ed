//! Words and signs of a text, with their places.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Letters, with inner apostrophes and hyphens.
    Word,
    /// Digits.
    Number,
    /// A sign, repeated ones as one.
    Sign,
    /// A bracketed mask such as `[NAME]` or a recogniser's `[BLANK_AUDIO]`.
    Mask,
    /// An emoji or another symbol.
    Symbol,
}

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// First byte in the text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Lower case, straight apostrophes, letters repeated three times or more cut to two.
    pub word: String,
    /// What it is.
    pub kind: TokenKind,
    /// At least two letters, all upper case.
    pub shouted: bool,
    /// A letter was repeated three times or more.
    pub stretched: bool,
    /// Begins with an upper-case letter.
    pub capital: bool,
}

impl Token {
    /// Whether it is a word or a number.
    #[must_use]
    pub const fn is_word(&self) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Number)
    }
}

const fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '`' | 'ʼ')
}

/// Splits `text` into tokens; white space is between them, everything else is in one.
#[must_use]
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::with_capacity(text.len() / 5);
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        if first.is_whitespace() {
            continue;
        }
        let mut end = start + first.len_utf8();
        let kind = if first.is_alphabetic() {
            while let Some(&(at, c)) = chars.peek() {
                let inner = (is_apostrophe(c) || c == '-')
                    && text
                        .get(at + c.len_utf8()..)
                        .and_then(|rest| rest.chars().next())
                        .is_some_and(char::is_alphanumeric);
                let mark = matches!(c, '\u{300}'..='\u{36f}');
                if !(c.is_alphanumeric() || inner || mark) {
                    break;
                }
                end = at + c.len_utf8();
                chars.next();
            }
            TokenKind::Word
        } else if first.is_numeric() {
            while let Some(&(at, c)) = chars.peek() {
                let inner = matches!(c, '.' | ',' | ':')
                    && text
                        .get(at + 1..)
                        .and_then(|rest| rest.chars().next())
                        .is_some_and(char::is_numeric);
                if !(c.is_alphanumeric() || inner) {
                    break;
                }
                end = at + c.len_utf8();
                chars.next();
            }
            TokenKind::Number
        } else if matches!(first, '[' | '(')
            && let Some(length) = mask_length(text.get(start..).unwrap_or_default())
        {
            end = start + length;
            while chars.peek().is_some_and(|&(at, _)| at < end) {
                chars.next();
            }
            TokenKind::Mask
        } else if first.is_ascii_punctuation() || "…–—“”‘’«»¿¡。！？、，".contains(first)
        {
            while let Some(&(at, c)) = chars.peek() {
                if c != first {
                    break;
                }
                end = at + c.len_utf8();
                chars.next();
            }
            TokenKind::Sign
        } else {
            TokenKind::Symbol
        };
        let raw = text.get(start..end).unwrap_or_default();
        found.push(token(raw, start, end, kind));
    }
    found
}

/// The length in bytes of `[A_MASK]` or `(inaudible)` at the start of `rest`.
fn mask_length(rest: &str) -> Option<usize> {
    let (close, bracket) = if rest.starts_with('[') { (']', true) } else { (')', false) };
    let end = rest.char_indices().take(32).find(|&(_, c)| c == close)?.0;
    let inner = rest.get(1..end)?;
    let mask = if bracket {
        !inner.is_empty()
            && inner.chars().all(|c| c.is_alphabetic() || matches!(c, '_' | ' ' | '-'))
    } else {
        matches!(
            inner.to_lowercase().as_str(),
            "inaudible"
                | "unintelligible"
                | "laughs"
                | "laughter"
                | "sighs"
                | "music"
                | "silence"
                | "crying"
                | "coughs"
        )
    };
    mask.then_some(end + 1)
}

fn token(raw: &str, start: usize, end: usize, kind: TokenKind) -> Token {
    let mut word = String::with_capacity(raw.len());
    let (mut last, mut run, mut stretched) = ('\0', 0_usize, false);
    for c in raw.chars() {
        let c = if is_apostrophe(c) { '\'' } else { c };
        for c in c.to_lowercase() {
            run = if c == last { run + 1 } else { 1 };
            last = c;
            if run > 2 && c.is_alphabetic() {
                stretched = true;
            } else if !(run > 1 && kind == TokenKind::Sign) {
                word.push(c);
            }
        }
    }
    if kind == TokenKind::Sign && raw.chars().count() > 1 && matches!(last, '!' | '?' | '.') {
        word.push(last);
    }
    let mut letters = raw.chars().filter(|c| c.is_alphabetic());
    let n_letters = letters.clone().count();
    Token {
        start,
        end,
        word,
        kind,
        shouted: kind == TokenKind::Word && n_letters > 1 && letters.all(char::is_uppercase),
        stretched,
        capital: raw.chars().next().is_some_and(char::is_uppercase),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|t| t.word).collect()
    }

    #[test]
    fn words_keep_their_apostrophes_and_signs_stand_alone() {
        assert_eq!(words("I don’t, well-known!!"), ["i", "don't", ",", "well-known", "!!"]);
    }

    #[test]
    fn masks_and_recogniser_notes_are_one_token() {
        assert_eq!(
            words("[NAME] said [BLANK_AUDIO] (inaudible)"),
            ["[name]", "said", "[blank_audio]", "(inaudible)"]
        );
    }

    #[test]
    fn stretched_and_shouted_words_are_marked() {
        let found = tokens("soooo HAPPY I");
        assert!(found[0].stretched && found[0].word == "soo");
        assert!(found[1].shouted && !found[2].shouted);
    }

    #[test]
    fn every_token_lies_where_it_says() {
        let text = "Ça va? “Très—bien” 3.5 千 🙂";
        for token in tokens(text) {
            assert!(!text[token.start..token.end].trim().is_empty());
        }
    }
}
