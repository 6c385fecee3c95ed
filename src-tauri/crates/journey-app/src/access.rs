//! Who is here: accounts, signing in and out, staying signed in, locking.

use crate::{
    App, Ports,
    data_dir::DataDir,
    error::{CommandError, Result},
    gate::token::AccessToken,
    open_vault::OpenVault,
    settings::{self, Scope},
    views::{
        AccountCreated, AccountList, AccountNameView, AccountView, AuditList, AuditView,
        SettingList, WhoView,
        window::{AccountRow, AccountRows, AccountState, PasswordStrength, Presence},
    },
};
use journey_domain::{
    account::{Account, AccountName, Role},
    error_code::ErrorCode,
    ports::{Event, LockReason},
};
use journey_vault::{
    AccountsError, AccountsStore, AuditAction, CreateAccountError, FamilyId, KdfCost, NewAccount,
    OpenError, RecoveryCode, RefreshToken, SessionKey, SignInError, SignInFor, StoredAccount,
    Vault, VaultKeys,
};
use secrecy::SecretString;
use serde_json::Value;
use std::sync::Arc;

pub use journey_vault::Client;

/// Weakest password that is taken, of zxcvbn's 0 to 4.
const MIN_STRENGTH: u8 = 3;

/// Shortest and longest password, in characters.
const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 8..=1000;

/// Most lines of the audit log that are printed at once.
const MAX_AUDIT_LINES: u32 = 1000;

/// Somebody who came through the gate. Only the gate makes one.
pub struct Caller {
    account: Account,
    family: FamilyId,
}

impl Caller {
    pub(crate) const fn new(account: Account, family: FamilyId) -> Self {
        Self { account, family }
    }

    /// Who.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }
}

/// Somebody whose vault is open. Only the gate makes one.
pub struct Unlocked {
    pub(crate) caller: Caller,
    pub(crate) open: Arc<OpenVault>,
}

impl Unlocked {
    pub(crate) fn vault(&self) -> &Vault {
        &self.open.vault
    }

    /// Who.
    #[must_use]
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }
}

/// The accounts store with what the app needs around it.
pub(crate) struct Access {
    accounts: AccountsStore,
}

impl Access {
    pub(crate) fn open(data_dir: &DataDir, ports: &Ports) -> Result<Self> {
        let opened =
            AccountsStore::open(data_dir.path(), ports.vault()).map_err(|e| accounts_error(&e))?;
        Ok(Self { accounts: opened.store })
    }

    pub(crate) const fn accounts(&self) -> &AccountsStore {
        &self.accounts
    }
}

/// How good a password is; the account's name must not help.
#[must_use]
pub fn strength(password: &str, name: &str) -> PasswordStrength {
    let estimate = zxcvbn::zxcvbn(password, &[name, "insight", "journey", "insight-journey"]);
    let score = u8::from(estimate.score());
    let feedback = estimate.feedback();
    let long_enough = PASSWORD_CHARS.contains(&password.chars().count());
    PasswordStrength {
        score,
        acceptable: score >= MIN_STRENGTH && long_enough,
        warning: feedback.and_then(|f| f.warning()).map(|w| w.to_string()),
        suggestions: feedback
            .map(|f| f.suggestions().iter().map(ToString::to_string).collect())
            .unwrap_or_default(),
    }
}

fn acceptable(password: &str, name: &str) -> Result<SecretString> {
    let strength = strength(password, name);
    if strength.acceptable {
        return Ok(password.to_owned().into());
    }
    let warning =
        strength.warning.unwrap_or_else(|| "this password is too easy to guess".to_owned());
    let warning = warning.trim_end_matches('.').to_owned();
    Err(CommandError::usage(warning)
        .hint("Take several uncommon words, at least 8 characters; there is no other rule."))
}

fn name_of(name: &str) -> Result<AccountName> {
    AccountName::new(name).map_err(|error| CommandError::usage(error.to_string()))
}

/// The accounts store's failures as what a person gets.
pub(crate) fn accounts_error(error: &AccountsError) -> CommandError {
    with_hint(error.code(), error.to_string(), error.hint())
}

