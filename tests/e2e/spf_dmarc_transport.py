# SPDX-License-Identifier: GPL-3.0-or-later
"""check_spf_dmarc: MX, MTA-STS, TLS-RPT, DANE and BIMI, and the profiles, against NSD with
signed zones and unbound, which validates."""

import base64
import re
import subprocess
import time
import unittest
from pathlib import Path

from harness import WORK, FakeDNS, Once, TestCase, run
from servers.dns import start_nsd, start_unbound, zone_text
from spf_dmarc_dkim import KEYS

DIGEST = "3 1 1 " + "0123456789abcdef" * 4
PKIX = "1 1 1 " + "1" * 64

#: Not signed. The names are those of the domains below mail.test that are tried.
PLAIN = f"""
good     IN MX 10 mx.good
good     IN MX 20 backup.good
mx.good  IN A 192.0.2.1
mx.good  IN AAAA 2001:db8::1
backup.good IN AAAA 2001:db8::2
_mta-sts.good IN TXT "v=STSv1; id=20260101T000000;"
_mta-sts.good IN TXT "v=spf1 -all"
mta-sts.good IN A 192.0.2.80
_smtp._tls.good IN TXT "v=TLSRPTv1; rua=mailto:tls@good.mail.test,https://report.test/v1"
default._bimi.good IN TXT "v=BIMI1; l=https://good.mail.test/logo.svg; a=https://good.mail.test/vmc.pem"
bare     IN A 192.0.2.3
null     IN MX 0 .
mixed    IN MX 0 .
mixed    IN MX 10 mx.good
mixed    IN TXT "no address"
toalias  IN MX 10 alias
alias    IN CNAME mx.good
literal  IN MX 10 192.0.2.1.
missing  IN MX 10 nowhere
missing  IN MX 20 mx.good
dead     IN MX 10 nowhere
dead     IN MX 20 text
text     IN TXT "no address"
private  IN MX 10 inside
inside   IN A 10.0.0.1
one      IN MX 10 mx.good
_25._tcp.unsigned IN TLSA {DIGEST}
unsigned IN A 192.0.2.1
unsigned IN MX 10 unsigned
hosted   IN MX 10 mx.signed.test.
_mta-sts.ill IN TXT "v=STSv1; id=2026-01-01"
_smtp._tls.ill IN TXT "v=TLSRPTv1; rua=tls@ill.mail.test"
default._bimi.ill IN TXT "v=BIMI1; l=http://ill.mail.test/logo.png"
_mta-sts.twice IN TXT "v=STSv1; id=1;"
_mta-sts.twice IN TXT "v=STSv1; id=2;"
_smtp._tls.twice IN TXT "v=TLSRPTv1; rua=mailto:a@twice.mail.test"
_smtp._tls.twice IN TXT "v=TLSRPTv1; rua=mailto:b@twice.mail.test"
_mta-sts.lower IN TXT "v=stsv1; id=1"
default._bimi.lower IN TXT "v=bimi1; l="
_mta-sts.unhosted IN TXT "v=STSv1; id=1;"
default._bimi.declined IN TXT "v=BIMI1; l=; a=;"
_mta-sts.foreign IN TXT "v=STSv1; id=|$(id)<b>`x`"
other    IN MX 10 mx.good
_mta-sts.other IN TXT "v=spf1 -all"
parked   IN TXT "v=spf1 -all"
parked   IN MX 0 .
_dmarc.parked IN TXT "v=DMARC1; p=reject"
*._domainkey.parked IN TXT "v=DKIM1; p="
sub.parked IN TXT "v=spf1  -all"
bulk     IN TXT "v=spf1 mx ip4:192.0.2.0/24 -all"
bulk     IN MX 10 mx.good
_dmarc.bulk IN TXT "v=DMARC1; p=none"
s1._domainkey.bulk IN TXT "{KEYS['RSA 1024']}"
s2._domainkey.bulk IN TXT "v=DKIM1; k=rsa; p="
wild     IN TXT "v=spf1 +all"
wild     IN TXT "google-site-verification=x"
broken   IN TXT "v=spf1 ipv4:192.0.2.1 -all"
"""

SIGNED = f"""
@        IN MX 10 mx
mx       IN A 192.0.2.1
_25._tcp.mx IN TLSA {DIGEST}
_25._tcp.mx IN TLSA {PKIX}
pkix     IN A 192.0.2.1
_25._tcp.pkix IN TLSA {PKIX}
useless  IN MX 10 pkix
bare     IN A 192.0.2.1
none     IN MX 10 bare
partly   IN MX 10 mx
partly   IN MX 20 bare
toalias  IN MX 10 alias
alias    IN CNAME mx
"""

REVERSE = """
1        IN PTR mx.good.mail.test.
2        IN PTR nowhere.mail.test.
"""


