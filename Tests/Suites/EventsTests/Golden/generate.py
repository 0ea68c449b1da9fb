"""Writes the golden files of EventsTests: python3 generate.py OUT_DIRECTORY

events.jsonl    documents with the verdict of an independent reader (the standard json module and the
                rules of the request event, written here a second time): input as hex, a tab, then the
                fields as `name=value` joined by U+001F, or `!` and the reason
events.pb       messages written by PyPI protobuf, each behind its length as four bytes, little-endian
events.pb.txt   what each of them says, in the format of the first file

Needs the packages protobuf and grpcio-tools for the Protobuf files; exits 3 where they are missing.
"""
import datetime
import json
import os
import random
import re
import struct
import subprocess
import sys
import tempfile
from decimal import Decimal

HERE = os.path.dirname(os.path.abspath(__file__))
TEXTS = "id organization end_user api_key session access_path plan model operation".split()
COUNTS = "input_tokens output_tokens cached_tokens reasoning_tokens max_tokens latency_ms".split()
KINDS = ["payment", "device", "ip", "user_agent"]
SIGNALS = ["score", "task", "flag"]
LARGEST = 4294967295


class Reject(Exception):
    pass


class Number(str):
    """A number as written."""


PLACEHOLDERS = {"-", "unknown", "null", "none", "n/a", "undefined", "nil", "(none)", "not set"}
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
WHITE = "".join(map(chr, range(33)))


def is_text(value):
    return isinstance(value, str) and not isinstance(value, Number)


def spelled(token):
    """A number without an exponent and without zeros that say nothing, where it is small enough."""
    if Decimal(token) == 0:
        return "0"
    mantissa, _, exponent = token.lower().partition("e")
    if not exponent and not ("." in mantissa and mantissa.endswith("0")):
        return token
    _, digits, tens = Decimal(token).as_tuple()
    whole = int("".join(map(str, digits)))
    while tens < 0 and whole % 10 == 0:
        whole, tens = whole // 10, tens + 1
    if len(digits) > 19 or not -18 <= tens <= 18:
        return token
    sign = 1 if token.startswith("-") else 0
    return format(Decimal((sign, tuple(map(int, str(whole))), tens)), "f")


def text_of(value):
    """The text a value is, or None where it is left out or missing."""
    if isinstance(value, Number):
        value = spelled(value)
    elif not isinstance(value, str):
        return None
    value = "".join("\ufffd" if 0xD800 <= ord(c) < 0xE000 else c for c in value)
    bare = value.strip(WHITE)
    return value if bare and bare.lower() not in PLACEHOLDERS else None


def number_of(value):
    if is_text(value):
        value = value.strip(WHITE)
        return Decimal(value) if NUMBER.fullmatch(value) else None
    return Decimal(value) if isinstance(value, Number) else None


def cut(number):
    return 10 ** 40 if number.adjusted() > 30 else 0 if number.adjusted() < -30 else int(number)


def as_time(value):
    """Milliseconds, or None where the time is missing, or Reject."""
    if value is None or is_text(value) and not (value and text_of(value)):
        return None
    number = number_of(value)
    if number is not None:
        ms = cut(number)
    elif is_text(value):
        try:
            parsed = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            raise Reject("bad_time")
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        ms = (parsed - epoch) // datetime.timedelta(milliseconds=1)
    else:
        raise Reject("bad_time")
    if not 946684800000 <= ms < 4102444800000:
        raise Reject("bad_time")
    return ms


def count_of(name, value):
    number = number_of(value)
    if number is None or name in COUNTS and number < 0 or abs(cut(number)) > LARGEST:
        return None
    return cut(number)


class Pairs(list):
    pass


def evaluate(raw):
    """The fields of a document, or Reject. Of several values of one name the last counts."""
    text = raw.decode("utf-8", errors="replace")
    try:
        document = json.loads(text, object_pairs_hook=Pairs, parse_int=Number, parse_float=Number,
                              parse_constant=lambda _: 1 / 0)
    except (ValueError, ZeroDivisionError):
        raise Reject("malformed_json")
    if not isinstance(document, Pairs):
        raise Reject("not_an_object")
    last = dict(document)
    fields = {"time": as_time(last.get("time"))}
    if fields["time"] is None:
        raise Reject("missing_time")
    fields["account"] = text_of(last.get("account"))
    if fields["account"] is None:
        raise Reject("missing_account")
    try:
        fields["account_created"] = as_time(last.get("account_created"))
    except Reject:
        pass
    for name in TEXTS:
        fields[name] = text_of(last.get(name))
    for name in COUNTS + ["status", "turn"]:
        fields[name] = count_of(name, last.get(name))
    for name, tracked in (("fingerprints", KINDS), ("signals", SIGNALS)):
        items = last.get(name)
        for key, item in dict(items if isinstance(items, Pairs) else []).items():
            if key in tracked:
                if isinstance(item, bool) and name == "signals":
                    item = "true" if item else "false"
                fields[name + "." + key] = text_of(item)
    return {name: value for name, value in fields.items() if value is not None}


def show(fields):
    return "\x1f".join(f"{k}={fields[k]}" for k in sorted(fields))


def some_text(r):
    alphabet = r.choice(["abcdef0123456789_-.:", "aé€😀\"\\/\n\t\x00\x7f ", "x"])
    return "".join(r.choice(alphabet) for _ in range(r.choice([0, 1, 7, 8, 9, 15, 16, 17, 31, 60])))


