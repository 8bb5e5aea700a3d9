# SPDX-License-Identifier: GPL-3.0-or-later
"""check_smtp_send: what the contract promises beyond the everyday run. Written from
the contract alone, against Postfix, Dovecot, Exim and servers that misbehave."""

import base64
import email
import re
import ssl
from concurrent.futures import ThreadPoolExecutor

from harness import SANITIZED, WORK, FakeDNS, TestCase, write
from servers.dane import Dane
from servers.dovecot import PASSWORD, UMLAUT_PASSWORD, UMLAUT_USER, USER, Dovecot, token
from servers.exim import Exim
from servers.hostile import (Closed, Crowd, Deaf, Hostile, close, drip, echo, endless, lines, long_line,
                             pause, reset, scram, silence)
from servers.pki import PKI
from servers.postfix import Postfix
from servers.smtpsink import SmtpSink
from smtp import SEEN, check, secret, trusted, walk

#: what a sanitizer may add to the deadline
SLACK = 1.0 if SANITIZED else 0.2


LETTER = ("--from", "a@signed.test", "--to", "probe@signed.test")


class Case(TestCase):
    def assertReason(self, result, state, reason, text=""):
        """The state of the run, and a finding of this state and reason."""
        self.assertState(result, state)
        self.assertRegex(result.out, rf"(?m)^\[{state}\] {reason} .*{text}", str(result))


class Evidence(Case):
    def test_each_stage_is_named_with_its_reason_peer_and_cure(self):
        for stage, script, words in (
                ("banner", {"banner": "554 5.7.1 no"}, ()),
                ("ehlo", {"EHLO": "554 5.7.1 no", "HELO": "554 5.7.1 no"}, ()),
                ("starttls", {"STARTTLS": "454 4.7.0 no"}, ("-S", "--no-verify")),
                ("auth", {"AUTH": "535 5.7.8 no"}, ("-S", "--no-verify", "-U", USER,
                                                    "--password-file", secret())),
                ("mail", {"MAIL": "554 5.7.1 no"}, LETTER),
                ("rcpt", {"RCPT": "554 5.7.1 no"}, LETTER),
                ("data", {"DATA": "554 5.7.1 no"}, (*LETTER, "--send")),
                ("data", {"content": "554 5.7.1 no"}, (*LETTER, "--send"))):
            with self.subTest(stage=stage), Hostile(script, tls="good", auth="PLAIN") as server:
                result = walk(server.port, "--output", "json", *words)
                self.assertState(result, "CRITICAL")
                bad = [f for f in result.json["findings"] if f["state"] != "OK"]
                self.assertEqual([f["stage"] for f in bad], [stage], str(result))
                self.assertEqual(bad[0]["subject"], f"127.0.0.1:{server.port}")
                self.assertTrue(bad[0]["fix"], str(result))

    def test_a_name_and_its_address_are_both_said(self):
        with Closed() as closed:
            result = check("-H", "mx1.world.test", "-p", closed.port, "--resolver", Dane.get().resolver)
        self.assertReason(result, "CRITICAL", "connect_refused",
                          rf"mx1\.world\.test\[127\.0\.0\.1\]:{closed.port}")

    def test_what_was_not_reached_has_no_number(self):
        with Hostile({"MAIL": "550 5.7.1 no"}) as server:
            result = walk(server.port, "--tls", "none", *LETTER)
        self.assertIn("time_mail", result.perfdata)
        for label in ("time_rcpt", "time_data", "time_auth", "time_starttls", "cert_days"):
            self.assertNotIn(label, result.perfdata)

    def test_ok_needs_a_good_reply_at_the_end(self):
        for reply in ("350 hm", "150 hm", "999 hm", "2500 hm", "25 hm", "hello"):
            with self.subTest(reply), Hostile({"RCPT": reply}) as server:
                result = walk(server.port, "--tls", "none", *LETTER)
                self.assertEqual(result.code, 2, str(result))

    def test_the_last_stage_is_chosen(self):
        for stage, words in (("connect", []), ("banner", []), ("ehlo", ["EHLO"]),
                             ("mail", ["EHLO", "MAIL"]), ("rcpt", ["EHLO", "MAIL", "RCPT"])):
            with self.subTest(stage), Hostile(extensions=()) as server:
                self.assertState(walk(server.port, "--tls", "none", "--stop-after", stage,
                                      *(LETTER if stage in ("mail", "rcpt") else ())), "OK")
                self.assertEqual([w for w in server.words() if w not in ("RSET", "QUIT")], words)

    def test_thresholds_of_stages_are_the_right_way_round(self):
        with Hostile({"EHLO": (pause(0.3), lines(250, "mx.test"))}) as server:
            for warning, critical, state in (("0.1", "5", "WARNING"), ("0.1", "0.2", "CRITICAL"),
                                             ("5", "9", "OK")):
                with self.subTest(warning):
                    result = walk(server.port, "--tls", "none", "-w", f"time_ehlo={warning}", "-c",
                                  f"time_ehlo={critical}")
                    self.assertState(result, state)
                    self.assertGreater(result.value("time_ehlo"), 0.29)
                    self.assertLess(result.value("time_banner"), 0.2)


