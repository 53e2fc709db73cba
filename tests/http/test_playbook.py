"""tripod playbook show, check, import, diff, publish; running opportunities keep their version."""
import json
import os
import tempfile

from harness import ROOT, HttpTest

SEED = os.path.join(ROOT, "seed/playbook.json")


class Playbook(HttpTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        with open(SEED, encoding="utf-8") as f:
            cls.seed = json.load(f)

    def file(self, change=None):
        """The shipped playbook with a change, as a file."""
        doc = json.loads(json.dumps(self.seed))
        if change:
            change(doc)
        path = os.path.join(self.folder.name, os.urandom(4).hex() + ".json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(doc, f, ensure_ascii=False)
        return path

    def command(self, *args):
        return json.loads(self.tripod("playbook", *args, "--json").stdout)

    def refused(self, *args, code=1):
        r = self.tripod("playbook", *args, "--json", check=False)
        self.assertEqual(r.returncode, code, r.stderr + r.stdout)
        return json.loads(r.stdout) if code == 1 else r.stderr

    def opportunity(self, name):
        sales = self.as_("sales")
        account = sales.post("/api/v1/accounts", {"name": "流程" + name}).made()
        return sales.post("/api/v1/opportunities",
                          {"name": name, "account_id": account["id"]}).made()["id"]

    def path(self, opportunity):
        p = self.as_("sales").get(f"/api/v1/opportunities/{opportunity}/path").ok()
        return p["playbook_version"], [n["code"] for s in p["stages"] for n in s["nodes"]]

    @staticmethod
    def codes(shown):
        return [n["code"] for s in shown["stages"] for n in s["nodes"]]

    def test_show_prints_stages_and_nodes(self):
        shown = self.command("show")
        self.assertIsInstance(shown["version"], int)
        self.assertEqual(len(shown["stages"]), 6)
        for stage, wanted in zip(self.command("show", "1")["stages"], self.seed["stages"]):
            self.assertEqual((stage["code"], stage["name"]), (wanted["code"], wanted["name"]))
            for node, want in zip(stage["nodes"], wanted["nodes"], strict=True):
                for key in ("code", "name", "gate", "owner_roles", "limit"):
                    self.assertEqual(node[key], want[key])
                self.assertEqual([o["key"] for o in node["outputs"]],
                                 [o["key"] for o in want["outputs"]])
        text = self.tripod("playbook", "show", "1").stdout
        for code in self.codes(self.command("show", "1")):
            self.assertIn(f"  {code}", text)

    def test_what_show_prints_can_be_imported(self):
        path = os.path.join(self.folder.name, "shown.json")
        with open(path, "w", encoding="utf-8") as f:
            f.write(self.tripod("playbook", "show", "1", "--json").stdout)
        self.assertEqual(self.command("check", path), {"ok": True, "stages": 6, "nodes": 28})
        made = self.command("import", path)
        self.assertEqual(made["state"], "draft")
        self.assertEqual(self.command("diff", "1", str(made["version"])),
                         {"added": [], "removed": [], "changed": [], "stages": []})
        # It says version 1 inside, but this is another.
        self.assertEqual(self.command("show", str(made["version"]))["version"], made["version"])

    def test_check_refuses_and_names_the_place(self):
        def ring(doc):
            doc["stages"][0]["nodes"][0]["after"] = ["1.3"]
        answer = self.refused("check", self.file(ring))
        self.assertEqual(answer["code"], "playbook_invalid")
        self.assertIn("nodes.1.1: after: the nodes wait for each other", answer["message"])
        self.refused("check", os.path.join(self.folder.name, "none.json"))
        self.refused("check", code=2)
        path = os.path.join(self.folder.name, "broken.json")
        with open(path, "w", encoding="utf-8") as f:
            f.write('{"format": 1, "format": 1}')
        self.assertEqual(self.refused("check", path)["code"], "bad_json")

    def test_a_refused_import_leaves_nothing(self):
        before = self.as_("owner").get("/api/v1/playbooks", count="exact").ok()["total"]

        def unknown(doc):
            doc["stages"][2]["nodes"][0]["colour"] = "red"
        answer = self.refused("import", self.file(unknown))
        self.assertIn("nodes.3.1: unknown key 'colour'", answer["message"])
        self.assertEqual(self.as_("owner").get("/api/v1/playbooks", count="exact").ok()["total"],
                         before)

    def test_running_opportunities_keep_their_version(self):
        first = self.opportunity("旧版")
        was, old_nodes = self.path(first)

        def shorter(doc):
            doc["stages"][0]["nodes"] = doc["stages"][0]["nodes"][:4] + [
                {**doc["stages"][0]["nodes"][4], "code": "1.9"}]
            for stage in doc["stages"]:
                for node in stage["nodes"]:
                    node["after"] = ["1.9" if c == "1.5" else c for c in node["after"]]
                    for output in node["outputs"]:
                        if "of" in output:
                            output["of"] = [of.replace("1.5/", "1.9/") for of in output["of"]]
        version = self.command("import", self.file(shorter))["version"]
        # A draft changes nothing yet.
        self.assertEqual(self.path(self.opportunity("草稿期间"))[0], was)
        difference = self.command("diff", str(version))
        self.assertEqual((difference["added"], difference["removed"]), (["1.9"], ["1.5"]))
        self.assertEqual(difference["changed"], [{"code": "2.1", "what": ["after"]}])
        self.assertEqual(self.command("publish", str(version)),
                         {"version": version, "state": "published"})
        # The server learns of it without a restart; the draft and the retired one stay as they were.
        second = self.opportunity("新版")
        new_version, new_nodes = self.path(second)
        self.assertEqual(new_version, version)
        self.assertIn("1.9", new_nodes)
        self.assertNotIn("1.5", new_nodes)
        self.assertEqual(self.path(first), (was, old_nodes))
        self.assertEqual(self.command("show")["version"], version)
        states = {p["revision"]: p["state"]
                  for p in self.as_("owner").get("/api/v1/playbooks", limit=200).ok()["items"]}
        self.assertEqual((states[was], states[version]), ("retired", "published"))
        # Published ones never change, and are not published twice.
        self.assertEqual(self.refused("publish", str(version))["code"], "conflict")
        self.assertEqual(self.refused("publish", str(was))["code"], "conflict")
        self.assertEqual(self.refused("publish", "4711")["code"], "not_found")
        kinds = [json.loads(line)["kind"] for line in
                 self.tripod("events", "export").stdout.splitlines()]
        self.assertIn("playbook.drafted", kinds)
        self.assertIn("playbook.published", kinds)
