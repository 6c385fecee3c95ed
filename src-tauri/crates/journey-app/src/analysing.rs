//! Who analyses: the on-device analyser, or the provider that the person chose.

use crate::{
    App,
    access::Unlocked,
    error::{CommandError, Result},
    gate::ProviderCalls,
    open_vault::OpenVault,
    pipeline::{cancelled, transcribe::sound_of},
    review::find,
    settings::PROVIDERS,
    views::{
        ChangeView, LocalServerList, LocalServerView, PreviewView, ProviderList, ProviderTestView,
        ProviderView, SessionView,
    },
};
use journey_analysis::{
    Analyser, OnDeviceAnalyser,
    provider::{
        LocalServer, PreviewedRequest, ProviderAnalyser, ProviderConfig, ProviderError,
        ProviderKey, ProviderKind, ProviderPorts, preview, probe_local, test_provider,
    },
};
use journey_domain::{
    analysis::AnalysisInput,
    consent::Consent,
    error_code::ErrorCode,
    ids::SessionId,
    job::{JobKind, JobOrder, JobState},
    ports::CancelToken,
};
use secrecy::SecretString;
use std::{sync::Arc, time::Duration};

/// The analyser that is built in.
pub(crate) const ON_DEVICE: &str = "on-device";

/// A session after another analysis of it.
pub struct Reanalysed {
    /// As it is now.
    pub session: SessionView,
    /// Set where another analysis was shown before.
    pub changed: Option<Changed>,
}

/// What an analysis changed.
pub struct Changed {
    /// The analysis that was shown before; it is kept.
    pub earlier: String,
    /// Empty where both found the same.
    pub changes: Vec<ChangeView>,
}

/// What an analysis would send, and from what.
pub(crate) struct Previewed {
    pub(crate) config: ProviderConfig,
    pub(crate) requests: Vec<PreviewedRequest>,
    /// The transcript.
    pub(crate) text: String,
}

/// The model where the person chose none: small, cheap, takes a strict schema.
pub(crate) const DEFAULT_OPENAI_MODEL: &str = "gpt-4.1-mini";

pub(crate) fn kind_of(name: &str) -> Result<Option<ProviderKind>> {
    match name {
        ON_DEVICE => Ok(None),
        "openai" => Ok(Some(ProviderKind::OpenAi)),
        "compatible" => Ok(Some(ProviderKind::Compatible)),
        "ollama" => Ok(Some(ProviderKind::Ollama)),
        _ => Err(CommandError::usage("there is no such provider")
            .hint("It is on-device, openai, compatible or ollama.")),
    }
}

fn provider_error(error: &ProviderError) -> CommandError {
    let it = CommandError::new(error.code(), error.to_string());
    match error.hint() {
        Some(hint) => it.hint(hint),
        None => it,
    }
}

/// The host of an address, without port.
pub(crate) fn host_of(base_url: &str) -> Result<String> {
    journey_analysis::provider::host_of(base_url).map_err(|error| provider_error(&error))
}

fn no_address() -> CommandError {
    CommandError::usage("the provider has no address yet").hint(
        "Set it with `insight-journey settings set provider_base_url http://localhost:8080/v1`.",
    )
}

pub(crate) fn is_this_computer(host: &str) -> bool {
    host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a key of this provider can be kept, before it is asked for.
///
/// # Errors
/// A usage error for an unknown provider and for the on-device analyser.
pub fn takes_key(name: &str) -> Result<()> {
    match kind_of(name)? {
        Some(_) => Ok(()),
        None => Err(CommandError::usage("the on-device analyser needs no key")),
    }
}

/// The choices that an automatic analysis holds to. It is begun anew when one of them changes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WayOut {
    provider: String,
    is_unasked: bool,
    base_url: Option<String>,
    model: Option<String>,
    hides_names: bool,
    names: Vec<String>,
}

impl WayOut {
    /// Whether words leave this computer.
    pub(crate) fn leads_out(&self) -> bool {
        self.provider != ON_DEVICE && self.is_unasked
    }
}

impl App {
    fn built_in(&self, open: &OpenVault) -> Result<Arc<dyn Analyser>> {
        let analyser = OnDeviceAnalyser::new().map_err(|error| CommandError::internal(&error))?;
        Ok(Arc::new(analyser.with_emotions(self.emotion_pack(open)?)))
    }

    /// The provider that the settings name.
    fn chosen_provider(&self, open: &OpenVault) -> Result<String> {
        Ok(self.text_setting(open, "provider")?.unwrap_or_else(|| ON_DEVICE.to_owned()))
    }