def some_value(r, depth=0):
    kind = r.randrange(9 if depth < 3 else 7)
    if kind == 0:
        return r.choice([True, False, None])
    if kind in (1, 2):
        return r.choice([0, -1, 7, 10 ** r.randrange(14), LARGEST, LARGEST + 1, 2 ** 70, 1.5, 2.0,
                         1e300, -0.0, 12345678.25])
    if kind < 7:
        return some_text(r)
    if kind == 7:
        return [some_value(r, depth + 1) for _ in range(r.randrange(4))]
    return {some_text(r): some_value(r, depth + 1) for _ in range(r.randrange(4))}


def some_event(r):
    event = {"time": r.choice([1780000000000 + r.randrange(10 ** 9), "2026-06-01T12:34:56.789Z",
                               "2026-06-01T12:34:56+05:30", 1780000000000.0])}
    event["account"] = "acct_%d" % r.randrange(10 ** 6)
    for name in TEXTS:
        if r.random() < 0.4:
            event[name] = some_text(r)
    for name in COUNTS + ["status", "turn"]:
        if r.random() < 0.4:
            event[name] = r.choice([0, 5, 200, 10 ** 6, 4096.0])
    if r.random() < 0.2:
        event["account_created"] = 1700000000000
    if r.random() < 0.8:
        kinds = r.sample(KINDS + ["k%d" % i for i in range(14)], r.randrange(8))
        event["fingerprints"] = {k: some_text(r) for k in kinds}
    if r.random() < 0.5:
        event["signals"] = {k: r.choice([True, False, 1, -2.9, "coding", None])
                            for k in r.sample(SIGNALS + ["other"], r.randrange(4))}
    for _ in range(r.randrange(3)):
        event["x" + some_text(r)] = some_value(r)
    names = list(event)
    r.shuffle(names)
    return {n: event[n] for n in names}


def documents(r):
    for i in range(1500):
        event = some_event(r)
        fault = r.random()
        if fault < 0.25:
            event[r.choice(list(event))] = some_value(r)
        style = r.choice([dict(separators=(",", ":")), {}, dict(indent=1)])
        raw = json.dumps(event, ensure_ascii=r.random() < 0.5, **style).encode()
        if 0.25 <= fault < 0.5:
            raw = bytearray(raw)
            for _ in range(r.randrange(1, 3)):
                at = r.randrange(len(raw))
                raw[at:at + r.randrange(2)] = r.choice(
                    [b"", b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"0", b"e", b"-", b"\xff",
                     b" ", b"\\ud800", b"\x01", b"\xc3\xa9"])
            raw = bytes(raw)
        yield raw


def write_json(out):
    r = random.Random(20260601)
    with open(os.path.join(out, "events.jsonl"), "w", encoding="utf-8", newline="\n") as f:
        for raw in documents(r):
            try:
                verdict = show(evaluate(raw))
            except Reject as reason:
                verdict = "!" + str(reason)
            f.write(raw.hex() + "\t" + verdict.encode().hex() + "\n")


def load_messages():
    try:
        import google.protobuf  # noqa: F401
        from grpc_tools import protoc
    except ImportError:
        print("protobuf and grpcio-tools are missing", file=sys.stderr)
        sys.exit(3)
    source = os.path.normpath(os.path.join(HERE, "../../../../Sources/Events"))
    with tempfile.TemporaryDirectory() as scratch:
        if protoc.main(["protoc", "-I" + source, "--python_out=" + scratch, "stillwatch.proto"]):
            sys.exit(1)
        sys.path.insert(0, scratch)
        import stillwatch_pb2
        return stillwatch_pb2


def write_protobuf(out):
    pb = load_messages()
    r = random.Random(20260602)
    with open(os.path.join(out, "events.pb"), "wb") as data, \
            open(os.path.join(out, "events.pb.txt"), "w", encoding="utf-8", newline="\n") as said:
        for _ in range(300):
            m, fields = pb.RequestEvent(), {}
            m.time = fields["time"] = 1780000000000 + r.randrange(10 ** 9)
            m.account = fields["account"] = "acct_%d" % r.randrange(10 ** 6)
            for name in TEXTS:
                if r.random() < 0.5:
                    setattr(m, name, some_text(r))
                    fields[name] = text_of(getattr(m, name))
            for name in COUNTS + ["status", "turn", "account_created"]:
                if r.random() < 0.5:
                    low = -LARGEST if name in ("status", "turn") else 0
                    fields[name] = r.choice([0, 1, 127, 128, 16384, LARGEST, low])
                    if name == "account_created":
                        fields[name] = 1700000000000
                    setattr(m, name, fields[name])
            for kind in r.sample(KINDS + ["k1", "k2"], r.randrange(7)):
                m.fingerprints[kind] = some_text(r)
                if kind in KINDS:
                    fields["fingerprints." + kind] = text_of(m.fingerprints[kind])
            for name in r.sample(SIGNALS + ["other"], r.randrange(5)):
                value = r.choice([("flag", True), ("flag", False), ("integer", -7), ("number", 2.75),
                                  ("text", "coding"), ("integer", LARGEST)])
                setattr(m.signals[name], *value)
                if name in SIGNALS:
                    fields["signals." + name] = str(value[1]).lower()
            raw = m.SerializeToString(deterministic=True)
            data.write(struct.pack("<I", len(raw)) + raw)
            said.write(show({k: v for k, v in fields.items() if v is not None}).encode().hex() + "\n")


if __name__ == "__main__":
    write_json(sys.argv[1])
    write_protobuf(sys.argv[1])
