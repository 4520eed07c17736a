//! What cannot be merged is refused in words.

use crate::files::value::Value;

use super::{URL, json, json_with, problem, toml, toml_with};

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
        let merged = json_with(text, &[], true);
        let said = problem(merged);
        assert!(said.contains("only an object, {…}, can be there"), "{said}");
    }
    for text in ["mcp_servers = 3\n", "[[mcp_servers]]\na = 1\n"] {
        let merged = toml_with(text, &[], true);
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
fn a_header_that_is_there_twice_is_refused() {
    for headers in [
        r#"{"A": "x", "A": "y"}"#,
        r#"{"Authorization": "x", "authorization": "y"}"#,
    ] {
        let text = format!(
            "{{\"servers\": {{\"staffel\": {{\"type\": \"http\", \"url\": \"{URL}\",\n\"headers\": {headers}}}}}}}"
        );
        let said = problem(json(&text));
        assert!(
            said.starts_with("line 2, column ") && said.contains("second time"),
            "{said}"
        );
    }
    let env = format!(
        r#"{{"servers": {{"staffel": {{"type": "http", "url": "{URL}", "env": {{"A": "", "a": ""}}}}}}}}"#
    );
    assert_eq!(json(&env), Ok(None), "variables have a case");
}

#[test]
fn what_is_no_map_is_not_overwritten_by_a_token() {
    let also = [("headers", Value::map_of("Authorization", "x"))];
    for headers in ["\"x\"", "null", "{\"a\": 1}"] {
        let text = format!(
            r#"{{"servers": {{"staffel": {{"type": "http", "url": "{URL}", "headers": {headers}}}}}}}"#
        );
        let said = problem(json_with(&text, &also, false));
        assert!(said.contains("`headers` of `staffel`"), "{said}");
    }
}

#[test]
fn nesting_without_end_is_refused() {
    let said = problem(json(&"[".repeat(100_000)));
    assert!(said.contains("nesting depth"), "{said}");
    assert!(toml(&format!("a = {}", "[".repeat(100_000))).is_err());
}
