//! Texts and quantities as the API of Kubernetes reads them. The YAML around them is that of [`super::yaml`].

use super::Error;

/// Bytes, in the largest unit that loses nothing: `2Gi`, `1536Mi`, `1000`.
pub fn bytes(count: u64) -> String {
    let units = [(1_u64 << 40, "Ti"), (1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")];
    match units.iter().find(|(factor, _)| count != 0 && count.is_multiple_of(*factor)) {
        Some((factor, unit)) => format!("{}{unit}", count / factor),
        None => count.to_string(),
    }
}

/// Thousandths of a processor: `2`, `500m`.
pub fn processors(thousandths: u32) -> String {
    if thousandths.is_multiple_of(1000) {
        (thousandths / 1000).to_string()
    } else {
        format!("{thousandths}m")
    }
}

/// A word of a command, an argument or the value of a variable: the kubelet takes `$(NAME)` for a variable and
/// `$$` for `$`.
pub fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

/// The value of a label, from any text: what it cannot hold becomes `-`.
pub fn label(text: &str) -> String {
    let kept: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    let short: String = kept.trim_matches(['-', '_', '.']).chars().take(LONGEST_LABEL).collect();
    short.trim_end_matches(['-', '_', '.']).to_owned()
}

/// The key of a file in a config map.
pub fn key(name: &str) -> Result<&str, Error> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.len() > 253 || !name.chars().all(fits) || name.starts_with("..") || name == "."
    {
        return Err(Error::new("key of a config map", "letters, digits, `-`, `_` and `.` only", name));
    }
    Ok(name)
}

const LONGEST_LABEL: usize = 63;

#[cfg(test)]
mod tests {
    use super::super::hostile;
    use super::*;

    /// What the kubelet makes of a word when none of the variables is known.
    fn expanded(text: &str) -> String {
        let mut out = String::new();
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            if c == '$' && rest.peek() == Some(&'$') {
                rest.next();
            }
            out.push(c);
        }
        out
    }

    #[test]
    fn the_kubelet_reads_what_was_meant() {
        for text in ["$(HOME)", "$$(HOME)", "$", "$$", "a$b", "100%", ""].iter().chain(hostile::CORPUS) {
            let written = literal(text);
            assert!(!written.replace("$$", "").contains('$'), "{written}");
            assert_eq!(expanded(&written), *text);
        }
    }

    #[test]
    fn quantities_lose_nothing() {
        assert_eq!(bytes(2 << 30), "2Gi");
        assert_eq!(bytes(1536 << 20), "1536Mi");
        assert_eq!(bytes(1000), "1000");
        assert_eq!(bytes(0), "0");
        assert_eq!(processors(2000), "2");
        assert_eq!(processors(2500), "2500m");
    }

    #[test]
    fn labels_are_valid() {
        assert_eq!(label("full node"), "full-node");
        assert_eq!(label("-a-"), "a");
        assert_eq!(label(&"x".repeat(70)).len(), 63);
        assert_eq!(label("ß"), "");
    }

    #[test]
    fn keys_are_names_of_files() {
        assert_eq!(key("haproxy.cfg"), Ok("haproxy.cfg"));
        for bad in ["", ".", "..", "..x", "a b", "a/b", "ü"] {
            assert!(key(bad).is_err(), "{bad}");
        }
    }
}
