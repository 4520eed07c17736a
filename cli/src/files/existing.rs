//! What a file has under our name already.

use std::fmt;

use crate::token::HIDDEN;

use super::{
    entry::{Entry, Unwanted},
    position::Position,
    value::{Field, Value},
};

/// An entry that a file has under our name, whoever wrote it.
#[derive(Debug, Clone)]
pub struct ExistingEntry {
    /// Where it is.
    pub at: Position,
    /// What it has, in the order of the file.
    pub fields: Vec<(String, ExistingValue)>,
}

/// What stands under a key.
#[derive(Debug, Clone)]
pub enum ExistingValue {
    /// A value that an entry of ours could have.
    Value(Value),
    /// Something that no entry of ours has, as it stands in the file.
    Other(String),
}

impl ExistingEntry {
    /// The entry that a client makes of this one and another, whose fields give way to these; so do the keys of maps.
    #[must_use]
    pub fn over(mut self, below: Self) -> Self {
        for (key, theirs) in below.fields {
            let ours = self.fields.iter_mut().find(|(name, _)| *name == key);
            match (ours, theirs) {
                (None, theirs) => self.fields.push((key, theirs)),
                (
                    Some((_, ExistingValue::Value(Value::Map(ours)))),
                    ExistingValue::Value(Value::Map(theirs)),
                ) => {
                    let new = theirs
                        .into_iter()
                        .filter(|(key, _)| !ours.iter().any(|(name, _)| name == key));
                    let new: Vec<_> = new.collect();
                    ours.extend(new);
                }
                _ => {}
            }
        }
        self
    }

    /// What it has under a key; `None` also if that is neither a string nor a list or a map of strings.
    pub fn field(&self, key: &str) -> Option<&Value> {
        match self.theirs(key)? {
            ExistingValue::Value(value) => Some(value),
            ExistingValue::Other(_) => None,
        }
    }

    /// What stands under a key.
    pub fn theirs(&self, key: &str) -> Option<&ExistingValue> {
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
        matches!(self.theirs(key), Some(ExistingValue::Other(theirs)) if theirs == literal)
    }

    /// What tells it from ours, if it is another one. Further fields, such as a time-out, belong to the user.
    pub fn difference(&self, entry: Entry<'_>) -> Option<String> {
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

    /// Whether what stands under a key is ours.
    pub fn agrees(&self, key: &str, ours: &Value) -> bool {
        self.field(key)
            .is_some_and(|theirs| agrees(key, theirs, ours))
    }

    /// Whether it has what an entry of ours must not have.
    pub fn has_unwanted(&self, unwanted: Unwanted) -> bool {
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

impl fmt::Display for ExistingValue {
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
            Self::Other(text) if !text.contains(['[', '{']) => f.write_str(text),
            Self::Value(Value::Map(_)) | Self::Other(_) => f.write_str("another one"),
        }
    }
}

/// What a file has under the name of a server.
pub enum Found {
    /// Nothing.
    Nothing,
    /// An entry.
    Entry(ExistingEntry),
    /// Something that is no entry at all.
    NoEntry {
        /// Where it is.
        at: Position,
        /// Its type.
        kind: &'static str,
    },
}
