//! The worker by itself, for this crate's tests.

use std::process::ExitCode;

fn main() -> ExitCode {
    journey_speech::worker::worker_main(
        std::env::args_os().skip(1),
        std::io::stdin(),
        std::io::stdout(),
    )
}
