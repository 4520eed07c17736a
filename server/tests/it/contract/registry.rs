//! The rules of a registry, written against the trait. An engine proves that it keeps them with [`registry_contract`].

use std::sync::{Arc, Barrier};

use domain::Timestamp;
use protocol::Scope;
use server::registry::{Store, StoredAgent, StoredSession};

/// Where an engine keeps a registry.
pub trait Place: Sync {
    /// A new place, without a registry.
    fn new() -> Self;
    /// Opens the registry there. Others may have it open as well.
    fn open(&self) -> Arc<dyn Store>;
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + millis)
}

fn agent(name: &str, number: u8) -> StoredAgent {
    StoredAgent {
        name: name.to_owned(),
        scope: Scope::Report,
        token: format!("token {number}"),
        hash: [number; 32],
        added: at(i64::from(number)),
        revoked: None,
    }
}

pub fn an_agent_is_read_back_as_it_was_added<P: Place>() {
    let place = P::new();
    let store = place.open();
    assert_eq!(store.agents().expect("a read"), []);
    let (second, first) = (
        agent("writer", 1),
        StoredAgent {
            scope: Scope::Read,
            ..agent("builder", 2)
        },
    );
    assert!(store.add_agent(&second).expect("a write"));
    assert!(store.add_agent(&first).expect("a write"));
    let all = [first, second];
    assert_eq!(store.agents().expect("a read"), all, "by name");
    drop(store);
    assert_eq!(
        place.open().agents().expect("a read"),
        all,
        "after reopening"
    );
}

pub fn a_name_has_one_valid_token_and_a_revoked_agent_keeps_its_name<P: Place>() {
    let place = P::new();
    let store = place.open();
    let first = agent("builder", 1);
    assert!(store.add_agent(&first).expect("a write"));
    let second = agent("builder", 2);
    assert!(!store.add_agent(&second).expect("a write"), "it is taken");
    assert_eq!(
        store.agents().expect("a read"),
        std::slice::from_ref(&first)
    );
    assert!(!store.revoke_agent("nobody", at(9)).expect("a write"));
    assert!(store.revoke_agent("builder", at(9)).expect("a write"));
    assert!(
        !store.revoke_agent("builder", at(10)).expect("a write"),
        "once"
    );
    let revoked = StoredAgent {
        revoked: Some(at(9)),
        ..first
    };
    assert_eq!(store.agents().expect("a read"), [revoked]);
    assert!(store.add_agent(&second).expect("a write"), "a new token");
    assert_eq!(store.agents().expect("a read"), [second]);
}

pub fn a_removed_agent_leaves_its_name_free<P: Place>() {
    let place = P::new();
    let store = place.open();
    let (one, other) = (agent("builder", 1), agent("reader", 2));
    assert!(store.add_agent(&one).expect("a write"));
    assert!(store.add_agent(&other).expect("a write"));
    store.remove_agent("token 7").expect("nothing to remove");
    store.remove_agent("token 1").expect("a write");
    assert_eq!(store.agents().expect("a read"), [other]);
    assert!(store.add_agent(&agent("builder", 3)).expect("a write"));
}

pub fn what_one_writes_another_one_notices<P: Place>() {
    let place = P::new();
    let (server, command) = (place.open(), place.open());
    let mut known = server.agents_version().expect("a read");
    let mut noticed = || {
        let now = server.agents_version().expect("a read");
        std::mem::replace(&mut known, now) != now
    };
    assert!(!noticed(), "nothing yet");
    assert!(command.add_agent(&agent("builder", 1)).expect("a write"));
    assert!(noticed());
    assert!(!noticed(), "once");
    assert!(command.revoke_agent("builder", at(9)).expect("a write"));
    assert!(noticed());
    command.remove_agent("token 1").expect("a write");
    assert!(noticed());
    assert_eq!(server.agents().expect("a read"), []);
    assert!(server.add_agent(&agent("reader", 2)).expect("a write"));
    assert!(!noticed(), "what it has changed itself it knows");
}

