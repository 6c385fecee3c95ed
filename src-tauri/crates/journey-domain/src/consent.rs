//! The person's leave to send something to a host: no network call is made without one.

use crate::ids::SessionId;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Fetching a speech model.
    ModelDownload,
    /// Having a text analysed by a provider.
    Analysis,
    /// Asking a provider for its models; nothing of the person's words.
    ProviderTest,
    /// Looking for servers on this computer; nothing of the person's words.
    LocalProbe,
}

impl Purpose {
    /// As the ledger names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ModelDownload => "model download",
            Self::Analysis => "analyse",
            Self::ProviderTest => "provider test",
            Self::LocalProbe => "provider probe",
        }
    }
}

/// Leave for one purpose and the hosts named in it. Made only from what the person ordered or set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    purpose: Purpose,
    hosts: Vec<String>,
    session: Option<SessionId>,
}

impl Consent {
    /// Leave for a download that the person ordered. A host with a leading dot stands for all
    /// hosts below it.
    pub fn for_ordered_download<H: Into<String>>(hosts: impl IntoIterator<Item = H>) -> Self {
        Self {
            purpose: Purpose::ModelDownload,
            hosts: hosts.into_iter().map(|host| host.into().to_ascii_lowercase()).collect(),
            session: None,
        }
    }

    /// Leave to send the text of `session` to the provider at `host`, which the person's settings
    /// name.
    pub fn for_analysis(host: impl Into<String>, session: Option<SessionId>) -> Self {
        Self { purpose: Purpose::Analysis, hosts: vec![host.into().to_ascii_lowercase()], session }
    }

    /// Leave to ask the provider at `host` for its models.
    pub fn for_provider_test(host: impl Into<String>) -> Self {
        Self { purpose: Purpose::ProviderTest, ..Self::for_analysis(host, None) }
    }

    /// Leave to look for servers on this computer.
    #[must_use]
    pub fn for_local_probe() -> Self {
        Self { purpose: Purpose::LocalProbe, ..Self::for_analysis("127.0.0.1", None) }
    }

    /// What it was given for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// For which session, if any.
    #[must_use]
    pub const fn session(&self) -> Option<SessionId> {
        self.session
    }

    /// Whether `host` (without port) is among the hosts it names.
    #[must_use]
    pub fn allows(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.hosts.iter().any(|allowed| {
            if allowed.starts_with('.') {
                host.ends_with(allowed.as_str())
            } else {
                host == *allowed
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leave_holds_for_the_hosts_it_names_and_no_other() {
        let consent = Consent::for_ordered_download(["models.example", ".cdn.example"]);
        assert!(consent.allows("Models.Example"));
        assert!(consent.allows("eu.cdn.example"));
        assert!(!consent.allows("evilcdn.example"));
        assert!(!consent.allows("cdn.example"));
        assert!(!consent.allows("models.example.evil.test"));
        assert_eq!(consent.purpose().name(), "model download");
    }
}
