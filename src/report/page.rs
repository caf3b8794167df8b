//! The page: fixed markup, style and script, and one block of data.
//!
//! The policy in the page names the style and the script by their digests, so nothing else runs, and nothing
//! is loaded from anywhere. The script puts values in as text alone; browsers that know trusted types refuse
//! everything else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::Board;
use super::data::{Data, Rest};
use super::lines::{joined, lines};
use super::read::Network;
use crate::diff::Diff;
use crate::embedded;

/// The parts of the script, in order.
const SCRIPTS: [&str; 10] =
    ["dom", "network", "table", "tables", "layout", "drawing", "details", "sections", "differences", "main"];

/// The page of a network but for its dashboards, which may be made later.
pub struct Sheet {
    data: String,
}

impl Sheet {
    /// Reads `network.json`.
    ///
    /// # Errors
    /// A reason in words.
    pub fn of(network: &[u8]) -> Result<Self, String> {
        let network: Network<'_> = serde_json::from_slice(network).map_err(|error| error.to_string())?;
        Ok(Self { data: lines(&Data::of(&network)) })
    }

    /// The page. `against` is what is otherwise than in another bundle.
    pub fn page(&self, boards: &[Board], against: Option<&Diff>) -> String {
        around(&joined(&self.data, &Rest::of(boards, against)))
    }
}

/// The page around its data.
pub(super) fn around(data: &str) -> String {
    // Pictures of dashboards have one style, here and where they stand alone.
    let style = format!("\n{}.board {{\n{}}}\n", template("page.css"), template("dashboard.css"));
    let parts: String = SCRIPTS.iter().map(|name| template(&format!("{name}.js"))).collect();
    let script = format!("\n\"use strict\";\n(() => {{\n{parts}}})();\n");
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        digest(&script),
        digest(&style)
    );
    // The data comes last: what stands in it is not looked through for places.
    let frame = [("policy", policy), ("style", style), ("script", script)]
        .iter()
        .fold(template("page.html").to_owned(), |page, (place, text)| {
            page.replacen(&format!("{{{{{place}}}}}"), text, 1)
        });
    let (before, after) = frame.split_once("{{data}}").unwrap_or((&frame, ""));
    [before, data, after].concat()
}

fn template(name: &str) -> &'static str {
    embedded::text(&format!("report/{name}")).unwrap_or_default()
}

/// A source of a content security policy: the text of one element.
fn digest(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}
