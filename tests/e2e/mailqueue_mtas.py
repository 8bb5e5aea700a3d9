# SPDX-License-Identifier: GPL-3.0-or-later
"""check_mailqueue against real mail servers: by their files and by their own programs,
which must agree; and what it says when it cannot know."""

import json
import os
import shutil
import subprocess
import time

from harness import IS_ROOT, PLUGINS, WORK, TestCase, check_form, environment, run, write
from servers.box import Box
from servers.queues import (REFUSALS, DmaQueue, EximQueue, NullmailerQueue, OpensmtpdQueue, PostfixQueue,
                            SendmailQueue)


def inside(queue, *words, user=None):
    """Run the plugin in a box."""
    box = getattr(queue, "box", queue)
    result = box.run(PLUGINS / "check_mailqueue", *words, user=user, env=environment())
    check_form(result, [str(word) for word in words])
    return result


def check(*words, **kwargs):
    return run("check_mailqueue", *words, **kwargs)


class Agreement(TestCase):
    """The same numbers by both ways, and those of the server's own tool."""

    def both(self, queue, mta, *words):
        by_files = inside(queue, "-M", mta, "--method", "spool", *words)
        by_command = inside(queue, "-M", mta, "--method", "command", *words)
        for label, value in by_command.perfdata.items():
            # In Exim's files, only the content tells who is frozen.
            if label == "time" or (label.startswith("frozen") and label not in by_files.perfdata):
                continue
            if label.endswith("oldest"):
                self.assertAlmostEqual(by_files.value(label), by_command.value(label), delta=2)
            else:
                self.assertEqual(by_files.perfdata[label], value, f"{label}\n{by_files}{by_command}")
        return by_files, by_command

    def test_postfix(self):
        queue = PostfixQueue.get()
        files, command = self.both(queue, "postfix", "--bytes", "--reasons")
        self.assertState(files, "OK")
        listing = queue.listing()
        self.assertEqual(command.value("total"), len(listing))
        self.assertEqual(files.value("bytes"), sum(m["message_size"] for m in listing))
        oldest = time.time() - min(m["arrival_time"] for m in listing)
        self.assertAlmostEqual(files.value("oldest"), oldest, delta=3)
        self.assertEqual(files.value("maildrop"), 1)
        self.assertEqual(files.value("hold"), 1)
        self.assertEqual(files.value("active"), 2)
        self.assertEqual(files.value("corrupt"), 0)

    def test_postfix_groups_ten_refusals_into_ten_reasons(self):
        result = inside(PostfixQueue.get(), "-M", "postfix", "--reasons", "-v")
        for reason, reply in REFUSALS.items():
            self.assertEqual(result.value(f"reason {reason}"), 1, str(result))
            self.assertFinding(result, "OK", reason, reason, reply[10:40].split("<")[0].strip())
        self.assertEqual(result.value("reason connect_refused"), 4)
        self.assertEqual(result.value("self_inflicted"), 5)
        self.assertEqual(result.value("bounces"), 1)

    def test_exim(self):
        files, _ = self.both(EximQueue.get(), "exim")
        self.assertEqual(files.value("total"), int(EximQueue.get().box.must("exim4", "-bpc")))
        files = inside(EximQueue.get(), "-M", "exim", "--bytes", "--reasons", "-v")
        self.assertEqual(files.value("frozen"), 1)
        self.assertEqual(files.value("reason blocklisted"), 1)
        self.assertEqual(files.value("reason connect_refused"), 1)
        # exim -bp rounds sizes from 1024 bytes on; these are smaller.
        sizes = [int(line.split()[1]) for line in EximQueue.get().box.must("exim4", "-bp").splitlines()
                 if "<" in line]
        self.assertEqual(files.value("bytes"), sum(sizes))

    def test_sendmail(self):
        files, _ = self.both(SendmailQueue.get(), "sendmail", "--bytes", "--reasons")
        self.assertEqual((files.value("deferred"), files.value("hold")), (3, 1))
        self.assertEqual(files.value("reason connect_refused"), 1)
        self.assertEqual(files.value("bounces"), 1)

    def test_opensmtpd(self):
        files, _ = self.both(OpensmtpdQueue.get(), "opensmtpd", "--reasons")
        self.assertEqual(files.value("total"), len(OpensmtpdQueue.get().listing().splitlines()))
        self.assertEqual(files.value("reason greylisted"), 3)

    def test_nullmailer(self):
        files, _ = self.both(NullmailerQueue.get(), "nullmailer", "--bytes")
        self.assertEqual(files.value("total"), 3)

    def test_dma(self):
        files, _ = self.both(DmaQueue.get(), "dma")
        self.assertEqual(files.value("total"), 4)
        self.assertIn("oldest", files.perfdata)

    def test_the_server_of_this_machine_is_found(self):
        for queue, mta in ((EximQueue, "exim"), (OpensmtpdQueue, "opensmtpd"), (NullmailerQueue, "nullmailer")):
            box = queue.get().box
            box.run("rm", "-rf", "/etc/postfix/main.cf")
            self.assertEqual(inside(box, "--output", "json").json["data"]["mta"], mta)


