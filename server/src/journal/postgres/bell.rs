//! How nodes hear of each other's commits: the database carries a notice with the newest position to all of them. It is a
//! hint only; every second is looked, too.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{sleep, timeout},
};
use tokio_postgres::Client;

use super::{
    known::Known,
    session::{EPOCHS, epoch},
    writer::Job,
};
use crate::postgres::{Database, Failure, silent};

/// Whom the notices reach: all nodes of a database.
const CHANNEL: &str = "staffel";
/// How often is looked without a notice.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long an answer may take.
const ANSWERED: Duration = Duration::from_secs(2);
/// The pause before another connection after one was lost.
const PAUSE: Duration = Duration::from_millis(200);
/// How long questions are kept while there is no connection: a database that recovers from a crash is back by then.
const KEPT: Duration = Duration::from_secs(2);
/// Most questions that are answered together.
const TOGETHER: usize = 1_024;

/// A question for the newest position.
pub type Ask = oneshot::Sender<Result<u64, Failure>>;

/// Rings when this node has written, and hears when others have.
pub struct Bell {
    /// Weak: the database ends with the journal, and this task with it.
    database: Weak<Database>,
    known: Arc<Known>,
    jobs: mpsc::WeakUnboundedSender<Job>,
    /// The file in which the journal is.
    file: Option<i64>,
    /// What is asked and not answered yet.
    asked: Vec<Ask>,
    /// Since when there is no connection.
    away_since: Option<Instant>,
}

impl Bell {
    /// A bell of a database.
    pub fn new(
        database: Weak<Database>,
        known: Arc<Known>,
        jobs: mpsc::WeakUnboundedSender<Job>,
    ) -> Self {
        Self {
            database,
            known,
            jobs,
            file: None,
            asked: Vec::new(),
            away_since: None,
        }
    }

    /// Works until nobody can ask any more.
    pub async fn run(mut self, mut asks: mpsc::UnboundedReceiver<Ask>) {
        loop {
            let Some(database) = self.database.upgrade() else {
                return;
            };
            let lost = match database.listening().await {
                Ok((client, heard)) => {
                    drop(database);
                    match self.listen(&client, heard, &mut asks).await {
                        None => return,
                        Some(lost) => lost,
                    }
                }
                Err(failure) => failure,
            };
            tracing::debug!(%lost, "what other nodes write is not heard: {lost}");
            if self.away_since.get_or_insert_with(Instant::now).elapsed() >= KEPT {
                // Whoever asks goes on with what is known.
                while let Ok(ask) = asks.try_recv() {
                    self.asked.push(ask);
                }
                self.answer(&Err(lost));
            }
            if asks.is_closed() {
                return;
            }
            sleep(PAUSE).await;
        }
    }

    /// Listens until the connection is lost, and says why. `None`: nobody can ask any more.
    async fn listen(
        &mut self,
        client: &Client,
        mut heard: watch::Receiver<u64>,
        asks: &mut mpsc::UnboundedReceiver<Ask>,
    ) -> Option<Failure> {
        let mut own = self.known.own.subscribe();
        let listen = format!("LISTEN {CHANNEL}");
        if let Err(failure) = answered(client.batch_execute(&listen)).await {
            return Some(failure);
        }
        loop {
            // Whatever came while nobody listened.
            let looked = self.look(client).await;
            if let Err(failure) = looked {
                return Some(failure);
            }
            self.away_since = None;
            self.answer(&looked);
            loop {
                tokio::select! {
                    taken = asks.recv_many(&mut self.asked, TOGETHER) => match taken {
                        0 => return None,
                        _ => break,
                    },
                    changed = heard.changed() => match changed {
                        Ok(()) => self.known.reached(*heard.borrow_and_update()),
                        Err(_) => return Some(silent()),
                    },
                    // The sender lives as long as `self`.
                    _ = own.changed() => {
                        let newest = own.borrow_and_update().to_string();
                        let rung = "SELECT pg_notify($1, $2)";
                        if let Err(failure) = answered(client.execute(rung, &[&CHANNEL, &newest])).await {
                            return Some(failure);
                        }
                    }
                    () = sleep(LOOK_EVERY) => break,
                }
            }
        }
    }

    fn answer(&mut self, answer: &Result<u64, Failure>) {
        for ask in self.asked.drain(..) {
            let _ = ask.send(answer.clone());
        }
    }

    /// Looks for the newest position, and for the epochs, which is what tells whether another node's position is in them.
    async fn look(&mut self, client: &Client) -> Result<u64, Failure> {
        let select = "SELECT position, pg_relation_filenode('staffel.head')::bigint,
                      (SELECT name FROM staffel.epochs ORDER BY number DESC LIMIT 1) FROM staffel.head";
        let head = answered(client.query_one(select, &[])).await?;
        let newest: Option<String> = head.try_get(2)?;
        let known = self
            .known
            .epochs
            .borrow()
            .last()
            .map(|last| last.name.clone());
        if newest != known {
            let rows = answered(client.query(EPOCHS, &[])).await?;
            let epochs: Result<_, _> = rows.iter().map(epoch).collect();
            self.known.begun(epochs?);
        }
        let (position, file) = (head.try_get::<_, i64>(0)?, head.try_get(1)?);
        let position = position.unsigned_abs();
        if self.file.replace(file).is_some_and(|known| known != file)
            && let Some(jobs) = self.jobs.upgrade()
        {
            let _ = jobs.send(Job::Restored);
        }
        self.known.reached(position);
        Ok(position)
    }
}

async fn answered<T>(
    answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Failure> {
    match timeout(ANSWERED, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(silent()),
    }
}
