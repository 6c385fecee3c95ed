//! Documents as people read them.

use super::output::{Style, plain};
use journey_app::{
    Changed,
    days::for_people,
    views::{
        AccountList, AuditList, ChangeView, DeviceList, DoctorView, ElementView, LedgerList,
        LocalServerList, ModelList, PreviewView, ProviderList, RunSummary, SearchPage, SessionPage,
        SessionView, SettingList, TaxonomyList, TaxonomyView, ThreadList, window::AccountRows,
    },
};
use journey_domain::ledger::NOT_SENT;
use std::{collections::HashMap, fmt::Write as _};

/// The order in which kinds are shown, with their headings.
const KINDS: [(&str, &str); 6] = [
    ("emotion", "Emotions"),
    ("topic", "Topics"),
    ("insight", "Insights"),
    ("belief", "Beliefs"),
    ("challenge", "Challenges"),
    ("action", "Actions"),
];

/// A session: head, transcript, elements with the words they rest on.
pub(crate) fn session(it: &SessionView, style: Style) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", style.bold(&plain(&it.title)));
    let mut facts = vec![for_people(&it.recorded_at), it.source.clone()];
    facts.extend(it.duration_ms.map(clock));
    facts.push(it.status.clone());
    if it.recovered {
        facts.push("recovered".to_owned());
    }
    if it.favourite {
        facts.push("favourite".to_owned());
    }
    let _ = writeln!(out, "{}", style.dim(&facts.join(" · ")));
    let _ = writeln!(out, "{}", style.dim(&it.id));
    if !it.tags.is_empty() {
        let _ = writeln!(out, "Tags: {}", plain(&it.tags.join(", ")));
    }
    if let Some(error) = &it.error {
        let message = plain(&error.message);
        let _ = writeln!(out, "\n! The last attempt failed ({}): {message}", error.stage);
    }
    if let Some(transcript) = &it.transcript {
        let _ = writeln!(out, "\n{}", style.bold("Transcript"));
        if transcript.text.trim().is_empty() {
            let _ = writeln!(out, "  (no words)");
        }
        for segment in &transcript.segments {
            let time = segment.start_ms.map(|ms| format!("{}  ", clock(ms))).unwrap_or_default();
            let text = plain(&segment.text).replace('\n', "\n  ");
            let _ = writeln!(out, "  {}{text}", style.dim(&time));
        }
    }
    for (kind, heading) in KINDS {
        let of_kind: Vec<&ElementView> = it.elements.iter().filter(|e| e.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{}", style.bold(heading));
        for element in of_kind {
            element_lines(&mut out, element, style);
        }
    }
    links(&mut out, it, style);
    if it.run.is_some() && it.elements.is_empty() {
        let _ = writeln!(out, "\nNothing was found in it.");
    }
    for hole in &it.coverage.holes {
        let place = place((hole.start_ms, hole.end_ms), (hole.start, hole.end));
        let _ = writeln!(out, "\n! Missing ({}, {place}): {}", hole.stage, plain(&hole.reason));
    }
    readers(&mut out, it);
    out
}

/// Who read what, where that is not what one would take it for.
fn readers(out: &mut String, it: &SessionView) {
    let Some(run) = &it.run else { return };
    for part in &it.coverage.substitutes {
        let place = place((part.start_ms, part.end_ms), (part.start, part.end));
        let (reader, own, reason) = (&part.provider, &run.provider, plain(&part.reason));
        let _ = writeln!(out, "\n! Read by {reader}, not by {own} ({place}): {reason}");
    }
    let _ = match run.reused.as_str() {
        "all" => writeln!(
            out,
            "\nAnswered from what {} said to the same before: nothing was sent.",
            run.provider
        ),
        "some" => writeln!(
            out,
            "\nAnswered in part from what {} said to the same before; the rest was asked.",
            run.provider
        ),
        _ => Ok(()),
    };
}

fn place((start_ms, end_ms): (u64, u64), (start, end): (usize, usize)) -> String {
    if end_ms > start_ms {
        format!("{} to {}", clock(start_ms), clock(end_ms))
    } else {
        format!("characters {start} to {end}")
    }
}

