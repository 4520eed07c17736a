//! Moving everything from one place to another, while no server is at work on either: positions, ids, epochs, tokens and
//! texts stay as they are. It is all there afterwards, compared row by row, or nothing is.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail, ensure};
use deadpool_postgres::{Object, Transaction};
use futures::TryStreamExt;
use rusqlite::{Connection, ToSql, params_from_iter};
use tokio_postgres::types::ToSql as ToPostgres;

use super::{
    Place,
    tables::{Adder, JOURNAL_FILE, Kind, Sum, TABLES, Table, Value},
};
use crate::{
    journal::{self, lock_folder},
    postgres::{Address, Database, WRITERS},
    registry::{self, PEOPLE_FILE, SqliteOutbox},
};

/// Rows that are moved in one go; and bytes, beyond the last row.
const ROWS: usize = 1_000;
const BYTES: usize = 8 * 1024 * 1024;

/// What was moved: the name of each table, and how many rows.
pub type Moved = Vec<(&'static str, u64)>;

/// Moves everything. Blocks.
///
/// # Errors
/// A server is at work on one of them, the target has something already, or one of them cannot be used. Nothing is in the
/// target then that was not there before, and the source is as it was.
pub fn move_all(from: &Place, to: &Place) -> Result<Moved> {
    match (from, to) {
        (Place::Folder(from), Place::Database(to)) => into_database(from, to),
        (Place::Database(from), Place::Folder(to)) => into_folder(from, to),
        _ => bail!(
            "From {from} to {to}: one of them has to be a folder, the other one a database. A folder is copied with staffel backup \
             and staffel restore, a database with pg_dump and pg_restore."
        ),
    }
}

fn into_database(from: &Path, to: &Address) -> Result<Moved> {
    ensure!(
        from.join(JOURNAL_FILE).is_file(),
        "There is no journal in {}. Name the data folder with --from; `staffel serve` prints it.",
        from.display()
    );
    make_current(from)?;
    let _lock = lock_folder(from)?;
    let database = Database::open(to.clone())?;
    database.block(async {
        let mut client = database.reserved().await?;
        let alone = alone(&client).await?;
        ensure!(alone, "{to} is in use by a Staffel. Stop it first.");
        let work = client.transaction().await?;
        let full = format!("{to} has something already; nothing was changed. Name an empty database");
        ensure!(is_empty(&work).await?, full);
        let mut moved = Vec::new();
        for table in &TABLES {
            let file = open(from, table.file)?;
            let mut sum = Adder::default();
            let mut select = file.prepare(&table.select())?;
            let mut rows = select.query([])?;
            loop {
                let (mut some, mut bytes) = (Vec::new(), 0);
                while some.len() < ROWS && bytes < BYTES {
                    let Some(row) = rows.next()? else { break };
                    let values = (0..table.columns.len()).map(|column| row.get_ref(column));
                    let values = values.map(|value| value.map(Value::of));
                    let values = values.collect::<Result<Vec<_>, _>>()?;
                    bytes += values.iter().map(Value::size).sum::<usize>();
                    sum.add(&values);
                    some.push(values);
                }
                if some.is_empty() {
                    break;
                }
                insert(&work, table, &some).await?;
            }
            let sum = sum.sum();
            check(table, &sum, &sum_of(&work, table).await?)?;
            moved.push((table.name, sum.rows));
        }
        let people = open(from, PEOPLE_FILE)?;
        let instance: String = people.query_row("SELECT id FROM instance", [], |row| row.get(0))?;
        let named = "UPDATE staffel.meta SET value = $1 WHERE name = 'instance'";
        work.execute(named, &[&instance]).await?;
        work.batch_execute(
            "UPDATE staffel.head SET position = (SELECT coalesce(max(position), 0) FROM staffel.events)",
        )
        .await?;
        for table in TABLES.iter().filter(|table| table.counted) {
            // What the database counts goes on behind what was moved.
            let (name, key) = (table.name, table.columns[0].0);
            work.batch_execute(&format!(
                "SELECT setval(pg_get_serial_sequence('staffel.{name}', '{key}'),
                 (SELECT coalesce(max({key}), 0) + 1 FROM staffel.{name}), false)"
            ))
            .await?;
        }
        work.commit().await?;
        Ok(moved)
    })
}

