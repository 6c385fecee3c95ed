//! Header and chunks as bytes, and their sealing.

use super::{MediaError, MediaFile, MediaKey};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, Nonce, Tag, aead::AeadInOut as _};
use hkdf::Hkdf;
use journey_domain::ids::RecordingId;
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

const MAGIC: &[u8; 7] = b"IJMEDIA";
const VERSION: u8 = 1;

/// Bytes of a file's header.
pub(super) const HEADER_BYTES: usize = 41;
/// Bytes of a chunk before its content.
pub(super) const HEAD_BYTES: usize = 21;
/// Bytes of a chunk after its content.
pub(super) const TAG_BYTES: usize = 16;
/// Bytes of a chunk beside its content.
pub(super) const CHUNK_OVERHEAD: u64 = (HEAD_BYTES + TAG_BYTES) as u64;
/// Longest content of a chunk.
pub(super) const MAX_CONTENT: usize = 64 * 1024;
/// The epoch of the end chunk that a recovery writes; failed writes never count that far.
pub(super) const RECOVERY_EPOCH: u32 = 1 << 31;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Samples,
    Bytes,
}

impl Content {
    const fn byte(self) -> u8 {
        match self {
            Self::Samples => 1,
            Self::Bytes => 2,
        }
    }
}

/// The first bytes of a file.
#[derive(Clone, Copy)]
pub(super) struct Header {
    content: Content,
    recording: RecordingId,
    salt: [u8; 16],
}

impl Header {
    pub(super) const fn new(content: Content, recording: RecordingId, salt: [u8; 16]) -> Self {
        Self { content, recording, salt }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&[VERSION, self.content.byte()]);
        bytes.extend_from_slice(self.recording.uuid().as_bytes());
        bytes.extend_from_slice(&self.salt);
        bytes
    }

    /// Reads a header and checks that it is the one of `file`, with this content.
    pub(super) fn decode(
        bytes: &[u8; HEADER_BYTES],
        file: &MediaFile<'_>,
        content: Content,
    ) -> Result<Self, MediaError> {
        let (magic, rest) = bytes.split_first_chunk::<7>().ok_or(MediaError::Foreign)?;
        let ([version, kind], rest) = rest.split_first_chunk().ok_or(MediaError::Foreign)?;
        let (recording, salt) = rest.split_first_chunk::<16>().ok_or(MediaError::Foreign)?;
        let salt = salt.first_chunk::<16>().ok_or(MediaError::Foreign)?;
        if magic != MAGIC {
            return Err(MediaError::Foreign);
        }
        if *version > VERSION {
            return Err(MediaError::Newer);
        }
        let recording = RecordingId::new(Uuid::from_bytes(*recording));
        if *version != VERSION || *kind != content.byte() || recording != file.recording {
            return Err(MediaError::Foreign);
        }
        Ok(Self { content, recording, salt: *salt })
    }

    /// The cipher of this file.
    pub(super) fn cipher(&self, key: &MediaKey) -> Result<ChaCha20Poly1305, MediaError> {
        let mut file_key = Zeroizing::new([0; 32]);
        let about = [VERSION, self.content.byte()];
        let recording = self.recording.uuid();
        Hkdf::<Sha256>::new(Some(&self.salt), &key.0)
            .expand_multi_info(
                &[b"insight-journey media", &about, recording.as_bytes()],
                file_key.as_mut_slice(),
            )
            .map_err(|_| MediaError::Seal)?;
        ChaCha20Poly1305::new_from_slice(file_key.as_slice()).map_err(|_| MediaError::Seal)
    }
}

/// What a chunk holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Samples,
    Mark,
    Bytes,
    End,
}

impl Kind {
    const fn byte(self) -> u8 {
        match self {
            Self::Samples => 1,
            Self::Mark => 2,
            Self::Bytes => 3,
            Self::End => 128,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Samples),
            2 => Some(Self::Mark),
            3 => Some(Self::Bytes),
            128 => Some(Self::End),
            _ => None,
        }
    }
}

