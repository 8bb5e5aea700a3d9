# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus: promtool judges metrics and rules; node_exporter and Prometheus carry what the
plugins wrote, and the dashboard's questions have answers."""

import json
import os
import re
import shutil
import subprocess
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from harness import PLUGINS, TOP, WORK, FakeDNS, Server, TestCase, free_port, run, write
from icinga import QUEUE, ZONE
from servers.hostile import Hostile

SHARE = PLUGINS.parents[2] / "share/mailpath-plugins"
PROGRAMS = sorted(path.name for path in PLUGINS.glob("check_*"))


def promtool(*words, **kwargs):
    return subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True, check=False,
                          **kwargs)


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()
    except OSError:
        return ""


class World:
    """What the plugins look at, and an ini file that says so."""

    def __init__(self, test):
        dns = FakeDNS(ZONE)
        hostile = Hostile({"RCPT": '550 5.7.1 no; see "C:\\x" | `id`'})
        test.addCleanup(dns.stop)
        test.addCleanup(hostile.stop)
        self.sections = {
            "check_dnsbl": f"hostname=192.0.2.10\nzone=bl.test\nresolver={dns.resolver}\n",
            "check_mailpath": f"domain=example.test\nip=192.0.2.10\nwith=rdns\nwith=sender\n"
                              f"resolver={dns.resolver}\n",
            "check_mailcontent": f"message={TOP / 'tests/data/content/exe-mz.eml'}\n",
            "check_maillog": f"log={write('prometheus-mail.log', (TOP / 'contrib/world/mail.log').read_bytes())}\n"
                             f"until=2026-11-24T16:05:00+01:00\n",
            "check_mailqueue": f"input={write('prometheus-queue', QUEUE)}\nreasons=\n",
            "check_rdns": f"hostname=192.0.2.10\nresolver={dns.resolver}\n",
            "check_smtp_send": f"hostname=127.0.0.1\nport={hostile.port}\nfrom=<>\nto=a@b.test\n",
            "check_spf_dmarc": f"domain=example.test\nonly=spf,dmarc,dkim\nselector=s1\n"
                               f"resolver={dns.resolver}\n",
        }
        self.ini = write("prometheus.ini", "".join(
            f"[{name}]\n{text}" for name, text in self.sections.items()))


class Files(TestCase):
    def test_promtool_takes_the_rules_and_their_tests_pass(self):
        done = promtool("check", "rules", SHARE / "prometheus/mailpath-rules.yml")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = promtool("test", "rules", TOP / "contrib/prometheus/mailpath-rules.test.yml")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_promtool_takes_the_metrics_of_every_plugin(self):
        world = World(self)
        for name in PROGRAMS:
            if name not in world.sections:
                continue
            result = run(name, f"--extra-opts=@{world.ini}", "--output", "prometheus")
            self.assertIn("mailpath_state{", result.out)
            done = promtool("check", "metrics", input=result.out)
            self.assertEqual((done.returncode, done.stderr), (0, ""), result.out)

    def test_the_units_are_units(self):
        folder = WORK / "units"
        folder.mkdir()
        for name in ("mailpath@.service", "mailpath@.timer"):
            shutil.copy(SHARE / "prometheus" / name, folder)
        text = (folder / "mailpath@.service").read_text()
        (folder / "mailpath@.service").write_text(text.replace("%i", "check_dnsbl"))
        if not shutil.which("systemd-analyze"):
            self.skipTest("no systemd-analyze")
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", folder / "mailpath@.service",
                               folder / "mailpath@.timer"], capture_output=True, text=True, check=False)
        wrong = [line for line in done.stderr.splitlines() if "mailpath" in line]
        self.assertEqual(wrong, [], done.stderr)

    def lines(self):
        """The commands of the crontab and of the unit."""
        cron = (SHARE / "prometheus/mailpath.cron").read_text().splitlines()
        commands = [re.fullmatch(r"(?:[\d*/]+ +){5}prometheus  (/.+)", line)[1] for line in cron
                    if not line.startswith("#")]
        self.assertEqual(sorted(os.path.basename(line.split()[0]) for line in commands),
                         [name for name in PROGRAMS if name in World(self).sections])
        unit = (SHARE / "prometheus/mailpath@.service").read_text()
        return commands + [re.search(r"(?m)^ExecStart=(.+)", unit)[1].replace("%i", "check_dnsbl")]

    def test_what_cron_and_systemd_run_writes_a_file(self):
        world = World(self)
        folder = WORK / "textfile"
        folder.mkdir()
        for line in self.lines():
            self.assertNotIn("%", line)
            line = line.replace("/var/lib/prometheus/node-exporter", str(folder))
            subprocess.run(["sh", "-c", line], check=True, env={"MP_CONFIG_FILE": str(world.ini)})
            path = Path(line.split()[-1])
            self.assertIn("mailpath_state{", path.read_text())
            path.unlink()


