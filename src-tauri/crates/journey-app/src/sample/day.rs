//! One made-up day after the other.

use super::{
    SampleOptions, broken,
    sentences::{Sentences, Theme, unbracketed},
};
use crate::error::Result;
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use journey_domain::{
    analysis::AnalyserIdentity,
    element::{
        ActionStatus, Element, ElementKind, Evidence, EvidenceState, Intensity, Relationship,
        RelationshipKind, Stance,
    },
    ids::{ElementId, RelationshipId, RunId, SessionId},
    run::Run,
    session::{CaptureState, Source},
    taxonomy::{NodeId, Taxonomy},
    text::{CharSpan, IndexedText},
    transcript::{SpokenSegment, Transcript, Word},
};
use journey_vault::table::sessions::NewSession;
use uuid::Uuid;

/// Hours at which people reflect.
const HOURS: [i64; 8] = [7, 8, 12, 17, 20, 21, 21, 22];

const DAY_S: i64 = 24 * 3600;

/// Which lines of a theme are meant.
type LinesOf = fn(&Theme) -> &Vec<String>;

/// A session with all that hangs on it.
pub(super) struct Day {
    pub(super) session: NewSession,
    pub(super) transcript: Transcript,
    pub(super) run: Run,
    pub(super) elements: Vec<Element>,
    pub(super) relationships: Vec<Relationship>,
    pub(super) tags: Vec<String>,
    pub(super) favourite: bool,
    pub(super) recovered: bool,
}

/// Makes the days, oldest first.
pub(super) struct Maker {
    sentences: Sentences,
    emotions: &'static Taxonomy,
    topics: &'static Taxonomy,
    options: SampleOptions,
    zone: TimeZone,
    rng: Rng,
    n_made: usize,
}

/// Something found in a sentence, before it has ids.
struct Finding {
    kind: ElementKind,
    label: String,
    taxonomy: Option<NodeId>,
    intensity: Option<Intensity>,
    stance: Option<Stance>,
    quote: (usize, usize),
    sentence: usize,
}

impl Maker {
    pub(super) fn new(options: &SampleOptions, zone: TimeZone) -> Result<Self> {
        Ok(Self {
            sentences: Sentences::read().ok_or_else(broken)?,
            emotions: journey_analysis::taxonomy_files::emotions(),
            topics: journey_analysis::taxonomy_files::topics(),
            options: *options,
            zone,
            rng: Rng::with_seed(options.seed),
            n_made: 0,
        })
    }

