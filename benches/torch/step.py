#!/usr/bin/env python3
"""One training step, one denoising call or counterfactuals of the published architecture in plain PyTorch.

The other side of `cargo xtask bench --against-torch`: the same layers and numbers of parameters as `benches/src/bin/step.rs`
builds with the published method, written as a user of PyTorch would write them. Prints one JSON object.

  step.py train small --variant eager-f32 --steps 12
  step.py sample pendulum --variant eager-bf16 --steps 20
  step.py counterfactual small --steps 1
  step.py floor small
  step.py parameters morphomnist

Variants: eager-f32, eager-bf16 (autocast), compile-f32, compile-bf16 (torch.compile, the default mode).
"""

import argparse
import copy
import json
import math
import statistics
import time
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode, flop_registry


@dataclass
class Size:
    """An architecture: `attention` lists the factors of downsampling at which pixels attend to one another."""

    image: tuple[int, int, int]
    channels: int
    multipliers: tuple[int, ...]
    blocks: int
    attention: tuple[int, ...]
    width: int
    parents: tuple[tuple[int, ...], ...]
    encoder: tuple[int, ...]
    batch: int
    heads: int = 4


PAIR = ((), (0,))
SIZES = {
    "small": Size((1, 28, 28), 32, (1, 2, 2), 1, (4,), 64, PAIR, (16, 32, 64, 128), 64),
    "digits": Size((1, 28, 28), 64, (1, 2, 2), 2, (2, 4), 64, PAIR, (16, 32, 64, 128), 64),
    "morphomnist": Size((1, 28, 28), 128, (1, 2, 2), 3, (1,), 512, PAIR, (16, 32, 64, 128), 16),
    "pendulum": Size((3, 96, 96), 32, (1, 2, 3, 4), 1, (8,), 64, ((), (), (0, 1), (0, 1)), (16, 32, 32, 64, 64, 128), 16),
}
GROUPS = 32


class Residual(nn.Module):
    """Norm, SiLU, convolution; norm with scale and shift from the embedding, SiLU, a convolution that starts at 0."""

    def __init__(self, inputs, outputs, embedding):
        super().__init__()
        self.norm_in = nn.GroupNorm(GROUPS, inputs)
        self.conv_in = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.embedding = nn.Linear(embedding, 2 * outputs)
        self.norm_out = nn.GroupNorm(GROUPS, outputs)
        self.conv_out = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        nn.init.zeros_(self.conv_out.weight)
        nn.init.zeros_(self.conv_out.bias)

    def forward(self, x, embedding):
        h = self.conv_in(F.silu(self.norm_in(x)))
        scale, shift = self.embedding(embedding)[..., None, None].chunk(2, dim=1)
        h = F.silu(self.norm_out(h) * (1 + scale) + shift)
        return self.skip(x) + self.conv_out(h)


