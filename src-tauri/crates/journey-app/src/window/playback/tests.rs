use crate::{person::Person, testing::eventually};
use journey_domain::{
    error_code::ErrorCode,
    ids::SessionId,
    playback::PlaybackState,
    ports::{Event, LockReason},
    session::Source,
    timeline::{LossReason, Mark, MarkKind},
};
use journey_speech::playback::OutputError;

fn noise(n: usize) -> Vec<i16> {
    (0..n as u64).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as i16).collect()
}

/// Hears what is played to its end.
fn hear(person: &Person) -> Vec<i16> {
    person.speaker.hear_while(|_| person.app.playback_state(&person.me).playing)
}

/// Two seconds, a pause, a second, half a second lost, a second.
fn session_with_gaps(person: &Person) -> (SessionId, Vec<i16>, Vec<i16>) {
    let samples = noise(64_000);
    let marks = [
        Mark { at_sample: 32_000, kind: MarkKind::Paused { duration_ms: 60_000 } },
        Mark {
            at_sample: 48_000,
            kind: MarkKind::Lost { duration_ms: 500, reason: LossReason::DeviceLost },
        },
    ];
    let mut along = samples[..48_000].to_vec();
    along.resize(56_000, 0);
    along.extend_from_slice(&samples[48_000..]);
    (person.recorded(&samples, &marks), samples, along)
}

#[test]
fn a_pause_takes_no_time_and_a_loss_is_silence_as_in_the_transcripts_times() {
    let person = Person::new();
    let (session, _, along) = session_with_gaps(&person);
    let started = person.app.play(&person.me, &session.to_string(), None, None).unwrap();
    assert!(started.playing && started.position_ms == 0);
    assert_eq!(hear(&person), along);
    let after = person.app.playback_state(&person.me);
    assert_eq!((after.playing, after.position_ms), (false, 4_500));
}

#[test]
fn a_part_is_played_exactly_also_from_the_kept_flac() {
    let person = Person::new();
    let (session, _, along) = session_with_gaps(&person);
    let id = session.to_string();
    for kept in [false, true] {
        if kept {
            let recordings =
                person.me.vault().read(|read| read.recordings().of_session(session)).unwrap();
            crate::pipeline::keep::compress(&person.me.open, &recordings[0]);
            let recordings =
                person.me.vault().read(|read| read.recordings().of_session(session)).unwrap();
            assert_eq!(recordings[0].media_type, "audio/flac");
        }
        for (from, to) in [(0, 100), (1_990, 2_010), (2_900, 3_700), (3_200, 3_300), (4_000, 9_000)]
        {
            person.app.play(&person.me, &id, Some(from), Some(to)).unwrap();
            let (from, to) = (from as usize * 16, (to as usize * 16).min(along.len()));
            assert_eq!(hear(&person), along[from..to], "{from}..{to}, kept: {kept}");
        }
    }
}

#[test]
fn pausing_keeps_the_place_and_playing_goes_on_there() {
    let person = Person::new();
    let session = person.recorded(&noise(32_000), &[]).to_string();
    person.app.play(&person.me, &session, Some(500), None).unwrap();
    person.speaker.hear_while(|n_heard| n_heard < 1_600);
    eventually("the place is noted", || person.app.playback_state(&person.me).position_ms >= 600);
    let paused = person.app.pause_playback(&person.me);
    assert!(!paused.playing && paused.position_ms >= 600, "{paused:?}");
    let again = person.app.play(&person.me, &session, None, None).unwrap();
    assert_eq!((again.playing, again.position_ms), (true, paused.position_ms));
    let rest = hear(&person);
    assert_eq!(rest.len(), 32_000 - paused.position_ms as usize * 16);
    // At the end it begins anew.
    assert_eq!(person.app.play(&person.me, &session, None, None).unwrap().position_ms, 0);
}

#[test]
fn another_place_while_it_plays_is_where_it_goes_on() {
    let person = Person::new();
    let samples = noise(32_000);
    let session = person.recorded(&samples, &[]).to_string();
    person.app.play(&person.me, &session, None, Some(100)).unwrap();
    let moved = person.app.seek(&person.me, 1_500).unwrap();
    assert_eq!((moved.playing, moved.position_ms), (true, 1_500));
    assert_eq!(hear(&person), samples[24_000..]);
    let beyond = person.app.seek(&person.me, 90_000).unwrap();
    assert_eq!((beyond.playing, beyond.position_ms), (false, 2_000));
}

#[test]
fn a_faster_tempo_makes_it_shorter_and_positions_stay_the_sessions() {
    let person = Person::new();
    let session = person.recorded(&noise(64_000), &[]).to_string();
    let refused = person.app.set_playback(&person.me, 3.0, false).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Usage);
    person.app.set_playback(&person.me, 2.0, false).unwrap();
    person.app.play(&person.me, &session, None, None).unwrap();
    let heard = hear(&person).len();
    assert!((30_000..34_000).contains(&heard), "{heard}");
    let after = person.app.playback_state(&person.me);
    assert_eq!((after.position_ms, after.rate), (4_000, 2.0));
}

