//! The detail of the pipeline whose page is shown: fetched once, then kept current by what each event says is new.

use domain::{Delivery, Phase, PhaseName, PhaseStatus, PipelineId, ProgressSource, What};
use leptos::prelude::*;
use protocol::{Changed, PromptDelivery, PromptRef, Summary, TaskChange};

use crate::{api::Failure, page::PageDetail};

/// So many lines of "What happened" are kept.
const LINES: usize = 100;
/// So many events are kept while the detail is being fetched; more than these are fetched again.
const MISSED: usize = 64;

/// The detail of one pipeline, at one of its revisions.
#[derive(Debug, Clone, PartialEq)]
struct Held {
    pipeline: PipelineId,
    revision: u64,
    more: PageDetail,
}

/// How the detail is coming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Coming {
    /// It is here, or nobody wants it.
    Rest,
    /// It is being fetched.
    Fetching(PipelineId),
    /// There is no such pipeline.
    Missing(PipelineId),
    /// It could not be fetched.
    Failed(PipelineId, Failure),
}

/// The detail that the page shows. Copied into every component.
#[derive(Clone, Copy)]
pub(crate) struct Detail {
    /// How it is coming.
    pub coming: RwSignal<Coming>,
    /// The pipeline whose detail has to be fetched anew.
    pub wanted: RwSignal<Option<PipelineId>>,
    held: RwSignal<Option<Held>>,
    /// What happened while it was being fetched.
    missed: StoredValue<Vec<(Summary, Changed)>>,
    /// The steps of prompts meanwhile. What is fetched may be older than they are, and no status tells them again.
    steps: StoredValue<Vec<PromptDelivery>>,
}

impl Detail {
    /// As the page begins. `asked` is the pipeline in the address.
    pub fn new(
        asked: Option<PipelineId>,
        shown: Option<&Summary>,
        more: Option<PageDetail>,
    ) -> Self {
        let held = shown
            .zip(more)
            .map(|(summary, more)| Held::new(summary, more));
        // The server has looked: what it did not send does not exist.
        let missing = asked.filter(|_| shown.is_none());
        Self {
            coming: RwSignal::new(missing.map_or(Coming::Rest, Coming::Missing)),
            wanted: RwSignal::new(None),
            held: RwSignal::new(held),
            missed: StoredValue::new(Vec::new()),
            steps: StoredValue::new(Vec::new()),
        }
    }

    /// Reads the detail of a pipeline, if it is here, and follows it.
    pub fn with<R>(self, pipeline: &PipelineId, read: impl Fn(&PageDetail) -> R) -> Option<R> {
        let mut result = None;
        self.lend(pipeline, &mut |more| result = Some(read(more)));
        result
    }

    /// Not generic, so that it is compiled once for all readers.
    fn lend(self, pipeline: &PipelineId, reader: &mut dyn FnMut(&PageDetail)) {
        self.held.with(|held| {
            if let Some(held) = held.as_ref().filter(|held| held.pipeline == *pipeline) {
                reader(&held.more);
            }
        });
    }

    fn revision_of(self, pipeline: &PipelineId) -> Option<u64> {
        self.held.with_untracked(|held| {
            let held = held.as_ref().filter(|held| held.pipeline == *pipeline);
            held.map(|held| held.revision)
        })
    }

    /// Whether the detail of this pipeline is here.
    pub fn has(self, pipeline: &PipelineId) -> bool {
        self.revision_of(pipeline).is_some()
    }

    /// Says that the detail of this pipeline is wanted anew.
    pub fn want(self, pipeline: &PipelineId) {
        self.wanted.set(Some(pipeline.clone()));
    }

    /// It is being fetched from here on. False where it is already.
    pub fn begin(self, pipeline: &PipelineId) -> bool {
        let fetching = Coming::Fetching(pipeline.clone());
        let new = self.coming.with_untracked(|coming| *coming != fetching);
        if new {
            self.coming.set(fetching);
            self.missed.update_value(Vec::clear);
            self.steps.update_value(Vec::clear);
        }
        new
    }

    /// Whether this one is what is being fetched: by now the reader may be on another page.
    pub fn is_coming(self, pipeline: &PipelineId) -> bool {
        self.coming
            .with_untracked(|coming| matches!(coming, Coming::Fetching(of) if of == pipeline))
    }

    /// The detail is here. What happened meanwhile is taken in.
    pub fn put(self, summary: &Summary, more: PageDetail, shown: bool) {
        self.held.set(Some(Held::new(summary, more)));
        self.coming.set(Coming::Rest);
        let missed = self
            .missed
            .try_update_value(std::mem::take)
            .unwrap_or_default();
        for (summary, changed) in missed {
            self.take(&summary, &changed, shown);
        }
        let steps = self
            .steps
            .try_update_value(std::mem::take)
            .unwrap_or_default();
        for step in steps {
            self.take_delivery(step);
        }
    }

