# SPDX-License-Identifier: GPL-3.0-or-later
"""A mail world in the DNS: signed zones with TLSA records, others with MX records.
NSD serves them, and unbound validates what has a trust anchor."""

import re
import subprocess
import time
from pathlib import Path

from harness import WORK, Once
from servers.dns import start_nsd, start_unbound, zone_text
from servers.pki import PKI

WRONG = "3 1 1 " + "0" * 64

#: Hosts in signed.test: name -> TLSA data of every port. `{good}` is the
#: certificate that servers.pki and the Postfix ports call by that name.
TLSA_HOSTS = {
    "mx1": ("{good}",),
    "wrong": (WRONG,),
    "unusable": ("1 1 1 " + "1" * 64, "0 0 1 " + "2" * 64),     # PKIX: RFC 7672 3.1.3
    "strange": ("3 1 9 " + "3" * 64, "3 7 1 " + "4" * 64),
    "ca": ("{ca}",),
    "cakey": ("{cakey}",),
    "foreignca": ("{ca}",),             # its name is in no certificate
    "full": ("{full}",),
    "sha512": ("{sha512}",),
    "two": (WRONG, "{good}"),
    "mixed": ("1 1 1 " + "1" * 64, "{good}"),
    "mixedwrong": ("1 1 1 " + "1" * 64, WRONG),
    "expired": ("{expired}",),          # 3 1 1 asks for no date and no name
    "otherkey": ("{rsa}",),
}

#: Unsigned: domain -> records
DOMAINS = {
    "insecure.test": """
@       IN MX   10 mx1
mx1     IN A    127.0.0.1
*._tcp.mx1 IN TLSA {good}
""",
    "world.test": """
mx1     IN A    127.0.0.1
mx2     IN A    127.0.0.11
mx3     IN A    127.0.0.12
dead1   IN A    127.0.0.13
dead2   IN A    127.0.0.14
both    IN A    127.0.0.1
both    IN AAAA ::1
only6   IN AAAA ::1
six     IN MX   10 only6
wide    IN A    127.0.0.11
wide    IN A    127.0.0.12
halfdead IN A   127.0.0.11
halfdead IN A   127.0.0.13
alias   IN CNAME mx1
dangling IN CNAME nowhere
text    IN TXT  "no address"
one     IN MX   10 mx1
several IN MX   10 mx1
several IN MX   20 mx2
several IN MX   30 mx3
deadprimary IN MX 10 dead1
deadprimary IN MX 20 mx1
deadbackup IN MX 10 mx1
deadbackup IN MX 20 dead1
alldead IN MX   10 dead1
alldead IN MX   20 dead2
equal   IN MX   10 mx1
equal   IN MX   10 mx2
null    IN MX   0 .
missing IN MX   10 nowhere
halfmissing IN MX 10 mx1
halfmissing IN MX 20 nowhere
toalias IN MX   10 alias
addresses IN MX 10 wide
dual    IN MX   10 both
noaddress IN MX 10 text
implicit IN A   127.0.0.1
xn--mx-xka IN A 127.0.0.1
""",
    "example.test": "mail IN A 127.0.0.1\n@ IN MX 10 mail\n",
    "mx.test": "@ IN A 127.0.0.1\n",
}


