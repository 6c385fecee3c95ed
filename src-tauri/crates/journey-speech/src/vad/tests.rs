use super::*;
use proptest::prelude::*;
use std::path::Path;

/// The samples of a 16 kHz mono WAV file of the test data.
fn recording(name: &str) -> Vec<i16> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/data/speech").join(name);
    let bytes = std::fs::read(path).unwrap();
    let data = bytes.windows(4).position(|it| it == b"data").unwrap() + 8;
    bytes[data..].chunks_exact(2).map(|it| i16::from_le_bytes([it[0], it[1]])).collect()
}

fn regions_of(samples: &[i16], options: VadOptions, cut: usize) -> Vec<SpeechRegion> {
    let (mut detector, mut regions) = (SpeechDetector::new(options), Vec::new());
    for block in samples.chunks(cut) {
        detector.push(block, &mut regions);
    }
    detector.finish(&mut regions);
    regions
}

/// Stretches that are loud, to 10 ms: speech by another measure than the detector's.
fn loud(samples: &[i16]) -> Vec<(u64, u64)> {
    let mut stretches: Vec<(u64, u64)> = Vec::new();
    for (i, block) in samples.chunks(160).enumerate() {
        let sum: f64 = block.iter().map(|s| f64::from(*s).powi(2)).sum();
        if (sum / block.len() as f64).sqrt() < 100.0 {
            continue;
        }
        let (start, end) = (i as u64 * 160, (i as u64 + 1) * 160);
        match stretches.last_mut() {
            // Stops inside words are silent for less than 200 ms.
            Some(last) if start - last.1 < 3200 => last.1 = end,
            _ => stretches.push((start, end)),
        }
    }
    stretches
}

fn session() -> (Vec<i16>, Vec<(u64, u64)>, Vec<SpeechRegion>) {
    let samples = recording("session.wav");
    let loud = loud(&samples);
    let regions = regions_of(&samples, VadOptions::default(), 1600);
    (samples, loud, regions)
}

#[test]
fn no_word_of_the_session_is_cut() {
    let (_, loud, regions) = session();
    assert_eq!(loud.len(), 21, "the recording has 21 sentences");
    for (start, end) in loud {
        assert!(
            regions.iter().any(|region| region.start <= start && end <= region.end),
            "speech from {} to {} ms is cut",
            start / SAMPLES_PER_MS,
            end / SAMPLES_PER_MS
        );
    }
}

#[test]
fn silence_beyond_the_padding_is_removed() {
    let (samples, loud, regions) = session();
    let n_loud: u64 = loud.iter().map(|(start, end)| end - start).sum();
    let n_kept: u64 = regions.iter().map(SpeechRegion::n_samples).sum();
    let n_silent = samples.len() as u64 - n_loud;
    let n_padding = 500 * SAMPLES_PER_MS * loud.len() as u64;
    let n_removed = samples.len() as u64 - n_kept;
    assert!(n_removed * 100 >= n_silent * 70, "of all silence");
    assert!(n_removed * 100 >= (n_silent - n_padding) * 90, "of silence that is not padding");
}

#[test]
fn faint_noise_is_not_speech() {
    assert!(regions_of(&recording("silence.wav"), VadOptions::default(), 777).is_empty());
}

#[test]
fn speech_without_pauses_is_cut_into_adjoining_regions() {
    let samples = recording("session.wav");
    let mut spoken = Vec::new();
    for (start, end) in loud(&samples) {
        spoken.extend_from_slice(&samples[start as usize..end as usize]);
    }
    let options = VadOptions { max_region_ms: 10_000, ..VadOptions::default() };
    let regions = regions_of(&spoken, options, 4096);
    assert!(regions.len() >= 5);
    assert!(regions.iter().all(|region| region.n_samples() <= 10_016 * SAMPLES_PER_MS));
    assert!(regions.windows(2).all(|two| two[0].end == two[1].start));
}

#[test]
fn where_short_pauses_count_regions_end_inside_them_and_no_word_is_cut() {
    let samples = recording("session.wav");
    // The sentences with 400 ms between them: too short for the padding of both sides.
    let mut spoken = Vec::new();
    let mut pauses = Vec::new();
    for (start, end) in loud(&samples) {
        spoken.extend_from_slice(&samples[start as usize..end as usize]);
        pauses.push(spoken.len() as u64..spoken.len() as u64 + 6400);
        spoken.extend_from_slice(&[1; 6400]);
    }
    let (mut detector, mut regions) = (SpeechDetector::new(VadOptions::default()), Vec::new());
    detector.end_at_pauses_of(Some(160 * SAMPLES_PER_MS));
    detector.push(&spoken, &mut regions);
    detector.finish(&mut regions);
    assert!(regions.len() >= pauses.len(), "{} regions", regions.len());
    for region in &regions {
        assert!(pauses.iter().any(|p| p.contains(&region.end)), "{region:?} {pauses:?}");
    }
}

#[test]
fn a_region_is_told_of_while_it_is_being_spoken() {
    let samples = recording("session.wav");
    let mut detector = SpeechDetector::new(VadOptions::default());
    let mut regions = Vec::new();
    detector.push(&samples[..2000 * 16], &mut regions);
    assert!(detector.is_speaking() && regions.is_empty());
    assert!(detector.decided_until() <= 510 * 16);
    detector.push(&samples[2000 * 16..5000 * 16], &mut regions);
    assert!(!detector.is_speaking());
    assert_eq!(regions.len(), 1);
    assert!(detector.decided_until() >= regions[0].end);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn any_cutting_of_the_stream_gives_the_same_regions(cut in 1usize..5000) {
        let samples = recording("short.wav");
        let whole = regions_of(&samples, VadOptions::default(), usize::MAX);
        prop_assert_eq!(regions_of(&samples, VadOptions::default(), cut), whole);
    }
}
