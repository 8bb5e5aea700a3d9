# SPDX-License-Identifier: GPL-3.0-or-later
"""Zabbix: a real agent runs the keys, and a real server imports the template and shows what
the agent gave it. The server takes a PostgreSQL and the frontend's API, all on loopback."""

import json
import os
import shutil
import signal
import subprocess
import time
import unittest
import urllib.request
from pathlib import Path

from harness import IS_ROOT, PLUGINS, WORK, Server, TestCase, free_port, write
from prometheus import World

SHARE = PLUGINS.parents[2] / "share/mailpath-plugins/zabbix"


class Agent(Server):
    """zabbix_agentd as the user zabbix, with our keys; its Timeout is as the file of keys asks."""

    def __init__(self, ini):
        self.port = free_port()
        self.folder = WORK / f"zabbix-agent-{self.port}"
        self.folder.mkdir()
        shutil.chown(self.folder, "zabbix", "zabbix")
        config = write(f"zabbix-agent-{self.port}.conf", f"""
LogType=file
LogFile={self.folder}/log
PidFile={self.folder}/pid
Server=127.0.0.1
ListenIP=127.0.0.1
ListenPort={self.port}
Hostname=mail
Timeout=30
Include={SHARE}/mailpath.conf
""")
        super().__init__(["zabbix_agentd", "-f", "-c", config], lambda: self.get("agent.ping") == "1",
                         stdout=subprocess.DEVNULL, env=os.environ | {"MP_CONFIG_FILE": str(ini)},
                         user="zabbix", group="zabbix", extra_groups=[])

    def get(self, key):
        done = subprocess.run(["zabbix_get", "-s", "127.0.0.1", "-p", str(self.port), "-k", key],
                              capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).strip()


@unittest.skipUnless(IS_ROOT, "needs root: the agent becomes the user zabbix")
class Keys(TestCase):
    def test_the_agent_runs_every_plugin(self):
        world = World(self)
        agent = Agent(world.ini)
        self.addCleanup(agent.stop)
        for name in world.sections:
            short = name.removeprefix("check_")
            for key in (f"mailpath.{short}[{name}]", f"mailpath.{short}[]"):
                whole = json.loads(agent.get(key))
                self.assertEqual((whole["plugin"], whole["schema"]), (name, "mailpath/1"))
                self.assertNotIn(whole["summary"], ("", None))

    def test_a_key_cannot_smuggle_options_in(self):
        world = World(self)
        agent = Agent(world.ini)
        self.addCleanup(agent.stop)
        canary = WORK / "zabbix-canary"
        for section in (f"check_dnsbl --output-file={canary}", f"check_dnsbl\t--output-file={canary}",
                        "-h", "--version"):
            said = agent.get(f"mailpath.dnsbl[{section}]")
            self.assertRegex(said, r"DNSBL UNKNOWN - --extra-opts: \S+ has no section \[")
        for section in ("a;id", "a$(id)", "a`id`", 'a" --help "', "a'", "a@/etc/passwd", "a|id", "a&id"):
            said = agent.get(f'mailpath.dnsbl["{section.replace(chr(34), chr(92) + chr(34))}"]')
            self.assertIn("ZBX_NOTSUPPORTED", said)
            self.assertIn("Special characters", said)
        self.assertFalse(canary.exists())


