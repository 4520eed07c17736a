//! How far a prompt got: its delivery receipt.

use domain::{Decision, DeliveryState, Status, Timestamp, Writer, WriterKind};
use leptos::prelude::*;
use protocol::{HandoverRef, PromptRef, Summary};

use super::{time::Ago, when::When};
use crate::{
    Lang,
    board::use_board,
    follow::{StatusSignal, flag, maybe, text, word},
    standing::{self, step},
    wording,
};
use wording::{age, pipeline};

/// How many steps there are.
const STEPS: usize = 6;
/// Which of them is the offer.
const OFFERED: usize = 2;
/// A step that has to come and has not after this time is missing, in milliseconds: as long as people are told of it
/// (`server/src/notify/overdue.rs`).
const MISSING_AFTER: i64 = 5 * 60 * 1_000;

/// One step of the way.
#[derive(Clone)]
struct Step {
    name: fn(Lang) -> &'static str,
    class: &'static str,
    at: Option<Timestamp>,
    about: String,
}

/// The steps from the decision to the running agent.
#[component]
pub(crate) fn PromptSteps(
    /// The pipeline.
    status: StatusSignal,
) -> impl IntoView {
    let board = use_board();
    let steps = Signal::derive(move || {
        let prompt = board.prompt_steps(status);
        let with = |handovers: &[HandoverRef]| {
            status.with(|status| {
                steps_of(
                    board.lang.get(),
                    &board.reader(),
                    status,
                    prompt.as_ref(),
                    handovers,
                )
            })
        };
        board
            .with_detail(status, |more| with(&more.handovers))
            .unwrap_or_else(|| with(&[]))
    });
    let missing = Memo::new(move |_| {
        let ended = status.with(|status| status.status.has_ended() || status.paused.is_some());
        missing(&steps.get(), board.now.get()).filter(|_| !ended)
    });
    let line = move |index: usize| {
        let step = move || steps.with(|steps| steps[index].clone());
        let name = word(move || (step().name)(board.lang.get()));
        let taken = flag(move || step().at.is_some());
        let at = Signal::derive(move || step().at.unwrap_or(board.now.get_untracked()));
        view! {
            <li class=word(move || if missing.get() == Some(index) { "missing" } else { step().class }) aria-current=maybe(move || matches!(step().class, "now" | "held").then(|| "step".to_owned()))>
                <b>{name}</b>
                <span>{text(move || match missing.get() {
                    Some(at) if at == index => late(board.lang.get(), &steps.get(), board.now.get()),
                    _ => step().about,
                })}</span>
                <When holds=taken><Ago at/></When>
            </li>
        }
    };
    view! {
        <ol class="steps" aria-label=board.t(Lang::way_of_the_prompt)>
            {(0..STEPS).map(line).collect_view()}
        </ol>
        <p class="alarm" role="status">{word(move || next_way(board.lang.get(), missing.get()))}</p>
    }
    .into_inner()
}

/// The step that should have been taken by now. Nobody has to offer a prompt: an agent may come for it.
fn missing(steps: &[Step; STEPS], now: Timestamp) -> Option<usize> {
    let due = steps.iter().position(|step| step.class == "now")?;
    let due = if due == OFFERED { due + 1 } else { due };
    (waited(steps, now)? > MISSING_AFTER).then_some(due)
}

/// How long the newest step is ago.
fn waited(steps: &[Step; STEPS], now: Timestamp) -> Option<i64> {
    let newest = steps.iter().filter_map(|step| step.at).max()?;
    Some(now.millis_since(newest))
}

fn late(lang: Lang, steps: &[Step; STEPS], now: Timestamp) -> String {
    lang.step_missing(&age::span(lang, waited(steps, now).unwrap_or_default()))
}

/// What a person can do about a missing step. What Staffel can try by itself it has tried.
fn next_way(lang: Lang, missing: Option<usize>) -> &'static str {
    match missing {
        Some(..=OFFERED) => lang.alarm_not_written(),
        Some(3) => lang.alarm_not_picked_up(),
        Some(_) => lang.alarm_not_confirmed(),
        None => "",
    }
}

/// `whole` is the newest prompt with its steps, `handovers` every revision that is known.
fn steps_of(
    lang: Lang,
    reader: &str,
    status: &Summary,
    whole: Option<&PromptRef>,
    handovers: &[HandoverRef],
) -> [Step; STEPS] {
    let prompt = whole.filter(|_| standing::prompt_shown(status).is_some());
    // The decision that the prompt was written for; a newer handover may be here by now.
    let same = |about: &&HandoverRef| {
        prompt.is_none_or(|prompt| {
            (&prompt.handover, prompt.revision) == (&about.handover, about.revision)
        })
    };
    let newest = status.handover.as_ref();
    let about = newest.filter(same).or_else(|| handovers.iter().find(same));
    let decision = about.and_then(|about| about.decision.as_ref());
    // What has not been seen when the phase it was for is over will not be.
    let over = status.status == Status::AwaitingReview || status.status.has_ended();
    steps(lang, reader, decision, prompt, over)
}

