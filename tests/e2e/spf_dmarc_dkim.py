# SPDX-License-Identifier: GPL-3.0-or-later
"""check_spf_dmarc and DKIM keys, on zones that NSD serves: what an operator sees."""

import re
import subprocess
from pathlib import Path

from harness import IS_ROOT, TOP, WORK, FakeDNS, Once, TestCase, run, write
from servers.dns import start_nsd, zone_text


def key_records():
    """what -> record, of the table that the unit tests read, too."""
    rows = {}
    for line in (TOP / "tests/data/dkim_keys.tsv").read_text().splitlines():
        if not line.startswith("#"):
            what, *_, record = line.split("\t")
            rows[what] = record
    return rows


KEYS = key_records()
GOOD = KEYS["RSA 2048"]
ED = KEYS["Ed25519"]

#: selector -> records, at keys.test
RECORDS = {
    "rsa512": KEYS["RSA 512"],
    "rsa1024": KEYS["RSA 1024"],
    "rsa1536": KEYS["RSA 1536"],
    "rsa2048": GOOD,
    "rsa4096": KEYS["RSA 4096"],
    "rsa8192": KEYS["RSA 8192: more than receivers have to verify"],
    "ed": ED,
    "s1": GOOD,
    "google": KEYS["RSA 1024"],
    "gone": KEYS["revoked"],
    "zoho": KEYS["revoked"],
    "cut": KEYS["cut at 255 characters: the whole first string"],
    "escaped": KEYS["backslashes before semicolons"],
    "quoted": KEYS["quotes between two strings, entered as text"],
    "test": KEYS["testing"],
    "sha1": KEYS["sha1 alone"],
    "tls": KEYS["for another service only (RFC 8460 3)"],
    "late": KEYS["the version is not first"],
    "strict": KEYS["strict"],
    "private": KEYS["the private key"],
    "two": [GOOD, KEYS["RSA 1024"]],
    "halfgood": [GOOD, "v=spf1 -all"],
    "hostile": "v=DKIM1; k=$(id)`|<b>; p=",
    "a.b": ED,
}


def strings(record):
    """The strings of a TXT record, as a zone file has them."""
    record = record.replace("\\", "\\\\").replace('"', '\\"')
    parts, part = [], ""
    for piece in re.findall(r"\\.|.", record, re.S):
        if len(part.replace("\\\\", "x").replace('\\"', "x")) == 255:
            parts.append(part)
            part = ""
        part += piece
    return " ".join(f'"{p}"' for p in [*parts, part])


def zone_records():
    text = ""
    for selector, values in RECORDS.items():
        for value in values if isinstance(values, list) else [values]:
            text += f"{selector}._domainkey IN TXT {strings(value)}\n"
    # Two strings that are no multiple of anything: they are joined with nothing.
    text += f'parts._domainkey IN TXT "{GOOD[:7]}" "{GOOD[7:100]}" "" "{GOOD[100:300]}" "{GOOD[300:]}"\n'
    text += "notxt._domainkey IN A 192.0.2.1\n"
    text += "alias._domainkey IN CNAME key1.provider.test.\n"
    text += "dangling._domainkey IN CNAME nowhere.provider.test.\n"
    text += "empty._domainkey IN CNAME host.provider.test.\n"
    text += "round._domainkey IN CNAME round2._domainkey\nround2._domainkey IN CNAME round._domainkey\n"
    return text


ZONES = {
    "keys.test": zone_records(),
    "provider.test": f"key1 IN CNAME key2\nkey2 IN TXT {strings(GOOD)}\nhost IN A 192.0.2.1\n",
    "wild.test": f"*._domainkey IN TXT {strings(GOOD)}\nown._domainkey IN TXT {strings(ED)}\n",
    "parked.test": '@ IN TXT "v=spf1 -all"\n*._domainkey IN TXT "v=DKIM1; p="\n',
    "text.test": '* IN TXT "v=spf1 -all"\n',
    "bare.test": "@ IN A 192.0.2.1\n",
}


class DNS(Once):
    def __init__(self):
        folder = WORK / "dkim"
        folder.mkdir()
        folder.chmod(0o777)
        for name, records in ZONES.items():
            (folder / f"{name}.zone").write_text(zone_text(name, records))
        self.nsd, port = start_nsd(folder, {name: f"{name}.zone" for name in ZONES}, "bare.test")
        self.resolver = f"127.0.0.1:{port}"


