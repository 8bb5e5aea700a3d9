# SPDX-License-Identifier: GPL-3.0-or-later
"""An SMTP server that does at each stage what a test wants, and records what came.

    with Hostile({"RCPT": ["250 ok", "550 5.1.1 no"], "DATA": silence}) as server:
        run(..., "-p", server.port)
        server.words()          # ["EHLO", "MAIL", "RCPT", "RCPT", ...]

A script says what happens at a stage: "banner", a verb ("EHLO"; "EHLO/tls" within TLS),
"handshake", "response" (a line within AUTH), "content" (behind the last dot). What
happens is one of
  a str: lines joined by "\\n", each sent with CRLF; bytes: sent as they are;
  a function of (session, line), as those below; what it returns is done too;
  a tuple: one after another; a list: one an occasion, the last one from then on.
A stage that no script names is that of a friendly server."""

import base64
import hashlib
import hmac
import os
import select
import socket
import ssl
import struct
import threading
import time

from harness import FakeDNS, free_port
from servers.dovecot import PASSWORD, USER
from servers.pki import PKI


class Over(Exception):
    """The conversation has ended."""


# ---- what may happen

def silence(session, _line):
    """Say nothing, until the client goes or the test ends."""
    session.wait(3600)
    raise Over


def close(_session, _line):
    raise Over


def reset(session, _line):
    """TCP's RST instead of a FIN."""
    session.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise Over


def ignore(_session, _line):
    """Say nothing, and read on."""


def pause(seconds):
    return lambda session, _line: session.wait(seconds)


def drip(text, seconds):
    """A byte each so many seconds."""
    def act(session, _line):
        for byte in text.encode() if isinstance(text, str) else text:
            session.send(bytes([byte]))
            session.wait(seconds)
    return act


def endless(text, seconds=0):
    """The same bytes again and again."""
    data = text.encode() if isinstance(text, str) else text
    if not seconds:
        data *= max(1, 65536 // len(data))

    def act(session, _line):
        while True:
            session.send(data)
            session.wait(seconds)
    return act


def lines(code, *texts):
    """A reply of several lines."""
    return "\n".join([f"{code}-{text}" for text in texts[:-1]] + [f"{code} {texts[-1]}"])


def many(code, count):
    return lines(code, *(f"line {n}" for n in range(1, count + 1)))


def long_line(code, size):
    """One whose line has so many bytes, CRLF included."""
    return f"{code} " + "x" * (size - len(f"{code} \r\n"))


def echo(code):
    """A reply that holds what the client said, as some servers do in errors."""
    return lambda _session, line: f"{code} cannot do <{line}>"


def scram(iterations=4096, password=PASSWORD, nonce=None, signature=None, proof=True, first=None):
    """SCRAM-SHA-256 (RFC 5802), and ways of doing it wrong."""
    def act(session, line):
        bare = decode(line.split(" ")[2]).partition("n,,")[2]
        client_nonce = bare.partition(",r=")[2]
        salt = b"0123456789abcdef"
        server_first = first or (f"r={nonce or client_nonce + 'servernonce'},"
                                 f"s={encode(salt)},i={iterations}")
        session.say("334 " + encode(server_first))
        answer = session.read_line()
        session.server.sasl.append(decode(answer))
        if answer == "*":
            return "501 5.7.0 cancelled"
        without_proof, _, its_proof = decode(answer).rpartition(",p=")
        message = f"{bare},{server_first},{without_proof}".encode()
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, min(iterations, 100000))

        def mac(key, text):
            return hmac.new(key, text, hashlib.sha256).digest()

        key = mac(salted, b"Client Key")
        wanted = bytes(a ^ b for a, b in
                       zip(key, mac(hashlib.sha256(key).digest(), message)))
        if proof and base64.b64decode(its_proof) != wanted:
            return "535 5.7.8 authentication failed"
        if signature == "none":
            return "235 2.7.0 welcome"
        final = signature or "v=" + encode(mac(mac(salted, b"Server Key"), message))
        session.say("334 " + encode(final))
        session.read_line()
        return "235 2.7.0 welcome"
    return act


