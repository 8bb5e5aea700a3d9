# SPDX-License-Identifier: GPL-3.0-or-later
"""Dovecot: who may log in to Postfix, and an LMTP server. One process for both."""

import base64
import hashlib
import hmac
import json
import shutil
import time
from pathlib import Path

from harness import WORK, Once, free_port, write
from servers.leash import Leashed

#: A password that must be seen nowhere. It has what breaks quoting: '=' and ','
#: (SCRAM), a space, a percent sign, and no letter that base64 would leave alone.
USER = "probe"
PASSWORD = "canary=P4ss,w0rd %7 secret"
#: One whose password is not ASCII: SCRAM prepares it (RFC 4013).
UMLAUT_USER = "umlaut"
UMLAUT_PASSWORD = "canary-gr\u00fc\u00dfe-\u20ac"
TOKEN_KEY = b"the key of the tests' token issuer"
MECHANISMS = ("plain", "login", "cram-md5", "scram-sha-256", "xoauth2", "oauthbearer")


def token(user=USER, seconds=3600, key=TOKEN_KEY):
    """A JSON web token (RFC 7519) that Dovecot believes, unless the key is another."""
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    now = int(time.time())
    head = part(json.dumps({"typ": "JWT", "alg": "HS256", "kid": "default"}).encode())
    body = part(json.dumps({"sub": user, "iat": now - 5, "nbf": now - 5,
                            "exp": now + seconds}).encode())
    signature = part(hmac.new(key, head + b"." + body, hashlib.sha256).digest())
    return b".".join((head, body, signature)).decode()


class Dovecot(Once):
    """`lmtp_port` and `lmtp_socket` speak LMTP; probe@signed.test exists."""

    def __init__(self):
        self.folder = WORK / "dovecot"
        self.folder.mkdir(mode=0o755)
        self.auth_socket = self.folder / "auth-postfix"
        self.lmtp_socket = self.folder / "lmtp"
        self.lmtp_port = free_port()
        self.mail = self.folder / "mail"
        self.mail.mkdir()
        shutil.chown(self.mail, "nobody", "nogroup")
        users = "".join(f"{name}{at}:{{PLAIN}}{password}\n"
                        for name, password in ((USER, PASSWORD), (UMLAUT_USER, UMLAUT_PASSWORD))
                        for at in ("", "@signed.test"))
        shutil.chown(write("dovecot/passwd", users, 0o600), "dovecot")
        (self.folder / "users").write_text(f"{USER}@signed.test::::::\nsecond@signed.test::::::\n")
        keys = self.folder / "keys/default/HS256"
        keys.mkdir(parents=True)
        (keys / "default").write_bytes(base64.b64encode(TOKEN_KEY))
        (self.folder / "oauth2.conf").write_text(f"""introspection_mode = local
local_validation_key_dict = fs:posix:prefix={self.folder}/keys/
username_attribute = sub
""")
        configuration = write("dovecot/dovecot.conf", self.configuration())
        (self.folder / "log").touch()
        self.server = Leashed(
            ["dovecot", "-F", "-c", configuration],
            ready=lambda: self.auth_socket.is_socket() and self.lmtp_socket.is_socket(),
            stderr=(self.folder / "stderr").open("w"))

    def configuration(self):
        return f"""base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/log
instance_name = mailpath-tests
protocols = lmtp
listen = 127.0.0.1
ssl = no
shutdown_clients = yes
hostname = lmtp.signed.test
disable_plaintext_auth = no
auth_mechanisms = {" ".join(MECHANISMS)}
auth_failure_delay = 0
auth_worker_max_count = 1
auth_verbose = yes
mail_location = maildir:{self.mail}/%n
first_valid_uid = 1
mail_uid = nobody
mail_gid = nogroup
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {self.folder}/oauth2.conf
}}
passdb {{
  driver = passwd-file
  mechanisms = plain login cram-md5 scram-sha-256
  args = username_format=%u {self.folder}/passwd
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {self.folder}/users
  override_fields = uid=nobody gid=nogroup home={self.mail}/%n
}}
service auth {{
  unix_listener {self.auth_socket} {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
service lmtp {{
  unix_listener {self.lmtp_socket} {{
    mode = 0666
  }}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {self.lmtp_port}
  }}
}}
# Nobody waits after a wrong password.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""

    def stored(self, identity, user=USER, seconds=5):
        return find_message(self.mail / user / "new", identity, seconds)

    @staticmethod
    def installed():
        return Path("/usr/lib/dovecot/lmtp").exists()


def find_message(folder, identity, seconds=5):
    """The stored message that holds these bytes, or None."""
    identity = identity.encode() if isinstance(identity, str) else identity
    until = time.monotonic() + seconds
    while True:
        for path in sorted(folder.glob("*")):
            content = path.read_bytes()
            if identity in content:
                return content
        if time.monotonic() > until:
            return None
        time.sleep(0.02)
