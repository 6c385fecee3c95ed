//! Doors, keychains and locks under all the weather there is.

use super::*;
use crate::{
    gate::command::Command,
    testing::{House, Mood, PASSWORD, eventually},
};
use journey_domain::ports::{
    CancelToken, Clock as _, Event, LockReason, SecretStore as _, SecretStoreError,
};
use serde_json::json;
use std::{path::Path, sync::atomic::Ordering, time::Duration};

const OTHER: &str = "granite-teacup-Seventy-owls";

fn model() -> &'static Path {
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../assets/models/ggml-mini-reflection.en.bin"
    ))
}

/// Ada's vault, set up so that every recording is transcribed whole, afterwards.
fn ready_to_record(house: &House) -> Unlocked {
    house.clock.run();
    let me = house.unlocked(&house.sign_in("ada"));
    house.app.add_model(&me, model()).unwrap();
    for (key, value) in [("speech_live", json!(false)), ("speech_vad", json!(false))] {
        house.app.set_setting(&me, key, &value).unwrap();
    }
    me
}

fn record_a_moment(house: &House, me: &Unlocked) -> String {
    let view = house.app.start_window_recording(me, None, Box::new(|_| false)).unwrap();
    eventually("something is recorded", || {
        house.app.recording_view(me).is_some_and(|view| view.elapsed_ms >= 200)
    });
    view.session
}

fn is_open(house: &House) -> bool {
    house.app.slot().is_some()
}

#[test]
fn in_every_state_of_the_keychain_the_password_opens_the_vault_and_nothing_is_lost() {
    type Change = fn(&House);
    let states: [(&str, Change, bool); 9] = [
        ("well", |_| {}, true),
        ("absent", |h| h.keychain.set_mood(Mood::Fails(SecretStoreError::Absent)), false),
        ("locked or denied", |h| h.keychain.set_mood(Mood::Fails(SecretStoreError::Denied)), false),
        ("slow", |h| h.keychain.set_mood(Mood::Fails(SecretStoreError::TimedOut)), false),
        ("failing", |h| h.keychain.set_mood(Mood::Fails(SecretStoreError::Failed)), false),
        ("wiped", |h| h.keychain.wipe(), false),
        ("full of something else", |h| h.keychain.set_mood(Mood::Gives(b"???".to_vec())), false),
        ("of another computer", |h| h.keychain.set_mood(Mood::Gives(vec![7; 72])), false),
        ("read only", |h| h.keychain.set_mood(Mood::ReadOnly), false),
    ];
    for (state, change, stays) in states {
        let house = House::with_two();
        assert!(house.sign_in_and_stay("ada"), "{state}");
        let me = house.app.resume(Client::Desktop).unwrap().unwrap();
        house.app.set_setting(&house.unlocked(&me), "theme", &json!("dark")).unwrap();
        house.app.close(LockReason::Asked);

        change(&house);
        let next = house.another_process();
        let resumed = next.resume(Client::Desktop);
        assert_eq!(resumed.unwrap().is_some(), stays, "{state}");
        // The password always works, and finds everything.
        let token = next.sign_in_window("ada", PASSWORD, true).unwrap();
        let me = next.unlocked(Command::Settings, &token).unwrap();
        assert_eq!(next.settings(&me, Some("theme")).unwrap().settings[0].value, "dark", "{state}");
        drop(me);
        next.close(LockReason::Asked);

        // Once the keychain is well again, staying signed in works again.
        house.keychain.set_mood(Mood::Well);
        assert!(next.sign_in("ada", PASSWORD, Client::Desktop).unwrap(), "{state}");
        next.close(LockReason::Asked);
        assert!(house.another_process().resume(Client::Desktop).unwrap().is_some(), "{state}");

        // What the keychain was ever given stands in no file.
        let seen = house.keychain.seen.lock().unwrap().clone();
        assert!(seen.len() >= 4);
        for (path, bytes) in house.files() {
            for secret in &seen {
                let key = &secret[secret.len() - 32..];
                let hex: String = key.iter().map(|b| format!("{b:02x}")).collect();
                for shape in [key, hex.as_bytes(), PASSWORD.as_bytes()] {
                    let stands = bytes.windows(shape.len()).any(|w| w == shape);
                    assert!(!stands, "{state}: a key stands in {}", path.display());
                }
            }
        }
    }
}

