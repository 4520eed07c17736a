//! Policies: what accepts by itself, what needs two people, and who says so.

use domain::{
    Actor, AnswerOutcome, Attachment, Command, CommentAnswer, Context, Deciders, Document, Event,
    Evidence, Media, NewComment, NoteKind, Outcome, Pipeline, Policy, PolicyPlan, Proposal, Reason,
    Recap, Refusal, Review, Start, Status, TestRun, TextCheck, TripWires, Verdict, What, Wire,
    WireHit, decide_start, decide_start_by,
    limits::{GOAL_MAX, POLICY_FILES_MAX},
};

use crate::support::*;

/// These people may decide.
struct May(&'static [&'static str]);

impl Deciders for May {
    fn may_decide(&self, person: &Actor) -> bool {
        self.0.contains(&&*person.name)
    }

    fn others_may_decide(&self, person: &Actor) -> bool {
        self.0.iter().any(|name| *name != person.name)
    }
}

const BOTH: May = May(&["anna", "bob"]);

fn anna() -> Actor {
    Actor::person("anna")
}

fn bob() -> Actor {
    Actor::person("bob")
}

fn unless(max_files: u32) -> Policy {
    Policy::AcceptUnless(TripWires {
        max_files,
        needs_tests: true,
    })
}

fn set(phase: &str, policy: Policy) -> Command {
    Command::SetPolicy {
        phase: phase.to_owned(),
        policy,
        may_lift: false,
        proof: None,
    }
}

fn tested(passed: u32, failed: u32) -> Recap {
    Recap {
        evidence: Evidence {
            tests: Some(TestRun {
                passed,
                failed,
                command: None,
            }),
            ..Evidence::default()
        },
        ..Recap::default()
    }
}

fn accept(revision: u32, words: &str, track: &Track) -> Command {
    let handover = track.pipeline.handovers.last().expect("a handover");
    Command::Decide(Proposal {
        handover: handover.id.clone(),
        revision,
        read: None,
        decision: Verdict::Accept,
        review_changes: words.to_owned(),
        review: Review::default(),
        undo_seconds: 0,
        proof: None,
    })
}

impl Track {
    fn with_policy(policy: Policy) -> Self {
        let mut track = Self::new();
        track.send(&anna(), &set("PLAN", policy)).expect("set");
        track
    }

    /// Saves a handover whose text was searched.
    fn save(&mut self, content: &str, recap: Recap) -> Vec<Event> {
        self.save_for(content, recap, &BOTH, 0)
    }

    fn save_for(
        &mut self,
        content: &str,
        recap: Recap,
        deciders: &May,
        placeholders: u32,
    ) -> Vec<Event> {
        let command = Command::HandOver {
            phase: None,
            content: content.to_owned(),
            summary: None,
            recap,
            answers: vec![],
        };
        self.save_command(&command, content, deciders, placeholders)
    }

    fn save_command(
        &mut self,
        command: &Command,
        content: &str,
        deciders: &May,
        placeholders: u32,
    ) -> Vec<Event> {
        let text = Some(TextCheck {
            document: Document::new(content).reference().hash,
            placeholders,
            pictures: content
                .split_whitespace()
                .filter(|word| word.ends_with(".png"))
                .map(str::to_owned)
                .collect(),
        });
        let context = Context { deciders, text };
        self.send_in(&agent(), command, &context).expect("saved")
    }

    fn decide_as(&mut self, who: &Actor, command: &Command) -> Result<Vec<Event>, Refusal> {
        let context = Context {
            deciders: &BOTH,
            text: None,
        };
        self.send_in(who, command, &context)
    }

    fn hit(&self) -> &[WireHit] {
        let handover = self.pipeline.handovers.last().expect("a handover");
        &handover.current().hit
    }

    fn wires(&self) -> Vec<Wire> {
        self.hit().iter().map(|hit| hit.wire).collect()
    }
}

fn accepted_by_policy(events: &[Event]) -> bool {
    let mut events = events.iter();
    events.any(|event| matches!(event, Event::HandoverAcceptedByPolicy { .. }))
}

