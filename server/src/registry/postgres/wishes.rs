//! Wishes and push subscriptions of people.

use protocol::Wishes;
use tokio_postgres::Row;

use super::{Postgres, bytes};
use crate::{
    postgres::{Failure, change, first, rows},
    registry::{StoreError, StoredPush, WishStore},
};

impl WishStore for Postgres {
    fn push_key(&self, make: [u8; 32]) -> Result<[u8; 32], StoreError> {
        self.with(async |client| {
            let insert = "INSERT INTO staffel.push_key (key) VALUES ($1) ON CONFLICT DO NOTHING";
            change(client, insert, &[&&make[..]]).await?;
            let row = first(client, "SELECT key FROM staffel.push_key", &[]).await?;
            row.map_or(Ok(make), |row| bytes(&row, 0))
        })
    }

    fn pushes(&self) -> Result<Vec<StoredPush>, StoreError> {
        self.with(async |client| {
            let select =
                "SELECT device.id, device.person, endpoint, p256dh, auth, lang FROM staffel.push
                          JOIN staffel.device ON device.id = push.device ORDER BY device.id";
            let push = |row: &Row| {
                Ok::<_, Failure>(StoredPush {
                    device: row.try_get(0)?,
                    person: row.try_get(1)?,
                    endpoint: row.try_get(2)?,
                    p256dh: row.try_get(3)?,
                    auth: row.try_get(4)?,
                    lang: row.try_get(5)?,
                })
            };
            rows(client, select, &[]).await?.iter().map(push).collect()
        })
    }

    fn put_push(&self, push: &StoredPush) -> Result<(), StoreError> {
        self.alone(async |work| {
            // Of those who were signed out, and of a browser that somebody else has signed in to.
            let forget = "DELETE FROM staffel.push WHERE endpoint = $1 OR device NOT IN (SELECT id FROM staffel.device)";
            change(work, forget, &[&push.endpoint]).await?;
            let insert = "INSERT INTO staffel.push (device, endpoint, p256dh, auth, lang) VALUES ($1, $2, $3, $4, $5)
                          ON CONFLICT (device) DO UPDATE SET endpoint = $2, p256dh = $3, auth = $4, lang = $5";
            let (device, endpoint, lang) = (&push.device, &push.endpoint, &push.lang);
            change(work, insert, &[device, endpoint, &push.p256dh, &push.auth, lang]).await?;
            Ok(())
        })
    }

    fn remove_push(&self, device: &str) -> Result<bool, StoreError> {
        self.with(async |client| {
            let delete = "DELETE FROM staffel.push WHERE device = $1";
            Ok(change(client, delete, &[&device]).await? > 0)
        })
    }

    fn wishes(&self, person: &str) -> Result<Wishes, StoreError> {
        self.with(async |client| {
            let select = "SELECT wishes FROM staffel.wish WHERE person = $1";
            let row = first(client, select, &[&person]).await?;
            row.map_or_else(|| Ok(Wishes::default()), |row| wishes(&row, 0))
        })
    }

    fn all_wishes(&self) -> Result<Vec<(String, Wishes)>, StoreError> {
        self.with(async |client| {
            let select =
                "SELECT name, wishes FROM staffel.person LEFT JOIN staffel.wish ON person = name
                          WHERE disabled IS NULL ORDER BY name";
            let found = rows(client, select, &[]).await?;
            let of = |row: &Row| Ok((row.try_get(0)?, wishes(row, 1)?));
            found.iter().map(of).collect()
        })
    }

    fn put_wishes(&self, person: &str, wishes: &Wishes) -> Result<(), StoreError> {
        let text = serde_json::to_string(wishes).map_err(|error| StoreError(error.to_string()))?;
        self.with(async |client| {
            let insert = "INSERT INTO staffel.wish (person, wishes) VALUES ($1, $2)
                          ON CONFLICT (person) DO UPDATE SET wishes = $2";
            change(client, insert, &[&person, &text]).await?;
            Ok(())
        })
    }
}

/// What a newer version wrote and this one cannot read is as if nothing was said.
fn wishes(row: &Row, column: usize) -> Result<Wishes, Failure> {
    let text: Option<&str> = row.try_get(column)?;
    let wishes = text.and_then(|text| serde_json::from_str(text).ok());
    Ok(wishes.unwrap_or_default())
}
