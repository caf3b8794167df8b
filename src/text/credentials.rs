//! Text that is a secret by its own form, whatever the name beside it: keys, tokens, URLs with
//! passwords, seed phrases. And values of secret names that look like what a machine made up.
//!
//! Forms are those that the issuers document. Public values must pass: digests, public keys, addresses,
//! peer ids, names and paths of secrets.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use bip39::Language;
use regex::Regex;

use super::suspects::suspects_of;
use super::{SourceMap, Span, signs};

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// What it is: `a token of GitHub`.
    pub what: &'static str,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

/// What a secret is, and its form. Where the form has a group, that is the secret.
const FORMS: &[(&str, &str)] = &[
    (
        "a private key",
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:[\x00-,.-\x7f]*-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----)?",
    ),
    ("a private key of age", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    ("an extended private key", r"\b([xyztuv]prv[1-9A-HJ-NP-Za-km-z]{100,112})\b"),
    ("a private key of Solana", r"\[\s*(?:[0-9]{1,3}\s*,\s*){63}[0-9]{1,3}\s*\]"),
    (
        "a private key",
        r#"(?i)\b(?:[a-z0-9_.-]*(?:private|priv|secret)[_-]?key[a-z_-]*|nodekeyhex|mnemonic[_-]?seed|seed[_-]?hex)["']?\s*[:=]\s*["']?((?:0x)?[0-9a-f]{64})\b"#,
    ),
    ("an access key of AWS", r"\b((?:AKIA|ASIA)[A-Z2-7]{16})\b"),
    ("a token of GitHub", r"\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})\b"),
    ("a token of GitLab", r"\b(gl(?:pat|dt|rt|cbt|ptt|agent|oas)-[A-Za-z0-9_-]{20,})"),
    ("a token of Slack", r"\b(xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{10,})"),
    ("a key of Google", r"\b(AIza[A-Za-z0-9_-]{35})\b"),
    ("a key of Stripe", r"\b([sr]k_live_[A-Za-z0-9]{16,})\b"),
    ("a token of npm", r"\b(npm_[A-Za-z0-9]{36})\b"),
    ("a token of Docker", r"\b(dckr_pat_[A-Za-z0-9_-]{20,})"),
    ("a token of DigitalOcean", r"\b(do[opr]_v1_[a-f0-9]{64})\b"),
    ("a token of Grafana", r"\b(glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}|glc_[A-Za-z0-9+/]{32,}={0,2})"),
    ("a token of Vault", r"\b(hv[sbr]\.[A-Za-z0-9_-]{24,})"),
    ("a token of a Telegram bot", r"\b([0-9]{8,10}:AA[A-Za-z0-9_-]{33})\b"),
    ("a signed token", r"\b(eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,})"),
];

/// Only for the few texts that may have one.
static EACH: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let compiled = |(what, form): &(&'static str, &str)| Some((*what, Regex::new(&ascii(form)).ok()?));
    FORMS.iter().filter_map(compiled).collect()
});

/// Without Unicode the automata are small.
fn ascii(form: &str) -> String {
    format!("(?-u){form}")
}

/// No form is shorter than that of a token of Slack.
const SHORTEST: usize = 15;

/// Every secret in a text, by place.
pub fn credentials(text: &str) -> Vec<Credential> {
    // Most texts are single words, and the value of a name has a sign before it.
    if text.len() < SHORTEST && !text.contains([':', '=']) {
        return Vec::new();
    }
    credentials_of(text, &signs::names(text))
}

