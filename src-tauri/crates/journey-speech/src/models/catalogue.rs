//! Which speech models there are: whisper.cpp's own, pinned to the byte.
//!
//! Names, sizes and SHA-256 are those on which two public catalogues agree; a model on which they
//! do not agree is not listed:
//!
//! - `sa6mwa/c.pkt.systems`, `src/sus.c` at 02380118, table `cpkt_sus_catalog`
//! - `jatinkrmalik/vocalinux`, `src/vocalinux/utils/model_hashes.json` at 9929ee8a
//!
//! The revision of `ggerganov/whisper.cpp` on the model host is the one that several applications
//! pin, among them the Gentoo package of whisper.cpp.

use super::download::Source;

const REVISION: &str = "5359861c739e955e79d9a303bcbc70fb988958b1";
/// The hosts of a catalogue download: the model host and those that it sends on to.
pub const HOSTS: [&str; 3] = ["huggingface.co", ".huggingface.co", ".hf.co"];

/// Which languages a model knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Languages {
    /// English alone.
    English,
    /// Some hundred.
    Many,
}

/// A model of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CatalogueModel {
    /// The name by which it is used, such as `base.en`.
    pub name: &'static str,
    /// Its file's name.
    pub file_name: &'static str,
    /// Length in bytes.
    pub size_bytes: u64,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: &'static str,
    /// Which languages it knows.
    pub languages: Languages,
    /// How much slower than `tiny` it is on a processor, roughly.
    pub slowness: f32,
    /// Memory that transcribing needs, in bytes, roughly: the weights and whisper.cpp's buffers.
    pub memory_bytes: u64,
}

/// What weighs alike in all models of one size.
struct Shape {
    slowness: f32,
    buffer_bytes: u64,
}

// Slowness: arithmetic of one window of 30 s on a processor without GPU, from the published shapes.
// Encoder: 1,500 positions times layers * (12 d² + 2 * 1,500 d). Decoder: 110 tokens times
// layers * 16 d² plus the vocabulary's 51,864 d, counted threefold because it waits for memory. For
// base and small that gives 1 to 3.7, where 1 to 3.4 was measured. Speeds that are published for
// GPUs do not hold here: large-v3-turbo keeps the encoder of large, which is what costs.
// Buffers: whisper.cpp's README states memory per size; less the weights it leaves these.
const TINY: Shape = Shape { slowness: 1.0, buffer_bytes: 200_000_000 };
const BASE: Shape = Shape { slowness: 2.2, buffer_bytes: 250_000_000 };
const SMALL: Shape = Shape { slowness: 8.0, buffer_bytes: 380_000_000 };
const MEDIUM: Shape = Shape { slowness: 26.0, buffer_bytes: 600_000_000 };
const LARGE: Shape = Shape { slowness: 53.0, buffer_bytes: 850_000_000 };
const TURBO: Shape = Shape { slowness: 44.0, buffer_bytes: 850_000_000 };

#[expect(clippy::needless_pass_by_value, reason = "a table reads better with values")]
const fn model(
    name: &'static str,
    file_name: &'static str,
    size_bytes: u64,
    shape: Shape,
    sha256: &'static str,
) -> CatalogueModel {
    let languages = if is_english(name) { Languages::English } else { Languages::Many };
    CatalogueModel {
        name,
        file_name,
        size_bytes,
        sha256,
        languages,
        slowness: shape.slowness,
        memory_bytes: size_bytes + shape.buffer_bytes,
    }
}

/// Whether the name has a dot, which only `.en` brings.
const fn is_english(name: &str) -> bool {
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'.' {
            return true;
        }
        rest = tail;
    }
    false
}

