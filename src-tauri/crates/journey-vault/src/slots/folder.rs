//! One vault's folder and the ways into it.

use super::{
    Client, KdfCost, KdfError, RecoveryCode, SessionKey,
    header::{BadHeader, Header, MAX_FILE_BYTES, SlotFailure},
};
use crate::{durable, keys::VaultKeys};
use journey_domain::{account::AccountName, error_code::ErrorCode, ports::Random};
use secrecy::SecretString;
use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};
use uuid::Uuid;

const HEADER_FILE: &str = "vault.json";
const PREVIOUS_FILE: &str = "vault.json.previous";
const LOCK_FILE: &str = "vault.json.lock";

/// A vault's folder, `<data-dir>/vaults/<account-id>/`. Cheap; holds no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultFolder(PathBuf);

/// Whose "stay signed in" ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionSlots {
    /// One client's.
    Of(Client),
    /// Every client's.
    All,
}

/// Why a vault did not open. Carries no private content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnlockError {
    /// There is no `vault.json`.
    #[error("the vault's key file is missing")]
    Missing,
    /// Neither it nor its copy can be read.
    #[error("the vault's key file is damaged")]
    Damaged,
    /// A newer version of the program wrote it.
    #[error("the vault was written by a newer version of the program (format {found})")]
    Newer {
        /// The format in the file.
        found: u32,
    },
    /// The password, code or session key does not open it.
    #[error("that does not open the vault")]
    Wrong,
    /// There is no slot of that kind: nobody stays signed in, or no code was ever made.
    #[error("the vault cannot be opened in that way")]
    NoSlot,
    /// There is not enough memory to check a password.
    #[error(transparent)]
    Kdf(#[from] KdfError),
    /// The disk failed.
    #[error("the vault's key file cannot be read")]
    Io(#[source] io::Error),
}

impl UnlockError {
    /// The code under which it reaches people and scripts.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Wrong | Self::NoSlot => ErrorCode::WrongPassword,
            Self::Missing | Self::Damaged | Self::Newer { .. } => ErrorCode::Vault,
            Self::Kdf(_) => ErrorCode::Internal,
            Self::Io(_) => ErrorCode::Io,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Wrong => {
                Some("Try again, or use the recovery code: `insight-journey account recover NAME`.")
            }
            Self::Missing | Self::Damaged => {
                Some("Put vault.json back from a copy of the folder, or restore a backup.")
            }
            Self::Newer { .. } => Some("Use the newest version of the program."),
            Self::Kdf(_) => Some("Close other programs and try again."),
            Self::NoSlot | Self::Io(_) => None,
        }
    }
}

/// Why the slots of a vault could not be changed; they are as they were before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SlotError {
    /// A vault is there already where a new one was to be made.
    #[error("there is a vault already")]
    Exists,
    /// The file cannot be read.
    #[error(transparent)]
    Unreadable(#[from] UnlockError),
    /// The keys are another vault's.
    #[error("the keys are not those of this vault")]
    ForeignKeys,
    /// No key could be made from the password.
    #[error(transparent)]
    Kdf(#[from] KdfError),
    /// Sealing failed.
    #[error("sealing the vault's keys failed")]
    Seal,
    /// No space left.
    #[error("the disk is full")]
    DiskFull,
    /// What was written is not what can be read back.
    #[error("the vault's key file could not be written faithfully")]
    NotAsWritten,
    /// The disk failed.
    #[error("the vault's key file cannot be written")]
    Io(#[source] io::Error),
}

impl SlotError {
    /// The code under which it reaches people and scripts.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Exists => ErrorCode::Exists,
            Self::Unreadable(error) => error.code(),
            Self::DiskFull => ErrorCode::DiskFull,
            Self::NotAsWritten | Self::Io(_) => ErrorCode::Io,
            Self::ForeignKeys => ErrorCode::Vault,
            Self::Kdf(_) | Self::Seal => ErrorCode::Internal,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unreadable(error) => error.hint(),
            Self::DiskFull => Some("Free some space and try again; the vault opens as before."),
            Self::Kdf(_) => Some("Close other programs and try again."),
            _ => None,
        }
    }
}

