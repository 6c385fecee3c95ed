use super::{
    container::{CHUNK_OVERHEAD, HEADER_BYTES},
    storage::Storage,
    syncing::{PATIENCE, Syncing},
    write::Tail,
    *,
};
use crate::testing::{CountingRandom, contains};
use journey_domain::{
    ports::SegmentSink as _,
    timeline::{LossReason, Mark, MarkKind},
};
use proptest::prelude::*;
use std::{
    fs,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
    slice::from_ref,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};
use tempfile::TempDir;
use uuid::Uuid;

static KEY: MediaKey = MediaKey::new(&[0x77; 32]);

fn file(dir: &Path, number: u128) -> MediaFile<'static> {
    MediaFile {
        path: dir.join(format!("{number}.seg")),
        key: &KEY,
        recording: RecordingId::new(Uuid::from_u128(number)),
    }
}

fn tone(n_samples: usize) -> Vec<i16> {
    (0..n_samples).map(|n| (n as i16).wrapping_mul(257)).collect()
}

fn pause(at_sample: u64) -> Mark {
    Mark { at_sample, kind: MarkKind::Paused { duration_ms: 700 } }
}

fn write(file: &MediaFile<'_>, samples: &[i16], chunk: usize) -> SegmentWriter {
    let mut writer = SegmentWriter::create(file, &CountingRandom::new()).unwrap();
    for part in samples.chunks(chunk) {
        writer.append(part).unwrap();
    }
    writer
}

fn read_all(reader: &mut PcmReader) -> Result<Vec<i16>, MediaError> {
    let mut samples = vec![1; reader.n_samples() as usize];
    let n_read = reader.read(0, &mut samples)?;
    assert_eq!(n_read, samples.len());
    Ok(samples)
}

/// Opens strictly and reads everything.
fn read_whole(file: &MediaFile<'_>) -> Result<(Vec<i16>, Vec<Mark>), MediaError> {
    let mut reader = PcmReader::open(file)?;
    Ok((read_all(&mut reader)?, reader.marks().to_vec()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_chunking_gives_the_same_samples(
        samples in prop::collection::vec(any::<i16>(), 0..4_000),
        cuts in prop::collection::vec(1usize..900, 1..20),
        from in 0u64..4_200,
        n_read in 0usize..1_500,
    ) {
        let dir = TempDir::new().unwrap();
        let file = file(dir.path(), 1);
        let mut writer = SegmentWriter::create(&file, &CountingRandom::new()).unwrap();
        let mut rest = samples.as_slice();
        for cut in cuts.iter().cycle() {
            let (part, after) = rest.split_at((*cut).min(rest.len()));
            writer.append(part).unwrap();
            rest = after;
            if rest.is_empty() {
                break;
            }
            writer.mark(&pause(writer.n_samples())).unwrap();
        }
        writer.finish().unwrap();
        let (read, marks) = read_whole(&file).unwrap();
        prop_assert_eq!(&read, &samples);
        prop_assert_eq!(marks.as_slice(), writer.marks());

        let mut part = vec![0; n_read];
        let mut reader = PcmReader::open(&file).unwrap();
        let n_read = reader.read(from, &mut part).unwrap();
        let expected: Vec<i16> =
            samples.iter().skip(from as usize).take(part.len()).copied().collect();
        prop_assert_eq!(&part[..n_read], expected.as_slice());
    }

    #[test]
    fn bytes_come_back_from_any_place(
        content in prop::collection::vec(any::<u8>(), 0..200_000),
        from in 0u64..210_000,
    ) {
        let dir = TempDir::new().unwrap();
        let file = file(dir.path(), 2);
        let mut writer = BlobWriter::create(&file, &CountingRandom::new()).unwrap();
        writer.write_all(&content).unwrap();
        prop_assert_eq!(writer.finish().unwrap(), content.len() as u64);
        let mut reader = BlobReader::open(&file).unwrap();
        prop_assert_eq!(reader.len(), content.len() as u64);
        let mut whole = Vec::new();
        reader.read_to_end(&mut whole).unwrap();
        prop_assert_eq!(&whole, &content);
        reader.seek(SeekFrom::Start(from)).unwrap();
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        prop_assert_eq!(rest.as_slice(), content.get(from as usize..).unwrap_or_default());
    }
}

/// A small generator for choosing mutations.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % n
    }
}

