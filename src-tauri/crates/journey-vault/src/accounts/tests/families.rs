//! Refresh tokens against replay, races, restarts and each other.

use super::*;
use journey_domain::ids::AccountId;
use proptest::prelude::*;

fn signed_in(home: &Home) -> (AccountId, Refreshed) {
    let id = home.create("Ada").account.account.id;
    (id, home.store.stay_signed_in(id, Client::Desktop).unwrap())
}

fn later(home: &Home) {
    home.clock.skip(Duration::from_secs(31));
}

#[test]
fn a_token_gives_the_next_and_an_older_one_ends_the_family() {
    let home = Home::new();
    let (_, first) = signed_in(&home);
    let second = home.store.refresh(&first.token).unwrap();
    let third = home.store.refresh(&second.token).unwrap();
    assert!(matches!(home.store.refresh(&first.token), Err(RefreshError::Reused)));
    assert!(matches!(home.store.refresh(&third.token), Err(RefreshError::Ended)));
    assert!(!home.store.family_lives(third.family).unwrap());
    assert!(home.actions().contains(&"token_reused".to_owned()));
}

#[test]
fn a_lost_reply_is_given_again_for_a_short_while_and_then_counts_as_stolen() {
    let mut home = Home::new();
    let (_, first) = signed_in(&home);
    let second = home.store.refresh(&first.token).unwrap();
    home.reopen();
    let again = home.store.refresh(&first.token).unwrap();
    assert_eq!(second.token.as_bytes(), again.token.as_bytes());
    later(&home);
    assert!(matches!(home.store.refresh(&first.token), Err(RefreshError::Reused)));
    assert!(matches!(home.store.refresh(&second.token), Err(RefreshError::Ended)));
}

#[test]
fn fifty_at_once_all_get_the_same_successor_and_late_ones_end_the_family() {
    let home = Home::new();
    let (_, first) = signed_in(&home);
    let gotten: std::collections::HashSet<Vec<u8>> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..50)
            .map(|_| {
                scope.spawn(|| home.store.refresh(&first.token).unwrap().token.as_bytes().to_vec())
            })
            .collect();
        all.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(gotten.len(), 1);
    later(&home);
    let refused = std::thread::scope(|scope| {
        let all: Vec<_> =
            (0..50).map(|_| scope.spawn(|| home.store.refresh(&first.token).is_err())).collect();
        all.into_iter().all(|it| it.join().unwrap())
    });
    assert!(refused);
    assert!(!home.store.family_lives(first.family).unwrap());
}

#[test]
fn a_thief_is_found_out_whoever_comes_first() {
    for thief_first in [true, false] {
        let home = Home::new();
        let (_, copied) = signed_in(&home);
        // Both hold the same token; whoever comes second, later, is the reuse.
        let first = home.store.refresh(&copied.token).unwrap();
        later(&home);
        if thief_first {
            // The owner comes with the old token.
            assert!(matches!(home.store.refresh(&copied.token), Err(RefreshError::Reused)));
        } else {
            // The owner has gone on, the thief comes with the old token.
            let next = home.store.refresh(&first.token).unwrap();
            assert!(matches!(home.store.refresh(&copied.token), Err(RefreshError::Reused)));
            assert!(matches!(home.store.refresh(&next.token), Err(RefreshError::Ended)));
        }
        assert!(!home.store.family_lives(copied.family).unwrap());
    }
}

#[test]
fn a_made_up_token_ends_nobody_s_sign_in() {
    let home = Home::new();
    let (_, first) = signed_in(&home);
    let whole = first.token.as_bytes().to_vec();
    for at in 0..whole.len() {
        let mut forged = whole.clone();
        forged[at] ^= 1;
        let forged = RefreshToken::from_slice(&forged).unwrap();
        assert!(matches!(home.store.refresh(&forged), Err(RefreshError::Invalid)), "{at}");
    }
    assert!(RefreshToken::from_slice(&whole[1..]).is_none());
    assert!(home.store.refresh(&first.token).is_ok());
    assert!(!format!("{:?}", first.token).contains(char::is_numeric));
}

#[test]
fn a_token_from_before_the_store_was_lost_is_none() {
    let mut home = Home::new();
    let (_, before) = signed_in(&home);
    fs::remove_file(home.data().join("accounts.key")).unwrap();
    home.reopen();
    assert!(matches!(home.store.refresh(&before.token), Err(RefreshError::Invalid)));
}

#[test]
fn thirty_days_are_the_end_however_often_it_is_used() {
    let home = Home::new();
    let (_, mut it) = signed_in(&home);
    for _ in 0..29 {
        home.clock.skip(Duration::from_secs(24 * 3600));
        it = home.store.refresh(&it.token).unwrap();
    }
    home.clock.skip(Duration::from_secs(24 * 3600));
    assert!(matches!(home.store.refresh(&it.token), Err(RefreshError::Expired)));
    assert!(!home.store.family_lives(it.family).unwrap());
}

