//! The state of a pipeline, folded from its events.

use serde::{Deserialize, Serialize};

use crate::{
    Actor, Baton, Decision, Delivery, DeliveryState, DocumentRef, Entry, Event, Gaps, Handover,
    HandoverId, Language, Phase, PhaseName, PhaseStatus, PipelineId, ProgressSource, Prompt,
    PromptId, Purpose, Recorded, Revision, Task, TaskStatus, Timestamp, Track, Verdict, Version,
    What, limits::LOG_LINES,
};

/// One run of a piece of work through its phases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Pipeline {
    /// Its id.
    pub id: PipelineId,
    /// The project it belongs to.
    pub project: String,
    /// What the board calls it.
    pub title: String,
    /// What it is to achieve.
    pub goal: String,
    /// The language of its prompts.
    pub language: Language,
    /// Whether it is a demonstration.
    pub demo: bool,
    /// The cycle version.
    pub version: Version,
    /// Its phases in order. Never empty.
    pub phases: Vec<Phase>,
    /// Index of the phase that runs, or ran last.
    pub current: usize,
    /// Its strands of work.
    pub tracks: Vec<Track>,
    /// Its handovers, the newest last.
    pub handovers: Vec<Handover>,
    /// Its prompts, the newest last.
    pub prompts: Vec<Prompt>,
    /// Where it stands.
    pub status: Status,
    /// The newest lines of "What happened", the newest last.
    pub log: Vec<Entry>,
    /// The agent's latest line of text.
    pub message: Option<String>,
    /// The agent that acted last.
    pub agent: Option<String>,
    /// When it started.
    pub started: Timestamp,
    /// When the baton went to the one who has it.
    pub baton_since: Timestamp,
    /// When an agent last did anything here.
    pub last_sign_of_life: Timestamp,
    /// The usual time between two signs of life of an agent that has the baton, in the current phase, in milliseconds;
    /// 0 before two such times are known.
    #[serde(default)]
    pub usual_gap_ms: u64,
    /// What the usual gap is estimated from.
    #[serde(default)]
    pub gaps: Gaps,
    /// How long people had the baton, all together, in milliseconds. A wait counts when it is over, decided or not.
    #[serde(default)]
    pub waited_ms: u64,
    /// When it was archived, if it is.
    #[serde(default)]
    pub archived: Option<Timestamp>,
    /// Who started it.
    pub started_by: Actor,
    /// The number of its newest event, from 1.
    pub revision: u64,
    /// The journal position of its newest event.
    pub position: u64,
}

/// Where a pipeline stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It exists and no phase has begun.
    Idle,
    /// An agent works.
    Running,
    /// A handover waits for a person.
    AwaitingReview,
    /// A decision is made; its prompt is on the way.
    HandingOver,
    /// Its work is done.
    Completed,
    /// It could not be done.
    Failed,
    /// It was stopped.
    Cancelled,
}

impl Status {
    /// Whether the pipeline has ended.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

impl Pipeline {
    /// The state right after the first event, or `None` when that is not a `PipelineStarted`.
    pub fn begin(recorded: &Recorded) -> Option<Self> {
        let Event::PipelineStarted {
            project,
            title,
            goal,
            phases,
            version,
            tracks,
            language,
            demo,
        } = &recorded.event
        else {
            return None;
        };
        let phase = |name: &PhaseName| Phase {
            name: name.clone(),
            status: PhaseStatus::Pending,
            progress: 0,
            progress_source: ProgressSource::Unknown,
            started: None,
            ended: None,
            revisions: 0,
        };
        let mut pipeline = Self {
            id: recorded.pipeline.clone(),
            project: project.clone(),
            title: title.clone(),
            goal: goal.clone(),
            language: *language,
            demo: *demo,
            version: version.clone(),
            phases: phases.iter().map(phase).collect(),
            current: 0,
            tracks: tracks.clone(),
            handovers: Vec::new(),
            prompts: Vec::new(),
            status: Status::Idle,
            log: Vec::new(),
            message: None,
            agent: None,
            started: recorded.at,
            baton_since: recorded.at,
            last_sign_of_life: recorded.at,
            usual_gap_ms: 0,
            gaps: Gaps::default(),
            waited_ms: 0,
            archived: None,
            started_by: recorded.actor.clone(),
            revision: 0,
            position: 0,
        };
        pipeline.mark(recorded);
        pipeline.hear(recorded);
        pipeline.note(recorded, What::Started);
        Some(pipeline)
    }

