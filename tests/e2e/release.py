# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for the plugins as they are shipped: linking, hardening, memory, exact
deadlines. Runs on a build without sanitizers (MAILPATH_RELEASE)."""

import os
import re
import resource
import subprocess
import time
from pathlib import Path

from harness import (BUILD, PLUGINS, TOP, WORK, FakeDNS, Once, Server, TestCase, environment,
                     unprivileged)
from servers.hostile import Crowd, drip, endless, lines, silence

PROGRAM = PLUGINS / "check_dnsbl"
STATIC = Path(os.environ["MAILPATH_STATIC_BUILD"]) / "plugins/check_dnsbl"


def output(*words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          check=True).stdout


def needed(program):
    return set(re.findall(r"\(NEEDED\).*\[(.*?)\]", output("readelf", "-d", program)))


class Meter(Once):
    """A small program that runs another: a child's peak memory begins at that of its
    parent, and Python's is large."""

    def __init__(self):
        self.program = WORK / "meter"
        subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-static", "-o", self.program,
                        TOP / "tests/bench/meter.c"], check=True)
        self.folder = WORK / "metered"
        self.folder.mkdir()
        self.folder.chmod(0o777)


def measured(*words):
    """(output, exit code, seconds, peak memory in MiB) of one run."""
    meter = Meter.get()
    path = meter.folder / "output"
    line = subprocess.run([meter.program, path, *map(str, words)], stdout=subprocess.PIPE, text=True,
                          check=True, **unprivileged(environment())).stdout
    wall, _, peak, code = map(int, line.split())
    return path.read_text(), code, wall / 1e6, peak / 1024


class Linking(TestCase):
    def test_it_needs_ldns_jansson_libidn2_and_libc_alone(self):
        self.assertEqual({re.sub(r"\.so\..*", "", name) for name in needed(PROGRAM)},
                         {"libldns", "libjansson", "libidn2", "libc"})

    def test_with_static_ldns_no_openssl_is_loaded(self):
        self.assertEqual({re.sub(r"\.so\..*", "", name) for name in needed(STATIC)}, {"libjansson", "libc"})

    def test_it_is_hardened(self):
        for program in (PROGRAM, STATIC):
            dynamic = output("readelf", "-d", program)
            self.assertIn("BIND_NOW", dynamic)
            self.assertIn("PIE", dynamic)
            headers = output("readelf", "-lW", program)
            self.assertIn("GNU_RELRO", headers)
            self.assertRegex(headers, r"GNU_STACK.* RW ")
            symbols = output("readelf", "-sW", program)
            self.assertIn("__stack_chk_fail", symbols)
            self.assertRegex(symbols, r"__\w+_chk@")

    def test_it_is_installed_where_the_manual_says(self):
        prefix = PLUGINS.parents[2]
        self.assertEqual(PLUGINS, prefix / "libexec/mailpath/plugins")
        self.assertTrue((prefix / "share/man/man1/check_dnsbl.1").exists())
        self.assertTrue((prefix / "share/mailpath-plugins/schema/mailpath-1.json").exists())
        commands = (prefix / "share/mailpath-plugins/nagios/mailpath.cfg").read_text()
        self.assertIn(f"command_line  {PROGRAM} -H", commands)


class Size(TestCase):
    """65,536 targets on one list: little memory, and none is lost."""

    def serve(self, zone):
        server = FakeDNS(zone)
        self.addCleanup(server.stop)
        return server

    def test_many_targets(self):
        listed = [f"198.51.{n}.{n}" for n in range(0, 256, 16)]
        zone = "2.0.0.127.bl.test A 127.0.0.2\n" + "".join(
            ".".join(reversed(ip.split("."))) + ".bl.test A 127.0.0.2\n" for ip in listed)
        server = self.serve(zone)
        text, code, _, peak = measured(PROGRAM, "-H", "198.51.0.0/16", "--max-targets", "65536", "-z",
                                       "bl.test", "--resolver", server.resolver)
        self.assertEqual(code, 2, text)
        self.assertIn("listed=16;;0;0;65536 ", text)
        self.assertIn("queries=65555;", text)       # each once, 3 tests, 16 reasons
        self.assertLess(peak, 64)
        self.assertEqual(len(server.questions()), 65555)

    def test_many_listings(self):
        server = self.serve("*.51.198.bl.test A 127.0.0.2\n2.0.0.127.bl.test A 127.0.0.2\n"
                            "*.51.198.bl.test TXT Listed, see https://bl.test/\n")
        for form in ("text", "json"):
            text, code, _, peak = measured(PROGRAM, "-H", "198.51.0.0/16", "--max-targets", "65536",
                                           "-z", "bl.test", "--resolver", server.resolver, "--output",
                                           form, "-t", "60")
            self.assertEqual(code, 2)
            if form == "text":
                self.assertIn("listed=65536;", text)
                self.assertLess(peak, 64)
            else:
                self.assertEqual(text.count('"listed":[{"zone":"bl.test"'), 65536)
                # All of it at once: about 4.5 KiB a listing.
                self.assertLess(peak, 400)


