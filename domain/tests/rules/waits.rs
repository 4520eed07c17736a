//! How long reviews waited, and for whom.

use domain::{Actor, Command, Proposal, Review, ReviewWait, Verdict, Via, review_waits};

use crate::support::*;

/// Phase, person, reviews, seconds waited, and since when one waits, in seconds of the track.
type Line = (String, Option<String>, u32, u64, Option<i64>);

fn lines(track: &Track) -> Vec<Line> {
    let start = track.pipeline.started.millis();
    let line = |wait: ReviewWait| {
        let since = wait.since.map(|at| (at.millis() - start) / 1_000);
        (
            wait.phase.to_string(),
            wait.by,
            wait.reviews,
            wait.millis / 1_000,
            since,
        )
    };
    let pipeline = &track.pipeline;
    let ended = Some(pipeline.baton_since).filter(|_| pipeline.status.has_ended());
    let waits = review_waits(pipeline.reviewed(), ended, Vec::new());
    waits.into_iter().map(line).collect()
}

fn decided(
    track: &mut Track,
    by: &str,
    revision: u32,
    decision: Verdict,
    words: &str,
    undo_seconds: u32,
) {
    let handover = track.pipeline.handovers.last().expect("a handover");
    let proposal = Proposal {
        handover: handover.id.clone(),
        revision,
        read: None,
        decision,
        review_changes: words.to_owned(),
        review: Review::default(),
        undo_seconds,
        proof: None,
    };
    track
        .send(&Actor::person(by), &Command::Decide(proposal))
        .expect("decided");
}

#[test]
fn a_review_waits_until_it_is_decided_and_rounds_of_one_person_are_added_up() {
    let mut track = Track::new();
    assert_eq!(lines(&track), []);
    track.hand_over("One");
    let since = track.clock;
    track.wait(59);
    assert_eq!(
        lines(&track),
        [("PLAN".to_owned(), None, 1, 0, Some(since))]
    );
    decided(
        &mut track,
        "Anna",
        1,
        Verdict::RequestChanges,
        "Shorter.",
        0,
    );
    track.write_prompt();
    track.wait(500);
    track.hand_over("Two");
    track.wait(29);
    decided(&mut track, "Anna", 2, Verdict::Accept, "", 0);
    let anna = || Some("Anna".to_owned());
    assert_eq!(lines(&track), [("PLAN".to_owned(), anna(), 2, 90, None)]);

    let prompt = track.write_prompt();
    let via = Via::Pull;
    let pick_up = Command::PickUpPrompt { prompt, via };
    track.send(&agent(), &pick_up).expect("picked up");
    let begins = Command::Report {
        phase: Some("CREATE".to_owned()),
        progress: None,
        message: Some("Begins.".to_owned()),
        tasks: Vec::new(),
    };
    track.send(&agent(), &begins).expect("begun");
    track.hand_over("Three");
    track.wait(9);
    decided(&mut track, "Ben", 1, Verdict::Accept, "", 0);
    let ben = ("CREATE".to_owned(), Some("Ben".to_owned()), 1, 10, None);
    assert_eq!(
        lines(&track),
        [("PLAN".to_owned(), anna(), 2, 90, None), ben]
    );
}

#[test]
fn a_revision_in_between_does_not_begin_the_wait_anew() {
    let mut track = Track::new();
    track.hand_over("One");
    let since = track.clock;
    track.wait(39);
    track.hand_over("Two");
    assert_eq!(
        lines(&track),
        [("PLAN".to_owned(), None, 1, 0, Some(since))]
    );
    track.wait(19);
    decided(&mut track, "Anna", 2, Verdict::Accept, "", 0);
    assert_eq!(lines(&track)[0].3, 60);
}

#[test]
fn a_decision_that_can_be_taken_back_does_not_end_the_wait() {
    let mut track = Track::new();
    track.hand_over("One");
    let since = track.clock;
    decided(&mut track, "Anna", 1, Verdict::Accept, "", 10);
    track.wait(5);
    assert_eq!(
        lines(&track),
        [("PLAN".to_owned(), None, 1, 0, Some(since))]
    );
}

#[test]
fn the_wait_for_a_pipeline_that_ends_without_a_decision_ends_with_it() {
    let mut track = Track::new();
    track.hand_over("One");
    track.wait(119);
    track.cancel();
    track.wait(1_000);
    assert_eq!(lines(&track), [("PLAN".to_owned(), None, 1, 120, None)]);
}
