//! What can go wrong between an event and a file.

use std::path::PathBuf;

/// Why packaging or recording could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The publisher changes its decoder configuration without end; every one has to be kept for the listed segments.
    #[error("more than {0} different decoder configurations in one session")]
    TooManyConfigurations(usize),
    /// A frame larger than a part may be.
    #[error("a frame of {0} bytes is larger than a part may be")]
    FrameTooLarge(usize),
    #[error("{doing} {}", path.display())]
    Io {
        doing: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io {
            doing,
            path: path.into(),
            source,
        }
    }
}