fn steps(
    lang: Lang,
    reader: &str,
    decision: Option<&Decision>,
    prompt: Option<&PromptRef>,
    over: bool,
) -> [Step; STEPS] {
    let reached = prompt.map(|prompt| prompt.state);
    let of = |name, state: DeliveryState, about: String| {
        let taken = prompt.and_then(|prompt| step(prompt, state));
        let class = match reached {
            _ if taken.is_some() => "ok",
            // A later step was seen: this one happened unseen, or was left out.
            Some(reached) if reached > state || over => "skipped",
            _ => "",
        };
        let about = match (class, taken) {
            ("skipped", _) => lang.step_skipped().to_owned(),
            (_, Some(_)) => about,
            _ => String::new(),
        };
        Step {
            name,
            class,
            at: taken.map(|delivery| delivery.at),
            about,
        }
    };
    let by = |state| {
        prompt
            .and_then(|prompt| step(prompt, state))
            .map_or_else(String::new, |delivery| {
                let who = wording::who(lang, reader, &delivery.by);
                delivery.via.map_or_else(
                    || who.to_owned(),
                    |via| lang.step_by(who, pipeline::via(lang, via)),
                )
            })
    };
    let decided = Step {
        name: Lang::step_decided,
        class: "ok",
        at: decision.map(|decision| decision.at),
        about: decision.map_or_else(String::new, |decision| {
            if decision.policy_by.is_some() {
                return lang.step_decided_by_policy().to_owned();
            }
            wording::who(lang, reader, &decision.by).to_owned()
        }),
    };
    let mut steps = [
        decided,
        of(
            Lang::step_written,
            DeliveryState::Written,
            prompt.map_or_else(String::new, |prompt| writer(lang, reader, &prompt.writer)),
        ),
        of(
            Lang::step_offered,
            DeliveryState::Offered,
            prompt.map_or_else(String::new, |prompt| pipeline::offered(lang, prompt)),
        ),
        of(
            Lang::step_picked_up,
            DeliveryState::PickedUp,
            by(DeliveryState::PickedUp),
        ),
        of(
            Lang::step_acknowledged,
            DeliveryState::Acknowledged,
            by(DeliveryState::Acknowledged),
        ),
        of(
            Lang::step_running,
            DeliveryState::Running,
            by(DeliveryState::Running),
        ),
    ];
    let held = prompt.is_some_and(|prompt| prompt.held.is_some());
    if let Some(now) = steps.iter_mut().find(|step| step.class.is_empty()) {
        now.class = "now";
        // Nothing is missing, however long it takes.
        if held {
            now.class = "held";
            lang.step_held().clone_into(&mut now.about);
        }
    }
    steps
}

