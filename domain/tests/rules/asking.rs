//! Questions of agents, and what people tell agents at work.

use std::collections::BTreeMap;

use domain::{
    Asked, Baton, Command, Event, FieldKind, NoteKind, QuestionField, QuestionId, QuestionKind,
    Reason, Reply, Verdict, What,
};

use crate::support::*;

fn asked(question: &str) -> Asked {
    Asked {
        question: question.to_owned(),
        kind: QuestionKind::Text,
        options: vec![],
        fields: vec![],
        blocking: true,
    }
}

fn choice(options: &[&str]) -> Asked {
    Asked {
        kind: QuestionKind::Choice,
        options: options.iter().map(|&option| option.to_owned()).collect(),
        ..asked("Which database?")
    }
}

fn field(name: &str, kind: FieldKind) -> QuestionField {
    QuestionField {
        name: name.to_owned(),
        kind,
        options: vec![],
        required: false,
    }
}

fn form(fields: Vec<QuestionField>) -> Asked {
    Asked {
        kind: QuestionKind::Form,
        fields,
        ..asked("How shall it be set up?")
    }
}

fn answer(track: &Track, number: u32, reply: Reply) -> Command {
    Command::AnswerQuestion {
        question: QuestionId::new(track.id.clone(), number),
        reply,
        proof: None,
    }
}

fn words(answer: &str) -> Reply {
    Reply {
        answer: answer.to_owned(),
        fields: BTreeMap::new(),
    }
}

fn filled(fields: &[(&str, &str)]) -> Reply {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Reply {
        answer: String::new(),
        fields: fields.iter().map(owned).collect(),
    }
}

fn note(kind: NoteKind, text: &str) -> Command {
    Command::SendNote {
        kind,
        text: text.to_owned(),
    }
}

fn deliver() -> Command {
    Command::DeliverNotes {
        with: "update_pipeline_status".to_owned(),
    }
}

#[test]
fn a_question_gives_the_baton_to_a_person_until_the_one_answer() {
    let mut track = Track::new();
    let events = track.send(&agent(), &Command::Ask(asked("Which database?\n")));
    assert!(
        matches!(&events.expect("asked")[..], [Event::QuestionAsked { question, .. }] if question.number() == 1)
    );
    assert_eq!(track.pipeline.baton(), Baton::Person);
    assert_eq!(
        track.send(&agent(), &Command::Ask(asked("Which database?"))),
        Ok(vec![]),
        "an agent that was started again asks the same"
    );
    let refusal = track.refused(&agent(), &answer(&track, 1, words("SQLite")));
    assert_eq!(refusal.reason, Reason::OnlyPeopleDecide);
    track.wait(58);
    track
        .send(&person(), &answer(&track, 1, words("SQLite\n")))
        .expect("answered");
    assert_eq!(track.pipeline.baton(), Baton::Agent);
    assert_eq!(track.pipeline.waited_ms, 60_000);
    let refusal = track.refused(&person(), &answer(&track, 1, words("PostgreSQL")));
    assert_eq!(refusal.reason, Reason::AlreadyDecided);
    let question = &track.pipeline.questions[0];
    assert_eq!(
        question
            .answer
            .as_ref()
            .map(|made| made.reply.answer.as_str()),
        Some("SQLite")
    );
    assert!(matches!(
        &track.pipeline.log.last().expect("a line").what,
        What::Answered { question, answer } if question == "Which database?" && answer == "SQLite"
    ));
}

#[test]
fn an_answer_is_delivered_once() {
    let mut track = Track::new();
    track
        .send(&agent(), &Command::Ask(asked("Which database?")))
        .expect("asked");
    let deliver = Command::DeliverAnswer {
        question: QuestionId::new(track.id.clone(), 1),
        with: "ask_person".to_owned(),
    };
    assert_eq!(track.send(&agent(), &deliver), Ok(vec![]), "there is none");
    track
        .send(&person(), &answer(&track, 1, words("SQLite")))
        .expect("answered");
    assert_eq!(track.pipeline.undelivered_answers().count(), 1);
    assert_eq!(track.send(&agent(), &deliver).expect("delivered").len(), 1);
    assert_eq!(track.send(&agent(), &deliver), Ok(vec![]));
    assert_eq!(track.pipeline.undelivered_answers().count(), 0);
}

