//! The program in `examples/` runs and finds what it promises.

#[expect(dead_code, reason = "the test calls what `main` prints")]
#[path = "../../examples/ask_a_graph.rs"]
mod ask_a_graph;

/// Float: sums of eight products of numbers below 1, so 1e-12 is generous. The naive answer is another: 0.6, not 0.48.
#[test]
fn the_formula_gives_the_effect_of_the_model() {
    let [formula, model, seen] = ask_a_graph::ask().unwrap();
    assert!((formula - model).abs() < 1e-12, "{formula} {model}");
    assert!((model - 0.48).abs() < 1e-12 && (seen - 0.6).abs() < 1e-12, "{model} {seen}");
}
