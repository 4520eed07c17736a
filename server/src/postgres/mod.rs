//! PostgreSQL: the connection that everything stored there shares, and what its errors mean.
//!
//! Connections live on threads of their own, so that a call may come from any thread: one that serves requests awaits
//! ([`Database::client`]), one that may block, blocks ([`Database::block`]).

mod address;
mod schema;

use std::{
    future::Future,
    io,
    time::{Duration, Instant},
};

use deadpool_postgres::{
    Connect, GenericClient, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod,
    Runtime as Clock, Timeouts,
};
use futures::{StreamExt, future::BoxFuture, stream};
use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_postgres::{AsyncMessage, Client, Config, Error, Row, error::SqlState, types::ToSql};
use tokio_postgres_rustls::MakeRustlsConnect;

pub use address::{Address, InvalidAddress};
pub use schema::{WRITERS, clear_derived, moving_into};

/// Connections at once. Each is a process of PostgreSQL, which allows 100 by default.
const CONNECTIONS: usize = 12;
/// Connections beside these, for the writer and the follower of the journal: nobody else makes them wait.
const RESERVED: usize = 2;
/// How long a call waits for a free connection, or for a new one.
const CONNECTED: Duration = Duration::from_secs(5);
/// How long a start waits for a database that is starting, too, or recovers.
const STARTED: Duration = Duration::from_secs(30);
/// How long anything but a commit may take: beyond that the database counts as away.
const ANSWERED: Duration = Duration::from_secs(10);
/// What a connection is told first. The database ends by itself what nobody waits for any more, and connections of machines
/// that are gone: the lock of a writer goes with its connection.
const SETTINGS: &str = "SET statement_timeout = '9s'; SET lock_timeout = '9s'; SET idle_in_transaction_session_timeout = '60s'; \
                        SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; \
                        SET tcp_user_timeout = 20000; SET client_min_messages = warning; SET synchronous_commit = on;";

/// A database that has what Staffel keeps in it.
pub struct Database {
    pool: Pool,
    reserved: Pool,
    address: Address,
    tls: MakeRustlsConnect,
    /// Tells what this process has changed from what others have.
    process: String,
    /// `None` once it is being dropped.
    runtime: Option<Runtime>,
}

/// Why a database cannot be used: a message for the person who starts the server.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Nobody answers, or the answer is no.
    #[error(
        "The database {database} cannot be used ({why}).\n\
         Its address is [journal] url, or STAFFEL_DATABASE_URL. Try the same one with psql."
    )]
    Away {
        /// Which one, without a password.
        database: String,
        /// What was said.
        why: String,
    },
    /// It starts, stops or recovers, for longer than a start waits for it.
    #[error("The database {database} is starting or stopping. Start Staffel when it is ready.")]
    Starting {
        /// Which one.
        database: String,
    },
    /// The server is too old.
    #[error(
        "{database} is PostgreSQL {found}, which is too old. Use {} or newer.",
        schema::OLDEST
    )]
    TooOld {
        /// Which one.
        database: String,
        /// Its version.
        found: String,
    },
    /// A standby.
    #[error("{database} is a replica, which can only be read. Name the primary in [journal] url.")]
    Replica {
        /// Which one.
        database: String,
    },
    /// Texts would not fit.
    #[error(
        "{database} has the encoding {found}, in which not every text can be kept.\n\
         Make one with UTF8: CREATE DATABASE staffel ENCODING 'UTF8' TEMPLATE template0."
    )]
    Encoding {
        /// Which one.
        database: String,
        /// Its encoding.
        found: String,
    },
    /// Rights are missing.
    #[error(
        "The user of {database} may not make what Staffel keeps there ({why}).\n\
         Let the user own the database: ALTER DATABASE … OWNER TO …; or make the schema: CREATE SCHEMA staffel AUTHORIZATION …."
    )]
    Rights {
        /// Which one.
        database: String,
        /// What was refused.
        why: String,
    },
    /// The schema is somebody else's.
    #[error(
        "The schema `staffel` in {database} belongs to another program; nothing in it was touched. Name another database."
    )]
    Foreign {
        /// Which one.
        database: String,
    },
    /// A newer version wrote it.
    #[error(
        "{database} was written by a newer Staffel (version {found} of the tables; this one knows up to {known}).\n\
         Start the newer Staffel; nothing was touched."
    )]
    Newer {
        /// Which one.
        database: String,
        /// The version of its tables.
        found: i32,
        /// Ours.
        known: i32,
    },
    /// Tables are to be changed under a server.
    #[error(
        "A Staffel of another version is at work on {database}, and this one would change its tables.\nStop that one first."
    )]
    AtWork {
        /// Which one.
        database: String,
    },
    /// A move into it was interrupted.
    #[error(
        "A move into {database} has not ended, so not everything is there.\nGive the same staffel move again, which goes on where it \
         stopped; or empty the database with DROP SCHEMA staffel CASCADE."
    )]
    Unfinished {
        /// Which one.
        database: String,
    },
    /// Somebody works there who has to be alone.
    #[error(
        "{database} is in use by another Staffel that has to be alone: it moves, is rebuilt, or changes the tables; or this one \
         has to be. Wait for it, or stop it."
    )]
    InUse {
        /// Which one.
        database: String,
    },
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The disk of the database is full. Nothing was changed.
    #[error("the disk of the database is full")]
    Full,
    /// The database starts, stops or recovers.
    #[error("the database is starting or stopping")]
    Starting,
    /// The database does not answer, or says no.
    #[error("{0}")]
    Away(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error.code() {
            Some(&SqlState::DISK_FULL) => Self::Full,
            _ if is_starting(&error) => Self::Starting,
            _ => Self::Away(explain(&error)),
        }
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Timeout(_) => silent(),
            other => Self::Away(other.to_string()),
        }
    }
}

