//! What is read from a file, and shown of it.

use crate::files::{language::Language, mask::masked, merge::look_up};

#[test]
fn only_what_is_ours_is_shown() {
    let json = r#"{"servers": {"a": {"env": {"KEY": "sec\u0072et"}, "args": ["--key=secret", "http"], "n": 1}, /* b */ "staffel": {"type": "http"}}}"#;
    let shown = r#"{"servers": {"a": {"env": {"KEY": "****"}, "args": ["****", "http"], "n": 1}, /* b */ "staffel": {"type": "http"}}}"#;
    assert_eq!(
        masked(Language::Json, json, &["http"]),
        Ok(shown.to_owned())
    );
    assert_eq!(masked(Language::Json, "", &[]), Ok(String::new()));
    let toml = "a = 'secret' # b\n[c.d]\ne = [{ f = 'secret' }, 'ours']\ng.h = \"\"\"\nsecret\"\"\"\n[[i]]\nj = 'secret'\nk = 1\n";
    let shown = "a = \"****\" # b\n[c.d]\ne = [{ f = \"****\" }, 'ours']\ng.h = \"****\"\n[[i]]\nj = \"****\"\nk = 1\n";
    assert_eq!(
        masked(Language::Toml, toml, &["ours"]),
        Ok(shown.to_owned())
    );
}

#[test]
fn what_is_there_can_be_looked_up() {
    let text =
        r#"{"servers": {"staffel": {"url": "u", "headers": {"authorization": "a"}, "n": 1}}}"#;
    let look = |text: &str| look_up(Language::Json, text, "servers", "staffel");
    let known = look(text).expect("no problem").expect("a server");
    assert_eq!(known.field("url"), Some(&"u".into()));
    let headers = known.field("headers").expect("headers");
    assert_eq!(headers.get("headers", "Authorization"), Some("a"));
    assert_eq!(headers.get("env", "Authorization"), None);
    assert_eq!(known.field("n"), None);
    assert!(look("{}").expect("no problem").is_none());
    assert!(look(r#"{"servers": {"staffel": 1}}"#).is_err());
}