impl From<AccountsError> for CommandError {
    fn from(error: AccountsError) -> Self {
        accounts_error(&error)
    }
}

fn sign_in_error(error: &SignInError) -> CommandError {
    with_hint(error.code(), error.to_string(), error.hint())
}

fn create_error(error: &CreateAccountError) -> CommandError {
    with_hint(error.code(), error.to_string(), error.hint())
}

fn open_error(error: &OpenError) -> CommandError {
    with_hint(error.code(), error.to_string(), error.hint())
}

fn with_hint(code: ErrorCode, message: String, hint: Option<impl Into<String>>) -> CommandError {
    let it = CommandError::new(code, message);
    match hint {
        Some(hint) => it.hint(hint),
        None => it,
    }
}

const fn session_entry(client: Client) -> &'static str {
    match client {
        Client::Desktop => "session-desktop",
        Client::CommandLine => "session-command-line",
    }
}

const fn refresh_entry(client: Client) -> &'static str {
    match client {
        Client::Desktop => "refresh-desktop",
        Client::CommandLine => "refresh-command-line",
    }
}

impl App {
    fn accounts_store(&self) -> &AccountsStore {
        self.access().accounts()
    }

    fn cost(&self) -> Result<KdfCost> {
        match self.ports().kdf {
            Some(cost) => Ok(cost),
            None => self.accounts_store().password_cost(|| {
                KdfCost::calibrated(&*self.ports().clock).map_err(|error| {
                    CommandError::new(ErrorCode::Internal, error.to_string())
                        .hint("Close other programs and try again.")
                })
            }),
        }
    }

    /// Whether there is any account on this computer.
    ///
    /// # Errors
    /// The accounts store's failure.
    pub fn any_account(&self) -> Result<bool> {
        Ok(!self.all_accounts()?.is_empty())
    }

    fn all_accounts(&self) -> Result<Vec<StoredAccount>> {
        self.accounts_store().accounts().map_err(|e| accounts_error(&e))
    }

    /// The name of the account, where there is exactly one.
    ///
    /// # Errors
    /// The accounts store's failure.
    pub fn only_account_name(&self) -> Result<Option<String>> {
        let accounts = self.all_accounts()?;
        Ok(match accounts.as_slice() {
            [only] => Some(only.account.name.as_str().to_owned()),
            _ => None,
        })
    }

    /// Whether another account may come to be by this hand, as the computer's settings say. The
    /// first one needs nobody's leave.
    pub(crate) fn may_make_account(&self, maker: Option<&Caller>) -> Result<()> {
        let by_admin = maker.is_some_and(|m| m.account.role == Role::Admin);
        if !by_admin && self.only_admins_make_accounts()? {
            return Err(admins_only());
        }
        Ok(())
    }

    /// Whether only an admin may make or bring back an account now.
    ///
    /// # Errors
    /// The accounts store's failure.
    pub fn only_admins_make_accounts(&self) -> Result<bool> {
        let is_set = self.system_value_of("who_may_create")?.as_str() == Some("admin");
        Ok(is_set && self.any_account()?)
    }

    /// Makes an account with its vault. The first one is an admin; the code is shown this once.
    ///
    /// # Errors
    /// A weak password, a bad or taken name; not allowed where only admins make accounts.
    pub fn create_account(
        &self,
        maker: Option<&Caller>,
        name: &str,
        admin: bool,
        password: &str,
    ) -> Result<AccountCreated> {
        let by_admin = maker.is_some_and(|m| m.account.role == Role::Admin);
        if admin && !by_admin && self.any_account()? {
            return Err(admins_only());
        }
        self.may_make_account(maker)?;
        let name = name_of(name)?;
        let password = acceptable(password, name.as_str())?;
        // The store makes the first one an admin, whoever else was faster meanwhile.
        let role = if admin && by_admin { Role::Admin } else { Role::Regular };
        let created = self
            .accounts_store()
            .create_account(&NewAccount {
                name: &name,
                role,
                password: &password,
                cost: self.cost()?,
                by: maker.map(|m| m.account.id),
            })
            .map_err(|e| create_error(&e))?;
        Ok(AccountCreated {
            account: (&created.account.account).into(),
            recovery_code: created.recovery_code.reveal().to_string(),
        })
    }

