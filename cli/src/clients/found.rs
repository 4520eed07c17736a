//! What the entry in a client's file says, whoever wrote it.

use protocol::Token;

use crate::{
    endpoint::usual_server,
    files::{ExistingEntry, Value},
    token::VARIABLE,
};

use super::{
    client::{Client, Transport},
    entry::{AUTHORIZATION, TYPE},
};

/// How an entry in a file proves the agent's name.
#[derive(Debug)]
pub enum Held {
    /// Not at all.
    Nothing,
    /// By a token that stands there.
    Token(Token),
    /// By the token in the variable `STAFFEL_TOKEN`.
    Variable,
    /// By something of the user's own.
    Other,
}

impl Client {
    /// The address to which an entry leads; `None` if it is not for Staffel.
    pub fn address(&self, known: &ExistingEntry) -> Option<String> {
        if let Some(Value::List(args)) = known.field("args")
            && args.iter().any(|arg| arg == "stdio")
        {
            let named = args.iter().position(|arg| arg == "--url");
            let named = named.and_then(|at| args.get(at + 1)).map(String::as_str);
            let joined = args.iter().find_map(|arg| arg.strip_prefix("--url="));
            let variable = known
                .field("env")
                .and_then(|env| env.get("env", "STAFFEL_URL"));
            let address = named.or(joined).or(variable).map(str::to_owned);
            return Some(address.unwrap_or_else(usual_server));
        }
        match (self.transport, known.field("command")) {
            (Transport::Http { address, .. }, None) => match known.field(address)? {
                Value::Text(address) => Some(address.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Why it cannot use an entry with an address, in words; `None` if it can.
    pub fn unusable(&self, known: &ExistingEntry) -> Option<String> {
        let Transport::Http {
            kind: Some(kind), ..
        } = self.transport
        else {
            return None;
        };
        if known.has_any("command") {
            return None;
        }
        let difference = known.difference_in(&[(TYPE, kind.name.into())])?;
        let taken = match known.field(TYPE) {
            Some(Value::Text(name)) => kind.synonyms.contains(&name.as_str()),
            _ => kind.inferred && !known.has_any(TYPE),
        };
        (!taken).then_some(difference)
    }

    /// How an entry is switched off, if it is: the field, and its value.
    pub fn switched_off(&self, known: &ExistingEntry) -> Option<(&'static str, &'static str)> {
        self.off.filter(|(field, value)| known.has(field, value))
    }

    /// How an entry proves the agent's name. A token that stands there counts before a variable that is named, too:
    /// whoever reads the file has it.
    pub fn held(&self, known: &ExistingEntry) -> Held {
        let header = known.field(self.token.map);
        let header = header.and_then(|map| map.get(self.token.map, AUTHORIZATION));
        let variable = known.field("env").and_then(|env| env.get("env", VARIABLE));
        let stated = header.or(variable);
        let token = stated.map(|value| value.strip_prefix("Bearer ").unwrap_or(value).trim());
        if let Some(token) = token.and_then(Token::parse) {
            return Held::Token(token);
        }
        let ours = self.by_variable();
        let named = ours
            .as_ref()
            .and_then(|(field, ours)| Some((ours, known.field(field)?)));
        match (named, stated) {
            (Some((ours @ Value::Text(_), theirs)), _) if ours == theirs => Held::Variable,
            (Some((ours @ Value::Map(_), _)), Some(stated))
                if ours.get(self.token.map, AUTHORIZATION) == Some(stated) =>
            {
                Held::Variable
            }
            (Some((Value::Text(_), _)), _) | (_, Some(_)) => Held::Other,
            _ => Held::Nothing,
        }
    }
}
