//! Accounts under attack, restart, loss and many callers at once.

mod families;

use super::*;
use crate::{
    slots::{Client, KDF_CALLS, KdfCost},
    testing::{SteppingClock, ports_from},
};
use journey_domain::{
    account::{AccountName, Role},
    error_code::ErrorCode,
};
use secrecy::SecretString;
use std::{fs, os::unix::fs::PermissionsExt as _, sync::Arc, time::Duration};
use tempfile::TempDir;

const CHEAP: KdfCost = KdfCost::for_tests();

pub(super) struct Home {
    pub(super) dir: TempDir,
    pub(super) store: AccountsStore,
    pub(super) clock: Arc<SteppingClock>,
    ports: VaultPorts,
}

impl Home {
    pub(super) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let (ports, clock) = ports_from(1);
        let opened = AccountsStore::open(&dir.path().join("data"), ports.clone()).unwrap();
        assert_eq!(opened.opening, Opening::New);
        Self { dir, store: opened.store, clock, ports }
    }

    /// The program ends and starts again.
    pub(super) fn reopen(&mut self) -> Opening {
        let opened = AccountsStore::open(&self.data(), self.ports.clone()).unwrap();
        self.store = opened.store;
        opened.opening
    }

    fn data(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    pub(super) fn create(&self, name_text: &str) -> CreatedAccount {
        self.try_create(name_text).unwrap()
    }

    fn try_create(&self, name_text: &str) -> Result<CreatedAccount, CreateAccountError> {
        let (name, password) = (name(name_text), password(name_text));
        let role = Role::Regular;
        let new = NewAccount { name: &name, role, password: &password, cost: CHEAP, by: None };
        self.store.create_account(&new)
    }

    fn sign_in(&self, who: &str, with: &str) -> Result<SignedIn, SignInError> {
        self.sign_in_for(who, with, SignInFor::Longer)
    }

    fn sign_in_for(
        &self,
        who: &str,
        with: &str,
        what_for: SignInFor,
    ) -> Result<SignedIn, SignInError> {
        self.store.sign_in(&name(who), &SecretString::from(with), CHEAP, what_for)
    }

    fn actions(&self) -> Vec<String> {
        let page = self.store.audit_page(None, None, 1000).unwrap();
        page.entries.into_iter().rev().map(|entry| entry.action).collect()
    }
}

fn name(text: &str) -> AccountName {
    AccountName::new(text).unwrap()
}

fn password(of: &str) -> SecretString {
    SecretString::from(format!("{of}'s password"))
}

#[test]
fn migrations_are_the_folder_s_files_and_make_a_schema() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../migrations/accounts");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let listed: Vec<_> = open::MIGRATIONS.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, files);
}

#[test]
fn the_first_account_is_an_admin_and_names_are_taken_without_regard_to_case() {
    let home = Home::new();
    assert_eq!(home.create("Ada").account.account.role, Role::Admin);
    assert_eq!(home.create("Bob").account.account.role, Role::Regular);
    assert!(matches!(home.try_create("aDA"), Err(CreateAccountError::NameTaken)));
    let names: Vec<_> = home
        .store
        .accounts()
        .unwrap()
        .into_iter()
        .map(|it| it.account.name.as_str().to_owned())
        .collect();
    assert_eq!(names, ["Ada", "Bob"]);
}

#[test]
fn only_the_owner_of_the_files_may_read_them_and_no_secret_stands_in_them() {
    let home = Home::new();
    let ada = home.create("Ada");
    home.store.stay_signed_in(ada.account.account.id, Client::Desktop).unwrap();
    for (path, content) in crate::testing::files(&home.data()) {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
        assert!(!crate::testing::contains(&content, b"Ada's password"));
    }
    assert_eq!(fs::metadata(home.data()).unwrap().permissions().mode() & 0o777, 0o700);
    let database = fs::read(home.data().join("accounts.db")).unwrap();
    assert!(!crate::testing::contains(&database, b"SQLite"));
}