    /// Signs in for this process alone and opens the vault.
    ///
    /// # Errors
    /// A wrong name or password, a disabled account, too many tries, or a vault that does not open.
    pub fn sign_in_once(&self, name: &str, password: &str) -> Result<AccessToken> {
        let client = Client::CommandLine;
        self.enter(name, password, client, SignInFor::OneCommand).map(|(token, _)| token)
    }

    /// Signs in for the window: opens the vault and, if wanted, stays signed in.
    ///
    /// # Errors
    /// As [`App::sign_in_once`].
    pub fn sign_in_window(&self, name: &str, password: &str, stay: bool) -> Result<AccessToken> {
        let (token, open) = self.enter(name, password, Client::Desktop, SignInFor::Longer)?;
        if stay {
            // Without a keychain the password is asked at each start.
            self.stay(&open, Client::Desktop);
        }
        Ok(token)
    }

    /// Signs in and stays signed in beyond the process; `false` where nothing can keep it.
    ///
    /// # Errors
    /// As [`App::sign_in_once`].
    pub fn sign_in(&self, name: &str, password: &str, client: Client) -> Result<bool> {
        let (_, open) = self.enter(name, password, client, SignInFor::Longer)?;
        Ok(self.stay(&open, client))
    }

    fn enter(
        &self,
        name: &str,
        password: &str,
        client: Client,
        what_for: SignInFor,
    ) -> Result<(AccessToken, Arc<OpenVault>)> {
        let name = AccountName::new(name).map_err(|_| wrong())?;
        let password = SecretString::from(password.to_owned());
        let signed_in = self
            .accounts_store()
            .sign_in(&name, &password, self.cost()?, what_for)
            .map_err(|e| sign_in_error(&e))?;
        let open = self.unlock(&signed_in.account, signed_in.keys)?;
        let here = self
            .accounts_store()
            .sign_in_here(open.account.id, client)
            .map_err(|e| accounts_error(&e))?;
        let token = self.gate().mint(self.ports(), &here.account, here.family)?;
        Ok((token, open))
    }

    fn unlock(&self, account: &StoredAccount, keys: VaultKeys) -> Result<Arc<OpenVault>> {
        let dir = self.data_dir().vault(account.account.id);
        let vault = Vault::open(&dir, &keys, self.ports().vault()).map_err(|e| open_error(&e))?;
        let open = Arc::new(OpenVault::new(account.account.clone(), vault, keys));
        self.separate_places(&open)?;
        self.recover(&open);
        self.let_sound_go(&open);
        self.close(LockReason::Asked);
        *self.slot() = Some(open.clone());
        Ok(open)
    }

    /// Keeps the sign-in in the keychain; `false` where there is none. Never an error: the keychain
    /// is a convenience.
    fn stay(&self, open: &OpenVault, client: Client) -> bool {
        let account = &open.account;
        let keychain = &self.ports().keychain;
        let folder = self.accounts_store().vault_folder(account.id);
        let kept = || -> Option<()> {
            keychain.get(refresh_entry(client)).ok()?;
            let session =
                folder.add_session_slot(&open.keys, client, &*self.ports().random).ok()?;
            let refreshed = self.accounts_store().stay_signed_in(account.id, client).ok()?;
            keychain.set(session_entry(client), &named(account, session.as_bytes())).ok()?;
            keychain.set(refresh_entry(client), refreshed.token.as_bytes()).ok()
        };
        let stays = kept().is_some();
        if !stays {
            // What was half made must not stay behind.
            drop(self.accounts_store().sign_out(account.id, client));
        }
        stays
    }

