//! The loop as people and agents live it: one test a rule, in the order of the race.

use domain::{
    Actor, Baton, Command, DeliveryState, DocumentHash, Event, HandoverId, Outcome, ProgressSource,
    Purpose, Reason, Start, Status, TaskPlan, TaskStatus, TrackPlan, Verdict, Via, What,
    decide_start,
};

use crate::support::*;

#[test]
fn the_baton_goes_from_agent_to_person_to_transit_to_agent() {
    let mut track = Track::new();
    assert_eq!(track.pipeline.baton(), Baton::Agent);
    track.hand_over("# Plan\n\nAll fixed.");
    assert_eq!(
        (track.pipeline.baton(), track.pipeline.status),
        (Baton::Person, Status::AwaitingReview)
    );
    track
        .decide(1, Verdict::Accept, "Keep it small.")
        .expect("accepted");
    assert_eq!(
        (track.pipeline.baton(), track.pipeline.status),
        (Baton::InTransit, Status::HandingOver)
    );
    let prompt = track.write_prompt();
    assert_eq!(
        track.pipeline.prompt(&prompt).expect("it").state(),
        DeliveryState::Offered
    );
    track
        .send(
            &agent(),
            &Command::PickUpPrompt {
                prompt: prompt.clone(),
                via: Via::Wait,
            },
        )
        .expect("picked up");
    assert_eq!(
        (track.pipeline.baton(), track.pipeline.phase().name.as_str()),
        (Baton::Agent, "CREATE")
    );
    track
        .send(
            &agent(),
            &Command::AcknowledgePrompt {
                prompt: prompt.clone(),
            },
        )
        .expect("acknowledged");
    track.send(&agent(), &report(Some(10))).expect("reported");
    assert_eq!(
        track.pipeline.prompt(&prompt).expect("it").state(),
        DeliveryState::Running
    );
    track.hand_over("# Created");
    track.decide(1, Verdict::Accept, "").expect("accepted");
    assert_eq!(
        (track.pipeline.baton(), track.pipeline.status),
        (Baton::Nobody, Status::Completed)
    );
    assert!(
        track.pipeline.wants_prompt().is_none(),
        "after the last phase there is nothing to prompt"
    );
}

#[test]
fn only_people_decide() {
    let mut track = Track::new();
    track.hand_over("# Plan");
    for actor in [agent(), Actor::system()] {
        let command = Command::Decide {
            handover: track.handover(),
            revision: 1,
            read: None,
            decision: Verdict::Accept,
            review_changes: String::new(),
        };
        assert_eq!(
            track.refused(&actor, &command).reason,
            Reason::OnlyPeopleDecide
        );
    }
}

#[test]
fn a_revision_is_decided_once_and_an_old_one_not_at_all() {
    let mut track = Track::new();
    track.hand_over("# Plan");
    track.hand_over("# Plan, better");
    assert_eq!(
        track
            .decide(1, Verdict::Accept, "")
            .expect_err("old")
            .reason,
        Reason::StaleRevision
    );
    track
        .decide(2, Verdict::RequestChanges, "Which versions?")
        .expect("decided");
    for verdict in [Verdict::Accept, Verdict::RequestChanges, Verdict::Stop] {
        assert_eq!(
            track.decide(2, verdict, "x").expect_err("twice").reason,
            Reason::AlreadyDecided
        );
    }
}

#[test]
fn a_decision_is_about_the_text_that_was_read() {
    let mut track = Track::new();
    track.hand_over("# Plan\r\n");
    let about = |text: &str| Command::Decide {
        handover: HandoverId::new(track.id.clone(), 1),
        revision: 1,
        read: Some(DocumentHash::of(text)),
        decision: Verdict::Accept,
        review_changes: String::new(),
    };
    let (other, shown) = (about("# Another plan"), about("# Plan"));
    let refusal = track.refused(&person(), &other);
    assert_eq!(refusal.reason, Reason::StaleRevision);
    let hash = DocumentHash::of("# Plan").to_string();
    assert!(refusal.allowed.contains(&hash), "{refusal}");
    assert!(track.send(&person(), &shown).is_ok());
}

