//! The text of a handover as it stands on the page: what is marked in it, what its passages are, where they lie.
//!
//! It came as HTML, so that leptos knows nothing of what is inside. Only text nodes are cut and put into `<mark>`; taking
//! the marks out again leaves the text as it came.

use std::{collections::BTreeMap, ops::Range};

use domain::Passage;
use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Node, Text};

use crate::review::anchor::Plain;

/// What is one thing to read, and to comment on.
const BLOCKS: &str = "h1, h2, h3, h4, h5, h6, p, li, pre, tr, dt, dd";
/// What begins a new thought: its first word does not continue the last one before it.
const APART: &str = "h1, h2, h3, h4, h5, h6, p, li, pre, td, th, dt, dd, blockquote, div";

/// A text on the page.
pub(super) struct OnPage {
    root: Element,
    nodes: Vec<Text>,
    plain: Plain,
}

/// What is to be marked: the number of the point, its passage, and whether it is of an earlier round.
pub(super) type Marked = (u32, Option<Passage>, bool);

/// Where a mark lies in a text node, of which point it is, whether of an earlier round, and whether the passage ends there.
type Cut = (Range<usize>, u32, bool, bool);

/// A heading of the text.
#[derive(Clone)]
pub(super) struct Heading {
    pub text: String,
    pub level: u32,
    /// How many passages with a point stand under it.
    pub points: u64,
    /// Whether something under it is another text than before.
    pub changed: bool,
}

impl OnPage {
    /// Reads the text of an element.
    pub fn read(root: Element) -> Self {
        let mut page = Self {
            root,
            nodes: Vec::new(),
            plain: Plain::default(),
        };
        let mut block: Option<Element> = None;
        for text in texts(&page.root) {
            let Some(parent) = text.parent_element() else {
                continue;
            };
            // What is gone is not part of this revision.
            if matches!(
                parent.closest("del, .removed, .fold, .before, .head"),
                Ok(Some(_))
            ) {
                continue;
            }
            let of = parent.closest(APART).ok().flatten();
            page.plain.push(page.nodes.len(), &said(&text), of != block);
            block = of;
            page.nodes.push(text);
        }
        page
    }

    /// Where each of these stands in the text; nothing where it is gone.
    pub fn find(&self, marked: &[Marked]) -> Vec<(u32, Option<Range<usize>>)> {
        let find = |(number, about, _): &Marked| {
            let place = about.as_ref().and_then(|about| self.plain.find(about));
            (*number, place)
        };
        marked.iter().map(find).collect()
    }

    /// Marks these places. What was read is another text after that.
    pub fn mark(self, marked: &[Marked], places: &[(u32, Option<Range<usize>>)]) {
        // Of each text node: where a mark begins and ends, of which point, and whether it is of an earlier round.
        let mut by_node: BTreeMap<usize, Vec<Cut>> = BTreeMap::new();
        for ((number, _, earlier), (_, place)) in marked.iter().zip(places) {
            let parts = place.clone().map(|place| self.plain.parts(place));
            let parts = parts.unwrap_or_default();
            let count = parts.len();
            for (index, part) in parts.into_iter().enumerate() {
                let last = index + 1 == count;
                let here = by_node.entry(part.piece).or_default();
                here.push((part.units, *number, *earlier, last));
            }
        }
        for (piece, marks) in by_node {
            let Some(node) = self.nodes.get(piece) else {
                continue;
            };
            let length = said(node).encode_utf16().count();
            let mut cuts: Vec<usize> = marks
                .iter()
                .flat_map(|(units, ..)| [units.start, units.end.min(length)])
                .collect();
            cuts.sort_unstable();
            cuts.dedup();
            // From the end, so that what comes before keeps its place.
            for (start, end) in cuts.iter().zip(cuts.iter().skip(1)).rev() {
                let over: Vec<_> = marks
                    .iter()
                    .filter(|(units, ..)| units.start <= *start && *end <= units.end.min(length))
                    .collect();
                if over.is_empty() {
                    continue;
                }
                let numbers: Vec<_> = over
                    .iter()
                    .map(|(_, number, ..)| number.to_string())
                    .collect();
                let ends = over
                    .iter()
                    .filter(|(units, _, _, last)| *last && units.end.min(length) == *end);
                let ends: Vec<_> = ends.map(|(_, number, ..)| number.to_string()).collect();
                let earlier = over.iter().all(|(_, _, earlier, _)| *earlier);
                wrap(
                    node,
                    *start..*end,
                    &numbers.join(" "),
                    &ends.join(" "),
                    earlier,
                );
            }
        }
    }