class Attention(nn.Module):
    """Self-attention over pixels, its softmax written out as the published code does."""

    def __init__(self, channels, heads):
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(GROUPS, channels)
        self.qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.out = nn.Conv1d(channels, channels, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x, _embedding):
        n, c, h, w = x.shape
        flat = x.view(n, c, h * w)
        qkv = self.qkv(self.norm(flat)).view(n * self.heads, 3, c // self.heads, h * w)
        q, k, v = qkv.unbind(1)
        share = torch.softmax(q.transpose(1, 2) @ k / math.sqrt(c // self.heads), dim=-1)
        mixed = (v @ share.transpose(1, 2)).reshape(n, c, h * w)
        return x + self.out(mixed).view(n, c, h, w)


class Resample(nn.Module):
    """Half the resolution by a strided convolution, or twice by the nearest neighbour and a convolution."""

    def __init__(self, channels, up):
        super().__init__()
        self.up = up
        self.conv = nn.Conv2d(channels, channels, 3, stride=1 if up else 2, padding=1)

    def forward(self, x, _embedding):
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest") if self.up else x)


class Unet(nn.Module):
    """The UNet of Dhariwal and Nichol 2021, with the latents added to the embedding of the time."""

    def __init__(self, size):
        super().__init__()
        base, width = size.channels, 4 * size.channels
        self.base = base
        self.time = nn.Sequential(nn.Linear(base, width), nn.SiLU(), nn.Linear(width, width))
        self.latent = nn.Linear(size.width, width)
        self.stem = nn.Conv2d(size.image[0], base, 3, padding=1)

        def block(inputs, outputs, factor):
            layers = [Residual(inputs, outputs, width)]
            if factor in size.attention:
                layers.append(Attention(outputs, size.heads))
            return layers

        down, up, skips, channels, factor = [], [], [base], base, 1
        for level, multiplier in enumerate(size.multipliers):
            if level:
                down.append([Resample(channels, up=False)])
                skips.append(channels)
                factor *= 2
            for _ in range(size.blocks):
                down.append(block(channels, multiplier * base, factor))
                channels = multiplier * base
                skips.append(channels)
        middle = [Residual(channels, channels, width), Attention(channels, size.heads), Residual(channels, channels, width)]
        for level, multiplier in reversed(list(enumerate(size.multipliers))):
            for _ in range(size.blocks + 1):
                up.append(block(channels + skips.pop(), multiplier * base, factor))
                channels = multiplier * base
            if level:
                up[-1].append(Resample(channels, up=True))
                factor //= 2
        self.down = nn.ModuleList(nn.ModuleList(layers) for layers in down)
        self.middle = nn.ModuleList(middle)
        self.up = nn.ModuleList(nn.ModuleList(layers) for layers in up)
        self.norm = nn.GroupNorm(GROUPS, channels)
        self.out = nn.Conv2d(channels, size.image[0], 3, padding=1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x, times, latents):
        half = self.base // 2
        angles = times[:, None] * torch.exp(-math.log(10_000) / half * torch.arange(half))
        time_embedding = self.time(torch.cat([angles.cos(), angles.sin()], dim=1))
        embedding = F.silu(time_embedding + self.latent(latents))
        h = self.stem(x)
        skips = [h]
        for layers in self.down:
            for layer in layers:
                h = layer(h, embedding)
            skips.append(h)
        for layer in self.middle:
            h = layer(h, embedding)
        for layers in self.up:
            h = torch.cat([h, skips.pop()], dim=1)
            for layer in layers:
                h = layer(h, embedding)
        return self.out(F.silu(self.norm(h)))


class Autoencoder(nn.Module):
    """Encoder, one mechanism a variable, and the UNet; the loss of the published method."""

    def __init__(self, size):
        super().__init__()
        self.parents, self.block = size.parents, size.width // len(size.parents)
        layers, channels, side = [], size.image[0], size.image[1]
        for outputs in size.encoder:
            layers += [nn.Conv2d(channels, outputs, 3, stride=2, padding=1), nn.BatchNorm2d(outputs), nn.LeakyReLU()]
            channels, side = outputs, (side + 1) // 2
        self.features = nn.Sequential(*layers, nn.Flatten())
        self.mean = nn.Linear(channels * side * side, size.width)
        self.variance = nn.Linear(channels * side * side, size.width)
        self.mechanisms = nn.ModuleList(
            nn.Sequential(
                nn.Linear(max(1, len(parents)) * self.block, size.width), nn.LeakyReLU(), nn.Linear(size.width, self.block)
            )
            for parents in size.parents
        )
        self.unet = Unet(size)

    def latents(self, exogenous, held=None):
        """Causal latents of exogenous codes, with the blocks of some variables held at a value."""
        held, causes = held or {}, []
        for noise, parents, mechanism in zip(exogenous.chunk(len(self.parents), dim=1), self.parents, self.mechanisms):
            if (variable := len(causes)) in held:
                causes.append(torch.full_like(noise, held[variable]))
                continue
            seen = torch.cat([causes[p] for p in parents], dim=1) if parents else torch.zeros_like(noise)
            causes.append(noise + mechanism(seen))
        return torch.cat(causes, dim=1).float()

    def loss(self, images, labels, alpha_bar):
        h = self.features(images)
        mean, variance = self.mean(h), F.softplus(self.variance(h)) + 1e-8
        latents = self.latents(mean)
        variance, mean = variance.float(), mean.float()
        prior = labels.repeat_interleave(self.block, dim=1)
        divergence = 0.5 * (variance + mean.square() - 1 - variance.log() + (latents - prior).square()).sum(1)
        times = torch.randint(0, 1000, (len(images),))
        kept = alpha_bar[times][:, None, None, None]
        noise = torch.randn_like(images)
        seen = latents + (1e-3 * variance).sqrt() * torch.randn_like(latents)
        predicted = self.unet(kept.sqrt() * images + (1 - kept).sqrt() * noise, times, seen)
        return (predicted.float() - noise).square().mean() + 1e-4 * divergence.mean()


def alpha_bars():
    return torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64), 0).float()


def batch(size):
    images = torch.rand(size.batch, *size.image) * 2 - 1
    return images, torch.rand(size.batch, len(size.parents)) * 2 - 1


def train(size, variant, steps):
    """Seconds of each step: loss, gradients, clipping, AdamW, moving average."""
    model, kept = Autoencoder(size), alpha_bars()
    average = copy.deepcopy(model)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.0)
    loss_of = torch.compile(model.loss) if variant.startswith("compile") else model.loss
    times = []
    for _ in range(steps + 2):
        images, labels = batch(size)
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=variant.endswith("bf16")):
            loss = loss_of(images, labels, kept)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1e-3)
        times.append(time.perf_counter() - start)
    return times[2:]


def denoising(size):
    """A call of the UNet for 16 images."""
    unet = Autoencoder(size).unet.eval()
    return unet, (torch.randn(16, *size.image), torch.full((16,), 500), torch.randn(16, size.width))


