#!/usr/bin/python3
"""Times `uorobench bench` and the peers in turns and prints a Markdown table.

    go build -o /tmp/uorobench ./cmd/uorobench
    taskset -c 1 python3 bench/peers/run.py /tmp/uorobench --rounds 5

Every round runs each program once on each job, one after the other, so that what
else the machine does hits all alike; the table has medians over the rounds, of
the times and of the ratios within a round. Pin the whole to one core. Peers that
are not installed are left out with a line on the error stream. All programs run
on one thread in float64.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = ["numpy_streaming", "numpy_blocked", "torch_streaming"]


def environment():
    env = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", GOMAXPROCS="1")
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # a user would not have them set
        env.pop(name, None)
    return env


def call(command):
    done = subprocess.run(command, env=environment(), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout)


def ours(binary, job, seconds):
    out = call([binary, "bench", job, "--time", f"{seconds}s", "--format", "json"])
    return out[0] if isinstance(out, list) else out


def present(peers):
    for peer in peers:
        probe = subprocess.run([sys.executable, "-c", "import " + peer], cwd=HERE, capture_output=True, text=True)
        if probe.returncode == 0:
            yield peer
        else:
            print(f"{peer}: skipped: {probe.stderr.strip().splitlines()[-1]}", file=sys.stderr)


def measure(a, peers, job):
    rows = {p: [] for p in ["uorobench", *peers]}
    share = []
    for _ in range(a.rounds):
        own = ours(a.binary, job, a.seconds)
        rows["uorobench"].append(own["ns_per_draw_step"])
        share.append(own["fraction_of_peak"])
        for p in peers:
            rows[p].append(call([sys.executable, os.path.join(HERE, p + ".py"), job, "--seconds", str(a.seconds)])["ns_per_draw_step"])
    return rows, statistics.median(share)


def cell(rows, peer):
    ratios = [t / o for t, o in zip(rows[peer], rows["uorobench"])]
    return f"{statistics.median(rows[peer]):.4g} ({statistics.median(ratios):.1f}×)"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("binary", help="the uorobench program")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=1)
    p.add_argument("--jobs", default="A,A+mean,B,C,D,G")
    a = p.parse_args()
    subprocess.run([sys.executable, os.path.join(HERE, "check.py")], check=True, stdout=sys.stderr, env=environment())
    peers = list(present(PEERS))
    print("| job | uorobench, ns/draw-step | of peak | " + " | ".join(p.replace("_", " ") for p in peers) + " |")
    print("|---|---:|---:|" + "---:|" * len(peers))
    for job in a.jobs.split(","):
        rows, share = measure(a, peers, job)
        own = f"{statistics.median(rows['uorobench']):.4g}"
        print(f"| {job} | {own} | {100 * share:.0f} % | " + " | ".join(cell(rows, p) for p in peers) + " |", flush=True)


if __name__ == "__main__":
    main()
