//! Foreign sound files against the decoding worker. ffmpeg makes them, so it must be there.

use crate::given;
use journey_domain::ports::CancelToken;
use journey_speech::decode::{DecodeError, DecodedInfo, MediaInfo, decode_file};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};

fn ffmpeg(args: &[&str], to: &Path) {
    let made = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"])
        .args(args)
        .arg(to)
        .output()
        .expect("ffmpeg must be installed: it makes the files for this test");
    assert!(made.status.success(), "ffmpeg: {}", String::from_utf8_lossy(&made.stderr));
}

fn wav(name: &str) -> PathBuf {
    given::top().join("tests/data/speech").join(format!("{name}.wav"))
}

fn make(dir: &Path, name: &str, args: &[&str]) -> PathBuf {
    let to = dir.join(name);
    let from = wav("short");
    let mut all = vec!["-i", from.to_str().unwrap()];
    all.extend_from_slice(args);
    ffmpeg(&all, &to);
    to
}

fn decode(path: &Path) -> (Vec<i16>, Result<DecodedInfo, DecodeError>) {
    let extension = path.extension().map(|e| e.to_str().unwrap());
    decode_as(path, extension)
}

fn decode_as(path: &Path, extension: Option<&str>) -> (Vec<i16>, Result<DecodedInfo, DecodeError>) {
    let mut samples = Vec::new();
    let mut media: Option<MediaInfo> = None;
    let result = decode_file(
        &given::worker(),
        &File::open(path).unwrap(),
        extension,
        &mut |info| {
            assert!(media.is_none());
            media = Some(info.clone());
        },
        &mut |block| samples.extend_from_slice(block),
        &CancelToken::new(),
    );
    if let Ok(info) = &result {
        assert_eq!(info.n_samples, samples.len() as u64);
        assert_eq!(media.as_ref(), Some(&info.media));
    }
    (samples, result)
}

/// What ffmpeg makes of a file at 16 kHz mono.
fn by_ffmpeg(path: &Path, codec: &str, dir: &Path) -> Vec<i16> {
    let raw = dir.join("reference.raw");
    // ffmpeg's own Opus decoder resamples differently; libopus is the reference.
    let opus: &[&str] = if codec == "opus" { &["-c:a", "libopus"] } else { &[] };
    let from = ["-i", path.to_str().unwrap(), "-ar", "16000", "-ac", "1", "-f", "s16le"];
    ffmpeg(&[opus, &from].concat(), &raw);
    let bytes = std::fs::read(raw).unwrap();
    bytes.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
}

/// Signal to difference in decibels, at the best shift of up to `slack` samples.
fn likeness_db(one: &[i16], other: &[i16], slack: usize) -> (f64, i64) {
    let at_shift = |shift: i64| {
        let a = &one[shift.max(0) as usize..];
        let b = &other[(-shift).max(0) as usize..];
        let (mut signal, mut noise) = (1.0, 1.0);
        for (x, y) in a.iter().zip(b) {
            let (x, y) = (f64::from(*x), f64::from(*y));
            signal += x * x;
            noise += (x - y) * (x - y);
        }
        10.0 * f64::log10(signal / noise)
    };
    let slack = slack as i64;
    (-slack..=slack).map(|s| (at_shift(s), s)).max_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
}

#[test]
fn sixteen_kilohertz_wav_comes_out_to_the_bit() {
    let (samples, result) = decode(&wav("session"));
    let info = result.unwrap();
    assert_eq!(samples, given::recording("session").0);
    assert_eq!((info.coverage, info.warning), (1.0, None));
    assert_eq!((info.media.rate_hz, info.media.n_channels), (16_000, 1));
}

