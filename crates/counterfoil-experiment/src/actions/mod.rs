//! What a person does with an experiment: run it, go on with it, ask it for counterfactuals, compare it, repeat it.
//!
//! Each module is one deed in library calls, so that a command line has only to parse, call and print.
//!
//! | deed | module |
//! |---|---|
//! | train, evaluate, report; go on after a break | [`perform`] |
//! | counterfactual images of a trained model | [`imagine`] |
//! | latents and noise of images as arrays | [`codes`] |
//! | a trained model asked the same in several ways: solvers, strengths | [`weigh`] |
//! | pictures where a person wants them | [`picture`] |
//! | runs in a list, their figures side by side, two runs compared | [`figures`] |
//! | the losses of two runs side by side, and drawn | [`curves`] |
//! | run a run again and compare | [`reproduce`] |
//! | what an experiment is expected to give | [`expected`] |
//! | how far off figures may be in other environments | [`bounds`] |
//! | what a run, or the cell of a table, gave and where | [`witness`] |
//! | figures, pictures and weights, and how closely two runs must agree in them | [`outcome`] |
//! | what a data set or a graph file holds | [`facts`] |
//! | what was measured, for an effect from several experiments | [`regimes`] |
//! | answers to causal questions against known ones | [`mod@grade`] |
//! | families of mechanisms compared on labels alone | [`mechanisms`] |
//! | draw rows from a causal model | [`simulate`] |
//! | estimate a causal effect from rows | [`mod@estimate`] |
//! | plans of samplers, watched on data whose flow is known, and compared with records | [`diffusion`] |
//! | whom a run builds on | [`cite`] |

pub mod apart;
pub mod bounds;
pub mod cite;
pub mod codes;
pub mod curves;
pub mod diffusion;
pub mod estimate;
pub mod expected;
pub mod facts;
pub mod figures;
pub mod grade;
pub mod imagine;
pub mod mechanisms;
pub mod outcome;
pub mod perform;
pub mod picture;
pub mod regimes;
pub mod reproduce;
pub mod simulate;
pub mod weigh;
pub mod witness;
