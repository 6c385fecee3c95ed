//! The requests to providers that one account may begin: counted in its vault, so that window and
//! command line, and every restart, count together.

use super::carried::{self, Until};
use governor::Quota;
use journey_analysis::provider::CallLimit;
use journey_domain::ports::Clock;
use journey_vault::{Vault, VaultError};
use std::{num::NonZeroU32, sync::Arc, time::Duration};

/// Under which setting of the vault the count is kept.
const KEPT: &str = "provider_calls_until";

const MINUTE_NS: u64 = 60_000_000_000;

/// The limit of one account.
pub(crate) struct ProviderCalls {
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    quota: Quota,
}

impl ProviderCalls {
    pub(crate) fn new(vault: Arc<Vault>, clock: Arc<dyn Clock>, per_minute: u32) -> Self {
        Self { vault, clock, quota: in_any_minute(per_minute) }
    }
}

impl CallLimit for ProviderCalls {
    fn take(&self) -> Result<(), Duration> {
        let taken = self.vault.write(|write| {
            let settings = write.settings();
            let kept = settings.get(KEPT)?.and_then(|value| value.as_u64()).unwrap_or_default();
            let until = match carried::take(Until(kept), self.clock.now(), self.quota) {
                Ok(until) => until,
                Err(wait) => return Ok(Err(wait)),
            };
            settings.set(KEPT, &until.0.into())?;
            Ok::<_, VaultError>(Ok(()))
        });
        taken.unwrap_or_else(|error| {
            // The ledger is written next, and without it nothing is sent.
            tracing::warn!(%error, "the calls to providers could not be counted");
            Ok(())
        })
    }
}

/// A third of them at once, the rest spread evenly, so that no minute sees more wherever it begins.
fn in_any_minute(n: u32) -> Quota {
    let n = n.max(1);
    let at_once = (n / 3).max(1);
    let interval = Duration::from_nanos(MINUTE_NS.div_ceil(u64::from(n - at_once) + 1));
    let at_once = NonZeroU32::new(at_once).unwrap_or(NonZeroU32::MIN);
    // Only an interval of nothing has no quota.
    Quota::with_period(interval).unwrap_or(Quota::per_minute(NonZeroU32::MIN)).allow_burst(at_once)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        gate::command::Command,
        testing::{House, PASSWORD},
    };
    use jiff::{SignedDuration, Timestamp};
    use journey_domain::{error_code::ErrorCode, ports::CancelToken};
    use serde_json::json;

    #[test]
    fn no_minute_sees_more_calls_than_allowed_wherever_it_begins() {
        let began: Timestamp = "2026-11-27T10:00:00Z".parse().unwrap();
        for n in [1, 2, 3, 10, 60, 600] {
            let (quota, mut kept) = (in_any_minute(n), Until::default());
            let mut begun = Vec::new();
            let mut ms = 0;
            while ms < 240_000 {
                let now = began + SignedDuration::from_millis(ms);
                match carried::take(kept, now, quota) {
                    Ok(until) => {
                        kept = until;
                        begun.push(ms);
                    }
                    // Asked again as soon as it is said to be worth it.
                    Err(wait) => ms += i64::try_from(wait.as_millis()).unwrap() + 1,
                }
            }
            for first in &begun {
                let within = begun.iter().filter(|ms| (*first..first + 60_000).contains(ms));
                assert!(within.count() <= n as usize, "{n} a minute, from {first} ms on");
            }
            // And it is no stricter than it has to be.
            assert!(begun.len() as f64 >= f64::from(n) * 4.0 * 0.6, "{n}: {}", begun.len());
        }
    }

    #[test]
    fn calls_count_together_in_every_process_and_after_locking_and_for_each_account_alone() {
        let house = House::with_two();
        let limit = |me: &crate::access::Unlocked| {
            ProviderCalls::new(me.open.vault.clone(), house.clock.clone(), 3)
        };
        let me = house.unlocked(&house.sign_in("ada"));
        assert_eq!(limit(&me).take(), Ok(()));
        assert_eq!(limit(&me).take(), Err(Duration::from_secs(20)));
        // Another process, the vault still open in this one.
        let elsewhere = house.another_process();
        let token = elsewhere.sign_in_once("ada", PASSWORD).unwrap();
        let there = elsewhere.unlocked(Command::Sessions, &token).unwrap();
        assert_eq!(limit(&there).take(), Err(Duration::from_secs(20)));
        // Locked, and opened again.
        drop(me);
        house.app.close(journey_domain::ports::LockReason::Asked);
        let me = house.unlocked(&house.sign_in("ada"));
        assert_eq!(limit(&me).take(), Err(Duration::from_secs(20)));
        house.clock.skip(Duration::from_secs(20));
        assert_eq!(limit(&there).take(), Ok(()));
        assert_eq!(limit(&me).take(), Err(Duration::from_secs(20)));
        let ben = house.unlocked(&house.sign_in("ben"));
        assert_eq!(limit(&ben).take(), Ok(()));
    }

    #[test]
    fn a_provider_is_not_asked_beyond_the_limit_and_the_person_hears_when_it_may_be() {
        let house = House::with_two();
        let me = house.unlocked(&house.sign_in("ada"));
        let app = &house.app;
        app.set_system_setting(me.caller(), "provider_calls_per_minute", &json!(1)).unwrap();
        // Nobody listens there.
        for (key, value) in
            [("provider_base_url", "http://127.0.0.1:9/v1"), ("provider_model", "m")]
        {
            app.set_setting(&me, key, &json!(value)).unwrap();
        }
        app.use_provider(&me, "compatible").unwrap();
        let asked = app.test_provider(&me, &CancelToken::new()).err().unwrap();
        assert_eq!(asked.code, ErrorCode::Network, "{}", asked.message);
        let n_asked = app.ledger(&me, None).unwrap().ledger.len();
        let refused = app.test_provider(&me, &CancelToken::new()).err().unwrap();
        assert_eq!(refused.code, ErrorCode::RateLimited);
        assert!(refused.message.ends_with("try again in 60 s"), "{}", refused.message);
        assert_eq!(
            app.ledger(&me, None).unwrap().ledger.len(),
            n_asked,
            "it was asked all the same"
        );
        house.clock.skip(Duration::from_secs(60));
        assert_eq!(
            app.test_provider(&me, &CancelToken::new()).err().unwrap().code,
            ErrorCode::Network
        );
    }
}
