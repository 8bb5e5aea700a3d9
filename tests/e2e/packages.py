# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages: they are built from a release, lintian and rpmlint are content, they can be
installed (in a folder, not on this machine), and what was installed runs."""

import os
import re
import shutil
import subprocess
import unittest

from harness import BUILD, IS_ROOT, PLUGINS, WORK, Once, TestCase

#: plugins with a package of their own, and the library that is why
HEAVY = {"check_mailcontent": "libcurl", "check_smtp_send": "libgsasl"}
CORE = sorted(path.name for path in PLUGINS.glob("check_*") if path.name not in HEAVY)


def shell(*words, cwd=None, **more):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, cwd=cwd,
                          stdin=subprocess.DEVNULL,
                          env={"PATH": os.environ["PATH"], "HOME": str(WORK), "LC_ALL": "C.UTF-8"} | more)
    assert done.returncode == 0, f"{' '.join(map(str, words))}: {done.returncode}\n" \
                                 f"{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    return done.stdout + done.stderr


class Release(Once):
    """The tarball."""

    def __init__(self):
        shell("make", "-C", BUILD, "dist")
        name = next(BUILD.glob("mailpath-plugins-*.tar.gz")).name
        self.tarball = WORK / name
        shutil.move(BUILD / name, self.tarball)
        self.name = name.removesuffix(".tar.gz")


class Packages(TestCase):
    def assertRuns(self, root, folder):
        for name in CORE + sorted(HEAVY):
            done = subprocess.run([root / folder / name, "--version"], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 3, done)
            self.assertRegex(done.stdout, fr"^{name} \(mailpath-plugins\) [\d.]+\n$")
        done = subprocess.run([root / folder / "check_dnsbl", "-H", "10.0.0.1"], capture_output=True, text=True,
                              check=False)
        self.assertRegex(done.stdout, "^DNSBL UNKNOWN - .*10.0.0.1")
        share = root / "usr/share/mailpath-plugins"
        for name in ("nagios/mailpath.cfg", "icinga2/mailpath-commands.conf", "zabbix/mailpath.conf",
                     "prometheus/mailpath.cron", "prometheus/mailpath@.service"):
            text = (share / name).read_text()
            self.assertIn(f"/{folder}", text)
            self.assertNotRegex(text, r"@plugindir@|\$\{|/usr/local")
        completions = root / "usr/share/bash-completion/completions"
        for name in CORE:
            self.assertIn("_mailpath()", (completions / name).resolve().read_text())

    @unittest.skipUnless(shutil.which("dpkg-buildpackage") and shutil.which("lintian"), "no debhelper, no lintian")
    def test_debian(self):
        release = Release.get()
        folder = WORK / "deb"
        folder.mkdir()
        shell("tar", "xf", release.tarball, cwd=folder)
        source = folder / release.name
        shutil.copytree(source / "contrib/packaging/debian", source / "debian")
        shell("dpkg-buildpackage", "-us", "-uc", "-b", "-d", "-j2", cwd=source,
              DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=2")
        # The maintainer's address is a stand-in.
        said = shell("lintian", "--fail-on", "error,warning", "--allow-root", "--suppress-tags",
                     "bogus-mail-host,bogus-mail-host-in-debian-changelog", *folder.glob("*.changes"))
        self.assertNotRegex(said, "(?m)^[EW]: ")
        packages = {path.name.split("_")[0]: path for path in folder.glob("*.deb")}
        self.assertEqual(set(packages), {"mailpath-plugins", "mailpath-plugins-content", "mailpath-plugins-smtp"})
        for name, libraries in (("mailpath-plugins", {"libldns3", "libjansson4"}),
                                ("mailpath-plugins-content", {"libcurl4", "mailpath-plugins"}),
                                ("mailpath-plugins-smtp", {"libgsasl18", "mailpath-plugins"})):
            needs = set(re.findall(r"[\w.+-]+(?= \(|,|$)", shell("dpkg-deb", "-f", packages[name], "Depends").strip()))
            self.assertLessEqual(libraries, needs)
            self.assertEqual("libgsasl18" in needs, name.endswith("smtp"))
            self.assertEqual("libcurl4" in needs, name.endswith("content"))
        if not IS_ROOT:
            self.skipTest("not root: nothing was installed")
        # All that they need is to be had; and then they are installed, elsewhere.
        self.assertIn("mailpath-plugins-smtp", shell("apt-get", "install", "--simulate", *packages.values()))
        root = folder / "root"
        (root / "var/lib/dpkg").mkdir(parents=True)
        shell("dpkg", f"--root={root}", "--force-depends", "--force-script-chrootless", "-i", *packages.values())
        self.assertRuns(root, "usr/lib/nagios/plugins")

    @unittest.skipUnless(shutil.which("rpmbuild") and shutil.which("rpmlint"), "no rpmbuild, no rpmlint")
    def test_rpm(self):
        release = Release.get()
        folder = WORK / "rpm"
        folder.mkdir()
        top = ["--define", f"_topdir {folder}", "--define", "_libdir /usr/lib64"]
        # This is Debian: the database of rpm knows no package.
        shell("rpmbuild", "--nodeps", "--nocheck", *top, "-tb", release.tarball)
        spec = WORK / "mailpath-plugins.spec"
        spec.write_text(shell("tar", "xOf", release.tarball,
                              f"{release.name}/contrib/packaging/mailpath-plugins.spec"))
        packages = [path for path in folder.glob("RPMS/*/*.rpm") if "debug" not in path.name]
        self.assertEqual(len(packages), 3)
        shell("tar", "xf", release.tarball, f"{release.name}/contrib/packaging", cwd=folder)
        said = shell("rpmlint", "--rpmlintrc",
                     folder / release.name / "contrib/packaging/mailpath-plugins.rpmlintrc", spec, *packages)
        self.assertIn(" 0 errors, 0 warnings", said)
        for package in packages:
            needs = shell("rpm", "-qp", "--requires", package)
            self.assertEqual("libgsasl.so" in needs, "-smtp-" in package.name, needs)
            self.assertEqual("libcurl.so" in needs, "-content-" in package.name, needs)
        if not IS_ROOT:
            self.skipTest("not root: nothing was installed")
        root = folder / "root"
        root.mkdir()
        shell("rpm", "--root", root, "--nodeps", "-i", *packages)
        self.assertRuns(root, "usr/lib64/nagios/plugins")
