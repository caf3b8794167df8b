//! Logins, from where `docker login` and `podman login` put them.
//!
//! The crate `docker_credential` does the same, but waits for a helper without an end, and its
//! errors hold what the helper printed, which may be the password.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use super::helper;
use super::places::login_name;

/// The largest file of logins that is read.
const MOST_BYTES: u64 = 1 << 20;

/// A login to one registry.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Login {
    /// Name and password, or name and an access token in its place.
    Password { user: String, password: String },
    /// A refresh token, to be changed for an access token.
    Identity(String),
    /// A token to be sent as it is.
    Token(String),
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login(..)")
    }
}

/// Whether there is a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Login(Login),
    Nothing,
    /// There should be one, but it cannot be had; why.
    Trouble(String),
}

/// The files that may hold logins, in the order in which they are looked at.
#[derive(Clone, Debug, Default)]
pub struct LoginFiles(pub Vec<PathBuf>);

impl LoginFiles {
    /// The files of Docker, then those of Podman; `environment` gives variables by name.
    pub fn from_environment(environment: impl Fn(&str) -> Option<PathBuf>) -> Self {
        let get = |name: &str| environment(name).filter(|path| !path.as_os_str().is_empty());
        let home = get("HOME").or_else(|| get("USERPROFILE"));
        let in_home = |path: &str| home.as_ref().map(|home| home.join(path));
        let docker = get("DOCKER_CONFIG").or_else(|| in_home(".docker"));
        let podman = get("REGISTRY_AUTH_FILE")
            .or_else(|| get("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json")));
        let kept = in_home(".config/containers/auth.json");
        Self(docker.map(|folder| folder.join("config.json")).into_iter().chain(podman).chain(kept).collect())
    }

    /// The login to a registry, by its host and port. Helpers get `patience` to answer.
    pub(super) fn login(&self, authority: &str, patience: Duration) -> Found {
        let mut trouble = None;
        for path in &self.0 {
            match File::open(path).map_err(|error| error.kind()) {
                Ok(file) => match in_file(file, path, authority, patience) {
                    Found::Nothing => {}
                    Found::Login(login) => return Found::Login(login),
                    Found::Trouble(why) => trouble = trouble.or(Some(why)),
                },
                Err(std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {}
                Err(kind) => {
                    trouble = trouble.or(Some(format!("`{}` cannot be read: {kind}", path.display())));
                }
            }
        }
        trouble.map_or(Found::Nothing, Found::Trouble)
    }
}

/// The file, as far as it is about logins.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    auths: BTreeMap<String, Entry>,
    creds_store: Option<String>,
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
    registrytoken: String,
}

fn in_file(file: File, path: &Path, authority: &str, patience: Duration) -> Found {
    let mut text = Vec::new();
    let read = file.take(MOST_BYTES + 1).read_to_end(&mut text);
    let shown = path.display();
    if read.is_err() || text.len() as u64 > MOST_BYTES {
        return Found::Trouble(format!("`{shown}` cannot be read"));
    }
    // What serde says could hold a value.
    let Ok(config) = serde_json::from_slice::<Config>(&text) else {
        return Found::Trouble(format!("`{shown}` is not the JSON that `docker login` writes"));
    };
    let name = key_of(login_name(authority));
    let named = |map: &BTreeMap<String, String>| {
        map.iter().find(|(key, _)| key_of(key) == name).map(|(_, helper)| helper.clone())
    };
    let helper = named(&config.cred_helpers).or(config.creds_store).filter(|helper| !helper.is_empty());
    let mut trouble = None;
    if let Some(helper) = helper {
        match helper::ask(&helper, server_of(&name), patience) {
            Found::Nothing => {}
            Found::Trouble(why) => trouble = Some(why),
            found @ Found::Login(_) => return found,
        }
    }
    let entry = config.auths.into_iter().find(|(key, _)| key_of(key) == name);
    match entry.map(|(_, entry)| of_entry(entry)) {
        Some(Ok(Some(login))) => Found::Login(login),
        Some(Err(())) => {
            Found::Trouble(format!("the login to `{name}` in `{shown}` cannot be read; log in again"))
        }
        Some(Ok(None)) | None => trouble.map_or(Found::Nothing, Found::Trouble),
    }
}