class Thresholds(TestCase):
    def test_a_fault_of_ours_takes_the_state_of_its_threshold(self):
        result = inside(PostfixQueue.get(), "-M", "postfix", "-w", "self_inflicted=0")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "blocklisted", "blocklisted", "zen.spamhaus.org")
        self.assertNotIn("threshold", result.out)
        result = inside(PostfixQueue.get(), "-M", "postfix", "-c", "reason blocklisted=0", "--ignore",
                        "ptr_missing")
        self.assertFinding(result, "CRITICAL", "blocklisted", "blocklisted")

    def test_filters(self):
        postfix = PostfixQueue.get()
        self.assertEqual(inside(postfix, "-M", "postfix", "--sender", "<>").value("total"), 1)
        self.assertEqual(inside(postfix, "-M", "postfix", "--sender", "other@signed.test").value("total"), 1)
        self.assertEqual(inside(postfix, "-M", "postfix", "--recipient-domain", "slow.test")
                         .value("total"), 2)
        self.assertEqual(inside(postfix, "-M", "postfix", "--method", "command", "--recipient-domain",
                                "slow.test").value("active"), 2)

    def test_the_first_are_listed(self):
        result = inside(PostfixQueue.get(), "-M", "postfix", "--top", "1", "-v")
        self.assertFinding(result, "OK", "queue_top", "domains", "closed.test 5")
        self.assertFinding(result, "OK", "queue_top", "senders", "src@signed.test ")

    def test_a_sample_is_said(self):
        result = inside(PostfixQueue.get(), "-M", "postfix", "--reasons", "--sample", "5", "-v")
        self.assertEqual(result.value("total"), 17)
        self.assertFinding(result, "OK", "queue_estimated", "sample", "5 of 17")
        self.assertIn("estimated", result.lines[0])

    def test_a_count(self):
        result = inside(PostfixQueue.get(), "-M", "postfix", "-w", "2", "-c", "7")
        self.assertState(result, "CRITICAL")
        self.assertRegex(result.lines[0], "total is 17.*: 17 messages wait")

    def test_what_is_not_told_is_not_zero(self):
        result = inside(NullmailerQueue.get(), "-M", "nullmailer", "-w", "self_inflicted=0")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "queue_not_told", "nullmailer")
        result = inside(SendmailQueue.get(), "-M", "sendmail", "--method", "command", "-w", "bounces=0",
                        user="nobody")
        self.assertFinding(result, "UNKNOWN", "queue_not_told", "sendmail")
        self.assertEqual(result.value("total"), 4)

    def test_a_paused_transport(self):
        box = PostfixQueue.get().box
        box.must("sh", "-c", "echo defer_transports = slow >>/etc/postfix/main.cf")
        try:
            result = inside(box, "-M", "postfix")
            self.assertState(result, "WARNING")
            self.assertFinding(result, "WARNING", "transport_paused", "postfix", "defer_transports = slow")
        finally:
            box.must("sed", "-i", "/^defer_transports/d", "/etc/postfix/main.cf")


