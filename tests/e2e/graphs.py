# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture from Nagios' perfdata, by contrib/graphs/perfdata2rrd."""

import math
import subprocess
import zlib

from harness import TOP, WORK, TestCase, write

SCRIPT = TOP / "contrib/graphs/perfdata2rrd"


def pixels(path):
    """The different bytes that a PNG's rows are made of, and its size."""
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(data[at:at + 4], "big") for at in (16, 20))
    at, rows = 8, b""
    while at < len(data):
        size, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        if kind == b"IDAT":
            rows += data[at + 8:at + 8 + size]
        at += 12 + size
    return width, height, len(set(zlib.decompress(rows)))


class Graphs(TestCase):
    def draw(self, rows, service, label, name):
        file = write(f"{name}.perfdata", "".join(rows))
        done = subprocess.run([SCRIPT, file, service, label, WORK / f"{name}.rrd", WORK / f"{name}.png"],
                              capture_output=True, text=True, check=False)
        return done, WORK / f"{name}.png"

    def rows(self, count, begin=1790000100):
        for n in range(count):
            time = 0.3 + 0.2 * math.sin(n / 8) + (0.9 if n in (60, 61, 62) else 0)
            yield (f"{begin + 300 * n}\tmail\tSMTP\tOK\ttime={time:.6f}s;1;2;0 time_connect=0.02s;;;0 "
                   f"'dkim_bits s1._domainkey.example.org'={2048 if n < 50 else 1024};2048:;1024:;0\n")
            yield f"{begin + 300 * n}\tmail\tQueue\tOK\ttotal={n * n % 97};@5:6;;0 oldest=7s;;;0\n"

    def values(self, name, count, begin=1790000100):
        shown = subprocess.run(["rrdtool", "fetch", WORK / f"{name}.rrd", "AVERAGE", "--start", str(begin),
                                "--end", str(begin + 300 * (count - 2))], capture_output=True, text=True,
                               check=True).stdout
        return [float(line.split()[1]) for line in shown.splitlines()[2:]]

    def test_a_number_becomes_a_picture(self):
        for service, label, name in (("SMTP", "time", "smtp"), ("Queue", "total", "queue"),
                                     ("SMTP", "dkim_bits s1._domainkey.example.org", "dkim")):
            done, picture = self.draw(self.rows(100), service, label, name)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            width, height, colours = pixels(picture)
            self.assertGreater(width, 600)
            self.assertGreater(height, 200)
            self.assertGreater(colours, 10)     # more than a blank sheet
        times = self.values("smtp", 100)
        self.assertGreater(len(times), 90)
        self.assertAlmostEqual(max(times), max(0.3 + 0.2 * math.sin(n / 8) + 0.9 for n in (60, 61, 62)), 1)
        self.assertEqual(set(self.values("dkim", 100)), {2048, 1024})

    def test_it_may_run_again_and_goes_on(self):
        self.draw(self.rows(40), "SMTP", "time", "again")
        for count in (40, 80):
            done, _ = self.draw(self.rows(count), "SMTP", "time", "again")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertGreater(len(self.values("again", 80)), 70)

    def test_what_is_not_there_is_said(self):
        done, picture = self.draw(self.rows(3), "SMTP", "nothing", "none")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no nothing of SMTP in ", done.stderr)
        self.assertFalse(picture.exists())
