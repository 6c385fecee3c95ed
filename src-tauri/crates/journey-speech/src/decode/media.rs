//! placeholder
use crate::worker::reporter::Reporter;
pub(crate) fn run(_f: std::fs::File, _e: Option<&str>, _r: &Reporter) {}
