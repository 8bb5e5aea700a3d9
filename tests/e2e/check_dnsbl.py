# SPDX-License-Identifier: GPL-3.0-or-later
"""check_dnsbl against rbldnsd, NSD and unbound: what an operator sees."""

import re
import socket
import subprocess

from harness import (IS_ROOT, PLUGINS, SANITIZED, WORK, FakeDNS, TestCase, environment, run,
                     unprivileged, write)
from servers.dns import RealDNS

CANARY = "canarykey123456"


def check(*words, **kwargs):
    """check_dnsbl, asking the real resolver."""
    return run("check_dnsbl", "--resolver", RealDNS.get().resolver, *words, **kwargs)


class Listings(TestCase):
    def test_a_listing_has_its_list_code_meaning_text_and_the_way_out(self):
        result = check("-H", "192.0.2.25", "-z", "zen.spamhaus.org")
        self.assertState(result, "CRITICAL")
        self.assertIn("192.0.2.25 is listed by zen.spamhaus.org (XBL)", result.lines[0])
        self.assertEqual(
            result.lines[1],
            "[CRITICAL] dnsbl_listed zen.spamhaus.org: 192.0.2.25 -> 127.0.0.4 "
            '(XBL: exploited host) "https://www.spamhaus.org/query/ip/192.0.2.25"')
        self.assertEqual(
            result.lines[2],
            "    fix: find the infected or misused machine behind this address first; then ask for "
            "removal at https://check.spamhaus.org/?ip=192.0.2.25")

    def test_the_advice_depends_on_the_code(self):
        result = check("-H", "192.0.2.26", "-z", "zen.spamhaus.org")
        self.assertFinding(result, "CRITICAL", "dnsbl_listed", "zen.spamhaus.org", "(PBL: ")
        self.assertIn("static address or a smarthost", result.lines[2])

    def test_the_test_address_of_every_list_is_listed(self):
        result = check("-H", "127.0.0.2", "-z", "bl.test")
        self.assertState(result, "CRITICAL")
        self.assertIn('"Listed in bl.test, see http://bl.test/q?127.0.0.2"', result.out)

    def test_an_address_that_is_not_listed_is_ok_and_healthy_lists_are_counted(self):
        result = check("-H", "192.0.2.99", "-z", "bl.test", "-z", "trie.test")
        self.assertState(result, "OK")
        self.assertEqual(len(result.lines), 1)
        self.assertIn("192.0.2.99 is not listed; 2 of 2 lists healthy", result.lines[0])
        self.assertEqual(result.perfdata["healthy"], "2;;;0;2")
        self.assertEqual(result.perfdata["listed"], "0;;0;0;2")
        self.assertEqual(result.perfdata["queries"], "8;;;0")

    def test_perfdata_has_all_metrics_in_their_order(self):
        result = check("-H", "192.0.2.10", "-z", "bl.test*7", "-z", "refused.test", "-z", "empty.test")
        self.assertEqual(list(result.perfdata),
                         ["listed", "score", "healthy", "unhealthy", "refused", "queries", "time"])
        self.assertEqual(result.perfdata["listed"], "1;;0;0;3")
        self.assertEqual(result.perfdata["score"], "7")
        self.assertEqual(result.perfdata["healthy"], "1;;;0;3")
        self.assertEqual(result.perfdata["unhealthy"], "1;;;0;3")
        self.assertEqual(result.perfdata["refused"], "1;;;0;3")
        self.assertRegex(result.perfdata["time"], r"^0\.\d+s;;;0$")

    def test_the_default_profile_is_the_three_free_lists(self):
        result = check("-H", "192.0.2.99", "--output", "json")
        self.assertState(result, "OK")
        self.assertEqual([zone["zone"] for zone in result.json["data"]["zones"]],
                         ["psbl.surriel.com", "dnsbl.dronebl.org", "dnsbl-1.uceprotect.net"])

    def test_the_hole_in_a_network_is_not_listed(self):
        self.assertState(check("-H", "192.0.2.2", "-z", "bl.test"), "CRITICAL")
        self.assertState(check("-H", "192.0.2.3", "-z", "bl.test"), "OK")

    def test_the_more_specific_half_has_its_own_code(self):
        result = check("-H", "203.0.113.129", "-z", "trie.test", "--output", "json")
        listed = result.json["data"]["targets"][0]["listed"][0]
        self.assertEqual(listed["codes"], ["127.0.0.11"])
        self.assertEqual(listed["text"], "more specific half")

    def test_ipv6_is_asked_by_nibbles(self):
        result = check("-H", "2001:db8:bad::1", "-z", "v6.test")
        self.assertState(result, "CRITICAL")
        self.assertIn("2001:db8:bad::1 -> 127.0.0.2", result.out)
        self.assertState(check("-H", "2001:db8:bad::25", "-z", "v6.test"), "OK")

    def test_domains_go_to_domain_lists(self):
        zones = write("rhs.zones", "rhs.test kind=domain\n")
        result = check("--domain", "bad.example", "--zones-file", zones, "--output", "json")
        self.assertState(result, "CRITICAL")
        self.assertEqual(result.json["data"]["targets"][0]["listed"][0]["codes"], ["127.0.1.5"])
        self.assertState(check("--domain", "www.spammer.example", "--zones-file", zones), "CRITICAL")
        self.assertState(check("--domain", "good.example", "--zones-file", zones), "OK")

    def test_a_zone_can_say_its_kind_on_the_command_line(self):
        result = check("--domain", "bad.example", "-z", "rhs.test kind=domain")
        self.assertState(result, "CRITICAL")

    def test_several_codes_and_reasons_are_one_listing(self):
        result = check("-H", "192.0.2.9", "-z", "multi.test", "--output", "json", "-vv")
        data = result.json["data"]["targets"][0]["listed"]
        self.assertEqual(len(data), 1)
        self.assertEqual(sorted(data[0]["codes"]), ["127.0.0.2", "127.0.0.4"])
        self.assertIn("first reason", data[0]["text"])
        self.assertEqual(result.json["perfdata"][0]["value"], 1)

    def test_a_listing_without_a_reason_is_a_listing(self):
        self.assertState(check("-H", "192.0.2.11", "-z", "multi.test"), "CRITICAL")

    def test_what_a_list_says_is_data(self):
        result = check("-H", "192.0.2.9", "-z", "multi.test")
        self.assertIn("second ? ?(reason) ?b??x??/b?", result.out)
        json_text = check("-H", "192.0.2.9", "-z", "multi.test", "--output", "json").out
        self.assertIn("second | $(reason) <b>`x`</b>", json_text)

    def test_codes_and_masks_filter(self):
        for spec, state in (("bl.test=127.0.0.2", "OK"), ("bl.test=127.0.0.[2;4..7]", "CRITICAL"),
                            ("bl.test=127.0.0.[2,4]", "CRITICAL"), ("bl.test&2", "OK"),
                            ("bl.test&0x0c", "CRITICAL")):
            with self.subTest(spec):
                self.assertState(check("-H", "192.0.2.2", "-z", spec), state)     # 127.0.0.4

    def test_a_code_that_the_list_has_not_published_is_unknown(self):
        result = check("-H", "192.0.2.27", "-z", "zen.spamhaus.org")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "dnsbl_code_unknown", "zen.spamhaus.org", "127.0.0.77")
        self.assertEqual(result.value("listed"), 0)
        result = check("-H", "192.0.2.27", "-z", "zen.spamhaus.org", "--output", "json")
        self.assertEqual(result.json["data"]["targets"][0]["undecided"],
                         [{"zone": "zen.spamhaus.org", "why": "code_unknown", "code": "127.0.0.77"}])
        self.assertNotIn("dnsbl_clean", result.out)

    def test_info_lists_count_in_the_score_only(self):
        result = check("-H", "192.0.2.10", "-z", "bl.test*2 type=info", "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "dnsbl_info", "bl.test", "127.0.0.2")
        self.assertEqual((result.perfdata["listed"], result.perfdata["score"]), ("0;;0;0;0", "2"))

    def test_hostkarma_is_a_blocklist_and_others_in_one(self):
        zone = "hostkarma.junkemailfilter.com"
        for target, as_list, as_info in (("192.0.2.29", "CRITICAL", ""), ("192.0.2.30", "UNKNOWN", "yellow"),
                                         ("192.0.2.31", "UNKNOWN", "NOBL"), ("192.0.2.32", "UNKNOWN", "white"),
                                         ("192.0.2.99", "OK", "")):
            with self.subTest(target):
                self.assertState(check("-H", target, "-z", zone), as_list)
                result = check("-H", target, "--profile", "info", "-v", "-t", "5", "--exclude",
                               "dnsbl-2.uceprotect.net", "--exclude", "dnsbl-3.uceprotect.net", "--exclude",
                               "ips.backscatterer.org", "--exclude", "wl.mailspike.net")
                self.assertState(result, "OK")
                if as_info:
                    self.assertFinding(result, "OK", "dnsbl_info", zone, as_info)

    def test_several_filters_of_one_zone_are_several_lists(self):
        """As in postscreen's configuration."""
        words = ("-z", "bl.test=127.0.0.4*2", "-z", "bl.test=127.0.0.2*3", "-z", "bl.test=127.0.0.2*5")
        result = check("-H", "192.0.2.2", *words)         # 127.0.0.4
        self.assertEqual((result.value("listed"), result.value("score")), (1, 2))
        result = check("-H", "192.0.2.10", *words)        # 127.0.0.2; the last one counts
        self.assertEqual((result.value("listed"), result.value("score")), (1, 5))
        self.assertEqual(result.perfdata["healthy"], "2;;;0;2")

    def test_all_codes_and_all_words_are_in_the_data(self):
        server = FakeDNS("2.0.0.127.bl.test A 127.0.0.2\n"
                         + "".join(f"10.2.0.192.bl.test A 127.0.0.{n}\n" for n in range(2, 32))
                         + f"10.2.0.192.bl.test TXT {'x' * 900}end\n")
        self.addCleanup(server.stop)
        words = ("--resolver", server.resolver, "-H", "192.0.2.10", "-z", "bl.test")
        listed = run("check_dnsbl", *words, "--output", "json").json["data"]["targets"][0]["listed"][0]
        self.assertEqual(len(listed["codes"]), 30)
        self.assertTrue(listed["text"].endswith("xend"))
        self.assertNotIn("x" * 200, run("check_dnsbl", *words).out)

    def test_a_mask_names_each_of_its_bits(self):
        server = FakeDNS("bad.example.multi.surbl.org A 127.0.0.80\nmulti.surbl.org A 192.0.2.1\n")
        self.addCleanup(server.stop)
        result = run("check_dnsbl", "--resolver", server.resolver, "--domain", "bad.example", "-z",
                     "multi.surbl.org")
        self.assertFinding(result, "CRITICAL", "dnsbl_listed", "multi.surbl.org",
                           "(MW: malware, ABUSE: spam and abuse)")

    def test_allow_lists_lower_the_score(self):
        result = check("-H", "192.0.2.40", "-z", "list.dnswl.org", "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "dnsbl_allowed", "list.dnswl.org", "127.0.5.2")
        self.assertEqual((result.value("listed"), result.value("score")), (0, -1))

    def test_negative_weights_count_in_the_score_only(self):
        result = check("-H", "192.0.2.10", "-z", "bl.test*-3", "-c", "score=-2:")
        self.assertState(result, "CRITICAL")
        self.assertEqual((result.value("listed"), result.value("score")), (0, -3))
        self.assertFinding(result, "CRITICAL", "threshold", "score", "-3")


class Targets(TestCase):
    def test_a_name_is_all_its_addresses(self):
        result = check("-H", "mail.example.test", "-z", "bl.test", "-z", "v6.test", "--output", "json")
        self.assertState(result, "CRITICAL")
        self.assertEqual([t["target"] for t in result.json["data"]["targets"]],
                         ["192.0.2.10", "2001:db8::10"])
        self.assertEqual(result.json["target"], "mail.example.test")

    def test_minus_4_and_minus_6_choose_addresses_of_a_name(self):
        self.assertState(check("-H", "mail.example.test", "-z", "v6.test", "-6"), "OK")
        result = check("-H", "mail.example.test", "-z", "bl.test", "-4", "-vv")
        self.assertState(result, "CRITICAL")
        self.assertNotIn("AAAA", result.out)

    def test_aliases_are_followed(self):
        self.assertIn("192.0.2.10", check("-H", "alias.example.test", "-4", "-z", "bl.test").out)

    def test_international_names_are_asked_in_their_ascii_form(self):
        result = check("-H", "müller.example.test", "-4", "-z", "bl.test", "-vv")
        self.assertState(result, "OK")
        self.assertIn("A xn--mller-kva.example.test", result.out)

    def test_mx_is_all_addresses_of_all_servers(self):
        result = check("--mx", "example.test", "-4", "-z", "bl.test")
        self.assertState(result, "CRITICAL")
        self.assertEqual(result.perfdata["listed"], "1;;0;0;2")

    def test_without_mx_the_domain_itself_is_the_server(self):
        result = check("--mx", "implicit.example.test", "-4", "-z", "bl.test")
        self.assertState(result, "OK")
        self.assertIn("192.0.2.62 is not listed", result.lines[0])

    def test_a_null_mx_is_unknown(self):
        result = check("--mx", "nullmx.example.test", "-z", "bl.test")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "null_mx", "nullmx.example.test")

    def test_names_without_addresses_are_unknown_and_never_ok(self):
        for name in ("nothing.example.test", "text.example.test", "dangling.example.test"):
            with self.subTest(name):
                result = check("-H", name, "-z", "bl.test")
                self.assertState(result, "UNKNOWN")
                self.assertFinding(result, "UNKNOWN", "dns_no_host", name)

    def test_a_circle_of_aliases_is_unknown(self):
        result = check("-H", "loop1.example.test", "-z", "bl.test")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "dns_temporary", "loop1.example.test")

    def test_addresses_that_nobody_sees_are_unknown(self):
        for word in ("10.0.0.1", "100.64.0.0/24", "fd00::1", "fe80::1", "169.254.1.1"):
            with self.subTest(word):
                result = check("-H", word, "-z", "bl.test", "--output", "json")
                self.assertState(result, "UNKNOWN")
                self.assertFinding(result, "UNKNOWN", "address_not_public", word)
                self.assertEqual([f["reason"] for f in result.json["findings"]],
                                 ["address_not_public", "dnsbl_skipped"])
                self.assertEqual(result.json["data"]["targets_clean"], 0)
                self.assertEqual(len(result.json["data"]["targets"]), 256 if "/" in word else 1)
        result = check("-H", "inside.example.test", "-4", "-z", "bl.test")
        self.assertFinding(result, "UNKNOWN", "address_not_public", "10.1.2.3")

    def test_a_target_that_no_list_can_judge_is_unknown(self):
        result = check("-H", "2001:db8::1", "-z", "bl.test family=4")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "dnsbl_not_asked", "2001:db8::1")
        self.assertEqual(result.perfdata["healthy"], "0;;;0;0")
        zones = write("domain.zones", "rhs.test kind=domain\n")
        result = check("-H", "192.0.2.1", "--zones-file", zones)
        self.assertFinding(result, "UNKNOWN", "dnsbl_not_asked", "192.0.2.1")

    def test_an_address_of_a_name_that_no_list_can_judge_is_said(self):
        result = check("-H", "mail.example.test", "-z", "bl.test=127.0.0.9 family=4", "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "dnsbl_skipped", "2001:db8::10")
        result = check("-H", "v6only.example.test", "-z", "bl.test family=4")
        self.assertFinding(result, "UNKNOWN", "dnsbl_not_asked", "v6only.example.test")

    def test_a_list_with_nothing_to_judge_is_skipped(self):
        zones = write("both.zones", "bl.test\nrhs.test kind=domain\nv6.test family=6\n")
        result = check("-H", "192.0.2.99", "--zones-file", zones, "--output", "json")
        self.assertState(result, "OK")
        self.assertEqual({z["zone"]: z["health"] for z in result.json["data"]["zones"]},
                         {"bl.test": "ok", "rhs.test": "skipped", "v6.test": "skipped"})

    def test_a_target_whose_name_is_too_long_for_the_list_is_unknown(self):
        long = ".".join(["x" * 61] * 4)
        result = check("--domain", long, "--domain", "good.example", "-z", "rhs.test kind=domain",
                       "--output", "json")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "dnsbl_not_asked", long, "too long for rhs.test")
        self.assertEqual(result.json["data"]["targets_clean"], 1)
        self.assertEqual([t["target"] for t in result.json["data"]["targets"]], [long])
        # Nor does it help that another list can be asked.
        longer = ".".join(["y" * 60] * 3)
        result = check("-H", "2001:db8::1", "-z", f"{longer} family=6 test=none", "-z", "v6.test")
        self.assertState(result, "UNKNOWN")

    def test_a_list_that_has_no_ipv6_keeps_its_ipv4(self):
        """Nobody said that bl.test has IPv6, and its test entry for that is missing."""
        server = FakeDNS("2.0.0.127.bl.test A 127.0.0.2\n10.2.0.192.bl.test A 127.0.0.2\n"
                         "mail.test A 192.0.2.10\nmail.test AAAA 2001:db8::10\n")
        self.addCleanup(server.stop)

        def ask(*words):
            return run("check_dnsbl", "--resolver", server.resolver, *words)

        result = ask("-H", "mail.test", "-z", "bl.test", "-v")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "dnsbl_listed", "bl.test", "192.0.2.10")
        self.assertFinding(result, "OK", "dnsbl_skipped", "2001:db8::10")
        self.assertIn("1 of 1 lists healthy, 1 address skipped", result.lines[0])
        self.assertEqual(result.perfdata["listed"], "1;;0;0;1")
        result = ask("-H", "2001:db8::10", "-z", "bl.test")
        self.assertFinding(result, "UNKNOWN", "dnsbl_dead", "bl.test")
        result = ask("-H", "192.0.2.99", "-H", "2001:db8::10", "-z", "bl.test", "--output", "json")
        self.assertFinding(result, "UNKNOWN", "dnsbl_not_asked", "2001:db8::10")
        self.assertEqual(result.json["data"]["targets_clean"], 1)
        # One that is said to have it must have it.
        result = ask("-H", "mail.test", "-z", "bl.test family=4,6")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "dnsbl_dead", "bl.test")

    def test_ipv4_written_as_ipv6_is_ipv4(self):
        result = check("-H", "::ffff:192.0.2.10", "-H", "[2001:db8:bad::1]", "-z", "bl.test family=4",
                       "-z", "v6.test family=6")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "dnsbl_listed", "bl.test", "192.0.2.10")
        self.assertFinding(result, "CRITICAL", "dnsbl_listed", "v6.test", "2001:db8:bad::1")
        # But the test entry of IPv6 lists is what it is.
        self.assertState(check("-H", "::ffff:7f00:2", "-z", "v6.test"), "CRITICAL")

    def test_a_network_is_each_of_its_addresses(self):
        result = check("-H", "192.0.2.0/28", "-z", "bl.test", "--output", "json")
        data = result.json["data"]
        self.assertEqual([t["target"] for t in data["targets"]],
                         [f"192.0.2.{n}" for n in (0, 1, 2, 4, 5, 6, 7, 10)])
        self.assertEqual(data["targets_clean"], 8)
        self.assertEqual(result.json["perfdata"][0]["value"], 8)

    def test_what_is_given_twice_is_asked_once(self):
        result = check("-H", "192.0.2.10", "-H", "192.0.2.10/31", "-H", "mail.example.test", "-4",
                       "-z", "bl.test")
        self.assertEqual(result.perfdata["listed"], "1;;0;0;2")
        result = check("--domain", "bad.example", "--domain", "BAD.example.", "-z",
                       "rhs.test kind=domain")
        self.assertEqual(result.perfdata["listed"], "1;;0;0;1")

    def test_names_cannot_have_more_addresses_than_is_allowed(self):
        addresses = "".join(f"many.example A 192.0.{n // 200}.{n % 200}\n" for n in range(1100))
        server = FakeDNS(f"2.0.0.127.bl.test A 127.0.0.2\n{addresses}")
        self.addCleanup(server.stop)
        words = ("--resolver", server.resolver, "-H", "many.example", "-4", "-z", "bl.test")
        result = run("check_dnsbl", *words)
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "too_many_targets", "targets", "1024")
        self.assertEqual(result.perfdata["listed"], "0;;0;0;1024")
        self.assertState(run("check_dnsbl", *words, "--max-targets", "1100"), "OK")

    def test_a_family_without_addresses_is_said(self):
        result = check("-H", "v6only.example.test", "-4", "-z", "bl.test")
        self.assertFinding(result, "UNKNOWN", "dns_no_host", "v6only.example.test", "of the family")

    def test_targets_come_from_a_file_or_standard_input(self):
        targets = write("targets", "# ours\n192.0.2.10\n\n 192.0.2.0/31 # a network\nmail.example.test\n")
        result = check("--targets-file", targets, "-4", "-z", "bl.test", "--output", "json")
        self.assertEqual([t["target"] for t in result.json["data"]["targets"]],
                         ["192.0.2.10", "192.0.2.0", "192.0.2.1"])
        result = check("--targets-file", "-", "-z", "bl.test", stdin=b"192.0.2.99\r\n")
        self.assertState(result, "OK")
        self.assertUsage(check("--targets-file", "-", "-z", "bl.test"), "no target")


