# SPDX-License-Identifier: GPL-3.0-or-later
"""check_rdns on zones that NSD serves and unbound resolves, and on servers that misbehave."""

import itertools
import random
import re
import socket
import unittest

from harness import IS_ROOT, WORK, FakeDNS, Once, TestCase, free_port, run
from servers.dns import start_nsd, start_unbound
from servers.hostile import Closed, Hostile, close, pause, silence

NET = "2.0.192.in-addr.arpa"
CLASSLESS = f"0/25.{NET}"
NAMES = [f"many{i:02}" for i in range(12)]

#: 192.0.2.N: what stands at it
POINTERS = {
    1: ["mail.rdns.test."],
    2: ["elsewhere.rdns.test."],
    3: ["gone.rdns.test."],
    5: ["text.rdns.test."],
    6: ["no\\032host.rdns.test."],
    7: ["host7.rdns.test"],                  # the dot was forgotten
    8: ["eight.rdns.test.", "gone.rdns.test."],
    9: [f"{name}.rdns.test." for name in NAMES],
    10: ["192-0-2-10.dyn.provider.test."],
    11: ["sick.fake.test."],
    12: ["static-12.rdns.test."],
    13: ["evil\\`id\\`\\$x\\|.rdns.test."],
    14: ["six.rdns.test."],
    25: ["mx.other-name.test."],
}

FORWARD = """
mail IN A 192.0.2.1
mail IN AAAA 2001:db8::25
elsewhere IN A 192.0.2.99
text IN TXT "no address"
eight IN A 192.0.2.8
customer IN A 192.0.2.20
static-12 IN A 192.0.2.12
six IN AAAA 2001:db8::14
both IN A 192.0.2.1
both IN A 192.0.2.2
both IN AAAA 2001:db8::25
inside IN A 10.0.0.25
half IN A 10.0.0.25
half IN A 192.0.2.1
local IN A 127.0.0.1
@ IN MX 10 mail
@ IN MX 20 elsewhere
sender IN MX 10 mail.rdns.test.
nullmx IN MX 0 .
nohost IN MX 10 gone.rdns.test.
implicit IN A 192.0.2.1
sicksender IN MX 10 sick.fake.test.
""" + "".join(f"{name} IN A 192.0.2.9\n" for name in NAMES)


def zone(name, records, server="ns1.provider.test.", contact="host\\.master.provider.test."):
    return (f"$ORIGIN {name}.\n$TTL 60\n@ IN SOA {server} {contact} 1 600 300 86400 60\n"
            f"@ IN NS {server}\n{records}")


def reverse_records():
    text = "4 IN TXT \"no PTR here\"\n"
    for number, names in POINTERS.items():
        for name in names:
            text += f"{number} IN PTR {name}\n"
    return text + f"20 IN CNAME 20.{CLASSLESS}.\n21 IN CNAME 21.{CLASSLESS}.\n" \
                  "22 IN CNAME 22.rev.rdns.test.\n"


ZONES = {
    NET: zone(NET, reverse_records()),
    CLASSLESS: zone(CLASSLESS, "20 IN PTR customer.rdns.test.\n", "ns.customer.test.", "root.customer.test."),
    "0.203.in-addr.arpa": zone("0.203.in-addr.arpa", "", "ns.registry.test.", "dns.registry.test."),
    "198.in-addr.arpa": zone("198.in-addr.arpa", "", "ns.registry.test.", "dns.registry.test."),
    "9.0.192.in-addr.arpa": zone("9.0.192.in-addr.arpa", "1 IN PTR mail.rdns.test.\n"),
    "8.b.d.0.1.0.0.2.ip6.arpa": zone(
        "8.b.d.0.1.0.0.2.ip6.arpa", "5.2" + ".0" * 22 + " IN PTR mail.rdns.test.\n"),
    "0.0.127.in-addr.arpa": zone("0.0.127.in-addr.arpa", "1 IN PTR local.rdns.test.\n"),
    "rdns.test": zone("rdns.test", FORWARD),
    "provider.test": zone("provider.test", "192-0-2-10.dyn IN A 192.0.2.10\n"),
    "other-name.test": zone("other-name.test", "mx IN A 192.0.2.25\n"),
}

#: a trust anchor for a zone that is not signed: all of it is bogus
BOGUS = ("9.0.192.in-addr.arpa. DS 12345 13 2 "
         "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF")


