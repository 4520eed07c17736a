//! The merge into TOML.

use std::ops::Range;

use similar::{ChangeTag, TextDiff};
use toml_edit::{Document, InlineTable, Item, Key, TableLike, TomlError};

use super::{
    entry::{Change, Entry, Unwanted},
    existing::{ExistingEntry, ExistingValue, Found},
    language::Language,
    position::Position,
    problem::Problem,
    value::{Value, same_key},
};

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
        return Ok(Found::NoEntry {
            at,
            kind: server.type_name(),
        });
    };
    let fields = table.iter().map(|(key, item)| {
        let value = match toml_value(item) {
            Some(value) => ExistingValue::Value(value),
            None => ExistingValue::Other(item.to_string().trim().to_owned()),
        };
        (key.to_owned(), value)
    });
    Ok(Found::Entry(ExistingEntry {
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
        (Change::Within(lacking, unwanted), Some(server)) => {
            if let Some(server) = server.as_table_like_mut() {
                for (key, value) in lacking {
                    set_in_toml(server, key, value);
                }
                for unwanted in unwanted {
                    take_out(server, *unwanted);
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
            put(servers, entry.name, server.into());
        }
    }
    Ok(with_line_ends(text, &document.to_string()))
}

/// The text `new`, whose lines end as they do in `old`; `toml_edit` writes line ends of its own.
fn with_line_ends(old: &str, new: &str) -> String {
    let (unix, new) = (old.replace("\r\n", "\n"), new.replace("\r\n", "\n"));
    let ends: Vec<_> = old
        .split_inclusive('\n')
        .map(|line| line.ends_with("\r\n"))
        .collect();
    let mut text = String::new();
    for change in TextDiff::from_lines(&unix, &new).iter_all_changes() {
        let returns = match change.tag() {
            ChangeTag::Delete => continue,
            ChangeTag::Equal => change.old_index().and_then(|at| ends.get(at)),
            ChangeTag::Insert => ends.first(),
        };
        let line = change.value();
        match line.strip_suffix('\n') {
            Some(line) if returns == Some(&true) => text.extend([line, "\r\n"]),
            _ => text += line,
        }
    }
    text
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
        put(server, field, as_toml(value));
        return;
    };
    for (key, value) in pairs {
        let old = named(map, field, key);
        put(map, old.as_deref().unwrap_or(key), value.as_str().into());
    }
}

/// The key of the map `field` that means this one.
fn named(map: &dyn TableLike, field: &str, key: &str) -> Option<String> {
    let mut names = map.iter().map(|(name, _)| name);
    names
        .find(|name| same_key(field, name, key))
        .map(str::to_owned)
}

/// Puts in a value, in place of an older one: the comments above and behind that stay.
fn put(table: &mut dyn TableLike, key: &str, mut value: toml_edit::Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => {
            table.insert(key, value.into());
        }
    }
}

fn take_out(server: &mut dyn TableLike, unwanted: Unwanted) {
    let field = match unwanted {
        Unwanted::Value(field, _) => field,
        Unwanted::InMap(field, key) => {
            let map = server.get_mut(field).and_then(Item::as_table_like_mut);
            if let Some(map) = map {
                if let Some(key) = named(map, field, key) {
                    map.remove(&key);
                }
                if !map.is_empty() {
                    return;
                }
            }
            field
        }
    };
    server.remove(field);
}

/// The entry and nothing else; where a field stays, so do the comments at it.
fn fill(server: &mut dyn TableLike, entry: Entry<'_>) {
    let old: Vec<_> = server.iter().map(|(key, _)| key.to_owned()).collect();
    let stays = |key: &str| entry.all().any(|(ours, _)| *ours == key);
    for key in old.iter().filter(|key| !stays(key)) {
        server.remove(key);
    }
    for (key, value) in entry.all() {
        put(server, key, as_toml(value));
    }
}

/// The strings that are values, with their places.
pub(super) fn strings(text: &str) -> Result<Vec<(Range<usize>, String)>, Problem> {
    let document = Document::parse(text).map_err(|error| not_toml(text, &error))?;
    let mut found = Vec::new();
    collect(document.as_item(), &mut found);
    Ok(found)
}

fn collect(item: &Item, found: &mut Vec<(Range<usize>, String)>) {
    if let (Some(string), Some(range)) = (item.as_str(), item.span()) {
        found.push((range, string.to_owned()));
    } else if let Some(tables) = item.as_array_of_tables() {
        let items = tables.iter().flat_map(|table| table.iter());
        items.for_each(|(_, item)| collect(item, found));
    } else if let Some(array) = item.as_array() {
        array
            .iter()
            .for_each(|value| collect(&value.clone().into(), found));
    } else if let Some(table) = item.as_table_like() {
        table.iter().for_each(|(_, item)| collect(item, found));
    }
}

/// The text with a table for the entry at its end.
fn with_table(text: &str, entry: Entry<'_>) -> String {
    let first = text.split_inclusive('\n').next();
    let newline = match first.is_some_and(|line| line.ends_with("\r\n")) {
        true => "\r\n",
        false => "\n",
    };
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
