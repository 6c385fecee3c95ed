//! The vault's media folder: which file belongs to which recording.

use super::{
    Vault, migrate,
    open::{MEDIA_DIR, make_dir, remove_if_there},
};
use crate::{
    VaultError, backup,
    media::{BlobReader, BlobWriter, MediaError, MediaFile, PcmReader, Recovered, SegmentWriter},
    table::recordings::{Recording, RecordingKind, RecordingState},
};
use journey_domain::ids::{RecordingId, SessionId};
use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

/// The media type of captured samples.
const PCM_MEDIA_TYPE: &str = "audio/x-pcm";

impl Vault {
    /// Begins a recording: its row, then its file. What is appended is sealed as it is written.
    ///
    /// After `finish`, [`RecordingsMut::seal`](crate::RecordingsMut::seal) notes what it holds.
    ///
    /// # Errors
    /// The failure of disk or database.
    pub fn begin_recording(
        &self,
        session: SessionId,
    ) -> Result<(Recording, SegmentWriter), VaultError> {
        let recording = self.begin(session, RecordingKind::Captured, PCM_MEDIA_TYPE)?;
        let file = self.file(&recording);
        let writer = SegmentWriter::create(&file, &*self.ports.random)
            .or_else(|error| self.not_begun(&recording, error))?;
        Ok((recording, writer))
    }

    /// Begins a kept file: a FLAC of what was captured, or an import's own audio track.
    ///
    /// After `finish`, [`RecordingsMut::seal`](crate::RecordingsMut::seal) notes what it holds.
    ///
    /// # Errors
    /// The failure of disk or database.
    pub fn begin_kept(
        &self,
        session: SessionId,
        kind: RecordingKind,
        media_type: &str,
    ) -> Result<(Recording, BlobWriter), VaultError> {
        let recording = self.begin(session, kind, media_type)?;
        let file = self.file(&recording);
        let writer = BlobWriter::create(&file, &*self.ports.random)
            .or_else(|error| self.not_begun(&recording, error))?;
        Ok((recording, writer))
    }

    /// Opens the samples of a captured recording. Anything missing or changed is an error.
    ///
    /// # Errors
    /// The media's failure.
    pub fn open_pcm(&self, recording: &Recording) -> Result<PcmReader, VaultError> {
        Ok(PcmReader::open(&self.file(recording))?)
    }

    /// Opens what can still be read of a damaged recording; the rest is silence, and listed.
    ///
    /// # Errors
    /// The media's failure.
    pub fn open_pcm_lenient(&self, recording: &Recording) -> Result<PcmReader, VaultError> {
        Ok(PcmReader::open_lenient(&self.file(recording))?)
    }

    /// Opens a kept file.
    ///
    /// # Errors
    /// The media's failure.
    pub fn open_kept(&self, recording: &Recording) -> Result<BlobReader, VaultError> {
        Ok(BlobReader::open(&self.file(recording))?)
    }

    /// Seals a recording that was being written when the program ended, and notes what it holds.
    ///
    /// Only for one that the database names as unfinished; a file that is missing or was cut before
    /// its first sample is an empty recording. What
    /// [`RecordingsMut::note`](crate::RecordingsMut::note) said of it is part of what it holds.
    ///
    /// # Errors
    /// [`VaultError::Refused`] for a recording that is not unfinished, or the media's failure.
    pub fn recover_recording(&self, id: RecordingId) -> Result<Recovered, VaultError> {
        let recording = self.read(|read| read.recordings().get(id))?;
        if recording.state != RecordingState::Writing || recording.kind != RecordingKind::Captured {
            return Err(VaultError::Refused("the recording is not an unfinished one"));
        }
        self.make_session_dir(&recording)?;
        let recovered = crate::media::recover(&self.file(&recording), &*self.ports.random)?
            .with_known(recording.n_samples, recording.marks);
        self.write(|write| {
            let (n_samples, marks) = (recovered.n_samples, recovered.marks.as_slice());
            write.recordings().seal(id, RecordingState::Recovered, n_samples, 0, marks)
        })?;
        Ok(recovered)
    }

