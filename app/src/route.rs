//! Which page is shown, and how one gets to another without loading it anew.
//!
//! The board has few pages and no nested routes. A router for any application would be a tenth of what
//! the browser has to download.

use domain::{HandoverId, PipelineId, PromptId};
use protocol::Summary;

use crate::paths;

/// What an address shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The pipelines of one list.
    Overview(List),
    /// The agents, and how to connect one.
    Agents,
    /// One pipeline or a text of it, whether it is known or not; `None` where the address holds no id.
    Pipeline(Option<PipelineId>),
    /// Nothing: the server answers such an address with 404.
    Nowhere,
}

impl Route {
    /// Reads the path of an address.
    pub fn of(path: &str) -> Self {
        // Who is on the machine itself may come past the proxy that adds the base.
        let path = path.strip_prefix(paths::base()).unwrap_or(path);
        match path.strip_prefix("/pipelines/") {
            Some(rest) => {
                let (id, more) = rest.split_once('/').unwrap_or((rest, ""));
                let paper = || Paper::read(id, more).is_some();
                let id = id.parse().ok();
                Self::Pipeline(id.filter(|_| more.is_empty() || paper()))
            }
            None => match path.trim_end_matches('/') {
                // Where the editors' extension `vibeframe` looks.
                "" | "/vibeframe" => Self::Overview(List::Open),
                "/ended" => Self::Overview(List::Ended),
                "/archived" => Self::Overview(List::Archived),
                "/agents" => Self::Agents,
                _ => Self::Nowhere,
            },
        }
    }

    /// The pipeline that is shown, if one is.
    pub fn pipeline(&self) -> Option<&PipelineId> {
        match self {
            Self::Pipeline(id) => id.as_ref(),
            Self::Overview(_) | Self::Agents | Self::Nowhere => None,
        }
    }
}

/// The lists that the overview has; every pipeline is on one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Pipelines that have not ended.
    Open,
    /// Those that have ended and are not archived.
    Ended,
    /// Those that are archived.
    Archived,
}

impl List {
    /// All of them, in the order of the tabs.
    pub(crate) const ALL: [Self; 3] = [Self::Open, Self::Ended, Self::Archived];

    /// The one that has this pipeline.
    pub(crate) fn of(summary: &Summary) -> Self {
        match (summary.status.has_ended(), summary.archived) {
            (false, _) => Self::Open,
            (true, None) => Self::Ended,
            (true, Some(_)) => Self::Archived,
        }
    }
}

/// A text of a pipeline that has an address of its own, below that of the pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Paper {
    /// A revision of a handover.
    Handover(HandoverId, u32),
    /// A prompt.
    Prompt(PromptId),
}

impl Paper {
    /// Reads the path of an address.
    pub fn of(path: &str) -> Option<Self> {
        let path = path.strip_prefix(paths::base()).unwrap_or(path);
        let (id, more) = path.strip_prefix("/pipelines/")?.split_once('/')?;
        Self::read(id, more)
    }

    fn read(pipeline: &str, more: &str) -> Option<Self> {
        let mut parts = more.trim_end_matches('/').split('/');
        let (kind, id, revision) = (parts.next()?, parts.next()?, parts.next());
        // Every id begins with that of its pipeline.
        let own = id
            .strip_prefix(pipeline)
            .is_some_and(|rest| rest.starts_with('-'));
        match (kind, revision) {
            _ if !own || parts.next().is_some() => None,
            ("handovers", Some(revision)) => {
                Some(Self::Handover(id.parse().ok()?, revision.parse().ok()?))
            }
            ("prompts", None) => Some(Self::Prompt(id.parse().ok()?)),
            _ => None,
        }
    }
}

/// Turns clicks on the board's own links, and the browser's buttons, into changes of `Board::route`.
#[cfg(feature = "hydrate")]
pub(crate) mod browser {
    use leptos::{ev, prelude::*};
    use wasm_bindgen::{JsCast, JsValue};
    use web_sys::{Element, HtmlAnchorElement, HtmlElement};

    use super::Route;
    use crate::board::Board;