#[test]
fn events_tell_beginning_positions_and_end() {
    let person = Person::new();
    let session = person.recorded(&noise(48_000), &[]);
    person.app.play(&person.me, &session.to_string(), None, None).unwrap();
    let mut states = Vec::new();
    let mut n_untold = 0;
    person.speaker.hear_while(|n_heard| {
        let is_playing = || person.app.playback_state(&person.me).playing;
        // A tenth of a second was heard: that is told before any more of it is.
        if n_heard >= n_untold + 1_600 {
            n_untold = n_heard;
            eventually("a position is told", || {
                let n_before = states.len();
                states.extend(states_told(&person));
                states.len() > n_before || !is_playing()
            });
        }
        is_playing()
    });
    // The end is told before the thread is gone.
    assert!(!person.app.pause_playback(&person.me).playing);
    states.extend(states_told(&person));
    assert!(states.iter().all(|state| state.session == Some(session)));
    assert!(states.first().is_some_and(|it| it.playing && it.position_ms == 0));
    let (last, ended) = (states.len() - 1, &states[states.len() - 2]);
    assert!(!states[last].playing && !ended.playing && ended.position_ms == 3_000, "{states:?}");
    let positions: Vec<_> =
        states.iter().filter(|it| it.playing).map(|it| it.position_ms).collect();
    assert!(positions.is_sorted(), "{positions:?}");
    assert!((20..=3 * 15 + 1).contains(&positions.len()), "{positions:?} in three seconds");
}

fn states_told(person: &Person) -> Vec<PlaybackState> {
    let told = person.told.take().into_iter();
    told.filter_map(|event| match event {
        Event::Playback(state) => Some(state),
        _ => None,
    })
    .collect()
}

#[test]
fn what_cannot_be_heard_is_said_clearly() {
    let person = Person::new();
    let written = person.session(Source::Text).to_string();
    let error = person.app.play(&person.me, &written, None, None).unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    assert!(error.hint.is_some());
    let spoken = person.recorded(&noise(1_600), &[]).to_string();
    *person.speaker.refuses.lock().unwrap() = Some(OutputError::NoDevice);
    let error = person.app.play(&person.me, &spoken, None, None).unwrap_err();
    assert_eq!(error.code, ErrorCode::Speaker);
    assert_eq!(error.message, "there is nothing to play sound on");
    assert!(!person.app.playback_state(&person.me).playing);
}

#[test]
fn a_speaker_that_goes_away_is_told_of() {
    let person = Person::new();
    let spoken = person.recorded(&noise(160_000), &[]).to_string();
    person.app.play(&person.me, &spoken, None, None).unwrap();
    person.speaker.is_unplugged();
    eventually("it stopped", || !person.app.playback_state(&person.me).playing);
    let broke_off = |event: &Event| matches!(event, Event::Playback(state) if state.broke_off);
    eventually("it was told", || person.told.take().iter().any(broke_off));
}

#[test]
fn a_session_in_the_bin_and_a_locked_vault_fall_silent() {
    let person = Person::new();
    let session = person.recorded(&noise(160_000), &[]).to_string();
    person.app.play(&person.me, &session, None, None).unwrap();
    person.app.bin(&person.me, &session).unwrap();
    let state = person.app.playback_state(&person.me);
    assert_eq!((state.session, state.playing), (None, false));
    person.app.unbin(&person.me, &session).unwrap();
    person.app.play(&person.me, &session, None, None).unwrap();
    person.app.close(LockReason::Asked);
    assert!(!person.app.playback_state(&person.me).playing);
}

#[test]
fn a_waveform_follows_the_timeline() {
    let person = Person::new();
    let mut samples = vec![8_000_i16; 16_000];
    samples.extend(vec![-4_000_i16; 16_000]);
    let marks = [Mark {
        at_sample: 16_000,
        kind: MarkKind::Lost { duration_ms: 1_000, reason: LossReason::Suspended },
    }];
    let session = person.recorded(&samples, &marks).to_string();
    let peaks = person.app.waveform(&person.me, &session, 6).unwrap().peaks;
    assert_eq!(peaks, [1.0, 1.0, 0.0, 0.0, 0.5, 0.5]);
    assert_eq!(person.app.waveform(&person.me, &session, 3).unwrap().peaks, [1.0, 0.0, 0.5]);
}

#[test]
fn a_lock_waits_for_no_speaker_that_is_being_opened_and_no_drawing() {
    let person = Person::new();
    let (session, ..) = session_with_gaps(&person);
    let opening = person.speaker.refuses.lock().unwrap();
    let played = std::thread::scope(|scope| {
        let plays = scope.spawn(|| person.app.play(&person.me, &session.to_string(), None, None));
        eventually("it is about to sound", || {
            person.app.playback_state(&person.me).session == Some(session.to_string())
        });
        person.app.close(LockReason::Asked);
        drop(opening);
        plays.join().unwrap()
    });
    assert_eq!(played.unwrap_err().code, ErrorCode::NotSignedIn);
    assert!(!person.app.playback_state(&person.me).playing);
    let drawn = person.app.waveform(&person.me, &session.to_string(), 100);
    assert_eq!(drawn.unwrap_err().code, ErrorCode::NotSignedIn);
    assert!(person.me.open.player().drawn().is_none());
}
