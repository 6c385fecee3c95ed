use super::given::Home;
use crate::window::Reminder;
use journey_domain::ports::LockReason;

#[test]
fn reminders_follow_the_settings_come_once_and_go_on_while_the_vault_is_locked() {
    let home = Home::new();
    let (app, me) = (home.app.clone(), home.me());
    app.write_in_window(&me, "The first entry.", None).unwrap();
    app.set_setting(&me, "remind_reflect", &"20:30".into()).unwrap();
    home.clock.set("2026-11-28T20:00:00Z");
    assert!(app.reminders_due().is_empty(), "notifications are off");
    app.set_setting(&me, "notifications", &true.into()).unwrap();
    assert_eq!(app.reminders_due(), [Reminder::Reflect]);
    assert!(app.reminders_due().is_empty(), "once a day");
    app.reminders().forget();
    assert!(app.reminders_due().is_empty(), "also after a new start");

    drop(me);
    app.close(LockReason::Idle);
    home.clock.set("2026-12-28T20:00:00Z");
    assert_eq!(app.reminders_due(), [Reminder::Reflect, Reminder::BackUp]);
    app.sign_out(crate::access::Client::Desktop).unwrap();
    home.clock.set("2026-12-29T20:00:00Z");
    assert!(app.reminders_due().is_empty(), "signed out");
}

#[test]
fn an_hour_that_is_none_is_refused() {
    let home = Home::new();
    for wrong in ["25:00", "8", "later", "08:60"] {
        assert!(
            home.app.set_setting(&home.me(), "remind_reflect", &wrong.into()).is_err(),
            "{wrong}"
        );
    }
    home.app.set_setting(&home.me(), "remind_reflect", &"08:05".into()).unwrap();
}
