//! Idempotency keys: whose they are, and what they were used for.

use domain::Actor;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::RelayError;
use crate::journal::Key;

/// Longest idempotency key, in characters: room for a UUID with a prefix and more.
const KEY_MAX: usize = 200;

/// The key `text` of `actor` for `command` to `target`, a pipeline id or `start`.
pub fn make(
    actor: &Actor,
    target: &str,
    text: &str,
    command: &impl Serialize,
) -> Result<Key, RelayError> {
    let text = domain::text::line("Idempotency-Key", text, KEY_MAX)?;
    let command = serde_json::to_value(command)
        .map_err(|error| RelayError::Unavailable(error.to_string()))?;
    let mut hash = Sha256::new();
    digest(&command, &mut hash);
    Ok(Key {
        // No name has a line break in it, so no two scopes are the same text.
        scope: format!("{:?}\n{}\n{target}", actor.kind, actor.name),
        text,
        digest: hash.finalize().into(),
    })
}

/// Not what somebody wants, but how it is known who: the same decision sent again may be proven in another way.
const PROOF: &str = "proof";

/// Hashes what a command says. A field that is empty or left out says nothing, so that a version with one more field
/// knows the keys of the version before.
fn digest(value: &Value, hash: &mut Sha256) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields
                .iter()
                .filter(|(name, value)| *name != PROOF && !says_nothing(value))
                .collect();
            fields.sort_by_key(|(name, _)| *name);
            hash.update(b"{");
            for (name, value) in fields {
                text(name, hash);
                digest(value, hash);
            }
            hash.update(b"}");
        }
        Value::Array(items) => {
            hash.update(b"[");
            items.iter().for_each(|item| digest(item, hash));
            hash.update(b"]");
        }
        Value::String(string) => text(string, hash),
        other => text(&other.to_string(), hash),
    }
}

/// With its length before it, so that no two texts run into each other.
fn text(text: &str, hash: &mut Sha256) {
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text.as_bytes());
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(says_nothing),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(actor: &Actor, command: &Value) -> Key {
        make(actor, "start", "k", command).expect("a key")
    }

    #[test]
    fn a_new_field_that_is_left_out_changes_no_digest() {
        let actor = Actor::agent("a");
        let old = key(&actor, &json!({"command": "report", "progress": 40}));
        for new in [
            json!({"progress": 40, "command": "report"}),
            json!({"command": "report", "progress": 40, "new": null, "tasks": [], "also": {"a": ""}}),
        ] {
            assert_eq!(key(&actor, &new), old, "{new}");
        }
        assert_ne!(
            key(&actor, &json!({"command": "report", "progress": 41})).digest,
            old.digest
        );
    }

    #[test]
    fn a_key_belongs_to_its_actor() {
        let command = json!({"command": "report"});
        let scopes = [Actor::agent("a"), Actor::agent("b"), Actor::person("a")]
            .map(|actor| key(&actor, &command).scope);
        assert!(scopes[0] != scopes[1] && scopes[0] != scopes[2] && scopes[1] != scopes[2]);
    }
}