class Dane(Once):
    """`resolver` validates, `plain_resolver` is the authoritative server, which never does.

    Under signed.test the hosts of TLSA_HOSTS; `none` has no TLSA record; `alias` and
    `tlsaalias` are CNAMEs, of the host and of the record; others are below. bogus.test is signed, and its
    TLSA records were changed afterwards. broken.test is refused by its
    servers."""

    def __init__(self):
        self.folder = WORK / "dane"
        self.folder.mkdir(mode=0o777)
        self.folder.chmod(0o777)
        pki = PKI.get()
        self.words = {"good": pki.tlsa("good"), "full": pki.tlsa("good", 3, 0, 1),
                      "sha512": pki.tlsa("good", 3, 1, 2), "ca": pki.tlsa("ca", 2, 0, 1),
                      "cakey": pki.tlsa("ca", 2, 1, 1), "expired": pki.tlsa("expired"),
                      "rsa": pki.tlsa("rsa")}
        self.anchors = []
        zones = {zone: self.write_zone(zone, text) for zone, text in DOMAINS.items()}
        zones["signed.test"] = self.sign("signed.test", self.signed_zone())
        bogus = self.sign("bogus.test", "@ IN MX 10 mx1\nmx1 IN A 127.0.0.1\n"
                          "*._tcp.mx1 IN TLSA {good}\n")
        changed, count = re.subn(r"(?m)^(\*\._tcp\.mx1\S*\s.*\sTLSA\s+3 1 1 )(\w{8})", r"\g<1>0badc0de",
                                 bogus.read_text())
        assert count == 1, bogus.read_text()
        bogus.write_text(changed)
        zones["bogus.test"] = bogus
        self.nsd, self.zone_port = start_nsd(self.folder, zones, "mx1.signed.test")
        (self.folder / "anchors").write_text("".join(self.anchors))
        self.unbound, self.port = start_unbound(
            self.folder, dict.fromkeys([*zones, "broken.test"], self.zone_port), "mx1.signed.test",
            f"""  module-config: "validator iterator"
  trust-anchor-file: "{self.folder}/anchors"
  trust-anchor-signaling: no
  root-key-sentinel: no
  val-log-level: 2
""")
        self.resolver = f"127.0.0.1:{self.port}"
        self.plain_resolver = f"127.0.0.1:{self.zone_port}"

    def signed_zone(self):
        lines = ["@ IN MX 10 mx1", "@ IN A 127.0.0.1", "twoservers IN MX 10 mx1", "twoservers IN MX 20 wrong",
                 "goodservers IN MX 10 mx1", "goodservers IN MX 20 two", "none IN A 127.0.0.1",
                 "_25._tcp.none IN TXT \"another type\"", "alias IN CNAME mx1",
                 "abroad IN MX 10 mx1.insecure.test.",
                 # Whose name is in no certificate, and where the one leads whose is.
                 "strangeralias IN CNAME ca", "initial IN CNAME foreignca", "nexthop IN MX 10 foreignca",
                 "nexthopalias IN MX 10 strangeralias", "stranger IN MX 10 foreignca",
                 "way1 IN CNAME way2", "way2 IN CNAME ca",
                 "ownrecords IN CNAME mx1.insecure.test.", "*._tcp.ownrecords IN TLSA {good}",
                 "norecords IN CNAME mx1.insecure.test.", "fallback IN CNAME none",
                 "*._tcp.fallback IN TLSA {good}",
                 "tlsaalias IN A 127.0.0.1", "*._tcp.tlsaalias IN CNAME _records", "_records IN TLSA {good}"]
        for host, records in TLSA_HOSTS.items():
            lines.append(f"{host} IN A 127.0.0.1")
            lines.extend(f"*._tcp.{host} IN TLSA {data}" for data in records)
        return "\n".join(lines) + "\n"

    def write_zone(self, zone, text):
        path = self.folder / f"{zone}.zone"
        path.write_text(zone_text(zone, text.format(**self.words)))
        return path

    def sign(self, zone, text):
        path = self.write_zone(zone, text)
        key = self.tool("ldns-keygen", "-k", "-a", "ECDSAP256SHA256", "-r", "/dev/urandom", zone).strip()
        now = time.time()
        first, last = (time.strftime("%Y%m%d%H%M%S", time.gmtime(now + days * 86400)) for days in (-1, 30))
        signed = self.folder / f"{zone}.signed"
        self.tool("ldns-signzone", "-i", first, "-e", last, "-o", zone, "-f", signed, path, key)
        self.anchors.append((self.folder / f"{key}.key").read_text())
        return signed

    def tool(self, *words):
        return subprocess.run([str(word) for word in words], cwd=self.folder, capture_output=True,
                              text=True, check=True).stdout

    @staticmethod
    def installed():
        return all(Path(p).exists() for p in ("/usr/bin/ldns-signzone", "/usr/sbin/nsd", "/usr/sbin/unbound"))
