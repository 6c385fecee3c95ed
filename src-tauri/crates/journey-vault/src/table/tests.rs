use super::{
    corrections::Correction,
    drafts::DraftOf,
    recordings::{RecordingKind, RecordingState},
    sessions::SessionFilter,
    taxonomy_edits::Tree,
    threads::{LinkState, ThreadLink},
    transcripts::PartialWindow,
};
use crate::{
    Anchors, NewRun, NewTranscript, VaultError,
    testing::{NEW_YEAR, TestVault, contains, element, files, new_session},
};
use jiff::Timestamp;
use journey_domain::{
    element::{ActionStatus, Element, ElementKind, Evidence, EvidenceState},
    error_code::ErrorCode,
    ids::{ElementId, RecordingId, SessionId},
    job::{JobEvent, JobKind, JobState},
    ledger::{OutgoingRequest, RequestOutcome},
    ports::{Ledger as _, SegmentSink as _},
    run::Run,
    session::{CaptureState, Hole, HoleStage, StageError, Status},
    taxonomy::{NodeId, changes::TaxonomyChange},
    text::CharSpan,
    transcript::{SpokenSegment, Transcript, Word},
};
use proptest::prelude::*;
use std::{cmp::Reverse, slice::from_ref, time::Duration};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_microsecond(NEW_YEAR + seconds * 1_000_000).unwrap()
}

fn all_pages(test: &TestVault, filter: &SessionFilter, limit: usize) -> Vec<SessionId> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = test.read(|read| read.sessions().list(filter, limit, after.as_deref()));
        assert!(page.items.len() <= limit);
        found.extend(page.items.iter().map(|session| session.id));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

#[test]
fn a_session_comes_back_as_it_went() {
    let test = TestVault::new();
    let id = test.session("Evening", 60);
    let hole = Hole {
        stage: HoleStage::Capture,
        start_ms: 5,
        end_ms: 9,
        start: 0,
        end: 0,
        reason: "the microphone was lost".into(),
    };
    let error = StageError {
        stage: HoleStage::Transcribe,
        code: ErrorCode::NoModel,
        message: "no speech model is installed".into(),
    };
    test.write(|write| {
        let sessions = write.sessions();
        sessions.set_capture(id, CaptureState::Recovered, Some(91_234), from_ref(&hole))?;
        sessions.set_error(id, Some(&error))?;
        sessions.add_tags(id, &["Work".into(), " work ".into(), "".into(), "ärger".into()])?;
        sessions.set_favourite(id, true)
    });
    let stored = test.read(|read| read.sessions().get(id));
    let session = &stored.session;
    assert_eq!(session.title, "Evening");
    assert_eq!(session.recorded_at, at(60));
    assert_eq!(session.time_zone, "Europe/Berlin");
    assert_eq!(session.duration_ms, Some(91_234));
    assert_eq!(session.tags, ["Work", "ärger"]);
    assert_eq!((session.status, session.capture), (Status::Captured, CaptureState::Recovered));
    assert_eq!((&session.holes, &session.error), (&vec![hole], &Some(error)));
    assert!(session.favourite && stored.title_generated);
    assert_eq!((stored.revision, stored.run), (None, None));
}

#[test]
fn when_the_first_session_came_in_is_not_when_it_was_said() {
    let test = TestVault::new();
    assert_eq!(test.read(|read| read.sessions().first_came_in()), None);
    test.clock.skip(Duration::from_secs(100 * 86_400));
    test.spoken("Long ago", -5 * 365 * 86_400, "I moved house.");
    let first = test.read(|read| read.sessions().first_came_in()).unwrap();
    assert!(first > at(99 * 86_400) && first < at(101 * 86_400), "{first}");
    test.clock.skip(Duration::from_secs(86_400));
    test.spoken("Later", 0, "I slept.");
    assert_eq!(test.read(|read| read.sessions().first_came_in()), Some(first));
}

#[test]
fn an_element_of_another_kind_has_what_that_kind_has_and_no_more() {
    let test = TestVault::new();
    let session = test.spoken("Evening", 0, "I was worried. I will call.");
    let found = [
        (ElementKind::Emotion, "worry", "I was worried"),
        (ElementKind::Action, "call", "I will call"),
    ];
    let (_, elements) = test.analyse(session, &found);
    let to = |kind| Correction::Relabel { kind, label: "it".into(), taxonomy: None };
    test.write(|write| {
        write.corrections().add(elements[0].id, &to(ElementKind::Action))?;
        write.corrections().add(elements[1].id, &Correction::Status(ActionStatus::Done))?;
        write.corrections().add(elements[1].id, &to(ElementKind::Belief))
    });
    let shown = test.read(|read| read.session(session)).elements;
    assert_eq!((shown[0].status, shown[0].intensity), (Some(ActionStatus::Open), None));
    assert_eq!((shown[1].status, shown[1].due), (None, None));
}