class Health(TestCase):
    """A list that cannot be judged is UNKNOWN, each for its own reason."""

    def test_each_illness_has_its_reason(self):
        for zone, health, reason, words in (
                ("refused.test", "refused", "dnsbl_refused", "127.255.255.254"),
                ("wildcard.test", "wildcard", "dnsbl_wildcard", "127.0.0.2"),
                ("empty.test", "testpoint_missing", "dnsbl_dead", "test entry"),
                ("nodata.test", "testpoint_missing", "dnsbl_dead", "test entry"),
                ("outside.test", "outside_127", "dnsbl_outside_127", "203.0.113.9"),
                ("nowhere.invalid", "testpoint_missing", "dnsbl_dead", "test entry")):
            for target in ("192.0.2.10", "192.0.2.99"):
                with self.subTest(f"{zone} {target}"):
                    result = check("-H", target, "-z", zone, "--output", "json")
                    self.assertState(result, "UNKNOWN")
                    self.assertFinding(result, "UNKNOWN", reason, zone, words)
                    self.assertEqual(result.json["data"]["zones"][0]["health"], health)
                    self.assertEqual(result.json["data"]["targets"],
                                     [{"target": target, "listed": [],
                                       "undecided": [{"zone": zone, "why": health}]}])
                    self.assertEqual(result.json["data"]["targets_clean"], 0)
                    self.assertEqual(result.json["perfdata"][0]["value"], 0)

    def test_the_cure_of_a_refusal_is_said(self):
        result = check("-H", "192.0.2.99", "-z", "refused.test")
        self.assertIn("    fix: run a resolver of your own, or use a key (DQS)", result.lines)

    def test_a_sick_list_does_not_hide_a_listing(self):
        result = check("-H", "192.0.2.25", "-z", "refused.test", "-z", "zen.spamhaus.org")
        self.assertState(result, "CRITICAL")
        self.assertIn("192.0.2.25 is listed by zen.spamhaus.org (XBL) (and 1 more); 1 of 2 lists",
                      result.lines[0])
        self.assertFinding(result, "UNKNOWN", "dnsbl_refused", "refused.test")

    def test_without_health_tests_a_wildcard_is_believed(self):
        result = check("-H", "192.0.2.99", "-z", "wildcard.test", "--no-health")
        self.assertState(result, "CRITICAL")
        self.assertState(check("-H", "192.0.2.99", "-z", "empty.test", "--no-health"), "OK")

    def test_without_health_tests_a_refusal_is_still_none(self):
        result = check("-H", "192.0.2.99", "-z", "refused.test", "-z", "outside.test", "--no-health")
        self.assertState(result, "UNKNOWN")
        self.assertEqual((result.value("refused"), result.value("unhealthy"), result.value("listed")),
                         (1, 1, 0))

    def test_dead_lists_are_warned_of_and_not_asked(self):
        result = check("-H", "192.0.2.99", "-z", "bl.test", "-z", "spam.dnsbl.sorbs.net", "-vv")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "dnsbl_dead", "spam.dnsbl.sorbs.net", "2024-06-05")
        self.assertNotIn("127.spam.dnsbl.sorbs.net", result.out)
        self.assertEqual(result.perfdata["healthy"], "1;;;0;1")

    def test_enough_healthy_lists_are_enough(self):
        words = ("-H", "192.0.2.99", "-z", "bl.test", "-z", "trie.test", "-z", "refused.test",
                 "-z", "ix.dnsbl.manitu.net")
        result = check(*words, "--min-healthy", 2, "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "dnsbl_refused", "refused.test")
        result = check(*words, "--min-healthy", 3)
        self.assertState(result, "WARNING")
        self.assertFinding(result, "UNKNOWN", "dnsbl_too_few_healthy", "lists", "2 of 3")
        self.assertFinding(result, "WARNING", "dnsbl_dead", "ix.dnsbl.manitu.net")

    def test_enough_healthy_lists_say_nothing_about_other_kinds(self):
        words = ("-H", "192.0.2.99", "-H", "2001:db8::1", "-z", "bl.test family=4", "-z",
                 "trie.test family=4", "-z", "refused.test family=6", "--min-healthy", 2)
        result = check(*words, "-v")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "OK", "dnsbl_refused", "refused.test")
        self.assertFinding(result, "UNKNOWN", "dnsbl_not_asked", "2001:db8::1")

    def test_a_list_without_test_entries_must_at_least_exist(self):
        self.assertState(check("-H", "192.0.2.99", "-z", "empty.test test=none"), "OK")
        result = check("-H", "192.0.2.99", "-z", "all.spamrats.com")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "dnsbl_dead", "all.spamrats.com")

    def test_what_is_not_known_is_not_said(self):
        result = check("-H", "192.0.2.99", "-z", "refused.test", "--state-for", "dnsbl_refused=ok")
        self.assertState(result, "OK")
        self.assertIn("nothing is known of 192.0.2.99; 0 of 1 lists healthy", result.lines[0])
        result = check("-H", "192.0.2.40", "-z", "list.dnswl.org")
        self.assertIn("192.0.2.40 is on no blocklist; 1 of 1 lists healthy", result.lines[0])
        result = check("-H", "10.0.0.1", "-z", "bl.test", "--ignore", "address_not_public")
        self.assertIn("nothing is known of 10.0.0.1", result.lines[0])

    def test_lists_have_test_points_of_their_own(self):
        result = check("-H", "192.0.2.99", "-z", "bl.test test=192.0.2.77,!192.0.2.3", "-vv")
        self.assertState(result, "OK")
        self.assertIn("A 77.2.0.192.bl.test", result.out)
        self.assertIn("A 3.2.0.192.bl.test", result.out)
        self.assertNotIn("2.0.0.127.bl.test", result.out)
        result = check("-H", "192.0.2.99", "-z", "bl.test test=192.0.2.98")
        self.assertFinding(result, "UNKNOWN", "dnsbl_dead", "bl.test")


