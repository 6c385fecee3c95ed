use super::*;
use crate::{
    element::{Evidence, EvidenceState},
    ids::{ElementId, RunId},
    text::CharSpan,
};
use proptest::prelude::*;
use uuid::Uuid;

fn tree(ids: &[&str]) -> Taxonomy {
    let nodes = ids
        .iter()
        .map(|id| Node {
            id: NodeId::new(*id),
            name: id.to_uppercase(),
            definition: "A test.".to_owned(),
            valence: None,
            arousal: None,
            goemotions: Vec::new(),
            plutchik: None,
            ekman: None,
        })
        .collect();
    Taxonomy { version: "topics.v1".to_owned(), nodes }
}

const IDS: [&str; 7] =
    ["work", "work.job", "work.job.hours", "work.team", "home", "home.garden", "money"];

fn element(node: &str, quote: &str) -> Element {
    Element {
        id: ElementId::new(Uuid::nil()),
        run: RunId::new(Uuid::nil()),
        kind: ElementKind::Topic,
        label: if node == "unmapped" { quote.to_owned() } else { node.to_uppercase() },
        taxonomy: Some(NodeId::new(node)),
        intensity: None,
        confidence: 0.5,
        stance: None,
        status: None,
        due: None,
        evidence: vec![Evidence {
            span: CharSpan { start: 0, end: quote.chars().count() },
            quote: quote.to_owned(),
            time: None,
            state: EvidenceState::Verified,
        }],
        corrected: false,
        found_by: None,
    }
}

fn own(parent: &str, name: &str, words: &[&str]) -> OwnNode {
    let above = NodeId::new(parent);
    OwnNode {
        id: own_id(Some(&above), name, &BTreeSet::new()),
        name: name.to_owned(),
        definition: "One of mine.".to_owned(),
        words: words.iter().map(|w| (*w).to_owned()).collect(),
        parent_name: parent.to_uppercase(),
    }
}

fn rename(node: &str, name: &str) -> TaxonomyChange {
    TaxonomyChange::Rename { node: NodeId::new(node), name: name.to_owned() }
}

fn merge(from: &str, into: &str) -> TaxonomyChange {
    TaxonomyChange::Merge {
        from: NodeId::new(from),
        into: NodeId::new(into),
        into_name: into.to_uppercase(),
    }
}

fn split(node: &str, parts: Vec<OwnNode>) -> TaxonomyChange {
    TaxonomyChange::Split { node: NodeId::new(node), parts }
}

fn add(node: OwnNode) -> TaxonomyChange {
    TaxonomyChange::Add { node, kind: ElementKind::Topic }
}

fn holding(changes: &[TaxonomyChange]) -> Regrading {
    Regrading::new(changes.iter().cloned().map(|c| (c, true)))
}

fn shown(changes: &[TaxonomyChange], node: &str, quote: &str) -> (String, String) {
    let mut it = element(node, quote);
    holding(changes).regrade(&mut it);
    (it.taxonomy.unwrap().as_str().to_owned(), it.label)
}

fn pair(id: &str, name: &str) -> (String, String) {
    (id.to_owned(), name.to_owned())
}

#[test]
fn a_renamed_node_keeps_its_id_and_shows_its_new_name_everywhere() {
    let changes = [rename("work.job", "Craft"), merge("home", "work.job")];
    assert_eq!(shown(&changes, "work.job", "x"), pair("work.job", "Craft"));
    assert_eq!(shown(&changes, "home.garden", "x"), pair("work.job", "Craft"));
    assert_eq!(holding(&changes).shown(&tree(&IDS)).nodes[1].name, "Craft");
}

#[test]
fn what_was_found_below_a_merged_node_goes_with_it() {
    let changes = [merge("work.job", "home")];
    assert_eq!(shown(&changes, "work.job.hours", "x"), pair("home", "HOME"));
    assert_eq!(shown(&changes, "work", "x"), pair("work", "WORK"));
    let ids: Vec<String> =
        holding(&changes).shown(&tree(&IDS)).nodes.iter().map(|n| n.id.to_string()).collect();
    assert_eq!(ids, ["work", "work.team", "home", "home.garden", "money"]);
}

#[test]
fn a_split_takes_history_apart_by_words() {
    let parts =
        vec![own("work.team", "Sam", &["sam"]), own("work.team", "Kim", &["kim", "her desk"])];
    let changes = [split("work.team", parts)];
    assert_eq!(shown(&changes, "work.team", "Sam's idea").0, "work.team.own-sam");
    assert_eq!(shown(&changes, "work.team", "at her desk").1, "Kim");
    assert_eq!(shown(&changes, "work.team", "Samuel").0, "work.team");
    assert_eq!(shown(&changes, "home", "Sam").0, "home");
}

