use super::*;
use journey_domain::{text::IndexedText, transcript::TimeSpan};
use proptest::prelude::*;

fn subtitles(text: &str) -> ImportedText {
    read_text(text.as_bytes(), TextKind::WebVtt).unwrap()
}

#[test]
fn plain_text_stays_as_it_is_but_for_mark_and_crlf() {
    let read = read_text("\u{FEFF}One  \r\ntwo\r\n\r\n Thrée\rx\n".as_bytes(), TextKind::Plain);
    let read = read.unwrap();
    assert_eq!(read.transcript.text, "One  \ntwo\n\n Thrée\rx\n");
    assert_eq!(read.transcript.segments.len(), 2);
    assert!(read.warnings.is_empty());
    assert!(read.transcript.segments.iter().all(|s| s.time.is_none() && s.probability.is_none()));
}

#[test]
fn other_encodings_are_read_and_told() {
    let utf16: Vec<u8> = "\u{FEFF}Größe".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let read = read_text(&utf16, TextKind::Plain).unwrap();
    assert_eq!(read.transcript.text, "Größe");
    assert_eq!(read.warnings, [TextWarning::Encoding("UTF-16LE")]);
    let read = read_text(b"caf\xe9 \x93x\x94", TextKind::Plain).unwrap();
    assert_eq!(read.transcript.text, "café “x”");
    assert_eq!(read.warnings, [TextWarning::Encoding("windows-1252")]);
}

#[test]
fn empty_binary_and_huge_files_are_refused() {
    let read = |bytes: &[u8]| read_text(bytes, TextKind::Plain).unwrap_err();
    assert_eq!(read(b""), TextImportError::Empty);
    assert_eq!(read(b"\xEF\xBB\xBF \r\n"), TextImportError::Empty);
    assert_eq!(read(b"RIFF\0\0\0\0WAVE"), TextImportError::Binary);
    assert_eq!(read(&vec![b'a'; MAX_TEXT_BYTES + 1]), TextImportError::TooLarge);
    assert_eq!(read_text(b"just words", TextKind::SubRip).unwrap_err(), TextImportError::NoCues);
}

#[test]
fn front_matter_gives_a_date_and_stays_in_the_text() {
    let text = "---\ntitle: x\ndate: 2026-03-01\n---\n\nI felt calm.\n";
    let read = read_text(text.as_bytes(), TextKind::Markdown).unwrap();
    assert_eq!(read.transcript.text, text);
    let midnight = jiff::civil::date(2026, 3, 1).at(0, 0, 0, 0);
    assert_eq!(read.recorded_at, Some(RecordedAt::Local(midnight)));
    let moment = "---\ndate: \"2026-03-01T10:00:00+01:00\"\n---\nx";
    let read = read_text(moment.as_bytes(), TextKind::Markdown).unwrap();
    let expected = "2026-03-01T09:00:00Z".parse().unwrap();
    assert_eq!(read.recorded_at, Some(RecordedAt::Moment(expected)));
    let open = read_text(b"---\ndate: 2026-03-01\nno end", TextKind::Markdown).unwrap();
    assert_eq!(open.recorded_at, None);
}

#[test]
fn cues_are_joined_by_one_space_with_their_times() {
    let text = "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>I felt</i>\r\n{\\an8}calm.\r\n\r\n2\r\n\
                00:00:03,000 --> 00:00:04,000\r\nThen 1 < 2.\r\n";
    let read = read_text(text.as_bytes(), TextKind::SubRip).unwrap();
    assert_eq!(read.transcript.text, "I felt calm. Then 1 < 2.");
    let times: Vec<_> = read.transcript.segments.iter().map(|s| s.time).collect();
    assert_eq!(
        times,
        [
            Some(TimeSpan { start_ms: 1000, end_ms: 2500 }),
            Some(TimeSpan { start_ms: 3000, end_ms: 4000 })
        ]
    );
    assert!(read.warnings.is_empty());
    assert!(read.transcript.segments.iter().all(|s| s.probability.is_none()));
}

#[test]
fn what_webvtt_has_beside_words_is_left_out() {
    let read = subtitles(
        "WEBVTT - title\nKind: captions\n\nNOTE a remark\nof two lines\n\nSTYLE\n::cue {}\n\n\
         REGION\nid:x\n\nintro\n00:01.000 --> 00:02.000 align:start\n<v Ann>Fish &amp; chips</v>\n",
    );
    assert_eq!(read.transcript.text, "Fish & chips");
    assert!(read.warnings.is_empty());
}

#[test]
fn cues_out_of_order_are_ordered_and_told() {
    let read = subtitles(
        "WEBVTT\n\n00:05.000 --> 00:06.000\nlast\n\n00:01.000 --> 00:05.500\nfirst\n\n\
         9:9 --> nowhere\nlost\n",
    );
    assert_eq!(read.transcript.text, "first last");
    assert_eq!(read.warnings, [TextWarning::BadCues(1), TextWarning::CuesReordered]);
}

#[test]
fn cues_without_blank_lines_between_them_are_told_apart() {
    let read = subtitles(
        "1\n00:00:01,000 --> 00:00:02,000\none\n2\n00:00:02,000 --> 00:00:03,000\ntwo\n\
         00:00:03,000 --> 00:00:04,000\nthree",
    );
    assert_eq!(read.transcript.text, "one two three");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_and_spans_are_exact(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "(1\n|00:01.000 --> 00:02.000\n|<i>|\\{\\\\|&amp;|é|\n\n|NOTE|[a-z ]{1,5}|\n){0,30}"
                .prop_map(String::into_bytes),
        ],
    ) {
        for kind in [TextKind::Plain, TextKind::Markdown, TextKind::SubRip, TextKind::WebVtt] {
            let Ok(read) = read_text(&bytes, kind) else { continue };
            let indexed = IndexedText::new(&read.transcript.text);
            for segment in &read.transcript.segments {
                prop_assert_eq!(indexed.slice(segment.span), Some(segment.text.as_str()));
            }
        }
    }
}
