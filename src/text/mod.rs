//! Source text: files, byte spans, and values that remember where they were written.
//!
//! Positions are byte offsets everywhere. Lines and columns exist only where a diagnostic is
//! rendered ([`LineIndex`]), so no stage can mix characters with bytes.

mod credentials;
mod lines;
mod printable;
mod signs;
mod source;
mod span;
mod spanned;
mod suspects;
mod url;

pub use credentials::{
    Credential, credentials, has_password, holds_secrets, mask_secrets, secret_of_url, url_authority,
    url_host,
};
pub use lines::{LineColumn, LineIndex};
pub use printable::{printable, printable_line, visible};
pub use source::{Source, SourceId, SourceMap};
pub use span::Span;
pub use spanned::{SPANNED_NAME, SPANNED_SPAN, SPANNED_VALUE, Spanned};
pub use suspects::{names_a_secret, suspects};
pub use url::{is_host_port, is_url};
