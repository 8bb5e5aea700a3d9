# SPDX-License-Identifier: GPL-3.0-or-later
"""check_mailqueue against the real Exim and Sendmail, with what is seldom in a queue: many
refusals, senders that look like something else, broken files."""

from harness import PLUGINS, TestCase, check_form, environment
from servers.queue_exim import REFUSALS, EximQueue
from servers.queue_sendmail import SendmailQueue


class Odd(TestCase):
    def inside(self, queue, *words, user=None):
        result = queue.box.run(PLUGINS / "check_mailqueue", *words, user=user, env=environment())
        check_form(result, [str(word) for word in words])
        return result

    def both(self, queue, mta, *words):
        """What both say must be the same."""
        files = self.inside(queue, "-M", mta, "--method", "spool", *words)
        command = self.inside(queue, "-M", mta, "--method", "command", *words)
        for label in command.perfdata:
            if label.endswith("oldest"):
                self.assertAlmostEqual(files.value(label), command.value(label), delta=2)
            elif label not in ("time", "bytes") and label in files.perfdata:
                self.assertEqual(files.perfdata[label], command.perfdata[label],
                                 f"{label}\n{files}{command}")
        return files, command

    def refusals(self, result):
        for _, reason in REFUSALS.values():
            self.assertGreaterEqual(result.value(f"reason {reason}"), 1, f"{reason}\n{result}")

    def test_exim(self):
        queue = EximQueue.get()
        queue.fill()
        files, _ = self.both(queue, "exim", "--reasons", "--bytes")
        self.refusals(files)
        self.assertEqual(files.value("total"), queue.count())
        queue.fill_oddly()
        files, command = self.both(queue, "exim", "--reasons", "--bytes")
        self.assertEqual(files.value("total"), queue.count())
        # A sender that says so is not frozen; exim -bp rounds sizes.
        self.assertEqual(files.value("frozen"), 1)
        self.assertAlmostEqual(files.value("bytes") / command.value("bytes"), 1, delta=0.05)
        queue.break_some()
        command = self.inside(queue, "-M", "exim", "--method", "command")
        self.assertState(command, "WARNING")
        self.assertEqual(command.value("corrupt"), 5)
        self.assertEqual(command.value("total") + 5, queue.count())

    def test_sendmail(self):
        queue = SendmailQueue.get()
        queue.fill()
        queue.submit()
        files, command = self.both(queue, "sendmail", "--reasons", "--bytes")
        self.refusals(files)
        self.refusals(command)
        self.assertEqual((files.value("hold"), files.value("maildrop")), (1, 1))
        self.assertEqual(files.value("bytes"), command.value("bytes"))
        queue.lose()
        for result in self.both(queue, "sendmail"):
            self.assertState(result, "WARNING")
            self.assertEqual(result.value("corrupt"), 1)
        unprivileged = self.inside(queue, "-M", "sendmail", user="nobody")
        self.assertEqual(unprivileged.value("total"), files.value("total"))
        total = files.value("total")
        queue.break_some()
        command = self.inside(queue, "-M", "sendmail", "--method", "command")
        self.assertEqual(command.value("corrupt"), 2)
        self.assertEqual(command.value("total"), total)
