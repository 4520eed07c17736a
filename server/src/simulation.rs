//! Many runs of nodes, a database and a network in which everything happens that may: delays, notices that are lost, nodes
//! that die or stand still, a database that crashes or is replaced by an older copy of itself. Time and chance come from a
//! seed, so that a run that fails is run again by its number.
//!
//! What is simulated is what surrounds the code: the live log with its cursors, the question where a stream resumes, the
//! question where people are told on, the question what another epoch means, and the term of the duty are those of the
//! server.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use domain::{PipelineId, Timestamp};
use futures::task::noop_waker;

use crate::{
    http::resume,
    journal::Epoch,
    live::{Cursor, EventId, Filter, Live, Next, Unit},
    metrics::Durations,
    nodes::{BEAT, TERM, held_until},
    notify::resumed,
    registry::Reached,
    relay::{EpochChange, epoch_change},
    rounds::rounds,
};

/// How long chance reigns, in milliseconds; afterwards everything lives, and all has to be told within [`CALM`].
const STORM: u64 = 30_000;
const CALM: u64 = 12_000;
const NODES: usize = 3;
const CLIENTS: usize = 4;
const WRITERS: usize = 3;
/// A safety net, as in `Relay::follow` and the bell.
const LOOK_EVERY: u64 = 1_000;

/// Something that is wrong on purpose: the simulation has to find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    /// Nothing.
    None,
    /// Nobody looks without a notice.
    NoLook,
    /// A node counts its term from the answer on.
    TermFromAnswer,
    /// A restored backup begins no epoch.
    NoEpoch,
    /// Whoever got no answer sends the same again under another key.
    OtherKey,
    /// A node hears of another epoch only when it connects anew to write.
    LateEpoch,
    /// A node shows facts of an epoch that it has heard of and not entered.
    LaterFacts,
    /// A node whose commit was cut off says that nothing was stored.
    Guess,
    /// How far people were told is noted in the epoch in which the duty began.
    OldEpoch,
    /// Whoever takes the duty over tells on from what it shows by then.
    NotNewest,
}

/// Numbers that look random and are the same for a seed (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    /// Milliseconds on the network: mostly few, at times many.
    fn delay(&mut self) -> u64 {
        if self.one_in(20) {
            self.below(3_000)
        } else {
            1 + self.below(5)
        }
    }
}

/// A fact: who wanted it, and a number that no other has.
type Fact = (String, u64);

/// What a backup has.
#[derive(Default, Clone)]
struct Stored {
    facts: Vec<Fact>,
    /// At which position the fact of a key is.
    keys: HashMap<String, u64>,
    epochs: Vec<Epoch>,
    /// How far people were told, and of what.
    noted: Option<Reached>,
    told: BTreeSet<u64>,
}

#[derive(Default)]
struct Database {
    stored: Stored,
    /// In which file it is: another one after a restore.
    file: u64,
    /// Who has a connection.
    sessions: BTreeSet<usize>,
    holder: Option<usize>,
    held_until: u64,
    backup: Option<Stored>,
    restored: bool,
    made: u64,
}

impl Database {
    /// As `journal/postgres/writer.rs` does it.
    fn enter(&mut self, node: usize, bug: Bug) {
        let alone = self.sessions.is_empty();
        let another_file = self
            .stored
            .epochs
            .last()
            .is_none_or(|last| !last.name.ends_with(&format!("f{}", self.file)));
        if alone || (another_file && bug != Bug::NoEpoch) {
            self.made += 1;
            self.stored.epochs.push(Epoch {
                name: format!("e{}f{}", self.made, self.file),
                start: self.stored.facts.len() as u64,
            });
        }
        self.sessions.insert(node);
    }

    fn append(&mut self, key: &str) -> u64 {
        let next = self.stored.facts.len() as u64 + 1;
        if let Some(known) = self.stored.keys.get(key) {
            return *known;
        }
        self.made += 1;
        self.stored.facts.push((key.to_owned(), self.made));
        self.stored.keys.insert(key.to_owned(), next);
        next
    }
}

