# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues of many messages in the files of Postfix and Exim, for benchmarks: deferred,
as if their mail servers had been here for five days."""

import os
import pwd
import random
import shutil
import time
from pathlib import Path

BASE52 = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DAYS = 5 * 86400
LINES = (1, 8, 15, 40, 15, 200)         # of a body; about 3 kB a message in the mean
LINE = b"We would rather be read than wait here, and so would whoever wrote us."
# Half of them name the recipient: another text for each message.
REASONS = (
    ("4.4.1", "connect to {host}[{ip}]:25: Connection timed out"),
    ("4.4.1", "connect to {host}[{ip}]:25: Connection refused"),
    ("4.4.3", "Host or domain name not found. Name service error for name={domain} type=MX: Host not found, "
              "try again"),
    ("4.7.1", "host {host}[{ip}] said: 450 4.7.1 <{to}>: Recipient address rejected: Greylisted, see "
              "https://postgrey.example/help/{domain} (in reply to RCPT TO command)"),
    ("4.2.2", "host {host}[{ip}] said: 452 4.2.2 <{to}>: The email account that you tried to reach is over "
              "quota (in reply to RCPT TO command)"),
    ("4.7.28", "host {host}[{ip}] said: 421-4.7.28 Gmail has detected an unusual rate of unsolicited mail "
               "originating from your IP address. {tag} - gsmtp (in reply to end of DATA command)"),
    ("4.7.1", "host {host}[{ip}] refused to talk to me: 421 4.7.1 Service unavailable; client [192.0.2.1] "
              "blocked using zen.spamhaus.org"),
    ("4.3.2", "host {host}[{ip}] said: 451 4.3.0 <{to}>: Temporary lookup failure (in reply to RCPT TO "
              "command)"),
)


def digits(number, alphabet, width=1):
    out = ""
    while number:
        number, digit = divmod(number, len(alphabet))
        out = alphabet[digit] + out
    return out.rjust(width, alphabet[0])


class Message:
    def __init__(self, number, chance, arrived):
        self.arrived, self.usec = arrived, chance.randrange(1_000_000)
        self.sender = "" if number % 20 == 7 else f"customer{chance.randrange(3000)}@client.example"
        self.body = number % len(LINES)
        self.recipients = []
        for _ in range(1 if number % 4 else 3):
            # A few domains have most of it.
            which = int(5000 * chance.random() ** 4)
            domain = f"d{which}.example"
            names = {"domain": domain, "host": f"mx{number % 2}.{domain}", "to": f"user{number}@{domain}",
                     "ip": f"198.51.{which // 200}.{which % 200}", "tag": f"{chance.getrandbits(40):x}si{number}"}
            status, reason = chance.choice(REASONS)
            self.recipients.append((names["to"], status, reason.format(**names)))


def messages(count, now):
    chance = random.Random(count)
    return (Message(number, chance, now - chance.randrange(DAYS)) for number in range(count))


def write(path, data, mode, owner):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    os.fchown(fd, *owner)
    for piece in data if isinstance(data, list) else [data]:
        os.write(fd, piece)
    os.close(fd)


def folders(owner, *paths):
    for path in paths:
        path.mkdir(parents=True, exist_ok=True)
        os.chown(path, *owner)
        path.chmod(0o700)


# ---- Postfix

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {home}/spool
data_directory = {home}/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.example
inet_interfaces = loopback-only
maillog_file = {home}/log
maillog_file_prefixes = {home}
alias_maps =
alias_database =
"""
MASTER_CF = """\
showq     unix  n       -       n       -       -       showq
postlog   unix-dgram n  -       n       -       1       postlogd
"""


def record(kind, data):
    """A type, a length in groups of 7 bits, the data."""
    length, groups = len(data), b""
    while length > 0x7f:
        groups += bytes([length & 0x7f | 0x80])
        length >>= 7
    return kind + groups + bytes([length]) + data


BODIES = [b"".join(record(b"N", LINE) for _ in range(lines)) for lines in LINES]


