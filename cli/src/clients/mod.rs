//! The clients: in which file each of them keeps its MCP servers, and how a server is written there.

mod setups;

pub use setups::{URI_COMPONENT, setups};

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use directories::BaseDirs;

use protocol::Token;

use crate::{
    endpoint::usual_server,
    files::merge::{Field, Known, Language, Unwanted, Value},
    token::VARIABLE,
};

/// An assistant that can be told about servers by a file.
#[derive(Debug)]
pub struct Client {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its name as its maker writes it.
    pub title: &'static str,
    /// The language of its files.
    pub language: Language,
    /// The key of all servers.
    pub servers: &'static str,
    /// How it reaches a server.
    pub way: Way,
    /// How it is told a token.
    pub token: TokenFields,
    /// How its user switches a server off: the field, and its value as it stands in the file.
    pub off: Option<(&'static str, &'static str)>,
    /// The file that counts in one project, as seen from the project's folder.
    pub project: Option<&'static str>,
    /// The file that counts in every project of this user.
    pub global: GlobalFile,
    /// Which of the two is written when nobody says.
    pub usual: Scope,
    /// What the person has to do there once the file is written.
    pub next: &'static str,
}

/// How a client reaches a server.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    /// By HTTP.
    Http {
        /// What it calls the transport, where it can be told.
        transport: Option<Transport>,
        /// The field of the address.
        address: &'static str,
    },
    /// It starts the bridge, and talks to that.
    Bridge,
}

/// What a client calls HTTP in the field `type`.
#[derive(Debug, Clone, Copy)]
pub struct Transport {
    /// Its own name for it.
    name: &'static str,
    /// Others that it takes for the same.
    synonyms: &'static [&'static str],
    /// Whether it does without the field.
    inferred: bool,
}

/// How a client is told a token.
#[derive(Debug, Clone, Copy)]
pub struct TokenFields {
    /// The map that takes the token itself: headers, or variables for a program.
    pub map: &'static str,
    /// How a file that people share names the variable with the token in place of the token.
    pub variable: ByVariable,
}

/// How a client's file names a variable.
#[derive(Debug, Clone, Copy)]
pub enum ByVariable {
    /// In the header, with this before the name of the variable and this behind it.
    InHeader(&'static str, &'static str),
    /// In a field of its own.
    Field(&'static str),
    /// It has no file that is shared.
    Never,
}

/// How an entry is to prove the agent's name.
#[derive(Debug, Clone, Copy)]
pub enum Proof<'a> {
    /// As it does, or not at all.
    None,
    /// By this token.
    Token(&'a str),
    /// By the token in the variable `STAFFEL_TOKEN`.
    Variable,
}

/// How an entry in a file proves the agent's name.
#[derive(Debug)]
pub enum Held {
    /// Not at all.
    Nothing,
    /// By a token that stands there.
    Token(Token),
    /// By the token in the variable `STAFFEL_TOKEN`.
    Variable,
    /// By something of the user's own.
    Else,
}

/// The field of the transport.
pub const TYPE: &str = "type";
/// The header with the token.
const AUTHORIZATION: &str = "Authorization";

/// Where a server is to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In one project.
    Project,
    /// In every project of this user.
    Global,
}

/// A file among the settings of this user.
#[derive(Debug)]
pub struct GlobalFile {
    root: Root,
    /// The variable that names another folder in place of `root` and `folder`.
    variable: Option<&'static str>,
    folder: &'static str,
    file: &'static str,
    /// How the folder begins that Windows gives the client if it was installed as a package. What such a program takes
    /// for the settings of its user lies there.
    package: Option<&'static str>,
}

#[derive(Debug, Clone, Copy)]
enum Root {
    Home,
    /// `~/.config`, `~/Library/Application Support` or `%APPDATA%`.
    Settings,
}

