//! Asks the servers of an image what its tag stands for.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use super::auth::Logins;
use super::content::{self, ACCEPT, Content, Platforms};
use super::credentials::LoginFiles;
use super::places::{Endpoint, Places};
use super::problem::{Error, Failure, Problem};
use super::retry::{self, Patience, again};
use super::transport::{Answer, Method, Request, Transport};
use super::url::{Scheme, Url};
use crate::diag::did_you_mean;
use crate::topology::{ImageRef, is_digest};

/// The tag of a reference without one.
pub(super) const LATEST: &str = "latest";
/// The header in which registries say the digest of what they send.
const DIGEST: &str = "docker-content-digest";

/// How registries are asked.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Mirrors, and hosts without TLS.
    pub places: Places,
    /// Where logins may be found.
    pub logins: LoginFiles,
    /// How long and how often.
    pub patience: Patience,
}

/// What a reference stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The digest of the index, or of the manifest where there is no index.
    pub digest: String,
    /// The digest for each platform; `None` where nobody says.
    pub platforms: Option<Platforms>,
}

/// Asks registries. It may be shared by threads.
#[derive(Debug)]
pub struct Client {
    places: Places,
    patience: Patience,
    transport: Transport,
    logins: Logins,
    /// How each server is spoken to, where that had to be found out.
    schemes: Mutex<BTreeMap<String, Scheme>>,
    /// Servers that are not asked again, and why.
    given_up: Mutex<BTreeMap<String, Problem>>,
}

impl Client {
    /// Opens no connection yet.
    pub fn new(settings: Settings) -> Self {
        let Settings { places, logins, patience } = settings;
        Self {
            transport: Transport::new(places.clone(), patience.request),
            places,
            patience,
            logins: Logins::new(logins, patience.request),
            schemes: Mutex::default(),
            given_up: Mutex::default(),
        }
    }

    /// The digests of an image. What is sent is held against its digest.
    pub fn resolve(&self, image: &ImageRef) -> Result<Resolved, Error> {
        self.at_first(image, |repository| repository.resolve())
    }

    /// The digest that the tag has now, as the server says; nothing is fetched if it can be helped.
    pub fn current_digest(&self, image: &ImageRef) -> Result<String, Error> {
        self.at_first(image, |repository| match repository.announced()? {
            Some(digest) => Ok(digest),
            None => Ok(repository.manifest(&repository.tag, None)?.0),
        })
    }

    /// Asks one server after the other.
    fn at_first<T>(
        &self,
        image: &ImageRef,
        ask: impl Fn(&Repository<'_>) -> Result<T, Problem>,
    ) -> Result<T, Error> {
        let tag = image.tag.clone().unwrap_or_else(|| LATEST.to_owned());
        let mut failures = Vec::new();
        for endpoint in self.places.of(image) {
            let authority = endpoint.authority.clone();
            let repository = endpoint.repository.clone();
            let problem = match self.unless_given_up(endpoint, &tag, &ask) {
                Ok(done) => return Ok(done),
                Err(problem) => problem,
            };
            let last = problem.is_final();
            failures.push(Failure { authority, repository, tag: tag.clone(), problem });
            if last {
                break;
            }
        }
        Err(Error { failures })
    }

    fn unless_given_up<T>(
        &self,
        endpoint: Endpoint,
        tag: &str,
        ask: impl Fn(&Repository<'_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let authority = endpoint.authority.clone();
        let given_up = || self.given_up.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(problem) = given_up().get(&authority) {
            return Err(problem.clone());
        }
        let asked = self
            .base(&endpoint)
            .and_then(|base| ask(&Repository { client: self, endpoint, base, tag: tag.to_owned() }));
        if let Err(problem) = &asked
            && problem.concerns_the_server()
        {
            given_up().insert(authority, problem.clone());
        }
        asked
    }

    /// The URL of a server. One that may be spoken to without TLS is asked with TLS first, so that
    /// nothing is plain that need not be.
    fn base(&self, endpoint: &Endpoint) -> Result<Url, Problem> {
        let url =
            |scheme: Scheme| Url { scheme, authority: endpoint.authority.clone(), path: "/v2/".to_owned() };
        if let Some(scheme) = endpoint.scheme {
            let base = url(scheme);
            if scheme == Scheme::Http && !self.places.may_be_plain(&endpoint.authority) {
                return Err(Problem::Plain);
            }
            return Ok(base);
        }
        let mut schemes = self.schemes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(scheme) = schemes.get(&endpoint.authority) {
            return Ok(url(*scheme));
        }
        let probe =
            Request { method: Method::Head, url: url(Scheme::Https), accept: ACCEPT, authorization: None };
        let scheme = match self.transport.exchange(&probe) {
            Ok(_) => Scheme::Https,
            Err(problem @ (Problem::Tls(_) | Problem::Slow | Problem::Redirect(_))) => return Err(problem),
            Err(_) => Scheme::Http,
        };
        schemes.insert(endpoint.authority.clone(), scheme);
        Ok(url(scheme))
    }
}

/// One repository on one server, and the tag that is asked for.
struct Repository<'a> {
    client: &'a Client,
    endpoint: Endpoint,
    /// `https://host/v2/`
    base: Url,
    tag: String,
}

impl Repository<'_> {
    fn resolve(&self) -> Result<Resolved, Problem> {
        // By digest where one was announced: what is fetched then is what was announced, even if
        // the tag moves in between, and it is not counted twice where requests are counted.
        let (digest, body) = match self.announced()? {
            Some(digest) => self.manifest(&digest, Some(&digest))?,
            None => self.manifest(&self.tag, None)?,
        };
        let platforms = match content::parse(&body)? {
            Content::Index(platforms) => platforms,
            Content::Image { configuration } => {
                let blob = self.ask(&Method::Get, &format!("blobs/{configuration}"))?;
                if blob.status != 200 {
                    return Err(Problem::Malformed("it does not send the configuration".to_owned()));
                }
                content::verify(&configuration, &blob.body)?;
                let platform = content::platform(&blob.body)?;
                Some(platform.map(|platform| (platform, digest.clone())).into_iter().collect())
            }
        };
        Ok(Resolved { digest, platforms })
    }