class World(Once):
    """`resolver` validates and tells why it rejects; `quiet` does not tell why;
    `plain` is a server that does not validate."""

    def __init__(self):
        self.folder = WORK / "transport"
        self.folder.mkdir(mode=0o777)
        self.folder.chmod(0o777)
        self.anchors = []
        zones = {"mail.test": self.write_zone("mail.test", PLAIN),
                 "2.0.192.in-addr.arpa": self.write_zone("2.0.192.in-addr.arpa", REVERSE),
                 "signed.test": self.sign("signed.test", SIGNED),
                 "expired.test": self.sign("expired.test", SIGNED, -60, -30),
                 "forged.test": self.sign("forged.test", SIGNED)}
        changed, count = re.subn(r"(?m)^(_25\._tcp\.mx\S*\s.*\sTLSA\s+3 1 1 )(\w{8})", r"\g<1>0badc0de",
                                 zones["forged.test"].read_text())
        assert count == 1, zones["forged.test"].read_text()
        zones["forged.test"].write_text(changed)
        self.nsd, self.zone_port = start_nsd(self.folder, zones, "mx.signed.test")
        (self.folder / "anchors").write_text("".join(self.anchors))
        self.resolver = self.unbound("loud", [*zones, "silent.test"], "  ede: yes\n")
        self.quiet = self.unbound("quiet", [*zones, "silent.test"], "  ede: no\n")
        self.plain = f"127.0.0.1:{self.zone_port}"

    def unbound(self, name, zones, more):
        folder = self.folder / name
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
        server, port = start_unbound(
            folder, dict.fromkeys(zones, self.zone_port), "mx.signed.test",
            f"""  module-config: "validator iterator"
  trust-anchor-file: "{self.folder}/anchors"
  trust-anchor-signaling: no
  root-key-sentinel: no
  local-zone: "in-addr.arpa." nodefault
  local-zone: "2.0.192.in-addr.arpa." nodefault
{more}""")
        setattr(self, f"{name}_server", server)
        return f"127.0.0.1:{port}"

    def write_zone(self, zone, text):
        path = self.folder / f"{zone}.zone"
        path.write_text(zone_text(zone, text))
        return path

    def sign(self, zone, text, first=-1, last=30):
        path = self.write_zone(zone, text)
        key = self.tool("ldns-keygen", "-k", "-a", "ECDSAP256SHA256", "-r", "/dev/urandom", zone).strip()
        now = time.time()
        first, last = (time.strftime("%Y%m%d%H%M%S", time.gmtime(now + days * 86400))
                       for days in (first, last))
        signed = self.folder / f"{zone}.signed"
        self.tool("ldns-signzone", "-i", first, "-e", last, "-o", zone, "-f", signed, path, key)
        self.anchors.append((self.folder / f"{key}.key").read_text())
        return signed

    def tool(self, *words):
        return subprocess.run([str(word) for word in words], cwd=self.folder, capture_output=True,
                              text=True, check=True).stdout

    @staticmethod
    def installed():
        return all(Path(p).exists() for p in ("/usr/bin/ldns-signzone", "/usr/sbin/nsd", "/usr/sbin/unbound"))


def setUpModule():
    if not World.installed():
        raise unittest.SkipTest("needs nsd, unbound and ldnsutils")


def look(domain, *words, resolver=None, **kwargs):
    return run("check_spf_dmarc", "-d", domain, "--resolver", resolver or World.get().resolver, *words, **kwargs)


def waits(server, delay_ms):
    """How often was the server waited for, whose answers take so long?"""
    times = [question[0] for question in server.questions()]
    return 1 + sum(later - earlier > delay_ms * 900 for earlier, later in zip(times, times[1:]))


