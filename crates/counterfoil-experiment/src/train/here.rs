//! Where a run is computed now, and what has to be said when that is not where it was computed before or not what its config
//! asks for.

use counterfoil_tensor::Precision;

use crate::{
    error::Result,
    progress::Reporter,
    ranks::Ranks,
    run_dir::{Cpu, Manifest, Place, RunDir},
};

/// This process and those it works with.
pub(super) fn here(ranks: &dyn Ranks, device: String) -> Place {
    Place::new(&Cpu::here(), device, tch::get_num_threads() as usize, ranks.count())
}

/// Says, to whoever watches and to whoever reads the log later, where the run continues when that is elsewhere.
pub(super) fn moved(
    run: &RunDir,
    earlier: &Manifest,
    here: &Place,
    reporter: &mut dyn Reporter,
) -> Result<()> {
    let Some(before) = earlier.place().filter(|before| before != here) else { return Ok(()) };
    let line = format!(
        "the run was computed on {before} and continues on {here}: its figures will differ in the last digits from those \
         of an unbroken run"
    );
    run.log(&line)?;
    reporter.note(&line);
    Ok(())
}

/// Says that the run is computed in other numbers than its config asks for.
pub(super) fn in_other_numbers(
    run: &RunDir,
    asked: Precision,
    taken: Precision,
    reporter: &mut dyn Reporter,
) -> Result<()> {
    if taken == asked {
        return Ok(());
    }
    let line = "this processor has no instructions for bf16: computing in f32 instead, as with --set training.precision=f32";
    run.log(line)?;
    reporter.note(line);
    Ok(())
}