class DNS(Once):
    """NSD with all zones, and unbound in front; 113.0.203.in-addr.arpa is delegated to
    a server that does not have it."""

    def __init__(self):
        folder = WORK / "rdns"
        folder.mkdir()
        folder.chmod(0o777)
        files = {}
        for name, text in ZONES.items():
            files[name] = name.replace("/", "-") + ".zone"
            (folder / files[name]).write_text(text)
        self.nsd, port = start_nsd(folder, files, "mail.rdns.test")
        self.fake = FakeDNS("sick.fake.test !rcode 2\n*.113.0.203.in-addr.arpa !rcode 5\n"
                            "113.0.203.in-addr.arpa !rcode 5\n")
        self.unbound, self.port = start_unbound(
            folder, dict.fromkeys(ZONES, port) | {"113.0.203.in-addr.arpa": self.fake.port, "fake.test": self.fake.port},
            "mail.rdns.test",
            f'  module-config: "validator iterator"\n  trust-anchor: "{BOGUS}"\n')
        self.resolver = f"127.0.0.1:{self.port}"


def rdns(*words, **kwargs):
    return run("check_rdns", "--resolver", DNS.get().resolver, *words, **kwargs)


def only(result):
    """The one address of JSON output."""
    (address,) = result.json["data"]["addresses"]
    return address


class Case(TestCase):
    def assertFix(self, result, *words):
        fixes = [line for line in result.lines if line.startswith("    fix: ")]
        self.assertTrue(any(all(word in fix for word in words) for fix in fixes),
                        f"no fix with {words} in {result}")


