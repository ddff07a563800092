//! The state that samplers move: any array that can form a linear combination of its kind.

#[cfg(feature = "tch")]
mod tch;

use crate::DiffusionError;
use ndarray::{ArrayBase, Axis, Dimension, OwnedRepr, Zip};
use smallvec::SmallVec;

/// An array of samples: the first axis counts the items of the batch, the others belong to one item.
///
/// Implemented for owned `ndarray` arrays of `f64` and `f32`, and for `tch::Tensor` behind the feature `tch`.
/// A sampler step is one [`State::lincomb`]; the coefficients stay in f64 until they touch the array, and the
/// type and the device of the caller's array are never changed.
pub trait State: Sized {
    /// `self <- own * self + sum of weight * term`, in one pass over memory where the array allows.
    ///
    /// A weight of zero leaves its array unread, so that stale numbers cannot leak through `0 * NaN`.
    ///
    /// # Errors
    /// [`DiffusionError::ShapeMismatch`] or [`DiffusionError::DtypeMismatch`].
    fn lincomb(&mut self, own: f64, terms: &[(f64, &Self)]) -> Result<(), DiffusionError>;

    /// [`State::lincomb`] with one weight per item of the batch.
    ///
    /// # Errors
    /// As [`State::lincomb`], and [`DiffusionError::ItemMismatch`].
    fn lincomb_items(
        &mut self,
        own: &[f64],
        terms: &[(&[f64], &Self)],
    ) -> Result<(), DiffusionError>;

    /// Zeros of the same shape, type and device.
    ///
    /// # Errors
    /// [`DiffusionError::Backend`] when the array library fails.
    fn zeroed(&self) -> Result<Self, DiffusionError>;

    /// An array of the same shape, type and device, whose item `k` is what `fill(k, numbers)` writes.
    ///
    /// # Errors
    /// [`DiffusionError::Backend`] when the array library fails.
    fn filled_like(&self, fill: &mut dyn FnMut(usize, &mut [f64])) -> Result<Self, DiffusionError>;

    /// Clamps every number to `[-bound, bound]`.
    ///
    /// # Errors
    /// [`DiffusionError::Backend`] when the array library fails.
    fn clamp_to(&mut self, bound: f64) -> Result<(), DiffusionError>;

    /// Rounds every number to the nearest multiple of `spacing`, halves to the even one; exact for powers of two.
    ///
    /// # Errors
    /// [`DiffusionError::Backend`] when the array library fails.
    fn round_to(&mut self, spacing: f64) -> Result<(), DiffusionError>;

    /// `self <- (1 - mask) self + mask other`, number by number: where the mask is 1 the other state, exactly, and where it
    /// is 0 what was there. Over `ndarray` a number of weight zero is left unread.
    ///
    /// # Errors
    /// As [`State::lincomb`].
    fn blend(&mut self, mask: &Self, other: &Self) -> Result<(), DiffusionError>;

    /// Root mean square difference to another state. On an accelerator this waits for the device.
    ///
    /// # Errors
    /// As [`State::lincomb`].
    fn rms_difference(&self, other: &Self) -> Result<f64, DiffusionError>;

    /// Inner product with another state, one number per item, accumulated in f64. On an accelerator this waits for the
    /// device.
    ///
    /// # Errors
    /// As [`State::lincomb`].
    fn inner_items(&self, other: &Self) -> Result<Vec<f64>, DiffusionError>;

    /// Standard deviation of each item's numbers (of the population: divided by their count). On an accelerator this
    /// waits for the device.
    ///
    /// # Errors
    /// [`DiffusionError::Backend`] when the array library fails.
    fn std_items(&self) -> Result<Vec<f64>, DiffusionError>;

    /// Number of items: the length of the first axis, 1 for a scalar.
    fn items(&self) -> usize;

    /// A copy with memory of its own.
    ///
    /// # Errors
    /// [`DiffusionError::Backend`] when the array library fails.
    fn duplicate(&self) -> Result<Self, DiffusionError> {
        let mut copy = self.zeroed()?;
        copy.lincomb(0.0, &[(1.0, self)])?;
        Ok(copy)
    }
}

