"""Tests of run-campaigns and its tables, with a program that stands in for stillwatch."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from campaign_tables import markdown, percent, spread

HERE = pathlib.Path(__file__).resolve().parent
MACHINE = {"date": "2026-11-28", "cores": 2, "cpu": "a processor"}

# Simulates a farm of three accounts, and finds it in the events that come through the pipe.
PROGRAM = """#!{python}
import json, sys
words = sys.argv[1:]
option = lambda name: words[words.index(name) + 1]
def write(name, *lines):
    with open(option(name), "w") as file:
        file.writelines(json.dumps(line) + "\\n" for line in lines)
accounts = ["a0", "a1", "a2"]
if words[0] == "simulate":
    assert option("--scenario") == "mix" and option("--evasion") == "e4" and option("--days") == "2.0"
    farm = {{"population": "s1", "first": 0, "last": 86400000}}
    write("--labels", {{**farm, "type": "farm", "scenario": "s1", "requests": 30}},
        *({{**farm, "type": "account", "account": a}} for a in accounts),
        {{"type": "summary", "records": 30}})
    write("--ledger", {{"population": "s1", "from": 0, "to": 86400000, "requests": 30,
        "input_tokens": 60, "output_tokens": 30}})
    for a in accounts:
        print(json.dumps({{"account": a}}))
elif option("--members") and "--broken" not in words:
    seen = [json.loads(line)["account"] for line in sys.stdin]
    write("--out", {{"entity": "campaign:u", "status": "create", "time": 43200000,
        "class": "distillation", "severity": "high", "evidence": {{}}}})
    write("--members", *({{"account": a, "campaign": "u", "class": "distillation"}} for a in seen))
else:
    print("broken on purpose", file=sys.stderr)
    sys.exit(3)
"""


class Runner(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.directory = pathlib.Path(self.scratch.name)
        self.program = self.directory / "stillwatch"
        self.program.write_text(PROGRAM.format(python=sys.executable))
        self.program.chmod(0o755)

    def run_it(self, *more):
        return subprocess.run(
            [sys.executable, HERE / "run-campaigns", "--stillwatch", self.program, "--scenarios", "mix",
             "--evasions", "e4", "--seeds", "1,2", "--days", "2", "--out", self.directory / "out",
             *more], capture_output=True, text=True)

    def test_each_run_is_scored_and_done_once(self):
        first = self.run_it()
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertIn("| mix, e4 (x0.01, 2 d) | 2 | 2 of 2 | 1.0000 | 1.0000 |", first.stdout)
        self.assertIn("| s1 | 2 of 2 | distillation | 12.0 | - | 50.00 | 15 | 50.00 |", first.stdout)
        runs = (self.directory / "out" / "runs.jsonl").read_text().splitlines()
        self.assertEqual([json.loads(run)["seed"] for run in runs], [1, 2])
        again = self.run_it()
        self.assertEqual((again.returncode, again.stderr), (0, ""))
        self.assertEqual(again.stdout, first.stdout)

    def test_a_run_that_fails_says_why(self):
        failed = self.run_it("--", "--broken")
        self.assertEqual(failed.returncode, 1)
        self.assertIn("broken on purpose", failed.stderr)
        self.assertFalse((self.directory / "out" / "runs.jsonl").exists())


class Tables(unittest.TestCase):
    def test_a_spread_tells_the_least_and_the_most(self):
        self.assertEqual(spread([0.5, 1, None]), "0.750 (0.500 to 1.000)")
        self.assertEqual(spread([1, 1]), "1.000")
        self.assertEqual(spread([None]), "-")
        self.assertEqual(percent([0.001]), "0.10")

    def test_wrong_campaigns_are_counted_over_all_seeds(self):
        run = {"scenario": "lookalikes", "evasion": "none", "scale": 1, "days": 1, "records": 5,
               "seconds": 1, "backtest_peak_mib": 7, "found": 0, "of": 0, "farms": [],
               "account_precision": None, "account_recall": None, "b_cubed_precision": None,
               "b_cubed_recall": None, "over_merge": None, "fragmentation": None,
               "id_changes_per_day": None,
               "look_alikes": [{"population": "nat", "requests": 1_000_000, "campaigns": 1,
                                "distillation": 1, "high": 0, "wrong": 1}]}
        text = markdown([run, run], MACHINE)
        self.assertIn("| nat | 2,000,000 | 2 | 2 | 0 | 2 | 10.0 |", text)
        self.assertIn("| lookalikes (x1, 1 d) | 2 | - | - |", text)


if __name__ == "__main__":
    unittest.main()
