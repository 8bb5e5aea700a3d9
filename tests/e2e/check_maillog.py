# SPDX-License-Identifier: GPL-3.0-or-later
"""check_maillog on the logs of a real Postfix and Exim, and on logs of known content: in
rotated and compressed files, over a year's end and changes of clock, silent and broken."""

import datetime
import gzip
import itertools
import lzma
import os
import random
import shutil
import subprocess
import time
from zoneinfo import ZoneInfo

from harness import TOP, WORK, IS_ROOT, PLUGINS, TestCase, environment, run, write
from servers.mailer import REPLIES, Mailer, break_tls, log_in_wrongly, send

KINDS = ("sent", "deferred", "bounced", "rejected", "auth_failed", "permission", "tls_failed")
UTC = datetime.timezone.utc
BERLIN = ZoneInfo("Europe/Berlin")

#: what each server writes, by kind; {n} makes each line another one
LINES = {
    "postfix": (
        ("sent", "postfix/smtp[{n}]: {n:X}A: to=<a@b.test>, relay=b.test[192.0.2.1]:25, delay=1, dsn=2.0.0, "
                 "status=sent (250 ok)"),
        ("deferred", "postfix/smtp[{n}]: {n:X}A: to=<a@b.test>, relay=none, delay=1, dsn=4.4.1, "
                     "status=deferred (connect to b.test[192.0.2.1]:25: Connection timed out)"),
        ("bounced", "postfix/smtp[{n}]: {n:X}A: to=<a@b.test>, relay=b.test[192.0.2.1]:25, dsn=5.1.1, "
                    "status=bounced (host b.test[192.0.2.1] said: 550 5.1.1 User unknown)"),
        ("rejected", "postfix/smtpd[{n}]: NOQUEUE: reject: RCPT from u[192.0.2.{m}]: 554 5.7.1 <x@y.test>: "
                     "Relay access denied; from=<a@b> to=<x@y.test> proto=ESMTP helo=<h>"),
        ("auth_failed", "postfix/smtpd[{n}]: warning: u[192.0.2.{m}]: SASL LOGIN authentication failed: x"),
        ("other", "postfix/qmgr[{n}]: {n:X}A: from=<a@b.test>, size=300, nrcpt=1 (queue active)"),
        ("other", "postfix/smtpd[{n}]: connect from u[192.0.2.{m}]"),
        ("foreign", "CRON[{n}]: (root) CMD (status=sent)")),
    "sendmail": (
        ("sent", "sendmail[{n}]: {n}: to=<a@b.test>, delay=00:00:01, dsn=2.0.0, stat=Sent (ok)"),
        ("deferred", "sendmail[{n}]: {n}: to=<a@b.test>, delay=00:00:01, dsn=4.0.0, "
                     "stat=Deferred: Connection refused by b.test."),
        ("rejected", "sendmail[{n}]: {n}: ruleset=check_rcpt, arg1=<a@b.test>, relay=[192.0.2.{m}], "
                     "reject=550 5.7.1 <a@b.test>... Relaying denied"),
        ("auth_failed", "sendmail[{n}]: {n}: AUTH failure (PLAIN): user not found (-20), relay=[192.0.2.{m}]"),
        ("tls_failed", "sendmail[{n}]: STARTTLS=server, error: accept failed=-1, reason=x, relay=[192.0.2.{m}]"),
        ("other", "sendmail[{n}]: {n}: from=<a@b.test>, size=17, class=0, nrcpts=1")),
    "opensmtpd": (
        ("sent", 'smtpd[{n}]: {n:016x} mta delivery evpid=1 from=<a@b> to=<c@d> result="Ok" stat="250 ok"'),
        ("bounced", 'smtpd[{n}]: {n:016x} mta delivery evpid=1 from=<a@b> to=<c@d> result="PermFail" '
                    'stat="554 5.7.1 blocked using zen.spamhaus.org"'),
        ("rejected", 'smtpd[{n}]: {n:016x} smtp failed-command command="RCPT" result="550 Invalid recipient"'),
        ("permission", "smtpd[{n}]: warn: queue-fs: mkdir: Permission denied"),
        ("other", "smtpd[{n}]: {n:016x} smtp connected address=192.0.2.{m} host=h")),
    "exim": (
        ("sent", "1xVuth-{n:06d}-09 => a@b.test R=remote T=smtp H=b.test [192.0.2.1] C=\"250 ok\""),
        ("deferred", "1xVuth-{n:06d}-09 == a@b.test R=remote T=smtp defer (111): Connection refused"),
        ("bounced", "1xVuth-{n:06d}-09 ** a@b.test R=remote T=smtp: SMTP error from remote mail server after "
                    "RCPT TO:<a@b.test>: 550 5.1.1 User unknown"),
        ("rejected", "H=(h) [192.0.2.{m}] F=<x@y> rejected RCPT <a@b.test>: relay not permitted"),
        ("auth_failed", "plain authenticator failed for (h) [192.0.2.{m}]: 535 Incorrect authentication data"),
        ("other", "1xVuth-{n:06d}-09 Completed")),
}


