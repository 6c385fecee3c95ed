//! From what a person typed to what the index understands.

use super::FindableKind;

/// Longest query that is looked at, in characters.
const MAX_CHARS: usize = 1_000;

/// Most words and phrases in one query; more would only cost time.
const MAX_PHRASES: usize = 32;

/// Shortest beginning of a word that is looked for as such, in characters: what a single letter
/// begins is most of the index.
const MIN_PREFIX_CHARS: usize = 2;

/// The index's expression for `text`, or `None` when there is no word in it.
///
/// Every word becomes a quoted phrase, so that nothing a person types is syntax.
pub(super) fn expression(text: &str, kind: Option<FindableKind>) -> Option<String> {
    let text: String = text.chars().take(MAX_CHARS).collect();
    let mut phrases = Vec::new();
    // Every second piece stood between double quotes.
    for (position, piece) in text.split('"').enumerate() {
        if position % 2 == 1 {
            phrases.extend(phrase(piece, false));
        } else {
            phrases.extend(piece.split_whitespace().filter_map(|word| {
                let prefix = word.ends_with('*')
                    && word.chars().filter(|c| c.is_alphanumeric()).count() >= MIN_PREFIX_CHARS;
                phrase(word, prefix)
            }));
        }
    }
    phrases.truncate(MAX_PHRASES);
    if phrases.is_empty() {
        return None;
    }
    let words = phrases.join(" ");
    Some(match kind {
        Some(kind) => format!("kind : \"{}\" AND text : ({words})", kind.as_str()),
        None => format!("text : ({words})"),
    })
}

fn phrase(words: &str, prefix: bool) -> Option<String> {
    if !words.chars().any(char::is_alphanumeric) {
        return None;
    }
    // A NUL would end the expression.
    let words = words.replace('\0', " ");
    Some(format!("\"{words}\"{}", if prefix { "*" } else { "" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_types_is_never_syntax() {
        let check = |text: &str, expect: Option<&str>| {
            let expect = expect.map(|words| format!("text : ({words})"));
            assert_eq!(expression(text, None), expect, "{text}");
        };
        check("my sister", Some("\"my\" \"sister\""));
        check("NEAR(a b) OR kind:x", Some("\"NEAR(a\" \"b)\" \"OR\" \"kind:x\""));
        check("say \"good night\" now", Some("\"say\" \"good night\" \"now\""));
        check("unclosed \"good night", Some("\"unclosed\" \"good night\""));
        check("wor* w* *", Some("\"wor*\"* \"w*\""));
        check("-!? \"\" ()", None);
        check("", None);
    }
}
