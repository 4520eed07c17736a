//! The entry that a client's file has for this server, as it is to be.

use crate::{
    files::{Field, Unwanted, Value},
    token::VARIABLE,
};

use super::client::{ByVariable, Client, Transport};

/// The field of the transport.
pub const TYPE: &str = "type";
/// The header with the token.
pub const AUTHORIZATION: &str = "Authorization";

/// How an entry is to prove the agent's name.
#[derive(Debug, Clone, Copy)]
pub enum Proof<'a> {
    /// As it does, or not at all.
    None,
    /// By this token.
    Token(&'a str),
    /// By the token in the variable `STAFFEL_TOKEN`.
    Variable,
}

impl Client {
    /// What makes a server under its name this one, at the endpoint `mcp`. `program` is what starts the bridge,
    /// and `server` the address that the bridge is given.
    pub fn fields(&self, mcp: &str, program: &str, server: &str) -> Vec<Field> {
        match self.transport {
            Transport::Http { kind, address } => {
                let kind = kind.map(|kind| (TYPE, kind.name.into()));
                kind.into_iter().chain([(address, mcp.into())]).collect()
            }
            Transport::Bridge => {
                let args = ["stdio", "--url", server].map(str::to_owned).to_vec();
                vec![("command", program.into()), ("args", Value::List(args))]
            }
        }
    }

    /// The fields that no server of ours has in its file, if it is to prove itself like this.
    pub fn never(&self, proof: Proof<'_>) -> Vec<&'static str> {
        let command = matches!(self.transport, Transport::Http { .. }).then_some("command");
        let variable = match (self.token.variable, proof) {
            (ByVariable::Field(field), Proof::Token(_)) => Some(field),
            _ => None,
        };
        command.into_iter().chain(variable).collect()
    }

    /// What must not stand in an entry of ours that proves itself like this.
    pub fn without(&self, proof: Proof<'_>) -> Vec<Unwanted> {
        let off = self.off.map(|(field, value)| Unwanted::Value(field, value));
        // What names the variable in the header takes the token's place there.
        let token = match (self.token.variable, proof) {
            (ByVariable::Field(_), Proof::Variable) => {
                Some(Unwanted::InMap(self.token.map, AUTHORIZATION))
            }
            _ => None,
        };
        off.into_iter().chain(token).collect()
    }

    /// What makes it prove itself like this. The bridge is told the `settings` of the server that it starts, too.
    pub fn also(&self, proof: Proof<'_>, settings: &[(&str, String)]) -> Option<Field> {
        let token = match (self.transport, proof) {
            (_, Proof::Variable) => return self.by_variable(),
            (_, Proof::None) => None,
            (Transport::Http { .. }, Proof::Token(token)) => {
                Some((AUTHORIZATION, format!("Bearer {token}")))
            }
            (Transport::Bridge, Proof::Token(token)) => Some((VARIABLE, token.to_owned())),
        };
        let settings = settings.iter().cloned();
        let settings = settings.filter(|_| matches!(self.transport, Transport::Bridge));
        let pairs = token.into_iter().chain(settings);
        let pairs = pairs.map(|(key, value)| (key.to_owned(), value));
        let pairs: Vec<_> = pairs.collect();
        (!pairs.is_empty()).then_some((self.token.map, Value::Map(pairs)))
    }

    /// What tells it to take the token from the variable `STAFFEL_TOKEN`; `None` where nothing needs that.
    pub fn by_variable(&self) -> Option<Field> {
        match self.token.variable {
            ByVariable::InHeader(before, behind) => {
                let value = format!("Bearer {before}{VARIABLE}{behind}");
                Some((self.token.map, Value::map_of(AUTHORIZATION, &value)))
            }
            ByVariable::Field(field) => Some((field, VARIABLE.into())),
            ByVariable::Never => None,
        }
    }
}