#[test]
fn changes_lead_to_a_revision_of_the_same_handover() {
    let mut track = Track::new();
    track.hand_over("# Plan");
    assert_eq!(
        track
            .decide(1, Verdict::RequestChanges, " \n")
            .expect_err("no words")
            .reason,
        Reason::Invalid
    );
    track
        .decide(1, Verdict::RequestChanges, "Which versions?")
        .expect("decided");
    assert_eq!(
        track.pipeline.wants_prompt().expect("a prompt").1,
        Purpose::Revision
    );
    let prompt = track.write_prompt();
    track
        .send(
            &agent(),
            &Command::PickUpPrompt {
                prompt,
                via: Via::Pull,
            },
        )
        .expect("picked up");
    assert_eq!(
        track.pipeline.phase().name.as_str(),
        "PLAN",
        "the phase goes on"
    );
    track.hand_over("# Plan, with versions");
    let handover = track.pipeline.open_handover().expect("open");
    assert_eq!(
        (handover.id.clone(), handover.current().number),
        (track.handover(), 2)
    );
}

#[test]
fn the_same_handover_sent_twice_is_one_revision() {
    let mut track = Track::new();
    track.hand_over("# Plan");
    assert_eq!(track.send(&agent(), &hand_over("# Plan\r\n")), Ok(vec![]));
}

#[test]
fn who_works_without_asking_has_picked_the_prompt_up() {
    let mut track = Track::new();
    track.hand_over("# Plan");
    track.decide(1, Verdict::Accept, "").expect("accepted");
    assert_eq!(
        track.refused(&agent(), &report(None)).reason,
        Reason::NotYourTurn,
        "the prompt is not written yet"
    );
    let prompt = track.write_prompt();
    track.send(&agent(), &report(Some(5))).expect("reported");
    assert_eq!(track.pipeline.phase().name.as_str(), "CREATE");
    assert_eq!(
        track.pipeline.prompt(&prompt).expect("it").state(),
        DeliveryState::Running
    );
}

#[test]
fn while_a_person_reads_the_agent_waits() {
    let mut track = Track::new();
    track.hand_over("# Plan");
    let refusal = track.refused(&agent(), &report(Some(50)));
    assert_eq!(refusal.reason, Reason::NotYourTurn);
    assert!(
        refusal.next.contains(&track.handover().to_string()),
        "{refusal}"
    );
}

#[test]
fn progress_is_counted_from_tasks_and_otherwise_a_claim() {
    let mut track = Track::new();
    track.send(&agent(), &report(Some(80))).expect("claimed");
    assert_eq!(
        track.pipeline.phase().progress_source,
        ProgressSource::Claimed
    );
    let tasks = vec![
        task("a", TaskStatus::Completed),
        task("b", TaskStatus::Pending),
        task("c", TaskStatus::Failed),
    ];
    track
        .send(
            &agent(),
            &Command::Report {
                phase: None,
                progress: Some(99),
                message: None,
                tasks,
            },
        )
        .expect("reported");
    let phase = track.pipeline.phase();
    assert_eq!(
        (phase.progress, phase.progress_source),
        (33, ProgressSource::Tasks { done: 1, total: 3 })
    );
    assert_eq!(
        track.pipeline.status,
        Status::Running,
        "only the handover ends a phase"
    );
}

#[test]
fn tasks_count_in_their_own_phase() {
    let plan = |name: &str, phase: Option<&str>| TaskPlan {
        name: name.to_owned(),
        kind: None,
        phase: phase.map(str::to_owned),
        status: TaskStatus::Pending,
    };
    let tasks = vec![
        plan("read", Some("plan")),
        plan("build", Some("CREATE")),
        plan("always", None),
    ];
    let mut track = Track::start(&Start {
        project: "shop".to_owned(),
        title: "Basket".to_owned(),
        phases: ["PLAN", "CREATIVE"].map(str::to_owned).to_vec(),
        tracks: vec![TrackPlan {
            name: "Basket".to_owned(),
            tasks,
            ..TrackPlan::default()
        }],
        ..Start::default()
    });
    track
        .send(
            &agent(),
            &Command::Report {
                phase: Some("PLANUNG".to_owned()),
                progress: None,
                message: None,
                tasks: vec![task("read", TaskStatus::Completed)],
            },
        )
        .expect("reported");
    assert_eq!(
        track.pipeline.phase().progress_source,
        ProgressSource::Tasks { done: 1, total: 2 }
    );
    assert_eq!(
        track.pipeline.tracks.len(),
        1,
        "a task is found by its name"
    );
}

