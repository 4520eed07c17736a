//! What is measured: its form, that it moves with what happens, and that whoever reads it by name finds it.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::json;

use crate::support::{Server, until};

/// What uses the names. The page about operations explains each.
const PAGE: &str = include_str!("../../../docs/OPERATIONS.md");
const RULES: &str = include_str!("../../../packaging/monitoring/staffel.rules.yml");
const DASHBOARD: &str = include_str!("../../../packaging/monitoring/staffel.grafana.json");

async fn told(server: &Server) -> String {
    let answer = server.api.get("/metrics").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(
        answer.header("content-type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    answer.text
}

/// The samples, by name and labels.
async fn figures(server: &Server) -> BTreeMap<String, f64> {
    let text = told(server).await;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a sample");
            (name.to_owned(), value.parse().expect("a number"))
        })
        .collect()
}

#[tokio::test]
async fn what_is_measured_moves_with_what_happens() {
    let server = Server::start().await;
    let before = figures(&server).await;
    assert_eq!(before["staffel_events_total"], 0.0);
    assert_eq!(before["staffel_streams"], 0.0);
    assert_eq!(before[r#"staffel_pipelines{list="open"}"#], 0.0);

    let mut stream = server.subscribe("").await;
    stream.through("snapshot").await;
    let pipeline = server.api.start("a").await;
    let last = server.api.report(&pipeline, "on the way").await;
    stream.up_to(last).await;
    server.api.hand_over(&pipeline, "# Done").await;

    let after = figures(&server).await;
    assert_eq!(after[r#"staffel_pipelines{list="open"}"#], 1.0);
    assert_eq!(after["staffel_awaiting_people"], 1.0);
    assert_eq!(after["staffel_streams"], 1.0);
    assert!(after["staffel_events_total"] > last as f64);
    let appends = after[r#"staffel_append_seconds_count{outcome="new"}"#];
    assert_eq!(appends, 3.0);
    assert_eq!(after["staffel_show_seconds_count"], appends);
    assert!((1.0..=appends).contains(&after["staffel_delivery_seconds_count"]));
    for figure in [
        "staffel_follower_lag_events",
        "staffel_follower_failing",
        "staffel_read_only",
    ] {
        assert_eq!(after[figure], 0.0, "{figure}");
    }

    drop(stream);
    until("the stream is not counted any more", async || {
        figures(&server).await["staffel_streams"] == 0.0
    })
    .await;
}

#[tokio::test]
async fn appends_are_told_apart_by_how_they_ended() {
    let server = Server::start().await;
    let key = [("idempotency-key", "k")];
    let start = |title| json!({"project": "a", "title": title});
    let path = "/api/pipelines";
    server.api.post_with(path, &key, &start("one")).await.ok();
    server.api.post_with(path, &key, &start("one")).await.ok();
    let reused = server.api.post_with(path, &key, &start("two")).await;
    assert_eq!(reused.status, 422, "{reused:?}");
    let figures = figures(&server).await;
    for outcome in ["new", "duplicate", "key_reuse"] {
        let name = format!("staffel_append_seconds_count{{outcome={outcome:?}}}");
        assert_eq!(figures.get(&name), Some(&1.0), "{name}");
    }
}

/// The names of a text, without what the form adds to those of durations and totals.
fn names(text: &str) -> BTreeSet<String> {
    let name = Regex::new(r"\b(staffel|process)_[a-z_]+\b").expect("a pattern");
    let plain = |name: regex::Match<'_>| {
        let name = name.as_str();
        let added = ["_bucket", "_count", "_sum", "_total", "_info"];
        let added = added.iter().find_map(|added| name.strip_suffix(added));
        added.unwrap_or(name).to_owned()
    };
    name.find_iter(text).map(plain).collect()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn every_figure_is_explained_and_every_name_that_is_used_is_there() {
    let server = Server::start().await;
    server.api.start("a").await;
    let text = told(&server).await;
    assert!(text.ends_with("# EOF\n"), "{text}");
    let there = names(&text);
    let section = PAGE
        .split("\n## ")
        .find(|section| section.starts_with("Metrics\n"));
    let table = section.expect("the section about metrics");
    assert_eq!(names(table), there);
    for (of, text) in [("the rules", RULES), ("the dashboard", DASHBOARD)] {
        let unknown: Vec<_> = names(text).difference(&there).cloned().collect();
        assert_eq!(unknown, [""; 0], "{of}");
    }
}
