//! What fuzzing calls with whatever it makes up. Each function panics when a promise is broken.

use crate::{
    backup, media,
    slots::{Client, Header, RecoveryCode, SessionKey},
    table,
};

/// `vault.json` as a copied folder may hold it, and a recovery code as somebody may type it.
pub fn vault_header(bytes: &[u8]) {
    if let Ok(header) = Header::parse(bytes) {
        let again = header.to_bytes().expect("what was read can be written");
        assert!(Header::parse(&again).is_ok_and(|it| it == header), "it reads back as it was");
        if let Some(key) = SessionKey::from_slice(&[7; 32]) {
            assert!(
                header.open_with_session(Client::Desktop, &key).is_err(),
                "a made-up key opens"
            );
        }
        assert!(header.password_cost().is_none_or(|cost| cost.is_sane()), "an absurd cost");
    }
    if let Ok(code) = RecoveryCode::parse(&String::from_utf8_lossy(bytes)) {
        let shown = code.reveal().to_string();
        assert!(RecoveryCode::parse(&shown).is_ok(), "a code does not read back");
    }
}

/// The archive within a backup.
pub fn archive(bytes: &[u8]) {
    backup::fuzzing::plain(bytes);
}

/// A whole backup with its envelope.
pub fn sealed_archive(bytes: &[u8]) {
    backup::fuzzing::sealed(bytes);
}

/// A sealed media file as somebody may have changed it.
pub fn media(bytes: &[u8]) {
    media::fuzzing::read(bytes);
}

/// What somebody looks for, and in the last line the place in the list, which came from outside too.
pub fn search(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (text, after) = text.rsplit_once('\n').map_or((&*text, None), |(t, a)| (t, Some(a)));
    table::search::fuzzing::search(text, after);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::{replay, seeds};

    #[test]
    fn every_kept_input_and_its_neighbours_are_survived() {
        replay("vault_header", 2000, vault_header);
        replay("archive", 1000, archive);
        replay("sealed_archive", 200, sealed_archive);
        replay("media", 1000, media);
        replay("search", 300, search);
    }

    #[test]
    fn the_kept_inputs_hold_good_ones_too() {
        let taken = |target: &str, takes: &dyn Fn(&[u8]) -> bool| {
            seeds(target).iter().any(|bytes| takes(bytes))
        };
        assert!(taken("vault_header", &|bytes| Header::parse(bytes).is_ok()));
        assert!(taken("archive", &backup::fuzzing::plain));
        assert!(taken("sealed_archive", &backup::fuzzing::sealed));
        assert!(taken("media", &media::fuzzing::read));
    }
}
