# SPDX-License-Identifier: GPL-3.0-or-later
"""Completion in bash, and in zsh where it is there."""

import re
import shutil
import subprocess
import unittest

from harness import PLUGINS, TestCase

SHARE = PLUGINS.parents[2] / "share/mailpath-plugins/completion"


class Completion(TestCase):
    def bash(self, *words):
        """What bash would offer for the last word."""
        script = """source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); last=$((COMP_CWORD - 1))
_mailpath "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[last]}"; printf '%s\\n' "${COMPREPLY[@]}" """
        done = subprocess.run(["bash", "--norc", "-c", script, "-", SHARE / "mailpath.bash", *words],
                              capture_output=True, text=True, check=False, cwd="/")
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_bash(self):
        for name in sorted(path.name for path in PLUGINS.glob("check_*")):
            self.assertEqual(self.bash(name, "--time"), ["--timeout"])
            self.assertEqual(self.bash(f"/usr/lib/nagios/plugins/{name}", "--output", "js"), ["json"])
            self.assertIn("time=", self.bash(name, "-w", ""))
            self.assertIn("timeout", self.bash(name, "--ignore", "time"))
            self.assertIn("timeout=", self.bash(name, "--state-for", "=", "time"))
            self.assertIn("/etc", self.bash(name, "--output-file", "/et"))
            self.assertNotIn("--describe", self.bash(name, "--"))
            self.assertEqual(self.bash(name, "--timeout", ""), [])
        self.assertEqual(self.bash("check_smtp_send", "--tls", "=", "s"), ["starttls"])
        self.assertNotIn("--password", self.bash("check_smtp_send", "--"))

    def zsh(self, name):
        """What zsh's _arguments is told of a plugin, by option."""
        done = subprocess.run(["zsh", "-f", "-c", '_arguments() { print -rl -- "$@" }; words=("$2"); . "$1"', "-",
                               SHARE / "_mailpath", f"/somewhere/{name}"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        specs = [re.fullmatch(r"(?:\*|\([^)]*\))(--?[\w-]+)(\+|=|=-|)\[((?:[^\]\\]|\\.)*)\](:.*)?", line)
                 for line in done.stdout.splitlines()[2:]]
        return {spec[1]: (spec[2], re.sub(r"\\(.)", r"\1", spec[3]), spec[4]) for spec in specs}

    @unittest.skipUnless(shutil.which("zsh"), "no zsh")
    def test_zsh(self):
        for name in sorted(path.name for path in PLUGINS.glob("check_*")):
            told = self.zsh(name)
            text = subprocess.run([PLUGINS / name, "--help"], capture_output=True, text=True, check=False).stdout
            options = re.findall(r"(?m)^  (?:-(\w), |    )(--[\w-]+)(.*(?:\n {20}.*)?)$", text)
            self.assertEqual(set(told), {option for letter, long, _ in options for option in
                                         ([f"-{letter}"] if letter else []) + [long]})
            for _, long, rest in options:
                self.assertTrue(rest.endswith(told[long][1]), (long, rest, told[long]))
        tls = self.zsh("check_smtp_send")["--tls"]
        self.assertEqual((tls[0], tls[2].split(":")[-1]), ("=", "(none opportunistic starttls implicit dane)"))
