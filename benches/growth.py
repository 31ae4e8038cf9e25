#!/usr/bin/env python3
"""Seconds that `pylopsd check` and `pylopsd plan` take as a program grows, and the ratio of neighbours, as a
Markdown table: where sizes double, so should times.

    python benches/growth.py [--program target/release/pylopsd] [--most 100000] [--kind BlockDiag ...]
"""
import argparse
import os
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = (1000, 2000, 4000, 8000, 16000, 32000, 64000, 100000)


def names(n):
    return ["A%d" % k for k in range(n)]


def quoted(list):
    return "[%s]" % ", ".join('"%s"' % name for name in list)


def matrices(n):
    """Operators with matrices of their own, in one shape."""
    return ['A%d = { type = "MatrixMult", A = [[%d, 2], [3, 4]] }' % (k, k) for k in range(n)]


def unlike(n):
    """Operators of five lengths in turn."""
    return ['A%d = { type = "FirstDerivative", dims = %d }' % (k, 5 + k % 5) for k in range(n)]


def wide(n):
    """Matrices of five widths in turn, with as many rows."""
    return ['A%d = { type = "MatrixMult", A = [%s] }' % (k, ", ".join(["[%d%s]" % (k, ", 1" * (k % 5))] * 2))
            for k in range(n)]


def listed(type):
    return lambda n: 'S = { type = "%s", ops = %s }' % (type, quoted(names(n)))


def called(function):
    return lambda n: 'S = "%s([%s])"' % (function, ", ".join(names(n)))


def grouped(n, sign):
    """An expression of expressions of 300 operators each."""
    groups = [sign.join(names(n)[k:k + 300]) for k in range(0, n, 300)]
    lines = ['G%d = "%s"' % (k, group) for k, group in enumerate(groups)]
    return "\n".join(lines + ['S = "%s"' % sign.join("G%d" % k for k in range(len(groups)))])


solve = """[arrays]
d = { zeros = { shape = [2] } }
[solve]
operator = "S"
data = "d"
"""

# Name, nodes of the program for each operator, the operators, and the one that is planned.
KINDS = {
    "BlockDiag": (4, matrices, listed("BlockDiag")),
    "BlockDiag()": (4, matrices, called("BlockDiag")),
    "BlockDiag of unlike blocks": (2, unlike, listed("BlockDiag")),
    "VStack": (3, matrices, listed("VStack")),
    "HStack": (4, matrices, listed("HStack")),
    "HStack of unlike blocks": (4, wide, listed("HStack")),
    "sum": (4, matrices, lambda n: grouped(n, " + ")),
    "product": (4, matrices, lambda n: grouped(n, " @ ")),
    "one block again and again": (2, lambda n: matrices(1), lambda n: 'S = { type = "BlockDiag", ops = %s }' % quoted(["A0"] * n)),
    "operators that nothing uses": (2, matrices, lambda n: 'S = "A0"\n' + solve),
}


def seconds(program, command, path):
    """The best of two runs, and of one where that is long."""
    best = None
    for _ in range(2):
        start = time.perf_counter()
        done = subprocess.run([program, command, path] + (["--operator", "S"] if command == "plan" else []),
                              capture_output=True, text=True)
        took = time.perf_counter() - start
        if done.returncode != 0:
            raise SystemExit("%s %s: %s" % (command, path, done.stderr[:2000]))
        best = took if best is None else min(best, took)
        if took > 2:
            break
    return best


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=os.path.join(HERE, "..", "target", "release", "pylopsd"))
    parser.add_argument("--most", type=int, default=SIZES[-1], help="nodes of the largest program")
    parser.add_argument("--kind", action="append", choices=sorted(KINDS))
    args = parser.parse_args()
    print("| program | nodes | check (s) | over the one before | plan (s) | over the one before |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "problem.toml")
        for kind in args.kind or KINDS:
            each, blocks, whole = KINDS[kind]
            before = {}
            for nodes in (n for n in SIZES if n <= args.most):
                count = max(nodes // each, 1)
                with open(path, "w") as file:
                    file.write("[operators]\n%s\n" % "\n".join(blocks(count) + [whole(count)]))
                cells = []
                for command in ("check", "plan"):
                    took = seconds(args.program, command, path)
                    cells += ["%.3f" % took, "%.1f" % (took / before[command]) if command in before else ""]
                    before[command] = took
                print("| %s | %d | %s |" % (kind, nodes, " | ".join(cells)), flush=True)


if __name__ == "__main__":
    main()