class Voices(Case):
    """Words of Postfix, Exim and smtp-sink that others do not use."""

    def test_relaying_is_denied_to_strangers_only(self):
        words = ("--from", "a@b.test", "--to", "x@elsewhere.test")
        self.assertState(walk(Postfix.get().mx, *words), "OK")
        self.assertReason(walk(Postfix.get().mx, "--source", "127.0.0.9", *words), "CRITICAL",
                          "relay_denied", "rcpt")

    def test_a_real_blocklist_is_named(self):
        result = walk(Postfix.get().blocklist, "--from", "a@b.test")
        self.assertReason(result, "CRITICAL", "blocklisted", r"bl\.test")
        self.assertState(walk(Postfix.get().blocklist, "--from", "a@b.test", "--source", "127.0.0.9"), "OK")
        result = walk(Postfix.get().blocklist_banner)
        self.assertReason(result, "CRITICAL", "blocklisted", r"bl\.test")

    def test_content_is_refused_behind_the_last_dot(self):
        result = trusted(Postfix.get().mx, *LETTER, "--send", "--subject", "looks like spam")
        self.assertReason(result, "CRITICAL", "content_rejected", "data")

    def test_a_submission_port_wants_tls_and_a_login(self):
        port = Postfix.get().submission
        self.assertReason(walk(port, "--tls", "none", *LETTER), "CRITICAL", "tls_required")
        self.assertState(trusted(port, *LETTER), "CRITICAL")
        self.assertState(trusted(port, *LETTER, "-U", USER, "--password-file", secret()), "OK")

    def test_helo_names_are_judged_by_the_server(self):
        port = Postfix.get().helo
        self.assertReason(walk(port, "-F", "short"), "CRITICAL", "helo_rejected")
        self.assertState(walk(port, "-F", "mail.example.test"), "OK")

    def test_a_server_of_the_last_century(self):
        result = walk(Postfix.get().plain, *LETTER)
        self.assertState(result, "OK")
        self.assertNotIn("size_limit", result.perfdata)

    def test_size_zero_is_no_limit(self):
        port = Postfix.get().unlimited
        self.assertState(walk(port, "--size", "1G"), "OK")

    def test_a_message_that_is_too_big_is_refused(self):
        result = trusted(Postfix.get().mx, *LETTER, "--send", "--pad", "100K")
        self.assertReason(result, "CRITICAL", "message_too_big")

    def test_exim(self):
        exim = Exim.get()
        self.assertState(trusted(exim.port), "OK")
        self.assertState(trusted(exim.smtps, "--tls", "implicit"), "OK")
        for user, state, reason in (("grey", "WARNING", "greylisted"), ("full", "WARNING", "mailbox_full"),
                                    ("unknown", "CRITICAL", "recipient_unknown"),
                                    ("listed", "CRITICAL", "blocklisted")):
            with self.subTest(user):
                result = trusted(exim.port, "--from", "a@b.test", "--to", f"{user}@signed.test")
                self.assertReason(result, state, reason)
        result = trusted(exim.port, "--from", "a@b.test", "--to", "x@elsewhere.test")
        self.assertReason(result, "CRITICAL", "relay_denied")
        self.assertReason(trusted(exim.port, "--from", "a@clientauth.test"), "CRITICAL", "auth_required")

    def test_exim_stores_what_was_sent(self):
        """It closes the door on who speaks before it is asked."""
        result = trusted(Exim.get().port, *LETTER, "--send", "--subject", "for exim")
        self.assertState(result, "OK")
        self.assertIsNotNone(Exim.get().stored(b"for exim"))

    def test_smtp_sink_with_its_faults(self):
        for options, state in ((("-r", "rcpt"), "WARNING"), (("-f", "rcpt"), "CRITICAL"),
                               (("-f", "mail"), "CRITICAL"), (("-q", "ehlo"), "CRITICAL"),
                               (("-e",), "OK"), ((), "OK")):
            with self.subTest(options):
                sink = SmtpSink(*options)
                self.addCleanup(sink.stop)
                self.assertState(walk(sink.port, *LETTER), state)


class Volume(Case):
    """Postfix's smtp-sink counts what arrives."""

    def sink(self, *options):
        folder = WORK / f"sink-{len(list(WORK.glob('sink-*')))}"
        folder.mkdir()
        folder.chmod(0o777)
        sink = SmtpSink(*options, "-d", f"{folder}/%M.", backlog=128)
        self.addCleanup(sink.stop)
        return sink, folder

    def test_a_large_message_for_a_hundred(self):
        """A message of 20 MB, and each recipient."""
        sink, folder = self.sink()
        recipients = [f"to{n}@signed.test" for n in range(100)]
        result = walk(sink.port, "--from", "a@signed.test", *[w for to in recipients for w in ("--to", to)],
                      "--send", "--pad", "20M")
        self.assertState(result, "OK")
        self.assertEqual(result.value("rcpt_accepted"), 100)
        stored, = folder.iterdir()
        head, _, content = stored.read_bytes().partition(b"\nDate: ")
        self.assertEqual(re.findall(rb"(?m)^X-Rcpt-Args: <(.*)>$", head), [to.encode() for to in recipients])
        # It stores LF for CRLF.
        size = len(b"Date: " + content.rstrip(b"\n"))
        lines_in = (b"Date: " + content.rstrip(b"\n")).count(b"\n")
        self.assertAlmostEqual(size + lines_in, 20 << 20, delta=4)

    def test_many_runs_at_once(self):
        """Forty, eight at a time: each message arrives once, with an id of its own."""
        sink, folder = self.sink("-m", "50")
        with ThreadPoolExecutor(8) as pool:
            for result in pool.map(lambda n: walk(sink.port, *LETTER, "--send", "--pad", "100K", "--subject",
                                                  f"number {n}"), range(40)):
                self.assertState(result, "OK")
        stored = [path.read_bytes() for path in folder.iterdir()]
        ids = {re.search(rb"(?m)^X-Mailpath-Id: (\w{32})$", text)[1] for text in stored}
        subjects = {re.search(rb"(?m)^Subject: number (\d+)$", text)[1] for text in stored}
        self.assertEqual((len(stored), len(ids), len(subjects)), (40, 40, 40))


