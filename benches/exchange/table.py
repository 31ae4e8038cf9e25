#!/usr/bin/env python3
"""Bytes that processes exchange, from `pylopsd plan`, as a Markdown table: for each operator the most that
one process receives in one application of it and one of its adjoint, and what it holds.

    python benches/exchange/table.py [--program target/dist/pylopsd]
"""
import argparse
import json
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
parser = argparse.ArgumentParser()
parser.add_argument("--program", default=os.path.join(HERE, "..", "..", "target", "release", "pylopsd"))
args = parser.parse_args()
COUNTS = (1, 2, 4, 16, 64, 256, 1024)


def size(n):
    for unit in ("B", "kB", "MB", "GB"):
        if n < 1000 or unit == "GB":
            return "%.3g %s" % (n, unit)
        n /= 1000


print("| operator | all data | " + " | ".join("%d" % n for n in COUNTS) + " |")
print("| --- | " + "--- | " * (len(COUNTS) + 1))
for name in ("laplacian", "fft2d", "mdc1", "mdc101", "matrixmult", "kirchhoff"):
    received, held = [], []
    for count in COUNTS:
        words = [args.program, "plan", name + ".toml", "--operator", "A", "--processes", str(count), "--threads", "1", "--json"]
        plan = json.loads(subprocess.run(words, cwd=HERE, check=True, capture_output=True).stdout)
        processes = plan["processes"]
        received.append(size(max(p["forward"]["received"] + p["adjoint"]["received"] for p in processes)))
        held.append(size(max(p["memory"]["total"] for p in processes)))
    with open(os.path.join(HERE, name + ".toml")) as file:
        title = file.readline().split('"')[1]
    types = [plan["model"], plan["data"][0]]
    item = {"float32": 4, "float64": 8, "complex64": 8, "complex128": 16}
    total = 0
    for ty in types:
        n = item[ty["dtype"]]
        for d in ty["dims"]:
            n *= d
        total += n
    print("| %s: receives | %s | %s |" % (title, size(total), " | ".join(received)))
    print("| holds | | %s |" % " | ".join(held))