@torch.no_grad()
def sample(size, variant, steps):
    """Seconds of each call of the UNet for 16 images."""
    unet, inputs = denoising(size)
    call = torch.compile(unet) if variant.startswith("compile") else unet
    times = []
    for _ in range(steps + 2):
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=variant.endswith("bf16")):
            call(*inputs)
        times.append(time.perf_counter() - start)
    return times[2:]


# Steps of DDIM in each direction.
DDIM_STEPS = 250


def ddim(unet, x, latents, path):
    """Deterministic DDIM (Song et al. 2021) along pairs of a time and what is left of the image at it, up or down."""
    for (time_here, kept), (_, kept_there) in zip(path, path[1:]):
        noise = unet(x, torch.full((len(x),), time_here), latents).float()
        image = (x - math.sqrt(1 - kept) * noise) / math.sqrt(kept)
        x = math.sqrt(kept_there) * image + math.sqrt(1 - kept_there) * noise
    return x


@torch.no_grad()
def counterfactual(size, variant, steps):
    """Seconds to abduct 16 images by DDIM backwards, set the first variable, and decode them by DDIM."""
    model = Autoencoder(size).eval()
    every = 1000 // DDIM_STEPS
    levels = enumerate(alpha_bars().tolist())
    path = [(0, 1.0), *((t, kept) for t, kept in levels if t % every == every - 1)]
    images = torch.rand(16, *size.image) * 2 - 1
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=variant.endswith("bf16")):
            exogenous = model.mean(model.features(images))
            noise = ddim(model.unet, images, model.latents(exogenous), path)
            ddim(model.unet, noise, model.latents(exogenous, {0: 0.5}), path[::-1])
        times.append(time.perf_counter() - start)
    return times


def best_of(runs, action):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


class Traffic(TorchDispatchMode):
    """Numbers that enter and leave convolutions and products: they pass through memory however all else is fused."""

    def __init__(self):
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        given = function(*args, **(kwargs or {}))
        if function._overloadpacket in flop_registry:
            leaves = tree_leaves((args, kwargs, given))
            self.numbers += sum(leaf.numel() for leaf in leaves if isinstance(leaf, torch.Tensor))
        return given


# Weights, gradient, two moments and average in single precision, each written in a step and all but the gradient read for it,
# which is read twice, for its norm and by the optimiser.
BYTES_OF_A_PARAMETER = 4 * (5 + 4 + 2)


def floor(size):
    """What a step cannot do without: the operations of convolutions and products at the rate of a large product, and the
    numbers that enter and leave them, with those of the optimiser, at the rate of a large copy."""
    model = Autoencoder(size)

    def training():
        model.loss(*batch(size), alpha_bars()).backward()

    unet, inputs = denoising(size)

    def call():
        with torch.no_grad():
            unet(*inputs)

    def rate(kind, n, runs):
        a, b = torch.randn(n, n, dtype=kind), torch.randn(n, n, dtype=kind)
        return 2 * n**3 / best_of(runs, lambda: a @ b)

    told = {}
    rates = {"f32": rate(torch.float32, 2048, 8)}
    width = 4
    # Where bfloat16 has no instructions of its own a large product in it takes minutes, and nobody uses it.
    if rate(torch.bfloat16, 256, 3) > rate(torch.float32, 256, 3):
        rates["bf16"] = rate(torch.bfloat16, 2048, 8)
        width = 2
    for name, step in [("train", training), ("sample", call)]:
        with FlopCounterMode(display=False) as counted:
            step()
        with Traffic() as traffic:
            step()
        told[f"{name}_flop"] = counted.get_total_flops()
        told[f"{name}_bytes"] = width * traffic.numbers
    told["train_bytes"] += BYTES_OF_A_PARAMETER * sum(p.numel() for p in model.parameters())
    source = torch.randn(1 << 26)
    target = torch.empty_like(source)
    bandwidth = 2 * source.nbytes / best_of(5, lambda: target.copy_(source))
    return told | {"flop_per_s": rates, "bytes_per_s": bandwidth}


TASKS = {"train": train, "sample": sample, "counterfactual": counterfactual}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=[*TASKS, "floor", "parameters"])
    parser.add_argument("size", choices=SIZES)
    variants = ["eager-f32", "eager-bf16", "compile-f32", "compile-bf16"]
    parser.add_argument("--variant", choices=variants, default="eager-f32")
    parser.add_argument("--steps", type=int, default=12)
    given = parser.parse_args()
    size = SIZES[given.size]
    torch.manual_seed(0)
    told = {"what": given.what, "size": given.size, "threads": torch.get_num_threads()}
    if given.what == "parameters":
        count = lambda part: sum(p.numel() for p in part.parameters())
        model = Autoencoder(size)
        told |= {"total": count(model), "unet": count(model.unet), "mechanisms": count(model.mechanisms)}
    elif given.what == "floor":
        told |= floor(size)
    else:
        times = TASKS[given.what](size, given.variant, given.steps)
        told |= {"variant": given.variant, "step_s": statistics.median(times)}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
