//! Sessions of assistants, and prompts that reach them by a hook.

use domain::{Command, DeliveryState, Event, Reason, Session, Verdict, Via, What};

use crate::support::*;

fn join(id: &str) -> Command {
    Command::JoinSession {
        session: Session {
            client: "codex".to_owned(),
            id: id.to_owned(),
            folder: "/home/dana/shop".to_owned(),
        },
    }
}

#[test]
fn a_session_joins_once_and_gives_way_to_the_next() {
    let mut track = Track::new();
    let joined = track.send(&agent(), &join("s1")).expect("a session");
    assert!(matches!(&joined[..], [Event::SessionJoined { session }] if session.id == "s1"));
    assert_eq!(track.send(&agent(), &join("s1")), Ok(vec![]));
    track.send(&agent(), &join("s2")).expect("another one");
    let session = track.pipeline.session.clone().expect("it is known");
    assert_eq!(session.id, "s2");
    assert!(matches!(
        &track.pipeline.log.last().expect("a line").what,
        What::SessionJoined { client, .. } if client == "codex"
    ));
    let refusal = track.refused(&agent(), &join(&"x".repeat(201)));
    assert!(refusal.what.contains("`session`"), "{refusal}");
    track.cancel();
    let refusal = track.refused(&agent(), &join("s3"));
    assert_eq!(refusal.reason, Reason::Ended);
}

#[test]
fn an_agent_that_goes_on_after_a_hook_has_the_prompt_from_it() {
    for (offered, picked_up) in [(Via::Hook, Via::Hook), (Via::Copy, Via::Report)] {
        let mut track = Track::new();
        track.hand_over("# Plan");
        track.decide(1, Verdict::Accept, "").expect("accepted");
        let prompt = track.write_prompt();
        let offer = Command::OfferPrompt {
            prompt: prompt.clone(),
            via: offered,
        };
        track.send(&agent(), &offer).expect("an offer");
        track.send(&agent(), &report(Some(1))).expect("a report");
        let delivered = track.pipeline.prompt(&prompt).expect("it is there");
        let mut steps = delivered.deliveries.iter();
        let step = steps.find(|step| step.state == DeliveryState::PickedUp);
        assert_eq!(step.and_then(|step| step.via), Some(picked_up));
    }
}
