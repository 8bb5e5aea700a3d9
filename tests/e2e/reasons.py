# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs behind all others: each reason of the catalogue has a test that produces it."""

import re

from harness import REASONS_SEEN, TestCase, run


class Reasons(TestCase):
    def test_each_id_was_produced(self):
        page = run("check_dnsbl", "--list-reasons").out
        ids = set(re.findall(r"^([a-z0-9_]+)$", page, re.M))
        self.assertGreater(len(ids), 20)
        self.assertEqual(ids - REASONS_SEEN, set())
