//! What can write a prompt: the templates, and models by name.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use cli::http::NoClient;
use domain::{Writer, WriterKind, limits::PROMPT_MAX};
use protocol::{ColdRead, ModelTest, shorten};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    Brief, HandoverFacts, Model, ModelConfig, Template,
    model::ModelError,
    template::{Rendered, TemplateError},
};
use crate::secrets;

/// Longest form of a handover, in bytes: a model reads it before it begins to write.
const FORM_MAX: usize = 64 * 1024;
/// Models that are asked at once because a person wants it. The prompts that decisions wait for have turns of their own.
const ASKED: usize = 2;
/// Most questions of a cold read that are shown, and the longest, in characters.
const QUESTIONS_MAX: usize = 20;
const QUESTION_MAX: usize = 500;
/// Longest answer to a test that is shown, in characters.
const ANSWER_MAX: usize = 200;

/// The name of the template among the writers.
pub const TEMPLATE: &str = "template";

/// The templates and the models.
pub struct Writers {
    template: Template,
    models: Vec<Model>,
    turns: Semaphore,
}

/// Why nobody wrote when a person wanted it.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is no such writer.
    #[error(
        "There is no writer {name:?}. Allowed: {allowed}. Models are named in [prompt] of the settings."
    )]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        allowed: String,
    },
    /// No model is configured.
    #[error("No model is configured. Set [prompt] model, or STAFFEL_MODEL (docs/PROMPTS.md).")]
    NoModel,
    /// Others ask already.
    #[error("{ASKED} requests to models are under way. Try again in a moment.")]
    Busy,
    /// It failed. Nothing has changed.
    #[error(
        "{name} did not answer: {why}. Nothing has changed; try again, or choose another writer."
    )]
    Failed {
        /// The model.
        name: String,
        /// Why.
        why: ModelError,
    },
    /// The work was not done.
    #[error("{0}")]
    Internal(String),
}

impl Writers {
    /// The templates, and the models, of which the first writes by itself.
    ///
    /// # Errors
    /// A model's HTTP client cannot be made.
    pub fn new(template: Template, models: &[ModelConfig]) -> Result<Self, NoClient> {
        Ok(Self {
            template,
            models: models.iter().map(Model::new).collect::<Result<_, _>>()?,
            turns: Semaphore::new(ASKED),
        })
    }

    /// The names of the models, the default first.
    pub fn models(&self) -> Vec<String> {
        self.models
            .iter()
            .map(|model| model.name().to_owned())
            .collect()
    }

    /// Writes the prompt after a decision: the first model does, or the template where there is none or it fails.
    ///
    /// # Errors
    /// The template could not be run.
    pub async fn write(self: &Arc<Self>, brief: Brief) -> Result<(String, Writer), WriteError> {
        let begun = Instant::now();
        let why = match self.models.first() {
            None => "no model is configured".to_owned(),
            Some(model) => match model.write(&brief).await {
                Ok(text) => return Ok((text, written_by(model, begun))),
                Err(error) => {
                    tracing::warn!(pipeline = %brief.pipeline, %error, "the model did not write for pipeline {}: {error}", brief.pipeline);
                    format!("{} did not write: {error}", model.name())
                }
            },
        };
        self.from_template(brief, begun, Some(why)).await
    }

    /// Writes it anew, because a person wants it: by the writer of this name, or by the default one.
    ///
    /// # Errors
    /// There is no such writer, too much is asked for at once, or it failed.
    pub async fn write_anew(
        self: &Arc<Self>,
        brief: Brief,
        by: Option<&str>,
    ) -> Result<(String, Writer), WriteError> {
        let begun = Instant::now();
        let model = match by {
            Some(TEMPLATE) => None,
            Some(name) => Some(self.model(name)?),
            None => self.models.first(),
        };
        let Some(model) = model else {
            return self.from_template(brief, begun, None).await;
        };
        let _turn = self.turn()?;
        match model.write(&brief).await {
            Ok(text) => Ok((text, written_by(model, begun))),
            Err(why) => Err(failed(model, why)),
        }
    }

    /// Gives a model this prompt and nothing else, and asks whether it could begin. It sees no secrets.
    ///
    /// # Errors
    /// As [`Self::write_anew`], and there is no model.
    pub async fn read_cold(&self, version: u32, text: &str) -> Result<ColdRead, WriteError> {
        let model = self.models.first().ok_or(WriteError::NoModel)?;
        let (_turn, begun) = (self.turn()?, Instant::now());
        let instructions = "You are an AI coding agent in a fresh session. The user's message is the prompt that you would get; you \
            know nothing else. Do not carry it out. If you could begin, answer with the single word READY. Otherwise \
            answer with the questions that you would have to ask first, one a line, each in at most twenty words, in the \
            language of the prompt, and nothing else.";
        let data = secrets::mask(text).into_owned();
        let answer = model.ask(instructions.to_owned(), data).await;
        let answer = answer.map_err(|why| failed(model, why))?;
        let (ready, questions) = said_of(&answer);
        Ok(ColdRead {
            version,
            ready,
            questions,
            model: model.name().to_owned(),
            took_ms: millis(begun.elapsed()),
        })
    }

