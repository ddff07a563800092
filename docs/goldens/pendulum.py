#!/usr/bin/env python3
"""Golden pictures for the world `pendulum` of counterfoil-data, drawn by matplotlib as the published generator draws.

    python3 -m pip install matplotlib numpy
    python3 docs/goldens/pendulum.py crates/counterfoil-data/tests/goldens

Each picture is one figure of 1 x 1 inch at 96 dots an inch with default margins; the axes run from 0 to 20 and from
-1 to 21 and are hidden. Angle and light are given in gon (a turn has 400). The names are `pendulum_ANGLE_LIGHT.png`.
"""

import math
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

SCENES = [(0, 75), (-40, 60), (43, 147), (17, 99), (-23, 130), (5, 101)]


def draw(angle, light, file):
    theta, phi = angle * math.pi / 200, light * math.pi / 200
    bob = (10 + 8 * math.sin(theta), 10.5 - 8 * math.cos(theta))
    sun = (10 + 10 / math.tan(phi), 20.5)
    middle = 10 + 4.75 * math.sin(theta) - (11 - 4.75 * math.cos(theta)) / math.tan(phi)
    length = max(3, abs(9.5 * math.sin(theta) + 9.5 * math.cos(theta) / math.tan(phi)))
    ends = [(middle - length / 2, -0.5), (middle + length / 2, -0.5)]

    plt.rcParams["figure.figsize"] = (1.0, 1.0)
    figure, axes = plt.subplots()
    artists = [
        plt.Polygon([(10, 10.5), bob], color="black", linewidth=3),
        plt.Circle(bob, 1.5, color="firebrick"),
        plt.Circle(sun, 3, color="orange"),
        plt.Polygon(ends, color="black", linewidth=3),
    ]
    for artist in artists:
        axes.add_artist(artist)
    axes.set_xlim((0, 20))
    axes.set_ylim((-1, 21))
    plt.axis("off")
    plt.savefig(file, dpi=96, metadata={"Software": None})
    plt.close(figure)


folder = pathlib.Path(sys.argv[1])
for angle, light in SCENES:
    file = folder / f"pendulum_{angle}_{light}.png"
    draw(angle, light, file)
    pixels = (plt.imread(file) * 255).round().astype(np.uint8)
    white = (pixels[..., :3] == 255).all(-1)
    orange = (pixels[..., :3] == (255, 165, 0)).all(-1)
    firebrick = (pixels[..., :3] == (178, 34, 34)).all(-1)
    print(file.name, pixels.shape, "not white", (~white).sum(), "orange", orange.sum(), "firebrick", firebrick.sum())