class Crowds(TestCase):
    """check_smtp_send and fifty servers at once."""

    def test_fifty_servers_take_little_memory(self):
        long_reply = lines(250, *["K" + "y" * 4000] * 100)
        for script, kwargs, code in (
                ({}, {"tls": "good"}, 0), ({"banner": silence}, {}, 3),
                ({"EHLO/tls": drip("250-x\r\n" * 99, 0.2)}, {"tls": "good"}, 3),
                ({"banner": endless("x")}, {}, 2), ({"EHLO": long_reply}, {}, 0),
                ({"EHLO": endless("250-" + "y" * 4000 + "\r\n")}, {}, 2)):
            with self.subTest(script), Crowd(lambda n, script=script: script, **kwargs) as crowd:
                text, got, took, peak = measured(PLUGINS / "check_smtp_send", *crowd.words, "-t", "3")
                self.assertEqual(got, code, text)
                self.assertLess(took, 3.2)
                self.assertLess(peak, 16)


class Queues(TestCase):
    """check_mailqueue and listings that are large."""

    def test_a_million_lines_take_little_memory(self):
        path = WORK / "million.json"
        line = ('{"queue_name": "deferred", "queue_id": "%016X", "arrival_time": %d, "message_size": %d, '
                '"forced_expire": false, "sender": "s%d@queue.test", "recipients": [{"address": '
                '"r%d@d%d.test", "delay_reason": "host mx[192.0.2.1] said: 452 4.2.2 Mailbox %d full"}]}\n')
        with path.open("w") as file:
            for n in range(1000000):
                file.write(line % (n, 1700000000 + n, n % 5000, n % 70001, n, n % 30011, n % 100))
        self.addCleanup(path.unlink)
        text, code, _, peak = measured(PLUGINS / "check_mailqueue", "--input", path, "--top", "5", "--bytes",
                                       "-t", "120")
        self.assertEqual(code, 0, text)
        self.assertIn("total=1000000;", text)
        self.assertIn(" bytes=2499500000B;", text)
        self.assertIn("'reason mailbox_full'=1000000;", text)
        self.assertLess(peak, 32)

    def test_a_large_spool_takes_little_memory(self):
        """Counts and ages need no more for many than for few."""
        spool, peaks = WORK / "large", {}
        for part in ("incoming", "active", "deferred", "hold", "maildrop"):
            (spool / part).mkdir(parents=True)
        for count in (1000, 30000):
            for n in range(count):
                (spool / f"deferred/4bcd{n // 1000:02d}BCD{n % 1000:03d}z1crkc".replace("A", "B")).touch(0o700)
            text, code, _, peaks[count] = measured(PLUGINS / "check_mailqueue", "--queue-dir", spool)
            self.assertEqual(code, 0, text)
            self.assertIn(f"total={count};", text)
        self.assertLess(peaks[30000], peaks[1000] + 1)

    def test_a_file_whose_name_tells_its_age_is_not_opened(self):
        spool = WORK / "closed"
        for part in ("incoming", "active", "deferred/A", "hold", "maildrop"):
            (spool / part).mkdir(parents=True)
        for n in range(1, 6):
            path = spool / f"deferred/A/4jYQyL43KVz{n}crd"
            path.touch()
            path.chmod(0o100)           # it cannot be opened
        text, code, _, _ = measured(PLUGINS / "check_mailqueue", "--queue-dir", spool)
        self.assertEqual(code, 0, text)
        self.assertRegex(text, r"total=5;.* oldest=[1-9]")
        text, code, _, _ = measured(PLUGINS / "check_mailqueue", "--queue-dir", spool, "--bytes")
        self.assertEqual(code, 3, text)
        self.assertIn("no_permission", text)


class Messages(TestCase):
    """check_mailcontent and messages that are very large."""

    def test_a_message_of_1_gib_takes_little_memory(self):
        """Of a text, of an attachment, and of what is a single line: from a pipe, as fast as it comes."""
        head = "From: a@b.example\\r\\nTo: c@d.example\\r\\nSubject: x\\r\\nDate: Tue, 24 Nov 2026 16:00:00 +0100\\r\\n" \
               "Message-ID: <1@b.example>\\r\\nMIME-Version: 1.0\\r\\n"
        base64 = "Content-Type: image/png\\r\\nContent-Transfer-Encoding: base64\\r\\n" \
                 "Content-Disposition: attachment\\r\\n\\r\\n"
        # 78 and 1 GiB do not go into each other: the last line is cut, and its end is missing.
        for more, line, lines, code in (("\\r\\n", "yes \"$(printf %076d 0)\" | sed 's/$/\r/'", 1 << 30, 0),
                                        (base64, "yes \"$(printf %076d 0)\" | sed 's/$/\r/'", 78 << 20, 0),
                                        ("\\r\\n", "tr '\\0' x </dev/zero", 1 << 30, 2)):
            with self.subTest(line):
                script = f"{{ printf '{head}{more}'; {line} | head -c {lines}; }} | " \
                         f"{PLUGINS}/check_mailcontent --message - --at 2026-11-24T16:00:00Z -t 120"
                text, got, took, peak = measured("bash", "-c", script)
                self.assertEqual(got, code, text)
                self.assertIn("content_line_too_long" if code else "nothing is wrong with it", text)
                self.assertGreater(int(re.search(r" size=(\d+)B", text)[1]), lines)
                self.assertLess(peak, 16)
                self.assertGreater(peak, 5)         # it is the plugin's, not the shell's
                self.assertLess(took, 60)