    /// Whether analyses wait for a server, so that several may wait at once.
    pub(crate) fn analyses_elsewhere(&self, open: &OpenVault) -> bool {
        self.chosen_provider(open).is_ok_and(|name| name != ON_DEVICE)
    }

    /// Whether an analysis may follow a transcription by itself: not where words would leave this
    /// computer before the person has seen them.
    pub(crate) fn analyses_unasked(&self, open: &OpenVault) -> Result<bool> {
        Ok(self.chosen_provider(open)? == ON_DEVICE
            || !self.flag(open, "preview_before_sending")?)
    }

    /// What an analysis that follows by itself is ordered with: the provider that is chosen now.
    pub(crate) fn automatic_order(&self, open: &OpenVault) -> Result<JobOrder> {
        let provider = Some(self.chosen_provider(open)?);
        Ok(JobOrder { provider, is_automatic: true, ..JobOrder::default() })
    }

    /// What decides whether and how words leave this computer in an analysis that nobody ordered.
    pub(crate) fn way_out(&self, open: &OpenVault) -> Result<WayOut> {
        let provider = self.chosen_provider(open)?;
        let place = self.provider_place(open, &provider)?;
        Ok(WayOut {
            provider,
            is_unasked: self.analyses_unasked(open)?,
            base_url: place.base_url,
            model: place.model,
            hides_names: self.flag(open, "use_pseudonyms")?,
            names: self.list_setting(open, "pseudonyms")?,
        })
    }

    /// The analyser that a job was ordered with. Nothing that nobody asked for leaves this computer once
    /// the person has turned that off.
    pub(crate) fn analyser(
        &self,
        open: &OpenVault,
        session: SessionId,
        order: &JobOrder,
    ) -> Result<Arc<dyn Analyser>> {
        let chosen = self.chosen_provider(open)?;
        let name = match &order.provider {
            Some(_) if order.is_automatic && !self.analyses_unasked(open)? => ON_DEVICE.to_owned(),
            // Ordered for one service while another is chosen now: the one that was left gets nothing.
            Some(name) if order.is_automatic && name != ON_DEVICE => chosen,
            Some(name) => name.clone(),
            None => chosen,
        };
        let Some(kind) = kind_of(&name)? else { return self.built_in(open) };
        let config = self.ready_config(open, kind)?;
        let ports = self.provider_ports(open, &config, session)?;
        let analyser = ProviderAnalyser::new(config, ports).map_err(|e| provider_error(&e))?;
        Ok(Arc::new(analyser))
    }

    /// A provider that may be asked: one that wants a key has one.
    fn ready_config(&self, open: &OpenVault, kind: ProviderKind) -> Result<ProviderConfig> {
        let config = self.provider_config(open, kind)?;
        if kind == ProviderKind::OpenAi && config.key.is_none() {
            return Err(CommandError::new(ErrorCode::Provider, "there is no key for OpenAI")
                .hint("Keep one first: in the settings, or with `insight-journey provider set-key openai`."));
        }
        Ok(config)
    }

    /// Says now, not as a failed job, what is missing for an analysis by this provider.
    ///
    /// # Errors
    /// An unknown provider, one that is not allowed or not set up.
    pub(crate) fn provider_is_ready(&self, open: &OpenVault, name: &str) -> Result<()> {
        match kind_of(name)? {
            Some(kind) => self.ready_config(open, kind).map(drop),
            None => Ok(()),
        }
    }

    fn provider_config(&self, open: &OpenVault, kind: ProviderKind) -> Result<ProviderConfig> {
        self.provider_is_allowed(kind.name())?;
        let place = self.provider_place(open, kind.name())?;
        let usual = kind.default_base_url().map(ToOwned::to_owned);
        let base_url = place.base_url.or(usual).ok_or_else(no_address)?;
        let host = host_of(&base_url)?;
        let mut allowed_hosts = self.system_list("allowed_hosts")?;
        if is_this_computer(&host) {
            allowed_hosts.push(host);
        }
        let model = match place.model {
            Some(model) => model,
            None if kind == ProviderKind::OpenAi => DEFAULT_OPENAI_MODEL.to_owned(),
            None => {
                return Err(CommandError::usage("no model is chosen for this provider")
                    .hint("Set it with `insight-journey settings set provider_model NAME`."));
            }
        };
        let key = open
            .vault
            .read(|read| read.secrets().get(kind.name()).map_err(CommandError::from))?
            .map(|kept| ProviderKey { host: kept.host, secret: kept.secret });
        let pseudonyms = if self.flag(open, "use_pseudonyms")? {
            self.list_setting(open, "pseudonyms")?
        } else {
            Vec::new()
        };
        Ok(ProviderConfig {
            kind,
            base_url,
            model,
            key,
            temperature: self.amount(open, "provider_temperature")?.map(|t| t as f32),
            time_limit: Duration::from_secs(self.number(open, "time_limit_s")?.max(10)),
            cost_limit_usd: self.amount(open, "cost_limit_usd")?,
            pseudonyms,
            allowed_hosts,
            emotions: self.emotion_pack(open)?,
        })
    }

