//! Questions to begin with: from a bank, and from what is still open in earlier sessions.

use crate::{
    App,
    access::Unlocked,
    error::CommandError,
    views::window::{Question, Questions},
};
use journey_domain::element::ElementKind;
use journey_vault::table::sessions::SessionFilter;
use serde::Deserialize;

const FILE: &str = include_str!("../../../../../assets/questions/en.v1.json");

/// How many of the last sessions are looked at for something open.
const LAST_SESSIONS: usize = 10;

#[derive(Deserialize)]
struct Entry {
    id: String,
    text: String,
}

impl App {
    /// A few questions; what is open in the last sessions comes first. Another choice each day.
    #[must_use]
    pub fn questions(&self, me: &Unlocked, limit: usize) -> Questions {
        let now = self.ports().clock.now();
        let today = now.to_zoned_datetime(self.ports().clock.time_zone()).date();
        let mut questions = self.open_ends(me).unwrap_or_default();
        questions.truncate(limit.div_ceil(3));
        let mut bank: Vec<Entry> = serde_json::from_str(FILE).unwrap_or_default();
        let first = today.day_of_year().unsigned_abs() as usize * 5 % bank.len().max(1);
        bank.rotate_left(first);
        let rest = limit.saturating_sub(questions.len());
        questions.extend(bank.into_iter().take(rest).map(|entry| Question {
            id: entry.id,
            text: entry.text,
            session: None,
        }));
        Questions { questions }
    }

    fn open_ends(&self, me: &Unlocked) -> Result<Vec<Question>, CommandError> {
        me.vault().read(|read| {
            let last = read.sessions().list(&SessionFilter::default(), LAST_SESSIONS, None)?;
            let mut questions = Vec::new();
            for session in last.items {
                let elements = read.session(session.id)?.elements;
                questions.extend(
                    elements.into_iter().filter(|e| e.kind == ElementKind::Action).map(|e| {
                        Question {
                            id: format!("action.{}", e.id),
                            text: format!("You had this in mind: “{}”. How did it go?", e.label),
                            session: Some(session.id.to_string()),
                        }
                    }),
                );
            }
            Ok(questions)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bank_of_questions_can_be_read_and_no_id_comes_twice() {
        let bank: Vec<Entry> = serde_json::from_str(FILE).unwrap();
        let ids: std::collections::BTreeSet<_> = bank.iter().map(|q| &q.id).collect();
        assert_eq!(ids.len(), bank.len());
        assert!(bank.iter().all(|q| q.text.ends_with('?')));
    }
}
