//! The board: what people see of the relay.
//!
//! The server renders it with the true state, the browser hydrates it and keeps it true over one
//! SSE connection. This crate is compiled for both and knows neither axum nor the journal: what it
//! needs to begin comes in as [`PageData`], everything later as the events of [`protocol::event_name`].

// The server renders; listening, asking and deciding happen in the browser alone.
#![cfg_attr(not(feature = "hydrate"), allow(dead_code))]

mod actions;
mod api;
mod archive;
mod attention;
mod board;
mod browser;
mod components;
mod detail;
mod draft;
mod follow;
mod incoming;
mod json;
mod lang;
mod link;
mod listing;
mod lists;
#[cfg(feature = "hydrate")]
mod live;
mod page;
mod pages;
mod part;
pub mod paths;
mod review;
mod route;
#[cfg(test)]
mod samples;
mod shell;
mod standing;
mod texts;
mod theme;
mod waiting;
mod wording;

pub use lang::{LANG_COOKIE, Lang};
pub use lists::List;
pub use page::{PageData, Setup, SignInData};
pub use route::Route;
#[cfg(feature = "hydrate")]
pub use shell::ready;
pub use shell::{App, AppProps, shell};
pub(crate) use texts::Shown;
pub use texts::{Document, DocumentBody, PromptBody, PromptText};
pub use theme::{THEME_COOKIE, Theme};
