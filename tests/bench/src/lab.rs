//! What every measurement works with: the program, a folder in memory, media, and the list of figures.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Context as _, Result};
use crate::media::{Recipe, Recording};
use crate::report::{Row, say};
use crate::rtmp::Script;
use crate::server::{Options, Server, scratch};

/// How much of everything.
#[derive(Debug, Clone)]
pub(crate) struct Amounts {
    pub(crate) publishers: usize,
    pub(crate) readers: usize,
    /// How often each side is measured, in turn: the spread shows the noise.
    pub(crate) rounds: usize,
    /// How long load is looked at.
    pub(crate) window: Duration,
    /// How long a picture is followed into the browser.
    pub(crate) watch: Duration,
    /// Length of the long recording.
    pub(crate) recording: Duration,
    /// How much faster than real time it is published, at most.
    pub(crate) hurry: Option<u32>,
}

#[derive(Debug)]
pub(crate) struct Lab {
    program: PathBuf,
    scratch: tempfile::TempDir,
    scripts: RefCell<HashMap<PathBuf, Arc<Script>>>,
    folders: Cell<u32>,
    rows: Vec<Row>,
    pub(crate) amounts: Amounts,
}

impl Lab {
    pub(crate) fn new(program: PathBuf, amounts: Amounts) -> Result<Self> {
        Ok(Self {
            program,
            scratch: scratch()?,
            scripts: RefCell::default(),
            folders: Cell::default(),
            rows: Vec::new(),
            amounts,
        })
    }

    /// A folder that is not there yet, for somebody who makes it.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folders.set(self.folders.get() + 1);
        self.scratch.path().join(self.folders.get().to_string())
    }

    /// Makes room: what one round wrote, the next does not need.
    pub(crate) fn remove(&self, folder: &Path) {
        let _ = std::fs::remove_dir_all(folder);
    }

    /// A server with a data folder of its own.
    pub(crate) fn server(&self, options: &Options) -> Result<(Server, PathBuf)> {
        let data = self.folder();
        Ok((self.server_in(&data, options)?, data))
    }

    pub(crate) fn server_in(&self, data: &Path, options: &Options) -> Result<Server> {
        Server::start(&self.program, data, options)
    }

    pub(crate) fn nginx(&self, core: Option<usize>) -> Result<(crate::nginx::Nginx, PathBuf)> {
        let folder = self.folder();
        Ok((crate::nginx::Nginx::start(&folder, core)?, folder))
    }

    /// A recording, made and serialised once.
    pub(crate) fn script(&self, recipe: &Recipe) -> Result<Arc<Script>> {
        let path = recipe.make(self.scratch.path())?;
        if let Some(script) = self.scripts.borrow().get(&path) {
            return Ok(Arc::clone(script));
        }
        let script = Arc::new(Script::new(Recording::read(&path)?)?);
        self.scripts.borrow_mut().insert(path, Arc::clone(&script));
        Ok(script)
    }

    /// Keeps a figure, and shows it at once: an interrupted run has still said something.
    pub(crate) fn keep(&mut self, row: Row) {
        say(&format!("  {row}"));
        self.rows.push(row);
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }
}

/// What this was measured on.
pub(crate) fn facts() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':'))
            .map(|(_, value)| value.trim().to_owned())
            .unwrap_or_default()
    };
    let cpu = field(&read("/proc/cpuinfo"), "model name");
    let memory = field(&read("/proc/meminfo"), "MemTotal");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease");
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or_default();
    format!(
        "measured {} on {cores} cores of {cpu}, {memory} of memory, Linux {}, load average before {load}",
        jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC"),
        kernel.trim(),
    )
}

/// Children inherit it: thousands of connections are files too.
pub(crate) fn raise_file_limit() -> Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    )
    .map_err(std::io::Error::from)
    .context("cannot raise the limit of open files")
}
