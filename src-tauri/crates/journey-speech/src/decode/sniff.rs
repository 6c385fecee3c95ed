//! What a file is by its first bytes, whatever its name says.

/// Whether the bytes begin a container or stream that can be read.
pub(super) fn is_known(head: &[u8]) -> bool {
    let at = |from: usize, what: &[u8]| head.get(from..).is_some_and(|rest| rest.starts_with(what));
    (at(0, b"RIFF") && at(8, b"WAVE"))
        || (at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")))
        || at(0, b"fLaC")
        || at(0, b"OggS")
        || at(0, b"ID3")
        || at(0, &[0x1A, 0x45, 0xDF, 0xA3])
        || at(4, b"ftyp")
        || at(4, b"moov")
        || at(4, b"mdat")
        || at(4, b"wide")
        || is_mpeg_frame(head)
}

/// The first header of an MP3 or ADTS stream: eleven or twelve set bits, then sound values.
fn is_mpeg_frame(head: &[u8]) -> bool {
    let [0xFF, second, third, ..] = head else { return false };
    let adts = second & 0xF6 == 0xF0 && third & 0x3C != 0x3C;
    let mpeg = second & 0xE0 == 0xE0
        && second & 0x18 != 0x08
        && second & 0x06 != 0
        && third & 0xF0 != 0xF0
        && third & 0x0C != 0x0C;
    adts || mpeg
}

#[cfg(test)]
mod tests {
    use super::is_known;

    #[test]
    fn sound_is_known_by_its_first_bytes_and_text_is_not() {
        let known: [&[u8]; 5] = [
            b"RIFF\0\0\0\0WAVEfmt ",
            b"OggS\0",
            b"\0\0\0\x20ftypisom",
            &[0xFF, 0xFB, 0x90, 0x64],
            &[0xFF, 0xF1, 0x50, 0x80],
        ];
        assert!(known.into_iter().all(is_known));
        let foreign: [&[u8]; 6] =
            [b"", b"RIFF\0\0\0\0AVI ", b"%PDF-1.7", b"PK\x03\x04", &[0xFF], b"Dear diary"];
        assert!(!foreign.into_iter().any(is_known));
    }
}
