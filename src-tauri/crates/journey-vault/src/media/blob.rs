//! Sealed files of bytes: kept FLACs and imports' own audio tracks.

use super::{
    MediaError, MediaFile,
    container::{CHUNK_OVERHEAD, Content, HEADER_BYTES, Head, Kind, MAX_CONTENT},
    read::Sealed,
    write::{Piece, Tail},
};
use journey_domain::ports::Random;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Bytes of a full chunk.
const FULL_CHUNK: u64 = MAX_CONTENT as u64 + CHUNK_OVERHEAD;

/// Writes bytes, sealed in chunks of 64 KiB. Without [`BlobWriter::finish`] the file is not whole.
pub struct BlobWriter {
    tail: Tail,
    buffer: Vec<u8>,
}

impl BlobWriter {
    pub(crate) fn create(file: &MediaFile<'_>, random: &dyn Random) -> Result<Self, MediaError> {
        let tail = Tail::create(file, Content::Bytes, random)?;
        Ok(Self { tail, buffer: Vec::with_capacity(MAX_CONTENT) })
    }

    /// Writes what is left and the end, durably. Gives the length in bytes.
    ///
    /// # Errors
    /// [`MediaError::DiskFull`] or the disk's failure; it may be tried again.
    pub fn finish(&mut self) -> Result<u64, MediaError> {
        self.write_chunk()?;
        self.tail.finish()?;
        Ok(self.tail.position())
    }

    fn write_chunk(&mut self) -> Result<(), MediaError> {
        if !self.buffer.is_empty() {
            self.tail.append([Piece::Bytes(&self.buffer)])?;
            self.buffer.clear();
        }
        Ok(())
    }
}

impl Write for BlobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() >= MAX_CONTENT {
            self.write_chunk()?;
        }
        let n_taken = bytes.len().min(MAX_CONTENT - self.buffer.len());
        self.buffer.extend_from_slice(bytes.get(..n_taken).unwrap_or_default());
        Ok(n_taken)
    }

    /// Does nothing: only the last chunk may be shorter than the others.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads sealed bytes from any place, a chunk at a time.
pub struct BlobReader {
    sealed: Sealed,
    len: u64,
    position: u64,
    /// Which chunk is in `content`.
    loaded: Option<u64>,
    content: Vec<u8>,
}

impl BlobReader {
    pub(crate) fn open(file: &MediaFile<'_>) -> Result<Self, MediaError> {
        let sealed = Sealed::open(file, Content::Bytes)?;
        let body = sealed
            .len()
            .checked_sub(HEADER_BYTES as u64 + CHUNK_OVERHEAD)
            .ok_or(MediaError::Incomplete)?;
        let (n_full, rest) = (body / FULL_CHUNK, body % FULL_CHUNK);
        let (n_chunks, last) = match rest.checked_sub(CHUNK_OVERHEAD) {
            _ if rest == 0 => (n_full, 0),
            Some(last) if last > 0 => (n_full + 1, last),
            _ => return Err(MediaError::Incomplete),
        };
        let len = n_full * MAX_CONTENT as u64 + last;
        let mut it = Self { sealed, len, position: 0, loaded: None, content: Vec::new() };
        // The end vouches for the number of chunks and the length.
        let offset = it.sealed.len() - CHUNK_OVERHEAD;
        let end = it.head(offset, Kind::End, n_chunks, len)?;
        it.sealed.content(offset, &end, &mut it.content)?;
        Ok(it)
    }

    /// Length in bytes.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The head at `offset`, if it is the one that has to be there.
    fn head(
        &self,
        offset: u64,
        kind: Kind,
        sequence: u64,
        position: u64,
    ) -> Result<Head, MediaError> {
        match self.sealed.head(offset)? {
            Some(Some(head))
                if head.kind == kind
                    && u64::from(head.sequence) == sequence
                    && head.position == position =>
            {
                Ok(head)
            }
            _ if kind == Kind::End => Err(MediaError::Incomplete),
            _ => Err(MediaError::Damaged),
        }
    }

    fn load(&mut self, chunk: u64) -> Result<(), MediaError> {
        if self.loaded == Some(chunk) {
            return Ok(());
        }
        self.loaded = None;
        let position = chunk * MAX_CONTENT as u64;
        let len = (self.len - position).min(MAX_CONTENT as u64);
        let offset = HEADER_BYTES as u64 + chunk * FULL_CHUNK;
        let head = self.head(offset, Kind::Bytes, chunk, position)?;
        if u64::from(head.len) != len {
            return Err(MediaError::Damaged);
        }
        self.sealed.content(offset, &head, &mut self.content)?;
        self.loaded = Some(chunk);
        Ok(())
    }
}

impl Read for BlobReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.len || out.is_empty() {
            return Ok(0);
        }
        let chunk = self.position / MAX_CONTENT as u64;
        self.load(chunk)?;
        let skip = usize::try_from(self.position % MAX_CONTENT as u64).unwrap_or(usize::MAX);
        let mut from = self.content.get(skip..).unwrap_or_default();
        let n_read = from.read(out)?;
        self.position += n_read as u64;
        Ok(n_read)
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