def traditional(moment, zone):
    local = moment.astimezone(zone)
    return f"{local:%b} {local.day:2} {local:%H:%M:%S} mx1 "


def iso(moment, zone):
    return moment.astimezone(zone).isoformat(timespec="microseconds") + " mx1 "


def exim_stamp(moment, zone):
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S} "


def make_log(server, first, last, seconds, stamp, zone, seed=1):
    """[(moment, kind, line)] from `first` to `last`, one each so many seconds or so."""
    chance, moment, rows = random.Random(seed), first, []
    for n in itertools.count(1):
        moment += datetime.timedelta(seconds=chance.uniform(0, 2 * seconds))
        if moment > last:
            return rows
        kind, form = chance.choice(LINES[server])
        rows.append((moment, kind, stamp(moment, zone) + form.format(n=n, m=n % 250)))


def counts(rows, since, until):
    """What the plugin has to say of a window; its borders are whole seconds."""
    found = dict.fromkeys(KINDS, 0)
    for moment, kind, _ in rows:
        if since <= int(moment.timestamp()) <= until and kind in found:
            found[kind] += 1
    return found


def put(folder, rows, written=None, compress=None):
    data = "".join(line + "\n" for _, _, line in rows).encode()
    path = write(folder, data if compress is None else compress(data))
    if written is None and rows:
        written = rows[-1][0].timestamp()
    if written is not None:
        os.utime(path, (written, written))
    return path


def folder(name):
    path = WORK / "maillog" / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return f"maillog/{name}"


def now():
    return datetime.datetime.now(UTC)


def ago(**kwargs):
    return now() - datetime.timedelta(**kwargs)


