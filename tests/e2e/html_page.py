# SPDX-License-Identifier: GPL-3.0-or-later
"""--output html and --redact, of every plugin: the page is well-formed, runs nothing and
fetches nothing, whatever a peer says; and what is redacted is nowhere."""

import re
import socket
import subprocess
from html.parser import HTMLParser

from check_mailpath import HERE, WORLD, World
from harness import BUILD, TOP, WORK, FakeDNS, Once, Server, TestCase, run, write

VOID = {"meta", "rect"}
#: all that a page is made of
ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "h1", "h2", "h3", "h4",
    "p", "span", "b", "strong", "time", "a", "ul", "ol", "li", "dl", "dt", "dd", "div", "details", "summary", "svg",
    "rect",
}
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "id", "aria-labelledby", "aria-hidden", "datetime",
    "rel", "href", "role", "viewbox", "preserveaspectratio", "x", "y", "width", "height",
}
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN", "NOT TESTED")


class Page(HTMLParser):
    """Reads a page strictly: each element closed, in order, and none that is not expected."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.headings, self.refers, self.metas = [], [], [], [], [], []
        self.words, self.tags, self.titles, self.states = [], [], [], []
        assert text.startswith("<!DOCTYPE html>\n<html lang=\"en\">\n"), text[:100]
        self.feed(text)
        self.close()
        assert not self.open, self.open
        assert text.endswith("</html>\n"), text[-100:]

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        assert tag in ELEMENTS, f"<{tag}>"
        assert set(attributes) <= ATTRIBUTES, attributes
        assert len(attributes) == len(attrs), attrs
        self.tags.append(tag)
        self.words.append(" ")
        if tag == "meta":
            self.metas.append(attributes)
        if "id" in attributes:
            assert attributes["id"] not in self.ids, attributes
            self.ids.append(attributes["id"])
        if tag == "a":
            self.links.append(attributes)
        if "aria-labelledby" in attributes:
            self.refers.append(attributes["aria-labelledby"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "svg":
            assert attributes["role"] == "img", attributes
        if "state" in attributes.get("class", "").split():
            self.states.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in VOID, tag
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open}"
        self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] == "title":
            self.titles.append(data)
        elif self.open and self.open[-1] == "span" and self.states and self.states[-1] not in STATES:
            self.states[-1] = (self.states[-1] + data).strip().lstrip("\u2713!\u2715?\u2013").strip()
        if self.open and self.open[-1] not in ("style", "title"):
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", "".join(self.words))


def check_page(text):
    """What holds for every page; returns it."""
    page = Page(text)
    assert {"http-equiv": "Content-Security-Policy", "content": POLICY} in page.metas, page.metas
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.metas
    for landmark in ("header", "main", "footer", "h1"):
        assert page.tags.count(landmark) == 1, landmark
    for before, heading in zip(page.headings, page.headings[1:]):
        assert heading <= before + 1, page.headings
    assert set(page.refers) <= set(page.ids), page.refers
    # A bar has its words, and a state its word.
    assert page.titles and len(page.titles) == 1 + page.tags.count("svg"), page.titles
    assert all(word in STATES for word in page.states), page.states
    for link in page.links:
        if link["href"].startswith("#"):
            assert link["href"][1:] in page.ids, link
        else:
            assert re.match("https?://", link["href"]) and link["rel"] == "noreferrer noopener", link
    assert not re.search(r"url\(|@import|<script", text, re.I)
    return page


class Hostile(Once):
    """A mail server and a blocklist whose words want to be more than text."""

    BANNER = "<script>alert(1)</script><img src=x onerror=alert(2)> \"'&amp;"

    def __init__(self):
        said = (WORLD / "receiver.smtp").read_text()
        said = re.sub(r"(?m)^banner.*$", f"banner\t554 {self.BANNER}", said, count=1)
        self.smtp = Server([BUILD / "tests/e2e/servers/fakesmtp", write("hostile.smtp", said)],
                           stdout=subprocess.PIPE, text=True)
        self.port = int(self.smtp.process.stdout.readline())
        self.dns = FakeDNS("2.0.0.127.zone.test A 127.0.0.2\n"
                           "25.2.0.192.zone.test A 127.0.0.2\n"
                           f"25.2.0.192.zone.test TXT {self.BANNER} \u202e\u2028</title></style>\n")


class Everybody(TestCase):
    def assertOrder(self, text, *words):
        at = 0
        for word in words:
            found = text.find(word, at)
            self.assertGreaterEqual(found, 0, f"no {word} behind ...{text[max(at - 60, 0):at]}")
            at = found + len(word)

    def test_the_ill_world(self):
        result = World.get().check("ill", *HERE, "--output", "html")
        self.assertEqual(result.code, 2, str(result))
        page = check_page(result.out)
        self.assertOrder(page.text, "CRITICAL ill.example", "Made 20", f"on {socket.gethostname()} by Mailpath",
                         "First cause", "reverse DNS and HELO: 192.0.2.25: it has no name",
                         "What to do: ask hostmaster@provider.example", "What to do, in order", "Checklist",
                         "DNS of the domain", "mail server", "way out", "NOT TESTED", "reverse DNS and HELO", "CRITICAL",
                         "Evidence from check_rdns", "All that was measured", "iprev permerror",
                         "SPF, DKIM and DMARC", "spf_include_broken", "blocklists", "psbl.surriel.com", "Numbers")
        self.assertEqual(page.titles[0], "CRITICAL: ill.example - check_mailpath")
        self.assertIn({"rel": "noreferrer noopener", "href": "https://psbl.org/listing?ip=192.0.2.25"}, page.links)
        self.assertRegex(page.text, r"spf_lookups [1-9] 0 to [\d.]+; critical above 10")
        # Each report once.
        self.assertEqual(len(re.findall(r"<h4>check_rdns", result.out)), 1)
        # Nothing of how it was called, where a secret might be.
        self.assertNotIn("--resolver", result.out)
        self.assertNotIn(World.get().dns.resolver, result.out)

    def test_the_healthy_world(self):
        result = World.get().check("healthy", *HERE, "--output", "html")
        self.assertEqual(result.code, 0, str(result))
        page = check_page(result.out)
        self.assertOrder(page.text, "OK healthy.example", "Nothing is wrong", "healthy.example: nothing is wrong in",
                         "Checklist", "resolver", "OK", "it answers")
        self.assertNotIn("What to do, in order", page.text)
        self.assertNotIn("First cause", page.text)
        rows = re.findall(r'<div class="row">.*?</div>', result.out)
        self.assertEqual(len(rows), 11)
        self.assertNotRegex("".join(rows), "CRITICAL|WARNING|UNKNOWN")

    def test_every_plugin(self):
        world = World.get()
        dns = ("--resolver", world.dns.resolver)
        queue = WORLD / "queue"
        message = write("page.eml", "From: me@ill.example\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
                        "Content-Type: application/octet-stream; name=\"<script>.exe\"\r\n\r\nx\r\n")
        for words in (
                ("check_dnsbl", "--mx", "ill.example", "--profile", "default,spamhaus", *dns),
                ("check_mailcontent", "--message", message),
                ("check_rdns", "--mx", "ill.example", "--helo", "mail.ill.example", *dns),
                ("check_smtp_send", "-H", "127.0.0.1", "-p", world.port, "--from", "me@ill.example", *dns),
                ("check_spf_dmarc", "-d", "ill.example", "-d", "healthy.example", "--ip", "192.0.2.25", *dns),
                ("check_mailqueue", "--queue-dir", queue, "--reasons", "-w", "self_inflicted=0"),
                ("check_maillog", "--log", WORLD / "mail.log", "--until", "2026-11-24T16:05:00+01:00")):
            with self.subTest(words[0]):
                plain = run(*words, "--output", "json")
                result = run(*words, "--output", "html")
                self.assertEqual(result.code, plain.code)
                page = check_page(result.out)
                for finding in plain.json["findings"]:
                    self.assertIn(finding["reason"], result.out)
                for number in plain.json["perfdata"]:
                    self.assertIn(number["label"], page.text)
                self.assertIn("All that was measured", page.text)
                self.assertIn(f"CRITICAL: mail is ill", page.text)

    def test_what_a_peer_says_is_text(self):
        hostile = Hostile.get()
        server = run("check_smtp_send", "-H", "127.0.0.1", "-p", hostile.port, "--output", "html")
        page = check_page(server.out)
        self.assertGreaterEqual(page.text.count("<script>alert(1)</script><img src=x onerror=alert(2)> \"'&amp;"), 2)
        listing = run("check_dnsbl", "-H", "192.0.2.25", "-z", "zone.test", "--resolver", hostile.dns.resolver,
                      "--output", "html")
        self.assertEqual(listing.code, 2, str(listing))
        page = check_page(listing.out)
        self.assertIn("<script>alert(1)</script>", page.text)
        self.assertIn("</title></style>", page.text)
        self.assertNotRegex(listing.out, "[\u202a-\u202e\u2028\u2029]")
        both = World.get().check("healthy", *HERE, "--output", "html", port=hostile.port)
        self.assertIn("<script>alert(1)</script>", check_page(both.out).text)
        typed = run("check_rdns", "-H", "a\"><script>.test", "--output", "html")
        self.assertUsage(typed, "--hostname")

    def test_a_file_appears_whole_or_not_at_all(self):
        folder = WORK / "pages"
        folder.mkdir()
        folder.chmod(0o777)
        result = World.get().check("healthy", *HERE, "--output", "html", "--output-file", folder / "page.html")
        self.assertEqual((result.code, result.out), (0, ""), str(result))
        check_page((folder / "page.html").read_text())
        self.assertEqual([path.name for path in folder.iterdir()], ["page.html"])
        before = (folder / "page.html").read_text()
        folder.chmod(0o555)
        result = World.get().check("ill", *HERE, "--output", "html", "--output-file", folder / "page.html")
        self.assertUsage(result, "--output-file")
        self.assertEqual((folder / "page.html").read_text(), before)

    def test_very_many_findings(self):
        dns = FakeDNS("2.0.0.127.zone.test A 127.0.0.2\n*.2.0.192.zone.test A 127.0.0.2\n")
        result = run("check_dnsbl", "-H", "192.0.2.0/22", "--max-targets", "1024", "-z", "zone.test", "--no-health",
                     "--resolver", dns.resolver, "--output", "html")
        page = check_page(result.out)
        self.assertLess(len(result.out), 1 << 20)
        self.assertTrue(page.text)


def secrets_of_world():
    """The names and addresses of the small world that are somebody's."""
    zone = "\n".join(line for line in (WORLD / "dns.zone").read_text().splitlines() if not line.startswith("#"))
    return set(re.findall(r"\b[\w.-]+\.example\b", zone)) | {"ill.example", "healthy.example"} | \
        set(re.findall(r"\b(?:192\.0\.2|198\.51\.100)\.\d+\b", zone)) | \
        {"25.2.0.192", "2.0.192.in-addr", "100.51.198", "hostmaster", "MIGfMA0GCSq"}


