//! What can be wrong with the key of the sealed store.

/// Why the key of the sealed store is not to be had, or not to be used. Paths are as the person wrote them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyTrouble {
    /// Neither the settings nor the service manager say where it is.
    #[error("nothing says where the key is")]
    Unnamed,
    /// What `store_key` says is neither a path nor one of its words. It is not repeated: it may be the passphrase.
    #[error("`store_key` does not say where the key is")]
    NotSaid,
    /// `store_key` says that a passphrase is in a file, and not in which. What else it says is not repeated, either.
    #[error("`store_key` does not say where the passphrase is")]
    NoPath,
    /// Where the passphrase is to be is nothing.
    #[error("the passphrase file {0} is empty")]
    EmptyPassphrase(String),
    /// There is no such file.
    #[error("the key file {0} is not there")]
    Missing(String),
    /// It cannot be read.
    #[error("the key file {path} cannot be read: {said}")]
    Unreadable {
        /// Which.
        path: String,
        /// What the system said.
        said: String,
    },
    /// Others than its owner can open it.
    #[error("others can open the key file {path} (mode {mode:o})")]
    Open {
        /// Which.
        path: String,
        /// Its permission bits.
        mode: u32,
    },
    /// It belongs neither to us nor to root.
    #[error("the key file {0} belongs to somebody else")]
    Stranger(String),
    /// It lies in the folder of what it seals.
    #[error("the key file {0} lies beside what it seals")]
    Beside(String),
    /// What it holds is no key.
    #[error("the key file {0} holds no key")]
    NoKey(String),
    /// It is a folder, a device or a named pipe: reading one could wait for ever, or never end.
    #[error("the key file {0} is no regular file")]
    NotAFile(String),
    /// Whoever holds the other end of the pipe has not written all of it yet.
    #[error("the pipe {0} has not given all that it is to give")]
    NotYet(String),
    /// The pipe is empty: somebody else has read it, or nobody wrote anything.
    #[error("the pipe {0} is empty")]
    Drained(String),
    /// The store is sealed with a passphrase, and nobody is there to be asked for it.
    #[error("the passphrase was not given")]
    NoPassphrase,
    /// What is stored was sealed with another key.
    #[error("what is stored was sealed with another key")]
    Wrong,
}
