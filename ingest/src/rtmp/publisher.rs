//! A client that was let in: its socket's bytes become events.

use std::{net::SocketAddr, pin::Pin, time::Duration};

use media::Event;
use tokio::time::{Instant, Sleep, sleep_until};

use super::{
    chunk::{Message, kind},
    connection::{Connection, Parting},
    demux::Demuxer,
    flv,
    session::Step,
    slots::Slot,
};
use crate::{End, Protocol};

/// Driven by whoever awaits [`next`](Self::next); there is no task behind it.
#[derive(Debug)]
pub struct Publisher {
    connection: Connection,
    demuxer: Demuxer,
    end: Option<End>,
    peer: SocketAddr,
    protocol: Protocol,
    idle_timeout: Duration,
    /// When the last message came; the timer looks at it when it fires, so that a frame does not cost a timer.
    last_message: Instant,
    idle: Pin<Box<Sleep>>,
    _slot: Slot,
}

impl Publisher {
    pub(super) fn new(
        connection: Connection,
        slot: Slot,
        peer: SocketAddr,
        protocol: Protocol,
        idle_timeout: Duration,
    ) -> Self {
        let now = Instant::now();
        Self {
            connection,
            demuxer: Demuxer::default(),
            end: None,
            peer,
            protocol,
            idle_timeout,
            last_message: now,
            idle: Box::pin(sleep_until(now + idle_timeout)),
            _slot: slot,
        }
    }

    /// The next event; the first is always [`Event::Tracks`]. After an [`End`] comes the same end again. Cancel safe.
    pub async fn next(&mut self) -> Result<Event, End> {
        loop {
            if let Some(event) = self.demuxer.next_event() {
                return Ok(event);
            }
            if let Some(end) = &self.end {
                return Err(end.clone());
            }
            match self.connection.step() {
                Ok(Some(step)) => self.take(step),
                Ok(None) => {
                    if let Err(lost) = self.fill().await {
                        self.end = Some(lost);
                    }
                }
                Err(malformed) => self.turn_away(End::Protocol(malformed.to_string())),
            }
        }
    }

    /// Bytes received on this connection, the handshake's included.
    pub fn bytes_received(&self) -> u64 {
        self.connection.received_bytes()
    }

    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// What the client calls itself, by its metadata if it sent some.
    pub fn encoder(&self) -> Option<&str> {
        self.connection.session.encoder()
    }

    /// Tells the encoder why it cannot go on, and hangs up. Takes up to a second if the client lingers.
    pub async fn refuse(&mut self, text: &str) {
        self.end.get_or_insert_with(|| End::Lost("refused".to_owned()));
        self.connection.say(|session, out| session.refuse(text, out));
        self.connection.part(Parting::GoNow).await;
    }

    async fn fill(&mut self) -> Result<(), End> {
        loop {
            tokio::select! {
                biased;
                filled = self.connection.fill() => {
                    return match filled {
                        Ok(true) => Ok(()),
                        Ok(false) => Err(End::Lost("the connection closed without a goodbye".to_owned())),
                        Err(error) => Err(End::Lost(error.to_string())),
                    };
                }
                () = &mut self.idle => {
                    let deadline = self.last_message + self.idle_timeout;
                    if deadline <= Instant::now() {
                        return Err(End::Lost(format!("nothing for {} s", self.idle_timeout.as_secs_f32())));
                    }
                    self.idle.as_mut().reset(deadline);
                }
            }
        }
    }

    fn take(&mut self, step: Step) {
        self.last_message = Instant::now();
        let taken = match step {
            Step::Metadata(metadata) => {
                self.demuxer.metadata(metadata);
                Ok(())
            }
            Step::Audio(message) => self.demuxer.audio(message.timestamp, message.payload),
            Step::Video(message) => self.demuxer.video(message.timestamp, message.payload),
            Step::Aggregate(message) => self.aggregate(message),
            Step::Publish => Ok(()),
            Step::Stop => {
                tokio::spawn(self.connection.part(Parting::AfterYou));
                self.end = Some(End::Clean);
                Ok(())
            }
        };
        match taken {
            Ok(()) => {}
            Err(flv::Error::Malformed(malformed)) => self.turn_away(End::Protocol(malformed.to_string())),
            Err(flv::Error::Unsupported(text)) => self.turn_away(End::Unsupported(text)),
        }
    }

    /// Ends, and tells the encoder why, so that it says so to whoever sits in front of it.
    fn turn_away(&mut self, end: End) {
        let (End::Lost(text) | End::Protocol(text) | End::Unsupported(text)) = &end else {
            return;
        };
        self.connection.say(|session, out| session.refuse(text, out));
        tokio::spawn(self.connection.part(Parting::GoNow));
        self.end = Some(end);
    }

    fn aggregate(&mut self, message: Message) -> Result<(), flv::Error> {
        for tag in flv::aggregate(message.timestamp, message.payload) {
            match tag? {
                (kind::AUDIO, timestamp, body) => self.demuxer.audio(timestamp, body)?,
                (kind::VIDEO, timestamp, body) => self.demuxer.video(timestamp, body)?,
                _ => {}
            }
        }
        Ok(())
    }
}
