# SPDX-License-Identifier: GPL-3.0-or-later
"""check_spf_dmarc and DMARC: the cases of tests/data/dmarc.tsv through NSD, and what an
operator sees."""

import re

from harness import TOP, WORK, FakeDNS, Once, TestCase, run
from servers.dns import start_nsd, zone_text


class Case:
    """One of the table, with a top-level domain of its own."""

    def __init__(self, number, title):
        self.number, self.title, self.rows = number, title, []

    def own(self, text):
        return re.sub(r"\btest\b", f"t{self.number}", text)

    def add(self, word, rest):
        if word == "rr":
            name, kind, data = rest.split("\t")
            self.rows.append((self.own(name), kind, self.own(data)))
        elif word == "ask":
            self.author, *self.options = self.own(rest).split(" ")
        else:
            assert word == "want", word
            self.want = dict(pair.split("=", 1) for pair in self.own(rest).split(" "))

    @property
    def is_ill(self):
        return any(data in ("SERVFAIL", "SILENCE") for _, _, data in self.rows)

    def fakedns(self):
        ways = {"SERVFAIL": "!rcode 2", "SILENCE": "!drop"}
        return "".join(f"{name} {ways.get(data) or f'{kind} {data}'}\n"
                       for name, kind, data in self.rows if not self.is_covered(name, kind, data))

    def is_covered(self, name, kind, data):
        """fakedns misbehaves for a whole name."""
        return any(n == name and d in ("SERVFAIL", "SILENCE") for n, _, d in self.rows) and \
            data not in ("SERVFAIL", "SILENCE")

    def words(self):
        return ["-d", self.author, "--only", "dmarc",
                *(word for option in self.options
                  for word in (f"--{option.split('=')[0]}-domain", option.split("=")[1]))]


def read_cases():
    cases = []
    for line in (TOP / "tests/data/dmarc.tsv").read_text().splitlines():
        word, _, rest = line.partition("\t")
        if word == "case":
            cases.append(Case(len(cases), rest))
        elif rest and not word.startswith("#"):
            cases[-1].add(word, rest)
    return cases


CASES = read_cases()

#: what the plain tests ask about, below o.test
OWN = """
_dmarc.strong   IN TXT "v=DMARC1; p=reject; rua=mailto:d@o.test"
_dmarc.none     IN TXT "v=DMARC1; p=none; rua=mailto:d@o.test"
_dmarc.soft     IN TXT "v=DMARC1; p=reject; t=y; rua=mailto:d@o.test"
_dmarc.broken   IN TXT "v=DMARC1; p=quarantined; adkim=x; rua=d@o.test; moo=<|$(id)>"
_dmarc.meant    IN TXT "V=dmarc1; p=quarantine; sp=none"
_dmarc.old      IN TXT "v=DMARC1; p=reject; pct=100; ri=3600; rua=mailto:d@o.test!10m"
_dmarc.many     IN TXT "v=DMARC1; p=reject; sp=reject; np=reject"
_dmarc.two      IN TXT "v=DMARC1; p=reject"
_dmarc.two      IN TXT "v=DMARC1; p=none"
_dmarc.long     IN TXT "v=DMARC1; p=reject; rua=mailto:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@o.test,mailto:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb@o.test,mailto:cccccccccccccccccccccccccccccc" "cccccccccccccccccccc@o.test; pct=10"
_dmarc.away     IN TXT "v=DMARC1; p=reject; rua=mailto:d@p.test"
*._report._dmarc IN TXT "v=DMARC1"
@               IN A   192.0.2.1
bare            IN A   192.0.2.1
"""


class Zones(Once):
    """NSD with a zone for each case that real servers can serve, and for uk."""

    def __init__(self):
        folder = WORK / "dmarc"
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
        zones = {"o.test": OWN, "test": "p IN A 192.0.2.1\n"}
        for case in CASES:
            for name, kind, data in case.rows if not case.is_ill else []:
                zone = name.rpartition(".")[2]
                value = f'"{data}"' if kind == "TXT" else data
                if kind in ("MX", "CNAME") and not data.endswith("."):
                    value += "."
                zones[zone] = zones.get(zone, "") + f"{name}. IN {kind} {value}\n"
        for zone, records in zones.items():
            (folder / f"{zone}.zone").write_text(zone_text(zone, records))
        self.server, self.port = start_nsd(folder, {zone: f"{zone}.zone" for zone in zones}, "bare.o.test")
        self.resolver = f"127.0.0.1:{self.port}"


