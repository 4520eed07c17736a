//! What the nodes of one place share, written against the trait. A store proves that it keeps these rules with
//! [`nodes_contract`].

use std::{sync::Arc, thread::sleep, time::Duration};

use server::registry::{Kept, NodeStore, Told};

/// A place with nodes.
pub trait Place {
    /// A new place, in which nothing is remembered.
    fn new() -> Self;
    /// One more node there.
    fn open(&self) -> Arc<dyn NodeStore>;
}

const KEPT: Kept = Kept {
    lasts: Duration::from_secs(60),
    most: 3,
};

pub fn one_node_is_on_duty_until_it_leaves_or_is_silent_for_its_term<P: Place>() {
    let place = P::new();
    let first = place.open();
    let told = |version: &str| Told {
        version: version.to_owned(),
        agents: "[]".to_owned(),
    };
    let beat =
        |node: &Arc<dyn NodeStore>, version, term| node.beat(&told(version), term).expect("a beat");
    let (long, short) = (Duration::from_secs(60), Duration::from_millis(200));
    assert!(beat(&first, "1", long).on_duty && beat(&first, "1", long).on_duty);
    if !first.is_shared() {
        return;
    }
    let second = place.open();
    let heard = beat(&second, "2", long);
    assert!(!heard.on_duty);
    assert_eq!(heard.others, [told("1")]);
    assert!(heard.now.is_some());
    // The holder may ask for less, and is silent then.
    assert!(beat(&first, "1", short).on_duty);
    sleep(short * 2);
    assert!(beat(&second, "2", long).on_duty);
    let heard = beat(&first, "1", long);
    assert!(!heard.on_duty);
    assert_eq!(heard.others, [told("2")]);
    second.leave().expect("it leaves");
    let heard = beat(&first, "1", long);
    assert!(heard.on_duty && heard.others.is_empty(), "{heard:?}");
}

pub fn what_is_remembered_is_known_on_every_node_and_ends<P: Place>() {
    let place = P::new();
    let here = place.open();
    let there = if here.is_shared() {
        place.open()
    } else {
        Arc::clone(&here)
    };
    let recall = |kind: &str, id: &str| there.recall(kind, id).expect("a read");
    here.remember("pins", "phone", "1", KEPT).expect("kept");
    assert_eq!(recall("pins", "phone").as_deref(), Some("1"));
    assert_eq!(
        (recall("pins", "laptop"), recall("keys", "phone")),
        (None, None)
    );
    here.remember("pins", "phone", "2", KEPT).expect("kept");
    assert_eq!(recall("pins", "phone").as_deref(), Some("2"));
    let soon = Kept {
        lasts: Duration::from_millis(100),
        ..KEPT
    };
    here.remember("pins", "laptop", "3", soon).expect("kept");
    sleep(soon.lasts * 2);
    assert_eq!(recall("pins", "laptop"), None);
    assert_eq!(there.take("pins", "laptop").expect("a read"), None);
    here.forget_all("pins").expect("forgotten");
    assert_eq!(recall("pins", "phone"), None);
}

pub fn what_is_taken_is_taken_once_and_the_oldest_makes_room<P: Place>() {
    let place = P::new();
    let here = place.open();
    let there = if here.is_shared() {
        place.open()
    } else {
        Arc::clone(&here)
    };
    for id in ["a", "b", "c", "d"] {
        here.remember("codes", id, id, KEPT).expect("kept");
        sleep(Duration::from_millis(3));
    }
    here.remember("others", "a", "a", KEPT).expect("kept");
    assert_eq!(
        there.take("codes", "a").expect("a read"),
        None,
        "it made room"
    );
    for id in ["b", "c", "d"] {
        assert_eq!(
            there.take("codes", id).expect("a read").as_deref(),
            Some(id)
        );
        assert_eq!(here.take("codes", id).expect("a read"), None);
    }
    assert_eq!(
        there.recall("others", "a").expect("a read").as_deref(),
        Some("a")
    );
}

/// Holds a store to the contract: one test for each rule.
macro_rules! nodes_contract {
    ($place:ty) => {
        nodes_contract!(
            $place,
            one_node_is_on_duty_until_it_leaves_or_is_silent_for_its_term,
            what_is_remembered_is_known_on_every_node_and_ends,
            what_is_taken_is_taken_once_and_the_oldest_makes_room,
        );
    };
    ($place:ty, $($rule:ident,)*) => {
        mod of_nodes {
            use super::*;

            $(
                #[test]
                fn $rule() {
                    crate::contract::nodes::$rule::<$place>();
                }
            )*

            #[test]
            fn every_rule_is_tested() {
                let rules = [$(stringify!($rule)),*];
                let written = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/contract/nodes.rs"));
                let all = written.lines().filter_map(|line| line.strip_prefix("pub fn "));
                let all = all.filter_map(|line| line.split('<').next());
                assert_eq!(all.collect::<Vec<_>>(), rules);
            }
        }
    };
}
pub(crate) use nodes_contract;
