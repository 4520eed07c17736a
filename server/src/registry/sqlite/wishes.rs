//! Wishes and push subscriptions beside the people, in their file.

use protocol::Wishes;
use rusqlite::{Connection, OptionalExtension, params};

use super::Sqlite;
use crate::registry::{StoreError, StoredPush, WishStore};

/// Makes what is missing in the file.
pub fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS push_key (key BLOB NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS push (
            device TEXT PRIMARY KEY, endpoint TEXT NOT NULL, p256dh BLOB NOT NULL, auth BLOB NOT NULL, lang TEXT NOT NULL
        ) STRICT;
        CREATE TABLE IF NOT EXISTS wish (person TEXT PRIMARY KEY, wishes TEXT NOT NULL) STRICT;",
    )
}

impl WishStore for Sqlite {
    fn push_key(&self, make: [u8; 32]) -> Result<[u8; 32], StoreError> {
        let file = self.people();
        file.execute(
            "INSERT INTO push_key SELECT ?1 WHERE NOT EXISTS (SELECT * FROM push_key)",
            [make],
        )?;
        Ok(file.query_row("SELECT key FROM push_key", [], |row| row.get(0))?)
    }

    fn pushes(&self) -> Result<Vec<StoredPush>, StoreError> {
        let file = self.people();
        let mut rows = file.prepare(
            "SELECT device.id, device.person, endpoint, p256dh, auth, lang FROM push JOIN device ON device.id = push.device
             ORDER BY device.id",
        )?;
        let rows = rows.query_map([], |row| {
            Ok(StoredPush {
                device: row.get(0)?,
                person: row.get(1)?,
                endpoint: row.get(2)?,
                p256dh: row.get(3)?,
                auth: row.get(4)?,
                lang: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn put_push(&self, push: &StoredPush) -> Result<(), StoreError> {
        let file = self.people();
        // Of those who were signed out, and of a browser that somebody else has signed in to.
        file.execute(
            "DELETE FROM push WHERE endpoint = ?1 OR device NOT IN (SELECT id FROM device)",
            [&push.endpoint],
        )?;
        file.execute(
            "INSERT INTO push (device, endpoint, p256dh, auth, lang) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET endpoint = ?2, p256dh = ?3, auth = ?4, lang = ?5",
            params![
                push.device,
                push.endpoint,
                push.p256dh,
                push.auth,
                push.lang
            ],
        )?;
        Ok(())
    }

    fn remove_push(&self, device: &str) -> Result<bool, StoreError> {
        let delete = "DELETE FROM push WHERE device = ?1";
        Ok(self.people().execute(delete, [device])? > 0)
    }

    fn wishes(&self, person: &str) -> Result<Wishes, StoreError> {
        let select = "SELECT wishes FROM wish WHERE person = ?1";
        let found: Option<String> = self
            .people()
            .query_row(select, [person], |row| row.get(0))
            .optional()?;
        Ok(read(found.as_deref()))
    }

    fn all_wishes(&self) -> Result<Vec<(String, Wishes)>, StoreError> {
        let file = self.people();
        let mut rows = file.prepare(
            "SELECT name, wishes FROM person LEFT JOIN wish ON person = name WHERE disabled IS NULL ORDER BY name",
        )?;
        let rows = rows.query_map([], |row| {
            Ok((
                row.get(0)?,
                read(row.get::<_, Option<String>>(1)?.as_deref()),
            ))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn put_wishes(&self, person: &str, wishes: &Wishes) -> Result<(), StoreError> {
        let text = serde_json::to_string(wishes).map_err(|error| StoreError(error.to_string()))?;
        self.people().execute(
            "INSERT INTO wish (person, wishes) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET wishes = ?2",
            [person, &text],
        )?;
        Ok(())
    }
}

/// What a newer version wrote and this one cannot read is as if nothing was said.
fn read(text: Option<&str>) -> Wishes {
    text.and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}
