//! Invariants that hold for any sequence of commands, whoever sends them.

use std::collections::HashMap;

use domain::{
    Actor, ActorKind, AnswerOutcome, Asked, Baton, Changes, Command, CommentAnswer, DeliveryState,
    Document, DocumentRef, Event, HandoverId, Held, Insisted, NewComment, NoteKind, Outcome,
    PhaseStatus, Pipeline, PipelineId, PromptId, Proposal, QuestionId, QuestionKind, Recap,
    Recorded, Reply, Review, Session, Start, Status, TaskReport, TaskStatus, Timestamp, Verdict,
    Version, Via, Writer, WriterKind, decide, decide_start,
};
use proptest::prelude::*;

/// What a person says about single points.
#[derive(Debug, Clone)]
struct Points {
    comments: usize,
    insisted: Option<u8>,
    settles: bool,
    undo_seconds: u32,
}

/// A command whose ids are chosen relative to the state it meets.
#[derive(Debug, Clone)]
enum Step {
    Report {
        phase: Option<&'static str>,
        progress: Option<i64>,
        task: Option<(u8, TaskStatus)>,
    },
    HandOver {
        phase: Option<&'static str>,
        text: u8,
        answers: Vec<(u8, bool)>,
    },
    Decide {
        handover: u32,
        revision: u32,
        verdict: Verdict,
        note: &'static str,
        points: Points,
    },
    TakeBack {
        revision: u32,
    },
    CarryOut {
        revision: u32,
    },
    WritePrompt {
        revision: u32,
        hold: bool,
    },
    HoldPrompts {
        plan: bool,
    },
    RevisePrompt {
        text: u8,
        base: u32,
    },
    ChooseVersion {
        version: u32,
    },
    SendPrompt {
        version: u32,
    },
    PickUp {
        prompt: u32,
    },
    Acknowledge {
        prompt: u32,
    },
    Offer {
        prompt: u32,
    },
    Version {
        current: u8,
    },
    Finish {
        outcome: Outcome,
    },
    Join {
        session: u8,
    },
    See {
        calls: u32,
    },
    Ask {
        question: u8,
        blocking: bool,
    },
    Answer {
        question: u32,
    },
    HearAnswer {
        question: u32,
    },
    Note {
        kind: NoteKind,
    },
    HearNotes,
    ReadNotes {
        note: u32,
    },
    Archive,
    Unarchive,
}

