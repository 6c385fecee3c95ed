//! Every command there is, tried by everybody there can be.

use super::*;
use crate::{
    access::Client,
    testing::{House, PASSWORD},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// How far somebody gets with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gets {
    Nowhere,
    /// Known by name; the vault plays no part.
    SignedIn,
    /// At an open vault.
    Unlocked,
}

/// Tries all three ways in.
fn gets(app: &App, command: Command, token: &AccessToken) -> Gets {
    if app.unlocked(command, token).is_ok() {
        return Gets::Unlocked;
    }
    match app.signed_in(command, token) {
        Ok(_) => Gets::SignedIn,
        Err(_) => Gets::Nowhere,
    }
}

fn encode(key: &[u8], algorithm: Algorithm, claims: &Value) -> AccessToken {
    let header = Header::new(algorithm);
    AccessToken::new(jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(key)).unwrap())
}

/// Tokens that are none, all made from what a good one says; the good one stands first.
fn forgeries(house: &House, token: &AccessToken) -> BTreeMap<&'static str, AccessToken> {
    let key = house.app.access().accounts().signing_key().unwrap();
    let key = key.as_bytes();
    let claims = house.app.gate().mint.check_signature(token).unwrap();
    let good = serde_json::to_value(&claims).unwrap();
    let with = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        encode(key, Algorithm::HS256, &changed)
    };
    let at = |seconds: i64| {
        let mut changed = good.clone();
        for name in ["iat", "nbf", "exp"] {
            changed[name] = json!(good[name].as_i64().unwrap() + seconds);
        }
        encode(key, Algorithm::HS256, &changed)
    };
    let base64 = |text: &[u8]| {
        const DIGITS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut out = String::new();
        for chunk in text.chunks(3) {
            let n =
                chunk.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
            for digit in 0..=chunk.len() {
                out.push(char::from(DIGITS[(n >> (18 - 6 * digit)) as usize & 63]));
            }
        }
        out
    };
    let unsigned = |header: &str| {
        AccessToken::new(format!(
            "{}.{}.",
            base64(header.as_bytes()),
            base64(good.to_string().as_bytes())
        ))
    };
    let someone_else = uuid::Uuid::from_u128(77);
    BTreeMap::from([
        ("alg none", unsigned(r#"{"alg":"none","typ":"JWT"}"#)),
        ("alg None", unsigned(r#"{"alg":"None"}"#)),
        ("no signature", unsigned(r#"{"alg":"HS256","typ":"JWT"}"#)),
        ("another key", encode(&[8; 32], Algorithm::HS256, &good)),
        ("no key", encode(b"", Algorithm::HS256, &good)),
        ("another algorithm", encode(key, Algorithm::HS512, &good)),
        ("another audience", with("aud", json!("insight-journey:sync"))),
        ("another issuer", with("iss", json!("somebody"))),
        ("nobody's", with("sub", json!(someone_else))),
        ("a family that never was", with("fam", json!(someone_else))),
        ("a stale epoch", with("epoch", json!(claims.epoch - 1))),
        ("an epoch to come", with("epoch", json!(claims.epoch + 1))),
        ("a longer life", with("exp", json!(good["exp"].as_i64().unwrap() + 1))),
        ("expired", at(-606)),
        ("from the future", at(6)),
        ("empty", AccessToken::new(String::new())),
    ])
}

#[test]
fn the_forger_s_own_hand_makes_good_tokens() {
    let house = House::with_two();
    let token = house.sign_in("ada");
    let key = house.app.access().accounts().signing_key().unwrap();
    let claims = house.app.gate().mint.check_signature(&token).unwrap();
    let same = encode(key.as_bytes(), Algorithm::HS256, &serde_json::to_value(&claims).unwrap());
    assert_eq!(gets(&house.app, Command::Audit, &same), Gets::Unlocked);
    assert_eq!(gets(&house.app, Command::Sessions, &same), Gets::Unlocked);
}

#[test]
fn no_forged_foreign_or_old_token_gets_anywhere_with_any_command() {
    let house = House::with_two();
    // An admin's, so that nothing but the forgery can be the reason.
    let token = house.sign_in("ada");
    for (what, forged) in forgeries(&house, &token) {
        for command in Command::ALL {
            assert_eq!(gets(&house.app, *command, &forged), Gets::Nowhere, "{what}: {command:?}");
        }
    }
    assert_eq!(gets(&house.app, Command::Sessions, &token), Gets::Unlocked);
}

#[test]
fn everybody_gets_as_far_with_every_command_as_its_line_in_the_table_says() {
    let house = House::with_two();
    let (app, regular) = (&house.app, house.sign_in("ben"));
    // The admin's vault is the open one after this; the regular's is closed.
    let admin = house.sign_in("ada");
    let (mut n_refused, mut n_let) = (0, 0);
    for command in Command::ALL {
        let needs = command.permission();
        assert_eq!(app.public(*command).is_ok(), needs == Permission::Public, "{command:?}");
        let expected_of_admin = Gets::Unlocked;
        assert_eq!(gets(app, *command, &admin), expected_of_admin, "{command:?} by an admin");
        let expected = match needs {
            Permission::Public | Permission::SignedIn => Gets::SignedIn,
            Permission::Unlocked | Permission::Admin => Gets::Nowhere,
        };
        assert_eq!(gets(app, *command, &regular), expected, "{command:?} by a locked regular");
        n_refused += usize::from(expected == Gets::Nowhere);
        n_let += usize::from(expected != Gets::Nowhere);
    }
    assert!(n_refused > 30 && n_let > 10, "the table lost its lines: {n_refused}, {n_let}");
    let regular = house.sign_in("ben");
    for command in Command::ALL {
        let expected = match command.permission() {
            Permission::Admin => Gets::Nowhere,
            _ => Gets::Unlocked,
        };
        assert_eq!(gets(app, *command, &regular), expected, "{command:?} by a regular");
        // The admin's token is still good, but opens nobody's vault: the regular's is not the admin's.
        let got = gets(app, *command, &admin);
        let expected = match command.permission() {
            Permission::Unlocked => Gets::Nowhere,
            _ => Gets::SignedIn,
        };
        assert_eq!(got, expected, "{command:?} by an admin at another's vault");
    }
}

#[test]
fn role_and_disabling_take_effect_at_the_next_call_whoever_ordered_them() {
    let house = House::with_two();
    let token = house.sign_in("ben");
    let elsewhere = house.another_process();
    let admin = elsewhere.sign_in_window("ada", PASSWORD, false).unwrap();
    let admin = elsewhere.signed_in(Command::AccountRole, &admin).unwrap();
    assert_eq!(gets(&house.app, Command::Sessions, &token), Gets::Unlocked);
    elsewhere.set_role(&admin, "ben", Role::Admin).unwrap();
    for command in Command::ALL {
        assert_eq!(gets(&house.app, *command, &token), Gets::Nowhere, "{command:?}, another role");
    }
    let token = house.sign_in("ben");
    assert_eq!(gets(&house.app, Command::AccountDisable, &token), Gets::Unlocked);
    elsewhere.set_disabled(&admin, "ben", true).unwrap();
    for command in Command::ALL {
        assert_eq!(gets(&house.app, *command, &token), Gets::Nowhere, "{command:?}, disabled");
    }
    assert_eq!(
        house.app.sign_in_window("ben", PASSWORD, false).err().unwrap().code,
        ErrorCode::NotAllowed
    );
    elsewhere.set_disabled(&admin, "ben", false).unwrap();
    assert_eq!(gets(&house.app, Command::Sessions, &token), Gets::Nowhere, "an old token lives on");
    let token = house.sign_in("ben");
    assert_eq!(gets(&house.app, Command::Sessions, &token), Gets::Unlocked);
}

#[test]
fn signing_out_ends_the_access_token_too() {
    let house = House::with_two();
    assert!(house.sign_in_and_stay("ben"));
    let token = house.app.resume(Client::Desktop).unwrap().unwrap();
    assert_eq!(gets(&house.app, Command::Sessions, &token), Gets::Unlocked);
    house.app.sign_out(Client::Desktop).unwrap();
    for command in Command::ALL {
        assert_eq!(gets(&house.app, *command, &token), Gets::Nowhere, "{command:?}");
    }
}

#[test]
fn each_class_of_commands_has_its_limit_and_says_when_to_try_again() {
    let house = House::with_two();
    let (ada, ben) = (house.sign_in("ada"), house.sign_in("ben"));
    let admin = house.app.signed_in(Command::ChangeSystemSetting, &ada).unwrap();
    house.app.set_system_setting(&admin, "commands_per_minute", &json!(200)).unwrap();
    for class in RateClass::ALL {
        let of_class =
            |c: &&Command| c.rate_class() == *class && c.permission() != Permission::Admin;
        let command = *Command::ALL.iter().find(of_class).unwrap();
        let most = class.per_minute(200);
        for n in 0..most {
            assert!(house.app.unlocked(command, &ben).is_ok(), "{class:?}, number {n}");
        }
        let refused = house.app.unlocked(command, &ben).err().unwrap();
        assert_eq!(refused.code, ErrorCode::RateLimited, "{class:?}");
        let hint = refused.hint.unwrap();
        let seconds: u64 = hint.split_whitespace().find_map(|word| word.parse().ok()).unwrap();
        assert!((1..=7).contains(&seconds), "{hint}");
        // Nobody else waits, and the one who does is let through when the time has come.
        assert!(house.app.signed_in(Command::Whoami, &ada).is_ok(), "{class:?}");
        house.clock.skip(Duration::from_secs(seconds));
        assert!(house.app.unlocked(command, &ben).is_ok(), "{class:?}: not when it said");
    }
    // What nobody in particular asks for is limited, too.
    house.clock.skip(Duration::from_secs(60));
    let n_let = (0..1000).filter(|_| house.app.public(Command::Models).is_ok()).count();
    assert_eq!(n_let, 200);
    // A limit that an admin raises holds at once.
    house.app.set_system_setting(&admin, "commands_per_minute", &json!(1000)).unwrap();
    assert!(house.app.public(Command::Models).is_ok());
}

#[test]
fn an_account_s_commands_count_together_in_all_processes_and_nobody_is_kept_from_the_door() {
    let house = House::with_two();
    let ada = house.sign_in("ada");
    let admin = house.app.signed_in(Command::ChangeSystemSetting, &ada).unwrap();
    house.app.set_system_setting(&admin, "commands_per_minute", &json!(20)).unwrap();
    // As a loop of short processes would, each with a count of its own that begins at nothing.
    let n_let = (0..100)
        .filter(|_| house.another_process().signed_in(Command::Whoami, &ada).is_ok())
        .count();
    assert_eq!(n_let, 20);
    let refused = house.app.signed_in(Command::Whoami, &ada).err().unwrap();
    assert_eq!(refused.code, ErrorCode::RateLimited);
    assert_eq!(refused.hint.as_deref(), Some("Try again in 4 s."));
    // Another account does not wait, and whoever comes to the door is not kept from it.
    let ben = house.sign_in("ben");
    assert!(house.another_process().signed_in(Command::Whoami, &ben).is_ok());
    for _ in 0..100 {
        assert!(house.another_process().public(Command::SignIn).is_ok());
        assert!(house.another_process().public(Command::Lock).is_ok());
    }
    house.clock.skip(Duration::from_secs(3));
    assert!(house.app.signed_in(Command::Whoami, &ada).is_ok(), "not when it said");
    // Where the file cannot be used, each process counts for itself.
    let file = house.app.data_dir().path().join("limits");
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let n_let = (0..100).filter(|_| house.app.signed_in(Command::Whoami, &ada).is_ok()).count();
    assert_eq!(n_let, 20);
}

#[test]
fn every_command_has_a_word_of_its_own() {
    for (i, command) in Command::ALL.iter().enumerate() {
        assert!(Command::ALL[..i].iter().all(|c| c.word() != command.word()), "{}", command.word());
    }
}