fn into_folder(from: &Address, to: &Path) -> Result<Moved> {
    let is_empty = fs::read_dir(to).map_or(true, |mut entries| entries.next().is_none());
    ensure!(
        is_empty,
        "{} has something already; nothing was changed. Name an empty folder, or one that is not there.",
        to.display()
    );
    let Some(database) = Database::open_existing(from.clone())? else {
        bail!("{from} has nothing of Staffel's. Name another database with --from.");
    };
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
    let part = tempfile::Builder::new()
        .prefix(".staffel-move-")
        .tempdir_in(parent)
        .with_context(|| format!("{} cannot be written", parent.display()))?;
    make_current(part.path())?;
    let moved = database.block(copy_into(&database, from, part.path()))?;
    // Everything or nothing, under its name.
    match fs::remove_dir(to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("{} cannot be replaced", to.display()));
        }
        _ => {}
    }
    let part = part.keep();
    fs::rename(&part, to)
        .with_context(|| format!("{} cannot get the name {}", part.display(), to.display()))?;
    Ok(moved)
}

async fn copy_into(database: &Database, from: &Address, to: &Path) -> Result<Moved> {
    let mut client = database.reserved().await?;
    let alone = alone(&client).await?;
    ensure!(alone, "{from} is in use by a Staffel. Stop it first.");
    let work = client.transaction().await?;
    work.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .await?;
    let mut moved = Vec::new();
    for table in &TABLES {
        let mut file = open(to, table.file)?;
        let target = file.transaction()?;
        // What a new file begins with.
        target.execute(&format!("DELETE FROM {}", table.name), [])?;
        let mut sum = Adder::default();
        {
            let marks = vec!["?"; table.columns.len()].join(", ");
            let insert = format!(
                "INSERT INTO {} ({}) VALUES ({marks})",
                table.name,
                table.names()
            );
            let mut insert = target.prepare(&insert)?;
            each_row(&work, table, |row| {
                sum.add(&row);
                let values = row
                    .iter()
                    .zip(table.columns)
                    .map(|(value, (_, kind))| as_sqlite(value, *kind));
                let values = values.collect::<Result<Vec<_>>>()?;
                insert.execute(params_from_iter(values))?;
                Ok(())
            })
            .await?;
        }
        target.commit()?;
        let sum = sum.sum();
        check(table, &sum, &sum_in(&file, table)?)?;
        moved.push((table.name, sum.rows));
    }
    let instance = "SELECT value FROM staffel.meta WHERE name = 'instance'";
    let instance: String = work.query_one(instance, &[]).await?.try_get(0)?;
    open(to, PEOPLE_FILE)?.execute("UPDATE instance SET id = ?1", [instance])?;
    Ok(moved)
}

/// Brings the files of a folder to the shape of this version, and makes those that are missing.
fn make_current(folder: &Path) -> Result<()> {
    drop(journal::Sqlite::open(folder)?);
    drop(registry::Sqlite::open(folder)?);
    drop(SqliteOutbox::open(folder)?);
    Ok(())
}

/// Whether no server writes there; it is kept out as long as this connection lasts.
async fn alone(client: &Object) -> Result<bool> {
    // However long it takes.
    client
        .batch_execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
        .await?;
    let lock = "SELECT pg_try_advisory_lock($1)";
    Ok(client.query_one(lock, &[&WRITERS]).await?.try_get(0)?)
}

