//! whisper.cpp, inside the worker process, and its model files.

use crate::worker::{
    INPUT_PATH,
    cpu::missing_instructions,
    protocol::{Failure, FromWorker, ToWorker, from_payload},
    reporter::Reporter,
};
use journey_domain::{
    timeline::{SAMPLE_RATE_HZ, SAMPLES_PER_MS},
    transcript::Word,
};
use std::{
    fs::File,
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::Receiver,
    },
};
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperError,
    WhisperState,
};

pub mod model_file;
mod words;

/// whisper.cpp answers nothing for less than a second of sound: shorter is filled up with silence.
const SHORTEST_SAMPLES: usize = SAMPLE_RATE_HZ as usize * 5 / 4;

/// Beams searched; whisper.cpp's and the reference implementation's default.
const N_BEAMS: i32 = 5;

/// The highest job number that was cancelled.
static CANCELLED: AtomicU64 = AtomicU64::new(0);

/// The settings with which everything is recognised: beam search, temperature fallback, segment
/// and token times, no text carried from one window into the next (a loop then ends with its
/// window, and going on after a death gives what would have come anyway).
#[must_use]
pub fn parameters<'a>(language: Option<&'a str>, n_threads: usize) -> FullParams<'a, 'static> {
    let mut it =
        FullParams::new(SamplingStrategy::BeamSearch { beam_size: N_BEAMS, patience: -1.0 });
    it.set_n_threads(i32::try_from(n_threads).unwrap_or(1));
    it.set_language(language);
    it.set_no_context(true);
    it.set_n_max_text_ctx(0);
    it.set_token_timestamps(true);
    it.set_suppress_blank(true);
    it.set_print_special(false);
    it.set_print_progress(false);
    it.set_print_realtime(false);
    it.set_print_timestamps(false);
    it
}

/// The context settings with which every model is loaded.
#[must_use]
pub fn context_parameters() -> WhisperContextParameters<'static> {
    let mut it = WhisperContextParameters::default();
    it.flash_attn(true);
    it
}

/// Stops a job; comes from another thread than the one that computes.
pub(crate) fn cancel(job: u64) {
    CANCELLED.fetch_max(job, Ordering::Relaxed);
}

/// Whether a model fits into the memory that is free now. Unknown counts as yes.
///
/// The weights stay as big as the file; the buffers of whisper.cpp take up to half of that and some
/// 200 MB.
pub(crate) fn fits_in_memory(model: &File) -> bool {
    let size = model.metadata().map_or(0, |m| m.len());
    let Ok(info) = std::fs::read_to_string("/proc/meminfo") else { return true };
    free_bytes(&info).is_none_or(|free| size + size / 2 + (200 << 20) < free)
}

fn free_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Loads the model and recognises until the orders end.
pub(crate) fn serve(too_big: bool, orders: &Receiver<(ToWorker, Vec<u8>)>, reporter: &Reporter) {
    if let Some(missing) = missing_instructions() {
        return reporter.send(&FromWorker::Failed(Failure::UnsupportedCpu { missing }));
    }
    if too_big {
        return reporter.send(&FromWorker::Failed(Failure::OutOfMemory));
    }
    whisper_rs::install_logging_hooks();
    let Ok(context) = WhisperContext::new_with_params(INPUT_PATH, context_parameters()) else {
        return reporter.send(&FromWorker::Failed(Failure::ModelRefused));
    };
    reporter.send(&FromWorker::Loaded);
    while let Ok((order, payload)) = orders.recv() {
        let ToWorker::Transcribe { job, language, n_threads } = order else { continue };
        let audio = from_payload(&payload).map(|s| f32::from(s) / 32768.0).collect();
        drop(payload);
        let answer = recognise(&context, audio, job, language.as_deref(), n_threads, reporter);
        reporter.send(&match answer {
            Ok(language) => FromWorker::Done { language },
            Err(failure) => FromWorker::Failed(failure),
        });
    }
}

/// Whether there is a language of this code for any model. Looked up here, since whisper.cpp prints what
/// it does not know.
#[must_use]
pub fn knows_language(code: &str) -> bool {
    (0..=whisper_rs::get_lang_max_id()).any(|id| whisper_rs::get_lang_str(id) == Some(code))
}

