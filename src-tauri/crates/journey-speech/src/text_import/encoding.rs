//! From bytes to text.

use super::TextImportError;
use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text with LF alone and no byte-order mark, and the encoding's name where it is not UTF-8.
pub(super) fn decode(bytes: &[u8]) -> Result<(String, Option<&'static str>), TextImportError> {
    let (encoding, body) = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => (UTF_8, rest),
        [0xFF, 0xFE, rest @ ..] => (UTF_16LE, rest),
        [0xFE, 0xFF, rest @ ..] => (UTF_16BE, rest),
        _ if std::str::from_utf8(bytes).is_ok() => (UTF_8, bytes),
        _ => (WINDOWS_1252, bytes),
    };
    // Windows-1252 gives every byte a meaning, so that damaged UTF-8 with a mark is no text either.
    let text = encoding
        .decode_without_bom_handling_and_without_replacement(body)
        .ok_or(TextImportError::Binary)?;
    if text.chars().any(is_never_text) {
        return Err(TextImportError::Binary);
    }
    let name = (encoding != UTF_8).then(|| encoding.name());
    Ok((text.replace("\r\n", "\n"), name))
}

/// NUL and the C0 controls that no editor writes; tab, line feed, vertical tab, form feed, carriage
/// return and escape may stand.
fn is_never_text(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{E}'..='\u{1A}' | '\u{1C}'..='\u{1F}')
}
