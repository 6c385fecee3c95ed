//! Writing a sealed file, chunk after chunk.

use super::{
    MediaError, MediaFile,
    container::{Content, Head, Header, Kind, MAX_CONTENT, RECOVERY_EPOCH, seal},
    storage::Storage,
    syncing::{PATIENCE, Syncing},
};
use chacha20poly1305::ChaCha20Poly1305;
use journey_domain::{
    ports::{Random, SegmentSink, SinkError},
    timeline::Mark,
};
use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    sync::Arc,
};

/// Samples of the longest chunk.
const MAX_SAMPLES: usize = MAX_CONTENT / 2;

/// The end of a file that is being written.
pub(super) struct Tail {
    storage: Arc<dyn Storage>,
    cipher: ChaCha20Poly1305,
    /// Bytes that are whole chunks.
    end: u64,
    sequence: u32,
    epoch: u32,
    position: u64,
    /// Whether a part of a chunk may lie behind `end`.
    torn: bool,
    /// Whether the end chunk is written.
    ended: bool,
    buffer: Vec<u8>,
}

impl Tail {
    /// Makes the file with its header, durably.
    pub(super) fn create(
        file: &MediaFile<'_>,
        content: Content,
        random: &dyn Random,
    ) -> Result<Self, MediaError> {
        let storage =
            OpenOptions::new().create_new(true).write(true).mode(0o600).open(&file.path)?;
        let tail = Self::begin(Arc::new(storage), file, content, random).inspect_err(|_| {
            // Best effort: a file without a header is swept later.
            drop(fs::remove_file(&file.path));
        })?;
        if let Some(dir) = file.path.parent() {
            File::open(dir)?.sync_all()?;
        }
        Ok(tail)
    }

    /// Writes the header to an empty file.
    pub(super) fn begin(
        storage: Arc<dyn Storage>,
        file: &MediaFile<'_>,
        content: Content,
        random: &dyn Random,
    ) -> Result<Self, MediaError> {
        let mut salt = [0; 16];
        random.fill(&mut salt);
        let header = Header::new(content, file.recording, salt);
        let cipher = header.cipher(file.key)?;
        let bytes = header.encode();
        write_all(&*storage, &bytes, 0)?;
        storage.sync_all()?;
        Ok(Self {
            storage,
            cipher,
            end: bytes.len() as u64,
            sequence: 0,
            epoch: 0,
            position: 0,
            torn: false,
            ended: false,
            buffer: Vec::new(),
        })
    }

    /// Goes on behind the last whole chunk, to write the end that is missing.
    pub(super) fn resume(
        storage: Arc<dyn Storage>,
        cipher: ChaCha20Poly1305,
        end: u64,
        sequence: u32,
        position: u64,
    ) -> Self {
        Self {
            storage,
            cipher,
            end,
            sequence,
            epoch: RECOVERY_EPOCH,
            position,
            torn: true,
            ended: false,
            buffer: Vec::new(),
        }
    }

    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// Appends chunks in one call to the operating system, or nothing.
    pub(super) fn append<'a>(
        &mut self,
        chunks: impl IntoIterator<Item = Piece<'a>>,
    ) -> Result<(), MediaError> {
        self.mend()?;
        self.buffer.clear();
        let (mut sequence, mut position) = (self.sequence, self.position);
        for piece in chunks {
            let head = Head {
                kind: piece.kind(),
                len: u32::try_from(piece.len()).map_err(|_| MediaError::Seal)?,
                sequence,
                epoch: self.epoch,
                position,
            };
            seal(&self.cipher, &head, &mut self.buffer, |out| piece.fill(out))?;
            sequence = sequence.checked_add(1).ok_or(MediaError::Seal)?;
            position += head.advance();
        }
        if let Err(error) = write_all(&*self.storage, &self.buffer, self.end) {
            // What lies there was sealed with this epoch; it may not be sealed otherwise again.
            self.epoch += u32::from(self.epoch < RECOVERY_EPOCH - 1);
            self.torn = true;
            // Best effort: the next append mends it first.
            drop(self.mend());
            return Err(error.into());
        }
        self.end += self.buffer.len() as u64;
        (self.sequence, self.position) = (sequence, position);
        Ok(())
    }

    /// Cuts off what a failed write left.
    fn mend(&mut self) -> io::Result<()> {
        if self.torn {
            self.storage.set_len(self.end)?;
            self.torn = false;
        }
        Ok(())
    }

    /// Writes the end chunk, durably.
    pub(super) fn finish(&mut self) -> Result<(), MediaError> {
        if !self.ended {
            self.append([Piece::End])?;
            self.ended = true;
        }
        Ok(self.storage.sync_all()?)
    }
}

