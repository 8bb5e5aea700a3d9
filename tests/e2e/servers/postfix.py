# SPDX-License-Identifier: GPL-3.0-or-later
"""Postfix as several servers, each on a port of its own, with the answers that
real receivers give. Dovecot says who may log in (dovecot.py)."""

import subprocess
import time
from pathlib import Path

from harness import WORK, Once, dns_answers, free_port, write
from servers.dovecot import Dovecot, find_message
from servers.leash import Leashed
from servers.pki import PKI

#: port -> options of its smtpd
PORTS = {
    # An MX. On several addresses, for domains with several servers.
    "mx": (),
    # Login only behind STARTTLS, and nothing without.
    "submission": ("smtpd_tls_security_level=encrypt", "smtpd_tls_auth_only=yes",
                   "smtpd_sasl_auth_enable=yes", "smtpd_tls_ask_ccert=yes",
                   "smtpd_recipient_restrictions=permit_sasl_authenticated,reject"),
    # Login offered only behind STARTTLS; the rest goes without.
    "auth_after_tls": ("smtpd_tls_auth_only=yes", "smtpd_sasl_auth_enable=yes"),
    "smtps": ("smtpd_tls_wrappermode=yes", "smtpd_sasl_auth_enable=yes"),
    # Passwords in clear, as it should not be.
    "clear_auth": ("smtpd_tls_auth_only=no", "smtpd_sasl_auth_enable=yes",
                   "smtpd_sasl_security_options=noanonymous"),
    # A server of the last century.
    "plain": ("smtpd_tls_security_level=none", "smtpd_discard_ehlo_keywords="
              "starttls,size,pipelining,auth,8bitmime,dsn,smtputf8,chunking,etrn,vrfy,"
              "enhancedstatuscodes"),
    "no_tls": ("smtpd_tls_security_level=none",),
    # cleanup has a limit of its own, beside smtpd's.
    "large": ("message_size_limit=52428800", "cleanup_service_name=cleanup_large"),
    "unlimited": ("message_size_limit=0", "cleanup_service_name=cleanup_large"),
    # The DNS blocklist is a real one.
    "blocklist": ("smtpd_sender_restrictions=reject_rbl_client bl.test",),
    "blocklist_banner": ("smtpd_client_restrictions=reject_rbl_client bl.test",),
    "helo": ("smtpd_helo_restrictions=reject_non_fqdn_helo_hostname,"
             "reject_invalid_helo_hostname",),
    # Behind a balancer.
    "proxy": ("smtpd_upstream_proxy_protocol=haproxy", "smtpd_upstream_proxy_timeout=2s",
              "smtpd_tls_security_level=may"),
    "proxy_tls": ("smtpd_upstream_proxy_protocol=haproxy", "smtpd_upstream_proxy_timeout=2s",
                  "smtpd_tls_wrappermode=yes"),
}
CERTIFICATES = ("rsa", "soon", "tomorrow", "expired", "future", "wrongname", "selfsigned", "chain",
                "chainsoon", "missing", "foreign", "wildcard")
MX_ADDRESSES = ("127.0.0.1", "127.0.0.11", "127.0.0.12")

