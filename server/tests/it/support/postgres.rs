//! A PostgreSQL for the tests, started when the first one needs it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use server::postgres::Address;

use super::PATIENCE;

/// A server of databases of its own, that ends with the tests.
pub struct Cluster {
    folder: String,
    child: Child,
    /// It ends when this does.
    lives: Option<ChildStdin>,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.lives = None;
        let _ = self.child.wait();
    }
}

impl Cluster {
    /// Starts one with these settings.
    pub fn start(settings: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/postgres.sh");
        let mut command = Command::new(script);
        for setting in settings {
            command.args(["-c", setting]);
        }
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.expect("scripts/postgres.sh");
        let lives = child.stdin.take().expect("its input");
        let mut folder = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
        stdout.read_line(&mut folder).expect("a line");
        let folder = folder.trim().to_owned();
        assert!(!folder.is_empty(), "it said why it did not start");
        Self {
            folder,
            child,
            lives: Some(lives),
        }
    }

    /// The address of one of its databases.
    pub fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user=staffel", self.folder)
    }

    /// Kills a process that serves Staffel in the middle of its work: PostgreSQL ends all others then, and recovers from
    /// what is on disk.
    pub fn crash(&self) {
        let select = "SELECT max(pid) FROM pg_stat_activity WHERE application_name = 'staffel'";
        if let Some(pid) = self.ask("postgres", select) {
            let killed = Command::new("kill")
                .args(["-KILL", &pid.to_string()])
                .status();
            assert!(killed.is_ok(), "kill is a program");
            // It has noticed when nobody is there any more who was there before.
            let there = format!("SELECT count(*)::int FROM pg_stat_activity WHERE pid = {pid}");
            while self.ask("postgres", &there) != Some(0) {
                thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// Carries a statement out in a database.
    pub fn execute(&self, database: &str, statement: &str) {
        let statement = statement.to_owned();
        self.with(database, async move |client| {
            client.batch_execute(&statement).await.expect("carried out");
        });
    }

    /// A number that a database knows, or none; also while it crashes.
    pub fn ask(&self, database: &str, select: &str) -> Option<i32> {
        let select = select.to_owned();
        self.with(database, async move |client| {
            let row = client.query_one(&select, &[]).await;
            row.ok().and_then(|row| row.get(0))
        })
    }

    /// On a thread of its own: the tests have runtimes already.
    fn with<T: Send + 'static>(
        &self,
        database: &str,
        work: impl AsyncFnOnce(tokio_postgres::Client) -> T + Send + 'static,
    ) -> T {
        let address = Address::new(&self.url(database), None, None).expect("an address");
        let work = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(async {
                let mut config = address.config().clone();
                config.application_name("the tests");
                let begun = Instant::now();
                loop {
                    match config.connect(tokio_postgres::NoTls).await {
                        Ok((client, connection)) => {
                            tokio::spawn(connection);
                            return work(client).await;
                        }
                        // It recovers.
                        Err(error) => assert!(begun.elapsed() < PATIENCE, "{error:?}"),
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            })
        });
        work.join().expect("no panic")
    }
}

/// The address of a new database, in the server of databases that all tests share. It keeps nothing over a crash of the
/// machine, which makes it fast.
pub fn database() -> String {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let shared = SHARED.get_or_init(|| Cluster::start(&["fsync=off", "full_page_writes=off"]));
    let name = format!("test{}", NEXT.fetch_add(1, Ordering::Relaxed));
    shared.execute(
        "postgres",
        &format!("CREATE DATABASE {name} TEMPLATE template0"),
    );
    shared.url(&name)
}
