# SPDX-License-Identifier: GPL-3.0-or-later
"""A Postfix that sends, to receivers that say what real ones say, and its log; and the
same mail for any other server that listens on a port."""

import re
import smtplib
import ssl
import subprocess
import time

from harness import WORK, Once, free_port
from servers.dovecot import Dovecot
from servers.hostile import Hostile
from servers.leash import Leashed
from servers.pki import PKI

#: what receivers say to RCPT, by the first part of the address
REPLIES = {
    "listed": "554 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using "
              "zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.25",
    "unknown": "550 5.1.1 <unknown@remote.test>: Recipient address rejected: User unknown",
    "unauthenticated": "550-5.7.26 This mail has been blocked because the sender is unauthenticated.\n"
                       "550 5.7.26 Gmail requires all senders to authenticate with either SPF or DKIM.",
    "grey": "450 4.2.0 <grey@remote.test>: Recipient address rejected: Greylisted, see "
            "http://postgrey.schweikert.ch/help/remote.test.html",
    "full": "452 4.2.2 Mailbox full",
    "rate": "421 4.7.0 Too many messages from your server, rate limited",
    "noptr": "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.25]",
}


def receiver(port=0):
    def rcpt(_session, line):
        name = re.match(r"(?i)RCPT TO:<([^@>]*)", line)
        return REPLIES.get(name and name[1], "250 2.1.5 ok")

    return Hostile({"RCPT": rcpt, "content": "250 2.0.0 Ok: queued as 8F2E4C0D1A"}, port=port)


class Mailer(Once):
    """`port` takes mail from here and logs in; @remote.test is sent to a receiver,
    @closed.test to a port where nobody listens, @tls.test to one without TLS."""

    needs_root = True

    def __init__(self):
        self.pki, self.dovecot = PKI.get(), Dovecot.get()
        self.folder = WORK / "mailer"
        for name in ("etc", "queue", "data", "mail", "forbidden"):
            (self.folder / name).mkdir(mode=0o755, parents=True)
        subprocess.run(["chown", "postfix", self.folder / "data"], check=True)
        subprocess.run(["chown", "nobody:nogroup", self.folder / "mail"], check=True)
        self.log_file = self.folder / "mail.log"
        self.receiver = receiver()
        self.receiver.__enter__()
        self.broken = Hostile({"EHLO": "250-mx.test\n250 STARTTLS", "STARTTLS": "220 go ahead",
                               "handshake": b"this is no TLS\r\n"})
        self.broken.__enter__()
        self.port, self.closed = free_port(), free_port()
        (self.folder / "etc/transport").write_text(
            f"remote.test smtp:[127.0.0.1]:{self.receiver.port}\n"
            f"closed.test smtp:[127.0.0.1]:{self.closed}\n"
            f"plain.test encrypted:[127.0.0.1]:{self.receiver.port}\n"
            f"tls.test encrypted:[127.0.0.1]:{self.broken.port}\n")
        (self.folder / "etc/mailboxes").write_text("probe@local.test probe/\n"
                                                   "forbidden@local.test ../forbidden/x/\n")
        (self.folder / "etc/headers").write_text("/^Subject: .*spam/ REJECT 5.7.1 it looks like spam\n")
        (self.folder / "etc/main.cf").write_text(self.main())
        (self.folder / "etc/master.cf").write_text(self.master())
        subprocess.run(["postfix", "-c", self.folder / "etc", "check"], check=True,
                       stdout=subprocess.DEVNULL, stderr=(self.folder / "stderr").open("w"))
        self.server = Leashed(["/usr/lib/postfix/sbin/master", "-d", "-c", self.folder / "etc"],
                              ready=lambda: self.log_file.exists() and "daemon started" in self.log(),
                              stderr=(self.folder / "stderr").open("a"))

    def main(self):
        etc = self.folder / "etc"
        return f"""compatibility_level = 3.6
queue_directory = {self.folder}/queue
data_directory = {self.folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {self.log_file}
maillog_file_prefixes = {WORK}
myhostname = mx1.signed.test
mydestination =
mynetworks = 127.0.0.2/32
inet_interfaces = all
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_error_sleep_time = 0
smtpd_tls_security_level = may
smtpd_tls_chain_files = {self.pki.key("good")}, {self.pki.chain("good")}
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {self.dovecot.auth_socket}
smtpd_helo_required = yes
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_sender_restrictions = reject_non_fqdn_sender
header_checks = regexp:{etc}/headers
disable_dns_lookups = yes
smtp_tls_security_level = may
minimal_backoff_time = 1h
virtual_mailbox_domains = local.test
virtual_mailbox_base = {self.folder}/mail
virtual_mailbox_maps = texthash:{etc}/mailboxes
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 1
transport_maps = texthash:{etc}/transport
default_transport = error:5.1.2 no such domain here
"""

    def master(self):
        return f"""127.0.0.1:{self.port} inet n - n - - smtpd
127.0.0.2:{self.port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
smtp unix - - n - - smtp
scache unix - - n - 1 scache
encrypted unix - - n - - smtp
  -o smtp_tls_security_level=encrypt
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""

    def log(self):
        return self.log_file.read_text()

    def wait(self, text, seconds=20):
        until = time.monotonic() + seconds
        while text not in self.log():
            if time.monotonic() > until:
                raise RuntimeError(f"{text} is not in\n{self.log()}")
            time.sleep(0.05)


def send(port, sender, *recipients, subject="t", source="127.0.0.2"):
    """Hand a message to a server on loopback; what it refuses is no error."""
    with smtplib.SMTP("127.0.0.1", port, "probe.test", source_address=(source, 0)) as client:
        try:
            client.sendmail(sender, list(recipients), f"Subject: {subject}\n\nbody\n")
        except smtplib.SMTPResponseException:
            pass
        except smtplib.SMTPRecipientsRefused:
            pass


def log_in_wrongly(port, user="probe", tls=True):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with smtplib.SMTP("127.0.0.1", port, "probe.test") as client:
        if tls:
            client.starttls(context=context)
        try:
            client.login(user, "wrong")
        except smtplib.SMTPException:
            pass


def break_tls(port):
    """Begin TLS with a version that nobody speaks any more, or with no TLS at all."""
    with smtplib.SMTP("127.0.0.1", port, "probe.test") as client:
        client.ehlo()
        client.docmd("STARTTLS")
        client.sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        client.sock.settimeout(5)
        try:
            while client.sock.recv(4096):
                pass
        except OSError:
            pass
        client.close()