#: in front of "@signed.test": what is said at RCPT
RECIPIENTS = {
    "refused": "550 5.7.1 Rejected by policy",
    "grey": "450 4.2.0 Greylisted, see http://postgrey.schweikert.ch/help/signed.test.html",
    "postgrey": "450 4.7.1 Greylisting in effect, please come back later",
    "later": "451 4.7.1 Please try again later",
    "busy": "450 4.2.1 The mailbox is busy",
    "full": "452 4.2.2 Mailbox full",
    "overquota": "552 5.2.2 The email account that you tried to reach is over quota",
    "ptr": "450 4.7.25 Client host rejected: cannot find your hostname, [127.0.0.1]",
    "noptr": "550 5.7.25 The IP address sending this message does not have a PTR record setup",
    "spf": "550 5.7.23 The message was rejected because of Sender Policy Framework violation",
    "dkim": "550 5.7.20 No passing DKIM signature found",
    "dmarc": "550 5.7.1 Unauthenticated email from example.test is not accepted due to domain's "
             "DMARC policy",
    "unauthenticated": "550 5.7.26 This mail has been blocked because the sender is "
                       "unauthenticated",
    "rate": "450 4.7.1 Too many messages from your server, rate limited",
    "listed": "554 5.7.1 Service unavailable; Client host [127.0.0.1] blocked using "
              "zen.spamhaus.org; https://www.spamhaus.org/query/ip/127.0.0.1",
    "unknown2": "550 5.1.1 User unknown",
    "helo": "504 5.5.2 Helo command rejected: need fully-qualified hostname",
    "tls": "550 5.7.10 Must use TLS",
}
#: the whole domain of a sender: what is said at MAIL
SENDERS = {
    "clientauth.test": "530 5.7.57 Client was not authenticated to send anonymous mail during "
                       "MAIL FROM",
    "authrequired.test": "530 5.7.0 Authentication required",
    "noptr.test": "450 4.7.25 Client host rejected: cannot find your reverse hostname",
    "listed.test": "554 5.7.1 Service unavailable; Client host [127.0.0.1] blocked using "
                   "zen.spamhaus.org",
    "nodomain.test": "450 4.1.8 Sender address rejected: Domain not found",
    "bad.test": "554 5.7.1 Access denied",
    "space.test": "452 4.3.1 Insufficient system storage",
    "silent.test": "421 4.7.0 Try again later, closing connection",
}