pub fn many_add_agents_at_once<P: Place>() {
    let place = P::new();
    let start = Barrier::new(8);
    std::thread::scope(|threads| {
        for number in 0..8 {
            let (start, place) = (&start, &place);
            threads.spawn(move || {
                start.wait();
                let store = place.open();
                let own = agent(&format!("agent {number}"), number);
                assert!(store.add_agent(&own).expect("a write"));
                // All want the same name: one gets it.
                let _ = store
                    .add_agent(&agent("everybody", 100 + number))
                    .expect("a write");
            });
        }
    });
    let names = place.open().agents().expect("a read");
    assert_eq!(names.len(), 9, "{names:?}");
}

pub fn a_session_is_read_back_with_its_owner_and_what_it_watches<P: Place>() {
    let place = P::new();
    let store = place.open();
    assert_eq!(store.session("s").expect("a read"), None);
    assert_eq!(store.use_session("s", at(1)).expect("a read"), None);
    store.put_session("s", "state", at(1), 9).expect("a write");
    let plain = StoredSession {
        state: "state".to_owned(),
        ..StoredSession::default()
    };
    assert_eq!(store.session("s").expect("a read"), Some(plain));
    store.bind_session("s", "builder").expect("a write");
    store
        .watch_session("s", &|| "[1]".to_owned())
        .expect("a write");
    store.put_session("s", "newer", at(2), 9).expect("a write");
    let whole = StoredSession {
        state: "newer".to_owned(),
        agent: Some("builder".to_owned()),
        watched: Some("[1]".to_owned()),
    };
    assert_eq!(store.session("s").expect("a read"), Some(whole.clone()));
    drop(store);
    let store = place.open();
    assert_eq!(
        store.session("s").expect("a read"),
        Some(whole),
        "after reopening"
    );
    let state = store.use_session("s", at(3)).expect("a read");
    assert_eq!(state.as_deref(), Some("newer"));
    store.delete_session("s").expect("a write");
    store.delete_session("s").expect("nothing to delete");
    assert_eq!(store.session("s").expect("a read"), None);
}

pub fn notes_about_an_unknown_session_make_none<P: Place>() {
    let place = P::new();
    let store = place.open();
    store.bind_session("s", "builder").expect("nothing");
    store
        .watch_session("s", &|| "[]".to_owned())
        .expect("nothing");
    assert_eq!(store.session("s").expect("a read"), None);
}

/// Sessions that are kept here.
const MOST: i64 = 20;

pub fn the_longest_unused_sessions_are_forgotten<P: Place>() {
    let place = P::new();
    let store = place.open();
    for number in 0..MOST {
        let name = format!("s{number}");
        store
            .put_session(&name, "state", at(number), MOST as usize)
            .expect("a write");
    }
    // The oldest is used once more, so that the second oldest is the longest unused.
    let later = at(MOST);
    assert!(store.use_session("s0", later).expect("a write").is_some());
    let put = |id| store.put_session(id, "state", later, MOST as usize);
    put("new").expect("a write");
    // One that is known already takes nobody's place.
    put("new").expect("a write");
    let known = |name: &str| store.session(name).expect("a read").is_some();
    assert!(known("s0") && known("new") && known("s2"));
    assert!(!known("s1"));
}

/// Holds an engine to the contract: one test for each rule.
macro_rules! registry_contract {
    ($place:ty) => {
        registry_contract!(
            $place,
            an_agent_is_read_back_as_it_was_added,
            a_name_has_one_valid_token_and_a_revoked_agent_keeps_its_name,
            a_removed_agent_leaves_its_name_free,
            what_one_writes_another_one_notices,
            many_add_agents_at_once,
            a_session_is_read_back_with_its_owner_and_what_it_watches,
            notes_about_an_unknown_session_make_none,
            the_longest_unused_sessions_are_forgotten,
        );
    };
    ($place:ty, $($rule:ident,)*) => {
        $(
            #[test]
            fn $rule() {
                crate::contract::registry::$rule::<$place>();
            }
        )*

        #[test]
        fn every_rule_is_tested() {
            let rules = [$(stringify!($rule)),*];
            let written = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/contract/registry.rs"));
            let all = written.lines().filter_map(|line| line.strip_prefix("pub fn "));
            let all = all.filter_map(|line| line.split('<').next());
            assert_eq!(all.collect::<Vec<_>>(), rules);
        }
    };
}
pub(crate) use registry_contract;