def dkim(*words, domain="keys.test", **kwargs):
    return run("check_spf_dmarc", "--resolver", DNS.get().resolver, "--only", "dkim", "-d", domain,
               *words, **kwargs)


def selectors(*names):
    return [word for name in names for word in ("--selector", name)]


def data(result):
    return {entry["selector"]: entry for entry in result.json["data"]["dkim"]}


def fix(result, reason):
    """The fix of the first finding with this reason."""
    return next(f["fix"] for f in result.json["findings"] if f["reason"] == reason)


class Keys(TestCase):
    def test_a_good_key_is_ok_with_its_bits(self):
        result = dkim(*selectors("rsa2048"), "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "dkim_published", "rsa2048", "an RSA key of 2048 bits")
        self.assertEqual(result.perfdata["dkim_bits rsa2048"], "2048;2048:;1024:;0")

    def test_the_length_decides(self):
        for name, bits, state in (("rsa512", 512, "CRITICAL"), ("rsa1024", 1024, "WARNING"),
                                  ("rsa1536", 1536, "WARNING"), ("rsa2048", 2048, "OK"),
                                  ("rsa4096", 4096, "OK")):
            with self.subTest(name):
                result = dkim(*selectors(name))
                self.assertState(result, state)
                self.assertEqual(result.value(f"dkim_bits {name}"), bits)
                if state != "OK":
                    self.assertFinding(result, state, "dkim_key_weak", name, f"of {bits} bits")
                    self.assertEqual(len(result.lines), 3, "one cause is one finding")

    def test_more_bits_than_receivers_must_verify_are_warned_of(self):
        result = dkim(*selectors("rsa8192"))
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "dkim_record_odd", "rsa8192", "4096")
        self.assertEqual(result.value("dkim_bits rsa8192"), 8192)

    def test_ed25519_has_bits_and_no_threshold_but_the_users(self):
        result = dkim(*selectors("ed"), "-v")
        self.assertState(result, "OK")
        self.assertEqual(result.perfdata["dkim_bits ed"], "256;;;0")
        result = dkim(*selectors("ed", "rsa2048"), "-w", "dkim_bits=300:", "-c", "dkim_bits=100:")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "dkim_key_weak", "ed", "an Ed25519 key of 256 bits")
        self.assertNotIn("threshold", result.out)

    def test_thresholds_are_the_users(self):
        self.assertState(dkim(*selectors("rsa1024"), "-w", "dkim_bits=1024:", "-c", "dkim_bits=512:"), "OK")
        self.assertState(dkim(*selectors("rsa2048"), "-c", "dkim_bits=4096:"), "CRITICAL")
        self.assertState(dkim(*selectors("rsa1024"), "--state-for", "dkim_key_weak=ok"), "OK")

    def test_several_selectors_are_sorted_and_said_once(self):
        result = dkim(*selectors("rsa2048", "ed", "RSA2048", "s1"), "--output", "json")
        self.assertState(result, "OK")
        self.assertEqual([d["selector"] for d in result.json["data"]["dkim"]], ["rsa2048", "ed", "s1"])
        self.assertEqual([p["label"] for p in result.json["perfdata"] if "dkim" in p["label"]],
                         ["dkim_bits ed", "dkim_bits rsa2048", "dkim_bits s1"])

    def test_strings_are_joined_with_nothing(self):
        result = dkim(*selectors("parts"), "--output", "json")
        self.assertState(result, "OK")
        self.assertEqual(data(result)["parts"]["records"], [GOOD])

    def test_a_selector_may_have_dots(self):
        self.assertState(dkim(*selectors("a.b")), "OK")

    def test_a_missing_key_is_critical_and_only_after_nxdomain_or_nodata(self):
        for name in ("nothing", "notxt"):
            with self.subTest(name):
                result = dkim(*selectors(name))
                self.assertState(result, "CRITICAL")
                self.assertFinding(result, "CRITICAL", "dkim_key_missing", name,
                                   f"{name}._domainkey.keys.test is not there")

    def test_a_revoked_key_is_critical(self):
        result = dkim(*selectors("gone"), "--output", "json")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "dkim_key_revoked", "gone", "taken back")
        entry = data(result)["gone"]
        self.assertEqual((entry["status"], entry["revoked"], entry["bits"]), ("revoked", True, None))
        self.assertFalse([p for p in result.json["perfdata"] if "dkim" in p["label"]])

    def test_useless_records_are_critical_with_the_place(self):
        for name, words in (("cut", "at byte 256: the key was cut off there"),
                            ("escaped", "at byte 8: a quote or backslash"),
                            ("quoted", "at byte 259: a quote or backslash"),
                            ("sha1", "at byte 12: h does not allow sha256"),
                            ("tls", "at byte 12: s does not allow email"),
                            ("private", "at byte 12: this is the private key")):
            with self.subTest(name):
                result = dkim(*selectors(name))
                self.assertState(result, "CRITICAL")
                self.assertFinding(result, "CRITICAL", "dkim_key_invalid", name, words)

    def test_what_some_receivers_mind_is_a_warning(self):
        result = dkim(*selectors("late"))
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "dkim_record_odd", "late", "at byte 8: the version")
        result = dkim(*selectors("test"))
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "dkim_testing", "test", "t=y")

    def test_what_can_be_mended_has_the_record_to_publish(self):
        for name in ("late", "test", "escaped", "quoted", "sha1", "tls"):
            with self.subTest(name):
                result = dkim(*selectors(name), "--output", "json")
                text = result.json["findings"][0]["fix"]
                self.assertIn(f"TXT at {name}._domainkey.keys.test: ", text)
                parts = re.findall(r'"([^"]*)"', text)
                self.assertEqual("".join(parts), GOOD)
                self.assertTrue(all(len(part) <= 255 for part in parts))
        for name in ("cut", "private", "gone"):
            self.assertNotIn("TXT at", dkim(*selectors(name)).out)

    def test_what_is_merely_worth_knowing_is_ok(self):
        result = dkim(*selectors("strict"), "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "dkim_note", "strict", "none below it")

    def test_several_records_are_warned_of_and_each_is_judged(self):
        result = dkim(*selectors("two"))
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "dkim_several", "two", "there are 2 records")
        self.assertEqual(result.value("dkim_bits two"), 1024)
        result = dkim(*selectors("halfgood"))
        self.assertFinding(result, "WARNING", "dkim_several", "halfgood")
        self.assertFinding(result, "WARNING", "dkim_key_invalid", "halfgood", '"v=spf1 -all"')
        self.assertState(result, "WARNING")

    def test_what_is_published_is_data(self):
        result = dkim(*selectors("hostile"))
        self.assertState(result, "CRITICAL")
        self.assertIn("k=?(id)???b?; p=", result.out)

    def test_the_data_is_complete(self):
        result = dkim(*selectors("strict", "test", "sha1"), "--output", "json")
        entries = data(result)
        self.assertEqual(set(entries["strict"]), {
            "selector", "name", "status", "records", "key_type", "bits", "revoked", "testing", "hashes",
            "services", "flags", "cname", "dangling", "notes", "wildcard", "authenticated", "guessed",
            "matches_key_file"})
        self.assertEqual(entries["strict"]["flags"], ["s"])
        self.assertEqual(entries["strict"]["notes"], [
            {"record": 0, "note": "strict", "at": 12,
             "text": "it is good for the domain itself only, and none below it (t=s)"}])
        self.assertEqual((entries["test"]["testing"], entries["test"]["hashes"]), (True, None))
        self.assertEqual((entries["sha1"]["hashes"], entries["sha1"]["status"]), (["sha1"], "invalid"))
        self.assertEqual(entries["strict"]["name"], "strict._domainkey.keys.test")
        self.assertEqual((entries["strict"]["key_type"], entries["strict"]["bits"]), ("rsa", 2048))
        self.assertIs(entries["strict"]["wildcard"], False)

    def test_several_domains_have_their_names_in_subjects(self):
        result = dkim(*selectors("own"), "-d", "wild.test")
        self.assertFinding(result, "CRITICAL", "dkim_key_missing", "own._domainkey.keys.test")
        self.assertEqual(result.value("dkim_bits own._domainkey.wild.test"), 256)
        self.assertEqual(result.perfdata["dkim_bits own._domainkey.wild.test"], "256;;;0")

    def test_a_finding_can_be_ignored_by_its_selector(self):
        result = dkim(*selectors("nothing", "rsa2048"), "--ignore", "dkim_key_missing:nothing")
        self.assertState(result, "OK")


