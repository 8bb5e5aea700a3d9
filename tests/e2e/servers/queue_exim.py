# SPDX-License-Identifier: GPL-3.0-or-later
"""Exim with mail that waits, at its native paths."""

import sys
import time
from pathlib import Path

from harness import Once
from servers.box import Box

EXIM = "/usr/sbin/exim4"
SPOOL = "/var/spool/exim4"

#: in front of "@refused.test": what is said at RCPT, and what that means
REFUSALS = {
    "listed": ("450 4.7.1 Service unavailable; Client host [192.0.2.1] blocked using "
               "zen.spamhaus.org", "blocklisted"),
    "grey": ("450 4.2.0 Greylisted, please come back later", "greylisted"),
    "many": ("451 4.7.0 Too many messages from your address, slow down", "rate_limited"),
    "ptr": ("450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]",
            "ptr_missing"),
    "spf": ("451 4.7.23 SPF check failed", "spf_fail"),
    "dmarc": ("451 4.7.1 Message refused by the DMARC policy of signed.test", "dmarc_reject"),
    "full": ("452 4.2.2 Mailbox full", "mailbox_full"),
    "tls": ("451 4.7.0 Must issue a STARTTLS command first", "tls_required"),
    "space": ("452 4.3.1 Insufficient system storage", "receiver_out_of_space"),
    "helo": ("450 4.7.1 <mx1>: Helo command rejected: Host not found", "helo_rejected"),
}

CONFIGURATION = """primary_hostname = mx1.signed.test
exim_user = Debian-exim
exim_group = Debian-exim
never_users =
trusted_users = root
local_interfaces = 127.0.0.1
daemon_smtp_ports = 25
host_lookup =
rfc1413_hosts =
keep_environment =
queue_only_override = true
timeout_frozen_after = 7d
bounce_return_size_limit = 1K
{more}
acl_smtp_rcpt = acl_rcpt
begin acl
acl_rcpt:
  accept hosts = 127.0.0.1
begin routers
later:
  driver = redirect
  domains = later.test
  data = :defer: come back tomorrow
  allow_defer
local:
  driver = accept
  domains = signed.test
  transport = gone
refused:
  driver = manualroute
  domains = refused.test
  transport = refused
  route_list = * 127.0.0.1
  self = send
closed:
  driver = manualroute
  transport = closed
  route_list = * 127.0.0.1
  self = send
begin transports
gone:
  driver = appendfile
  file = /dev/null
  user = nobody
refused:
  driver = smtp
  port = {port}
  hosts_try_chunking =
closed:
  driver = smtp
  port = 1
begin retry
* * F,4d,1h
"""


