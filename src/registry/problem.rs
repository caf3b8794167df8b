//! Why a registry did not say what an image is, in words that say what to do.

use std::fmt;

use super::places::login_name;
use super::retry;
use super::transport::Answer;

/// What went wrong with one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No connection, or one that broke.
    Unreachable(String),
    /// It took longer than it may.
    Slow,
    /// TLS failed; the text says why.
    Tls(String),
    /// It does not speak TLS.
    Plain,
    /// No certificate is trusted on this machine.
    NoRoots,
    /// It wants a login. `tried` says whether one was given, `trouble` why none could be had.
    Login {
        /// Whether a login was sent and refused.
        tried: bool,
        /// What kept a login from being found.
        trouble: Option<String>,
    },
    /// It knows who asks, and says no.
    Forbidden,
    /// There is no such repository, or no such tag in it.
    NotFound {
        /// Whether it is the repository that is not there, as far as the registry says.
        repository: bool,
        /// A tag that is there and was probably meant.
        near: Option<String>,
    },
    /// Too many requests; how many seconds it asks to wait.
    RateLimit(Option<u64>),
    /// Another status.
    Status {
        /// The status.
        status: u16,
        /// The error codes of the registry.
        codes: Vec<String>,
        /// How many seconds it asks to wait.
        wait: Option<u64>,
    },
    /// What came has another digest than was said.
    Lie {
        /// The digest that was asked for or announced.
        said: String,
        /// The digest of what was sent.
        sent: String,
    },
    /// What came cannot be understood.
    Malformed(String),
    /// What came is larger than anything of its kind.
    TooLarge(u64),
    /// What came ended too early.
    Truncated,
    /// A redirect that is not followed, and why.
    Redirect(String),
    /// The reference names something that no engine can run.
    NotAnImage(String),
}

impl Problem {
    /// A status, with what the answer says about it.
    pub(super) fn status(answer: &Answer) -> Self {
        let (status, codes) = (answer.status, answer.error_codes());
        Self::Status { status, codes, wait: retry::wait(answer) }
    }

    /// How many seconds the server asks to wait before the next try.
    pub(super) fn wait(&self) -> Option<u64> {
        match self {
            Self::RateLimit(wait) | Self::Status { wait, .. } => *wait,
            _ => None,
        }
    }

    /// Whether another try may go better.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Slow | Self::Truncated | Self::RateLimit(_))
            || matches!(self, Self::Status { status, .. } if *status == 408 || *status >= 500)
    }

    /// Whether the next image would meet the same, so that asking again only costs time.
    pub(super) fn concerns_the_server(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_)
                | Self::Slow
                | Self::Tls(_)
                | Self::Plain
                | Self::NoRoots
                | Self::RateLimit(_)
        )
    }

    /// Whether no other server may be asked instead: somebody tampers, or something is broken.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Lie { .. })
    }
}

/// What went wrong with one server, and which one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Host and port.
    pub authority: String,
    /// The repository there.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// What went wrong.
    pub problem: Problem,
}

/// Why an image could not be resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// One failure a server that was asked; the last decided.
    pub failures: Vec<Failure>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { authority, repository, tag, problem } = self;
        match problem {
            Problem::Unreachable(why) => write!(f, "`{authority}` cannot be reached: {why}"),
            Problem::Slow => write!(f, "`{authority}` does not answer in time"),
            Problem::Tls(why) => write!(f, "no safe connection to `{authority}`: {why}"),
            Problem::Plain => write!(f, "`{authority}` does not speak TLS"),
            Problem::NoRoots => {
                write!(f, "no safe connection to `{authority}`: this machine trusts no certificate at all")
            }
            Problem::Login { tried: false, .. } => {
                write!(f, "`{authority}` wants a login for `{repository}`")
            }
            Problem::Login { tried: true, .. } => {
                write!(f, "`{authority}` refuses the login for `{repository}`")
            }
            Problem::Forbidden => write!(f, "`{authority}` does not let this login read `{repository}`"),
            Problem::NotFound { repository: true, .. } => {
                write!(f, "`{authority}` has no repository `{repository}`")
            }
            Problem::NotFound { repository: false, .. } => {
                write!(f, "`{repository}` on `{authority}` has no tag `{tag}`")
            }
            Problem::RateLimit(wait) => {
                write!(f, "`{authority}` takes no more requests for now")?;
                wait.map_or(Ok(()), |seconds| write!(f, ", and asks to wait {seconds} s"))
            }
            Problem::Status { status, codes, .. } => {
                write!(f, "`{authority}` answers {status}")?;
                if codes.is_empty() { Ok(()) } else { write!(f, " ({})", codes.join(", ")) }
            }
            Problem::Lie { said, sent } => write!(
                f,
                "`{authority}` says that `{repository}:{tag}` has the digest `{said}`, but what it sends has `{sent}`"
            ),
            Problem::Malformed(why) => {
                write!(f, "`{authority}` sends something else than an image manifest: {why}")
            }
            Problem::TooLarge(limit) => {
                write!(f, "`{authority}` sends more than {} MiB for a manifest", limit >> 20)
            }
            Problem::Truncated => write!(f, "the answer of `{authority}` breaks off"),
            Problem::Redirect(why) => write!(f, "`{authority}` leads to a place that is not followed: {why}"),
            Problem::NotAnImage(kind) => write!(f, "`{repository}:{tag}` is no container image but {kind}"),
        }
    }
}

