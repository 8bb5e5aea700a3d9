# SPDX-License-Identifier: GPL-3.0-or-later
"""check_mailpath on the quickstart's mail world: what is broken is named first, with
its cure, and what stands on it is not tested."""

import json
import os
import socket
import subprocess

from harness import BUILD, PLUGINS, TOP, FakeDNS, Once, Server, TestCase, environment, run
from servers.queues import PostfixQueue

WORLD = TOP / "contrib/world"


class World(Once):
    def __init__(self):
        self.dns = FakeDNS((WORLD / "dns.zone").read_text())
        self.smtp = Server([BUILD / "tests/e2e/servers/fakesmtp", WORLD / "receiver.smtp"],
                           stdout=subprocess.PIPE, text=True)
        self.port = int(self.smtp.process.stdout.readline())

    def check(self, name, *words, ip=None, port=None, **kwargs):
        ip = ip or {"healthy": "198.51.100.25", "ill": "192.0.2.25"}[name]
        return run("check_mailpath", "-d", f"{name}.example", "-H", "127.0.0.1", "--ip", ip, "--helo",
                   f"mail.{name}.example", "--mail-from", f"me@{name}.example", "--selector", "s1",
                   "--resolver", self.dns.resolver, "--stage-option", f"listener:--port={port or self.port}",
                   *words, **kwargs)


#: what depends on this machine is tried where it is meant
HERE = ("--without", "queue,log")


