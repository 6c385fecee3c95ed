//! The engine over real worker processes with the sample model.

use crate::given;
use journey_domain::{ports::CancelToken, transcript::SpokenSegment};
use journey_speech::{
    engine::{
        Heard, Language, ModelFile, SpeechEngine, SpeechError, TranscribeOptions,
        TranscribeOutcome, WorkerEngine,
    },
    whisper,
    worker::WorkerCommand,
};
use std::{num::NonZeroUsize, time::Duration};

const IDLE: Duration = Duration::from_secs(60);

fn engine() -> WorkerEngine {
    WorkerEngine::new(given::worker(), NonZeroUsize::MIN, IDLE)
}

fn model() -> ModelFile {
    ModelFile::open(&given::model_path()).unwrap()
}

fn hear(
    engine: &WorkerEngine,
    audio: &[i16],
    on_heard: &mut dyn FnMut(&Heard),
) -> (Vec<SpokenSegment>, Result<TranscribeOutcome, SpeechError>) {
    hear_from(engine, audio, 0, on_heard, &CancelToken::new())
}

fn hear_from(
    engine: &WorkerEngine,
    audio: &[i16],
    offset_ms: u64,
    on_heard: &mut dyn FnMut(&Heard),
    cancel: &CancelToken,
) -> (Vec<SpokenSegment>, Result<TranscribeOutcome, SpeechError>) {
    let mut kept = Vec::new();
    let options = TranscribeOptions { offset_ms, language: Language::Auto };
    let outcome = engine.transcribe(
        &model(),
        audio,
        &options,
        &mut |heard| {
            on_heard(&heard);
            if let Heard::Final(segment) = heard {
                kept.push(segment);
            }
        },
        cancel,
    );
    (kept, outcome)
}

fn text_of(segments: &[SpokenSegment]) -> String {
    segments.iter().map(|s| s.text.trim()).collect::<Vec<_>>().join(" ")
}

fn words(text: &str) -> Vec<String> {
    let bare = |w: &str| w.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    text.split_whitespace().map(|w| bare(w).to_lowercase()).filter(|w| !w.is_empty()).collect()
}

/// Word edit distance divided by the number of words said.
fn word_error_rate(heard: &str, said: &str) -> f64 {
    let (heard, said) = (words(heard), words(said));
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, word) in said.iter().enumerate() {
        let mut above_left = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in heard.iter().enumerate() {
            let here =
                (row[j] + 1).min(row[j + 1] + 1).min(above_left + usize::from(word != other));
            above_left = std::mem::replace(&mut row[j + 1], here);
        }
    }
    row[heard.len()] as f64 / said.len() as f64
}

