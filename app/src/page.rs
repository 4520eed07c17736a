//! What the server knows when it renders a page.

use domain::{Timestamp, view::Snapshot};
use serde::{Deserialize, Serialize};

use crate::{Document, Lang, PromptText, Theme};

/// Everything a page begins with. The server provides it through the context of the request; it
/// travels inside the page, so that the browser begins with the very same data and hydration agrees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageData {
    /// The language: cookie, else `Accept-Language`.
    pub lang: Lang,
    /// The colour scheme: cookie, else the system's.
    pub theme: Theme,
    /// Where this server is reached, without a slash at the end: `http://127.0.0.1:4700`.
    pub origin: String,
    /// All pipelines. Its time is the first "now" on both sides.
    pub snapshot: Snapshot,
    /// On a pipeline's page: the document that waits there.
    pub document: Option<Document>,
    /// On a pipeline's page: its newest prompt.
    pub prompt: Option<PromptText>,
}

impl Default for PageData {
    /// A board without pipelines, for the moments without a request, such as listing the routes.
    fn default() -> Self {
        let snapshot = Snapshot {
            server: String::new(),
            epoch: String::new(),
            position: 0,
            at: Timestamp::from_millis(0),
            pipelines: Vec::new(),
        };
        Self {
            lang: Lang::default(),
            theme: Theme::default(),
            origin: String::new(),
            snapshot,
            document: None,
            prompt: None,
        }
    }
}