class Exchangers(TestCase):
    def test_good_ones_are_told(self):
        result = look("good.mail.test", "--only", "mx", "-v")
        self.assertState(result, "OK")
        self.assertIn("good.mail.test: mail goes to 2 hosts |", result.lines[0])
        self.assertFinding(result, "OK", "published", "good.mail.test",
                           "mx.good.mail.test, backup.good.mail.test")

    def test_data_has_hosts_and_addresses(self):
        hosts = look("good.mail.test", "--only", "mx", "--output", "json").json["data"]["mx"]
        self.assertEqual(hosts[0], {"host": "mx.good.mail.test", "preference": 10, "state": "good",
                                    "addresses": ["192.0.2.1", "2001:db8::1"], "cname": None,
                                    "implicit": False})
        self.assertEqual(hosts[1]["addresses"], ["2001:db8::2"])

    def test_the_domains_own_address_takes_the_place_of_an_mx(self):
        result = look("bare.mail.test", "--only", "mx", "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "published", "bare.mail.test", "no MX")

    def test_a_null_mx_is_a_statement(self):
        result = look("null.mail.test", "--only", "mx", "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "null_mx", "null.mail.test")

    def test_and_a_fault_beside_others(self):
        result = look("mixed.mail.test", "--only", "mx")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "mx_null_not_alone", "mixed.mail.test")
        self.assertIn("    fix: take out mixed.mail.test. MX 0 . or", result.out)

    def test_an_alias_is_said_and_followed(self):
        result = look("toalias.mail.test", "--only", "mx")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "mx_is_alias", "alias.mail.test", "mx.good.mail.test")
        self.assertIn("toalias.mail.test. MX 10 mx.good.mail.test.", result.out)

    def test_an_address_is_no_host(self):
        result = look("literal.mail.test", "--only", "mx")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "mx_is_address", "literal.mail.test", '"192.0.2.1"')
        self.assertIn("mail.literal.mail.test. A 192.0.2.1", result.out)

    def test_a_missing_host_is_a_warning_where_another_is_left(self):
        result = look("missing.mail.test", "--only", "mx")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "dns_no_host", "nowhere.mail.test", "does not exist")

    def test_and_critical_where_none_is(self):
        result = look("dead.mail.test", "--only", "mx")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "dns_no_host", "nowhere.mail.test", "does not exist")
        self.assertFinding(result, "CRITICAL", "dns_no_host", "text.mail.test", "has no address")

    def test_an_inner_address_is_none(self):
        result = look("private.mail.test", "--only", "mx")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "address_not_public", "inside.mail.test", "10.0.0.1")

    def test_nothing_at_all(self):
        for domain, text in ("text.mail.test", "neither MX nor address"), ("no.mail.test", "does not exist"):
            result = look(domain, "--only", "mx")
            self.assertState(result, "WARNING")
            self.assertFinding(result, "WARNING", "mx_missing", domain, text)
            self.assertIn(f"{domain}. MX 10 mail.{domain}.", result.out)

    def test_too_many_are_said(self):
        server = FakeDNS("*.example A 192.0.2.1\n" +
                         "".join(f"many.example MX {n} mx{n}.example\n" for n in range(60)))
        result = look("many.example", "--only", "mx", resolver=server.resolver)
        self.assertFinding(result, "WARNING", "too_many_targets", "many.example", "20 of them")
        self.assertEqual(len({question[4:] for question in server.questions()}), 1 + 40 * 3)

    def test_no_answer_is_unknown_and_never_missing(self):
        for word in "rcode 2", "rcode 5", "drop", "garbage":
            server = FakeDNS(f"mute.example !{word}\nhalf.example MX 10 mx.half.example\nmx.half.example !{word}\n")
            for domain, asked in ("mute.example", "mute.example"), ("half.example", "mx.half.example"):
                with self.subTest(word=word, domain=domain):
                    result = look(domain, "--only", "mx,dane,mta-sts,tls-rpt,bimi", "--dns-timeout", "0.2", "--dns-tries", 1,
                                  resolver=server.resolver)
                    self.assertNotIn("CRITICAL", result.out)
                    self.assertNotIn("mx_missing", result.out)
                    self.assertNotIn("dns_no_host", result.out)
                    self.assertFinding(result, "UNKNOWN", "dns_temporary", asked)
                    self.assertEqual(result.out.count(f"dns_temporary {asked}:"), 1)

    def test_the_deadline_cuts_it_off(self):
        server = FakeDNS("slow.example !drop\n")
        result = look("slow.example", "--only", "mx,dane", "-t", 1, resolver=server.resolver)
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "timeout", server.resolver, "MX slow.example")

    def test_all_parts_take_two_waits(self):
        """The chain is MX, then addresses and TLSA; everything else goes along."""
        server = FakeDNS("long.example MX 10 mx.long.example\nmx.long.example A 192.0.2.1\n", "-d", 500)
        look("long.example", "--only", "mx,mta-sts,tls-rpt,dane,bimi", resolver=server.resolver)
        self.assertEqual(waits(server, 500), 2)


