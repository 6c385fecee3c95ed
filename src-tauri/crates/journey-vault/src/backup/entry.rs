//! What may lie in an archive.

use journey_domain::ids::SessionId;
use std::path::{Path, PathBuf};

/// A file of an archive. The order of the variants is the order in the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Entry {
    About,
    Slots,
    Database,
    Media { session: SessionId, number: u32 },
    Manifest,
}

impl Entry {
    /// The name in the archive.
    pub(super) fn name(self) -> String {
        match self {
            Self::About => "backup.json".to_owned(),
            Self::Slots => "vault.json".to_owned(),
            Self::Database => "vault.db".to_owned(),
            Self::Media { session, number } => format!("media/{session}/{number}.seg"),
            Self::Manifest => "manifest.json".to_owned(),
        }
    }

    /// The entry of a name; `None` unless it is letter by letter what this program writes.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let entry = match name {
            "backup.json" => Self::About,
            "vault.json" => Self::Slots,
            "vault.db" => Self::Database,
            "manifest.json" => Self::Manifest,
            _ => {
                let (session, file) = name.strip_prefix("media/")?.split_once('/')?;
                let number = file.strip_suffix(".seg")?;
                Self::Media { session: session.parse().ok()?, number: number.parse().ok()? }
            }
        };
        (entry.name() == name).then_some(entry)
    }

    /// Where the file lies in a vault's folder, made from the entry and not from a name.
    pub(super) fn path_in(self, vault: &Path) -> PathBuf {
        match self {
            Self::Media { session, number } => {
                vault.join("media").join(session.to_string()).join(format!("{number}.seg"))
            }
            other => vault.join(other.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    #[test]
    fn every_way_out_of_the_folder_is_no_entry() {
        let session = SessionId::new(Uuid::from_u128(1));
        for name in [
            "../vault.db",
            "/etc/passwd",
            "vault.db/",
            "./vault.db",
            "VAULT.DB",
            "media/../../x.seg",
            &format!("media/{session}/../1.seg"),
            &format!("media/{session}/01.seg"),
            &format!("media/{session}/+1.seg"),
            &format!("media/{session}/1.seg/x"),
            &format!("media//{session}/1.seg"),
            &format!("media/{}/1.seg", session.uuid().simple()),
            &format!("media/{{{session}}}/1.seg"),
            "media\\x\\1.seg",
            "C:vault.db",
            "vault.db:stream",
            "vault.db\0",
            "",
        ] {
            assert_eq!(Entry::parse(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn what_is_an_entry_lies_within_the_folder(name in "\\PC{0,60}") {
            if let Some(entry) = Entry::parse(&name) {
                prop_assert_eq!(entry.name(), name);
            }
        }

        #[test]
        fn a_media_entry_is_read_as_it_is_written(session in any::<u128>(), number in any::<u32>()) {
            let entry = Entry::Media { session: SessionId::new(Uuid::from_u128(session)), number };
            prop_assert_eq!(Entry::parse(&entry.name()), Some(entry));
        }
    }
}
