//! Full-text search over the current transcripts and the elements that hold.
//!
//! Only the newest [`MAX_RANKED`] matches are ranked, since ranking costs what the matches cost and
//! a common word has hundreds of thousands; the rest follow, newest first.

mod hit;
mod index;
mod query;

pub(crate) use index::{check, rebuild, refresh, shown_in, unindex};

use super::{column, cursor, taxonomy_edits::TaxonomyEdits};
use crate::VaultError;
use hit::Row;
use jiff::Timestamp;
use journey_domain::{
    element::{ElementKind, UnknownWord},
    ids::{ElementId, SessionId},
    taxonomy::NodeId,
    text::CharSpan,
};
use rusqlite::Connection;
use std::{cmp::Ordering, str::FromStr};

/// How many of the newest matches are ranked.
pub const MAX_RANKED: usize = 2_000;

/// Most hits on one page.
const MAX_PAGE: usize = 200;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindableKind {
    /// Words of a transcript.
    Transcript,
    /// An element, by its label or its quotes.
    Element(ElementKind),
}

impl FindableKind {
    /// The word that is stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transcript => "transcript",
            Self::Element(kind) => kind.as_str(),
        }
    }
}

impl FromStr for FindableKind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "transcript" { Ok(Self::Transcript) } else { text.parse().map(Self::Element) }
    }
}

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct SearchQuery {
    /// As typed. All words must be there; words in double quotes must stand together; a word with
    /// a `*` behind it finds what begins with it. Everything else is taken as plain words.
    pub text: String,
    /// Only this kind.
    pub kind: Option<FindableKind>,
    /// Only sessions said at or after this, to the second.
    pub from: Option<Timestamp>,
    /// Only sessions said before this, to the second.
    pub before: Option<Timestamp>,
}

/// One place where it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchHit {
    /// In which session.
    pub session: SessionId,
    /// Its title.
    pub title: String,
    /// When it was said.
    pub recorded_at: Timestamp,
    /// The element, unless it is the transcript.
    pub element: Option<ElementId>,
    /// What was found.
    pub kind: FindableKind,
    /// What the element is called; `None` for the transcript.
    pub label: Option<String>,
    /// Where an emotion or topic stands, as a person sees it.
    pub node: Option<NodeId>,
    /// The first match in the current transcript's text.
    pub span: CharSpan,
    /// The words round the first match.
    pub snippet: String,
    /// The matches within the snippet.
    pub highlights: Vec<CharSpan>,
    /// Greater is better; comparable within one answer only.
    pub score: f64,
}

/// A page of hits, best first.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchPage {
    /// The hits.
    pub hits: Vec<SearchHit>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
    /// How many of the newest matches were ranked, at most [`MAX_RANKED`].
    pub ranked: usize,
}

/// Where a page goes on.
struct Place {
    /// Whether the ranked matches are behind us.
    tail: bool,
    /// The newest match when the first page was made; newer ones do not move the pages.
    newest: i64,
    score: f64,
    id: i64,
}

impl Place {
    fn encode(&self) -> String {
        let parts = [
            u128::from(self.tail),
            cursor::part(self.newest),
            u128::from(self.score.to_bits()),
            cursor::part(self.id),
        ];
        cursor::encode('q', &parts)
    }

    fn decode(text: &str) -> Result<Self, VaultError> {
        let [tail, newest, score, id] = cursor::decode('q', text)?;
        Ok(Self {
            tail: tail == 1,
            newest: cursor::signed(newest)?,
            score: f64::from_bits(u64::try_from(score).map_err(|_| VaultError::BadCursor)?),
            id: cursor::signed(id)?,
        })
    }
}

/// A match: its score (smaller is better, as the index gives it) and its id.
#[derive(Clone, Copy)]
struct Match {
    score: f64,
    id: i64,
}

impl Match {
    fn order(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.id.cmp(&self.id))
    }
}

