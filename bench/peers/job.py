"""The jobs that the peers are timed on, and what they have in common.

A job is a recurrent network with frozen weights on T steps. UORO with the snap1
covariate runs along it (pre convention, "code" guard), and second moments of the
two signals are summed at every step; a job may also ask for the sum over draws of
the estimate (mean) or of its square per parameter (coordinate), every so many
steps. Shapes are those of `uorobench bench`.
"""

import argparse
import json
import time

import numpy as np

E = 1e-7

JOBS = {
    #          cell  hidden steps mean coordinate
    "A": ("rnn", 64, 256, 0, 0),
    "A+mean": ("rnn", 64, 256, 1, 0),
    "B": ("rnn", 64, 256, 0, 8),
    "C": ("rnn", 256, 64, 1, 0),
    "D": ("rnn", 16, 512, 1, 0),
    "G": ("gru", 64, 256, 0, 0),
    "check": ("gru", 5, 37, 1, 3),
}


class Job:
    """A frozen trajectory: F (T,S,S), q (T,S), z (T,Z), and per group of rows its
    gain (T,H) and its feature range."""

    def __init__(self, name):
        cell, self.hidden, self.steps, self.mean, self.coordinate = JOBS[name]
        rng = np.random.default_rng(1)
        inputs = 2
        x = np.eye(inputs)[rng.integers(0, inputs, self.steps)]
        make = {"rnn": self._rnn, "gru": self._gru}[cell]
        make(rng, x)
        self.delta = rng.normal(size=(self.steps, self.hidden))
        self.q = np.einsum("ti,tij->tj", self.delta, self.F)
        self.diagonal = np.ascontiguousarray(np.einsum("tii->ti", self.F))
        self.means = [t for t in range(self.steps) if self.mean and t % self.mean == self.mean - 1]
        self.coordinates = [t for t in range(self.steps) if self.coordinate and t % self.coordinate == self.coordinate - 1]
        self.params = sum(self.hidden * (hi - lo) for _, lo, hi in self.groups)

    def _features(self, x, h):
        return np.concatenate([x, [1.0], h, [1.0]])

    def _rnn(self, rng, x):
        n, d = self.hidden, x.shape[1] + self.hidden + 2
        w = rng.uniform(-1, 1, (n, d)) / np.sqrt(n)
        h, self.F, self.z, gain = np.zeros(n), [], [], []
        for row in x:
            z = self._features(row, h)
            h = np.tanh(w @ z)
            gain.append(1 - h * h)
            self.F.append((1 - h * h)[:, None] * w[:, x.shape[1] + 1 : -1])
            self.z.append(z)
        self.F, self.z = np.array(self.F), np.array(self.z)
        self.groups = [(np.array(gain), 0, d)]

    def _gru(self, rng, x):
        n, k = self.hidden, x.shape[1]
        d = k + n + 2
        wr, wz, wn = (rng.uniform(-1, 1, (n, d)) / np.sqrt(n) for _ in range(3))
        sigma = lambda v: 1 / (1 + np.exp(-v))
        hidden = slice(k + 1, d - 1)
        h, self.F, self.z, gains = np.zeros(n), [], [], [[], [], [], []]
        for row in x:
            z = self._features(row, h)
            r, u = sigma(wr @ z), sigma(wz @ z)
            m = wn[:, k + 1 :] @ z[k + 1 :]
            new = np.tanh(wn[:, : k + 1] @ z[: k + 1] + r * m)
            gn = (1 - u) * (1 - new**2)
            gain = (gn * m * r * (1 - r), (h - new) * u * (1 - u), gn, gn * r)
            F = gain[0][:, None] * wr[:, hidden] + gain[1][:, None] * wz[:, hidden] + gain[3][:, None] * wn[:, hidden]
            self.F.append(F + np.diag(u))
            for kept, g in zip(gains, gain):
                kept.append(g)
            self.z.append(z)
            h = (1 - u) * new + u * h
        self.F, self.z = np.array(self.F), np.array(self.z)
        ranges = [(0, d), (0, d), (0, k + 1), (k + 1, d)]
        self.groups = [(np.array(g), lo, hi) for g, (lo, hi) in zip(gains, ranges)]


def signs(rng, shape):
    """Signs as a user draws them: eight to a byte, not one random integer each."""
    bits = np.unpackbits(rng.integers(0, 256, (np.prod(shape) + 7) // 8, dtype=np.uint8))
    return bits[: np.prod(shape)].reshape(shape) * 2.0 - 1.0


def main(name, run):
    """Times run(job, batch, noise) -> sums; prints one line of JSON."""
    p = argparse.ArgumentParser()
    p.add_argument("job", choices=JOBS)
    p.add_argument("--seconds", type=float, default=2)
    p.add_argument("--batch", type=int, default=0, help="draws at once; 0 tries 16, 64 and 256")
    a = p.parse_args()
    job = Job(a.job)
    rng = np.random.default_rng(2)
    noise = lambda t, batch: signs(rng, (batch, job.hidden))
    once = lambda batch: timed(lambda: run(job, batch, noise)) / (batch * job.steps)
    batch = a.batch or min((once(b), b) for b in (16, 64, 256))[1]
    times, start = [], time.perf_counter()
    while not times or time.perf_counter() - start < a.seconds:
        times.append(once(batch))
    print(json.dumps({"peer": name, "job": a.job, "batch": batch, "ns_per_draw_step": 1e9 * float(np.median(times)), "runs": len(times)}))


def timed(f):
    """Processor time: waiting for a core that others use does not count."""
    start = time.process_time()
    f()
    return time.process_time() - start