class Mail(Case):
    def send(self, subject, *words, port="large"):
        result = trusted(getattr(Postfix.get(), port), *LETTER, "--send", "--subject", subject, *words)
        self.assertState(result, "OK")
        stored = Postfix.get().stored(subject.encode())
        self.assertIsNotNone(stored)
        return email.message_from_bytes(stored)

    def test_attachments_arrive_byte_for_byte(self):
        contents = {"empty.bin": b"", "dots.txt": b".\r\n..\r\n.\n\r\n.\r\n", "bare.cr": b"a\rb\nc\r\n\0",
                    "long.txt": b"x" * 5000, "all.bin": bytes(range(256)) * 4000}
        files = [write(name, content) for name, content in contents.items()]
        message = self.send("five files", *[w for file in files for w in ("--attach", file)])
        got = {part.get_filename(): part.get_payload(decode=True) for part in message.walk()
               if part.get_filename()}
        self.assertEqual(got, contents)

    def test_pad_fills_up_to_the_size(self):
        with Hostile() as server:
            result = walk(server.port, *LETTER, "--send", "--pad", "20000")
            self.assertState(result, "OK")
            self.assertEqual(len(re.sub(rb"(?m)^\.\.", b".", server.messages[0])), 20000)
            mail = [line for line in server.lines() if line.upper().startswith("MAIL")][0]
            self.assertIn("SIZE=20000", mail)

    def test_headers_are_added(self):
        message = self.send("with a header", "--header", "X-Test: one", "--header", "X-Test: two")
        self.assertEqual(message.get_all("X-Test"), ["one", "two"])
        self.assertTrue(message["Date"] and message["Message-ID"])

    def test_no_line_is_longer_than_the_rfc_allows(self):
        body = write("long.body", "y" * 20000 + "\n")
        with Hostile() as server:
            self.assertState(walk(server.port, *LETTER, "--send", "--body-file", body), "OK")
            self.assertLessEqual(max(map(len, server.messages[0].split(b"\r\n"))), 998)

    def test_every_line_end_is_crlf(self):
        body = write("odd.body", b"a\nb\rc\r\nd\n\n")
        with Hostile() as server:
            self.assertState(walk(server.port, *LETTER, "--send", "--body-file", body), "OK")
            self.assertNotRegex(server.messages[0], rb"[^\r]\n|\r[^\n]")

    def test_several_recipients_are_counted(self):
        with Hostile({"RCPT": ["250 ok", "550 5.1.1 User unknown", "450 4.2.1 mailbox busy"]}) as server:
            result = walk(server.port, "--from", "a@b.test", "--to", "c@d.test", "--to", "e@f.test", "--to",
                          "g@h.test")
        self.assertState(result, "CRITICAL")
        self.assertEqual((result.value("rcpt_accepted"), result.value("rcpt_rejected")), (1, 2))
        self.assertIn("[CRITICAL] recipient_unknown ", result.out)

    def test_to_without_from_has_an_empty_sender(self):
        with Hostile() as server:
            walk(server.port, "--to", "c@d.test")
            self.assertTrue(any(line.upper().startswith("MAIL FROM:<>") for line in server.lines()))

    def test_lmtp_of_dovecot(self):
        dovecot = Dovecot.get()
        for where in (("-H", "127.0.0.1", "-p", dovecot.lmtp_port), ("-H", dovecot.lmtp_socket)):
            with self.subTest(where):
                self.assertState(check(*where, "--lmtp", *LETTER), "OK")
                result = check(*where, "-L", "--from", "a@b.test", "--to", "nobody@signed.test")
                self.assertReason(result, "CRITICAL", "recipient_unknown")
        result = check("-H", dovecot.lmtp_socket, "--lmtp", *LETTER, "--to", "second@signed.test", "--send",
                       "--subject", "by lmtp")
        self.assertState(result, "OK")
        self.assertEqual(result.value("rcpt_accepted"), 2)
        for user in ("probe", "second"):
            self.assertIsNotNone(dovecot.stored(b"by lmtp", user))

    def test_421_in_the_middle_is_a_refusal_and_the_connection_is_over(self):
        for stage in ("MAIL", "RCPT", "DATA"):
            with self.subTest(stage), Hostile({stage: ("421 4.3.2 shutting down", close)}) as server:
                result = walk(server.port, *LETTER, "--send")
                self.assertReason(result, "WARNING", "service_unavailable")

    def test_a_connection_that_ends_within_the_message(self):
        for end in (close, reset):
            with Hostile({"content": end}) as server:
                result = walk(server.port, *LETTER, "--send")
            self.assertReason(result, "CRITICAL", "connection_lost", "data")


class International(Case):
    """Names in UTF-8 (RFC 5890, 6531)."""

    def test_a_domain_is_sent_as_a_labels_where_that_is_enough(self):
        with Hostile() as server:
            result = walk(server.port, "--from", "a@m\u00fcller.example", "--to", "b@M\u00dcLLER.example", "--send")
            self.assertState(result, "OK")
            self.assertIn("MAIL FROM:<a@xn--mller-kva.example> SIZE=", "\n".join(server.lines()))
            self.assertIn("RCPT TO:<b@xn--mller-kva.example>", server.lines())
            self.assertNotIn("SMTPUTF8", str(server.lines()))
            self.assertIn(b"To: b@xn--mller-kva.example\r\n", server.messages[0])

    def test_a_name_before_the_at_needs_smtputf8(self):
        words = ("--from", "a@b.example", "--to", "p\u00e4ul@m\u00fcller.example")
        with Hostile() as server:
            self.assertReason(walk(server.port, *words), "CRITICAL", "extension_missing", "SMTPUTF8")
            self.assertNotIn("MAIL", server.words())
        with Hostile(extensions=("SMTPUTF8",)) as server:
            self.assertState(walk(server.port, *words), "OK")
            self.assertIn("MAIL FROM:<a@b.example> SMTPUTF8", server.lines())
            self.assertIn("RCPT TO:<p\u00e4ul@m\u00fcller.example>", server.lines())
        self.assertState(walk(Postfix.get().mx, "--from", "a@b.test", "--to", "p\u00e4ul@signed.test"), "OK")

    def test_names_of_hosts(self):
        with Hostile(tls="good") as server:
            words = ("-p", server.port, "--resolver", Dane.get().resolver)
            result = check("-H", "m\u00fcx.world.test", "-S", "--ca-file", PKI.get().ca, *words)
            self.assertState(result, "OK")
            result = check("--mx", "m\u00fcx.world.test", "-F", "pr\u00fcfer.example", "--sni", "m\u00fcx.example",
                           "-S", "--ca-file", PKI.get().ca, "--tls-name", "M\u00dcX.world.test", *words)
            self.assertState(result, "OK")
            self.assertEqual(server.sni, ["xn--mx-xka.world.test", "xn--mx-xka.example"])
            self.assertEqual(server.lines()[-2], "EHLO xn--prfer-lva.example")

    def test_what_is_no_name_is_named_before_anything_is_sent(self):
        with Hostile() as server:
            for option, value in (("--from", "a@-\u00fc.example"), ("--to", "a@\u2665.example"),
                                  ("--from", "p\u00e4ul@\u2665.example"), ("--helo", "\u2665.example"),
                                  ("--sni", "\u2665.example"), ("--tls-name", "\u2665.example"),
                                  ("--to", "a@b..example"), ("--to", "a@"), ("--to", "@b"), ("--helo", "a b")):
                with self.subTest(option, value=value):
                    self.assertUsage(walk(server.port, option, value), option)
            self.assertEqual(server.connections, 0)
        for option in ("--mx", "--hostname"):
            self.assertUsage(check(option, "\u2665.example"), option)