/// Whether a database says that it starts, stops or recovers from a crash; or says nothing more in the middle of a
/// connection, as it does when that begins.
fn is_starting(error: &Error) -> bool {
    let cut = std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<io::Error>())
        .is_some_and(|source| {
            use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
            let kinds = [
                BrokenPipe,
                ConnectionAborted,
                ConnectionReset,
                UnexpectedEof,
            ];
            kinds.contains(&source.kind())
        });
    let codes = [
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
    ];
    cut || error.is_closed() || error.code().is_some_and(|code| codes.contains(code))
}

fn away(address: &Address, why: String) -> DatabaseError {
    DatabaseError::Away {
        database: address.to_string(),
        why,
    }
}

/// What an error says, with what is behind it.
fn explain(error: &Error) -> String {
    if let Some(said) = error.as_db_error() {
        return format!("{}, {}", said.message(), said.code().code());
    }
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// What is said of a database that says nothing.
pub fn silent() -> Failure {
    Failure::Away("the database does not answer".to_owned())
}

impl Database {
    /// Connects, and makes what is missing in the database. Blocks.
    ///
    /// # Errors
    /// A [`DatabaseError`] that says what to do. What was there before is not changed then.
    pub fn open(address: Address) -> Result<Self, DatabaseError> {
        let database = Self::open_for_move(address)?;
        database.patiently(async || schema::refuse_unfinished(&database).await)?;
        Ok(database)
    }

    /// The same, also where a move into it has not ended.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub fn open_for_move(address: Address) -> Result<Self, DatabaseError> {
        let database = Self::connect(address)?;
        database.patiently(async || schema::prepare(&database).await)?;
        Ok(database)
    }

    /// Connects, and makes nothing: `None` where Staffel has kept nothing yet. Blocks.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub fn open_existing(address: Address) -> Result<Option<Self>, DatabaseError> {
        let database = Self::connect(address)?;
        let known = database.patiently(async || schema::is_known(&database).await)?;
        if known {
            database.patiently(async || schema::prepare(&database).await)?;
            database.patiently(async || schema::refuse_unfinished(&database).await)?;
        }
        Ok(known.then_some(database))
    }

    fn connect(address: Address) -> Result<Self, DatabaseError> {
        let failed = |why: String| away(&address, why);
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("postgres")
            .enable_all()
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let tls = address.tls().map_err(failed)?;
        let process = getrandom::u64().map_err(|error| failed(error.to_string()))?;
        let process = format!("{process:016x}");
        let pool = |size| pool(&address, &tls, runtime.handle(), &process, size);
        let (most, reserved) = (pool(CONNECTIONS), pool(RESERVED));
        Ok(Self {
            pool: most.map_err(failed)?,
            reserved: reserved.map_err(failed)?,
            address,
            tls,
            process,
            runtime: Some(runtime),
        })
    }

    /// Does something for a start, and again while the database is starting, too: a machine that starts, starts both.
    ///
    /// # Errors
    /// What `work` says, or that the database starts and starts.
    pub fn patiently<T>(
        &self,
        work: impl AsyncFn() -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        self.block(async {
            let begun = Instant::now();
            loop {
                match work().await {
                    Err(DatabaseError::Starting { .. }) if begun.elapsed() < STARTED => {
                        sleep(STARTED / 100).await;
                    }
                    done => return done,
                }
            }
        })
    }

    /// What a failure means for a start.
    pub fn refused(&self, failure: Failure) -> DatabaseError {
        match failure {
            Failure::Starting => DatabaseError::Starting {
                database: self.name(),
            },
            other => away(&self.address, other.to_string()),
        }
    }

    /// What to call it: its address, without a password.
    pub fn name(&self) -> String {
        self.address.to_string()
    }

    /// How this process is called where changes are counted.
    pub fn process(&self) -> &str {
        &self.process
    }

    /// Works with a connection, and gives up after a while: a database that is stopped, or behind a broken network, never
    /// answers.
    ///
    /// # Errors
    /// What `work` says, or that there was no answer.
    pub async fn with<T>(
        &self,
        work: impl AsyncFnOnce(&mut Object) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.work_in(&self.pool, work).await
    }

    /// The same for the follower of the journal alone.
    ///
    /// # Errors
    /// As [`Database::with`].
    pub async fn with_reserved<T>(
        &self,
        work: impl AsyncFnOnce(&mut Object) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.work_in(&self.reserved, work).await
    }

    async fn work_in<T>(
        &self,
        pool: &Pool,
        work: impl AsyncFnOnce(&mut Object) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut lent = Lent {
            client: Some(pool.get().await?),
            at_work: true,
            database: self,
        };
        let client = lent.client.as_mut().ok_or_else(silent)?;
        let done = timeout(ANSWERED, work(client)).await;
        lent.at_work = done.is_err();
        done.unwrap_or_else(|_| Err(silent()))
    }

    /// A connection for the writer of the journal, which keeps it.
    ///
    /// # Errors
    /// There is none in time.
    pub async fn reserved(&self) -> Result<Object, Failure> {
        Ok(self.reserved.get().await?)
    }

    async fn client(&self) -> Result<Object, Failure> {
        Ok(self.pool.get().await?)
    }

    /// A connection for listening to notices. Each changes `heard`, which ends with the connection.
    ///
    /// # Errors
    /// There is none in time.
    pub async fn listening(&self) -> Result<(Client, watch::Receiver<u64>), Failure> {
        let (heard, hears) = watch::channel(0);
        let (config, tls) = (self.address.config().clone(), self.tls.clone());
        let opening = self.runtime().spawn(timeout(CONNECTED, async move {
            let (client, mut connection) = config.connect(tls).await?;
            tokio::spawn(async move {
                let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
                while let Some(Ok(message)) = messages.next().await {
                    if let AsyncMessage::Notification(notice) = message {
                        let said = notice.payload().parse().unwrap_or(0);
                        heard.send_modify(|newest| *newest = said.max(*newest));
                    }
                }
            });
            client.batch_execute(SETTINGS).await?;
            Ok::<_, Failure>((client, hears))
        }));
        match opening.await {
            Ok(Ok(opened)) => opened,
            Ok(Err(_)) | Err(_) => Err(silent()),
        }
    }

    /// Where connections live.
    ///
    /// # Panics
    /// Never: only dropping takes it away.
    pub fn runtime(&self) -> &Handle {
        self.runtime
            .as_ref()
            .expect("there until it is dropped")
            .handle()
    }

    /// Waits on this thread. What is waited for may only wait for connections.
    pub fn block<T>(&self, work: impl Future<Output = T>) -> T {
        // For the time limits; what is sent and received has a thread of its own.
        let _entered = self.runtime().enter();
        // Where this thread runs a task, tokio counts what that does and lets it wait until it is its turn again: never, here.
        futures::executor::block_on(tokio::task::unconstrained(work))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.pool.close();
        self.reserved.close();
        if let Some(runtime) = self.runtime.take() {
            // Not to be waited for: this may be a thread that serves requests.
            runtime.shutdown_background();
        }
    }
}

