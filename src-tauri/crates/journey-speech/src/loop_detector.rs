//! Marks text that a recogniser repeats by itself. Nothing is ever deleted.
//!
//! The rules are about structure alone, so they hold for every language, and careful: a person who
//! says a sentence twice is not marked.

use journey_domain::transcript::SpokenSegment;
use std::collections::{HashMap, HashSet};

/// The same segment this often in a row is a loop; the first stays unmarked.
const SAME_IN_A_ROW: usize = 3;
/// A phrase this often in a row within a segment is a loop.
const SAME_PHRASE_IN_A_ROW: usize = 4;
/// Longest phrase that is looked for, in words.
const LONGEST_PHRASE: usize = 8;
/// Words that a repeated phrase must fill in all, so that "no, no, no, no" stays unmarked.
const LEAST_REPEATED_WORDS: usize = 8;
/// Segments shorter than this are too short to judge by how varied they are.
const LEAST_VARIED_WORDS: usize = 24;
/// Share of different word triples below which a segment says too little that is new. A text that
/// gzip shrinks to 1/2.4, whisper's own limit, has about this share.
const LEAST_VARIETY: f32 = 0.35;

/// Marks the repetitions among `segments`, which are in order.
pub fn mark_repetitions(segments: &mut [SpokenSegment]) {
    let texts: Vec<Vec<String>> = segments.iter().map(|s| words_of(&s.text)).collect();
    let mut marked: HashSet<usize> = HashSet::new();
    let mut first = 0;
    for (idx, text) in texts.iter().enumerate() {
        if loops_inside(text) {
            marked.insert(idx);
        }
        if texts.get(first) != Some(text) || text.is_empty() {
            first = idx;
        }
        if idx + 1 - first >= SAME_IN_A_ROW {
            marked.extend(first + 1..=idx);
        }
    }
    for (idx, segment) in segments.iter_mut().enumerate() {
        segment.repeated |= marked.contains(&idx);
    }
}

/// Words in small letters without punctuation; scripts without spaces give one per character.
fn words_of(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in text.split_whitespace() {
        let word: String =
            part.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        if word.is_empty() {
            continue;
        }
        if word.chars().count() > LEAST_VARIED_WORDS && !word.is_ascii() {
            words.extend(word.chars().map(String::from));
        } else {
            words.push(word);
        }
    }
    words
}

fn loops_inside(words: &[String]) -> bool {
    (1..=LONGEST_PHRASE).any(|n| repeats_a_phrase(words, n)) || says_little_new(words)
}

fn repeats_a_phrase(words: &[String], n: usize) -> bool {
    let needed = (n * SAME_PHRASE_IN_A_ROW).max(LEAST_REPEATED_WORDS) - n;
    let mut equal = 0;
    words.iter().zip(words.iter().skip(n)).any(|(word, later)| {
        equal = if word == later { equal + 1 } else { 0 };
        equal >= needed
    })
}

fn says_little_new(words: &[String]) -> bool {
    if words.len() < LEAST_VARIED_WORDS {
        return false;
    }
    let mut triples: HashMap<&[String], u32> = HashMap::new();
    for triple in words.windows(3) {
        *triples.entry(triple).or_default() += 1;
    }
    (triples.len() as f32) < LEAST_VARIETY * (words.len() - 2) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(texts: &[&str]) -> Vec<bool> {
        let mut segments: Vec<_> = texts
            .iter()
            .map(|text| SpokenSegment {
                text: (*text).to_owned(),
                start_ms: 0,
                end_ms: 0,
                probability: 1.0,
                words: Vec::new(),
                repeated: false,
            })
            .collect();
        mark_repetitions(&mut segments);
        segments.iter().map(|s| s.repeated).collect()
    }

    #[test]
    fn the_third_same_segment_in_a_row_marks_all_but_the_first() {
        let same = "Thank you for watching.";
        assert_eq!(
            marks(&["I slept.", same, same, same, "I woke."]),
            [false, false, true, true, false]
        );
    }

    #[test]
    fn a_sentence_said_twice_is_no_loop() {
        assert_eq!(marks(&["I am tired.", "I am tired."]), [false, false]);
        assert_eq!(marks(&["no, no, no, no, I will not"]), [false]);
    }

    #[test]
    fn a_phrase_that_goes_round_is_marked() {
        assert_eq!(marks(&[&"and I was there ".repeat(5)]), [true]);
        assert_eq!(marks(&[&"ha ".repeat(9)]), [true]);
    }

    #[test]
    fn a_long_segment_that_says_little_new_is_marked() {
        let text = "we went to the sea and the sea was calm but we went back ".repeat(4);
        assert_eq!(marks(&[&text]), [true]);
    }

    #[test]
    fn ordinary_speech_is_not_marked() {
        let text = "Yesterday I was angry because my brother lied to me, and then I felt guilty \
            because I shouted at him, so tomorrow I will call him and say that I am sorry, and \
            maybe we can go for a walk like we did last year when he was at home.";
        assert_eq!(marks(&[text]), [false]);
    }
}
