//! What `staffel run` can be told, and what follows from it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Result, ensure};
use clap::Args;
use domain::{PipelineId, limits::TITLE_MAX};
use serde_json::{Value, json};

use super::{permission::Allow, plain::plain};
use crate::{
    endpoint::ServerArgs,
    program::{program, quoted},
};

/// Longest name of an agent that is made from its command: what a token's name may have.
const NAME: usize = 64;

/// What `staffel run` can be told.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "staffel run [OPTIONS] --goal <TEXT> -- <COMMAND> [ARGS]...
       staffel run [OPTIONS] --goal <TEXT> --exec <COMMAND>
       staffel run [OPTIONS] --pipeline <ID> -- <COMMAND> [ARGS]..."
)]
pub struct RunArgs {
    /// The folder in which the agent works
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub project: PathBuf,
    /// Go on with this pipeline, instead of starting one
    #[arg(long, value_name = "ID", conflicts_with_all = ["title", "goal", "phases"])]
    pub pipeline: Option<PipelineId>,
    /// What the board calls the new pipeline [default: the first line of the goal]
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// What the new pipeline is to achieve; goes into every prompt
    #[arg(long, value_name = "TEXT")]
    pub goal: Option<String>,
    /// Its phases [default: VAN,PLAN,CREATE,IMPLEMENT,REFLECT]
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    pub phases: Vec<String>,
    /// What the agent may do without asking a person
    #[arg(long, value_enum, default_value_t)]
    pub allow: Allow,
    /// The agent's name on the board [default: from the command]
    #[arg(long, value_name = "NAME", value_parser = protocol::parse_name)]
    pub agent: Option<String>,
    /// A command for the shell that reads a prompt on standard input; it is started once for each prompt
    #[arg(long, value_name = "COMMAND", conflicts_with = "command")]
    pub exec: Option<String>,
    /// How long the agent may take until it answers, in seconds; `npx` may have to fetch it first
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub start_within: u64,
    /// Which server.
    #[command(flatten)]
    pub server: ServerArgs,
    /// The agent: a command that speaks the Agent Client Protocol, such as gemini --acp, qwen --acp, opencode acp
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

impl RunArgs {
    /// How long the agent may take until it answers.
    pub fn start_within(&self) -> Duration {
        Duration::from_secs(self.start_within)
    }

    /// The agent's name on the board.
    pub fn name(&self) -> String {
        self.agent.clone().unwrap_or_else(|| self.name_of_command())
    }

    /// A name for the agent, from its command: that of the program, or of the package that `npx` and the like run.
    fn name_of_command(&self) -> String {
        const RUNNERS: [&str; 10] = [
            "npx", "node", "bunx", "bun", "pnpm", "uvx", "python", "python3", "sh", "env",
        ];
        let exec: Vec<String> = self
            .exec
            .iter()
            .flat_map(|line| line.split_whitespace())
            .map(str::to_owned)
            .collect();
        let words = if exec.is_empty() {
            &self.command
        } else {
            &exec
        };
        let named = words
            .iter()
            .filter(|word| !word.starts_with('-') && !word.contains('='));
        let stem = |word: &String| {
            let word = word.rsplit(['/', '\\']).next().unwrap_or_default();
            let word = word
                .split('@')
                .find(|part| !part.is_empty())
                .unwrap_or_default();
            let word = word
                .strip_suffix(".cmd")
                .or(word.strip_suffix(".exe"))
                .or(word.strip_suffix(".js"))
                .unwrap_or(word);
            word.strip_suffix(".py").unwrap_or(word).to_owned()
        };
        let name = named
            .map(stem)
            .find(|name| !RUNNERS.contains(&name.as_str()));
        let allowed = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
        let name: String = name
            .unwrap_or_default()
            .chars()
            .filter(allowed)
            .take(NAME)
            .collect();
        match name.is_empty() {
            true => "agent".to_owned(),
            false => name,
        }
    }

    /// What is sent to start the pipeline.
    pub fn start(&self, folder: &Path) -> Result<Value> {
        let goal = self.goal.as_deref().unwrap_or_default().trim();
        let title = self
            .title
            .as_deref()
            .or(goal.lines().next())
            .unwrap_or_default();
        let title = plain(title, TITLE_MAX);
        ensure!(
            !title.is_empty(),
            "nothing says what is to be done. Say it with --goal \"…\", or go on with a pipeline: --pipeline ID."
        );
        let project = folder.file_name().map_or_else(
            || "/".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        );
        Ok(json!({
            "project": plain(&project, domain::limits::PROJECT_MAX),
            "title": title,
            "goal": goal,
            "phases": self.phases,
        }))
    }

    /// The command that goes on with a pipeline.
    pub fn again(&self, pipeline: &PipelineId) -> String {
        let mut words = vec![
            program(),
            "run".to_owned(),
            "--pipeline".to_owned(),
            pipeline.to_string(),
        ];
        if self.project != Path::new(".") {
            words.extend([
                "--project".to_owned(),
                quoted(&self.project.display().to_string()),
            ]);
        }
        match self.allow {
            Allow::Ask => {}
            Allow::Reads => words.push("--allow reads".to_owned()),
            Allow::All => words.push("--allow all".to_owned()),
        }
        if let Some(url) = &self.server.url {
            words.extend(["--url".to_owned(), quoted(url.as_str())]);
        }
        match &self.exec {
            Some(command) => words.extend(["--exec".to_owned(), quoted(command)]),
            None => {
                words.push("--".to_owned());
                words.extend(self.command.iter().map(|word| quoted(word)));
            }
        }
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: RunArgs,
    }

    fn args(words: &[&str]) -> RunArgs {
        let words = ["run"].iter().chain(words);
        Line::try_parse_from(words)
            .unwrap_or_else(|error| panic!("{error}"))
            .args
    }

    #[test]
    fn the_agent_has_the_name_of_its_command() {
        for (words, name) in [
            (&["--", "gemini", "--acp"][..], "gemini"),
            (&["--", "/opt/bin/opencode", "acp"], "opencode"),
            (
                &["--", "npx", "-y", "@zed-industries/claude-code-acp@1.2"],
                "claude-code-acp",
            ),
            (&["--", "python3", "x/fake_agent.py"], "fake_agent"),
            (&["--exec", "FOO=1 claude -p"], "claude"),
            (&["--", "täst"], "tst"),
            (&["--", "sh"], "agent"),
            (&["--agent", "anna", "--", "gemini"], "anna"),
        ] {
            let args = args(words);
            let made = args.name();
            assert_eq!(made, name);
        }
    }

    #[test]
    fn the_command_that_goes_on_can_be_pasted() {
        let pipeline = "01k9zq3v7m".parse().expect("an id");
        let line =
            args(&["--goal", "x", "--allow", "reads", "--", "my agent", "--acp"]).again(&pipeline);
        assert!(
            line.ends_with(" run --pipeline 01k9zq3v7m --allow reads -- 'my agent' --acp"),
            "{line}"
        );
    }

    #[test]
    fn a_title_is_made_from_the_goal_and_something_has_to_be_said() {
        let folder = Path::new("/home/dana/shop");
        let body = args(&["--goal", "Faster checkout.\nMore.", "--", "x"])
            .start(folder)
            .expect("a body");
        assert_eq!(body["title"], "Faster checkout.");
        assert_eq!(body["project"], "shop");
        assert!(args(&["--", "x"]).start(folder).is_err());
    }
}