/// Every client that `staffel connect` can set up.
pub const CLIENTS: [Client; 9] = [
    Client {
        name: "cursor",
        title: "Cursor",
        language: Language::Json,
        servers: "mcpServers",
        way: Way::Http {
            transport: None,
            address: "url",
        },
        token: TokenFields {
            map: "headers",
            variable: ByVariable::InHeader("${env:", "}"),
        },
        off: None,
        project: Some(".cursor/mcp.json"),
        global: GlobalFile {
            root: Root::Home,
            variable: None,
            folder: ".cursor",
            file: "mcp.json",
            package: None,
        },
        usual: Scope::Project,
        next: "In Cursor, open Settings > MCP and switch `staffel` on; reload the window if it is not listed.",
    },
    Client {
        name: "vscode",
        title: "VS Code",
        language: Language::Json,
        servers: "servers",
        way: Way::Http {
            transport: Some(Transport {
                name: "http",
                synonyms: &[],
                inferred: true,
            }),
            address: "url",
        },
        token: TokenFields {
            map: "headers",
            variable: ByVariable::InHeader("${env:", "}"),
        },
        off: None,
        project: Some(".vscode/mcp.json"),
        global: GlobalFile {
            root: Root::Settings,
            variable: None,
            folder: "Code/User",
            file: "mcp.json",
            package: None,
        },
        usual: Scope::Project,
        next: "In VS Code, run the command `MCP: List Servers`, start `staffel` and trust it when asked.",
    },
    Client {
        name: "claude-code",
        title: "Claude Code",
        language: Language::Json,
        servers: "mcpServers",
        way: Way::Http {
            transport: Some(Transport {
                name: "http",
                synonyms: &["streamable-http"],
                inferred: false,
            }),
            address: "url",
        },
        token: TokenFields {
            map: "headers",
            variable: ByVariable::InHeader("${", "}"),
        },
        off: None,
        project: Some(".mcp.json"),
        global: GlobalFile {
            root: Root::Home,
            variable: Some("CLAUDE_CONFIG_DIR"),
            folder: "",
            file: ".claude.json",
            package: None,
        },
        usual: Scope::Project,
        next: "Start `claude` anew and approve `staffel` when it asks: until then `claude mcp list` says \"Pending approval\". /mcp shows the connection.",
    },
    Client {
        name: "codex",
        title: "Codex",
        language: Language::Toml,
        servers: "mcp_servers",
        way: Way::Http {
            transport: None,
            address: "url",
        },
        token: TokenFields {
            map: "http_headers",
            variable: ByVariable::Field("bearer_token_env_var"),
        },
        off: Some(("enabled", "false")),
        project: Some(".codex/config.toml"),
        global: GlobalFile {
            root: Root::Home,
            variable: Some("CODEX_HOME"),
            folder: ".codex",
            file: "config.toml",
            package: None,
        },
        usual: Scope::Global,
        next: "Start `codex` anew; /mcp shows the connection. It reads a project's file only where you trust the project.",
    },
    Client {
        name: "gemini",
        title: "Gemini CLI",
        language: Language::Json,
        servers: "mcpServers",
        way: Way::Http {
            transport: None,
            address: "httpUrl",
        },
        token: TokenFields {
            map: "headers",
            variable: ByVariable::InHeader("$", ""),
        },
        off: None,
        project: Some(".gemini/settings.json"),
        global: GlobalFile {
            root: Root::Home,
            variable: None,
            folder: ".gemini",
            file: "settings.json",
            package: None,
        },
        usual: Scope::Project,
        next: "Start `gemini` anew in a folder that it trusts (it asks at the first start); /mcp shows the connection.",
    },
    Client {
        name: "qwen",
        title: "Qwen Code",
        language: Language::Json,
        servers: "mcpServers",
        way: Way::Http {
            transport: None,
            address: "httpUrl",
        },
        token: TokenFields {
            map: "headers",
            variable: ByVariable::InHeader("$", ""),
        },
        off: None,
        project: Some(".qwen/settings.json"),
        global: GlobalFile {
            root: Root::Home,
            variable: None,
            folder: ".qwen",
            file: "settings.json",
            package: None,
        },
        usual: Scope::Project,
        next: "Run `qwen mcp list`; where it says \"Pending approval\", run `qwen mcp approve staffel`. Then start `qwen` anew.",
    },
    Client {
        name: "opencode",
        title: "OpenCode",
        language: Language::Json,
        servers: "mcp",
        way: Way::Http {
            transport: Some(Transport {
                name: "remote",
                synonyms: &[],
                inferred: false,
            }),
            address: "url",
        },
        token: TokenFields {
            map: "headers",
            variable: ByVariable::InHeader("{env:", "}"),
        },
        off: Some(("enabled", "false")),
        project: Some("opencode.json"),
        global: GlobalFile {
            root: Root::Home,
            variable: None,
            folder: ".config/opencode",
            file: "opencode.json",
            package: None,
        },
        usual: Scope::Project,
        next: "Start `opencode` anew; `opencode mcp list` shows the connection.",
    },
    Client {
        name: "windsurf",
        title: "Windsurf",
        language: Language::Json,
        servers: "mcpServers",
        way: Way::Http {
            transport: None,
            address: "serverUrl",
        },
        token: TokenFields {
            map: "headers",
            variable: ByVariable::Never,
        },
        off: Some(("disabled", "true")),
        project: None,
        global: GlobalFile {
            root: Root::Home,
            variable: None,
            folder: ".codeium/windsurf",
            file: "mcp_config.json",
            package: None,
        },
        usual: Scope::Global,
        next: "In Windsurf, open Settings > Cascade > MCP Servers and refresh the list.",
    },
    Client {
        name: "claude-desktop",
        title: "Claude Desktop",
        language: Language::Json,
        servers: "mcpServers",
        way: Way::Bridge,
        token: TokenFields {
            map: "env",
            variable: ByVariable::Never,
        },
        off: None,
        project: None,
        global: GlobalFile {
            root: Root::Settings,
            variable: None,
            folder: "Claude",
            file: "claude_desktop_config.json",
            package: Some("Claude_"),
        },
        usual: Scope::Global,
        next: "Quit Claude Desktop, not only its window, and start it again; Settings > Developer shows the connection.",
    },
];

