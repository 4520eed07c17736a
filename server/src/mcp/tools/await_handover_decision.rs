//! `await_handover_decision`: the wait for a person, as a call. An agent that a person has paused waits with it to go on.

use std::{
    borrow::Cow,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{Actor, Pipeline, Prompt, Reason, Refusal, Revision, Verdict};
use rmcp::{
    RoleServer,
    model::{CallToolResponse, JsonObject, Tool},
    service::RequestContext,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Nature,
    answer::Answer,
    arguments::parse,
    describe,
    find::no_handover,
    pick_up::follow,
    points::Point,
    words::{board_url, verdict},
};
use crate::{
    mcp::{
        asking::Brought,
        handler::{Called, Handler},
        waiting::{self, Waited},
    },
    relay::RelayError,
};

/// Bounds of a wait in seconds. Every known client allows a call at least 60.
const WAIT: std::ops::RangeInclusive<i64> = 1..=50;
const WAIT_DEFAULT: i64 = 45;

/// Arguments of `await_handover_decision`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Await {
    /// The handover id as save_handover_content returned it. Default: the newest of the pipeline.
    pub handover: Option<String>,
    /// Its id. Default: your one open pipeline.
    pub pipeline: Option<String>,
    /// Longest time to wait before the answer is "pending", 1 to 50 seconds. Default: 45.
    #[schemars(range(min = 1, max = 50))]
    pub wait_seconds: Option<i64>,
}

pub const NAME: &str = "await_handover_decision";

pub fn tool() -> Tool {
    describe::<Await, Decision>(
        NAME,
        "Wait for the decision",
        "Waits until a person has decided about a handover. Returns the decision with the prompt for the next phase (or for \
         the revision) to follow. Returns decision=\"pending\" when wait_seconds run out: call it again with the same \
         arguments. A decision made earlier returns at once, and none is ever lost. While a person has paused your work, it waits \
         until you may go on.",
        Nature::Adds,
    )
}

/// `brought` is what the client brings back where it was asked.
pub async fn call(
    handler: &Handler,
    given: JsonObject,
    actor: &Actor,
    brought: &Brought,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, RelayError> {
    let Await {
        handover,
        pipeline,
        wait_seconds,
    } = parse(NAME, given)?;
    let seconds = wait_seconds.unwrap_or(WAIT_DEFAULT);
    let longest = u64::try_from(seconds).ok().filter(|_| WAIT.contains(&seconds)).map(Duration::from_secs).ok_or_else(|| {
        Refusal::new(
            Reason::Invalid,
            format!("`wait_seconds` is {seconds}."),
            "1 to 50.",
            "Call again with wait_seconds within the bounds; a wait can be repeated as often as needed.",
        )
    })?;
    if let Some(paused) = handler
        .paused(handover.as_deref(), pipeline.as_deref(), actor)
        .await?
    {
        return Ok(pause(handler, &paused, longest, context).await?.into());
    }
    let (pipeline, id) = handler
        .find_handover(handover.as_deref(), pipeline.as_deref(), actor)
        .await?;
    if let Some(question) = handler
        .asks(&pipeline, &id, actor, brought, context)
        .await?
    {
        return Ok(question);
    }
    // What was brought may have decided it.
    let pipeline = handler.relay.pipeline(&pipeline.id).await?;
    if let Some(task) = handler.as_task(&pipeline, &id, actor, context) {
        return Ok(task);
    }
    let begun = Instant::now();
    handler.wait(&pipeline, &id, longest, context).await?;
    let waited = begun.elapsed();
    let pipeline = handler.relay.pipeline(id.pipeline()).await?;
    let handover = pipeline
        .handover(&id)
        .ok_or_else(|| no_handover(&pipeline))?;
    let revision = handover.current().number;
    // A call that was cancelled has nobody to give the prompt to.
    let takes = !context.ct.is_cancelled();
    let decision = handler.decision(&id, revision, actor, takes, waited);
    Ok(decision.await?.into())
}

impl Handler {
    /// The pipeline that is meant, if a person has paused it.
    async fn paused(
        &self,
        handover: Option<&str>,
        pipeline: Option<&str>,
        actor: &Actor,
    ) -> Result<Option<Arc<Pipeline>>, RelayError> {
        let found = match handover {
            Some(_) => self.find_handover(handover, pipeline, actor).await?.0,
            None => self.find(pipeline, actor).await?,
        };
        Ok(found.paused.is_some().then_some(found))
    }
}

/// Waits for a person to say that the work goes on.
async fn pause(
    handler: &Handler,
    paused: &Pipeline,
    longest: Duration,
    context: &RequestContext<RoleServer>,
) -> Called {
    let begun = Instant::now();
    let goes_on = |pipeline: &Pipeline| pipeline.paused.is_none();
    waiting::until(
        &handler.relay,
        &paused.id,
        longest,
        context,
        "to say go on",
        goes_on,
    )
    .await?;
    let pipeline = handler.relay.pipeline(&paused.id).await?;
    let subject = format!("pause of {}", pipeline.id);
    let waited = handler.unanswered_waits.add(&subject, 0, begun.elapsed());
    if pipeline.paused.is_none() {
        handler.unanswered_waits.remove(&subject);
    }
    Ok(Decision::of_pause(&pipeline, waited, &handler.board).into_result())
}

/// Answer of `await_handover_decision`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Decision {
    /// pending, accepted, changes_requested, stopped, or ended (the pipeline ended without a decision); paused or go_on where a
    /// person has paused your work.
    pub decision: String,
    /// The handover id; null of a pause.
    pub handover: Option<String>,
    /// The revision that was decided, or that waits; null of a pause.
    pub revision: Option<u32>,
    /// What the person wants different; empty when nothing.
    pub review_changes: String,
    /// Comments of the review that wait for your answer; the prompt has them too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<Point>,
    /// Who decided; null while pending.
    pub decided_by: Option<String>,
    /// The prompt to follow now; null when there is none (yet).
    pub prompt: Option<String>,
    /// Its id, for acknowledge_prompt.
    pub prompt_id: Option<String>,
    /// The phase that the prompt is for.
    pub next_phase: Option<String>,
    /// The pipeline id.
    pub pipeline: String,
    /// What to do next.
    pub next_step: String,
}