struct Node {
    live: Live,
    /// What it shows.
    shown: Vec<Fact>,
    lives: bool,
    stands_still_until: u64,
    /// The file of its connection for writing, while it has one.
    session: Option<u64>,
    /// The epochs as it knows them.
    epochs: Vec<Epoch>,
    on_duty_until: u64,
    /// How far it has told people, while it is on duty.
    told: Option<Reached>,
}

/// Somebody who follows, from node to node.
struct Client {
    node: usize,
    cursor: Option<Cursor>,
    last_id: Option<String>,
    knows: Vec<Fact>,
    resets: u32,
}

/// Somebody who writes one thing after the other, each until it is acknowledged.
struct Writer {
    number: u64,
    tries: u64,
    acknowledged: Vec<(String, u64)>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Happens {
    Beat(usize),
    Beaten {
        node: usize,
        begun: u64,
        on_duty: bool,
    },
    Look(usize),
    Notice(usize),
    Read(usize),
    Send(usize),
    Commit {
        writer: usize,
        node: usize,
        key: String,
    },
    Answer {
        writer: usize,
        key: String,
        position: Option<u64>,
        file: u64,
    },
    Harm,
    Start(usize),
}

struct World {
    seed: u64,
    bug: Bug,
    now: u64,
    turn: u64,
    chance: Chance,
    coming: BinaryHeap<Reverse<(u64, u64, Happens)>>,
    database: Database,
    nodes: Vec<Node>,
    clients: Vec<Client>,
    writers: Vec<Writer>,
    pipeline: PipelineId,
    /// What went wrong where nobody could be told.
    fault: Option<String>,
}

type Found = Result<(), String>;

impl World {
    fn new(seed: u64, bug: Bug) -> Self {
        let mut world = Self {
            seed,
            bug,
            now: 0,
            turn: 0,
            chance: Chance(seed),
            coming: BinaryHeap::new(),
            database: Database::default(),
            nodes: Vec::new(),
            clients: Vec::new(),
            writers: Vec::new(),
            pipeline: PipelineId::new(Timestamp::from_millis(1_800_000_000_000), 1),
            fault: None,
        };
        for node in 0..NODES {
            world.nodes.push(Node {
                live: Live::new("", 0, Durations::default()),
                shown: Vec::new(),
                lives: false,
                stands_still_until: 0,
                session: None,
                epochs: Vec::new(),
                on_duty_until: 0,
                told: None,
            });
            world.start(node);
            world.after(node as u64, Happens::Beat(node));
            world.after(LOOK_EVERY, Happens::Look(node));
        }
        for client in 0..CLIENTS {
            world.clients.push(Client {
                node: 0,
                cursor: None,
                last_id: None,
                knows: Vec::new(),
                resets: 0,
            });
            world.after(1, Happens::Read(client));
        }
        for writer in 0..WRITERS {
            world.writers.push(Writer {
                number: 0,
                tries: 0,
                acknowledged: Vec::new(),
            });
            world.after(1, Happens::Send(writer));
        }
        world.after(1_000, Happens::Harm);
        world
    }

    fn after(&mut self, delay: u64, what: Happens) {
        self.turn += 1;
        self.coming
            .push(Reverse((self.now + delay, self.turn, what)));
    }

    fn run(mut self) -> Result<Self, String> {
        while let Some(Reverse((at, _, what))) = self.coming.pop() {
            if at > STORM + CALM {
                break;
            }
            self.now = at;
            self.happen(what)
                .and_then(|()| self.fault.take().map_or(Ok(()), Err))
                .and_then(|()| self.check_duty())
                .map_err(|why| format!("seed {}, {} ms: {why}", self.seed, self.now))?;
        }
        self.check_end()
            .map_err(|why| format!("seed {}: {why}", self.seed))?;
        Ok(self)
    }