#[test]
fn every_format_gives_what_ffmpeg_hears_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let made = [
        ("a.wav", vec!["-ar", "44100", "-ac", "2"], 30.0),
        ("b.wav", vec!["-c:a", "pcm_f32le", "-ar", "48000"], 30.0),
        ("c.mp3", vec!["-ar", "44100", "-ac", "2", "-b:a", "128k"], 25.0),
        // Edit lists of MP4 are not applied: 21 ms of a coder's lead-in stay, and a shift by a
        // fraction of a sample keeps the likeness low.
        ("d.m4a", vec!["-c:a", "aac", "-ar", "48000", "-ac", "2"], 14.0),
        ("e.aac", vec!["-c:a", "aac", "-ar", "44100"], 20.0),
        ("f.m4a", vec!["-c:a", "alac"], 60.0),
        ("g.flac", vec!["-ar", "48000", "-ac", "2"], 30.0),
        ("h.ogg", vec!["-c:a", "libvorbis", "-ar", "44100", "-ac", "2"], 25.0),
        ("i.opus", vec!["-c:a", "libopus", "-ac", "1", "-b:a", "24k"], 40.0),
        ("j.ogg", vec!["-c:a", "libopus", "-ac", "2", "-b:a", "96k"], 25.0),
        ("k.webm", vec!["-c:a", "libopus", "-b:a", "48k"], 40.0),
        ("l.mkv", vec!["-c:a", "libopus", "-b:a", "12k"], 35.0),
        ("m.mkv", vec!["-c:a", "aac", "-ar", "44100"], 25.0),
        ("n.mov", vec!["-c:a", "pcm_s16le", "-ar", "48000"], 30.0),
        ("o.mp4", vec!["-c:a", "libopus"], 14.0),
        ("p.mka", vec!["-c:a", "libvorbis"], 25.0),
    ];
    let mut faults = Vec::new();
    for (name, args, least_db) in made {
        let path = make(dir.path(), name, &args);
        let (samples, result) = decode(&path);
        match result {
            Err(error) => faults.push(format!("{name}: {error}")),
            Ok(info) => {
                let reference = by_ffmpeg(&path, &info.media.codec, dir.path());
                let (likeness, shift) = likeness_db(&samples, &reference, 400);
                let off = samples.len() as i64 - reference.len() as i64;
                if likeness < least_db || off.abs() > 3200 || info.warning.is_some() {
                    faults.push(format!(
                        "{name}: {likeness:.1} dB at {shift}, {off} samples longer, {info:?}"
                    ));
                }
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn a_video_gives_its_sound_and_one_without_sound_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let video = dir.path().join("video.mp4");
    let picture = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=5:duration=6"];
    let from = wav("short");
    let mut args = picture.to_vec();
    args.extend(["-i", from.to_str().unwrap(), "-c:v", "mpeg4", "-c:a", "aac", "-shortest"]);
    ffmpeg(&args, &video);
    let (samples, result) = decode(&video);
    result.unwrap();
    assert!(samples.len() > 5 * 16_000);
    for name in ["mute.mp4", "mute.mkv"] {
        let mute = dir.path().join(name);
        let mut args = picture.to_vec();
        args.extend(["-c:v", "mpeg4"]);
        ffmpeg(&args, &mute);
        let error = decode(&mute).1.unwrap_err();
        assert!(matches!(error, DecodeError::NoAudioTrack), "{name}: {error}");
    }
}

#[test]
fn the_content_decides_and_not_the_name() {
    let dir = tempfile::tempdir().unwrap();
    let flac = make(dir.path(), "x.flac", &[]);
    for wrong in [Some("mp3"), Some("wav"), Some("../../x"), None] {
        let (samples, result) = decode_as(&flac, wrong);
        result.unwrap();
        assert_eq!(samples, given::recording("short").0);
    }
    let text = dir.path().join("notes.wav");
    std::fs::write(&text, "Dear diary, this is no sound at all.".repeat(99)).unwrap();
    for name in ["wav", "mp3", "m4a"] {
        let error = decode_as(&text, Some(name)).1.unwrap_err();
        assert!(matches!(error, DecodeError::UnknownFormat), "{name}: {error}");
    }
}

#[test]
fn an_unreadable_coding_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = make(dir.path(), "x.mkv", &["-c:a", "ac3"]);
    let error = decode(&path).1.unwrap_err();
    assert!(
        matches!(&error, DecodeError::UnsupportedCodec { codec } if codec == "AC-3"),
        "{error}"
    );
}

#[test]
fn the_moment_of_recording_is_read_where_the_file_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let date = ["-metadata", "creation_time=2024-05-01T10:11:12Z"];
    let m4a = make(dir.path(), "x.m4a", &date);
    let moment = Some(1_714_558_272);
    assert_eq!(decode(&m4a).1.unwrap().media.recorded_unix_s, moment);
    let mp3 = make(dir.path(), "x.mp3", &["-metadata", "date=2024-05-01"]);
    assert_eq!(decode(&mp3).1.unwrap().media.recorded_unix_s, Some(1_714_521_600));
    assert_eq!(decode(&wav("short")).1.unwrap().media.recorded_unix_s, None);
}

