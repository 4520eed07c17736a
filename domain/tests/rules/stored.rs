//! Journals that today's rules would not write: older, newer, or recovered with gaps. They open, and mean what they say.

use domain::{
    Actor, ActorKind, Baton, Command, DeliveryState, Event, Held, Outcome, PhaseStatus, Pipeline,
    PromptId, Proposal, Purpose, Reason, Recorded, Status, TaskStatus, Verdict, Via, Writer,
    WriterKind,
};

use crate::support::*;

fn accepted(track: &Track, revision: u32) -> Event {
    Event::HandoverAccepted {
        handover: track.handover(),
        revision,
        review_changes: format!("about {revision}"),
        proof: None,
    }
}

impl Track {
    /// Folds an event that the rules did not decide.
    fn stored(&mut self, actor: &Actor, event: Event) {
        let number = self.pipeline.revision + 1;
        let recorded = record(&self.id.clone(), number, actor, event);
        self.pipeline.apply(&recorded);
    }
}

#[test]
fn a_stored_decision_is_about_the_revision_that_it_names() {
    let mut track = Track::new();
    track.hand_over("# Plan");
    track.hand_over("# Plan, better");
    track.stored(&person(), accepted(&track, 1));

    let handover = &track.pipeline.handovers[0];
    assert_eq!(handover.decision(1).expect("made").note, "about 1");
    assert_eq!(handover.decision(2), None);
    assert_eq!(track.pipeline.status, Status::AwaitingReview);
    assert_eq!(track.pipeline.baton(), Baton::Person);
    assert_eq!(track.pipeline.phase().status, PhaseStatus::HandedOver);
    assert!(track.pipeline.wants_prompt().is_none());
    track.decide(2, Verdict::Accept, "").expect("it is open");
    assert_eq!(track.pipeline.status, Status::HandingOver);
}

#[test]
fn a_stored_decision_about_nothing_changes_nothing() {
    let mut track = Track::new();
    track.hand_over("# Plan");
    let changed = |track: &mut Track, event: Event| {
        let before = track.pipeline.clone();
        track.stored(&person(), event);
        let (revision, position) = (track.pipeline.revision, track.pipeline.position);
        let before = Pipeline {
            revision,
            position,
            ..before
        };
        before != track.pipeline
    };
    let unknown_revision = accepted(&track, 7);
    assert!(!changed(&mut track, unknown_revision));
    let first = accepted(&track, 1);
    assert!(changed(&mut track, first));
    let second = Event::ChangesRequested {
        handover: track.handover(),
        revision: 1,
        review_changes: "No.".to_owned(),
        proof: None,
    };
    assert!(!changed(&mut track, second), "one decision a revision");
    let command = Command::Finish {
        outcome: Outcome::Failed,
        message: None,
    };
    track.send(&agent(), &command).expect("failed");
    let again = accepted(&track, 1);
    assert!(!changed(&mut track, again));
    assert_eq!(track.pipeline.status, Status::Failed);
}

#[test]
fn an_event_of_an_unknown_kind_of_actor_is_read() {
    let text = r#"{"position":3,"pipeline":"0ygr3a0001","revision":3,"at":"2027-01-15T08:00:00.000Z",
        "actor":{"kind":"team","name":"Night shift"},"event":{"type":"ProgressReported","phase":"PLAN","message":"At work."}}"#;
    let recorded: Recorded = serde_json::from_str(text).expect("a journal always opens");
    assert_eq!(recorded.actor.kind, ActorKind::Unknown);
    assert_eq!(recorded.actor.name, "Night shift");
    let mut track = Track::new();
    let heard = track.pipeline.last_sign_of_life;
    track.pipeline.apply(&recorded);
    assert_eq!(track.pipeline.message.as_deref(), Some("At work."));
    assert_eq!(track.pipeline.last_sign_of_life, heard, "no agent said it");
    for (kind, name) in [
        (ActorKind::Agent, "\"agent\""),
        (ActorKind::Person, "\"person\""),
        (ActorKind::System, "\"system\""),
    ] {
        assert_eq!(serde_json::to_string(&kind).expect("JSON"), name);
        assert_eq!(serde_json::from_str::<ActorKind>(name).expect("it"), kind);
    }
}

