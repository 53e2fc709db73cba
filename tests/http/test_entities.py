"""Every entity goes through the one way: made, listed, read, changed, history, bin and back.

The list of entities is the binary's own; a new one fails here until it says how one is made."""
import json
import unittest

from harness import HttpTest

CREATE = {
    "custom_field": {"entity": "task", "type": "text", "label_zh": "一条路字段",
                     "label_en": "One way"},
    "account": {"name": "一条路客户"},
    "contact": {"name": "赵工", "account_id": "$account", "email": "zhao@example.com"},
    "lead": {"company_name": "一条路线索"},
    "opportunity": {"name": "一条路商机", "account_id": "$account"},
    "activity": {"kind": "visit", "subject": "首次拜访", "account_id": "$account"},
    "task": {"title": "准备方案", "account_id": "$account"},
    "comment": {"entity": "account", "entity_id": "$account", "body": "看过了"},
    "product": {"name": "设备联网模块", "code": "P-1"},
    "industry": {"code": "test", "name": "测试行业", "gbt_section": "C"},
    "region": {"code": "999999", "name": "测试地区"},
    "user": {"login": "one.way", "name": "一条路用户", "roles": ["csm"]},
    "webhook": {"name": "一条路推送", "url": "https://hooks.example.com/a", "kinds": "lead.*"},
    "team": {"name": "一条路团队"},
    "calendar": {"code": "oneway", "name": "一条路日历"},
    "calendar_day": {"calendar_id": "$calendar", "day": "2030-01-07", "work": "off"},
    "view": {"entity": "lead", "name": "一条路视图"},
    "absence": {"starts_on": "2030-01-07", "ends_on": "2030-01-11", "substitute_id": "$user"},
}
# Changed to show history; entities without one have no field that a person edits.
PATCH = {
    "account": {"headcount": 120}, "contact": {"title": "主任"}, "lead": {"title": "经理"},
    "opportunity": {"amount_fen": 100}, "activity": {"subject": "第二次拜访"},
    "task": {"title": "准备报价"}, "comment": {"body": "又看过了"}, "product": {"unit": "套"},
    "industry": {"name": "测试行业二"}, "region": {"name": "测试地区二"}, "user": {"title": "顾问"},
    "webhook": {"kinds": "account.*"},
    "team": {"name": "一条路团队二"}, "attachment": {"note": "定稿"},
    "custom_field": {"help_zh": "说明"},
    "absence": {"note": "年假"}, "calendar": {"name_en": "One way"},
    "calendar_day": {"name": "厂庆"}, "view": {"name": "一条路视图二"},
}


