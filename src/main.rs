//! Tributary: live streams in, federated video out. See `docs/design/` for how it is built.

mod app;
mod auth;
mod cli;
mod config;
mod http;
mod jobs;
mod live;
mod pictures;
mod remote_files;
mod server;
mod settings;
mod storage;
mod tls;
mod viewers;

fn main() -> std::process::ExitCode {
    cli::main()
}
