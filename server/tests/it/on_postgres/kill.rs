//! As in `kill`, on a database that dies as well, and with several nodes.

use crate::{
    kill::kills,
    support::{Cluster, Program},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_by_kills_on_a_database_that_crashes_as_well() {
    let cluster = Cluster::start(&[]);
    let url = cluster.url("postgres");
    let crash = |round| {
        if round % 2 == 1 {
            cluster.crash();
        }
    };
    kills(1, |settings| Program::start_on_with(&url, settings), crash).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_by_kills_of_three_nodes_in_turn_on_a_database_that_crashes_as_well() {
    let cluster = Cluster::start(&[]);
    let url = cluster.url("postgres");
    let crash = |round| {
        if round % 5 == 4 {
            cluster.crash();
        }
    };
    kills(3, |settings| Program::start_on_with(&url, settings), crash).await;
}
