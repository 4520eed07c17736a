//! The rules of an outbox, written against the trait. An engine proves that it keeps them with [`outbox_contract`].

use std::sync::Arc;

use domain::Timestamp;
use server::registry::{Followed, NewNotice, NoticeEnd, Outbox, Reached};

/// Where an engine keeps an outbox.
pub trait Place {
    /// A new place, without an outbox.
    fn new() -> Self;
    /// Opens the outbox there.
    fn open(&self) -> Arc<dyn Outbox>;
}

pub fn a_notice_is_kept_once_within_bounds_and_forgotten_long_after_its_end<P: Place>() {
    let home = P::new();
    let at = |millis: i64| Timestamp::from_millis(1_800_000_000_000 + millis);
    let notice = |number: i64| NewNotice {
        receiver: "a".to_owned(),
        id: format!("n{number}"),
        body: format!("{{\"n\":{number}}}"),
        made: at(number),
        due: at(0),
    };
    let reached = |epoch: &str, position| Reached {
        epoch: epoch.to_owned(),
        position,
    };
    let place = |receiver: &str, epoch, position| Followed {
        receiver: receiver.to_owned(),
        reached: reached(epoch, position),
    };
    let outbox = home.open();
    outbox.put_receiver(&place("a", "e", 5)).expect("a write");
    outbox.put_receiver(&place("b", "e", 40)).expect("a write");
    assert_eq!(
        outbox
            .put_notices(&[notice(1), notice(2)], Some(&reached("e", 10)), at(0), 3)
            .expect("a write"),
        0
    );
    assert_eq!(
        outbox
            .put_notices(&[notice(1)], Some(&reached("f", 20)), at(0), 3)
            .expect("a write"),
        0
    );
    let first = outbox.next_notice("a").expect("a read").expect("a notice");
    assert_eq!(
        (first.id.as_str(), first.tries, first.made),
        ("n1", 0, at(1))
    );
    assert_eq!(outbox.next_notice("b").expect("a read"), None);
    let oldest = |outbox: &Arc<dyn Outbox>| outbox.oldest_tried().expect("a read");
    assert_eq!(oldest(&outbox), None);
    outbox
        .try_notice_again(&first.delivery, at(60_000))
        .expect("a write");
    assert_eq!(oldest(&outbox), Some(at(1)));
    drop(outbox);
    let outbox = home.open();
    assert_eq!(
        outbox.followed().expect("a read"),
        [place("a", "f", 20), place("b", "e", 40)],
        "never back, and a position has the epoch that it was reached in"
    );
    let second = outbox.next_notice("a").expect("a read").expect("a notice");
    assert_eq!(second.id, "n2", "the first is later");
    outbox
        .end_notice(&second.delivery, NoticeEnd::Delivered, at(1))
        .expect("a write");
    let again = outbox.next_notice("a").expect("a read").expect("a notice");
    assert_eq!(
        (again.delivery, again.tries, again.next),
        (first.delivery, 1, at(60_000))
    );
    outbox
        .put_notices(&[notice(2)], None, at(2), 3)
        .expect("a write");
    let more: Vec<_> = (3..8).map(notice).collect();
    assert_eq!(
        outbox
            .put_notices(&more, Some(&reached("f", 30)), at(3), 3)
            .expect("a write"),
        3,
        "n1, n3 and n4"
    );
    let next = outbox.next_notice("a").expect("a read").expect("a notice");
    assert_eq!(next.id, "n5", "n2 was delivered, and is known");
    assert_eq!(oldest(&outbox), None, "n1 was given up");
    let later = at(8 * 24 * 3_600_000);
    outbox
        .put_notices(&[notice(2)], Some(&reached("f", 31)), later, 10)
        .expect("a write");
    let ids = || {
        std::iter::from_fn(|| {
            let next = outbox.next_notice("a").expect("a read")?;
            outbox
                .end_notice(&next.delivery, NoticeEnd::Withdrawn, later)
                .expect("a write");
            Some(next.id)
        })
    };
    assert_eq!(
        ids().collect::<Vec<_>>(),
        ["n5", "n6", "n7", "n2"],
        "after a week it is forgotten"
    );
    outbox.remove_receiver("a").expect("a write");
    assert_eq!(outbox.followed().expect("a read"), [place("b", "e", 40)]);
}

pub fn what_was_delivered_is_known_and_who_waits_is_listed_by_the_next_try<P: Place>() {
    let home = P::new();
    let outbox = home.open();
    let at = Timestamp::from_millis;
    let notice = |receiver: &str, id: &str, due: i64| NewNotice {
        receiver: receiver.to_owned(),
        id: id.to_owned(),
        body: "{}".to_owned(),
        made: at(1),
        due: at(due),
    };
    let notices = [
        notice("mail/Anna", "n", 30),
        notice("mail/Anna", "m", 20),
        notice("mail/Zoë", "n", 10),
        notice("team", "n", 5),
    ];
    assert_eq!(
        outbox
            .put_notices(&notices, None, at(0), 9)
            .expect("a write"),
        0
    );
    let waiting = |beginning: &str| outbox.waiting(beginning).expect("a read");
    let of = |name: &str, due| (name.to_owned(), at(due));
    assert_eq!(waiting("mail/"), [of("mail/Zoë", 10), of("mail/Anna", 20)]);
    assert_eq!(waiting("").len(), 3);
    assert!(waiting("mail/%").is_empty());
    let first = outbox
        .next_notice("mail/Anna")
        .expect("a read")
        .expect("one");
    assert_eq!(first.id, "m");
    let delivered = |id: &str| outbox.was_delivered("mail/Anna", id).expect("a read");
    assert!(!delivered("m") && !delivered("never"));
    outbox
        .end_notice(&first.delivery, NoticeEnd::Delivered, at(2))
        .expect("a write");
    // An end is one: whoever tells another later changes nothing.
    outbox
        .end_notice(&first.delivery, NoticeEnd::GivenUp, at(3))
        .expect("a write");
    assert!(delivered("m") && !delivered("n"));
    assert_eq!(waiting("mail/Anna"), [of("mail/Anna", 30)]);
}

/// Holds an engine to the contract: one test for each rule.
macro_rules! outbox_contract {
    ($place:ty) => {
        outbox_contract!(
            $place,
            a_notice_is_kept_once_within_bounds_and_forgotten_long_after_its_end,
            what_was_delivered_is_known_and_who_waits_is_listed_by_the_next_try,
        );
    };
    ($place:ty, $($rule:ident,)*) => {
        mod of_an_outbox {
            use super::*;

            $(
                #[test]
                fn $rule() {
                    crate::contract::outbox::$rule::<$place>();
                }
            )*

            #[test]
            fn every_rule_is_tested() {
                let rules = [$(stringify!($rule)),*];
                let written = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/contract/outbox.rs"));
                let all = written.lines().filter_map(|line| line.strip_prefix("pub fn "));
                let all = all.filter_map(|line| line.split('<').next());
                assert_eq!(all.collect::<Vec<_>>(), rules);
            }
        }
    };
}
pub(crate) use outbox_contract;
