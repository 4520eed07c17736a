//! The merge into JSON, with the comments and trailing commas that most clients allow.

use std::ops::Range;

use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{Object, ObjectProp, Value as Json},
    common::Ranged,
    cst::{CstInputValue, CstObject, CstObjectProp, CstRootNode},
    errors::ParseError,
    parse_to_ast,
};

use super::{
    entry::{Change, Entry, Unwanted},
    existing::{ExistingEntry, ExistingValue, Found},
    language::Language,
    position::Position,
    problem::Problem,
    value::{Value, same_key},
};

pub(super) const JSON: ParseOptions = ParseOptions {
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

pub(super) fn not_json(error: &ParseError) -> Problem {
    Problem::Syntax {
        at: Position {
            line: error.line_display(),
            column: error.column_display(),
        },
        language: Language::Json,
        what: error.kind().to_string(),
    }
}

pub(super) fn find(text: &str, servers: &str, name: &str) -> Result<Found, Problem> {
    let tree =
        parse_to_ast(text, &CollectOptions::default(), &JSON).map_err(|error| not_json(&error))?;
    let Some(root) = &tree.value else {
        return Ok(Found::Nothing);
    };
    let root = json_object(text, root, "the file itself")?;
    let Some(property) = json_property(text, root, servers)? else {
        return Ok(Found::Nothing);
    };
    let servers = json_object(text, &property.value, &format!("`{servers}`"))?;
    let Some(server) = json_property(text, servers, name)? else {
        return Ok(Found::Nothing);
    };
    let at = Position::of(text, server.start());
    let Some(object) = server.value.as_object() else {
        return Ok(Found::NoEntry {
            at,
            kind: json_type(&server.value),
        });
    };
    let mut fields = Vec::new();
    for property in &object.properties {
        let key = property.name.as_str();
        json_property(text, object, key)?;
        if let Some(map) = property.value.as_object() {
            no_key_twice(text, map, key)?;
        }
        let value = match json_value(&property.value) {
            Some(value) => ExistingValue::Value(value),
            None => ExistingValue::Other(property.value.text(text).to_owned()),
        };
        fields.push((key.to_owned(), value));
    }
    Ok(Found::Entry(ExistingEntry { at, fields }))
}

fn json_value(value: &Json<'_>) -> Option<Value> {
    let string = |value: &Json<'_>| Some(value.as_string_lit()?.value.clone().into_owned());
    match value {
        Json::Array(array) => array
            .elements
            .iter()
            .map(string)
            .collect::<Option<_>>()
            .map(Value::List),
        Json::Object(object) => {
            let pairs = object.properties.iter();
            let pairs =
                pairs.map(|pair| Some((pair.name.as_str().to_owned(), string(&pair.value)?)));
            pairs.collect::<Option<_>>().map(Value::Map)
        }
        value => string(value).map(Value::Text),
    }
}

fn json_object<'a, 'b>(
    text: &str,
    value: &'b Json<'a>,
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

/// No two keys of the map `field` mean the same.
fn no_key_twice(text: &str, map: &Object<'_>, field: &str) -> Result<(), Problem> {
    let name = |property: &ObjectProp<'_>| property.name.as_str().to_owned();
    for (at, property) in map.properties.iter().enumerate() {
        let key = name(property);
        let before = &map.properties[..at];
        if before.iter().any(|one| same_key(field, &name(one), &key)) {
            return Err(Problem::Twice {
                at: Position::of(text, property.start()),
                key,
            });
        }
    }
    Ok(())
}

/// The strings that are values, with their places.
pub(super) fn strings(text: &str) -> Result<Vec<(Range<usize>, String)>, Problem> {
    let tree =
        parse_to_ast(text, &CollectOptions::default(), &JSON).map_err(|error| not_json(&error))?;
    let mut found = Vec::new();
    let mut values: Vec<_> = tree.value.iter().collect();
    while let Some(value) = values.pop() {
        match value {
            Json::StringLit(string) => {
                found.push((
                    value.start()..value.end(),
                    string.value.clone().into_owned(),
                ));
            }
            Json::Array(array) => values.extend(&array.elements),
            Json::Object(object) => {
                values.extend(object.properties.iter().map(|property| &property.value));
            }
            _ => {}
        }
    }
    Ok(found)
}

fn json_type(value: &Json<'_>) -> &'static str {
    match value {
        Json::StringLit(_) => "string",
        Json::NumberLit(_) => "number",
        Json::BooleanLit(_) => "boolean",
        Json::NullKeyword(_) => "null",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

pub(super) fn write(text: &str, entry: Entry<'_>, change: &Change) -> Result<String, Problem> {
    let root = CstRootNode::parse(text, &JSON).map_err(|error| not_json(&error))?;
    let servers = root
        .object_value_or_set()
        .object_value_or_set(entry.servers);
    match (change, servers.get(entry.name)) {
        (Change::Within(lacking, unwanted), Some(server)) => {
            let server = server.object_value_or_set();
            for (key, value) in lacking {
                set_in_json(&server, key, value);
            }
            for unwanted in unwanted {
                take_out(&server, *unwanted);
            }
        }
        (_, other) => {
            let fields = entry.all();
            let fields = fields.map(|(key, value)| ((*key).to_owned(), as_json(value)));
            let server = CstInputValue::Object(fields.collect());
            match other {
                Some(other) => other.set_value(server),
                None => {
                    servers.append(entry.name, server);
                }
            }
        }
    }
    Ok(root.to_string())
}

fn as_json(value: &Value) -> CstInputValue {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => {
            CstInputValue::Array(items.iter().map(|item| item.as_str().into()).collect())
        }
        Value::Map(pairs) => CstInputValue::Object(
            pairs
                .iter()
                .map(|(key, value)| (key.clone(), value.as_str().into()))
                .collect(),
        ),
    }
}

fn set_in_json(server: &CstObject, field: &str, value: &Value) {
    let (Value::Map(pairs), Some(map)) = (value, server.object_value(field)) else {
        match server.get(field) {
            Some(old) => old.set_value(as_json(value)),
            None => {
                server.append(field, as_json(value));
            }
        }
        return;
    };
    for (key, value) in pairs {
        match named(&map, field, key) {
            Some(old) => old.set_value(value.as_str().into()),
            None => {
                map.append(key, value.as_str().into());
            }
        }
    }
}

/// The key of the map `field` that means this one.
fn named(map: &CstObject, field: &str, key: &str) -> Option<CstObjectProp> {
    let mut properties = map.properties().into_iter();
    properties.find(|property| {
        let name = property.decoded_name();
        name.is_some_and(|name| same_key(field, &name, key))
    })
}

fn take_out(server: &CstObject, unwanted: Unwanted) {
    let field = match unwanted {
        Unwanted::Value(field, _) => field,
        Unwanted::InMap(field, key) => {
            if let Some(map) = server.object_value(field) {
                if let Some(property) = named(&map, field, key) {
                    property.remove();
                }
                if !map.properties().is_empty() {
                    return;
                }
            }
            field
        }
    };
    if let Some(property) = server.get(field) {
        property.remove();
    }
}
