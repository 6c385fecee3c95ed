//! The window's use-cases over scripted ports: a clock that is set, a host of models and providers
//! on this computer, events that are waited for.

mod backup;
mod drafts;
mod given;
mod imports;
mod looking_back;
mod models;
mod providers;
mod reminders;
