//! Which addresses may be asked: https anywhere that the person allowed, http on this computer only.

use super::error::ProviderError;
use journey_domain::consent::{Consent, Purpose};
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use std::net::{IpAddr, SocketAddr};

/// A provider's base address that has passed every check.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    base: Url,
    host: String,
    loopback: bool,
}

/// The host of an address that may be asked where an admin allows its host: without port, in lower
/// case, an IPv6 address without brackets and in its shortest spelling.
///
/// # Errors
/// [`ProviderError::Address`] says what is wrong with it.
pub fn host_of(base_url: &str) -> Result<String, ProviderError> {
    Address::parse(base_url).map(|address| address.host)
}

impl Address {
    /// Checks `base_url` against the hosts that the person allowed and the leave for this session.
    pub(crate) fn new(
        base_url: &str,
        allowed_hosts: &[String],
        consent: &Consent,
    ) -> Result<Self, ProviderError> {
        let it = Self::parse(base_url)?;
        let allowed = allowed_hosts.iter().any(|a| a.eq_ignore_ascii_case(&it.host));
        let is_for_providers = matches!(
            consent.purpose(),
            Purpose::Analysis | Purpose::ProviderTest | Purpose::LocalProbe
        );
        if !allowed || !is_for_providers || !consent.allows(&it.host) {
            return Err(ProviderError::NoConsent);
        }
        Ok(it)
    }

    /// What can be told of an address alone.
    fn parse(base_url: &str) -> Result<Self, ProviderError> {
        let base = Url::parse(base_url.trim().trim_end_matches('/'))
            .map_err(|_| ProviderError::Address("it is no address"))?;
        if !base.username().is_empty() || base.password().is_some() {
            return Err(ProviderError::Address("it holds a user name or password"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(ProviderError::Address("it holds more than a host and a path"));
        }
        let host = base
            .host_str()
            .ok_or(ProviderError::Address("it names no host"))?
            .trim_end_matches('.')
            .trim_matches(['[', ']'])
            .to_ascii_lowercase();
        let ip = host.parse::<IpAddr>().ok();
        let loopback = host == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
        match base.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => return Err(ProviderError::Address("http is for this computer only")),
            _ => return Err(ProviderError::Address("it is neither https nor http")),
        }
        if ip.is_some_and(is_refused) || host.starts_with("metadata.") {
            return Err(ProviderError::Address("it belongs to no server"));
        }
        Ok(Self { base, host, loopback })
    }

    /// The host without port, in lower case; an IPv6 address without brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn scheme(&self) -> &str {
        self.base.scheme()
    }

    pub(crate) const fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Host and port, as the ledger names it.
    pub(crate) fn host_and_port(&self) -> String {
        let port = self.base.port_or_known_default().unwrap_or_default();
        if self.host.contains(':') {
            format!("[{}]:{port}", self.host)
        } else {
            format!("{}:{port}", self.host)
        }
    }

    /// The address of `path` (which begins with a slash) below the base.
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url
    }
}

/// Addresses that are nobody's server: link-local (cloud metadata among them) and unspecified.
const fn is_refused(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_unspecified() || v4.is_broadcast(),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.is_link_local() || v4.is_unspecified() || v4.is_loopback(),
            None => v6.is_unspecified() || v6.is_unicast_link_local(),
        },
    }
}

/// Resolves once a connection, and drops what a hostile name server could point inwards.
pub(crate) struct CheckedResolver {
    pub(crate) loopback: bool,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.loopback;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let kept: Vec<SocketAddr> =
                found.filter(|a| !is_refused(a.ip()) && a.ip().is_loopback() == loopback).collect();
            if kept.is_empty() {
                return Err("the name leads to no address that may be asked".into());
            }
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str) -> Result<Address, ProviderError> {
        let host = Url::parse(url).ok().and_then(|u| u.host_str().map(str::to_owned));
        let host = host.unwrap_or_default().trim_matches(['[', ']']).to_owned();
        Address::new(url, std::slice::from_ref(&host), &Consent::for_analysis(host.clone(), None))
    }

    #[test]
    fn https_anywhere_and_http_on_this_computer() {
        let address = check("https://api.example/v1/").unwrap();
        assert_eq!(address.join("/models").as_str(), "https://api.example/v1/models");
        assert_eq!(address.host_and_port(), "api.example:443");
        assert!(check("http://127.0.0.1:11434").unwrap().is_loopback());
        let address = check("http://[::1]:1234/v1").unwrap();
        assert_eq!((address.host(), address.is_loopback()), ("::1", true));
        assert_eq!(address.host_and_port(), "[::1]:1234");
        assert_eq!(address.join("/models").as_str(), "http://[::1]:1234/v1/models");
    }

    #[test]
    fn other_addresses_are_refused() {
        for url in [
            "http://api.example/v1",
            "https://user:secret@api.example",
            "https://169.254.169.254/latest",
            "https://[fe80::1]/v1",
            "https://[::ffff:169.254.169.254]/",
            "https://0.0.0.0/",
            "https://2852039166/",
            "https://metadata.google.internal/",
            "ftp://api.example/",
            "file:///etc/passwd",
            "https://api.example/?x=1",
            "nonsense",
        ] {
            assert!(matches!(check(url), Err(ProviderError::Address(_))), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_computer_is_not_asked_as_a_server_elsewhere() {
        let name = || -> Name { "localhost".parse().unwrap() };
        let inwards = CheckedResolver { loopback: false }.resolve(name()).await;
        assert!(inwards.is_err(), "a rebound name was followed");
        let here = CheckedResolver { loopback: true }.resolve(name()).await.unwrap();
        assert!(here.into_iter().all(|a| a.ip().is_loopback()));
    }

    #[test]
    fn a_host_needs_both_the_list_and_the_leave() {
        let leave = Consent::for_analysis("api.example", None);
        let list = ["api.example".to_owned()];
        assert!(Address::new("https://api.example", &list, &leave).is_ok());
        assert!(Address::new("https://api.example", &[], &leave).is_err());
        let other = Consent::for_analysis("other.example", None);
        assert!(Address::new("https://api.example", &list, &other).is_err());
    }
}
