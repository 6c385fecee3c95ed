//! Lists, the session page, the bin, the calendar.

use crate::{
    App,
    access::Unlocked,
    error::{CommandError, Result},
    pipeline::transcribe::transcribable,
    review::{SearchQuery, SessionQuery, find},
    views::{
        SessionView,
        window::{
            BinRow, BinRows, Calendar, DayMark, EmotionMark, FoundHit, PlacedWord, RunRow, RunRows,
            SearchResult, SessionPageView, SessionRow, SessionRows, Streak, TagRow, TagRows,
            TaxonomyNode, TaxonomyTree, WindowFilter,
        },
    },
};
use jiff::{Timestamp, ToSpan, civil::Date};
use journey_domain::{
    element::{Element, ElementKind},
    ids::SessionId,
    session::Session,
    transcript::Transcript,
};
use journey_vault::{Read, table::sessions::SessionFilter};
use std::collections::BTreeMap;

/// How long a session stays in the bin.
const BIN_DAYS: i64 = 7;

/// Longest first line in a list, in characters: two lines of a wide window.
const FIRST_LINE_CHARS: usize = 220;

/// Most sessions looked at for a calendar or for this day in earlier years.
const MOST_SESSIONS: usize = 1000;

/// The strongest feeling: by intensity, then by confidence.
fn strongest(elements: &[Element]) -> Option<EmotionMark> {
    let felt = elements.iter().filter(|e| e.kind == ElementKind::Emotion);
    let strongest = felt.max_by(|a, b| {
        (a.intensity, a.confidence)
            .partial_cmp(&(b.intensity, b.confidence))
            .unwrap_or(std::cmp::Ordering::Equal)
    })?;
    Some(EmotionMark {
        taxonomy: strongest.taxonomy.as_ref()?.as_str().to_owned(),
        label: strongest.label.clone(),
        intensity: strongest.intensity.map_or(1, journey_domain::element::Intensity::get),
    })
}

fn first_line(transcript: Option<&Transcript>) -> String {
    let text = transcript.map(|t| t.text.trim()).unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(FIRST_LINE_CHARS).and_then(|(end, _)| line.get(..end)) {
        None => line.to_owned(),
        // Whole words, where there are any.
        Some(cut) => {
            let words = cut.rsplit_once(char::is_whitespace).map_or(cut, |(words, _)| words);
            format!("{}…", words.trim_end_matches(['.', ',', ';', ':', ' ']))
        }
    }
}

fn row(read: &Read<'_>, id: SessionId) -> Result<SessionRow> {
    let detail = read.session(id)?;
    let session = &detail.stored.session;
    Ok(SessionRow {
        id: session.id.to_string(),
        title: session.title.clone(),
        recorded_at: session.recorded_at.to_string(),
        source: session.source.as_str().to_owned(),
        duration_ms: session.duration_ms,
        status: session.status.as_str().to_owned(),
        tags: session.tags.clone(),
        favourite: session.favourite,
        first_line: first_line(detail.transcript.as_ref()),
        emotion: strongest(&detail.elements),
        n_elements: detail.elements.len(),
        recovered: crate::views::from_domain::recovered(session),
        failed: session.error.is_some(),
    })
}

fn words(transcript: &Transcript) -> Vec<PlacedWord> {
    let mut placed = Vec::new();
    for segment in &transcript.segments {
        let mut from = 0;
        for word in &segment.words {
            let rest = segment.text.get(from..).unwrap_or_default();
            let Some(at) = rest.find(&word.text) else { continue };
            let before = segment.text.get(..from + at).map_or(0, |head| head.chars().count());
            let start = segment.span.start + before;
            from += at + word.text.len();
            placed.push(PlacedWord {
                start,
                end: start + word.text.chars().count(),
                start_ms: word.start_ms,
                end_ms: word.end_ms,
                probability: word.probability,
            });
        }
    }
    placed
}

impl App {
    /// A page of the window's list.
    ///
    /// # Errors
    /// A usage error for a day or cursor that is none.
    pub fn session_rows(
        &self,
        me: &Unlocked,
        filter: &WindowFilter,
        limit: usize,
        after: Option<String>,
    ) -> Result<SessionRows> {
        let query = SessionQuery {
            from: filter.from.clone(),
            to: filter.to.clone(),
            tag: filter.tag.clone(),
            favourites: filter.favourite == Some(true),
            limit: limit.clamp(1, 200),
            after,
        };
        let page = self.sessions(me, &query)?;
        me.vault().read(|read| {
            let mut sessions = Vec::with_capacity(page.sessions.len());
            for summary in &page.sessions {
                let id = summary
                    .id
                    .parse()
                    .map_err(|_| CommandError::not_found("there is no such session"))?;
                let row = row(read, id)?;
                let fits = filter.emotion.as_deref().is_none_or(|wanted| {
                    row.emotion.as_ref().is_some_and(|e| {
                        e.taxonomy == wanted || e.taxonomy.starts_with(&format!("{wanted}."))
                    })
                });
                if fits {
                    sessions.push(row);
                }
            }
            Ok(SessionRows { sessions, next: page.next, total: read.sessions().count()? })
        })
    }