/// Where each chunk of a file with chunks of `sizes` bytes of content begins, and the end.
fn borders(sizes: &[usize]) -> Vec<usize> {
    let mut at = HEADER_BYTES;
    let mut borders = vec![at];
    for size in sizes {
        at += size + CHUNK_OVERHEAD as usize;
        borders.push(at);
    }
    borders
}

#[test]
fn every_one_of_two_thousand_mutations_is_detected() {
    let dir = TempDir::new().unwrap();
    let samples = tone(1_600);
    let ours = file(dir.path(), 1);
    write(&ours, &samples, 160).finish().unwrap();
    let other = file(dir.path(), 2);
    write(&other, &samples, 160).finish().unwrap();
    let good = fs::read(&ours.path).unwrap();
    let foreign = fs::read(&other.path).unwrap();
    let mut sizes = vec![320; 10];
    sizes.push(0);
    let borders = borders(&sizes);
    assert_eq!(borders.last(), Some(&good.len()));
    let chunk = |bytes: &[u8], n: usize| bytes[borders[n]..borders[n + 1]].to_vec();

    let mut dice = Dice(7);
    for round in 0..2_000 {
        let mut bad = good.clone();
        let (a, b) = (dice.below(sizes.len()), dice.below(sizes.len()));
        match round % 6 {
            0 => bad[dice.below(good.len())] ^= 1 << dice.below(8),
            1 => bad.truncate(dice.below(good.len())),
            2 => {
                let (first, second) = (a.min(b), a.max(b));
                let parts: Vec<Vec<u8>> = (0..sizes.len())
                    .map(|n| match n {
                        _ if n == first => chunk(&good, second),
                        _ if n == second => chunk(&good, first),
                        _ => chunk(&good, n),
                    })
                    .collect();
                bad.truncate(HEADER_BYTES);
                bad.extend(parts.concat());
            }
            3 => drop(bad.splice(borders[a]..borders[a], chunk(&good, b))),
            4 => drop(bad.splice(borders[a]..borders[a + 1], [])),
            _ => drop(bad.splice(borders[a]..borders[a + 1], chunk(&foreign, a))),
        }
        fs::write(&ours.path, &bad).unwrap();
        let read = read_whole(&ours);
        assert!(bad == good || read.is_err(), "round {round} was not detected");
    }
}

#[test]
fn what_is_not_damaged_stays_playable() {
    let dir = TempDir::new().unwrap();
    let file = file(dir.path(), 1);
    let samples = tone(1_600);
    write(&file, &samples, 160).finish().unwrap();
    let good = fs::read(&file.path).unwrap();
    let borders = borders(&[320; 10]);
    for byte in (HEADER_BYTES..good.len()).step_by(11) {
        let mut bad = good.clone();
        bad[byte] ^= 0x40;
        fs::write(&file.path, &bad).unwrap();
        let mut reader = PcmReader::open_lenient(&file).unwrap();
        let hit = borders.partition_point(|border| *border <= byte) - 1;
        let read = read_all(&mut reader).unwrap();
        if hit == 10 {
            assert!(!reader.is_complete() && reader.damage().is_empty());
            assert_eq!(read, samples);
        } else {
            let lost = hit * 160..(hit + 1) * 160;
            assert_eq!(reader.damage(), from_ref(&(lost.start as u64..lost.end as u64)));
            let expected: Vec<i16> =
                (0..1_600).map(|n| if lost.contains(&n) { 0 } else { samples[n] }).collect();
            assert_eq!(read, expected, "byte {byte}");
        }
    }
}