class Aliases(TestCase):
    def test_a_chain_is_followed_and_shown(self):
        result = dkim(*selectors("alias"), "--output", "json")
        self.assertState(result, "OK")
        self.assertEqual(data(result)["alias"]["cname"], ["key1.provider.test", "key2.provider.test"])
        self.assertFinding(result, "OK", "dkim_published", "alias", "key1.provider.test")

    def test_one_that_leads_to_nothing_is_missing(self):
        for name, target in (("dangling", "nowhere.provider.test"), ("empty", "host.provider.test")):
            with self.subTest(name):
                result = dkim(*selectors(name), "--output", "json")
                self.assertState(result, "CRITICAL")
                self.assertFinding(result, "CRITICAL", "dkim_key_missing", name,
                                   f"an alias of {target}, which is not there")
                self.assertIn(target, fix(result, "dkim_key_missing"))
                self.assertIs(data(result)[name]["dangling"], True)
                self.assertEqual(data(result)[name]["cname"], [target])

    def test_one_that_goes_round_is_missing(self):
        result = dkim(*selectors("round"))
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "dkim_key_missing", "round", "round in a circle")


class Wildcards(TestCase):
    def test_a_key_that_everybody_has_proves_nothing(self):
        result = dkim(*selectors("any", "own"), domain="wild.test")
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "dkim_wildcard", "wild.test", "proves nothing that any is there")
        entries = data(dkim(*selectors("any", "own"), "--output", "json", domain="wild.test"))
        self.assertEqual((entries["any"]["wildcard"], entries["own"]["wildcard"]), (True, False))

    def test_a_key_of_its_own_does(self):
        result = dkim(*selectors("own"), "-v", domain="wild.test")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "dkim_wildcard", "wild.test")

    def test_a_wildcard_that_is_no_key_is_no_key(self):
        result = dkim(*selectors("any"), domain="text.test")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "dkim_key_missing", "any", "a wildcard, and no key")

    def test_guesses_find_nothing_behind_a_wildcard(self):
        result = dkim("--guess-selectors", "--output", "json", domain="wild.test")
        self.assertEqual(result.json["data"]["dkim"], [])
        self.assertFinding(result, "OK", "dkim_not_tested", "wild.test")

    def test_a_parked_domain_takes_all_keys_back(self):
        result = dkim("--parked", *selectors("any"), "-v", domain="parked.test")
        self.assertFinding(result, "OK", "dkim_key_revoked", "any")
        self.assertState(dkim(*selectors("any"), domain="parked.test"), "CRITICAL")


