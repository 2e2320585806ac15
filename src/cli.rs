//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{self, Config, LogFormat};
use crate::server::Server;

/// Live streams in, federated video out.
#[derive(Debug, Parser)]
#[command(name = "tributary", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server.
    Serve(Serve),
    /// Checks or prints the configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Manages users, also while the server runs.
    User {
        #[command(flatten)]
        source: Source,
        #[command(subcommand)]
        command: UserCommand,
    },
}

#[derive(Debug, Args)]
struct Source {
    /// Configuration file (TOML); none is needed.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// Data folder (`server.data_dir`).
    #[arg(long, global = true)]
    data: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    source: Source,
    /// Address and port for HTTP (`server.listen`).
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// The address people type (`server.public_url`).
    #[arg(long)]
    public_url: Option<String>,
    /// Address and port for RTMP (`rtmp.listen`), or "off".
    #[arg(long)]
    rtmp: Option<String>,
    /// Address and port for RTMPS (`rtmp.listen_tls`), or "off".
    #[arg(long)]
    rtmps: Option<String>,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Says whether the configuration is right, and what is wrong with it.
    Check {
        #[command(flatten)]
        source: Source,
    },
    /// Prints every key with its default, as a file to start from.
    Default,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Creates a user with a channel; prints the password unless one is given on standard input.
    Create {
        name: String,
        email: String,
        #[arg(long, value_enum, default_value_t)]
        role: Role,
        /// Read the password from standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Sets a user's password; prints a new one unless one is given on standard input.
    Password {
        name: String,
        #[arg(long)]
        password_stdin: bool,
    },
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Role {
    Administrator,
    Moderator,
    #[default]
    User,
}

impl From<Role> for db::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Administrator => Self::Administrator,
            Role::Moderator => Self::Moderator,
            Role::User => Self::User,
        }
    }
}

/// An error with everything that caused it, in one line for people.
type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("tributary: {}", chain(&*failure));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(serve) => {
            let config = serve.config()?;
            config.check()?;
            log(&config);
            runtime()?.block_on(async { Server::load(config).await?.run().await })?;
        }
        Command::Config {
            command: ConfigCommand::Default,
        } => say(&config::default_toml()?),
        Command::Config {
            command: ConfigCommand::Check { source },
        } => {
            let config = source.load()?;
            config.check()?;
            crate::tls::install_provider();
            crate::tls::from_files(&config.tls)?;
            say("the configuration is right\n");
        }
        Command::User { source, command } => {
            let config = source.load()?;
            runtime()?.block_on(user(&config, command))?;
        }
    }
    Ok(())
}

impl Source {
    fn load(&self) -> Result<Config, config::Error> {
        let mut config = Config::load(self.config.as_deref())?;
        if let Some(data) = &self.data {
            config.server.data_dir.clone_from(data);
        }
        Ok(config)
    }
}

impl Serve {
    /// The command line over the environment over the file.
    fn config(self) -> Result<Config, config::Error> {
        let mut config = self.source.load()?;
        if let Some(listen) = self.listen {
            config.server.listen = listen;
        }
        if let Some(url) = self.public_url {
            config.server.public_url = url;
        }
        let off = |address: String| if address == "off" { String::new() } else { address };
        if let Some(rtmp) = self.rtmp {
            config.rtmp.listen = off(rtmp);
        }
        if let Some(rtmps) = self.rtmps {
            config.rtmp.listen_tls = off(rtmps);
        }
        Ok(config)
    }
}

async fn user(config: &Config, command: UserCommand) -> Result<(), Failure> {
    let db = db::Db::connect(&config.database_url()).await?;
    match command {
        UserCommand::Create {
            name,
            email,
            role,
            password_stdin,
        } => {
            let given = password_stdin.then(read_password).transpose()?;
            let password = crate::auth::create_user(&db, &name, &email, role.into(), given).await?;
            say(&format!("user {name} created{}\n", shown(password)));
        }
        UserCommand::Password { name, password_stdin } => {
            let given = password_stdin.then(read_password).transpose()?;
            let password = crate::auth::set_password(&db, &name, given).await?;
            say(&format!("the password of {name} is changed{}\n", shown(password)));
        }
    }
    Ok(())
}

/// A password that was made up here is shown; one that was given is known already.
fn shown(generated: Option<String>) -> String {
    generated
        .map(|password| format!("; password: {password}"))
        .unwrap_or_default()
}

fn read_password() -> std::io::Result<String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

fn log(config: &Config) {
    use std::io::IsTerminal as _;
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log.filter)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match config.log.format {
        LogFormat::Text => subscriber.init(),
        LogFormat::Json => subscriber.json().init(),
    }
}

/// To standard output. That nobody reads it any more is no reason to fail.
pub(crate) fn say(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// An error and its causes in one line, without repeating what an error already says of its cause.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