class OneWay(HttpTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.entities = {e["name"]: e for e in json.loads(
            cls.tripod("describe", "entities", "--json").stdout)}
        cls.made = {}
        admin = cls.as_("admin")
        for name, body in CREATE.items():
            body = {k: cls.made[v[1:]]["id"] if isinstance(v, str) and v.startswith("$") else v
                    for k, v in body.items()}
            cls.made[name] = admin.post(f"/api/v1/{cls.entities[name]['plural']}", body).made()
        cls.made["attachment"] = admin.upload(
            "/api/v1/attachments", "file", "a.txt", b"text", "text/plain", entity="account",
            entity_id=cls.made["account"]["id"]).made()

    def each(self, fn, names=None):
        """fn(name, path of the list, record) for each; all that fail are named."""
        faults = []
        for name in names or self.made:
            try:
                fn(name, f"/api/v1/{self.entities[name]['plural']}", self.made[name])
            except AssertionError as e:
                faults.append(f"{name}: {e}")
        self.assertEqual(faults, [], "\n".join(faults))

    def test_every_entity_is_covered_here(self):
        made_by_process = {"node", "output", "review", "exception", "playbook"}
        unknown = set(self.entities) - set(self.made) - made_by_process
        self.assertEqual(unknown, set())
        for name in made_by_process:
            self.assertTrue(self.entities[name]["flags"]["no_create"], name)

    def test_record_is_read_and_listed(self):
        def look(name, path, record):
            one = self.as_("admin").get(f"{path}/{record['id']}").ok()
            self.assertEqual(set(one), set(record))
            listed = self.as_("admin").get(path, limit=200, sort="-id").ok()["items"]
            self.assertIn(record["id"], [i["id"] for i in listed])
        self.each(look)

    def test_record_is_changed_and_remembers(self):
        def change(name, path, record):
            field, value = next(iter(PATCH[name].items()))
            one = f"{path}/{record['id']}"
            now = self.as_("admin").get(one).ok()
            changed = self.as_("admin").patch(one, {field: value}, now["version"]).ok()
            self.assertEqual(changed[field], value)
            changes = [c for h in self.as_("admin").get(one + "/history").ok()["items"]
                       for c in h["changes"] if c["field"] == field and c["new"] == value]
            self.assertEqual(len(changes), 1)
            kinds = [h["kind"] for h in self.as_("admin").get(one + "/timeline").ok()["items"]]
            self.assertIn(f"{name}.updated", kinds)
        self.each(change)

    def test_all_take_acts_on_many_and_are_counted_in_groups(self):
        """Also those that are not made by hand: they answer, and nothing is done to a trial."""
        def try_(name, path, _):
            groups = self.as_("admin").get(path + "/groups", by="created_at:month").ok()
            self.assertIsInstance(groups["groups"] if "groups" in groups else groups["items"], list)
            self.as_("admin").post(path + "/bulk", {
                "act": "delete", "ids": [999999], "dry_run": True}).expect(200, 202)
        self.made |= {n: None for n in self.entities if n not in self.made}
        try:
            self.each(try_)
        finally:
            for name in [n for n, r in self.made.items() if r is None]:
                del self.made[name]

    def test_what_merges_shows_both_beside_each_other(self):
        admin = self.as_("admin")
        for name, body in (("lead", {"company_name": "并列线索"}), ("account", {"name": "并列客户"}),
                           ("contact", {"name": "钱工", "account_id": self.made["account"]["id"]})):
            path = f"/api/v1/{self.entities[name]['plural']}"
            other = admin.post(path, body).made()
            admin.get(f"{path}/{self.made[name]['id']}/merge", **{"with": other["id"]}).ok()

    def test_rights_of_fields_and_regions_are_read(self):
        admin = self.as_("admin")
        admin.get("/api/v1/field-rights").ok()
        admin.get(f"/api/v1/users/{self.made['user']['id']}/regions").ok()

    def test_record_in_use_is_not_deleted(self):
        self.as_("admin").delete(f"/api/v1/accounts/{self.made['account']['id']}").problem(
            409, "in_use")

    def test_record_goes_to_the_bin_and_comes_back(self):
        admin = self.as_("admin")

        def remove(name, path, record):
            admin.delete(f"{path}/{record['id']}").expect(204)
            admin.get(f"{path}/{record['id']}").problem(404, "not_found")
            bin_ = admin.get("/api/v1/trash", entity=name, limit=200).ok()["items"]
            self.assertIn(record["id"], [i["id"] for i in bin_])

        def restore(name, path, record):
            admin.post(f"{path}/{record['id']}/restore").ok()
            admin.get(f"{path}/{record['id']}").ok()

        # What hangs on another record goes first and comes back last.
        names = [n for n in self.made if not self.entities[n]["flags"]["no_delete"]]
        self.each(remove, names[::-1])
        self.each(restore, names)

    def test_search_finds_every_entity_that_says_so(self):
        words = {"account": "一条路客户", "contact": "赵工", "lead": "一条路线索",
                 "opportunity": "一条路商机", "activity": "拜访", "task": "准备",
                 "product": "设备联网", "user": "一条路用户"}
        for name, e in self.entities.items():
            if not e["flags"]["search"]:
                continue
            with self.subTest(entity=name):
                groups = self.as_("admin").get("/api/v1/search", q=words[name]).ok()["groups"]
                self.assertIn(name, [g["entity"] for g in groups])

    def test_same_code_twice_is_refused(self):
        for name in ("industry", "region"):
            with self.subTest(entity=name):
                self.as_("admin").post(f"/api/v1/{self.entities[name]['plural']}", {
                    **CREATE[name], "name": "第二个"}).expect(409, 422)

    def test_value_that_is_no_e_mail_address(self):
        self.as_("admin").post("/api/v1/contacts", {
            "name": "x", "account_id": self.made["account"]["id"], "email": "not an address"}).problem(
                422, "invalid", "email", "bad_email")


if __name__ == "__main__":
    unittest.main()