    fn happen(&mut self, what: Happens) -> Found {
        match what {
            Happens::Beat(node) => {
                if !self.works(node) {
                    self.after(millis(BEAT), Happens::Beat(node));
                    return Ok(());
                }
                let there = self.chance.delay();
                let at = self.now + there;
                let free = self.database.holder.is_none_or(|holder| holder == node)
                    || self.database.held_until < at;
                if free {
                    self.database.holder = Some(node);
                    self.database.held_until = at + millis(TERM);
                }
                let back = self.chance.delay();
                let begun = self.now;
                self.after(
                    there + back,
                    Happens::Beaten {
                        node,
                        begun,
                        on_duty: free,
                    },
                );
            }
            Happens::Beaten {
                node,
                begun,
                on_duty,
            } => {
                self.after(millis(BEAT), Happens::Beat(node));
                let from = if self.bug == Bug::TermFromAnswer {
                    self.now
                } else {
                    begun
                };
                let until = from + millis(held_until());
                if self.nodes[node].lives {
                    self.nodes[node].on_duty_until = if on_duty { until } else { 0 };
                    self.tell(node);
                }
            }
            Happens::Look(node) => {
                self.after(LOOK_EVERY, Happens::Look(node));
                if self.bug != Bug::NoLook || self.nodes[node].session.is_none() {
                    self.catch_up(node);
                    self.tell(node);
                }
            }
            Happens::Notice(node) => {
                self.catch_up(node);
                self.tell(node);
            }
            Happens::Read(client) => {
                let pause = 1 + self.chance.below(400);
                self.after(pause, Happens::Read(client));
                return self.read(client);
            }
            Happens::Send(writer) => self.send(writer),
            Happens::Commit { writer, node, key } => self.commit(writer, node, &key),
            Happens::Answer {
                writer,
                key,
                position,
                file,
            } => self.answered(writer, &key, position, file),
            Happens::Harm => self.harm(),
            Happens::Start(node) if !self.nodes[node].lives => self.start(node),
            Happens::Start(_) => {}
        }
        Ok(())
    }

    fn works(&self, node: usize) -> bool {
        let node = &self.nodes[node];
        node.lives && node.stands_still_until <= self.now
    }

    fn start(&mut self, node: usize) {
        self.database.enter(node, self.bug);
        let epoch = self
            .database
            .stored
            .epochs
            .last()
            .map_or("", |last| &last.name);
        let facts = self.database.stored.facts.clone();
        // The newest frames are made again, the others are not.
        let floor = facts.len().saturating_sub(40);
        let live = Live::new(epoch, floor as u64, Durations::default());
        for (index, fact) in facts.iter().enumerate().skip(floor) {
            live.push(unit(index as u64 + 1, &self.pipeline, fact, epoch));
        }
        self.nodes[node] = Node {
            live,
            shown: facts,
            lives: true,
            stands_still_until: 0,
            session: Some(self.database.file),
            epochs: self.database.stored.epochs.clone(),
            on_duty_until: 0,
            told: None,
        };
    }

    /// As the writer's connection does it, whenever it was cut.
    fn connect_to_write(&mut self, number: usize) {
        // The reader has its own connection, which may be restored before the writer connects again.
        let writes = self.nodes[number].session == Some(self.database.file);
        let restored = self.nodes[number].session.is_some() && !writes;
        if !writes && (restored || self.chance.one_in(3)) {
            self.database.enter(number, self.bug);
            self.nodes[number].session = Some(self.database.file);
            self.hear_of_epochs(number);
        }
    }

    fn hear_of_epochs(&mut self, number: usize) {
        let epochs = &self.database.stored.epochs;
        self.nodes[number].epochs.clone_from(epochs);
    }

    /// As `Relay::follow` does it, and the journal that it reads.
    fn catch_up(&mut self, number: usize) {
        if !self.works(number) {
            return;
        }
        self.connect_to_write(number);
        loop {
            self.enter_epoch(number);
            // Meanwhile the writer may connect.
            self.connect_to_write(number);
            let is_known = self.nodes[number].epochs == self.database.stored.epochs;
            if !is_known && self.bug != Bug::LateEpoch {
                self.hear_of_epochs(number);
                continue;
            }
            let node = &mut self.nodes[number];
            let epoch = node.live.epoch();
            let entered = node
                .epochs
                .last()
                .is_some_and(|newest| *newest.name == *epoch);
            if !entered && self.bug != Bug::LaterFacts {
                continue;
            }
            for index in node.shown.len()..self.database.stored.facts.len() {
                let fact = self.database.stored.facts[index].clone();
                let unit = unit(index as u64 + 1, &self.pipeline, &fact, &epoch);
                node.live.push(unit);
                node.shown.push(fact);
            }
            return;
        }
    }

