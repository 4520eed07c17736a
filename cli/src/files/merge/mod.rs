//! The merge: from the text of a configuration file to the text with one server more. Pure.
//!
//! What is none of Staffel's stays as it was: comments, order, indentation, line ends and the other servers. Of an
//! entry that is replaced, only what leads to the same server stays.

mod json;
mod toml;

use std::fmt;

use thiserror::Error;

use crate::token::HIDDEN;

/// The language of a configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// JSON; comments and trailing commas may be in it, as most clients allow.
    Json,
    /// TOML.
    Toml,
}

impl Language {
    fn object(self) -> &'static str {
        match self {
            Self::Json => "an object, {…},",
            Self::Toml => "a table",
        }
    }

    fn allowed(self) -> &'static str {
        match self {
            Self::Json => "Comments and trailing commas are allowed. ",
            Self::Toml => "",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json => "JSON",
            Self::Toml => "TOML",
        })
    }
}

/// A value, as far as entries have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A string.
    Text(String),
    /// A list of strings, such as the arguments of a program.
    List(Vec<String>),
    /// Strings by their names, such as headers or variables.
    Map(Vec<(String, String)>),
}

impl Value {
    /// A map with one entry.
    pub fn map_of(key: &str, value: &str) -> Self {
        Self::Map(vec![(key.to_owned(), value.to_owned())])
    }

    /// The strings in it.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => vec![text],
            Self::List(items) => items.iter().map(String::as_str).collect(),
            Self::Map(pairs) => pairs.iter().map(|(_, value)| value.as_str()).collect(),
        }
    }

    /// The value of a key of the map `field`, if this is one and has it.
    pub fn get(&self, field: &str, key: &str) -> Option<&str> {
        let Self::Map(pairs) = self else {
            return None;
        };
        let mut pairs = pairs.iter();
        pairs
            .find(|(name, _)| same_key(field, name, key))
            .map(|(_, value)| value.as_str())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A key with its value.
pub type Field = (&'static str, Value);

/// The server that a file is to know.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The key of all servers, for example `mcpServers`.
    pub servers: &'a str,
    /// The key of this server among them.
    pub name: &'a str,
    /// What makes it this server: one of the same name with anything else in these fields is another.
    pub fields: &'a [Field],
    /// What it is to have beside, such as a token. An older value gives way; of a map, only the keys named here.
    pub also: &'a [Field],
    /// The keys that make it another server, whatever they hold.
    pub never: &'a [&'a str],
    /// What must not stand beside, and is taken out.
    pub without: &'a [Unwanted],
    /// Whether the one that is there leads to the same server: replaced, it keeps what else it has.
    pub leads_here: bool,
}

impl<'a> Entry<'a> {
    fn all(&self) -> impl Iterator<Item = &'a Field> + use<'a> {
        self.fields.iter().chain(self.also)
    }
}

/// Something that an entry must not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwanted {
    /// A key, where it has this value, as it stands in the file.
    Value(&'static str, &'static str),
    /// A key of a map: the map, and the key.
    InMap(&'static str, &'static str),
}

/// Whether two keys of the map `field` mean the same: names of headers have no case.
fn same_key(field: &str, one: &str, other: &str) -> bool {
    one == other || field.ends_with("headers") && one.eq_ignore_ascii_case(other)
}

/// A place in a text, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in it.
    pub column: usize,
}

impl Position {
    /// The place of the byte at `offset`.
    pub fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[begin..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a file is left as it is, and what to do about it.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Problem {
    /// The text cannot be parsed.
    #[error(
        "{at}: this is not {language} ({what}).\n{}Correct it there and run this again.",
        language.allowed()
    )]
    Syntax {
        /// Where the parser stopped.
        at: Position,
        /// What the file has to be.
        language: Language,
        /// The parser's words.
        what: String,
    },
    /// Something else stands where an object (in TOML: a table) has to be.
    #[error(
        "{at}: {what} is of the type {found}; only {} can be there.\nCorrect it and run this again.",
        language.object()
    )]
    NotAnObject {
        /// Where it is.
        at: Position,
        /// The language of the file.
        language: Language,
        /// What is at fault: the file, or the value of a key.
        what: String,
        /// Its type.
        found: &'static str,
    },
    /// A key is there twice, and clients differ in which one they take.
    #[error("{at}: the key `{key}` is there for the second time.\nRemove one and run this again.")]
    Twice {
        /// Where the second one is.
        at: Position,
        /// The key.
        key: String,
    },
    /// Another server has the name.
    #[error(
        "{at}: another server is called `{name}` already: {difference}.\n\
         Give that one another name, or have it replaced with --replace."
    )]
    Taken {
        /// Where the other one is.
        at: Position,
        /// The name.
        name: String,
        /// What tells the other one from ours.
        difference: String,
    },
}

