//! A permission that needs a person: the question on the board, the wait, and the option that the answer stands for.

use std::{path::PathBuf, sync::Arc, time::Duration};

use domain::{PipelineId, Question};
use tokio::{sync::Semaphore, time::sleep};

use super::{
    permission::{Allow, Asked, Outcome},
    plain::plain,
    say,
    staffel::{Failure, Staffel},
};

/// Questions of a run that wait on the board at once. The board takes ten of a pipeline, and the agent has some of its own.
const AT_ONCE: usize = 4;
/// Between two waits, where one ended early: the server stops, or the pipeline has ended.
const AGAIN: Duration = Duration::from_secs(1);

/// Where permissions are decided.
pub struct Desk {
    staffel: Arc<Staffel>,
    pipeline: PipelineId,
    allow: Allow,
    folder: PathBuf,
    seats: Semaphore,
}

impl Desk {
    /// For an agent that works on this pipeline in this folder.
    pub fn new(staffel: Arc<Staffel>, pipeline: PipelineId, allow: Allow, folder: PathBuf) -> Self {
        Self {
            staffel,
            pipeline,
            allow,
            folder,
            seats: Semaphore::new(AT_ONCE),
        }
    }

    /// Decides by the policy, or waits for a person.
    pub async fn decide(&self, asked: &Asked) -> Outcome {
        if let Some(outcome) = asked.by_itself(self.allow, &self.folder) {
            return outcome;
        }
        let Ok(_seat) = self.seats.acquire().await else {
            return Outcome::Cancelled;
        };
        match self.ask(asked).await {
            Ok(outcome) => outcome,
            Err(Failure::Away(..)) => Outcome::Cancelled,
            Err(failure) => {
                say(&format!(
                    "A permission is refused, since nobody can be asked. {failure}"
                ));
                asked.refused()
            }
        }
    }

    async fn ask(&self, asked: &Asked) -> Result<Outcome, Failure> {
        let (body, options) = asked.question(&self.staffel.agent);
        let mut question = self.staffel.ask(&self.pipeline, &body).await?.question;
        let first = question.asked.question.lines().next().unwrap_or_default();
        say(&format!(
            "{} Answer at {}",
            plain(first, 200),
            self.staffel.page(&self.pipeline)
        ));
        while question.is_open() {
            question = self.staffel.question(&question.id).await?.question;
            if question.is_open() {
                sleep(AGAIN).await;
            }
        }
        let chosen = chosen(&question, &options);
        if let Some(outcome) = chosen {
            self.staffel.received(&question.id).await?;
            return Ok(outcome.unwrap_or_else(|| asked.refused()));
        }
        // Words, where no option fits. The agent reads them with its next call of a Staffel tool, or when its turn has ended.
        Ok(asked.refused())
    }
}

/// The option that was chosen; `None` for an answer in words.
fn chosen(question: &Question, options: &[(String, Option<String>)]) -> Option<Option<Outcome>> {
    let answer = &question.answer.as_ref()?.reply.answer;
    let (_, option) = options.iter().find(|(name, _)| name == answer)?;
    Some(option.clone().map(Outcome::Selected))
}