/// Everything that this thread notes, at any level.
#[derive(Default)]
struct Noted(std::sync::Mutex<String>);

impl tracing::field::Visit for &Noted {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0.lock().unwrap().push_str(&format!("{field}={value:?} "));
    }
}

impl tracing::Subscriber for Noted {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        span.record(&mut &*self);
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut &*self);
    }
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut &*self);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn no_token_key_code_or_password_stands_in_any_file_log_answer_error_or_debug_text() {
    const KEY: &str = "sk-canary-7Hq2vR9wZx4Lm8Tn";
    let noted = Arc::new(Noted::default());
    let said = std::cell::RefCell::new(String::new());
    let house = House::new();
    let mut canaries: Vec<Vec<u8>> = Vec::new();
    let code = tracing::subscriber::with_default(noted.clone(), || {
        tracing::info!("it is listened to");
        let app = &house.app;
        let n_drawn = house.random.0.lock().unwrap().len();
        let created = app.create_account(None, "ada", true, PASSWORD).unwrap();
        // The first that is drawn for a vault are its two keys.
        let keys = house.random.0.lock().unwrap()[n_drawn..n_drawn + 2].to_vec();
        assert!(keys.iter().all(|key| key.len() == 32));
        canaries.extend(keys);
        canaries.push(app.access().accounts().signing_key().unwrap().as_bytes().to_vec());

        // Signed in, twice renewed, and every way that it can go wrong.
        assert!(house.sign_in_and_stay("ada"));
        for _ in 0..2 {
            house.clock.skip(Duration::from_secs(60));
            let token = house.another_process().resume(Client::Desktop).unwrap().unwrap();
            canaries.push(token.reveal().as_bytes().to_vec());
            canaries.push(token.reveal().rsplit('.').next().unwrap().as_bytes().to_vec());
            said.borrow_mut().push_str(&format!("{token:?}"));
        }
        let token = app.resume(Client::Desktop).unwrap().unwrap();
        canaries.push(token.reveal().as_bytes().to_vec());
        let me = house.unlocked(&token);
        let fails = |error: Option<CommandError>| {
            let error = error.expect("it went well");
            said.borrow_mut().push_str(&format!("{error:?} {error} {}", json!(error)));
        };
        fails(app.sign_in_window("ada", OTHER, true).err());
        fails(app.sign_in_window(PASSWORD, OTHER, true).err());
        fails(app.recover_account("ada", OTHER, OTHER).err());
        fails(app.set_password(&me, OTHER, PASSWORD).err());
        fails(app.set_system_setting(me.caller(), PASSWORD, &json!(KEY)).err());
        fails(app.set_setting(&me, "theme", &json!(KEY)).err());
        let forged = AccessToken::new(format!("{}x", token.reveal()));
        fails(app.signed_in(Command::Whoami, &forged).err());
        for (key, value) in
            [("provider_base_url", "http://127.0.0.1:9/v1"), ("provider_model", "m")]
        {
            app.set_setting(&me, key, &json!(value)).unwrap();
        }
        app.set_provider_key(&me, "compatible", &SecretString::from(KEY)).unwrap();
        app.use_provider(&me, "compatible").unwrap();
        fails(app.test_provider(&me, &CancelToken::new()).err());
        let answers = [
            json!(app.settings(&me, None).unwrap()),
            json!(app.providers(&me).unwrap()),
            json!(app.audit(me.caller()).unwrap()),
            json!(app.ledger(&me, None).unwrap()),
            json!(app.account_state(Some(me.caller())).unwrap()),
            json!(app.account_rows(me.caller()).unwrap()),
        ];
        said.borrow_mut().extend(answers.iter().map(ToString::to_string));
        // A stolen token is used again, and ends the family.
        let stolen = house.keychain.seen.lock().unwrap()[1].clone();
        house.keychain.set_mood(Mood::Gives(stolen));
        assert!(house.another_process().resume(Client::Desktop).unwrap().is_none());
        house.keychain.set_mood(Mood::Well);
        fails(app.signed_in(Command::Whoami, &token).err());
        drop(me);
        app.close(LockReason::Asked);
        house.clock.skip(Duration::from_secs(3600));
        fails(
            app.recover_account("ada", &created.recovery_code, PASSWORD)
                .err()
                .or_else(|| app.sign_in_window("ada", OTHER, false).err()),
        );
        created.recovery_code
    });

    // What the keychain was ever given: session keys behind whose they are, and refresh tokens.
    for secret in house.keychain.seen.lock().unwrap().iter() {
        canaries.push(secret[secret.len() - 32..].to_vec());
    }
    let compact: String = code.chars().filter(|c| c.is_alphanumeric()).collect();
    let texts = [PASSWORD, OTHER, KEY, &code, &compact, &compact.to_lowercase()];
    canaries.extend(texts.map(|text| text.as_bytes().to_vec()));
    let hex = |bytes: &Vec<u8>| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let hexes: Vec<Vec<u8>> = canaries.iter().map(|it| hex(it).into_bytes()).collect();
    canaries.extend(hexes);
    let noted = noted.0.lock().unwrap().clone();
    assert!(noted.contains("it is listened to"), "nothing was noted: {noted}");
    let mut places = house.files();
    places.push(("what was noted".into(), noted.into_bytes()));
    places.push(("what was said".into(), said.into_inner().into_bytes()));
    for (place, bytes) in places {
        for canary in &canaries {
            let stands = bytes.windows(canary.len()).any(|window| window == canary);
            let canary = String::from_utf8_lossy(canary);
            assert!(!stands, "{canary} stands in {}", place.display());
        }
    }
}

