//! Moving everything from one place to another, while no server is at work on either: positions, ids, epochs, tokens and
//! texts stay as they are. A move that was interrupted goes on where it stopped when it is told again; no server starts
//! on what is there of it before it has ended, compared row by row.

mod into_database;
mod into_folder;

use std::{cmp::Ordering, ops::ControlFlow, path::Path};

use anyhow::{Context, Result, bail, ensure};
use deadpool_postgres::{GenericClient, Object};
use futures::TryStreamExt;
use rusqlite::Connection;
use tokio_postgres::types::ToSql;

use super::{
    Place,
    tables::{Adder, Kind, Sum, Table, Value},
};
use crate::{
    journal,
    postgres::{Database, WRITERS},
    registry::{self, SqliteOutbox},
};

/// Rows that are moved in one go; and bytes, beyond the last row.
const ROWS: usize = 1_000;
const BYTES: usize = 8 * 1024 * 1024;

/// What was moved: the name of each table, and how many rows.
pub type Moved = Vec<(&'static str, u64)>;

/// Moves everything, or what an interrupted move of the same has left. Blocks.
///
/// # Errors
/// A server is at work on one of them, the target has something else, or one of them cannot be used. The source is as it
/// was.
pub fn move_all(from: &Place, to: &Place) -> Result<Moved> {
    match (from, to) {
        (Place::Folder(from), Place::Database(to)) => into_database::run(from, to),
        (Place::Database(from), Place::Folder(to)) => into_folder::run(from, to),
        _ => bail!(
            "From {from} to {to}: one of them has to be a folder, the other one a database. A folder is copied with staffel backup \
             and staffel restore, a database with pg_dump and pg_restore."
        ),
    }
}

/// Goes through the rows of a source, of which a target may have the first ones already.
struct Rest {
    read: Adder,
    there: Sum,
}

/// What is to be done with a row of the source.
#[derive(PartialEq, Eq)]
enum Row {
    /// The target has it.
    There,
    /// The target does not have it.
    Missing,
    /// What the target has is something else.
    Differs,
}

impl Rest {
    fn behind(there: Sum) -> Self {
        Self {
            read: Adder::default(),
            there,
        }
    }

    fn next(&mut self, row: &[Value]) -> Row {
        self.read.add(row);
        match self.read.rows().cmp(&self.there.rows) {
            Ordering::Less => Row::There,
            Ordering::Equal if self.read.clone().sum() == self.there => Row::There,
            Ordering::Equal => Row::Differs,
            Ordering::Greater => Row::Missing,
        }
    }

    /// The sum of the source, when all of it was read; nothing if the target had more.
    fn end(self) -> Option<Sum> {
        (self.read.rows() >= self.there.rows).then(|| self.read.sum())
    }
}

/// Brings the files of a folder to the shape of this version, and makes those that are missing.
fn make_current(folder: &Path) -> Result<()> {
    drop(journal::Sqlite::open(folder)?);
    drop(registry::Sqlite::open(folder)?);
    drop(SqliteOutbox::open(folder)?);
    Ok(())
}

/// A connection that keeps every server out as long as it lasts, and works however long it takes; none where a server is
/// at work.
async fn alone(database: &Database) -> Result<Option<Object>> {
    let client = database.reserved().await?;
    client
        .batch_execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
        .await?;
    let lock = "SELECT pg_try_advisory_lock($1)";
    let alone: bool = client.query_one(lock, &[&WRITERS]).await?.try_get(0)?;
    Ok(alone.then_some(client))
}

fn open(folder: &Path, file: &str) -> Result<Connection> {
    let path = folder.join(file);
    Connection::open(&path).with_context(|| format!("{} cannot be used", path.display()))
}

/// Goes through a table of a database until there is a break, without having all of it in memory.
async fn each_row(
    work: &impl GenericClient,
    table: &Table,
    mut with: impl FnMut(Vec<Value>) -> Result<ControlFlow<()>>,
) -> Result<ControlFlow<()>> {
    let none: [&(dyn ToSql + Sync); 0] = [];
    let rows = work.query_raw(&table.select_in_database(), none).await?;
    let mut rows = std::pin::pin!(rows);
    while let Some(row) = rows.try_next().await? {
        let values = table.columns.iter().enumerate().map(|(column, (_, kind))| {
            anyhow::Ok(
                match kind {
                    Kind::Number => row.try_get::<_, Option<i64>>(column)?.map(Value::Number),
                    Kind::Text => {
                        let text: Option<String> = row.try_get(column)?;
                        text.map(|text| Value::Bytes(text.into_bytes()))
                    }
                    Kind::Bytes | Kind::Document => {
                        row.try_get::<_, Option<Vec<u8>>>(column)?.map(Value::Bytes)
                    }
                }
                .unwrap_or(Value::Empty),
            )
        });
        if with(values.collect::<Result<Vec<_>>>()?)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

async fn sum_of(work: &impl GenericClient, table: &Table) -> Result<Sum> {
    let mut sum = Adder::default();
    let add = |row: Vec<Value>| {
        sum.add(&row);
        Ok(ControlFlow::Continue(()))
    };
    each_row(work, table, add).await.map(|_| sum.sum())
}

fn sum_in(file: &Connection, table: &Table) -> Result<Sum> {
    let mut sum = Adder::default();
    let mut select = file.prepare(&table.select())?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        sum.add(&values_of(row, table)?);
    }
    Ok(sum.sum())
}

/// A row of a table of a file.
fn values_of(row: &rusqlite::Row<'_>, table: &Table) -> rusqlite::Result<Vec<Value>> {
    let values = (0..table.columns.len()).map(|column| row.get_ref(column).map(Value::of));
    values.collect()
}

fn check(table: &Table, there: &Sum, here: &Sum) -> Result<()> {
    ensure!(
        there == here,
        "The table {} is not the same after it was moved ({} rows, {} of them arrived). No server starts on it; please report this.",
        table.name,
        there.rows,
        here.rows
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(numbers: &[i64]) -> Vec<Vec<Value>> {
        numbers
            .iter()
            .map(|number| vec![Value::Number(*number)])
            .collect()
    }

    fn sum(rows: &[Vec<Value>]) -> Sum {
        let mut sum = Adder::default();
        rows.iter().for_each(|row| sum.add(row));
        sum.sum()
    }

    /// What is missing behind `there`, and whether all of `there` is the beginning of the source.
    fn missing(source: &[i64], there: &[i64]) -> Option<Vec<Vec<Value>>> {
        let source = rows(source);
        let mut rest = Rest::behind(sum(&rows(there)));
        let mut missing = Vec::new();
        for row in &source {
            match rest.next(row) {
                Row::There => {}
                Row::Missing => missing.push(row.clone()),
                Row::Differs => return None,
            }
        }
        assert!(rest.read.clone().sum() == sum(&source));
        rest.end().map(|_| missing)
    }

    #[test]
    fn what_is_missing_is_what_comes_behind_what_is_there() {
        assert_eq!(missing(&[1, 2, 3], &[]), Some(rows(&[1, 2, 3])));
        assert_eq!(missing(&[1, 2, 3], &[1, 2]), Some(rows(&[3])));
        assert_eq!(missing(&[1, 2, 3], &[1, 2, 3]), Some(rows(&[])));
        assert_eq!(missing(&[], &[]), Some(rows(&[])));
    }

    #[test]
    fn what_is_there_and_not_in_the_source_is_found() {
        for there in [&[1, 3][..], &[2], &[1, 2, 4], &[1, 2, 3, 4]] {
            assert_eq!(missing(&[1, 2, 3], there), None, "{there:?}");
        }
        assert_eq!(missing(&[], &[1]), None);
    }
}
