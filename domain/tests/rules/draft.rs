//! A prompt before it leaves: held, changed, sent.

use domain::{
    Actor, Baton, Command, Held, PromptId, Reason, Verdict, Via, What, Writer, WriterKind,
    limits::PROMPT_VERSIONS_MAX,
};

use crate::support::{Track, agent, person};

fn by_dana() -> Writer {
    Writer {
        kind: WriterKind::Person,
        name: "Dana".to_owned(),
        why: None,
        took_ms: 0,
    }
}

fn revise(prompt: &PromptId, base: u32, text: &str) -> Command {
    Command::RevisePrompt {
        prompt: prompt.clone(),
        base,
        text: text.to_owned(),
        writer: by_dana(),
        hint: None,
    }
}

fn send(prompt: &PromptId, version: u32) -> Command {
    Command::SendPrompt {
        prompt: prompt.clone(),
        version,
    }
}

fn pick_up(prompt: &PromptId) -> Command {
    Command::PickUpPrompt {
        prompt: prompt.clone(),
        via: Via::Pull,
    }
}

/// A pipeline whose accepted PLAN leads to a prompt for CREATE.
fn accepted(hold: Option<Held>) -> (Track, PromptId) {
    let mut track = Track::new();
    track.hand_over("# Plan");
    track.decide(1, Verdict::Accept, "").expect("accepted");
    let prompt = track.write_held_prompt(hold);
    (track, prompt)
}

#[test]
fn a_held_prompt_reaches_nobody_until_a_person_sends_it() {
    let (mut track, prompt) = accepted(Some(Held::ToLook));
    assert_eq!(track.pipeline.baton(), Baton::Person);
    let offer = Command::OfferPrompt {
        prompt: prompt.clone(),
        via: Via::Copy,
    };
    let report = Command::Report {
        phase: None,
        progress: Some(3),
        message: None,
        tasks: vec![],
    };
    for (actor, command) in [
        (agent(), pick_up(&prompt)),
        (
            agent(),
            Command::AcknowledgePrompt {
                prompt: prompt.clone(),
            },
        ),
        (agent(), report),
        (person(), offer),
    ] {
        let refusal = track.send(&actor, &command).expect_err("held");
        assert_eq!(refusal.reason, Reason::NotYourTurn, "{command:?}");
        assert!(refusal.to_string().contains("looks at"), "{refusal}");
    }
    let refusal = track
        .send(&agent(), &send(&prompt, 1))
        .expect_err("an agent");
    assert_eq!(refusal.reason, Reason::OnlyPeopleDecide);

    track.send(&person(), &send(&prompt, 1)).expect("sent");
    assert_eq!(track.pipeline.baton(), Baton::InTransit);
    track.send(&agent(), &pick_up(&prompt)).expect("picked up");
    assert_eq!(track.pipeline.baton(), Baton::Agent);
    let again = track
        .send(&person(), &send(&prompt, 1))
        .expect("it is sent");
    assert!(again.is_empty());
}

#[test]
fn a_changed_prompt_waits_to_be_sent_even_if_it_was_out() {
    let (mut track, prompt) = accepted(None);
    assert_eq!(track.pipeline.baton(), Baton::InTransit);
    track
        .send(&person(), &revise(&prompt, 1, "Go on, but slowly."))
        .expect("changed");
    let changed = track.pipeline.held_prompt().expect("held");
    assert_eq!((changed.version, changed.held), (2, Some(Held::Changed)));
    assert_eq!(changed.writer, by_dana());

    let stale = track
        .send(&person(), &revise(&prompt, 1, "Go on, fast."))
        .expect_err("made from version 1");
    assert_eq!(stale.reason, Reason::StaleRevision);
    assert!(stale.to_string().contains("not lost"), "{stale}");
    let stale = track
        .send(&person(), &send(&prompt, 1))
        .expect_err("unseen");
    assert_eq!(stale.reason, Reason::StaleRevision);

    let choose = |version| Command::ChoosePromptVersion {
        prompt: prompt.clone(),
        version,
    };
    track.send(&person(), &choose(1)).expect("chosen");
    let first = track.pipeline.held_prompt().expect("held");
    assert_eq!((first.version, first.versions.len()), (1, 2));
    assert_eq!(first.document, first.versions[0].document);
    assert_eq!(
        track.pipeline.log.last().map(|entry| &entry.what),
        Some(&What::PromptVersion { version: 1 })
    );
    let missing = track.send(&person(), &choose(3)).expect_err("none");
    assert_eq!(missing.reason, Reason::NotFound);

    track.send(&person(), &send(&prompt, 1)).expect("sent");
    track.send(&agent(), &pick_up(&prompt)).expect("picked up");
    let late = track
        .send(&person(), &revise(&prompt, 1, "Stop."))
        .expect_err("an agent has it");
    assert!(late.to_string().contains("note"), "{late}");
}

#[test]
fn what_people_chose_for_a_phase_goes_before_the_settings_and_a_secret_before_both() {
    let hold = |phases: &[&str]| Command::HoldPrompts {
        phases: phases.iter().map(ToString::to_string).collect(),
    };
    for (chosen, settings, held) in [
        (None, None, None),
        (None, Some(Held::ToLook), Some(Held::ToLook)),
        (Some(&["creative"][..]), None, Some(Held::ToLook)),
        (Some(&["PLAN"][..]), Some(Held::ToLook), None),
        (Some(&[][..]), Some(Held::Secrets), Some(Held::Secrets)),
        (
            Some(&["CREATE"][..]),
            Some(Held::Secrets),
            Some(Held::Secrets),
        ),
    ] {
        let mut track = Track::new();
        if let Some(phases) = chosen {
            track.send(&person(), &hold(phases)).expect("chosen");
            let again = track.send(&person(), &hold(phases)).expect("known");
            assert!(again.is_empty());
        }
        track.hand_over("# Plan");
        track.decide(1, Verdict::Accept, "").expect("accepted");
        track.write_held_prompt(settings);
        let found = track.pipeline.held_prompt().and_then(|prompt| prompt.held);
        assert_eq!(found, held, "{chosen:?} {settings:?}");
    }
    let mut track = Track::new();
    let refusal = track.send(&person(), &hold(&["NOPE"])).expect_err("none");
    assert!(refusal.to_string().contains("NOPE"), "{refusal}");
    let refusal = track.send(&agent(), &hold(&[])).expect_err("an agent");
    assert_eq!(refusal.reason, Reason::OnlyPeopleDecide);
}

#[test]
fn versions_are_bounded_and_belong_to_the_prompt_that_waits() {
    let (mut track, prompt) = accepted(None);
    for base in 1..PROMPT_VERSIONS_MAX {
        let text = format!("Version {}.", base + 1);
        track
            .send(&person(), &revise(&prompt, base, &text))
            .expect("one more");
    }
    let refusal = track
        .send(&person(), &revise(&prompt, PROMPT_VERSIONS_MAX, "More."))
        .expect_err("too many");
    assert!(refusal.to_string().contains("at most 50"), "{refusal}");

    track
        .send(&person(), &send(&prompt, PROMPT_VERSIONS_MAX))
        .expect("sent");
    track.send(&agent(), &pick_up(&prompt)).expect("picked up");
    track.hand_over("# Create");
    track
        .decide(1, Verdict::RequestChanges, "smaller")
        .expect("decided");
    let newer = track.write_prompt();
    for actor in [Actor::system(), agent()] {
        let refusal = track
            .send(&actor, &revise(&newer, 1, "Mine."))
            .expect_err("not a person");
        assert_eq!(refusal.reason, Reason::OnlyPeopleDecide);
    }
}