/// A server that a file knows.
#[derive(Debug)]
pub struct Known {
    at: Position,
    fields: Vec<(String, Theirs)>,
}

/// What stands under a key.
#[derive(Debug)]
enum Theirs {
    Value(Value),
    /// Something that no entry of ours has, as it stands in the file.
    Else(String),
}

impl Known {
    /// What it has under a key; `None` also if that is neither a string nor a list or a map of strings.
    pub fn field(&self, key: &str) -> Option<&Value> {
        match self.theirs(key)? {
            Theirs::Value(value) => Some(value),
            Theirs::Else(_) => None,
        }
    }

    fn theirs(&self, key: &str) -> Option<&Theirs> {
        let mut fields = self.fields.iter();
        fields
            .find(|(name, _)| name == key)
            .map(|(_, theirs)| theirs)
    }

    /// Whether it has anything under a key.
    pub fn has_any(&self, key: &str) -> bool {
        self.theirs(key).is_some()
    }

    /// Whether what stands under a key is this and neither a string nor a list or a map of strings.
    pub fn has(&self, key: &str, literal: &str) -> bool {
        matches!(self.theirs(key), Some(Theirs::Else(theirs)) if theirs == literal)
    }

    /// What tells it from ours, if it is another one. Further fields, such as a time-out, are the user's own affair.
    fn difference(&self, entry: Entry<'_>) -> Option<String> {
        let foreign = entry.never.iter().find_map(|key| {
            let theirs = self.theirs(key)?;
            Some(match *key {
                "command" => format!("it starts the command {theirs}"),
                key => format!("its `{key}` is {theirs}"),
            })
        });
        foreign.or_else(|| self.difference_in(entry.fields))
    }

    /// The first of these fields that it has otherwise, or not at all, in words.
    pub fn difference_in(&self, fields: &[Field]) -> Option<String> {
        fields
            .iter()
            .find(|(key, ours)| !self.agrees(key, ours))
            .map(|(key, _)| match self.theirs(key) {
                None => format!("it has no `{key}`"),
                Some(theirs) => format!("its `{key}` is {theirs}"),
            })
    }

    fn agrees(&self, key: &str, ours: &Value) -> bool {
        self.field(key)
            .is_some_and(|theirs| agrees(key, theirs, ours))
    }

    fn has_unwanted(&self, unwanted: Unwanted) -> bool {
        match unwanted {
            Unwanted::Value(key, literal) => self.has(key, literal),
            Unwanted::InMap(map, key) => {
                let map_there = self.field(map);
                map_there.is_some_and(|there| there.get(map, key).is_some())
            }
        }
    }
}

/// Whether a value of the field `key` is ours. A map may have further keys.
fn agrees(key: &str, theirs: &Value, ours: &Value) -> bool {
    match ours {
        Value::Map(pairs) => pairs
            .iter()
            .all(|(name, value)| theirs.get(key, name) == Some(value)),
        _ => theirs == ours,
    }
}

impl fmt::Display for Theirs {
    /// Without what may be secret: headers, variables, arguments but addresses, and the query of an address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = |text: &str| text.split('?').next().unwrap_or_default().to_owned();
        match self {
            Self::Value(Value::Text(text)) => f.write_str(&path(text)),
            Self::Value(Value::List(items)) => {
                let shown = items.iter().map(|item| match item.starts_with("http") {
                    true => path(item),
                    false => HIDDEN.to_owned(),
                });
                write!(f, "{:?}", shown.collect::<Vec<_>>())
            }
            Self::Else(text) if !text.contains(['[', '{']) => f.write_str(text),
            Self::Value(Value::Map(_)) | Self::Else(_) => f.write_str("another one"),
        }
    }
}

/// What a file has under the name of a server.
enum Found {
    Nothing,
    Known(Known),
    /// Something that is no server at all.
    Else {
        at: Position,
        kind: &'static str,
    },
}

fn find(language: Language, text: &str, servers: &str, name: &str) -> Result<Found, Problem> {
    match language {
        Language::Json => json::find(text, servers, name),
        Language::Toml => toml::find(text, servers, name),
    }
}

