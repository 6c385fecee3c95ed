//! What the program is for, from the first run on.

use crate::{
    driver::{CONTROL, ENTER},
    place::{PASSWORD, Place, Window, root},
    real_time::in_real_time,
};
use serde_json::json;

/// Six seconds of speech: "I was hurt when my children shouted at me. This evening I want to read
/// a book."
const SPEECH: &str = "tests/data/speech/short.wav";
const TITLE: &str = "I was hurt when my children shouted at me";
/// What is louder than this, of 32767, is heard.
const LOUD: u16 = 1_000;

#[test]
fn the_main_job_works_in_the_real_window_from_the_first_run_to_undo() {
    in_real_time(|| {
        let place = Place::alone_with_microphone();
        place.has_speech_model();
        let window = place.open();

        make_account(&window);
        confirm_recovery_code(&window);
        hear_the_microphone(&place, &window);
        choose_a_model_and_who_analyses(&window);
        record(&place, &window);
        see_what_was_found(&window);
        hear_an_element_again(&place, &window);
        search(&window);
        lock_and_unlock(&window);
        delete_and_undo(&window);
    });
}

pub(crate) fn make_account(window: &Window) {
    window.button("Make your notebook").click();
    window.field("Your name here").type_text("ada");
    window.field("Password").type_text(PASSWORD);
    window.button("Create").click();
    window.heading("Write this recovery code down");
}

/// The code is asked for, a wrong answer is refused, the right one goes on.
pub(crate) fn confirm_recovery_code(window: &Window) {
    window.button("I have written it down");
    let groups = window.script(
        "return [...document.querySelectorAll('.code li')].map((it) => it.lastChild.data)",
        &[],
    );
    window.button("I have written it down").click();
    let question = window.field("To be sure it is written down");
    question.type_text("WRONG");
    window.button("Continue").click();
    window.sees("That is not what the code says.");
    let text = window.text();
    let asked = text.split("type group ").nth(1).and_then(|rest| rest.chars().next()).unwrap();
    let group = usize::try_from(asked.to_digit(10).unwrap()).unwrap() - 1;
    question.clear();
    question.type_text(groups[group].as_str().unwrap());
    window.button("Continue").click();
}

fn hear_the_microphone(place: &Place, window: &Window) {
    window.heading("Say something");
    window.button("Test the microphone").click();
    window.sees("Listening");
    place.says(&root().join(SPEECH));
    window.sees("You can be heard.");
    window.button("Continue").click();
}

fn choose_a_model_and_who_analyses(window: &Window) {
    window.heading("How speech becomes text");
    window.sees("mini-reflection.en");
    window.sees("in use");
    window.button("Continue").click();
    window.heading("How elements are found");
    window.sees("On this computer");
    window.button("Begin").click();
}

fn record(place: &Place, window: &Window) {
    window.button("Start recording").click();
    window.css("[role=timer]");
    place.says(&root().join(SPEECH));
    window.button("Stop").click();
    window.sees("Your recording is safe on this computer.");
}

fn see_what_was_found(window: &Window) {
    let words = window.css("article[aria-label=Transcript]").text();
    assert!(words.contains(TITLE), "{words}");
    assert!(words.contains("This evening I want to read a book"), "{words}");
    // Each element stands beside the words that it rests on, and lights them.
    window.button("Emotion: Hurt");
    window.css("mark.sadness");
    let line = window.script(
        "return getComputedStyle(document.querySelector('mark.sadness')).textDecorationLine",
        &[],
    );
    assert_eq!(line, "underline", "what an element rests on is not marked in the text");
}

/// A click on an element plays the moment that it rests on, and no more.
fn hear_an_element_again(place: &Place, window: &Window) {
    let all = json!({ "from": null, "to": null, "tag": null, "favourite": null, "emotion": null });
    let list = window.order("sessions", &json!({ "filter": all, "limit": 1, "after": null }));
    let page = window.order("session", &json!({ "id": list["sessions"][0]["id"] }));
    let elements = page["session"]["elements"].as_array().unwrap();
    let hurt = elements.iter().find(|it| it["label"] == "Hurt").unwrap();
    let moment = &hurt["evidence"][0];
    let (from, to) = (moment["start_ms"].as_u64().unwrap(), moment["end_ms"].as_u64().unwrap());
    let whole = page["session"]["duration_ms"].as_u64().unwrap();
    assert!(to + 1_000 < whole, "the second sentence comes after it: {moment} of {whole}");

    let position = || {
        let slider = window.css("input[aria-label=Position]");
        slider.property("value").as_str().unwrap().parse::<u64>().unwrap()
    };
    let ear = place.listen();
    window.css(".player button[aria-label=Play]");
    // It plays for a moment only: the window itself notes what it showed.
    window.script(
        "const button = document.querySelector('.player button[aria-label=Play]');
         const slider = document.querySelector('.player input[aria-label=Position]');
         window.shown = [];
         new MutationObserver(() => window.shown.push([button.getAttribute('aria-label'), Number(slider.value)]))
           .observe(button, { attributes: true, attributeFilter: ['aria-label'] });",
        &[],
    );
    window.button("Emotion: Hurt").click();
    window.script_later(
        "const [done] = arguments;
         const look = () => window.shown.some(([label]) => label === 'Play')
           ? done(null) : requestAnimationFrame(look);
         look();",
        &[],
    );
    let shown = window.script("return window.shown", &[]);
    let [began, ended] = &shown.as_array().unwrap()[..] else { panic!("{shown}") };
    assert_eq!((&began[0], &ended[0]), (&json!("Pause"), &json!("Play")), "{shown}");
    let begun = began[1].as_u64().unwrap();
    assert!((from.saturating_sub(100)..=to).contains(&begun), "{begun} is not in {from}..{to}");
    let ended = position();
    assert!(ended.abs_diff(to) < 500, "it ended at {ended} instead of {to}");
    let loudest = ear.loudest(LOUD);
    assert!(loudest > LOUD, "nothing was heard: {loudest} of 32767");
}

fn search(window: &Window) {
    window.press(&['/']);
    window.field("Search your sessions").type_text("children");
    window.press(&[ENTER]);
    window.sees(" matches");
}

/// A locked window shows and keeps nothing; a wrong password does not open it.
fn lock_and_unlock(window: &Window) {
    window.press(&[CONTROL, 'l']);
    window.heading("ada’s notebook is locked");
    let html = window.script("return document.documentElement.outerHTML", &[]);
    assert!(!html.as_str().unwrap().contains("children"), "a locked window holds private words");
    window.field("Password").type_text("not-the-password-at-all");
    window.button("Unlock").click();
    window.sees("That is not the password of this notebook.");
    window.field("Password").type_text(PASSWORD);
    window.button("Unlock").click();
    window.sees(" matches");
}

fn delete_and_undo(window: &Window) {
    window.link("Sessions").click();
    window.sees("1 session");
    window.css("main a[href*='#/session/']").click();
    window.css("article[aria-label=Transcript]");
    window.button("More for this session").click();
    // A message stays while a pointer is on it.
    window.script(
        "const hold = (it) => it.dispatchEvent(new PointerEvent('pointerenter'));
         new MutationObserver(() => document.querySelectorAll('.toast').forEach(hold))
           .observe(document.body, { subtree: true, childList: true });",
        &[],
    );
    window.menu_item("Delete").click();
    window.sees("Moved to the bin.");
    window.sees("Nothing here yet");
    window.button("Undo").click();
    window.css("article[aria-label=Transcript]");
    window.link("Bin").click();
    window.sees("The bin is empty");
}
