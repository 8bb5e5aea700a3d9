# SPDX-License-Identifier: GPL-3.0-or-later
"""check_mailpath where one thing alone is broken: the first line names it. With real
mail servers, and on a machine of its own with real ports, its queue, its log and its
firewall."""

import re
import subprocess
import time

from harness import BUILD, PLUGINS, TOP, FakeDNS, Once, TestCase, check_form, environment, run, write
from servers.box import Box
from servers.dovecot import PASSWORD, USER
from servers.hostile import Closed
from servers.pki import PKI
from servers.postfix import Postfix
from servers.queues import POSTFIX_MAIN, POSTFIX_MASTER
from smtp import secret

ZONE = (TOP / "contrib/world/dns.zone").read_text() + """
signed.test			MX 10 mx1.signed.test
mx1.signed.test			A 127.0.0.1
"""
HEALTHY = ("-d", "healthy.example", "--ip", "198.51.100.25", "--helo", "mail.healthy.example",
           "--mail-from", "me@healthy.example", "--selector", "s1")


def without(pattern):
    """The zone, without a record."""
    lines = [line for line in ZONE.splitlines() if not re.match(pattern, line)]
    assert len(lines) < len(ZONE.splitlines()), pattern
    return "\n".join(lines) + "\n"


class Servers(Once):
    """A healthy domain, whose mail server is the Postfix of the tests."""

    needs_root = True

    def __init__(self):
        self.postfix, self.password = Postfix.get(), secret()
        self.dns = FakeDNS(ZONE)
        self.ports = {"listener": self.postfix.auth_after_tls, "submission": self.postfix.submission,
                      "submissions": self.postfix.smtps, "handover": self.postfix.mx}

    def check(self, *words, zone=None, ports=(), password=None, healthy=HEALTHY):
        dns = FakeDNS(zone) if zone else self.dns
        options = []
        for name, port in (self.ports | dict(ports)).items():
            options += ["--stage-option", f"{name}:--port={port}"]
        result = run("check_mailpath", *healthy, "-H", "localhost", "--ca-file", PKI.get().ca, "-U", USER,
                     "--password-file", password or self.password, "--to", "probe@signed.test",
                     "--resolver", dns.resolver, "--without", "queue,log", *options, *words)
        if zone:
            dns.stop()
        return result


