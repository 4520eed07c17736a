//! The tables of facts and of the registry, which both engines have, column by column. What is derived is not among them: it
//! is made again.

use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

use crate::registry::{AGENTS_FILE, NOTICES_FILE, PEOPLE_FILE, SESSIONS_FILE};

/// The file of the facts in a data folder.
pub const JOURNAL_FILE: &str = "staffel.db";

/// What a column has. Any of them may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Number,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
    /// A text in SQLite, its bytes in PostgreSQL, which does not know every character.
    Document,
}

use Kind::{Bytes, Document, Number, Text};

/// A table.
#[derive(Debug)]
pub struct Table {
    /// The file of SQLite that has it.
    pub file: &'static str,
    /// Its name, in both.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [(&'static str, Kind)],
    /// How many of the first columns tell its rows apart.
    pub key: usize,
    /// Whether PostgreSQL counts its first column by itself.
    pub counted: bool,
}

impl Table {
    /// The names of its columns, for a statement of either engine.
    pub fn names(&self) -> String {
        let names = self.columns.iter().map(|(name, _)| format!("\"{name}\""));
        names.collect::<Vec<_>>().join(", ")
    }

    /// Reads all of it from SQLite, in the order of bytes.
    pub fn select(&self) -> String {
        self.select_from("", "")
    }

    /// Reads all of it from PostgreSQL, in the same order.
    pub fn select_in_database(&self) -> String {
        self.select_from("staffel.", " COLLATE \"C\"")
    }

    fn select_from(&self, schema: &str, collation: &str) -> String {
        let key = self.columns[..self.key].iter().map(|(name, kind)| {
            let collation = if *kind == Text { collation } else { "" };
            format!("\"{name}\"{collation}")
        });
        format!(
            "SELECT {} FROM {schema}{} ORDER BY {}",
            self.names(),
            self.name,
            key.collect::<Vec<_>>().join(", ")
        )
    }
}

const fn table(
    file: &'static str,
    name: &'static str,
    key: usize,
    columns: &'static [(&'static str, Kind)],
) -> Table {
    Table {
        file,
        name,
        columns,
        key,
        counted: false,
    }
}

const fn counted(table: Table) -> Table {
    Table {
        counted: true,
        ..table
    }
}

