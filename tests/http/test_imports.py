"""Imports over HTTP: upload, look, preview, dry run, run, wrong rows mended, rights."""
import io
import time
import unittest
import xml.etree.ElementTree as ET
import zipfile

from harness import HttpTest

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def xlsx_rows(data):
    """Texts of the first sheet of a workbook."""
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        shared = []
        if "xl/sharedStrings.xml" in z.namelist():
            for si in ET.fromstring(z.read("xl/sharedStrings.xml")).findall("m:si", NS):
                shared.append("".join(t.text or "" for t in si.iter(f"{{{NS['m']}}}t")))
        rows = []
        for row in ET.fromstring(z.read("xl/worksheets/sheet1.xml")).iter(f"{{{NS['m']}}}row"):
            cells = []
            for c in row.findall("m:c", NS):
                v = c.find("m:v", NS)
                if c.get("t") == "s":
                    cells.append(shared[int(v.text)])
                elif c.get("t") == "inlineStr":
                    cells.append("".join(t.text or "" for t in c.iter(f"{{{NS['m']}}}t")))
                else:
                    cells.append(v.text if v is not None else "")
            rows.append(cells)
        return rows


def bomb():
    """A workbook of a few hundred KB that inflates to 400 MB."""
    doc = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    rel = "http://schemas.openxmlformats.org/package/2006/relationships"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("_rels/.rels", f'<Relationships xmlns="{rel}"><Relationship Id="r1" '
                   f'Type="{doc}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        z.writestr("xl/workbook.xml", f'<workbook xmlns="{NS["m"]}" xmlns:r="{doc}"><sheets>'
                   '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>')
        z.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{rel}"><Relationship '
                   f'Id="r1" Type="{doc}/worksheet" Target="worksheets/sheet1.xml"/>'
                   '</Relationships>')
        with z.open("xl/worksheets/sheet1.xml", "w") as f:
            f.write(f'<worksheet xmlns="{NS["m"]}"><sheetData>'.encode())
            for _ in range(400):
                f.write(b" " * (1 << 20))
            f.write(b"</sheetData></worksheet>")
    return out.getvalue()


