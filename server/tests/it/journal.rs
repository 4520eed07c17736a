//! The rules of a journal, held against the `Sqlite` one. Another store has to pass the same tests.

use std::{collections::HashSet, sync::Arc};

use domain::{Actor, Document, Event, PhaseName, PipelineId, Timestamp};
use protocol::MatchIn;
use server::journal::{
    Append, AppendError, Appended, Derived, Journal, Key, KeyUse, ListQuery, ListState, Place,
    SearchText, Sqlite, SummaryRow,
};

use crate::support::{data_folder, until};

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
        documents: Vec::new(),
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
    assert_eq!(*journal.changes().borrow(), 0);
    let facts = keyed(append(1, 0, &["a\r\n\u{2028}\u{feff}\"", "ß💥"]), "k", 1);
    assert_eq!(
        journal.append(facts.clone()).await,
        Ok(Appended::New { last: 2 })
    );
    assert_eq!(
        *journal.changes().borrow(),
        2,
        "the change is notified before the append returns"
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
async fn facts_are_the_same_after_reopening_and_every_open_begins_an_epoch() {
    let folder = data_folder();
    let journal = Sqlite::open(folder.path()).expect("a journal");
    let first = journal.epochs().last().expect("an epoch").clone();
    let plain = first.name.bytes().all(|b| b.is_ascii_alphanumeric());
    assert!(!first.name.is_empty() && first.name.len() <= 16 && plain);
    assert_eq!(first.start, 0);
    journal
        .append(append(1, 0, &["x", "y"]))
        .await
        .expect("an append");
    drop(journal);
    let journal = Sqlite::open(folder.path()).expect("a journal");
    let [known, second] = journal.epochs() else {
        panic!("{:?}", journal.epochs());
    };
    assert_eq!((known, second.start), (&first, 2));
    assert_ne!(second.name, first.name);
    assert_eq!(*journal.changes().borrow(), 2);
    assert_eq!(
        journal.append(append(1, 2, &["z"])).await,
        Ok(Appended::New { last: 3 })
    );
    assert_eq!(texts(&journal, 0, 9).await, ["x", "y", "z"]);
}

#[tokio::test]
async fn a_text_is_stored_once_and_read_by_its_hash() {
    let folder = data_folder();
    let journal = Sqlite::open(folder.path()).expect("a journal");
    let document = Document::new("größer \u{200d} 💥");
    for expect in 0..2 {
        let facts = Append {
            documents: vec![document.clone()],
            ..append(1, expect, &["x"])
        };
        journal.append(facts).await.expect("an append");
    }
    let hash = document.reference().hash;
    let text = journal.text(&hash).await.expect("a read");
    assert_eq!(text.as_ref(), Some(document.text()));
    let unknown = journal.text(&Document::new("x").reference().hash).await;
    assert_eq!(unknown.expect("a read"), None);
}

#[tokio::test]
async fn a_list_has_pages_in_order_and_a_search_finds_words_in_titles_messages_and_documents() {
    let folder = data_folder();
    let journal = Sqlite::open(folder.path()).expect("a journal");
    let document = Document::new(format!("{}needle\n", "hay \n".repeat(20_000)));
    let facts = Append {
        documents: vec![document.clone()],
        ..append(1, 0, &["x"])
    };
    journal.append(facts).await.expect("an append");
    let row = |number: u16, sort_key: i64, state| SummaryRow {
        pipeline: id(number),
        project: format!("p{}", number % 2),
        state,
        awaiting_review: false,
        sort_key,
        ended: 0,
        json: format!("{number}"),
    };
    let title = |number: u16, text: &str| SearchText {
        pipeline: id(number),
        found_in: MatchIn::Title,
        place: Place::Text(text.to_owned()),
    };
    let derived = Derived {
        position: 1,
        summaries: vec![
            row(1, 3, ListState::Ended),
            row(2, 1, ListState::Open),
            row(3, 2, ListState::Open),
        ],
        texts: vec![
            title(2, "old words"),
            title(2, "Grüße aus \"Lisbon\""),
            SearchText {
                pipeline: id(1),
                found_in: MatchIn::Handover,
                place: Place::Document(document.reference().hash),
            },
        ],
        ..Derived::default()
    };
    journal.store_derived(derived).await.expect("a store");
    assert_eq!(journal.derived_position().await.expect("a read"), 1);
    let counts = journal.counts().await.expect("a read");
    assert_eq!((counts.open, counts.ended, counts.archived), (2, 1, 0));

    let query = |words: &[&str], limit| ListQuery {
        words: words.iter().map(|&word| word.to_owned()).collect(),
        limit,
        ..ListQuery::default()
    };
    let first = journal.list(&query(&[], 2)).await.expect("a page");
    assert_eq!(first.summaries, ["2", "3"]);
    let rest = ListQuery {
        cursor: first.next,
        ..query(&[], 2)
    };
    let rest = journal.list(&rest).await.expect("a page");
    assert_eq!((rest.summaries, rest.next), (vec!["1".to_owned()], None));
    let of_project = ListQuery {
        project: Some("p1".to_owned()),
        state: Some(ListState::Open),
        ..query(&[], 9)
    };
    let of_project = journal.list(&of_project).await.expect("a page");
    assert_eq!(of_project.summaries, ["3"]);

    // Documents are made findable part by part, after what is waited for.
    let found = async |words: &[&str]| {
        let page = journal.list(&query(words, 9)).await.expect("a page");
        page.summaries
    };
    until("the document is found", async || {
        found(&["need"]).await == ["1"]
    })
    .await;
    assert_eq!(found(&["gruss"]).await, Vec::<String>::new());
    assert_eq!(
        found(&["GRÜSSE"]).await.len() + found(&["grüße"]).await.len(),
        1
    );
    assert_eq!(found(&["lisbon", "aus"]).await, ["2"]);
    assert!(
        found(&["old"]).await.is_empty(),
        "a newer title replaces it"
    );
    for syntax in ["\"", "*", "NEAR(", "a OR b", "-", "col:x", "'; --"] {
        assert!(found(&[syntax]).await.is_empty(), "{syntax}");
    }
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
