//! When a review may open by itself, and when a key decides about it.
//!
//! A key that was meant for something else must not decide, and nobody decides about a text that has just come.
//! All times are milliseconds of one clock that never goes back: that of the time stamps of input events.

/// A board is idle when nobody has pressed a key or a pointer for so long: a pause in typing is shorter.
const IDLE_MS: f64 = 2_000.0;
/// So long a text is in front of the reader before anything is decided about it: longer than a hand that is
/// already moving needs to stop.
const SHOWN_MS: f64 = 1_000.0;

/// What becomes of a handover that has just arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Nobody sees the page: it is looked at again when somebody does.
    Keep,
    /// Somebody is busy: it says that it is here.
    Announce,
    /// Its review opens.
    Open,
}

/// What keys and buttons of an open review do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// Nothing: the text is not there, or has only just come.
    Blocked,
    /// Buttons decide, letters do not: nobody has touched this review.
    Asleep,
    /// Letters decide as well.
    Ready,
}

/// What the reader has done, and since when the text that is shown is there.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Attention {
    last_input: Option<f64>,
    shown_since: Option<f64>,
    touched: bool,
}

impl Attention {
    /// A key or a pointer was pressed, anywhere on the page.
    pub fn input(&mut self, at: f64) {
        self.last_input = Some(at);
    }

    /// Something inside the review was pressed or scrolled. What was done before the text came says nothing about it.
    pub fn touch(&mut self, at: f64) {
        self.touched |= self.shown_since.is_some_and(|since| at > since);
    }

    /// Another text is shown since `at`, or none.
    pub fn show(&mut self, at: Option<f64>) {
        self.shown_since = at;
        self.touched = false;
    }

    /// What becomes of a handover that arrives now. `busy` says that the focus lies where somebody types.
    pub fn arrival(&self, now: f64, visible: bool, busy: bool) -> Arrival {
        let idle = self.last_input.is_none_or(|at| now - at >= IDLE_MS);
        match (visible, busy) {
            (false, _) => Arrival::Keep,
            (true, false) if idle => Arrival::Open,
            (true, _) => Arrival::Announce,
        }
    }

    /// What a key does that is pressed now.
    pub fn keys(&self, now: f64) -> Keys {
        match self.shown_since {
            Some(since) if now - since >= SHOWN_MS && self.touched => Keys::Ready,
            Some(since) if now - since >= SHOWN_MS => Keys::Asleep,
            _ => Keys::Blocked,
        }
    }
}

impl Keys {
    /// In how many milliseconds a text that has just come can be decided about: for a timer, so rounded up.
    pub const BLOCKED_MS: u64 = SHOWN_MS as u64 + 20;

    /// As an attribute of the dialog, for style sheets and tests.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Asleep => "asleep",
            Self::Ready => "ready",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_opens_by_itself_only_on_an_idle_board() {
        let mut attention = Attention::default();
        assert_eq!(attention.arrival(0.0, true, false), Arrival::Open);
        attention.input(10_000.0);
        assert_eq!(attention.arrival(10_000.0, true, false), Arrival::Announce);
        assert_eq!(attention.arrival(11_999.0, true, false), Arrival::Announce);
        assert_eq!(attention.arrival(12_000.0, true, false), Arrival::Open);
        // A field that has the focus is in use, however long nothing is typed.
        assert_eq!(attention.arrival(99_000.0, true, true), Arrival::Announce);
        assert_eq!(attention.arrival(99_000.0, false, false), Arrival::Keep);
    }

    #[test]
    fn letters_decide_after_a_touch_and_a_second() {
        let mut attention = Attention::default();
        assert_eq!(attention.keys(5_000.0), Keys::Blocked);
        attention.show(Some(5_000.0));
        assert_eq!(attention.keys(5_999.0), Keys::Blocked);
        assert_eq!(attention.keys(6_000.0), Keys::Asleep);
        attention.input(6_100.0);
        assert_eq!(attention.keys(6_100.0), Keys::Asleep);
        attention.touch(6_200.0);
        assert_eq!(attention.keys(6_200.0), Keys::Ready);
    }

    #[test]
    fn a_touch_in_the_first_second_counts_only_after_it() {
        let mut attention = Attention::default();
        attention.show(Some(5_000.0));
        attention.touch(5_300.0);
        assert_eq!(attention.keys(5_300.0), Keys::Blocked);
        assert_eq!(attention.keys(6_000.0), Keys::Ready);
    }

    #[test]
    fn another_text_begins_anew() {
        let mut attention = Attention::default();
        attention.show(Some(5_000.0));
        attention.touch(7_000.0);
        attention.show(Some(8_000.0));
        // The click that asked for the new text was made before it was there.
        attention.touch(7_999.0);
        assert_eq!(attention.keys(8_500.0), Keys::Blocked);
        assert_eq!(attention.keys(9_000.0), Keys::Asleep);
        attention.touch(9_100.0);
        attention.show(None);
        assert_eq!(attention.keys(20_000.0), Keys::Blocked);
    }
}
