//! The programs in `examples/` that show how to bring data of one's own run and find what they promise.

use counterfoil_data::png;

#[expect(dead_code, reason = "the test calls what `main` calls")]
#[path = "../examples/own_pictures.rs"]
mod own_pictures;
#[expect(dead_code, reason = "the test calls what `main` calls")]
#[path = "../examples/own_world.rs"]
mod own_world;

/// Float, 1e-12: the flame keeps its noise, so it falls by 0.2 cm for each centimetre of wax.
#[test]
fn a_world_of_ones_own_has_exact_counterfactuals() {
    let folder = tempfile::tempdir().unwrap();
    let [fact, would] = own_world::show(folder.path()).unwrap();
    assert_eq!(would[0], 5.0);
    assert!((would[1] - fact[1] - 0.2 * (5.0 - fact[0])).abs() < 1e-12, "{fact:?} {would:?}");
    // Nine columns and four rows of 48 x 48 pixels, 2 apart and drawn twice as large.
    let sheet = png::read(&folder.path().join("candles.png")).unwrap();
    assert_eq!((sheet.width(), sheet.height()), ((9 * 50 + 2) * 2, (4 * 50 + 2) * 2));
    assert!(sheet.pixels().contains(&255), "no flame is drawn");
}

#[test]
fn a_folder_of_ones_own_is_read_and_a_slip_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (count, voltage, error) = own_pictures::load(folder.path()).unwrap();
    assert_eq!(count, 64);
    assert!((3.0..=12.0).contains(&voltage));
    assert!(error.contains("labels.csv: line 2: -1 is no value of `voltage`"), "{error}");
}
