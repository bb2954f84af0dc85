"""UORO in numpy as a user writes it: step by step, all draws of a batch at once,
products by matmul and in-place updates, no clever algebra."""

import numpy as np

from job import E, main


def run(job, batch, noise):
    s, sc = np.zeros((batch, job.hidden)), np.zeros((batch, job.hidden))
    theta = [np.zeros((batch, job.hidden, hi - lo)) for _, lo, hi in job.groups]
    theta_sq = np.zeros(batch)
    gram = np.zeros((job.steps, 3))
    mean, square = {}, {}
    for t in range(job.steps):
        a, b = s @ job.q[t], sc @ job.q[t]
        gram[t] = (a * a * theta_sq).sum(), (a * b * theta_sq).sum(), (b * b * theta_sq).sum()
        if job.mean and t in job.means:
            mean[t] = [a @ g.reshape(batch, -1) for g in theta]
        if job.coordinate and t in job.coordinates:
            square[t] = [(a * a) @ (g * g).reshape(batch, -1) for g in theta]
        eps = noise(t, batch)
        carried = s @ job.F[t].T
        factors = [eps * gain[t] for gain, _, _ in job.groups]
        z = [job.z[t, lo:hi] for _, lo, hi in job.groups]
        immediate = np.sqrt(sum((u * u).sum(1) * (x @ x) for u, x in zip(factors, z)))
        rho0 = np.sqrt((np.sqrt(theta_sq) + E) / (np.linalg.norm(carried, axis=1) + E))
        rho1 = np.sqrt((immediate + E) / (np.linalg.norm(eps, axis=1) + E))
        s = rho0[:, None] * carried + rho1[:, None] * eps
        sc = rho0[:, None] * (job.diagonal[t] * sc) + rho1[:, None] * eps
        theta_sq = np.zeros(batch)
        for g, u, x in zip(theta, factors, z):
            g /= rho0[:, None, None]
            g += (u / rho1[:, None])[:, :, None] * x
            theta_sq += np.einsum("bhd,bhd->b", g, g)
    return gram, mean, square


if __name__ == "__main__":
    main("numpy streaming", run)
