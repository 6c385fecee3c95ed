//! A client of WebDriver, as far as these tests need it.

use serde_json::{Value, json};
use std::time::Duration;

/// The key under which WebDriver hands an element over.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How long the page may take to show something: a bound against hanging for ever, not a measurement.
/// A script, and then a request, may take somewhat longer.
const PATIENCE: Duration = Duration::from_secs(280);

/// Keys without a character, as WebDriver writes them.
pub const CONTROL: char = '\u{E009}';
pub const ENTER: char = '\u{E007}';
pub const ESCAPE: char = '\u{E00C}';

/// One session with one window.
pub struct Driver {
    /// Address of the session.
    base: String,
}

/// Something on the page.
pub struct Element<'a> {
    driver: &'a Driver,
    id: String,
}

impl Driver {
    /// Starts `program` with `args` through the driver that listens on `port`.
    ///
    /// # Errors
    /// What the driver, or whoever listens there, has against it.
    pub fn start(port: u16, program: &str, args: &[&str]) -> Result<Self, String> {
        let root = format!("http://127.0.0.1:{port}");
        let options = json!({ "binary": program, "args": args });
        let asked = json!({
            "capabilities": { "alwaysMatch": { "webkitgtk:browserOptions": options } }
        });
        let made = send("POST", &format!("{root}/session"), &asked)?;
        let id = made["sessionId"].as_str().ok_or_else(|| format!("no session: {made}"))?;
        let it = Self { base: format!("{root}/session/{id}") };
        it.post("/timeouts", &json!({ "script": 300_000 }));
        Ok(it)
    }

    /// Ends the session; the window closes.
    pub fn end(&self) {
        // The window may have gone before.
        drop(send("DELETE", &self.base, &Value::Null));
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Value {
        send("POST", &format!("{}{path}", self.base), body)
            .unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    /// Runs a script in the page and gives what it returns.
    #[track_caller]
    pub fn script(&self, script: &str, args: &[Value]) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": args }))
    }

    /// Runs a script that gives its answer to its last argument.
    #[track_caller]
    pub fn script_later(&self, script: &str, args: &[Value]) -> Value {
        self.post("/execute/async", &json!({ "script": script, "args": args }))
    }

    #[track_caller]
    fn find(&self, wanted: &Value) -> Value {
        let found = self.script_later(
            include_str!("find.js"),
            &[wanted.clone(), json!(u64::try_from(PATIENCE.as_millis()).unwrap())],
        );
        if let Some(seen) = found["missing"].as_str() {
            panic!("{wanted} was not there within {PATIENCE:?}. The window shows: {seen}");
        }
        found
    }

    #[track_caller]
    fn element(&self, role: &str, name: &str) -> Element<'_> {
        let found = self.find(&json!({ "role": role, "name": name }));
        Element { driver: self, id: found[ELEMENT].as_str().unwrap().to_owned() }
    }

