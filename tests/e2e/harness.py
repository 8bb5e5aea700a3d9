# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end-to-end tests share: servers, and a plugin run as monitoring runs it."""

import atexit
import json
import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import jsonschema

TOP = Path(__file__).resolve().parents[2]
#: where `make install` put the plugins, and where helpers were built
PLUGINS = Path(os.environ["MAILPATH_PLUGINS"])
BUILD = Path(os.environ["MAILPATH_BUILD"])
SANITIZED = os.environ.get("MAILPATH_SANITIZED") == "1"
SCHEMA = json.loads((TOP / "contrib/schema/mailpath-1.json").read_text())
#: every reason that a plugin said in this run of the tests
REASONS_SEEN = set()

IS_ROOT = os.geteuid() == 0
WORK = Path(tempfile.mkdtemp(prefix="mailpath-e2e-"))
WORK.chmod(0o755)
atexit.register(shutil.rmtree, WORK, ignore_errors=True)


def write(name, text, mode=0o644):
    """A file that the unprivileged user can read."""
    path = WORK / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


given_ports = set()


def free_port():
    """A port that is free for UDP and TCP on loopback, that nobody here was given before,
    and no client is given until a server has it: below the kernel's range for those (32768)."""
    for _ in range(100):
        port = random.randrange(10240, 32768)
        if port in given_ports:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            try:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
                given_ports.add(port)
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


