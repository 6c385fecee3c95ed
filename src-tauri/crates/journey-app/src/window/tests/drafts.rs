use super::given::Home;
use journey_domain::{error_code::ErrorCode, ports::LockReason};

const PASSPHRASE: &str = "four uncommon words suffice";

#[test]
fn what_was_typed_outlives_a_lock_and_is_gone_once_it_is_kept() {
    let home = Home::new();
    let (app, me) = (&home.app, home.me());
    assert_eq!(app.draft(&me, None).unwrap(), None);
    app.set_draft(&me, None, None, "Tuesday", "I wrote for an ho").unwrap();
    app.set_draft(&me, None, None, "Tuesday", "I wrote for an hour.").unwrap();
    app.close(LockReason::Idle);
    drop(me);
    home.unlock();

    let me = home.me();
    let draft = app.draft(&me, None).unwrap().unwrap();
    assert_eq!((draft.title.as_str(), draft.text.as_str()), ("Tuesday", "I wrote for an hour."));
    let session = app.write_in_window(&me, &draft.text, Some(&draft.title)).unwrap().session;
    assert_eq!(app.draft(&me, None).unwrap(), None);

    app.set_draft(&me, Some(&session), Some(1), "", "I wrote for two hours.").unwrap();
    let draft = app.draft(&me, Some(&session)).unwrap().unwrap();
    assert_eq!((draft.revision, draft.text.as_str()), (Some(1), "I wrote for two hours."));
    home.heard.until("it is analysed", || app.queue(&me).unwrap().jobs.is_empty().then_some(()));
    // An edit that is refused leaves what was typed.
    let late = app.edit_in_window(&me, &session, 7, &draft.text).unwrap_err();
    assert_eq!(late.code, ErrorCode::RevisionConflict);
    assert!(app.draft(&me, Some(&session)).unwrap().is_some());
    app.edit_in_window(&me, &session, 1, &draft.text).unwrap();
    assert_eq!(app.draft(&me, Some(&session)).unwrap(), None);

    app.set_draft(&me, None, None, "", "No.").unwrap();
    app.set_draft(&me, None, None, "", "").unwrap();
    assert_eq!(app.draft(&me, None).unwrap(), None);
}

#[test]
fn a_draft_is_in_the_backup_and_goes_with_its_session() {
    let home = Home::new();
    let (app, me) = (&home.app, home.me());
    let session = app.write_in_window(&me, "The first entry.", None).unwrap().session;
    app.set_draft(&me, Some(&session), Some(1), "", "The first entry, and more.").unwrap();
    app.set_draft(&me, None, None, "", "The second").unwrap();
    let to = home.file("ada.journey", "");
    app.backup_in_window(&me, &to, PASSPHRASE).unwrap();
    app.erase(&me, &session).unwrap();
    let gone = app.draft(&me, Some(&session)).unwrap_err();
    assert_eq!(gone.code, ErrorCode::NotFound);
    let other = app.set_draft(&me, Some(&session), Some(1), "", "Late.").unwrap_err();
    assert_eq!(other.code, ErrorCode::NotFound);

    app.restore(Some(me.caller()), &to, Some("ada-again"), PASSPHRASE).unwrap();
    drop(me);
    app.close(LockReason::Asked);
    home.unlock_as("ada-again");
    let me = home.me();
    assert_eq!(app.draft(&me, None).unwrap().unwrap().text, "The second");
    let kept = app.draft(&me, Some(&session)).unwrap().unwrap();
    assert_eq!(kept.text, "The first entry, and more.");
}

#[test]
fn emptying_one_draft_leaves_the_others() {
    let home = Home::new();
    let (app, me) = (&home.app, home.me());
    let session = app.write_in_window(&me, "The first entry.", None).unwrap().session;
    let text = |session: Option<&str>| app.draft(&me, session).unwrap().map(|it| it.text);
    app.set_draft(&me, None, None, "", "An unfinished reflection.").unwrap();
    app.set_draft(&me, Some(&session), Some(1), "", "An unfinished edit.").unwrap();

    app.set_draft(&me, Some(&session), None, "", "").unwrap();
    assert_eq!(text(Some(&session)), None);
    assert_eq!(text(None).as_deref(), Some("An unfinished reflection."));

    // Words of a session never land in the new reflection.
    let nowhere = app.set_draft(&me, Some(&session), None, "", "Words.").unwrap_err();
    assert_eq!(nowhere.code, ErrorCode::Usage);
    assert_eq!(text(Some(&session)), None);
    assert_eq!(text(None).as_deref(), Some("An unfinished reflection."));

    app.set_draft(&me, Some(&session), Some(1), "", "Another edit.").unwrap();
    app.set_draft(&me, None, None, "", "").unwrap();
    assert_eq!(text(None), None);
    assert_eq!(text(Some(&session)).as_deref(), Some("Another edit."));
}

#[test]
fn what_is_kept_takes_no_draft_with_it_that_was_begun_since() {
    let home = Home::new();
    let (app, me) = (&home.app, home.me());
    let session = app.write_in_window(&me, "The first entry.", None).unwrap().session;
    app.edit_in_window(&me, &session, 1, "The first entry, edited.").unwrap();
    let since = "The first entry, edited and gone on with.";
    app.set_draft(&me, Some(&session), Some(2), "", since).unwrap();
    // The edit is taken back.
    app.edit_in_window(&me, &session, 2, "The first entry.").unwrap();
    assert_eq!(app.draft(&me, Some(&session)).unwrap().unwrap().text, since);

    app.set_draft(&me, None, None, "", "Begun since.").unwrap();
    app.write_in_window(&me, "The second entry.", None).unwrap();
    assert_eq!(app.draft(&me, None).unwrap().unwrap().text, "Begun since.");
}