#[test]
fn signing_out_holds_although_the_keychain_does_not_answer() {
    for broken in [SecretStoreError::Denied, SecretStoreError::TimedOut] {
        let house = House::with_two();
        assert!(house.sign_in_and_stay("ada"));
        house.keychain.set_mood(Mood::Fails(broken));
        house.app.sign_out(Client::Desktop).unwrap();
        // The entry is still there when the keychain is back, and opens nothing.
        house.keychain.set_mood(Mood::Well);
        assert!(!house.keychain.is_empty());
        assert!(house.another_process().resume(Client::Desktop).unwrap().is_none(), "{broken:?}");
    }
}

#[test]
fn a_kept_sign_in_of_one_account_never_opens_another_s_vault() {
    let house = House::with_two();
    assert!(house.sign_in_and_stay("ada"));
    let of_ada = house.keychain.get("session-desktop").unwrap().unwrap();
    assert!(house.sign_in_and_stay("ben"));
    house.keychain.set("session-desktop", &of_ada).unwrap();
    house.app.close(LockReason::Asked);
    assert!(house.another_process().resume(Client::Desktop).unwrap().is_none());
}

#[test]
fn two_first_people_at_once_make_one_admin() {
    let house = House::new();
    let roles: Vec<String> = std::thread::scope(|scope| {
        let all: Vec<_> = ["ada", "ben", "cleo", "dan"]
            .map(|name| {
                let app = house.app.clone();
                scope.spawn(move || app.create_account(None, name, true, PASSWORD))
            })
            .into_iter()
            .collect();
        all.into_iter().filter_map(|it| it.join().unwrap().ok()).map(|it| it.account.role).collect()
    });
    assert_eq!(roles.iter().filter(|role| *role == "admin").count(), 1, "{roles:?}");
}

