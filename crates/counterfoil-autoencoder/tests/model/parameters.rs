//! Parameter counts: the published networks, and the sizes of the side-by-side benchmark with PyTorch.

use counterfoil_autoencoder::{Architecture, Code, Mechanism, Model, ModelConfig, Size};
use counterfoil_graph::Dag;

fn thickness_intensity() -> Dag {
    Dag::from_dot("digraph { thickness [low=1, high=6]; intensity [low=64, high=255]; thickness -> intensity }")
        .unwrap()
}

fn pendulum() -> Dag {
    Dag::from_dot(
        "digraph { angle [low=-40, high=43]; light [low=60, high=147]; length [low=3, high=12];
         position [low=2, high=19];
         angle -> length; angle -> position; light -> length; light -> position }",
    )
    .unwrap()
}

fn circuit() -> Dag {
    Dag::from_dot(
        "digraph { arm [low=0, high=1]; blue [low=0, high=1]; green [low=0, high=1]; red [low=0, high=1];
         arm -> blue; arm -> green; arm -> red; blue -> red; green -> red }",
    )
    .unwrap()
}

fn model(size: Size, dag: &Dag, image: [usize; 3], mechanism: Mechanism, classes: usize) -> Model {
    let config = ModelConfig {
        size,
        mechanism,
        code: Code::Exogenous,
        reader: Vec::new(),
        residual_code: false,
        class_conditional: classes > 0,
        mechanism_depth: 1,
        ..ModelConfig::default()
    };
    Model::new(&Architecture::check(&config, dag, image, classes).unwrap())
}

/// Exact: the totals of the published code (its literals, with the encoder that each image size needs).
#[test]
fn published_networks_have_their_published_sizes() {
    let published = |size, dag: &Dag, image, classes| {
        model(size, dag, image, Mechanism::Published, classes).layout().count()
    };
    let mnist = thickness_intensity();
    assert_eq!(published(Size::Morphomnist, &mnist, [1, 28, 28], 0), 36_548_705);
    assert_eq!(published(Size::Morphomnist, &mnist, [1, 28, 28], 10), 36_548_705 + 5_120);
    assert_eq!(published(Size::PublishedPendulum, &pendulum(), [4, 96, 96], 0), 109_808_244);
    assert_eq!(published(Size::PublishedCircuit, &circuit(), [3, 128, 128], 0), 160_249_251);
}

const SMALL: (usize, [usize; 3]) = (1_371_233, [1_199_553, 163_296, 8_384]);
const DIGITS: (usize, [usize; 3]) = (7_466_721, [7_295_041, 163_296, 8_384]);
const MORPHOMNIST: (usize, [usize; 3]) = (36_548_705, [35_399_937, 622_944, 525_824]);
const PENDULUM: (usize, [usize; 3]) = (4_067_779, [3_847_267, 209_952, 10_560]);

/// Exact: what `benches/torch/step.py parameters` prints for its networks (total, unet, encoder, mechanisms).
#[test]
fn benchmark_networks_equal_those_of_pytorch() {
    let mnist = thickness_intensity();
    let cases = [
        (Size::Small, &mnist, [1, 28, 28], SMALL),
        (Size::Digits, &mnist, [1, 28, 28], DIGITS),
        (Size::Morphomnist, &mnist, [1, 28, 28], MORPHOMNIST),
        (Size::Pendulum, &pendulum(), [3, 96, 96], PENDULUM),
    ];
    for (size, dag, image, expected) in cases {
        let model = model(size, dag, image, Mechanism::Additive, 0);
        let layout = model.layout();
        let parts = ["unet.", "encoder.", "mechanisms."].map(|part| layout.count_under(part));
        assert_eq!((layout.count(), parts), expected, "{size:?}");
    }
}

/// Exact: a block without places is refused by name, whether its variable has labels or not.
#[test]
fn a_block_needs_a_place() {
    let dag = Dag::from_dot("digraph { cause [low=0, high=1, width=4]; style [role=unlabelled] }");
    let dag = dag.unwrap();
    let config = |width| ModelConfig { block_width: Some(width), ..ModelConfig::default() };
    let check = |width| Architecture::check(&config(width), &dag, [1, 8, 8], 0);
    let said = check(0).unwrap_err().to_string();
    assert!(said.contains("model.block_width") && said.contains("`style`"), "{said}");
    assert!(said.contains("of at least 1") && said.contains("it has 0"), "{said}");
    let blocks = check(1).unwrap();
    assert_eq!(blocks.blocks().width(), 5);
}

/// Exact: an angle needs a place for its cosine and one for its sine, a category one for each that it might be.
#[test]
fn a_block_holds_all_parts_of_its_label() {
    for (label, least) in [
        ("kind=circular, period=360", 2),
        ("kind=categorical, categories=4", 4),
        ("low=0, high=1", 1),
    ] {
        let check = |width: usize| {
            let dag = Dag::from_dot(&format!("digraph {{ cause [{label}, width={width}] }}"));
            Architecture::check(&ModelConfig::default(), &dag.unwrap(), [1, 8, 8], 0)
        };
        assert_eq!(check(least).unwrap().blocks().width(), least as i64);
        if least > 1 {
            let said = check(least - 1).unwrap_err().to_string();
            let expected = format!("`cause` needs a latent block of at least {least}");
            assert!(said.contains(&expected), "{said}");
            assert!(said.contains(&format!("it has {}", least - 1)), "{said}");
        }
    }
}
