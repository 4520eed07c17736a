//! Another server of the name is told from ours.

use crate::files::language::Language;

use super::{URL, json, json_with, merged, problem, program, toml};

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
