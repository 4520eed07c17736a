//! How long the body of a request may take to arrive: a peer that sends a byte now and then holds on to memory
//! and a connection.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
};
use http_body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// The whole body must be there within this time, as the head must.
const BODY_WITHIN: Duration = Duration::from_secs(120);

/// Breaks off bodies that take too long.
pub fn limit_body(request: Request) -> Request {
    request.map(|body| {
        if body.is_end_stream() {
            return body;
        }
        Body::new(Timely {
            body,
            deadline: Box::pin(sleep(BODY_WITHIN)),
        })
    })
}

struct Timely {
    body: Body,
    deadline: Pin<Box<Sleep>>,
}

impl HttpBody for Timely {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame);
        }
        self.deadline.as_mut().poll(context).map(|()| {
            let late = format!("the body did not arrive within {} s", BODY_WITHIN.as_secs());
            Some(Err(axum::Error::new(io::Error::new(
                io::ErrorKind::TimedOut,
                late,
            ))))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use futures::{StreamExt, stream};
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_is_broken_off() {
        let began = Instant::now();
        let trickle = stream::repeat(()).then(async |()| {
            sleep(Duration::from_secs(1)).await;
            Ok::<_, io::Error>(Bytes::from_static(b"x"))
        });
        let body = Timely {
            body: Body::from_stream(trickle),
            deadline: Box::pin(sleep(BODY_WITHIN)),
        };
        let read = to_bytes(Body::new(body), usize::MAX).await;
        assert!(read.is_err());
        assert_eq!(began.elapsed().as_secs(), BODY_WITHIN.as_secs());
    }
}