class FirstLine(TestCase):
    def test_it_has_the_key_or_how_many_there_are(self):
        result = dkim(*selectors("rsa2048"))
        self.assertIn("keys.test: DKIM key rsa2048 of 2048 bits", result.lines[0])
        self.assertIn("keys.test: 2 DKIM keys", dkim(*selectors("rsa2048", "ed")).lines[0])


class Guesses(TestCase):
    def test_without_a_selector_nothing_is_tested(self):
        result = dkim("-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "dkim_not_tested", "keys.test", "not tested")

    def test_what_is_common_is_found_and_shown(self):
        result = dkim("--guess-selectors", "--output", "json")
        self.assertEqual({name: entry["status"] for name, entry in data(result).items()},
                         {"google": "good", "s1": "good", "zoho": "revoked"})
        self.assertTrue(all(entry["guessed"] for entry in result.json["data"]["dkim"]))
        self.assertFinding(result, "WARNING", "dkim_key_weak", "google")
        self.assertFinding(result, "OK", "dkim_published", "s1")
        self.assertFinding(result, "OK", "dkim_key_revoked", "zoho")

    def test_none_found_is_not_tested(self):
        result = dkim("--guess-selectors", "-v", domain="bare.test")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "dkim_not_tested", "bare.test", "nothing follows")

    def test_a_named_one_is_not_a_guess(self):
        result = dkim("--guess-selectors", *selectors("zoho"))
        self.assertFinding(result, "CRITICAL", "dkim_key_revoked", "zoho")

    def test_what_was_not_answered_is_unknown(self):
        server = FakeDNS("google._domainkey.f.test !rcode 2\n")
        self.addCleanup(server.stop)
        result = run("check_spf_dmarc", "--resolver", server.resolver, "--only", "dkim", "-d", "f.test",
                     "--guess-selectors")
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "dns_temporary", "f.test", "google._domainkey.f.test gave: servfail")