    /// Takes up a sign-in that was kept; `None` when there is none or it no longer holds.
    ///
    /// # Errors
    /// A vault that does not open although the sign-in holds.
    pub fn resume(&self, client: Client) -> Result<Option<AccessToken>> {
        let keychain = &self.ports().keychain;
        let store = self.accounts_store();
        let _turn = store.lock_rotation(client).map_err(|e| accounts_error(&e))?;
        let Ok(Some(kept)) = keychain.get(refresh_entry(client)) else { return Ok(None) };
        let Some(token) = RefreshToken::from_slice(&kept) else { return Ok(None) };
        let Ok(refreshed) = store.refresh(&token) else { return Ok(None) };
        if keychain.set(refresh_entry(client), refreshed.token.as_bytes()).is_err() {
            return Ok(None);
        }
        let Ok(Some(kept)) = keychain.get(session_entry(client)) else { return Ok(None) };
        let account = &refreshed.account.account;
        let Some(session) = key_of(account, &kept).and_then(SessionKey::from_slice) else {
            return Ok(None);
        };
        let folder = store.vault_folder(account.id);
        let Ok(keys) = folder.unlock_with_session_key(client, &session) else { return Ok(None) };
        let is_open = self.slot().as_ref().is_some_and(|open| open.account.id == account.id);
        if !is_open {
            self.unlock(&refreshed.account, keys)?;
        }
        self.gate().mint(self.ports(), &refreshed.account, refreshed.family).map(Some)
    }

    /// A sign-in of this process anew, after a change that ended every sign-in of the account.
    ///
    /// # Errors
    /// The accounts store's failure.
    pub fn signed_in_again(&self, me: &Unlocked, client: Client) -> Result<AccessToken> {
        let here = self
            .accounts_store()
            .sign_in_here(me.caller.account.id, client)
            .map_err(|e| accounts_error(&e))?;
        self.gate().mint(self.ports(), &here.account, here.family)
    }

    /// The next access token of a sign-in that still holds.
    ///
    /// # Errors
    /// When it no longer holds.
    pub fn refreshed(&self, token: &AccessToken) -> Result<AccessToken> {
        let (account, family) =
            self.gate().account(self.ports(), self.accounts_store(), token, true)?;
        self.gate().mint(self.ports(), &account, family)
    }

    /// Ends the sign-in that was kept for this client, and closes the vault.
    ///
    /// # Errors
    /// The accounts store's failure.
    pub fn sign_out(&self, client: Client) -> Result<()> {
        let keychain = &self.ports().keychain;
        let store = self.accounts_store();
        self.close(LockReason::Asked);
        {
            let _turn = store.lock_rotation(client).map_err(|e| accounts_error(&e))?;
            store.sign_out_client(client).map_err(|e| accounts_error(&e))?;
        }
        // A keychain that does not answer keeps entries that open nothing any more.
        for entry in [refresh_entry(client), session_entry(client)] {
            keychain.delete(entry).ok();
        }
        self.reminders().forget();
        self.interrupted_imports().clear();
        Ok(())
    }

    /// Seals a running recording and closes the vault. Keys are wiped when the last command that
    /// still uses it has ended.
    pub fn close(&self, reason: LockReason) {
        let open = self.slot().take();
        if let Some(open) = open {
            self.downloads().interrupt();
            let account = open.account.id;
            let waiting = open.imports().interrupt().into_iter().map(|path| (account, path));
            self.interrupted_imports().extend(waiting);
            // Before a recording is looked for: from here on none begins on this vault.
            open.begin_closing();
            let is_running = open.running().is_some();
            if is_running && let Err(error) = self.stop_recording(&open) {
                tracing::error!(%error, "the recording was not sealed before closing");
            }
            self.ports().events.emit(Event::Locked(reason));
        }
    }

    /// Who is signed in on this computer for this client.
    ///
    /// # Errors
    /// The accounts store's failure.
    pub fn who(&self, client: Client) -> Result<WhoView> {
        let any_account = self.any_account()?;
        let stays = self.resume(client)?.is_some();
        let open = self.slot().clone();
        Ok(WhoView {
            account: open.as_ref().map(|open| (&open.account).into()),
            unlocked: open.is_some(),
            any_account,
            stays_signed_in: stays,
        })
    }

