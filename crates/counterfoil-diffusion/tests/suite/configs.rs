//! Files of diffusers: what is read, what is warned of, and what is written back.

use counterfoil_diffusion::compat::{Class, ImportedSchedule, SchedulerConfig};
use counterfoil_diffusion::{
    BetaKind, DiffusionError, DiscreteSchedule, End, Path, Prediction, Schedule, Shift, Spacing,
    Variance,
};

fn read(text: &str) -> SchedulerConfig {
    SchedulerConfig::from_json(text).unwrap()
}

/// A file like that of Stable Diffusion 2.1.
const STABLE: &str = r#"{
  "_class_name": "DDIMScheduler",
  "_diffusers_version": "0.8.0",
  "beta_end": 0.012,
  "beta_schedule": "scaled_linear",
  "beta_start": 0.00085,
  "clip_sample": false,
  "num_train_timesteps": 1000,
  "prediction_type": "v_prediction",
  "set_alpha_to_one": false,
  "skip_prk_steps": true,
  "steps_offset": 1
}
"#;

/// Exact: a file is read in the terms of this crate, without warnings where nothing differs, and written back to the
/// letter.
#[test]
fn a_file_is_read_and_written_back() {
    let config = read(STABLE);
    assert_eq!((config.class(), config.train_steps()), (Class::Ddim, 1000));
    assert_eq!(config.beta_kind().unwrap(), Some(BetaKind::STABLE_DIFFUSION));
    let table = DiscreteSchedule::new(BetaKind::STABLE_DIFFUSION, 1000).unwrap();
    assert_eq!(config.schedule().unwrap(), ImportedSchedule::Table(table));
    assert_eq!(config.prediction().unwrap(), Prediction::V);
    assert_eq!(config.spacing(None).unwrap(), Spacing::Leading { offset: 1 });
    assert_eq!(
        (config.end().unwrap(), config.clip(), config.variance()),
        (End::Label0, None, Ok(None))
    );
    assert_eq!(config.warnings(), []);
    assert_eq!(config.to_json().unwrap(), STABLE);
}

/// Exact: Python writes numbers that JSON does not know.
#[test]
fn infinities_of_python_survive() {
    let text = "{\n  \"_class_name\": \"DPMSolverMultistepScheduler\",\n  \"lambda_min_clipped\": -Infinity,\n  \
                \"note\": \"a \\\"NaN\\\" stays -Infinity\"\n}\n";
    let config = read(text);
    assert_eq!(config.to_json().unwrap(), text);
    let options: Vec<String> = config.warnings().into_iter().map(|w| w.option).collect();
    assert_eq!(options, ["timestep_spacing", "note"]);
}

