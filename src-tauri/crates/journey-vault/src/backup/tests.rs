//! Out and back, and archives that mean harm.

use super::{archive::*, entry::Entry, *};
use crate::{
    AccountsStore, KdfCost, NewAccount, OpenError, Vault, VaultFolder, VaultKeys, VaultPorts,
    slots::Header,
    testing::{contains, files, new_session, ports_from},
};
use jiff::Timestamp;
use journey_domain::{
    account::{AccountName, Role},
    ids::{AccountId, SessionId},
    ports::CancelToken,
};
use secrecy::SecretString;
use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use uuid::Uuid;

const CHEAP: KdfCost = KdfCost::for_tests();

struct Home {
    dir: TempDir,
    store: AccountsStore,
    ports: VaultPorts,
    account: AccountId,
    keys: VaultKeys,
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

impl Home {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let (ports, _) = ports_from(1);
        let store = AccountsStore::open(&dir.path().join("data"), ports.clone()).unwrap().store;
        let name = AccountName::new("Ada").unwrap();
        let password = secret("right");
        let role = Role::Regular;
        let new = NewAccount { name: &name, role, password: &password, cost: CHEAP, by: None };
        let made = store.create_account(&new).unwrap();
        Self { dir, store, ports, account: made.account.account.id, keys: made.keys }
    }

    fn folder(&self) -> VaultFolder {
        self.store.vault_folder(self.account)
    }

    fn open(&self) -> Vault {
        Vault::open(self.folder().path(), &self.keys, self.ports.clone()).unwrap()
    }

    /// A vault with a few sessions and some media, one of them many chunks long.
    fn fill(&self, vault: &Vault) -> Vec<PathBuf> {
        for n in 0..20_u128 {
            let id = SessionId::new(Uuid::from_u128(n + 1));
            let session = new_session(id, "a walk by the canal", n as i64);
            vault.write(|write| write.sessions().create(&session)).unwrap();
        }
        [(1_u128, 1_u32, 10), (1, 2, 300_000), (2, 10, 65_536), (2, 9, 0)]
            .map(|(session, number, size)| {
                let session = SessionId::new(Uuid::from_u128(session));
                let path = Entry::Media { session, number }.path_in(self.folder().path());
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, (0..size).map(|n| n as u8).collect::<Vec<_>>()).unwrap();
                path
            })
            .to_vec()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn back_up(&self, to: &Path) -> Result<BackupSummary, BackupError> {
        self.back_up_until(to, &CancelToken::new(), &mut |_, _| {})
    }

