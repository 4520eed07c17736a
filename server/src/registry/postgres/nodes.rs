//! What nodes share, in tables of their own. All times are those of the database.

use std::time::Duration;

use domain::Timestamp;

use super::Postgres;
use crate::{
    postgres::{change, first, rows, signed},
    registry::{
        StoreError,
        nodes::{Heard, Kept, LIVES, NodeStore, Told},
    },
};

/// The one lease: for everything that only one node should do.
const DUTY: &str = "duty";

impl NodeStore for Postgres {
    fn is_shared(&self) -> bool {
        true
    }

    fn beat(&self, told: &Told, term: Duration) -> Result<Heard, StoreError> {
        let process = self.database.process();
        self.with(async |client| {
            let note = "INSERT INTO staffel.node (process, version, agents, seen) VALUES ($1, $2, $3, clock_timestamp())
                        ON CONFLICT (process) DO UPDATE SET version = $2, agents = $3, seen = clock_timestamp()";
            change(client, note, &[&process, &told.version, &told.agents]).await?;
            let take = "INSERT INTO staffel.lease AS held (name, holder, term, until)
                        VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 second')
                        ON CONFLICT (name) DO UPDATE SET holder = $2, until = excluded.until,
                            term = held.term + (held.holder <> $2)::int
                        WHERE held.holder = $2 OR held.until < clock_timestamp()";
            let on_duty = change(client, take, &[&DUTY, &process, &term.as_secs_f64()]).await? > 0;
            let others = "SELECT version, agents FROM staffel.node WHERE process <> $1
                          AND seen > clock_timestamp() - $2 * interval '1 second' ORDER BY process";
            let mut heard = Heard {
                on_duty,
                others: Vec::new(),
                now: None,
            };
            for row in rows(client, others, &[&process, &LIVES.as_secs_f64()]).await? {
                heard.others.push(Told {
                    version: row.try_get(0)?,
                    agents: row.try_get(1)?,
                });
            }
            let forget = "DELETE FROM staffel.node WHERE seen < clock_timestamp() - interval '1 hour'";
            change(client, forget, &[]).await?;
            let now = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
            if let Some(row) = first(client, now, &[]).await? {
                heard.now = Some(Timestamp::from_millis(row.try_get(0)?));
            }
            Ok(heard)
        })
    }

    fn leave(&self) -> Result<(), StoreError> {
        let process = self.database.process();
        self.with(async |client| {
            let free = "DELETE FROM staffel.lease WHERE holder = $1";
            change(client, free, &[&process]).await?;
            let gone = "DELETE FROM staffel.node WHERE process = $1";
            change(client, gone, &[&process]).await?;
            Ok(())
        })
    }

    fn remember(&self, kind: &str, id: &str, value: &str, kept: Kept) -> Result<(), StoreError> {
        self.with(async |client| {
            let put = "INSERT INTO staffel.moment (kind, id, value, until)
                       VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 second')
                       ON CONFLICT (kind, id) DO UPDATE SET value = $3, until = excluded.until";
            change(client, put, &[&kind, &id, &value, &kept.lasts.as_secs_f64()]).await?;
            let forget = "DELETE FROM staffel.moment WHERE kind = $1 AND (until < clock_timestamp() OR until < (
                              SELECT until FROM staffel.moment WHERE kind = $1 ORDER BY until DESC OFFSET $2 LIMIT 1))";
            let last = signed(kept.most.saturating_sub(1) as u64);
            change(client, forget, &[&kind, &last]).await?;
            Ok(())
        })
    }

    fn recall(&self, kind: &str, id: &str) -> Result<Option<String>, StoreError> {
        self.with(async |client| {
            let select = "SELECT value FROM staffel.moment WHERE kind = $1 AND id = $2 AND until > clock_timestamp()";
            let row = first(client, select, &[&kind, &id]).await?;
            Ok(row.map(|row| row.try_get(0)).transpose()?)
        })
    }

    fn take(&self, kind: &str, id: &str) -> Result<Option<String>, StoreError> {
        self.with(async |client| {
            let take = "DELETE FROM staffel.moment WHERE kind = $1 AND id = $2 RETURNING value, until > clock_timestamp()";
            let Some(row) = first(client, take, &[&kind, &id]).await? else {
                return Ok(None);
            };
            let good: bool = row.try_get(1)?;
            Ok(good.then(|| row.try_get(0)).transpose()?)
        })
    }

    fn forget_all(&self, kind: &str) -> Result<(), StoreError> {
        self.with(async |client| {
            let forget = "DELETE FROM staffel.moment WHERE kind = $1";
            change(client, forget, &[&kind]).await?;
            Ok(())
        })
    }
}