/// `gpt-5, 3 s`; a template needs no clock.
fn writer(lang: Lang, reader: &str, writer: &Writer) -> String {
    match writer.kind {
        WriterKind::Model => format!("{}, {}", writer.name, age::took(lang, writer.took_ms)),
        WriterKind::Person if writer.name == reader => lang.you().to_owned(),
        WriterKind::Template | WriterKind::Person | WriterKind::Unknown => {
            pipeline::writer_name(lang, &writer.name).to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Actor, Delivery, HandoverId, PhaseName, PipelineId, PromptId, Purpose};

    use super::*;

    fn prompt(states: &[DeliveryState]) -> PromptRef {
        let pipeline = PipelineId::new(Timestamp::from_millis(0), 1);
        let delivery = |state| Delivery {
            state,
            via: None,
            by: Actor::agent("cursor"),
            at: Timestamp::from_millis(9),
        };
        PromptRef {
            prompt_id: PromptId::new(pipeline.clone(), 1),
            handover: HandoverId::new(pipeline, 1),
            revision: 1,
            phase: PhaseName::parse("PLAN").expect("a phase"),
            hash: domain::DocumentHash::of("Go on."),
            bytes: 6,
            written: Timestamp::from_millis(9),
            purpose: Purpose::NextPhase,
            writer: Writer {
                kind: WriterKind::Template,
                name: "template".to_owned(),
                why: None,
                took_ms: 0,
            },
            version: 1,
            held: None,
            versions: vec![],
            state: states.iter().copied().max().expect("a state"),
            deliveries: states.iter().copied().map(delivery).collect(),
        }
    }

    fn classes(prompt: Option<&PromptRef>) -> Vec<&'static str> {
        steps(Lang::En, "", None, prompt, false)
            .into_iter()
            .map(|step| step.class)
            .collect()
    }

    #[test]
    fn exactly_one_step_is_due_until_the_agent_runs() {
        use DeliveryState::{Acknowledged, Offered, PickedUp, Running, Written};
        assert_eq!(classes(None), ["ok", "now", "", "", "", ""]);
        assert_eq!(
            classes(Some(&prompt(&[Written]))),
            ["ok", "ok", "now", "", "", ""]
        );
        assert_eq!(
            classes(Some(&prompt(&[Written, Offered, PickedUp]))),
            ["ok", "ok", "ok", "ok", "now", ""]
        );
        let all = [Written, Offered, PickedUp, Acknowledged, Running];
        assert_eq!(classes(Some(&prompt(&all))), ["ok"; 6]);
    }

    #[test]
    fn a_step_that_has_to_come_is_missing_after_five_minutes() {
        use DeliveryState::{Acknowledged, Offered, PickedUp, Running, Written};
        let due = |states: &[DeliveryState], minutes: i64| {
            let prompt = prompt(states);
            let steps = steps(Lang::En, "", None, Some(&prompt), false);
            missing(&steps, Timestamp::from_millis(9 + minutes * 60_000 + 1))
        };
        assert_eq!(due(&[Written], 4), None);
        assert_eq!(due(&[Written], 5), Some(3), "nobody has to offer it");
        assert_eq!(due(&[Written, Offered], 5), Some(3));
        assert_eq!(due(&[Written, PickedUp], 5), Some(4));
        assert_eq!(due(&[Written, PickedUp, Acknowledged], 5), Some(5));
        assert_eq!(due(&[Written, PickedUp, Acknowledged, Running], 500), None);
    }

    #[test]
    fn a_held_prompt_waits_and_nothing_is_missing() {
        use DeliveryState::{Offered, Written};
        for (states, due) in [(&[Written][..], OFFERED), (&[Written, Offered][..], 3)] {
            let held = PromptRef {
                held: Some(domain::Held::ToLook),
                ..prompt(states)
            };
            let steps = steps(Lang::En, "", None, Some(&held), false);
            assert_eq!(steps[due].class, "held");
            assert_eq!(steps[due].about, "waits for a person");
            assert_eq!(missing(&steps, Timestamp::from_millis(i64::MAX)), None);
        }
    }

    #[test]
    fn the_decision_stays_when_a_newer_handover_arrives() {
        let at = Timestamp::from_millis(7);
        let decided = |number, decision| HandoverRef {
            handover: HandoverId::new(PipelineId::new(Timestamp::from_millis(0), 1), number),
            phase: PhaseName::parse("VAN").expect("a phase"),
            next_phase: None,
            revision: 1,
            hash: domain::DocumentHash::of("Done."),
            shown: None,
            pending: None,
            bytes: 5,
            summary: "Done.".to_owned(),
            by: Actor::agent("cursor"),
            at,
            approval: None,
            decision,
        };
        let accepted = Decision {
            decision: domain::Verdict::Accept,
            note: String::new(),
            by: Actor::person("Anna"),
            at,
            proof: None,
            policy_by: None,
        };
        let prompt = prompt(&[DeliveryState::Written]);
        let status = Summary {
            status: Status::AwaitingReview,
            handover: Some(decided(2, None)),
            prompt: Some(prompt.clone()),
            ..crate::samples::summary(1)
        };
        let known = [decided(1, Some(accepted)), decided(2, None)];
        let first = |known: &[HandoverRef]| {
            let [first, ..] = steps_of(Lang::En, "", &status, Some(&prompt), known);
            (first.about, first.at)
        };
        assert_eq!(first(&known), ("Anna".to_owned(), Some(at)));
        assert_eq!(first(&known[1..]), (String::new(), None));
    }

    #[test]
    fn a_step_that_nobody_saw_is_not_invented() {
        use DeliveryState::{PickedUp, Running, Written};
        assert_eq!(
            classes(Some(&prompt(&[Written, PickedUp, Running]))),
            ["ok", "ok", "skipped", "ok", "skipped", "ok"]
        );
        let over = steps(
            Lang::En,
            "",
            None,
            Some(&prompt(&[Written, PickedUp])),
            true,
        );
        assert_eq!(over.last().map(|step| step.class), Some("skipped"));
    }
}
