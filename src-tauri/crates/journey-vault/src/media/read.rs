//! Reading samples from any place of a sealed file.

use super::{
    MediaError, MediaFile,
    container::{
        CHUNK_OVERHEAD, Content, HEAD_BYTES, HEADER_BYTES, Head, Header, Kind, MAX_CONTENT,
        TAG_BYTES, open,
    },
};
use chacha20poly1305::ChaCha20Poly1305;
use journey_domain::timeline::Mark;
use std::{fs::File, io, ops::Range, os::unix::fs::FileExt as _};

/// A sealed file that is open for reading.
pub(super) struct Sealed {
    file: File,
    len: u64,
    content: Content,
    cipher: ChaCha20Poly1305,
}

impl Sealed {
    pub(super) fn open(file: &MediaFile<'_>, content: Content) -> Result<Self, MediaError> {
        Self::from_file(File::open(&file.path)?, file, content)
    }

    pub(super) fn from_file(
        opened: File,
        file: &MediaFile<'_>,
        content: Content,
    ) -> Result<Self, MediaError> {
        let len = opened.metadata()?.len();
        let mut header = [0; HEADER_BYTES];
        match opened.read_exact_at(&mut header, 0) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(MediaError::Incomplete);
            }
            other => other?,
        }
        let cipher = Header::decode(&header, file, content)?.cipher(file.key)?;
        Ok(Self { file: opened, len, content, cipher })
    }

    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    pub(super) const fn cipher(&self) -> &ChaCha20Poly1305 {
        &self.cipher
    }

    /// The head at a place: `None` when fewer bytes follow than it says, `Some(None)` when it
    /// cannot be a head.
    pub(super) fn head(&self, offset: u64) -> Result<Option<Option<Head>>, MediaError> {
        if self.len - offset < CHUNK_OVERHEAD {
            return Ok(None);
        }
        let mut bytes = [0; HEAD_BYTES];
        self.file.read_exact_at(&mut bytes, offset)?;
        match Head::decode(&bytes, self.content) {
            Some(head) if self.len - offset < head.chunk_bytes() => Ok(None),
            head => Ok(Some(head)),
        }
    }

    /// The content of the chunk at a place.
    pub(super) fn content(
        &self,
        offset: u64,
        head: &Head,
        content: &mut Vec<u8>,
    ) -> Result<(), MediaError> {
        content.resize(head.len as usize + TAG_BYTES, 0);
        match self.file.read_exact_at(content, offset + HEAD_BYTES as u64) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(MediaError::Incomplete);
            }
            other => other?,
        }
        open(&self.cipher, head, content)
    }
}

/// Where a chunk of samples lies.
#[derive(Clone, Copy)]
struct Place {
    offset: u64,
    head: Head,
}

impl Place {
    fn end_sample(&self) -> u64 {
        self.head.position + self.head.advance()
    }
}

/// What a walk over all chunks found.
pub(super) struct Walk {
    places: Vec<Place>,
    /// The marks, in order.
    pub(super) marks: Vec<Mark>,
    /// Samples up to the last chunk.
    pub(super) n_samples: u64,
    /// Samples that are missing or do not pass their check.
    pub(super) damage: Vec<Range<u64>>,
    /// Bytes up to the end of the last good chunk.
    pub(super) end: u64,
    /// The sequence number behind the last good chunk.
    pub(super) sequence: u32,
    /// Whether the last good chunk is an end, with nothing behind it.
    pub(super) complete: bool,
}

impl Walk {
    const fn new() -> Self {
        Self {
            places: Vec::new(),
            marks: Vec::new(),
            n_samples: 0,
            damage: Vec::new(),
            end: HEADER_BYTES as u64,
            sequence: 0,
            complete: false,
        }
    }