class Login(Case):
    def test_tokens_of_dovecot(self):
        port = Postfix.get().submission
        for mechanism in ("xoauth2", "oauthbearer"):
            for given, state in ((token(), "OK"), (token(seconds=-600), "CRITICAL"),
                                 (token(key=b"other"), "CRITICAL")):
                with self.subTest(mechanism, state=state):
                    result = trusted(port, "-U", USER, "-A", mechanism, "--token-file", secret(given))
                    self.assertState(result, state)
                    self.assertNotIn(given, result.out + result.err)
                    if state != "OK":
                        self.assertReason(result, state, "auth_failed", "auth")

    def test_a_password_that_is_not_ascii(self):
        for mechanism in ("plain", "login", "cram-md5", "scram-sha-256"):
            with self.subTest(mechanism):
                self.assertState(trusted(Postfix.get().submission, "-U", UMLAUT_USER, "-A", mechanism,
                                         "--password-file", secret(UMLAUT_PASSWORD)), "OK")

    def test_external_with_exim(self):
        pki, exim = PKI.get(), Exim.get()
        mine = ("--cert", pki.certificate("client"), "--key", pki.key("client"))
        self.assertState(trusted(exim.port, "-A", "external", *mine), "OK")
        self.assertState(trusted(exim.port, "-A", "external", *mine, "-U", "probe.signed.test"), "OK")
        self.assertReason(trusted(exim.port, "-A", "external", *mine, "-U", "mallory"), "CRITICAL", "auth_failed")
        self.assertUsage(trusted(exim.port, "-A", "external"), "--cert")

    def test_the_best_offered_mechanism_is_taken(self):
        with Hostile(auth="PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256", tls="good") as server:
            self.assertState(walk(server.port, "-U", USER, "--password-file", secret()), "OK")

    def test_a_server_that_does_not_prove_itself_is_not_believed(self):
        other = base64.b64encode(b"x" * 32).decode()
        for action in (scram(signature="v=" + other), scram(signature="none"), scram(nonce="another"),
                       scram(signature="e=other-error"), scram(first="m=x,r=a,s=YQ==,i=4096"),
                       scram(first="r=,s=,i="), scram(iterations=0), scram(iterations=-1),
                       scram(first="nonsense"), "235 2.7.0 welcome", "334 ====", "334 !",
                       "334", b"334 " + b"A" * 3000 + b"\r\n"):
            with self.subTest(action), Hostile({"AUTH": action}, auth="SCRAM-SHA-256", tls="good") as server:
                result = walk(server.port, "-U", USER, "-A", "scram-sha-256", "--password-file", secret(),
                              "-t", "5")
                self.assertEqual(result.code, 2, str(result))
                self.assertLess(result.seconds, 4)

    def test_challenges_without_end_are_ended(self):
        for mechanism in ("plain", "login", "cram-md5", "scram-sha-256"):
            script = {"AUTH": (lambda session, line: endless_challenges(session))}
            with self.subTest(mechanism), Hostile(script, auth=mechanism.upper(), tls="good") as server:
                result = walk(server.port, "-U", USER, "-A", mechanism, "--password-file", secret(), "-t", "5")
                self.assertEqual(result.code, 2, str(result))
                self.assertLess(result.seconds, 4)

    def test_a_password_is_never_said_in_clear(self):
        for mechanism in ("plain", "login", "xoauth2", "oauthbearer"):
            with self.subTest(mechanism), Hostile(auth=mechanism.upper(), clear_auth=True) as server:
                kind = "--token-file" if "oauth" in mechanism else "--password-file"
                result = walk(server.port, "-U", USER, "-A", mechanism, kind, secret())
                self.assertIn(result.code, (2, 3), str(result))
                self.assertEqual(server.sasl, [])
                self.assertFalse([line for line in server.lines() if line.upper().startswith("AUTH")])

    def test_challenges_answer_without_telling_and_may_go_in_clear(self):
        for mechanism in ("cram-md5", "scram-sha-256"):
            with self.subTest(mechanism), Hostile(auth=mechanism.upper(), clear_auth=True) as server:
                self.assertState(walk(server.port, "-U", USER, "-A", mechanism, "--password-file", secret()),
                                 "OK")

    def test_stripped_tls_gets_no_password(self):
        """Opportunistic TLS, and somebody on the way takes STARTTLS out."""
        with Hostile({"EHLO": lines(250, "mx.test", "XXXXXXXA", "AUTH PLAIN LOGIN")}) as server:
            result = walk(server.port, "-U", USER, "--password-file", secret())
            self.assertState(result, "CRITICAL")
            self.assertEqual(server.sasl, [])

    def test_replies_that_echo_secrets_are_redacted(self):
        for mechanism in ("plain", "login", "cram-md5"):
            script = {"AUTH": echo(535), "response": echo(535)}
            for form in ((), ("--output", "json"), ("--output", "prometheus"), ("-vvv",),
                         ("-vvv", "--output", "json")):
                with Hostile(script, auth=mechanism.upper(), tls="good") as server:
                    result = walk(server.port, "-U", USER, "-A", mechanism, "--password-file", secret(),
                                  *form)
                    self.assertEqual(result.code, 2, str(result))
                with Hostile({"RCPT": f"550 your password is {PASSWORD}"}, auth=mechanism.upper(),
                             tls="good") as server:
                    walk(server.port, "-U", USER, "-A", mechanism, "--password-file", secret(), *LETTER, *form)

    def test_auth_negative_wants_a_refusal(self):
        with Hostile(auth="PLAIN", tls="good") as server:
            self.assertState(walk(server.port, "--auth-negative"), "OK")
            said = [text for text in server.sasl if text]
            self.assertTrue(said)
            self.assertNotIn(PASSWORD, str(said))
        with Hostile(auth="PLAIN", tls="good") as server:
            self.assertState(walk(server.port, "--auth-negative=user", "-U", USER), "OK")
            self.assertIn(f"\0{USER}\0", server.sasl[0])
        with Hostile({"AUTH": "454 4.7.0 temporary"}, auth="PLAIN", tls="good") as server:
            result = walk(server.port, "--auth-negative")
            self.assertNotEqual(result.code, 0, str(result))

    def test_a_password_file_that_everybody_reads_is_a_warning(self):
        path = write("open.secret", PASSWORD + "\n", 0o644)
        result = trusted(Postfix.get().submission, "-U", USER, "--password-file", path)
        self.assertReason(result, "WARNING", "secret_exposed")


def endless_challenges(session):
    while True:
        session.say("334 ")
        session.read_line()


