//! Marks that recognisers write where nobody speaks, such as `[BLANK_AUDIO]`.

/// Whether a segment holds nothing but bracketed or starred marks and notes. Nobody said those, so
/// they are no part of a transcript.
pub(super) fn is_noise_mark(text: &str) -> bool {
    let mut rest = text.trim();
    if rest.is_empty() {
        return false;
    }
    while let Some(first) = rest.chars().next() {
        let close = match first {
            '[' => ']',
            '(' => ')',
            '*' => '*',
            '\u{266a}' | '\u{266b}' => {
                rest = rest.get(first.len_utf8()..).unwrap_or_default().trim_start();
                continue;
            }
            _ => return false,
        };
        let inner = rest.get(1..).unwrap_or_default();
        let Some((_, after)) = inner.split_once(close) else { return false };
        rest = after.trim_start_matches(['.', ' ']);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_noise_mark;

    #[test]
    fn marks_alone_are_noise_and_words_never_are() {
        for mark in [" [BLANK_AUDIO]", "(laughs)", "*sighs*", "\u{266a} \u{266a}", "[A] (b)."] {
            assert!(is_noise_mark(mark), "{mark}");
        }
        for said in ["I felt calm.", "(well) yes", "", "[unclosed", "no [music]"] {
            assert!(!is_noise_mark(said), "{said}");
        }
    }
}
