# SPDX-License-Identifier: GPL-3.0-or-later
"""Daemons that end when the tests end, in whatever way those end."""

import subprocess

from harness import Server

# Standard input is a pipe from the tests, which nobody writes to: it ends when
# they do, even by SIGKILL. A signal at the parent's death would not do: the
# kernel forgets it when a daemon changes its user.
SCRIPT = """setsid "$@" &
read -r nothing
kill $! && wait $!
"""
MOUNT = 'mount --bind "$1" "$2" || exit\nshift 2\n'


class Leashed(Server):
    """A daemon in the foreground; with `mount` (ours, theirs, ...) it sees our
    files in the place of theirs, and nobody else does."""

    def __init__(self, argv, ready=None, mount=(), **kwargs):
        command = ["sh", "-c", MOUNT * (len(mount) // 2) + SCRIPT, "sh", *mount, *argv]
        if mount:
            command = ["unshare", "--mount", "--propagation", "private", *command]
        kwargs = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | kwargs
        super().__init__(command, ready, stdin=subprocess.PIPE, **kwargs)

    def stop(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                pass
        super().stop()
