//! From a row of the index to what a person sees of it.

use super::{FindableKind, SearchHit};
use crate::{
    VaultError,
    table::{column, shown},
};
use jiff::Timestamp;
use journey_domain::{
    element::ElementKind,
    ids::{ElementId, RunId, SessionId},
    taxonomy::{NodeId, changes::Regrading},
    text::{CharSpan, IndexedText},
};
use rusqlite::Connection;
use std::ops::Range;

/// Stand round each match in the index's answer.
const OPEN: char = '\u{2}';
const CLOSE: char = '\u{3}';

/// Characters of a snippet on either side of the first match.
const CONTEXT_CHARS: usize = 60;

/// A row of the index with all that a hit is made of.
pub(super) struct Row {
    session: SessionId,
    title: String,
    recorded_at: Timestamp,
    kind: FindableKind,
    element: Option<ElementId>,
    revision: u32,
    text: String,
    matches: Vec<Range<usize>>,
}

impl Row {
    pub(super) fn load(conn: &Connection, expression: &str, id: i64) -> Result<Self, VaultError> {
        column::row(
            conn,
            "SELECT f.session_id, s.title, s.recorded_at, f.kind, f.element_id, f.revision,
                 i.text, highlight(findable_index, 1, ?3, ?4)
             FROM findable_index AS i JOIN findables AS f ON f.id = i.rowid
             JOIN sessions AS s ON s.id = f.session_id
             WHERE findable_index MATCH ?1 AND i.rowid = ?2",
            &[&expression, &id, &String::from(OPEN), &String::from(CLOSE)],
            |row| {
                let text: String = row.get(6)?;
                let matches = matches(&text, row.get_ref(7)?.as_str()?);
                Ok(Self {
                    session: SessionId::new(column::uuid(row, 0)?),
                    title: row.get(1)?,
                    recorded_at: column::time(row, 2)?,
                    kind: column::word(row, 3)?,
                    element: column::uuid_opt(row, 4)?.map(ElementId::new),
                    revision: column::count(row, 5)?,
                    text,
                    matches,
                })
            },
        )?
        .ok_or(VaultError::NotFound("search hit"))
    }

    pub(super) fn into_hit(
        self,
        conn: &Connection,
        regrading: &Regrading,
        score: f64,
    ) -> Result<SearchHit, VaultError> {
        let first = self.matches.first().cloned().unwrap_or(0..0);
        let line = line_of(&self.text, first.start);
        let line_text = self.text.get(line.clone()).unwrap_or_default();
        let in_line: Vec<Range<usize>> = self
            .matches
            .iter()
            .filter(|it| it.start >= line.start && it.end <= line.end)
            .map(|it| it.start - line.start..it.end - line.start)
            .collect();
        let span = match self.element {
            None => {
                let chars = |byte| self.text.get(..byte).map_or(0, |head| head.chars().count());
                CharSpan { start: chars(first.start), end: chars(first.end) }
            }
            Some(element) => {
                let n_line =
                    self.text.get(..line.start).map_or(0, |head| head.matches('\n').count());
                let place = in_line.first().cloned().unwrap_or(0..0);
                let within = IndexedText::new(line_text);
                let within = within.char_of(place.start)..within.char_of(place.end);
                self.span_of(conn, element, n_line, within)?
            }
        };
        let (shown, matches) = match self.element {
            None => (self.text.as_str(), self.matches.as_slice()),
            Some(_) => (line_text, in_line.as_slice()),
        };
        let (snippet, highlights) = snippet(shown, matches);
        Ok(SearchHit {
            session: self.session,
            node: self.node(conn, regrading)?,
            // The first line of an element in the index; the others are its quotes.
            label: self.element.and_then(|_| self.text.lines().next()).map(ToOwned::to_owned),
            title: self.title,
            recorded_at: self.recorded_at,
            element: self.element,
            kind: self.kind,
            span,
            snippet,
            highlights,
            score,
        })
    }

    /// The node of an emotion or topic.
    fn node(&self, conn: &Connection, regrading: &Regrading) -> Result<Option<NodeId>, VaultError> {
        let of_a_tree = FindableKind::Element;
        let has_node =
            [of_a_tree(ElementKind::Emotion), of_a_tree(ElementKind::Topic)].contains(&self.kind);
        let Some(element) = self.element.filter(|_| has_node) else { return Ok(None) };
        let sql = "SELECT run_id FROM accepted_runs WHERE session_id = ?1";
        let session = self.session.uuid();
        let run = column::row(conn, sql, &[session.as_bytes()], |row| column::uuid(row, 0))?;
        let Some(run) = run.map(RunId::new) else { return Ok(None) };
        let elements = shown::outlines(conn, self.session, regrading, run, self.revision)?;
        Ok(elements.into_iter().find(|it| it.id == element).and_then(|it| it.taxonomy))
    }

