//! Keys of analysis providers and passwords of graph servers, each bound to one host.

use super::column;
use crate::VaultError;
use journey_domain::ports::Clock;
use rusqlite::Connection;
use secrecy::{ExposeSecret as _, SecretString};
use std::ops::Deref;

/// A secret and where it may be sent.
#[derive(Debug)]
pub struct HostSecret {
    /// The only host (and port) to which it may be sent.
    pub host: String,
    /// The secret.
    pub secret: SecretString,
}

/// Reads secrets.
#[derive(Clone, Copy)]
pub struct Secrets<'c> {
    conn: &'c Connection,
}

impl<'c> Secrets<'c> {
    pub(crate) const fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    /// The secret under `name`, if there is one.
    ///
    /// # Errors
    /// The database's failure.
    pub fn get(&self, name: &str) -> Result<Option<HostSecret>, VaultError> {
        let sql = "SELECT host, secret FROM secrets WHERE name = ?1";
        column::row(self.conn, sql, &[&name], |row| {
            let secret: String = row.get(1)?;
            Ok(HostSecret { host: row.get(0)?, secret: secret.into() })
        })
    }

    /// The names under which there are secrets.
    ///
    /// # Errors
    /// The database's failure.
    pub fn names(&self) -> Result<Vec<String>, VaultError> {
        column::rows(self.conn, "SELECT name FROM secrets ORDER BY name", &[], |row| row.get(0))
    }
}

/// Writes secrets.
#[derive(Clone, Copy)]
pub struct SecretsMut<'c> {
    read: Secrets<'c>,
    clock: &'c dyn Clock,
}

impl<'c> Deref for SecretsMut<'c> {
    type Target = Secrets<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl<'c> SecretsMut<'c> {
    pub(crate) const fn new(conn: &'c Connection, clock: &'c dyn Clock) -> Self {
        Self { read: Secrets::new(conn), clock }
    }

    /// Stores a secret, replacing an older one.
    ///
    /// # Errors
    /// The database's failure.
    pub fn set(&self, name: &str, host: &str, secret: &SecretString) -> Result<(), VaultError> {
        column::execute(
            self.conn,
            "INSERT INTO secrets (name, host, secret, updated_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (name) DO UPDATE SET host = excluded.host, secret = excluded.secret,
                 updated_at = excluded.updated_at",
            &[&name, &host, &secret.expose_secret(), &column::micros(self.clock.now())],
        )?;
        Ok(())
    }

    /// Forgets a secret; fine when there is none.
    ///
    /// # Errors
    /// The database's failure.
    pub fn remove(&self, name: &str) -> Result<(), VaultError> {
        column::execute(self.conn, "DELETE FROM secrets WHERE name = ?1", &[&name])?;
        Ok(())
    }
}
