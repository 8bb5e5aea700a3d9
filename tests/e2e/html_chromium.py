# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of --output html in a real browser: on a phone and on a desk, light and dark, in
print and for a screen reader; it fetches nothing, and what a peer said is text."""

import os
import re
import shutil
import struct
import subprocess
import zlib

from check_mailpath import HERE, World
from chromium import Chromium
from harness import WORK, Once, TestCase, write
from html_page import Hostile

#: where to leave the screenshots, to look at
PICTURES = os.environ.get("MAILPATH_PICTURES")


def colours(style, scheme):
    """The variables of a scheme, as they stand in the page."""
    blocks = re.findall(r":root\{([^}]*)\}", style)
    values = dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{3,6})", blocks[0]))
    if scheme == "dark":
        values |= dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{3,6})", blocks[1]))
    return values


def luminance(colour):
    """WCAG 2.2: relative luminance."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def pixels(png):
    """Width, height, and the first pixel."""
    width, height, _, kind = struct.unpack(">IIBB", png[16:26])
    data, at = b"", 8
    while at < len(png):
        size, name = struct.unpack(">I4s", png[at:at + 8])
        data += png[at + 8:at + 8 + size] if name == b"IDAT" else b""
        at += size + 12
    line = zlib.decompress(data)[1:4]
    assert kind in (2, 6), kind
    return width, height, tuple(line)


class Pages(Once):
    """The pages of both worlds, and of a mail server that is hostile, as files."""

    def __init__(self):
        world = World.get()
        self.ill = world.check("ill", *HERE, "--profile", "default,spamhaus", "--output", "html").out
        self.files = {
            "ill": write("ill.html", self.ill),
            "healthy": write("healthy.html", world.check("healthy", *HERE, "--output", "html").out),
            "hostile": write("hostile.html", world.check("ill", *HERE, "--output", "html",
                                                         port=Hostile.get().port).out),
        }


OPEN_ALL = "document.querySelectorAll('details').forEach(one => one.open = true)"


