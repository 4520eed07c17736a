//! Sessions of assistants, and prompts that reach them by a hook.

use domain::{Actor, Baton, Command, DeliveryState, Event, Reason, Session, Verdict, Via, What};

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
    let refusal = track.refused(&agent(), &join("--dangerous"));
    assert!(refusal.allowed.contains("hyphen"), "{refusal}");
    track.cancel();
    let refusal = track.refused(&agent(), &join("s3"));
    assert_eq!(refusal.reason, Reason::Ended);
}

#[test]
fn an_agent_that_goes_on_after_a_hook_has_the_prompt_from_it() {
    for (offered, picked_up) in [
        (Via::Hook, Via::Hook),
        (Via::Copy, Via::Report),
        (Via::File, Via::File),
    ] {
        let mut track = Track::new();
        track.hand_over("# Plan");
        track.decide(1, Verdict::Accept, "").expect("accepted");
        let prompt = track.write_prompt();
        let offer = Command::OfferPrompt {
            prompt: prompt.clone(),
            via: offered,
        };
        track.send(&agent(), &offer).expect("an offer");
        // Every prompt lies in the folder, whichever way it goes.
        let file = Command::OfferPrompt {
            prompt: prompt.clone(),
            via: Via::File,
        };
        track.send(&Actor::system(), &file).expect("an offer");
        track.send(&agent(), &report(Some(1))).expect("a report");
        let delivered = track.pipeline.prompt(&prompt).expect("it is there");
        let mut steps = delivered.deliveries.iter();
        let step = steps.find(|step| step.state == DeliveryState::PickedUp);
        assert_eq!(step.and_then(|step| step.via), Some(picked_up));
    }
}

#[test]
fn what_a_hook_sees_is_a_sign_of_life_of_an_agent_at_work() {
    let mut track = Track::new();
    track.wait(100);
    let seen = |calls| Command::NoteActivity { calls };
    let events = track.send(&agent(), &seen(3)).expect("it works");
    assert_eq!(events, [Event::ActivitySeen { calls: 3 }]);
    assert_eq!(
        track.pipeline.last_sign_of_life,
        track.pipeline.activity[0].at
    );
    assert_eq!(track.send(&agent(), &seen(0)), Ok(vec![]));
    for _ in 0..100 {
        track.send(&agent(), &seen(1)).expect("it works");
    }
    assert_eq!(track.pipeline.activity.len(), 10, "the newest");
    track.hand_over("# Plan");
    assert_eq!(track.send(&agent(), &seen(1)), Ok(vec![]));
    assert_eq!(track.pipeline.baton(), Baton::Person);
}