#[test]
fn a_title_that_a_person_chose_is_not_replaced() {
    let test = TestVault::new();
    let id = test.session("2026-01-01", 0);
    test.write(|write| write.sessions().suggest_title(id, "On the harbour"));
    assert_eq!(test.read(|read| read.sessions().get(id)).session.title, "On the harbour");
    test.write(|write| write.sessions().rename(id, "Mine"));
    test.write(|write| write.sessions().suggest_title(id, "Better?"));
    assert_eq!(test.read(|read| read.sessions().get(id)).session.title, "Mine");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn pages_hold_every_session_once_newest_first(
        seconds in prop::collection::vec(0i64..12, 1..30),
        limit in 1usize..7,
        from in prop::option::of(0i64..12),
        before in prop::option::of(0i64..12),
        tagged in any::<u32>(),
    ) {
        let test = TestVault::new();
        let mut expected = Vec::new();
        for (n, second) in seconds.iter().enumerate() {
            let id = test.session("s", *second);
            let tagged = tagged >> n & 1 == 1;
            if tagged {
                test.write(|write| write.sessions().add_tags(id, &["Home".into()]));
            }
            expected.push((*second, id, tagged));
        }
        expected.sort_by_key(|it| Reverse((it.0, it.1)));
        expected.retain(|it| from.is_none_or(|from| it.0 >= from));
        expected.retain(|it| before.is_none_or(|before| it.0 < before));
        let ids = |tag: bool| -> Vec<SessionId> {
            expected.iter().filter(|it| !tag || it.2).map(|it| it.1).collect()
        };
        let filter =
            SessionFilter { from: from.map(at), before: before.map(at), ..Default::default() };
        prop_assert_eq!(all_pages(&test, &filter, limit), ids(false));
        let filter = SessionFilter { tag: Some("home".into()), ..filter };
        prop_assert_eq!(all_pages(&test, &filter, limit), ids(true));
    }
}

#[test]
fn the_bin_keeps_everything_and_shows_nothing() {
    let test = TestVault::new();
    let id = test.spoken("Kept", 0, "the lighthouse keeper");
    test.write(|write| write.sessions().bin(id));
    assert_eq!(all_pages(&test, &SessionFilter::default(), 10), []);
    assert_eq!(test.read(|read| read.sessions().binned()).len(), 1);
    assert_eq!(
        test.read(|read| read.session(id)).transcript.unwrap().text,
        "the lighthouse keeper"
    );
    test.write(|write| write.sessions().unbin(id));
    assert_eq!(all_pages(&test, &SessionFilter::default(), 10), [id]);
}

#[test]
fn a_shortened_id_fits_one_none_or_several() {
    let test = TestVault::new();
    let id = |text: &str| -> SessionId { text.parse().unwrap() };
    for text in ["0190aaaa-1111-7000-8000-000000000000", "0190aaaa-2222-7000-8000-000000000000"] {
        test.write(|write| write.sessions().create(&new_session(id(text), "s", 0)));
    }
    let find = |prefix: &str| test.vault.read(|read| read.sessions().find(prefix));
    assert_eq!(find("0190aaaa-2").unwrap(), id("0190aaaa-2222-7000-8000-000000000000"));
    assert_eq!(find("0190AAAA1").unwrap(), id("0190aaaa-1111-7000-8000-000000000000"));
    assert!(matches!(find("0190aaaa"), Err(VaultError::Ambiguous(_))));
    assert!(matches!(find("0190bbbb"), Err(VaultError::NotFound(_))));
    assert!(matches!(find("0190aaa"), Err(VaultError::BadId)));
    assert!(matches!(find("not an id"), Err(VaultError::BadId)));
}

fn spoken(text: &str, start_ms: u64) -> SpokenSegment {
    SpokenSegment {
        text: text.into(),
        start_ms,
        end_ms: start_ms + 500,
        probability: 0.75,
        words: vec![Word {
            text: text.trim().into(),
            start_ms,
            end_ms: start_ms + 400,
            probability: 0.5,
        }],
        repeated: start_ms > 0,
    }
}