#[test]
fn nothing_hit_is_accepted_with_the_handover_by_the_policy_and_by_nobody_else() {
    let mut track = Track::with_policy(unless(3));
    let recap = tested(12, 0);
    let events = track.save("# Plan", recap);
    let [Event::HandoverSubmitted { .. }, accepted] = &events[..] else {
        panic!("{events:?}");
    };
    let current = track.pipeline.handovers[0].current();
    let Event::HandoverAcceptedByPolicy { read, set_by, .. } = accepted else {
        panic!("{accepted:?}");
    };
    assert_eq!(*read, current.shown(), "exactly what is saved");
    assert_eq!(*set_by, anna());
    let made = current.decision.as_ref().expect("decided");
    assert_eq!(
        (&made.by, made.policy_by.as_deref()),
        (&Actor::system(), Some(&anna()))
    );
    assert_eq!(track.pipeline.status, Status::HandingOver);
    assert!(
        track.pipeline.wants_prompt().is_some(),
        "as after any acceptance"
    );
    let line = track.pipeline.log.last().expect("a line");
    assert_eq!(line.by, Actor::system());
    assert!(matches!(&line.what, What::AcceptedByPolicy { set_by, .. } if set_by == "anna"));
}

#[test]
fn each_wire_keeps_it_for_a_person() {
    let files = |count: usize| Recap {
        evidence: Evidence {
            files: (0..count).map(|file| format!("src/{file}.rs")).collect(),
            ..tested(1, 0).evidence
        },
        ..Recap::default()
    };
    let asking = Recap {
        open_questions: vec!["Which database?".to_owned(), "When?".to_owned()],
        ..tested(1, 0)
    };
    let hit = |wire, count, limit| WireHit { wire, count, limit };
    for (recap, placeholders, expected) in [
        (tested(3, 2), 0, hit(Wire::FailedTests, 2, None)),
        (tested(0, 0), 0, hit(Wire::NoTests, 0, None)),
        (Recap::default(), 0, hit(Wire::NoTests, 0, None)),
        (asking, 0, hit(Wire::OpenQuestions, 2, None)),
        (files(4), 0, hit(Wire::Files, 4, Some(3))),
        (tested(1, 0), 5, hit(Wire::Placeholders, 5, None)),
    ] {
        let mut track = Track::with_policy(unless(3));
        let events = track.save_for("# Plan", recap, &BOTH, placeholders);
        assert!(!accepted_by_policy(&events), "{events:?}");
        assert_eq!(track.hit(), [expected]);
        assert_eq!(track.pipeline.status, Status::AwaitingReview);
    }
    let mut track = Track::with_policy(unless(3));
    assert!(
        accepted_by_policy(&track.save("# Plan", files(3))),
        "as many as are allowed"
    );
}

#[test]
fn a_picture_that_is_not_attached_keeps_it_for_a_person() {
    let attached = |names: &[&str]| Recap {
        evidence: Evidence {
            attachments: names
                .iter()
                .map(|name| Attachment {
                    name: (*name).to_owned(),
                    hash: Document::new(*name).reference().hash,
                    size: 1,
                    media: Media::Png,
                })
                .collect(),
            ..tested(1, 0).evidence
        },
        ..Recap::default()
    };
    let text = "# Plan\n\nbefore.png and after.png";
    let hit = |count| WireHit {
        wire: Wire::Pictures,
        count,
        limit: None,
    };
    for (names, expected) in [
        (&[][..], vec![hit(2)]),
        (&["after.png", "other.png"], vec![hit(1)]),
        (&["after.png", "before.png"], vec![]),
    ] {
        let mut track = Track::with_policy(unless(3));
        let events = track.save(text, attached(names));
        assert_eq!(
            accepted_by_policy(&events),
            expected.is_empty(),
            "{names:?}"
        );
        assert_eq!(track.hit(), expected);
    }
}

#[test]
fn a_phase_without_tests_is_accepted_where_the_policy_needs_none() {
    let mut track = Track::with_policy(Policy::AcceptUnless(TripWires {
        max_files: 0,
        needs_tests: false,
    }));
    assert!(accepted_by_policy(&track.save("# Plan", Recap::default())));
    let mut track = Track::with_policy(Policy::AcceptUnless(TripWires {
        max_files: 0,
        needs_tests: false,
    }));
    track.save("# Plan", tested(3, 1));
    assert_eq!(
        track.wires(),
        [Wire::FailedTests],
        "what failed counts all the same"
    );
}

#[test]
fn a_text_that_nobody_searched_is_not_accepted() {
    let mut track = Track::with_policy(unless(3));
    let command = Command::HandOver {
        phase: None,
        content: "# Plan".to_owned(),
        summary: None,
        recap: tested(1, 0),
        answers: vec![],
    };
    track.save_command(&command, "# Another text", &BOTH, 0);
    assert_eq!(track.wires(), [Wire::NotSearched]);
}

