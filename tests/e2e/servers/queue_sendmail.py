# SPDX-License-Identifier: GPL-3.0-or-later
"""Sendmail with mail that waits, at its native paths: the queue of its daemon, and that
of the programs that submit mail here."""

import sys
from pathlib import Path

from harness import Once
from servers.box import Box
from servers.queue_exim import REFUSALS

SENDMAIL = "/usr/sbin/sendmail"
QUEUE = "/var/spool/mqueue"

CONFIGURATION = """divert(-1)dnl
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
divert(0)dnl
VERSIONID(`tests')
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mx1.signed.test')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confSERVICE_SWITCH_FILE', `/etc/mail/service.switch-nodns')dnl
define(`confTO_ICONNECT', `5s')dnl
define(`confTO_CONNECT', `5s')dnl
define(`QUEUE_DIR', `{queue}')dnl
define(`confPID_FILE', `/run/sendmail.pid')dnl
define(`confAUTH_MECHANISMS', `')dnl
{more}
define(`RELAY_MAILER_ARGS', `TCP $h 1')dnl
define(`ESMTP_MAILER_ARGS', `TCP $h {port}')dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`mailertable', `hash -o /etc/mail/mailertable')dnl
DAEMON_OPTIONS(`Family=inet, Name=MTA, Address=127.0.0.1, Port=25')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
"""

SUBMISSION = """divert(-1)dnl
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
divert(0)dnl
VERSIONID(`tests')
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mx1.signed.test')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confSERVICE_SWITCH_FILE', `/etc/mail/service.switch-nodns')dnl
define(`MSP_QUEUE_DIR', `{queue}-client')dnl
define(`_MTA_HOST_', `[127.0.0.1]')dnl
define(`confRUN_AS_USER', `smmsp:smmsp')dnl
define(`confTRUSTED_USER', `smmsp')dnl
FEATURE(`msp', `[127.0.0.1]')dnl
"""


class SendmailQueue(Once):
    """`box` holds it: the mail of fill(), and a daemon."""

    needs_root = True

    def __init__(self):
        self.box = Box("sendmail", ("sendmail-bin", "sendmail-base", "sendmail-cf", "m4"),
                       ("smmta:2103", "smmsp:2104"))
        replies = {"banner": "220 fake.test ESMTP", "EHLO": "250 fake.test", "MAIL": "250 ok"}
        replies["RCPT TO:<gone@"] = "550 5.1.1 no such user"
        replies |= {f"RCPT TO:<{name}@": reply for name, (reply, _) in REFUSALS.items()}
        self.port = self.box.fake_smtp(replies | {"DATA": "503 no recipients", "RSET": "250 ok",
                                                  "QUIT": "221 bye"})
        self.box.must("sh", "-c", f"""set -e
chgrp smmsp /usr/libexec/sendmail/sendmail
chmod 2755 /usr/libexec/sendmail/sendmail
ln -sf /usr/libexec/sendmail/sendmail {SENDMAIL}
ln -sf /usr/libexec/sendmail/sendmail /usr/bin/mailq
mkdir -p {QUEUE} {QUEUE}-client
chown root:smmsp {QUEUE}
chmod 2750 {QUEUE}
chown smmsp:smmsp {QUEUE}-client
chmod 2770 {QUEUE}-client
: >/etc/mail/local-host-names
echo 'root: root' >/etc/mail/aliases""")
        self.configure()
        self.box.must("makemap", "hash", "/etc/mail/mailertable",
                      stdin="refused.test esmtp:[127.0.0.1]\n")
        self.box.must(SENDMAIL, "-bi")
        self.start()

    def configure(self, *more, queue=QUEUE):
        self.box.write("/etc/mail/tests.mc",
                       CONFIGURATION.format(more="\n".join(more), port=self.port, queue=queue))
        self.box.must("sh", "-c", "cd /usr/share/sendmail/cf/m4 && m4 /etc/mail/tests.mc "
                      ">/etc/mail/sendmail.cf")
        self.box.write("/etc/mail/tests-submit.mc", SUBMISSION.format(queue=QUEUE))
        self.box.must("sh", "-c", "cd /usr/share/sendmail/cf/m4 && m4 /etc/mail/tests-submit.mc "
                      ">/etc/mail/submit.cf")

    def start(self):
        self.box.must(SENDMAIL, "-bd")
        self.box.wait_for_port(25)

    def send(self, *recipients, sender="src@signed.test", how="-odi", body="body\n", user=None,
             msp=False):
        """Give it a message: -odi tries it at once, -odq only queues it."""
        self.box.run(SENDMAIL, "-Ac" if msp else "-Am", how, "-f", sender, *recipients, user=user,
                     stdin=f"Subject: t\n\n{body}")

    def fill(self):
        """Mail of every kind: never tried, refused for each of REFUSALS, behind a closed
        port, bounces, one in quarantine, and one whose recipients wait for three reasons."""
        self.send("queued@closed.test", how="-odq")
        self.send("two@closed.test", "three@closed.test")
        self.send("large@closed.test", body=("x" * 70 + "\n") * 100)
        for name in REFUSALS:
            self.send(f"{name}@refused.test")
        self.send("grey@refused.test", "full@refused.test", "shut@closed.test")
        # Refused for good: the bounce waits.
        self.send("gone@refused.test")
        self.send("eight@closed.test", how="-B8BITMIME")
        self.send("bounced@closed.test", sender="<>")
        self.send("quarantined@closed.test", sender="odd@signed.test", how="-odq")
        self.box.must(SENDMAIL, "-Am", "-Qtests", "-qSodd@")

    def lose(self):
        """One that Sendmail gives up (QfID)."""
        self.send("lost@closed.test", how="-odq")
        self.box.must("sh", "-c", f"cd {QUEUE} && f=$(grep -l 'lost@' qf*) && mv $f Q${{f#q}}")

    def break_some(self):
        """Files as they must not be: empty, cut, without body, time or sender; and a stray
        one."""
        ids = [line[:14] for line in self.listing().out.splitlines() if line[:1] == "6"]
        self.box.must("sh", "-c", f"""set -e
cd {QUEUE}
: >qf{ids[0]}
echo garbage >qf{ids[1]}
rm df{ids[2]}
truncate -s 3 qf{ids[3]}
sed -i '/^S/d' qf{ids[4]}
sed -i '/^T/d' qf{ids[5]}
: >qfX""")

    def submit(self):
        """Mail that waits in the queue of the programs, as the daemon does not answer."""
        self.send("submitted@closed.test", msp=True, how="-odq", user="nobody")

    def listing(self, *words, user=None):
        return self.box.run("mailq", *words, user=user)

    def kill(self):
        """End the daemon; the queue stays."""
        self.box.must("sh", "-c", "kill $(head -1 /run/sendmail.pid)")


