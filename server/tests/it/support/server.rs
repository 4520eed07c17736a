//! A server inside the test's own process.

use std::{path::Path, time::Duration};

use leptos::prelude::LeptosOptions;
use server::{config::Config, postgres::Address, storage::Place};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{Api, Events, database, signed_in, soon};

/// A running server with a data folder of its own.
pub struct Server {
    /// The API of it.
    pub api: Api,
    /// Its data folder.
    pub data: TempDir,
    /// Where it keeps everything.
    pub place: Place,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<anyhow::Result<()>>,
}

/// Whether the servers of the tests keep everything in PostgreSQL: with `STAFFEL_TEST_ON_POSTGRES=1`. What is about the files
/// of the other engine says nothing then.
pub fn on_postgres() -> bool {
    std::env::var_os("STAFFEL_TEST_ON_POSTGRES").is_some()
}

fn address_of(url: &str) -> Address {
    Address::new(url, None, None).expect("an address")
}

/// The settings of a server that nobody configured, except that no heartbeat disturbs.
fn settings(data: &Path) -> Config {
    Config {
        listen: ([127, 0, 0, 1], 0).into(),
        place: Place::Folder(data.to_owned()),
        open: false,
        allowed_hosts: vec![],
        allowed_origins: vec![],
        template: None,
        prompt_folder: None,
        look_first: false,
        models: vec![],
        heartbeat: Duration::from_secs(3600),
        archive_after: None,
        patience: Duration::from_secs(480),
        undo_seconds: 10,
        drain: Duration::ZERO,
        require_token: None,
        approvers: Default::default(),
        notify: Default::default(),
        public_url: None,
        tls: None,
        confirm: Default::default(),
        reading: Default::default(),
        digests: Default::default(),
        frame_origins: vec![],
        leptos: LeptosOptions::builder()
            .output_name("staffel")
            .site_root("target/site")
            .build(),
    }
}

impl Server {
    /// A server as nobody configured it.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A server with other settings.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().expect("a data folder");
        let mut config = settings(data.path());
        if on_postgres() {
            config.place = Place::Database(address_of(&database()));
        }
        change(&mut config);
        let listener = TcpListener::bind(config.listen).await.expect("a port");
        let address = listener.local_addr().expect("the address");
        let (stop, stopped) = oneshot::channel();
        let started = |_| async {
            let _ = stopped.await;
        };
        let place = config.place.clone();
        let cookie = signed_in(&place);
        let running = tokio::spawn(server::run(listener, config, None, started));
        Self {
            api: Api::new(address, cookie),
            data,
            place,
            stop: Some(stop),
            running,
        }
    }

    /// Subscribes to `/sse` with this query, for example `?project=a`.
    pub async fn subscribe(&self, query: &str) -> Events {
        Events::open(self.api.address, query, None).await
    }

    /// Tells the server to stop, without waiting for it.
    pub fn tell_to_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Stops the server and waits until it has.
    pub async fn stop(mut self) {
        self.tell_to_stop();
        let ended = soon("the server's end", self.running).await;
        ended.expect("no panic").expect("a clean end");
    }
}