#[test]
fn an_unknown_name_says_and_costs_what_a_wrong_password_does() {
    let home = Home::new();
    home.create("Ada");
    let cost = |who: &str| {
        KDF_CALLS.with(|calls| calls.borrow_mut().clear());
        let Err(error) = home.sign_in(who, "wrong") else { panic!("signed in") };
        (error.to_string(), error.code(), KDF_CALLS.with(|calls| calls.borrow().clone()))
    };
    let (known, unknown) = (cost("Ada"), cost("Nobody"));
    assert_eq!(known, unknown);
    assert_eq!(known.2.len(), 1);
}

#[test]
fn a_thousand_guesses_are_blocked_across_restarts_and_nobody_else_waits() {
    let mut home = Home::new();
    home.create("Ada");
    home.create("Bob");
    let mut n_tried = 0;
    for n in 0..1000 {
        match home.sign_in("Ada", &format!("guess {n}")) {
            Err(SignInError::Wrong) => n_tried += 1,
            Err(SignInError::TryAgain { .. }) => {}
            _ => panic!("a guess did something else"),
        }
        if n == 500 {
            home.reopen();
        }
    }
    // The clock of these tests moves a few milliseconds with each guess.
    assert!(n_tried <= 8, "{n_tried} guesses were tried");
    assert!(home.sign_in("Bob", "Bob's password").is_ok(), "nobody else is held up");
    while !matches!(home.sign_in("Ada", "guess"), Err(SignInError::TryAgain { .. })) {}
    let Err(SignInError::TryAgain { wait }) = home.sign_in("Ada", "Ada's password") else {
        panic!("the right password jumps no queue");
    };
    assert!(wait <= Duration::from_secs(15 * 60));
    home.clock.skip(wait);
    assert!(home.sign_in("Ada", "Ada's password").is_ok());
    assert!(home.sign_in("Ada", "wrong").is_err());
    assert!(home.sign_in("Ada", "Ada's password").is_ok(), "success forgets the failures");
}

#[test]
fn guessing_over_many_names_slows_down_sooner_but_a_clean_name_not_at_all() {
    let home = Home::new();
    home.create("Ada");
    for n in 0..40 {
        home.sign_in(&format!("nobody {n}"), "x").err().unwrap();
    }
    assert!(matches!(home.sign_in("nobody 1", "x"), Err(SignInError::TryAgain { .. })));
    assert!(home.sign_in("Ada", "Ada's password").is_ok());
}

/// The same data directory as so many processes have it open.
fn processes(home: &Home, n: usize) -> Vec<AccountsStore> {
    let open = |_| AccountsStore::open(&home.data(), home.ports.clone()).unwrap().store;
    (0..n).map(open).collect()
}

#[test]
fn a_hundred_guesses_at_once_get_no_more_tries_than_one_after_another() {
    let is_tried = |store: &AccountsStore| {
        let guess = SecretString::from("x");
        let answer = store.sign_in(&name("Ada"), &guess, CHEAP, SignInFor::OneCommand);
        matches!(answer, Err(SignInError::Wrong))
    };
    let home = Home::new();
    home.create("Ada");
    let n_in_turn = (0..100).filter(|_| is_tried(&home.store)).count();

    let mut home = Home::new();
    home.create("Ada");
    let processes = processes(&home, 5);
    let processes = &processes;
    let n_at_once = std::thread::scope(|scope| {
        let guesses: Vec<_> =
            (0..100).map(|n| scope.spawn(move || is_tried(&processes[n % 5]))).collect();
        guesses.into_iter().filter_map(|it| it.join().ok()).filter(|tried| *tried).count()
    });
    // The clock of these tests moves a little with each try, so that one may fall into the first second.
    assert!((3..=4).contains(&n_in_turn), "{n_in_turn}");
    assert!(n_at_once <= 4, "{n_at_once} at once, {n_in_turn} in turn");
    home.reopen();
    assert!(matches!(home.sign_in("Ada", "x"), Err(SignInError::TryAgain { .. })));
}

