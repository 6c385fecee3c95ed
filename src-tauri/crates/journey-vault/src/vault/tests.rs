use super::open::{DATABASE_FILE, OpenError};
use crate::{
    NewTranscript, Vault, VaultError, VaultKeys,
    table::sessions::SessionFilter,
    testing::{TestVault, contains, files, keys, ports, ports_from},
};
use journey_domain::{element::ElementKind, job::JobKind, transcript::Transcript};
use rusqlite::Connection;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// How long somebody waits for the others on a computer that is busy.
const AS_LONG_AS_IT_TAKES: Duration = Duration::from_secs(60);

fn open(dir: &Path) -> Result<Vault, OpenError> {
    Vault::open(dir, &keys(), ports())
}

fn titles(vault: &Vault) -> Vec<String> {
    let page = vault
        .read(|read| read.sessions().list(&SessionFilter::default(), 1_000, None))
        .map_err(|error: VaultError| error)
        .unwrap();
    page.items.into_iter().map(|session| session.title).collect()
}

#[test]
fn what_was_stored_is_there_after_opening_again() {
    let test = TestVault::new();
    test.spoken("First", 0, "some words");
    let TestVault { vault, dir, .. } = test;
    drop(vault);
    assert_eq!(titles(&open(dir.path()).unwrap()), ["First"]);
}

#[test]
fn a_vault_is_never_made_over_another() {
    let test = TestVault::new();
    test.session("Mine", 0);
    let again = Vault::create(test.path(), &keys(), ports());
    assert!(matches!(again, Err(OpenError::Exists)));
    assert_eq!(titles(&test.vault), ["Mine"]);
}

#[test]
fn a_missing_database_is_an_error_and_stays_missing() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("vault.json"), "{}").unwrap();
    assert!(matches!(open(dir.path()), Err(OpenError::Missing)));
    assert!(!dir.path().join(DATABASE_FILE).exists());
}

#[test]
fn an_interrupted_creation_is_begun_anew() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("vault.db.new"), "half a database").unwrap();
    assert!(matches!(open(dir.path()), Err(OpenError::Missing)));
    drop(Vault::create(dir.path(), &keys(), ports()).unwrap());
    assert!(open(dir.path()).is_ok());
}

/// What opening says about a database that `spoil` changed; the file is not touched by it.
fn opening_after(spoil: impl FnOnce(&Path)) -> OpenError {
    let TestVault { vault, dir, .. } = {
        let test = TestVault::new();
        test.spoken("s", 0, &"many words in a row ".repeat(2_000));
        test
    };
    drop(vault);
    let database = dir.path().join(DATABASE_FILE);
    spoil(&database);
    let before = fs::read(&database).unwrap();
    let error = open(dir.path()).err().expect("it must not open");
    assert_eq!(fs::read(&database).unwrap(), before, "opening changed the file");
    error
}

#[test]
fn each_way_of_not_opening_has_its_own_error() {
    let TestVault { vault, dir, .. } = TestVault::new();
    drop(vault);
    let wrong = VaultKeys::from_bytes([1; 32], [2; 32]);
    assert!(matches!(Vault::open(dir.path(), &wrong, ports()), Err(OpenError::WrongKey)));

    let error = opening_after(|database| fs::write(database, "").unwrap());
    assert!(matches!(error, OpenError::Damaged), "empty: {error:?}");
    let error = opening_after(|database| {
        let mut bytes = fs::read(database).unwrap();
        bytes[2_000] ^= 1;
        fs::write(database, bytes).unwrap();
    });
    assert!(matches!(error, OpenError::Damaged), "first page: {error:?}");
    let error = opening_after(|database| {
        fs::remove_file(database).unwrap();
        let plain = Connection::open(database).unwrap();
        plain.execute_batch("CREATE TABLE notes (text)").unwrap();
    });
    assert!(matches!(error, OpenError::Foreign), "plain: {error:?}");
    let error =
        opening_after(|database| fs::write(database, "To do: buy bread. ".repeat(500)).unwrap());
    assert!(matches!(error, OpenError::Foreign), "a text: {error:?}");
    let error = opening_after(|database| {
        let bytes = fs::read(database).unwrap();
        fs::write(database, &bytes[..bytes.len() / 2 + 100]).unwrap();
    });
    assert!(matches!(error, OpenError::Damaged), "half of it: {error:?}");
    let error = opening_after(|database| {
        let conn = super::open::connect(database, &keys()).unwrap();
        conn.execute_batch("PRAGMA application_id = 7").unwrap();
    });
    assert!(matches!(error, OpenError::Foreign), "another program's: {error:?}");
    let error = opening_after(|database| {
        let conn = super::open::connect(database, &keys()).unwrap();
        conn.execute_batch("PRAGMA user_version = 99").unwrap();
    });
    assert!(matches!(error, OpenError::Newer { found: 99, known: 6 }), "{error:?}");
}

