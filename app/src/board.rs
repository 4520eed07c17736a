//! The state of the board: what is shown, signal by signal.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use domain::{HandoverId, PipelineId, PromptId, Timestamp};
use leptos::{prelude::*, reactive::graph::Source};
use protocol::{AgentView, Changed, Counts, HandoverRef, Me, PromptRef, Role, Snapshot, Summary};

use crate::{
    Document, DocumentBody, Lang, PageData, PromptText, Route, Setup, SignInData, Theme,
    archive::Archive, browser, detail::Detail, follow::StatusSignal, incoming::Incoming,
    link::Link, listing::Listing, lists::List, page::PageDetail, review::Review, route::Paper,
    standing, texts::Texts, waiting::Waiting,
};

/// So many pipelines that have just ended stay where they were on the list of open ones.
const JUST_ENDED_MAX: usize = 50;
/// After so many rows that were taken away, signals let their readers go.
const GONE_MAX: u32 = 200;
/// So long changes of lists are gathered: hardly anybody notices.
const SHIFT: Duration = Duration::from_millis(150);
/// So many pipelines stand on the overview at most; the oldest of the ended ones make room.
const ORDER_MAX: usize = 400;

/// The board's state. Lives as long as the page, and is copied into every component.
#[derive(Clone, Copy)]
pub(crate) struct Board {
    /// The page that is shown.
    pub route: RwSignal<Route>,
    /// The path of its address. Which [`Paper`] is shown is read from it: a signal of another type would weigh more.
    pub path: RwSignal<String>,
    /// The reader's language.
    pub lang: RwSignal<Lang>,
    /// The reader's colours.
    pub theme: RwSignal<Theme>,
    /// The server's time, as far as the browser's clock and the last event tell.
    pub now: RwSignal<Timestamp>,
    /// Whether the browser has taken over from the server's HTML.
    pub hydrated: RwSignal<bool>,
    /// Whether exact times are written in the reader's zone: `actions::local_times` says when.
    pub local_times: RwSignal<bool>,
    /// The live connection.
    pub link: RwSignal<Link>,
    /// Set by whoever wants the next try to be made at once.
    pub hurry: RwSignal<bool>,
    /// What the reader looks for.
    pub find: RwSignal<String>,
    /// The line that says what just happened.
    pub notice: RwSignal<String>,
    /// The line that interrupts a screen reader: a handover arrived.
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
    /// Who is signed in.
    pub me: StoredValue<Option<Me>>,
    /// How each client is connected.
    pub setups: StoredValue<Vec<Setup>>,
    /// On the page that signs in: what it asks.
    pub sign_in: StoredValue<SignInData>,
    /// The detail of the pipeline whose page is shown.
    pub detail: Detail,
    /// How many pipelines there are.
    pub counts: RwSignal<Counts>,
    /// The open pipelines beyond those that the page begins with.
    pub opened: Listing,
    /// What has ended, or the archive, whichever list is shown.
    pub listed: Listing,
    /// What a search finds on the server.
    pub found: Listing,
    /// Archiving.
    pub archive: Archive,
    /// Pipelines that ended while somebody looks: they stay where they were.
    just_ended: StoredValue<Vec<PipelineId>>,
    /// Whether the lists are to be drawn anew in a moment.
    shifting: StoredValue<bool>,
    /// Rows that were taken away since signals let their readers go.
    gone: StoredValue<u32>,
    /// Whether the page is being printed: then every row is drawn.
    pub printing: RwSignal<bool>,
    /// Whether the figures may be wrong, and have to be asked for.
    pub uncounted: RwSignal<bool>,
    /// Everything that the page began with has come anew.
    pub renewed: Trigger,
    /// The texts that were read last.
    texts: RwSignal<Texts>,
    /// The review that is open, and those that were offered.
    pub review: Review,
    /// The pipelines of the overview in the server's order. Changes only when one comes or goes; `moved` says so.
    order: StoredValue<Vec<PipelineId>>,
    /// Every pipeline that is known: a change of one re-renders nothing of another.
    pipelines: StoredValue<HashMap<PipelineId, StatusSignal>>,
    /// Which pipelines are known has changed.
    known: Trigger,
    /// A pipeline has come, has ended, was archived or came back: it stands elsewhere now.
    moved: Trigger,
    /// The baton of a pipeline has gone to somebody else.
    pub turned: Trigger,
    /// Keeps the signals of pipelines that arrive later, outside of every component.
    owner: StoredValue<Owner>,
    /// The server's clock minus the browser's.
    clock_offset: StoredValue<i64>,
    /// What waits for a person, the longest first.
    pub waiting: RwSignal<Vec<Waiting>>,
    /// The pipelines with a decision that can still be taken back.
    pub pending: RwSignal<Vec<PipelineId>>,
    /// The pipelines whose agent does not respond, or whose prompt nobody picks up, the longest first.
    pub overdue: RwSignal<Vec<PipelineId>>,
    /// Whether the palette is open.
    pub palette: RwSignal<bool>,
    /// Whether the list of the keys is open.
    pub keys: RwSignal<bool>,
}

