//! What a crash leaves, and who may touch what is being recorded.

use super::*;
use crate::{
    access::Unlocked,
    gate::command::Command,
    pipeline::transcribe::transcribable,
    review::SessionQuery,
    testing::{House, PASSWORD, eventually},
};
use journey_domain::ports::LockReason;
use journey_domain::timeline::{LossReason, MarkKind};
use journey_vault::{
    VaultError,
    table::recordings::{Recording, RecordingKind},
};
use std::{fs, path::PathBuf, sync::atomic::Ordering};

/// A recording whose program was killed while it was written.
fn left_by_a_kill(house: &House, me: &Unlocked) -> SessionId {
    let options = ImportOptions::default();
    let mut new = house.app.new_session(Source::Microphone, &options, None, None).unwrap();
    new.capture = CaptureState::Recording;
    me.vault().write(|write| write.sessions().create(&new).map_err(CommandError::from)).unwrap();
    let (_, mut writer) = me.vault().begin_recording(new.id).unwrap();
    writer.append(&[9; 16_000]).unwrap();
    new.id
}

fn sound(me: &Unlocked, session: SessionId) -> PathBuf {
    me.vault().dir().join("media").join(session.to_string()).join("1.seg")
}

/// Ada, signed in to another process.
fn in_another_process(house: &House) -> (App, Unlocked) {
    let app = house.another_process();
    let token = app.sign_in_window("ada", PASSWORD, false).unwrap();
    let me = app.unlocked(Command::Sessions, &token).unwrap();
    (app, me)
}

#[test]
fn a_recording_that_cannot_be_recovered_keeps_nobody_out_and_stays_listed() {
    let house = House::with_two();
    let me = house.unlocked(&house.sign_in("ada"));
    let (spoilt, whole) = (left_by_a_kill(&house, &me), left_by_a_kill(&house, &me));
    let mut bytes = fs::read(sound(&me, spoilt)).unwrap();
    bytes.iter_mut().take(8).for_each(|byte| *byte ^= 0xff);
    fs::write(sound(&me, spoilt), &bytes).unwrap();

    let (other, me) = in_another_process(&house);
    let query = SessionQuery { limit: 9, ..SessionQuery::default() };
    assert_eq!(other.sessions(&me, &query).unwrap().sessions.len(), 2);
    let capture =
        |id| me.vault().read(|read| read.sessions().get(id)).map(|it| it.session.capture).unwrap();
    assert_eq!(capture(spoilt), CaptureState::Recording);
    assert_eq!(capture(whole), CaptureState::Recovered);
    assert_eq!(fs::read(sound(&me, spoilt)).unwrap(), bytes, "it may be mended by hand yet");
}

#[test]
fn what_killed_work_left_of_sound_and_words_goes_at_the_next_unlock() {
    let house = House::with_two();
    let me = house.unlocked(&house.sign_in("ada"));
    let vault = me.vault();
    let no_vault = |error: VaultError| error;
    let session = left_by_a_kill(&house, &me);
    // A copy that was never finished, a file whose recording was forgotten, a backup's database.
    drop(vault.begin_kept(session, RecordingKind::KeptFlac, "audio/flac").unwrap());
    let (forgotten, _) = vault.begin_recording(session).unwrap();
    vault.write(|write| write.recordings().forget(forgotten.id)).map_err(no_vault).unwrap();
    let snapshot = vault.dir().join("vault.db.snapshot");
    fs::write(&snapshot, b"words that were erased since").unwrap();
    let n_files = || fs::read_dir(sound(&me, session).parent().unwrap()).unwrap().count();
    assert_eq!(n_files(), 3);

    // Not while it may be somebody's work.
    let working = RecordingLock::shared(vault.dir()).unwrap();
    drop(in_another_process(&house));
    assert!(n_files() == 3 && snapshot.exists());
    drop(working);
    drop(in_another_process(&house));
    assert_eq!(n_files(), 1);
    assert!(!snapshot.exists());
    let recordings = vault.read(|read| read.recordings().of_session(session));
    let [whole] = recordings.map_err(no_vault).unwrap().try_into().unwrap();
    assert_eq!((whole.kind, whole.n_samples), (RecordingKind::Captured, 16_000));
}