def postfix_file(message, name):
    """Up to the body; behind it is nothing but b"X\\0E\\0"."""
    origin = (f"create_time={message.arrived}", f"log_ident={name}", "rewrite_context=local")
    client = ("log_client_name=mail.client.example", "log_client_address=192.0.2.77", "log_client_port=43210",
              "log_message_origin=mail.client.example[192.0.2.77]", "log_helo_name=mail.client.example",
              "log_protocol_name=ESMTP", "client_name=mail.client.example",
              "reverse_client_name=mail.client.example", "client_address=192.0.2.77", "client_port=43210",
              "server_address=192.0.2.1", "server_port=25", "helo_name=mail.client.example",
              "protocol_name=ESMTP", "client_address_type=2")
    when = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(message.arrived))
    envelope = [record(b"T", b"%d %6d" % (message.arrived, message.usec)),
                *(record(b"A", word.encode()) for word in origin), record(b"S", message.sender.encode()),
                *(record(b"A", word.encode()) for word in client)]
    for to, _, _ in message.recipients:
        envelope += [record(b"A", f"dsn_orig_rcpt=rfc822;{to}".encode()), record(b"O", to.encode()),
                     record(b"R", to.encode())]
    head = ["Received: from mail.client.example (mail.client.example [192.0.2.77])",
            f"\tby mail.example (Postfix) with ESMTP id {name}", f"\tfor <{message.recipients[0][0]}>; {when}",
            f"From: {message.sender or 'MAILER-DAEMON'}", f"To: {message.recipients[0][0]}", f"Date: {when}",
            f"Message-Id: <{name}@client.example>", "Subject: what waits", ""]
    header = b"".join(record(b"N", line.encode()) for line in head)
    start = b"".join(envelope) + record(b"M", b"")
    size = len(header) + len(BODIES[message.body])
    first = record(b"C", b"%15d %15d %15d %15d %15d %15d" % (size, 97 + len(start), len(message.recipients), 0,
                                                           size, 0))
    return [first + start + header, BODIES[message.body], b"X\0E\0"]


def postfix_log(message):
    return "".join(f"\n<{to}>: {reason}\nrecipient={to}\noffset=648\ndsn_orig_rcpt=rfc822;{to}\n"
                   f"status={status}\naction=delayed\nreason={reason}\n\n"
                   for to, status, reason in message.recipients).encode()


def postfix(home, count, kind):
    """kind: long (ids that tell when a message arrived), short (which do not, but are of
    the files that were born then), or restored (short ones of another file system)."""
    owner = pwd.getpwnam("postfix")[2:4]
    (home / "etc").mkdir(parents=True)
    (home / "etc/main.cf").write_text(MAIN_CF.format(home=home))
    (home / "etc/master.cf").write_text(MASTER_CF)
    (home / "etc/dynamicmaps.cf").write_text("")
    spool, now = home / "spool", int(time.time())
    spool.mkdir()
    folders(owner, home / "data", *(spool / name for name in ("incoming", "active", "hold", "corrupt",
                                                               "maildrop", "defer", "deferred")))
    for name in ("pid", "public", "private"):
        (spool / name).mkdir()
    folders(owner, *(spool / queue / digit for queue in ("defer", "deferred") for digit in "0123456789ABCDEF"))
    for number, message in enumerate(messages(count, now)):
        if kind == "short":
            message.arrived = int(time.time())
        place = f"{message.usec:05X}"[0]
        path = spool / "deferred" / place / "made"
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o700)
        inode = os.fstat(fd).st_ino
        if kind == "long":
            name = (digits(message.arrived, BASE52, 6) + digits(message.usec, BASE52, 4) + "z" +
                    digits(inode, BASE52[:51]))
        else:
            name = f"{message.usec:05X}{inode if kind == 'short' else 0x7000000 + number:X}"
        os.writev(fd, postfix_file(message, name))
        os.fchown(fd, *owner)
        # When it shall be tried again.
        os.utime(fd, (now, now + number % 4000))
        os.close(fd)
        path.rename(spool / "deferred" / place / name)
        write(spool / "defer" / place / name, postfix_log(message), 0o600, owner)


def postfix_listing(path, count):
    """What postqueue -j prints."""
    now = int(time.time())
    with path.open("w") as file:
        for number, message in enumerate(messages(count, now)):
            to = ", ".join(f'{{"address": "{to}", "delay_reason": "{reason}"}}'
                           for to, _, reason in message.recipients)
            file.write(f'{{"queue_name": "deferred", "queue_id": "{message.usec:05X}{number:X}", '
                       f'"arrival_time": {message.arrived}, "message_size": {1000 + number % 5000}, '
                       f'"forced_expire": false, "sender": "{message.sender}", "recipients": [{to}]}}\n')


