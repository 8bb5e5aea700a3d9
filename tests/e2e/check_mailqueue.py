# SPDX-License-Identifier: GPL-3.0-or-later
"""check_mailqueue against real Postfixes, spools that are ill, and saved listings."""

import json
import os
import re
import shutil
import subprocess
import threading
import time
import unittest

from harness import IS_ROOT, PLUGINS, SANITIZED, WORK, TestCase, environment, run, unprivileged, write
from servers.queue_postfix import MASTER, REFUSALS, SELF_INFLICTED, UNREACHED, Instance, QueuePostfix

PLACES = ("incoming", "active", "deferred", "hold", "maildrop")
RECIPE = "let the monitoring user list the queue: authorized_mailq_users in main.cf"


def check(*words, **kwargs):
    return run("check_mailqueue", *words, **kwargs)


def listing(count, **more):
    """Lines of postqueue -j."""
    return "".join(json.dumps({"queue_name": "deferred", "queue_id": f"{n + 1:05X}{n:06X}",
                               "arrival_time": 1700000000 + n, "message_size": 1000 + n,
                               "forced_expire": False, "sender": f"s{n % 7}@queue.test",
                               "recipients": [{"address": f"r@d{n % 3}.test", "delay_reason":
                                               "connect to mx[192.0.2.1]:25: Connection refused"}]} | more)
                   + "\n" for n in range(count)).encode()