#[test]
fn a_policy_of_somebody_who_may_not_decide_any_more_accepts_nothing() {
    let mut track = Track::with_policy(unless(3));
    track.save_for("# Plan", tested(1, 0), &May(&["bob"]), 0);
    assert_eq!(track.wires(), [Wire::SetterMayNot]);
    // Somebody who may sets the same: it is that person's now.
    track.send(&bob(), &set("PLAN", unless(3))).expect("set");
    let events = track.save_for("# Plan 2", tested(1, 0), &May(&["bob"]), 0);
    assert!(accepted_by_policy(&events));
}

#[test]
fn what_a_person_has_before_him_is_not_accepted_by_a_policy_that_is_set_then() {
    let mut track = Track::new();
    let comment = Review {
        comments: vec![NewComment {
            text: "Say how.".to_owned(),
            ..NewComment::default()
        }],
        ..Review::default()
    };
    track.save("# Plan", tested(1, 0));
    track.send(&anna(), &set("PLAN", unless(3))).expect("set");
    assert_eq!(track.pipeline.status, Status::AwaitingReview);
    // The same once more, and the same with an answer: nothing new to judge.
    let mut again = track.save("# Plan", tested(1, 0));
    assert_eq!(again, []);
    let mut asked = accept(1, "", &track);
    let Command::Decide(proposal) = &mut asked else {
        panic!("a decision");
    };
    proposal.decision = Verdict::RequestChanges;
    proposal.review = comment;
    track.decide_as(&anna(), &asked).expect("asked");
    track.write_prompt();
    again = track.save("# Plan, better", tested(1, 0));
    assert!(!accepted_by_policy(&again));
    assert_eq!(track.wires(), [Wire::Comments]);
    // The answer alone mends it: this revision came under the policy.
    let answered = Command::HandOver {
        phase: None,
        content: "# Plan, better".to_owned(),
        summary: None,
        recap: tested(1, 0),
        answers: vec![CommentAnswer {
            comment: 1,
            outcome: AnswerOutcome::Done,
            note: String::new(),
        }],
    };
    let events = track.save_command(&answered, "# Plan, better", &BOTH, 0);
    assert!(accepted_by_policy(&events), "{events:?}");
    let comment = &track.pipeline.comments[0];
    assert!(
        comment.settled.is_none(),
        "a policy settles nothing: a person still sees it"
    );
}

#[test]
fn an_answer_to_an_open_revision_from_before_the_policy_leaves_it_to_the_person() {
    let mut track = Track::new();
    track.save("# Plan", tested(1, 0));
    let mut ask = accept(1, "", &track);
    if let Command::Decide(proposal) = &mut ask {
        proposal.decision = Verdict::RequestChanges;
        proposal.review.comments = vec![NewComment {
            text: "Say how.".to_owned(),
            ..NewComment::default()
        }];
    }
    track.decide_as(&anna(), &ask).expect("asked");
    track.write_prompt();
    track.save("# Plan 2", tested(1, 0));
    track.send(&anna(), &set("PLAN", unless(3))).expect("set");
    let answered = Command::HandOver {
        phase: None,
        content: "# Plan 2".to_owned(),
        summary: None,
        recap: tested(1, 0),
        answers: vec![CommentAnswer {
            comment: 1,
            outcome: AnswerOutcome::Done,
            note: String::new(),
        }],
    };
    let events = track.save_command(&answered, "# Plan 2", &BOTH, 0);
    assert!(
        matches!(&events[..], [Event::CommentsAnswered { .. }]),
        "{events:?}"
    );
    assert_eq!(track.pipeline.status, Status::AwaitingReview);
}

#[test]
fn a_pause_and_a_decision_on_its_way_go_before_a_policy() {
    let mut track = Track::with_policy(unless(3));
    let pause = Command::SendNote {
        kind: NoteKind::Pause,
        text: "Wait.".to_owned(),
    };
    track.send(&anna(), &pause).expect("paused");
    track.save("# Plan", tested(1, 0));
    assert_eq!(track.wires(), [Wire::Paused]);

    let mut asked = accept(1, "Not yet.", &track);
    if let Command::Decide(proposal) = &mut asked {
        proposal.decision = Verdict::RequestChanges;
        proposal.undo_seconds = 10;
    }
    track.decide_as(&anna(), &asked).expect("on its way");
    track.save("# Plan 2", tested(1, 0));
    assert_eq!(
        track.wires(),
        [Wire::Deciding],
        "what she asks for is not passed by"
    );
}

