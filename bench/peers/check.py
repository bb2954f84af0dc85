"""The peers must give the same sums on the same noise: a fast wrong answer is no
peer. Exit status 1 where two differ by more than 1e-9 relative."""

import sys

import numpy as np

import numpy_blocked
import numpy_streaming
from job import Job, signs


def flat(sums):
    gram, mean, square = sums
    parts = [gram.ravel()]
    for table in (mean, square):
        parts += [np.concatenate([np.ravel(x) for x in table[t]]) for t in sorted(table)]
    return parts


def main():
    job, batch = Job("check"), 6
    rng = np.random.default_rng(3)
    eps = [signs(rng, (batch, job.hidden)) for _ in range(job.steps)]
    noise = lambda t, _: eps[t]
    want = flat(numpy_streaming.run(job, batch, noise))
    others = {"numpy blocked": numpy_blocked.run}
    try:
        import torch_streaming

        others["torch streaming"] = torch_streaming.run
    except ImportError:
        print("torch streaming: skipped, PyTorch is not installed")
    bad = 0
    for name, run in others.items():
        got = flat(run(job, batch, noise))
        worst = max(np.linalg.norm(g - w) / (np.linalg.norm(w) or 1) for g, w in zip(got, want))
        print(f"{name}: largest relative difference {worst:.1e} over {len(want)} vectors")
        bad += not (len(got) == len(want) and worst < 1e-9)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