    /// Follows clicks and the history, for as long as the page is open.
    pub(crate) fn follow(board: Board) {
        window_event_listener(ev::click, move |event| {
            let plain = event.button() == 0
                && !event.default_prevented()
                && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key());
            let link = event
                .target()
                .and_then(|target| target.dyn_into::<Element>().ok())
                .and_then(|element| element.closest("a[href]").ok()?)
                .and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
            let Some(link) = link.filter(|_| plain) else {
                return;
            };
            // Links within the page, to the API and into other programs are the browser's business.
            let own = Some(link.origin()) == window().location().origin().ok()
                && link.target().is_empty()
                && link.hash().is_empty()
                && Route::of(&link.pathname()) != Route::Nowhere;
            if own {
                event.prevent_default();
                go(board, &link.pathname());
            }
        });
        window_event_listener(ev::popstate, move |_| {
            board.turn_to(&window().location().pathname().unwrap_or_default());
        });
    }

    /// Leads to another page, as a click on a link to it does.
    pub(crate) fn go(board: Board, path: &str) {
        let history = window().history();
        // Browsers refuse more than some hundred a minute; the page itself changes all the same.
        let _ =
            history.and_then(|history| history.push_state_with_url(&JsValue::NULL, "", Some(path)));
        board.turn_to(path);
        window().scroll_to_with_x_and_y(0.0, 0.0);
        // A screen reader goes on where the new page begins.
        let content = document().get_element_by_id("content");
        if let Some(content) = content.and_then(|content| content.dyn_into::<HtmlElement>().ok()) {
            let _ = content.focus();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_shows_something() {
        let id: PipelineId = "02kx9m4t7q".parse().expect("an id");
        for (path, route) in [
            (paths::overview(), Route::Overview(List::Open)),
            ("/vibeframe".to_owned(), Route::Overview(List::Open)),
            (paths::list(List::Ended), Route::Overview(List::Ended)),
            ("/archived/".to_owned(), Route::Overview(List::Archived)),
            (paths::agents(), Route::Agents),
            ("/agents/".to_owned(), Route::Agents),
            (paths::pipeline(&id), Route::Pipeline(Some(id.clone()))),
            (
                format!("{}/", paths::pipeline(&id)),
                Route::Pipeline(Some(id.clone())),
            ),
            (
                "/pipelines/02kx9m4t7q/prompts/02kx9m4t7q-p1".to_owned(),
                Route::Pipeline(Some(id.clone())),
            ),
            (
                "/pipelines/02kx9m4t7q/nonsense".to_owned(),
                Route::Pipeline(None),
            ),
            ("/pipelines/nonsense".to_owned(), Route::Pipeline(None)),
            ("/pipelines/".to_owned(), Route::Pipeline(None)),
            ("/pipelines".to_owned(), Route::Nowhere),
            ("/api/pipelines".to_owned(), Route::Nowhere),
        ] {
            assert_eq!(Route::of(&path), route, "{path}");
        }
    }

    #[test]
    fn handovers_and_prompts_have_addresses() {
        let handover: HandoverId = "02kx9m4t7q-h12".parse().expect("an id");
        let prompt: PromptId = "02kx9m4t7q-p3".parse().expect("an id");
        for (path, paper) in [
            (
                paths::handover_page(&handover, 2),
                Some(Paper::Handover(handover.clone(), 2)),
            ),
            (
                format!("{}/", paths::handover_page(&handover, 2)),
                Some(Paper::Handover(handover, 2)),
            ),
            (paths::prompt_page(&prompt), Some(Paper::Prompt(prompt))),
            (paths::pipeline(&"02kx9m4t7q".parse().expect("an id")), None),
        ] {
            assert_eq!(Paper::of(&path), paper, "{path}");
        }
        for path in [
            "/pipelines/02kx9m4t7q/handovers/02kx9m4t7q-h12",
            "/pipelines/02kx9m4t7q/handovers/02kx9m4t7q-h12/x",
            "/pipelines/02kx9m4t7q/handovers/02kx9m4t7q-h12/1/2",
            // Of another pipeline.
            "/pipelines/02kx9m4t7q/handovers/02kx9m4t7r-h12/1",
            "/pipelines/02kx9m4t7q/prompts/02kx9m4t7q-h12",
        ] {
            assert_eq!(Paper::of(path), None, "{path}");
            assert_eq!(Route::of(path), Route::Pipeline(None), "{path}");
        }
    }
}
