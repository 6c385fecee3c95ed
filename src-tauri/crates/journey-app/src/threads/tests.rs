use super::{Families, MOST_THREADS, weave, weave_all};
use crate::{
    person::{Person, no_vault},
    sample::SampleOptions,
    views::ThreadPage,
};
use jiff::Timestamp;
use journey_domain::{element::ElementKind::Belief, error_code::ErrorCode, ids::ThreadId};
use journey_vault::VaultError;
use std::collections::HashMap;

/// A belief in a session of its own.
fn believes(person: &Person, label: &str) {
    let session = person.analysed("I have to earn my rest.", &[("belief", "earn my rest")]);
    let page = person.app.session_page(&person.me, &session.to_string()).unwrap();
    let element = &page.session.elements[0].id;
    person.app.correct_element(&person.me, element, Some("belief"), Some(label)).unwrap();
}

fn page(person: &Person) -> ThreadPage {
    person.app.thread_page(&person.me, 100).unwrap()
}

#[test]
fn an_answer_is_about_the_threads_that_were_shown_and_no_others() {
    let person = Person::new();
    let (app, me) = (&person.app, &person.me);
    believes(&person, "I have to earn my rest every day");
    believes(&person, "I had to earn my rest every single day");
    let shown = page(&person).questions.remove(0);
    let others: Vec<String> = shown.others.iter().map(|it| it.thread.clone()).collect();
    assert_eq!(others.len(), 1);
    // Suggested while the question stands on the screen.
    believes(&person, "I have to earn my rest every other day");
    let all = app.threads(me).unwrap().threads;
    let suggested = all.iter().find(|it| it.id == shown.id).unwrap().suggestions.len();
    assert_eq!(suggested, 2);

    let joined = app.confirm_thread(me, &shown.id, &others).unwrap().threads;
    assert_eq!((joined[0].sessions, joined[0].merged.len()), (2, 1));
    assert!(!page(&person).questions.is_empty(), "the third is still asked about");
    let again = app.confirm_thread(me, &shown.id, &others).unwrap_err();
    assert_eq!(again.code, ErrorCode::NotFound);
    app.undo_thread(me).unwrap();

    let apart = app.reject_thread(me, &shown.id, &others).unwrap().threads;
    let left: Vec<&str> = apart[0].suggestions.iter().map(|it| it.thread.as_str()).collect();
    assert_eq!(left.len(), 1);
    assert!(!others.iter().any(|it| it == left[0]));
}

#[test]
fn a_session_whose_threads_cannot_be_made_holds_up_no_other() {
    let person = Person::new();
    let (app, me) = (&person.app, &person.me);
    let until = app.ports().clock.now();
    app.add_unwoven_sessions(me, &SampleOptions { seed: 5, sessions: 30, years: 1, until });
    let waiting =
        me.vault().read(|read| read.threads().sessions_without(99)).map_err(no_vault).unwrap();
    assert!(waiting.len() > 20);
    let vault = me.vault();
    weave_all(vault, &waiting, |_, _| Err(VaultError::Busy)).unwrap_err();
    assert_eq!(page(&person).unwoven, waiting.len(), "what passes is tried again");
    weave_all(vault, &waiting, |write, session| match session {
        it if it == waiting[3] => Err(VaultError::Damaged),
        it => weave(write, it),
    })
    .unwrap();
    let after = page(&person);
    assert_eq!(after.unwoven, 0);
    assert!(!after.again.is_empty());
}

#[test]
fn a_page_with_as_many_as_it_can_hold_promises_no_more() {
    let person = Person::new();
    let vault = person.me.vault();
    let ids: Vec<ThreadId> = vault
        .write(|write| {
            (0..=MOST_THREADS)
                .map(|n| write.threads().create(Belief, "b", &format!("b{n}"), "held"))
                .collect()
        })
        .map_err(no_vault)
        .unwrap();
    let counts = ids.into_iter().map(|id| (id, (2, Timestamp::UNIX_EPOCH))).collect();
    let families = Families { into: HashMap::new(), counts };
    let page = |limit: usize| {
        let page = vault.read(|read| families.page(read, limit)).unwrap();
        (page.again.len(), page.more)
    };
    assert_eq!(page(MOST_THREADS - 1), (MOST_THREADS - 1, true));
    assert_eq!(page(MOST_THREADS), (MOST_THREADS, false));

    believes(&person, "I have to earn my rest every day");
    let id = &person.app.threads(&person.me).unwrap().threads[0].id;
    assert_eq!(person.app.thread_places(&person.me, id, 0).unwrap().places.len(), 1);
}
