//! The merge: from the text of a configuration file to the text with one server more. Pure.
//!
//! Everything that was there stays as it was: comments, order, indentation, line ends and the other servers.

use std::fmt;

use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{Object, ObjectProp, Value},
    common::Ranged,
    cst::{CstInputValue, CstRootNode},
    errors::ParseError,
    parse_to_ast,
};
use thiserror::Error;
use toml_edit::{Document, InlineTable, Item, Key, TableLike, TomlError};

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

/// The server that a file is to know.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The key of all servers, for example `mcpServers`.
    pub servers: &'a str,
    /// The key of this server among them.
    pub name: &'a str,
    /// What stands under it.
    pub fields: &'a [(&'a str, &'a str)],
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
    let found = match language {
        Language::Json => find_in_json(text, entry)?,
        Language::Toml => find_in_toml(text, entry)?,
    };
    match found {
        Found::Ours => return Ok(None),
        Found::Other { at, difference } if !replace => {
            return Err(Problem::Taken {
                at,
                name: entry.name.to_owned(),
                difference,
            });
        }
        Found::Other { .. } | Found::Nothing => {}
    }
    match language {
        Language::Json => write_json(text, entry),
        Language::Toml => write_toml(text, entry),
    }
    .map(Some)
}

/// What a file has under the name of our server.
enum Found {
    Nothing,
    Ours,
    Other { at: Position, difference: String },
}

impl Found {
    /// Compares a server with ours; further fields, such as a time-out, are the user's own affair.
    fn compare(at: Position, entry: Entry<'_>, field: impl Fn(&str) -> Option<String>) -> Self {
        let difference = match field("command") {
            Some(command) => Some(format!("it starts the command {command}")),
            None => entry
                .fields
                .iter()
                .find_map(|(key, ours)| match field(key) {
                    Some(theirs) if theirs == *ours => None,
                    Some(theirs) => Some(format!("its `{key}` is {theirs}")),
                    None => Some(format!("it has no `{key}`")),
                }),
        };
        match difference {
            Some(difference) => Self::Other { at, difference },
            None => Self::Ours,
        }
    }
}

const JSON: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

fn not_json(error: &ParseError) -> Problem {
    Problem::Syntax {
        at: Position {
            line: error.line_display(),
            column: error.column_display(),
        },
        language: Language::Json,
        what: error.kind().to_string(),
    }
}

fn find_in_json(text: &str, entry: Entry<'_>) -> Result<Found, Problem> {
    let tree =
        parse_to_ast(text, &CollectOptions::default(), &JSON).map_err(|error| not_json(&error))?;
    let Some(root) = &tree.value else {
        return Ok(Found::Nothing);
    };
    let root = json_object(text, root, "the file itself")?;
    let Some(servers) = json_property(text, root, entry.servers)? else {
        return Ok(Found::Nothing);
    };
    let servers = json_object(text, &servers.value, &format!("`{}`", entry.servers))?;
    let Some(server) = json_property(text, servers, entry.name)? else {
        return Ok(Found::Nothing);
    };
    let at = Position::of(text, server.start());
    Ok(match server.value.as_object() {
        Some(fields) => Found::compare(at, entry, |key| {
            let value = &fields.get(key)?.value;
            let string = value.as_string_lit().map(|string| &*string.value);
            Some(string.unwrap_or(value.text(text)).to_owned())
        }),
        None => Found::Other {
            at,
            difference: format!("it is of the type {}", json_type(&server.value)),
        },
    })
}

fn json_object<'a, 'b>(
    text: &str,
    value: &'b Value<'a>,
    what: &str,
) -> Result<&'b Object<'a>, Problem> {
    value.as_object().ok_or_else(|| Problem::NotAnObject {
        at: Position::of(text, value.start()),
        language: Language::Json,
        what: what.to_owned(),
        found: json_type(value),
    })
}

fn json_property<'a, 'b>(
    text: &str,
    object: &'b Object<'a>,
    key: &str,
) -> Result<Option<&'b ObjectProp<'a>>, Problem> {
    let mut properties = object
        .properties
        .iter()
        .filter(|property| property.name.as_str() == key);
    let first = properties.next();
    match properties.next() {
        Some(second) => Err(Problem::Twice {
            at: Position::of(text, second.start()),
            key: key.to_owned(),
        }),
        None => Ok(first),
    }
}

fn json_type(value: &Value<'_>) -> &'static str {
    match value {
        Value::StringLit(_) => "string",
        Value::NumberLit(_) => "number",
        Value::BooleanLit(_) => "boolean",
        Value::NullKeyword(_) => "null",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn write_json(text: &str, entry: Entry<'_>) -> Result<String, Problem> {
    let root = CstRootNode::parse(text, &JSON).map_err(|error| not_json(&error))?;
    let servers = root
        .object_value_or_set()
        .object_value_or_set(entry.servers);
    let fields = entry
        .fields
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).into()))
        .collect();
    let server = CstInputValue::Object(fields);
    match servers.get(entry.name) {
        Some(other) => other.set_value(server),
        None => {
            servers.append(entry.name, server);
        }
    }
    Ok(root.to_string())
}

