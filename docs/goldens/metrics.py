#!/usr/bin/env python3
"""Golden figures for counterfoil-metrics, from NumPy, SciPy, scikit-learn and scikit-image.

    python3 -m pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 scikit-image==0.26.0
    python3 docs/goldens/metrics.py > crates/counterfoil-metrics/tests/goldens/metrics.json

Inputs are rounded to six decimals and stored beside the figures, so the file stands alone: the Rust test reads
the inputs from it and nothing depends on NumPy's generator staying the same. The peers' own choices are set to
the definitions that the crate documents:

* SSIM: Gaussian window of standard deviation 1.5 cut at 3.5 (11 pixels), weighted moments, mean over the
  positions where the window fits (Wang et al. 2004).
* mutual information: scikit-learn's private `_compute_mi_cc`, the first estimator of Kraskov et al. (2004), on
  standardised columns.
* ridge: scikit-learn minimises |y - Xw|^2 + alpha |w|^2, hence alpha = n * penalty on standardised features.
* Frechet: SciPy's general matrix square root of the product of covariances.
* gaps: SAP from `scipy.stats.linregress`, MIG from `sklearn.metrics.mutual_info_score` on `numpy.histogram` bins.
* IRS: from the formula with `numpy.quantile`, groups of equal width from `numpy.histogram` counted alike.
* minimality: SciPy's normal densities by Gauss-Hermite quadrature, and the shares counted one by one.
* trees: scikit-learn's `GradientBoostingRegressor`, which casts features to f32; they are multiples of 1/64 with few
  distinct values, so that its exact splits and our bins are the same cuts. It draws the order in which it looks at
  features; three seeds must agree, so that no figure hangs on how a tie is broken.
"""

import json
import platform
import sys

import numpy as np
import scipy
import scipy.linalg
import scipy.optimize
import scipy.stats
import skimage
import skimage.metrics
import sklearn
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.feature_selection._mutual_info import _compute_mi_cc
from sklearn.linear_model import Ridge
from sklearn.metrics import mutual_info_score

rng = np.random.default_rng(20240417)


def draw(*shape):
    return np.round(rng.standard_normal(shape), 6)


def lists(array):
    return np.asarray(array).tolist()


def statistics():
    x, y = draw(25), draw(25)
    y[:20] = np.round(0.6 * x[:20] + 0.5 * y[:20], 6)
    tied = np.round(x, 0)
    line = scipy.stats.linregress(x, y)
    return {
        "x": lists(x), "y": lists(y), "tied": lists(tied),
        "quantiles": [[p, float(np.quantile(x, p))] for p in (0.0, 0.025, 0.05, 0.5, 0.8, 0.95, 1.0)],
        "variance": float(np.var(x, ddof=1)),
        "pearson": float(scipy.stats.pearsonr(x, y).statistic),
        "spearman_tied": float(scipy.stats.spearmanr(tied, y).statistic),
        "slope": line.slope, "intercept": line.intercept, "slope_error": line.stderr,
    }


def image():
    a = np.round(rng.random((16, 19)), 6)
    b = np.round(np.clip(0.7 * a + 0.3 * rng.random((16, 19)), 0, 1), 6)
    return {
        "shape": list(a.shape), "a": lists(a.ravel()), "b": lists(b.ravel()),
        "mse": float(skimage.metrics.mean_squared_error(a, b)),
        "psnr": float(skimage.metrics.peak_signal_noise_ratio(a, b, data_range=1.0)),
        "ssim": float(skimage.metrics.structural_similarity(
            a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1.0)),
    }


def frechet():
    a = draw(30, 4)
    b = np.round(draw(40, 4) @ np.array([[1, 0.5, 0, 0], [0, 2, 0, 0], [0.3, 0, 1, 0], [0, 0, 0, 0.2]]) + 0.4, 6)
    ca, cb = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = scipy.linalg.sqrtm(ca @ cb)
    distance = np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(ca + cb - 2 * root.real)
    return {"a": lists(a), "b": lists(b), "distance": float(distance)}