#[test]
fn only_people_set_policies_and_only_where_they_can_matter() {
    let mut track = Track::new();
    for actor in [agent(), Actor::system()] {
        let refusal = track.refused(&actor, &set("PLAN", Policy::Ask));
        assert_eq!(refusal.reason, Reason::OnlyPeopleDecide);
    }
    let refusal = track.refused(&anna(), &set("DEPLOY", Policy::Ask));
    assert_eq!(refusal.reason, Reason::WrongPhase);
    let refusal = track.refused(&anna(), &set("CREATE", unless(3)));
    assert!(refusal.what.contains("last phase"), "{refusal}");
    let refusal = track.refused(&anna(), &set("PLAN", unless(POLICY_FILES_MAX + 1)));
    assert!(refusal.what.contains("500"), "{refusal}");
    track
        .send(&anna(), &set("creative", Policy::TwoPeople))
        .expect("any spelling");

    track.save("# Plan", Recap::default());
    let command = accept(1, "", &track);
    track.decide_as(&anna(), &command).expect("accepted");
    let refusal = track.refused(&anna(), &set("PLAN", unless(3)));
    assert!(refusal.what.contains("over"), "{refusal}");
    track.cancel();
    let refusal = track.refused(&anna(), &set("CREATE", Policy::TwoPeople));
    assert_eq!(refusal.reason, Reason::Ended);
}

#[test]
fn two_people_are_two() {
    let mut track = Track::with_policy(Policy::TwoPeople);
    track.save("# Plan", Recap::default());
    let first = accept(1, "Keep it short.", &track);
    let events = track.decide_as(&anna(), &first).expect("approved");
    assert!(
        matches!(&events[..], [Event::HandoverApproved { .. }]),
        "{events:?}"
    );
    assert_eq!(track.pipeline.status, Status::AwaitingReview);
    let refusal = track
        .decide_as(&anna(), &first)
        .expect_err("the same person");
    assert_eq!(refusal.reason, Reason::AlreadyDecided);
    assert!(refusal.allowed.contains("another person"), "{refusal}");
    let second = accept(1, "And safe.", &track);
    track.decide_as(&bob(), &second).expect("accepted");
    let made = track.pipeline.handovers[0].decision(1).expect("made");
    assert_eq!(
        (&made.by, &*made.note),
        (&bob(), "Keep it short.\n\nAnd safe.")
    );
    assert_eq!(track.pipeline.status, Status::HandingOver);
}

#[test]
fn each_of_two_people_alone_asks_for_changes_and_stops() {
    for (decision, words) in [(Verdict::RequestChanges, "More."), (Verdict::Stop, "")] {
        let mut track = Track::with_policy(Policy::TwoPeople);
        track.save("# Plan", Recap::default());
        let first = accept(1, "", &track);
        track.decide_as(&anna(), &first).expect("approved");
        let mut other = accept(1, words, &track);
        if let Command::Decide(proposal) = &mut other {
            proposal.decision = decision;
        }
        track
            .decide_as(&anna(), &other)
            .expect("decided, even by the same");
        assert_eq!(
            track.pipeline.handovers[0]
                .decision(1)
                .expect("made")
                .decision,
            decision
        );
    }
}

#[test]
fn a_new_revision_voids_an_approval_and_keeps_it_in_the_history() {
    let mut track = Track::with_policy(Policy::TwoPeople);
    track.save("# Plan", Recap::default());
    let first = accept(1, "", &track);
    track.decide_as(&anna(), &first).expect("approved");
    track.save("# Plan 2", Recap::default());
    let second = accept(2, "", &track);
    let events = track
        .decide_as(&bob(), &second)
        .expect("the first of this one");
    assert!(
        matches!(&events[..], [Event::HandoverApproved { .. }]),
        "{events:?}"
    );
    let revisions = &track.pipeline.handovers[0].revisions;
    let by = |index: usize| revisions[index].approval.as_ref().map(|it| it.by.clone());
    assert_eq!((by(0), by(1)), (Some(anna()), Some(bob())));
}

