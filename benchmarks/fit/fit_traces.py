#!/usr/bin/env python3
"""Reads the public traces and prints the tables of Sources/Simulation/TraceFit.swift, and what tests check.

    python3 benchmarks/fit/fit_traces.py ../shared/data

Standard library only. The sources are named in TraceFit.swift; only derived figures leave this script.
"""
import csv
import json
import random
import re
import sys
import tarfile

WINDOW_S = 600
PAIR = re.compile(r"(-?\d+(?:\.\d+)?): ([0-9.eE+-]+)")  # skips `nan` on either side
# Knots of the tables: denser at the top, where the traffic is.
RANKS = [0, .05, .1, .15, .2, .25, .3, .35, .4, .45, .5, .55, .6, .65, .7, .75, .8, .85,
         .9, .92, .94, .96, .97, .98, .99, 1]
KNOTS = [0, .01, .05, .1, .2, .3, .4, .5, .6, .7, .8, .9, .95, .98, .99, 1]


def quantile(values, p):
    """The p-quantile of sorted values, interpolated."""
    x = p * (len(values) - 1)
    i = int(x)
    j = min(i + 1, len(values) - 1)
    return values[i] + (x - i) * (values[j] - values[i])


def weighted_quantiles(weights, knots):
    """Quantiles of {value: weight}."""
    items = sorted(weights.items())
    total = sum(w for _, w in items)
    out, acc, i = [], 0.0, 0
    for p in knots:
        while i < len(items) - 1 and acc + items[i][1] < p * total - 1e-12:
            acc += items[i][1]
            i += 1
        out.append(items[i][0])
    return out