def information():
    x = draw(120, 2)
    y = np.round(x[:, :1] ** 2 - x[:, 1:] + 0.3 * draw(120, 1), 6)
    standard = lambda v: (v - v.mean(0)) / v.std(0)
    cases = []
    for k in (1, 3, 5):
        value = _compute_mi_cc(standard(x[:, :1])[:, 0], standard(y)[:, 0], n_neighbors=k)
        assert value > 0.05, "the peer cuts at zero, which would hide a disagreement"
        cases.append([k, float(value)])
    return {"x": lists(x), "y": lists(y[:, 0]), "first_column": cases}


def ridge():
    x, fresh = draw(20, 5) * np.array([1, 10, 0.1, 1, 3]), draw(6, 5)
    y = np.round(x @ np.array([1.0, -0.2, 4.0, 0.0, 0.5]) + 0.3 * draw(20) + 7, 6)
    mean, deviation = x.mean(0), x.std(0)
    cases = []
    for penalty in (1e-3, 0.1, 1.0):
        model = Ridge(alpha=20 * penalty, solver="cholesky").fit((x - mean) / deviation, y)
        cases.append({"penalty": penalty, "weights": lists(model.coef_),
                      "predictions": lists(model.predict((fresh - mean) / deviation))})
    return {"x": lists(x), "y": lists(y), "fresh": lists(fresh), "cases": cases}


def assignment():
    gains = draw(6, 9)
    rows, columns = scipy.optimize.linear_sum_assignment(gains, maximize=True)
    return {"gains": lists(gains), "pairs": [[int(r), int(c)] for r, c in zip(rows, columns)]}


def disentanglement():
    importance = np.round(rng.random((7, 3)) ** 3, 6)
    shares = importance + 1e-11
    rows = 1 - scipy.stats.entropy(shares.T, base=3)
    columns = 1 - scipy.stats.entropy(shares, base=7)
    total = importance.sum()
    return {
        "importance": lists(importance),
        "disentanglement": float(np.sum(rows * importance.sum(1) / total)), "each_code": lists(rows),
        "completeness": float(np.sum(columns * importance.sum(0) / total)), "each_factor": lists(columns),
    }


def binned(values, bins):
    return np.digitize(values, np.histogram(values, bins)[1][:-1])


def codes_and_factors():
    """A code of four dimensions for three factors, the last of which has three values."""
    factors = np.column_stack([draw(150, 2), rng.integers(0, 3, 150)])
    mixing = np.array([[1.0, 0.1, 0.4, 0.0], [0.2, 0.9, -0.6, 0.0], [0.1, 0.0, 0.3, 0.0]])
    codes = np.round(factors @ mixing + 0.3 * draw(150, 4), 6)
    codes[:, 1] = np.round(np.exp(codes[:, 1]), 6)
    return codes, factors


def gaps():
    codes, factors = codes_and_factors()
    r2 = np.array([[scipy.stats.linregress(c, f).rvalue ** 2 for f in factors.T] for c in codes.T])
    bins = [binned(c, 20) for c in codes.T]
    classes = [binned(f, 10) for f in factors.T]
    information = np.array([[mutual_info_score(f, c) / mutual_info_score(f, f) for f in classes] for c in bins])
    top = lambda m: np.sort(m, axis=0)[::-1]
    return {
        "codes": lists(codes), "factors": lists(factors),
        "sap": float(np.mean(top(r2)[0] - top(r2)[1])), "sap_scores": lists(r2),
        "code_bins": 20, "factor_bins": 10,
        "mig": float(np.mean(top(information)[0] - top(information)[1])), "mig_scores": lists(information),
    }


def robustness():
    codes, factors = codes_and_factors()
    farthest = np.abs(codes - codes.mean(0)).max(0)
    scores = np.zeros((4, 3))
    for j, factor in enumerate(factors.T):
        groups = [codes[binned(factor, 8) == g] for g in np.unique(binned(factor, 8))]
        moved = [np.quantile(np.abs(g - g.mean(0)), 0.99, axis=0) for g in groups]
        scores[:, j] = 1 - np.mean(moved, axis=0) / farthest
    return {
        "codes": lists(codes), "factors": lists(factors), "bins": 8, "quantile": 0.99, "scores": lists(scores),
        "overall": float(np.average(scores.max(1), weights=farthest)),
    }


