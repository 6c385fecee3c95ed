//! Speech model files in whisper.cpp's format, checked before whisper.cpp sees them.
//!
//! whisper.cpp aborts, hangs or dies on damaged files. Everything that shows in the structure is
//! refused here with a reason; damage inside the weights is left to the worker process and, for
//! downloaded models, to their checksum.

use std::{
    collections::BTreeMap,
    fs::{File, Metadata},
    io::{self, BufRead, BufReader, Read, Seek},
    path::Path,
    sync::Arc,
};

mod shapes;

use shapes::{Shape, TensorType};

/// First four bytes of a model: "ggml" as a little-endian number.
const MAGIC: u32 = 0x6767_6d6c;
/// Size of the vocabulary of English-only models; multilingual ones have one or two more tokens.
const ENGLISH_VOCABULARY: i32 = 51_864;
/// Number of text tokens in a file: GPT-2's, with or without the end of text.
const LEAST_WORDS: i32 = 50_256;
/// Longest text token in bytes; the longest of the public vocabularies has 128.
const LONGEST_WORD: usize = 512;
/// Frequencies per mel filter: 400-sample windows.
const N_FREQUENCIES: i32 = 201;
/// whisper.cpp writes `ftype` plus 1000 for each version of its quantisation.
const VERSION_FACTOR: i32 = 1000;

/// Why a file is no usable speech model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the speech model cannot be used: {reason}")]
pub struct BadModel {
    /// In words for a person.
    pub reason: String,
}

impl BadModel {
    fn because(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

impl From<io::Error> for BadModel {
    fn from(error: io::Error) -> Self {
        Self::because(match error.kind() {
            io::ErrorKind::UnexpectedEof => "it is cut off".to_owned(),
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
            kind => format!("it could not be read ({kind})"),
        })
    }
}

/// Which languages a model knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelKind {
    /// English alone.
    English,
    /// Many languages.
    Multilingual,
}

/// Tells files apart without reading them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

/// An open, checked model file.
#[derive(Clone, Debug)]
pub struct ModelFile {
    file: Arc<File>,
    identity: Identity,
    kind: ModelKind,
    n_audio_layers: i32,
}

impl ModelFile {
    /// Opens and checks a file. Reads its structure and small tensors, not its weights.
    ///
    /// # Errors
    /// [`BadModel`] with a reason.
    pub fn open(path: &Path) -> Result<Self, BadModel> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(BadModel::because("it is not a file"));
        }
        let mut reader =
            ModelReader { bytes: BufReader::with_capacity(1 << 16, file), size: metadata.len() };
        let sizes = reader.check()?;
        let kind = if sizes.n_vocab == ENGLISH_VOCABULARY {
            ModelKind::English
        } else {
            ModelKind::Multilingual
        };
        Ok(Self {
            file: Arc::new(reader.bytes.into_inner()),
            identity: Identity::of(&metadata),
            kind,
            n_audio_layers: sizes.n_audio_layer,
        })
    }

    /// Length of the file.
    #[must_use]
    pub const fn size_bytes(&self) -> u64 {
        self.identity.size
    }

    /// Which languages it knows.
    #[must_use]
    pub const fn kind(&self) -> ModelKind {
        self.kind
    }

    /// Layers of the encoder: 4 tiny, 6 base, 12 small, 24 medium, 32 large.
    #[must_use]
    pub const fn n_audio_layers(&self) -> i32 {
        self.n_audio_layers
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    pub(crate) const fn identity(&self) -> Identity {
        self.identity
    }
}

/// The sizes in a model's header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub(super) n_vocab: i32,
    pub(super) n_audio_ctx: i32,
    pub(super) n_audio_layer: i32,
    pub(super) n_state: i32,
    pub(super) n_text_ctx: i32,
    pub(super) n_text_layer: i32,
    pub(super) n_mels: i32,
    pub(super) weights: TensorType,
}

struct ModelReader {
    bytes: BufReader<File>,
    size: u64,
}

impl ModelReader {
    fn check(&mut self) -> Result<Sizes, BadModel> {
        if self.size == 0 {
            return Err(BadModel::because("it is empty"));
        }
        if self.size < 4 || self.number()? != MAGIC.cast_signed() {
            return Err(BadModel::because("it is not a speech model in whisper.cpp's format"));
        }
        let sizes = self.sizes()?;
        self.mel_filters(sizes.n_mels)?;
        self.vocabulary(sizes.n_vocab)?;
        self.tensors(&sizes)?;
        Ok(sizes)
    }

    fn number(&mut self) -> io::Result<i32> {
        let mut bytes = [0; 4];
        self.bytes.read_exact(&mut bytes)?;
        Ok(i32::from_le_bytes(bytes))
    }

