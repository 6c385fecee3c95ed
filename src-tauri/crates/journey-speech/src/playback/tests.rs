use super::*;
use crate::playback::queue::{OutputAlarm, OutputTap, output_channel};
use proptest::prelude::*;
use std::sync::{Mutex, mpsc};

/// A speaker that takes samples when the test says so.
struct Scripted {
    rate_hz: u32,
    opened: Mutex<Option<(OutputTap, OutputAlarm)>>,
    refuses: Option<OutputError>,
}

struct Open;

impl OutputStream for Open {}

impl Scripted {
    fn at(rate_hz: u32) -> Self {
        Self { rate_hz, opened: Mutex::default(), refuses: None }
    }

    fn tap(&self) -> (OutputTap, OutputAlarm) {
        self.opened.lock().unwrap().take().expect("it was opened")
    }
}

impl AudioOutput for Scripted {
    fn open(&self) -> Result<OpenOutput, OutputError> {
        if let Some(error) = self.refuses {
            return Err(error);
        }
        let (tap, alarm, queue) = output_channel(self.rate_hz);
        *self.opened.lock().unwrap() = Some((tap, alarm));
        Ok(OpenOutput { stream: Box::new(Open), queue })
    }
}

struct Samples {
    samples: Vec<i16>,
    at: usize,
    breaks_at: usize,
}

impl Samples {
    fn boxed(samples: &[i16]) -> Box<dyn Sound> {
        Box::new(Self { samples: samples.to_vec(), at: 0, breaks_at: usize::MAX })
    }
}

impl Sound for Samples {
    fn next(&mut self, out: &mut [i16]) -> Result<usize, SoundGone> {
        if self.at >= self.breaks_at {
            return Err(SoundGone);
        }
        let rest = &self.samples[self.at..];
        let n = rest.len().min(out.len());
        out[..n].copy_from_slice(&rest[..n]);
        self.at += n;
        Ok(n)
    }
}

fn noise(n: usize) -> Vec<i16> {
    (0..n as u64).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as i16).collect()
}

fn options(from_ms: u64, to_ms: Option<u64>) -> PlayOptions {
    PlayOptions { from_ms, to_ms, tempo: 1.0, skips_silence: false }
}

/// Takes everything that comes, `block` frames at a time; gives the samples and what was told.
fn hear(
    output: &Scripted,
    sound: Box<dyn Sound>,
    options: PlayOptions,
    block: usize,
) -> (Vec<f32>, Vec<PlayEvent>) {
    let (told, events) = mpsc::channel();
    let playing = Playing::start(
        output,
        sound,
        options,
        Box::new(move |event| {
            let _ = told.send(event);
        }),
    )
    .unwrap();
    let (mut tap, _alarm) = output.tap();
    let mut heard = Vec::new();
    let mut buffer = vec![0.0_f32; block];
    while !playing.is_over() {
        let n = tap.n_ready().min(block);
        tap.fill(&mut buffer[..n], 1, 0);
        heard.extend_from_slice(&buffer[..n]);
        std::thread::yield_now();
    }
    drop(playing);
    (heard, events.into_iter().collect())
}

fn full_scale(samples: &[i16]) -> Vec<f32> {
    samples.iter().map(|s| f32::from(*s) / 32_768.0).collect()
}

#[test]
fn the_speaker_gets_exactly_the_samples_of_the_asked_range() {
    let samples = noise(40_000);
    // The sound begins where playing begins: at 500 ms.
    let sound = Samples::boxed(&samples[8_000..]);
    let (heard, events) = hear(&Scripted::at(16_000), sound, options(500, Some(2_000)), 333);
    assert_eq!(heard, full_scale(&samples[8_000..32_000]));
    assert_eq!(events.last(), Some(&PlayEvent::Ended(2_000)));
}

#[test]
fn without_an_end_it_plays_to_the_end_of_the_sound() {
    let samples = noise(24_000);
    let (heard, events) =
        hear(&Scripted::at(16_000), Samples::boxed(&samples), options(0, None), 1_000);
    assert_eq!(heard, full_scale(&samples));
    assert_eq!(events.last(), Some(&PlayEvent::Ended(1_500)));
}

