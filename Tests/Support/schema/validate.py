#!/usr/bin/env python3
"""Checks findings against a published OCSF schema, flat findings against ours, reports of backtests, or STIX bundles.

    validate.py [--format ocsf[-VERSION]|flat|report|stix] [FILE ...]        (no FILE or -: standard input)

Reads one JSON object a line. OCSF is 1.8.0 where no version is named. Every error goes to standard error as FILE:LINE: PATH: MESSAGE.
Exit codes: 0 all valid, 1 some invalid or nothing to check, 2 the packages are missing.
"""
import argparse
import json
import pathlib
import sys

try:
    import jsonschema
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
        "if_benign": {"type": "array", "minItems": 1, "items": {"type": "string"}},
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


def ocsf_schema(version):
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version))
    return schema.get_class_schema(class_name="detection_finding", profiles=[])


def report_schema():
    return json.loads((ROOT / "Sources/Assessment/Assessment.docc/report.schema.json").read_text())


class StixValidator:
    """STIX 2.1 bundles by PyPI stix2-validator; warnings count, but for the form of ids: ours are UUIDv5 on purpose."""

    CALM = ["uuid-check", "extref-hashes"]

    def iter_errors(self, bundle):
        from stix2validator import ValidationOptions, validate_instance

        results = validate_instance(bundle, ValidationOptions(version="2.1", strict=True, disabled=self.CALM))
        for one in getattr(results, "object_results", None) or [results]:
            for error in one.errors or []:
                yield jsonschema.ValidationError(str(error))


def own_checks(finding, version):
    """What our findings promise beyond the schema."""
    if next(iter(finding)) != "time":
        yield "time", "is not the first key"
    if finding["type_uid"] != finding["class_uid"] * 100 + finding["activity_id"]:
        yield "type_uid", "is not class_uid * 100 + activity_id"
    if finding["metadata"]["version"] != version:
        yield "metadata/version", f"is not {version}"


def errors_of(line, validator, version):
    try:
        finding = json.loads(line.decode("utf-8"), object_pairs_hook=reject_repeats)
    except ValueError as error:
        return [("", str(error))]
    found = [
        ("/".join(map(str, error.absolute_path)), error.message)
        for error in validator.iter_errors(finding)
    ]
    if not found and version:
        found = list(own_checks(finding, version))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--format", default="ocsf", metavar="ocsf[-VERSION]|flat|report|stix")
    parser.add_argument("files", nargs="*", default=["-"])
    options = parser.parse_args()
    name, _, version = options.format.partition("-")
    if name == "ocsf":
        version = version or "1.8.0"
    validators = {
        "ocsf": lambda: Draft202012Validator(ocsf_schema(version)),
        "flat": lambda: Draft202012Validator(FLAT),
        "report": lambda: Draft202012Validator(report_schema()),
        "stix": StixValidator,
    }
    validator = validators[name]()
    checked = invalid = 0
    for name in options.files:
        with sys.stdin.buffer if name == "-" else open(name, "rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                checked += 1
                errors = errors_of(line, validator, version)
                invalid += bool(errors)
                for path, message in errors:
                    print(f"{name}:{number}: {path or '(root)'}: {message}", file=sys.stderr)
    print(f"{checked} findings checked, {invalid} invalid")
    return 0 if checked and not invalid else 1


if __name__ == "__main__":
    sys.exit(main())