def encode(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def decode(text):
    try:
        return base64.b64decode(text).decode()
    except ValueError:
        return text


# ---- the server

class Session:
    """One connection."""

    def __init__(self, server, connection):
        self.server, self.socket = server, connection
        self.buffer = b""
        self.secure = False
        self.occasions = {}
        self.accepted = 0
        self.said = b""

    def wait(self, seconds):
        """Sleep, but not longer than the client stays."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self.server.ended.is_set():
            if left > 0.05 and self.is_gone():
                raise Over
            time.sleep(min(left, 0.05))
        if self.server.ended.is_set():
            raise Over

    def is_gone(self):
        if self.secure or not select.select([self.socket], [], [], 0)[0]:
            return False
        try:
            return self.socket.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            return True

    def send(self, data):
        self.said = data
        self.socket.sendall(data)

    def say(self, text):
        self.send("".join(f"{line}\r\n" for line in text.split("\n")).encode())

    def receive(self):
        data = self.socket.recv(65536)
        self.server.reads.append((time.monotonic(), len(data)))
        if not data:
            raise Over
        return data

    def read_line(self):
        while b"\n" not in self.buffer:
            self.buffer += self.receive()
        line, _, self.buffer = self.buffer.partition(b"\n")
        text = line.rstrip(b"\r").decode("utf-8", "backslashreplace")
        self.server.commands.append((time.monotonic(), text, self.secure))
        return text

    def read_content(self):
        content = b"\r\n" + self.buffer
        while b"\r\n.\r\n" not in content:
            content += self.receive()
        content, _, self.buffer = content.partition(b"\r\n.\r\n")
        self.server.messages.append(content[2:] + b"\r\n")

    def stage(self, name, line=""):
        """Do what the script says; False: it says nothing."""
        for key in (f"{name}/tls", name) if self.secure else (name,):
            if key in self.server.script:
                action = self.server.script[key]
                if isinstance(action, list):
                    count = self.occasions[key] = self.occasions.get(key, 0) + 1
                    action = action[min(count, len(action)) - 1]
                self.do(action, line)
                return True
        return False

    def do(self, action, line):
        if action is None:
            return
        if isinstance(action, str):
            self.say(action)
        elif isinstance(action, bytes):
            self.send(action)
        elif isinstance(action, tuple):
            for step in action:
                self.do(step, line)
        else:
            self.do(action(self, line), line)

    def handshake(self):
        self.server.leftover += self.buffer
        self.buffer = b""
        if self.stage("handshake"):
            return
        self.socket = self.server.context.wrap_socket(self.socket, server_side=True)
        self.secure = True
        self.server.tls.append((self.socket.version(), self.socket.getpeercert()))

    def run(self):
        if self.server.proxy:
            self.read_proxy()
        if self.server.implicit:
            self.handshake()
        if not self.stage("banner"):
            self.say("220 mx.test ESMTP hostile")
        while True:
            line = self.read_line()
            verb = line.partition(" ")[0].upper()
            if not self.stage(verb, line):
                self.friendly(verb, line)
            if verb == "DATA" and self.said.startswith(b"354"):
                self.read_content()
                if not self.stage("content"):
                    for _ in range(self.accepted if self.server.lmtp else 1):
                        self.say("250 2.0.0 taken")
            elif verb == "STARTTLS" and self.said.startswith(b"220"):
                self.handshake()
            elif verb == "AUTH" and self.said.startswith(b"334"):
                self.stage("response", self.read_line()) or self.say("235 2.7.0 welcome")
            elif verb == "RCPT" and self.said.startswith(b"25"):
                self.accepted += 1
            elif verb == "QUIT":
                raise Over

    def read_proxy(self):
        """PROXY protocol: a line (v1), or a length in a header (v2)."""
        head = self.socket.recv(12, socket.MSG_WAITALL)
        if head == b"\r\n\r\n\0\r\nQUIT\n":
            rest = self.socket.recv(4, socket.MSG_WAITALL)
            head += rest + self.socket.recv(int.from_bytes(rest[2:], "big"), socket.MSG_WAITALL)
        else:
            while not head.endswith(b"\n"):
                head += self.socket.recv(1) or b"\n"
        self.server.proxy_headers.append(head)

    def extensions(self):
        words = [word for word in self.server.extensions]
        if self.server.context and not self.secure and not self.server.implicit:
            words.append("STARTTLS")
        if self.server.auth and (self.secure or self.server.clear_auth):
            words.append(f"AUTH {self.server.auth}")
        return words

    def friendly(self, verb, line):
        if verb in ("EHLO", "LHLO"):
            self.say(lines(250, "mx.test", *self.extensions()))
        elif verb == "AUTH":
            self.log_in(line)
        else:
            self.say({"HELO": "250 mx.test", "MAIL": "250 2.1.0 sender ok", "RCPT": "250 2.1.5 ok",
                      "DATA": "354 go ahead" if self.accepted else "503 5.5.1 no recipients",
                      "STARTTLS": "220 2.0.0 go ahead" if self.server.context else "502 5.5.1 no",
                      "RSET": "250 2.0.0 ok", "NOOP": "250 2.0.0 ok",
                      "QUIT": "221 2.0.0 bye"}.get(verb, "502 5.5.1 what?"))
            if verb == "RSET":
                self.accepted = 0

    def challenge(self, text):
        self.say(f"334 {encode(text)}")
        answer = self.read_line()
        self.server.sasl.append(decode(answer))
        return decode(answer)

    def log_in(self, line):
        _, mechanism, *rest = line.split(" ")
        mechanism = mechanism.upper()
        first = decode(rest[0]) if rest else None
        if first:
            self.server.sasl.append(first)
        if mechanism == "SCRAM-SHA-256":
            self.do(scram(), line)
            return
        if mechanism == "PLAIN":
            given = first if first is not None else self.challenge("")
            good = given == f"\0{USER}\0{PASSWORD}"
        elif mechanism == "LOGIN":
            user = first if first else self.challenge("Username:")
            good = (user, self.challenge("Password:")) == (USER, PASSWORD)
        elif mechanism == "CRAM-MD5":
            text = "<1896.697170952@mx.test>"
            digest = hmac.new(PASSWORD.encode(), text.encode(), "md5").hexdigest()
            good = self.challenge(text) == f"{USER} {digest}"
        elif mechanism in ("XOAUTH2", "OAUTHBEARER"):
            given = first if first is not None else self.challenge("")
            good = f"auth=Bearer {self.server.token}\x01" in given
            if not good:
                self.challenge('{"status":"401","schemes":"bearer"}')
        elif mechanism == "EXTERNAL":
            good = self.secure and bool(self.socket.getpeercert())
        else:
            self.say("504 5.5.4 unknown mechanism")
            return
        self.say("235 2.7.0 welcome" if good else "535 5.7.8 authentication failed")


class Hostile:
    """Listens on `address`:`port`, or on the UNIX socket `path`.

    Records: `commands` [(time, line, within TLS)], `reads` [(time, bytes)] of each
    read from the socket, `messages` as they came (dots doubled), `sasl` what was said
    within AUTH, decoded, `tls` [(version, client certificate)], `sni`, `leftover`
    what came in clear behind STARTTLS, `proxy_headers`, `errors` of handshakes."""

    def __init__(self, script=None, *, tls=None, implicit=False, auth="", clear_auth=False,
                 extensions=("PIPELINING", "SIZE 10240000", "8BITMIME", "ENHANCEDSTATUSCODES"),
                 lmtp=False, proxy=False, address="127.0.0.1", port=0, path=None,
                 tls_versions=None, client_certificate=False, token="t0ken"):
        self.script = script or {}
        self.implicit, self.auth, self.clear_auth = implicit, auth, clear_auth
        self.extensions, self.lmtp, self.proxy, self.token = extensions, lmtp, proxy, token
        self.commands, self.reads, self.messages, self.sasl = [], [], [], []
        self.tls, self.sni, self.errors, self.proxy_headers = [], [], [], []
        self.leftover = b""
        self.connections = 0
        self.sessions = []
        self.ended = threading.Event()
        self.context = None
        if tls or implicit:
            self.context = make_context(tls or "good", tls_versions, client_certificate)
            self.context.sni_callback = lambda _socket, name, _context: self.sni.append(name)
        self.address, self.path = address, path
        if path:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(path))
            os.chmod(path, 0o666)
        else:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            self.listener = socket.socket(family)
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind((address, port))
            self.port = self.listener.getsockname()[1]
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.ended.is_set():
                connection.close()
                return
            self.sessions.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        session = Session(self, connection)
        try:
            session.run()
        except ssl.SSLError as error:
            self.errors.append(error.reason or str(error))
        except (Over, OSError):
            pass
        finally:
            session.socket.close()

    def words(self):
        """The verbs in their order."""
        return [line.partition(" ")[0].upper() for _, line, _ in self.commands]

    def lines(self):
        return [line for _, line, _ in self.commands]

    def stop(self):
        self.ended.set()
        # close() alone would leave accept() waiting.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for connection in self.sessions:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def make_context(certificate, versions=None, client_certificate=False):
    """TLS with a certificate of the PKI; `versions` (first, last) may be old ones."""
    pki = PKI.get()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if versions:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = versions
    context.load_cert_chain(pki.chain(certificate), pki.key(certificate))
    if client_certificate:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(pki.ca)
    return context


class Crowd:
    """Fifty servers, as the MX of crowd.test; `script_of` gives each its script."""

    COUNT = 50

    def __init__(self, script_of, **kwargs):
        addresses = [f"127.77.1.{n + 1}" for n in range(self.COUNT)]
        self.dns = FakeDNS("".join(f"crowd.test MX {n} mx{n}.crowd.test\nmx{n}.crowd.test A {address}\n"
                                   for n, address in enumerate(addresses)))
        self.port = free_port()
        self.servers = [Hostile(script_of(n), address=address, port=self.port, **kwargs)
                        for n, address in enumerate(addresses)]
        self.words = ("--mx", "crowd.test", "-p", self.port, "--resolver", self.dns.resolver)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in (*self.servers, self.dns):
            server.stop()


class Deaf:
    """A port whose connections hang, as behind a firewall that drops: nobody accepts,
    and the queue is full."""

    def __init__(self, address="127.0.0.1"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.socket(family)
        self.listener.bind((address, 0))
        self.listener.listen(0)
        self.address, self.port = address, self.listener.getsockname()[1]
        self.fillers = []
        for _ in range(8):
            filler = socket.socket(family)
            filler.setblocking(False)
            filler.connect_ex((address, self.port))
            self.fillers.append(filler)
        time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in (*self.fillers, self.listener):
            one.close()


class Closed:
    """A port that refuses connections, and that nobody else gets meanwhile."""

    def __init__(self, address="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.socket.bind((address, 0))
        self.address, self.port = address, self.socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
