//! The rules of what is kept about people, written against the traits. An engine proves that it keeps them with
//! [`people_contract`].

use std::sync::{Arc, Barrier};

use domain::Timestamp;
use protocol::{Happened, Role, Scope, Wishes};
use server::registry::{
    Changed, CodeFor, FROM_TERMINAL, Noted, PeopleStore, SecretKind, StoredCode, StoredDevice,
    StoredPasskey, StoredPerson, StoredPush, StoredToken,
};

/// Where an engine keeps people.
pub trait Place: Sync {
    /// A new place, with nobody.
    fn new() -> Self;
    /// Opens what is there. Others may have it open as well.
    fn open(&self) -> Arc<dyn PeopleStore>;
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + millis)
}

fn person(name: &str, role: Role) -> StoredPerson {
    StoredPerson {
        name: name.to_owned(),
        alike: name.to_lowercase(),
        role,
        added: at(1),
        disabled: None,
    }
}

fn device(id: &str, person: &str, used: i64) -> StoredDevice {
    StoredDevice {
        id: id.to_owned(),
        hash: [7; 32],
        person: person.to_owned(),
        label: "Firefox, Linux – größer".to_owned(),
        added: at(1),
        used: at(used),
    }
}

fn token(id: &str, person: &str, expires: i64) -> StoredToken {
    StoredToken {
        id: id.to_owned(),
        hash: [9; 32],
        person: person.to_owned(),
        label: "nightly".to_owned(),
        scope: Scope::Report,
        added: at(5),
        expires: at(expires),
        used: None,
    }
}

fn push(device: &str, endpoint: &str) -> StoredPush {
    StoredPush {
        device: device.to_owned(),
        person: "Anna".to_owned(),
        endpoint: endpoint.to_owned(),
        p256dh: vec![4, 0, 255],
        auth: vec![1; 16],
        lang: "de".to_owned(),
    }
}

pub fn people_are_listed_by_name_and_names_that_read_alike_are_one<P: Place>() {
    let place = P::new();
    let store = place.open();
    let add = |name: &str, role| {
        store
            .add_person(&person(name, role), false)
            .expect("a write")
    };
    assert!(add("Zoë", Role::Owner) && add("anna", Role::Viewer) && add("Bo", Role::Reviewer));
    assert!(!add("ANNA", Role::Owner), "they read alike");
    assert!(!add("Bo", Role::Owner));
    let names = |store: &dyn PeopleStore| {
        let people = store.people().expect("a read").into_iter();
        people.map(|person| person.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&*store), ["Bo", "Zoë", "anna"], "by their bytes");
    let instance = store.instance().expect("a read");
    let plain = instance
        .bytes()
        .all(|letter| letter.is_ascii_alphanumeric());
    assert!(instance.len() == 8 && plain, "{instance}");
    drop(store);
    let store = place.open();
    assert_eq!(names(&*store).len(), 3, "after reopening");
    assert_eq!(store.instance().expect("a read"), instance);
}

pub fn the_first_person_is_one_of_many_at_once<P: Place>() {
    let place = P::new();
    let start = Barrier::new(8);
    let added = std::thread::scope(|threads| {
        let tries: Vec<_> = (0..8)
            .map(|number| {
                let (start, place) = (&start, &place);
                threads.spawn(move || {
                    let store = place.open();
                    start.wait();
                    let own = person(&format!("p{number}"), Role::Owner);
                    store.add_person(&own, true).expect("a write")
                })
            })
            .collect();
        let added = tries
            .into_iter()
            .map(|tried| tried.join().expect("no panic"));
        added.filter(|added| *added).count()
    });
    assert_eq!(added, 1);
    assert_eq!(place.open().people().expect("a read").len(), 1);
}

pub fn there_is_always_an_owner_who_is_let_in<P: Place>() {
    let place = P::new();
    let store = place.open();
    for one in ["Anna", "Bo"] {
        assert!(
            store
                .add_person(&person(one, Role::Owner), false)
                .expect("a write")
        );
    }
    let role = |name: &str, role| store.set_role(name, role).expect("a write");
    let disabled = |name: &str, since| store.set_disabled(name, since).expect("a write");
    assert_eq!(role("Nobody", Role::Owner), Changed::Nobody);
    assert_eq!(role("Bo", Role::Viewer), Changed::Done);
    assert_eq!(role("Anna", Role::Reviewer), Changed::LastOwner);
    assert_eq!(disabled("Anna", Some(at(9))), Changed::LastOwner);
    assert_eq!(role("Bo", Role::Owner), Changed::Done);
    for table in ["d1", "d2"] {
        store
            .add_device(&device(table, "Anna", 1), 9)
            .expect("a write");
    }
    store
        .add_device(&device("d3", "Bo", 1), 9)
        .expect("a write");
    assert!(
        store
            .add_token(&token("t", "Anna", 99), 9)
            .expect("a write")
    );
    store
        .put_push(&push("d1", "https://push.example/1"))
        .expect("a write");
    assert_eq!(disabled("Anna", Some(at(9))), Changed::Done);
    let left: Vec<_> = store
        .devices()
        .expect("a read")
        .into_iter()
        .map(|one| one.id)
        .collect();
    assert_eq!(left, ["d3"], "whoever is kept out has none");
    assert!(store.tokens().expect("a read").is_empty());
    assert!(store.pushes().expect("a read").is_empty());
    assert_eq!(
        role("Bo", Role::Viewer),
        Changed::LastOwner,
        "Anna is kept out"
    );
    assert_eq!(disabled("Anna", None), Changed::Done);
    assert_eq!(store.people().expect("a read")[0].disabled, None);
}

