//! The worker process by itself: it knows neither window nor vault, and maps none of their libraries.

fn main() -> std::process::ExitCode {
    let args = std::env::args_os().skip(1);
    journey_speech::worker::worker_main(args, std::io::stdin(), std::io::stdout())
}
