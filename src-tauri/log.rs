//! What the program notes about itself: files of one day each, in the data directory, without
//! anything that a person said.

use journey_app::{App, data_dir::DataDir};
use std::{fs::DirBuilder, os::unix::fs::DirBuilderExt as _, str::FromStr as _};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// How many days are kept.
const N_DAYS: usize = 14;

/// Writes this program's own events, and nobody else's: what a library would tell of its requests is
/// none of a log's business.
const OURS: [&str; 7] = [
    "insight_journey",
    "journey_app",
    "journey_vault",
    "journey_speech",
    "journey_analysis",
    "journey_language",
    "journey_domain",
];

/// Begins to write the log at the level that the computer's settings say. Without a log everything
/// else works.
pub(crate) fn begin(app: &App, data_dir: &DataDir) {
    let level = app.log_level().ok().and_then(|level| LevelFilter::from_str(&level).ok());
    let level = level.unwrap_or(LevelFilter::INFO);
    // The library would tell people on standard error that there is no such folder yet.
    let folder = data_dir.logs();
    if DirBuilder::new().recursive(true).mode(0o700).create(&folder).is_err() {
        return;
    }
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .max_log_files(N_DAYS)
        .filename_prefix("insight-journey")
        .filename_suffix("log")
        .build(folder);
    let Ok(file) = file else { return };
    let lines = fmt::layer().with_writer(file).with_ansi(false);
    let ours = Targets::new().with_targets(OURS.map(|target| (target, level)));
    // A second call in one process keeps the first log.
    tracing_subscriber::registry().with(lines).with(ours).try_init().ok();
}
