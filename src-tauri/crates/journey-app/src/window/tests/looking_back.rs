use super::given::Home;
use crate::views::window::WindowFilter;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use journey_domain::{
    ids::SessionId,
    ledger::{NOT_SENT, OutgoingRequest, RequestOutcome},
    ports::{Event, Ids as _, Ledger as _},
    session::{CaptureState, Source},
};
use journey_vault::{VaultError, table::sessions::NewSession};

/// Empty sessions, said at these hours of days in Vienna.
fn said(home: &Home, times: impl Iterator<Item = String>) {
    let zone = TimeZone::get("Europe/Vienna").unwrap();
    let written: Result<(), VaultError> = home.me().vault().write(|write| {
        for time in times {
            let recorded_at: Timestamp = time
                .parse::<jiff::civil::DateTime>()
                .unwrap()
                .to_zoned_datetime(zone.clone())
                .unwrap()
                .timestamp();
            write.sessions().create(&NewSession {
                id: SessionId::new(crate::system::SystemIds.next()),
                title: time,
                title_generated: true,
                recorded_at,
                time_zone: "Europe/Vienna".into(),
                source: Source::Text,
                language: None,
                duration_ms: None,
                capture: CaptureState::Finished,
            })?;
        }
        Ok(())
    });
    written.unwrap();
}

#[test]
fn a_year_with_more_than_a_thousand_sessions_has_every_day_and_every_session() {
    let home = Home::new();
    let first = jiff::civil::date(2026, 1, 1);
    let days: Vec<_> = (0..331).map(|n| first.checked_add(n.days()).unwrap()).collect();
    let hours = [0, 9, 20, 23];
    said(&home, days.iter().flat_map(|day| hours.map(|hour| format!("{day}T{hour:02}:30:00"))));
    said(&home, ["2025-12-31T23:59:00".to_owned()].into_iter());

    let calendar = home.app.calendar(&home.me(), 2026).unwrap();
    assert_eq!(calendar.first_year, 2025);
    assert_eq!(calendar.days.len(), days.len());
    for (mark, day) in calendar.days.iter().zip(&days) {
        assert_eq!((mark.date.as_str(), mark.sessions), (day.to_string().as_str(), hours.len()));
    }
    // Every week up to this one, which begins on Monday the 23rd.
    let streak = home.app.streak(&home.me()).unwrap();
    assert_eq!((streak.weeks, streak.days_this_week), (48, 5));
}

#[test]
fn a_list_counts_what_its_filter_lets_through() {
    let home = Home::new();
    said(&home, (1..=9).map(|day| format!("2026-03-0{day}T12:00:00")));
    let rows = |from: Option<&str>, emotion: Option<&str>| {
        let filter = WindowFilter {
            from: from.map(str::to_owned),
            emotion: emotion.map(str::to_owned),
            ..WindowFilter::default()
        };
        let rows = home.app.session_rows(&home.me(), &filter, 2, None).unwrap();
        (rows.sessions.len(), rows.total, rows.next.is_some())
    };
    assert_eq!(rows(None, None), (2, 9, true));
    assert_eq!(rows(Some("2026-03-09"), None), (1, 1, false));
    assert_eq!(rows(None, Some("joy")), (0, 0, false));
}

#[test]
fn this_day_in_every_earlier_year_is_looked_up_with_the_newest_first() {
    let home = Home::new();
    let days = ["2026-11-27", "2025-11-27", "2025-11-28", "2024-11-26", "1999-11-27"];
    said(&home, days.iter().map(|day| format!("{day}T00:10:00")));
    let rows = home.app.on_this_day(&home.me()).unwrap();
    let titles: Vec<&str> = rows.sessions.iter().map(|it| it.title.as_str()).collect();
    assert_eq!(titles, ["2025-11-27T00:10:00", "1999-11-27T00:10:00"]);
    assert_eq!(rows.total, 2);
}

#[test]
fn a_request_that_reached_nobody_does_not_count_as_sent() {
    let home = Home::new();
    said(&home, ["2026-11-27T09:00:00".to_owned()].into_iter());
    let me = home.me();
    let rows = home.app.session_rows(&me, &WindowFilter::default(), 9, None).unwrap();
    let id = &rows.sessions[0].id;
    let request = OutgoingRequest {
        session: Some(id.parse().unwrap()),
        purpose: "analyse",
        scheme: "https".into(),
        host: "api.example.org".into(),
        target: "POST /".into(),
        body: b"words".to_vec(),
    };
    for word in [Some(NOT_SENT), Some("refused"), None] {
        let line = me.vault().about_to_send(&request).unwrap();
        if let Some(word) = word {
            let outcome = RequestOutcome {
                status: None,
                outcome: word.into(),
                bytes_in: 0,
                tokens_in: None,
                tokens_out: None,
                cost_usd: None,
            };
            me.vault().came_back(line, &outcome).unwrap();
        }
    }
    assert_eq!(home.app.session_page(&me, id).unwrap().sent, 2);
}

#[test]
fn threads_of_a_vault_that_has_none_are_made_behind_a_page_that_waits_for_nothing() {
    let home = Home::new();
    let until = home.app.ports().clock.now();
    let options = crate::sample::SampleOptions { seed: 5, sessions: 50, years: 1, until };
    home.app.add_unwoven_sessions(&home.me(), &options);
    let page = || home.app.thread_page(&home.me(), 100).unwrap();
    let before = page();
    assert!(before.unwoven > 40 && before.again.is_empty(), "{before:?}");

    home.app.work_in_background();
    home.heard.until("the threads of every session", || (page().unwoven == 0).then_some(()));
    assert!(home.heard.all().contains(&Event::ThreadsChanged));
    assert!(!page().again.is_empty());
}