    /// Takes in what an event says is new. Where something is missing and the page of the pipeline is shown, the detail
    /// is wanted anew.
    pub fn take(self, summary: &Summary, changed: &Changed, shown: bool) {
        let pipeline = &summary.pipeline;
        if self.is_coming(pipeline) {
            self.missed.update_value(|missed| {
                if missed.len() < MISSED {
                    missed.push((summary.clone(), changed.clone()));
                }
            });
            return;
        }
        let Some(revision) = self.revision_of(pipeline) else {
            // A pipeline that nobody knew when its page was opened, and that has begun now.
            if shown {
                self.want(pipeline);
            }
            return;
        };
        if summary.revision <= revision {
            return;
        }
        if changed.from != revision || changed.more {
            self.again(pipeline, shown);
            return;
        }
        self.held.update(|held| {
            if let Some(held) = held {
                held.take(summary, changed);
            }
        });
    }

    /// The summaries are new, and nothing says what else is: the detail of the shown pipeline, of another revision than
    /// this one, is wanted anew.
    pub fn compare(self, pipeline: &PipelineId, revision: Option<u64>) {
        if revision.is_none() || self.revision_of(pipeline) != revision {
            self.want(pipeline);
        }
    }

    /// People chose which prompts they look at.
    pub fn choose_held(self, pipeline: &PipelineId, phases: Vec<PhaseName>) {
        self.change(pipeline.clone(), |more| more.held_phases = Some(phases));
    }

    fn again(self, pipeline: &PipelineId, shown: bool) {
        if shown {
            self.want(pipeline);
        } else {
            self.held.set(None);
        }
    }

    /// A prompt is ready.
    pub fn take_prompt(self, prompt: PromptRef) {
        self.change(prompt.prompt_id.pipeline().clone(), |more| {
            put_prompt(more, prompt);
        });
    }

    /// A prompt got further.
    pub fn take_delivery(self, step: PromptDelivery) {
        if self.is_coming(&step.pipeline) {
            self.steps.update_value(|steps| {
                if steps.len() < MISSED {
                    steps.push(step.clone());
                }
            });
        }
        self.change(step.pipeline.clone(), |more| put_delivery(more, step));
    }

    fn change(self, pipeline: PipelineId, change: impl FnOnce(&mut PageDetail)) {
        if self.revision_of(&pipeline).is_some() {
            self.held.update(|held| {
                if let Some(held) = held {
                    change(&mut held.more);
                }
            });
        }
    }
}

impl Held {
    fn new(summary: &Summary, more: PageDetail) -> Self {
        Self {
            pipeline: summary.pipeline.clone(),
            revision: summary.revision,
            more,
        }
    }

    /// The next revision: the summary says what is, and the change what is new.
    fn take(&mut self, summary: &Summary, changed: &Changed) {
        let more = &mut self.more;
        for TaskChange { track, task } in &changed.tasks {
            put_task(more, track, task);
        }
        // Before the times: a phase that begins for the first time comes with its line.
        put_phases(&mut more.phase_details, summary);
        for entry in &changed.log {
            put_time(&mut more.phase_details, &summary.phase, entry);
        }
        more.log.extend(changed.log.iter().cloned());
        let surplus = more.log.len().saturating_sub(LINES);
        more.log.drain(..surplus);
        if let Some(handover) = &summary.handover {
            let same = more.handovers.iter_mut().find(|known| {
                known.handover == handover.handover && known.revision == handover.revision
            });
            match same {
                // With its decision it is final, and the note of it may be longer in here.
                Some(known) if known.decision.is_some() => {}
                Some(known) => known.clone_from(handover),
                None => more.handovers.push(handover.clone()),
            }
        }
        if let Some(prompt) = &summary.prompt {
            put_prompt(more, prompt.clone());
        }
        self.revision = summary.revision;
    }
}

fn put_task(more: &mut PageDetail, track: &str, task: &domain::Task) {
    let index = more
        .tracks
        .iter()
        .position(|known| known.name == *track)
        .unwrap_or_else(|| {
            more.tracks.push(domain::Track {
                name: track.to_owned(),
                agents: Vec::new(),
                goals: Vec::new(),
                tasks: Vec::new(),
            });
            more.tracks.len() - 1
        });
    let tasks = &mut more.tracks[index].tasks;
    match tasks.iter_mut().find(|known| known.name == task.name) {
        Some(known) => known.clone_from(task),
        None => tasks.push(task.clone()),
    }
}

