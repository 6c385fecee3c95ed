use super::given::{Asked, Home, serve};
use crate::views::window::ProviderRow;
use journey_domain::{
    error_code::ErrorCode,
    ports::{CancelToken, LockReason},
};
use std::{
    io::Write as _,
    net::{Shutdown, TcpStream},
    sync::Barrier,
};

fn models(asked: &Asked, stream: &mut TcpStream) -> std::io::Result<()> {
    let body = r#"{"data":[{"id":"small-one"},{"id":"large-one"}]}"#;
    let status = if asked.line.starts_with("GET /v1/models") { "200 OK" } else { "404 Not Found" };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}

fn row(home: &Home, name: &str) -> ProviderRow {
    let rows = home.app.provider_rows(&home.me()).unwrap().providers;
    rows.into_iter().find(|row| row.name == name).unwrap()
}

#[test]
fn each_provider_keeps_its_own_address_and_model_while_the_person_changes_to_and_fro() {
    let home = Home::new();
    let (app, me) = (&home.app, home.me());
    app.use_provider(&me, "compatible").unwrap();
    let url = "http://localhost:8080/v1";
    app.configure_provider(&me, "compatible", Some(url), Some("mistral")).unwrap();
    app.configure_provider(&me, "ollama", None, Some("llama3.1:8b")).unwrap();
    app.use_provider(&me, "openai").unwrap();
    app.use_provider(&me, "ollama").unwrap();

    let compatible = row(&home, "compatible");
    assert_eq!(
        (compatible.base_url.as_deref(), compatible.model.as_deref()),
        (Some(url), Some("mistral"))
    );
    assert!(compatible.local && !compatible.in_use);
    let ollama = row(&home, "ollama");
    assert_eq!(ollama.model.as_deref(), Some("llama3.1:8b"));
    assert!(ollama.in_use && ollama.local);
    assert_eq!(ollama.base_url.as_deref(), Some("http://127.0.0.1:11434"));
    let openai = row(&home, "openai");
    assert_eq!(openai.host.as_deref(), Some("api.openai.com"));
    assert_eq!(openai.model.as_deref(), Some("gpt-4.1-mini"));
    app.use_provider(&me, "on-device").unwrap();
    assert_eq!(row(&home, "compatible").model.as_deref(), Some("mistral"));
}

#[test]
fn what_was_set_for_one_provider_is_never_asked_of_another_and_no_key_goes_there() {
    let home = Home::new();
    let (app, me) = (&home.app, home.me());
    let set = |key: &str, value: &str| app.set_setting(&me, key, &value.into()).unwrap();
    // Nobody's yet: meant for a server of one's own, while OpenAI has a place of its own.
    set("provider_base_url", "http://127.0.0.1:9/v1");
    set("provider_model", "own");
    app.change_provider_key(&me, "openai", Some("sk-nobodys-key".to_owned())).unwrap();
    let session = app.write_in_window(&me, "I felt calm.", None).unwrap().session;
    let asked =
        |name: &str| app.preview_in_window(&me, &session, Some(name)).unwrap().host.unwrap();
    assert_eq!(asked("openai"), "api.openai.com");
    assert_eq!(asked("compatible"), "127.0.0.1");
    let key_is_for = me.vault().read(|read| read.secrets().get("openai")).unwrap().unwrap().host;
    assert_eq!(key_is_for, "api.openai.com");

    app.use_provider(&me, "compatible").unwrap();
    app.use_provider(&me, "on-device").unwrap();
    // Whoever was used last is not whom this is for.
    set("provider_base_url", "http://127.0.0.1:10/");
    set("provider_model", "other");
    // The setting does what the word does.
    set("provider", "ollama");
    let place = |name: &str| row(&home, name).base_url;
    assert_eq!(place("ollama").as_deref(), Some("http://127.0.0.1:10/"));
    assert_eq!(place("compatible").as_deref(), Some("http://127.0.0.1:9/v1"));
    assert_eq!(asked("openai"), "api.openai.com");
    set("provider", "compatible");
    let shown = app.settings_object(&me).unwrap();
    assert_eq!(shown["provider_base_url"], "http://127.0.0.1:9/v1");
    assert_eq!(shown["provider_model"], "own");
}

