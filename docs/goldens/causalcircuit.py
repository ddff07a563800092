#!/usr/bin/env python3
"""A tiny archive in the layout of CausalCircuit, written by NumPy and Pillow, for the importer's test.

    python3 -m pip install numpy pillow
    python3 docs/goldens/causalcircuit.py crates/counterfoil-data/tests/goldens/train-0.npz

Three pairs of 8 x 8 JPEG pictures of one colour; the first of each pair has red 40 k, green 0 and blue 200, the second
of the last pair is the very same object as its first, which pickles as a reference.
"""

import io
import sys

import numpy as np
from PIL import Image


def jpeg(colour):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(buffer, "JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


pairs = 3
pictures = np.empty((pairs, 2), dtype=object)
for k in range(pairs):
    pictures[k, 0] = jpeg((40 * k, 0, 200))
    pictures[k, 1] = jpeg((40 * k, 100, 200)) if k < 2 else pictures[k, 0]
latents = np.arange(pairs * 8, dtype=np.float64).reshape(pairs, 2, 4) / 100
np.savez_compressed(sys.argv[1], imgs=pictures, original_latents=latents, epsilon=latents.astype(np.float32))
