//! The exponential moving average of a network's parameters, which is what evaluation uses.

use crate::ParameterStore;

/// A shadow of a store: parameters averaged, buffers copied.
///
/// Averaged weights with stale running statistics are a known trap (batch norm would then normalise the averaged
/// network by numbers that never belonged to it); so buffers follow the trained network exactly.
#[derive(Debug)]
pub struct Ema {
    store: ParameterStore,
}

impl Ema {
    /// Starts at the present values.
    pub fn new(store: &ParameterStore) -> Self {
        Self { store: store.detached_copy() }
    }

    /// `average <- decay * average + (1 - decay) * parameters`, and copies the buffers.
    pub fn update(&mut self, trained: &ParameterStore, decay: f64) {
        tch::no_grad(|| {
            let _ = self.store.flat().shallow_clone().lerp_(&trained.flat().detach(), 1.0 - decay);
            for (mine, theirs) in self.store.buffers().iter().zip(trained.buffers()) {
                mine.shallow_clone().copy_(theirs);
            }
        });
    }

    /// The averaged parameters.
    pub fn store(&self) -> &ParameterStore {
        &self.store
    }

    /// The averaged parameters, to load an archive into.
    pub fn store_mut(&mut self) -> &mut ParameterStore {
        &mut self.store
    }

    /// The customary decay of a short run, `min(limit, (1 + n) / (10 + n))` after `n` updates: the average forgets the
    /// random start quickly.
    pub fn warm_decay(limit: f64, updates: u64) -> f64 {
        let n = updates as f64;
        limit.min((1.0 + n) / (10.0 + n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Init, LayoutBuilder};
    use tch::Device;

    #[test]
    fn parameters_are_averaged_and_buffers_copied() {
        let mut builder = LayoutBuilder::new();
        builder.root().parameter("w", &[2], Init::Constant(1.0));
        builder.root().buffer("mean", &[1], 0.0);
        let layout = builder.finish();
        let store = ParameterStore::initialise(&layout, 0, Device::Cpu);
        let mut ema = Ema::new(&store);
        tch::no_grad(|| {
            let _ = store.flat().shallow_clone().fill_(3.0);
            let _ = store.buffers()[0].shallow_clone().fill_(7.0);
        });
        ema.update(&store, 0.75);
        assert_eq!(Vec::<f32>::try_from(ema.store().flat()).unwrap(), [1.5, 1.5]);
        assert_eq!(Vec::<f32>::try_from(&ema.store().buffers()[0]).unwrap(), [7.0]);
        // The shadow shares no memory with what it follows.
        assert_eq!(Vec::<f32>::try_from(store.flat().detach()).unwrap(), [3.0, 3.0]);
        assert_eq!(Ema::warm_decay(0.999, 0), 0.1);
        assert_eq!(Ema::warm_decay(0.999, 1_000_000), 0.999);
    }
}
