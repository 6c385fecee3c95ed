//! Lists, sessions, the bin, search, looking back.

use crate::desktop::desk::Desk;
use journey_app::{
    error::Result,
    gate::command::Command,
    review::SearchQuery,
    views::window::{
        BinRows, Calendar, SearchResult, SessionPageView, SessionRows, Streak, TagRows,
        WindowFilter,
    },
};
use tauri::State;

/// A page of sessions, newest first.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn sessions(
    desk: State<'_, Desk>,
    filter: WindowFilter,
    limit: usize,
    after: Option<String>,
) -> Result<SessionRows> {
    desk.unlocked(Command::Sessions, move |app, me| {
        app.session_rows(me, &filter, limit, after.as_deref())
    })
    .await
}

/// A session and what its page shows.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn session(desk: State<'_, Desk>, id: String) -> Result<SessionPageView> {
    desk.unlocked(Command::Show, move |app, me| app.session_page(me, &id)).await
}

/// Gives a session another title.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn rename(desk: State<'_, Desk>, id: String, title: String) -> Result<()> {
    desk.unlocked(Command::Rename, move |app, me| app.rename(me, &id, &title).map(drop)).await
}

/// Gives a session these tags and no others.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn tag(desk: State<'_, Desk>, id: String, tags: Vec<String>) -> Result<()> {
    desk.unlocked(Command::Tag, move |app, me| app.set_tags(me, &id, &tags)).await
}

/// Marks or unmarks a favourite.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn favourite(desk: State<'_, Desk>, id: String, favourite: bool) -> Result<()> {
    desk.unlocked(Command::Favourite, move |app, me| app.set_favourite(me, &id, favourite)).await
}

/// Puts a session in the bin.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn bin(desk: State<'_, Desk>, id: String) -> Result<()> {
    desk.unlocked(Command::Bin, move |app, me| app.bin(me, &id)).await
}

/// Takes a session out of the bin.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn unbin(desk: State<'_, Desk>, id: String) -> Result<()> {
    desk.unlocked(Command::Bin, move |app, me| app.unbin(me, &id).map(drop)).await
}

/// Erases a session for good.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn erase(desk: State<'_, Desk>, id: String) -> Result<()> {
    desk.unlocked(Command::Delete, move |app, me| app.erase(me, &id).map(drop)).await
}

/// The bin.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn bin_list(desk: State<'_, Desk>) -> Result<BinRows> {
    desk.unlocked(Command::Sessions, move |app, me| app.bin_rows(me)).await
}

/// Full-text search.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn search(
    desk: State<'_, Desk>,
    query: String,
    kind: Option<String>,
    from: Option<String>,
    to: Option<String>,
    limit: usize,
    after: Option<String>,
) -> Result<SearchResult> {
    desk.unlocked(Command::Search, move |app, me| {
        app.search_window(me, &SearchQuery { text: query, kind, from, to, limit, after })
    })
    .await
}

/// All tags.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn tags(desk: State<'_, Desk>) -> Result<TagRows> {
    desk.unlocked(Command::Review, move |app, me| app.tag_rows(me)).await
}

/// A year of days.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn calendar(desk: State<'_, Desk>, year: i32) -> Result<Calendar> {
    desk.unlocked(Command::Review, move |app, me| app.calendar(me, year)).await
}

/// Sessions of this day in earlier years.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn on_this_day(desk: State<'_, Desk>) -> Result<SessionRows> {
    desk.unlocked(Command::Review, move |app, me| app.on_this_day(me)).await
}

/// How steady the habit is.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn streak(desk: State<'_, Desk>) -> Result<Streak> {
    desk.unlocked(Command::Review, move |app, me| app.streak(me)).await
}