#[test]
fn what_an_earlier_version_kept_for_one_provider_is_of_no_other_after_the_upgrade() {
    let home = Home::new();
    let own = "http://127.0.0.1:9/v1";
    let me = home.me();
    me.vault()
        .write(|write| {
            let settings = write.settings();
            settings.set("provider_place_of", &"compatible".into())?;
            settings.set("provider_base_url", &own.into())?;
            settings.set("provider_model", &"own".into())?;
            settings.set("provider", &"on-device".into())
        })
        .unwrap();
    drop(me);
    home.app.close(LockReason::Asked);
    home.unlock();
    let (app, me) = (&home.app, home.me());
    let place = |name: &str| row(&home, name).base_url;
    assert_eq!(place("ollama").as_deref(), Some("http://127.0.0.1:11434"));
    assert_eq!(place("compatible").as_deref(), Some(own));
    app.use_provider(&me, "openai").unwrap();
    app.change_provider_key(&me, "openai", Some("sk-nobodys-key".to_owned())).unwrap();
    let key_is_for = me.vault().read(|read| read.secrets().get("openai")).unwrap().unwrap().host;
    assert_eq!(key_is_for, "api.openai.com");
    app.use_provider(&me, "compatible").unwrap();
    assert_eq!(
        (place("compatible").as_deref(), row(&home, "compatible").model),
        (Some(own), Some("own".to_owned()))
    );
    let left = me.vault().read(|read| read.settings().get("provider_place_of")).unwrap();
    assert_eq!(left, None);
}

#[test]
fn an_address_that_cannot_be_asked_ends_in_an_error_and_not_at_the_usual_host() {
    let home = Home::new();
    let (app, me) = (&home.app, home.me());
    app.change_provider_key(&me, "openai", Some("sk-nobodys-key".to_owned())).unwrap();
    let session = app.write_in_window(&me, "I felt calm.", None).unwrap().session;
    let refused = |what: &str| {
        let error = app.preview_in_window(&me, &session, Some("openai")).unwrap_err();
        assert_eq!(error.code, ErrorCode::Usage, "{what}: {error:?}");
        assert!(app.provider_rows(&me).is_ok(), "the page where it is mended opens");
    };
    let store = |key: &str, value: serde_json::Value| {
        me.vault().write(|write| write.settings().set(key, &value)).unwrap();
    };
    for kept in [serde_json::json!({ "base_url": 7, "model": null }), "http://x.example".into()] {
        store("provider_place.openai", kept);
        refused("a kept place");
    }
    store("provider", "openai".into());
    for address in ["http://own.example/v1", "https://ada:hunter2@own.example/v1"] {
        store("provider_base_url", address.into());
        refused(address);
    }
    store("provider_base_url", serde_json::Value::Null);
    let host = app.preview_in_window(&me, &session, Some("openai")).unwrap().host;
    assert_eq!(host.as_deref(), Some("api.openai.com"));
}

#[test]
fn names_that_another_version_took_are_still_replaced_and_more_can_be_added() {
    let home = Home::new();
    let (app, me) = (&home.app, home.me());
    let long = format!("Wilhelmina {}", "of Orange ".repeat(9));
    let stored = serde_json::json!(["Ada=", "Bob=Tom", long.trim()]);
    me.vault().write(|write| write.settings().set("pseudonyms", &stored)).unwrap();
    app.set_setting(&me, "use_pseudonyms", &true.into()).unwrap();
    app.set_setting(&me, "provider_model", &"m".into()).unwrap();
    let told = format!("I met Ada, Bob and {}. Zoe came, too.", long.trim());
    let session = app.write_in_window(&me, &told, None).unwrap().session;
    app.set_pseudonym(&me, "Zoe", "Eve").unwrap();
    let sent = app.preview_in_window(&me, &session, Some("ollama")).unwrap().body;
    for name in ["Ada", "Bob", "Wilhelmina", "Zoe"] {
        assert!(!sent.contains(name), "{name}");
    }
    assert!(sent.contains("Tom") && sent.contains("Eve") && sent.contains("Name1"));
    app.remove_pseudonym(&me, long.trim()).unwrap();
    assert_eq!(app.pseudonyms(&me).unwrap().pseudonyms.len(), 3);
}

