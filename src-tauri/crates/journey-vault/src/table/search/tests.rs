use super::*;
use crate::testing::{NEW_YEAR, TestVault};
use proptest::prelude::*;

fn query(text: &str) -> SearchQuery {
    SearchQuery { text: text.into(), ..Default::default() }
}

fn find(test: &TestVault, text: &str) -> Vec<SearchHit> {
    test.read(|read| read.search(&query(text), 50, None)).hits
}

fn all_pages(test: &TestVault, query: &SearchQuery, limit: usize) -> Vec<SearchHit> {
    let mut hits = Vec::new();
    let mut after = None;
    loop {
        let page = test.read(|read| read.search(query, limit, after.as_deref()));
        assert!(page.hits.len() <= limit);
        hits.extend(page.hits);
        after = page.next;
        if after.is_none() {
            return hits;
        }
    }
}

#[test]
fn words_are_found_where_they_were_said() {
    let test = TestVault::new();
    let text = "Füße im Sand. Then I saw the Café, and Renée.";
    let session = test.spoken("Beach", 30, text);
    test.spoken("Other", 40, "Nothing of the kind.");
    let check = |text: &str, expect: Option<&str>| {
        let hits = find(&test, text);
        let found: Vec<String> = hits
            .iter()
            .map(|hit| {
                assert_eq!((hit.session, hit.kind), (session, FindableKind::Transcript));
                let span = hit.span;
                "Füße im Sand. Then I saw the Café, and Renée."
                    .chars()
                    .skip(span.start)
                    .take(span.len())
                    .collect()
            })
            .collect();
        assert_eq!(found, expect.iter().map(ToString::to_string).collect::<Vec<_>>(), "{text}");
    };
    check("cafe", Some("Café"));
    check("RENÉE café", Some("Café"));
    check("\"i saw the\"", Some("I saw the"));
    check("\"saw i\"", None);
    check("ren*", Some("Renée"));
    check("ren", None);
    check("sand nothing", None);
    check("sand!", Some("Sand"));
}

#[test]
fn elements_are_found_by_label_and_quote() {
    let test = TestVault::new();
    let text = "Well. I was worried about the rent.";
    let session = test.spoken("s", 0, text);
    let (_, elements) =
        test.analyse(session, &[(ElementKind::Emotion, "anxiety", "worried about the rent")]);
    let hits = find(&test, "anxiety");
    assert_eq!((hits.len(), hits[0].element), (1, Some(elements[0].id)));
    assert_eq!(hits[0].span, elements[0].evidence[0].span);
    assert_eq!(hits[0].snippet, "anxiety");
    let kind = Some(FindableKind::Element(ElementKind::Emotion));
    let rent = SearchQuery { kind, ..query("rent") };
    let hits = test.read(|read| read.search(&rent, 10, None)).hits;
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].span, CharSpan { start: 30, end: 34 });
    assert_eq!(hits[0].highlights, [CharSpan { start: 18, end: 22 }]);
    assert_eq!(find(&test, "rent").len(), 2, "transcript and element");
    let kind = Some(FindableKind::Element(ElementKind::Topic));
    let none = SearchQuery { kind, ..query("rent") };
    assert_eq!(test.read(|read| read.search(&none, 10, None)).hits, []);
}

#[test]
fn only_what_holds_is_found() {
    let test = TestVault::new();
    let session = test.spoken("s", 0, "the old harbour");
    test.transcribe(session, "the new lighthouse");
    assert_eq!(find(&test, "harbour"), [], "an older revision");
    assert_eq!(find(&test, "lighthouse").len(), 1);
    test.write(|write| write.sessions().bin(session));
    assert_eq!(find(&test, "lighthouse"), [], "in the bin");
    test.write(|write| write.sessions().unbin(session));
    assert_eq!(find(&test, "lighthouse").len(), 1);
}

