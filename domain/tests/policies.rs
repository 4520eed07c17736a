//! What holds for policies in any sequence of commands: nothing is accepted past a trip-wire, nothing by a policy that nobody
//! set, and two people are two.

use std::collections::HashSet;

use domain::{
    Actor, ActorKind, AnswerOutcome, Command, CommentAnswer, Context, Deciders, Document, Event,
    Evidence, HandoverId, NewComment, NoteKind, Pipeline, PipelineId, Policy, Proposal, Recap,
    Recorded, Review, Start, TestRun, TextCheck, Timestamp, TripWires, Verdict, Writer, WriterKind,
    decide_in, decide_start,
};
use proptest::prelude::*;

const PEOPLE: [&str; 3] = ["anna", "bob", "carla"];

/// Who of [`PEOPLE`] may decide now.
struct May([bool; 3]);

impl Deciders for May {
    fn may_decide(&self, person: &Actor) -> bool {
        let at = PEOPLE.iter().position(|name| *name == person.name);
        at.is_some_and(|at| self.0[at])
    }

    fn others_may_decide(&self, person: &Actor) -> bool {
        let mut people = PEOPLE.iter().zip(self.0);
        people.any(|(name, may)| may && *name != person.name)
    }
}

#[derive(Debug, Clone)]
enum Step {
    SetPolicy {
        who: usize,
        phase: &'static str,
        policy: Policy,
        may_lift: bool,
    },
    HandOver {
        text: u8,
        failed: u32,
        passed: u32,
        questions: usize,
        files: usize,
        placeholders: Option<u32>,
        answers: Option<bool>,
    },
    Decide {
        who: usize,
        verdict: Verdict,
        comments: bool,
        settles: bool,
        undo_seconds: u32,
    },
    TakeBack {
        who: usize,
    },
    CarryOut,
    GoOn,
    Pause {
        who: usize,
    },
    Rights([bool; 3]),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let policy = prop_oneof![
        1 => Just(Policy::Ask),
        4 => (0_u32..3, any::<bool>())
            .prop_map(|(max_files, needs_tests)| Policy::AcceptUnless(TripWires { max_files, needs_tests })),
        3 => Just(Policy::TwoPeople),
    ];
    let phase = prop_oneof![Just("VAN"), Just("PLAN"), Just("IMPLEMENT")];
    let verdict = prop_oneof![4 => Just(Verdict::Accept), 2 => Just(Verdict::RequestChanges)];
    // Mostly none: else nothing is ever accepted.
    let few = || prop_oneof![5 => Just(0_u32), 1 => 1_u32..3];
    let step = prop_oneof![
        4 => (0_usize..3, phase, policy, any::<bool>())
            .prop_map(|(who, phase, policy, may_lift)| Step::SetPolicy { who, phase, policy, may_lift }),
        8 => (0_u8..5, few(), 0_u32..3, few(), few(), prop::option::weighted(0.9, few()), prop::option::of(any::<bool>()))
            .prop_map(|(text, failed, passed, questions, files, placeholders, answers)| Step::HandOver {
                text, failed, passed, placeholders, answers,
                questions: questions as usize,
                files: files as usize,
            }),
        6 => (0_usize..3, verdict, any::<bool>(), any::<bool>(), prop_oneof![3 => Just(0_u32), 1 => Just(10)])
            .prop_map(|(who, verdict, comments, settles, undo_seconds)| Step::Decide { who, verdict, comments, settles, undo_seconds }),
        1 => (0_usize..3).prop_map(|who| Step::TakeBack { who }),
        2 => Just(Step::CarryOut),
        4 => Just(Step::GoOn),
        1 => (0_usize..3).prop_map(|who| Step::Pause { who }),
        1 => any::<[bool; 3]>().prop_map(Step::Rights),
    ];
    prop::collection::vec(step, 0..50)
}

fn person(who: usize) -> Actor {
    Actor::person(PEOPLE[who])
}

