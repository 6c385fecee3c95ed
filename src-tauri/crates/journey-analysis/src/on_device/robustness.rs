//! What must not be claimed, and what must be found however a recogniser writes it.

use super::*;
use jiff::civil::date;
use journey_domain::{
    element::{RelationshipKind, Stance},
    transcript::Transcript,
};
use std::{collections::BTreeSet, sync::LazyLock};

static ANALYSER: LazyLock<OnDeviceAnalyser> = LazyLock::new(|| OnDeviceAnalyser::new().unwrap());

fn analyse(text: &str) -> Analysis {
    let transcript = Transcript::from_text(1, None, text.into());
    let input = AnalysisInput { transcript: &transcript, said_on: date(2026, 11, 24) };
    ANALYSER.analyse_now(&input, &AnalysisContext::default()).unwrap()
}

fn kinds(text: &str) -> BTreeSet<&'static str> {
    let elements = analyse(text).elements;
    elements.iter().filter(|e| e.kind != ElementKind::Topic).map(|e| e.kind.as_str()).collect()
}

/// The texts in which other kinds are found than these, with what was found.
fn otherwise<'t>(texts: &[&'t str], expected: &[&str]) -> Vec<(&'t str, BTreeSet<&'static str>)> {
    let expected: BTreeSet<&str> = expected.iter().copied().collect();
    texts.iter().map(|text| (*text, kinds(text))).filter(|(_, found)| *found != expected).collect()
}

