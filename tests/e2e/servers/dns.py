# SPDX-License-Identifier: GPL-3.0-or-later
"""The real servers of the DNS tests: rbldnsd with lists, NSD with zones, and
unbound as the resolver in front of both. All on loopback, on free ports."""

import subprocess
from pathlib import Path

from harness import IS_ROOT, WORK, Once, Server, dns_answers, free_port
from servers.leash import Leashed

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


def start_nsd(folder, zones, known, address="127.0.0.1", port=None):
    """NSD with these zones (name -> file in the folder); (server, port) when it answers
    for the name `known`."""
    port = port or free_port()
    text = f"""server:
  ip-address: {address}@{port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  xfrdir: "{folder}"
  logfile: "{folder}/nsd.log"
  server-count: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
"""
    for zone, path in zones.items():
        text += f'zone:\n  name: "{zone}"\n  zonefile: "{path}"\n'
    (folder / "nsd.conf").write_text(text)
    return Leashed(["nsd", "-d", "-c", folder / "nsd.conf"],
                   ready=lambda: dns_answers(port, known, address=address)), port


def start_unbound(folder, zones, known, settings='  module-config: "iterator"\n'):
    """unbound in front of these zones (name -> port of its server). Every other name is
    refused at once: there is no root."""
    port = free_port()
    text = f"""server:
  use-syslog: no
  logfile: "{folder}/unbound.log"
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  interface: 127.0.0.1@{port}
  access-control: 127.0.0.0/8 allow
  num-threads: 1
  do-not-query-localhost: no
  root-hints: ""
  cache-max-ttl: 60
  qname-minimisation: no
  local-zone: "test." nodefault
  local-zone: "." static
{settings}"""
    for zone, server in zones.items():
        text += f"""server:
  local-zone: "{zone}." transparent
stub-zone:
  name: "{zone}"
  stub-addr: 127.0.0.1@{server}
  stub-prime: no
"""
    text += "remote-control:\n  control-enable: no\n"
    (folder / "unbound.conf").write_text(text)
    return Leashed(["unbound", "-d", "-c", folder / "unbound.conf"], ready=lambda: dns_answers(port, known)), port


def zone_text(zone, records):
    """A zone file."""
    return f"$ORIGIN {zone}.\n$TTL 60\n@ IN SOA ns.test. h.test. 1 600 300 86400 60\n@ IN NS ns.test.\n" + records


class RealDNS(Once):
    """All three, once for all tests; `resolver` is what to ask."""

    def __init__(self):
        self.folder = WORK / "dns"
        self.folder.mkdir(mode=0o777)
        self.folder.chmod(0o777)
        self.start_rbldnsd()
        for zone, records in ZONES.items():
            (self.folder / f"{zone}.zone").write_text(zone_text(zone, records))
        self.nsd, self.zone_port = start_nsd(
            self.folder, {zone: f"{zone}.zone" for zone in ZONES}, "mail.example.test")
        self.unbound, self.port = start_unbound(
            self.folder, {zone: self.list_port for zone in LISTS} | {zone: self.zone_port for zone in ZONES},
            "2.0.0.127.bl.test")
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

    @staticmethod
    def installed():
        return all(Path(p).exists() for p in ("/usr/sbin/rbldnsd", "/usr/sbin/nsd",
                                              "/usr/sbin/unbound"))
