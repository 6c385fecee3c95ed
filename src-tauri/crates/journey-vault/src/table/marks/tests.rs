use super::*;
use crate::{
    NewRun, Vault,
    table::corrections::Correction,
    testing::{TestVault, element, keys, ports},
};
use journey_domain::{
    element::ElementKind::{Belief, Emotion, Topic},
    ids::ElementId,
};

/// Every row of what is kept.
fn kept(test: &TestVault) -> Vec<String> {
    let mut all = Vec::new();
    for table in ["session_marks", "felt", "node_marks", "node_counts", "thread_sightings"] {
        let sql = format!("SELECT * FROM {table} ORDER BY 1, 2");
        all.extend(test.write(|write| {
            let mut statement = write.conn().prepare(&sql)?;
            let n_columns = statement.column_count();
            let rows = statement.query_map([], |row| {
                let values: Vec<rusqlite::types::Value> =
                    (0..n_columns).map(|at| row.get(at)).collect::<Result<_, _>>()?;
                Ok(format!("{table} {values:?}"))
            })?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        }));
    }
    all
}

/// Three sessions, one of them corrected, one in the bin.
fn some(test: &TestVault) -> Vec<SessionId> {
    let text = "I was so glad at work. I am never good enough.";
    let found = [(Emotion, "joy", "so glad"), (Topic, "work", "at work"), (Belief, "b", "never")];
    let mut sessions = Vec::new();
    for n in 0..3 {
        let session = test.spoken("One", 10 * n, text);
        let run = test.run(session, 1);
        let elements: Vec<Element> = found
            .iter()
            .map(|(kind, label, quote)| {
                let id = ElementId::new(test.uuid());
                let node = (*kind != Belief).then(|| NodeId::new(format!("{label}.part")));
                Element { taxonomy: node, ..element(id, run.id, *kind, label, text, quote) }
            })
            .collect();
        test.write(|write| {
            write.store_run(&NewRun {
                run: &run,
                elements: &elements,
                relationships: &[],
                accept: true,
                job: None,
            })
        });
        let thread = test.write(|write| {
            let thread = write.threads().create(Belief, "b", &format!("b{n}"), "held")?;
            write.threads().link(&crate::table::threads::ThreadLink {
                thread,
                element: elements[2].id,
                session,
                state: crate::table::threads::LinkState::Confirmed,
                similarity: 1.0,
            })?;
            write.threads().woven(session)?;
            Ok(thread)
        });
        let counts = test.read(|read| read.threads().counts());
        assert!(counts.iter().any(|it| it.thread == thread && it.n_sessions == 1));
        if n == 1 {
            test.write(|write| write.corrections().add(elements[1].id, &Correction::Delete));
        }
        sessions.push(session);
    }
    test.write(|write| write.sessions().bin(sessions[2]));
    sessions
}

#[test]
fn a_vault_without_marks_gets_the_same_marks_as_one_that_kept_them_from_the_start() {
    let test = TestVault::new();
    some(&test);
    let kept_all_along = kept(&test);
    assert!(kept_all_along.iter().any(|row| row.starts_with("felt")));
    assert!(kept_all_along.iter().any(|row| row.starts_with("node_counts")));
    order(&test, FORGET);
    assert_ne!(kept(&test), kept_all_along);
    drop(Vault::open(test.path(), &keys(), ports()).unwrap());
    assert_eq!(kept(&test), kept_all_along);
    assert!(!test.write(|write| any_missing(write.conn())), "made again at every start");
}

const FORGET: &str = "DELETE FROM felt; DELETE FROM node_marks; DELETE FROM thread_sightings;
    UPDATE session_marks SET n_elements = 0, node = NULL, label = NULL,
        intensity = NULL, confidence = NULL;
    INSERT INTO unmarked (session_id) SELECT id FROM sessions;";

fn order(test: &TestVault, sql: &str) {
    test.write(|write| Ok(write.conn().execute_batch(sql)?));
}