/// Looks for `query`.
///
/// # Errors
/// [`VaultError::BadCursor`], or the database's failure; no text is an error.
pub(crate) fn search(
    conn: &Connection,
    query: &SearchQuery,
    limit: usize,
    after: Option<&str>,
) -> Result<SearchPage, VaultError> {
    let after = after.map(Place::decode).transpose()?;
    let Some(expression) = query::expression(&query.text, query.kind) else {
        return Ok(SearchPage { hits: Vec::new(), next: None, ranked: 0 });
    };
    let page = limit.clamp(1, MAX_PAGE);
    let oldest = query.from.map_or(i64::MIN, index::first_id);
    let newest = query.before.map_or(i64::MAX, |before| index::first_id(before).saturating_sub(1));
    let newest = after.as_ref().map_or(newest, |place| place.newest.min(newest));
    let in_tail = after.as_ref().is_some_and(|place| place.tail);

    let mut newest_match = newest;
    let (mut chosen, ranked, n_left) = if in_tail {
        (Vec::new(), MAX_RANKED, 0)
    } else {
        let mut matches = newest_matches(conn, &expression, oldest, newest, MAX_RANKED)?;
        newest_match = matches.first().map_or(newest, |it| it.id);
        let ranked = matches.len();
        matches.sort_by(Match::order);
        let seen = after.as_ref().map_or(0, |place| {
            let last = Match { score: place.score, id: place.id };
            matches.partition_point(|it| it.order(&last) != Ordering::Greater)
        });
        let n_left = ranked - seen;
        (matches.into_iter().skip(seen).take(page).collect::<Vec<_>>(), ranked, n_left)
    };
    let n_ranked_chosen = chosen.len();
    let mut more = n_left > n_ranked_chosen;
    if !more && ranked == MAX_RANKED && chosen.len() < page {
        let below = match &after {
            Some(place) if place.tail => place.id,
            _ => oldest_of(conn, &expression, oldest, newest)?,
        };
        let wanted = page - chosen.len();
        let mut tail =
            newest_matches(conn, &expression, oldest, below.saturating_sub(1), wanted + 1)?;
        more = tail.len() > wanted;
        tail.truncate(wanted);
        chosen.extend(tail);
    } else if !more && ranked == MAX_RANKED {
        more = true;
    }
    let next = chosen.last().filter(|_| more).map(|last| {
        let tail = in_tail || chosen.len() > n_ranked_chosen;
        Place { tail, newest: newest_match, score: last.score, id: last.id }.encode()
    });
    let regrading = TaxonomyEdits::new(conn).regrading()?;
    let hits = chosen
        .iter()
        .map(|it| Row::load(conn, &expression, it.id)?.into_hit(conn, &regrading, -it.score))
        .collect::<Result<_, VaultError>>()?;
    Ok(SearchPage { hits, next, ranked })
}

/// The newest matches among the ids from `oldest` to `newest`, newest first.
fn newest_matches(
    conn: &Connection,
    expression: &str,
    oldest: i64,
    newest: i64,
    limit: usize,
) -> Result<Vec<Match>, VaultError> {
    column::rows(
        conn,
        "SELECT bm25(findable_index, 0.0, 1.0), rowid FROM findable_index
         WHERE findable_index MATCH ?1 AND rowid BETWEEN ?2 AND ?3
         ORDER BY rowid DESC LIMIT ?4",
        &[&expression, &oldest, &newest, &column::stored(limit)],
        |row| Ok(Match { score: row.get(0)?, id: row.get(1)? }),
    )
}

/// The oldest id that is still ranked.
fn oldest_of(
    conn: &Connection,
    expression: &str,
    oldest: i64,
    newest: i64,
) -> Result<i64, VaultError> {
    let id = column::row(
        conn,
        "SELECT rowid FROM findable_index
         WHERE findable_index MATCH ?1 AND rowid BETWEEN ?2 AND ?3
         ORDER BY rowid DESC LIMIT 1 OFFSET ?4",
        &[&expression, &oldest, &newest, &column::stored(MAX_RANKED - 1)],
        |row| row.get(0),
    )?;
    Ok(id.unwrap_or(oldest))
}

#[cfg(any(test, feature = "fuzzing"))]
#[allow(clippy::panic, clippy::expect_used, reason = "a broken promise is what fuzzing looks for")]
pub(crate) mod fuzzing {
    //! The search, opened for fuzzing.

    use super::SearchQuery;
    use crate::VaultError;
    use rusqlite::Connection;

    thread_local! {
        static EMPTY: Connection = {
            let mut conn = Connection::open_in_memory().expect("memory");
            crate::vault::migrate::migrate(&mut conn).expect("the first tables");
            conn
        };
    }

    /// No text is syntax, and no place in a list more than a place.
    pub(crate) fn search(text: &str, after: Option<&str>) {
        let query = SearchQuery { text: text.to_owned(), ..SearchQuery::default() };
        EMPTY.with(|conn| match super::search(conn, &query, 10, after) {
            Ok(_) => {}
            Err(VaultError::BadCursor) => assert!(after.is_some(), "there is no cursor"),
            Err(error) => panic!("{error}"),
        });
    }
}

#[cfg(test)]
mod tests;