class EximQueue(Once):
    """`box` holds it: the mail of fill(), and a daemon that runs no queue."""

    needs_root = True

    def __init__(self):
        self.box = Box("exim", ("exim4-daemon-light", "exim4-base"), ("Debian-exim:2100",))
        replies = {"banner": "220 fake.test ESMTP", "EHLO": "250 fake.test", "MAIL": "250 ok",
                   "RCPT TO:<two@refused.test": "450-4.2.1 first line\n"
                   "RCPT TO:<two@refused.test\t450 4.2.1 second line"}
        replies |= {f"RCPT TO:<{name}@": reply for name, (reply, _) in REFUSALS.items()}
        self.port = self.box.fake_smtp(replies | {"RSET": "250 ok", "QUIT": "221 bye"})
        self.box.must("sh", "-c", "mkdir -p /var/spool/exim4 /var/log/exim4 /run/exim4 && chown "
                      "Debian-exim:Debian-exim /var/spool/exim4 /var/log/exim4 /run/exim4 && "
                      "chmod 750 /var/spool/exim4")
        self.configure()
        self.box.must(EXIM, "-bd")
        self.box.wait_for_port(25)

    def configure(self, *more):
        """Write its configuration, with these lines in addition."""
        self.box.write("/etc/exim4/exim4.conf",
                       CONFIGURATION.format(more="\n".join(more), port=self.port))

    def send(self, *recipients, sender="src@signed.test", how="-odi", body="body\n", user=None):
        """Give it a message: -odi tries it at once, -odq only queues it. Its id."""
        before = set(self.ids())
        self.box.must(EXIM, how, "-f", sender, *recipients, user=user,
                      stdin=f"From: {sender or 'root@signed.test'}\nSubject: t\n\n{body}")
        return next(iter(set(self.ids()) - before), None)

    def ids(self):
        return [line.split()[2] for line in self.box.must(EXIM, "-bp").splitlines()
                if line[:8].strip() and "<" in line]

    def fill(self):
        """Mail of every kind: never tried, refused for each of REFUSALS, behind a closed
        port, partly delivered, a bounce, one that is frozen."""
        self.send("queued@closed.test", how="-odq")
        self.send("queued@closed.test", "second@later.test", how="-odq")
        self.send("mixed@closed.test", "delivered@signed.test")
        self.send("late@later.test", body="x" * 3000 + "\n")
        for name in REFUSALS:
            self.send(f"{name}@refused.test")
        self.send("two@refused.test")
        self.send("bounced@closed.test", sender="<>")
        frozen = self.send("frozen@closed.test", sender="<>", how="-odq")
        self.box.must(EXIM, "-Mf", frozen)

    def fill_oddly(self):
        """What is seldom: senders with blanks and marks, large ones, long headers, very
        many recipients."""
        self.send("one@closed.test", sender="nobody@signed.test", how="-odq", user="nobody")
        self.send("one@closed.test", sender="<>", how="-odq", user="nobody")
        self.send('"a b > c"@closed.test', sender='"x> *** frozen ***"@signed.test', how="-odq")
        self.send("large@closed.test", how="-odq", body=("y" * 900 + "\n") * 45)
        self.send("huge@closed.test", how="-odq", body=("y" * 900 + "\n") * 1800)
        self.send("empty@closed.test", how="-odq", body="")
        self.box.must(EXIM, "-odq", "-f", "headers@signed.test", "headers@closed.test",
                      stdin="".join(f"X-{i}: {'z' * 100}\n" for i in range(80)) + "\nbody\n")
        self.box.must(EXIM, "-odq", "-f", "many@signed.test",
                      *(f"r{i:04}@closed.test" for i in range(400)), stdin="Subject: x\n\nbody\n")

    def break_some(self):
        """Files as they must not be: cut, without a body, not to be read; old ones."""
        ids = self.ids()
        for one, age in zip(ids, (91 * 60, 50 * 3600, 73 * 3600, 400 * 86400)):
            then = int(time.time()) - age
            self.box.must("sed", "-i", f"4s/^[0-9]*/{then}/", f"{SPOOL}/input/{one}-H")
        self.box.must("sh", "-c", f"""set -e
cd {SPOOL}/input
: >{ids[4]}-H
sed -i '4s/.*/garbage/' {ids[5]}-H
rm {ids[6]}-D
sed -i 's/^022F/999X/' {ids[7]}-H
truncate -s 300 {ids[8]}-H
chown root {ids[9]}-H
chmod 0 {ids[9]}-H
sed -i '1s/.*/wrong/' {ids[10]}-H
rm {ids[11]}-H
mkdir {ids[11]}-H""")

    def count(self):
        return int(self.box.must(EXIM, "-bpc"))

    def listing(self):
        return self.box.must(EXIM, "-bp")

    def kill(self):
        """End the daemon; the queue stays."""
        self.box.must("sh", "-c", "kill $(cat /run/exim4/exim.pid)")
        time.sleep(0.2)


def main(folder):
    """Write what it says in each state, as tests/data/queue/exim has it."""
    folder = Path(folder)
    queue = EximQueue.get()

    def save(name, *words, user=None):
        done = queue.box.run(EXIM, *words, user=user)
        (folder / name).write_text(done.out + done.err)

    def save_files(name):
        for part in ("input/%s-H", "msglog/%s"):
            text = queue.box.run("cat", f"{SPOOL}/{part % name[0]}").out
            (folder / "spool" / f"{name[1]}{part[-2:].replace('%s', '.log')}").write_text(text)

    (folder / "spool").mkdir(parents=True, exist_ok=True)
    save("empty.txt", "-bp")
    queue.fill()
    save("listing.txt", "-bp")
    save("undelivered.txt", "-bpu")
    save("forbidden.txt", "-bp", user="nobody")
    for one in ("mixed", "grey", "frozen", "two"):
        found = [block for block in queue.listing().split("\n\n") if f" {one}@" in block]
        save_files((found[0].split()[2], one))
    queue.fill_oddly()
    for one in ("headers", "r0000", "a b"):
        found = [block for block in queue.listing().split("\n\n") if f"{one}" in block]
        save_files((found[0].split()[2], one.replace(" ", "-")))
    queue.break_some()
    save("odd.txt", "-bp")


if __name__ == "__main__":
    main(sys.argv[1])
