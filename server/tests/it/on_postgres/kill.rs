//! As in `kill`, on a database that dies as well, and with several nodes.

use crate::{
    kill::kills,
    support::{Cluster, Program},
};

/// The database crashes in every so many rounds, right before a node dies.
async fn kills_and_crashes(nodes: usize, every: u64) {
    let cluster = Cluster::start(&[]);
    let url = cluster.url("postgres");
    let crash = |round: u64| {
        if (round + 1).is_multiple_of(every) {
            cluster.crash();
        }
    };
    let start = |settings: &str| Program::start_on_with(&url, settings);
    kills(nodes, start, crash).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_by_kills_on_a_database_that_crashes_as_well() {
    kills_and_crashes(1, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_by_kills_of_three_nodes_in_turn_on_a_database_that_crashes_as_well() {
    kills_and_crashes(3, 5).await;
}