class FiveAnswers(TestCase):
    """Empty, no permission, down, not understood, and no such server."""

    @classmethod
    def setUpClass(cls):
        if not IS_ROOT:
            cls.skipTest(cls, "must be root")

    def test_no_permission_has_a_recipe(self):
        for queue, mta, recipe in ((EximQueue, "exim", "Debian-exim"), (OpensmtpdQueue, "opensmtpd", "sudo")):
            result = inside(queue.get(), "-M", mta, user="nobody")
            self.assertState(result, "UNKNOWN")
            self.assertIn("no_permission", result.out)
            self.assertIn(recipe, result.out)
            self.assertNotIn("total=", result.out)

    def test_who_is_not_allowed_by_postfix(self):
        box = PostfixQueue.get().box
        box.must("sh", "-c", "echo authorized_mailq_users = root >>/etc/postfix/main.cf")
        try:
            result = inside(box, "-M", "postfix", user="nobody")
            self.assertState(result, "UNKNOWN")
            self.assertFinding(result, "UNKNOWN", "no_permission", "postfix")
            self.assertIn("authorized_mailq_users", result.out)
        finally:
            box.must("sed", "-i", "/^authorized_mailq/d", "/etc/postfix/main.cf")

    def test_nobody_may_list_postfix_by_its_own_program(self):
        result = inside(PostfixQueue.get(), "-M", "postfix", "-v", user="nobody")
        self.assertState(result, "OK")
        self.assertEqual(result.value("total"), 17)
        self.assertIn("by its own listing", result.out)

    def test_down_is_critical(self):
        box = Box("postfix-down", ())
        self.addCleanup(box.stop)
        box.write("/etc/postfix/main.cf", "compatibility_level = 3.6\nqueue_directory = /var/spool/postfix\n"
                  "inet_interfaces = loopback-only\nmyhostname = mx.test\nmaillog_file = /var/log/mail.log\n")
        box.run("postfix", "start")
        result = inside(box)
        self.assertState(result, "OK")
        self.assertIn("the queue is empty", result.lines[0])
        self.assertNotIn("daemon_not_checked", result.out)
        self.assertState(inside(box, user="nobody"), "OK")
        box.must("postfix", "stop")
        result = inside(box)
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "mail_system_down", "postfix")
        result = inside(box, user="nobody")
        self.assertState(result, "CRITICAL")
        self.assertIn("mail_system_down", result.out)
        # Two are configured, and only one is meant.
        box.write("/etc/dma/dma.conf", "")
        box.must("sh", "-c", "mkdir -p /var/spool/dma")
        self.assertIn("mta_several", inside(box, "-v").out)

    def test_down_opensmtpd(self):
        box = OpensmtpdQueue.get().box
        self.assertIn("daemon_not_checked", inside(box, "-M", "opensmtpd", "--queue-dir", "/var/spool/smtpd").out)

    def test_no_such_server(self):
        result = inside(PostfixQueue.get(), "-M", "exim")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "mta_missing", "exim")
        self.assertState(check("-M", "postfix", "--queue-dir", WORK), "UNKNOWN")

    def test_a_program_that_fails_is_not_an_empty_queue(self):
        box = PostfixQueue.get().box
        for script, reason in (("exit 3", "command_failed"), ("echo broken >&2", "command_failed"),
                               ("echo nonsense", "not_understood"), ("kill -9 $$", "command_failed"),
                               ("sleep 60", "timeout")):
            fake = write("postqueue", f"#!/bin/sh\n{script}\n", 0o755)
            box.must("mount", "--bind", fake, "/usr/sbin/postqueue")
            try:
                result = inside(box, "-M", "postfix", "--method", "command", "-t", "2")
                self.assertState(result, "UNKNOWN")
                self.assertIn(reason, result.out, script)
                self.assertLess(result.seconds, 4)
            finally:
                box.must("umount", "/usr/sbin/postqueue")


