//! The state of the board: what is shown, signal by signal.

use std::collections::HashMap;

use domain::{
    HandoverId, PipelineId, PromptId, Timestamp,
    view::{AgentView, PipelineStatus, Snapshot},
};
use leptos::prelude::*;

use crate::{
    Document, Lang, PageData, PromptText, Route, Setup, Theme, browser, follow::StatusSignal,
    incoming::Incoming, link::Link, review::Review, standing,
};

/// The board's state. Lives as long as the page, and is copied into every component.
#[derive(Clone, Copy)]
pub(crate) struct Board {
    /// The page that is shown.
    pub route: RwSignal<Route>,
    /// The reader's language.
    pub lang: RwSignal<Lang>,
    /// The reader's colours.
    pub theme: RwSignal<Theme>,
    /// The server's time, as far as the browser's clock and the last event tell.
    pub now: RwSignal<Timestamp>,
    /// Whether the browser has taken over from the server's HTML.
    pub hydrated: RwSignal<bool>,
    /// The live connection.
    pub link: RwSignal<Link>,
    /// Set by whoever wants the next try to be made at once.
    pub hurry: RwSignal<bool>,
    /// What the reader looks for.
    pub find: RwSignal<String>,
    /// The line that says what just happened.
    pub notice: RwSignal<String>,
    /// The line that interrupts: a gate opened.
    pub alarm: RwSignal<String>,
    /// Staffel's version when the page was loaded.
    pub server: StoredValue<String>,
    /// Whether the server is another version by now.
    pub outdated: RwSignal<bool>,
    /// The id of the newest event: `<epoch>-<position>`.
    pub last_event_id: RwSignal<String>,
    /// Where agents reach this server.
    pub origin: StoredValue<String>,
    /// The agents that Staffel knows, the one that called last first.
    pub agents: RwSignal<Vec<AgentView>>,
    /// How each client is connected.
    pub setups: StoredValue<Vec<Setup>>,
    /// Documents with their text, as they came.
    pub documents: RwSignal<HashMap<HandoverId, Document>>,
    /// Prompts with their text, as they came.
    pub prompts: RwSignal<HashMap<PromptId, PromptText>>,
    /// The review that is open, and those that were offered.
    pub review: Review,
    /// All pipelines in the server's order. Changes only when one comes or goes.
    order: RwSignal<Vec<PipelineId>>,
    /// The pipelines themselves: a change of one re-renders nothing of another.
    pipelines: StoredValue<HashMap<PipelineId, StatusSignal>>,
    /// Keeps the signals of pipelines that arrive later, outside of every component.
    owner: StoredValue<Owner>,
    /// The server's clock minus the browser's.
    clock_offset: StoredValue<i64>,
    /// The handovers that wait for a person, the longest first.
    pub waiting: Memo<Vec<Waiting>>,
}

/// A handover that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The handover.
    pub handover: HandoverId,
    /// Its newest revision.
    pub revision: u32,
    /// Since when.
    pub since: Timestamp,
}

/// The board that the surrounding [`crate::App`] provides.
pub(crate) fn use_board() -> Board {
    expect_context()
}

impl Board {
    /// The board as the page begins.
    pub fn new(page: PageData) -> Self {
        let PageData {
            lang,
            theme,
            origin,
            base: _,
            path,
            snapshot,
            document,
            prompt,
            agents,
            setups,
        } = page;
        let order = RwSignal::new(Vec::new());
        let pipelines = StoredValue::new(HashMap::new());
        let waiting = Memo::new(move |_| waiting(order, pipelines));
        let board = Self {
            route: RwSignal::new(Route::of(&path)),
            lang: RwSignal::new(lang),
            theme: RwSignal::new(theme),
            now: RwSignal::new(snapshot.at),
            hydrated: RwSignal::new(false),
            link: RwSignal::new(Link::Connecting),
            hurry: RwSignal::new(false),
            find: RwSignal::new(String::new()),
            notice: RwSignal::new(String::new()),
            alarm: RwSignal::new(String::new()),
            server: StoredValue::new(snapshot.server.clone()),
            outdated: RwSignal::new(false),
            last_event_id: RwSignal::new(format!("{}-{}", snapshot.epoch, snapshot.position)),
            origin: StoredValue::new(origin),
            agents: RwSignal::new(agents),
            setups: StoredValue::new(setups),
            documents: RwSignal::new(
                document
                    .into_iter()
                    .map(|document| (document.handover.clone(), document))
                    .collect(),
            ),
            prompts: RwSignal::new(
                prompt
                    .into_iter()
                    .map(|prompt| (prompt.prompt_id.clone(), prompt))
                    .collect(),
            ),
            review: Review::new(),
            order,
            pipelines,
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
            clock_offset: StoredValue::new(0),
            waiting,
        };
        board.replace(snapshot);
        board
    }

    /// All pipelines in the server's order.
    pub fn ids(&self) -> Vec<PipelineId> {
        self.order.get()
    }

