//! What was unpacked lately: a store that forgets what nobody asked for since it was full last.

use std::collections::HashMap;
use std::hash::Hash;

use rapidhash::fast::RandomState;

/// Bytes by a key, in two generations: when the younger is full, the older is forgotten.
pub(super) struct Recent<K, T> {
    young: Generation<K, T>,
    old: Generation<K, T>,
    most: usize,
}

/// Bytes one after the other: a long walk keeps hundreds of thousands of small objects, and none
/// is allocated for itself.
struct Generation<K, T> {
    places: HashMap<K, Place<T>, RandomState>,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Place<T> {
    of: T,
    start: usize,
    end: usize,
}

impl<K: Hash + Eq, T: Copy> Recent<K, T> {
    /// One of about so many bytes a generation.
    pub(super) fn new(most: usize) -> Self {
        Self { young: Generation::new(), old: Generation::new(), most }
    }

    /// What is kept for a key.
    pub(super) fn get(&mut self, key: K) -> Option<(T, &[u8])> {
        if let Some(place) = self.young.places.get(&key).copied() {
            return Some((place.of, self.young.bytes.get(place.start..place.end)?));
        }
        let place = self.old.places.get(&key).copied()?;
        let bytes = self.old.bytes.get(place.start..place.end)?;
        self.young.put(key, place.of, bytes)
    }

    /// Keeps bytes for a key.
    pub(super) fn put(&mut self, key: K, of: T, bytes: &[u8]) {
        if self.young.bytes.len() + bytes.len() > self.most {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.places.clear();
            self.young.bytes.clear();
        }
        self.young.put(key, of, bytes);
    }
}

impl<K: Hash + Eq, T: Copy> Generation<K, T> {
    fn new() -> Self {
        Self { places: HashMap::default(), bytes: Vec::new() }
    }

    fn put(&mut self, key: K, of: T, bytes: &[u8]) -> Option<(T, &[u8])> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        let end = self.bytes.len();
        self.places.insert(key, Place { of, start, end });
        Some((of, self.bytes.get(start..end)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays() {
        let mut recent = Recent::new(100);
        for key in 0..100u8 {
            recent.put(key, 'x', &[key; 10]);
            assert_eq!(recent.get(0), Some(('x', [0; 10].as_slice())), "{key}");
        }
        assert_eq!(recent.get(1), None);
        assert_eq!(recent.get(99), Some(('x', [99; 10].as_slice())));
    }
}