def dmarc(name, *words, resolver=None):
    return run("check_spf_dmarc", "-d", f"{name}.o.test", "--only", "dmarc", "--resolver",
               resolver or Zones.get().resolver, *words)


def word(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)


class Table(TestCase):
    """The cases of tests/data/dmarc.tsv."""

    def found(self, data):
        sides = data["alignment"] or {"spf": None, "dkim": None}
        reports = {}
        for report in data["reports"]:
            if report["destination"]:
                state = {True: "yes", False: "no", None: "unknown"}[report["authorised"]]
                reports[report["destination"]] = "own" if report["own"] else state
        found = {
            "outcome": data["outcome"], "at": data["found_at"], "org": data["organizational_domain"],
            "policy": data["policy"], "tag": data["policy_tag"], "effective": data["effective_policy"],
            "old": data["rfc7489"]["effective_policy"], "differ": data["rfc7489"]["differs"],
            "walk": len(data["walk"]),
            "reports": ",".join(f"{host}:{state}" for host, state in reports.items()) or None,
        }
        for side, value in sides.items():
            if side != "passes":
                found[side] = {True: "yes", False: "no", None: "unknown"}[value["aligned"]] if value else None
        return {key: word(value) for key, value in found.items()}

    def check(self, case, resolver):
        result = run("check_spf_dmarc", *case.words(), "--resolver", resolver, "--output", "json",
                     "--dns-timeout", "0.3", "--dns-tries", "2")
        data = result.json["data"]["dmarc"]
        self.assertEqual(list(data)[:7], ["record", "found_at", "policy_domain", "organizational_domain",
                                          "policy", "effective_policy", "walk"])
        self.assertEqual(data["found_at"], data["policy_domain"])
        found, want = self.found(data), dict(case.want)
        says = want.pop("says", None)
        self.assertEqual({key: found[key] for key in want}, want, f"{case.title}\n{result}")
        if says is not None:
            said = {f["reason"] for f in result.json["findings"] if f["state"] != "OK"}
            self.assertEqual(said, set(says.split(",")) - {"-"}, f"{case.title}\n{result}")
            if says == "-":
                self.assertState(result, "OK")
            if says == "dns_temporary":
                self.assertState(result, "UNKNOWN")
        for finding in result.json["findings"]:
            self.assertNotEqual((finding["state"] != "OK", finding["fix"]), (True, None), str(result))

    def test_through_nsd(self):
        cases = [case for case in CASES if not case.is_ill]
        self.assertGreater(len(cases), 40)
        for case in cases:
            with self.subTest(case.title):
                self.check(case, Zones.get().resolver)

    def test_with_servers_that_fail(self):
        cases = [case for case in CASES if case.is_ill]
        self.assertGreater(len(cases), 5)
        for case in cases:
            with self.subTest(case.title):
                server = FakeDNS(case.fakedns())
                self.check(case, server.resolver)
                server.stop()