    /// What is selected in the text, and where on the page that ends.
    pub fn selected(&self) -> Option<Passage> {
        let selection = window().get_selection().ok()??;
        if selection.is_collapsed() {
            return None;
        }
        let range = selection.get_range_at(0).ok()?;
        let inside = |node: &Node| self.root.contains(Some(node));
        let (from, to) = (range.start_container().ok()?, range.end_container().ok()?);
        if !inside(&from) && !inside(&to) {
            return None;
        }
        let from = self.place(&from, range.start_offset().ok()? as usize);
        let to = self.place(&to, range.end_offset().ok()? as usize);
        self.plain.passage(from..to)
    }

    /// How far in the text a place in the page lies: in a text node, or before the child of an element.
    fn place(&self, node: &Node, offset: usize) -> usize {
        let own = |text: &Text| AsRef::<Node>::as_ref(text) == node;
        if let Some(piece) = self.nodes.iter().position(own) {
            return self.plain.offset(piece, offset);
        }
        let mut child = node.first_child();
        for _ in 0..offset {
            child = child.and_then(|child| child.next_sibling());
        }
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

    /// The passage that an element is.
    pub fn passage_of(&self, element: &Element) -> Option<Passage> {
        let inside = |text: &Text| element.contains(Some(text));
        let first = self.nodes.iter().position(inside)?;
        let last = self.nodes.iter().rposition(inside)?;
        let start = self.plain.offset(first, 0);
        self.plain
            .passage(start..self.plain.offset(last, usize::MAX))
    }
}

fn wrap(node: &Text, units: Range<usize>, numbers: &str, ends: &str, earlier: bool) {
    let cut = |node: &Text, at: usize| node.split_text(at as u32);
    let Ok(middle) = cut(node, units.start) else {
        return;
    };
    let _ = cut(&middle, units.len());
    let (Ok(mark), Some(parent)) = (document().create_element("mark"), middle.parent_node()) else {
        return;
    };
    // Between the rows of a table nothing but blanks stands.
    if said(&middle).trim().is_empty() {
        return;
    }
    mark.set_class_name(if earlier { "earlier" } else { "mine" });
    let _ = mark.set_attribute("data-points", numbers);
    if !ends.is_empty() {
        let _ = mark.set_attribute("data-ends", ends);
    }
    let _ = parent.insert_before(&mark, Some(&middle));
    let _ = mark.append_child(&middle);
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
    root.normalize();
}

/// The text nodes of an element, in their order.
fn texts(root: &Element) -> Vec<Text> {
    let mut texts = Vec::new();
    let mut next = root.first_child();
    while let Some(node) = next {
        next = node.first_child().or_else(|| after(&node, root));
        if let Ok(text) = node.dyn_into() {
            texts.push(text);
        }
    }
    texts
}

/// What follows a node and all that is in it.
fn after(node: &Node, root: &Element) -> Option<Node> {
    let mut node = node.clone();
    while node != **root {
        if let Some(next) = node.next_sibling() {
            return Some(next);
        }
        node = node.parent_node()?;
    }
    None
}

fn said(text: &Text) -> String {
    text.text_content().unwrap_or_default()
}

/// Every element inside that a selector names.
pub(super) fn all(root: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = root.query_selector_all(selector) else {
        return Vec::new();
    };
    let found = js_sys::Array::from(&found);
    let nodes = (0..found.length()).map(|index| found.get(index));
    nodes.filter_map(|node| node.dyn_into().ok()).collect()
}

/// The things to read, one by one: the innermost ones.
pub(super) fn blocks(root: &Element) -> Vec<Element> {
    let mut blocks = all(root, BLOCKS);
    blocks.retain(|block| {
        let text = block.text_content().unwrap_or_default();
        matches!(block.query_selector(BLOCKS), Ok(None))
            && !text.trim().is_empty()
            && matches!(block.closest(".removed, .fold"), Ok(None))
    });
    blocks
}

/// The block in which the focus is.
pub(super) fn focused(root: &Element) -> Option<Element> {
    let active = document().active_element()?;
    let inside = root.contains(Some(&active)) && active != *root;
    inside
        .then(|| active.closest(BLOCKS).ok().flatten())
        .flatten()
}

/// Puts the focus on the next block, or the one before; first on the block in view.
pub(super) fn step(root: &Element, back: bool) {
    let blocks = blocks(root);
    let here = focused(root);
    let index = here.and_then(|here| blocks.iter().position(|block| *block == here));
    let next = match index {
        Some(index) if back => index.saturating_sub(1),
        Some(index) => (index + 1).min(blocks.len().saturating_sub(1)),
        None => blocks
            .iter()
            .position(|block| block.get_bounding_client_rect().top() >= 90.0)
            .unwrap_or(0),
    };
    if let Some(next) = blocks.get(next) {
        let _ = next.set_attribute("tabindex", "-1");
        focus(next);
        bring(next);
    }
}

/// Puts the focus on an element.
pub(super) fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Brings an element into view.
pub(super) fn bring(element: &Element) {
    // The style sheet keeps it away from the edge.
    element.scroll_into_view();
}

/// Shows where a point stands: scrolls there, and puts the focus on the paragraph.
pub(super) fn show(root: &Element, number: u32) {
    let mark = root.query_selector(&format!("mark[data-points~='{number}']"));
    let Ok(Some(mark)) = mark else { return };
    if let Some(block) = block_of(root, number) {
        focus(&block);
    }
    bring(&mark);
}

/// The headings, with what stands under each.
pub(super) fn headings(root: &Element) -> Vec<Heading> {
    let mut headings: Vec<Heading> = Vec::new();
    let selector = "h1, h2, h3, h4, h5, h6, mark[data-ends], .changed, .added";
    for element in all(root, selector) {
        let tag = element.tag_name();
        let level = tag.strip_prefix('H').and_then(|level| level.parse().ok());
        if let Some(level) =
            level.filter(|_| matches!(element.closest(".removed, .before"), Ok(None)))
        {
            headings.push(Heading {
                text: without_gone(&element),
                level,
                points: 0,
                changed: matches!(element.closest(".changed, .added"), Ok(Some(_))),
            });
        } else if let Some(last) = headings.last_mut() {
            if tag == "MARK" {
                last.points += 1;
            } else if matches!(element.query_selector("h1, h2, h3, h4, h5, h6"), Ok(None)) {
                last.changed = true;
            }
        }
    }
    headings
}

fn without_gone(element: &Element) -> String {
    let mut plain = Plain::default();
    for text in texts(element) {
        let parent = text.parent_element();
        let gone = parent.map(|parent| parent.closest("del"));
        if !matches!(gone, Some(Ok(Some(_)))) {
            plain.push(0, &said(&text), false);
        }
    }
    plain.text().to_owned()
}

/// Brings the heading with this place among them into view.
pub(super) fn show_heading(root: &Element, index: usize) {
    let mut headings = all(root, "h1, h2, h3, h4, h5, h6");
    headings.retain(|heading| matches!(heading.closest(".removed, .before"), Ok(None)));
    if let Some(heading) = headings.get(index) {
        let _ = heading.set_attribute("tabindex", "-1");
        heading.scroll_into_view();
        focus(heading);
    }
}

/// Puts the cards beside what they are about: each as high as its passage, and below the one before. Where the margin is
/// no column the style sheet makes nothing of that.
pub(super) fn lay_out(root: &Element, margin: &Element) {
    let top = margin.get_bounding_client_rect().top();
    let mut cards: Vec<(f64, Element)> = Vec::new();
    for card in all(margin, "[data-point]") {
        let number = card.get_attribute("data-point").unwrap_or_default();
        let mark = root.query_selector(&format!("mark[data-points~='{number}']"));
        let at = match mark {
            Ok(Some(mark)) => mark.get_bounding_client_rect().top() - top - 6.0,
            _ => 0.0,
        };
        cards.push((at.max(0.0), card));
    }
    cards.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let mut free = 0.0_f64;
    for (at, card) in cards {
        let at = at.max(free);
        let _ = card.set_attribute("style", &format!("--top:{at:.0}px"));
        free = at + card.get_bounding_client_rect().height() + 10.0;
    }
    let _ = margin.set_attribute("style", &format!("--tall:{free:.0}px"));
}

/// Where the selection ends, within an element that is positioned: from its left and its top.
pub(super) fn selection_end(within: &Element) -> Option<(f64, f64)> {
    let range = window().get_selection().ok()??.get_range_at(0).ok()?;
    let (end, frame) = (
        range.get_bounding_client_rect(),
        within.get_bounding_client_rect(),
    );
    Some((end.left() - frame.left(), end.bottom() - frame.top() + 6.0))
}

/// The paragraph in which a point is marked, ready for the focus.
pub(super) fn block_of(root: &Element, number: u32) -> Option<Element> {
    let mark = root.query_selector(&format!("mark[data-points~='{number}']"));
    let block = mark.ok()??.closest(BLOCKS).ok()??;
    block.set_attribute("tabindex", "-1").ok()?;
    Some(block)
}

/// Puts the focus on the paragraph that somebody has touched; a link in it goes where it goes.
pub(super) fn choose(root: &Element, target: &Element) {
    if !root.contains(Some(target)) || matches!(target.closest("a, button, summary"), Ok(Some(_))) {
        return;
    }
    if let Ok(Some(block)) = target.closest(BLOCKS) {
        let _ = block.set_attribute("tabindex", "-1");
        focus(&block);
    }
}
