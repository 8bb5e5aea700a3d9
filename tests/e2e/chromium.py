# SPDX-License-Identifier: GPL-3.0-or-later
"""A headless Chromium that is driven by its own protocol over two pipes, as an
unprivileged user and without a network."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import IS_ROOT, WORK, Once


class Chromium(Once):
    def __init__(self):
        program = shutil.which("chromium")
        if program is None:
            raise unittest.SkipTest("chromium is not installed")
        self.folder = Path(tempfile.mkdtemp(prefix="chromium-", dir=WORK))
        if IS_ROOT:
            shutil.chown(self.folder, "nobody", "nogroup")
        to_read, self.to = os.pipe()
        self.back, back_write = os.pipe()

        def pipes():
            # What it reads is 3, and what it writes is 4; neither may be in the way of the other.
            read, write = os.dup2(to_read, 23), os.dup2(back_write, 24)
            os.dup2(read, 3)
            os.dup2(write, 4)

        argv = [program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
                "--disable-background-networking", "--disable-component-update", "--no-default-browser-check",
                "--disable-dev-shm-usage", f"--user-data-dir={self.folder}/data", "--remote-debugging-pipe",
                "--host-resolver-rules=MAP * ~NOTFOUND", "about:blank"]
        # Without a network of its own it could not fetch anything, even if it wanted to.
        if IS_ROOT:
            argv = ["unshare", "-n", "setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", *argv]
        self.process = subprocess.Popen(
            argv, preexec_fn=pipes, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd=self.folder, start_new_session=True,
            env={"HOME": str(self.folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"})
        os.close(to_read)
        os.close(back_write)
        self.bytes, self.number, self.events = b"", 0, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    session = None

    def message(self):
        while b"\0" not in self.bytes:
            if not select.select([self.back], [], [], 60)[0]:
                raise RuntimeError("chromium does not answer")
            more = os.read(self.back, 1 << 20)
            if not more:
                raise RuntimeError("chromium has ended")
            self.bytes += more
        one, _, self.bytes = self.bytes.partition(b"\0")
        return json.loads(one)

    def call(self, method, **parameters):
        self.number += 1
        question = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            question["sessionId"] = self.session
        os.write(self.to, json.dumps(question).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, path, width=1200, scheme="light", height=900):
        """Show a file; what happened meanwhile is in `events`."""
        self.events.clear()
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", media="",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=f"file://{path}")
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(self.message())

    def evaluate(self, script):
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(str(result["exceptionDetails"]))
        return result["result"].get("value")

    def screenshot(self):
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True,
                                          format="png")["data"])

    def pdf(self):
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"])

    def stop(self):
        self.session = None
        try:
            self.call("Browser.close")
            self.process.wait(10)
        except (RuntimeError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.back)
