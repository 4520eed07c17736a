//! The outbox.

use domain::Timestamp;
use tokio_postgres::Row;

use super::{Postgres, at, at_times};
use crate::{
    postgres::{Failure, change, first, number, rows, signed},
    registry::{
        ENDED_KEPT, Followed, NewNotice, NoticeEnd, Outbox, Reached, StoreError, StoredNotice,
    },
};

impl Outbox for Postgres {
    fn followed(&self) -> Result<Vec<Followed>, StoreError> {
        self.with(async |client| {
            let select = "SELECT name, epoch, position FROM staffel.receiver ORDER BY name";
            let followed = |row: &Row| {
                Ok(Followed {
                    receiver: row.try_get(0)?,
                    reached: Reached {
                        epoch: row.try_get(1)?,
                        position: number(row, 2)?,
                    },
                })
            };
            rows(client, select, &[])
                .await?
                .iter()
                .map(followed)
                .collect()
        })
    }

    fn put_receiver(&self, followed: &Followed) -> Result<(), StoreError> {
        self.with(async |client| {
            let insert = "INSERT INTO staffel.receiver (name, epoch, position) VALUES ($1, $2, $3)
                          ON CONFLICT (name) DO UPDATE SET epoch = $2, position = $3";
            let Reached { epoch, position } = &followed.reached;
            change(
                client,
                insert,
                &[&followed.receiver, epoch, &signed(*position)],
            )
            .await?;
            Ok(())
        })
    }

    fn remove_receiver(&self, receiver: &str) -> Result<(), StoreError> {
        self.together(async |work| {
            change(
                work,
                "DELETE FROM staffel.notice WHERE receiver = $1",
                &[&receiver],
            )
            .await?;
            change(
                work,
                "DELETE FROM staffel.receiver WHERE name = $1",
                &[&receiver],
            )
            .await?;
            Ok(())
        })
    }

    fn put_notices(
        &self,
        notices: &[NewNotice],
        reached: Option<&Reached>,
        at: Timestamp,
        most: usize,
    ) -> Result<usize, StoreError> {
        let (now, most) = (at.millis(), signed(most as u64));
        self.together(async |work| {
            let forget = "DELETE FROM staffel.notice WHERE ended < $1";
            change(work, forget, &[&(now - ENDED_KEPT)]).await?;
            let insert = "INSERT INTO staffel.notice (receiver, id, delivery, body, made, next)
                 VALUES ($1, $2, replace(gen_random_uuid()::text, '-', ''), $3, $4, $5) ON CONFLICT (receiver, id) DO NOTHING";
            let give_up = "UPDATE staffel.notice SET outcome = $1, ended = $2 WHERE number IN (
                 SELECT number FROM staffel.notice WHERE receiver = $3 AND ended IS NULL ORDER BY number DESC OFFSET $4)";
            let mut given_up = 0;
            for notice in notices {
                let (made, due) = (notice.made.millis(), notice.due.millis());
                let NewNotice {
                    receiver, id, body, ..
                } = notice;
                change(work, insert, &[receiver, id, body, &made, &due]).await?;
                let outcome = NoticeEnd::GivenUp.name();
                given_up += change(work, give_up, &[&outcome, &now, receiver, &most]).await?;
            }
            if let Some(Reached { epoch, position }) = reached {
                let follow =
                    "UPDATE staffel.receiver SET epoch = $1, position = $2 WHERE position < $2";
                change(work, follow, &[epoch, &signed(*position)]).await?;
            }
            Ok(usize::try_from(given_up).unwrap_or(usize::MAX))
        })
    }

    fn next_notice(&self, receiver: &str) -> Result<Option<StoredNotice>, StoreError> {
        self.with(async |client| {
            let select = "SELECT delivery, id, body, made, tries, next FROM staffel.notice
                          WHERE receiver = $1 AND ended IS NULL ORDER BY next, number LIMIT 1";
            let Some(row) = first(client, select, &[&receiver]).await? else {
                return Ok(None);
            };
            Ok(Some(StoredNotice {
                delivery: row.try_get(0)?,
                id: row.try_get(1)?,
                body: row.try_get(2)?,
                made: self::at(&row, 3)?,
                tries: u32::try_from(number(&row, 4)?).unwrap_or(u32::MAX),
                next: self::at(&row, 5)?,
            }))
        })
    }

    fn waiting(&self, beginning: &str) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.with(async |client| {
            let select = "SELECT receiver, min(next) FROM staffel.notice WHERE ended IS NULL AND starts_with(receiver, $1)
                          GROUP BY receiver ORDER BY min(next)";
            let waits = |row: &Row| Ok::<_, Failure>((row.try_get(0)?, self::at(row, 1)?));
            rows(client, select, &[&beginning]).await?.iter().map(waits).collect()
        })
    }

    fn oldest_tried(&self) -> Result<Option<Timestamp>, StoreError> {
        self.with(async |client| {
            let select = "SELECT min(made) FROM staffel.notice WHERE ended IS NULL AND tries > 0";
            let row = first(client, select, &[]).await?;
            row.map_or(Ok(None), |row| at_times(&row, 0))
        })
    }

    fn was_delivered(&self, receiver: &str, id: &str) -> Result<bool, StoreError> {
        self.with(async |client| {
            let select = "SELECT coalesce(outcome = $3, false) FROM staffel.notice WHERE receiver = $1 AND id = $2";
            let delivered = NoticeEnd::Delivered.name();
            let row = first(client, select, &[&receiver, &id, &delivered]).await?;
            Ok(row.map_or(Ok(false), |row| row.try_get(0))?)
        })
    }

    fn try_notice_again(&self, delivery: &str, next: Timestamp) -> Result<(), StoreError> {
        self.with(async |client| {
            let update = "UPDATE staffel.notice SET tries = tries + 1, next = $2 WHERE delivery = $1 AND ended IS NULL";
            change(client, update, &[&delivery, &next.millis()]).await?;
            Ok(())
        })
    }

    fn end_notice(&self, delivery: &str, end: NoticeEnd, at: Timestamp) -> Result<(), StoreError> {
        self.with(async |client| {
            let update = "UPDATE staffel.notice SET outcome = $2, ended = $3 WHERE delivery = $1 AND ended IS NULL";
            change(client, update, &[&delivery, &end.name(), &at.millis()]).await?;
            Ok(())
        })
    }
}