/// What helps wherever a registry does not: the digests from somewhere else.
const BY_HAND: &str = "or give the digest with `--pins FILE`, or the image with `--from-layout FOLDER`";

impl Failure {
    /// What to do about it.
    pub fn help(&self) -> Vec<String> {
        let login = format!("`docker login {}`", login_name(&self.authority));
        let authority = &self.authority;
        let mut help = match &self.problem {
            Problem::Unreachable(_) | Problem::Slow => {
                vec!["check the name, the network and `HTTPS_PROXY`; a mirror can be named with `--registry-mirror`".to_owned()]
            }
            Problem::Tls(_) => vec![
                "if its certificate is from an authority of your own, name the file with `SSL_CERT_FILE`"
                    .to_owned(),
            ],
            Problem::NoRoots => {
                vec!["install `ca-certificates`, or name a file of certificates with `SSL_CERT_FILE`".to_owned()]
            }
            Problem::Plain => vec![format!(
                "if everything between here and there is trusted: `--insecure-registry {authority}`"
            )],
            Problem::Login { tried: false, .. } => vec![
                format!("log in with {login}"),
                "check the name, too: many registries say the same of a repository that does not exist".to_owned(),
            ],
            Problem::Login { tried: true, .. } => {
                vec![format!("log in again with {login}: the password or token is wrong, or over")]
            }
            Problem::Forbidden => vec![format!(
                "ask its owner for the right to read, or take another account with {login}"
            )],
            Problem::NotFound { repository: true, .. } => {
                vec!["check the name; a private repository may be hidden until you log in".to_owned()]
            }
            Problem::NotFound { near: Some(near), .. } => vec![format!("there is a tag `{near}`")],
            Problem::NotFound { repository: false, .. } => {
                vec!["check the tag: it may be misspelled, or was taken away".to_owned()]
            }
            Problem::RateLimit(_) => vec![format!(
                "log in with {login}, which raises the limit; or name a mirror with `--registry-mirror`"
            )],
            Problem::Status { status, .. } if *status >= 500 => vec!["try again later".to_owned()],
            Problem::Lie { .. } => vec![
                "do not deploy from there before its operator has explained it: a cache or a proxy may be broken, or somebody tampers"
                    .to_owned(),
            ],
            Problem::TooLarge(_) | Problem::Malformed(_) | Problem::Truncated | Problem::Status { .. } => {
                vec!["check that this is a registry, and that no proxy answers in its place".to_owned()]
            }
            Problem::Redirect(_) => vec!["ask its operator, or name a mirror with `--registry-mirror`".to_owned()],
            Problem::NotAnImage(_) => vec!["name the tag of an image".to_owned()],
        };
        if let Problem::Login { trouble: Some(trouble), .. } = &self.problem {
            help.push(trouble.clone());
        }
        if !matches!(self.problem, Problem::NotFound { .. } | Problem::NotAnImage(_)) {
            help.push(BY_HAND.to_owned());
        }
        help
    }
}

impl Error {
    /// What decided: the answer of the last server.
    fn last(&self) -> Option<&Failure> {
        self.failures.last()
    }

    /// What to do, and what the mirrors said.
    pub fn help(&self) -> Vec<String> {
        let mut help = self.last().map(Failure::help).unwrap_or_default();
        let mirrors = self.failures.iter().rev().skip(1).rev();
        help.extend(mirrors.map(|mirror| format!("the mirror was asked before: {mirror}")));
        help
    }

    /// The server that decided: host and port.
    pub fn authority(&self) -> &str {
        self.last().map_or("", |failure| &failure.authority)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last() {
            Some(failure) => failure.fmt(f),
            None => f.write_str("no server was asked"),
        }
    }
}

impl std::error::Error for Error {}
