//! Credentials beside the people, in their file.

use domain::Timestamp;
use protocol::Scope;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::Sqlite;
use crate::registry::{CredentialStore, SecretKind, StoreError, StoredPasskey, StoredToken};

/// Makes what is missing in the file.
pub fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS passkey (
            id TEXT PRIMARY KEY, person TEXT NOT NULL, user TEXT NOT NULL, site TEXT NOT NULL, label TEXT NOT NULL,
            key TEXT NOT NULL, added INTEGER NOT NULL, used INTEGER
        ) STRICT;
        CREATE TABLE IF NOT EXISTS secret (
            person TEXT NOT NULL, kind TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (person, kind)
        ) STRICT;
        CREATE TABLE IF NOT EXISTS token (
            id TEXT PRIMARY KEY, hash BLOB NOT NULL, person TEXT NOT NULL, label TEXT NOT NULL, scope TEXT NOT NULL,
            added INTEGER NOT NULL, expires INTEGER NOT NULL, used INTEGER
        ) STRICT;",
    )
}

const PASSKEY: &str = "SELECT id, person, user, site, label, key, added, used FROM passkey";

impl CredentialStore for Sqlite {
    fn passkeys(&self, person: &str) -> Result<Vec<StoredPasskey>, StoreError> {
        let file = self.people();
        let mut rows = file.prepare(&format!("{PASSKEY} WHERE person = ?1 ORDER BY added, id"))?;
        let rows = rows.query_map([person], passkey)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn passkey(&self, id: &str) -> Result<Option<StoredPasskey>, StoreError> {
        let file = self.people();
        let found = file.query_row(&format!("{PASSKEY} WHERE id = ?1"), [id], passkey);
        Ok(found.optional()?)
    }

    fn add_passkey(&self, passkey: &StoredPasskey, most: usize) -> Result<bool, StoreError> {
        let added = self.people().execute(
            "INSERT INTO passkey (id, person, user, site, label, key, added, used) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
             WHERE (SELECT count(*) FROM passkey WHERE person = ?2) < ?9 ON CONFLICT DO NOTHING",
            params![
                passkey.id,
                passkey.person,
                passkey.user,
                passkey.site,
                passkey.label,
                passkey.key,
                passkey.added.millis(),
                passkey.used.map(Timestamp::millis),
                most
            ],
        )?;
        Ok(added > 0)
    }

    fn use_passkey(&self, id: &str, key: &str, at: Timestamp) -> Result<(), StoreError> {
        let update = "UPDATE passkey SET key = ?2, used = ?3 WHERE id = ?1";
        self.people()
            .execute(update, params![id, key, at.millis()])?;
        Ok(())
    }

    fn remove_passkey(&self, person: &str, id: &str) -> Result<bool, StoreError> {
        let delete = "DELETE FROM passkey WHERE person = ?1 AND id = ?2";
        Ok(self.people().execute(delete, [person, id])? > 0)
    }

    fn secret(&self, person: &str, kind: SecretKind) -> Result<Option<String>, StoreError> {
        let select = "SELECT hash FROM secret WHERE person = ?1 AND kind = ?2";
        let found = self
            .people()
            .query_row(select, [person, kind.name()], |row| row.get(0));
        Ok(found.optional()?)
    }

    fn set_secret(
        &self,
        person: &str,
        kind: SecretKind,
        hash: Option<&str>,
    ) -> Result<(), StoreError> {
        let file = self.people();
        match hash {
            Some(hash) => file.execute(
                "INSERT INTO secret (person, kind, hash) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET hash = ?3",
                [person, kind.name(), hash],
            )?,
            None => file.execute(
                "DELETE FROM secret WHERE person = ?1 AND kind = ?2",
                [person, kind.name()],
            )?,
        };
        Ok(())
    }

    fn tokens(&self) -> Result<Vec<StoredToken>, StoreError> {
        let file = self.people();
        let mut rows = file.prepare(
            "SELECT id, hash, person, label, scope, added, expires, used FROM token ORDER BY added DESC, id",
        )?;
        let rows = rows.query_map([], |row| {
            let scope: String = row.get(4)?;
            Ok(StoredToken {
                id: row.get(0)?,
                hash: row.get(1)?,
                person: row.get(2)?,
                label: row.get(3)?,
                // What a newer version may have written is not more than reading here.
                scope: Scope::of(&scope).unwrap_or(Scope::Read),
                added: Timestamp::from_millis(row.get(5)?),
                expires: Timestamp::from_millis(row.get(6)?),
                used: row.get::<_, Option<i64>>(7)?.map(Timestamp::from_millis),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn add_token(&self, token: &StoredToken, most: usize) -> Result<bool, StoreError> {
        let file = self.people();
        file.execute(
            "DELETE FROM token WHERE expires <= ?1",
            [token.added.millis()],
        )?;
        let added = file.execute(
            "INSERT INTO token (id, hash, person, label, scope, added, expires) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
             WHERE (SELECT count(*) FROM token WHERE person = ?3) < ?8",
            params![
                token.id,
                token.hash,
                token.person,
                token.label,
                token.scope.name(),
                token.added.millis(),
                token.expires.millis(),
                most
            ],
        )?;
        Ok(added > 0)
    }

    fn use_token(&self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let update = "UPDATE token SET used = max(coalesce(used, 0), ?2) WHERE id = ?1";
        self.people().execute(update, params![id, at.millis()])?;
        Ok(())
    }

    fn remove_token(&self, person: &str, id: &str) -> Result<bool, StoreError> {
        let delete = "DELETE FROM token WHERE person = ?1 AND id = ?2";
        Ok(self.people().execute(delete, [person, id])? > 0)
    }
}

fn passkey(row: &Row<'_>) -> rusqlite::Result<StoredPasskey> {
    Ok(StoredPasskey {
        id: row.get(0)?,
        person: row.get(1)?,
        user: row.get(2)?,
        site: row.get(3)?,
        label: row.get(4)?,
        key: row.get(5)?,
        added: Timestamp::from_millis(row.get(6)?),
        used: row.get::<_, Option<i64>>(7)?.map(Timestamp::from_millis),
    })
}