    /// Where the window's person stands.
    ///
    /// # Errors
    /// The accounts store's failure.
    pub fn account_state(&self, signed_in: Option<&Caller>) -> Result<AccountState> {
        let open = self.slot().clone();
        let any = self.any_account()?;
        let state = match (any, signed_in.is_some(), &open) {
            (false, ..) => Presence::FirstRun,
            (true, true, Some(_)) => Presence::Unlocked,
            (true, true, None) => Presence::Locked,
            (true, false, _) => Presence::SignedOut,
        };
        Ok(AccountState {
            state,
            account: signed_in.map(|c| c.account().into()),
            last_name: self.only_account_name()?,
            may_create: !self.only_admins_make_accounts()?,
            may_stay: self.ports().keychain.get("doctor").is_ok(),
        })
    }

    /// The names of all accounts, and no more. They are no secret: they stand readable in the vault
    /// folders, so that a copied one can be signed in to.
    ///
    /// # Errors
    /// The accounts store's failure.
    pub fn accounts(&self) -> Result<AccountList> {
        let named =
            |a: &StoredAccount| AccountNameView { name: a.account.name.as_str().to_owned() };
        Ok(AccountList { accounts: self.all_accounts()?.iter().map(named).collect() })
    }

    /// All accounts with what an admin sees of them.
    ///
    /// # Errors
    /// The accounts store's failure.
    pub fn account_rows(&self, _me: &Caller) -> Result<AccountRows> {
        let last = self.accounts_store().last_sign_ins().map_err(|e| accounts_error(&e))?;
        let accounts = self
            .all_accounts()?
            .iter()
            .map(|a| AccountRow {
                id: a.account.id.to_string(),
                name: a.account.name.as_str().to_owned(),
                role: a.account.role.as_str().to_owned(),
                disabled: a.account.disabled,
                created_at: a.account.created_at.to_string(),
                last_sign_in: last.get(&a.account.id).map(ToString::to_string),
            })
            .collect();
        Ok(AccountRows { accounts })
    }

    fn named_account(&self, name: &str) -> Result<StoredAccount> {
        let name = name_of(name)?;
        self.accounts_store()
            .find_account_by_name(&name)
            .map_err(|e| accounts_error(&e))?
            .ok_or_else(|| {
                CommandError::not_found("there is no such account")
                    .hint("`insight-journey account list` shows them.")
            })
    }

    /// Changes what an account may do.
    ///
    /// # Errors
    /// Not found; the last admin.
    pub fn set_role(&self, me: &Caller, name: &str, role: Role) -> Result<AccountView> {
        let found = self.named_account(name)?;
        let changed = self
            .accounts_store()
            .set_role(found.account.id, role, Some(me.account.id))
            .map_err(|e| accounts_error(&e))?;
        Ok((&changed.account).into())
    }

    /// Keeps an account from signing in, or lets it again. Takes effect at its next command.
    ///
    /// # Errors
    /// Not found; the last admin.
    pub fn set_disabled(&self, me: &Caller, name: &str, disabled: bool) -> Result<AccountView> {
        let found = self.named_account(name)?;
        let store = self.accounts_store();
        let done = if disabled {
            store.disable(found.account.id, Some(me.account.id))
        } else {
            store.enable(found.account.id, Some(me.account.id))
        };
        done.map_err(|e| accounts_error(&e))?;
        Ok((&self.named_account(name)?.account).into())
    }

    /// Removes an account; its vault is set aside, still sealed.
    ///
    /// # Errors
    /// Not found; the last admin.
    pub fn set_account_aside(&self, me: &Caller, name: &str) -> Result<()> {
        let found = self.named_account(name)?;
        self.accounts_store()
            .set_account_aside(found.account.id, Some(me.account.id))
            .map_err(|e| accounts_error(&e))
    }

