//! People, their devices and codes, and the audit.

use deadpool_postgres::Transaction;
use domain::Timestamp;
use protocol::{AuditEntry, Happened, Role};
use tokio_postgres::Row;

use super::{Postgres, at, at_times, bytes};
use crate::{
    postgres::{Failure, Value, change, first, number, rows, signed},
    registry::{
        AUDIT_KEPT, Changed, CodeFor, FROM_TERMINAL, Noted, PeopleStore, StoreError, StoredCode,
        StoredDevice, StoredPerson,
    },
};

/// Whether an owner who is let in would be left without this person.
const OTHER_OWNER: &str =
    "EXISTS (SELECT FROM staffel.person WHERE role = 'owner' AND disabled IS NULL AND name <> $1)";
const ENTRY: &str = "SELECT number, at, who, origin, what, about FROM staffel.audit";

/// Changes a person, unless nobody who manages people would be left. `update` has the name as its first value and `value`
/// as its second.
async fn change_person(
    work: &Transaction<'_>,
    name: &str,
    keeps_owner: bool,
    update: &str,
    value: Value<'_>,
) -> Result<Changed, Failure> {
    let select = format!(
        "SELECT role = 'owner' AND disabled IS NULL, {OTHER_OWNER} FROM staffel.person WHERE name = $1"
    );
    let Some(row) = first(work, &select, &[&name]).await? else {
        return Ok(Changed::Nobody);
    };
    let (owner, other): (bool, bool) = (row.try_get(0)?, row.try_get(1)?);
    if owner && !other && !keeps_owner {
        return Ok(Changed::LastOwner);
    }
    change(work, update, &[&name, value]).await?;
    Ok(Changed::Done)
}

impl PeopleStore for Postgres {
    fn people_version(&self) -> Result<i64, StoreError> {
        self.version("people")
    }

    fn instance(&self) -> Result<String, StoreError> {
        self.with(async |client| {
            let select = "SELECT value FROM staffel.meta WHERE name = 'instance'";
            let row = first(client, select, &[]).await?;
            Ok(row.map_or_else(|| Ok(String::new()), |row| row.try_get(0))?)
        })
    }

    fn people(&self) -> Result<Vec<StoredPerson>, StoreError> {
        self.with(async |client| {
            let select =
                "SELECT name, alike, role, added, disabled FROM staffel.person ORDER BY name";
            rows(client, select, &[])
                .await?
                .iter()
                .map(person)
                .collect()
        })
    }