#[test]
fn nothing_denied_supposed_quoted_or_of_others_is_claimed_as_the_speakers() {
    let texts = [
        "I wasn't scared at all.",
        "I wasn't angry with her.",
        "I never felt lonely in that house.",
        "No, I don't feel guilty about it.",
        "i wasn't nervous or anything it was fine",
        "If I lost the house I would be devastated.",
        "I'd be terrified if he did that.",
        "Imagine being that jealous of a neighbour.",
        "He was furious with the referee.",
        "My daughter felt anxious before the play.",
        "my mate's really depressed at the moment",
        "They were so proud of their garden.",
        "She said she was heartbroken.",
        "\"I'm so ashamed,\" he told us.",
        "Were you scared of the dark?",
        "I thought I was angry.",
        "My sister is going to leave her husband.",
        "Tom says he'll call the bank tomorrow.",
        "he's gonna quit in january",
        "They plan to sell the boat.",
        "I was going to ring her but I fell asleep.",
        "If I had time I would learn the cello.",
        "I should have phoned him on Friday.",
        "My brother thinks that nobody can be trusted.",
        "According to my aunt people never change.",
        "My neighbour can't pay his rent.",
        "she's really struggling with the stairs",
        "My boss has realised that he talks too much.",
        "I used to be afraid of dogs.",
    ];
    let wrong = otherwise(&texts, &[]);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn plain_telling_holds_nothing() {
    let texts = [
        "I had soup and went to bed at ten.",
        "We took the bus into town and it rained.",
        "the plumber came at nine and had a look",
        "On Tuesday I had coffee with Lorna.",
        "She sat in the chair by the window.",
        "i've lived here for six years",
        "I think it was the blue one.",
        "so that was monday",
    ];
    let wrong = otherwise(&texts, &[]);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_feeling_alone_is_no_insight() {
    let texts = [
        "I slept badly and now I feel confused.",
        "I feel stressed when I think about my sister.",
        "i felt really sad on the bus home",
    ];
    let wrong = otherwise(&texts, &["emotion"]);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(!kinds("I understood that I am too hard on myself.").contains("emotion"));
}

#[test]
fn fillers_repeats_notes_and_missing_signs_change_nothing_that_is_found() {
    let found = |text: &str| -> BTreeSet<(ElementKind, Option<String>)> {
        let elements = analyse(text).elements;
        elements.iter().map(|e| (e.kind, e.taxonomy.as_ref().map(|t| t.as_str().into()))).collect()
    };
    let plain = "My boss moved the deadline again. I was furious. I can't say no to him. \
                 Tomorrow I'm going to talk to my manager about the workload.";
    let spoken = "[BLANK_AUDIO] um so my boss uh moved the the deadline again you know and i was um i was \
                  furious [BLANK_AUDIO] i can't i can't say no to him so um tomorrow i'm i'm going to talk to my \
                  manager about the workload";
    assert_eq!(found(plain), found(spoken));
    assert!(found(plain).contains(&(ElementKind::Action, None)));
}

#[test]
fn other_languages_are_told_to_need_a_provider() {
    for text in [
        "Aujourd'hui je me sens très fatiguée et je ne sais pas quoi faire de mon travail.",
        "Hoy me siento muy cansada y no sé qué hacer con mi trabajo, estoy triste.",
        "Oggi mi sento molto stanca e non so che cosa fare con il mio lavoro.",
        "Vandaag voel ik me erg moe en ik weet niet wat ik met mijn werk moet doen.",
        "Dzisiaj jestem bardzo zmęczona i nie wiem co zrobić z moją pracą.",
        "Bugün çok yorgunum ve işimle ne yapacağımı hiç bilmiyorum.",
        "Hoje estou muito cansada e não sei o que fazer com o meu trabalho.",
        "Idag är jag väldigt trött och vet inte vad jag ska göra med mitt jobb.",
        "Сегодня я очень устала и не знаю, что делать с моей работой.",
        "اليوم أشعر بتعب شديد ولا أعرف ماذا أفعل بعملي في هذه الأيام",
    ] {
        let analysis = analyse(text);
        assert!(analysis.elements.is_empty(), "{text}");
        assert_eq!(analysis.holes.len(), 1, "{text}");
        assert!(analysis.holes[0].reason.contains("needs a provider"), "{text}");
    }
}

#[test]
fn a_deed_stands_first_in_its_label_and_its_day_last() {
    let (mut found, mut expected) = (Vec::new(), Vec::new());
    for (text, label) in [
        ("On Monday I plan to apologise to my sister.", "Apologise to my sister on Monday"),
        ("I need to leave work early this week.", "Leave work early this week"),
        ("I will save some money every morning.", "Save some money every morning"),
        ("so um tomorrow i'm gonna ring the bank", "Ring the bank tomorrow"),
        ("I'm also going to write to the landlord.", "Write to the landlord"),
        ("I've got to call the surgery by four.", "Call the surgery by four"),
    ] {
        let elements = analyse(text).elements;
        let action = elements.into_iter().find(|e| e.kind == ElementKind::Action);
        found.push((text, action.map(|a| a.label)));
        expected.push((text, Some(label.to_owned())));
    }
    assert_eq!(found, expected);
}

#[test]
fn a_belief_in_a_frame_is_about_its_subject() {
    for (text, stance) in [
        ("I still believe that people can change.", Stance::Others),
        ("I know that I am not good enough at my job.", Stance::Oneself),
    ] {
        let elements = analyse(text).elements;
        let belief = elements.iter().find(|e| e.kind == ElementKind::Belief).unwrap();
        assert_eq!(belief.stance, Some(stance), "{text}");
    }
}

#[test]
fn what_hangs_together_is_linked_by_its_own_words() {
    let linked = |text: &str| -> BTreeSet<(ElementKind, RelationshipKind, ElementKind)> {
        let analysis = analyse(text);
        let kind = |i: usize| analysis.elements[i].kind;
        analysis.relationships.iter().map(|l| (kind(l.from), l.kind, kind(l.to))).collect()
    };
    use ElementKind::{Action, Challenge, Emotion, Topic};
    use RelationshipKind::{About, Addresses, TriggeredBy};
    let plan = linked("I can't say no to my manager. So tomorrow I'm going to talk to my manager.");
    assert!(plan.contains(&(Action, Addresses, Challenge)), "{plan:?}");
    let cause = linked("I was so angry because my boss lied to the whole team at work.");
    assert!(cause.contains(&(Emotion, TriggeredBy, Topic)), "{cause:?}");
    let about =
        linked("I'm really worried about my son and the school exams. My son hates school.");
    assert!(about.contains(&(Emotion, About, Topic)), "{about:?}");
}
