//! What only the page of a pipeline shows, as the board reads it.
//!
//! The domain keeps a question as shapes within shapes that lie in one object. To read that, serde would collect each
//! object first, and the code for it is larger than all that the page does with questions. Here they are read field by
//! field.

use std::fmt;

use domain::{
    Activity, Actor, Entry, Note, Phase, PhaseName, QuestionId, Receipt, ReviewWait, Session,
    Timestamp, Track,
};
use protocol::{DetailMore, HandoverRef, PromptRef};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};

/// A [`DetailMore`], read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageDetail {
    /// What the board calls it, whole.
    pub full_title: String,
    /// What it is to achieve.
    pub goal: String,
    /// All phases, with their times.
    pub phase_details: Vec<Phase>,
    /// All tracks with their tasks.
    pub tracks: Vec<Track>,
    /// What its agents asked, the newest last.
    #[serde(default)]
    pub questions: Vec<Question>,
    /// What people told its agents, the newest last.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// The session of an assistant that works on it.
    #[serde(default)]
    pub session: Option<Session>,
    /// What hooks have seen the agent do lately, the newest last.
    #[serde(default)]
    pub activity: Vec<Activity>,
    /// The newest lines of "What happened", the newest last.
    pub log: Vec<Entry>,
    /// The newest revisions of its handovers, the newest last.
    pub handovers: Vec<HandoverRef>,
    /// Its newest prompts, the newest last.
    pub prompts: Vec<PromptRef>,
    /// How long reviews waited whose revisions are older than those in `handovers`.
    #[serde(default)]
    pub earlier_waits: Vec<ReviewWait>,
    /// The phases whose prompts people look at before they leave; nothing where nobody chose.
    #[serde(default)]
    pub held_phases: Option<Vec<PhaseName>>,
}

/// A question of an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Its id.
    pub id: QuestionId,
    /// What is asked.
    pub question: String,
    /// How it is answered.
    #[serde(default)]
    pub kind: Kind,
    /// What can be chosen.
    #[serde(default)]
    pub options: Vec<String>,
    /// What is to be filled in.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// Whether the agent asked to wait for the answer.
    #[serde(default)]
    pub blocking: bool,
    /// The phase that ran.
    pub phase: PhaseName,
    /// Who asks.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Whether the agent still waits.
    #[serde(default)]
    pub waits: bool,
    /// The answer, once there is one.
    #[serde(default)]
    pub answer: Option<Answer>,
}

/// What is to be filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it takes.
    #[serde(default)]
    pub kind: Kind,
    /// What can be chosen.
    #[serde(default)]
    pub options: Vec<String>,
    /// Whether it may not be left empty.
    #[serde(default)]
    pub required: bool,
}

/// How a question is answered, or a field is filled in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// With one of the options.
    Choice,
    /// With `yes` or `no`.
    Confirm,
    /// With a value for each field.
    Form,
    /// With a number.
    Number,
    /// With words; also where a newer server names a kind that is not known here.
    #[default]
    #[serde(other)]
    Text,
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The words, the option, or `yes` or `no`.
    #[serde(default)]
    pub answer: String,
    /// The values of a form.
    #[serde(default)]
    pub fields: Values,
    /// Who answered.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// How an agent got it first.
    #[serde(default)]
    pub delivered: Option<Receipt>,
}

/// The values of a form with the names of its fields: on the wire an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(pub Vec<(String, String)>);

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Values;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Values, A::Error> {
                let mut values = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    values.push(pair);
                }
                Ok(Values(values))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

impl Question {
    /// Whether nobody has answered it.
    pub fn is_open(&self) -> bool {
        self.answer.is_none()
    }
}

impl From<DetailMore> for PageDetail {
    fn from(more: DetailMore) -> Self {
        Self {
            full_title: more.full_title,
            goal: more.goal,
            phase_details: more.phase_details,
            tracks: more.tracks,
            questions: more.questions.into_iter().map(Question::from).collect(),
            notes: more.notes,
            session: more.session,
            activity: more.activity,
            log: more.log,
            handovers: more.handovers,
            prompts: more.prompts,
            earlier_waits: more.earlier_waits,
            held_phases: more.held_phases,
        }
    }
}

impl From<domain::Question> for Question {
    fn from(question: domain::Question) -> Self {
        use domain::QuestionKind;
        let asked = question.asked;
        Self {
            id: question.id,
            question: asked.question,
            kind: match asked.kind {
                QuestionKind::Text => Kind::Text,
                QuestionKind::Choice => Kind::Choice,
                QuestionKind::Confirm => Kind::Confirm,
                QuestionKind::Form => Kind::Form,
            },
            options: asked.options,
            fields: asked.fields.into_iter().map(Field::from).collect(),
            blocking: asked.blocking,
            phase: question.phase,
            by: question.by,
            at: question.at,
            waits: question.waits,
            answer: question.answer.map(|answered| Answer {
                answer: answered.reply.answer,
                fields: Values(answered.reply.fields.into_iter().collect()),
                by: answered.by,
                at: answered.at,
                delivered: answered.delivered,
            }),
        }
    }
}

impl From<domain::QuestionField> for Field {
    fn from(field: domain::QuestionField) -> Self {
        use domain::FieldKind;
        Self {
            name: field.name,
            kind: match field.kind {
                FieldKind::Text => Kind::Text,
                FieldKind::Number => Kind::Number,
                FieldKind::Choice => Kind::Choice,
                FieldKind::Confirm => Kind::Confirm,
            },
            options: field.options,
            required: field.required,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Asked, Event, FieldKind, QuestionField, QuestionKind, Reply};

    use super::*;
    use crate::{json, samples};

    #[test]
    fn the_board_reads_what_the_server_writes() {
        let mut pipeline = samples::pipeline(1);
        let question = QuestionId::new(pipeline.id.clone(), 1);
        let asked = Asked {
            question: "Where?".to_owned(),
            kind: QuestionKind::Form,
            options: Vec::new(),
            fields: vec![QuestionField {
                name: "Port".to_owned(),
                kind: FieldKind::Number,
                options: Vec::new(),
                required: true,
            }],
            blocking: true,
        };
        let reply = Reply {
            answer: "Soon.".to_owned(),
            fields: [("Port".to_owned(), "80".to_owned())].into(),
        };
        for event in [
            Event::QuestionAsked {
                question: question.clone(),
                phase: pipeline.phase().name.clone(),
                asked,
            },
            Event::QuestionAnswered {
                question: question.clone(),
                reply,
                proof: None,
            },
            Event::AnswerDelivered {
                question,
                with: "hook".to_owned(),
            },
        ] {
            samples::then(&mut pipeline, event);
        }
        let more = protocol::Detail::from(&pipeline).more;
        let written = json::write(&more).expect("JSON");
        let read: PageDetail = json::read(&written).expect("readable");
        assert_eq!(read, PageDetail::from(more));
        assert_eq!(read.questions[0].fields[0].kind, Kind::Number);
    }

    #[test]
    fn a_kind_of_tomorrow_is_answered_in_words() {
        assert_eq!(json::read::<Kind>("\"drawing\""), Some(Kind::Text));
    }
}
