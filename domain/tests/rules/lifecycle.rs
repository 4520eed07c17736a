//! How a pipeline starts and ends.

use domain::{Actor, Command, Event, Outcome, Reason, Start, Status, Verdict, decide_start};

use crate::support::*;

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

#[test]
fn a_pipeline_whose_last_phase_is_accepted_can_be_completed_by_anybody() {
    let mut track = in_the_last_phase();
    track.hand_over("# Created");
    let handover = track.pipeline.handovers[1].id.clone();
    let accepted = Event::HandoverAccepted {
        handover,
        revision: 1,
        review_changes: String::new(),
        proof: None,
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
