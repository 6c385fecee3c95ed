//! Transcription while recording: the same groups as after it, fed from the microphone, so that
//! only the tail is left when somebody stops. What is not finished yet is shown as provisional.

use super::{
    groups::{Groups, Pace, SpeechGroup},
    transcribe::{GroupText, Recogniser, Windows},
};
use crate::{App, open_vault::OpenVault};
use journey_domain::{
    ids::{RecordingId, SessionId},
    ports::CancelToken,
    timeline::SAMPLE_RATE_HZ,
    transcript::SpokenSegment,
};
use journey_speech::{
    capture::LiveSamples,
    engine::{Heard, TranscribeOptions},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

/// How long to wait for more sound before looking again.
const WAIT: Duration = Duration::from_millis(200);

/// Words of speech that goes on at most so often, and only from so much that is new. Speech that has
/// ended is heard at once: if nothing follows it is heard for good.
const PROVISIONAL_PAUSE: Duration = Duration::from_secs(2);
const PROVISIONAL_SAMPLES: usize = SAMPLE_RATE_HZ as usize;

/// More sound than this that waits to be looked at means that the recogniser falls behind.
const BEHIND_SAMPLES: usize = 15 * SAMPLE_RATE_HZ as usize;

/// What was understood so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LiveText {
    /// Will stay.
    pub(crate) settled: String,
    /// May change.
    pub(crate) provisional: String,
}

/// A thread that transcribes along.
pub(crate) struct Listener {
    thread: JoinHandle<()>,
    text: Arc<Mutex<LiveText>>,
    hurry: CancelToken,
}

impl Listener {
    pub(crate) fn text(&self) -> LiveText {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives up what would only be shown: it is about to be heard for good.
    pub(crate) fn hurry(&self) {
        self.hurry.cancel();
    }

    /// Whether the tail is done.
    pub(crate) fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits until the tail is done. What it could not do, the job does.
    pub(crate) fn join(self) {
        if self.thread.join().is_err() {
            tracing::error!("transcription while recording broke off");
        }
    }
}

/// Transcribes along with a recording until it ends.
pub(crate) fn follow(
    app: &App,
    open: &Arc<OpenVault>,
    session: SessionId,
    recording: RecordingId,
    recogniser: Recogniser,
    live: LiveSamples,
) -> Listener {
    let text = Arc::new(Mutex::default());
    let hurry = CancelToken::new();
    let (app, open, shown, hurried) = (app.clone(), open.clone(), text.clone(), hurry.clone());
    let thread = std::thread::spawn(move || {
        let follower =
            Follower { app: &app, open: &open, session, recording, recogniser: &recogniser };
        if let Err(reason) = follower.run(&live, &shown, &hurried) {
            // The job after the recording does what is missing.
            tracing::info!(reason, "transcription while recording ended early");
        }
    });
    Listener { thread, text, hurry }
}

struct Follower<'a> {
    app: &'a App,
    open: &'a OpenVault,
    session: SessionId,
    recording: RecordingId,
    recogniser: &'a Recogniser,
}

