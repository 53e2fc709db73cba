"""The committed import maps: their form, and what they make of the real files."""
import importlib.machinery
import importlib.util
import json
import os
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def tool():
    path = os.path.join(ROOT, "tools/check-import-maps")
    loader = importlib.machinery.SourceFileLoader("check_import_maps", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


T = tool()


def data(name):
    """$TRIPOD_SHARED/data, or ../shared/data, or ../../shared/data. Absent data is a failure."""
    for d in (os.environ.get("TRIPOD_SHARED"), os.path.join(ROOT, "../shared"),
              os.path.join(ROOT, "../../shared")):
        path = os.path.join(d or "", "data", name)
        if d and os.path.exists(path):
            return path
    raise AssertionError(f"no {name}: set TRIPOD_SHARED to the folder that holds data/")


def read_map(folder, name):
    with open(T.map_path(folder, name), encoding="utf-8") as f:
        return json.load(f)


class Form(unittest.TestCase):
    def test_committed_maps(self):
        self.assertEqual(T.main(), 0)

    def wrong(self, change, says):
        m = read_map("maven_crm", "accounts")
        change(m)
        with self.assertRaisesRegex(T.Bad, says):
            T.check_map(m)

    def test_unknown_key(self):
        self.wrong(lambda m: m.update(colour="red"), "unknown key colour")

    def test_two_sources(self):
        def do(m):
            m["records"][0]["fields"]["name"] = {"column": "a", "const": "b"}
        self.wrong(do, "needs one of")

    def test_key_is_a_field(self):
        def do(m):
            m["records"][0]["key"] = ["credit_code"]
        self.wrong(do, "key credit_code is not among its fields")

    def test_main_entity(self):
        self.wrong(lambda m: m.update(entity="contact"), "one main record")


class Values(unittest.TestCase):
    def test_capital(self):
        for text, want in (("5,000(万元人民币)", (5000000000, "CNY")),
                           ("100万元人民币", (100000000, "CNY")),
                           ("300(万)", (300000000, "CNY")), ("5(万元)", (5000000, "CNY")),
                           ("120(万美元)", (120000000, "USD")), ("800万日元", (800000000, "JPY")),
                           ("2亿元", (20000000000, "CNY")), ("5000元", (500000, "CNY")),
                           ("0.5万元", (500000, "CNY")), ("300", (300000000, "CNY"))):
            self.assertEqual(T.cn_money(text), want, text)
        with self.assertRaises(T.Bad):
            T.cn_money("A**")

    def test_names(self):
        for text, want in (("万  科Ａ", "万科A"), ("中盛(江苏)公\n司", "中盛（江苏）公司"),
                           ("Acme  Inc. (US)", "Acme Inc. (US)")):
            self.assertEqual(T.clean_name(text), want)

    def test_dates(self):
        for text, order, want in (("2017/3/1", "ymd", "2017-03-01"),
                                  ("20170301", "ymd", "2017-03-01"),
                                  ("2017年3月1日", "ymd", "2017-03-01"),
                                  ("2018-02-26 19:58:54", "ymd", "2018-02-26"),
                                  ("31/12/21", "dmy", "2021-12-31")):
            self.assertEqual(T.date(text, order), want)
        with self.assertRaises(T.Bad):
            T.date("2017-02-30")

    def test_money_is_exact(self):
        self.assertEqual(T.read_format("money", "1,100.04", T.decimal.Decimal("1000000")),
                         110004000000)
        self.assertEqual(T.read_format("money", "0.125", T.decimal.Decimal(1)), 13)


class RealFiles(unittest.TestCase):
    def counts(self, folder, name, path):
        out = T.run(read_map(folder, name), data(path))
        return (out["rows"], out["skipped"], out["failed"],
                {e: len(r) for e, r in out["records"].items()}), out

    def test_maven(self):
        c, _ = self.counts("maven_crm", "users", "maven_crm/sales_teams.csv")
        self.assertEqual(c, (35, 0, 0, {"team": 3, "user": 41}))
        c, _ = self.counts("maven_crm", "products", "maven_crm/products.csv")
        self.assertEqual(c, (7, 0, 0, {"product": 7}))
        c, out = self.counts("maven_crm", "accounts", "maven_crm/accounts.csv")
        self.assertEqual(c, (85, 0, 0, {"account": 85}))
        parents = [a for a in out["records"]["account"].values() if "parent_id" in a]
        self.assertEqual(len(parents), 15)
        c, out = self.counts("maven_crm", "opportunities", "maven_crm/sales_pipeline.csv")
        self.assertEqual(c, (4394, 0, 0, {"opportunity": 4394, "account": 1}))
        deals = out["records"]["opportunity"].values()
        self.assertEqual(sum(d["amount_fen"] for d in deals if d["outcome"] == "won"), 539624700)
        self.assertEqual(sum(d["account_id"]["value"] == "maven:-" for d in deals), 620)
        self.assertEqual(len({d["product_id"]["value"] for d in deals}), 7)

    def test_olist(self):
        c, _ = self.counts("olist_funnel", "leads",
                           "olist_funnel/olist_marketing_qualified_leads_dataset.csv")
        self.assertEqual(c, (3987, 0, 0, {"lead": 3987}))
        c, _ = self.counts("olist_funnel", "opportunities",
                           "olist_funnel/olist_closed_deals_dataset.csv")
        self.assertEqual(c[:3], (336, 0, 0))
        self.assertEqual(c[3]["opportunity"], 336)

    def test_companies(self):
        for name, path, want in (
                ("szse", "szse_a_share_list_2025-12.xlsx", (2880, 0, 0, {"account": 2880})),
                ("baostock", "baostock_stock_basic.gbk.csv", (4732, 596, 0, {"account": 4136})),
                ("shaanxi", "shaanxi_tech_sme_list.xlsx", (4382, 0, 4, {"account": 4378})),
                ("registrations", "enterprise_registration_2019_zhejiang.csv",
                 (4336, 0, 1, {"account": 4335})),
                ("registrations", "enterprise_registration_2019_jiangsu.csv",
                 (4949, 0, 0, {"account": 4949}))):
            c, _ = self.counts("cn_companies", "accounts-" + name, "cn_companies/" + path)
            self.assertEqual(c, want, path)

    def test_column_that_is_not_there(self):
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as f:
            f.write("product,price\nA,1\n")
            f.flush()
            with self.assertRaisesRegex(SystemExit, "no column series"):
                T.run(read_map("maven_crm", "products"), f.name)