class Judging(TestCase):
    """Thresholds, --state-for, --ignore: on 192.0.2.10, which one list has, and
    192.0.2.0/30, of which it has three."""

    def test_warning_and_critical_are_the_right_way_round(self):
        for targets, state in (("192.0.2.99", "OK"), ("192.0.2.10", "OK"),
                               ("192.0.2.0/31", "WARNING"), ("192.0.2.0/30", "WARNING"),
                               ("192.0.2.0/29", "CRITICAL")):
            with self.subTest(targets):
                result = check("-H", targets, "-z", "bl.test", "-w", "1", "-c", "3")
                self.assertState(result, state)
                self.assertRegex(result.perfdata["listed"], r"^\d;1;3;0;\d$")

    def test_one_cause_is_one_finding(self):
        result = check("-H", "192.0.2.0/31", "-z", "bl.test", "-w", "1", "-c", "3")
        self.assertEqual([line.split()[:2] for line in result.lines[1:] if line.startswith("[")],
                         [["[WARNING]", "dnsbl_listed"]] * 2)

    def test_any_metric_has_thresholds(self):
        result = check("-H", "192.0.2.99", "-z", "bl.test", "-z", "empty.test",
                       "-c", "healthy=2:", "-w", "queries=@1:100", "-w", "time=1m")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "threshold", "healthy", "alerts by the range 2:")
        self.assertFinding(result, "WARNING", "threshold", "queries")
        self.assertEqual(result.perfdata["healthy"], "1;;2:;0;2")
        self.assertRegex(result.perfdata["time"], "s;60;;0$")

    def test_state_for_changes_what_a_finding_means(self):
        result = check("-H", "192.0.2.10", "-z", "bl.test", "-z", "refused.test",
                       "--state-for", "dnsbl_listed=warning", "--state-for", "dnsbl_refused=ok")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "dnsbl_listed", "bl.test")

    def test_ignored_findings_are_shown_and_do_not_count(self):
        result = check("-H", "192.0.2.10", "-z", "bl.test", "--ignore", "dnsbl_listed:bl.test")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "dnsbl_listed", "bl.test", "(ignored)")
        self.assertEqual(result.value("listed"), 1)
        result = check("-H", "192.0.2.10", "-z", "bl.test", "--ignore", "dnsbl_listed:trie.test")
        self.assertState(result, "CRITICAL")
        result = check("-H", "192.0.2.99", "-z", "bl.test", "-z", "empty.test", "-z", "refused.test",
                       "--ignore", "dnsbl_dead:EMPTY.test", "--ignore", "dnsbl_refused", "-w",
                       "unhealthy=0", "-w", "refused=0")
        self.assertState(result, "OK")

    def test_thresholds_are_judged_without_the_ignored(self):
        words = ("-H", "192.0.2.10", "-H", "203.0.113.1", "-z", "bl.test", "-z", "trie.test",
                 "-c", "1", "-c", "score=1")
        self.assertState(check(*words), "CRITICAL")
        self.assertState(check(*words, "--ignore", "dnsbl_listed:bl.test"), "OK")

    def test_exit_ok_hides_nothing_else(self):
        result = check("-H", "192.0.2.10", "-z", "bl.test", "--exit-ok")
        self.assertEqual(result.code, 0)
        self.assertIn("DNSBL CRITICAL", result.lines[0])


