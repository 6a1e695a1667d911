//! What can go wrong in the store, by what the caller can do about it.

/// What `Taken` says of a tracking number.
pub const NUMBER: &str = "the tracking number";
/// What `Taken` says of a number in the system that an issue was imported from.
pub const EXTERNAL_ID: &str = "the external number";

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The row was changed since it was read. Read again and decide again.
    #[error("the row was changed by someone else in the meantime")]
    Stale,
    /// A unique value is taken already.
    #[error("{0} is taken already")]
    Taken(&'static str),
    /// Nobody would be left who can administer.
    #[error("this is the last administrator")]
    LastAdministrator,
    /// The database cannot be reached or is too busy. Try again later.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A stored value does not read back: the database was changed by other means.
    #[error("{table}.{column} holds a value that cannot be read: {value:?}")]
    Corrupt { table: &'static str, column: &'static str, value: String },
    #[error("the database address must be sqlite:PATH or postgres://…, not {0:?}")]
    Url(String),
    #[error("the tables could not be brought up to date: {0}")]
    Migration(String),
    #[error("the database refused: {0}")]
    Database(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match error {
            E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => {
                Self::Unavailable(error.to_string())
            }
            E::Io(_) | E::Protocol(_) | E::BeginFailed => Self::Unavailable(error.to_string()),
            E::Database(ref refused) => {
                let code = refused.code().unwrap_or_default();
                // PostgreSQL: classes 08 (connection), 57P (shutdown), 53 (resources), 40
                // (rolled back: serialization or deadlock). SQLite: 5 busy, 6 locked, 13 full.
                let passing = ["08", "57P", "53", "40"]
                    .iter()
                    .any(|class| code.len() == 5 && code.starts_with(class))
                    || matches!(code.as_ref(), "5" | "6" | "13" | "261" | "517");
                if passing {
                    Self::Unavailable(error.to_string())
                } else {
                    Self::Database(error.to_string())
                }
            }
            other => Self::Database(other.to_string()),
        }
    }
}
