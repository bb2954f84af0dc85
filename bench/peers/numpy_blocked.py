"""The engine's own algorithm in numpy and OpenBLAS: thetaTilde is touched once in
K steps, all products are matrix products."""

import numpy as np

from job import E, main

K = 16


class Group:
    """Rows theta = c (theta0 + sum_tau u_tau z_tau^T) with one scale c per draw."""

    def __init__(self, job, batch, gain, lo, hi):
        self.gain, self.z = gain, np.ascontiguousarray(job.z[:, lo:hi])
        self.theta = np.zeros((batch, job.hidden, hi - lo))
        self.u = np.zeros((batch, job.hidden, K))

    def open(self, start, end):
        self.block = self.z[start:end]
        self.gram = self.block @ self.block.T
        self.q = self.theta @ self.block.T

    def factor(self, t, r, eps):
        u = eps * self.gain[t]
        q = self.q[:, :, r] + self.u[:, :, :r] @ self.gram[:r, r]
        return u, (u * q).sum(1), (u * u).sum(1) * self.gram[r, r]

    def close(self, c, length):
        self.theta += self.u[:, :, :length] @ self.block
        self.theta *= c[:, None, None]
        return np.einsum("bhd,bhd->b", self.theta, self.theta)

    def mean(self, coef, r):
        """Sum over draws of coef * (theta0 + the block's first r terms)."""
        batch = len(self.theta)
        base = coef @ self.theta.reshape(batch, -1)
        extra = np.tensordot(coef, self.u[:, :, :r], 1) @ self.block[:r]
        return base + extra.reshape(-1)


def run(job, batch, noise):
    s, sc, theta_sq = np.zeros((batch, job.hidden)), np.zeros((batch, job.hidden)), np.zeros(batch)
    groups = [Group(job, batch, *g) for g in job.groups]
    gram, mean, square = np.zeros((job.steps, 3)), {}, {}
    ends = [t for t in job.coordinates if t > 0] + [job.steps]
    start = 0
    while start < job.steps:
        end = min(start + K, min(e for e in ends if e > start))
        for g in groups:
            g.open(start, end)
        c = np.ones(batch)
        for r, t in enumerate(range(start, end)):
            a, b = s @ job.q[t], sc @ job.q[t]
            gram[t] = (a * a * theta_sq).sum(), (a * b * theta_sq).sum(), (b * b * theta_sq).sum()
            if job.mean and t in job.means:
                mean[t] = [g.mean(a * c, r) for g in groups]
            if job.coordinate and t in job.coordinates:
                square[t] = [(a * a) @ (g.theta * g.theta).reshape(batch, -1) for g in groups]
            eps = noise(t, batch)
            carried = s @ job.F[t].T
            parts = [g.factor(t, r, eps) for g in groups]
            dot, immediate = c * sum(p[1] for p in parts), sum(p[2] for p in parts)
            rho0 = np.sqrt((np.sqrt(theta_sq) + E) / (np.linalg.norm(carried, axis=1) + E))
            rho1 = np.sqrt((np.sqrt(immediate) + E) / (np.linalg.norm(eps, axis=1) + E))
            theta_sq = np.maximum(0, theta_sq / rho0**2 + 2 * dot / (rho0 * rho1) + immediate / rho1**2)
            c = c / rho0
            for g, p in zip(groups, parts):
                g.u[:, :, r] = p[0] / (rho1 * c)[:, None]
            s = rho0[:, None] * carried + rho1[:, None] * eps
            sc = rho0[:, None] * (job.diagonal[t] * sc) + rho1[:, None] * eps
        theta_sq = sum(g.close(c, end - start) for g in groups)
        start = end
    return gram, mean, square


if __name__ == "__main__":
    main("numpy blocked", run)
