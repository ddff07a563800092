//! What a person reads after a mistake in building or using a model, word for word.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use counterfoil_graph::Dag;
use counterfoil_scm::{
    Additive, Intervention, LinearGaussian, Logistic, Mechanism, Noise, Root, Scm, ScmError,
    morphomnist,
};

fn root() -> Box<dyn Mechanism> {
    Box::new(Root::new(0.0, 1.0, Noise::Normal).unwrap())
}

fn chain() -> Dag {
    Dag::from_dot("digraph { cause; effect; cause -> effect }").unwrap()
}

#[track_caller]
fn check<T>(result: Result<T, ScmError>, expected: &str) {
    assert_eq!(result.err().expect("must be refused").to_string(), expected);
}

#[test]
fn models_are_checked() {
    check(
        Scm::new(chain(), vec![root()]),
        "the graph has 2 variables and there are 1 mechanisms: give one for each variable, in the graph's order",
    );
    check(
        Scm::new(chain(), vec![root(), root()]),
        "the mechanism of `effect` reads 0 parents, the graph gives it 1: change one of the two",
    );
    let two_weights = LinearGaussian::new(0.0, vec![1.0, 2.0], 1.0).unwrap();
    check(
        Scm::new(chain(), vec![root(), Box::new(two_weights)]),
        "the mechanism of `effect` reads 2 parents, the graph gives it 1: change one of the two",
    );
    let with_style = Dag::from_dot("digraph { a; style [role=unlabelled] }").unwrap();
    check(
        Scm::new(with_style, vec![root(), root()]),
        "`style` is unlabelled and has no mechanism: build the model on the graph's labelled part",
    );
}

#[test]
fn parameters_are_checked() {
    check(
        LinearGaussian::new(0.0, vec![], 0.0),
        "the standard deviation of a linear mechanism is 0: give a positive finite number",
    );
    check(
        LinearGaussian::new(0.0, vec![f64::NAN], 1.0),
        "a weight of a linear mechanism is NaN: give a finite number",
    );
    check(
        Root::new(0.0, 1.0, Noise::Gamma { shape: 10.0, rate: -5.0 }),
        "the rate of the Gamma noise is -5: give a positive finite number",
    );
    check(
        Additive::new(|_: &[f64]| 0.0, f64::INFINITY, Noise::Normal),
        "the scale of additive noise is inf: give a positive finite number",
    );
    check(
        Logistic::new(1.0, 1.0, |_: &[f64]| 0.0, 1.0),
        "the upper bound of a logistic mechanism is 1: give a finite number above the lower bound",
    );
}

#[test]
fn interventions_and_values_are_checked() {
    let scm = morphomnist::model();
    let set =
        |name, value| Intervention::none().set(scm.dag(), name, value).map_err(ScmError::from);
    check(
        set("intensty", 100.0),
        "there is no variable `intensty` in the graph: did you mean `intensity`?",
    );
    check(set("thickness", -1.0), "-1 is no value of `thickness`: give a finite number above 0 px");
    let wide = Dag::from_dot("digraph { a; b; c }").unwrap();
    let foreign = Intervention::none().set(&wide, "c", 1.0).unwrap();
    check(
        scm.counterfactual(&[2.5, 150.0], &foreign),
        "the intervention sets variable number 2, the model has 2, counted from 0: make the intervention for this model's graph",
    );
    let error = scm.abduct(&[2.5, 255.0]).unwrap_err();
    assert_eq!(error.cause(), &ScmError::OutsideSupport { value: 255.0, low: 64.0, high: 255.0 });
}