# ---- Exim

EXIM_CONF = """\
primary_hostname = mail.example
spool_directory = {home}/spool
log_file_path = {home}/log-%s
split_spool_directory = true
queue_only = true
keep_environment =
tls_advertise_hosts =
"""
EXIM_USER = 59999


def exim_users(folder):
    """Copies of /etc/passwd and /etc/group that have the user whom Debian's Exim wants."""
    copies = []
    for name, entry in (("passwd", f"{EXIM_USER}:{EXIM_USER}::/nonexistent:/usr/sbin/nologin"),
                        ("group", f"{EXIM_USER}:")):
        text = Path("/etc", name).read_text()
        if "Debian-exim:" not in text:
            text += f"Debian-exim:x:{entry}\n"
        copy = folder / name
        copy.write_text(text)
        copies.append((copy, f"/etc/{name}"))
    return copies


def exim_head(message, name):
    when = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(message.arrived))
    to = message.recipients[0][0]
    headers = [("P", f"Received: from mail.client.example ([192.0.2.77])\n\tby mail.example with esmtp "
                     f"(Exim 4.96)\n\t(envelope-from <{message.sender}>)\n\tid {name}\n\tfor {to};\n\t{when}\n"),
               ("F", f"From: <{message.sender or 'MAILER-DAEMON'}>\n"), ("T", f"To: <{to}>\n"),
               (" ", f"Date: {when}\n"), ("I", f"Message-Id: <{name}@client.example>\n"),
               (" ", "Subject: what waits\n")]
    recipients = "".join(f"{to}\n" for to, _, _ in message.recipients)
    return (f"{name}-H\nDebian-exim {EXIM_USER} {EXIM_USER}\n<{message.sender}>\n{message.arrived} 0\n"
            f"-received_time_usec .{message.usec:06}\n-received_time_complete {message.arrived}.{message.usec:06}\n"
            "--helo_name mail.client.example\n-host_address [192.0.2.77]:43210\n-interface_address "
            f"[192.0.2.1]:25\n-received_protocol esmtp\n-body_linecount {LINES[message.body]}\n"
            f"-max_received_linelength 78\nXX\n{len(message.recipients)}\n{recipients}\n" +
            "".join(f"{len(text):03}{kind} {text}" for kind, text in headers)).encode()


def exim_log(message):
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(message.arrived))
    return (f"{when} Received from {message.sender or '<>'} H=mail.client.example [192.0.2.77] P=esmtp S=3301\n" +
            "".join(f"{when} {to} R=dnslookup T=remote_smtp defer (-44): {reason}\n"
                    for to, _, reason in message.recipients)).encode()


def exim(home, count, _):
    owner, spool = (EXIM_USER, EXIM_USER), home / "spool"
    home.mkdir(parents=True)
    (home / "conf").write_text(EXIM_CONF.format(home=home))
    folders(owner, home, spool, spool / "input", spool / "msglog", spool / "db")
    bodies = [b"".join(LINE + b"\n" for _ in range(lines)) for lines in LINES]
    made = set()
    for number, message in enumerate(messages(count, int(time.time()))):
        first = digits(message.arrived, BASE62, 6)
        name = f"{first}-{digits(number, BASE62, 6)}-{digits(message.usec // 500, BASE62, 2)}"
        place = first[-1]
        if place not in made:
            made.add(place)
            folders(owner, spool / "input" / place, spool / "msglog" / place)
        write(spool / "input" / place / f"{name}-H", exim_head(message, name), 0o640, owner)
        write(spool / "input" / place / f"{name}-D", [f"{name}-D\n".encode(), bodies[message.body]], 0o640, owner)
        write(spool / "msglog" / place / name, exim_log(message), 0o640, owner)


MAKERS = {"postfix": postfix, "exim": exim}


def make(folder, mta, count, kind=""):
    """The folder of such a queue; one that is there already is taken."""
    home = folder / "-".join(filter(None, (mta, kind, str(count))))
    if not (home / "made").exists():
        shutil.rmtree(home, ignore_errors=True)
        MAKERS[mta](home, count, kind)
        (home / "made").touch()
    return home