    #[track_caller]
    pub fn button(&self, name: &str) -> Element<'_> {
        self.element("button", name)
    }

    #[track_caller]
    pub fn link(&self, name: &str) -> Element<'_> {
        self.element("link", name)
    }

    #[track_caller]
    pub fn field(&self, label: &str) -> Element<'_> {
        self.element("field", label)
    }

    #[track_caller]
    pub fn menu_item(&self, name: &str) -> Element<'_> {
        self.element("menuitem", name)
    }

    #[track_caller]
    pub fn heading(&self, name: &str) -> Element<'_> {
        self.element("heading", name)
    }

    /// The first visible element of a CSS selector.
    #[track_caller]
    pub fn css(&self, selector: &str) -> Element<'_> {
        self.element("css", selector)
    }

    /// Waits until the window shows this text.
    #[track_caller]
    pub fn sees(&self, text: &str) {
        self.find(&json!({ "role": "text", "name": text }));
    }

    /// Orders a command of the core over the window's own channel and gives its answer.
    #[track_caller]
    pub fn order(&self, command: &str, args: &Value) -> Value {
        let answer = self.script_later(
            "const [command, args, done] = arguments;
             __TAURI_INTERNALS__.invoke(command, args)
               .then((it) => done([it]), (error) => done(String(error.message ?? error)));",
            &[json!(command), args.clone()],
        );
        assert!(answer.is_array(), "{command}: {answer}");
        answer[0].clone()
    }

    /// Chooses in a menu, as its own popup would.
    #[track_caller]
    pub fn choose(&self, label: &str, option: &str) {
        let menu = self.field(label);
        self.script(
            "const [menu, wanted] = arguments;
             menu.selectedIndex = [...menu.options].findIndex((it) => it.text === wanted);
             menu.dispatchEvent(new Event('change', { bubbles: true }));",
            &[json!({ ELEMENT: menu.id }), json!(option)],
        );
    }

    /// Waits until the page that was gone to stands still: nothing loads, nothing moves.
    #[track_caller]
    pub fn settles(&self) {
        self.script_later(
            "const [done] = arguments;
             let still = 0, last = '';
             const look = () => {
               const now = document.querySelector('main')?.innerHTML ?? '';
               const loading = document.querySelector('[aria-busy=true], .skeleton, main:empty') !== null;
               still = now === last && !loading ? still + 1 : 0;
               last = now;
               if (still >= 12) document.fonts.ready.then(() => done(null));
               else requestAnimationFrame(look);
             };
             look();",
            &[],
        );
    }

    /// All that the window shows as text.
    pub fn text(&self) -> String {
        let text = self.script("return document.body.innerText", &[]);
        text.as_str().unwrap().to_owned()
    }

    /// Goes to a page by its address within the window.
    pub fn go(&self, hash: &str) {
        self.script("window.location.hash = arguments[0]", &[json!(hash)]);
    }

    /// Presses keys together: the last one while the others are held.
    #[track_caller]
    pub fn press(&self, keys: &[char]) {
        let down = keys.iter().map(|key| json!({ "type": "keyDown", "value": key }));
        let up = keys.iter().rev().map(|key| json!({ "type": "keyUp", "value": key }));
        let actions: Vec<Value> = down.chain(up).collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post("/actions", &json!({ "actions": [keyboard] }));
    }

    /// Makes the window this large, in CSS pixels.
    pub fn resize(&self, width: u32, height: u32) {
        self.post("/window/rect", &json!({ "x": 0, "y": 0, "width": width, "height": height }));
        self.script_later(
            "const [width, height, done] = arguments;
             const look = () => innerWidth === width && innerHeight === height
               ? requestAnimationFrame(() => requestAnimationFrame(() => done(null)))
               : requestAnimationFrame(look);
             look();",
            &[json!(width), json!(height)],
        );
    }

    /// The address of the page.
    #[track_caller]
    pub fn address(&self) -> String {
        let url = format!("{}/url", self.base);
        let address = send("GET", &url, &Value::Null).expect("the window has an address");
        address.as_str().unwrap().to_owned()
    }
}

impl Element<'_> {
    #[track_caller]
    pub fn click(&self) {
        self.driver.post(&format!("/element/{}/click", self.id), &json!({}));
    }

    #[track_caller]
    pub fn type_text(&self, text: &str) {
        self.driver.post(&format!("/element/{}/value", self.id), &json!({ "text": text }));
    }

    #[track_caller]
    pub fn clear(&self) {
        self.driver.post(&format!("/element/{}/clear", self.id), &json!({}));
    }

    /// What it says.
    pub fn text(&self) -> String {
        self.property("textContent").as_str().unwrap_or_default().to_owned()
    }

    pub fn property(&self, name: &str) -> Value {
        self.driver.script(
            "return arguments[0][arguments[1]]",
            &[json!({ ELEMENT: self.id }), json!(name)],
        )
    }
}

fn send(method: &str, url: &str, body: &Value) -> Result<Value, String> {
    let request = match method {
        "POST" => minreq::post(url).with_body(body.to_string()),
        "DELETE" => minreq::delete(url),
        _ => minreq::get(url),
    };
    let answer = request
        .with_header("Content-Type", "application/json")
        .with_timeout(330)
        .send()
        .map_err(|error| error.to_string())?;
    let text = answer.as_str().map_err(|error| error.to_string())?;
    let value: Value = serde_json::from_str(text).map_err(|error| format!("{error}: {text}"))?;
    if answer.status_code == 200 { Ok(value["value"].clone()) } else { Err(value.to_string()) }
}