class Answers(TestCase):
    def ask(self, zone, *words):
        server = FakeDNS(zone)
        self.addCleanup(server.stop)
        self.server = server
        return run("check_spf_dmarc", "--resolver", server.resolver, "--only", "dkim", "-d", "f.test",
                   "--dns-timeout", "0.2", "--dns-tries", "1", *words)

    def test_no_answer_is_unknown_and_never_missing(self):
        for word, status in (("!rcode 2", "servfail"), ("!rcode 5", "refused"), ("!drop", "timeout"),
                             ("!garbage", "garbled")):
            with self.subTest(word):
                result = self.ask(f"s1._domainkey.f.test {word}\n", *selectors("s1"))
                self.assertState(result, "UNKNOWN")
                self.assertFinding(result, "UNKNOWN", "dns_temporary", "s1", status)
                self.assertNotIn("missing", result.out)

    def test_an_alias_whose_end_does_not_answer_is_unknown(self):
        result = self.ask("s1._domainkey.f.test CNAME k.g.test\nk.g.test !rcode 2\n"
                          "s1._domainkey.f.test !short\n", *selectors("s1"))
        self.assertState(result, "UNKNOWN")
        self.assertFinding(result, "UNKNOWN", "dns_temporary", "s1", "an alias of k.g.test")

    def test_one_that_answers_is_judged_beside_one_that_does_not(self):
        result = self.ask(f"s1._domainkey.f.test TXT {ED}\ns2._domainkey.f.test !rcode 2\n",
                          *selectors("s1", "s2", "s3"))
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "dkim_key_missing", "s3")
        self.assertFinding(result, "UNKNOWN", "dns_temporary", "s2")
        self.assertEqual(result.value("dkim_bits s1"), 256)

    def test_a_guard_that_is_not_answered_is_said(self):
        result = self.ask(f"s1._domainkey.f.test TXT {ED}\n*._domainkey.f.test !rcode 2\n",
                          *selectors("s1"), "-v")
        self.assertState(result, "OK")
        self.assertFinding(result, "OK", "dkim_note", "f.test", "was not answered: servfail")

    def test_the_deadline_is_a_timeout(self):
        result = self.ask("* !delay 3000\n", *selectors("s1"), "-t", "0.5", "--dns-timeout", "9")
        self.assertState(result, "UNKNOWN")
        self.assertEqual(re.findall(r"^\[[A-Z]+\] (\w+)", result.out, re.M), ["timeout"])

    def test_a_long_record_comes_by_tcp(self):
        result = self.ask(f"s1._domainkey.f.test TXT {RECORDS['rsa8192']}\n", *selectors("s1"))
        self.assertEqual(result.value("dkim_bits s1"), 8192)
        self.assertIn("tcp", [how for _, how, *_ in self.server.questions()])

    def test_all_selectors_take_one_wait(self):
        names = [f"x{i}" for i in range(10)]
        result = self.ask("".join(f"{n}._domainkey.f.test TXT {ED}\n{n}._domainkey.f.test !delay 150\n"
                                  for n in names), *selectors(*names), "--dns-timeout", "3")
        self.assertState(result, "OK")
        self.assertLess(result.value("time"), 0.45)
        self.assertEqual(len(self.server.questions()), 21)


