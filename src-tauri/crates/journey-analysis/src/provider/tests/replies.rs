//! Replies of models that make things up.

use super::*;
use crate::provider::{windows::Window, wire};
use journey_domain::element::EvidenceState;

fn checked<'t>(
    text: &'t str,
    sentences: &'t [crate::sentences::Sentence],
    names: &'t Pseudonyms,
) -> Checked<'t> {
    Checked {
        text: IndexedText::new(text),
        sentences,
        evidence: EvidenceCheck::new(text, sentences),
        names,
        named: names.in_text(text),
        pack: Default::default(),
    }
}

#[test]
fn of_a_thousand_replies_no_made_up_stitched_or_misplaced_quote_is_verified() {
    let text: String =
        (0..40).map(|i| format!("I w{i}a w{i}b w{i}c w{i}d w{i}e w{i}f. ")).collect();
    let sentences = split(&text);
    let names = Pseudonyms::default();
    let checked = checked(&text, &sentences, &names);
    let window = Window { context_from: 1, first: 4, last: 40 };
    let mut n_rejected = 0;
    for i in 0..1_000_usize {
        let (a, b) = (i % 40, (i * 7 + 3) % 40);
        let b = if a == b { (b + 1) % 40 } else { b };
        let quotes = [
            (a, format!("made{i} up{i} words{i} entirely{i}")),
            (a, format!("w{a}a w{a}b w{a}c w{b}d w{b}e w{b}f")),
            (b, format!("w{a}a w{a}b w{a}c w{a}d")),
            (a, format!("w{a}a … w{a}f")),
            (999, format!("w{a}a w{a}b")),
        ];
        let elements: Vec<_> = quotes
            .iter()
            .map(|(id, quote)| element("belief", quote, *id as u32 + 1, quote))
            .collect();
        let reply = wire::parse(&reply(&elements)).unwrap();
        let found = checked.findings(reply, &window);
        n_rejected += found.rejected;
        let states = found.elements.iter().flat_map(|e| &e.evidence).map(|e| e.state);
        assert!(!states.into_iter().any(|s| s == EvidenceState::Verified), "reply {i}");
    }
    assert!(n_rejected >= 4_900, "{n_rejected}");
}

#[test]
fn only_the_speakers_own_affirmed_findings_are_kept() {
    let sentences = split(TEXT);
    let names = Pseudonyms::default();
    let window = Window { context_from: 1, first: 1, last: 3 };
    for (field, value) in [
        ("polarity", "negated"),
        ("polarity", "hypothetical"),
        ("holder", "other"),
        ("holder", "quoted"),
    ] {
        let mut it = element("emotion", "Calm", 1, "I felt really calm");
        it[field] = value.into();
        let found = checked(TEXT, &sentences, &names)
            .findings(wire::parse(&reply(&[it])).unwrap(), &window);
        assert!(found.elements.is_empty() && found.rejected == 0, "{value}");
    }
}

#[test]
fn what_lies_in_the_context_of_a_window_belongs_to_its_owner() {
    let sentences = split(TEXT);
    let names = Pseudonyms::default();
    let window = Window { context_from: 1, first: 2, last: 3 };
    let parsed = wire::parse(&good()).unwrap();
    let found = checked(TEXT, &sentences, &names).findings(parsed, &window);
    assert_eq!(found.elements.len(), 1);
    assert_eq!(found.elements[0].kind.as_str(), "action");
}

#[test]
fn unknown_nodes_are_unmapped_and_fields_are_bounded() {
    let sentences = split(TEXT);
    let names = Pseudonyms::default();
    let window = Window { context_from: 1, first: 1, last: 3 };
    let mut it = element("emotion", "Hangry calm", 1, "I felt really calm");
    it["intensity"] = 99.into();
    it["confidence"] = 7.5.into();
    it["taxonomy"] = "fear.<b>".into();
    it["due"] = "tomorrow".into();
    let parsed = wire::parse(&reply(&[it])).unwrap();
    let found = checked(TEXT, &sentences, &names).findings(parsed, &window);
    let it = &found.elements[0];
    assert!(it.taxonomy.as_ref().unwrap().is_unmapped() && it.due.is_none());
    assert_eq!((it.intensity.unwrap().get(), it.confidence), (5, 1.0));
}

#[test]
fn more_elements_than_the_cap_are_turned_away_and_counted() {
    let sentences = split(TEXT);
    let names = Pseudonyms::default();
    let window = Window { context_from: 1, first: 1, last: 3 };
    let many: Vec<_> = (0..5_000).map(|_| element("topic", "Work", 2, "My boss")).collect();
    let parsed = wire::parse(&reply(&many)).unwrap();
    let found = checked(TEXT, &sentences, &names).findings(parsed, &window);
    assert_eq!((found.elements.len(), found.rejected), (wire::MAX_ELEMENTS, 4_000));
}

