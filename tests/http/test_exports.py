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

NAMES = ["出口甲", "出口乙", "=1+1", '含,逗号"引号"与\n换行']


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
    def test_what_is_exported_by_the_command_line_can_be_imported(self):
        for n, name in enumerate(NAMES):
            self.as_("sales").post("/api/v1/leads", {
                "company_name": name, "contact_name": f"联系人{n}", "source": "exhibition",
                "need": "两行\n需求", "budget_fen": 1234567890 + n}).made()
        kept = ("company_name", "contact_name", "source", "need", "budget_fen", "owner_id", "status")

        def leads():
            out = self.tripod("export", "leads", "--format", "ndjson", "--sort", "id").stdout
            return [tuple(json.loads(line)[k] for k in kept) for line in out.splitlines()]

        first = leads()
        for n, format_ in enumerate(("csv", "xlsx"), 1):
            with self.subTest(format=format_), tempfile.TemporaryDirectory() as folder:
                path = f"{folder}/leads.{format_}"
                only = json.dumps({"id": {"le": len(first)}})
                self.tripod("export", "leads", "--format", format_, "--filter", only, "--sort", "id",
                            "--out", path)
                r = json.loads(self.tripod("import", "leads", path, "--json").stdout)
                self.assertEqual((r["rows"], r["created"], r["failed"]), (4, 4, 0), r)
                self.assertEqual(leads(), first * (n + 1))


if __name__ == "__main__":
    unittest.main()