class Postfix(Once):
    """Ports are attributes: `Postfix.get().submission`; `cert_expired` and its like are
    ports with STARTTLS and that certificate, `smtps_expired` with implicit TLS.

    probe, second and third @signed.test take mail; RECIPIENTS and SENDERS are refused."""

    needs_root = True

    def __init__(self):
        self.pki = PKI.get()
        self.dovecot = Dovecot.get()
        self.folder = WORK / "postfix"
        for name in ("etc", "queue", "data", "mail"):
            (self.folder / name).mkdir(mode=0o755, parents=True)
        subprocess.run(["chown", "postfix", self.folder / "data"], check=True)
        subprocess.run(["chown", "nobody:nogroup", self.folder / "mail"], check=True)
        self.log_file = self.folder / "log"
        self.ports = {name: free_port() for name in
                      [*PORTS, *(f"{kind}_{name}" for name in CERTIFICATES
                                 for kind in ("cert", "smtps"))]}
        self.start_blocklist()
        self.write_maps()
        (self.folder / "etc/main.cf").write_text(self.main())
        (self.folder / "etc/master.cf").write_text(self.master())
        resolv = write("postfix/resolv.conf", f"nameserver {self.dns_address}\n")
        subprocess.run(["postfix", "-c", self.folder / "etc", "check"], check=True,
                       stdout=subprocess.DEVNULL, stderr=(self.folder / "stderr").open("w"))
        # A name server of its own, which the machine need not know of; and not
        # "postfix start", whose master would outlive us if we are killed.
        self.server = Leashed(["/usr/lib/postfix/sbin/master", "-d", "-c", self.folder / "etc"],
                              ready=self.is_ready, mount=(resolv, "/etc/resolv.conf"),
                              stderr=(self.folder / "stderr").open("a"))

    def __getattr__(self, name):
        try:
            return self.__dict__["ports"][name]
        except KeyError:
            raise AttributeError(name) from None

    def is_ready(self):
        return self.log_file.exists() and "daemon started" in self.log_file.read_text()

    def start_blocklist(self):
        """libc's resolver asks port 53 only: so an address that nobody uses."""
        self.dns_address = f"127.53.{free_port() % 250 + 1}.{free_port() % 250 + 1}"
        write("postfix/bl.test", "$SOA 60 ns.test hostmaster.test 0 600 300 86400 60\n$TTL 60\n"
              ":127.0.0.2:Listed in bl.test, see http://bl.test/q?$\n127.0.0.2\n127.0.0.1\n")
        self.rbldnsd = Leashed(["rbldnsd", "-n", "-f", "-u", "nobody:nogroup", "-w", self.folder,
                                "-b", f"{self.dns_address}/53", "bl.test:ip4set:bl.test"],
                               ready=lambda: dns_answers(53, "2.0.0.127.bl.test",
                                                         address=self.dns_address))

    def write_maps(self):
        etc = self.folder / "etc"
        (etc / "recipients").write_text(
            "".join(f"{name}@signed.test {text}\n" for name, text in RECIPIENTS.items()))
        (etc / "senders").write_text(
            "".join(f"{name} {text}\n" for name, text in SENDERS.items()))
        (etc / "mailboxes").write_text(
            "".join(f"{name}@signed.test {name}/\n"
                    for name in ("probe", "second", "third", "p\u00e4ul", *RECIPIENTS)))
        (etc / "headers").write_text(
            "/^Subject: .*spam/ REJECT 5.7.1 Message content rejected: it looks like spam\n"
            "/^X-Canned: discard/ DISCARD\n")

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
mynetworks = 127.0.0.1/32 [::1]/128
inet_interfaces = all
inet_protocols = all
alias_maps =
alias_database =
local_recipient_maps =
smtpd_banner = $myhostname ESMTP Mailpath tests
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 2000
smtpd_helo_required = yes
smtpd_timeout = 60s
# What is refused is refused where it is said.
smtpd_delay_reject = no
message_size_limit = 65536
mailbox_size_limit = 0
virtual_mailbox_limit = 0
queue_minfree = 0
smtputf8_enable = yes
strict_smtputf8 = yes
disable_dns_lookups = no
smtp_host_lookup = native
smtpd_tls_security_level = may
smtpd_tls_chain_files = {self.pki.key("good")}, {self.pki.chain("good")}
smtpd_tls_CAfile = {self.pki.ca}
smtpd_tls_loglevel = 1
smtpd_tls_received_header = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {self.dovecot.auth_socket}
smtpd_sasl_security_options = noanonymous
smtpd_sasl_authenticated_header = yes
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access texthash:{etc}/recipients
smtpd_sender_restrictions = check_sender_access texthash:{etc}/senders
header_checks = regexp:{etc}/headers
virtual_mailbox_domains = signed.test
virtual_mailbox_base = {self.folder}/mail
virtual_mailbox_maps = texthash:{etc}/mailboxes
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 1
default_transport = discard:
relay_transport = discard:
"""

    def master(self):
        lines = []

        def smtpd(address, port, options):
            lines.append(f"{address}:{port} inet n - n - - smtpd")
            lines.extend(f"  -o {{{option.replace('=', ' = ', 1)}}}" for option in options)

        for name, options in PORTS.items():
            for address in MX_ADDRESSES if name == "mx" else ("127.0.0.1",):
                smtpd(address, self.ports[name], options)
            if name in ("mx", "proxy"):
                smtpd("[::1]", self.ports[name], options)
        for name in CERTIFICATES:
            files = f"smtpd_tls_chain_files={self.pki.key(name)}, {self.pki.chain(name)}"
            smtpd("127.0.0.1", self.ports[f"cert_{name}"], (files,))
            smtpd("127.0.0.1", self.ports[f"smtps_{name}"], (files, "smtpd_tls_wrappermode=yes"))
        return "\n".join(lines) + """
cleanup unix n - n - 0 cleanup
cleanup_large unix n - n - 0 cleanup
  -o message_size_limit=0
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 discard
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
smtp unix - - n - - smtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""

    def stored(self, identity, user="probe", seconds=5):
        """The delivered message that holds these bytes, as bytes, or None."""
        return find_message(self.folder / "mail" / user / "new", identity, seconds)

    def log(self):
        return self.log_file.read_text()

    def logged(self, text, seconds=3):
        """Is it in the log? Postfix writes behind its answers."""
        until = time.monotonic() + seconds
        while text not in self.log():
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    @staticmethod
    def installed():
        return Path("/usr/sbin/postfix").exists() and Dovecot.installed()
