//! Things of a table in the order of the file, found by name.

use std::collections::HashMap;
use std::ops::Deref;

use super::source::Spanned;

/// Things with their names, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T> {
    items: Vec<(Spanned<String>, T)>,
    numbers: HashMap<String, usize>,
}

impl<T> Listed<T> {
    /// The number of a name in the order of the file.
    pub fn number(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    /// A thing with its name.
    pub fn entry(&self, name: &str) -> Option<&(Spanned<String>, T)> {
        self.number(name).map(|k| &self.items[k])
    }

    /// A thing by name.
    pub fn named(&self, name: &str) -> Option<&T> {
        self.entry(name).map(|(_, thing)| thing)
    }
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Listed { items: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T> FromIterator<(Spanned<String>, T)> for Listed<T> {
    fn from_iter<I: IntoIterator<Item = (Spanned<String>, T)>>(items: I) -> Self {
        let items: Vec<_> = items.into_iter().collect();
        let mut numbers = HashMap::with_capacity(items.len());
        for (k, (name, _)) in items.iter().enumerate() {
            numbers.entry(name.value.clone()).or_insert(k);
        }
        Listed { items, numbers }
    }
}

impl<T> Deref for Listed<T> {
    type Target = [(Spanned<String>, T)];

    fn deref(&self) -> &Self::Target {
        &self.items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Minutes, if a name were compared with all others.
    #[test]
    fn names_are_found_without_looking_at_all() {
        let names = || (0..200_000).map(|k| format!("A{k}"));
        let listed: Listed<usize> =
            names().enumerate().map(|(k, name)| (Spanned::new(name, 0..0), 2 * k)).collect();
        for (k, name) in names().enumerate() {
            assert_eq!((listed.number(&name), listed.named(&name)), (Some(k), Some(&(2 * k))));
        }
        assert_eq!(listed.number("B"), None);
    }
}
