use crate::person::{Person, no_vault};
use journey_domain::{
    element::EvidenceState, error_code::ErrorCode, ids::SessionId, job::JobKind,
    ports::CancelToken, session::Source, text::IndexedText, transcript::Transcript,
};
use journey_vault::NewTranscript;
use proptest::prelude::*;

const TEXT: &str = "I was glad to be home. My boss shouted at me. I was so tyred after it.";

fn quotes(person: &Person, id: SessionId) -> Vec<(String, String, EvidenceState)> {
    let detail = person.me.vault().read(|read| read.session(id)).map_err(no_vault).unwrap();
    let text = detail.transcript.unwrap().text;
    let indexed = IndexedText::new(&text);
    detail
        .elements
        .iter()
        .flat_map(|element| element.evidence.iter().map(move |it| (element, it)))
        .map(|(element, it)| {
            assert_eq!(indexed.slice(it.span), Some(it.quote.as_str()));
            (element.label.clone(), it.quote.clone(), it.state)
        })
        .collect()
}

#[test]
fn an_edit_is_a_new_revision_with_the_evidence_in_place_and_the_old_one_stays() {
    let person = Person::new();
    let found = [("joy", "I was glad"), ("boss", "My boss shouted"), ("fatigue", "so tyred")];
    let id = person.analysed(TEXT, &found);
    let old = person.me.vault().read(|read| read.session(id)).map_err(no_vault).unwrap();
    let text = "Yesterday I was glad to be home. I was so tired after it.";
    let edited = person.app.edit_transcript(&person.me, &id.to_string(), 1, text).unwrap();
    assert_eq!((edited.revision, edited.kept, edited.repaired, edited.dropped), (2, 1, 1, 1));
    assert_eq!(
        quotes(&person, id),
        [
            ("joy".into(), "I was glad".into(), EvidenceState::Verified),
            ("fatigue".into(), "so tired".into(), EvidenceState::Repaired),
        ]
    );
    let page = person.app.session_page(&person.me, &id.to_string()).unwrap();
    assert_eq!(page.session.status, "analysed");
    assert_eq!(page.session.transcript.unwrap().revision, 2);
    // Both links led to or from what is gone.
    assert!(page.session.relationships.is_empty());
    person
        .me
        .vault()
        .read(|read| {
            assert_eq!(read.transcripts().revision(id, 1)?, old.transcript.clone().unwrap());
            assert_eq!(read.elements().of_run(old.run.as_ref().unwrap().id, 1)?, old.elements);
            Ok(())
        })
        .map_err(no_vault)
        .unwrap();
}

#[test]
fn a_text_that_is_brought_back_has_all_that_was_found_in_it() {
    let person = Person::new();
    let found = [("joy", "I was glad"), ("boss", "My boss shouted"), ("fatigue", "so tyred")];
    let id = person.analysed(TEXT, &found);
    let before = quotes(&person, id);
    let edit = |revision: u32, text: &str| {
        person.app.edit_transcript(&person.me, &id.to_string(), revision, text).unwrap()
    };
    assert_eq!(edit(1, "I was so tired after it.").dropped, 2);
    let back = edit(2, TEXT);
    assert_eq!((back.revision, back.kept, back.repaired, back.dropped), (3, 3, 0, 0));
    assert_eq!(quotes(&person, id), before);
}

#[test]
fn a_run_that_is_chosen_after_an_edit_shows_what_still_stands() {
    let person = Person::new();
    let id = person.analysed(TEXT, &[("joy", "I was glad"), ("boss", "My boss shouted")]);
    let detail = person.me.vault().read(|read| read.session(id)).map_err(no_vault).unwrap();
    let first = detail.run.unwrap();
    let second = person.run_over(id, TEXT, &[("fatigue", "so tyred")]);
    person.app.edit_transcript(&person.me, &id.to_string(), 1, "I was glad to be home.").unwrap();
    assert!(quotes(&person, id).is_empty(), "what the second run found is gone");
    person.app.accept_run(&person.me, &id.to_string(), &first.id.to_string()).unwrap();
    let left = quotes(&person, id);
    assert_eq!(left, [("joy".into(), "I was glad".into(), EvidenceState::Verified)]);
    assert_ne!(first.id, second);
}

#[test]
fn search_finds_the_new_words_and_no_longer_the_old_ones() {
    let person = Person::new();
    let id = person.analysed(TEXT, &[("fatigue", "so tyred")]).to_string();
    person.app.edit_transcript(&person.me, &id, 1, &TEXT.replace("tyred", "exhausted")).unwrap();
    let hits = |text: &str| {
        let query = crate::review::SearchQuery {
            text: text.into(),
            limit: 10,
            ..crate::review::SearchQuery::default()
        };
        person.app.search(&person.me, &query).unwrap().hits.len()
    };
    assert_eq!((hits("exhausted"), hits("tyred")), (1, 0));
    assert!(person.me.vault().check_search().unwrap());
}

