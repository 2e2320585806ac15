//! How long a client has been silent.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

/// Since when nothing came. Its timer is made when first needed, and looks at the clock when it fires, so that a read
/// costs no timer.
#[derive(Debug)]
pub(super) struct Silence {
    since: Instant,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Default for Silence {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            timer: None,
        }
    }
}

impl Silence {
    /// Something came.
    pub(super) fn end(&mut self) {
        self.since = Instant::now();
    }

    /// Ready once nothing has come for `wanted`.
    pub(super) fn poll(&mut self, wanted: Duration, cx: &mut Context<'_>) -> Poll<()> {
        let over = self.since + wanted;
        if wanted.is_zero() || over <= Instant::now() {
            return Poll::Ready(());
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(over)));
        // One that fires too early is set again then.
        if timer.deadline() > over {
            timer.as_mut().reset(over);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if over <= Instant::now() {
                return Poll::Ready(());
            }
            timer.as_mut().reset(over);
        }
        Poll::Pending
    }
}