#[test]
fn an_unfinished_transcription_goes_on_after_its_last_window() {
    let test = TestVault::new();
    let session = test.session("s", 0);
    let recording = RecordingId::new(test.uuid());
    let window = |n: u64| PartialWindow {
        recording,
        end_sample: n * 480_000,
        model: "base.en".into(),
        language: Some("en".into()),
        segments: vec![spoken(" one", n)],
    };
    assert_eq!(test.read(|read| read.transcripts().partial(session)), None);
    for n in 1..=3 {
        test.write(|write| write.transcripts().append_partial(session, &window(n)));
    }
    let partial = test.read(|read| read.transcripts().partial(session)).unwrap();
    assert_eq!(partial.windows, [window(1), window(2), window(3)]);
    assert_eq!(partial.resume_at(), Some((recording, 1_440_000)));
    test.transcribe(session, "one one one");
    assert_eq!(test.read(|read| read.transcripts().partial(session)), None);
}

#[test]
fn a_transcript_comes_back_as_it_went_and_ends_its_job() {
    let test = TestVault::new();
    let session = test.session("s", 0);
    let lease = test.vault.try_lease().unwrap().unwrap();
    let job = test.write(|write| {
        write.jobs().enqueue(session, JobKind::Transcribe)?;
        write.jobs().claim_next(&lease, &[JobKind::Transcribe])
    });
    let job = job.unwrap();
    let spoken = [spoken(" Grüße", 0), spoken("", 1), spoken(" aus Köln", 700)];
    let transcript = Transcript::from_speech(1, Some("de".into()), Some("base".into()), spoken);
    let revision = test.write(|write| {
        write.store_transcript(&NewTranscript {
            session,
            transcript: &transcript,
            holes: &[],
            job: Some(job.id),
            anchors: None,
        })
    });
    assert_eq!(revision, 1);
    let detail = test.read(|read| read.session(session));
    assert_eq!(detail.transcript, Some(transcript));
    assert_eq!(detail.stored.session.status, Status::Transcribed);
    assert_eq!(detail.jobs[0].state, JobState::Done);
}

#[test]
fn a_transcript_whose_job_was_cancelled_is_not_stored() {
    let test = TestVault::new();
    let session = test.session("s", 0);
    let job = test.write(|write| {
        let job = write.jobs().enqueue(session, JobKind::Transcribe)?;
        write.jobs().apply(job.id, JobEvent::Cancelled)
    });
    let transcript = Transcript::from_text(1, None, "late".into());
    let new = NewTranscript {
        session,
        transcript: &transcript,
        holes: &[],
        job: Some(job.id),
        anchors: None,
    };
    let stored = test.vault.write(|write| write.store_transcript(&new));
    assert!(matches!(stored, Err(VaultError::Transition(_))));
    assert_eq!(test.read(|read| read.session(session)).transcript, None);
    assert!(test.vault.check_search().unwrap());
}

#[test]
fn a_run_is_stored_whole_or_not_at_all() {
    let test = TestVault::new();
    let text = "I was worried about the flat, so I will call Anna.";
    let session = test.spoken("s", 0, text);
    let (run, elements) = test.analyse(
        session,
        &[
            (ElementKind::Emotion, "worry", "I was worried"),
            (ElementKind::Topic, "housing", "the flat"),
            (ElementKind::Action, "call Anna", "I will call Anna"),
        ],
    );
    let detail = test.read(|read| read.session(session));
    assert_eq!(detail.elements, elements);
    assert_eq!(detail.relationships.len(), 2);
    assert_eq!(detail.relationships[0].evidence, elements[0].evidence);
    assert_eq!(detail.run.unwrap().id, run);
    assert_eq!(detail.stored.session.status, Status::Analysed);

    let next = test.run(session, 1);
    let mut lie =
        element(ElementId::new(test.uuid()), next.id, ElementKind::Belief, "x", text, "Anna");
    lie.evidence[0].quote = "Inna".into();
    let new = NewRun { run: &next, elements: &[lie], relationships: &[], accept: true, job: None };
    let stored = test.vault.write(|write| write.store_run(&new));
    assert!(matches!(stored, Err(VaultError::Refused(_))));
    assert_eq!(test.read(|read| read.runs().of_session(session)).len(), 1);
    assert_eq!(test.read(|read| read.session(session)).elements, elements);
    assert!(test.vault.check_search().unwrap());
}