    fn back_up_until(
        &self,
        to: &Path,
        cancel: &CancelToken,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<BackupSummary, BackupError> {
        let (folder, passphrase) = (self.folder(), secret("backup"));
        let request = BackupRequest {
            folder: &folder,
            keys: &self.keys,
            passphrase: &passphrase,
            cost: BackupCost::for_tests(),
            to,
            now: Timestamp::UNIX_EPOCH,
            cancel,
        };
        back_up(&request, progress)
    }

    fn restore(&self, from: &Path, name: Option<&str>) -> Result<AccountId, RestoreError> {
        self.restore_with(from, "backup", name)
    }

    fn restore_with(
        &self,
        from: &Path,
        passphrase: &str,
        name: Option<&str>,
    ) -> Result<AccountId, RestoreError> {
        let name = name.map(|name| AccountName::new(name).unwrap());
        let passphrase = secret(passphrase);
        let request =
            RestoreRequest { from, passphrase: &passphrase, name: name.as_ref(), by: None };
        self.store.restore(&request).map(|it| it.account.id)
    }

    /// Everything that lies in the data directory but the accounts' own files.
    fn vaults(&self) -> Vec<PathBuf> {
        let vaults = self.dir.path().join("data/vaults");
        let mut all: Vec<_> = files(&vaults).into_iter().map(|(path, _)| path).collect();
        all.retain(|path| !path.ends_with("restore.lock") && !path.ends_with("backup.lock"));
        all.sort();
        all
    }
}

#[test]
fn what_is_restored_is_what_was_backed_up_while_the_vault_was_open() {
    let home = Home::new();
    let vault = home.open();
    let media = home.fill(&vault);
    let titles = |vault: &Vault| {
        vault.read(|read| read.sessions().count()).map_err(|_: crate::VaultError| ()).unwrap()
    };
    let before = titles(&vault);
    home.folder()
        .add_session_slot(&home.keys, crate::Client::Desktop, home.ports.random.as_ref())
        .unwrap();
    let to = home.file("ada.backup");
    let summary = home.back_up(&to).unwrap();
    assert_eq!(summary.n_files, 3 + media.len() as u64);
    let id = home.restore(&to, Some("Ada restored")).unwrap();
    let folder = home.store.vault_folder(id);
    let keys =
        folder.unlock_with_password(&secret("right"), CHEAP, home.ports.random.as_ref()).unwrap();
    let restored = Vault::open(folder.path(), &keys, home.ports.clone()).unwrap();
    assert_eq!(titles(&restored), before);
    assert_eq!(dump(folder.path(), &keys), dump(home.folder().path(), &home.keys));
    for path in media {
        let same = folder.path().join(path.strip_prefix(home.folder().path()).unwrap());
        assert_eq!(fs::read(path).unwrap(), fs::read(same).unwrap());
    }
    assert!(restored.check_database().unwrap().is_empty());
    let slots = fs::read_to_string(folder.path().join("vault.json")).unwrap();
    assert!(!slots.contains("session"), "nobody stays signed in to a restored vault");
    assert!(matches!(
        Vault::open(folder.path(), &VaultKeys::from_bytes([0; 32], [0; 32]), home.ports),
        Err(OpenError::WrongKey)
    ));
}

/// Every row of every table.
fn dump(vault: &Path, keys: &VaultKeys) -> Vec<String> {
    let conn = crate::keyed::connect(&vault.join("vault.db"), keys.database()).unwrap();
    let mut names =
        conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let mut rows = Vec::new();
    for name in names {
        let mut all = conn.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let n_columns = all.column_count();
        let mut found = all.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<rusqlite::types::Value> =
                (0..n_columns).map(|at| row.get(at).unwrap()).collect();
            rows.push(format!("{name} {values:?}"));
        }
    }
    rows
}

