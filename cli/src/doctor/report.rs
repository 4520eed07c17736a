//! What was found, for people and for scripts.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, Result};
use domain::Timestamp;
use protocol::{AgentView, VERSION};
use serde::Serialize;

use super::{
    files::{File, State, TokenState},
    server::Server,
};
use crate::{clients::from_home, token::VARIABLE};

/// As wide as a terminal is at least.
const WIDTH: usize = 80;
/// Of those that called, the latest are shown.
const CALLERS: usize = 5;

/// Everything that was found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// This program's version.
    pub version: &'static str,
    /// Whether nothing needs doing.
    pub well: bool,
    /// The server.
    pub server: Server,
    /// Its data; none if they are on another machine.
    pub data: Option<Data>,
    /// The files of the assistants.
    pub files: Vec<File>,
    /// What to do.
    pub todo: Vec<Todo>,
}

/// The folder with the server's data, as this program would find it.
#[derive(Debug, Serialize)]
pub struct Data {
    /// Where it is.
    pub folder: PathBuf,
    /// The agents with a valid token; none if they cannot be read.
    pub agents: Option<Vec<String>>,
}

/// Something that needs doing.
#[derive(Debug, Serialize)]
pub struct Todo {
    /// What is wrong.
    pub what: String,
    /// The command that is next.
    pub command: String,
}

impl Todo {
    /// With what is wrong and the command that is next.
    pub fn new(what: String, command: String) -> Self {
        Self { what, command }
    }
}

/// How a line stands out.
#[derive(Clone, Copy)]
enum Mark {
    Good,
    Plain,
    Bad,
}

impl Mark {
    fn good_if(good: bool) -> Self {
        if good { Self::Good } else { Self::Bad }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Plain => "-",
            Self::Bad => "!!",
        }
    }
}

impl Report {
    /// As JSON.
    ///
    /// # Errors
    /// A path is not UTF-8.
    pub fn json(&self) -> Result<String> {
        let json = serde_json::to_string_pretty(self);
        Ok(json.context("a path is not UTF-8; leave --json out")? + "\n")
    }

    /// As text.
    pub fn text(&self) -> String {
        let mut page = Page::default();
        page.line(&format!("Staffel {}", self.version));
        page.line("");
        self.server(&mut page);
        if let Some(data) = &self.data {
            page.line("");
            data.tell(&mut page);
        }
        page.line("");
        page.line("Assistants");
        for (at, file) in self.files.iter().enumerate() {
            if at == 0 || self.files[at - 1].client != file.client {
                page.line(&format!("  {}", file.title));
            }
            file.tell(&mut page);
        }
        page.line("");
        if self.todo.is_empty() {
            page.line("All is well.");
        } else {
            page.line("What to do");
        }
        for (at, todo) in self.todo.iter().enumerate() {
            page.line("");
            page.wrapped(&format!("  {}. ", at + 1), &todo.what);
            page.line("");
            page.line(&format!("       {}", todo.command));
        }
        page.text
    }

    fn server(&self, page: &mut Page) {
        let server = &self.server;
        page.line(&format!("Server  {}", server.url));
        let Some(version) = &server.version else {
            page.marked(Mark::Bad, "no Staffel answers there");
            return;
        };
        let mark = Mark::good_if(version == VERSION);
        page.marked(mark, &format!("answers; its version is {version}"));
        if let Some(health) = &server.health {
            match health.as_str() {
                "ok" => page.marked(Mark::Good, "can write its journal"),
                why => page.marked(Mark::Bad, &format!("cannot write its journal: {why}")),
            }
        }
        let given = match server.token_valid {
            Some(true) => format!("; the one in {VARIABLE} is valid"),
            Some(false) => format!("; the one in {VARIABLE} is refused"),
            None => String::new(),
        };
        let mark = Mark::good_if(server.token_valid != Some(false));
        match server.needs_token {
            Some(true) => page.marked(mark, &format!("wants a token from agents{given}")),
            Some(false) => page.marked(mark, &format!("wants no token from here{given}")),
            None => {}
        }
        match (server.tools, &server.protocol) {
            (Some(tools), Some(protocol)) => {
                page.marked(Mark::Good, &format!("{tools} tools, by MCP {protocol}"));
            }
            (None, None) if server.needs_token == Some(true) => page.marked(
                Mark::Plain,
                &format!("tools not counted: no valid token in {VARIABLE}"),
            ),
            _ => page.marked(Mark::Bad, "its tools cannot be listed"),
        }
        if server.agents.is_empty() {
            page.marked(Mark::Plain, "no agent has called since it started");
        } else {
            page.marked(Mark::Plain, "called last:");
        }
        for agent in server.agents.iter().take(CALLERS) {
            page.line(&caller(agent));
        }
    }
}

