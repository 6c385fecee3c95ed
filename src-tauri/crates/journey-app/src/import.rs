//! Files of sound, film, text and subtitles, and what a person writes, as sessions.

use crate::{
    App,
    access::Unlocked,
    app::io_error,
    error::{CommandError, Result},
    open_vault::OpenVault,
    record::RecordingLock,
    review, title,
    views::{SessionView, WarningView},
};
use jiff::{Timestamp, tz::TimeZone};
use journey_domain::{
    error_code::ErrorCode,
    ids::SessionId,
    job::{JobKind, JobOrder},
    ports::{CancelToken, SegmentSink},
    session::{CaptureState, Hole, HoleStage, Source},
    timeline::SAMPLES_PER_MS,
    transcript::Transcript,
};
use journey_speech::{
    decode::{self, DecodeError, MediaInfo},
    text_import::{self, RecordedAt, TextKind},
};
use journey_vault::{
    NewTranscript, VaultError,
    table::{
        recordings::{RecordingKind, RecordingState},
        sessions::NewSession,
    },
};
use rustix::fs::OFlags;
use std::{
    cell::Cell,
    fs::{File, OpenOptions},
    io::{self, Read, Seek},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

/// Largest text file, in bytes; the limit of [`text_import`].
const MAX_TEXT_BYTES: u64 = 20_000_000;

/// How an import is to be done.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Its title; else the beginning of what was said.
    pub title: Option<String>,
    /// When it was said; else the file's own date.
    pub recorded_at: Option<Timestamp>,
    /// Where, by a zone that has a name; else here.
    pub zone: Option<TimeZone>,
    /// Whether an analysis follows.
    pub analyse: bool,
}

/// What a file is, by its name. The content decides in the end.
enum FileKind {
    Text(TextKind),
    Media { extension: Option<String> },
}

fn kind_of(path: &Path) -> FileKind {
    let extension = path.extension().and_then(|e| e.to_str()).map(str::to_lowercase);
    match extension.as_deref().and_then(TextKind::from_extension) {
        Some(kind) => FileKind::Text(kind),
        None => FileKind::Media { extension },
    }
}

impl App {
    /// Imports one file and works on it to the end.
    ///
    /// # Errors
    /// One clear sentence for a file that cannot be read; nothing of it is kept then.
    pub fn import(
        &self,
        me: &Unlocked,
        path: &Path,
        options: &ImportOptions,
        cancel: &CancelToken,
    ) -> Result<(SessionView, Vec<WarningView>)> {
        let (id, warnings) = self.take_in(&me.open, path, options, cancel)?;
        self.finish_jobs(&me.open, id, cancel)?;
        Ok((self.view(me, id)?, warnings))
    }

    /// Imports one file as a session with its jobs queued.
    pub(crate) fn take_in(
        &self,
        open: &OpenVault,
        path: &Path,
        options: &ImportOptions,
        cancel: &CancelToken,
    ) -> Result<(SessionId, Vec<WarningView>)> {
        self.take_in_telling(open, path, options, cancel, &|_| {})
    }

    /// The same with a listener for how much of the file is read, 0 to 1, where its length is known.
    pub(crate) fn take_in_telling(
        &self,
        open: &OpenVault,
        path: &Path,
        options: &ImportOptions,
        cancel: &CancelToken,
        told: &dyn Fn(f32),
    ) -> Result<(SessionId, Vec<WarningView>)> {
        // Opening a pipe would else wait for ever for somebody to write into it.
        let mut file = OpenOptions::new()
            .read(true)
            .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
            .open(path)
            .map_err(|error| io_error(&error, "reading the file"))?;
        let metadata = file.metadata().map_err(|error| io_error(&error, "reading the file"))?;
        if !metadata.is_file() {
            return Err(CommandError::new(ErrorCode::BadFile, "this is not a file")
                .hint("Name the files themselves, not their folder."));
        }
        let modified = metadata.modified().ok().and_then(|t| Timestamp::try_from(t).ok());
        let taken = match kind_of(path) {
            FileKind::Text(kind) => {
                let mut bytes = Vec::new();
                (&mut file)
                    .take(MAX_TEXT_BYTES + 1)
                    .read_to_end(&mut bytes)
                    .map_err(|error| io_error(&error, "reading the file"))?;
                self.take_text(open, &bytes, kind, options, modified)
            }
            FileKind::Media { extension } => {
                self.take_media(open, file, extension.as_deref(), options, modified, (cancel, told))
            }
        };
        if taken.is_ok() {
            self.announce_list();
        }
        taken
    }

