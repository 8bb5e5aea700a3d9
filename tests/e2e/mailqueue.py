# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of check_mailqueue share."""

from harness import PLUGINS, check_form, environment


def inside(queue, *words, user=None):
    """Run the plugin in the box of a mail server, or in a box."""
    box = getattr(queue, "box", queue)
    result = box.run(PLUGINS / "check_mailqueue", *words, user=user, env=environment())
    check_form(result, [str(word) for word in words])
    return result


def both(test, queue, mta, *words):
    """By files and by command: what both say must be the same."""
    by_files = inside(queue, "-M", mta, "--method", "spool", *words)
    by_command = inside(queue, "-M", mta, "--method", "command", *words)
    for label, value in by_command.perfdata.items():
        # In Exim's files, only the content tells who is frozen; its listing rounds sizes.
        if label == "time" or (mta == "exim" and (label == "bytes" or label not in by_files.perfdata)):
            continue
        if label.endswith("oldest"):
            test.assertAlmostEqual(by_files.value(label), by_command.value(label), delta=2)
        else:
            test.assertEqual(by_files.perfdata[label], value, f"{label}\n{by_files}{by_command}")
    return by_files, by_command
