//! What the server knows when it renders a page.

mod detail;

#[cfg(test)]
pub(crate) use detail::Answer;
pub use detail::PageDetail;
pub(crate) use detail::{Field, Kind, Question, Values};

use domain::Timestamp;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
pub use protocol::Setup;
use protocol::{AgentView, Counts, Me, Snapshot, Summary};
use serde::{Deserialize, Serialize};

use crate::{Document, Lang, List, PromptText, Route, Theme, json};
#[cfg(feature = "hydrate")]
use crate::{part, paths};

/// What only the page of a pipeline shows: as the server has it, and in the browser as the board reads it.
#[cfg(not(feature = "hydrate"))]
type WrittenDetail = protocol::DetailMore;
/// What only the page of a pipeline shows: as the server has it, and in the browser as the board reads it.
#[cfg(feature = "hydrate")]
type WrittenDetail = PageDetail;

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
    #[serde(skip_deserializing)]
    pub detail: Option<WrittenDetail>,
    /// On a pipeline's page: the document that waits there.
    #[serde(skip_deserializing)]
    pub document: Option<Document>,
    /// On a pipeline's page: its newest prompt.
    #[serde(skip_deserializing)]
    pub prompt: Option<PromptText>,
    /// The agents that Staffel knows.
    pub agents: Vec<AgentView>,
    /// Who is signed in.
    #[serde(default)]
    pub me: Option<Me>,
    /// How each client is connected.
    #[serde(skip_deserializing)]
    pub setups: Vec<Setup>,
    /// On the page that signs in: what it asks.
    #[serde(skip_deserializing)]
    pub sign_in: SignInData,
}

/// What the page that signs in asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInData {
    /// Whether there is nobody yet: the first owner says a name.
    pub first: bool,
    /// The name that is proposed then.
    pub name: String,
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
            me: None,
            setups: Vec::new(),
            sign_in: SignInData::default(),
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
        let text = element().and_then(|element| element.text_content());
        let text = text.unwrap_or_default();
        let mut page: Self = json::read(&text).unwrap_or_default();
        // Where the rest is not here, the page shows nothing of it.
        if let Some(Ok(Some(more))) = part::at_once(more(&text)) {
            page.detail = more.detail;
            page.document = more.document;
            page.prompt = more.prompt;
            page.setups = more.setups;
            page.sign_in = more.sign_in;
        }
        paths::set_base(&page.base);
        page
    }

    /// Whether what the page shows is part of the rest.
    pub(crate) fn shows_rest(&self) -> bool {
        let Counts {
            open,
            ended,
            archived,
            ..
        } = self.snapshot.counts;
        match Route::of(&self.path) {
            Route::Overview(List::Open) => open + ended + archived == 0,
            Route::Overview(_)
            | Route::Agents
            | Route::SignIn
            | Route::People
            | Route::Pipeline(_) => true,
            Route::Nowhere => false,
        }
    }
}

/// What only some pages begin with.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct More {
    detail: Option<WrittenDetail>,
    document: Option<Document>,
    prompt: Option<PromptText>,
    setups: Vec<Setup>,
    sign_in: SignInData,
}

#[wasm_split(rest, wasm_split_path = leptos::wasm_split, preload(load_more), fallible)]
pub(crate) fn more(text: &str) -> Result<Option<More>, SplitLoaderError> {
    Ok(json::read(text))
}

/// How each client is connected.
#[cfg(feature = "hydrate")]
pub(crate) fn setups() -> Vec<Setup> {
    let text = element().and_then(|element| element.text_content());
    let more: Option<More> = text.and_then(|text| json::read(&text));
    more.unwrap_or_default().setups
}

/// Whether what the page shows is part of the rest: the server said so.
#[cfg(feature = "hydrate")]
pub(crate) fn needs_rest() -> bool {
    let parts = element().and_then(|element| element.get_attribute("data-parts"));
    parts.is_some_and(|parts| parts.split(' ').any(|part| part == "rest"))
}

#[cfg(feature = "hydrate")]
fn element() -> Option<web_sys::Element> {
    leptos::prelude::document().get_element_by_id(PageData::ELEMENT)
}
