//! `State` for libtorch tensors: in-place arithmetic on the tensor's own device, without any synchronisation.

use super::State;
use crate::DiffusionError;
use tch::{Device, Kind, TchError, Tensor};

impl From<TchError> for DiffusionError {
    fn from(error: TchError) -> Self {
        Self::Backend { message: error.to_string() }
    }
}

/// A state must be f32 or f64: at half precision the small differences between levels vanish.
fn check(left: &Tensor, right: &Tensor) -> Result<(), DiffusionError> {
    if !matches!(left.kind(), Kind::Float | Kind::Double) {
        let expected = "Float or Double".to_owned();
        return Err(DiffusionError::DtypeMismatch {
            expected,
            found: format!("{:?}", left.kind()),
        });
    }
    if left.kind() != right.kind() {
        let (expected, found) = (format!("{:?}", left.kind()), format!("{:?}", right.kind()));
        return Err(DiffusionError::DtypeMismatch { expected, found });
    }
    if left.device() != right.device() {
        let (left, right) = (format!("{:?}", left.device()), format!("{:?}", right.device()));
        return Err(DiffusionError::DeviceMismatch { left, right });
    }
    if left.size() != right.size() {
        let (left, right) = (shape(left), shape(right));
        return Err(DiffusionError::ShapeMismatch { left, right });
    }
    Ok(())
}

/// The shape as unsigned numbers.
fn shape(tensor: &Tensor) -> Vec<usize> {
    tensor.size().into_iter().map(|n| n as usize).collect()
}

/// A number as a tensor of this kind, on the host.
fn scalar(weight: f64, kind: Kind) -> Result<Tensor, DiffusionError> {
    Ok(match kind {
        // Rounded here, which is one operation of libtorch less.
        Kind::Float => Tensor::from(weight as f32),
        _ => Tensor::from(weight).f_to_kind(kind)?,
    })
}

/// One weight per item, shaped to broadcast over the rest.
fn column(weights: &[f64], like: &Tensor) -> Result<Tensor, DiffusionError> {
    let (given, batch) = (weights.len(), like.items());
    if given != batch {
        return Err(DiffusionError::ItemMismatch { given, batch });
    }
    let mut size = vec![1; like.dim()];
    if let Some(first) = size.first_mut() {
        *first = batch as i64;
    }
    let column = Tensor::f_from_slice(weights)?.f_reshape(size)?;
    Ok(column.f_to_device(like.device())?.f_to_kind(like.kind())?)
}

/// The term with 0 in place of what is not finite in items of weight zero, which a sum must not read: `0 * NaN` is NaN.
/// `None` where nothing has to be replaced. Finite numbers stay as they are, so that a sum keeps every bit, and nothing
/// waits for the device.
fn readable(
    term: &Tensor,
    weights: &[f64],
    column: &Tensor,
) -> Result<Option<Tensor>, DiffusionError> {
    if !weights.contains(&0.0) {
        return Ok(None);
    }
    let finite = term.f_nan_to_num(0.0, 0.0, 0.0)?;
    Ok(Some(finite.f_where_self(&column.f_eq(0.0)?, term)?))
}

/// The tensor as one row per item, in double precision.
fn rows(tensor: &Tensor) -> Result<Tensor, DiffusionError> {
    let items = tensor.items();
    let width = tensor.numel() / items.max(1);
    Ok(tensor.f_to_kind(Kind::Double)?.f_reshape([items as i64, width as i64])?)
}

/// One number per item, brought to the host.
fn numbers(tensor: &Tensor) -> Result<Vec<f64>, DiffusionError> {
    Ok(Vec::<f64>::try_from(tensor.f_to_device(Device::Cpu)?)?)
}