@unittest.skipUnless(IS_ROOT, "needs root: Postfix")
class Live(TestCase):
    """Two live Postfixes. Their ages grow, so they are compared as times of arrival."""

    def setUp(self):
        self.world = QueuePostfix.get()

    def assertAgrees(self, result, listed, sizes=True):
        now = time.time()
        data = result.json["data"]
        for place in PLACES:
            messages = [m for m in listed if m["queue_name"] == place]
            seen = data["queues"][place]
            self.assertEqual(seen["messages"], len(messages), place)
            if sizes:
                self.assertEqual(seen["bytes"], sum(m["message_size"] for m in messages), place)
            if messages:
                oldest = now - min(m["arrival_time"] for m in messages)
                self.assertAlmostEqual(seen["oldest"], oldest, delta=2.5, msg=place)
        self.assertEqual(data["total"]["messages"], len(listed))
        values = {item["label"]: item["value"] for item in result.json["perfdata"]}
        self.assertEqual(values["total"], len(listed))

    def test_all_is_as_postqueue_says(self):
        for instance, name in ((self.world.mx, "-"), (self.world.out, "out")):
            listed = instance.listed()
            self.assertEqual({m["queue_name"] for m in listed}, set(PLACES) if name == "-" else {"deferred"})
            for user, method in ((None, "spool"), ("postfix", "spool"), ("nobody", "command"), (None, "command")):
                for more in ((), ("--bytes",), ("--reasons",), ("--reasons", "--bytes")):
                    with self.subTest(name=name, user=user, method=method, more=more):
                        result = self.world.inside("--instance", name, "--method", method, "--output", "json",
                                                   *more, user=user)
                        self.assertEqual(result.json["data"]["method"], method)
                        self.assertAgrees(result, listed, "--bytes" in more)

    def test_the_method_is_chosen_and_said(self):
        result = self.world.inside("-v", user="nobody")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "queue_counted", "postfix", ", by its own listing, as "
                           f"{self.world.mx.queue}: incoming: Permission denied")
        result = self.world.inside("-v", user="postfix")
        self.assertFinding(result, "OK", "queue_counted", "postfix", ", read from its files")

    def test_corrupt_files_are_counted_and_named(self):
        result = self.world.inside(user=None)
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "queue_corrupt", "corrupt", "1 file: corrupt/0123456789A")
        self.assertEqual(result.perfdata["corrupt"], "1;0;;0")
        self.assertState(self.world.inside("--ignore", "queue_corrupt", user=None), "OK")
        self.assertNotIn("corrupt", self.world.inside(user="nobody").perfdata)

    def test_ten_refusals_are_ten_reasons(self):
        for user, method in ((None, "spool"), ("nobody", "command")):
            with self.subTest(method):
                result = self.world.inside("--instance", "out", "--reasons", "--method", method, "--output",
                                           "json", user=user)
                self.assertState(result, "OK")
                reasons = {row["reason"]: row for row in result.json["data"]["reasons"]}
                self.assertEqual({name: row["messages"] for name, row in reasons.items()},
                                 {name: 1 + (name == "blocklisted") for name in REFUSALS} |
                                 {"connect_refused": UNREACHED})
                for name, text in REFUSALS.items():
                    self.assertIn(text, reasons[name]["example"])
                    self.assertEqual(reasons[name]["self_inflicted"], name in SELF_INFLICTED)
                    self.assertFinding(result, "OK", name, name, text[:60])
                self.assertIn("Connection refused", reasons["connect_refused"]["example"])

    def test_thresholds_on_reasons(self):
        def out(*words):
            return self.world.inside("--instance", "out", *words, user=None)

        result = out("--reasons", "-w", "self_inflicted=0")
        self.assertState(result, "WARNING")
        self.assertEqual(result.perfdata["self_inflicted"], "7;0;;0")
        for reason in SELF_INFLICTED:
            self.assertFinding(result, "WARNING", reason, reason, REFUSALS[reason][:40])
        self.assertNotIn("threshold", result.out)
        self.assertNotIn("greylisted greylisted", result.out)
        self.assertRegex(result.lines[0], "2 of 14 messages: blocklisted ")
        # A threshold alone is enough: it says what has to be looked at.
        result = out("-w", "reason blocklisted=0")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "blocklisted", "blocklisted", "2 messages: ")
        self.assertEqual(result.perfdata["reason blocklisted"], "2;0;;0")
        self.assertState(out("-c", "reason blocklisted=1"), "CRITICAL")
        self.assertState(out("-c", "reason blocklisted=2"), "OK")
        self.assertState(out("-c", "reason sender_domain_rejected=0"), "OK")
        self.assertState(out("--reasons", "--state-for", "greylisted=critical"), "CRITICAL")
        self.assertState(out("--reasons", "-w", "self_inflicted=0", *(
            word for reason in SELF_INFLICTED for word in ("--ignore", reason))), "OK")
        result = out("--reasons", "-w", "self_inflicted=5", "--ignore", "blocklisted:blocklisted")
        self.assertState(result, "OK")
        self.assertEqual(result.value("self_inflicted"), 7)
        self.assertUsage(out("-w", "reason nonsense=0"), "nonsense")
        self.assertUsage(out("--ignore", "nonsense"), "nonsense")

    def test_thresholds_on_counts_and_ages(self):
        for words, state in ((("-w", "13"), "WARNING"), (("-w", "14"), "OK"), (("-c", "deferred=13"), "CRITICAL"),
                             (("-w", "oldest=1w"), "OK"), (("-w", "oldest=@0:1w"), "WARNING"),
                             (("-w", "bytes=1K"), "WARNING"), (("-w", "bytes=1G"), "OK"),
                             (("-w", "domain_max=10"), "WARNING"), (("-w", "domain_max=11"), "OK"),
                             (("-w", "sender_max=10"), "WARNING"), (("-w", "spool_free=1024:"), "OK"),
                             (("-c", "spool_free=:1024"), "CRITICAL"), (("-w", "bounces=0"), "OK")):
            with self.subTest(words):
                self.assertState(self.world.inside("--instance", "out", *words, user=None), state)
        self.assertUsage(self.world.inside("-w", "nothing=1"), "nothing")

    def test_filters(self):
        listed = self.world.mx.listed()
        for words, passes in (
                (("--sender", "a@queue.test"), lambda m: m["sender"] == "a@queue.test"),
                (("--sender", "queue.test"), lambda m: m["sender"].endswith("@queue.test")),
                (("--sender", "<>"), lambda m: m["sender"] in ("", "MAILER-DAEMON")),
                (("--recipient-domain", "closed.test"),
                 lambda m: any(r["address"].endswith("@closed.test") for r in m["recipients"])),
                (("--recipient-domain", "HELD.test"),
                 lambda m: any(r["address"].endswith("@held.test") for r in m["recipients"])),
                (("--sender", "nobody@nowhere.test"), lambda m: False)):
            wanted = [m for m in listed if passes(m)]
            for user, method in ((None, "spool"), ("nobody", "command")):
                with self.subTest(words=words, method=method):
                    result = self.world.inside(*words, "--bytes", "--method", method, "--output", "json",
                                               user=user)
                    self.assertAgrees(result, wanted)

    def test_top_lists(self):
        for user, method in ((None, "spool"), ("nobody", "command")):
            result = self.world.inside("--instance", "out", "--top", "1", "-v", "--method", method, user=user)
            self.assertFinding(result, "OK", "queue_top", "domains", "refuse.test 11")
            self.assertFinding(result, "OK", "queue_top", "senders", "news@queue.test 11")
            self.assertNotIn("other.test", result.out)
            data = self.world.inside("--instance", "out", "--top", "5", "--output", "json", "--method", method,
                                     user=user).json["data"]
            self.assertEqual(data["top_domains"], [{"domain": "refuse.test", "messages": 11},
                                                   {"domain": "closed.test", "messages": UNREACHED}])
            self.assertEqual(data["top_senders"], [{"sender": "news@queue.test", "messages": 11},
                                                   {"sender": "a@other.test", "messages": UNREACHED}])

    def test_a_sample_is_said_and_counts_are_exact(self):
        result = self.world.inside("--instance", "out", "--reasons", "--sample", "7", "-v", user=None)
        self.assertEqual(result.value("total"), 14)
        self.assertFinding(result, "OK", "queue_estimated", "sample", "estimated from 7 of 14 messages")
        self.assertIn("estimated from 7 messages", result.lines[0])
        self.assertIn(": about ", result.out)
        result = self.world.inside("--instance", "out", "--reasons", "--sample", "14", "-v", user=None)
        self.assertNotIn("estimated", result.out)

    def test_instances(self):
        listed = self.world.mx.listed() + self.world.out.listed()
        for user in (None, "postfix", "nobody"):
            result = self.world.inside("--instance", "all", "--bytes", "--output", "json", user=user)
            self.assertAgrees(result, listed)
            self.assertEqual([i.get("name") for i in result.json["data"]["instances"]], [None, "postfix-out"])
        for words in (("--instance", "postfix-out"), ("--instance", "out"),
                      ("--config-dir", self.world.out.etc), ("-d", self.world.out.etc),
                      ("--queue-dir", self.world.out.queue)):
            self.assertEqual(self.world.inside(*words, user=None).value("total"), 14, words)
        self.assertEqual(self.world.inside("--config-dir", self.world.out.etc).value("total"), 14)
        result = self.world.inside("--instance", "none")
        self.assertEqual(result.code, 3)
        self.assertIn("none", result.lines[0])

    def test_prometheus(self):
        result = self.world.inside("--instance", "out", "--reasons", "--output", "prometheus", user=None)
        self.assertIn('mailpath_mailqueue_total{target="postfix"} 14\n', result.out)
        self.assertIn('mailpath_mailqueue_reason{target="postfix",subject="blocklisted"} 2\n', result.out)
        self.assertIn("# TYPE mailpath_mailqueue_deferred_oldest gauge\n", result.out)

    def test_root_becomes_the_owner_first(self):
        """Nothing in the queue is opened as root."""
        trace = WORK / "queue-trace"
        self.world.inside("-f", "-o", trace, "-e", "trace=setresuid,openat,getdents64", PLUGINS / "check_mailqueue",
                          "--reasons", user=None, program="strace")
        text = trace.read_text()
        owner = os.stat(self.world.mx.queue / "incoming").st_uid
        before, change, after = text.partition(f"setresuid({owner}, {owner}, {owner}) ")
        self.assertTrue(change, text)
        self.assertIn('"deferred", O_RDONLY', after)
        for folder in (*PLACES, "corrupt"):
            self.assertNotIn(f'"{folder}", O_RDONLY|O_NOFOLLOW', before)
        self.assertNotIn("getdents64", before)

    def test_a_copy_of_a_spool(self):
        """Files that were born now tell when their messages arrived; of its server nothing is known."""
        copy = WORK / "queue-copy"
        for place in (*PLACES, "corrupt", "defer"):
            shutil.copytree(self.world.mx.queue / place, copy / place, dirs_exist_ok=True)
        self.addCleanup(shutil.rmtree, copy)
        listed = self.world.mx.listed()
        time.sleep(3)           # births that are wrong by more than the test allows
        result = self.world.inside("--queue-dir", copy, "--bytes", "--output", "json", user=None)
        self.assertAgrees(result, listed)
        self.assertFinding(result, "OK", "daemon_not_checked", "postfix")
        result = self.world.inside("--queue-dir", copy, "--ignore", "queue_corrupt", user=None)
        self.assertState(result, "OK")
        self.assertIn("; daemon_not_checked", result.lines[0])