#[test]
fn the_ledger_says_what_a_request_was_for_and_that_nothing_left_where_there_was_no_connection() {
    let home = Home::new();
    let (app, me) = (&home.app, home.me());
    let address = serve(models);
    app.configure_provider(&me, "compatible", Some("http://127.0.0.1:9/v1"), Some("m")).unwrap();
    app.ask_provider(&me, "compatible").unwrap_err();
    let url = format!("{address}/v1");
    app.configure_provider(&me, "compatible", Some(&url), Some("m")).unwrap();
    app.ask_provider(&me, "compatible").unwrap();
    let lines = app.ledger_rows(&me, None).unwrap().ledger;
    let said: Vec<_> =
        lines.iter().map(|l| (l.purpose.as_str(), l.outcome.as_deref().unwrap())).collect();
    assert_eq!(said, [("provider test", "answered"), ("provider test", "not sent")]);
    app.probe_providers(&me).unwrap();
    let newest = &app.ledger_rows(&me, None).unwrap().ledger[0];
    assert_eq!(newest.purpose, "provider probe");
}

#[test]
fn a_setting_names_nothing_that_is_not_here_as_little_as_its_word_does() {
    let home = Home::new();
    let (app, me) = (&home.app, home.me());
    for name in ["base.en", "never-was"] {
        let word = app.use_model(&me, name).err().unwrap();
        let setting = app.set_setting(&me, "speech_model", &name.into()).unwrap_err();
        assert_eq!((setting.code, setting.message), (word.code, word.message), "{name}");
    }
    let default = |name: &str| app.set_system_setting(me.caller(), "default_model", &name.into());
    default("base.en").unwrap();
    assert_eq!(default("never-was").unwrap_err().code, ErrorCode::NotFound);
    let only = serde_json::json!(["on-device"]);
    app.set_system_setting(me.caller(), "allowed_providers", &only).unwrap();
    let refused = app.set_setting(&me, "provider", &"openai".into()).unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotAllowed);
}

#[test]
fn an_address_that_would_go_over_the_network_unprotected_is_refused() {
    let home = Home::new();
    for address in ["http://example.org/v1", "ftp://localhost/", "https://", "not an address"] {
        let error =
            home.app.configure_provider(&home.me(), "compatible", Some(address), None).unwrap_err();
        assert_eq!(error.code, ErrorCode::Usage, "{address}");
        assert!(error.hint.is_some());
    }
    assert_eq!(row(&home, "compatible").base_url, None);
}

#[test]
fn a_server_on_this_computer_may_have_an_address_of_the_newer_kind() {
    let home = Home::new();
    let (app, me) = (&home.app, home.me());
    for url in ["http://[::1]:9/v1", "http://[0:0:0:0:0:0:0:1]:9/v1"] {
        app.configure_provider(&me, "compatible", Some(url), Some("m")).unwrap();
        assert!(row(&home, "compatible").local);
        // Nobody is there, which is another thing than not being allowed to ask.
        let error = app.ask_provider(&me, "compatible").unwrap_err();
        assert_eq!(error.code, ErrorCode::Network, "{url}: {error:?}");
    }
    let ledger = app.ledger_rows(&me, None).unwrap().ledger;
    assert_eq!(ledger.len(), 2);
    assert!(ledger.iter().all(|line| line.host == "http://[::1]:9"), "{ledger:?}");
    let session = app.write_in_window(&me, "I felt calm.", None).unwrap().session;
    let preview = app.preview_in_window(&me, &session, Some("compatible")).unwrap();
    assert_eq!(preview.host.as_deref(), Some("::1"));
}

#[test]
fn a_key_is_kept_never_told_and_forgotten_on_demand() {
    let home = Home::new();
    let key = "sk-nobodys-key".to_owned();
    home.app.change_provider_key(&home.me(), "openai", Some(key)).unwrap();
    let rows = home.app.provider_rows(&home.me()).unwrap();
    assert!(rows.providers.iter().any(|row| row.name == "openai" && row.has_key));
    assert!(!serde_json::to_string(&rows).unwrap().contains("nobodys"));
    home.app.change_provider_key(&home.me(), "openai", None).unwrap();
    assert!(!row(&home, "openai").has_key);
}

