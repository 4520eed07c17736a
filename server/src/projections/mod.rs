//! From facts to what leaves the server: rows of the overview, SSE frames, texts to read, places of a search. Knows
//! the shapes of `protocol`, no sockets.

mod frames;
mod overview;
mod search;
mod texts;

pub use frames::{Texts, frames_of, named_texts};
pub use overview::{ARCHIVED_KEYS, Overview, row};
pub use search::{excerpt, findable};
pub use texts::{handover_view, prompt_view, streamed_handover};
