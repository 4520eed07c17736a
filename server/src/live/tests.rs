use std::{
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, Wake, Waker},
};

use proptest::prelude::*;

use super::*;

const MEBIBYTE: usize = 1024 * 1024;

/// Bytes that say of which position they are.
fn unit(position: u64, pipeline: u16, size: usize) -> Unit {
    let mut bytes = vec![0; 16 + size];
    bytes[..8].copy_from_slice(&position.to_le_bytes());
    bytes[8..16].copy_from_slice(&(size as u64).to_le_bytes());
    Unit {
        position,
        pipeline: id(pipeline),
        project: project(pipeline),
        bytes: bytes.into(),
    }
}

fn id(n: u16) -> PipelineId {
    PipelineId::new(Timestamp::from_millis(1_800_000_000_000), n)
}

/// Two pipelines in each project.
fn project(pipeline: u16) -> Arc<str> {
    Arc::from(format!("p{}", pipeline / 2))
}

/// The positions of the units in some bytes.
fn positions(mut bytes: &[u8]) -> Vec<u64> {
    let mut found = Vec::new();
    while let Some((head, rest)) = bytes.split_first_chunk::<16>() {
        let number = |from: usize| u64::from_le_bytes(std::array::from_fn(|n| head[from + n]));
        found.push(number(0));
        bytes = &rest[number(8) as usize..];
    }
    found
}