class Windows(TestCase):
    """A bisected window has what the generator wrote into it."""

    def check(self, rows, path, since, until, **env):
        words = ("--log", path, "--since", f"{since}s", "--silence", "300d")
        result = run("check_maillog", *words, "--until", until.isoformat(), "--output", "json", env=env)
        wanted = counts(rows, int(until.timestamp()) - since, int(until.timestamp()))
        self.assertEqual(result.json["data"].get("counts"), wanted, str(result))
        return result

    def check_windows(self, rows, path, first, last, **env):
        chance = random.Random(7)
        span = int((last - first).total_seconds())
        ends = [last, *(first + datetime.timedelta(seconds=chance.randrange(span)) for _ in range(2))]
        for until in ends:
            until = until.replace(microsecond=0)
            for since in (900, 7200, span):
                with self.subTest(until=until, since=since):
                    self.check(rows, path, since, until, **env)

    def stamps(self, server):
        return (exim_stamp,) if server == "exim" else (traditional, iso)

    def test_over_a_years_end(self):
        last = datetime.datetime(2026, 1, 1, 6, 0, tzinfo=UTC)
        first = last - datetime.timedelta(hours=18)
        for server in LINES:
            for stamp in self.stamps(server):
                with self.subTest(server=server, stamp=stamp.__name__):
                    rows = make_log(server, first, last, 20, stamp, UTC)
                    path = put(f"{folder('year')}/mail.log", rows)
                    self.check_windows(rows, path, first, last, TZ="UTC")

    def test_over_changes_of_the_clock(self):
        for change in (datetime.datetime(2026, 10, 25, 1, 0, tzinfo=UTC),
                       datetime.datetime(2026, 3, 29, 1, 0, tzinfo=UTC)):
            first, last = (change + datetime.timedelta(hours=h) for h in (-6, 5))
            for server in LINES:
                for stamp in self.stamps(server):
                    with self.subTest(change=change, server=server, stamp=stamp.__name__):
                        rows = make_log(server, first, last, 15, stamp, BERLIN)
                        path = put(f"{folder('clock')}/mail.log", rows)
                        if stamp is not iso:
                            self.check_windows(rows, path, first, last, TZ="Europe/Berlin")
                        # In the middle of the hour that the clock shows twice.
                        for minutes in (10, 59, 75) if stamp is not iso else (10,):
                            for since in (900, 3600):
                                self.check(rows, path, since, change + datetime.timedelta(minutes=minutes),
                                           TZ="Europe/Berlin")

    def test_rotated_in_that_hour(self):
        change = datetime.datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
        first, last = (change + datetime.timedelta(hours=h) for h in (-3, 3))
        rows = make_log("postfix", first, last, 7, traditional, BERLIN)
        where = folder("rotated-clock")
        old = [row for row in rows if row[0] < change]
        put(f"{where}/mail.log.1.gz", old, compress=gzip.compress)
        path = put(f"{where}/mail.log", rows[len(old):])
        for minutes in (1, 30, 59, 75):
            for since in (300, 3600, 7200):
                self.check(rows, path, since, change + datetime.timedelta(minutes=minutes), TZ="Europe/Berlin")

    def test_in_rotated_and_compressed_files(self):
        last = datetime.datetime(2026, 1, 3, 12, 0, tzinfo=UTC)
        first = last - datetime.timedelta(days=4)
        rows = make_log("postfix", first, last, 60, traditional, UTC)
        step = len(rows) // 5
        parts = [rows[i * step:(i + 1) * step if i < 4 else None] for i in range(5)]
        for names, how in (((".4.gz", ".3.gz", ".2.gz", ".1"), gzip.compress),
                           (("-20251231.xz", "-20260101.xz", "-20260102.xz", "-20260103"), lzma.compress)):
            where = folder("rotated")
            for name, part in zip(names, parts):
                put(f"{where}/mail.log{name}", part, compress=how if name[-1] == "z" else None)
            path = put(f"{where}/mail.log", parts[4])
            for hours in (1, 17, 30, 60, 80, 95, 97):
                self.check(rows, path, hours * 3600, last, TZ="UTC")
            # Only what is needed is opened: an older one that is broken does no harm.
            write(f"{where}/mail.log{names[0]}", b"no such thing")
            os.utime(WORK / where / f"mail.log{names[0]}", (first.timestamp(), first.timestamp()))
            result = self.check(rows, path, 3600, last, TZ="UTC")
            self.assertEqual(result.json["data"]["logs"][0]["files_read"], 1)

    def test_a_zone_of_another_machine(self):
        rows = make_log("postfix", ago(hours=5), now(), 20, traditional,
                        datetime.timezone(datetime.timedelta(hours=9)))
        path = put(f"{folder('zone')}/mail.log", rows, written=time.time())
        result = run("check_maillog", "--log", path, env={"TZ": "UTC"})
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "log_clock_differs", str(path), "from now")
        result = run("check_maillog", "--log", path, "--zone", "-03:00", env={"TZ": "UTC"})
        self.assertState(result, "UNKNOWN")
        until = now().replace(microsecond=0)
        result = run("check_maillog", "--log", path, "--zone", "+09:00", "--until", until.isoformat(),
                     "--output", "json", env={"TZ": "UTC"})
        self.assertState(result, "OK")
        self.assertEqual(result.json["data"]["counts"],
                         counts(rows, int(until.timestamp()) - 900, int(until.timestamp())))

    def test_a_few_lines_in_disorder(self):
        rows = make_log("postfix", ago(hours=3), now(), 5, traditional, UTC)
        for i in range(0, len(rows) - 3, 7):
            rows[i], rows[i + 2] = rows[i + 2], rows[i]
        path = put(f"{folder('disorder')}/mail.log", rows)
        until = now().replace(microsecond=0) - datetime.timedelta(minutes=20)
        for since in (300, 3600):
            self.check(rows, path, since, until, TZ="UTC")

    def test_standard_input(self):
        rows = make_log("postfix", ago(minutes=30), now(), 3, iso, UTC)
        text = "".join(line + "\n" for _, _, line in rows).encode()
        result = run("check_maillog", "--log", "-", "--since", "1h", "--output", "json", stdin=text)
        self.assertState(result, "OK")
        self.assertEqual(result.json["data"]["counts"], counts(rows, 0, 1 << 40))


