# SPDX-License-Identifier: GPL-3.0-or-later
"""contrib/quickstart, as a newcomer runs it: in a fresh copy, without rights."""

import os
import re
import shutil
import socket
import subprocess

from harness import TOP, WORK, TestCase, environment, unprivileged
from servers.hostile import Closed


class Quickstart(TestCase):
    """One copy and one build for all; in the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.copy = WORK / "fresh"
        cls.copy.mkdir()
        files = subprocess.run(["git", "ls-files"], cwd=TOP, capture_output=True, text=True)
        names = files.stdout.split("\n")[:-1] if files.returncode == 0 else []
        if not names:       # a distribution, not a clone
            shutil.copytree(TOP, cls.copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("build"))
        for name in names:
            (cls.copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TOP / name, cls.copy / name)
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", "nobody", cls.copy], check=True)

    def quickstart(self, *words):
        kwargs = unprivileged(environment() | {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        return subprocess.run([self.copy / "contrib/quickstart", *words], capture_output=True, text=True,
                              **kwargs)

    def test_1_shows_real_verdicts_with_their_cures(self):
        done = self.quickstart()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(re.findall(r"^DNSBL (\w+) - ", done.stdout, re.M), ["OK", "CRITICAL", "UNKNOWN"])
        self.assertIn("then ask for removal at https://check.spamhaus.org/?ip=192.0.2.25", done.stdout)
        self.assertIn("fix: run a resolver of your own", done.stdout)
        self.assertEqual(re.findall(r"^SMTP (\w+) - ", done.stdout, re.M), ["OK", "CRITICAL", "WARNING"])
        port = re.search(r"its mail server has port (\d+)\.", done.stdout)[1]
        server = re.escape(f"mx.receiver.example[127.0.0.1]:{port}")
        self.assertRegex(done.stdout, fr"(?m)^SMTP OK - {server} takes mail, through rcpt \|")
        self.assertRegex(done.stdout, fr"(?m)^\[CRITICAL\] blocklisted {server}: mail: listed by "
                                      r"zen\.spamhaus\.org: 554 .*\n    fix: find out why the list has it")
        self.assertRegex(done.stdout, fr"(?m)^\[WARNING\] greylisted {server}: .*\n    fix: wait")
        self.assertEqual(re.findall(r"^RDNS (\w+) - ", done.stdout, re.M), ["OK", "CRITICAL"])
        self.assertIn("fix: ask hostmaster@provider.example, who runs 2.0.192.in-addr.arpa", done.stdout)
        self.assertEqual(re.findall(r"^SPF (\w+) - ", done.stdout, re.M), ["OK", "CRITICAL"])
        healthy, ill = done.stdout.split("check_spf_dmarc -d ill.example")
        for number in ("spf_lookups=0;;10;0", "spf_voids=0;;2;0", "spf_addresses=1;;;0", "dmarc_policy=2;;;0",
                       "'dkim_bits s1'=2048;2048:;1024:;0"):
            self.assertIn(number, healthy)
        for cure in ('TXT at ill.example: "v=spf1 ip4:192.0.2.25 ip4:192.0.2.24 -all"',
                     'TXT at _dmarc.ill.example: "v=DMARC1; p=quarantine; rua=mailto:dmarc@reports.example"',
                     'TXT at ill.example._report._dmarc.reports.example: "v=DMARC1"',
                     '_mta-sts.ill.example. TXT "v=STSv1; id=20261124;"'):
            self.assertIn(cure, ill)
        self.assertRegex(done.stdout, r"(?m)^MAILQUEUE WARNING - 4 of 6 messages: blocklisted .* total=6;;;0 ")
        self.assertRegex(done.stdout, r"(?m)^\[WARNING\] blocklisted blocklisted: 4 messages: .*\n    fix: find out "
                                      r"why the list has it")
        self.assertRegex(done.stdout, r" deferred_oldest=[1-9]\d*s;.* self_inflicted=4;0;;0 .*'reason greylisted'=1;")
        self.assertEqual(re.findall(r"^CONTENT (\w+) - ", done.stdout, re.M), ["CRITICAL"])
        self.assertRegex(done.stdout, r"(?m)^\[CRITICAL\] content_executable part-2: .*\n    fix: send a link")
        healthy, ill = done.stdout.split("check_mailpath -d healthy.example")[1].split("check_mailpath -d ill.example")
        self.assertRegex(healthy, r"(?m)^MAILPATH OK - healthy.example: nothing is wrong in \d+ stages; 3 not tested ")
        for fault in ("rdns_missing", "spf_include_broken", "spf_ptr", "dkim_key_revoked", "dkim_key_weak",
                      "dmarc_report_unauthorised", "mta_sts_invalid", "content_executable"):
            self.assertEqual(len(re.findall(fr"(?m)^\[\w+\] {fault} .*\n    fix: ", ill)), 1, ill)
        self.assertRegex(ill, r"(?m)^MAILPATH CRITICAL - reverse DNS and HELO: 192.0.2.25: it has no name")
        self.assertRegex(ill, r"(?m)^\[CRITICAL\] dnsbl_listed zen.spamhaus.org: .*; a receiver says so, too: .*; "
                              r"the queue says so, too: .*; the log says so, too: ")
        # With the script its servers have ended.
        with socket.socket() as client:
            self.assertNotEqual(client.connect_ex(("127.0.0.1", int(port))), 0)

    def test_2_hands_options_on_to_the_plugin(self):
        done = self.quickstart("-H", "10.0.0.1")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("address_not_public 10.0.0.1", done.stdout)
        done = self.quickstart("check_dnsbl", "--version")
        self.assertIn("check_dnsbl (mailpath-plugins)", done.stdout)
        with Closed() as closed:
            done = self.quickstart("check_smtp_send", "-H", "localhost", "-p", str(closed.port))
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn("[CRITICAL] connect_refused localhost[127.0.0.1]:", done.stdout)

    def test_3_writes_a_page(self):
        done = self.quickstart("--html", self.copy / "page.html")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        page = (self.copy / "page.html").read_text()
        self.assertTrue(page.startswith("<!DOCTYPE html>") and page.endswith("</html>\n"))
        self.assertIn("<title>CRITICAL: ill.example - check_mailpath</title>", page)
        self.assertIn("Evidence from check_mailqueue", page)
        with Closed() as closed:
            done = self.quickstart("--html", self.copy / "page.html", "-d", "x.example", "--redact", "--with", "dns",
                                   "--resolver", f"127.0.0.1:{closed.port}", "--dns-timeout", "0.1", "--dns-tries", "1")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        page = (self.copy / "page.html").read_text()
        self.assertIn("<title>UNKNOWN: [name-1] - check_mailpath</title>", page)
        self.assertNotIn("x.example", page)

    def test_4_works_where_it_may_not_write(self):
        subprocess.run(["chmod", "-R", "a-w", self.copy], check=True)
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", "root", self.copy], check=True)
        done = self.quickstart("-H", "10.0.0.1")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("cannot be written to", done.stderr)
        place = re.search(r"building in (/\S+)$", done.stderr, re.M)[1]
        shutil.rmtree(place)
