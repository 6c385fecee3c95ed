//! The window.

use journey_app::{
    data_dir::DataDir,
    error::{CommandError, Result},
};
use std::process::ExitCode;

/// Opens the window.
pub(crate) fn open(_data_dir: &DataDir) -> Result<ExitCode> {
    Err(CommandError::usage("this build has no window")
        .hint("`insight-journey --help` lists the commands."))
}

/// Starts or stops the recording of the open window.
pub(crate) fn toggle(_data_dir: &DataDir) -> Result<String> {
    Err(CommandError::not_found("there is no open window")
        .hint("Record here with `insight-journey record`."))
}