def trees():
    x, fresh = rng.integers(-96, 96, (400, 5)) / 64, rng.integers(-96, 96, (20, 5)) / 64
    y = np.round(x[:, 0] ** 2 + np.sin(3 * x[:, 1]) * x[:, 2] + 0.5 * x[:, 3] + 0.05 * draw(400), 6)
    cases = []
    for trees, depth, rate, leaf in ((1, 1, 1.0, 1), (60, 3, 0.1, 5), (25, 4, 0.3, 8), (40, 2, 0.2, 1)):
        fits = [GradientBoostingRegressor(n_estimators=trees, max_depth=depth, learning_rate=rate,
                                          min_samples_leaf=leaf, random_state=seed).fit(x, y) for seed in range(3)]
        for other in fits[1:]:
            assert np.allclose(other.predict(fresh), fits[0].predict(fresh), atol=1e-12), "a tie"
            assert np.allclose(other.feature_importances_, fits[0].feature_importances_, atol=1e-12), "a tie"
        cases.append({"trees": trees, "depth": depth, "rate": rate, "leaf": leaf,
                      "importance": lists(fits[0].feature_importances_), "predictions": lists(fits[0].predict(fresh))})
    return {"x": lists(x), "y": lists(y), "fresh": lists(fresh), "cases": cases}


def minimality():
    """CLD of eight counterfactuals, with SciPy's expectation of the log ratio of densities as the divergence."""
    real, log_real, groups = draw(14, 3), np.round(0.3 * draw(14, 3), 6), rng.integers(0, 3, 14)
    made, log_made = draw(8, 3), np.round(0.3 * draw(8, 3), 6)
    images = rng.integers(0, 14, 8)
    asked = (groups[images] + rng.integers(1, 3, 8)) % 3

    def divergence(q, log_s, p, log_t):
        each = []
        for m, s, k, t in zip(q, np.exp(log_s), p, np.exp(log_t)):
            ratio = lambda v: scipy.stats.norm.logpdf(v, m, s) - scipy.stats.norm.logpdf(v, k, t)
            nodes, weights = np.polynomial.hermite_e.hermegauss(20)  # exact: the ratio is a parabola
            each.append(np.sum(weights * ratio(m + s * nodes)) / np.sum(weights))
        return np.mean(each)

    each = []
    for row, (image, group) in enumerate(zip(images, asked)):
        to_image = lambda q, log_s: divergence(q, log_s, real[image], log_real[image])
        own = to_image(made[row], log_made[row])
        others = [i for i in range(14) if i != image]
        far = np.mean([to_image(real[i], log_real[i]) >= own for i in others if groups[i] == groups[image]])
        near = np.mean([to_image(real[i], log_real[i]) <= own for i in others if groups[i] == group])
        each.append(float(np.log(0.8 * np.exp(near) + 0.2 * np.exp(far))))
    return {
        "real": lists(real), "log_real": lists(log_real), "groups": lists(groups), "made": lists(made),
        "log_made": lists(log_made), "images": lists(images), "asked": lists(asked), "each": each,
        "divergence": float(divergence(made[0], log_made[0], real[0], log_real[0])),
    }


print(json.dumps({
    "made_by": "docs/goldens/metrics.py",
    "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__,
                 "scikit-learn": sklearn.__version__, "scikit-image": skimage.__version__},
    "statistics": statistics(), "image": image(), "frechet": frechet(), "information": information(),
    "ridge": ridge(), "assignment": assignment(), "disentanglement": disentanglement(),
    "gaps": gaps(), "robustness": robustness(), "trees": trees(), "minimality": minimality(),
}))
print("eleven groups written", file=sys.stderr)