#[test]
fn a_question_that_blocks_nothing_leaves_the_baton_and_outlives_the_phase() {
    let mut track = Track::new();
    let aside = Asked {
        blocking: false,
        ..asked("Is the name final?")
    };
    track.send(&agent(), &Command::Ask(aside)).expect("asked");
    assert_eq!(track.pipeline.baton(), Baton::Agent);
    track
        .send(&agent(), &Command::Ask(asked("Which database?")))
        .expect("asked");
    track.hand_over("# Plan");
    let refusal = track.refused(&agent(), &Command::Ask(asked("May I?")));
    assert_eq!(refusal.reason, Reason::NotYourTurn);
    track.decide(1, Verdict::Accept, "").expect("accepted");
    track.write_prompt();
    track.send(&agent(), &report(None)).expect("it goes on");
    assert_eq!(
        track.pipeline.baton(),
        Baton::Agent,
        "whoever went on does not wait"
    );
    assert_eq!(track.pipeline.open_questions().count(), 2);
    track
        .send(&person(), &answer(&track, 1, words("Yes.")))
        .expect("answered");
    track.cancel();
    assert_eq!(track.pipeline.open_questions().count(), 0);
    let refusal = track.refused(&person(), &answer(&track, 2, words("SQLite")));
    assert_eq!(refusal.reason, Reason::Ended);
}

#[test]
fn an_answer_fits_its_question() {
    let mut track = Track::new();
    let mut ask = |asked: Asked| {
        track.send(&agent(), &Command::Ask(asked)).expect("asked");
        track.pipeline.questions.last().expect("it").id.number()
    };
    let text = ask(asked("Anything else?"));
    let confirm = ask(Asked {
        kind: QuestionKind::Confirm,
        ..asked("Drop the old table?")
    });
    let choose = ask(choice(&["SQLite", "PostgreSQL"]));
    let level = QuestionField {
        options: vec!["low".to_owned(), "high".to_owned()],
        ..field("level", FieldKind::Choice)
    };
    let name = QuestionField {
        required: true,
        ..field("name", FieldKind::Text)
    };
    let fill = ask(form(vec![
        name,
        field("workers", FieldKind::Number),
        level,
        field("sure", FieldKind::Confirm),
    ]));
    for (number, reply, named) in [
        (text, words(" "), "`answer`"),
        (text, words(&"x".repeat(8 * 1024 + 1)), "`answer`"),
        (text, filled(&[("name", "x")]), "`fields`"),
        (confirm, words("perhaps"), "perhaps"),
        (fill, filled(&[]), "`name`"),
        (fill, filled(&[("name", "a"), ("size", "3")]), "size"),
        (fill, filled(&[("name", "a"), ("workers", "many")]), "many"),
        (fill, filled(&[("name", "a"), ("workers", "inf")]), "inf"),
        (
            fill,
            filled(&[("name", "a"), ("level", "medium")]),
            "medium",
        ),
        (fill, filled(&[("name", "a"), ("sure", "maybe")]), "maybe"),
    ] {
        let command = answer(&track, number, reply);
        let refusal = track.refused(&person(), &command);
        assert!(refusal.what.contains(named), "{refusal}");
    }
    for (number, reply) in [
        (text, words("No.")),
        (confirm, words("yes")),
        (choose, words("Neither: keep the files.")),
        (
            fill,
            filled(&[
                ("name", "a"),
                ("workers", "0.5"),
                ("level", "high"),
                ("sure", "no"),
            ]),
        ),
    ] {
        let command = answer(&track, number, reply);
        track.send(&person(), &command).expect("it fits");
    }
    let refusal = track.refused(&person(), &answer(&track, 99, words("x")));
    assert_eq!(refusal.reason, Reason::NotFound);
}

#[test]
fn a_question_that_cannot_be_answered_is_refused() {
    let mut track = Track::new();
    let many: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let fields = || vec![field("name", FieldKind::Text)];
    for (wrong, named) in [
        (asked(" \n"), "`question`"),
        (asked(&"x".repeat(64 * 1024)), "65536"),
        (choice(&[]), "`options`"),
        (choice(&["only"]), "`options`"),
        (choice(&["a", "b", "a"]), "\"a\""),
        (choice(&["a", " "]), "`options`"),
        (choice(&many), "200"),
        (form(vec![]), "`fields`"),
        (form([fields(), fields()].concat()), "\"name\""),
        (
            form(vec![field("level", FieldKind::Choice)]),
            "`fields.options`",
        ),
        (
            Asked {
                options: vec!["a".to_owned()],
                ..asked("x")
            },
            "`options`",
        ),
        (
            Asked {
                fields: fields(),
                ..asked("x")
            },
            "`fields`",
        ),
    ] {
        let refusal = track.refused(&agent(), &Command::Ask(wrong));
        assert!(refusal.what.contains(named), "{named} in {refusal}");
    }
    for number in 0..10 {
        let one = asked(&format!("Question {number}?"));
        track.send(&agent(), &Command::Ask(one)).expect("asked");
    }
    let refusal = track.refused(&agent(), &Command::Ask(asked("One more?")));
    assert!(refusal.allowed.contains("10"), "{refusal}");
}

