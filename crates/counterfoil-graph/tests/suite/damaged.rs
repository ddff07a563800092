//! Texts with faults in them, for the tests of readers; the crates above take this file in by its path.

use proptest::prelude::*;

/// A text some of whose characters are replaced by ones that match `characters`, taken out or doubled.
pub(crate) fn damaged(
    text: &'static str,
    characters: &'static str,
) -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0..3, characters);
    prop::collection::vec(edit, 1..6).prop_map(|edits| {
        let mut text: Vec<char> = text.chars().collect();
        for (place, kind, with) in edits {
            let place = place.index(text.len());
            match kind {
                0 => text[place] = with.chars().next().unwrap_or(' '),
                1 if text.len() > 1 => drop(text.remove(place)),
                _ => text.insert(place, text[place]),
            }
        }
        text.into_iter().collect()
    })
}