/// What hangs together, in the words of both ends.
fn links(out: &mut String, it: &SessionView, style: Style) {
    let label: HashMap<&str, &str> =
        it.elements.iter().map(|e| (e.id.as_str(), e.label.as_str())).collect();
    let mut heading = format!("\n{}\n", style.bold("Relationships"));
    for link in &it.relationships {
        let (Some(from), Some(to)) = (label.get(link.from.as_str()), label.get(link.to.as_str()))
        else {
            continue;
        };
        out.push_str(&std::mem::take(&mut heading));
        let _ = writeln!(
            out,
            "  “{}” {} “{}”  {}",
            plain(from),
            link.kind.replace('_', " "),
            plain(to),
            style.dim(&format!("{:.0} %", link.confidence * 100.0))
        );
    }
}

fn element_lines(out: &mut String, element: &ElementView, style: Style) {
    let mut head = plain(&element.label);
    if let Some(intensity) = element.intensity {
        let _ = write!(head, "  {}", "•".repeat(usize::from(intensity)));
    }
    let mut facts = Vec::new();
    facts.extend(element.taxonomy.clone().filter(|id| !id.eq_ignore_ascii_case(&element.label)));
    facts.extend(element.stance.as_ref().map(|s| format!("about {s}")));
    facts.extend(element.status.clone().filter(|s| s != "open"));
    facts.extend(element.due.as_ref().map(|d| format!("due {d}")));
    facts.push(format!("{:.0} %", element.confidence * 100.0));
    facts.extend(element.found_by.as_ref().map(|who| format!("found by {who}")));
    facts.push(of_many(&element.id));
    let _ = writeln!(out, "  {head}  {}", style.dim(&facts.join(" · ")));
    for evidence in &element.evidence {
        let time = evidence.start_ms.map(|ms| format!("{} ", clock(ms))).unwrap_or_default();
        let mark = if evidence.state == "repaired" { " (repaired)" } else { "" };
        let quote = plain(&evidence.quote).replace('\n', " ");
        let _ = writeln!(out, "      {}“{quote}”{mark}", style.dim(&time));
    }
}

/// The list of sessions.
pub(crate) fn sessions(page: &SessionPage, narrowed: bool, style: Style) -> String {
    if page.sessions.is_empty() && narrowed {
        return "No session is like that. `insight-journey sessions` lists all.".to_owned();
    }
    if page.sessions.is_empty() {
        return "No sessions yet. Begin with `insight-journey record`, `write` or `import`."
            .to_owned();
    }
    let rows = page
        .sessions
        .iter()
        .map(|s| {
            vec![
                short(&s.id),
                for_people(&s.recorded_at),
                s.duration_ms.map(clock).unwrap_or_else(|| "text".to_owned()),
                s.status.clone(),
                format!("{}{}", if s.favourite { "★ " } else { "" }, s.title),
                s.tags.join(", "),
            ]
        })
        .collect();
    let mut out = style.table(&["id", "recorded", "length", "status", "title", "tags"], rows);
    if let Some(next) = &page.next {
        let _ = writeln!(out, "{}", style.dim(&format!("There are more: --after {next}")));
    }
    out
}

/// Matches of a search.
pub(crate) fn hits(page: &SearchPage, style: Style) -> String {
    if page.hits.is_empty() {
        return "Nothing found.".to_owned();
    }
    let mut out = String::new();
    for hit in &page.hits {
        let _ = writeln!(
            out,
            "{}  {}  {}{}",
            short(&hit.session),
            style.dim(&format!("{:10}", hit.kind)),
            hit.label.as_ref().map(|label| format!("{}: ", plain(label))).unwrap_or_default(),
            plain(&hit.snippet).replace('\n', " ")
        );
    }
    if let Some(next) = &page.next {
        let _ = writeln!(out, "{}", style.dim(&format!("There are more: --after {next}")));
    }
    out
}

/// Microphones.
pub(crate) fn devices(list: &DeviceList, style: Style) -> String {
    if list.devices.is_empty() {
        return "No microphone was found. Plug one in, or check the sound settings.".to_owned();
    }
    let rows = list
        .devices
        .iter()
        .map(|d| vec![if d.default { "*" } else { "" }.to_owned(), d.name.clone(), d.id.clone()])
        .collect();
    style.table(&["", "name", "id"], rows)
}

