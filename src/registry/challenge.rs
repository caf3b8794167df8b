//! `WWW-Authenticate`: what a server wants to see before it answers (RFC 9110, section 11).

/// One way to log in that a server offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// Name and password with every request.
    Basic,
    /// A token that another server hands out.
    Bearer {
        /// The URL of that server.
        realm: String,
        /// What the token is for.
        service: Option<String>,
        /// What it allows.
        scope: Option<String>,
    },
}

/// The challenges of a header; unknown schemes are left out.
pub(super) fn parse(header: &str) -> Vec<Challenge> {
    let mut found: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for item in split(header) {
        // `Scheme key=value`, `key=value` of the scheme before, or a scheme alone.
        let (scheme, parameter) = match item.split_once([' ', '\t']) {
            Some((scheme, parameter)) if !scheme.contains('=') => (Some(scheme), parameter),
            _ if !item.contains('=') => (Some(item), ""),
            _ => (None, item),
        };
        if let Some(scheme) = scheme {
            found.push((scheme.to_ascii_lowercase(), Vec::new()));
        }
        if let (Some((_, parameters)), Some((key, value))) = (found.last_mut(), parameter.split_once('=')) {
            parameters.push((key.trim().to_ascii_lowercase(), unquote(value.trim())));
        }
    }
    found.into_iter().filter_map(|(scheme, parameters)| challenge(&scheme, &parameters)).collect()
}

fn challenge(scheme: &str, parameters: &[(String, String)]) -> Option<Challenge> {
    let get = |name: &str| {
        parameters
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.clone())
    };
    match scheme {
        "basic" => Some(Challenge::Basic),
        "bearer" => {
            Some(Challenge::Bearer { realm: get("realm")?, service: get("service"), scope: get("scope") })
        }
        _ => None,
    }
}

/// Parts between commas; a comma in quotes separates nothing.
fn split(header: &str) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    header
        .split(|c: char| {
            let separates = c == ',' && !quoted;
            if c == '"' && !escaped {
                quoted = !quoted;
            }
            escaped = quoted && c == '\\' && !escaped;
            separates
        })
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .collect()
}

fn unquote(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut escaped = false;
    inner.chars().fold(String::new(), |mut out, c| {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            escaped = false;
            out.push(c);
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bearer() {
        let header = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;
        assert_eq!(
            parse(header),
            [Challenge::Bearer {
                realm: "https://auth.docker.io/token".to_owned(),
                service: Some("registry.docker.io".to_owned()),
                scope: Some("repository:a/b:pull,push".to_owned()),
            }]
        );
    }

    #[test]
    fn several_in_one_header() {
        let found = parse(r#"Negotiate, Basic realm="a, \"b\"" , bearer REALM=https://x , Digest q=1"#);
        assert_eq!(
            found,
            [
                Challenge::Basic,
                Challenge::Bearer { realm: "https://x".to_owned(), service: None, scope: None }
            ]
        );
    }

    #[test]
    fn nonsense_is_no_challenge() {
        for text in ["", ",,,", "=", "Bearer", "Bearer realm=\"\"", "Bearer scope=\"x", "\"", "Basic\u{0}="] {
            assert!(
                parse(text).iter().all(|challenge| matches!(challenge, Challenge::Basic)),
                "{text:?}: {:?}",
                parse(text)
            );
        }
    }
}