fn caller(agent: &AgentView) -> String {
    let line = format!(
        "       {:20} {:11} {:22} {}",
        agent.name,
        agent.last_call.map(ago).unwrap_or_default(),
        agent.called.as_deref().unwrap_or_default(),
        agent.client.as_deref().unwrap_or_default()
    );
    line.chars().take(WIDTH).collect::<String>()
}

fn ago(at: Timestamp) -> String {
    // The server's clock may be ahead.
    let seconds = Timestamp::from(SystemTime::now()).millis_since(at).max(0) / 1000;
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

impl Data {
    fn tell(&self, page: &mut Page) {
        page.line(&format!("Data    {}", from_home(&self.folder)));
        match &self.agents {
            None => page.marked(Mark::Bad, "the tokens of the agents cannot be read"),
            Some(agents) if agents.is_empty() => page.marked(Mark::Plain, "no agent has a token"),
            Some(agents) => page.wrapped(
                "  ok   ",
                &format!("agents with a token: {}", agents.join(", ")),
            ),
        }
    }
}

impl File {
    fn tell(&self, page: &mut Page) {
        let (mark, state, more) = match &self.state {
            State::Absent => (Mark::Plain, "no file", None),
            State::WithoutStaffel => (Mark::Plain, "without Staffel", None),
            State::Unreadable { why } => (Mark::Bad, "cannot be read", why.lines().next()),
            State::Staffel {
                this_server: false,
                url,
                ..
            } => (Mark::Bad, "another server", url.as_deref()),
            State::Staffel { token, .. } => (Mark::Good, with(*token), None),
        };
        let mark = if self.well { mark } else { Mark::Bad };
        let path = match self.scope {
            "project" => from_here(&self.path),
            _ => from_home(&self.path),
        };
        page.line(&format!("    {:2} {state:26} {path}", mark.text()));
        if let Some(more) = more {
            // The path stands there already.
            let path = format!("{}, ", self.path.display());
            page.wrapped("         ", more.strip_prefix(&path).unwrap_or(more));
        }
    }
}

fn with(token: TokenState) -> &'static str {
    match token {
        TokenState::None => "this server",
        TokenState::InFile | TokenState::Else => "this server, with a token",
        TokenState::InFileValid => "this server, valid token",
        TokenState::InFileRefused => "this server, bad token",
        TokenState::Variable => "this server, STAFFEL_TOKEN",
    }
}

fn from_here(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let below = here
        .as_deref()
        .and_then(|here| path.strip_prefix(here).ok());
    below.unwrap_or(path).display().to_string()
}

/// The text, line by line.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    /// Files and servers are not trusted with the terminal.
    fn line(&mut self, line: &str) {
        let shown = line.chars().filter(|c| !c.is_control());
        self.text.extend(shown);
        self.text.push('\n');
    }

    fn marked(&mut self, mark: Mark, text: &str) {
        self.wrapped(&format!("  {:4} ", mark.text()), text);
    }

    /// Breaks the text between words; all lines begin where the first does, behind what leads it in.
    fn wrapped(&mut self, lead: &str, text: &str) {
        let indent = lead.chars().count();
        let mut line = lead.to_owned();
        let mut used = indent;
        for word in text.split_whitespace() {
            let width = word.chars().count();
            if used > indent && used + 1 + width > WIDTH {
                self.line(&line);
                line = " ".repeat(indent);
                used = indent;
            }
            let space = if used > indent { " " } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(line, "{space}{word}");
            used += space.len() + width;
        }
        self.line(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_broken_between_words() {
        let mut page = Page::default();
        page.wrapped("  1. ", &"word ".repeat(40));
        let lines: Vec<_> = page.text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("  1. word word") && lines[1].starts_with("     word"));
        assert!(lines.iter().all(|line| line.len() <= WIDTH), "{lines:?}");
        let mut page = Page::default();
        page.wrapped("  ", &"x".repeat(100));
        assert_eq!(page.text.lines().count(), 1, "a word stays whole");
    }

    #[test]
    fn what_others_wrote_cannot_steer_the_terminal() {
        let mut page = Page::default();
        page.wrapped("", "a\u{1b}[2Jb\rc\u{9b}d");
        assert_eq!(page.text, "a[2Jb cd\n");
    }

    #[test]
    fn ages_are_told_in_one_unit() {
        let before = |seconds: i64| {
            Timestamp::from_millis(Timestamp::from(SystemTime::now()).millis() - seconds * 1_000)
        };
        for (seconds, text) in [
            (-100, "0 s ago"),
            (59, "59 s ago"),
            (120, "2 min ago"),
            (7_300, "2 h ago"),
            (200_000, "2 days ago"),
        ] {
            assert_eq!(ago(before(seconds)), text);
        }
    }
}
