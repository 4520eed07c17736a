//! The form for a question of the agent.

use std::collections::BTreeMap;

use domain::{
    Command, FieldKind, Pipeline, Proof, ProvenBy, Question, QuestionKind, Reason, Refusal, Reply,
};
use serde_json::{Map, Value, json};

use super::Form;

/// The field of a question that is no form.
const ANSWER: &str = "answer";

/// The form with the question.
pub fn form(pipeline: &Pipeline, question: &Question, board: &str) -> Form {
    let asked = &question.asked;
    let words = || json!({ "type": "string", "title": "Answer", "minLength": 1 });
    let mut fields = Map::new();
    let mut required = vec![ANSWER.to_owned()];
    match asked.kind {
        QuestionKind::Text => {
            fields.insert(ANSWER.to_owned(), words());
        }
        QuestionKind::Choice => {
            fields.insert(ANSWER.to_owned(), one_of("Answer", &asked.options));
        }
        QuestionKind::Confirm => {
            fields.insert(ANSWER.to_owned(), yes_or_no("Answer"));
        }
        QuestionKind::Form => {
            required.clear();
            for field in &asked.fields {
                let name = &field.name;
                let schema = match field.kind {
                    FieldKind::Text => json!({ "type": "string", "title": name }),
                    FieldKind::Number => json!({ "type": "number", "title": name }),
                    FieldKind::Choice => one_of(name, &field.options),
                    FieldKind::Confirm => yes_or_no(name),
                };
                fields.insert(name.clone(), schema);
                if field.required {
                    required.push(name.clone());
                }
            }
        }
    }
    Form {
        about: question.id.to_string(),
        key: "answer",
        message: format!(
            "{} asks in {:?}: {}\nAnswer here, or at {board}/pipelines/{}.",
            question.by.name, pipeline.title, asked.question, pipeline.id
        ),
        fields,
        required,
    }
}

fn one_of(title: &str, options: &[String]) -> Value {
    json!({ "type": "string", "title": title, "enum": options })
}

/// No switch: one that nobody has touched would say no.
fn yes_or_no(title: &str) -> Value {
    json!({ "type": "string", "title": title, "enum": ["yes", "no"] })
}

/// The answer that was filled in, to be checked by the rules.
///
/// # Errors
/// It is no object with words, numbers and truths in it.
pub fn read(question: &Question, content: Value) -> Result<Command, Refusal> {
    let unclear = |found: &Value| {
        Refusal::new(
            Reason::Invalid,
            format!(
                "What the client brought back is no answer to {}: {found}.",
                question.id
            ),
            "an object with a text, a number or a truth for each field.",
            "Call ask_person with the question_id; the person is asked again, or answers on the board.",
        )
    };
    let Value::Object(filled) = content else {
        return Err(unclear(&content));
    };
    let mut fields = BTreeMap::new();
    for (name, value) in filled {
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(true) => "yes".to_owned(),
            Value::Bool(false) => "no".to_owned(),
            Value::Null => continue,
            other => return Err(unclear(&other)),
        };
        fields.insert(name, text);
    }
    let answer = match question.asked.kind {
        QuestionKind::Form => String::new(),
        _ => fields.remove(ANSWER).unwrap_or_default(),
    };
    Ok(Command::AnswerQuestion {
        question: question.id.clone(),
        reply: Reply { answer, fields },
        proof: Some(Proof {
            by: ProvenBy::Client,
            device: None,
        }),
    })
}