@unittest.skipUnless(IS_ROOT, "needs root: Postfix")
class Answers(TestCase):
    """Empty, no permission, down, not understood and missing are five answers."""

    def setUp(self):
        self.world = QueuePostfix.get()
        self.here = Instance(f"queue-{self.id().rsplit('_', 1)[1]}", None, True)
        self.addCleanup(self.here.stop)

    def inside(self, *words, **kwargs):
        mount = (self.here.etc, "/etc/postfix", *kwargs.pop("mount", ()))
        return self.world.inside(*words, mount=mount, **kwargs)

    def configure(self, *lines):
        with (self.here.etc / "main.cf").open("a") as file:
            file.writelines(f"{line}\n" for line in lines)

    def test_empty(self):
        self.here.start()
        for user in (None, "postfix", "nobody"):
            result = self.inside(user=user)
            self.assertState(result, "OK")
            self.assertRegex(result.lines[0], r" - Postfix: the queue is empty \| total=0;;;0 incoming=0;;;0 ")
        # What Postfix warns of is no failure.
        self.configure("myhostname = other.queue.test", "myhostname = third.queue.test")
        self.assertState(self.inside(), "OK")

    def test_forbidden(self):
        self.configure("authorized_mailq_users = root")
        self.here.start()
        for method, text in (("auto", "User nobody(65534) is not allowed to view the mail queue"),
                             ("command", "User nobody(65534) is not allowed to view the mail queue"),
                             ("spool", f"{self.here.queue}: incoming: Permission denied")):
            result = self.inside("--method", method)
            self.assertState(result, "UNKNOWN")
            self.assertFinding(result, "UNKNOWN", "no_permission", "postfix", text)
            self.assertTrue(result.lines[2].startswith(f"    fix: {RECIPE}"), result)
            self.assertNotIn("total", result.perfdata)
        # The recipe.
        self.configure("authorized_mailq_users = root, nobody")
        self.assertState(self.inside(), "OK")
        result = self.inside("--config-dir", "/tmp")
        self.assertFinding(result, "UNKNOWN", "no_permission", "postfix", "unauthorized configuration directory")

    def test_down(self):
        self.here.start()
        self.here.stop()
        for user, method in ((None, "spool"), (None, "command"), ("nobody", "auto"), ("nobody", "command")):
            with self.subTest(user=user, method=method):
                result = self.inside("--method", method, user=user)
                self.assertState(result, "CRITICAL")
                self.assertFinding(result, "CRITICAL", "mail_system_down", "postfix")
                self.assertEqual("total" in result.perfdata, user is None)
        # Its owner may not see the lock, and says so.
        result = self.inside("--method", "spool", user="postfix")
        self.assertState(result, "OK")
        self.assertIn("; daemon_not_checked", result.lines[0])
        # One of two.
        self.configure(f"multi_instance_directories = {self.world.out.etc}")
        result = self.inside("--instance", "all", user=None)
        self.assertFinding(result, "CRITICAL", "mail_system_down", "postfix", "it is not running")
        self.assertNotIn("] mail_system_down postfix-out", result.out)

    def test_second_down(self):
        other = Instance("queue-seconddown", "postfix-second", True)
        other.start()
        other.stop()
        self.configure(f"multi_instance_directories = {other.etc}")
        self.here.start()
        for user in (None, "nobody"):
            result = self.inside("--instance", "all", user=user)
            self.assertState(result, "CRITICAL")
            self.assertFinding(result, "CRITICAL", "mail_system_down", "postfix-second")
            self.assertState(self.inside(user=user), "OK")

    def fake(self, name, script):
        path = write(name, f"#!/bin/sh\n{script}\n", 0o755)
        return (path, "/usr/sbin/postqueue")

    def test_garbled(self):
        whole = listing(3).decode()
        for script, reason, text in (
                ("echo hello", "not_understood", "1 of 1 lines are not understood, the first: hello"),
                (f"cat <<'E'\n{whole}oops\nE", "not_understood", "the first: oops"),
                (f"printf '%s' '{whole[:-20]}'", "not_understood", "it ends in the middle of a line"),
                ("exit 3", "command_failed", "/usr/sbin/postqueue ended with exit code 3: without a word"),
                ("echo 'postqueue: fatal: boo' >&2; exit 1", "command_failed", "exit code 1: postqueue: fatal: boo"),
                ("echo 'postqueue: warning: malformed showq server response' >&2", "command_failed",
                 "malformed showq"),
                ("kill -9 $$", "command_failed", "ended by signal 9"),
                (f"cat <<'E'\n{whole}E\nexit 1", "command_failed", "exit code 1")):
            with self.subTest(script[:30]):
                result = self.inside("--method", "command", mount=self.fake("postqueue", script))
                self.assertState(result, "UNKNOWN")
                self.assertFinding(result, "UNKNOWN", reason, "postfix", text)

    def test_hanging(self):
        for script in ("sleep 30", "exec >&- 2>&-; sleep 30", "sleep 30 & sleep 30", "yes", "yes >&2"):
            with self.subTest(script):
                result = self.inside("--method", "command", "-t", "1", mount=self.fake("postqueue", script))
                self.assertFinding(result, "UNKNOWN", "timeout", "postfix", "in stage queue") \
                    if script != "yes" else None
                self.assertState(result, "UNKNOWN")
                self.assertLess(result.value("time"), 1.2)
        result = self.inside("--method", "command", "-t", "1:critical", "--output", "json",
                             mount=self.fake("postqueue", "sleep 30"))
        self.assertState(result, "CRITICAL")
        self.assertIn("time", [item["label"] for item in result.json["perfdata"]])
        self.assertFinding(result, "CRITICAL", "timeout", "postfix", "waiting for /usr/sbin/postqueue")

    def test_missing(self):
        empty = WORK / "nothing"
        empty.mkdir(exist_ok=True)
        result = self.inside("--mta", "dma")
        self.assertFinding(result, "UNKNOWN", "mta_missing", "dma")
        result = self.inside("--queue-dir", "/nonexistent")
        self.assertFinding(result, "UNKNOWN", "mta_missing", "postfix", "/nonexistent: No such file")
        result = self.inside("--queue-dir", empty)
        self.assertFinding(result, "UNKNOWN", "mta_missing", "postfix", "none of the folders")
        result = self.inside(script=f"mount --bind {empty} /etc/postfix")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "mta_missing", "machine", "found no configuration of Postfix, Exim")

    def test_several(self):
        self.here.start()
        script = "mount -t tmpfs none /usr/local/sbin; mkdir -p /tmp; mount -t tmpfs none /var/spool; " \
                 "mkdir /var/spool/exim4; E=$(mktemp -d /run/etc.XXXXXX); cp -a /etc/. $E; mkdir -p $E/exim4; " \
                 "echo >$E/exim4/exim4.conf; cp $E/exim4/exim4.conf $E/exim4/exim4.conf.template; " \
                 f"mkdir -p $E/nullmailer /var/spool/nullmailer; echo x >$E/nullmailer/remotes; " \
                 f"mount --bind $E /etc; mount --bind {self.here.etc} /etc/postfix"
        self.addCleanup(subprocess.run, "rm -rf /run/etc.??????", shell=True, check=False)
        result = self.inside("-v", script=script)
        self.assertFinding(result, "OK", "mta_several", "postfix", "there is also ")
        result = self.inside("--mta", "auto", "--state-for", "mta_several=warning", script=script)
        self.assertState(result, "WARNING")
        self.assertNotIn("mta_several", self.inside("-v", "--mta", "postfix", script=script).out)

    def test_paused(self):
        self.configure("defer_transports = smtp, relay")
        self.here.start()
        for user in (None, "nobody"):
            result = self.inside(user=user)
            self.assertState(result, "WARNING")
            self.assertFinding(result, "WARNING", "transport_paused", "postfix",
                               "defer_transports = smtp, relay: mail for these transports waits")
        self.configure("defer_transports =")
        self.assertState(self.inside(), "OK")

    def spool_on(self, options):
        """A full file system with the queue of `here`, in its own namespace."""
        return f"""mount --bind {self.here.queue} /mnt || exit 98
D=$(mktemp -d /run/full.XXXXXX); mount -t tmpfs -o {options} full $D || exit 98
for q in incoming active deferred hold maildrop corrupt; do mkdir $D/$q; done
chown -R postfix $D
while dd if=/dev/zero of=$D/fill$((n=n+1)) bs=4096 count=1 2>/dev/null; do :; done
mount --bind $D {self.here.queue} || exit 98"""

    def test_full(self):
        self.addCleanup(subprocess.run, "rmdir /run/full.?????? 2>/dev/null", shell=True, check=False)
        (self.here.queue / "pid").mkdir(exist_ok=True)
        result = self.inside("--queue-dir", self.here.queue, user=None, script=self.spool_on("size=64k"))
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "spool_no_space", "spool", "no byte of 65536 is free")
        self.assertEqual(result.value("spool_free"), 0)
        result = self.inside("--queue-dir", self.here.queue, user=None, script=self.spool_on("nr_inodes=20"))
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "spool_no_inodes", "spool", "none of 20 inodes is free")

    @unittest.skipUnless(shutil.which("sudo"), "needs sudo")
    def test_sudo(self):
        """The recipe of the manual, as an unprivileged user."""
        self.here.start()
        self.here.submit("a@queue.test", "b@closed.test")
        manual = (PLUGINS.parents[2] / "share/man/man1/check_mailqueue.1").read_text()
        recipe = re.search(r"\.Dl (nagios ALL=\(postfix\) NOPASSWD: .*)", manual)[1]
        line = recipe.replace("nagios", "nobody", 1).replace("/usr/libexec/mailpath/plugins", str(PLUGINS))
        program, *words = line.partition("NOPASSWD: ")[2].split()
        script = f"""mount -t tmpfs -o mode=755 none /etc/sudoers.d
printf '%s\\n' '{line}' >/etc/sudoers.d/mailpath; chmod 440 /etc/sudoers.d/mailpath"""
        result = self.inside("-n", "-u", "postfix", program, *words, script=script, program="sudo")
        self.assertState(result, "OK")
        self.assertIn("total=1;", result.lines[0])
        self.assertIn("corrupt=0;", result.lines[0])        # from the files
        for other in ((program, "--input", "/etc/shadow"), (program, *words, "-v")):
            with self.assertRaises(Exception):
                denied = self.inside("-n", "-u", "postfix", *other, script=script, program="sudo")
                self.assertIn("total", denied.perfdata)

    def tearDown(self):
        self.here.stop()
        shutil.rmtree(self.here.folder, ignore_errors=True)