class TLS(Case):
    def test_the_way_to_trust(self):
        port = Postfix.get().mx
        self.assertState(walk(port, "-S", "--ca-dir", PKI.get().ca_dir, "--tls-name", "mx1.signed.test"), "OK")
        self.assertReason(walk(port, "-S", "--tls-name", "mx1.signed.test"), "CRITICAL", "cert_untrusted")
        self.assertState(walk(port, "-S", "--no-verify"), "OK")
        self.assertReason(trusted(Postfix.get().cert_foreign), "CRITICAL", "cert_untrusted")
        self.assertReason(walk(port, "-S", "--ca-file", PKI.get().ca, "--tls-name", "other.test"),
                          "CRITICAL", "cert_name_mismatch")

    def test_a_pin_wants_tls(self):
        with Hostile() as server:
            self.assertReason(walk(server.port, "--pin-sha256", PKI.get().pin("good")), "CRITICAL",
                              "starttls_missing")

    def test_a_wildcard_stands_for_one_label(self):
        port = Postfix.get().cert_wildcard
        self.assertState(walk(port, "-S", "--ca-file", PKI.get().ca, "--tls-name", "x.signed.test"), "OK")
        for name in ("a.b.signed.test", "signed.test"):
            self.assertReason(walk(port, "-S", "--ca-file", PKI.get().ca, "--tls-name", name), "CRITICAL",
                              "cert_name_mismatch")

    def test_an_address_is_a_name_too(self):
        self.assertState(walk(Postfix.get().mx, "-S", "--ca-file", PKI.get().ca), "OK")

    def test_the_servers_name_is_asked_for(self):
        with Hostile(tls="good") as server:
            walk(server.port, "--sni", "shop.example.test")
            check("-H", "mx1.world.test", "-p", server.port, "--resolver", Dane.get().resolver)
            self.assertEqual(server.sni, ["shop.example.test", "mx1.world.test"])

    def test_old_versions_are_refused_unless_allowed(self):
        old = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
        with Hostile(tls="good", tls_versions=old) as server:
            self.assertState(walk(server.port, "-S", "--no-verify"), "OK")
            self.assertReason(walk(server.port, "-S", "--no-verify", "--tls-min", "1.3"), "CRITICAL", "tls_failed")
        with Hostile(tls="rsa", tls_versions=(ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1)) as server:
            self.assertReason(walk(server.port, "-S", "--no-verify"), "CRITICAL", "tls_failed")

    def test_an_implicit_port_that_speaks_in_clear(self):
        with Hostile() as server:
            result = walk(server.port, "--tls", "implicit", "--no-verify", "-t", "5")
            self.assertReason(result, "CRITICAL", "tls_failed", "starttls: the server speaks first")

    def test_a_clear_conversation_with_an_implicit_port(self):
        with Hostile(implicit=True) as server:
            result = walk(server.port, "-t", "2")
            self.assertNotEqual(result.code, 0)

    def test_nothing_of_the_clear_part_is_kept(self):
        """What was offered before TLS may have been made up by somebody else."""
        script = {"EHLO": lines(250, "mx.test", "STARTTLS", "REQUIRETLS", "SIZE 1"),
                  "EHLO/tls": lines(250, "mx.test", "PIPELINING")}
        with Hostile(script, tls="good") as server:
            result = walk(server.port, "--require-ext", "REQUIRETLS")
            self.assertReason(result, "CRITICAL", "extension_missing")
            self.assertNotIn("size_limit", walk(server.port).perfdata)
            self.assertEqual(server.leftover, b"")

    def test_nothing_is_sent_behind_starttls_before_the_handshake(self):
        with Hostile(tls="good") as server:
            walk(server.port, *LETTER)
            self.assertEqual(server.leftover, b"")
            self.assertEqual([secure for _, line, secure in server.commands if line.startswith("EHLO")],
                             [False, True])

    def test_starttls_refused_ends_where_tls_is_required(self):
        for reply in ("454 4.7.0 TLS not available", "502 5.5.1 no", "250 what"):
            with self.subTest(reply), Hostile({"STARTTLS": reply}, tls="good") as server:
                result = walk(server.port, "-S", "--no-verify", *LETTER)
                self.assertState(result, "CRITICAL")
                self.assertNotIn("MAIL", server.words())

    def test_a_certificate_that_ends_tomorrow_is_critical(self):
        result = trusted(Postfix.get().cert_tomorrow)
        self.assertReason(result, "CRITICAL", "cert_expires_soon")
        result = trusted(Postfix.get().smtps_soon, "--tls", "implicit")
        self.assertReason(result, "WARNING", "cert_expires_soon")


class DANE(Case):
    def dane(self, host, *words, port=None):
        return check("-H", host, "-p", port or Postfix.get().mx, "--tls", "dane", "--resolver",
                     Dane.get().resolver, *words)

    def test_authorities_and_aliases(self):
        for host, state in (("ca", "OK"), ("cakey", "OK"), ("tlsaalias", "OK"), ("foreignca", "CRITICAL"),
                            ("otherkey", "CRITICAL"), ("alias", "OK")):
            with self.subTest(host):
                self.assertState(self.dane(f"{host}.signed.test"), state)

    def test_the_name_at_the_end_of_an_alias_is_asked_for_and_compared(self):
        with Hostile(tls="good") as server:
            for host, name, state in (("strangeralias", "ca", "OK"), ("way1", "ca", "OK"),
                                      ("initial", "foreignca", "CRITICAL"), ("fallback", "fallback", "OK"),
                                      ("ownrecords", "ownrecords", "OK"), ("alias", "mx1", "OK")):
                with self.subTest(host):
                    result = self.dane(f"{host}.signed.test", port=server.port)
                    self.assertState(result, state)
                    self.assertEqual(server.sni[-1], f"{name}.signed.test")
            self.assertReason(self.dane("initial.signed.test", port=server.port), "CRITICAL",
                              "cert_name_mismatch", r"not for foreignca\.signed\.test")
            self.assertReason(self.dane("norecords.signed.test", port=server.port), "CRITICAL", "tlsa_missing|tlsa_insecure")
            result = self.dane("initial.signed.test", "--tls-name", "initial.signed.test", "--sni", "a.test",
                               port=server.port)
            self.assertState(result, "OK")
            self.assertEqual(server.sni[-1], "a.test")

    def test_the_domain_that_mail_is_sent_to_is_a_good_name_too(self):
        with Hostile(tls="good") as server:
            for domain, name, state in (("nexthop", "foreignca", "OK"), ("stranger", "foreignca", "CRITICAL"),
                                        ("nexthopalias", "ca", "OK")):
                with self.subTest(domain):
                    result = check("--mx", f"{domain}.signed.test", "-p", server.port, "--tls", "dane",
                                   "--resolver", Dane.get().resolver)
                    self.assertState(result, state)
                    self.assertEqual(server.sni[-1], f"{name}.signed.test")

    def test_names_and_dates_do_not_matter_to_dane_ee_but_the_key_does(self):
        for name in ("cert_good", "cert_wrongname", "cert_selfsigned"):
            port = Postfix.get().mx if name == "cert_good" else getattr(Postfix.get(), name)
            self.assertState(self.dane("mx1.signed.test", port=port), "OK" if name == "cert_good" else "CRITICAL")

    def test_dane_never_falls_back_to_clear_text(self):
        for server in ("no_tls", "plain"):
            result = self.dane("mx1.signed.test", *LETTER, port=getattr(Postfix.get(), server))
            self.assertReason(result, "CRITICAL", "starttls_stripped")
        with Hostile({"STARTTLS": "454 4.7.0 no"}, tls="good") as server:
            self.assertState(self.dane("mx1.signed.test", *LETTER, port=server.port), "CRITICAL")
            self.assertNotIn("MAIL", server.words())

    def test_mx_of_a_signed_domain(self):
        words = ("-p", Postfix.get().mx, "--tls", "dane", "--resolver", Dane.get().resolver)
        self.assertState(check("--mx", "goodservers.signed.test", *words), "OK")
        result = check("--mx", "twoservers.signed.test", *words)
        self.assertReason(result, "CRITICAL", "tlsa_mismatch", r"wrong\.signed\.test")
        self.assertEqual(result.value("servers_failed"), 1)


