//! From a database into a folder.

use std::{
    fs,
    io::{self, ErrorKind},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use deadpool_postgres::Transaction;
use rusqlite::{Connection, Statement, ToSql, params_from_iter};

use super::{
    super::tables::{Kind, TABLES, Table, Value},
    BYTES, Moved, ROWS, Rest, Row, alone, check, each_row, make_current, open, sum_in,
};
use crate::{
    journal::lock_folder,
    postgres::{Address, Database},
    registry::PEOPLE_FILE,
};

pub fn run(from: &Address, to: &Path) -> Result<Moved> {
    let is_empty = fs::read_dir(to).map_or(true, |mut entries| entries.next().is_none());
    ensure!(
        is_empty,
        "{} has something already; nothing was changed. Name an empty folder, or one that is not there.",
        to.display()
    );
    let Some(database) = Database::open_existing(from.clone())? else {
        bail!("{from} has nothing of Staffel's. Name another database with --from.");
    };
    let (part, moved) = database.block(copy(&database, from, to))?;
    // Everything or nothing, under its name.
    match fs::remove_dir(to) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("{} cannot be replaced", to.display()));
        }
        _ => {}
    }
    fs::rename(&part, to)
        .with_context(|| format!("{} cannot get the name {}", part.display(), to.display()))?;
    Ok(moved)
}

/// Copies everything into a folder beside `to`; gives that, and what was copied.
async fn copy(database: &Database, from: &Address, to: &Path) -> Result<(PathBuf, Moved)> {
    let client = alone(database).await?;
    let mut client =
        client.with_context(|| format!("{from} is in use by a Staffel. Stop it first."))?;
    let work = client.transaction().await?;
    work.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .await?;
    let instance = "SELECT value FROM staffel.meta WHERE name = 'instance'";
    let instance: String = work.query_one(instance, &[]).await?.try_get(0)?;
    let part = part_of(to, &instance)?;
    make_private(&part).with_context(|| format!("{} cannot be made", part.display()))?;
    make_current(&part)?;
    let _lock = lock_folder(&part)?;
    let mut moved = Vec::new();
    for table in &TABLES {
        moved.push((table.name, move_table(&work, &part, table).await?));
    }
    open(&part, PEOPLE_FILE)?.execute("UPDATE instance SET id = ?1", [instance])?;
    Ok((part, moved))
}

/// The folder that gets the name `to` when it is complete. A move of the same Staffel that was interrupted has left it.
fn part_of(to: &Path, instance: &str) -> Result<PathBuf> {
    let name = to.file_name().with_context(|| {
        format!(
            "{} is no name of a folder. Name one with --to.",
            to.display()
        )
    })?;
    let name = name.to_string_lossy();
    Ok(to.with_file_name(format!(".staffel-move-{name}-{instance}")))
}

/// Makes a folder that only its owner may read, where the system knows that; it may be there already.
fn make_private(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Moves the rows of a table that are not there yet; gives how many there are.
async fn move_table(work: &Transaction<'_>, to: &Path, table: &Table) -> Result<u64> {
    let file = open(to, table.file)?;
    loop {
        let mut rest = Rest::behind(sum_in(&file, table)?);
        let mut target = Target::new(&file, table)?;
        let same = each_row(work, table, |row| {
            Ok(match rest.next(&row) {
                Row::There => ControlFlow::Continue(()),
                Row::Missing => {
                    target.add(&row)?;
                    ControlFlow::Continue(())
                }
                Row::Differs => ControlFlow::Break(()),
            })
        })
        .await?
        .is_continue();
        target.end()?;
        if let Some(sum) = rest.end().filter(|_| same) {
            check(table, &sum, &sum_in(&file, table)?)?;
            return Ok(sum.rows);
        }
        // What a new file begins with, or the source went on after the move was interrupted.
        file.execute(&format!("DELETE FROM {}", table.name), [])?;
    }
}

/// A table that gets rows.
struct Target<'a> {
    file: &'a Connection,
    kinds: &'static [(&'static str, Kind)],
    insert: Statement<'a>,
    /// Of those that are not kept yet.
    rows: usize,
    bytes: usize,
}

impl<'a> Target<'a> {
    fn new(file: &'a Connection, table: &Table) -> Result<Self> {
        let marks = vec!["?"; table.columns.len()].join(", ");
        let (name, names) = (table.name, table.names());
        let insert = file.prepare(&format!("INSERT INTO {name} ({names}) VALUES ({marks})"))?;
        file.execute_batch("BEGIN")?;
        Ok(Self {
            file,
            kinds: table.columns,
            insert,
            rows: 0,
            bytes: 0,
        })
    }

    fn add(&mut self, row: &[Value]) -> Result<()> {
        let values = row.iter().zip(self.kinds);
        let values = values.map(|(value, (_, kind))| as_sqlite(value, *kind));
        let values = values.collect::<Result<Vec<_>>>()?;
        self.insert.execute(params_from_iter(values))?;
        self.rows += 1;
        self.bytes += row.iter().map(Value::size).sum::<usize>();
        if self.rows >= ROWS || self.bytes >= BYTES {
            self.file.execute_batch("COMMIT; BEGIN")?;
            (self.rows, self.bytes) = (0, 0);
        }
        Ok(())
    }

    fn end(self) -> Result<()> {
        Ok(self.file.execute_batch("COMMIT")?)
    }
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
