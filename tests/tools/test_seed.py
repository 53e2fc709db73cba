"""The data that ships is right, and its check finds what is wrong."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Seed(unittest.TestCase):
    def setUp(self):
        top = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, top)
        self.dir = os.path.join(top, "seed")
        shutil.copytree(os.path.join(ROOT, "seed"), self.dir)

    def check(self):
        r = subprocess.run([os.path.join(ROOT, "tools/check-seed"), self.dir],
                           capture_output=True, text=True)
        self.assertEqual(r.stderr, "")
        return r.returncode, r.stdout

    def change(self, name, do):
        path = os.path.join(self.dir, name)
        with open(path, encoding="utf-8") as f:
            data = json.load(f)
        do(data)
        with open(path, "w", encoding="utf-8") as f:
            json.dump(data, f, ensure_ascii=False)

    def refused(self, name, do, says):
        self.change(name, do)
        code, out = self.check()
        self.assertEqual(code, 1)
        self.assertIn(says, out)

    def test_shipped_data_is_right(self):
        self.assertEqual(self.check(), (0, ""))

    def test_playbook_equals_the_specification(self):
        def do(p):
            p["stages"][0]["nodes"][3]["gate"] = False
        self.refused("playbook.json", do, "1.4: is (")

    def test_playbook_limit(self):
        def do(p):
            p["stages"][5]["nodes"][1]["limit"]["offset"] = -70
        self.refused("playbook.json", do, "6.2: is (")

    def test_playbook_approves_something_earlier(self):
        def do(p):
            p["stages"][1]["nodes"][3]["outputs"][0]["of"] = ["3.1/solution"]
        self.refused("playbook.json", do, "2.4/three_party_review: approves 3.1/solution")

    def test_quarterly_review_holds_nothing_up(self):
        def do(p):
            p["stages"][5]["nodes"][1]["after"] = ["6.1"]
        self.refused("playbook.json", do, "6.1: another node waits for it")

    def test_english_text_missing(self):
        def do(p):
            p["stages"][2]["nodes"][0]["guidance"]["en"] = ""
        self.refused("playbook.json", do, "3.1.guidance: en is empty")

    def test_make_up_day_on_a_weekday(self):
        def do(c):
            c["years"][-1]["holidays"][0]["makeup"] = ["2026-01-05"]
        self.refused("calendar-cn.json", do, "2026-01-05 is no weekend day")

    def test_holiday_left_out(self):
        def do(c):
            del c["years"][-1]["holidays"][3]
        self.refused("calendar-cn.json", do, "calendar 2026: lacks 劳动节")

    def test_executive_writes(self):
        def do(r):
            r["roles"][8]["grants"]["account"]["update"] = "all"
        self.refused("roles.json", do, "account.update: the executive reads")

    def test_industry_in_the_wrong_section(self):
        def do(i):
            i["industries"][1]["division"] = "65"
        self.refused("industries.json", do, "division 65 doesn't lie in section C")

    def test_city_in_the_wrong_province(self):
        def do(r):
            r["provinces"][2]["cities"][0]["code"] = "440100"
        self.refused("regions.json", do, "stands in another province")

    def test_credit_code_with_a_wrong_digit(self):
        def do(a):
            c = a["accounts"][0]["credit_code"]
            a["accounts"][0]["credit_code"] = c[:9] + ("2" if c[9] != "2" else "3") + c[10:]
        self.refused("demo/accounts.json", do, "demo accounts starlan: credit code")

    def test_dangling_reference(self):
        def do(o):
            o["opportunities"][0]["account"] = "nobody"
        self.refused("demo/opportunities.json", do, "account nobody doesn't exist")

    def test_demo_has_users_of_every_role(self):
        def do(u):
            for one in u["users"]:
                one["roles"] = [r for r in one["roles"] if r != "legal"]
        self.refused("demo/users.json", do, "demo users: nobody is {'legal'}")

    def test_demo_has_accounts_in_three_industries(self):
        def do(a):
            for one in a["accounts"]:
                if one["industry_code"] == "healthcare":
                    one["industry_code"] = "machinery"
        self.refused("demo/accounts.json", do, "demo accounts: hardly any in healthcare")

    def test_demo_has_something_overdue(self):
        def do(o):
            for one in o["opportunities"]:
                for step in one["path"]:
                    if "done" not in step:
                        step["start"] = 0
        self.refused("demo/opportunities.json", do, "hardly anything is overdue")

    def test_every_node_has_an_opportunity(self):
        def do(o):
            o["opportunities"] = [x for x in o["opportunities"] if x["node"] != "4.1"]
        self.refused("demo/opportunities.json", do, "none at 4.1")
