//! Integration tests of the speech crate, as one binary.
mod bad_models;
mod decode;
mod given;
mod transcribe;