#[test]
fn right_passwords_at_once_all_get_in_however_many_failed_before_within_what_is_free() {
    let home = Home::new();
    home.create("Ada");
    let processes = processes(&home, 4);
    for n_mistyped in 0..3 {
        for _ in 0..n_mistyped {
            assert!(matches!(home.sign_in("Ada", "mistyped"), Err(SignInError::Wrong)));
        }
        let enter = |store: &AccountsStore| {
            store.sign_in(&name("Ada"), &password("Ada"), CHEAP, SignInFor::OneCommand).map(drop)
        };
        let enter = &enter;
        let processes = &processes;
        std::thread::scope(|scope| {
            let all: Vec<_> =
                (0..24).map(|n| scope.spawn(move || enter(&processes[n % 4]))).collect();
            for one in all {
                one.join().unwrap().unwrap();
            }
        });
    }
}

#[test]
fn where_no_turn_can_be_taken_one_gets_in_all_the_same_and_a_guesser_no_further() {
    let home = Home::new();
    home.create("Ada");
    for lane in 0..16 {
        let lock = home.data().join(format!("sign-in-{lane}.lock"));
        fs::remove_file(&lock).ok();
        fs::create_dir(&lock).unwrap();
    }
    assert!(home.sign_in("Ada", "Ada's password").is_ok());
    let n_tried = std::thread::scope(|scope| {
        let guesses: Vec<_> = (0..50)
            .map(|_| scope.spawn(|| matches!(home.sign_in("Ada", "x"), Err(SignInError::Wrong))))
            .collect();
        guesses.into_iter().filter_map(|it| it.join().ok()).filter(|tried| *tried).count()
    });
    assert!(n_tried <= 4, "{n_tried}");
}

#[test]
fn a_try_that_was_killed_counts_as_a_failure_also_after_a_restart() {
    let mut home = Home::new();
    home.create("Ada");
    for _ in 0..3 {
        // What the operating system leaves of a killed process: its lock is gone, its count is not.
        drop(home.store.begin_attempt(&name("Ada")).unwrap().unwrap());
        home.reopen();
    }
    assert!(matches!(home.sign_in("Ada", "Ada's password"), Err(SignInError::TryAgain { .. })));
}

#[test]
fn commands_that_bring_their_password_fill_one_line_an_hour_and_hide_nothing_between() {
    let home = Home::new();
    let ada = home.create("Ada").account.account.id;
    let command = || home.sign_in_for("Ada", "Ada's password", SignInFor::OneCommand).map(drop);
    let lines = || {
        let page = home.store.audit_page(Some(ada), None, 1000).unwrap();
        let entries = page.entries.into_iter().rev().skip(1);
        entries.map(|it| (it.action, it.times)).collect::<Vec<_>>()
    };
    let line = |word: &str, times| (word.to_owned(), times);
    for _ in 0..100 {
        command().unwrap();
    }
    let folded = line("signed_in_for_command", 100);
    assert_eq!(lines(), std::slice::from_ref(&folded));
    let page = home.store.audit_page(Some(ada), None, 1).unwrap();
    let last_at = page.entries[0].last_at.unwrap();
    assert!(last_at > page.entries[0].at);
    assert_eq!(home.store.last_sign_ins().unwrap()[&ada], last_at);
    // What somebody else did to the account ends the line, and so does what it did itself.
    assert!(home.sign_in("Ada", "wrong").is_err());
    command().unwrap();
    home.store.audit(Some(ada), AuditAction::BackedUp, None, None).unwrap();
    command().unwrap();
    command().unwrap();
    home.clock.skip(Duration::from_secs(60 * 60));
    command().unwrap();
    let one = || line("signed_in_for_command", 1);
    assert_eq!(
        lines(),
        [
            folded,
            line("sign_in_failed", 1),
            one(),
            line("backed_up", 1),
            line("signed_in_for_command", 2),
            one(),
        ]
    );
    // Another's line between is no reason to begin anew.
    home.create("Bob");
    command().unwrap();
    assert_eq!(lines().last(), Some(&line("signed_in_for_command", 2)));
}