#[test]
fn a_copy_that_is_not_finished_is_not_taken_for_the_sound() {
    let house = House::with_two();
    let me = house.unlocked(&house.sign_in("ada"));
    let session = left_by_a_kill(&house, &me);
    let begun = me.vault().begin_kept(session, RecordingKind::KeptFlac, "audio/flac").unwrap();
    assert_eq!(transcribable(std::slice::from_ref(&begun.0)), None);
    let whole = Recording { state: RecordingState::Finished, ..begun.0 };
    assert_eq!(transcribable(std::slice::from_ref(&whole)), Some(&whole));
}

#[test]
fn what_is_being_recorded_is_not_erased_from_another_process() {
    let house = House::with_two();
    house.clock.run();
    let me = house.unlocked(&house.sign_in("ada"));
    let view = house.app.start_window_recording(&me, None, Box::new(|_| false)).unwrap();
    let (other, their) = in_another_process(&house);
    let refused = other.erase(&their, &view.session).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Busy);
    assert!(refused.hint.is_some());
    eventually("something is recorded", || {
        house.app.recording_view(&me).is_some_and(|view| view.elapsed_ms >= 200)
    });
    let stopped = house.app.stop_window_recording(&me).unwrap();
    assert!(house.app.show(&me, &stopped.session).unwrap().duration_ms.unwrap() >= 200);

    // Once it is over it goes, and so does what nobody can bring back.
    eventually("it is over", || other.erase(&their, &view.session).is_ok());
    let left = left_by_a_kill(&house, &me).to_string();
    let snapshot = me.vault().dir().join("vault.db.snapshot");
    fs::write(&snapshot, b"its words").unwrap();
    // Refused while anybody's work is under way, and the last words of the first may still be.
    eventually("nobody is at work any more", || other.erase(&their, &left).is_ok());
    assert!(!snapshot.exists(), "what a killed backup kept of it goes, too");
}

#[test]
fn a_sound_system_that_hangs_holds_up_no_meter_no_pause_no_stop_and_no_lock() {
    let house = House::with_two();
    house.clock.run();
    let me = house.unlocked(&house.sign_in("ada"));
    let view = house.app.start_window_recording(&me, None, Box::new(|_| false)).unwrap();
    assert_eq!(view.device.as_ref().map(|it| it.name.as_str()), Some("Hum"));
    let hangs = house.microphone.devices_hang.lock().unwrap();
    house.app.pause_recording(&me).unwrap();
    house.app.resume_recording(&me).unwrap();
    eventually("something is recorded", || {
        house.app.recording_view(&me).is_some_and(|view| view.elapsed_ms >= 200)
    });
    // Even somebody who waits for the sound system at this moment keeps nobody else.
    std::thread::scope(|scope| {
        let asks = scope.spawn(|| house.app.change_device(&me, "Hum"));
        eventually("it is asked", || house.microphone.n_asked.load(Ordering::SeqCst) >= 2);
        let session = house.app.show(&me, &view.session).unwrap().id;
        house.app.close(LockReason::Asked);
        drop(hangs);
        assert_eq!(asks.join().unwrap().unwrap_err().code, ErrorCode::NotFound);
        let me = house.unlocked(&house.sign_in("ada"));
        assert!(house.app.show(&me, &session).unwrap().duration_ms.unwrap() >= 200);
    });
}