/// A connection that is lent. Where its work is given up, the database is told so, and the connection ends: the next one
/// would wait for the rest of it.
struct Lent<'a> {
    client: Option<Object>,
    at_work: bool,
    database: &'a Database,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let Some(client) = self.client.take().filter(|_| self.at_work) else {
            return;
        };
        let (cancel, tls) = (client.cancel_token(), self.database.tls.clone());
        self.database.runtime().spawn(async move {
            // It ends by its own limit otherwise.
            let _ = timeout(CONNECTED, cancel.cancel_query(tls)).await;
        });
        drop(Object::take(client));
    }
}

fn pool(
    address: &Address,
    tls: &MakeRustlsConnect,
    runtime: &Handle,
    process: &str,
    size: usize,
) -> Result<Pool, String> {
    let opener = Opener {
        runtime: runtime.clone(),
        tls: tls.clone(),
        settings: format!("{SETTINGS} SET staffel.process = '{process}'"),
    };
    let config = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = Manager::from_connect(address.config().clone(), opener, config);
    let limits = Timeouts {
        wait: Some(CONNECTED),
        create: Some(CONNECTED),
        recycle: Some(CONNECTED),
    };
    let pool = Pool::builder(manager).max_size(size).timeouts(limits);
    let pool = pool.runtime(Clock::Tokio1).build();
    pool.map_err(|error| error.to_string())
}

