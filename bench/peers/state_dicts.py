"""Writes state_dicts of real PyTorch modules with the real safetensors package, and
beside each what PyTorch makes of it, for the tests of bench/statedict:

    python3 bench/peers/state_dicts.py bench/statedict/testdata

Needs torch, numpy and safetensors; go test needs none of them. A reference has, for
the symbols `input` and `target` from state zero, the logits [T, Y], the mean loss in
nats, and the gradient of the loss at the last step by autograd, all in float64 from
the very numbers that the file stores.
"""

import sys

import numpy as np
import torch
from safetensors.numpy import save_file

X, H, Y, T = 3, 5, 3, 9


class Tagger(torch.nn.Module):
    """A recurrent layer under a name of its own, and a linear readout."""

    def __init__(self, kind, bias=True, cell=False, layer="rnn", readout="fc", **more):
        super().__init__()
        self.names = layer, readout
        make = getattr(torch.nn, kind + ("Cell" if cell else ""))
        self.add_module(layer, make(X, H, bias=bias, **more))
        self.add_module(readout, torch.nn.Linear(H, Y, bias=bias))

    def logits(self, x):
        layer, readout = (getattr(self, n) for n in self.names)
        if hasattr(layer, "num_layers"):
            h = layer(x[:, None, :])[0][:, 0]
        else:
            state, rows = None, []
            for row in x:
                state = layer(row[None], state)
                rows.append((state[0] if isinstance(state, tuple) else state)[0])
            h = torch.stack(rows)
        return readout(h)


class Encoder(torch.nn.Module):
    """The layer deep within, beside tensors that are of no recurrent layer."""

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(7, 4)
        self.norm = torch.nn.BatchNorm1d(H)
        self.encoder = Tagger("LSTM", layer="lstm", readout="head")

    def logits(self, x):
        return self.encoder.logits(x)


def store(module, folder, name, dtype=torch.float32, prefix=""):
    """Writes NAME.safetensors, and the reference of the rounded module."""
    tensors = {prefix + k: v.detach().to(dtype) if v.is_floating_point() else v for k, v in module.state_dict().items()}
    arrays = {}
    for k, v in tensors.items():
        arrays[k] = v.contiguous().numpy() if v.dtype != torch.bfloat16 else v
    if dtype == torch.bfloat16:
        from safetensors.torch import save_file as save_torch

        save_torch({k: v.contiguous() for k, v in tensors.items()}, f"{folder}/{name}.safetensors", metadata={"format": "pt"})
    else:
        save_file(arrays, f"{folder}/{name}.safetensors", metadata={"format": "pt"})
    module = module.double()
    module.load_state_dict({k[len(prefix):]: v.double() if v.is_floating_point() else v for k, v in tensors.items()})
    reference(module.eval(), f"{folder}/{name}.reference.safetensors")


def reference(module, path):
    rng = np.random.default_rng(7)
    symbols, target = rng.integers(0, X, T), rng.integers(0, Y, T)
    x = torch.nn.functional.one_hot(torch.tensor(symbols), X).double()
    logits = module.logits(x)
    losses = torch.nn.functional.cross_entropy(logits, torch.tensor(target), reduction="none")
    losses[-1].backward()
    out = {
        "input": symbols.astype(np.float64), "target": target.astype(np.float64),
        "logits": logits.detach().numpy(), "loss": losses.mean().detach().numpy()[None],
    }
    for k, p in module.named_parameters():
        end = k.rsplit(".", 1)[-1]
        if "_ih" in end or "_hh" in end:
            out["grad_" + (end if end.endswith("_l0") else end + "_l0")] = p.grad.numpy()
    save_file(out, path)


def main(folder):
    torch.manual_seed(3)
    for kind in ("RNN", "GRU", "LSTM"):
        store(Tagger(kind), folder, kind.lower())
        store(Tagger(kind, cell=True, layer="cell"), folder, kind.lower() + "-cell")
        store(Tagger(kind, bias=False), folder, kind.lower() + "-nobias")
    store(Tagger("GRU"), folder, "gru-f64", torch.float64)
    store(Tagger("GRU"), folder, "gru-f16", torch.float16)
    store(Tagger("GRU"), folder, "gru-bf16", torch.bfloat16)
    store(Tagger("RNN", nonlinearity="relu"), folder, "rnn-relu")
    store(Encoder(), folder, "lightning", prefix="model.")
    store(torch.nn.DataParallel(Tagger("LSTM")).module, folder, "lstm-parallel", prefix="module.")
    for name, module in {
        "two-layers": torch.nn.ModuleDict({"rnn": torch.nn.GRU(X, H, 2), "fc": torch.nn.Linear(H, Y)}),
        "bidirectional": torch.nn.ModuleDict({"rnn": torch.nn.GRU(X, H, bidirectional=True), "fc": torch.nn.Linear(2 * H, Y)}),
        "projected": torch.nn.ModuleDict({"rnn": torch.nn.LSTM(X, H, proj_size=2), "fc": torch.nn.Linear(2, Y)}),
        "two-candidates": torch.nn.ModuleDict({"a": torch.nn.GRU(X, H), "b": torch.nn.LSTM(X, H), "fc": torch.nn.Linear(H, Y), "value": torch.nn.Linear(H, Y)}),
        "no-layer": torch.nn.ModuleDict({"fc": torch.nn.Linear(H, Y)}),
    }.items():
        save_file({k: v.numpy() for k, v in module.state_dict().items()}, f"{folder}/refused-{name}.safetensors")


if __name__ == "__main__":
    main(sys.argv[1])