    /// Folds one more event into the state. Events that make no sense here change nothing: a journal
    /// that was written by a newer version must still open.
    pub fn apply(&mut self, recorded: &Recorded) {
        let baton = self.baton();
        self.mark(recorded);
        self.hear(recorded);
        self.fold(recorded);
        self.count_progress();
        if self.baton() != baton {
            self.pass_baton(baton, recorded.at);
        }
    }

    /// Notes since when the baton is where it is, and how long a person had it.
    fn pass_baton(&mut self, from: Baton, at: Timestamp) {
        if from == Baton::Person {
            let waited = at.millis_since(self.baton_since).unsigned_abs();
            self.waited_ms = self.waited_ms.saturating_add(waited);
        }
        self.baton_since = at;
    }

    /// Measures how often an agent is heard of, while others wait for it.
    fn hear(&mut self, recorded: &Recorded) {
        if !recorded.actor.is_agent() {
            return;
        }
        if self.baton() == Baton::Agent {
            let heard = self.last_sign_of_life.max(self.baton_since);
            self.gaps.measure(recorded.at.millis_since(heard));
            self.usual_gap_ms = self.gaps.usual_ms();
        }
        self.agent = Some(recorded.actor.name.clone());
        self.last_sign_of_life = recorded.at;
    }

    fn fold(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::PipelineStarted { .. } | Event::Unknown => {}
            Event::PhaseStarted { phase } => {
                self.enter(phase, recorded.at);
                self.gaps = Gaps::default();
                self.usual_gap_ms = self.gaps.usual_ms();
                self.note(
                    recorded,
                    What::PhaseStarted {
                        phase: phase.clone(),
                    },
                );
            }
            Event::PhaseReopened { phase } => {
                self.enter(phase, recorded.at);
                self.note(
                    recorded,
                    What::PhaseReopened {
                        phase: phase.clone(),
                    },
                );
            }
            Event::ProgressReported {
                claimed, message, ..
            } => {
                if let Some(percent) = *claimed {
                    self.show_progress(percent.min(100), ProgressSource::Claimed);
                }
                if let Some(text) = message {
                    self.message = Some(text.clone());
                    self.note(recorded, What::Said { text: text.clone() });
                }
            }
            Event::TaskUpdated {
                track,
                name,
                kind,
                phase,
                status,
            } => {
                self.put_task(
                    track,
                    Task {
                        name: name.clone(),
                        kind: kind.clone(),
                        phase: phase.clone(),
                        status: *status,
                    },
                );
                self.note(
                    recorded,
                    What::Task {
                        name: name.clone(),
                        status: *status,
                    },
                );
            }
            Event::HandoverSubmitted {
                handover,
                phase,
                next_phase,
                document,
                summary,
            } => {
                let first = revision(1, *document, summary, recorded);
                self.handovers.push(Handover {
                    id: handover.clone(),
                    phase: phase.clone(),
                    next_phase: next_phase.clone(),
                    revisions: vec![first],
                });
                self.await_review(recorded, phase.clone(), 1);
            }
            Event::HandoverRevised {
                handover,
                revision: number,
                document,
                summary,
            } => {
                let next = revision(*number, *document, summary, recorded);
                if let Some(handover) = self.handover_mut(handover) {
                    handover.revisions.push(next);
                    let phase = handover.phase.clone();
                    self.await_review(recorded, phase, *number);
                }
            }
            Event::HandoverAccepted {
                handover,
                revision,
                review_changes,
            } => self.record_decision(
                recorded,
                handover,
                *revision,
                Verdict::Accept,
                review_changes,
            ),
            Event::ChangesRequested {
                handover,
                revision,
                review_changes,
            } => self.record_decision(
                recorded,
                handover,
                *revision,
                Verdict::RequestChanges,
                review_changes,
            ),
            Event::HandoverStopped {
                handover,
                revision,
                review_changes,
            } => self.record_decision(recorded, handover, *revision, Verdict::Stop, review_changes),
            Event::PromptWritten {
                prompt,
                handover,
                revision,
                phase,
                purpose,
                document,
                writer,
            } => {
                self.prompts.push(Prompt {
                    id: prompt.clone(),
                    handover: handover.clone(),
                    revision: *revision,
                    phase: phase.clone(),
                    purpose: *purpose,
                    document: *document,
                    writer: writer.clone(),
                    deliveries: vec![Delivery {
                        state: DeliveryState::Written,
                        via: None,
                        by: recorded.actor.clone(),
                        at: recorded.at,
                    }],
                });
                self.note(
                    recorded,
                    What::PromptWritten {
                        writer: writer.name.clone(),
                        phase: phase.clone(),
                    },
                );
            }
            Event::PromptOffered { prompt, via } => {
                self.deliver(recorded, prompt, DeliveryState::Offered, Some(*via));
                if recorded.actor != Actor::system() {
                    self.note(recorded, What::PromptOffered { via: *via });
                }
            }
            Event::PromptPickedUp { prompt, via } => {
                self.deliver(recorded, prompt, DeliveryState::PickedUp, Some(*via));
                self.note(recorded, What::PromptPickedUp { via: *via });
            }
            Event::PromptAcknowledged { prompt } => {
                self.deliver(recorded, prompt, DeliveryState::Acknowledged, None);
                self.note(recorded, What::PromptAcknowledged);
            }
            Event::VersionChanged { version } => {
                self.version = version.clone();
                self.note(
                    recorded,
                    What::VersionChanged {
                        current: version.current.clone(),
                    },
                );
            }
            Event::PipelineCompleted { message } => {
                self.end(
                    recorded,
                    Status::Completed,
                    What::Completed {
                        note: message.clone(),
                    },
                );
            }
            Event::PipelineFailed { message } => {
                self.end(
                    recorded,
                    Status::Failed,
                    What::Failed {
                        note: message.clone(),
                    },
                );
            }
            Event::PipelineCancelled { message } => {
                self.end(
                    recorded,
                    Status::Cancelled,
                    What::Cancelled {
                        note: message.clone(),
                    },
                );
            }
            Event::PipelineArchived {} => self.apply_archived(recorded),
            Event::PipelineUnarchived {} => self.apply_unarchived(recorded),
        }
        self.see_running(recorded);
    }