#[test]
fn where_only_admins_make_accounts_nobody_else_makes_one_or_brings_one_back() {
    let house = House::with_two();
    let ben = house.sign_in("ben");
    let file = house.app.data_dir().path().join("ben.backup");
    house
        .app
        .backup(&house.unlocked(&ben), &file, "copper-lantern-eleven", &CancelToken::new())
        .unwrap();
    let ada = house.app.signed_in(Command::ChangeSystemSetting, &house.sign_in("ada")).unwrap();
    house.app.set_system_setting(&ada, "who_may_create", &json!("admin")).unwrap();
    let ben = house.app.signed_in(Command::Whoami, &ben).unwrap();
    for maker in [None, Some(&ben)] {
        for admin in [false, true] {
            let made = house.app.create_account(maker, "eve", admin, PASSWORD);
            assert_eq!(made.err().unwrap().code, ErrorCode::NotAllowed);
        }
        let back = house.app.restore(maker, &file, Some("eve"), "copper-lantern-eleven");
        assert_eq!(back.err().unwrap().code, ErrorCode::NotAllowed);
    }
    assert_eq!(house.app.accounts().unwrap().accounts.len(), 2);
    house.app.create_account(Some(&ada), "eve", false, PASSWORD).unwrap();
    house.app.restore(Some(&ada), &file, Some("fay"), "copper-lantern-eleven").unwrap();
    // Without the setting a stranger still makes no admin.
    house.app.set_system_setting(&ada, "who_may_create", &json!("anyone")).unwrap();
    assert!(house.app.create_account(Some(&ben), "gus", true, PASSWORD).is_err());
    assert_eq!(
        house.app.create_account(None, "gus", false, PASSWORD).unwrap().account.role,
        "regular"
    );
}

#[test]
fn anyone_learns_the_names_and_only_an_admin_roles_and_when_somebody_last_signed_in() {
    let house = House::with_two();
    let names = serde_json::to_value(house.app.accounts().unwrap()).unwrap();
    assert_eq!(names, json!({ "accounts": [{ "name": "ada" }, { "name": "ben" }] }));
    let ben = house.sign_in("ben");
    let refused = house.app.signed_in(Command::AccountsList, &ben).err().unwrap();
    assert_eq!(refused.code, ErrorCode::NotAllowed);
    house.clock.skip(Duration::from_secs(60));
    let admin = house.app.signed_in(Command::AccountsList, &house.sign_in("ada")).unwrap();
    let rows = house.app.account_rows(&admin).unwrap().accounts;
    let last = |rows: &[AccountRow], n: usize| {
        rows[n].last_sign_in.as_ref().unwrap().parse::<jiff::Timestamp>().unwrap()
    };
    assert_eq!((rows[0].name.as_str(), rows[0].role.as_str()), ("ada", "admin"));
    assert_eq!((rows[1].name.as_str(), rows[1].role.as_str()), ("ben", "regular"));
    assert_eq!(last(&rows, 0), house.clock.now());
    assert_eq!(last(&rows, 0).duration_since(last(&rows, 1)).as_secs(), 60);
    // A guess is no sign-in, and somebody who never came has none.
    house.clock.skip(Duration::from_secs(60));
    assert!(house.app.sign_in_window("ben", "something else", false).is_err());
    house.app.create_account(Some(&admin), "eve", false, PASSWORD).unwrap();
    let now = house.app.account_rows(&admin).unwrap().accounts;
    assert_eq!(last(&now, 1), last(&rows, 1));
    assert_eq!(now[2].last_sign_in, None);
}

#[test]
fn a_window_that_nobody_uses_is_locked_also_while_a_long_job_runs() {
    let house = House::with_two();
    let me = ready_to_record(&house);
    house.app.work_in_background();
    record_a_moment(&house, &me);
    house.app.stop_window_recording(&me).unwrap();
    eventually("the job has begun", || house.engine.n_begun.load(Ordering::SeqCst) == 1);
    house.app.note_use(&me);
    house.clock.skip(Duration::from_secs(14 * 60));
    house.app.note_use(&me);
    house.clock.skip(Duration::from_secs(14 * 60));
    assert!(is_open(&house), "use puts the lock off");
    let vault = Arc::downgrade(&me.open);
    drop(me);
    house.clock.skip(Duration::from_secs(2 * 60));
    eventually("the vault is closed", || !is_open(&house));
    eventually("it is told", || {
        house.events.try_iter().any(|event| matches!(event, Event::Locked(LockReason::Idle)))
    });
    // The job stops, and with it the last hold on the keys goes: they are wiped when they drop.
    eventually("the keys are gone", || vault.strong_count() == 0);
    assert_eq!(house.engine.n_cancelled.load(Ordering::SeqCst), 1);

    // It waits until the next unlocking, and then goes on by itself.
    house.engine.finish();
    let me = house.unlocked(&house.sign_in("ada"));
    let waiting = |me: &Unlocked| {
        let list =
            house.app.sessions(me, &crate::review::SessionQuery { limit: 9, ..Default::default() });
        list.unwrap().sessions[0].status.clone()
    };
    assert_eq!(waiting(&me), "captured");
    house.app.work_in_background();
    eventually("the job is done", || waiting(&me) != "captured");
}