/// Tensors follow autograd's rules like any other arithmetic on them: run samplers inside `tch::no_grad`.
impl State for Tensor {
    fn lincomb(&mut self, own: f64, terms: &[(f64, &Self)]) -> Result<(), DiffusionError> {
        check(self, self)?;
        terms.iter().try_for_each(|(_, term)| check(self, term))?;
        let mut terms = terms.iter().filter(|(weight, _)| *weight != 0.0);
        if own != 0.0 {
            if own != 1.0 {
                let _ = self.f_mul_scalar_(own)?;
            }
        } else if let Some((weight, term)) = terms.next() {
            // The first term is written over what was there: no pass to clear it. Autograd has no rule for that.
            if term.requires_grad() || self.requires_grad() {
                self.f_copy_(term)?;
                let _ = self.f_mul_scalar_(*weight)?;
            } else {
                let _ = term.f_mul_out(self, &scalar(*weight, self.kind())?)?;
            }
        } else {
            let _ = self.f_zero_()?;
        }
        for (weight, term) in terms {
            // One pass over memory where a number may stand beside a tensor; on an accelerator it would have to travel.
            let _ = if self.device() == Device::Cpu {
                self.f_addcmul_(term, &scalar(*weight, self.kind())?)?
            } else {
                self.f_add_(&term.f_mul_scalar(*weight)?)?
            };
        }
        Ok(())
    }

    fn lincomb_items(
        &mut self,
        own: &[f64],
        terms: &[(&[f64], &Self)],
    ) -> Result<(), DiffusionError> {
        check(self, self)?;
        terms.iter().try_for_each(|(_, term)| check(self, term))?;
        let none = |weights: &[f64]| weights.iter().all(|&weight| weight == 0.0);
        let weights = column(own, self)?;
        let _ = if none(own) {
            self.f_zero_()?
        } else {
            if let Some(readable) = readable(self, own, &weights)? {
                self.f_copy_(&readable)?;
            }
            self.f_mul_(&weights)?
        };
        for (weights, term) in terms {
            let column = column(weights, self)?;
            // Training has such terms at every step; only where the sum began with zeros does adding zeros change no sign.
            if none(own) && none(weights) {
                continue;
            }
            let readable = readable(term, weights, &column)?;
            let _ = self.f_addcmul_(readable.as_ref().unwrap_or(term), &column)?;
        }
        Ok(())
    }

    fn zeroed(&self) -> Result<Self, DiffusionError> {
        Ok(self.f_zeros_like()?)
    }

    fn filled_like(&self, fill: &mut dyn FnMut(usize, &mut [f64])) -> Result<Self, DiffusionError> {
        let width = self.numel() / self.items().max(1);
        let mut wide = vec![0.0; self.numel()];
        wide.chunks_mut(width.max(1)).enumerate().for_each(|(item, row)| fill(item, row));
        let tensor = Self::f_from_slice(&wide)?.f_reshape(self.size())?;
        Ok(tensor.f_to_kind(self.kind())?.f_to_device(self.device())?)
    }

    fn clamp_to(&mut self, bound: f64) -> Result<(), DiffusionError> {
        let _ = self.f_clamp_(-bound, bound)?;
        Ok(())
    }

    fn round_to(&mut self, spacing: f64) -> Result<(), DiffusionError> {
        // libtorch rounds halves to even, as the trait says.
        let _ = self.f_div_scalar_(spacing)?.f_round_()?.f_mul_scalar_(spacing)?;
        Ok(())
    }

    fn blend(&mut self, mask: &Self, other: &Self) -> Result<(), DiffusionError> {
        check(self, mask)?;
        check(self, other)?;
        // `lerp` starts from the nearer end, so that both ends are exact.
        let _ = self.f_lerp_tensor_(other, mask)?;
        Ok(())
    }

    fn rms_difference(&self, other: &Self) -> Result<f64, DiffusionError> {
        check(self, other)?;
        let mean = self.f_sub(other)?.f_square()?.f_mean(Kind::Double)?;
        Ok(f64::try_from(mean.f_sqrt()?)?)
    }

    fn inner_items(&self, other: &Self) -> Result<Vec<f64>, DiffusionError> {
        check(self, other)?;
        let products = rows(self)?.f_mul(&rows(other)?)?;
        numbers(&products.f_sum_dim_intlist(1, false, Kind::Double)?)
    }

    fn std_items(&self) -> Result<Vec<f64>, DiffusionError> {
        numbers(&rows(self)?.f_var_dim(1, false, false)?.f_sqrt()?)
    }

    fn items(&self) -> usize {
        self.size().first().map_or(1, |&n| n as usize)
    }
}