    /// A pipeline; tracks only whether it exists.
    pub fn pipeline(&self, id: &PipelineId) -> Option<StatusSignal> {
        self.order.track();
        self.signal(id)
    }

    /// A pipeline for a component that exists only as long as the pipeline does; tracks nothing.
    pub fn signal(&self, id: &PipelineId) -> Option<StatusSignal> {
        self.pipelines
            .with_value(|pipelines| pipelines.get(id).copied())
    }

    /// A pipeline as it is at this moment, tracking nothing.
    pub fn peek(&self, id: &PipelineId) -> Option<PipelineStatus> {
        self.signal(id).map(StatusSignal::peek)
    }

    /// A word in the reader's language.
    pub fn t(
        self,
        word: fn(Lang) -> &'static str,
    ) -> impl Fn() -> &'static str + Copy + Send + Sync + 'static {
        let lang = self.lang;
        move || word(lang.get())
    }

    /// Leads to another page of the board.
    #[cfg_attr(not(feature = "hydrate"), allow(unused_variables))]
    pub fn go(self, path: &str) {
        #[cfg(feature = "hydrate")]
        crate::route::browser::go(self, path);
    }

    /// Since when what is shown may be out of date.
    pub fn stale_since(&self) -> Option<Timestamp> {
        self.link.with(|link| {
            link.lost()
                .is_some()
                .then(|| link.stale_since(self.now.get()))
                .flatten()
        })
    }

    /// Sets the clock by the server's.
    pub fn set_clock(&self, server: Timestamp) {
        self.clock_offset
            .set_value(server.millis() - browser::now_millis());
        self.now.set(server);
    }

    /// The server's time at this moment.
    pub fn clock(&self) -> Timestamp {
        Timestamp::from_millis(browser::now_millis() + self.clock_offset.get_value())
    }

    /// Takes in an event.
    pub fn take(&self, event: Incoming) {
        match event {
            Incoming::Snapshot(snapshot) => {
                self.set_clock(snapshot.at);
                self.outdated
                    .set(snapshot.server != self.server.get_value());
                self.last_event_id
                    .set(format!("{}-{}", snapshot.epoch, snapshot.position));
                self.replace(snapshot);
            }
            Incoming::Status(status) => self.put(*status),
            Incoming::Document(document) => {
                self.documents
                    .update(|known| drop(known.insert(document.handover.clone(), document)));
            }
            Incoming::Prompt(prompt) => {
                self.prompts
                    .update(|known| drop(known.insert(prompt.prompt_id.clone(), prompt)));
            }
            Incoming::Agents(agents) => self.agents.set(agents.agents),
            Incoming::Heartbeat(heartbeat) => self.set_clock(heartbeat.at),
            Incoming::Shutdown(_) | Incoming::Announcement => {}
        }
    }

    /// Everything anew. Pipelines that stay keep their signal, and so their place on the page.
    fn replace(&self, snapshot: Snapshot) {
        let ids: Vec<PipelineId> = snapshot
            .pipelines
            .iter()
            .map(|status| status.pipeline.clone())
            .collect();
        self.pipelines
            .update_value(|known| known.retain(|id, _| ids.contains(id)));
        for status in snapshot.pipelines {
            // Not `put`: a journal that was put back to an older copy has smaller positions.
            self.set(status);
        }
        if self.order.with_untracked(|order| *order != ids) {
            self.order.set(ids);
        }
    }

    /// One pipeline anew, unless what is known is newer.
    fn put(&self, status: PipelineStatus) {
        let id = status.pipeline.clone();
        let known = self.peek(&id).map(|known| known.position);
        if known.is_some_and(|position| position > status.position) {
            return;
        }
        self.set(status);
        if known.is_none() {
            self.order.update(|order| order.insert(0, id));
        }
    }

    fn set(&self, status: PipelineStatus) {
        match self.signal(&status.pipeline) {
            Some(known) => known.set(status),
            None => {
                let id = status.pipeline.clone();
                let owner = self.owner.get_value();
                let signal = owner.with(|| StatusSignal::new(status));
                self.pipelines
                    .update_value(|pipelines| _ = pipelines.insert(id, signal));
            }
        }
    }
}

fn waiting(
    order: RwSignal<Vec<PipelineId>>,
    pipelines: StoredValue<HashMap<PipelineId, StatusSignal>>,
) -> Vec<Waiting> {
    let mut waiting: Vec<Waiting> = order
        .get()
        .iter()
        .filter_map(|id| {
            let status = pipelines.with_value(|pipelines| pipelines.get(id).copied())?;
            status.with(|status| {
                let handover = standing::open_handover(status)?;
                Some(Waiting {
                    pipeline: id.clone(),
                    handover: handover.handover.clone(),
                    revision: handover.revision,
                    since: handover.at,
                })
            })
        })
        .collect();
    waiting.sort_by_key(|waiting| waiting.since);
    waiting
}