/// The two floating types in which a state may live.
pub trait Real: Copy + private::Sealed + 'static {
    /// Widens to f64.
    fn widen(self) -> f64;
    /// Rounds from f64, once.
    fn narrow(wide: f64) -> Self;
}

mod private {
    /// Keeps [`super::Real`] to f32 and f64.
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

impl Real for f64 {
    fn widen(self) -> f64 {
        self
    }
    fn narrow(wide: f64) -> Self {
        wide
    }
}

impl Real for f32 {
    fn widen(self) -> f64 {
        f64::from(self)
    }
    fn narrow(wide: f64) -> Self {
        wide as Self
    }
}

/// Numbers combined at a time: small enough for the first-level cache, so that memory is read once.
const BLOCK: usize = 512;

/// `x <- own * x + sum of weight * term` over slices of equal length, accumulated in f64 and rounded once.
fn combine<A: Real>(x: &mut [A], own: f64, terms: &[(f64, &[A])]) {
    let mut sums = [0.0; BLOCK];
    for (index, block) in x.chunks_mut(BLOCK).enumerate() {
        let sums = &mut sums[..block.len()];
        if own == 0.0 {
            sums.fill(0.0);
        } else {
            sums.iter_mut().zip(block.iter()).for_each(|(sum, x)| *sum = own * x.widen());
        }
        for (weight, term) in terms.iter().filter(|(weight, _)| *weight != 0.0) {
            let term = &term[index * BLOCK..][..sums.len()];
            sums.iter_mut().zip(term).for_each(|(sum, t)| *sum += weight * t.widen());
        }
        block.iter_mut().zip(sums.iter()).for_each(|(x, sum)| *x = A::narrow(*sum));
    }
}

impl<A: Real, D: Dimension> State for ArrayBase<OwnedRepr<A>, D> {
    fn lincomb(&mut self, own: f64, terms: &[(f64, &Self)]) -> Result<(), DiffusionError> {
        self.check_shapes(terms.iter().map(|(_, term)| *term))?;
        with_slices(self, terms, |x, terms| combine(x, own, terms));
        Ok(())
    }

    fn lincomb_items(
        &mut self,
        own: &[f64],
        terms: &[(&[f64], &Self)],
    ) -> Result<(), DiffusionError> {
        self.check_shapes(terms.iter().map(|(_, term)| *term))?;
        let batch = self.items();
        for given in terms.iter().map(|(weights, _)| weights.len()).chain([own.len()]) {
            if given != batch {
                return Err(DiffusionError::ItemMismatch { given, batch });
            }
        }
        let width = self.len() / batch.max(1);
        with_slices(self, terms, |x, terms| {
            for (item, row) in x.chunks_mut(width.max(1)).enumerate() {
                let terms: Vec<(f64, &[A])> = terms
                    .iter()
                    .map(|(weights, term)| (weights[item], &term[item * width..][..width]))
                    .collect();
                combine(row, own[item], &terms);
            }
        });
        Ok(())
    }

    fn zeroed(&self) -> Result<Self, DiffusionError> {
        Ok(Self::from_elem(self.raw_dim(), A::narrow(0.0)))
    }

    fn filled_like(&self, fill: &mut dyn FnMut(usize, &mut [f64])) -> Result<Self, DiffusionError> {
        let width = self.len() / self.items().max(1);
        let mut wide = vec![0.0; self.len()];
        wide.chunks_mut(width.max(1)).enumerate().for_each(|(item, row)| fill(item, row));
        let numbers = wide.into_iter().map(A::narrow).collect();
        Self::from_shape_vec(self.raw_dim(), numbers)
            .map_err(|error| DiffusionError::Backend { message: error.to_string() })
    }

    fn clamp_to(&mut self, bound: f64) -> Result<(), DiffusionError> {
        self.mapv_inplace(|x| A::narrow(x.widen().clamp(-bound, bound)));
        Ok(())
    }

