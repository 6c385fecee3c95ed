//! What a crash leaves, and who may touch what is being recorded.

use super::*;
use crate::{
    access::Unlocked,
    gate::command::Command,
    review::SessionQuery,
    testing::{House, PASSWORD},
};
use std::{fs, path::PathBuf};

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
