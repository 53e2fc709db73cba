"""Proof of form: an entity of eight fields is one table row set and one migration (exhibition.c).
List, form, permissions, import, export, history, search, comments, files, bin and OpenAPI follow from it."""
import csv
import io
import json
import os
import sys
import tempfile
import unittest
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
os.environ.setdefault("TRIPOD_BINARY", os.path.join(ROOT, "build-debug/tests/product/tripod-proof"))
sys.path.insert(0, os.path.join(ROOT, "tests/http"))

import harness  # noqa: E402
from harness import HttpTest  # noqa: E402

harness.OUT = os.path.join(ROOT, "build-debug/product", harness.ENGINE)
SOURCE = os.path.join(ROOT, "tests/product/exhibition.c")
ALL = {"exhibition.read": "own", "exhibition.create": "own", "exhibition.update": "own",
       "exhibition.delete": "own"}


class Size(unittest.TestCase):
    def test_exhibition_is_sixty_lines_of_c(self):
        with open(SOURCE, encoding="utf-8") as f:
            lines = f.read().splitlines()
        self.assertLessEqual(len(lines), 60)
        self.assertLessEqual(max(len(line.expandtabs(8)) for line in lines), 100)

    def test_exhibition_stands_nowhere_else(self):
        """No word of it in the product's C, in the UI or in the migrations."""
        found = []
        for folder in ("src", "web/src", "migrations"):
            for where, folders, files in os.walk(os.path.join(ROOT, folder)):
                folders[:] = [d for d in folders if d not in ("node_modules", "dist")]
                for name in files:
                    with open(os.path.join(where, name), encoding="utf-8",
                              errors="replace") as f:
                        if "exhibitions" in f.read():
                            found.append(os.path.join(where, name))
        self.assertEqual(found, [])