class Operator(TestCase):
    """What is printed."""

    def assertFix(self, result, text):
        self.assertIn(f"    fix: {text}", result.out)

    def test_all_is_well(self):
        result = dmarc("strong", "-v")
        self.assertState(result, "OK")
        self.assertIn("DMARC asks for reject", result.lines[0])
        self.assertEqual(result.value("dmarc_policy"), 2)
        self.assertFinding(result, "OK", "dmarc_policy", "strong.o.test", "p=reject")

    def test_none_is_no_alarm_but_is_said(self):
        result = dmarc("none", "-v")
        self.assertState(result, "OK")
        self.assertEqual(result.value("dmarc_policy"), 0)
        self.assertFinding(result, "OK", "dmarc_policy", "none.o.test", "treated as if it did not")

    def test_min_policy(self):
        for name, least, state in (("strong", "reject", "OK"), ("none", "none", "OK"),
                                   ("none", "quarantine", "CRITICAL"), ("soft", "reject", "CRITICAL"),
                                   ("bare", "none", "CRITICAL"), ("meant", "none", "CRITICAL")):
            result = dmarc(name, "--min-policy", least, "--ignore", "dmarc_receivers_differ")
            self.assertState(result, state)
            if state == "CRITICAL":
                self.assertFinding(result, state, "dmarc_policy_too_weak", f"{name}.o.test",
                                   f"must be {least} at least")
        result = dmarc("soft", "--min-policy", "reject")
        self.assertFix(result, 'publish as the only DMARC record, TXT at _dmarc.soft.o.test: '
                               '"v=DMARC1; p=reject; rua=mailto:d@o.test"')

    def test_min_policy_below(self):
        result = run("check_spf_dmarc", "-d", "a.none.o.test", "--only", "dmarc", "--min-policy", "reject",
                     "--resolver", Zones.get().resolver)
        self.assertFinding(result, "CRITICAL", "dmarc_policy_too_weak", "a.none.o.test", "p=none of none.o.test")
        self.assertFix(result, 'publish as the only DMARC record, TXT at _dmarc.none.o.test: '
                               '"v=DMARC1; p=reject; rua=mailto:d@o.test"')

    def test_softened(self):
        result = dmarc("soft", "-v")
        self.assertState(result, "WARNING")
        self.assertEqual(result.value("dmarc_policy"), 1)
        self.assertFinding(result, "OK", "dmarc_policy", "soft.o.test", "softened by t=y to quarantine")
        self.assertFinding(result, "WARNING", "dmarc_receivers_differ", "soft.o.test", "RFC 9989 apply quarantine")
        self.assertFix(result, 'publish as the only DMARC record, TXT at _dmarc.soft.o.test: '
                               '"v=DMARC1; p=quarantine; rua=mailto:d@o.test"')

    def test_missing(self):
        result = dmarc("bare")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "dmarc_missing", "bare.o.test")
        self.assertFix(result, 'publish as the only DMARC record, TXT at _dmarc.bare.o.test: '
                               '"v=DMARC1; p=none; rua=mailto:postmaster@bare.o.test"')

    def test_parked(self):
        result = dmarc("bare", "--parked")
        self.assertFinding(result, "WARNING", "dmarc_policy_too_weak", "bare.o.test", "sends no mail")
        self.assertFix(result, 'publish as the only DMARC record, TXT at _dmarc.bare.o.test: "v=DMARC1; p=reject"')
        self.assertNotIn("dmarc_policy_too_weak", dmarc("strong", "--parked", "-v").out)
        result = dmarc("none", "--parked")
        self.assertFinding(result, "WARNING", "dmarc_policy_too_weak", "none.o.test", "sends no mail")

    def test_faults_with_their_places(self):
        result = dmarc("broken")
        self.assertState(result, "WARNING")
        for text in ('at byte 10 "p=quarantined" has a value', 'at byte 25 "adkim=x" has a value',
                     'at byte 38 "d@o.test" has no "mailto:" before it', "so there is no policy"):
            self.assertFinding(result, "WARNING", "dmarc_invalid", "_dmarc.broken.o.test", text)
        self.assertFix(result, 'publish as the only DMARC record, TXT at _dmarc.broken.o.test: '
                               '"v=DMARC1; p=none; rua=mailto:d@o.test"')

    def test_foreign_text(self):
        result = dmarc("broken", "-v")
        self.assertFinding(result, "OK", "dmarc_hint", "_dmarc.broken.o.test", 'at byte 48 "moo=???(id)?"')
        data = dmarc("broken", "--output", "json").json["data"]["dmarc"]
        self.assertEqual(data["tags"]["moo"], "<|$(id)>")
        self.assertEqual([note["offset"] for note in data["notes"]], [10, 25, 38, 48])

    def test_meant_to_be_one(self):
        result = dmarc("meant")
        self.assertFinding(result, "WARNING", "dmarc_missing", "meant.o.test", "does not begin with v=DMARC1")
        self.assertFix(result, 'publish as the only DMARC record, TXT at _dmarc.meant.o.test: '
                               '"v=DMARC1; p=quarantine; sp=none"')

    def test_several(self):
        result = dmarc("two")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "dmarc_multiple", "_dmarc.two.o.test", "2 DMARC records")

    def test_removed_tags(self):
        result = dmarc("old", "-v")
        self.assertState(result, "OK")
        for text in ('"pct=100" was removed', '"ri=3600" was removed', '"mailto:d@o.test" has a limit of size'):
            self.assertFinding(result, "OK", "dmarc_hint", "_dmarc.old.o.test", text)
        fixes = [f["fix"] for f in dmarc("old", "--output", "json").json["findings"] if f["reason"] == "dmarc_hint"]
        self.assertEqual(fixes, ['publish as the only DMARC record, TXT at _dmarc.old.o.test: '
                                 '"v=DMARC1; p=reject; rua=mailto:d@o.test"'])

    def test_a_long_record_is_not_cut(self):
        result = dmarc("long")
        self.assertRegex(result.out, r'fix: publish .*"v=DMARC1; p=reject; rua=mailto:a{46}@o\.test,'
                                     r'mailto:b{46}@o\.test,mailto:c{50}@o\.test"\n')
        self.assertFinding(result, "WARNING", "dmarc_receivers_differ", "long.o.test", "reject for 10 % of the mail")

    def test_unauthorised(self):
        result = dmarc("away")
        self.assertFinding(result, "WARNING", "dmarc_report_unauthorised", "p.test")
        self.assertFix(result, 'let p.test publish TXT at away.o.test._report._dmarc.p.test: "v=DMARC1"')

    def test_alignment(self):
        result = dmarc("strong", "--spf-domain", "mail.strong.o.test", "-v")
        self.assertFinding(result, "OK", "dmarc_aligned", "strong.o.test", "DMARC passes")
        result = dmarc("strong", "--spf-domain", "p.test", "--dkim-domain", "o.test", "--output", "json")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "dmarc_unaligned", "strong.o.test", "DMARC fails")
        alignment = result.json["data"]["dmarc"]["alignment"]
        self.assertEqual((alignment["passes"], alignment["spf"]["domain"], alignment["dkim"]["domain"]),
                         (False, "p.test", "o.test"))

    def test_several_domains(self):
        result = run("check_spf_dmarc", "-d", "strong.o.test", "-d", "none.o.test", "--only", "dmarc",
                     "--resolver", Zones.get().resolver, "--output", "json")
        self.assertState(result, "OK")
        domains = result.json["data"]["domains"]
        self.assertEqual([d["dmarc"]["policy"] for d in domains], ["reject", "none"])

    def test_wrong_usage(self):
        server = FakeDNS("o.test A 192.0.2.1\n")
        for words, wrong in ((["--min-policy", "block"], "--min-policy"), (["--min-policy", ""], "--min-policy"),
                             (["--spf-domain", "a..b"], "--spf-domain"), (["--dkim-domain", "a b"], "--dkim-domain")):
            self.assertUsage(dmarc("strong", *words, resolver=server.resolver), wrong)
        self.assertEqual(server.questions(), [])
        server.stop()

    def test_silence_is_not_missing(self):
        server = FakeDNS("*.test !drop\n")
        result = dmarc("strong", "--dns-timeout", "0.2", "--dns-tries", "1", resolver=server.resolver)
        self.assertState(result, "UNKNOWN")
        self.assertNotIn("dmarc_missing", result.out)
        self.assertNotIn("dmarc_policy", result.out)
        server.stop()

    def test_the_deadline(self):
        server = FakeDNS("*.test !drop\n")
        result = dmarc("strong", "-t", "0.5", "--output", "json", resolver=server.resolver)
        self.assertState(result, "UNKNOWN")
        self.assertEqual([f["reason"] for f in result.json["findings"]], ["timeout"])
        self.assertEqual(result.json["data"]["dmarc"]["outcome"], "unknown")
        self.assertLess(result.seconds, 1.5)
        server.stop()

    def test_two_waits(self):
        """The walk in one, and where reports go in another."""
        server = FakeDNS("_dmarc.o.test TXT v=DMARC1; p=reject; rua=mailto:d@p.test,mailto:d@q.test\n"
                         "*._report._dmarc.p.test TXT v=DMARC1\n*._report._dmarc.q.test TXT v=DMARC1\n"
                         "p.test MX 10 mx.p.test\nq.test MX 10 mx.q.test\n", "-d", "200")
        result = run("check_spf_dmarc", "-d", "a.b.c.d.e.f.g.h.o.test", "--only", "dmarc",
                     "--resolver", server.resolver)
        self.assertState(result, "OK")
        self.assertGreater(result.value("time"), 0.4)
        self.assertLess(result.value("time"), 0.59)
        asked = [name for *_, kind, name in server.questions() if kind == 16 and "_report" not in name
                 and not name.endswith((".p.test", ".q.test"))]
        self.assertEqual(len(asked), 8)
        self.assertEqual(len(set(server.questions())), len(server.questions()))
        server.stop()
