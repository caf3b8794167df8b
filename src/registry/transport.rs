//! One exchange with a server: TLS, limits of time and size, and redirects that take no login along.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use ureq::http::{HeaderMap, Response, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::places::Places;
use super::problem::Problem;
use super::url::{Scheme, Url};

/// The largest answer that is read. Registries refuse manifests of more than 4 MiB.
pub(super) const MOST_BYTES: u64 = 4 << 20;
/// As many redirects as a registry with a store behind it needs, and some.
const MOST_REDIRECTS: usize = 5;
/// How long a connection may take that is then used at once.
const MOST_SECONDS_TO_CONNECT: u64 = 10;

/// How the errors of std begin where a name has no address; they have no kind of their own.
const LOOKUP: &str = "failed to lookup address information";

/// The value of an `Authorization` header. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Authorization(String);

impl Authorization {
    pub(super) fn new(value: String) -> Self {
        Self(value)
    }
}

impl std::fmt::Debug for Authorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authorization(..)")
    }
}

/// What is sent.
#[derive(Clone, Debug)]
pub(super) enum Method<'a> {
    Head,
    Get,
    /// A form. Its values may be secret, so it is never sent on to where a redirect leads.
    Post(&'a [(&'a str, &'a str)]),
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request<'a> {
    pub(super) method: Method<'a>,
    pub(super) url: Url,
    pub(super) accept: &'static str,
    pub(super) authorization: Option<Authorization>,
}

/// An answer with its whole body.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// Whether another server than the one that was asked gave it.
    pub(super) from_elsewhere: bool,
}

impl Answer {
    /// A header, if it is there and text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Every header of that name.
    pub(super) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// The error codes of a registry. What else it says is not repeated: it comes from far away.
    pub(super) fn error_codes(&self) -> Vec<String> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Errors {
            errors: Vec<Code>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Code {
            code: String,
        }
        let errors: Errors = serde_json::from_slice(&self.body).unwrap_or_default();
        let is_code = |code: &String| {
            (1..=40).contains(&code.len()) && code.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        };
        errors.errors.into_iter().map(|error| error.code).filter(is_code).take(3).collect()
    }
}

/// Speaks HTTP.
#[derive(Debug)]
pub(super) struct Transport {
    agent: Agent,
    has_roots: bool,
    places: Places,
}

impl Transport {
    /// `timeout` is for one request from the look-up of the name to the last byte.
    pub(super) fn new(places: Places, timeout: Duration) -> Self {
        // The certificates that this machine trusts; SSL_CERT_FILE and SSL_CERT_DIR stand in for them.
        let roots: Vec<Certificate<'static>> = rustls_native_certs::load_native_certs()
            .certs
            .iter()
            .map(|certificate| Certificate::from_der(certificate).to_owned())
            .collect();
        let has_roots = !roots.is_empty();
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .user_agent(concat!("netgen/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            // Redirects are followed here, where a login is taken off.
            .max_redirects(0)
            .timeout_global(Some(timeout))
            .timeout_connect(Some(timeout.min(Duration::from_secs(MOST_SECONDS_TO_CONNECT))))
            .build()
            .new_agent();
        Self { agent, has_roots, places }
    }

    /// Sends a request, and follows where it leads.
    pub(super) fn exchange(&self, request: &Request<'_>) -> Result<Answer, Problem> {
        let mut url = request.url.clone();
        let mut authorization = request.authorization.clone();
        let mut from_elsewhere = false;
        for _ in 0..=MOST_REDIRECTS {
            let mut answer = self.once(request, &url, authorization.as_ref())?;
            answer.from_elsewhere = from_elsewhere;
            let target = match (answer.status, answer.header(header::LOCATION.as_str())) {
                (301 | 302 | 303 | 307 | 308, Some(location)) => {
                    url.join(location).map_err(Problem::Redirect)?
                }
                _ => return Ok(answer),
            };
            if matches!(request.method, Method::Post(_)) {
                return Err(Problem::Redirect("a login would go along".to_owned()));
            }
            self.permit(&request.url, &target)?;
            if !url.same_origin(&target) {
                // For good: a later redirect back does not bring it back.
                authorization = None;
                from_elsewhere = true;
            }
            url = target;
        }
        Err(Problem::Redirect("there is always another one".to_owned()))
    }

    /// Without TLS only where the user said so, or within this machine.
    pub(super) fn permit(&self, from: &Url, to: &Url) -> Result<(), Problem> {
        let local = to.is_loopback() && from.is_loopback() && from.scheme == Scheme::Http;
        if to.scheme == Scheme::Https || local || self.places.is_named_insecure(&to.authority) {
            Ok(())
        } else {
            Err(Problem::Redirect(format!("`{}` would be asked without TLS", to.authority)))
        }
    }

    fn once(
        &self,
        request: &Request<'_>,
        url: &Url,
        authorization: Option<&Authorization>,
    ) -> Result<Answer, Problem> {
        if url.scheme == Scheme::Https && !self.has_roots {
            return Err(Problem::NoRoots);
        }
        let text = url.to_string();
        let sent = match request.method {
            Method::Head => {
                let mut head = self.agent.head(&text).header(header::ACCEPT, request.accept);
                if let Some(Authorization(value)) = authorization {
                    head = head.header(header::AUTHORIZATION, value);
                }
                if url.is_loopback() { head.config().proxy(None).build().call() } else { head.call() }
            }
            Method::Get => {
                let mut get = self.agent.get(&text).header(header::ACCEPT, request.accept);
                if let Some(Authorization(value)) = authorization {
                    get = get.header(header::AUTHORIZATION, value);
                }
                if url.is_loopback() { get.config().proxy(None).build().call() } else { get.call() }
            }
            Method::Post(form) => {
                let mut post = self.agent.post(&text).header(header::ACCEPT, request.accept);
                if let Some(Authorization(value)) = authorization {
                    post = post.header(header::AUTHORIZATION, value);
                }
                let post = if url.is_loopback() { post.config().proxy(None).build() } else { post };
                post.send_form(form.iter().copied())
            }
        };
        sent.and_then(read).map_err(problem)
    }
}

fn read(response: Response<Body>) -> Result<Answer, ureq::Error> {
    let (parts, mut body) = response.into_parts();
    let body = body.with_config().limit(MOST_BYTES).read_to_vec()?;
    Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body, from_elsewhere: false })
}

