"""Exports over HTTP and by the command line: what one may see and asked for, in three formats; and what
they hold can be imported again."""
import csv
import io
import json
import tempfile
import time
import unittest
import zipfile

from harness import Client, HttpTest

NAMES = ["出口甲", "出口乙", "=1+1", '含,逗号"引号"与 空格']


class Exports(HttpTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for n, name in enumerate(NAMES):
            cls.as_("sales").post("/api/v1/leads", {
                "company_name": name, "contact_name": f"联系人{n}", "source": "exhibition",
                "need": "两行\n需求", "budget_fen": 100 * n + 5}).made()
        cls.as_("sales2").post("/api/v1/leads", {"company_name": "别人的"}).made()

    def export(self, who="sales", **query):
        return self.as_(who).get("/api/v1/leads/export", **query).expect(200)

    def lines(self, who="sales", **query):
        text = self.export(who, format="ndjson", **query).text
        return [json.loads(line) for line in text.splitlines()]

    def rows(self, **query):
        text = self.export(format="csv", **query).text
        return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))

    def test_export_has_the_three_formats(self):
        self.assertEqual([r["company_name"] for r in self.lines(sort="id")], NAMES)
        self.assertEqual([r["budget_fen"] for r in self.lines(sort="id")], [5, 105, 205, 305])
        self.assertEqual({r["owner"]["name"] for r in self.lines()}, {"张伟"})
        rows = self.rows(sort="id")
        # For people: titles, names and money in words; a formula is text.
        self.assertEqual([r["公司名称"] for r in rows], [NAMES[0], NAMES[1], "'=1+1", NAMES[3]])
        self.assertEqual({r["需求描述"] for r in rows}, {"两行\n需求"})
        self.assertEqual([r["预算"] for r in rows], ["0.05", "1.05", "2.05", "3.05"])
        self.assertEqual({r["负责人"] for r in rows}, {"张伟"})
        answer = self.export(sort="id")
        self.assertIn("leads.xlsx", answer.header("Content-Disposition"))
        with zipfile.ZipFile(io.BytesIO(answer.body)) as z:
            text = b"".join(z.read(n) for n in z.namelist()).decode("utf-8", "replace")
        self.assertIn(NAMES[0], text)
        self.assertNotIn("<f>", text)
        self.as_("sales").get("/api/v1/leads/export", format="pdf").problem(400, "bad_request")

    def test_every_entity_is_exported_and_refused(self):
        made = self.as_("admin").post("/api/v1/me/tokens", {
            "name": "product", "scopes": "product.read,lead.read,export.run"}).made()
        narrow = Client(self.server, "two entities", made["token"], self.write_down)
        faults = []
        for e in self.as_("admin").get("/api/v1/meta").ok()["entities"]:
            path = f"/api/v1/{e['plural']}/export"
            listed = self.as_("admin").get(f"/api/v1/{e['plural']}", count="exact").ok()["total"]
            lines = self.as_("admin").get(path, format="ndjson").expect(200).text.splitlines()
            if len(lines) != listed:
                faults.append(f"{e['name']}: {len(lines)} of {listed}")
            refused = narrow.get(path).status
            if refused != (200 if e["name"] in ("product", "lead") or e["flags"]["open_read"] else 403):
                faults.append(f"{e['name']}: {refused} to a token without its right")
        self.assertEqual(faults, [])

    def test_export_is_of_what_was_asked_for(self):
        some = self.lines(filter={"budget_fen": {"gt": 5}}, sort="-budget_fen", q="出口")
        self.assertEqual([r["company_name"] for r in some], ["出口乙"])
        self.assertEqual([list(r) for r in self.rows(fields="contact_name,company_name")][0],
                         ["公司名称", "联系人"])
        self.as_("sales").get("/api/v1/leads/export", filter={"nothing": 1}).problem(
            400, "bad_filter")

    def test_export_reaches_no_further_than_its_person(self):
        self.assertNotIn("别人的", [r["company_name"] for r in self.lines()])
        self.assertEqual([r["company_name"] for r in self.lines("sales2")], ["别人的"])
        made = self.as_("sales").post("/api/v1/me/tokens", {
            "name": "reads only", "scopes": "lead.read"}).made()
        narrow = Client(self.server, "reads only", made["token"], self.write_down)
        narrow.get("/api/v1/leads").ok()
        narrow.get("/api/v1/leads/export").problem(403, "forbidden")
        before = self.made_exports()
        self.lines("sales2")
        self.assertEqual(self.made_exports()[len(before):],
                         [{"entity": "lead", "format": "ndjson", "rows": 1}])

    def made_exports(self):
        """Payloads of the events, when all of them are sealed."""
        for _ in range(100):
            if not json.loads(self.tripod("audit", "verify", "--json").stdout)["unsealed"]:
                break
            time.sleep(0.05)
        events = self.tripod("events", "export", "--format", "ndjson").stdout.splitlines()
        return [e["payload"] for e in map(json.loads, events) if e["kind"] == "export.made"]