/// The same, where it is known what [`signs::names`] has found.
fn credentials_of(text: &str, names: &[Range<usize>]) -> Vec<Credential> {
    let mut found = Vec::new();
    if signs::may_have_a_form(text, names) {
        for (what, form) in EACH.iter() {
            for captures in form.captures_iter(text) {
                let group = captures.get(1).or_else(|| captures.get(0));
                found.extend(group.map(|group| Credential { what, range: group.range() }));
            }
        }
    }
    found.extend(urls(text));
    found.extend(phrases(text));
    for range in suspects_of(text, names) {
        let value = text.get(range.clone()).unwrap_or("").trim_end();
        let inside = value.trim_matches(['"', '\'']);
        if is_made_up(inside) {
            let start = range.start + value.find(inside).unwrap_or(0);
            found.push(Credential { what: "the value of a secret", range: start..start + inside.len() });
        }
    }
    found.sort_by_key(|found| (found.range.start, std::cmp::Reverse(found.range.end)));
    // What lies in another one is the same secret.
    let mut end = 0;
    found.retain(|found| {
        let new = found.range.end > end;
        end = end.max(found.range.end);
        new
    });
    found
}

/// Everything in a text that is or may be a secret.
fn secrets(text: &str) -> impl Iterator<Item = Range<usize>> {
    let names = signs::names(text);
    credentials_of(text, &names).into_iter().map(|found| found.range).chain(suspects_of(text, &names))
}

/// Whether anything in a text is or may be a secret. Several texts can be asked about at once, each on lines
/// of its own: what is a secret by itself is one, or in one, whatever stands on the lines around it.
pub fn holds_secrets(text: &str) -> bool {
    secrets(text).next().is_some()
}

/// The same text with `*` over everything that is or may be a secret. Lines stay.
pub fn mask_secrets(text: &str) -> Arc<str> {
    let mut ranges = secrets(text).peekable();
    if ranges.peek().is_none() {
        return text.into();
    }
    let mut sources = SourceMap::default();
    let id = sources.add("", text);
    sources.mask(ranges.map(|range| Span::new(id, range.start, range.end)));
    sources.get(id).map_or_else(|| "".into(), |source| Arc::clone(source.text()))
}

/// URLs that carry a password or a secret, or are one; not where it is filled in elsewhere.
fn urls(text: &str) -> impl Iterator<Item = Credential> + '_ {
    /// No URL is longer, and a text of nothing else is still read once.
    const MOST: usize = 4096;
    signs::urls(text).filter_map(|at| {
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-');
        let last = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | '|' | '\\');
        let start = text.get(..at)?.trim_end_matches(word).len();
        let rest = text.get(start..text.floor_char_boundary(at + MOST))?;
        let url = rest.split(last).next()?;
        let what = if has_password(url) {
            "a URL with a password"
        } else {
            secret_of_url(url).map(|_| "a URL with a secret")?
        };
        let filled_in = ["${", "$(", "{{", "***"].iter().any(|sign| url.contains(sign));
        (!filled_in).then(|| Credential { what, range: start..start + url.len() })
    })
}

/// Twelve or more words of BIP-39 in a row: the seed of a wallet. Prose has words that are not in the
/// list (`a`, `the`, `of`) long before that.
///
/// A text is looked at in blocks that are half as long as the shortest phrase, rounded up: then one whole block
/// lies in each phrase, and a block with a byte that no phrase has rules out all phrases that it would lie in.
fn phrases(text: &str) -> Vec<Credential> {
    const LEAST: usize = 12;
    /// Of as many of the shortest words, with a space between two.
    const SHORTEST: usize = LEAST * 4 - 1;
    const BLOCK: usize = SHORTEST.div_ceil(2);
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut known = 0;
    for (number, block) in bytes.as_chunks::<BLOCK>().0.iter().enumerate() {
        let at = number * BLOCK;
        // What can be a phrase is nearly nowhere.
        if at < known || !block.iter().all(|b| is_of_phrase(*b)) {
            continue;
        }
        let (before, after) = bytes.split_at_checked(at).unwrap_or((bytes, &[]));
        let start = before.iter().rposition(|b| !is_of_phrase(*b)).map_or(0, |at| at + 1);
        let end = after.iter().position(|b| !is_of_phrase(*b)).map_or(bytes.len(), |length| at + length);
        known = end;
        let Some(inside) = text.get(start..end).filter(|inside| has_words(inside, LEAST)) else {
            continue;
        };
        // The words at its ends may be parts of longer ones.
        let first = if start == 0 { 0 } else { inside.find(char::is_whitespace).unwrap_or(inside.len()) };
        let last =
            if end == text.len() { inside.len() } else { inside.rfind(char::is_whitespace).unwrap_or(0) };
        seeds(text, start + first..start + last.max(first), LEAST, &mut found);
    }
    found
}

