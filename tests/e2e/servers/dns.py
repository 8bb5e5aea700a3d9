# SPDX-License-Identifier: GPL-3.0-or-later
"""The real servers of the DNS tests: rbldnsd with lists, NSD with zones, and
unbound as the resolver in front of both. All on loopback, on free ports."""

import subprocess
from pathlib import Path

from harness import IS_ROOT, WORK, Server, dns_answers, free_port, write

SOA = "$SOA 60 ns.test hostmaster.test 0 600 300 86400 60\n$NS 60 ns.test\n$TTL 60\n"

#: rbldnsd's data: zone -> (type, data). The names of real lists are served as
#: those lists publish themselves, so that their rows of the table are tried.
LISTS = {
    "bl.test": ("ip4set", """:127.0.0.2:Listed in bl.test, see http://bl.test/q?$
127.0.0.2
192.0.2.10
192.0.2.77
192.0.2.0/29 :127.0.0.4:Dynamic range $
!192.0.2.3
"""),
    "trie.test": ("ip4trie", """:127.0.0.3:trie listed $
127.0.0.2
203.0.113.0/24 :127.0.0.3:whole net
203.0.113.128/25 :127.0.0.11:more specific half
!203.0.113.200
"""),
    "v6.test": ("ip6trie", """:127.0.0.2:v6 listed $
::ffff:7f00:2
2001:db8:bad::/48
!2001:db8:bad::25/128
"""),
    "rhs.test": ("dnset", """:127.0.0.2:RHS listed $
test
.spammer.example
bad.example :127.0.1.5:phishing
"""),
    "refused.test": ("ip4trie", ":127.255.255.254:Error: open resolver\n0.0.0.0/0\n"),
    "wildcard.test": ("ip4trie", ":127.0.0.2:Everybody is listed\n0.0.0.0/0\n"),
    "empty.test": ("ip4set", ":127.0.0.2:nobody\n"),
    "multi.test": ("generic", """2.0.0.127 A 127.0.0.2
9.2.0.192 A 127.0.0.2
9.2.0.192 A 127.0.0.4
9.2.0.192 TXT "first reason"
9.2.0.192 TXT "second | $(reason) <b>`x`</b>"
11.2.0.192 A 127.0.0.2
"""),
    "zen.spamhaus.org": ("ip4set", """:127.0.0.2:https://www.spamhaus.org/query/ip/$
127.0.0.2
192.0.2.25 :127.0.0.4:https://www.spamhaus.org/query/ip/$
192.0.2.26 :127.0.0.10:https://www.spamhaus.org/query/ip/$
192.0.2.27 :127.0.0.77:a code that nobody knows
"""),
    "canarykey123456.zen.dq.spamhaus.net": ("ip4set", """:127.0.0.2:key canarykey123456 says $
127.0.0.2
192.0.2.25 :127.0.0.3:key canarykey123456 says $
"""),
    "hostkarma.junkemailfilter.com": ("ip4set", """:127.0.0.2:black
192.0.2.29
192.0.2.30 :127.0.0.3:yellow
192.0.2.31 :127.0.0.5:nobl
192.0.2.32 :127.0.0.1:white
"""),
    "list.dnswl.org": ("ip4set", ":127.0.5.2:good\n192.0.2.40\n"),
    "psbl.surriel.com": ("ip4set", ":127.0.0.2:Listed in PSBL\n127.0.0.2\n"),
    "dnsbl.dronebl.org": ("ip4set", ":127.0.0.2:test\n127.0.0.2\n"),
    "dnsbl-1.uceprotect.net": ("ip4set", ":127.0.0.2:UCE\n127.0.0.2\n"),
}

#: NSD's zones
ZONES = {
    "example.test": """
@       IN MX    10 mail
@       IN MX    20 backup.example.test.
@       IN A     192.0.2.60
mail    IN A     192.0.2.10
mail    IN AAAA  2001:db8::10
backup  IN A     192.0.2.61
alias   IN CNAME mail
dangling IN CNAME nowhere.example.test.
loop1   IN CNAME loop2
loop2   IN CNAME loop1
nullmx  IN MX    0 .
implicit IN A    192.0.2.62
inside  IN A     10.1.2.3
v6only  IN AAAA  2001:db8::66
text    IN TXT   "no address"
xn--mller-kva IN A 192.0.2.63
""",
    "outside.test": "* IN A 203.0.113.9\n",
    "nodata.test": "* IN TXT \"there is no A record\"\n",
}