def main(folder):
    """Write what it says in each state, as tests/data/queue/sendmail has it."""
    folder = Path(folder)
    queue = SendmailQueue.get()

    def save(name, *words, user=None):
        done = queue.listing(*words, user=user)
        (folder / name).write_text(done.out + done.err)

    (folder / "spool").mkdir(parents=True, exist_ok=True)
    save("empty.txt")
    queue.fill()
    queue.submit()
    queue.lose()
    save("listing.txt")
    save("verbose.txt", "-v")
    save("quarantined.txt", "-v", "-qQ")
    save("lost.txt", "-v", "-qL")
    save("client.txt", "-Ac", "-v")
    save("forbidden.txt", "-v", user="nobody")
    queue.box.must("ln", "-sf", "/usr/share/zoneinfo/Asia/Tokyo", "/etc/localtime")
    save("tokyo.txt")
    queue.box.must("ln", "-sf", "/usr/share/zoneinfo/Etc/UTC", "/etc/localtime")
    for name, words in (("refused", "grey@refused.test"), ("closed", "two@closed.test"),
                        ("three", "shut@closed.test"), ("bounce", "bounced@"),
                        ("quarantined", "quarantined@"), ("new", "queued@")):
        found = queue.box.must("sh", "-c", f"cd {QUEUE} && ls -S $(grep -l {words} [qh]f*) | tail -1")
        (folder / "spool" / name).write_bytes(
            queue.box.must("cat", f"{QUEUE}/{found.strip()}").encode("utf-8", "replace"))
    queue.configure("define(`confMIN_QUEUE_AGE', `1h')dnl")
    save("young.txt")
    queue.configure("define(`confQUEUE_LA', `0')dnl", "define(`confQUEUE_FACTOR', `1')dnl")
    save("load.txt")
    queue.break_some()
    save("odd.txt")
    save("odd-verbose.txt", "-v")
    queue.kill()
    queue.box.must("sh", "-c", f"rm -rf {QUEUE}/* && mkdir {QUEUE}/q1 {QUEUE}/q2 {QUEUE}/q3 "
                   f"{QUEUE}/q2/qf {QUEUE}/q2/df && chmod -R 700 {QUEUE}/*")
    queue.configure(queue=QUEUE + "/q*")
    for number in range(4):
        queue.send(f"g{number}@closed.test", how="-odq")
    save("groups.txt")


if __name__ == "__main__":
    main(sys.argv[1])