fn steps() -> impl Strategy<Value = Vec<(ActorKind, Step)>> {
    let phase = prop_oneof![
        Just(None),
        Just(Some("VAN")),
        Just(Some("implementation")),
        Just(Some("PLAN")),
        Just(Some("nope"))
    ];
    let status = prop_oneof![
        Just(TaskStatus::Pending),
        Just(TaskStatus::Completed),
        Just(TaskStatus::Failed)
    ];
    let verdict = prop_oneof![4 => Just(Verdict::Accept), 4 => Just(Verdict::RequestChanges), 1 => Just(Verdict::Stop)];
    let note = prop_oneof![Just(""), Just("smaller, please")];
    let points = (
        0_usize..3,
        prop::option::of(0_u8..4),
        prop_oneof![3 => Just(true), 1 => Just(false)],
        prop_oneof![3 => Just(0_u32), 1 => Just(10), 1 => Just(99)],
    );
    let points = points.prop_map(|(comments, insisted, settles, undo_seconds)| Points {
        comments,
        insisted,
        settles,
        undo_seconds,
    });
    let outcome = prop_oneof![
        Just(Outcome::Completed),
        Just(Outcome::Failed),
        Just(Outcome::Cancelled)
    ];
    let note_kind = prop_oneof![
        Just(NoteKind::Word),
        Just(NoteKind::Pause),
        Just(NoteKind::GoOn)
    ];
    let actor = prop_oneof![
        Just(ActorKind::Agent),
        Just(ActorKind::Person),
        Just(ActorKind::System)
    ];
    let step = prop_oneof![
        8 => (phase.clone(), prop::option::of(-5_i64..150), prop::option::of((0_u8..4, status)))
            .prop_map(|(phase, progress, task)| Step::Report { phase, progress, task }),
        8 => (phase, 0_u8..4, prop::collection::vec((0_u8..4, any::<bool>()), 0..3))
            .prop_map(|(phase, text, answers)| Step::HandOver { phase, text, answers }),
        8 => (0_u32..2, 0_u32..3, verdict, note, points)
            .prop_map(|(handover, revision, verdict, note, points)| Step::Decide { handover, revision, verdict, note, points }),
        2 => (0_u32..2).prop_map(|revision| Step::TakeBack { revision }),
        4 => (0_u32..2).prop_map(|revision| Step::CarryOut { revision }),
        6 => (0_u32..2, any::<bool>()).prop_map(|(revision, hold)| Step::WritePrompt { revision, hold }),
        1 => any::<bool>().prop_map(|plan| Step::HoldPrompts { plan }),
        3 => (0_u8..3, 1_u32..4).prop_map(|(text, base)| Step::RevisePrompt { text, base }),
        2 => (0_u32..4).prop_map(|version| Step::ChooseVersion { version }),
        4 => (1_u32..4).prop_map(|version| Step::SendPrompt { version }),
        4 => (0_u32..2).prop_map(|prompt| Step::PickUp { prompt }),
        3 => (0_u32..2).prop_map(|prompt| Step::Acknowledge { prompt }),
        2 => (0_u32..2).prop_map(|prompt| Step::Offer { prompt }),
        1 => (0_u8..3).prop_map(|current| Step::Version { current }),
        1 => outcome.prop_map(|outcome| Step::Finish { outcome }),
        1 => (0_u8..3).prop_map(|session| Step::Join { session }),
        1 => (0_u32..3).prop_map(|calls| Step::See { calls }),
        2 => (0_u8..3, any::<bool>()).prop_map(|(question, blocking)| Step::Ask { question, blocking }),
        2 => (1_u32..4).prop_map(|question| Step::Answer { question }),
        1 => (1_u32..4).prop_map(|question| Step::HearAnswer { question }),
        3 => note_kind.prop_map(|kind| Step::Note { kind }),
        1 => Just(Step::HearNotes),
        1 => (1_u32..4).prop_map(|note| Step::ReadNotes { note }),
        1 => Just(Step::Archive),
        1 => Just(Step::Unarchive),
    ];
    prop::collection::vec((actor, step), 0..60)
}

