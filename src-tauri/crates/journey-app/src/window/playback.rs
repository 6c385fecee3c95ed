//! Playing a session: decrypted in memory, along its timeline.

mod along;

use crate::{
    App,
    access::Unlocked,
    error::{CommandError, Result},
    open_vault::OpenVault,
    pipeline::{StepError, transcribe::transcribable},
    review::find,
    views::window::{Playback, Waveform},
};
use along::AlongTimeline;
use journey_domain::{
    error_code::ErrorCode,
    ids::{RecordingId, SessionId},
    playback::PlaybackState,
    ports::{Event, EventSink},
    timeline::{SAMPLE_RATE_HZ, Timeline},
};
use journey_speech::playback::{
    OutputError, PlayEvent, PlayListener, PlayOptions, Playing, Sound as _,
};
use journey_vault::table::recordings::Recording;
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    mpsc::{Receiver, channel},
};

/// The slowest and the fastest a person may choose.
const RATES: std::ops::RangeInclusive<f32> = 0.5..=2.0;

/// Most bars of a waveform.
const MAX_BUCKETS: usize = 4_000;

/// Whoever listens to nothing but noise wants to see noise small: below this share of full scale
/// the loudest bar does not fill its height.
const QUIET: f32 = 0.05;

/// What is being played in an open vault.
#[derive(Default)]
pub(crate) struct Player {
    /// Held over a whole order, which opens sound and speaker: orders wait for each other.
    turn: Mutex<()>,
    /// Held for moments: whoever closes the vault waits for it.
    deck: Mutex<Deck>,
    waveform: Mutex<Option<Drawn>>,
}

struct Deck {
    session: Option<SessionId>,
    position_ms: u64,
    to_ms: Option<u64>,
    rate: f32,
    skip_silence: bool,
    playing: Option<Playing>,
}

impl Default for Deck {
    fn default() -> Self {
        Self {
            session: None,
            position_ms: 0,
            to_ms: None,
            rate: 1.0,
            skip_silence: false,
            playing: None,
        }
    }
}

/// The waveform that was asked for last.
struct Drawn {
    recording: RecordingId,
    buckets: usize,
    peaks: Vec<f32>,
}

impl Player {
    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deck(&self) -> MutexGuard<'_, Deck> {
        self.deck.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn drawn(&self) -> MutexGuard<'_, Option<Drawn>> {
        self.waveform.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops and forgets: the vault is being closed.
    pub(crate) fn stop(&self) {
        drop(std::mem::take(&mut *self.deck()));
        *self.drawn() = None;
    }

    /// Whether anything is heard now.
    pub(crate) fn sounds(&self) -> bool {
        self.deck().state().playing
    }

    /// Stops if it is this session that plays: it goes away.
    pub(crate) fn forget(&self, session: SessionId) {
        let mut deck = self.deck();
        if deck.session == Some(session) {
            let Deck { rate, skip_silence, .. } = *deck;
            *deck = Deck { rate, skip_silence, ..Deck::default() };
        }
    }
}

impl Deck {
    fn state(&self) -> PlaybackState {
        let playing = self.playing.as_ref().filter(|playing| !playing.is_over());
        let position_ms = match &self.playing {
            Some(playing) => playing.position_ms(),
            None => self.position_ms,
        };
        PlaybackState {
            session: self.session,
            playing: playing.is_some(),
            position_ms,
            rate: self.rate,
            skip_silence: self.skip_silence,
            broke_off: false,
        }
    }

    /// Stops the sound and keeps the place; says whether it was sounding.
    fn halt(&mut self) -> bool {
        let Some(playing) = self.playing.take() else { return false };
        let was_sounding = !playing.is_over();
        self.position_ms = playing.stop();
        was_sounding
    }
}

impl From<PlaybackState> for Playback {
    fn from(state: PlaybackState) -> Self {
        Self {
            session: state.session.map(|id| id.to_string()),
            playing: state.playing,
            position_ms: state.position_ms,
            rate: state.rate,
            skip_silence: state.skip_silence,
            broke_off: state.broke_off,
        }
    }
}

fn output_error(error: OutputError) -> CommandError {
    CommandError::new(ErrorCode::Speaker, error.to_string()).hint(error.hint())
}

fn no_sound() -> CommandError {
    CommandError::not_found("this session has no sound to play")
        .hint("Written sessions have none, and sound that was not kept is gone.")
}

