//! `counterfoil diffusion schedules`: the levels that a sampler visits.

use clap::Args;
use counterfoil::experiment::actions::diffusion::grid_svg;
use serde_json::json;

use super::{Answer, grid::GridOptions};
use crate::output;

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil diffusion schedules
  counterfoil diffusion schedules --schedule linear --levels 1000 --steps 10 --spacing log-snr --json
  counterfoil diffusion schedules --steps 50 --svg levels.svg";

/// Flags of `diffusion schedules`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    grid: GridOptions,
    #[command(flatten)]
    answer: Answer,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let grid = options.grid.grid()?;
    options.answer.draw(|| grid_svg(&grid))?;
    let entries = grid.times().iter().zip(grid.levels());
    if options.answer.json {
        let rows: Vec<_> = entries
            .map(|(time, level)| {
                json!({
                    "time": time.value(),
                    "alpha_bar": level.alpha_bar(),
                    "alpha": level.alpha(),
                    "sigma": level.sigma(),
                    // Infinite at the image, which JSON cannot say.
                    "log_snr": Some(level.log_snr()).filter(|x| x.is_finite()),
                })
            })
            .collect();
        return output::json(&json!({ "levels": rows }));
    }
    let rows: Vec<Vec<String>> = entries
        .enumerate()
        .map(|(step, (time, level))| {
            let numbers =
                [time.value(), level.alpha_bar(), level.alpha(), level.sigma(), level.log_snr()];
            let numbers = numbers.map(output::number);
            std::iter::once(step.to_string()).chain(numbers).collect()
        })
        .collect();
    output::table(&["step", "time", "alpha_bar", "alpha", "sigma", "log_snr"], &rows)
}