#[test]
fn positions_rise_and_come_at_most_fifteen_times_a_second() {
    let output = Scripted::at(48_000);
    let (told, events) = mpsc::channel();
    let listener = Box::new(move |event| told.send(event).unwrap());
    let sound = Samples::boxed(&noise(48_000));
    let playing = Playing::start(&output, sound, options(1_000, None), listener).unwrap();
    let (mut tap, _alarm) = output.tap();
    let (mut positions, mut n_untold) = (Vec::new(), 0);
    let mut buffer = [0.0_f32; 480];
    while !playing.is_over() {
        let n = tap.n_ready().min(480);
        tap.fill(&mut buffer[..n], 1, 0);
        n_untold += n;
        // A tenth of a second was heard: that is told before any more of it is.
        if n_untold >= 4_800 {
            n_untold = 0;
            let Ok(PlayEvent::Position(ms)) = events.recv() else { break };
            positions.push(ms);
        }
        std::thread::yield_now();
    }
    drop(playing);
    positions.extend(events.into_iter().filter_map(|event| match event {
        PlayEvent::Position(ms) => Some(ms),
        _ => None,
    }));
    assert!(positions.len() <= 3 * 15 && positions.len() > 3, "{positions:?}");
    assert!(positions.is_sorted(), "{positions:?}");
    assert!(positions.iter().all(|ms| (1_000..=4_000).contains(ms)), "{positions:?}");
}

#[test]
fn what_is_on_its_way_to_the_ear_has_not_been_heard() {
    let output = Scripted::at(16_000);
    let playing =
        Playing::start(&output, Samples::boxed(&noise(16_000)), options(0, None), Box::new(|_| {}))
            .unwrap();
    let (mut tap, _alarm) = output.tap();
    let mut taken = 0;
    let mut buffer = [0.0_f32; 160];
    while taken < 16_000 {
        let n = tap.n_ready().min(160);
        tap.fill(&mut buffer[..n], 1, 1_600);
        taken += n;
        std::thread::yield_now();
    }
    while playing.position_ms() < 900 {
        std::thread::yield_now();
    }
    assert_eq!(playing.position_ms(), 900);
    assert!(!playing.is_over(), "a tenth of a second is still on its way");
    tap.fill(&mut [0.0_f32; 1], 1, 1_600);
    while !playing.is_over() {
        tap.fill(&mut buffer, 1, 1_600);
        std::thread::yield_now();
    }
    assert_eq!(playing.stop(), 1_000);
}

#[test]
fn stopping_says_where_it_stood_and_tells_nothing_more() {
    let output = Scripted::at(16_000);
    let (told, events) = mpsc::channel();
    let playing = Playing::start(
        &output,
        Samples::boxed(&noise(64_000)),
        options(0, None),
        Box::new(move |event| {
            let _ = told.send(event);
        }),
    )
    .unwrap();
    let (mut tap, _alarm) = output.tap();
    let mut buffer = [0.0_f32; 1_600];
    while tap.n_ready() < 1_600 {
        std::thread::yield_now();
    }
    tap.fill(&mut buffer, 1, 0);
    // The first told position says that the feeder has seen what was taken.
    let first = events.recv().unwrap();
    assert_eq!(first, PlayEvent::Position(100));
    assert_eq!(playing.stop(), 100);
    assert!(events.recv().is_err());
}

#[test]
fn a_speaker_that_dies_and_a_sound_that_breaks_are_told() {
    let output = Scripted::at(16_000);
    let (told, events) = mpsc::channel();
    let listener = move |event| {
        let _ = told.send(event);
    };
    let playing = Playing::start(
        &output,
        Samples::boxed(&noise(64_000)),
        options(7, None),
        Box::new(listener),
    )
    .unwrap();
    let (_tap, alarm) = output.tap();
    alarm.stream_failed();
    assert_eq!(events.recv().unwrap(), PlayEvent::Failed(7));
    assert_eq!(playing.stop(), 7);

    let broken = Samples { samples: noise(64_000), at: 0, breaks_at: 0 };
    let (_, events) = hear(&output, Box::new(broken), options(0, None), 100);
    assert_eq!(events, [PlayEvent::Failed(0)]);
}

#[test]
fn a_speaker_that_stumbles_plays_on() {
    let output = Scripted::at(16_000);
    let (told, events) = mpsc::channel();
    let listener = Box::new(move |event| told.send(event).unwrap());
    let sound = Samples::boxed(&noise(16_000));
    let playing = Playing::start(&output, sound, options(0, None), listener).unwrap();
    let (mut tap, alarm) = output.tap();
    let mut buffer = [0.0_f32; 160];
    while !playing.is_over() {
        alarm.stream_stumbled();
        let n = tap.n_ready().min(160);
        tap.fill(&mut buffer[..n], 1, 0);
        std::thread::yield_now();
    }
    drop(playing);
    assert_eq!(events.into_iter().last(), Some(PlayEvent::Ended(1_000)));
}

