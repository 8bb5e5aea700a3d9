# SPDX-License-Identifier: GPL-3.0-or-later
"""Postfix with mail in its queues: two instances, one with short and one with long ids,
each with a queue of its own. `mx` stands still, with mail in every queue, so that what
is counted twice is the same; `out` is alive and was refused mail in many words."""

import json
import os
import shutil
import subprocess
import time

from harness import BUILD, WORK, Once, Run, Server, check_form, environment, free_port, write
from harness import PLUGINS
from servers.leash import Leashed
from servers.smtpsink import SmtpSink

MASTER = "/usr/lib/postfix/sbin/master"
#: reason -> what a receiver says at RCPT; a 5xx is deferred as well (soft_bounce)
REFUSALS = {
    "blocklisted": "554 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using "
                   "zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.25",
    "greylisted": "450 4.2.0 Greylisted, see http://postgrey.schweikert.ch/help/refuse.test.html",
    "rate_limited": "450 4.7.1 Too many messages from your server, rate limited",
    "ptr_missing": "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.25]",
    "helo_rejected": "504 5.5.2 Helo command rejected: need fully-qualified hostname",
    "spf_fail": "550 5.7.23 The message was rejected because of Sender Policy Framework violation",
    "dkim_fail": "550 5.7.20 No passing DKIM signature found",
    "authentication_required": "550 5.7.26 This mail has been blocked because the sender is "
                               "unauthenticated",
    "mailbox_full": "452 4.2.2 Mailbox full",
    "recipient_unknown": "450 4.1.1 Recipient address rejected: User unknown",
}
SELF_INFLICTED = ("blocklisted", "ptr_missing", "helo_rejected", "spf_fail", "dkim_fail",
                  "authentication_required")
#: which, beside those, wait since nobody listens
UNREACHED = 3


def until(what, true, seconds=30):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise RuntimeError(f"not in {seconds} s: {what}")
        time.sleep(0.05)


class Instance:
    """One Postfix: `etc` and `queue`; `name` is None for the default one."""

    def __init__(self, folder, name, long_ids, settings=""):
        self.folder, self.name = WORK / folder, name
        self.etc, self.queue, self.log_file = (self.folder / x for x in ("etc", "queue", "log"))
        for part in ("etc", "queue", "data"):
            (self.folder / part).mkdir(mode=0o755, parents=True)
        shutil.chown(self.folder / "data", "postfix")
        self.port, self.master = free_port(), None
        (self.etc / "main.cf").write_text(f"""compatibility_level = 3.6
queue_directory = {self.queue}
data_directory = {self.folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {self.log_file}
maillog_file_prefixes = {WORK}
myhostname = mx.queue.test
mydestination =
mynetworks = 127.0.0.1/32
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
smtpd_peername_lookup = no
smtp_host_lookup = native
disable_dns_lookups = yes
soft_bounce = yes
queue_minfree = 0
queue_run_delay = 1h
minimal_backoff_time = 1h
maximal_backoff_time = 1h
default_destination_concurrency_failed_cohort_limit = 0
default_destination_recipient_limit = 1
slow_destination_concurrency_limit = 20
slow_destination_concurrency_failed_cohort_limit = 0
enable_long_queue_ids = {"yes" if long_ids else "no"}
{f"multi_instance_name = {name}" if name else ""}
{"multi_instance_enable = yes"}
transport_maps = texthash:{self.etc}/transport
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = check_recipient_access texthash:{self.etc}/recipients
{settings}
""")
        (self.etc / "recipients").write_text("held.test HOLD by the tests\n")
        (self.etc / "transport").write_text("")

    def start(self, takes_mail_on=True):
        """With `takes_mail_on` false, mail stays in incoming and maildrop."""
        moving = """pickup unix n - n 1 1 pickup
qmgr unix n - n 300 1 qmgr
"""
        (self.etc / "master.cf").write_text(f"""127.0.0.1:{self.port} inet n - n - - smtpd
{moving if takes_mail_on else ""}cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
smtp unix - - n - - smtp
slow unix - - n - 20 smtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
""")
        with (self.folder / "stderr").open("a") as errors:
            subprocess.run(["postfix", "-c", self.etc, "check"], check=True, stdout=errors, stderr=errors)
        before = self.log().count("daemon started")
        self.master = Leashed([MASTER, "-d", "-c", self.etc],
                              ready=lambda: self.log().count("daemon started") > before)

    def stop(self):
        if self.master:
            self.master.stop()
        self.master = None

    def log(self):
        return self.log_file.read_text() if self.log_file.exists() else ""

    def submit(self, sender, *recipients, body="a message\n"):
        """By the local program, into maildrop."""
        subprocess.run(["sendmail", "-C", self.etc, "-f", sender, *recipients], check=True, text=True,
                       input=f"Subject: test\n\n{body}")

    def send(self, sender, recipient, count=1, size=1000):
        """By SMTP, into incoming."""
        subprocess.run(["smtp-source", "-m", str(count), "-l", str(size), "-f", sender, "-t",
                        recipient, f"127.0.0.1:{self.port}"], check=True)

    def files(self, *queues):
        return [path for name in queues for path in sorted((self.queue / name).rglob("*"))
                if path.is_file()]

    def listed(self):
        """What postqueue -j says, as root: an object for each message."""
        done = subprocess.run(["postqueue", "-c", self.etc, "-j"], check=True, capture_output=True,
                              text=True)
        return [json.loads(line) for line in done.stdout.splitlines()]