/// The sound of a session and its timeline.
fn sound_of(open: &OpenVault, session: SessionId) -> Result<(Recording, Timeline)> {
    let recordings = open.vault.read(|read| read.recordings().of_session(session))?;
    let recording =
        transcribable(&recordings).filter(|it| it.n_samples > 0).cloned().ok_or_else(no_sound)?;
    let timeline = Timeline::new(recording.n_samples, &recording.marks);
    Ok((recording, timeline))
}

impl App {
    /// Plays a session from `from_ms` (`None`: where it stands) to `to_ms` (`None`: to the end).
    ///
    /// # Errors
    /// Not found, no sound, no speaker.
    pub fn play(
        &self,
        me: &Unlocked,
        id: &str,
        from_ms: Option<u64>,
        to_ms: Option<u64>,
    ) -> Result<Playback> {
        let session = me.vault().read(|read| find(read, id))?;
        let duration_ms = sound_of(&me.open, session)?.1.duration_ms();
        let _turn = me.open.player().turn();
        let mut deck = me.open.player().deck();
        deck.halt();
        if deck.session != Some(session) {
            deck.session = Some(session);
            deck.position_ms = 0;
        }
        let from_ms = from_ms.unwrap_or(deck.position_ms);
        deck.position_ms = if from_ms >= duration_ms { 0 } else { from_ms };
        deck.to_ms = to_ms;
        drop(deck);
        self.sound_on(&me.open, session)
    }

    /// Stops the sound and keeps the place.
    #[must_use]
    pub fn pause_playback(&self, me: &Unlocked) -> Playback {
        let _turn = me.open.player().turn();
        let mut deck = me.open.player().deck();
        deck.halt();
        let state = deck.state();
        drop(deck);
        self.told(state)
    }

    /// Goes to another place; sound goes on from there to the session's end.
    ///
    /// # Errors
    /// No speaker.
    pub fn seek(&self, me: &Unlocked, position_ms: u64) -> Result<Playback> {
        let _turn = me.open.player().turn();
        let Some(session) = me.open.player().deck().session else {
            return Ok(self.playback_state(me));
        };
        let duration_ms = sound_of(&me.open, session)?.1.duration_ms();
        let mut deck = me.open.player().deck();
        let was_sounding = deck.halt();
        deck.position_ms = position_ms.min(duration_ms);
        deck.to_ms = None;
        let state = deck.state();
        drop(deck);
        if was_sounding { self.sound_on(&me.open, session) } else { Ok(self.told(state)) }
    }

    /// Another tempo, with or without silence; from now on and for every session.
    ///
    /// # Errors
    /// A usage error for a tempo that nobody understands; no speaker.
    pub fn set_playback(&self, me: &Unlocked, rate: f32, skip_silence: bool) -> Result<Playback> {
        if !RATES.contains(&rate) {
            return Err(CommandError::usage("speech is played at half to twice its speed")
                .hint("Choose a speed from 0.5 to 2."));
        }
        let _turn = me.open.player().turn();
        let mut deck = me.open.player().deck();
        let was_sounding = deck.halt();
        deck.rate = rate;
        deck.skip_silence = skip_silence;
        let state = deck.state();
        drop(deck);
        match state.session.filter(|_| was_sounding) {
            Some(session) => self.sound_on(&me.open, session),
            None => Ok(self.told(state)),
        }
    }

    /// What is being played.
    #[must_use]
    pub fn playback_state(&self, me: &Unlocked) -> Playback {
        me.open.player().deck().state().into()
    }

    /// Stops if it is this session that plays.
    pub(crate) fn stop_playing(&self, me: &Unlocked, id: &str) -> Result<()> {
        let session = me.vault().read(|read| find(read, id))?;
        me.open.player().forget(session);
        Ok(())
    }

    fn told(&self, state: PlaybackState) -> Playback {
        self.ports().events.emit(Event::Playback(state));
        state.into()
    }

