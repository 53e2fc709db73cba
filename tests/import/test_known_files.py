"""The known files through the command line: counts as their READMEs say, a second time nothing,
and the metrics equal to figures computed from the CSVs alone."""
import csv
import datetime
import json
import os
import re
import shutil
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/http"))
sys.path.insert(0, os.path.join(ROOT, "tests/import"))

import maven_figures  # noqa: E402
from harness import Database, tripod  # noqa: E402

MAPS = os.path.join(ROOT, "examples/import")


def data_folder():
    """$TRIPOD_SHARED/data, or ../shared/data, or ../../shared/data. Absent data is a failure."""
    for d in (os.environ.get("TRIPOD_SHARED"), os.path.join(ROOT, "../shared"),
              os.path.join(ROOT, "../../shared")):
        if d and os.path.isdir(os.path.join(d, "data/maven_crm")):
            return os.path.join(d, "data")
    raise AssertionError("no shared data: set TRIPOD_SHARED to the folder that holds data/")


DATA = data_folder()
# entity, file, map, arguments, what must come of it
MAVEN = [
    ("users", "sales_teams.csv", "users", [], (35, 35, 0), {"team": 3, "user": 6}),
    ("products", "products.csv", "products", [], (7, 7, 0), {}),
    ("accounts", "accounts.csv", "accounts", [], (85, 85, 0), {}),
    ("opportunities", "sales_pipeline.csv", "opportunities", [], (4394, 4394, 0), {"account": 1}),
]
OLIST = [
    ("leads", "olist_marketing_qualified_leads_dataset.csv", "leads", [], (3987, 3987, 0), {}),
    ("opportunities", "olist_closed_deals_dataset.csv", "opportunities", [], (336, 336, 0),
     {"account": 336}),
]
CN = [
    ("accounts", "szse_a_share_list_2025-12.xlsx", "accounts-szse", [], (2880, 2880, 0), {}),
    ("accounts", "baostock_stock_basic.gbk.csv", "accounts-baostock", [], (4732, 1964, 0), {}),
    ("accounts", "shaanxi_tech_sme_list.xlsx", "accounts-shaanxi", ["--partial"],
     (4382, 4378, 4), {}),
    ("accounts", "enterprise_registration_2019_zhejiang.csv", "accounts-registrations",
     ["--partial"], (4336, 4335, 1), {}),
    ("accounts", "enterprise_registration_2019_jiangsu.csv", "accounts-registrations", [],
     (4949, 4949, 0), {}),
]


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="import-")
        cls.db = Database()

    @classmethod
    def tearDownClass(cls):
        cls.db.drop()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def load(self, entity, path, map_, *args, check=True):
        r = tripod("import", entity, path, "--map", map_, *args, db=self.db.url, check=check)
        return json.loads(r.stdout.splitlines()[-1])

    def export(self, entity, **filter_):
        f = json.dumps({k: v for k, v in filter_.items()})
        out = tripod("export", entity, "--format", "ndjson", "--filter", f, db=self.db.url).stdout
        return [json.loads(line) for line in out.splitlines()]

    def metric(self, code, *args):
        out = tripod("metrics", code, "--json", *args, db=self.db.url).stdout
        return json.loads(out.splitlines()[-1])[0]

    def run_set(self, name, rows):
        for entity, file, map_, args, (n, created, failed), also in rows:
            with self.subTest(file=file):
                path = os.path.join(DATA, name, file)
                m = os.path.join(MAPS, name, map_ + ".map.json")
                r = self.load(entity, path, m, *args)
                self.assertEqual((r["rows"], r["created"], r["updated"], r["failed"],
                                  len({e["row"] for e in r["errors"]})),
                                 (n, created, 0, failed, failed))
                self.assertEqual(r["skipped"], n - created - failed)
                for e, count in also.items():
                    self.assertEqual(r["also"][e]["created"], count)
                again = self.load(entity, path, m, *args)
                self.assertEqual((again["created"], again["updated"], again["failed"]),
                                 (0, 0, failed))
                self.assertTrue(all(c["created"] == c["updated"] == 0
                                    for c in again["also"].values()))
        verdict = json.loads(tripod("audit", "verify", "--json", db=self.db.url).stdout
                             .splitlines()[-1])
        self.assertTrue(verdict["ok"])


