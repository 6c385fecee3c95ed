//! A test file that no `mod` names would silently not run.

use std::{fs, path::Path};

#[test]
fn every_test_file_is_a_module() {
    for tests in ["tests/it", "tests/desktop"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(tests);
        let main = fs::read_to_string(folder.join("main.rs")).unwrap();
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            if path.extension().is_some_and(|e| e == "rs") && name != "main" {
                assert!(
                    main.contains(&format!("mod {name};")),
                    "{tests}/main.rs does not name {name}"
                );
            }
        }
    }
}