    fn add_person(&self, person: &StoredPerson, first: bool) -> Result<bool, StoreError> {
        self.alone(async |work| {
            let insert = "INSERT INTO staffel.person (name, alike, role, added, disabled) SELECT $1, $2, $3, $4, $5
                          WHERE NOT ($6 AND EXISTS (SELECT FROM staffel.person)) ON CONFLICT DO NOTHING";
            let (role, added) = (person.role.name(), person.added.millis());
            let disabled = person.disabled.map(Timestamp::millis);
            let values: [Value<'_>; 6] =
                [&person.name, &person.alike, &role, &added, &disabled, &first];
            Ok(change(work, insert, &values).await? > 0)
        })
    }

    fn set_role(&self, name: &str, role: Role) -> Result<Changed, StoreError> {
        self.alone(async |work| {
            let update = "UPDATE staffel.person SET role = $2 WHERE name = $1";
            change_person(work, name, role == Role::Owner, update, &role.name()).await
        })
    }

    fn set_disabled(&self, name: &str, disabled: Option<Timestamp>) -> Result<Changed, StoreError> {
        self.alone(async |work| {
            let update = "UPDATE staffel.person SET disabled = $2 WHERE name = $1";
            let disabled = disabled.map(Timestamp::millis);
            let changed = change_person(work, name, disabled.is_none(), update, &disabled).await?;
            if changed == Changed::Done && disabled.is_some() {
                for table in ["device", "code", "token"] {
                    let delete = format!("DELETE FROM staffel.{table} WHERE person = $1");
                    change(work, &delete, &[&name]).await?;
                }
                forget_pushes(work).await?;
            }
            Ok(changed)
        })
    }

    fn devices(&self) -> Result<Vec<StoredDevice>, StoreError> {
        self.with(async |client| {
            let select = "SELECT id, hash, person, label, added, used FROM staffel.device ORDER BY used DESC, id";
            let device = |row: &Row| {
                Ok(StoredDevice {
                    id: row.try_get(0)?,
                    hash: bytes(row, 1)?,
                    person: row.try_get(2)?,
                    label: row.try_get(3)?,
                    added: at(row, 4)?,
                    used: at(row, 5)?,
                })
            };
            rows(client, select, &[]).await?.iter().map(device).collect()
        })
    }

    fn add_device(&self, device: &StoredDevice, most: usize) -> Result<(), StoreError> {
        self.alone(async |work| {
            let insert = "INSERT INTO staffel.device (id, hash, person, label, added, used) VALUES ($1, $2, $3, $4, $5, $6)";
            let (hash, added, used) = (&device.hash[..], device.added.millis(), device.used.millis());
            let values: [Value<'_>; 6] =
                [&device.id, &hash, &device.person, &device.label, &added, &used];
            change(work, insert, &values).await?;
            let forget = "DELETE FROM staffel.device WHERE id IN
                 (SELECT id FROM staffel.device WHERE person = $1 ORDER BY used DESC, added DESC OFFSET $2)";
            change(work, forget, &[&device.person, &signed(most as u64)]).await?;
            Ok(())
        })
    }

    fn use_device(&self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        self.with(async |client| {
            let update = "UPDATE staffel.device SET used = greatest(used, $2) WHERE id = $1";
            change(client, update, &[&id, &at.millis()]).await?;
            Ok(())
        })
    }

    fn remove_device(&self, person: &str, id: &str) -> Result<bool, StoreError> {
        self.alone(async |work| {
            let delete = "DELETE FROM staffel.device WHERE person = $1 AND id = $2";
            let removed = change(work, delete, &[&person, &id]).await? > 0;
            if removed {
                change(
                    work,
                    "DELETE FROM staffel.code WHERE person = $1",
                    &[&person],
                )
                .await?;
                forget_pushes(work).await?;
            }
            Ok(removed)
        })
    }

    fn sign_everybody_out(&self) -> Result<(), StoreError> {
        self.alone(async |work| {
            for table in ["device", "code", "token", "push"] {
                change(work, &format!("DELETE FROM staffel.{table}"), &[]).await?;
            }
            Ok(())
        })
    }

    fn put_code(&self, code: &StoredCode, at: Timestamp, most: usize) -> Result<bool, StoreError> {
        let person = match &code.purpose {
            CodeFor::First => None,
            CodeFor::Person(name) => Some(name),
        };
        self.alone(async |work| {
            let forget = "DELETE FROM staffel.code WHERE expires <= $1 OR ($2::text IS NULL AND person IS NULL)";
            change(work, forget, &[&at.millis(), &person]).await?;
            let insert = "INSERT INTO staffel.code (hash, person, expires) SELECT $1, $2, $3
                 WHERE (SELECT count(*) FROM staffel.code WHERE person IS NOT DISTINCT FROM $2) < $4";
            let (hash, expires) = (&code.hash[..], code.expires.millis());
            let most = signed(most as u64);
            Ok(change(work, insert, &[&hash, &person, &expires, &most]).await? > 0)
        })
    }

    fn take_code(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<StoredCode>, StoreError> {
        self.with(async |client| {
            let delete = "DELETE FROM staffel.code WHERE hash = $1 RETURNING hash, person, expires";
            let Some(row) = first(client, delete, &[&&hash[..]]).await? else {
                return Ok(None);
            };
            let person: Option<String> = row.try_get(1)?;
            let code = StoredCode {
                hash: bytes(&row, 0)?,
                purpose: person.map_or(CodeFor::First, CodeFor::Person),
                expires: at(&row, 2)?,
            };
            Ok(Some(code).filter(|code| code.expires > now))
        })
    }

    fn note(&self, noted: &Noted) -> Result<(), StoreError> {
        // Alone: numbers are in the order in which the lines appear.
        self.alone(async |work| {
            let insert = "INSERT INTO staffel.audit (number, at, who, origin, what, about)
                 SELECT coalesce(max(number), 0) + 1, $1, $2, $3, $4, $5 FROM staffel.audit";
            let (at, what) = (noted.at.millis(), noted.what.name());
            change(work, insert, &[&at, &noted.who, &noted.from, &what, &noted.about]).await?;
            let forget = "DELETE FROM staffel.audit WHERE number <= (SELECT max(number) FROM staffel.audit) - $1";
            change(work, forget, &[&signed(AUDIT_KEPT)]).await?;
            Ok(())
        })
    }

    fn unseen_links(&self, person: &str, most: usize) -> Result<Vec<AuditEntry>, StoreError> {
        self.with(async |client| {
            let select = format!(
                "{ENTRY} WHERE what = $1 AND origin = $2 AND at >= (SELECT added FROM staffel.person WHERE name = $3)
                 AND number > coalesce((SELECT number FROM staffel.seen WHERE person = $3), 0)
                 ORDER BY number DESC LIMIT $4"
            );
            let (what, most) = (Happened::LinkMade.name(), signed(most as u64));
            let found = rows(client, &select, &[&what, &FROM_TERMINAL, &person, &most]).await?;
            found.iter().map(entry).collect()
        })
    }

    fn settings(&self) -> Result<Option<String>, StoreError> {
        self.with(async |client| {
            let row = first(client, "SELECT digests FROM staffel.settings", &[]).await?;
            Ok(row.map(|row| row.try_get(0)).transpose()?)
        })
    }

    fn put_settings(&self, settings: &str) -> Result<(), StoreError> {
        self.with(async |client| {
            let insert = "INSERT INTO staffel.settings (digests) VALUES ($1) ON CONFLICT (single) DO UPDATE SET digests = $1";
            change(client, insert, &[&settings]).await?;
            Ok(())
        })
    }

    fn see(&self, person: &str, number: u64) -> Result<(), StoreError> {
        self.with(async |client| {
            let insert = "INSERT INTO staffel.seen AS old (person, number) VALUES ($1, $2)
                          ON CONFLICT (person) DO UPDATE SET number = greatest(old.number, $2)";
            change(client, insert, &[&person, &signed(number)]).await?;
            Ok(())
        })
    }

    fn audit(&self, before: Option<u64>, most: usize) -> Result<Vec<AuditEntry>, StoreError> {
        self.with(async |client| {
            let select = format!("{ENTRY} WHERE number < $1 ORDER BY number DESC LIMIT $2");
            let (before, most) = (before.map_or(i64::MAX, signed), signed(most as u64));
            let found = rows(client, &select, &[&before, &most]).await?;
            found.iter().map(entry).collect()
        })
    }
}

/// Forgets the browsers of those who were signed out.
async fn forget_pushes(work: &Transaction<'_>) -> Result<(), Failure> {
    let delete = "DELETE FROM staffel.push WHERE device NOT IN (SELECT id FROM staffel.device)";
    change(work, delete, &[]).await?;
    Ok(())
}

fn entry(row: &Row) -> Result<AuditEntry, Failure> {
    Ok(AuditEntry {
        number: number(row, 0)?,
        at: at(row, 1)?,
        who: row.try_get(2)?,
        from: row.try_get(3)?,
        what: Happened::of(row.try_get(4)?),
        about: row.try_get(5)?,
    })
}

fn person(row: &Row) -> Result<StoredPerson, Failure> {
    Ok(StoredPerson {
        name: row.try_get(0)?,
        alike: row.try_get(1)?,
        // What a newer version may have written is not more than reading here.
        role: Role::of(row.try_get(2)?).unwrap_or(Role::Viewer),
        added: at(row, 3)?,
        disabled: at_times(row, 4)?,
    })
}