class Maven(Files):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = os.path.join(DATA, "maven_crm")
        Maven("run_all").run_all()

    def run_all(self):
        self.run_set("maven_crm", MAVEN)

    def test_parents_stand_anywhere_in_the_file(self):
        with open(os.path.join(self.files, "accounts.csv"), encoding="utf-8") as f:
            want = {r["account"]: r["subsidiary_of"] for r in csv.DictReader(f)
                    if r["subsidiary_of"]}
        got = {a["name"]: a["parent"]["name"] for a in self.export("accounts")
               if a["parent_id"]}
        self.assertEqual(got, want)

    def test_values_are_translated_and_scaled(self):
        acme = self.export("accounts", name={"eq": "Acme Corporation"})[0]
        self.assertEqual((acme["revenue_fen"], acme["currency"], acme["industry"]["name"]),
                         (110004000000, "USD", "电子与通信设备"))
        self.assertEqual(acme["founded_on"], "1996-01-01")
        rows = maven_figures.read(self.files, "sales_pipeline.csv")
        pro = [o for o in self.export("opportunities") if o["product"]["name"] == "GTX Pro" and
               not o["external_key"].startswith("maven:MORE")]
        self.assertEqual(len(pro), sum(r["product"] == "GTXPro" for r in rows))
        nameless = [o for o in self.export("opportunities")
                    if o["account"]["name"] == "Account not named"]
        self.assertEqual(len(nameless), 620)

    def test_history_is_told_at_its_days(self):
        events = [json.loads(line) for line in
                  tripod("events", "export", db=self.db.url).stdout.splitlines()]
        deal = self.export("opportunities", external_key={"eq": "maven:1C1I7A6R"})[0]
        mine = {e["kind"]: e["occurred_at"] for e in events
                if e["entity"] == "opportunity" and e["entity_id"] == deal["id"]}
        self.assertEqual(mine, {"opportunity.created": "2016-10-20T04:00:00Z",
                                "opportunity.engaged": "2016-10-20T04:00:00Z",
                                "process.won": "2017-03-01T04:00:00Z"})
        self.assertEqual(deal["created_at"], "2016-10-20T04:00:00Z")
        # closed deals have no nodes; open ones begin at theirs
        nodes = self.export("nodes", opportunity_id={"eq": deal["id"]})
        self.assertEqual(nodes, [])
        open_ = self.export("opportunities", outcome={"eq": "open"})
        self.assertEqual(len(open_), 943)
        self.assertEqual({o["node_code"] for o in open_}, {"1.1", "2.1"})
        engaging = next(o for o in open_ if o["node_code"] == "2.1")
        states = {n["code"]: n["state"] for n in
                  self.export("nodes", opportunity_id={"eq": engaging["id"]})}
        self.assertEqual((states["1.1"], states["1.5"], states["2.1"]),
                         ("skipped", "skipped", "active"))
        self.assertIsNone(self.metric("compliance_rate", "--to", "2026-01-01")["rows"][0]["value"])

    def compare(self, dims, *period, names=None):
        first, last = (datetime.date.fromisoformat(d) for d in period) if period else (None, None)
        want = maven_figures.figures(self.files, dims, first, last)
        args = ["--by", ",".join(dims)] if dims else []
        args += ["--from", period[0], "--to", period[1]] if period else []
        for code, groups in want.items():
            got = {}
            for row in self.metric(code, *args)["rows"]:
                if row.get("currency", "USD") != "USD":
                    continue
                key = tuple((names or {}).get(row["by"][d], row["by"][d]) for d in dims)
                got[key] = (row["value"], row["n"])
            groups = {k: v for k, v in groups.items() if v[1]}
            self.assertEqual(got, groups, f"{code} by {dims}")
        return want

    def sectors(self):
        """Name of the industry → sector of the file, by the map."""
        with open(os.path.join(MAPS, "maven_crm/accounts.map.json"), encoding="utf-8") as f:
            values = json.load(f)["records"][0]["fields"]["industry_id"]["values"]
        codes = {code: sector for sector, code in values.items()}
        return {i["name_en"] or i["name"]: codes[i["code"]] for i in self.export("industries")
                if i["code"] in codes}

    def test_metrics_equal_the_independent_figures(self):
        total = self.compare(())
        self.assertEqual(total["win_rate"][()][1], 3451)
        for dims in (("owner",), ("product",), ("quarter",), ("team",), ("month",),
                     ("owner", "quarter"), ("product", "month")):
            with self.subTest(by=dims):
                self.compare(dims)

    def test_metrics_by_sector(self):
        with_account = self.sectors()
        self.assertEqual(len(with_account), 10)
        self.compare(("industry",), names=with_account)
        self.compare(("industry", "quarter"), names=with_account)

    def test_metrics_of_a_period_count_by_close_date(self):
        self.compare(("owner",), "2017-04-01", "2017-06-30")
        self.compare(("product",), "2017-12-31", "2017-12-31")

    def test_more_rows_add_just_those(self):
        with open(os.path.join(self.files, "sales_pipeline.csv"), encoding="utf-8") as f:
            lines = f.read().splitlines()
        path = os.path.join(self.folder, "more.csv")
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(lines + [re.sub(r"^\w+,", f"MORE{i:04},", lines[1])
                                       for i in range(3)]) + "\n")
        m = os.path.join(MAPS, "maven_crm/opportunities.map.json")
        dry = self.load("opportunities", path, m, "--dry-run")
        self.assertEqual((dry["created"], dry["skipped"], dry["written"]), (3, 4394, False))
        r = self.load("opportunities", path, m)
        self.assertEqual((r["created"], r["updated"], r["skipped"]), (3, 0, 4394))
        for o in self.export("opportunities"):
            if o["external_key"].startswith("maven:MORE"):
                self.assertEqual(o["amount_fen"], 105400)
        # out of the way of the figures
        self.undo("MORE")

    def undo(self, prefix):
        """Deals of this test are marked lost before time began, where no figure looks."""
        path = os.path.join(self.folder, "undo.csv")
        with open(path, "w", encoding="utf-8") as f:
            f.write("k,s,d\n" + "".join(f"maven:{prefix}{i:04},void,1999-01-01\n"
                                        for i in range(3)))
        m = os.path.join(self.folder, "undo.map.json")
        with open(m, "w", encoding="utf-8") as f:
            json.dump({"version": 1, "entity": "opportunity", "records": [
                {"entity": "opportunity", "key": ["external_key"],
                 "fields": {"external_key": "k", "outcome": "s", "engaged_on": "d",
                            "closed_on": "d"}}]}, f)
        self.assertEqual(self.load("opportunities", path, m)["updated"], 3)


