use super::*;
use journey_domain::transcript::SpokenSegment;
use proptest::prelude::*;

/// Every word takes 100 ms; a segment for each line.
fn spoken(text: &str) -> Transcript {
    let mut ms = 0;
    let segments = text.lines().map(|line| {
        let start_ms = ms;
        let words: Vec<Word> = line
            .split_whitespace()
            .map(|word| {
                ms += 100;
                Word { text: word.into(), start_ms: ms - 100, end_ms: ms - 10, probability: 0.8 }
            })
            .collect();
        SpokenSegment {
            text: line.into(),
            start_ms,
            end_ms: ms,
            probability: 0.8,
            words,
            repeated: false,
        }
    });
    Transcript::from_speech(1, Some("en".into()), Some("tiny".into()), segments.collect::<Vec<_>>())
}

fn evidence(of: &Transcript, quote: &str) -> Evidence {
    let at = of.text.find(quote).expect("the quote stands there");
    let span = IndexedText::new(&of.text).span_of_bytes(at, at + quote.len()).unwrap();
    Evidence { span, quote: quote.into(), time: of.time_of(span), state: EvidenceState::Verified }
}

#[test]
fn of_a_part_the_stretches_that_stayed_are_told_and_nothing_that_was_written_between() {
    let before = spoken("One two three. Four five six. Seven.");
    let part = |after: &str| -> Vec<String> {
        let revision = Revision::new(&before, after);
        let spans = revision.stretches(evidence(&before, "Four five six.").span);
        let text = IndexedText::new(after);
        spans.into_iter().map(|span| text.slice(span).unwrap().to_owned()).collect()
    };
    assert_eq!(part("Well. One two three. Four five six. Seven."), ["Four five six."]);
    assert_eq!(part("One two three. Four 5 six. Seven."), ["Four", "six."]);
    assert_eq!(part("One two three. Four five and much more six. Seven."), ["Four five", "six."]);
    assert_eq!(part("One two three. Four six. Seven."), ["Four six."]);
    assert!(part("One two three. Seven").is_empty());
}

/// What becomes of `quote` when `before` is edited to `after`.
fn moved(before: &str, after: &str, quote: &str) -> Option<(String, EvidenceState)> {
    let before = spoken(before);
    let revision = Revision::new(&before, after);
    let placed = revision.place(&evidence(&before, quote), &revision.transcript())?;
    assert_eq!(IndexedText::new(after).slice(placed.span), Some(placed.quote.as_str()));
    Some((placed.quote, placed.state))
}

use EvidenceState::{Repaired, Verified};

#[test]
fn words_that_stayed_keep_their_evidence_at_the_new_place() {
    let before = "I went home. I was glad about it.";
    let after = "Yesterday, äh, I went home. I was glad about it, too.";
    assert_eq!(moved(before, after, "I was glad"), Some(("I was glad".into(), Verified)));
    assert_eq!(moved(before, after, "glad about it"), Some(("glad about it".into(), Verified)));
}

#[test]
fn a_corrected_word_repairs_the_evidence() {
    let before = "I was so tyred after work.";
    let after = "I was so tired after work.";
    assert_eq!(moved(before, after, "so tyred"), Some(("so tired".into(), Repaired)));
    assert_eq!(moved(before, after, "tyred"), Some(("tired".into(), Repaired)));
    assert_eq!(moved(before, after, "after work"), Some(("after work".into(), Verified)));
}

#[test]
fn evidence_whose_words_are_gone_has_no_place() {
    assert_eq!(moved("I was glad. I left.", "I left.", "I was glad"), None);
    assert_eq!(moved("I was glad. I left.", "I was busy. I left.", "glad"), None);
    assert_eq!(moved("I was glad.", "Nothing.", "glad"), None);
}

#[test]
fn another_claim_is_no_repair() {
    assert_eq!(
        moved("I am good at my job.", "I am not good at my job.", "am good at my job"),
        None
    );
    assert_eq!(moved("I was happy there.", "I was unhappy there.", "was happy there"), None);
    assert_eq!(moved("I slept 8 hours today.", "I slept 3 hours today.", "slept 8 hours"), None);
}

#[test]
fn a_sentence_that_was_moved_is_found_again() {
    let before = "First we ate something. I felt really small there. Then we walked for hours.";
    let after = "First we ate something. Then we walked for hours. I felt really small there.";
    let quote = "I felt really small there";
    assert_eq!(moved(before, after, quote), Some((quote.into(), Verified)));
    // A short one stands anywhere by chance.
    let before = "I was glad. Then we all left home early that day.";
    let after = "Then we all left home early that day. Or so: glad.";
    assert_eq!(moved(before, after, "glad"), None);
}

