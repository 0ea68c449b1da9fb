"""How good campaigns are: findings and members against the labels and the ledger of a simulation.

All inputs are JSON Lines as the programs write them:

- labels: `simulate --labels`; accounts of farms and of look-alikes, the fingerprints they share.
- ledger: `simulate --ledger`; requests and tokens of each population, by stretches of ten minutes.
- findings: `backtest --format flat`; those whose entity is `campaign:UID`, others where they name a campaign.
- members: `backtest --members FILE`.

Terms: an *operator* is a farm of the labels. A campaign *belongs* to the population most of its members are in, and to
nobody where most are ordinary customers. Ordinary customers and members of look-alikes are each their own operator.
"""
import collections
import json
from datetime import datetime

DAY_MS = 86_400_000
DISTILLATION = "distillation"


def lines(path):
    """The objects of a file of JSON Lines."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def moment(value):
    """Milliseconds since the epoch from a number of them or from RFC 3339."""
    if isinstance(value, (int, float)):
        return int(value)
    return round(datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp() * 1000)


class Population:
    """A farm or look-alike of the labels."""

    def __init__(self, line):
        self.name = line["population"]
        self.is_farm = line["type"] == "farm"
        self.kind = line["scenario"]
        self.requests = line["requests"]
        self.admissible = line.get("admissible_class")
        self.first = line.get("first")
        self.last = line.get("last")
        self.accounts = {}

    def active_since(self, count):
        """When its `count`-th account had sent something; None where it has fewer."""
        firsts = sorted(self.accounts.values())
        return firsts[count - 1] if len(firsts) >= count else None


class Labels:
    """Who is what."""

    def __init__(self, objects):
        self.populations = {}
        self.owner = {}
        self.fingerprints = {}
        self.records = 0
        for line in objects:
            kind = line["type"]
            if kind in ("farm", "look_alike"):
                self.populations[line["population"]] = Population(line)
            elif kind == "account":
                self.owner[line["account"]] = line["population"]
                self.populations[line["population"]].accounts[line["account"]] = line["first"]
            elif kind == "fingerprint" and line["exclusive"]:
                self.fingerprints[line["entity"]] = line["population"]
            elif kind == "summary":
                self.records = line["records"]

    @property
    def farms(self):
        return [p for p in self.populations.values() if p.is_farm and p.requests]

    @property
    def look_alikes(self):
        return [p for p in self.populations.values() if not p.is_farm]


class Ledger:
    """What a population had sent by a time."""

    def __init__(self, objects):
        self.rows = collections.defaultdict(list)
        for line in objects:
            tokens = line["input_tokens"] + line["output_tokens"]
            self.rows[line["population"]].append(
                (line["from"], line["to"], line["requests"], tokens))
        for rows in self.rows.values():
            rows.sort()

    def before(self, population, time):
        """Requests and tokens before `time`; within a stretch in proportion."""
        requests, tokens = 0.0, 0.0
        for start, end, count, size in self.rows[population]:
            if time <= start:
                break
            part = min(1.0, (time - start) / max(1, end - start))
            requests += count * part
            tokens += size * part
        return round(requests), round(tokens)

    def total(self, population):
        rows = self.rows[population]
        return sum(row[2] for row in rows), sum(row[3] for row in rows)


class Campaign:
    """A campaign, from its findings and members."""

    def __init__(self, uid):
        self.uid = uid
        self.kind = None
        self.severity = None
        self.created = None
        self.redirect = None
        self.split_from = None
        self.successor_of = None
        self.closed = None
        self.members = set()
        self.fingerprints = set()
        self.owner = None

    def take(self, finding):
        time = moment(finding["time"])
        self.kind = finding.get("class") or self.kind
        self.severity = finding.get("severity") or self.severity
        if finding["status"] == "create" and self.created is None:
            self.created = time
        if finding["status"] == "close":
            self.closed = time
        self.redirect = finding.get("redirect_to") or self.redirect
        self.split_from = finding.get("split_from") or self.split_from
        self.successor_of = finding.get("successor_of") or self.successor_of
        self.fingerprints.update(entities((finding.get("evidence") or {}).get("fingerprints")))


def entities(value):
    """All texts of the form `kind:value` in a value of any shape, and the members of objects by kind."""
    if isinstance(value, str):
        return {value} if ":" in value else set()
    if isinstance(value, list):
        return set().union(*(entities(v) for v in value)) if value else set()
    if isinstance(value, dict):
        found = set()
        for key, inner in value.items():
            if ":" in key:
                found.add(key)
            if isinstance(inner, list):
                found |= {f"{key}:{v}" for v in inner if isinstance(v, str) and ":" not in v}
            found |= entities(inner)
        return found
    return set()


def bare(uid):
    """A campaign's uid without the word in front."""
    return uid.removeprefix("campaign:") if uid else uid