class Output(TestCase):
    def test_json_holds_everything(self):
        result = check("-H", "192.0.2.25", "-z", "zen.spamhaus.org", "-z", "bl.test",
                       "--output", "json")
        self.assertEqual(len(result.lines), 1)
        whole = result.json
        self.assertEqual((whole["plugin"], whole["state"], whole["exit_code"], whole["target"]),
                         ("check_dnsbl", "CRITICAL", 2, "192.0.2.25"))
        self.assertEqual(whole["findings"][0] | {"fix": ""}, {
            "state": "CRITICAL", "reason": "dnsbl_listed", "stage": "lookup",
            "subject": "zen.spamhaus.org", "fix": "",
            "text": '192.0.2.25 -> 127.0.0.4 (XBL: exploited host) '
                    '"https://www.spamhaus.org/query/ip/192.0.2.25"',
            "url": "https://check.spamhaus.org/?ip=192.0.2.25"})
        self.assertFinding(result, "OK", "dnsbl_clean", "bl.test")
        self.assertEqual(whole["data"]["targets"], [{
            "target": "192.0.2.25", "undecided": [],
            "listed": [{"zone": "zen.spamhaus.org", "codes": ["127.0.0.4"], "type": "deny",
                        "meaning": "XBL: exploited host",
                        "text": "https://www.spamhaus.org/query/ip/192.0.2.25",
                        "url": "https://check.spamhaus.org/?ip=192.0.2.25"}]}])

    def test_json_is_indented_with_v(self):
        self.assertGreater(len(check("-H", "192.0.2.10", "-z", "bl.test", "--output", "json",
                                     "-v").lines), 20)

    def test_the_trace_shows_what_was_asked_and_answered(self):
        result = check("-H", "192.0.2.10", "-z", "bl.test", "-vv")
        self.assertRegex(result.out, r"(?m)^A 10\.2\.0\.192\.bl\.test @127\.0\.0\.1:\d+ -> found: "
                                     r"127\.0\.0\.2, [\d.]+ ms, ttl \d+$")
        result = check("-H", "192.0.2.10", "-z", "bl.test", "-vv", "--output", "json")
        self.assertIn("A 10.2.0.192.bl.test", result.err)

    def test_prometheus_output_is_for_a_textfile_collector(self):
        result = check("-H", "192.0.2.10", "-z", "bl.test", "--output", "prometheus")
        self.assertEqual(result.code, 2)
        self.assertIn('mailpath_dnsbl_listed{target="192.0.2.10"} 1\n', result.out)
        self.assertIn('mailpath_state{plugin="check_dnsbl",target="192.0.2.10"} 2\n', result.out)
        self.assertIn('mailpath_finding{plugin="check_dnsbl",target="192.0.2.10",'
                      'reason="dnsbl_listed",subject="bl.test"} 1\n', result.out)
        for line in result.lines:
            self.assertRegex(line, r"^(# (HELP|TYPE) mailpath_\w+ .+|mailpath_\w+\{.*\} -?[\d.]+)$")
        long = check("-H", "192.0.2.128/25", "-H", "mail.example.test", "-H", "implicit.example.test",
                     "-H", "192.0.2.64/26", "-H", "backup.example.test", "-H", "example.test",
                     "-z", "bl.test", "--output", "prometheus")
        self.assertIn('target="192.0.2.128/25,mail.example.test,', long.out)
        self.assertIn('..."', long.out)

    def test_output_file_is_written_whole(self):
        folder = WORK / "collector"
        folder.mkdir()
        folder.chmod(0o777)
        path = folder / "mailpath.prom"
        result = check("-H", "192.0.2.10", "-z", "bl.test", "--output", "prometheus",
                       "--output-file", path)
        self.assertEqual((result.code, result.out), (2, ""))
        self.assertIn("mailpath_state", path.read_text())
        self.assertEqual(path.stat().st_mode & 0o777, 0o644)
        self.assertEqual([p.name for p in folder.iterdir()], ["mailpath.prom"])
        self.assertUsage(check("-H", "192.0.2.99", "-z", "bl.test", "--output-file", "/gone/x"),
                         "--output-file: /gone/x", "No such file")
        self.assertUsage(check("-H", "192.0.2.99", "-z", "bl.test", "--output-file", "/dev/null",
                               as_root=True), "--output-file: /dev/null", "something else than a file")

    def test_a_closed_output_is_unknown(self):
        kwargs = unprivileged(environment())
        with subprocess.Popen([PLUGINS / "check_dnsbl", "--resolver", RealDNS.get().resolver, "-H",
                               "192.0.2.10", "-z", "bl.test"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, **kwargs) as process:
            process.stdout.close()
            self.assertEqual(process.wait(), 3)

    def test_many_findings_are_cut_in_text_alone(self):
        result = check("-H", "203.0.113.0/25", "-z", "trie.test")
        self.assertEqual(sum(line.startswith("[") for line in result.lines), 50)
        self.assertEqual(result.lines[-1], "... and 78 more")
        result = check("-H", "203.0.113.0/25", "-z", "trie.test", "--output", "json")
        self.assertEqual(len(result.json["findings"]), 128)

    def test_perl_reads_our_perfdata_as_we_mean_it(self):
        result = check("-H", "192.0.2.10", "-z", "bl.test*-2", "-w", "time=~:90s", "-c", "score=-1:")
        script = """use Monitoring::Plugin::Performance use_die => 1;
            print join("|", $_->label, $_->value, $_->uom, $_->threshold->warning // "",
                $_->threshold->critical // ""), "\n"
                for Monitoring::Plugin::Performance->parse_perfstring($ARGV[0]);"""
        perfdata = result.lines[0].partition(" | ")[2]
        read = subprocess.run(["perl", "-e", script, perfdata], capture_output=True, text=True,
                              check=True).stdout.splitlines()
        self.assertEqual([line.split("|")[:3] for line in read],
                         [[label, re.match(r"-?[\d.]+", data)[0], "s" if label == "time" else ""]
                          for label, data in result.perfdata.items()])
        self.assertIn("listed|0|||0", read)
        self.assertIn("score|-2|||-1:", read)
        self.assertRegex(read[-1], r"^time\|[\d.]+\|s\|~:90\|$")


class Lists(TestCase):
    """Where the lists come from."""

    def test_list_zones_can_be_read_again(self):
        result = run("check_dnsbl", "--list-zones")
        self.assertEqual(result.code, 3)
        zones = write("table.zones", result.out)
        keys = write("table.keys", "dqs aaaa\nabusix bbbb\n", 0o644)
        again = check("-H", "192.0.2.99", "--zones-file", zones, "--key-file", keys, "-t", "5",
                      "--output", "json")
        known = {zone["zone"] for zone in again.json["data"]["zones"]}
        self.assertLessEqual({"zen.spamhaus.org", "***.zen.dq.spamhaus.net", "psbl.surriel.com",
                              "dbl.spamhaus.org", "hostkarma.junkemailfilter.com"}, known)

    def test_profiles_add_up_and_exclude_takes_away(self):
        result = check("-H", "192.0.2.99", "--profile", "spamhaus,default", "--profile", "info",
                       "--exclude", "PSBL.surriel.com", "--output", "json", "-t", "5")
        zones = [zone["zone"] for zone in result.json["data"]["zones"]]
        self.assertIn("zen.spamhaus.org", zones)
        self.assertIn("list.dnswl.org", zones)
        self.assertIn("dnsbl.dronebl.org", zones)
        self.assertNotIn("psbl.surriel.com", zones)

    def test_a_file_may_say_a_known_list_again(self):
        zones = write("again.zones", "psbl.surriel.com*5\n")
        result = check("-H", "127.0.0.2", "--profile", "default", "--zones-file", zones, "--exclude",
                       "dnsbl.dronebl.org", "--exclude", "dnsbl-1.uceprotect.net")
        self.assertEqual(result.value("score"), 5)

    def test_zone_and_file_replace_the_default_profile(self):
        result = check("-H", "192.0.2.99", "-z", "bl.test", "--output", "json")
        self.assertEqual([zone["zone"] for zone in result.json["data"]["zones"]], ["bl.test"])

    def test_a_later_zone_changes_an_earlier_one(self):
        result = check("-H", "192.0.2.25", "--profile", "spamhaus", "-z", "zen.spamhaus.org=127.0.0.10")
        self.assertState(result, "OK")

    def test_keys_come_from_a_file_and_are_never_printed(self):
        keys = write("keys", f"# DQS\ndqs {CANARY}\n", 0o640)
        if IS_ROOT:
            subprocess.run(["chgrp", "nogroup", keys], check=True)
        for words in ((), ("-vvv",), ("--output", "json", "-vvv"), ("--output", "prometheus", "-vvv")):
            result = check("-H", "192.0.2.25", "--key-file", keys, "--profile", "spamhaus", *words)
            self.assertEqual(result.code, 2, str(result))
            self.assertNotIn(CANARY, result.out + result.err)
            self.assertIn("***.zen.dq.spamhaus.net", result.out)
            self.assertNotIn(" zen.spamhaus.org", result.out)    # the keyed one is better
        result = check("-H", "192.0.2.25", "--key-file", keys, "-z", "{key:dqs}.zen.dq.spamhaus.net",
                       "--ignore", "dnsbl_listed:***.zen.dq.spamhaus.net")
        self.assertState(result, "OK")
        self.assertIn('"key *** says 192.0.2.25"', result.out)
        for name in ("***.zen.dq.spamhaus.net", "{key:dqs}.zen.dq.spamhaus.net"):
            result = check("-H", "192.0.2.25", "--key-file", keys, "--profile", "spamhaus", "--exclude",
                           name, "-z", "bl.test", "--output", "json")
            self.assertNotIn("***.zen", result.out)
        for words in (("-z", f"{CANARY}.bl.test=foo"), ("-z", f"{CANARY}.bl.test bar=1"), ("-z", f"bl.test {CANARY}"),
                      ("--exclude", f"{CANARY}|x"), ("-H", f"{CANARY}/24")):
            result = check("-H", "192.0.2.25", "--key-file", keys, *words)
            self.assertUsage(result, words[0].replace("-z", "--zone").replace("-H", "--hostname"))
            self.assertNotIn(CANARY, result.out)

    def test_a_key_in_a_zone_is_hidden_too(self):
        result = check("-H", "192.0.2.25", "-z", f"{CANARY}.zen.dq.spamhaus.net", "-vvv")
        self.assertState(result, "CRITICAL")
        self.assertNotIn(CANARY, result.out)

    def test_a_key_file_that_everybody_reads_is_a_warning(self):
        keys = write("open.keys", "dqs sesame999\n", 0o644)
        result = check("-H", "192.0.2.99", "--key-file", keys, "-z", "bl.test")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "secret_exposed", str(keys))

    def test_errors_about_keys_do_not_tell_them(self):
        keys = write("bad.keys", "dqs secret..key\nlonely\n", 0o644)
        result = check("-H", "192.0.2.99", "--key-file", keys, "-z", "bl.test")
        self.assertUsage(result, "--key-file", "bad.keys line 2")
        keys = write("worse.keys", "dqs secret..key\n", 0o644)
        result = check("-H", "192.0.2.99", "--key-file", keys, "-z", "{key:dqs}.zen.test")
        self.assertUsage(result, "the key dqs does not make a label")
        self.assertNotIn("secret", result.out)
        for spec in (f"{CANARY}.zen.dq.spamhaus.net=1", f"{CANARY}.zen.dq.spamhaus.net type=x"):
            result = check("-H", "192.0.2.99", "-z", spec)
            self.assertUsage(result, "***.zen.dq.spamhaus.net")
            self.assertNotIn(CANARY, result.out)

    def test_no_part_of_a_key_is_left_where_a_line_is_cut(self):
        """In the summary, in a TXT record, at the deadline, and of any list."""
        keys = write("cut.keys", f"any {CANARY}\n", 0o640)
        if IS_ROOT:
            subprocess.run(["chgrp", "nogroup", keys], check=True)
        text = "".join(f"*.{CANARY}.own.test TXT {'-' * n}{CANARY}\n" for n in range(180, 200))
        server = FakeDNS(f"*.{CANARY}.own.test A 127.0.0.2\n{text}", address="127.100.100.200")
        self.addCleanup(server.stop)
        silent = FakeDNS("* !drop\n", address="127.100.100.200")
        self.addCleanup(silent.stop)
        for resolver in (server.resolver, silent.resolver):
            for form in ("text", "json", "prometheus"):
                result = run("check_dnsbl", "--resolver", resolver, "-H", "192.0.2.1", "--key-file", keys,
                             "-z", "{key:any}.own.test", "--no-health", "-t", "0.4", "-vvv", "--output",
                             form)
                for part in range(4, len(CANARY)):
                    self.assertNotIn(CANARY[:part], result.out + result.err)

    def test_a_key_of_any_list_is_hidden(self):
        keys = write("own.keys", f"mine {CANARY}\n", 0o644)
        for form in ("text", "json", "prometheus"):
            result = check("-H", "192.0.2.99", "--key-file", keys, "-z", "{key:mine}.own.example", "-vvv",
                           "--output", form)
            self.assertNotIn(CANARY, result.out + result.err)
            self.assertIn("***.own.example", result.out + result.err)

    def test_a_short_key_does_not_spoil_the_form(self):
        keys = write("short.keys", "one e\n", 0o644)
        result = check("-H", "192.0.2.99", "--key-file", keys, "-z", "bl.test", "--output", "json")
        self.assertEqual(result.json["schema"], "mailpath/1")