class Stages(TestCase):
    def assertFirst(self, result, state, stage, reason, words=""):
        """The first line names it, and no other stage is worse."""
        self.assertState(result, state)
        self.assertRegex(result.lines[0], fr"^MAILPATH {state} - {stage}: .*{words}", str(result))
        self.assertRegex(result.out, fr"(?m)^\[{state}\] {reason} .*\n    fix: ", str(result))
        self.assertEqual(result.value("stages_critical"), state == "CRITICAL", str(result))

    def test_all_is_well(self):
        result = Servers.get().check()
        self.assertState(result, "OK")
        self.assertEqual(result.value("stages_ok"), 10, str(result))
        self.assertFinding(result, "OK", "stage_not_tested", "egress")
        for stage, words in (("tls", "TLSv1.3, certificate verified"), ("auth", "AUTH .*PLAIN"),
                             ("listener", r"localhost\[127.0.0.1\]:\d+; .*; localhost"),
                             ("receivers", "takes mail, through rcpt")):
            self.assertRegex(result.out, fr"(?m)^\[OK\] stage_passed {stage}: .*{words}")
        self.assertNotIn(PASSWORD, result.out + result.err)

    def test_the_dns_of_the_domain(self):
        for zone, reason in ((without(r"mail\.healthy\.example\s+A "), "mx_missing"),
                             (without("healthy.example\\s+MX ") + "healthy.example MX 10 mx.healthy.example\n"
                              "mx.healthy.example CNAME mail.healthy.example\n", "mx_is_alias"),
                             (without("healthy.example\\s+MX ") + "healthy.example MX 0 .\n", "null_mx")):
            with self.subTest(reason):
                result = Servers.get().check(zone=zone)
                self.assertRegex(result.lines[0], "MAILPATH (CRITICAL|WARNING) - DNS of the domain: ", str(result))

    def test_the_name_of_the_address(self):
        self.assertFirst(Servers.get().check(zone=without("25.100.51.198")), "CRITICAL",
                         "reverse DNS and HELO", "rdns_missing", "198.51.100.25")

    def test_the_name_in_ehlo(self):
        healthy = tuple(word.replace("mail.healthy", "nobody.healthy") for word in HEALTHY)
        result = Servers.get().check(healthy=healthy)
        self.assertRegex(result.lines[0], r"MAILPATH (WARNING|CRITICAL) - reverse DNS and HELO: .*nobody", str(result))

    def test_spf_that_does_not_cover_the_address(self):
        result = Servers.get().check(zone=ZONE.replace("v=spf1 ip4:198.51.100.25 ", "v=spf1 ip4:198.51.100.26 "))
        self.assertFirst(result, "CRITICAL", "SPF, DKIM and DMARC", "spf_fail", "198.51.100.25")

    def test_spf_missing(self):
        result = Servers.get().check(zone=without(r"healthy.example\s+TXT"))
        self.assertFirst(result, "CRITICAL", "SPF, DKIM and DMARC", "spf_missing")

    def test_dkim_missing(self):
        result = Servers.get().check(zone=without(r"s1._domainkey.healthy"))
        self.assertFirst(result, "CRITICAL", "SPF, DKIM and DMARC", "dkim_key_missing", "s1")

    def test_dmarc_missing(self):
        result = Servers.get().check(zone=without(r"_dmarc.healthy"))
        self.assertRegex(result.lines[0], "MAILPATH (CRITICAL|WARNING) - SPF, DKIM and DMARC: ")
        self.assertRegex(result.out, r"(?m)^\[\w+\] dmarc_missing .*\n    fix: ")

    def test_a_rule_of_large_receivers(self):
        """SPF passes for a sender of another domain: nothing is aligned without a signature."""
        result = Servers.get().check(zone=ZONE + "news.other.test TXT v=spf1 ip4:198.51.100.25 -all\n",
                                     healthy=[word for word in HEALTHY if word not in ("--selector", "s1")]
                                     + ["--mail-from", "a@news.other.test"])
        self.assertRegex(result.lines[0], "MAILPATH (CRITICAL|WARNING) - (receivers|SPF, DKIM and DMARC): ")
        self.assertRegex(result.out, r"(?m)^\[\w+\] (rule_failed|dmarc_unaligned) ")

    def test_a_blocklist(self):
        listed = "25.100.51.198.psbl.surriel.com A 127.0.0.2\n"
        result = Servers.get().check(zone=ZONE + listed)
        self.assertFirst(result, "CRITICAL", "blocklists", "dnsbl_listed", "psbl.surriel.com")
        self.assertIn("https://psbl.org/", result.out)

    def test_a_blocklist_of_domains(self):
        listed = "healthy.example.dbl.spamhaus.org A 127.0.1.2\n"
        result = Servers.get().check("--profile", "domain,default", "--stage-option", "blocklists:--no-health",
                                     zone=ZONE + listed)
        self.assertFirst(result, "CRITICAL", "blocklists", "dnsbl_listed", "dbl.spamhaus.org: healthy.example -> ")

    def test_nobody_listens(self):
        for port, word in (("listener", "mail server"), ("submission", "mail server"), ("submissions", "mail server")):
            with self.subTest(port), Closed() as closed:
                result = Servers.get().check(ports={port: closed.port})
                self.assertFirst(result, "CRITICAL", word, "connect_refused", f":{closed.port}")

    def test_tls_of_each_port(self):
        postfix = Postfix.get()
        for port, bad, reason in (("listener", postfix.cert_expired, "cert_expired"),
                                  ("submission", postfix.cert_wrongname, "cert_name_mismatch"),
                                  ("submissions", postfix.smtps_missing, "cert_untrusted")):
            with self.subTest(port):
                result = Servers.get().check("--without", "auth", "--stage-option", "listener:--tls=starttls",
                                             ports={port: bad})
                self.assertFirst(result, "CRITICAL", "TLS", reason, f":{bad}")

    def test_a_wrong_password(self):
        result = Servers.get().check(password=write("mailpath-wrong", "canary-wrong\n"))
        self.assertFirst(result, "CRITICAL", "login", "auth_failed")
        self.assertNotIn("canary-wrong", result.out + result.err)

    def test_mechanisms_that_are_missing_or_forbidden(self):
        result = Servers.get().check("--stage-option", "submission:--expect-auth=gssapi")
        self.assertFirst(result, "CRITICAL", "login", "auth_mechanism_unavailable", "submission|GSSAPI|gssapi")
        result = Servers.get().check("--stage-option", "listener:--forbid-clear-auth",
                                     ports={"listener": Postfix.get().clear_auth})
        self.assertFirst(result, "CRITICAL", "login", "clear_auth_offered")

    def test_a_message_that_is_too_large(self):
        self.assertState(Servers.get().check("--size", "65000"), "OK")
        result = Servers.get().check("--size", "65537")
        self.assertState(result, "CRITICAL")
        self.assertRegex(result.lines[0], "MAILPATH CRITICAL - mail server: .*65536")
        self.assertRegex(result.out, r"(?m)^\[CRITICAL\] message_too_big .*\n    fix: ")
        # Our own servers take it, the receiver's do not.
        result = Servers.get().check("--size", "65537", ports={name: Postfix.get().large for name in (
            "listener", "submission")} | {"submissions": 1}, healthy=(*HEALTHY, "--without", "auth"))
        self.assertRegex(result.out, r"(?m)^\[CRITICAL\] message_too_big mx1.signed.test", str(result))

    def test_the_content_of_a_message(self):
        good = TOP / "tests/data/content/clean-plain.eml"
        result = Servers.get().check("--message", good)
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "stage_passed", "content", "1 part")
        self.assertNotIn("the probe of", result.out)
        result = Servers.get().check("--message", TOP / "tests/data/content/bare-cr.eml")
        self.assertFirst(result, "CRITICAL", "content of messages", "content_bare_cr", "line 7")
        # With an address and without a name, too.
        healthy = [word for word in HEALTHY if word not in ("--helo", "mail.healthy.example")]
        with Closed() as closed:
            result = Servers.get().check("--filter", f"spamd://127.0.0.1:{closed.port}", healthy=healthy)
        self.assertState(result, "UNKNOWN")
        self.assertRegex(result.lines[0], "MAILPATH UNKNOWN - content of messages: ")
        self.assertRegex(result.out, r"(?m)^\[UNKNOWN\] filter_unreachable ")

    def test_a_receiver_that_refuses(self):
        result = Servers.get().check("--to", "refused@signed.test")
        self.assertState(result, "CRITICAL")
        self.assertRegex(result.lines[0], r"MAILPATH CRITICAL - receivers: mx1.signed.test\[127.0.0.1\]:\d+: .*550 5.7.1")
        # And one whose refusal has its cause here.
        result = Servers.get().check("--to", "noptr@signed.test", zone=without("25.100.51.198"))
        self.assertFirst(result, "CRITICAL", "reverse DNS and HELO", "rdns_missing")
        self.assertFinding(result, "CRITICAL", "rdns_missing", "198.51.100.25", "a receiver says so, too: ptr_missing")