#[test]
fn a_recording_holds_off_the_idle_lock_and_an_ordered_lock_seals_it() {
    let house = House::with_two();
    let me = ready_to_record(&house);
    house.app.work_in_background();
    let session = record_a_moment(&house, &me);
    // As if nobody had touched anything for a day.
    let now = house.app.ports().clock.monotonic();
    me.open.touch(now.checked_sub(Duration::from_secs(24 * 60 * 60)).unwrap());
    // Long enough for the watcher to have looked several times.
    let seen = house.app.recording_view(&me).unwrap().elapsed_ms;
    eventually("the recording goes on", || {
        house.app.recording_view(&me).is_some_and(|view| view.elapsed_ms >= seen + 600)
    });
    assert!(is_open(&house));
    house.app.close(LockReason::Asked);
    assert!(!is_open(&house) && house.app.recording_view(&me).is_none());
    // A command that was let through before the lock begins no recording behind it.
    let late = house.app.start_window_recording(&me, None, Box::new(|_| false));
    assert_eq!(late.err().unwrap().code, ErrorCode::NotSignedIn);
    drop(me);
    let me = house.unlocked(&house.sign_in("ada"));
    let shown = house.app.show(&me, &session).unwrap();
    assert!(shown.duration_ms.unwrap() >= 800 && !shown.recovered, "sealed, not recovered");
}

#[test]
fn the_old_recovery_code_works_until_the_new_one_is_written_down() {
    let house = House::new();
    let old = house.app.create_account(None, "ada", false, PASSWORD).unwrap().recovery_code;
    let works = |code: &str| house.app.recover_account("ada", code, PASSWORD).is_ok();
    let me = house.unlocked(&house.sign_in("ada"));
    let never_seen = house.app.new_recovery_code(&me, PASSWORD).unwrap();
    assert!(works(&old));
    let me = house.unlocked(&house.sign_in("ada"));
    let new = house.app.new_recovery_code(&me, PASSWORD).unwrap();
    assert!(house.app.confirm_recovery_code(&me, "not a code").is_err());
    assert!(works(&old));
    let me = house.unlocked(&house.sign_in("ada"));
    house.app.confirm_recovery_code(&me, &new).unwrap();
    assert!(works(&new));
    for gone in [old, never_seen] {
        house.clock.skip(Duration::from_secs(60 * 60));
        assert!(!works(&gone));
    }
}

#[test]
fn another_password_ends_every_sign_in_but_the_one_that_asked() {
    let house = House::with_two();
    assert!(house.sign_in_and_stay("ada"));
    let token = house.app.resume(Client::Desktop).unwrap().unwrap();
    let me = house.unlocked(&token);
    house.app.set_password(&me, PASSWORD, OTHER).unwrap();
    assert!(house.app.signed_in(Command::Whoami, &token).is_err());
    assert!(house.another_process().resume(Client::Desktop).unwrap().is_none());
    let again = house.app.signed_in_again(&me, Client::Desktop).unwrap();
    assert!(house.app.unlocked(Command::Sessions, &again).is_ok());
    assert!(house.app.sign_in_window("ada", PASSWORD, false).is_err());
}

