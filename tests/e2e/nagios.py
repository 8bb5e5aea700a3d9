# SPDX-License-Identifier: GPL-3.0-or-later
"""Nagios itself runs the plugin: its result and perfdata as Nagios understood them."""

import shutil
import subprocess
import time
import unittest

from harness import IS_ROOT, PLUGINS, WORK, FakeDNS, Server, TestCase

#: what Nagios' own templates are for
TEMPLATES = """
define timeperiod {
  timeperiod_name 24x7
  alias always
  sunday 00:00-24:00
  monday 00:00-24:00
  tuesday 00:00-24:00
  wednesday 00:00-24:00
  thursday 00:00-24:00
  friday 00:00-24:00
  saturday 00:00-24:00
}
define command {
  command_name notify
  command_line /bin/true
}
define contact {
  contact_name root
  host_notification_period 24x7
  service_notification_period 24x7
  host_notification_commands notify
  service_notification_commands notify
}
define host {
  name generic-host
  register 0
  max_check_attempts 1
  check_period 24x7
  notification_period 24x7
  notification_interval 0
  contacts root
  active_checks_enabled 0
}
define service {
  name generic-service
  register 0
  max_check_attempts 1
  check_interval 1
  retry_interval 1
  check_period 24x7
  notification_period 24x7
  notification_interval 0
  contacts root
}
"""


@unittest.skipUnless(IS_ROOT, "needs root: nagios becomes the user nagios")
class Nagios(TestCase):
    def setUp(self):
        self.share = PLUGINS.parents[2] / "share/mailpath-plugins/nagios"
        self.folder = WORK / self.id().rsplit(".", 1)[1]
        (self.folder / "checkresults").mkdir(parents=True)

    def configure(self, objects):
        """nagios.cfg with Mailpath's commands and these objects."""
        (self.folder / "templates.cfg").write_text(TEMPLATES)
        (self.folder / "objects.cfg").write_text(objects)
        (self.folder / "resource.cfg").write_text("")
        (self.folder / "nagios.cfg").write_text(f"""
log_file={self.folder}/nagios.log
cfg_file={self.folder}/templates.cfg
cfg_file={self.folder}/objects.cfg
cfg_file={self.share}/mailpath.cfg
object_cache_file={self.folder}/objects.cache
precached_object_file={self.folder}/objects.precache
resource_file={self.folder}/resource.cfg
status_file={self.folder}/status.dat
status_update_interval=1
state_retention_file={self.folder}/retention.dat
temp_file={self.folder}/nagios.tmp
temp_path={self.folder}
check_result_path={self.folder}/checkresults
lock_file={self.folder}/nagios.lock
command_file={self.folder}/nagios.cmd
query_socket={self.folder}/nagios.qh
nagios_user=nagios
nagios_group=nagios
check_external_commands=0
interval_length=1
use_syslog=0
illegal_macro_output_chars=`~$&|'"<>
process_performance_data=1
service_perfdata_file={self.folder}/perfdata
service_perfdata_file_template=$SERVICEDESC$\\t$SERVICESTATE$\\t$SERVICEOUTPUT$\\t$SERVICEPERFDATA$
service_perfdata_file_mode=a
service_perfdata_file_processing_interval=0
""")
        subprocess.run(["chown", "-R", "nagios:nagios", self.folder], check=True)
        done = subprocess.run(["nagios4", "-v", self.folder / "nagios.cfg"], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"Total Warnings:\s+0\nTotal Errors:\s+0")

    def test_the_examples_are_valid(self):
        self.configure((self.share / "services.cfg").read_text())

    def test_nagios_shows_the_result_and_its_perfdata(self):
        server = FakeDNS("2.0.0.127.bl.test A 127.0.0.2\n10.2.0.192.bl.test A 127.0.0.4\n"
                         "10.2.0.192.bl.test TXT see `id` | \\n $USER1$ <b>\n"
                         "example.test MX 10 mail.example.test\nmail.example.test A 192.0.2.99\n")
        self.addCleanup(server.stop)
        self.configure(f"""
define host {{
  use generic-host
  host_name mail
  address 192.0.2.10
}}
define service {{
  use generic-service
  host_name mail
  service_description listed
  check_command mailpath_dnsbl!-z bl.test=127.0.0.[2,4..7]*3 --resolver {server.resolver}
}}
define service {{
  use generic-service
  host_name mail
  service_description clean
  check_command mailpath_dnsbl_mx!example.test!-4 -z bl.test --resolver {server.resolver} -w 1 -c 2
}}
define service {{
  use generic-service
  host_name mail
  service_description wrong
  check_command mailpath_dnsbl!--nothing
}}
""")
        nagios = Server(["nagios4", self.folder / "nagios.cfg"], stdout=subprocess.DEVNULL)
        self.addCleanup(nagios.stop)
        rows = {}
        for _ in range(300):
            time.sleep(0.1)
            if (self.folder / "perfdata").exists():
                lines = (self.folder / "perfdata").read_text().splitlines()
                rows = {line.split("\t")[0]: line.split("\t")[1:] for line in lines}
            status = self.folder / "status.dat"
            if len(rows) >= 2 and status.exists() and "DNSBL UNKNOWN" in status.read_text():
                break
        self.assertEqual(rows["listed"][0], "CRITICAL")
        # Nagios makes ':' of ';', which parts the fields of its log.
        self.assertEqual(rows["listed"][1], "DNSBL CRITICAL - 192.0.2.10 is listed by bl.test: "
                                            "1 of 1 lists healthy")
        self.assertTrue(rows["listed"][2].startswith("listed=1;;0;0;1 score=3 healthy=1;;;0;1 "))
        self.assertEqual(rows["clean"][:2], ["OK", "DNSBL OK - 192.0.2.99 is not listed: "
                                                   "1 of 1 lists healthy"])
        self.assertTrue(rows["clean"][2].startswith("listed=0;1;2;0;1 "))
        shown = status.read_text()
        self.assertRegex(shown, r"current_state=3\n(.*\n)*?.*plugin_output=DNSBL UNKNOWN - --nothing")
        # The long output came whole, and what the list says did no harm.
        self.assertRegex(shown, r"long_plugin_output=\[CRITICAL\] dnsbl_listed bl\.test: 192\.0\.2\.10 -> "
                                r"127\.0\.0\.4 \"see \?id\? \? \?n \?USER1\? \?b\?\"\\n    fix: ")

    def tearDown(self):
        shutil.rmtree(self.folder, ignore_errors=True)