class Results(Case):
    """The four of RFC 8601, why, and who can mend it."""

    def test_pass(self):
        result = rdns("-H", "192.0.2.1")
        self.assertState(result, "OK")
        self.assertRegex(result.lines[0], r"^RDNS OK - 192\.0\.2\.1 is mail\.rdns\.test, which leads back to it \| "
                                          r"failed=0;;0;0;1 confirmed=1;;;0;1 ptr_count=1;;;0 time=")
        self.assertEqual(len(result.lines), 1)
        result = rdns("-H", "192.0.2.1", "-v")
        self.assertFinding(result, "OK", "rdns_confirmed", "192.0.2.1",
                           f"mail.rdns.test leads to 192.0.2.1; the zone {NET} is run by ns1.provider.test, "
                           "contact host.master@provider.test")

    def test_pass_in_json(self):
        result = rdns("-H", "192.0.2.1", "--output", "json")
        self.assertEqual(result.json["data"], {"addresses": [{
            "address": "192.0.2.1", "iprev": "pass", "why": "confirmed",
            "ptr": [{"name": "mail.rdns.test", "confirmed": True, "addresses": ["192.0.2.1"]}],
            "cname": [],
            "owner": {"zone": NET, "mname": "ns1.provider.test", "rname": "host\\.master.provider.test"},
            "generic": False}]})

    def test_ipv6(self):
        result = rdns("-H", "2001:db8::25", "--output", "json")
        self.assertState(result, "OK")
        self.assertEqual(only(result)["owner"]["zone"], "8.b.d.0.1.0.0.2.ip6.arpa")
        result = rdns("-H", "2001:db8::26")
        self.assertFinding(result, "CRITICAL", "rdns_missing", "2001:db8::26", "NXDOMAIN")

    def test_permerror_names_who_can_mend_it(self):
        for number, why, word in ((200, "nxdomain", "NXDOMAIN"), (4, "nodata", "NODATA")):
            result = rdns("-H", f"192.0.2.{number}", "--helo", "mail.rdns.test", "--ignore", "helo_unconfirmed")
            self.assertState(result, "CRITICAL")
            self.assertFinding(result, "CRITICAL", "rdns_missing", f"192.0.2.{number}",
                               f"it has no name: {number}.{NET} ")
            self.assertIn(f"({word}); the zone {NET} is run by ns1.provider.test", result.out)
            self.assertFix(result, f"ask host.master@provider.test, who runs {NET} (server ns1.provider.test), to "
                                   f"publish: {number}.{NET}. PTR mail.rdns.test.")
            self.assertTrue(result.perfdata["failed"].startswith("1;;0;0;1"))
            self.assertIn(f" - 192.0.2.{number} has no name: ask host.master@provider.test, who runs {NET}",
                          result.lines[0])
            found = only(rdns("-H", f"192.0.2.{number}", "--output", "json"))
            self.assertEqual((found["iprev"], found["why"], found["ptr"]), ("permerror", why, []))

    def test_a_network_that_nobody_has_a_zone_for(self):
        result = rdns("-H", "198.51.101.1")
        self.assertFinding(result, "CRITICAL", "rdns_missing", "198.51.101.1")
        self.assertFix(result, "ask your provider to have the network delegated: no zone below 198.in-addr.arpa",
                       "PTR NAME-OF-YOUR-MAIL-SERVER")

    def test_fail(self):
        for number, why, text, fix in (
                (2, "elsewhere", "elsewhere.rdns.test leads to 192.0.2.99", "publish elsewhere.rdns.test. A 192.0.2.2"),
                (3, "unresolved", "gone.rdns.test does not exist", "publish gone.rdns.test. A 192.0.2.3"),
                (5, "unresolved", "text.rdns.test has no A record", "publish text.rdns.test. A 192.0.2.5"),
                (14, "unresolved", "six.rdns.test has no A record", "publish six.rdns.test. A 192.0.2.14"),
                (6, "no_name", '"no?032host.rdns.test" is no host name', "ask host.master@provider.test"),
                (7, "unresolved", f"host7.rdns.test.{NET} does not exist", "the dot behind the name was forgotten")):
            result = rdns("-H", f"192.0.2.{number}")
            self.assertState(result, "CRITICAL")
            self.assertFinding(result, "CRITICAL", "rdns_unconfirmed", f"192.0.2.{number}", text)
            self.assertFix(result, fix, f"{number}.{NET}. PTR ")
            found = only(rdns("-H", f"192.0.2.{number}", "--output", "json"))
            self.assertEqual((found["iprev"], found["why"]), ("fail", why))
            self.assertEqual(len(found["ptr"]), 1)

    def test_servfail_is_unknown(self):
        result = rdns("-H", "192.0.2.11")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "dns_temporary", "192.0.2.11",
                           "asking for the A record of sick.fake.test gave: servfail")
        self.assertTrue(result.perfdata["failed"].startswith("0;") and result.perfdata["confirmed"].startswith("0;"))
        found = only(rdns("-H", "192.0.2.11", "--output", "json"))
        self.assertEqual((found["iprev"], found["why"]), ("temperror", "servfail"))

    def test_a_lame_zone_is_unknown_and_named(self):
        result = rdns("-H", "203.0.113.1")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "rdns_lame", "203.0.113.1",
                           "the zone 113.0.203.in-addr.arpa is delegated to servers that do not answer; "
                           "the zone 0.203.in-addr.arpa is run by ns.registry.test")
        self.assertFix(result, "let the servers of 113.0.203.in-addr.arpa serve that zone", "dns@registry.test")
        found = only(rdns("-H", "203.0.113.1", "--output", "json"))
        self.assertEqual((found["iprev"], found["why"], found["owner"]["zone"]),
                         ("temperror", "lame", "0.203.in-addr.arpa"))

    def test_what_dnssec_rejects_is_unknown_and_said(self):
        result = rdns("-H", "192.0.9.1")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "dnssec_bogus", "192.0.9.1")
        self.assertEqual(only(rdns("-H", "192.0.9.1", "--output", "json"))["why"], "bogus")

    def test_classless_delegation_is_shown(self):
        found = only(rdns("-H", "192.0.2.20", "--output", "json"))
        self.assertEqual(found["cname"], [f"20.{CLASSLESS}"])
        self.assertEqual(found["owner"], {"zone": CLASSLESS, "mname": "ns.customer.test",
                                          "rname": "root.customer.test"})
        result = rdns("-H", "192.0.2.20", "-v")
        self.assertFinding(result, "OK", "rdns_confirmed", "192.0.2.20", f"(20.{NET} -> 20.{CLASSLESS})")
        result = rdns("-H", "192.0.2.21")
        self.assertFinding(result, "CRITICAL", "rdns_missing", "192.0.2.21", f"21.{NET} -> 21.{CLASSLESS}")
        self.assertFix(result, f"ask root@customer.test, who runs {CLASSLESS}", f"publish: 21.{CLASSLESS}. PTR ")
        result = rdns("-H", "192.0.2.22")
        self.assertFinding(result, "CRITICAL", "rdns_missing", "192.0.2.22", f"22.{NET} -> 22.rev.rdns.test")

    def test_a_hundred_addresses_are_judged_at_once(self):
        result = rdns("-H", "192.0.2.0/25", "--output", "json")
        self.assertEqual(len(result.json["data"]["addresses"]), 128)
        self.assertLess(result.seconds, 6)