/// The command, who sends it, and what is known about its text.
fn command(step: &Step, pipeline: &Pipeline) -> Option<(Actor, Command, Option<TextCheck>)> {
    let open = pipeline.handovers.last();
    let handover = open.map_or(HandoverId::new(pipeline.id.clone(), 1), |it| it.id.clone());
    let revision = open.map_or(1, |it| it.current().number);
    Some(match step.clone() {
        Step::SetPolicy {
            who,
            phase,
            policy,
            may_lift,
        } => {
            let command = Command::SetPolicy {
                phase: phase.to_owned(),
                policy,
                may_lift,
                proof: None,
            };
            (person(who), command, None)
        }
        Step::HandOver {
            text,
            failed,
            passed,
            questions,
            files,
            placeholders,
            answers,
        } => {
            let content = format!("# Handover {text}");
            let check = placeholders.map(|placeholders| TextCheck {
                document: Document::new(content.as_str()).reference().hash,
                placeholders,
                pictures: vec![],
            });
            let answer = |done, comment| CommentAnswer {
                comment,
                outcome: if done {
                    AnswerOutcome::Done
                } else {
                    AnswerOutcome::Declined
                },
                note: "because".to_owned(),
            };
            let unsettled = pipeline.unsettled_comments().map(|it| it.number);
            let answers = answers.map(|done| unsettled.map(|it| answer(done, it)).collect());
            let command = Command::HandOver {
                phase: None,
                content,
                summary: None,
                recap: Recap {
                    open_questions: vec!["Which?".to_owned(); questions],
                    evidence: Evidence {
                        tests: (passed + failed > 0).then_some(TestRun {
                            passed,
                            failed,
                            command: None,
                        }),
                        files: vec!["src/lib.rs".to_owned(); files],
                        ..Evidence::default()
                    },
                    ..Recap::default()
                },
                answers: answers.unwrap_or_default(),
            };
            (Actor::agent("cursor"), command, check)
        }
        Step::Decide {
            who,
            verdict,
            comments,
            settles,
            undo_seconds,
        } => {
            let comment = NewComment {
                text: "Why?".to_owned(),
                ..NewComment::default()
            };
            let blocking = pipeline.blocking_comments().map(|it| it.number);
            let command = Command::Decide(Proposal {
                handover,
                revision,
                read: None,
                decision: verdict,
                review_changes: "smaller".to_owned(),
                review: Review {
                    comments: comments.then_some(comment).into_iter().collect(),
                    settled: blocking.filter(|_| settles).collect(),
                    ..Review::default()
                },
                undo_seconds,
                proof: None,
            });
            (person(who), command, None)
        }
        Step::TakeBack { who } => {
            let command = Command::TakeBack { handover, revision };
            (person(who), command, None)
        }
        Step::CarryOut => {
            let by = pipeline.pending.as_ref()?.by.clone();
            (by, Command::CarryOut { handover, revision }, None)
        }
        Step::GoOn => {
            let (of, _) = pipeline.wants_prompt()?;
            let command = Command::WritePrompt {
                handover: of.id.clone(),
                revision: of.current().number,
                text: "Go on.".to_owned(),
                writer: Writer {
                    kind: WriterKind::Template,
                    name: "built-in".to_owned(),
                    why: None,
                    took_ms: 0,
                },
                hold: None,
            };
            (Actor::system(), command, None)
        }
        Step::Pause { who } => {
            let command = Command::SendNote {
                kind: NoteKind::Pause,
                text: "Wait.".to_owned(),
            };
            (person(who), command, None)
        }
        Step::Rights(_) => return None,
    })
}

fn record(pipeline: &PipelineId, number: u64, actor: &Actor, event: Event, at: i64) -> Recorded {
    Recorded {
        position: number,
        pipeline: pipeline.clone(),
        revision: number,
        at: Timestamp::from_millis(1_800_000_000_000 + at * 1000),
        actor: actor.clone(),
        key: None,
        event,
    }
}