    /// Where in the transcript: line 0 is the label, which stands for the strongest evidence; the
    /// others are the quotes.
    fn span_of(
        &self,
        conn: &Connection,
        element: ElementId,
        n_line: usize,
        within: Range<usize>,
    ) -> Result<CharSpan, VaultError> {
        let position = n_line.saturating_sub(1);
        let evidence = column::row(
            conn,
            "SELECT v.start, v.end
             FROM accepted_runs AS a JOIN elements AS e ON e.run_id = a.run_id AND e.id = ?2
             JOIN evidence AS v ON v.element_key = e.key
             WHERE a.session_id = ?1 AND v.revision = ?3 AND v.position = ?4",
            &[
                self.session.uuid().as_bytes(),
                element.uuid().as_bytes(),
                &self.revision,
                &column::stored(position),
            ],
            |row| Ok(CharSpan { start: column::count(row, 0)?, end: column::count(row, 1)? }),
        )?
        .unwrap_or(CharSpan { start: 0, end: 0 });
        if n_line == 0 {
            return Ok(evidence);
        }
        let start = (evidence.start + within.start).min(evidence.end);
        Ok(CharSpan { start, end: (evidence.start + within.end).min(evidence.end) })
    }
}

/// The byte ranges of the matches in `text`, from the same text with marks round each.
///
/// Marks that the text itself holds are told from the index's by walking both.
fn matches(text: &str, marked: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open = None;
    let mut plain = text.char_indices().peekable();
    for c in marked.chars() {
        let at = plain.peek().map_or(text.len(), |&(byte, _)| byte);
        let in_text = plain.peek().is_some_and(|&(_, own)| own == c);
        match c {
            OPEN if open.is_none() && !in_text => open = Some(at),
            CLOSE if open.is_some() => found.extend(open.take().map(|start| start..at)),
            _ => drop(plain.next()),
        }
    }
    found.retain(|range| text.get(range.clone()).is_some_and(|it| !it.is_empty()));
    found
}

/// The line in which a byte stands, without its line break.
fn line_of(text: &str, byte: usize) -> Range<usize> {
    let start = text.get(..byte).and_then(|head| head.rfind('\n')).map_or(0, |at| at + 1);
    let end = text.get(byte..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| byte + at);
    start..end
}

/// The words round the first match, and the matches among them.
fn snippet(text: &str, matches: &[Range<usize>]) -> (String, Vec<CharSpan>) {
    let first = matches.first().cloned().unwrap_or(0..0);
    let before = text.get(..first.start).unwrap_or_default();
    let after = text.get(first.end..).unwrap_or_default();
    let start = match before.char_indices().rev().nth(CONTEXT_CHARS - 1) {
        // Whole words only, unless one word fills the room.
        Some((byte, _)) if byte > 0 => {
            let room = before.get(byte..).unwrap_or_default();
            room.find(char::is_whitespace).map_or(byte, |space| byte + space)
        }
        _ => 0,
    };
    let end = match after.char_indices().nth(CONTEXT_CHARS) {
        Some((byte, _)) => {
            let room = after.get(..byte).unwrap_or_default();
            first.end + room.rfind(char::is_whitespace).unwrap_or(byte)
        }
        None => text.len(),
    };
    let shown = text.get(start..end).unwrap_or_default();
    let lead = shown.len() - shown.trim_start().len();
    let shown = shown.trim();
    let start = start + lead;
    let end = start + shown.len();
    let head = if start > 0 { "…" } else { "" };
    let tail = if end < text.len() { "…" } else { "" };
    let indexed = IndexedText::new(shown);
    let n_head = head.chars().count();
    let highlights = matches
        .iter()
        .filter(|it| it.start >= start && it.end <= end)
        .filter_map(|it| indexed.span_of_bytes(it.start - start, it.end - start))
        .map(|span| CharSpan { start: span.start + n_head, end: span.end + n_head })
        .collect();
    let snippet: String = shown.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    (format!("{head}{snippet}{tail}"), highlights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::slice::from_ref;

    #[test]
    fn matches_are_found_in_the_plain_text() {
        let text = "ich sah Jürgen, und Jürgen sah mich";
        let marked = "ich sah \u{2}Jürgen\u{3}, und \u{2}Jürgen\u{3} sah mich";
        let found: Vec<&str> =
            matches(text, marked).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["Jürgen", "Jürgen"]);
    }

    #[test]
    fn a_snippet_shows_whole_words_and_where_they_match() {
        let text = format!("{} the harbour at night {}", "word ".repeat(40), "more ".repeat(40));
        let at = text.find("harbour").unwrap();
        let (snippet, highlights) = snippet(&text, from_ref(&(at..at + 7)));
        assert!(snippet.starts_with("…word ") && snippet.ends_with(" more…"), "{snippet}");
        let shown: String =
            snippet.chars().skip(highlights[0].start).take(highlights[0].len()).collect();
        assert_eq!(shown, "harbour");
        assert!(snippet.chars().count() <= 2 * CONTEXT_CHARS + 9);
    }

    #[test]
    fn a_short_text_is_its_own_snippet() {
        assert_eq!(snippet("all of it", from_ref(&(0..3))).0, "all of it");
    }
}
