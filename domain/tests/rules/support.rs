//! A pipeline under test, and short forms of commands.

use domain::{
    Actor, Command, Context, Event, HandoverId, Held, Outcome, Pipeline, PipelineId, PromptId,
    Proposal, Recap, Recorded, Refusal, Review, Start, TaskReport, TaskStatus, Timestamp, Verdict,
    Writer, WriterKind, decide, decide_in, decide_start,
};

/// A pipeline with the journal around it.
pub struct Track {
    pub id: PipelineId,
    pub pipeline: Pipeline,
    pub clock: i64,
}

impl Track {
    pub fn start(start: &Start) -> Self {
        let id = PipelineId::new(Timestamp::from_millis(1_800_000_000_000), 1);
        let events = decide_start(start).expect("a start").events;
        let mut records = events
            .into_iter()
            .enumerate()
            .map(|(index, event)| record(&id, index as u64 + 1, &agent(), event));
        let mut pipeline = Pipeline::begin(&records.next().expect("an event")).expect("a pipeline");
        records.for_each(|recorded| pipeline.apply(&recorded));
        Self {
            id,
            pipeline,
            clock: 0,
        }
    }

    pub fn new() -> Self {
        let phases = ["PLAN", "CREATE"].map(str::to_owned).to_vec();
        Self::start(&Start {
            project: "shop".to_owned(),
            title: "Basket".to_owned(),
            phases,
            ..Start::default()
        })
    }

    /// Carries out a command, a second after the one before.
    pub fn send(&mut self, actor: &Actor, command: &Command) -> Result<Vec<Event>, Refusal> {
        let events = decide(&self.pipeline, actor, command)?.events;
        Ok(self.apply(actor, events))
    }

    /// Carries out a command where this is known, a second after the one before.
    pub fn send_in(
        &mut self,
        actor: &Actor,
        command: &Command,
        context: &Context<'_>,
    ) -> Result<Vec<Event>, Refusal> {
        let events = decide_in(&self.pipeline, actor, command, context)?.events;
        Ok(self.apply(actor, events))
    }

    fn apply(&mut self, actor: &Actor, events: Vec<Event>) -> Vec<Event> {
        self.wait(1);
        for event in &events {
            let mut recorded = record(&self.id, self.pipeline.revision + 1, actor, event.clone());
            recorded.at = self.now();
            self.pipeline.apply(&recorded);
        }
        events
    }

    /// Lets time pass.
    pub fn wait(&mut self, seconds: i64) {
        self.clock += seconds;
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + self.clock * 1_000)
    }

    pub fn refused(&mut self, actor: &Actor, command: &Command) -> Refusal {
        let before = self.pipeline.clone();
        let refusal = self.send(actor, command).expect_err("a refusal");
        assert_eq!(before, self.pipeline, "a refusal changes nothing");
        for words in [&refusal.what, &refusal.allowed, &refusal.next] {
            assert!(!words.is_empty(), "{refusal:?} does not help");
        }
        refusal
    }

    pub fn handover(&self) -> HandoverId {
        HandoverId::new(self.id.clone(), 1)
    }

    pub fn hand_over(&mut self, content: &str) {
        self.send(&agent(), &hand_over(content))
            .expect("handed over");
    }

    pub fn decide(
        &mut self,
        revision: u32,
        decision: Verdict,
        words: &str,
    ) -> Result<Vec<Event>, Refusal> {
        let handover = self
            .pipeline
            .handovers
            .last()
            .map_or_else(|| self.handover(), |h| h.id.clone());
        self.send(
            &person(),
            &Command::Decide(Proposal {
                handover,
                revision,
                read: None,
                decision,
                review_changes: words.to_owned(),
                review: Review::default(),
                undo_seconds: 0,
                proof: None,
            }),
        )
    }

    pub fn cancel(&mut self) {
        let command = Command::Finish {
            outcome: Outcome::Cancelled,
            message: None,
        };
        self.send(&agent(), &command).expect("cancelled");
    }

    pub fn write_prompt(&mut self) -> PromptId {
        self.write_held_prompt(None)
    }

    pub fn write_held_prompt(&mut self, hold: Option<Held>) -> PromptId {
        let (handover, _) = self.pipeline.wants_prompt().expect("a prompt is wanted");
        let (handover, revision) = (handover.id.clone(), handover.current().number);
        let writer = Writer {
            kind: WriterKind::Template,
            name: "built-in".to_owned(),
            why: None,
            took_ms: 1,
        };
        let command = Command::WritePrompt {
            handover,
            revision,
            text: "Go on.".to_owned(),
            writer,
            hold,
        };
        self.send(&Actor::system(), &command).expect("written");
        self.pipeline.prompts.last().expect("a prompt").id.clone()
    }
}

pub fn record(id: &PipelineId, number: u64, actor: &Actor, event: Event) -> Recorded {
    let at = Timestamp::from_millis(1_800_000_000_000);
    Recorded {
        position: number,
        pipeline: id.clone(),
        revision: number,
        at,
        actor: actor.clone(),
        key: None,
        event,
    }
}

pub fn agent() -> Actor {
    Actor::agent("cursor")
}

pub fn person() -> Actor {
    Actor::person("local")
}

pub fn hand_over(content: &str) -> Command {
    Command::HandOver {
        phase: None,
        content: content.to_owned(),
        summary: None,
        recap: Recap::default(),
        answers: vec![],
    }
}

pub fn completed() -> Command {
    Command::Finish {
        outcome: Outcome::Completed,
        message: None,
    }
}

pub fn report(progress: Option<i64>) -> Command {
    Command::Report {
        phase: None,
        progress,
        message: None,
        tasks: vec![],
    }
}

pub fn task(name: &str, status: TaskStatus) -> TaskReport {
    TaskReport {
        track: None,
        name: name.to_owned(),
        kind: None,
        status,
    }
}

/// A pipeline that runs in its last phase.
pub fn in_the_last_phase() -> Track {
    let mut track = Track::new();
    track.hand_over("# Plan");
    track.decide(1, Verdict::Accept, "").expect("accepted");
    track.write_prompt();
    track.send(&agent(), &report(None)).expect("reported");
    assert_eq!(track.pipeline.phase().name.as_str(), "CREATE");
    track
}
