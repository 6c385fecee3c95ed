//! A grammar of first-person speech: who, when, how sure, denied or supposed.
//!
//! It looks at the words of one unit, in order, without a parse: subject, auxiliaries and their
//! neighbours carry nearly everything that tells a plan from a memory and one's own from another's.

use crate::features::is_denial;

/// Whose the unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// I, or we.
    Speaker,
    /// Somebody else.
    Other,
    /// You, one, people; things and how they are.
    Nobody,
    /// No subject: notes ("Dentist on Tuesday"), commands to oneself, dropped I.
    Dropped,
}

/// When it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tense {
    /// Over.
    Past,
    /// Now or always.
    Present,
    /// To come.
    Future,
    /// Nothing says.
    Unknown,
}

/// Whether a word names a person by what they are to the speaker.
#[must_use]
pub fn is_kin(word: &str) -> bool {
    KIN.contains(&word)
}

/// What the grammar makes of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Whose it is.
    pub holder: Holder,
    /// When it is.
    pub tense: Tense,
    /// The main statement is denied.
    pub denied: bool,
    /// Supposed, wished or conditional.
    pub supposed: bool,
    /// Told of what somebody else says, thinks or plans.
    pub reported: bool,
    /// A question.
    pub question: bool,
    /// Properties for the sentence model, each a short word.
    pub tags: Vec<&'static str>,
}

impl Reading {
    /// Whether a property was found.
    #[must_use]
    pub fn has(&self, tag: &str) -> bool {
        self.tags.contains(&tag)
    }
}

const FIRST: [&str; 13] = [
    "i", "i'm", "i've", "i'll", "i'd", "im", "ive", "we", "we're", "we've", "we'll", "we'd", "i'ma",
];
const THIRD: [&str; 16] = [
    "he", "she", "they", "he's", "she's", "they're", "he'll", "she'll", "they'll", "he'd", "she'd",
    "they'd", "they've", "his", "her", "their",
];
const YOU: [&str; 5] = ["you", "you're", "you've", "you'll", "you'd"];
const THING: [&str; 16] = [
    "it",
    "it's",
    "that",
    "that's",
    "this",
    "there",
    "there's",
    "these",
    "those",
    "what",
    "it'll",
    "it'd",
    "things",
    "life",
    "everything",
    "nothing",
];
const ALL: [&str; 12] = [
    "people",
    "everyone",
    "everybody",
    "nobody",
    "no",
    "someone",
    "somebody",
    "men",
    "women",
    "anyone",
    "anybody",
    "most",
];
const KIN: [&str; 60] = [
    "mum",
    "mom",
    "mother",
    "mum's",
    "dad",
    "father",
    "dad's",
    "sister",
    "brother",
    "son",
    "daughter",
    "husband",
    "wife",
    "partner",
    "boyfriend",
    "girlfriend",
    "boss",
    "manager",
    "friend",
    "mate",
    "mates",
    "colleague",
    "neighbour",
    "neighbor",
    "gran",
    "grandma",
    "nan",
    "grandad",
    "aunt",
    "uncle",
    "cousin",
    "niece",
    "nephew",
    "teacher",
    "doctor",
    "therapist",
    "landlord",
    "flatmate",
    "roommate",
    "kids",
    "children",
    "parents",
    "team",
    "client",
    "ex",
    "baby",
    "sister's",
    "brother's",
    "friend's",
    "boss's",
    "mother's",
    "father's",
    "son's",
    "daughter's",
    "husband's",
    "wife's",
    "partner's",
    "coach",
    "tutor",
    "gp",
];
const REPORTING: [&str; 36] = [
    "says",
    "said",
    "thinks",
    "thought",
    "believes",
    "believed",
    "reckons",
    "reckoned",
    "told",
    "tells",
    "wants",
    "wanted",
    "asked",
    "asks",
    "feels",
    "felt",
    "worries",
    "plans",
    "hopes",
    "claims",
    "insists",
    "insisted",
    "swears",
    "announced",
    "decided",
    "decides",
    "promised",
    "promises",
    "needs",
    "needed",
    "keeps",
    "kept",
    "intends",
    "realised",
    "realized",
    "suggested",
];

