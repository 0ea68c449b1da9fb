"""Tests of campaign_score on inputs made by hand: python3 -m unittest discover benchmarks"""
import unittest

from campaign_score import Campaign, Ledger, entities, moment, score

HOUR = 3_600_000
DAY = 24 * HOUR


def label_lines(farms, look_alikes=(), records=10_000):
    """Labels: (name, {account: first}, fingerprints) of farms, (name, accounts, admissible class) of look-alikes."""
    lines = []
    for name, accounts, prints in farms:
        lines.append({"type": "farm", "population": name, "scenario": "s1", "requests": 1000,
                      "accounts": len(accounts), "first": 0, "last": 10 * DAY})
        lines += [{"type": "fingerprint", "population": name, "entity": e, "accounts": 2,
                   "exclusive": not e.startswith("card_bin")} for e in prints]
        lines += [{"type": "account", "population": name, "account": a, "requests": 5,
                   "first": first, "last": 10 * DAY} for a, first in accounts.items()]
    for name, accounts, admissible in look_alikes:
        line = {"type": "look_alike", "population": name, "scenario": "course", "requests": 2000,
                "first": 0, "last": DAY}
        if admissible:
            line["admissible_class"] = admissible
        lines.append(line)
        lines += [{"type": "account", "population": name, "account": a, "requests": 5, "first": 0,
                   "last": DAY} for a in accounts]
    return lines + [{"type": "summary", "records": records}]


def ledger_lines(*names):
    """A thousand requests of each in ten days, evenly, 2 tokens a request."""
    return [{"population": name, "from": day * DAY, "to": (day + 1) * DAY, "requests": 100,
             "input_tokens": 50, "output_tokens": 150} for name in names for day in range(10)]


def finding(uid, time, status="create", kind="distillation", **more):
    return {"entity": f"campaign:{uid}", "time": time, "status": status, "class": kind,
            "severity": "high", "evidence": {"accounts": 2}, **more}


def member(account, campaign, kind="distillation"):
    return {"account": account, "campaign": campaign, "class": kind, "since": 0, "confidence": 1,
            "ties": []}


def accounts(prefix, count):
    return {f"{prefix}{i}": i * HOUR for i in range(count)}


class Whole(unittest.TestCase):
    def setUp(self):
        self.labels = label_lines([("a", accounts("a", 120), ["payment:p1"])])

    def test_one_campaign_that_has_all_accounts_is_perfect(self):
        result = score(self.labels, ledger_lines("a"), [finding("u", DAY)],
                       [member(f"a{i}", "u") for i in range(120)])
        for key in ("account_precision", "account_recall", "b_cubed_precision", "b_cubed_recall"):
            self.assertEqual(result[key], 1, key)
        self.assertEqual((result["over_merge"], result["fragmentation"]), (0, 1))
        self.assertEqual(result["id_changes_per_day"], 0)
        farm = result["farms"][0]
        self.assertEqual((farm["hours"], farm["hours_after_100"]), (24, 24 - 99))
        self.assertEqual((farm["requests_before"], farm["tokens_before"]), (100, 200))
        self.assertEqual(farm["share_before"], 0.1)
        self.assertEqual(farm["class"], "distillation")

    def test_a_farm_nobody_found_counts_as_accounts_alone(self):
        result = score(self.labels, ledger_lines("a"), [], [])
        self.assertEqual((result["found"], result["of"], result["account_recall"]), (0, 1, 0))
        self.assertIsNone(result["account_precision"])
        self.assertAlmostEqual(result["b_cubed_recall"], 1 / 120)
        self.assertIsNone(result["fragmentation"])

    def test_strangers_in_a_campaign_cost_precision(self):
        people = [member(f"a{i}", "u") for i in range(120)]
        people += [member(f"stranger{i}", "u") for i in range(30)]
        result = score(self.labels, ledger_lines("a"), [finding("u", DAY)], people)
        self.assertAlmostEqual(result["account_precision"], 0.8)
        # 120 of 150 for each account of the farm, 1 of 150 for each stranger.
        self.assertAlmostEqual(result["b_cubed_precision"], (120 * 0.8 + 30 / 150) / 150)
        self.assertEqual(result["b_cubed_recall"], 1)

    def test_a_farm_in_two_campaigns_is_fragmented(self):
        people = [member(f"a{i}", "u" if i < 60 else "v") for i in range(120)]
        result = score(self.labels, ledger_lines("a"), [finding("u", DAY), finding("v", 2 * DAY)], people)
        self.assertEqual(result["fragmentation"], 2)
        self.assertEqual((result["account_recall"], result["b_cubed_precision"]), (1, 1))
        self.assertEqual(result["b_cubed_recall"], 0.5)