#[test]
fn corrections_hold_for_the_next_run_and_can_be_undone() {
    let test = TestVault::new();
    let text = "I was worried. He said he hates it. I will call.";
    let session = test.spoken("s", 0, text);
    let found = [
        (ElementKind::Emotion, "worry", "I was worried"),
        (ElementKind::Emotion, "anger", "he hates it"),
        (ElementKind::Action, "call", "I will call"),
    ];
    let (_, elements) = test.analyse(session, &found);
    let relabel = Correction::Relabel {
        kind: ElementKind::Challenge,
        label: "the unknown".into(),
        taxonomy: None,
    };
    let (relabelled, not_me) = test.write(|write| {
        let corrections = write.corrections();
        corrections.add(elements[2].id, &Correction::Status(ActionStatus::Done))?;
        Ok((
            corrections.add(elements[0].id, &relabel)?,
            corrections.add(elements[1].id, &Correction::NotMe)?,
        ))
    });
    let check = || {
        let detail = test.read(|read| read.session(session));
        let shown: Vec<_> =
            detail.elements.iter().map(|it| (it.kind, it.label.as_str(), it.corrected)).collect();
        assert_eq!(
            shown,
            [(ElementKind::Challenge, "the unknown", true), (ElementKind::Action, "call", true)]
        );
        assert_eq!(detail.elements[1].status, Some(ActionStatus::Done));
        assert_eq!(detail.relationships.len(), 0, "links to what is gone are gone");
        assert!(test.vault.check_search().unwrap());
    };
    check();

    // The next run finds the same elements under the same ids, as runs do.
    let run = test.run(session, 1);
    let again: Vec<_> = elements
        .iter()
        .map(|it| journey_domain::element::Element { run: run.id, ..it.clone() })
        .collect();
    test.write(|write| {
        write.store_run(&NewRun {
            run: &run,
            elements: &again,
            relationships: &[],
            accept: true,
            job: None,
        })
    });
    check();

    let stored = test.read(|read| read.corrections().of_session(session));
    assert_eq!(stored[1].original.quote, "I was worried");
    assert_eq!(stored[1].original.label, "worry");
    test.write(|write| {
        write.corrections().undo(relabelled)?;
        write.corrections().undo(not_me)
    });
    let detail = test.read(|read| read.session(session));
    let labels: Vec<_> = detail.elements.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(labels, ["worry", "anger", "call"]);
    assert!(test.vault.check_search().unwrap());
}

#[test]
fn an_older_run_can_be_accepted_again() {
    let test = TestVault::new();
    let session = test.spoken("s", 0, "I was glad and tired.");
    let (first, _) = test.analyse(session, &[(ElementKind::Emotion, "joy", "glad")]);
    let (second, _) = test.analyse(session, &[(ElementKind::Emotion, "fatigue", "tired")]);
    let label = || test.read(|read| read.session(session)).elements[0].label.clone();
    assert_eq!(label(), "fatigue");
    test.write(|write| write.accept_run(session, first));
    assert_eq!(label(), "joy");
    assert_eq!(test.read(|read| read.runs().accepted(session)), Some(first));
    let other = test.spoken("t", 1, "else");
    let accepted = test.vault.write(|write| write.accept_run(other, second));
    assert!(matches!(accepted, Err(VaultError::Refused(_))));
}

#[test]
fn an_edit_moves_evidence_to_the_new_revision() {
    let test = TestVault::new();
    let session = test.spoken("s", 0, "I was glad. I was tyred.");
    let found = [(ElementKind::Emotion, "joy", "glad"), (ElementKind::Emotion, "fatigue", "tyred")];
    let (run, elements) = test.analyse(session, &found);
    let edited = Transcript::from_text(2, None, "Yes, I was glad.".into());
    let evidence = vec![Evidence {
        span: CharSpan { start: 11, end: 15 },
        quote: "glad".into(),
        time: None,
        state: EvidenceState::Verified,
    }];
    let anchors =
        Anchors { run, elements: &[(elements[0].id, evidence.clone())], relationships: &[] };
    let revision = test.write(|write| {
        write.store_transcript(&NewTranscript {
            session,
            transcript: &edited,
            holes: &[],
            job: None,
            anchors: Some(anchors),
        })
    });
    assert_eq!(revision, 2);
    let detail = test.read(|read| read.session(session));
    assert_eq!(detail.elements.len(), 1, "what no longer stands in the text is not shown");
    assert_eq!(detail.elements[0].evidence, evidence);
    assert_eq!(detail.stored.session.status, Status::Analysed);
    assert_eq!(test.read(|read| read.elements().of_run(run, 1)), elements);
    assert!(test.vault.check_search().unwrap());
}

