//! A real PostgreSQL for tests: the Debian package's programs, a private cluster in a temporary folder, no port.
//!
//! One cluster serves the tests of a process that run at the same time; each asks for a database of its own. The cluster
//! stops with the last of them, or with the process, however that ends.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// Newest first.
const BIN_DIRS: [&str; 4] = [
    "/usr/lib/postgresql/17/bin",
    "/usr/lib/postgresql/16/bin",
    "/usr/lib/postgresql/15/bin",
    "/usr/local/pgsql/bin",
];
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A database of one test.
pub struct Postgres {
    pub url: String,
    _cluster: Arc<Cluster>,
}

impl Postgres {
    pub fn start() -> Self {
        static CURRENT: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
        static NAMES: AtomicU32 = AtomicU32::new(0);

        let cluster = {
            let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
            current.upgrade().unwrap_or_else(|| {
                let cluster = Arc::new(Cluster::start());
                *current = Arc::downgrade(&cluster);
                cluster
            })
        };
        let name = format!("test_{}", NAMES.fetch_add(1, Ordering::Relaxed));
        run(cluster
            .program("createdb")
            .arg("-h")
            .arg(cluster.dir.path())
            .args(["-U", "postgres", &name]));
        let url = format!(
            "postgres://postgres@localhost/{name}?host={}",
            cluster.dir.path().display()
        );
        Self {
            url,
            _cluster: cluster,
        }
    }
}

struct Cluster {
    bin: PathBuf,
    dir: tempfile::TempDir,
    keeper: Option<JoinHandle<()>>,
}

impl Cluster {
    fn start() -> Self {
        let bin = BIN_DIRS
            .iter()
            .map(Path::new)
            .find(|dir| dir.join("postgres").exists())
            .expect("these tests need PostgreSQL: apt-get install postgresql")
            .to_owned();
        let dir = tempfile::Builder::new()
            .prefix("tributary-pg-")
            .tempdir()
            .expect("temporary folder");
        if is_root() {
            // PostgreSQL refuses to run as root.
            run(Command::new("chown").arg("postgres").arg(dir.path()));
        }
        let mut cluster = Self {
            bin,
            dir,
            keeper: None,
        };
        let data = cluster.dir.path().join("data");
        run(cluster.program("initdb").arg("-D").arg(&data).args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]));

        let mut postgres = cluster.program("postgres");
        postgres
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(cluster.dir.path())
            .args([
                "-h",
                "",
                "-F",
                "-c",
                "log_min_messages=log",
                "-c",
                "max_connections=200",
            ])
            .stderr(Stdio::piped());
        let (ready, started) = mpsc::channel();
        // The server dies with the thread that started it (`--pdeathsig`), so that thread has to outlive every test.
        cluster.keeper = Some(std::thread::spawn(move || {
            let mut child = postgres.spawn().expect("postgres starts");
            let log = BufReader::new(child.stderr.take().expect("piped"));
            let mut lines = Vec::new();
            for line in log.lines().map_while(Result::ok) {
                if line.contains("ready to accept connections") {
                    ready.send(Ok(())).ok();
                } else if lines.len() < 100 {
                    lines.push(line);
                }
            }
            ready.send(Err(lines.join("\n"))).ok();
            child.wait().ok();
        }));
        started
            .recv_timeout(START_TIMEOUT)
            .expect("PostgreSQL is ready in time")
            .expect("PostgreSQL runs");
        cluster
    }

    /// One of PostgreSQL's programs, as somebody it accepts.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new("setpriv");
        if is_root() {
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
        }
        command.args(["--pdeathsig", "INT"]).arg(self.bin.join(name));
        command.current_dir("/").env("LC_ALL", "C.UTF-8");
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.dir.path().join("data");
        run(self
            .program("pg_ctl")
            .arg("-D")
            .arg(data)
            .args(["-m", "immediate", "-w", "stop"]));
        if let Some(keeper) = self.keeper.take() {
            keeper.join().ok();
        }
    }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("id runs");
    output.stdout == b"0\n"
}

fn run(command: &mut Command) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