    fn enter_epoch(&mut self, number: usize) {
        let node = &mut self.nodes[number];
        let (ours, (_, head)) = (node.live.epoch(), node.live.bounds());
        match epoch_change(&node.epochs, &ours, head) {
            EpochChange::None => {}
            EpochChange::Known(epoch) => node.live.enter(&epoch),
            EpochChange::Replaced(epoch) => {
                if !self.database.restored {
                    self.fault = Some(format!("node {number} began anew for nothing"));
                }
                // What is derived is as old as the backup, at most.
                let derived = self.database.stored.facts.len().saturating_sub(3);
                node.shown = self.database.stored.facts[..derived].to_vec();
                node.live.restart(&epoch, derived as u64);
                node.told = None;
            }
        }
    }

    /// As the notifier does it: whoever is on duty tells on.
    fn tell(&mut self, number: usize) {
        if !self.works(number) || self.nodes[number].on_duty_until <= self.now {
            self.nodes[number].told = None;
            return;
        }
        if self.nodes[number].told.is_none() {
            if self.bug != Bug::NotNewest {
                self.catch_up(number);
            }
            let node = &self.nodes[number];
            let newest = node.live.newest_id();
            let noted = self.database.stored.noted.as_ref();
            let begins = match noted.map(|noted| resumed(noted, &node.epochs, newest.position)) {
                Some(Some(position)) => position,
                Some(None) => {
                    if !self.database.restored {
                        self.fault = Some(format!("node {number} forgot whom to tell for nothing"));
                    }
                    newest.position
                }
                None => 0,
            };
            let begins = Reached {
                epoch: newest.epoch,
                position: begins,
            };
            self.database.stored.noted = Some(begins.clone());
            self.nodes[number].told = Some(begins);
        }
        let node = &mut self.nodes[number];
        let Some(told) = &mut node.told else { return };
        let newest = node.live.newest_id();
        let from = usize::try_from(told.position).unwrap_or(0);
        for (_, made) in node.shown.iter().skip(from) {
            self.database.stored.told.insert(*made);
        }
        told.position = newest.position.max(told.position);
        if self.bug != Bug::OldEpoch {
            told.epoch = newest.epoch;
        }
        let noted = &mut self.database.stored.noted;
        if noted
            .as_ref()
            .is_none_or(|noted| noted.position < told.position)
        {
            *noted = Some(told.clone());
        }
    }

    fn read(&mut self, number: usize) -> Found {
        let lives = self.works(self.clients[number].node);
        if self.clients[number].cursor.is_none() || !lives {
            return self.connect(number);
        }
        let waker = noop_waker();
        let mut context = Context::from_waker(&waker);
        loop {
            let client = &mut self.clients[number];
            let Some(cursor) = &mut client.cursor else {
                return Ok(());
            };
            match cursor.poll_next(&mut context) {
                Poll::Ready(Next::Bytes(bytes)) => take_in(client, &bytes)?,
                Poll::Ready(Next::Behind | Next::Closing) => client.cursor = None,
                Poll::Pending => return Ok(()),
            }
        }
    }

    fn connect(&mut self, number: usize) -> Found {
        let node = usize::try_from(self.chance.below(NODES as u64)).unwrap_or(0);
        self.clients[number].cursor = None;
        if !self.works(node) {
            return Ok(());
        }
        // Before anything is answered.
        self.catch_up(node);
        let epochs = self.database.stored.epochs.clone();
        let (live, shown) = (&self.nodes[node].live, &self.nodes[node].shown);
        let client = &mut self.clients[number];
        let position = match client
            .last_id
            .as_deref()
            .map(|id| resume(live, &epochs, id))
        {
            Some(Ok(position)) => position,
            told => {
                client.resets += u32::from(told.is_some());
                client.knows.clone_from(shown);
                let position = live.bounds().1;
                let id = EventId {
                    epoch: live.epoch().to_string(),
                    position,
                };
                client.last_id = Some(id.to_string());
                position
            }
        };
        if client.knows.len() as u64 != position {
            return Err(format!(
                "client {number} knows {} and resumes after {position}",
                client.knows.len()
            ));
        }
        client.node = node;
        client.cursor = Some(live.cursor(position, Filter::default()));
        Ok(())
    }

