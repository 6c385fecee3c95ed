use super::*;
use crate::{
    person::{NOW, Person, no_vault},
    review::SearchQuery,
    views::window::{SessionPageView, WindowFilter},
};
use journey_domain::text::IndexedText;

fn options(seed: u64, sessions: usize) -> SampleOptions {
    SampleOptions { seed, sessions, years: 2, until: Timestamp::from_second(NOW).unwrap() }
}

fn pages(person: &Person) -> Vec<SessionPageView> {
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let rows = person
            .app
            .session_rows(&person.me, &WindowFilter::default(), 200, after.as_deref())
            .unwrap();
        for row in rows.sessions {
            pages.push(person.app.session_page(&person.me, &row.id).unwrap());
        }
        match rows.next {
            Some(next) => after = Some(next),
            None => return pages,
        }
    }
}

#[test]
fn the_same_seed_makes_the_same_sessions_and_another_seed_others() {
    let made = |seed: u64| {
        let person = Person::new();
        person.app.add_sample_sessions(&person.me, &options(seed, 20)).unwrap();
        pages(&person)
    };
    let first = made(7);
    assert_eq!(first.len(), 20);
    assert_eq!(first, made(7));
    assert_ne!(first, made(8));
}

#[test]
fn every_sample_session_is_in_order_and_found_by_search() {
    let person = Person::new();
    person.app.add_sample_sessions(&person.me, &options(3, 150)).unwrap();
    assert!(person.me.vault().check_search().unwrap());
    assert_eq!(person.me.vault().check_database().map_err(no_vault).unwrap(), [""; 0]);
    let (emotions, topics) =
        (journey_analysis::taxonomy_files::emotions(), journey_analysis::taxonomy_files::topics());
    let (mut kinds, mut tags, mut titles) =
        (std::collections::BTreeSet::new(), std::collections::BTreeSet::new(), 0);
    for page in pages(&person) {
        let session = &page.session;
        let text = &session.transcript.as_ref().unwrap().text;
        let indexed = IndexedText::new(text);
        titles += usize::from(!session.title.is_empty());
        tags.extend(session.tags.clone());
        assert!(!text.contains(['{', '[', '|']), "{text}");
        assert!(session.elements.len() >= 2);
        for element in &session.elements {
            kinds.insert(element.kind.clone());
            assert!(!element.label.is_empty());
            if let Some(node) = &element.taxonomy {
                let tree = if element.kind == "topic" { topics } else { emotions };
                assert!(tree.nodes.iter().any(|it| it.id.as_str() == node), "{node}");
            }
            for it in &element.evidence {
                let span = journey_domain::text::CharSpan { start: it.start, end: it.end };
                assert_eq!(indexed.slice(span), Some(it.quote.as_str()));
                assert_eq!(it.start_ms.is_some(), session.source != "text");
            }
        }
        let recorded: Timestamp = session.recorded_at.parse().unwrap();
        assert!(recorded <= Timestamp::from_second(NOW).unwrap());
    }
    assert_eq!(kinds.len(), 6, "{kinds:?}");
    assert!(tags.len() >= 8 && titles == 150, "{tags:?}");
    let query = SearchQuery { text: "exhausted".into(), limit: 10, ..SearchQuery::default() };
    assert!(!person.app.search(&person.me, &query).unwrap().hits.is_empty());
}

#[test]
fn looking_around_needs_no_account_and_leaves_nothing_behind() {
    let person = Person::new();
    let before = person.app.account_state(None).unwrap();
    let sample = SampleVault::open(&person.app).unwrap();
    let folder = sample.app().data_dir().path().to_owned();
    assert!(folder.exists());
    let me = sample.app().unlocked(Command::Sessions, sample.token()).unwrap();
    let rows = sample.app().session_rows(&me, &WindowFilter::default(), 100, None).unwrap();
    assert_eq!(rows.sessions.len(), 60);
    let settings = sample.app().settings_object(&me).unwrap();
    assert_eq!(
        (settings["sample"].clone(), settings["setup_done"].clone()),
        (json!(true), json!(true))
    );
    drop(me);
    person.told.take();
    drop(sample);
    assert!(!folder.exists());
    let told = person.told.take();
    assert!(!told.iter().any(|it| matches!(it, Event::Locked(_))), "nobody was locked out");
    assert_eq!(person.app.account_state(None).unwrap(), before);
    assert!(person.app.session_rows(&person.me, &WindowFilter::default(), 9, None).is_ok());
}

#[test]
fn the_threads_of_the_sample_are_there_before_anybody_looks() {
    let person = Person::new();
    person.app.add_sample_sessions(&person.me, &options(3, 60)).unwrap();
    let page = person.app.thread_page(&person.me, 3).unwrap();
    assert_eq!((page.unwoven, page.again.len(), page.more), (0, 3, true));
    assert!(page.again.is_sorted_by_key(|it| std::cmp::Reverse(it.sessions)));
    let all = person.app.threads(&person.me).unwrap().threads;
    for line in &page.again {
        let whole = all.iter().find(|it| it.id == line.id).unwrap();
        assert_eq!((line.sessions, &line.last), (whole.sessions, &whole.last));
        let places = person.app.thread_places(&person.me, &line.id, 2).unwrap();
        assert_eq!((places.places.len(), places.more), (2, whole.elements.len() > 2));
        assert_eq!(places.places.first(), whole.elements.last());
    }
}