class WrongUsage(TestCase):
    """One line that names the option, exit 3, and nothing asked of the network."""

    def test_is_one_line_each(self):
        bad_zones = write("bad.zones", "bl.test\n\n# fine\nbl.test kind=mail\n")
        bad_targets = write("bad.targets", "192.0.2.1\n192.0.2.1/99\n")
        empty = write("nothing", "# nothing\n\n")
        nul = write("nul.targets", b"192.0.2.1\n\0\n")
        secret = write("secret.zones", "bl.test\n", 0o600)
        with FakeServer() as server:
            for words, expected in (
                    ((), ("nothing to look at",)),
                    (("-H", "192.0.2.1/8/8"), ("--hostname", "192.0.2.1/8/8")),
                    (("-H", "192.0.2.300"), ("192.0.2.300",)),
                    (("-H", "a b"), ("--hostname",)),
                    (("-H", "x|y`z`"), ("--hostname", "x?y?z?")),
                    (("-H", ""), ("--hostname", "empty")),
                    (("-H", "10.0.0.0/8"), ("more than 1024", "--max-targets")),
                    (("-H", "192.0.0.0/16"), ("more than 1024",)),
                    (("-H", "192.0.0.0/15", "--max-targets", "65536"), ("more than 65536",)),
                    (("-H", "192.0.2.1", "--max-targets", "65537"), ("--max-targets",)),
                    (("-H", "192.0.2.1", "-z", "a..b"), ("--zone", "empty label")),
                    (("-H", "192.0.2.1", "-z", "bl.test=127.0.0"), ("--zone", "127.0.0")),
                    (("-H", "192.0.2.1", "-z", "{key:x}.test"), ("--zone", "key x")),
                    (("-H", "192.0.2.1", "--zones-file", bad_zones),
                     ("--zones-file", "bad.zones line 4", "kind=")),
                    (("-H", "192.0.2.1", "--zones-file", empty), ("no list",)),
                    (("-H", "192.0.2.1", "--zones-file", "/gone"), ("/gone: No such file",)),
                    (("-H", "192.0.2.1", "--zones-file", "/"), ("--zones-file",)),
                    (("--targets-file", bad_targets), ("bad.targets line 2", "192.0.2.1/99")),
                    (("--targets-file", empty), ("no target",)),
                    (("--targets-file", nul), ("NUL",)),
                    (("-H", "192.0.2.1", "--profile", "best"), ("--profile", "best")),
                    (("-H", "192.0.2.1", "--exclude", "a..b"), ("--exclude",)),
                    (("-H", "192.0.2.1", "-z", "bl.test", "--exclude", "bl.test"), ("leaves none",)),
                    (("--domain", "bad.example"), ("--domain", "--profile domain")),
                    (("--domain", "bad.example", "-z", "bl.test"), ("--profile domain",)),
                    (("--domain", "192.0.2.1", "--profile", "domain"), ("--domain",)),
                    (("-H", "192.0.2.1", "--resolver", "dns.example"), ("--resolver", "dns.example")),
                    (("-H", "192.0.2.1", "--resolver", "::1:x"), ("--resolver",)),
                    (("-H", "192.0.2.1", "-w", "5:3"), ("--warning", "5:3")),
                    (("-H", "192.0.2.1", "-c", "nothing=3"), ("--critical", "nothing")),
                    (("-H", "192.0.2.1", "-w", "listed=5s"), ("--warning", "listed")),
                    (("-H", "192.0.2.1", "--state-for", "dnsbl_listd=ok"), ("--state-for", "dnsbl_listd")),
                    (("-H", "192.0.2.1", "--ignore", "nothing"), ("--ignore", "nothing")),
                    (("-H", "192.0.2.1", "-t", "0"), ("--timeout",)),
                    (("-H", "192.0.2.1", "--output", "yaml"), ("--output", "yaml")),
                    (("-H", "192.0.2.1", "--nothing"), ("--nothing",)),
                    (("-H", "192.0.2.1", "--t", "5"), ("--t may mean --targets-file --timeout",)),
                    (("-H", "--output", "json"), ("-H, --hostname", "needs a value")),
                    (("-H", "192.0.2.1", "-z", "bl.test=1.2.3.4"), ("--zone", "1.2.3.4")),
                    (("-H", "192.0.2.1", "--ignore", "dnsbl_listed:"), ("--ignore", "no subject")),
                    (("-C", "NOOP"), ("-C", "--stop-after")),
                    (("-R", "250"), ("-R", "--expect")),
                    (("-P", "secret"), ("-P", "--password-file")),
                    (("192.0.2.1",), ("192.0.2.1",))):
                with self.subTest(words=words):
                    result = run("check_dnsbl", "--resolver", server.resolver, *words)
                    self.assertUsage(result, *expected)
                    result = run("check_dnsbl", "--resolver", server.resolver, "--output", "json",
                                 *words)
                    if "--output" not in words:
                        self.assertUsage(result, *expected)
            if IS_ROOT:
                self.assertUsage(run("check_dnsbl", "-H", "192.0.2.1", "--zones-file", secret),
                                 "Permission denied")
            self.assertEqual(server.questions(), [])

    def test_pages_end_in_three(self):
        for word, text in (("--help", "Usage: check_dnsbl"), ("-h", "--zones-file"),
                           ("--version", "check_dnsbl (mailpath-plugins)"), ("-V", "mailpath"),
                           ("--list-reasons", "dnsbl_listed"), ("--list-zones", "zen.spamhaus.org")):
            result = run("check_dnsbl", word)
            self.assertEqual(result.code, 3)
            self.assertIn(text, result.out)