@unittest.skipUnless(IS_ROOT, "needs root: a spool belongs to postfix")
class IllSpool(TestCase):
    """What lies in a spool is data."""

    def setUp(self):
        self.spool = WORK / "ill"
        for place in (*PLACES, "corrupt", "defer"):
            (self.spool / place).mkdir(parents=True, exist_ok=True)
        self.addCleanup(shutil.rmtree, self.spool)
        self.now = int(time.time())

    def message(self, name, place="deferred", arrived=None, content=None, mode=0o700):
        path = self.spool / place / name
        if content is None:
            content = self.record("C", b"            1000             600               1               0"
                                  b"            1000") + \
                self.record("T", f"{arrived or self.now - 60} 0".encode()) + \
                self.record("S", b"a@queue.test") + self.record("R", b"b@closed.test") + self.record("M", b"")
        path.write_bytes(content)
        path.chmod(mode)
        return path

    @staticmethod
    def record(kind, data):
        return kind.encode() + bytes([len(data)]) + data

    def look(self, *words, **kwargs):
        subprocess.run(["chown", "-hR", "nobody", self.spool], check=True)
        return check("--mta", "postfix", "--queue-dir", self.spool, *words, **kwargs)

    def test_files_that_are_no_messages(self):
        self.message("0123456789A")
        self.message("1123456789A", content=b"")
        self.message("2123456789A", content=b"\0" * 100)
        self.message("3123456789A", content=b"C\xff\xff\xff\xff\xff")
        self.message("4123456789A", content=os.urandom(50000).replace(b"C", b"x"))
        os.symlink("/etc/passwd", self.spool / "deferred/5123456789A")
        os.mkfifo(self.spool / "deferred/6123456789A")
        self.message("bad\x1b[31m|`id`$\n", content=b"x")
        for words in ((), ("--reasons",), ("--bytes",), ("--reasons", "--sender", "queue.test")):
            with self.subTest(words):
                result = self.look(*words, "-t", "5")
                self.assertState(result, "WARNING")
                self.assertEqual(result.value("total"), 1)
                self.assertGreaterEqual(result.value("corrupt"), 6)
                self.assertLess(result.seconds, 3)
        self.assertIn("deferred/5123456789A", result.out + self.look("--output", "json").out)
        names = self.look("--reasons", "--output", "json").json["data"]["corrupt_files"]
        self.assertTrue(any("bad" in name for name in names), names)

    def test_unfinished_files_are_none(self):
        self.message("0123456789A", "incoming", mode=0o600)
        self.message("1123456789A", "maildrop", mode=0o600)
        for words in ((), ("--reasons",)):
            result = self.look(*words)
            self.assertState(result, "OK")
            self.assertEqual((result.value("total"), result.value("corrupt")), (0, 0))

    def test_ages_from_the_names_of_long_ids(self):
        digits = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
        seconds, name = self.now - 7200, ""
        while seconds:
            name, seconds = digits[seconds % 52] + name, seconds // 52
        self.message(name + "BCDFz123", "active", content=b"not even read")
        result = self.look()
        self.assertAlmostEqual(result.value("active_oldest"), 7200, delta=3)
        self.assertState(result, "WARNING")         # above an hour by default
        self.assertFinding(result, "WARNING", "threshold", "active_oldest")

    def test_a_future_arrival_is_no_negative_age(self):
        self.message("0123456789A", arrived=self.now + 5000)
        self.assertEqual(self.look().value("oldest"), 0)

    def test_maildrop_that_nobody_takes_is_critical(self):
        self.message("0123456789A", "maildrop", arrived=self.now - 4000)
        result = self.look()
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "threshold", "maildrop_oldest")

    def test_a_plain_run_opens_no_file_with_a_long_id(self):
        self.message("4bcdfg1BCDFz123", content=b"")
        self.message("4bcdfg1BCDFz124").chmod(0o100)
        self.assertEqual(self.look().value("total"), 2)

    def test_files_that_vanish_meanwhile(self):
        done = threading.Event()

        def stir():
            n = 0
            while not done.is_set():
                path = self.message(f"{n % 200:05X}6789A", arrived=self.now)
                shutil.chown(path, "nobody")
                n += 1
                if n % 3:
                    path.rename(self.spool / "active" / path.name)
                else:
                    path.unlink()

        subprocess.run(["chown", "-hR", "nobody", self.spool], check=True)
        thread = threading.Thread(target=stir)
        thread.start()
        try:
            for _ in range(10):
                result = check("--mta", "postfix", "--queue-dir", self.spool, "--bytes", as_root=True)
                self.assertIn("total", result.perfdata, result)
        finally:
            done.set()
            thread.join()

    def test_few_descriptors_are_no_corruption(self):
        for n in range(2000):
            self.message(f"{n:05X}6789A")
        subprocess.run(["chown", "-hR", "nobody", self.spool], check=True)
        for most in range(5, 24):
            done = subprocess.run(["prlimit", f"--nofile={most}", PLUGINS / "check_mailqueue", "--mta", "postfix",
                                   "--queue-dir", self.spool, "--reasons"], capture_output=True, text=True,
                                  check=False, **unprivileged(environment()))
            if done.returncode == 127 or "error while loading" in done.stderr:
                continue
            if done.returncode == 0:
                self.assertIn("total=2000;", done.stdout)
                break
            self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
            self.assertNotIn("queue_corrupt", done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_the_deadline_is_kept(self):
        for n in range(3000):
            self.message(f"{n:05X}6789A")
        result = self.look("--reasons", "-t", "0.01", "--output", "json")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "timeout", "postfix")


