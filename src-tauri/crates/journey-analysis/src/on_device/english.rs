//! Whether a text is English, the language that the on-device analyser reads.

use journey_language::token::Token;

const COMMON: [&str; 58] = [
    "the", "and", "to", "of", "a", "i", "it", "in", "that", "was", "is", "my", "for", "on", "with",
    "but", "so", "me", "at", "this", "have", "not", "be", "i'm", "it's", "you", "we", "he", "she",
    "they", "just", "had", "as", "what", "about", "are", "do", "don't", "like", "all", "because",
    "been", "there", "when", "if", "up", "out", "from", "will", "an", "or", "her", "him", "then",
    "got", "know", "i've", "feel",
];

/// Small words of other languages that English does not have.
const FOREIGN: [&str; 90] = [
    "und",
    "ich",
    "nicht",
    "der",
    "das",
    "ist",
    "ein",
    "eine",
    "mit",
    "auf",
    "auch",
    "aber",
    "dass",
    "sich",
    "mir",
    "mich",
    "heute",
    "wir",
    "je",
    "et",
    "les",
    "des",
    "pas",
    "une",
    "est",
    "que",
    "dans",
    "pour",
    "c'est",
    "j'ai",
    "mais",
    "avec",
    "suis",
    "nous",
    "aujourd'hui",
    "el",
    "y",
    "los",
    "las",
    "es",
    "por",
    "con",
    "una",
    "muy",
    "pero",
    "hoy",
    "mi",
    "estoy",
    "che",
    "non",
    "il",
    "di",
    "sono",
    "per",
    "della",
    "oggi",
    "ho",
    "anche",
    "não",
    "uma",
    "com",
    "meu",
    "estou",
    "hoje",
    "ik",
    "het",
    "een",
    "van",
    "niet",
    "en",
    "dat",
    "vandaag",
    "maar",
    "ben",
    "się",
    "że",
    "nie",
    "jest",
    "dzisiaj",
    "jestem",
    "och",
    "jag",
    "att",
    "det",
    "inte",
    "är",
    "idag",
    "ve",
    "bir",
    "bugün",
];

/// Share of words that any English text is full of; other languages stay below a tenth.
const ENOUGH: f64 = 0.18;

/// Share of small words of other languages, or of words in other letters, that no English text has.
const TOO_MANY: f64 = 0.12;

/// From so many words on, a text without the common words of English is in another language; of a
/// shorter one ("First line.") their absence says nothing.
const TELLING: usize = 25;

/// Too few words to tell are taken for what the recogniser says.
const FEW: usize = 4;

/// Whether the words look English; `language` is the recogniser's code, where known.
pub(crate) fn is_english(tokens: &[&Token], language: Option<&str>) -> bool {
    let words: Vec<&str> = tokens.iter().filter(|t| t.is_word()).map(|t| t.word.as_str()).collect();
    let said = language.is_none_or(|l| l.starts_with("en"));
    let n = words.len() as f64;
    let share = |of: &dyn Fn(&str) -> bool| words.iter().filter(|w| of(w)).count() as f64 / n;
    if words.len() < FEW {
        return said && share(&other_letters) < 0.5;
    }
    let common = share(&|w| COMMON.contains(&w));
    if common >= if said { 0.6 * ENOUGH } else { 1.5 * ENOUGH } {
        return true;
    }
    let foreign = share(&|w| FOREIGN.contains(&w) || other_letters(w));
    said && words.len() < TELLING && foreign < TOO_MANY
}

/// Whether a word is written in letters that English does not use; an accent or two (café) is borrowed.
fn other_letters(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic());
    letters.clone().any(|c| c > '\u{24f}') || letters.filter(|c| !c.is_ascii()).count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use journey_language::token::tokens;

    fn english(text: &str, language: Option<&str>) -> bool {
        let tokens = tokens(text);
        is_english(&tokens.iter().collect::<Vec<_>>(), language)
    }

    #[test]
    fn a_short_text_is_foreign_only_by_what_is_foreign_in_it() {
        for text in [
            "First line.",
            "First line. Second line. Third line.",
            "Rain. Leek pie. Early night, no dreams. Two letters, one bill.",
            "Café Zoë again, crêpes for lunch.",
            "Gym. Shower. Groceries. Emails. Bed.",
        ] {
            assert!(english(text, None) && english(text, Some("en")), "{text}");
        }
        for text in [
            "Heute bin ich müde und traurig.",
            "Je suis très fatigué aujourd'hui.",
            "Estoy muy contento con mi trabajo.",
            "今日はとても疲れました。",
            "Сегодня я очень устал.",
        ] {
            assert!(!english(text, None), "{text}");
        }
    }

    #[test]
    fn what_the_recogniser_took_for_another_language_must_be_plainly_english() {
        assert!(!english("Gym. Shower. Groceries. Emails. Bed.", Some("de")));
        assert!(english("I was at the office and it was fine for me.", Some("de")));
    }
}