#[test]
fn a_stale_edit_is_refused_and_changes_nothing() {
    let person = Person::new();
    let id = person.analysed(TEXT, &[]).to_string();
    person.app.edit_transcript(&person.me, &id, 1, "Mine.").unwrap();
    let refused = person.app.edit_transcript(&person.me, &id, 1, "Theirs.").unwrap_err();
    assert_eq!(refused.code, ErrorCode::RevisionConflict);
    assert!(refused.hint.is_some());
    let page = person.app.session_page(&person.me, &id).unwrap();
    assert_eq!(page.session.transcript.unwrap().text, "Mine.");
}

#[test]
fn the_same_text_is_no_new_revision_and_an_empty_one_is_refused() {
    let person = Person::new();
    let id = person.analysed(TEXT, &[("joy", "glad")]).to_string();
    let same = person.app.edit_transcript(&person.me, &id, 1, &format!("\n{TEXT}\n")).unwrap();
    assert_eq!((same.revision, same.kept), (1, 1));
    let refused = person.app.edit_transcript(&person.me, &id, 1, " \n").unwrap_err();
    assert_eq!(refused.code, ErrorCode::Usage);
    let missing = person.session(Source::Microphone).to_string();
    let refused = person.app.edit_transcript(&person.me, &missing, 1, "Words.").unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotFound);
}

#[test]
fn nothing_is_edited_under_the_hands_of_a_transcription() {
    let person = Person::new();
    let id = person.analysed(TEXT, &[]);
    person
        .me
        .vault()
        .write(|write| write.jobs().enqueue(id, JobKind::Transcribe))
        .map_err(no_vault)
        .unwrap();
    let refused =
        person.app.edit_transcript(&person.me, &id.to_string(), 1, "Other words.").unwrap_err();
    assert_eq!(refused.code, ErrorCode::Busy);
}

/// The session is transcribed again, to this text.
fn heard_again(person: &Person, id: SessionId, text: &str) -> u32 {
    let transcript = Transcript::from_text(1, Some("en".into()), text.into());
    let new = NewTranscript {
        session: id,
        transcript: &transcript,
        holes: &[],
        job: None,
        anchors: None,
    };
    person.me.vault().write(|write| write.store_transcript(&new)).map_err(no_vault).unwrap()
}

fn status(person: &Person, id: SessionId) -> String {
    person.app.session_page(&person.me, &id.to_string()).unwrap().session.status
}

/// Kind, label and id of what a session shows.
fn shown(person: &Person, id: SessionId) -> Vec<(String, String, String)> {
    let page = person.app.session_page(&person.me, &id.to_string()).unwrap();
    page.session.elements.into_iter().map(|it| (it.kind, it.label, it.id)).collect()
}

/// What the threads quote.
fn threads(person: &Person) -> Vec<String> {
    let threads = person.app.threads(&person.me).unwrap().threads;
    threads.into_iter().flat_map(|t| t.elements).map(|e| e.quote).collect()
}

#[test]
fn what_a_person_corrected_holds_for_an_analysis_of_the_edited_or_newly_heard_text() {
    let text = "I am so angry at my brother because he lied to me again. \
                I am going to call the dentist tomorrow.";
    let longer = format!("{}{text}", "And so it went on and on for quite some time. ".repeat(5));
    for by_hand in [true, false] {
        let person = Person::new();
        let (app, me) = (&person.app, &person.me);
        let first = app.write(me, text, None, &CancelToken::new()).unwrap();
        let id: SessionId = first.id.parse().unwrap();
        let all = shown(&person, id);
        let gone = all.iter().find(|it| it.0 == "emotion").unwrap().clone();
        app.delete_element(me, &gone.2).unwrap();
        let before = shown(&person, id);
        assert!(!before.is_empty() && !before.contains(&gone));
        if by_hand {
            app.edit_transcript(me, &first.id, 1, &longer).unwrap();
        } else {
            heard_again(&person, id, &longer);
        }
        let again = app.analyse(me, &first.id, None, &CancelToken::new()).unwrap();
        let after = shown(&person, id);
        assert!(before.iter().all(|it| after.contains(it)), "{before:?} became {after:?}");
        assert!(!after.iter().any(|it| it.0 == gone.0 && it.1 == gone.1), "{gone:?} is back");
        let changes = again.changed.unwrap().changes;
        assert!(changes.iter().all(|it| it.change != "removed"), "{by_hand}: nothing went away");
        let is_new = |it: &(String, String, String)| {
            changes
                .iter()
                .any(|c| c.after.as_ref().is_some_and(|e| e.id == it.2) && c.before.is_none())
        };
        assert!(!before.iter().any(is_new), "{by_hand}: nothing kept is new");
    }
}