/// Reads the plain words of a unit (lower case, without fillers); `question` where a question mark
/// ends it.
#[must_use]
pub fn read(words: &[&str], question: bool) -> Reading {
    let words = without_opening(words);
    let at = |i: usize| words.get(i).copied().unwrap_or("");
    let any = |list: &[&str]| words.iter().any(|w| list.contains(w));
    let pair = |a: &[&str], b: &[&str]| {
        words.windows(2).any(|w| matches!(w, [x, y] if a.contains(x) && b.contains(y)))
    };
    let mut tags = Vec::new();

    let subject = subject(words);
    let holder = subject.map_or(Holder::Dropped, |(_, h)| h);
    let from = subject.map_or(0, |(i, _)| i);
    tags.push(match holder {
        Holder::Speaker if at(from).starts_with("we") => "sub:we",
        Holder::Speaker => "sub:i",
        Holder::Other => "sub:other",
        Holder::Nobody if YOU.contains(&at(from)) => "sub:you",
        Holder::Nobody => "sub:thing",
        Holder::Dropped => "sub:none",
    });
    if any(&FIRST) || any(&["me", "my", "myself", "mine", "us", "our"]) {
        tags.push("has:me");
    }

    let first = at(0);
    let supposed =
        matches!(first, "if" | "imagine" | "suppose" | "unless" | "wish" | "maybe" | "perhaps")
            || pair(&["i", "we"], &["wish", "might", "could've", "would've", "may"])
            || pair(&["i", "we"], &["would", "could"]) && !any(&["couldn't"]) && any(&["if"])
            || any(&["i'd", "we'd"])
                && !pair(
                    &["i'd", "we'd"],
                    &[
                        "better",
                        "been",
                        "had",
                        "got",
                        "felt",
                        "never",
                        "done",
                        "forgotten",
                        "rather",
                    ],
                )
            || pair(&["as"], &["if"]) && first == "as"
            || any(&["hypothetically"]);
    if supposed {
        tags.push("supposed");
    }
    if any(&["if"]) {
        tags.push("if");
    }
    let lapsed = pair(&["should", "could", "would", "might"], &["have", "of", "'ve", "not"])
        && any(&["have", "of"])
        || any(&["should've", "could've", "would've", "shoulda", "shouldn't've"])
        || pair(&["used"], &["to"]) && !pair(&["get", "getting", "got", "am", "i'm"], &["used"])
        || pair(&["was", "were"], &["going", "gonna", "meant", "supposed", "planning"])
        || pair(&["meant", "wanted", "intended", "planned"], &["to"]) && !any(&["i've"]);
    if lapsed {
        tags.push("lapsed");
    }
    let tense = tense(words, from, lapsed);
    tags.push(match tense {
        Tense::Past => "past",
        Tense::Present => "present",
        Tense::Future => "future",
        Tense::Unknown => "untensed",
    });
    let denied = words.iter().enumerate().any(|(i, w)| {
        is_denial(w)
            && i >= from
            && i <= from + 4
            && !(matches!(*w, "don't" | "didn't") && matches!(at(i + 1), "know" | "think"))
    });
    if denied {
        tags.push("denied");
    }
    let reported = reported(words);
    if reported {
        tags.push("reported");
    }
    let question = question
        || matches!(
            first,
            "who"
                | "where"
                | "why"
                | "when's"
                | "did"
                | "do"
                | "does"
                | "is"
                | "are"
                | "was"
                | "were"
                | "can"
                | "could"
                | "should"
                | "will"
                | "would"
                | "am"
                | "have"
                | "has"
        ) && (FIRST.contains(&at(1))
            || THIRD.contains(&at(1))
            || YOU.contains(&at(1))
            || THING.contains(&at(1)));
    if question {
        tags.push("question");
    }

    if let Some(core) = framed(words) {
        tags.push("framed");
        tags.push(match about(core) {
            About::Oneself => "core:i",
            About::Others => "core:others",
            About::World => "core:world",
            About::Future => "core:future",
        });
    }
    let mine = holder == Holder::Speaker || holder == Holder::Dropped;
    for (found, tag) in [
        (pair(&["going"], &["to"]) || any(&["gonna"]), "going-to"),
        (pair(&["i'm", "we're", "im"], &["going", "gonna"]), "i-going"),
        (any(&["i'll", "we'll"]) || pair(&["i", "we"], &["will", "shall"]), "i-will"),
        (any(&["won't"]) && mine, "i-wont"),
        (
            pair(&["need", "have", "got", "needs"], &["to"]) || any(&["must", "gotta", "needa"]),
            "must",
        ),
        (any(&["should", "ought"]), "should"),
        (pair(&["want"], &["to"]) || any(&["wanna"]), "want"),
        (any(&["can't", "cannot", "cant", "couldn't", "unable"]), "cannot"),
        (any(&["keep", "keeps"]), "keep"),
        (any(&["always", "never", "every", "whenever", "forever"]), "always"),
        (any(&ALL), "people"),
        (any(&["tomorrow", "tonight", "next", "later", "soon"]), "soon"),
        (words.iter().any(|w| is_day(w)), "day"),
        (
            any(&[
                "hard",
                "difficult",
                "struggle",
                "struggling",
                "impossible",
                "tough",
                "problem",
                "trouble",
                "stuck",
            ]),
            "hard",
        ),
        (
            any(&[
                "realise",
                "realize",
                "realised",
                "realized",
                "realising",
                "realizing",
                "notice",
                "noticed",
                "learned",
                "learnt",
                "turns",
                "understand",
                "pattern",
            ]),
            "seen",
        ),
        (any(&["think", "believe", "reckon", "convinced", "sure"]), "hold"),
        (any(&["because", "that's", "why", "since", "so"]), "cause"),
        (any(&["too", "enough"]), "degree"),
        (
            pair(&["it's", "it", "that's", "is", "was"], &["not", "never"])
                || any(&["isn't", "wasn't"]),
            "it-not",
        ),
        (first.ends_with("ing") && holder == Holder::Dropped, "ing-start"),
        (any(&["yesterday", "ago", "last"]), "ago"),
        (
            any(&["until", "from", "on"]) && words.windows(2).any(|w| w == ["now", "on"]),
            "from-now-on",
        ),
        (any(&["i've", "we've"]), "perfect"),
        (words.len() <= 5, "terse"),
    ] {
        if found {
            tags.push(tag);
        }
    }
    Reading { holder, tense, denied, supposed, reported, question, tags }
}

