//! The parts that pages are made of.

pub(crate) mod badge;
pub(crate) mod chip;
pub(crate) mod connect;
pub(crate) mod copy;
pub(crate) mod find;
pub(crate) mod footer;
pub(crate) mod gate;
pub(crate) mod header;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod mark;
pub(crate) mod mini;
pub(crate) mod notice;
pub(crate) mod now;
pub(crate) mod prompt;
pub(crate) mod prompt_steps;
pub(crate) mod review_dialog;
pub(crate) mod review_form;
pub(crate) mod row;
pub(crate) mod switches;
pub(crate) mod tally;
pub(crate) mod time;
pub(crate) mod track;
pub(crate) mod when;
pub(crate) mod work;