impl Follower<'_> {
    fn run(
        &self,
        live: &LiveSamples,
        shown: &Mutex<LiveText>,
        hurry: &CancelToken,
    ) -> Result<(), &'static str> {
        if !self.recogniser.uses_vad {
            return Err("transcription in one piece waits for the end");
        }
        let ports = self.app.ports();
        // A vault that is being closed waits for nobody; the job does the rest when it is opened.
        let cancel = self.open.closing();
        let mut keeper = Windows {
            open: self.open,
            session: self.session,
            recording: self.recording,
            recogniser: self.recogniser,
        };
        let mut groups = Groups::live();
        let mut position = 0;
        let mut ready = Vec::new();
        let mut may_look = ports.clock.monotonic();
        let mut n_shown = 0;
        let mut ahead: Option<GroupText> = None;
        let mut pace = Pace::Fast;
        loop {
            let read = live.wait_from(position, WAIT);
            if read.n_missed > 0 {
                return Err("it fell behind");
            }
            let is_behind = read.samples.len() >= BEHIND_SAMPLES;
            groups.suit(if is_behind { Pace::Behind } else { pace });
            groups.push(&read.samples, &mut ready);
            position += read.samples.len() as u64;
            if read.ended {
                groups.finish(&mut ready);
            }
            for group in ready.drain(..) {
                let is_over = read.ended || hurry.is_cancelled();
                let segments = self.settle(&mut keeper, group, ahead.take(), is_over, &mut pace)?;
                n_shown = 0;
                let mut text = shown.lock().unwrap_or_else(PoisonError::into_inner);
                append(&mut text.settled, &segments);
                text.provisional.clear();
            }
            if read.ended {
                return keeper.nothing_more(position).map_err(|_| "the vault could not be written");
            }
            let now = ports.clock.monotonic();
            if is_behind || hurry.is_cancelled() || now < may_look {
                continue;
            }
            let mut said = String::new();
            if let Some(end) = groups.ended_at() {
                let is_known = ahead.as_ref().is_some_and(|it| it.regions.end() == end);
                let group = if is_known { None } else { groups.ended() };
                let Some(group) = group else { continue };
                n_shown = groups.pending().len();
                let heard = keeper
                    .hear(&*ports.engine, &group, cancel, &mut |_| {})
                    .map_err(|_| "the recogniser failed")?;
                append(&mut said, &heard.segments);
                ahead = Some(heard);
            } else {
                let pending = groups.pending();
                let grown = pending.len().saturating_sub(n_shown) >= PROVISIONAL_SAMPLES;
                if !grown || now.saturating_sub(may_look) < PROVISIONAL_PAUSE {
                    continue;
                }
                n_shown = pending.len();
                said = self.provisional(pending, hurry);
            }
            shown.lock().unwrap_or_else(PoisonError::into_inner).provisional = said;
            // Slow recognisers look less often: at most a third of the time goes into this.
            let spent = ports.clock.monotonic().saturating_sub(now);
            may_look = ports.clock.monotonic() + spent * 2;
        }
    }

    /// The words of a closed group, made durable. What was heard ahead is not heard again; at the end of
    /// the recording that goes for its beginning, too, so that the least is left to do.
    fn settle(
        &self,
        keeper: &mut Windows<'_>,
        group: SpeechGroup,
        ahead: Option<GroupText>,
        is_over: bool,
        pace: &mut Pace,
    ) -> Result<Vec<SpokenSegment>, &'static str> {
        let mut segments = Vec::new();
        let mut rest = Some(group);
        if let Some(heard) = ahead
            && let Some(group) = &rest
            && (*group.regions() == heard.regions || is_over && group.begins_with(&heard.regions))
        {
            rest = rest.and_then(|group| group.after(&heard.regions));
            segments = keeper.keep(heard).map_err(|_| "the vault could not be written")?;
        }
        if let Some(group) = rest {
            let ports = self.app.ports();
            let began = ports.clock.monotonic();
            let more = keeper
                .transcribe(&*ports.engine, &group, self.open.closing(), &mut |_| {})
                .map_err(|_| "the recogniser failed")?;
            *pace = Pace::of(ports.clock.monotonic().saturating_sub(began), group.samples.len());
            segments.extend(more);
        }
        Ok(segments)
    }

    /// The words of speech that has not ended yet; not kept.
    fn provisional(&self, pending: &[i16], cancel: &CancelToken) -> String {
        let options =
            TranscribeOptions { language: self.recogniser.language.clone(), offset_ms: 0 };
        let mut segments = Vec::new();
        let heard = self.app.ports().engine.transcribe(
            &self.recogniser.model,
            pending,
            &options,
            &mut |heard| {
                if let Heard::Final(segment) = heard {
                    segments.push(segment);
                }
            },
            cancel,
        );
        let mut text = String::new();
        if heard.is_ok() {
            append(&mut text, &segments);
        }
        text
    }
}

fn append(text: &mut String, segments: &[SpokenSegment]) {
    for segment in segments.iter().filter(|s| !s.text.trim().is_empty()) {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(segment.text.trim());
    }
}
