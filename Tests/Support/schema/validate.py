#!/usr/bin/env python3
"""Checks findings against the published OCSF schema, flat findings against ours, or reports of backtests.

    validate.py [--format ocsf|flat|report] [FILE ...]        (no FILE or -: standard input)

Reads one JSON object a line. Every error goes to standard error as FILE:LINE: PATH: MESSAGE.
Exit codes: 0 all valid, 1 some invalid or nothing to check, 2 the packages are missing.
"""
import argparse
import json
import pathlib
import sys

try:
    from jsonschema import Draft202012Validator
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
except ImportError as missing:
    print(f"validate.py: {missing}; pip install -r Tests/Support/schema/requirements.txt", file=sys.stderr)
    sys.exit(2)

EPOCH_MS = {"type": "integer", "minimum": 0}
FLAT = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "uid", "rule", "version", "severity", "status", "shadow", "entity", "time",
        "first_seen", "last_seen", "evidence", "description",
    ],
    "properties": {
        "uid": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "rule": {"type": "string", "minLength": 1},
        "version": {"type": "integer", "minimum": 0},
        "severity": {"enum": ["informational", "low", "medium", "high", "critical"]},
        "status": {"enum": ["create", "update", "close"]},
        "shadow": {"type": "boolean"},
        "entity": {"type": "string", "pattern": "^[^:]+:"},
        "class": {
            "enum": ["distillation", "multi_account_abuse", "resale", "shared_access", "probing"]
        },
        "campaign": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "redirect_to": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "reason": {"type": "string", "minLength": 1},
        "split_from": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "successor_of": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "time": EPOCH_MS,
        "first_seen": EPOCH_MS,
        "last_seen": EPOCH_MS,
        "evidence": {
            "type": "object",
            "additionalProperties": {
                "anyOf": [
                    {"type": ["number", "null"]},
                    {"type": "array", "items": {"type": "string"}},
                    {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["value", "requests"],
                            "properties": {
                                "value": {"type": "string"},
                                "requests": {"type": "integer", "minimum": 0},
                            },
                        },
                    },
                ]
            },
        },
        "description": {"type": "string"},
    },
}


ROOT = pathlib.Path(__file__).resolve().parents[3]


def reject_repeats(pairs):
    """json keeps the last of two equal keys in silence; a SIEM may keep the first."""
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError(f"a key stands twice: {sorted(n for n in names if names.count(n) > 1)[0]}")
    return dict(pairs)


def ocsf_schema():
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema("1.8.0"))
    return schema.get_class_schema(class_name="detection_finding", profiles=[])


def report_schema():
    return json.loads((ROOT / "Sources/Assessment/Assessment.docc/report.schema.json").read_text())


def own_checks(finding):
    """What our findings promise beyond the schema."""
    if next(iter(finding)) != "time":
        yield "time", "is not the first key"
    if finding["type_uid"] != finding["class_uid"] * 100 + finding["activity_id"]:
        yield "type_uid", "is not class_uid * 100 + activity_id"
    if finding["metadata"]["version"] != "1.8.0":
        yield "metadata/version", "is not 1.8.0"


def errors_of(line, validator, is_ocsf):
    try:
        finding = json.loads(line.decode("utf-8"), object_pairs_hook=reject_repeats)
    except ValueError as error:
        return [("", str(error))]
    found = [
        ("/".join(map(str, error.absolute_path)), error.message)
        for error in validator.iter_errors(finding)
    ]
    if not found and is_ocsf:
        found = list(own_checks(finding))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--format", choices=["ocsf", "flat", "report"], default="ocsf")
    parser.add_argument("files", nargs="*", default=["-"])
    options = parser.parse_args()
    schema = {"ocsf": ocsf_schema, "flat": lambda: FLAT, "report": report_schema}[options.format]()
    validator = Draft202012Validator(schema)
    checked = invalid = 0
    for name in options.files:
        with sys.stdin.buffer if name == "-" else open(name, "rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                checked += 1
                errors = errors_of(line, validator, options.format == "ocsf")
                invalid += bool(errors)
                for path, message in errors:
                    print(f"{name}:{number}: {path or '(root)'}: {message}", file=sys.stderr)
    print(f"{checked} findings checked, {invalid} invalid")
    return 0 if checked and not invalid else 1


if __name__ == "__main__":
    sys.exit(main())