class Redacted(TestCase):
    WHOLE = ("--redact", "--with", "resolver,dns,listener,rdns,tls,auth,sender,receivers,blocklists")

    def assertSilent(self, text):
        for secret in secrets_of_world() | {socket.gethostname()}:
            if len(secret) > 3:
                self.assertNotIn(secret, text)
        self.assertNotRegex(text, r"(?<![\w.])(?!127\.|0\.0\.0\.0)\d{1,3}(\.\d{1,3}){3}(?![\w.]\d)")
        self.assertNotRegex(text, r"[\w.-]+@[\w-]")

    def test_nobody_can_tell_whose_page_it_is(self):
        result = World.get().check("ill", *self.WHOLE, "--output", "html")
        self.assertEqual(result.code, 2, str(result))
        page = check_page(result.out)
        body = page.text
        self.assertSilent(result.out)
        # The diagnosis can be followed: the same thing is called the same.
        name = re.search(r"CRITICAL \[name-(\d+)\]", body)[1]
        address = re.search(r"reverse DNS and HELO: \[address-(\d+)\]: it has no name", body)[1]
        self.assertIn(f"TXT at [name-{name}]: \"v=spf1 ip4:[address-{address}] ", body)
        self.assertRegex(body, r"What to do: ask \[user-\d+\]@\[name-\d+\], who runs \[name-\d+\]")
        self.assertIn("psbl.surriel.com", body)
        self.assertIn(f"[address-{address}] -> 127.0.0.2", body)
        self.assertIn("https://www.rfc-editor.org/rfc/rfc8601", [link["href"] for link in page.links])
        self.assertNotIn("psbl.org/listing?ip", result.out)
        self.assertIn("replaced by placeholders", body)

    def test_in_every_format(self):
        world = World.get()
        for words in (("--output", "json"), ("--output", "prometheus"), ("-v",), ()):
            with self.subTest(words):
                result = world.check("ill", *self.WHOLE, *words)
                self.assertSilent(result.out)
                self.assertIn("[address-1]", result.out)

    def test_what_was_asked_is_redacted_too(self):
        dns = World.get().dns.resolver
        result = run("check_rdns", "--mx", "ill.example", "--helo", "mail.ill.example", "--resolver", dns, "--redact",
                     "--output", "json", "-vvv")
        self.assertIn("[name-1]", result.err)
        self.assertSilent(result.out + result.err)

    def test_senders_and_paths(self):
        result = run("check_mailqueue", "--queue-dir", WORLD / "queue", "--reasons", "--top", "5", "--redact",
                     "--output", "json", "-v")
        self.assertSilent(result.out)
        self.assertNotIn(str(TOP), result.out)
        self.assertIn("[path-1]", result.out)
        result = run("check_maillog", "--log", WORLD / "mail.log", "--until", "2026-11-24T16:05:00+01:00", "--redact",
                     "--output", "json", "--top", "5")
        self.assertSilent(result.out)
        self.assertIn("blocklisted", result.out)

    def test_thresholds_of_a_subject_hold(self):
        result = run("check_spf_dmarc", "-d", "ill.example", "-d", "healthy.example", "--only", "dkim", "--selector", "s1",
                     "-c", "dkim_bits=4096:", "--resolver", World.get().dns.resolver, "--redact")
        self.assertSilent(result.out)
        self.assertIn(";4096:;0", result.lines[0])
