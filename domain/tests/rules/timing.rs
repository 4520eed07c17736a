//! How long people take, and how often an agent is heard of.

use domain::{Actor, Command, Event, Outcome, Timestamp, Verdict, Version};

use crate::support::*;

const MINUTE: i64 = 60;

impl Track {
    /// The agent says something `seconds` after it was heard of last.
    fn report_after(&mut self, seconds: i64) {
        self.wait(seconds - 1);
        self.send(&agent(), &report(None)).expect("reported");
    }

    fn usual_gap(&self) -> u64 {
        self.pipeline.usual_gap_ms
    }
}

#[test]
fn two_gaps_make_a_usual_one() {
    let mut track = Track::new();
    assert_eq!(track.usual_gap(), 0);
    track.report_after(40);
    assert_eq!(track.usual_gap(), 0, "one gap says nothing");
    track.report_after(40);
    assert_eq!(track.usual_gap(), 40_000);
}

#[test]
fn the_usual_gap_follows_longer_gaps_at_once_and_shorter_ones_slowly() {
    let mut track = Track::new();
    for _ in 0..3 {
        track.report_after(40);
    }
    track.report_after(80);
    assert_eq!(track.usual_gap(), 60_000);
    track.report_after(20);
    assert_eq!(track.usual_gap(), 55_000);
    for _ in 0..60 {
        track.report_after(20);
    }
    let settled = track.usual_gap();
    assert!((20_000..20_100).contains(&settled), "{settled}");
}

#[test]
fn calls_in_a_row_are_one_sign_of_life() {
    let mut track = Track::new();
    for _ in 0..3 {
        track.report_after(60);
        let tasks =
            (0..5).map(|n| task(&format!("task {n} at {}", track.clock), Default::default()));
        let command = Command::Report {
            phase: None,
            progress: Some(1),
            message: Some("At work.".to_owned()),
            tasks: tasks.collect(),
        };
        track.wait(-1);
        track.send(&agent(), &command).expect("reported");
    }
    assert_eq!(track.usual_gap(), 60_000);
}

#[test]
fn a_night_is_no_usual_gap() {
    let mut track = Track::new();
    track.report_after(MINUTE);
    track.report_after(MINUTE);
    track.report_after(12 * 60 * MINUTE);
    assert_eq!(track.usual_gap(), 1_830_000, "it counts as an hour");
}

#[test]
fn only_an_agent_that_has_the_baton_is_measured() {
    let mut track = Track::new();
    track.report_after(MINUTE);
    track.wait(30 * MINUTE);
    let version = Version {
        current: Some("1.10".to_owned()),
        ..Version::default()
    };
    let command = Command::ChangeVersion { version };
    track.send(&person(), &command).expect("changed");
    track.wait(-30 * MINUTE - 1);
    track.report_after(MINUTE);
    assert_eq!(track.usual_gap(), 60_000, "a person is no sign of an agent");

    track.wait(MINUTE - 1);
    track.hand_over("# Plan");
    track.wait(50 * MINUTE);
    track.hand_over("# Plan, better");
    track.wait(50 * MINUTE);
    track
        .decide(2, Verdict::RequestChanges, "Smaller.")
        .expect("decided");
    track.write_prompt();
    track.wait(50 * MINUTE);
    track.send(&agent(), &report(None)).expect("picked up");
    assert_eq!(track.usual_gap(), 60_000, "nobody waited for the agent");
    track.report_after(MINUTE);
    assert_eq!(track.usual_gap(), 60_000, "the phase goes on");
}

#[test]
fn every_phase_has_its_own_usual_gap() {
    let mut track = Track::new();
    track.report_after(MINUTE);
    track.report_after(MINUTE);
    track.hand_over("# Plan");
    track.decide(1, Verdict::Accept, "").expect("accepted");
    track.write_prompt();
    track.send(&agent(), &report(None)).expect("picked up");
    assert_eq!(track.usual_gap(), 0);
    track.report_after(10);
    assert_eq!(track.usual_gap(), 0);
    track.report_after(10);
    assert_eq!(track.usual_gap(), 10_000);
}

#[test]
fn waits_for_people_add_up() {
    let mut track = Track::new();
    track.wait(5 * MINUTE);
    track.hand_over("# Plan");
    assert_eq!(track.pipeline.waited_ms, 0, "it still waits");
    track.wait(10 * MINUTE - 1);
    track.hand_over("# Plan, better");
    track.wait(2 * MINUTE - 1);
    track
        .decide(2, Verdict::RequestChanges, "Smaller.")
        .expect("decided");
    assert_eq!(track.pipeline.waited_ms, 12 * 60_000);
    track.wait(MINUTE);
    track.write_prompt();
    track.wait(MINUTE);
    track.hand_over("# Plan, smaller");
    assert_eq!(track.pipeline.waited_ms, 12 * 60_000);
    track.wait(3 * MINUTE - 1);
    let command = Command::Finish {
        outcome: Outcome::Cancelled,
        message: None,
    };
    track.send(&agent(), &command).expect("cancelled");
    assert_eq!(track.pipeline.waited_ms, 15 * 60_000, "also in vain");
    track.wait(MINUTE);
    track.send(&person(), &Command::Archive).expect("archived");
    assert_eq!(track.pipeline.waited_ms, 15 * 60_000);
}

#[test]
fn a_clock_that_goes_back_takes_nothing_away() {
    let mut track = Track::new();
    track.report_after(MINUTE);
    track.report_after(MINUTE);
    track.hand_over("# Plan");
    let at = |seconds: i64| Timestamp::from_millis(1_800_000_000_000 + seconds * 1_000);
    let accepted = Event::HandoverAccepted {
        handover: track.handover(),
        revision: 1,
        review_changes: String::new(),
        proof: None,
    };
    let mut recorded = record(&track.id, track.pipeline.revision + 1, &person(), accepted);
    recorded.at = at(-1_000);
    track.pipeline.apply(&recorded);
    assert_eq!(track.pipeline.waited_ms, 0);
    assert_eq!(track.pipeline.baton_since, at(-1_000));
    let said = Event::ProgressReported {
        phase: track.pipeline.phase().name.clone(),
        claimed: None,
        message: None,
    };
    let mut recorded = record(
        &track.id,
        track.pipeline.revision + 1,
        &Actor::agent("cursor"),
        said,
    );
    recorded.at = at(-2_000);
    let usual = track.usual_gap();
    track.pipeline.apply(&recorded);
    assert_eq!(track.usual_gap(), usual);
    assert_eq!(track.pipeline.last_sign_of_life, at(-2_000));
}
