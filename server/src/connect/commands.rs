//! The commands that a user is told to run, so that they can be pasted as they are.

use std::path::PathBuf;

use super::{
    clients::{Client, Scope},
    endpoint::{Endpoint, ServerArgs},
};
use crate::{agents::VARIABLE, handoff::program};

/// Commands for one server.
pub struct Commands {
    program: String,
    /// The flag that names the server, unless it is where one is that nobody configured.
    url: String,
    /// What the server has to listen on, if it is one of this machine.
    listen: Option<String>,
    data: Option<PathBuf>,
}

impl Commands {
    /// For the server that was named like this.
    pub fn new(args: &ServerArgs, endpoint: &Endpoint) -> Self {
        let usual = endpoint.is_usual();
        let listen = endpoint.listen();
        let listen = listen.filter(|_| endpoint.is_of_this_machine());
        Self {
            program: program(),
            url: match usual {
                true => String::new(),
                false => format!(" --url {}", quoted(endpoint.mcp())),
            },
            listen: listen.map(|listen| match usual {
                true => String::new(),
                false => format!(" --listen {listen}"),
            }),
            data: args.data.clone(),
        }
    }

    /// Starts the server; `None` if it is on another machine.
    pub fn serve(&self) -> Option<String> {
        let listen = self.listen.as_deref()?;
        Some(format!("{} serve{listen}{}", self.program, self.data()))
    }

    /// Connects a client.
    pub fn connect(&self, client: &Client, scope: Scope) -> String {
        let scope = match scope {
            scope if scope == client.usual => "",
            Scope::Project => " --project",
            Scope::Global => " --global",
        };
        format!(
            "{} connect {}{scope}{}",
            self.program, client.name, self.url
        )
    }

    /// Connects a client with a token that is made for it; `None` if the server is on another machine.
    pub fn connect_with_new_token(&self, client: &Client, scope: Scope) -> Option<String> {
        self.listen.as_ref()?;
        let connect = self.connect(client, scope);
        Some(format!("{connect} --agent {}{}", client.name, self.data()))
    }

    /// Connects a client with a token that the user has.
    pub fn connect_with_token(&self, client: &Client, scope: Scope) -> String {
        format!("{VARIABLE}=… {}", self.connect(client, scope))
    }

    /// Shows whose tokens are valid.
    pub fn agents(&self) -> String {
        format!("{} agents list{}", self.program, self.data())
    }

    fn data(&self) -> String {
        let data = self.data.as_ref();
        let data = data.map(|data| format!(" --data {}", quoted(&data.display().to_string())));
        data.unwrap_or_default()
    }
}

/// A word for a shell.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/\\._-:~+@%=[]".contains(c);
    match word.chars().all(plain) {
        true => word.to_owned(),
        false if cfg!(windows) => format!("\"{word}\""),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_word_stays_one() {
        for (word, shown) in [
            ("/a/b-c.d", "/a/b-c.d"),
            ("/a b", "'/a b'"),
            ("a'b", r"'a'\''b'"),
            ("$(x)", "'$(x)'"),
        ] {
            assert_eq!(quoted(word), shown);
        }
    }
}