#[test]
fn a_recording_cut_at_any_byte_is_recovered_up_to_its_last_whole_chunk() {
    let dir = TempDir::new().unwrap();
    let file = file(dir.path(), 1);
    let samples = tone(480);
    let mut writer = write(&file, &samples[..320], 160);
    let mark = Mark {
        at_sample: 320,
        kind: MarkKind::Lost { duration_ms: 50, reason: LossReason::Overrun },
    };
    writer.mark(&mark).unwrap();
    writer.append(&samples[320..]).unwrap();
    writer.finish().unwrap();
    let whole = fs::read(&file.path).unwrap();
    let json = serde_json::to_vec(&mark).unwrap().len();
    let borders = borders(&[320, 320, json, 320, 0]);
    for len in 0..=whole.len() {
        fs::write(&file.path, &whole[..len]).unwrap();
        if len < whole.len() {
            assert!(PcmReader::open(&file).is_err(), "an unfinished file of {len} bytes opened");
        }
        let recovered = recover(&file, &CountingRandom::new()).unwrap();
        let n_whole = borders.partition_point(|border| *border <= len).saturating_sub(1);
        let n_samples = [0, 160, 320, 320, 480, 480][n_whole];
        assert_eq!(recovered.n_samples, n_samples, "cut at {len}");
        assert_eq!(recovered.marks.len(), usize::from(n_whole >= 3));
        assert_eq!(recovered.damage, []);
        let (read, marks) = read_whole(&file).unwrap();
        assert_eq!(read, samples[..n_samples as usize]);
        assert_eq!(marks, recovered.marks);
        assert_eq!(recover(&file, &CountingRandom::new()).unwrap(), recovered, "not idempotent");
    }
}

#[test]
fn recovery_of_a_missing_file_is_an_empty_recording() {
    let dir = TempDir::new().unwrap();
    let file = file(dir.path(), 1);
    assert_eq!(recover(&file, &CountingRandom::new()).unwrap().n_samples, 0);
    assert_eq!(read_whole(&file).unwrap(), (Vec::new(), Vec::new()));
}

#[test]
fn recovery_keeps_good_chunks_behind_a_torn_one() {
    let dir = TempDir::new().unwrap();
    let file = file(dir.path(), 1);
    let samples = tone(640);
    drop(write(&file, &samples, 160));
    let mut bytes = fs::read(&file.path).unwrap();
    let borders = borders(&[320; 4]);
    bytes[borders[1]..borders[2]].fill(0);
    bytes.truncate(borders[4] - 3);
    fs::write(&file.path, &bytes).unwrap();
    let recovered = recover(&file, &CountingRandom::new()).unwrap();
    assert_eq!((recovered.n_samples, recovered.damage.as_slice()), (480, from_ref(&(160..320))));
    let mut reader = PcmReader::open_lenient(&file).unwrap();
    assert!(reader.is_complete());
    let read = read_all(&mut reader).unwrap();
    assert_eq!(read[..160], samples[..160]);
    assert_eq!(read[160..320], [0; 160]);
    assert_eq!(read[320..], samples[320..480]);
}

#[test]
fn another_recordings_file_and_another_key_are_refused() {
    let dir = TempDir::new().unwrap();
    let ours = file(dir.path(), 1);
    write(&ours, &tone(10), 10).finish().unwrap();
    let moved = file(dir.path(), 2);
    fs::copy(&ours.path, &moved.path).unwrap();
    assert!(matches!(PcmReader::open(&moved), Err(MediaError::Foreign)));
    let other_key = MediaKey::new(&[1; 32]);
    let wrong_key = MediaFile { key: &other_key, ..file(dir.path(), 1) };
    assert!(matches!(PcmReader::open(&wrong_key), Err(MediaError::Damaged)));
    assert!(matches!(BlobReader::open(&ours), Err(MediaError::Foreign)));
    fs::write(&moved.path, b"RIFF, or whatever else somebody put here instead").unwrap();
    assert!(matches!(PcmReader::open(&moved), Err(MediaError::Foreign)));
    assert!(matches!(PcmReader::open(&file(dir.path(), 3)), Err(MediaError::Missing)));
}