class ExtraOptions(TestCase):
    def test_options_come_from_an_ini_file(self):
        resolver = RealDNS.get().resolver
        ini = write("plugins.ini", f"""[check_dnsbl]
resolver={resolver}
hostname=192.0.2.10
z=bl.test
no-health=

[strict]
resolver={resolver}
hostname=192.0.2.10
zone=bl.test=127.0.0.[2;4]
critical=7
""")
        self.assertState(run("check_dnsbl", f"--extra-opts=@{ini}"), "CRITICAL")
        self.assertState(run("check_dnsbl", f"--extra-opts=strict@{ini}"), "OK")
        self.assertState(run("check_dnsbl", f"--extra-opts=strict@{ini}", "-c", "0"), "CRITICAL")
        folder = ini.parent
        result = run("check_dnsbl", "--extra-opts", env={"NAGIOS_CONFIG_PATH": f"/gone:{folder}"})
        self.assertState(result, "CRITICAL")
        result = run("check_dnsbl", "--extra-opts=strict", env={"MP_CONFIG_FILE": str(ini)})
        self.assertState(result, "OK")

    def test_a_byte_order_mark_and_dos_lines_do_no_harm(self):
        ini = write("dos.ini", "\ufeff[check_dnsbl]\r\nhostname=192.0.2.10\r\nzone=bl.test\r\n")
        self.assertState(check(f"--extra-opts=@{ini}"), "CRITICAL")

    def test_what_is_wrong_in_it_is_named_by_its_line(self):
        ini = write("wrong.ini", "[check_dnsbl]\nhostname=192.0.2.1\nsecretword\n")
        result = run("check_dnsbl", f"--extra-opts=@{ini}")
        self.assertUsage(result, "--extra-opts", "wrong.ini line 3")
        self.assertNotIn("secretword", result.out)
        self.assertUsage(run("check_dnsbl", "--extra-opts=@/gone"), "/gone: No such file")
        self.assertUsage(run("check_dnsbl", f"--extra-opts=none@{ini}"), "[none]")

    def test_nobody_waits_for_a_configuration(self):
        self.assertUsage(run("check_dnsbl", "--extra-opts=@-", stdin=b"[check_dnsbl]\n"), "no ini file")

    def test_short_forms_of_check_rbl_are_understood(self):
        host, port = RealDNS.get().resolver.split(":")
        result = run("check_dnsbl", "-H", "192.0.2.10", "-s", "bl.test", "-n", host, "-p", port,
                     "-r", "2", "--query-timeout", "1", "-w", "1", "-c", "2")
        self.assertState(result, "OK")
        self.assertEqual(result.value("listed"), 1)


class FakeServer:
    """A server that only listens, for tests in which nothing must be asked."""

    def __enter__(self):
        self.server = FakeDNS("nothing.example A 192.0.2.1\n")
        self.resolver = self.server.resolver
        return self

    def questions(self):
        return self.server.questions()

    def __exit__(self, *_):
        self.server.stop()