#[rustfmt::skip]
const MODELS: [CatalogueModel; 20] = [
    model("tiny", "ggml-tiny.bin", 77_691_713, TINY, "be07e048e1e599ad46341c8d2a135645097a538221678b7acdd1b1919c6e1b21"),
    model("tiny.en", "ggml-tiny.en.bin", 77_704_715, TINY, "921e4cf8686fdd993dcd081a5da5b6c365bfde1162e72b08d75ac75289920b1f"),
    model("tiny-q5_1", "ggml-tiny-q5_1.bin", 32_152_673, TINY, "818710568da3ca15689e31a743197b520007872ff9576237bda97bd1b469c3d7"),
    model("tiny.en-q5_1", "ggml-tiny.en-q5_1.bin", 32_166_155, TINY, "c77c5766f1cef09b6b7d47f21b546cbddd4157886b3b5d6d4f709e91e66c7c2b"),
    model("base", "ggml-base.bin", 147_951_465, BASE, "60ed5bc3dd14eea856493d334349b405782ddcaf0028d4b5df4088345fba2efe"),
    model("base.en", "ggml-base.en.bin", 147_964_211, BASE, "a03779c86df3323075f5e796cb2ce5029f00ec8869eee3fdfb897afe36c6d002"),
    model("base-q5_1", "ggml-base-q5_1.bin", 59_707_625, BASE, "422f1ae452ade6f30a004d7e5c6a43195e4433bc370bf23fac9cc591f01a8898"),
    model("base.en-q5_1", "ggml-base.en-q5_1.bin", 59_721_011, BASE, "4baf70dd0d7c4247ba2b81fafd9c01005ac77c2f9ef064e00dcf195d0e2fdd2f"),
    model("small", "ggml-small.bin", 487_601_967, SMALL, "1be3a9b2063867b937e64e2ec7483364a79917e157fa98c5d94b5c1fffea987b"),
    model("small.en", "ggml-small.en.bin", 487_614_201, SMALL, "c6138d6d58ecc8322097e0f987c32f1be8bb0a18532a3f88f734d1bbf9c41e5d"),
    model("small-q5_1", "ggml-small-q5_1.bin", 190_085_487, SMALL, "ae85e4a935d7a567bd102fe55afc16bb595bdb618e11b2fc7591bc08120411bb"),
    model("small.en-q5_1", "ggml-small.en-q5_1.bin", 190_098_681, SMALL, "bfdff4894dcb76bbf647d56263ea2a96645423f1669176f4844a1bf8e478ad30"),
    model("medium", "ggml-medium.bin", 1_533_763_059, MEDIUM, "6c14d5adee5f86394037b4e4e8b59f1673b6cee10e3cf0b11bbdbee79c156208"),
    model("medium.en", "ggml-medium.en.bin", 1_533_774_781, MEDIUM, "cc37e93478338ec7700281a7ac30a10128929eb8f427dda2e865faa8f6da4356"),
    model("medium-q5_0", "ggml-medium-q5_0.bin", 539_212_467, MEDIUM, "19fea4b380c3a618ec4723c3eef2eb785ffba0d0538cf43f8f235e7b3b34220f"),
    model("medium.en-q5_0", "ggml-medium.en-q5_0.bin", 539_225_533, MEDIUM, "76733e26ad8fe1c7a5bf7531a9d41917b2adc0f20f2e4f5531688a8c6cd88eb0"),
    model("large-v3", "ggml-large-v3.bin", 3_095_033_483, LARGE, "64d182b440b98d5203c4f9bd541544d84c605196c4f7b845dfa11fb23594d1e2"),
    model("large-v3-q5_0", "ggml-large-v3-q5_0.bin", 1_081_140_203, LARGE, "d75795ecff3f83b5faa89d1900604ad8c780abd5739fae406de19f23ecd98ad1"),
    model("large-v3-turbo", "ggml-large-v3-turbo.bin", 1_624_555_275, TURBO, "1fc70f774d38eb169993ac391eea357ef47c88757ef72ee5943879b7e8e2bc69"),
    model("large-v3-turbo-q5_0", "ggml-large-v3-turbo-q5_0.bin", 574_041_195, TURBO, "394221709cd5ad1f40c46e6031ca61bce88931e6e088c188294c6d5a55ffa7e2"),
];