    /// Erases the own account and vault for good.
    ///
    /// # Errors
    /// Not allowed for anybody else's; the last admin while there are others.
    pub fn erase_account(&self, me: Unlocked, name: &str) -> Result<()> {
        let found = self.named_account(name)?;
        if found.account.id != me.caller.account.id {
            return Err(CommandError::new(
                ErrorCode::NotAllowed,
                "only its owner may erase a vault",
            )
            .hint("Without --erase an admin sets it aside."));
        }
        drop(me);
        self.close(LockReason::Asked);
        self.reminders().forget();
        self.interrupted_imports().clear();
        self.accounts_store().erase_account(found.account.id).map_err(|e| accounts_error(&e))
    }

    /// Asks for the password again before something that cannot be undone.
    ///
    /// # Errors
    /// A wrong password; too many tries.
    pub fn check_password(&self, me: &Unlocked, password: &str) -> Result<()> {
        let password = SecretString::from(password.to_owned());
        self.accounts_store()
            .confirm_password(me.caller.account.id, &password, self.cost()?)
            .map(drop)
            .map_err(|e| sign_in_error(&e))
    }

    /// Another password for the own vault. Every sign-in of the account ends.
    ///
    /// # Errors
    /// A weak password; the failure of the disk.
    pub fn set_password(&self, me: &Unlocked, current: &str, new: &str) -> Result<()> {
        let account = &me.caller.account;
        let new = acceptable(new, account.name.as_str())?;
        let current = SecretString::from(current.to_owned());
        let cost = self.cost()?;
        let keys = self
            .accounts_store()
            .confirm_password(account.id, &current, cost)
            .map_err(|e| sign_in_error(&e))?;
        self.accounts_store()
            .change_password(account.id, &keys, &new, cost)
            .map(drop)
            .map_err(|e| sign_in_error(&e))
    }

    /// Another recovery code for the own vault, to be written down. The old one works until this one is
    /// confirmed.
    ///
    /// # Errors
    /// A wrong password; the failure of the disk.
    pub fn new_recovery_code(&self, me: &Unlocked, password: &str) -> Result<String> {
        let account = &me.caller.account;
        let password = SecretString::from(password.to_owned());
        let keys = self
            .accounts_store()
            .confirm_password(account.id, &password, self.cost()?)
            .map_err(|e| sign_in_error(&e))?;
        let code = self
            .accounts_store()
            .new_recovery_code(account.id, &keys)
            .map_err(|e| accounts_error(&e))?;
        Ok(code.reveal().to_string())
    }

    /// A new recovery code is written down: it is the only one from now on.
    ///
    /// # Errors
    /// A code that does not work; the failure of the disk.
    pub fn confirm_recovery_code(&self, me: &Unlocked, code: &str) -> Result<()> {
        let code = RecoveryCode::parse(code).map_err(|error| {
            CommandError::new(ErrorCode::WrongPassword, error.to_string())
                .hint("Make another code; the old one works as before.")
        })?;
        self.accounts_store()
            .confirm_recovery_code(me.caller.account.id, &code)
            .map_err(|e| accounts_error(&e))
    }

    /// Sets a new password with the recovery code.
    ///
    /// # Errors
    /// A wrong name or code, a weak password, too many tries.
    pub fn recover_account(&self, name: &str, code: &str, new_password: &str) -> Result<()> {
        let name = AccountName::new(name).map_err(|_| wrong())?;
        let code = RecoveryCode::parse(code).map_err(|error| {
            CommandError::new(ErrorCode::WrongPassword, error.to_string())
                .hint("Check it against what you wrote down; capitals and spaces do not matter.")
        })?;
        let new_password = acceptable(new_password, name.as_str())?;
        self.accounts_store().recover(&name, &code, &new_password, self.cost()?).map(drop).map_err(
            |error| match error {
                SignInError::Wrong => CommandError::new(
                    ErrorCode::WrongPassword,
                    "the name or the recovery code is wrong",
                )
                .hint("Check both against what you wrote down; the code is the newest one."),
                other => sign_in_error(&other),
            },
        )
    }