class KeyFiles(TestCase):
    @classmethod
    def setUpClass(cls):
        def openssl(*words):
            return subprocess.run(["openssl", *words], check=True, capture_output=True).stdout

        cls.rsa = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        cls.ed = openssl("genpkey", "-algorithm", "ed25519")
        cls.files, cls.records = {}, {}
        for name, private in (("rsa", cls.rsa), ("ed", cls.ed)):
            path = write(f"dkim-{name}.pem", private, 0o600)
            public = openssl("pkey", "-in", path, "-pubout")
            der = openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
            cls.files[name], cls.files[f"{name}-public"] = path, write(f"dkim-{name}-public.pem", public)
            text = subprocess.run(["base64", "-w0"], input=der if name == "rsa" else der[-32:],
                                  capture_output=True, check=True).stdout.decode()
            cls.records[name] = f"v=DKIM1; k={'rsa' if name == 'rsa' else 'ed25519'}; p={text}"
        if IS_ROOT:
            for path in cls.files.values():
                subprocess.run(["chown", "nobody:", path], check=True)
        zone = "".join(f"{name}._domainkey.f.test TXT {record}\n" for name, record in cls.records.items())
        zone += f"*.wild.test TXT {cls.records['rsa']}\ncut._domainkey.f.test TXT {cls.records['rsa'][:255]}\n"
        zone += "dangling._domainkey.f.test CNAME nowhere.g.test\n"
        cls.server = FakeDNS(zone)
        cls.addClassCleanup(cls.server.stop)

    def ask(self, *words, domain="f.test", **kwargs):
        return run("check_spf_dmarc", "--resolver", self.server.resolver, "--only", "dkim", "-d", domain,
                   *words, **kwargs)

    def test_private_and_public_files_are_compared(self):
        for name in ("rsa", "ed"):
            for suffix in ("", "-public"):
                with self.subTest(name + suffix):
                    result = self.ask(*selectors(name), "--key-file", self.files[name + suffix],
                                      "--output", "json")
                    self.assertState(result, "OK")
                    self.assertIs(data(result)[name]["matches_key_file"], True)

    def assertStrings(self, text, name, record):
        """The name and the very record, in strings that a TXT record can hold."""
        self.assertIn(f"TXT at {name}: ", text)
        parts = re.findall(r'"([^"]*)"', text)
        self.assertEqual("".join(parts), record)
        self.assertTrue(all(0 < len(part) <= 255 for part in parts), parts)

    def test_another_key_is_a_mismatch_with_the_record_to_publish(self):
        result = self.ask(*selectors("ed"), "--key-file", self.files["rsa"], "--output", "json")
        self.assertState(result, "CRITICAL")
        self.assertFinding(result, "CRITICAL", "dkim_key_mismatch", "ed", str(self.files["rsa"]))
        self.assertStrings(fix(result, "dkim_key_mismatch"), "ed._domainkey.f.test", self.records["rsa"])
        self.assertIs(data(result)["ed"]["matches_key_file"], False)

    def test_a_missing_or_useless_key_has_the_record_to_publish(self):
        for name, reason in (("new", "dkim_key_missing"), ("cut", "dkim_key_invalid"),
                             ("dangling", "dkim_key_missing")):
            with self.subTest(name):
                result = self.ask(*selectors(name), "--key-file", self.files["rsa-public"], "--output",
                                  "json")
                self.assertState(result, "CRITICAL")
                self.assertStrings(fix(result, reason), f"{name}._domainkey.f.test", self.records["rsa"])
        self.assertIn("in the place of the alias", fix(result, reason))
        text = self.ask(*selectors("new"), "--key-file", self.files["ed"]).out
        self.assertIn(f'fix: publish TXT at new._domainkey.f.test: "{self.records["ed"]}"\n', text)

    def test_the_file_is_for_every_named_selector_and_for_no_guess(self):
        result = self.ask(*selectors("rsa", "ed"), "--guess-selectors", "--key-file", self.files["rsa"])
        self.assertFinding(result, "CRITICAL", "dkim_key_mismatch", "ed")
        self.assertEqual(result.out.count("dkim_key_mismatch"), 1)

    def test_a_key_file_vouches_for_a_wildcard(self):
        self.assertState(self.ask(*selectors("any"), domain="wild.test"), "WARNING")
        self.assertState(self.ask(*selectors("any"), "--key-file", self.files["rsa"], domain="wild.test"), "OK")

    def test_an_exposed_private_key_is_a_warning_and_a_public_one_is_not(self):
        exposed = write("dkim-exposed.pem", self.rsa, 0o644)
        result = self.ask(*selectors("rsa"), "--key-file", exposed)
        self.assertState(result, "WARNING")
        self.assertFinding(result, "WARNING", "secret_exposed", str(exposed))
        self.assertState(self.ask(*selectors("rsa"), "--key-file", self.files["rsa-public"]), "OK")

    def test_nothing_of_a_private_key_is_printed(self):
        lines = [line for line in self.rsa.decode().splitlines() if not line.startswith("-")]
        for words in (("-vvv",), ("-vvv", "--output", "json"), ("--output", "prometheus")):
            result = self.ask(*selectors("ed"), "--key-file", self.files["rsa"], *words)
            for line in lines:
                self.assertNotIn(line[:40], result.out + result.err)

    def test_a_key_from_standard_input(self):
        result = self.ask(*selectors("ed"), "--key-file", "-", stdin=self.ed)
        self.assertState(result, "OK")

    def test_a_file_that_cannot_be_used_is_wrong_usage_before_any_packet(self):
        before = len(self.server.questions())
        encrypted = write("dkim-encrypted.pem", subprocess.run(
            ["openssl", "pkcs8", "-topk8", "-v2", "aes-128-cbc", "-passout", "pass:x"], input=self.rsa,
            check=True, capture_output=True).stdout)
        curve = write("dkim-ec.pem", subprocess.run(
            ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout"], check=True,
            capture_output=True).stdout)
        secret = write("dkim-secret.pem", self.rsa, 0o000)
        for path, words in (("/nonexistent/key.pem", "No such file"), (encrypted, "encrypted"),
                            (curve, "no key in PEM form"), (write("dkim-nothing.pem", "hello\n"), "PEM"),
                            (write("dkim-big.pem", "x" * 70000), "larger"), ("/", "")):
            with self.subTest(str(path)):
                self.assertUsage(self.ask(*selectors("rsa"), "--key-file", path), "--key-file", str(path), words)
        if IS_ROOT:
            self.assertUsage(self.ask(*selectors("rsa"), "--key-file", secret), "--key-file")
        self.assertEqual(len(self.server.questions()), before)


