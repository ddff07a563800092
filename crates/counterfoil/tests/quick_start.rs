//! The quick start of the crate's documentation, run as it stands there.

#![expect(clippy::disallowed_methods, reason = "the example is for readers who have no fs_err")]
#![expect(clippy::default_trait_access, reason = "the example is short")]

mod strokes;

#[test]
fn the_quick_start_makes_its_picture() {
    let folder = tempfile::tempdir().unwrap();
    strokes::quick_start(folder.path()).unwrap();
    // Three columns (factual, counterfactual, truth) and four rows of 28 x 28 pixels, 2 apart and drawn twice as large.
    let bytes = fs_err::read(folder.path().join("thicker.png")).unwrap();
    let side = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!((side(16), side(20)), ((3 * 30 + 2) * 2, (4 * 30 + 2) * 2));
}
