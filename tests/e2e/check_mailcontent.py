# SPDX-License-Identifier: GPL-3.0-or-later
"""check_mailcontent: messages with one fault each, and what two real filters and hostile ones
say of them."""

import json
import shlex
import time
import unittest

from harness import IS_ROOT, SANITIZED, TOP, FakeDNS, TestCase, free_port, run, write
from servers.filters import FakeFilter, Rspamd, Spamd

DATA = TOP / "tests/data"
AT = ("--at", "2026-11-24T17:00:00+01:00")
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


def rows():
    """name, options, state, reason, subject of each message of the corpus."""
    for line in (DATA / "content.tsv").read_text().splitlines():
        if not line.startswith("#"):
            name, words, *expected = line.split("\t")
            words = shlex.split(words) if words != "-" else []
            yield name, words[1:] if words == ["now"] else [*AT, *words], *expected


def check(message, *words, **kwargs):
    return run("check_mailcontent", "--message", message, *words, **kwargs)


def faults(result):
    return [(f["state"], f["reason"], f["subject"]) for f in result.json["findings"] if f["state"] != "OK"]


def message(text="Dear Bert,\nhere are the minutes of the meeting.\nAnna\n", **fields):
    """A message without a fault, with these fields."""
    now = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
    head = {"From": "Anna <anna@sender.example>", "To": "bert@receiver.example", "Subject": "Minutes of the meeting",
            "Date": now, "Message-ID": "<20261124.1@mx.sender.example>", "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=us-ascii", **fields}
    lines = "".join(f"{name}: {value}\n" for name, value in head.items()) + "\n" + text
    return write("message.eml", lines.replace("\n", "\r\n"))


class Corpus(TestCase):
    def test_each_message_is_judged_to_the_point(self):
        count = 0
        for name, words, state, reason, subject in rows():
            with self.subTest(name):
                result = check(DATA / "content" / name, *words, "--output", "json")
                self.assertState(result, state)
                self.assertEqual(faults(result), [] if state == "OK" else [(state, reason, subject)], str(result))
                count += state != "OK"
        self.assertGreater(count, 60)

    def test_all_files_of_the_corpus_stand_in_the_table(self):
        self.assertEqual({path.name for path in (DATA / "content").iterdir()}, {row[0] for row in rows()})


