//! Notifications of the desktop.

use notify_rust::Notification;

/// Shows one; on a thread of its own, because a notification service that hangs concerns nobody
/// else.
pub(super) fn show(title: &str, words: &str) {
    let mut notification = Notification::new();
    notification.appname("Insight Journey").summary(title).body(words).icon("insight-journey");
    let spawned = std::thread::Builder::new().name("notification".to_owned()).spawn(move || {
        if let Err(error) = notification.show() {
            tracing::info!(%error, "no notification");
        }
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "no thread for a notification");
    }
}