#[test]
fn a_text_that_no_run_read_is_not_analysed_by_an_edit_of_it() {
    let person = Person::new();
    let id = person.analysed(TEXT, &[("joy", "I was glad")]);
    heard_again(&person, id, "My boss shouted at mee.");
    assert_eq!(status(&person, id), "transcribed");
    let edit = |revision: u32, text: &str| {
        person.app.edit_transcript(&person.me, &id.to_string(), revision, text).unwrap()
    };
    edit(2, "My boss shouted at me.");
    assert_eq!(status(&person, id), "transcribed");
    // The text that was analysed is brought back with all that was found in it.
    assert_eq!(edit(3, TEXT).kept, 1);
    assert_eq!(status(&person, id), "analysed");
}

#[test]
fn words_that_were_edited_away_speak_in_no_thread_and_no_count() {
    let person = Person::new();
    let found = [("joy", "I was glad"), ("boss", "My boss shouted at me"), ("fatigue", "so tyred")];
    let id = person.analysed(TEXT, &found);
    let ids: Vec<String> = shown(&person, id).into_iter().map(|it| it.2).collect();
    let (app, me) = (&person.app, &person.me);
    app.correct_element(me, &ids[0], Some("emotion"), Some("Joy")).unwrap();
    app.correct_element(me, &ids[1], Some("challenge"), Some("My boss shouts")).unwrap();
    app.correct_element(me, &ids[2], Some("belief"), Some("I am tired")).unwrap();
    let n_felt = || {
        let counts = me.vault().read(|read| read.elements().n_at_nodes()).map_err(no_vault);
        counts.unwrap().values().sum::<usize>()
    };
    assert_eq!((threads(&person).len(), n_felt()), (2, 1));

    let text = "My boss is kind. I was so tired after it.";
    app.edit_transcript(me, &id.to_string(), 1, text).unwrap();
    assert_eq!((threads(&person), n_felt()), (vec!["so tired".to_owned()], 0));
    let links = |id| {
        let links = me.vault().read(|read| read.threads().links_of_session(id));
        links.map_err(no_vault).unwrap().len()
    };
    assert_eq!(links(id), 1, "what is gone is in a thread no more");
    // Of a text that waits for its analysis nothing speaks; what was confirmed is not given up.
    heard_again(&person, id, "Other words.");
    assert_eq!((threads(&person).len(), links(id)), (0, 1));
}

#[test]
fn an_earlier_run_is_shown_where_it_stands_in_the_text_that_was_heard_since() {
    let person = Person::new();
    let (app, me) = (&person.app, &person.me);
    let id = person.analysed(TEXT, &[("joy", "I was glad"), ("boss", "My boss shouted at me")]);
    let page = |id: SessionId| app.session_page(me, &id.to_string()).unwrap().session;
    let first = page(id).run.unwrap().id;
    let boss = shown(&person, id)[1].2.clone();
    app.correct_element(me, &boss, Some("challenge"), Some("My boss shouts")).unwrap();

    heard_again(&person, id, "Yesterday I was glad to be home. My boss shouted at me.");
    app.analyse(me, &id.to_string(), None, &CancelToken::new()).unwrap();
    let second = page(id).run.unwrap().id;
    assert_ne!(first, second);
    app.accept_run(me, &id.to_string(), &first).unwrap();
    assert_eq!(
        quotes(&person, id).iter().map(|it| &it.1).collect::<Vec<_>>(),
        ["I was glad", "My boss shouted at me"]
    );
    assert_eq!(
        (status(&person, id).as_str(), page(id).run.unwrap().id),
        ("analysed", first.clone())
    );
    assert_eq!(threads(&person), ["My boss shouted at me"]);

    heard_again(&person, id, "We sang all day.");
    let refused = app.accept_run(me, &id.to_string(), &first).unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotFound);
    assert!(refused.hint.is_some());
    app.accept_run(me, &id.to_string(), &second).unwrap_err();
    assert_eq!((status(&person, id).as_str(), page(id).run.unwrap().id), ("transcribed", first));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn after_any_edits_all_evidence_in_the_vault_stands_where_it_says(
        edits in prop::collection::vec((0_usize..70, 0_usize..12, "[a-zü .]{0,8}"), 1..4),
    ) {
        let person = Person::new();
        let found = [
            ("joy", "glad"), ("home", "to be home"), ("boss", "My boss shouted at me"),
            ("fatigue", "so tyred after it"), ("all", "home. My boss"),
        ];
        let id = person.analysed(TEXT, &found);
        let mut revision = 1;
        for (at, length, with) in edits {
            let page = person.app.session_page(&person.me, &id.to_string()).unwrap();
            let mut chars: Vec<char> =
                page.session.transcript.unwrap().text.chars().collect();
            let start = at.min(chars.len());
            let end = (start + length).min(chars.len());
            chars.splice(start..end, with.chars());
            let text: String = chars.into_iter().collect();
            prop_assume!(!text.trim().is_empty());
            let edited =
                person.app.edit_transcript(&person.me, &id.to_string(), revision, &text).unwrap();
            revision = edited.revision;
            let left = quotes(&person, id);
            prop_assert!(left.len() == edited.kept + edited.repaired, "{:?} {:?}", left, edited);
        }
    }
}