/// Whom or what a statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The speaker.
    Oneself,
    /// People, or somebody.
    Others,
    /// Things and how they are.
    World,
    /// What is to come.
    Future,
}

/// What is held, seen or known in "I still believe that people can change": the words after the frame.
#[must_use]
pub fn framed<'a, 'w>(words: &'a [&'w str]) -> Option<&'a [&'w str]> {
    let words = without_opening(words);
    let mut at =
        words.iter().take(3).position(|w| matches!(*w, "i" | "i've" | "we" | "we've"))? + 1;
    while words.get(at).is_some_and(|w| {
        matches!(
            *w,
            "still"
                | "really"
                | "do"
                | "just"
                | "now"
                | "always"
                | "also"
                | "honestly"
                | "truly"
                | "suddenly"
                | "only"
                | "have"
                | "sort"
                | "of"
        )
    }) {
        at += 1;
    }
    let verb = words.get(at)?;
    let holds = matches!(
        *verb,
        "think"
            | "believe"
            | "know"
            | "reckon"
            | "guess"
            | "suppose"
            | "figure"
            | "realise"
            | "realised"
            | "realize"
            | "realized"
            | "noticed"
            | "notice"
            | "learned"
            | "learnt"
            | "understood"
            | "understand"
            | "see"
            | "saw"
            | "found"
            | "discovered"
            | "thought"
            | "believed"
            | "knew"
            | "worry"
            | "feel"
            | "felt"
    );
    if !holds {
        return None;
    }
    let rest = words.get(at + 1..)?;
    let core = match rest {
        ["that" | "like" | "out" | "how", core @ ..] => core,
        core => core,
    };
    (core.len() >= 2 && subject(core).is_some_and(|(i, _)| i == 0)
        || core.len() >= 3 && matches!(rest, ["that", ..]))
    .then_some(core)
}

