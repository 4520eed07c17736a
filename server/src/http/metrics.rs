//! What is measured, for Prometheus and whatever else reads its form: `OpenMetrics`
//! (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).

use std::{fmt, sync::atomic::AtomicU64};

use axum::{
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use domain::Timestamp;
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, info::Info},
    registry::{Registry, Unit},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::App;
use crate::{VERSION, metrics::Process, problem::Problem, relay::now, release};

/// The route.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(metrics))
}

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is measured, in the text form of `OpenMetrics`.
#[utoipa::path(get, path = "/metrics", tag = "server", responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
async fn metrics(State(app): State<App>) -> Response {
    // Files are read for it.
    let told = tokio::task::spawn_blocking(move || tell(&app)).await;
    match told {
        Ok(Ok(text)) => ([(CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Ok(Err(error)) => untold(&error),
        Err(error) => untold(&error),
    }
}

fn untold(error: &dyn fmt::Display) -> Response {
    tracing::error!("what is measured cannot be told: {error}");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "Internal error",
        "What is measured cannot be told; the server's log says why.",
    )
    .into_response()
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct List {
    list: &'static str,
}

fn tell(app: &App) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    if let Some(process) = Process::now() {
        let of_process = registry.sub_registry_with_prefix("process");
        let processor = Counter::<f64, AtomicU64>::default();
        processor.inc_by(process.processor_seconds);
        of_process.register_with_unit("cpu", "Processor time", Unit::Seconds, processor);
        let bytes = gauge(process.resident_bytes);
        of_process.register_with_unit("resident_memory", "Memory in use", Unit::Bytes, bytes);
        of_process.register(
            "open_fds",
            "Open files and connections",
            gauge(process.open_files),
        );
        let started = time(app.started);
        of_process.register_with_unit("start_time", "When it started", Unit::Seconds, started);
    }
    let ours = registry.sub_registry_with_prefix("staffel");
    let commit = release::commit().unwrap_or_default();
    let build = Info::new([("version", VERSION), ("commit", commit)]);
    ours.register("build", "The program", build);
    app.relay.durations().register(ours);
    state(app, ours);
    let mut text = String::new();
    text::encode(&mut text, &registry)?;
    Ok(text)
}

fn state(app: &App, ours: &mut Registry) {
    let relay = &app.relay;
    // The newest first: what is stored between the two would count as not shown.
    let newest = relay.newest();
    let (_, head) = relay.live().bounds();
    let events = Counter::<u64>::default();
    events.inc_by(head);
    ours.register(
        "events",
        "Events that are shown, since the journal began",
        events,
    );
    if let Some(last) = relay.last_event() {
        let help = "When anything happened last";
        ours.register_with_unit("last_event_timestamp", help, Unit::Seconds, time(last));
    }
    let counts = relay.counts();
    let pipelines = Family::<List, Gauge>::default();
    for (list, count) in [
        ("open", counts.open),
        ("ended", counts.ended),
        ("archived", counts.archived),
    ] {
        pipelines.get_or_create(&List { list }).set(count as i64);
    }
    ours.register(
        "pipelines",
        "Pipelines, by the list in which they are",
        pipelines,
    );
    let figures = [
        (
            "awaiting_people",
            "Pipelines that wait for a person",
            counts.awaiting_review,
        ),
        (
            "prompts_wanted",
            "Prompts that are to be written",
            relay.wanting_prompts().len() as u64,
        ),
        (
            "decisions_pending",
            "Decisions that can still be taken back",
            relay.pending_decisions().len() as u64,
        ),
        (
            "streams",
            "Open event streams",
            relay.live().subscribers() as u64,
        ),
        (
            "waits",
            "Calls that wait for a decision or an answer",
            relay.waiting() as u64,
        ),
        (
            "mcp_sessions",
            "Sessions of clients of the legacy protocol",
            (app.mcp_sessions)() as u64,
        ),
        (
            "follower_lag_events",
            "Events that are durable and not shown yet",
            newest.saturating_sub(head),
        ),
        (
            "follower_failing",
            "1 while what is shown does not follow the journal",
            u64::from(relay.is_stuck()),
        ),
        (
            "nodes",
            "Nodes of this database that live, with this one",
            app.node.others().len() as u64 + 1,
        ),
        (
            "on_duty",
            "1 on the node that does what only one does",
            u64::from(app.node.duty().is_on()),
        ),
        (
            "read_only",
            "1 where the journal can only be read",
            u64::from(relay.is_read_only()),
        ),
    ];
    for (name, help, value) in figures {
        ours.register(name, help, gauge(value));
    }
    let waiting = app.notifier.as_ref().map(|notifier| notifier.waiting());
    match waiting {
        Some(Ok((receivers, oldest))) => {
            let late = oldest.map_or(0, |made| now().millis_since(made) / 1000);
            let late = u64::try_from(late).unwrap_or(0);
            let help = "Receivers for whom a notice waits";
            ours.register("notice_receivers_waiting", help, gauge(receivers as u64));
            let help = "Since when the oldest notice waits that was tried and not taken";
            ours.register_with_unit("notice_late", help, Unit::Seconds, gauge(late));
        }
        Some(Err(error)) => {
            tracing::warn!(%error, "how many notices wait is not told: {error}");
        }
        None => {}
    }
}

fn gauge(value: u64) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
    gauge
}

fn time(at: Timestamp) -> Gauge<f64, AtomicU64> {
    let gauge = Gauge::default();
    gauge.set(at.millis() as f64 / 1000.0);
    gauge
}
