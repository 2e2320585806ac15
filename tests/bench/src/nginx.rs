//! The peer: Debian's nginx with its RTMP module, one worker, everything on tmpfs.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::error::{Context as _, Result, failed};
use crate::server::{free_address, pinned, stop};

const PROGRAM: &str = "/usr/sbin/nginx";
const RTMP_MODULE: &str = "/usr/lib/nginx/modules/ngx_rtmp_module.so";
const START_PATIENCE: Duration = Duration::from_secs(5);
/// As long as ours are by default.
const FRAGMENT: &str = "2s";

#[derive(Debug)]
pub(crate) struct Nginx {
    child: Child,
    pub(crate) http: SocketAddr,
    pub(crate) rtmp: SocketAddr,
    root: PathBuf,
}

impl Nginx {
    /// Serves `folder/www` as it is, and takes streams into HLS below it, at `/hls/KEY.m3u8`.
    pub(crate) fn start(folder: &Path, core: Option<usize>) -> Result<Self> {
        let (http, rtmp) = (free_address()?, free_address()?);
        let root = folder.join("www");
        fs::create_dir_all(root.join("hls")).context("cannot make nginx's folders")?;
        let config = folder.join("nginx.conf");
        fs::write(&config, configuration(folder, &root, http, rtmp))
            .context("cannot write nginx's configuration")?;
        let child = pinned(Path::new(PROGRAM), core)
            .arg("-c")
            .arg(&config)
            .arg("-e")
            .arg(folder.join("error.log"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start nginx (install it with: apt-get install nginx-light libnginx-mod-rtmp)")?;
        let mut nginx = Self {
            child,
            http,
            rtmp,
            root,
        };
        let begun = Instant::now();
        while TcpStream::connect(http).is_err() || TcpStream::connect(rtmp).is_err() {
            if begun.elapsed() > START_PATIENCE || !matches!(nginx.child.try_wait(), Ok(None)) {
                let log = fs::read_to_string(folder.join("error.log")).unwrap_or_default();
                return failed(format!("nginx does not answer: {log}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(nginx)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Puts a file where it is served; gives back its address.
    pub(crate) fn publish(&self, name: &str, data: &[u8]) -> Result<String> {
        fs::write(self.root.join(name), data).context("cannot write a file for nginx")?;
        Ok(format!("http://{}/{name}", self.http))
    }

    /// How many streams have a playlist with something in it.
    pub(crate) fn playlists(&self) -> usize {
        let files = fs::read_dir(self.root.join("hls"))
            .into_iter()
            .flatten()
            .flatten();
        files
            .filter(|file| file.path().extension().is_some_and(|e| e == "m3u8"))
            .filter(|file| fs::read_to_string(file.path()).is_ok_and(|text| text.contains("#EXTINF")))
            .count()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

fn configuration(folder: &Path, root: &Path, http: SocketAddr, rtmp: SocketAddr) -> String {
    let (folder, root) = (folder.display(), root.display());
    // Started by root, the worker would become nobody and could not write into the folder.
    let user = match fs::metadata("/proc/self") {
        Ok(me) if me.uid() == 0 => "user root;\n",
        _ => "",
    };
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|what| format!("  {what}_temp_path {folder}/{what};\n"))
        .concat();
    format!(
        "load_module {RTMP_MODULE};
{user}daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 4096; }}
rtmp {{
  access_log off;
  server {{
    listen {rtmp};
    chunk_size 4096;
    application live {{
      live on;
      hls on;
      hls_path {root}/hls;
      hls_fragment {FRAGMENT};
      hls_playlist_length 10s;
    }}
  }}
}}
http {{
  include /etc/nginx/mime.types;
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
{temporary}  server {{
    listen {http};
    root {root};
    location / {{
      add_header Access-Control-Allow-Origin *;
      add_header Cache-Control \"public, max-age=31536000, immutable\";
    }}
  }}
}}
"
    )
}