fn bare_whisper(audio: &[i16]) -> String {
    let context = whisper_rs::WhisperContext::new_with_params(
        given::model_path(),
        whisper::context_parameters(),
    )
    .unwrap();
    let audio: Vec<f32> = audio.iter().map(|s| f32::from(*s) / 32768.0).collect();
    let mut state = context.create_state().unwrap();
    state.full(whisper::parameters(Some("en"), 1), &audio).unwrap();
    let texts = state.as_iter().map(|s| s.to_str_lossy().unwrap().trim().to_owned());
    texts.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_session_is_heard_with_the_very_words_of_bare_whisper() {
    let (audio, said) = given::recording("session");
    let (segments, outcome) = hear(&engine(), &audio, &mut |_| {});
    assert_eq!(outcome.unwrap().language.as_deref(), Some("en"));
    assert_eq!(text_of(&segments), bare_whisper(&audio));
    let rate = word_error_rate(&text_of(&segments), &said);
    assert!(rate <= 0.02, "word error rate {rate}");
}

#[test]
fn words_carry_ordered_times_within_their_segment_and_spell_its_text() {
    let (audio, said) = given::recording("short");
    let (segments, outcome) = hear_from(&engine(), &audio, 5000, &mut |_| {}, &CancelToken::new());
    outcome.unwrap();
    assert_eq!(text_of(&segments), said);
    for segment in &segments {
        let spelt: Vec<_> = segment.words.iter().map(|w| w.text.as_str()).collect();
        assert_eq!(spelt.join(" "), segment.text.trim());
        assert!((0.0..=1.0).contains(&segment.probability));
        let mut at = segment.start_ms;
        assert!(at >= 5000 && segment.end_ms <= 5000 + audio.len() as u64 / 16);
        for word in &segment.words {
            assert!(word.start_ms >= at && word.end_ms <= segment.end_ms, "{word:?}");
            at = word.start_ms;
        }
    }
}

#[test]
fn segments_are_shown_before_they_are_final_and_progress_never_falls() {
    let (audio, _) = given::recording("session");
    let (mut shown, mut share, mut n_final) = (Vec::new(), 0.0f32, 0);
    let (segments, outcome) = hear(&engine(), &audio, &mut |heard| match heard {
        Heard::Provisional(segment) => {
            assert_eq!(n_final, 0);
            shown.push(segment.clone());
        }
        Heard::Final(_) => n_final += 1,
        Heard::Progress(now) => {
            assert!(*now >= share && *now <= 1.0);
            share = *now;
        }
    });
    outcome.unwrap();
    assert_eq!(text_of(&shown), text_of(&segments));
    assert!(share > 0.5);
}

#[test]
fn silence_says_nothing() {
    let (audio, _) = given::recording("silence");
    let (segments, outcome) = hear(&engine(), &audio, &mut |_| {});
    outcome.unwrap();
    assert_eq!(segments, []);
}

#[test]
fn less_than_a_second_of_sound_is_taken() {
    let engine = engine();
    for n in [1, 160, 8000] {
        let (segments, outcome) = hear(&engine, &vec![0; n], &mut |_| {});
        outcome.unwrap();
        assert_eq!(segments, [], "{n} samples");
    }
    let (segments, outcome) = hear(&engine, &[], &mut |_| {});
    outcome.unwrap();
    assert_eq!(segments, []);
}

#[test]
fn one_worker_stays_warm_and_goes_when_released() {
    let engine = engine();
    let (audio, said) = given::recording("short");
    assert_eq!(engine.worker_pid(), None);
    hear(&engine, &audio, &mut |_| {}).1.unwrap();
    let first = engine.worker_pid().unwrap();
    let (segments, outcome) = hear(&engine, &audio, &mut |_| {});
    outcome.unwrap();
    assert_eq!(text_of(&segments), said);
    assert_eq!(engine.worker_pid(), Some(first));
    engine.release();
    assert_eq!(engine.worker_pid(), None);
    assert!(!std::path::Path::new(&format!("/proc/{first}")).exists());
    hear(&engine, &audio, &mut |_| {}).1.unwrap();
    assert_ne!(engine.worker_pid(), Some(first));
}

#[test]
fn an_idle_worker_gives_its_memory_back() {
    let engine = WorkerEngine::new(given::worker(), NonZeroUsize::MIN, Duration::from_millis(200));
    let (audio, _) = given::recording("short");
    hear(&engine, &audio, &mut |_| {}).1.unwrap();
    given::eventually("the idle worker is gone", || engine.worker_pid().is_none());
}

#[test]
fn the_worker_is_confined() {
    let engine = engine();
    let (audio, _) = given::recording("short");
    hear(&engine, &audio, &mut |_| {}).1.unwrap();
    let confined = engine.confinement().unwrap();
    assert!(confined.network_denied && confined.memory_limit.is_some());
    let pid = engine.worker_pid().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let value = |name: &str| {
        status.lines().find_map(|l| l.strip_prefix(name)).map(|v| v.trim().to_owned()).unwrap()
    };
    assert_eq!(value("Seccomp:"), "2");
    assert_eq!(value("NoNewPrivs:"), "1");
    // Of the environment it has the settings of the C library's memory alone, which that library takes apart.
    let environment = std::fs::read_to_string(format!("/proc/{pid}/environ")).unwrap();
    for part in environment.split_terminator('\0') {
        let setting = part.strip_prefix("GLIBC_TUNABLES=").unwrap_or(part);
        assert!(setting.starts_with("glibc.malloc."), "{part}");
    }
}

#[test]
fn a_worker_killed_in_mid_job_costs_nothing_that_was_heard() {
    let (audio, said) = given::recording("session");
    let killed = || {
        let (engine, mut killed) = (engine(), false);
        hear(&engine, &audio, &mut |heard| {
            if let (Heard::Provisional(segment), false) = (heard, killed)
                && segment.end_ms > 30_000
            {
                given::signal(engine.worker_pid().unwrap(), "KILL");
                killed = true;
            }
        })
    };
    // A worker that was through before the signal came was not killed in mid-job.
    let in_mid_job = (0..5).map(|_| killed()).find(|(_, outcome)| outcome.is_err());
    let (mut segments, outcome) = in_mid_job.expect("five workers were quicker than the signal");
    assert!(matches!(outcome, Err(SpeechError::WorkerDied { signal: Some(9) })), "{outcome:?}");
    assert!(outcome.unwrap_err().is_passing());
    let resume_ms = segments.last().unwrap().end_ms;
    assert!(resume_ms > 30_000);
    let rest = &audio[resume_ms as usize * 16..];
    let (more, outcome) = hear_from(&engine(), rest, resume_ms, &mut |_| {}, &CancelToken::new());
    outcome.unwrap();
    segments.extend(more);
    assert!(segments.is_sorted_by_key(|s| s.start_ms));
    let rate = word_error_rate(&text_of(&segments), &said);
    assert!(rate <= 0.03, "word error rate {rate}: {}", text_of(&segments));
}

#[test]
fn a_worker_that_hangs_is_ended_and_the_next_job_works() {
    // Long enough for a busy computer, on which an honest worker may do nothing for seconds.
    let engine = engine().with_stall_limit(Duration::from_secs(10));
    let (audio, said) = given::recording("short");
    hear(&engine, &audio, &mut |_| {}).1.unwrap();
    let pid = engine.worker_pid().unwrap();
    given::signal(pid, "STOP");
    let (_, outcome) = hear(&engine, &audio, &mut |_| {});
    assert!(matches!(outcome, Err(SpeechError::Hung)), "{outcome:?}");
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    let (segments, outcome) = hear(&engine, &audio, &mut |_| {});
    outcome.unwrap();
    assert_eq!(text_of(&segments), said);
}

#[test]
fn a_cancelled_job_ends_at_a_word_and_the_next_one_works() {
    let engine = engine();
    // Long, so that what is on its way when it is cancelled is the smaller part.
    let audio = given::recording("session").0.repeat(3);
    let half_ms = audio.len() as u64 / 2 / 16;
    let cancel = CancelToken::new();
    let mut last_ms = 0;
    let (kept, outcome) = hear_from(
        &engine,
        &audio,
        0,
        &mut |heard| {
            if let Heard::Provisional(segment) = heard {
                last_ms = segment.end_ms;
                cancel.cancel();
            }
        },
        &cancel,
    );
    assert!(matches!(outcome, Err(SpeechError::Cancelled)), "{outcome:?}");
    assert!(last_ms < half_ms && kept.last().unwrap().end_ms == last_ms);
    let (short, said) = given::recording("short");
    let (segments, outcome) = hear(&engine, &short, &mut |_| {});
    outcome.unwrap();
    assert_eq!(text_of(&segments), said);
}

#[test]
fn a_cancelled_worker_that_does_not_answer_is_ended() {
    let engine = engine();
    let (audio, said) = given::recording("short");
    hear(&engine, &audio, &mut |_| {}).1.unwrap();
    given::signal(engine.worker_pid().unwrap(), "STOP");
    let cancel = CancelToken::new();
    cancel.cancel();
    let (_, outcome) = hear_from(&engine, &audio, 0, &mut |_| {}, &cancel);
    assert!(matches!(outcome, Err(SpeechError::Cancelled)), "{outcome:?}");
    assert_eq!(engine.worker_pid(), None);
    let (segments, outcome) = hear(&engine, &audio, &mut |_| {});
    outcome.unwrap();
    assert_eq!(text_of(&segments), said);
}

#[test]
fn a_program_that_ends_takes_its_worker_with_it() {
    let engine = engine();
    let (audio, _) = given::recording("short");
    hear(&engine, &audio, &mut |_| {}).1.unwrap();
    let pid = engine.worker_pid().unwrap();
    drop(engine);
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn an_unknown_language_is_named_and_the_worker_lives() {
    let engine = engine();
    let (audio, _) = given::recording("short");
    for code in ["de", "xx", "a\0b"] {
        let options =
            TranscribeOptions { language: Language::Fixed(code.to_owned()), offset_ms: 0 };
        let outcome =
            engine.transcribe(&model(), &audio, &options, &mut |_| {}, &CancelToken::new());
        let error = outcome.unwrap_err();
        assert!(matches!(&error, SpeechError::UnknownLanguage { code: c } if c == code));
    }
    assert!(engine.worker_pid().is_some());
}

#[test]
fn a_worker_that_cannot_be_started_is_an_error_of_one_job() {
    let nowhere = WorkerCommand::new("/nowhere/at/all", ["worker"]);
    let engine = WorkerEngine::new(nowhere, NonZeroUsize::MIN, IDLE);
    let outcome = hear(&engine, &[0; 16_000], &mut |_| {}).1;
    assert!(matches!(outcome, Err(SpeechError::Io(_))));
    let quits = WorkerCommand::new("/bin/true", Vec::<String>::new());
    let engine = WorkerEngine::new(quits, NonZeroUsize::MIN, IDLE);
    let outcome = hear(&engine, &[0; 16_000], &mut |_| {}).1;
    assert!(matches!(outcome, Err(SpeechError::WorkerDied { signal: None })));
}
