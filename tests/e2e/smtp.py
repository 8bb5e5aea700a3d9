# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of check_smtp_send share."""

import shutil

from harness import run, write
from servers.dovecot import PASSWORD
from servers.pki import PKI

#: all that the plugin printed: the canary must not be in it
SEEN = []


def check(*words, **kwargs):
    result = run("check_smtp_send", *words, **kwargs)
    SEEN.append(result.out + result.err)
    return result


def walk(port, *words, **kwargs):
    return check("-H", "127.0.0.1", "-p", port, *words, **kwargs)


def trusted(port, *words, **kwargs):
    """With TLS, and the tests' own authority."""
    return walk(port, "-S", "--ca-file", PKI.get().ca, "--tls-name", "mx1.signed.test", *words, **kwargs)


def secret(text=PASSWORD):
    """A file that only the user may read who runs the plugin."""
    path = write("secret", text + "\n", 0o640)
    shutil.chown(path, "nobody", "nogroup")
    return path
