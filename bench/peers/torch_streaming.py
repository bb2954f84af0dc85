"""numpy_streaming.py in PyTorch, on one thread."""

import numpy as np
import torch

from job import E, main

torch.set_num_threads(1)
torch.set_grad_enabled(False)


def tensors(job):
    """The job's arrays as tensors, made once; they share memory with numpy."""
    if not hasattr(job, "torch"):
        groups = [(torch.from_numpy(g), lo, hi) for g, lo, hi in job.groups]
        job.torch = tuple(torch.from_numpy(x) for x in (job.F, job.q, job.z, job.diagonal)) + (groups,)
    return job.torch


def run(job, batch, noise):
    F, q, z, diagonal, groups = tensors(job)
    s = torch.zeros(batch, job.hidden, dtype=torch.float64)
    sc = torch.zeros_like(s)
    theta = [torch.zeros(batch, job.hidden, hi - lo, dtype=torch.float64) for _, lo, hi in groups]
    theta_sq = torch.zeros(batch, dtype=torch.float64)
    gram = torch.zeros(job.steps, 3, dtype=torch.float64)
    mean, square = {}, {}
    for t in range(job.steps):
        a, b = s @ q[t], sc @ q[t]
        gram[t, 0], gram[t, 1], gram[t, 2] = (a * a * theta_sq).sum(), (a * b * theta_sq).sum(), (b * b * theta_sq).sum()
        if job.mean and t in job.means:
            mean[t] = [a @ g.view(batch, -1) for g in theta]
        if job.coordinate and t in job.coordinates:
            square[t] = [(a * a) @ (g * g).view(batch, -1) for g in theta]
        eps = torch.from_numpy(noise(t, batch))
        carried = s @ F[t].T
        factors = [eps * gain[t] for gain, _, _ in groups]
        x = [z[t, lo:hi] for _, lo, hi in groups]
        immediate = torch.sqrt(sum((u * u).sum(1) * (v @ v) for u, v in zip(factors, x)))
        rho0 = torch.sqrt((torch.sqrt(theta_sq) + E) / (carried.norm(dim=1) + E))
        rho1 = torch.sqrt((immediate + E) / (eps.norm(dim=1) + E))
        s = rho0[:, None] * carried + rho1[:, None] * eps
        sc = rho0[:, None] * (diagonal[t] * sc) + rho1[:, None] * eps
        theta_sq = torch.zeros(batch, dtype=torch.float64)
        for g, u, v in zip(theta, factors, x):
            g /= rho0[:, None, None]
            g += (u / rho1[:, None])[:, :, None] * v
            theta_sq += (g * g).sum((1, 2))
    return gram.numpy(), {t: [m.numpy() for m in v] for t, v in mean.items()}, {t: [m.numpy() for m in v] for t, v in square.items()}


if __name__ == "__main__":
    main("torch streaming", run)