#[test]
fn a_lock_does_not_wait_for_a_recording_that_begins_and_none_begins_on_a_closed_vault() {
    let house = House::with_two();
    house.clock.run();
    let me = house.unlocked(&house.sign_in("ada"));
    let hangs = house.microphone.devices_hang.lock().unwrap();
    let started = std::thread::scope(|scope| {
        let starts = scope.spawn(|| house.app.toggle_recording(&me));
        eventually("it begins", || house.microphone.n_asked.load(Ordering::SeqCst) > 0);
        assert!(house.app.recording_view(&me).is_none());
        assert_eq!(house.app.toggle_recording(&me).unwrap_err().code, ErrorCode::Busy);
        house.app.close(LockReason::Asked);
        drop(hangs);
        starts.join().unwrap()
    });
    assert_eq!(started.unwrap_err().code, ErrorCode::NotSignedIn);
    let me = house.unlocked(&house.sign_in("ada"));
    let query = SessionQuery { limit: 9, ..SessionQuery::default() };
    assert_eq!(house.app.sessions(&me, &query).unwrap().sessions.len(), 0);
    house.app.toggle_recording(&me).unwrap();
    house.app.close(LockReason::Asked);
}

/// Says something into the microphone until the recogniser, which has time, is at it.
fn recording_while_the_recogniser_is_slow(house: &House) -> (Unlocked, String) {
    house.clock.run();
    let me = house.unlocked(&house.sign_in("ada"));
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../");
    house
        .app
        .add_model(&me, format!("{root}assets/models/ggml-mini-reflection.en.bin").as_ref())
        .unwrap();
    let wav = fs::read(format!("{root}tests/data/speech/short.wav")).unwrap();
    let said = wav[44..].chunks_exact(2).map(|it| i16::from_le_bytes([it[0], it[1]]));
    *house.microphone.says.lock().unwrap() = Some(said.collect());
    let view = house.app.start_window_recording(&me, None, Box::new(|_| false)).unwrap();
    eventually("words are being understood", || {
        house.engine.n_begun.load(Ordering::SeqCst) > 0
            && house.app.recording_view(&me).is_some_and(|view| view.elapsed_ms > 5_500)
    });
    (me, view.session)
}

fn jobs(me: &Unlocked, session: &str) -> Vec<JobKind> {
    let id = session.parse().unwrap();
    let jobs = me.vault().read(|read| read.jobs().of_session(id)).unwrap();
    jobs.iter().map(|job| job.kind).collect()
}

#[test]
fn a_stop_waits_for_no_recogniser_and_its_last_words_are_not_heard_twice() {
    let house = House::with_two();
    let (me, session) = recording_while_the_recogniser_is_slow(&house);
    let stopped = house.app.stop_window_recording(&me).unwrap();
    assert_eq!(stopped.session, session);
    let view = house.app.show(&me, &session).unwrap();
    assert!(view.duration_ms.unwrap() > 5_000, "the whole of it is safe");
    assert!(house.app.recording_view(&me).is_none());
    assert_eq!(jobs(&me, &session), [], "the last words are still being understood");
    let twice = house.app.transcribe(&me, &session, &CancelToken::new()).unwrap_err();
    assert_eq!(twice.code, ErrorCode::Busy);

    house.engine.finish();
    eventually("the rest is ordered", || jobs(&me, &session) == [JobKind::Transcribe]);
}

#[test]
fn a_lock_waits_for_no_recogniser_and_the_words_follow_at_the_next_unlock() {
    let house = House::with_two();
    let (me, session) = recording_while_the_recogniser_is_slow(&house);
    drop(me);
    // The recogniser never finishes: a lock that waited for it would never return.
    house.app.close(LockReason::Asked);
    assert!(house.engine.n_cancelled.load(Ordering::SeqCst) > 0);
    let me = house.unlocked(&house.sign_in("ada"));
    assert!(house.app.show(&me, &session).unwrap().duration_ms.unwrap() > 5_000);
    assert_eq!(jobs(&me, &session), [JobKind::Transcribe]);
}

