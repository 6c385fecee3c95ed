//! Out and back through the command line: everything is there again, and a damaged archive is told.

use crate::{
    microphone::{signal, until},
    support::{Program, describe},
};
use std::{fs, process::Stdio};

const PASSPHRASE: (&str, &str) =
    ("INSIGHT_JOURNEY_BACKUP_PASSPHRASE", "copper-lantern-eleven-rivers");

#[test]
fn a_backup_comes_back_as_an_account_with_everything_in_it() {
    let program = Program::with_account();
    let session = program.write("I was proud of the bread I baked today.");
    let id = session["id"].as_str().unwrap();
    let file = program.home().join("backup.age");
    let path = file.to_str().unwrap();
    program.ok_with(&["backup", path, "--json"], &[PASSPHRASE]);
    let bytes = fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/"));
    assert!(!bytes.windows(5).any(|w| w == b"bread"));

    let over = program.command(&["backup", path]).envs([PASSPHRASE]).output().unwrap();
    assert_eq!(over.status.code(), Some(1), "a backup is never written over another");

    let wrong = program
        .command(&["restore", path, "--as", "wrong"])
        .env(PASSPHRASE.0, "another-long-passphrase")
        .output()
        .unwrap();
    assert!(!wrong.status.success());

    program.ok_with(&["restore", path, "--as", "restored"], &[PASSPHRASE]);
    let shown =
        program.ok_with(&["show", id, "--json"], &[("INSIGHT_JOURNEY_ACCOUNT", "restored")]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), session);

    let cut = program.home().join("cut.age");
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let refused = program
        .command(&["restore", cut.to_str().unwrap(), "--as", "cut"])
        .envs([PASSPHRASE])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let accounts = program.json(&["account", "list"]);
    assert_eq!(
        accounts["accounts"].as_array().unwrap().len(),
        2,
        "nothing is left of a refused archive"
    );
}

#[test]
fn a_backup_hears_ctrl_c_and_leaves_nothing() {
    for n in 1..=10 {
        let program = Program::with_account();
        program.write("I was proud of the bread I baked today.");
        let folder = program.home().join("backups");
        fs::create_dir(&folder).unwrap();
        let files = || program.files().into_iter().map(|(path, _)| path).collect::<Vec<_>>();
        let child = program
            .command(&["backup", folder.join("ada.journey").to_str().unwrap(), "--json"])
            .envs([PASSPHRASE])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        until("it is being written", || fs::read_dir(&folder).unwrap().next().is_some());
        signal(child.id(), "INT");
        let output = child.wait_with_output().unwrap();
        // On a busy computer it may be done before it hears anything.
        if output.status.code() == Some(0) && n < 10 {
            continue;
        }
        assert_eq!(output.status.code(), Some(130), "{}", describe(&output));
        let left: Vec<_> = files()
            .into_iter()
            .filter(|path| path.starts_with(&folder) || path.to_string_lossy().contains("snapshot"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
        let doctor = program.run(&["doctor", "--json"]);
        let doctor: serde_json::Value = serde_json::from_slice(&doctor.stdout).unwrap();
        assert!(!doctor.to_string().contains("backed up"), "{doctor}");
        return;
    }
}
