//! Identifiers. Each is a UUID v7 (time-ordered), made by the [`Ids`](crate::ports::Ids) port.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! new_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps an id that the [`Ids`](crate::ports::Ids) port made or the vault stored.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, for storage.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

new_id!(
    /// A person who may sign in on this computer.
    AccountId
);
new_id!(
    /// One reflection.
    SessionId
);
new_id!(
    /// One captured or imported piece of audio of a session.
    RecordingId
);
new_id!(
    /// One analysis of one transcript revision.
    RunId
);
new_id!(
    /// An emotion, topic, insight, belief, challenge or action.
    ElementId
);
new_id!(
    /// A typed link between two elements.
    RelationshipId
);
new_id!(
    /// A persisted stage of work.
    JobId
);
new_id!(
    /// The same belief, challenge or action across sessions.
    ThreadId
);
new_id!(
    /// A record of one request that left the machine.
    LedgerId
);
