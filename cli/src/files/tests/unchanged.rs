//! What is none of ours stays as it was, byte by byte.

use crate::files::{language::Language, value::Value};

use super::{URL, added, merged, toml_with};

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
fn comments_beside_a_value_stay_when_it_is_replaced() {
    let also = [("http_headers", Value::map_of("Authorization", "two"))];
    let text = |token: &str| {
        format!(
            "[mcp_servers.staffel]\nurl = '{URL}'\n\n[mcp_servers.staffel.http_headers]\n# Anna's\nAuthorization = {token} # until May\n"
        )
    };
    let new = toml_with(&text("'one'"), &also, false);
    assert_eq!(new, Ok(Some(text("\"two\""))));
    let text = |url: &str| format!("[mcp_servers.staffel] # a\n# b\nurl = {url} # c\n# d\n[k]\n");
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
