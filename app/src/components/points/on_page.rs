//! What is read of a text that stands on the page: its passages, and the marks in it.
//!
//! It came as HTML, so that leptos knows nothing of what is inside. Only text nodes are cut and put into `<mark>`; taking
//! the marks out again leaves the nodes cut, and what was read of them true. So a text is read once, and a long one in
//! steps.

use std::{cell::RefCell, collections::BTreeMap, ops::Range};

use domain::Passage;
use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;
use web_sys::{Element, Node, Text};

use super::walk::{Walk, all, following};
use crate::review::anchor::{CONTEXT_MAX, Plain, QUOTE_MAX};

/// What begins a new thought: its first word does not continue the last one before it.
const APART: &str = "h1, h2, h3, h4, h5, h6, p, li, pre, td, th, dt, dd, blockquote, div";
/// What is not part of the revision that is read.
const NOT_READ: &str = "del, .removed, .fold, .before, .head";
/// So many nodes are read in one go: some 20 ms of work, so that keys are answered in between.
const STEP_NODES: usize = 2_000;
/// So many nodes are looked through for what stands before a passage.
const NODES_BEFORE: usize = 500;
/// Longest letter, in bytes.
const LETTER_BYTES: usize = 4;

/// What is to be marked: the number of the point, its passage, and whether it is of an earlier round.
pub(super) type Marked = (u32, Option<Passage>, bool);
/// Where each point stands in the text; nothing where its passage is gone.
pub(super) type Places = Vec<(u32, Option<Range<usize>>)>;

/// A text on the page, as far as it is read.
struct OnPage {
    root: Element,
    nodes: Vec<Text>,
    plain: Plain,
    /// The paragraph or the cell of the last node.
    block: Option<Element>,
    /// Where reading goes on; nothing once all is read.
    next: Option<Node>,
}

thread_local! {
    /// The texts that were read: one as a whole, and a comparison in front of it; with what each is called. The nodes of a
    /// page stay on its thread, and signals may not.
    static READ: RefCell<Vec<(String, OnPage)>> = const { RefCell::new(Vec::new()) };
}
const READ_MAX: usize = 2;

/// Where these stand in a text that is called so, and marks them there if they are to be seen. Nothing as long as not all
/// of it is read: then the next call reads on.
pub(super) fn places(root: &Element, name: &str, marked: &[Marked], mark: bool) -> Option<Places> {
    READ.with_borrow_mut(|read| {
        read.retain(|(known, text)| text.is_there() && (known == name) == (text.root == *root));
        if !read.iter().any(|(known, _)| known == name) {
            read.truncate(READ_MAX - 1);
            read.push((name.to_owned(), OnPage::from(root, root.first_child())));
        }
        let (_, text) = read.iter_mut().find(|(known, _)| known == name)?;
        if !text.read_on() {
            return None;
        }
        let places = text.find(marked);
        if mark {
            text.mark(marked, &places);
        }
        Some(places)
    })
}

/// Forgets what was read: it is not shown any more.
pub(super) fn forget() {
    READ.with_borrow_mut(Vec::clear);
}

/// What is selected in a text.
pub(super) fn selected(root: &Element) -> Option<Passage> {
    let selection = window().get_selection().ok()??;
    if selection.is_collapsed() {
        return None;
    }
    let range = selection.get_range_at(0).ok()?;
    let (from, to) = (range.start_container().ok()?, range.end_container().ok()?);
    if !root.contains(Some(&from)) && !root.contains(Some(&to)) {
        return None;
    }
    let from = (from, range.start_offset().ok()?);
    passage(root, &from, &(to, range.end_offset().ok()?))
}

/// The passage that an element of a text is.
pub(super) fn passage_of(root: &Element, element: &Element) -> Option<Passage> {
    let end = element.child_nodes().length();
    let node: &Node = element;
    passage(root, &(node.clone(), 0), &(node.clone(), end))
}

/// Somewhere on the page: in a text node before a unit, or in an element before a child.
type Spot = (Node, u32);

