//! Refresh tokens: opaque, stored as hashes, each good once.
//!
//! A token is its family, its generation, 32 random bytes, and a mark of this installation without
//! which it is not looked at: a made-up token can end nobody's sign-in. Using a token gives the next
//! one. The immediate predecessor gives the *same* next one for a short while, since its reply may
//! have been lost on the way; the row holds that token sealed under the predecessor, so a reader of
//! the database has neither. Any older token means that somebody has a copy: the family ends.

use super::{
    AccountsError, AccountsStore, RefreshError, StoredAccount, audit, audit::AuditAction,
    directory, installation::MarkKey,
};
use crate::{
    slots::{Client, SessionSlots},
    table::column,
};
use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use hkdf::Hkdf;
use hmac::Mac as _;
use jiff::{SignedDuration, Timestamp};
use journey_domain::{ids::AccountId, ports::Random};
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};
use std::{
    fmt,
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt as _,
};
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// How long a family lives, whatever is done with it.
const LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long the immediate predecessor gives its successor again.
const GRACE: SignedDuration = SignedDuration::from_secs(30);

const N_RANDOM: usize = 32;
const N_MARK: usize = 16;
const N_BODY: usize = 16 + 8 + N_RANDOM;
const N_TOKEN: usize = N_BODY + N_MARK;
const PURPOSE: &[u8] = b"refresh ";

/// Which sign-in a token belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FamilyId(Uuid);

impl FamilyId {
    /// As an access token carries it.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// For an access token.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

/// A refresh token; wiped when dropped. Lies in the keychain, or nowhere.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RefreshToken([u8; N_TOKEN]);

impl RefreshToken {
    /// What came from the keychain; `None` unless it has a token's length.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// For the keychain alone.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn new(key: &MarkKey, family: FamilyId, generation: u64, random: &dyn Random) -> Self {
        let mut secret = Zeroizing::new([0; N_RANDOM]);
        random.fill(secret.as_mut());
        let mut body = Zeroizing::new([0_u8; N_BODY]);
        let generation = generation.to_be_bytes();
        let parts = family.0.as_bytes().iter().chain(&generation).chain(secret.iter());
        for (to, from) in body.iter_mut().zip(parts) {
            *to = *from;
        }
        let mut mark = key.mark(PURPOSE);
        mark.update(body.as_slice());
        let mark = mark.finalize().into_bytes();
        let mut token = Self([0; N_TOKEN]);
        for (to, from) in token.0.iter_mut().zip(body.iter().chain(&mark)) {
            *to = *from;
        }
        token
    }

    /// The family, if this installation made the token.
    fn family(&self, key: &MarkKey) -> Option<FamilyId> {
        let (body, its_mark) = self.0.split_at_checked(N_BODY)?;
        let mut mark = key.mark(PURPOSE);
        mark.update(body);
        mark.verify_truncated_left(its_mark).ok()?;
        let family = body.first_chunk::<16>()?;
        Some(FamilyId(Uuid::from_bytes(*family)))
    }

    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The cipher under which the successor of this token is sealed. The key is used once.
    fn cipher(&self) -> ChaCha20Poly1305 {
        let mut key = Zeroizing::new([0; 32]);
        let expanded = Hkdf::<Sha256>::new(None, &self.0)
            .expand(b"insight-journey refresh successor 1", key.as_mut());
        debug_assert!(expanded.is_ok(), "32 bytes are within what HKDF gives");
        ChaCha20Poly1305::new((&*key).into())
    }

    fn seal_successor(&self, successor: &Self) -> Option<Vec<u8>> {
        let payload = Payload { msg: &successor.0, aad: &self.hash() };
        self.cipher().encrypt(&Nonce::default(), payload).ok()
    }

