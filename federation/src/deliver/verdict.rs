//! What becomes of a delivery, given what the server said; and when to try again.

use std::time::Duration;

use crate::client::{Answer, FetchError, is_temporary};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Delivered,
    /// The server answers, but does not want this one: it is dropped, the next may go.
    Dropped(String),
    /// The server is not in a state to take anything: the queue waits, in its order.
    Later {
        error: String,
        /// As the server asked.
        wait: Option<Duration>,
        /// Whether it may be this activity that the server cannot stand.
        suspicious: bool,
    },
}

impl Verdict {
    pub(super) fn of(result: Result<Answer, FetchError>) -> Self {
        match result {
            Ok(answer) if (200..300).contains(&answer.status) => Self::Delivered,
            Ok(answer) => {
                let error = match answer.detail.as_str() {
                    "" => format!("it answered {}", answer.status),
                    detail => format!("it answered {}: {detail}", answer.status),
                };
                if !is_temporary(answer.status) {
                    return Self::Dropped(error);
                }
                Self::Later {
                    error,
                    wait: answer.retry_after,
                    // RFC 6585 4, RFC 9110 15.6.3-5: too many requests, a gateway, overload: none is about what was sent.
                    suspicious: !matches!(answer.status, 429 | 502..=504),
                }
            }
            Err(error) if error.is_temporary() => Self::Later {
                error: error.to_string(),
                wait: None,
                suspicious: false,
            },
            Err(error) => Self::Dropped(error.to_string()),
        }
    }
}

/// How patient deliveries are. Tests are less so.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Posts at a time.
    pub parallel: usize,
    /// A post that takes longer than this gives its place to another and goes on beside: those who are dead hold up nobody.
    pub slow: Duration,
    /// Posts that gave up their place, at a time.
    pub max_slow: usize,
    /// After the first failure of a server; then twice as long each time.
    pub first_retry: Duration,
    pub max_retry: Duration,
    /// What a server could not be given for this long is given up.
    pub give_up: Duration,
    /// An activity that a server failed at this often is given up, if the failure may be the activity's.
    pub max_attempts: i64,
    /// Activities of one server before others get the place.
    pub batch: usize,
}

const DAY: Duration = Duration::from_secs(24 * 3_600);

impl Default for Policy {
    fn default() -> Self {
        Self {
            parallel: 64,
            slow: Duration::from_secs(1),
            max_slow: 512,
            first_retry: Duration::from_secs(60),
            max_retry: Duration::from_secs(6 * 3_600),
            // A long weekend without an administrator.
            give_up: 4 * DAY,
            // About two hours.
            max_attempts: 8,
            batch: 32,
        }
    }
}

impl Policy {
    /// How long to leave a server alone that failed so many times in a row. `dice` is a random byte: servers that failed
    /// together are not tried together.
    pub(super) fn backoff(&self, failures: i64, asked: Option<Duration>, dice: u8) -> Duration {
        let doublings = u32::try_from(failures.saturating_sub(1))
            .unwrap_or(u32::MAX)
            .min(20);
        let wait = self
            .first_retry
            .saturating_mul(1 << doublings)
            .min(self.max_retry);
        // From 3/4 of it to 5/4.
        let spread = wait * 3 / 4 + wait * u32::from(dice) / 512;
        spread.max(asked.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> Verdict {
        Verdict::of(Ok(Answer {
            status,
            retry_after: None,
            detail: "no".to_owned(),
        }))
    }

    #[test]
    fn only_the_state_of_a_server_holds_its_queue_up() {
        for status in [200, 201, 202, 204] {
            assert_eq!(answered(status), Verdict::Delivered);
        }
        for status in [301, 400, 403, 404, 405, 409, 410, 413, 422] {
            assert_eq!(
                answered(status),
                Verdict::Dropped(format!("it answered {status}: no"))
            );
        }
        for (status, suspect) in [
            (401, true),
            (408, true),
            (429, false),
            (500, true),
            (502, false),
            (503, false),
        ] {
            let Verdict::Later { suspicious, .. } = answered(status) else {
                panic!("{status}");
            };
            assert_eq!(suspicious, suspect, "{status}");
        }
        let refused = Verdict::of(Err(FetchError::Io("connection refused".to_owned())));
        assert!(matches!(
            refused,
            Verdict::Later {
                suspicious: false,
                ..
            }
        ));
        let private = Verdict::of(Err(FetchError::Refused("this is no public address")));
        assert!(matches!(private, Verdict::Dropped(_)));
    }

    #[test]
    fn servers_are_left_alone_for_longer_and_longer() {
        let policy = Policy::default();
        let minutes = |failures| policy.backoff(failures, None, 128).as_secs() / 60;
        let waits: Vec<u64> = (1..=12).map(minutes).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]);
        assert_eq!(minutes(i64::MAX), 360);
        assert_eq!(policy.backoff(1, None, 0).as_secs(), 45);
        assert_eq!(policy.backoff(1, None, 255).as_secs(), 74);
        let asked = Duration::from_secs(3_600);
        assert_eq!(policy.backoff(1, Some(asked), 0), asked);
        assert!(policy.backoff(9, Some(asked), 0) > asked);
    }
}