class ZabbixServer:
    """PostgreSQL, zabbix_server and the API; ended in this order, backwards."""

    def __init__(self, test):
        self.test, self.token = test, None
        self.folder = WORK / "zabbix"
        self.folder.mkdir()
        self.database, self.port, self.web = free_port(), free_port(), free_port()
        self.start_database()
        self.start_server()
        self.start_web()

    def start_database(self):
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        postgres = {"user": "postgres", "group": "postgres", "extra_groups": [], "cwd": "/"}
        data = self.folder / "database"
        data.mkdir()
        shutil.chown(data, "postgres", "postgres")
        subprocess.run([programs / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync"],
                       check=True, stdout=subprocess.DEVNULL, **postgres)

        def sql(database, user="postgres", **kwargs):
            return subprocess.run([programs / "psql", "-q", "-h", "127.0.0.1", "-p", str(self.database), "-U",
                                   user, "-d", database], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  check=False, **kwargs).returncode == 0

        server = Server([programs / "postgres", "-D", data, "-p", self.database, "-c",
                         "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}", "-c", "fsync=off",
                         "-c", "full_page_writes=off"], lambda: sql("postgres", input=b"select 1"),
                        stderr=subprocess.DEVNULL, **postgres)
        # A polite end waits for clients; SIGINT does not.
        self.test.addCleanup(server.process.wait)
        self.test.addCleanup(lambda: server.process.send_signal(signal.SIGINT))
        sql("postgres", input=b"create role zabbix login; create database zabbix owner zabbix encoding 'UTF8' "
                              b"template template0;")
        for name in ("schema", "images", "data"):
            packed = subprocess.run(["zcat", f"/usr/share/zabbix-server-pgsql/{name}.sql.gz"],
                                    capture_output=True, check=True)
            sql("zabbix", "zabbix", input=packed.stdout)

    def start_server(self):
        config = write("zabbix-server.conf", f"""
LogType=file
LogFile={self.folder}/server.log
PidFile={self.folder}/server.pid
SocketDir={self.folder}
ListenIP=127.0.0.1
ListenPort={self.port}
DBHost=127.0.0.1
DBPort={self.database}
DBName=zabbix
DBUser=zabbix
AllowRoot=1
StartPollers=2
StartPollersUnreachable=1
StartTrappers=1
StartPingers=0
StartDiscoverers=0
StartHTTPPollers=0
StartTimers=1
StartEscalators=1
StartAlerters=1
StartPreprocessors=1
StartLLDProcessors=1
CacheUpdateFrequency=2
Timeout=30
""")
        server = Server(["zabbix_server", "-f", "-c", config], stdout=subprocess.DEVNULL)
        self.test.addCleanup(server.stop)

    def start_web(self):
        web = self.folder / "web"
        shutil.copytree("/usr/share/zabbix", web, symlinks=False, ignore_dangling_symlinks=True)
        settings = web / "conf/zabbix.conf.php"
        # Debian has the path of its settings in the program.
        reader = web / "include/classes/core/CConfigFile.php"
        reader.write_text(reader.read_text().replace("'/etc/zabbix/zabbix.conf.php'", f"'{settings}'"))
        settings.write_text(f"""<?php
$DB['TYPE']='POSTGRESQL'; $DB['SERVER']='127.0.0.1'; $DB['PORT']='{self.database}'; $DB['DATABASE']='zabbix';
$DB['USER']='zabbix'; $DB['PASSWORD']=''; $DB['SCHEMA']=''; $DB['ENCRYPTION']=false; $DB['KEY_FILE']='';
$DB['CERT_FILE']=''; $DB['CA_FILE']=''; $DB['VERIFY_HOST']=false; $DB['CIPHER_LIST']=''; $DB['VAULT_URL']='';
$DB['VAULT_DB_PATH']=''; $DB['VAULT_TOKEN']=''; $DB['DOUBLE_IEEE754']=true;
$ZBX_SERVER='127.0.0.1'; $ZBX_SERVER_PORT='{self.port}'; $ZBX_SERVER_NAME='tests';
$IMAGE_FORMAT_DEFAULT=IMAGE_FORMAT_PNG;
""")
        server = Server(["php", "-d", "post_max_size=16M", "-d", "max_execution_time=300", "-d",
                         "memory_limit=256M", "-d", "date.timezone=UTC", "-S", f"127.0.0.1:{self.web}", "-t",
                         web], self.answers, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.test.addCleanup(server.stop)

    def answers(self):
        try:
            return bool(self.call("apiinfo.version", []))
        except OSError:
            return False

    def call(self, method, parameters):
        body = {"jsonrpc": "2.0", "method": method, "params": parameters, "id": 1}
        if self.token:
            body["auth"] = self.token
        request = urllib.request.Request(f"http://127.0.0.1:{self.web}/api_jsonrpc.php", json.dumps(body).encode(),
                                         {"Content-Type": "application/json-rpc"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            found = json.load(answer)
        self.test.assertNotIn("error", found, method)
        return found["result"]


@unittest.skipUnless(IS_ROOT and shutil.which("zabbix_server"), "needs root, and zabbix_server")
class Template(TestCase):
    def test_the_template_shows_what_the_agent_gives(self):
        world = World(self)
        agent = Agent(world.ini)
        self.addCleanup(agent.stop)
        server = ZabbixServer(self)
        call = server.call
        server.token = call("user.login", {"username": "Admin", "password": "zabbix"})
        both = {"createMissing": True, "updateExisting": True}
        rules = {kind: both for kind in ("groups", "templates", "items", "triggers", "discoveryRules",
                                         "graphs", "valueMaps")}
        rules["templateLinkage"] = {"createMissing": True}
        text = (SHARE / "mailpath-template.yaml").read_text()
        # The second time, all of it is there, and is recognized.
        for _ in range(2):
            self.assertIs(call("configuration.import", {"format": "yaml", "source": text, "rules": rules}), True)
        templates = call("template.get", {"search": {"host": "Mailpath "}, "output": ["host"],
                                          "selectItems": "count", "selectGraphs": "count"})
        self.assertEqual({template["host"] for template in templates},
                         {f"Mailpath {path.name}" for path in PLUGINS.glob("check_*")})
        group = call("hostgroup.get", {"filter": {"name": "Zabbix servers"}, "output": ["groupid"]})[0]["groupid"]
        call("host.create", {
            "host": "mail", "groups": [{"groupid": group}],
            "templates": [{"templateid": template["templateid"]} for template in templates],
            "macros": [{"macro": f"{{$MAILPATH.{name.removeprefix('check_').upper()}.INTERVAL}}", "value": "5s"}
                       for name in world.sections],
            "interfaces": [{"type": 1, "main": 1, "useip": 1, "ip": "127.0.0.1", "dns": "",
                            "port": str(agent.port)}]})
        keys = [f"mailpath.{name.removeprefix('check_')}" for name in world.sections]

        def values():
            items = call("item.get", {"host": "mail", "output": ["key_", "lastvalue", "lastclock", "state", "error"]})
            return {item["key_"]: item for item in items}

        bits = "mailpath.spf_dmarc.dkim_bits"
        until = time.monotonic() + 120
        while time.monotonic() < until:
            items = values()
            problems = {problem["name"]: problem["severity"]
                        for problem in call("problem.get", {"output": ["name", "severity"]})}
            if all(items[f"{key}.state"]["lastclock"] != "0" for key in keys) and len(problems) > 2 and \
                    any(key.startswith("mailpath.mailqueue.reason[") and item["lastclock"] != "0"
                        for key, item in items.items()):
                break
            time.sleep(1)
        self.assertEqual({key: item["error"] for key, item in items.items() if item["error"]}, {})
        for name, key in zip(world.sections, keys):
            self.check_plugin(name, key, items, agent)
        self.assertEqual(items["mailpath.mailqueue.reason[reason unclassified]"]["lastvalue"], "1")
        self.assertNotIn(f"{bits}[", str(sorted(items)))    # the key is revoked: it has no bits
        self.assertEqual(problems.get("check_dnsbl is CRITICAL: 192.0.2.10 is listed by bl.test; "
                                      "1 of 1 lists healthy"), "4", problems)
        self.assertFalse([name for name in problems if name.startswith("check_rdns")], problems)

    def check_plugin(self, name, key, items, agent):
        """Each item is what stands in the JSON of the same agent."""
        given = json.loads(agent.get(f"{key}[{name}]"))
        self.assertEqual(int(float(items[f"{key}.state"]["lastvalue"])), given["exit_code"])
        self.assertEqual(items[f"{key}.summary"]["lastvalue"],
                         f"{given['state']}: {given['summary']}")
        for number in given["perfdata"]:
            if " " in number["label"] or number["label"].startswith(("time", "oldest")) \
                    or number["label"].endswith(("_oldest", "_free")):
                continue        # found by discovery, or another now
            item = items[f"{key}.{number['label']}"]
            self.assertNotEqual(item["lastclock"], "0", item)
            self.assertAlmostEqual(float(item["lastvalue"]), number["value"], 3, item)