class Resolvers(TestCase):
    """A resolver that is dead, refuses, rewrites or lies: never OK, never "listed"."""

    def ask(self, zone, *words, options=()):
        self.server = FakeDNS(zone, *options)
        self.addCleanup(self.server.stop)
        return run("check_dnsbl", "--resolver", self.server.resolver, "-z", "bl.test", *words)

    def test_nxdomain_rewriting_makes_nothing_listed_or_clean(self):
        for address in ("127.0.0.2", "203.0.113.80", "127.0.0.1"):
            with self.subTest(address):
                result = self.ask(f"* A {address}\n", "-H", "192.0.2.10", "-z", "other.test",
                                  "--output", "json")
                self.assertState(result, "UNKNOWN")
                self.assertEqual(result.json["perfdata"][0]["value"], 0)
                self.assertEqual(result.json["data"]["targets_clean"], 0)
                self.assertNotIn("dnsbl_clean", result.out)
                self.assertFinding(result, "UNKNOWN", "resolver_rewrites", self.server.resolver,
                                   f"answered {address}")

    def test_a_silent_resolver_is_said(self):
        result = self.ask("* !drop\n", "-H", "192.0.2.10", "--dns-timeout", "0.2", "--dns-tries", "2")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "resolver_silent", self.server.resolver)
        self.assertFinding(result, "UNKNOWN", "dnsbl_timeout", "bl.test")
        self.assertGreater(result.seconds, 0.39)
        self.assertLess(result.seconds, 1.2)

    def test_a_closed_port_is_said_at_once(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        result = run("check_dnsbl", "--resolver", f"127.0.0.1:{port}", "-z", "bl.test",
                     "-H", "192.0.2.10")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "resolver_silent", f"127.0.0.1:{port}")
        self.assertIn("nothing listens there", result.out)
        self.assertLess(result.seconds, 1)

    def test_a_refusing_resolver_is_said(self):
        for zone in ("* !rcode 5\n", "* !refer\n"):
            result = self.ask(zone, "-H", "192.0.2.10")
            self.assertState(result, "UNKNOWN")
            self.assertFinding(result, "UNKNOWN", "resolver_refuses", self.server.resolver)
            self.assertFinding(result, "UNKNOWN", "dnsbl_refused", "bl.test")
            self.assertEqual(result.value("refused"), 1)

    #: what a server does with all questions about a list, and what it is then
    MISDEEDS = (
        ("rcode 2", "servfail", ""),
        ("wrong-id", "garbled", "id"),
        ("other-owner", "garbled", "another name"),
        ("other-name", "garbled", "another question"),
        ("lie", "garbled", "malformed"),
        ("garbage", "garbled", ""),
        ("loop", "garbled", "malformed"),
        ("half", "garbled", "malformed"),
        ("spoof", "timeout", ""),
        ("tc-shut", "garbled", "TCP"),
        ("tcp-silent", "garbled", "TCP"),
        ("tcp-size 0", "garbled", "TCP"),
        ("tcp-size 1", "garbled", "TCP"),
        ("tcp-size 11", "garbled", "TCP"),
        ("tcp-size 13", "garbled", ""),
        ("rcode 9", "garbled", "error code"),
        ("rcode 4", "garbled", "does not understand"),
        ("drop", "timeout", ""),
    )

    def test_each_lie_is_unknown_with_its_reason(self):
        good = "2.0.0.127.good.test A 127.0.0.2\n"
        for word, health, text in self.MISDEEDS:
            with self.subTest(word):
                result = self.ask(f"{good}*.bl.test !{word}\n*.bl.test A 127.0.0.2\n",
                                  "-z", "good.test", "-H", "192.0.2.10", "--output", "json",
                                  "--dns-timeout", "0.2", "--dns-tries", "2")
                self.assertState(result, "UNKNOWN")
                zones = {z["zone"]: z["health"] for z in result.json["data"]["zones"]}
                self.assertEqual(zones, {"bl.test": health, "good.test": "ok"})
                self.assertFinding(result, "UNKNOWN", f"dnsbl_{health}", "bl.test", text)
                self.assertEqual(result.json["perfdata"][0]["value"], 0)
                self.assertLess(result.seconds, 3)

    def test_a_forged_answer_with_a_wrong_id_is_not_believed(self):
        result = self.ask("2.0.0.127.bl.test A 127.0.0.2\n10.2.0.192.bl.test !race\n",
                          "-H", "192.0.2.10")
        self.assertState(result, "OK")

    def test_truncated_answers_are_fetched_by_tcp(self):
        result = self.ask("2.0.0.127.bl.test A 127.0.0.2\n2.0.0.127.bl.test !tc\n"
                          f"10.2.0.192.bl.test A 127.0.0.2\n10.2.0.192.bl.test TXT {'x' * 3000}\n",
                          "-H", "192.0.2.10")
        self.assertState(result, "CRITICAL")
        self.assertIn('"xxxx', result.out)
        self.assertEqual([(how, kind) for _, how, _, _, kind, _ in self.server.questions()
                          if how == "tcp"], [("tcp", 1), ("tcp", 16)])

    def test_servers_without_edns_are_asked_without(self):
        result = self.ask("2.0.0.127.bl.test A 127.0.0.2\n2.0.0.127.bl.test !no-edns\n"
                          "10.2.0.192.bl.test A 127.0.0.2\n10.2.0.192.bl.test !no-edns\n",
                          "-H", "192.0.2.10")
        self.assertState(result, "CRITICAL")

    def test_a_lost_packet_is_asked_again(self):
        result = self.ask("2.0.0.127.bl.test A 127.0.0.2\n2.0.0.127.bl.test !drop-first 1\n",
                          "-H", "192.0.2.10", "--dns-timeout", "0.4", "--dns-tries", "3", "-vv")
        self.assertState(result, "OK")
        self.assertIn("2 tries", result.out)
        asked = [t for t, _, _, _, _, name in self.server.questions() if name == "2.0.0.127.bl.test"]
        self.assertEqual(len(asked), 2)

    def test_tries_wait_longer_and_longer(self):
        self.ask("*.bl.test !drop\n", "-H", "192.0.2.10", "--no-health", "--dns-timeout", "0.4",
                 "--dns-tries", "3")
        times = [t for t, *_ in self.server.questions()]
        self.assertEqual(len(times), 3)
        self.assertGreater(times[2] - times[1], (times[1] - times[0]) * 1.5)

    def test_aliases_are_asked_on_and_circles_end(self):
        result = self.ask("2.0.0.127.bl.test A 127.0.0.2\n"
                          "10.2.0.192.bl.test CNAME end.other.test\n10.2.0.192.bl.test !short\n"
                          "end.other.test A 127.0.0.2\n", "-H", "192.0.2.10")
        self.assertState(result, "CRITICAL")
        self.server.stop()
        result = self.ask("2.0.0.127.bl.test A 127.0.0.2\n"
                          "10.2.0.192.bl.test CNAME a.other.test\n10.2.0.192.bl.test !short\n"
                          "a.other.test CNAME b.other.test\na.other.test !short\n"
                          "b.other.test CNAME a.other.test\nb.other.test !short\n",
                          "-H", "192.0.2.10")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "dnsbl_garbled", "bl.test", "circle")

    def test_a_question_that_fails_for_one_target_is_not_clean(self):
        result = self.ask("2.0.0.127.bl.test A 127.0.0.2\n1.2.0.192.bl.test !rcode 2\n"
                          "2.2.0.192.bl.test A 127.0.0.2\n", "-H", "192.0.2.0/30", "--output", "json")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "UNKNOWN", "dnsbl_servfail", "bl.test", "1 of 4 questions")
        targets = {t["target"]: t for t in result.json["data"]["targets"]}
        self.assertEqual(targets["192.0.2.1"]["undecided"], [{"zone": "bl.test", "why": "servfail"}])
        self.assertEqual(len(targets["192.0.2.2"]["listed"]), 1)
        self.assertEqual(result.json["data"]["targets_clean"], 2)

    def test_the_next_server_is_asked_where_one_does_not_know(self):
        second = FakeDNS("2.0.0.127.bl.test A 127.0.0.2\n")
        self.addCleanup(second.stop)
        for misdeed in ("rcode 2", "rcode 5", "lie"):
            with self.subTest(misdeed):
                result = self.ask(f"* !{misdeed}\n* A 127.0.0.2\n", "-H", "192.0.2.10", "--resolver",
                                  second.resolver)
                self.assertState(result, "OK")

    def test_each_server_gets_a_try(self):
        silent = FakeDNS("* !drop\n")
        good = FakeDNS("2.0.0.127.bl.test A 127.0.0.2\n")
        self.addCleanup(silent.stop)
        self.addCleanup(good.stop)
        result = self.ask("* !drop\n", "-H", "192.0.2.10", "--resolver", silent.resolver, "--resolver",
                          good.resolver, "--dns-timeout", "0.2", "--dns-tries", "1")
        self.assertState(result, "OK")
        self.assertLess(result.seconds, 2)

    def test_a_late_failure_of_one_server_does_not_end_the_wait_for_another(self):
        good = FakeDNS("2.0.0.127.bl.test A 127.0.0.2\n", "-d", 500)
        self.addCleanup(good.stop)
        result = self.ask("* !rcode 2\n", "-H", "192.0.2.10", "--no-health", "--resolver", good.resolver,
                          "--dns-timeout", "1", "--dns-tries", "3", options=("-d", 700))
        self.assertState(result, "OK")

    def test_the_most_telling_failure_is_told_with_its_answer(self):
        result = self.ask("2.0.0.127.bl.test A 127.0.0.2\n1.2.0.192.bl.test !rcode 2\n"
                          "2.2.0.192.bl.test A 198.51.100.1\n3.2.0.192.bl.test !rcode 2\n",
                          "-H", "192.0.2.0/30")
        self.assertFinding(result, "UNKNOWN", "dnsbl_outside_127", "bl.test", "198.51.100.1")

    def test_many_reasons_are_cut(self):
        reasons = "".join(f"10.2.0.192.bl.test TXT {n:02}{'x' * 190}\n" for n in range(60))
        result = self.ask("2.0.0.127.bl.test A 127.0.0.2\n10.2.0.192.bl.test A 127.0.0.2\n" + reasons,
                          "-H", "192.0.2.10", "-z", "other.test")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "dnsbl_listed", "bl.test", "...")
        self.assertFinding(result, "UNKNOWN", "dnsbl_dead", "other.test")

    def test_a_dead_first_server_costs_one_try_in_the_whole_run(self):
        zones = [f"bl{n}.test" for n in range(30)]
        second = FakeDNS("".join(f"2.0.0.127.{zone} A 127.0.0.2\n" for zone in zones))
        self.addCleanup(second.stop)
        words = [word for zone in zones for word in ("-z", zone)]
        result = self.ask("* !drop\n2.0.0.127.bl.test A 127.0.0.2\n", "-H", "192.0.2.0/25",
                          "--resolver", second.resolver, "--dns-timeout", "0.6", "--dns-tries", "3",
                          "--exclude", "bl.test", *words)
        self.assertState(result, "OK")
        self.assertLess(result.seconds, (0.6 + 1.5) * (3 if SANITIZED else 1))
        # Only what was in flight when it was found out: never again after that.
        self.assertLessEqual(len(self.server.questions()), 30 * 20)

    def test_ipv6_resolvers_work(self):
        server = FakeDNS("2.0.0.127.bl.test A 127.0.0.2\n", address="::1")
        self.addCleanup(server.stop)
        self.assertState(run("check_dnsbl", "--resolver", server.resolver, "-z", "bl.test",
                             "-H", "192.0.2.10"), "OK")
        self.assertState(run("check_dnsbl", "--resolver", "::1", "-p", server.port, "-z", "bl.test",
                             "-H", "192.0.2.10"), "OK")

    def test_a_name_whose_dns_is_broken_is_temporary(self):
        result = self.ask("2.0.0.127.bl.test A 127.0.0.2\nmail.example !rcode 2\n", "-H", "mail.example")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "dns_temporary", "mail.example", "servfail")