class Names(Case):
    def test_one_good_name_is_enough_and_the_other_is_said(self):
        result = rdns("-H", "192.0.2.8", "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "rdns_partly_confirmed", "192.0.2.8", "gone.rdns.test does not exist")
        self.assertEqual(result.value("ptr_count"), 2)
        self.assertState(rdns("-H", "192.0.2.8", "--state-for", "rdns_partly_confirmed=warning"), "WARNING")
        self.assertState(rdns("-H", "192.0.2.8", "-w", "ptr_count=1"), "WARNING")

    def test_no_more_than_ten_are_looked_at(self):
        result = rdns("-H", "192.0.2.9", "--output", "json")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "rdns_too_many", "192.0.2.9", "12 names")
        self.assertEqual([name["name"] for name in only(result)["ptr"]],
                         [f"{name}.rdns.test" for name in NAMES[:10]])

    def test_generic_names(self):
        result = rdns("-H", "192.0.2.10")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "rdns_generic", "192.0.2.10",
                           "192-0-2-10.dyn.provider.test looks like a name that a provider gives to each "
                           "address: the address stands in it: 192-0-2-10")
        self.assertFix(result, f"10.{NET}. PTR NAME-OF-YOUR-MAIL-SERVER")
        self.assertState(rdns("-H", "192.0.2.10", "--generic", "ok"), "OK")
        self.assertState(rdns("-H", "192.0.2.10", "--generic", "critical"), "CRITICAL")
        self.assertTrue(only(rdns("-H", "192.0.2.10", "--output", "json"))["generic"])
        self.assertState(rdns("-H", "192.0.2.12"), "OK")
        result = rdns("-H", "192.0.2.12", "--generic-regex", "^nothing$", "--generic-regex", "^STATIC-[0-9]+\\.")
        self.assertFinding(result, "WARNING", "rdns_generic", "192.0.2.12", "--generic-regex says so")

    def test_expected_names(self):
        for expected in ("mail.rdns.test", "MAIL.rdns.test.", "/^mail\\./", "/^MAIL[.]rdns[.]test$/"):
            self.assertState(rdns("-H", "192.0.2.1", "--expect", expected), "OK")
        self.assertState(rdns("-H", "192.0.2.1", "-e", "other.test", "-e", "mail.rdns.test"), "OK")
        result = rdns("-H", "192.0.2.1", "--expect", "mx.rdns.test")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "rdns_unexpected", "192.0.2.1",
                           "its name is mail.rdns.test, and was to be mx.rdns.test")
        self.assertFix(result, f"1.{NET}. PTR mx.rdns.test.")
        self.assertState(rdns("-H", "192.0.2.1", "--expect", "/^mx/"), "CRITICAL")
        # One cause is one finding.
        result = rdns("-H", "192.0.2.200", "--expect", "mail.rdns.test")
        self.assertNotIn("rdns_unexpected", result.out)

    def test_what_strangers_put_into_names_is_data(self):
        result = rdns("-H", "192.0.2.13")
        self.assertFinding(result, "CRITICAL", "rdns_unconfirmed", "192.0.2.13")
        self.assertNotIn("`", result.out)
        self.assertNotIn("$", result.out)

    def test_thresholds_and_ignoring(self):
        self.assertState(rdns("-H", "192.0.2.2", "-c", "1"), "OK")
        self.assertState(rdns("-H", "192.0.2.2", "-w", "0", "-c", "1"), "WARNING")
        result = rdns("-H", "192.0.2.2", "--ignore", "rdns_unconfirmed:192.0.2.2")
        self.assertState(result, "OK")
        self.assertEqual(result.value("failed"), 1)
        self.assertState(rdns("-H", "192.0.2.1", "-w", "confirmed=2:"), "WARNING")


class Targets(Case):
    def test_all_addresses_of_a_name(self):
        result = rdns("-H", "both.rdns.test", "--output", "json")
        self.assertState(result, "CRITICAL")
        self.assertEqual([a["address"] for a in result.json["data"]["addresses"]],
                         ["192.0.2.1", "192.0.2.2", "2001:db8::25"])
        self.assertEqual([a["iprev"] for a in result.json["data"]["addresses"]], ["pass", "fail", "pass"])
        text = rdns("-H", "both.rdns.test")
        self.assertEqual((text.value("confirmed"), text.value("failed"), text.value("ptr_count")), (2, 1, 3))
        self.assertState(rdns("-H", "both.rdns.test", "-6"), "OK")
        self.assertIn("3 addresses", rdns("-H", "mail.rdns.test", "-H", "192.0.2.8").lines[0])

    def test_all_servers_of_a_domain(self):
        result = rdns("--mx", "rdns.test", "--output", "json")
        self.assertEqual([a["address"] for a in result.json["data"]["addresses"]],
                         ["192.0.2.1", "192.0.2.99", "2001:db8::25"])
        self.assertEqual(result.json["target"], "rdns.test")

    def test_addresses_that_nobody_sees(self):
        for address in ("10.0.0.25", "192.168.1.1", "100.64.0.1", "fd00::25", "fe80::1", "inside.rdns.test"):
            result = rdns("-H", address)
            self.assertState(result, "UNKNOWN")
            self.assertIn("[UNKNOWN] address_not_public ", result.out)
            self.assertNotIn("failed=", result.out)
        result = rdns("-H", "half.rdns.test")
        self.assertState(result, "UNKNOWN")
        self.assertEqual(result.value("confirmed"), 1)

    def test_a_name_that_is_not_there(self):
        result = rdns("-H", "nothing.rdns.test")
        self.assertFinding(result, "UNKNOWN", "dns_no_host", "nothing.rdns.test")
        self.assertState(result, "UNKNOWN")


