# SPDX-License-Identifier: GPL-3.0-or-later
"""check_spf_dmarc and SPF, on zones that NSD serves: what an operator sees."""

from harness import WORK, FakeDNS, Once, TestCase, run
from servers.dns import start_nsd, zone_text

RECORDS = {
    "good": '"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::25 -all"',
    "soft": '"v=spf1 ip4:192.0.2.1 ~all"',
    "neutral": '"v=spf1 ip4:192.0.2.1 ?all"',
    "open": '"v=spf1 +all"',
    "wide": '"v=spf1 ip4:64.0.0.0/3 -all"',
    "noend": '"v=spf1 ip4:192.0.2.1"',
    "two": ['"v=spf1 ip4:192.0.2.1 -all"', '"v=spf1 include:good.spf.test ~all"'],
    "syntax": '"v=spf1 ipv4:192.0.2.1 a:192.0.2.2 mx -all;"',
    "misspelt": '" v=spf1 ip4:192.0.2.1 -all"',
    "beside": ['"v=spf1 ip4:192.0.2.1 -all"', '"spf2.0/pra -all"'],
    "ptr": '"v=spf1 ptr ip4:192.0.2.1 -all"',
    "late": '"v=spf1 -all ip4:192.0.2.1 redirect=good.spf.test"',
    "twice": '"v=spf1 ip4:192.0.2.1 a:mail.spf.test ip4:192.0.2.1 -all"',
    "includes": '"v=spf1 include:good.spf.test include:good.spf.test include:soft.spf.test -all"',
    "broken": '"v=spf1 include:nowhere.spf.test -all"',
    "badinclude": '"v=spf1 include:syntax.spf.test -all"',
    "twoinclude": '"v=spf1 include:two.spf.test -all"',
    "loop": '"v=spf1 include:loop2.spf.test -all"',
    "loop2": '"v=spf1 include:loop.spf.test -all"',
    "voids": '"v=spf1 a:gone1.spf.test a:gone2.spf.test exists:gone3.spf.test -all"',
    "atvoids": '"v=spf1 a:gone1.spf.test a:gone2.spf.test ip4:192.0.2.1 -all"',
    "mx": '"v=spf1 mx:hosts.spf.test -all"',
    "manymx": '"v=spf1 mx:many.spf.test -all"',
    "exp": '"v=spf1 exp=why.spf.test -all"',
    "macro": '"v=spf1 exists:%{ir}.%{l1r-}.list.spf.test -all"',
    "vendor": '"v=spf1 ' + " ".join(f"a:v{i}.spf.test" for i in range(6)) + ' -all"',
    "long": '"v=spf1 ' + " ".join(f"ip4:192.0.2.{i}" for i in range(14)) + '" "' +
            " ".join(f" ip4:198.51.100.{i}" for i in range(13)) + ' -all moo=cow"',
    "heavy": '"v=spf1 include:vendor.spf.test include:good.spf.test mx a a:mail.spf.test '
            'exists:mail.spf.test -all"',
    "upper": '"v=spf1 exists:%{L}.list.spf.test -all"',
    "xn--bcher-kva": '"v=spf1 ip4:192.0.2.1 -all"',
    "parent": '"v=spf1 redirect=good.spf.test"',
}


def records():
    text = 'why IN TXT "%{i} may not send for %{d}, says %{h}|$(id)"\n'
    text += "mail IN A 192.0.2.25\nmail IN AAAA 2001:db8::26\n"
    text += "hosts IN MX 10 mail\nhosts IN MX 20 mail4\nmail4 IN A 192.0.2.26\n"
    text += "1.2.0.192.bounce.list IN A 127.0.0.2\n"
    text += "many IN A 192.0.2.30\n"
    for i in range(11):
        text += f"many IN MX {i} m{i}\nm{i} IN A 192.0.2.{100 + i}\n"
    for i in range(6):
        text += f"v{i} IN A 198.51.100.{i}\n"
    for name, values in RECORDS.items():
        for value in values if isinstance(values, list) else [values]:
            text += f"{name} IN TXT {value}\n"
    # A chain of 25 includes, and a record with more than 200 names.
    for i in range(25):
        text += f'deep{i} IN TXT "v=spf1 include:deep{i + 1}.spf.test -all"\n'
    for i in range(8):
        names = " ".join(f"a:x{i}y{j}.spf.test" for j in range(14))
        more = f"include:broad{i + 1}.spf.test" if i < 7 else ""
        text += f'broad{i} IN TXT "v=spf1 {names[:180]}" "{names[180:]} {more} -all"\n'
    return text


