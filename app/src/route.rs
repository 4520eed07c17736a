//! Which page is shown, and how one gets to another without loading it anew.
//!
//! The board has few pages and no nested routes. A router for any application would be a tenth of what
//! the browser has to download.

use domain::{HandoverId, PipelineId, PromptId};

use crate::{lists::List, paths};

/// What an address shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The pipelines of one list.
    Overview(List),
    /// The agents, and how to connect one.
    Agents,
    /// Signing in.
    SignIn,
    /// The people, and their devices.
    People,
    /// One pipeline or a text of it, whether it is known or not; `None` where the address holds no id.
    Pipeline(Option<PipelineId>),
    /// Nothing: the server answers such an address with 404.
    Nowhere,
}

impl Route {
    /// Reads the path of an address.
    pub fn of(path: &str) -> Self {
        // Who is on the machine itself may come past the proxy that adds the base.
        let path = paths::without_base(path);
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
                "/sign-in" => Self::SignIn,
                "/people" => Self::People,
                _ => Self::Nowhere,
            },
        }
    }

    /// The pipeline that is shown, if one is.
    pub fn pipeline(&self) -> Option<&PipelineId> {
        match self {
            Self::Pipeline(id) => id.as_ref(),
            Self::Overview(_) | Self::Agents | Self::SignIn | Self::People | Self::Nowhere => None,
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
        let path = paths::without_base(path);
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
            (paths::sign_in_page(), Route::SignIn),
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
