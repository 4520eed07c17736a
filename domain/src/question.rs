//! What an agent asks a person in the middle of a phase, and the one answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Actor, ActorKind, Event, PhaseName, Pipeline, Proof, QuestionId, Reason, Receipt, Recorded,
    Refusal, Status, Timestamp, What, delivery,
    known::known_or_default,
    lifecycle,
    limits::{
        ANSWER_MAX, FIELDS_MAX, NAME_MAX, OPEN_QUESTIONS_MAX, OPTIONS_MAX, QUESTION_MAX,
        QUESTIONS_KEPT,
    },
    text,
};

/// A question of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Question {
    /// Its id.
    pub id: QuestionId,
    /// What is asked, and how it can be answered.
    #[serde(flatten)]
    pub asked: Asked,
    /// The phase that ran.
    pub phase: PhaseName,
    /// Who asks.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Whether the agent waits for the answer: it asked so, and has not handed over since.
    #[serde(default)]
    pub waits: bool,
    /// The answer, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answered>,
}

/// What is asked, and how it can be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Asked {
    /// The question.
    pub question: String,
    /// How it is answered.
    #[serde(default, deserialize_with = "known_or_default")]
    pub kind: QuestionKind,
    /// What can be chosen, of a `choice`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// What is to be filled in, of a `form`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<QuestionField>,
    /// Whether the agent waits for the answer before it goes on.
    #[serde(default)]
    pub blocking: bool,
}

/// How a question is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// With words. Also where a newer version named a kind that this one does not know: words always do.
    #[default]
    Text,
    /// With one of the options, or with words where none fits.
    Choice,
    /// With `yes` or `no`.
    Confirm,
    /// With a value for each field.
    Form,
}

/// What is to be filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct QuestionField {
    /// Its name, unique in the form; shown to the person.
    pub name: String,
    /// What can be filled in.
    #[serde(default, deserialize_with = "known_or_default")]
    pub kind: FieldKind,
    /// What can be chosen, of a `choice`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Whether it may not be left empty.
    #[serde(default)]
    pub required: bool,
}

/// What a field takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Words.
    #[default]
    Text,
    /// A number.
    Number,
    /// One of the options.
    Choice,
    /// `yes` or `no`.
    Confirm,
}

/// What a person answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Reply {
    /// The words, the option, or `yes` or `no`. With a form it may be empty.
    #[serde(default)]
    pub answer: String,
    /// The values of a form, by the names of its fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Answered {
    /// What was answered.
    #[serde(flatten)]
    pub reply: Reply,
    /// Who answered.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// How it is known that it was this person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// How an agent got it first; nothing while none has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Receipt>,
}

impl Question {
    /// Whether it waits for a person.
    pub fn is_open(&self) -> bool {
        self.answer.is_none()
    }
}

/// Decides about a question. No events means: the same one waits for its answer.
pub(crate) fn ask(pipeline: &Pipeline, asked: &Asked) -> Result<Vec<Event>, Refusal> {
    let asked = check(asked)?;
    if pipeline.waiting_question(&asked).is_some() {
        return Ok(vec![]);
    }
    let (mut events, phase) = delivery::to_running(pipeline)?;
    let open = pipeline.open_questions().count();
    if open >= OPEN_QUESTIONS_MAX {
        return Err(Refusal::new(
            Reason::NotYourTurn,
            format!("{open} questions of {} wait for an answer.", pipeline.id),
            format!("at most {OPEN_QUESTIONS_MAX} open questions."),
            "Wait for the answers, or put the questions into one form.",
        ));
    }
    events.push(Event::QuestionAsked {
        question: QuestionId::new(pipeline.id.clone(), pipeline.next_question()),
        phase,
        asked,
    });
    Ok(events)
}

