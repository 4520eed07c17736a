//! The loop as people and agents live it.

use domain::{Baton, Command, DeliveryState, Reason, Status, Verdict, Via};

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
