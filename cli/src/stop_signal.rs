//! Being told to stop, by a person at the terminal or by a service manager.

/// Completes on SIGINT or SIGTERM. None that comes after the call is missed.
#[cfg(unix)]
pub fn stop_signal() -> impl Future<Output = ()> {
    use std::{future::pending, io};
    use tokio::signal::unix::{Signal, SignalKind, signal};

    async fn heard(signal: io::Result<Signal>) {
        match signal {
            Ok(mut signal) => drop(signal.recv().await),
            // The system ends the program itself then.
            Err(_) => pending().await,
        }
    }
    let interrupt = heard(signal(SignalKind::interrupt()));
    let terminate = heard(signal(SignalKind::terminate()));
    async {
        tokio::select! {
            () = interrupt => {}
            () = terminate => {}
        }
    }
}

/// Completes on Ctrl+C.
#[cfg(not(unix))]
pub async fn stop_signal() {
    let _ = tokio::signal::ctrl_c().await;
}
