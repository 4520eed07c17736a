//! The entry in a file, and what is wrong with it.

use std::{env, path::Path};

use crate::{
    clients::{Client, Held, NAME, Scope, Transport},
    commands::Commands,
    endpoint::{Discovery, Endpoint},
    files::{ExistingEntry, Value},
    program::quoted,
    token::VARIABLE,
};

use super::{
    file::{State, TokenState},
    found::Found,
    server::Server,
    todo::Todo,
};

/// One place with files of a client, and what they are compared with.
pub struct Look<'a> {
    /// Whose files they are.
    pub client: &'static Client,
    /// Where it counts.
    pub scope: Scope,
    /// What the files say there.
    pub found: &'a Found,
    /// The one that counts.
    pub path: &'a Path,
    /// Where the entry has to lead.
    pub endpoint: &'a Endpoint,
    /// What is there.
    pub server: &'a Server,
    /// What a user can be told to run.
    pub commands: &'a Commands,
}

impl Look<'_> {
    /// What is in the files. What is wrong with that goes to `todo`.
    pub async fn state(&self, todo: &mut Vec<Todo>) -> State {
        let unreadable = |todo: &mut Vec<Todo>, why: String| {
            let what = format!(
                "{why} {} cannot use it like this either. Then:",
                self.client.title
            );
            todo.push(Todo::new(what, self.connect()));
            State::Unreadable { why }
        };
        let known = match self.found.entry() {
            Ok(None) if !self.found.exists => return State::Absent,
            Ok(None) => return State::WithoutStaffel,
            Ok(Some(known)) => known,
            Err(why) => return unreadable(todo, why),
        };
        let url = self.client.address(&known);
        let this_server = url.as_deref().is_some_and(|url| self.endpoint.is_at(url));
        let token = match self.client.held(&known) {
            Held::Nothing => TokenState::None,
            Held::Variable => TokenState::Variable,
            Held::Other => TokenState::Other,
            Held::Token(_) if !this_server || self.server.version.is_none() => TokenState::InFile,
            Held::Token(token) => match self.endpoint.discover(Some(&token)).await {
                Discovery::Accepted { .. } => TokenState::InFileValid,
                Discovery::TokenNeeded | Discovery::TokenRefused => TokenState::InFileRefused,
                Discovery::Unusable(_) => TokenState::InFile,
            },
        };
        if this_server {
            todo.extend(self.missing_program(&known));
            todo.extend(self.unusable(&known));
            todo.extend(self.wrong_token(token));
        } else {
            let leads = match &url {
                Some(url) => format!("leads to {url}"),
                None => format!("has something else under the name `{NAME}`"),
            };
            todo.push(Todo::new(
                format!(
                    "{} {leads}, and not to {}. If it is to lead here:",
                    self.path.display(),
                    self.endpoint.shown()
                ),
                format!("{} --replace", self.connect()),
            ));
        }
        todo.extend(self.readable_secret(token));
        State::Staffel {
            url,
            this_server,
            token,
        }
    }

    fn connect(&self) -> String {
        self.commands.connect(self.client, self.scope)
    }

    fn with_token(&self) -> String {
        let (client, scope) = (self.client, self.scope);
        let new = self.commands.connect_with_new_token(client, scope);
        new.unwrap_or_else(|| self.commands.connect_with_token(client, scope))
    }

    /// An entry that starts a program which is not there.
    fn missing_program(&self, known: &ExistingEntry) -> Option<Todo> {
        let Some(Value::Text(program)) = known.field("command") else {
            return None;
        };
        let gone = Path::new(program).is_absolute() && !Path::new(program).is_file();
        // Other clients than this one have the bridge by their user's own hand.
        let command = match self.client.transport {
            Transport::Bridge => format!("{} --replace", self.connect()),
            Transport::Http { .. } => format!("ls -l {}", quoted(program)),
        };
        gone.then(|| {
            Todo::new(
                format!(
                    "{} starts {program}, which is not there.",
                    self.path.display()
                ),
                command,
            )
        })
    }

    /// An entry that its client does not understand, or is not to use.
    fn unusable(&self, known: &ExistingEntry) -> Option<Todo> {
        let (path, title) = (self.path.display(), self.client.title);
        if let Some(why) = self.client.unusable(known) {
            return Some(Todo::new(
                format!("{title} cannot use the entry in {path}: {why}."),
                format!("{} --replace", self.connect()),
            ));
        }
        let (field, value) = self.client.switched_off(known)?;
        let switch = self.found.switch(self.client);
        let off = match switch == self.path && self.found.two.is_none() {
            true => format!("is switched off there (`{field}` is {value})"),
            false => format!(
                "{} switches it off (`{field}` is {value})",
                switch.display()
            ),
        };
        Some(Todo::new(
            format!("{path} leads to this server, but {off}. To switch it on:"),
            self.connect(),
        ))
    }

    fn wrong_token(&self, token: TokenState) -> Option<Todo> {
        let path = self.found.holder(self.client).display();
        let with_token = || self.with_token();
        match token {
            TokenState::None if self.server.needs_token == Some(true) => Some(Todo::new(
                format!("The server wants a token, and {path} has none."),
                with_token(),
            )),
            TokenState::InFileRefused => Some(Todo::new(
                format!(
                    "The server refuses the token in {path}: it is not one of its own, or it was revoked."
                ),
                with_token(),
            )),
            TokenState::Variable if env::var_os(VARIABLE).is_none_or(|token| token.is_empty()) => {
                Some(Todo::new(
                    format!(
                        "{path} takes the token from the variable {VARIABLE}, which is not set here. Set it in your \
                         shell's profile:"
                    ),
                    format!("export {VARIABLE}=…"),
                ))
            }
            _ => None,
        }
    }

    /// A token where others can read it.
    fn readable_secret(&self, token: TokenState) -> Option<Todo> {
        use TokenState::{InFile, InFileRefused, InFileValid};
        if !matches!(token, InFile | InFileRefused | InFileValid) {
            return None;
        }
        let holder = self.found.holder(self.client);
        let path = holder.display();
        if self.scope == Scope::Project {
            return Some(Todo::new(
                format!(
                    "A token stands in {path}, a file that is shared with the project. Revoke it (staffel agents revoke \
                     NAME), and let the file name a variable in its place:"
                ),
                self.with_token(),
            ));
        }
        is_open(holder).then(|| {
            Todo::new(
                format!("{path} holds a token, and others on this machine can read it."),
                format!("chmod 600 {}", quoted(&path.to_string())),
            )
        })
    }
}

/// Whether others than its owner may read the file.
#[cfg(unix)]
fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

/// Whether others may read a file is not asked here.
#[cfg(not(unix))]
fn is_open(_: &Path) -> bool {
    false
}
