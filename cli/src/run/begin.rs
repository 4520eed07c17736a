//! The beginning of a run: the pipeline, the lock, and the agent with its session.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use anyhow::{Context, Result};
use domain::{PipelineId, Session};
use serde_json::json;

use super::{
    Agent, Run,
    acp::{AcpAgent, McpServer, Opening},
    agent_process::{AgentProcess, Output, program_of},
    args::RunArgs,
    asking::Desk,
    exec::ExecAgent,
    lock::Lock,
    plain::plain,
    plan::{Progress, Work},
    say,
    staffel::Staffel,
    step::newest_go_on,
};
use crate::{endpoint::Endpoint, token};

/// The name under which the server knows sessions of runs.
const CLIENT: &str = "acp";

/// What a run begins with.
pub struct Beginning<'a> {
    /// What was asked for.
    pub args: &'a RunArgs,
    /// The server.
    pub staffel: &'a Arc<Staffel>,
    /// Where the agent works.
    pub folder: &'a Path,
    /// How the agent reaches Staffel's tools.
    pub mcp: McpServer,
    /// What goes on with the pipeline, once there is one.
    pub again: &'a OnceLock<String>,
}

impl Beginning<'_> {
    /// Goes on with the pipeline that was named, or starts one.
    ///
    /// # Errors
    /// The agent, the server or an argument is of no use.
    pub async fn begin(&self, agent: &mut Option<Agent>) -> Result<Run> {
        match &self.args.pipeline {
            Some(pipeline) => self.go_on(pipeline, agent).await,
            None => self.start(agent).await,
        }
    }

    async fn go_on(&self, pipeline: &PipelineId, agent: &mut Option<Agent>) -> Result<Run> {
        let standing = self.staffel.standing(pipeline).await?;
        let mut lock = Lock::take(pipeline).await?;
        let _ = self.again.set(self.args.again(pipeline));
        let ended = standing.summary.status.has_ended();
        let mut fresh = true;
        if !ended {
            let shown = self.folder.display().to_string();
            let before = standing.more.session.as_ref();
            let before = before.filter(|it| is_ours(it, &self.staffel.agent, &shown));
            let before = before.map(|session| &*session.id);
            fresh = !self.open(before, Some(&mut lock), agent).await?;
        }
        let mut run = Run::new(self.staffel, pipeline.clone(), lock);
        run.fresh = fresh;
        run.memory.go_on = newest_go_on(&standing);
        if !ended {
            self.attach(&run, agent).await;
            self.tell("goes on with", &run);
        }
        Ok(run)
    }

    /// The agent comes first: a command that does not work leaves no pipeline behind.
    async fn start(&self, agent: &mut Option<Agent>) -> Result<Run> {
        let body = self.args.start(self.folder)?;
        self.staffel.reachable().await?;
        self.open(None, None, agent).await?;
        let pipeline = self.staffel.start(&body).await?.pipeline;
        let again = self.again.get_or_init(|| self.args.again(&pipeline));
        let mut lock = Lock::take(&pipeline).await?;
        if let Some(Agent::Acp(agent)) = agent {
            lock.note_agent(agent.process())?;
        }
        let run = Run::new(self.staffel, pipeline, lock);
        self.attach(&run, agent).await;
        self.tell("works on", &run);
        say(&format!("If this ends too early, go on with: {again}"));
        Ok(run)
    }

    /// Starts the agent anew, in the session that it has where it can load that. One that is started for each prompt stays.
    ///
    /// # Errors
    /// The agent does not start any more.
    pub async fn renew(&self, run: &mut Run, agent: &mut Option<Agent>) -> Result<()> {
        let Some(Agent::Acp(before)) = agent.take_if(|agent| matches!(agent, Agent::Acp(_))) else {
            return Ok(());
        };
        let session = before.session().to_owned();
        before.end().await;
        let loaded = self.open(Some(&session), Some(&mut run.lock), agent);
        run.fresh = !loaded.await?;
        self.attach(run, agent).await;
        say(&format!(
            "{} is started anew: it may not have reached Staffel's tools.",
            self.staffel.agent
        ));
        Ok(())
    }

    fn tell(&self, does: &str, run: &Run) {
        say(&format!(
            "{} {does} {} in {}.",
            self.staffel.agent,
            self.staffel.page(&run.pipeline),
            plain(&self.folder.to_string_lossy(), 200)
        ));
    }

    /// Opens a session of the agent. Whether it is the one before.
    async fn open(
        &self,
        before: Option<&str>,
        lock: Option<&mut Lock>,
        agent: &mut Option<Agent>,
    ) -> Result<bool> {
        if let Some(command) = &self.args.exec {
            let exec = ExecAgent::new(command, self.folder.to_owned());
            *agent = Some(Agent::Exec(exec));
            return Ok(false);
        }
        let command = program_of(&self.args.command)?;
        let process = AgentProcess::start(command, self.folder, Output::Lines)?;
        if let Some(lock) = lock {
            lock.note_agent(process.id())?;
        }
        let opening = Opening {
            folder: self.folder,
            mcp: &self.mcp,
            before,
            within: self.args.start_within(),
        };
        let (opened, loaded) = AcpAgent::open(process, &self.staffel.agent, &opening).await?;
        *agent = Some(Agent::Acp(Box::new(opened)));
        Ok(loaded)
    }

    /// Shows the session on the board, and lets the agent's permissions be decided there.
    async fn attach(&self, run: &Run, agent: &mut Option<Agent>) {
        let Some(Agent::Acp(agent)) = agent else {
            return;
        };
        let work = Work {
            pipeline: run.pipeline.clone(),
            client: CLIENT.to_owned(),
            session: agent.session().to_owned(),
            folder: self.folder.display().to_string(),
        };
        self.staffel
            .tool_used(&work.pipeline, &work.client, &work.session, &work.folder)
            .await;
        let desk = Desk::new(
            Arc::clone(self.staffel),
            run.pipeline.clone(),
            self.args.allow,
            self.folder.to_owned(),
        );
        let progress = Progress::of(self.staffel, work, run.seen.clone());
        agent.work_for(Arc::new(desk), progress);
    }
}

