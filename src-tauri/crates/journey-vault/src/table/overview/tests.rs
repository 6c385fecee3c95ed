use super::*;
use crate::{
    NewRun, NewTranscript, VaultError,
    table::{
        corrections::Correction,
        elements::{AT_NODES, OUTLINES},
        taxonomy_edits::Tree,
    },
    testing::{TestVault, element},
    vault::handles::Anchors,
};
use journey_domain::{
    element::ElementKind::{Action, Emotion, Topic},
    ids::{ElementId, RunId},
    taxonomy::changes::{OwnNode, TaxonomyChange},
    transcript::Transcript,
};

const TEXT: &str = "I was so glad today. Then fear of the exam came, at work, in the office.";

fn found(
    test: &TestVault,
    run: RunId,
    (kind, label, node, quote): (ElementKind, &str, Option<&str>, &str),
    (intensity, confidence): (Option<u8>, f32),
) -> Element {
    let id = ElementId::new(test.uuid());
    Element {
        taxonomy: node.map(|it| NodeId::new(it.to_owned())),
        intensity: intensity.map(|number| Intensity::clamped(number.into())),
        confidence,
        ..element(id, run, kind, label, TEXT, quote)
    }
}

/// A session in which joy, fear, the same topic twice and an action were found.
fn felt(test: &TestVault, seconds: i64) -> (SessionId, Vec<Element>) {
    let session = test.spoken("One", seconds, TEXT);
    let run = test.run(session, 1);
    let topic = (Topic, "Work", Some("work"));
    let elements = vec![
        found(test, run.id, (Emotion, "Joy", Some("joy"), "so glad"), (Some(3), 0.9)),
        found(test, run.id, (Emotion, "Fear", Some("fear"), "fear"), (Some(4), 0.4)),
        found(test, run.id, (Emotion, "Worry", Some("fear.worry"), "exam"), (Some(4), 0.4)),
        found(test, run.id, (topic.0, topic.1, topic.2, "at work"), (None, 0.5)),
        found(test, run.id, (topic.0, topic.1, topic.2, "the office"), (None, 0.5)),
        found(test, run.id, (Action, "Study", None, "exam"), (None, 0.5)),
    ];
    test.write(|write| {
        write.store_run(&NewRun {
            run: &run,
            elements: &elements,
            relationships: &[],
            accept: true,
            job: None,
        })
    });
    (session, elements)
}

/// The words of a feeling, in every way in which it is asked for: all must say the same, and the
/// same as the whole session does.
#[track_caller]
fn seen(test: &TestVault, session: SessionId) -> (Option<String>, usize) {
    let (row, listed, day, whole) = test.read(|read| {
        let all = SessionFilter::default();
        let listed = read.overviews().list(&all, 100, None)?.items;
        let days = read.overviews().feelings(Timestamp::MIN, Timestamp::MAX)?;
        Ok((
            read.overviews().get(session)?,
            listed.into_iter().find(|it| it.session.id == session).unwrap(),
            days.into_iter().find(|it| it.session == session).unwrap(),
            read.session(session)?,
        ))
    });
    assert_eq!(row, listed);
    assert_eq!(row.feeling, day.feeling);
    assert_eq!(row.session, whole.stored.session);
    assert_eq!(row.n_elements, whole.elements.len());
    assert_eq!(row.opening, whole.transcript.map(|it| it.text).unwrap_or_default());
    assert_eq!(row.feeling, Feeling::strongest(whole.elements.iter().filter_map(Feeling::of)));
    (row.feeling.map(|it| format!("{} {}", it.node, it.label)), row.n_elements)
}

fn said(feeling: &str, n_elements: usize) -> (Option<String>, usize) {
    (Some(feeling.to_owned()), n_elements)
}

#[test]
fn the_strongest_feeling_is_the_first_of_the_most_intense_and_the_surest() {
    let test = TestVault::new();
    let (session, _) = felt(&test, 0);
    assert_eq!(seen(&test, session), said("fear Fear", 5));
    let silent = test.spoken("Two", 10, "Nothing was found in this.");
    assert_eq!(seen(&test, silent), (None, 0));
    let unheard = test.session("Three", 20);
    assert_eq!(seen(&test, unheard), (None, 0));
}

