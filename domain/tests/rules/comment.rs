//! Comments, their answers, and what is settled.

use domain::{
    AnswerOutcome, Command, CommentAnswer, CommentState, Event, Insisted, NewComment, Passage,
    Proposal, Reason, Recap, Refusal, Review, Verdict,
};

use crate::support::*;

fn comment(text: &str) -> NewComment {
    NewComment {
        text: text.to_owned(),
        ..NewComment::default()
    }
}

fn review(comments: &[&str]) -> Review {
    Review {
        comments: comments.iter().map(|text| comment(text)).collect(),
        ..Review::default()
    }
}

fn settling(numbers: &[u32]) -> Review {
    Review {
        settled: numbers.to_vec(),
        ..Review::default()
    }
}

fn decided(
    track: &mut Track,
    revision: u32,
    decision: Verdict,
    review: Review,
) -> Result<Vec<Event>, Refusal> {
    let handover = track.pipeline.handovers.last().expect("one").id.clone();
    track.send(
        &person(),
        &Command::Decide(Proposal {
            handover,
            revision,
            read: None,
            decision,
            review_changes: String::new(),
            review,
            undo_seconds: 0,
            proof: None,
        }),
    )
}

fn answer(comment: u32, outcome: AnswerOutcome, note: &str) -> CommentAnswer {
    CommentAnswer {
        comment,
        outcome,
        note: note.to_owned(),
    }
}

fn answering(content: &str, answers: Vec<CommentAnswer>) -> Command {
    Command::HandOver {
        phase: None,
        content: content.to_owned(),
        summary: None,
        recap: Recap::default(),
        answers,
    }
}

fn states(track: &Track) -> Vec<CommentState> {
    let comments = track.pipeline.comments.iter();
    comments.map(domain::Comment::state).collect()
}

/// Changes requested with these comments; the agent is at work on the revision.
fn commented(comments: &[&str]) -> Track {
    let mut track = Track::new();
    track.hand_over("# Plan");
    decided(&mut track, 1, Verdict::RequestChanges, review(comments)).expect("requested");
    track.write_prompt();
    track
}

#[test]
fn a_comment_alone_asks_for_changes_and_is_numbered_through_the_pipeline() {
    let mut track = commented(&["Why Redis?", "Name the owner."]);
    track.hand_over("# Plan 2");
    decided(
        &mut track,
        2,
        Verdict::RequestChanges,
        review(&["And the logs?"]),
    )
    .expect("requested");
    let comments = track.pipeline.comments.iter();
    let said: Vec<_> = comments
        .map(|it| (it.number, it.revision, it.said.text.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (1, 1, "Why Redis?"),
            (2, 1, "Name the owner."),
            (3, 2, "And the logs?")
        ]
    );
    // Without a word there is nothing to change.
    track.write_prompt();
    track.hand_over("# Plan 3");
    let refusal =
        decided(&mut track, 3, Verdict::RequestChanges, settling(&[1])).expect_err("empty");
    assert_eq!(refusal.reason, Reason::Invalid);
}

#[test]
fn the_points_are_recorded_before_the_decision_that_brings_them() {
    let mut track = Track::new();
    track.hand_over("# Plan");
    let events =
        decided(&mut track, 1, Verdict::RequestChanges, review(&["No."])).expect("requested");
    assert!(matches!(
        events[..],
        [
            Event::HandoverReviewed { first: 1, .. },
            Event::ChangesRequested { .. }
        ]
    ));
}

#[test]
fn whoever_accepts_says_what_becomes_of_each_point_that_is_not_done() {
    let mut track = commented(&["One", "Two", "Three"]);
    let answers = vec![
        answer(1, AnswerOutcome::Done, ""),
        answer(2, AnswerOutcome::Declined, "It would cost a day."),
    ];
    track
        .send(&agent(), &answering("# Plan 2", answers))
        .expect("revised");
    assert_eq!(
        states(&track),
        [
            CommentState::Done,
            CommentState::Declined,
            CommentState::Unanswered
        ]
    );
    let refusal =
        decided(&mut track, 2, Verdict::Accept, Review::default()).expect_err("unsettled");
    assert_eq!(refusal.reason, Reason::Unsettled);
    assert!(
        refusal.what.contains("2 (declined), 3 (not answered)"),
        "{refusal}"
    );
    assert!(refusal.allowed.contains("[2, 3]"), "{refusal}");
    decided(&mut track, 2, Verdict::Accept, settling(&[2])).expect_err("3 is left");

    decided(&mut track, 2, Verdict::Accept, settling(&[2, 3])).expect("accepted");
    // What was done is settled with the acceptance, by the same person.
    assert_eq!(states(&track), [CommentState::Settled; 3]);
    assert!(
        track
            .pipeline
            .comments
            .iter()
            .all(|it| it.settled.as_ref().is_some_and(|by| by.by == person()))
    );
}

#[test]
fn what_is_asked_for_with_an_acceptance_is_answered_with_the_next_phase() {
    let mut track = Track::new();
    track.hand_over("# Plan");
    decided(&mut track, 1, Verdict::Accept, review(&["Keep the API."])).expect("accepted");
    track.write_prompt();
    track.send(&agent(), &report(None)).expect("reported");
    let answers = vec![answer(1, AnswerOutcome::Done, "Nothing changed there.")];
    track
        .send(&agent(), &answering("# Created", answers))
        .expect("handed over");
    assert_eq!(states(&track), [CommentState::Done]);
    decided(&mut track, 1, Verdict::Accept, Review::default()).expect("accepted");
    assert_eq!(states(&track), [CommentState::Settled]);
}

