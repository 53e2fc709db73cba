"""The command line: exit codes, options before and after, what each command prints."""
import json
import os
import subprocess
import tempfile
import unittest

from harness import BINARY, ENGINE, ENV, PASSWORD, ROOT, Database, HttpTest


def run(*args, stdin=None, env=None):
    return subprocess.run([BINARY, *args], input=stdin, text=True, capture_output=True,
                          env={**ENV, **(env or {})}, cwd=ROOT, timeout=120)


class Program(HttpTest):
    def test_wrong_use_exits_2_and_says_how(self):
        for args in (["nonsense"], ["user", "add"], ["serve", "--nope"], ["token", "create"],
                     ["migrate", "--listen", "x"], ["describe", "weather"], ["serve", "--listen"],
                     ["events", "export", "FILE"], ["backup"], ["backup", "a", "b"], [],
                     ["--db", "sqlite:x"]):
            r = run(*args)
            self.assertEqual(r.returncode, 2, args)
            self.assertTrue(r.stderr.startswith(("tripod: ", "usage: ")), r.stderr)
            self.assertEqual(r.stdout, "")

    def test_json_is_one_document_whatever_happens(self):
        described = {e["code"] for e in json.loads(run("describe", "errors", "--json").stdout)}
        for args in (["nonsense"], ["user", "add"], ["serve", "--nope"], ["describe", "weather"],
                     ["metrics", "nonsense"], ["export", "nothing", "--format", "csv"], []):
            for order in (["--json", *args], [*args, "--json"]):
                r = run(*order, "--db", self.db.url)
                self.assertEqual(r.returncode, 2, order)
                said = json.loads(r.stdout)
                self.assertEqual(said["code"], "usage")
                self.assertIn("usage", described)
                self.assertIn(said["message"], r.stderr)
        with tempfile.TemporaryDirectory() as place:
            for args, member in ((["events", "export"], "events"),
                                 (["export", "users", "--format", "csv"], "rows")):
                path = os.path.join(place, 'a "b".out')
                said = json.loads(self.tripod(*args, "--out", path, "--json").stdout)
                self.assertEqual(said["file"], path)
                self.assertGreater(said[member], 5)

    def test_help_names_every_command(self):
        r = run("--help")
        self.assertEqual(r.returncode, 0)
        for name in ("serve", "migrate", "user add", "token create", "audit verify",
                     "events export", "backup", "restore", "describe"):
            self.assertIn(f"tripod {name}", r.stdout)

    def test_first_command_makes_a_whole_database(self):
        db = Database()
        self.addCleanup(db.drop)
        r = run("--json", "user", "--db", db.url, "add", "--role=sales,csm", "li.na", "--name",
                "李娜", "--password-stdin", stdin=PASSWORD)
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertEqual(json.loads(r.stdout)["id"], 1)
        r = run("audit", "verify", "--json", env={"TRIPOD_DB": db.url})
        self.assertEqual(r.returncode, 0, r.stderr)
        verdict = json.loads(r.stdout)
        self.assertTrue(verdict["ok"])
        self.assertGreater(verdict["events"] + verdict["unsealed"], 100)  # the shipped data

    def test_user_that_cannot_be_added(self):
        r = self.tripod("user", "add", "Upper", "--name", "X", "--role", "pope", "--password-stdin",
                        "--json", stdin=PASSWORD, check=False)
        self.assertEqual(r.returncode, 1)
        fields = {e["field"]: e["code"] for e in json.loads(r.stdout)["errors"]}
        self.assertEqual(fields, {"login": "bad_login_name", "roles": "not_in_list"})
        r = self.tripod("user", "add", "sales", "--name", "X", "--role", "sales", "--password-stdin",
                        stdin=PASSWORD, check=False)
        self.assertEqual(r.returncode, 1)
        self.assertIn("login", r.stderr)

    def test_token_is_alone_on_its_line_and_keeps_its_scope(self):
        r = self.tripod("token", "create", "--user", "manager", "--scope", "lead.read")
        token = r.stdout.rstrip("\n")
        self.assertRegex(token, r"\A\S{40,}\Z")
        from harness import Client
        me = Client(self.server, "manager", token)
        me.get("/api/v1/leads").ok()
        me.get("/api/v1/accounts").problem(403, "forbidden")
        r = self.tripod("token", "create", "--user", "nobody", check=False)
        self.assertEqual((r.returncode, r.stdout), (1, ""))
        r = self.tripod("token", "create", "--user", "manager", "--scope", "moon.read", check=False)
        self.assertEqual((r.returncode, r.stdout), (1, ""))

    def test_debug_build_watches_memory_and_arithmetic(self):
        libraries = subprocess.run(["ldd", BINARY], text=True, capture_output=True).stdout
        for name in ("libasan", "libubsan"):
            self.assertIn(name, libraries)

    def test_log_is_exported_in_order_and_verifies(self):
        lead = self.as_("sales").post("/api/v1/leads", {"company_name": "出口"}).made()
        r = self.tripod("events", "export", "--format", "ndjson")
        events = [json.loads(line) for line in r.stdout.splitlines()]
        self.assertEqual([e["pos"] for e in events], list(range(1, len(events) + 1)))
        if ENGINE == "sqlite":
            made = [e for e in events if e["kind"] == "lead.created"]
            self.assertEqual(made[-1]["entity_id"], lead["id"])
            self.assertEqual(made[-1]["payload"]["values"]["company_name"], "出口")
        head = json.loads(self.tripod("audit", "verify", "--json").stdout)["head"]
        self.assertEqual(self.tripod("audit", "verify", "--head", head).returncode, 0)
        r = self.tripod("audit", "verify", "--json", "--head", "0" * 64, check=False)
        self.assertEqual(r.returncode, 1)
        self.assertEqual(json.loads(r.stdout)["reason"], "head_not_found")

    def test_descriptions_speak_both_languages(self):
        some = {"permissions": "lead.convert", "errors": "gate_incomplete", "events": "node.completed",
                "settings": "login.max_failures", "entities": "opportunity", "metrics": "win_rate",
                "jobs": "house.clean_up", "outputs": "approval"}
        for what, one in some.items():
            rows = json.loads(self.tripod("describe", what).stdout)
            self.assertIn(one, [next(iter(row.values())) for row in rows], what)
            for row in rows:
                self.assertTrue(row["label"]["zh"] and row["label"]["en"], row)

    def test_every_permission_that_a_route_wants_is_granted_to_somebody(self):
        spec = json.loads(self.tripod("describe", "openapi").stdout)
        wanted = {op["x-permission"] for item in spec["paths"].values() for op in item.values()
                  if op.get("x-permission")}
        with open(os.path.join(ROOT, "seed/roles.json"), encoding="utf-8") as f:
            roles = json.load(f)["roles"]
        granted = {f"{entity}.{act}" for r in roles for entity, acts in r["grants"].items()
                   for act in acts}
        self.assertEqual(sorted(wanted - granted), [])
        # And nothing is granted that no code asks for.
        known = {p["code"] for p in json.loads(self.tripod("describe", "permissions").stdout)}
        self.assertEqual(sorted(granted - known), [])

    def test_clock_is_for_tests_and_loopback_alone(self):
        self.as_("admin").post("/api/v1/test/clock", {"now": "2027-01-01T00:00:00Z"}) \
            .problem(404, "not_found")
        r = run("serve", "--db", self.db.url, "--listen", "0.0.0.0:0", "--test-clock",
                "2027-01-01T00:00:00Z")
        self.assertEqual(r.returncode, 2)
        r = run("serve", "--db", self.db.url, "--listen", "127.0.0.1:0", "--test-clock", "tomorrow")
        self.assertEqual(r.returncode, 2)

    def test_address_that_is_taken(self):
        r = run("serve", "--db", self.db.url, "--listen", f"127.0.0.1:{self.server.port}")
        self.assertEqual(r.returncode, 1)
        self.assertTrue(r.stderr)


if __name__ == "__main__":
    unittest.main()
