//! Archiving ended pipelines.

use domain::{Actor, Baton, Command, Event, Reason, Status, Verdict, What};

use crate::support::*;

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