/// Whether a session is one that this agent had in this folder: of a run before, or by the assistant's own hooks.
fn is_ours(session: &Session, name: &str, folder: &str) -> bool {
    (session.client == CLIENT || name.contains(&session.client)) && session.folder == folder
}

/// How the agent reaches Staffel's tools.
pub fn mcp_server(endpoint: &Endpoint, token: Option<&protocol::Token>) -> Result<McpServer> {
    let ours = std::env::current_exe().context("the program's own path")?;
    let bearer = token.map(
        |token| json!({ "name": "Authorization", "value": format!("Bearer {}", token.reveal()) }),
    );
    let variable = token.map(|token| json!({ "name": token::VARIABLE, "value": token.reveal() }));
    Ok(McpServer {
        http: json!({
            "type": "http", "name": "staffel", "url": endpoint.mcp(),
            "headers": bearer.into_iter().collect::<Vec<_>>(),
        }),
        stdio: json!({
            "name": "staffel", "command": ours, "args": ["stdio", "--no-start", "--url", endpoint.base()],
            "env": variable.into_iter().collect::<Vec<_>>(),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_of_another_folder_or_assistant_is_not_ours() {
        let session = |client: &str, folder: &str| Session {
            client: client.to_owned(),
            id: "s".to_owned(),
            folder: folder.to_owned(),
        };
        assert!(is_ours(&session("acp", "/p"), "gemini", "/p"));
        assert!(is_ours(&session("gemini", "/p"), "gemini", "/p"));
        assert!(!is_ours(&session("codex", "/p"), "gemini", "/p"));
        assert!(!is_ours(&session("acp", "/q"), "gemini", "/p"));
    }
}
