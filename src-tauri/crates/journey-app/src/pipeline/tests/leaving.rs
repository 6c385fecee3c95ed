//! Analyses by a service: what a person turns off stops, and what is told of them is true.

use super::super::*;
use crate::person::Person;
use journey_domain::{
    ids::SessionId,
    job::JobOrder,
    ports::{CancelToken, Event},
};
use serde_json::json;
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

/// A service that gives each request to `answer`; its address and how often it was asked.
fn service(answer: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    let (n_asked, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(answer));
    let counted = Arc::clone(&n_asked);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (counted, answer) = (Arc::clone(&counted), Arc::clone(&answer));
            thread::spawn(move || {
                let mut some = [0; 65_536];
                if stream.read(&mut some).is_ok_and(|n| n > 0) {
                    counted.fetch_add(1, Ordering::SeqCst);
                    answer(&mut stream);
                }
            });
        }
    });
    (address, n_asked)
}

/// A written session whose analysis by this service is ordered: by itself or by the person.
fn ordered(address: &str, is_automatic: bool) -> (Person, SessionId) {
    let person = Person::new();
    for (key, value) in [
        ("provider", json!("compatible")),
        ("provider_base_url", json!(address)),
        ("provider_model", json!("m")),
        ("preview_before_sending", json!(false)),
    ] {
        person.app.set_setting(&person.me, key, &value).unwrap();
    }
    let session = person.written("I felt proud of the talk today.");
    let open = &person.me.open;
    let order = JobOrder { is_automatic, ..person.app.automatic_order(open).unwrap() };
    open.vault.write(|write| write.jobs().order(session, JobKind::Analyse, &order)).unwrap();
    person.told.take();
    (person, session)
}

fn finish(person: &Person, session: SessionId) {
    person.app.finish_jobs(&person.me.open, session, &CancelToken::new()).unwrap();
}

/// Who read what the session shows.
fn reader(person: &Person, session: SessionId) -> Option<String> {
    person.app.show(&person.me, &session.to_string()).unwrap().run.map(|run| run.provider)
}

/// The states that a job was told to be in, and the shares that were told of it.
fn told(person: &Person) -> (Vec<JobState>, Vec<f32>) {
    let (mut states, mut shares) = (Vec::new(), Vec::new());
    for event in person.told.take() {
        match event {
            Event::JobChanged(job) => states.push(job.state),
            Event::Progress(progress) => shares.push(progress.fraction),
            _ => {}
        }
    }
    (states, shares)
}

#[test]
fn what_nobody_ordered_stops_once_the_person_turns_it_off() {
    let changes: [(&str, serde_json::Value); 3] = [
        ("provider", json!("on-device")),
        ("preview_before_sending", json!(true)),
        ("pseudonyms", json!(["Jonas"])),
    ];
    for (key, value) in changes {
        let (ask, asked) = mpsc::channel();
        let is_first = std::sync::atomic::AtomicBool::new(true);
        let (address, n_asked) = service(move |stream| {
            if is_first.swap(false, Ordering::SeqCst) {
                ask.send(()).unwrap();
                thread::park();
            }
            stream.write_all(b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n").ok();
        });
        let (person, session) = ordered(&address, true);
        thread::scope(|scope| {
            scope.spawn(|| finish(&person, session));
            asked.recv().unwrap();
            person.app.set_setting(&person.me, key, &value).unwrap();
        });
        let stays = key == "pseudonyms";
        // With other names it is asked anew, with what holds now; else nobody is asked again.
        assert_eq!(n_asked.load(Ordering::SeqCst), if stays { 2 } else { 1 }, "{key}");
        let reader = reader(&person, session);
        assert_eq!(reader.as_deref(), (!stays).then_some("on-device"), "{key}");
        let ledger = person.app.ledger(&person.me, None).unwrap();
        let first = ledger.ledger.last().unwrap();
        assert_eq!(first.outcome.as_deref(), Some("cancelled"), "{key}");
    }
}

#[test]
fn what_nobody_ordered_leaves_a_service_that_the_person_has_left() {
    let (ask, asked) = mpsc::channel();
    let (left, n_left) = service(move |_| {
        ask.send(()).unwrap();
        thread::park();
    });
    let (chosen, n_chosen) = service(|stream| {
        stream.write_all(b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n").ok();
    });
    let (person, session) = ordered(&left, true);
    let ollama = chosen.trim_end_matches("/v1");
    person.app.configure_provider(&person.me, "ollama", Some(ollama), Some("m")).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| finish(&person, session));
        asked.recv().unwrap();
        person.app.use_provider(&person.me, "ollama").unwrap();
    });
    assert_eq!((n_left.load(Ordering::SeqCst), n_chosen.load(Ordering::SeqCst)), (1, 1));
}

#[test]
fn what_a_person_ordered_goes_on_as_it_was_ordered() {
    let (ask, asked) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let may_go_on = std::sync::Mutex::new(may_go_on);
    let (address, n_asked) = service(move |stream| {
        ask.send(()).unwrap();
        may_go_on.lock().unwrap().recv().unwrap();
        stream.write_all(b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n").ok();
    });
    let (person, session) = ordered(&address, false);
    thread::scope(|scope| {
        scope.spawn(|| finish(&person, session));
        asked.recv().unwrap();
        person.app.set_setting(&person.me, "provider", &json!("on-device")).unwrap();
        thread::sleep(ASK_PAUSE * 2);
        go_on.send(()).unwrap();
    });
    assert_eq!((n_asked.load(Ordering::SeqCst), reader(&person, session)), (1, None));
}

#[test]
fn an_analysis_is_told_as_done_once_and_only_when_it_is_stored() {
    let (address, _) = service(|stream| {
        stream.write_all(b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n").ok();
    });
    let (person, session) = ordered(&address, false);
    finish(&person, session);
    let (states, shares) = told(&person);
    assert!(matches!(states[..], [JobState::Parked { .. }]), "{states:?}");
    assert!(!shares.is_empty() && shares.iter().all(|share| *share < 1.0), "{shares:?}");

    let order = person.app.order_of(&person.me, Some("on-device")).unwrap();
    person.app.order(&person.me, &session.to_string(), JobKind::Analyse, &order).unwrap();
    finish(&person, session);
    let (states, shares) = told(&person);
    assert_eq!(states, [JobState::Queued, JobState::Done]);
    assert!(shares.iter().all(|share| *share < 1.0), "{shares:?}");
}

#[test]
fn a_stage_that_is_called_off_is_told() {
    let (person, session) = ordered("http://127.0.0.1:9/v1", false);
    let jobs = person.me.vault().read(|read| read.jobs().of_session(session)).unwrap();
    person.app.cancel_job(&person.me, &jobs[0].id.to_string()).unwrap();
    assert_eq!(told(&person).0, [JobState::Cancelled]);
}