/// Exact: what each class means by an absent option.
#[test]
fn defaults_are_those_of_the_class() {
    for class in Class::ALL {
        assert_eq!(Class::from_name(class.name()), class);
        let config = read(&format!("{{\"_class_name\": \"{}\"}}", class.name()));
        let schedule = config.schedule().unwrap();
        let spacing = config.spacing(None).unwrap();
        let grid = schedule.as_schedule().grid(spacing, 10, config.end().unwrap()).unwrap();
        assert_eq!(grid.steps(), 10, "{class:?}");
        // These end at label 0, which is the last that they space.
        let ends_noisy = matches!(class, Class::Deis | Class::Pndm);
        assert_eq!(config.end() == Ok(End::LastPositive), ends_noisy, "{class:?}");
        assert_eq!(grid.end().is_clean(), !ends_noisy, "{class:?}");
        assert!(!ends_noisy || grid.times()[10].value() == 0.0);
        let first = match schedule {
            ImportedSchedule::Table(table) => table.betas()[0],
            ImportedSchedule::Continuous(continuous) => match continuous.path() {
                Path::Flow { time_scale } => time_scale,
                _ => continuous.range().1.value(),
            },
        };
        let expected = match class {
            Class::Heun
            | Class::Kdpm2
            | Class::Kdpm2Ancestral
            | Class::DpmSde
            | Class::Lcm
            | Class::Tcd => 0.00085,
            Class::FlowEuler | Class::FlowHeun => 1000.0,
            Class::EdmEuler | Class::EdmDpmMultistep => 80.0,
            _ => 0.0001,
        };
        assert!((first - expected).abs() < 1e-15, "{class:?}: {first}");
    }
    assert_eq!(read(r#"{"_class_name": "DDPMScheduler"}"#).clip(), Some(1.0));
    let edm = read(r#"{"_class_name": "EDMEulerScheduler", "sigma_schedule": "exponential"}"#);
    assert_eq!(edm.prediction(), Ok(Prediction::Edm { sigma_data: 0.5 }));
    assert_eq!(edm.spacing(None), Ok(Spacing::EXPONENTIAL));
    let flow = read(
        r#"{"_class_name": "FlowMatchEulerDiscreteScheduler", "use_dynamic_shifting": true, "shift_terminal": 0.1}"#,
    );
    assert_eq!(flow.prediction(), Ok(Prediction::Flow));
    let shift = Shift::Dynamic { mu: 1.15, pow: 1.0 };
    assert_eq!(flow.spacing(Some(4096.0)), Ok(Spacing::Flow { shift, terminal: Some(0.1) }));
    assert!(flow.spacing(None).is_err());
}

/// Float class: 1e-13. The grid of DEIS as its file says it is the one that diffusers walks, label for label; and a file
/// that does not visit label 0 ends there as it did.
#[test]
fn files_that_end_at_label_0_have_a_grid() {
    for text in [
        r#"{"_class_name": "DEISMultistepScheduler"}"#,
        r#"{"_class_name": "DPMSolverMultistepScheduler", "final_sigmas_type": "sigma_min"}"#,
    ] {
        let config = read(text);
        assert_eq!(config.spacing(None), Ok(Spacing::Linspace));
        assert_eq!(config.warnings()[0].option, "timestep_spacing");
        assert!(config.warnings()[0].message.contains("End::LastPositive"));
        for steps in [1, 7, 20, 50] {
            let end = config.end().unwrap();
            let schedule = config.schedule().unwrap();
            let grid = schedule.as_schedule().grid(Spacing::Linspace, steps, end).unwrap();
            if config.class() == Class::Deis {
                let recipe = config.recipe(steps, 0.0, Prediction::Eps).unwrap();
                let labels: Vec<f64> = grid.times().iter().map(|time| time.value()).collect();
                assert_eq!(labels[..steps], recipe.labels());
                for (own, theirs) in grid.levels().iter().zip(&recipe.levels) {
                    assert!((own.log_snr() - theirs.log_snr()).abs() < 1e-13);
                }
            }
        }
    }
    let offset = read(r#"{"_class_name": "PNDMScheduler", "steps_offset": 1}"#);
    assert_eq!(offset.end(), Ok(End::Label0));
    let trailing =
        read(r#"{"_class_name": "DEISMultistepScheduler", "timestep_spacing": "trailing"}"#);
    assert_eq!(trailing.end(), Ok(End::Label0));
}

/// Each option that changes meaning has its sentence, and no other has one.
#[test]
fn every_change_of_meaning_is_told() {
    let cases = [
        (r#"{"_class_name": "SomeScheduler"}"#, "_class_name"),
        (r#"{"_class_name": "DDPMScheduler", "beta_schedule": "laplace"}"#, "beta_schedule"),
        (
            r#"{"_class_name": "DDPMScheduler", "rescale_betas_zero_snr": true, "prediction_type": "sample"}"#,
            "rescale_betas_zero_snr",
        ),
        (r#"{"_class_name": "DDPMScheduler", "trained_betas": [0.1, 0.2]}"#, "trained_betas"),
        (
            r#"{"_class_name": "DDPMScheduler", "variance_type": "fixed_large_log"}"#,
            "variance_type",
        ),
        (r#"{"_class_name": "DDPMScheduler", "variance_type": "learned_range"}"#, "variance_type"),
        (r#"{"_class_name": "DDIMScheduler"}"#, "clip_sample"),
        (
            r#"{"_class_name": "EulerDiscreteScheduler", "use_karras_sigmas": true}"#,
            "use_karras_sigmas",
        ),
        (
            r#"{"_class_name": "EulerDiscreteScheduler", "use_beta_sigmas": true}"#,
            "use_beta_sigmas",
        ),
        (r#"{"_class_name": "EulerDiscreteScheduler"}"#, "timestep_spacing"),
        (r#"{"_class_name": "DDPMScheduler", "timestep_spacing": "trailing"}"#, "timestep_spacing"),
        (
            r#"{"_class_name": "UniPCMultistepScheduler", "timestep_spacing": "leading"}"#,
            "timestep_spacing",
        ),
        (r#"{"_class_name": "DEISMultistepScheduler"}"#, "timestep_spacing"),
        (
            r#"{"_class_name": "PNDMScheduler", "steps_offset": 1, "set_alpha_to_one": false}"#,
            "skip_prk_steps",
        ),
        (r#"{"_class_name": "PNDMScheduler", "skip_prk_steps": true}"#, "set_alpha_to_one"),
        (r#"{"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0}"#, "shift"),
        (
            r#"{"_class_name": "FlowMatchEulerDiscreteScheduler", "invert_sigmas": true}"#,
            "invert_sigmas",
        ),
        (r#"{"_class_name": "DDPMScheduler", "set_alpha_to_one": true}"#, "set_alpha_to_one"),
        (r#"{"_class_name": "LCMScheduler", "final_sigmas_type": "zero"}"#, "final_sigmas_type"),
        (r#"{"_class_name": "DDPMScheduler", "thresholding": true}"#, "thresholding"),
        (r#"{"_class_name": "DDPMScheduler", "lambda_min_clipped": -5.1}"#, "lambda_min_clipped"),
        (r#"{"_class_name": "DDPMScheduler", "colour": "red"}"#, "colour"),
    ];
    for (text, option) in cases {
        let warnings = read(text).warnings();
        let options: Vec<&str> = warnings.iter().map(|w| w.option.as_str()).collect();
        assert_eq!(options, [option], "{text}");
        assert!(warnings[0].to_string().len() > option.len() + 10);
    }
    for quiet in [
        r#"{"_class_name": "DDPMScheduler", "solver_order": 2, "colour": null}"#,
        r#"{"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 1.0}"#,
        r#"{"_class_name": "EDMEulerScheduler"}"#,
    ] {
        assert_eq!(read(quiet).warnings(), [], "{quiet}");
    }
}

/// What cannot be read is refused with the option's name.
#[test]
fn options_that_are_not_known_are_refused() {
    let config = |option: &str, value: &str| read(&format!("{{\"{option}\": \"{value}\"}}"));
    let both = r#"{"use_karras_sigmas": true, "use_beta_sigmas": true}"#;
    let edm = r#"{"_class_name": "EDMEulerScheduler", "prediction_type": "v_prediction"}"#;
    let cases = [
        (
            config("beta_schedule", "odd").schedule().map(|_| ()),
            "scheduler_config.json: beta_schedule: \"odd\" is not known",
        ),
        (
            config("prediction_type", "odd").prediction().map(|_| ()),
            "scheduler_config.json: prediction_type: \"odd\" is not known",
        ),
        (
            config("timestep_spacing", "odd").spacing(None).map(|_| ()),
            "scheduler_config.json: timestep_spacing: \"odd\" is not known",
        ),
        (
            config("final_sigmas_type", "odd").end().map(|_| ()),
            "scheduler_config.json: final_sigmas_type: \"odd\" is not known",
        ),
        (
            config("variance_type", "odd").variance().map(|_| ()),
            "scheduler_config.json: variance_type: \"odd\" is not known",
        ),
        (
            read(both).spacing(None).map(|_| ()),
            "scheduler_config.json: use_karras_sigmas: excludes the other sigmas",
        ),
        (
            read(edm).prediction().map(|_| ()),
            "scheduler_config.json: prediction_type: \"v_prediction\" of a preconditioned network is not read: for \
             v_prediction negate the output",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found.unwrap_err().to_string(), expected);
    }
    for broken in ["", "[]", r#"{"beta_start": "small"}"#, r#"{"beta_start": NaN}"#] {
        assert!(SchedulerConfig::from_json(broken).is_err(), "{broken}");
    }
    let learned = config("variance_type", "learned_range").variance();
    assert_eq!(learned, Ok(Some(Variance::LearnedRange)));
}

/// A number among the options.
type Field = fn(&mut SchedulerConfig) -> &mut Option<f64>;

/// Exact: JSON has no number that is not finite, and null would read as the default: each option refuses it by name, and a
/// null that was read stays.
#[test]
fn numbers_that_are_not_finite_are_not_written() {
    let fields: [(&str, Field); 12] = [
        ("beta_start", |config| &mut config.beta_start),
        ("beta_end", |config| &mut config.beta_end),
        ("clip_sample_range", |config| &mut config.clip_sample_range),
        ("flow_shift", |config| &mut config.flow_shift),
        ("shift", |config| &mut config.shift),
        ("base_shift", |config| &mut config.base_shift),
        ("max_shift", |config| &mut config.max_shift),
        ("shift_terminal", |config| &mut config.shift_terminal),
        ("sigma_min", |config| &mut config.sigma_min),
        ("sigma_max", |config| &mut config.sigma_max),
        ("sigma_data", |config| &mut config.sigma_data),
        ("rho", |config| &mut config.rho),
    ];
    let refused = |option: &str| {
        format!("scheduler_config.json: {option}: holds a number that is not finite")
    };
    for (option, field) in fields {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut config = read(STABLE);
            *field(&mut config) = Some(number);
            assert_eq!(config.to_json().unwrap_err().to_string(), refused(option));
        }
    }
    let trained_betas = Some(vec![0.1, f64::NAN]);
    let betas = SchedulerConfig { trained_betas, ..SchedulerConfig::default() };
    assert_eq!(betas.to_json().unwrap_err().to_string(), refused("trained_betas"));
    let unread = "{\n  \"colour\": null,\n  \"list\": [\n    null\n  ]\n}\n";
    assert_eq!(read(unread).to_json().unwrap(), unread);
}

/// Exact: what this crate exports it imports as the same, and what diffusers cannot say is refused.
#[test]
fn exports_are_imported_as_they_were() {
    let kinds = [
        BetaKind::DDPM,
        BetaKind::STABLE_DIFFUSION,
        BetaKind::COSINE,
        BetaKind::SIGMOID_BETAS,
        BetaKind::EXPONENTIAL,
        BetaKind::LaplaceCompat { mu: 0.0, b: 0.5, epsilon: 1e-6, cap: 0.999 },
    ];
    let spacings = [
        Spacing::Leading { offset: 1 },
        Spacing::Trailing,
        Spacing::Linspace,
        Spacing::Karras { rho: 7.0 },
        Spacing::LogSnr,
        Spacing::BETA,
    ];
    for class in Class::ALL.into_iter().filter(|class| !class.is_flow() && !class.is_edm()) {
        for (kind, spacing) in kinds.into_iter().zip(spacings) {
            for prediction in [Prediction::Eps, Prediction::X0, Prediction::V] {
                for end in [End::Zero, End::Label0, End::LastPositive] {
                    let table = SchedulerConfig::of_table(class, kind, 500, prediction).unwrap();
                    let Ok(config) = table.with_grid(spacing, end) else { continue };
                    let back = read(&config.to_json().unwrap());
                    assert_eq!(back, config);
                    assert_eq!((back.class(), back.train_steps()), (class, 500));
                    assert_eq!(back.beta_kind(), Ok(Some(kind)));
                    assert_eq!(back.prediction(), Ok(prediction));
                    assert_eq!((back.spacing(None), back.end()), (Ok(spacing), Ok(end)));
                    assert_eq!(back.clip(), None);
                }
            }
        }
    }
    for shift in [Shift::None, Shift::Constant(3.0), Shift::Dynamic { mu: 0.9, pow: 1.0 }] {
        let config = SchedulerConfig::of_flow(Class::FlowEuler, 1000, shift).unwrap();
        let back = read(&config.to_json().unwrap());
        assert_eq!(back.spacing(Some(700.0)), Ok(Spacing::Flow { shift, terminal: None }));
    }
    let table = |class, kind, prediction| SchedulerConfig::of_table(class, kind, 1000, prediction);
    let ddim = || table(Class::Ddim, BetaKind::COSINE, Prediction::Eps).unwrap();
    for refused in [
        table(Class::Ddim, BetaKind::SQRT, Prediction::Eps),
        table(Class::Ddim, BetaKind::LAPLACE, Prediction::Eps),
        table(Class::Ddim, BetaKind::COSINE, Prediction::Flow),
        table(Class::FlowEuler, BetaKind::COSINE, Prediction::Eps),
        ddim().with_grid(Spacing::Quadratic, End::Zero),
        ddim().with_grid(Spacing::Trailing, End::SigmaMin(0.1)),
        ddim().with_grid(Spacing::Linspace, End::Label0),
        ddim().with_grid(Spacing::Leading { offset: 0 }, End::Label0),
        ddim().with_grid(Spacing::Trailing, End::LastPositive),
        SchedulerConfig::of_flow(Class::Ddim, 1000, Shift::None),
        SchedulerConfig::of_flow(Class::FlowEuler, 1000, Shift::Dynamic { mu: 1.0, pow: 2.0 }),
    ] {
        assert!(matches!(refused, Err(DiffusionError::SchedulerConfig { .. })));
    }
}