#[test]
fn an_unknown_kind_of_actor_may_do_nothing() {
    let stranger = Actor {
        kind: ActorKind::Unknown,
        name: "Night shift".to_owned(),
    };
    let mut track = Track::new();
    let prompt = PromptId::new(track.id.clone(), 1);
    let commands = |track: &Track| {
        [
            report(Some(5)),
            hand_over("# Plan"),
            Command::Decide(Proposal {
                handover: track.handover(),
                revision: 1,
                read: None,
                decision: Verdict::Accept,
                review_changes: String::new(),
                review: domain::Review::default(),
                undo_seconds: 0,
                proof: None,
            }),
            Command::WritePrompt {
                handover: track.handover(),
                revision: 1,
                text: "Go on.".to_owned(),
                writer: Writer {
                    kind: WriterKind::Template,
                    name: "built-in".to_owned(),
                    why: None,
                    took_ms: 0,
                },
                hold: Some(Held::ToLook),
            },
            Command::HoldPrompts {
                phases: vec!["CREATE".to_owned()],
            },
            Command::RevisePrompt {
                prompt: prompt.clone(),
                base: 1,
                text: "Go on, slowly.".to_owned(),
                writer: Writer {
                    kind: WriterKind::Person,
                    name: "Dana".to_owned(),
                    why: None,
                    took_ms: 0,
                },
                hint: Some("slower".to_owned()),
            },
            Command::ChoosePromptVersion {
                prompt: prompt.clone(),
                version: 1,
            },
            Command::SendPrompt {
                prompt: prompt.clone(),
                version: 1,
            },
            Command::OfferPrompt {
                prompt: prompt.clone(),
                via: Via::Copy,
            },
            Command::PickUpPrompt {
                prompt: prompt.clone(),
                via: Via::Pull,
            },
            Command::AcknowledgePrompt {
                prompt: prompt.clone(),
            },
            Command::ChangeVersion {
                version: domain::Version::default(),
            },
            completed(),
            Command::Archive,
            Command::Unarchive,
        ]
    };
    for stage in 0..4 {
        for command in commands(&track) {
            let refusal = track.refused(&stranger, &command);
            assert_eq!(refusal.reason, Reason::NotPermitted, "{stage}: {command:?}");
        }
        match stage {
            0 => track.hand_over("# Plan"),
            1 => {
                track.decide(1, Verdict::Accept, "").expect("accepted");
            }
            2 => {
                track.write_prompt();
            }
            _ => {}
        }
    }
}

/// An event of the running pipeline as a newer version may have written it.
fn from_tomorrow(track: &Track, event: serde_json::Value) -> Recorded {
    let number = track.pipeline.revision + 1;
    let json = serde_json::json!({
        "position": number, "pipeline": track.id, "revision": number, "at": "2027-01-15T08:00:00.000Z",
        "actor": {"kind": "agent", "name": "cursor"}, "event": event
    });
    let recorded: Recorded = serde_json::from_value(json).expect("a journal always opens");
    assert_ne!(recorded.event, Event::Unknown, "the rest of it is known");
    // What was read is written again, and means the same.
    let again = serde_json::to_string(&recorded).expect("JSON");
    assert_eq!(
        serde_json::from_str::<Recorded>(&again).expect("it"),
        recorded
    );
    recorded
}

#[test]
fn an_unknown_language_is_read_as_the_default_one() {
    let track = Track::new();
    let recorded = from_tomorrow(
        &track,
        serde_json::json!({"type": "PipelineStarted", "project": "p", "title": "t", "phases": ["VAN"], "language": "ja"}),
    );
    let pipeline = Pipeline::begin(&recorded).expect("it begins");
    assert_eq!(pipeline.language, domain::Language::En);
    assert!(
        serde_json::from_str::<domain::Language>("\"ja\"").is_err(),
        "a command is refused"
    );
}

