//! What an analysis finds in a transcript.

use crate::{
    ids::{ElementId, RelationshipId, RunId},
    taxonomy::NodeId,
    text::CharSpan,
    transcript::TimeSpan,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Declares an enum of words that are stored and sent as they are written.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $unknown:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// All of them, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that is stored and sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text { $($word => Ok(Self::$variant),)+ _ => Err(UnknownWord($unknown)) }
            }
        }
    };
}
pub(crate) use words;

/// A word outside a closed list; names the list, not the word.
#[derive(Debug, thiserror::Error)]
#[error("unknown {0}")]
pub struct UnknownWord(pub &'static str);

words!(
    /// The six kinds of element.
    ElementKind, "element kind" {
        /// A feeling of the speaker.
        Emotion = "emotion",
        /// What it was about.
        Topic = "topic",
        /// Something the speaker came to see.
        Insight = "insight",
        /// Something the speaker holds to be so.
        Belief = "belief",
        /// Something that is hard for the speaker.
        Challenge = "challenge",
        /// Something the speaker means to do.
        Action = "action",
    }
);

words!(
    /// Whom or what a belief is about.
    Stance, "stance" {
        /// The speaker.
        Oneself = "self",
        /// Other people.
        Others = "others",
        /// How things are.
        World = "world",
        /// What will be.
        Future = "future",
    }
);

words!(
    /// Where an action stands.
    ActionStatus, "action status" {
        /// Not done yet.
        Open = "open",
        /// Done.
        Done = "done",
        /// Given up.
        Dropped = "dropped",
    }
);

words!(
    /// How a piece of evidence was found in the transcript.
    EvidenceState, "evidence state" {
        /// The quote stands there to the letter.
        Verified = "verified",
        /// Found by normalised or fuzzy alignment; the stored quote is the transcript's.
        Repaired = "repaired",
    }
);

words!(
    /// The typed, directed link between two elements.
    RelationshipKind, "relationship kind" {
        /// The first was set off by the second.
        TriggeredBy = "triggered_by",
        /// The first concerns the second.
        About = "about",
        /// The first brings on the second.
        LeadsTo = "leads_to",
        /// The first speaks for the second.
        Supports = "supports",
        /// The first speaks against the second.
        Contradicts = "contradicts",
        /// The first does something about the second.
        Addresses = "addresses",
    }
);

/// How strong a feeling is, 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Intensity(u8);

impl Intensity {
    /// Clamps into 1 to 5.
    #[must_use]
    pub fn clamped(value: i64) -> Self {
        Self(value.clamp(1, 5) as u8)
    }

    /// The number, 1 to 5.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Intensity {
    type Error = UnknownWord;

    fn try_from(value: u8) -> Result<Self, Self::Error> {
        (1..=5).contains(&value).then_some(Self(value)).ok_or(UnknownWord("intensity"))
    }
}

impl From<Intensity> for u8 {
    fn from(intensity: Intensity) -> Self {
        intensity.0
    }
}

/// A verified place in a transcript. `transcript.text[span] == quote` always holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Where it stands.
    pub span: CharSpan,
    /// The transcript's own words there.
    pub quote: String,
    /// When it was said; `None` for written text.
    pub time: Option<TimeSpan>,
    /// How it was found.
    pub state: EvidenceState,
}

/// Longest label of an element that is not a taxonomy node, in characters.
pub const MAX_LABEL_CHARS: usize = 80;

/// An element as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Element {
    /// Stays the same when a later run finds it again.
    pub id: ElementId,
    /// The run that found it.
    pub run: RunId,
    /// Which of the six.
    pub kind: ElementKind,
    /// The node's name, or at most [`MAX_LABEL_CHARS`] characters.
    pub label: String,
    /// The node of an emotion or topic ([`NodeId::unmapped`] for an unknown one); `None` for other kinds.
    pub taxonomy: Option<NodeId>,
    /// Strength, for emotions.
    pub intensity: Option<Intensity>,
    /// 0 to 1.
    pub confidence: f32,
    /// For beliefs.
    pub stance: Option<Stance>,
    /// For actions.
    pub status: Option<ActionStatus>,
    /// For actions, where a date was said.
    pub due: Option<Date>,
    /// Never empty, strongest first.
    pub evidence: Vec<Evidence>,
    /// Whether the person has corrected it.
    pub corrected: bool,
    /// The analyser that found it, where that is not the run's own.
    pub found_by: Option<String>,
}

/// A link as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relationship {
    /// Identity.
    pub id: RelationshipId,
    /// The run that found it.
    pub run: RunId,
    /// Where it starts.
    pub from: ElementId,
    /// Where it ends.
    pub to: ElementId,
    /// What it says.
    pub kind: RelationshipKind,
    /// 0 to 1.
    pub confidence: f32,
    /// The words that say so; may be empty.
    pub evidence: Vec<Evidence>,
}
