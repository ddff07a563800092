//! Plans of samplers, runs beside the exact flow, and recorded runs repeated.

use serde_json::{Value, json};

use crate::bench::Bench;

#[test]
fn a_plan_is_shown_with_every_coefficient() {
    let bench = Bench::new();
    let ask =
        ["diffusion", "plan", "--sampler", "dpm-solver-2m", "--steps", "4", "--svg", "plan.svg"];
    let told = bench.json(&ask);
    assert_eq!(told["stages"].as_array().unwrap().len(), 4);
    assert_eq!(told["stages"][1]["history"].as_array().unwrap().len(), 2);
    assert!(bench.read("plan.svg").starts_with("<svg"));
    let text = bench.succeed(&["diffusion", "plan", "--sampler", "heun", "--steps", "3"]);
    assert!(text.starts_with("heun: order 2, 5 calls in 3 steps\n"), "{text}");
    let wrong = ["diffusion", "plan", "--sampler", "dpm-solver-9m"];
    bench.refuse(2, &wrong, &["`dpm-solver-9m`", "unipc-3"]);
    let wrong = ["diffusion", "plan", "--sampler", "pndm", "--steps", "4"];
    bench.refuse(2, &wrong, &["pndm", "at least 7 steps"]);
}

#[test]
fn better_samplers_end_nearer_to_the_flow() {
    let bench = Bench::new();
    let distance = |sampler| {
        let grid =
            ["--steps", "20", "--schedule", "linear", "--spacing", "log-snr", "--end", "0.05"];
        let ask = [&["diffusion", "trace", "--sampler", sampler][..], &grid].concat();
        let told = bench.json(&ask);
        told["steps"].as_array().unwrap().last().unwrap()["distance"].as_f64().unwrap()
    };
    let [first, second, fourth] = ["ddim", "dpm-solver-2m", "unipc-3"].map(distance);
    assert!(fourth < 0.2 * second && second < 0.3 * first, "{first} {second} {fourth}");
    bench.write("odd.json", r#"{"weights": [1], "means": [[0, 0]], "stds": [[1]]}"#);
    let wrong = ["diffusion", "trace", "--mixture", "odd.json"];
    bench.refuse(2, &wrong, &["odd.json", "shapes differ"]);
}

/// Runs of another shape than step by step end near the exact flow too, and say what they took.
#[test]
fn runs_of_another_shape_are_traced() {
    let bench = Bench::new();
    let last = |told: &Value| {
        told["steps"].as_array().unwrap().last().unwrap()["distance"].as_f64().unwrap()
    };
    let ask = |more: &[&str]| {
        let grid = ["diffusion", "trace", "--schedule", "linear", "--end", "first"];
        bench.json(&[&grid[..], more].concat())
    };
    let [loose, tight] = ["0.05", "0.001"].map(|tolerance| ask(&["--adaptive", tolerance]));
    assert!(last(&tight) < 0.1 * last(&loose) && last(&tight) < 0.01, "{loose} {tight}");
    assert!(tight["evaluations"].as_u64() > loose["evaluations"].as_u64());
    assert!(tight["rejected"].is_u64() && tight["steps"].as_array().unwrap().len() > 5);
    let swept = ask(&["--steps", "60", "--picard", "1e-6", "--window", "60"]);
    let plain = ask(&["--steps", "60"]);
    assert!((last(&swept) - last(&plain)).abs() < 1e-4, "{swept}");
    assert!(swept["sweeps"].as_u64() < plain["evaluations"].as_u64());
    let edited = ask(&["--steps", "60", "--edit", "0.5"]);
    assert_eq!(edited["evaluations"], 30);
    assert!(edited["steps"][0]["sigma"].as_f64() < plain["steps"][0]["sigma"].as_f64());
    bench.refuse(2, &["diffusion", "trace", "--edit", "1.5"], &["strength = 1.5"]);
    let remembers = ["diffusion", "trace", "--sampler", "lms", "--picard", "0.1"];
    bench.refuse(2, &remembers, &["remembers"]);
}

/// Points that begin one after the other end where they would end together, each beside its own flow.
#[test]
fn points_at_levels_of_their_own_are_traced() {
    let bench = Bench::new();
    let ask = |more: &[&str]| {
        let run = ["diffusion", "trace", "--sampler", "dpm-solver-2m", "--steps", "20"];
        bench.json(&[&run[..], more].concat())
    };
    let (together, apart) = (ask(&[]), ask(&["--stagger", "5"]));
    let rows = apart["steps"].as_array().unwrap();
    assert_eq!(apart["evaluations"], 30);
    assert_eq!(rows[7]["levels"].as_array().unwrap().len(), 3);
    assert_eq!(rows[7]["levels"][1], rows[2]["levels"][0]);
    let end = |told: &Value| {
        let state = &told["steps"].as_array().unwrap().last().unwrap()["state"];
        state.as_array().unwrap().iter().map(|point| point[0].as_f64().unwrap()).collect::<Vec<_>>()
    };
    let farthest =
        end(&together).iter().zip(end(&apart)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(farthest < 1e-12, "{farthest}");
    let distance = |told: &Value| {
        told["steps"].as_array().unwrap().last().unwrap()["distance"].as_f64().unwrap()
    };
    assert!((distance(&together) - distance(&apart)).abs() < 1e-7);
}

/// What is given stands at the end, the run comes ever nearer to it, and what is made up fits to it.
#[test]
fn what_is_not_given_is_made_up() {
    let bench = Bench::new();
    // The second coordinate follows from the first.
    let mixture =
        r#"{"weights": [0.5, 0.5], "means": [[-1, -1], [1, 1]], "stds": [[0.1, 0.1], [0.1, 0.1]]}"#;
    bench.write("pair.json", mixture);
    let ask = ["diffusion", "trace", "--mixture", "pair.json", "--steps", "20", "--points", "6"];
    let jumps = ["--jump-length", "4", "--jump-count", "5"];
    let told = bench.json(&[&ask[..], &jumps, &["--inpaint", "0"]].concat());
    let rows = told["steps"].as_array().unwrap();
    assert_eq!(told["evaluations"], 20 + 4 * 4 * 4);
    let last = rows.last().unwrap();
    assert!(rows[0]["distance"].as_f64() > Some(0.5) && last["distance"].as_f64() < Some(1e-9));
    for point in last["state"].as_array().unwrap() {
        let [given, made] = [0, 1].map(|i| point[i].as_f64().unwrap());
        assert!((given - made).abs() < 0.6, "{point}");
    }
    let wrong = [&ask[..], &["--inpaint", "2"]].concat();
    bench.refuse(2, &wrong, &["known coordinate = 2"]);
}

/// Two Euler steps, written out by hand: one component at 0 with spread 1 leaves every point of a variance-preserving flow
/// where it is, so in the exploding scale the state shrinks as the level does.
fn records() -> Value {
    json!({
        "models": { "normal": { "weights": [1.0], "means": [[0.0]], "stds": [[1.0]] } },
        "x_start": { "normal": [[0.5]] },
        "trajectories": [{
            "sampler": "flow", "scheduler": "FlowMatchEulerDiscreteScheduler", "init": { "shift": 1.0 },
            "model": "normal", "n": 1, "alpha": [0.0, 1.0], "sigma": [1.0, 0.0],
            "timesteps": [1000.0], "steps": [[[0.0]]], "final": [[0.0]],
        }],
    })
}

#[test]
fn recorded_runs_are_repeated() {
    let bench = Bench::new();
    bench.write("right.json", records().to_string());
    let text = bench.succeed(&["diffusion", "check", "right.json"]);
    assert!(text.starts_with("1 passed, 0 failed"), "{text}");
    let mut wrong = records();
    wrong["trajectories"][0]["final"] = json!([[0.25]]);
    let mut odd = wrong["trajectories"][0].clone();
    odd["scheduler"] = json!("GuessworkScheduler");
    wrong["trajectories"].as_array_mut().unwrap().push(odd);
    bench.write("wrong.json", wrong.to_string());
    let told: Value =
        serde_json::from_str(&bench.fail(&["diffusion", "check", "wrong.json", "--json"])).unwrap();
    assert_eq!((&told["passed"], &told["failed"]), (&json!(0), &json!(2)));
    let off =
        json!({ "sampler": "flow", "model": "normal", "n": 1, "what": "final", "error": 0.25 });
    assert_eq!(told["failures"][0], off);
    assert!(told["failures"][1]["what"].as_str().unwrap().contains("GuessworkScheduler"), "{told}");
    let loose = ["diffusion", "check", "wrong.json", "--tolerance", "0.3"];
    assert!(bench.fail(&loose).contains("1 passed, 1 failed"));
    bench.write("none.json", "{}");
    bench.refuse(2, &["diffusion", "check", "none.json"], &["none.json", "`trajectories`"]);
}
