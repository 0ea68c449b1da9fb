"""The record of campaigns as Markdown: means over seeds, with the least and the most where they differ."""
import collections


def number(value, digits):
    """A figure for a table: enough digits to tell 0.999 from 1."""
    if value is None:
        return "-"
    if digits == 0:
        return f"{value:,.0f}"
    return f"{value:.{digits}f}"


def spread(values, digits=3):
    """The mean, and from the least to the most; `-` where no run has the figure."""
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    mean = number(sum(known) / len(known), digits)
    low, high = number(min(known), digits), number(max(known), digits)
    return mean if low == high else f"{mean} ({low} to {high})"


def percent(values, digits=2):
    return spread([None if value is None else 100 * value for value in values], digits)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def grouped(results):
    """Runs by case, in their order."""
    groups = collections.OrderedDict()
    for run in results:
        key = (run["scenario"], run["evasion"], run["scale"], run["days"])
        groups.setdefault(key, []).append(run)
    return groups


def title(key):
    scenario, evasion, scale, days = key
    name = scenario if evasion == "none" else f"{scenario}, {evasion}"
    return f"{name} (x{scale:g}, {days:g} d)"


def overview(groups):
    head = ["scenario", "seeds", "farms found", "account precision", "account recall",
            "B-cubed precision", "B-cubed recall", "over-merge", "campaigns a farm",
            "id changes a farm and day"]
    rows = []
    for key, runs in groups.items():
        values = lambda name: [run[name] for run in runs]
        found, of = sum(values("found")), sum(values("of"))
        rows.append([
            title(key), str(len(runs)), f"{found} of {of}" if of else "-",
            spread(values("account_precision"), 4), spread(values("account_recall"), 4),
            spread(values("b_cubed_precision")), spread(values("b_cubed_recall")),
            spread(values("over_merge")), spread(values("fragmentation"), 2),
            spread(values("id_changes_per_day"), 2)])
    return table(head, rows)


def farms(groups):
    head = ["scenario", "farm", "found", "class", "hours to the first finding",
            "hours after 100 accounts", "exchanges before, %", "exchanges before",
            "tokens before, %", "recall", "precision"]
    rows = []
    for key, runs in groups.items():
        by_farm = collections.OrderedDict()
        for run in runs:
            for farm in run["farms"]:
                by_farm.setdefault(farm["farm"], []).append(farm)
        for name, seen in by_farm.items():
            values = lambda field: [farm.get(field) for farm in seen]
            kinds = sorted({farm["class"] or "-" for farm in seen if farm["found"]})
            rows.append([
                title(key), name, f"{sum(values('found'))} of {len(seen)}", ", ".join(kinds) or "-",
                spread(values("hours"), 1), spread(values("hours_after_100"), 1),
                percent(values("share_before")), spread(values("requests_before"), 0),
                percent(values("token_share_before")), spread(values("recall"), 4),
                spread(values("precision"), 4)])
    return table(head, rows)


def look_alikes(groups):
    head = ["scenario", "population", "requests", "campaigns", "distillation", "high", "wrong",
            "wrong in 10^7 requests"]
    rows = []
    for key, runs in groups.items():
        sums = collections.OrderedDict()
        for run in runs:
            for line in run["look_alikes"]:
                known = sums.setdefault(line["population"], collections.Counter())
                for name in ("requests", "campaigns", "distillation", "high", "wrong"):
                    known[name] += line[name]
        for name, told in sums.items():
            if not told["requests"]:
                continue
            rows.append([
                title(key), name, number(told["requests"], 0), str(told["campaigns"]),
                str(told["distillation"]), str(told["high"]), str(told["wrong"]),
                number(told["wrong"] * 1e7 / told["requests"], 1)])
    return table(head, rows)


def markdown(results, machine):
    """The whole record."""
    groups = grouped(results)
    events = sum(run["records"] for run in results)
    seconds = sum(run["seconds"] for run in results)
    peak = max((run["backtest_peak_mib"] for run in results), default=0)
    return "\n".join([
        f"{machine['date']}, {machine['cores']} cores ({machine['cpu']}), {len(results)} runs, "
        f"{events:,} events in {seconds:,.0f} s, simulation included, at most {peak:,} MiB.\n",
        "Means over seeds; in brackets the least and the most.\n",
        "### Campaigns\n", overview(groups),
        "### Farms\n", farms(groups),
        "### Look-alikes and customers\n",
        "Sums over seeds. *Wrong* are campaigns of any class but the one that is admissible for the "
        "population.\n", look_alikes(groups)])