    /// Who has the baton.
    pub fn baton(&self) -> Baton {
        match self.status {
            Status::Running => Baton::Agent,
            Status::AwaitingReview => Baton::Person,
            Status::HandingOver => Baton::InTransit,
            Status::Idle | Status::Completed | Status::Failed | Status::Cancelled => Baton::Nobody,
        }
    }

    /// The phase that runs, or ran last.
    pub fn phase(&self) -> &Phase {
        &self.phases[self.current]
    }

    fn phase_mut(&mut self) -> &mut Phase {
        &mut self.phases[self.current]
    }

    /// The phase after the current one.
    pub fn next_phase(&self) -> Option<&PhaseName> {
        self.phases.get(self.current + 1).map(|phase| &phase.name)
    }

    /// A handover by id.
    pub fn handover(&self, id: &HandoverId) -> Option<&Handover> {
        self.handovers.iter().find(|handover| handover.id == *id)
    }

    fn handover_mut(&mut self, id: &HandoverId) -> Option<&mut Handover> {
        self.handovers
            .iter_mut()
            .find(|handover| handover.id == *id)
    }

    /// The handover that waits for a person.
    pub fn open_handover(&self) -> Option<&Handover> {
        self.handovers
            .last()
            .filter(|handover| self.status == Status::AwaitingReview && handover.is_open())
    }

