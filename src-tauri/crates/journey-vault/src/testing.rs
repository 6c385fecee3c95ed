//! What the tests of this crate share: ports that repeat themselves, and small vaults.

use crate::{
    NewRun, NewTranscript, Vault, VaultError, VaultKeys, VaultPorts,
    table::{column, sessions::NewSession},
};
use jiff::{Timestamp, tz::TimeZone};
use journey_domain::{
    analysis::AnalyserIdentity,
    element::{Element, ElementKind, Evidence, EvidenceState, Relationship, RelationshipKind},
    ids::{ElementId, RelationshipId, RunId, SessionId},
    ports::{Clock, Ids, Random},
    run::Run,
    session::{CaptureState, Source},
    text::IndexedText,
    transcript::Transcript,
};
use std::{
    path::Path,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use uuid::Uuid;

/// A process that is being started has copies of the others' file locks for a moment.
static STARTING: RwLock<()> = RwLock::new(());

/// Held while another process is started.
pub(crate) fn starting_a_process() -> impl Drop {
    STARTING.write().unwrap_or_else(PoisonError::into_inner)
}

/// Held by a test that takes a file lock again that it has just let go.
pub(crate) fn while_no_process_starts() -> impl Drop {
    STARTING.read().unwrap_or_else(PoisonError::into_inner)
}

/// 2026-01-01T00:00:00Z in microseconds.
pub(crate) const NEW_YEAR: i64 = 1_767_225_600_000_000;

/// A clock that moves a millisecond each time it is asked.
pub(crate) struct SteppingClock(AtomicI64);

impl SteppingClock {
    pub(crate) fn skip(&self, by: Duration) {
        self.0.fetch_add(by.as_micros() as i64, Ordering::Relaxed);
    }
}

impl Clock for SteppingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.fetch_add(1_000, Ordering::Relaxed)).unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed) as u64)
    }

    fn time_zone(&self) -> TimeZone {
        TimeZone::UTC
    }
}

/// Ids that count up in their first eight digits.
struct CountingIds(AtomicU64);

impl Ids for CountingIds {
    fn next(&self) -> Uuid {
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u128(u128::from(n) << 96 | 0x7000_8000_0000_0000_0000)
    }
}

/// Bytes that never repeat within a test, and mean nothing.
pub(crate) struct CountingRandom(AtomicU64);

impl CountingRandom {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(1))
    }
}

impl Random for CountingRandom {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            let n = self.0.fetch_add(1, Ordering::Relaxed);
            *byte = (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8;
        }
    }
}

pub(crate) fn keys() -> VaultKeys {
    VaultKeys::from_bytes([0x5A; 32], [0xC3; 32])
}

pub(crate) fn ports_from(first_id: u64) -> (VaultPorts, Arc<SteppingClock>) {
    let clock = Arc::new(SteppingClock(AtomicI64::new(NEW_YEAR)));
    let ports = VaultPorts {
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ids: Arc::new(CountingIds(AtomicU64::new(first_id))),
        random: Arc::new(CountingRandom::new()),
    };
    (ports, clock)
}

pub(crate) fn ports() -> VaultPorts {
    ports_from(0x0190_0000).0
}

/// An empty vault in a folder that goes away with it.
pub(crate) struct TestVault {
    pub(crate) vault: Vault,
    pub(crate) clock: Arc<SteppingClock>,
    pub(crate) dir: TempDir,
}

impl TestVault {
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let (ports, clock) = ports_from(0x0190_0000);
        let vault = Vault::create(dir.path(), &keys(), ports).unwrap();
        Self { vault, clock, dir }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A session that was said `seconds` after the new year.
    pub(crate) fn session(&self, title: &str, seconds: i64) -> SessionId {
        let new = new_session(self.id(), title, seconds);
        self.write(|write| write.sessions().create(&new));
        new.id
    }

    /// A session with a transcript.
    pub(crate) fn spoken(&self, title: &str, seconds: i64, text: &str) -> SessionId {
        let session = self.session(title, seconds);
        self.transcribe(session, text);
        session
    }

    pub(crate) fn transcribe(&self, session: SessionId, text: &str) -> u32 {
        let transcript = Transcript::from_text(1, Some("en".into()), text.into());
        self.write(|write| {
            write.store_transcript(&NewTranscript {
                session,
                transcript: &transcript,
                holes: &[],
                job: None,
                anchors: None,
            })
        })
    }

