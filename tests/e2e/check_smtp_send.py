# SPDX-License-Identifier: GPL-3.0-or-later
"""check_smtp_send against Postfix with Dovecot, and against a server that does
what no server should."""

import base64
import email
import re
import subprocess

from harness import BUILD, PLUGINS, REASONS_SEEN, SANITIZED, WORK, TestCase, environment, write
from servers.dane import Dane
from servers.dovecot import PASSWORD, USER
from servers.hostile import (Closed, Deaf, Hostile, close, drip, endless, long_line, many, reset,
                             scram, silence)
from servers.pki import PKI
from servers.postfix import Postfix
from smtp import SEEN, check, secret, trusted, walk


class Conversation(TestCase):
    def test_a_server_that_takes_mail_is_ok(self):
        result = walk(Postfix.get().mx)
        self.assertState(result, "OK")
        self.assertIn(" answers, through starttls, TLSv1.3", result.lines[0])
        result = walk(Postfix.get().mx, "--from", "a@b.test")
        self.assertIn(" takes mail, through mail, ", result.lines[0])
        self.assertEqual(result.perfdata["size_limit"], "65536B;;;0")
        self.assertEqual(result.perfdata["servers_failed"], "0;;;0;1")
        for label in ("time", "time_connect", "time_banner", "time_ehlo", "time_starttls"):
            self.assertIn(label, result.perfdata)

    def test_nothing_is_delivered_without_send(self):
        with Hostile() as server:
            result = walk(server.port, "--tls", "none", "--from", "a@b.test", "--to", "c@d.test")
            self.assertState(result, "OK")
            self.assertEqual(server.words(), ["EHLO", "MAIL", "RCPT", "RSET", "QUIT"])
        self.assertEqual((result.value("rcpt_accepted"), result.value("rcpt_rejected")), (1, 0))

    def test_a_message_arrives_as_it_was_meant(self):
        content = bytes(range(256)) * 100
        attachment = write("all bytes.bin", content)
        body = write("body", "a line\n.\n..dots\n\nthe end\n")
        result = trusted(Postfix.get().large, "--from", "a@signed.test", "--to", "probe@signed.test",
                         "--send", "--subject", "canary of the post", "--body-file", body, "--attach",
                         attachment, "-vv")
        self.assertState(result, "OK")
        stored = Postfix.get().stored(b"canary of the post")
        self.assertIsNotNone(stored)
        message = email.message_from_bytes(stored)
        self.assertRegex(message["X-Mailpath-Id"], "^[0-9a-f]{32}$")
        text, file = message.get_payload()
        self.assertEqual(text.get_payload(decode=True).replace(b"\r", b""),
                         b"a line\n.\n..dots\n\nthe end\n")
        self.assertEqual(file.get_payload(decode=True), content)
        self.assertEqual(file.get_filename(), "all bytes.bin")

    def test_the_fewest_turns_are_taken(self):
        with Hostile() as server:
            self.assertState(walk(server.port, "--tls", "none", "--from", "a@b.test", "--to",
                                  "c@d.test", "--send"), "OK")
            self.assertEqual(len(server.reads), 3)
            self.assertEqual(len(server.messages), 1)

    def test_without_pipelining_each_command_waits(self):
        with Hostile(extensions=()) as server:
            self.assertState(walk(server.port, "--from", "a@b.test", "--to", "c@d.test", "--send"), "OK")
            self.assertEqual(server.words(), ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"])

    def test_who_takes_nobody_and_says_354_gets_a_lone_dot(self):
        with Hostile({"RCPT": "550 5.1.1 User unknown", "DATA": "354 go on"}) as server:
            result = walk(server.port, "--from", "a@b.test", "--to", "c@d.test", "--send")
            self.assertState(result, "CRITICAL")
            self.assertIn("[CRITICAL] recipient_unknown", result.out)
            self.assertEqual(b"".join(server.messages).strip(), b"")

    def test_helo_is_tried_where_ehlo_is_not_known(self):
        with Hostile({"EHLO": "502 5.5.1 not implemented", "HELO": "250 mx.test"}) as server:
            self.assertState(walk(server.port), "OK")
            self.assertEqual(server.words(), ["EHLO", "HELO", "QUIT"])

    def test_lmtp_has_a_reply_for_each_recipient(self):
        with Hostile({"content": "250 first\n550 5.2.2 Mailbox full"}, lmtp=True) as server:
            result = walk(server.port, "--lmtp", "--from", "a@b.test", "--to", "c@d.test", "--to",
                          "e@f.test", "--send")
            self.assertEqual(server.words()[0], "LHLO")
        self.assertState(result, "CRITICAL")
        self.assertEqual(len(result.lines), 3)
        self.assertIn("[CRITICAL] mailbox_full ", result.out)
        self.assertIn("data e@f.test: 550 5.2.2", result.out)

    def test_a_unix_socket(self):
        path = WORK / "lmtp.sock"
        with Hostile(lmtp=True, path=path):
            result = check("-H", path, "--lmtp", "--from", "a@b.test", "--to", "c@d.test")
            self.assertState(result, "OK")
        self.assertState(check("-H", WORK / "none.sock", "--lmtp"), "CRITICAL")

    def test_the_proxy_protocol_comes_first(self):
        for version in ("v1", "v2"):
            with self.subTest(version):
                port = Postfix.get().proxy
                self.assertState(walk(port, "--proxy", version, "--source", "127.0.0.33"), "OK")
                self.assertTrue(Postfix.get().logged("127.0.0.33"))

    def test_thresholds_are_the_right_way_round(self):
        port = Postfix.get().no_tls
        self.assertState(walk(port, "-w", "0", "-c", "60"), "WARNING")
        self.assertState(walk(port, "-w", "0", "-c", "0"), "CRITICAL")
        self.assertState(walk(port, "-w", "time_ehlo=60", "-c", "time_ehlo=70"), "OK")


class Refusals(TestCase):
    def test_what_is_said_at_rcpt_has_its_reason(self):
        for user, state, reason in (
                ("grey", "WARNING", "greylisted"), ("ptr", "WARNING", "ptr_missing"),
                ("noptr", "CRITICAL", "ptr_missing"), ("listed", "CRITICAL", "blocklisted"),
                ("full", "WARNING", "mailbox_full"), ("rate", "WARNING", "rate_limited"),
                ("spf", "CRITICAL", "spf_fail"), ("dkim", "CRITICAL", "dkim_fail"),
                ("dmarc", "CRITICAL", "dmarc_reject"), ("helo", "CRITICAL", "helo_rejected"),
                ("unauthenticated", "CRITICAL", "authentication_required"),
                ("unknown2", "CRITICAL", "recipient_unknown"), ("tls", "CRITICAL", "tls_required"),
                ("later", "WARNING", "")):
            with self.subTest(user):
                result = walk(Postfix.get().mx, "--from", "a@signed.test", "--to", f"{user}@signed.test")
                self.assertState(result, state)
                self.assertRegex(result.out, rf"(?m)^\[{state}\] {reason}\w* 127.0.0.1:\d+: rcpt ")

    def test_a_list_is_named(self):
        result = walk(Postfix.get().mx, "--from", "a@listed.test")
        self.assertState(result, "CRITICAL")
        self.assertRegex(result.out, r"blocklisted \S+: mail: listed by zen.spamhaus.org: 554 ")

    def test_530_at_mail_is_not_ok(self):
        result = walk(Postfix.get().mx, "--from", "a@clientauth.test")
        self.assertState(result, "CRITICAL")
        self.assertIn("[CRITICAL] auth_required ", result.out)

    def test_senders_are_refused_for_their_reasons(self):
        for domain, state, reason in (("nodomain", "WARNING", "sender_domain_rejected"),
                                      ("space", "WARNING", "receiver_out_of_space"),
                                      ("noptr", "WARNING", "ptr_missing")):
            with self.subTest(domain):
                result = walk(Postfix.get().mx, "--from", f"a@{domain}.test")
                self.assertState(result, state)
                self.assertIn(f"[{state}] {reason} ", result.out)

    def test_who_is_ignored_is_not_called_good(self):
        with Hostile({"MAIL": "550 5.7.1 no"}) as server:
            result = walk(server.port, "--from", "a@b.test", "--ignore", "unclassified")
        self.assertState(result, "OK")
        self.assertIn(f"nothing that counts is wrong with 127.0.0.1:{server.port}", result.lines[0])

    def test_other_words_have_other_reasons(self):
        for reply, state, reason in (
                ("550 5.7.1 Relaying denied", "CRITICAL", "relay_denied"),
                ("552 5.3.4 Message size exceeds fixed limit", "CRITICAL", "message_too_big"),
                ("554 5.7.1 Spam message rejected", "CRITICAL", "content_rejected"),
                ("554 5.3.5 Local configuration error", "CRITICAL", "receiver_misconfigured"),
                ("421 4.3.2 Service shutting down", "WARNING", "service_unavailable"),
                ("550 no", "CRITICAL", "unclassified")):
            with self.subTest(reply), Hostile({"MAIL": reply}) as server:
                result = walk(server.port, "--from", "a@b.test")
                self.assertState(result, state)
                self.assertIn(f"[{state}] {reason} ", result.out)

    def test_a_refusal_before_mail_is_critical(self):
        for stage in ("banner", "EHLO"):
            with self.subTest(stage), Hostile({stage: "421 4.3.2 too busy"}) as server:
                self.assertState(walk(server.port), "CRITICAL")


class Broken(TestCase):
    def fails(self, script, state, reason, *words, **kwargs):
        with Hostile(script, **kwargs) as server:
            result = walk(server.port, "-t", "3", *words)
            self.assertState(result, state)
            self.assertIn(f"[{state}] {reason} 127.0.0.1:{server.port}: ", result.out)
            self.assertLess(result.seconds, 3.2 + SANITIZED)
            return result

    def test_nonsense_is_a_protocol_error(self):
        for script in ({"banner": "SSH-2.0-OpenSSH_9.2"}, {"banner": b"220 a\0b\r\n"},
                       {"banner": "250 wrong"}, {"banner": b"220-a\r\n250 b\r\n"},
                       {"EHLO": many(250, 101)}, {"EHLO": long_line(250, 5000)},
                       {"EHLO": endless("250-x\r\n")}, {"EHLO": b"999 what\r\n"}):
            with self.subTest(script):
                self.fails(script, "CRITICAL", "protocol_error")

    def test_a_hundred_lines_are_a_reply(self):
        with Hostile({"EHLO": many(250, 100)}) as server:
            self.assertState(walk(server.port, "--tls", "none"), "OK")

    def test_silence_ends_with_the_deadline_and_names_its_stage(self):
        for stage, words in (("banner", ()), ("EHLO", ()), ("MAIL", ("--from", "a@b.test"))):
            with self.subTest(stage):
                result = self.fails({stage: silence}, "UNKNOWN", "timeout", *words)
                self.assertIn(f"in stage {stage.lower()}, waiting for 127.0.0.1:", result.out)

    def test_who_drips_does_not_outlast_the_deadline(self):
        self.fails({"banner": drip("220 mx.test ESMTP\r\n", 1)}, "UNKNOWN", "timeout")

    def test_a_lost_connection_is_told(self):
        for script in ({"banner": close}, {"EHLO": close}, {"EHLO": reset}):
            with self.subTest(script):
                self.fails(script, "CRITICAL", "connection_lost")

    def test_nobody_is_there(self):
        with Closed() as closed:
            result = walk(closed.port)
        self.assertState(result, "CRITICAL")
        self.assertIn("[CRITICAL] connect_refused ", result.out)
        with Deaf() as deaf:
            result = walk(deaf.port, "--connect-timeout", "1")
        self.assertState(result, "CRITICAL")
        self.assertIn("[CRITICAL] connect_timeout ", result.out)

    def test_what_a_server_says_is_data(self):
        with Hostile({"MAIL": "550 a|b `c` $(d) <script> \x1b[31m"}) as server:
            result = walk(server.port, "--from", "a@b.test")
        self.assertIn("550 a?b ?c? ?(d) ?script? ?[31m", result.out)

    def test_quit_does_not_count(self):
        with Hostile({"QUIT": silence}) as server:
            result = walk(server.port, "--tls", "none")
        self.assertState(result, "OK")
        self.assertLess(result.seconds, 2)


class TLS(TestCase):
    def test_certificates_are_judged_where_tls_is_required(self):
        postfix = Postfix.get()
        for name, state, reason in (("expired", "CRITICAL", "cert_expired"),
                                    ("soon", "WARNING", "cert_expires_soon"),
                                    ("chainsoon", "WARNING", "cert_expires_soon"),
                                    ("future", "CRITICAL", "cert_not_yet_valid"),
                                    ("wrongname", "CRITICAL", "cert_name_mismatch"),
                                    ("selfsigned", "CRITICAL", "cert_untrusted"),
                                    ("missing", "CRITICAL", "cert_untrusted")):
            with self.subTest(name):
                result = trusted(getattr(postfix, f"cert_{name}"))
                self.assertState(result, state)
                self.assertIn(f"[{state}] {reason} ", result.out)
                self.assertState(walk(getattr(postfix, f"cert_{name}")), "OK")
        self.assertState(trusted(postfix.cert_chain), "OK")

    def test_days_have_thresholds(self):
        port = Postfix.get().cert_soon
        self.assertState(trusted(port, "-D", "4,2"), "OK")
        self.assertState(trusted(port, "-D", "30,10"), "CRITICAL")
        self.assertState(trusted(port, "-w", "cert_days=2:", "-c", "cert_days=1:"), "OK")

    def test_a_pin_is_compared(self):
        pki, port = PKI.get(), Postfix.get().mx
        self.assertState(trusted(port, "--pin-sha256", pki.pin_hex("good")), "OK")
        result = trusted(port, "--pin-sha256", pki.pin_hex("rsa"))
        self.assertState(result, "CRITICAL")
        self.assertIn("cert_pin_mismatch", result.out)

    def test_implicit_tls(self):
        result = trusted(Postfix.get().smtps, "--tls", "implicit")
        self.assertState(result, "OK")
        self.assertIn("time_starttls", result.perfdata)

    def test_missing_starttls(self):
        result = walk(Postfix.get().no_tls, "-S")
        self.assertState(result, "CRITICAL")
        self.assertIn("[CRITICAL] starttls_missing ", result.out)
        self.assertIn("[OK] starttls_missing ", walk(Postfix.get().no_tls, "-v").out)

    def test_a_masked_keyword_is_evidence(self):
        with Hostile({"EHLO": "250-mx.test\n250-SIZE nonsense\n250 XXXXXXXA"}) as server:
            result = walk(server.port, "-v")
        self.assertState(result, "CRITICAL")
        self.assertIn("[CRITICAL] starttls_stripped ", result.out)
        self.assertIn("[OK] size_unknown ", result.out)

    def test_injection(self):
        with Hostile({"STARTTLS": b"220 go\r\n250 injected\r\n"}, tls="good") as server:
            result = walk(server.port)
        self.assertState(result, "CRITICAL")
        self.assertIn("[CRITICAL] starttls_injection ", result.out)

    def test_no_handshake(self):
        with Hostile({"handshake": b"garbage instead of a handshake\r\n"}, tls="good") as server:
            result = walk(server.port)
        self.assertState(result, "CRITICAL")
        self.assertRegex(result.out, r"\[CRITICAL\] (tls_failed|starttls_injection) ")
        with Hostile({"STARTTLS": "454 4.7.0 TLS not available"}, tls="good") as server:
            self.assertIn("[CRITICAL] tls_failed ", walk(server.port).out)


class Login(TestCase):
    def test_each_mechanism_succeeds_and_fails(self):
        for mechanism in ("plain", "login", "cram-md5", "scram-sha-256"):
            with self.subTest(mechanism):
                words = ("-U", USER, "-A", mechanism, "--password-file")
                result = trusted(Postfix.get().submission, *words, secret(), "-vvv")
                self.assertState(result, "OK")
                self.assertIn("time_auth", result.perfdata)
                result = trusted(Postfix.get().submission, *words, secret(PASSWORD + "x"))
                self.assertState(result, "CRITICAL")
                self.assertIn("[CRITICAL] auth_failed ", result.out)

    def test_tokens(self):
        for mechanism in ("xoauth2", "oauthbearer"):
            with self.subTest(mechanism), Hostile(auth="XOAUTH2 OAUTHBEARER", tls="good",
                                                  token="canary-t0ken") as server:
                words = ("-U", USER, "-A", mechanism, "--token-file")
                self.assertState(walk(server.port, *words, secret("canary-t0ken"), "-vvv"), "OK")
                result = walk(server.port, *words, secret("canary-wrong"))
                self.assertState(result, "CRITICAL")
                self.assertIn("[CRITICAL] auth_failed ", result.out)

    def test_a_client_certificate(self):
        pki = PKI.get()
        both = write("client.pem", pki.chain("client").read_bytes() + pki.key("client").read_bytes())
        with Hostile(auth="EXTERNAL", tls="good", client_certificate=True) as server:
            result = walk(server.port, "-A", "external", "--cert", both)
            self.assertState(result, "OK")
            self.assertIn("time_auth", result.perfdata)

    def test_a_password_from_the_environment_and_from_an_ini_file(self):
        port = Postfix.get().submission
        self.assertState(trusted(port, "-U", USER, env={"MAILPATH_PASSWORD": PASSWORD}), "OK")
        ini = write("login.ini", f"[check_smtp_send]\npassword={PASSWORD}\n")
        self.assertState(trusted(port, "-U", USER, f"--extra-opts=@{ini}"), "OK")
        self.assertUsage(trusted(port, "-U", USER, "--password", "x"), "--password-file")

    def test_secrets_are_not_told_in_clear(self):
        port = Postfix.get().clear_auth
        result = walk(port, "--tls", "none", "-U", USER, "-A", "plain", "--password-file", secret())
        self.assertUsage(result, "--allow-clear-auth")
        self.assertState(walk(port, "--tls", "none", "-U", USER, "-A", "plain", "--password-file",
                              secret(), "--allow-clear-auth"), "OK")
        result = walk(port, "--forbid-clear-auth")
        self.assertState(result, "CRITICAL")
        self.assertIn("[CRITICAL] clear_auth_offered ", result.out)

    def test_a_mechanism_that_is_not_offered(self):
        with Hostile(auth="PLAIN", tls="good") as server:
            result = walk(server.port, "-U", USER, "-A", "cram-md5", "--password-file", secret())
            self.assertState(result, "CRITICAL")
            self.assertIn("[CRITICAL] auth_mechanism_unavailable ", result.out)
            self.assertState(walk(server.port, "--expect-auth", "plain"), "OK")
            self.assertState(walk(server.port, "--expect-auth", "plain,login"), "CRITICAL")

    def test_a_wrong_login_must_be_refused(self):
        self.assertState(trusted(Postfix.get().submission, "--auth-negative"), "OK")
        with Hostile({"AUTH": "235 2.7.0 come in"}, auth="PLAIN", tls="good") as server:
            result = walk(server.port, "--auth-negative")
        self.assertState(result, "CRITICAL")
        self.assertIn("[CRITICAL] auth_accepts_anything ", result.out)

    def test_ten_million_iterations_are_not_computed(self):
        with Hostile({"AUTH": scram(10_000_000)}, auth="SCRAM-SHA-256", tls="good") as server:
            result = walk(server.port, "-U", USER, "--password-file", secret())
        self.assertState(result, "CRITICAL")
        self.assertIn("[CRITICAL] protocol_error ", result.out)
        self.assertLess(result.seconds, 3)

    def test_a_login_that_cannot_be_used(self):
        with Hostile(auth="SCRAM-SHA-256", tls="good") as server:
            result = walk(server.port, "-U", USER, "-A", "scram-sha-256", "--password-file",
                          secret("bell\x07"))
        self.assertState(result, "UNKNOWN")
        self.assertIn("[UNKNOWN] local_problem ", result.out)


class Expectations(TestCase):
    def test_banner_extensions_and_size(self):
        port = Postfix.get().mx
        self.assertState(walk(port, "-e", "220 mx1.signed.test"), "OK")
        self.assertIn("[CRITICAL] expect_missed ", walk(port, "-e", "exchange").out)
        self.assertState(walk(port, "--require-ext", "pipelining,8BITMIME"), "OK")
        self.assertIn("[CRITICAL] extension_missing ", walk(port, "--require-ext", "REQUIRETLS").out)
        self.assertIn("[CRITICAL] extension_forbidden ", walk(port, "--forbid-ext", "ETRN").out)
        self.assertState(walk(port, "--size", "60K"), "OK")
        self.assertIn("[CRITICAL] message_too_big ", walk(port, "--size", "25M").out)


class Exchangers(TestCase):
    def mx(self, domain, *words):
        return check("--mx", domain, "-p", Postfix.get().mx, "--resolver", Dane.get().resolver, *words)

    def test_every_server_is_walked(self):
        self.assertState(self.mx("several.world.test"), "OK")
        result = self.mx("deadbackup.world.test")
        self.assertState(result, "CRITICAL")
        self.assertIn("[CRITICAL] connect_refused dead1.world.test[127.0.0.13]:", result.out)
        self.assertEqual((result.value("servers"), result.value("servers_failed")), (2, 1))

    def test_the_policy_decides(self):
        for domain, policy, state in (("deadbackup", "any", "OK"), ("deadbackup", "primary", "OK"),
                                      ("deadprimary", "any", "OK"), ("deadprimary", "primary", "CRITICAL"),
                                      ("alldead", "any", "CRITICAL")):
            with self.subTest(domain=domain, policy=policy):
                self.assertState(self.mx(f"{domain}.world.test", "--policy", policy), state)

    def test_what_the_policy_leaves_out_is_shown_and_counted(self):
        result = self.mx("deadbackup.world.test", "--policy", "primary")
        self.assertIn("SMTP OK - 1 of 2 servers of deadbackup.world.test answer ", result.lines[0])
        self.assertRegex(result.out, r"(?m)^\[OK\] connect_refused dead1.* \(ignored: --policy\)$")
        self.assertEqual(result.value("servers_failed"), 1)

    def test_the_number_that_failed_has_thresholds_whatever_the_policy(self):
        for words, state in ((("-w", "servers_failed=0"), "WARNING"), (("-c", "servers_failed=0"), "CRITICAL"),
                             (("-w", "servers_failed=1", "-c", "servers_failed=2"), "OK")):
            for policy in ("any", "primary"):
                with self.subTest(words, policy=policy):
                    result = self.mx("deadbackup.world.test", "--policy", policy, *words)
                    self.assertState(result, state)
                    self.assertEqual(result.value("servers_failed"), 1)
        result = self.mx("deadbackup.world.test", "--ignore", "connect_refused", "-c", "servers_failed=0")
        self.assertState(result, "OK")
        self.assertEqual(result.value("servers_failed"), 1)

    def test_the_policy_decides_about_certificates_too(self):
        """The one that expires is the backup's."""
        with Hostile(tls="good", address="127.0.0.1") as first, \
                Hostile(tls="soon", address="127.0.0.11", port=first.port), \
                Hostile(tls="good", address="127.0.0.12", port=first.port):
            words = ("--mx", "several.world.test", "-p", first.port, "-S", "--ca-file", PKI.get().ca,
                     "--resolver", Dane.get().resolver)
            for policy, state in (("all", "WARNING"), ("any", "OK"), ("primary", "OK")):
                with self.subTest(policy):
                    result = check(*words, "--policy", policy)
                    self.assertState(result, state)
                    self.assertEqual(result.value("cert_days"), 5)
                    self.assertEqual(result.value("servers_failed"), 1)

    def test_what_the_dns_does_not_have(self):
        self.assertIn("[CRITICAL] null_mx null.world.test: ", self.mx("null.world.test").out)
        result = self.mx("missing.world.test")
        self.assertState(result, "CRITICAL")
        self.assertIn("[CRITICAL] dns_no_host nowhere.world.test: ", result.out)
        result = self.mx("broken.test")
        self.assertState(result, "UNKNOWN")
        self.assertIn("[UNKNOWN] dns_temporary broken.test: ", result.out)
        self.assertState(self.mx("implicit.world.test"), "OK")

    def test_json_is_complete(self):
        data = self.mx("deadbackup.world.test", "--output", "json").json["data"]
        self.assertEqual([(s["host"], s["ok"]) for s in data["servers"]],
                         [("mx1.world.test", True), ("dead1.world.test", False)])
        self.assertEqual(data["servers"][0]["tls"]["version"], "TLSv1.3")

    def test_etc_hosts_is_looked_at_first(self):
        result = check("-H", "localhost", "-4", "-p", Postfix.get().mx, "--resolver", "127.0.0.1:1")
        self.assertState(result, "OK")
        self.assertNotIn("time_dns", result.perfdata)

    def test_a_name_stands_for_its_addresses(self):
        for name in ("wide", "halfdead", "both", "alias"):
            with self.subTest(name):
                result = check("-H", f"{name}.world.test", "-p", Postfix.get().mx, "--resolver",
                               Dane.get().resolver)
                self.assertState(result, "OK")


class TLSA(TestCase):
    def dane(self, host, *words, port=None, resolver=None):
        return check("-H", host, "-p", port or Postfix.get().mx, "--tls", "dane", "--resolver",
                     resolver or Dane.get().resolver, *words)

    def test_the_records_decide(self):
        for host, state, reason in (("mx1", "OK", ""), ("full", "OK", ""), ("sha512", "OK", ""),
                                    ("two", "OK", ""), ("mixed", "OK", ""),
                                    ("wrong", "CRITICAL", "tlsa_mismatch"),
                                    ("mixedwrong", "CRITICAL", "tlsa_mismatch"),
                                    ("unusable", "WARNING", "tlsa_unusable"),
                                    ("strange", "WARNING", "tlsa_unusable"),
                                    ("none", "CRITICAL", "tlsa_missing")):
            with self.subTest(host):
                result = self.dane(f"{host}.signed.test")
                self.assertState(result, state)
                self.assertIn(f"[{state}] {reason} " if reason else "OK", result.out)

    def test_an_expired_certificate_is_good_for_dane_ee(self):
        self.assertState(self.dane("expired.signed.test", port=Postfix.get().cert_expired), "OK")

    def test_unsigned_and_undecided_and_bogus(self):
        result = self.dane("mx1.insecure.test")
        self.assertIn("[CRITICAL] tlsa_insecure ", result.out)
        self.assertState(self.dane("mx1.bogus.test"), "UNKNOWN")

    def test_tlsa_is_evidence_of_stripping(self):
        result = check("-H", "mx1.signed.test", "-p", Postfix.get().no_tls, "--resolver",
                       Dane.get().resolver)
        self.assertState(result, "CRITICAL")
        self.assertIn("[CRITICAL] starttls_stripped ", result.out)


class Egress(TestCase):
    def test_one_that_opens_is_enough(self):
        with Hostile() as a, Closed() as b:
            result = check("--egress", "--egress-target", f"127.0.0.1:{a.port}", "--egress-target",
                           f"127.0.0.1:{b.port}", "-v")
        self.assertState(result, "OK")
        self.assertIn(f"[OK] egress_open 127.0.0.1:{a.port}: open", result.out)
        self.assertIn(f"[OK] egress_closed 127.0.0.1:{b.port}: refused", result.out)

    def test_none_opens_and_a_control_does(self):
        with Closed() as a, Deaf() as b, Hostile() as control:
            words = ("--egress", "--egress-target", f"127.0.0.1:{a.port}", "--egress-target",
                     f"127.0.0.1:{b.port}", "--connect-timeout", "1")
            result = check(*words, "--egress-control", f"127.0.0.1:{control.port}")
            self.assertState(result, "CRITICAL")
            self.assertIn("[CRITICAL] egress_25_blocked IPv4: ", result.out)
            self.assertIn(" refused", result.out)
            self.assertIn(" timeout", result.out)
            result = check(*words)
            self.assertState(result, "UNKNOWN")
            self.assertIn("[UNKNOWN] egress_undecided IPv4: ", result.out)

    def test_somebody_elses_banner(self):
        with Hostile({"banner": "220 proxy.isp.example ESMTP"}) as server:
            words = [f"{name}.world.test:{server.port}" for name in ("mx1", "dead1")]
            result = check("--egress", "--egress-target", words[0], "--egress-target", words[1],
                           "--resolver", Dane.get().resolver)
        self.assertState(result, "WARNING")
        self.assertIn("[WARNING] egress_intercepted mx1.world.test[127.0.0.1]:", result.out)

    def test_wrong_words_are_named(self):
        self.assertUsage(check("--egress", "--egress-target", "127.0.0.1:1"), "--egress-target")
        self.assertUsage(check("--egress", "-H", "x"), "--egress")
        self.assertUsage(check("-H", "x", "--egress-control", "y:1"), "--egress")


class Routes(TestCase):
    """In a network of its own, with the routes that a test wants."""

    def ask(self, setup, *words):
        script = setup + """
            exec setpriv --reuid nobody --regid nogroup --clear-groups "$@" <&-"""
        done = subprocess.run(["unshare", "--net", "--mount", "bash", "-c", script, "sh",
                               PLUGINS / "check_smtp_send", *words], capture_output=True, text=True,
                              check=False, env=environment(PATH="/usr/sbin:/usr/bin:/sbin:/bin"))
        SEEN.append(done.stdout + done.stderr)
        REASONS_SEEN.update(re.findall(r"(?m)^\[[A-Z]+\] ([a-z0-9_]+) ", done.stdout))
        return done

    def test_a_family_that_is_not_here_is_unknown(self):
        done = self.ask("", "-H", "2001:db8::1")
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("[UNKNOWN] family_not_here IPv6: ", done.stdout)

    def test_without_a_trusted_resolver_signatures_cannot_be_told(self):
        zone = write("untrusted.zone", "mx.test A 127.0.0.1\n*.mx.test A 127.0.0.1\n")
        done = self.ask(f"""ip link set lo up; ip addr add 192.0.2.53/24 dev lo
            {BUILD}/tests/e2e/servers/fakedns -a 192.0.2.53 -p 53 {zone} >/dev/null &
            trap "kill $!" EXIT
            sleep 0.3
            setpriv --reuid nobody --regid nogroup --clear-groups "$@" <&-; exit $?""",
                        "-H", "mx.test", "--tls", "dane", "--resolver", "192.0.2.53")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("[UNKNOWN] tlsa_undecided mx.test[127.0.0.1]:25: ", done.stdout)

    def test_no_way_to_the_server_is_critical(self):
        done = self.ask("ip link set lo up; ip route add unreachable 192.0.2.0/24", "-H", "192.0.2.1")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("[CRITICAL] network_unreachable 192.0.2.1:25: ", done.stdout)


class Usage(TestCase):
    def test_wrong_words_are_named(self):
        for words, named in (((), "-H"), (("-H", "a", "--mx", "b"), "--mx"), (("-H", "a b"), "--hostname"),
                             (("-H", "x", "--tls", "ssl"), "--tls"), (("-H", "x", "--send"), "--send"),
                             (("-H", "x", "--stop-after", "now"), "--stop-after"),
                             (("-H", "x", "--policy", "any"), "--policy"),
                             (("-H", "x", "--from", "nobody"), "--from"),
                             (("-H", "x", "-C", "NOOP"), "--stop-after"), (("-H", "x", "-R", "y"), "--expect"),
                             (("-H", "x", "-P", "secret"), "--password-file"),
                             (("-H", "x", "-U", "y"), "--password-file"),
                             (("-H", "x", "--subject", "y"), "--send"),
                             (("-H", "x", "--ca-file", "/nowhere"), "--ca-file"),
                             (("-H", "127.0.0.1", "--tls", "dane"), "--tls dane")):
            with self.subTest(words):
                self.assertUsage(check(*words), named)

    def test_the_canary_is_nowhere(self):
        forms = {PASSWORD, base64.b64encode(PASSWORD.encode()).decode(),
                 base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode(), "canary-t0ken"}
        with Hostile({"AUTH": f"535 5.7.8 no: {PASSWORD}"}, auth="PLAIN", tls="good") as server:
            for output in ((), ("--output", "json")):
                walk(server.port, "-U", USER, "--password-file", secret(), "-vvv", *output)
        self.assertGreater(len(SEEN), 40)
        for text in SEEN:
            for form in forms:
                self.assertNotIn(form, text)