/// The phases as the summary has them, with the times that are known.
fn put_phases(phases: &mut Vec<Phase>, summary: &Summary) {
    let known = std::mem::take(phases);
    *phases = phases_of(summary);
    for phase in phases {
        if let Some(before) = known.iter().find(|before| before.name == phase.name) {
            phase.started = before.started;
            phase.ended = before.ended;
            phase.revisions = before.revisions;
            phase.policy.clone_from(&before.policy);
            if phase.name != summary.phase {
                phase.progress_source = before.progress_source;
            }
        }
    }
}

/// The phases as far as a summary knows them: without times.
pub(crate) fn phases_of(summary: &Summary) -> Vec<Phase> {
    let phase = |phase: &protocol::PhaseSummary| Phase {
        name: phase.name.clone(),
        status: phase.status,
        progress: phase.progress,
        progress_source: if phase.name == summary.phase {
            summary.progress_source
        } else {
            ProgressSource::Unknown
        },
        started: None,
        ended: None,
        revisions: 0,
        policy: None,
    };
    summary.phases.iter().map(phase).collect()
}

/// What a line of the log says about the times of a phase.
fn put_time(phases: &mut [Phase], current: &PhaseName, entry: &domain::Entry) {
    let mut of = |name: &PhaseName| phases.iter_mut().position(|phase| phase.name == *name);
    match &entry.what {
        What::PhaseStarted { phase } | What::PhaseReopened { phase } => {
            if let Some(index) = of(phase) {
                phases[index].started.get_or_insert(entry.at);
            }
        }
        What::HandedOver { phase, number } => {
            if let Some(index) = of(phase) {
                phases[index].revisions = *number;
            }
        }
        What::Accepted { phase, .. } => {
            if let Some(index) = of(phase) {
                phases[index].ended = Some(entry.at);
            }
        }
        What::Stopped { .. }
        | What::Completed { .. }
        | What::Failed { .. }
        | What::Cancelled { .. } => {
            if let Some(index) = of(current)
                && phases[index].status == PhaseStatus::Ended
            {
                phases[index].ended.get_or_insert(entry.at);
            }
        }
        _ => {}
    }
}

/// A prompt without its steps and versions says nothing about them: those that are known stay.
fn put_prompt(more: &mut PageDetail, mut prompt: PromptRef) {
    let same = |known: &&mut PromptRef| known.prompt_id == prompt.prompt_id;
    let Some(known) = more.prompts.iter_mut().find(same) else {
        more.prompts.push(prompt);
        return;
    };
    if prompt.deliveries.len() < known.deliveries.len() {
        std::mem::swap(&mut prompt.deliveries, &mut known.deliveries);
        std::mem::swap(&mut prompt.versions, &mut known.versions);
        prompt.state = prompt.state.max(known.state);
    }
    *known = prompt;
}

fn put_delivery(more: &mut PageDetail, step: PromptDelivery) {
    let mut prompts = more.prompts.iter_mut();
    let Some(prompt) = prompts.find(|known| known.prompt_id == step.prompt_id) else {
        return;
    };
    let delivery = Delivery {
        state: step.state,
        via: step.via,
        by: step.by,
        at: step.at,
    };
    prompt.state = prompt.state.max(step.state);
    if !prompt.deliveries.contains(&delivery) {
        prompt.deliveries.push(delivery);
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use domain::{Actor, DeliveryState, Event, HandoverId, Writer, WriterKind};

    use super::*;
    use crate::samples;

    #[test]
    fn a_step_that_comes_while_the_detail_is_fetched_is_not_lost() {
        Owner::new().with(|| {
            let mut pipeline = samples::handed_over(1, 1);
            let prompt = domain::PromptId::new(pipeline.id.clone(), 1);
            let written = Event::PromptWritten {
                prompt: prompt.clone(),
                handover: HandoverId::new(pipeline.id.clone(), 1),
                revision: 1,
                phase: pipeline.phase().name.clone(),
                purpose: None,
                document: domain::Document::new("Go on.").reference(),
                writer: Writer {
                    kind: WriterKind::Template,
                    name: "built-in".to_owned(),
                    why: None,
                    took_ms: 0,
                },
                held: None,
            };
            samples::then(&mut pipeline, written);
            let fetched = || {
                let protocol::Detail { summary, more } = protocol::Detail::from(&pipeline);
                (summary, more.into())
            };
            let (summary, more) = fetched();
            let detail = Detail::new(None, Some(&summary), Some(more));
            assert!(detail.begin(&pipeline.id));
            detail.take_delivery(PromptDelivery {
                pipeline: pipeline.id.clone(),
                prompt_id: prompt,
                state: DeliveryState::PickedUp,
                via: None,
                by: Actor::agent("cursor"),
                at: pipeline.baton_since,
            });
            // The server looked before the step.
            let (summary, more) = fetched();
            detail.put(&summary, more, true);
            let state = detail.with(&pipeline.id, |more| more.prompts[0].state);
            assert_eq!(state, Some(DeliveryState::PickedUp));
        });
    }
}
