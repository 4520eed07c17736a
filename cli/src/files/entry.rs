//! What a file is to have, and how it differs from that.

use super::value::Field;

/// The server that a file is to know.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The key of all servers, for example `mcpServers`.
    pub servers: &'a str,
    /// The key of this server among them.
    pub name: &'a str,
    /// What makes it this server: one of the same name with anything else in these fields is another.
    pub fields: &'a [Field],
    /// What it is to have beside, such as a token. An older value gives way; of a map, only the keys named here.
    pub also: &'a [Field],
    /// The keys that make it another server, whatever they hold.
    pub never: &'a [&'a str],
    /// What must not stand beside, and is taken out.
    pub without: &'a [Unwanted],
    /// Whether the one that is there leads to the same server: replaced, it keeps what else it has.
    pub leads_here: bool,
}

impl<'a> Entry<'a> {
    /// All fields that it is to have.
    pub fn all(&self) -> impl Iterator<Item = &'a Field> + use<'a> {
        self.fields.iter().chain(self.also)
    }
}

/// Something that an entry must not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwanted {
    /// A key, where it has this value, as it stands in the file.
    Value(&'static str, &'static str),
    /// A key of a map: the map, and the key.
    InMap(&'static str, &'static str),
}

/// What has to be done to a file.
pub enum Change<'a> {
    /// The entry is put in, in place of anything of its name.
    Whole,
    /// The server is there; it lacks these fields, and has what it must not have.
    Within(Vec<&'a Field>, Vec<Unwanted>),
}