class InBrowser(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = Chromium.get()

    @classmethod
    def tearDownClass(cls):
        cls.browser.stop()

    def show(self, name, width=1200, scheme="light"):
        file = Pages.get().files[name]
        self.browser.open(file, width, scheme)
        asked = [event["params"]["request"]["url"] for event in self.browser.events
                 if event["method"] == "Network.requestWillBeSent"]
        self.assertEqual(asked, [f"file://{file}"])
        said = [event for event in self.browser.events
                if event["method"] in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown",
                                       "Page.javascriptDialogOpening")]
        self.assertEqual(said, [])

    def test_four_views(self):
        for width in (400, 1200):
            for scheme in ("light", "dark"):
                with self.subTest(f"{width} {scheme}"):
                    self.show("ill", width, scheme)
                    picture = self.browser.screenshot()
                    if PICTURES:
                        with open(f"{PICTURES}/{width}-{scheme}.png", "wb") as file:
                            file.write(picture)
                    ground = colours(Pages.get().ill, scheme)["ground"]
                    seen = pixels(picture)
                    self.assertIn(seen[0], (width, width - 15))     # a scroll bar takes 15
                    self.assertGreater(seen[1], 1500)
                    self.assertEqual(seen[2], tuple(bytes.fromhex(ground[1:])))
                    # Nothing has to be scrolled to the side, whatever is unfolded.
                    for _ in range(2):
                        self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), width)
                        wide = self.browser.evaluate(
                            "[...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect()"
                            ".right > innerWidth + 1).map(one => one.outerHTML.slice(0, 80))")
                        self.assertEqual(wide, [])
                        self.browser.evaluate(OPEN_ALL)

    def test_text_is_in_order_and_evidence_is_folded(self):
        self.show("ill", 400)
        # What is in a closed <details> is no part of it.
        text = self.browser.evaluate("document.body.innerText")
        at = 0
        for words in ("CRITICAL", "ill.example", "First cause", "it has no name", "What to do:", "What to do, in order",
                      "Checklist", "Resolver", "Mail server", "Reverse DNS and HELO", "Blocklists", "Numbers"):
            found = text.find(words, at)
            self.assertGreaterEqual(found, 0, f"no {words} behind ...{text[max(at - 60, 0):at]}")
            at = found
        self.assertLess(text.index("What to do:"), 1000)
        self.assertNotIn("ptr_count", text)
        self.browser.evaluate(OPEN_ALL)
        self.assertIn("ptr_count", self.browser.evaluate("document.body.innerText"))

    def test_contrast(self):
        for scheme in ("light", "dark"):
            of = colours(Pages.get().ill, scheme)
            for text in ("text", "quiet", "link", "ok", "warning", "critical", "unknown"):
                for ground in ("ground", "raised"):
                    with self.subTest(f"{scheme}: {text} on {ground}"):
                        self.assertGreaterEqual(contrast(of[text], of[ground]), 4.5)
            for zone in ("track", "zone-warning", "zone-critical"):
                with self.subTest(f"{scheme}: bar on {zone}"):
                    self.assertGreaterEqual(contrast(of["bar"], of[zone]), 3)
            # No text has another colour than these.
            self.show("ill", 1200, scheme)
            self.browser.evaluate(OPEN_ALL)
            used = self.browser.evaluate(
                "[...new Set([...document.querySelectorAll('body *')].filter(one => !one.closest('svg'))"
                ".map(one => getComputedStyle(one).color))]")
            known = {f"rgb({', '.join(str(part) for part in bytes.fromhex(of[name][1:]))})"
                     for name in ("text", "quiet", "link", "ok", "warning", "critical", "unknown")}
            self.assertLessEqual(set(used), known)

    def test_what_a_peer_says_runs_nowhere(self):
        self.show("hostile")
        self.browser.evaluate(OPEN_ALL)
        self.assertEqual(self.browser.evaluate("document.scripts.length + document.images.length"), 0)
        self.assertIn("<script>alert(1)</script><img src=x onerror=alert(2)>",
                      self.browser.evaluate("document.body.innerText"))
        # And if it were a script, the page's policy would not let it run, nor fetch.
        with_script = write("script.html", Pages.get().ill.replace(
            "</main>", "<script>document.title = 'ran'</script><img src='http://127.0.0.1:1/x'></main>"))
        self.browser.open(with_script)
        self.assertIn("CRITICAL", self.browser.evaluate("document.title"))
        self.assertGreaterEqual(len([event for event in self.browser.events if event["method"] == "Log.entryAdded"
                                     and "Content Security Policy" in event["params"]["entry"]["text"]]), 2)

    def test_print_unfolds_the_evidence(self):
        self.show("ill", 1200, "dark")
        file = WORK / "page.pdf"
        file.write_bytes(self.browser.pdf())
        if PICTURES:
            shutil.copy(file, PICTURES)
        text = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
        text = re.sub(r"\s+", " ", text)
        for words in ("CRITICAL ill.example", "First cause", "What to do: ask hostmaster@provider.example", "Checklist",
                      "rname: hostmaster.provider.example", "ptr_count", "spf_lookups", "extensions_clear:",
                      "8BITMIME", "critical above 10", "This page is one file"):
            self.assertIn(words, text)
        # On paper it is dark on light.
        self.browser.call("Emulation.setEmulatedMedia", media="print",
                          features=[{"name": "prefers-color-scheme", "value": "dark"}])
        self.assertEqual(self.browser.evaluate("getComputedStyle(document.body).color"), "rgb(0, 0, 0)")
        self.assertEqual(self.browser.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)")

    def test_a_screen_reader_hears_it(self):
        self.show("ill")
        self.browser.evaluate(OPEN_ALL)
        self.browser.call("Accessibility.enable")
        nodes = [node for node in self.browser.call("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]
        by_role = {}
        for node in nodes:
            by_role.setdefault(node["role"]["value"], []).append(node.get("name", {}).get("value", ""))
        for landmark in ("banner", "main", "contentinfo"):
            self.assertEqual(len(by_role.get(landmark, [])), 1, f"{landmark} in {list(by_role)}")
        for name in ("First cause", "Checklist", "Numbers"):
            self.assertIn(name, by_role["region"])
        pictures = by_role.get("image", []) + by_role.get("SvgRoot", []) + by_role.get("img", [])
        self.assertGreater(len(pictures), 5)
        for name in pictures:
            self.assertRegex(name, r"^-?[\d.]+ to -?[\d.]+")
        self.assertTrue(any("critical above" in name for name in pictures), pictures)
        heading = next(name for name in by_role["heading"])
        self.assertEqual(heading.split(), ["CRITICAL", "ill.example"])
        # The marks are for the eye.
        self.assertNotIn("\u2715", "".join(sum(by_role.values(), [])))

    def test_a_keyboard_opens_it(self):
        self.show("ill")
        self.browser.evaluate("document.querySelector('.checklist summary').focus()")
        for kind in ("keyDown", "keyUp"):
            self.browser.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13,
                              text="\r" if kind == "keyDown" else "")
        self.assertTrue(self.browser.evaluate("document.querySelector('.checklist details').open"))
