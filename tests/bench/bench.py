# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmarks share: builds, a network of their own, tools in turn, tables."""

import ctypes
import fcntl
import os
import re
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Tool:
    name: str
    argv: list
    expect: str         # the output must match this, or the tool has not done the work
    stdin: Path = Path("/dev/null")
    code: int = None    # what it must exit with, where that is known
    env: dict = field(default_factory=dict)
    after: callable = None      # called after each run: what has it not done?
    floor: "Tool" = None        # what its ratio is to, where not all of a table have the same
    wall: list = field(default_factory=list)        # ms
    cpu: list = field(default_factory=list)         # ms
    peak: list = field(default_factory=list)        # MiB


def build():
    """Our plugins as they are by default and with static ldns, and the helpers."""
    folder = Path(os.environ.get("MAILPATH_BENCH_BUILD") or tempfile.mkdtemp(prefix="mailpath-bench-"))
    if not (TOP / "configure").exists():
        subprocess.run(["autoreconf", "-fi"], cwd=TOP, check=True, capture_output=True)
    for name, options in (("shared", []), ("static", ["--with-static-ldns"])):
        place = folder / name
        if (place / "plugins").exists():
            continue
        place.mkdir(parents=True)
        for command in ([TOP / "configure", f"--with-plugindir={place}/plugins", *options],
                        ["make", "-j2", "all", "servers"]):
            subprocess.run(command, cwd=place, check=True, stdout=subprocess.DEVNULL)
    helper(folder, "meter", "-static")
    helper(folder, "floor", "-static")
    os.environ["MAILPATH_BENCH_BUILD"] = str(folder)
    return folder


def helper(folder, name, *options):
    """A C program of this directory, built into the folder."""
    done = subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", folder / name, TOP / f"tests/bench/{name}.c",
                           *options], capture_output=True, text=True)
    if done.returncode:         # what a static libcrypto warns of is not for us
        sys.exit(done.stderr)


def isolate(resolv_conf, *more):
    """Go on in a network of our own, loopback alone, with this /etc/resolv.conf, and
    with more files (each: what, instead of what)."""
    if os.environ.get("MAILPATH_BENCH_ISOLATED") != "1":
        os.environ["MAILPATH_BENCH_ISOLATED"] = "1"
        user = [] if os.geteuid() == 0 else ["--map-root-user"]
        os.execvp("unshare", ["unshare", *user, "--mount", "--net", "--propagation", "private",
                              sys.executable, *sys.argv])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sh", b"lo", 0x41))       # SIOCSIFFLAGS: up
    libc = ctypes.CDLL(None, use_errno=True)
    for file, place in ((resolv_conf, "/etc/resolv.conf"), *more):
        if libc.mount(str(file).encode(), place.encode(), None, 4096, None):
            sys.exit(f"cannot mount over {place}")


def measure(folder, tools, rounds):
    """The tools in turn, A B C A B C, so that a machine that drifts slows them all."""
    output = folder / "output"
    for number in range(-1, rounds):            # the first round only warms up
        for tool in tools:
            with tool.stdin.open() as stdin:
                done = subprocess.run([folder / "meter", output, *map(str, tool.argv)], stdin=stdin,
                                      capture_output=True, text=True, check=True,
                                      env={"PATH": PATH, "LANG": "C.UTF-8", "HOME": "/", **tool.env})
            wall, cpu, peak, code = map(int, done.stdout.split())
            text = output.read_text(errors="replace")
            missed = "" if re.search(tool.expect, text) else f"not {tool.expect!r}"
            if tool.code not in (None, code):
                missed = f"exit code {code}"
            missed = missed or tool.after and tool.after(tool)
            if missed:
                sys.exit(f"{tool.name} has not done the work ({missed}); it said:\n{text[:500]}")
            if number >= 0:
                tool.wall.append(wall / 1000)
                tool.cpu.append(cpu / 1000)
                tool.peak.append(peak / 1024)


def ratio(tool, reference, what="wall"):
    """The median of the ratios within each round; of "wall" or of "cpu"."""
    return statistics.median(a / b for a, b in zip(getattr(tool, what), getattr(reference, what)))


def table(title, tools, reference, columns=()):
    """Columns more: what stands above, and a function from a tool to what stands there."""
    print(f"\n{title}\n")
    more = "".join(f" {heading:>6}" for heading, _ in columns)
    print(f"{'':34} {'wall ms':>8} {'min-max':>15} {'ratio':>6} {'CPU ms':>7} {'peak MiB':>8}{more}")
    for tool in tools:
        more = "".join(f" {value(tool):>6}" for _, value in columns)
        spread = f"{min(tool.wall):.1f}-{max(tool.wall):.1f}"
        print(f"{tool.name:34} {statistics.median(tool.wall):8.1f} {spread:>15} "
              f"{ratio(tool, tool.floor or reference):6.2f} {statistics.median(tool.cpu):7.1f} "
              f"{statistics.median(tool.peak):8.1f}{more}")
    sys.stdout.flush()


def present(tools):
    """Those whose program is here; the others are named."""
    here = []
    for tool in tools:
        if shutil.which(str(tool.argv[0]), path=PATH):
            here.append(tool)
        else:
            print(f"({tool.name}: {tool.argv[0]} is not installed)")
    return here