/// Whether a text may have so many words: whether letters begin as often, be it at its start.
fn has_words(text: &str, least: usize) -> bool {
    let begins = |pair: &&[u8]| match pair {
        [before, first] => !before.is_ascii_lowercase() && first.is_ascii_lowercase(),
        _ => false,
    };
    text.as_bytes().windows(2).filter(begins).count() + 1 >= least
}

/// Whether a byte can be one of words in a row, of the signs around them or of the white space between.
fn is_of_phrase(byte: u8) -> bool {
    /// Looked up, because every text is asked about.
    const OF_PHRASE: [bool; 256] = {
        let mut all = [false; 256];
        let (mut rest, mut byte) = (all.as_mut_slice(), 0_u8);
        while let Some((is, after)) = rest.split_first_mut() {
            *is = matches!(
                byte,
                b'a'..=b'z' | b' ' | b'\t'..=b'\r' | b'"' | b'\'' | b'`' | b',' | b';' | b'.' | 0x80..
            );
            (rest, byte) = (after, byte.wrapping_add(1));
        }
        all
    };
    OF_PHRASE.get(usize::from(byte)).is_some_and(|is| *is)
}

/// Adds the seed phrases of at least so many words that stand in a part of a text.
fn seeds(text: &str, part: Range<usize>, least: usize, found: &mut Vec<Credential>) {
    // Looked up only where enough that could be words stand in a row: nearly nowhere.
    let mut run: Vec<Range<usize>> = Vec::new();
    let mut at = part.start;
    // An empty piece at the end closes the last run.
    for piece in text.get(part).unwrap_or("").split_inclusive(char::is_whitespace).chain([""]) {
        let start = at;
        at += piece.len();
        let word = piece.trim_start();
        if word.is_empty() && !piece.is_empty() {
            continue;
        }
        let sign = |c: char| matches!(c, '"' | '\'' | '`' | ',' | ';' | '.');
        let from = word.trim_start_matches(sign);
        let inner = from.trim_end().trim_end_matches(sign);
        if (3..=8).contains(&inner.len()) && inner.bytes().all(|b| b.is_ascii_lowercase()) {
            let from = start + piece.len() - from.len();
            run.push(from..from + inner.len());
            continue;
        }
        if run.len() >= least {
            let listed = |range: &Range<usize>| {
                text.get(range.clone()).is_some_and(|word| Language::English.find_word(word).is_some())
            };
            for words in run.split(|word| !listed(word)) {
                if let ([first, .., last], true) = (words, words.len() >= least) {
                    found.push(Credential { what: "a seed phrase", range: first.start..last.end });
                }
            }
        }
        run.clear();
    }
}

/// Whether a value looks made up by a machine, and not like a word, a name, a path or a template.
fn is_made_up(value: &str) -> bool {
    const LEAST_BITS: f64 = 2.75;
    let plain = value.bytes().all(|b| b.is_ascii_graphic());
    let fixed = !["{{", "${", "$(", "<", "://", "("].iter().any(|sign| value.contains(sign));
    let is_path = value.starts_with(['/', '.', '~', '$', '%', '&', '*', '!']);
    if value.len() < 8 || !plain || !fixed || is_path || is_public(value) {
        return false;
    }
    // Parts like `signer-db`, `1`, `eu`: a name. `CamelCase` without a digit is the name of a program.
    let is_name = value.split(['-', '_', '.', '/', ':', '@']).all(is_word);
    !is_name && value.bytes().any(|b| b.is_ascii_digit()) && bits(value) >= LEAST_BITS
}