class Helo(Case):
    def test_it_must_lead_to_the_address(self):
        result = rdns("-H", "192.0.2.1", "--helo", "mail.rdns.test", "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "helo_confirmed", "192.0.2.1", 'EHLO says "mail.rdns.test"')
        for name, text in (("elsewhere.rdns.test", "which leads to 192.0.2.99 and not to this address"),
                           ("gone.rdns.test", "and there is no such name"),
                           ("text.rdns.test", "which has no A record")):
            result = rdns("-H", "192.0.2.1", "--helo", name)
            self.assertState(result, "CRITICAL")
            self.assertFinding(result, "CRITICAL", "helo_unconfirmed", "192.0.2.1", text)
            self.assertFix(result, f"publish {name}. A 192.0.2.1; or let the mail server say mail.rdns.test")
        result = rdns("-H", "192.0.2.1", "--helo", "sick.fake.test")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "dns_temporary", "192.0.2.1", "sick.fake.test gave: servfail")

    def test_it_need_not_be_the_same_name_unless_asked_for(self):
        words = ("-H", "192.0.2.1", "--helo", "both.rdns.test")
        self.assertState(rdns(*words), "OK")
        self.assertState(rdns(*words, "--helo-match", "none"), "OK")
        self.assertState(rdns(*words, "--helo-match", "org"), "OK")
        result = rdns(*words, "--helo-match", "strict")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "helo_mismatch", "192.0.2.1",
                           'EHLO says "both.rdns.test", and the address has the name mail.rdns.test')
        self.assertState(rdns("-H", "192.0.2.1", "-F", "mail.rdns.test", "--helo-match", "strict"), "OK")

    def test_another_organization(self):
        fake = FakeDNS("25.2.0.192.in-addr.arpa PTR mx.provider.example\nmx.provider.example A 192.0.2.25\n"
                       "mail.own.example A 192.0.2.25\n")
        self.addCleanup(fake.stop)
        words = ("-H", "192.0.2.25", "--helo", "mail.own.example", "--resolver", fake.resolver)
        self.assertState(run("check_rdns", *words), "OK")
        result = run("check_rdns", *words, "--helo-match", "org")
        self.assertFinding(result, "CRITICAL", "helo_mismatch", "192.0.2.25", "another organization's")

    def test_what_is_no_full_name(self):
        for name, state, text in (("[192.0.2.1]", "WARNING", "an address in brackets"),
                                  ("[192.0.2.2]", "CRITICAL", "another address"),
                                  ("192.0.2.1", "CRITICAL", "an address, which"),
                                  ("localhost", "CRITICAL", "a name of one word")):
            result = rdns("-H", "192.0.2.1", "--helo", name)
            self.assertState(result, state)
            self.assertFinding(result, state, "helo_not_a_name", "192.0.2.1", text)
        self.assertState(rdns("-H", "2001:db8::25", "--helo", "[IPv6:2001:db8::25]"), "WARNING")

    def test_sender_domain(self):
        words = ("-H", "192.0.2.1", "--sender-domain")
        for domain in ("rdns.test", "sender.rdns.test", "implicit.rdns.test"):
            result = rdns(*words, domain, "-v")
            self.assertState(result, "OK")
            self.assertFinding(result, "OK", "published", domain)
        for domain, reason in (("nullmx.rdns.test", "null_mx"), ("text.rdns.test", "mx_missing"),
                               ("gone.rdns.test", "mx_missing"), ("nohost.rdns.test", "mx_missing")):
            result = rdns(*words, domain)
            self.assertState(result, "CRITICAL")
            self.assertFinding(result, "CRITICAL", reason, domain)
        for domain, subject in (("sicksender.rdns.test", "sick.fake.test"), ("sick.fake.test", "sick.fake.test")):
            result = rdns(*words, domain)
            self.assertState(result, "UNKNOWN")
            self.assertFinding(result, "UNKNOWN", "dns_temporary", subject)
        result = rdns("--sender-domain", "nullmx.rdns.test", "--output", "json")
        self.assertEqual(result.json["data"]["sender_domain"],
                         {"domain": "nullmx.rdns.test", "takes_mail_by": "null_mx", "good_hosts": 0})
        self.assertEqual(result.json["target"], "nullmx.rdns.test")