impl Client {
    /// What makes a server under its name this one, at the endpoint `mcp`. `program` is what starts the bridge,
    /// and `server` the address that the bridge is given.
    pub fn fields(&self, mcp: &str, program: &str, server: &str) -> Vec<Field> {
        match self.way {
            Way::Http { transport, address } => {
                let transport = transport.map(|transport| (TYPE, transport.name.into()));
                transport
                    .into_iter()
                    .chain([(address, mcp.into())])
                    .collect()
            }
            Way::Bridge => {
                let args = ["stdio", "--url", server].map(str::to_owned).to_vec();
                vec![("command", program.into()), ("args", Value::List(args))]
            }
        }
    }

    /// The fields that no server of ours has in its file, if it is to prove itself like this.
    pub fn never(&self, proof: Proof<'_>) -> Vec<&'static str> {
        let command = matches!(self.way, Way::Http { .. }).then_some("command");
        let variable = match (self.token.variable, proof) {
            (ByVariable::Field(field), Proof::Token(_)) => Some(field),
            _ => None,
        };
        command.into_iter().chain(variable).collect()
    }

    /// What must not stand in an entry of ours that proves itself like this.
    pub fn without(&self, proof: Proof<'_>) -> Vec<Unwanted> {
        let off = self.off.map(|(field, value)| Unwanted::Value(field, value));
        // What names the variable in the header takes the token's place there.
        let token = match (self.token.variable, proof) {
            (ByVariable::Field(_), Proof::Variable) => {
                Some(Unwanted::InMap(self.token.map, AUTHORIZATION))
            }
            _ => None,
        };
        off.into_iter().chain(token).collect()
    }

    /// What makes it prove itself like this. The bridge is told the `settings` of the server that it starts, too.
    pub fn also(&self, proof: Proof<'_>, settings: &[(&str, String)]) -> Option<Field> {
        let token = match (self.way, proof) {
            (_, Proof::Variable) => return self.by_variable(),
            (_, Proof::None) => None,
            (Way::Http { .. }, Proof::Token(token)) => {
                Some((AUTHORIZATION, format!("Bearer {token}")))
            }
            (Way::Bridge, Proof::Token(token)) => Some((VARIABLE, token.to_owned())),
        };
        let settings = settings.iter().cloned();
        let settings = settings.filter(|_| matches!(self.way, Way::Bridge));
        let pairs = token.into_iter().chain(settings);
        let pairs = pairs.map(|(key, value)| (key.to_owned(), value));
        let pairs: Vec<_> = pairs.collect();
        (!pairs.is_empty()).then_some((self.token.map, Value::Map(pairs)))
    }

    /// What tells it to take the token from the variable `STAFFEL_TOKEN`; `None` where nothing needs that.
    fn by_variable(&self) -> Option<Field> {
        match self.token.variable {
            ByVariable::InHeader(before, behind) => {
                let value = format!("Bearer {before}{VARIABLE}{behind}");
                Some((self.token.map, Value::map_of(AUTHORIZATION, &value)))
            }
            ByVariable::Field(field) => Some((field, VARIABLE.into())),
            ByVariable::Never => None,
        }
    }

    /// The address to which an entry leads; `None` if it is not for Staffel.
    pub fn address(&self, known: &Known) -> Option<String> {
        if let Some(Value::List(args)) = known.field("args")
            && args.iter().any(|arg| arg == "stdio")
        {
            let named = args.iter().position(|arg| arg == "--url");
            let named = named.and_then(|at| args.get(at + 1)).map(String::as_str);
            let joined = args.iter().find_map(|arg| arg.strip_prefix("--url="));
            let variable = known
                .field("env")
                .and_then(|env| env.get("env", "STAFFEL_URL"));
            let address = named.or(joined).or(variable).map(str::to_owned);
            return Some(address.unwrap_or_else(usual_server));
        }
        match (self.way, known.field("command")) {
            (Way::Http { address, .. }, None) => match known.field(address)? {
                Value::Text(address) => Some(address.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Why it cannot use an entry with an address, in words; `None` if it can.
    pub fn unusable(&self, known: &Known) -> Option<String> {
        let Way::Http {
            transport: Some(transport),
            ..
        } = self.way
        else {
            return None;
        };
        if known.has_any("command") {
            return None;
        }
        let difference = known.difference_in(&[(TYPE, transport.name.into())])?;
        let taken = match known.field(TYPE) {
            Some(Value::Text(name)) => transport.synonyms.contains(&name.as_str()),
            _ => transport.inferred && !known.has_any(TYPE),
        };
        (!taken).then_some(difference)
    }

    /// How an entry is switched off, if it is: the field, and its value.
    pub fn switched_off(&self, known: &Known) -> Option<(&'static str, &'static str)> {
        self.off.filter(|(field, value)| known.has(field, value))
    }

    /// How an entry proves the agent's name. A token that stands there counts before a variable that is named, too:
    /// whoever reads the file has it.
    pub fn held(&self, known: &Known) -> Held {
        let header = known.field(self.token.map);
        let header = header.and_then(|map| map.get(self.token.map, AUTHORIZATION));
        let variable = known.field("env").and_then(|env| env.get("env", VARIABLE));
        let stated = header.or(variable);
        let token = stated.map(|value| value.strip_prefix("Bearer ").unwrap_or(value).trim());
        if let Some(token) = token.and_then(Token::parse) {
            return Held::Token(token);
        }
        let ours = self.by_variable();
        let named = ours
            .as_ref()
            .and_then(|(field, ours)| Some((ours, known.field(field)?)));
        match (named, stated) {
            (Some((ours @ Value::Text(_), theirs)), _) if ours == theirs => Held::Variable,
            (Some((ours @ Value::Map(_), _)), Some(stated))
                if ours.get(self.token.map, AUTHORIZATION) == Some(stated) =>
            {
                Held::Variable
            }
            (Some((Value::Text(_), _)), _) | (_, Some(_)) => Held::Else,
            _ => Held::Nothing,
        }
    }

    /// The file in a project's folder, if it has one.
    pub fn project_file(&self, folder: &Path) -> Option<PathBuf> {
        self.project.map(|file| below(folder, file))
    }
}

impl GlobalFile {
    /// Where it is for this user; `None` without a home.
    pub fn path(&self) -> Option<PathBuf> {
        let moved = self.variable.and_then(env::var_os);
        let folder = match moved.filter(|folder| !folder.is_empty()) {
            Some(folder) => PathBuf::from(folder),
            None => {
                let folders = BaseDirs::new()?;
                let packaged = match cfg!(windows) {
                    true => self.packaged(folders.data_local_dir()),
                    false => None,
                };
                let root = packaged.unwrap_or_else(|| match self.root {
                    Root::Home => folders.home_dir().to_owned(),
                    Root::Settings => folders.config_dir().to_owned(),
                });
                below(&root, self.folder)
            }
        };
        Some(folder.join(self.file))
    }

    /// What takes the place of the settings if the client was installed as a package: in its folder below the local
    /// data of the user.
    fn packaged(&self, local: &Path) -> Option<PathBuf> {
        let begin = self.package?;
        let packages = fs::read_dir(local.join("Packages")).ok()?;
        packages
            .filter_map(|package| Some(package.ok()?.path()))
            .filter(|package| {
                let name = package.file_name().and_then(OsStr::to_str);
                name.is_some_and(|name| name.starts_with(begin))
            })
            .map(|package| below(&package, "LocalCache/Roaming"))
            .find(|settings| settings.is_dir())
    }
}

/// A path as it is known in a terminal: `~` stands for the home folder.
pub fn from_home(path: &Path) -> String {
    let folders = BaseDirs::new();
    let below = folders
        .as_ref()
        .and_then(|folders| path.strip_prefix(folders.home_dir()).ok());
    match below {
        Some(below) => Path::new("~").join(below).display().to_string(),
        None => path.display().to_string(),
    }
}

/// Joins a path written with slashes as this platform writes it.
fn below(folder: &Path, path: &str) -> PathBuf {
    let names = path.split('/').filter(|name| !name.is_empty());
    names.fold(folder.to_owned(), |path, name| path.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_was_installed_as_a_package_has_its_settings_there() {
        let local = tempfile::tempdir().expect("a folder");
        let desktop = CLIENTS
            .iter()
            .find(|client| client.name == "claude-desktop");
        let desktop = &desktop.expect("it is listed").global;
        assert_eq!(desktop.packaged(local.path()), None);
        let make = |package: &str, folder: &str| {
            let folder = below(&local.path().join("Packages").join(package), folder);
            fs::create_dir_all(&folder).expect("a folder");
            folder
        };
        make("Cursor_x", "LocalCache/Roaming");
        make("Claude_gone", "LocalState");
        assert_eq!(desktop.packaged(local.path()), None);
        let settings = make("Claude_x", "LocalCache/Roaming");
        assert_eq!(desktop.packaged(local.path()), Some(settings));
        assert_eq!(CLIENTS[0].global.packaged(local.path()), None);
    }
}