#[test]
fn nothing_of_the_sound_is_on_the_disk() {
    let dir = TempDir::new().unwrap();
    let file = file(dir.path(), 1);
    let samples = tone(4_000);
    write(&file, &samples, 1_600).finish().unwrap();
    let bytes = fs::read(&file.path).unwrap();
    for part in samples.chunks(4) {
        let plain: Vec<u8> = part.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        assert!(!contains(&bytes, &plain));
    }
    assert!(bytes.len() as f64 <= 1.1 * 2.0 * samples.len() as f64);
}

#[test]
fn damage_to_one_chunk_of_bytes_leaves_the_others_readable() {
    let dir = TempDir::new().unwrap();
    let file = file(dir.path(), 1);
    let content: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
    let mut writer = BlobWriter::create(&file, &CountingRandom::new()).unwrap();
    writer.write_all(&content).unwrap();
    writer.finish().unwrap();
    let good = fs::read(&file.path).unwrap();
    let mut bad = good.clone();
    bad[HEADER_BYTES + 70_000] ^= 1;
    fs::write(&file.path, &bad).unwrap();
    let mut reader = BlobReader::open(&file).unwrap();
    let mut first = vec![0; 65_536];
    reader.read_exact(&mut first).unwrap();
    assert_eq!(first, content[..65_536]);
    assert!(reader.read(&mut [0; 8]).is_err());
    reader.seek(SeekFrom::Start(2 * 65_536)).unwrap();
    let mut last = Vec::new();
    reader.read_to_end(&mut last).unwrap();
    assert_eq!(last, content[2 * 65_536..]);
    for len in [0, 30, HEADER_BYTES, 70_000, good.len() - 1] {
        fs::write(&file.path, &good[..len]).unwrap();
        assert!(BlobReader::open(&file).is_err(), "{len} bytes of it opened");
    }
}

