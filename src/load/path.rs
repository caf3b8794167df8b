//! Paths as text: `/` between parts, relative to the working folder unless absolute.

/// The folder of a file; empty for a file in the working folder.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| if folder.is_empty() { "/" } else { folder })
}

/// A name in a folder.
pub fn join(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        "/" => format!("/{name}"),
        _ => format!("{folder}/{name}"),
    }
}

/// A relative path without `.` and `..`; `None` where it climbs out of the folder where it begins.
pub(super) fn inside(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        assert_eq!(inside("a/../b/./c.yaml").as_deref(), Some("b/c.yaml"));
        assert_eq!(inside("a/../../b.yaml"), None);
        assert_eq!(inside("..").as_deref(), None);
        assert_eq!(inside("./x").as_deref(), Some("x"));
    }

    #[test]
    fn folders_of_files() {
        assert_eq!(folder_of("a/b.yaml"), "a");
        assert_eq!(folder_of("/b.yaml"), "/");
        assert_eq!(folder_of("b.yaml"), "");
        assert_eq!(join(folder_of("/b.yaml"), "x"), "/x");
    }
}