class Usage(TestCase):
    def test_selectors_that_cannot_be_are_wrong_usage(self):
        for name, words in (("", "empty"), ("a b", "character"), ("x" * 64, "label"), ("a..b", "empty"),
                            ("s1._domainkey", "_domainkey"), ("s1._domainkey.keys.test", "_domainkey"),
                            (".".join(["x" * 60] * 4), "too long")):
            with self.subTest(name):
                self.assertUsage(dkim(*selectors(name)), "--selector", words)

    def test_a_key_file_needs_a_selector(self):
        self.assertUsage(dkim("--key-file", "/dev/null"), "--key-file", "--selector")

    def test_an_international_selector_is_looked_up_by_its_ascii_form(self):
        result = dkim(*selectors("schlüssel"), "--output", "json")
        self.assertEqual(result.json["data"]["dkim"][0]["selector"], "xn--schlssel-95a")


class Table(TestCase):
    """Each record of the table, through the DNS: the plugin agrees with the table."""

    def test_all_records(self):
        states = {"good": ("good",), "bad": ("invalid",), "revoked": ("revoked",)}
        rows = [line.split("\t") for line in (TOP / "tests/data/dkim_keys.tsv").read_text().splitlines()
                if not line.startswith("#")]
        self.assertGreaterEqual(len(rows), 60)
        folder = Path(WORK / "dkim-table")
        folder.mkdir()
        folder.chmod(0o777)
        text, want = "", {}
        for number, (what, verdict, kind, bits, notes, record) in enumerate(rows):
            value = record.replace("\\n", "\n").replace("\\t", "\t").encode()
            escaped = "".join(chr(b) if b < 128 and (chr(b).isalnum() or chr(b) in "=/+;: ") else f"\\{b:03}" for b in value)
            parts = re.findall(r"(?:\\\d\d\d|.){1,255}", escaped) or [""]
            text += f"r{number}._domainkey IN TXT " + " ".join(f'"{p}"' for p in parts) + "\n"
            found = [] if notes == "-" else [tuple(n.split("@")) for n in notes.split(",")]
            want[f"r{number}"] = (states[verdict], bits, found, what)
        (folder / "table.test.zone").write_text(zone_text("table.test", text))
        nsd, port = start_nsd(folder, {"table.test": "table.test.zone"}, "table.test")
        self.addCleanup(nsd.stop)
        result = run("check_spf_dmarc", "--resolver", f"127.0.0.1:{port}", "--only", "dkim", "-d", "table.test",
                     *selectors(*want), "--output", "json")
        self.assertState(result, "CRITICAL")
        for name, entry in data(result).items():
            status, bits, notes, what = want[name]
            with self.subTest(what):
                self.assertIn(entry["status"], status)
                self.assertEqual(entry["bits"] or 0, int(bits))
                self.assertEqual([(n["note"], str(n["at"])) for n in entry["notes"]], notes)