/// Speech models.
pub(crate) fn models(list: &ModelList, style: Style) -> String {
    let rows = list
        .models
        .iter()
        .map(|m| {
            vec![
                if m.in_use { "*" } else { "" }.to_owned(),
                m.name.clone(),
                megabytes(m.bytes),
                m.languages.clone(),
                m.speed.map(|s| format!("{s:.1}x")).unwrap_or_default(),
                if m.installed || m.state != "not installed" {
                    m.state.clone()
                } else {
                    String::new()
                },
                if m.recommended { "recommended here" } else { "" }.to_owned(),
            ]
        })
        .collect();
    style.table(&["", "name", "size", "languages", "speed", "state", ""], rows)
}

/// Accounts.
pub(crate) fn accounts(list: &AccountList, style: Style) -> String {
    if list.accounts.is_empty() {
        return "No accounts yet. Make one with `insight-journey account create NAME`.".to_owned();
    }
    style.table(&["name"], list.accounts.iter().map(|a| vec![a.name.clone()]).collect())
}

/// The accounts with what an admin sees of them.
pub(crate) fn account_rows(list: &AccountRows, style: Style) -> String {
    let rows = list
        .accounts
        .iter()
        .map(|a| {
            vec![
                a.name.clone(),
                a.role.clone(),
                if a.disabled { "disabled" } else { "" }.to_owned(),
                a.last_sign_in.clone().unwrap_or_default(),
            ]
        })
        .collect();
    style.table(&["name", "role", "", "last sign-in"], rows)
}

/// Health checks.
pub(crate) fn doctor(view: &DoctorView, style: Style) -> String {
    let mut out = String::new();
    for check in &view.checks {
        let sign = match check.state.as_str() {
            "ok" => "ok     ",
            "warning" => "warning",
            "failed" => "FAILED ",
            _ => "skipped",
        };
        let _ = writeln!(out, "{}  {:11} {}", style.bold(sign), check.name, check.measured);
        if !check.advice.is_empty() {
            let _ = writeln!(out, "                     {}", check.advice);
        }
    }
    out
}

/// Settings.
pub(crate) fn settings(list: &SettingList, style: Style) -> String {
    let rows = list
        .settings
        .iter()
        .map(|s| vec![s.key.clone(), s.value.to_string(), s.help.clone()])
        .collect();
    style.table(&["setting", "value", "what it does"], rows)
}

/// Analysis providers.
pub(crate) fn providers(list: &ProviderList, style: Style) -> String {
    let rows = list
        .providers
        .iter()
        .map(|p| {
            let key = match (p.needs_key, p.has_key) {
                (_, true) => "key kept",
                (true, false) => "needs a key",
                (false, false) => "",
            };
            vec![
                if p.in_use { "*" } else { "" }.to_owned(),
                p.name.clone(),
                p.base_url.clone().unwrap_or_else(|| {
                    let here = p.name == "on-device";
                    if here { "stays on this computer" } else { "has no address yet" }.to_owned()
                }),
                key.to_owned(),
                if p.allowed { "" } else { "not allowed here" }.to_owned(),
            ]
        })
        .collect();
    style.table(&["", "provider", "where", "key", ""], rows)
}

/// Both trees.
pub(crate) fn taxonomies(list: &TaxonomyList, style: Style) -> String {
    list.taxonomies.iter().map(|tree| taxonomy(tree, style)).collect::<Vec<_>>().join("\n")
}

/// A tree, each node with what was found at it and below it.
pub(crate) fn taxonomy(tree: &TaxonomyView, style: Style) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", style.bold(&format!("{} ({})", tree.taxonomy, tree.version)));
    for node in &tree.nodes {
        let depth = node.id.matches('.').count();
        let count = match (node.elements, node.elements_below) {
            (0, 0) => String::new(),
            (n, 0) => format!("  {n}"),
            (n, below) => format!("  {n} (+{below} below)"),
        };
        let mark = if node.own { " *" } else { "" };
        let indent = "  ".repeat(depth + 1);
        let _ = writeln!(
            out,
            "{indent}{}{mark}{count}  {}",
            plain(&node.name),
            style.dim(&plain(&node.id))
        );
    }
    if !tree.changes.is_empty() {
        let n = tree.changes.len();
        let hold = if n == 1 {
            "1 change of yours holds.".to_owned()
        } else {
            format!("{n} changes of yours hold.")
        };
        let _ = writeln!(out, "{}", style.dim(&hold));
    }
    out
}