#[test]
fn a_speaker_that_stumbles_and_takes_nothing_more_is_said() {
    let output = Scripted::at(16_000);
    let (told, events) = mpsc::channel();
    let listener = Box::new(move |event| told.send(event).unwrap());
    let sound = Samples::boxed(&noise(64_000));
    let playing = Playing::start(&output, sound, options(7, None), listener).unwrap();
    let (_tap, alarm) = output.tap();
    alarm.stream_stumbled();
    assert_eq!(events.recv().unwrap(), PlayEvent::Failed(7));
    assert_eq!(playing.stop(), 7);
}

/// A speaker that cannot be closed before the test is over.
struct Hanging(Mutex<Option<mpsc::Receiver<()>>>);

struct NeverCloses(mpsc::Receiver<()>);

impl OutputStream for NeverCloses {}

impl Drop for NeverCloses {
    fn drop(&mut self) {
        self.0.recv().ok();
    }
}

impl AudioOutput for Hanging {
    fn open(&self) -> Result<OpenOutput, OutputError> {
        let (_, _, queue) = output_channel(16_000);
        let over = self.0.lock().unwrap().take().expect("it is opened once");
        Ok(OpenOutput { stream: Box::new(NeverCloses(over)), queue })
    }
}

#[test]
fn a_speaker_that_hangs_while_it_is_closed_keeps_nobody() {
    let (over, until) = mpsc::channel();
    let output = Hanging(Mutex::new(Some(until)));
    let sound = Samples::boxed(&noise(16_000));
    let playing = Playing::start(&output, sound, options(7, None), Box::new(|_| {})).unwrap();
    assert_eq!(playing.stop(), 7, "it stopped while the speaker still hangs");
    drop(over);
}

#[test]
fn a_computer_without_a_speaker_is_said() {
    let output = Scripted { refuses: Some(OutputError::NoDevice), ..Scripted::at(16_000) };
    let refused = Playing::start(&output, Samples::boxed(&[]), options(0, None), Box::new(|_| {}));
    assert_eq!(refused.unwrap_err(), OutputError::NoDevice);
}

#[test]
fn silence_is_left_out_and_the_position_stays_that_of_the_session() {
    let wav = include_bytes!("../../../../../tests/data/speech/short.wav");
    let speech: Vec<i16> =
        wav[44..].chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
    let gap = 5 * 16_000;
    let mut sound = speech.clone();
    sound.resize(speech.len() + gap, 0);
    sound.extend_from_slice(&speech);
    let skipping = PlayOptions { skips_silence: true, ..options(0, None) };
    let output = Scripted::at(16_000);
    let (told, events_told) = mpsc::channel();
    let listener = Box::new(move |event| told.send(event).unwrap());
    let playing = Playing::start(&output, Samples::boxed(&sound), skipping, listener).unwrap();
    let (mut tap, _alarm) = output.tap();
    let (mut n_heard, mut n_untold, mut events) = (0, 0, Vec::new());
    let mut buffer = [0.0_f32; 160];
    while !playing.is_over() {
        let n = tap.n_ready().min(160);
        tap.fill(&mut buffer[..n], 1, 0);
        n_heard += n;
        n_untold += n;
        // A tenth of a second was heard: that is told before any more of it is.
        if n_untold >= 1_600 {
            n_untold = 0;
            let Ok(event) = events_told.recv() else { break };
            events.push(event);
        }
        std::thread::yield_now();
    }
    drop(playing);
    events.extend(events_told);
    assert!(n_heard <= sound.len() - 4 * 16_000, "{n_heard} of {}", sound.len());
    // What is heard of the second time is in the second time's place.
    let second = (speech.len() + gap) as u64 / 16;
    let after = events.iter().filter(
        |event| matches!(event, PlayEvent::Position(ms) if *ms >= second.saturating_sub(300)),
    );
    assert!(after.count() > 5, "{events:?}");
    let within_gap = |ms: u64| ms > speech.len() as u64 / 16 + 600 && ms < second - 300;
    assert!(
        !events.iter().any(|event| matches!(event, PlayEvent::Position(ms) if within_gap(*ms))),
        "{events:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn any_range_in_any_blocks_is_heard_whole(
        n_ms in 1_u64..900,
        from in 0_u64..400,
        length in 0_u64..600,
        block in 1_usize..2_000,
    ) {
        let samples = noise((n_ms * 16) as usize);
        let first = ((from * 16) as usize).min(samples.len());
        let sound = Samples::boxed(&samples[first..]);
        let (heard, events) =
            hear(&Scripted::at(16_000), sound, options(from, Some(from + length)), block);
        let end = (first + (length * 16) as usize).min(samples.len());
        prop_assert_eq!(heard, full_scale(&samples[first..end]));
        let ended = PlayEvent::Ended(from + ((end - first) / 16) as u64);
        prop_assert_eq!(events.last(), Some(&ended));
    }
}