class Several(unittest.TestCase):
    def setUp(self):
        self.labels = label_lines(
            [("a", accounts("a", 30), ["payment:p1"]), ("b", accounts("b", 10), ["payment:p2"])],
            [("course", ["c0", "c1"], None), ("trial", ["t0", "t1"], "multi_account_abuse")])
        self.ledger = ledger_lines("a", "b")

    def test_two_farms_in_one_campaign_are_an_over_merge(self):
        people = [member(a, "u") for a in [*accounts("a", 30), *accounts("b", 10)]]
        result = score(self.labels, self.ledger, [finding("u", DAY)], people)
        self.assertEqual(result["over_merge"], 0.25)
        self.assertEqual(result["account_precision"], 1)
        self.assertAlmostEqual(result["b_cubed_precision"], (30 * 30 + 10 * 10) / 40 / 40)
        self.assertEqual([f["found"] for f in result["farms"]], [True, False])

    def test_admissible_campaigns_are_no_mistakes_and_others_are(self):
        findings = [finding("c", DAY), finding("t", DAY, kind="multi_account_abuse"),
                    finding("x", DAY, kind="resale")]
        people = [member("c0", "c"), member("c1", "c"), member("t0", "t", "multi_account_abuse"),
                  member("stranger", "x", "resale")]
        result = score(self.labels, self.ledger, findings, people)
        told = {line["population"]: line for line in result["look_alikes"]}
        self.assertEqual((told["course"]["wrong"], told["course"]["distillation"]), (1, 1))
        self.assertEqual(told["course"]["per_10m"], 1e7 / 2000)
        self.assertEqual((told["trial"]["campaigns"], told["trial"]["wrong"]), (1, 0))
        self.assertEqual(told["ordinary"]["wrong"], 1)
        self.assertEqual(told["ordinary"]["requests"], 10_000 - 2000 - 4000)
        # A campaign of distillation counts wherever its members are from.
        self.assertEqual(result["account_precision"], 0)

    def test_a_redirect_and_a_split_are_changes_of_identity(self):
        findings = [
            finding("u", DAY), finding("v", 2 * DAY),
            finding("v", 3 * DAY, "close", redirect_to="campaign:u", reason="same_frame"),
            finding("w", 4 * DAY, split_from="u"),
        ]
        people = [member(f"a{i}", "u") for i in range(20)]
        people += [member(f"a{i}", "w") for i in range(20, 30)]
        result = score(self.labels, self.ledger, findings, people)
        farm = result["farms"][0]
        self.assertEqual((farm["id_changes"], farm["days"]), (2, 9))
        self.assertAlmostEqual(result["id_changes_per_day"], 2 / 9)
        self.assertEqual(farm["hours"], 24)

    def test_a_campaign_without_members_is_known_by_its_fingerprints(self):
        closed = finding("u", DAY, evidence={"fingerprints": {"payment": ["p2"]}})
        result = score(self.labels, self.ledger, [closed], [])
        self.assertEqual([f["found"] for f in result["farms"]], [False, True])
        named = [finding("u", DAY), {"entity": "payment:p1", "status": "update", "time": DAY,
                                     "campaign": "u", "evidence": {}}]
        result = score(self.labels, self.ledger, named, [])
        self.assertEqual([f["found"] for f in result["farms"]], [True, False])

    def test_the_order_of_lines_decides_nothing(self):
        findings = [finding("u", DAY), finding("v", 2 * DAY),
                    finding("v", 3 * DAY, "close", redirect_to="u")]
        people = [member(a, "u") for a in [*accounts("a", 30), *accounts("b", 10)]]
        forward = score(self.labels, self.ledger, findings, people)
        backward = score(self.labels, self.ledger, findings[::-1], people[::-1])
        self.assertEqual(forward, backward)


class Parts(unittest.TestCase):
    def test_times_are_numbers_or_texts(self):
        self.assertEqual(moment(1_780_272_000_000), 1_780_272_000_000)
        self.assertEqual(moment("2026-06-01T00:00:00.250Z"), 1_780_272_000_250)

    def test_the_ledger_counts_a_stretch_in_proportion(self):
        ledger = Ledger(ledger_lines("a"))
        self.assertEqual(ledger.before("a", 0), (0, 0))
        self.assertEqual(ledger.before("a", DAY // 2), (50, 100))
        self.assertEqual(ledger.before("a", 99 * DAY), (1000, 2000))
        self.assertEqual(ledger.before("nobody", DAY), (0, 0))

    def test_fingerprints_are_read_from_any_shape(self):
        wanted = {"payment:p1", "tls:t"}
        for value in (["payment:p1", "tls:t"], {"payment": ["p1"], "tls": ["t"]},
                      {"payment:p1": 3, "tls:t": 4}, [{"entity": "payment:p1"}, {"entity": "tls:t"}]):
            self.assertEqual(entities(value), wanted)
        self.assertEqual(entities(7), set())

    def test_the_first_create_is_when_a_campaign_was_told(self):
        campaign = Campaign("u")
        for line in (finding("u", 5), finding("u", 9, "update"), finding("u", 12, "close")):
            campaign.take(line)
        self.assertEqual((campaign.created, campaign.closed, campaign.kind), (5, 12, "distillation"))


if __name__ == "__main__":
    unittest.main()
