# SPDX-License-Identifier: GPL-3.0-or-later
"""Content filters: rspamd and SpamAssassin's spamd as Debian has them, on loopback, without
rights and without a network; and an HTTP server that says what a test wants."""

import shutil
import socket
import threading
import unittest
import urllib.request

from harness import IS_ROOT, WORK, FakeDNS, Once, free_port, write
from servers.leash import Leashed

RSPAMD = """
.include "$CONFDIR/common.conf"
options {{
  .include "$CONFDIR/options.inc"
  .include(priority=10; duplicate=merge) "{options}"
}}
logging {{ type = "file"; filename = "{folder}/rspamd.log"; level = "warning"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
"""

OPTIONS = """
pidfile = "{folder}/rspamd.pid";
control_socket = "{folder}/rspamd.sock";
rrd = "";
disable_hyperscan = true;
dns {{ nameserver = ["127.0.0.1:{dns}"]; timeout = 0.2s; retransmits = 1; }}
"""


def unprivileged(folder):
    """A folder that belongs to nobody, and how to run a program as that user."""
    folder.mkdir()
    if not IS_ROOT:
        return ["env", f"HOME={folder}"]
    shutil.chown(folder, "nobody", "nogroup")
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "env", f"HOME={folder}"]


class Rspamd(Once):
    """All of its rules, but no redis; its DNS knows what a clean message needs."""

    def __init__(self):
        if not shutil.which("rspamd"):
            raise unittest.SkipTest("no rspamd")
        self.dns = FakeDNS("sender.example MX 10 mx.sender.example\nmx.sender.example A 192.0.2.25\n"
                           "sender.example TXT v=spf1 ip4:192.0.2.25 -all\n"
                           "25.2.0.192.in-addr.arpa PTR mx.sender.example\n")
        self.port = free_port()
        self.url = f"rspamd://127.0.0.1:{self.port}"
        folder = WORK / "rspamd"
        command = unprivileged(folder)
        options = write("rspamd-options.inc", OPTIONS.format(folder=folder, dns=self.dns.port))
        config = write("rspamd.conf", RSPAMD.format(folder=folder, options=options, port=self.port))
        names = [f"--var={name}={folder}" for name in ("DBDIR", "LOGDIR", "RUNDIR", "LOCAL_CONFDIR")]
        self.server = Leashed([*command, shutil.which("rspamd"), "-f", "-c", config, *names], self.is_ready,
                              seconds=120)

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False


class Spamd(Once):
    def __init__(self):
        program = shutil.which("spamd", path="/usr/sbin:/usr/bin")
        if not program:
            raise unittest.SkipTest("no spamd")
        self.port = free_port()
        self.url = f"spamd://127.0.0.1:{self.port}"
        command = unprivileged(WORK / "spamd")
        self.server = Leashed([*command, program, "--local", "--max-children", "1", "--listen", "127.0.0.1",
                               "--port", self.port, "--nouser-config", "--syslog", "null"], self.is_ready, seconds=120)

    def is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as client:
                client.sendall(b"PING SPAMC/1.2\r\n\r\n")
                return b"PONG" in client.recv(100)
        except OSError:
            return False


class FakeFilter:
    """Reads a request of HTTP or spamc, then says these bytes, or what a function does with
    the connection. What came stands in `requests`."""

    def __init__(self, answer):
        self.answer, self.requests = answer, []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            try:
                with client:
                    client.settimeout(10)
                    self.talk(client)
            except OSError:
                pass

    def talk(self, client):
        request = b""
        while b"\r\n\r\n" not in request:
            request += client.recv(65536) or b"\r\n\r\n"
        head, _, body = request.partition(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
                       if line.startswith(b"content-length:")), 0)
        while len(body) < length:
            piece = client.recv(65536)
            if not piece:
                break
            body += piece
        self.requests.append((head.decode(), body))
        if callable(self.answer):
            self.answer(client)
        else:
            client.sendall(self.answer)
