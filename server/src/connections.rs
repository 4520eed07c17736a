//! The sockets: accepting them, and what TCP and HTTP must do so that one bad peer harms nobody.

use std::{
    collections::HashMap,
    io::{self, IoSlice},
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    Router,
    extract::ConnectInfo,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutWriter;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::{access::note_tls, problem::Problem};

/// A peer that takes no byte for this long is cut off. It comes back and resumes by id.
const STALLED: Duration = Duration::from_secs(20);
/// Most bytes that the kernel keeps for a peer that does not read; it would grow to 4 MB otherwise.
const SEND_BUFFER: usize = 128 * 1024;
/// The whole head of a request must be there this long after the connection or the answer before. It is
/// longer than HTTP clients keep an idle connection, so that the server does not close one in use.
const HEAD_WITHIN: Duration = Duration::from_secs(120);
/// How long a peer may take to begin with TLS.
const SHAKEN_WITHIN: Duration = Duration::from_secs(10);
/// Most connections from one address of another machine: an office behind one address has fifty browsers.
const FROM_ONE_ADDRESS: usize = 512;
/// Most peers that begin with TLS at once: each costs a key exchange.
const SHAKING: usize = 256;
/// Largest head of a request; a larger one is answered with 431.
const HEAD_MAX: usize = 64 * 1024;
/// The pause after an accept that failed for want of files or memory.
const ACCEPT_AGAIN: Duration = Duration::from_secs(1);

/// Serves `router` on `listener`, over TLS where there is a certificate, until `stop`, and then completes when the last
/// connection has ended.
///
/// This is HTTP/1 only: without TLS no browser speaks HTTP/2, and telling the two apart costs every
/// connection a larger read buffer.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<TlsAcceptor>,
    stop: CancellationToken,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_header_size(HEAD_MAX);
    let connections = GracefulShutdown::new();
    let addresses = Addresses::default();
    let shaking_at_once = Arc::new(Semaphore::new(SHAKING));
    while let Some((stream, peer)) = stop.run_until_cancelled(accept(&listener)).await {
        let Some(place) = addresses.enter(peer.ip().to_canonical()) else {
            tracing::debug!("{peer} has {FROM_ONE_ADDRESS} connections already");
            continue;
        };
        let router = router.clone();
        let over_tls = tls.is_some();
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            note_tls(request.headers_mut(), over_tls);
            // A tunnel has no path, which the router takes for granted.
            let tunnel = request.method() == Method::CONNECT;
            let answered = (!tunnel).then(|| router.clone().call(request));
            async move {
                match answered {
                    Some(answer) => answer.await,
                    None => Ok(no_tunnel()),
                }
            }
        });
        let stream = ending_when_stalled(stream);
        let Some(tls) = &tls else {
            let connection = http.serve_connection(TokioIo::new(stream), service);
            // Not an async block: that would hold the connection twice.
            tokio::spawn(connections.watch(connection).map(move |ended| {
                drop(place);
                note_end(ended);
            }));
            continue;
        };
        let Ok(shaking_now) = Arc::clone(&shaking_at_once).try_acquire_owned() else {
            tracing::debug!("{SHAKING} peers begin with TLS already; {peer} comes too early");
            continue;
        };
        let (shaking, http, watcher) = (tls.accept(stream), http.clone(), connections.watcher());
        tokio::spawn(async move {
            let _place = place;
            let shaken = timeout(SHAKEN_WITHIN, shaking).await;
            drop(shaking_now);
            match shaken {
                Ok(Ok(stream)) => {
                    let connection = http.serve_connection(TokioIo::new(stream), service);
                    note_end(watcher.watch(connection).await);
                }
                Ok(Err(error)) => tracing::debug!(%error, "no TLS with {peer}: {error}"),
                Err(_) => tracing::debug!("no TLS with {peer}: it took too long"),
            }
        });
    }
    drop(listener);
    connections.shutdown().await;
}

/// How many connections there are from each address of another machine. What comes from this machine is not counted: all
/// that a proxy here passes on has one address.
#[derive(Clone, Default)]
struct Addresses(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// The place of one connection.
struct Place {
    address: Option<IpAddr>,
    among: Addresses,
}

impl Addresses {
    fn enter(&self, address: IpAddr) -> Option<Place> {
        let mut known = self.lock();
        let counted = (!address.is_loopback()).then_some(address);
        if let Some(address) = counted {
            let count = known.entry(address).or_default();
            if *count >= FROM_ONE_ADDRESS {
                return None;
            }
            *count += 1;
        }
        drop(known);
        Some(Place {
            address: counted,
            among: self.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut known = self.among.lock();
        if let Some(count) = known.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                known.remove(&address);
            }
        }
    }
}

fn note_end(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off: {error}");
    }
}

/// The answer to `CONNECT`: this is no proxy.
fn no_tunnel() -> Response {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method",
        "Method not allowed",
        "CONNECT asks for a tunnel, and Staffel is no proxy. Allowed: GET, POST, DELETE.",
    )
    .into_response()
}

/// The next connection. Errors are those of one peer, or pass when other connections end.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_the_peers(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted: {error}");
                sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

fn is_the_peers(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// A stream that fails when its peer stalls. hyper has no write time-out of its own.
fn ending_when_stalled(stream: TcpStream) -> Pin<Box<TimeoutWriter<Socket>>> {
    if let Err(error) = tune(&stream) {
        tracing::debug!(%error, "a socket keeps the system's settings: {error}");
    }
    let mut stream = TimeoutWriter::new(Socket(stream));
    stream.set_timeout(Some(STALLED));
    Box::pin(stream)
}

fn tune(stream: &TcpStream) -> io::Result<()> {
    // Nagle's algorithm would hold the second of two close events back for 40 ms.
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_send_buffer_size(SEND_BUFFER)?;
    // A peer behind a cut cable acknowledges nothing; the system's own patience is a quarter of an hour.
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(STALLED))?;
    Ok(())
}

/// A TCP stream that gathers with `sendmsg`. tokio's own does it with `writev`, which goes through the
/// kernel's file layer first: that is a twelfth of what sending an event takes.
struct Socket(TcpStream);

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let send = || SockRef::from(&self.0).send_vectored(slices);
        loop {
            ready!(self.0.poll_write_ready(context))?;
            match self.0.try_io(Interest::WRITABLE, send) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                sent => return Poll::Ready(sent),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_so_many_connections_and_this_machine_as_many_as_it_wants() {
        let addresses = Addresses::default();
        let far: IpAddr = "192.0.2.1".parse().expect("an address");
        let here: IpAddr = "127.0.0.1".parse().expect("an address");
        let mut places: Vec<_> = (0..FROM_ONE_ADDRESS)
            .map(|_| addresses.enter(far))
            .collect();
        assert!(places.iter().all(Option::is_some) && addresses.enter(far).is_none());
        assert!((0..2 * FROM_ONE_ADDRESS).all(|_| addresses.enter(here).is_some()));
        places.pop();
        assert!(addresses.enter(far).is_some());
        drop(places);
        assert!(addresses.lock().is_empty());
    }
}