#[test]
fn days_bound_a_search_to_the_second() {
    let test = TestVault::new();
    let sessions: Vec<SessionId> = (0..5).map(|n| test.spoken("s", n, "the same words")).collect();
    let time = |seconds: i64| Timestamp::from_microsecond(NEW_YEAR + seconds * 1_000_000).ok();
    let bounded = SearchQuery { from: time(1), before: time(4), ..query("words") };
    let mut found: Vec<SessionId> =
        all_pages(&test, &bounded, 2).iter().map(|hit| hit.session).collect();
    found.sort();
    let mut expected = sessions[1..4].to_vec();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn pages_hold_every_hit_once_also_beyond_what_is_ranked() {
    let test = TestVault::new();
    let n_sessions = MAX_RANKED + 150;
    test.write(|write| {
        for n in 0..n_sessions {
            let new = crate::testing::new_session(SessionId::new(test.uuid()), "s", n as i64 / 3);
            write.sessions().create(&new)?;
            let text = format!("common {}", "filler ".repeat(n % 7));
            write.store_transcript(&crate::NewTranscript {
                session: new.id,
                transcript: &journey_domain::transcript::Transcript::from_text(1, None, text),
                holes: &[],
                job: None,
                anchors: None,
            })?;
        }
        Ok(())
    });
    let first = test.read(|read| read.search(&query("common"), 10, None));
    assert_eq!(first.ranked, MAX_RANKED);
    assert!(first.hits.windows(2).all(|pair| pair[0].score >= pair[1].score));
    for limit in [200, 93] {
        let hits = all_pages(&test, &query("common"), limit);
        let mut sessions: Vec<SessionId> = hits.iter().map(|hit| hit.session).collect();
        sessions.sort();
        sessions.dedup();
        assert_eq!((hits.len(), sessions.len()), (n_sessions, n_sessions), "by {limit}");
        let newest = hits.iter().take(MAX_RANKED).map(|hit| hit.recorded_at).min();
        let rest = hits.iter().skip(MAX_RANKED).map(|hit| hit.recorded_at).max();
        assert!(newest >= rest, "the newest are the ranked ones");
    }
}

#[test]
fn a_page_goes_on_where_it_was_though_new_words_come_in() {
    let test = TestVault::new();
    for n in 0..9 {
        test.spoken("s", n, "the same words");
    }
    let first = test.read(|read| read.search(&query("words"), 4, None));
    let late = test.spoken("late", 100, "the same words");
    let rest = test.read(|read| read.search(&query("words"), 50, first.next.as_deref()));
    assert_eq!(first.hits.len() + rest.hits.len(), 9);
    assert!(rest.hits.iter().all(|hit| hit.session != late));
}

#[test]
fn a_damaged_index_is_noticed_and_made_anew() {
    let test = TestVault::new();
    let session = test.spoken("s", 0, "some plain words");
    test.analyse(session, &[(ElementKind::Topic, "words", "plain words")]);
    assert!(test.vault.check_search().unwrap());
    test.write(|write| {
        let sql = "INSERT INTO findable_index (findable_index, rowid, kind, text)
                   SELECT 'delete', id, kind, text FROM findable_texts";
        Ok(write.conn().execute_batch(sql)?)
    });
    assert!(!test.vault.check_search().unwrap());
    test.vault.rebuild_search().unwrap();
    assert!(test.vault.check_search().unwrap());
    assert_eq!(find(&test, "words").len(), 2);
}

#[test]
fn the_order_of_ids_is_the_order_of_time() {
    let times = [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX];
    let ids = times.map(index::first_id);
    assert!(ids.is_sorted() && ids[2] < i64::MAX - (1 << 24));
}

fn check_hits(test: &TestVault, text: &str, limit: usize) -> Result<(), TestCaseError> {
    for kind in [None, Some(FindableKind::Transcript)] {
        let asked = SearchQuery { kind, ..query(text) };
        let page = test.vault.read(|read| read.search(&asked, limit, None));
        let page: SearchPage =
            page.map_err(|error: VaultError| TestCaseError::fail(format!("{text:?}: {error:?}")))?;
        for hit in page.hits {
            prop_assert!(hit.span.start <= hit.span.end);
            let n_chars = hit.snippet.chars().count();
            prop_assert!(hit.highlights.iter().all(|it| it.end <= n_chars));
        }
    }
    Ok(())
}

#[test]
fn nothing_that_can_be_typed_is_an_error() {
    let test = TestVault::new();
    let text = "NEAR the old* \"harbour\" OR kind: text AND x\u{2}y\u{3}z \u{2} ver1.1 東京 😀 ß";
    let session = test.spoken("s", 0, text);
    test.analyse(session, &[(ElementKind::Topic, "har\nbour", "harbour")]);
    let strange = [
        "\"",
        "\"\"",
        "*",
        "**",
        "a*",
        "NEAR",
        "NEAR(a b, 2)",
        "kind:topic",
        "text : x",
        "-x",
        "^x",
        "x AND",
        "OR",
        "NOT",
        "(",
        ")",
        "{a b}",
        "+",
        "'",
        ";",
        "--",
        "/*",
        "\0",
        "a\0b",
        "\u{2}",
        "東京",
        "東*",
        "😀",
        "ver1.1*",
        "har bour",
        "\u{301}",
        "ß",
        "ſ",
        "Å",
        "\u{1d15e}",
        "½",
        "²",
        "①",
        "\u{200d}x",
        "a\"b\"c",
        "x\u{2}y",
    ];
    for text in strange {
        check_hits(&test, text, 5).unwrap();
    }
    check_hits(&test, &"word ".repeat(500), 5).unwrap();
    check_hits(&test, &"\"*".repeat(900), 5).unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(600));
    let any_text = prop_oneof![
        "\\PC{0,30}",
        "[\"*() a-zNEAROT:^+{}.,'-]{0,30}",
        prop::collection::vec(any::<char>(), 0..20).prop_map(|it| it.into_iter().collect()),
    ];
    runner.run(&any_text, |text| check_hits(&test, &text, 3)).unwrap();
    let cursors = runner.run(&"[q0-9a-f-]{0,40}", |cursor| {
        drop(test.vault.read(|read| read.search(&query("old"), 3, Some(&cursor))));
        Ok(())
    });
    cursors.unwrap();
}