#[test]
fn changes_of_settings_are_in_the_audit_log_by_key_and_never_by_value() {
    let house = House::with_two();
    let token = house.sign_in("ada");
    let me = house.unlocked(&token);
    house.app.set_setting(&me, "pseudonyms", &json!(["Wilhelmina"])).unwrap();
    house.app.set_setting(&me, "pseudonyms", &json!(["Wilhelmina"])).unwrap();
    house.app.set_system_setting(me.caller(), "log_level", &json!("debug")).unwrap();
    let lines = house.app.audit(me.caller()).unwrap().audit;
    let of = |what: &str| lines.iter().filter(|l| l.what == what).collect::<Vec<_>>();
    assert_eq!(of("setting_changed").len(), 1, "what is as it was, is no change");
    assert_eq!(of("setting_changed")[0].on.as_deref(), Some("pseudonyms"));
    assert_eq!(of("system_setting_changed")[0].on.as_deref(), Some("log_level"));
    assert!(!format!("{lines:?}").contains("Wilhelmina"));
}

#[test]
fn a_regular_sees_the_own_lines_of_the_audit_log_and_an_admin_all() {
    let house = House::with_two();
    let ben = house.app.signed_in(Command::Audit, &house.sign_in("ben")).unwrap();
    let ada = house.app.signed_in(Command::Audit, &house.sign_in("ada")).unwrap();
    let who = |me: &Caller| {
        let lines = house.app.audit(me).unwrap().audit;
        lines
            .into_iter()
            .filter(|l| l.what == "signed_in")
            .filter_map(|l| l.who)
            .collect::<Vec<_>>()
    };
    assert_eq!(who(&ben), ["ben"]);
    assert_eq!(who(&ada), ["ada", "ben"]);
}

#[test]
fn an_old_or_missing_backup_is_said_by_doctor_until_there_is_one() {
    let house = House::with_two();
    let me = house.unlocked(&house.sign_in("ada"));
    let state = |me: &Unlocked| {
        let checks = house.app.doctor(Some(me)).checks;
        checks
            .into_iter()
            .find(|check| check.name == "backup")
            .map(|c| (c.state, c.measured))
            .unwrap()
    };
    assert_eq!(state(&me).0, "ok", "an empty vault needs no backup");
    house.app.write(&me, "A heron by the lock.", None, &Default::default()).unwrap();
    house.clock.skip(Duration::from_secs(31 * 24 * 60 * 60));
    assert_eq!(state(&me).0, "warning");
    assert!(state(&me).1.contains("31 days"), "{:?}", state(&me));
    let file = house.app.data_dir().path().join("ada.backup");
    house.app.backup(&me, &file, "copper-lantern-eleven", &CancelToken::new()).unwrap();
    assert_eq!(state(&me).0, "ok");
    house.clock.skip(Duration::from_secs(31 * 24 * 60 * 60));
    assert_eq!(state(&me).0, "warning");
    house.app.set_setting(&me, "remind_backup_days", &json!(null)).unwrap();
    assert_eq!(state(&me).0, "ok", "who wants no reminder gets none");
}

#[test]
fn a_copied_vault_folder_opens_on_another_computer_with_its_password() {
    let here = House::with_two();
    let me = here.unlocked(&here.sign_in("ben"));
    here.app.set_setting(&me, "theme", &json!("dark")).unwrap();
    let folder = me.vault().dir().to_owned();
    drop(me);
    here.app.close(LockReason::Asked);

    let there = House::new();
    there.app.create_account(None, "zoe", false, PASSWORD).unwrap();
    let vaults = there.app.data_dir().path().join("vaults");
    let copy = vaults.join(folder.file_name().unwrap());
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
        }
    }
    let app = there.another_process();
    assert!(app.sign_in_window("ben", OTHER, false).is_err());
    let token = app.sign_in_window("ben", PASSWORD, false).unwrap();
    let me = app.unlocked(Command::Settings, &token).unwrap();
    assert_eq!(app.settings(&me, Some("theme")).unwrap().settings[0].value, "dark");
    assert_eq!(me.caller().account().role, Role::Regular, "a copied folder brings no rights");
}