#[test]
fn an_approval_can_be_taken_back_and_no_longer_counts() {
    let mut track = Track::with_policy(Policy::TwoPeople);
    track.save("# Plan", Recap::default());
    let first = accept(1, "", &track);
    track.decide_as(&anna(), &first).expect("approved");
    let back = Command::TakeBack {
        handover: track.handover(),
        revision: 1,
    };
    assert_eq!(
        track.refused(&bob(), &back).reason,
        Reason::AlreadyDecided,
        "it is not his"
    );
    track.decide_as(&anna(), &back).expect("taken back");
    let events = track.decide_as(&bob(), &first).expect("the first now");
    assert!(
        matches!(&events[..], [Event::HandoverApproved { .. }]),
        "{events:?}"
    );
    assert!(
        track
            .pipeline
            .log
            .iter()
            .any(|line| matches!(line.what, What::ApprovalTakenBack { .. }))
    );
}

#[test]
fn an_approval_waits_for_its_undo_like_any_decision() {
    let mut track = Track::with_policy(Policy::TwoPeople);
    track.save("# Plan", Recap::default());
    let mut first = accept(1, "", &track);
    if let Command::Decide(proposal) = &mut first {
        proposal.undo_seconds = 10;
    }
    track.decide_as(&anna(), &first).expect("on its way");
    assert!(track.pipeline.handovers[0].current().approval.is_none());
    let out = Command::CarryOut {
        handover: track.handover(),
        revision: 1,
    };
    track.decide_as(&anna(), &out).expect("carried out");
    assert!(
        track.pipeline.pending.is_none(),
        "nothing is on its way any more"
    );
    assert!(track.pipeline.handovers[0].current().approval.is_some());
    let second = accept(1, "", &track);
    track.decide_as(&bob(), &second).expect("accepted");
    assert_eq!(track.pipeline.status, Status::HandingOver);
}

#[test]
fn an_approval_of_somebody_who_may_not_decide_any_more_does_not_count() {
    let mut track = Track::with_policy(Policy::TwoPeople);
    track.save("# Plan", Recap::default());
    let first = accept(1, "", &track);
    track.decide_as(&anna(), &first).expect("approved");
    let context = Context {
        deciders: &May(&["bob", "carla"]),
        text: None,
    };
    let events = track.send_in(&bob(), &first, &context).expect("the first");
    assert!(
        matches!(&events[..], [Event::HandoverApproved { .. }]),
        "{events:?}"
    );
    track
        .send_in(&Actor::person("carla"), &first, &context)
        .expect("the second");
    assert_eq!(track.pipeline.status, Status::HandingOver);
}

#[test]
fn somebody_alone_is_told_how_to_go_on() {
    let mut track = Track::with_policy(Policy::TwoPeople);
    track.save("# Plan", Recap::default());
    let context = Context {
        deciders: &May(&["anna"]),
        text: None,
    };
    let command = accept(1, "", &track);
    let refusal = track
        .send_in(&anna(), &command, &context)
        .expect_err("alone");
    assert_eq!(refusal.reason, Reason::NotPermitted);
    assert!(refusal.next.contains("/phases/PLAN/policy"), "{refusal}");
    let mut lift = set("PLAN", Policy::Ask);
    assert_eq!(
        track.refused(&anna(), &lift).reason,
        Reason::NotPermitted,
        "she is no owner"
    );
    if let Command::SetPolicy { may_lift, .. } = &mut lift {
        *may_lift = true;
    }
    track.send(&anna(), &lift).expect("an owner");
    track
        .send_in(&anna(), &command, &context)
        .expect("accepted alone");
    assert_eq!(track.pipeline.status, Status::HandingOver);
}

fn accept_with_a_comment(track: &Track) -> Command {
    let mut accept = accept(1, "", track);
    if let Command::Decide(proposal) = &mut accept {
        proposal.review.comments = vec![NewComment {
            text: "Mind the index.".to_owned(),
            ..NewComment::default()
        }];
    }
    accept
}

#[test]
fn comments_with_the_first_acceptance_are_for_the_next_phase() {
    let mut track = Track::with_policy(Policy::TwoPeople);
    track.save("# Plan", Recap::default());
    let first = accept_with_a_comment(&track);
    track.decide_as(&anna(), &first).expect("approved");
    let second = accept(1, "", &track);
    track
        .decide_as(&bob(), &second)
        .expect("they stand in nobody's way");
    assert_eq!(track.pipeline.comments[0].by, anna());
    assert_eq!(track.pipeline.unsettled_comments().count(), 1);
}

#[test]
fn comments_of_an_approval_that_a_revision_voids_are_to_be_answered() {
    let mut track = Track::with_policy(Policy::TwoPeople);
    track.save("# Plan", Recap::default());
    let first = accept_with_a_comment(&track);
    track.decide_as(&anna(), &first).expect("approved");
    track.save("# Plan 2", Recap::default());
    let second = accept(2, "", &track);
    let refusal = track
        .decide_as(&bob(), &second)
        .expect_err("a comment is open");
    assert_eq!(refusal.reason, Reason::Unsettled);
}