class Deadline(Case):
    def in_time(self, result, seconds, stage):
        self.assertGreaterEqual(result.seconds, seconds)
        self.assertLess(result.seconds, seconds + SLACK)
        self.assertRegex(result.out, rf"timeout after [\d.]+ s in stage {stage}")

    def test_every_stage_is_ended_in_time(self):
        login = ("-U", USER, "--password-file", secret())
        for stage, script, words in (
                ("banner", {"banner": silence}, ()), ("ehlo", {"EHLO": silence}, ()),
                ("starttls", {"STARTTLS": silence}, ()), ("starttls", {"handshake": silence}, ()),
                ("ehlo", {"EHLO/tls": silence}, ()), ("auth", {"AUTH": silence}, login),
                ("mail", {"MAIL": silence}, LETTER), ("rcpt", {"RCPT": silence}, LETTER),
                ("data", {"DATA": silence}, (*LETTER, "--send")),
                ("data", {"content": silence}, (*LETTER, "--send"))):
            with self.subTest(stage=stage), Hostile(script, tls="good", auth="PLAIN") as server:
                result = walk(server.port, "-t", "1", *words)
                self.assertState(result, "UNKNOWN")
                self.in_time(result, 1, stage)

    def test_who_says_a_little_is_ended_too(self):
        for script in ({"banner": drip("220 mx.test\r\n" * 9, 0.2)},
                       {"banner": endless("220-hello\r\n", 0.2)},
                       {"EHLO": endless("x", 0.1)}):
            with Hostile(script) as server:
                result = walk(server.port, "-t", "1")
                self.assertLess(result.seconds, 1 + SLACK)
                self.assertNotEqual(result.code, 0)

    def test_connecting_is_ended_in_time(self):
        with Deaf() as deaf:
            result = walk(deaf.port, "-t", "1")
            self.in_time(result, 1, "connect")
            result = walk(deaf.port, "-t", "5", "--connect-timeout", "0.5")
            self.assertReason(result, "CRITICAL", "connect_timeout")
            self.assertLess(result.seconds, 0.5 + SLACK)

    def test_looking_up_is_ended_in_time(self):
        silent = FakeDNS("* !drop\n")
        self.addCleanup(silent.stop)
        for words in (("-H", "mx1.world.test"), ("--mx", "world.test")):
            result = check(*words, "--resolver", silent.resolver, "-t", "1")
            self.in_time(result, 1, "dns")

    def test_the_state_is_chosen(self):
        with Hostile({"banner": silence}) as server:
            for state in ("CRITICAL", "WARNING", "OK"):
                result = walk(server.port, "-t", f"0.5:{state.lower()}")
                self.assertState(result, state)
                self.assertEqual(result.value("servers_failed"), 1)
                self.assertNotIn("answers", result.lines[0])

    def test_a_server_that_does_not_read_is_ended_in_time(self):
        big = write("big.bin", b"z" * 20_000_000)
        with Hostile({"DATA": ("354 go", silence)}) as server:
            result = walk(server.port, "--tls", "none", *LETTER, "--send", "--attach", big, "-t", "3")
            self.in_time(result, 3, "data")

    def test_one_silent_server_does_not_hide_the_others(self):
        with Hostile({"banner": silence}, address="127.0.0.11") as mute, \
                Hostile(address="127.0.0.1", port=mute.port):
            result = check("--mx", "equal.world.test", "-p", mute.port, "--resolver", Dane.get().resolver,
                           "-t", "1", "--output", "json")
            self.assertLess(result.seconds, 1 + SLACK)
            states = {s["host"]: s["ok"] for s in result.json["data"]["servers"]}
            self.assertEqual(states, {"mx1.world.test": True, "mx2.world.test": False})


class Crowds(Case):
    """A domain with fifty servers: one deadline, not fifty."""

    def test_one_silent_server_of_fifty(self):
        with Crowd(lambda n: {"banner": silence} if n == 7 else {}, tls="good") as crowd:
            result = check(*crowd.words, "-t", "3", "--output", "json")
        self.assertState(result, "UNKNOWN")
        self.assertLess(result.seconds, 3 + SLACK)
        self.assertEqual([f["subject"] for f in result.json["findings"] if f["state"] != "OK"],
                         [f"mx7.crowd.test[127.77.1.8]:{crowd.port}"])
        self.assertEqual([s["host"] for s in result.json["data"]["servers"] if not s["ok"]],
                         ["mx7.crowd.test"])

    def test_fifty_that_are_silent_or_drip(self):
        for script in ({"banner": silence}, {"banner": drip("220 mx.test\r\n" * 99, 0.4)},
                       {"EHLO/tls": drip("250-x\r\n" * 99, 0.2)}):
            with self.subTest(script), Crowd(lambda n, script=script: script, tls="good") as crowd:
                result = check(*crowd.words, "-t", "3")
                self.assertState(result, "UNKNOWN")
                self.assertLess(result.seconds, 3 + SLACK)
                self.assertEqual((result.value("servers"), result.value("servers_failed")), (50, 50))
                self.assertIn("(and 49 more)", result.lines[0])

    def test_fifty_that_talk_nonsense(self):
        for script in ({"banner": endless("x")}, {"EHLO": endless("250-" + "y" * 4000 + "\r\n")}):
            with self.subTest(script), Crowd(lambda n, script=script: script) as crowd:
                result = check(*crowd.words, "-t", "5")
                self.assertReason(result, "CRITICAL", "protocol_error")
                self.assertLess(result.seconds, 4)
                self.assertEqual(result.value("servers_failed"), 50)


