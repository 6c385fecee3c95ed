//! Speech models: which there are, which are installed, and fetching one that the person orders.

pub mod catalogue;
pub mod download;
pub mod installed;
