//! Reports: progress, tasks and the phase that they are about.

use domain::{
    Command, ProgressSource, Reason, Start, Status, TaskPlan, TaskReport, TaskStatus, TrackPlan,
    What,
};

use crate::support::*;

#[test]
fn progress_is_counted_from_tasks_and_otherwise_a_claim() {
    let mut track = Track::new();
    track.send(&agent(), &report(Some(80))).expect("claimed");
    assert_eq!(
        track.pipeline.phase().progress_source,
        ProgressSource::Claimed
    );
    let tasks = vec![
        task("a", TaskStatus::Completed),
        task("b", TaskStatus::Pending),
        task("c", TaskStatus::Failed),
    ];
    track
        .send(
            &agent(),
            &Command::Report {
                phase: None,
                progress: Some(99),
                message: None,
                tasks,
            },
        )
        .expect("reported");
    let phase = track.pipeline.phase();
    assert_eq!(
        (phase.progress, phase.progress_source),
        (33, ProgressSource::Tasks { done: 1, total: 3 })
    );
    assert_eq!(
        track.pipeline.status,
        Status::Running,
        "only the handover ends a phase"
    );
}

#[test]
fn tasks_count_in_their_own_phase() {
    let plan = |name: &str, phase: Option<&str>| TaskPlan {
        name: name.to_owned(),
        kind: None,
        phase: phase.map(str::to_owned),
        status: TaskStatus::Pending,
    };
    let tasks = vec![
        plan("read", Some("plan")),
        plan("build", Some("CREATE")),
        plan("always", None),
    ];
    let mut track = Track::start(&Start {
        project: "shop".to_owned(),
        title: "Basket".to_owned(),
        phases: ["PLAN", "CREATIVE"].map(str::to_owned).to_vec(),
        tracks: vec![TrackPlan {
            name: "Basket".to_owned(),
            tasks,
            ..TrackPlan::default()
        }],
        ..Start::default()
    });
    track
        .send(
            &agent(),
            &Command::Report {
                phase: Some("PLANUNG".to_owned()),
                progress: None,
                message: None,
                tasks: vec![task("read", TaskStatus::Completed)],
            },
        )
        .expect("reported");
    assert_eq!(
        track.pipeline.phase().progress_source,
        ProgressSource::Tasks { done: 1, total: 2 }
    );
    assert_eq!(
        track.pipeline.tracks.len(),
        1,
        "a task is found by its name"
    );
}

#[test]
fn bounds_and_names_are_checked_in_words() {
    let mut track = Track::new();
    for progress in [-3, 101, 140, i64::MAX] {
        let refusal = track.refused(&agent(), &report(Some(progress)));
        assert!(
            refusal.what.contains(&progress.to_string()) && refusal.allowed.contains("100"),
            "{refusal}"
        );
    }
    for (phase, reason) in [
        ("CREATE", Reason::WrongPhase),
        ("VAN", Reason::WrongPhase),
        ("<b>", Reason::Invalid),
    ] {
        let command = Command::Report {
            phase: Some(phase.to_owned()),
            progress: None,
            message: None,
            tasks: vec![],
        };
        assert_eq!(track.refused(&agent(), &command).reason, reason, "{phase}");
    }
    assert_eq!(
        track.refused(&agent(), &hand_over(" \n\t")).reason,
        Reason::Invalid
    );
    assert_eq!(
        track
            .refused(&agent(), &hand_over(&"x".repeat(3_000_000)))
            .reason,
        Reason::TooLarge
    );
}

#[test]
fn a_line_says_whether_a_task_is_new() {
    let mut track = Track::new();
    let told = |track: &mut Track, status| {
        let task = TaskReport {
            track: Some("T".to_owned()),
            name: "tests".to_owned(),
            kind: None,
            status,
        };
        let command = Command::Report {
            phase: None,
            progress: None,
            message: None,
            tasks: vec![task],
        };
        track.send(&agent(), &command).expect("reported");
        match &track.pipeline.log.last().expect("a line").what {
            What::Task { status, added, .. } => (*status, *added),
            other => panic!("{other:?}"),
        }
    };
    let pending = TaskStatus::Pending;
    assert_eq!(told(&mut track, pending), (pending, true));
    let completed = TaskStatus::Completed;
    assert_eq!(told(&mut track, completed), (completed, false));
    assert_eq!(told(&mut track, pending), (pending, false), "open again");
    let stored = r#"{"task":{"name":"tests","status":"pending"}}"#;
    let old: What = serde_json::from_str(stored).expect("a line of an older snapshot");
    assert!(matches!(old, What::Task { added: false, .. }));
}