class Hostility(Case):
    def test_whatever_is_said_is_printed_safely(self):
        nasty = "550 \x01\x07\x1b]0;x\x07|`id`$(id)<script>\u202e\u2028\x7f\u0085\\n \udcff"
        raw = nasty.encode("utf-8", "surrogateescape") + b"\xff\xc0\x80\r\n"
        for form in ((), ("-v",), ("-vvv",), ("--output", "json"), ("--output", "prometheus")):
            for stage in ("banner", "EHLO", "MAIL", "RCPT"):
                with self.subTest(stage=stage, form=form), Hostile({stage: raw, "HELO": raw}) as server:
                    result = walk(server.port, "--tls", "none", *LETTER, *form)
                    self.assertEqual(result.code, 2, str(result))
                    if not result.out.startswith(("{", "#")):
                        for byte in "`$<>\\":
                            self.assertNotIn(byte, result.out)

    def test_certificates_and_names_are_data_too(self):
        with Hostile({"EHLO": lines(250, "mx|`x`.test", "SIZE `1`", "AUTH <b>")}) as server:
            result = walk(server.port, "--tls", "none", "-vv")
            for byte in "`<>":
                self.assertNotIn(byte, result.out)

    def test_nothing_is_too_large(self):
        for script in ({"banner": endless("x")}, {"banner": endless("220-x\r\n")}, {"EHLO": endless("\0")},
                       {"MAIL": endless("250-" + "y" * 500 + "\r\n")}, {"banner": long_line(220, 4099)}):
            with self.subTest(script), Hostile(script) as server:
                result = walk(server.port, "--tls", "none", "-t", "5", *LETTER)
                self.assertReason(result, "CRITICAL", "protocol_error")
                self.assertLess(result.seconds, 4)
                self.assertLess(len(result.out), 2000)

    def test_a_line_of_4096_bytes_and_its_end_is_a_line(self):
        with Hostile({"banner": long_line(220, 4098)}) as server:
            self.assertState(walk(server.port, "--tls", "none"), "OK")

    def test_size_is_any_number(self):
        for word, limit, fits in (("SIZE 0", None, True), ("SIZE", None, True), ("SIZE x", None, True),
                                  ("SIZE 99999999999999999999999", None, True), ("SIZE 100", 100, False),
                                  ("SIZE -1", None, True)):
            with self.subTest(word), Hostile(extensions=(word,)) as server:
                result = walk(server.port, "--size", "10K")
                self.assertEqual(result.code == 0, fits, str(result))
                if limit is not None:
                    self.assertEqual(result.value("size_limit"), limit)

    def test_more_replies_than_commands_are_noticed(self):
        with Hostile({"MAIL": b"250 ok\r\n550 5.7.1 smuggled\r\n"}) as server:
            result = walk(server.port, "--tls", "none", *LETTER)
            self.assertEqual(result.code, 2, str(result))

    def test_a_reply_that_came_before_the_message_is_no_evidence(self):
        script = {"DATA": b"354 go ahead\r\n250 2.0.0 queued\r\n", "content": "554 5.7.1 no"}
        for extensions in ((), ("PIPELINING",)):
            for size in ("1K", "100K"):
                with self.subTest(size, extensions=extensions), Hostile(script, extensions=extensions) as server:
                    result = walk(server.port, *LETTER, "--send", "--pad", size)
                    self.assertReason(result, "CRITICAL", "protocol_error", "data: ")

    def test_a_reply_that_came_before_its_command_is_no_evidence(self):
        """Else the refusal of EHLO is never read, and the run is OK."""
        refusal = {"EHLO": "550 5.7.1 go away", "HELO": "550 5.7.1 go away"}
        with Hostile({"banner": b"220 mx.test\r\n250 already\r\n", **refusal}) as server:
            self.assertEqual(walk(server.port, "--tls", "none").code, 2)

    def test_a_second_banner_is_no_answer_to_ehlo(self):
        for script in ({"EHLO": "220 mx.test ESMTP"}, {"EHLO": "502 5.5.1 no", "HELO": "220 mx.test ESMTP"}):
            with self.subTest(script), Hostile(script) as server:
                self.assertReason(walk(server.port), "CRITICAL", "protocol_error", "ehlo: ")

    def test_a_name_is_judged_as_its_address_is_where_nobody_asked_for_dane(self):
        """Opportunistic TLS, and a server without: no TLSA record is missing."""
        with Hostile() as server:
            for host in ("mx1.world.test", "mx1.insecure.test", "none.signed.test"):
                with self.subTest(host):
                    result = check("-H", host, "-p", server.port, "--resolver", Dane.get().resolver, "-v")
                    self.assertReason(result, "OK", "starttls_missing")
                    self.assertNotIn("tlsa_", result.out)


class Exchangers(Case):
    def mx(self, domain, *words):
        return check("--mx", f"{domain}.world.test", "-p", Postfix.get().mx, "--resolver", Dane.get().resolver,
                     *words)

    def test_families_are_chosen(self):
        for words, count in ((("-4",), 1), (("-6",), 1), ((), 2)):
            with self.subTest(words):
                result = self.mx("dual", *words)
                self.assertState(result, "OK")
                self.assertEqual(result.value("servers"), count)
        self.assertState(self.mx("six"), "OK")
        self.assertEqual(self.mx("six", "-4").code, 2)

    def test_policies(self):
        for domain, policy, state in (
                ("several", "all", "OK"), ("several", "any", "OK"), ("several", "primary", "OK"),
                ("deadprimary", "all", "CRITICAL"), ("deadprimary", "any", "OK"),
                ("deadprimary", "primary", "CRITICAL"), ("deadbackup", "all", "CRITICAL"),
                ("deadbackup", "any", "OK"), ("deadbackup", "primary", "OK"),
                ("alldead", "all", "CRITICAL"), ("alldead", "any", "CRITICAL"), ("equal", "primary", "OK"),
                ("halfmissing", "any", "OK"), ("halfmissing", "all", "CRITICAL")):
            with self.subTest(domain, policy=policy):
                self.assertState(self.mx(domain, "--policy", policy), state)

    def test_every_address_counts(self):
        self.assertEqual(self.mx("addresses").value("servers"), 2)
        self.assertEqual(self.mx("several").value("servers"), 3)

    def test_they_are_walked_side_by_side(self):
        slow = {"banner": (pause(1), "220 mx.test")}
        with Hostile(slow, address="127.0.0.1") as one, Hostile(slow, address="127.0.0.11", port=one.port), \
                Hostile(slow, address="127.0.0.12", port=one.port):
            result = check("--mx", "several.world.test", "-p", one.port, "--resolver", Dane.get().resolver)
            self.assertState(result, "OK")
            self.assertLess(result.seconds, 2)

    def test_a_mail_server_that_is_an_alias_still_takes_mail(self):
        self.assertIn(self.mx("toalias").code, (0, 1))

    def test_names_without_addresses(self):
        self.assertReason(self.mx("noaddress"), "CRITICAL", "dns_no_host")
        result = check("-H", "dangling.world.test", "--resolver", Dane.get().resolver)
        self.assertReason(result, "CRITICAL", "dns_no_host")