/// What an error of the library means. Its own texts are not passed on where they could hold a URL.
fn problem(error: ureq::Error) -> Problem {
    match error {
        ureq::Error::Timeout(_) => Problem::Slow,
        ureq::Error::HostNotFound => Problem::Unreachable("its name is not known".to_owned()),
        ureq::Error::BodyExceedsLimit(limit) => Problem::TooLarge(limit),
        ureq::Error::LargeResponseHeader(..) => Problem::Malformed("endless headers".to_owned()),
        ureq::Error::Rustls(error) => of_tls(&error),
        ureq::Error::Tls(why) => Problem::Tls(why.to_lowercase()),
        ureq::Error::Io(error) => of_io(&error),
        ureq::Error::ConnectProxyFailed(_) => Problem::Unreachable("the proxy refuses it".to_owned()),
        ureq::Error::InvalidProxyUrl => Problem::Unreachable("the URL of the proxy is wrong".to_owned()),
        ureq::Error::Protocol(_) | ureq::Error::Http(_) => Problem::Malformed("it is not HTTP".to_owned()),
        _ => Problem::Unreachable("there is no connection".to_owned()),
    }
}

fn of_io(error: &io::Error) -> Problem {
    if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return of_tls(inner);
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Problem::Truncated,
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Problem::Slow,
        _ if error.to_string().starts_with(LOOKUP) => {
            Problem::Unreachable("its name is not known".to_owned())
        }
        _ if error.raw_os_error().is_none() => Problem::Unreachable("there is no connection".to_owned()),
        kind => Problem::Unreachable(kind.to_string()),
    }
}

fn of_tls(error: &rustls::Error) -> Problem {
    use rustls::CertificateError::{
        BadSignature, Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext, UnknownIssuer,
    };
    let why = match error {
        rustls::Error::InvalidMessage(_) => return Problem::Plain,
        rustls::Error::InvalidCertificate(why) => match why {
            UnknownIssuer | BadSignature => {
                "its certificate is not from an authority that this machine trusts"
            }
            Expired | ExpiredContext { .. } => "its certificate is over",
            NotValidYet | NotValidYetContext { .. } => "its certificate is not valid yet",
            NotValidForName | NotValidForNameContext { .. } => "its certificate is for another name",
            _ => "its certificate is not valid",
        },
        rustls::Error::AlertReceived(_) => "it refuses the handshake",
        rustls::Error::PeerIncompatible(_) => "it speaks no version of TLS that is safe",
        _ => "the handshake fails",
    };
    Problem::Tls(why.to_owned())
}