    /// The digest that the server says the tag has; `None` where it does not say without being asked
    /// for the whole.
    fn announced(&self) -> Result<Option<String>, Problem> {
        let answer = self.ask(&Method::Head, &format!("manifests/{}", self.tag))?;
        match answer.status {
            200 => Ok(answer.header(DIGEST).filter(|digest| is_digest(digest)).map(str::to_owned)),
            // The answer to GET says more; and some servers know no HEAD.
            404 | 405 | 400 | 501 => Ok(None),
            403 => Err(Problem::Forbidden),
            _ => Err(Problem::status(&answer)),
        }
    }

    /// A manifest with its digest, which is that of its bytes.
    fn manifest(&self, reference: &str, said: Option<&str>) -> Result<(String, Vec<u8>), Problem> {
        let answer = self.ask(&Method::Get, &format!("manifests/{reference}"))?;
        match answer.status {
            200 => {}
            403 => return Err(Problem::Forbidden),
            404 => return Err(self.not_found(&answer.error_codes())),
            _ => return Err(Problem::status(&answer)),
        }
        for said in said.into_iter().chain(answer.header(DIGEST).filter(|digest| is_digest(digest))) {
            content::verify(said, &answer.body)?;
        }
        Ok((content::digest_of(&answer.body), answer.body))
    }

    /// What is not there. Registries that say the same of repositories and tags tell them apart where
    /// they list the tags, and among those may be the one that was meant.
    fn not_found(&self, codes: &[String]) -> Problem {
        #[derive(Deserialize)]
        struct Tags {
            tags: Option<Vec<String>>,
        }
        let unknown = |codes: &[String]| codes.iter().any(|code| code == "NAME_UNKNOWN");
        if unknown(codes) {
            return Problem::NotFound { repository: true, near: None };
        }
        let Ok(answer) = self.ask(&Method::Get, "tags/list") else {
            return Problem::NotFound { repository: false, near: None };
        };
        let tags: Option<Tags> = serde_json::from_slice(&answer.body).ok();
        let tags = tags.and_then(|list| list.tags).unwrap_or_default();
        let is_tag = |tag: &&str| ImageRef::parse(&format!("x:{tag}")).is_ok();
        let near = did_you_mean(&self.tag, tags.iter().map(String::as_str).filter(is_tag));
        Problem::NotFound { repository: unknown(&answer.error_codes()), near: near.map(str::to_owned) }
    }

    /// Asks, logs in where that is wanted, and tries again where that may help.
    fn ask(&self, method: &Method<'_>, path: &str) -> Result<Answer, Problem> {
        let mut url = self.base.clone();
        url.path.push_str(&format!("{}/{path}", self.endpoint.repository));
        again(self.client.patience, || {
            let Client { transport, logins, .. } = self.client;
            let request = Request {
                method: method.clone(),
                url: url.clone(),
                accept: ACCEPT,
                authorization: logins.known(&self.endpoint),
            };
            let mut answer = transport.exchange(&request)?;
            if answer.status == 401 && !answer.from_elsewhere {
                let authorization = Some(logins.answer(transport, &self.endpoint, &url, &answer)?);
                answer = transport.exchange(&Request { authorization, ..request })?;
            }
            match answer.status {
                401 if answer.from_elsewhere => {
                    Err(Problem::Redirect("it wants a login of its own".to_owned()))
                }
                401 => Err(logins.refused(&self.endpoint)),
                429 => Err(Problem::RateLimit(retry::wait(&answer))),
                status if status == 408 || status >= 500 && status != 501 => Err(Problem::status(&answer)),
                _ => Ok(answer),
            }
        })
    }
}
