# SPDX-License-Identifier: GPL-3.0-or-later
"""Exim, another voice than Postfix's. Its package conflicts with Postfix's in dpkg:
so it is fetched, unpacked, and run from where it lies."""

import shutil
import subprocess
import unittest
from pathlib import Path

from harness import WORK, Once, free_port, write
from servers.dovecot import PASSWORD, USER, find_message
from servers.leash import Leashed
from servers.pki import PKI


class Exim(Once):
    """`port` has STARTTLS, and login behind it (PLAIN, CRAM-MD5, and EXTERNAL with a
    client certificate); `smtps` has implicit TLS.

    @signed.test: probe is taken, grey and unknown and full are refused; another domain
    is relayed for nobody who has not logged in."""

    needs_root = True

    def __init__(self):
        self.folder = WORK / "exim"
        self.fetch()
        for name in ("spool", "log", "mail"):
            (self.folder / name).mkdir(exist_ok=True)
            shutil.chown(self.folder / name, "mail", "mail")
        # Exim reads the key as its own user.
        key = write("exim/key", PKI.get().key("good").read_text(), 0o600)
        shutil.chown(key, "mail")
        self.port, self.smtps = free_port(), free_port()
        configuration = write("exim/exim.conf", self.configuration(key))
        pid_file = self.folder / "pid"
        # The user and the group that it was built for; its package would have made them.
        users = write("exim/passwd", Path("/etc/passwd").read_text() +
                      "Debian-exim:x:59999:59999::/nonexistent:/usr/sbin/nologin\n")
        groups = write("exim/group", Path("/etc/group").read_text() + "Debian-exim:x:59999:\n")
        self.server = Leashed([self.folder / "root/usr/sbin/exim4", "-C", configuration, "-bdf"],
                              ready=pid_file.exists,
                              mount=(users, "/etc/passwd", groups, "/etc/group"),
                              stderr=(self.folder / "stderr").open("w"))

    def fetch(self):
        (self.folder / "root").mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["apt-get", "-q", "download", "exim4-daemon-light"], cwd=self.folder,
                              capture_output=True, text=True, check=False)
        packages = list(self.folder.glob("*.deb"))
        if done.returncode or not packages:
            raise unittest.SkipTest(f"no package exim4-daemon-light: {done.stderr.strip()}")
        subprocess.run(["dpkg", "-x", packages[0], self.folder / "root"], check=True)

    def configuration(self, key):
        pki = PKI.get()
        return f"""primary_hostname = mx1.signed.test
spool_directory = {self.folder}/spool
log_file_path = {self.folder}/log/%slog
pid_file_path = {self.folder}/pid
exim_path = {self.folder}/root/usr/sbin/exim4
exim_user = mail
exim_group = mail
never_users =
local_interfaces = <; [127.0.0.1]:{self.port} ; [127.0.0.1]:{self.smtps}
tls_on_connect_ports = {self.smtps}
daemon_smtp_ports = {self.port}
host_lookup =
rfc1413_hosts =
keep_environment =
message_size_limit = 64K
smtp_accept_max = 100
queue_only = false
queue_run_in_order = false
tls_advertise_hosts = *
tls_certificate = {pki.chain("good")}
tls_privatekey = {key}
tls_try_verify_hosts = *
tls_verify_certificates = {pki.ca}
auth_advertise_hosts = ${{if def:tls_in_cipher {{*}}{{}}}}
smtputf8_advertise_hosts = *
chunking_advertise_hosts = *
acl_smtp_mail = acl_mail
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = accept
smtp_enforce_sync = true

begin acl
acl_mail:
  deny senders = *@clientauth.test
       message = 530 5.7.0 Authentication required
  accept
acl_rcpt:
  defer recipients = grey@signed.test
        message = greylisted, please try again later
  defer recipients = full@signed.test
        message = 452 4.2.2 mailbox is full
  deny  recipients = unknown@signed.test
        message = Unrouteable address
  deny  recipients = listed@signed.test
        message = rejected because $sender_host_address is in a black list at bl.test
  accept domains = signed.test
  accept authenticated = *
  deny  message = relay not permitted

begin routers
local:
  driver = accept
  domains = signed.test
  transport = maildir
away:
  driver = accept
  transport = maildir

begin transports
maildir:
  driver = appendfile
  directory = {self.folder}/mail
  maildir_format
  create_directory
  user = mail

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${{if and{{{{eq{{$auth2}}{{{USER}}}}}{{eq{{$auth3}}{{{PASSWORD}}}}}}}}}
  server_set_id = $auth2
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${{if eq{{$auth1}}{{{USER}}}{{{PASSWORD}}}fail}}
  server_set_id = $auth1
external:
  driver = external
  public_name = EXTERNAL
  server_advertise_condition = $tls_in_certificate_verified
  server_param2 = ${{certextract{{subj_altname,dns,>,}}{{$tls_in_peercert}}}}
  server_condition = ${{if and{{{{bool{{$tls_in_certificate_verified}}}}{{or{{{{eq{{$auth1}}{{}}}}{{eq{{$auth1}}{{$auth2}}}}}}}}}}}}
  server_set_id = $auth2
"""

    def stored(self, identity, seconds=5):
        return find_message(self.folder / "mail/new", identity, seconds)