class Transport(TestCase):
    """How the questions go out: counts are gates, times are not."""

    def serve(self, zone, *options):
        self.server = FakeDNS(zone, *options)
        self.addCleanup(self.server.stop)
        return self.server.resolver

    def test_two_hundred_lists_are_asked_in_one_round(self):
        zones = [f"bl{n}.test" for n in range(200)]
        words = [word for zone in zones for word in ("-z", zone)]
        healthy = "".join(f"2.0.0.127.{zone} A 127.0.0.2\n" for zone in zones)
        resolver = self.serve(healthy, "-d", 300)
        result = run("check_dnsbl", "--resolver", resolver, "-H", "192.0.2.99", *words, "--no-health")
        self.assertState(result, "OK")
        times = [t for t, *_ in self.server.questions()]
        self.assertEqual(len(times), 200)
        self.assertLess(times[-1] - times[0], 300000)    # none waited for an answer
        result = run("check_dnsbl", "--resolver", resolver, "-H", "192.0.2.99", *words)
        self.assertState(result, "OK")
        times = [t for t, *_ in self.server.questions()][200:]
        self.assertEqual(len(times), 800)
        self.assertLess(times[-1] - times[0], 300000)

    def test_a_listing_adds_one_question_for_its_reason(self):
        resolver = self.serve("2.0.0.127.bl.test A 127.0.0.2\n10.2.0.192.bl.test A 127.0.0.2\n")
        run("check_dnsbl", "--resolver", resolver, "-H", "192.0.2.10", "-z", "bl.test")
        self.assertEqual(sorted((kind, name) for *_, kind, name in self.server.questions()
                                if "mailpath" not in name),
                         [(1, "1.0.0.127.bl.test"), (1, "10.2.0.192.bl.test"),
                          (1, "2.0.0.127.bl.test"), (16, "10.2.0.192.bl.test")])

    def test_never_more_than_twenty_questions_to_one_list(self):
        resolver = self.serve("2.0.0.127.bl.test A 127.0.0.2\n", "-d", 50)
        result = run("check_dnsbl", "--resolver", resolver, "-H", "192.0.2.0/25", "-z", "bl.test")
        self.assertState(result, "OK")
        times = [t for t, *_ in self.server.questions()]
        self.assertEqual(len(times), 131)
        for first, later in zip(times, times[20:]):
            self.assertGreater(later - first, 49000)     # not before an answer went out
        # Nor where the list is several, by its codes.
        run("check_dnsbl", "--resolver", resolver, "-H", "192.0.2.0/26", "-z", "bl.test=127.0.0.2", "-z",
            "bl.test=127.0.0.4")
        times = [t for t, *_ in self.server.questions()][131:]
        self.assertEqual(len(times), 2 * 67)
        for first, later in zip(times, times[20:]):
            self.assertGreater(later - first, 49000)

    def test_ids_and_ports_are_hard_to_guess(self):
        zones = [f"bl{n}.test" for n in range(100)]
        words = [word for zone in zones for word in ("-z", zone)]
        resolver = self.serve("x.test A 127.0.0.2\n")
        for _ in range(2):
            run("check_dnsbl", "--resolver", resolver, "-H", "192.0.2.99", *words, "--no-health")
        questions = self.server.questions()
        first = {port for _, _, port, *_ in questions[:100]}
        second = {port for _, _, port, *_ in questions[100:]}
        self.assertGreaterEqual(len(first), 10)
        self.assertLess(len(first & second), 4)
        self.assertGreater(len({i for _, _, _, i, *_ in questions}), 190)

    def test_equal_questions_are_asked_once(self):
        resolver = self.serve("2.0.0.127.bl.test A 127.0.0.2\nexample.test MX 10 mail.example.test\n"
                              "mail.example.test A 192.0.2.99\n")
        result = run("check_dnsbl", "--resolver", resolver, "--mx", "example.test", "-H",
                     "mail.example.test", "-H", "mail.example.test", "-z", "bl.test", "-4")
        self.assertState(result, "OK")
        self.assertEqual([name for *_, kind, name in self.server.questions()
                          if name == "mail.example.test"], ["mail.example.test"])
        self.assertEqual(result.value("queries"), len(self.server.questions()))

    def test_a_list_that_never_answers_holds_nothing_else_up(self):
        zone = "*.dead.test !drop\n2.0.0.127.bl.test A 127.0.0.2\n"
        resolver = self.serve(zone)
        result = run("check_dnsbl", "--resolver", resolver, "-H", "192.0.2.0/24", "-z", "dead.test",
                     "-z", "bl.test", "--dns-timeout", "0.3", "--dns-tries", "2", "--output", "json")
        self.assertState(result, "UNKNOWN")
        data = result.json["data"]
        self.assertEqual({z["zone"]: (z["health"], z["asked"]) for z in data["zones"]},
                         {"dead.test": ("timeout", 20), "bl.test": ("ok", 256)})
        self.assertLess(result.seconds, 3)
        # Its tests and one window of targets, two tries each; then it is left alone.
        self.assertLessEqual(sum(name.endswith("dead.test") for *_, name in self.server.questions()),
                             2 * 23)
        self.assertEqual(len(data["targets"]), 256)      # undecided, all of them

    def test_without_health_tests_too(self):
        resolver = self.serve("*.dead.test !drop\n")
        result = run("check_dnsbl", "--resolver", resolver, "-H", "192.0.2.0/24", "-z", "dead.test",
                     "--dns-timeout", "0.3", "--dns-tries", "2", "--no-health")
        self.assertState(result, "UNKNOWN")
        self.assertLess(result.seconds, 3)


class Deadline(TestCase):
    """The whole run ends within 0.2 s of -t, and says what was waited for."""

    #: what a sanitizer may add
    SLACK = 0.6 if SANITIZED else 0.2

    def setUp(self):
        self.server = FakeDNS("*.bl.test !drop\nslow.example !delay 3000\nslow.example A 192.0.2.1\n"
                              "2.0.0.127.good.test A 127.0.0.2\n10.2.0.192.good.test A 127.0.0.2\n"
                              "*.tc.test !tc\n")
        self.addCleanup(self.server.stop)

    def check(self, *words, **kwargs):
        return run("check_dnsbl", "--resolver", self.server.resolver, *words, **kwargs)

    def assertInTime(self, result, seconds):
        self.assertGreaterEqual(result.seconds, seconds)
        self.assertLess(result.seconds, seconds + self.SLACK)

    def test_it_names_the_stage_and_the_peer(self):
        result = self.check("-H", "192.0.2.10", "-z", "bl.test", "-z", "good.test", "-t", "1")
        self.assertInTime(result, 1)
        self.assertState(result, "CRITICAL")        # what is known by then is said
        self.assertFinding(result, "UNKNOWN", "timeout", self.server.resolver,
                           f"timeout after 1 s in stage health, waiting for {self.server.resolver} "
                           "to answer A 2.0.0.127.bl.test (and 3 more)")

    def test_its_state_can_be_chosen(self):
        for state in ("CRITICAL", "WARNING", "OK"):
            result = self.check("-H", "192.0.2.10", "-z", "bl.test", "-t", f"0.3:{state.lower()}", "-v")
            self.assertState(result, state)
            self.assertFinding(result, state, "timeout", self.server.resolver)
            self.assertInTime(result, 0.3)

    def test_json_is_whole_all_the_same(self):
        result = self.check("-H", "192.0.2.10", "-z", "bl.test", "-z", "good.test", "-t", "0.5",
                            "--output", "json")
        self.assertInTime(result, 0.5)
        self.assertEqual({z["zone"]: z["health"] for z in result.json["data"]["zones"]},
                         {"bl.test": "timeout", "good.test": "ok"})
        self.assertIn("time", [metric["label"] for metric in result.json["perfdata"]])

    def test_names_are_waited_for_no_longer(self):
        result = self.check("-H", "slow.example", "-z", "good.test", "-t", "0.5")
        self.assertInTime(result, 0.5)
        self.assertFinding(result, "UNKNOWN", "timeout", self.server.resolver, "stage resolve")

    def test_standard_input_is_waited_for_no_longer(self):
        kwargs = unprivileged(environment())
        del kwargs["preexec_fn"]
        with subprocess.Popen([PLUGINS / "check_dnsbl", "--targets-file", "-", "-t", "0.5",
                               "--output", "json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True, **kwargs) as process:
            text = process.stdout.read()
            process.wait()
        self.assertIn('"reason":"timeout"', text)
        self.assertEqual(process.returncode, 3)

    def test_many_targets_end_in_time(self):
        result = self.check("-H", "192.0.0.0/16", "--max-targets", "65536", "-z", "bl.test",
                            "--no-health", "-t", "1", "--dns-timeout", "5")
        self.assertInTime(result, 1)