/// Somebody who follows the log, and notes whether it was woken.
struct Reader {
    cursor: Cursor,
    woken: Arc<Woken>,
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Reader {
    fn of(live: &Live, position: u64, filter: Filter) -> Self {
        Self {
            cursor: live.cursor(position, filter),
            woken: Arc::default(),
        }
    }

    fn next(&mut self) -> Poll<Next> {
        let waker = Waker::from(Arc::clone(&self.woken));
        self.cursor.poll_next(&mut Context::from_waker(&waker))
    }

    /// The units that there are for it now, or None if it cannot go on.
    fn rest(&mut self) -> Option<Vec<u64>> {
        let mut found = Vec::new();
        loop {
            match self.next() {
                Poll::Ready(Next::Bytes(bytes)) if bytes.starts_with(b"event: ") => {}
                Poll::Ready(Next::Bytes(bytes)) => found.extend(positions(&bytes)),
                Poll::Ready(_) => return None,
                Poll::Pending => return Some(found),
            }
        }
    }

    fn was_woken(&self) -> bool {
        self.woken.0.swap(false, Ordering::Relaxed)
    }
}

fn only(pipeline: u16) -> Filter {
    Filter {
        pipeline: Some(id(pipeline)),
        project: None,
    }
}

fn of_project_of(pipeline: u16) -> Filter {
    Filter {
        pipeline: None,
        project: Some(project(pipeline)),
    }
}

#[test]
fn a_cursor_that_fell_out_of_the_bounds_is_told_so() {
    let live = Live::new("e", 0, Durations::default());
    (1..=40).for_each(|n| live.push(unit(n, 1, MEBIBYTE)));
    let (floor, head) = live.bounds();
    assert_eq!((floor, head), (9, 40), "at most 32 MiB are kept");
    let from = |position| Reader::of(&live, position, Filter::default()).rest();
    assert_eq!(from(8), None);
    assert_eq!(from(9), Some((10..=40).collect()));
    assert_eq!(from(40), Some(Vec::new()));
}

#[test]
fn a_cursor_whose_filter_shows_nothing_stays_however_much_passes() {
    let live = Live::new("e", 0, Durations::default());
    live.push(unit(1, 2, 0));
    let mut quiet = Reader::of(&live, 0, of_project_of(2));
    assert_eq!(quiet.rest(), Some(vec![1]));
    (2..=40).for_each(|n| live.push(unit(n, 0, MEBIBYTE)));
    live.push(unit(41, 3, 0));
    assert_eq!(quiet.rest(), Some(vec![41]));
}

#[test]
fn an_event_wakes_those_who_follow_it_and_nobody_else() {
    let live = Live::new("e", 0, Durations::default());
    let both = Filter {
        project: Some(project(0)),
        ..only(0)
    };
    let filters = [
        Filter::default(),
        only(0),
        of_project_of(0),
        both,
        only(1),
        of_project_of(2),
    ];
    let mut readers = filters.map(|filter| Reader::of(&live, 0, filter));
    let mut woken = |by: &dyn Fn()| {
        readers
            .iter_mut()
            .for_each(|reader| assert!(reader.rest().is_some()));
        readers.iter().for_each(|reader| _ = reader.was_woken());
        by();
        readers.each_ref().map(Reader::was_woken)
    };
    assert_eq!(
        woken(&|| live.push(unit(1, 0, 0))),
        [true, true, true, true, false, false]
    );
    assert_eq!(
        woken(&|| live.push(unit(2, 1, 0))),
        [true, false, true, false, true, false]
    );
    assert_eq!(woken(&|| live.beat(Timestamp::from_millis(0))), [true; 6]);
    assert_eq!(woken(&|| live.announce(Bytes::new())), [true; 6]);
    assert_eq!(woken(&|| live.restart("f", 1)), [true; 6]);
    assert_eq!(live.subscribers(), 0, "they follow what is over");
}

#[test]
fn a_channel_that_nobody_follows_is_kept_no_longer() {
    let live = Live::new("e", 0, Durations::default());
    let [first, second] = [0, 0].map(|n| live.cursor(0, only(n)));
    assert_eq!((live.subscribers(), live.log().channels.len()), (2, 1));
    drop(first);
    assert_eq!((live.subscribers(), live.log().channels.len()), (1, 1));
    live.restart("f", 3);
    let third = live.cursor(3, only(0));
    drop(second);
    assert_eq!((live.subscribers(), live.log().channels.len()), (1, 1));
    drop(third);
    assert_eq!((live.subscribers(), live.log().channels.len()), (0, 0));
}

#[test]
fn a_heartbeat_has_an_id_where_it_goes_neither_too_far_nor_back() {
    let live = Live::new("e", 4, Durations::default());
    let has_id = |reader: &mut Reader| match reader.next() {
        Poll::Ready(Next::Bytes(bytes)) => String::from_utf8_lossy(&bytes).contains("\nid: e-"),
        _ => panic!("no heartbeat"),
    };
    let mut reader = Reader::of(&live, 4, only(0));
    live.push(unit(5, 1, 0));
    live.beat(Timestamp::from_millis(0));
    // Before it is asked, more happens that is not for it.
    live.push(unit(6, 1, 0));
    assert!(has_id(&mut reader));
    live.beat(Timestamp::from_millis(0));
    live.push(unit(7, 0, 0));
    let next = reader.next();
    assert!(matches!(next, Poll::Ready(Next::Bytes(bytes)) if positions(&bytes) == [7]));
    assert!(!has_id(&mut reader), "its client knows 7, and this is of 6");
}

/// What may happen to a log.
#[derive(Debug, Clone)]
enum Step {
    Push { pipeline: u16, size: usize },
    Pass,
    Beat,
    Restart,
    Join { back: u64, filter: usize },
    Read(usize),
    Leave(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let size = prop_oneof![4 => Just(0), 2 => Just(MEBIBYTE / 8), 1 => Just(12 * MEBIBYTE)];
    let step = prop_oneof![
        8 => (0..4_u16, size).prop_map(|(pipeline, size)| Step::Push { pipeline, size }),
        1 => Just(Step::Pass),
        1 => Just(Step::Beat),
        1 => Just(Step::Restart),
        4 => (0..12_u64, 0..8_usize).prop_map(|(back, filter)| Step::Join { back, filter }),
        6 => (0..6_usize).prop_map(Step::Read),
        2 => (0..6_usize).prop_map(Step::Leave),
    ];
    proptest::collection::vec(step, 1..120)
}

/// A reader, and where it is by the plain rule: every unit since its place that its filter shows, once and in order.
struct Followed {
    reader: Reader,
    filter: Filter,
    place: u64,
    restarts: u64,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_reader_gets_what_its_filter_shows_once_and_in_order_or_learns_that_it_is_behind(steps in steps()) {
        let live = Live::new("e", 0, Durations::default());
        let (mut all, mut restarts) = (Vec::<(u64, u16)>::new(), 0);
        let mut readers: Vec<Followed> = Vec::new();
        let filters: Vec<Filter> = (0..4)
            .map(only)
            .chain([Filter::default(), of_project_of(0), of_project_of(2)])
            .chain([Filter { project: Some(project(0)), ..only(3) }])
            .collect();
        for step in steps {
            let (floor, head) = live.bounds();
            match step {
                Step::Push { pipeline, size } => {
                    live.push(unit(head + 1, pipeline, size));
                    all.push((head + 1, pipeline));
                }
                Step::Pass => live.reach(head + 2),
                Step::Beat => live.beat(Timestamp::from_millis(0)),
                Step::Restart => {
                    live.restart("f", head + 1);
                    restarts += 1;
                }
                Step::Join { back, filter } => {
                    let (place, filter) = (head.saturating_sub(back).max(floor), filters[filter].clone());
                    let reader = Reader::of(&live, place, filter.clone());
                    readers.push(Followed { reader, filter, place, restarts });
                }
                Step::Leave(number) => drop((number < readers.len()).then(|| readers.swap_remove(number))),
                Step::Read(number) => {
                    let Some(followed) = readers.get_mut(number) else { continue };
                    let shown = all.iter().filter(|(position, pipeline)| {
                        *position > followed.place && followed.filter.shows(&id(*pipeline), &project(*pipeline))
                    });
                    let shown: Vec<u64> = shown.map(|(position, _)| *position).collect();
                    if let Some(got) = followed.reader.rest() {
                        prop_assert_eq!(got, shown);
                        followed.place = head;
                    } else {
                        let is_lost = shown.first().is_some_and(|first| *first <= floor);
                        prop_assert!(is_lost || followed.restarts != restarts);
                        readers.swap_remove(number);
                    }
                }
            }
        }
        let log = live.log();
        let kept = log.channels.values().filter_map(|channel| channel.oldest());
        prop_assert!(kept.min().is_none_or(|oldest| oldest > log.floor), "more than 32 MiB are kept");
        drop(log);
        drop(readers);
        prop_assert_eq!((live.subscribers(), live.log().channels.len()), (0, 0));
    }
}
