//! whisper.cpp and its model files.

pub mod model_file;
