//! The same belief, challenge or action across sessions.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The threads of a vault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ThreadList {
    /// Those that came up in most sessions first.
    pub threads: Vec<ThreadView>,
}

/// A belief, challenge or action, and where it came up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ThreadView {
    /// UUID v7.
    pub id: String,
    /// `belief`, `challenge` or `action`.
    #[ts(type = "ElementKind")]
    pub kind: String,
    /// In the words in which it came up first.
    pub label: String,
    /// `held` for a belief, `met` for a challenge, and for an action where it stood last: `open`,
    /// `done` or `dropped`.
    pub state: String,
    /// In how many sessions it came up.
    pub sessions: usize,
    /// When it came up first, RFC 3339.
    pub first: String,
    /// When it came up last, RFC 3339.
    pub last: String,
    /// Where it came up, oldest first.
    pub elements: Vec<ThreadElementView>,
    /// Threads that a person merged into this one.
    pub merged: Vec<String>,
    /// Threads that may be the same; the person says.
    pub suggestions: Vec<SuggestionView>,
}

/// One place where a thread came up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ThreadElementView {
    /// Element id.
    pub element: String,
    /// Session id.
    pub session: String,
    /// The session's title.
    pub title: String,
    /// When the session was recorded, RFC 3339.
    pub recorded_at: String,
    /// The words it rests on.
    pub quote: String,
    /// For actions.
    pub status: Option<String>,
}

/// A thread that looks alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SuggestionView {
    /// Its id.
    pub thread: String,
    /// Its words.
    pub label: String,
    /// How alike, 0 to 1.
    pub similarity: f32,
}

/// What the window shows of threads at first sight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ThreadPage {
    /// Threads that may be the same as others, those that came up most first; each pair once.
    pub questions: Vec<ThreadQuestion>,
    /// Threads that came up in more than one session, those in most first.
    pub again: Vec<ThreadLine>,
    /// Whether there are more of either.
    pub more: bool,
    /// How many sessions no thread has looked at yet.
    pub unwoven: usize,
}

/// A thread, and those that may be the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ThreadQuestion {
    /// UUID v7.
    pub id: String,
    /// `belief`, `challenge` or `action`.
    #[ts(type = "ElementKind")]
    pub kind: String,
    /// In the words in which it came up first.
    pub label: String,
    /// Those that may be the same; the person says.
    pub others: Vec<SuggestionView>,
}

/// A thread in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ThreadLine {
    /// UUID v7.
    pub id: String,
    /// `belief`, `challenge` or `action`.
    #[ts(type = "ElementKind")]
    pub kind: String,
    /// In the words in which it came up first.
    pub label: String,
    /// In how many sessions it came up.
    pub sessions: usize,
    /// When it came up last, RFC 3339.
    pub last: String,
}

/// Where a thread came up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ThreadPlaces {
    /// Newest first.
    pub places: Vec<ThreadElementView>,
    /// Whether there are more.
    pub more: bool,
}