/// All of them.
pub const TABLES: [Table; 21] = [
    counted(table(
        JOURNAL_FILE,
        "epochs",
        1,
        &[("number", Number), ("name", Text), ("start", Number)],
    )),
    table(
        JOURNAL_FILE,
        "events",
        1,
        &[
            ("position", Number),
            ("batch_end", Number),
            ("pipeline", Text),
            ("revision", Number),
            ("at", Number),
            ("actor", Text),
            ("key", Text),
            ("event", Text),
        ],
    ),
    table(
        JOURNAL_FILE,
        "keys",
        2,
        &[
            ("scope", Text),
            ("key", Text),
            ("digest", Bytes),
            ("pipeline", Text),
            ("at", Number),
        ],
    ),
    table(
        JOURNAL_FILE,
        "documents",
        1,
        &[("hash", Bytes), ("text", Document)],
    ),
    table(
        JOURNAL_FILE,
        "files",
        2,
        &[
            ("pipeline", Text),
            ("hash", Bytes),
            ("size", Number),
            ("media", Text),
            ("bytes", Bytes),
        ],
    ),
    table(
        AGENTS_FILE,
        "agent",
        1,
        &[
            ("name", Text),
            ("scope", Text),
            ("token", Text),
            ("hash", Bytes),
            ("added", Number),
            ("revoked", Number),
        ],
    ),
    table(
        SESSIONS_FILE,
        "session",
        1,
        &[
            ("id", Text),
            ("state", Text),
            ("used", Number),
            ("agent", Text),
            ("watched", Text),
        ],
    ),
    table(
        PEOPLE_FILE,
        "person",
        1,
        &[
            ("name", Text),
            ("alike", Text),
            ("role", Text),
            ("added", Number),
            ("disabled", Number),
        ],
    ),
    table(
        PEOPLE_FILE,
        "device",
        1,
        &[
            ("id", Text),
            ("hash", Bytes),
            ("person", Text),
            ("label", Text),
            ("added", Number),
            ("used", Number),
        ],
    ),
    table(
        PEOPLE_FILE,
        "code",
        1,
        &[("hash", Bytes), ("person", Text), ("expires", Number)],
    ),
    table(
        PEOPLE_FILE,
        "audit",
        1,
        &[
            ("number", Number),
            ("at", Number),
            ("who", Text),
            ("origin", Text),
            ("what", Text),
            ("about", Text),
        ],
    ),
    table(PEOPLE_FILE, "settings", 1, &[("digests", Text)]),
    table(
        PEOPLE_FILE,
        "seen",
        1,
        &[("person", Text), ("number", Number)],
    ),
    table(
        PEOPLE_FILE,
        "passkey",
        1,
        &[
            ("id", Text),
            ("person", Text),
            ("user", Text),
            ("site", Text),
            ("label", Text),
            ("key", Text),
            ("added", Number),
            ("used", Number),
        ],
    ),
    table(
        PEOPLE_FILE,
        "secret",
        2,
        &[("person", Text), ("kind", Text), ("hash", Text)],
    ),
    table(
        PEOPLE_FILE,
        "token",
        1,
        &[
            ("id", Text),
            ("hash", Bytes),
            ("person", Text),
            ("label", Text),
            ("scope", Text),
            ("added", Number),
            ("expires", Number),
            ("used", Number),
        ],
    ),
    table(PEOPLE_FILE, "push_key", 1, &[("key", Bytes)]),
    table(
        PEOPLE_FILE,
        "push",
        1,
        &[
            ("device", Text),
            ("endpoint", Text),
            ("p256dh", Bytes),
            ("auth", Bytes),
            ("lang", Text),
        ],
    ),
    table(
        PEOPLE_FILE,
        "wish",
        1,
        &[("person", Text), ("wishes", Text)],
    ),
    table(
        NOTICES_FILE,
        "receiver",
        1,
        &[("name", Text), ("epoch", Text), ("position", Number)],
    ),
    counted(table(
        NOTICES_FILE,
        "notice",
        1,
        &[
            ("number", Number),
            ("receiver", Text),
            ("id", Text),
            ("delivery", Text),
            ("body", Text),
            ("made", Number),
            ("tries", Number),
            ("next", Number),
            ("outcome", Text),
            ("ended", Number),
        ],
    )),
];

/// The value of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Empty,
    /// A number.
    Number(i64),
    /// A text, or bytes.
    Bytes(Vec<u8>),
}

impl Value {
    /// As SQLite has it.
    pub fn of(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Empty,
            ValueRef::Integer(number) => Self::Number(number),
            // No column has any.
            ValueRef::Real(number) => Self::Bytes(number.to_string().into_bytes()),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }

    /// How much memory it takes, in bytes.
    pub fn size(&self) -> usize {
        match self {
            Self::Empty | Self::Number(_) => 8,
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

/// What a table has, so that two of them can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// How many rows.
    pub rows: u64,
    /// SHA-256 of all values of all rows, in their order.
    pub hash: [u8; 32],
}

/// Adds up a table, row by row.
#[derive(Default, Clone)]
pub struct Adder {
    rows: u64,
    hash: Sha256,
}

impl Adder {
    /// Adds a row.
    pub fn add(&mut self, row: &[Value]) {
        self.rows += 1;
        for value in row {
            match value {
                Value::Empty => self.hash.update([0]),
                Value::Number(number) => {
                    self.hash.update([1]);
                    self.hash.update(number.to_be_bytes());
                }
                Value::Bytes(bytes) => {
                    self.hash.update([2]);
                    self.hash.update((bytes.len() as u64).to_be_bytes());
                    self.hash.update(bytes);
                }
            }
        }
    }

    /// How many rows were added.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The sum.
    pub fn sum(self) -> Sum {
        Sum {
            rows: self.rows,
            hash: self.hash.finalize().into(),
        }
    }
}