#[test]
fn one_job_per_session_and_kind_in_order_of_arrival() {
    let test = TestVault::new();
    let lease = test.vault.try_lease().unwrap().unwrap();
    let (a, b) = (test.session("a", 0), test.session("b", 1));
    let all = [JobKind::Transcribe, JobKind::Analyse];
    let claim = |kinds: &[JobKind]| test.write(|write| write.jobs().claim_next(&lease, kinds));
    let first = test.write(|write| write.jobs().enqueue(a, JobKind::Transcribe));
    assert_eq!(test.write(|write| write.jobs().enqueue(a, JobKind::Transcribe)), first);
    test.write(|write| write.jobs().enqueue(b, JobKind::Analyse));
    assert_eq!(claim(&[JobKind::Sync]), None);
    let running = claim(&all).unwrap();
    assert_eq!((running.id, running.attempts), (first.id, 1));

    let retry_at = at(3_600);
    let failed = JobEvent::Failed {
        passing: true,
        code: ErrorCode::WorkerFailed,
        message: "stopped".into(),
        retry_at,
    };
    let waiting = test.write(|write| write.jobs().apply(first.id, failed));
    assert_eq!(waiting.state, JobState::Waiting { until: retry_at });
    assert_eq!(test.read(|read| read.jobs().next_wait()), Some(retry_at));
    assert_eq!(claim(&all).unwrap().session, b);
    assert_eq!(claim(&all), None, "it has to wait");
    test.clock.skip(Duration::from_secs(3_600));
    assert_eq!(claim(&all).unwrap().attempts, 2);
    assert_eq!(test.write(|write| write.jobs().requeue_interrupted(&lease)), 2);
    assert_eq!(test.read(|read| read.jobs().open()).len(), 2);
    test.write(|write| write.jobs().apply(first.id, JobEvent::Cancelled));
    let again = test.write(|write| write.jobs().enqueue(a, JobKind::Transcribe));
    assert_ne!(again.id, first.id, "a settled one is ordered anew");
    assert_eq!(again.attempts, 0);
}

