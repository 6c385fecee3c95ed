//! Sound: capture, decoding, detection of speech, transcription in a worker process, speech models.
//!
//! Architecture invariant: whisper.cpp and the decoders of foreign files run in the worker process
//! alone; a damaged model or a hostile file ends that process, never the program.

pub mod capture;
pub mod decode;
pub mod engine;
pub mod flac;
pub mod level;
pub mod loop_detector;
pub mod models;
pub mod playback;
pub mod resample;
pub mod text_import;
pub mod vad;
pub mod whisper;
pub mod worker;
