//! The rules of a journal, written against the trait. An engine proves that it keeps them with [`journal_contract`].

use std::{collections::HashSet, sync::Arc};

use domain::{Actor, Document, Event, Media, PhaseName, PipelineId, Timestamp};
use protocol::MatchIn;
use server::journal::{
    self, Append, AppendError, Appended, Derived, FileRef, FileStored, Journal, Key, KeyUse,
    ListCursor, ListQuery, ListState, NewFile, SearchText, Snapshot, SummaryRow,
};

use crate::support::until;

/// Where an engine keeps a journal.
pub trait Place {
    /// A new place, without a journal.
    fn new() -> Self;
    /// Opens the journal there. Nobody else has it open.
    fn open(&self) -> Arc<dyn Journal>;
}

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
async fn texts(journal: &dyn Journal, after: u64, max: usize) -> Vec<String> {
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

pub async fn what_was_appended_is_read_back_as_it_was<P: Place>() {
    let place = P::new();
    let journal = place.open();
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

pub async fn an_append_that_expected_another_state_is_a_conflict_and_adds_nothing<P: Place>() {
    let place = P::new();
    let journal = place.open();
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
    let shared = journal.read_shared(2, 2).await.expect("a read");
    let positions: Vec<_> = shared.iter().map(|row| row.position).collect();
    assert_eq!(positions, [3, 4], "for everybody else");
}

pub async fn a_key_that_comes_twice_is_one_append<P: Place>() {
    let place = P::new();
    let journal = place.open();
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
    assert_eq!(texts(&*journal, 0, 9).await, ["x"]);
}

pub async fn a_key_with_another_command_is_refused<P: Place>() {
    let place = P::new();
    let journal = place.open();
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

pub async fn a_key_without_facts_is_remembered_and_moves_no_position<P: Place>() {
    let place = P::new();
    let journal = place.open();
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

pub async fn a_key_outlives_a_restart<P: Place>() {
    let place = P::new();
    let facts = keyed(append(1, 0, &["x"]), "k", 1);
    let journal = place.open();
    journal.append(facts.clone()).await.expect("an append");
    drop(journal);
    let journal = place.open();
    assert!(matches!(
        journal.append(facts).await,
        Ok(Appended::Duplicate(_))
    ));
}

pub async fn positions_are_dense_and_in_commit_order_under_fifty_writers<P: Place>() {
    const WRITERS: u16 = 50;
    const APPENDS: u64 = 10;
    let place = P::new();
    let journal = place.open();
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

pub async fn of_writers_that_expect_the_same_state_one_wins_each_round<P: Place>() {
    let place = P::new();
    let journal = place.open();
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

pub async fn pages_are_read_in_order_from_any_position<P: Place>() {
    let place = P::new();
    let journal = place.open();
    for n in 0..7_u64 {
        let pipeline = 1 + (n % 2) as u16;
        journal
            .append(append(pipeline, n / 2, &[&n.to_string()]))
            .await
            .expect("an append");
    }
    assert_eq!(texts(&*journal, 0, 3).await, ["0", "1", "2"]);
    assert_eq!(texts(&*journal, 3, 3).await, ["3", "4", "5"]);
    assert_eq!(texts(&*journal, 6, 3).await, ["6"]);
    assert!(texts(&*journal, 7, 3).await.is_empty());
    assert!(texts(&*journal, u64::MAX >> 1, 3).await.is_empty());
    // The pipelines have every second position each.
    for (pipeline, after, max, expected) in [
        (2, 0, 9, vec![2, 4, 6]),
        (2, 1, 9, vec![2, 4, 6]),
        (2, 2, 2, vec![4, 6]),
        (2, 3, 1, vec![4]),
        (2, 5, 9, vec![6]),
        (2, 6, 9, vec![]),
        (1, 0, 9, vec![1, 3, 5, 7]),
        (1, 6, 9, vec![7]),
        (1, u64::MAX >> 1, 9, vec![]),
        (3, 0, 9, vec![]),
        (3, 4, 9, vec![]),
    ] {
        let rows = journal.read_pipeline(&id(pipeline), after, max).await;
        let rows = rows.expect("a read").into_iter();
        let positions: Vec<u64> = rows.map(|stored| stored.position).collect();
        assert_eq!(positions, expected, "{pipeline} after {after}");
    }
}

pub async fn facts_are_the_same_after_reopening_and_every_open_begins_an_epoch<P: Place>() {
    let place = P::new();
    let journal = place.open();
    let epochs = Arc::clone(&journal.epochs().borrow());
    let first = epochs.last().expect("an epoch").clone();
    let plain = first.name.bytes().all(|b| b.is_ascii_alphanumeric());
    assert!(!first.name.is_empty() && first.name.len() <= 16 && plain);
    assert_eq!(first.start, 0);
    journal
        .append(append(1, 0, &["x", "y"]))
        .await
        .expect("an append");
    drop(journal);
    let journal = place.open();
    let epochs = Arc::clone(&journal.epochs().borrow());
    let [known, second] = &*epochs else {
        panic!("{epochs:?}");
    };
    assert_eq!((known, second.start), (&first, 2));
    assert_ne!(second.name, first.name);
    assert_eq!(*journal.changes().borrow(), 2);
    assert_eq!(
        journal.append(append(1, 2, &["z"])).await,
        Ok(Appended::New { last: 3 })
    );
    assert_eq!(texts(&*journal, 0, 9).await, ["x", "y", "z"]);
}

pub async fn a_text_is_stored_once_and_read_by_its_hash<P: Place>() {
    let place = P::new();
    let journal = place.open();
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

pub async fn a_file_is_stored_once_for_each_pipeline_and_within_its_room<P: Place>() {
    let place = P::new();
    let file = |pipeline: u16, first: u8, size: usize| NewFile {
        pipeline: id(pipeline),
        hash: [first; 32].into(),
        media: Media::Png,
        bytes: vec![first; size].into(),
        most: 1_000_000,
    };
    let about = FileRef {
        size: 600_000,
        media: Media::Png,
    };
    {
        let journal = place.open();
        let store = |new| journal.store_file(new);
        assert_eq!(store(file(1, 1, 600_000)).await, Ok(FileStored::New));
        assert_eq!(store(file(1, 1, 600_000)).await, Ok(FileStored::Known));
        assert_eq!(
            store(file(1, 2, 500_000)).await,
            Ok(FileStored::NoRoom { used: 600_000 })
        );
        assert_eq!(store(file(1, 3, 400_000)).await, Ok(FileStored::New));
        assert_eq!(store(file(2, 1, 600_000)).await, Ok(FileStored::New));
    }
    let journal = place.open();
    let hash = |first: u8| [first; 32].into();
    for (pipeline, first, known) in [
        (1, 1, Some(about)),
        (1, 2, None),
        (2, 1, Some(about)),
        (3, 1, None),
    ] {
        let found = journal.file(&id(pipeline), &hash(first)).await;
        assert_eq!(found.expect("a read"), known);
        let bytes = journal.file_bytes(&id(pipeline), &hash(first)).await;
        assert_eq!(bytes.expect("a read"), known.map(|_| vec![first; 600_000]));
    }
}

pub async fn a_list_has_pages_in_order_and_a_search_finds_words_in_titles_messages_and_documents<
    P: Place,
>() {
    let place = P::new();
    let journal = place.open();
    let document = Document::new(format!("{}needle\n", "hay \n".repeat(20_000)));
    let facts = Append {
        documents: vec![document.clone()],
        ..append(1, 0, &["x"])
    };
    journal.append(facts).await.expect("an append");
    let row = |number: u16, sort_key: i64, state| SummaryRow {
        pipeline: id(number),
        position: 1,
        project: format!("p{}", number % 2),
        state,
        awaiting_review: false,
        sort_key,
        ended: 0,
        json: format!("{number}"),
    };
    let title = |number: u16, text: &str| SearchText {
        pipeline: id(number),
        position: 1,
        found_in: MatchIn::Title,
        place: journal::Place::Text(text.to_owned()),
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
                position: 1,
                found_in: MatchIn::Handover,
                place: journal::Place::Document(document.reference().hash),
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
    for syntax in ["\"", "*", "NEAR(", "a OR b", "-", "col:x", "'; --", "\0"] {
        assert!(found(&[syntax]).await.is_empty(), "{syntax}");
    }
    let nowhere = ListQuery {
        project: Some("p\0".to_owned()),
        ..query(&[], 9)
    };
    let nowhere = journal.list(&nowhere).await.expect("a page");
    assert!(nowhere.summaries.is_empty());
}

pub async fn words_are_the_same_for_every_engine<P: Place>() {
    let place = P::new();
    let journal = place.open();
    let texts = [
        "ΟΔΟΣ Ångström l'été naïve",
        "state-of-the-art e-mail@example.org v1.2.3",
        "日本語 テスト مرحبا שלום",
        "snake_case CamelCase 0x1F 100%",
        "Straße İstanbul ﬁne ½ x²",
    ];
    let derived = Derived {
        position: 1,
        summaries: (1..6)
            .map(|n| row(n, i64::from(n), ListState::Open))
            .collect(),
        texts: (1..)
            .zip(texts)
            .map(|(n, words)| text(n, MatchIn::Title, words))
            .collect(),
        ..Derived::default()
    };
    journal.store_derived(derived).await.expect("a store");
    for (asked, found) in [
        (&["οδος"][..], &["1"][..]),
        (&["ΟΔΟΣ"], &["1"]),
        (&["angs"], &["1"]),
        (&["ÉTÉ"], &["1"]),
        (&["l'e"], &["1"]),
        (&["naive", "ete"], &["1"]),
        (&["state-of-the"], &["2"]),
        (&["of-state"], &[]),
        (&["mail@ex"], &["2"]),
        (&["v1.2"], &["2"]),
        (&["2.1"], &[]),
        (&["日本"], &["3"]),
        (&["本語"], &[]),
        (&["مرحبا"], &["3"]),
        (&["שלו"], &["3"]),
        (&["case"], &["4"]),
        (&["camelc"], &["4"]),
        (&["0x1f", "100"], &["4"]),
        (&["strasse"], &[]),
        (&["STRAß"], &["5"]),
        (&["art", "camel"], &[]),
    ] {
        let query = ListQuery {
            words: asked.iter().map(|&word| word.to_owned()).collect(),
            limit: 9,
            ..ListQuery::default()
        };
        let page = journal.list(&query).await.expect("a page");
        assert_eq!(page.summaries, found, "{asked:?}");
    }
}

pub async fn a_check_writes_and_changes_no_fact<P: Place>() {
    let place = P::new();
    let journal = place.open();
    journal
        .append(append(1, 0, &["x"]))
        .await
        .expect("an append");
    let mut seen = HashSet::new();
    for _ in 0..3 {
        assert_eq!(journal.check().await, Ok(()));
        seen.insert(texts(&*journal, 0, 9).await);
    }
    assert_eq!(seen, HashSet::from([vec!["x".to_owned()]]));
}

fn row(number: u16, sort_key: i64, state: ListState) -> SummaryRow {
    SummaryRow {
        pipeline: id(number),
        position: 1,
        project: format!("p{}", number % 2),
        state,
        awaiting_review: false,
        sort_key,
        ended: 0,
        json: format!("{number}"),
    }
}

fn text(number: u16, found_in: MatchIn, text: &str) -> SearchText {
    SearchText {
        pipeline: id(number),
        position: 1,
        found_in,
        place: journal::Place::Text(text.to_owned()),
    }
}

pub async fn a_match_is_found_whatever_else_matches<P: Place>() {
    let place = P::new();
    let journal = place.open();
    let mut texts = vec![text(2, MatchIn::Message, "common, long ago")];
    texts.extend((0..25_000).map(|_| text(1, MatchIn::Message, "common")));
    let derived = Derived {
        position: 1,
        summaries: vec![row(1, 1, ListState::Open), row(2, 2, ListState::Ended)],
        texts,
        ..Derived::default()
    };
    journal.store_derived(derived).await.expect("a store");
    let query = ListQuery {
        words: vec!["common".to_owned()],
        limit: 1,
        ..ListQuery::default()
    };
    for narrowed in [
        ListQuery {
            state: Some(ListState::Ended),
            ..query.clone()
        },
        ListQuery {
            project: Some("p0".to_owned()),
            ..query.clone()
        },
    ] {
        let page = journal.list(&narrowed).await.expect("a page");
        assert_eq!(page.summaries, ["2"], "{narrowed:?}");
        assert_eq!(page.next, None);
    }
    // Without a filter: the newest match first, each pipeline once, page by page.
    let first = journal.list(&query).await.expect("a page");
    assert_eq!(first.summaries, ["1"]);
    let second = ListQuery {
        cursor: first.next,
        ..query
    };
    let second = journal.list(&second).await.expect("a page");
    assert_eq!(
        (second.summaries, second.next),
        (vec!["2".to_owned()], None)
    );
    assert_eq!(second.found[0].text, "common, long ago");
}

pub async fn a_list_is_counted_in_all_however_short_its_page_is<P: Place>() {
    let place = P::new();
    let journal = place.open();
    let rows = (1..=9).map(|number| {
        let state =
            [ListState::Open, ListState::Ended, ListState::Archived][usize::from(number % 3)];
        row(number, i64::from(number), state)
    });
    let derived = Derived {
        position: 1,
        summaries: rows.collect(),
        ..Derived::default()
    };
    journal.store_derived(derived).await.expect("a store");
    let all = ListQuery {
        limit: 1,
        ..ListQuery::default()
    };
    let of_project = ListQuery {
        project: Some("p1".to_owned()),
        ..all.clone()
    };
    let open_of_project = ListQuery {
        state: Some(ListState::Open),
        ..of_project.clone()
    };
    let first_keys = ListQuery {
        keys_below: Some(5),
        ..all.clone()
    };
    for (query, count) in [
        (all, 9),
        (of_project, 5),
        (open_of_project, 2),
        (first_keys, 4),
    ] {
        assert_eq!(
            journal.count(&query).await.expect("a count"),
            count,
            "{query:?}"
        );
        let cursor = Some(ListCursor {
            key: 5,
            pipeline: id(5),
        });
        let later = ListQuery { cursor, ..query };
        assert_eq!(
            journal.count(&later).await.expect("a count"),
            count,
            "{later:?}"
        );
    }
}

pub async fn a_snapshot_is_the_newest_one_that_is_not_newer_than_asked<P: Place>() {
    let place = P::new();
    let journal = place.open();
    let snapshot = |revision: u64| Snapshot {
        pipeline: id(1),
        revision,
        position: 10 * revision,
        json: format!("state {revision}"),
    };
    let store = async |revisions: &[u64], oldest_asked| {
        let derived = Derived {
            position: revisions.iter().sum(),
            snapshots: revisions
                .iter()
                .map(|&revision| snapshot(revision))
                .collect(),
            oldest_asked,
            ..Derived::default()
        };
        journal.store_derived(derived).await.expect("a store");
    };
    let at = async |position| journal.snapshot(&id(1), position).await.expect("a read");
    store(&[2, 4], 0).await;
    assert_eq!(at(19).await, None);
    assert_eq!(at(20).await, Some(snapshot(2)));
    assert_eq!(at(39).await, Some(snapshot(2)));
    assert_eq!(at(u64::MAX >> 1).await, Some(snapshot(4)));
    assert_eq!(journal.snapshot(&id(2), 99).await.expect("a read"), None);
    // The newest before the oldest position that is asked for stays, those before it may go.
    store(&[6, 5], 45).await;
    assert_eq!(at(45).await, Some(snapshot(4)));
    assert_eq!(at(99).await, Some(snapshot(6)));
    journal.clear_derived().await.expect("cleared");
    assert_eq!(at(99).await, None);
}

pub async fn what_is_derived_is_forgotten_and_the_facts_stay<P: Place>() {
    let place = P::new();
    let journal = place.open();
    journal
        .append(append(1, 0, &["x"]))
        .await
        .expect("an append");
    let derived = Derived {
        position: 1,
        summaries: vec![row(1, 1, ListState::Open)],
        texts: vec![text(1, MatchIn::Title, "needle")],
        ..Derived::default()
    };
    journal.store_derived(derived).await.expect("a store");
    journal.clear_derived().await.expect("cleared");
    assert_eq!(journal.derived_position().await.expect("a read"), 0);
    for words in [vec![], vec!["needle".to_owned()]] {
        let query = ListQuery {
            words,
            limit: 9,
            ..ListQuery::default()
        };
        let page = journal.list(&query).await.expect("a page");
        assert!(page.summaries.is_empty());
    }
    assert_eq!(journal.counts().await.expect("a read").open, 0);
    assert_eq!(texts(&*journal, 0, 9).await, ["x"]);
}

pub async fn what_is_derived_already_is_left_and_a_gap_is_told<P: Place>() {
    let place = P::new();
    let journal = place.open();
    let titled = |position: u64, words: &str| Derived {
        position,
        summaries: vec![SummaryRow {
            position,
            json: words.to_owned(),
            ..row(1, 1, ListState::Open)
        }],
        texts: vec![SearchText {
            position,
            ..text(1, MatchIn::Message, words)
        }],
        ..Derived::default()
    };
    let store = async |derived| journal.store_derived(derived).await.expect("a store");
    let shown = async || {
        let query = ListQuery {
            limit: 9,
            ..ListQuery::default()
        };
        journal.list(&query).await.expect("a page").summaries
    };
    assert_eq!(store(titled(5, "five")).await, 5);
    assert_eq!(
        store(titled(3, "three")).await,
        5,
        "somebody else was faster"
    );
    assert_eq!(shown().await, ["five"]);
    let after_a_gap = Derived {
        after: 6,
        ..titled(9, "nine")
    };
    assert_eq!(store(after_a_gap).await, 5, "what is between is missing");
    assert_eq!(shown().await, ["five"]);
    let overlapping = Derived {
        after: 4,
        ..titled(9, "nine")
    };
    assert_eq!(store(overlapping).await, 9);
    assert_eq!(shown().await, ["nine"]);
    assert_eq!(journal.derived_position().await.expect("a read"), 9);
}

pub async fn what_ended_before_a_time_is_listed_the_longest_ago_first<P: Place>() {
    let place = P::new();
    let journal = place.open();
    let ended = |number: u16, ended: i64, state| SummaryRow {
        ended,
        ..row(number, 1, state)
    };
    let derived = Derived {
        position: 1,
        summaries: vec![
            ended(1, 300, ListState::Ended),
            ended(2, 100, ListState::Ended),
            ended(3, 200, ListState::Ended),
            ended(4, 50, ListState::Archived),
            ended(5, 0, ListState::Open),
        ],
        ..Derived::default()
    };
    journal.store_derived(derived).await.expect("a store");
    let before = async |time, max| {
        let time = Timestamp::from_millis(time);
        journal.ended_before(time, max).await.expect("a read")
    };
    assert_eq!(before(300, 9).await, [id(2), id(3)]);
    assert_eq!(before(301, 2).await, [id(2), id(3)]);
    assert_eq!(before(100, 9).await, []);
}

pub async fn what_is_tidied_up_is_there_after_reopening<P: Place>() {
    let place = P::new();
    let journal = place.open();
    let document = Document::new("a text");
    let facts = Append {
        documents: vec![document.clone()],
        ..append(1, 0, &["x"])
    };
    journal.append(facts).await.expect("an append");
    let derived = Derived {
        position: 1,
        summaries: vec![row(1, 1, ListState::Open)],
        ..Derived::default()
    };
    journal.store_derived(derived).await.expect("a store");
    assert_eq!(journal.tidy().await, Ok(()));
    // Work can go on after it.
    journal
        .append(append(1, 1, &["y"]))
        .await
        .expect("an append");
    drop(journal);
    let journal = place.open();
    assert_eq!(texts(&*journal, 0, 9).await, ["x", "y"]);
    assert_eq!(journal.derived_position().await.expect("a read"), 1);
    assert_eq!(journal.counts().await.expect("a read").open, 1);
    let text = journal
        .text(&document.reference().hash)
        .await
        .expect("a read");
    assert_eq!(text.as_ref(), Some(document.text()));
}

pub async fn long_reads_end_at_the_end_of_an_append<P: Place>() {
    let place = P::new();
    let journal = place.open();
    let long = "x".repeat(200_000);
    let mut expect = 0;
    for _ in 0..5 {
        let facts = append(1, expect, &[&long, &long, &long]);
        journal.append(facts).await.expect("an append");
        expect += 3;
    }
    let mut read = Vec::new();
    while read.len() < 15 {
        let page = journal.read(read.len() as u64, 100).await.expect("a read");
        let last = page.last().expect("progress");
        assert_eq!(last.position, last.batch_end, "an append stays whole");
        assert!(page.len() < 15, "about a megabyte at once");
        let of_one = journal
            .read_pipeline(&id(1), read.len() as u64, 100)
            .await
            .expect("a read");
        assert_eq!(of_one.len(), page.len());
        read.extend(page.into_iter().map(|row| row.position));
    }
    assert_eq!(read, (1..=15).collect::<Vec<u64>>());
}

/// Holds an engine to the contract: one test for each rule.
macro_rules! journal_contract {
    ($place:ty) => {
        journal_contract!(
            $place,
            what_was_appended_is_read_back_as_it_was,
            an_append_that_expected_another_state_is_a_conflict_and_adds_nothing,
            a_key_that_comes_twice_is_one_append,
            a_key_with_another_command_is_refused,
            a_key_without_facts_is_remembered_and_moves_no_position,
            a_key_outlives_a_restart,
            positions_are_dense_and_in_commit_order_under_fifty_writers,
            of_writers_that_expect_the_same_state_one_wins_each_round,
            pages_are_read_in_order_from_any_position,
            facts_are_the_same_after_reopening_and_every_open_begins_an_epoch,
            a_text_is_stored_once_and_read_by_its_hash,
            a_file_is_stored_once_for_each_pipeline_and_within_its_room,
            a_list_has_pages_in_order_and_a_search_finds_words_in_titles_messages_and_documents,
            words_are_the_same_for_every_engine,
            a_check_writes_and_changes_no_fact,
            a_match_is_found_whatever_else_matches,
            a_list_is_counted_in_all_however_short_its_page_is,
            a_snapshot_is_the_newest_one_that_is_not_newer_than_asked,
            what_is_derived_is_forgotten_and_the_facts_stay,
            what_is_derived_already_is_left_and_a_gap_is_told,
            what_ended_before_a_time_is_listed_the_longest_ago_first,
            what_is_tidied_up_is_there_after_reopening,
            long_reads_end_at_the_end_of_an_append,
        );
    };
    ($place:ty, $($rule:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $rule() {
                crate::contract::journal::$rule::<$place>().await;
            }
        )*

        #[test]
        fn every_rule_is_tested() {
            let rules = [$(stringify!($rule)),*];
            let written = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/contract/journal.rs"));
            let all = written.lines().filter_map(|line| line.strip_prefix("pub async fn "));
            let all = all.filter_map(|line| line.split('<').next());
            assert_eq!(all.collect::<Vec<_>>(), rules);
        }
    };
}
pub(crate) use journal_contract;