#[test]
fn nothing_readable_is_in_the_backup_nor_left_beside_it() {
    let home = Home::new();
    let vault = home.open();
    home.fill(&vault);
    let before = home.vaults();
    let to = home.file("ada.backup");
    home.back_up(&to).unwrap();
    for (path, content) in files(home.dir.path()) {
        for word in [b"canal".as_slice(), b"SQLite format"] {
            assert!(!contains(&content, word), "{}", path.display());
        }
    }
    assert_eq!(home.vaults(), before);
    // With its quotes: three letters alone come up in random bytes now and then.
    assert!(!contains(&fs::read(&to).unwrap(), b"\"Ada\""));
    let names: Vec<_> =
        fs::read_dir(home.dir.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_backup_is_never_written_over_a_file_and_a_vault_never_over_an_account() {
    let home = Home::new();
    drop(home.open());
    let to = home.file("ada.backup");
    fs::write(&to, b"precious").unwrap();
    assert!(matches!(home.back_up(&to), Err(BackupError::Exists)));
    assert_eq!(fs::read(&to).unwrap(), b"precious");
    fs::remove_file(&to).unwrap();
    home.back_up(&to).unwrap();
    let before = home.vaults();
    assert!(matches!(home.restore(&to, None), Err(RestoreError::NameTaken)));
    assert!(matches!(home.restore(&to, Some("ada")), Err(RestoreError::NameTaken)));
    assert_eq!(home.vaults(), before);
}

#[test]
fn a_wrong_passphrase_a_foreign_file_and_every_cut_and_flip_leave_nothing() {
    let home = Home::new();
    let vault = home.open();
    home.fill(&vault);
    let to = home.file("ada.backup");
    home.back_up(&to).unwrap();
    let before = home.vaults();
    let wrong = home.restore_with(&to, "wrong", Some("B"));
    assert!(matches!(wrong, Err(RestoreError::WrongPassphrase)));
    assert!(matches!(home.restore(&home.file("none"), Some("B")), Err(RestoreError::Missing)));
    let whole = fs::read(&to).unwrap();
    let bad = home.file("bad");
    for (content, what) in [
        (b"".to_vec(), "empty"),
        (b"age-encryption.org/v1\n-> scrypt ".repeat(100_000), "an endless header"),
        (vec![0; 100_000], "zeros"),
    ] {
        fs::write(&bad, content).unwrap();
        assert!(matches!(home.restore(&bad, Some("B")), Err(RestoreError::Foreign)), "{what}");
    }
    let step = whole.len() / 16;
    for at in (0..whole.len()).step_by(step) {
        fs::write(&bad, &whole[..at]).unwrap();
        assert!(home.restore(&bad, Some("B")).is_err(), "cut at {at}");
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(&bad, &flipped).unwrap();
        assert!(home.restore(&bad, Some("B")).is_err(), "flip at {at}");
    }
    for n in [1, 2, 15, 16, 17, 99] {
        fs::write(&bad, &whole[..whole.len() - n]).unwrap();
        assert!(home.restore(&bad, Some("B")).is_err(), "cut {n} before the end");
    }
    assert_eq!(home.vaults(), before);
    assert_eq!(home.store.accounts().unwrap().len(), 1);
}

#[test]
fn a_passphrase_that_would_cost_hours_is_refused() {
    let home = Home::new();
    drop(home.open());
    let to = home.file("ada.backup");
    home.back_up(&to).unwrap();
    let content = fs::read(&to).unwrap();
    let end = content.iter().position(|&c| c == b'\n').unwrap() + 1;
    let line = content[end..].iter().position(|&c| c == b'\n').unwrap() + end;
    let mut bomb = content[..line - 1].to_vec();
    bomb.extend_from_slice(b"40");
    bomb.extend_from_slice(&content[line..]);
    fs::write(&to, bomb).unwrap();
    assert!(matches!(home.restore(&to, Some("B")), Err(RestoreError::Hostile(_))));
}

/// What a hostile archive is made of.
struct Item {
    name: Vec<u8>,
    kind: tar::EntryType,
    content: Vec<u8>,
    said: u64,
}

fn item(name: &str, content: &[u8]) -> Item {
    Item {
        name: name.as_bytes().to_vec(),
        kind: tar::EntryType::Regular,
        content: content.to_vec(),
        said: content.len() as u64,
    }
}

/// The entries of a good archive, for something bad to be put among them.
fn good(home: &Home) -> Vec<Item> {
    let about = br#"{"format":1,"name":"Ada","created_at":"2026-01-01T00:00:00Z"}"#;
    let slots = fs::read(home.folder().path().join("vault.json")).unwrap();
    let media = format!("media/{}/1.seg", Uuid::from_u128(1));
    let mut all = vec![
        item("backup.json", about),
        item("vault.json", &slots),
        item("vault.db", b"database"),
        item(&media, b"sound"),
    ];
    all.push(item("manifest.json", &manifest(&all)));
    all
}

/// A manifest that fits, so that nothing but the bad thing itself is bad.
fn manifest(items: &[Item]) -> Vec<u8> {
    use sha2::{Digest as _, Sha256};
    let mut tally = Tally::default();
    for it in items {
        if let Some(entry) = std::str::from_utf8(&it.name).ok().and_then(Entry::parse) {
            tally.add(entry, it.said, Sha256::digest(&it.content).into());
        }
    }
    serde_json::to_vec(&tally.finish()).unwrap()
}

fn tar_of(items: &[Item]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for it in items {
        let mut header = tar::Header::new_ustar();
        let field = &mut header.as_old_mut().name;
        let n = it.name.len().min(field.len());
        field[..n].copy_from_slice(&it.name[..n]);
        header.set_entry_type(it.kind);
        header.set_size(it.said);
        if it.kind.is_symlink() || it.kind.is_hard_link() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(&it.content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

fn seal(home: &Home, content: &[u8]) -> PathBuf {
    let mut recipient = age::scrypt::Recipient::new(secret("backup"));
    recipient.set_work_factor(1);
    let encryptor =
        age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
            .unwrap();
    let path = home.file("hostile");
    let mut out = encryptor.wrap_output(fs::File::create(&path).unwrap()).unwrap();
    out.write_all(content).unwrap();
    out.finish().unwrap();
    path
}

#[test]
fn a_hostile_archive_with_the_right_passphrase_writes_nothing_anywhere() {
    let home = Home::new();
    drop(home.open());
    let before = home.vaults();
    let with = |change: &dyn Fn(&mut Vec<Item>)| {
        let mut items = good(&home);
        change(&mut items);
        items
    };
    let insert = |bad: Item| {
        let mut items = good(&home);
        items.insert(4, bad);
        items[5] = item("manifest.json", &manifest(&items[..5]));
        items
    };
    let mut attacks: Vec<(String, Vec<Item>)> = Vec::new();
    for name in [
        "../../../../pwned",
        "/tmp/pwned",
        "media/../../../pwned.seg",
        "vault.db",
        "VAULT.DB",
        "media/x/1.seg",
        "C:\\pwned",
        "vault.json.lock",
        "",
    ] {
        attacks.push((format!("path {name}"), insert(item(name, b"pwned"))));
    }
    let media = format!("media/{}/2.seg", Uuid::from_u128(1));
    for kind in [
        tar::EntryType::Symlink,
        tar::EntryType::Link,
        tar::EntryType::Directory,
        tar::EntryType::Char,
        tar::EntryType::Fifo,
        tar::EntryType::GNULongName,
        tar::EntryType::GNUSparse,
        tar::EntryType::XHeader,
        tar::EntryType::XGlobalHeader,
    ] {
        let mut bad = item(&media, b"");
        bad.kind = kind;
        attacks.push((format!("{kind:?}"), insert(bad)));
    }
    for said in [10 << 30, u64::MAX / 2] {
        let mut bad = item(&media, b"small");
        bad.said = said;
        attacks.push((format!("says {said} bytes"), insert(bad)));
    }
    let twice = format!("media/{}/1.seg", Uuid::from_u128(1));
    attacks.push(("twice".into(), insert(item(&twice, b"again"))));
    attacks.push(("backwards".into(), insert(item(&format!("media/{}/1.seg", Uuid::nil()), b"x"))));
    for (what, at) in [("about", 0), ("slots", 1), ("database", 2), ("manifest", 4)] {
        attacks.push((format!("no {what}"), with(&|items| drop(items.remove(at)))));
    }
    attacks.push(("media not in the manifest".into(), with(&|items| drop(items.remove(3)))));
    attacks.push(("other content".into(), with(&|items| items[2].content = b"databasf".to_vec())));
    attacks.push(("after the manifest".into(), with(&|items| items.push(item(&media, b"x")))));
    attacks.push((
        "huge document".into(),
        with(&|items| items[0] = item("backup.json", &vec![b' '; 70_000])),
    ));
    attacks.push(("no slots in slots".into(), with(&|items| items[1] = item("vault.json", b"{}"))));
    let name = br#"{"format":1,"name":"a\u0000b","created_at":"2026-01-01T00:00:00Z"}"#;
    attacks.push(("bad name".into(), with(&|items| items[0] = item("backup.json", name))));
    for (what, items) in attacks {
        let path = seal(&home, &tar_of(&items));
        let refused = home.restore(&path, Some("B"));
        assert!(refused.is_err(), "{what}");
        assert_eq!(home.vaults(), before, "{what}");
    }
    assert!(!Path::new("/tmp/pwned").exists());
    assert!(!home.file("pwned").exists());
    // The same tools make an archive that is taken, so it was the attack that was refused.
    let path = seal(&home, &tar_of(&good(&home)));
    home.restore(&path, Some("B")).unwrap();
}

#[test]
fn a_newer_backup_says_so() {
    let home = Home::new();
    drop(home.open());
    let mut items = good(&home);
    items[0] = item("backup.json", br#"{"format":2,"what":"unknown"}"#);
    let path = seal(&home, &tar_of(&items));
    assert!(matches!(home.restore(&path, Some("B")), Err(RestoreError::Newer)));
}

#[test]
fn a_hundred_thousand_entries_or_endless_padding_take_no_memory_and_end() {
    /// An archive that is made while it is read, so that it takes no memory itself.
    struct Many {
        begins: Vec<u8>,
        n_made: u128,
    }
    impl io::Read for Many {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.begins.is_empty() && self.n_made < 100_000 {
                self.n_made += 1;
                let name = format!("media/{}/1.seg", Uuid::from_u128(self.n_made));
                self.begins = tar_of(&[item(&name, b"")])[..512].to_vec();
            }
            let n = self.begins.len().min(buffer.len());
            buffer[..n].copy_from_slice(&self.begins[..n]);
            self.begins.drain(..n);
            Ok(n)
        }
    }
    struct Counted(u64);
    impl Destination for Counted {
        fn slots(&mut self, _: &Header, _: &AccountName) -> io::Result<()> {
            Ok(())
        }
        fn begin(&mut self, _: Entry) -> io::Result<Box<dyn io::Write + '_>> {
            self.0 += 1;
            Ok(Box::new(io::sink()))
        }
    }
    struct Endless(u64);
    impl io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += buffer.len() as u64;
            assert!(self.0 < 1 << 24, "reading went on without end");
            buffer.fill(0);
            Ok(buffer.len())
        }
    }
    let home = Home::new();
    drop(home.open());
    let tar = tar_of(&good(&home));
    let endless = io::Read::chain(tar.as_slice(), Endless(0));
    let refused = read_tar(endless, 1 << 40, &mut Nowhere(&CancelToken::new()));
    assert!(matches!(refused, Err(RestoreError::Hostile(_))));
    // Many that are each as they may be, and no manifest that says so.
    let begins = tar_of(&good(&home)[..3]);
    let begins = begins[..begins.len() - 1024].to_vec();
    let mut counted = Counted(0);
    let refused = read_tar(Many { begins, n_made: 0 }, 1 << 40, &mut counted);
    assert!(matches!(refused, Err(RestoreError::Damaged)));
    assert_eq!(counted.0, 100_001);
}

#[test]
fn a_killed_restore_is_cleared_away_at_the_next_start_but_not_under_a_running_one() {
    let _nobody_starts = crate::testing::while_no_process_starts();
    let home = Home::new();
    let data = home.dir.path().join("data");
    let left = data.join("vaults").join(format!("{}.restoring", Uuid::from_u128(99)));
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("vault.db"), b"half").unwrap();
    let running = home.store.begin_restoring().unwrap();
    AccountsStore::open(&data, home.ports.clone()).unwrap();
    assert!(left.exists());
    drop(running);
    AccountsStore::open(&data, home.ports).unwrap();
    assert!(!left.exists());
}

#[test]
fn a_backup_follows_no_link_that_somebody_laid_out_and_takes_a_bare_name() {
    let home = Home::new();
    drop(home.open());
    let precious = home.file("precious");
    fs::write(&precious, b"precious").unwrap();
    let to = home.file("ada.backup");
    for name in ["ada.backup.partial", "ada.backup"] {
        std::os::unix::fs::symlink(&precious, home.file(name)).unwrap();
    }
    assert!(matches!(home.back_up(&to), Err(BackupError::Exists)));
    fs::remove_file(&to).unwrap();
    home.back_up(&to).unwrap();
    assert_eq!(fs::read(&precious).unwrap(), b"precious");
    assert!(fs::symlink_metadata(&to).unwrap().is_file());
    assert_eq!(crate::testing::mode(&to), 0o600);
    // The folder of a bare name is where the program stands.
    crate::durable::sync_dir(Path::new("")).unwrap();
}

#[test]
fn what_is_no_file_is_no_backup() {
    let home = Home::new();
    let pipe = home.file("pipe");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    for place in [pipe.as_path(), home.dir.path(), Path::new("/dev/zero")] {
        assert!(matches!(home.restore(place, Some("B")), Err(RestoreError::Foreign)));
    }
}

#[test]
fn a_file_that_appears_at_the_last_moment_is_not_written_over() {
    let home = Home::new();
    let (from, to) = (home.file("from"), home.file("to"));
    fs::write(&from, b"new").unwrap();
    fs::write(&to, b"old").unwrap();
    let refused = crate::durable::rename_new(&from, &to).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&to).unwrap(), b"old");
    fs::remove_file(&to).unwrap();
    crate::durable::rename_new(&from, &to).unwrap();
    assert_eq!(fs::read(&to).unwrap(), b"new");
}

