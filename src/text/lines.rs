//! Byte offset to line and column, for rendering only.

/// A position for people: both numbers start at 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// The start offset of each line of a text.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Finds the lines of a text; `\n` ends a line, a `\r` before it belongs to that end.
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(
            text.bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n')
                .filter_map(|(at, _)| u32::try_from(at + 1).ok()),
        );
        Self { starts }
    }

    /// The position of a byte offset in the text that the index was made from.
    pub fn position(&self, text: &str, offset: u32) -> LineColumn {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0) as usize;
        let end = (offset as usize).min(text.len());
        let column = text.get(start..end).map_or(end.saturating_sub(start), |before| before.chars().count());
        LineColumn { line, column: column + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_offsets_count_bytes() {
        let text = "# é☃\nname: x\r\nlast";
        let lines = LineIndex::new(text);
        let at = |needle: &str| {
            let offset = u32::try_from(text.find(needle).unwrap()).unwrap();
            let p = lines.position(text, offset);
            (p.line, p.column)
        };
        assert_eq!(at("☃"), (1, 4));
        assert_eq!(at("name"), (2, 1));
        assert_eq!(at("last"), (3, 1));
        assert_eq!(lines.position(text, 9999).line, 3);
    }
}