class Banner(Case):
    def banner(self, script, *words):
        with Hostile({"banner": script}) as server:
            return rdns("-H", "127.0.0.1", "--banner", "-p", server.port, *words)

    def test_its_name_leads_to_the_address(self):
        result = self.banner("220 local.rdns.test ESMTP", "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "helo_confirmed", "127.0.0.1", 'the banner says "local.rdns.test"')
        result = self.banner("220-local.rdns.test ESMTP\n220 no spam", "--helo-match", "strict", "--output", "json")
        self.assertState(result, "OK")
        self.assertEqual(only(result)["helo"],
                         {"name": "local.rdns.test", "confirmed": True, "addresses": ["127.0.0.1"]})

    def test_it_does_not(self):
        result = self.banner("220 mail.rdns.test ESMTP")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "helo_unconfirmed", "127.0.0.1",
                           'the banner says "mail.rdns.test", which leads to 192.0.2.1')
        self.assertFinding(self.banner("220 *****"), "WARNING", "helo_not_a_name", "127.0.0.1", '"*****"')
        self.assertFinding(self.banner("220 ESMTP `id` | ready"), "WARNING", "helo_not_a_name", "127.0.0.1")
        self.assertFinding(self.banner("220 local"), "WARNING", "helo_not_a_name", "127.0.0.1")
        self.assertFinding(self.banner("220 "), "WARNING", "helo_not_a_name", "127.0.0.1")

    def test_what_cannot_be_read_is_unknown(self):
        for script, reason in (("554 local.rdns.test no", "service_unavailable"), ("HTTP/1.1 400", "protocol_error"),
                               (b"\xff\xfe\n", "protocol_error"), (close, "connection_lost"),
                               ("220 " + "x" * 5000, "protocol_error")):
            result = self.banner(script)
            self.assertState(result, "UNKNOWN")
            self.assertFinding(result, "UNKNOWN", reason, "127.0.0.1")
            self.assertEqual(result.value("confirmed"), 1)
        with Closed() as closed:
            result = rdns("-H", "127.0.0.1", "--banner", "-p", closed.port)
        self.assertFinding(result, "UNKNOWN", "connect_refused", "127.0.0.1", "does not tell its name")

    def test_a_silent_server_takes_nothing_from_the_rest(self):
        result = self.banner(silence, "-t", "2:warning")
        self.assertFinding(result, "WARNING", "timeout", "127.0.0.1",
                           "timeout after 2 s in stage banner, waiting for 127.0.0.1:")
        self.assertEqual(result.value("confirmed"), 1)
        self.assertLess(result.seconds, 2.7)
        self.assertState(self.banner((pause(0.5), "220 local.rdns.test")), "OK")


@unittest.skipUnless(IS_ROOT, "needs root: the servers of a zone are asked on port 53")
class Servers(Case):
    """--all-ns: NSD on port 53 of addresses of its own."""

    @classmethod
    def setUpClass(cls):
        base = f"127.{random.randrange(60, 250)}.{random.randrange(1, 250)}"
        cls.addresses = [f"{base}.{n}" for n in range(1, 5)]
        cls.servers = []
        hosts = "".join(f"ns{n} IN A {address}\n" for n, address in enumerate(cls.addresses, 1))
        hosts += "mail IN A 198.51.100.1\nmail IN A 198.51.100.2\nmail IN A 198.51.100.3\n"
        hosts += "nowhere IN TXT \"no address\"\n"
        reverse = "100.51.198.in-addr.arpa"
        more = "@ IN NS ns2.servers.test.\n@ IN NS ns3.servers.test.\n"
        versions = [
            {reverse: more + "1 IN PTR mail.servers.test.\n2 IN PTR mail.servers.test.\n",
             "113.0.203.in-addr.arpa": "@ IN NS ns2.servers.test.\n1 IN PTR mail.servers.test.\n",
             "servers.test": hosts},
            {reverse: more + "1 IN PTR mail.servers.test.\n2 IN PTR old.servers.test.\n",
             "113.0.203.in-addr.arpa": "@ IN NS ns2.servers.test.\n1 IN PTR mail.servers.test.\n"},
            {"113.0.203.in-addr.arpa": ""},     # it does not have the other zone
        ]
        for number, (address, zones) in enumerate(zip(cls.addresses, versions)):
            folder = WORK / f"rdns-ns{number}"
            folder.mkdir()
            folder.chmod(0o777)
            for name, records in zones.items():
                (folder / name).write_text(zone(name, records, "ns1.servers.test.", "root.servers.test."))
            server, _ = start_nsd(folder, {name: name for name in zones}, "1.113.0.203.in-addr.arpa",
                                  address=address, port=53)
            cls.servers.append(server)
        folder = WORK / "rdns-resolver"
        folder.mkdir()
        folder.chmod(0o777)
        text = '  module-config: "iterator"\n'
        for name in (reverse, "113.0.203.in-addr.arpa", "servers.test"):
            text += f'  local-zone: "{name}." transparent\nstub-zone:\n  name: "{name}"\n' \
                    f'  stub-addr: {cls.addresses[0]}@53\nserver:\n'
        unbound, port = start_unbound(folder, {}, "mail.servers.test", text)
        cls.servers.append(unbound)
        cls.resolver = f"127.0.0.1:{port}"

    @classmethod
    def tearDownClass(cls):
        for server in cls.servers:
            server.stop()

    def all_ns(self, address, *words):
        return run("check_rdns", "-H", address, "--all-ns", "--resolver", self.resolver, "--dns-timeout", "0.5",
                   *words)

    def test_they_agree(self):
        result = self.all_ns("203.0.113.1", "-v", "--ignore", "rdns_unconfirmed")
        self.assertFinding(result, "OK", "rdns_servers_agree", "203.0.113.1",
                           "2 servers of 113.0.203.in-addr.arpa say the same")

    def test_one_of_them_has_another_name_and_one_has_nothing(self):
        result = self.all_ns("198.51.100.2")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "rdns_servers_differ", "198.51.100.2",
                           f"the server ns2.servers.test ({self.addresses[1]}) of 100.51.198.in-addr.arpa says "
                           "old.servers.test, and the resolver mail.servers.test")
        self.assertFinding(result, "WARNING", "rdns_server_lame", "198.51.100.2",
                           f"ns3.servers.test ({self.addresses[2]}) of 100.51.198.in-addr.arpa does not serve it: "
                           "refused")
        servers = only(self.all_ns("198.51.100.2", "--output", "json"))["servers"]
        self.assertEqual(sorted((s["server"], s["status"], s["ptr"]) for s in servers),
                         [("ns1.servers.test", "found", ["mail.servers.test"]),
                          ("ns2.servers.test", "found", ["old.servers.test"]),
                          ("ns3.servers.test", "refused", [])])

    def test_one_of_them_is_silent(self):
        self.servers[2].stop()
        result = self.all_ns("198.51.100.1")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "dns_temporary", "198.51.100.1",
                           f"the server ns3.servers.test ({self.addresses[2]})")

    def test_z_which_servers_there_are_is_not_known(self):
        result = run("check_rdns", "-H", "192.0.2.1", "--all-ns", "--resolver", DNS.get().resolver)
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "dns_temporary", "192.0.2.1", "no server of the zone is known")


