//! One function a command: the words to a use-case, what comes back to the output.

use super::{
    access::Access,
    args::{
        AccountCommand, Command, ElementCommand, ModelCommand, ProviderCommand, RoleArg,
        RunsCommand, SettingsCommand, TaxonomyArgs, TaxonomyCommand, ThreadCommand,
    },
    output::{Output, plain},
    progress::Bars,
    render,
    secrets::{Secret, Secrets},
};
use journey_app::{
    App, Ports,
    access::{Client, Unlocked},
    data_dir::DataDir,
    error::{CommandError, Result},
    gate::command::Command as Gated,
    import::ImportOptions,
    record::RecordOptions,
    review::{SearchQuery, SessionQuery},
    settings::Scope,
    taxonomies::NewNode,
    views::{SessionView, SessionsDone, WarningView},
};
use journey_domain::{
    account::Role,
    error_code::ErrorCode,
    ports::{CancelToken, EventSink, NoEvents},
};
use secrecy::ExposeSecret;
use serde_json::json;
use std::{
    io::{self, BufRead, IsTerminal, Read, Write},
    process::ExitCode,
    sync::Arc,
};

/// Largest text taken from standard input, in bytes.
const MAX_TEXT_BYTES: u64 = 20_000_000;

/// Does one command.
pub(super) fn run(
    command: Command,
    data_dir: &DataDir,
    secrets: Secrets,
    output: Output,
) -> Result<ExitCode> {
    let cancel = CancelToken::new();
    let on_interrupt = cancel.clone();
    // Without the handler Ctrl-C still ends the program, and what was recorded is recovered later.
    ctrlc::set_handler(move || on_interrupt.cancel()).ok();
    let events: Arc<dyn EventSink> =
        if output.shows_progress() { Arc::new(Bars::new()) } else { Arc::new(NoEvents) };
    let ports = Ports::real(data_dir, events)?;

    if let Command::Try { file } = command {
        // Opens nothing in the data directory, so there is no gate to count it.
        Gated::Try.open_to_anyone()?;
        let done = journey_app::try_it::try_it(&ports, data_dir, file.as_deref(), &cancel)?;
        output.print(&done, |done, style| {
            let mut text = String::new();
            for session in &done.sessions {
                text.push_str(&render::session(session, style));
            }
            text
        })?;
        for warning in &done.warnings {
            output.remark(&format!("\nNote: {}", warning.message));
        }
        return Ok(ExitCode::SUCCESS);
    }

    let app = App::open(data_dir.clone(), ports)?;
    crate::log::begin(&app, data_dir);
    let access = Access::new(&app, secrets);
    match command {
        Command::Try { .. } | Command::Worker { .. } => {
            return Err(CommandError::usage("this word is not for people"));
        }
        Command::Account(command) => account(&access, command, output)?,
        Command::SignIn { name } => sign_in(&access, &name, output)?,
        Command::SignOut => {
            access.public(Gated::SignOut)?;
            app.sign_out(Client::CommandLine)?;
            output.done(&json!({ "signed_out": true }), "Signed out.")?;
        }
        Command::Whoami => {
            access.public(Gated::Whoami)?;
            let mut who = app.who(Client::CommandLine)?;
            if who.account.is_none() && access.secrets.has(Secret::Password) {
                let me = access.signed_in(Gated::Whoami)?;
                who.account = Some(me.account().into());
                who.unlocked = true;
            }
            if who.account.is_some() || output.json {
                output.print(&who, |who, _| {
                    who.account
                        .as_ref()
                        .map(|a| format!("{} ({})", a.name, a.role))
                        .unwrap_or_default()
                })?;
            }
            if who.account.is_none() {
                return Err(CommandError::not_signed_in());
            }
        }
        Command::Devices => {
            access.public(Gated::Devices)?;
            output.print(&app.devices()?, render::devices)?;
        }
        Command::Record { device, seconds, title, toggle } => {
            if toggle {
                let line = crate::desktop::toggle(data_dir)?;
                output.done(&json!({ "message": &line }), &line)?;
                return Ok(ExitCode::SUCCESS);
            }
            let me = access.unlocked(Gated::Record)?;
            let options = RecordOptions { device, title, max_seconds: seconds };
            let stop_hint = if seconds.is_some() { "" } else { " Ctrl-C ends it." };
            let session = app.record(&me, options, &cancel, |state| {
                output.remark(&match state {
                    journey_app::record::Told::Started { device } => {
                        format!("Recording from {device}.{stop_hint}")
                    }
                    journey_app::record::Told::Warning(words) => format!("! {words}"),
                    journey_app::record::Told::Stopped => "Stopped; finishing.".to_owned(),
                });
            })?;
            output.print(&session, render::session)?;
            say_what_is_missing(&session, output);
        }
        Command::Import { files, title, at, no_analyse } => {
            let me = access.unlocked(Gated::Import)?;
            let zone = app.time_zone();
            let at = at.map(|at| journey_app::days::moment(&at, &zone)).transpose()?;
            let mut done = SessionsDone::default();
            let mut failed = None;
            for file in files {
                let options = ImportOptions {
                    title: title.clone(),
                    recorded_at: at.as_ref().map(|moment| moment.at),
                    zone: at.as_ref().map(|moment| moment.zone.clone()),
                    analyse: !no_analyse,
                };
                match app.import(&me, &file, &options, &cancel) {
                    Ok((session, warnings)) => {
                        done.warnings.extend(warnings);
                        done.warnings.extend(session.error.as_ref().map(|error| WarningView {
                            code: error.code.clone(),
                            message: error.message.clone(),
                        }));
                        done.sessions.push(session);
                        if cancel.is_cancelled() {
                            break;
                        }
                    }
                    Err(mut error) => {
                        if error.code == ErrorCode::Cancelled {
                            return Err(error);
                        }
                        let name = file.file_name().unwrap_or_default().to_string_lossy();
                        error.message = format!("{name}: {}", error.message);
                        output.error(&error);
                        failed = Some(error);
                    }
                }
            }
            if failed.is_none() || output.json || !done.sessions.is_empty() {
                output.print(&done, |done, style| {
                    done.sessions
                        .iter()
                        .map(|s| render::session(s, style))
                        .collect::<Vec<_>>()
                        .join("\n")
                })?;
            }
            for warning in &done.warnings {
                output.warn(&format!("Note: {}", warning.message));
            }
            for session in done.sessions.iter().filter(|it| it.error.is_none() && !no_analyse) {
                say_what_is_missing(session, output);
            }
            if cancel.is_cancelled() {
                return Err(interrupted());
            }
            if failed.is_some() {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Write { title } => {
            let me = access.unlocked(Gated::Write)?;
            // Before a word is written: what is refused later is not lost, but a bother.
            let title = title.as_deref().map(journey_app::review::title).transpose()?;
            let session = write(&app, &me, title.as_deref(), &cancel)?;
            output.print(&session, render::session)?;
            say_what_is_missing(&session, output);
            if cancel.is_cancelled() {
                return Err(interrupted());
            }
        }
        Command::Sessions { from, to, tag, limit, after } => {
            let me = access.unlocked(Gated::Sessions)?;
            let narrowed = from.is_some() || to.is_some() || tag.is_some() || after.is_some();
            let query =
                SessionQuery { from, to, tag, favourites: false, limit: limit as usize, after };
            output.print(&app.sessions(&me, &query)?, |page, style| {
                render::sessions(page, narrowed, style)
            })?;
        }
        Command::Show { id } => {
            let me = access.unlocked(Gated::Show)?;
            output.print(&app.show(&me, &id)?, render::session)?;
        }
        Command::Rename { id, title } => {
            let me = access.unlocked(Gated::Rename)?;
            output.print(&app.rename(&me, &id, &title.join(" "))?, render::session)?;
        }
        Command::Tag { id, tags, remove } => {
            let me = access.unlocked(Gated::Tag)?;
            output.print(&app.tag(&me, &id, &tags, &remove)?, render::session)?;
        }
        Command::Favourite { id } => {
            let me = access.unlocked(Gated::Favourite)?;
            output.print(&app.toggle_favourite(&me, &id)?, render::session)?;
        }
        Command::Delete { id, yes } => {
            let me = access.unlocked(Gated::Delete)?;
            if !yes && asks() {
                let session = app.show(&me, &id)?;
                sure(&format!("Erase \"{}\" for good?", plain(&session.title)))?;
            }
            let id = app.erase(&me, &id)?;
            output.print(&json!({ "erased": id }), |_, _| "Erased for good.".to_owned())?;
        }
        Command::Transcribe { id } => {
            let me = access.unlocked(Gated::Transcribe)?;
            let session = app.transcribe(&me, &id, &cancel)?;
            output.print(&session, render::session)?;
            return ended(&session, &cancel, output);
        }
        Command::Analyse { id, provider } => {
            let me = access.unlocked(Gated::Analyse)?;
            let done = app.analyse(&me, &id, provider.as_deref(), &cancel)?;
            output.print(&done.session, |session, style| {
                render::analysed(session, done.changed.as_ref(), style)
            })?;
            return ended(&done.session, &cancel, output);
        }
        Command::Preview { id, provider } => {
            let me = access.unlocked(Gated::Preview)?;
            let preview = app.preview(&me, &id, provider.as_deref())?;
            output.print(&preview, |preview, _| render::preview(preview))?;
        }
        Command::Runs(args) => match (args.command, args.id) {
            (Some(RunsCommand::Accept { id, run }), _) => {
                let me = access.unlocked(Gated::AcceptRun)?;
                output.print(&app.accept_run(&me, &id, &run)?, render::session)?;
            }
            (None, Some(id)) => {
                let me = access.unlocked(Gated::Runs)?;
                let runs = app.runs(&me, &id)?;
                output.print(&json!({ "runs": &runs }), |_, style| render::runs(&runs, style))?;
            }
            (None, None) => return Err(CommandError::usage("the session's id is missing")),
        },
        Command::Diff { id, before, after } => {
            let me = access.unlocked(Gated::Runs)?;
            let changes = app.diff(&me, &id, &before, &after)?;
            output.print(&json!({ "changes": &changes }), |_, style| {
                render::changes(&changes, style)
            })?;
        }
        Command::Element(command) => {
            let me = access.unlocked(Gated::CorrectElement)?;
            let session = match command {
                ElementCommand::Correct { id, kind, label } => {
                    app.correct_element(&me, &id, kind.as_deref(), label.as_deref())?
                }
                ElementCommand::Delete { id } => app.delete_element(&me, &id)?,
                ElementCommand::NotMe { id } => app.element_not_me(&me, &id)?,
            };
            output.print(&session, render::session)?;
        }
        Command::Thread(command) => thread(&access, command, output)?,
        Command::Taxonomy(args) => taxonomy(&access, args, output)?,
        Command::Search { query, kind, from, to, limit, after } => {
            let me = access.unlocked(Gated::Search)?;
            let query =
                SearchQuery { text: query.join(" "), kind, from, to, limit: limit as usize, after };
            let page = app.search(&me, &query)?;
            output.print(&page, render::hits)?;
            if !page.hits.is_empty() {
                output.remark(&format!("The newest {} matches were ranked.", page.ranked));
            }
        }
        Command::Model(command) => model(&access, command, output, &cancel)?,
        Command::Provider(command) => provider(&access, command, output, &cancel)?,
        Command::Ledger { id } => {
            let me = access.unlocked(Gated::Ledger)?;
            output.print(&app.ledger(&me, id.as_deref())?, render::ledger)?;
        }
        Command::Backup { file } => {
            let me = access.unlocked(Gated::Backup)?;
            journey_app::backup_can_go(&file)?;
            let passphrase = access.secrets.get_new(Secret::BackupPassphrase)?;
            let done = app.backup(&me, &file, passphrase.expose_secret(), &cancel)?;
            output.print(&done, |done, _| {
                format!("Backed up to {}, and read back to be sure.", done.file)
            })?;
        }
        Command::Restore { file, name } => {
            access.public(Gated::Restore)?;
            // Only where it matters: a line of standard input is read once.
            let maker = if app.only_admins_make_accounts()? {
                access.signed_in_if_any(Gated::Restore)?
            } else {
                None
            };
            journey_app::backup_is_there(&file)?;
            let passphrase = access.secrets.get(Secret::BackupPassphrase)?;
            let account =
                app.restore(maker.as_ref(), &file, name.as_deref(), passphrase.expose_secret())?;
            output.print(&account, |account, _| {
                format!("Restored as {}. Sign in with the password it had.", account.name)
            })?;
        }
        Command::Settings(command) => settings(&access, command, output)?,
        Command::Audit => {
            let me = access.signed_in(Gated::Audit)?;
            output.print(&app.audit(&me)?, render::audit)?;
        }
        Command::Doctor => {
            let me = access.unlocked_if_any(Gated::Doctor)?;
            let view = app.doctor(me.as_ref());
            output.print(&view, render::doctor)?;
            if view.checks.iter().any(|check| check.state == "failed") {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn account(access: &Access<'_>, command: AccountCommand, output: Output) -> Result<()> {
    let app = access.app;
    match command {
        AccountCommand::Create { name, admin } => {
            access.public(Gated::AccountCreate)?;
            let maker = access.signed_in_if_any(Gated::AccountCreate)?;
            let password = access.secrets.get_new(Secret::NewPassword)?;
            let created =
                app.create_account(maker.as_ref(), &name, admin, password.expose_secret())?;
            output.print_once(
                &created,
                |created, style| {
                    format!(
                        "Account {} made ({}).\n\nRecovery code: {}\n\nWrite it down now. It opens your vault when the \
                         password is forgotten, and it is not shown again.",
                        plain(&created.account.name),
                        created.account.role,
                        style.bold(&created.recovery_code)
                    )
                },
                "The account is made, but its recovery code was not shown: sign in and make another \
                 with `insight-journey account recovery-code`.",
            )?;
        }
        AccountCommand::List => {
            access.public(Gated::AccountNames)?;
            match access.signed_in_unasked(Gated::AccountsList) {
                Some(me) => output.print(&app.account_rows(&me)?, render::account_rows)?,
                None => output.print(&app.accounts()?, render::accounts)?,
            }
        }
        AccountCommand::Role { name, role } => {
            let me = access.signed_in(Gated::AccountRole)?;
            let role = match role {
                RoleArg::Admin => Role::Admin,
                RoleArg::Regular => Role::Regular,
            };
            output.print(&app.set_role(&me, &name, role)?, |a, _| {
                format!("{} is {} now.", a.name, a.role)
            })?;
        }
        AccountCommand::Disable { name } => {
            let me = access.signed_in(Gated::AccountDisable)?;
            output.print(&app.set_disabled(&me, &name, true)?, |a, _| {
                format!("{} cannot sign in now.", a.name)
            })?;
        }
        AccountCommand::Enable { name } => {
            let me = access.signed_in(Gated::AccountEnable)?;
            output.print(&app.set_disabled(&me, &name, false)?, |a, _| {
                format!("{} can sign in again.", a.name)
            })?;
        }
        AccountCommand::Delete { name, erase: true } => {
            let me = access.unlocked(Gated::AccountErase)?;
            // There is no way back, so a sign-in that was kept is not enough.
            app.check_password(&me, access.password()?.expose_secret())?;
            app.erase_account(me, &name)?;
            output.done(
                &json!({ "erased": name }),
                "The account and its vault are erased for good.",
            )?;
        }
        AccountCommand::Delete { name, erase: false } => {
            let me = access.signed_in(Gated::AccountDelete)?;
            app.set_account_aside(&me, &name)?;
            output.done(
                &json!({ "set_aside": name }),
                "The account is gone; its vault is set aside, still encrypted, in the data folder.",
            )?;
        }
        AccountCommand::Recover { name } => {
            access.public(Gated::AccountRecover)?;
            let code = access.secrets.get(Secret::RecoveryCode)?;
            let password = access.secrets.get_new(Secret::NewPassword)?;
            app.recover_account(&name, code.expose_secret(), password.expose_secret())?;
            output.done(
                &json!({ "password_changed": true }),
                "The new password is set. Everything in the vault is as it was.",
            )?;
        }
        AccountCommand::Password => {
            let me = access.unlocked(Gated::AccountPassword)?;
            let current = access.password()?;
            let password = access.secrets.get_new(Secret::NewPassword)?;
            app.set_password(&me, current.expose_secret(), password.expose_secret())?;
            output.done(&json!({ "password_changed": true }), "The password is changed.")?;
        }
        AccountCommand::RecoveryCode => {
            let me = access.unlocked(Gated::RecoveryCode)?;
            let current = access.password()?;
            let code = app.new_recovery_code(&me, current.expose_secret())?;
            output.print_once(
                &json!({ "recovery_code": code }),
                |_, style| format!("Recovery code: {}", style.bold(&code)),
                "The new recovery code was not shown, and the old one works as before: make another \
                 with `insight-journey account recovery-code`.",
            )?;
            // Only now: whoever never saw the new one still has the old one.
            app.confirm_recovery_code(&me, &code)?;
            output.remark("The old one no longer works.");
        }
    }
    Ok(())
}

fn sign_in(access: &Access<'_>, name: &str, output: Output) -> Result<()> {
    access.public(Gated::SignIn)?;
    let password = access.secrets.get(Secret::Password)?;
    let stays = access.app.sign_in(name, password.expose_secret(), Client::CommandLine)?;
    let document = json!({ "name": name, "stays_signed_in": stays });
    if stays {
        output
            .done(&document, "Signed in; you stay signed in on this computer until `sign-out`.")?;
    } else {
        output.done(&document, "The password is right.")?;
        output.remark(
            "No keychain here took the sign-in, so each command asks for the password \
             (or takes INSIGHT_JOURNEY_ACCOUNT and INSIGHT_JOURNEY_PASSWORD).",
        );
    }
    Ok(())
}

fn model(
    access: &Access<'_>,
    command: ModelCommand,
    output: Output,
    cancel: &CancelToken,
) -> Result<()> {
    let app = access.app;
    match command {
        ModelCommand::List => {
            let me = access.unlocked_if_any(Gated::Models)?;
            output.print(&app.models(me.as_ref())?, render::models)
        }
        ModelCommand::Download { name } => {
            let me = access.unlocked(Gated::ModelDownload)?;
            output.print(&app.download_model(&me, &name, cancel)?, render::models)
        }
        ModelCommand::Add { file } => {
            let me = access.unlocked(Gated::ModelAdd)?;
            output.print(&app.add_model(&me, &file)?, render::models)
        }
        ModelCommand::Use { name } => {
            let me = access.unlocked(Gated::ModelUse)?;
            output.print(&app.use_model(&me, &name)?, render::models)
        }
        ModelCommand::Remove { name } => {
            let me = access.unlocked(Gated::ModelRemove)?;
            output.print(&app.remove_model(&me, &name)?, render::models)
        }
    }?;
    Ok(())
}

fn provider(
    access: &Access<'_>,
    command: ProviderCommand,
    output: Output,
    cancel: &CancelToken,
) -> Result<()> {
    let app = access.app;
    match command {
        ProviderCommand::List => {
            let me = access.unlocked(Gated::Providers)?;
            output.print(&app.providers(&me)?, render::providers)
        }
        ProviderCommand::Use { name } => {
            let me = access.unlocked(Gated::ProviderUse)?;
            output.print(&app.use_provider(&me, &name)?, render::providers)
        }
        ProviderCommand::SetKey { name } => {
            let me = access.unlocked(Gated::ProviderSetKey)?;
            // Before a key is typed for nothing.
            journey_app::takes_key(&name)?;
            let key = access.secrets.get(Secret::ProviderKey)?;
            app.set_provider_key(&me, &name, &key)?;
            output.print(&app.providers(&me)?, render::providers)
        }
        ProviderCommand::Test => {
            let me = access.unlocked(Gated::ProviderTest)?;
            output.print(&app.test_provider(&me, cancel)?, |answer, _| answer.message.clone())
        }
        ProviderCommand::Probe => {
            let me = access.unlocked(Gated::ProviderTest)?;
            output.print(&app.probe_servers(&me, cancel)?, render::local_servers)
        }
    }
}

fn thread(access: &Access<'_>, command: ThreadCommand, output: Output) -> Result<()> {
    let app = access.app;
    let threads = match command {
        ThreadCommand::List => app.threads(&access.unlocked(Gated::Threads)?)?,
        ThreadCommand::Confirm { id, others } => {
            app.confirm_thread(&access.unlocked(Gated::ChangeThread)?, &id, &others)?
        }
        ThreadCommand::Reject { id, others } => {
            app.reject_thread(&access.unlocked(Gated::ChangeThread)?, &id, &others)?
        }
        ThreadCommand::Merge { one, other } => {
            app.merge_threads(&access.unlocked(Gated::ChangeThread)?, &one, &other)?
        }
        ThreadCommand::Undo => app.undo_thread(&access.unlocked(Gated::ChangeThread)?)?,
    };
    output.print(&threads, render::threads)
}

fn taxonomy(access: &Access<'_>, args: TaxonomyArgs, output: Output) -> Result<()> {
    let app = access.app;
    let Some(command) = args.command else {
        let me = access.unlocked(Gated::Taxonomy)?;
        return match args.tree {
            Some(tree) => output.print(&app.taxonomy(&me, &tree)?, render::taxonomy),
            None => output.print(&app.taxonomies(&me)?, render::taxonomies),
        };
    };
    let me = access.unlocked(Gated::ChangeTaxonomy)?;
    let tree = match command {
        TaxonomyCommand::Rename { node, name } => app.rename_node(&me, &node, &name)?,
        TaxonomyCommand::Merge { from, into } => app.merge_nodes(&me, &from, &into)?,
        TaxonomyCommand::Split { node, parts } => {
            let parts: Vec<NewNode> = parts.iter().map(|part| NewNode::parse(part)).collect();
            app.split_node(&me, &node, &parts)?
        }
        TaxonomyCommand::Add { parent, node, definition } => {
            app.add_node(&me, &parent, &NewNode { definition, ..NewNode::parse(&node) })?
        }
        TaxonomyCommand::Undo => app.undo_taxonomy(&me)?,
    };
    output.print(&tree, render::taxonomy)
}

fn settings(access: &Access<'_>, command: SettingsCommand, output: Output) -> Result<()> {
    let app = access.app;
    let list = match command {
        SettingsCommand::Get { key, system: false } => {
            app.settings(&access.unlocked(Gated::Settings)?, key.as_deref())?
        }
        SettingsCommand::Get { key, system: true } => {
            app.system_settings(&access.signed_in(Gated::SystemSettings)?, key.as_deref())?
        }
        SettingsCommand::Set { key, value, system: false } => {
            let value = journey_app::settings::find(&key, Scope::Personal)?.parse(&value)?;
            let me = access.unlocked(Gated::ChangeSetting)?;
            let list = app.set_setting(&me, &key, &value)?;
            if ["provider_base_url", "provider_model"].contains(&key.as_str()) {
                output.remark(&match app.provider_in_use(&me)? {
                    Some(name) => format!("This holds for {name}, which is in use."),
                    None => "This holds for the provider that you use next: \
                             `insight-journey provider use NAME`."
                        .to_owned(),
                });
            }
            list
        }
        SettingsCommand::Set { key, value, system: true } => {
            let value = journey_app::settings::find(&key, Scope::System)?.parse(&value)?;
            app.set_system_setting(&access.signed_in(Gated::ChangeSystemSetting)?, &key, &value)?
        }
    };
    output.print(&list, render::settings)?;
    Ok(())
}

/// A reflection from a pipe, or from the person's editor, whose page goes once the vault holds it.
fn write(
    app: &App,
    me: &Unlocked,
    title: Option<&str>,
    cancel: &CancelToken,
) -> Result<SessionView> {
    if !io::stdin().is_terminal() {
        return app.write(me, &piped_text()?, title, cancel);
    }
    let page = super::editor::edit()?;
    match app.write(me, page.text(), title, cancel) {
        // Interrupted is the analysis; the words are in the vault before it begins.
        Err(error) if error.code != ErrorCode::Cancelled => Err(page.keep(error)),
        written => {
            page.wipe();
            written
        }
    }
}

fn piped_text() -> Result<String> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(MAX_TEXT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|_| CommandError::usage("standard input could not be read"))?;
    if bytes.len() as u64 > MAX_TEXT_BYTES {
        return Err(CommandError::usage("the text is longer than 20 MB").hint("Write it in parts."));
    }
    String::from_utf8(bytes).map_err(|_| {
        CommandError::usage("the text is not UTF-8").hint("Save it as UTF-8 and try again.")
    })
}

/// How an ordered stage ended: its failure stands in the session, and is an error here.
fn ended(session: &SessionView, cancel: &CancelToken, output: Output) -> Result<ExitCode> {
    if cancel.is_cancelled() {
        return Err(interrupted());
    }
    let Some(failed) = &session.error else { return Ok(ExitCode::SUCCESS) };
    let code = serde_json::from_value(json!(failed.code)).unwrap_or(ErrorCode::Internal);
    output.error(&CommandError::new(code, failed.message.as_str()));
    Ok(ExitCode::FAILURE)
}

/// Whether there is somebody to ask.
fn asks() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Goes on only with a yes; anything else, and an end of the input, is a no.
fn sure(question: &str) -> Result<()> {
    write!(io::stderr(), "{question} [y/N] ").ok();
    let mut answer = String::new();
    io::stdin().lock().take(100).read_line(&mut answer).ok();
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(CommandError::new(ErrorCode::Cancelled, "nothing was erased")
        .hint("Answer y, or add --yes to be asked nothing."))
}

fn interrupted() -> CommandError {
    CommandError::new(ErrorCode::Cancelled, "stopped; what was done so far is kept")
}

/// What is kept but was not worked on to the end, and why.
fn say_what_is_missing(session: &SessionView, output: Output) {
    if let Some(error) = &session.error {
        output.warn(&format!("Note: {}", error.message));
    } else if session.run.is_none() && session.transcript.is_some() {
        let id = render::short(&session.id);
        output.warn(&format!(
            "Not analysed: nothing is sent until you order `insight-journey analyse {id}`; \
             `insight-journey preview {id}` shows what that would send."
        ));
    }
}