/// The server that a file has under this name, if it has one.
///
/// # Errors
/// The text cannot be parsed, or something else stands where objects have to be.
pub fn look_up(
    language: Language,
    text: &str,
    servers: &str,
    name: &str,
) -> Result<Option<Known>, Problem> {
    match find(language, text, servers, name)? {
        Found::Nothing => Ok(None),
        Found::Known(known) => Ok(Some(known)),
        Found::Else { at, kind } => Err(Problem::NotAnObject {
            at,
            language,
            what: format!("`{name}`"),
            found: kind,
        }),
    }
}

/// What has to be done to a file.
enum Change<'a> {
    /// The entry is put in, in place of anything of its name.
    Whole,
    /// The server is there; it lacks these fields, and has what it must not have.
    Within(Vec<&'a Field>, Vec<Unwanted>),
}

/// The text with the entry in it, or `None` if it is there already. With `replace` the entry takes the place of
/// another one of its name.
///
/// # Errors
/// The text cannot be parsed, something else stands where objects have to be, or another server has the name.
pub fn merge(
    language: Language,
    text: &str,
    entry: Entry<'_>,
    replace: bool,
) -> Result<Option<String>, Problem> {
    let may_replace = |at, difference| match replace {
        true => Ok(()),
        false => Err(Problem::Taken {
            at,
            name: entry.name.to_owned(),
            difference,
        }),
    };
    let change = match find(language, text, entry.servers, entry.name)? {
        Found::Nothing => Change::Whole,
        Found::Else { at, kind } => {
            may_replace(at, format!("it is of the type {kind}"))?;
            Change::Whole
        }
        Found::Known(known) => {
            let lacking = entry.all().filter(|(key, ours)| !known.agrees(key, ours));
            let lacking: Vec<_> = lacking.collect();
            let unwanted = entry.without.iter().copied();
            let unwanted = unwanted.filter(|unwanted| known.has_unwanted(*unwanted));
            let unwanted: Vec<_> = unwanted.collect();
            let replaced = match known.difference(entry) {
                None if lacking.is_empty() && unwanted.is_empty() => return Ok(None),
                None => false,
                Some(difference) => {
                    may_replace(known.at, difference)?;
                    !entry.leads_here || entry.never.iter().any(|key| known.has_any(key))
                }
            };
            if replaced {
                Change::Whole
            } else {
                no_obstacle(language, &known, entry)?;
                Change::Within(lacking, unwanted)
            }
        }
    };
    match language {
        Language::Json => json::write(text, entry, &change),
        Language::Toml => toml::write(text, entry, &change),
    }
    .map(Some)
}

/// The text with every string hidden that is a value, except those that are to be `shown`: what others keep in
/// their configuration may be secret.
///
/// # Errors
/// The text cannot be parsed.
pub fn masked(language: Language, text: &str, shown: &[&str]) -> Result<String, Problem> {
    let mut strings = match language {
        Language::Json => json::strings(text)?,
        Language::Toml => toml::strings(text)?,
    };
    strings.retain(|(_, string)| !shown.contains(&string.as_str()));
    strings.sort_by_key(|(range, _)| range.start);
    let (mut masked, mut end) = (String::new(), 0);
    for (range, _) in strings {
        masked += &text[end..range.start];
        masked += &format!("\"{HIDDEN}\"");
        end = range.end;
    }
    Ok(masked + &text[end..])
}