/// The passage between two spots. Of a long text, only what stands around it is read.
fn passage(root: &Element, from: &Spot, to: &Spot) -> Option<Passage> {
    const CONTEXT_BYTES: usize = CONTEXT_MAX * LETTER_BYTES;
    const MOST_BYTES: usize = QUOTE_MAX * LETTER_BYTES + CONTEXT_BYTES;
    let is_inside = |node: &Node| *node != **root && root.contains(Some(node));
    let begins = node_at(from, root).filter(is_inside);
    let beyond = match as_text(&to.0) {
        Some(_) => following(&to.0, root),
        None => node_at(to, root),
    };
    let mut start = begins.clone();
    let mut letters = 0;
    if let Some(begins) = &begins {
        for node in Walk::before(begins, root).take(NODES_BEFORE) {
            let text = as_text(&node).filter(|text| is_read(text));
            letters += text.map_or(0, |text| said(text).trim().len());
            start = Some(node);
            if letters > CONTEXT_BYTES {
                break;
            }
        }
    }
    let mut text = OnPage::from(root, start.or_else(|| root.first_child()));
    // How much is read where it begins, and where it ends.
    let mut begun = begins.is_none().then_some(0);
    let mut ended = None;
    let far = |here: usize, from: Option<usize>, most| from.is_some_and(|from| here > from + most);
    while let Some(node) = text.next.clone() {
        if beyond.as_ref() == Some(&node) {
            ended = Some(text.plain.len());
        }
        text.read_next();
        let here = text.plain.len();
        if begins.as_ref() == Some(&node) {
            begun = Some(here);
        }
        if far(here, begun, MOST_BYTES) || far(here, ended, CONTEXT_BYTES) {
            break;
        }
    }
    text.plain.passage(text.place(from)..text.place(to))
}

/// The node in which a spot lies, or which follows it.
fn node_at((node, offset): &Spot, root: &Element) -> Option<Node> {
    if as_text(node).is_some() {
        return Some(node.clone());
    }
    let child = node.child_nodes().get(*offset);
    child.or_else(|| following(node, root))
}

fn as_text(node: &Node) -> Option<&Text> {
    node.dyn_ref()
}

impl OnPage {
    fn from(root: &Element, next: Option<Node>) -> Self {
        Self {
            root: root.clone(),
            nodes: Vec::new(),
            plain: Plain::default(),
            block: None,
            next,
        }
    }

    /// Whether it stands on the page as it was read.
    fn is_there(&self) -> bool {
        let first = self.nodes.first().map(AsRef::<Node>::as_ref);
        let first = first.or(self.next.as_ref());
        self.root.is_connected() && first.is_none_or(|node| self.root.contains(Some(node)))
    }

    /// Reads on. Whether all is read.
    fn read_on(&mut self) -> bool {
        for _ in 0..STEP_NODES {
            if self.next.is_none() {
                break;
            }
            self.read_next();
        }
        self.next.is_none()
    }

    fn read_next(&mut self) {
        let Some(node) = self.next.take() else { return };
        let child = node.first_child();
        self.next = child.or_else(|| following(&node, &self.root));
        let Ok(text) = node.dyn_into::<Text>() else {
            return;
        };
        if !is_read(&text) {
            return;
        }
        let parent = text.parent_element();
        let block = parent.and_then(|parent| parent.closest(APART).ok().flatten());
        let piece = self.nodes.len();
        self.plain.push(piece, &said(&text), block != self.block);
        self.block = block;
        self.nodes.push(text);
    }

    /// Where each of these stands in the text; nothing where it is gone.
    fn find(&self, marked: &[Marked]) -> Places {
        let find = |(number, about, _): &Marked| {
            let place = about.as_ref().and_then(|about| self.plain.find(about));
            (*number, place)
        };
        marked.iter().map(find).collect()
    }