class Misdeeds(Case):
    """Servers that say what makes no sense: never OK, never CRITICAL."""

    def test_answers_that_are_none(self):
        for misdeed in ("rcode 2", "rcode 5", "drop", "wrong-id", "other-name", "other-owner", "lie", "garbage",
                        "loop", "half", "spoof", "refer", "tcp-size 20", "rcode 11"):
            fake = FakeDNS(f"25.2.0.192.in-addr.arpa !{misdeed}\n")
            result = run("check_rdns", "-H", "192.0.2.25", "--resolver", fake.resolver, "--dns-timeout", "0.2",
                         "--dns-tries", "1")
            fake.stop()
            self.assertState(result, "UNKNOWN")
            self.assertNotIn("rdns_missing", result.out, misdeed)

    def test_the_same_for_the_name_of_the_address(self):
        for misdeed in ("rcode 2", "drop", "garbage", "other-owner", "half"):
            fake = FakeDNS(f"25.2.0.192.in-addr.arpa PTR mail.test\nmail.test !{misdeed}\n")
            result = run("check_rdns", "-H", "192.0.2.25", "--resolver", fake.resolver, "--dns-timeout", "0.2",
                         "--dns-tries", "1")
            fake.stop()
            self.assertState(result, "UNKNOWN")

    def test_aliases_in_a_circle_and_nowhere(self):
        fake = FakeDNS("1.2.0.192.in-addr.arpa CNAME 1.2.0.192.in-addr.arpa\n"
                       "2.2.0.192.in-addr.arpa CNAME a.test\na.test CNAME b.test\nb.test CNAME a.test\n"
                       "3.2.0.192.in-addr.arpa CNAME gone.test\n")
        self.addCleanup(fake.stop)
        for number, state in ((1, "UNKNOWN"), (2, "UNKNOWN"), (3, "CRITICAL")):
            result = run("check_rdns", "-H", f"192.0.2.{number}", "--resolver", fake.resolver)
            self.assertState(result, state)

    def test_the_deadline_is_kept_and_says_what_was_waited_for(self):
        fake = FakeDNS("1.2.0.192.in-addr.arpa PTR mail.test\nmail.test !drop\n")
        self.addCleanup(fake.stop)
        for form in ("text", "json", "prometheus"):
            result = run("check_rdns", "-H", "192.0.2.1", "--resolver", fake.resolver, "-t", "1:critical",
                         "--output", form)
            self.assertEqual(result.code, 2)
            self.assertLess(result.seconds, 1.7)
        result = run("check_rdns", "-H", "192.0.2.1", "--resolver", fake.resolver, "-t", "1")
        self.assertFinding(result, "UNKNOWN", "timeout", fake.resolver, "A mail.test")
        self.assertNotIn("dns_temporary", result.out)

    def test_a_resolver_that_is_not_there(self):
        port = free_port()
        result = run("check_rdns", "-H", "192.0.2.1", "--resolver", f"127.0.0.1:{port}", "--dns-timeout", "0.2")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "resolver_silent", f"127.0.0.1:{port}")

    def test_few_waits(self):
        """PTR, CNAME and SOA are asked at once, then all addresses: two waits of 150 ms."""
        zone_text = "".join(f"{n}.2.0.192.in-addr.arpa PTR m{n}.test\nm{n}.test A 192.0.2.{n}\n"
                            for n in range(1, 21)) + "2.0.192.in-addr.arpa SOA ns.test root.test\n"
        fake = FakeDNS(zone_text, "-d", "150")
        self.addCleanup(fake.stop)
        targets = itertools.chain.from_iterable(("-H", f"192.0.2.{n}") for n in range(1, 21))
        result = run("check_rdns", *targets, "--helo", "m1.test", "--ignore", "helo_unconfirmed",
                     "--sender-domain", "m1.test", "--resolver", fake.resolver, "--output", "json")
        self.assertState(result, "OK")
        self.assertLess(result.json["duration"], 0.15 * 3)
        names = [question[5] for question in fake.questions() if question[4] == 6]
        self.assertEqual(len(names), len(set(names)), "each is asked once")
        self.assertEqual({a["owner"]["zone"] for a in result.json["data"]["addresses"]}, {"2.0.192.in-addr.arpa"})


