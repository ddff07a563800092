//! Monotone rational-quadratic splines: increasing maps of the line whose inverse is a formula.
//!
//! Durkan, Bekasov, Murray and Papamakarios, "Neural spline flows" (NeurIPS 2019), section 3.1 and appendix A.1. Between
//! knots `(x_k, y_k)` with slopes `d_k` the map is a quotient of two quadratics; outside `[-BOUND, BOUND]` it is the
//! identity, and it passes into it with slope 1.

use tch::{Kind, Tensor};

/// Bins between the outermost knots.
pub(crate) const BINS: i64 = 8;
/// Numbers that describe one map: widths and heights of the bins and the slopes at the inner knots.
pub(crate) const NUMBERS: i64 = 3 * BINS - 1;
/// Where the outermost knots lie, both ways: codes of labels lie in `[-1, 1]` and standardised noise rarely beyond 4.
const BOUND: f64 = 4.0;
/// No bin is narrower or lower than this share of the whole and no slope smaller, so that the inverse stays tame.
const LEAST: f64 = 1e-3;

/// One map an entry: tensors `[n, d, BINS + 1]` of knots and slopes.
#[derive(Debug)]
pub(crate) struct Spline {
    x: Tensor,
    y: Tensor,
    slopes: Tensor,
}

/// What describes the bin that an entry falls into, each `[n, d]`.
struct Bin {
    x: Tensor,
    y: Tensor,
    width: Tensor,
    height: Tensor,
    left: Tensor,
    right: Tensor,
}

impl Spline {
    /// The maps that raw numbers `[n, d, NUMBERS]` stand for; all 0 gives the identity.
    pub(crate) fn new(raw: &Tensor) -> Self {
        let knots = |raw: &Tensor| {
            let shares = raw.softmax(-1, Kind::Float) * (1.0 - LEAST * BINS as f64) + LEAST;
            let inner = shares.narrow(-1, 0, BINS - 1).cumsum(-1, Kind::Float) * (2.0 * BOUND);
            let ends = inner.narrow(-1, 0, 1).zeros_like();
            Tensor::cat(&[&ends, &inner, &(&ends + 2.0 * BOUND)], -1) - BOUND
        };
        // softplus(ONE) + LEAST = 1
        let one = ((1.0 - LEAST).exp() - 1.0).ln();
        let inner = (raw.narrow(-1, 2 * BINS, BINS - 1) + one).softplus() + LEAST;
        let ends = inner.narrow(-1, 0, 1).ones_like();
        Self {
            x: knots(&raw.narrow(-1, 0, BINS)),
            y: knots(&raw.narrow(-1, BINS, BINS)),
            slopes: Tensor::cat(&[&ends, &inner, &ends], -1),
        }
    }

    /// The bin of each entry of `at` along `knots`, which are those of x or of y.
    fn bin(&self, knots: &Tensor, at: &Tensor) -> Bin {
        let inner = knots.narrow(-1, 1, BINS - 1);
        let index = at.unsqueeze(-1).ge_tensor(&inner).sum_dim_intlist(
            [-1i64].as_slice(),
            true,
            Kind::Int64,
        );
        let of = |t: &Tensor, index: &Tensor| t.gather(-1, index, false).squeeze_dim(-1);
        let next = &index + 1;
        let (x, y) = (of(&self.x, &index), of(&self.y, &index));
        Bin {
            width: of(&self.x, &next) - &x,
            height: of(&self.y, &next) - &y,
            left: of(&self.slopes, &index),
            right: of(&self.slopes, &next),
            x,
            y,
        }
    }

    /// The image of `x`, `[n, d]`, and the logarithm of the slope there.
    pub(crate) fn forward(&self, x: &Tensor) -> (Tensor, Tensor) {
        let inside = x.abs().lt(BOUND);
        let bin = self.bin(&self.x, x);
        let mean = &bin.height / &bin.width;
        // Clamped so that entries outside, which are masked, give no infinite derivative.
        let place = ((x - &bin.x) / &bin.width).clamp(0.0, 1.0);
        let rest = 1.0 - &place;
        let both = &place * &rest;
        let below = &mean + (&bin.left + &bin.right - &mean * 2.0) * &both;
        let y = &bin.y + &bin.height * (&mean * place.square() + &bin.left * &both) / &below;
        let steep = &bin.right * place.square() + &mean * &both * 2.0 + &bin.left * rest.square();
        let log_slope = (steep * (mean / below).square()).log();
        (y.where_self(&inside, x), log_slope.where_self(&inside, &x.zeros_like()))
    }