class Imports(HttpTest):
    def upload(self, who, name, content, entity="lead"):
        if isinstance(content, str):
            content = content.encode()
        return self.as_(who).upload("/api/v1/imports", "file", name, content, "text/csv",
                                    entity=entity)

    def finish(self, who, run):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            r = self.as_(who).get(f"/api/v1/imports/{run}").ok()
            if r["state"] not in ("checking", "running"):
                return r
            time.sleep(0.05)
        raise AssertionError(f"the import did not end: {r}")

    def count(self, who="admin", plural="leads", **filter_):
        f = {k: {"eq": v} for k, v in filter_.items()}
        return self.as_(who).get(f"/api/v1/{plural}", filter=f, count="exact").ok()["total"]

    def test_the_wizard_from_upload_to_records(self):
        file = "公司名称,联系人,电话,线索来源,预算（万元）,别的\n" \
               "向导一厂,王芳,13800001111,展会峰会,12.5,x\n向导二厂,李雷,021-5550 1234,官网留资,,y\n"
        up = self.upload("sales", "线索.csv", file).made()
        look = up["look"]
        self.assertEqual((look["format"], look["encoding"], look["separator"]),
                         ("csv", "UTF-8", ","))
        self.assertEqual([c["field"] for c in look["columns"]],
                         ["company_name", "contact_name", "phone", "source", "budget_fen", None])
        self.assertEqual(look["sample"][1]["cells"][0], "向导二厂")
        run = f"/api/v1/imports/{up['id']}"

        p = self.as_("sales").post(run + "/preview", {"map": look["map"]}).ok()
        self.assertEqual([r["state"] for r in p["rows"]], ["create", "create"])
        self.assertEqual(self.count(source_detail="x") + self.count(company_name="向导一厂"), 0)

        self.as_("sales").post(run + "/dry-run", {"map": look["map"]}).ok(202)
        r = self.finish("sales", up["id"])
        self.assertEqual((r["state"], r["created"], r["failed"], r["written"]),
                         ("checked", 2, 0, False))
        self.assertEqual(self.count(company_name="向导一厂"), 0)

        self.as_("sales").post(run + "/run", {"map": look["map"]}).ok(202)
        r = self.finish("sales", up["id"])
        self.assertEqual((r["state"], r["created"], r["progress"]), ("done", 2, 100))
        got = self.as_("sales").get("/api/v1/leads",
                                    filter={"company_name": {"eq": "向导一厂"}}).ok()["items"][0]
        self.assertEqual((got["budget_fen"], got["source"]), (12500000, "exhibition"))
        self.assertEqual(got["owner_id"], self.as_("sales").get("/api/v1/me").ok()["user"]["id"])
        self.as_("sales").post(run + "/run", {}).problem(409, "conflict")
        self.as_("sales").post(run + "/cancel").problem(409, "conflict")
        self.assertIn(up["id"], [i["id"] for i in
                                 self.as_("sales").get("/api/v1/imports").ok()["items"]])

    def test_wrong_rows_come_back_and_can_be_mended(self):
        file = "公司名称,邮箱,首次接触日期\n错行一厂,a@b.cn,2026-01-05\n错行二厂,nicht,昨天\n,x@y.cn,2026/1/6\n"
        up = self.upload("sales", "wrong.csv", file).made()
        run = f"/api/v1/imports/{up['id']}"
        p = self.as_("sales").post(run + "/preview", {}).ok()
        self.assertEqual([r["state"] for r in p["rows"]], ["create", "error", "error"])
        self.assertEqual({(e["column"], e["code"]) for e in p["rows"][1]["errors"]},
                         {(1, "bad_email"), (2, "import_format")})
        self.assertEqual(p["rows"][2]["errors"][0]["code"], "required")

        self.as_("sales").post(run + "/run", {}).ok(202)
        r = self.finish("sales", up["id"])
        self.assertEqual((r["state"], r["failed"], r["created"], r["written"]),
                         ("failed", 2, 0, False))
        self.assertEqual(self.count(company_name="错行一厂"), 0)
        self.assertEqual([e["row"] for e in r["errors"]], [3, 3, 4])
        book = self.as_("sales").get(run + "/errors.xlsx").expect(200)
        rows = xlsx_rows(book.body)
        self.assertEqual(rows[0], ["公司名称", "邮箱", "首次接触日期", "导入错误"])
        self.assertEqual(len(rows), 3)
        self.assertIn("邮箱地址不正确", rows[1][-1])

        self.as_("sales").post(run + "/run", {"options": {"partial": True}}).ok(202)
        r = self.finish("sales", up["id"])
        self.assertEqual((r["state"], r["created"], r["failed"]), ("done", 1, 2))

        again = self.upload("sales", "mended.xlsx", book.body).made()
        self.assertEqual([c["field"] for c in again["look"]["columns"]],
                         ["company_name", "email", "first_contact_on", None])

    def test_duplicates_are_updated_skipped_or_made_again(self):
        def run(file, duplicates):
            up = self.upload("sales", "d.csv", file).made()
            self.as_("sales").post(f"/api/v1/imports/{up['id']}/run",
                                   {"options": {"duplicates": duplicates}}).ok(202)
            r = self.finish("sales", up["id"])
            self.assertEqual(r["state"], "done", r)
            return r["created"], r["updated"], r["skipped"]
        first = "公司名称,联系人\n重复一厂,甲\n"
        other = "公司名称,联系人\n重复一厂,乙\n"
        self.assertEqual(run(first, "update"), (1, 0, 0))
        self.assertEqual(run(first, "update"), (0, 0, 1))
        self.assertEqual(run(other, "skip"), (0, 0, 1))
        self.assertEqual(run(other, "update"), (0, 1, 0))
        self.assertEqual(run(other, "create"), (1, 0, 0))
        self.as_("sales").post("/api/v1/imports/%d/run" % self.upload("sales", "e.csv", first)
                               .made()["id"], {"options": {"duplicates": "perhaps"}}
                               ).problem(422, "invalid", "options.duplicates", "not_in_list")

    def test_rows_obey_the_rights_of_who_imports(self):
        mine = self.as_("sales").post("/api/v1/leads", {"company_name": "权限一厂"}).made()
        up = self.upload("sales2", "r.csv", "公司名称,联系人\n权限一厂,别人\n").made()
        self.as_("sales2").post(f"/api/v1/imports/{up['id']}/run", {}).ok(202)
        r = self.finish("sales2", up["id"])
        self.assertEqual((r["state"], [e["code"] for e in r["errors"]]), ("failed", ["forbidden"]))
        self.assertIsNone(self.as_("sales").get(f"/api/v1/leads/{mine['id']}").ok()
                          .get("contact_name"))
        self.as_("sales").get(f"/api/v1/imports/{up['id']}").problem(404, "not_found")
        self.as_("sales").get(f"/api/v1/imports/{up['id']}/errors.xlsx").problem(404, "not_found")
        self.upload("legal", "r.csv", "a\n1\n").problem(403, "forbidden")
        self.upload("sales", "u.csv", "登录名,姓名\nx,y\n", "user").problem(403, "forbidden")

    def test_history_is_brought_in_by_who_answers_for_it(self):
        """Won and lost deals of the past count in the figures and walked no node."""
        key = 0
        def bring(who, outcome, name):
            nonlocal key
            key += 1
            account = self.as_(who).post("/api/v1/accounts", {"name": f"历史{key}"}).made()
            up = self.upload(who, "o.csv", f"名称,结果\n{name},{outcome}\n", "opportunity").made()
            self.as_(who).post(f"/api/v1/imports/{up['id']}/run", {"map": {
                "version": 1, "entity": "opportunity", "records": [{
                    "entity": "opportunity", "key": ["name"], "fields": {
                        "name": "名称", "outcome": "结果", "imported": {"const": True},
                        "account_id": {"const": f"历史{key}", "ref": {
                            "entity": "account", "by": "name"}}}}]}}).ok(202)
            return self.finish(who, up["id"]), account
        for outcome in ("won", "open"):
            r, account = bring("sales", outcome, "历史甲")
            self.assertEqual((r["state"], [(e["field"], e["code"]) for e in r["errors"]]),
                             ("failed", [("imported", "forbidden")]), r)
            self.assertEqual(self.count(plural="opportunities", account_id=account["id"]), 0)
        for who in ("manager", "admin"):
            r, account = bring(who, "won", f"历史{who}")
            self.assertEqual((r["state"], r["created"]), ("done", 1), r)
            self.assertEqual(self.count(plural="opportunities", account_id=account["id"]), 1)

    def test_mistakes_of_maps_are_answered_at_once(self):
        up = self.upload("sales", "m.csv", "公司名称\n甲\n").made()
        run = f"/api/v1/imports/{up['id']}"

        def refused(map_, words):
            p = self.as_("sales").post(run + "/dry-run", {"map": map_}).problem(422, "import_map")
            self.assertIn(words, p["detail"])
        record = {"entity": "lead", "key": ["company_name"], "fields": {"company_name": "公司名称"}}
        refused({"version": 1, "entity": "lead", "records": [dict(record, keys=[])]},
                "records[0].keys")
        refused({"version": 1, "entity": "lead", "records": [dict(record, fields={
            "company_name": "公司"})]}, "“公司”")
        refused({"version": 1, "entity": "lead", "records": [dict(record, fields={
            "company_name": "公司名称", "converted_at": "公司名称"})]}, "converted_at")
        refused({"version": 1, "entity": "lead", "records": [dict(record, fields={
            "company_name": "公司名称", "owner_id": {"column": "公司名称"}})]}, "owner_id")
        self.as_("sales").get(run + "/look", sheet="x", title_row="0").problem(400, "bad_request")
        look = self.as_("sales").get(run + "/look", title_row="2").ok()
        self.assertEqual(look["columns"], [{"name": "甲", "field": None}])
        self.assertIsNone(look["map"])
        self.as_("sales").get("/api/v1/imports/999999").problem(404, "not_found")
        self.as_("sales").post("/api/v1/imports/999999/run", {}).problem(404, "not_found")

    def test_bad_files_are_refused_with_row_and_reason(self):
        def refused(content, code, words, name="x.csv"):
            p = self.upload("sales", name, content).problem(422, code)
            self.assertIn(words, p["detail"])
        refused('公司名称,备注\n甲,"没有结束\n', "import_quote", "2")
        refused('公司名称\n"甲"乙\n', "import_after_quote", "2")
        refused(b"\xef\xbb\xbf" + "公司名称\n甲\n".encode() + b"\xff\xfe\n", "import_encoding", "3")
        refused("a," * 100000 + "b\n1\n", "import_columns", "100001")
        refused("", "import_empty", "")
        refused(bomb(), "import_bomb", "", "x.xlsx")
        refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "import_xls", ".xlsx", "x.xls")
        refused(b"PK\3\4 broken", "import_damaged", "", "x.xlsx")
        self.as_("sales").post("/api/v1/imports", {}).problem(415, "media_type")
        self.as_("sales").upload("/api/v1/imports", "file", "x.csv", b"a\n1\n", "text/csv",
                                 entity="nothing").problem(422, "invalid", "entity", "required")

    def test_a_template_has_the_fields_and_is_recognised(self):
        t = self.as_("sales").get("/api/v1/imports/template", entity="lead").expect(200)
        titles = xlsx_rows(t.body)[0]
        self.assertIn("公司名称", titles)
        self.assertNotIn("转化客户", titles)
        self.as_("sales").get("/api/v1/imports/template", entity="x").problem(400, "bad_request")
        self.as_("legal").get("/api/v1/imports/template", entity="lead").problem(403, "forbidden")

    def test_a_long_run_is_cancelled_without_a_trace(self):
        file = "公司名称\n" + "".join(f"取消{i}厂\n" for i in range(20000))
        up = self.upload("sales", "long.csv", file).made()
        run = f"/api/v1/imports/{up['id']}"
        self.as_("sales").post(run + "/run", {}).ok(202)
        self.as_("sales").post(run + "/cancel").ok(202)
        r = self.finish("sales", up["id"])
        self.assertEqual((r["state"], r["problem"]["code"]), ("cancelled", "import_cancelled"))
        self.assertEqual(self.count(company_name="取消0厂"), 0)


if __name__ == "__main__":
    unittest.main()
