//! The text of a handover as it stands on the page: its paragraphs and its headings, where they lie, and going there.

use leptos::prelude::{document, request_animation_frame, window};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Node};

use super::{
    on_page,
    walk::{Walk, all},
};

/// What is one thing to read, and to comment on.
const BLOCKS: &str = "h1, h2, h3, h4, h5, h6, p, li, pre, tr, dt, dd";
/// The headings, without what is gone; with what has changed; and with where the passages of points end.
const HEADINGS: &str = ":is(h1, h2, h3, h4, h5, h6):not(.removed *, .before *)";
const HEADINGS_AND_CHANGES: &str =
    ":is(h1, h2, h3, h4, h5, h6):not(.removed *, .before *), .changed, .added";
const HEADINGS_AND_MARKS: &str =
    ":is(h1, h2, h3, h4, h5, h6):not(.removed *, .before *), mark[data-ends]";

/// A heading of the text.
#[derive(Clone, PartialEq)]
pub(super) struct Heading {
    pub text: String,
    pub level: u32,
    /// How many passages with a point stand under it.
    pub points: u64,
    /// Whether something under it is another text than before.
    pub changed: bool,
}

/// Whether a node is one thing to read: an innermost one, with something in it.
fn block(node: Node) -> Option<Element> {
    let block: Element = node.dyn_into().ok()?;
    let reads = matches!(block.matches(BLOCKS), Ok(true))
        && matches!(block.query_selector(BLOCKS), Ok(None))
        && matches!(block.closest(".removed, .fold"), Ok(None))
        && !block.text_content().unwrap_or_default().trim().is_empty();
    reads.then_some(block)
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
    let next = match focused(root) {
        Some(here) if back => Walk::before(&here, root).find_map(block),
        // There may be blocks in it.
        Some(here) => Walk::from(here.into(), root).skip(1).find_map(block),
        None => in_view(root),
    };
    if let Some(next) = next {
        let _ = next.set_attribute("tabindex", "-1");
        focus(&next);
        bring(&next);
    }
}

/// The first block that begins in view, else the first of all.
fn in_view(root: &Element) -> Option<Element> {
    // What stands over a text that scrolls.
    const TOP: f64 = 90.0;
    let mut children = all(root, ":scope > *").into_iter();
    let child = children.find(|child| child.get_bounding_client_rect().bottom() >= TOP);
    let is_in_view = |block: &Element| block.get_bounding_client_rect().top() >= TOP;
    let from = child.map(|child| Walk::from(child.into(), root).filter_map(block));
    let shown = from.and_then(|mut blocks| blocks.find(is_in_view));
    shown.or_else(|| Walk::within(root).find_map(block))
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
    if matches!(element.closest(".stretch"), Ok(Some(_))) {
        let element = element.clone();
        // Only by then it is known how high what stands above it is.
        request_animation_frame(move || {
            request_animation_frame(move || element.scroll_into_view())
        });
    }
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

/// The headings, with whether something under each has changed.
pub(super) fn headings(root: &Element) -> Vec<Heading> {
    let mut headings: Vec<Heading> = Vec::new();
    for element in all(root, HEADINGS_AND_CHANGES) {
        match level(&element) {
            Some(level) => headings.push(Heading {
                text: on_page::without_gone(&element),
                level,
                points: 0,
                changed: matches!(element.closest(".changed, .added"), Ok(Some(_))),
            }),
            None if matches!(element.query_selector(HEADINGS), Ok(None)) => {
                if let Some(last) = headings.last_mut() {
                    last.changed = true;
                }
            }
            None => {}
        }
    }
    headings
}

/// Counts the points under each heading.
pub(super) fn count(root: &Element, headings: &mut [Heading]) {
    headings.iter_mut().for_each(|heading| heading.points = 0);
    if matches!(root.query_selector("mark[data-ends]"), Ok(None)) {
        return;
    }
    let mut at = None;
    for element in all(root, HEADINGS_AND_MARKS) {
        if level(&element).is_some() {
            at = Some(at.map_or(0, |at| at + 1));
        } else if let Some(heading) = at.and_then(|at: usize| headings.get_mut(at)) {
            heading.points += 1;
        }
    }
}

fn level(heading: &Element) -> Option<u32> {
    heading.tag_name().strip_prefix('H')?.parse().ok()
}

/// Brings the heading with this place among them into view.
pub(super) fn show_heading(root: &Element, index: usize) {
    if let Some(heading) = all(root, HEADINGS).get(index) {
        let _ = heading.set_attribute("tabindex", "-1");
        bring(heading);
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
