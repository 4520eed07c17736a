//! The outbox: notices that wait until their receivers have taken them.
//!
//! The rules hold for every engine: a receiver gets a notice once, however often it is put; notices and the journal
//! position up to which they were made are stored together, so that a restart neither loses nor doubles one; what waits
//! is bounded, and what has ended is forgotten after [`ENDED_KEPT`].

use domain::Timestamp;

use super::StoreError;

/// How long a notice is remembered after its end, in milliseconds: a week, longer than any is tried.
pub const ENDED_KEPT: i64 = 7 * 24 * 3600 * 1000;

/// How far the journal was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The epoch of the journal that the position is of.
    pub epoch: String,
    /// Notices about what stands after this position are not made yet.
    pub position: u64,
}

/// How far the journal was followed for a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The name of the receiver.
    pub receiver: String,
    /// How far.
    pub reached: Reached,
}

/// A notice for one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// The name of the receiver.
    pub receiver: String,
    /// What it is about. One receiver gets one notice with this id.
    pub id: String,
    /// What it says, as JSON.
    pub body: String,
    /// When it happened.
    pub made: Timestamp,
    /// Before when it is not to be tried.
    pub due: Timestamp,
}

/// A notice that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredNotice {
    /// The id of this delivery: the same in every try, another for every receiver.
    pub delivery: String,
    /// What it is about.
    pub id: String,
    /// What it says, as JSON.
    pub body: String,
    /// When it happened.
    pub made: Timestamp,
    /// How many tries have failed.
    pub tries: u32,
    /// When it is to be tried.
    pub next: Timestamp,
}

/// Why a notice waits no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeEnd {
    /// The receiver has taken it.
    Delivered,
    /// There is nothing to tell any more.
    Withdrawn,
    /// The receiver did not take it, or too many waited.
    GivenUp,
}

impl NoticeEnd {
    /// How it is written, for people who look into the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Withdrawn => "withdrawn",
            Self::GivenUp => "given_up",
        }
    }
}

/// What an engine keeps about notices.
pub trait Outbox: Send + Sync {
    /// How far the journal was followed, for every receiver that is known.
    ///
    /// # Errors
    /// It cannot be read.
    fn followed(&self) -> Result<Vec<Followed>, StoreError>;

    /// Notes how far the journal was followed for a receiver, new or known.
    ///
    /// # Errors
    /// It cannot be written.
    fn put_receiver(&self, followed: &Followed) -> Result<(), StoreError>;

    /// Forgets a receiver with everything that was or is to be sent to it.
    ///
    /// # Errors
    /// It cannot be written.
    fn remove_receiver(&self, receiver: &str) -> Result<(), StoreError>;

    /// Stores notices, and how far the journal was followed for all receivers, together; those for whom it was followed
    /// farther keep that. A notice that is known is left as it is. Beyond `most` that wait for one receiver the oldest are
    /// given up; says how many.
    ///
    /// # Errors
    /// It cannot be written. Nothing was changed then.
    fn put_notices(
        &self,
        notices: &[NewNotice],
        reached: Option<&Reached>,
        at: Timestamp,
        most: usize,
    ) -> Result<usize, StoreError>;

    /// The notice that is to be tried first, now or later.
    ///
    /// # Errors
    /// It cannot be read.
    fn next_notice(&self, receiver: &str) -> Result<Option<StoredNotice>, StoreError>;

    /// The receivers whose names begin like this and for whom something waits, and when the first of it is to be tried.
    ///
    /// # Errors
    /// It cannot be read.
    fn waiting(&self, beginning: &str) -> Result<Vec<(String, Timestamp)>, StoreError>;

    /// When the oldest notice was made that was tried and still waits.
    ///
    /// # Errors
    /// It cannot be read.
    fn oldest_tried(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Whether a receiver has taken the notice with this id.
    ///
    /// # Errors
    /// It cannot be read.
    fn was_delivered(&self, receiver: &str, id: &str) -> Result<bool, StoreError>;

    /// Notes a failed try, and when the next one is.
    ///
    /// # Errors
    /// It cannot be written.
    fn try_notice_again(&self, delivery: &str, next: Timestamp) -> Result<(), StoreError>;

    /// Notes that a notice waits no longer.
    ///
    /// # Errors
    /// It cannot be written.
    fn end_notice(&self, delivery: &str, end: NoticeEnd, at: Timestamp) -> Result<(), StoreError>;
}
