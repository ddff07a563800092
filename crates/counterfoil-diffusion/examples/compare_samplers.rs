//! Samplers on data whose flow is known: `cargo run -p counterfoil-diffusion --example compare_samplers`.
//!
//! The data are a mixture of Gaussians, for which the best possible network is a formula. So whatever a sampler gets wrong is
//! its own error. Arrays are `ndarray`'s; in place of the mixture your network is a closure (see `denoiser`).
#![expect(clippy::print_stdout, reason = "an example talks to its user")]

use counterfoil_diffusion::{
    Abduction, AdamsBashforth, Ddim, DiscreteSchedule, DpmSolver2M, End, Grid, KeyedNoise,
    Leapfrog, NoNoise, Prediction, Sampler, Spacing, State, analytic::Mixture, inversion::LatentOf,
};
use ndarray::Array2;
use std::error::Error;

/// Points that are drawn.
const POINTS: usize = 200;
/// Network calls that each sampler is given.
const CALLS: [usize; 4] = [11, 21, 41, 81];

fn main() -> Result<(), Box<dyn Error>> {
    let mut study = Study::new()?;
    study.draw()?;
    study.invert().map(|_| ())
}

/// The data, and the exact flow between them and noise.
pub(crate) struct Study {
    mixture: Mixture,
    schedule: DiscreteSchedule,
    /// Where every point starts, and where the exact flow takes it.
    noise: Array2<f64>,
    data: Array2<f64>,
}

impl Study {
    /// Draws keyed noise and lets the exact flow carry it to the data.
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        let mixture = Mixture::new(
            vec![0.5, 0.3, 0.2],
            vec![vec![0.9, -0.4], vec![-0.7, 0.6], vec![0.1, -0.9]],
            vec![vec![0.3, 0.25], vec![0.2, 0.4], vec![0.25, 0.2]],
        )?;
        let schedule = DiscreteSchedule::cosine(1000)?;
        // Point k has the same noise whoever draws it, and however many others are drawn.
        let items: Vec<u64> = (0..POINTS as u64).collect();
        let noise = KeyedNoise::new(1, "example", items).start(&Array2::zeros((POINTS, 2)))?;
        let whole = grid(&schedule, 10)?;
        let data = mixture.flow(noise.clone(), whole.start(), whole.end())?;
        Ok(Self { mixture, schedule, noise, data })
    }

    /// From noise to data: errors of DDIM, DPM-Solver++ and Adams-Bashforth, one row a number of calls.
    pub(crate) fn draw(&mut self) -> Result<Vec<[f64; 3]>, Box<dyn Error>> {
        println!("From noise to data: distance from where the exact flow leads, root mean square");
        println!(
            "{:>6} {:>10} {:>16} {:>16}",
            "calls", "DDIM", "DPM-Solver++ 2M", "Adams-Bashforth"
        );
        let mut rows = Vec::new();
        for calls in CALLS {
            // Adams-Bashforth spends one more call than it has steps.
            let row = [
                self.error(&Ddim::default(), calls)?,
                self.error(&DpmSolver2M::default(), calls)?,
                self.error(&AdamsBashforth::default(), calls - 1)?,
            ];
            println!("{calls:>6} {:>10.5} {:>16.5} {:>16.5}", row[0], row[1], row[2]);
            rows.push(row);
        }
        println!(
            "Twice the calls: a quarter of the error for the two of second order, about half for DDIM, of first."
        );
        Ok(rows)
    }

    fn error(&self, sampler: &impl Sampler, steps: usize) -> Result<f64, Box<dyn Error>> {
        // A sampler is a plan of coefficients along a grid of levels; only the run calls the network.
        let plan = sampler.plan(&grid(&self.schedule, steps)?, Prediction::V)?;
        let mut network = self.mixture.network(Prediction::V);
        let found = plan.run(self.noise.clone(), &mut network, &mut NoNoise)?;
        Ok(found.rms_difference(&self.data)?)
    }

    /// From data to noise and back with 20 steps: for each method the errors of the noise and of the round trip.
    pub(crate) fn invert(&mut self) -> Result<Vec<[f64; 2]>, Box<dyn Error>> {
        println!("\nFrom data to noise and back, 20 steps each way");
        println!("{:<16} {:>20} {:>20}", "method", "error of the noise", "of the round trip");
        let rows = vec![
            self.round_trip(&Ddim::default())?,
            self.round_trip(&DpmSolver2M::default())?,
            self.round_trip(&AdamsBashforth::default())?,
            self.round_trip(&Leapfrog::default())?,
        ];
        println!(
            "Leapfrog comes back exactly, and its noise is not better for it: read the first column."
        );
        Ok(rows)
    }

    fn round_trip(&self, method: &impl Abduction) -> Result<[f64; 2], Box<dyn Error>> {
        let grid = grid(&self.schedule, 20)?;
        let mut network = self.mixture.network(Prediction::V);
        let found = method.encode(&grid, self.data.clone(), &mut network)?;
        let noise = found.latent.outer().rms_difference(&self.noise)?;
        let back = method.decode(&grid, found.latent, &mut network)?.rms_difference(&self.data)?;
        println!("{:<16} {noise:>20.5} {back:>20.2e}", method.name());
        Ok([noise, back])
    }
}

/// So many steps from pure noise to the clean image.
fn grid(schedule: &DiscreteSchedule, steps: usize) -> Result<Grid, Box<dyn Error>> {
    Ok(schedule.grid(Spacing::Trailing, steps, End::Zero)?)
}