    fn open_successor(&self, sealed: &[u8]) -> Option<Self> {
        let payload = Payload { msg: sealed, aad: &self.hash() };
        let plain = self.cipher().decrypt(&Nonce::default(), payload).ok().map(Zeroizing::new)?;
        Self::from_slice(&plain)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

/// What a refresh token was good for.
#[derive(Debug)]
pub struct Refreshed {
    /// Whose sign-in, as the account stands now.
    pub account: StoredAccount,
    /// Which sign-in.
    pub family: FamilyId,
    /// The token to use next time.
    pub token: RefreshToken,
}

/// Held from reading a refresh token out of the keychain until its successor lies there, so that two
/// processes of one client never use the same token. Given back when dropped, and by the operating
/// system when the process ends.
pub struct RotationLock {
    _file: File,
}

struct Family {
    account: AccountId,
    client: String,
    lasting: bool,
    generation: u64,
    current_hash: [u8; 32],
    predecessor_hash: Option<[u8; 32]>,
    successor: Option<Vec<u8>>,
    rotated_at: Timestamp,
    created_at: Timestamp,
    revoked: bool,
}

/// What the transaction found; a reuse must be written down, so it is no error there.
enum Outcome {
    Fine(Box<Refreshed>),
    Refused(RefreshError),
    Reused(AccountId, Option<Client>),
}

impl AccountsStore {
    /// Waits until no other process of this client rotates its token.
    ///
    /// # Errors
    /// The disk's failure.
    pub fn lock_rotation(&self, client: Client) -> Result<RotationLock, AccountsError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(self.dir.join(format!("refresh-{}.lock", client.as_str())))?;
        file.lock()?;
        Ok(RotationLock { _file: file })
    }

    /// Begins a sign-in that lasts beyond the process, in place of an older one of the same client.
    ///
    /// # Errors
    /// [`AccountsError::NotFound`], or the store's failure.
    pub fn stay_signed_in(
        &self,
        account: AccountId,
        client: Client,
    ) -> Result<Refreshed, AccountsError> {
        self.begin_family(account, client, true)
    }

    /// Begins a sign-in that only this process knows of.
    ///
    /// # Errors
    /// [`AccountsError::NotFound`], or the store's failure.
    pub fn sign_in_here(
        &self,
        account: AccountId,
        client: Client,
    ) -> Result<Refreshed, AccountsError> {
        self.begin_family(account, client, false)
    }

    fn begin_family(
        &self,
        account: AccountId,
        client: Client,
        lasting: bool,
    ) -> Result<Refreshed, AccountsError> {
        let family = FamilyId(self.ports.ids.next());
        let now = self.now();
        self.write(|conn| {
            let found = directory::find(conn, account)?
                .filter(|found| !found.account.disabled)
                .ok_or(AccountsError::NotFound)?;
            if lasting {
                revoke_client(conn, account, client, now)?;
            }
            let long_gone = now.saturating_sub(LIFE + LIFE).map_or(i64::MIN, column::micros);
            conn.prepare_cached("DELETE FROM families WHERE created_at < ?1")?
                .execute([long_gone])?;
            let key = MarkKey::of(conn)?;
            let token = RefreshToken::new(&key, family, 1, self.ports.random.as_ref());
            conn.prepare_cached(
                "INSERT INTO families
                 (id, account_id, client, lasting, current_hash, rotated_at, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
            )?
            .execute(params![
                family.0.into_bytes(),
                account.uuid().into_bytes(),
                client.as_str(),
                lasting,
                token.hash(),
                column::micros(now)
            ])?;
            Ok(Refreshed { account: found, family, token })
        })
    }

    /// Uses a refresh token: gives the account as it stands now, and the next token.
    ///
    /// # Errors
    /// [`RefreshError`] says what ended the sign-in. After [`RefreshError::Reused`] the family is
    /// revoked and the client's session slot removed.
    pub fn refresh(&self, token: &RefreshToken) -> Result<Refreshed, RefreshError> {
        let now = self.now();
        let outcome = self.write(|conn| self.rotate(conn, token, now))?;
        match outcome {
            Outcome::Fine(refreshed) => Ok(*refreshed),
            Outcome::Refused(error) => Err(error),
            Outcome::Reused(account, client) => {
                if let Some(client) = client {
                    // The family is revoked already; a slot that stays takes a key from the
                    // keychain to be of use.
                    self.remove_session_slots(account, SessionSlots::Of(client)).ok();
                }
                Err(RefreshError::Reused)
            }
        }
    }

    fn rotate(
        &self,
        conn: &Connection,
        token: &RefreshToken,
        now: Timestamp,
    ) -> Result<Outcome, AccountsError> {
        let key = MarkKey::of(conn)?;
        let Some(id) = token.family(&key) else {
            return Ok(Outcome::Refused(RefreshError::Invalid));
        };
        let Some(family) = find(conn, id)? else {
            return Ok(Outcome::Refused(RefreshError::Invalid));
        };
        if family.revoked {
            return Ok(Outcome::Refused(RefreshError::Ended));
        }
        let account = directory::find(conn, family.account)?;
        let Some(account) = account.filter(|found| !found.account.disabled) else {
            revoke(conn, id, now)?;
            return Ok(Outcome::Refused(RefreshError::Ended));
        };
        if now.duration_since(family.created_at) >= LIFE {
            revoke(conn, id, now)?;
            return Ok(Outcome::Refused(RefreshError::Expired));
        }
        let hash = token.hash();
        if hash == family.current_hash {
            let generation = family.generation.saturating_add(1);
            let next = RefreshToken::new(&key, id, generation, self.ports.random.as_ref());
            conn.prepare_cached(
                "UPDATE families SET generation = ?2, current_hash = ?3, predecessor_hash = ?4,
                 successor = ?5, rotated_at = ?6 WHERE id = ?1",
            )?
            .execute(params![
                id.0.into_bytes(),
                column::stored(generation),
                next.hash(),
                hash,
                token.seal_successor(&next),
                column::micros(now)
            ])?;
            return Ok(Outcome::Fine(Box::new(Refreshed { account, family: id, token: next })));
        }
        let in_grace = now.duration_since(family.rotated_at).abs() <= GRACE;
        if family.predecessor_hash == Some(hash)
            && in_grace
            && let Some(next) =
                family.successor.as_deref().and_then(|sealed| token.open_successor(sealed))
        {
            return Ok(Outcome::Fine(Box::new(Refreshed { account, family: id, token: next })));
        }
        revoke(conn, id, now)?;
        audit::append(conn, now, None, AuditAction::TokenReused, Some(family.account), None)?;
        let client = [Client::Desktop, Client::CommandLine]
            .into_iter()
            .find(|client| family.lasting && client.as_str() == family.client);
        Ok(Outcome::Reused(family.account, client))
    }

    /// Whether access tokens of a family are still good, beside their own checks. False from the
    /// moment it is revoked.
    ///
    /// # Errors
    /// The store's failure.
    pub fn family_lives(&self, family: FamilyId) -> Result<bool, AccountsError> {
        let now = self.now();
        self.read(|conn| {
            Ok(find(conn, family)?
                .is_some_and(|found| !found.revoked && now.duration_since(found.created_at) < LIFE))
        })
    }

    /// Signs a client out: its lasting sign-in ends and its session slot goes.
    ///
    /// # Errors
    /// The failure of store or key file. With [`AccountsError::Slots`] the sign-in has ended, but the
    /// slot is still there.
    pub fn sign_out(&self, account: AccountId, client: Client) -> Result<(), AccountsError> {
        let now = self.now();
        self.write(|conn| {
            if revoke_client(conn, account, client, now)? {
                let action = AuditAction::SignedOut;
                audit::append(conn, now, Some(account), action, Some(account), None)?;
            }
            Ok::<_, AccountsError>(())
        })?;
        self.remove_session_slots(account, SessionSlots::Of(client))
    }

    /// Signs out whoever stays signed in with this client. Needs no token: a keychain that gives
    /// none must not keep anybody from signing out.
    ///
    /// # Errors
    /// As [`AccountsStore::sign_out`].
    pub fn sign_out_client(&self, client: Client) -> Result<(), AccountsError> {
        let signed_in = self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT DISTINCT account_id FROM families
                 WHERE client = ?1 AND lasting = 1 AND revoked_at IS NULL",
            )?;
            let rows = statement.query_map([client.as_str()], |row| column::uuid(row, 0))?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        })?;
        signed_in.into_iter().try_for_each(|id| self.sign_out(AccountId::new(id), client))
    }

    /// Ends one sign-in, such as that of a process which is over.
    ///
    /// # Errors
    /// The store's failure.
    pub fn end_family(&self, family: FamilyId) -> Result<(), AccountsError> {
        let now = self.now();
        self.write(|conn| revoke(conn, family, now))
    }
}