/// Whom or what these words, without a frame, are about.
#[must_use]
pub fn about(words: &[&str]) -> About {
    let words = without_opening(words);
    let first = words.first().copied().unwrap_or("");
    let second = words.get(1).copied().unwrap_or("");
    let to_come = words.iter().take(5).any(|w| {
        matches!(
            *w,
            "will"
                | "won't"
                | "i'll"
                | "we'll"
                | "it'll"
                | "they'll"
                | "he'll"
                | "she'll"
                | "gonna"
        )
    }) || words.windows(2).take(5).any(|w| w == ["going", "to"]);
    if to_come {
        About::Future
    } else if FIRST.contains(&first)
        || matches!((first, second), ("my", "body" | "life" | "head" | "brain" | "best" | "worth"))
    {
        About::Oneself
    } else if YOU.contains(&first)
        || matches!(first, "it" | "it's" | "that" | "that's" | "this" | "there" | "there's")
    {
        About::World
    } else if ALL.contains(&first) && first != "no"
        || THIRD.contains(&first)
        || KIN.contains(&first)
        || KIN.contains(&second)
        || matches!(
            (first, second),
            ("most" | "some" | "other" | "the", "people" | "men" | "women")
        )
    {
        About::Others
    } else {
        About::World
    }
}

fn without_opening<'a, 'w>(mut words: &'a [&'w str]) -> &'a [&'w str] {
    while let [first, rest @ ..] = words {
        let opening = matches!(
            *first,
            "so" | "and"
                | "but"
                | "well"
                | "oh"
                | "right"
                | "okay"
                | "ok"
                | "now"
                | "also"
                | "plus"
                | "hey"
                | "then"
                | "honestly"
                | "anyway"
        );
        if !opening || rest.len() < 2 {
            break;
        }
        words = rest;
    }
    words
}

/// The first word that can be a subject, and whose unit that makes it.
fn subject(words: &[&str]) -> Option<(usize, Holder)> {
    let mut i = 0;
    while let Some(&word) = words.get(i) {
        let next = words.get(i + 1).copied().unwrap_or("");
        if FIRST.contains(&word) {
            return Some((i, Holder::Speaker));
        }
        if matches!(word, "my" | "the" | "our" | "your") && KIN.contains(&next) {
            return Some((i, Holder::Other));
        }
        if KIN.contains(&word) && i == 0
            || THIRD.contains(&word) && !matches!(word, "her" | "his" | "their")
        {
            return Some((i, Holder::Other));
        }
        if YOU.contains(&word) || THING.contains(&word) || ALL.contains(&word) {
            return Some((i, Holder::Nobody));
        }
        if matches!(word, "the" | "my" | "our" | "his" | "her" | "their" | "a" | "an") && i == 0 {
            return Some((i, Holder::Nobody));
        }
        // Beyond the opening words a pronoun is an object.
        if i >= 5 {
            return None;
        }
        i += 1;
    }
    None
}