    fn take(&mut self, offset: u64, head: Head, content: &[u8]) -> Result<(), MediaError> {
        if head.position > self.n_samples {
            self.damage.push(self.n_samples..head.position);
        }
        match head.kind {
            Kind::Samples => self.places.push(Place { offset, head }),
            Kind::Mark => {
                let mark = serde_json::from_slice(content).map_err(|_| MediaError::Newer)?;
                self.marks.push(mark);
            }
            Kind::Bytes | Kind::End => {}
        }
        self.n_samples = head.position + head.advance();
        self.end = offset + head.chunk_bytes();
        self.sequence = head.sequence.saturating_add(1);
        self.complete = head.kind == Kind::End;
        Ok(())
    }

    /// Follows the heads, checking marks and end; samples are checked when they are read.
    pub(super) fn strict(sealed: &Sealed) -> Result<Self, MediaError> {
        let mut walk = Self::new();
        let mut content = Vec::new();
        while !walk.complete {
            let head = match sealed.head(walk.end)? {
                None => return Err(MediaError::Incomplete),
                Some(None) => return Err(MediaError::Damaged),
                Some(Some(head)) => head,
            };
            if head.sequence != walk.sequence || head.position != walk.n_samples {
                return Err(MediaError::Damaged);
            }
            if head.kind != Kind::Samples {
                sealed.content(walk.end, &head, &mut content)?;
            }
            walk.take(walk.end, head, &content)?;
        }
        if walk.end == sealed.len { Ok(walk) } else { Err(MediaError::Damaged) }
    }

    /// Checks every chunk and goes on behind damage with the next chunk that passes.
    pub(super) fn lenient(sealed: &Sealed) -> Result<Self, MediaError> {
        let mut walk = Self::new();
        let mut content = Vec::new();
        let mut offset = walk.end;
        while !walk.complete && offset < sealed.len {
            match walk.good_chunk(sealed, offset, &mut content)? {
                Some(head) => {
                    walk.take(offset, head, &content)?;
                    offset = walk.end;
                }
                None => match walk.next_good(sealed, offset + 1, &mut content)? {
                    Some(next) => offset = next,
                    None => break,
                },
            }
        }
        walk.complete &= walk.end == sealed.len;
        Ok(walk)
    }

    /// The head at a place, if a chunk that passes its check lies there and comes after what was
    /// taken; its content is in `content` then.
    fn good_chunk(
        &self,
        sealed: &Sealed,
        offset: u64,
        content: &mut Vec<u8>,
    ) -> Result<Option<Head>, MediaError> {
        let Some(Some(head)) = sealed.head(offset)? else { return Ok(None) };
        if head.sequence < self.sequence || head.position < self.n_samples {
            return Ok(None);
        }
        match sealed.content(offset, &head, content) {
            Ok(()) => Ok(Some(head)),
            Err(MediaError::Damaged) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The first place from `offset` on where a good chunk lies.
    fn next_good(
        &self,
        sealed: &Sealed,
        mut offset: u64,
        content: &mut Vec<u8>,
    ) -> Result<Option<u64>, MediaError> {
        let mut window = vec![0; MAX_CONTENT];
        while sealed.len - offset >= CHUNK_OVERHEAD {
            let n_left = usize::try_from(sealed.len - offset).unwrap_or(usize::MAX);
            let window = window.get_mut(..n_left.min(MAX_CONTENT)).unwrap_or_default();
            sealed.file.read_exact_at(window, offset)?;
            let heads = window.windows(HEAD_BYTES).enumerate();
            for (n_bytes, bytes) in heads {
                let at = offset + n_bytes as u64;
                let plausible = Head::decode(bytes, sealed.content).is_some_and(|head| {
                    head.sequence >= self.sequence && head.position >= self.n_samples
                });
                if plausible && self.good_chunk(sealed, at, content)?.is_some() {
                    return Ok(Some(at));
                }
            }
            // The last bytes may begin a head that goes on in the next window.
            offset += (window.len() - (HEAD_BYTES - 1)) as u64;
        }
        Ok(None)
    }
}

/// Reads captured samples from any place, a chunk at a time: 16 kHz, mono, 16 bits.
pub struct PcmReader {
    sealed: Sealed,
    walk: Walk,
    /// Which chunk is in `samples`.
    loaded: Option<usize>,
    samples: Vec<i16>,
    content: Vec<u8>,
}

impl PcmReader {
    /// Opens a whole recording; anything missing, moved or added is an error.
    pub(crate) fn open(file: &MediaFile<'_>) -> Result<Self, MediaError> {
        let sealed = Sealed::open(file, Content::Samples)?;
        let walk = Walk::strict(&sealed)?;
        Ok(Self::new(sealed, walk))
    }

    /// Opens what can be read of a recording.
    pub(crate) fn open_lenient(file: &MediaFile<'_>) -> Result<Self, MediaError> {
        let sealed = Sealed::open(file, Content::Samples)?;
        let walk = Walk::lenient(&sealed)?;
        Ok(Self::new(sealed, walk))
    }

    pub(super) const fn new(sealed: Sealed, walk: Walk) -> Self {
        Self { sealed, walk, loaded: None, samples: Vec::new(), content: Vec::new() }
    }

    /// How many samples there are, damaged ones included.
    #[must_use]
    pub const fn n_samples(&self) -> u64 {
        self.walk.n_samples
    }

    /// Pauses and losses.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.walk.marks
    }

    /// The samples that are missing or did not pass their check and read as silence. Only a reader
    /// that was opened leniently has any.
    #[must_use]
    pub fn damage(&self) -> &[Range<u64>] {
        &self.walk.damage
    }

    /// Whether the file has its end. Only a reader that was opened leniently may say no.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.walk.complete
    }