class Records(TestCase):
    def test_good_ones_are_told(self):
        result = look("good.mail.test", "--only", "mta-sts,tls-rpt,bimi", "-v")
        self.assertState(result, "OK")
        self.assertIn("good.mail.test: MTA-STS, TLS-RPT, BIMI |", result.lines[0])
        for name, text in (("_mta-sts", "id=20260101T000000"), ("_smtp._tls", "mailto:tls@good"),
                           ("default._bimi", "DMARC asks for quarantine or reject")):
            self.assertFinding(result, "OK", "published", name, text)

    def test_data_has_the_tags(self):
        data = look("good.mail.test", "--only", "mta-sts,tls-rpt,bimi", "--output", "json").json["data"]
        self.assertEqual(data["mta_sts"]["state"], "valid")
        self.assertEqual(data["mta_sts"]["id"], "20260101T000000")
        self.assertEqual(data["tls_rpt"]["rua"], "mailto:tls@good.mail.test,https://report.test/v1")
        self.assertEqual(data["bimi"]["l"], "https://good.mail.test/logo.svg")

    def test_absence_is_ok_unless_it_is_asked_for(self):
        quiet = look("other.mail.test", "--output", "json").json
        absent = {f["stage"]: f["state"] for f in quiet["findings"] if f["reason"] == "not_published"}
        self.assertEqual({absent[part] for part in ("mta-sts", "tls-rpt", "bimi", "dane")}, {"OK"})
        result = look("other.mail.test", "--only", "mta-sts,tls-rpt,bimi,dane")
        self.assertState(result, "WARNING")
        self.assertEqual(result.out.count("[WARNING] not_published other.mail.test: "), 4)
        for record in ('_mta-sts.other.mail.test. TXT "v=STSv1; id=1;"',
                       '_smtp._tls.other.mail.test. TXT "v=TLSRPTv1; rua=mailto:',
                       'default._bimi.other.mail.test. TXT "v=BIMI1; l=https://',
                       "_25._tcp.mx.good.mail.test. TLSA 3 1 1"):
            self.assertIn(record, result.out)

    def test_a_fault_has_its_place_and_the_record_that_mends_it(self):
        result = look("ill.mail.test", "--only", "mta-sts,tls-rpt,bimi")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "mta_sts_invalid", "_mta-sts", "at byte 16, tag id: ")
        self.assertFinding(result, "WARNING", "tls_rpt_invalid", "_smtp._tls", "at byte 16, tag rua: ")
        self.assertFinding(result, "WARNING", "bimi_invalid", "default._bimi", "at byte 11, tag l: ")
        for record in ('_mta-sts.ill.mail.test. TXT "v=STSv1; id=20260101;"',
                       '_smtp._tls.ill.mail.test. TXT "v=TLSRPTv1; rua=mailto:tls@ill.mail.test"',
                       'default._bimi.ill.mail.test. TXT "v=BIMI1; l=https://ill.mail.test/bimi/logo.svg;"'):
            self.assertIn(f"    fix: publish in its place: {record}\n", result.out)

    def test_what_is_proposed_is_valid(self):
        fixes = re.findall(r'(\S+)\. TXT "([^"]*)"', look("ill.mail.test", "--only", "mta-sts,tls-rpt,bimi").out)
        self.assertEqual(len(fixes), 3)
        server = FakeDNS("".join(f"{name} TXT {text}\n" for name, text in fixes) +
                         "mta-sts.ill.mail.test A 192.0.2.1\n")
        result = look("ill.mail.test", "--only", "mta-sts,tls-rpt,bimi", resolver=server.resolver)
        self.assertState(result, "OK")

    def test_of_several_none_counts(self):
        result = look("twice.mail.test", "--only", "mta-sts,tls-rpt")
        self.assertFinding(result, "WARNING", "mta_sts_invalid", "_mta-sts", "2 records")
        self.assertFinding(result, "WARNING", "tls_rpt_invalid", "_smtp._tls", "2 records")
        self.assertIn("keep only one", result.out)

    def test_a_misspelt_version_is_said(self):
        result = look("lower.mail.test", "--only", "mta-sts,bimi")
        self.assertFinding(result, "WARNING", "mta_sts_invalid", "_mta-sts", "does not begin with v=STSv1;")
        self.assertFinding(result, "WARNING", "bimi_invalid", "default._bimi", "does not begin with v=BIMI1")

    def test_a_policy_needs_a_host(self):
        result = look("unhosted.mail.test", "--only", "mta-sts")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "dns_no_host", "mta-sts", "does not exist")

    def test_bimi_may_be_declined(self):
        result = look("declined.mail.test", "--only", "bimi", "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "published", "default._bimi", "wants no logo")

    def test_foreign_text_is_masked(self):
        result = look("foreign.mail.test", "--only", "mta-sts")
        self.assertFinding(result, "WARNING", "mta_sts_invalid", "_mta-sts", "id=??(id)?b??x?")
        self.assertIn("id=idbx;", result.out)

    def test_several_domains_are_told_apart(self):
        result = run("check_spf_dmarc", "-d", "good.mail.test", "-d", "ill.mail.test", "--only", "mta-sts",
                     "--resolver", World.get().resolver, "-v")
        self.assertFinding(result, "OK", "published", "_mta-sts.good.mail.test")
        self.assertFinding(result, "WARNING", "mta_sts_invalid", "_mta-sts.ill.mail.test")


class Dane(TestCase):
    def test_signed_all_the_way_is_good(self):
        result = look("signed.test", "--only", "dane", "-v")
        self.assertState(result, "OK")
        self.assertIn("signed.test: DANE for 1 host |", result.lines[0])
        self.assertFinding(result, "OK", "published", "mx.signed.test", "1 of 2 TLSA records")
        data = look("signed.test", "--only", "dane", "--output", "json").json["data"]["dane"]
        self.assertEqual([(host["host"], host["state"], host["usable"], len(host["records"])) for host in data],
                         [("mx.signed.test", "secure", 1, 2)])

    def test_records_of_no_use(self):
        result = look("useless.signed.test", "--only", "dane")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "tlsa_unusable", "pkix.signed.test", "none of its 1")

    def test_none_at_all(self):
        result = look("none.signed.test", "--only", "dane")
        self.assertFinding(result, "WARNING", "not_published", "none.signed.test")
        self.assertIn("_25._tcp.bare.signed.test. TLSA 3 1 1", result.out)

    def test_some_hosts_without(self):
        result = look("partly.signed.test", "--only", "dane")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "tlsa_missing", "bare.signed.test")

    def test_unsigned_records_count_for_nothing(self):
        result = look("unsigned.mail.test", "--only", "dane")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "tlsa_insecure", "unsigned.mail.test", "not signed")

    def test_signed_records_of_another_are_of_no_use_to_an_unsigned_domain(self):
        result = look("hosted.mail.test", "--only", "dane")
        self.assertFinding(result, "WARNING", "tlsa_insecure", "mx.signed.test", "MX records of hosted.mail.test")
        quiet = look("hosted.mail.test", "--output", "json").json
        self.assertIn(("OK", "tlsa_insecure"), [(f["state"], f["reason"]) for f in quiet["findings"]])

    def test_the_end_of_a_signed_alias_counts(self):
        result = look("toalias.signed.test", "--only", "dane", "-v")
        self.assertFinding(result, "OK", "published", "alias.signed.test")

    def test_bogus_is_critical_and_says_why(self):
        result = look("forged.test", "--only", "dane,mx")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "dnssec_bogus", "_25._tcp.mx.forged.test", "DNSSEC bogus")
        expired = look("expired.test", "--only", "mx")
        self.assertFinding(expired, "CRITICAL", "dnssec_bogus", "expired.test", "no DNSKEY can be trusted")

    def test_bogus_is_found_where_the_resolver_does_not_say_why(self):
        for domain, name in ("forged.test", "_25._tcp.mx.forged.test"), ("expired.test", "expired.test"):
            result = look(domain, "--only", "dane", resolver=World.get().quiet)
            self.assertState(result, "CRITICAL")
            self.assertFinding(result, "CRITICAL", "dnssec_bogus", name, "only where DNSSEC is not checked")
            data = look(domain, "--only", "dane", "--output", "json", resolver=World.get().quiet).json
            self.assertIn("dnssec_bogus", [f["reason"] for f in data["findings"]])

    def test_the_other_parts_find_it_too(self):
        for resolver in World.get().resolver, World.get().quiet:
            result = look("expired.test", "--only", "spf,dmarc,dkim", "--selector", "s1", "--ip", "192.0.2.1",
                          resolver=resolver)
            self.assertState(result, "CRITICAL")
            for name in "expired.test", "_dmarc.expired.test", "s1._domainkey.expired.test":
                self.assertEqual(result.out.count(f"[CRITICAL] dnssec_bogus {name}:"), 1, result.out)
            self.assertNotIn("temperror", result.out)
            for words in ("--parked",), ("--profile", "bulk", "--selector", "s1", "--ip", "192.0.2.1"):
                result = look("expired.test", *words, resolver=resolver)
                self.assertEqual(result.out.count("[CRITICAL] dnssec_bogus expired.test:"), 1, result.out)
                self.assertNotIn("rule_failed spf", result.out)

    def test_what_is_broken_is_not_bogus(self):
        for resolver in World.get().resolver, World.get().quiet:
            result = look("a.silent.test", "--only", "dane,mx", resolver=resolver)
            self.assertState(result, "UNKNOWN")
            self.assertFinding(result, "UNKNOWN", "dns_temporary", "a.silent.test")

    def test_servfail_is_not_absence(self):
        server = FakeDNS("a.example MX 10 mx.a.example\na.example !secure\nmx.a.example A 192.0.2.1\n"
                         "_25._tcp.mx.a.example !rcode 2\n")
        result = look("a.example", "--only", "dane", resolver=server.resolver)
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "dns_temporary", "_25._tcp.mx.a.example")

    def test_a_resolver_far_away_cannot_say_what_is_signed(self):
        """Those on loopback can; here another one might answer, too."""
        words = ["--resolver", "192.0.2.53"]
        result = look("signed.test", "--only", "dane", *words)
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "tlsa_undecided", "mx.signed.test")
        quiet = look("signed.test", *words, "--output", "json").json
        self.assertIn(("OK", "tlsa_undecided"), [(f["state"], f["reason"]) for f in quiet["findings"]])
        self.assertEqual(quiet["data"]["dane"][0]["state"], "undecided")

    def test_a_domain_without_mail_needs_none(self):
        result = look("null.mail.test", "--only", "dane", "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "not_published", "null.mail.test", "takes no mail")


class Parked(TestCase):
    def test_all_rules_are_kept(self):
        result = look("parked.mail.test", "--parked", "-v")
        self.assertState(result, "OK")
        for rule in "spf", "dmarc", "mx", "dkim":
            self.assertFinding(result, "OK", "rule_passed", rule)
        self.assertEqual(len([line for line in result.lines if line.startswith("[")]), 4)
        self.assertIn(" OK - parked.mail.test: nothing is sent or taken |", result.lines[0])

    def test_each_broken_rule_has_its_record(self):
        result = look("bulk.mail.test", "--parked")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "rule_failed", "spf")
        self.assertFinding(result, "CRITICAL", "rule_failed", "dmarc", "p=none")
        self.assertFinding(result, "WARNING", "rule_failed", "mx")
        self.assertFinding(result, "WARNING", "rule_failed", "dkim")
        for record in ('bulk.mail.test. TXT "v=spf1 -all"', '_dmarc.bulk.mail.test. TXT "v=DMARC1; p=reject"',
                       "bulk.mail.test. MX 0 .", '*._domainkey.bulk.mail.test. TXT "v=DKIM1; p="'):
            self.assertIn(record, result.out)

    def test_a_parent_domain_may_ask_for_it(self):
        result = look("sub.parked.mail.test", "--parked", "-v")
        self.assertFinding(result, "OK", "rule_passed", "dmarc", "_dmarc.parked.mail.test")
        self.assertFinding(result, "OK", "rule_passed", "spf")
        self.assertFinding(result, "WARNING", "rule_failed", "mx", "no MX")

    def judge(self, zone, rule, domain="a.example"):
        server = FakeDNS(zone)
        self.addCleanup(server.stop)
        rules = look(domain, "--parked", "--output", "json", resolver=server.resolver).json["data"]["parked"]
        return next((each["outcome"], each["text"]) for each in rules if each["rule"] == rule)

    def test_the_spf_record_is_read_term_by_term(self):
        more = "_spf.example TXT v=spf1 -all\nopen.example TXT v=spf1 ~all\n_ill.example !rcode 2\n"
        for record, outcome in (("v=spf1 -all", "passed"),
                                ("V=SPF1  -ALL", "passed"),
                                ("v=spf1 exp=why.example -all", "passed"),	# 6: they decide nothing
                                ("v=spf1 -all exp=why.example", "passed"),
                                ("v=spf1 redirect=_spf.example", "passed"),
                                ("v=spf1 redirect=open.example", "failed"),
                                ("v=spf1 ip4:192.0.2.1 redirect=_spf.example", "failed"),
                                ("v=spf1 redirect=none.example", "failed"),
                                ("v=spf1 redirect=_ill.example", "unknown"),
                                ("v=spf1 include:_spf.example -all", "failed"),
                                ("v=spf1 -all ip4:192.0.2.1/33", "failed"),	# 4.6: permerror
                                ("v=spf1 ~all", "failed"),
                                ("v=spf1", "failed")):
            with self.subTest(record):
                self.assertEqual(self.judge(f"a.example TXT {record}\n{more}", "spf")[0], outcome)

    def test_dmarc_is_what_receivers_apply(self):
        """Of a.example, and of names below it, of which only b.a.example exists."""
        for record, domain, outcome in (
                ("v=DMARC1; p=reject", "a.example", "passed"),
                ("v=DMARC1; p=reject; t=y", "a.example", "failed"),		# 4.7: quarantine
                ("v=DMARC1; p=reject; sp=none", "b.a.example", "failed"),
                ("v=DMARC1; p=none; sp=reject", "b.a.example", "passed"),
                ("v=DMARC1; p=none; sp=reject", "a.example", "failed"),
                ("v=DMARC1; p=none; np=reject", "c.a.example", "passed"),
                ("v=DMARC1; p=none; np=reject", "b.a.example", "failed"),
                ("v=DMARC1; p=reject; np=none", "c.a.example", "failed"),
                ("v=DMARC1; p=reject; psd=y", "b.a.example", "passed"),
                ("v=DMARC1; p=refuse; rua=mailto:d@a.example", "a.example", "failed")):
            with self.subTest(f"{record} {domain}"):
                zone = f"_dmarc.a.example TXT {record}\nb.a.example A 192.0.2.1\n"
                self.assertEqual(self.judge(zone, "dmarc", domain)[0], outcome)
        self.assertIn("softened by t=y", self.judge("_dmarc.a.example TXT v=DMARC1; p=reject; t=y\n", "dmarc")[1])

    def test_only_a_record_that_revokes_revokes(self):
        for record, outcome in (("v=DKIM1; p=", "passed"), ("p=", "passed"), ("v=DKIM2; p=", "failed"),
                                (KEYS["RSA 1024"], "failed")):
            with self.subTest(record):
                self.assertEqual(self.judge(f"*._domainkey.a.example TXT {record}\n", "dkim")[0], outcome)

    def test_what_cannot_be_told_is_unknown(self):
        server = FakeDNS("mute.example !rcode 2\n_dmarc.mute.example !rcode 2\n*._domainkey.mute.example !rcode 2\n")
        result = look("mute.example", "--parked", resolver=server.resolver)
        self.assertState(result, "UNKNOWN")
        self.assertNotIn("rule_failed", result.out)
        rules = look("mute.example", "--parked", "--output", "json", resolver=server.resolver).json["data"]["parked"]
        self.assertEqual({rule["outcome"] for rule in rules}, {"unknown"})

    def test_it_is_one_wait(self):
        server = FakeDNS("slow.example MX 0 .\n", "-d", 500)
        look("slow.example", "--parked", resolver=server.resolver)
        self.assertEqual(waits(server, 500), 1)


