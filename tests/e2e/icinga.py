# SPDX-License-Identifier: GPL-3.0-or-later
"""Icinga 2 itself runs the plugins; what its API tells is what they printed."""

import json
import re
import shutil
import ssl
import subprocess
import time
import unittest
import urllib.request
from base64 import b64encode

from harness import IS_ROOT, PLUGINS, WORK, FakeDNS, Server, TestCase, free_port, write
from servers.hostile import Hostile

SHARE = PLUGINS.parents[2] / "share/mailpath-plugins/icinga2"
STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")

ZONE = """2.0.0.127.bl.test A 127.0.0.2
10.2.0.192.bl.test A 127.0.0.4
10.2.0.192.bl.test TXT see `id` | \\n $USER1$ <b>
10.2.0.192.in-addr.arpa PTR mail.example.test
mail.example.test A 192.0.2.10
example.test TXT v=spf1 ip4:192.0.2.10 -all
_dmarc.example.test TXT v=DMARC1; p=reject
s1._domainkey.example.test TXT v=DKIM1; p=
"""

QUEUE = '{"queue_name": "deferred", "queue_id": "4A", "arrival_time": 1700000000, "message_size": 99, ' \
        '"sender": "a@b.test", "recipients": [{"address": "c@d.test", "delay_reason": "x"}]}\n'

#: it notes what the plugin was given, and what it printed
WRAPPER = """#!/bin/sh
printf '%s\\0' "$@" >{folder}/$$.words
{program} "$@" >{folder}/$$.printed
code=$?
cat {folder}/$$.printed
exit $code
"""


