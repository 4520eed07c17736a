//! Whether the assistant that runs a hook is still there. One that is killed leaves its hooks behind.

/// Completes when the process that started this one has ended.
#[cfg(unix)]
pub async fn gone() {
    use std::{os::unix::process::parent_id, time::Duration};

    /// Between two looks. Nothing depends on when an orphan ends.
    const LOOK: Duration = Duration::from_secs(2);

    let parent = parent_id();
    while parent_id() == parent {
        tokio::time::sleep(LOOK).await;
    }
}

/// Never completes: there is no such relation here.
#[cfg(not(unix))]
pub async fn gone() {
    std::future::pending().await
}