pub fn two_owners_who_step_down_at_once_leave_one<P: Place>() {
    let place = P::new();
    let store = place.open();
    for name in ["Anna", "Bo"] {
        assert!(
            store
                .add_person(&person(name, Role::Owner), false)
                .expect("a write")
        );
    }
    for round in 0..10 {
        let start = Barrier::new(2);
        std::thread::scope(|threads| {
            for name in ["Anna", "Bo"] {
                let (start, place) = (&start, &place);
                threads.spawn(move || {
                    let store = place.open();
                    start.wait();
                    let _ = store.set_role(name, Role::Viewer).expect("a write");
                });
            }
        });
        let people = store.people().expect("a read").into_iter();
        let owners = people.filter(|one| one.role == Role::Owner).count();
        assert_eq!(owners, 1, "round {round}");
        for name in ["Anna", "Bo"] {
            assert_eq!(
                store.set_role(name, Role::Owner).expect("a write"),
                Changed::Done
            );
        }
    }
}

pub fn the_longest_unused_devices_of_a_person_are_forgotten<P: Place>() {
    let place = P::new();
    let store = place.open();
    for (id, used) in [("d1", 1), ("d2", 5), ("d3", 3)] {
        store
            .add_device(&device(id, "Anna", used), 3)
            .expect("a write");
    }
    store
        .add_device(&device("other", "Bo", 0), 3)
        .expect("a write");
    store.use_device("d1", at(4)).expect("a write");
    store.use_device("d1", at(2)).expect("never back");
    store
        .add_device(&device("d4", "Anna", 9), 3)
        .expect("a write");
    let devices = store.devices().expect("a read");
    let ids: Vec<_> = devices.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["d4", "d2", "d1", "other"], "d3 was unused longest");
    assert_eq!(devices[2], device("d1", "Anna", 4));
    assert!(
        !store.remove_device("Bo", "d1").expect("a write"),
        "it is not Bo's"
    );
    let nobodys = store.remove_device("Bo\0", "d1\0").expect("a write");
    assert!(!nobodys, "a name that nobody can have");
    assert!(store.remove_device("Anna", "d1").expect("a write"));
    store.sign_everybody_out().expect("a write");
    assert!(store.devices().expect("a read").is_empty());
}

pub fn a_code_is_taken_once_and_in_time<P: Place>() {
    let place = P::new();
    let store = place.open();
    let code = |number: u8, purpose, expires| StoredCode {
        hash: [number; 32],
        purpose,
        expires: at(expires),
    };
    let of = |name: &str| CodeFor::Person(name.to_owned());
    let put = |code: &StoredCode, now| store.put_code(code, at(now), 2).expect("a write");
    let take = |number: u8, now| store.take_code(&[number; 32], at(now)).expect("a write");
    let first = code(1, CodeFor::First, 100);
    assert!(put(&first, 0) && put(&code(2, CodeFor::First, 100), 0));
    assert_eq!(
        take(1, 50),
        None,
        "a newer one for the first owner replaces it"
    );
    assert!(put(&code(3, of("Anna"), 100), 0) && put(&code(4, of("Anna"), 40), 0));
    assert!(!put(&code(5, of("Anna"), 100), 0), "two are enough");
    assert!(put(&code(5, of("Bo"), 100), 0), "others are others");
    assert!(put(&code(6, of("Anna"), 100), 50), "one has expired");
    assert_eq!(take(4, 50), None);
    assert_eq!(take(3, 100), None, "too late");
    let start = Barrier::new(4);
    let taken = std::thread::scope(|threads| {
        let tries: Vec<_> = (0..4)
            .map(|_| {
                let (start, place) = (&start, &place);
                threads.spawn(move || {
                    let store = place.open();
                    start.wait();
                    store.take_code(&[2; 32], at(50)).expect("a write")
                })
            })
            .collect();
        let taken = tries
            .into_iter()
            .filter_map(|tried| tried.join().expect("no panic"));
        taken.collect::<Vec<_>>()
    });
    assert_eq!(taken, [code(2, CodeFor::First, 100)]);
}