#[test]
fn no_flipped_bit_is_ever_read_as_if_it_were_right() {
    let TestVault { vault, dir, .. } = {
        let test = TestVault::new();
        for n in 0..40 {
            let session = test.spoken("s", n, &format!("number {n} {}", "words ".repeat(300)));
            test.analyse(session, &[(ElementKind::Topic, "counting", "number")]);
        }
        test
    };
    drop(vault);
    let database = dir.path().join(DATABASE_FILE);
    let good = fs::read(&database).unwrap();
    let read_all = |vault: &Vault| -> Result<Vec<String>, VaultError> {
        vault.read(|read| {
            let page = read.sessions().list(&SessionFilter::default(), 1_000, None)?;
            let texts = page.items.iter().map(|it| {
                let detail = read.session(it.id)?;
                Ok(format!("{:?}{:?}", detail.transcript, detail.elements))
            });
            texts.collect()
        })
    };
    let expected = read_all(&open(dir.path()).unwrap()).unwrap();
    let mut n_refused = 0;
    for round in 0..200 {
        let mut bad = good.clone();
        let at = (round * 7_919 + 13) % bad.len();
        bad[at] ^= 1 << (round % 8);
        fs::write(&database, &bad).unwrap();
        match open(dir.path()) {
            Err(error) => {
                assert!(matches!(error, OpenError::Damaged | OpenError::WrongKey), "{error:?}");
                n_refused += 1;
            }
            Ok(vault) => match read_all(&vault) {
                Ok(read) => {
                    assert_eq!(read, expected);
                    assert!(!vault.check_database().unwrap().is_empty(), "byte {at}");
                }
                Err(error) => {
                    assert!(matches!(error, VaultError::Damaged), "{error:?}");
                    n_refused += 1;
                }
            },
        }
    }
    assert!(n_refused > 40, "only {n_refused} flips were met by a read");
}

#[test]
fn nothing_readable_is_on_the_disk() {
    const CANARY: &str = "xylophonist";
    let test = TestVault::new();
    let session = test.spoken(CANARY, 0, "the xylophonist played");
    test.analyse(session, &[(ElementKind::Belief, CANARY, "xylophonist played")]);
    test.write(|write| {
        write.secrets().set(CANARY, CANARY, &CANARY.into())?;
        write.settings().set(CANARY, &CANARY.into())?;
        write.sessions().add_tags(session, &[CANARY.into()])
    });
    let look = || {
        for (path, bytes) in files(test.path()) {
            for plain in [CANARY, "SQLite format", "CREATE TABLE", "played"] {
                assert!(!contains(&bytes, plain.as_bytes()), "{plain} in {}", path.display());
            }
            assert!(!contains(&bytes, &[0x5A; 16]) && !contains(&bytes, b"5a5a5a5a5a5a"));
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{} is open to others", path.display());
        }
    };
    assert!(fs::metadata(test.path().join("vault.db-wal")).unwrap().len() > 0);
    look();
    test.vault.rest().unwrap();
    look();
}