class Olist(Files):
    def test_leads_and_deals(self):
        self.run_set("olist_funnel", OLIST)
        with open(os.path.join(DATA, "olist_funnel", OLIST[0][1]), encoding="utf-8") as f:
            leads = {r["mql_id"]: r for r in csv.DictReader(f)}
        with open(os.path.join(DATA, "olist_funnel", OLIST[1][1]), encoding="utf-8") as f:
            won = {r["mql_id"]: r["won_date"][:10] for r in csv.DictReader(f)}
        days = [(datetime.date.fromisoformat(day) -
                 datetime.date.fromisoformat(leads[k]["first_contact_date"])).days
                for k, day in won.items()]
        mean = self.metric("lead_cycle_days_mean")["rows"][0]
        self.assertEqual((mean["value"], mean["n"]), (sum(days) / len(days), 336))
        rate = self.metric("lead_conversion_rate")["rows"][0]
        self.assertEqual((rate["value"], rate["n"]), (336 / 3987, 3987))
        by_month = {r["by"]["month"]: (r["value"], r["n"]) for r in
                    self.metric("lead_conversion_rate", "--by", "month")["rows"]}
        want = {}
        for k, r in leads.items():
            want.setdefault(r["first_contact_date"][:7], []).append(k in won)
        self.assertEqual(by_month, {m: (sum(v) / len(v), len(v)) for m, v in want.items()})
        # less than half are signed, so half of them are not: Kaplan-Meier knows no median
        self.assertIsNone(self.metric("lead_cycle_days_km_median")["rows"][0]["value"])
        lead = next(x for x in self.export("leads", status={"eq": "converted"}))
        self.assertTrue(lead["account_id"] and lead["opportunity_id"] and lead["converted_at"])
        self.assertEqual(lead["converted_at"][:10], won[lead["external_key"][6:]])


class Companies(Files):
    def test_lists_of_companies(self):
        self.run_set("cn_companies", CN)
        self.assertEqual(len(self.export("accounts")), 2880 + 1964 + 4378 + 4335 + 4949)
        vanke = self.export("accounts", external_key={"eq": "sz.000002"})[0]
        self.assertEqual((vanke["name"], vanke["short_name"]), ("万科企业股份有限公司", "万科A"))


if __name__ == "__main__":
    unittest.main()