/// The question as it is kept.
fn check(asked: &Asked) -> Result<Asked, Refusal> {
    let question = text::document("question", &asked.question, QUESTION_MAX)?;
    if question.is_empty() {
        return Err(invalid(
            "`question` is empty.",
            format!("1 to {QUESTION_MAX} bytes."),
            "Send `question` with what you want to know.",
        ));
    }
    let options = checked_options(
        "options",
        asked.kind == QuestionKind::Choice,
        &asked.options,
    )?;
    let form = asked.kind == QuestionKind::Form;
    if form == asked.fields.is_empty() {
        let (what, next) = if form {
            (
                "`fields` is empty, and a form needs fields.",
                "Send `fields`, or another `kind`.",
            )
        } else {
            (
                "`fields` belong to a form, and `kind` is another.",
                "Send kind=form, or leave `fields` out.",
            )
        };
        return Err(invalid(
            what,
            format!("1 to {FIELDS_MAX} fields with kind=form, none with another kind."),
            next,
        ));
    }
    if asked.fields.len() > FIELDS_MAX {
        return Err(too_many("fields", asked.fields.len(), FIELDS_MAX));
    }
    let mut fields: Vec<QuestionField> = Vec::new();
    for field in &asked.fields {
        let name = text::line("fields.name", &field.name, NAME_MAX)?;
        if fields.iter().any(|known| known.name == name) {
            return Err(invalid(
                format!("The field {name:?} is there twice."),
                "each name once.",
                "Send `fields` without the repetition.",
            ));
        }
        let options = checked_options(
            "fields.options",
            field.kind == FieldKind::Choice,
            &field.options,
        )?;
        fields.push(QuestionField {
            name,
            options,
            ..field.clone()
        });
    }
    Ok(Asked {
        question,
        kind: asked.kind,
        options,
        fields,
        blocking: asked.blocking,
    })
}

fn checked_options(field: &str, needed: bool, options: &[String]) -> Result<Vec<String>, Refusal> {
    if !needed && !options.is_empty() {
        return Err(invalid(
            format!("`{field}` belong to a choice, and `kind` is another."),
            "options with kind=choice only.",
            format!("Send kind=choice, or leave `{field}` out."),
        ));
    }
    if options.len() > OPTIONS_MAX {
        return Err(too_many(field, options.len(), OPTIONS_MAX));
    }
    let mut checked: Vec<String> = Vec::new();
    for option in options {
        let option = text::line(field, option, NAME_MAX)?;
        if checked.contains(&option) {
            return Err(invalid(
                format!("The option {option:?} is there twice."),
                "each option once.",
                format!("Send `{field}` without the repetition."),
            ));
        }
        checked.push(option);
    }
    if needed && checked.len() < 2 {
        return Err(invalid(
            format!("`{field}` has {} options.", checked.len()),
            format!("2 to {OPTIONS_MAX}, of at most {NAME_MAX} characters each."),
            format!("Send what can be chosen as `{field}`, or ask with kind=text or kind=confirm."),
        ));
    }
    Ok(checked)
}

/// Decides about an answer: whether it is a person who answers, and whether it fits the question.
pub(crate) fn answer(
    pipeline: &Pipeline,
    actor: &Actor,
    id: &QuestionId,
    reply: &Reply,
    proof: Option<&Proof>,
) -> Result<Vec<Event>, Refusal> {
    if actor.kind != ActorKind::Person {
        return Err(Refusal::new(
            Reason::OnlyPeopleDecide,
            format!(
                "`{}` is not a person, and only people answer questions.",
                actor.name
            ),
            "waiting for the answer.",
            format!("Call ask_person with question_id={id}."),
        ));
    }
    let question = find(pipeline, id)?;
    if let Some(made) = &question.answer {
        return Err(Refusal::new(
            Reason::AlreadyDecided,
            format!(
                "{id} was answered already, by {} at {}.",
                made.by.name, made.at
            ),
            "one answer a question.",
            "Send a note to the agent to add to it.",
        ));
    }
    lifecycle::refuse_when_ended(pipeline)?;
    Ok(vec![Event::QuestionAnswered {
        question: id.clone(),
        reply: fitting(&question.asked, reply)?,
        proof: proof.cloned(),
    }])
}