#[test]
fn a_sync_that_failed_or_hangs_is_told_until_one_works() {
    let (go_on, goes_on) = channel();
    let (begun, has_begun) = channel();
    let disk =
        Arc::new(HangingDisk { bytes: Mutex::default(), begun, goes_on: Mutex::new(goes_on) });
    let mut syncing = Syncing::start(disk, Duration::ZERO).unwrap();
    assert!(!syncing.ask(1).unwrap());
    has_begun.recv().unwrap();
    for _ in 0..2 {
        assert_eq!(syncing.ask(1).unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
    go_on.send(()).unwrap();
    while syncing.ask(1).is_err() {
        std::thread::yield_now();
    }
    assert!(syncing.ask(1).unwrap(), "nothing more is asked for");
    syncing.end().unwrap();

    let disk = FailingDisk { bytes: Arc::default(), n_calls: Arc::default(), failing: 0..3 };
    let mut syncing = Syncing::start(Arc::new(disk), PATIENCE).unwrap();
    assert!(!syncing.ask(1).unwrap());
    // In the background, and then at once, so that nothing is said to work in between.
    let first = loop {
        match syncing.ask(1) {
            Ok(is_synced) => assert!(!is_synced),
            Err(error) => break error,
        }
    };
    assert_eq!(first.kind(), io::ErrorKind::StorageFull);
    let mut n_told = 1;
    while syncing.ask(1).is_err() {
        n_told += 1;
    }
    assert!((2..=3).contains(&n_told), "{n_told}");
    assert!(syncing.ask(1).unwrap());
    syncing.end().unwrap();
}

/// A disk in memory whose calls fail from one on, for a while.
#[derive(Clone)]
struct FailingDisk {
    bytes: Arc<Mutex<Vec<u8>>>,
    n_calls: Arc<AtomicUsize>,
    failing: std::ops::Range<usize>,
}

impl FailingDisk {
    fn call(&self) -> io::Result<()> {
        let call = self.n_calls.fetch_add(1, Ordering::Relaxed);
        if self.failing.contains(&call) { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl Storage for FailingDisk {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let offset = offset as usize;
        let failed = self.call();
        let mut disk = self.bytes.lock().unwrap();
        // A full disk takes a part first.
        let n_taken = if failed.is_err() { bytes.len() / 2 } else { bytes.len() };
        let len = disk.len().max(offset + n_taken);
        disk.resize(len, 0);
        disk[offset..offset + n_taken].copy_from_slice(&bytes[..n_taken]);
        drop(disk);
        failed.map(|()| n_taken)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.call()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.call()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.call()?;
        self.bytes.lock().unwrap().truncate(len as usize);
        Ok(())
    }
}

/// A disk in memory whose syncs take until they are let go on.
struct HangingDisk {
    bytes: Mutex<Vec<u8>>,
    begun: Sender<()>,
    goes_on: Mutex<Receiver<()>>,
}

impl Storage for HangingDisk {
    fn write_at(&self, bytes: &[u8], _: u64) -> io::Result<usize> {
        self.bytes.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.begun.send(()).unwrap();
        self.goes_on.lock().unwrap().recv().unwrap();
        Ok(())
    }

    fn sync_all(&self) -> io::Result<()> {
        Ok(())
    }

    fn set_len(&self, _: u64) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_disk_that_hangs_while_it_syncs_holds_up_no_writing_and_what_came_meanwhile_is_synced_after() {
    let dir = TempDir::new().unwrap();
    let file = file(dir.path(), 1);
    let ((begun, has_begun), (go_on, goes_on)) = (channel(), channel());
    let disk =
        Arc::new(HangingDisk { bytes: Mutex::default(), begun, goes_on: Mutex::new(goes_on) });
    let tail =
        Tail::begin(disk.clone(), &file, container::Content::Samples, &CountingRandom::new());
    let mut writer = SegmentWriter::new(tail.unwrap());
    let samples = tone(800);
    let (before, meanwhile) = samples.split_at(160);
    writer.append(before).unwrap();
    assert!(!writer.sync().unwrap());
    has_begun.recv().unwrap();
    for part in meanwhile.chunks(160) {
        writer.append(part).unwrap();
        assert!(!writer.sync().unwrap());
    }
    fs::write(&file.path, &*disk.bytes.lock().unwrap()).unwrap();
    assert_eq!(recover(&file, &CountingRandom::new()).unwrap().n_samples, 800);
    // The first, and one for all that came after it had begun.
    go_on.send(()).unwrap();
    has_begun.recv().unwrap();
    assert!(!writer.sync().unwrap());
    go_on.send(()).unwrap();
    while !writer.sync().unwrap() {
        std::thread::yield_now();
    }
    writer.finish().unwrap();
    assert!(has_begun.try_recv().is_err());
    fs::write(&file.path, &*disk.bytes.lock().unwrap()).unwrap();
    assert_eq!(read_whole(&file).unwrap().0, samples);
}

#[test]
fn a_disk_that_is_full_at_any_call_costs_only_what_was_refused() {
    let dir = TempDir::new().unwrap();
    let file = file(dir.path(), 1);
    for n_failures in 1..=3 {
        for first in 2.. {
            let disk = FailingDisk {
                bytes: Arc::default(),
                n_calls: Arc::default(),
                failing: first..first + n_failures,
            };
            let tail = Tail::begin(
                Arc::new(disk.clone()),
                &file,
                container::Content::Samples,
                &CountingRandom::new(),
            )
            .unwrap();
            let mut writer = SegmentWriter::new(tail);
            let mut kept = Vec::new();
            let mut n_refused = 0;
            for part in tone(800).chunks(160) {
                match writer.append(part) {
                    Ok(()) => kept.extend_from_slice(part),
                    Err(error) => {
                        assert!(matches!(error, SinkError::DiskFull), "{error}");
                        n_refused += 1;
                    }
                }
                n_refused += usize::from(writer.sync().is_err());
                // At any moment the file can be recovered with all that was accepted.
                fs::write(&file.path, &*disk.bytes.lock().unwrap()).unwrap();
                let recovered = recover(&file, &CountingRandom::new()).unwrap();
                assert_eq!(recovered.n_samples, kept.len() as u64);
            }
            while writer.finish().is_err() {
                n_refused += 1;
            }
            fs::write(&file.path, &*disk.bytes.lock().unwrap()).unwrap();
            assert_eq!(read_whole(&file).unwrap().0, kept);
            if n_refused == 0 {
                // Syncs that are asked for while one waits are one.
                assert!(first >= 10);
                break;
            }
        }
    }
}
