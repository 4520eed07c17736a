//! The pipelines, in memory, with the answers that Staffel gives.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Start {
    project: String,
    title: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Get {
    pipeline: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Update {
    pipeline: String,
    #[expect(dead_code, reason = "nothing is kept of it here")]
    message: String,
    progress: u8,
}

#[derive(Clone, Serialize)]
pub struct Status {
    phase: &'static str,
    progress: u8,
    status: &'static str,
    pipeline: String,
    project: String,
    title: String,
    progress_source: &'static str,
    phases: Vec<&'static str>,
    baton: &'static str,
    handover: Option<String>,
    prompt_id: Option<String>,
    board_url: String,
    next_step: String,
}

impl Status {
    pub fn line(&self) -> String {
        let Self {
            pipeline,
            title,
            phase,
            progress,
            progress_source,
            status,
            baton,
            next_step,
            ..
        } = self;
        format!(
            "Pipeline {pipeline} ({title}): {phase} {progress} % ({progress_source}), {status}, baton: {baton}. Next: {next_step}"
        )
    }
}

#[derive(Default)]
pub struct Pipelines(Mutex<HashMap<String, Status>>);

impl Pipelines {
    pub fn start(&self, start: Start) -> Status {
        let mut all = self.lock();
        let id = format!("{:010}", all.len());
        let status = Status {
            phase: "VAN",
            progress: 0,
            status: "running",
            project: start.project,
            title: start.title,
            progress_source: "claimed",
            phases: vec!["VAN", "PLAN", "CREATE", "IMPLEMENT", "REFLECT"],
            baton: "agent",
            handover: None,
            prompt_id: None,
            board_url: format!("http://127.0.0.1:47000/pipelines/{id}"),
            next_step: format!(
                "Work on VAN. Report with update_pipeline_status(pipeline=\"{id}\", …); end the phase with save_handover_content(pipeline=\"{id}\", content=…)."
            ),
            pipeline: id.clone(),
        };
        all.insert(id, status.clone());
        status
    }

    pub fn get(&self, get: &Get) -> Option<Status> {
        self.lock().get(&get.pipeline).cloned()
    }

    pub fn update(&self, update: &Update) -> Option<Status> {
        let mut all = self.lock();
        let status = all.get_mut(&update.pipeline)?;
        status.progress = update.progress;
        Some(status.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Status>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