#[test]
fn a_recording_stopped_while_another_process_holds_the_vault_comes_in_without_another_unlock() {
    let house = House::with_two();
    house.clock.run();
    let me = house.unlocked(&house.sign_in("ada"));
    house.app.work_in_background();
    let view = house.app.start_window_recording(&me, None, Box::new(|_| false)).unwrap();
    eventually("something is recorded", || {
        house.app.recording_view(&me).is_some_and(|view| view.elapsed_ms >= 200)
    });
    let (_other, their) = in_another_process(&house);
    let stopped = their
        .vault()
        .write(|_| Ok::<_, CommandError>(house.app.stop_window_recording(&me)))
        .unwrap();
    let refused = stopped.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Busy);
    assert!(refused.message.contains("safe on the disk"), "{}", refused.message);
    let session: SessionId = view.session.parse().unwrap();
    let kept = || me.vault().read(|read| read.sessions().get(session)).unwrap().session;
    eventually("it is sealed and its words are ordered", || {
        kept().capture == CaptureState::Finished
            && jobs(&me, &view.session).contains(&JobKind::Transcribe)
    });
    assert!(kept().duration_ms.unwrap() >= 200);
}

#[test]
fn what_is_erased_while_somebody_reads_is_gone_at_once_and_from_the_log_later() {
    let house = House::with_two();
    let me = house.unlocked(&house.sign_in("ada"));
    house.app.work_in_background();
    let session = left_by_a_kill(&house, &me);
    let (_other, their) = in_another_process(&house);
    let log = me.vault().dir().join("vault.db-wal");
    their
        .vault()
        .read(|read| {
            read.sessions().count()?;
            house.events.try_iter().for_each(drop);
            house.app.erase(&me, &session.to_string()).unwrap();
            assert!(house.events.try_iter().any(|event| event == Event::SessionsChanged));
            assert!(fs::metadata(&log).unwrap().len() > 0);
            Ok::<_, CommandError>(())
        })
        .unwrap();
    eventually("the log is empty", || fs::metadata(&log).unwrap().len() == 0);
}

#[test]
fn what_could_not_be_written_before_a_stop_is_a_hole() {
    let house = House::with_two();
    let me = house.unlocked(&house.sign_in("ada"));
    // Half a second before it failed there was a pause; then a minute waited in memory.
    let pause = Mark { at_sample: 8_000, kind: MarkKind::Paused { duration_ms: 5_000 } };
    let lost = MarkKind::Lost { duration_ms: 60_000, reason: LossReason::DiskFull };
    let lost = Mark { at_sample: 16_000, kind: lost };
    let summary = RecordingSummary {
        n_samples: 16_000,
        marks: vec![pause, lost],
        dropped_frames: 0,
        n_xruns: 0,
        stop_reason: StopReason::Asked,
        failure: Some(SinkError::DiskFull),
    };
    let recorded = |id| me.vault().read(|read| read.recordings().of_session(id)).unwrap();
    let seal = |session, summary: &RecordingSummary| {
        let recording = recorded(session)[0].id;
        house.app.seal_what_there_is(&me.open, session, recording, summary).unwrap();
        me.vault().read(|read| read.sessions().get(session)).unwrap().session
    };

    let session = left_by_a_kill(&house, &me);
    let sealed = seal(session, &summary);
    assert_eq!((sealed.capture, sealed.duration_ms), (CaptureState::Recovered, Some(61_000)));
    let [hole] = sealed.holes.try_into().unwrap();
    assert_eq!((hole.stage, hole.start_ms, hole.end_ms), (HoleStage::Capture, 1_000, 61_000));
    assert_eq!(recorded(session)[0].marks, summary.marks);

    // The disk had taken more than it kept: that is missing, too.
    let more = RecordingSummary { n_samples: 24_000, ..summary };
    let sealed = seal(left_by_a_kill(&house, &me), &more);
    assert_eq!(sealed.duration_ms, Some(61_500));
    let missing: u64 = sealed.holes.iter().map(|hole| hole.end_ms - hole.start_ms).sum();
    assert_eq!(missing, 60_500);
}
