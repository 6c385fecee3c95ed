//! Lists, the session page, the bin, the calendar.

use crate::{
    App,
    access::Unlocked,
    days,
    editing::{Edited, whole},
    error::{CommandError, Result},
    pipeline::transcribe::transcribable,
    review::{SearchQuery, find},
    views::{
        SessionView,
        window::{
            BinRow, BinRows, Calendar, DayMark, EditedPage, EmotionMark, FoundHit, PlacedWord,
            RunRow, RunRows, SearchResult, SessionPageView, SessionRow, SessionRows, Streak,
            TagRow, TagRows, TaxonomyNode, TaxonomyTree, WindowFilter,
        },
    },
};
use jiff::{Timestamp, ToSpan, civil::Date};
use journey_domain::{
    element::{ElementKind, Intensity},
    session::Session,
    taxonomy::NodeId,
    transcript::Transcript,
};
use journey_vault::table::{
    overview::{Feeling, SessionOverview},
    sessions::SessionFilter,
};
use std::collections::{BTreeMap, BTreeSet};

/// How long a session stays in the bin.
const BIN_DAYS: i64 = 7;

/// Most rows on one page of the list.
const MOST_ROWS: usize = 500;

/// Longest first line in a list, in characters: two lines of a wide window.
const FIRST_LINE_CHARS: usize = 220;

/// Most sessions of this day in an earlier year.
const MOST_OF_A_DAY: usize = 5;

impl From<Feeling> for EmotionMark {
    fn from(it: Feeling) -> Self {
        Self {
            taxonomy: it.node.as_str().to_owned(),
            label: it.label,
            intensity: it.intensity.map_or(1, Intensity::get),
        }
    }
}

fn first_line(opening: &str) -> String {
    let line = opening.trim_start().lines().next().unwrap_or_default().trim_end();
    match line.char_indices().nth(FIRST_LINE_CHARS).and_then(|(end, _)| line.get(..end)) {
        None => line.to_owned(),
        // Whole words, where there are any.
        Some(cut) => {
            let words = cut.rsplit_once(char::is_whitespace).map_or(cut, |(words, _)| words);
            format!("{}…", words.trim_end_matches(['.', ',', ';', ':', ' ']))
        }
    }
}

