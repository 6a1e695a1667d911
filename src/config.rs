//! The configuration: defaults, then `hexward.toml`, then `HEXWARD_…` in the environment, then
//! the command line.

use anyhow::Context;
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::UncasedStr;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// How a node is set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder of the embedded database and the photos.
    pub data: PathBuf,
    /// `sqlite:PATH` or `postgres://…`; the embedded database in `data` when empty.
    pub database: String,
    /// `postgres://…` of a streaming replica of `database`; none when empty.
    pub database_replica: String,
    /// `file:PATH` or `s3://BUCKET/PREFIX`; a folder in `data` when empty.
    pub photos: String,
    pub listen: SocketAddr,
    /// Whether people reach the site over https, through a proxy.
    pub https: bool,
    /// Addresses of proxies whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Changes a minute that one address may make without an account; 0 for no limit.
    pub anonymous_per_minute_max: u32,
    /// `text` or `json`.
    pub log: String,
    /// The keys that disputes are sealed with.
    pub seal_keys: SealKeys,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: "data".into(),
            database: String::new(),
            database_replica: String::new(),
            photos: String::new(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            https: false,
            trusted_proxies: Vec::new(),
            anonymous_per_minute_max: 60,
            log: "text".into(),
            seal_keys: SealKeys::default(),
        }
    }
}

/// Keys by name, `NAME:KEY` separated by commas, or `file:PATH`; the file `seal.keys` in the data
/// folder, if there is one, when empty. Never shown.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealKeys(String);

impl fmt::Debug for SealKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "none" } else { "…" })
    }
}

/// What the command line may say over the configuration.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ConfigArgs {
    /// The configuration file; hexward.toml, if there is one, when not given.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder of the embedded database and the photos.
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The database: sqlite:PATH or postgres://…
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<String>,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// The named file is missing, a key is unknown, or a value cannot be read; it is named.
    pub fn load(args: &ConfigArgs) -> anyhow::Result<Self> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        figment = match &args.config {
            Some(path) => figment.merge(Toml::file_exact(path)),
            None => figment.merge(Toml::file("hexward.toml")),
        };
        // Variables of the test suite, and what the log is filtered by, are not configuration.
        let environment = Env::prefixed("HEXWARD_").filter(is_configuration);
        let mut config: Self = figment.merge(environment).extract()?;
        if let Some(data) = &args.data {
            config.data.clone_from(data);
        }
        if let Some(database) = &args.database {
            config.database.clone_from(database);
        }
        config.replica()?;
        Ok(config)
    }

    /// The address of the replica, if there is one.
    ///
    /// # Errors
    /// The database is the embedded one, which has none, or the address is not PostgreSQL's.
    pub fn replica(&self) -> anyhow::Result<Option<&str>> {
        let is_postgres = |url: &str| url.starts_with("postgres");
        let replica = Some(self.database_replica.as_str()).filter(|url| !url.is_empty());
        let fits = replica.is_none_or(|url| is_postgres(url) && is_postgres(&self.database));
        anyhow::ensure!(
            fits,
            "database_replica: it must be the postgres:// address of a replica of the database, \
             which must be PostgreSQL too"
        );
        Ok(replica)
    }

    /// The database's address.
    pub fn database_url(&self) -> String {
        match self.database.is_empty() {
            true => format!("sqlite:{}", self.data.join("hexward.db").display()),
            false => self.database.clone(),
        }
    }

    /// The file in which this node keeps its counters between two runs.
    pub fn counters_file(&self) -> PathBuf {
        self.data.join("counters.packed")
    }

    /// The file of the keys in the data folder, which counts when no others are named.
    pub fn own_seal_file(&self) -> PathBuf {
        self.data.join("seal.keys")
    }

    /// The keys as they are written, in a file or in the setting itself; empty where there are
    /// none.
    ///
    /// # Errors
    /// A named file cannot be read.
    pub fn seal_keys_text(&self) -> anyhow::Result<String> {
        let own = self.own_seal_file();
        let (path, named) = match self.seal_keys.0.strip_prefix("file:") {
            Some(path) => (PathBuf::from(path), true),
            None if self.seal_keys.0.is_empty() => (own, false),
            None => return Ok(self.seal_keys.0.clone()),
        };
        match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !named => {
                Ok(String::new())
            }
            other => other.with_context(|| format!("reading the keys in {}", path.display())),
        }
    }

    /// The address of the photos.
    pub fn photos_address(&self) -> String {
        match self.photos.is_empty() {
            true => format!("file:{}", absolute(&self.data.join("photos")).display()),
            false => self.photos.clone(),
        }
    }
}

/// Whether a variable of the environment is a setting; names are compared without their case.
fn is_configuration(name: &UncasedStr) -> bool {
    !name.starts_with("test_") && !["update", "bin", "url", "log_filter"].iter().any(|n| name == *n)
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_file_that_is_missing_is_an_error() {
        let args = ConfigArgs { config: Some("no/such/file.toml".into()), ..ConfigArgs::default() };
        assert!(Config::load(&args).is_err());
    }

    #[test]
    fn an_embedded_database_has_no_replica() {
        let replica = "postgres://replica/hexward".to_owned();
        let config = Config { database_replica: replica.clone(), ..Config::default() };
        assert!(config.replica().unwrap_err().to_string().contains("database_replica"));
        let config = Config { database: "postgres://one/hexward".into(), ..config };
        assert_eq!(config.replica().unwrap(), Some(replica.as_str()));
        let config = Config { database_replica: "sqlite:x".into(), ..config };
        assert!(config.replica().is_err());
        assert_eq!(Config::default().replica().unwrap(), None);
    }

    #[test]
    fn a_key_that_nobody_knows_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hexward.toml");
        std::fs::write(&path, "lisen = '0.0.0.0:80'").unwrap();
        let args = ConfigArgs { config: Some(path), ..ConfigArgs::default() };
        assert!(Config::load(&args).unwrap_err().to_string().contains("lisen"));
    }

    #[test]
    fn what_the_log_is_filtered_by_is_no_setting_however_it_is_written() {
        for name in ["LOG_FILTER", "log_filter", "TEST_POSTGRES", "BIN"] {
            assert!(!is_configuration(UncasedStr::new(name)), "{name}");
        }
        for name in ["LOG", "DATA", "SEAL_KEYS"] {
            assert!(is_configuration(UncasedStr::new(name)), "{name}");
        }
    }

    #[test]
    fn without_a_word_everything_is_in_one_folder() {
        let config = Config { data: "somewhere".into(), ..Config::default() };
        assert_eq!(config.database_url(), "sqlite:somewhere/hexward.db");
        assert!(config.photos_address().ends_with("somewhere/photos"));
    }
}