/// The content of a chunk to be written.
#[derive(Clone, Copy)]
pub(super) enum Piece<'a> {
    Samples(&'a [i16]),
    Mark(&'a [u8]),
    Bytes(&'a [u8]),
    End,
}

impl Piece<'_> {
    const fn kind(&self) -> Kind {
        match self {
            Self::Samples(_) => Kind::Samples,
            Self::Mark(_) => Kind::Mark,
            Self::Bytes(_) => Kind::Bytes,
            Self::End => Kind::End,
        }
    }

    const fn len(&self) -> usize {
        match self {
            Self::Samples(samples) => samples.len() * 2,
            Self::Mark(bytes) | Self::Bytes(bytes) => bytes.len(),
            Self::End => 0,
        }
    }

    fn fill(&self, out: &mut Vec<u8>) {
        match self {
            Self::Samples(samples) => out.extend(samples.iter().flat_map(|it| it.to_le_bytes())),
            Self::Mark(bytes) | Self::Bytes(bytes) => out.extend_from_slice(bytes),
            Self::End => {}
        }
    }
}

fn write_all(storage: &dyn Storage, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match storage.write_at(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n_written) => {
                bytes = bytes.get(n_written..).unwrap_or_default();
                offset += n_written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Writes captured samples and marks: each append is sealed and handed to the operating system at
/// once. Syncing goes on beside it.
pub struct SegmentWriter {
    tail: Tail,
    syncing: Option<Syncing>,
    marks: Vec<Mark>,
    finished: bool,
}

impl SegmentWriter {
    pub(crate) fn create(file: &MediaFile<'_>, random: &dyn Random) -> Result<Self, MediaError> {
        Ok(Self::new(Tail::create(file, Content::Samples, random)?))
    }

    pub(super) const fn new(tail: Tail) -> Self {
        Self { tail, syncing: None, marks: Vec::new(), finished: false }
    }

    /// How many samples have been appended.
    #[must_use]
    pub const fn n_samples(&self) -> u64 {
        self.tail.position()
    }

    /// The marks so far.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    const fn check_open(&self) -> Result<(), SinkError> {
        if self.finished { Err(SinkError::Seal) } else { Ok(()) }
    }
}

impl SegmentSink for SegmentWriter {
    fn append(&mut self, samples: &[i16]) -> Result<(), SinkError> {
        self.check_open()?;
        if samples.is_empty() {
            return Ok(());
        }
        Ok(self.tail.append(samples.chunks(MAX_SAMPLES).map(Piece::Samples))?)
    }

    fn mark(&mut self, mark: &Mark) -> Result<(), SinkError> {
        self.check_open()?;
        let json = serde_json::to_vec(mark).map_err(|_| SinkError::Seal)?;
        self.tail.append([Piece::Mark(&json)])?;
        self.marks.push(mark.clone());
        Ok(())
    }

    fn sync(&mut self) -> Result<bool, SinkError> {
        let syncing = match self.syncing.take() {
            Some(syncing) => syncing,
            None => Syncing::start(Arc::clone(&self.tail.storage), PATIENCE)
                .map_err(MediaError::from)?,
        };
        Ok(self.syncing.insert(syncing).ask(self.tail.end).map_err(MediaError::from)?)
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        self.check_open()?;
        // The operating system reports a failed sync once: this is the last moment to tell of it.
        self.syncing.take().map_or(Ok(()), Syncing::end).map_err(MediaError::from)?;
        self.tail.finish()?;
        self.finished = true;
        Ok(())
    }
}
