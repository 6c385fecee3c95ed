//! The pages about who analyses: providers, what would be sent, other names.

use crate::{
    App,
    access::Unlocked,
    analysing::{DEFAULT_OPENAI_MODEL, ON_DEVICE, host_of, is_this_computer},
    error::{CommandError, Result},
    settings::{self, MAX_NAMES, Scope, is_name},
    views::{
        LedgerList, LedgerView,
        window::{Preview, ProviderAnswer, ProviderRow, ProviderRows, Replacement, Replacements},
    },
};
use journey_analysis::provider::{CHOSEN, Pseudonyms, candidates, estimate};
use journey_domain::ports::CancelToken;
use secrecy::SecretString;
use std::collections::BTreeSet;

/// How many of the newest sessions are looked through for names.
const CANDIDATE_SESSIONS: usize = 50;

/// Most names that are offered at once.
const MAX_CANDIDATES: usize = 24;

fn title(name: &str) -> &str {
    match name {
        ON_DEVICE => "On this computer",
        "openai" => "OpenAI",
        "ollama" => "Ollama",
        "compatible" => "Another server",
        other => other,
    }
}

impl App {
    /// The analysis providers, each with its own address and model.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn provider_rows(&self, me: &Unlocked) -> Result<ProviderRows> {
        let list = self.providers(me)?;
        let providers = list
            .providers
            .into_iter()
            .map(|p| {
                let own = self.provider_place(&me.open, &p.name)?;
                let base_url = p.base_url;
                let host = base_url.as_deref().and_then(|url| host_of(url).ok());
                Ok(ProviderRow {
                    title: title(&p.name).to_owned(),
                    local: p.name == ON_DEVICE || host.as_deref().is_some_and(is_this_computer),
                    needs_key: p.needs_key,
                    has_key: p.has_key,
                    in_use: p.in_use,
                    host,
                    base_url,
                    model: own
                        .model
                        .or_else(|| (p.name == "openai").then(|| DEFAULT_OPENAI_MODEL.to_owned())),
                    allowed: p.allowed,
                    name: p.name,
                })
            })
            .collect::<Result<_>>()?;
        Ok(ProviderRows { providers })
    }

    /// Keeps a provider's key, or forgets it.
    ///
    /// # Errors
    /// A usage error for an unknown provider or an empty key.
    pub fn change_provider_key(
        &self,
        me: &Unlocked,
        name: &str,
        key: Option<String>,
    ) -> Result<ProviderRows> {
        match key {
            Some(key) => self.set_provider_key(me, name, &SecretString::from(key))?,
            None => self.remove_provider_key(me, name)?,
        }
        self.provider_rows(me)
    }

    /// Looks for servers on the usual ports of this computer. One that answers becomes the address
    /// of its kind where the person set none.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn probe_providers(&self, me: &Unlocked) -> Result<ProviderRows> {
        for server in self.local_servers(me, &CancelToken::new())? {
            let name = server.kind.name();
            let place = self.provider_place(&me.open, name)?;
            let is_usable = place.base_url.as_deref().is_none_or(|url| host_of(url).is_ok());
            if place.model.is_none() && is_usable {
                let base_url = place.base_url.unwrap_or(server.base_url);
                let model = server.models.into_iter().next();
                self.configure_provider(me, name, Some(&base_url), model.as_deref())?;
            }
        }
        self.provider_rows(me)
    }

    /// Whether a provider answers; nothing of the person's words is sent.
    ///
    /// # Errors
    /// The service's own words.
    pub fn ask_provider(&self, me: &Unlocked, name: &str) -> Result<ProviderAnswer> {
        let answer = self.test_named_provider(me, name, &CancelToken::new())?;
        Ok(ProviderAnswer { ok: true, message: answer.message, models: answer.models })
    }

    /// What an analysis would send, part after part; sends nothing.
    ///
    /// # Errors
    /// Not found; no transcript yet; a provider that is not set up.
    pub fn preview_in_window(
        &self,
        me: &Unlocked,
        id: &str,
        provider: Option<&str>,
    ) -> Result<Preview> {
        let Some(previewed) = self.previewed(me, id, provider)? else {
            return Ok(Preview {
                host: None,
                body: String::new(),
                bytes: 0,
                tokens: None,
                cost_usd: None,
                replaced: Vec::new(),
            });
        };
        let takes = estimate(&previewed.config, &previewed.requests);
        let bodies: Vec<_> =
            previewed.requests.iter().map(|r| String::from_utf8_lossy(&r.body)).collect();
        let names = Pseudonyms::new(&previewed.config.pseudonyms).for_text(&previewed.text);
        Ok(Preview {
            host: previewed.requests.first().map(|request| request.host.clone()),
            bytes: previewed.requests.iter().map(|r| r.body.len() as u64).sum(),
            body: bodies.join("\n\n"),
            tokens: Some(takes.tokens),
            cost_usd: takes.cost_usd,
            replaced: names
                .found_in(&previewed.text)
                .into_iter()
                .map(|(original, replacement)| Replacement { original, replacement })
                .collect(),
        })
    }

    /// What left this machine: all of it, or for one session.
    ///
    /// # Errors
    /// Not found.
    pub fn ledger_rows(&self, me: &Unlocked, session: Option<&str>) -> Result<LedgerList> {
        let Some(session) = session else { return self.ledger(me, None) };
        self.ledger_of_session(me, session)
    }

    /// One line of the ledger with what was sent.
    ///
    /// # Errors
    /// Not found.
    pub fn ledger_body(&self, me: &Unlocked, id: &str) -> Result<LedgerView> {
        let list = self.ledger(me, Some(id))?;
        list.ledger
            .into_iter()
            .next()
            .ok_or_else(|| CommandError::not_found("there is no such entry"))
    }

    /// The person's other names, and names met in sessions that have none.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn pseudonyms(&self, me: &Unlocked) -> Result<Replacements> {
        let listed = self.list_setting(&me.open, "pseudonyms")?;
        let pseudonyms: Vec<Replacement> = listed
            .iter()
            .enumerate()
            .map(|(i, entry)| {
                let (original, chosen) = entry.split_once(CHOSEN).unwrap_or((entry, ""));
                let replacement = match chosen {
                    "" => format!("Name{}", i + 1),
                    chosen => chosen.to_owned(),
                };
                Replacement { original: original.to_owned(), replacement }
            })
            .collect();
        let known: BTreeSet<String> =
            pseudonyms.iter().map(|p| p.original.to_lowercase()).collect();
        let candidates = self
            .newest_texts(me, CANDIDATE_SESSIONS)?
            .iter()
            .flat_map(|text| candidates(text))
            .filter(|name| !known.contains(&name.to_lowercase()))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .take(MAX_CANDIDATES)
            .collect();
        Ok(Replacements { pseudonyms, candidates })
    }

    /// Sends something else for a name from now on.
    ///
    /// # Errors
    /// A usage error for a name that is none.
    pub fn set_pseudonym(
        &self,
        me: &Unlocked,
        original: &str,
        replacement: &str,
    ) -> Result<Replacements> {
        let (original, replacement) = (original.trim(), replacement.trim());
        for name in [original, replacement] {
            if !is_name(name) {
                return Err(CommandError::usage("this cannot stand as a name")
                    .hint("Take letters, at most 80, and no equals sign."));
            }
        }
        self.change_pseudonyms(me, original, Some(format!("{original}{CHOSEN}{replacement}")))
    }

    /// Sends a name as it is from now on.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn remove_pseudonym(&self, me: &Unlocked, original: &str) -> Result<Replacements> {
        self.change_pseudonyms(me, original.trim(), None)
    }

    fn change_pseudonyms(
        &self,
        me: &Unlocked,
        original: &str,
        entry: Option<String>,
    ) -> Result<Replacements> {
        let is_it = |listed: &String| {
            let name = listed.split_once(CHOSEN).map_or(listed.as_str(), |(name, _)| name);
            name.to_lowercase() == original.to_lowercase()
        };
        let mut list = self.list_setting(&me.open, "pseudonyms")?;
        match (list.iter().position(is_it), entry) {
            (Some(at), Some(entry)) => list.splice(at..=at, [entry]).for_each(drop),
            (Some(at), None) => drop(list.remove(at)),
            (None, Some(_)) if list.len() >= MAX_NAMES => {
                return Err(CommandError::usage("the list of names is full")
                    .hint(format!("It takes {MAX_NAMES}; remove one first.")));
            }
            (None, Some(entry)) => list.push(entry),
            (None, None) => {}
        }
        // The new entry was checked; what another version took stays in the list.
        let setting = settings::find("pseudonyms", Scope::Personal)?;
        self.store_setting(me, setting, &list.into())?;
        self.pseudonyms(me)
    }
}
