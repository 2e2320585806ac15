//! The one task of a live on air: it owns the publisher, cuts its frames and ends the session.
//!
//! Between two frames there is nothing but `publisher.next()` and `writer.push()`: no queue, no lock that a viewer holds.

use std::sync::Arc;
use std::time::Duration;

use db::Live;
use ingest::rtmp::{Publisher, Request};
use ingest::{End, Rejection};
use jiff::{SignedDuration, Timestamp};
use media::Event;
use metrics::counter;
use packager::live::{Settings, Writer};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::recording::Recording;
use super::session::{Action, EndReason, Input, Machine, State};
use super::{Address, COMMANDS, Command, Session, lock, replay};
use crate::app::App;
use crate::http::metrics::{
    BYTES_IN, PARTS, PUBLISHERS_LOST, PUBLISHERS_REFUSED, RECORDING_FAILURES, SEGMENTS, SESSIONS,
};
use crate::jobs::{federate, live_note};
use crate::pictures;
use crate::storage::Access;

/// The application part of `rtmp://host/live/KEY`.
const APPLICATION: &str = "live";
const ENDED: &str = "This live has ended. Make a new one, or a permanent one, in the studio.";
/// Players that read a session without a page (ffmpeg, mpv) learn of its end from the playlist: it stays this long.
const LINGER: Duration = Duration::from_secs(60);
/// A publisher this far ahead of the clock does not send live: a file, a relay that fills its gap.
const AHEAD: SignedDuration = SignedDuration::from_secs(5);
/// How many segments such a publisher may be ahead of the recorder.
const MAX_BACKLOG: usize = 8;
/// A disk that takes longer than this hangs; it must not hold a live, nor its end.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(10);
/// Closed segments in memory beside the archive: what the low-latency playlists list parts of.
const WINDOW_SEGMENTS: usize = 4;

/// Lets publishers in until `stop`.
pub(crate) async fn serve(app: App, mut server: ingest::rtmp::Server, stop: CancellationToken) {
    loop {
        let request = tokio::select! {
            () = stop.cancelled() => return,
            request = server.next() => request,
        };
        let Some(request) = request else { return };
        // The number of requests under way is bounded by the server's own limits.
        tokio::spawn(admit(app.clone(), request));
    }
}

/// Decides about one publisher.
async fn admit(app: App, request: Request) {
    let peer = request.peer();
    match allowed(&app, &request).await {
        Ok(live) => {
            tracing::info!(%peer, video = %live.video.uuid, encoder = request.encoder(), "publisher");
            let address = app.lives.address(live.video.uuid);
            address.set_error(None);
            match request.accept().await {
                Ok(publisher) => hand_over(&app, address, live, publisher),
                Err(error) => {
                    tracing::info!(%peer, %error, "publisher left");
                    app.lives.sweep(live.video.uuid);
                }
            }
        }
        Err(refusal) => {
            counter!(PUBLISHERS_REFUSED, "reason" => refusal.name()).increment(1);
            tracing::warn!(%peer, protocol = %request.protocol(), app = request.app(), reason = refusal.name(), "publisher refused");
            request.reject(refusal.into()).await;
        }
    }
}

enum Refusal {
    Application,
    Key,
    Off,
    TooMany,
    Ended,
    Database,
}

impl Refusal {
    fn name(&self) -> &'static str {
        match self {
            Self::Application => "unknown application",
            Self::Key => "wrong key",
            Self::Off => "lives are off",
            Self::TooMany => "too many lives",
            Self::Ended => "live has ended",
            Self::Database => "database unavailable",
        }
    }
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        let text = match refusal {
            Refusal::Application => return Self::UnknownApplication,
            Refusal::Key => return Self::WrongKey,
            Refusal::Off => "This instance does not take live streams.",
            Refusal::TooMany => "Too many lives are on air here now. Try again later.",
            Refusal::Ended => ENDED,
            Refusal::Database => "The server is busy. Try again in a moment.",
        };
        Self::NotAllowed(text.to_owned())
    }
}

