# SPDX-License-Identifier: GPL-3.0-or-later
"""SPF beside others who evaluate it, on one zone in one run: pyspf and libspf2. Where
they are known to differ from RFC 7208, they are not asked."""

import re
import subprocess
import unittest
from pathlib import Path

from harness import WORK, Once, TestCase, free_port, run
from servers.dns import start_nsd, zone_text
from spf_dmarc_spf import records

SPFQUERY = Path("/usr/bin/spfquery.libspf2")

#: name below spf.test, address, result, whom not to ask and why
CASES = (
    ("good", "192.0.2.7", "pass", ()),
    ("good", "2001:db8::25", "pass", ()),
    ("good", "198.51.100.1", "fail", ()),
    ("soft", "198.51.100.1", "softfail", ()),
    ("neutral", "198.51.100.1", "neutral", ()),
    ("noend", "198.51.100.1", "neutral", ()),
    ("open", "203.0.113.1", "pass", ()),
    ("mail", "192.0.2.1", "none", ()),
    ("nowhere", "192.0.2.1", "none", ()),
    ("parent", "192.0.2.7", "pass", ()),
    ("parent", "198.51.100.7", "fail", ()),
    ("mx", "192.0.2.26", "pass", ()),
    ("mx", "192.0.2.27", "fail", ()),
    ("twice", "192.0.2.25", "pass", ()),
    ("includes", "192.0.2.9", "pass", ()),
    ("includes", "198.51.100.9", "fail", ()),
    ("two", "192.0.2.1", "permerror", ()),
    ("syntax", "192.0.2.1", "permerror", ("libspf2",)),      # calls it "(invalid)"
    ("broken", "192.0.2.1", "permerror", ()),
    ("loop", "192.0.2.1", "permerror", ()),
    ("heavy", "203.0.113.1", "permerror", ("libspf2",)),     # loses count in an include
    ("voids", "203.0.113.1", "permerror", ("libspf2",)),     # does not limit void look-ups
    ("atvoids", "192.0.2.1", "pass", ()),
    ("macro", "192.0.2.1", "pass", ()),
    ("macro", "192.0.2.2", "fail", ()),
    ("vendor", "198.51.100.3", "pass", ()),
)


class DNS(Once):
    """NSD on port 53 of an address of its own: the others ask what resolv.conf names."""

    needs_root = True

    def __init__(self):
        self.folder = WORK / "peers"
        self.folder.mkdir()
        self.folder.chmod(0o777)
        self.address = f"127.54.{free_port() % 250 + 1}.{free_port() % 250 + 1}"
        (self.folder / "spf.test.zone").write_text(zone_text("spf.test", records()))
        self.nsd, _ = start_nsd(self.folder, {"spf.test": "spf.test.zone"}, "mail.spf.test", self.address, 53)
        self.resolv_conf = self.folder / "resolv.conf"
        self.resolv_conf.write_text(f"nameserver {self.address}\n")

    def run(self, *words):
        """What a program prints that asks this server; nobody else sees the other
        resolv.conf."""
        script = f'mount --bind {self.resolv_conf} /etc/resolv.conf && exec "$@"'
        done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh",
                               *words], capture_output=True, text=True, timeout=60, check=False)
        return done.stdout


def pyspf(dns, address, sender, helo):
    program = "import spf, sys; print(spf.check2(*sys.argv[1:])[0])"
    return dns.run("/usr/bin/python3", "-c", program, address, sender, helo).strip()


def libspf2(dns, address, sender, helo):
    said = dns.run(SPFQUERY, "--ip", address, "--sender", sender, "--helo", helo)
    return re.search(r"(?m)^Received-SPF: (\w+) ", said)[1]


class Peers(TestCase):
    def compare(self, name, peer):
        dns = DNS.get()
        for domain, address, expected, others in CASES:
            if name in others:
                continue
            with self.subTest(f"{domain} {address}"):
                sender, helo = f"bounce-7@{domain}.spf.test", "mx.spf.test"
                ours = run("check_spf_dmarc", "--resolver", f"{dns.address}:53", "--spf", "--ip", address,
                           "--mail-from", sender, "--helo", helo, "--output", "json")
                self.assertEqual(ours.json["data"]["spf"]["evaluations"][0]["result"], expected)
                self.assertEqual(peer(dns, address, sender, helo), expected)

    def test_pyspf_says_the_same(self):
        self.compare("pyspf", pyspf)

    @unittest.skipUnless(SPFQUERY.exists(), "no package spfquery")
    def test_libspf2_says_the_same(self):
        self.compare("libspf2", libspf2)
