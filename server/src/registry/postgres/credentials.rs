//! Credentials of people.

use domain::Timestamp;
use tokio_postgres::Row;

use super::{Postgres, at, at_times, bytes, scope};
use crate::{
    postgres::{Failure, Value, change, first, rows, signed},
    registry::{CredentialStore, SecretKind, StoreError, StoredPasskey, StoredToken},
};

const PASSKEY: &str =
    "SELECT id, person, \"user\", site, label, key, added, used FROM staffel.passkey";

impl CredentialStore for Postgres {
    fn passkeys(&self, person: &str) -> Result<Vec<StoredPasskey>, StoreError> {
        self.with(async |client| {
            let select = format!("{PASSKEY} WHERE person = $1 ORDER BY added, id");
            let found = rows(client, &select, &[&person]).await?;
            found.iter().map(passkey).collect()
        })
    }

    fn passkey(&self, id: &str) -> Result<Option<StoredPasskey>, StoreError> {
        self.with(async |client| {
            let row = first(client, &format!("{PASSKEY} WHERE id = $1"), &[&id]).await?;
            row.as_ref().map(passkey).transpose()
        })
    }

    fn add_passkey(&self, passkey: &StoredPasskey, most: usize) -> Result<bool, StoreError> {
        self.alone(async |work| {
            let insert = "INSERT INTO staffel.passkey (id, person, \"user\", site, label, key, added, used)
                 SELECT $1, $2, $3, $4, $5, $6, $7, $8
                 WHERE (SELECT count(*) FROM staffel.passkey WHERE person = $2) < $9 ON CONFLICT DO NOTHING";
            let (added, used) = (passkey.added.millis(), passkey.used.map(Timestamp::millis));
            let most = signed(most as u64);
            let StoredPasskey {
                id,
                person,
                user,
                site,
                label,
                key,
                ..
            } = passkey;
            let values: [Value<'_>; 9] = [id, person, user, site, label, key, &added, &used, &most];
            Ok(change(work, insert, &values).await? > 0)
        })
    }

    fn use_passkey(&self, id: &str, key: &str, at: Timestamp) -> Result<(), StoreError> {
        self.with(async |client| {
            let update = "UPDATE staffel.passkey SET key = $2, used = $3 WHERE id = $1";
            change(client, update, &[&id, &key, &at.millis()]).await?;
            Ok(())
        })
    }

    fn remove_passkey(&self, person: &str, id: &str) -> Result<bool, StoreError> {
        self.with(async |client| {
            let delete = "DELETE FROM staffel.passkey WHERE person = $1 AND id = $2";
            Ok(change(client, delete, &[&person, &id]).await? > 0)
        })
    }

    fn secret(&self, person: &str, kind: SecretKind) -> Result<Option<String>, StoreError> {
        self.with(async |client| {
            let select = "SELECT hash FROM staffel.secret WHERE person = $1 AND kind = $2";
            let row = first(client, select, &[&person, &kind.name()]).await?;
            Ok(row.map(|row| row.try_get(0)).transpose()?)
        })
    }

    fn set_secret(
        &self,
        person: &str,
        kind: SecretKind,
        hash: Option<&str>,
    ) -> Result<(), StoreError> {
        self.with(async |client| {
            let kind = kind.name();
            match hash {
                Some(hash) => {
                    let insert =
                        "INSERT INTO staffel.secret (person, kind, hash) VALUES ($1, $2, $3)
                                  ON CONFLICT (person, kind) DO UPDATE SET hash = $3";
                    change(client, insert, &[&person, &kind, &hash]).await?
                }
                None => {
                    let delete = "DELETE FROM staffel.secret WHERE person = $1 AND kind = $2";
                    change(client, delete, &[&person, &kind]).await?
                }
            };
            Ok(())
        })
    }

    fn tokens(&self) -> Result<Vec<StoredToken>, StoreError> {
        self.with(async |client| {
            let select =
                "SELECT id, hash, person, label, scope, added, expires, used FROM staffel.token
                          ORDER BY added DESC, id";
            let token = |row: &Row| {
                Ok(StoredToken {
                    id: row.try_get(0)?,
                    hash: bytes(row, 1)?,
                    person: row.try_get(2)?,
                    label: row.try_get(3)?,
                    scope: scope(row, 4)?,
                    added: at(row, 5)?,
                    expires: at(row, 6)?,
                    used: at_times(row, 7)?,
                })
            };
            rows(client, select, &[]).await?.iter().map(token).collect()
        })
    }

    fn add_token(&self, token: &StoredToken, most: usize) -> Result<bool, StoreError> {
        self.alone(async |work| {
            let added = token.added.millis();
            change(work, "DELETE FROM staffel.token WHERE expires <= $1", &[&added]).await?;
            let insert = "INSERT INTO staffel.token (id, hash, person, label, scope, added, expires)
                 SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM staffel.token WHERE person = $3) < $8";
            let (hash, scope) = (&token.hash[..], token.scope.name());
            let (expires, most) = (token.expires.millis(), signed(most as u64));
            let StoredToken {
                id, person, label, ..
            } = token;
            let values: [Value<'_>; 8] =
                [id, &hash, person, label, &scope, &added, &expires, &most];
            Ok(change(work, insert, &values).await? > 0)
        })
    }

    fn use_token(&self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        self.with(async |client| {
            let update = "UPDATE staffel.token SET used = greatest(used, $2) WHERE id = $1";
            change(client, update, &[&id, &at.millis()]).await?;
            Ok(())
        })
    }

    fn remove_token(&self, person: &str, id: &str) -> Result<bool, StoreError> {
        self.with(async |client| {
            let delete = "DELETE FROM staffel.token WHERE person = $1 AND id = $2";
            Ok(change(client, delete, &[&person, &id]).await? > 0)
        })
    }
}

fn passkey(row: &Row) -> Result<StoredPasskey, Failure> {
    Ok(StoredPasskey {
        id: row.try_get(0)?,
        person: row.try_get(1)?,
        user: row.try_get(2)?,
        site: row.try_get(3)?,
        label: row.try_get(4)?,
        key: row.try_get(5)?,
        added: at(row, 6)?,
        used: at_times(row, 7)?,
    })
}
