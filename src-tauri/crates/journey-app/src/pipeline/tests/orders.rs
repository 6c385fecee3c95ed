//! What was asked of a job holds in whichever process runs it, and until it runs.

use super::super::*;
use crate::person::Person;
use journey_domain::{ids::SessionId, job::JobOrder};
use serde_json::json;

fn only_job(person: &Person, session: SessionId) -> Job {
    person.me.vault().read(|read| read.jobs().of_session(session)).unwrap().remove(0)
}

/// Who would do this job now.
fn who(person: &Person, job: &Job) -> String {
    let analyser = person.app.analyser(&person.me.open, job.session, &job.order).unwrap();
    analyser.identity().provider
}

fn choose(person: &Person, provider: &str, preview: bool) {
    person.app.set_setting(&person.me, "provider", &json!(provider)).unwrap();
    person.app.set_setting(&person.me, "preview_before_sending", &json!(preview)).unwrap();
    if provider != "on-device" {
        person.app.set_setting(&person.me, "provider_model", &json!("llama3.2")).unwrap();
    }
}

#[test]
fn a_job_keeps_to_the_provider_that_it_was_ordered_with() {
    let person = Person::new();
    let session = person.written("I feel calm today.");
    let id = session.to_string();
    choose(&person, "ollama", false);
    let order = person.app.order_of(&person.me, Some("on-device")).unwrap();
    person.app.order(&person.me, &id, JobKind::Analyse, &order).unwrap();
    assert_eq!(who(&person, &only_job(&person, session)), "on-device");
    // The later order of the same person holds.
    let order = person.app.order_of(&person.me, None).unwrap();
    person.app.order(&person.me, &id, JobKind::Analyse, &order).unwrap();
    assert_eq!(who(&person, &only_job(&person, session)), "ollama");
    // Nothing automatic takes its place.
    choose(&person, "on-device", true);
    let automatic = person.app.automatic_order(&person.me.open).unwrap();
    person
        .me
        .vault()
        .write(|write| write.jobs().order(session, JobKind::Analyse, &automatic))
        .unwrap();
    assert_eq!(who(&person, &only_job(&person, session)), "ollama");
}

#[test]
fn what_nobody_asked_for_leaves_only_if_it_would_when_ordered_and_when_run() {
    let person = Person::new();
    let session = person.written("I feel calm today.");
    for (ordered, run) in [
        (("on-device", true), ("ollama", false)),
        (("on-device", true), ("ollama", true)),
        (("ollama", false), ("on-device", true)),
        (("ollama", false), ("ollama", true)),
    ] {
        choose(&person, ordered.0, ordered.1);
        let order = person.app.automatic_order(&person.me.open).unwrap();
        choose(&person, run.0, run.1);
        let analyser = person.app.analyser(&person.me.open, session, &order).unwrap();
        assert_eq!(analyser.identity().provider, "on-device", "{ordered:?} {run:?}");
    }
    choose(&person, "ollama", false);
    let order = person.app.automatic_order(&person.me.open).unwrap();
    let analyser = person.app.analyser(&person.me.open, session, &order).unwrap();
    assert_eq!(analyser.identity().provider, "ollama");
}

#[test]
fn what_is_in_the_bin_is_not_worked_on_until_it_is_taken_out() {
    let person = Person::new();
    let session = person.written("I feel calm today.");
    let id = session.to_string();
    let order = person.app.order_of(&person.me, None).unwrap();
    person.app.order(&person.me, &id, JobKind::Analyse, &order).unwrap();
    person.app.bin(&person.me, &id).unwrap();
    let open = &person.me.open;
    let lease = open.vault.try_lease().unwrap().expect("nobody else works here");
    assert!(!person.app.run_next_job(open, &lease, &[JobKind::Analyse]).unwrap());
    assert!(person.app.queue(&person.me).unwrap().jobs.is_empty());
    person.app.unbin(&person.me, &id).unwrap();
    assert!(person.app.run_next_job(open, &lease, &[JobKind::Analyse]).unwrap());
    assert_eq!(only_job(&person, session).state, JobState::Done);
}

#[test]
fn a_job_that_runs_elsewhere_is_cancelled_in_its_row() {
    let person = Person::new();
    let session = person.written("I feel calm today.");
    let vault = person.me.vault();
    let job = vault.write(|write| write.jobs().enqueue(session, JobKind::Analyse)).unwrap();
    let job = vault.write(|write| write.jobs().apply(job.id, JobEvent::Started)).unwrap();
    assert!(!is_called_off(&person.me.open, &job));
    person.app.cancel_job(&person.me, &job.id.to_string()).unwrap();
    assert!(is_called_off(&person.me.open, &job));
    // What the one that runs it then says changes nothing.
    let failure = StepError::lasting(cancelled());
    person.app.note_failure(&person.me.open, &job, failure).unwrap();
    assert_eq!(only_job(&person, session).state, JobState::Cancelled);
}

#[test]
fn another_order_for_what_is_under_way_is_refused() {
    let person = Person::new();
    let session = person.written("I feel calm today.");
    let vault = person.me.vault();
    let order = JobOrder { provider: Some("ollama".into()), ..JobOrder::default() };
    let job = vault.write(|write| write.jobs().order(session, JobKind::Analyse, &order)).unwrap();
    vault.write(|write| write.jobs().apply(job.id, JobEvent::Started)).unwrap();
    let other = person.app.order_of(&person.me, Some("on-device")).unwrap();
    let error = person.app.order(&person.me, &session.to_string(), JobKind::Analyse, &other);
    assert_eq!(error.unwrap_err().code, ErrorCode::Busy);
}

#[test]
fn a_job_that_begins_while_the_vault_closes_is_cancelled_at_once() {
    let person = Person::new();
    let session = person.written("I feel calm today.");
    let job =
        person.me.vault().write(|write| write.jobs().enqueue(session, JobKind::Analyse)).unwrap();
    person.me.open.begin_closing();
    assert!(person.me.open.token_of(job.id).is_cancelled());
}
