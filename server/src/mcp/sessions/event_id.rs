//! The ids of the events that answer a call: which memory of a session they are of, the library's own id, and the call
//! itself where repeating it does no harm.
//!
//! A client whose stream breaks off comes back with the last id that it has seen, perhaps to another node, or after a
//! restart, where nobody remembers the call. The id says what it was: a wait then begins again, and its client gets the
//! answer that it waits for. Nothing is kept for that. Whoever makes such an id up could as well send the call.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rmcp::model::{ClientJsonRpcMessage, ClientRequest};
use sha2::{Digest, Sha256};

/// Longest call that an id says, in bytes: clients send it back in a header.
pub const CALL_MAX: usize = 2 * 1024;
/// Bytes by which an id knows its session.
const SESSION: usize = 6;

/// A name that nothing else has: of a session in one memory, since the library counts anew wherever a session comes back;
/// where the protocol has no sessions, of a call.
pub fn label() -> String {
    let random = getrandom::u64().unwrap_or_else(|_| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(0, |now| u64::from(now.subsec_nanos()))
    });
    format!("{random:016x}")
}

/// The label in an id.
pub fn first(id: &str) -> &str {
    id.split('.').next().unwrap_or(id)
}

/// The id for clients of an event that answers a call.
pub fn outside(label: &str, inside: &str, call: Option<&str>) -> String {
    match call {
        Some(call) => format!("{label}.{inside}.{call}"),
        None => format!("{label}.{inside}"),
    }
}

/// The library's id of an event of this memory. `None`: it is of another one, where the same number is another call.
pub fn inside<'a>(label: &str, id: &'a str) -> Option<&'a str> {
    if !id.contains('/') {
        // Not of a call.
        return Some(id);
    }
    let inside = id.strip_prefix(label)?.strip_prefix('.')?;
    Some(inside.split('.').next().unwrap_or(inside))
}

/// What an id says of its call, as text.
pub fn said(id: &str) -> Option<&str> {
    id.splitn(3, '.').nth(2)
}

/// What the ids of this call say: the call, if its tool is one that `waits`.
pub fn to_repeat(
    session: &str,
    message: &ClientJsonRpcMessage,
    waits: fn(&str) -> bool,
) -> Option<String> {
    let ClientJsonRpcMessage::Request(request) = message else {
        return None;
    };
    let ClientRequest::CallToolRequest(call) = &request.request else {
        return None;
    };
    let json = waits(&call.params.name).then(|| serde_json::to_vec(message).ok())??;
    (json.len() <= CALL_MAX).then(|| say(session, &json))
}

/// What the ids of a call say that is this JSON. `session` is empty where the protocol has none.
pub fn say(session: &str, call: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode([&of(session)[..], call].concat())
}

/// The call that an id of this session says, as JSON.
pub fn repeated(session: &str, id: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(said(id)?).ok()?;
    let json = bytes.strip_prefix(&of(session))?;
    Some(json.to_vec())
}

fn of(session: &str) -> [u8; SESSION] {
    let mut of = [0; SESSION];
    of.copy_from_slice(&Sha256::digest(session)[..SESSION]);
    of
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn waits(tool: &str) -> bool {
        tool != "update_pipeline_status"
    }

    fn call(name: &str, given: &Value) -> ClientJsonRpcMessage {
        let call = json!({ "jsonrpc": "2.0", "id": "x7", "method": "tools/call", "params": {
            "name": name, "arguments": given, "_meta": { "progressToken": 3 } } });
        serde_json::from_value(call).expect("a call")
    }

    #[test]
    fn an_id_says_its_call_to_its_own_session_where_that_waits() {
        let wait = call(
            "await_handover_decision",
            &json!({ "handover": "02kx9m4t7q-h1" }),
        );
        let said = to_repeat("s", &wait, waits).expect("a wait");
        let id = outside("0a", "3/12", Some(&said));
        let again: Value =
            serde_json::from_slice(&repeated("s", &id).expect("the call")).expect("JSON");
        assert_eq!(again, serde_json::to_value(&wait).expect("JSON"));
        assert_eq!(repeated("another", &id), None);
        assert_eq!((inside("0a", &id), inside("0b", &id)), (Some("3/12"), None));
        for (name, given, is_said) in [
            ("ask_person", json!({ "question": "Which one?" }), true),
            ("update_pipeline_status", json!({ "message": "m" }), false),
            (
                "await_handover_decision",
                json!({ "handover": "x".repeat(CALL_MAX) }),
                false,
            ),
        ] {
            let said = to_repeat("s", &call(name, &given), waits);
            assert_eq!(said.is_some(), is_said, "{name} {given}");
        }
    }

    #[test]
    fn ids_of_nobody_say_nothing() {
        for id in [
            "",
            ".",
            "..",
            "0/7",
            "a.0/7",
            "a.0/7.",
            "a.0/7.!",
            "a.0/7.AAAA",
            "0",
            "nonsense",
        ] {
            assert_eq!(repeated("s", id), None, "{id}");
        }
        assert_eq!((inside("a", "0"), inside("a", "0/7")), (Some("0"), None));
    }
}