    /// A session and what its page shows beside it.
    ///
    /// # Errors
    /// Not found.
    pub fn session_page(&self, me: &Unlocked, id: &str) -> Result<SessionPageView> {
        let care_is_on = self.flag(&me.open, "care")?;
        me.vault().read(|read| {
            let id = find(read, id)?;
            let detail = read.session(id)?;
            let text = detail.transcript.as_ref().map_or("", |t| t.text.as_str());
            Ok(SessionPageView {
                words: detail.transcript.as_ref().map(words).unwrap_or_default(),
                has_audio: transcribable(&detail.recordings).is_some(),
                care: care_is_on && super::help::has_words_of_crisis(text),
                sent: read.ledger().of_session(id)?.len(),
                session: SessionView::of(&detail),
            })
        })
    }

    /// Gives a session these tags and no others.
    ///
    /// # Errors
    /// A usage error for a bad tag; not found.
    pub fn set_tags(&self, me: &Unlocked, id: &str, tags: &[String]) -> Result<()> {
        let now = self.show(me, id)?.tags;
        let gone: Vec<String> = now.into_iter().filter(|tag| !tags.contains(tag)).collect();
        self.tag(me, id, tags, &gone).map(drop)
    }

    /// Marks or unmarks a favourite.
    ///
    /// # Errors
    /// Not found.
    pub fn set_favourite(&self, me: &Unlocked, id: &str, favourite: bool) -> Result<()> {
        self.change(me, id, |write, id| Ok(write.sessions().set_favourite(id, favourite)?))
            .map(drop)
    }