class QueuePostfix(Once):
    """`mx` is the default instance, `out` is called postfix-out: in the eyes of who
    runs inside(), /etc/postfix is that of `mx`."""

    needs_root = True

    def __init__(self):
        self.mx = Instance("queue-mx", None, False,
                           f"multi_instance_directories = {WORK}/queue-out/etc")
        self.out = Instance("queue-out", "postfix-out", True)
        self.slow = SmtpSink("-W", "data:900", backlog=256)
        script = "banner\t220 refuse.test ESMTP\nEHLO\t250 refuse.test\nMAIL\t250 2.1.0 Ok\n"
        script += "".join(f"RCPT TO:<{name}@\t{text}\n" for name, text in REFUSALS.items())
        script += "RSET\t250 2.0.0 Ok\nQUIT\t221 2.0.0 Bye\nDATA\t503 5.5.1 No\n"
        self.receiver = Server([BUILD / "tests/e2e/servers/fakesmtp", write("refusals.smtp", script)],
                               stdout=subprocess.PIPE, text=True)
        port = self.receiver.process.stdout.readline().strip()
        self.closed = free_port()
        for instance in (self.mx, self.out):
            (instance.etc / "transport").write_text(
                f"refuse.test smtp:[127.0.0.1]:{port}\nclosed.test smtp:[127.0.0.1]:{self.closed}\n"
                f"slow.test slow:[127.0.0.1]:{self.slow.port}\n")
        self.fill_mx()
        self.fill_out()

    def fill_mx(self):
        mx = self.mx
        mx.start()
        mx.send("a@queue.test", "x@closed.test", 5, 2000)
        mx.submit("", "y@closed.test")
        mx.submit("b@other.test", "one@closed.test", "two@closed.test")
        mx.send("a@queue.test", "x@held.test", 3, 1500)
        mx.send("c@queue.test", "x@slow.test", 4, 1200)
        until("mx is filled", lambda: len(mx.files("deferred")) == 7 and len(mx.files("active")) == 4 and
              not mx.files("incoming", "maildrop") and len(mx.files("hold")) == 3)
        mx.stop()
        self.slow.stop()
        # Without pickup and qmgr, all stays where it is.
        mx.start(takes_mail_on=False)
        mx.send("a@queue.test", "x@closed.test", 2, 3000)
        mx.submit("d@queue.test", "x@closed.test")
        until("more in mx", lambda: len(mx.files("incoming")) == 2 and len(mx.files("maildrop")) == 1)
        corrupt = mx.queue / "corrupt/0123456789A"
        corrupt.write_bytes(b"no message\n")
        corrupt.chmod(0o700)
        shutil.chown(corrupt, "postfix", "postfix")

    def fill_out(self):
        out = self.out
        out.start()
        for reason in REFUSALS:
            out.send("news@queue.test", f"{reason}@refuse.test", 1 + (reason == "blocklisted"))
        out.send("a@other.test", "x@closed.test", UNREACHED)
        until("out is filled", lambda: len(out.files("deferred")) == len(REFUSALS) + 1 + UNREACHED and
              not out.files("incoming", "active", "maildrop"))

    def inside(self, *words, user="nobody", mount=(), script="", program=PLUGINS / "check_mailqueue",
               stdin=None, **kwargs):
        """check_mailqueue, as a user (None: root), where these files stand in the place
        of others, and the default Postfix is `mx`; `script` runs before."""
        mount = (self.mx.etc, "/etc/postfix", *mount)
        lines = [f"mount --bind '{ours}' '{theirs}' || exit 99"
                 for ours, theirs in zip(mount[::2], mount[1::2])]
        change = f"setpriv --reuid {user} --regid $(id -g {user}) --clear-groups" if user else ""
        lines += [script, f'exec {change} "$@"']
        words = [str(word) for word in words]
        begun = time.monotonic()
        done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c",
                               "\n".join(lines), "sh", str(program), *words], capture_output=True,
                              env=environment(PATH=os.environ["PATH"]), input=stdin or b"", check=False,
                              **({"timeout": 60, "cwd": "/"} | kwargs))
        result = Run(done.returncode, done.stdout.decode(), done.stderr.decode(),
                     time.monotonic() - begun)
        check_form(result, words)
        return result