fn tense(words: &[&str], from: usize, lapsed: bool) -> Tense {
    if lapsed {
        return Tense::Past;
    }
    for (i, &word) in words.iter().enumerate().skip(from) {
        let next = words.get(i + 1).copied().unwrap_or("");
        match word {
            "i'll" | "we'll" | "will" | "won't" | "shall" | "he'll" | "she'll" | "they'll"
            | "it'll" | "gonna" => return Tense::Future,
            "going" if next == "to" => return Tense::Future,
            "was" | "were" | "had" | "did" | "didn't" | "wasn't" | "weren't" | "hadn't"
            | "couldn't" | "went" | "said" | "told" | "felt" | "got" | "came" | "made" | "took"
            | "thought" | "knew" | "saw" | "gave" | "found" | "left" | "sat" | "ran" | "ate"
            | "rang" | "spoke" | "wrote" | "bought" => {
                return Tense::Past;
            }
            "i'm" | "am" | "is" | "are" | "it's" | "that's" | "we're" | "don't" | "do" | "does"
            | "doesn't" | "isn't" | "aren't" | "can't" | "can" | "i've" | "have" | "has"
            | "want" | "need" | "feel" | "keep" | "think" | "know" | "there's" | "he's"
            | "she's" | "they're" | "must" | "should" => {
                // "I'm going to" is decided by the next word.
                if next == "going" || next == "gonna" {
                    continue;
                }
                return Tense::Present;
            }
            _ if i > from && i <= from + 3 && word.len() > 4 && word.ends_with("ed") => {
                return Tense::Past;
            }
            _ => {}
        }
    }
    Tense::Unknown
}

/// Somebody else says, thinks or plans it: another subject before a reporting verb.
fn reported(words: &[&str]) -> bool {
    let Some(verb) = words.iter().take(7).position(|w| REPORTING.contains(w)) else {
        return words.windows(2).any(|w| w == ["according", "to"]);
    };
    let before = words.get(..verb).unwrap_or_default();
    let others = before.iter().any(|w| {
        THIRD.contains(w)
            || KIN.contains(w)
            || matches!(*w, "everyone" | "everybody" | "people" | "someone" | "somebody")
    });
    let mine = before.iter().rev().take(2).any(|w| FIRST.contains(w));
    others && !mine
}

/// Whether the word names a day of the week or a part of the year.
#[must_use]
pub fn is_day(word: &str) -> bool {
    let word = word.trim_end_matches("'s");
    matches!(
        word,
        "monday"
            | "tuesday"
            | "wednesday"
            | "thursday"
            | "friday"
            | "saturday"
            | "sunday"
            | "mondays"
            | "tuesdays"
            | "wednesdays"
            | "thursdays"
            | "fridays"
            | "saturdays"
            | "sundays"
            | "weekend"
            | "january"
            | "february"
            | "april"
            | "june"
            | "july"
            | "august"
            | "september"
            | "october"
            | "november"
            | "december"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(text: &str) -> Reading {
        let words: Vec<&str> = text.split(' ').collect();
        read(&words, false)
    }

    #[test]
    fn whose_and_when_are_told_apart() {
        let plan = reading("so i'm gonna ring her on monday");
        assert_eq!((plan.holder, plan.tense), (Holder::Speaker, Tense::Future));
        assert!(plan.has("i-going") && plan.has("day"));
        assert_eq!(reading("my sister is moving out").holder, Holder::Other);
        assert_eq!(reading("i went home early").tense, Tense::Past);
        assert_eq!(reading("can't get past page one").holder, Holder::Dropped);
    }

    #[test]
    fn supposed_lapsed_reported_and_denied_are_marked() {
        assert!(reading("if i quit we couldn't pay rent").supposed);
        assert!(reading("i should have called her").has("lapsed"));
        assert!(reading("my manager says i'll never be promoted").reported);
        assert!(reading("i am not struggling").denied);
        assert!(!reading("i said i'd go").reported);
    }

    #[test]
    fn what_stands_in_a_frame_says_whom_it_is_about() {
        for (text, expected) in [
            ("i still believe that people can change", Some(About::Others)),
            ("i know that i am not good enough at my job", Some(About::Oneself)),
            ("i think it'll all fall through", Some(About::Future)),
            ("i reckon you get what you pay for", Some(About::World)),
            ("i think about the sea", None),
            ("people can change", None),
        ] {
            let words: Vec<&str> = text.split(' ').collect();
            assert_eq!(framed(&words).map(about), expected, "{text}");
        }
    }
}