/// The board that the surrounding [`crate::App`] provides.
pub(crate) fn use_board() -> Board {
    expect_context()
}

impl Board {
    /// The name of the reader; empty where nobody is signed in.
    pub fn reader(self) -> String {
        self.me
            .with_value(|me| me.as_ref().map_or_else(String::new, |me| me.name.clone()))
    }

    /// Whether the reader may decide.
    pub fn may_decide(self) -> bool {
        self.me
            .with_value(|me| me.as_ref().is_some_and(|me| me.role >= Role::Reviewer))
    }

    /// The board as the page begins.
    pub fn new(page: PageData) -> Self {
        let PageData {
            lang,
            theme,
            origin,
            base: _,
            path,
            snapshot,
            shown,
            detail,
            document,
            prompt,
            agents,
            me,
            setups,
            sign_in,
        } = page;
        let route = Route::of(&path);
        #[cfg(not(feature = "hydrate"))]
        let detail = detail.map(PageDetail::from);
        let detail = Detail::new(route.pipeline().cloned(), shown.as_ref(), detail);
        let mut texts = Texts::default();
        document
            .into_iter()
            .for_each(|document| texts.keep_document(document));
        prompt
            .into_iter()
            .for_each(|prompt| texts.keep_prompt(prompt));
        let board = Self {
            route: RwSignal::new(route),
            path: RwSignal::new(path),
            lang: RwSignal::new(lang),
            theme: RwSignal::new(theme),
            now: RwSignal::new(snapshot.at),
            hydrated: RwSignal::new(false),
            local_times: RwSignal::new(false),
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
            me: StoredValue::new(me),
            setups: StoredValue::new(setups),
            sign_in: StoredValue::new(sign_in),
            detail,
            counts: RwSignal::new(Counts::default()),
            opened: Listing::new(),
            listed: Listing::new(),
            found: Listing::new(),
            archive: Archive::new(),
            just_ended: StoredValue::new(Vec::new()),
            shifting: StoredValue::new(false),
            gone: StoredValue::new(0),
            printing: RwSignal::new(false),
            uncounted: RwSignal::new(false),
            renewed: Trigger::new(),
            texts: RwSignal::new(texts),
            review: Review::new(),
            order: StoredValue::new(Vec::new()),
            pipelines: StoredValue::new(HashMap::new()),
            known: Trigger::new(),
            moved: Trigger::new(),
            turned: Trigger::new(),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
            clock_offset: StoredValue::new(0),
            waiting: RwSignal::new(Vec::new()),
            pending: RwSignal::new(Vec::new()),
            overdue: RwSignal::new(Vec::new()),
            palette: RwSignal::new(false),
            keys: RwSignal::new(false),
        };
        board.replace(snapshot);
        if let Some(shown) = shown {
            board.learn(shown);
        }
        board
    }