    fn round_to(&mut self, spacing: f64) -> Result<(), DiffusionError> {
        self.mapv_inplace(|x| A::narrow((x.widen() / spacing).round_ties_even() * spacing));
        Ok(())
    }

    fn blend(&mut self, mask: &Self, other: &Self) -> Result<(), DiffusionError> {
        self.check_shapes([mask, other])?;
        Zip::from(self).and(mask).and(other).for_each(|x, mask, other| match mask.widen() {
            0.0 => (),
            1.0 => *x = *other,
            mask => *x = A::narrow((1.0 - mask) * x.widen() + mask * other.widen()),
        });
        Ok(())
    }

    fn rms_difference(&self, other: &Self) -> Result<f64, DiffusionError> {
        self.check_shapes([other])?;
        let sum: f64 = self.iter().zip(other).map(|(a, b)| (a.widen() - b.widen()).powi(2)).sum();
        Ok((sum / self.len().max(1) as f64).sqrt())
    }

    fn inner_items(&self, other: &Self) -> Result<Vec<f64>, DiffusionError> {
        self.check_shapes([other])?;
        let mut sums = vec![0.0; self.items()];
        let width = (self.len() / sums.len().max(1)).max(1);
        for (place, (a, b)) in self.iter().zip(other).enumerate() {
            sums[place / width] += a.widen() * b.widen();
        }
        Ok(sums)
    }

    fn std_items(&self) -> Result<Vec<f64>, DiffusionError> {
        let items = self.items();
        let width = (self.len() / items.max(1)).max(1);
        let (mut means, mut spreads) = (vec![0.0; items], vec![0.0; items]);
        let share = 1.0 / width as f64;
        for (place, x) in self.iter().enumerate() {
            means[place / width] += share * x.widen();
        }
        for (place, x) in self.iter().enumerate() {
            spreads[place / width] += share * (x.widen() - means[place / width]).powi(2);
        }
        Ok(spreads.into_iter().map(f64::sqrt).collect())
    }

    fn items(&self) -> usize {
        if self.ndim() == 0 { 1 } else { self.len_of(Axis(0)) }
    }
}

/// The shape check shared by the operations.
trait CheckShapes: Sized {
    fn check_shapes<'a>(
        &self,
        others: impl IntoIterator<Item = &'a Self>,
    ) -> Result<(), DiffusionError>
    where
        Self: 'a;
}

impl<A, D: Dimension> CheckShapes for ArrayBase<OwnedRepr<A>, D> {
    fn check_shapes<'a>(
        &self,
        others: impl IntoIterator<Item = &'a Self>,
    ) -> Result<(), DiffusionError>
    where
        Self: 'a,
    {
        match others.into_iter().find(|other| other.shape() != self.shape()) {
            None => Ok(()),
            Some(other) => Err(DiffusionError::ShapeMismatch {
                left: self.shape().to_vec(),
                right: other.shape().to_vec(),
            }),
        }
    }
}

/// Hands the arrays to `run` as slices in standard order; arrays laid out otherwise are copied first.
fn with_slices<A: Real, D: Dimension, W: Copy>(
    x: &mut ArrayBase<OwnedRepr<A>, D>,
    terms: &[(W, &ArrayBase<OwnedRepr<A>, D>)],
    run: impl FnOnce(&mut [A], &[(W, &[A])]),
) {
    if !x.is_standard_layout() {
        *x = x.as_standard_layout().into_owned();
    }
    // Eight terms stay off the heap, which is more than any sampler has.
    let standard: SmallVec<[_; 8]> =
        terms.iter().map(|(w, term)| (*w, term.as_standard_layout())).collect();
    let slices: SmallVec<[(W, &[A]); 8]> =
        standard.iter().filter_map(|(w, term)| Some((*w, term.as_slice()?))).collect();
    if let Some(x) = x.as_slice_mut() {
        run(x, &slices);
    }
}