async fn is_empty(work: &Transaction<'_>) -> Result<bool> {
    for table in &TABLES {
        let any = format!("SELECT EXISTS (SELECT FROM staffel.{})", table.name);
        if work.query_one(&any, &[]).await?.try_get(0)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn open(folder: &Path, file: &str) -> Result<Connection> {
    let path = folder.join(file);
    Connection::open(&path).with_context(|| format!("{} cannot be used", path.display()))
}

async fn insert(work: &Transaction<'_>, table: &Table, rows: &[Vec<Value>]) -> Result<()> {
    let types = table.columns.iter().enumerate().map(|(number, (_, kind))| {
        let kind = match kind {
            Kind::Number => "bigint",
            Kind::Text => "text",
            Kind::Bytes | Kind::Document => "bytea",
        };
        format!("${}::{kind}[]", number + 1)
    });
    let types: Vec<_> = types.collect();
    let given = if table.counted {
        "OVERRIDING SYSTEM VALUE"
    } else {
        ""
    };
    let sql = format!(
        "INSERT INTO staffel.{} ({}) {given} SELECT * FROM unnest({})",
        table.name,
        table.names(),
        types.join(", ")
    );
    let columns = table.columns.iter().enumerate();
    let columns = columns.map(|(column, (_, kind))| as_postgres(rows, column, *kind));
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let columns: Vec<&(dyn ToPostgres + Sync)> =
        columns.iter().map(|column| &**column as _).collect();
    let inserted = work.execute(&sql, &columns).await;
    inserted.with_context(|| format!("the table {} cannot be moved", table.name))?;
    Ok(())
}

type Column = Box<dyn ToPostgres + Send + Sync>;

fn as_postgres(rows: &[Vec<Value>], column: usize, kind: Kind) -> Result<Column> {
    let values = rows.iter().map(|row| &row[column]);
    Ok(match kind {
        Kind::Number => {
            let numbers = values.map(|value| match value {
                Value::Number(number) => Some(*number),
                _ => None,
            });
            Box::new(numbers.collect::<Vec<Option<i64>>>())
        }
        Kind::Text => {
            let texts = values.map(|value| match value {
                Value::Bytes(bytes) => Ok(Some(String::from_utf8(bytes.clone())?)),
                _ => Ok(None),
            });
            Box::new(texts.collect::<Result<Vec<Option<String>>>>()?)
        }
        Kind::Bytes | Kind::Document => {
            let bytes = values.map(|value| match value {
                Value::Bytes(bytes) => Some(bytes.clone()),
                _ => None,
            });
            Box::new(bytes.collect::<Vec<Option<Vec<u8>>>>())
        }
    })
}

fn as_sqlite(value: &Value, kind: Kind) -> Result<Box<dyn ToSql>> {
    Ok(match (value, kind) {
        (Value::Empty, _) => Box::new(rusqlite::types::Null),
        (Value::Number(number), _) => Box::new(*number),
        (Value::Bytes(bytes), Kind::Bytes | Kind::Number) => Box::new(bytes.clone()),
        (Value::Bytes(bytes), Kind::Text | Kind::Document) => {
            Box::new(String::from_utf8(bytes.clone())?)
        }
    })
}

/// Goes through a table of a database, without having all of it in memory.
async fn each_row(
    work: &Transaction<'_>,
    table: &Table,
    mut with: impl FnMut(Vec<Value>) -> Result<()>,
) -> Result<()> {
    let none: [&(dyn ToPostgres + Sync); 0] = [];
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
        with(values.collect::<Result<Vec<_>>>()?)?;
    }
    Ok(())
}

async fn sum_of(work: &Transaction<'_>, table: &Table) -> Result<Sum> {
    let mut sum = Adder::default();
    each_row(work, table, |row| {
        sum.add(&row);
        Ok(())
    })
    .await?;
    Ok(sum.sum())
}

fn sum_in(file: &Connection, table: &Table) -> Result<Sum> {
    let mut sum = Adder::default();
    let mut select = file.prepare(&table.select())?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let values = (0..table.columns.len()).map(|column| row.get_ref(column).map(Value::of));
        sum.add(&values.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(sum.sum())
}

fn check(table: &Table, there: &Sum, here: &Sum) -> Result<()> {
    ensure!(
        there == here,
        "The table {} is not the same after it was moved ({} rows, {} of them arrived). Nothing was kept; please report this.",
        table.name,
        there.rows,
        here.rows
    );
    Ok(())
}