class Path(TestCase):
    def test_a_healthy_path_is_ok_with_its_evidence(self):
        result = World.get().check("healthy", *HERE)
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "stage_passed", "resolver", "answers")
        self.assertFinding(result, "OK", "stage_passed", "rdns", "leads back")
        self.assertFinding(result, "OK", "stage_passed", "sender", "as it should be")
        self.assertFinding(result, "OK", "stage_passed", "blocklists", "not listed")
        self.assertFinding(result, "OK", "stage_not_tested", "egress", "--egress-target")
        self.assertFinding(result, "OK", "stage_passed", "content", "the probe of check_smtp_send")
        self.assertEqual(result.value("stages_critical"), 0)

    def test_an_ill_path_names_each_fault_once_in_order(self):
        result = World.get().check("ill", *HERE)
        self.assertState(result, "CRITICAL")
        self.assertRegex(result.lines[0], "CRITICAL - reverse DNS and HELO: 192.0.2.25: it has no name")
        places = [result.out.index(f"] {reason}") for reason in
                  ("stage_passed resolver", "rdns_missing", "spf_include_broken", "dkim_key_weak",
                   "stage_explained receivers", "dnsbl_listed")]
        self.assertEqual(places, sorted(places))
        self.assertRegex(result.lines[0], "- ask hostmaster@provider.example, who runs ")
        # What follows from a fault is said with it.
        self.assertEqual(result.out.count("] rdns_missing "), 1)
        self.assertFinding(result, "CRITICAL", "spf_include_broken", "ill.example", "so: spf_permerror, permerror")
        self.assertFinding(result, "CRITICAL", "rdns_missing", "192.0.2.25", "breaks a rule of large receivers")
        self.assertNotIn("] rule_failed", result.out)
        self.assertNotIn("] spf_permerror", result.out)
        self.assertIn("fix: ask hostmaster@provider.example", result.out)

    def test_without_a_resolver_nothing_that_needs_it_is_tested(self):
        with_closed = ("--resolver", "127.0.0.1:1", "--dns-timeout", "0.2", "--dns-tries", "1")
        result = run("check_mailpath", "-d", "healthy.example", "-H", "127.0.0.1", "--ip", "198.51.100.25",
                     "--stage-option", f"listener:--port={World.get().port}", *with_closed, *HERE)
        self.assertState(result, "UNKNOWN")
        self.assertRegex(result.lines[0], "UNKNOWN - resolver: ")
        for stage in ("dns", "rdns", "sender", "receivers", "blocklists"):
            self.assertFinding(result, "OK", "stage_not_tested", stage, "it needs resolver")
        self.assertFinding(result, "OK", "stage_passed", "listener")
        self.assertEqual(len([line for line in result.lines if line.startswith("[UNKNOWN]")]), 1)

    def test_a_domain_that_does_not_exist(self):
        result = World.get().check("absent", *HERE, ip="198.51.100.25")
        self.assertState(result, "CRITICAL")
        self.assertRegex(result.lines[0], "CRITICAL - DNS of the domain: ")
        self.assertFinding(result, "OK", "stage_not_tested", "sender", "it needs dns")

    def test_a_mail_server_that_is_not_there(self):
        result = World.get().check("healthy", *HERE, port=1)
        self.assertState(result, "CRITICAL")
        self.assertRegex(result.lines[0], "CRITICAL - mail server: ")
        self.assertFinding(result, "OK", "stage_not_tested", "tls", "it needs listener")
        self.assertFinding(result, "OK", "stage_not_tested", "auth", "it needs listener")

    def test_what_the_queue_says_is_evidence_for_its_cause(self):
        queue, world = PostfixQueue.get(), World.get()
        listing = queue.box.folder / "listing"
        listing.write_text("".join(json.dumps(message) + "\n" for message in queue.listing()))
        listing.chmod(0o644)
        result = world.check("ill", "--without", "log", "--stage-option", f"queue:--input={listing}")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "rdns_missing", "192.0.2.25", "the queue says so, too: ptr_missing")
        self.assertFinding(result, "CRITICAL", "dnsbl_listed", "psbl.surriel.com", "blocklisted, 1 message")
        self.assertNotIn("] ptr_missing ", result.out)
        # What has a cause is no good queue, and what has none stands for itself.
        self.assertNotIn("] stage_passed queue: ", result.out)
        listing.write_text("".join(json.dumps(message) + "\n" for message in queue.listing()
                                   if "blocklisted.test" in json.dumps(message)))
        result = world.check("ill", "--with", "queue,blocklists", "--stage-option", f"queue:--input={listing}")
        self.assertFinding(result, "OK", "stage_explained", "queue", "1 of 1 messages: blocklisted")
        # A cause is as bad as what it does, and is counted so.
        result = world.check("ill", "--with", "queue,blocklists", "--stage-option", f"queue:--input={listing}",
                             "--stage-option", "queue:--critical=self_inflicted=0", "--stage-option",
                             "blocklists:--state-for=dnsbl_listed=warning")
        self.assertFinding(result, "CRITICAL", "dnsbl_listed", "psbl.surriel.com", "the queue says so, too: blocklisted")
        self.assertEqual([result.value(f"stages_{word}") for word in ("critical", "warning", "ok")], [1, 0, 0])

    def test_a_plugin_that_gives_no_answer_is_unknown(self):
        result = World.get().check("healthy", "--with", "queue", "--stage-option", "queue:--nonsense")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "plugin_failed", "queue", "nonsense")

    def test_only_some_stages(self):
        result = World.get().check("healthy", "--with", "resolver,dns", "--output", "json")
        self.assertState(result, "OK")
        self.assertEqual([stage["stage"] for stage in result.json["data"]["stages"]], ["resolver", "dns"])
        self.assertEqual(result.json["data"]["stages"][1]["reports"][0]["plugin"], "check_spf_dmarc")

    def test_the_deadline_holds(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            result = run("check_mailpath", "-d", "healthy.example", "-H", "127.0.0.1", "--resolver",
                         f"127.0.0.1:{silent.getsockname()[1]}", "--ip", "198.51.100.25", "--dns-timeout", "20",
                         "--stage-option", f"listener:--port={World.get().port}", *HERE, "-t", "4")
        self.assertState(result, "UNKNOWN")
        self.assertTrue(1 < result.seconds < 4.5, str(result))
        # The plugin says so itself, or is ended, where the machine is slow.
        self.assertRegex(result.out, r"(?m)^\[UNKNOWN\] timeout \S+: .*(waiting for 127.0.0.1:|was not through)")
        self.assertNotIn("stage_passed resolver", result.out)
        self.assertFinding(result, "OK", "stage_passed", "listener")

    def test_who_watches_sees_each_plugin_end(self):
        ours, theirs = os.openpty()
        try:
            words = (PLUGINS / "check_mailpath", "-d", "healthy.example", "--ip", "198.51.100.25", "--with", "rdns,blocklists",
                     "--resolver", World.get().dns.resolver)
            done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs, check=False,
                                  env=environment())
            shown = os.read(ours, 4096).decode().splitlines()
        finally:
            os.close(ours)
            os.close(theirs)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(sorted(line.split()[0] for line in shown), ["blocklists", "rdns"])
        for line in shown:
            self.assertRegex(line, r"^\w+ +OK \(\d+\.\d s\)$")
        # And who does not, sees nothing of it.
        self.assertEqual(run("check_mailpath", *words[1:]).err, "")

    def test_prometheus(self):
        result = World.get().check("healthy", *HERE, "--output", "prometheus")
        self.assertIn('mailpath_mailpath_stages_ok{target="healthy.example"}', result.out)

    def test_wrong_usage(self):
        self.assertUsage(run("check_mailpath"), "-d DOMAIN")
        self.assertUsage(run("check_mailpath", "-d", "a.test", "--with", "pigeons"), "pigeons")
        self.assertUsage(run("check_mailpath", "-d", "a.test", "--stage-option", "pigeons:--fly"), "pigeons")
        self.assertUsage(run("check_mailpath", "-d", "a.test", "--stage-option", "queue"), "STAGE:OPTION")
        self.assertUsage(run("check_mailpath", "-d", "a.test", "--egress-target", "b.test"), "two")
