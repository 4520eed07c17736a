//! People in a file of their own: commands write it while the server runs.

use domain::Timestamp;
use protocol::{AuditEntry, Happened, Role};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::Sqlite;
use crate::registry::{
    AUDIT_KEPT, Changed, CodeFor, FROM_TERMINAL, Noted, PeopleStore, StoreError, StoredCode,
    StoredDevice, StoredPerson,
};

/// Makes what is missing in the file.
pub fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS instance (id TEXT NOT NULL) STRICT;
        INSERT INTO instance SELECT lower(hex(randomblob(4))) WHERE NOT EXISTS (SELECT * FROM instance);
        CREATE TABLE IF NOT EXISTS person (
            name TEXT PRIMARY KEY, alike TEXT NOT NULL UNIQUE, role TEXT NOT NULL, added INTEGER NOT NULL, disabled INTEGER
        ) STRICT;
        CREATE TABLE IF NOT EXISTS device (
            id TEXT PRIMARY KEY, hash BLOB NOT NULL, person TEXT NOT NULL, label TEXT NOT NULL,
            added INTEGER NOT NULL, used INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE IF NOT EXISTS code (hash BLOB PRIMARY KEY, person TEXT, expires INTEGER NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS audit (
            number INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT, origin TEXT NOT NULL, what TEXT NOT NULL,
            about TEXT NOT NULL
        ) STRICT;
        CREATE TABLE IF NOT EXISTS settings (only INTEGER PRIMARY KEY CHECK (only = 1), digests TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS seen (person TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT;",
    )
}

/// Whether an owner who is let in would be left without this person.
const OTHER_OWNER: &str =
    "EXISTS (SELECT * FROM person WHERE role = 'owner' AND disabled IS NULL AND name <> ?1)";

impl Sqlite {
    /// Changes a person, unless nobody who manages people would be left. `change` has the name as its first parameter
    /// and `value` as its second.
    fn change(
        &self,
        name: &str,
        keeps_owner: bool,
        change: &str,
        value: &dyn rusqlite::ToSql,
    ) -> Result<Changed, StoreError> {
        let mut file = self.people();
        let file = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let select = format!(
            "SELECT role = 'owner' AND disabled IS NULL, {OTHER_OWNER} FROM person WHERE name = ?1"
        );
        let found = file.query_row(&select, [name], |row| Ok((row.get(0)?, row.get(1)?)));
        let changed = match found.optional()? {
            None => Changed::Nobody,
            Some((true, false)) if !keeps_owner => Changed::LastOwner,
            Some(_) => {
                file.execute(change, params![name, value])?;
                Changed::Done
            }
        };
        file.commit()?;
        Ok(changed)
    }
}

impl PeopleStore for Sqlite {
    fn people_version(&self) -> Result<i64, StoreError> {
        Ok(self
            .people()
            .pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    fn instance(&self) -> Result<String, StoreError> {
        Ok(self
            .people()
            .query_row("SELECT id FROM instance", [], |row| row.get(0))?)
    }

    fn people(&self) -> Result<Vec<StoredPerson>, StoreError> {
        let file = self.people();
        let mut rows =
            file.prepare("SELECT name, alike, role, added, disabled FROM person ORDER BY name")?;
        let rows = rows.query_map([], person)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn add_person(&self, person: &StoredPerson, first: bool) -> Result<bool, StoreError> {
        let added = self.people().execute(
            "INSERT INTO person (name, alike, role, added, disabled) SELECT ?1, ?2, ?3, ?4, ?5
             WHERE NOT (?6 AND EXISTS (SELECT * FROM person)) ON CONFLICT DO NOTHING",
            params![
                person.name,
                person.alike,
                person.role.name(),
                person.added.millis(),
                person.disabled.map(Timestamp::millis),
                first
            ],
        )?;
        Ok(added > 0)
    }

    fn set_role(&self, name: &str, role: Role) -> Result<Changed, StoreError> {
        let change = "UPDATE person SET role = ?2 WHERE name = ?1";
        self.change(name, role == Role::Owner, change, &role.name())
    }

    fn set_disabled(&self, name: &str, disabled: Option<Timestamp>) -> Result<Changed, StoreError> {
        let change = "UPDATE person SET disabled = ?2 WHERE name = ?1";
        let disabled = disabled.map(Timestamp::millis);
        let changed = self.change(name, disabled.is_none(), change, &disabled)?;
        if changed == Changed::Done && disabled.is_some() {
            let file = self.people();
            file.execute("DELETE FROM device WHERE person = ?1", [name])?;
            file.execute("DELETE FROM code WHERE person = ?1", [name])?;
            file.execute("DELETE FROM token WHERE person = ?1", [name])?;
            file.execute(
                "DELETE FROM push WHERE device NOT IN (SELECT id FROM device)",
                [],
            )?;
        }
        Ok(changed)
    }

    fn devices(&self) -> Result<Vec<StoredDevice>, StoreError> {
        let file = self.people();
        let mut rows = file.prepare(
            "SELECT id, hash, person, label, added, used FROM device ORDER BY used DESC, id",
        )?;
        let rows = rows.query_map([], |row| {
            Ok(StoredDevice {
                id: row.get(0)?,
                hash: row.get(1)?,
                person: row.get(2)?,
                label: row.get(3)?,
                added: Timestamp::from_millis(row.get(4)?),
                used: Timestamp::from_millis(row.get(5)?),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn add_device(&self, device: &StoredDevice, most: usize) -> Result<(), StoreError> {
        let mut file = self.people();
        let file = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
        file.execute(
            "INSERT INTO device (id, hash, person, label, added, used) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                device.id,
                device.hash,
                device.person,
                device.label,
                device.added.millis(),
                device.used.millis()
            ],
        )?;
        file.execute(
            "DELETE FROM device WHERE id IN
             (SELECT id FROM device WHERE person = ?1 ORDER BY used DESC, added DESC LIMIT -1 OFFSET ?2)",
            params![device.person, most],
        )?;
        Ok(file.commit()?)
    }

    fn use_device(&self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let update = "UPDATE device SET used = max(used, ?2) WHERE id = ?1";
        self.people().execute(update, params![id, at.millis()])?;
        Ok(())
    }

    fn remove_device(&self, person: &str, id: &str) -> Result<bool, StoreError> {
        let mut file = self.people();
        let file = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let delete = "DELETE FROM device WHERE person = ?1 AND id = ?2";
        let removed = file.execute(delete, [person, id])? > 0;
        if removed {
            file.execute("DELETE FROM code WHERE person = ?1", [person])?;
            file.execute("DELETE FROM push WHERE device = ?1", [id])?;
        }
        file.commit()?;
        Ok(removed)
    }

    fn sign_everybody_out(&self) -> Result<(), StoreError> {
        Ok(self.people().execute_batch(
            "DELETE FROM device; DELETE FROM code; DELETE FROM token; DELETE FROM push;",
        )?)
    }

    fn put_code(&self, code: &StoredCode, at: Timestamp, most: usize) -> Result<bool, StoreError> {
        let person = match &code.purpose {
            CodeFor::First => None,
            CodeFor::Person(name) => Some(name),
        };
        let mut file = self.people();
        let file = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
        file.execute(
            "DELETE FROM code WHERE expires <= ?1 OR (?2 IS NULL AND person IS NULL)",
            params![at.millis(), person],
        )?;
        let added = file.execute(
            "INSERT INTO code (hash, person, expires) SELECT ?1, ?2, ?3
             WHERE (SELECT count(*) FROM code WHERE person IS ?2) < ?4",
            params![code.hash, person, code.expires.millis(), most],
        )?;
        file.commit()?;
        Ok(added > 0)
    }

    fn take_code(&self, hash: &[u8; 32], at: Timestamp) -> Result<Option<StoredCode>, StoreError> {
        let taken = self.people().query_row(
            "DELETE FROM code WHERE hash = ?1 RETURNING hash, person, expires",
            [hash],
            |row| {
                Ok(StoredCode {
                    hash: row.get(0)?,
                    purpose: row
                        .get::<_, Option<String>>(1)?
                        .map_or(CodeFor::First, CodeFor::Person),
                    expires: Timestamp::from_millis(row.get(2)?),
                })
            },
        );
        Ok(taken.optional()?.filter(|code| code.expires > at))
    }

    fn note(&self, noted: &Noted) -> Result<(), StoreError> {
        let mut file = self.people();
        let file = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
        file.execute(
            "INSERT INTO audit (at, who, origin, what, about) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                noted.at.millis(),
                noted.who,
                noted.from,
                noted.what.name(),
                noted.about
            ],
        )?;
        file.execute(
            "DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?1",
            [AUDIT_KEPT as i64],
        )?;
        Ok(file.commit()?)
    }

    fn audit(&self, before: Option<u64>, most: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let before = before.and_then(|before| i64::try_from(before).ok());
        let file = self.people();
        let mut rows = file.prepare(
            "SELECT number, at, who, origin, what, about FROM audit WHERE number < ?1 ORDER BY number DESC LIMIT ?2",
        )?;
        let rows = rows.query_map(params![before.unwrap_or(i64::MAX), most as i64], entry)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn unseen_links(&self, person: &str, most: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let file = self.people();
        let mut rows = file.prepare(
            "SELECT number, at, who, origin, what, about FROM audit
             WHERE what = ?1 AND origin = ?2 AND at >= (SELECT added FROM person WHERE name = ?3)
             AND number > coalesce((SELECT number FROM seen WHERE person = ?3), 0)
             ORDER BY number DESC LIMIT ?4",
        )?;
        let what = Happened::LinkMade.name();
        let rows = rows.query_map(params![what, FROM_TERMINAL, person, most], entry)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn settings(&self) -> Result<Option<String>, StoreError> {
        let select = "SELECT digests FROM settings";
        let found = self.people().query_row(select, [], |row| row.get(0));
        Ok(found.optional()?)
    }

    fn put_settings(&self, settings: &str) -> Result<(), StoreError> {
        self.people().execute(
            "INSERT INTO settings (only, digests) VALUES (1, ?1) ON CONFLICT DO UPDATE SET digests = ?1",
            [settings],
        )?;
        Ok(())
    }

    fn see(&self, person: &str, number: u64) -> Result<(), StoreError> {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        self.people().execute(
            "INSERT INTO seen (person, number) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET number = max(number, ?2)",
            params![person, number],
        )?;
        Ok(())
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        at: Timestamp::from_millis(row.get(1)?),
        who: row.get(2)?,
        from: row.get(3)?,
        what: Happened::of(&row.get::<_, String>(4)?),
        about: row.get(5)?,
    })
}

fn person(row: &Row<'_>) -> rusqlite::Result<StoredPerson> {
    let role: String = row.get(2)?;
    Ok(StoredPerson {
        name: row.get(0)?,
        alike: row.get(1)?,
        // What a newer version may have written is not more than reading here.
        role: Role::of(&role).unwrap_or(Role::Viewer),
        added: Timestamp::from_millis(row.get(3)?),
        disabled: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_millis),
    })
}