class Input(TestCase):
    """Saved listings."""

    def test_a_listing_is_counted(self):
        path = write("listing.json", listing(10))
        for result in (check("--input", path, "--reasons", "--bytes"),
                       check("--input", "-", "--reasons", "--bytes", stdin=listing(10))):
            self.assertState(result, "OK")
            self.assertEqual(result.value("total"), 10)
            self.assertEqual(result.value("bytes"), 10045)
            self.assertEqual(result.value("reason connect_refused"), 10)
            self.assertEqual(result.value("domain_max"), 4)

    def test_nothing_is_never_ok(self):
        for result in (check("--input", write("empty", "")), check("--input", "-", stdin=b""),
                       check("--input", "-", stdin=b"\n\n")):
            self.assertState(result, "UNKNOWN")
            self.assertIn("not_understood", result.out)
        self.assertState(check("--input", "-"), "UNKNOWN")      # standard input is closed
        self.assertState(check("--input", "/nonexistent"), "UNKNOWN")
        self.assertState(check("--input", WORK), "UNKNOWN")

    def test_a_listing_that_is_cut_is_never_ok(self):
        whole = listing(3)
        for cut in range(1, len(whole) - 1):
            if whole[cut - 1:cut] == b"\n":
                continue
            if cut % 7:
                continue
            result = check("--input", "-", stdin=whole[:cut])
            self.assertState(result, "UNKNOWN")
            self.assertIn("not_understood", result.out)

    def test_garbage_is_not_understood(self):
        for garbage in (b"hello\n", b"\0\1\2\3" * 1000, b"\xff\xfe|`id`$(x)<b>\\n\n" + listing(1), b"{}\n", b"[]\n",
                        listing(2) + b"{\n", listing(2) + b'{"queue_name": "deferred"}\n', b"x" * 300000,
                        listing(1, recipients="x"), listing(1) + b"{" * 200000 + b"\n"):
            with self.subTest(garbage[:20]):
                result = check("--input", "-", stdin=garbage)
                self.assertState(result, "UNKNOWN")
                self.assertIn("not_understood", result.out)

    def test_its_first_line_may_come_in_pieces(self):
        kwargs = unprivileged(environment())
        del kwargs["preexec_fn"]
        with subprocess.Popen([PLUGINS / "check_mailqueue", "--input", "-"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, **kwargs) as process:
            for piece in (listing(1)[:1], listing(1)[1:9], listing(1)[9:40], listing(1)[40:]):
                process.stdin.write(piece)
                process.stdin.flush()
                time.sleep(0.1)
            process.stdin.close()
            self.assertIn(b"total=1;", process.stdout.read())
        self.assertEqual(process.returncode, 0)

    def test_a_table_is_understood(self):
        table = ("-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
                 "0DABAA9C496*    1488 Tue Nov 24 01:59:45  src@signed.test\n"
                 "                                         user@slow.test\n\n"
                 "1DABAA9C497     1488 Tue Nov 24 01:59:45  src@signed.test\n"
                 "(host mx.test[192.0.2.1] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command))\n"
                 "                                         user@full.test\n\n"
                 "-- 3 Kbytes in 2 Requests.\n")
        table_of = ("--input", "-", "-w", "active_oldest=1000w")
        result = check(*table_of, "--reasons", "--bytes", stdin=table.encode())
        self.assertState(result, "OK")
        self.assertEqual((result.value("active"), result.value("deferred"), result.value("bytes")), (1, 1, 2976))
        self.assertEqual(result.value("reason mailbox_full"), 1)
        self.assertState(check(*table_of, stdin=table.replace("2 Req", "3 Req").encode()), "UNKNOWN")
        self.assertState(check(*table_of, stdin=table[:-30].encode()), "UNKNOWN")
        self.assertState(check("--input", "-", stdin=b"Mail queue is empty\n"), "OK")

    def test_a_message_of_its_program_is_told_apart(self):
        result = check("--input", "-", "--mta", "postfix", stdin=b"postqueue: fatal: Queue report unavailable - "
                       b"mail system is down\n")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "mail_system_down", "input")

    def test_a_writer_that_does_not_end(self):
        kwargs = unprivileged(environment())
        del kwargs["preexec_fn"]
        read_end, write_end = os.pipe()
        os.write(write_end, listing(1))
        done = subprocess.run([PLUGINS / "check_mailqueue", "--input", "-", "-t", "0.5"], stdin=read_end,
                              capture_output=True, text=True, check=False, **kwargs)
        os.close(read_end)
        os.close(write_end)
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("[UNKNOWN] timeout input: timeout after 0.5 s", done.stdout)


