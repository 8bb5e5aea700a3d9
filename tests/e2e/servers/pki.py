# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of the tests' own, made once with the openssl command."""

import base64
import datetime
import hashlib
import shutil
import subprocess

from harness import IS_ROOT, WORK, Once

#: The names of the server that all tests know. One wildcard would do, but then
#: nobody would see whether names are compared.
NAMES = ("mx1.signed.test", "mail.example.test", "localhost", "mx.test", "ca.signed.test",
         "cakey.signed.test", "two.signed.test", "mixed.signed.test", "alias.signed.test",
         "none.signed.test", "initial.signed.test", "nexthop.signed.test", "insecure.test", "mx1.insecure.test", "mx1.bogus.test", "mx1.world.test",
         "mx2.world.test", "mx3.world.test", "xn--mx-xka.world.test")

#: leaf -> (names, first and last day from today, issuer, key)
LEAVES = {
    "good": (NAMES, -1, 365, "ca", "ec"),
    "rsa": (NAMES, -1, 365, "ca", "rsa"),
    "soon": (NAMES, -1, 5, "ca", "ec"),
    "tomorrow": (NAMES, -1, 1, "ca", "ec"),
    "expired": (NAMES, -30, -2, "ca", "ec"),
    "future": (NAMES, 30, 60, "ca", "ec"),
    "wrongname": (("other.invalid",), -1, 365, "ca", "ec"),
    "wildcard": (("*.signed.test", "*.example.test"), -1, 365, "ca", "ec"),
    "chain": (NAMES, -1, 365, "intermediate", "ec"),
    "chainsoon": (NAMES, -1, 365, "shortlived", "ec"),
    "missing": (NAMES, -1, 365, "intermediate", "ec"),
    "foreign": (NAMES, -1, 365, "otherca", "ec"),
    "client": (("probe.signed.test",), -1, 365, "ca", "ec"),
}

KEYS = {"ec": ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"), "rsa": ("rsa:2048",)}

CONFIGURATION = """[ca]
default_ca = the_ca
[the_ca]
database = {folder}/index
rand_serial = yes
new_certs_dir = {folder}
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = nothing
[nothing]
"""


def openssl(*words, data=None):
    return subprocess.run(["openssl", *map(str, words)], input=data, capture_output=True,
                          check=True).stdout


class PKI(Once):
    """An authority, its certificates, and what pins and TLSA records say of them.

    `ca` is a file and `ca_dir` a folder with hashed names."""

    def __init__(self):
        self.folder = WORK / "pki"
        self.folder.mkdir(mode=0o755)
        self.settings = self.folder / "openssl.cnf"
        self.settings.write_text(CONFIGURATION.format(folder=self.folder))
        (self.folder / "index").touch()
        self.ca = self.own("ca", "CN=CA of the tests", "basicConstraints=critical,CA:TRUE",
                           "keyUsage=critical,keyCertSign,cRLSign")
        self.own("otherca", "CN=Somebody else's CA", "basicConstraints=critical,CA:TRUE",
                 "keyUsage=critical,keyCertSign,cRLSign")
        self.own("selfsigned", "CN=mx1.signed.test", san(NAMES))
        self.signed("intermediate", "CN=Intermediate CA", -1, 365, "ca", "ec",
                    "basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,keyCertSign")
        self.signed("shortlived", "CN=Shortlived CA", -1, 5, "ca", "ec",
                    "basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,keyCertSign")
        for name, (names, first, last, issuer, kind) in LEAVES.items():
            self.signed(name, f"CN={names[0]}", first, last, issuer, kind, san(names),
                        "extendedKeyUsage=serverAuth,clientAuth")
            # A server sends its own root as well: TLSA 2 x x compares it.
            above = {"ca": ["ca"], "otherca": ["otherca"]}.get(issuer, [issuer, "ca"])
            if name == "missing":
                above = []
            self.chain(name).write_bytes(b"".join(self.certificate(n).read_bytes()
                                                  for n in [name, *above]))
        self.chain("selfsigned").write_bytes(self.certificate("selfsigned").read_bytes())
        self.ca_dir = self.folder / "hashed"
        self.ca_dir.mkdir(mode=0o755)
        (self.ca_dir / "ca.pem").write_bytes(self.ca.read_bytes())
        openssl("rehash", self.ca_dir)
        if IS_ROOT:          # the plugin reads it, and nobody else
            shutil.chown(self.key("client"), "nobody", "nogroup")

    def own(self, name, subject, *extensions):
        """A certificate that signs itself."""
        openssl("req", "-config", self.settings, "-x509", "-newkey", *KEYS["ec"], "-nodes", "-keyout",
                self.key(name), "-out", self.certificate(name), "-days", 3650, "-subj", f"/{subject}",
                *[word for extension in extensions for word in ("-addext", extension)])
        return self.certificate(name)

    def signed(self, name, subject, first, last, issuer, kind, *extensions):
        request = self.folder / f"{name}.csr"
        openssl("req", "-config", self.settings, "-newkey", *KEYS[kind], "-nodes", "-keyout",
                self.key(name), "-out", request, "-subj", f"/{subject}",
                *[word for extension in extensions for word in ("-addext", extension)])
        openssl("ca", "-batch", "-notext", "-config", self.settings, "-cert", self.certificate(issuer),
                "-keyfile", self.key(issuer), "-in", request, "-out", self.certificate(name),
                "-startdate", day(first), "-enddate", day(last))
        self.certificate(name).chmod(0o644)

    def certificate(self, name):
        return self.folder / f"{name}.pem"

    def chain(self, name):
        """What a server sends: its certificate and those above it."""
        return self.folder / f"{name}.chain.pem"

    def key(self, name):
        return self.folder / f"{name}.key"

    def der(self, name):
        return openssl("x509", "-in", self.certificate(name), "-outform", "DER")

    def spki(self, name):
        public = openssl("x509", "-in", self.certificate(name), "-noout", "-pubkey")
        return openssl("pkey", "-pubin", "-outform", "DER", data=public)

    def pin(self, name):
        """SHA-256 of the public key, in base64 as curl and RFC 7469 write it."""
        return base64.b64encode(hashlib.sha256(self.spki(name)).digest()).decode()

    def pin_hex(self, name):
        return hashlib.sha256(self.spki(name)).hexdigest()

    def tlsa(self, name, usage=3, selector=1, matching=1):
        """The data of a TLSA record (RFC 6698): "3 1 1 0123..."."""
        content = self.spki(name) if selector else self.der(name)
        digest = {0: content.hex, 1: hashlib.sha256(content).hexdigest,
                  2: hashlib.sha512(content).hexdigest}[matching]()
        return f"{usage} {selector} {matching} {digest}"


def san(names):
    return "subjectAltName=IP:127.0.0.1," + ",".join(f"DNS:{name}" for name in names) \
        if "localhost" in names else "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)


def day(days):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days, hours=1)
    return when.strftime("%Y%m%d%H%M%SZ")
