//! What bounds a pipeline, and that a full one can still be worked on.

use domain::{
    Command, Reason, Refusal, Start, TaskPlan, TaskReport, TaskStatus, TrackPlan, Verdict,
    decide_start,
};

use crate::support::*;

fn tasks(names: std::ops::Range<usize>, status: TaskStatus) -> Command {
    let tasks = names.map(|number| task(&format!("task {number}"), status));
    tasks_reported(tasks.collect())
}

fn tasks_reported(tasks: Vec<TaskReport>) -> Command {
    Command::Report {
        phase: None,
        progress: None,
        message: None,
        tasks,
    }
}

fn on(track: &str, name: &str) -> TaskReport {
    TaskReport {
        track: Some(track.to_owned()),
        ..task(name, TaskStatus::InProgress)
    }
}

fn planned(tracks: Vec<TrackPlan>) -> Start {
    Start {
        project: "shop".to_owned(),
        title: "Basket".to_owned(),
        tracks,
        ..Start::default()
    }
}

/// Without the events: a test that fails would print thousands.
fn start(start: &Start) -> Result<(), Refusal> {
    decide_start(start).map(|_| ())
}

fn track(name: &str) -> TrackPlan {
    TrackPlan {
        name: name.to_owned(),
        ..TrackPlan::default()
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("name {number}")).collect()
}

#[test]
fn a_report_counts_the_tasks_that_are_new() {
    let mut track = Track::new();
    for range in [0..600, 100..600, 300..800] {
        let report = tasks(range, TaskStatus::InProgress);
        track.send(&agent(), &report).expect("at most 1,000 in all");
    }
    assert_eq!(track.pipeline.tracks[0].tasks.len(), 800);
}

#[test]
fn the_tasks_of_a_full_pipeline_can_still_be_updated() {
    let mut track = Track::new();
    let (pending, done) = (TaskStatus::Pending, TaskStatus::Completed);
    track
        .send(&agent(), &tasks(0..1_000, pending))
        .expect("1,000");
    let refusal = track.refused(&agent(), &tasks(998..1_002, done));
    assert_eq!(refusal.reason, Reason::TooLarge);
    for (part, words) in [
        (&refusal.what, "has 1000 tasks"),
        (&refusal.what, "the report adds 2"),
        (&refusal.allowed, "can still be updated"),
    ] {
        assert!(part.contains(words), "{refusal}");
    }
    let updated = track.send(&agent(), &tasks(0..1_000, done));
    assert_eq!(updated.expect("all of them").len(), 1_000);
    let refusal = track.refused(&agent(), &tasks(0..1_001, pending));
    assert_eq!(refusal.reason, Reason::TooLarge);
}

#[test]
fn the_length_of_a_report_is_bounded() {
    let mut track = Track::new();
    let same = vec![task("one", TaskStatus::Pending); 1_001];
    let refusal = track.refused(&agent(), &tasks_reported(same));
    assert_eq!(refusal.reason, Reason::TooLarge);
    assert!(refusal.what.contains("1001 tasks"), "{refusal}");
}

#[test]
fn a_task_that_is_named_twice_in_a_report_is_one_task() {
    let mut track = Track::new();
    let report = tasks_reported(vec![
        on("Form", "one"),
        task("one", TaskStatus::InProgress),
        task("one", TaskStatus::Completed),
    ]);
    let events = track.send(&agent(), &report).expect("reported");
    assert_eq!(events.len(), 2, "the second entry says nothing new");
    let [only] = &track.pipeline.tracks[..] else {
        panic!("one track: {:?}", track.pipeline.tracks);
    };
    assert_eq!((only.name.as_str(), only.tasks.len()), ("Form", 1));
    assert_eq!(only.tasks[0].status, TaskStatus::Completed);
}

#[test]
fn a_start_has_at_most_40_tracks_and_1000_tasks() {
    let many = |count| names(count).iter().map(|name| track(name)).collect();
    start(&planned(many(40))).expect("40");
    let refusal = start(&planned(many(16_000))).expect_err("16,000");
    assert_eq!(refusal.reason, Reason::TooLarge);
    assert!(refusal.what.contains("16000 tracks"), "{refusal}");

    let with = |count| TrackPlan {
        tasks: names(count)
            .into_iter()
            .map(|name| TaskPlan {
                name,
                kind: None,
                phase: None,
                status: TaskStatus::Pending,
            })
            .collect(),
        ..track(&format!("with {count}"))
    };
    start(&planned(vec![with(400), with(600)])).expect("1,000");
    let refusal = start(&planned(vec![with(400), with(601)])).expect_err("1,001");
    assert_eq!(refusal.reason, Reason::TooLarge);
}

#[test]
fn a_track_has_at_most_20_goals_and_20_agents() {
    let goals = |count| TrackPlan {
        goals: names(count),
        ..track("Form")
    };
    let agents = |count| TrackPlan {
        agents: names(count),
        ..track("Form")
    };
    start(&planned(vec![goals(20)])).expect("20 goals");
    start(&planned(vec![agents(20)])).expect("20 agents");
    for (plan, field) in [(goals(100_000), "goals"), (agents(21), "agents")] {
        let refusal = start(&planned(vec![plan])).expect_err("too many");
        assert_eq!(refusal.reason, Reason::TooLarge);
        assert!(refusal.what.contains(field), "{refusal}");
        assert!(refusal.what.contains("Form"), "{refusal}");
    }
}

#[test]
fn reports_make_at_most_40_tracks() {
    let mut track = Track::new();
    let forty = names(40).iter().map(|name| on(name, "work")).collect();
    track.send(&agent(), &tasks_reported(forty)).expect("40");
    for more in [on("another", "work"), task("no track", TaskStatus::Pending)] {
        let refusal = track.refused(&agent(), &tasks_reported(vec![more]));
        assert_eq!(refusal.reason, Reason::TooLarge);
        assert!(refusal.what.contains("40 tracks"), "{refusal}");
        assert!(refusal.next.contains("get_pipeline_status"), "{refusal}");
    }
    let known = vec![on("name 39", "more"), task("work", TaskStatus::Completed)];
    track.send(&agent(), &tasks_reported(known)).expect("known");
}

#[test]
fn an_undecided_handover_has_at_most_20_revisions() {
    let mut track = Track::new();
    for number in 1..=20 {
        track.hand_over(&format!("# Plan {number}"));
    }
    let refusal = track.refused(&agent(), &hand_over("# Plan 21"));
    assert_eq!(refusal.reason, Reason::NotYourTurn);
    assert!(refusal.what.contains("20 revisions"), "{refusal}");
    let wait = format!("await_handover_decision with handover={}", track.handover());
    assert!(refusal.next.contains(&wait), "{refusal}");
    let again = track.send(&agent(), &hand_over("# Plan 20"));
    assert_eq!(again, Ok(vec![]), "the same text is no revision");

    track
        .decide(20, Verdict::RequestChanges, "Smaller.")
        .expect("decided");
    track.write_prompt();
    for number in 21..=40 {
        track.hand_over(&format!("# Plan {number}"));
    }
    track.refused(&agent(), &hand_over("# Plan 41"));
    track.decide(40, Verdict::Accept, "").expect("accepted");
}