class Logs(TestCase):
    """Logs that are no good, or quiet."""

    def log(self, name, content, age=0, mode=0o644):
        path = write(f"{folder(name)}/mail.log", content, mode)
        os.utime(path, (time.time() - age,) * 2)
        return path

    def stamp(self, **kwargs):
        return traditional(ago(**kwargs), UTC)

    def check(self, path, *words, **env):
        return run("check_maillog", "--log", path, *words, env={"TZ": "UTC", **env})

    def test_a_window_with_other_programs_only(self):
        sent = LINES["postfix"][0][1].format(n=1)
        path = self.log("quiet", f"{self.stamp(hours=3)}{sent}\n{self.stamp(seconds=20)}CRON[1]: x\n")
        result = self.check(path)
        self.assertState(result, "OK")
        self.assertIn("no mail server in 15m: no line, and 1 of other programs; the newest line is 2",
                      result.lines[0])
        self.assertIn("sent=0", result.lines[0])
        self.assertNotIn("share", result.lines[0])
        self.assertState(self.check(path, "-c", "sent=1:"), "CRITICAL")

    def test_no_line_in_the_window(self):
        sent = LINES["postfix"][0][1].format(n=1)
        path = self.log("empty-window", f"{self.stamp(hours=3)}{sent}\n", age=3 * 3600)
        result = self.check(path)
        self.assertState(result, "OK")
        self.assertIn("the newest line is 3h old", result.lines[0])
        self.assertAlmostEqual(result.value("silence"), 10800, delta=60)
        result = self.check(path, "--silence", "2h")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "log_silent", str(path), "its newest line is 3h old")

    def test_a_log_of_another_kind(self):
        path = self.log("other", "".join(f"{self.stamp(seconds=n)}CRON[{n}]: x\n" for n in range(500, 0, -1)))
        result = self.check(path)
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "not_understood", str(path), "Postfix, Exim, Sendmail or")

    def test_an_empty_log(self):
        path = self.log("empty", "")
        result = self.check(path)
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "log_silent", str(path), "there is no line in it")
        # Just rotated: what was before is in the other one.
        sent = LINES["postfix"][0][1].format(n=1)
        other = path.with_name("mail.log.1")
        other.write_text(f"{self.stamp(minutes=5)}{sent}\n")
        result = self.check(path)
        self.assertState(result, "OK")
        self.assertIn("1 sent", result.lines[0])
        path.unlink()
        self.assertState(self.check(path), "OK")
        other.unlink()
        result = self.check(path)
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "log_missing", str(path), "No such file")

    def test_garbage(self):
        for content in (b"\0" * 100000, os.urandom(300000), b"x" * 5000000, b"\n" * 1000,
                        b"Nov 24\n" * 1000, "\u202e|`$(id)\n".encode() * 50):
            path = self.log("garbage", content)
            result = self.check(path)
            self.assertState(result, "UNKNOWN")
            self.assertFinding(result, "UNKNOWN", "not_understood", str(path), "no line in it begins with a time")

    def test_huge_lines_and_binary_in_between(self):
        sent, stamp = LINES["postfix"][0][1].format(n=1), self.stamp(seconds=30)
        path = self.log("huge", f"{stamp}{sent}\n".encode() + b"\xff\0" * 2000000 + b"\n" +
                        f"{stamp}{sent}{'x' * 3000000}\n{stamp}{sent}\r\n{stamp}{sent}".encode())
        result = self.check(path, "--output", "json")
        self.assertState(result, "OK")
        self.assertEqual(result.json["data"]["counts"]["sent"], 4)
        self.assertEqual(result.json["data"]["lines_without_time"], 1)

    def test_strangers_words_do_no_harm(self):
        line = "postfix/smtp[1]: 1A: to=<a@b.test>, relay=b, status=bounced (host b said: 550 `id` $(id) <b>|\\\x1b)"
        path = self.log("strange", f"{self.stamp(seconds=5)}{line}\n")
        self.assertState(self.check(path, "-v"), "OK")
        self.assertState(self.check(path, "--output", "json"), "OK")

    def test_what_may_not_be_read(self):
        path = self.log("forbidden", "x\n", mode=0o600)
        if IS_ROOT:
            result = self.check(path)
            self.assertState(result, "UNKNOWN")
            self.assertFinding(result, "UNKNOWN", "no_permission", str(path))
            self.assertIn("adduser nagios adm", result.out)
        # A rotated one that is needed: half a window is not the window.
        sent = LINES["postfix"][0][1].format(n=1)
        path = self.log("half", f"{self.stamp(minutes=5)}{sent}\n")
        write("maillog/half/mail.log.1", "x\n", 0o600)
        if IS_ROOT:
            self.assertFinding(self.check(path), "UNKNOWN", "no_permission", f"{path}.1")
        os.unlink(f"{path}.1")
        for name in ("mail.log.1.gz", "mail.log.1.xz", "mail.log.1.bz2"):
            write(f"maillog/half/{name}", "no such thing")
            result = self.check(path)
            self.assertState(result, "UNKNOWN")
            self.assertFinding(result, "UNKNOWN", "log_unreadable", f"{path.parent}/{name}")
            self.assertNotIn("sent=", result.out)
            os.unlink(path.parent / name)

    def test_no_file(self):
        result = self.check("/")
        self.assertFinding(result, "UNKNOWN", "log_unreadable", "/", "this is no file")
        fifo = WORK / folder("fifo") / "mail.log"
        os.mkfifo(fifo, 0o644)
        self.assertFinding(self.check(fifo, "-t", "3"), "UNKNOWN", "log_unreadable", str(fifo))

    def test_by_default_it_looks_where_mail_servers_write(self):
        if not IS_ROOT:
            self.skipTest("needs root")
        empty = WORK / folder("var-log")
        script = 'mount --bind "$1" /var/log && shift && exec "$@"'

        def here(*words):
            kwargs = {"env": environment(TZ="UTC"), "stdin": subprocess.DEVNULL}
            return subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh",
                                   empty, PLUGINS / "check_maillog", *words], capture_output=True, text=True,
                                  check=False, **kwargs)

        done = here()
        self.assertEqual(done.returncode, 3, done)
        self.assertIn("log_missing", done.stdout)
        sent = LINES["postfix"][0][1].format(n=1)
        (empty / "mail.log").write_text(f"{self.stamp(days=90)}{sent}\n")
        os.utime(empty / "mail.log", (time.time() - 90 * 86400,) * 2)
        (empty / "exim4").mkdir()
        (empty / "exim4/mainlog").write_text(f"{exim_stamp(ago(seconds=9), UTC)}{LINES['exim'][0][1].format(n=1)}\n")
        done = here()
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("MAILLOG OK - Exim in 15m: 1 sent, ", done.stdout)

    def test_as_root_it_becomes_the_owner(self):
        if not IS_ROOT:
            self.skipTest("needs root")
        sent = LINES["postfix"][0][1].format(n=1)
        paths = []
        for name, owner in (("owned1", "nobody"), ("owned2", "root")):
            paths += ["--log", self.log(name, f"{self.stamp(minutes=5)}{sent}\n", mode=0o600)]
            shutil.chown(paths[-1], owner)
        result = run("check_maillog", *paths, as_root=True, env={"TZ": "UTC"})
        self.assertState(result, "OK")
        self.assertIn("2 sent", result.lines[0])

    def test_wrong_usage(self):
        for words, named in ((("--since", "0"), "--since"), (("--since", "x"), "--since"),
                             (("--silence", "400d"), "--silence"), (("--until", "Nov 24 16:00:00"), "--until"),
                             (("--until", "now"), "--until"), (("--zone", "CET"), "--zone"),
                             (("--log", "-", "--log", "-"), "standard input"),
                             (("-H", "localhost"), "it looks at this machine"),
                             (("-w", "nothing=1"), "nothing")):
            self.assertUsage(run("check_maillog", *words), named)

    def test_the_deadline(self):
        sent = LINES["postfix"][0][1].format(n=1)
        data = f"{self.stamp(minutes=5)}{sent}\n".encode() * 200
        path = self.log("long", "")
        with gzip.open(f"{path}.1.gz", "wb", compresslevel=1) as file:
            for _ in range(1500 if "asan" in os.environ.get("MAILPATH_BUILD", "") else 4000):
                file.write(data)
        result = self.check(path, "-t", "0.3")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "timeout", f"{path}.1.gz", "still not at its end")
        self.assertLess(result.seconds, 1)


