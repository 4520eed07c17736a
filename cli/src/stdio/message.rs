//! A JSON-RPC message on its way through the bridge.

use serde_json::{Value, json};

const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It wants an answer.
    Request,
    /// It wants none.
    Notification,
    /// It is one.
    Response,
}

/// A message from the client, as it came.
#[derive(Debug, Clone)]
pub struct Message(Value);

impl Message {
    /// Reads a line.
    ///
    /// # Errors
    /// It is no JSON-RPC message; the error is the answer to it.
    pub fn parse(line: &[u8]) -> Result<Self, Value> {
        match serde_json::from_slice(line) {
            Ok(value @ Value::Object(_)) => Ok(Self(value)),
            Ok(_) => Err(error(&Value::Null, -32600, "A message is a JSON object.")),
            Err(why) => Err(error(
                &Value::Null,
                -32700,
                &format!("This line is not JSON: {why}."),
            )),
        }
    }

    /// A message of the bridge itself.
    pub fn own(message: Value) -> Self {
        Self(message)
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        match (self.method(), self.0.get("id")) {
            ("", _) => Kind::Response,
            (_, None) => Kind::Notification,
            (_, Some(_)) => Kind::Request,
        }
    }

    /// Its method; empty for a response.
    pub fn method(&self) -> &str {
        self.0
            .get("method")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Its id; null for a notification.
    pub fn id(&self) -> &Value {
        self.0.get("id").unwrap_or(&Value::Null)
    }

    /// A parameter.
    pub fn param(&self, name: &str) -> Option<&Value> {
        self.0.get("params")?.get(name)
    }

    /// The protocol version it names. Only messages of the stateless protocol (2026-07-28) name one.
    pub fn version(&self) -> Option<&str> {
        self.param("_meta")?.get(PROTOCOL_VERSION)?.as_str()
    }

    /// Whether it belongs to the stateless protocol.
    pub fn is_stateless(&self) -> bool {
        self.version().is_some()
    }

    /// What the header `Mcp-Name` has to repeat.
    pub fn name(&self) -> Option<&str> {
        let name = match self.method() {
            "tools/call" | "prompts/get" => "name",
            "resources/read" => "uri",
            "tasks/get" | "tasks/update" | "tasks/cancel" => "taskId",
            _ => return None,
        };
        self.param(name)?.as_str()
    }

    /// The id of the request that this message cancels, as JSON.
    pub fn cancels(&self) -> Option<String> {
        (self.method() == "notifications/cancelled")
            .then(|| self.param("requestId").map(ToString::to_string))?
    }

    /// Whether it is a part of what opens a session.
    pub fn begins_session(&self) -> bool {
        matches!(self.method(), "initialize" | "notifications/initialized")
    }

    /// Whether what the server said answers it.
    pub fn is_answered_by(&self, said: &Value) -> bool {
        self.kind() == Kind::Request
            && said.get("method").is_none()
            && said.get("id") == Some(self.id())
    }

    /// The answer to it, as the server gave it outside of a stream; `None` if that is none. What the server refuses
    /// before it has read whose it is has no id of its own, and is given this one's.
    pub fn addressed(&self, mut said: Value) -> Option<Value> {
        said.get("jsonrpc")?;
        if said.get("error").is_some()
            && said.get("id").is_none_or(Value::is_null)
            && self.kind() == Kind::Request
        {
            said["id"] = self.id().clone();
        }
        self.is_answered_by(&said).then_some(said)
    }

    /// The message itself.
    pub fn json(&self) -> &Value {
        &self.0
    }
}

/// A result for the request with this id.
pub fn result(id: &Value, result: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

/// An error for the request with this id.
pub fn error(id: &Value, code: i32, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart() {
        let parse = |line: &str| Message::parse(line.as_bytes()).expect(line);
        let request = parse(
            r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"get_version","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#,
        );
        assert_eq!(request.kind(), Kind::Request);
        assert_eq!(
            (request.name(), request.version()),
            (Some("get_version"), Some("2026-07-28"))
        );
        let cancel = parse(
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a"}}"#,
        );
        assert_eq!(cancel.kind(), Kind::Notification);
        assert_eq!(cancel.cancels().as_deref(), Some("\"a\""));
        assert!(!cancel.is_stateless());
        assert_eq!(
            parse(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#).kind(),
            Kind::Response
        );
        for (line, code) in [("{", -32700), ("[]", -32600), ("7", -32600)] {
            let answer = Message::parse(line.as_bytes()).expect_err(line);
            assert_eq!(answer["error"]["code"], code, "{line}");
        }
        let torn = Message::parse(b"{\"a\": \"\xff\"}").expect_err("no UTF-8");
        assert_eq!(torn["error"]["code"], -32700);
    }

    #[test]
    fn a_refusal_that_names_nobody_answers_the_request_that_was_sent() {
        let refusal = error(&Value::Null, -32600, "no");
        let request = Message::own(json!({"jsonrpc": "2.0", "id": 5, "method": "tools/call"}));
        assert_eq!(
            request.addressed(refusal.clone()),
            Some(error(&json!(5), -32600, "no"))
        );
        let others = result(&json!(6), json!({}));
        assert_eq!(request.addressed(others), None);
        assert_eq!(request.addressed(json!({"error": "not found"})), None);
        let notification = Message::own(json!({"jsonrpc": "2.0", "method": "notifications/x"}));
        assert_eq!(notification.addressed(refusal), None);
    }
}