#[test]
fn the_ledger_keeps_what_was_sent_and_what_came_of_it() {
    let test = TestVault::new();
    let session = test.session("s", 0);
    let request = OutgoingRequest {
        session: Some(session),
        purpose: "analyse",
        scheme: "https".into(),
        host: "api.example.org".into(),
        target: "POST /v1/chat/completions".into(),
        body: b"abc".to_vec(),
    };
    let id = test.vault.about_to_send(&request).unwrap();
    let entry = test.read(|read| read.ledger().get(id));
    assert_eq!(entry.body.as_deref(), Some(b"abc".as_slice()));
    assert_eq!(
        entry.body_sha256,
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_eq!((entry.bytes_out, entry.outcome), (3, None));
    let outcome = RequestOutcome {
        status: Some(200),
        outcome: "answered".into(),
        bytes_in: 9,
        tokens_in: Some(1),
        tokens_out: None,
        cost_usd: Some(0.5),
    };
    test.vault.came_back(id, &outcome).unwrap();
    test.vault.about_to_send(&OutgoingRequest { session: None, ..request }).unwrap();
    let page = test.read(|read| read.ledger().list(1, None));
    assert_eq!(page.items[0].session, None);
    let page = test.read(|read| read.ledger().list(1, page.next.as_deref()));
    assert_eq!((page.items[0].id, page.items[0].outcome.as_ref()), (id, Some(&outcome)));
    assert_eq!(page.next, None);

    test.vault.erase_session(session).unwrap();
    let entry = test.read(|read| read.ledger().get(id));
    assert_eq!((entry.body, entry.session), (None, None));
    assert_eq!((entry.bytes_out, entry.host.as_str()), (3, "api.example.org"));
}

#[test]
fn settings_secrets_and_taxonomy_edits_are_kept() {
    let test = TestVault::new();
    test.write(|write| {
        write.settings().set("theme", &"dark".into())?;
        write.settings().set("theme", &"light".into())?;
        write.secrets().set("openai", "api.openai.com", &"sk-1".into())?;
        write.taxonomy_edits().add(Tree::Topics, &serde_json::json!({"rename": "work"}))?;
        write.taxonomy_edits().add(Tree::Emotions, &serde_json::json!({"add": "joy.glee"}))
    });
    assert_eq!(test.read(|read| read.settings().get("theme")), Some("light".into()));
    assert_eq!(test.read(|read| read.settings().get("size")), None);
    let secret = test.read(|read| read.secrets().get("openai")).unwrap();
    assert_eq!(secret.host, "api.openai.com");
    assert!(!format!("{secret:?}").contains("sk-1"));
    let undone = test.write(|write| write.taxonomy_edits().undo_last(None)).unwrap();
    assert_eq!(undone.tree, Tree::Emotions);
    assert_eq!(test.read(|read| read.taxonomy_edits().in_force(Tree::Emotions)), []);
    assert_eq!(test.read(|read| read.taxonomy_edits().in_force(Tree::Topics)).len(), 1);
}

#[test]
fn one_draft_is_kept_of_a_new_reflection_and_one_of_each_text() {
    let test = TestVault::new();
    let (one, other) = (test.spoken("a", 0, "First."), test.spoken("b", 1, "Second."));
    let edit = |session, revision| DraftOf::Edit { session, revision };
    test.write(|write| {
        for (of, text) in [
            (DraftOf::New, "I wr"),
            (edit(one, 1), "First, a"),
            (edit(other, 1), "Second!"),
            (DraftOf::New, "I wrote"),
            (edit(one, 2), "First, again."),
        ] {
            write.drafts().set(of, "", text)?;
        }
        Ok(())
    });
    let text = |session| {
        test.read(|read| read.drafts().get(session)).map(|draft| (draft.revision, draft.text))
    };
    assert_eq!(text(None), Some((None, "I wrote".to_owned())));
    assert_eq!(text(Some(one)), Some((Some(2), "First, again.".to_owned())));
    assert_eq!(text(Some(other)), Some((Some(1), "Second!".to_owned())));
    test.write(|write| write.drafts().remove(Some(one)));
    assert_eq!((text(Some(one)), text(None).is_some()), (None, true));
    test.write(|write| write.drafts().remove(None));
    assert_eq!((text(None), text(Some(other)).is_some()), (None, true));
}

/// Every page of the database as it is when it is read with its key, free pages included.
fn decrypted(test: &TestVault) -> Vec<u8> {
    test.write(|write| Ok(write.conn().serialize("main")?.to_vec()))
}

#[test]
fn erasing_leaves_nothing_even_for_who_has_the_key() {
    const CANARY: &str = "zephyrine";
    let test = TestVault::new();
    let others: Vec<SessionId> =
        (0..20).map(|n| test.spoken("other", n, "an ordinary day with plain words")).collect();
    let text = "The zephyrine lamp. I fear the zephyrine dark.";
    let session = test.spoken(CANARY, 5, text);
    let (_, elements) =
        test.analyse(session, &[(ElementKind::Emotion, CANARY, "I fear the zephyrine dark")]);
    let thread = test.write(|write| {
        write.sessions().add_tags(session, &[CANARY.into()])?;
        write.corrections().add(elements[0].id, &Correction::NotMe)?;
        write.analysis_cache().set(session, "hash", CANARY.as_bytes())?;
        write.drafts().set(DraftOf::Edit { session, revision: 1 }, "", CANARY)?;
        write.jobs().enqueue(session, JobKind::Sync)?;
        let thread = write.threads().create(ElementKind::Belief, CANARY, CANARY, "held")?;
        let link = ThreadLink {
            thread,
            element: elements[0].id,
            session,
            state: LinkState::Suggested,
            similarity: 0.5,
        };
        write.threads().link(&link)?;
        Ok(thread)
    });
    test.vault
        .about_to_send(&OutgoingRequest {
            session: Some(session),
            purpose: "analyse",
            scheme: "https".into(),
            host: "h".into(),
            target: "t".into(),
            body: CANARY.into(),
        })
        .unwrap();
    let (recording, mut writer) = test.vault.begin_recording(session).unwrap();
    writer.append(&[1; 1_600]).unwrap();
    writer.finish().unwrap();
    let folder = test.path().join("media").join(session.to_string());
    assert!(folder.join(format!("{}.seg", recording.number)).exists());
    assert!(contains(&decrypted(&test), CANARY.as_bytes()));

    test.vault.erase_session(session).unwrap();
    assert!(matches!(
        test.vault.read(|read| read.sessions().get(session)),
        Err(VaultError::NotFound(_))
    ));
    assert!(test.vault.read(|read| read.threads().get(thread)).is_err());
    assert!(!folder.exists());
    let wal = test.path().join("vault.db-wal");
    assert_eq!(std::fs::metadata(wal).map_or(0, |meta| meta.len()), 0);
    assert!(!contains(&decrypted(&test), CANARY.as_bytes()));
    assert!(!contains(&decrypted(&test), b"zephyr"), "not even as a beginning in the index");
    assert_eq!(all_pages(&test, &SessionFilter::default(), 50).len(), others.len());
    assert!(test.vault.check_search().unwrap());
    assert_eq!(test.vault.check_database().unwrap(), [] as [String; 0]);
    assert!(matches!(test.vault.erase_session(session), Err(VaultError::NotFound(_))));
}

#[test]
fn recordings_are_sealed_recovered_kept_and_swept() {
    let test = TestVault::new();
    let session = test.session("s", 0);
    let (first, mut writer) = test.vault.begin_recording(session).unwrap();
    writer.append(&[3; 320]).unwrap();
    drop(writer);
    let unfinished = test.read(|read| read.recordings().unfinished());
    assert_eq!(unfinished, from_ref(&first));
    assert!(test.vault.open_pcm(&first).is_err());
    let recovered = test.vault.recover_recording(first.id).unwrap();
    assert_eq!(recovered.n_samples, 320);
    assert!(test.vault.recover_recording(first.id).is_err(), "only an unfinished one");
    let first = test.read(|read| read.recordings().get(first.id));
    assert_eq!((first.state, first.n_samples), (RecordingState::Recovered, 320));

    let (kept, mut blob) =
        test.vault.begin_kept(session, RecordingKind::KeptFlac, "audio/flac").unwrap();
    std::io::Write::write_all(&mut blob, b"fLaC and so on").unwrap();
    let n_bytes = blob.finish().unwrap();
    test.write(|write| {
        write.recordings().seal(kept.id, RecordingState::Finished, 320, n_bytes, &[])?;
        write.recordings().forget(first.id)
    });
    assert_eq!(test.vault.sweep_media().unwrap(), 1);
    assert_eq!(test.vault.sweep_media().unwrap(), 0);
    let recordings = test.read(|read| read.recordings().of_session(session));
    assert_eq!(recordings.len(), 1);
    assert_eq!((recordings[0].number, recordings[0].n_bytes), (2, 14));
    let mut content = String::new();
    let mut reader = test.vault.open_kept(&recordings[0]).unwrap();
    std::io::Read::read_to_string(&mut reader, &mut content).unwrap();
    assert_eq!(content, "fLaC and so on");
    assert_eq!(files(&test.path().join("media")).len(), 1);
}

#[test]
fn sound_may_go_only_where_all_its_words_are_kept() {
    let test = TestVault::new();
    let later = at(1_000_000);
    let recorded = |title| {
        let session = test.session(title, 0);
        let (recording, mut writer) = test.vault.begin_recording(session).unwrap();
        writer.append(&[3; 320]).unwrap();
        drop(writer);
        test.vault.recover_recording(recording.id).unwrap();
        session
    };
    let may_go = |analysed_only| -> Vec<_> {
        let all = test.read(|read| read.recordings().written_down(later, analysed_only));
        all.iter().map(|recording| recording.session).collect()
    };

    let only_sound = recorded("sound");
    let with_hole = recorded("hole");
    test.transcribe(with_hole, "half of it");
    let hole = Hole {
        stage: HoleStage::Transcribe,
        start_ms: 0,
        end_ms: 10,
        start: 0,
        end: 0,
        reason: "it failed".to_owned(),
    };
    test.write(|write| {
        write.sessions().set_holes(with_hole, HoleStage::Transcribe, from_ref(&hole))
    });
    let waiting = recorded("waiting");
    test.transcribe(waiting, "heard once, to be heard again");
    test.write(|write| write.jobs().enqueue(waiting, JobKind::Transcribe));
    let silent = recorded("nothing was heard");
    test.transcribe(silent, " \n");
    assert!(may_go(false).is_empty(), "{only_sound} {with_hole} {waiting} {silent}");

    let heard = recorded("heard");
    test.transcribe(heard, "all of it");
    assert_eq!(may_go(false), [heard]);
    assert!(may_go(true).is_empty());
    let before = test.read(|read| read.recordings().written_down(at(0), false));
    assert!(before.is_empty(), "too young");

    let unread = recorded("in a language that the analysis does not read");
    test.transcribe(unread, "Ich war froh.");
    let holes = vec![Hole { stage: HoleStage::Analyse, end: 13, ..hole }];
    let run = Run { holes, ..test.run(unread, 1) };
    test.write(|write| {
        write.store_run(&NewRun {
            run: &run,
            elements: &[],
            relationships: &[],
            accept: true,
            job: None,
        })
    });
    test.analyse(heard, &[]);
    assert_eq!(may_go(true), [heard]);
    assert_eq!(may_go(false), [heard, unread]);
}

#[test]
fn what_a_person_merged_stays_together_when_the_session_of_its_words_is_erased() {
    let test = TestVault::new();
    let said = |n: i64, text: &str| {
        let session = test.spoken("day", n, text);
        let (_, elements) = test.analyse(session, &[(ElementKind::Belief, text, text)]);
        let thread = test.write(|write| {
            let thread = write.threads().create(ElementKind::Belief, text, text, "held")?;
            write.threads().link(&ThreadLink {
                thread,
                element: elements[0].id,
                session,
                state: LinkState::Confirmed,
                similarity: 1.0,
            })?;
            Ok(thread)
        });
        (session, thread)
    };
    let (first, root) = said(1, "rest must be earned");
    let (_, heir) = said(2, "rest is a reward");
    let (_, other) = said(3, "rest comes after work");
    test.write(|write| {
        write.threads().set_merged(heir, Some(root))?;
        write.threads().set_merged(other, Some(root))
    });
    test.vault.erase_session(first).unwrap();
    assert!(test.vault.read(|read| read.threads().get(root)).is_err());
    assert_eq!(test.read(|read| read.threads().root(other)).id, heir);
    assert_eq!(test.read(|read| read.threads().all()).len(), 1);
    assert!(!contains(&decrypted(&test), b"rest must be earned"));
}

#[test]
fn a_topic_that_another_analyser_found_stays_apart_from_the_run_s_own() {
    let test = TestVault::new();
    let session = test.spoken("day", 1, "The job and the career and the job again");
    let run = test.run(session, 1);
    let topic = |quote: &str, found_by: Option<&str>| Element {
        taxonomy: Some(NodeId::new("work.job")),
        found_by: found_by.map(str::to_owned),
        ..element(
            ElementId::new(test.uuid()),
            run.id,
            ElementKind::Topic,
            "work.job",
            "The job and the career and the job again",
            quote,
        )
    };
    let elements = [topic("The job", None), topic("the career", Some("on-device"))];
    test.write(|write| {
        write.store_run(&NewRun {
            run: &run,
            elements: &elements,
            relationships: &[],
            accept: true,
            job: None,
        })
    });
    assert_eq!(test.read(|read| read.session(session)).elements, elements);
}

#[test]
fn topics_that_a_change_puts_at_one_node_are_one_element() {
    let test = TestVault::new();
    let session = test.spoken("day", 1, "The job and the career and the job again");
    let run = test.run(session, 1);
    let topic = |quote: &str, node: &str| Element {
        taxonomy: Some(NodeId::new(node)),
        ..element(
            ElementId::new(test.uuid()),
            run.id,
            ElementKind::Topic,
            node,
            "The job and the career and the job again",
            quote,
        )
    };
    let elements = [topic("The job", "work.job"), topic("the career", "work.career")];
    test.write(|write| {
        write.store_run(&NewRun {
            run: &run,
            elements: &elements,
            relationships: &[],
            accept: true,
            job: None,
        })
    });
    let count = || test.read(|read| read.elements().n_at_nodes());
    assert_eq!(count().len(), 2);
    let merge = TaxonomyChange::Merge {
        from: NodeId::new("work.career"),
        into: NodeId::new("work.job"),
        into_name: "work.job".to_owned(),
    };
    test.write(|write| {
        write.taxonomy_edits().add(Tree::Topics, &serde_json::to_value(&merge).unwrap())?;
        write.refresh_regraded(|_| true)
    });
    let shown = test.read(|read| read.session(session)).elements;
    assert_eq!((shown.len(), shown[0].evidence.len(), shown[0].id), (1, 2, elements[0].id));
    assert_eq!(count(), [(NodeId::new("work.job"), 1)].into());
    test.write(|write| {
        write.taxonomy_edits().undo_last(None)?;
        write.refresh_regraded(|_| true)
    });
    assert_eq!(test.read(|read| read.session(session)).elements, elements);
    assert_eq!(count().len(), 2);
}

#[test]
fn threads_are_found_by_the_words_of_what_holds() {
    let test = TestVault::new();
    let session = test.spoken("day", 1, "I must call the dentist");
    let found = [(ElementKind::Action, "Call the dentist", "call the dentist")];
    let (_, elements) = test.analyse(session, &found);
    let thread = test.write(|write| {
        let thread = write.threads().create(
            ElementKind::Action,
            "Call the dentist",
            "call dentist",
            "open",
        )?;
        write.threads().link(&ThreadLink {
            thread,
            element: elements[0].id,
            session,
            state: LinkState::Confirmed,
            similarity: 1.0,
        })?;
        Ok(thread)
    });
    let by = |kind, word| -> Vec<_> {
        test.read(|read| read.threads().with_word(kind, word, 9)).iter().map(|t| t.id).collect()
    };
    assert_eq!(by(ElementKind::Action, "dentist"), [thread]);
    assert_eq!(by(ElementKind::Belief, "dentist"), []);
    assert_eq!(by(ElementKind::Action, "\"doctor* OR"), []);
    assert_eq!(test.read(|read| read.threads().sightings()).len(), 1);
    assert_eq!(test.read(|read| read.threads().sessions_without(9)), []);
    test.write(|write| write.sessions().bin(session));
    assert_eq!(test.read(|read| read.threads().sightings()).len(), 0);
}
