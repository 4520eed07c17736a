//! Pipelines, row by row.

use domain::PipelineId;
use leptos::prelude::*;

use super::{
    list::{Item, list},
    row::{Among, Row},
};
use crate::follow::flag;

/// A list with no more rows than this is drawn whole: the browser's own search finds everything in it. Of a longer one
/// only what is near the view is drawn.
const DRAWN_WHOLE: usize = 60;

/// The rows of these pipelines.
pub(crate) fn rows(
    ids: impl Fn() -> Vec<PipelineId> + Send + Sync + 'static,
    among: Among,
) -> AnyView {
    let ids = Memo::new(move |_| ids());
    let whole = flag(move || ids.with(Vec::len) <= DRAWN_WHOLE);
    let row = move |pipeline: &PipelineId| {
        let pipeline = pipeline.clone();
        Item::new(
            pipeline.clone(),
            move || view! { <Row pipeline among whole/> },
        )
    };
    let items = list(move || ids.with(|ids| ids.iter().map(row).collect()));
    view! { <ul class="sheet rows">{items}</ul> }.into_any()
}