#[test]
fn a_change_that_fails_leaves_nothing() {
    let test = TestVault::new();
    let failed: Result<(), VaultError> = test.vault.write(|write| {
        write.settings().set("a", &1.into())?;
        Err(VaultError::Refused("on purpose"))
    });
    assert!(failed.is_err());
    assert_eq!(test.read(|read| read.settings().all()), []);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        test.write(|write| {
            write.settings().set("b", &1.into())?;
            panic!("on purpose");
            #[expect(unreachable_code, reason = "gives the closure its type")]
            Ok(())
        });
    }));
    assert!(panicked.is_err());
    test.write(|write| write.settings().set("c", &1.into()));
    assert_eq!(test.read(|read| read.settings().all()).len(), 1);
}

#[test]
fn a_reader_cannot_write_and_sees_one_state() {
    let test = TestVault::new();
    test.session("before", 0);
    test.read(|read| {
        assert_eq!(read.sessions().count()?, 1);
        std::thread::scope(|scope| {
            scope.spawn(|| test.session("meanwhile", 1));
        });
        assert_eq!(read.sessions().count()?, 1, "the answer changed while it was given");
        Ok(())
    });
    assert_eq!(test.read(|read| read.sessions().count()), 2);
    let written = test.vault.readers.take().execute_batch("DELETE FROM sessions");
    assert!(written.is_err());
}

/// Copies what a power cut would have left: the database as it is and `len` bytes of the log.
fn copy_cut(from: &Path, to: &Path, len: usize) {
    fs::copy(from.join(DATABASE_FILE), to.join(DATABASE_FILE)).unwrap();
    let log = fs::read(from.join("vault.db-wal")).unwrap();
    fs::write(to.join("vault.db-wal"), &log[..len.min(log.len())]).unwrap();
}

#[test]
fn a_log_cut_anywhere_opens_in_a_state_that_was_committed() {
    let test = TestVault::new();
    test.vault.rest().unwrap();
    let log = test.path().join("vault.db-wal");
    let mut committed = vec![0];
    for n in 0..5 {
        let session = test.spoken("s", n, "the same few words");
        test.analyse(session, &[(ElementKind::Topic, "words", "few words")]);
        committed.push(fs::metadata(&log).unwrap().len() as usize);
    }
    let len = *committed.last().unwrap();
    let frame = 4_096 + 24;
    // Every frame's border and a place within it.
    let cuts = (32..len).step_by(frame).flat_map(|at| [at, at + 1_000]).chain([0, 20, len]);
    for cut in cuts {
        let dir = TempDir::new().unwrap();
        copy_cut(test.path(), dir.path(), cut);
        let vault = open(dir.path()).unwrap();
        let n_sessions = titles(&vault).len();
        let n_whole = committed.partition_point(|end| *end <= cut) - 1;
        // A step is three commits: the session, its transcript, its run.
        assert!((n_whole..=n_whole + 1).contains(&n_sessions), "{n_sessions} at {cut}");
        assert!(vault.check_search().unwrap());
        assert_eq!(vault.check_database().unwrap(), [] as [String; 0]);
    }
}

#[test]
fn a_checkpoint_that_was_cut_short_loses_nothing() {
    let test = TestVault::new();
    for n in 0..12 {
        test.spoken("s", n, &"the same few words ".repeat(50));
    }
    let before = fs::read(test.path().join(DATABASE_FILE)).unwrap();
    let log = fs::read(test.path().join("vault.db-wal")).unwrap();
    test.vault.rest().unwrap();
    let after = fs::read(test.path().join(DATABASE_FILE)).unwrap();
    for n_pages in 0..=after.len() / 4_096 {
        let dir = TempDir::new().unwrap();
        let torn = (n_pages * 4_096 + 512).min(after.len());
        let mut database = after[..torn].to_vec();
        database.extend(before.get(torn..).unwrap_or_default());
        fs::write(dir.path().join(DATABASE_FILE), &database).unwrap();
        fs::write(dir.path().join("vault.db-wal"), &log).unwrap();
        let vault = open(dir.path()).unwrap();
        assert_eq!(titles(&vault).len(), 12);
        assert_eq!(vault.check_database().unwrap(), [] as [String; 0]);
    }
}

