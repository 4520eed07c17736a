//! What an entry of ours has, and what it must not have.

use crate::files::{language::Language, value::Value};

use super::{URL, json, json_with, merged, program, toml, toml_with};

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
    assert_eq!(json(&first), Ok(None), "a token belongs to the user");

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
