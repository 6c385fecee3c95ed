//! Integration tests of the speech crate, as one binary.