#[test]
fn made_up_names_without_end_are_one_line_an_hour() {
    let home = Home::new();
    home.create("Ada");
    for n in 0..40 {
        home.sign_in(&format!("nobody {n}"), "x").err().unwrap();
        if n == 20 {
            home.sign_in("Ada", "mistyped").err().unwrap();
        }
    }
    let page = home.store.audit_page(None, None, 1000).unwrap();
    let failed = page.entries.iter().filter(|it| it.action == "sign_in_failed");
    let lines: Vec<_> = failed.map(|it| (it.subject_name.as_deref(), it.times)).collect();
    assert_eq!(lines, [(Some("Ada"), 1), (None, 40)], "newest first");
}

#[test]
fn the_last_admin_stays_whatever_is_tried() {
    let home = Home::new();
    let ada = home.create("Ada").account.account.id;
    let bob = home.create("Bob").account.account.id;
    let last = |result: Result<(), AccountsError>| {
        assert!(matches!(result, Err(AccountsError::LastAdmin)));
    };
    last(home.store.set_role(ada, Role::Regular, Some(ada)).map(drop));
    last(home.store.disable(ada, Some(ada)));
    last(home.store.set_account_aside(ada, Some(ada)));
    last(home.store.erase_account(ada));
    // A disabled admin is none who can sign in.
    home.store.set_role(bob, Role::Admin, Some(ada)).unwrap();
    home.store.disable(bob, Some(ada)).unwrap();
    last(home.store.disable(ada, Some(ada)));
    home.store.enable(bob, Some(ada)).unwrap();
    home.store.disable(ada, Some(bob)).unwrap();
    assert!(home.sign_in("Ada", "Ada's password").is_err());
}

#[test]
fn two_admins_who_remove_each_other_at_once_leave_one() {
    for _ in 0..5 {
        let home = Home::new();
        let ada = home.create("Ada").account.account.id;
        let bob = home.create("Bob").account.account.id;
        home.store.set_role(bob, Role::Admin, None).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| home.store.disable(ada, Some(bob)).ok());
            scope.spawn(|| home.store.set_role(bob, Role::Regular, Some(ada)).ok());
        });
        let admins = home.store.accounts().unwrap();
        let n = admins.iter().filter(|it| it.account.role == Role::Admin && !it.account.disabled);
        assert_eq!(n.count(), 1);
    }
}

#[test]
fn role_disabling_and_password_each_raise_the_epoch() {
    let home = Home::new();
    home.create("Ada");
    let bob = home.create("Bob");
    let id = bob.account.account.id;
    let epoch = || home.store.find_account(id).unwrap().unwrap().session_epoch;
    assert_eq!(epoch(), 1);
    home.store.set_role(id, Role::Admin, None).unwrap();
    assert_eq!(epoch(), 2);
    home.store.disable(id, None).unwrap();
    assert_eq!(epoch(), 3);
    home.store.enable(id, None).unwrap();
    home.store.change_password(id, &bob.keys, &SecretString::from("other"), CHEAP).unwrap();
    assert_eq!(epoch(), 4);
    assert!(home.sign_in("Bob", "other").is_ok());
    assert!(matches!(home.sign_in("Bob", "Bob's password"), Err(SignInError::Wrong)));
}

#[test]
fn a_disabled_account_says_so_to_its_owner_only() {
    let home = Home::new();
    home.create("Ada");
    let bob = home.create("Bob").account.account.id;
    home.store.disable(bob, None).unwrap();
    assert!(matches!(home.sign_in("Bob", "wrong"), Err(SignInError::Wrong)));
    assert!(matches!(home.sign_in("Bob", "Bob's password"), Err(SignInError::Disabled)));
}