    /// A prompt by id.
    pub fn prompt(&self, id: &PromptId) -> Option<&Prompt> {
        self.prompts.iter().find(|prompt| prompt.id == *id)
    }

    /// The prompt that a decision about this revision led to.
    pub fn prompt_for(&self, handover: &HandoverId, revision: u32) -> Option<&Prompt> {
        self.prompts
            .iter()
            .rev()
            .find(|prompt| prompt.handover == *handover && prompt.revision == revision)
    }

    /// The prompt that is on its way: written, decided last, not yet picked up.
    pub fn prompt_in_transit(&self) -> Option<&Prompt> {
        let handover = self
            .handovers
            .last()
            .filter(|_| self.status == Status::HandingOver)?;
        self.prompt_for(&handover.id, handover.current().number)
    }

    /// The decided handover whose prompt has still to be written.
    pub fn wants_prompt(&self) -> Option<(&Handover, Purpose)> {
        let handover = self
            .handovers
            .last()
            .filter(|_| self.status == Status::HandingOver)?;
        let purpose = match handover.current().decision.as_ref()?.decision {
            Verdict::Accept => Purpose::NextPhase,
            Verdict::RequestChanges => Purpose::Revision,
            Verdict::Stop => return None,
        };
        let missing = self
            .prompt_for(&handover.id, handover.current().number)
            .is_none();
        missing.then_some((handover, purpose))
    }

    fn mark(&mut self, recorded: &Recorded) {
        self.revision = recorded.revision;
        self.position = recorded.position;
    }

    pub(crate) fn note(&mut self, recorded: &Recorded, what: What) {
        if self.log.len() == LOG_LINES {
            self.log.remove(0);
        }
        self.log.push(Entry {
            revision: recorded.revision,
            at: recorded.at,
            by: recorded.actor.clone(),
            what,
        });
    }

    fn enter(&mut self, name: &PhaseName, at: Timestamp) {
        if let Some(index) = self.phases.iter().position(|phase| phase.name == *name) {
            self.current = index;
            let phase = self.phase_mut();
            phase.status = PhaseStatus::Running;
            phase.started.get_or_insert(at);
            phase.ended = None;
            self.status = Status::Running;
            self.message = None;
        }
    }

    fn await_review(&mut self, recorded: &Recorded, phase: PhaseName, number: u32) {
        self.status = Status::AwaitingReview;
        let leg = self.phase_mut();
        leg.status = PhaseStatus::HandedOver;
        leg.revisions = number;
        self.note(recorded, What::HandedOver { phase, number });
    }

    /// Records a decision about the revision that it names, unless that one is unknown or decided. The pipeline goes
    /// on only by a decision about what waits for one.
    fn record_decision(
        &mut self,
        recorded: &Recorded,
        id: &HandoverId,
        number: u32,
        verdict: Verdict,
        note: &str,
    ) {
        let moves = self
            .open_handover()
            .is_some_and(|open| open.id == *id && open.current().number == number);
        let Some(handover) = self.handover_mut(id) else {
            return;
        };
        let phase = handover.phase.clone();
        let revision = handover
            .revisions
            .iter_mut()
            .find(|revision| revision.number == number && revision.decision.is_none());
        let Some(revision) = revision else {
            return;
        };
        let note = note.to_owned();
        revision.decision = Some(Decision {
            decision: verdict,
            note: note.clone(),
            by: recorded.actor.clone(),
            at: recorded.at,
        });
        if moves && verdict != Verdict::Stop {
            self.status = Status::HandingOver;
            let decided = self.phase_mut();
            if verdict == Verdict::Accept {
                decided.status = PhaseStatus::Accepted;
                decided.ended = Some(recorded.at);
            } else {
                decided.status = PhaseStatus::ChangesRequested;
            }
        }
        let what = match verdict {
            Verdict::Accept => What::Accepted {
                phase,
                number,
                note,
            },
            Verdict::RequestChanges => What::ChangesRequested {
                phase,
                number,
                note,
            },
            Verdict::Stop => What::Stopped { note },
        };
        self.note(recorded, what);
    }