    fn send(&mut self, writer: usize) {
        if self.now > STORM && self.writers[writer].tries == 0 {
            return;
        }
        let node = usize::try_from(self.chance.below(NODES as u64)).unwrap_or(0);
        let (number, tries) = (self.writers[writer].number, self.writers[writer].tries);
        let key = match self.bug {
            Bug::OtherKey => format!("w{writer}-{number}-{tries}"),
            _ => format!("w{writer}-{number}"),
        };
        self.writers[writer].tries += 1;
        let delay = self.chance.delay();
        self.after(delay, Happens::Commit { writer, node, key });
    }

    fn commit(&mut self, writer: usize, node: usize, key: &str) {
        let lost = self.now < STORM && self.chance.one_in(20);
        let key = key.to_owned();
        if !self.works(node) || self.nodes[node].session != Some(self.database.file) {
            self.catch_up(node);
            let delay = self.chance.delay();
            self.after(
                delay,
                Happens::Answer {
                    writer,
                    key,
                    position: None,
                    file: self.database.file,
                },
            );
            return;
        }
        // The connection may be cut before the commit, or after it.
        let cut = self.now < STORM && self.chance.one_in(20);
        let stored = !cut || self.chance.one_in(2);
        let mut position = None;
        if stored {
            position = Some(self.database.append(&key));
            for other in 0..NODES {
                if !(self.now < STORM && self.chance.one_in(4)) {
                    let delay = self.chance.delay();
                    self.after(delay, Happens::Notice(other));
                }
            }
            // Whoever is answered finds it where it was written.
            self.catch_up(node);
        }
        if cut && self.bug == Bug::Guess {
            position = Some(self.database.stored.facts.len() as u64 + 1);
        }
        if lost {
            position = None;
        }
        let delay = self.chance.delay();
        self.after(
            delay,
            Happens::Answer {
                writer,
                key,
                position,
                file: self.database.file,
            },
        );
    }

    fn answered(&mut self, writer: usize, key: &str, position: Option<u64>, file: u64) {
        let next = &mut self.writers[writer];
        if let Some(position) = position {
            // A backup may have been restored while the answer was on its way.
            if file == self.database.file {
                next.acknowledged.push((key.to_owned(), position));
            }
            next.number += 1;
            next.tries = 0;
        }
        let pause = self.chance.below(300);
        self.after(pause, Happens::Send(writer));
    }

    fn harm(&mut self) {
        if self.now >= STORM {
            // From here on everything lives.
            for node in 0..NODES {
                self.nodes[node].stands_still_until = 0;
                if !self.nodes[node].lives {
                    self.start(node);
                }
            }
            return;
        }
        let pause = 500 + self.chance.below(3_000);
        self.after(pause, Happens::Harm);
        let node = usize::try_from(self.chance.below(NODES as u64)).unwrap_or(0);
        match self.chance.below(10) {
            0..4 => {
                self.nodes[node].lives = false;
                let clients = self.clients.iter_mut();
                let here = clients.filter(|client| client.node == node);
                here.for_each(|client| client.cursor = None);
                self.nodes[node].on_duty_until = 0;
                self.nodes[node].told = None;
                self.database.sessions.remove(&node);
                let back = self.chance.below(8_000);
                self.after(back, Happens::Start(node));
            }
            4..7 => self.nodes[node].stands_still_until = self.now + self.chance.below(10_000),
            7 => {
                // A crash: every connection is lost, and nothing else.
                self.database.sessions.clear();
                self.nodes.iter_mut().for_each(|node| node.session = None);
            }
            8 => {
                self.database.backup = Some(self.database.stored.clone());
            }
            _ => {
                if let Some(backup) = self.database.backup.take() {
                    self.database.stored = backup;
                    self.database.file += 1;
                    self.database.restored = true;
                    // What was acknowledged after the backup is gone, by the will of whoever restored it.
                    for writer in &mut self.writers {
                        let keys = &self.database.stored.keys;
                        writer
                            .acknowledged
                            .retain(|(key, _)| keys.contains_key(key));
                    }
                }
            }
        }
    }

    fn check_duty(&self) -> Found {
        let on_duty = (0..NODES)
            .filter(|node| self.works(*node) && self.nodes[*node].on_duty_until > self.now);
        let on_duty: Vec<_> = on_duty.collect();
        if on_duty.len() > 1 {
            return Err(format!("{on_duty:?} are on duty at once"));
        }
        Ok(())
    }

