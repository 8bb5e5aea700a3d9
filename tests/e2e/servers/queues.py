# SPDX-License-Identifier: GPL-3.0-or-later
"""Real mail servers with mail in their queues, each in a box at its native paths."""

import json
import time

from harness import Once
from servers.box import Box

#: a domain for each reason, and how its server refuses
REFUSALS = {
    "blocklisted": "450 4.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
    "greylisted": "450 4.2.0 Greylisted, try again in 300 seconds",
    "rate_limited": "450 4.7.1 Error: too much mail from 192.0.2.1",
    "ptr_missing": "450 4.7.25 Client host rejected: cannot find your reverse hostname, [192.0.2.1]",
    "spf_fail": "450 4.7.23 The SPF check of signed.test failed for 192.0.2.1",
    "helo_rejected": "450 4.7.1 <mx1.signed.test>: Helo command rejected: Host not found",
    "sender_domain_rejected": "450 4.1.8 <src@signed.test>: Sender address rejected: Domain not found",
    "mailbox_full": "452 4.2.2 The email account that you tried to reach is over quota",
    "receiver_out_of_space": "452 4.3.1 Insufficient system storage",
    "authentication_required": "450 4.7.26 This mail is unauthenticated: SPF or DKIM has to pass",
}

#: what every Postfix of a box has, at its native paths
POSTFIX_MAIN = """compatibility_level = 3.6
queue_directory = /var/spool/postfix
data_directory = /var/lib/postfix
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
mydestination =
alias_maps =
alias_database =
smtp_tls_security_level = none
smtp_host_lookup = native
disable_dns_lookups = yes
transport_maps = texthash:/etc/postfix/transport
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
minimal_backoff_time = 1h
maximal_backoff_time = 1h
"""
POSTFIX_MASTER = """cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
smtp unix - - n - - smtp
postlog unix-dgram n - n - 1 postlogd
"""


def wait(what, seconds=30):
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            raise RuntimeError("the queue is not as it was to become")
        time.sleep(0.2)


class PostfixQueue(Once):
    """Mail deferred (once for each of REFUSALS, twice by a closed port, a bounce), on hold,
    active, and in maildrop: there is no pickup."""

    needs_root = True

    def __init__(self):
        self.box = Box("postfix-queue", ())
        self.box.write("/etc/postfix/main.cf", f"""{POSTFIX_MAIN}maillog_file = /var/log/postfix.log
myhostname = mx1.signed.test
mynetworks = 127.0.0.0/8
inet_interfaces = loopback-only
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
local_recipient_maps =
smtp_mail_timeout = 1d
smtp_rcpt_timeout = 1d
smtp_data_init_timeout = 1d
smtp_data_done_timeout = 1d
slow_destination_concurrency_limit = 1
enable_long_queue_ids = no
""")
        self.box.write("/etc/postfix/master.cf", f"""10025 inet n - n - - smtpd
slow unix - - n - 1 smtp
{POSTFIX_MASTER}""")
        lines = ["closed.test smtp:[127.0.0.1]:1", "slow.test slow:[127.0.0.1]:10199"]
        for number, (reason, reply) in enumerate(REFUSALS.items()):
            name = reason.replace("_", "-")
            lines.append(f"{name}.test smtp:[127.0.0.1]:{10100 + number}")
            self.box.refuser(10100 + number, reply)
        self.box.start("smtp-sink", "-u", "nobody", "-t", "3600", "-W", "data:3600", "127.0.0.1:10199", "16")
        self.box.wait_for_port(10199)
        self.box.write("/etc/postfix/transport", "\n".join(lines) + "\n")
        self.box.must("postfix", "start")
        self.box.wait_for_port(10025)
        self.fill()

    def send(self, sender, recipient, count=1, length=500):
        self.box.must("smtp-source", "-m", str(count), "-l", str(length), "-f", sender, "-t", recipient,
                      "127.0.0.1:10025")

    def fill(self):
        for reason in REFUSALS:
            self.send("src@signed.test", f"user@{reason.replace('_', '-')}.test")
        self.send("src@signed.test", "user@closed.test", 2, 3000)
        self.send("", "bounced@closed.test")
        wait(lambda: self.count("deferred") == len(REFUSALS) + 3)
        held = [m["queue_id"] for m in self.listing() if m["sender"] == "MAILER-DAEMON"]
        self.send("other@signed.test", "user@closed.test")
        wait(lambda: self.count("deferred") == len(REFUSALS) + 4)
        last = [m["queue_id"] for m in self.listing() if m["sender"] == "other@signed.test"]
        self.box.must("postsuper", "-h", *last)
        assert held
        self.send("src@signed.test", "user@slow.test", 2)
        wait(lambda: self.count("active") == 2)
        self.box.must("sh", "-c", "printf 'Subject: x\\n\\nbody\\n' | sendmail -f a@signed.test b@closed.test")
        wait(lambda: self.count("maildrop") == 1)

    def listing(self):
        return [json.loads(line) for line in self.box.must("postqueue", "-j").splitlines()]

    def count(self, queue):
        return sum(message["queue_name"] == queue for message in self.listing())


