"""`tripod import` refuses what it cannot take: a code with row and reason, and nothing is written."""
import io
import json
import os
import shutil
import tempfile
import unittest
import zipfile

from harness import HttpTest, tripod

FIELDS = {"company_name": "公司"}


def map_of(fields=None, entity="lead", key=("company_name",), **more):
    record = {"entity": entity, "key": list(key), "fields": fields or FIELDS}
    record.update({k: more.pop(k) for k in ("occurred",) if k in more})
    return {"version": 1, "entity": entity, "records": [record], **more}


def workbook(sheet="<sheetData/>", head="", parts=True):
    """The least that is an XLSX; head stands before the sheet's root."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        if parts:
            ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
            rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
            z.writestr("_rels/.rels", '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxml'
                       'formats.org/package/2006/relationships"><Relationship Id="r1" Type="'
                       f'{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
            z.writestr("xl/workbook.xml", f'<?xml version="1.0"?><workbook {ns} xmlns:r="{rel}"><sheets>'
                       '<sheet name="数据" sheetId="1" r:id="r1"/></sheets></workbook>')
            z.writestr("xl/_rels/workbook.xml.rels", '<?xml version="1.0"?><Relationships xmlns="http://'
                       'schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
                       f'Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>')
            z.writestr("xl/worksheets/sheet1.xml",
                       f'<?xml version="1.0"?>{head}<worksheet {ns}>{sheet}</worksheet>')
        else:
            z.writestr("readme.txt", "no workbook")
    return out.getvalue()


ROWS = ('<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>公司</t></is></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>工作簿厂</t></is></c></row></sheetData>')
DTD = '<!DOCTYPE worksheet [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


class ImportCommand(HttpTest):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f:
            f.write(content.encode() if isinstance(content, str) else content)
        return path

    def load(self, content, map_=None, name="x.csv", entity="lead", args=()):
        """(exit code, the JSON document it printed)"""
        map_path = self.write("map.json", json.dumps(map_ or map_of(entity=entity)))
        path = self.write(name, content) if content is not None else os.path.join(self.folder, name)
        r = tripod("import", entity, path, "--map", map_path, "--json", *args, db=self.db.url,
                   check=False)
        return r.returncode, json.loads(r.stdout)

    def leads(self):
        return self.as_("admin").get("/api/v1/leads", count="exact", limit=1).ok()["total"]

    def refused(self, code, *args, row=None, **kw):
        before = self.leads()
        exit_code, answer = self.load(*args, **kw)
        self.assertEqual(exit_code, 1, answer)
        found = answer.get("code")
        if found is None:
            found = answer["errors"][0]["code"]
            self.assertEqual(answer["created"], 0, answer)
        self.assertEqual(found, code, answer)
        if row:
            self.assertEqual(answer["errors"][0]["row"], row)
        self.assertEqual(self.leads(), before)
        return answer

    def test_import_takes_a_good_file_once(self):
        code, answer = self.load("公司\n甲厂\n乙厂\n")
        self.assertEqual((code, answer["rows"], answer["created"], answer["failed"]), (0, 2, 2, 0))
        code, answer = self.load("公司\n甲厂\n乙厂\n丙厂\n")
        self.assertEqual((answer["created"], answer["skipped"]), (1, 2))

    def test_columns_that_a_guessed_map_leaves_out_are_told(self):
        path = self.write("g.csv", "公司名称,别的,联系人,另一列\n猜测厂,1,王芳,2\n")
        r = tripod("import", "lead", path, db=self.db.url)
        self.assertEqual(json.loads(r.stdout)["unmapped"], ["别的", "另一列"])
        self.assertIn("column '别的' is not imported: no field is called so (--map)", r.stderr)
        # Who wrote a map knows what is in it.
        code, answer = self.load("公司,别的\n写图厂,1\n")
        self.assertEqual((code, answer["unmapped"]), (0, []))

    def test_import_reads_the_least_of_workbooks(self):
        code, answer = self.load(workbook(ROWS), name="x.xlsx")
        self.assertEqual((code, answer["created"]), (0, 1), answer)

    def test_import_refuses_files_it_cannot_read(self):
        self.refused("import_file", None, name="absent.csv")
        self.refused("import_workbook", workbook(parts=False), name="x.xlsx")
        self.refused("import_dtd", workbook(ROWS, DTD), name="x.xlsx")
        self.refused("import_sheet", workbook(ROWS), map_of(file={"sheet": "没有"}), name="x.xlsx")
        self.refused("import_password", OLE + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600,
                     name="x.xlsx")

    def test_import_refuses_cells_and_rows_over_the_limit(self):
        self.refused("import_field", "公司\n" + "x" * (1024 * 1024 + 10) + "\n")
        cell = "y" * (1024 * 1024 - 10)
        self.refused("import_row", "公司,a,b,c,d\n" + ",".join([cell] * 5) + "\n")

    def test_import_names_row_and_field_of_what_does_not_fit(self):
        for name in ("同名甲", "同名甲"):
            self.as_("admin").post("/api/v1/accounts", {"name": name}).made()
        owner = {"company_name": "公司", "owner_id": {
            "column": "负责人", "ref": {"entity": "user", "by": "name"}}}
        self.refused("import_ref_missing", "公司,负责人\n丁厂,张伟\n戊厂,没有此人\n", map_of(owner), row=3)
        account = {"company_name": "公司", "account_id": {
            "column": "客户", "ref": {"entity": "account", "by": "name"}}}
        contact = {"name": "公司", "account_id": account["account_id"]}
        self.refused("import_ref_ambiguous", "公司,客户\n己,同名甲\n",
                     map_of(contact, "contact", ["name"]), entity="contact", row=2)
        source = {"company_name": "公司", "source": {
            "column": "来源", "values": {"展会": "exhibition"}, "otherwise": "error"}}
        self.refused("import_value_unknown", "公司,来源\n庚厂,展会\n辛厂,报纸\n", map_of(source), row=3)
        self.refused("import_future", "公司,日期\n壬厂,2090-01-01\n", map_of(
            occurred={"column": "日期", "format": "date"}), row=2)

    def test_import_cannot_tell_which_of_two_records_is_meant(self):
        for _ in range(2):
            self.as_("admin").post("/api/v1/leads", {"company_name": "双生厂"}).made()
        self.refused("import_key_ambiguous", "公司\n双生厂\n", row=2)

    def test_partial_import_takes_the_good_rows_alone(self):
        owner = {"company_name": "公司", "owner_id": {
            "column": "负责人", "ref": {"entity": "user", "by": "name"}}}
        out = os.path.join(self.folder, "wrong.csv")
        code, answer = self.load("公司,负责人\n好厂,张伟\n坏厂,没有此人\n", map_of(owner),
                                 args=("--partial", "--errors", out))
        self.assertEqual((code, answer["created"], answer["failed"]), (0, 1, 1), answer)
        with open(out, encoding="utf-8-sig") as f:
            text = f.read()
        self.assertIn("坏厂", text)
        self.assertNotIn("好厂", text)

    def test_dry_run_writes_nothing(self):
        before = self.leads()
        code, answer = self.load("公司\n试运行厂\n", args=("--dry-run",))
        self.assertEqual((code, answer["created"], self.leads()), (0, 1, before), answer)


if __name__ == "__main__":
    unittest.main()