class Messages(TestCase):
    def test_it_says_the_line_and_the_part(self):
        result = check(DATA / "content/exe-forwarded.eml", *AT)
        self.assertFinding(result, "CRITICAL", "content_executable", "part-2.2", 'line 32: a program by its name, "a.exe"')
        result = check(DATA / "content/exe-double.eml", *AT)
        self.assertFinding(result, "CRITICAL", "content_executable", "part-2", "named like a document")
        self.assertIn("fix: send a link", result.out)

    def test_numbers(self):
        result = check(DATA / "content/clean-attachment.eml", *AT)
        self.assertState(result, "OK")
        self.assertEqual([result.value(label) for label in ("parts", "depth", "attachments", "attachment_max")],
                         [2, 1, 1, 777])
        self.assertEqual(result.value("size"), (DATA / "content/clean-attachment.eml").stat().st_size)
        self.assertNotIn("score", result.perfdata)
        self.assertState(check(DATA / "content/clean-attachment.eml", *AT, "-w", "attachment_max=500", "-c", "size=1M"),
                         "WARNING")

    def test_what_is_noted_is_no_fault(self):
        result = check(message("x" * 90 + "\n"), "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "content_line_wide", "message", "line 9: ")
        self.assertFinding(result, "OK", "content_dkim_missing", "DKIM-Signature", "not signed (yet")
        self.assertFinding(result, "OK", "content_counted", "message", "1 part")
        result = check(DATA / "content/clean-bulk.eml", *AT, "-v")
        self.assertFinding(result, "OK", "content_dkim_signed", "DKIM-Signature", "d=sender.example")
        result = check(DATA / "content/dkim-unaligned.eml", *AT, "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "content_dkim_unaligned", "DKIM-Signature", "sender.example")
        result = check(DATA / "content/clean-attachment.eml", *AT, "-v")
        self.assertFinding(result, "OK", "content_file", "part-2", '777 bytes: "minutes.pdf"')

    def test_standard_input(self):
        result = check("-", *AT, "--output", "json", stdin=(DATA / "content/exe-mz.eml").read_bytes())
        self.assertEqual(faults(result), [("CRITICAL", "content_executable", "part-2")])

    def test_the_date_is_compared_with_now(self):
        self.assertState(check(message()), "OK")
        result = check(message(Date="Tue, 1 Jan 2019 00:00:00 +0000"))
        self.assertFinding(result, "WARNING", "content_date_off", "Date", "days before now")
        result = check(message(), "--at", "2020-01-01T00:00:00Z")
        self.assertFinding(result, "WARNING", "content_date_off", "Date", "days after --at")

    def test_strangers_words_do_no_harm(self):
        evil = '`id` $(id) <b>|\\\x1b[31m\u202e'
        path = message(**{"Subject": evil, "X-Odd": evil, evil.replace(" ", ""): "x", "Content-Disposition":
                          f'attachment; filename="{evil}.exe"', "DKIM-Signature": f"v=1; a=x; b=x; bh=x; h=From; d=a.example; s={evil}"})
        for words in (("-v",), ("--output", "json"), ("--output", "prometheus")):
            result = check(path, *words)
            self.assertEqual(result.code, 2)
            for mark in ("`id`", "$(id)", "<b>") if "json" not in words else ("\x1b", "\u202e"):
                self.assertNotIn(mark, result.out)

    def test_the_probe_of_check_smtp_send(self):
        result = run("check_mailcontent", "--from", "a@sender.example", "--to", "b@receiver.example", "-v")
        self.assertState(result, "OK")
        self.assertIn("nothing is wrong with it", result.lines[0])
        # Lines that begin with a dot are not changed by SMTP's transparency.
        body = write("body", ".\n..x\n" + "Größe\n")
        for tool in (write("tool.exe", b"MZ" + bytes(3000)), write("photo.jpeg", b"MZ" + bytes(3000))):
            result = run("check_mailcontent", "--from", "<>", "--body-file", body, "--attach", tool, "--header",
                         "X-Y: z", "--subject", "Größe", "--output", "json")
            self.assertEqual(faults(result), [("CRITICAL", "content_executable", "part-2")])
            self.assertEqual(result.json["data"]["files"][0]["size"], 3002)
        result = run("check_mailcontent", "--from", "a@sender.example", "--pad", "1M", "--size-limit", "1000K")
        self.assertFinding(result, "CRITICAL", "message_too_big", "message", "1048576 octets")
        self.assertEqual(result.value("size"), 1048576)

    def test_what_cannot_be_read(self):
        result = check("/no/such/message")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "content_unreadable", "/no/such/message", "No such file")
        self.assertFinding(check("/"), "UNKNOWN", "content_unreadable", "/")
        if IS_ROOT:
            path = write("secret.eml", "From: a@b.example\n\n", 0o600)
            self.assertFinding(check(path), "UNKNOWN", "content_unreadable", str(path), "ermission")
        result = check(write("noise.eml", bytes(range(256)) * 2000), "--filter", "spamd://127.0.0.1:1")
        self.assertFinding(result, "UNKNOWN", "content_no_message", "message", "not one line of a header")

    def test_what_does_not_end_ends_with_the_deadline(self):
        for path in ("/dev/zero", "/dev/urandom"):
            result = check(path, "-t", "1")
            self.assertState(result, "UNKNOWN")
            self.assertFinding(result, "UNKNOWN", "timeout", path, "timeout after 1 s in stage content")
            self.assertLess(result.seconds, 1.8)

    def test_wrong_usage(self):
        path = message()
        url = ("--filter", "spamd://127.0.0.1:1")
        for words, named in (((), "there is no message"), (("--message", path, "--from", "a@b.test"), "--message"),
                             (("--message", path, "--subject", "x"), "--message"),
                             (("--from", "a"), "--from"), (("--from", "a@b.test", "--attach", "/no/such"), "--attach"),
                             (("--message", path, "--at", "now"), "--at"),
                             (("--message", path, "--at", "2026-11-24 16:00:00"), "--at"),
                             (("--message", path, "--ip", "192.0.2.1"), "--filter"),
                             (("--message", path, *url, "--ip", "192.0.2.1"), "--helo"),
                             (("--message", path, *url, "--ip", "x", "--helo", "a"), "--ip"),
                             (("--message", path, *url, "--rcpt", "a b"), "--rcpt"),
                             (("--message", path, *url, "--mail-from", "a>b"), "--mail-from"),
                             (("--message", path, "-w", "5"), "there is no score"),
                             (("--message", path, "-c", "score=5"), "there is no score"),
                             (("--message", path, "--filter", "rspamd"), "--filter"),
                             (("--message", path, "--filter", "ftp://a"), "--filter"),
                             (("--message", path, "--filter", "http://me:secret@a/"), "a login"),
                             (("--message", path, "--filter", "spamd://a/b"), "path"),
                             (("--message", path, "--filter", "spamd://a:70000"), "port"),
                             (("--message", path, "--filter", "spamd://"), "--filter"),
                             (("-H", "localhost"), "check_smtp_send"), (("-p", "25"), "--filter")):
            with self.subTest(words):
                result = run("check_mailcontent", *words)
                self.assertUsage(result, named)
                self.assertNotIn("secret", result.out)


class Filters:
    """What holds for both real filters."""

    def ask(self, path, *words):
        return check(path, "--filter", self.server.url, *words)

    def test_gtube_is_critical(self):
        result = self.ask(message(GTUBE + "\n"))
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "content_spam", f"127.0.0.1:{self.server.port}", "GTUBE")
        self.assertIn("GTUBE", result.out)
        # The message itself is without a fault.
        self.assertEqual(len([line for line in result.lines if line.startswith("[CRITICAL]")]), 1)

    def test_a_clean_message_is_good(self):
        result = self.ask(message(), "--ip", "192.0.2.25", "--helo", "mx.sender.example", "--mail-from",
                          "anna@sender.example", "--rcpt", "bert@receiver.example", "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "content_not_spam", f"127.0.0.1:{self.server.port}", "score ")
        self.assertLess(result.value("score"), 5)
        self.assertIn("nothing is wrong with it; 127.0.0.1:", result.lines[0])

    def test_the_thresholds_are_the_user_s(self):
        path = message(Subject="YOU HAVE WON $$$ MILLION DOLLARS!!!")
        result = self.ask(path, "-w", "@-1000:1000", "--output", "json")
        self.assertIn(("WARNING", "threshold", "score"), faults(result))
        self.assertGreater(len(result.json["data"]["filter"]["symbols"]), 0)

    def test_the_probe_is_asked_about(self):
        result = run("check_mailcontent", "--from", "a@sender.example", "--body-file", write("gtube", GTUBE + "\n"),
                     "--filter", self.server.url)
        self.assertState(result, "CRITICAL")


class RspamdSays(Filters, TestCase):
    def setUp(self):
        self.server = Rspamd.get()

    def test_what_rspamd_marks_is_a_warning(self):
        path = message("<html><body><p>click <a href='http://192.0.2.9/x'>http://bank.example</a></p></body></html>\n",
                       **{"Content-Type": "text/html; charset=us-ascii", "Subject": "", "To": "undisclosed-recipients:;",
                          "Reply-To": "x@other.example", "X-Mailer": "The Bat! 1.0"})
        result = self.ask(path, "--output", "json")
        action = result.json["data"]["filter"]["action"]
        self.assertEqual(("WARNING", "content_suspicious") in [fault[:2] for fault in faults(result)],
                         action in ("greylist", "add header", "rewrite subject", "soft reject"), str(result))
        symbols = [f for f in result.json["findings"] if f["reason"] == "content_symbol"]
        self.assertTrue(symbols and all(f["state"] == "OK" and f["text"].startswith("+") for f in symbols))

    def test_the_envelope_is_told(self):
        """rspamd itself looks at it: SPF of the sender's domain."""
        words = ("--helo", "mx.sender.example", "--mail-from", "anna@sender.example", "-vv")
        good = self.ask(message(), "--ip", "192.0.2.25", *words)
        self.assertIn("R_SPF_ALLOW", good.out)
        bad = self.ask(message(), "--ip", "192.0.2.26", *words)
        self.assertIn("R_SPF_FAIL", bad.out)
        self.assertGreater(bad.value("score"), good.value("score"))


class SpamdSays(Filters, TestCase):
    def setUp(self):
        self.server = Spamd.get()

    def test_the_sentences_come_along(self):
        result = self.ask(message(GTUBE + "\n"))
        self.assertFinding(result, "OK", "content_symbol", "GTUBE",
                           "+1000: BODY: Generic Test for Unsolicited Bulk Email")

    def test_the_envelope_is_told(self):
        """By a Received that SpamAssassin understands: then the message was relayed."""
        words = ("--mail-from", "anna@sender.example", "--output", "json")
        alone = self.ask(message(), *words).json["data"]["filter"]["symbols"]
        relayed = self.ask(message(), "--ip", "8.8.8.8", "--helo", "mx.sender.example",
                           *words).json["data"]["filter"]["symbols"]
        self.assertIn("NO_RELAYS", [symbol["name"] for symbol in alone])
        self.assertNotIn("NO_RELAYS", [symbol["name"] for symbol in relayed])
        self.assertNotIn("RDNS_NONE", [symbol["name"] for symbol in relayed])

    def test_it_is_not_rspamd(self):
        result = check(message(), "--filter", f"rspamd://127.0.0.1:{self.server.port}")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "filter_not_understood", f"127.0.0.1:{self.server.port}")