POSTFIX = POSTFIX_MAIN + """maillog_file = /var/log/mail.log
myhostname = mail.healthy.example
mynetworks = 127.0.0.0/8 198.51.100.25
inet_interfaces = {addresses}
inet_protocols = ipv4
smtp_bind_address = 198.51.100.25
"""
MASTER = f"""smtp inet n - n - - smtpd
pickup unix n - n 60 1 pickup
{POSTFIX_MASTER}"""
ADDRESSES = "127.0.0.1, 198.51.100.25"
OTHERS = ("203.0.113.11", "203.0.113.12", "203.0.113.13")


class Machine(Once):
    """A mail server's own machine: 198.51.100.25, with a Postfix on its ports, and others
    in its network that take mail."""

    needs_root = True

    def __init__(self):
        self.box = Box("mailpath", ())
        for address in ("198.51.100.25", *OTHERS):
            self.box.must("ip", "address", "add", f"{address}/32", "dev", "lo")
        self.dns = None
        self.resolve(ZONE)
        # They live on this machine, where port 25 has to look as if they did not.
        self.box.must("nft", "-f", "-", stdin="table ip others {\n chain o {\n  type nat hook output priority -100;\n"
                      "  ip daddr 203.0.113.0/24 tcp dport 25 dnat to :2525\n }\n}\n")
        for address in OTHERS[:2]:
            self.box.start("smtp-sink", "-u", "nobody", f"{address}:2525", "16")
        self.box.start("smtp-sink", "-u", "nobody", f"{OTHERS[2]}:587", "16")
        self.box.wait_for_port(587)
        self.box.write("/etc/postfix/main.cf", POSTFIX.format(addresses=ADDRESSES))
        self.box.write("/etc/postfix/master.cf", MASTER)
        self.box.write("/etc/postfix/transport", "taken.test smtp:[203.0.113.11]:25\nrefused.test smtp:[127.0.0.1]:10025\n")
        self.box.refuser(10025, "450 4.7.1 <mail>: Helo command rejected: need fully-qualified hostname")
        self.start()
        self.deliver("taken.test")

    def resolve(self, zone):
        if self.dns:
            self.dns.stop()
        self.dns = self.box.start(BUILD / "tests/e2e/servers/fakedns", "-p", "53", write("mailpath.zone", zone),
                                  stdout=subprocess.PIPE)
        self.dns.process.stdout.readline()

    def start(self):
        self.box.must("postfix", "start")
        self.box.must("chmod", "644", "/var/log/mail.log")

    def stop(self):
        self.box.must("postfix", "stop")

    def deliver(self, domain):
        self.box.must("sh", "-c", f"printf 'Subject: x\\n\\nbody\\n' | sendmail -f me@healthy.example you@{domain}")
        self.wait(f"you@{domain}.* status=")

    def wait(self, pattern):
        end = time.monotonic() + 20
        while not re.search(pattern, self.box.must("cat", "/var/log/mail.log")):
            if time.monotonic() > end:
                raise RuntimeError(f"not in the log: {pattern}")
            time.sleep(0.1)

    def check(self, *words, user="nobody"):
        words = [*HEALTHY, "-H", "198.51.100.25", "--egress-target", f"{OTHERS[0]}", "--egress-target", f"{OTHERS[1]}",
                 "--egress-control", f"{OTHERS[2]}:587", "--stage-option", "egress:--connect-timeout=2", *words]
        result = self.box.run(PLUGINS / "check_mailpath", *words, user=user, env=environment())
        check_form(result, words)
        return result