class Bulk(TestCase):
    def test_a_rule_a_line(self):
        result = look("bulk.mail.test", "--profile", "bulk", "--ip", "192.0.2.1", "--selector", "s1",
                      "--spf-domain", "bounce.bulk.mail.test", "-v")
        self.assertState(result, "OK")
        for rule in "spf", "spf/192.0.2.1", "dkim/s1", "dmarc", "alignment", "rdns/192.0.2.1", "mx":
            self.assertFinding(result, "OK", "rule_passed", rule)
        self.assertIn(" OK - bulk.mail.test: 7 rules kept |", result.lines[0])
        for rule in "tls", "unsubscribe", "spam_rate":
            self.assertFinding(result, "OK", "rule_not_tested", rule)

    def test_what_is_not_named_is_not_tested(self):
        result = look("bulk.mail.test", "--profile", "bulk", "-v")
        self.assertState(result, "OK")
        for rule in "dkim", "alignment", "rdns":
            self.assertFinding(result, "OK", "rule_not_tested", rule)

    def test_broken_rules(self):
        result = look("wild.mail.test", "--profile", "bulk", "--ip", "192.0.2.2", "--ip", "192.0.2.3",
                      "--selector", "s1", "--dkim-domain", "elsewhere.test", "--mail-from", "a@third.test")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "rule_failed", "spf", "everybody")
        self.assertFinding(result, "CRITICAL", "rule_failed", "dkim/s1")
        self.assertFinding(result, "CRITICAL", "rule_failed", "dmarc", "p=none would suffice")
        self.assertFinding(result, "CRITICAL", "rule_failed", "rdns/192.0.2.2", "nowhere.mail.test")
        self.assertFinding(result, "CRITICAL", "rule_failed", "rdns/192.0.2.3", "no name")
        self.assertFinding(result, "CRITICAL", "rule_failed", "mx")
        self.assertIn('wild.mail.test. TXT "v=spf1 ip4:192.0.2.2 ip4:192.0.2.3 ~all"', result.out)
        self.assertIn("3.2.0.192.in-addr.arpa. PTR mail.wild.mail.test.", result.out)

    def test_a_key_has_to_be_of_use(self):
        result = look("bulk.mail.test", "--profile", "bulk", "--selector", "s2")
        self.assertFinding(result, "CRITICAL", "rule_failed", "dkim/s2", "was taken back")
        pem = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:768"],
                             check=True, capture_output=True).stdout
        public = subprocess.run(["openssl", "pkey", "-pubout", "-outform", "DER"], input=pem, check=True,
                                capture_output=True).stdout
        short = f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"
        for record, text in ((KEYS["RSA 1024"], None), (KEYS["Ed25519"], None), (short, "of 768 bits"),
                             ("v=DKIM1; k=rsa; p=MIGf", "no receiver can use"),
                             ("v=DKIM1; k=rsa; h=sha1; p=" + KEYS["RSA 1024"].split("p=")[1], "no receiver can use"),
                             ("v=spf1 -all", "no receiver can use")):
            with self.subTest(record):
                server = FakeDNS(f"s1._domainkey.a.example TXT {record}\n")
                self.addCleanup(server.stop)
                result = look("a.example", "--profile", "bulk", "--selector", "s1", "-v", resolver=server.resolver)
                self.assertFinding(result, "CRITICAL" if text else "OK", "rule_failed" if text else "rule_passed",
                                   "dkim/s1", text or "a DKIM key of")

    def test_the_spf_record_has_to_be_valid(self):
        more = ("_ok.example TXT v=spf1 ip4:192.0.2.1 ~all\n_ill.example TXT v=spf1 ip4:192.0.2.1/33 -all\n"
                "_all.example TXT v=spf1 +all\n_mute.example !rcode 2\n")
        for record, text, fix in (
                ("v=spf1 include:_ok.example ~all", None, None),
                ("v=spf1 ipv4:192.0.2.1 -all", 'at byte 8, "ipv4:192.0.2.1"', "v=spf1 ip4:192.0.2.1 -all"),
                ("v=spf1 ip4:192.0.2.0/33 mx -all", "at byte 8", None),
                ("v=spf1 mx include:_ill.example -all", "no valid SPF record at _ill.example", "v=spf1 mx -all"),
                ("v=spf1 include:none.example -all", "no valid SPF record at none.example", "v=spf1 -all"),
                ("v=spf1 include:_all.example -all", "everybody", None),
                ("v=spf1 a:b.example +all", "everybody", "v=spf1 a:b.example ~all"),
                ("v=spf1 all", "everybody", "v=spf1 mx ~all"),
                ("v=spf1 " + "".join(f"a:{n}.example " for n in range(11)) + "-all", "stop at 10", None)):
            with self.subTest(record):
                server = FakeDNS(f"a.example TXT {record}\n{more}")
                self.addCleanup(server.stop)
                result = look("a.example", "--profile", "bulk", "-v", resolver=server.resolver)
                self.assertFinding(result, "CRITICAL" if text else "OK", "rule_failed" if text else "rule_passed",
                                   "spf", text or "")
                if fix:
                    self.assertIn(f'a.example. TXT "{fix}"', result.out)

    def test_spf_has_to_pass_for_each_address(self):
        server = FakeDNS("a.example TXT v=spf1 ip4:192.0.2.1 include:_mute.example -all\n_mute.example !rcode 2\n"
                         "b.example TXT v=spf1 ip4:192.0.2.1 -all\n")
        self.addCleanup(server.stop)
        result = look("a.example", "--profile", "bulk", "--ip", "192.0.2.1", "--ip", "192.0.2.9", "-v",
                      resolver=server.resolver)
        self.assertFinding(result, "OK", "rule_passed", "spf/192.0.2.1", "pass")
        self.assertFinding(result, "UNKNOWN", "dns_temporary", "_mute.example")
        for subject in "spf", "spf/192.0.2.9":
            self.assertNotIn(f"{subject}:", result.out)
        result = look("b.example", "--profile", "bulk", "--ip", "192.0.2.1", "--ip", "192.0.2.9", "-v",
                      resolver=server.resolver)
        self.assertFinding(result, "CRITICAL", "rule_failed", "spf/192.0.2.9", "fail, by the record of b.example")
        self.assertIn('b.example. TXT "v=spf1 ip4:192.0.2.1 ip4:192.0.2.9 -all"', result.out)

    def test_dmarc_has_to_have_a_policy(self):
        for record, outcome in (("v=DMARC1; p=none", "passed"), ("v=DMARC1; p=non", "failed"),
                                ("v=DMARC1; p=non; rua=mailto:d@a.example", "passed"),	# 4.10.1: none
                                ("v=DMARC1", "failed"), ("v=dmarc1; p=none", "failed")):
            with self.subTest(record):
                server = FakeDNS(f"_dmarc.a.example TXT {record}\n")
                self.addCleanup(server.stop)
                rules = look("a.example", "--profile", "bulk", "--output", "json",
                             resolver=server.resolver).json["data"]["bulk"]
                self.assertEqual([rule["outcome"] for rule in rules if rule["rule"] == "dmarc"], [outcome])

    def test_only_the_domain_itself_is_aligned_where_nothing_tells_more(self):
        server = FakeDNS("a.example A 192.0.2.1\n")
        for domain, reason in (("a.example", "rule_passed"), ("b.a.example", "rule_failed"),
                               ("aa.example", "rule_failed"), ("example", "rule_failed")):
            result = look("a.example", "--profile", "bulk", "--dkim-domain", domain, "-v", resolver=server.resolver)
            self.assertFinding(result, "OK" if reason == "rule_passed" else "CRITICAL", reason, "alignment")

    def test_strict_alignment_and_that_of_siblings(self):
        """The record tells the modes, and where the organisation begins."""
        for tags, option, domain, outcome in (
                ("adkim=s; psd=n", "--dkim-domain", "m.org.example", "passed"),
                ("adkim=s; psd=n", "--dkim-domain", "x.org.example", "failed"),
                ("adkim=s; psd=n", "--spf-domain", "x.org.example", "passed"),
                ("aspf=s; psd=n", "--spf-domain", "x.m.org.example", "failed"),
                ("aspf=s; psd=n", "--dkim-domain", "org.example", "passed"),
                ("aspf=s; psd=n", "--mail-from", "a@x.org.example", "failed"),
                ("psd=n", "--mail-from", "a@x.org.example", "passed"),
                ("psd=n", "--spf-domain", "other.example", "unknown"),
                ("psd=y", "--spf-domain", "x.org.example", "failed"),
                ("psd=y", "--spf-domain", "x.m.org.example", "passed"),
                ("psd=u", "--spf-domain", "x.org.example", "unknown")):
            with self.subTest(tags=tags, option=option, domain=domain):
                server = FakeDNS(f"_dmarc.org.example TXT v=DMARC1; p=none; {tags}\n_dmarc.example !rcode 2\n")
                self.addCleanup(server.stop)
                result = look("m.org.example", "--profile", "bulk", option, domain, "--output", "json",
                              resolver=server.resolver).json
                rules = [rule["outcome"] for rule in result["data"]["bulk"] if rule["rule"] == "alignment"]
                self.assertEqual(rules, [outcome])
                self.assertEqual(outcome == "unknown", "dns_temporary" in [f["reason"] for f in result["findings"]])

    def test_wrong_usage(self):
        self.assertUsage(look("a.example", "--profile", "small"), "--profile", "small")
        self.assertUsage(look("a.example", "--profile", "bulk", "--ip", "here"), "--ip", "here")
        self.assertUsage(look("a.example", "--profile", "bulk", "--parked"), "--parked")
        self.assertUsage(look("a.example", "--only", "parked"), "--only", "parked")