class Listings(TestCase):
    LINE = {"queue_name": "deferred", "queue_id": "1D9F4A7C947", "arrival_time": 1000, "message_size": 101,
            "forced_expire": False, "sender": "s@signed.test",
            "recipients": [{"address": "y@closed.test", "delay_reason": "connect to x[192.0.2.1]:25: Connection refused"}]}

    def of(self, text, *words):
        return check("--input", write("listing", text), *words)

    def test_postqueue(self):
        line = json.dumps(self.LINE) + "\n"
        result = self.of(line * 3, "--reasons", "--bytes")
        self.assertState(result, "OK")
        self.assertEqual((result.value("total"), result.value("bytes")), (3, 303))
        self.assertEqual(result.value("reason connect_refused"), 3)
        self.assertState(check("--input", "-", stdin=line.encode()), "OK")

    def test_where_it_is_cut_it_is_not_understood(self):
        line = json.dumps(self.LINE) + "\n"
        for cut in (1, 20, len(line) - 1):
            result = self.of(line * 2 + line[:cut])
            self.assertState(result, "UNKNOWN")
            self.assertIn("not_understood", result.out)
            self.assertEqual(result.value("total"), 2)

    def test_nonsense_and_nothing(self):
        for text in ("", "\n\n", "hello\n", "\x00\x01\xff\n".encode("latin-1"), "<html>\n", "{}\n",
                     '{"queue_name": "nowhere"}\n'):
            result = self.of(text)
            self.assertState(result, "UNKNOWN")
            self.assertIn("not_understood", result.out)
            self.assertNotIn("total=0", result.out)

    def test_exim_has_longer_ids_since_4_97(self):
        text = (" 2h  3.2K 1xVgKu-00000000aBc-1y2z <src@signed.test>\n          a@closed.test\n\n"
                "12m   322 1xVgKu-00000Y-1y <> *** frozen ***\n          b@closed.test\n\n")
        result = self.of(text)
        self.assertEqual((result.value("total"), result.value("frozen")), (2, 1))
        self.assertState(self.of(text[:-1]), "UNKNOWN")

    def test_mailq_of_sendmail(self):
        empty = "/var/spool/mqueue is empty\n\t\tTotal requests: 0\n"
        result = self.of(empty)
        self.assertState(result, "OK")
        self.assertEqual(result.value("total"), 0)
        self.assertState(self.of(empty[:30]), "UNKNOWN")
        self.assertState(self.of(empty.replace("0", "7")), "UNKNOWN")

    def test_mailq_of_postfix(self):
        self.assertState(self.of("Mail queue is empty\n"), "OK")
        text = ("-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
                "3EB1AA9C49E#     453 Tue Nov 24 01:59:45  src@signed.test\n"
                "                       (connect to 127.0.0.1[127.0.0.1]:1: Connection refused)\n"
                "                                         user@closed.test\n\n"
                "-- 0 Kbytes in 1 Request.\n")
        result = self.of(text, "--reasons")
        self.assertState(result, "OK")
        self.assertEqual(result.value("reason connect_refused"), 1)
        self.assertState(self.of(text[:-30]), "UNKNOWN")
        self.assertState(self.of(text.replace("in 1", "in 2")), "UNKNOWN")