class Exactness(TestCase):
    def test_the_deadline_is_kept(self):
        server = FakeDNS("* !drop\n")
        self.addCleanup(server.stop)
        for seconds in (0.3, 1):
            _, code, took, _ = measured(PROGRAM, "-H", "192.0.2.1", "-z", "bl.test", "-t", seconds,
                                        "--resolver", server.resolver)
            self.assertEqual(code, 3)
            self.assertGreaterEqual(took, seconds)
            self.assertLess(took, seconds + 0.2)

    def test_it_is_kept_however_much_there_is_to_print(self):
        server = FakeDNS("".join(f"*.51.198.{zone} A 127.0.0.2\n2.0.0.127.{zone} A 127.0.0.2\n"
                                 f"*.51.198.{zone} TXT Listed\n" for zone in ("a.test", "b.test")))
        self.addCleanup(server.stop)
        for form in ("text", "json", "prometheus"):
            text, code, took, _ = measured(PROGRAM, "-H", "198.51.0.0/16", "--max-targets", "65536", "-z",
                                           "a.test", "-z", "b.test", "-t", "1", "--resolver",
                                           server.resolver, "--output", form)
            self.assertEqual(code, 2)
            # It may be the last of very many findings: then the first line tells.
            self.assertIn('reason="timeout"' if form == "prometheus" else "cut off by --timeout", text)
            self.assertLess(took, 1.2)

    def test_it_works_with_few_descriptors(self):
        server = FakeDNS("2.0.0.127.bl.test A 127.0.0.2\n")
        self.addCleanup(server.stop)

        def few():
            os.close(0)
            resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))

        kwargs = unprivileged(environment()) | {"preexec_fn": few}
        done = subprocess.run([PROGRAM, "-H", "192.0.2.0/26", "-z", "bl.test", "--resolver",
                               server.resolver], capture_output=True, text=True, **kwargs)
        # Some sockets are missing: it must not be OK, nor hang, nor crash.
        self.assertEqual(done.returncode, 3, done.stdout)

    def test_nothing_secret_is_dumped(self):
        server = FakeDNS("* !drop\n")
        self.addCleanup(server.stop)
        with subprocess.Popen([str(word) for word in (PROGRAM, "-H", "192.0.2.1", "-z", "bl.test", "-t",
                                                      "2", "--resolver", server.resolver)],
                              stdout=subprocess.DEVNULL, **unprivileged(environment())) as process:
            while not server.questions():
                time.sleep(0.01)
            # A process that cannot be dumped belongs to root.
            self.assertEqual(os.stat(f"/proc/{process.pid}/mem").st_uid, 0)
            self.assertRegex(Path(f"/proc/{process.pid}/limits").read_text(),
                             r"Max core file size\s+0\s+0\s")
            process.terminate()


class Documentation(TestCase):
    def test_the_readme_shows_what_is_printed(self):
        """Each '$ check_...' of the README is run, and the next lines are its output."""
        server = FakeDNS((TOP / "contrib/world/dns.zone").read_text())
        self.addCleanup(server.stop)
        receiver = Server([BUILD / "tests/e2e/servers/fakesmtp", TOP / "contrib/world/receiver.smtp"],
                          stdout=subprocess.PIPE, text=True)
        self.addCleanup(receiver.stop)
        port = receiver.process.stdout.readline().strip()       # the README has 10025, as long
        readme = (TOP / "README").read_text()
        # A line that ends with a backslash goes on.
        examples = re.findall(r"^    \$ (check_\w+) ((?:.*\\\n)*.*)\n((?:    .*\n)+)", readme, re.M)
        self.assertEqual({plugin for plugin, _, _ in examples}, {path.name for path in PLUGINS.glob("check_*")})
        for plugin, words, expected in examples:
            done = subprocess.run([PLUGINS / plugin, "--resolver", server.resolver,
                                   *words.replace("\\\n", "").replace("-p 10025 ", f"-p {port} ").split()],
                                  capture_output=True, text=True, check=False, cwd=TOP)
            printed = done.stdout.replace(f"]:{port}", "]:10025")
            shown = re.sub(r"(?m)^    ", "", expected)
            changes = (r"(?<=time)(\w*)=[\d.]+s|(?<=oldest)()=\d+s|(?<=the oldest for )()\d+[smhd]|"
                       r"(?<=spool_free)()=\d+B;;;0;\d+")
            self.assertEqual(re.sub(changes, r"\1=N", printed), re.sub(changes, r"\1=N", shown))

    def test_the_build_is_the_shipped_one(self):
        self.assertNotIn("asan", output("nm", "-D", BUILD / "plugins/check_dnsbl"))