class DNS(Once):
    def __init__(self):
        folder = WORK / "spf"
        folder.mkdir()
        folder.chmod(0o777)
        (folder / "spf.test.zone").write_text(zone_text("spf.test", records()))
        self.nsd, port = start_nsd(folder, {"spf.test": "spf.test.zone"}, "mail.spf.test")
        self.resolver = f"127.0.0.1:{port}"


def spf(name, *words, **kwargs):
    return run("check_spf_dmarc", "--resolver", DNS.get().resolver, "--spf", "-d", f"{name}.spf.test",
               *words, **kwargs)


class Record(TestCase):
    def assertFix(self, result, *words):
        fixes = [line for line in result.lines if line.startswith("    fix: ")]
        self.assertTrue(any(all(word in fix for word in words) for fix in fixes),
                        f"no fix with {words} in {result}")

    def test_a_good_record_is_ok_with_all_its_numbers(self):
        result = spf("good", "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "spf_published", "good.spf.test", "addresses: 257")
        self.assertEqual(result.perfdata["spf_lookups"], "0;;10;0")
        self.assertEqual(result.perfdata["spf_voids"], "0;;2;0")
        self.assertEqual(result.perfdata["spf_addresses"], "257;;;0")

    def test_a_missing_record_is_critical_and_one_to_publish_is_named(self):
        result = spf("nowhere")
        self.assertFinding(result, "CRITICAL", "spf_missing", "nowhere.spf.test")
        self.assertFix(result, 'TXT at nowhere.spf.test: "v=spf1 mx ~all"')
        result = spf("nowhere", "--ip", "192.0.2.9", "--ip", "2001:db8::9")
        self.assertState(result, "CRITICAL")
        self.assertFix(result, '"v=spf1 ip4:192.0.2.9 ip6:2001:db8::9 ~all"')
        self.assertEqual(result.out.count("spf_"), 1, "one cause is one finding")

    def test_two_records_are_made_one(self):
        result = spf("two")
        self.assertFinding(result, "CRITICAL", "spf_multiple", "two.spf.test")
        self.assertRegex(result.out, r'fix: .*"v=spf1 (ip4:192\.0\.2\.1 include:good\.spf\.test|'
                                     r'include:good\.spf\.test ip4:192\.0\.2\.1) [-~]all"')

    def test_a_fault_in_the_grammar_has_its_place_and_its_cure(self):
        result = spf("syntax")
        self.assertFinding(result, "CRITICAL", "spf_syntax", "syntax.spf.test",
                           'at byte 8, "ipv4:192.0.2.1"')
        self.assertFix(result, '"v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 mx -all"')

    def test_what_only_looks_like_a_record_is_said(self):
        result = spf("misspelt")
        self.assertFinding(result, "CRITICAL", "spf_missing", "misspelt.spf.test", '" v=spf1')
        self.assertFix(result, '"v=spf1 ip4:192.0.2.1 -all"')
        result = spf("beside")
        self.assertFinding(result, "WARNING", "spf_misspelt", "beside.spf.test", "spf2.0/pra")

    def test_what_is_odd_is_said_and_mended(self):
        for name, state, reason, text, fix in (
                ("open", "CRITICAL", "spf_too_open", '"+all"', '"v=spf1 mx ~all"'),
                ("wide", "WARNING", "spf_too_open", "ip4:64.0.0.0/3", None),
                ("neutral", "WARNING", "spf_open_end", '"?all"', None),
                ("noend", "WARNING", "spf_open_end", "without", '"v=spf1 ip4:192.0.2.1 ~all"'),
                ("ptr", "WARNING", "spf_ptr", '"ptr" at byte 8', '"v=spf1 ip4:192.0.2.1 -all"'),
                ("late", "WARNING", "spf_unreached", "ip4:192.0.2.1", '"v=spf1 -all"'),
                ("late", "WARNING", "spf_unreached", "redirect=", '"v=spf1 -all"'),
                ("twice", "WARNING", "spf_repeated", "at byte 38",
                 '"v=spf1 ip4:192.0.2.1 a:mail.spf.test -all"'),
                ("includes", "WARNING", "spf_repeated", "include:good", None)):
            with self.subTest(name):
                result = spf(name)
                self.assertState(result, state)
                self.assertFinding(result, state, reason, f"{name}.spf.test", text)
                if fix:
                    self.assertFix(result, fix)

    def test_notes_do_not_alarm(self):
        for name, text in (("long", "longer than 450"), ("long", "moo=cow"), ("upper", "upper case")):
            with self.subTest(text):
                result = spf(name, "-v")
                self.assertState(result, "OK")
                self.assertFinding(result, "OK", "spf_note", f"{name}.spf.test", text)

    def test_a_broken_include_names_who_is_broken(self):
        for name, reason, text in (
                ("broken", "spf_include_broken", "nowhere.spf.test"),
                ("twoinclude", "spf_include_broken", "the include of two.spf.test"),
                ("badinclude", "spf_syntax", "the include of syntax.spf.test"),
                ("loop", "spf_loop", "the include of loop.spf.test (in loop2.spf.test)"),
                ("manymx", "spf_too_many_hosts", "more than 10 mail servers")):
            with self.subTest(name):
                result = spf(name, "--ip", "203.0.113.1")
                self.assertFinding(result, "CRITICAL", reason, f"{name}.spf.test", text)
                self.assertFinding(result, "CRITICAL", "spf_permerror", "203.0.113.1")
                if name in ("broken", "twoinclude", "badinclude"):
                    self.assertFix(result, f'TXT at {name}.spf.test: "v=spf1 ip4:203.0.113.1 -all"')

    def test_a_name_in_utf8(self):
        result = run("check_spf_dmarc", "--resolver", DNS.get().resolver, "--spf", "-d",
                     "b\u00fccher.spf.test", "--ip", "192.0.2.1")
        self.assertState(result, "OK")


class Numbers(TestCase):
    def test_lookups_are_counted_beyond_the_limit_and_by_who_costs_them(self):
        result = spf("heavy", "--ip", "203.0.113.1")
        self.assertEqual(result.perfdata["spf_lookups"], "12;;10;0")
        self.assertFinding(result, "CRITICAL", "spf_too_many_lookups", "heavy.spf.test",
                           "include:vendor.spf.test costs 7")
        self.assertFinding(result, "CRITICAL", "spf_permerror", "203.0.113.1", "more than 10 terms")

    def test_the_thresholds_are_the_right_way_round(self):
        result = spf("heavy", "-w", "11", "-c", "12")
        self.assertFinding(result, "WARNING", "spf_too_many_lookups", "heavy.spf.test")
        result = spf("heavy", "-w", "12", "-c", "11")
        self.assertFinding(result, "CRITICAL", "spf_too_many_lookups", "heavy.spf.test")
        result = spf("good", "-w", "spf_addresses=256")
        self.assertFinding(result, "WARNING", "threshold", "spf_addresses")

    def test_voids_are_named_and_two_are_allowed(self):
        result = spf("voids", "--ip", "203.0.113.1")
        self.assertEqual(result.perfdata["spf_voids"], "3;;2;0")
        self.assertFinding(result, "CRITICAL", "spf_too_many_voids", "voids.spf.test", "gone2.spf.test")
        self.assertFinding(result, "CRITICAL", "spf_permerror", "203.0.113.1")
        result = spf("atvoids", "--ip", "192.0.2.1")
        self.assertState(result, "OK")
        self.assertEqual(result.value("spf_voids"), 2)

    def test_a_tree_without_end_is_cut(self):
        for name in ("deep0", "broad0"):
            with self.subTest(name):
                result = spf(name, "--state-for", "spf_too_many_lookups=ok", "--state-for",
                             "spf_too_many_voids=ok")
                self.assertFinding(result, "UNKNOWN", "spf_tree_cut", f"{name}.spf.test")

    def test_several_domains_have_numbers_of_their_own(self):
        result = spf("good", "-d", "heavy.spf.test", "-c", "spf_lookups=20")
        self.assertState(result, "OK")
        self.assertEqual(result.perfdata["spf_lookups good.spf.test"], "0;;20;0")
        self.assertEqual(result.perfdata["spf_lookups heavy.spf.test"], "12;;20;0")
        both = spf("good", "-d", "heavy.spf.test", "--output", "json").json["data"]["domains"]
        self.assertEqual([d["domain"] for d in both], ["good.spf.test", "heavy.spf.test"])


class Evaluation(TestCase):
    def test_each_result_has_its_state(self):
        for name, address, state, reason in (
                ("good", "192.0.2.7", "OK", "spf_pass"),
                ("good", "2001:db8::25", "OK", "spf_pass"),
                ("good", "::ffff:192.0.2.7", "OK", "spf_pass"),
                ("parent", "192.0.2.7", "OK", "spf_pass"),
                ("mx", "192.0.2.26", "OK", "spf_pass"),
                ("mx", "2001:db8::26", "OK", "spf_pass"),
                ("good", "198.51.100.1", "CRITICAL", "spf_fail"),
                ("soft", "198.51.100.1", "WARNING", "spf_softfail"),
                ("neutral", "198.51.100.1", "WARNING", "spf_neutral"),
                ("syntax", "192.0.2.1", "CRITICAL", "spf_permerror")):
            with self.subTest(f"{name} {address}"):
                result = spf(name, "--ip", address, "-v")
                self.assertFinding(result, state, reason, address.removeprefix("::ffff:"))
                self.assertEqual(result.code, {"OK": 0, "WARNING": 1, "CRITICAL": 2}[state], str(result))

    def test_who_may_not_send_gets_the_record_that_lets_him(self):
        result = spf("soft", "--ip", "198.51.100.1")
        self.assertIn('"v=spf1 ip4:198.51.100.1 ip4:192.0.2.1 ~all"', result.out)

    def test_one_record_lets_all_of_them_that_do_not_pass(self):
        result = spf("soft", "--ip", "198.51.100.1", "--ip", "192.0.2.1", "--ip", "2001:db8::1")
        self.assertEqual(result.out.count('"v=spf1 ip4:198.51.100.1 ip6:2001:db8::1 ip4:192.0.2.1 ~all"'), 2)

    def test_all_own_addresses_at_once(self):
        result = spf("good", "--ip", "192.0.2.1", "--ip", "198.51.100.1", "--ip", "2001:db8::1")
        self.assertFinding(result, "CRITICAL", "spf_fail", "198.51.100.1")
        self.assertFinding(result, "CRITICAL", "spf_fail", "2001:db8::1")
        self.assertNotIn("spf_pass", result.out)

    def test_an_expectation_decides(self):
        result = spf("good", "--ip", "198.51.100.1", "--expect-spf", "fail,softfail")
        self.assertState(result, "OK")
        result = spf("good", "--ip", "192.0.2.1", "--expect-spf", "fail")
        self.assertFinding(result, "CRITICAL", "spf_unexpected", "192.0.2.1", "expected: fail")

    def test_the_identity_is_the_envelope_sender_then_helo(self):
        words = ("check_spf_dmarc", "--resolver", DNS.get().resolver, "--spf", "--ip", "192.0.2.1")
        for more, domain in ((("--mail-from", "a@good.spf.test", "--helo", "soft.spf.test"), "good"),
                             (("--mail-from", "", "--helo", "soft.spf.test"), "soft"),
                             (("--mail-from", "<>", "--helo", "soft.spf.test"), "soft"),
                             (("--mail-from", "<\"a b\"@good.spf.test>",), "good"),
                             (("--helo", "soft.spf.test"), "soft")):
            with self.subTest(more):
                result = run(*words, *more, "--output", "json")
                self.assertState(result, "OK")
                self.assertEqual(result.json["target"], f"{domain}.spf.test")
        result = run(*words, "--mail-from", "a@[192.0.2.1]")
        self.assertFinding(result, "WARNING", "spf_none", "192.0.2.1")

    def test_macros_see_the_sender(self):
        result = spf("macro", "--ip", "192.0.2.1", "--mail-from", "bounce-77@macro.spf.test")
        self.assertState(result, "OK")
        result = spf("macro", "--ip", "192.0.2.2", "--mail-from", "bounce-77@macro.spf.test")
        self.assertFinding(result, "CRITICAL", "spf_fail", "192.0.2.2")

    def test_the_domains_explanation_is_shown_and_harmless(self):
        words = ("--ip", "192.0.2.1", "--helo", "mx.example", "--mail-from", "a@exp.spf.test")
        result = spf("exp", *words)
        self.assertIn("192.0.2.1 may not send for exp.spf.test, says mx.example??(id)", result.out)
        one = spf("exp", *words, "--output", "json").json["data"]["spf"]["evaluations"][0]
        self.assertEqual(one["explanation"],
                         "192.0.2.1 may not send for exp.spf.test, says mx.example|$(id)")
        self.assertEqual((one["ip"], one["mail_from"], one["helo"], one["result"], one["term"],
                          one["lookups"], one["voids"]),
                         ("192.0.2.1", "a@exp.spf.test", "mx.example", "fail", "-all", 0, 0))

    def test_data_holds_the_tree(self):
        data = spf("heavy", "--output", "json").json["data"]["spf"]
        self.assertEqual((data["lookups"], data["voids"], data["void_names"]),
                         (12, 2, ["heavy.spf.test"]))
        vendor = data["tree"]["children"][0]
        self.assertEqual((vendor["domain"], vendor["lookups"], vendor["state"]),
                         ("vendor.spf.test", 6, "good"))


class Trouble(TestCase):
    def fake(self, zone):
        dns = FakeDNS(zone)
        self.addCleanup(dns.stop)
        return dns

    def test_no_answer_is_unknown_and_never_missing(self):
        dns = self.fake("ill.test !rcode 2\ninc.test TXT v=spf1 include:ill.test -all\n")
        for name, words in (("ill.test", ()), ("inc.test", ()), ("inc.test", ("--ip", "192.0.2.1"))):
            with self.subTest(f"{name} {words}"):
                result = run("check_spf_dmarc", "--resolver", dns.resolver, "--spf", "-d", name, *words)
                self.assertState(result, "UNKNOWN")
                self.assertFinding(result, "UNKNOWN", "dns_temporary", name, "servfail")
                self.assertNotIn("spf_missing", result.out)

    def test_silence_ends_with_the_deadline(self):
        dns = self.fake("mute.test !drop\n")
        result = run("check_spf_dmarc", "--resolver", dns.resolver, "--spf", "-d", "mute.test", "-t", "1.5",
                     "--ip", "192.0.2.1", "--output", "json")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "timeout", dns.resolver)
        self.assertLess(result.seconds, 2.2)

    def test_wrong_usage_is_named_before_a_packet_is_sent(self):
        for words, named in (
                ((), "--domain"),
                (("-d", "a..b"), "--domain"),
                (("-d", "x.test", "--ip", "192.0.2"), "--ip"),
                (("-d", "x.test", "--expect-spf", "pass"), "--ip"),
                (("-d", "x.test", "--ip", "192.0.2.1", "--expect-spf", "passed"), "--expect-spf"),
                (("-d", "x.test", "--only", "spf,spam"), "--only"),
                (("-d", "x.test", "--profile", "small"), "--profile"),
                (("-d", "x.test", "-w", "lookups=3"), "lookups")):
            with self.subTest(words):
                self.assertUsage(run("check_spf_dmarc", *words), named)