async fn allowed(app: &App, request: &Request) -> Result<Live, Refusal> {
    if request.app() != APPLICATION {
        return Err(Refusal::Application);
    }
    let config = &app.config.live;
    if !config.enabled {
        return Err(Refusal::Off);
    }
    let live = match Live::by_stream_key(&app.db, request.key().expose()).await {
        Ok(live) => live.ok_or(Refusal::Key)?,
        Err(error) => {
            tracing::error!(%error, "cannot look up a stream key");
            return Err(Refusal::Database);
        }
    };
    let others: Vec<_> = app
        .lives
        .on_air()
        .into_iter()
        .filter(|address| address.uuid != live.video.uuid)
        .collect();
    let account_id = live.video.channel.account.id;
    let own = others
        .iter()
        .filter(|address| address.session().is_some_and(|s| s.account_id == account_id));
    if is_full(config.max_instance_lives, others.len()) || is_full(config.max_user_lives, own.count()) {
        return Err(Refusal::TooMany);
    }
    if !live.settings.permanent && live.video.state == db::VideoState::LiveEnded {
        return Err(Refusal::Ended);
    }
    Ok(live)
}

/// Whether a limit is reached; negative is none.
fn is_full(limit: i64, taken: usize) -> bool {
    usize::try_from(limit).is_ok_and(|limit| taken >= limit)
}

/// Gives the publisher to the live's task, or starts one.
fn hand_over(app: &App, address: Arc<Address>, live: Live, publisher: Publisher) {
    let mut task = lock(&address.task);
    let mut command = Command::Publish(Box::new(publisher));
    if let Some(running) = &*task {
        command = match running.try_send(command) {
            Ok(()) => return,
            Err(mpsc::error::TrySendError::Full(_)) => {
                tracing::warn!(video = %address.uuid, "an encoder reconnects faster than it is let in");
                return;
            }
            // It has just ended.
            Err(mpsc::error::TrySendError::Closed(command)) => command,
        };
    }
    let (sender, commands) = mpsc::channel(COMMANDS);
    // A channel that was just made has room.
    let _ = sender.try_send(command);
    *task = Some(sender);
    drop(task);
    let grace = Duration::from_secs(u64::from(
        live.settings.grace_s.unwrap_or(app.config.live.grace_s),
    ));
    let machine = Machine::new(live.settings.permanent, grace);
    let broadcast = Broadcast {
        app: app.clone(),
        address,
        live,
        machine,
        publisher: None,
        on_air: None,
    };
    tokio::spawn(broadcast.run(commands));
}

struct Broadcast {
    app: App,
    address: Arc<Address>,
    live: Live,
    machine: Machine,
    publisher: Option<Arrived>,
    on_air: Option<OnAir>,
}

struct Arrived {
    publisher: Box<Publisher>,
    /// Has not sent anything yet: it takes the session on with its first event, so that an encoder that only connects
    /// starts nothing.
    silent: bool,
    bytes_counted: u64,
}

/// A session under way.
struct OnAir {
    writer: Writer,
    row: db::LiveSession,
    recording: Recording,
    /// What everybody will see once there is a part to play.
    session: Arc<Session>,
    announced: bool,
}

impl OnAir {
    /// Waits until the recorder is at most so many segments behind. Not for ever: see [`CATCH_UP_TIMEOUT`].
    async fn catch_up(&mut self, backlog: usize) {
        let Self {
            writer, recording, ..
        } = self;
        let caught_up = async {
            while writer.unstored() > backlog {
                recording.progress().await;
            }
        };
        if tokio::time::timeout(CATCH_UP_TIMEOUT, caught_up).await.is_err() {
            tracing::warn!(session = self.row.id, "the disk does not keep up with the stream");
        }
    }
}