    /// Sounds from where the deck stands. Whoever calls has the turn; closing the vault, and taking the
    /// session away, wait for no speaker: they find the deck free, and nothing sounds after them.
    fn sound_on(&self, open: &OpenVault, session: SessionId) -> Result<Playback> {
        let (state, to_ms) = {
            let deck = open.player().deck();
            (deck.state(), deck.to_ms)
        };
        let (recording, timeline) = sound_of(open, session)?;
        let sound = AlongTimeline::open(&open.vault, &recording, &timeline, state.position_ms)
            .map_err(|failure: StepError| failure.error)?;
        let options = PlayOptions {
            from_ms: state.position_ms,
            to_ms,
            tempo: state.rate,
            skips_silence: state.skip_silence,
        };
        let (begin, may_tell) = channel();
        let tell = teller(Arc::clone(&self.ports().events), state, may_tell);
        let playing = Playing::start(&*self.ports().speaker, Box::new(sound), options, tell)
            .map_err(output_error)?;
        let mut deck = open.player().deck();
        if deck.session != Some(session) || open.closing().is_cancelled() {
            drop(deck);
            drop(begin);
            drop(playing);
            return Err(if open.closing().is_cancelled() {
                CommandError::locked()
            } else {
                no_sound()
            });
        }
        deck.playing = Some(playing);
        // Told before the deck is free: a vault that is closed tells nothing of this any more.
        let told = self.told(deck.state());
        drop(deck);
        // Nobody waits for this where it was stopped since.
        begin.send(()).ok();
        Ok(told)
    }

    /// The loudness of a session along its timeline, in so many bars from 0 to 1.
    ///
    /// # Errors
    /// Not found, no sound, or the media's failure.
    pub fn waveform(&self, me: &Unlocked, id: &str, buckets: usize) -> Result<Waveform> {
        let session = me.vault().read(|read| find(read, id))?;
        let (recording, timeline) = sound_of(&me.open, session)?;
        let buckets = buckets.clamp(1, MAX_BUCKETS);
        let drawn = me.open.player().drawn().as_ref().and_then(|drawn| {
            let is_it = drawn.recording == recording.id && drawn.buckets == buckets;
            is_it.then(|| drawn.peaks.clone())
        });
        if let Some(peaks) = drawn {
            return Ok(Waveform { peaks });
        }
        let peaks = peaks(&me.open, &recording, &timeline, buckets)?;
        let mut kept = me.open.player().drawn();
        // Closing sets this before it forgets what was drawn.
        if me.open.closing().is_cancelled() {
            return Err(CommandError::locked());
        }
        *kept = Some(Drawn { recording: recording.id, buckets, peaks: peaks.clone() });
        drop(kept);
        Ok(Waveform { peaks })
    }
}

/// Tells what the playing thread tells, as states of this deck, once its beginning is told: an end comes
/// after it, however short the sound. Takes no lock: whoever stops the playing holds the deck and waits
/// for that thread.
fn teller(events: Arc<dyn EventSink>, deck: PlaybackState, may_tell: Receiver<()>) -> PlayListener {
    let mut has_begun = false;
    Box::new(move |event| {
        // A beginning that was given up tells nothing.
        has_begun = has_begun || may_tell.recv().is_ok();
        if !has_begun {
            return;
        }
        let (playing, broke_off, position_ms) = match event {
            PlayEvent::Position(ms) => (true, false, ms),
            PlayEvent::Ended(ms) => (false, false, ms),
            PlayEvent::Failed(ms) => (false, true, ms),
        };
        events.emit(Event::Playback(PlaybackState { playing, broke_off, position_ms, ..deck }));
    })
}

fn peaks(
    open: &OpenVault,
    recording: &Recording,
    timeline: &Timeline,
    buckets: usize,
) -> Result<Vec<f32>> {
    let mut sound = AlongTimeline::open(&open.vault, recording, timeline, 0)
        .map_err(|failure: StepError| failure.error)?;
    let total = (timeline.duration_ms() * u64::from(SAMPLE_RATE_HZ) / 1_000).max(1);
    let mut peaks = vec![0.0_f32; buckets];
    let mut block = vec![0_i16; SAMPLE_RATE_HZ as usize];
    let mut at: u64 = 0;
    loop {
        if open.closing().is_cancelled() {
            return Err(CommandError::locked());
        }
        let n_read = sound.next(&mut block).unwrap_or_default();
        let Some(samples) = block.get(..n_read).filter(|it| !it.is_empty()) else { break };
        for sample in samples {
            let bucket = usize::try_from(at * buckets as u64 / total).unwrap_or(usize::MAX);
            if let Some(peak) = peaks.get_mut(bucket) {
                *peak = peak.max(f32::from(sample.unsigned_abs()) / 32_768.0);
            }
            at += 1;
        }
    }
    let loudest = peaks.iter().copied().fold(QUIET, f32::max);
    for peak in &mut peaks {
        *peak = (*peak / loudest).min(1.0);
    }
    Ok(peaks)
}

#[cfg(test)]
mod tests;
