//! Asks registries which digests a tag stands for, over the OCI distribution API; or an OCI layout.
//!
//! The only code that opens a connection, and `netgen lock` is the only command that uses it: the
//! layer is above the compiler, so no stage of it can. An image is asked for like this, at each
//! mirror in turn and then at its registry:
//!
//! 1. `HEAD /v2/<repository>/manifests/<tag>`, which says the digest and counts against no limit;
//! 2. on 401 what the server wants: a token for the repository, or name and password;
//! 3. `GET` of that digest, held against its SHA-256, for the digests by platform; of a single image
//!    the configuration, which says its platform.
//!
//! Every request has a limit of time and size; what may pass is tried again. Connections are TLS
//! with the certificates that the machine trusts, except within the machine and for hosts that the
//! user named. Logins and tokens are sent to the server that asked for them and never printed.

mod auth;
mod challenge;
mod client;
mod content;
mod credentials;
mod crew;
mod helper;
mod layout;
mod places;
mod problem;
mod retry;
mod transport;
mod url;

pub use client::{Client, Resolved, Settings};
pub use content::Platforms;
pub use credentials::LoginFiles;
pub use crew::each;
pub use layout::{Layout, LayoutError};
pub use places::{Mirror, Places, insecure_host};
pub use problem::{Error, Failure, Problem};
pub use retry::Patience;