#[test]
fn one_lasting_family_per_client_and_processes_do_not_end_each_other() {
    let home = Home::new();
    let (id, desktop) = signed_in(&home);
    let command_line = home.store.stay_signed_in(id, Client::CommandLine).unwrap();
    let here = home.store.sign_in_here(id, Client::CommandLine).unwrap();
    let there = home.store.sign_in_here(id, Client::CommandLine).unwrap();
    for it in [&desktop, &command_line, &here, &there] {
        assert!(home.store.family_lives(it.family).unwrap());
    }
    home.store.stay_signed_in(id, Client::Desktop).unwrap();
    assert!(!home.store.family_lives(desktop.family).unwrap());
    assert!(home.store.family_lives(command_line.family).unwrap());
    home.store.end_family(here.family).unwrap();
    assert!(!home.store.family_lives(here.family).unwrap());
    assert!(home.store.family_lives(there.family).unwrap());
}

#[test]
fn the_rotation_lock_lets_one_in_at_a_time() {
    let home = Home::new();
    let (_, first) = signed_in(&home);
    let keychain = std::sync::Mutex::new(first.token.as_bytes().to_vec());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let _lock = home.store.lock_rotation(Client::Desktop).unwrap();
                    let token = keychain.lock().unwrap().clone();
                    let token = RefreshToken::from_slice(&token).unwrap();
                    let next = home.store.refresh(&token).unwrap();
                    *keychain.lock().unwrap() = next.token.as_bytes().to_vec();
                }
            });
        }
    });
    assert!(home.store.family_lives(first.family).unwrap());
}

#[derive(Clone, Copy, Debug)]
enum Step {
    SignIn(usize),
    Refresh(usize),
    RetryAtOnce(usize),
    ReplayOld(usize),
    SignOut(usize),
    Disable,
    Enable,
    Restart,
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0usize..2).prop_map(Step::SignIn),
        (0usize..2).prop_map(Step::Refresh),
        (0usize..2).prop_map(Step::RetryAtOnce),
        (0usize..2).prop_map(Step::ReplayOld),
        (0usize..2).prop_map(Step::SignOut),
        Just(Step::Disable),
        Just(Step::Enable),
        Just(Step::Restart),
        Just(Step::Wait),
    ]
}

/// What a client holds, and what should hold for it.
#[derive(Default)]
struct Held {
    tokens: Vec<Vec<u8>>,
    families: Vec<FamilyId>,
    lives: bool,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_token_outlives_its_family_and_no_honest_client_is_thrown_out(
        steps in prop::collection::vec(step(), 1..40)
    ) {
        let mut home = Home::new();
        home.create("Admin");
        let id = home.create("Ada").account.account.id;
        let clients = [Client::Desktop, Client::CommandLine];
        let mut held = [Held::default(), Held::default()];
        let mut disabled = false;
        for step in steps {
            match step {
                Step::SignIn(n) => match home.store.stay_signed_in(id, clients[n]) {
                    Ok(begun) => {
                        prop_assert!(!disabled);
                        held[n].tokens = vec![begun.token.as_bytes().to_vec()];
                        held[n].families.push(begun.family);
                        held[n].lives = true;
                    }
                    Err(_) => prop_assert!(disabled),
                },
                Step::Refresh(n) => {
                    let Some(token) = held[n].tokens.last() else { continue };
                    let token = RefreshToken::from_slice(token).unwrap();
                    match home.store.refresh(&token) {
                        Ok(next) => {
                            prop_assert!(held[n].lives, "a token outlived its family");
                            held[n].tokens.push(next.token.as_bytes().to_vec());
                        }
                        Err(_) => prop_assert!(!held[n].lives, "an honest client was thrown out"),
                    }
                }
                Step::RetryAtOnce(n) => {
                    let Some(token) = held[n].tokens.last() else { continue };
                    let token = RefreshToken::from_slice(token).unwrap();
                    let (lost, again) = (home.store.refresh(&token), home.store.refresh(&token));
                    prop_assert_eq!(lost.is_ok(), held[n].lives);
                    prop_assert_eq!(again.is_ok(), held[n].lives, "a retry was punished");
                    if let Ok(again) = again {
                        held[n].tokens.push(again.token.as_bytes().to_vec());
                    }
                }
                Step::ReplayOld(n) => {
                    let n_tokens = held[n].tokens.len();
                    if n_tokens < 3 {
                        continue;
                    }
                    let token = RefreshToken::from_slice(&held[n].tokens[n_tokens - 3]).unwrap();
                    prop_assert!(home.store.refresh(&token).is_err());
                    held[n].lives = false;
                }
                Step::SignOut(n) => {
                    home.store.sign_out(id, clients[n]).unwrap();
                    held[n].lives = false;
                }
                Step::Disable => {
                    home.store.disable(id, None).unwrap();
                    disabled = true;
                    held.iter_mut().for_each(|it| it.lives = false);
                }
                Step::Enable => {
                    home.store.enable(id, None).unwrap();
                    disabled = false;
                }
                Step::Restart => {
                    home.reopen();
                }
                Step::Wait => later(&home),
            }
            for it in &held {
                if let Some((now, before)) = it.families.split_last() {
                    prop_assert_eq!(home.store.family_lives(*now).unwrap(), it.lives);
                    for family in before {
                        prop_assert!(!home.store.family_lives(*family).unwrap());
                    }
                }
            }
        }
    }
}