    fn take_text(
        &self,
        open: &OpenVault,
        bytes: &[u8],
        kind: TextKind,
        options: &ImportOptions,
        modified: Option<Timestamp>,
    ) -> Result<(SessionId, Vec<WarningView>)> {
        let imported = text_import::read_text(bytes, kind).map_err(|error| {
            let it = CommandError::new(error.code(), error.to_string());
            match error.hint() {
                Some(hint) => it.hint(hint),
                None => it,
            }
        })?;
        let own_date = imported.recorded_at.and_then(|at| self.moment(at));
        let recorded_at = options.recorded_at.or(own_date).or(modified);
        let id = self.store_text(open, &imported.transcript, options, recorded_at)?;
        let warnings = imported
            .warnings
            .iter()
            .map(|w| WarningView { code: w.code().to_owned(), message: w.to_string() })
            .collect();
        Ok((id, warnings))
    }

    /// A written reflection, worked on to the end.
    ///
    /// # Errors
    /// A usage error for an empty text.
    pub fn write(
        &self,
        me: &Unlocked,
        text: &str,
        title: Option<&str>,
        cancel: &CancelToken,
    ) -> Result<SessionView> {
        let id = self.take_written(&me.open, text, title)?;
        self.finish_jobs(&me.open, id, cancel)?;
        self.view(me, id)
    }

    /// A written reflection as a session with its analysis queued.
    pub(crate) fn take_written(
        &self,
        open: &OpenVault,
        text: &str,
        title: Option<&str>,
    ) -> Result<SessionId> {
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        if text.trim().is_empty() {
            return Err(CommandError::usage("there is nothing in it").hint("Write a few words."));
        }
        let options = ImportOptions {
            title: title.map(ToOwned::to_owned),
            analyse: true,
            ..Default::default()
        };
        let transcript = Transcript::from_text(1, None, text);
        self.store_text(open, &transcript, &options, None)
    }

    fn moment(&self, at: RecordedAt) -> Option<Timestamp> {
        match at {
            RecordedAt::Moment(moment) => Some(moment),
            RecordedAt::Local(local) => {
                local.to_zoned_datetime(self.ports().clock.time_zone()).ok().map(|z| z.timestamp())
            }
        }
    }

    fn store_text(
        &self,
        open: &OpenVault,
        transcript: &Transcript,
        options: &ImportOptions,
        recorded_at: Option<Timestamp>,
    ) -> Result<SessionId> {
        let new = self.new_session(Source::Text, options, recorded_at, Some(&transcript.text))?;
        let id = new.id;
        let analyses = options.analyse && self.analyses_unasked(open)?;
        let order = self.automatic_order(open)?;
        open.vault.write(|write| {
            write.sessions().create(&new)?;
            write.store_transcript(&NewTranscript {
                session: id,
                transcript,
                holes: &[],
                job: None,
                anchors: None,
            })?;
            if analyses {
                write.jobs().order(id, JobKind::Analyse, &order)?;
            }
            Ok::<_, VaultError>(())
        })?;
        Ok(id)
    }

