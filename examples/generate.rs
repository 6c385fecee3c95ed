//! Makes an account with made-up sessions: `cargo run --release --example generate -- DIR SESSIONS`.
//! The password comes from INSIGHT_JOURNEY_PASSWORD; the account is called Mira.

use anyhow::{Context as _, ensure};
use journey_app::{App, Ports, data_dir::DataDir, gate::command::Command, sample::SampleOptions};
use journey_domain::ports::{LockReason, NoEvents};
use std::{path::PathBuf, sync::Arc};

/// Over how many years the sessions lie.
const YEARS: u32 = 5;

#[expect(clippy::disallowed_methods, reason = "the edge where the environment is read")]
fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let dir = words.next().context("which folder?")?;
    let sessions = words.next().context("how many sessions?")?.parse()?;
    let password = std::env::var("INSIGHT_JOURNEY_PASSWORD")
        .context("set INSIGHT_JOURNEY_PASSWORD to the new account's password")?;
    let data_dir = DataDir::new(PathBuf::from(dir));
    let ports = Ports::real(&data_dir, Arc::new(NoEvents))?;
    let until = ports.clock.now();
    let app = App::open(data_dir, ports)?;
    ensure!(!app.any_account()?, "there is an account in this folder already");
    app.create_account(None, "Mira", false, &password)?;
    let me = app.unlocked(Command::Write, &app.sign_in_once("Mira", &password)?)?;
    app.add_sample_sessions(&me, &SampleOptions { seed: 1, sessions, years: YEARS, until })?;
    app.set_setting(&me, "setup_done", &true.into())?;
    app.close(LockReason::Asked);
    Ok(())
}
