//! Which weights a Whisper model has, and in which shapes.

use super::Sizes;

/// How numbers are stored, with ggml's codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TensorType {
    F32,
    F16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q2K,
    Q3K,
    Q4K,
    Q5K,
    Q6K,
}

impl TensorType {
    /// By the code of a whole file (`ggml_ftype`).
    pub(super) const fn of_file(code: i32) -> Option<Self> {
        Some(match code {
            0 => Self::F32,
            1 => Self::F16,
            2 => Self::Q4_0,
            3 => Self::Q4_1,
            7 => Self::Q8_0,
            8 => Self::Q5_0,
            9 => Self::Q5_1,
            10 => Self::Q2K,
            11 => Self::Q3K,
            12 => Self::Q4K,
            13 => Self::Q5K,
            14 => Self::Q6K,
            _ => return None,
        })
    }

    /// The code of one tensor (`ggml_type`).
    pub(super) const fn code(self) -> i32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q4_0 => 2,
            Self::Q4_1 => 3,
            Self::Q5_0 => 6,
            Self::Q5_1 => 7,
            Self::Q8_0 => 8,
            Self::Q2K => 10,
            Self::Q3K => 11,
            Self::Q4K => 12,
            Self::Q5K => 13,
            Self::Q6K => 14,
        }
    }

    /// Numbers in a block and bytes that the block takes, from ggml-common.h.
    const fn block(self) -> (u64, u64) {
        match self {
            Self::F32 => (1, 4),
            Self::F16 => (1, 2),
            Self::Q4_0 => (32, 18),
            Self::Q4_1 => (32, 20),
            Self::Q5_0 => (32, 22),
            Self::Q5_1 => (32, 24),
            Self::Q8_0 => (32, 34),
            Self::Q2K => (256, 84),
            Self::Q3K => (256, 110),
            Self::Q4K => (256, 144),
            Self::Q5K => (256, 176),
            Self::Q6K => (256, 210),
        }
    }
}

/// Shape and kind of one tensor; missing dimensions are 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) dims: [i32; 3],
    pub(super) kind: TensorType,
}

impl Shape {
    pub(super) fn n_elements(&self) -> u64 {
        self.dims.iter().map(|d| u64::from(d.unsigned_abs())).product()
    }

    pub(super) fn n_bytes(&self) -> u64 {
        let (n, bytes) = self.kind.block();
        self.n_elements() / n * bytes
    }
}

/// Every tensor of a model with these sizes, by name.
pub(super) fn of_model(sizes: &Sizes) -> impl Iterator<Item = (String, Shape)> {
    let n = sizes.n_state;
    let weights = sizes.weights;
    let convolution = if weights == TensorType::F32 { TensorType::F32 } else { TensorType::F16 };
    let f32 = |dims| Shape { dims, kind: TensorType::F32 };
    let of = |dims, kind| Shape { dims, kind };
    let mut all = vec![
        ("encoder.positional_embedding".to_owned(), f32([n, sizes.n_audio_ctx, 1])),
        ("encoder.conv1.weight".to_owned(), of([3, sizes.n_mels, n], convolution)),
        ("encoder.conv1.bias".to_owned(), f32([1, n, 1])),
        ("encoder.conv2.weight".to_owned(), of([3, n, n], convolution)),
        ("encoder.conv2.bias".to_owned(), f32([1, n, 1])),
        ("encoder.ln_post.weight".to_owned(), f32([n, 1, 1])),
        ("encoder.ln_post.bias".to_owned(), f32([n, 1, 1])),
        ("decoder.positional_embedding".to_owned(), f32([n, sizes.n_text_ctx, 1])),
        ("decoder.token_embedding.weight".to_owned(), of([n, sizes.n_vocab, 1], weights)),
        ("decoder.ln.weight".to_owned(), f32([n, 1, 1])),
        ("decoder.ln.bias".to_owned(), f32([n, 1, 1])),
    ];
    let mut block = |side: &str, layer: i32, attentions: &[&str]| {
        let mut add =
            |name: &str, shape| all.push((format!("{side}.blocks.{layer}.{name}"), shape));
        add("mlp_ln.weight", f32([n, 1, 1]));
        add("mlp_ln.bias", f32([n, 1, 1]));
        add("mlp.0.weight", of([n, 4 * n, 1], weights));
        add("mlp.0.bias", f32([4 * n, 1, 1]));
        add("mlp.2.weight", of([4 * n, n, 1], weights));
        add("mlp.2.bias", f32([n, 1, 1]));
        for attention in attentions {
            add(&format!("{attention}_ln.weight"), f32([n, 1, 1]));
            add(&format!("{attention}_ln.bias"), f32([n, 1, 1]));
            // Keys have no bias in Whisper.
            for (part, has_bias) in
                [("query", true), ("key", false), ("value", true), ("out", true)]
            {
                add(&format!("{attention}.{part}.weight"), of([n, n, 1], weights));
                if has_bias {
                    add(&format!("{attention}.{part}.bias"), f32([n, 1, 1]));
                }
            }
        }
    };
    for layer in 0..sizes.n_audio_layer {
        block("encoder", layer, &["attn"]);
    }
    for layer in 0..sizes.n_text_layer {
        block("decoder", layer, &["attn", "cross_attn"]);
    }
    all.into_iter()
}