#[test]
fn a_full_disk_refuses_a_change_and_keeps_the_rest() {
    let test = TestVault::new();
    test.spoken("kept", 0, "some words");
    let limit = |n_pages: i64| {
        let sql = format!("PRAGMA max_page_count = {n_pages}");
        test.vault.writer().query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let n_pages = limit(1);
    let long = "many more words ".repeat(20_000);
    let session = test.session("too much", 1);
    let refused = test.vault.write(|write| {
        write.store_transcript(&NewTranscript {
            session,
            transcript: &Transcript::from_text(1, None, long.clone()),
            holes: &[],
            job: None,
            anchors: None,
        })
    });
    assert!(matches!(refused, Err(VaultError::DiskFull)));
    assert_eq!(titles(&test.vault), ["too much", "kept"]);
    assert_eq!(test.vault.check_database().unwrap(), [] as [String; 0]);
    assert!(test.vault.check_search().unwrap());
    limit(n_pages + 100_000);
    test.transcribe(session, &long);
}

#[test]
fn many_at_once_wait_for_each_other_and_none_fails() {
    let test = TestVault::new();
    let second = open(test.path()).unwrap();
    for vault in [&test.vault, &second] {
        vault.writer().busy_timeout(AS_LONG_AS_IT_TAKES).unwrap();
    }
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (test, second) = (&test, &second);
            scope.spawn(move || {
                let vault = if thread % 2 == 0 { &test.vault } else { second };
                for n in 0..10 {
                    let key = format!("{thread} {n}");
                    let stored: Result<_, VaultError> = vault.write(|write| {
                        write.settings().set(&key, &n.into())?;
                        write.read().settings().get(&key)
                    });
                    assert_eq!(stored.unwrap(), Some(n.into()));
                    let read: Result<_, VaultError> = vault.read(|read| read.settings().get(&key));
                    assert_eq!(read.unwrap(), Some(n.into()));
                }
            });
        }
    });
    assert_eq!(test.read(|read| read.settings().all()).len(), 80);
}

#[test]
fn an_erasure_that_was_interrupted_is_finished_by_opening() {
    let TestVault { vault, dir, .. } = {
        let test = TestVault::new();
        let session = test.session("s", 0);
        drop(test.vault.begin_recording(session).unwrap());
        test.write(|write| {
            let sql = "DELETE FROM sessions; INSERT INTO erasures SELECT x'01900000000070008000000000000000', 0";
            write.conn().execute_batch(sql)?;
            let sql = "UPDATE erasures SET session_id = ?1";
            crate::table::column::execute(write.conn(), sql, &[session.uuid().as_bytes()])?;
            Ok(())
        });
        test
    };
    drop(vault);
    assert!(files(dir.path()).iter().any(|(path, _)| path.extension() == Some("seg".as_ref())));
    let vault = open(dir.path()).unwrap();
    assert!(!files(dir.path()).iter().any(|(path, _)| path.extension() == Some("seg".as_ref())));
    drop(vault);
}

#[test]
fn an_erasure_under_somebody_s_reading_is_done_and_leaves_the_log_once_they_end() {
    let test = TestVault::new();
    let second = open(test.path()).unwrap();
    let session = test.spoken("s", 0, "about the canal");
    let reading = second.read(|read| {
        assert_eq!(read.sessions().count()?, 1);
        test.vault.erase_session(session).unwrap();
        assert_eq!(test.read(|read| read.sessions().count()), 0);
        assert!(!test.vault.finish_erasures().unwrap(), "the log is still read");
        // Nobody is kept out meanwhile.
        assert_eq!(titles(&open(test.path()).unwrap()), [""; 0]);
        Ok::<_, VaultError>(())
    });
    reading.unwrap();
    assert!(test.vault.finish_erasures().unwrap());
    assert_eq!(fs::metadata(test.path().join("vault.db-wal")).unwrap().len(), 0);
}

#[test]
fn a_check_of_the_database_waits_for_no_change_and_no_change_for_it() {
    let test = TestVault::new();
    test.spoken("s", 0, "some words");
    test.write(|write| {
        write.settings().set("key", &1.into())?;
        assert_eq!(test.vault.check_database()?, [] as [String; 0]);
        Ok(())
    });
    let examined = test.vault.examiner.lock().unwrap();
    test.session("meanwhile", 1);
    drop(examined);
}

