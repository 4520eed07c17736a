//! The sockets: what TCP must do so that one stuck reader harms nobody and is noticed.

use std::{io, net::SocketAddr, pin::Pin, time::Duration};

use axum::serve::Listener;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;

/// A peer that takes no byte for this long is cut off. It comes back and resumes by id.
const STALLED: Duration = Duration::from_secs(20);
/// Most bytes that the kernel keeps for a peer that does not read; it would grow to 4 MB otherwise.
const SEND_BUFFER: usize = 128 * 1024;

/// A listener whose connections end when their peer stalls. hyper has no write time-out of its own.
pub struct Connections(pub TcpListener);

impl Listener for Connections {
    type Io = Pin<Box<TimeoutStream<TcpStream>>>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        if let Err(error) = tune(&stream) {
            tracing::debug!(%error, "the socket of {address} keeps the system's settings: {error}");
        }
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(STALLED));
        (Box::pin(stream), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
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