/// What to do while a person looks at the prompt before it leaves.
fn held_prompt(pipeline: &Pipeline, waited: Waited, board: &str) -> String {
    let (id, said) = (
        &pipeline.id,
        "It is decided, and a person looks at the prompt before it is sent.",
    );
    if pipeline.session.is_some() {
        return format!(
            "{said} End your turn now. A hook of your assistant wakes this session with the prompt."
        );
    }
    if waited.is_enough() {
        return format!(
            "{said} End your turn now and tell the user that it waits at {}. Once it is sent, get_next_prompt(pipeline=\"{id}\") \
             has it, or the slash command next_phase.",
            board_url(board, pipeline)
        );
    }
    format!(
        "{said} Call await_handover_decision(pipeline=\"{id}\") again ({} of {} are over).",
        span(waited.in_all),
        span(waited.most)
    )
}

impl Decision {
    /// How the decision about a revision of `handover` stands for `reader`, with the prompt it led to. `waited` is
    /// how long agents have waited for it so far.
    pub fn new(
        pipeline: &Pipeline,
        handover: &domain::Handover,
        revision: &Revision,
        prompt: Option<(&Prompt, &str)>,
        reader: &Actor,
        waited: Waited,
        board: &str,
    ) -> Self {
        let made = revision.decision.as_ref();
        let id = &pipeline.id;
        let next_step = match (made.map(|made| made.decision), prompt) {
            (None, _) if pipeline.status.has_ended() => {
                "The pipeline has ended. Tell the user.".to_owned()
            }
            // Its hook waits without tokens.
            (None, _) if pipeline.session.is_some() => format!(
                "Nobody has decided yet. End your turn now and tell the user that the handover waits at {}. A hook of your \
                 assistant wakes this session with the decision.",
                board_url(board, pipeline)
            ),
            (None, _) if waited.is_enough() => format!(
                "Nobody has decided after {}. End your turn now and tell the user that the handover waits at {}. \
                 The prompt will wait too: after the decision, get_next_prompt(pipeline=\"{id}\") has it, or the slash command next_phase.",
                span(waited.in_all),
                board_url(board, pipeline)
            ),
            (None, _) => format!(
                "Nobody has decided yet. Call await_handover_decision(handover=\"{}\") again ({} of {} are over).",
                handover.id,
                span(waited.in_all),
                span(waited.most)
            ),
            (Some(Verdict::Stop), _) => {
                "A person stopped the pipeline. Stop working on it and tell the user.".to_owned()
            }
            (Some(Verdict::Accept), None) if handover.next_phase.is_none() => {
                "The last handover is accepted and the pipeline is completed. Tell the user."
                    .to_owned()
            }
            (Some(_), None) if pipeline.held_prompt().is_some() => {
                held_prompt(pipeline, waited, board)
            }
            (Some(_), None) => format!(
                "The prompt is being written. Call get_next_prompt(pipeline=\"{id}\") in a few seconds."
            ),
            (Some(_), Some((prompt, _))) => follow(prompt, reader),
        };
        let decision = if made.is_none() && pipeline.status.has_ended() {
            "ended"
        } else {
            verdict(made.map(|made| made.decision))
        };
        Self {
            decision: decision.to_owned(),
            handover: Some(handover.id.to_string()),
            revision: Some(revision.number),
            review_changes: made.map(|made| made.note.clone()).unwrap_or_default(),
            comments: made
                .map(|_| Point::unanswered(pipeline))
                .unwrap_or_default(),
            decided_by: made.map(|made| match &made.policy_by {
                Some(by) => format!("the policy that {} set", by.name),
                None => made.by.name.clone(),
            }),
            prompt: prompt.map(|(_, text)| text.to_owned()),
            prompt_id: prompt.map(|(prompt, _)| prompt.id.to_string()),
            next_phase: prompt.map(|(prompt, _)| prompt.phase.to_string()),
            pipeline: id.to_string(),
            next_step,
        }
    }
}

