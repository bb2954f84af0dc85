"""Writes data and networks as a user of PyTorch has them, and what autograd makes of
them, for the tests of task file:

    python3 bench/peers/own_data.py bench/testdata/own-data

Needs torch, numpy and safetensors; go test needs none of them. A reference has, for
the repetition 1 of the data, from state zero and in float64 from the very numbers that
the files store: the losses [T] (0 where mask is 0), and for every step t (1-based) with
a loss the gradient of that step's loss, `grad_NAME@t`.
"""

import csv
import os
import sys

import numpy as np
import torch
from safetensors.numpy import save_file

B, T, X, H, Y = 2, 11, 3, 4, 2
CLASSES = 5
SEQUENCE = 1


class Net(torch.nn.Module):
    def __init__(self, kind, outputs):
        super().__init__()
        self.rnn = getattr(torch.nn, kind)(X, H, batch_first=True)
        self.head = torch.nn.Linear(H, outputs)

    def forward(self, x):
        return self.head(self.rnn(x)[0])


def reference(net, x, loss_of, mask, path):
    losses = torch.stack([loss_of(y, t) for t, y in enumerate(net(x[None])[0])])
    losses = losses * torch.tensor(mask, dtype=torch.float64)
    out = {"losses": losses.detach().numpy()}
    for t in np.flatnonzero(mask):
        net.zero_grad()
        losses[t].backward(retain_graph=True)
        for name, p in net.rnn.named_parameters():
            out[f"grad_{name}@{t + 1}"] = p.grad.numpy().copy()
    save_file(out, path)


def main(folder):
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(5)
    rng = np.random.default_rng(11)
    x = rng.standard_normal((B, T, X)).astype(np.float32)
    y = rng.standard_normal((B, T, Y))
    mask = (rng.random((B, T)) < 0.5).astype(np.uint8)
    mask[:, -1] = 1
    end = np.zeros((B, T), dtype=bool)
    end[:, -1] = True
    target = rng.integers(0, CLASSES, (B, T))
    target[:, -1] = CLASSES - 1
    target[~end] = -100  # torch's ignore_index

    np.savez_compressed(f"{folder}/mse.npz", x=x, y=np.asfortranarray(y), mask=mask)
    np.savez(f"{folder}/mse-plain.npz", x=x, y=y, mask=mask)
    save_file({"x": x, "target": target, "mask": end}, f"{folder}/end.safetensors")
    np.save(f"{folder}/walk.npy", np.cumsum(x[0], axis=0, dtype=np.float64))
    np.save(f"{folder}/symbols.npy", target[:, ::-1].clip(0).astype(np.int16) + rng.integers(0, 2, (B, T)).astype(np.int16))
    with open(f"{folder}/mse.csv", "w", newline="") as f:
        w = csv.writer(f)
        w.writerow(["sequence"] + [f"x{i}" for i in range(X)] + [f"y{i}" for i in range(Y)] + ["mask"])
        for b in range(B):
            for t in range(T):
                w.writerow([b, *map(float, x[b, t]), *map(float, y[b, t]), mask[b, t]])

    for kind in ("RNN", "GRU", "LSTM"):
        for loss, outputs in (("mse", Y), ("end", CLASSES)):
            net = Net(kind, outputs).double()
            name = f"{folder}/{kind.lower()}-{loss}"
            save_file({k: v.numpy() for k, v in net.state_dict().items()}, f"{name}.safetensors")
            inputs = torch.tensor(x[SEQUENCE]).double()
            if loss == "mse":
                want = torch.tensor(y[SEQUENCE])
                reference(net, inputs, lambda v, t: 0.5 * ((v - want[t]) ** 2).sum(), mask[SEQUENCE], f"{name}.reference.safetensors")
            else:
                want = torch.tensor(target[SEQUENCE])
                entropy = torch.nn.functional.cross_entropy
                reference(net, inputs, lambda v, t: entropy(v[None], want[t].clamp(min=0)[None]), end[SEQUENCE], f"{name}.reference.safetensors")


if __name__ == "__main__":
    main(sys.argv[1])