class Run:
    """The campaigns of a run, each with the population it belongs to."""

    def __init__(self, labels, findings, members):
        self.labels = labels
        self.campaigns = {}
        self.alerts = 0
        for finding in findings:
            entity = finding.get("entity", "")
            if entity.startswith("campaign:"):
                finding = {**finding, **{
                    key: bare(finding.get(key))
                    for key in ("redirect_to", "split_from", "successor_of")}}
                self.campaign(bare(entity)).take(finding)
            else:
                self.alerts += finding.get("status") == "create"
                if finding.get("campaign"):
                    self.campaign(bare(finding["campaign"])).fingerprints.add(entity)
        for line in members:
            campaign = self.campaign(bare(line["campaign"]))
            campaign.members.add(line["account"])
            campaign.kind = campaign.kind or line.get("class")
        for campaign in self.campaigns.values():
            campaign.owner = self.owner(campaign)

    def campaign(self, uid):
        return self.campaigns.setdefault(uid, Campaign(uid))

    def final(self, campaign):
        """What the campaign has become, through redirects."""
        seen = set()
        while campaign.redirect and campaign.uid not in seen:
            seen.add(campaign.uid)
            campaign = self.campaign(campaign.redirect)
        return campaign

    def owner(self, campaign):
        """The population that most members are in, or most fingerprints where there are no members."""
        end = campaign if campaign.members else self.final(campaign)
        if end.members:
            names = [self.labels.owner.get(account) for account in end.members]
        else:
            known = campaign.fingerprints | end.fingerprints
            names = [self.labels.fingerprints.get(entity) for entity in known]
            # What belongs to nobody in particular (a card issuer) says nothing.
            names = [name for name in names if name] or [None]
        counts = collections.Counter(names)
        # Equal counts: the first name, so that the result does not depend on order.
        return min(counts, key=lambda name: (-counts[name], name or ""))

    def of(self, population):
        """The campaigns of a population that were told of, in order of time."""
        own = [c for c in self.campaigns.values()
               if c.owner == population and c.created is not None]
        return sorted(own, key=lambda c: (c.created, c.uid))

    @property
    def judged(self):
        """Campaigns with members whose members count: of farms, and all that are said to distill."""
        farms = {p.name for p in self.labels.farms}
        return [c for c in self.campaigns.values()
                if c.members and (c.owner in farms or c.kind == DISTILLATION)]


def ratio(part, whole):
    return part / whole if whole else None


def farm_result(run, ledger, farm):
    """What became of one farm."""
    campaigns = run.of(farm.name)
    result = {"farm": farm.name, "accounts": len(farm.accounts), "requests": farm.requests,
              "found": bool(campaigns)}
    holding = [c for c in run.judged if c.members & farm.accounts.keys()]
    result["fragments"] = len(holding)
    mine = set().union(*(c.members for c in holding if c.owner == farm.name), set())
    result["recall"] = ratio(len(mine & farm.accounts.keys()), len(farm.accounts))
    result["precision"] = ratio(len(mine & farm.accounts.keys()), len(mine))
    if not campaigns:
        return result
    first = campaigns[0]
    requests, tokens = ledger.before(farm.name, first.created)
    all_requests, all_tokens = ledger.total(farm.name)
    hundred = farm.active_since(100)
    result.update({
        "class": run.final(first).kind, "uid": first.uid,
        "hours": (first.created - farm.first) / 3_600_000,
        "hours_after_100": None if hundred is None else (first.created - hundred) / 3_600_000,
        "requests_before": requests, "share_before": ratio(requests, all_requests),
        "tokens_before": tokens, "token_share_before": ratio(tokens, all_tokens),
    })
    changes = sum(1 for c in campaigns if c.redirect or c.split_from or c.successor_of)
    days = max((farm.last - first.created) / DAY_MS, 1 / 24)
    result["id_changes"] = changes
    result["days"] = days
    return result