class ThereAndBack(HttpTest):
    """What was exported is edited and imported again: it updates what was edited, and creates nothing."""
    KEPT = ("company_name", "contact_name", "source", "need", "budget_fen", "owner_id", "status")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Equal names: only the number tells the records apart.
        for n, name in enumerate([*NAMES, NAMES[0]]):
            cls.as_("sales").post("/api/v1/leads", {
                "company_name": name, "contact_name": f"联系人{n}", "source": "exhibition",
                "need": "两行\n需求", "budget_fen": 1234567890 + n}).made()

    def leads(self):
        out = self.tripod("export", "leads", "--format", "ndjson", "--sort", "id").stdout
        return [tuple(json.loads(line)[k] for k in self.KEPT) for line in out.splitlines()]

    @staticmethod
    def edit(path, old, new):
        """Another word in a CSV, or in every part of a workbook."""
        if path.endswith(".csv"):
            with open(path, "rb") as f:
                data = f.read()
            with open(path, "wb") as f:
                f.write(data.replace(old.encode(), new.encode()))
            return
        with zipfile.ZipFile(path) as z:
            parts = {n: z.read(n).replace(old.encode(), new.encode()) for n in z.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
            for name, data in parts.items():
                z.writestr(name, data)

    def test_what_is_exported_by_the_command_line_can_be_edited_and_imported(self):
        meta = self.as_("admin").get("/api/v1/meta").ok()["entities"]
        fields = next(e["fields"] for e in meta if e["name"] == "lead")
        source = {e["value"]: e["label"] for f in fields if f["name"] == "source" for e in f["enum"]}
        for n, format_ in enumerate(("csv", "xlsx")):
            with self.subTest(format=format_), tempfile.TemporaryDirectory() as folder:
                path = f"{folder}/leads.{format_}"
                before = self.leads()
                self.tripod("export", "leads", "--format", format_, "--sort", "id", "--out", path)
                r = json.loads(self.tripod("import", "leads", path, "--json").stdout)
                self.assertEqual((r["rows"], r["created"], r["updated"], r["skipped"]),
                                 (len(before), 0, 0, len(before)), r)
                self.assertEqual(self.leads(), before)
                was, now = (f"联系人{4 + n * 90}", f"联系人{94 + n * 90}")
                self.edit(path, was, now)
                # The export speaks English here; Chinese words are taken as well.
                en, zh = source[["exhibition", "referral"][n]], source[["referral", "exhibition"][n]]
                self.edit(path, en["en"], zh["zh"])
                r = json.loads(self.tripod("import", "leads", path, "--json", check=False).stdout)
                self.assertEqual((r["created"], r["failed"]), (0, 0), r)
                self.assertEqual(r["updated"], len([b for b in before if b[2]]), r)
                after = self.leads()
                self.assertEqual([a[1] for a in after], [b[1] and b[1].replace(was, now) for b in before])
                self.assertEqual({a[2] for a in after if a[2]}, {["referral", "exhibition"][n]})

    def test_what_is_exported_in_the_browser_can_be_imported_there(self):
        for who, lang in (("sales", "zh"), ("sales", "en")):
            self.as_(who).patch("/api/v1/me", {"lang": lang}).ok()
            for format_ in ("csv", "xlsx"):
                data = self.as_(who).get("/api/v1/leads/export", format=format_).expect(200).body
                up = self.as_(who).upload("/api/v1/imports", "file", f"leads.{format_}", data,
                                          "application/octet-stream", entity="lead").made()
                self.assertEqual(up["look"]["columns"][0]["field"], "number")
                self.assertEqual(up["look"]["map"]["records"][0]["key"], ["number"])
                p = self.as_(who).post(f"/api/v1/imports/{up['id']}/preview",
                                       {"map": up["look"]["map"]}).ok()
                self.assertEqual((p["created"], p["updated"], p["failed"]), (0, 0, 0), p)
                self.assertEqual({r["state"] for r in p["rows"]}, {"skip"})

    def test_a_row_about_a_record_makes_no_other(self):
        mine = self.as_("sales2").post("/api/v1/leads", {"company_name": "别人看不见"}).made()
        file = f"编号,公司名称\nL1999-000001,没有\n{mine['number']},不是我的\n,新来的\n"
        up = self.as_("sales").upload("/api/v1/imports", "file", "x.csv", file.encode(), "text/csv",
                                      entity="lead").made()
        p = self.as_("sales").post(f"/api/v1/imports/{up['id']}/preview", {}).ok()
        self.assertEqual([r["state"] for r in p["rows"]], ["error", "error", "create"])
        self.assertEqual([(e["column"], e["code"]) for r in p["rows"] for e in r["errors"]],
                         [(0, "import_ref_missing")] * 2)

    def test_records_without_a_number_go_by_their_id(self):
        with tempfile.TemporaryDirectory() as folder:
            for plural in ("contacts", "products", "users", "industries"):
                path = f"{folder}/{plural}.xlsx"
                self.tripod("export", plural, "--format", "xlsx", "--out", path)
                r = json.loads(self.tripod("import", plural, path, "--json", check=False).stdout)
                self.assertEqual((r.get("created"), r.get("updated"), r.get("failed")), (0, 0, 0), r)

    def test_words_of_the_template_are_understood_in_both_languages(self):
        for n, lang in enumerate(("zh", "en")):
            who = self.as_("sales")
            who.patch("/api/v1/me", {"lang": lang}).ok()
            meta = next(e for e in who.get("/api/v1/meta").ok()["entities"] if e["name"] == "lead")
            source = next(f for f in meta["fields"] if f["name"] == "source")
            label = {f["name"]: f["label"][lang] for f in meta["fields"]}
            with tempfile.TemporaryDirectory() as folder:
                path = f"{folder}/x.csv"
                with open(path, "w", encoding="utf-8") as f:
                    f.write(f"{label['company_name']},{label['source']}\n")
                    for i, one in enumerate(source["enum"]):
                        f.write(f"词语{n}-{i},{one['label'][lang]}\n")
                r = json.loads(self.tripod("import", "leads", path, "--json", check=False).stdout)
                self.assertEqual((r["created"], r["failed"]), (len(source["enum"]), 0), r)
        found = self.as_("admin").get("/api/v1/leads", q="词语", limit=100).ok()["items"]
        self.assertEqual({x["source"] for x in found}, {e["value"] for e in source["enum"]})


if __name__ == "__main__":
    unittest.main()