class OnItsMachine(TestCase):
    assertFirst = Stages.assertFirst

    def nft(self, rule):
        box = Machine.get().box
        box.must("nft", "-f", "-", stdin="table inet f {\n chain o {\n  type filter hook output priority -200;\n"
                                         f"  ip daddr 203.0.113.0/24 {rule}\n }}\n}}\n")
        self.addCleanup(box.run, "nft", "delete", "table", "inet", "f")

    def test_all_is_well(self):
        result = Machine.get().check()
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "stage_passed", "egress", "2 of 2")
        self.assertFinding(result, "OK", "stage_passed", "queue", "the queue is empty")
        self.assertFinding(result, "OK", "stage_passed", "log", "1 sent")
        self.assertFinding(result, "OK", "stage_passed", "listener", "198.51.100.25:25")

    def test_the_way_out(self):
        for rule, words in (("tcp dport 25 drop", "timeout|timed out|no answer"),
                            ("tcp dport 25 reject with tcp reset", "refused"),
                            ("tcp dport 25 reject with icmpx admin-prohibited", "unreachable|route|prohibited")):
            with self.subTest(rule):
                self.nft(rule)
                result = Machine.get().check()
                self.assertFirst(result, "CRITICAL", "way out", "egress_25_blocked")
                self.assertRegex(result.out, fr"(?mi)^\[CRITICAL\] egress_25_blocked .*({words})")
                self.doCleanups()

    def test_no_network(self):
        self.nft("reject with icmpx no-route")
        result = Machine.get().check()
        self.assertRegex(result.lines[0], "MAILPATH (CRITICAL|UNKNOWN) - way out: ", str(result))

    def test_a_resolver_that_is_not_reached(self):
        box = Machine.get().box
        self.addCleanup(box.write, "/etc/resolv.conf", "nameserver 127.0.0.1\n")
        box.write("/etc/resolv.conf", "nameserver 192.0.2.53\n")
        result = Machine.get().check()
        self.assertState(result, "UNKNOWN")
        self.assertRegex(result.lines[0], r"MAILPATH UNKNOWN - resolver: 192.0.2.53:53: no answer .*: no way leads there", str(result))
        for stage in ("dns", "rdns", "sender", "receivers", "blocklists"):
            self.assertFinding(result, "OK", "stage_not_tested", stage, "it needs resolver")
        self.assertFinding(result, "OK", "stage_passed", "egress")

    def test_a_server_that_listens_elsewhere(self):
        machine = Machine.get()
        self.addCleanup(machine.start)
        self.addCleanup(machine.box.write, "/etc/postfix/main.cf", POSTFIX.format(addresses=ADDRESSES))
        self.addCleanup(machine.stop)
        machine.stop()
        machine.box.write("/etc/postfix/main.cf", POSTFIX.format(addresses="loopback-only"))
        machine.start()
        result = machine.check()
        self.assertFirst(result, "CRITICAL", "mail server", "listens_elsewhere", "somebody does on 127.0.0.1 - let the")

    def test_a_firewall_before_a_server_that_listens(self):
        box = Machine.get().box
        self.addCleanup(box.run, "nft", "delete", "table", "inet", "g")
        box.must("nft", "-f", "-", stdin="table inet g {\n chain i {\n  type filter hook input priority 0;\n"
                 "  ip daddr 198.51.100.25 tcp dport 25 reject with tcp reset\n }\n}\n")
        result = Machine.get().check()
        self.assertFirst(result, "CRITICAL", "mail server", "connect_refused", "198.51.100.25:25")
        self.assertNotIn("listens_elsewhere", result.out)

    def test_a_mail_system_that_is_down(self):
        machine = Machine.get()
        self.addCleanup(machine.start)
        machine.stop()
        result = machine.check()
        self.assertState(result, "CRITICAL")
        self.assertRegex(result.lines[0], "MAILPATH CRITICAL - mail server: 198.51.100.25:25: .*refused")
        self.assertFinding(result, "CRITICAL", "mail_system_down", "postfix")
        self.assertFinding(result, "OK", "stage_not_tested", "tls", "it needs listener")

    def test_what_waits(self):
        """A fault of ours that nothing else shows, told by the queue and the log."""
        machine = Machine.get()
        self.addCleanup(machine.box.must, "postsuper", "-d", "ALL")
        machine.deliver("refused.test")
        result = machine.check("--without", "log")
        self.assertState(result, "WARNING")
        self.assertRegex(result.lines[0], r"MAILPATH WARNING - queue: helo_rejected: 1 message")
        result = machine.check("--without", "queue")
        self.assertState(result, "WARNING")
        self.assertRegex(result.lines[0], r"MAILPATH WARNING - log: helo_rejected: 1 ")
        # Where both say it, it is one finding.
        result = machine.check()
        self.assertFinding(result, "WARNING", "helo_rejected", "helo_rejected", "the log says so, too: helo_rejected, 1 ")
        self.assertEqual(result.out.count("] helo_rejected "), 1)
        self.assertFinding(result, "OK", "stage_explained", "log")
        result = machine.check("--without", "log", "--stage-option", "queue:--warning=oldest=0")
        self.assertFinding(result, "WARNING", "threshold", "oldest")

    def test_what_the_log_says(self):
        machine = Machine.get()
        log = machine.box.must("cat", "/var/log/mail.log")
        self.addCleanup(machine.box.write, "/var/log/mail.log", log)
        stamp = log.strip().split(" mail postfix")[0].split("\n")[-1][:15]
        for line, option, reason in (
                ("postfix/smtpd[1]: fatal: open database /etc/aliases.db: Permission denied", "permission=0", "log_permission"),
                ("postfix/smtpd[1]: warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: "
                 "authentication failure", "auth_failed=0", "log_auth_failed"),
                ("postfix/smtpd[1]: SSL_accept error from unknown[203.0.113.9]: -1", "tls_failed=0", "log_tls_failed"),
                ("postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 554 5.7.1 <x@y.test>: Relay access "
                 "denied; from=<a@b.test> to=<x@y.test> proto=ESMTP helo=<b>", "rejected=0", "log_refused")):
            with self.subTest(reason):
                machine.box.write("/var/log/mail.log", f"{log}{stamp} mail {line}\n")
                result = machine.check("--without", "queue", "--stage-option", f"log:--warning={option}")
                self.assertState(result, "WARNING")
                self.assertRegex(result.lines[0], "MAILPATH WARNING - log: ", str(result))
                self.assertRegex(result.out, fr"(?m)^\[WARNING\] (threshold|{reason}) ")

    def test_a_machine_without_a_mail_server(self):
        """Who watches from elsewhere has no queue and no log, and that is no fault."""
        box = Box("mailpath-watcher", ())
        box.must("sh", "-c", "rm -rf /etc/postfix/main.cf /var/log/mail.log /var/log/exim4")
        words = ("-d", "healthy.example", "--with", "queue")
        result = box.run(PLUGINS / "check_mailpath", *words, user="nobody", env=environment())
        self.assertState(result, "UNKNOWN")
        words = ("-d", "healthy.example", "--without", "resolver,dns,listener,egress,rdns,tls,auth,sender,receivers,"
                 "blocklists")
        result = box.run(PLUGINS / "check_mailpath", *words, user="nobody", env=environment())
        self.assertFinding(result, "OK", "stage_not_tested", "queue", "none on this machine")
        self.assertFinding(result, "OK", "stage_not_tested", "log", "none on this machine")