#[test]
fn an_unknown_status_of_a_task_is_read_as_not_done() {
    let mut track = Track::new();
    let task = serde_json::json!({"name": "planned", "status": "blocked"});
    let recorded = from_tomorrow(
        &track,
        serde_json::json!({"type": "PipelineStarted", "project": "p", "title": "t", "phases": ["VAN"],
            "tracks": [{"name": "T", "tasks": [task]}]}),
    );
    let begun = Pipeline::begin(&recorded).expect("it begins");
    assert_eq!(begun.tracks[0].tasks[0].status, TaskStatus::Pending);
    let recorded = from_tomorrow(
        &track,
        serde_json::json!({"type": "TaskUpdated", "track": "T", "name": "new", "status": "blocked"}),
    );
    track.pipeline.apply(&recorded);
    let tasks = &track.pipeline.tracks.last().expect("the track").tasks;
    assert_eq!(
        (tasks[0].name.as_str(), tasks[0].status),
        ("new", TaskStatus::Pending)
    );
    assert!(
        serde_json::from_str::<TaskStatus>("\"blocked\"").is_err(),
        "a command is refused"
    );
}

#[test]
fn a_prompt_of_an_unknown_purpose_and_writer_is_for_what_the_person_decided() {
    for (verdict, purpose) in [
        (Verdict::Accept, Purpose::NextPhase),
        (Verdict::RequestChanges, Purpose::Revision),
    ] {
        let mut track = Track::new();
        track.hand_over("# Plan");
        track.decide(1, verdict, "Shorter.").expect("decided");
        let prompt = PromptId::new(track.id.clone(), 1);
        let recorded = from_tomorrow(
            &track,
            serde_json::json!({"type": "PromptWritten", "prompt": prompt, "handover": track.handover(), "revision": 1,
                "phase": "PLAN", "purpose": "rehearsal", "document": domain::Document::new("Go on.").reference(),
                "writer": {"kind": "committee", "name": "The board"}}),
        );
        track.pipeline.apply(&recorded);
        let written = track.pipeline.prompt(&prompt).expect("the prompt");
        assert_eq!(written.purpose, purpose);
        assert_eq!(written.writer.kind, WriterKind::Unknown);
        assert_eq!(written.writer.name, "The board");
        assert!(track.pipeline.wants_prompt().is_none());
    }
}

#[test]
fn a_prompt_that_went_an_unknown_way_has_gone() {
    let mut track = Track::new();
    track.hand_over("# Plan");
    track.decide(1, Verdict::Accept, "").expect("accepted");
    track.write_prompt();
    let prompt = PromptId::new(track.id.clone(), 1);
    for (kind, state) in [
        ("PromptOffered", DeliveryState::Offered),
        ("PromptPickedUp", DeliveryState::PickedUp),
    ] {
        let event = serde_json::json!({"type": kind, "prompt": prompt, "via": "pigeon"});
        let recorded = from_tomorrow(&track, event);
        track.pipeline.apply(&recorded);
        let prompt = track.pipeline.prompt(&prompt).expect("the prompt");
        let last = prompt.deliveries.last().expect("a step");
        assert_eq!((last.state, last.via), (state, None));
    }
    assert!(
        serde_json::from_str::<Via>("\"pigeon\"").is_err(),
        "a command is refused"
    );
}

#[test]
fn a_known_value_is_read_and_written_as_it_was() {
    for text in [
        r#"{"type":"PromptOffered","prompt":"0ygr3a0001-p1","via":"vs_code"}"#,
        r#"{"type":"TaskUpdated","track":"T","name":"n","status":"in_progress"}"#,
    ] {
        let event: Event = serde_json::from_str(text).expect("an event");
        assert_eq!(serde_json::to_string(&event).expect("JSON"), text);
    }
}