#[test]
fn disabling_and_a_new_password_end_staying_signed_in() {
    let home = Home::new();
    home.create("Ada");
    let bob = home.create("Bob");
    let id = bob.account.account.id;
    let stay = || {
        let random = home.ports.random.as_ref();
        let folder = home.store.vault_folder(id);
        let key = folder.add_session_slot(&bob.keys, Client::Desktop, random).unwrap();
        (home.store.stay_signed_in(id, Client::Desktop).unwrap(), key)
    };
    let gone = |(stayed, key): (Refreshed, crate::SessionKey)| {
        assert!(!home.store.family_lives(stayed.family).unwrap());
        assert!(matches!(home.store.refresh(&stayed.token), Err(RefreshError::Ended)));
        let folder = home.store.vault_folder(id);
        assert!(folder.unlock_with_session_key(Client::Desktop, &key).is_err());
    };
    let before = stay();
    home.store.disable(id, None).unwrap();
    home.store.enable(id, None).unwrap();
    gone(before);
    let before = stay();
    home.store.change_password(id, &bob.keys, &SecretString::from("other"), CHEAP).unwrap();
    gone(before);
    let before = stay();
    home.store.sign_out(id, Client::Desktop).unwrap();
    gone(before);
}

#[test]
fn a_recovery_code_sets_a_new_password_and_a_wrong_one_counts_as_a_guess() {
    let home = Home::new();
    let ada = home.create("Ada");
    let other = home.create("Bob").recovery_code;
    let new = SecretString::from("new");
    for _ in 0..3 {
        let wrong = home.store.recover(&name("Ada"), &other, &new, CHEAP);
        assert!(matches!(wrong, Err(SignInError::Wrong)));
    }
    let right = home.store.recover(&name("Ada"), &ada.recovery_code, &new, CHEAP);
    assert!(matches!(right, Err(SignInError::TryAgain { .. })));
    home.clock.skip(Duration::from_secs(60));
    home.store.recover(&name("ada"), &ada.recovery_code, &new, CHEAP).unwrap();
    assert!(home.sign_in("Ada", "new").is_ok());
    let id = ada.account.account.id;
    let code = home.store.new_recovery_code(id, &ada.keys).unwrap();
    home.store.confirm_recovery_code(id, &code).unwrap();
    home.store.recover(&name("Ada"), &code, &SecretString::from("newer"), CHEAP).unwrap();
    assert!(home.store.recover(&name("Ada"), &ada.recovery_code, &new, CHEAP).is_err());
}

#[test]
fn an_admin_sets_a_vault_aside_whole_and_putting_it_back_makes_it_an_account_again() {
    let mut home = Home::new();
    home.create("Ada");
    let bob = home.create("Bob").account.account.id;
    home.store.set_account_aside(bob, None).unwrap();
    assert!(home.store.find_account(bob).unwrap().is_none());
    let vaults = home.data().join("vaults");
    let aside = fs::read_dir(&vaults)
        .unwrap()
        .map(|it| it.unwrap().path())
        .find(|it| it.to_str().unwrap().contains(&format!("{bob}.set-aside-")))
        .unwrap();
    assert!(aside.join("vault.db").exists() && aside.join("vault.json").exists());
    assert_eq!(home.reopen(), Opening::Existing { n_adopted: 0 });
    fs::rename(aside, vaults.join(bob.to_string())).unwrap();
    assert_eq!(home.reopen(), Opening::Existing { n_adopted: 1 });
    let back = home.sign_in("Bob", "Bob's password").unwrap();
    assert_eq!(back.account.account.id, bob);
    assert_eq!(back.account.account.role, Role::Regular);
}

#[test]
fn an_owner_erases_everything_and_an_interrupted_erasure_is_finished_at_the_next_start() {
    let mut home = Home::new();
    home.create("Ada");
    let bob = home.create("Bob").account.account.id;
    home.store.erase_account(bob).unwrap();
    let left = |id: journey_domain::ids::AccountId, home: &Home| {
        fs::read_dir(home.data().join("vaults"))
            .unwrap()
            .any(|it| it.unwrap().file_name().to_str().unwrap().starts_with(&id.to_string()))
    };
    assert!(!left(bob, &home));
    let eve = home.create("Eve").account.account.id;
    folders::begin_erasing(&home.data().join("vaults"), eve).unwrap();
    assert_eq!(home.reopen(), Opening::Existing { n_adopted: 0 });
    assert!(!left(eve, &home));
    assert!(home.store.find_account(eve).unwrap().is_none());
}

