//! The rules of a journal, held against the `Sqlite` one. Another store has to pass the same tests.

use std::{collections::HashSet, sync::Arc};

use domain::{Actor, Event, PhaseName, PipelineId, Timestamp};
use server::journal::{Append, AppendError, Appended, Journal, Key, KeyUse, Sqlite};

use crate::support::data_folder;

fn id(number: u16) -> PipelineId {
    PipelineId::new(Timestamp::from_millis(1_800_000_000_000), number)
}

fn said(text: &str) -> Event {
    Event::ProgressReported {
        phase: PhaseName::parse("PLAN").expect("a name"),
        claimed: None,
        message: Some(text.to_owned()),
    }
}

fn append(pipeline: u16, expect: u64, texts: &[&str]) -> Append {
    Append {
        pipeline: id(pipeline),
        expect,
        at: Timestamp::from_millis(1_800_000_000_000 + 1),
        actor: Actor::agent("cursor"),
        key: None,
        events: texts.iter().map(|text| said(text)).collect(),
    }
}

fn keyed(append: Append, text: &str, digest: u8) -> Append {
    let key = Key {
        scope: append.pipeline.to_string(),
        text: text.to_owned(),
        digest: [digest; 32],
    };
    Append {
        key: Some(key),
        ..append
    }
}

/// The messages of stored events.
async fn texts(journal: &Sqlite, after: u64, max: usize) -> Vec<String> {
    let stored = journal.read(after, max).await.expect("a read");
    let text = |event: Event| match event {
        Event::ProgressReported { message, .. } => message.unwrap_or_default(),
        other => panic!("{other:?}"),
    };
    stored
        .into_iter()
        .map(|stored| text(stored.decode().event))
        .collect()
}

#[tokio::test]
async fn what_was_appended_is_read_back_as_it_was() {
    let folder = data_folder();
    let journal = Sqlite::open(folder.path()).expect("a journal");
    assert_eq!(*journal.doorbell().borrow(), 0);
    let facts = keyed(append(1, 0, &["a\r\n\u{2028}\u{feff}\"", "ß💥"]), "k", 1);
    assert_eq!(
        journal.append(facts.clone()).await,
        Ok(Appended::New { last: 2 })
    );
    assert_eq!(
        *journal.doorbell().borrow(),
        2,
        "the bell rings before the append returns"
    );
    let stored = journal.read(0, 10).await.expect("a read");
    for (stored, (number, event)) in stored.into_iter().zip((1..).zip(&facts.events)) {
        assert_eq!(
            (stored.position, stored.batch_end, stored.revision),
            (number, 2, number)
        );
        let recorded = stored.decode();
        assert_eq!(&recorded.event, event);
        assert_eq!(
            (recorded.pipeline, recorded.at),
            (facts.pipeline.clone(), facts.at)
        );
        assert_eq!(
            (recorded.actor, recorded.key),
            (facts.actor.clone(), Some("k".to_owned()))
        );
    }
}

#[tokio::test]
async fn an_append_that_expected_another_state_is_a_conflict_and_adds_nothing() {
    let folder = data_folder();
    let journal = Sqlite::open(folder.path()).expect("a journal");
    for (expect, outcome) in [
        (1, Err(AppendError::Conflict { actual: 0 })),
        (0, Ok(Appended::New { last: 2 })),
        (0, Err(AppendError::Conflict { actual: 2 })),
        (1, Err(AppendError::Conflict { actual: 2 })),
        (3, Err(AppendError::Conflict { actual: 2 })),
        (2, Ok(Appended::New { last: 4 })),
    ] {
        assert_eq!(
            journal.append(append(1, expect, &["x", "y"])).await,
            outcome,
            "{expect}"
        );
    }
    assert_eq!(
        journal.append(append(2, 0, &["z"])).await,
        Ok(Appended::New { last: 5 }),
        "others are others"
    );
    assert_eq!(journal.read(0, 99).await.expect("a read").len(), 5);
}

#[tokio::test]
async fn a_key_that_comes_twice_is_one_append() {
    let folder = data_folder();
    let journal = Sqlite::open(folder.path()).expect("a journal");
    let facts = keyed(append(1, 0, &["x"]), "k", 1);
    assert_eq!(
        journal.append(facts.clone()).await,
        Ok(Appended::New { last: 1 })
    );
    let known = KeyUse {
        pipeline: id(1),
        digest: [1; 32],
    };
    for expect in [0, 1, 7] {
        let again = Append {
            expect,
            ..facts.clone()
        };
        assert_eq!(
            journal.append(again).await,
            Ok(Appended::Duplicate(known.clone()))
        );
    }
    assert_eq!(
        journal.find_key(id(1).as_str(), "k").await.expect("a read"),
        Some(known)
    );
    assert_eq!(
        journal.find_key(id(2).as_str(), "k").await.expect("a read"),
        None
    );
    assert_eq!(texts(&journal, 0, 9).await, ["x"]);
}

#[tokio::test]
async fn a_key_with_another_command_is_refused() {
    let folder = data_folder();
    let journal = Sqlite::open(folder.path()).expect("a journal");
    journal
        .append(keyed(append(1, 0, &["x"]), "k", 1))
        .await
        .expect("an append");
    let other = keyed(append(1, 1, &["y"]), "k", 2);
    assert_eq!(journal.append(other).await, Err(AppendError::KeyReuse));
    let other_scope = keyed(append(2, 0, &["z"]), "k", 2);
    assert_eq!(
        journal.append(other_scope).await,
        Ok(Appended::New { last: 2 })
    );
}