    /// Removes what work that was killed left behind: copies of sound that were never finished, files
    /// of recordings that were forgotten, and the copy of the database that a backup is made from.
    /// Only while nobody begins a recording, keeps sound or writes a backup. Gives how many.
    ///
    /// # Errors
    /// The failure of disk or database.
    pub fn clear_leftovers(&self) -> Result<usize, VaultError> {
        let mut unfinished = self.read(|read| read.recordings().unfinished())?;
        unfinished.retain(|recording| recording.kind != RecordingKind::Captured);
        if !unfinished.is_empty() {
            self.write(|write| {
                unfinished.iter().try_for_each(|kept| write.recordings().forget(kept.id))
            })?;
        }
        Ok(usize::from(self.remove_snapshot()?) + self.sweep_media()?)
    }

    /// Removes the copy of the database that a killed backup left: it holds what was erased since.
    /// Only while no backup is written. Gives whether there was one.
    ///
    /// # Errors
    /// The failure of the disk.
    pub fn remove_snapshot(&self) -> Result<bool, VaultError> {
        let snapshot = backup::snapshot_path(&self.dir);
        let was_there = snapshot.try_exists()?;
        remove_if_there(&snapshot)?;
        let mut journal = snapshot.into_os_string();
        journal.push("-journal");
        remove_if_there(Path::new(&journal))?;
        Ok(was_there)
    }

    /// Removes files that no recording names, such as those of forgotten recordings. Not while a
    /// recording begins. Gives how many.
    ///
    /// # Errors
    /// The failure of disk or database.
    pub fn sweep_media(&self) -> Result<usize, VaultError> {
        let named = self.read(|read| read.recordings().files())?;
        let mut n_removed = 0;
        for folder in fs::read_dir(self.dir.join(MEDIA_DIR))? {
            let name = folder?.file_name();
            if let Some(session) = name.to_str().and_then(|name| name.parse().ok()) {
                n_removed += self.sweep_folder(session, named.get(&session))?;
            }
        }
        Ok(n_removed)
    }

    /// The same for one session.
    ///
    /// # Errors
    /// The failure of disk or database.
    pub fn sweep_session_media(&self, session: SessionId) -> Result<usize, VaultError> {
        let recordings = self.read(|read| read.recordings().of_session(session))?;
        let named: HashSet<u32> = recordings.iter().map(|recording| recording.number).collect();
        self.sweep_folder(session, Some(&named).filter(|named| !named.is_empty()))
    }

    fn sweep_folder(
        &self,
        session: SessionId,
        named: Option<&HashSet<u32>>,
    ) -> Result<usize, VaultError> {
        let folder = self.dir.join(MEDIA_DIR).join(session.to_string());
        let is_named = |number: u32| named.is_some_and(|named| named.contains(&number));
        let mut n_removed = 0;
        let files = match fs::read_dir(&folder) {
            // Somebody erased the session meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            files => files?,
        };
        for file in files {
            let path = file?.path();
            let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            if path.extension().is_some_and(|it| it == "seg") && !number.is_some_and(is_named) {
                remove_if_there(&path)?;
                n_removed += 1;
            }
        }
        if named.is_none() {
            // Fails where something else lies in it, which then stays.
            drop(fs::remove_dir(&folder));
        }
        Ok(n_removed)
    }

    fn begin(
        &self,
        session: SessionId,
        kind: RecordingKind,
        media_type: &str,
    ) -> Result<Recording, VaultError> {
        let id = RecordingId::new(self.ports.ids.next());
        let recording =
            self.write(|write| write.recordings().begin(id, session, kind, media_type))?;
        self.make_session_dir(&recording)?;
        // A number is given again when its recording was forgotten before the sweep.
        remove_if_there(&self.path(&recording))?;
        Ok::<_, VaultError>(recording)
    }

    /// Forgets a recording whose file could not be made.
    fn not_begun<T>(&self, recording: &Recording, error: MediaError) -> Result<T, VaultError> {
        self.write(|write| write.recordings().forget(recording.id))?;
        Err(error.into())
    }

    fn make_session_dir(&self, recording: &Recording) -> Result<(), VaultError> {
        let path = self.path(recording);
        let dir = path.parent().unwrap_or(&self.dir);
        if !dir.try_exists()? {
            make_dir(dir)?;
            migrate::sync_parent(dir)?;
        }
        Ok(())
    }

    fn file(&self, recording: &Recording) -> MediaFile<'_> {
        MediaFile { path: self.path(recording), key: &self.media_key, recording: recording.id }
    }

    /// `media/<session>/<number>.seg` in the vault's folder.
    fn path(&self, recording: &Recording) -> PathBuf {
        let folder = self.dir.join(MEDIA_DIR).join(recording.session.to_string());
        folder.join(format!("{}.seg", recording.number))
    }
}