    /// What is in the bin, after erasing what has lain there long enough.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn bin_rows(&self, me: &Unlocked) -> Result<BinRows> {
        self.empty_bin(me)?;
        me.vault().read(|read| {
            let sessions = read
                .sessions()
                .binned()?
                .iter()
                .filter_map(|s| Some((s, s.deleted_at?)))
                .map(|(s, at)| {
                    Ok(BinRow {
                        session: row(read, s.id)?,
                        deleted_at: at.to_string(),
                        erased_at: due(at).to_string(),
                    })
                })
                .collect::<Result<_>>()?;
            Ok(BinRows { sessions })
        })
    }

    /// Erases what has been in the bin for seven days.
    pub(crate) fn empty_bin(&self, me: &Unlocked) -> Result<()> {
        let now = self.ports().clock.now();
        let binned: Vec<Session> =
            me.vault().read(|read| read.sessions().binned().map_err(CommandError::from))?;
        for session in binned {
            if session.deleted_at.is_some_and(|at| due(at) <= now) {
                me.vault().erase_session(session.id)?;
            }
        }
        Ok(())
    }

    /// Matches of a search with what the window shows beside them.
    ///
    /// # Errors
    /// A usage error for an unknown kind, day or cursor.
    pub fn search_window(&self, me: &Unlocked, query: &SearchQuery) -> Result<SearchResult> {
        let page = self.search_hits(me, query)?;
        let hits = page
            .hits
            .iter()
            .map(|hit| FoundHit {
                hit: hit.into(),
                title: hit.title.clone(),
                recorded_at: hit.recorded_at.to_string(),
                marks: hit.highlights.iter().map(|span| (span.start, span.end)).collect(),
            })
            .collect();
        Ok(SearchResult { hits, next: page.next, ranked: page.ranked })
    }

    /// All tags.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn tag_rows(&self, me: &Unlocked) -> Result<TagRows> {
        let tags = me.vault().read(|read| read.sessions().tags().map_err(CommandError::from))?;
        Ok(TagRows {
            tags: tags.into_iter().map(|t| TagRow { tag: t.tag, sessions: t.n_sessions }).collect(),
        })
    }

    /// The analyses of a session.
    ///
    /// # Errors
    /// Not found.
    pub fn run_rows(&self, me: &Unlocked, id: &str) -> Result<RunRows> {
        let runs = self
            .runs(me, id)?
            .into_iter()
            .map(|r| RunRow {
                at: r.started_at,
                revision: r.transcript_revision,
                accepted: r.accepted,
                n_elements: r.elements,
                duration_ms: r.duration_ms,
                run: r.run,
            })
            .collect();
        Ok(RunRows { runs })
    }

    /// A year of days, each with its strongest feeling.
    ///
    /// # Errors
    /// A usage error for a year outside the calendar.
    pub fn calendar(&self, me: &Unlocked, year: i32) -> Result<Calendar> {
        let zone = self.ports().clock.time_zone();
        let outside = |_| CommandError::usage("this year lies outside the calendar");
        let at = |year: i32| {
            let year = i16::try_from(year)
                .map_err(|_| CommandError::usage("this year lies outside the calendar"))?;
            let first = Date::new(year, 1, 1).map_err(outside)?;
            first.to_zoned_datetime(zone.clone()).map(|z| z.timestamp()).map_err(outside)
        };
        let filter = SessionFilter {
            from: Some(at(year)?),
            before: Some(at(year + 1)?),
            ..SessionFilter::default()
        };
        me.vault().read(|read| {
            let mut days: BTreeMap<Date, DayMark> = BTreeMap::new();
            let mut after: Option<String> = None;
            loop {
                let page = read.sessions().list(&filter, MOST_SESSIONS, after.as_deref())?;
                for session in &page.items {
                    let date = session.recorded_at.to_zoned_datetime(zone.clone()).date();
                    let felt = strongest(&read.session(session.id)?.elements);
                    let day = days.entry(date).or_insert_with(|| DayMark {
                        date: date.to_string(),
                        sessions: 0,
                        emotion: None,
                    });
                    day.sessions += 1;
                    let stronger = felt.as_ref().map(|e| e.intensity)
                        > day.emotion.as_ref().map(|e| e.intensity);
                    if stronger {
                        day.emotion = felt;
                    }
                }
                match page.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
            let first_year = read
                .sessions()
                .oldest()?
                .map_or(year, |at| at.to_zoned_datetime(zone.clone()).date().year().into());
            Ok(Calendar {
                year,
                first_year: first_year.min(year),
                days: days.into_values().collect(),
            })
        })
    }

    /// Sessions of this day in earlier years.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn on_this_day(&self, me: &Unlocked) -> Result<SessionRows> {
        let zone = self.ports().clock.time_zone();
        let today = self.ports().clock.now().to_zoned_datetime(zone.clone()).date();
        me.vault().read(|read| {
            let mut sessions = Vec::new();
            for years in 1..=20 {
                let Ok(day) = today.checked_sub(years.years()) else { break };
                let start = |d: Date| d.to_zoned_datetime(zone.clone()).ok().map(|z| z.timestamp());
                let filter = SessionFilter {
                    from: start(day),
                    before: day.tomorrow().ok().and_then(start),
                    ..SessionFilter::default()
                };
                for session in read.sessions().list(&filter, 5, None)?.items {
                    sessions.push(row(read, session.id)?);
                }
            }
            let total = sessions.len() as u64;
            Ok(SessionRows { sessions, next: None, total })
        })
    }

    /// Weeks in a row with at least one session; the running week counts once it has one.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn streak(&self, me: &Unlocked) -> Result<Streak> {
        let zone = self.ports().clock.time_zone();
        let today = self.ports().clock.now().to_zoned_datetime(zone.clone()).date();
        let sessions = me.vault().read(|read| {
            read.sessions()
                .list(&SessionFilter::default(), MOST_SESSIONS, None)
                .map_err(CommandError::from)
        })?;
        let days: std::collections::BTreeSet<Date> = sessions
            .items
            .iter()
            .map(|s| s.recorded_at.to_zoned_datetime(zone.clone()).date())
            .collect();
        let monday = today
            .checked_sub(i64::from(today.weekday().to_monday_zero_offset()).days())
            .unwrap_or(today);
        let in_week = |start: Date| {
            let end = start.checked_add(7.days()).unwrap_or(start);
            days.range(start..end).count()
        };
        let days_this_week = in_week(monday);
        let mut weeks = usize::from(days_this_week > 0);
        let mut week = monday;
        while let Ok(before) = week.checked_sub(7.days()) {
            if in_week(before) == 0 {
                break;
            }
            weeks += 1;
            week = before;
        }
        Ok(Streak { weeks, days_this_week })
    }

    /// A tree for the correction menus.
    ///
    /// # Errors
    /// A usage error for an unknown tree.
    pub fn taxonomy_tree(&self, me: &Unlocked, name: &str) -> Result<TaxonomyTree> {
        let kind = match name {
            "emotions" => ElementKind::Emotion,
            "topics" => ElementKind::Topic,
            _ => {
                return Err(CommandError::usage("there is no such taxonomy")
                    .hint("It is emotions or topics."));
            }
        };
        let nodes = self
            .shown_nodes(&me.open, kind)?
            .into_iter()
            .map(|node| TaxonomyNode {
                parent: node.id.parent().map(|p| p.to_string()),
                id: node.id.to_string(),
                name: node.name,
                definition: node.definition,
            })
            .collect();
        Ok(TaxonomyTree { nodes })
    }
}

fn due(binned_at: Timestamp) -> Timestamp {
    binned_at + jiff::SignedDuration::from_hours(24 * BIN_DAYS)
}