fn command(step: &Step, pipeline: &Pipeline) -> Command {
    let id = &pipeline.id;
    let newest = |count: usize, back: u32| {
        u32::try_from(count)
            .unwrap_or(0)
            .saturating_sub(back)
            .max(1)
    };
    let handover = |back| HandoverId::new(id.clone(), newest(pipeline.handovers.len(), back));
    let comment = |back: u8| newest(pipeline.comments.len(), back.into());
    let prompt = |back| PromptId::new(id.clone(), newest(pipeline.prompts.len(), back));
    let revision = |back: u32| {
        pipeline
            .handovers
            .last()
            .map_or(1, |h| h.current().number.saturating_sub(back))
    };
    match step.clone() {
        Step::Report {
            phase,
            progress,
            task,
        } => Command::Report {
            phase: phase.map(str::to_owned),
            progress,
            message: Some("at work".to_owned()),
            tasks: task
                .map(|(n, status)| TaskReport {
                    track: None,
                    name: format!("task {n}"),
                    kind: None,
                    status,
                })
                .into_iter()
                .collect(),
        },
        Step::HandOver {
            phase,
            text,
            answers,
        } => Command::HandOver {
            phase: phase.map(str::to_owned),
            content: if text == 0 {
                " \n".to_owned()
            } else {
                format!("# Handover {text}")
            },
            summary: None,
            recap: Recap::default(),
            answers: {
                let answer = |(back, done)| CommentAnswer {
                    comment: comment(back),
                    outcome: if done {
                        AnswerOutcome::Done
                    } else {
                        AnswerOutcome::Declined
                    },
                    note: "because".to_owned(),
                };
                answers.into_iter().map(answer).collect()
            },
        },
        Step::Decide {
            handover: back,
            revision: older,
            verdict,
            note,
            points,
        } => Command::Decide(Proposal {
            handover: handover(back),
            revision: revision(older),
            read: None,
            decision: verdict,
            review_changes: note.to_owned(),
            review: Review {
                comments: vec![
                    NewComment {
                        text: "Why?".to_owned(),
                        ..NewComment::default()
                    };
                    points.comments
                ],
                insisted: points
                    .insisted
                    .map(|back| Insisted {
                        comment: comment(back),
                        text: String::new(),
                    })
                    .into_iter()
                    .collect(),
                settled: if points.settles {
                    let insisted = points.insisted.map(comment);
                    let blocking = pipeline.blocking_comments().map(|it| it.number);
                    blocking
                        .filter(|number| Some(*number) != insisted)
                        .collect()
                } else {
                    vec![]
                },
            },
            undo_seconds: points.undo_seconds,
            proof: None,
        }),
        Step::TakeBack { revision: older } => Command::TakeBack {
            handover: handover(0),
            revision: revision(older),
        },
        Step::CarryOut { revision: older } => Command::CarryOut {
            handover: handover(0),
            revision: revision(older),
        },
        Step::WritePrompt {
            revision: older,
            hold,
        } => Command::WritePrompt {
            handover: handover(0),
            revision: revision(older),
            text: "Go on.".to_owned(),
            writer: Writer {
                kind: WriterKind::Template,
                name: "built-in".to_owned(),
                why: None,
                took_ms: 0,
            },
            hold: hold.then_some(Held::ToLook),
        },
        Step::HoldPrompts { plan } => Command::HoldPrompts {
            phases: plan.then(|| "PLAN".to_owned()).into_iter().collect(),
        },
        Step::RevisePrompt { text, base } => Command::RevisePrompt {
            prompt: prompt(0),
            base,
            text: format!("Version {text}."),
            writer: Writer {
                kind: WriterKind::Person,
                name: "Dana".to_owned(),
                why: None,
                took_ms: 0,
            },
            hint: None,
        },
        Step::ChooseVersion { version } => Command::ChoosePromptVersion {
            prompt: prompt(0),
            version,
        },
        Step::SendPrompt { version } => Command::SendPrompt {
            prompt: prompt(0),
            version,
        },
        Step::PickUp { prompt: back } => Command::PickUpPrompt {
            prompt: prompt(back),
            via: Via::Pull,
        },
        Step::Acknowledge { prompt: back } => Command::AcknowledgePrompt {
            prompt: prompt(back),
        },
        Step::Offer { prompt: back } => Command::OfferPrompt {
            prompt: prompt(back),
            via: Via::Copy,
        },
        Step::Version { current } => Command::ChangeVersion {
            version: Version {
                current: Some(format!("1.{current}0")),
                ..Version::default()
            },
        },
        Step::Finish { outcome } => Command::Finish {
            outcome,
            message: None,
        },
        Step::Join { session } => Command::JoinSession {
            session: Session {
                client: "claude-code".to_owned(),
                id: format!("s{session}"),
                folder: "/home/dana/shop".to_owned(),
            },
        },
        Step::See { calls } => Command::NoteActivity { calls },
        Step::Ask { question, blocking } => Command::Ask(Asked {
            question: format!("Question {question}?"),
            kind: QuestionKind::Text,
            options: vec![],
            fields: vec![],
            blocking,
        }),
        Step::Answer { question } => Command::AnswerQuestion {
            question: QuestionId::new(id.clone(), question),
            reply: Reply {
                answer: "Yes.".to_owned(),
                ..Reply::default()
            },
            proof: None,
        },
        Step::HearAnswer { question } => Command::DeliverAnswer {
            question: QuestionId::new(id.clone(), question),
            with: "ask_person".to_owned(),
        },
        Step::Note { kind } => Command::SendNote {
            kind,
            text: "Mind the tests.".to_owned(),
        },
        Step::HearNotes => Command::DeliverNotes {
            with: "get_pipeline_status".to_owned(),
        },
        Step::ReadNotes { note } => Command::AcknowledgeNotes { notes: vec![note] },
        Step::Archive => Command::Archive,
        Step::Unarchive => Command::Unarchive,
    }
}