impl From<SessionOverview> for SessionRow {
    fn from(it: SessionOverview) -> Self {
        let recovered = crate::views::from_domain::recovered(&it.session);
        let session = it.session;
        Self {
            id: session.id.to_string(),
            title: session.title,
            recorded_at: session.recorded_at.to_string(),
            source: session.source.as_str().to_owned(),
            duration_ms: session.duration_ms,
            status: session.status.as_str().to_owned(),
            tags: session.tags,
            favourite: session.favourite,
            first_line: first_line(&it.opening),
            emotion: it.feeling.map(Into::into),
            n_elements: it.n_elements,
            recovered,
            failed: session.error.is_some(),
        }
    }
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
        after: Option<&str>,
    ) -> Result<SessionRows> {
        let zone = self.ports().clock.time_zone();
        let (from, before) = days::range(filter.from.as_deref(), filter.to.as_deref(), &zone)?;
        let favourites = filter.favourite == Some(true);
        let wanted = SessionFilter { from, before, tag: filter.tag.clone(), favourites };
        let limit = limit.clamp(1, MOST_ROWS);
        let (page, total) = me.vault().read(|read| {
            let overviews = read.overviews();
            Ok::<_, CommandError>(match &filter.emotion {
                Some(emotion) => {
                    let node = NodeId::new(emotion.clone());
                    let (page, n_felt) = overviews.list_felt(&wanted, &node, limit, after)?;
                    (page, n_felt as u64)
                }
                None => {
                    (overviews.list(&wanted, limit, after)?, read.sessions().count_of(&wanted)?)
                }
            })
        })?;
        let sessions = page.items.into_iter().map(Into::into).collect();
        Ok(SessionRows { sessions, next: page.next, total })
    }

    /// A session and what its page shows beside it.
    ///
    /// # Errors
    /// Not found.
    pub fn session_page(&self, me: &Unlocked, id: &str) -> Result<SessionPageView> {
        let care_is_on = self.flag(&me.open, "care")?;
        me.vault().read(|read| {
            let id = find(read, id)?;
            let detail = whole(read, id)?;
            let text = detail.transcript.as_ref().map_or("", |t| t.text.as_str());
            Ok(SessionPageView {
                words: detail.transcript.as_ref().map(words).unwrap_or_default(),
                has_audio: transcribable(&detail.recordings).is_some(),
                care: care_is_on && super::help::has_words_of_crisis(text),
                sent: read.ledger().of_session(id)?.iter().filter(|it| it.left()).count(),
                session: SessionView::of(&detail),
            })
        })
    }

    /// Stores an edited text as the session's next revision and tells what became of the elements.
    ///
    /// # Errors
    /// Those of [`App::edit_transcript`].
    pub fn edit_in_window(
        &self,
        me: &Unlocked,
        id: &str,
        revision: u32,
        text: &str,
    ) -> Result<EditedPage> {
        let Edited { kept, repaired, dropped, .. } =
            self.edit_transcript(me, id, revision, text)?;
        self.forget_draft(me, Some(id), text);
        Ok(EditedPage { page: self.session_page(me, id)?, kept, repaired, dropped })
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
                        session: read.overviews().get(s.id)?.into(),
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
                me.open.settle_soon();
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
                taxonomy: hit.node.as_ref().map(ToString::to_string),
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
        let (from, before) = (at(year)?, at(year + 1)?);
        me.vault().read(|read| {
            let mut days: BTreeMap<Date, (usize, Option<Feeling>)> = BTreeMap::new();
            for felt in read.overviews().feelings(from, before)? {
                let date = felt.recorded_at.to_zoned_datetime(zone.clone()).date();
                let (n_sessions, strongest) = days.entry(date).or_default();
                *n_sessions += 1;
                *strongest = Feeling::strongest(strongest.take().into_iter().chain(felt.feeling));
            }
            let days = days
                .into_iter()
                .map(|(date, (sessions, feeling))| DayMark {
                    date: date.to_string(),
                    sessions,
                    emotion: feeling.map(Into::into),
                })
                .collect();
            let first_year = read
                .sessions()
                .oldest()?
                .map_or(year, |at| at.to_zoned_datetime(zone.clone()).date().year().into());
            Ok(Calendar { year, first_year: first_year.min(year), days })
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
            let Some(oldest) = read.sessions().oldest()? else {
                return Ok(SessionRows { sessions, next: None, total: 0 });
            };
            for years in 1.. {
                let Ok(day) = today.checked_sub(years.years()) else { break };
                let start = |d: Date| d.to_zoned_datetime(zone.clone()).ok().map(|z| z.timestamp());
                let (from, before) = (start(day), day.tomorrow().ok().and_then(start));
                if before.is_none_or(|before| before <= oldest) {
                    break;
                }
                let filter = SessionFilter { from, before, ..SessionFilter::default() };
                let page = read.overviews().list(&filter, MOST_OF_A_DAY, None)?;
                sessions.extend(page.items.into_iter().map(SessionRow::from));
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
        let monday = today
            .checked_sub(i64::from(today.weekday().to_monday_zero_offset()).days())
            .unwrap_or(today);
        let start = |day: Date| day.to_zoned_datetime(zone.clone()).map(|z| z.timestamp());
        me.vault().read(|read| {
            let days_in_week = |first: Date| {
                let Ok(after) = first.checked_add(7.days()) else { return Ok(0) };
                let (Ok(from), Ok(before)) = (start(first), start(after)) else { return Ok(0) };
                let days: BTreeSet<Date> = read
                    .sessions()
                    .times(from, before)?
                    .into_iter()
                    .map(|at| at.to_zoned_datetime(zone.clone()).date())
                    .collect();
                Ok::<_, CommandError>(days.len())
            };
            let days_this_week = days_in_week(monday)?;
            let mut weeks = usize::from(days_this_week > 0);
            let mut week = monday;
            while let Ok(before) = week.checked_sub(7.days()) {
                if days_in_week(before)? == 0 {
                    break;
                }
                weeks += 1;
                week = before;
            }
            Ok(Streak { weeks, days_this_week })
        })
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