#[test]
fn a_person_who_insists_gets_another_answer() {
    let mut track = commented(&["Use Postgres."]);
    let declined = vec![answer(1, AnswerOutcome::Declined, "Redis is there.")];
    track
        .send(&agent(), &answering("# Plan 2", declined))
        .expect("revised");
    let insisting = Review {
        insisted: vec![Insisted {
            comment: 1,
            text: "It loses writes.".to_owned(),
        }],
        ..Review::default()
    };
    decided(&mut track, 2, Verdict::RequestChanges, insisting).expect("requested");
    assert_eq!(states(&track), [CommentState::Unanswered]);
    track.write_prompt();
    let done = vec![answer(1, AnswerOutcome::Done, "")];
    track
        .send(&agent(), &answering("# Plan 3", done))
        .expect("revised");
    assert_eq!(states(&track), [CommentState::Done]);
    assert_eq!(track.pipeline.comments[0].replies.len(), 3);
}

#[test]
fn an_answer_to_a_comment_that_is_not_there_or_twice_is_refused_in_words() {
    let mut track = commented(&["One"]);
    for (answers, reason, word) in [
        (
            vec![answer(7, AnswerOutcome::Done, "")],
            Reason::NotFound,
            "no comment 7",
        ),
        (
            vec![
                answer(1, AnswerOutcome::Done, ""),
                answer(1, AnswerOutcome::Done, ""),
            ],
            Reason::Invalid,
            "twice",
        ),
        (
            vec![answer(1, AnswerOutcome::Declined, " ")],
            Reason::Invalid,
            "why",
        ),
    ] {
        let refusal = track.refused(&agent(), &answering("# Plan 2", answers));
        assert_eq!(refusal.reason, reason);
        assert!(refusal.what.contains(word), "{refusal}");
    }
}

#[test]
fn the_same_handover_sent_again_changes_nothing_and_an_answer_with_it_is_kept() {
    let mut track = commented(&["One"]);
    let done = vec![answer(1, AnswerOutcome::Done, "")];
    track
        .send(&agent(), &answering("# Plan 2", vec![]))
        .expect("revised");
    let events = track
        .send(&agent(), &answering("# Plan 2", done.clone()))
        .expect("answered");
    assert!(
        matches!(events[..], [Event::CommentsAnswered { revision: 2, .. }]),
        "{events:?}"
    );
    assert_eq!(
        track.send(&agent(), &answering("# Plan 2", done)),
        Ok(vec![])
    );
    assert_eq!(track.pipeline.comments[0].replies.len(), 1);
}

#[test]
fn a_review_that_names_what_is_not_there_or_says_nothing_is_refused() {
    let mut track = commented(&["One"]);
    track.hand_over("# Plan 2");
    let suggestion = NewComment {
        suggestion: Some("better".to_owned()),
        ..NewComment::default()
    };
    for (review, reason) in [
        (settling(&[4]), Reason::NotFound),
        (settling(&[1, 1]), Reason::Invalid),
        (review(&[" "]), Reason::Invalid),
        (
            Review {
                comments: vec![suggestion.clone()],
                ..Review::default()
            },
            Reason::Invalid,
        ),
        (review(&["x"; 101]), Reason::TooLarge),
    ] {
        let before = track.pipeline.clone();
        let refusal = decided(&mut track, 2, Verdict::RequestChanges, review).expect_err("refused");
        assert_eq!(refusal.reason, reason, "{refusal}");
        assert_eq!(before, track.pipeline);
    }
    let wording = NewComment {
        about: Some(Passage {
            quote: "good".to_owned(),
            ..Passage::default()
        }),
        ..suggestion
    };
    let review = Review {
        comments: vec![wording],
        ..Review::default()
    };
    decided(&mut track, 2, Verdict::RequestChanges, review).expect("a wording is enough");
}

#[test]
fn more_comments_than_an_agent_can_answer_are_refused_and_settled_ones_are_forgotten_first() {
    let mut track = Track::new();
    for round in 1..=2 {
        track.hand_over(&format!("# Plan {round}"));
        decided(
            &mut track,
            round,
            Verdict::RequestChanges,
            review(&["x"; 100]),
        )
        .expect("requested");
        track.write_prompt();
    }
    track.hand_over("# Plan 3");
    let refusal =
        decided(&mut track, 3, Verdict::RequestChanges, review(&["x"])).expect_err("full");
    assert_eq!(refusal.reason, Reason::TooLarge);
    let all: Vec<u32> = (1..=199).collect();
    let mut next = review(&["x"; 100]);
    next.settled = all;
    // What is settled with the same decision makes room.
    decided(&mut track, 3, Verdict::RequestChanges, next).expect("settled");
    for round in 4..=6 {
        track.write_prompt();
        track.hand_over(&format!("# Plan {round}"));
        let mut next = review(&["x"; 60]);
        let unsettled = track.pipeline.unsettled_comments();
        next.settled = unsettled
            .map(|it| it.number)
            .filter(|it| *it != 200)
            .collect();
        decided(&mut track, round, Verdict::RequestChanges, next).expect("requested");
    }
    assert_eq!(track.pipeline.comments.len(), 300);
    assert!(
        track.pipeline.comments.iter().any(|it| it.number == 200),
        "an unsettled one is kept"
    );
}
