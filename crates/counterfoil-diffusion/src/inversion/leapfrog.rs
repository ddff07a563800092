//! Abduction by leapfrog, the default: exact, second order, neutral in both directions.

use super::two_step::{TwoStep, abduct_by_two_steps};
use crate::{DiffusionError, Grid, Leapfrog, Plan, Prediction};

impl TwoStep for Leapfrog {
    fn scheme(&self) -> &'static str {
        "leapfrog"
    }

    fn continued(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        self.continue_pair(grid, prediction)
    }
}

abduct_by_two_steps!(Leapfrog);
