//! The outbox in a file of its own. Only the server writes it.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::Context;
use domain::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::{WRITTEN, file_in};
use crate::registry::{
    ENDED_KEPT, Followed, NewNotice, NoticeEnd, Outbox, Reached, StoreError, StoredNotice,
};

/// The file of the outbox in a data folder.
pub const NOTICES_FILE: &str = "notices.db";

/// The outbox in SQLite.
pub struct SqliteOutbox(Mutex<Connection>);

impl SqliteOutbox {
    /// Opens the outbox in a data folder, or makes file and folder.
    ///
    /// # Errors
    /// It cannot be used; the message names the file, and says what is lost without it.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let file = file_in(folder, NOTICES_FILE, connect).with_context(|| {
            format!(
                "notices cannot be kept. Without {NOTICES_FILE} the start goes on, and notices that wait in it \
                 are not sent: move it away if it is damaged"
            )
        })?;
        Ok(Self(file.into()))
    }

    fn file(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(WRITTEN)?;
    // Synced at every commit, as is the default: a delivery that was forgotten would be made again.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS receiver (name TEXT PRIMARY KEY, epoch TEXT NOT NULL, position INTEGER NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS notice (
            number INTEGER PRIMARY KEY, receiver TEXT NOT NULL, id TEXT NOT NULL, delivery TEXT NOT NULL UNIQUE,
            body TEXT NOT NULL, made INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL,
            outcome TEXT, ended INTEGER, UNIQUE (receiver, id)
        ) STRICT;
        CREATE INDEX IF NOT EXISTS notice_waits ON notice (receiver, next, number) WHERE ended IS NULL;
        CREATE INDEX IF NOT EXISTS notice_ended ON notice (ended) WHERE ended IS NOT NULL;",
    )?;
    Ok(connection)
}

impl Outbox for SqliteOutbox {
    fn followed(&self) -> Result<Vec<Followed>, StoreError> {
        let file = self.file();
        let mut rows = file.prepare("SELECT name, epoch, position FROM receiver ORDER BY name")?;
        let rows = rows.query_map([], |row| {
            Ok(Followed {
                receiver: row.get(0)?,
                reached: Reached {
                    epoch: row.get(1)?,
                    position: row.get(2)?,
                },
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn put_receiver(&self, followed: &Followed) -> Result<(), StoreError> {
        self.file().execute(
            "INSERT INTO receiver (name, epoch, position) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET epoch = ?2, position = ?3",
            params![
                followed.receiver,
                followed.reached.epoch,
                followed.reached.position
            ],
        )?;
        Ok(())
    }

    fn remove_receiver(&self, receiver: &str) -> Result<(), StoreError> {
        let mut file = self.file();
        let file = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
        file.execute("DELETE FROM notice WHERE receiver = ?1", [receiver])?;
        file.execute("DELETE FROM receiver WHERE name = ?1", [receiver])?;
        Ok(file.commit()?)
    }

    fn put_notices(
        &self,
        notices: &[NewNotice],
        reached: Option<&Reached>,
        at: Timestamp,
        most: usize,
    ) -> Result<usize, StoreError> {
        let mut file = self.file();
        let file = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
        file.execute(
            "DELETE FROM notice WHERE ended < ?1",
            [at.millis() - ENDED_KEPT],
        )?;
        let mut given_up = 0;
        for notice in notices {
            file.execute(
                "INSERT INTO notice (receiver, id, delivery, body, made, next)
                 VALUES (?1, ?2, lower(hex(randomblob(16))), ?3, ?4, ?5) ON CONFLICT (receiver, id) DO NOTHING",
                params![
                    notice.receiver,
                    notice.id,
                    notice.body,
                    notice.made.millis(),
                    notice.due.millis()
                ],
            )?;
            given_up += file.execute(
                "UPDATE notice SET outcome = ?1, ended = ?2 WHERE number IN
                 (SELECT number FROM notice WHERE receiver = ?3 AND ended IS NULL ORDER BY number DESC LIMIT -1 OFFSET ?4)",
                params![NoticeEnd::GivenUp.name(), at.millis(), notice.receiver, most],
            )?;
        }
        if let Some(Reached { epoch, position }) = reached {
            file.execute(
                "UPDATE receiver SET epoch = ?1, position = ?2 WHERE position < ?2",
                params![epoch, position],
            )?;
        }
        file.commit()?;
        Ok(given_up)
    }

    fn next_notice(&self, receiver: &str) -> Result<Option<StoredNotice>, StoreError> {
        let next = self.file().query_row(
            "SELECT delivery, id, body, made, tries, next FROM notice
             WHERE receiver = ?1 AND ended IS NULL ORDER BY next, number LIMIT 1",
            [receiver],
            |row| {
                Ok(StoredNotice {
                    delivery: row.get(0)?,
                    id: row.get(1)?,
                    body: row.get(2)?,
                    made: Timestamp::from_millis(row.get(3)?),
                    tries: row.get(4)?,
                    next: Timestamp::from_millis(row.get(5)?),
                })
            },
        );
        Ok(next.optional()?)
    }

    fn waiting(&self, beginning: &str) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let file = self.file();
        let mut rows = file.prepare(
            "SELECT receiver, min(next) FROM notice WHERE ended IS NULL AND substr(receiver, 1, length(?1)) = ?1
             GROUP BY receiver ORDER BY min(next)",
        )?;
        let rows = rows.query_map([beginning], |row| {
            Ok((row.get(0)?, Timestamp::from_millis(row.get(1)?)))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn oldest_tried(&self) -> Result<Option<Timestamp>, StoreError> {
        let select = "SELECT min(made) FROM notice WHERE ended IS NULL AND tries > 0";
        let oldest = self
            .file()
            .query_row(select, [], |row| row.get::<_, Option<i64>>(0))?;
        Ok(oldest.map(Timestamp::from_millis))
    }

    fn was_delivered(&self, receiver: &str, id: &str) -> Result<bool, StoreError> {
        let select = "SELECT outcome = ?3 FROM notice WHERE receiver = ?1 AND id = ?2";
        let found =
            self.file()
                .query_row(select, [receiver, id, NoticeEnd::Delivered.name()], |row| {
                    row.get::<_, Option<bool>>(0)
                });
        Ok(found.optional()?.flatten().unwrap_or(false))
    }

    fn try_notice_again(&self, delivery: &str, next: Timestamp) -> Result<(), StoreError> {
        self.file().execute(
            "UPDATE notice SET tries = tries + 1, next = ?2 WHERE delivery = ?1 AND ended IS NULL",
            params![delivery, next.millis()],
        )?;
        Ok(())
    }

    fn end_notice(&self, delivery: &str, end: NoticeEnd, at: Timestamp) -> Result<(), StoreError> {
        self.file().execute(
            "UPDATE notice SET outcome = ?2, ended = ?3 WHERE delivery = ?1 AND ended IS NULL",
            params![delivery, end.name(), at.millis()],
        )?;
        Ok(())
    }
}