#[test]
fn secrets_have_no_text_and_no_shape_that_could_be_written() {
    // Compiles only while none of these can be serialised: with one that can, `check` of the trait
    // is ambiguous.
    trait Unwritable<Marker> {
        fn check() {}
    }
    impl<T: ?Sized> Unwritable<()> for T {}
    struct Writable;
    impl<T: ?Sized + serde::Serialize> Unwritable<Writable> for T {}
    <AccessToken as Unwritable<_>>::check();
    <VaultKeys as Unwritable<_>>::check();
    <SessionKey as Unwritable<_>>::check();
    <RefreshToken as Unwritable<_>>::check();
    <RecoveryCode as Unwritable<_>>::check();
    <journey_vault::SigningKey as Unwritable<_>>::check();
    <SecretString as Unwritable<_>>::check();
    <Caller as Unwritable<_>>::check();

    trait Silent<Marker> {
        fn check() {}
    }
    impl<T: ?Sized> Silent<()> for T {}
    struct Telling;
    impl<T: ?Sized + std::fmt::Debug> Silent<Telling> for T {}
    <VaultKeys as Silent<_>>::check();
    let house = House::with_two();
    let token = house.sign_in("ada");
    assert_eq!(format!("{token:?}"), "AccessToken(…)");
    let key = house.app.access().accounts().signing_key().unwrap();
    assert_eq!(format!("{key:?}"), "SigningKey(…)");
}

#[test]
fn a_provider_that_no_admin_allows_cannot_be_chosen_nor_used_any_longer() {
    let house = House::with_two();
    let me = house.unlocked(&house.sign_in("ada"));
    house.app.use_provider(&me, "openai").unwrap();
    let written = house.app.write(&me, "A heron by the lock.", None, &Default::default()).unwrap();
    assert!(house.app.preview(&me, &written.id, None).is_ok());
    let allow = |names: serde_json::Value| {
        house.app.set_system_setting(me.caller(), "allowed_providers", &names).unwrap();
    };
    allow(json!(["on-device", "ollama"]));
    let refused = |code: Option<ErrorCode>| assert_eq!(code, Some(ErrorCode::NotAllowed));
    refused(house.app.use_provider(&me, "openai").err().map(|it| it.code));
    refused(house.app.preview(&me, &written.id, None).err().map(|it| it.code));
    refused(house.app.test_provider(&me, &CancelToken::new()).err().map(|it| it.code));
    house.app.use_provider(&me, "on-device").unwrap();
    allow(json!(["openai"]));
    house.app.use_provider(&me, "openai").unwrap();
}

#[test]
fn a_list_of_what_is_allowed_that_another_version_wrote_never_allows_more() {
    let house = House::with_two();
    let me = house.unlocked(&house.sign_in("ada"));
    let store = house.app.access().accounts();
    let allow = |key: &str, list: serde_json::Value| {
        store.set_system_setting(key, &list, me.caller().account.id).unwrap();
        house.app.system_list(key).unwrap()
    };
    assert_eq!(allow("allowed_providers", json!(["on-device", "ollama", "claude"])).len(), 2);
    let refused = house.app.use_provider(&me, "openai").unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotAllowed);
    assert!(allow("allowed_hosts", json!(["own.example:443"])).is_empty());
    assert_eq!(allow("allowed_hosts", json!(["*", "own.example"])), ["own.example"]);
}

#[test]
fn the_computer_s_model_is_used_until_a_person_chooses_another() {
    let house = House::with_two();
    let me = house.unlocked(&house.sign_in("ada"));
    let copy = house.app.data_dir().path().join("ggml-another.en.bin");
    std::fs::copy(model(), &copy).unwrap();
    house.app.add_model(&me, model()).unwrap();
    house.app.add_model(&me, &copy).unwrap();
    let in_use = || {
        let models = house.app.models(Some(&me)).unwrap().models;
        models.into_iter().find(|it| it.in_use).unwrap().name
    };
    for name in ["another.en", "mini-reflection.en"] {
        house.app.set_system_setting(me.caller(), "default_model", &json!(name)).unwrap();
        assert_eq!(in_use(), name);
    }
    house.app.use_model(&me, "another.en").unwrap();
    assert_eq!(in_use(), "another.en");
}
