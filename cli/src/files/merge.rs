//! The merge: from the text of a configuration file to the text with one server more. Pure.
//!
//! What is none of Staffel's stays as it was: comments, order, indentation, line ends and the other servers. Of an
//! entry that is replaced, only what leads to the same server stays.

use super::{
    entry::{Change, Entry},
    existing::{ExistingEntry, ExistingValue, Found},
    json,
    language::Language,
    problem::Problem,
    toml,
    value::Value,
};

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
) -> Result<Option<ExistingEntry>, Problem> {
    match find(language, text, servers, name)? {
        Found::Nothing => Ok(None),
        Found::Entry(known) => Ok(Some(known)),
        Found::NoEntry { at, kind } => Err(Problem::NotAnObject {
            at,
            language,
            what: format!("`{name}`"),
            found: kind,
        }),
    }
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
        Found::NoEntry { at, kind } => {
            may_replace(at, format!("it is of the type {kind}"))?;
            Change::Whole
        }
        Found::Entry(known) => {
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

/// Nothing that is no map stands where one has to be: it would be lost.
fn no_obstacle(language: Language, known: &ExistingEntry, entry: Entry<'_>) -> Result<(), Problem> {
    let obstacle = entry.also.iter().find(|(key, ours)| {
        let theirs = known.theirs(key);
        matches!(ours, Value::Map(_))
            && matches!(theirs, Some(theirs) if !matches!(theirs, ExistingValue::Value(Value::Map(_))))
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