#[test]
fn corrections_change_what_lists_and_calendars_show_and_taking_them_back_does_too() {
    let test = TestVault::new();
    let (session, elements) = felt(&test, 0);
    let correct = |element: &Element, correction: &Correction| {
        test.write(|write| write.corrections().add(element.id, correction))
    };
    let deleted = correct(&elements[1], &Correction::Delete);
    assert_eq!(seen(&test, session), said("fear.worry Worry", 4));
    correct(&elements[2], &Correction::NotMe);
    assert_eq!(seen(&test, session), said("joy Joy", 3));
    // What was found as an action is said to be a feeling.
    let love = NodeId::new("love".to_owned());
    let relabel = Correction::Relabel { kind: Emotion, label: "Love".into(), taxonomy: Some(love) };
    correct(&elements[5], &relabel);
    correct(&elements[0], &Correction::Delete);
    assert_eq!(seen(&test, session), said("love Love", 2));
    test.write(|write| write.corrections().undo(deleted));
    assert_eq!(seen(&test, session), said("fear Fear", 3));
}

#[test]
fn changes_to_the_taxonomies_change_what_lists_and_calendars_show() {
    let test = TestVault::new();
    let (session, _) = felt(&test, 0);
    let node = |id: &str| NodeId::new(id.to_owned());
    let change = |change: &TaxonomyChange| {
        let edit = serde_json::to_value(change).unwrap();
        test.write(|write| {
            write.taxonomy_edits().add(Tree::Emotions, &edit)?;
            write.refresh_regraded(|_| true)
        });
    };
    change(&TaxonomyChange::Rename { node: node("fear"), name: "Dread".into() });
    assert_eq!(seen(&test, session), said("fear Dread", 5));
    let part = OwnNode {
        id: node("fear.own-exams"),
        name: "Exam nerves".into(),
        definition: String::new(),
        words: vec!["fear".into()],
        parent_name: "Fear".into(),
    };
    change(&TaxonomyChange::Split { node: node("fear"), parts: vec![part] });
    assert_eq!(seen(&test, session), said("fear.own-exams Exam nerves", 5));
    let merge = TaxonomyChange::Merge {
        from: node("fear"),
        into: node("surprise"),
        into_name: "Surprise".into(),
    };
    change(&merge);
    assert_eq!(seen(&test, session), said("surprise Surprise", 5));
    let at = |id: &str| {
        let all = SessionFilter::default();
        test.read(|read| read.overviews().list_felt(&all, &node(id), 10, None)).1
    };
    assert_eq!((at("fear"), at("surprise")), (0, 1));
    test.write(|write| {
        write.taxonomy_edits().undo_last(None)?;
        write.refresh_regraded(|_| true)
    });
    assert_eq!((at("fear"), at("fear.own-exams"), at("surprise")), (1, 1, 0));
}

#[test]
fn after_an_edit_lists_show_what_still_stands_in_the_text() {
    let test = TestVault::new();
    let (session, elements) = felt(&test, 0);
    let edited = Transcript::from_text(1, None, "I was so glad today.".into());
    test.write(|write| {
        let kept = [(elements[0].id, elements[0].evidence.clone())];
        write.store_transcript(&NewTranscript {
            session,
            transcript: &edited,
            holes: &[],
            job: None,
            anchors: Some(Anchors { run: elements[0].run, elements: &kept, relationships: &[] }),
        })
    });
    assert_eq!(seen(&test, session), said("joy Joy", 1));
}