/// Whether a part of a name is one that people give: short, or of one case with digits in one place.
fn is_word(part: &str) -> bool {
    let one_case =
        !(part.contains(|c: char| c.is_ascii_lowercase()) && part.contains(|c: char| c.is_ascii_uppercase()));
    let kinds = part.bytes().map(|b| b.is_ascii_digit()).collect::<Vec<_>>();
    let turns = kinds.windows(2).filter(|pair| pair.first() != pair.last()).count();
    let plain = part.bytes().all(|b| b.is_ascii_alphanumeric());
    part.len() <= 3 || (plain && one_case && turns <= 1)
}

/// Whether a value is an address, a digest or a public key, which names like `token` have on chains.
fn is_public(value: &str) -> bool {
    let hex = value.strip_prefix("0x").filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let bech32 = value.rsplit_once('1').is_some_and(|(prefix, data)| {
        let charset = |b: u8| b"qpzry9x8gf2tvdw0s3jn54khce6mua7l".contains(&b);
        prefix.bytes().all(|b| b.is_ascii_lowercase()) && data.len() >= 38 && data.bytes().all(charset)
    });
    hex.is_some_and(|hex| matches!(hex.len(), 40 | 96))
        || value.starts_with("sha256:")
        || bech32
        || (matches!(value.len(), 32..=44) && bs58::decode(value).into_vec().is_ok_and(|key| key.len() == 32))
}

/// Shannon's entropy of the bytes of a text, in bits a byte.
fn bits(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let total = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX));
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / total;
            -share * share.log2()
        })
        .sum()
}

/// What stands between the scheme and the path of a URL; empty where there is none.
pub fn url_authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or("")
}

/// The host of a URL in lower case, without user, port and path; empty where there is none.
pub fn url_host(url: &str) -> String {
    let host_port = url_authority(url).rsplit('@').next().unwrap_or("");
    let host = match host_port.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(""),
        None => host_port.split(':').next().unwrap_or(""),
    };
    host.to_ascii_lowercase()
}

/// `scheme://user:password@host`. A lone user name is no secret: relays carry their public key there.
pub fn has_password(text: &str) -> bool {
    url_authority(text)
        .rsplit_once('@')
        .and_then(|(user, _)| user.split_once(':'))
        .is_some_and(|(_, password)| !password.is_empty())
}

/// Words before `=` in a query that say that a secret follows.
const KEYS: &[&str] = &[
    "token",
    "access_token",
    "auth_token",
    "api_token",
    "key",
    "apikey",
    "api_key",
    "api-key",
    "secret",
    "password",
    "auth",
    "sig",
    "signature",
];

/// Hosts whose URLs are secrets: (end of the host, begin of the path).
const WHOLE: &[(&str, &str)] = &[
    ("hooks.slack.com", "/services/"),
    ("discord.com", "/api/webhooks/"),
    ("discordapp.com", "/api/webhooks/"),
    ("webhook.office.com", "/webhookb2/"),
    ("api.telegram.org", "/bot"),
    ("infura.io", "/v3/"),
    ("alchemy.com", "/v2/"),
];

