//! `save_handover_content`: the handover that ends a phase, or its revision.

use domain::{
    Actor, AnswerOutcome, Attachment, Command, CommentAnswer, DocumentHash, EvidenceLink, Media,
    Pipeline, Recap, TestRun, attachment,
};
use rmcp::model::{JsonObject, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Nature, answer::Answer, arguments::parse, describe, find::no_handover, points::Point, policy,
    words::board_url,
};
use crate::{
    documents::Findings,
    mcp::handler::{Called, Handler},
};

/// Arguments of `save_handover_content`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveHandover {
    /// The document in Markdown, at most 1 MiB: results, decisions with reasons, open questions, next steps.
    pub content: String,
    /// Its id. Default: your one open pipeline.
    #[serde(default)]
    pub pipeline: Option<String>,
    /// The phase you believe to end; refused when another one runs.
    #[serde(default)]
    pub phase: Option<String>,
    /// One line that tells the reviewer what to expect. Default: the first sentence.
    #[serde(default)]
    pub summary: Option<String>,
    /// What you reached, a line each.
    #[serde(default)]
    pub results: Vec<String>,
    /// What you do not know yet, a line each.
    #[serde(default)]
    pub open_questions: Vec<String>,
    /// What comes next, a line each.
    #[serde(default)]
    pub next_steps: Vec<String>,
    /// What shows that it is so.
    #[serde(default)]
    pub evidence: Evidence,
    /// What you did about each comment of the review.
    #[serde(default)]
    pub answers: Vec<Answered>,
    /// Any text that is unique for this handover: the same call sent again then changes nothing twice.
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// What shows that a handover is so.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
pub struct Evidence {
    commit: Option<String>,
    branch: Option<String>,
    /// Of the last run.
    tests: Option<Tests>,
    /// Paths of changed files.
    files: Vec<String>,
    links: Vec<Page>,
    /// Files that you uploaded before: `staffel attach FILE` prints this.
    attachments: Vec<File>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct Tests {
    passed: u32,
    failed: u32,
    #[serde(default)]
    command: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct Page {
    url: String,
    #[serde(default)]
    title: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct File {
    name: String,
    #[schemars(with = "String")]
    hash: DocumentHash,
}

/// What was done about a comment.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Answered {
    /// Its number.
    comment: u32,
    outcome: Outcome,
    /// What you did, or why not.
    #[serde(default)]
    note: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Outcome {
    Done,
    Declined,
}

impl From<Evidence> for domain::Evidence {
    fn from(given: Evidence) -> Self {
        let tests = given.tests.map(|run| TestRun {
            passed: run.passed,
            failed: run.failed,
            command: run.command,
        });
        let links = given.links.into_iter().map(|page| EvidenceLink {
            url: page.url,
            title: page.title,
        });
        // The relay knows how large they are and of what kind.
        let attachments = given.attachments.into_iter().map(|file| Attachment {
            name: file.name,
            hash: file.hash,
            size: 0,
            media: Media::default(),
        });
        Self {
            commit: given.commit,
            branch: given.branch,
            tests,
            files: given.files,
            links: links.collect(),
            attachments: attachments.collect(),
        }
    }
}

impl From<Answered> for CommentAnswer {
    fn from(given: Answered) -> Self {
        Self {
            comment: given.comment,
            outcome: match given.outcome {
                Outcome::Done => AnswerOutcome::Done,
                Outcome::Declined => AnswerOutcome::Declined,
            },
            note: given.note,
        }
    }
}

pub const NAME: &str = "save_handover_content";

pub fn tool() -> Tool {
    describe::<SaveHandover, Saved>(
        NAME,
        "Hand the phase over",
        "Ends the phase with a handover document, or sends its revision after changes were requested. The document opens \
         on the board of the person who decides. Returns the handover id to wait for.",
        Nature::Adds,
    )
}

pub async fn call(handler: &Handler, given: JsonObject, actor: &Actor) -> Called {
    let given: SaveHandover = parse(NAME, given)?;
    let id = handler
        .find(given.pipeline.as_deref(), actor)
        .await?
        .id
        .clone();
    let command = Command::HandOver {
        phase: given.phase,
        content: given.content,
        summary: given.summary,
        recap: Recap {
            results: given.results,
            open_questions: given.open_questions,
            next_steps: given.next_steps,
            evidence: given.evidence.into(),
        },
        answers: given.answers.into_iter().map(CommentAnswer::from).collect(),
    };
    let done = handler
        .relay
        .execute(&id, &command, actor, given.idempotency_key.as_deref())
        .await?;
    let mut saved =
        Saved::new(&done.pipeline, &handler.board).ok_or_else(|| no_handover(&done.pipeline))?;
    if let Some(handover) = done.pipeline.handovers.last() {
        let documents = handler.relay.documents();
        let revision = handover.current();
        let found = documents.findings(&revision.document).await?;
        saved.names_missing(&found, revision.recap.as_deref());
    }
    Ok(saved.into_result())
}

/// Answer of `save_handover_content`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Saved {
    /// The handover id to wait for.
    pub handover: String,
    /// Its revision.
    pub revision: u32,
    /// The phase it ends.
    pub phase: String,
    /// The phase it leads to; null after the last.
    pub next_phase: Option<String>,
    /// The pipeline id.
    pub pipeline: String,
    /// Where the person decides.
    pub board_url: String,
    /// What looks as if you had forgotten to fill it in; send the document again without it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub placeholders: Vec<String>,
    /// Pictures that the document shows and that are not in evidence.attachments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_attached: Vec<String>,
    /// Comments of the review that you have not answered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unanswered: Vec<u32>,
    /// What to do next.
    pub next_step: String,
    /// Whether it waits for a person.
    #[serde(skip)]
    is_open: bool,
}

impl Saved {
    /// Says what was not filled in, and which pictures the person does not see.
    fn names_missing(&mut self, found: &Findings, recap: Option<&Recap>) {
        let pictures = attachment::missing(&found.pictures, recap);
        self.not_attached = pictures.cloned().collect();
        if !self.not_attached.is_empty() {
            self.next_step = format!(
                "The text shows pictures that the person does not see, for they are not attached: {}. Run `staffel attach FILE`, and \
                 send the document again with what it prints in evidence.attachments. Then: {}",
                self.not_attached.join(", "),
                self.next_step
            );
        }
        let named = found
            .placeholders
            .iter()
            .map(|it| format!("{} (line {})", it.text, it.line));
        self.placeholders = named.collect();
        if !self.placeholders.is_empty() {
            self.next_step = format!(
                "Not filled in: {}. Send the document again without that; the person sees it too. Then: {}",
                self.placeholders.join(", "),
                self.next_step
            );
        }
    }

    /// The newest handover of `pipeline`.
    pub fn new(pipeline: &Pipeline, board: &str) -> Option<Self> {
        let handover = pipeline.handovers.last()?;
        let is_open = handover.is_open();
        let unanswered = Point::unanswered(pipeline);
        let unanswered: Vec<_> = unanswered.iter().map(|point| point.comment).collect();
        let answer_first = if unanswered.is_empty() {
            String::new()
        } else {
            let numbers = unanswered.iter().map(ToString::to_string);
            format!(
                "Comments without an answer: {}. Send the same document again with `answers` for them. Then: ",
                numbers.collect::<Vec<_>>().join(", ")
            )
        };
        Some(Self {
            handover: handover.id.to_string(),
            revision: handover.current().number,
            phase: handover.phase.to_string(),
            next_phase: handover.next_phase.as_ref().map(ToString::to_string),
            pipeline: pipeline.id.to_string(),
            board_url: board_url(board, pipeline),
            placeholders: Vec::new(),
            not_attached: Vec::new(),
            unanswered,
            next_step: {
                let outcome = policy::outcome(handover).map(|outcome| format!("{outcome} "));
                let outcome = outcome.unwrap_or_default();
                let wait = format!("Call await_handover_decision(handover=\"{}\")", handover.id);
                if is_open {
                    format!("{outcome}{answer_first}{wait}. Do not go on before the decision.")
                } else {
                    format!("{outcome}{wait}: it has the prompt.")
                }
            },
            is_open,
        })
    }
}

impl Answer for Saved {
    fn line(&self) -> String {
        let Self {
            handover,
            revision,
            phase,
            next_step,
            board_url,
            ..
        } = self;
        let stands = if self.is_open {
            format!("waits for a person at {board_url}")
        } else {
            "is accepted".to_owned()
        };
        format!("Handover {handover} (revision {revision}) of {phase} {stands}. Next: {next_step}")
    }
}
