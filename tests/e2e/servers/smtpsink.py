# SPDX-License-Identifier: GPL-3.0-or-later
"""Postfix's smtp-sink: a second real server, whose faults are options."""

import socket

from harness import IS_ROOT, Server, free_port


class SmtpSink(Server):
    """SmtpSink("-r", "rcpt", "-b", "450 4.2.1 busy"): listens on `port`."""

    def __init__(self, *options, address="127.0.0.1", backlog=64):
        self.address, self.port = address, free_port()
        user = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"] if IS_ROOT \
            else []
        super().__init__([*user, "setpriv", "--pdeathsig", "TERM", "smtp-sink", *options,
                          f"{address}:{self.port}", backlog], ready=self.listens)

    def listens(self):
        with socket.socket() as s:
            return s.connect_ex((self.address, self.port)) == 0
