"""What the benchmark scripts share: programs, a broker, traffic, the machine's description."""
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILT = ROOT / ".build" / "release"
PARTITIONS = 12


def say(text):
    print(text, file=sys.stderr, flush=True)


class Ended:
    """A child process's end: wall and processor seconds, peak memory, what it printed."""

    def __init__(self, seconds, usage, output, errors):
        self.seconds = seconds
        self.cpu = usage.ru_utime + usage.ru_stime
        self.user = usage.ru_utime
        self.peak_mib = usage.ru_maxrss / 1024
        self.output = output
        self.errors = errors


def run(*command, env=None, output=subprocess.PIPE):
    """Runs a command to its good end; wait4 gives this child's own processor time."""
    command = [str(word) for word in command]
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as printed:
        target = printed if output == subprocess.PIPE else output
        started = time.monotonic()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=target, stderr=errors,
            env={**os.environ, **(env or {})})
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        printed.seek(0)
        said, out = errors.read().decode(errors="replace"), printed.read().decode(errors="replace")
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {child.returncode}\n{said[-4000:]}")
    return Ended(seconds, usage, out, said)


class Kafka:
    """The user's brokers, or one started here."""

    def __init__(self, scratch):
        self.servers = os.environ.get("BOOTSTRAP_SERVERS")
        self.stop = lambda: None
        if self.servers:
            return
        home = pathlib.Path(os.environ.get("KAFKA_HOME") or ROOT.parent / "shared" / "kafka")
        script = home / "bin" / "kafka-cluster"
        if not script.exists():
            script = ROOT / "Tests" / "TestSupport" / "kafka-one-broker"
        directory = scratch / "kafka"
        env = {"KAFKA_HOME": str(home)}
        # A file, not a pipe: the broker inherits it and would keep a pipe open.
        with open(scratch / "servers", "w+") as printed:
            code = subprocess.call(
                [script, "start", directory], stdin=subprocess.DEVNULL, stdout=printed,
                env={**os.environ, **env})
            if code != 0:
                sys.exit("no broker: set BOOTSTRAP_SERVERS, or KAFKA_HOME to a Kafka distribution")
            printed.seek(0)
            self.servers = printed.read().split()[-1]
        self.stop = lambda: subprocess.call(
            [script, "stop", directory], stdout=subprocess.DEVNULL, env={**os.environ, **env})


def simulate(options, *more):
    return run(
        BUILT / "stillwatch", "simulate", "--preset", "bench", "--hours",
        f"{options.seconds / 3600:.6f}", *more)


def create_input(servers, topic):
    """The input topic: `topics create` is for the engine's own, and takes any name."""
    run(
        BUILT / "stillwatch", "topics", "create", "--bootstrap-servers", servers,
        "--set", f"alerts.topic={topic}", "--set", f"alerts.partitions={PARTITIONS}",
        "--set", f"partials.topic={topic}-unused", "--set", "partials.partitions=1",
        "--set", f"dead_letters.topic={topic}-unused-too", "--set", "dead_letters.partitions=1",
        "--set", f"state.topic={topic}-unused-three",
        "--set", "campaigns.alerts=off")


def topic_options(name):
    """Options that give a run topics of its own."""
    kinds = ("partials", "alerts", "dead_letters", "state", "evidence", "members")
    return [word for kind in kinds for word in ("--set", f"{kind}.topic={name}-{kind}")]


def log_lines(text):
    """The JSON lines of a log."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def moment(line):
    """When a log line was written."""
    return datetime.fromisoformat(line["time"].replace("Z", "+00:00"))


def engine_result(ended, events):
    """Figures of a run: over its whole life, and from the assignment of partitions to the end."""
    said = {line["message"]: line for line in log_lines(ended.errors)}
    working = (moment(said["stopped"]) - moment(said["partitions assigned"])).total_seconds()
    fields = said["stopped"]["fields"]
    if fields["consumed"] != events or fields["processed"] != events:
        sys.exit(f"records are missing: {fields}")
    return {
        "events": events, "seconds": round(working, 2), "seconds_of_process": round(ended.seconds, 2),
        "events_per_s": round(events / working), "cpu_us_per_event": round(ended.cpu / events * 1e6, 3),
        "peak_mib": round(ended.peak_mib), "blocks": fields["blocks"], "findings": fields["findings"],
    }


def machine():
    model = "unknown"
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
    return {
        "cpu": model, "cores": os.cpu_count(), "system": platform.platform(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
    }
