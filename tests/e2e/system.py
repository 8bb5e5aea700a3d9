# SPDX-License-Identifier: GPL-3.0-or-later
"""What needs root: /etc/resolv.conf in a network of its own, and the leak check."""

import subprocess
import unittest

from harness import BUILD, IS_ROOT, PLUGINS, SANITIZED, WORK, FakeDNS, TestCase, run, write


@unittest.skipUnless(IS_ROOT, "needs root")
class ResolvConf(TestCase):
    """Without --resolver, /etc/resolv.conf decides, with its options."""

    ZONE = "2.0.0.127.bl.test A 127.0.0.2\n10.2.0.192.bl.test A 127.0.0.2\n*.dead.test !drop\n"

    def ask(self, resolv_conf, *words, address="127.0.0.1", silent="127.0.0.8"):
        """Run check_dnsbl in a network of its own where fakedns has port 53."""
        zone = write("system.zone", self.ZONE)
        conf = write("resolv.conf", resolv_conf)
        log = WORK / "system.log"
        script = f"""set -e
            ip link set lo up
            mount --bind {conf} /etc/resolv.conf
            {BUILD}/tests/e2e/servers/fakedns -a {silent} -p 53 {write("silent.zone", "* !drop")} >/dev/null &
            {BUILD}/tests/e2e/servers/fakedns -a {address} -p 53 -q {log} {zone} >{WORK}/port &
            while ! [ -s {WORK}/port ]; do sleep 0.05; done
            code=0
            setpriv --reuid nobody --regid nogroup --clear-groups \\
                env -i {PLUGINS}/check_dnsbl "$@" <&- || code=$?
            kill %1 %2
            rm {WORK}/port
            exit $code"""
        done = subprocess.run(["unshare", "--mount", "--net", "--propagation", "private", "bash", "-c",
                               script, "sh", *words], capture_output=True, text=True, check=False)
        return done, [line.split() for line in log.read_text().splitlines()]

    def test_its_server_is_asked(self):
        done, asked = self.ask("nameserver 127.0.0.1\n", "-H", "192.0.2.10", "-z", "bl.test")
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(len(asked), 5)
        done, _ = self.ask("nameserver ::1\n", "-H", "192.0.2.10", "-z", "bl.test", address="::1")
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)

    def test_its_options_are_not_those_of_other_servers(self):
        done, asked = self.ask("nameserver 127.0.0.9\noptions use-vc timeout:1 attempts:1\n", "-H",
                               "192.0.2.10", "-z", "dead.test", "--no-health", "--resolver", "127.0.0.1",
                               "-t", "5")
        self.assertEqual(done.returncode, 3)
        self.assertEqual([how for _, how, *_ in asked], ["udp"] * 3)

    def test_no_server_there_means_loopback(self):
        done, _ = self.ask("# nothing\n", "-H", "192.0.2.10", "-z", "bl.test")
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)

    def test_its_options_count(self):
        done, asked = self.ask("nameserver 127.0.0.1\noptions timeout:1 attempts:2\n", "-H",
                               "192.0.2.10", "-z", "dead.test", "--no-health")
        self.assertEqual(done.returncode, 3)
        self.assertEqual(len(asked), 2)
        self.assertRegex(done.stdout, r"time=2\.\d+s")
        done, asked = self.ask("nameserver 127.0.0.1\noptions use-vc\n", "-H", "192.0.2.10", "-z",
                               "bl.test")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertEqual({how for _, how, *_ in asked}, {"tcp"})

    def test_a_first_server_that_is_silent_by_tcp_is_left_alone(self):
        done, asked = self.ask("nameserver 127.0.0.9\nnameserver 127.0.0.1\n"
                               "options use-vc timeout:1 attempts:2\n", "-H", "192.0.2.0/25", "-z",
                               "bl.test", silent="127.0.0.9")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertRegex(done.stdout, r"time=[01]\.\d+s")

    def test_without_options_it_is_three_tries_of_two_seconds(self):
        done, asked = self.ask("nameserver 127.0.0.1\n", "-H", "192.0.2.10", "-z", "dead.test",
                               "--no-health")
        self.assertEqual(done.returncode, 3)
        self.assertEqual(len(asked), 3)
        self.assertRegex(done.stdout, r"time=6\.\d+s")


@unittest.skipUnless(IS_ROOT and SANITIZED, "needs root and AddressSanitizer")
class Leaks(TestCase):
    """Each way through the plugin gives back what it took."""

    def test_nothing_leaks(self):
        server = FakeDNS("2.0.0.127.bl.test A 127.0.0.2\n10.2.0.192.bl.test A 127.0.0.2\n"
                         "10.2.0.192.bl.test TXT why\nexample.test MX 10 mail.example.test\n"
                         "mail.example.test A 192.0.2.10\n*.wild.test A 127.0.0.2\n*.dead.test !drop\n"
                         "*.tc.test !tc\n2.0.0.127.tc.test A 127.0.0.2\n*.lie.test !lie\n")
        self.addCleanup(server.stop)
        ini = write("leaks.ini", "[check_dnsbl]\nhostname=192.0.2.10\nzone=bl.test\n")
        keys = write("leaks.keys", "dqs abcdef\n")
        zones = write("leaks.zones", "bl.test\nother.test kind=domain\n")
        common = ("--resolver", server.resolver, "--dns-timeout", "0.1")
        for words in (("--help",), ("--version",), ("--list-zones",), ("--list-reasons",), ("--foo",), (),
                      ("-H", "192.0.2.10", "-z", "bl.test"),
                      ("-H", "192.0.2.10", "-z", "bl.test", "--output", "json", "-vv"),
                      ("-H", "192.0.2.10", "-z", "bl.test", "--output", "prometheus"),
                      ("-H", "192.0.2.0/25", "-z", "wild.test", "-z", "dead.test", "-z", "tc.test",
                       "-z", "lie.test", "--output", "json"),
                      ("--mx", "example.test", "-H", "mail.example.test", "-z", "bl.test"),
                      ("-H", "192.0.2.10", "-z", "dead.test", "-t", "0.1", "--output", "json"),
                      (f"--extra-opts=@{ini}",), (f"--extra-opts=none@{ini}",),
                      ("-H", "192.0.2.10", "--key-file", keys, "--profile", "spamhaus"),
                      ("-H", "192.0.2.10", "--domain", "x.test", "--zones-file", zones),
                      ("-H", "192.0.2.10", "-z", "bl.test", "-w", "5:3"),
                      ("-H", "192.0.2.10", "-z", "bl.test", "--ignore", "dnsbl_listed", "-w", "1")):
            with self.subTest(words=words):
                result = run("check_dnsbl", *common, *words, as_root=True,
                             env={"ASAN_OPTIONS": "detect_leaks=1:exitcode=99"})
                self.assertNotIn("LeakSanitizer", result.err)