#[test]
fn an_empty_file_and_one_of_headers_alone_have_a_sentence_each() {
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().join("empty.mp3");
    std::fs::write(&empty, b"").unwrap();
    assert!(matches!(decode(&empty).1, Err(DecodeError::Empty)));
    let header = dir.path().join("header.wav");
    std::fs::write(&header, &std::fs::read(wav("short")).unwrap()[..44]).unwrap();
    assert!(matches!(decode(&header).1, Err(DecodeError::Damaged)));
}

#[test]
fn a_file_cut_off_gives_what_is_there_and_says_how_much() {
    let dir = tempfile::tempdir().unwrap();
    let whole = std::fs::read(wav("short")).unwrap();
    let cut = dir.path().join("cut.wav");
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let (samples, result) = decode(&cut);
    let info = result.unwrap();
    assert_eq!(samples, given::samples_of_wav_start(&whole, samples.len()));
    assert!((info.coverage - 0.5).abs() < 0.02, "{info:?}");
    assert!(info.warning.unwrap().contains("% of it"));
}

#[test]
fn damage_in_the_middle_costs_its_place_alone() {
    let dir = tempfile::tempdir().unwrap();
    let from = wav("session");
    let path = dir.path().join("x.mp3");
    ffmpeg(&["-i", from.to_str().unwrap(), "-b:a", "64k"], &path);
    let (whole, result) = decode(&path);
    result.unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4000].fill(0x55);
    std::fs::write(&path, &bytes).unwrap();
    let (damaged, result) = decode(&path);
    result.unwrap();
    let lost = whole.len() as i64 - damaged.len() as i64;
    assert!(lost.abs() < 16_000, "{lost} samples lost");
    let start = damaged.len() / 3;
    assert_eq!(whole[..start], damaged[..start]);
}

#[test]
fn hostile_files_end_at_worst_their_worker() {
    let dir = tempfile::tempdir().unwrap();
    let short: &[(&str, &[&str])] = &[
        ("a.wav", &["-t", "2"]),
        ("b.mp3", &["-t", "2"]),
        ("c.m4a", &["-t", "2", "-c:a", "aac"]),
        ("d.flac", &["-t", "2"]),
        ("e.ogg", &["-t", "2", "-c:a", "libvorbis"]),
        ("f.opus", &["-t", "2", "-c:a", "libopus"]),
        ("g.webm", &["-t", "2", "-c:a", "libopus"]),
    ];
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let hostile = dir.path().join("hostile");
    let mut refused = 0;
    for (name, args) in short {
        let whole = std::fs::read(make(dir.path(), name, args)).unwrap();
        let extension = name.split('.').nth(1);
        for nth in 0..12 {
            let mut bytes = whole.clone();
            match nth % 3 {
                0 => bytes.truncate(whole.len() * (nth + 1) / 13),
                1 => {
                    for _ in 0..=nth {
                        let at = next() as usize % bytes.len();
                        bytes[at] = next() as u8;
                    }
                }
                // Sizes stand in headers: make them huge.
                _ => {
                    let at = next() as usize % bytes.len().min(400);
                    let end = (at + 4).min(bytes.len());
                    bytes[at..end].fill(0xFF);
                }
            }
            std::fs::write(&hostile, &bytes).unwrap();
            let (samples, result) = decode_as(&hostile, extension);
            match result {
                Ok(_) => assert!(samples.len() < 60 * 16_000, "{name} {nth}"),
                Err(DecodeError::Hung) => panic!("{name} {nth} hung"),
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 5, "{refused} refused");
    let noise: Vec<u8> = (0..50_000).map(|_| next() as u8).collect();
    for extension in ["wav", "mp3", "m4a", "webm", "ogg"] {
        std::fs::write(&hostile, &noise).unwrap();
        assert!(decode_as(&hostile, Some(extension)).1.is_err(), "{extension}");
    }
}

#[test]
fn a_cancelled_import_stops() {
    let cancel = CancelToken::new();
    let mut n_blocks = 0;
    let result = decode_file(
        &given::worker(),
        &File::open(wav("session")).unwrap(),
        None,
        &mut |_| {},
        &mut |_| {
            n_blocks += 1;
            cancel.cancel();
        },
        &cancel,
    );
    assert!(matches!(result, Err(DecodeError::Cancelled)));
    assert_eq!(n_blocks, 1);
}
