//! What is said about questions of agents, and about notes to them.

use std::borrow::Cow;

use domain::{Note, NoteKind, Receipt, Status, Timestamp};

use super::{age, connection, is_reader};
use crate::{
    Lang,
    api::Failure,
    page::{Kind, Question},
};

/// How long an agent has been paused.
pub(crate) fn paused_for(lang: Lang, span: &str) -> String {
    lang.paused_for(span)
}

/// What the agent does until the question is answered.
pub(crate) fn meanwhile(lang: Lang, question: &Question, status: Status) -> &'static str {
    match (question.waits, question.blocking, status) {
        (true, _, Status::Running) => lang.question_waits_for_you(),
        (false, false, Status::Running) => lang.question_goes_on(),
        _ => lang.question_moved_on(),
    }
}

/// `Answered by Anna`.
pub(crate) fn answered(lang: Lang, reader: &str, question: &Question) -> String {
    match &question.answer {
        None => lang.not_answered().to_owned(),
        Some(answer) if is_reader(reader, &answer.by) => lang.answered_by_you().to_owned(),
        Some(answer) => lang.answered_by(&answer.by.name),
    }
}

/// What was answered: the values of a form, then the words.
pub(crate) fn reply(lang: Lang, question: &Question) -> String {
    let Some(answer) = &question.answer else {
        return String::new();
    };
    let values = question.fields.iter().filter_map(|field| {
        let mut given = answer.fields.0.iter();
        let (_, value) = given.find(|(name, _)| *name == field.name)?;
        Some(format!("{}: {}", field.name, word(lang, value, field.kind)))
    });
    let words = word(lang, &answer.answer, question.kind).to_owned();
    let words = Some(words).filter(|words| !words.is_empty());
    let lines: Vec<_> = values.chain(words).collect();
    lines.join("\n")
}

/// `yes` and `no` in the reader's language.
fn word(lang: Lang, value: &str, kind: Kind) -> &str {
    match value {
        "yes" if kind == Kind::Confirm => lang.yes(),
        "no" if kind == Kind::Confirm => lang.no(),
        other => other,
    }
}

/// Whether an agent has the answer, with which call it got it, and when.
pub(crate) fn receipt(lang: Lang, question: &Question, now: Timestamp) -> String {
    let Some(answer) = &question.answer else {
        return String::new();
    };
    let Some(receipt) = &answer.delivered else {
        return lang.no_receipt().to_owned();
    };
    let got = match receipt.with.as_str() {
        "" => lang.receipt_plain(&receipt.by.name),
        with => lang.receipt(&receipt.by.name, &call(lang, with)),
    };
    at(lang, &got, receipt.at, now)
}

/// What a note says, and whether it is more than words.
pub(crate) fn note(lang: Lang, note: &Note) -> String {
    let kind = match note.kind {
        NoteKind::Word => return note.text.clone(),
        NoteKind::Pause => lang.pause(),
        NoteKind::GoOn => lang.go_on(),
    };
    match note.text.as_str() {
        "" => kind.to_owned(),
        text => format!("{kind}: {text}"),
    }
}

/// How far a note got, and when.
pub(crate) fn reached(lang: Lang, note: &Note, now: Timestamp) -> String {
    let with = |receipt: &Receipt| call(lang, &receipt.with).into_owned();
    match (&note.delivered, note.acknowledged, note.kind) {
        (_, Some(read), _) => at(lang, lang.note_read(), read, now),
        (None, None, NoteKind::Word) => format!("{} · {}", lang.unread(), lang.note_written()),
        (None, ..) => lang.note_written().to_owned(),
        (Some(receipt), None, NoteKind::Word) => {
            let delivered = lang.note_delivered(&with(receipt));
            let unread = format!("{} · {delivered}", lang.unread());
            at(lang, &unread, receipt.at, now)
        }
        (Some(receipt), None, NoteKind::Pause | NoteKind::GoOn) => {
            at(lang, &lang.note_told(&with(receipt)), receipt.at, now)
        }
    }
}

/// How a note looks that got so far.
pub(crate) fn reached_class(note: &Note) -> &'static str {
    match (&note.delivered, note.acknowledged, note.kind) {
        (_, Some(_), _) | (Some(_), None, NoteKind::Pause | NoteKind::GoOn) => "read",
        (Some(_), None, NoteKind::Word) => "delivered",
        (None, None, _) => "",
    }
}

fn at(lang: Lang, what: &str, at: Timestamp, now: Timestamp) -> String {
    format!("{what} · {}", age::ago(lang, now.millis_since(at)))
}