class RealDNS:
    """All three, once for all tests; `resolver` is what to ask."""

    _one = None

    @classmethod
    def get(cls):
        if cls._one is None:
            cls._one = cls()
        return cls._one

    def __init__(self):
        self.folder = WORK / "dns"
        self.folder.mkdir(mode=0o777)
        self.folder.chmod(0o777)
        self.start_rbldnsd()
        self.start_nsd()
        self.start_unbound()
        self.resolver = f"127.0.0.1:{self.port}"

    def start_rbldnsd(self):
        self.list_port = free_port()
        zones = []
        for zone, (kind, data) in LISTS.items():
            (self.folder / zone).write_text(SOA + data)
            zones.append(f"{zone}:{kind}:{zone}")
        user = ["-u", "nobody:nogroup"] if IS_ROOT else []
        self.rbldnsd = Server(
            ["rbldnsd", "-n", "-f", *user, "-w", self.folder, "-b", f"127.0.0.1/{self.list_port}",
             *zones],
            ready=lambda: dns_answers(self.list_port, "2.0.0.127.bl.test"),
            stdout=subprocess.DEVNULL, stderr=(self.folder / "rbldnsd.err").open("w"))

    def start_nsd(self):
        self.zone_port = free_port()
        text = f"""server:
  ip-address: 127.0.0.1@{self.zone_port}
  username: ""
  chroot: ""
  zonesdir: "{self.folder}"
  database: ""
  pidfile: "{self.folder}/nsd.pid"
  xfrdfile: "{self.folder}/xfrd.state"
  zonelistfile: "{self.folder}/zone.list"
  xfrdir: "{self.folder}"
  logfile: "{self.folder}/nsd.log"
  server-count: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
"""
        for zone, data in ZONES.items():
            head = f"$ORIGIN {zone}.\n$TTL 60\n@ IN SOA ns.test. h.test. 1 600 300 86400 60\n" \
                   "@ IN NS ns.test.\n"
            (self.folder / f"{zone}.zone").write_text(head + data)
            text += f'zone:\n  name: "{zone}"\n  zonefile: "{zone}.zone"\n'
        configuration = write("nsd.conf", text)
        self.nsd = Server(["nsd", "-d", "-c", configuration],
                          ready=lambda: dns_answers(self.zone_port, "mail.example.test"),
                          stderr=subprocess.DEVNULL)

    def start_unbound(self):
        self.port = free_port()
        text = f"""server:
  use-syslog: no
  logfile: "{self.folder}/unbound.log"
  username: ""
  chroot: ""
  directory: "{self.folder}"
  pidfile: "{self.folder}/unbound.pid"
  interface: 127.0.0.1@{self.port}
  access-control: 127.0.0.0/8 allow
  num-threads: 1
  do-not-query-localhost: no
  module-config: "iterator"
  root-hints: ""
  cache-max-ttl: 60
  qname-minimisation: no
  local-zone: "test." nodefault
remote-control:
  control-enable: no
"""
        # Without a root of ours every other name is refused at once.
        text += '  \nserver:\n  local-zone: "." static\n'
        for zone in [*LISTS, *ZONES]:
            port = self.list_port if zone in LISTS else self.zone_port
            text += f'server:\n  local-zone: "{zone}." transparent\n'
            text += f'stub-zone:\n  name: "{zone}"\n  stub-addr: 127.0.0.1@{port}\n'
            text += "  stub-prime: no\n"
        configuration = write("unbound.conf", text)
        self.unbound = Server(["unbound", "-d", "-c", configuration],
                              ready=lambda: dns_answers(self.port, "2.0.0.127.bl.test"))

    @staticmethod
    def installed():
        return all(Path(p).exists() for p in ("/usr/sbin/rbldnsd", "/usr/sbin/nsd",
                                              "/usr/sbin/unbound"))