#[test]
fn the_schema_is_strict_throughout() {
    fn walk(value: &serde_json::Value) {
        if let Some(map) = value.as_object() {
            for word in ["oneOf", "$ref", "$defs", "format", "minimum", "$schema"] {
                assert!(!map.contains_key(word), "{word}");
            }
            if let Some(properties) = map.get("properties").and_then(|p| p.as_object()) {
                assert_eq!(map["required"].as_array().unwrap().len(), properties.len());
                assert_eq!(map["additionalProperties"], false);
            }
            map.values().for_each(walk);
        } else if let Some(list) = value.as_array() {
            list.iter().for_each(walk);
        }
    }
    walk(wire::schema());
    assert!(wire::schema()["properties"]["elements"]["items"]["properties"]["holder"].is_object());
}

#[test]
fn words_in_look_alike_letters_are_never_verified_and_a_label_keeps_its_denial() {
    let text = "I am not good enough. I felt really calm this morning with everyone at home.";
    let sentences = split(text);
    let names = Pseudonyms::default();
    let window = Window { context_from: 1, first: 1, last: 2 };
    let elements = [
        // Cyrillic letters, full-width letters, a zero-width joiner inside a word.
        element("emotion", "Calm", 2, "I fеlt rеаlly саlm"),
        element("emotion", "Calm", 2, "Ｉ ｆｅｌｔ ｒｅａｌｌｙ ｃａｌｍ"),
        element("emotion", "Calm", 2, "I felt re\u{200d}ally calm"),
        element("belief", "I am good enough", 1, "I am not good enough"),
    ];
    let found = checked(text, &sentences, &names)
        .findings(wire::parse(&reply(&elements)).unwrap(), &window);
    assert_eq!(found.elements.len(), 1, "{:?}", found.elements);
    assert_eq!(found.elements[0].label, "I am not good enough");
    assert_eq!(found.rejected, 3);
}

#[test]
fn words_in_other_case_and_numbers_out_of_range_are_no_reply() {
    let good = reply(&[element("emotion", "Calm", 1, "I felt really calm")]);
    assert!(wire::parse(&good).is_ok());
    for (from, to) in [
        ("\"emotion\"", "\"Emotion\""),
        ("\"affirmed\"", "\"AFFIRMED\""),
        ("\"self\"", "\"Self\""),
        ("[1]", "[-1]"),
        ("[1]", "[4294967296]"),
        ("[1]", "[1.5]"),
    ] {
        assert!(good.contains(from));
        assert!(wire::parse(&good.replace(from, to)).is_err(), "{to}");
    }
}

#[test]
fn a_label_says_what_was_said_or_is_the_words_themselves() {
    let label_of = |said: &str, quote: &str, label: &str| {
        let sentences = split(said);
        let names = Pseudonyms::default();
        let window = Window { context_from: 1, first: 1, last: sentences.len() as u32 };
        let parsed = wire::parse(&reply(&[element("challenge", label, 1, quote)])).unwrap();
        let found = checked(said, &sentences, &names).findings(parsed, &window);
        assert_eq!(found.elements.len(), 1, "the finding was lost: {said}");
        found.elements[0].label.clone()
    };
    for (said, label) in [
        ("I called my mother", "My mother ruined my life"),
        ("I love my husband", "I must leave my husband"),
        ("My boss shouted at me", "My boss is a criminal"),
        ("I went to work early", "I drink before work"),
        ("I had a talk with my sister about money", "My sister steals from our parents"),
        ("I am good enough", "I am not good enough"),
    ] {
        assert_eq!(label_of(said, said, label), said);
    }
    // What models make of such sentences, with the quote that they give.
    for (said, quote, label) in [
        ("I barely slept because of the exam.", "I barely slept", "Barely slept"),
        ("So tonight I'll put the phone away at ten.", "I'll put the phone away", "Put phone away"),
        ("I'm scared I'll fail the exam.", "I'll fail the exam", "Scared of failing the exam"),
        ("Work is stressing me out.", "Work is stressing me out", "Work stress"),
        (
            "I have to be perfect to be loved.",
            "I have to be perfect",
            "I must be perfect to be loved",
        ),
        ("I can't say no to people.", "I can't say no to people", "Cannot say no to people"),
        ("I should call Laura more often.", "I should call Laura", "Call Laura more often"),
        (
            "I noticed that I breathe easier by the sea.",
            "I breathe easier",
            "Breathing easier by the sea",
        ),
    ] {
        assert_eq!(label_of(said, quote, label), label, "a fair label was turned away");
    }
}
