//! Personal settings: a key and a JSON value.

use super::column;
use crate::VaultError;
use journey_domain::ports::Clock;
use rusqlite::Connection;
use serde_json::Value;
use std::ops::Deref;

/// Reads settings.
#[derive(Clone, Copy)]
pub struct Settings<'c> {
    conn: &'c Connection,
}

impl<'c> Settings<'c> {
    pub(crate) const fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    /// The value under `key`, if one was set.
    ///
    /// # Errors
    /// The database's failure.
    pub fn get(&self, key: &str) -> Result<Option<Value>, VaultError> {
        let sql = "SELECT value FROM settings WHERE key = ?1";
        column::row(self.conn, sql, &[&key], |row| column::json(row, 0))
    }

    /// Every setting, by key.
    ///
    /// # Errors
    /// The database's failure.
    pub fn all(&self) -> Result<Vec<(String, Value)>, VaultError> {
        let sql = "SELECT key, value FROM settings ORDER BY key";
        column::rows(self.conn, sql, &[], |row| Ok((row.get(0)?, column::json(row, 1)?)))
    }
}

/// Writes settings.
#[derive(Clone, Copy)]
pub struct SettingsMut<'c> {
    read: Settings<'c>,
    clock: &'c dyn Clock,
}

impl<'c> Deref for SettingsMut<'c> {
    type Target = Settings<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl<'c> SettingsMut<'c> {
    pub(crate) const fn new(conn: &'c Connection, clock: &'c dyn Clock) -> Self {
        Self { read: Settings::new(conn), clock }
    }

    /// Sets a value, replacing an older one.
    ///
    /// # Errors
    /// The database's failure.
    pub fn set(&self, key: &str, value: &Value) -> Result<(), VaultError> {
        column::execute(
            self.conn,
            "INSERT INTO settings (key, value, updated_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
            &[&key, &column::to_json(value)?, &column::micros(self.clock.now())],
        )?;
        Ok(())
    }

    /// Goes back to the default; fine when nothing was set.
    ///
    /// # Errors
    /// The database's failure.
    pub fn remove(&self, key: &str) -> Result<(), VaultError> {
        column::execute(self.conn, "DELETE FROM settings WHERE key = ?1", &[&key])?;
        Ok(())
    }
}
