//! The merge into TOML.

use toml_edit::{Document, InlineTable, Item, Key, TableLike, TomlError};

use super::{Change, Entry, Found, Known, Language, Position, Problem, Theirs, Value, same_key};

fn not_toml(text: &str, error: &TomlError) -> Problem {
    Problem::Syntax {
        at: Position::of(text, error.span().map_or(0, |span| span.start)),
        language: Language::Toml,
        what: error.message().to_owned(),
    }
}

pub(super) fn find(text: &str, servers: &str, name: &str) -> Result<Found, Problem> {
    let document = Document::parse(text).map_err(|error| not_toml(text, &error))?;
    let begin = |key: &Key| Position::of(text, key.span().map_or(0, |span| span.start));
    let Some((key, item)) = document.get_key_value(servers) else {
        return Ok(Found::Nothing);
    };
    let Some(item) = item.as_table_like() else {
        return Err(Problem::NotAnObject {
            at: begin(key),
            language: Language::Toml,
            what: format!("`{servers}`"),
            found: item.type_name(),
        });
    };
    let Some((key, server)) = item.get_key_value(name) else {
        return Ok(Found::Nothing);
    };
    let at = begin(key);
    let Some(table) = server.as_table_like() else {
        return Ok(Found::Else {
            at,
            kind: server.type_name(),
        });
    };
    let fields = table.iter().map(|(key, item)| {
        let value = match toml_value(item) {
            Some(value) => Theirs::Value(value),
            None => Theirs::Else(item.to_string().trim().to_owned()),
        };
        (key.to_owned(), value)
    });
    Ok(Found::Known(Known {
        at,
        fields: fields.collect(),
    }))
}

fn toml_value(item: &Item) -> Option<Value> {
    if let Some(text) = item.as_str() {
        return Some(text.into());
    }
    if let Some(array) = item.as_array() {
        let items = array.iter().map(|item| item.as_str().map(str::to_owned));
        return items.collect::<Option<_>>().map(Value::List);
    }
    let pairs = item.as_table_like()?.iter();
    let pairs = pairs.map(|(key, item)| Some((key.to_owned(), item.as_str()?.to_owned())));
    pairs.collect::<Option<_>>().map(Value::Map)
}

pub(super) fn write(text: &str, entry: Entry<'_>, change: &Change) -> Result<String, Problem> {
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
    match (change, servers.get_mut(entry.name)) {
        (Change::Also, Some(server)) => {
            if let Some(server) = server.as_table_like_mut() {
                for (key, value) in entry.also {
                    set_in_toml(server, key, value);
                }
            }
        }
        (_, Some(Item::Table(server))) => {
            server.set_implicit(false);
            fill(server, entry);
        }
        (_, Some(Item::Value(toml_edit::Value::InlineTable(server)))) => fill(server, entry),
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

fn as_toml(value: &Value) -> toml_edit::Value {
    match value {
        Value::Text(text) => text.into(),
        Value::List(items) => items.iter().collect::<toml_edit::Array>().into(),
        Value::Map(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| (key, value.as_str()));
            pairs.collect::<InlineTable>().into()
        }
    }
}

fn set_in_toml(server: &mut dyn TableLike, field: &str, value: &Value) {
    let map = server.get_mut(field).and_then(Item::as_table_like_mut);
    let (Value::Map(pairs), Some(map)) = (value, map) else {
        server.insert(field, toml_edit::value(as_toml(value)));
        return;
    };
    for (key, value) in pairs {
        let old = map
            .iter()
            .map(|(name, _)| name.to_owned())
            .find(|name| same_key(field, name, key));
        map.insert(
            old.as_deref().unwrap_or(key),
            toml_edit::value(value.as_str()),
        );
    }
}

fn fill(server: &mut dyn TableLike, entry: Entry<'_>) {
    server.clear();
    for (key, value) in entry.all() {
        server.insert(key, toml_edit::value(as_toml(value)));
    }
}

/// The text with a table for the entry at its end.
fn with_table(text: &str, entry: Entry<'_>) -> String {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut lines = vec![format!("[{}.{}]", entry.servers, entry.name)];
    let fields = entry.all();
    lines.extend(fields.map(|(key, value)| format!("{key} = {}", as_toml(value))));
    let table = lines.join(newline);
    if text.is_empty() {
        format!("{table}{newline}")
    } else if text.ends_with('\n') {
        format!("{text}{newline}{table}{newline}")
    } else {
        format!("{text}{newline}{newline}{table}")
    }
}