/// What is secret about a URL, if anything.
pub fn secret_of_url(url: &str) -> Option<&'static str> {
    let (_, rest) = url.split_once("://")?;
    let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("");
    let whole = WHOLE.iter().any(|(end, begin)| {
        path.strip_prefix(begin).is_some_and(|rest| rest.len() >= 8) && {
            let host = url_host(url);
            host == *end || host.strip_suffix(end).is_some_and(|before| before.ends_with('.'))
        }
    });
    if whole {
        return Some("whoever has this URL can use it");
    }
    let query = rest.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or(""));
    let keyed = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .any(|(key, value)| KEYS.contains(&key.to_ascii_lowercase().as_str()) && value.len() >= 8);
    keyed.then_some("its query holds a secret")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&'static str, &str)> {
        credentials(text).into_iter().map(|c| (c.what, text.get(c.range).unwrap())).collect()
    }

    #[test]
    fn hosts_of_urls() {
        for (url, host) in [
            ("https://0xab@Relay.example:8080/x?y", "relay.example"),
            ("http://[2001:db8::1]:80/", "2001:db8::1"),
            ("s3:https://s3.host/bucket", "s3.host"),
            ("no url", ""),
        ] {
            assert_eq!(url_host(url), host, "{url}");
        }
    }

    /// Joined here, so that no scanner of repositories takes them for real ones.
    fn joined(begin: &str, rest: &str) -> String {
        format!("{begin}{rest}")
    }

    #[test]
    fn a_seed_phrase_is_found_wherever_it_stands() {
        // The shortest that there can be, so that no place is left for what looks only at parts of a text.
        let seed = "act add age aim air all any arm art ask bar box";
        for before in 0..2 * seed.len() {
            for after in ["", "\n", ".", " #"] {
                let text = format!("{}\n{seed}{after}", "#".repeat(before));
                assert_eq!(found(&text), [("a seed phrase", seed)], "{text}");
            }
        }
        assert_eq!(found(&seed.replace(' ', "\u{a0}")), [("a seed phrase", &*seed.replace(' ', "\u{a0}"))]);
    }

    #[test]
    fn a_list_of_numbers_is_found_wherever_it_stands() {
        let key = format!("[{}]", ["7"; 64].join(","));
        for before in 0..key.len() {
            let text = format!("{}{key}\n", "#".repeat(before));
            assert_eq!(found(&text), [("a private key of Solana", &*key)], "{text}");
        }
    }

    #[test]
    fn the_digits_of_a_private_key_are_found_behind_every_sign() {
        for hex in ["0123456789abcdef".repeat(4), "0123456789ABCDEF".repeat(4)] {
            for sign in [":", "=", " : ", "\t=\u{b}", "\n:\r\n"] {
                for quote in ["", "\"", "'"] {
                    for prefix in ["", "0x", "0X"] {
                        let text = format!("nodekeyhex{quote}{sign}{quote}{prefix}{hex}{quote}");
                        assert_eq!(found(&text), [("a private key", &*format!("{prefix}{hex}"))], "{text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_form_is_found_and_its_place_is_exact() {
        let hex = "0123456789abcdef".repeat(4);
        let letters = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3hJ6kL9nP2rS5uV8xY1";
        let numbers: Vec<String> = (0..64).map(|n| (n * 3 % 256).to_string()).collect();
        let cases = [
            ("a private key", joined("-----BEGIN OPENSSH ", "PRIVATE KEY-----")),
            ("a private key of age", joined("AGE-SECRET-", &format!("KEY-1{}", "Q".repeat(58)))),
            ("an extended private key", joined("xprv", &"9s21ZrQH14".repeat(11).replace('0', "1"))),
            ("a private key of Solana", format!("[{}]", numbers.join(","))),
            ("an access key of AWS", joined("AKIA", "IOSFODNN7EXAMPLE")),
            ("a token of GitHub", joined("ghp_", letters.get(..36).unwrap())),
            ("a token of GitLab", joined("glpat-", letters.get(..20).unwrap())),
            ("a token of Slack", joined("xoxb-", "123456789012-abcdefABCDEF")),
            ("a key of Google", joined("AIza", letters.get(..35).unwrap())),
            ("a key of Stripe", joined("sk_live_", letters.get(..24).unwrap())),
            ("a token of npm", joined("npm_", letters.get(..36).unwrap())),
            ("a token of Docker", joined("dckr_pat_", letters.get(..27).unwrap())),
            ("a token of DigitalOcean", joined("dop_v1_", &hex)),
            ("a token of Grafana", joined("glsa_", &format!("{}_0123abcd", letters.get(..32).unwrap()))),
            ("a token of Vault", joined("hvs.", letters.get(..24).unwrap())),
            ("a token of a Telegram bot", joined("123456789:AA", letters.get(..33).unwrap())),
            ("a signed token", format!("eyJ{0}.eyJ{0}.{0}", letters.get(..30).unwrap())),
            ("a URL with a password", joined("postgres://app:", "hunter2@db/app")),
            ("a URL with a secret", joined("https://hooks.slack.com/", "services/T0/B0/abcdefghijkl")),
            (
                "a seed phrase",
                "legal winner thank year wave sausage worth useful legal winner thank yellow".into(),
            ),
        ];
        for (what, secret) in &cases {
            for text in [format!("x: {secret}\n"), format!("  - \"{secret}\"\n"), format!("é {secret}")] {
                assert_eq!(found(&text), [(*what, secret.as_str())], "{text}");
            }
            for around in
                ["", "word", "- [1, 2", "1, 2]", "secret", "token:", "-----BEGIN", "BEGIN PRIVATE KEY"]
            {
                let text = format!("{around}\n{secret}\n{around}\n");
                assert!(holds_secrets(&text), "{text}");
            }
        }
        // Every form has a case.
        for (what, _) in FORMS {
            assert!(cases.iter().any(|(case, _)| case == what), "{what}");
        }
        assert_eq!(found(&format!("PRIVATE_KEY=0x{hex}")), [("a private key", format!("0x{hex}").as_str())]);
        assert_eq!(found("API_TOKEN=aiNg8phaiw8u"), [("the value of a secret", "aiNg8phaiw8u")]);
        assert_eq!(found("- --db-password=Eequ7aeP\n"), [("the value of a secret", "Eequ7aeP")]);
    }

    #[test]
    fn what_is_public_passes() {
        let hex = "0123456789abcdef".repeat(4);
        for text in [
            format!("image: x@sha256:{hex}"),
            format!("genesis-hash: 0x{hex}"),
            format!("public-key: 0x{hex}{}", "ab".repeat(16)),
            format!("{hex}  compose/a/compose.yaml"),
            format!("enode://{hex}{hex}@203.0.113.1:30303"),
            format!("https://0x{hex}@relay.example.net"),
            "id: 16Uiu2HAmPZ9C8q4BZc2mZ7c4zQ4Yq6h1mW4Qk3xYd1s6e7Wb9x2R".to_owned(),
            "vote-account: 7Np41oeYqPefeNQEHSv1UDhYrehxin3NStELsSKCT4K2".to_owned(),
            "key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1hH3b9m4m0d1o5k8n2p4r6t8v0x2z4B6D8F0H2J4L6 x"
                .to_owned(),
            "jwt-secret: /run/secrets/jwt\nPASSWORD_FILE=/run/secrets/db-1".to_owned(),
            "password: { secret: signer-db-password-2 }\nsecret: val-eu-1-key".to_owned(),
            "DB=postgres://app:${DB_PASSWORD}@db/app\ntoken: '{{ vault_token_1 }}'".to_owned(),
            "password: changeme-please\nsecret-key-base: production".to_owned(),
            "secret: db-password-2024q1\nsecret-name: signer7-key-v12".to_owned(),
            "token: 0xdAC17F958D2ee523a2206206994597C13D831ec7".to_owned(),
            "token-mint: EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGkZwyTDt1v".to_owned(),
            "token-owner: cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0eh".to_owned(),
            "When this alert fires, check that the beacon node is in sync and that peers are there."
                .to_owned(),
        ] {
            assert_eq!(found(&text), [], "{text}");
        }
    }

    #[test]
    fn a_masked_text_has_the_same_lines_and_no_secret() {
        let text = "a: 1\npassword: hunter2 # note\nurl: https://u:hunter2@h/\nb: é\n";
        let masked = mask_secrets(text);
        assert!(!masked.contains("hunter2"), "{masked}");
        assert_eq!(masked.lines().count(), 4);
        assert!(masked.starts_with("a: 1\npassword: ***") && masked.ends_with("b: é\n"), "{masked}");
    }
}