impl From<io::Error> for SlotError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::StorageFull { Self::DiskFull } else { Self::Io(error) }
    }
}

impl From<io::Error> for UnlockError {
    fn from(error: io::Error) -> Self {
        // What `durable` says of a file that is too large to be one of ours.
        if error.kind() == io::ErrorKind::InvalidData { Self::Damaged } else { Self::Io(error) }
    }
}

impl From<SlotFailure> for UnlockError {
    fn from(failure: SlotFailure) -> Self {
        match failure {
            SlotFailure::NoSlot => Self::NoSlot,
            SlotFailure::Wrong => Self::Wrong,
            SlotFailure::Kdf(error) => Self::Kdf(error),
        }
    }
}

impl From<SlotFailure> for SlotError {
    fn from(failure: SlotFailure) -> Self {
        match failure {
            SlotFailure::Kdf(error) => Self::Kdf(error),
            SlotFailure::NoSlot | SlotFailure::Wrong => Self::Seal,
        }
    }
}

impl From<BadHeader> for UnlockError {
    fn from(bad: BadHeader) -> Self {
        match bad {
            BadHeader::Damaged => Self::Damaged,
            BadHeader::Newer { found } => Self::Newer { found },
        }
    }
}

/// Spends on an unknown name what a known one costs.
///
/// # Errors
/// [`KdfError::Memory`], as for a known one.
pub fn burn_equal_time(password: &SecretString, cost: KdfCost) -> Result<(), KdfError> {
    cost.derive(password, &[0; super::kdf::SALT_BYTES]).map(drop)
}