/// The answer as it is kept, if it fits.
fn fitting(asked: &Asked, reply: &Reply) -> Result<Reply, Refusal> {
    let answer = text::document("answer", &reply.answer, ANSWER_MAX)?;
    if asked.kind != QuestionKind::Form {
        if !reply.fields.is_empty() {
            return Err(invalid(
                "`fields` belong to a form, and this question is none.",
                "`answer` alone.",
                "Send `answer`.",
            ));
        }
        if answer.is_empty() {
            return Err(invalid(
                "`answer` is empty.",
                format!("1 to {ANSWER_MAX} bytes."),
                "Send `answer`.",
            ));
        }
        if asked.kind == QuestionKind::Confirm {
            confirmed("answer", &answer)?;
        }
        return Ok(Reply {
            answer,
            fields: BTreeMap::new(),
        });
    }
    let named = |name: &&String| asked.fields.iter().any(|field| field.name == **name);
    if let Some(unknown) = reply.fields.keys().find(|name| !named(name)) {
        let known: Vec<_> = asked
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        return Err(invalid(
            format!("The form has no field {unknown:?}."),
            format!("{}.", known.join(", ")),
            "Send `fields` with these names.",
        ));
    }
    let mut fields = BTreeMap::new();
    for field in &asked.fields {
        let name = &field.name;
        let given = reply.fields.get(name).map_or("", String::as_str);
        let value = text::document(name, given, ANSWER_MAX)?;
        if value.is_empty() {
            if field.required {
                return Err(invalid(
                    format!("`{name}` is empty."),
                    "a value: the agent needs it.",
                    format!("Fill `{name}` in."),
                ));
            }
            continue;
        }
        match field.kind {
            FieldKind::Text => {}
            FieldKind::Number if value.trim().parse::<f64>().is_ok_and(f64::is_finite) => {}
            FieldKind::Number => {
                return Err(invalid(
                    format!("`{name}` is {:?}.", short(&value)),
                    "a number, such as 3 or 0.5.",
                    format!("Write a number into `{name}`."),
                ));
            }
            FieldKind::Choice if field.options.contains(&value) => {}
            FieldKind::Choice => {
                return Err(invalid(
                    format!("`{name}` is {:?}.", short(&value)),
                    format!("{}.", field.options.join(", ")),
                    format!("Choose one of these for `{name}`."),
                ));
            }
            FieldKind::Confirm => confirmed(name, &value)?,
        }
        fields.insert(name.clone(), value);
    }
    if fields.is_empty() && answer.is_empty() {
        return Err(invalid(
            "Every field is empty.",
            "at least one value, or words in `answer`.",
            "Fill the form in.",
        ));
    }
    // Each is bounded; a form as a whole too, since all of it goes into the next prompt.
    let size: usize = fields.values().map(String::len).sum();
    if size > 2 * ANSWER_MAX {
        return Err(Refusal::new(
            Reason::TooLarge,
            format!("The fields have {size} bytes together."),
            format!("at most {}.", 2 * ANSWER_MAX),
            "Shorten them, or point to a file.",
        ));
    }
    Ok(Reply { answer, fields })
}

fn confirmed(name: &str, value: &str) -> Result<(), Refusal> {
    if matches!(value, "yes" | "no") {
        return Ok(());
    }
    Err(invalid(
        format!("`{name}` is {:?}.", short(value)),
        "yes or no.",
        format!("Send yes or no as `{name}`."),
    ))
}

fn short(value: &str) -> String {
    value.chars().take(60).collect()
}

fn invalid(
    what: impl Into<String>,
    allowed: impl Into<String>,
    next: impl Into<String>,
) -> Refusal {
    Refusal::new(Reason::Invalid, what, allowed, next)
}

fn too_many(field: &str, given: usize, most: usize) -> Refusal {
    Refusal::new(
        Reason::TooLarge,
        format!("`{field}` has {given} entries."),
        format!("at most {most}: a person has to read them all."),
        format!("Send fewer `{field}`, or ask with kind=text."),
    )
}

/// Decides about a call that is answered with the answer. No events means: an agent has it.
pub(crate) fn deliver(
    pipeline: &Pipeline,
    id: &QuestionId,
    with: &str,
) -> Result<Vec<Event>, Refusal> {
    let question = find(pipeline, id)?;
    let with = text::line("with", with, NAME_MAX)?;
    let waits = question
        .answer
        .as_ref()
        .is_some_and(|answer| answer.delivered.is_none());
    Ok(if waits {
        vec![Event::AnswerDelivered {
            question: id.clone(),
            with,
        }]
    } else {
        vec![]
    })
}

fn find<'a>(pipeline: &'a Pipeline, id: &QuestionId) -> Result<&'a Question, Refusal> {
    pipeline.question(id).ok_or_else(|| {
        let known: Vec<String> = pipeline
            .questions
            .iter()
            .map(|q| q.id.to_string())
            .collect();
        Refusal::not_found("question", &id.to_string(), &pipeline.id, &known)
    })
}

