#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run end-to-end tests: run.py MODULE... The last line is 'PASSED FAILED SKIPPED'."""

import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))


class Result(unittest.TextTestResult):
    """Counts what passed, and shows what is slow."""

    passed = 0

    def startTest(self, test):
        self.begun = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test):
        self.passed += 1
        super().addSuccess(test)
        seconds = time.monotonic() - self.begun
        if seconds > 5:
            self.stream.writeln(f"({test.id()}: {seconds:.0f} s)")


names = sys.argv[1:]
suite = unittest.defaultTestLoader.loadTestsFromNames(names)
runner = unittest.TextTestRunner(sys.stdout, verbosity=1, resultclass=Result)
result = runner.run(suite)
failed = len(result.failures) + len(result.errors)
print(result.passed, failed, len(result.skipped))
sys.exit(failed > 0)
