# SPDX-License-Identifier: GPL-3.0-or-later
"""Nagios itself runs the plugins: their results and perfdata as Nagios understood them,
and what a notification made of them."""

import re
import shutil
import subprocess
import time
import unittest

from harness import IS_ROOT, PLUGINS, WORK, TOP, FakeDNS, Server, TestCase, write
from icinga import QUEUE, ZONE
from servers.dane import Dane
from servers.dovecot import PASSWORD, USER
from servers.hostile import Closed, Hostile
from servers.pki import PKI
from servers.postfix import Postfix

#: what Nagios' own templates are for; the notification is written as theirs are
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
  command_line /usr/bin/printf "%b" "$SERVICEDESC$ is $SERVICESTATE$: $SERVICEOUTPUT$\\n\
$LONGSERVICEOUTPUT$\\n" >>FOLDER/notified
}
define contact {
  contact_name root
  host_notification_period 24x7
  service_notification_period 24x7
  service_notification_options w,u,c
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
        (self.folder / "templates.cfg").write_text(TEMPLATES.replace("FOLDER", str(self.folder)))
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

    def results(self, count):
        """What status.dat shows, and service -> [state, output, perfdata], when Nagios has
        run so many services once."""
        nagios = Server(["nagios4", self.folder / "nagios.cfg"], stdout=subprocess.DEVNULL)
        self.addCleanup(nagios.stop)
        status, rows = self.folder / "status.dat", self.folder / "perfdata"
        for _ in range(300):
            time.sleep(0.1)
            shown = status.read_text() if status.exists() else ""
            if len(re.findall(r"servicestatus \{\n(?:(?!\t\}).*\n)*?\thas_been_checked=1", shown)) == count:
                break
        nagios.stop()       # and what it had yet to write is written
        lines = rows.read_text().splitlines()
        return shown, {line.split("\t")[0]: line.split("\t")[1:] for line in lines}

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
        shown, rows = self.results(3)
        self.assertEqual(rows["listed"][0], "CRITICAL")
        # Nagios makes ':' of ';', which parts the fields of its log.
        self.assertEqual(rows["listed"][1], "DNSBL CRITICAL - 192.0.2.10 is listed by bl.test: "
                                            "1 of 1 lists healthy")
        self.assertTrue(rows["listed"][2].startswith("listed=1;;0;0;1 score=3 healthy=1;;;0;1 "))
        self.assertEqual(rows["clean"][:2], ["OK", "DNSBL OK - 192.0.2.99 is not listed: "
                                                   "1 of 1 lists healthy"])
        self.assertTrue(rows["clean"][2].startswith("listed=0;1;2;0;1 "))
        self.assertRegex(shown, r"current_state=3\n(.*\n)*?.*plugin_output=DNSBL UNKNOWN - --nothing")
        # The long output came whole, and what the list says did no harm.
        self.assertRegex(shown, r"long_plugin_output=\[CRITICAL\] dnsbl_listed bl\.test: 192\.0\.2\.10 -> "
                                r"127\.0\.0\.4 \"see \?id\? \? \?n \?USER1\? \?b\?\"\\n    fix: ")

    def test_nagios_shows_what_mail_servers_say(self):
        postfix, dane = Postfix.get(), Dane.get()
        logins = write("logins.ini", f"[good]\nuser={USER}\npassword={PASSWORD}\n"
                                     f"[bad]\nuser={USER}\npassword={PASSWORD}x\n", 0o400)
        shutil.chown(logins, "nagios")
        hostile = Hostile({"RCPT": "550 5.7.1 no; see `id` | \\n $USER1$ <b>"})
        self.addCleanup(hostile.stop)
        closed = Closed()
        self.addCleanup(closed.socket.close)
        names = FakeDNS("1.0.0.127.in-addr.arpa PTR mx1.world.test\nmx1.world.test A 127.0.0.1\n"
                        "world.test MX 10 mx1.world.test\nworld.test MX 20 mx2.world.test\n"
                        "mx2.world.test A 192.0.2.2\n2.0.192.in-addr.arpa SOA ns.isp.test root.isp.test\n"
                        "other.world.test A 127.0.0.1\n")
        self.addCleanup(names.stop)
        world = FakeDNS((TOP / "contrib/world/dns.zone").read_text())
        self.addCleanup(world.stop)
        login = f"-4 -p {postfix.submission} -S --ca-file {PKI.get().ca}"
        services = {
            "plain": f"mailpath_smtp!-p {postfix.mx} -w 20 -c 25",
            "refused": f"mailpath_smtp!-p {hostile.port} --from '<>' --to a@b.test",
            "outside": f"mailpath_smtp_mx!several.world.test!a@signed.test!grey@signed.test!"
                       f"-p {postfix.mx} --resolver {dane.resolver}",
            "dane": f"mailpath_smtp_dane!twoservers.signed.test!-p {postfix.mx} --resolver {dane.resolver}",
            "login": f"mailpath_smtp_login!localhost!good@{logins}!{login}",
            "bad login": f"mailpath_smtp_login!localhost!bad@{logins}!{login} -vvv",
            "delivery": f"mailpath_smtp_deliver!a@signed.test!probe@signed.test!-p {postfix.mx} "
                        f"--subject 'canary of Nagios'",
            "believed": f"mailpath_spf_dmarc!signed.test!--spf --resolver {dane.resolver}",
            "name": f"mailpath_rdns!--expect '/^mx[12][.]world[.]test$$/' --resolver {names.resolver}",
            "names": f"mailpath_rdns_mx!world.test!--helo other.world.test --resolver {names.resolver}",
            "queue": f"mailpath_mailqueue!--queue-dir {TOP}/contrib/world/queue -w 5 -c 7",
            "path": f"mailpath_path!ill.example!--ip 192.0.2.25 --selector s1 --profile spamhaus --resolver "
                    f"{world.resolver}!--stage-option listener:--port={postfix.mx} --stage-option "
                    f"queue:--queue-dir={TOP}/contrib/world/queue --without log",
            "way out": f"mailpath_smtp_egress!127.0.0.1:{postfix.mx}!--egress-target 127.0.0.1:{closed.port} "
                       f"--egress-target 127.0.0.2:{closed.port}",
        }
        objects = "define host {\n  use generic-host\n  host_name mail\n  address 127.0.0.1\n}\n"
        for name, command in services.items():
            objects += "define service {\n  use generic-service\n  host_name mail\n" \
                       f"  service_description {name}\n  check_command {command}\n}}\n"
        self.configure(objects)
        shown, rows = self.results(len(services))
        notified = (self.folder / "notified").read_text()
        self.assertEqual({name: row[0] for name, row in rows.items()},
                         {"plain": "OK", "refused": "CRITICAL", "outside": "WARNING", "dane": "CRITICAL",
                           "login": "OK", "bad login": "CRITICAL", "delivery": "OK", "believed": "CRITICAL",
                           "name": "OK", "names": "CRITICAL", "queue": "WARNING",
                          "path": "CRITICAL", "way out": "CRITICAL"},
                         rows)
        self.assertTrue(rows["plain"][1].startswith(f"SMTP OK - 127.0.0.1:{postfix.mx} answers, "), rows["plain"])
        self.assertRegex(rows["plain"][2], r"^time=[\d.]+s;20;25;0 time_connect=.* size_limit=65536B;;;0 ")
        self.assertIn(" time_auth=", rows["login"][2])
        self.assertIn(" servers=3;;;0 servers_failed=3;;;0;3 ", rows["outside"][2])
        self.assertIn(" servers=2;;;0 servers_failed=1;;;0;2", rows["dane"][2])
        self.assertRegex(rows["path"][1], "^MAILPATH CRITICAL - reverse DNS and HELO: 192.0.2.25: it has no name: .* - ask ")
        self.assertRegex(rows["path"][2], "^stages_critical=3;;;0 ")
        self.assertEqual(rows["name"][1], "RDNS OK - 127.0.0.1 is mx1.world.test, which leads back to it")
        self.assertTrue(rows["names"][2].startswith("failed=1;;0;0;2 confirmed=1;;;0;2 ptr_count=1;;;0 time="), rows)
        # What the server says came whole, and did no harm.
        said = f"127.0.0.1:{hostile.port}: rcpt a@b.test: 550 5.7.1 no{{}} see ?id? ? ?n ?USER1? ?b?"
        self.assertEqual(rows["refused"][1], f"SMTP CRITICAL - {said.format(':')}")
        self.assertIn(f"\n[CRITICAL] unclassified {said.format(';')}\n    fix: ", notified)
        for name, finding in (("outside", r"\[WARNING\] greylisted mx3\.world\.test\[127\.0\.0\.12\]:\d+: "),
                              ("dane", r"\[CRITICAL\] tlsa_mismatch wrong\.signed\.test\["),
                              ("bad login", r"\[CRITICAL\] auth_failed localhost\["),
                              ("queue", r"\[WARNING\] blocklisted blocklisted: 4 messages: "),
                              ("believed", r"\[CRITICAL\] spf_missing signed\.test: "),
                              ("names", r"\[CRITICAL\] rdns_missing 192\.0\.2\.2: "),
                              ("path", r"\[CRITICAL\] dnsbl_listed zen\.spamhaus\.org: .*the queue says so, too: "),
                              ("way out", r"\[CRITICAL\] egress_25_blocked IPv4: ")):
            self.assertRegex(notified, fr"(?m)^{name} is {rows[name][0]}: [A-Z]+ .*\n(.+\n)*"
                                       fr"{finding}.*\n    fix: ")
        # Nagios takes quotes and tildes out of what it notifies of; "all" would be everybody.
        self.assertIn("v=spf1 mx all (a tilde stands before all)", notified)
        self.assertIn("MAIL FROM:<>", hostile.lines())
        self.assertIsNotNone(postfix.stored("Subject: canary of Nagios"))
        self.assertNotIn(PASSWORD, shown + notified + str(rows))

    def test_every_plugin_runs_with_any_options(self):
        """The commands that take nothing but options, one for each plugin."""
        dns = FakeDNS(ZONE)
        self.addCleanup(dns.stop)
        hostile = Hostile({})
        self.addCleanup(hostile.stop)
        log = write("nagios-mail.log", (TOP / "contrib/world/mail.log").read_bytes())
        content = write("nagios.eml", (TOP / "tests/data/content/clean-attachment.eml").read_bytes())
        ini = write("nagios.ini", f"[queue]\ninput={write('any-queue', QUEUE)}\n")
        services = {
            "check_dnsbl": f"-H 192.0.2.10!-z 'bl.test=127.0.0.[2,4..7]*3'!-w 0 -c 3!--resolver {dns.resolver}",
            "check_mailcontent": f"--message {content}!--at 2026-11-24T17:00:00+01:00!-w lines=1!-c parts=@7:9",
            "check_maillog": f"--log {log}!--until 2026-11-24T16:05:00+01:00!-w self_inflicted=0",
            "check_mailpath": f"-d example.test!--with resolver!--resolver {dns.resolver}",
            "check_mailqueue": f"--extra-opts=queue@{ini}!-w oldest=4h -w '@1:5'!-c domain_max=8",
            "check_rdns": f"-H 192.0.2.10!--expect '/^mail[.]example[.]test$$/'!--resolver {dns.resolver}",
            "check_smtp_send": f"-H 127.0.0.1 -p {hostile.port} -f '<>' --to a@b.test"
                               f"!--send --subject 'costs $$5 | now\\!'!--header 'X-Odd: a \"b\" <c>'",
            "check_spf_dmarc": f"-d example.test!--only dkim!--selector s1!--resolver {dns.resolver}",
        }
        defined = set(re.findall(r"command_name  mailpath_(check_\w+)", (self.share / "mailpath.cfg").read_text()))
        self.assertEqual(defined, {path.name for path in PLUGINS.glob("check_*")})
        self.assertEqual(set(services), defined)
        objects = "define host {\n  use generic-host\n  host_name mail\n  address 127.0.0.1\n}\n"
        for name, words in services.items():
            objects += "define service {\n  use generic-service\n  host_name mail\n" \
                       f"  service_description {name}\n  check_command mailpath_{name}!{words}\n}}\n"
        # A ';' cuts the line: the plugin refuses what is left, and says how it is written.
        objects += "define service {\n  use generic-service\n  host_name mail\n  service_description cut\n" \
                   "  check_command mailpath_dnsbl!-z bl.test=127.0.0.[2;4..7]\n}\n"
        self.configure(objects)
        _, rows = self.results(len(services) + 1)
        self.assertEqual({name: row[0] for name, row in rows.items()},
                         {"check_dnsbl": "WARNING", "check_mailcontent": "WARNING", "check_maillog": "WARNING", "check_mailpath": "OK", "check_mailqueue": "WARNING", "check_rdns": "OK",
                          "check_smtp_send": "OK", "check_spf_dmarc": "CRITICAL", "cut": "UNKNOWN"}, rows)
        self.assertTrue(rows["check_dnsbl"][2].startswith("listed=1;0;3;0;1 "), rows)
        self.assertTrue(rows["check_mailqueue"][2].startswith("total=1;@1:5;;0 "), rows)
        self.assertIn("write ','", rows["cut"][1])
        mail = b"".join(hostile.messages).decode()
        self.assertIn("Subject: costs $5 | now!", mail)
        self.assertIn('X-Odd: a "b" <c>', mail)

    def tearDown(self):
        shutil.rmtree(self.folder, ignore_errors=True)