def b_cubed(run):
    """B-cubed precision over members and recall over accounts of farms (Bagga and Baldwin 1998); an account that is in
    no campaign is alone."""
    operator = {account: farm.name for farm in run.labels.farms for account in farm.accounts}
    precision, members = 0.0, 0
    together = collections.defaultdict(float)
    for campaign in run.judged:
        counts = collections.Counter(operator.get(account) for account in campaign.members)
        size = len(campaign.members)
        alone = counts.pop(None, 0)
        precision += alone / size
        precision += sum(count * count / size for count in counts.values())
        members += size
        for name, count in counts.items():
            together[name] += count * count
    recall, accounts = 0.0, 0
    for farm in run.labels.farms:
        size = len(farm.accounts)
        held = {a for c in run.judged for a in c.members} & farm.accounts.keys()
        recall += together[farm.name] / size + (size - len(held)) / size
        accounts += size
    return ratio(precision, members), ratio(recall, accounts)


def over_merge(run):
    """The share of farms' members that are in a campaign together with more members of another farm."""
    operator = {account: farm.name for farm in run.labels.farms for account in farm.accounts}
    wrong, all_members = 0, 0
    for campaign in run.judged:
        counts = collections.Counter(operator[a] for a in campaign.members if a in operator)
        if counts:
            wrong += sum(counts.values()) - max(counts.values())
            all_members += sum(counts.values())
    return ratio(wrong, all_members)


def look_alike_results(run, ordinary_requests):
    """Campaigns that were told of look-alikes and of ordinary customers."""
    results = []
    for population in run.labels.look_alikes + [None]:
        name = population.name if population else None
        campaigns = run.of(name)
        requests = population.requests if population else ordinary_requests
        kinds = collections.Counter(c.kind or "unknown" for c in campaigns)
        wrong = [c for c in campaigns if not population or c.kind != population.admissible]
        high = sum(c.severity in ("high", "critical") for c in campaigns)
        results.append({
            "population": name or "ordinary", "requests": requests, "campaigns": len(campaigns),
            "distillation": kinds[DISTILLATION], "wrong": len(wrong), "high": high,
            "classes": dict(sorted(kinds.items())),
            "per_10m": ratio(len(wrong) * 1e7, requests),
        })
    return results


def score(labels, ledger, findings, members):
    """All figures of one run, from iterables of objects."""
    labels = Labels(labels)
    ledger = Ledger(ledger)
    run = Run(labels, findings, members)
    farms = [farm_result(run, ledger, farm) for farm in labels.farms]
    told = [f for f in farms if f["found"]]
    in_judged = [account for c in run.judged for account in c.members]
    right = sum(1 for account in in_judged
                if labels.owner.get(account) in {p.name for p in labels.farms})
    all_accounts = sum(f["accounts"] for f in farms)
    held = {a for a in in_judged if labels.owner.get(a) in {p.name for p in labels.farms}}
    precision, recall = b_cubed(run)
    ordinary = labels.records - sum(p.requests for p in labels.populations.values())
    return {
        "farms": farms, "look_alikes": look_alike_results(run, ordinary),
        "records": labels.records, "found": len(told), "of": len(farms),
        "account_precision": ratio(right, len(in_judged)),
        "account_recall": ratio(len(held), all_accounts),
        "b_cubed_precision": precision, "b_cubed_recall": recall if farms else None,
        "over_merge": over_merge(run),
        "fragmentation": ratio(sum(f["fragments"] for f in told), len(told)),
        "id_changes_per_day": ratio(
            sum(f["id_changes"] for f in told), sum(f["days"] for f in told)),
        "other_alerts": run.alerts,
    }


def score_files(labels, ledger, findings, members):
    """All figures of one run, from files."""
    return score(lines(labels), lines(ledger), lines(findings), lines(members))
