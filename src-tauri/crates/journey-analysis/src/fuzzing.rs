//! What fuzzing calls with whatever it makes up. Each function panics when a promise is broken.

use crate::provider;

/// What a model says of a transcript.
pub fn reply(bytes: &[u8]) {
    provider::fuzzing::reply(&String::from_utf8_lossy(bytes));
}

/// What a provider's server sends: its first line says when to come back, the rest is its answer.
pub fn answer(bytes: &[u8]) {
    let (header, body) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => bytes.split_at(end),
        None => (bytes, bytes),
    };
    provider::fuzzing::answer(&String::from_utf8_lossy(header), body);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::{replay, seeds};

    #[test]
    fn every_kept_input_and_its_neighbours_are_survived() {
        replay("reply", 300, reply);
        replay("answer", 1000, answer);
    }

    #[test]
    fn the_kept_inputs_hold_good_ones_too() {
        let n_found = seeds("reply")
            .iter()
            .map(|bytes| provider::fuzzing::reply(&String::from_utf8_lossy(bytes)))
            .max();
        assert!(n_found >= Some(2), "no kept reply gives elements");
        let said = seeds("answer").iter().any(|bytes| {
            let body = bytes.splitn(2, |byte| *byte == b'\n').last().unwrap();
            provider::fuzzing::answer("", body)
        });
        assert!(said, "no kept answer is one");
    }
}
