//! A column of texts in one piece of memory: a million identifiers without a million allocations.

/// Texts one behind the other; a row may have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    bytes: String,
    /// Where each row's text ends; the top bit says that the row has none.
    ends: Vec<u64>,
}

/// Set in the end of a row without a text.
const NONE: u64 = 1 << 63;

impl Texts {
    /// No row yet, and room for `rows` of them.
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        Self {
            bytes: String::new(),
            ends: Vec::with_capacity(rows),
        }
    }

    /// Rows held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text of a row, if it has one.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        let end = self.ends[row];
        let start = row.checked_sub(1).map_or(0, |before| self.end(before));
        (end & NONE == 0).then(|| &self.bytes[start..end as usize])
    }

    /// Every row's text, in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&str>> + Clone {
        (0..self.len()).map(|row| self.get(row))
    }

    /// Appends a row.
    pub fn push(&mut self, text: Option<&str>) {
        self.bytes.push_str(text.unwrap_or_default());
        let none = if text.is_none() { NONE } else { 0 };
        self.ends.push(self.bytes.len() as u64 | none);
    }

    /// Takes the last row back.
    pub fn pop(&mut self) {
        self.ends.pop();
        self.bytes.truncate(
            self.ends
                .len()
                .checked_sub(1)
                .map_or(0, |last| self.end(last)),
        );
    }

    /// These rows, in this order.
    #[must_use]
    pub fn select(&self, rows: impl ExactSizeIterator<Item = usize>) -> Self {
        let mut selected = Self::with_capacity(rows.len());
        rows.for_each(|row| selected.push(self.get(row)));
        selected
    }

    fn end(&self, row: usize) -> usize {
        (self.ends[row] & !NONE) as usize
    }
}

impl<T: AsRef<str>> FromIterator<Option<T>> for Texts {
    fn from_iter<I: IntoIterator<Item = Option<T>>>(texts: I) -> Self {
        let texts = texts.into_iter();
        let mut column = Self::with_capacity(texts.size_hint().0);
        texts.for_each(|text| column.push(text.as_ref().map(AsRef::as_ref)));
        column
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were_pushed_and_leave_as_they_came() {
        let given = [Some("L1"), None, Some(""), Some("é😀"), None];
        let mut texts: Texts = given.into_iter().collect();
        assert_eq!(texts.iter().collect::<Vec<_>>(), given);
        assert_eq!(
            texts.select([3, 1].into_iter()).iter().collect::<Vec<_>>(),
            [Some("é😀"), None]
        );
        for left in (0..given.len()).rev() {
            texts.pop();
            assert_eq!(texts.iter().collect::<Vec<_>>(), given[..left]);
        }
        texts.push(Some("L2"));
        assert_eq!(texts.get(0), Some("L2"));
    }
}