#[test]
fn a_check_of_the_search_index_gives_way_to_a_change() {
    let test = TestVault::new();
    let text: String = (0..60_000).map(|n| format!("word{n} ")).collect();
    test.spoken("s", 0, &text);
    let gave_way = (0..100).any(|n| {
        std::thread::scope(|scope| {
            let check = scope.spawn(|| test.vault.check_search());
            while !check.is_finished() && test.vault.index_check().is_none() {
                std::thread::yield_now();
            }
            test.session("meanwhile", 1 + n);
            matches!(check.join().unwrap(), Err(VaultError::Busy))
        })
    });
    assert!(gave_way);
    assert!(test.vault.check_search().unwrap(), "nothing came of it");
}

#[test]
fn one_at_a_time_holds_the_lease() {
    let _nobody_starts = crate::testing::while_no_process_starts();
    let test = TestVault::new();
    let second = open(test.path()).unwrap();
    let lease = test.vault.try_lease().unwrap().unwrap();
    assert!(second.try_lease().unwrap().is_none());
    let session = test.session("s", 0);
    let job = second.write(|write| write.jobs().enqueue(session, JobKind::Analyse));
    let job = job.map_err(|error: VaultError| error).unwrap();
    let claimed = test.write(|write| write.jobs().claim_next(&lease, &[JobKind::Analyse]));
    assert_eq!(claimed.unwrap().id, job.id);
    drop(lease);
    assert!(second.try_lease().unwrap().is_some());
}

/// The environment variable that tells the test below that it is the other process.
const OTHER_PROCESS: &str = "JOURNEY_VAULT_TEST_DIR";

/// Runs in the other process: holds the lease and writes until it is killed.
#[test]
fn other_process() {
    #[expect(clippy::disallowed_methods, reason = "how a test process is told its part")]
    let Some(dir) = std::env::var_os(OTHER_PROCESS) else { return };
    let vault = Vault::open(Path::new(&dir), &keys(), ports_from(0x0200_0000).0).unwrap();
    let _lease = vault.try_lease().unwrap().expect("the lease is free");
    vault.writer().busy_timeout(AS_LONG_AS_IT_TAKES).unwrap();
    for n in 0.. {
        let stored: Result<(), VaultError> = vault.write(|write| {
            write.settings().set("n", &n.into())?;
            write.settings().set(&format!("key {n}"), &n.into())
        });
        stored.unwrap();
        println!("\nstored {n}");
        // Without a pause the lock would never be free when somebody who waits looks.
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

fn start_other_process(dir: &Path) -> Child {
    let _alone = crate::testing::starting_a_process();
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "vault::tests::other_process", "--nocapture"])
        .env(OTHER_PROCESS, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_killed_process_loses_nothing_that_it_said_was_stored() {
    let test = TestVault::new();
    test.vault.writer().busy_timeout(AS_LONG_AS_IT_TAKES).unwrap();
    for n_stored in [1, 7, 23] {
        let mut other = start_other_process(test.path());
        let mut lines = BufReader::new(other.stdout.take().unwrap()).lines();
        let mut last = None;
        while last != Some(n_stored) {
            let line = lines.next().expect("it goes on until it is killed").unwrap();
            last = line.strip_prefix("stored ").map(|n| n.parse().unwrap());
        }
        assert!(test.vault.try_lease().unwrap().is_none(), "the other process holds it");
        // Both may write meanwhile.
        test.write(|write| write.settings().set("ours", &n_stored.into()));
        other.kill().unwrap();
        other.wait().unwrap();
        for line in lines {
            last = line.unwrap().strip_prefix("stored ").map_or(last, |n| Some(n.parse().unwrap()));
        }
        let lease = test.vault.try_lease().unwrap();
        assert!(lease.is_some(), "the lease outlived its holder");
        let n = test.read(|read| read.settings().get("n")).unwrap().as_i64().unwrap();
        assert!(n >= last.unwrap(), "{n} is older than {last:?}");
        let key = format!("key {n}");
        assert_eq!(test.read(|read| read.settings().get(&key)), Some(n.into()));
    }
    assert_eq!(test.vault.check_database().unwrap(), [] as [String; 0]);
}