impl Decision {
    /// How a pause stands. What a person says with it comes before every answer.
    fn of_pause(pipeline: &Pipeline, waited: Waited, board: &str) -> Self {
        let id = &pipeline.id;
        let (decision, next_step) = if pipeline.status.has_ended() {
            ("ended", "The pipeline has ended. Tell the user.".to_owned())
        } else if pipeline.paused.is_none() {
            (
                "go_on",
                format!("Go on with your work on {}.", pipeline.phase().name),
            )
        } else if pipeline.session.is_some() {
            (
                "paused",
                format!(
                    "You are still paused. End your turn now and tell the user that the work goes on at {}. A hook of your \
                     assistant wakes this session then.",
                    board_url(board, pipeline)
                ),
            )
        } else if waited.is_enough() {
            (
                "paused",
                format!(
                    "You are still paused after {}. End your turn now and tell the user that the work goes on at {}.",
                    span(waited.in_all),
                    board_url(board, pipeline)
                ),
            )
        } else {
            (
                "paused",
                format!(
                    "You are still paused. Call await_handover_decision(pipeline=\"{id}\") again ({} of {} are over).",
                    span(waited.in_all),
                    span(waited.most)
                ),
            )
        };
        Self {
            decision: decision.to_owned(),
            handover: None,
            revision: None,
            review_changes: String::new(),
            comments: Vec::new(),
            decided_by: None,
            prompt: None,
            prompt_id: None,
            next_phase: None,
            pipeline: id.to_string(),
            next_step,
        }
    }
}

/// A time in words, to the second.
pub fn span(time: Duration) -> String {
    match (time.as_secs() / 60, time.as_secs() % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

impl Answer for Decision {
    fn line(&self) -> String {
        let Self {
            decision,
            handover,
            revision,
            next_step,
            ..
        } = self;
        let by = self
            .decided_by
            .as_ref()
            .map(|by| format!(" by {by}"))
            .unwrap_or_default();
        match (handover, revision) {
            (Some(handover), Some(revision)) => {
                format!(
                    "Handover {handover} (revision {revision}): {decision}{by}. Next: {next_step}"
                )
            }
            _ => format!("Pipeline {}: {decision}. Next: {next_step}", self.pipeline),
        }
    }

    fn document(&self) -> Option<Cow<'_, str>> {
        self.prompt.as_deref().map(Cow::from)
    }
}
