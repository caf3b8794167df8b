//! Where the receivers of Alertmanager send to.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde::Deserialize;

use crate::http;

/// One alert of one notification.
#[derive(Clone, Debug)]
pub struct Notice {
    pub at: Instant,
    /// The path that it was sent to, which is the name of the receiver.
    pub receiver: String,
    pub firing: bool,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
}

impl Notice {
    /// A label, empty where there is none.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// The name of the alert.
    pub fn alert(&self) -> &str {
        self.label("alertname")
    }

    /// Whether it has these labels.
    pub fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(name, value)| self.label(name) == *value)
    }

    /// `ServiceDown{host="a", ...}`
    pub fn shown(&self) -> String {
        let labels = self.labels.iter().filter(|(name, _)| *name != "alertname");
        let labels: Vec<String> = labels.map(|(name, value)| format!("{name}={value:?}")).collect();
        format!("{}{{{}}}", self.alert(), labels.join(", "))
    }
}

/// What Alertmanager posts (webhook, version 4).
#[derive(Deserialize)]
struct Post {
    receiver: String,
    alerts: Vec<Posted>,
}

#[derive(Deserialize)]
struct Posted {
    status: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct Inside {
    notices: Mutex<Vec<Notice>>,
    refused: Mutex<BTreeSet<String>>,
    /// Posts that are none.
    strange: Mutex<Vec<String>>,
}

/// The listener behind all receivers.
#[derive(Clone, Debug)]
pub struct Mailbox {
    inside: Arc<Inside>,
    pub address: SocketAddr,
}

impl Mailbox {
    /// Listens.
    pub fn open() -> Self {
        let inside = Arc::new(Inside::default());
        let shared = Arc::clone(&inside);
        let address = http::serve(move |request| {
            let path = request.path.trim_start_matches('/');
            if shared.refused.lock().unwrap().contains(path) {
                return Some((403, "not today".to_owned()));
            }
            match serde_json::from_str::<Post>(&request.body) {
                Ok(post) if post.receiver == path => {
                    let at = now();
                    let mut notices = shared.notices.lock().unwrap();
                    notices.extend(post.alerts.into_iter().map(|alert| Notice {
                        at,
                        receiver: path.to_owned(),
                        firing: alert.status == "firing",
                        labels: alert.labels,
                        annotations: alert.annotations,
                    }));
                }
                Ok(post) => {
                    let fault = format!("what is for `{}` was sent to `{path}`", post.receiver);
                    shared.strange.lock().unwrap().push(fault);
                }
                Err(error) => {
                    let fault = format!("{path}: {error}: {}", request.body);
                    shared.strange.lock().unwrap().push(fault);
                }
            }
            Some((200, String::new()))
        });
        Self { inside, address }
    }

    /// Refuses what is for a receiver, from now on or no more.
    pub fn refuse(&self, receiver: &str, refuse: bool) {
        let mut refused = self.inside.refused.lock().unwrap();
        if refuse {
            refused.insert(receiver.to_owned());
        } else {
            refused.remove(receiver);
        }
    }

    /// Everything that came, in order.
    pub fn notices(&self) -> Vec<Notice> {
        self.inside.notices.lock().unwrap().clone()
    }

    /// What should not have come at all.
    pub fn strange(&self) -> Vec<String> {
        self.inside.strange.lock().unwrap().clone()
    }
}

/// The clock of the test.
#[allow(clippy::disallowed_methods)]
pub fn now() -> Instant {
    Instant::now()
}