impl Broadcast {
    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            let input = tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Publish(publisher)) => {
                        // The one before, if any, is let go here: the newest with the key is the streamer.
                        self.publisher = Some(Arrived { publisher, silent: true, bytes_counted: 0 });
                        continue;
                    }
                    Some(Command::End) | None => Input::EndRequested,
                },
                event = next(&mut self.publisher) => match event {
                    Ok(event) => match self.take(&event).await {
                        Ok(()) => continue,
                        Err(()) => Input::PublisherStopped,
                    },
                    Err(end) => self.left(end),
                },
                () = until(self.machine.state()) => Input::Tick,
            };
            self.apply(input).await;
            if self.on_air.is_some() || (self.publisher.is_some() && input != Input::EndRequested) {
                continue;
            }
            commands.close();
            // Whoever arrived until then is served; whoever comes later starts a new task.
            match commands.recv().await {
                Some(Command::Publish(publisher)) if input != Input::EndRequested => {
                    hand_over(&self.app, Arc::clone(&self.address), self.live, *publisher);
                }
                _ => self.leave(),
            }
            return;
        }
    }

    /// Takes one event of the publisher. An error ends the session.
    async fn take(&mut self, event: &Event) -> Result<(), ()> {
        let now = Timestamp::now();
        if let Some(arrived) = self.publisher.as_mut().filter(|arrived| arrived.silent) {
            arrived.silent = false;
            match self.machine.handle(now, Input::PublisherArrived) {
                Action::Start => self.start(now).await?,
                Action::Resume => self.resume(now),
                _ => {
                    self.refuse(ENDED).await;
                    return Err(());
                }
            }
        }
        let viewers = self.app.viewers.count(self.address.uuid);
        if lock(&self.address.health).note(event, now, viewers) {
            self.once_a_second();
        }
        let Some(on_air) = &mut self.on_air else {
            return Ok(());
        };
        match on_air.writer.push(event, now) {
            Ok(None) => Ok(()),
            Ok(Some(closed)) => {
                counter!(PARTS).increment(u64::from(closed.parts));
                if let Some(segment) = &closed.segment {
                    counter!(SEGMENTS).increment(1);
                    // Meanwhile nothing is read, and TCP holds the publisher back.
                    if segment.program_date_time.duration_since(now) > AHEAD {
                        on_air.catch_up(MAX_BACKLOG).await;
                    }
                }
                if !std::mem::replace(&mut on_air.announced, true) {
                    self.show(now);
                }
                Ok(())
            }
            Err(error) => {
                tracing::warn!(video = %self.address.uuid, %error, "the stream cannot be packaged");
                let text = format!("The stream cannot be used: {error}.");
                self.refuse(&text).await;
                Err(())
            }
        }
    }

    fn once_a_second(&mut self) {
        if let Some(arrived) = &mut self.publisher {
            let bytes = arrived.publisher.bytes_received();
            counter!(BYTES_IN).increment(bytes.saturating_sub(arrived.bytes_counted));
            arrived.bytes_counted = bytes;
        }
        let Some(on_air) = &mut self.on_air else { return };
        if let Some(failure) = on_air.recording.new_failure() {
            counter!(RECORDING_FAILURES).increment(1);
            tracing::error!(video = %self.address.uuid, "recording stopped: {failure}");
            self.address.set_recording_failure(Some(failure));
        }
    }

    /// Tells the encoder why it is let go, and the streamer's dashboard too.
    async fn refuse(&mut self, text: &str) {
        self.address.set_error(Some(text.to_owned()));
        if let Some(mut arrived) = self.publisher.take() {
            arrived.publisher.refuse(text).await;
        }
    }

    fn left(&mut self, end: End) -> Input {
        let video = self.address.uuid;
        self.publisher = None;
        match end {
            End::Clean => {
                tracing::info!(%video, "publisher stopped");
                return Input::PublisherStopped;
            }
            End::Lost(_) => tracing::info!(%video, %end, "publisher lost"),
            End::Protocol(_) | End::Unsupported(_) => {
                tracing::warn!(%video, %end, "publisher dropped");
                self.address.set_error(Some(end.to_string()));
            }
        }
        counter!(PUBLISHERS_LOST).increment(1);
        Input::PublisherLost
    }

    async fn apply(&mut self, input: Input) {
        let now = Timestamp::now();
        match self.machine.handle(now, input) {
            Action::Hold => self.show(now),
            Action::End(reason) => self.end(reason).await,
            // Time that passes changes nothing else, and publishers are taken in with their first event.
            Action::Nothing | Action::Start | Action::Resume | Action::Refuse => {}
        }
    }

    /// Opens a session: its row first, because its number is part of the media names.
    async fn start(&mut self, now: Timestamp) -> Result<(), ()> {
        let started = async {
            // The streamer may have changed the settings since this task began.
            let Some(live) = Live::by_video(&self.app.db, self.live.video.uuid).await? else {
                return Ok(None);
            };
            if !live.settings.permanent && live.video.state == db::VideoState::LiveEnded {
                return Ok(None);
            }
            self.live = live;
            let mut tx = self.app.db.begin().await?;
            let row = db::LiveSession::start(&mut tx, &self.live, now).await?;
            federate::enqueue(&mut tx, self.live.video.id, now).await?;
            live_note::enqueue(&mut tx, row.id, now).await?;
            let kind = db::NotificationKind::NewLive;
            let notified = db::Notification::of_video(&mut tx, self.live.video.id, kind, now).await?;
            tx.commit().await?;
            self.app.federation.jobs.notify_one();
            self.app.federation.tell_users(notified);
            Ok::<_, db::Error>(Some(row))
        };
        let row = match started.await {
            Ok(Some(row)) => row,
            Ok(None) => {
                self.refuse(ENDED).await;
                return Err(());
            }
            Err(error) => {
                tracing::error!(video = %self.address.uuid, %error, "cannot open a session");
                self.refuse("The server's database is not available. Try again in a moment.")
                    .await;
                return Err(());
            }
        };
        let packager = &self.app.config.packager;
        let dvr_s = self
            .live
            .settings
            .dvr_window_s
            .unwrap_or(self.app.config.live.dvr_window_s);
        let (writer, reader) = packager::live::channel(Settings {
            part_ms: packager.part_ms,
            segment_ms: packager.segment_ms,
            window: WINDOW_SEGMENTS,
            dvr: (dvr_s > 0).then(|| Duration::from_secs(u64::from(dvr_s))),
            session: u64::try_from(row.id).unwrap_or_default(),
            rendition: 0,
        });
        let publisher = self.publisher.as_ref().map(|arrived| &arrived.publisher);
        let session = Arc::new(Session {
            number: row.id,
            reader: reader.clone(),
            started_at: now,
            account_id: self.live.video.channel.account.id,
            access: Access::of(self.live.video.privacy),
            protocol: publisher.map(|p| p.protocol().to_string()).unwrap_or_default(),
            encoder: publisher.and_then(|p| p.encoder().map(str::to_owned)),
        });
        self.address.begin(Arc::clone(&session));
        tokio::spawn(pictures::follow(
            self.app.clone(),
            self.address.uuid,
            reader.clone(),
        ));
        let recording = Recording::start(&self.app.storage, &row, reader);
        counter!(SESSIONS).increment(1);
        tracing::info!(video = %self.address.uuid, session = row.id, "on air");
        self.on_air = Some(OnAir {
            writer,
            row,
            recording,
            session,
            announced: false,
        });
        Ok(())
    }

    fn resume(&mut self, now: Timestamp) {
        let Some(on_air) = &mut self.on_air else { return };
        tracing::info!(video = %self.address.uuid, session = on_air.row.id, "publisher is back");
        if let Err(error) = on_air.writer.push(&Event::Discontinuity, now) {
            tracing::warn!(video = %self.address.uuid, %error, "the last part before the interruption is lost");
        }
        if on_air.announced {
            self.show(now);
        }
    }

    /// Tells everyone the state of the machine.
    fn show(&self, now: Timestamp) {
        let session = self.on_air.as_ref().map(|on_air| Arc::clone(&on_air.session));
        self.address.show(self.machine.state(), now, session, None);
    }

    /// Ends the session: playlists get their end, the recording becomes the replay, viewers learn of both.
    async fn end(&mut self, reason: EndReason) {
        if reason == EndReason::Requested {
            self.refuse("The stream was ended in the studio.").await;
            self.address.set_error(None);
        }
        let Some(mut on_air) = self.on_air.take() else {
            return;
        };
        let now = Timestamp::now();
        // The last segment, too, is listed when it is recorded.
        on_air.writer.close();
        on_air.catch_up(0).await;
        on_air.writer.finish();
        let fps = lock(&self.address.health).recent_fps();
        let replay = replay::finish(&self.app, &self.live, &on_air.row, on_air.recording, fps, now).await;
        tracing::info!(
            video = %self.address.uuid, session = on_air.row.id, ?reason, replay = replay.map(|r| r.to_string()),
            "off air"
        );
        self.address
            .show(self.machine.state(), now, Some(on_air.session), replay);
    }

    /// The task is over. The session's last window stays for a while, then the address is forgotten.
    fn leave(self) {
        let Self { app, address, .. } = self;
        let mut task = lock(&address.task);
        // Another task may have begun since this one closed its channel.
        if task.as_ref().is_some_and(mpsc::Sender::is_closed) {
            *task = None;
        }
        drop(task);
        tokio::spawn(async move {
            if let Some(session) = address.session() {
                let number = session.number;
                drop(session);
                tokio::time::sleep(LINGER).await;
                address.forget_session(number);
            }
            let uuid = address.uuid;
            drop(address);
            app.lives.sweep(uuid);
        });
    }
}

/// The publisher's next event; never, while there is none.
async fn next(arrived: &mut Option<Arrived>) -> Result<Event, End> {
    match arrived {
        Some(arrived) => arrived.publisher.next().await,
        None => std::future::pending().await,
    }
}

/// The end of the grace; never, while there is none.
async fn until(state: State) {
    match state {
        State::Interrupted { until } => {
            let left = Timestamp::now().duration_until(until);
            tokio::time::sleep(left.try_into().unwrap_or_default()).await;
        }
        _ => std::future::pending().await,
    }
}