#[test]
fn a_lost_or_damaged_store_is_made_anew_and_the_first_to_sign_in_becomes_admin() {
    let damages: [fn(&std::path::Path); 6] = [
        |dir| fs::remove_file(dir.join("accounts.db")).unwrap(),
        |dir| fs::remove_file(dir.join("accounts.key")).unwrap(),
        |dir| fs::write(dir.join("accounts.db"), b"").unwrap(),
        |dir| fs::write(dir.join("accounts.key"), "0".repeat(64)).unwrap(),
        |dir| fs::write(dir.join("accounts.key"), b"not a key").unwrap(),
        |dir| {
            let mut content = fs::read(dir.join("accounts.db")).unwrap();
            let middle = content.len() / 2;
            content[middle] ^= 1;
            fs::write(dir.join("accounts.db"), content).unwrap();
        },
    ];
    for (n, damage) in damages.into_iter().enumerate() {
        let mut home = Home::new();
        home.create("Ada");
        home.create("Bob");
        // Closes the write-ahead log, so that the damage is not mended by it.
        home.store.conn().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").ok();
        damage(&home.data());
        assert_eq!(home.reopen(), Opening::Rebuilt { n_accounts: 2 }, "damage {n}");
        assert!(home.store.accounts().unwrap().iter().all(|it| it.account.role == Role::Regular));
        assert!(home.sign_in("Bob", "wrong").is_err());
        assert_eq!(
            home.sign_in("Bob", "Bob's password").unwrap().account.account.role,
            Role::Admin
        );
        assert_eq!(
            home.sign_in("Ada", "Ada's password").unwrap().account.account.role,
            Role::Regular
        );
        let actions = home.actions();
        assert!(actions.contains(&"accounts_rebuilt".to_owned()));
        assert!(actions.contains(&"role_changed".to_owned()));
        assert_eq!(home.reopen(), Opening::Existing { n_adopted: 0 });
    }
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_left_alone() {
    let home = Home::new();
    home.store.conn().execute_batch("PRAGMA user_version = 99").unwrap();
    let refused = AccountsStore::open(&home.data(), home.ports.clone());
    assert!(matches!(refused, Err(AccountsError::Newer { found: 99, .. })));
    assert!(home.data().join("accounts.db").exists());
}

#[test]
fn an_account_is_whole_or_not_there_whenever_its_making_is_cut_short() {
    for n in 0.. {
        let mut home = Home::new();
        home.create("Ada");
        crate::durable::fault::after(n);
        let made = home.try_create("Bob");
        let reached = crate::durable::fault::heal();
        home.reopen();
        let there = home.store.accounts().unwrap().len() == 2;
        assert_eq!(home.sign_in("Bob", "Bob's password").is_ok(), there, "step {n}");
        assert!(there || made.is_err(), "step {n}");
        if !reached {
            assert!(n > 5, "the loop saw every step");
            break;
        }
    }
}

#[test]
fn keys_settings_and_cost_survive_a_restart_and_the_log_says_which_setting_but_not_what() {
    let mut home = Home::new();
    let ada = home.create("Ada").account.account.id;
    let key = *home.store.signing_key().unwrap().as_bytes();
    let value = serde_json::json!(["example.org"]);
    home.store.set_system_setting("system.allowed_hosts", &value, ada).unwrap();
    let cost = home.store.password_cost(|| Ok::<_, AccountsError>(KdfCost::FLOOR)).unwrap();
    home.reopen();
    assert_eq!(*home.store.signing_key().unwrap().as_bytes(), key);
    assert_eq!(home.store.system_setting("system.allowed_hosts").unwrap(), Some(value));
    let again = home.store.password_cost(|| Err::<KdfCost, _>(AccountsError::Damaged)).unwrap();
    assert_eq!(again, cost);
    let page = home.store.audit_page(Some(ada), None, 1).unwrap();
    assert_eq!(page.entries[0].detail.as_deref(), Some("system.allowed_hosts"));
    assert_eq!(page.entries[0].actor_name.as_deref(), Some("Ada"));
    assert!(page.next.is_some());
}

#[test]
fn the_device_id_is_made_once_even_by_many_at_once() {
    let home = Home::new();
    let ids = home.ports.ids.as_ref();
    let data = home.data();
    let made: std::collections::HashSet<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8).map(|_| scope.spawn(|| device_id(&data, ids).unwrap())).collect();
        all.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(made.len(), 1);
    fs::write(data.join("device-id"), b"garbage").unwrap();
    let new = device_id(&data, ids).unwrap();
    assert_eq!(device_id(&data, ids).unwrap(), new);
}