impl VaultFolder {
    /// The folder at `path`, which need not exist.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Whether it has been given keys.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.0.join(HEADER_FILE).exists() || self.0.join(PREVIOUS_FILE).exists()
    }

    /// The name that the account had when it was made, for a folder without an account.
    ///
    /// # Errors
    /// [`UnlockError`] when the file cannot be read.
    pub fn name(&self) -> Result<AccountName, UnlockError> {
        self.header()?.name().ok_or(UnlockError::Damaged)
    }

    /// What opening with a password costs, as the file says.
    ///
    /// # Errors
    /// [`UnlockError`] when the file cannot be read.
    pub fn password_cost(&self) -> Result<Option<KdfCost>, UnlockError> {
        Ok(self.header()?.password_cost())
    }

    /// Makes the folder, both keys, the password slot and the first recovery slot.
    ///
    /// # Errors
    /// [`SlotError::Exists`] over another vault, or what failed; there is no vault then.
    pub fn create(
        &self,
        vault: Uuid,
        name: &AccountName,
        password: &SecretString,
        cost: KdfCost,
        random: &dyn Random,
    ) -> Result<(VaultKeys, RecoveryCode), SlotError> {
        let draft = Draft::new(vault, name, password, cost, random)?;
        durable::make_private_dir(&self.0)?;
        let _lock = self.lock()?;
        if self.has_keys() {
            return Err(SlotError::Exists);
        }
        self.write_first(&draft.header)?;
        Ok((draft.keys, draft.recovery_code))
    }

    /// Opens the vault, and raises the password slot where it is weaker than `wanted`.
    ///
    /// # Errors
    /// [`UnlockError::Wrong`] for a wrong password, or why the file cannot be read. That the slot
    /// could not be raised is no error.
    pub fn unlock_with_password(
        &self,
        password: &SecretString,
        wanted: KdfCost,
        random: &dyn Random,
    ) -> Result<VaultKeys, UnlockError> {
        let keys = self.open(
            |header| header.open_with_password(password),
            // The same slot is not asked twice: that would cost a second, and tell by its time.
            |header, copy| !copy.has_password_slot_of(header),
        )?;
        match self.password_cost() {
            Ok(Some(cost)) if cost.is_weaker_than(wanted) => {
                // The old slot still opens; the next sign-in tries again.
                self.set_password(&keys, password, cost.at_least(wanted), random).ok();
            }
            _ => {}
        }
        Ok(keys)
    }

    /// Opens the vault with a recovery code.
    ///
    /// # Errors
    /// [`UnlockError::Wrong`] for a code of another vault or one that was replaced, or why the file
    /// cannot be read.
    pub fn unlock_with_recovery(&self, code: &RecoveryCode) -> Result<VaultKeys, UnlockError> {
        self.open(|header| header.open_with_recovery(code), |_, _| true)
    }

    /// Opens the vault for a client that stays signed in.
    ///
    /// # Errors
    /// [`UnlockError::NoSlot`] when that was ended, or why else it does not open.
    pub fn unlock_with_session_key(
        &self,
        client: Client,
        key: &SessionKey,
    ) -> Result<VaultKeys, UnlockError> {
        self.open(|header| header.open_with_session(client, key), |_, _| true)
    }

    /// Gives the vault another password. Wraps the keys anew; nothing else is encrypted again.
    ///
    /// # Errors
    /// [`SlotError`]; the old password opens the vault then.
    pub fn set_password(
        &self,
        keys: &VaultKeys,
        password: &SecretString,
        cost: KdfCost,
        random: &dyn Random,
    ) -> Result<(), SlotError> {
        self.change(Some(keys), |header| header.set_password(keys, password, cost, random))
    }

    /// Makes a recovery code. The others go on working: the oldest and the newest three at most.
    ///
    /// # Errors
    /// [`SlotError`]; the codes are as before then.
    pub fn new_recovery_code(
        &self,
        keys: &VaultKeys,
        random: &dyn Random,
    ) -> Result<RecoveryCode, SlotError> {
        self.change(Some(keys), |header| header.add_recovery(keys, false, random))
    }

    /// Makes every recovery code but this one stop working.
    ///
    /// # Errors
    /// [`SlotError`], also for a code that does not work itself; the codes are as before then.
    pub fn keep_recovery_code_alone(&self, code: &RecoveryCode) -> Result<(), SlotError> {
        let keys = self.unlock_with_recovery(code)?;
        self.change(Some(&keys), |header| header.keep_recovery_alone(code))
    }

    /// Lets a client stay signed in; an older slot of the same client goes.
    ///
    /// # Errors
    /// [`SlotError`]; the slots are as before then.
    pub fn add_session_slot(
        &self,
        keys: &VaultKeys,
        client: Client,
        random: &dyn Random,
    ) -> Result<SessionKey, SlotError> {
        self.change(Some(keys), |header| header.add_session(keys, client, random))
    }

    /// Ends staying signed in. Takes no key.
    ///
    /// # Errors
    /// [`SlotError`] when the file cannot be read or written.
    pub fn remove_session_slots(&self, which: SessionSlots) -> Result<(), SlotError> {
        self.change(None, |header| {
            header.remove_sessions(|client| match which {
                SessionSlots::Of(one) => client == one,
                SessionSlots::All => true,
            });
            Ok(())
        })
    }

    /// The header that counts: the file's, or its copy's where the file is gone or damaged.
    pub(crate) fn header(&self) -> Result<Header, UnlockError> {
        let first = match self.read(HEADER_FILE) {
            Ok(Some(header)) => return Ok(header),
            // An older program must not go on with an older copy.
            Err(error @ UnlockError::Newer { .. }) => return Err(error),
            Ok(None) => UnlockError::Missing,
            Err(error) => error,
        };
        match self.read(PREVIOUS_FILE) {
            Ok(Some(header)) => Ok(header),
            _ => Err(first),
        }
    }

    /// Puts a whole new header in place, for the maker of a vault and for restoring one.
    pub(crate) fn write_first(&self, header: &Header) -> Result<(), SlotError> {
        let content = header.to_bytes().map_err(|_| SlotError::Seal)?;
        durable::make_private_dir(&self.0)?;
        if let Some(parent) = self.0.parent() {
            durable::sync_dir(parent)?;
        }
        durable::replace(&self.0.join(HEADER_FILE), &content)?;
        self.verify(header)?;
        // The copy is a second chance only; the vault is made.
        durable::replace(&self.0.join(PREVIOUS_FILE), &content).ok();
        Ok(())
    }

    fn read(&self, file: &str) -> Result<Option<Header>, UnlockError> {
        let content = durable::read_small(&self.0.join(file), MAX_FILE_BYTES)?;
        content.map(|content| Header::parse(&content).map_err(UnlockError::from)).transpose()
    }

    /// Tries the file, then its copy if that could know better.
    fn open(
        &self,
        attempt: impl Fn(&Header) -> Result<VaultKeys, SlotFailure>,
        copy_may_differ: impl Fn(&Header, &Header) -> bool,
    ) -> Result<VaultKeys, UnlockError> {
        let header = self.header()?;
        let copy = self.read(PREVIOUS_FILE).ok().flatten();
        let (failure, ask_copy) = match attempt(&header) {
            Ok(keys) if header.fits(&keys) => {
                self.finish_revocation(&header, copy.as_ref());
                return Ok(keys);
            }
            // The slot opened, but the file says that its keys are not the vault's.
            Ok(_) => (UnlockError::Damaged, true),
            Err(failure) => {
                let ask_copy = copy.as_ref().is_some_and(|copy| copy_may_differ(&header, copy));
                (failure.into(), ask_copy)
            }
        };
        // A slot that the disk damaged may be whole in the copy. One that was taken back is not
        // asked.
        if ask_copy
            && let Some(copy) = copy
            && copy.revocations() >= header.revocations()
            && let Ok(keys) = attempt(&copy)
            && copy.fits(&keys)
        {
            return Ok(keys);
        }
        Err(failure)
    }

    /// Finishes what an interrupted change left: a copy with slots that were taken back.
    fn finish_revocation(&self, header: &Header, copy: Option<&Header>) {
        if copy.is_none_or(|copy| copy.revocations() < header.revocations())
            && let Ok(_lock) = self.lock()
            && let Ok(now) = self.header()
            && let Ok(content) = now.to_bytes()
        {
            // Opening must not fail for it; the next one tries again.
            durable::replace(&self.0.join(PREVIOUS_FILE), &content).ok();
        }
    }

    /// Reads, changes and replaces the file, one process at a time.
    fn change<T>(
        &self,
        keys: Option<&VaultKeys>,
        change: impl FnOnce(&mut Header) -> Result<T, SlotFailure>,
    ) -> Result<T, SlotError> {
        if !self.has_keys() {
            return Err(UnlockError::Missing.into());
        }
        let _lock = self.lock()?;
        let before = self.header()?;
        if keys.is_some_and(|keys| !before.fits(keys)) {
            return Err(SlotError::ForeignKeys);
        }
        let mut after = before.clone();
        let value = change(&mut after)?;
        if after == before {
            return Ok(value);
        }
        let previous = self.0.join(PREVIOUS_FILE);
        let content = after.to_bytes().map_err(|_| SlotError::Seal)?;
        durable::replace(&previous, &before.to_bytes().map_err(|_| SlotError::Seal)?)?;
        durable::replace(&self.0.join(HEADER_FILE), &content)?;
        self.verify(&after)?;
        if after.revocations() > before.revocations() {
            // Done as far as the person is concerned: unlocking finishes it if this fails.
            durable::replace(&previous, &content).ok();
        }
        Ok(value)
    }

    fn verify(&self, wanted: &Header) -> Result<(), SlotError> {
        match self.read(HEADER_FILE) {
            Ok(Some(written)) if written == *wanted => Ok(()),
            _ => Err(SlotError::NotAsWritten),
        }
    }

    fn lock(&self) -> io::Result<File> {
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(self.0.join(LOCK_FILE))?;
        lock.lock()?;
        Ok(lock)
    }
}

/// A vault's keys and header before anything is on disk: making them takes a second.
pub(crate) struct Draft {
    pub(crate) header: Header,
    pub(crate) keys: VaultKeys,
    pub(crate) recovery_code: RecoveryCode,
}

impl Draft {
    pub(crate) fn new(
        vault: Uuid,
        name: &AccountName,
        password: &SecretString,
        cost: KdfCost,
        random: &dyn Random,
    ) -> Result<Self, SlotError> {
        let keys = VaultKeys::generate(random);
        let mut header = Header::new(vault, name, &keys);
        header.set_password(&keys, password, cost, random)?;
        let recovery_code = header.add_recovery(&keys, true, random)?;
        Ok(Self { header, keys, recovery_code })
    }
}