    /// Reads samples from `first` on into `out`; gives how many, fewer than `out` holds only at the
    /// end.
    ///
    /// # Errors
    /// [`MediaError::Damaged`] when a chunk does not pass its check, or the disk's failure.
    pub fn read(&mut self, first: u64, out: &mut [i16]) -> Result<usize, MediaError> {
        let n_left = usize::try_from(self.walk.n_samples.saturating_sub(first));
        let n_wanted = out.len().min(n_left.unwrap_or(usize::MAX));
        let mut rest = out.get_mut(..n_wanted).unwrap_or_default();
        let mut at = first;
        while !rest.is_empty() {
            let n_done = self.read_some(at, rest)?;
            at += n_done as u64;
            rest = rest.get_mut(n_done..).unwrap_or_default();
        }
        Ok(n_wanted)
    }

    /// Reads from one chunk, or silence up to the next one; at least one sample.
    fn read_some(&mut self, at: u64, out: &mut [i16]) -> Result<usize, MediaError> {
        let chunk_idx = self.walk.places.partition_point(|place| place.end_sample() <= at);
        let Some(place) = self.walk.places.get(chunk_idx).copied() else {
            out.fill(0);
            return Ok(out.len());
        };
        if at < place.head.position {
            let n_silent = usize::try_from(place.head.position - at).unwrap_or(usize::MAX);
            let n_silent = n_silent.min(out.len());
            out.iter_mut().take(n_silent).for_each(|sample| *sample = 0);
            return Ok(n_silent);
        }
        if self.loaded != Some(chunk_idx) {
            self.loaded = None;
            self.sealed.content(place.offset, &place.head, &mut self.content)?;
            self.samples.clear();
            let samples = self.content.as_chunks().0;
            self.samples.extend(samples.iter().map(|bytes| i16::from_le_bytes(*bytes)));
            self.loaded = Some(chunk_idx);
        }
        let skip = usize::try_from(at - place.head.position).unwrap_or(usize::MAX);
        let from = self.samples.get(skip..).unwrap_or_default();
        let n_copied = from.len().min(out.len());
        for (to, sample) in out.iter_mut().zip(from) {
            *to = *sample;
        }
        Ok(n_copied)
    }
}