/// Everything that keeps a policy from accepting, looked at from outside: the state before and after, and what was sent.
fn refuse_hit(
    before: &Pipeline,
    after: &Pipeline,
    step: &Step,
    may: &May,
) -> Result<(), TestCaseError> {
    let Step::HandOver {
        failed,
        passed,
        questions,
        files,
        placeholders,
        ..
    } = step
    else {
        return Err(TestCaseError::fail("a policy accepts what is saved"));
    };
    let handover = after.handovers.last().expect("a handover");
    let set = before
        .phase_policy(&handover.phase)
        .expect("somebody set it");
    let Policy::AcceptUnless(wires) = set.policy else {
        return Err(TestCaseError::fail("another policy"));
    };
    prop_assert_eq!(set.by.kind, ActorKind::Person);
    prop_assert!(may.may_decide(&set.by), "whoever set it may decide");
    prop_assert_eq!(*failed, 0);
    prop_assert!(*passed > 0 || !wires.needs_tests, "no test ran");
    prop_assert_eq!(*questions, 0);
    prop_assert!(*files <= wires.max_files as usize);
    prop_assert_eq!(*placeholders, Some(0));
    prop_assert_eq!(after.blocking_comments().count(), 0);
    prop_assert!(before.paused.is_none() && before.pending.is_none());
    prop_assert!(handover.next_phase.is_some(), "a policy ends no pipeline");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn policies_keep_their_word(steps in steps()) {
        let id = PipelineId::new(Timestamp::from_millis(1_800_000_000_000), 1);
        let start = Start {
            project: "demo".to_owned(),
            title: "Edge sync".to_owned(),
            phases: ["VAN", "PLAN", "IMPLEMENT"].map(str::to_owned).to_vec(),
            ..Start::default()
        };
        let mut journal = Vec::new();
        for event in decide_start(&start).expect("a plain start").events {
            journal.push(record(&id, journal.len() as u64 + 1, &Actor::agent("cursor"), event, 0));
        }
        let mut pipeline = Pipeline::begin(&journal[0]).expect("a pipeline");
        journal[1..].iter().for_each(|recorded| pipeline.apply(recorded));
        let mut may = May([true, true, true]);
        let mut decided = HashSet::new();

        for (at, step) in (1..).zip(&steps) {
            if let Step::Rights(rights) = step {
                may = May(*rights);
                continue;
            }
            let Some((actor, command, text)) = command(step, &pipeline) else { continue };
            let context = Context { deciders: &may, text };
            let Ok(changes) = decide_in(&pipeline, &actor, &command, &context) else { continue };
            let before = pipeline.clone();
            for event in &changes.events {
                let recorded = record(&id, journal.len() as u64 + 1, &actor, event.clone(), at);
                pipeline.apply(&recorded);
                journal.push(recorded);
            }
            for event in &changes.events {
                match event {
                    Event::HandoverAcceptedByPolicy { handover, revision, read, set_by, set_at } => {
                        refuse_hit(&before, &pipeline, step, &may)?;
                        let current = pipeline.handover(handover).expect("it").current();
                        prop_assert_eq!(current.number, *revision);
                        prop_assert_eq!(*read, current.shown(), "exactly what is saved");
                        let set = before.phase_policy(&pipeline.handovers.last().expect("it").phase).expect("set");
                        prop_assert_eq!((&set.by, set.at), (set_by, *set_at));
                        prop_assert!(decided.insert((handover.clone(), *revision)), "decided once");
                        prop_assert!(current.decision.as_ref().is_some_and(|made| made.by.kind == ActorKind::System));
                    }
                    Event::TripWiresHit { hit, .. } => {
                        prop_assert!(!hit.is_empty());
                        prop_assert!(pipeline.open_handover().is_some(), "it is a person's");
                    }
                    Event::HandoverAccepted { handover, revision, .. } => {
                        prop_assert!(decided.insert((handover.clone(), *revision)), "decided once");
                        let old = before.handover(handover).expect("it");
                        if before.policy(&old.phase) == Policy::TwoPeople {
                            let first = old.current().approval.as_ref().expect("somebody before");
                            prop_assert_eq!(old.current().number, *revision, "the same content");
                            prop_assert!(first.by != actor && may.may_decide(&first.by), "two people who may");
                        }
                    }
                    Event::ChangesRequested { handover, revision, .. } => {
                        prop_assert!(decided.insert((handover.clone(), *revision)), "decided once");
                    }
                    Event::HandoverApproved { .. } => {
                        prop_assert!(pipeline.open_handover().is_some() && pipeline.pending.is_none());
                    }
                    Event::PhasePolicySet { phase, policy, .. } => {
                        prop_assert_eq!(actor.kind, ActorKind::Person);
                        let last = pipeline.phases.last().expect("a phase");
                        prop_assert!(!(last.name == *phase && matches!(policy, Policy::AcceptUnless(_))));
                        prop_assert_eq!(before.open_handover(), pipeline.open_handover(), "decides nothing by itself");
                    }
                    _ => {}
                }
            }
        }
        let mut again = Pipeline::begin(&journal[0]).expect("a pipeline");
        journal[1..].iter().for_each(|recorded| again.apply(recorded));
        prop_assert_eq!(&again, &pipeline, "the state folds to itself");
        let text = serde_json::to_string(&(&journal, &pipeline)).expect("JSON");
        let (facts, state): (Vec<Recorded>, Pipeline) = serde_json::from_str(&text).expect("and back");
        prop_assert_eq!((facts, state), (journal, pipeline));
    }
}
