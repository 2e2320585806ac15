//! A live's address over time, as a state machine without IO: publishers come and go, time passes, and out come the
//! few things the program must do. Time is an argument, actions are values.
//!
//! ```text
//!            publisher                     connection lost
//!  Waiting ────────────> OnAir ─────────────────────────────> Interrupted
//!     ^                  │  ^                                   │     │
//!     │  clean stop, end │  └──────────── publisher ────────────┘     │ grace over, end
//!     └──────────────────┴────────────────────────────────────────────┘
//! ```
//! A one-shot live that ended stays `Ended`; a permanent one waits again.

use std::time::Duration;

use jiff::Timestamp;

/// Where a live stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Waiting,
    OnAir,
    /// The publisher's connection was lost; viewers stay, and the session goes on if it returns in time.
    Interrupted {
        until: Timestamp,
    },
    Ended,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// Somebody with the right key asked to publish.
    PublisherArrived,
    /// The publisher said goodbye (FCUnpublish, deleteStream).
    PublisherStopped,
    /// The publisher's connection broke.
    PublisherLost,
    /// The streamer or a moderator ended it, or the server stops.
    EndRequested,
    /// Time passed.
    Tick,
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Nothing,
    /// Open a session: new media sequence, new archive.
    Start,
    /// The same session goes on with this publisher, after a discontinuity. The one before, if it is still connected,
    /// is let go: an encoder that reconnects must not be refused because its old connection has not timed out yet.
    Resume,
    /// Keep everything open, and call `Tick` at the state's `until`.
    Hold,
    /// Close the session and publish its replay.
    End(EndReason),
    /// A one-shot live that has ended takes no publisher.
    Refuse,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndReason {
    Stopped,
    GraceOver,
    Requested,
}

#[derive(Debug, Clone)]
pub(crate) struct Machine {
    permanent: bool,
    grace: Duration,
    state: State,
}

impl Machine {
    pub(crate) fn new(permanent: bool, grace: Duration) -> Self {
        Self {
            permanent,
            grace,
            state: State::Waiting,
        }
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    pub(crate) fn handle(&mut self, now: Timestamp, input: Input) -> Action {
        match (self.state, input) {
            (State::Waiting, Input::PublisherArrived) => {
                self.state = State::OnAir;
                Action::Start
            }
            (State::OnAir | State::Interrupted { .. }, Input::PublisherArrived) => {
                self.state = State::OnAir;
                Action::Resume
            }
            (State::Ended, Input::PublisherArrived) => Action::Refuse,
            (State::OnAir, Input::PublisherLost) => match self.grace_from(now) {
                Some(until) => {
                    self.state = State::Interrupted { until };
                    Action::Hold
                }
                None => self.end(EndReason::GraceOver),
            },
            (State::OnAir, Input::PublisherStopped) => self.end(EndReason::Stopped),
            (State::OnAir | State::Interrupted { .. }, Input::EndRequested) => self.end(EndReason::Requested),
            (State::Interrupted { until }, Input::Tick) if now >= until => self.end(EndReason::GraceOver),
            _ => Action::Nothing,
        }
    }

    fn grace_from(&self, now: Timestamp) -> Option<Timestamp> {
        if self.grace.is_zero() {
            None
        } else {
            now.checked_add(self.grace).ok()
        }
    }

    fn end(&mut self, reason: EndReason) -> Action {
        self.state = if self.permanent {
            State::Waiting
        } else {
            State::Ended
        };
        Action::End(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(30);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn a_lost_publisher_that_returns_in_time_continues_the_session() {
        let mut live = Machine::new(true, GRACE);
        assert_eq!(live.handle(at(0), Input::PublisherArrived), Action::Start);
        assert_eq!(live.handle(at(5), Input::PublisherLost), Action::Hold);
        assert_eq!(live.state(), State::Interrupted { until: at(35) });
        assert_eq!(live.handle(at(34), Input::Tick), Action::Nothing);
        assert_eq!(live.handle(at(34), Input::PublisherArrived), Action::Resume);
        assert_eq!(live.state(), State::OnAir);
        assert_eq!(
            live.handle(at(35), Input::Tick),
            Action::Nothing,
            "the old deadline no longer counts"
        );
    }

    #[test]
    fn a_grace_that_runs_out_ends_the_session_and_a_permanent_live_waits_again() {
        let mut live = Machine::new(true, GRACE);
        live.handle(at(0), Input::PublisherArrived);
        live.handle(at(5), Input::PublisherLost);
        assert_eq!(
            live.handle(at(35), Input::Tick),
            Action::End(EndReason::GraceOver)
        );
        assert_eq!(live.state(), State::Waiting);
        assert_eq!(live.handle(at(40), Input::PublisherArrived), Action::Start);
    }

    #[test]
    fn a_clean_stop_ends_at_once_and_a_one_shot_live_stays_ended() {
        let mut live = Machine::new(false, GRACE);
        live.handle(at(0), Input::PublisherArrived);
        assert_eq!(
            live.handle(at(5), Input::PublisherStopped),
            Action::End(EndReason::Stopped)
        );
        assert_eq!(live.state(), State::Ended);
        assert_eq!(live.handle(at(6), Input::PublisherArrived), Action::Refuse);
        assert_eq!(live.handle(at(7), Input::EndRequested), Action::Nothing);
    }

    #[test]
    fn a_second_publisher_takes_over_without_a_new_session() {
        let mut live = Machine::new(true, GRACE);
        live.handle(at(0), Input::PublisherArrived);
        assert_eq!(live.handle(at(1), Input::PublisherArrived), Action::Resume);
        assert_eq!(live.state(), State::OnAir);
    }

    #[test]
    fn without_grace_a_lost_connection_ends_the_session() {
        let mut live = Machine::new(true, Duration::ZERO);
        live.handle(at(0), Input::PublisherArrived);
        assert_eq!(
            live.handle(at(1), Input::PublisherLost),
            Action::End(EndReason::GraceOver)
        );
    }

    #[test]
    fn an_end_request_works_while_interrupted() {
        let mut live = Machine::new(true, GRACE);
        live.handle(at(0), Input::PublisherArrived);
        live.handle(at(1), Input::PublisherLost);
        assert_eq!(
            live.handle(at(2), Input::EndRequested),
            Action::End(EndReason::Requested)
        );
    }
}