    /// Marks these places.
    fn mark(&mut self, marked: &[Marked], places: &Places) {
        for (_, place) in places {
            if let Some(place) = place {
                self.cut(place.end);
                self.cut(place.start);
            }
        }
        // Of each text node: of which points a mark is, whether of an earlier round, and whether the passage ends there.
        let mut by_node: BTreeMap<usize, Vec<(u32, bool, bool)>> = BTreeMap::new();
        for ((number, _, earlier), (_, place)) in marked.iter().zip(places) {
            let parts = place.clone().map(|place| self.plain.parts(place));
            let parts = parts.unwrap_or_default();
            let last = parts.last().map(|part| part.piece);
            for part in parts {
                let here = by_node.entry(part.piece).or_default();
                here.push((*number, *earlier, last == Some(part.piece)));
            }
        }
        for (piece, over) in by_node {
            if let Some(node) = self.nodes.get(piece) {
                wrap(node, &over);
            }
        }
    }

    /// Cuts the node in which a place of the text lies, so that one begins there.
    fn cut(&mut self, at: usize) {
        let Some((piece, unit)) = self.plain.locate(at) else {
            return;
        };
        let node = self.nodes.get(piece);
        let node = node.filter(|node| (1..node.length()).contains(&(unit as u32)));
        let Some(Ok(rest)) = node.map(|node| node.split_text(unit as u32)) else {
            return;
        };
        self.plain.cut(at, self.nodes.len());
        self.nodes.push(rest);
    }

    /// How far in the text that is read a spot lies.
    fn place(&self, (node, offset): &Spot) -> usize {
        let own = |text: &Text| AsRef::<Node>::as_ref(text) == node;
        if let Some(piece) = self.nodes.iter().position(own) {
            return self.plain.offset(piece, *offset as usize);
        }
        let child = node.child_nodes().get(*offset);
        // Everything that stands before it has been read by then.
        let before = |text: &&Text| match &child {
            Some(child) => {
                child.compare_document_position(text) & Node::DOCUMENT_POSITION_PRECEDING > 0
            }
            None => {
                let position = node.compare_document_position(text);
                position & Node::DOCUMENT_POSITION_FOLLOWING == 0
                    || position & Node::DOCUMENT_POSITION_CONTAINED_BY > 0
            }
        };
        let piece = self.nodes.iter().take_while(before).count();
        self.plain.offset(piece, 0)
    }
}

fn wrap(node: &Text, over: &[(u32, bool, bool)]) {
    // Between the rows of a table nothing but blanks stands.
    if said(node).trim().is_empty() {
        return;
    }
    let (Ok(mark), Some(parent)) = (document().create_element("mark"), node.parent_node()) else {
        return;
    };
    let numbers = |only_last: bool| {
        let over = over.iter().filter(|(_, _, last)| *last || !only_last);
        let numbers: Vec<_> = over.map(|(number, ..)| number.to_string()).collect();
        numbers.join(" ")
    };
    let earlier = over.iter().all(|(_, earlier, _)| *earlier);
    mark.set_class_name(if earlier { "earlier" } else { "mine" });
    let _ = mark.set_attribute("data-points", &numbers(false));
    let ends = numbers(true);
    if !ends.is_empty() {
        let _ = mark.set_attribute("data-ends", &ends);
    }
    let _ = parent.insert_before(&mark, Some(node));
    let _ = mark.append_child(node);
}

/// Takes all marks out.
pub(super) fn unmark(root: &Element) {
    for mark in all(root, "mark[data-points]") {
        if let Some(parent) = mark.parent_node() {
            while let Some(child) = mark.first_child() {
                let _ = parent.insert_before(&child, Some(&mark));
            }
            mark.remove();
        }
    }
}

/// What an element says, without what is gone.
pub(super) fn without_gone(element: &Element) -> String {
    let mut plain = Plain::default();
    for node in Walk::within(element) {
        let Some(text) = as_text(&node) else {
            continue;
        };
        let gone = text.parent_element().map(|parent| parent.closest("del"));
        if !matches!(gone, Some(Ok(Some(_)))) {
            plain.push(0, &said(text), false);
        }
    }
    plain.text().to_owned()
}

/// Whether a text is part of this revision.
fn is_read(text: &Text) -> bool {
    let parent = text.parent_element();
    parent.is_some_and(|parent| matches!(parent.closest(NOT_READ), Ok(None)))
}

fn said(text: &Text) -> String {
    text.data()
}