#[test]
fn bounds_and_names_are_checked_in_words() {
    let mut track = Track::new();
    for progress in [-3, 101, 140, i64::MAX] {
        let refusal = track.refused(&agent(), &report(Some(progress)));
        assert!(
            refusal.what.contains(&progress.to_string()) && refusal.allowed.contains("100"),
            "{refusal}"
        );
    }
    for (phase, reason) in [
        ("CREATE", Reason::WrongPhase),
        ("VAN", Reason::WrongPhase),
        ("<b>", Reason::Invalid),
    ] {
        let command = Command::Report {
            phase: Some(phase.to_owned()),
            progress: None,
            message: None,
            tasks: vec![],
        };
        assert_eq!(track.refused(&agent(), &command).reason, reason, "{phase}");
    }
    assert_eq!(
        track.refused(&agent(), &hand_over(" \n\t")).reason,
        Reason::Invalid
    );
    assert_eq!(
        track
            .refused(&agent(), &hand_over(&"x".repeat(3_000_000)))
            .reason,
        Reason::TooLarge
    );
}

#[test]
fn stopping_ends_the_pipeline_and_says_so_to_everybody() {
    let mut track = Track::new();
    track.hand_over("# Plan");
    track
        .decide(1, Verdict::Stop, "Not needed any more.")
        .expect("stopped");
    assert_eq!(track.pipeline.status, Status::Cancelled);
    assert_eq!(
        track.pipeline.handovers[0]
            .decision(1)
            .expect("made")
            .decision,
        Verdict::Stop
    );
    for command in [
        report(Some(1)),
        hand_over("# More"),
        Command::Finish {
            outcome: Outcome::Failed,
            message: None,
        },
    ] {
        assert_eq!(track.refused(&agent(), &command).reason, Reason::Ended);
    }
}

#[test]
fn completing_before_the_last_phase_is_refused() {
    let mut track = Track::new();
    for actor in [agent(), person(), Actor::system()] {
        let refusal = track.refused(&actor, &completed());
        assert_eq!(refusal.reason, Reason::NotYourTurn);
        assert!(refusal.what.contains("CREATE"), "{refusal}");
        let for_agents = refusal.next.contains("save_handover_content");
        assert_eq!(for_agents, actor != person(), "{refusal}");
    }
    track.hand_over("# Plan");
    let handover = track.handover().to_string();
    let refusal = track.refused(&agent(), &completed());
    assert!(
        refusal.next.contains("await_handover_decision"),
        "{refusal}"
    );
    assert!(refusal.next.contains(&handover), "{refusal}");
    let refusal = track.refused(&person(), &completed());
    assert!(!refusal.next.contains("await_"), "for a person: {refusal}");
    track
        .send(
            &agent(),
            &Command::Finish {
                outcome: Outcome::Failed,
                message: Some("No disk".to_owned()),
            },
        )
        .expect("failed");
    assert_eq!(track.pipeline.status, Status::Failed);
    assert_eq!(
        track.pipeline.open_handover(),
        None,
        "nobody is asked to decide about an ended pipeline"
    );
}