class OpensmtpdQueue(Once):
    """Three envelopes of two messages wait behind a server that says 450."""

    needs_root = True

    def __init__(self):
        self.box = Box("opensmtpd-queue", ("opensmtpd",), ("opensmtpd:2101", "opensmtpq:2102"))
        self.box.refuser(14199, "450 4.2.1 mailbox busy: greylisted, come back later")
        self.box.write("/etc/smtpd.conf", """queue ttl 4d
listen on socket
action "tempfail" relay host smtp://127.0.0.1:14199
match from any for any action "tempfail"
""")
        self.box.must("sh", "-c", "echo mx1.signed.test >/etc/mailname; : >/etc/aliases; chgrp opensmtpq "
                      "/usr/sbin/smtpctl; chmod 2755 /usr/sbin/smtpctl; mkdir -p /var/spool/smtpd "
                      "/var/lib/opensmtpd/empty; chmod 711 /var/spool/smtpd")
        self.daemon = self.box.start("smtpd", "-d", "-f", "/etc/smtpd.conf")
        wait(lambda: self.box.run("smtpctl", "show", "status").code == 0)
        for to in ("one@busy.test", "two@busy.test three@other.test"):
            self.box.must("sh", "-c", f"printf 'Subject: a\\n\\nbody\\n' | smtpctl sendmail -f src@signed.test {to}"
                          " || printf 'Subject: a\\n\\nbody\\n' | sendmail -f src@signed.test " + to)
        wait(lambda: self.listing().count("450 4.2.1") == 3, 60)

    def listing(self):
        return self.box.run("smtpctl", "show", "queue").out


class NullmailerQueue(Once):
    needs_root = True

    def __init__(self):
        self.box = Box("nullmailer-queue", ("nullmailer",))
        self.box.must("sh", "-c", """set -e
D=/var/spool/nullmailer
mkdir -p $D/queue $D/failed $D/tmp
chown mail:root $D/queue $D/failed $D/tmp; chmod 750 $D/queue
[ -p $D/trigger ] || mkfifo $D/trigger
chown mail $D/trigger; chmod 622 $D/trigger
chown mail /usr/bin/mailq /usr/sbin/nullmailer-queue; chmod 4755 /usr/bin/mailq /usr/sbin/nullmailer-queue
echo mx1.signed.test >/etc/mailname
mkdir -p /etc/nullmailer
echo '127.0.0.1 smtp --port=1' >/etc/nullmailer/remotes
rm -f /etc/postfix/main.cf
for i in 1 2 3; do printf 'From: s@signed.test\\nTo: r%s@closed.test\\n\\nbody\\n' $i |
	/usr/sbin/nullmailer-inject -f s@signed.test "r$i@closed.test" 2>/dev/null ||
	printf 'From: s@signed.test\\nTo: r%s@closed.test\\n\\nbody\\n' $i |
	/usr/sbin/sendmail -f s@signed.test "r$i@closed.test"; done
""")
        self.daemon = self.box.start("setpriv", "--reuid=mail", "--regid=mail", "--clear-groups",
                                     "nullmailer-send")
        wait(lambda: self.box.run("pidof", "nullmailer-send").code == 0)


class DmaQueue(Once):
    needs_root = True

    def __init__(self):
        self.box = Box("dma-queue", ("dma",))
        self.box.write("/etc/dma/dma.conf", "SMARTHOST 127.0.0.1\nPORT 1\nMAILNAME mx1.signed.test\n"
                       "SPOOLDIR /var/spool/dma\n")
        self.box.must("sh", "-c", """set -e
: >/etc/aliases
mkdir -p /var/spool/dma; chown root:mail /var/spool/dma; chmod 2770 /var/spool/dma
chgrp mail /usr/sbin/dma; chmod 2755 /usr/sbin/dma
rm -f /etc/postfix/main.cf
for i in 1 2; do printf 'From: s@signed.test\\nTo: r%s@closed.test\\n\\nbody\\n' $i |
	dma -f s@signed.test r$i@closed.test extra@closed.test; done
""")
        wait(lambda: self.box.run("dma", "-bp").out.count("ID") == 4)