class Proxy(Case):
    def test_the_header_names_us(self):
        for words, head in ((("--proxy", "v1"), b"PROXY TCP4 127.0.0.1 127.0.0.1 "),
                            (("-r",), b"PROXY TCP4 127.0.0.1 127.0.0.1 "),
                            (("--proxy", "v2"), b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c")):
            with self.subTest(words), Hostile(proxy=True) as server:
                self.assertState(walk(server.port, *words), "OK")
                self.assertTrue(server.proxy_headers[0].startswith(head), server.proxy_headers)

    def test_ipv6_and_implicit_tls(self):
        self.assertState(check("-H", "::1", "-p", Postfix.get().proxy, "--proxy", "v2"), "OK")
        for version in ("v1", "v2"):
            self.assertState(trusted(Postfix.get().proxy_tls, "--tls", "implicit", "--proxy", version), "OK")

    def test_without_it_the_server_waits_in_vain(self):
        self.assertNotEqual(walk(Postfix.get().proxy, "-t", "5").code, 0)


class Egress(Case):
    def test_verdicts_by_what_happens(self):
        with Closed() as closed, Deaf() as deaf, Hostile({"banner": reset}) as resets, Hostile() as good:
            for targets, control, state, reason in (
                    ((closed, deaf), good, "CRITICAL", "egress_25_blocked"),
                    ((closed, closed), None, "UNKNOWN", "egress_undecided"),
                    ((deaf, deaf), deaf, "UNKNOWN", "egress_undecided"),
                    ((closed, good), None, "OK", "egress_open"),
                    ((good, good), good, "OK", "egress_open"),
                    ((resets, closed), good, "CRITICAL", "egress_25_blocked")):
                words = [w for t in targets for w in ("--egress-target", f"127.0.0.1:{t.port}")]
                if control:
                    words += ["--egress-control", f"127.0.0.1:{control.port}"]
                with self.subTest(state=state, reason=reason):
                    result = check("--egress", "--connect-timeout", "0.5", "-v", *words)
                    self.assertReason(result, state, reason)

    def test_foreign_words_are_not_a_mail_server(self):
        with Hostile({"banner": b"HTTP/1.1 400 Bad Request\r\n"}) as web, Closed() as closed:
            result = check("--egress", "--egress-target", f"127.0.0.1:{web.port}", "--egress-target",
                           f"127.0.0.1:{closed.port}", "-t", "5")
            self.assertNotEqual(result.code, 0, str(result))


class Usage(Case):
    def test_line_ends_in_values_are_wrong(self):
        for words in (("--from", "a@b\r\nRCPT TO:<x@y>"), ("--to", "a@b\n"), ("-F", "x\ny"),
                      ("--subject", "x\r\nBcc: y"), ("--header", "X: a\nY: b"), ("-U", "a\rb")):
            with self.subTest(words), Hostile() as server:
                more = ("--from", "a@b.test", "--to", "c@d.test", "--send") \
                    if words[0] in ("--subject", "--header") else ()
                self.assertUsage(walk(server.port, *more, *words), words[0].replace("-F", "--helo").replace("-U", "--user"))
                self.assertEqual(server.connections, 0)

    def test_an_address_to_connect_from_that_is_not_here_is_named(self):
        with Closed() as closed:
            for source, words in (("192.0.2.77", "does not have the address 192.0.2.77"),
                                  ("::1", "::1, to connect from, is of another address family")):
                self.assertReason(walk(closed.port, "--source", source), "UNKNOWN", "local_problem", words)

    def test_nothing_is_asked_when_something_is_wrong(self):
        with Hostile() as server:
            for words in (("--proxy", "v3"), ("-A", "digest-md5"), ("--tls-min", "0.9"),
                          ("--size", "x"), ("--pad", "1K"), ("--attach", "/etc/hostname"), ("-w", "nothing=1"),
                          ("-D", "x"), ("--egress-target", "a:1"), ("--header", "nocolon"), ("-t", "0"),
                          ("--cert", "/gone"), ("--ca-dir", "/gone"), ("--pin-sha256", "zz"), ("-p", "0"),
                          ("-p", "65536"), ("--source", "name"), ("--password-file", "/gone")):
                with self.subTest(words):
                    result = walk(server.port, *words)
                    self.assertEqual(result.code, 3, str(result))
                    self.assertEqual(len(result.lines), 1, str(result))
            self.assertEqual(server.connections, 0)

    def test_what_would_silently_not_be_done_is_wrong(self):
        with Hostile() as server:
            for words, named in ((("-H", f"127.0.0.1:{server.port}"), "--port"), (("-H", "[::1]:25"), "--port"),
                                 (("-H", "127.0.0.1", "-D", "-1"), "-D"), (("-H", "127.0.0.1", "-D", "5,"), "-D"),
                                 (("-H", "127.0.0.1", "-D", "5,4,3"), "-D"),
                                 (("-H", "127.0.0.1", "-D", "5", "--tls", "none"), "--tls none"),
                                 (("-H", "127.0.0.1", "--tls", "none", "--pin-sha256", PKI.get().pin("good")),
                                  "--tls none"),
                                 (("--egress", "--to", "a@b.test"), "--egress"),
                                 (("--egress", "-w", "time_banner=1"), "--warning: time_banner"),
                                 (("-H", "127.0.0.1", "-c", "rcpt_rejected=0"), "--critical: rcpt_rejected"),
                                 (("-H", "127.0.0.1", "-w", "time_auth=1"), "--warning: time_auth"),
                                 (("-H", "127.0.0.1", "--tls", "none", "-w", "cert_days=9:"), "cert_days"),
                                 (("-H", "127.0.0.1", "--stop-after", "ehlo", "-D", "9"), "cert_days"),
                                 (("-H", "127.0.0.1", "--cert", "/gone"), "No such file"),
                                 (("-H", "127.0.0.1", "--to", "Me <a@b.test>"), "without blanks"),
                                 (("-H", "127.0.0.1", "--to", "a@b.test", "--send", "--pad", "1G"), "--pad"),
                                 (("-H", "127.0.0.1", "--extra-opts", "@/etc/x.ini"), "--extra-opts=@/etc/x.ini")):
                with self.subTest(words):
                    self.assertUsage(check(*words, "-p", server.port, "-t", "3"), named)
            self.assertEqual(server.connections, 0)

    def test_check_smtps_short_forms(self):
        with Hostile() as server:
            self.assertState(walk(server.port, "-f", "a@b.test", "-F", "probe.test", "-e", "220"), "OK")
            self.assertEqual(server.lines()[0], "EHLO probe.test")


class ZSecrets(Case):
    """Runs last: nothing that was printed holds a secret, in no form."""

    def test_the_canary_is_nowhere(self):
        forms = set()
        for user, password in ((USER, PASSWORD), (UMLAUT_USER, UMLAUT_PASSWORD)):
            for text in (password, f"\0{user}\0{password}"):
                raw = text.encode()
                forms |= {base64.b64encode(raw).decode(), raw.hex()}
                # Within a longer text it stands shifted by one or two bytes.
                forms |= {base64.b64encode(b"x" * n + raw).decode()[4:-4] for n in (1, 2)}
            forms.add(password)
        self.assertGreater(len(SEEN), 100)
        for text in SEEN:
            for form in forms:
                self.assertNotIn(form, text)