#[tokio::test]
async fn a_key_without_facts_is_remembered_and_moves_no_position() {
    let folder = data_folder();
    let journal = Sqlite::open(folder.path()).expect("a journal");
    journal
        .append(append(1, 0, &["x"]))
        .await
        .expect("an append");
    let nothing = keyed(append(1, 1, &[]), "k", 1);
    assert_eq!(
        journal.append(nothing.clone()).await,
        Ok(Appended::New { last: 1 })
    );
    let known = KeyUse {
        pipeline: id(1),
        digest: [1; 32],
    };
    assert_eq!(
        journal.append(nothing).await,
        Ok(Appended::Duplicate(known))
    );
}

#[tokio::test]
async fn a_key_outlives_a_restart() {
    let folder = data_folder();
    let facts = keyed(append(1, 0, &["x"]), "k", 1);
    let journal = Sqlite::open(folder.path()).expect("a journal");
    journal.append(facts.clone()).await.expect("an append");
    drop(journal);
    let journal = Sqlite::open(folder.path()).expect("a journal");
    assert!(matches!(
        journal.append(facts).await,
        Ok(Appended::Duplicate(_))
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn positions_are_dense_and_in_commit_order_under_fifty_writers() {
    const WRITERS: u16 = 50;
    const APPENDS: u64 = 10;
    let folder = data_folder();
    let journal = Arc::new(Sqlite::open(folder.path()).expect("a journal"));
    let writers = (0..WRITERS).map(|writer| {
        let journal = Arc::clone(&journal);
        tokio::spawn(async move {
            let mut last_of_mine = 0;
            for n in 0..APPENDS {
                let text = format!("{writer} {n}");
                let done = journal.append(append(writer, 2 * n, &[&text, &text])).await;
                let Ok(Appended::New { last }) = done else {
                    panic!("{done:?}")
                };
                assert!(last > last_of_mine);
                last_of_mine = last;
                // Read your own write, at the position that was promised.
                let own = journal.read(last - 2, 2).await.expect("a read");
                assert!(
                    own.iter()
                        .all(|stored| stored.pipeline == id(writer) && stored.batch_end == last)
                );
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("no panic");
    }
    let all = journal.read(0, usize::MAX >> 1).await.expect("a read");
    let total = 2 * u64::from(WRITERS) * APPENDS;
    let positions: Vec<_> = all.iter().map(|stored| stored.position).collect();
    assert_eq!(positions, (1..=total).collect::<Vec<_>>());
    for writer in 0..WRITERS {
        let mine = all.iter().filter(|stored| stored.pipeline == id(writer));
        let revisions: Vec<_> = mine.map(|stored| stored.revision).collect();
        assert_eq!(revisions, (1..=2 * APPENDS).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_writers_that_expect_the_same_state_one_wins_each_round() {
    let folder = data_folder();
    let journal = Arc::new(Sqlite::open(folder.path()).expect("a journal"));
    for round in 0..10 {
        let racers = (0..10).map(|_| {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move { journal.append(append(1, round, &["x"])).await })
        });
        let mut won = 0;
        for racer in racers.collect::<Vec<_>>() {
            match racer.await.expect("no panic") {
                Ok(_) => won += 1,
                Err(error) => assert_eq!(error, AppendError::Conflict { actual: round + 1 }),
            }
        }
        assert_eq!(won, 1);
    }
}

#[tokio::test]
async fn pages_are_read_in_order_from_any_position() {
    let folder = data_folder();
    let journal = Sqlite::open(folder.path()).expect("a journal");
    for n in 0..7_u64 {
        let pipeline = 1 + (n % 2) as u16;
        journal
            .append(append(pipeline, n / 2, &[&n.to_string()]))
            .await
            .expect("an append");
    }
    assert_eq!(texts(&journal, 0, 3).await, ["0", "1", "2"]);
    assert_eq!(texts(&journal, 3, 3).await, ["3", "4", "5"]);
    assert_eq!(texts(&journal, 6, 3).await, ["6"]);
    assert!(texts(&journal, 7, 3).await.is_empty());
    assert!(texts(&journal, u64::MAX >> 1, 3).await.is_empty());
    let of_one = journal.read_pipeline(&id(2), 2, 2).await.expect("a read");
    let positions: Vec<_> = of_one.iter().map(|stored| stored.position).collect();
    assert_eq!(positions, [4, 6]);
}

#[tokio::test]
async fn facts_and_the_epoch_are_the_same_after_reopening_and_epochs_differ() {
    let (folder, other) = (data_folder(), data_folder());
    let journal = Sqlite::open(folder.path()).expect("a journal");
    let epoch = journal.epoch().to_owned();
    assert!(
        !epoch.is_empty() && epoch.len() <= 16 && epoch.bytes().all(|b| b.is_ascii_alphanumeric())
    );
    journal
        .append(append(1, 0, &["x", "y"]))
        .await
        .expect("an append");
    drop(journal);
    let journal = Sqlite::open(folder.path()).expect("a journal");
    assert_eq!(journal.epoch(), epoch);
    assert_eq!(*journal.doorbell().borrow(), 2);
    assert_eq!(
        journal.append(append(1, 2, &["z"])).await,
        Ok(Appended::New { last: 3 })
    );
    assert_eq!(texts(&journal, 0, 9).await, ["x", "y", "z"]);
    let other = Sqlite::open(other.path()).expect("a journal");
    assert_ne!(other.epoch(), epoch);
}

#[tokio::test]
async fn a_check_writes_and_changes_no_fact() {
    let folder = data_folder();
    let journal = Sqlite::open(folder.path()).expect("a journal");
    journal
        .append(append(1, 0, &["x"]))
        .await
        .expect("an append");
    let mut seen = HashSet::new();
    for _ in 0..3 {
        assert_eq!(journal.check().await, Ok(()));
        seen.insert(texts(&journal, 0, 9).await);
    }
    assert_eq!(seen, HashSet::from([vec!["x".to_owned()]]));
}