fn find(conn: &Connection, id: FamilyId) -> Result<Option<Family>, AccountsError> {
    Ok(conn
        .prepare_cached(
            "SELECT account_id, client, lasting, generation, current_hash, predecessor_hash,
             successor, rotated_at, created_at, revoked_at IS NOT NULL FROM families WHERE id = ?1",
        )?
        .query_row([id.0.into_bytes()], |row| {
            Ok(Family {
                account: AccountId::new(column::uuid(row, 0)?),
                client: row.get(1)?,
                lasting: row.get(2)?,
                generation: column::count(row, 3)?,
                current_hash: row.get(4)?,
                predecessor_hash: row.get(5)?,
                successor: row.get(6)?,
                rotated_at: column::time(row, 7)?,
                created_at: column::time(row, 8)?,
                revoked: row.get(9)?,
            })
        })
        .optional()?)
}

fn revoke(conn: &Connection, family: FamilyId, now: Timestamp) -> Result<(), AccountsError> {
    conn.prepare_cached(
        "UPDATE families SET revoked_at = ?2, successor = NULL WHERE id = ?1 AND revoked_at IS NULL",
    )?
    .execute(params![family.0.into_bytes(), column::micros(now)])?;
    Ok(())
}

/// Ends the lasting sign-in of a client; says whether there was one.
fn revoke_client(
    conn: &Connection,
    account: AccountId,
    client: Client,
    now: Timestamp,
) -> Result<bool, AccountsError> {
    let n = conn
        .prepare_cached(
            "UPDATE families SET revoked_at = ?3, successor = NULL
             WHERE account_id = ?1 AND client = ?2 AND lasting = 1 AND revoked_at IS NULL",
        )?
        .execute(params![account.uuid().into_bytes(), client.as_str(), column::micros(now)])?;
    Ok(n > 0)
}

/// Ends every sign-in of an account.
pub(super) fn revoke_all(
    conn: &Connection,
    account: AccountId,
    now: Timestamp,
) -> Result<(), AccountsError> {
    conn.prepare_cached(
        "UPDATE families SET revoked_at = ?2, successor = NULL
         WHERE account_id = ?1 AND revoked_at IS NULL",
    )?
    .execute(params![account.uuid().into_bytes(), column::micros(now)])?;
    Ok(())
}
