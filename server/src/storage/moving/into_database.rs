//! From a folder into a database.

use std::{ops::ControlFlow, path::Path};

use anyhow::{Context, Result, ensure};
use deadpool_postgres::{GenericClient, Object};
use rusqlite::Rows;
use tokio_postgres::types::ToSql;

use super::{
    super::tables::{JOURNAL_FILE, Kind, TABLES, Table, Value},
    BYTES, Moved, ROWS, Rest, Row, alone, check, make_current, open, sum_of, values_of,
};
use crate::{
    journal::lock_folder,
    postgres::{Address, Database, moving_into},
    registry::PEOPLE_FILE,
};

pub fn run(from: &Path, to: &Address) -> Result<Moved> {
    ensure!(
        from.join(JOURNAL_FILE).is_file(),
        "There is no journal in {}. Name the data folder with --from; `staffel serve` prints it.",
        from.display()
    );
    make_current(from)?;
    let _lock = lock_folder(from)?;
    let people = open(from, PEOPLE_FILE)?;
    let instance: String = people.query_row("SELECT id FROM instance", [], |row| row.get(0))?;
    let database = Database::open_for_move(to.clone())?;
    database.block(async {
        let client = alone(&database).await?;
        let mut client =
            client.with_context(|| format!("{to} is in use by a Staffel. Stop it first."))?;
        begin(&client, to, &instance).await?;
        let mut moved = Vec::new();
        for table in &TABLES {
            let rows = move_table(&client, from, table).await?;
            moved.push((table.name, rows));
        }
        end(&mut client, &instance).await?;
        Ok(moved)
    })
}

/// Marks the database, so that no server starts on half of everything.
async fn begin(client: &Object, to: &Address, instance: &str) -> Result<()> {
    match moving_into(client).await? {
        Some(other) => ensure!(
            other == instance,
            "A move of another Staffel ({other}) into {to} has not ended; this one is {instance}. Go on with that one, or empty {to} \
             with DROP SCHEMA staffel CASCADE."
        ),
        None => {
            let full =
                format!("{to} has something already; nothing was changed. Name an empty database");
            ensure!(is_empty(client).await?, full);
            let mark = "INSERT INTO staffel.meta VALUES ('moving', $1)";
            client.execute(mark, &[&instance]).await?;
        }
    }
    Ok(())
}

async fn is_empty(client: &impl GenericClient) -> Result<bool> {
    for table in &TABLES {
        let any = format!("SELECT EXISTS (SELECT FROM staffel.{})", table.name);
        if client.query_one(&any, &[]).await?.try_get(0)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Moves the rows of a table that are not there yet; gives how many there are.
async fn move_table(client: &Object, from: &Path, table: &Table) -> Result<u64> {
    let file = open(from, table.file)?;
    let mut select = file.prepare(&table.select())?;
    loop {
        let mut rest = Rest::behind(sum_of(client, table).await?);
        let mut rows = select.query([])?;
        let same = loop {
            match some_missing(&mut rows, &mut rest, table)? {
                ControlFlow::Continue(some) if some.is_empty() => break true,
                ControlFlow::Continue(some) => insert(client, table, &some).await?,
                ControlFlow::Break(()) => break false,
            }
        };
        if let Some(sum) = rest.end().filter(|_| same) {
            check(table, &sum, &sum_of(client, table).await?)?;
            return Ok(sum.rows);
        }
        // The source went on after the move was interrupted.
        let delete = format!("DELETE FROM staffel.{}", table.name);
        client.execute(&delete, &[]).await?;
    }
}

/// The next rows that are not there yet, none at the end; a break where what is there is something else.
fn some_missing(
    rows: &mut Rows<'_>,
    rest: &mut Rest,
    table: &Table,
) -> Result<ControlFlow<(), Vec<Vec<Value>>>> {
    let (mut some, mut bytes) = (Vec::new(), 0);
    while some.len() < ROWS && bytes < BYTES {
        let Some(row) = rows.next()? else { break };
        let row = values_of(row, table)?;
        match rest.next(&row) {
            Row::There => {}
            Row::Missing => {
                bytes += row.iter().map(Value::size).sum::<usize>();
                some.push(row);
            }
            Row::Differs => return Ok(ControlFlow::Break(())),
        }
    }
    Ok(ControlFlow::Continue(some))
}

/// What follows from the rows; and the mark goes.
async fn end(client: &mut Object, instance: &str) -> Result<()> {
    let work = client.transaction().await?;
    let named = "UPDATE staffel.meta SET value = $1 WHERE name = 'instance'";
    work.execute(named, &[&instance]).await?;
    work.batch_execute(
        "UPDATE staffel.head SET position = (SELECT coalesce(max(position), 0) FROM staffel.events);
         DELETE FROM staffel.meta WHERE name = 'moving'",
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
    Ok(work.commit().await?)
}

async fn insert(client: &impl GenericClient, table: &Table, rows: &[Vec<Value>]) -> Result<()> {
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
    let columns: Vec<&(dyn ToSql + Sync)> = columns.iter().map(|column| &**column as _).collect();
    let inserted = client.execute(&sql, &columns).await;
    inserted.with_context(|| format!("the table {} cannot be moved", table.name))?;
    Ok(())
}

type Column = Box<dyn ToSql + Send + Sync>;

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
