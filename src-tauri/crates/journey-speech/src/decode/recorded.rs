//! When something was recorded, as its container tells.

use jiff::{civil::DateTime, tz::TimeZone};
use std::{fs::File, os::unix::fs::FileExt};
use symphonia::core::meta::{MetadataRevision, StandardTag};

/// Seconds from 1904, where QuickTime begins to count, to 1970.
const QUICKTIME_EPOCH: u64 = 2_082_844_800;
/// Boxes that are looked at before a file counts as none of QuickTime's.
const MAX_BOXES: usize = 256;

/// The creation time in an MP4 or QuickTime file, in seconds since 1970.
///
/// Read at given places, so that the position of the file stays.
pub(super) fn of_mp4(file: &File) -> Option<i64> {
    let end = file.metadata().ok()?.len();
    let (movie, movie_end) = find_box(file, 0, end, *b"moov")?;
    let (header, _) = find_box(file, movie, movie_end, *b"mvhd")?;
    let mut bytes = [0; 12];
    file.read_exact_at(&mut bytes, header).ok()?;
    let [version, _, _, _, a, b, c, d, ..] = bytes;
    let created = if version == 1 {
        let mut long = [0; 8];
        file.read_exact_at(&mut long, header + 4).ok()?;
        u64::from_be_bytes(long)
    } else {
        u64::from(u32::from_be_bytes([a, b, c, d]))
    };
    // Zero, or a clock that counts from 1970, says nothing.
    i64::try_from(created.checked_sub(QUICKTIME_EPOCH)?).ok().filter(|s| *s > 0)
}

/// Content of the first box of a kind between two places.
fn find_box(file: &File, mut at: u64, end: u64, kind: [u8; 4]) -> Option<(u64, u64)> {
    for _ in 0..MAX_BOXES {
        let mut head = [0; 16];
        if at + 8 > end {
            return None;
        }
        let n = file.read_at(&mut head, at).ok()?;
        let [s0, s1, s2, s3, k0, k1, k2, k3, long @ ..] = head;
        let (size, header) = match u32::from_be_bytes([s0, s1, s2, s3]) {
            0 => (end - at, 8),
            1 if n == 16 => (u64::from_be_bytes(long), 16),
            size => (u64::from(size), 8),
        };
        let next = at.checked_add(size)?;
        if size < header {
            return None;
        }
        if [k0, k1, k2, k3] == kind {
            return Some((at + header, next.min(end)));
        }
        at = next;
    }
    None
}

/// The recording date among the tags, in seconds since 1970; dates without a day are none.
///
/// A date without a time of day is taken as midnight, one without a zone as UTC.
pub(super) fn of_tags(tags: &MetadataRevision) -> Option<i64> {
    tags.media.tags.iter().find_map(|tag| match &tag.std {
        Some(
            StandardTag::RecordingDate(date)
            | StandardTag::OriginalRecordingDate(date)
            | StandardTag::DigitizedDate(date)
            | StandardTag::EncodingDate(date),
        ) => seconds_of(date),
        _ => None,
    })
}

fn seconds_of(date: &str) -> Option<i64> {
    if let Ok(moment) = date.parse::<jiff::Timestamp>() {
        return Some(moment.as_second());
    }
    let civil: DateTime = date.parse().ok()?;
    TimeZone::UTC.to_timestamp(civil).ok().map(|moment| moment.as_second())
}

#[cfg(test)]
mod tests {
    use super::seconds_of;

    #[test]
    fn only_whole_dates_are_dates() {
        assert_eq!(seconds_of("1970-01-02"), Some(86_400));
        assert_eq!(seconds_of("1970-01-02T00:00:05"), Some(86_405));
        assert_eq!(seconds_of("1970-01-01T02:00:00+02:00"), Some(0));
        assert_eq!(seconds_of("2024"), None);
        assert_eq!(seconds_of("someday"), None);
    }
}