/// Recognises one piece and reports its segments; gives back the language.
fn recognise(
    context: &WhisperContext,
    mut audio: Vec<f32>,
    job: u64,
    language: Option<&str>,
    n_threads: usize,
    reporter: &Reporter,
) -> Result<Option<String>, Failure> {
    let multilingual = context.is_multilingual();
    if let Some(code) = language
        && (!knows_language(code) || (!multilingual && code != "en"))
    {
        return Err(Failure::UnknownLanguage { code: code.to_owned() });
    }
    // An English-only model has no language to find out.
    let asked = if multilingual { language } else { Some("en") };
    let length_ms = audio.len() as u64 / SAMPLES_PER_MS;
    if audio.len() < SHORTEST_SAMPLES {
        audio.resize(SHORTEST_SAMPLES, 0.0);
    }
    let mut parameters = parameters(asked, n_threads);
    report_while_computing(&mut parameters, job, length_ms, reporter);
    let mut state = context.create_state().map_err(|_| Failure::OutOfMemory)?;
    let computed = state.full(parameters, &audio);
    drop(audio);
    if CANCELLED.load(Ordering::Relaxed) >= job {
        return Err(Failure::Cancelled);
    }
    computed.map_err(|error| match error {
        WhisperError::UnableToCalculateSpectrogram => Failure::OutOfMemory,
        _ => Failure::Recognition,
    })?;
    report_segments(context, &state, length_ms, reporter);
    let code = whisper_rs::get_lang_str(state.full_lang_id_from_state());
    Ok(if multilingual { code.map(str::to_owned) } else { Some("en".to_owned()) })
}

/// Sends windows as they are done, progress, and ticks with each computed graph.
fn report_while_computing(
    parameters: &mut FullParams<'_, '_>,
    job: u64,
    length_ms: u64,
    reporter: &Reporter,
) {
    let segments = reporter.clone();
    parameters.set_segment_callback_safe_lossy(move |heard: whisper_rs::SegmentCallbackData| {
        segments.tick();
        segments.send(&FromWorker::Provisional {
            text: heard.text,
            start_ms: centis_to_ms(heard.start_timestamp, length_ms),
            end_ms: centis_to_ms(heard.end_timestamp, length_ms),
        });
    });
    let progress = reporter.clone();
    parameters.set_progress_callback_safe(move |percent: i32| {
        progress.tick();
        progress.send(&FromWorker::Progress { share: (percent as f32 / 100.0).clamp(0.0, 1.0) });
    });
    let ticks = reporter.clone();
    // whisper-rs 0.16 hands the callback a boxed closure as if it were the closure itself: only a
    // closure that is a box already is called rightly.
    let abort: Box<dyn FnMut() -> bool> = Box::new(move || {
        ticks.tick();
        CANCELLED.load(Ordering::Relaxed) >= job
    });
    parameters.set_abort_callback_safe::<Box<dyn FnMut() -> bool>, Box<dyn FnMut() -> bool>>(abort);
}

fn report_segments(
    context: &WhisperContext,
    state: &WhisperState,
    length_ms: u64,
    reporter: &Reporter,
) {
    for segment in state.as_iter() {
        let Ok(text) = segment.to_str_lossy() else { continue };
        let start_ms = centis_to_ms(segment.start_timestamp(), length_ms);
        let end_ms = centis_to_ms(segment.end_timestamp(), length_ms).max(start_ms);
        let tokens = (0..segment.n_tokens()).filter_map(|idx| {
            let token = segment.get_token(idx)?;
            // Ids from the end-of-text token on are commands and times, not text.
            if token.token_id() >= context.token_eot() {
                return None;
            }
            let data = token.token_data();
            Some(words::Token {
                bytes: token.to_bytes().ok()?.to_vec(),
                start_ms: centis_to_ms(data.t0, length_ms).clamp(start_ms, end_ms),
                end_ms: centis_to_ms(data.t1, length_ms).clamp(start_ms, end_ms),
                probability: data.p,
            })
        });
        let words: Vec<Word> = words::group(tokens);
        reporter.send(&FromWorker::Final {
            text: text.into_owned(),
            start_ms,
            end_ms,
            probability: words::mean_probability(&words),
            words,
        });
    }
}

/// whisper.cpp counts in hundredths of a second, and may point beyond the end into its padding.
fn centis_to_ms(centis: i64, length_ms: u64) -> u64 {
    u64::try_from(centis).unwrap_or(0).saturating_mul(10).min(length_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_memory_is_read_from_the_kernels_list() {
        let info = "MemTotal: 8000 kB\nMemFree: 100 kB\nMemAvailable:    2048 kB\n";
        assert_eq!(free_bytes(info), Some(2 << 20));
        assert_eq!(free_bytes("MemTotal: 1 kB"), None);
    }

    #[test]
    fn times_beyond_the_sound_are_cut_to_its_end() {
        assert_eq!(centis_to_ms(50, 9000), 500);
        assert_eq!(centis_to_ms(3000, 9000), 9000);
        assert_eq!(centis_to_ms(-1, 9000), 0);
    }
}