    /// The pipelines of a list as far as they are here, in the server's order. Follows which these are, and nothing
    /// that one of them reports.
    pub fn ids_of(&self, list: List) -> Vec<PipelineId> {
        self.moved.track();
        let (mut ids, just_ended) = (self.order.get_value(), self.just_ended.get_value());
        let more = if list == List::Open {
            self.opened
        } else {
            self.listed
        };
        let more = more.ids.get();
        if list == List::Open {
            let known: HashSet<PipelineId> = ids.iter().cloned().collect();
            ids.extend(more.into_iter().filter(|id| !known.contains(id)));
        } else if !more.is_empty() {
            ids = more;
        }
        ids.retain(|id| {
            let stays = list == List::Open && just_ended.contains(id);
            let on = |signal: StatusSignal| signal.with_untracked(List::of) == list;
            stays || self.signal(id).is_some_and(on)
        });
        ids
    }

    /// The list that is shown, if the overview is; follows which.
    pub fn list(&self) -> Option<List> {
        match self.route.get() {
            Route::Overview(list) => Some(list),
            _ => None,
        }
    }

    /// Says in a line what just happened; nothing takes the line away.
    pub fn say(&self, text: String) {
        if self.archive.moved.with_untracked(|moved| !moved.is_empty()) {
            self.archive.moved.set(Vec::new());
        }
        self.notice.set(text);
    }

    /// A pipeline; tracks only whether it exists.
    pub fn pipeline(&self, id: &PipelineId) -> Option<StatusSignal> {
        self.known.track();
        self.signal(id)
    }

    /// A pipeline for a component that exists only as long as the pipeline does; tracks nothing.
    pub fn signal(&self, id: &PipelineId) -> Option<StatusSignal> {
        self.pipelines
            .with_value(|pipelines| pipelines.get(id).copied())
    }

    /// Every pipeline that is here, in no order; tracks nothing.
    pub fn known_ids(&self) -> Vec<PipelineId> {
        self.pipelines
            .with_value(|pipelines| pipelines.keys().cloned().collect())
    }

