//! What an agent says about the phase that runs, and how far that phase is.

use serde::{Deserialize, Serialize};

use crate::{
    Event, Pipeline, Reason, Recorded, Refusal, Status, Task, TaskReport, TaskStatus, What,
    delivery, limits::MESSAGE_MAX, phase, tasks, text,
};

/// Where a progress figure comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProgressSource {
    /// Nothing is known yet.
    #[default]
    Unknown,
    /// The agent claims it.
    Claimed,
    /// Counted: finished tasks of all tasks.
    Tasks {
        /// Finished tasks.
        done: u32,
        /// All tasks that count in this phase.
        total: u32,
    },
}

/// Decides about a report.
pub(crate) fn report(
    pipeline: &Pipeline,
    phase: Option<&str>,
    progress: Option<i64>,
    message: Option<&str>,
    reported: &[TaskReport],
) -> Result<Vec<Event>, Refusal> {
    let claimed = progress.map(percent).transpose()?;
    let message = text::optional_line("message", message, MESSAGE_MAX)?;
    let (mut events, running) = delivery::to_running(pipeline)?;
    phase::check(pipeline, phase, &running)?;
    events.extend(tasks::report(pipeline, &running, reported)?);
    let said = claimed.is_some() || message.is_some();
    if said || reported.is_empty() {
        events.push(Event::ProgressReported {
            phase: running,
            claimed,
            message,
        });
    }
    Ok(events)
}

fn percent(progress: i64) -> Result<u8, Refusal> {
    u8::try_from(progress).ok().filter(|percent| *percent <= 100).ok_or_else(|| {
        Refusal::new(
            Reason::Invalid,
            format!("`progress` is {progress}."),
            "a whole number from 0 to 100.",
            "Send progress again within the bounds, or report tasks and let the figure be counted.",
        )
    })
}

impl Pipeline {
    pub(crate) fn apply_progress(
        &mut self,
        recorded: &Recorded,
        claimed: Option<u8>,
        message: Option<&str>,
    ) {
        if let Some(percent) = claimed {
            self.show_progress(percent.min(100), ProgressSource::Claimed);
        }
        if let Some(text) = message {
            let text = text.to_owned();
            self.message = Some(text.clone());
            self.note(recorded, What::Said { text });
        }
    }

    /// Tasks win over claims: where there are tasks, the running phase's figure is counted from them.
    pub(crate) fn count_progress(&mut self) {
        if self.status != Status::Running {
            return;
        }
        let name = &self.phases[self.current].name;
        let counts = |task: &&Task| task.phase.as_ref().is_none_or(|phase| phase == name);
        let (mut done, mut total) = (0_u32, 0_u32);
        for task in self
            .tracks
            .iter()
            .flat_map(|track| &track.tasks)
            .filter(counts)
        {
            total += 1;
            done += u32::from(task.status == TaskStatus::Completed);
        }
        if let Some(percent) = (done * 100).checked_div(total) {
            let percent = u8::try_from(percent).unwrap_or(100);
            self.show_progress(percent, ProgressSource::Tasks { done, total });
        }
    }

    fn show_progress(&mut self, percent: u8, source: ProgressSource) {
        let phase = self.phase_mut();
        phase.progress = percent;
        phase.progress_source = source;
    }
}
