//! The nodes of a page, one by one, in the order in which they are read.

use wasm_bindgen::JsCast;
use web_sys::{Element, Node};

/// The nodes inside an element, from one of them on, or back from it.
pub(super) struct Walk<'a> {
    root: &'a Element,
    next: Option<Node>,
    back: bool,
}

impl<'a> Walk<'a> {
    /// All of them.
    pub fn within(root: &'a Element) -> Self {
        Self::to(root.first_child(), root, false)
    }

    /// From this one on.
    pub fn from(node: Node, root: &'a Element) -> Self {
        Self::to(Some(node), root, false)
    }

    /// What begins before this one, the last first.
    pub fn before(node: &Node, root: &'a Element) -> Self {
        Self::to(previous(node, root), root, true)
    }

    fn to(next: Option<Node>, root: &'a Element, back: bool) -> Self {
        Self { root, next, back }
    }
}

impl Iterator for Walk<'_> {
    type Item = Node;

    fn next(&mut self) -> Option<Node> {
        let node = self.next.take()?;
        self.next = if self.back {
            previous(&node, self.root)
        } else {
            node.first_child().or_else(|| following(&node, self.root))
        };
        Some(node)
    }
}

/// What follows a node and all that is in it.
pub(super) fn following(node: &Node, root: &Element) -> Option<Node> {
    let mut node = node.clone();
    while node != **root {
        if let Some(next) = node.next_sibling() {
            return Some(next);
        }
        node = node.parent_node()?;
    }
    None
}

/// What begins last before a node.
fn previous(node: &Node, root: &Element) -> Option<Node> {
    if *node == **root {
        return None;
    }
    let Some(mut last) = node.previous_sibling() else {
        return node.parent_node().filter(|parent| *parent != **root);
    };
    while let Some(child) = last.last_child() {
        last = child;
    }
    Some(last)
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