#[test]
fn a_test_asks_the_named_provider_and_tells_its_models() {
    let url = format!("{}/v1", serve(models));
    let home = Home::new();
    let (app, me) = (&home.app, home.me());
    app.configure_provider(&me, "compatible", Some(&url), Some("small-one")).unwrap();
    let answer = app.ask_provider(&me, "compatible").unwrap();
    assert!(answer.ok);
    assert_eq!(answer.models, ["small-one", "large-one"]);
    assert!(app.ask_provider(&me, "on-device").unwrap().models.is_empty());
    let ledger = app.ledger_rows(&me, None).unwrap().ledger;
    assert_eq!(ledger.len(), 1);
    let body = app.ledger_body(&me, &ledger[0].id).unwrap();
    assert_eq!((body.target.as_str(), body.body.as_deref()), ("GET /v1/models", Some("")));
    assert_eq!(app.ask_provider(&me, "openai").unwrap_err().code, ErrorCode::Provider);
}

#[test]
fn a_look_around_asks_this_computer_and_nothing_else() {
    let home = Home::new();
    home.app.probe_providers(&home.me()).unwrap();
    let ledger = home.app.ledger_rows(&home.me(), None).unwrap().ledger;
    assert!(!ledger.is_empty());
    assert!(ledger.iter().all(|line| line.host.starts_with("http://127.0.0.1:")));
}

#[test]
fn the_preview_shows_other_names_in_place_and_the_ledger_of_the_session_stays_empty() {
    let home = Home::new();
    let (app, me) = (&home.app, home.me());
    let text = "In the evening I called Jonas. I told Jonas that Lena was well.";
    let session = app.write_in_window(&me, text, None).unwrap().session;
    let names = app.pseudonyms(&me).unwrap();
    assert_eq!(names.candidates, ["Jonas", "Lena"]);

    let names = app.set_pseudonym(&me, "Jonas", "Anton").unwrap();
    assert_eq!(names.candidates, ["Lena"]);
    assert_eq!(names.pseudonyms[0].replacement, "Anton");
    app.set_setting(&me, "use_pseudonyms", &true.into()).unwrap();
    app.configure_provider(&me, "ollama", None, Some("llama3.1:8b")).unwrap();
    let preview = app.preview_in_window(&me, &session, Some("ollama")).unwrap();
    assert_eq!(preview.host.as_deref(), Some("127.0.0.1"));
    assert!(preview.body.contains("Anton") && !preview.body.contains("Jonas"));
    assert!(preview.body.contains("Lena"));
    assert_eq!(preview.bytes, preview.body.len() as u64);
    assert_eq!(preview.replaced.len(), 1);
    assert!(preview.tokens.unwrap() > 0);
    assert!(app.ledger_rows(&me, Some(&session)).unwrap().ledger.is_empty());

    let on_device = app.preview_in_window(&me, &session, None).unwrap();
    assert_eq!((on_device.host, on_device.bytes), (None, 0));
    assert!(app.remove_pseudonym(&me, "JONAS").unwrap().pseudonyms.is_empty());
    for wrong in ["", "a=b", "line\nbreak"] {
        assert_eq!(app.set_pseudonym(&me, "Lena", wrong).unwrap_err().code, ErrorCode::Usage);
    }
}

/// An answer without findings, which is given only when as many others are waited for.
fn together(barrier: &Barrier, stream: &mut TcpStream) -> std::io::Result<()> {
    barrier.wait();
    let content = r#"{\"elements\":[],\"relationships\":[]}"#;
    let said = format!(
        r#"{{"choices":[{{"message":{{"content":"{content}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":90000,"completion_tokens":9}}}}"#
    );
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{said}",
        said.len()
    )?;
    // What is left of the request is read, lest closing the connection take the answer with it.
    stream.shutdown(Shutdown::Write)?;
    std::io::copy(stream, &mut std::io::sink()).map(drop)
}

#[test]
fn sessions_that_only_wait_for_a_server_wait_together() {
    let barrier = Barrier::new(4);
    let address = serve(move |_, stream| together(&barrier, stream));
    let home = Home::new();
    let (app, me) = (&home.app, home.me());
    app.use_provider(&me, "compatible").unwrap();
    let url = format!("{address}/v1");
    app.configure_provider(&me, "compatible", Some(&url), Some("m")).unwrap();
    let ids: Vec<String> = (0..4)
        .map(|i| {
            app.write(&me, &format!("Day {i} was long."), None, &CancelToken::new()).unwrap().id
        })
        .collect();
    for id in &ids {
        app.queue_analysis(&me, id, None).unwrap();
    }
    app.work_in_background();
    for id in &ids {
        home.heard.until("it is analysed", || {
            Some(app.show(&home.me(), id).unwrap()).filter(|s| s.status == "analysed")
        });
    }
}