GOOD = json.dumps({"is_skipped": False, "score": 1.5, "required_score": 15, "action": "no action",
                   "symbols": {"A_B": {"score": 1.5, "description": "of `id` | <b>"}}}).encode()


def http(body, status="200 OK", head=b""):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n".encode() + head + b"\r\n" + body


def endless(first, piece=b"x" * 65536):
    def answer(client):
        client.sendall(first)
        while True:
            client.sendall(piece)
    return answer


def silence(client):
    client.recv(1)


class Hostile(TestCase):
    """Filters that do what none should."""

    def ask(self, answer, *words, scheme="rspamd", **fields):
        with FakeFilter(answer) as server:
            self.server, self.label = server, f"127.0.0.1:{server.port}"
            self.path = message(**fields)
            return check(self.path, "--filter", f"{scheme}://127.0.0.1:{server.port}", *words)

    def test_what_is_told_to_rspamd(self):
        result = self.ask(http(GOOD), "--ip", "2001:db8::7", "--helo", "mx.a.test", "--mail-from", "<>", "--rcpt",
                          "a@b.test", "--rcpt", "c@d.test", "-v")
        self.assertState(result, "OK")
        head, body = self.server.requests[0]
        self.assertEqual(body, self.path.read_bytes())
        lines = head.split("\r\n")
        self.assertEqual(lines[0], "POST /checkv2 HTTP/1.1")
        for line in ("IP: 2001:db8::7", "Helo: mx.a.test", "Hostname: mx.a.test", "From: <>", "Rcpt: a@b.test", "Rcpt: c@d.test"):
            self.assertIn(line, lines)
        self.assertFalse([line for line in lines if line.startswith(("Content-Type", "Expect"))])
        self.assertEqual(result.value("score"), 1.5)
        self.assertFinding(result, "OK", "content_symbol", "A_B", "+1.5: of ?id? ? ?b?")

    def test_what_is_told_to_spamd(self):
        answer = b"SPAMD/1.1 0 EX_OK\r\nSpam: False ; 0.5 / 5.0\r\n\r\n"
        self.assertState(self.ask(answer, scheme="spamd"), "OK")
        self.assertEqual(self.server.requests[0][0].split("\r\n")[0], "REPORT SPAMC/1.5")
        self.assertEqual(self.server.requests[0][1], self.path.read_bytes())

    def test_actions(self):
        for action, state, reason in (("reject", "CRITICAL", "content_spam"), ("greylist", "WARNING", "content_suspicious"),
                                      ("soft reject", "WARNING", "content_suspicious"),
                                      ("perhaps", "UNKNOWN", "filter_not_understood")):
            result = self.ask(http(GOOD.replace(b"no action", action.encode())))
            self.assertState(result, state)
            self.assertFinding(result, state, reason, self.label, action)

    def test_nonsense_is_unknown(self):
        many = b"{" + b",".join(b'"s%d":{"score":%d}' % (n, n) for n in range(20000)) + b"}"
        for answer, text in (
                (http(b""), "no JSON"), (http(b"<html>"), "no JSON"), (http(b"\0\xff\x1b[31m"), "no JSON"),
                (http(b"{}"), "JSON without"), (http(b"[" * 100000), "no JSON"), (http(GOOD[:-5]), "no JSON"),
                (http(GOOD, "500 Oops"), "HTTP status 500"), (http(GOOD, "403 No"), "HTTP status 403"),
                (http(b"", "302 Found", b"Location: http://127.0.0.1:1/\r\n"), "HTTP status 302"),
                (http(GOOD, "204 No Content"), "HTTP status 204"),
                (b"220 mx.example ESMTP\r\n", ""), (b"", ""), (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n{}", ""),
                (endless(b"HTTP/1.1 200 OK\r\n\r\n"), "the reply is too long"),
                (endless(b"HTTP/1.1 200 OK\r\n", b"X-Y: " + b"z" * 1000 + b"\r\n"), "too l"),
                (endless(b"HTTP/1.1 200 OK\r\nX-Y: "), ""),
                (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\0\0", "no JSON"),
                (http(b"", "200 OK", b"X: " + b"y" * (10 << 20) + b"\r\n"), "")):
            with self.subTest(answer[:60] if isinstance(answer, bytes) else text):
                result = self.ask(answer, "-t", "10")
                self.assertState(result, "UNKNOWN")
                self.assertFinding(result, "UNKNOWN", "filter_not_understood", self.label, text)
                self.assertLess(result.seconds, 8)
        self.assertState(self.ask(http(GOOD.replace(b'{"A_B": {"score": 1.5, "description": "of `id` | <b>"}}', many))), "OK")

    def test_nonsense_of_spamd_is_unknown(self):
        for answer in (b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SPAMD/1.1 76 Bad header line\r\n",
                       b"SPAMD/1.1 0 EX_OK\r\n\r\n", b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; x / 5\r\n\r\n", b"\0" * 1000,
                       endless(b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 9 / 5\r\n\r\n")):
            result = self.ask(answer, "-t", "10", scheme="spamd")
            self.assertState(result, "UNKNOWN")
            self.assertFinding(result, "UNKNOWN", "filter_not_understood", self.label)
            self.assertNotIn("score", result.perfdata)

    def test_silence_ends_with_the_deadline(self):
        for scheme in ("rspamd", "spamd"):
            result = self.ask(silence, "-t", "1:critical", scheme=scheme)
            self.assertState(result, "CRITICAL")
            self.assertFinding(result, "CRITICAL", "timeout", self.label, "timeout after 1 s in stage filter")
            self.assertLess(result.seconds, 1.6)

    def test_one_that_is_not_there_is_unknown(self):
        port = free_port()
        for scheme in ("rspamd", "spamd", "http", "https"):
            result = check(message(), "--filter", f"{scheme}://127.0.0.1:{port}")
            self.assertState(result, "UNKNOWN")
            self.assertFinding(result, "UNKNOWN", "filter_unreachable", f"127.0.0.1:{port}")

    def test_its_name_is_looked_up_like_any_other(self):
        names = FakeDNS("filter.test A 127.0.0.1\n")
        self.addCleanup(names.stop)
        for answer, scheme in ((http(GOOD), "rspamd"), (b"SPAMD/1.1 0 EX_OK\r\nSpam: False ; 0.5 / 5.0\r\n\r\n", "spamd")):
            with FakeFilter(answer) as server:
                url = f"{scheme}://filter.test:{server.port}"
                result = check(message(), "--filter", url, "--resolver", names.resolver, "-v")
                self.assertState(result, "OK")
                self.assertFinding(result, "OK", "content_not_spam", f"filter.test:{server.port}")
                if scheme == "rspamd":
                    self.assertIn(f"Host: filter.test:{server.port}", server.requests[0][0].split("\r\n"))
        broken = FakeDNS("broken.test !rcode 2\n")
        self.addCleanup(broken.stop)
        result = check(message(), "--filter", "spamd://broken.test", "--resolver", broken.resolver)
        self.assertFinding(result, "UNKNOWN", "filter_unreachable", "broken.test:783", "no usable answer")
        result = check(message(), "--filter", "rspamd://gone.test", "--resolver", names.resolver)
        self.assertFinding(result, "UNKNOWN", "filter_unreachable", "gone.test:11333", "no address")

    @unittest.skipUnless(IS_ROOT and SANITIZED, "the leak check is for root, with sanitizers")
    def test_nothing_leaks(self):
        # With LOCPATH, it is the C library that leaks: the path, in setlocale(3).
        leaks = {"as_root": True, "env": {"ASAN_OPTIONS": "detect_leaks=1:exitcode=99", "LOCPATH": ""}}
        spamd = b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 9.5 / 5.0\r\n\r\n"
        for answer, scheme in ((http(GOOD), "rspamd"), (http(b"<html>"), "rspamd"), (http(GOOD[:-3]), "rspamd"),
                               (spamd, "spamd"), (b"x", "spamd")):
            with FakeFilter(answer) as server:
                for words in (("--message", DATA / "content/exe-forwarded.eml"), ("--from", "a@b.test", "--rcpt", "c@d.test")):
                    result = run("check_mailcontent", *words, "--filter", f"{scheme}://127.0.0.1:{server.port}", "-vv", **leaks)
                    self.assertNotIn("LeakSanitizer", result.err)
        for words in (("--from", "a@b.test", "--attach", "/no/such"), ("--message", "/no/such"), ("--filter", "x"),
                      ("--message", DATA / "content/clean-bulk.eml", "--output", "json"),
                      ("--message", "/dev/zero", "-t", "0.3")):
            self.assertNotIn("LeakSanitizer", run("check_mailcontent", *words, **leaks).err)

    def test_no_proxy_of_the_environment_is_used(self):
        with FakeFilter(http(GOOD)) as server:
            result = check(message(), "--filter", f"http://127.0.0.1:{server.port}/checkv2",
                           env={"http_proxy": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"})
            self.assertState(result, "OK")


if __name__ == "__main__":
    unittest.main()