class Usage(Case):
    def test_wrong_usage_names_what_is_wrong(self):
        for words, texts in (
                ((), ("nothing to look at", "-H")),
                (("-H", "a..b"), ("--hostname", "a..b")),
                (("-H", "192.0.2.256"), ("--hostname", "192.0.2.256")),
                (("-H", "10.0.0.0/8"), ("more than 1024 addresses",)),
                (("--mx", "192.0.2.1"), ("--mx",)),
                (("-H", "192.0.2.1", "--expect", "a b"), ("--expect", "a b")),
                (("-H", "192.0.2.1", "--expect", "/a"), ("--expect", "between two slashes")),
                (("-H", "192.0.2.1", "--expect", "//"), ("--expect",)),
                (("-H", "192.0.2.1", "--expect", "/(/"), ("--expect", "( is no regular expression")),
                (("-H", "192.0.2.1", "--generic-regex", "["), ("--generic-regex",)),
                (("-H", "192.0.2.1", "--generic", "bad"), ("--generic", "bad")),
                (("-H", "192.0.2.1", "--generic", "unknown"), ("--generic", "unknown")),
                (("-H", "192.0.2.1", "--helo", "a b"), ("--helo",)),
                (("-H", "192.0.2.1", "--helo-match", "strict"), ("--helo-match", "--helo")),
                (("-H", "192.0.2.1", "--helo", "a.test", "--helo-match", "some"), ("--helo-match", "some")),
                (("-H", "192.0.2.1", "--helo", "a.test", "--banner"), ("--banner", "--helo")),
                (("-H", "192.0.2.1", "-p", "25"), ("--port", "--banner")),
                (("-H", "192.0.2.1", "--sender-domain", "a..b"), ("--sender-domain",)),
                (("-H", "192.0.2.1", "-w", "listed=1"), ("listed",)),
                (("-H", "192.0.2.1", "--ignore", "rdns_nothing"), ("rdns_nothing",))):
            self.assertUsage(run("check_rdns", *words), *texts)

    def test_prometheus(self):
        result = rdns("-H", "192.0.2.1", "--output", "prometheus")
        self.assertIn('mailpath_rdns_failed{target="192.0.2.1"} 0', result.out)
        self.assertIn('mailpath_state{plugin="check_rdns",target="192.0.2.1"} 0', result.out)

    def test_leaks(self):
        """As root, and with the leak check: what each way through the plugin takes is given back."""
        if not IS_ROOT:
            raise unittest.SkipTest("needs root")
        port = socket.socket()
        port.bind(("127.0.0.1", 0))
        for words in (("-H", "both.rdns.test", "--all-ns", "--sender-domain", "rdns.test", "--output", "json"),
                      ("-H", "192.0.2.20", "--expect", "/x/", "--generic-regex", "x", "--helo", "a.rdns.test"),
                      ("-H", "127.0.0.1", "--banner", "-p", port.getsockname()[1]),
                      ("-H", "192.0.2.1", "--expect", "/x/", "--expect", "/(/")):
            result = rdns(*words, as_root=True, env={"ASAN_OPTIONS": "detect_leaks=1:exitcode=99"})
            self.assertTrue(0 <= result.code <= 3, str(result))
            self.assertFalse(re.search("LeakSanitizer", result.err), result.err)
        port.close()