/// The registry that a key of the file means: `https://index.docker.io/v1/` is Docker Hub.
fn key_of(key: &str) -> String {
    let key = key.split_once("://").map_or(key, |(_, rest)| rest);
    let host = key.split('/').next().unwrap_or(key).to_ascii_lowercase();
    login_name(&host).to_owned()
}

/// What helpers know a registry as.
fn server_of(name: &str) -> &str {
    if name == "docker.io" { "https://index.docker.io/v1/" } else { name }
}

/// The login of an entry; an error where there should be one that cannot be read.
fn of_entry(entry: Entry) -> Result<Option<Login>, ()> {
    if !entry.registrytoken.is_empty() {
        return Ok(Some(Login::Token(entry.registrytoken)));
    }
    if !entry.identitytoken.is_empty() {
        return Ok(Some(Login::Identity(entry.identitytoken)));
    }
    if !entry.auth.is_empty() {
        let padding = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let bytes = GeneralPurpose::new(&STANDARD, padding).decode(entry.auth.trim()).map_err(|_| ())?;
        let text = String::from_utf8(bytes).map_err(|_| ())?;
        let (user, password) = text.split_once(':').ok_or(())?;
        // Some tools pad the password.
        let password = password.trim_matches('\0').to_owned();
        return Ok(Some(Login::Password { user: user.to_owned(), password }));
    }
    let Entry { username: user, password, .. } = entry;
    Ok(if user.is_empty() { None } else { Some(Login::Password { user, password }) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(text: &str, authority: &str) -> Found {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, text).unwrap();
        LoginFiles(vec![folder.path().join("none.json"), path]).login(authority, Duration::from_secs(5))
    }

    fn password(user: &str, password: &str) -> Found {
        Found::Login(Login::Password { user: user.to_owned(), password: password.to_owned() })
    }

    #[test]
    fn entries() {
        // me:pass:word, with and without padding
        let text = r#"{"auths": {"ghcr.io": {"auth": "bWU6cGFzczp3b3Jk"}, "b:5000": {"auth": "YTpi"},
            "https://index.docker.io/v1/": {"username": "u", "password": "p"}, "quay.io": {},
            "t": {"auth": "YTpi", "identitytoken": "i"}}, "other": 1}"#;
        assert_eq!(login(text, "ghcr.io"), password("me", "pass:word"));
        assert_eq!(login(text, "b:5000"), password("a", "b"));
        assert_eq!(login(text, "b"), Found::Nothing);
        assert_eq!(login(text, "registry-1.docker.io"), password("u", "p"));
        assert_eq!(login(text, "quay.io"), Found::Nothing);
        assert_eq!(login(text, "t"), Found::Login(Login::Identity("i".to_owned())));
    }

    #[test]
    fn what_cannot_be_read_is_told_without_its_values() {
        for text in [
            r#"{"auths": {"ghcr.io": {"auth": "c2VjcmV0"}}}"#,
            r#"{"auths": {"ghcr.io": {"auth": "secret!"}}}"#,
            r#"{"auths": {"ghcr.io": {"auth": ["secret"]}}}"#,
            r#"{"auths": "secret"#,
        ] {
            let Found::Trouble(why) = login(text, "ghcr.io") else { panic!("{text}") };
            assert!(!why.contains("secret") && !why.contains("c2Vj"), "{why}");
        }
    }

    #[test]
    fn nothing_prints_a_login() {
        let found = login(r#"{"auths": {"a": {"username": "u", "password": "hunter2"}}}"#, "a");
        assert!(matches!(found, Found::Login(_)));
        assert!(!format!("{found:?}").contains("hunter2"));
    }

    #[test]
    fn files() {
        let variables = |name: &str| match name {
            "HOME" => Some(PathBuf::from("/home/me")),
            "XDG_RUNTIME_DIR" => Some(PathBuf::from("/run/user/1")),
            "DOCKER_CONFIG" => Some(PathBuf::new()),
            _ => None,
        };
        let files = LoginFiles::from_environment(variables).0;
        let shown: Vec<_> = files.iter().map(|path| path.display().to_string()).collect();
        assert_eq!(
            shown,
            [
                "/home/me/.docker/config.json",
                "/run/user/1/containers/auth.json",
                "/home/me/.config/containers/auth.json"
            ]
        );
    }
}
