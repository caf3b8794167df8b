//! "Did you mean".

/// The known word that is nearest to a misspelt one, if any is near enough.
///
/// Near: at most a third of three or more letters differ (transpositions count once), or one of the two
/// words begins with the other and at least three letters are shared. Ties go to the first.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase().replace('_', "-");
    let letters = lower.chars().count();
    // Of two letters, one other makes another word.
    let limit = if letters < 3 { 0 } else { (letters / 3).max(1) };
    let mut best: Option<(usize, &str)> = None;
    let own = letters_of(&lower);
    for candidate in known {
        // Among a hundred thousand names most are ruled out by their letters alone.
        let begins = lower.len() >= 3 && (candidate.starts_with(&lower) || lower.starts_with(candidate));
        let others = usize::try_from((own ^ letters_of(candidate)).count_ones()).unwrap_or(0);
        let ascii = lower.is_ascii() && candidate.is_ascii();
        if !begins && ((ascii && others > 2 * limit) || candidate.len().abs_diff(lower.len()) > 4 * limit) {
            continue;
        }
        let mut distance = strsim::osa_distance(&lower, &candidate.to_lowercase());
        if begins && candidate.len() >= 3 {
            distance = distance.min(limit);
        }
        if distance <= limit && best.is_none_or(|(nearest, _)| distance < nearest) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Which letters a word has, as bits; upper case counts as lower case. One edit changes at most two.
fn letters_of(word: &str) -> u64 {
    word.bytes().fold(0, |bits, byte| bits | 1 << (byte.to_ascii_lowercase() % 64))
}

/// Names in backticks, comma separated; after `most` of them the rest is counted.
pub fn list_names<'a>(names: impl IntoIterator<Item = &'a str>, most: usize) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let shown: Vec<String> = names.iter().take(most).map(|name| format!("`{name}`")).collect();
    let mut text = shown.join(", ");
    if names.len() > most {
        text.push_str(&format!(" and {} more", names.len() - most));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_near_word_and_nothing_far() {
        let known = ["monitoring", "services", "regions"];
        assert_eq!(did_you_mean("monitering", known), Some("monitoring"));
        assert_eq!(did_you_mean("servcies", known), Some("services"));
        assert_eq!(did_you_mean("region", known), Some("regions"));
        assert_eq!(did_you_mean("banana", known), None);
        assert_eq!(did_you_mean("d", ["a", "b"]), None);
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(list_names(["a", "b", "c"], 2), "`a`, `b` and 1 more");
    }
}