    fn sizes(&mut self) -> Result<Sizes, BadModel> {
        let n_vocab = self.number()?;
        let n_audio_ctx = self.number()?;
        let n_audio_state = self.number()?;
        let n_audio_head = self.number()?;
        let n_audio_layer = self.number()?;
        let n_text_ctx = self.number()?;
        let n_text_state = self.number()?;
        let n_text_head = self.number()?;
        let n_text_layer = self.number()?;
        let n_mels = self.number()?;
        let ftype = self.number()?;
        let heads_fit = |n_state: i32, n_head: i32| {
            (1..=64).contains(&n_head) && n_state % n_head == 0 && (n_state / n_head) % 32 == 0
        };
        let sound = (ENGLISH_VOCABULARY..=ENGLISH_VOCABULARY + 2).contains(&n_vocab)
            && n_audio_ctx == 1500
            && n_text_ctx == 448
            && n_audio_state == n_text_state
            && (64..=4096).contains(&n_audio_state)
            && heads_fit(n_audio_state, n_audio_head)
            && heads_fit(n_text_state, n_text_head)
            && matches!(n_audio_layer, 4 | 6 | 12 | 24 | 32)
            && (1..=48).contains(&n_text_layer)
            && matches!(n_mels, 80 | 128);
        if !sound {
            return Err(BadModel::because("its header is damaged or of another kind of model"));
        }
        let weights = TensorType::of_file(ftype % VERSION_FACTOR)
            .filter(|_| (0..3 * VERSION_FACTOR).contains(&ftype))
            .ok_or_else(|| BadModel::because("its weights are stored in an unknown way"))?;
        Ok(Sizes {
            n_vocab,
            n_audio_ctx,
            n_audio_layer,
            n_state: n_audio_state,
            n_text_ctx,
            n_text_layer,
            n_mels,
            weights,
        })
    }

    fn mel_filters(&mut self, n_mels: i32) -> Result<(), BadModel> {
        if (self.number()?, self.number()?) != (n_mels, N_FREQUENCIES) {
            return Err(BadModel::because("its sound filters have a wrong size"));
        }
        let n = u64::from(n_mels.unsigned_abs()) * u64::from(N_FREQUENCIES.unsigned_abs());
        let within = |x: f32| (0.0..=1.0).contains(&x);
        if !self.floats_are(n, within)? {
            return Err(BadModel::because("its sound filters are damaged"));
        }
        Ok(())
    }

    fn vocabulary(&mut self, n_vocab: i32) -> Result<(), BadModel> {
        let n_words = self.number()?;
        if !(LEAST_WORDS..=n_vocab).contains(&n_words) {
            return Err(BadModel::because("its vocabulary has a wrong size"));
        }
        for _ in 0..n_words {
            let length = self.number()?;
            match usize::try_from(length) {
                Ok(length) if length <= LONGEST_WORD => self.skip(length as u64)?,
                _ => return Err(BadModel::because("its vocabulary is damaged")),
            }
        }
        Ok(())
    }

    /// Walks the table of tensors: each that the header promises, once, in the right shape, and
    /// nothing else.
    fn tensors(&mut self, sizes: &Sizes) -> Result<(), BadModel> {
        let mut expected: BTreeMap<String, Shape> = shapes::of_model(sizes).collect();
        while !self.bytes.fill_buf()?.is_empty() {
            let (n_dims, name_length, kind) = (self.number()?, self.number()?, self.number()?);
            if !(1..=3).contains(&n_dims) || !(1..=64).contains(&name_length) {
                return Err(BadModel::because("its table of weights is damaged"));
            }
            let mut dims = [1; 3];
            for dim in dims.iter_mut().take(n_dims.unsigned_abs() as usize) {
                *dim = self.number()?;
            }
            let mut name = vec![0; name_length.unsigned_abs() as usize];
            self.bytes.read_exact(&mut name)?;
            let name = String::from_utf8(name)
                .map_err(|_| BadModel::because("its table of weights is damaged"))?;
            let Some(shape) = expected.remove(&name) else {
                return Err(BadModel::because("it holds weights that do not belong to it"));
            };
            if shape.dims != dims || shape.kind.code() != kind {
                return Err(BadModel::because(format!("its weights '{name}' have a wrong shape")));
            }
            if shape.kind == TensorType::F32 {
                if !self.floats_are(shape.n_elements(), f32::is_finite)? {
                    return Err(BadModel::because(format!("its weights '{name}' are damaged")));
                }
            } else {
                self.skip(shape.n_bytes())?;
            }
        }
        match expected.len() {
            0 => Ok(()),
            n => Err(BadModel::because(format!("it is cut off: {n} of its weights are missing"))),
        }
    }

    /// Whether `n` numbers that follow are all as they should be.
    fn floats_are(&mut self, n: u64, sound: impl Fn(f32) -> bool) -> Result<bool, BadModel> {
        let mut bytes = [0; 4];
        for _ in 0..n {
            self.bytes.read_exact(&mut bytes)?;
            if !sound(f32::from_le_bytes(bytes)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Steps over bytes that must be there.
    fn skip(&mut self, n: u64) -> Result<(), BadModel> {
        let at = self.bytes.stream_position()?;
        if at + n > self.size {
            return Err(BadModel::because("it is cut off"));
        }
        let step = i64::try_from(n).map_err(|_| BadModel::because("it is cut off"))?;
        // Keeps the buffer where the step stays within it, which `seek` would throw away.
        self.bytes.seek_relative(step)?;
        Ok(())
    }
}