class Verdicts(TestCase):
    """What the numbers lead to."""

    def setUp(self):
        rows = []
        for number, (_, form) in zip((6, 3, 2, 5, 4), LINES["postfix"]):
            rows += [form.format(n=i + 1, m=i % 2) for i in range(number)]
        rows.append("postfix/smtp[9]: 9A: to=<a@b.test>, relay=b, dsn=5.7.1, status=bounced (host b said: 554 5.7.1 "
                    "Client host [192.0.2.25] blocked using zen.spamhaus.org)")
        path = write(f"{folder('verdicts')}/mail.log",
                     "".join(f"{traditional(ago(seconds=30), UTC)}{row}\n" for row in rows))
        self.words = ("--log", path)

    def check(self, *words):
        return run("check_maillog", *self.words, *words, env={"TZ": "UTC"})

    def test_numbers(self):
        result = self.check()
        self.assertState(result, "OK")
        self.assertEqual(result.lines[0].partition(" | ")[0],
                         "MAILLOG OK - Postfix in 15m: 6 sent, 3 deferred, 3 bounced, 5 rejected")
        for label, value in (("sent", 6), ("deferred", 3), ("bounced", 3), ("rejected", 5), ("auth_failed", 4),
                             ("permission", 0), ("tls_failed", 0), ("self_inflicted", 1), ("deferred_share", 25),
                             ("bounced_share", 25), ("lines", 21), ("reason connect_timeout", 3),
                             ("reason recipient_unknown", 2), ("reason blocklisted", 1),
                             ("refusal relay_denied", 5)):
            self.assertEqual(result.value(label), value, label)

    def test_a_reason_is_one_finding_with_its_words(self):
        result = self.check("-w", "self_inflicted=0", "-c", "reason connect_timeout=2")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "connect_timeout", "connect_timeout", "3 deferred or bounced: \"connect to")
        self.assertRegex(result.lines[0], r"CRITICAL - 3 of 12 deliveries: connect_timeout \(connect to ")
        self.assertState(self.check("-w", "self_inflicted=0"), "WARNING")
        result = self.check("-w", "self_inflicted=0", "--ignore", "blocklisted")
        self.assertState(result, "OK")
        self.assertState(self.check("--state-for", "blocklisted=critical"), "CRITICAL")

    def test_what_we_refuse_is_none_of_our_reasons(self):
        self.assertState(self.check("-c", "reason relay_denied=0"), "OK")
        result = self.check("-w", "refusal relay_denied=4")
        self.assertState(result, "WARNING")
        self.assertFinding(self.check("-w", "rejected=4"), "WARNING", "log_refused", "rejected", "5 relay_denied")

    def test_failed_logins(self):
        result = self.check("-w", "auth_failed=2", "-c", "auth_failed=7", "--top", "5", "-v")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "log_auth_failed", "auth_failed", "SASL LOGIN authentication failed")
        self.assertFinding(result, "OK", "log_top", "auth_failed", "192.0.2.0 2, 192.0.2.1 2")
        self.assertState(self.check("-w", "auth_failed=7", "-c", "auth_failed=2"), "CRITICAL")

    def test_shares(self):
        self.assertState(self.check("-w", "deferred_share=20"), "WARNING")
        self.assertState(self.check("-w", "deferred_share=30%"), "OK")

    def test_prometheus(self):
        out = self.check("--output", "prometheus").out
        self.assertIn('mailpath_maillog_reason{target="', out)
        self.assertIn('subject="connect_timeout"} 3', out)