    /// The audit log: all of it for an admin, the own lines for others.
    ///
    /// # Errors
    /// The accounts store's failure.
    pub fn audit(&self, me: &Caller) -> Result<AuditList> {
        let of = (me.account.role != Role::Admin).then_some(me.account.id);
        let page = self
            .accounts_store()
            .audit_page(of, None, MAX_AUDIT_LINES)
            .map_err(|e| accounts_error(&e))?;
        let audit = page
            .entries
            .into_iter()
            .map(|entry| AuditView {
                at: entry.at.to_string(),
                who: entry.actor_name,
                what: entry.action,
                times: entry.times,
                last_at: entry.last_at.map(|at| at.to_string()),
                on: match (entry.subject_name, entry.detail) {
                    (Some(name), Some(detail)) => Some(format!("{name} ({detail})")),
                    (name, detail) => name.or(detail),
                },
            })
            .collect();
        Ok(AuditList { audit })
    }

    /// Writes a line of the audit log. A log that cannot be written stops nothing.
    pub(crate) fn audit_event(&self, me: &Caller, action: AuditAction, detail: Option<&str>) {
        let who = Some(me.account.id);
        if let Err(error) = self.accounts_store().audit(who, action, None, detail) {
            tracing::warn!(%error, "the audit log could not be written");
        }
    }

    pub(crate) fn system_value_of(&self, key: &str) -> Result<Value> {
        let setting = settings::find(key, Scope::System)?;
        let stored = self.accounts_store().system_setting(key).map_err(|e| accounts_error(&e))?;
        Ok(setting.read(stored))
    }

    /// A setting of the computer that is a number.
    pub(crate) fn system_number(&self, key: &str) -> Result<u32> {
        let number = self.system_value_of(key)?.as_u64().and_then(|n| u32::try_from(n).ok());
        number.ok_or_else(|| CommandError::internal(&"a system setting is no number"))
    }

    /// How much is to be written to the log: error, warn, info or debug.
    ///
    /// # Errors
    /// The accounts store's failure.
    pub fn log_level(&self) -> Result<String> {
        Ok(self.system_text("log_level")?.unwrap_or_else(|| "info".to_owned()))
    }

    pub(crate) fn system_text(&self, key: &str) -> Result<Option<String>> {
        Ok(self.system_value_of(key)?.as_str().map(ToOwned::to_owned))
    }

    /// Changes a setting of the computer; the audit log says who.
    ///
    /// # Errors
    /// A usage error for an unknown key or a value that does not fit.
    pub fn set_system_setting(&self, me: &Caller, key: &str, value: &Value) -> Result<SettingList> {
        settings::find(key, Scope::System)?.check(value)?;
        self.is_here(key, value)?;
        self.accounts_store()
            .set_system_setting(key, value, me.account.id)
            .map_err(|e| accounts_error(&e))?;
        self.system_settings(me, Some(key))
    }

    /// Ends this process's own sign-in.
    pub fn leave(&self, me: &Caller) {
        if let Err(error) = self.accounts_store().end_family(me.family) {
            tracing::warn!(%error, "the sign-in of this process was not ended");
        }
    }
}

fn admins_only() -> CommandError {
    CommandError::new(ErrorCode::NotAllowed, "only an admin may do this")
        .hint("Ask an admin of this computer.")
}

/// One answer for an unknown name and a wrong password.
fn wrong() -> CommandError {
    CommandError::new(ErrorCode::WrongPassword, "the name or the password is wrong")
        .hint("Try again, or use the recovery code: `insight-journey account recover NAME`.")
}

/// The session key with the account it is for, as the keychain keeps it.
fn named(account: &Account, key: &[u8; 32]) -> zeroize::Zeroizing<Vec<u8>> {
    let mut kept = zeroize::Zeroizing::new(account.id.uuid().as_bytes().to_vec());
    kept.extend_from_slice(key);
    kept
}

fn key_of<'k>(account: &Account, kept: &'k [u8]) -> Option<&'k [u8]> {
    kept.strip_prefix(account.id.uuid().as_bytes().as_slice())
}

#[cfg(test)]
mod tests;