class Usage(TestCase):
    def test_wrong_words(self):
        for words, said in ((("--mta", "qmail"), "qmail"), (("--method", "magic"), "magic"),
                            (("-W", "3"), "-w domain_max=N"), (("-C", "3"), "-c domain_max=N"),
                            (("-s",), "sudoers"), (("-H", "x"), "this machine"),
                            (("--input", "x", "--queue-dir", "y"), "--input"),
                            (("--instance", "x", "--queue-dir", "y"), "--instance"),
                            (("--mta", "exim", "--config-dir", "x"), "Postfix"), (("-w", "nothing=3"), "nothing"),
                            (("--top", "x"), "--top"), (("--sample", "-1"), "--sample")):
            with self.subTest(words):
                self.assertUsage(check(*words), said)


@unittest.skipUnless(IS_ROOT and SANITIZED, "needs root and AddressSanitizer")
class Leaks(TestCase):
    def test_nothing_leaks(self):
        world = QueuePostfix.get()
        saved = write("leaks.json", listing(20))
        for words in ((), ("--reasons", "--output", "json"), ("--method", "command", "--top", "3"),
                      ("--queue-dir", "/nonexistent"), ("--mta", "dma"), ("--input", saved, "--reasons"),
                      ("--input", "/etc/passwd")):
            with self.subTest(words):
                done = subprocess.run([PLUGINS / "check_mailqueue",
                                       *(() if "--input" in words or "--mta" in words or "--queue-dir" in words else
                                         ("--config-dir", world.mx.etc)), *words],
                                      capture_output=True, text=True, check=False,
                                      env=environment(ASAN_OPTIONS="detect_leaks=1:exitcode=99"))
                self.assertNotIn("LeakSanitizer: detected", done.stderr)
                self.assertIn(done.returncode, range(4))