@unittest.skipUnless(IS_ROOT, "needs root: icinga2 becomes the user nagios")
class Icinga(TestCase):
    def setUp(self):
        self.folder = WORK / self.id().rsplit(".", 1)[1]
        self.seen = self.folder / "seen"
        for name in ("lib/certs", "lib/ca", "log", "cache", "spool", "run", "seen", "plugins"):
            (self.folder / name).mkdir(parents=True)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def command(self, *words):
        folder = self.folder
        places = {"ConfigDir": folder, "DataDir": folder / "lib", "LogDir": folder / "log",
                  "CacheDir": folder / "cache", "SpoolDir": folder / "spool", "InitRunDir": folder / "run",
                  "PidPath": folder / "run/icinga2.pid", "RunAsUser": "nagios", "RunAsGroup": "nagios"}
        return ["icinga2", "daemon", "-c", folder / "icinga2.conf",
                *(word for name, value in places.items() for word in ("-D", f"{name}={value}")), *words]

    def configure(self, objects, plugins=None, more=""):
        place = f'const MailpathPluginDir = "{plugins}"\n' if plugins else ""
        (self.folder / "icinga2.conf").write_text(f"""
const PluginDir = "/usr/lib/nagios/plugins"
const NodeName = "localhost"
const ZoneName = NodeName
const TicketSalt = ""
{place}
include <itl>
include <plugins>
include "{SHARE}/mailpath-commands.conf"
object Endpoint NodeName {{}}
object Zone ZoneName {{ endpoints = [ NodeName ] }}
object CheckerComponent "checker" {{}}
{more}
{objects}
""")
        subprocess.run(["chown", "-R", "nagios:nagios", self.folder], check=True)
        return subprocess.run(list(map(str, self.command("-C"))), capture_output=True, text=True,
                              check=False)

    def assertValid(self, done):
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("warning/", done.stdout)
        self.assertNotIn("critical/", done.stdout)

    def test_the_examples_are_valid(self):
        done = self.configure((SHARE / "mailpath-services.conf").read_text())
        self.assertValid(done)
        # Each apply rule found the host.
        self.assertRegex(done.stdout, r"Instantiated 8 Services\.")
        self.assertNotIn("Apply rule", done.stdout)

    def test_the_commands_know_every_option_that_watches(self):
        commands = (SHARE / "mailpath-commands.conf").read_text()
        for program in PLUGINS.glob("check_*"):
            text = subprocess.run([program, "--help"], capture_output=True, text=True, check=False).stdout
            _, _, own = commands.partition(f'/{program.name}" ]')
            own = own.partition("\nobject ")[0]
            for name, rest in re.findall(r"(?m)^  (?:-\w,|   ) (--[\w-]+)(.*)$", text):
                skipped = name in ("--help", "--version", "--output", "--output-file") \
                    or name.startswith("--list-") or "the same" in rest
                if not skipped and f'"{name}"' not in own:
                    # A second name of one that is there: its help stands in the next line.
                    self.assertRegex(text, fr"{name} .*\n +the same")

    def test_a_single_dollar_is_refused(self):
        service = """object Host "h" { check_command = "dummy" }
object Service "s" { host_name = "h"; check_command = "mailpath_smtp_send"
  vars.smtp_send_subject = "for $5" }"""
        done = self.configure(service)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn("Closing $ not found in macro format string 'for $5'", done.stdout)

    def run_icinga(self, services):
        """name -> what the API says of its last check, once each was checked."""
        for program in PLUGINS.glob("check_*"):
            wrapper = self.folder / "plugins" / program.name
            wrapper.write_text(WRAPPER.format(folder=self.seen, program=program))
            wrapper.chmod(0o755)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
                        "-days", "2", "-keyout", self.folder / "lib/certs/localhost.key", "-out",
                        self.folder / "lib/certs/localhost.crt"], check=True, capture_output=True)
        shutil.copy(self.folder / "lib/certs/localhost.crt", self.folder / "lib/certs/ca.crt")
        port = free_port()
        objects = 'object Host "mail" { check_command = "dummy"; address = "192.0.2.10" }\n'
        for name, body in services.items():
            objects += f'object Service "{name}" {{\n  host_name = "mail"\n  max_check_attempts = 1\n' \
                       f"  check_interval = 5s\n  retry_interval = 5s\n{body}\n}}\n"
        self.assertValid(self.configure(objects, self.folder / "plugins", f"""
object ApiListener "api" {{ bind_host = "127.0.0.1"; bind_port = {port} }}
object ApiUser "root" {{ password = "probe"; permissions = [ "*" ] }}"""))
        server = Server(self.command(), stdout=subprocess.DEVNULL)
        self.addCleanup(server.stop)
        request = urllib.request.Request(
            f"https://127.0.0.1:{port}/v1/objects/services?attrs=name&attrs=state&attrs=last_check_result",
            headers={"Accept": "application/json",
                     "Authorization": "Basic " + b64encode(b"root:probe").decode()})
        results = {}
        for _ in range(300):
            time.sleep(0.1)
            try:
                with urllib.request.urlopen(request, context=ssl._create_unverified_context()) as answer:
                    rows = json.load(answer)["results"]
            except OSError:
                continue
            results = {row["attrs"]["name"]: row["attrs"] for row in rows
                       if row["attrs"]["last_check_result"]}
            if len(results) == len(services):
                break
        self.assertEqual(set(results), set(services))
        return results

    def test_the_api_tells_what_the_plugins_printed(self):
        dns = FakeDNS(ZONE)
        self.addCleanup(dns.stop)
        hostile = Hostile({"RCPT": "550 5.7.1 no; see `id` | \\n $USER1$ <b>"})
        self.addCleanup(hostile.stop)
        queue = write("icinga-queue", QUEUE)
        ini = write("icinga.ini", "[here]\nhostname=127.0.0.1\nfrom=<>\n", 0o400)
        shutil.chown(ini, "nagios")
        odd = 'a;b "c" \'d\' $5 <e> `f` \\ |'
        resolver = f'["{dns.resolver}"]'
        results = self.run_icinga({
            "lists": f"""check_command = "mailpath_dnsbl"
  vars.dnsbl_hostname = [ "$address$", "192.0.2.11" ]
  vars.dnsbl_zone = [ "bl.test=127.0.0.[2;4..7]*3" ]
  vars.dnsbl_warning = "0"
  vars.dnsbl_critical = [ "3", "time=20" ]
  vars.dnsbl_resolver = {resolver}""",
            "reverse": f"""check_command = "mailpath_rdns"
  vars.rdns_hostname = [ "$address$" ]
  vars.rdns_resolver = {resolver}""",
            "sender": f"""check_command = "mailpath_spf_dmarc"
  vars.spf_dmarc_domain = "example.test"
  vars.spf_dmarc_only = "spf,dmarc,dkim"
  vars.spf_dmarc_selector = "s1"
  vars.spf_dmarc_ip = [ "$address$", "192.0.2.11" ]
  vars.spf_dmarc_resolver = {resolver}""",
            "queue": f"""check_command = "mailpath_mailqueue"
  vars.mailqueue_input = "{queue}"
  vars.mailqueue_reasons = true
  vars.mailqueue_warning = [ "oldest=4h", "@1:5" ]""",
            "refused": f"""check_command = "mailpath_smtp_send"
  vars.smtp_send_extra_opts = "here@{ini}"
  vars.smtp_send_port = {hostile.port}
  vars.smtp_send_to = "a@b.test"
  vars.smtp_send_subject = {json.dumps(odd.replace("$", "$$"))}
  vars.smtp_send_send = true
  vars.smtp_send_verbose = true""",
            "wrong": """check_command = "mailpath_smtp_send"
  vars.smtp_send_stop_after = "nowhere"
  vars.smtp_send_send = false""",
        })
        printed = [path.read_text() for path in self.seen.glob("*.printed")]
        words = [path.read_text().split("\0")[:-1] for path in self.seen.glob("*.words")]
        for name, row in results.items():
            last = row["last_check_result"]
            whole = last["output"]
            if last["performance_data"]:
                head, newline, rest = whole.partition("\n")
                whole = f"{head.rstrip()} | {' '.join(last['performance_data'])}{newline}{rest}"
            self.assertIn(whole.strip(), [text.strip() for text in printed], name)
            state = re.match(r"[A-Z]+ ([A-Z]+) - ", whole)[1]
            self.assertEqual(STATES[int(last["exit_status"])], state)
            self.assertEqual(STATES[int(row["state"])], state)
        self.assertEqual({name: STATES[int(row["state"])] for name, row in results.items()},
                         {"lists": "WARNING", "reverse": "OK", "sender": "CRITICAL", "queue": "WARNING",
                          "refused": "CRITICAL", "wrong": "UNKNOWN"})
        self.assertIn(["--hostname", "192.0.2.10", "--hostname", "192.0.2.11"],
                      [[w for i, w in enumerate(line) if "--hostname" in line[max(i - 1, 0):i + 1]]
                       for line in words])
        self.assertTrue(any(odd in line for line in words), words)
        self.assertTrue(any(line.startswith("MAIL FROM:<>") for line in hostile.lines()))
        self.assertIn("listed=1;0;3;0;2", results["lists"]["last_check_result"]["performance_data"])
        self.assertIn("550 5.7.1 no; see ?id? ? ?n ?USER1? ?b?", results["refused"]["last_check_result"]["output"])
