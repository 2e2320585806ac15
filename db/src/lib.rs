//! What the server remembers: accounts, channels, users, videos, lives and their sessions, tokens, jobs.
//!
//! One set of queries runs on SQLite and on PostgreSQL (sqlx `Any`, `$1` placeholders); only the migrations differ. Reads take
//! a [`Db`], writes take a [`Tx`], so what belongs together is committed together. The crate knows no HTTP and no JSON-LD.

mod account;
mod actor;
mod actor_key;
mod channel;
mod error;
mod job;
mod list;
mod live;
mod live_session;
mod oauth;
mod playlist;
mod pool;
mod replay;
mod row;
mod sql;
mod stats;
mod user;
mod uuid;
mod video;
mod video_list;

pub use account::Account;
pub use actor::{Actor, ActorKind, Handle};
pub use actor_key::ActorKey;
pub use channel::{Channel, ChannelUpdate, NewChannel};
pub use error::Error;
pub use job::{Job, JobState};
pub use list::{List, Page};
pub use live::{LatencyMode, Live, LiveSettings};
pub use live_session::{LiveSession, SessionError};
pub use oauth::{OauthClient, SignedIn, Tokens};
pub use playlist::{StreamingPlaylist, VideoFile};
pub use pool::{Db, Tx};
pub use replay::{RecordedFile, Recording};
pub use stats::Stats;
pub use user::{NewUser, NsfwPolicy, Role, UnknownRole, User, UserSettings, UserSort, UserUpdate};
pub use uuid::{Uuid, VideoRef};
pub use video::{CommentsPolicy, NewVideo, Privacy, Removed, Video, VideoState, VideoUpdate};
pub use video_list::{Audience, VideoFilter, VideoSort};
