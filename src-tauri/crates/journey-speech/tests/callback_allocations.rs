//! The audio callback allocates nothing, whatever comes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a test that panics is a test that fails"
)]

use journey_speech::capture::feed::{AfterRead, StreamFormat, stream_channel};

/// 480 frames at 48 kHz stereo, as a callback of 10 ms gets them.
const FORMAT: StreamFormat = StreamFormat { rate_hz: 48_000, n_channels: 2 };

fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

#[test]
fn the_counter_sees_allocations() {
    assert!(allocations(|| drop(std::hint::black_box(vec![1u8; 100]))) > 0);
}

#[test]
fn a_minute_of_callbacks_allocates_nothing_and_drops_nothing() {
    let (mut feed, _, mut reader) = stream_channel(FORMAT);
    let (floats, integers) = ([0.25f32; 960], [1000i16; 960]);
    let (wide, packed) = ([1i32 << 20; 960], [cpal::I24::new(99).unwrap(); 960]);
    let mut samples = Vec::with_capacity(960 * 8);
    for _ in 0..60 * 25 {
        let n = allocations(|| {
            feed.push(&floats);
            feed.push(&integers);
            feed.push(&wide);
            feed.push(&packed);
        });
        assert_eq!(n, 0);
        assert_eq!(reader.read(&mut samples), AfterRead::Empty);
    }
    assert_eq!(reader.dropped_at_the_end(), 0);
}

#[test]
fn a_full_ring_drops_without_allocating_or_waiting() {
    let (mut feed, alarm, mut reader) = stream_channel(FORMAT);
    let block = [0.5f32; 960];
    let n = allocations(|| {
        for _ in 0..1000 {
            feed.push(&block);
        }
        alarm.xrun();
        alarm.stream_failed();
    });
    assert_eq!(n, 0);
    // 10 s came, 4 s fit.
    assert_eq!(reader.dropped_at_the_end(), 6 * 48_000);
    let mut samples = Vec::new();
    assert_eq!(reader.read(&mut samples), AfterRead::Empty);
    assert_eq!(samples.len(), 4 * 96_000);
    assert_eq!(allocations(|| feed.push(&block)), 0);
    assert_eq!(reader.read(&mut samples), AfterRead::Dropped(6 * 48_000));
}