    /// A pipeline as it is at this moment, tracking nothing.
    pub fn peek(&self, id: &PipelineId) -> Option<Summary> {
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

    /// Shows what has this address.
    pub fn turn_to(self, path: &str) {
        self.path.set(path.to_owned());
        self.just_ended.set_value(Vec::new());
        self.moved.notify();
        self.archive.chosen.set(Vec::new());
        self.route.set(Route::of(path));
    }

    /// The text that is shown instead of its pipeline's page; follows which.
    pub fn paper(self) -> Option<Paper> {
        self.path.with(|path| Paper::of(path))
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

    /// Reads the detail of a pipeline, if it is here, and follows it.
    pub fn with_detail<R>(
        &self,
        status: StatusSignal,
        read: impl Fn(&PageDetail) -> R,
    ) -> Option<R> {
        self.detail.with(&status.id(), read)
    }

    /// The newest prompt with every step of its way, as far as they are here.
    pub fn prompt_steps(&self, status: StatusSignal) -> Option<PromptRef> {
        let short = status.with(|status| status.prompt.clone())?;
        Some(self.listed_prompt(&short.prompt_id).unwrap_or(short))
    }

    fn listed_prompt(&self, id: &PromptId) -> Option<PromptRef> {
        let listed = self.detail.with(id.pipeline(), |more| {
            let mut prompts = more.prompts.iter();
            prompts.find(|known| known.prompt_id == *id).cloned()
        });
        listed.flatten()
    }

    /// Sets the clock by the server's.
    pub fn set_clock(&self, server: Timestamp) {
        self.clock_offset
            .set_value(server.millis() - browser::now_millis());
        renew(self.now, server);
    }

    /// A second has gone.
    pub fn tick(&self) {
        renew(self.now, self.clock());
        if self.gone.get_value() >= GONE_MAX {
            self.gone.set_value(0);
            renew(self.lang, self.lang.get_untracked());
            renew(self.hydrated, true);
            renew(self.local_times, self.local_times.get_untracked());
            renew(self.printing, self.printing.get_untracked());
            renew(self.archive.chosen, self.archive.chosen.get_untracked());
        }
    }

    /// A row is not drawn any more.
    pub fn row_is_gone(&self) {
        self.gone.update_value(|gone| *gone += 1);
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
            Incoming::Status(both) => {
                let (summary, changed) = *both;
                let shown = self.is_shown(&summary.pipeline);
                self.detail.take(&summary, &changed, shown);
                self.put(summary, &changed);
            }
            Incoming::Prompt(both) => {
                let (about, body) = *both;
                self.detail.take_prompt(about.clone());
                self.keep_prompt(PromptText { about, body });
            }
            Incoming::Delivery(step) => self.detail.take_delivery(step),
            Incoming::Agents(agents) => self.agents.set(agents.agents),
            Incoming::Heartbeat(heartbeat) => self.set_clock(heartbeat.at),
            Incoming::Shutdown(_) | Incoming::Announcement => {}
        }
    }

    /// Whether the page of this pipeline is shown.
    pub fn is_shown(&self, id: &PipelineId) -> bool {
        self.route
            .with_untracked(|route| route.pipeline() == Some(id))
    }

    /// Whether the text with this address, as [`crate::paths::handover`] gives it, is here; follows that.
    pub fn has_document(&self, address: &str) -> bool {
        self.texts
            .with(|texts| texts.document_at(address).is_some())
    }

    /// The text with this address, if it is here.
    pub fn document_at(&self, address: &str) -> Option<DocumentBody> {
        self.texts
            .with_untracked(|texts| Some(texts.document_at(address)?.body.clone()))
    }

    /// A revision with its text, if it is here; follows whether it is.
    pub fn document(&self, handover: &HandoverId, revision: u32) -> Option<Document> {
        self.texts
            .with(|texts| texts.document(handover, revision).cloned())
    }

    /// What a revision is about, as far as it is known; follows it. The newest ones are listed and kept current, older
    /// ones come with their text.
    pub fn about_handover(&self, handover: &HandoverId, revision: u32) -> Option<HandoverRef> {
        let listed = self.detail.with(handover.pipeline(), |more| {
            let mut handovers = more.handovers.iter();
            handovers
                .find(|known| known.revision == revision && known.handover == *handover)
                .cloned()
        });
        let fetched = self
            .texts
            .with(|texts| Some(texts.document(handover, revision)?.about.clone()));
        match (listed.flatten(), fetched) {
            // The note of the decision is whole in there.
            (Some(_), Some(fetched)) if fetched.decision.is_some() => Some(fetched),
            (Some(listed), _) => Some(listed),
            (None, fetched) => fetched,
        }
    }

    /// What a prompt is about, as far as it is known; follows it.
    pub fn about_prompt(&self, id: &PromptId) -> Option<PromptRef> {
        let fetched = || {
            self.texts
                .with(|texts| Some(texts.prompt(id)?.about.clone()))
        };
        self.listed_prompt(id).or_else(fetched)
    }

    /// Keeps the text of a revision.
    pub fn keep_document(&self, document: Document) {
        self.texts.update(|texts| texts.keep_document(document));
    }

    /// The text of a prompt, if it is here; follows whether it is.
    pub fn prompt(&self, id: &PromptId) -> Option<PromptText> {
        self.texts.with(|texts| texts.prompt(id).cloned())
    }

    /// Keeps the text of a prompt.
    pub fn keep_prompt(&self, prompt: PromptText) {
        self.texts.update(|texts| texts.keep_prompt(prompt));
    }

    /// Everything anew. Pipelines that stay keep their signal, and so their place on the page.
    fn replace(&self, snapshot: Snapshot) {
        let ids: Vec<PipelineId> = snapshot
            .pipelines
            .iter()
            .map(|summary| summary.pipeline.clone())
            .collect();
        self.counts.set(snapshot.counts);
        let waiting = snapshot.pipelines.iter().flat_map(Waiting::of).collect();
        for summary in snapshot.pipelines {
            // Not `put`: a journal that was put back to an older copy has smaller positions.
            self.set(summary);
        }
        self.wait(waiting);
        self.order.set_value(ids);
        self.moved.notify();
        self.turned.notify();
        self.forget();
        let shown = self.route.with_untracked(|route| route.pipeline().cloned());
        if let Some(shown) = shown.filter(|_| self.hydrated.get_untracked()) {
            let revision = self.peek(&shown).map(|summary| summary.revision);
            self.detail.compare(&shown, revision);
        }
        self.renewed.notify();
    }

    /// A pipeline as an event says it is, unless what is known is newer.
    fn put(&self, summary: Summary, changed: &Changed) {
        let id = summary.pipeline.clone();
        let known = self.peek(&id);
        if known
            .as_ref()
            .is_some_and(|known| known.position > summary.position)
        {
            return;
        }
        self.count(known.as_ref(), &summary, changed);
        let new = changed.from == 0;
        let waits = Waiting::of(&summary);
        let list = List::of(&summary);
        let looked_at = list != List::Open && untrack(|| self.list()) == Some(list);
        if known.is_none() && !new && waits.is_empty() && !looked_at && !self.is_shown(&id) {
            // It is beyond what the overview has, and nobody looks at it.
            return;
        }
        let before = known.as_ref().map(List::of);
        let moved = before.is_some_and(|before| before != list);
        let turned = known.as_ref().map(held) != Some(held(&summary));
        self.set(summary);
        let listed = new || !waits.is_empty();
        self.wait_for(&id, waits);
        let comes = listed && self.order.with_value(|order| !order.contains(&id));
        if comes {
            self.order.update_value(|order| order.insert(0, id.clone()));
            self.make_room();
        }
        if moved && (before, list) == (Some(List::Open), List::Ended) {
            self.just_ended.update_value(|ended| {
                ended.truncate(JUST_ENDED_MAX - 1);
                ended.insert(0, id.clone());
            });
        }
        let arrives = looked_at && (moved || known.is_none());
        if arrives {
            self.listed.arrive(&id);
        }
        if comes || moved || arrives {
            self.shift();
        }
        if turned {
            self.turned.notify();
        }
    }

    /// A pipeline as the server says it is after something was done to it here: its event may come later.
    pub fn hear(&self, summary: Summary) {
        let id = summary.pipeline.clone();
        self.learn(summary);
        if let Some(known) = self.peek(&id) {
            self.wait_for(&id, Waiting::of(&known));
        }
    }

    /// A pipeline that was fetched.
    pub fn learn(&self, summary: Summary) {
        let newer = |known: Summary| known.position > summary.position;
        if !self.peek(&summary.pipeline).is_some_and(newer) {
            self.set(summary);
        }
    }

    fn set(&self, summary: Summary) {
        let id = &summary.pipeline;
        let pending = standing::pending(&summary).is_some();
        if self.pending.with_untracked(|known| known.contains(id)) != pending {
            self.pending.update(|known| {
                known.retain(|known| known != id);
                known.extend(pending.then(|| id.clone()));
            });
        }
        match self.signal(&summary.pipeline) {
            Some(known) => known.set(summary),
            None => {
                let id = summary.pipeline.clone();
                let owner = self.owner.get_value();
                let signal = owner.with(|| StatusSignal::new(summary));
                self.pipelines
                    .update_value(|pipelines| _ = pipelines.insert(id, signal));
                self.known.notify();
            }
        }
    }

    fn wait(&self, mut waiting: Vec<Waiting>) {
        waiting.sort_by_key(|waiting| waiting.since);
        if self.waiting.with_untracked(|known| *known != waiting) {
            self.waiting.set(waiting);
        }
    }

    /// Brings one pipeline's place among those that wait up to date.
    fn wait_for(&self, id: &PipelineId, waits: Vec<Waiting>) {
        let known = self
            .waiting
            .with_untracked(|waiting| waiting.iter().any(|waiting| waiting.pipeline == *id));
        if !known && waits.is_empty() {
            return;
        }
        let mut waiting = self.waiting.get_untracked();
        waiting.retain(|waiting| waiting.pipeline != *id);
        waiting.extend(waits);
        self.wait(waiting);
    }

    /// Keeps the figures right from what changes.
    fn count(&self, known: Option<&Summary>, summary: &Summary, changed: &Changed) {
        let before = match known {
            Some(known) => class(known),
            None if changed.from == 0 => Counts::default(),
            None => {
                // How it was counted before is not known.
                let open = class(summary).open == 1;
                if !open || summary.status == domain::Status::AwaitingReview || changed.more {
                    self.uncounted.set(true);
                }
                return;
            }
        };
        let after = class(summary);
        if before == after {
            return;
        }
        let moved = |count: u64, before: u64, after: u64| (count + after).saturating_sub(before);
        self.counts.update(|counts| {
            counts.open = moved(counts.open, before.open, after.open);
            counts.awaiting_review = moved(
                counts.awaiting_review,
                before.awaiting_review,
                after.awaiting_review,
            );
            counts.ended = moved(counts.ended, before.ended, after.ended);
            counts.archived = moved(counts.archived, before.archived, after.archived);
        });
    }

    /// Draws the lists anew in a moment: a thousand pipelines that are archived together are one change.
    fn shift(&self) {
        if self.shifting.get_value() {
            return;
        }
        self.shifting.set_value(true);
        let board = *self;
        set_timeout(
            move || {
                board.shifting.set_value(false);
                board.listed.settle();
                board.moved.notify();
            },
            SHIFT,
        );
    }

    /// The overview is full: the oldest of the ended ones go, and are found page by page.
    fn make_room(&self) {
        if self.order.with_value(|order| order.len() <= ORDER_MAX) {
            return;
        }
        let ended = |id: &PipelineId| {
            self.signal(id)
                .is_none_or(|signal| signal.with_untracked(|known| known.status.has_ended()))
        };
        self.order.update_value(|order| {
            if let Some(oldest) = order.iter().rposition(ended) {
                order.remove(oldest);
            }
        });
        self.forget();
    }

    /// Forgets the pipelines that nothing shows any more.
    pub fn forget(&self) {
        let mut kept: HashSet<PipelineId> = self.order.get_value().into_iter().collect();
        for listing in [self.opened, self.listed, self.found] {
            listing
                .ids
                .with_untracked(|ids| kept.extend(ids.iter().cloned()));
        }
        self.waiting
            .with_untracked(|waiting| kept.extend(waiting.iter().map(|w| w.pipeline.clone())));
        self.route
            .with_untracked(|route| kept.extend(route.pipeline().cloned()));
        self.review
            .open
            .with_untracked(|open| kept.extend(open.as_ref().map(|open| open.pipeline().clone())));
        let mut gone = Vec::new();
        self.pipelines.update_value(|known| {
            known.retain(|id, signal| {
                let stays = kept.contains(id);
                if !stays {
                    gone.push(*signal);
                }
                stays
            });
        });
        if !gone.is_empty() {
            self.known.notify();
            // What still draws them ends in this turn or the next.
            set_timeout(
                move || gone.into_iter().for_each(StatusSignal::end),
                std::time::Duration::from_secs(10),
            );
        }
    }
}

/// Sets a signal, and lets everyone go who has read it: who still lives reads it again.
///
/// A signal of leptos (`reactive_graph` 0.2) never forgets a reader that was thrown away. Rows come and go all day, and
/// with some thousand dead readers each living one pays for all of them whenever it runs.
fn renew<T: Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    signal.set(value);
    signal.clear_subscribers();
}

/// What decides who has the baton, and how it is called.
fn held(summary: &Summary) -> (domain::Status, bool, bool, bool) {
    let (paused, asks) = (summary.paused.is_some(), summary.question.is_some());
    let pending = standing::pending(summary).is_some();
    (summary.status, paused, asks, pending)
}

/// What one pipeline counts as.
fn class(summary: &Summary) -> Counts {
    let archived = summary.archived.is_some();
    let ended = summary.status.has_ended();
    Counts {
        open: u64::from(!ended),
        awaiting_review: u64::from(summary.status == domain::Status::AwaitingReview),
        ended: u64::from(ended && !archived),
        archived: u64::from(archived),
    }
}
