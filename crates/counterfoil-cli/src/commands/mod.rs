//! One file per command.

mod cite;
mod codes;
mod compare;
mod completion;
mod counterfactual;
mod data;
mod diffusion;
mod evaluate;
mod expected;
mod graph;
mod matrix;
mod mechanisms;
mod report;
mod reproduce;
mod resume;
mod run;
mod runs;
mod shared;
mod solvers;
mod strength;
mod table;
mod traverse;

use clap::Subcommand;

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train, evaluate and report an experiment
    #[command(after_help = run::EXAMPLES)]
    Run(run::Options),
    /// Go on with a run that was interrupted, killed or stopped by the clock
    #[command(after_help = resume::EXAMPLES)]
    Resume(resume::Options),
    /// Measure a trained run on held-out images
    #[command(after_help = evaluate::EXAMPLES)]
    Evaluate(evaluate::Options),
    /// Compare methods between image and noise by what their answers cost and are worth
    #[command(after_help = solvers::EXAMPLES)]
    Solvers(solvers::Options),
    /// Compare strengths of intervention: guidance weights, by what the answers are worth
    #[command(after_help = strength::EXAMPLES)]
    Strength(strength::Options),
    /// Compare families of mechanisms on the labels of an experiment, without images
    #[command(after_help = mechanisms::EXAMPLES)]
    Mechanisms(mechanisms::Options),
    /// Write the report of a run again
    #[command(after_help = report::EXAMPLES)]
    Report(report::Options),
    /// Draw the images that would have been under do(...)
    #[command(after_help = counterfactual::EXAMPLES)]
    Counterfactual(counterfactual::Options),
    /// Draw images with one variable going through its range
    #[command(after_help = traverse::EXAMPLES)]
    Traverse(traverse::Options),
    /// Write the latents, noise and readings of images as arrays for other programs
    #[command(after_help = codes::EXAMPLES)]
    Codes(codes::Options),
    /// Show what a data set holds
    #[command(after_help = data::EXAMPLES)]
    Data(data::Options),
    /// List runs and their key figures
    #[command(after_help = runs::EXAMPLES)]
    Runs(runs::Options),
    /// Show the figures of several runs side by side
    #[command(after_help = table::EXAMPLES)]
    Table(table::Options),
    /// Run a table of methods, worlds and seeds, each cell once, and show them side by side
    #[command(after_help = matrix::EXAMPLES)]
    Matrix(matrix::Options),
    /// Compare the configs and figures of two runs of the same data
    #[command(after_help = compare::EXAMPLES)]
    Compare(compare::Options),
    /// Run a run again and compare figures and weights
    #[command(after_help = reproduce::EXAMPLES)]
    Reproduce(reproduce::Options),
    /// Hold a run against what its experiment is expected to give
    #[command(after_help = expected::EXAMPLES)]
    Expected(expected::Options),
    /// Print BibTeX of the works that a run builds on
    #[command(after_help = cite::EXAMPLES)]
    Cite(cite::Options),
    /// Ask a causal graph: separation, adjustment, identification
    #[command(after_help = graph::EXAMPLES)]
    Graph(graph::Options),
    /// Look at noise schedules and sampler grids
    #[command(after_help = diffusion::EXAMPLES)]
    Diffusion(diffusion::Options),
    /// Print a completion script for a shell
    #[command(after_help = completion::EXAMPLES)]
    Completion(completion::Options),
}

impl Command {
    /// Does it; the result is the exit status.
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        match self {
            Self::Run(options) => run::run(&options),
            Self::Resume(options) => resume::run(&options),
            Self::Evaluate(options) => evaluate::run(&options),
            Self::Solvers(options) => solvers::run(&options),
            Self::Strength(options) => strength::run(&options),
            Self::Mechanisms(options) => mechanisms::run(&options),
            Self::Report(options) => report::run(&options),
            Self::Counterfactual(options) => counterfactual::run(&options),
            Self::Traverse(options) => traverse::run(&options),
            Self::Codes(options) => codes::run(&options),
            Self::Data(options) => data::run(&options),
            Self::Runs(options) => runs::run(&options),
            Self::Table(options) => table::run(&options),
            Self::Matrix(options) => matrix::run(&options),
            Self::Compare(options) => compare::run(&options),
            Self::Reproduce(options) => reproduce::run(&options),
            Self::Expected(options) => expected::run(&options),
            Self::Cite(options) => cite::run(&options),
            Self::Graph(options) => graph::run(&options),
            Self::Diffusion(options) => diffusion::run(&options),
            Self::Completion(options) => completion::run(&options),
        }
    }
}