/// Threads across sessions, with what may be the same.
pub(crate) fn threads(list: &ThreadList, style: Style) -> String {
    if list.threads.is_empty() {
        return "No beliefs, challenges or actions yet.".to_owned();
    }
    let mut out = String::new();
    for thread in &list.threads {
        let times = match thread.sessions {
            1 => "once".to_owned(),
            n => format!("{n} sessions"),
        };
        let facts = [thread.kind.as_str(), &thread.state, &times, &day(&thread.last)].join(" · ");
        let _ = writeln!(
            out,
            "{}  {}  {}",
            of_many(&thread.id),
            style.bold(&plain(&thread.label)),
            style.dim(&facts)
        );
        for other in &thread.suggestions {
            let _ = writeln!(
                out,
                "      the same as {} “{}”? ({:.0} %)",
                of_many(&other.thread),
                plain(&other.label),
                other.similarity * 100.0
            );
        }
    }
    out
}

/// The day of a time in RFC 3339, here.
fn day(time: &str) -> String {
    for_people(time).chars().take(10).collect()
}

/// Model servers on this computer.
pub(crate) fn local_servers(list: &LocalServerList, style: Style) -> String {
    if list.servers.is_empty() {
        return "No model server answers on the usual ports of this computer.".to_owned();
    }
    let rows = list
        .servers
        .iter()
        .map(|s| vec![s.provider.clone(), s.base_url.clone(), s.models.join(", ")])
        .collect();
    style.table(&["provider", "address", "models"], rows)
}

/// What would be sent.
pub(crate) fn preview(preview: &PreviewView) -> String {
    if preview.requests.is_empty() {
        return format!("Nothing would leave this computer: {} analyses here.", preview.provider);
    }
    let mut out = String::new();
    for request in &preview.requests {
        let _ = writeln!(
            out,
            "To {} ({} bytes):\n\n{}\n",
            request.url,
            request.bytes,
            plain(&request.body)
        );
    }
    out
}

/// The ledger.
pub(crate) fn ledger(list: &LedgerList, style: Style) -> String {
    if list.ledger.is_empty() {
        return "Nothing has left this computer.".to_owned();
    }
    if let [one] = list.ledger.as_slice()
        && let Some(body) = &one.body
    {
        return format!(
            "{} {} {}\n{}: {} bytes, SHA-256 {}\n{}\n\n{}",
            for_people(&one.at),
            one.host,
            one.target,
            one.purpose,
            one.bytes_out,
            one.body_sha256,
            one.outcome.as_deref().unwrap_or("no answer was recorded"),
            plain(body)
        );
    }
    let rows = list
        .ledger
        .iter()
        .map(|l| {
            vec![
                short(&l.id),
                for_people(&l.at),
                l.purpose.clone(),
                l.host.clone(),
                if l.outcome.as_deref() == Some(NOT_SENT) {
                    "nothing".to_owned()
                } else {
                    format!("{} B", l.bytes_out)
                },
                l.outcome.clone().unwrap_or_else(|| "no answer recorded".to_owned()),
            ]
        })
        .collect();
    style.table(&["id", "when", "what for", "where", "sent", "outcome"], rows)
}

/// The audit log.
pub(crate) fn audit(list: &AuditList, style: Style) -> String {
    let rows = list
        .audit
        .iter()
        .map(|a| {
            vec![
                for_people(&a.at),
                a.who.clone().unwrap_or_default(),
                match &a.last_at {
                    Some(last) => {
                        format!("{} {} times, last {}", a.what, a.times, for_people(last))
                    }
                    None => a.what.clone(),
                },
                a.on.clone().unwrap_or_default(),
            ]
        })
        .collect();
    style.table(&["when", "who", "what", "on"], rows)
}

/// The runs of a session.
pub(crate) fn runs(runs: &[RunSummary], style: Style) -> String {
    let rows = runs
        .iter()
        .map(|r| {
            vec![
                if r.accepted { "*" } else { "" }.to_owned(),
                short(&r.run.id),
                for_people(&r.started_at),
                r.run.provider.clone(),
                r.run.model.clone(),
                r.elements.to_string(),
            ]
        })
        .collect();
    style.table(&["", "id", "when", "provider", "model", "elements"], rows)
}