/// Nothing that is no map stands where one has to be: it would be lost.
fn no_obstacle(language: Language, known: &Known, entry: Entry<'_>) -> Result<(), Problem> {
    let obstacle = entry.also.iter().find(|(key, ours)| {
        let theirs = known.theirs(key);
        matches!(ours, Value::Map(_))
            && matches!(theirs, Some(theirs) if !matches!(theirs, Theirs::Value(Value::Map(_))))
    });
    match obstacle {
        None => Ok(()),
        Some((key, _)) => Err(Problem::NotAnObject {
            at: known.at,
            language,
            what: format!("`{key}` of `{}`", entry.name),
            found: "something else",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:4700/mcp";

    /// Merges what VS Code has.
    fn json_with(text: &str, also: &[Field], replace: bool) -> Result<Option<String>, Problem> {
        let entry = Entry {
            servers: "servers",
            name: "staffel",
            fields: &[("type", "http".into()), ("url", URL.into())],
            also,
            never: &["command"],
            without: &[
                Unwanted::Value("disabled", "true"),
                Unwanted::InMap("headers", "X-Old"),
            ],
            leads_here: text.contains(URL),
        };
        merge(Language::Json, text, entry, replace)
    }

    /// Merges what Codex has.
    fn toml_with(text: &str, also: &[Field], replace: bool) -> Result<Option<String>, Problem> {
        let entry = Entry {
            servers: "mcp_servers",
            name: "staffel",
            fields: &[("url", URL.into())],
            also,
            never: &["command"],
            without: &[
                Unwanted::Value("enabled", "false"),
                Unwanted::InMap("http_headers", "X-Old"),
            ],
            leads_here: text.contains(URL),
        };
        merge(Language::Toml, text, entry, replace)
    }

    /// Merges what Claude Desktop has.
    fn program(text: &str) -> Result<Option<String>, Problem> {
        let args = ["stdio", "--url", "http://h"].map(str::to_owned).to_vec();
        let entry = Entry {
            servers: "mcpServers",
            name: "staffel",
            fields: &[("command", "/staffel".into()), ("args", Value::List(args))],
            also: &[],
            never: &[],
            without: &[],
            leads_here: false,
        };
        merge(Language::Json, text, entry, false)
    }

    fn json(text: &str) -> Result<Option<String>, Problem> {
        json_with(text, &[], false)
    }

    fn toml(text: &str) -> Result<Option<String>, Problem> {
        toml_with(text, &[], false)
    }

    /// What comes out, after a look that a second time there is nothing left to do.
    #[track_caller]
    fn merged(language: Language, text: &str, replace: bool) -> String {
        let with = match language {
            Language::Json => json_with,
            Language::Toml => toml_with,
        };
        let text = with(text, &[], replace);
        let text = text.expect("no problem").expect("something to do");
        assert_eq!(with(&text, &[], false), Ok(None), "{text}");
        text
    }

    #[track_caller]
    fn added(language: Language, text: &str) -> String {
        merged(language, text, false)
    }

    #[track_caller]
    fn problem(result: Result<Option<String>, Problem>) -> String {
        result.expect_err("a problem").to_string()
    }

    #[test]
    fn an_empty_file_gets_the_whole_frame() {
        let whole = "{\n  \"servers\": {\n    \"staffel\": {\n      \"type\": \"http\",\n      \"url\": \"http://127.0.0.1:4700/mcp\"\n    }\n  }\n}";
        assert_eq!(added(Language::Json, ""), format!("{whole}\n"));
        assert_eq!(added(Language::Json, "{}"), whole);
        assert_eq!(
            added(Language::Json, "// mine\n"),
            format!("// mine\n{whole}\n")
        );
        let table = "[mcp_servers.staffel]\nurl = \"http://127.0.0.1:4700/mcp\"\n";
        assert_eq!(added(Language::Toml, ""), table);
        assert_eq!(
            added(Language::Toml, "# mine\n"),
            format!("# mine\n\n{table}")
        );
    }

    #[test]
    fn comments_order_indentation_and_other_servers_stay_in_json() {
        let text = r#"{
    // how we work
    "inputs": [1,2],
    "servers": {
        "a": {"command": "x"}, // why
        // the end
    },
    "z": null /* last */
}"#;
        let expected = r#"{
    // how we work
    "inputs": [1,2],
    "servers": {
        "a": {"command": "x"}, // why
        "staffel": {
            "type": "http",
            "url": "http://127.0.0.1:4700/mcp",
        },
        // the end
    },
    "z": null /* last */
}"#;
        assert_eq!(added(Language::Json, text), expected);
    }

    #[test]
    fn every_byte_of_a_toml_file_stays() {
        for text in [
            "model = \"x\"\n\n[mcp_servers.a] # why\ncommand='y'\n[ b ]\nc  =  1\n# the end\n",
            "mcp_servers.a.command = 'x'\n",
            "a = \"\"\"\r\n\n\"\"\"\r\n",
            "[mcp_servers]\n",
            "a = 1",
        ] {
            let merged = added(Language::Toml, text);
            assert!(merged.starts_with(text), "{merged}");
            assert_eq!(merged.ends_with('\n'), text.ends_with('\n'), "{merged}");
        }
        assert_eq!(
            added(Language::Toml, "mcp_servers = {a = {url = 'b'}} # why\n"),
            "mcp_servers = {a = {url = 'b'}, staffel = { url = \"http://127.0.0.1:4700/mcp\" } } # why\n"
        );
    }

    #[test]
    fn tabs_and_line_ends_are_those_of_the_file() {
        let merged = added(Language::Json, "{\r\n\t\"a\": 1\r\n}\r\n");
        assert!(merged.contains("\r\n\t\t\"staffel\": {\r\n\t\t\t\"type\""));
        for text in [merged, added(Language::Toml, "a = 1\r\n")] {
            assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        }
    }

    #[test]
    fn what_is_there_already_may_have_more_fields() {
        let text = format!(
            r#"{{"servers": {{"staffel": {{"url": "{URL}", "type": "http", "headers": {{}}}}}}}}"#
        );
        assert_eq!(json(&text), Ok(None));
        let text = format!("[mcp_servers]\nstaffel = {{ url = '{URL}', tool_timeout_sec = 90 }}");
        assert_eq!(toml(&text), Ok(None));
    }

    #[test]
    fn another_server_of_the_name_is_told_from_ours_and_replaced_only_on_demand() {
        for (text, at, difference) in [
            (
                r#"{"servers": {"staffel": {"command": "npx"}}}"#,
                14,
                "it starts the command npx",
            ),
            (
                r#"{"servers": {"staffel": {"type": "sse"}}}"#,
                14,
                "its `type` is sse",
            ),
            (
                r#"{"servers": {"staffel": {"url": "http://127.0.0.1:4700/mcp"}}}"#,
                14,
                "it has no `type`",
            ),
            (
                r#"{"servers": {"staffel": {"type": "http", "url": 4}}}"#,
                14,
                "its `url` is 4",
            ),
            (
                r#"{"servers":{"staffel": null}}"#,
                13,
                "it is of the type null",
            ),
        ] {
            let said = problem(json(text));
            let begin = format!(
                "line 1, column {at}: another server is called `staffel` already: {difference}."
            );
            assert!(
                said.starts_with(&begin) && said.contains("--replace"),
                "{said}"
            );
            merged(Language::Json, text, true);
        }
        let text = "# h\n[mcp_servers.staffel] # why\nurl = 'http://h'\n[mcp_servers.staffel.env]\nA = 'b'\n\n# k\n[k]\n";
        let said = problem(toml(text));
        assert!(
            said.contains("line 2, column 14") && said.contains("its `url` is http://h"),
            "{said}"
        );
        assert_eq!(
            merged(Language::Toml, text, true),
            "# h\n[mcp_servers.staffel] # why\nurl = \"http://127.0.0.1:4700/mcp\"\n\n# k\n[k]\n"
        );
        let text = "[mcp_servers]\r\nstaffel = { command = 'x' } # why\r\n";
        assert_eq!(
            merged(Language::Toml, text, true),
            "[mcp_servers]\r\nstaffel = { url = \"http://127.0.0.1:4700/mcp\" } # why\r\n"
        );
        merged(Language::Toml, "[mcp_servers.staffel.env]\nA = 'b'\n", true);
        merged(Language::Toml, "[mcp_servers]\nstaffel = 3\n", true);
    }

    #[test]
    fn what_cannot_be_parsed_is_named_by_its_place() {
        for (text, said) in [
            (
                "{\n  \"a\": tru\n}",
                "line 2, column 8: this is not JSON (Unexpected",
            ),
            (
                "{\"ä\" 1}",
                "line 1, column 6: this is not JSON (Expected colon",
            ),
            (
                "{'a': 1}",
                "line 1, column 2: this is not JSON (Single-quoted",
            ),
            ("{} {}", "line 1, column 4: this is not JSON"),
            (
                "{\"a\": 1",
                "line 1, column 1: this is not JSON (Unterminated object)",
            ),
        ] {
            let problem = problem(json(text));
            assert!(problem.starts_with(said), "{problem}");
            assert!(
                problem.contains("Comments and trailing commas are allowed. Correct it"),
                "{problem}"
            );
        }
        for (text, said) in [
            ("a = 1\nb = \n", "line 2, column 5: this is not TOML ("),
            (
                "a = 1\na = 2\n",
                "line 2, column 1: this is not TOML (duplicate key)",
            ),
            ("[x\n", "line 1, column 3: this is not TOML (unclosed table"),
        ] {
            let problem = problem(toml(text));
            assert!(
                problem.starts_with(said) && problem.contains("Correct it"),
                "{problem}"
            );
        }
    }

    #[test]
    fn what_is_no_object_is_never_overwritten() {
        for text in ["[1]", "null", "{\"servers\": []}", "{\"servers\": null}"] {
            let merged = json_with(text, &[], true);
            let said = problem(merged);
            assert!(said.contains("only an object, {…}, can be there"), "{said}");
        }
        for text in ["mcp_servers = 3\n", "[[mcp_servers]]\na = 1\n"] {
            let merged = toml_with(text, &[], true);
            assert!(problem(merged).contains("only a table can be there"));
        }
    }

    #[test]
    fn a_key_that_is_there_twice_is_refused() {
        let said = problem(json("{\n\"servers\": {},\n\"servers\": {}\n}"));
        assert!(
            said.starts_with("line 3, column 1: the key `servers`"),
            "{said}"
        );
        let said = problem(json(r#"{"servers": {"staffel": {}, "staffel": {}}}"#));
        assert!(said.contains("the key `staffel`"), "{said}");
    }

    #[test]
    fn lists_and_maps_are_written_in_both_languages() {
        assert_eq!(
            program("{}").expect("no problem").expect("something to do"),
            "{\n  \"mcpServers\": {\n    \"staffel\": {\n      \"command\": \"/staffel\",\n      \"args\": [\"stdio\", \"--url\", \"http://h\"]\n    }\n  }\n}"
        );
        let also = [
            (
                "http_headers",
                Value::map_of("Authorization", "Bearer \"x\""),
            ),
            ("list", Value::List(vec!["a".to_owned(), "b".to_owned()])),
        ];
        let whole = toml_with("", &also, false).expect("no problem");
        let whole = whole.expect("something to do");
        assert_eq!(
            whole,
            format!(
                "[mcp_servers.staffel]\nurl = \"{URL}\"\nhttp_headers = {{ Authorization = 'Bearer \"x\"' }}\nlist = [\"a\", \"b\"]\n"
            )
        );
        assert_eq!(toml_with(&whole, &also, false), Ok(None));
    }

    #[test]
    fn a_program_is_told_from_others_by_its_command_and_arguments() {
        let with = |server: &str| program(&format!(r#"{{"mcpServers": {{"staffel": {server}}}}}"#));
        let ours = r#"{"args": ["stdio", "--url", "http://h"], "command": "/staffel", "env": {}}"#;
        assert_eq!(with(ours), Ok(None));
        for (server, difference) in [
            (r#"{"command": "npx", "args": []}"#, "its `command` is npx."),
            (r#"{"command": "/staffel"}"#, "it has no `args`."),
            (
                r#"{"command": "/staffel", "args": ["stdio", "http://h?key=x"]}"#,
                r#"its `args` is ["****", "http://h"]."#,
            ),
            (
                r#"{"command": "/staffel", "args": "stdio"}"#,
                "its `args` is stdio.",
            ),
            (
                r#"{"command": "/staffel", "args": [1]}"#,
                "its `args` is another one.",
            ),
            (r#"{"url": "http://h"}"#, "it has no `command`."),
        ] {
            let said = problem(with(server));
            assert!(said.contains(difference), "{difference} in {said}");
        }
    }

    #[test]
    fn a_token_is_put_beside_what_is_there_and_an_older_one_gives_way() {
        let also = |token: &str| [("headers", Value::map_of("Authorization", token))];
        let text = format!(
            "{{\n  \"servers\": {{\n    \"staffel\": {{\n      \"type\": \"http\",\n      \"url\": \"{URL}\", // mine\n      \"timeout\": 9\n    }}\n  }}\n}}"
        );
        let first = json_with(&text, &also("one"), false).expect("no problem");
        let first = first.expect("something to do");
        assert_eq!(
            first,
            text.replace(
                "\"timeout\": 9",
                "\"timeout\": 9,\n      \"headers\": {\n        \"Authorization\": \"one\"\n      }"
            )
        );
        assert_eq!(json_with(&first, &also("one"), false), Ok(None));
        assert_eq!(json(&first), Ok(None), "a token is the user's own affair");

        let old = first.replace("\"Authorization\"", "\"X-Mine\": \"x\", \"authorization\"");
        let second = json_with(&old, &also("two"), false).expect("no problem");
        assert_eq!(second, Some(old.replace("one", "two")));

        let also = [("http_headers", Value::map_of("Authorization", "two"))];
        for (old, new) in [
            (
                format!(
                    "[mcp_servers.staffel]\nurl = '{URL}' # mine\n\n[mcp_servers.staffel.http_headers]\nX = 'x'\nauthorization = 'one'\n\n[b]\n"
                ),
                format!(
                    "[mcp_servers.staffel]\nurl = '{URL}' # mine\n\n[mcp_servers.staffel.http_headers]\nX = 'x'\nauthorization = \"two\"\n\n[b]\n"
                ),
            ),
            (
                format!("[mcp_servers.staffel]\nurl = '{URL}'\n[b]\n"),
                format!(
                    "[mcp_servers.staffel]\nurl = '{URL}'\nhttp_headers = {{ Authorization = \"two\" }}\n[b]\n"
                ),
            ),
            (
                format!("mcp_servers = {{ staffel = {{ url = '{URL}' }} }}\n"),
                format!(
                    "mcp_servers = {{ staffel = {{ url = '{URL}' , http_headers = {{ Authorization = \"two\" }} }} }}\n"
                ),
            ),
        ] {
            assert_eq!(toml_with(&old, &also, false), Ok(Some(new.clone())));
            assert_eq!(toml_with(&new, &also, false), Ok(None));
        }
    }

    #[test]
    fn what_is_replaced_keeps_the_rest_if_it_leads_to_the_same_server() {
        let text = |kind: &str| {
            format!(
                "{{\"servers\": {{\"staffel\": {{{kind}\"url\": \"{URL}\", /* mine */ \"headers\": {{\"X\": \"x\"}}}}}}}}"
            )
        };
        let replaced = json_with(&text("\"type\": \"sse\", "), &[], true);
        assert_eq!(replaced, Ok(Some(text("\"type\": \"http\", "))));
        let replaced = merged(Language::Json, &text(""), true);
        assert!(
            replaced.contains("/* mine */ \"headers\": {\"X\": \"x\"}"),
            "{replaced}"
        );
        let replaced = merged(Language::Json, &text("\"command\": \"x\", "), true);
        assert!(!replaced.contains("headers"), "{replaced}");
    }

    #[test]
    fn what_must_not_stand_beside_is_taken_out() {
        let text = |off: &str| {
            format!(
                "{{\n  \"servers\": {{\n    \"staffel\": {{\n      \"type\": \"http\",\n      \"url\": \"{URL}\"{off}\n    }}\n  }}\n}}"
            )
        };
        let off = text(",\n      \"disabled\": true");
        assert_eq!(json(&off), Ok(Some(text(""))));
        assert_eq!(json(&text(",\n      \"disabled\": false")), Ok(None));
        let old = text(",\n      \"headers\": {\"x-old\": \"a\"}");
        assert_eq!(json(&old), Ok(Some(text(""))));
        let old = text(",\n      \"headers\": {\"X\": \"b\", \"x-old\": \"a\"}");
        let new = text(",\n      \"headers\": {\"X\": \"b\"}");
        assert_eq!(json(&old), Ok(Some(new)));
        let url = format!("[mcp_servers.staffel]\nurl = '{URL}'\n");
        for (old, new) in [
            ("# off\nenabled = false # for now\nx = 1\n", "x = 1\n"),
            (
                "http_headers = { A = 'a', x-old = 'b' } # why\n",
                "http_headers = { A = 'a'} # why\n",
            ),
            ("http_headers = { X-Old = 'b' } # why\nx = 1\n", "x = 1\n"),
            (
                "[mcp_servers.staffel.http_headers]\nX-Old = 'b'\nY = 'y'\n",
                "[mcp_servers.staffel.http_headers]\nY = 'y'\n",
            ),
        ] {
            let merged = merged(Language::Toml, &format!("{url}{old}"), false);
            assert_eq!(merged, format!("{url}{new}"));
        }
    }

    #[test]
    fn comments_beside_a_value_stay_when_it_is_replaced() {
        let also = [("http_headers", Value::map_of("Authorization", "two"))];
        let text = |token: &str| {
            format!(
                "[mcp_servers.staffel]\nurl = '{URL}'\n\n[mcp_servers.staffel.http_headers]\n# Anna's\nAuthorization = {token} # until May\n"
            )
        };
        let new = toml_with(&text("'one'"), &also, false);
        assert_eq!(new, Ok(Some(text("\"two\""))));
        let text =
            |url: &str| format!("[mcp_servers.staffel] # a\n# b\nurl = {url} # c\n# d\n[k]\n");
        assert_eq!(
            merged(Language::Toml, &text("'http://h'"), true),
            text(&format!("\"{URL}\""))
        );
        let text = |server: &str| format!("[mcp_servers]\n# a\nstaffel = {server} # b\n");
        assert_eq!(
            merged(Language::Toml, &text("3"), true),
            text(&format!("{{ url = \"{URL}\" }}"))
        );
    }

    #[test]
    fn line_ends_stay_where_they_are_mixed() {
        let text = |url: &str| {
            format!("a = 1\r\nb = 2\n[mcp_servers.staffel]\nurl = '{url}'\r\n[k]\nc = 3\r\n")
        };
        let new = merged(Language::Toml, &text("http://h"), true);
        assert_eq!(new.replace('"', "'"), text(URL));
    }

    #[test]
    fn a_header_that_is_there_twice_is_refused() {
        for headers in [
            r#"{"A": "x", "A": "y"}"#,
            r#"{"Authorization": "x", "authorization": "y"}"#,
        ] {
            let text = format!(
                "{{\"servers\": {{\"staffel\": {{\"type\": \"http\", \"url\": \"{URL}\",\n\"headers\": {headers}}}}}}}"
            );
            let said = problem(json(&text));
            assert!(
                said.starts_with("line 2, column ") && said.contains("second time"),
                "{said}"
            );
        }
        let env = format!(
            r#"{{"servers": {{"staffel": {{"type": "http", "url": "{URL}", "env": {{"A": "", "a": ""}}}}}}}}"#
        );
        assert_eq!(json(&env), Ok(None), "variables have a case");
    }

    #[test]
    fn only_what_is_ours_is_shown() {
        let json = r#"{"servers": {"a": {"env": {"KEY": "sec\u0072et"}, "args": ["--key=secret", "http"], "n": 1}, /* b */ "staffel": {"type": "http"}}}"#;
        let shown = r#"{"servers": {"a": {"env": {"KEY": "****"}, "args": ["****", "http"], "n": 1}, /* b */ "staffel": {"type": "http"}}}"#;
        assert_eq!(
            masked(Language::Json, json, &["http"]),
            Ok(shown.to_owned())
        );
        assert_eq!(masked(Language::Json, "", &[]), Ok(String::new()));
        let toml = "a = 'secret' # b\n[c.d]\ne = [{ f = 'secret' }, 'ours']\ng.h = \"\"\"\nsecret\"\"\"\n[[i]]\nj = 'secret'\nk = 1\n";
        let shown = "a = \"****\" # b\n[c.d]\ne = [{ f = \"****\" }, 'ours']\ng.h = \"****\"\n[[i]]\nj = \"****\"\nk = 1\n";
        assert_eq!(
            masked(Language::Toml, toml, &["ours"]),
            Ok(shown.to_owned())
        );
    }

    #[test]
    fn what_is_no_map_is_not_overwritten_by_a_token() {
        let also = [("headers", Value::map_of("Authorization", "x"))];
        for headers in ["\"x\"", "null", "{\"a\": 1}"] {
            let text = format!(
                r#"{{"servers": {{"staffel": {{"type": "http", "url": "{URL}", "headers": {headers}}}}}}}"#
            );
            let said = problem(json_with(&text, &also, false));
            assert!(said.contains("`headers` of `staffel`"), "{said}");
        }
    }

    #[test]
    fn what_is_there_can_be_looked_up() {
        let text =
            r#"{"servers": {"staffel": {"url": "u", "headers": {"authorization": "a"}, "n": 1}}}"#;
        let look = |text: &str| look_up(Language::Json, text, "servers", "staffel");
        let known = look(text).expect("no problem").expect("a server");
        assert_eq!(known.field("url"), Some(&"u".into()));
        let headers = known.field("headers").expect("headers");
        assert_eq!(headers.get("headers", "Authorization"), Some("a"));
        assert_eq!(headers.get("env", "Authorization"), None);
        assert_eq!(known.field("n"), None);
        assert!(look("{}").expect("no problem").is_none());
        assert!(look(r#"{"servers": {"staffel": 1}}"#).is_err());
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let said = problem(json(&"[".repeat(100_000)));
        assert!(said.contains("nesting depth"), "{said}");
        assert!(toml(&format!("a = {}", "[".repeat(100_000))).is_err());
    }
}
