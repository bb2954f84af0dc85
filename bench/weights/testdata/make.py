"""Writes reference.safetensors from the format's description alone, with
Python's own json and struct: an oracle that shares no code with the package.

    python3 make.py
"""
import json
import struct

TENSORS = {  # name: (dtype, shape, numbers)
    "weight_hh_l0": ("F64", [2, 3], [0.1, -2.5, 3e-310, 1e300, -0.0, 7.0]),
    "bias_ih_l0": ("F32", [2], [0.5, -1.25]),
    "scale": ("F64", [], [42.0]),
    "empty": ("F32", [0, 4], []),
    'na"me\u20ac': ("F32", [1], [3.0]),
}

header, data = {"__metadata__": {"stage": "mid", "note": "a<b & c\n"}}, b""
for name, (dtype, shape, numbers) in TENSORS.items():
    code = {"F64": "d", "F32": "f"}[dtype]
    chunk = struct.pack("<%d%s" % (len(numbers), code), *numbers)
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(chunk)]}
    data += chunk

text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open("reference.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + data)