class Client:
    """One client of the trace."""

    def __init__(self, rows, dataset):
        rates = [float(r[1]) for r in rows]
        self.per_day = sum(rates) / len(rates) * 86400
        self.active = sum(r > 0 for r in rates) / len(rates)
        self.hours = [0.0] * 24
        for row, rate in zip(rows, rates):
            self.hours[int(float(row[0]) // 3600) % 24] += rate * WINDOW_S
        # Windows with under ten requests say little about the variation of gaps.
        self.cvs = sorted(float(r[2]) for r in rows
                          if float(r[1]) * WINDOW_S >= 10 and float(r[2]) > 0)
        self.lengths = {"input_tokens": {}, "output_tokens": {}}
        counts = sorted(n for n in (len(PAIR.findall(p["input_tokens"])) for p in dataset.values()) if n)
        self.most_lengths = counts[-1] if counts else None  # distinct input lengths in any 6 h
        self.usual_lengths = quantile(counts, .5) if counts else None
        for part in dataset.values():
            for name, into in self.lengths.items():
                for value, p in PAIR.findall(part.get(name, "")):
                    key = float(value)
                    into[key] = into.get(key, 0.0) + float(p)


def load(archive):
    """All clients of a ServeGen archive."""
    files = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile():
                files[member.name.split("/")[-1]] = tar.extractfile(member).read().decode()
    clients = []
    for name in sorted(files):
        if name.endswith("-trace.csv"):
            rows = [r for r in csv.reader(files[name].splitlines()) if r]
            dataset = files.get(name.replace("-trace.csv", "-dataset.json"), "{}")
            clients.append(Client(rows, json.loads(dataset)))
    return clients


def show(name, values, digits=4):
    print(f"{name}: [" + ", ".join(f"{v:.{digits}g}" for v in values) + "]")


def rates(clients):
    total = sum(c.per_day for c in clients)
    by_rate = sorted(c.per_day for c in clients)
    top = by_rate[::-1]
    print(f"clients {len(clients)}, mean requests a day {total / len(clients):.1f}, "
          f"top one {top[0] / total:.3f}, top ten {sum(top[:10]) / total:.3f}")
    show("rank knots", RANKS)
    mean = total / len(clients)
    show("rate / mean", [quantile(by_rate, p) / mean for p in RANKS])
    ordered = sorted(clients, key=lambda c: c.per_day)
    print("under 26/day %.3f, under 857/day %.3f" % (
        sum(r < 26 for r in by_rate) / len(by_rate), sum(r < 857 for r in by_rate) / len(by_rate)))
    random.seed(1)
    groups = (random.sample(by_rate, 30) for _ in range(20000))
    even = sorted(sum(g) ** 2 / (30 * sum(r * r for r in g)) for g in groups)
    show("evenness of 30 clients: median, p99, most", [even[10000], even[19800], even[-1]])
    step = len(ordered) / 8
    for k in range(8):
        part = ordered[round(k * step):round((k + 1) * step)]
        active = sorted(c.active for c in part)
        show(f"active share, rate octile {k} (quantiles 0 .25 .5 .75 1)",
             [quantile(active, p) for p in (0, .25, .5, .75, 1)])
    active = sorted(c.active for c in clients)
    print("active under 5 %% of windows: %.3f" % (sum(a < .05 for a in active) / len(active)))
    show("active share quantiles 0 .25 .5 .75 1", [quantile(active, p) for p in (0, .25, .5, .75, 1)])
    medians = sorted(quantile(c.cvs, .5) for c in clients if c.cvs)
    show("median CV of gaps, quantiles over clients 0 .1 ... 1",
         [quantile(medians, k / 10) for k in range(11)])
    # Each client weighs the same below a cap, so that no single one draws the day curve.
    hours = [0.0] * 24
    for c in clients:
        weight = min(c.per_day, .02 * total) / max(sum(c.hours), 1e-9)
        hours = [h + x * weight for h, x in zip(hours, c.hours)]
    show("day curve", [h * 24 / sum(hours) for h in hours], 3)


def lengths(clients):
    with_lengths = [c for c in clients if c.lengths["input_tokens"]]
    always = sum(c.most_lengths <= 20 for c in with_lengths)
    usually = sum(c.usual_lengths <= 20 for c in with_lengths)
    print(f"clients with lengths {len(with_lengths)}; at most 20 distinct input lengths in every "
          f"six hours {always}, in the median six hours {usually}")
    show("knots", KNOTS)
    for name in ("input_tokens", "output_tokens"):
        medians, relative = [], {}
        for c in with_lengths:
            mine = c.lengths[name]
            if not mine:
                continue
            median = max(1.0, weighted_quantiles(mine, [.5])[0])
            medians.append(median)
            total = sum(mine.values())
            if len(c.lengths["input_tokens"]) > 20:
                for value, p in mine.items():
                    key = round(value / median, 3)
                    relative[key] = relative.get(key, 0) + p / total
        medians.sort()
        show(f"{name}: median of a client", [quantile(medians, p) for p in KNOTS])
        show(f"{name}: relative to the client's median", weighted_quantiles(relative, KNOTS))


def checks(clients):
    """What Tests/Suites/SimulationTests/TraceTests.swift compares with: none of it is in the tables above."""
    for name in ("input_tokens", "output_tokens"):
        pooled = {}
        for c in clients:
            total = sum(c.lengths[name].values())
            for value, p in c.lengths[name].items():
                pooled[value] = pooled.get(value, 0) + p / total
        show(f"{name}, each client weighs the same, at .05 .1 .25 .5 .75 .9 .95 .99",
             weighted_quantiles(pooled, [.05, .1, .25, .5, .75, .9, .95, .99]), 6)
    by_rate = sorted(c.per_day for c in clients)
    mean = sum(by_rate) / len(by_rate)
    show("rate / mean at .1 .25 .5 .75 .9",
         [quantile(by_rate, p) / mean for p in (.1, .25, .5, .75, .9)])
    medians = sorted(quantile(c.cvs, .5) for c in clients if c.cvs)
    show("median CV of gaps at .25 .5 .75", [quantile(medians, p) for p in (.25, .5, .75)])


def conversation(path):
    rows = list(csv.DictReader(open(path)))
    for column in ("ContextTokens", "GeneratedTokens"):
        values = sorted(float(r[column]) for r in rows)
        show(f"conversation {column}", [quantile(values, p) for p in KNOTS], 5)


def main():
    data = sys.argv[1] if len(sys.argv) > 1 else "../shared/data"
    clients = load(f"{data}/servegen-m-large/traces-and-pdfs.tar.xz")
    rates(clients)
    lengths(clients)
    checks(clients)
    conversation(f"{data}/azure-llm-2023/AzureLLMInferenceTrace_conv.csv")


if __name__ == "__main__":
    main()