    fn deliver(
        &mut self,
        recorded: &Recorded,
        id: &PromptId,
        state: DeliveryState,
        via: Option<crate::Via>,
    ) {
        let delivery = Delivery {
            state,
            via,
            by: recorded.actor.clone(),
            at: recorded.at,
        };
        if let Some(prompt) = self.prompts.iter_mut().find(|prompt| prompt.id == *id) {
            prompt.deliveries.push(delivery);
        }
    }

    /// The last step of a delivery is seen, not said: the agent works in the phase the prompt started.
    fn see_running(&mut self, recorded: &Recorded) {
        let works = matches!(
            recorded.event,
            Event::ProgressReported { .. } | Event::TaskUpdated { .. }
        );
        if !works || self.status != Status::Running {
            return;
        }
        if let Some(prompt) = self.prompts.last_mut() {
            let state = prompt.state();
            if state >= DeliveryState::PickedUp && state < DeliveryState::Running {
                prompt.deliveries.push(Delivery {
                    state: DeliveryState::Running,
                    via: None,
                    by: recorded.actor.clone(),
                    at: recorded.at,
                });
            }
        }
    }

    fn end(&mut self, recorded: &Recorded, status: Status, what: What) {
        self.status = status;
        let phase = self.phase_mut();
        if phase.status != PhaseStatus::Accepted {
            phase.status = PhaseStatus::Ended;
            phase.ended = Some(recorded.at);
        }
        self.note(recorded, what);
    }

    fn put_task(&mut self, track: &str, task: Task) {
        let index = self
            .tracks
            .iter()
            .position(|t| t.name == track)
            .unwrap_or_else(|| {
                self.tracks.push(Track {
                    name: track.to_owned(),
                    agents: Vec::new(),
                    goals: Vec::new(),
                    tasks: Vec::new(),
                });
                self.tracks.len() - 1
            });
        let tasks = &mut self.tracks[index].tasks;
        match tasks.iter_mut().find(|t| t.name == task.name) {
            Some(known) => {
                *known = Task {
                    kind: task.kind.or(known.kind.take()),
                    ..task
                }
            }
            None => tasks.push(task),
        }
    }

    /// Tasks win over claims: where there are tasks, the running phase's figure is counted from them.
    fn count_progress(&mut self) {
        if self.status != Status::Running {
            return;
        }
        let name = &self.phases[self.current].name;
        let counts = |task: &&Task| task.phase.as_ref().is_none_or(|phase| phase == name);
        let (mut done, mut total) = (0_u32, 0_u32);
        for task in self
            .tracks
            .iter()
            .flat_map(|track| &track.tasks)
            .filter(counts)
        {
            total += 1;
            done += u32::from(task.status == TaskStatus::Completed);
        }
        if let Some(percent) = (done * 100).checked_div(total) {
            let percent = u8::try_from(percent).unwrap_or(100);
            self.show_progress(percent, ProgressSource::Tasks { done, total });
        }
    }

    fn show_progress(&mut self, percent: u8, source: ProgressSource) {
        let phase = self.phase_mut();
        phase.progress = percent;
        phase.progress_source = source;
    }
}

fn revision(number: u32, document: DocumentRef, summary: &str, recorded: &Recorded) -> Revision {
    Revision {
        number,
        document,
        summary: summary.to_owned(),
        by: recorded.actor.clone(),
        at: recorded.at,
        decision: None,
    }
}
