use super::given::{Home, MODEL, MODEL_BYTES, ModelServer};
use crate::{import::ImportOptions, views::window::ModelRow};
use journey_domain::{
    error_code::ErrorCode,
    job::{JobKind, JobState},
    ports::{Event, LockReason, SegmentSink as _},
    session::Source,
};
use journey_vault::{VaultError, table::recordings::RecordingState};
use std::{path::Path, time::Instant};

fn row(home: &Home) -> ModelRow {
    let rows = home.app.model_rows(&home.me()).unwrap().models;
    rows.into_iter().find(|row| row.name == MODEL).unwrap()
}

fn until(home: &Home, state: &str) -> ModelRow {
    home.heard.until(state, || Some(row(home)).filter(|row| row.state == state))
}

fn until_half(home: &Home) {
    home.heard.until("a third has come", || row(home).fraction.filter(|fraction| *fraction > 0.3));
}

#[test]
fn a_download_moves_pauses_goes_on_where_it_stopped_and_is_in_the_ledger() {
    let server = ModelServer::new(MODEL_BYTES / 2);
    let home = Home::with(|ports| ports.models = server.host());
    assert_eq!(row(&home).state, "available");

    let began = Instant::now();
    home.app.start_model_download(&home.me(), MODEL).unwrap();
    until_half(&home);
    assert_eq!(row(&home).state, "downloading");
    home.app.pause_model_download(&home.me(), MODEL);
    let paused = row(&home);
    assert_eq!(paused.state, "paused");
    assert!(paused.fraction.unwrap() > 0.3, "{:?}", paused.fraction);

    server.go_on();
    home.app.start_model_download(&home.me(), MODEL).unwrap();
    let installed = until(&home, "installed");
    assert_eq!((installed.fraction, installed.in_use), (None, true));
    let from = server.asked_from();
    assert_eq!(from[0], None);
    assert!(from[1].unwrap() > MODEL_BYTES / 4, "{from:?}");
    let ledger = home.app.ledger(&home.me(), None).unwrap().ledger;
    assert_eq!(ledger.len(), 2);
    assert!(ledger.iter().all(|line| line.purpose == "model download"));
    let n_told = home.heard.all().iter().filter(|e| **e == Event::ModelsChanged).count();
    let most = began.elapsed().as_millis() as usize / 250 + 10;
    assert!(n_told <= most, "{n_told} events for 32 MB");
}

#[test]
fn a_lock_stops_a_download_and_the_next_unlock_goes_on_with_it() {
    let server = ModelServer::new(MODEL_BYTES / 2);
    let home = Home::with(|ports| ports.models = server.host());
    home.app.start_model_download(&home.me(), MODEL).unwrap();
    until_half(&home);
    home.app.close(LockReason::Idle);
    server.go_on();
    home.unlock();
    until(&home, "installed");
    assert!(server.asked_from()[1].unwrap() > 0);
    assert!(home.heard.all().contains(&Event::Locked(LockReason::Idle)));
}

#[test]
fn what_an_earlier_start_left_of_a_download_shows_as_paused() {
    let server = ModelServer::new(u64::MAX);
    let home = Home::with(|ports| ports.models = server.host());
    let folder = home.app.data_dir().models();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("ggml-tiny-q5_1.bin.partial"), vec![0; 8_038_168]).unwrap();
    let left = row(&home);
    assert_eq!(left.state, "paused");
    assert!((left.fraction.unwrap() - 0.25).abs() < 0.01);
    home.app.start_model_download(&home.me(), MODEL).unwrap();
    until(&home, "installed");
    assert_eq!(server.asked_from(), [Some(8_038_168)]);
}

#[test]
fn a_download_that_fails_says_why_and_can_be_tried_again() {
    let url = super::given::serve(|_, stream| {
        use std::io::Write as _;
        write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    });
    let server = ModelServer::new(u64::MAX);
    let good = server.host();
    let home = Home::with(move |ports| {
        ports.models = crate::ModelHost::new(["127.0.0.1".to_owned()], move |model| {
            journey_speech::models::download::Source { url: url.clone(), ..good.source(model) }
        });
    });
    home.app.start_model_download(&home.me(), MODEL).unwrap();
    let failed = until(&home, "failed");
    let error = failed.error.unwrap();
    assert!(!error.message.is_empty() && error.hint.is_some(), "{error:?}");
    home.app.start_model_download(&home.me(), MODEL).unwrap();
    until(&home, "failed");
    let unknown = home.app.start_model_download(&home.me(), "colossal").unwrap_err();
    assert_eq!(unknown.code, ErrorCode::NotFound);
}

#[test]
fn a_recording_that_waits_for_a_model_is_queued_again_when_one_is_added() {
    let home = Home::new();
    let me = home.me();
    let open = &me.open;
    let options = ImportOptions::default();
    let mut new = home.app.new_session(Source::Microphone, &options, None, None).unwrap();
    new.duration_ms = Some(1_000);
    let session = new.id;
    open.vault.write(|write| write.sessions().create(&new)).unwrap();
    let (recording, mut writer) = open.vault.begin_recording(session).unwrap();
    writer.append(&[0; 16_000]).unwrap();
    writer.finish().unwrap();
    open.vault
        .write(|write| {
            write.recordings().seal(recording.id, RecordingState::Finished, 16_000, 0, &[])?;
            write.jobs().enqueue(session, JobKind::Transcribe)?;
            Ok::<_, VaultError>(())
        })
        .unwrap();
    let lease = open.vault.try_lease().unwrap().unwrap();
    assert!(home.app.run_next_job(open, &lease, &[JobKind::Transcribe, JobKind::Analyse]).unwrap());
    let state = || open.vault.read(|read| read.jobs().of_session(session)).unwrap().remove(0).state;
    assert!(matches!(state(), JobState::Parked { code: ErrorCode::NoModel, .. }), "{:?}", state());

    let model = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../assets/models/ggml-mini-reflection.en.bin");
    let rows = home.app.add_model_in_window(&me, &model).unwrap().models;
    assert!(rows.iter().any(|row| row.state == "installed" && row.in_use));
    assert_eq!(state(), JobState::Queued);
}

#[test]
fn a_file_that_is_no_model_is_refused_with_what_is_needed() {
    let home = Home::new();
    let file = home.file("notes.bin", "no model at all");
    let error = home.app.add_model_in_window(&home.me(), &file).unwrap_err();
    assert_eq!(error.code, ErrorCode::BadModel);
    assert!(error.hint.is_some());
    assert!(home.app.model_rows(&home.me()).unwrap().models.iter().all(|r| r.state == "available"));
}