/// A call, as an agent makes it.
fn call(lang: Lang, with: &str) -> Cow<'_, str> {
    match with {
        "hook" => lang.a_hook().into(),
        with => with.into(),
    }
}

/// That something did not get through, and why.
pub(crate) fn not_sent(lang: Lang, failure: &Failure) -> String {
    let why = match failure {
        Failure::Refused(problem) if problem.kind() == "already-decided" => {
            lang.refused_answered().to_owned()
        }
        // The form is the agent's: only the server knows what does not fit.
        Failure::Refused(problem) if problem.kind() == "invalid" => {
            lang.refused_answer(&problem.detail)
        }
        _ => connection::failure(lang, failure),
    };
    format!("{} {why}", lang.not_sent_answer())
}

#[cfg(test)]
mod tests {
    use domain::{Actor, QuestionId, Timestamp};

    use super::*;
    use crate::page::{Answer, Field, Values};

    fn with(call: &str) -> Receipt {
        Receipt {
            with: call.to_owned(),
            by: Actor::agent("codex"),
            at: Timestamp::from_millis(0),
        }
    }

    fn answered_with(call: Option<&str>) -> Question {
        let pipeline = crate::samples::pipeline(1);
        let field = |name: &str, kind| Field {
            name: name.to_owned(),
            kind,
            options: Vec::new(),
            required: false,
        };
        let value = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Question {
            id: QuestionId::new(pipeline.id.clone(), 1),
            question: "How?".to_owned(),
            kind: Kind::Form,
            options: Vec::new(),
            fields: vec![field("Port", Kind::Number), field("Keep", Kind::Confirm)],
            blocking: true,
            phase: pipeline.phase().name.clone(),
            by: Actor::agent("codex"),
            at: Timestamp::from_millis(0),
            waits: true,
            answer: Some(Answer {
                answer: "Soon.".to_owned(),
                fields: Values(vec![value("Keep", "yes"), value("Port", "8080")]),
                by: Actor::person("Anna"),
                at: Timestamp::from_millis(0),
                delivered: call.map(with),
            }),
        }
    }

    fn now() -> Timestamp {
        Timestamp::from_millis(120_000)
    }

    #[test]
    fn a_receipt_names_the_call_and_the_time() {
        let said = |lang, call| receipt(lang, &answered_with(call), now());
        assert_eq!(said(Lang::En, None), "The agent doesn't have it yet.");
        assert_eq!(
            said(Lang::En, Some("ask_person")),
            "codex got it with ask_person · 2 min ago"
        );
        assert_eq!(
            said(Lang::De, Some("hook")),
            "codex hat sie mit einem Hook bekommen · vor 2 Min."
        );
        assert_eq!(said(Lang::En, Some("")), "codex got it · 2 min ago");
    }

    #[test]
    fn an_answer_is_said_in_the_order_of_the_form_and_in_the_readers_words() {
        let question = answered_with(None);
        assert_eq!(reply(Lang::De, &question), "Port: 8080\nKeep: Ja\nSoon.");
        assert_eq!(answered(Lang::En, "Ben", &question), "Answered by Anna");
        assert_eq!(answered(Lang::De, "Anna", &question), "Von dir beantwortet");
    }

    #[test]
    fn a_note_is_written_then_delivered_then_read() {
        let mut word = Note {
            number: 1,
            kind: NoteKind::Word,
            text: "Use the staging bucket.".to_owned(),
            by: Actor::person("Anna"),
            at: Timestamp::from_millis(0),
            delivered: None,
            acknowledged: None,
        };
        let said = |lang, note: &Note| (reached(lang, note, now()), reached_class(note));
        let expected = |text: &str, class| (text.to_owned(), class);
        assert_eq!(
            said(Lang::En, &word),
            expected("unread · not delivered yet", "")
        );
        word.delivered = Some(with("update_pipeline_status"));
        assert_eq!(
            said(Lang::En, &word),
            expected(
                "unread · delivered with update_pipeline_status, not confirmed yet · 2 min ago",
                "delivered"
            )
        );
        let paused = Note {
            kind: NoteKind::Pause,
            ..word.clone()
        };
        assert_eq!(
            said(Lang::De, &paused),
            expected("mitgeteilt mit update_pipeline_status · vor 2 Min.", "read")
        );
        assert_eq!(
            note(Lang::De, &paused),
            "Pausieren: Use the staging bucket."
        );
        word.acknowledged = Some(now());
        assert_eq!(
            said(Lang::De, &word),
            expected("gelesen · gerade eben", "read")
        );
    }
}
