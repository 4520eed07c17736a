//! `docs/TOOLS.md` is what `tools/list` says, made readable.

use std::{collections::HashMap, env, fmt::Write as _, fs, path::Path};

use rmcp::model::Tool;
use serde_json::Value;

const PAGE: &str = "../docs/TOOLS.md";
const ACCEPT: &str = "STAFFEL_ACCEPT_SNAPSHOTS";

#[test]
fn the_page_of_the_tools_says_what_clients_are_told() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = page(server::mcp::tools());
    if env::var_os(ACCEPT).is_some() {
        fs::write(&path, &page).expect("the page can be written");
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        known == page,
        "docs/TOOLS.md is not what tools/list says. If the new list is right: {ACCEPT}=1 make unit\n{}",
        similar::TextDiff::from_lines(&known, &page).unified_diff()
    );
}

fn page(tools: &[Tool]) -> String {
    let mut page = String::from(
        "# The MCP tools\n\nWhat `tools/list` tells every client, made readable; a test keeps the two equal. How they work together: \
         [Protocol](PROTOCOL.md).\n",
    );
    let mut explained = HashMap::new();
    for tool in tools {
        let hints = tool.annotations.as_ref().expect("hints");
        let nature = match (hints.read_only_hint, hints.destructive_hint) {
            (Some(true), _) => "reads",
            (_, Some(true)) => "ends something",
            _ => "adds facts",
        };
        let again = if hints.idempotent_hint == Some(true) {
            "can be repeated"
        } else {
            "not to be repeated without `idempotency_key`"
        };
        let description = tool.description.as_deref().unwrap_or_default();
        let _ = write!(
            page,
            "\n## `{}`\n\n{description}\n\n*{nature}; {again}*\n",
            tool.name
        );
        let input = Value::Object((*tool.input_schema).clone());
        fields(&mut page, "argument", &input, &input, &mut HashMap::new());
        let output = tool.output_schema.as_ref().expect("an output schema");
        let output = Value::Object((**output).clone());
        // What the list explains once stands with every tool here.
        fields(&mut page, "answers with", &output, &output, &mut explained);
    }
    page
}

fn fields(
    page: &mut String,
    what: &str,
    object: &Value,
    root: &Value,
    explained: &mut HashMap<String, String>,
) {
    let Some(fields) = object["properties"].as_object() else {
        return;
    };
    let required: Vec<_> = object["required"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    let _ = write!(page, "\n| {what} | type | |\n| --- | --- | --- |\n");
    // Answers that have the same fields are alike.
    let alike = fields.keys().cloned().collect::<Vec<_>>().join(" ");
    for (name, schema) in fields {
        let must = what == "argument" && required.iter().any(|field| *field == name);
        let said = match schema["description"].as_str() {
            Some(said) => said.replace('\n', " "),
            None => explained
                .get(&format!("{alike}: {name}"))
                .cloned()
                .unwrap_or_default(),
        };
        explained.insert(format!("{alike}: {name}"), said.clone());
        let _ = writeln!(
            page,
            "| `{name}`{} | {} | {said} |",
            if must { ", required" } else { "" },
            kind(schema, root)
        );
    }
}

fn kind(schema: &Value, root: &Value) -> String {
    let schema = match schema["$ref"].as_str() {
        Some(path) => root
            .pointer(path.trim_start_matches('#'))
            .expect("a definition"),
        None => schema,
    };
    if let Some(values) = schema["enum"].as_array() {
        return values
            .iter()
            .map(|value| format!("`{value}`"))
            .collect::<Vec<_>>()
            .join(", ");
    }
    if let Some(ways) = schema["anyOf"].as_array() {
        return ways
            .iter()
            .map(|way| kind(way, root))
            .collect::<Vec<_>>()
            .join(" or ");
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => {
            format!("array of {}", kind_of_items(schema, root))
        }
        Value::String(kind) if kind == "object" && schema["properties"].is_object() => {
            let fields = schema["properties"].as_object().expect("properties");
            let names: Vec<_> = fields.keys().map(|name| format!("`{name}`")).collect();
            format!("object of {}", names.join(", "))
        }
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => {
            let kinds: Vec<_> = kinds.iter().filter_map(Value::as_str).collect();
            kinds.join(" or ")
        }
        _ => "any".to_owned(),
    }
}

fn kind_of_items(schema: &Value, root: &Value) -> String {
    kind(&schema["items"], root)
}
