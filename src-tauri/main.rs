//! The program: a window, a command line, or a worker process.

fn main() -> std::process::ExitCode {
    insight_journey::run()
}