/// A chunk without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: Kind,
    /// Bytes of content.
    pub(super) len: u32,
    pub(super) sequence: u32,
    pub(super) epoch: u32,
    /// Samples or bytes before this chunk.
    pub(super) position: u64,
}

impl Head {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES);
        bytes.push(self.kind.byte());
        bytes.extend_from_slice(&self.len.to_le_bytes());
        bytes.extend_from_slice(&self.sequence.to_le_bytes());
        bytes.extend_from_slice(&self.epoch.to_le_bytes());
        bytes.extend_from_slice(&self.position.to_le_bytes());
        bytes
    }

    /// `None` for bytes that cannot be a head in a file with this content.
    pub(super) fn decode(bytes: &[u8], content: Content) -> Option<Self> {
        let (&[kind], rest) = bytes.split_first_chunk()?;
        let (len, rest) = rest.split_first_chunk()?;
        let (sequence, rest) = rest.split_first_chunk()?;
        let (epoch, rest) = rest.split_first_chunk()?;
        let position = rest.first_chunk()?;
        let head = Self {
            kind: Kind::from_byte(kind)?,
            len: u32::from_le_bytes(*len),
            sequence: u32::from_le_bytes(*sequence),
            epoch: u32::from_le_bytes(*epoch),
            position: u64::from_le_bytes(*position),
        };
        let fits = match (head.kind, content) {
            (Kind::End, _) => head.len == 0,
            (Kind::Samples, Content::Samples) => head.len > 0 && head.len.is_multiple_of(2),
            (Kind::Mark, Content::Samples) | (Kind::Bytes, Content::Bytes) => head.len > 0,
            _ => false,
        };
        (fits && head.len as usize <= MAX_CONTENT).then_some(head)
    }

    /// Bytes of the whole chunk.
    pub(super) fn chunk_bytes(&self) -> u64 {
        u64::from(self.len) + CHUNK_OVERHEAD
    }

    /// How far the position moves behind this chunk.
    pub(super) fn advance(&self) -> u64 {
        match self.kind {
            Kind::Samples => u64::from(self.len / 2),
            Kind::Bytes => u64::from(self.len),
            Kind::Mark | Kind::End => 0,
        }
    }

    fn nonce(&self) -> Nonce {
        let mut nonce = Nonce::default();
        let numbers = self.sequence.to_le_bytes().into_iter().chain(self.epoch.to_le_bytes());
        for (byte, number) in nonce.iter_mut().zip(numbers) {
            *byte = number;
        }
        nonce
    }
}

/// Appends a sealed chunk to `out`. `fill` appends exactly `head.len` bytes of content.
pub(super) fn seal(
    cipher: &ChaCha20Poly1305,
    head: &Head,
    out: &mut Vec<u8>,
    fill: impl FnOnce(&mut Vec<u8>),
) -> Result<(), MediaError> {
    let bytes = head.encode();
    out.extend_from_slice(&bytes);
    let start = out.len();
    fill(out);
    let content = out.get_mut(start..).ok_or(MediaError::Seal)?;
    if content.len() != head.len as usize {
        return Err(MediaError::Seal);
    }
    let tag = cipher
        .encrypt_inout_detached(&head.nonce(), &bytes, content.into())
        .map_err(|_| MediaError::Seal)?;
    out.extend_from_slice(&tag);
    Ok(())
}

/// Opens a chunk in place: `sealed` holds content and tag, and the content alone afterwards.
pub(super) fn open(
    cipher: &ChaCha20Poly1305,
    head: &Head,
    sealed: &mut Vec<u8>,
) -> Result<(), MediaError> {
    let (content, tag) = sealed.split_last_chunk_mut::<TAG_BYTES>().ok_or(MediaError::Damaged)?;
    let tag = Tag::from(*tag);
    cipher
        .decrypt_inout_detached(&head.nonce(), &head.encode(), content.into(), &tag)
        .map_err(|_| MediaError::Damaged)?;
    sealed.truncate(sealed.len() - TAG_BYTES);
    Ok(())
}