    /// A run over the newest transcript that finds each quote, labelled as given; accepted.
    pub(crate) fn analyse(
        &self,
        session: SessionId,
        found: &[(ElementKind, &str, &str)],
    ) -> (RunId, Vec<Element>) {
        let transcript =
            self.read(|read| read.transcripts().current(session)).expect("a transcript");
        let run = self.run(session, transcript.revision);
        let elements: Vec<Element> = found
            .iter()
            .map(|(kind, label, quote)| {
                element(ElementId::new(self.uuid()), run.id, *kind, label, &transcript.text, quote)
            })
            .collect();
        let relationships: Vec<Relationship> = elements
            .windows(2)
            .map(|pair| Relationship {
                id: RelationshipId::new(self.uuid()),
                run: run.id,
                from: pair[0].id,
                to: pair[1].id,
                kind: RelationshipKind::About,
                confidence: 0.5,
                evidence: pair[0].evidence.clone(),
            })
            .collect();
        self.write(|write| {
            write.store_run(&NewRun {
                run: &run,
                elements: &elements,
                relationships: &relationships,
                accept: true,
                job: None,
            })
        });
        (run.id, elements)
    }

    pub(crate) fn run(&self, session: SessionId, transcript_revision: u32) -> Run {
        Run {
            id: RunId::new(self.uuid()),
            session,
            transcript_revision,
            analyser: AnalyserIdentity {
                provider: "on-device".into(),
                model: "test".into(),
                prompt_version: "1".into(),
                prompt_hash: "00".into(),
                taxonomy_version: "emotions.v1+topics.v1".into(),
            },
            started_at: self.clock.now(),
            duration_ms: 5,
            tokens_in: 1,
            tokens_out: 2,
            cost_usd: Some(0.25),
            rejected: 3,
            holes: Vec::new(),
            substitutes: Vec::new(),
            reused: Default::default(),
        }
    }

    pub(crate) fn uuid(&self) -> Uuid {
        let n = self.clock.now().as_microsecond() as u128;
        Uuid::from_u128(n << 64 | 0x7000_8000_0000_0000_0000)
    }

    fn id(&self) -> SessionId {
        SessionId::new(self.uuid())
    }

    /// How the database means to answer a question of so many parameters.
    #[track_caller]
    pub(crate) fn plan(&self, sql: &str, n_params: usize) -> Vec<String> {
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        let params: Vec<&dyn rusqlite::ToSql> = vec![&1; n_params];
        self.write(|write| column::rows(write.conn(), &sql, &params, |row| row.get(3)))
    }

    #[track_caller]
    pub(crate) fn read<T>(&self, ask: impl FnOnce(&crate::Read<'_>) -> Result<T, VaultError>) -> T {
        self.vault.read(ask).unwrap()
    }

    #[track_caller]
    pub(crate) fn write<T>(
        &self,
        change: impl FnOnce(&crate::Write<'_>) -> Result<T, VaultError>,
    ) -> T {
        self.vault.write(change).unwrap()
    }
}

pub(crate) fn new_session(id: SessionId, title: &str, seconds: i64) -> NewSession {
    NewSession {
        id,
        title: title.into(),
        title_generated: true,
        recorded_at: Timestamp::from_microsecond(NEW_YEAR + seconds * 1_000_000).unwrap(),
        time_zone: "Europe/Berlin".into(),
        source: Source::Text,
        language: None,
        duration_ms: None,
        capture: CaptureState::Finished,
    }
}

/// An element whose evidence is where `quote` first stands in `text`.
pub(crate) fn element(
    id: ElementId,
    run: RunId,
    kind: ElementKind,
    label: &str,
    text: &str,
    quote: &str,
) -> Element {
    let at = text.find(quote).expect("the quote stands in the text");
    let span = IndexedText::new(text).span_of_bytes(at, at + quote.len()).unwrap();
    Element {
        id,
        run,
        kind,
        label: label.into(),
        taxonomy: None,
        intensity: None,
        confidence: 0.5,
        stance: None,
        status: None,
        due: None,
        evidence: vec![Evidence {
            span,
            quote: quote.into(),
            time: None,
            state: EvidenceState::Verified,
        }],
        corrected: false,
        found_by: None,
    }
}

/// Every file below `dir` with its content.
pub(crate) fn files(dir: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// Who may do what with a file, as `ls` numbers it.
pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}