#[test]
fn a_session_that_cannot_be_read_keeps_neither_the_vault_shut_nor_others_without_marks() {
    let test = TestVault::new();
    let sessions = some(&test);
    let kept_all_along = kept(&test);
    let status = |word: &str| {
        let session = sessions[0].uuid().simple();
        format!(
            "UPDATE elements SET status = {word} WHERE run_id =
                 (SELECT run_id FROM accepted_runs WHERE session_id = x'{session}')"
        )
    };
    order(&test, FORGET);
    order(&test, &status("'no such word'"));
    drop(Vault::open(test.path(), &keys(), ports()).unwrap());
    let overview = |at: usize| test.read(|read| read.overviews().get(sessions[at]));
    assert_eq!((overview(0).n_elements, overview(1).n_elements), (0, 2));
    assert!(overview(0).feeling.is_none() && overview(1).feeling.is_some());
    test.vault.rebuild_search().unwrap();
    assert_eq!((overview(0).n_elements, overview(1).n_elements), (0, 2));

    order(&test, &status("NULL"));
    drop(Vault::open(test.path(), &keys(), ports()).unwrap());
    assert_eq!(kept(&test), kept_all_along);
}

#[test]
fn what_is_made_anew_for_searches_is_made_anew_for_lists_and_counts_and_the_bin_too() {
    let test = TestVault::new();
    some(&test);
    let before = kept(&test);
    order(
        &test,
        "DELETE FROM felt; DELETE FROM thread_sightings; UPDATE session_marks SET n_elements = 9;
         DELETE FROM session_marks WHERE binned = 1;
         UPDATE node_counts SET n = 7; INSERT INTO node_counts (node, n) VALUES ('nowhere', 3);",
    );
    test.vault.rebuild_search().unwrap();
    assert_eq!(kept(&test), before);
}

#[test]
fn a_session_whose_beliefs_were_all_taken_away_waits_for_no_thread() {
    let test = TestVault::new();
    let session = test.spoken("One", 0, "I am never good enough.");
    let (_, elements) = test.analyse(session, &[(Belief, "b", "never")]);
    let waiting = || test.read(|read| read.threads().n_unwoven());
    assert_eq!(waiting(), 1);
    test.write(|write| write.corrections().add(elements[0].id, &Correction::Delete));
    assert!(test.read(|read| read.threads().sessions_without(9)).is_empty());
    assert_eq!(waiting(), 0);
}

#[test]
fn what_goes_to_the_bin_is_counted_no_more_until_it_comes_back_and_what_is_erased_leaves_nothing() {
    let test = TestVault::new();
    let sessions = some(&test);
    let at = |node: &str| {
        let counts = test.read(|read| read.elements().n_at_nodes());
        counts.get(&NodeId::new(node.to_owned())).copied().unwrap_or_default()
    };
    let before = kept(&test);
    let joys = at("joy.part");
    test.write(|write| write.sessions().bin(sessions[0]));
    assert_eq!(at("joy.part"), joys - 1);
    assert_eq!(test.read(|read| read.threads().counts()).len(), 1);
    test.write(|write| write.sessions().unbin(sessions[0]));
    assert_eq!(kept(&test), before);
    for session in sessions {
        test.vault.erase_session(session).unwrap();
    }
    assert_eq!(kept(&test), Vec::<String>::new());
}

#[test]
fn a_session_that_was_said_on_another_day_is_found_on_that_day() {
    let test = TestVault::new();
    let sessions = some(&test);
    let then = test.read(|read| read.sessions().get(sessions[1])).session.recorded_at;
    test.write(|write| write.sessions().set_recorded_at(sessions[0], then));
    let days = test.read(|read| read.overviews().feelings(then, jiff::Timestamp::MAX));
    assert_eq!(days.len(), 2, "{days:?}");
    let last = test.read(|read| read.threads().counts());
    assert!(last.iter().all(|it| it.last == then), "{last:?}");
}