#[test]
fn sessions_of_a_feeling_are_counted_in_all_and_paged_without_a_gap_or_a_double() {
    let test = TestVault::new();
    let mut wanted = Vec::new();
    for n in 0..9 {
        let (session, elements) = felt(&test, n);
        if n % 3 == 0 {
            // Glad alone.
            for fear in &elements[1..3] {
                test.write(|write| write.corrections().add(fear.id, &Correction::Delete));
            }
        } else {
            wanted.insert(0, session);
        }
    }
    test.write(|write| write.sessions().bin(wanted.remove(0)));
    let fear = NodeId::new("fear".to_owned());
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let (page, n_in_all) = test.read(|read| {
            let all = SessionFilter::default();
            read.overviews().list_felt(&all, &fear, 2, after.as_deref())
        });
        assert_eq!(n_in_all, 5);
        listed.extend(page.items.iter().map(|it| it.session.id));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(listed, wanted);
    let bad = test
        .vault
        .read(|read| read.overviews().list_felt(&SessionFilter::default(), &fear, 2, Some("q-1")));
    assert!(matches!(bad, Err(VaultError::BadCursor)));
}

#[test]
fn an_opening_is_as_long_as_its_table_keeps() {
    let test = TestVault::new();
    let session = test.spoken("Long", 0, &"ö".repeat(2 * OPENING_CHARS));
    let row = test.read(|read| read.overviews().get(session));
    assert_eq!(row.opening.chars().count(), OPENING_CHARS);
}

#[test]
fn lists_read_neither_whole_transcripts_nor_quotes_nor_elements() {
    let test = TestVault::new();
    let plan = test.plan(OUTLINE, 2);
    let [marks, opening] = plan.as_slice() else { panic!("{plan:?}") };
    assert!(marks.starts_with("SEARCH m USING PRIMARY KEY"), "{marks}");
    assert!(opening.starts_with("SEARCH o USING PRIMARY KEY"), "{opening}");

    let plan = test.plan(FEELINGS, 2);
    let [step] = plan.as_slice() else { panic!("{plan:?}") };
    assert!(step.starts_with("SEARCH session_marks USING COVERING INDEX"), "{step}");

    let plan = test.plan(OUTLINES, 2);
    assert!(plan.iter().all(|step| !step.starts_with("SCAN")), "{plan:?}");

    let plan = test.plan(AT_NODES, 0);
    assert_eq!(plan, ["SCAN node_counts"], "as many rows as there are nodes");

    for (tagged, favourites) in [(false, false), (false, true), (true, false), (true, true)] {
        let n_params = if tagged { 6 } else { 5 };
        let plan = test.plan(&felt_page_sql(tagged, favourites), n_params);
        let costly = |step: &String| step.starts_with("SCAN") || step.contains("TEMP B-TREE");
        assert!(!plan.iter().any(costly), "{plan:?}");
        assert!(plan.iter().any(|step| step.starts_with("SEARCH f USING PRIMARY KEY")), "{plan:?}");
    }
}

#[test]
fn sessions_of_a_feeling_are_narrowed_by_tags_favourites_and_days_too() {
    let test = TestVault::new();
    let sessions: Vec<SessionId> = (0..6).map(|n| felt(&test, 10 * n).0).collect();
    test.write(|write| {
        write.sessions().add_tags(sessions[1], &["Exam".into()])?;
        write.sessions().add_tags(sessions[4], &["exam".into()])?;
        write.sessions().set_favourite(sessions[4], true)?;
        write.sessions().set_favourite(sessions[5], true)
    });
    let fear = NodeId::new("fear".to_owned());
    let listed = |filter: SessionFilter| {
        let (page, n) = test.read(|read| read.overviews().list_felt(&filter, &fear, 9, None));
        assert_eq!(page.items.len(), n);
        page.items.into_iter().map(|it| it.session.id).collect::<Vec<_>>()
    };
    let tagged = SessionFilter { tag: Some("EXAM".into()), ..SessionFilter::default() };
    assert_eq!(listed(tagged.clone()), [sessions[4], sessions[1]]);
    let favourites = SessionFilter { favourites: true, ..SessionFilter::default() };
    assert_eq!(listed(favourites), [sessions[5], sessions[4]]);
    assert_eq!(listed(SessionFilter { favourites: true, ..tagged }), [sessions[4]]);
    let said =
        |n: usize| Some(test.read(|read| read.sessions().get(sessions[n])).session.recorded_at);
    let some = SessionFilter { from: said(1), before: said(3), ..SessionFilter::default() };
    assert_eq!(listed(some), [sessions[2], sessions[1]]);
}