#[test]
fn only_an_accepted_last_phase_completes_a_pipeline_of_an_agent() {
    let mut track = in_the_last_phase();
    for actor in [agent(), Actor::system()] {
        let refusal = track.refused(&actor, &completed());
        assert_eq!(refusal.reason, Reason::OnlyPeopleDecide);
        assert!(refusal.what.contains("CREATE"), "{refusal}");
        assert!(refusal.allowed.contains("`failed`"), "{refusal}");
        assert!(refusal.next.contains("save_handover_content"), "{refusal}");
    }
    track.hand_over("# Created");
    let refusal = track.refused(&agent(), &completed());
    assert_eq!(refusal.reason, Reason::OnlyPeopleDecide);
    assert!(
        refusal.next.contains("await_handover_decision"),
        "{refusal}"
    );
    track
        .decide(1, Verdict::RequestChanges, "Tests?")
        .expect("decided");
    track.refused(&agent(), &completed());
    track.write_prompt();
    let refusal = track.refused(&agent(), &completed());
    assert!(refusal.next.contains("get_next_prompt"), "{refusal}");
    track.hand_over("# Created, with tests");
    track.decide(2, Verdict::Accept, "").expect("accepted");
    assert_eq!(track.pipeline.status, Status::Completed);
    assert_eq!(track.send(&agent(), &completed()), Ok(vec![]), "it is so");
}

#[test]
fn a_person_completes_a_pipeline_in_its_last_phase() {
    let mut track = in_the_last_phase();
    track.send(&person(), &completed()).expect("completed");
    assert_eq!(track.pipeline.status, Status::Completed);
}

/// `sqlite3 .recover` may leave the acceptance of the last phase without the completion that came with it.
#[test]
fn a_pipeline_whose_last_phase_is_accepted_can_be_completed_by_anybody() {
    let mut track = in_the_last_phase();
    track.hand_over("# Created");
    let handover = track.pipeline.handovers[1].id.clone();
    let accepted = Event::HandoverAccepted {
        handover,
        revision: 1,
        review_changes: String::new(),
    };
    track.pipeline.apply(&record(
        &track.id.clone(),
        track.pipeline.revision + 1,
        &person(),
        accepted,
    ));
    assert_eq!(track.pipeline.status, Status::HandingOver);
    track.send(&agent(), &completed()).expect("completed");
    assert_eq!(track.pipeline.status, Status::Completed);
}

#[test]
fn phases_cannot_be_named_twice_under_two_spellings() {
    let phases = ["IMPLEMENT", "implementation"].map(str::to_owned).to_vec();
    let start = Start {
        project: "p".to_owned(),
        title: "t".to_owned(),
        phases,
        ..Start::default()
    };
    assert_eq!(
        decide_start(&start).expect_err("twice").reason,
        Reason::Invalid
    );
}

#[test]
fn only_ended_pipelines_are_archived() {
    let mut track = Track::new();
    let refusal = track.refused(&person(), &Command::Archive);
    assert!(refusal.what.contains("is still open"), "{refusal}");
    track.hand_over("# Plan");
    let refusal = track.refused(&person(), &Command::Archive);
    assert_eq!(refusal.reason, Reason::NotYourTurn);
    let handover = track.handover().to_string();
    assert!(refusal.what.contains(&handover), "{refusal}");
    track.decide(1, Verdict::Accept, "").expect("accepted");
    track.refused(&person(), &Command::Archive);
    track.cancel();
    track
        .send(&person(), &Command::Archive)
        .expect("it has ended");
    assert!(track.pipeline.archived.is_some());
    assert_eq!(track.pipeline.status, Status::Cancelled);
    assert_eq!(track.pipeline.baton(), Baton::Nobody);
}

#[test]
fn archiving_is_for_people_and_the_system_and_happens_once() {
    let mut track = Track::new();
    track.cancel();
    assert_eq!(track.send(&person(), &Command::Unarchive), Ok(vec![]));
    for command in [Command::Archive, Command::Unarchive] {
        let refusal = track.refused(&agent(), &command);
        assert_eq!(refusal.reason, Reason::NotPermitted);
    }
    let archived = Ok(vec![Event::PipelineArchived {}]);
    assert_eq!(track.send(&Actor::system(), &Command::Archive), archived);
    assert_eq!(track.send(&person(), &Command::Archive), Ok(vec![]));
    let back = Ok(vec![Event::PipelineUnarchived {}]);
    assert_eq!(track.send(&person(), &Command::Unarchive), back);
    assert_eq!(track.pipeline.archived, None);
    let lines: Vec<_> = track.pipeline.log.iter().map(|line| &line.what).collect();
    assert!(
        matches!(lines[..], [.., What::Archived, What::Unarchived]),
        "{lines:?}"
    );
}