fn not_toml(text: &str, error: &TomlError) -> Problem {
    Problem::Syntax {
        at: Position::of(text, error.span().map_or(0, |span| span.start)),
        language: Language::Toml,
        what: error.message().to_owned(),
    }
}

fn find_in_toml(text: &str, entry: Entry<'_>) -> Result<Found, Problem> {
    let document = Document::parse(text).map_err(|error| not_toml(text, &error))?;
    let begin = |key: &Key| Position::of(text, key.span().map_or(0, |span| span.start));
    let Some((key, servers)) = document.get_key_value(entry.servers) else {
        return Ok(Found::Nothing);
    };
    let Some(servers) = servers.as_table_like() else {
        return Err(Problem::NotAnObject {
            at: begin(key),
            language: Language::Toml,
            what: format!("`{}`", entry.servers),
            found: servers.type_name(),
        });
    };
    let Some((key, server)) = servers.get_key_value(entry.name) else {
        return Ok(Found::Nothing);
    };
    Ok(match server.as_table_like() {
        Some(fields) => Found::compare(begin(key), entry, |key| {
            let value = fields.get(key)?;
            let string = value.as_str().map(str::to_owned);
            Some(string.unwrap_or_else(|| value.to_string().trim().to_owned()))
        }),
        None => Found::Other {
            at: begin(key),
            difference: format!("it is of the type {}", server.type_name()),
        },
    })
}

fn write_toml(text: &str, entry: Entry<'_>) -> Result<String, Problem> {
    let document = Document::parse(text).map_err(|error| not_toml(text, &error))?;
    let mut document = document.into_mut();
    let inline = document
        .get(entry.servers)
        .is_some_and(Item::is_inline_table);
    let servers = document
        .get_mut(entry.servers)
        .and_then(Item::as_table_like_mut)
        .filter(|servers| inline || servers.contains_key(entry.name));
    // A table may stand at the end of any file. That touches nothing else, not even what toml_edit would tidy.
    let Some(servers) = servers else {
        return Ok(with_table(text, entry));
    };
    match servers.get_mut(entry.name) {
        Some(Item::Table(server)) => {
            server.set_implicit(false);
            fill(server, entry);
        }
        Some(Item::Value(toml_edit::Value::InlineTable(server))) => fill(server, entry),
        _ => {
            let mut server = InlineTable::new();
            fill(&mut server, entry);
            servers.insert(entry.name, toml_edit::value(server));
        }
    }
    let merged = document.to_string();
    // toml_edit writes its own line ends.
    Ok(if text.contains("\r\n") {
        merged.replace("\r\n", "\n").replace('\n', "\r\n")
    } else {
        merged
    })
}

fn fill(server: &mut dyn TableLike, entry: Entry<'_>) {
    server.clear();
    for (key, value) in entry.fields {
        server.insert(key, toml_edit::value(*value));
    }
}

/// The text with a table for the entry at its end.
fn with_table(text: &str, entry: Entry<'_>) -> String {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines = vec![format!("[{}.{}]", entry.servers, entry.name)];
    lines.extend(
        entry
            .fields
            .iter()
            .map(|(key, value)| format!("{key} = {}", toml_edit::Value::from(*value))),
    );
    let table = lines.join(newline);
    if text.is_empty() {
        format!("{table}{newline}")
    } else if text.ends_with('\n') {
        format!("{text}{newline}{table}{newline}")
    } else {
        format!("{text}{newline}{newline}{table}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:4700/mcp";

    const VS_CODE: Entry<'_> = Entry {
        servers: "servers",
        name: "staffel",
        fields: &[("type", "http"), ("url", URL)],
    };

    const CODEX: Entry<'_> = Entry {
        servers: "mcp_servers",
        name: "staffel",
        fields: &[("url", URL)],
    };

    fn json(text: &str) -> Result<Option<String>, Problem> {
        merge(Language::Json, text, VS_CODE, false)
    }

    fn toml(text: &str) -> Result<Option<String>, Problem> {
        merge(Language::Toml, text, CODEX, false)
    }

    /// What comes out, after a look that a second time there is nothing left to do.
    #[track_caller]
    fn merged(language: Language, text: &str, replace: bool) -> String {
        let entry = match language {
            Language::Json => VS_CODE,
            Language::Toml => CODEX,
        };
        let text = merge(language, text, entry, replace);
        let text = text.expect("no problem").expect("something to do");
        assert_eq!(merge(language, &text, entry, false), Ok(None), "{text}");
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
            let merged = merge(Language::Json, text, VS_CODE, true);
            let said = problem(merged);
            assert!(said.contains("only an object, {…}, can be there"), "{said}");
        }
        for text in ["mcp_servers = 3\n", "[[mcp_servers]]\na = 1\n"] {
            let merged = merge(Language::Toml, text, CODEX, true);
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
    fn nesting_without_end_is_refused() {
        let said = problem(json(&"[".repeat(100_000)));
        assert!(said.contains("nesting depth"), "{said}");
        assert!(toml(&format!("a = {}", "[".repeat(100_000))).is_err());
    }
}