class Files(TestCase):
    """A spool that somebody has tampered with."""

    def spool(self, name="spool"):
        spool = WORK / name
        shutil.rmtree(spool, ignore_errors=True)
        for folder in ("incoming", "active", "deferred/1", "hold", "maildrop", "corrupt", "defer/1", "pid"):
            (spool / folder).mkdir(parents=True)
        return spool

    def message(self, path, arrived, sender="s@signed.test", recipient="r@closed.test"):
        def record(kind, data):
            return kind.encode() + bytes([len(data)]) + data.encode()
        path.write_bytes(record("C", f"{101:15} {629:15} {1:15} {0:15} {101:15} {0:15}") +
                         record("T", f"{arrived} 28338") + record("S", sender) + record("R", recipient) +
                         record("M", "") + record("N", "Subject: x") + record("X", "") + record("E", ""))
        path.chmod(0o700)
        if IS_ROOT:
            shutil.chown(path, "nobody")

    def own(self, spool):
        if IS_ROOT:
            subprocess.run(["chown", "-R", "nobody", spool], check=True)

    def test_a_copy_of_a_spool_has_the_age_of_its_messages(self):
        spool = self.spool()
        self.message(spool / "deferred/1/1ABC3A9C056", int(time.time()) - 86400)
        self.own(spool)
        for words in ((), ("--reasons", "--bytes")):
            result = check("-M", "postfix", "--queue-dir", spool, *words)
            self.assertAlmostEqual(result.value("oldest"), 86400, delta=5)
            self.assertIn("daemon_not_checked", result.lines[0])
        self.assertFinding(check("--queue-dir", spool, "-v"), "OK", "queue_counted", "postfix")

    def test_what_is_no_message_is_named_and_does_not_stop_the_walk(self):
        spool = self.spool()
        now = int(time.time())
        self.message(spool / "deferred/1/1ABC3A9C056", now - 60)
        (spool / "deferred/1/1ABC3A9C057").write_bytes(b"garbage")
        (spool / "deferred/1/1ABC3A9C057").chmod(0o700)
        (spool / "deferred/1/1ABC3A9C058").symlink_to("/etc/passwd")
        os.mkfifo(spool / "deferred/1/1ABC3A9C059")
        (spool / "deferred/README\x1b[31m`x`").write_text("x")
        self.message(spool / "hold/1ABC3A9C05A", now - 60)
        self.own(spool)
        result = check("-M", "postfix", "--queue-dir", spool, "--reasons", "-t", "5")
        self.assertState(result, "WARNING")
        self.assertEqual((result.value("total"), result.value("corrupt")), (2, 4))
        self.assertFinding(result, "WARNING", "queue_corrupt", "corrupt", "4 files")
        self.assertIn("README", result.out)

    def test_files_that_are_being_written_do_not_count(self):
        spool = self.spool()
        self.message(spool / "incoming/1ABC3A9C056", int(time.time()))
        (spool / "incoming/1ABC3A9C056").chmod(0o600)
        self.own(spool)
        self.assertEqual(check("-M", "postfix", "--queue-dir", spool).value("total"), 0)

    def test_a_full_file_system(self):
        if not IS_ROOT:
            self.skipTest("must be root")
        box = PostfixQueue.get().box
        for size, reason in (("size=64k", "spool_no_space"), ("nr_inodes=10", "spool_no_inodes")):
            box.must("sh", "-c", f"mkdir -p /run/full && mount -t tmpfs -o {size} tmpfs /run/full && cd /run/full"
                     " && mkdir incoming active deferred hold maildrop corrupt && chown postfix *; "
                     "i=0; while echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx >>file$i 2>/dev/null; do "
                     "head -c 4000 /dev/zero >>file$i 2>/dev/null; i=$((i+1)); done; true")
            result = inside(box, "-M", "postfix", "--queue-dir", "/run/full")
            self.assertState(result, "CRITICAL")
            self.assertFinding(result, "CRITICAL", reason, "spool")
            box.must("umount", "/run/full")

    def test_wrong_usage(self):
        self.assertUsage(check("-M", "pigeon"), "--mta", "pigeon")
        self.assertUsage(check("--method", "guess"), "--method")
        self.assertUsage(check("-M", "exim", "--instance", "all"), "--instance")
        self.assertUsage(check("--input", "-", "--queue-dir", "/x"), "--input")
        self.assertUsage(check("-H", "mail.test"), "machine")
        self.assertUsage(check("-W", "3"), "domain_max")
        self.assertUsage(check("-w", "nothing=3"), "nothing")