class Exhibition(HttpTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.as_("admin").patch("/api/v1/roles", {"sales": ALL,
                                                 "sales_manager": {"exhibition.read": "all"}}).ok()

    def add(self, name, who="sales", **values):
        return self.as_(who).post("/api/v1/exhibitions", {"name": name, "starts_on": "2026-09-21",
                                                          **values}).made()

    def names(self, who="sales", **query):
        return [x["name"] for x in
                self.as_(who).get("/api/v1/exhibitions", **query).ok()["items"]]

    def meta(self, who="sales"):
        entities = self.as_(who).get("/api/v1/meta").ok()["entities"]
        return next(e for e in entities if e["name"] == "exhibition")

    def test_create_read_change(self):
        x = self.add("中国国际工业博览会", city="上海", stand_fen=12_000_000, visitors=820,
                     phone="021-6279 2828", kind="fair")
        self.assertRegex(x["number"], r"^X\d{4}-000\d{3}$")
        path = f"/api/v1/exhibitions/{x['id']}"
        self.assertEqual(self.as_("sales").get(path).ok()["stand_fen"], 12_000_000)
        y = self.as_("sales").patch(path, {"visitors": 900}, x["version"]).ok()
        self.assertEqual((y["visitors"], y["city"]), (900, "上海"))
        self.as_("sales").patch(path, {"visitors": 1}, x["version"]).problem(
            412, "version_conflict")

    def test_all_field_errors_at_once(self):
        p = self.as_("sales").post("/api/v1/exhibitions", {
            "city": "x" * 41, "kind": "picnic", "starts_on": "2026-02-30", "visitors": -1,
            "phone": "abc", "colour": "red", "owner_id": 999999}).problem(422, "invalid")
        self.assertEqual({e["field"]: e["code"] for e in p["errors"]}, {
            "name": "required", "city": "too_long", "kind": "not_in_list", "starts_on": "bad_date",
            "visitors": "too_small", "phone": "bad_phone", "colour": "unknown_field",
            "owner_id": "reference_not_found"})

    def test_list_filters_sorts_pages_and_expands(self):
        for i, city in enumerate(("广州", "广州", "青岛")):
            self.add(f"列表展{i}", city=city, visitors=[30, None, 10][i])
        rows = {"city": {"in": ["广州", "青岛"]}}
        self.assertEqual(self.names(filter=rows, sort="-visitors"), ["列表展0", "列表展2", "列表展1"])
        self.assertEqual(self.names(filter={"and": [rows, {"visitors": {"ge": 20}}]}), ["列表展0"])
        first = self.as_("sales").get("/api/v1/exhibitions", filter=rows, sort="name", limit=2,
                                      count="exact", expand="owner", fields="name").ok()
        self.assertEqual((len(first["items"]), first["total"]), (2, 3))
        self.assertEqual(first["items"][0]["owner"]["name"], "张伟")
        rest = self.as_("sales").get("/api/v1/exhibitions", filter=rows, sort="name", limit=2,
                                     cursor=first["next"]).ok()
        self.assertEqual([x["name"] for x in rest["items"]], ["列表展2"])
        self.assertIsNone(rest["next"])

    def test_meta_draws_list_and_form(self):
        e = self.meta()
        self.assertEqual((e["plural"], e["title_field"], e["label_plural"]["en"]),
                         ("exhibitions", "name", "Exhibitions"))
        fields = {f["name"]: f for f in e["fields"]}
        self.assertEqual(len(fields), 8)
        self.assertEqual([f["name"] for f in e["fields"] if f["in_list"]],
                         ["name", "city", "kind", "starts_on", "visitors", "owner_id"])
        self.assertTrue(all(f["in_form"] for f in e["fields"]))
        self.assertEqual(fields["stand_fen"]["type"], "money")
        self.assertEqual([v["value"] for v in fields["kind"]["enum"]], ["fair", "forum"])
        self.assertEqual(fields["owner_id"]["ref"], "user")
        self.assertTrue(e["flags"]["search"] and e["flags"]["comments"] and e["flags"]["files"])

    def test_permissions_are_granted_and_refused(self):
        x = self.add("权限展")
        path = f"/api/v1/exhibitions/{x['id']}"
        # a grant of "own": somebody else's is not there; "all" reads but may not change
        self.as_("sales2").get(path).problem(404, "not_found")
        self.assertNotIn("权限展", self.names("sales2"))
        self.as_("manager").get(path).ok()
        self.as_("manager").patch(path, {"city": "北京"}, x["version"]).problem(403, "forbidden")
        # no grant at all
        for method, where in (("get", path), ("get", "/api/v1/exhibitions"), ("delete", path)):
            getattr(self.as_("legal"), method)(where).expect(403, 404)
        self.as_("legal").post("/api/v1/exhibitions", {"name": "x", "starts_on": "2026-01-01"}
                               ).problem(403, "forbidden")
        self.assertEqual(self.meta("legal")["can"]["read"], "none")
        self.assertEqual(self.meta("sales")["can"]["create"], "own")
        # a role that is given it later may, and not any more when it is taken away
        admin = self.as_("admin")
        admin.patch("/api/v1/roles", {"legal": {"exhibition.read": "all"}}).ok()
        self.as_("legal").get(path).ok()
        admin.patch("/api/v1/roles", {"legal": {"exhibition.read": "none"}}).ok()
        self.as_("legal").get(path).expect(403, 404)
        self.nobody().get(path).problem(401, "unauthenticated")
        codes = {p["code"] for p in admin.get("/api/v1/roles").ok()["permissions"]}
        self.assertTrue(set(ALL) <= codes)

    def test_history_names_what_changed(self):
        x = self.add("历史展", city="天津")
        self.as_("sales").patch(f"/api/v1/exhibitions/{x['id']}", {"city": "重庆"},
                                x["version"]).ok()
        items = self.as_("sales").get(f"/api/v1/exhibitions/{x['id']}/history").ok()["items"]
        self.assertEqual([i["kind"] for i in items], ["exhibition.updated", "exhibition.created"])
        change = items[0]["changes"][0]
        self.assertEqual((change["field"], change["label"], change["old"], change["new"]),
                         ("city", "城市", "天津", "重庆"))

    def found(self, who, q):
        groups = self.as_(who).get("/api/v1/search", q=q).ok()["groups"]
        return [i["title"] for g in groups if g["entity"] == "exhibition" for i in g["items"]]

    def test_search_takes_chinese_pinyin_and_numbers(self):
        x = self.add("高新技术成果交易会", city="深圳", phone="0755-88990077")
        for q in ("高新", "成果", "深圳", "gaoxin", "gxjs", "0077", x["number"]):
            self.assertIn("高新技术成果交易会", self.found("sales", q), q)
        self.assertEqual(self.found("sales", "高铁"), [])
        self.assertEqual(self.found("sales2", "高新"), [], "somebody else's is not found")
        self.assertEqual(self.names(q="jiaoyi"), ["高新技术成果交易会"])

    def test_bin_and_back(self):
        x = self.add("回收展")
        path = f"/api/v1/exhibitions/{x['id']}"
        self.as_("sales").delete(path).expect(204)
        self.as_("sales").get(path).problem(404, "not_found")
        self.assertEqual(self.found("sales", "回收展"), [])
        trash = self.as_("sales").get("/api/v1/trash", entity="exhibition").ok()["items"]
        self.assertIn(x["id"], [t["id"] for t in trash])
        self.as_("sales").post(path + "/restore").expect(200)
        self.assertEqual(self.as_("sales").get(path).ok()["name"], "回收展")
        self.assertEqual(self.found("sales", "回收展"), ["回收展"])

    def test_import_and_export(self):
        rows = [["展会名称", "城市", "类型", "开幕日期", "展位费", "到访人数", "电话", "负责人"],
                ["汉诺威工业展", "汉诺威", "展会", "2026-04-20", "88000.50", "310", "", "张伟"],
                ["智能制造论坛", "苏州", "论坛", "2026/5/8", "", "", "0512-66880011", "张伟"]]

        def file(lines):
            path = os.path.join(self.folder.name, "展会.csv")
            with open(path, "w", encoding="gb18030", newline="") as f:
                csv.writer(f).writerows(lines)
            return path

        def take(lines, code=0):
            r = self.tripod("import", "exhibition", file(lines), "--json", check=False)
            self.assertEqual(r.returncode, code, r.stderr)
            return json.loads(r.stdout)
        bad = take([*rows, ["无日期", "", "展会", "", "", "", "", ""],
                    ["不是数", "", "展会", "2026-01-01", "", "很多", "", ""]], 1)
        self.assertEqual((bad["rows"], bad["failed"]), (4, 2), bad["errors"])
        self.assertEqual({(e["row"], e["field"]) for e in bad["errors"]},
                         {(4, "starts_on"), (5, "visitors")})
        self.assertEqual(self.names(filter={"city": "苏州"}), [], "all or nothing")
        done = take(rows)
        self.assertEqual((done["created"], done["failed"]), (2, 0))
        again = take(rows)
        self.assertEqual((again["created"], again["updated"]), (0, 0))
        got = self.as_("sales").get("/api/v1/exhibitions", filter={"city": "汉诺威"}).ok()["items"]
        self.assertEqual([(x["kind"], x["starts_on"], x["stand_fen"], x["visitors"]) for x in got],
                         [("fair", "2026-04-20", 8_800_050, 310)])
        where = {"city": {"in": ["汉诺威", "苏州"]}}
        out = self.as_("sales").get("/api/v1/exhibitions/export", format="csv", filter=where,
                                    sort="starts_on").expect(200).body.decode("utf-8-sig")
        lines = list(csv.DictReader(out.splitlines()))
        self.assertEqual([(x["展会名称"], x["类型"], x["展位费"], x["负责人"]) for x in lines],
                         [("汉诺威工业展", "展会", "88000.50", "张伟"),
                          ("智能制造论坛", "论坛", "", "张伟")])
        book = self.as_("sales").get("/api/v1/exhibitions/export", format="xlsx",
                                     filter=where).expect(200)
        with zipfile.ZipFile(io.BytesIO(book.body)) as z:
            self.assertIn("汉诺威工业展", "".join(
                z.read(n).decode() for n in z.namelist() if n.endswith(".xml")))
        others = self.as_("sales2").get("/api/v1/exhibitions/export", format="csv").expect(200)
        self.assertEqual(len(others.body.decode("utf-8-sig").splitlines()), 1, "only the heading")
        self.as_("legal").get("/api/v1/exhibitions/export", format="csv").problem(403, "forbidden")

    def test_comments_and_files_hang_on_it(self):
        x = self.add("附件展")
        c = self.as_("sales").post("/api/v1/comments", {
            "entity": "exhibition", "entity_id": x["id"], "body": "展位已定"}).made()
        self.as_("sales2").get(f"/api/v1/comments/{c['id']}").problem(404, "not_found")
        self.as_("manager").get(f"/api/v1/comments/{c['id']}").ok()
        f = self.as_("sales").upload("/api/v1/attachments", "file", "展位图.txt", "A1".encode(),
                                     entity="exhibition", entity_id=x["id"]).made()
        where = f"/api/v1/attachments/{f['id']}/content"
        self.assertEqual(self.as_("manager").get(where).expect(200).body, b"A1")
        self.as_("sales2").get(where).problem(404, "not_found")

    def test_openapi_has_it(self):
        spec = json.loads(self.tripod("describe", "openapi", "--json").stdout)
        for path, methods in (("/api/v1/exhibitions", {"get", "post"}),
                              ("/api/v1/exhibitions/{id}", {"get", "patch", "delete"}),
                              ("/api/v1/exhibitions/{id}/history", {"get"}),
                              ("/api/v1/exhibitions/{id}/restore", {"post"})):
            self.assertTrue(methods <= set(spec["paths"].get(path, {})), path)
        create = spec["components"]["schemas"]["ExhibitionCreate"]
        self.assertEqual(set(create["required"]), {"name", "starts_on"})
        self.assertEqual(create["properties"]["stand_fen"]["description"], "Cost of the stand")

    def test_log_of_it_verifies(self):
        def count():
            v = json.loads(self.tripod("audit", "verify", "--json").stdout)
            self.assertTrue(v["ok"])
            return v["events"] + v["unsealed"]
        before = count()
        self.add("日志展")
        self.assertEqual(count(), before + 1)


if __name__ == "__main__":
    unittest.main()
