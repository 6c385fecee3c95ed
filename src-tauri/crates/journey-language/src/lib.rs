//! Words, clauses and linear models of text.
//!
//! Architecture invariant: standard library only; it opens no file. Trainers and the program share it, so that
//! training needs nothing of the program.

pub mod clauses;
pub mod features;
pub mod grammar;
pub mod linear;
pub mod lines;
pub mod measure;
pub mod phrases;
pub mod sentence;
pub mod token;
pub mod train;