@unittest.skipUnless(shutil.which("prometheus") and shutil.which("prometheus-node-exporter"),
                     "no prometheus, or no prometheus-node-exporter")
class Carried(TestCase):
    def test_prometheus_has_what_the_plugins_wrote_and_the_dashboard_asks_for_it(self):
        world = World(self)
        folder = WORK / "carried"
        folder.mkdir()
        written = ""
        for name in PROGRAMS:
            if name in world.sections:
                path = folder / f"mailpath_{name}.prom"
                subprocess.run([PLUGINS / name, f"--extra-opts=@{world.ini}", "--exit-ok", "--output",
                                "prometheus", "--output-file", path], check=True)
                written += path.read_text()
        exporter, port = free_port(), free_port()
        config = write("prometheus.yml", f"""
global: {{ scrape_interval: 1s, evaluation_interval: 1s }}
rule_files: [ "{SHARE}/prometheus/mailpath-rules.yml" ]
scrape_configs: [ {{ job_name: node, static_configs: [ {{ targets: [ "127.0.0.1:{exporter}" ] }} ] }} ]
""")
        metrics = f"http://127.0.0.1:{exporter}/metrics"
        node = Server(["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{exporter}",
                       "--collector.disable-defaults", "--collector.textfile",
                       f"--collector.textfile.directory={folder}"],
                      lambda: "mailpath_state" in fetch(metrics), stderr=subprocess.DEVNULL)
        self.addCleanup(node.stop)
        self.assertIn("\nnode_textfile_scrape_error 0\n", fetch(metrics))
        api = f"http://127.0.0.1:{port}/api/v1"

        def ask(expression):
            answer = json.loads(fetch(f"{api}/query?query={urllib.parse.quote(expression)}")
                                or '{"status": "none"}')
            return answer["data"]["result"] if answer["status"] == "success" else answer

        server = Server(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={WORK / 'tsdb'}",
                         f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"],
                        lambda: fetch(f"{api}/query?query=mailpath_state").count("check_") >=
                        written.count("mailpath_state{"))
        self.addCleanup(server.stop)

        # Each number is the one that was written.
        for line in written.splitlines():
            if not line.startswith("#"):
                series, _, value = line.rpartition(" ")
                found = ask(series)
                self.assertEqual([float(one["value"][1]) for one in found], [float(value)], line)

        names = set(re.findall(r"(?m)^(mailpath_\w+)\{", written))
        board = json.loads((SHARE / "grafana/mailpath.json").read_text())
        self.assertEqual(len({panel["id"] for panel in board["panels"]}), len(board["panels"]))
        asked = set()
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                expression = re.sub(r"\$(instance|target)", ".*", target["expr"])
                found = ask(expression)
                self.assertIsInstance(found, list, (expression, found))
                name = re.search(r"mailpath_\w+", expression)[0]
                asked.add(name)
                self.assertEqual(bool(found), name in names, expression)
        self.assertEqual(names - asked, set())

        for _ in range(100):
            time.sleep(0.1)
            groups = json.loads(fetch(f"{api}/rules"))["data"]["groups"]
            rules = [rule for group in groups for rule in group["rules"]]
            firing = [rule["name"] for rule in rules if rule["state"] == "firing"]
            if firing and all(rule["health"] == "ok" for rule in rules):
                break
        self.assertEqual([rule["name"] for rule in rules if rule["health"] != "ok"], [])
        self.assertEqual(firing, ["MailpathListed"])