/// Makes connections that live on the database's own threads, whoever asked for them.
struct Opener {
    runtime: Handle,
    tls: MakeRustlsConnect,
    settings: String,
}

impl Connect for Opener {
    fn connect(&self, config: &Config) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), Error>> {
        let (config, tls, settings) = (config.clone(), self.tls.clone(), self.settings.clone());
        let opening = async move {
            let (client, connection) = config.connect(tls).await?;
            let works = tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection to the database has ended: {}", explain(&error));
                }
            });
            client.batch_execute(&settings).await?;
            Ok((client, works))
        };
        // Whoever asked may be gone long before a machine answers that takes connections and says nothing.
        let opening = self.runtime.spawn(timeout(CONNECTED, opening));
        Box::pin(async move {
            match opening.await {
                Ok(Ok(opened)) => opened,
                // There was no answer, or the server stops. Whoever waits has the same limit.
                Ok(Err(_)) | Err(_) => std::future::pending().await,
            }
        })
    }
}

/// A value for a statement.
pub type Value<'a> = &'a (dyn ToSql + Sync);

/// All rows that a statement gives.
///
/// # Errors
/// It was not carried out.
pub async fn rows(
    client: &impl GenericClient,
    sql: &str,
    values: &[Value<'_>],
) -> Result<Vec<Row>, Failure> {
    let statement = client.prepare_cached(sql).await?;
    match client.query(&statement, values).await {
        Err(error) if is_nowhere(sql, &error) => Ok(Vec::new()),
        found => Ok(found?),
    }
}

/// The first row that a statement gives.
///
/// # Errors
/// It was not carried out.
pub async fn first(
    client: &impl GenericClient,
    sql: &str,
    values: &[Value<'_>],
) -> Result<Option<Row>, Failure> {
    Ok(rows(client, sql, values).await?.into_iter().next())
}

/// How many rows a statement has changed.
///
/// # Errors
/// It was not carried out.
pub async fn change(
    client: &impl GenericClient,
    sql: &str,
    values: &[Value<'_>],
) -> Result<u64, Failure> {
    let statement = client.prepare_cached(sql).await?;
    match client.execute(&statement, values).await {
        Err(error) if is_nowhere(sql, &error) => Ok(0),
        changed => Ok(changed?),
    }
}

/// Whether something was looked for that no row can have: a text of PostgreSQL never has the character NUL. Whoever asks
/// for one gets the same answer as for any other that is not there.
fn is_nowhere(sql: &str, error: &Error) -> bool {
    error.code() == Some(&SqlState::CHARACTER_NOT_IN_REPERTOIRE) && !sql.starts_with("INSERT")
}

/// A number that is never negative, from a column.
///
/// # Errors
/// The column has something else.
pub fn number(row: &Row, column: usize) -> Result<u64, Failure> {
    let number: i64 = row.try_get(column)?;
    Ok(number.unsigned_abs())
}

/// A number as a column has it. PostgreSQL knows none above 2⁶³ − 1.
pub fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