    /// The point whose image is `y`, `[n, d]`: the root of a quadratic, in the form that does not cancel.
    pub(crate) fn inverse(&self, y: &Tensor) -> Tensor {
        let inside = y.abs().lt(BOUND);
        let bin = self.bin(&self.y, y);
        let mean = &bin.height / &bin.width;
        let up = (y - &bin.y).clamp_min(0.0).minimum(&bin.height);
        let bend = &bin.left + &bin.right - &mean * 2.0;
        let a = &bin.height * (&mean - &bin.left) + &up * &bend;
        let b = &bin.height * &bin.left - &up * &bend;
        let c = -(&mean * &up);
        let root = (b.square() - a * &c * 4.0).clamp_min(0.0).sqrt();
        let place = (c * 2.0 / (-b - root)).clamp(0.0, 1.0);
        (&bin.x + place * &bin.width).where_self(&inside, y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_tensor::noise;
    use tch::Device;

    fn rough(n: i64) -> (Spline, Tensor) {
        let items: Vec<u64> = (0..n as u64).collect();
        let raw = noise::normal(3, "spline", &items, 0, &[5, NUMBERS], Device::Cpu);
        let x = noise::normal(4, "points", &items, 0, &[5], Device::Cpu) * 2.5;
        (Spline::new(&raw), x)
    }

    fn largest(x: &Tensor) -> f64 {
        x.abs().max().double_value(&[])
    }

    /// Float class: 16 units in the last place at the outermost knot, times the slope that carries the error on.
    #[test]
    fn the_inverse_is_exact() {
        let (spline, x) = rough(400);
        assert!(largest(&x) > BOUND, "some points must lie in the tails");
        let unit = f64::from(f32::EPSILON) * BOUND;
        let (y, log_slope) = spline.forward(&x);
        let off = (spline.inverse(&y) - &x) * log_slope.exp();
        assert!(largest(&off) < 16.0 * unit, "{}", largest(&off));
        let (back, log_slope) = spline.forward(&spline.inverse(&x));
        let off = (back - &x) / log_slope.exp().clamp_min(1.0);
        assert!(largest(&off) < 16.0 * unit, "{}", largest(&off));
    }

    /// Float class: the slope is that of automatic differentiation, and positive.
    #[test]
    fn the_slope_is_the_derivative() {
        let (spline, x) = rough(200);
        let x = x.set_requires_grad(true);
        let (y, log_slope) = spline.forward(&x);
        let gradient = Tensor::run_backward(&[y.sum(Kind::Float)], &[&x], false, false);
        assert!(largest(&(gradient[0].log() - &log_slope)) < 1e-4);
    }

    /// Float class: raw zeros stand for the identity, inside and outside.
    #[test]
    fn zeros_are_the_identity() {
        let x = Tensor::linspace(-6.0, 6.0, 60, (Kind::Float, Device::Cpu)).view([12, 5]);
        let spline = Spline::new(&Tensor::zeros([12, 5, NUMBERS], (Kind::Float, Device::Cpu)));
        let (y, log_slope) = spline.forward(&x);
        assert!(largest(&(y - &x)) < 1e-5 && largest(&log_slope) < 1e-5);
    }

    /// Exact: the map increases and has no jump, at knots neither.
    #[test]
    fn the_map_rises_without_jumps() {
        let (spline, _) = rough(1);
        let n = 4001;
        let line = Tensor::linspace(-5.0, 5.0, n, (Kind::Float, Device::Cpu));
        let at = |i| spline.forward(&line.narrow(0, i, 1).expand([1, 5], false));
        let (y, log_slope): (Vec<_>, Vec<_>) = (0..n).map(at).unzip();
        let (y, log_slope) = (Tensor::cat(&y, 0), Tensor::cat(&log_slope, 0));
        let step = y.narrow(0, 1, n - 1) - y.narrow(0, 0, n - 1);
        assert!(step.min().double_value(&[]) > 0.0);
        // No step exceeds what the steepest slope makes of 10 / 4000.
        let most = log_slope.max().double_value(&[]).exp() * 10.0 / (n - 1) as f64;
        assert!(largest(&step) < 1.05 * most, "{} > {most}", largest(&step));
    }
}