    fn provider_ports(
        &self,
        open: &OpenVault,
        config: &ProviderConfig,
        session: SessionId,
    ) -> Result<ProviderPorts> {
        self.ports_with(open, Consent::for_analysis(host_of(&config.base_url)?, Some(session)))
    }

    fn ports_with(&self, open: &OpenVault, consent: Consent) -> Result<ProviderPorts> {
        let ports = self.ports();
        Ok(ProviderPorts {
            ledger: open.vault.clone(),
            consent,
            clock: ports.clock.clone(),
            random: ports.random.clone(),
            turns: open.turns().clone(),
            calls: Arc::new(ProviderCalls::new(
                open.vault.clone(),
                ports.clock.clone(),
                self.system_number("provider_calls_per_minute")?,
            )),
            replies: Some(open.vault.clone()),
            on_device: self.built_in(open)?,
        })
    }

    /// The analysis providers, and which one is in use.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn providers(&self, me: &Unlocked) -> Result<ProviderList> {
        let chosen = self.chosen_provider(&me.open)?;
        let allowed = self.system_list("allowed_providers")?;
        let keys = me.vault().read(|read| read.secrets().names().map_err(CommandError::from))?;
        let providers = PROVIDERS
            .iter()
            .map(|name| {
                let kind = kind_of(name)?;
                let base_url = match kind {
                    None => None,
                    Some(kind) => {
                        let own = self.provider_place(&me.open, name)?.base_url;
                        own.or_else(|| kind.default_base_url().map(ToOwned::to_owned))
                    }
                };
                Ok(ProviderView {
                    name: (*name).to_owned(),
                    in_use: chosen == *name,
                    allowed: kind.is_none() || allowed.iter().any(|a| a == name),
                    needs_key: kind == Some(ProviderKind::OpenAi),
                    has_key: keys.iter().any(|k| k == name),
                    base_url,
                })
            })
            .collect::<Result<_>>()?;
        Ok(ProviderList { providers })
    }

    /// Analyses with this provider from now on.
    ///
    /// # Errors
    /// A usage error for an unknown one; not allowed.
    pub fn use_provider(&self, me: &Unlocked, name: &str) -> Result<ProviderList> {
        kind_of(name)?;
        self.set_setting(me, "provider", &name.into())?;
        self.providers(me)
    }

    /// Whether an admin lets this provider be asked; the built-in one always is.
    ///
    /// # Errors
    /// Not allowed.
    pub(crate) fn provider_is_allowed(&self, name: &str) -> Result<()> {
        let allowed = self.system_list("allowed_providers")?;
        if name == ON_DEVICE || allowed.iter().any(|it| it == name) {
            return Ok(());
        }
        Err(CommandError::new(ErrorCode::NotAllowed, "this provider is not allowed here")
            .hint("An admin of this computer decides which are."))
    }

    /// Keeps a provider's key in the vault, bound to the host of its address.
    ///
    /// # Errors
    /// A usage error for an unknown provider, an empty key or a missing address.
    pub fn set_provider_key(&self, me: &Unlocked, name: &str, key: &SecretString) -> Result<()> {
        use secrecy::ExposeSecret as _;
        let Some(kind) = kind_of(name)? else {
            return Err(CommandError::usage("the on-device analyser needs no key"));
        };
        if key.expose_secret().trim().is_empty() {
            return Err(CommandError::usage("the key is empty"));
        }
        let usual = kind.default_base_url().map(ToOwned::to_owned);
        let base_url = self.provider_place(&me.open, name)?.base_url.or(usual);
        let host = host_of(&base_url.ok_or_else(no_address)?)?;
        let key = SecretString::from(key.expose_secret().trim().to_owned());
        me.vault().write(|write| {
            write.secrets().set(kind.name(), &host, &key).map_err(CommandError::from)
        })
    }

    /// Forgets a provider's key; fine when there is none.
    pub(crate) fn remove_provider_key(&self, me: &Unlocked, name: &str) -> Result<()> {
        let Some(kind) = kind_of(name)? else { return Ok(()) };
        me.vault().write(|write| write.secrets().remove(kind.name()).map_err(CommandError::from))
    }

    /// Servers that answer on the usual ports of this computer, asked because the person ordered it.
    pub(crate) fn local_servers(
        &self,
        me: &Unlocked,
        cancel: &CancelToken,
    ) -> Result<Vec<LocalServer>> {
        let ports = self.ports_with(&me.open, Consent::for_local_probe())?;
        self.runtime().block_on(probe_local(&ports, cancel)).map_err(|e| provider_error(&e))
    }

    /// Asks the chosen provider for its models; sends nothing of the person's words.
    ///
    /// # Errors
    /// The service's own words.
    pub fn test_provider(&self, me: &Unlocked, cancel: &CancelToken) -> Result<ProviderTestView> {
        let name = self.chosen_provider(&me.open)?;
        self.test_named_provider(me, &name, cancel)
    }

    /// The same for any provider.
    pub(crate) fn test_named_provider(
        &self,
        me: &Unlocked,
        name: &str,
        cancel: &CancelToken,
    ) -> Result<ProviderTestView> {
        let Some(kind) = kind_of(name)? else {
            self.built_in(&me.open)?;
            return Ok(ProviderTestView {
                message: "The on-device analyser is ready; nothing leaves this computer."
                    .to_owned(),
                models: Vec::new(),
            });
        };
        let config = self.ready_config(&me.open, kind)?;
        let consent = Consent::for_provider_test(host_of(&config.base_url)?);
        let ports = self.ports_with(&me.open, consent)?;
        let report = self
            .runtime()
            .block_on(test_provider(&config, &ports, cancel))
            .map_err(|e| provider_error(&e))?;
        let message = if report.has_model {
            format!("{name} answers and has the model {}.", config.model)
        } else {
            format!("{name} answers, but does not name the model {}.", config.model)
        };
        Ok(ProviderTestView { message, models: report.models })
    }

    /// The same, as the command line shows them.
    ///
    /// # Errors
    /// The ledger's failure; a port on which nothing answers is none.
    pub fn probe_servers(&self, me: &Unlocked, cancel: &CancelToken) -> Result<LocalServerList> {
        let servers = self.local_servers(me, cancel)?.into_iter().map(|server| LocalServerView {
            provider: server.kind.name().to_owned(),
            base_url: server.base_url,
            models: server.models,
        });
        Ok(LocalServerList { servers: servers.collect() })
    }

    /// What an analysis would send, and to whom; sends nothing.
    ///
    /// # Errors
    /// Not found; no transcript yet; a provider that is not set up.
    pub fn preview(&self, me: &Unlocked, id: &str, provider: Option<&str>) -> Result<PreviewView> {
        let Some(previewed) = self.previewed(me, id, provider)? else {
            return Ok(PreviewView { provider: ON_DEVICE.to_owned(), requests: Vec::new() });
        };
        let requests = previewed
            .requests
            .into_iter()
            .map(|request| crate::views::PreviewedRequestView {
                url: request.url,
                bytes: request.body.len() as u64,
                body: String::from_utf8_lossy(&request.body).into_owned(),
            })
            .collect();
        Ok(PreviewView { provider: previewed.config.kind.name().to_owned(), requests })
    }

    /// What an analysis would send, from what; `None` where it would send nothing.
    pub(crate) fn previewed(
        &self,
        me: &Unlocked,
        id: &str,
        provider: Option<&str>,
    ) -> Result<Option<Previewed>> {
        let name = match provider {
            Some(name) => name.to_owned(),
            None => self.chosen_provider(&me.open)?,
        };
        // Also where nothing would be sent: whoever asks learns whether there is such a session.
        let id = me.vault().read(|read| find(read, id))?;
        let Some(kind) = kind_of(&name)? else { return Ok(None) };
        let config = self.provider_config(&me.open, kind)?;
        let detail = me.vault().read(|read| Ok::<_, CommandError>(read.session(id)?))?;
        let transcript = detail
            .transcript
            .as_ref()
            .ok_or_else(|| CommandError::not_found("there is no transcript to analyse yet"))?;
        let zone = jiff::tz::TimeZone::get(&detail.stored.session.time_zone)
            .unwrap_or_else(|_| self.ports().clock.time_zone());
        let said_on = detail.stored.session.recorded_at.to_zoned_datetime(zone).date();
        let requests = preview(&config, &AnalysisInput { transcript, said_on })
            .map_err(|e| provider_error(&e))?;
        Ok(Some(Previewed { config, requests, text: transcript.text.clone() }))
    }

    /// Transcribes a session again, then analyses it.
    ///
    /// # Errors
    /// Not found, no sound left, cancelled.
    pub fn transcribe(&self, me: &Unlocked, id: &str, cancel: &CancelToken) -> Result<SessionView> {
        let id = self.order(me, id, JobKind::Transcribe, &JobOrder::default())?;
        self.finish_jobs(&me.open, id, cancel)?;
        self.view(me, id)
    }

    /// Analyses a session again, and tells what that changed: the person keeps it, or goes back with
    /// [`App::accept_run`].
    ///
    /// # Errors
    /// Not found, no transcript yet, an unknown provider, cancelled.
    pub fn analyse(
        &self,
        me: &Unlocked,
        id: &str,
        provider: Option<&str>,
        cancel: &CancelToken,
    ) -> Result<Reanalysed> {
        if cancel.is_cancelled() {
            return Err(cancelled());
        }
        let session = me.vault().read(|read| find(read, id))?;
        let order = self.order_of(me, provider)?;
        let earlier = me.vault().read(|read| read.runs().accepted(session))?;
        let id = self.order(me, id, JobKind::Analyse, &order)?;
        self.finish_jobs(&me.open, id, cancel)?;
        let view = self.view(me, id)?;
        let changed = match (earlier.map(|run| run.to_string()), &view.run) {
            (Some(before), Some(now)) if before != now.id => {
                let changes = self.diff(me, &id.to_string(), &before, &now.id)?;
                Some(Changed { earlier: before, changes })
            }
            _ => None,
        };
        Ok(Reanalysed { session: view, changed })
    }

    /// What a person's order of an analysis says: this provider, or the one that is chosen now.
    pub(crate) fn order_of(&self, me: &Unlocked, provider: Option<&str>) -> Result<JobOrder> {
        let name = match provider {
            Some(name) => {
                self.provider_is_ready(&me.open, name)?;
                name.to_owned()
            }
            None => self.chosen_provider(&me.open)?,
        };
        Ok(JobOrder { provider: Some(name), ..JobOrder::default() })
    }

    /// # Errors
    /// Not found; busy while the same stage is under way with another order.
    pub(crate) fn order(
        &self,
        me: &Unlocked,
        id: &str,
        kind: JobKind,
        order: &JobOrder,
    ) -> Result<SessionId> {
        let id = me.vault().read(|read| find(read, id))?;
        if kind == JobKind::Transcribe {
            // Said now: a job that cannot begin would leave a transcript that is complete marked as failed.
            sound_of(&me.vault().read(|read| read.session(id))?)?;
            if !me.open.is_heard_out(id) {
                let message = "the last words of this recording are still being understood";
                return Err(
                    CommandError::new(ErrorCode::Busy, message).hint("The rest follows by itself.")
                );
            }
        }
        let job = me.vault().write(|write| {
            let jobs = write.jobs();
            let open = jobs.of_session(id)?.into_iter().find(|it| it.kind == kind);
            if let Some(job) = open.filter(|job| !job.is_settled()) {
                let other = job.order.provider != order.provider || job.order.part != order.part;
                let parts = job.order.part.is_some() && order.part.is_some();
                if other && (job.state == JobState::Running || parts) {
                    return Err(CommandError::new(
                        ErrorCode::Busy,
                        "this session is being worked on already",
                    )
                    .hint("Wait until that is done, or cancel it."));
                }
            }
            jobs.order(id, kind, order).map_err(CommandError::from)
        })?;
        self.announce_job(&me.open, job.id);
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_an_address_is_found_without_port_and_path() {
        for (address, host) in [
            ("https://api.openai.com/v1", "api.openai.com"),
            ("http://LOCALHOST:8080/v1", "localhost"),
            ("http://[::1]:11434", "::1"),
            ("http://[0:0:0:0:0:0:0:1]:11434", "::1"),
        ] {
            assert_eq!(host_of(address).unwrap(), host);
        }
        for wrong in ["https://", "", "https://api.openai.com@collector.example/v1"] {
            assert_eq!(host_of(wrong).unwrap_err().code, ErrorCode::Usage, "{wrong}");
        }
        assert!(is_this_computer("127.0.0.1") && is_this_computer("::1"));
        assert!(!is_this_computer("127.0.0.1.example.com"));
    }
}