    fn take_media(
        &self,
        open: &OpenVault,
        file: File,
        extension: Option<&str>,
        options: &ImportOptions,
        modified: Option<Timestamp>,
        watch: (&CancelToken, &dyn Fn(f32)),
    ) -> Result<(SessionId, Vec<WarningView>)> {
        let is_film = matches!(extension, Some("mp4" | "mov" | "mkv" | "webm" | "m4v"));
        // To the end, also of tidying up: nobody else takes this for an import that was killed.
        let _lock = RecordingLock::shared(open.vault.dir())?;
        let source = if is_film { Source::Video } else { Source::Audio };
        let mut new = self.new_session(source, options, options.recorded_at.or(modified), None)?;
        new.capture = CaptureState::Recording;
        let id = new.id;
        open.vault.write(|write| write.sessions().create(&new))?;
        let taken = self.decode_into(open, id, file, extension, is_film, options, watch);
        if taken.is_err() {
            // A file that could not be read leaves nothing behind; the file itself is the person's.
            open.vault.erase_session(id)?;
        }
        taken.map(|warnings| (id, warnings))
    }

    #[expect(clippy::too_many_arguments, reason = "one step of one use-case")]
    fn decode_into(
        &self,
        open: &OpenVault,
        session: SessionId,
        file: File,
        extension: Option<&str>,
        is_film: bool,
        options: &ImportOptions,
        (cancel, told): (&CancelToken, &dyn Fn(f32)),
    ) -> Result<Vec<WarningView>> {
        let (recording, mut writer) = open.vault.begin_recording(session)?;
        let mut media = None::<MediaInfo>;
        let mut failed = None;
        let claimed_ms = Cell::new(None::<u64>);
        let mut n_read: u64 = 0;
        let decoded = decode::decode_file(
            &self.ports().worker,
            &file,
            extension,
            &mut |info| {
                claimed_ms.set(info.claimed_ms);
                media = Some(info.clone());
            },
            &mut |block| {
                if failed.is_none() {
                    failed = writer.append(block).err();
                    if failed.is_some() {
                        cancel.cancel();
                    }
                }
                n_read += block.len() as u64;
                if let Some(whole) = claimed_ms.get().filter(|ms| *ms > 0) {
                    told(((n_read / SAMPLES_PER_MS) as f32 / whole as f32).min(1.0));
                }
            },
            cancel,
        );
        if let Some(error) = failed {
            return Err(sink_error(&error));
        }
        let decoded = decoded.map_err(|error| decode_error(&error))?;
        writer.finish().map_err(|error| sink_error(&error))?;
        let duration_ms = decoded.n_samples / SAMPLES_PER_MS;
        let holes = lost_part(decoded.coverage, duration_ms);
        let recorded_at = media
            .and_then(|m| m.recorded_unix_s)
            .filter(|_| options.recorded_at.is_none())
            .and_then(|s| Timestamp::from_second(s).ok());
        if !is_film {
            keep_original(open, session, file, extension)?;
        }
        open.vault.write(|write| {
            write.recordings().seal(
                recording.id,
                RecordingState::Finished,
                decoded.n_samples,
                0,
                &[],
            )?;
            write.sessions().set_capture(
                session,
                CaptureState::Finished,
                Some(holes.first().map_or(duration_ms, |hole| hole.end_ms)),
                &holes,
            )?;
            if let Some(at) = recorded_at {
                write.sessions().set_recorded_at(session, at)?;
            }
            let order = JobOrder { leaves_unanalysed: !options.analyse, ..JobOrder::default() };
            write.jobs().order(session, JobKind::Transcribe, &order)?;
            Ok::<_, VaultError>(())
        })?;
        let warnings = decoded
            .warning
            .map(|message| WarningView { code: "damaged_media".to_owned(), message });
        Ok(warnings.into_iter().collect())
    }

