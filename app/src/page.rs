//! What the server knows when it renders a page.

use domain::Timestamp;
pub use protocol::Setup;
use protocol::{AgentView, Counts, DetailMore, Snapshot, Summary};
use serde::{Deserialize, Serialize};

#[cfg(feature = "hydrate")]
use crate::paths;
use crate::{Document, Lang, PromptText, Theme, json};

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
    /// What stands before every path.
    pub base: String,
    /// The page's address, as the server was asked.
    pub path: String,
    /// What the overview shows first. Its time is the first "now" on both sides.
    pub snapshot: Snapshot,
    /// On a pipeline's page: that pipeline, wherever it stands in the snapshot; `None` where there is no such one.
    #[serde(default)]
    pub shown: Option<Summary>,
    /// On a pipeline's page: what only that page shows.
    #[serde(default)]
    pub detail: Option<DetailMore>,
    /// On a pipeline's page: the document that waits there.
    pub document: Option<Document>,
    /// On a pipeline's page: its newest prompt.
    pub prompt: Option<PromptText>,
    /// The agents that Staffel knows.
    pub agents: Vec<AgentView>,
    /// How each client is connected.
    pub setups: Vec<Setup>,
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
            more: false,
            counts: Counts::default(),
        };
        Self {
            lang: Lang::default(),
            theme: Theme::default(),
            origin: String::new(),
            base: String::new(),
            path: String::new(),
            snapshot,
            shown: None,
            detail: None,
            document: None,
            prompt: None,
            agents: Vec::new(),
            setups: Vec::new(),
        }
    }
}

impl PageData {
    /// The id of the element that carries it.
    pub(crate) const ELEMENT: &str = "page-data";

    /// As the text of a `<script>` element: no `<` in it can end the element.
    pub(crate) fn to_script(&self) -> String {
        json::write(self)
            .unwrap_or_default()
            .replace('<', "\\u003c")
    }

    /// What the page begins with: from the request on the server, from the page in the browser.
    #[cfg(not(feature = "hydrate"))]
    pub(crate) fn current() -> Self {
        leptos::prelude::use_context().unwrap_or_default()
    }

    /// What the page begins with: from the request on the server, from the page in the browser.
    #[cfg(feature = "hydrate")]
    pub(crate) fn current() -> Self {
        let element = leptos::prelude::document().get_element_by_id(Self::ELEMENT);
        let page: Self = element
            .and_then(|element| json::read(&element.text_content()?))
            .unwrap_or_default();
        paths::set_base(&page.base);
        page
    }
}