    fn check_end(&self) -> Found {
        let facts = &self.database.stored.facts;
        for (number, node) in self.nodes.iter().enumerate() {
            if node.shown != *facts {
                return Err(format!(
                    "node {number} shows {} of {}",
                    node.shown.len(),
                    facts.len()
                ));
            }
        }
        for (number, client) in self.clients.iter().enumerate() {
            if client.knows != *facts {
                return Err(format!(
                    "client {number} knows {} of {}",
                    client.knows.len(),
                    facts.len()
                ));
            }
            if client.resets > 0 && !self.database.restored && self.bug == Bug::None {
                let floor = 40;
                // Who was away for longer than the frames that a start makes again is told so.
                if facts.len() <= floor {
                    return Err(format!(
                        "client {number} was told to begin anew for nothing"
                    ));
                }
            }
        }
        let told = &self.database.stored.told;
        let untold = facts
            .iter()
            .filter(|(_, made)| !told.contains(made))
            .count();
        if untold > 0 && !self.database.restored {
            return Err(format!("nobody was told of {untold}"));
        }
        let mut wanted: BTreeMap<&str, u32> = BTreeMap::new();
        for (key, _) in facts {
            let wish = key.splitn(3, '-').take(2).map(str::len).sum::<usize>() + 1;
            *wanted.entry(&key[..wish.min(key.len())]).or_default() += 1;
        }
        if let Some((wish, times)) = wanted.iter().find(|(_, times)| **times > 1) {
            return Err(format!("{wish} was done {times} times"));
        }
        for writer in &self.writers {
            for (key, position) in &writer.acknowledged {
                let at = usize::try_from(*position).unwrap_or(0).checked_sub(1);
                let there = at.and_then(|at| facts.get(at));
                if there.is_none_or(|(stored, _)| stored != key) {
                    return Err(format!(
                        "{key} was acknowledged at {position}, and is not there"
                    ));
                }
            }
        }
        Ok(())
    }
}

/// A client takes in frames: each has to be the next one.
fn take_in(client: &mut Client, bytes: &Bytes) -> Found {
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines() {
        let mut words = line.split(' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        let (id, key, number) = (word(), word(), word());
        let position = id
            .rsplit('-')
            .next()
            .and_then(|position| position.parse::<usize>().ok());
        if position != Some(client.knows.len() + 1) {
            return Err(format!("after {} came {id}", client.knows.len()));
        }
        client.knows.push((key, number.parse().unwrap_or(0)));
        client.last_id = Some(id);
    }
    Ok(())
}

fn unit(position: u64, pipeline: &PipelineId, (key, number): &Fact, epoch: &str) -> Unit {
    Unit {
        position,
        pipeline: pipeline.clone(),
        project: "p".into(),
        bytes: format!("{epoch}-{position} {key} {number}\n").into(),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[test]
fn whatever_happens_everything_is_shown_once_in_order_and_no_gap_is_silent() {
    let (mut facts, mut resets, mut restored) = (0, 0, 0);
    for seed in 0..u64::from(rounds(200, 1_000)) {
        let end = World::new(seed, Bug::None).run();
        let end = end.unwrap_or_else(|why| panic!("{why}"));
        facts += end.database.stored.facts.len();
        resets += end.clients.iter().map(|client| client.resets).sum::<u32>();
        restored += u32::from(end.database.restored);
    }
    // Otherwise there was nothing to go wrong.
    assert!(
        facts > 100 && resets > 0 && restored > 0,
        "{facts} {resets} {restored}"
    );
}

#[test]
fn what_is_wrong_on_purpose_is_found() {
    for bug in [
        Bug::NoLook,
        Bug::TermFromAnswer,
        Bug::NoEpoch,
        Bug::OtherKey,
        Bug::LateEpoch,
        Bug::LaterFacts,
        Bug::Guess,
        Bug::OldEpoch,
        Bug::NotNewest,
    ] {
        let found = (0..1_000).find_map(|seed| World::new(seed, bug).run().err());
        assert!(found.is_some(), "{bug:?} was not found");
    }
}