/// A session that was analysed again, and what that changed.
pub(crate) fn analysed(session: &SessionView, changed: Option<&Changed>, style: Style) -> String {
    let mut out = self::session(session, style);
    let (Some(Changed { earlier, changes }), Some(run)) = (changed, &session.run) else {
        return out;
    };
    if changes.is_empty() {
        let _ = writeln!(out, "\nAnalysed again: nothing changed.");
        return out;
    }
    let n = |word: &str| changes.iter().filter(|change| change.change == word).count();
    let (id, now) = (&session.id, &run.id);
    let _ = writeln!(
        out,
        "\nAnalysed again: {} added, {} removed, {} changed. Both analyses are kept.",
        n("added"),
        n("removed"),
        n("changed")
    );
    let _ = writeln!(out, "See what changed: insight-journey diff {id} {earlier} {now}");
    let _ = writeln!(out, "Keep the earlier one: insight-journey runs accept {id} {earlier}");
    out
}

/// The differences of two runs.
pub(crate) fn changes(changes: &[ChangeView], style: Style) -> String {
    if changes.is_empty() {
        return "No differences.".to_owned();
    }
    let mut out = String::new();
    for change in changes {
        let element = change.after.as_ref().or(change.before.as_ref());
        if let Some(element) = element {
            let _ = writeln!(out, "{:8} {}", style.bold(&change.change), element.kind);
            element_lines(&mut out, element, style);
        }
    }
    out
}

/// `1:02` or `1:00:02`.
pub(crate) fn clock(ms: u64) -> String {
    let s = ms / 1000;
    let (h, m, s) = (s / 3600, s / 60 % 60, s % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

/// The first 8 characters would collide within a millisecond's neighbours: v7 ids begin with time.
pub(crate) fn short(id: &str) -> String {
    id.chars().take(13).collect()
}

/// What was made in one go has the same time: its ids differ only after the counter, which ends here.
fn of_many(id: &str) -> String {
    id.chars().take(28).collect()
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use journey_app::views::{HitView, SearchPage};

    #[test]
    fn a_session_names_its_elements_so_that_they_can_be_corrected_and_tells_their_relationships() {
        let element = |id: &str, kind: &str, label: &str| {
            serde_json::json!({
                "id": id, "kind": kind, "label": label, "taxonomy": null, "intensity": null,
                "confidence": 0.5, "stance": null, "status": null, "due": null,
                "evidence": [{"start": 0, "end": 1, "quote": "x", "start_ms": null, "end_ms": null,
                              "state": "verified"}],
            })
        };
        let (one, other) =
            ("0198c0de-0123-7abc-8def-000100000000", "0198c0de-0123-7abc-8def-000200000000");
        let view: SessionView = serde_json::from_value(serde_json::json!({
            "id": "0198c0de-0000-7000-8000-000000000000", "title": "A \u{202e}day",
            "recorded_at": "2026-11-22T18:03:11Z", "source": "text", "duration_ms": null,
            "status": "analysed", "recovered": false, "tags": [], "favourite": false,
            "coverage": {"captured": 1.0, "transcribed": 1.0, "analysed": 1.0, "holes": [], "substitutes": []},
            "transcript": null, "run": null,
            "elements": [element(one, "challenge", "Sleep"), element(other, "topic", "Health")],
            "relationships": [{"from": one, "to": other, "kind": "triggered_by", "confidence": 0.6,
                               "evidence": []}],
            "error": null,
        }))
        .unwrap();
        let text = session(&view, Style { colour: false, table: false });
        assert!(text.contains(&one[..28]) && text.contains(&other[..28]), "{text}");
        assert!(text.contains("“Sleep” triggered by “Health”  60 %"), "{text}");
        assert!(!text.contains('\u{202e}'));
        assert!(text.contains("2026-11-2") && !text.contains("18:03:11Z"), "{text}");
    }

    #[test]
    fn a_match_in_an_element_says_which() {
        let hit = HitView {
            session: "0198c0de-0123".into(),
            element: Some("0198c0de-0123".into()),
            kind: "challenge".into(),
            label: Some("Sleep".into()),
            start: 0,
            end: 1,
            snippet: "I lay awake".into(),
            score: 1.0,
        };
        let page = SearchPage { hits: vec![hit], next: None, ranked: 1 };
        let text = hits(&page, Style { colour: false, table: false });
        assert!(text.contains("Sleep: I lay awake") && !text.contains("ranked"), "{text}");
    }
}