#[test]
fn a_backup_that_is_stopped_leaves_nothing_wherever_it_had_come() {
    let _nobody_starts = crate::testing::while_no_process_starts();
    let home = Home::new();
    home.fill(&home.open());
    let files = || crate::testing::files(home.dir.path()).len();
    let mut n_steps = 0;
    home.back_up_until(&home.file("whole"), &CancelToken::new(), &mut |_, _| n_steps += 1).unwrap();
    fs::remove_file(home.file("whole")).unwrap();
    let n_before = files();
    assert!(n_steps > 2);
    for stop_at in 0..=n_steps {
        let (cancel, mut n) = (CancelToken::new(), 0);
        if stop_at == 0 {
            cancel.cancel();
        }
        let stopped = home.back_up_until(&home.file("stopped"), &cancel, &mut |_, _| {
            n += 1;
            if n == stop_at {
                cancel.cancel();
            }
        });
        assert!(matches!(stopped, Err(BackupError::Cancelled)), "step {stop_at}: {stopped:?}");
        assert_eq!(files(), n_before, "step {stop_at} left something");
    }
    home.back_up(&home.file("stopped")).unwrap();
}

#[test]
fn a_second_backup_waits_for_the_first_to_be_over() {
    let _nobody_starts = crate::testing::while_no_process_starts();
    let home = Home::new();
    home.fill(&home.open());
    let mut second = None;
    home.back_up_until(&home.file("first"), &CancelToken::new(), &mut |_, _| {
        second.get_or_insert_with(|| home.back_up(&home.file("second")));
    })
    .unwrap();
    assert!(matches!(second, Some(Err(BackupError::Busy))), "{second:?}");
    assert!(!home.file("second").exists());
    home.back_up(&home.file("second")).unwrap();
    for (file, name) in [("first", "B"), ("second", "C")] {
        home.restore(&home.file(file), Some(name)).unwrap();
    }
}

