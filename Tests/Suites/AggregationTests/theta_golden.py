#!/usr/bin/env python3
"""Writes theta-golden.txt: what Apache DataSketches' theta sketch says on streams the tests replay.

Wants PyPI `datasketches`; `theta_golden.py FILE` writes elsewhere. A line: nominal size (log2), distinct values, seed, estimate,
lower and upper bound at two standard deviations. The stream is the texts
"<seed>-<i>" for i below distinct.
"""
import pathlib
import sys
from datasketches import update_theta_sketch

lines = []
for lg_k in (6, 9):
    for distinct in (1, 10, 50, 63, 100, 500, 513, 1000, 5000, 20000, 100000):
        for seed in range(1, 31):
            sketch = update_theta_sketch(lg_k)
            for i in range(distinct):
                sketch.update(f"{seed}-{i}")
            lines.append(
                f"{lg_k} {distinct} {seed} {sketch.get_estimate():.3f} "
                f"{sketch.get_lower_bound(2):.3f} {sketch.get_upper_bound(2):.3f}")
own = pathlib.Path(__file__).with_name("theta-golden.txt")
path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else own
path.write_text("\n".join(lines) + "\n")