pub fn the_audit_has_its_lines_in_order_and_a_person_sees_links_once<P: Place>() {
    let place = P::new();
    let store = place.open();
    assert!(
        store
            .add_person(&person("Anna", Role::Owner), false)
            .expect("a write")
    );
    let note = |number: i64, what, from: &str| {
        let noted = Noted {
            at: at(number),
            who: (number % 2 == 0).then(|| "Anna".to_owned()),
            from: from.to_owned(),
            what,
            about: format!("line {number}"),
        };
        store.note(&noted).expect("a write");
    };
    note(0, Happened::LinkMade, FROM_TERMINAL);
    note(2, Happened::LinkMade, FROM_TERMINAL);
    note(3, Happened::LinkMade, "board");
    note(4, Happened::SignedIn, FROM_TERMINAL);
    note(5, Happened::LinkMade, FROM_TERMINAL);
    let lines = store.audit(None, 2).expect("a read");
    let about: Vec<_> = lines.iter().map(|line| line.about.as_str()).collect();
    assert_eq!(about, ["line 5", "line 4"], "the newest first");
    assert_eq!(
        (lines[0].who.clone(), lines[1].who.as_deref()),
        (None, Some("Anna"))
    );
    let before = store.audit(Some(lines[1].number), 9).expect("a read");
    assert_eq!(before.len(), 3);
    let unseen = || {
        let lines = store.unseen_links("Anna", 9).expect("a read").into_iter();
        lines
            .map(|line| (line.number, line.about))
            .collect::<Vec<_>>()
    };
    let all = unseen();
    let about: Vec<_> = all.iter().map(|(_, about)| about.as_str()).collect();
    assert_eq!(about, ["line 5", "line 2"], "since Anna was added");
    store.see("Anna", all[0].0).expect("a write");
    store.see("Anna", all[1].0).expect("never back");
    assert!(unseen().is_empty());
}

pub fn credentials_are_within_bounds_and_those_of_others_are_not_touched<P: Place>() {
    let place = P::new();
    let store = place.open();
    let passkey = |id: &str, person: &str| StoredPasskey {
        id: id.to_owned(),
        person: person.to_owned(),
        user: "handle".to_owned(),
        site: "localhost".to_owned(),
        label: "Laptop".to_owned(),
        key: "{}".to_owned(),
        added: at(1),
        used: None,
    };
    let add = |id: &str, person: &str| store.add_passkey(&passkey(id, person), 2).expect("a write");
    assert!(add("b", "Anna") && add("a", "Anna") && !add("c", "Anna") && !add("a", "Bo"));
    assert_eq!(
        store.passkeys("Anna").expect("a read"),
        [passkey("a", "Anna"), passkey("b", "Anna")]
    );
    store
        .use_passkey("a", "{\"counter\":1}", at(7))
        .expect("a write");
    let used = store.passkey("a").expect("a read").expect("a passkey");
    assert_eq!(
        (used.key.as_str(), used.used),
        ("{\"counter\":1}", Some(at(7)))
    );
    assert!(!store.remove_passkey("Bo", "a").expect("a write"));
    assert!(store.remove_passkey("Anna", "a").expect("a write"));
    assert_eq!(store.passkey("a").expect("a read"), None);

    let secret = |kind| store.secret("Anna", kind).expect("a read");
    let set = |kind, hash| store.set_secret("Anna", kind, hash).expect("a write");
    set(SecretKind::Pin, Some("one"));
    set(SecretKind::Pin, Some("two"));
    assert_eq!(secret(SecretKind::Pin).as_deref(), Some("two"));
    assert_eq!(secret(SecretKind::Password), None);
    set(SecretKind::Pin, None);
    assert_eq!(secret(SecretKind::Pin), None);

    let add = |token: &StoredToken| store.add_token(token, 2).expect("a write");
    assert!(
        add(&token("t1", "Anna", 3)),
        "it expires before the next is added"
    );
    assert!(add(&token("t2", "Anna", 99)) && add(&token("t3", "Anna", 99)));
    assert!(!add(&token("t4", "Anna", 99)) && add(&token("t5", "Bo", 99)));
    store.use_token("t2", at(9)).expect("a write");
    store.use_token("t2", at(8)).expect("never back");
    let used = StoredToken {
        used: Some(at(9)),
        ..token("t2", "Anna", 99)
    };
    assert_eq!(
        store.tokens().expect("a read"),
        [used, token("t3", "Anna", 99), token("t5", "Bo", 99)]
    );
    assert!(!store.remove_token("Anna", "t5").expect("a write"));
    assert!(store.remove_token("Bo", "t5").expect("a write"));
}

