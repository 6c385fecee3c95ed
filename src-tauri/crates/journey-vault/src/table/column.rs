//! How values lie in columns: times in microseconds, ids as 16 bytes, lists as JSON.

use crate::VaultError;
use jiff::Timestamp;
use rusqlite::{Connection, Row, ToSql, types::Type};
use serde::{Serialize, de::DeserializeOwned};
use std::{error::Error, str::FromStr};
use uuid::Uuid;

/// A column whose value has no meaning in this version.
#[derive(Debug, thiserror::Error)]
#[error("a stored value has no meaning")]
struct Meaningless;

fn conversion(
    index: usize,
    kind: Type,
    error: impl Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, kind, Box::new(error))
}

/// Reads a UUID.
pub(crate) fn uuid(row: &Row<'_>, index: usize) -> rusqlite::Result<Uuid> {
    let bytes: [u8; 16] = row.get(index)?;
    Ok(Uuid::from_bytes(bytes))
}

/// Reads a UUID that may be null.
pub(crate) fn uuid_opt(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Uuid>> {
    let bytes: Option<[u8; 16]> = row.get(index)?;
    Ok(bytes.map(Uuid::from_bytes))
}

/// Microseconds since 1970, as times are stored.
pub(crate) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// Reads a time.
pub(crate) fn time(row: &Row<'_>, index: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_microsecond(row.get(index)?)
        .map_err(|error| conversion(index, Type::Integer, error))
}

/// Reads a time that may be null.
pub(crate) fn time_opt(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Timestamp>> {
    let Some(micros) = row.get::<_, Option<i64>>(index)? else { return Ok(None) };
    Timestamp::from_microsecond(micros)
        .map(Some)
        .map_err(|error| conversion(index, Type::Integer, error))
}

/// Reads a word of a closed list.
pub(crate) fn word<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<T>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    let text = row.get_ref(index)?.as_str()?;
    text.parse().map_err(|error| conversion(index, Type::Text, error))
}

/// Reads a word of a closed list that may be null.
pub(crate) fn word_opt<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    let Some(text) = row.get_ref(index)?.as_str_or_null()? else { return Ok(None) };
    text.parse().map(Some).map_err(|error| conversion(index, Type::Text, error))
}

/// Reads JSON.
pub(crate) fn json<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(index)?.as_str()?;
    serde_json::from_str(text).map_err(|error| conversion(index, Type::Text, error))
}

/// Reads JSON that may be null.
pub(crate) fn json_opt<T: DeserializeOwned>(
    row: &Row<'_>,
    index: usize,
) -> rusqlite::Result<Option<T>> {
    let Some(text) = row.get_ref(index)?.as_str_or_null()? else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|error| conversion(index, Type::Text, error))
}

/// Writes JSON.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, VaultError> {
    serde_json::to_string(value).map_err(|error| VaultError::Database(Box::new(error)))
}

/// Reads a count that is never negative.
pub(crate) fn count<T: TryFrom<i64>>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    let number: i64 = row.get(index)?;
    T::try_from(number).map_err(|_| conversion(index, Type::Integer, Meaningless))
}

/// Reads a count that may be null.
pub(crate) fn count_opt<T: TryFrom<i64>>(
    row: &Row<'_>,
    index: usize,
) -> rusqlite::Result<Option<T>> {
    let Some(number) = row.get::<_, Option<i64>>(index)? else { return Ok(None) };
    T::try_from(number).map(Some).map_err(|_| conversion(index, Type::Integer, Meaningless))
}

/// A count as stored; what does not fit is stored as the greatest number that does.
pub(crate) fn stored(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// Runs a statement that is kept prepared.
pub(crate) fn execute(
    conn: &Connection,
    sql: &str,
    params: &[&dyn ToSql],
) -> Result<usize, VaultError> {
    Ok(conn.prepare_cached(sql)?.execute(params)?)
}

/// All rows of a statement that is kept prepared.
pub(crate) fn rows<T>(
    conn: &Connection,
    sql: &str,
    params: &[&dyn ToSql],
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, VaultError> {
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(params, read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The first row of a statement that is kept prepared.
pub(crate) fn row<T>(
    conn: &Connection,
    sql: &str,
    params: &[&dyn ToSql],
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, VaultError> {
    use rusqlite::OptionalExtension as _;
    Ok(conn.prepare_cached(sql)?.query_row(params, read).optional()?)
}

/// Fails when a statement that should have changed a row changed none.
pub(crate) const fn found(n_changed: usize, what: &'static str) -> Result<(), VaultError> {
    if n_changed == 0 { Err(VaultError::NotFound(what)) } else { Ok(()) }
}

/// Fewest characters of a shortened id.
const MIN_PREFIX_CHARS: usize = 8;

/// Finds the one id in `sql`'s column that begins with `prefix`.
///
/// `sql` takes the lowest and the highest id and gives at most two different ones.
pub(crate) fn id_by_prefix(
    conn: &Connection,
    sql: &str,
    prefix: &str,
    what: &'static str,
) -> Result<Uuid, VaultError> {
    let (lowest, highest) = prefix_range(prefix).ok_or(VaultError::BadId)?;
    let ids = rows(conn, sql, &[&lowest, &highest], |row| uuid(row, 0))?;
    match ids.as_slice() {
        [] => Err(VaultError::NotFound(what)),
        [id] => Ok(*id),
        _ => Err(VaultError::Ambiguous(what)),
    }
}

/// The lowest and the highest id that begin with `prefix`, hyphens in their places or left out.
fn prefix_range(prefix: &str) -> Option<([u8; 16], [u8; 16])> {
    if prefix.chars().count() < MIN_PREFIX_CHARS {
        return None;
    }
    let digits: String = prefix.chars().filter(|&c| c != '-').collect();
    if digits.is_empty() || digits.len() > 32 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let lowest = u128::from_str_radix(&format!("{digits:0<32}"), 16).ok()?;
    let highest = u128::from_str_radix(&format!("{digits:f<32}"), 16).ok()?;
    Some((lowest.to_be_bytes(), highest.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_spans_exactly_the_ids_that_begin_with_it() {
        let (low, high) = prefix_range("0190abcd-1").unwrap();
        assert_eq!(Uuid::from_bytes(low).to_string(), "0190abcd-1000-0000-0000-000000000000");
        assert_eq!(Uuid::from_bytes(high).to_string(), "0190abcd-1fff-ffff-ffff-ffffffffffff");
    }

    #[test]
    fn seven_characters_or_other_letters_are_no_prefix() {
        assert_eq!(prefix_range("0190abc"), None);
        assert_eq!(prefix_range("--------"), None);
        assert_eq!(prefix_range("0190abcg"), None);
        assert_eq!(prefix_range(&"a".repeat(33)), None);
    }
}