class Server:
    """A child process of ours, ended by its pid."""

    def __init__(self, argv, ready=None, seconds=30, **kwargs):
        self.process = subprocess.Popen([str(word) for word in argv], **kwargs)
        atexit.register(self.stop)
        if ready:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                if ready():
                    return
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
            end = "is not ready" if self.process.poll() is None else f"ended ({self.process.poll()})"
            raise RuntimeError(f"{' '.join(map(str, argv))}: {end}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


class FakeDNS(Server):
    """Our own server, which says and does what its zone file tells."""

    number = 0

    def __init__(self, zone, *options, address="127.0.0.1"):
        FakeDNS.number += 1
        self.address = address
        self.log = WORK / f"fakedns-{FakeDNS.number}.log"
        zone_file = write(f"fakedns-{FakeDNS.number}.zone", zone)
        super().__init__(
            [BUILD / "tests/e2e/servers/fakedns", "-a", address, "-q", self.log, *options, zone_file],
            stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        host = f"[{address}]" if ":" in address else address
        self.resolver = f"{host}:{self.port}"

    def questions(self):
        """(time in us, udp or tcp, client port, id, type, name) of each question so far."""
        lines = [line.split(" ") for line in self.log.read_text().splitlines()]
        return [(int(t), how, int(port), int(i), int(kind), name)
                for t, how, port, i, kind, name in lines]


def dns_answers(port, name, kind=1, address="127.0.0.1"):
    """Does a server answer this name with NOERROR or NXDOMAIN?"""
    question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
    question += b"".join(bytes([len(x)]) + x.encode() for x in name.split(".") if x)
    question += b"\x00" + kind.to_bytes(2, "big") + b"\x00\x01"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(0.3)
        try:
            s.sendto(question, (address, port))
            return s.recv(4096)[3] & 15 in (0, 3)
        except OSError:
            return False


class Once:
    """One for all tests, started when it is first asked for."""

    needs_root = False

    @classmethod
    def get(cls):
        if cls.needs_root and not IS_ROOT:
            raise unittest.SkipTest(f"{cls.__name__} must be started by root")
        if "_one" not in cls.__dict__:
            cls._one = cls()
        return cls._one


class Run:
    """What a plugin printed, and how long it took."""

    def __init__(self, code, out, err, seconds):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds
        self.lines = out.splitlines()

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def perfdata(self):
        """label -> (value, rest) of the first line."""
        _, _, text = self.lines[0].partition(" | ")
        pairs = re.findall(r"(?:'([^']*)'|([^= ]+))=(\S+)", text)
        return {quoted or bare: data for quoted, bare, data in pairs}

    def value(self, label):
        return float(re.match(r"-?[\d.]+", self.perfdata[label])[0])

    def __str__(self):
        return f"exit {self.code} after {self.seconds:.2f} s\n{self.out}{self.err}"


def unprivileged(environment):
    """How monitoring runs a plugin: no rights, no input, and a locale of its own."""
    def close_input():
        os.close(0)

    kwargs = {"env": environment, "preexec_fn": close_input, "cwd": "/"}
    if IS_ROOT:
        kwargs |= {"user": "nobody", "group": "nogroup", "extra_groups": []}
    return kwargs


def environment(**more):
    values = {"LC_ALL": "de_DE.UTF-8"}
    if "LOCPATH" in os.environ:
        values["LOCPATH"] = os.environ["LOCPATH"]
    # No leak check here: it attaches to the process as a debugger does, which
    # a plugin forbids. test_leaks runs as root, who may.
    values["ASAN_OPTIONS"] = "detect_leaks=0:abort_on_error=0:exitcode=99"
    values["UBSAN_OPTIONS"] = "print_stacktrace=1"
    return values | more


def run(plugin, *words, stdin=None, as_root=False, timeout=60, env=None):
    """Run an installed plugin; whatever it prints is checked for its form."""
    words = [str(word) for word in words]
    kwargs = unprivileged(environment(**(env or {})))
    if as_root:
        for key in ("user", "group", "extra_groups"):
            kwargs.pop(key, None)
    if stdin is not None:
        del kwargs["preexec_fn"]
        kwargs["input"] = stdin
    begun = time.monotonic()
    done = subprocess.run([str(PLUGINS / plugin), *words], capture_output=True, timeout=timeout,
                          **kwargs)
    result = Run(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"),
                 time.monotonic() - begun)
    check_form(result, words)
    return result


PERFDATA = re.compile(
    r"('[^'=|]+'|[a-z0-9_]+)=-?\d+(\.\d+)?(s|B|%)?"
    r"(;[@~:\d.-]*)?(;[@~:\d.-]*)?(;-?[\d.]+)?(;-?[\d.]+)?")
FINDING = re.compile(r"\[(OK|WARNING|CRITICAL|UNKNOWN)\] ([a-z0-9_]+) [^ ]*: .+")
FIRST = re.compile(r"[A-Z]+ (OK|WARNING|CRITICAL|UNKNOWN) - .+")


def check_form(result, words):
    """What holds for everything that a plugin prints (contract of all plugins)."""
    assert 0 <= result.code <= 3, f"{words}: {result}"
    assert "Sanitizer" not in result.err and "runtime error" not in result.err, str(result)
    text = result.out
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]", text), \
        repr(text)
    if text.startswith("{"):
        whole = json.loads(text)
        jsonschema.validate(whole, SCHEMA)
        assert whole["exit_code"] == result.code, text
        REASONS_SEEN.update(finding["reason"] for finding in whole["findings"])
        return
    if not FIRST.match(text):
        return          # a page, or Prometheus' format
    head, _, perfdata = result.lines[0].partition(" | ")
    assert text.count("|") <= 1, text
    assert len(head) <= 200 + len("SERVICE CRITICAL - "), head
    for item in re.findall(r"(?:'[^']*'|[^ '])+", perfdata):
        assert PERFDATA.fullmatch(item), f"{item} in {perfdata}"
    for line in result.lines[1:]:
        found = FINDING.match(line)
        if found:
            REASONS_SEEN.add(found[2])
    if "-v" not in " ".join(words):
        assert len(text.encode()) <= 8192, len(text)


class TestCase(unittest.TestCase):
    """Assertions about a run, which show the run when they fail."""

    maxDiff = None

    def assertState(self, result, state):
        states = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
        if result.out.startswith("{"):
            self.assertEqual(result.json["state"], state, str(result))
        else:
            self.assertRegex(result.lines[0], f"^[A-Z]+ {state} - ", str(result))
        self.assertEqual(result.code, states.index(state), str(result))

    def assertFinding(self, result, state, reason, subject, text=""):
        """A line of text output, or a finding in JSON."""
        if result.out.startswith("{"):
            found = [f for f in result.json["findings"]
                     if (f["state"], f["reason"], f["subject"]) == (state, reason, subject)
                     and text in f["text"]]
        else:
            found = [line for line in result.lines
                     if line.startswith(f"[{state}] {reason} {subject}: ") and text in line]
        self.assertTrue(found, f"no [{state}] {reason} {subject}: ...{text}... in\n{result}")

    def assertUsage(self, result, *words):
        """Wrong usage: one line that names what is wrong, exit 3."""
        self.assertEqual(result.code, 3, str(result))
        self.assertEqual(len(result.lines), 1, str(result))
        self.assertRegex(result.lines[0], "^[A-Z]+ UNKNOWN - ")
        self.assertNotIn("|", result.lines[0])
        for word in words:
            self.assertIn(word, result.lines[0])