/// All of them, small ones first.
#[must_use]
pub const fn all() -> &'static [CatalogueModel] {
    &MODELS
}

/// The model called `name`.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static CatalogueModel> {
    MODELS.iter().find(|model| model.name == name)
}

/// The model whose file is called `file_name`.
#[must_use]
pub fn by_file_name(file_name: &str) -> Option<&'static CatalogueModel> {
    MODELS.iter().find(|model| model.file_name == file_name)
}

impl CatalogueModel {
    /// Where it is fetched from.
    #[must_use]
    pub fn source(&self) -> Source {
        Source {
            url: format!(
                "https://huggingface.co/ggerganov/whisper.cpp/resolve/{REVISION}/{}",
                self.file_name
            ),
            file_name: self.file_name.to_owned(),
            size_bytes: self.size_bytes,
            sha256: self.sha256.to_owned(),
        }
    }
}

/// The model to recommend for a computer with so many processor cores and so much memory in bytes.
///
/// A rule of thumb, unmeasured: a third of the memory at most, and a model whose work the cores can
/// do about as fast as one speaks.
#[must_use]
pub fn recommended(n_cores: usize, memory_bytes: u64, languages: Languages) -> &'static str {
    let room = memory_bytes / 3;
    let wanted: &[&str] = match (languages, n_cores) {
        (Languages::Many, 8..) => &["large-v3-turbo-q5_0", "small", "base", "tiny"],
        (Languages::English, 8..) => &["large-v3-turbo-q5_0", "small.en", "base.en", "tiny.en"],
        (Languages::Many, 4..) => &["small", "base", "tiny"],
        (Languages::English, 4..) => &["small.en", "base.en", "tiny.en"],
        (Languages::Many, 2..) => &["base", "tiny"],
        (Languages::English, 2..) => &["base.en", "tiny.en"],
        (Languages::Many, _) => &["tiny"],
        (Languages::English, _) => &["tiny.en"],
    };
    let fits = |name: &&&str| by_name(name).is_some_and(|model| model.memory_bytes <= room);
    match (wanted.iter().find(fits), languages) {
        (Some(name), _) => name,
        (None, Languages::Many) => "tiny-q5_1",
        (None, Languages::English) => "tiny.en-q5_1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_files_and_hashes_are_unique_and_well_formed() {
        let mut seen = BTreeSet::new();
        for model in all() {
            assert!(seen.insert(model.name) && seen.insert(model.sha256), "{}", model.name);
            assert_eq!(model.file_name, format!("ggml-{}.bin", model.name));
            assert_eq!(model.sha256.len(), 64);
            assert!(model.sha256.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')));
            assert_eq!(model.languages == Languages::English, model.name.contains(".en"));
        }
    }

    #[test]
    fn a_larger_encoder_is_never_told_to_be_faster() {
        let slowness = |name| by_name(name).map(|model| model.slowness);
        let order = ["tiny", "base", "small", "medium", "large-v3-turbo", "large-v3"];
        for (smaller, larger) in order.iter().zip(&order[1..]) {
            assert!(slowness(smaller) < slowness(larger), "{smaller} and {larger}");
        }
    }

    #[test]
    fn a_better_computer_never_gets_a_smaller_model() {
        for languages in [Languages::English, Languages::Many] {
            let mut before = 0;
            for (n_cores, gigabytes) in [(1, 1), (2, 2), (2, 4), (4, 8), (8, 16), (32, 64)] {
                let name = recommended(n_cores, gigabytes * 1_000_000_000, languages);
                let model = by_name(name).unwrap();
                assert!(model.size_bytes >= before, "{name}");
                assert!(model.languages == languages || name.starts_with("large"));
                before = model.size_bytes;
            }
        }
    }
}
