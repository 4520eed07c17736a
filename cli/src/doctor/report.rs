//! What was found, for people and for scripts.

use std::{path::Path, time::SystemTime};

use anyhow::{Context, Result};
use domain::Timestamp;
use protocol::{AgentView, VERSION};
use serde::Serialize;

use super::{
    data::Data,
    file::{File, State, TokenState, Two},
    health::{Health, Says},
    page::{Mark, Page, WIDTH},
    server::Server,
    todo::Todo,
};
use crate::{
    clients::{CLIENTS, NAME, from_home},
    token::VARIABLE,
};

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
    /// What the assistants themselves say of the server, those that know it and can be asked.
    pub clients: Vec<Health>,
    /// What to do.
    pub todo: Vec<Todo>,
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
            let last = self
                .files
                .get(at + 1)
                .is_none_or(|next| next.client != file.client);
            let says = self
                .clients
                .iter()
                .find(|health| last && health.client == file.client);
            if let Some(health) = says {
                health.tell(&mut page);
            }
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
        page.into_text()
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
            caller(agent, page);
        }
    }
}

/// In one line where that has room, else the client in lines of its own.
fn caller(agent: &AgentView, page: &mut Page) {
    let call = format!(
        "       {:20} {:11} {:22}",
        agent.name,
        agent.last_call.map(ago).unwrap_or_default(),
        agent.called.as_deref().unwrap_or_default(),
    );
    let said = agent.client.as_deref().unwrap_or_default();
    let by_maker = CLIENTS
        .iter()
        .find_map(|client| client.named_by_maker(said));
    let client = by_maker.as_deref().unwrap_or(said);
    let line = format!("{call} {client}");
    if line.chars().count() <= WIDTH {
        page.line(line.trim_end());
        return;
    }
    page.line(call.trim_end());
    page.wrapped("         ", client);
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
        page.line(&format!("Data    {}", from_home(Path::new(&self.folder))));
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
        if let Some(two) = &self.two {
            page.wrapped("         ", &self.beside(two));
        }
    }

    /// What to know of the file beside this one.
    fn beside(&self, two: &Two) -> String {
        let name = |path: &Path| {
            let name = path.file_name().unwrap_or(path.as_os_str());
            name.to_string_lossy().into_owned()
        };
        let (wins, loses) = (name(&two.wins), name(&two.loses));
        match self.state {
            _ if two.wins == self.path => format!("{loses} is there, too: {wins} wins"),
            State::Staffel { .. } => format!("{wins} is there, too, and wins, but has no `{NAME}`"),
            _ => format!("{wins} is there, too, and wins"),
        }
    }
}

impl Health {
    fn tell(&self, page: &mut Page) {
        let (mark, says) = match &self.says {
            Says::Connected => (Mark::Good, "says that it reaches the server"),
            Says::HooksTrusted => (Mark::Good, "says that it runs the hooks"),
            Says::NotApproved => (Mark::Bad, "says that the server is not approved"),
            Says::NotTrusted => (Mark::Bad, "says that this folder is not trusted"),
            Says::HooksNotTrusted => (Mark::Bad, "says that the hooks are not trusted"),
            Says::Failed { .. } => (Mark::Bad, "says that it does not reach the server"),
        };
        page.line(&format!("    {:2} {says}", mark.text()));
    }
}

fn with(token: TokenState) -> &'static str {
    match token {
        TokenState::None => "this server",
        TokenState::InFile | TokenState::Other => "this server, with a token",
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

#[cfg(test)]
mod tests {
    use super::*;

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