#[test]
fn an_error_names_no_one() {
    let home = Home::new();
    home.create("Ada");
    let Err(error) = home.sign_in("Ada", "secret word") else { panic!() };
    assert_eq!(error.code(), ErrorCode::WrongPassword);
    assert!(!format!("{error} {error:?}").contains("Ada"));
}

#[test]
fn a_data_directory_that_others_can_write_to_is_refused_and_an_own_one_is_closed() {
    let open = |dir: &std::path::Path| {
        let (ports, _) = ports_from(1);
        AccountsStore::open(dir, ports).map(|opened| opened.opening)
    };
    let set = |dir: &std::path::Path, mode| {
        fs::set_permissions(dir, fs::Permissions::from_mode(mode)).unwrap();
    };
    let temp = TempDir::new().unwrap();
    let empty = temp.path().join("empty");
    fs::create_dir(&empty).unwrap();
    set(&empty, 0o777);
    open(&empty).unwrap();
    assert_eq!(crate::testing::mode(&empty), 0o700, "an empty folder becomes a private one");
    set(&empty, 0o755);
    open(&empty).unwrap();
    assert_eq!(crate::testing::mode(&empty), 0o700, "a data directory is closed again");

    let shared = temp.path().join("shared");
    fs::create_dir(&shared).unwrap();
    fs::write(shared.join("of somebody"), b"x").unwrap();
    for mode in [0o777, 0o775, 0o1777] {
        set(&shared, mode);
        assert!(matches!(open(&shared), Err(AccountsError::NotPrivate)), "{mode:o}");
        assert_eq!(fs::read_dir(&shared).unwrap().count(), 1, "something was written");
    }
    set(&shared, 0o755);
    open(&shared).unwrap();
    for name in ["accounts.key", "accounts.db", "accounts.lock"] {
        assert_eq!(crate::testing::mode(&shared.join(name)), 0o600, "{name}");
    }
    assert_eq!(crate::testing::mode(&shared.join("vaults")), 0o700);
    // A link is as good as what it points at.
    let link = temp.path().join("link");
    std::os::unix::fs::symlink(&shared, &link).unwrap();
    open(&link).unwrap();
    set(&shared, 0o777);
    fs::remove_file(shared.join("accounts.key")).unwrap();
    assert!(matches!(open(&link), Err(AccountsError::NotPrivate)));
}

#[test]
fn signing_out_of_a_client_needs_no_token_and_leaves_the_other_client_alone() {
    let home = Home::new();
    let ada = home.create("Ada").account.account.id;
    let desktop = home.store.stay_signed_in(ada, Client::Desktop).unwrap();
    let line = home.store.stay_signed_in(ada, Client::CommandLine).unwrap();
    home.store.sign_out_client(Client::CommandLine).unwrap();
    assert!(home.store.family_lives(desktop.family).unwrap());
    assert!(!home.store.family_lives(line.family).unwrap());
    assert!(matches!(home.store.refresh(&line.token), Err(RefreshError::Ended)));
}
