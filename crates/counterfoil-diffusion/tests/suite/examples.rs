//! The program in `examples/` runs and finds what it says.

#[expect(dead_code, reason = "the test calls what `main` prints")]
#[path = "../../examples/compare_samplers.rs"]
mod compare_samplers;

/// Float: the orders are far apart at these numbers of steps. From 41 to 81 calls second order falls by
/// about 4 and first order by less; leapfrog comes back to rounding, the others do not.
#[test]
fn samplers_have_their_orders_and_leapfrog_comes_back() {
    let mut study = compare_samplers::Study::new().unwrap();
    let rows = study.draw().unwrap();
    let falls: Vec<f64> = (0..3).map(|k| rows[2][k] / rows[3][k]).collect();
    assert!(falls[0] > 1.5 && falls[0] < 3.2, "{falls:?}");
    assert!(falls[1] > 3.5 && falls[2] > 3.5, "{falls:?}");
    assert!(rows[3][1] < 0.2 * rows[3][0] && rows[3][2] < 0.2 * rows[3][0], "{rows:?}");
    let trips = study.invert().unwrap();
    assert!(trips[2][0] < 0.5 * trips[0][0], "{trips:?}");
    assert!(trips[3][1] < 1e-12 && trips[..3].iter().all(|[_, back]| *back > 1e-6), "{trips:?}");
}