#[test]
fn unchanged_words_keep_their_times_and_corrected_ones_take_those_they_replace() {
    let before = spoken("I was tyred of it.\nThen I slept.");
    let after = Revision::new(&before, "I was tired, of it. So then I slept well.").transcript();
    assert_eq!((after.revision, after.model.as_deref()), (2, Some("tiny")));
    assert_eq!(after.segments.len(), 2);
    let words = |segment: usize| -> Vec<(&str, u64)> {
        let words = &after.segments[segment].words;
        words.iter().map(|w| (w.text.as_str(), w.start_ms)).collect()
    };
    assert_eq!(words(0), [("I", 0), ("was", 100), ("tired,", 200), ("of", 300), ("it.", 400)]);
    assert_eq!(after.segments[0].text, "I was tired, of it. So then");
    assert_eq!(words(1), [("I", 600), ("slept", 700)]);
    assert_eq!(after.segments[1].time, before.segments[1].time);
}

#[test]
fn a_written_text_keeps_its_paragraphs() {
    let before = Transcript::from_text(3, None, "One.\n\nTwo.".into());
    let after = Revision::new(&before, "One.\n\nTwo!\n\nThree.").transcript();
    assert_eq!((after.revision, after.segments.len()), (4, 3));
    assert!(after.segments.iter().all(|segment| segment.time.is_none()));
}

#[test]
fn words_that_stand_there_as_before_are_no_repair_whichever_of_two_like_them_was_taken_out() {
    let text = "glad [NAME] was  [NAME] … well-known tired well-known I … … I ";
    let before = spoken(text);
    let after_text = edited(&before.text, &[(45, 8, String::new())]);
    let revision = Revision::new(&before, &after_text);
    let after = revision.transcript();
    let span = CharSpan { start: 37, end: 45 };
    let quote = IndexedText::new(&before.text).slice(span).unwrap().to_owned();
    let placed = revision
        .place(&Evidence { span, quote: quote.clone(), time: None, state: Verified }, &after);
    let placed = placed.unwrap();
    assert_eq!((placed.quote, placed.state), (quote, Verified));
}

fn any_text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "I",
        "was",
        "glad",
        "not",
        "8",
        "tired",
        "über",
        "well-known",
        "don't",
        "…",
        ",",
        "🙂",
        "x",
        "unhappy",
        "happy",
        "[NAME]",
    ]);
    let blank = prop::sample::select(vec![" ", " ", " ", "\n", "  "]);
    prop::collection::vec((word, blank), 1..40)
        .prop_map(|all| all.into_iter().map(|(word, blank)| format!("{word}{blank}")).collect())
}

fn any_edit() -> impl Strategy<Value = (usize, usize, String)> {
    (0_usize..150, 0_usize..20, "[a-zü .,\n]{0,12}")
}

fn edited(text: &str, edits: &[(usize, usize, String)]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for (at, length, with) in edits {
        let start = (*at).min(chars.len());
        let end = (start + length).min(chars.len());
        chars.splice(start..end, with.chars());
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn after_any_edit_every_quote_stands_where_it_says(
        text in any_text(),
        edits in prop::collection::vec(any_edit(), 0..5),
        spans in prop::collection::vec((0_usize..150, 1_usize..30), 1..8),
    ) {
        let before = spoken(&text);
        let after_text = edited(&before.text, &edits);
        let revision = Revision::new(&before, &after_text);
        let after = revision.transcript();
        let (old, new) = (IndexedText::new(&before.text), IndexedText::new(&after_text));
        prop_assert_eq!(&after.text, &after_text);
        for (start, length) in spans {
            let Some(quote) = old.slice(CharSpan { start, end: start + length }) else { continue };
            let it = Evidence {
                span: CharSpan { start, end: start + length },
                quote: quote.into(),
                time: None,
                state: Verified,
            };
            let placed = revision.place(&it, &after);
            if let Some(placed) = &placed {
                prop_assert!(!placed.span.is_empty());
                prop_assert_eq!(new.slice(placed.span), Some(placed.quote.as_str()));
                prop_assert_eq!(placed.state == Verified, placed.quote == it.quote);
            }
            if before.text == after_text && quote.trim() == quote {
                prop_assert_eq!(placed.map(|p| (p.span, p.state)), Some((it.span, Verified)));
            }
        }
    }

    #[test]
    fn after_any_edit_segments_and_words_stand_in_the_text_in_the_order_of_time(
        text in any_text(),
        edits in prop::collection::vec(any_edit(), 0..5),
    ) {
        let before = spoken(&text);
        let after_text = edited(&before.text, &edits);
        let after = Revision::new(&before, &after_text).transcript();
        let indexed = IndexedText::new(&after_text);
        let (mut at, mut ms) = (0, 0);
        for segment in &after.segments {
            prop_assert!(segment.span.start >= at);
            at = segment.span.end;
            prop_assert_eq!(indexed.slice(segment.span), Some(segment.text.as_str()));
            let mut from = 0;
            for word in &segment.words {
                let found = segment.text[from..].find(&word.text);
                prop_assert!(found.is_some(), "{:?} in {:?}", word, segment);
                from += found.unwrap() + word.text.len();
                prop_assert!(word.start_ms >= ms && word.end_ms >= word.start_ms);
                ms = word.start_ms;
            }
        }
        let visible = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
        let in_segments: usize = after.segments.iter().map(|s| visible(&s.text)).sum();
        prop_assert_eq!(in_segments, visible(&after_text));
        if before.text == after_text {
            prop_assert_eq!(&after.segments, &before.segments);
        }
    }
}
