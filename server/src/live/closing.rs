//! The end of all streams, for those who wait for something else meanwhile.

use tokio::sync::watch;

/// Whether streams are told to end. Looking costs no lock, and waiting for it costs nothing while events pass.
#[derive(Debug, Clone)]
pub struct Closing {
    told: watch::Receiver<bool>,
    begun: bool,
}

impl Closing {
    pub(super) fn of(told: &watch::Sender<bool>) -> Self {
        let told = told.subscribe();
        let begun = *told.borrow();
        Self { told, begun }
    }

    /// Whether they are.
    pub fn has_begun(&self) -> bool {
        // It changes once.
        self.begun || self.told.has_changed().unwrap_or(true)
    }

    /// Completes when they are.
    pub async fn begun(&mut self) {
        // Without a sender there is no log any more.
        let _ = self.told.wait_for(|told| *told).await;
        self.begun = true;
    }
}