/// Records events the way the journal does.
fn record(journal: &mut Vec<Recorded>, id: &PipelineId, actor: &Actor, events: Vec<Event>) {
    for event in events {
        let number = journal.len() as u64 + 1;
        journal.push(Recorded {
            position: number,
            pipeline: id.clone(),
            revision: number,
            at: Timestamp::from_millis(
                1_800_000_000_000 + i64::try_from(number).unwrap_or(0) * 1000,
            ),
            actor: actor.clone(),
            key: None,
            event,
        });
    }
}

/// The text that an event names.
fn document(event: &Event) -> Option<DocumentRef> {
    match event {
        Event::HandoverSubmitted { document, .. }
        | Event::HandoverRevised { document, .. }
        | Event::PromptWritten { document, .. }
        | Event::PromptRevised { document, .. } => Some(*document),
        _ => None,
    }
}

fn fold(journal: &[Recorded]) -> Pipeline {
    let mut pipeline = Pipeline::begin(&journal[0]).expect("the first event starts the pipeline");
    journal[1..]
        .iter()
        .for_each(|recorded| pipeline.apply(recorded));
    pipeline
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_sequence_of_commands_keeps_the_rules(steps in steps()) {
        let id = PipelineId::new(Timestamp::from_millis(1_800_000_000_000), 1);
        let agent = Actor::agent("cursor");
        let start = Start {
            project: "demo".to_owned(),
            title: "Edge sync".to_owned(),
            phases: vec!["VAN".to_owned(), "PLAN".to_owned(), "IMPLEMENTATION".to_owned()],
            ..Start::default()
        };
        let mut journal = Vec::new();
        let started = decide_start(&start).expect("a plain start");
        record(&mut journal, &id, &agent, started.events);
        let mut pipeline = fold(&journal);
        let mut waited = 0;

        for (kind, step) in &steps {
            let actor = Actor { kind: *kind, name: "somebody".to_owned() };
            let ended = pipeline.status.has_ended();
            let Ok(changes) = decide(&pipeline, &actor, &command(step, &pipeline)) else { continue };
            let Changes { events, documents } = changes;
            let named: Vec<_> = events.iter().filter_map(document).collect();
            let brought: Vec<_> = documents.iter().map(Document::reference).collect();
            prop_assert_eq!(named, brought, "each text that events name comes with them");
            let moved = !events.iter().all(|e| matches!(e, Event::VersionChanged { .. } | Event::PromptAcknowledged { .. } | Event::AnswerDelivered { .. } | Event::NotesDelivered { .. } | Event::NotesAcknowledged { .. } | Event::PipelineArchived {} | Event::PipelineUnarchived {}));
            prop_assert!(!(ended && moved), "an ended pipeline moved by {step:?}");
            let accepted = pipeline.phases.last().is_some_and(|phase| phase.status == PhaseStatus::Accepted)
                || events.iter().any(|e| matches!(e, Event::HandoverAccepted { .. }));
            let completed = events.iter().any(|e| matches!(e, Event::PipelineCompleted { .. }));
            prop_assert!(!completed || accepted || *kind == ActorKind::Person, "{kind:?} completed it unaccepted");
            if events.iter().any(|e| matches!(e, Event::HandoverAccepted { .. })) {
                let said = events.iter().find_map(|e| match e {
                    Event::HandoverReviewed { review, .. } => Some(review.clone()),
                    _ => None,
                });
                let said = said.unwrap_or_default();
                for blocking in pipeline.blocking_comments() {
                    prop_assert!(said.settled.contains(&blocking.number), "accepted past comment {}", blocking.number);
                }
            }
            let before = journal.len();
            record(&mut journal, &id, &actor, events);
            for recorded in &journal[before..] {
                let (baton, since) = (pipeline.baton(), pipeline.baton_since);
                pipeline.apply(recorded);
                if baton == Baton::Person && pipeline.baton() != Baton::Person {
                    waited += recorded.at.millis_since(since);
                }
            }
            prop_assert_eq!(i64::try_from(pipeline.waited_ms), Ok(waited));
            prop_assert!(pipeline.usual_gap_ms <= 60 * 60_000);

            prop_assert!(pipeline.phases.iter().all(|phase| phase.progress <= 100));
            let works = pipeline.status == Status::Running;
            let stands = works && (pipeline.paused.is_some() || pipeline.open_questions().any(|question| question.waits));
            let held = pipeline.held_prompt().is_some();
            prop_assert_eq!(pipeline.open_handover().is_some() || stands || held, pipeline.baton() == Baton::Person);
            prop_assert!(!(held && pipeline.prompt_in_transit().is_some()), "a held prompt is not on its way");
            for prompt in &pipeline.prompts {
                let taken = prompt.state() >= DeliveryState::PickedUp;
                prop_assert!(!(taken && prompt.held.is_some()), "no agent has a held prompt");
                let current = prompt.versions.get(prompt.version as usize - 1);
                let document = current.map_or(prompt.document, |version| version.document);
                prop_assert_eq!(document, prompt.document, "its text is that of its version");
                prop_assert!(prompt.version <= prompt.version_count());
            }
            prop_assert_eq!(works && !stands, pipeline.baton() == Baton::Agent);
            prop_assert!(pipeline.paused.is_none() || works, "only work is paused");
            prop_assert!(pipeline.questions.iter().all(|question| question.answer.as_ref().is_none_or(|answer| answer.by.kind == ActorKind::Person)), "only people answer");
            if let Some(pending) = &pipeline.pending {
                let open = pipeline.open_handover().expect("it is about an open one");
                prop_assert_eq!(open.current().number, pending.proposal.revision);
                prop_assert!(pending.by.kind == ActorKind::Person && pending.due > pending.at);
            }
            let numbers: Vec<_> = pipeline.comments.iter().map(|comment| comment.number).collect();
            prop_assert_eq!(&numbers, &(1..).take(numbers.len()).collect::<Vec<_>>(), "numbered through the pipeline");
            for comment in &pipeline.comments {
                prop_assert!(comment.by.kind == ActorKind::Person && comment.settled.as_ref().is_none_or(|by| by.by.kind == ActorKind::Person), "only people comment and settle");
            }
            prop_assert!(pipeline.archived.is_none() || pipeline.status.has_ended(), "only ended pipelines are archived");
        }

        prop_assert_eq!(&fold(&journal), &pipeline, "the state folds to itself");
        prop_assert_eq!(pipeline.revision, journal.len() as u64, "the revision is dense");

        let mut decisions = HashMap::new();
        for recorded in &journal {
            if let Event::HandoverAccepted { handover, revision, .. }
            | Event::ChangesRequested { handover, revision, .. }
            | Event::HandoverStopped { handover, revision, .. } = &recorded.event
            {
                prop_assert_eq!(recorded.actor.kind, ActorKind::Person, "only people decide");
                *decisions.entry((handover.clone(), *revision)).or_insert(0) += 1;
            }
        }
        prop_assert!(decisions.values().all(|count| *count == 1), "one decision a revision");

        let text = serde_json::to_string(&journal).expect("events serialise");
        let read: Vec<Recorded> = serde_json::from_str(&text).expect("and are read back");
        prop_assert_eq!(read, journal);
    }

    #[test]
    fn any_text_is_refused_or_kept_harmless(text in "\\PC*|[\\x00-\\x1f\u{2028}\u{feff}a]{0,40}") {
        let start = Start { project: text.clone(), title: text.clone(), goal: text, ..Start::default() };
        if let Ok(changes) = decide_start(&start) {
            let json = serde_json::to_string(&changes.events).expect("events serialise");
            prop_assert!(!json.contains(['\n', '\r', '\0']), "one line on the wire");
        }
    }
}
