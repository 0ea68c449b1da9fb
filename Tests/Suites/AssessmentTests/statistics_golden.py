#!/usr/bin/env python3
"""Writes statistics-golden.txt: Wilson intervals by statsmodels and product-limit curves by lifelines.

Wants PyPI `statsmodels` and `lifelines`; `statistics_golden.py FILE` writes elsewhere. Lines:
"wilson HITS TOTAL LOWER UPPER", and "km SUBJECTS P50 P90 STEPS", where subjects are "MS+" (detected) or "MS-" (censored), steps are
"MS:SHARE", and a time that is not reached is "none".
"""
import pathlib
import random
import sys
from lifelines import KaplanMeierFitter
from statsmodels.stats.proportion import proportion_confint

lines = []
for total in (1, 2, 3, 7, 10, 33, 100, 1000, 25000):
    for hits in sorted({0, 1, total // 3, total // 2, total - 1, total}):
        lower, upper = proportion_confint(hits, total, alpha=0.05, method="wilson")
        lines.append(f"wilson {hits} {total} {lower:.12f} {upper:.12f}")

generator = random.Random(12)
for _ in range(60):
    count = generator.choice([1, 2, 3, 5, 12, 40, 200])
    censoring = generator.choice([0.0, 0.2, 0.5, 0.9])
    subjects = [
        (generator.randint(0, 60), generator.random() >= censoring) for _ in range(count)
    ]
    fitter = KaplanMeierFitter().fit([ms for ms, _ in subjects], [seen for _, seen in subjects])
    curve = fitter.survival_function_["KM_estimate"]
    detected = sorted({ms for ms, seen in subjects if seen})
    # lifelines begins every curve with a row for time 0.
    steps = ",".join(f"{ms}:{curve.loc[ms]:.9f}" for ms in detected)

    def quantile(part):
        # fitter.percentile takes a share that is exactly the part, but for a rounding error, for one that is not.
        times = [ms for ms in detected if curve.loc[ms] <= 1 - part + 1e-8]
        return str(times[0]) if times else "none"

    texts = ",".join(f"{ms}{'+' if seen else '-'}" for ms, seen in subjects)
    lines.append(f"km {texts} {quantile(0.5)} {quantile(0.9)} {steps or 'none'}")

own = pathlib.Path(__file__).with_name("statistics-golden.txt")
path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else own
path.write_text("\n".join(lines) + "\n")