impl Pipeline {
    /// A question by id, as long as it is kept.
    pub fn question(&self, id: &QuestionId) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == *id)
    }

    /// The question that waits for a person and asks just this, as a command named it.
    pub fn waiting_question(&self, asked: &Asked) -> Option<&Question> {
        let asked = check(asked).ok()?;
        self.open_questions()
            .find(|question| question.asked == asked)
    }

    /// The question that was asked in these words last, answered or not.
    pub fn newest_question(&self, asked: &Asked) -> Option<&Question> {
        let asked = check(asked).ok()?;
        let mut newest_first = self.questions.iter().rev();
        newest_first.find(|question| question.asked == asked)
    }

    /// The questions that wait for a person, the oldest first; none of a pipeline that has ended.
    pub fn open_questions(&self) -> impl Iterator<Item = &Question> {
        let open = !self.status.has_ended();
        self.questions
            .iter()
            .filter(move |question| open && question.is_open())
    }

    /// The answers that no agent has, the oldest first.
    pub fn undelivered_answers(&self) -> impl Iterator<Item = (&Question, &Answered)> {
        let answered = self
            .questions
            .iter()
            .filter_map(|it| Some((it, it.answer.as_ref()?)));
        answered.filter(|(_, answer)| answer.delivered.is_none())
    }

    /// Whether the agent waits for an answer before it goes on.
    pub(crate) fn is_blocked(&self) -> bool {
        self.status == Status::Running && self.open_questions().any(|question| question.waits)
    }

    fn next_question(&self) -> u32 {
        let newest = self
            .questions
            .last()
            .map_or(0, |question| question.id.number());
        newest.saturating_add(1)
    }

    pub(crate) fn apply_question_asked(
        &mut self,
        recorded: &Recorded,
        id: &QuestionId,
        phase: &PhaseName,
        asked: &Asked,
    ) {
        if self.questions.len() == QUESTIONS_KEPT {
            let answered = self
                .questions
                .iter()
                .position(|question| !question.is_open());
            self.questions.remove(answered.unwrap_or(0));
        }
        self.questions.push(Question {
            id: id.clone(),
            asked: asked.clone(),
            phase: phase.clone(),
            by: recorded.actor.clone(),
            at: recorded.at,
            waits: asked.blocking,
            answer: None,
        });
        let question = text::summary_of(&asked.question);
        self.note(recorded, What::Asked { question });
    }

    /// Whoever hands over does not wait for an answer any more; it is still welcome.
    pub(crate) fn end_waiting(&mut self) {
        for question in &mut self.questions {
            question.waits = false;
        }
    }

    pub(crate) fn apply_question_answered(
        &mut self,
        recorded: &Recorded,
        id: &QuestionId,
        reply: &Reply,
        proof: Option<&Proof>,
    ) {
        let known = self
            .questions
            .iter_mut()
            .find(|question| question.id == *id);
        let Some(question) = known.filter(|question| question.answer.is_none()) else {
            return;
        };
        question.answer = Some(Answered {
            reply: reply.clone(),
            by: recorded.actor.clone(),
            at: recorded.at,
            proof: proof.cloned(),
            delivered: None,
        });
        let question = text::summary_of(&question.asked.question);
        let answer = text::summary_of(&reply.line());
        self.note(recorded, What::Answered { question, answer });
    }

    pub(crate) fn apply_answer_delivered(
        &mut self,
        recorded: &Recorded,
        id: &QuestionId,
        with: &str,
    ) {
        let known = self
            .questions
            .iter_mut()
            .find(|question| question.id == *id);
        if let Some(answer) = known.and_then(|question| question.answer.as_mut()) {
            answer
                .delivered
                .get_or_insert_with(|| Receipt::of(recorded, with));
        }
    }
}

impl Reply {
    /// The answer in one text: the words, then the fields.
    pub fn line(&self) -> String {
        let fields = self
            .fields
            .iter()
            .map(|(name, value)| format!("{name}: {value}"));
        let words = (!self.answer.is_empty()).then(|| self.answer.clone());
        words
            .into_iter()
            .chain(fields)
            .collect::<Vec<_>>()
            .join("\n")
    }
}