#[test]
fn two_long_words_together_are_bounded() {
    let mut track = Track::with_policy(Policy::TwoPeople);
    track.save("# Plan", Recap::default());
    let first = accept(1, &"a".repeat(GOAL_MAX), &track);
    track.decide_as(&anna(), &first).expect("approved");
    let second = accept(1, "b", &track);
    let refusal = track.decide_as(&bob(), &second).expect_err("too long");
    assert_eq!(refusal.reason, Reason::TooLarge);
    let same = accept(1, &"a".repeat(GOAL_MAX), &track);
    track
        .decide_as(&bob(), &same)
        .expect("the same words are said once");
}

#[test]
fn nobody_completes_alone_what_needs_two() {
    let mut track = in_the_last_phase();
    let command = set("CREATE", Policy::TwoPeople);
    track.send(&anna(), &command).expect("set");
    let refusal = track.refused(&anna(), &completed());
    assert!(refusal.what.contains("two people"), "{refusal}");
    let cancelled = Command::Finish {
        outcome: Outcome::Cancelled,
        message: None,
    };
    track.send(&anna(), &cancelled).expect("each alone stops");
}

#[test]
fn a_person_starts_with_policies_and_an_agent_does_not() {
    let plan = |phase: &str, policy| PolicyPlan {
        phase: phase.to_owned(),
        policy,
        proof: None,
    };
    let start = |policies| Start {
        project: "shop".to_owned(),
        title: "Basket".to_owned(),
        phases: ["PLAN", "CREATE"].map(str::to_owned).to_vec(),
        policies,
        ..Start::default()
    };
    let good = start(vec![
        plan("planung", unless(2)),
        plan("CREATE", Policy::TwoPeople),
    ]);
    let events = decide_start_by(&good, &anna()).expect("started").events;
    let mut pipeline = Pipeline::begin(&record(&Track::new().id, 1, &anna(), events[0].clone()))
        .expect("a pipeline");
    for (number, event) in (2..).zip(&events[1..]) {
        pipeline.apply(&record(
            &pipeline.id.clone(),
            number,
            &anna(),
            event.clone(),
        ));
    }
    assert_eq!(pipeline.policy(&pipeline.phases[0].name), unless(2));
    assert_eq!(pipeline.policy(&pipeline.phases[1].name), Policy::TwoPeople);
    assert_eq!(pipeline.status, Status::Running);

    for refusal in [
        decide_start(&good).expect_err("nobody"),
        decide_start_by(&good, &agent()).expect_err("an agent"),
    ] {
        assert_eq!(refusal.reason, Reason::OnlyPeopleDecide);
    }
    for (policies, reason) in [
        (vec![plan("CREATE", unless(2))], Reason::Invalid),
        (vec![plan("DEPLOY", Policy::Ask)], Reason::WrongPhase),
        (
            vec![
                plan("PLAN", Policy::Ask),
                plan("Planung", Policy::TwoPeople),
            ],
            Reason::Invalid,
        ),
    ] {
        let refusal = decide_start_by(&start(policies), &anna()).expect_err("bad");
        assert_eq!(refusal.reason, reason);
    }
}

#[test]
fn a_policy_that_this_version_does_not_know_is_read_as_the_strictest() {
    let event: Event = serde_json::from_str(
        r#"{"type": "PhasePolicySet", "phase": "PLAN", "policy": {"rule": "three_people", "of": 5}}"#,
    )
    .expect("an event");
    let mut track = Track::new();
    let recorded = record(
        &track.id.clone(),
        track.pipeline.revision + 1,
        &anna(),
        event,
    );
    track.pipeline.apply(&recorded);
    assert_eq!(
        track.pipeline.policy(&track.pipeline.phase().name),
        Policy::TwoPeople
    );
    let hit: Event = serde_json::from_str(
        r#"{"type": "TripWiresHit", "handover": "x", "revision": 1, "hit": [{"wire": "moon_phase", "count": 3}]}"#,
    )
    .unwrap_or(Event::Unknown);
    assert_eq!(hit, Event::Unknown, "an id has to be one");
    let hit: WireHit =
        serde_json::from_str(r#"{"wire": "moon_phase", "count": 3}"#).expect("a hit");
    assert_eq!(hit.wire, Wire::Unknown);
}