pub fn wishes_settings_and_browsers_are_kept<P: Place>() {
    let place = P::new();
    let store = place.open();
    let key = store.push_key([1; 32]).expect("a write");
    assert_eq!(key, [1; 32]);
    assert_eq!(
        store.push_key([2; 32]).expect("a read"),
        key,
        "the first one stays"
    );
    for name in ["Anna", "Bo", "Zoë"] {
        assert!(
            store
                .add_person(&person(name, Role::Owner), false)
                .expect("a write")
        );
    }
    let wishes = Wishes {
        projects: ["p".to_owned()].into(),
        remind_minutes: Some(30),
        ..Wishes::default()
    };
    assert_eq!(store.wishes("Anna").expect("a read"), Wishes::default());
    store
        .put_wishes("Anna", &Wishes::default())
        .expect("a write");
    store.put_wishes("Anna", &wishes).expect("a write");
    store.set_disabled("Zoë", Some(at(3))).expect("a write");
    assert_eq!(
        store.all_wishes().expect("a read"),
        [
            ("Anna".to_owned(), wishes),
            ("Bo".to_owned(), Wishes::default())
        ]
    );
    assert_eq!(store.settings().expect("a read"), None);
    for settings in ["{}", "{\"a\":1}"] {
        store.put_settings(settings).expect("a write");
        assert_eq!(store.settings().expect("a read").as_deref(), Some(settings));
    }

    for id in ["d1", "d2"] {
        store
            .add_device(&device(id, "Anna", 1), 9)
            .expect("a write");
    }
    let [one, two] = [
        push("d1", "https://push.example/1"),
        push("d2", "https://push.example/2"),
    ];
    store.put_push(&one).expect("a write");
    store.put_push(&two).expect("a write");
    assert_eq!(store.pushes().expect("a read"), [one.clone(), two]);
    // Somebody else signs in to the same browser.
    store
        .put_push(&push("d2", "https://push.example/1"))
        .expect("a write");
    assert_eq!(
        store.pushes().expect("a read"),
        [push("d2", "https://push.example/1")]
    );
    assert!(store.remove_push("d2").expect("a write"));
    assert!(!store.remove_push("d2").expect("a write"));
    store.put_push(&one).expect("a write");
    assert!(store.remove_device("Anna", "d1").expect("a write"));
    assert!(
        store.pushes().expect("a read").is_empty(),
        "whoever is signed out has none"
    );
}

pub fn what_one_changes_about_people_another_one_notices<P: Place>() {
    let place = P::new();
    let (server, command) = (place.open(), place.open());
    let mut known = server.people_version().expect("a read");
    let mut noticed = || {
        let now = server.people_version().expect("a read");
        std::mem::replace(&mut known, now) != now
    };
    assert!(!noticed(), "nothing yet");
    assert!(
        command
            .add_person(&person("Anna", Role::Owner), false)
            .expect("a write")
    );
    assert!(noticed());
    assert!(!noticed(), "once");
    command
        .add_device(&device("d", "Anna", 1), 9)
        .expect("a write");
    assert!(noticed());
    assert!(
        command
            .add_token(&token("t", "Anna", 99), 9)
            .expect("a write")
    );
    assert!(noticed());
    command.sign_everybody_out().expect("a write");
    assert!(noticed());
    assert!(
        server
            .add_person(&person("Bo", Role::Owner), false)
            .expect("a write")
    );
    server
        .add_device(&device("d", "Bo", 1), 9)
        .expect("a write");
    assert!(!noticed(), "what it has changed itself it knows");
}

/// Holds an engine to the contract: one test for each rule.
macro_rules! people_contract {
    ($place:ty) => {
        people_contract!(
            $place,
            people_are_listed_by_name_and_names_that_read_alike_are_one,
            the_first_person_is_one_of_many_at_once,
            there_is_always_an_owner_who_is_let_in,
            two_owners_who_step_down_at_once_leave_one,
            the_longest_unused_devices_of_a_person_are_forgotten,
            a_code_is_taken_once_and_in_time,
            the_audit_has_its_lines_in_order_and_a_person_sees_links_once,
            credentials_are_within_bounds_and_those_of_others_are_not_touched,
            wishes_settings_and_browsers_are_kept,
            what_one_changes_about_people_another_one_notices,
        );
    };
    ($place:ty, $($rule:ident,)*) => {
        mod about_people {
            use super::*;

            $(
                #[test]
                fn $rule() {
                    crate::contract::people::$rule::<$place>();
                }
            )*

            #[test]
            fn every_rule_is_tested() {
                let rules = [$(stringify!($rule)),*];
                let written = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/contract/people.rs"));
                let all = written.lines().filter_map(|line| line.strip_prefix("pub fn "));
                let all = all.filter_map(|line| line.split('<').next());
                assert_eq!(all.collect::<Vec<_>>(), rules);
            }
        }
    };
}
pub(crate) use people_contract;