#[test]
fn an_added_node_takes_what_fitted_no_node() {
    let changes = [add(own("home", "Pottery", &["clay"]))];
    assert_eq!(shown(&changes, "unmapped", "clay bowls"), pair("home.own-pottery", "Pottery"));
    assert_eq!(shown(&changes, "home", "the clay"), pair("home.own-pottery", "Pottery"));
    assert_eq!(shown(&changes, "unmapped", "rope").0, "unmapped");
}

#[test]
fn what_a_person_put_at_a_node_that_was_taken_back_goes_to_its_parent() {
    let node = own("work.team", "Sam", &["sam"]);
    let taken_back =
        Regrading::new([(add(node.clone()), false), (rename("work.team", "Crew"), true)]);
    let mut it = element(node.id.as_str(), "x");
    taken_back.regrade(&mut it);
    assert_eq!((it.taxonomy.unwrap().as_str(), it.label.as_str()), ("work.team", "Crew"));
}

#[test]
fn changes_outlive_a_tree_that_gains_and_loses_nodes() {
    let changes = [
        rename("work.job", "Craft"),
        add(own("work.team", "Sam", &["sam"])),
        merge("money", "home"),
        add(own("home.garden", "Roses", &["rose"])),
    ];
    let next = tree(&["work", "work.job", "work.team", "work.team.chat", "home", "sport"]);
    let after = holding(&changes).shown(&next);
    after.validate().unwrap();
    let ids: Vec<&str> = after.nodes.iter().map(|n| n.id.as_str()).collect();
    assert_eq!(
        ids,
        ["work", "work.job", "work.team", "work.team.chat", "work.team.own-sam", "home", "sport"]
    );
    assert_eq!(after.nodes[1].name, "Craft");
    assert_eq!(shown(&changes, "money", "x").0, "home");
}

#[test]
fn own_ids_are_new_and_valid_whatever_the_name() {
    let taken = BTreeSet::from([NodeId::new("home.own-big-dog")]);
    let home = NodeId::new("home");
    assert_eq!(own_id(Some(&home), "Big  dog!", &taken).as_str(), "home.own-big-dog-2");
    assert_eq!(own_id(None, "犬", &taken).as_str(), "own-1");
    assert!(is_own(&NodeId::new("home.own-1")) && !is_own(&NodeId::new("own-x.y")));
}

fn any_change() -> impl Strategy<Value = TaxonomyChange> {
    let id = || prop::sample::select(IDS.to_vec());
    let word = || prop::sample::select(vec!["clay", "sam", "late", "rain"]);
    prop_oneof![
        (id(), "[A-Z][a-z]{1,6}").prop_map(|(node, name)| rename(node, &name)),
        (id(), id()).prop_map(|(from, into)| merge(from, into)),
        (id(), word(), word())
            .prop_map(|(node, a, b)| split(node, vec![own(node, a, &[a]), own(node, b, &[b])])),
        (id(), word()).prop_map(|(parent, w)| add(own(parent, w, &[w]))),
    ]
}

proptest! {
    #[test]
    fn any_changes_and_as_many_undone_leave_the_grading_as_it_was(
        kept in prop::collection::vec(any_change(), 0..6),
        undone in prop::collection::vec(any_change(), 0..6),
        quote in "(clay|sam|late|rain|x)( (clay|sam|late|rain|x)){0,3}",
    ) {
        let before = holding(&kept);
        let all = kept.iter().map(|c| (c.clone(), true)).chain(undone.iter().map(|c| (c.clone(), false)));
        let after = Regrading::new(all);
        for id in IDS.iter().chain(&["unmapped"]) {
            let (mut a, mut b) = (element(id, &quote), element(id, &quote));
            before.regrade(&mut a);
            after.regrade(&mut b);
            prop_assert_eq!(a, b);
        }
        prop_assert_eq!(before.shown(&tree(&IDS)), after.shown(&tree(&IDS)));
    }

    #[test]
    fn whatever_is_changed_the_tree_stays_a_tree_and_what_is_not_touched_stays(
        changes in prop::collection::vec(any_change(), 1..8),
        quote in "(clay|sam|late|rain|x)( (clay|sam|late|rain|x)){0,3}",
    ) {
        let after = holding(&changes);
        prop_assert_eq!(after.shown(&tree(&IDS)).validate(), Ok(()));
        let before = holding(&changes[..changes.len() - 1]);
        let last = changes.last().unwrap();
        for id in IDS.iter().chain(&["unmapped"]) {
            let (mut a, mut b) = (element(id, &quote), element(id, &quote));
            before.regrade(&mut a);
            after.regrade(&mut b);
            if a != b {
                prop_assert!(after.touches(last, &NodeId::new(*id)), "{} {:?}", id, last);
            }
        }
    }
}
