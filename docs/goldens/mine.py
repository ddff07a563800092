#!/usr/bin/env python3
"""Golden characteristic matrices for `counterfoil_metrics::mine`, from the C library inside minepy 1.2.6,
plain and equicharacteristic.

minepy's Python wrapper does not build with current Cython; its C library needs no more than a compiler:

    python3 -m pip install numpy==2.4.6 setuptools wheel
    python3 -m pip download --no-deps --no-binary :all: --no-build-isolation minepy==1.2.6
    tar xf minepy-1.2.6.tar.gz
    cc -O2 -shared -fPIC -o libmine.so minepy-1.2.6/libmine/mine.c -lm
    python3 docs/goldens/mine.py ./libmine.so > crates/counterfoil-metrics/tests/goldens/mine.json

Inputs are rounded and stored beside the figures. The cases cover grids with and without merged clumps, equal
values on one or both axes (fewer rows than asked for), and sizes that are no fifth powers: there n^0.6 is an
integer but for rounding, and the peer loses the largest grids.
"""

import ctypes
import json
import sys

import numpy as np


class Problem(ctypes.Structure):
    _fields_ = [("n", ctypes.c_int), ("x", ctypes.POINTER(ctypes.c_double)), ("y", ctypes.POINTER(ctypes.c_double))]


class Parameter(ctypes.Structure):
    _fields_ = [("alpha", ctypes.c_double), ("c", ctypes.c_double), ("est", ctypes.c_int)]


class Score(ctypes.Structure):
    _fields_ = [("n", ctypes.c_int), ("m", ctypes.POINTER(ctypes.c_int)),
                ("M", ctypes.POINTER(ctypes.POINTER(ctypes.c_double)))]


library = ctypes.CDLL(sys.argv[1])
library.mine_compute_score.restype = ctypes.POINTER(Score)
for name in ("mine_mic", "mine_mas", "mine_tic"):
    getattr(library, name).restype = ctypes.c_double


def figures(x, y, alpha, c, equi=0):
    arrays = [np.ascontiguousarray(v, dtype=np.float64) for v in (x, y)]
    pointers = [a.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for a in arrays]
    score = library.mine_compute_score(ctypes.byref(Problem(len(x), *pointers)), ctypes.byref(Parameter(alpha, c, equi)))
    s = score.contents
    return {
        "alpha": alpha, "c": c, "equi": bool(equi), "x": arrays[0].tolist(), "y": arrays[1].tolist(),
        "cells": [[s.M[i][j] for j in range(s.m[i])] for i in range(s.n)],
        "mic": library.mine_mic(score), "mas": library.mine_mas(score),
        "tic": library.mine_tic(score, 0), "mean": library.mine_tic(score, 1),
    }


rng = np.random.default_rng(20240418)
cases = []
for n, alpha, c in ((60, 0.6, 15.0), (90, 0.6, 1.0), (150, 0.7, 2.0), (41, 0.9, 5.0)):
    x = np.round(rng.standard_normal(n), 4)
    y = np.round(np.sin(2 * x) + 0.4 * rng.standard_normal(n), 4)
    for pair in ((x, y), (np.round(x, 0), y), (np.round(2 * x, 0), np.round(y, 0))):
        cases += [figures(*pair, alpha, c), figures(*pair, alpha, c, equi=1)]
print(json.dumps({"made_by": "docs/goldens/mine.py", "versions": {"numpy": np.__version__, "minepy": "1.2.6"}, "cases": cases}))
