use super::given::Home;
use journey_domain::error_code::ErrorCode;

const PASSPHRASE: &str = "four uncommon words suffice";

#[test]
fn a_backup_is_noted_replaces_an_older_one_only_when_whole_and_never_overwrites_an_account() {
    let home = Home::new();
    let (app, me) = (&home.app, home.me());
    home.clock.set("2026-10-01T08:00:00Z");
    app.write_in_window(&me, "The first entry.", None).unwrap();
    home.clock.set("2026-11-27T08:00:00Z");
    let before = app.backup_state(&me).unwrap();
    assert_eq!((before.last_at, before.due), (None, true));
    assert_eq!(app.backup_name(&me), "ada-2026-11-27");

    let to = home.file("ada.journey", "an older backup");
    let short = app.backup_in_window(&me, &to, "short").unwrap_err();
    assert_eq!(short.code, ErrorCode::Usage);
    assert_eq!(std::fs::read_to_string(&to).unwrap(), "an older backup");

    let done = app.backup_in_window(&me, &to, PASSPHRASE).unwrap();
    assert_eq!(done.file_name, "ada.journey");
    assert!(done.bytes > 1000);
    let after = app.backup_state(&me).unwrap();
    assert_eq!((after.last_at, after.due), (Some(done.at), false));
    let beside = std::fs::read_dir(home.folder()).unwrap().filter_map(Result::ok);
    assert!(beside.into_iter().all(|f| !f.file_name().to_string_lossy().contains("being")));

    let wrong =
        app.restore_in_window(Some(me.caller()), &to, "five uncommon words fail").unwrap_err();
    assert_eq!(wrong.code, ErrorCode::WrongPassword);
    let taken = app.restore_in_window(Some(me.caller()), &to, PASSPHRASE).unwrap_err();
    assert_eq!(taken.code, ErrorCode::Exists);

    let copy = app.restore(Some(me.caller()), &to, Some("ada-again"), PASSPHRASE).unwrap();
    assert_eq!(copy.name, "ada-again");
    app.sign_in_once("ada-again", super::given::PASSWORD).unwrap();
}
