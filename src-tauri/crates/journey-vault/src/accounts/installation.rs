//! What belongs to the installation: signing key, password cost, system settings, device id.

use super::{AccountsError, AccountsStore, audit, audit::AuditAction};
use crate::{durable, slots::KdfCost};
use hmac::{Hmac, KeyInit as _, Mac as _};
use journey_domain::{
    ids::AccountId,
    ports::{Ids, Random},
};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value;
use sha2::Sha256;
use std::{collections::BTreeMap, fmt, io, path::Path};
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The key that signs access tokens; wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SigningKey([u8; 32]);

impl SigningKey {
    /// For the mint of access tokens alone.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

const SIGNING_KEY: &str = "signing_key";
const MARK_KEY: &str = "mark_key";
const PASSWORD_COST: &str = "password_cost";
const FIRST_BECOMES_ADMIN: &str = "first_sign_in_becomes_admin";

impl AccountsStore {
    /// The key that signs this installation's access tokens.
    ///
    /// # Errors
    /// The store's failure.
    pub fn signing_key(&self) -> Result<SigningKey, AccountsError> {
        self.read(|conn| key(conn, SIGNING_KEY).map(SigningKey))
    }

    /// What a password costs on this computer: what was measured first, for all accounts alike.
    ///
    /// # Errors
    /// The store's failure, or that of `calibrate`, which is asked once in an installation's life.
    pub fn password_cost<E: From<AccountsError>>(
        &self,
        calibrate: impl FnOnce() -> Result<KdfCost, E>,
    ) -> Result<KdfCost, E> {
        let stored = self.read(|conn| get(conn, PASSWORD_COST))?;
        let known = stored
            .and_then(|bytes| serde_json::from_slice::<KdfCost>(&bytes).ok())
            .filter(|cost| cost.is_sane());
        if let Some(cost) = known {
            return Ok(cost);
        }
        let cost = calibrate()?;
        let bytes =
            serde_json::to_vec(&cost).map_err(|error| AccountsError::Database(Box::new(error)))?;
        self.write(|conn| put(conn, PASSWORD_COST, &bytes))?;
        Ok(cost)
    }

    /// A system setting, or `None` where it was never set.
    ///
    /// # Errors
    /// The store's failure.
    pub fn system_setting(&self, key: &str) -> Result<Option<Value>, AccountsError> {
        Ok(self.system_settings()?.remove(key))
    }

    /// All system settings that were set.
    ///
    /// # Errors
    /// The store's failure.
    pub fn system_settings(&self) -> Result<BTreeMap<String, Value>, AccountsError> {
        self.read(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT key, value FROM system_settings ORDER BY key")?;
            let rows = statement
                .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            let mut settings = BTreeMap::new();
            for row in rows {
                let (key, text) = row?;
                // A value that is no JSON counts as never set.
                if let Ok(value) = serde_json::from_str(&text) {
                    settings.insert(key, value);
                }
            }
            Ok(settings)
        })
    }

    /// Sets a system setting, whose value was checked; the log says which, not to what.
    ///
    /// # Errors
    /// The store's failure.
    pub fn set_system_setting(
        &self,
        key: &str,
        value: &Value,
        by: AccountId,
    ) -> Result<(), AccountsError> {
        let now = self.now();
        self.write(|conn| {
            conn.prepare_cached(
                "INSERT INTO system_settings (key, value) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![key, value.to_string()])?;
            audit::append(conn, now, Some(by), AuditAction::SystemSettingChanged, None, Some(key))
        })
    }
}

/// Makes the keys of a new store.
pub(super) fn init(conn: &Connection, random: &dyn Random) -> Result<(), AccountsError> {
    for name in [SIGNING_KEY, MARK_KEY] {
        let mut key = Zeroizing::new([0; 32]);
        random.fill(key.as_mut());
        put(conn, name, key.as_slice())?;
    }
    Ok(())
}

/// What refresh tokens and throttle buckets are marked with; wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct MarkKey([u8; 32]);

impl MarkKey {
    pub(super) fn of(conn: &Connection) -> Result<Self, AccountsError> {
        key(conn, MARK_KEY).map(Self)
    }

    /// A mark for one purpose, over what is still to be given to it.
    pub(super) fn mark(&self, purpose: &[u8]) -> Hmac<Sha256> {
        // HMAC fills a key that is shorter than its block with zeros.
        let mut block = Zeroizing::new([0_u8; 64]);
        for (to, from) in block.iter_mut().zip(&self.0) {
            *to = *from;
        }
        let mut mac = Hmac::<Sha256>::new((&*block).into());
        mac.update(purpose);
        mac
    }
}

/// Lets the next one who signs in become an admin: the list of accounts was lost.
pub(super) fn let_first_become_admin(conn: &Connection) -> Result<(), AccountsError> {
    put(conn, FIRST_BECOMES_ADMIN, b"1")
}

/// Whether the one who signs in now becomes an admin; true at most once.
pub(super) fn take_first_becomes_admin(conn: &Connection) -> Result<bool, AccountsError> {
    let n = conn
        .prepare_cached("DELETE FROM installation WHERE name = ?1")?
        .execute([FIRST_BECOMES_ADMIN])?;
    Ok(n > 0)
}

fn key(conn: &Connection, name: &str) -> Result<[u8; 32], AccountsError> {
    get(conn, name)?.and_then(|bytes| bytes.try_into().ok()).ok_or(AccountsError::Damaged)
}

fn get(conn: &Connection, name: &str) -> Result<Option<Vec<u8>>, AccountsError> {
    Ok(conn
        .prepare_cached("SELECT value FROM installation WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

fn put(conn: &Connection, name: &str, value: &[u8]) -> Result<(), AccountsError> {
    conn.prepare_cached(
        "INSERT INTO installation (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![name, value])?;
    Ok(())
}

/// This installation's id, made when it is first asked for. Lies outside the vaults, so that a
/// restored vault is not taken for this device.
///
/// # Errors
/// The disk's failure. A file that holds no id is replaced.
pub fn device_id(data_dir: &Path, ids: &dyn Ids) -> io::Result<Uuid> {
    let path = data_dir.join("device-id");
    let read = || -> io::Result<Option<Uuid>> {
        match durable::read_small(&path, 64) {
            Ok(content) => Ok(content
                .and_then(|content| String::from_utf8(content).ok())
                .and_then(|text| Uuid::parse_str(text.trim()).ok())),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(None),
            Err(error) => Err(error),
        }
    };
    if let Some(id) = read()? {
        return Ok(id);
    }
    let id = ids.next();
    let content = format!("{id}\n");
    durable::make_private_dir(data_dir)?;
    if durable::create_new(&path, content.as_bytes(), &id.to_string())? {
        return Ok(id);
    }
    match read()? {
        // Another process was faster.
        Some(id) => Ok(id),
        None => durable::replace(&path, content.as_bytes()).map(|()| id),
    }
}