    fn uuid(&mut self, at: Timestamp) -> Uuid {
        let mut random = [0; 10];
        self.rng.fill(&mut random);
        let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// The moment of this day: spread over the years as people's days are, now closer and now further
    /// apart, at an hour at which people reflect.
    fn moment(&mut self) -> Timestamp {
        let span_s = i64::from(self.options.years.max(1)) * 365 * DAY_S;
        let n = i64::try_from(self.options.sessions.max(1)).unwrap_or(i64::MAX);
        let left = n - i64::try_from(self.n_made).unwrap_or(n) - 1;
        let step = span_s / n;
        let drift = if left == 0 { 0 } else { self.rng.i64(0..step.max(1)) };
        let about = self.options.until - SignedDuration::from_secs(step * left + drift);
        let hour = *self.rng.choice(&HOURS).unwrap_or(&21);
        let second = hour * 3600 + self.rng.i64(0..3600);
        let day = about.to_zoned_datetime(self.zone.clone()).start_of_day();
        let at = day.map_or(about, |day| day.timestamp() + SignedDuration::from_secs(second));
        if at > self.options.until { at - SignedDuration::from_secs(DAY_S) } else { at }
    }

    fn one(&mut self, of: impl Fn(&Sentences) -> &Vec<String>) -> String {
        let list = of(&self.sentences);
        let picked = self.rng.choice(list).cloned().unwrap_or_default();
        self.filled(&picked)
    }

    fn of_theme(&mut self, theme: usize, of: impl Fn(&Theme) -> &Vec<String>) -> String {
        let list = self.sentences.themes.get(theme).map(of);
        let picked = list.and_then(|list| self.rng.choice(list)).cloned().unwrap_or_default();
        self.filled(&picked)
    }

    fn filled(&mut self, sentence: &str) -> String {
        let name = self.rng.choice(&self.sentences.names).cloned().unwrap_or_default();
        let place = self.rng.choice(&self.sentences.places).cloned().unwrap_or_default();
        sentence.replace("{name}", &name).replace("{place}", &place)
    }

    /// Sentences of a theme with what is found in them.
    fn say(&mut self, theme: usize, said: &mut Vec<String>, found: &mut Vec<Finding>) {
        let topic = self.of_theme(theme, |t| &t.topic_says);
        let node = self.sentences.themes.get(theme).map(|t| NodeId::new(t.topic.clone()));
        let label = name_of(self.topics, node.as_ref());
        self.say_finding(ElementKind::Topic, label, node, &topic, said, found);
        for _ in 0..self.rng.usize(1..=3) {
            let plain = self.of_theme(theme, |t| &t.plain);
            if !said.contains(&plain) {
                said.push(plain);
            }
            let line = self.of_theme(theme, |t| &t.emotions);
            if let [node, intensity, sentence] = line.splitn(3, '|').collect::<Vec<_>>()[..] {
                let node = Some(NodeId::new(node.to_owned()));
                let label = name_of(self.emotions, node.as_ref());
                let strength = intensity.parse::<i64>().unwrap_or(3) + self.rng.i64(-1..=1);
                if self.say_finding(ElementKind::Emotion, label, node, sentence, said, found)
                    && let Some(last) = found.last_mut()
                {
                    last.intensity = Some(Intensity::clamped(strength));
                }
            }
        }
        let kinds: [(ElementKind, u8, LinesOf); 3] = [
            (ElementKind::Insight, 60, |t| &t.insights),
            (ElementKind::Challenge, 50, |t| &t.challenges),
            (ElementKind::Action, 55, |t| &t.actions),
        ];
        if self.rng.u8(0..100) < 40 {
            let line = self.of_theme(theme, |t| &t.beliefs);
            if let [stance, label, sentence] = line.splitn(3, '|').collect::<Vec<_>>()[..] {
                let stance = stance.parse().ok();
                if self.say_finding(
                    ElementKind::Belief,
                    label.to_owned(),
                    None,
                    sentence,
                    said,
                    found,
                ) && let Some(last) = found.last_mut()
                {
                    last.stance = stance;
                }
            }
        }
        for (kind, percent, of) in kinds {
            if self.rng.u8(0..100) >= percent {
                continue;
            }
            let line = self.of_theme(theme, of);
            if let Some((label, sentence)) = line.split_once('|') {
                self.say_finding(kind, label.to_owned(), None, sentence, said, found);
            }
        }
    }

    /// Says a sentence in which something is found; `false` when it was said already.
    fn say_finding(
        &self,
        kind: ElementKind,
        label: String,
        taxonomy: Option<NodeId>,
        sentence: &str,
        said: &mut Vec<String>,
        found: &mut Vec<Finding>,
    ) -> bool {
        let (sentence, quote) = unbracketed(sentence);
        let Some(quote) = quote.filter(|_| !said.contains(&sentence)) else { return false };
        found.push(Finding {
            kind,
            label,
            taxonomy,
            intensity: None,
            stance: None,
            quote,
            sentence: said.len(),
        });
        said.push(sentence);
        true
    }

    fn day(&mut self) -> Day {
        let at = self.moment();
        let source = match self.rng.u8(0..100) {
            0..78 => Source::Microphone,
            78..93 => Source::Text,
            _ => Source::Audio,
        };
        let (mut said, mut found) = (vec![self.one(|s| &s.openings)], Vec::new());
        let first = self.rng.usize(0..self.sentences.themes.len());
        self.say(first, &mut said, &mut found);
        if self.rng.u8(0..100) < 45 {
            let second = self.rng.usize(0..self.sentences.themes.len());
            if second != first {
                self.say(second, &mut said, &mut found);
            }
        }
        said.push(self.one(|s| &s.closings));
        let transcript = match source {
            Source::Text => Transcript::from_text(1, Some("en".to_owned()), said.join(" ")),
            _ => Transcript::from_speech(
                1,
                Some("en".to_owned()),
                Some("base.en".to_owned()),
                self.spoken(&said),
            ),
        };
        let duration_ms = transcript.segments.last().and_then(|s| s.time).map(|t| t.end_ms + 400);
        let run = self.run(at);
        let session = NewSession {
            id: SessionId::new(self.uuid(at)),
            title: self.of_theme(first, |t| &t.titles),
            title_generated: true,
            recorded_at: Timestamp::from_second(at.as_second()).unwrap_or(at),
            time_zone: self.zone.iana_name().unwrap_or("UTC").to_owned(),
            source,
            language: Some("en".to_owned()),
            duration_ms,
            capture: CaptureState::Finished,
        };
        let run = Run { session: session.id, ..run };
        let elements = self.elements(&found, &said, &transcript, run.id, at);
        let relationships = self.relationships(&elements, run.id, at);
        let mut tags = Vec::new();
        if let Some(theme) = self.sentences.themes.get(first)
            && self.rng.u8(0..100) < 70
        {
            tags.extend(self.rng.choice(&theme.tags).cloned());
        }
        if source == Source::Text && self.rng.bool() {
            tags.push("letters".to_owned());
        }
        Day {
            session,
            transcript,
            run,
            elements,
            relationships,
            tags,
            favourite: self.rng.u8(0..100) < 8,
            recovered: source == Source::Microphone && self.rng.u8(0..100) < 2,
        }
    }

    fn run(&mut self, at: Timestamp) -> Run {
        let hash = "0".repeat(64);
        Run {
            id: RunId::new(self.uuid(at)),
            session: SessionId::new(Uuid::nil()),
            transcript_revision: 1,
            analyser: AnalyserIdentity {
                provider: "on-device".to_owned(),
                model: "elements.v1".to_owned(),
                prompt_version: "1".to_owned(),
                prompt_hash: hash,
                taxonomy_version: "emotions.v1+topics.v1".to_owned(),
            },
            started_at: at + SignedDuration::from_mins(8),
            duration_ms: self.rng.u64(200..1500),
            tokens_in: 0,
            tokens_out: 0,
            cost_usd: None,
            rejected: 0,
            holes: Vec::new(),
            substitutes: Vec::new(),
            reused: Default::default(),
        }
    }

    /// Sentences as a recogniser gives them, at the pace of somebody who thinks while speaking.
    fn spoken(&mut self, said: &[String]) -> Vec<SpokenSegment> {
        let mut ms = self.rng.u64(300..900);
        let mut segments = Vec::with_capacity(said.len());
        for sentence in said {
            let start_ms = ms;
            let mut words = Vec::new();
            for word in sentence.split_whitespace() {
                let length = 110 + 48 * word.chars().count() as u64 + self.rng.u64(0..90);
                words.push(Word {
                    text: word.to_owned(),
                    start_ms: ms,
                    end_ms: ms + length,
                    probability: 0.7 + 0.3 * self.rng.f32(),
                });
                ms += length + self.rng.u64(20..110);
            }
            segments.push(SpokenSegment {
                text: sentence.clone(),
                start_ms,
                end_ms: ms,
                probability: 0.8 + 0.2 * self.rng.f32(),
                words,
                repeated: false,
            });
            ms += self.rng.u64(350..1600);
        }
        segments
    }

    fn elements(
        &mut self,
        found: &[Finding],
        said: &[String],
        transcript: &Transcript,
        run: RunId,
        at: Timestamp,
    ) -> Vec<Element> {
        let text = IndexedText::new(&transcript.text);
        let mut starts = Vec::with_capacity(said.len());
        let mut start = 0;
        for sentence in said {
            starts.push(start);
            start += sentence.chars().count() + 1;
        }
        let mut elements = Vec::with_capacity(found.len());
        for it in found {
            let Some(offset) = starts.get(it.sentence) else { continue };
            let span = CharSpan { start: offset + it.quote.0, end: offset + it.quote.1 };
            let Some(quote) = text.slice(span) else { continue };
            let is_action = it.kind == ElementKind::Action;
            let status = match self.rng.u8(0..100) {
                0..55 => ActionStatus::Open,
                55..90 => ActionStatus::Done,
                _ => ActionStatus::Dropped,
            };
            let due = at
                .to_zoned_datetime(self.zone.clone())
                .date()
                .checked_add(jiff::Span::new().days(self.rng.i64(2..30)));
            let has_due = is_action && self.rng.u8(0..100) < 30;
            let repaired = self.rng.u8(0..100) < 6;
            elements.push(Element {
                id: ElementId::new(self.uuid(at)),
                run,
                kind: it.kind,
                label: it.label.clone(),
                taxonomy: it.taxonomy.clone(),
                intensity: it.intensity,
                confidence: 0.55 + 0.4 * self.rng.f32(),
                stance: it.stance,
                status: is_action.then_some(status),
                due: due.ok().filter(|_| has_due),
                evidence: vec![Evidence {
                    span,
                    quote: quote.to_owned(),
                    time: transcript.time_of(span),
                    state: if repaired { EvidenceState::Repaired } else { EvidenceState::Verified },
                }],
                corrected: false,
                found_by: None,
            });
        }
        elements
    }

    /// Feelings are about the topic before them, an action addresses the challenge before it.
    fn relationships(
        &mut self,
        elements: &[Element],
        run: RunId,
        at: Timestamp,
    ) -> Vec<Relationship> {
        let mut links = Vec::new();
        for (position, element) in elements.iter().enumerate() {
            let (kind, wanted) = match element.kind {
                ElementKind::Emotion => (RelationshipKind::About, ElementKind::Topic),
                ElementKind::Action => (RelationshipKind::Addresses, ElementKind::Challenge),
                ElementKind::Insight => (RelationshipKind::LeadsTo, ElementKind::Emotion),
                _ => continue,
            };
            let before = elements.iter().take(position).rev().find(|it| it.kind == wanted);
            let Some(before) = before.filter(|_| self.rng.u8(0..100) < 60) else { continue };
            let (from, to) = match kind {
                RelationshipKind::LeadsTo => (before.id, element.id),
                _ => (element.id, before.id),
            };
            links.push(Relationship {
                id: RelationshipId::new(self.uuid(at)),
                run,
                from,
                to,
                kind,
                confidence: 0.5 + 0.4 * self.rng.f32(),
                evidence: element.evidence.clone(),
            });
        }
        links
    }
}

impl Iterator for Maker {
    type Item = Day;

    fn next(&mut self) -> Option<Day> {
        if self.n_made >= self.options.sessions {
            return None;
        }
        let day = self.day();
        self.n_made += 1;
        Some(day)
    }
}

fn name_of(tree: &Taxonomy, node: Option<&NodeId>) -> String {
    let name = node.and_then(|id| tree.nodes.iter().find(|it| it.id == *id));
    name.map(|it| it.name.clone()).unwrap_or_default()
}