    /// Asks a model for one word.
    ///
    /// # Errors
    /// As [`Self::write_anew`].
    pub async fn test(&self, name: &str) -> Result<ModelTest, WriteError> {
        let model = self.model(name)?;
        let (_turn, begun) = (self.turn()?, Instant::now());
        let answer = model.ask(
            "Answer with the single word OK.".to_owned(),
            "Are you there?".to_owned(),
        );
        let answer = answer.await.map_err(|why| failed(model, why))?;
        Ok(ModelTest {
            model: model.name().to_owned(),
            answer: shorten(&answer, ANSWER_MAX),
            took_ms: millis(begun.elapsed()),
        })
    }

    /// What a template would write. It is used for this once.
    ///
    /// # Errors
    /// It is no template, or it failed.
    pub async fn preview(source: String, brief: Brief) -> Result<String, TemplateError> {
        let write = move || Template::preview(source, &brief, PROMPT_MAX);
        let written = tokio::task::spawn_blocking(write).await;
        written.unwrap_or_else(|error| Err(TemplateError::Ended(error.to_string())))
    }

    /// The form of a handover, for an agent that is about to write one; `None` where none could be made.
    pub async fn handover_form(self: &Arc<Self>, facts: HandoverFacts) -> Option<String> {
        let writers = Arc::clone(self);
        let write = move || writers.template.handover_form(&facts, FORM_MAX).text;
        let form = tokio::task::spawn_blocking(write).await;
        form.ok().filter(|text| !text.is_empty())
    }

    async fn from_template(
        self: &Arc<Self>,
        brief: Brief,
        begun: Instant,
        why: Option<String>,
    ) -> Result<(String, Writer), WriteError> {
        // A template of the user's may take long over a megabyte: not on the threads that serve requests.
        let writers = Arc::clone(self);
        let write = move || writers.template.write(&brief, PROMPT_MAX);
        let Rendered {
            text,
            name,
            trouble,
        } = tokio::task::spawn_blocking(write)
            .await
            .map_err(|error| WriteError::Internal(error.to_string()))?;
        let why: Vec<_> = why.into_iter().chain(trouble).collect();
        Ok((
            text,
            Writer {
                kind: WriterKind::Template,
                name,
                why: (!why.is_empty()).then(|| why.join("; ")),
                took_ms: millis(begun.elapsed()),
            },
        ))
    }

    fn model(&self, name: &str) -> Result<&Model, WriteError> {
        let found = self.models.iter().find(|model| model.name() == name);
        found.ok_or_else(|| WriteError::Unknown {
            name: shorten(name, ANSWER_MAX),
            allowed: [TEMPLATE.to_owned()]
                .into_iter()
                .chain(self.models())
                .collect::<Vec<_>>()
                .join(", "),
        })
    }

    fn turn(&self) -> Result<SemaphorePermit<'_>, WriteError> {
        self.turns.try_acquire().map_err(|_| WriteError::Busy)
    }
}

/// Whether a model says that it could begin, and what it would ask.
fn said_of(answer: &str) -> (bool, Vec<String>) {
    let bare = |line: &str| {
        let marks = |letter: char| letter.is_ascii_digit() || ".)-*• \t".contains(letter);
        line.trim_start_matches(marks).trim().to_owned()
    };
    let lines: Vec<String> = answer
        .lines()
        .map(bare)
        .filter(|line| !line.is_empty())
        .collect();
    let is_ready = |line: &String| {
        line.trim_matches(|letter: char| !letter.is_alphabetic())
            .eq_ignore_ascii_case("ready")
    };
    let ready = lines.first().is_some_and(is_ready);
    let questions = lines
        .iter()
        .filter(|line| !is_ready(line))
        .take(QUESTIONS_MAX);
    let questions: Vec<_> = questions.map(|line| shorten(line, QUESTION_MAX)).collect();
    (ready, questions)
}

fn written_by(model: &Model, begun: Instant) -> Writer {
    Writer {
        kind: WriterKind::Model,
        name: model.name().to_owned(),
        why: None,
        took_ms: millis(begun.elapsed()),
    }
}

fn failed(model: &Model, why: ModelError) -> WriteError {
    WriteError::Failed {
        name: model.name().to_owned(),
        why,
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_cold_reader_says_is_understood_in_any_form() {
        let questions = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        for (answer, ready, asked) in [
            ("READY", true, &[][..]),
            ("**Ready.**\n", true, &[]),
            (
                "1. Which branch?\n2) Which database?\n",
                false,
                &["Which branch?", "Which database?"],
            ),
            ("- Ready for what?", false, &["Ready for what?"]),
            (
                "READY\n- One thing: which port?",
                true,
                &["One thing: which port?"],
            ),
            ("\n \n", false, &[]),
        ] {
            assert_eq!(said_of(answer), (ready, questions(asked)), "{answer:?}");
        }
        let many = "Why?\n".repeat(1_000);
        assert_eq!(said_of(&many).1.len(), QUESTIONS_MAX);
    }
}