    pub(crate) fn new_session(
        &self,
        source: Source,
        options: &ImportOptions,
        recorded_at: Option<Timestamp>,
        text: Option<&str>,
    ) -> Result<NewSession> {
        let clock = &self.ports().clock;
        let zone = options.zone.clone().unwrap_or_else(|| clock.time_zone());
        let recorded_at = to_the_second(recorded_at.unwrap_or_else(|| clock.now()));
        let chosen = options.title.as_deref().map(review::title).transpose()?;
        let made = || {
            text.map_or_else(
                || title::from_day(recorded_at, &zone),
                |text| title::from_text(text, recorded_at, &zone),
            )
        };
        Ok(NewSession {
            id: SessionId::new(self.ports().ids.next()),
            title_generated: chosen.is_none(),
            title: chosen.unwrap_or_else(made),
            recorded_at,
            time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
            source,
            language: None,
            duration_ms: None,
            capture: CaptureState::Finished,
        })
    }
}

/// People say when in seconds at best.
fn to_the_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// A container that claims more than a week is broken, and its claim is worth no more than that.
const LONGEST_CLAIM_MS: u64 = 7 * 24 * 3_600_000;

/// A file that ended early leaves a hole as long as what its container promised.
fn lost_part(coverage: f64, duration_ms: u64) -> Vec<Hole> {
    if coverage >= 0.995 {
        return Vec::new();
    }
    let whole_ms = (duration_ms as f64 / coverage) as u64;
    let whole_ms = whole_ms.min(LONGEST_CLAIM_MS).max(duration_ms + 1);
    vec![Hole {
        stage: HoleStage::Capture,
        start_ms: duration_ms,
        end_ms: whole_ms,
        start: 0,
        end: 0,
        reason: "the file is damaged or cut off there".to_owned(),
    }]
}

/// The file as it came, sealed: of imports the original is kept.
fn keep_original(
    open: &OpenVault,
    session: SessionId,
    mut file: File,
    extension: Option<&str>,
) -> Result<()> {
    let media_type = match extension {
        Some("mp3") => "audio/mpeg",
        Some("m4a" | "aac") => "audio/mp4",
        Some("flac") => "audio/flac",
        Some("ogg" | "oga" | "opus") => "audio/ogg",
        _ => "audio/wav",
    };
    let (recording, mut writer) =
        open.vault.begin_kept(session, RecordingKind::KeptOriginal, media_type)?;
    file.rewind()
        .and_then(|()| io::copy(&mut file, &mut writer))
        .map_err(|error| io_error(&error, "keeping the original"))?;
    let n_bytes = writer.finish().map_err(VaultError::from)?;
    open.vault.write(|write| {
        write.recordings().seal(recording.id, RecordingState::Finished, 0, n_bytes, &[])
    })?;
    Ok(())
}

pub(crate) fn sink_error(error: &journey_domain::ports::SinkError) -> CommandError {
    match error {
        journey_domain::ports::SinkError::DiskFull => {
            CommandError::new(ErrorCode::DiskFull, "the disk is full")
                .hint("Free some space; what was kept so far is safe.")
        }
        error => CommandError::new(ErrorCode::Io, error.to_string()),
    }
}

fn decode_error(error: &DecodeError) -> CommandError {
    let it = CommandError::new(error.code(), error.to_string());
    match error.hint() {
        Some(hint) => it.hint(hint),
        None => it,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_which_almost_nothing_could_be_read_has_a_hole_for_all_the_rest() {
        assert!(lost_part(1.0, 60_000).is_empty());
        let hole = |coverage, duration_ms| {
            let holes = lost_part(coverage, duration_ms);
            assert_eq!(holes.len(), 1);
            (holes[0].start_ms, holes[0].end_ms)
        };
        assert_eq!(hole(0.5, 60_000), (60_000, 120_000));
        assert_eq!(hole(0.001, 1_000), (1_000, 1_000_000));
        assert_eq!(hole(1e-12, 1_000), (1_000, LONGEST_CLAIM_MS));
        assert_eq!(hole(0.0, 0), (0, LONGEST_CLAIM_MS.min(1)));
    }
}
