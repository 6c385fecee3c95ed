//! Every way in, and every way that is none.

use super::*;
use crate::{
    durable::fault,
    keys::VaultKeys,
    testing::{CountingRandom, contains},
};
use journey_domain::account::AccountName;
use secrecy::SecretString;
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};
use tempfile::TempDir;
use uuid::Uuid;

const CHEAP: KdfCost = KdfCost::for_tests();

struct Made {
    dir: TempDir,
    folder: VaultFolder,
    keys: VaultKeys,
    code: RecoveryCode,
    random: CountingRandom,
}

fn password(text: &str) -> SecretString {
    SecretString::from(text)
}

fn made() -> Made {
    let dir = TempDir::new().unwrap();
    let folder = VaultFolder::new(dir.path().join("v"));
    let random = CountingRandom::new();
    let name = AccountName::new("Ada").unwrap();
    let (keys, code) =
        folder.create(Uuid::from_u128(7), &name, &password("right"), CHEAP, &random).unwrap();
    Made { dir, folder, keys, code, random }
}

impl Made {
    fn unlock(&self, with: &str) -> Result<VaultKeys, UnlockError> {
        self.folder.unlock_with_password(&password(with), CHEAP, &self.random)
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn is_ours(&self, keys: &VaultKeys) -> bool {
        keys.database() == self.keys.database() && keys.media() == self.keys.media()
    }
}

fn n_kdf_calls<T>(work: impl FnOnce() -> T) -> usize {
    KDF_CALLS.with(|calls| calls.borrow_mut().clear());
    work();
    KDF_CALLS.with(|calls| calls.borrow().len())
}

#[test]
fn each_slot_gives_the_keys_and_only_for_its_own_secret() {
    let it = made();
    assert!(it.is_ours(&it.unlock("right").unwrap()));
    for wrong in ["wrong", "Right", "right ", ""] {
        assert!(matches!(it.unlock(wrong), Err(UnlockError::Wrong)));
    }
    assert!(it.is_ours(&it.folder.unlock_with_recovery(&it.code).unwrap()));
    let other = RecoveryCode::generate(&CountingRandom::new());
    assert!(matches!(it.folder.unlock_with_recovery(&other), Err(UnlockError::Wrong)));
    let session = it.folder.add_session_slot(&it.keys, Client::Desktop, &it.random).unwrap();
    assert!(it.is_ours(&it.folder.unlock_with_session_key(Client::Desktop, &session).unwrap()));
    let foreign = it.folder.unlock_with_session_key(Client::CommandLine, &session);
    assert!(matches!(foreign, Err(UnlockError::NoSlot)));
    let zeros = SessionKey::from_slice(&[0; 32]).unwrap();
    let wrong = it.folder.unlock_with_session_key(Client::Desktop, &zeros);
    assert!(matches!(wrong, Err(UnlockError::Wrong)));
}

#[test]
fn neither_keys_nor_password_nor_code_stand_in_the_files_and_only_the_owner_reads_them() {
    let it = made();
    it.folder.add_session_slot(&it.keys, Client::Desktop, &it.random).unwrap();
    assert_eq!(mode(it.folder.path()), 0o700);
    for name in ["vault.json", "vault.json.previous"] {
        let content = fs::read(it.file(name)).unwrap();
        assert_eq!(mode(&it.file(name)), 0o600);
        for secret in [
            it.keys.database().as_slice(),
            it.keys.media().as_slice(),
            b"right",
            it.code.reveal().as_bytes(),
        ] {
            assert!(!contains(&content, secret));
        }
        assert!(!contains(&content, crate::keyed::hex(it.keys.database()).as_bytes()));
        assert!(!contains(&content, crate::keyed::hex(it.keys.media()).as_bytes()));
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_vault_is_never_made_over_another() {
    let it = made();
    let name = AccountName::new("Eve").unwrap();
    let again = it.folder.create(Uuid::from_u128(8), &name, &password("x"), CHEAP, &it.random);
    assert!(matches!(again, Err(SlotError::Exists)));
    assert!(it.unlock("right").is_ok());
}

#[test]
fn what_was_taken_back_opens_neither_the_file_nor_its_copy() {
    let it = made();
    let session = it.folder.add_session_slot(&it.keys, Client::Desktop, &it.random).unwrap();
    it.folder.set_password(&it.keys, &password("new"), CHEAP, &it.random).unwrap();
    let code = it.folder.new_recovery_code(&it.keys, &it.random).unwrap();
    it.folder.keep_recovery_code_alone(&code).unwrap();
    it.folder.remove_session_slots(SessionSlots::All).unwrap();
    for lost in [None, Some("vault.json")] {
        if let Some(lost) = lost {
            fs::remove_file(it.file(lost)).unwrap();
        }
        assert!(it.is_ours(&it.unlock("new").unwrap()));
        assert!(matches!(it.unlock("right"), Err(UnlockError::Wrong)));
        assert!(matches!(it.folder.unlock_with_recovery(&it.code), Err(UnlockError::Wrong)));
        let stale = it.folder.unlock_with_session_key(Client::Desktop, &session);
        assert!(matches!(stale, Err(UnlockError::NoSlot)));
    }
}

#[test]
fn a_second_code_can_stand_beside_the_first() {
    let it = made();
    let second = it.folder.new_recovery_code(&it.keys, &it.random).unwrap();
    assert!(it.folder.unlock_with_recovery(&it.code).is_ok());
    assert!(it.folder.unlock_with_recovery(&second).is_ok());
    let mut newest = Vec::new();
    for _ in 0..3 {
        newest.push(it.folder.new_recovery_code(&it.keys, &it.random).unwrap());
    }
    assert!(it.folder.unlock_with_recovery(&second).is_err(), "four at most");
    assert!(it.folder.unlock_with_recovery(&it.code).is_ok(), "the first was written down");
    assert!(newest.iter().all(|code| it.folder.unlock_with_recovery(code).is_ok()));
}

#[test]
fn a_code_that_was_written_down_is_the_only_one_from_then_on_also_in_the_copy() {
    let it = made();
    let lost = it.folder.new_recovery_code(&it.keys, &it.random).unwrap();
    let kept = it.folder.new_recovery_code(&it.keys, &it.random).unwrap();
    it.folder.keep_recovery_code_alone(&kept).unwrap();
    for gone in [None, Some("vault.json")] {
        if let Some(gone) = gone {
            fs::remove_file(it.file(gone)).unwrap();
        }
        assert!(it.is_ours(&it.folder.unlock_with_recovery(&kept).unwrap()));
        for code in [&it.code, &lost] {
            assert!(matches!(it.folder.unlock_with_recovery(code), Err(UnlockError::Wrong)));
        }
    }
    assert!(it.folder.keep_recovery_code_alone(&lost).is_err());
    assert!(it.folder.unlock_with_recovery(&kept).is_ok() && it.unlock("right").is_ok());
}

#[test]
fn keys_of_another_vault_change_nothing() {
    let (it, other) = (made(), VaultKeys::from_bytes([1; 32], [2; 32]));
    let changed = it.folder.set_password(&other, &password("mine"), CHEAP, &it.random);
    assert!(matches!(changed, Err(SlotError::ForeignKeys)));
    assert!(it.unlock("right").is_ok());
}

#[test]
fn every_flipped_byte_is_found_or_harmless_and_the_copy_saves_the_day() {
    let it = made();
    let file = it.file("vault.json");
    let copy = fs::read(it.file("vault.json.previous")).unwrap();
    let whole = fs::read(&file).unwrap();
    for at in 0..whole.len() {
        let flip = [1, 0x20, 0x80][at % 3];
        let mut flipped = whole.clone();
        flipped[at] ^= flip;
        fs::write(&file, &flipped).unwrap();
        fs::remove_file(it.file("vault.json.previous")).ok();
        if let Ok(keys) = it.unlock("right") {
            assert!(it.is_ours(&keys), "byte {at}");
        }
        if let Ok(keys) = it.folder.unlock_with_recovery(&it.code) {
            assert!(it.is_ours(&keys), "byte {at}");
        }
        assert!(it.unlock("wrong").is_err(), "byte {at}");
        fs::write(&file, &flipped).unwrap();
        fs::write(it.file("vault.json.previous"), &copy).unwrap();
        match it.unlock("right") {
            Ok(keys) => assert!(it.is_ours(&keys), "byte {at}"),
            // What looks like a newer format is not talked out of it by an older copy, and a
            // greater count of revocations makes the copy one that may hold revoked slots.
            Err(UnlockError::Newer { .. } | UnlockError::Wrong) => {}
            Err(error) => panic!("byte {at}: {error}"),
        }
    }
}

#[test]
fn a_file_cut_anywhere_is_damaged_and_its_copy_opens() {
    let it = made();
    let whole = fs::read(it.file("vault.json")).unwrap();
    let copy = fs::read(it.file("vault.json.previous")).unwrap();
    for n in 0..whole.len() - 1 {
        fs::write(it.file("vault.json"), &whole[..n]).unwrap();
        if n % 16 == 0 {
            assert!(it.is_ours(&it.unlock("right").unwrap()));
        }
        fs::remove_file(it.file("vault.json.previous")).unwrap();
        assert!(matches!(it.unlock("right"), Err(UnlockError::Damaged)), "{n}");
        fs::write(it.file("vault.json.previous"), &copy).unwrap();
    }
    fs::remove_file(it.file("vault.json")).unwrap();
    fs::remove_file(it.file("vault.json.previous")).unwrap();
    assert!(matches!(it.unlock("right"), Err(UnlockError::Missing)));
}

#[test]
fn a_slot_of_another_vault_does_not_open_even_with_its_own_password() {
    let it = made();
    let other = VaultFolder::new(it.dir.path().join("other"));
    let name = AccountName::new("Bob").unwrap();
    other.create(Uuid::from_u128(8), &name, &password("bob's"), CHEAP, &it.random).unwrap();
    let read = |folder: &VaultFolder| -> serde_json::Value {
        serde_json::from_slice(&fs::read(folder.path().join("vault.json")).unwrap()).unwrap()
    };
    let mut swapped = read(&it.folder);
    swapped["slots"] = read(&other)["slots"].clone();
    fs::write(it.file("vault.json"), swapped.to_string()).unwrap();
    fs::remove_file(it.file("vault.json.previous")).unwrap();
    assert!(matches!(it.unlock("bob's"), Err(UnlockError::Wrong)));
    swapped["vault"] = read(&other)["vault"].clone();
    fs::write(it.file("vault.json"), swapped.to_string()).unwrap();
    assert!(
        matches!(it.unlock("bob's"), Err(UnlockError::Damaged)),
        "the check value is another's"
    );
}

#[test]
fn a_header_that_asks_for_gigabytes_or_hours_costs_nothing() {
    let it = made();
    let good: serde_json::Value =
        serde_json::from_slice(&fs::read(it.file("vault.json")).unwrap()).unwrap();
    fs::remove_file(it.file("vault.json.previous")).unwrap();
    for (field, value) in [("memory_kib", u32::MAX), ("passes", 1_000_000), ("lanes", 1 << 20)] {
        let mut bomb = good.clone();
        bomb["slots"][0]["cost"][field] = value.into();
        fs::write(it.file("vault.json"), bomb.to_string()).unwrap();
        let n = n_kdf_calls(|| assert!(matches!(it.unlock("right"), Err(UnlockError::Damaged))));
        assert_eq!(n, 0, "{field}");
    }
    let mut many = good.clone();
    let slot = good["slots"][0].clone();
    many["slots"] = vec![slot; 33].into();
    fs::write(it.file("vault.json"), many.to_string()).unwrap();
    assert!(matches!(it.unlock("right"), Err(UnlockError::Damaged)));
    fs::write(it.file("vault.json"), vec![b' '; 70_000]).unwrap();
    assert!(matches!(it.unlock("right"), Err(UnlockError::Damaged)));
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let it = made();
    let newer = br#"{"format":2,"else":"unknown"}"#;
    fs::write(it.file("vault.json"), newer).unwrap();
    assert!(matches!(it.unlock("right"), Err(UnlockError::Newer { found: 2 })));
    assert!(it.folder.set_password(&it.keys, &password("n"), CHEAP, &it.random).is_err());
    assert_eq!(fs::read(it.file("vault.json")).unwrap(), newer);
}

#[test]
fn whenever_the_disk_fails_or_the_program_dies_the_old_or_the_new_password_opens() {
    for n in 0.. {
        let it = made();
        fault::after(n);
        let changed = it.folder.set_password(&it.keys, &password("new"), CHEAP, &it.random);
        let reached = fault::heal();
        let (old, new) = (it.unlock("right"), it.unlock("new"));
        assert!(old.is_ok() != new.is_ok(), "step {n}: exactly one opens");
        if changed.is_ok() {
            assert!(new.is_ok(), "step {n}: what was said to be done is done");
        }
        if new.is_ok() {
            // The unlocking finished the job: the copy has forgotten the old password too.
            fs::remove_file(it.file("vault.json")).unwrap();
            assert!(matches!(it.unlock("right"), Err(UnlockError::Wrong)), "step {n}");
        }
        if !reached {
            assert!(n > 8, "the loop saw every step");
            break;
        }
    }
}

#[test]
fn making_a_vault_leaves_a_whole_one_or_none_whenever_it_is_cut_short() {
    for n in 0.. {
        let dir = TempDir::new().unwrap();
        let folder = VaultFolder::new(dir.path().join("v"));
        let (random, name) = (CountingRandom::new(), AccountName::new("Ada").unwrap());
        fault::after(n);
        let made = folder.create(Uuid::from_u128(7), &name, &password("p"), CHEAP, &random);
        let reached = fault::heal();
        let opened = folder.unlock_with_password(&password("p"), CHEAP, &random);
        match &opened {
            Ok(_) => {}
            Err(error) => {
                assert!(matches!(error, UnlockError::Missing), "step {n}: {error}");
                assert!(made.is_err(), "step {n}");
            }
        }
        if !reached {
            break;
        }
    }
}

#[test]
fn a_wrong_password_and_an_unknown_name_cost_one_derivation_of_the_same_price() {
    let it = made();
    assert_eq!(n_kdf_calls(|| it.unlock("wrong").is_ok()), 1);
    let known = KDF_CALLS.with(|calls| calls.borrow().clone());
    assert_eq!(n_kdf_calls(|| burn_equal_time(&password("wrong"), CHEAP)), 1);
    assert_eq!(KDF_CALLS.with(|calls| calls.borrow().clone()), known);
    it.folder.add_session_slot(&it.keys, Client::Desktop, &it.random).unwrap();
    assert_eq!(n_kdf_calls(|| it.unlock("wrong").is_ok()), 1, "the copy is not asked as well");
}

#[test]
fn a_weak_password_slot_is_raised_at_the_next_sign_in_and_the_weak_one_is_gone() {
    let it = made();
    let weak = fs::read(it.file("vault.json")).unwrap();
    let stronger: KdfCost =
        serde_json::from_str(r#"{"memory_kib":64,"passes":2,"lanes":1}"#).unwrap();
    let keys = it.folder.unlock_with_password(&password("right"), stronger, &it.random).unwrap();
    assert!(it.is_ours(&keys));
    assert_eq!(it.folder.password_cost().unwrap(), Some(stronger));
    assert_ne!(fs::read(it.file("vault.json.previous")).unwrap(), weak);
    let calls = n_kdf_calls(|| {
        it.folder.unlock_with_password(&password("right"), stronger, &it.random).is_ok()
    });
    assert_eq!(calls, 1, "raised once");
}

#[test]
fn many_changes_at_once_lose_none() {
    let it = made();
    std::thread::scope(|scope| {
        for client in [Client::Desktop, Client::CommandLine] {
            let (folder, keys, random) = (&it.folder, &it.keys, &it.random);
            scope.spawn(move || {
                for _ in 0..20 {
                    let key = folder.add_session_slot(keys, client, random).unwrap();
                    folder.unlock_with_session_key(client, &key).unwrap();
                }
            });
        }
    });
    assert!(it.unlock("right").is_ok());
    assert!(it.folder.unlock_with_recovery(&it.code).is_ok());
}
