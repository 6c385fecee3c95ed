//! A model file with the exact shapes of `base.en` and made-up weights: what a recogniser costs
//! depends on shapes and on how many words it says, not on what it knows.
//!
//! The decoder's layers give nothing; the embeddings alone choose the next token by its position:
//! a hundred words that differ, then the end. So each window is decoded once and to the same length,
//! like half a minute of speech, with whisper.cpp's own settings.

use std::{
    fs,
    io::{BufWriter, Write},
    path::Path,
};

const N_STATE: usize = 512;
const N_AUDIO_CTX: usize = 1500;
const N_TEXT_CTX: usize = 448;
const N_VOCAB: usize = 51_864;
const N_LAYERS: usize = 6;
const N_HEADS: i32 = 8;

/// The first of the tokens that are said, and how many there are before they begin anew.
const FIRST_WORD: usize = 1000;
const N_WORDS: usize = 64;
/// Tokens said in one window.
const N_SAID: usize = 110;
const END_OF_TEXT: usize = 50_256;

/// Writes the model, with mel filters and vocabulary of another model of English.
pub fn write(path: &Path, like: &Path) {
    let other = fs::read(like).unwrap();
    let mut out = BufWriter::new(fs::File::create(path).unwrap());
    out.write_all(&other[..4]).unwrap();
    let (state, layers) = (N_STATE as i32, N_LAYERS as i32);
    let sizes = [
        N_VOCAB as i32,
        N_AUDIO_CTX as i32,
        state,
        N_HEADS,
        layers,
        N_TEXT_CTX as i32,
        state,
        N_HEADS,
        layers,
        80,
        1,
    ];
    for size in sizes {
        out.write_all(&size.to_le_bytes()).unwrap();
    }
    out.write_all(&other[48..end_of_vocabulary(&other)]).unwrap();
    tensors(&mut out);
    out.flush().unwrap();
}

fn end_of_vocabulary(file: &[u8]) -> usize {
    let number = |at: usize| i32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    let mut at = 48;
    at += 8 + 4 * number(at) * number(at + 4);
    let n_words = number(at);
    at += 4;
    for _ in 0..n_words {
        at += 4 + number(at);
    }
    at
}

fn tensors(out: &mut impl Write) {
    let n = N_STATE;
    put(out, "encoder.positional_embedding", &[n, N_AUDIO_CTX], 0, |_| 0.0);
    put(out, "encoder.conv1.weight", &[3, 80, n], 1, |_| 0.01);
    put(out, "encoder.conv1.bias", &[1, n], 0, |_| 0.0);
    put(out, "encoder.conv2.weight", &[3, n, n], 1, |_| 0.01);
    put(out, "encoder.conv2.bias", &[1, n], 0, |_| 0.0);
    norm(out, "encoder.ln_post");
    // By position: the word to be said next, louder than the one said before.
    put(out, "decoder.positional_embedding", &[n, N_TEXT_CTX], 0, |i| {
        let (position, dim) = (i / n, i % n);
        let wanted = if position < N_SAID { position % N_WORDS } else { N_WORDS };
        if dim == wanted { 3.0 } else { 0.0 }
    });
    put(out, "decoder.token_embedding.weight", &[n, N_VOCAB], 1, |i| {
        let (token, dim) = (i / n, i % n);
        let is_word = (FIRST_WORD..FIRST_WORD + N_WORDS).contains(&token);
        let is_named = is_word && dim == token - FIRST_WORD;
        if is_named || (token == END_OF_TEXT && dim == N_WORDS) { 1.0 } else { 0.0 }
    });
    norm(out, "decoder.ln");
    for (side, attentions) in [("encoder", &["attn"][..]), ("decoder", &["attn", "cross_attn"][..])]
    {
        for layer in 0..N_LAYERS {
            let name = |part: &str| format!("{side}.blocks.{layer}.{part}");
            norm(out, &name("mlp_ln"));
            zeros(out, &name("mlp.0.weight"), &[n, 4 * n], 1);
            zeros(out, &name("mlp.0.bias"), &[4 * n], 0);
            zeros(out, &name("mlp.2.weight"), &[4 * n, n], 1);
            zeros(out, &name("mlp.2.bias"), &[n], 0);
            for attention in attentions {
                norm(out, &name(&format!("{attention}_ln")));
                for (part, has_bias) in
                    [("query", true), ("key", false), ("value", true), ("out", true)]
                {
                    zeros(out, &name(&format!("{attention}.{part}.weight")), &[n, n], 1);
                    if has_bias {
                        zeros(out, &name(&format!("{attention}.{part}.bias")), &[n], 0);
                    }
                }
            }
        }
    }
}

fn norm(out: &mut impl Write, name: &str) {
    put(out, &format!("{name}.weight"), &[N_STATE], 0, |_| 1.0);
    put(out, &format!("{name}.bias"), &[N_STATE], 0, |_| 0.0);
}

fn zeros(out: &mut impl Write, name: &str, dims: &[usize], kind: i32) {
    put(out, name, dims, kind, |_| 0.0);
}

/// One tensor; kind 0 is 32 bits, 1 is 16 bits a number.
fn put(out: &mut impl Write, name: &str, dims: &[usize], kind: i32, value: impl Fn(usize) -> f32) {
    let mut head = vec![dims.len() as i32, name.len() as i32, kind];
    head.extend(dims.iter().map(|d| *d as i32));
    for number in head {
        out.write_all(&number.to_le_bytes()).unwrap();
    }
    out.write_all(name.as_bytes()).unwrap();
    for i in 0..dims.iter().product() {
        let value = value(i);
        if kind == 0 {
            out.write_all(&value.to_le_bytes()).unwrap();
        } else {
            out.write_all(&half(value).to_le_bytes()).unwrap();
        }
    }
}

/// The few numbers that are needed, in 16 bits.
fn half(value: f32) -> u16 {
    match value {
        0.0 => 0,
        1.0 => 0x3c00,
        _ => 0x211f,
    }
}
