//! Logging in to a registry: the token of a repository, or name and password.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::challenge::{self, Challenge};
use super::credentials::{Found, Login, LoginFiles};
use super::places::Endpoint;
use super::problem::Problem;
use super::transport::{Answer, Authorization, Method, Request, Transport};
use super::url::Url;

/// What a registry is told to call us where it hands out tokens.
const CLIENT: &str = "netgen";

/// What has been learnt about logging in.
#[derive(Debug, Default)]
pub(super) struct Logins {
    files: LoginFiles,
    patience: Duration,
    /// By server and repository.
    sent: Mutex<BTreeMap<(String, String), Authorization>>,
    /// By server, so that a helper is asked once.
    found: Mutex<BTreeMap<String, Found>>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
}

impl Logins {
    pub(super) fn new(files: LoginFiles, patience: Duration) -> Self {
        Self { files, patience, ..Self::default() }
    }

    /// What was accepted before.
    pub(super) fn known(&self, endpoint: &Endpoint) -> Option<Authorization> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.get(&key(endpoint)).cloned()
    }

    /// Does what a refusal asks for, and gives what to send from now on.
    pub(super) fn answer(
        &self,
        transport: &Transport,
        endpoint: &Endpoint,
        from: &Url,
        refusal: &Answer,
    ) -> Result<Authorization, Problem> {
        let challenges: Vec<Challenge> =
            refusal.headers("www-authenticate").flat_map(challenge::parse).collect();
        let bearer = challenges.iter().find_map(|challenge| match challenge {
            Challenge::Bearer { realm, service, scope } => Some((realm, service, scope)),
            Challenge::Basic => None,
        });
        let found = self.found(endpoint);
        let authorization = match (bearer, &found) {
            (_, Found::Login(Login::Token(token))) => Self::bearer(token)?,
            (Some((realm, service, scope)), _) => {
                let service = service.as_deref();
                let usual = format!("repository:{}:pull", endpoint.repository);
                let scope = scope.as_deref().unwrap_or(&usual);
                let realm = Url::parse(realm)
                    .map_err(|_| Problem::Malformed("its token server has no valid URL".to_owned()))?;
                transport.permit(from, &realm)?;
                Self::token(transport, &realm, service, scope, &found)?
            }
            (None, Found::Login(Login::Password { user, password })) if !challenges.is_empty() => {
                basic(user, password)
            }
            (None, _) => return Err(self.refused(endpoint)),
        };
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.insert(key(endpoint), authorization.clone());
        Ok(authorization)
    }

    /// What it means that a server refuses.
    pub(super) fn refused(&self, endpoint: &Endpoint) -> Problem {
        refused(&self.found(endpoint))
    }

    fn found(&self, endpoint: &Endpoint) -> Found {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let look = || self.files.login(&endpoint.authority, self.patience);
        found.entry(endpoint.authority.clone()).or_insert_with(look).clone()
    }

    /// Gets a token, with a login or, where there is none, as a stranger.
    fn token(
        transport: &Transport,
        realm: &Url,
        service: Option<&str>,
        scope: &str,
        found: &Found,
    ) -> Result<Authorization, Problem> {
        let query: Vec<(&str, &str)> =
            service.map(|service| ("service", service)).into_iter().chain([("scope", scope)]).collect();
        let request =
            |method, url, authorization| Request { method, url, accept: "application/json", authorization };
        let answer = match found {
            Found::Login(Login::Identity(token)) => {
                let mut form = query;
                form.extend([
                    ("grant_type", "refresh_token"),
                    ("client_id", CLIENT),
                    ("refresh_token", token.as_str()),
                ]);
                transport.exchange(&request(Method::Post(&form), realm.clone(), None))?
            }
            Found::Login(Login::Password { user, password }) => {
                let url = realm.with_query(&query).with_query(&[("account", user)]);
                transport.exchange(&request(Method::Get, url, Some(basic(user, password))))?
            }
            _ => transport.exchange(&request(Method::Get, realm.with_query(&query), None))?,
        };
        match answer.status {
            200 => {}
            400 | 401 | 403 => return Err(refused(found)),
            429 => return Err(Problem::RateLimit(super::retry::wait(&answer))),
            _ => return Err(Problem::status(&answer)),
        }
        let no_token = || Problem::Malformed("its token server hands out no token".to_owned());
        let answer: TokenAnswer = serde_json::from_slice(&answer.body).map_err(|_| no_token())?;
        Self::bearer(&answer.token.or(answer.access_token).ok_or_else(no_token)?)
    }

    fn bearer(token: &str) -> Result<Authorization, Problem> {
        if token.is_empty() || !token.chars().all(|c| c.is_ascii_graphic()) {
            return Err(Problem::Malformed("its token server hands out no token".to_owned()));
        }
        Ok(Authorization::new(format!("Bearer {token}")))
    }
}

fn refused(found: &Found) -> Problem {
    match found {
        Found::Login(_) => Problem::Login { tried: true, trouble: None },
        Found::Nothing => Problem::Login { tried: false, trouble: None },
        Found::Trouble(why) => Problem::Login { tried: false, trouble: Some(why.clone()) },
    }
}

fn basic(user: &str, password: &str) -> Authorization {
    Authorization::new(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}

fn key(endpoint: &Endpoint) -> (String, String) {
    (endpoint.authority.clone(), endpoint.repository.clone())
}
