# SPDX-License-Identifier: GPL-3.0-or-later
"""A mail server at its native paths, beside all the others: the files of its packages
are laid over /etc, /usr and /var, in namespaces of their own. Nothing outside changes,
no packet leaves, and all that runs inside ends with the tests."""

import os
import re
import subprocess
import time
import unittest

from harness import WORK, IS_ROOT, Run
from servers.leash import Leashed

# What is written goes to a tmpfs. There is a network, but it ends at the loopback.
INSIDE = """set -e
mkdir -p "$BOX/layers"
mount -t tmpfs tmpfs "$BOX/layers"
for d in etc usr var; do
	mkdir -p "$BOX/layers/$d.upper" "$BOX/layers/$d.work" "$BOX/root/$d"
	mount -t overlay overlay \
		-o "lowerdir=$BOX/root/$d:/$d,upperdir=$BOX/layers/$d.upper,workdir=$BOX/layers/$d.work" /$d
done
mount -t tmpfs tmpfs /run
mkdir -p /run/lock
for user in $USERS; do
	sed -i "/^${user%%:*}:/d" /etc/passwd /etc/group
	echo "${user%%:*}:x:${user##*:}:${user##*:}::/nonexistent:/usr/sbin/nologin" >>/etc/passwd
	echo "${user%%:*}:x:${user##*:}:" >>/etc/group
done
# A name with a dot, and no name server: look-ups fail at once.
echo mx1.signed.test >/proc/sys/kernel/hostname
echo nameserver 127.0.0.1 >/etc/resolv.conf
printf '127.0.0.1 localhost\\n127.0.0.1 mx1.signed.test mx1\\n::1 localhost\\n' >/etc/hosts
ip link set lo up
echo $$ >"$BOX/ready.new"
mv "$BOX/ready.new" "$BOX/ready"
exec sleep infinity
"""


class Box:
    """`packages` are fetched and unpacked; `users` are made inside: "name:number"."""

    def __init__(self, name, packages, users=()):
        if not IS_ROOT:
            raise unittest.SkipTest(f"{name}: a box must be made by root")
        self.folder = WORK / f"box-{name}"
        (self.folder / "root").mkdir(parents=True)
        if packages:
            self.fetch(packages)
        environment = os.environ | {"BOX": str(self.folder), "USERS": " ".join(users)}
        # The first process has number 1 inside; the file tells when all is there.
        self.leash = Leashed(
            ["unshare", "--mount", "--uts", "--pid", "--net", "--ipc", "--fork", "--kill-child",
             "--mount-proc", "--propagation", "private", "bash", "-c", INSIDE],
            ready=(self.folder / "ready").exists, env=environment,
            stderr=(self.folder / "stderr").open("w"))
        self.pid = self.first_process()
        self.services = []

    def fetch(self, packages):
        done = subprocess.run(["apt-get", "-q", "download", *packages], cwd=self.folder,
                              capture_output=True, text=True, check=False)
        files = list(self.folder.glob("*.deb"))
        if done.returncode or len(files) < len(packages):
            raise unittest.SkipTest(f"no package {' '.join(packages)}: {done.stderr.strip()}")
        for file in files:
            subprocess.run(["dpkg", "-x", file, self.folder / "root"], check=True)

    def first_process(self):
        """The pid, seen from here, of the box's first process: the child of unshare, which
        is a child of the leash."""
        def children(pid):
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                return [int(word) for word in file.read().split()]

        for child in children(self.leash.process.pid):
            for grandchild in children(child):
                return grandchild
        raise RuntimeError("the box is empty")

    def argv(self, words, user):
        inside = ["nsenter", "--target", str(self.pid), "--mount", "--uts", "--pid", "--net",
                  "--ipc"]
        if user is not None:
            inside += ["su", "-s", "/bin/sh", user, "-c", 'exec "$0" "$@"', "--"]
        return [*inside, *map(str, words)]

    def run(self, *words, user=None, stdin="", env=None, timeout=60):
        """Run a command inside, as root or as this user: its exit code and output."""
        begun = time.monotonic()
        done = subprocess.run(self.argv(words, user), input=stdin.encode(), capture_output=True,
                              timeout=timeout, env=os.environ | (env or {}), check=False)
        return Run(done.returncode, done.stdout.decode("utf-8", "replace"),
                   done.stderr.decode("utf-8", "replace"), time.monotonic() - begun)

    def must(self, *words, **kwargs):
        """The same, and it has to succeed: what it printed."""
        done = self.run(*words, **kwargs)
        if done.code != 0:
            raise RuntimeError(f"{words}: {done}")
        return done.out

    def start(self, *words, user=None):
        """A service inside, until the box ends or .stop()."""
        service = Leashed(self.argv(words, user))
        self.services.append(service)
        return service

    def write(self, path, text, mode=0o644):
        self.must("sh", "-c", f'mkdir -p "$(dirname "{path}")"; cat >"{path}"; chmod {mode:o} "{path}"',
                  stdin=text)

    def wait_for_port(self, port, seconds=10):
        until = time.monotonic() + seconds
        mark = re.compile(rf"[:.]{port} ")
        while not mark.search(self.run("ss", "-Hltn").out):
            if time.monotonic() > until:
                raise RuntimeError(f"nobody listens on port {port} in {self.folder.name}")
            time.sleep(0.05)

    def refuser(self, port, reply, stage="rcpt"):
        """A server inside that refuses at this stage, with these words."""
        # smtp-sink keeps running only as long as its leash holds.
        service = self.start("smtp-sink", "-u", "nobody", "-r", stage, "-b", reply,
                             f"127.0.0.1:{port}", "16")
        self.wait_for_port(port)
        return service

    def stop(self):
        for service in self.services:
            service.stop()
        self.leash.stop()
