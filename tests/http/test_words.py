"""Stages and nodes are called by the names of the playbook version that the opportunity walks: in
records, lists, exports, history, timeline, search and filters, in the language of whoever reads."""
import csv
import io
import json
import os
import tempfile

from harness import ROOT, HttpTest

SEED = os.path.join(ROOT, "seed/playbook.json")
STAGE, NODE = "线索挖掘与筛选", "1.1 线索登记与来源归类"
PATH = "/api/v1/opportunities"


class Words(HttpTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        sales = cls.as_("sales")
        account = sales.post("/api/v1/accounts", {"name": "称谓精工"}).made()
        cls.old = sales.post(PATH, {"name": "称谓甲项目", "account_id": account["id"]}).made()
        # The next version calls its first stage and node differently.
        with open(SEED, encoding="utf-8") as f:
            doc = json.load(f)
        doc["stages"][0]["name"] = {"zh": "获客", "en": "Win"}
        doc["stages"][0]["nodes"][0]["name"] = {"zh": "登记", "en": "Enter"}
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as f:
            json.dump(doc, f, ensure_ascii=False)
            f.flush()
            made = json.loads(cls.tripod("playbook", "import", f.name, "--json").stdout)
        cls.tripod("playbook", "publish", str(made["version"]))
        cls.new = sales.post(PATH, {"name": "称谓乙项目", "account_id": account["id"]}).made()

    def get(self, path, lang="zh", **query):
        sales = self.as_("sales")
        sales.patch("/api/v1/me", {"lang": lang}).ok()
        return sales.get(path, **query).ok()

    def labels(self, one, lang="zh"):
        found = self.get(f"{PATH}/{one['id']}", lang)["labels"]
        return found["stage_code"], found["node_code"]

    def test_record_tells_the_names_of_its_own_version(self):
        self.assertEqual(self.labels(self.old), (STAGE, NODE))
        self.assertEqual(self.labels(self.new), ("获客", "1.1 登记"))
        self.assertEqual(self.labels(self.new, "en"), ("Win", "1.1 Enter"))

    def test_list_tells_the_names_row_by_row(self):
        rows = self.get(PATH, sort="id", fields="name,stage_code", limit=2)["items"]
        self.assertEqual([r["labels"] for r in rows],
                         [{"stage_code": STAGE}, {"stage_code": "获客"}])
        self.assertEqual([r["stage_code"] for r in rows], ["1", "1"])
        self.assertNotIn("labels", self.get(PATH, fields="name")["items"][0])

    def test_reference_to_a_node_has_its_name(self):
        filter = json.dumps({"opportunity_id": {"eq": self.new["id"]}, "code": {"eq": "1.1"}})
        node = self.get("/api/v1/nodes", filter=filter)["items"][0]
        self.assertEqual(node["labels"], {"code": "1.1 登记", "stage_code": "获客"})
        self.as_("sales").post(f"/api/v1/nodes/{node['id']}/exceptions", {
            "kind": "skip", "reason": "已在别处登记"}).ok()
        asked = self.get("/api/v1/exceptions", expand="node", filter=json.dumps(
            {"node_id": {"eq": node["id"]}}))["items"][0]
        self.assertEqual(asked["node"], {"id": node["id"], "name": "1.1 登记"})

    def test_export_has_the_names(self):
        text = self.as_("sales").get(PATH + "/export", format="csv", sort="id").expect(200).text
        rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
        self.assertEqual([(r["阶段"], r["当前节点"]) for r in rows[:2]],
                         [(STAGE, NODE), ("获客", "1.1 登记")])

    def test_timeline_says_which_node_and_stage(self):
        facts = {f["kind"]: f["about"]
                 for f in self.get(f"{PATH}/{self.new['id']}/timeline", limit=100)["items"]}
        self.assertEqual((facts["node.started"], facts["stage.entered"]), ("1.1 登记", "获客"))
        facts = {f["kind"]: f["about"]
                 for f in self.get(f"{PATH}/{self.old['id']}/timeline", "en", limit=100)["items"]}
        self.assertEqual((facts["node.started"], facts["stage.entered"]),
                         ("1.1 Lead capture and source", "Leads"))
        self.assertIsNone(facts["opportunity.created"])

    def test_history_has_the_names(self):
        name = "称谓丙项目"
        with tempfile.TemporaryDirectory() as folder:
            sheet, how = os.path.join(folder, "a.csv"), os.path.join(folder, "a.json")
            with open(sheet, "w", encoding="utf-8") as f:
                f.write(f"商机,客户,节点\n{name},称谓精工,1.1\n")
            with open(how, "w", encoding="utf-8") as f:
                json.dump({"version": 1, "entity": "opportunity", "records": [{
                    "entity": "opportunity", "key": ["name"], "fields": {
                        "name": "商机", "node_code": "节点", "imported": {"const": True},
                        "account_id": {"column": "客户",
                                       "ref": {"entity": "account", "by": "name"}}}}]}, f)
            self.tripod("import", "opportunity", sheet, "--map", how)
        made = self.as_("admin").get(PATH, q=name).ok()["items"][0]
        facts = self.as_("admin").get(f"{PATH}/{made['id']}/history").ok()["items"]
        change = next(c for f in facts for c in f["changes"] if c["field"] == "node_code")
        self.assertEqual((change["new"], change["new_text"]), ("1.1", "1.1 登记"))

    def test_search_says_where_it_stands(self):
        groups = self.get("/api/v1/search", q="称谓")["groups"]
        hits = next(g for g in groups if g["entity"] == "opportunity")["items"]
        self.assertEqual({h["title"]: h["subtitle"] for h in hits if h["id"] in
                          (self.old["id"], self.new["id"])},
                         {"称谓甲项目": STAGE, "称谓乙项目": "获客"})

    def test_filter_offers_todays_names(self):
        meta = self.get("/api/v1/meta")
        fields = {f["name"]: f for e in meta["entities"] if e["name"] == "opportunity"
                  for f in e["fields"]}
        self.assertEqual(fields["stage_code"]["enum"][0],
                         {"value": "1", "label": {"zh": "获客", "en": "Win"}, "tone": "neutral"})
        self.assertEqual(len(fields["node_code"]["enum"]), 28)
        self.assertEqual(fields["stage_code"]["type"], "text")

    def test_board_by_node(self):
        board = self.get("/api/v1/board", stage="1")
        self.assertEqual([(c["code"], c["name"]) for c in board["columns"]][:2],
                         [("1.1", "登记"), ("1.2", "首次触达")])
        self.assertEqual([s["name"] for s in board["stages"]][:2], ["获客", "需求诊断"])
        first = board["columns"][0]
        self.assertIn(self.new["id"], [c["id"] for c in first["cards"]])
        self.assertEqual(first["count"], len(first["cards"]))
        self.as_("sales").get("/api/v1/board", stage="9").problem(400, "bad_request")