#[test]
fn what_is_kept_of_questions_and_notes_has_a_bound_and_loses_nothing_open() {
    let mut track = Track::new();
    let first = asked("The first?");
    track.send(&agent(), &Command::Ask(first)).expect("asked");
    for number in 2..100 {
        let one = asked(&format!("Question {number}?"));
        track.send(&agent(), &Command::Ask(one)).expect("asked");
        let command = answer(&track, number, words("Yes."));
        track.send(&person(), &command).expect("answered");
        track
            .send(&person(), &note(NoteKind::Word, "Mind the tests."))
            .expect("sent");
        track.send(&agent(), &deliver()).expect("delivered");
        let read = Command::AcknowledgeNotes {
            notes: vec![number - 1],
        };
        track.send(&agent(), &read).expect("read");
    }
    assert!(track.pipeline.questions.len() <= 30);
    assert!(track.pipeline.notes.len() <= 50);
    assert!(
        track
            .pipeline
            .open_questions()
            .any(|question| question.id.number() == 1)
    );
    assert_eq!(
        track.pipeline.questions.last().map(|it| it.id.number()),
        Some(99)
    );
    let forgotten = Command::AcknowledgeNotes { notes: vec![1] };
    assert_eq!(track.send(&agent(), &forgotten), Ok(vec![]));
}

#[test]
fn a_note_is_delivered_and_then_read() {
    let mut track = Track::new();
    let refusal = track.refused(&agent(), &note(NoteKind::Word, "Do it."));
    assert_eq!(refusal.reason, Reason::OnlyPeopleDecide);
    track.refused(&person(), &note(NoteKind::Word, " "));
    track
        .send(&person(), &note(NoteKind::Word, "Mind the tests."))
        .expect("sent");
    track
        .send(&person(), &note(NoteKind::Word, "And the docs."))
        .expect("sent");
    assert_eq!(
        track.pipeline.baton(),
        Baton::Agent,
        "a word takes no baton"
    );
    let events = track.send(&agent(), &deliver()).expect("delivered");
    assert!(matches!(&events[..], [Event::NotesDelivered { notes, .. }] if notes == &[1, 2]));
    assert_eq!(track.send(&agent(), &deliver()), Ok(vec![]));
    assert_eq!(track.pipeline.unread_notes().count(), 2);
    let read = Command::AcknowledgeNotes { notes: vec![1, 1] };
    track.send(&agent(), &read).expect("read");
    assert_eq!(track.send(&agent(), &read), Ok(vec![]));
    assert_eq!(track.pipeline.unread_notes().count(), 1);
    let refusal = track.refused(&agent(), &Command::AcknowledgeNotes { notes: vec![3] });
    assert!(refusal.allowed.contains("1, 2"), "{refusal}");
}

#[test]
fn unread_notes_have_a_bound_and_a_pause_is_always_possible() {
    let mut track = Track::new();
    for _ in 0..20 {
        track
            .send(&person(), &note(NoteKind::Word, "Hello?"))
            .expect("sent");
    }
    track.refused(&person(), &note(NoteKind::Word, "Hello?"));
    track
        .send(&person(), &note(NoteKind::Pause, ""))
        .expect("paused");
    assert_eq!(track.pipeline.undelivered_notes().count(), 21);
}

#[test]
fn a_pause_gives_the_baton_to_a_person_until_the_work_goes_on_or_ends() {
    let mut track = Track::new();
    assert_eq!(track.send(&person(), &note(NoteKind::GoOn, "")), Ok(vec![]));
    track
        .send(&person(), &note(NoteKind::Pause, ""))
        .expect("paused");
    assert_eq!(track.pipeline.baton(), Baton::Person);
    assert_eq!(
        track.send(&person(), &note(NoteKind::Pause, "")),
        Ok(vec![])
    );
    track
        .send(&agent(), &report(Some(10)))
        .expect("what was done is not lost");
    assert!(track.pipeline.paused.is_some());
    track
        .send(&person(), &note(NoteKind::GoOn, "Now."))
        .expect("goes on");
    assert_eq!(track.pipeline.baton(), Baton::Agent);
    track
        .send(&person(), &note(NoteKind::Pause, ""))
        .expect("paused");
    track.hand_over("# Plan");
    assert!(
        track.pipeline.paused.is_none(),
        "the work it held up is over"
    );
    let refusal = track.refused(&person(), &note(NoteKind::Pause, ""));
    assert_eq!(refusal.reason, Reason::NotYourTurn);
    track.cancel();
    let refusal = track.refused(&person(), &note(NoteKind::Word, "Hello?"));
    assert_eq!(refusal.reason, Reason::Ended);
}