#[test]
fn of_backups_begun_at_once_each_that_is_said_to_be_whole_is() {
    let home = Home::new();
    home.fill(&home.open());
    let begin = std::sync::Barrier::new(4);
    let one = |n: usize| {
        begin.wait();
        (0..5).filter(|m| home.back_up(&home.file(&format!("{n}-{m}"))).is_ok()).count()
    };
    let n_whole: usize = std::thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|n| scope.spawn(move || one(n))).collect();
        all.into_iter().map(|it| it.join().unwrap()).sum()
    });
    let mut n_found = 0;
    for name in (0..4).flat_map(|n| (0..5).map(move |m| format!("{n}-{m}"))) {
        if !home.file(&name).exists() {
            continue;
        }
        n_found += 1;
        let id = home.restore(&home.file(&name), Some(&format!("Ada {name}"))).unwrap();
        let folder = home.store.vault_folder(id);
        let vault = Vault::open(folder.path(), &home.keys, home.ports.clone()).unwrap();
        assert_eq!(
            dump(folder.path(), &home.keys),
            dump(home.folder().path(), &home.keys),
            "{name} is torn"
        );
        assert!(vault.check_database().unwrap().is_empty(), "{name}");
    }
    assert!(n_whole > 0);
    assert_eq!(n_found, n_whole);
}