class Servers(TestCase):
    """Real servers, and what goes wrong with them."""

    def test_postfix(self):
        mailer = Mailer.get()
        for to in ("probe@local.test", "ok@remote.test", "forbidden@local.test", "x@closed.test", "x@tls.test",
                   *(f"{name}@remote.test" for name in REPLIES)):
            send(mailer.port, "src@signed.test", to)
        send(mailer.port, "src@signed.test", "probe@local.test", subject="spam")
        send(mailer.port, "src@signed.test", "x@elsewhere.test", source="127.0.0.1")
        log_in_wrongly(mailer.port)
        break_tls(mailer.port)
        for text in ("to=<x@tls.test>", "to=<noptr@remote.test>", "to=<rate@remote.test>", "SSL_accept error",
                     "to=<forbidden@local.test>", "to=<x@closed.test>", "to=<unauthenticated@remote.test>"):
            mailer.wait(text)
        result = run("check_maillog", "--log", mailer.log_file, "-v", "-w", "self_inflicted=0", "-w",
                     "auth_failed=0", "-w", "tls_failed=0", as_root=True)
        self.assertState(result, "WARNING")
        self.assertEqual(result.value("sent"), 2, str(result))
        self.assertEqual(result.value("rejected"), 2)
        self.assertEqual(result.value("tls_failed"), 2)         # one of a client, one of a server
        self.assertGreaterEqual(result.value("auth_failed"), 1)
        self.assertEqual(result.value("permission"), 2)
        for reason in ("blocklisted", "recipient_unknown", "authentication_required", "greylisted", "mailbox_full",
                       "rate_limited", "ptr_missing", "connect_refused", "tls_failed", "local_problem"):
            self.assertEqual(result.value(f"reason {reason}"), 1, reason)
        for reason in ("blocklisted", "ptr_missing", "authentication_required"):
            self.assertFinding(result, "WARNING", reason, reason)
        self.assertEqual(result.value("refusal relay_denied"), 1)
        self.assertEqual(result.value("refusal content_rejected"), 1)
        self.assertFinding(result, "WARNING", "log_permission", "permission", "Permission denied")
        self.assertFinding(result, "WARNING", "log_tls_failed", "tls_failed", "SSL_")
        self.assertFinding(result, "WARNING", "log_auth_failed", "auth_failed", "SASL")
        self.assertFinding(result, "OK", "log_counted", "window", "read of 1 file")

    def test_exim(self):
        from servers.exim import Exim
        exim = Exim.get()
        for name in ("grey", "full", "unknown", "listed"):
            send(exim.port, "src@signed.test", f"{name}@signed.test", source="127.0.0.1")
        send(exim.port, "src@signed.test", "x@elsewhere.test", source="127.0.0.1")
        log_in_wrongly(exim.port)
        break_tls(exim.port)
        log = exim.folder / "log/mainlog"
        until = time.monotonic() + 10
        while "TLS error" not in log.read_text() and time.monotonic() < until:
            time.sleep(0.05)
        result = run("check_maillog", "--log", log, as_root=True)
        self.assertIn("Exim in 15m", result.out)
        for reason in ("greylisted", "mailbox_full", "recipient_unknown", "blocklisted", "relay_denied"):
            self.assertGreaterEqual(result.value(f"refusal {reason}"), 1, reason)
        self.assertGreaterEqual(result.value("auth_failed"), 1)
        self.assertGreaterEqual(result.value("tls_failed"), 1)

    def test_corpora(self):
        """What the tables beside the corpora say is what is counted."""
        for log in sorted((TOP / "tests/data/log").glob("*/*.log")):
            wanted = dict.fromkeys(KINDS, 0)
            for row in log.with_suffix(".tsv").read_text().splitlines():
                kind, _, count, permission, *_ = row.split("\t")
                if kind in wanted:
                    wanted[kind] += int(count)
                wanted["permission"] += permission == "permission"
            path = write(f"{folder('corpus')}/mail.log", log.read_bytes())
            at = datetime.datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
            os.utime(path, (at.timestamp(),) * 2)
            result = run("check_maillog", "--log", path, "--since", "24h", "--until", at.isoformat(), "--output",
                         "json", env={"TZ": "UTC"})
            self.assertEqual(result.json["data"].get("counts"), wanted, f"{log}: {result}")
