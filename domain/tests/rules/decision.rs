//! Decisions about handovers: by whom, about what, and what follows.

use domain::{
    Actor, Command, DocumentHash, HandoverId, Outcome, Proposal, Purpose, Reason, Status, Verdict,
    Via,
};

use crate::support::*;

#[test]
fn only_people_decide() {
    let mut track = Track::new();
    track.hand_over("# Plan");
    for actor in [agent(), Actor::system()] {
        let command = Command::Decide(Proposal {
            handover: track.handover(),
            revision: 1,
            read: None,
            decision: Verdict::Accept,
            review_changes: String::new(),
            review: domain::Review::default(),
            undo_seconds: 0,
            proof: None,
        });
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
    let about = |text: &str| {
        Command::Decide(Proposal {
            handover: HandoverId::new(track.id.clone(), 1),
            revision: 1,
            read: Some(DocumentHash::of(text)),
            decision: Verdict::Accept,
            review_changes: String::new(),
            review: domain::Review::default(),
            undo_seconds: 0,
            proof: None,
        })
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
fn the_same_handover_sent_twice_is_one_revision() {
    let mut track = Track::new();
    track.hand_over("# Plan");
    assert_eq!(track.send(&agent(), &hand_over("# Plan\r\n")), Ok(vec![]));
}
