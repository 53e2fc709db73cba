"""Acts on many records at once, and taking back what was done."""
import time

from harness import HttpTest


class Bulk(HttpTest):
    def leads(self, n, who="sales", **more):
        me = self.as_(who)
        return [me.post("/api/v1/leads", {"company_name": f"批量{i}", **more}).made() for i in range(n)]

    def bulk(self, body, who="sales", entity="leads"):
        return self.as_(who).post(f"/api/v1/{entity}/bulk", body).ok()

    def lead(self, one, who="manager"):
        return self.as_(who).get(f"/api/v1/leads/{one['id']}").ok()

    def user(self, login):
        return self.as_("admin").get("/api/v1/users", filter={"login": login}).ok()["items"][0]["id"]

    def test_preview_says_what_would_change_and_changes_nothing(self):
        leads = self.leads(3)
        run = self.bulk({"act": "edit", "ids": [l["id"] for l in leads], "dry_run": True,
                         "changes": {"title": "厂长"}})
        self.assertEqual((run["changed"], run["refused"], run["undo_id"]), (3, 0, None))
        self.assertEqual(self.as_("sales").get(f"/api/v1/leads/{leads[0]['id']}").ok()["version"], 1)

    def test_refused_records_are_named_with_the_reason(self):
        good, bad = self.leads(1), self.leads(1, who="sales2")
        ids = [good[0]["id"], bad[0]["id"]]
        run = self.bulk({"act": "edit", "ids": ids, "changes": {"status": "rejected"},
                         "mode": "good", "dry_run": True})
        self.assertEqual(run["refused"], 2)
        first, second = run["refusals"]
        self.assertEqual((first["title"], first["code"]), ("批量0", "invalid"))
        self.assertEqual([(e["field"], e["code"]) for e in first["errors"]],
                         [("reject_reason", "required")])
        # What one may not see has no name, and cannot be told from what is not there.
        self.assertEqual((second["title"], second["code"]), (None, "not_found"))

    def test_all_or_nothing_changes_nothing_when_one_is_refused(self):
        mine, hers = self.leads(2), self.leads(1, who="sales2")
        ids = [l["id"] for l in mine + hers]
        run = self.bulk({"act": "edit", "ids": ids, "changes": {"title": "甲"}, "mode": "all"})
        self.assertEqual((run["changed"], run["refused"], run["undo_id"]), (0, 1, None))
        self.assertEqual(self.as_("sales").get(f"/api/v1/leads/{mine[0]['id']}").ok()["version"], 1)

    def test_the_good_ones_are_changed_and_the_others_told(self):
        mine, hers = self.leads(2), self.leads(1, who="sales2")
        ids = [l["id"] for l in mine + hers]
        run = self.bulk({"act": "edit", "ids": ids, "changes": {"title": "乙"}, "mode": "good"})
        self.assertEqual((run["changed"], run["refused"]), (2, 1))
        self.assertEqual(self.as_("sales").get(f"/api/v1/leads/{mine[0]['id']}").ok()["title"], "乙")
        self.assertIsNone(self.as_("sales2").get(f"/api/v1/leads/{hers[0]['id']}").ok()["title"])

    def test_read_only_and_wrong_values_are_refused_as_one_by_one(self):
        ids = [l["id"] for l in self.leads(1)]
        for changes, code in (({"number": "x"}, "read_only"), ({"nonsense": 1}, "unknown_field"),
                              ({"email": "nobody"}, "bad_email")):
            run = self.bulk({"act": "edit", "ids": ids, "changes": changes})
            self.assertEqual(run["refusals"][0]["errors"][0]["code"], code)

    def test_field_without_the_right_is_refused_in_bulk_too(self):
        made = self.as_("admin").post("/api/v1/products", {"name": "控制器", "code": "BK-1"}).made()
        run = self.bulk({"act": "edit", "ids": [made["id"]], "changes": {"cost_fen": 1}},
                        "sales", "products")
        self.assertEqual((run["changed"], run["refused"]), (0, 1))

    def test_won_by_bulk_is_refused(self):
        me = self.as_("sales")
        a = me.post("/api/v1/accounts", {"name": "不能批量赢单"}).made()
        o = me.post("/api/v1/opportunities", {"name": "批", "account_id": a["id"]}).made()
        run = self.bulk({"act": "edit", "ids": [o["id"]], "changes": {"outcome": "won"}},
                        entity="opportunities")
        self.assertEqual(run["refused"], 1)

    def test_assigning_moves_the_owner(self):
        leads = self.leads(2, who="manager")
        run = self.bulk({"act": "assign", "ids": [l["id"] for l in leads],
                         "user_id": self.user("sales2")}, "manager")
        self.assertEqual(run["changed"], 2)
        self.assertEqual(self.as_("sales2").get(f"/api/v1/leads/{leads[0]['id']}").ok()["owner_id"],
                         self.user("sales2"))

    def test_all_that_match_the_filter(self):
        self.leads(3, source_detail="筛选甲")
        run = self.bulk({"act": "edit", "filter": {"source_detail": "筛选甲"},
                         "changes": {"title": "全部"}})
        self.assertEqual((run["total"], run["changed"]), (3, 3))
        self.as_("sales").post("/api/v1/leads/bulk", {
            "act": "delete", "filter": {"nonsense": 1}}).problem(400, "bad_filter")

    def test_what_is_wanted_must_be_said(self):
        me = self.as_("sales")
        me.post("/api/v1/leads/bulk", {"act": "paint", "ids": []}).problem(
            422, "invalid", "act", "not_in_list")
        me.post("/api/v1/leads/bulk", {"act": "edit", "ids": [1]}).problem(
            422, "invalid", "changes", "required")
        me.post("/api/v1/leads/bulk", {"act": "assign", "ids": [1]}).problem(
            422, "invalid", "user_id", "required")
        me.post("/api/v1/leads/bulk", {"act": "delete"}).problem(422, "invalid", "ids", "required")
        self.nobody().post("/api/v1/leads/bulk", {"act": "delete", "ids": [1]}).problem(
            401, "unauthenticated")
        run = self.bulk({"act": "delete", "ids": [self.leads(1)[0]["id"]]}, "executive")
        self.assertEqual(run["refusals"][0]["code"], "forbidden")

    def test_more_than_the_limit_is_refused(self):
        admin = self.as_("admin")
        admin.patch("/api/v1/settings", {"bulk.max_records": 2}).ok()
        try:
            ids = [l["id"] for l in self.leads(3)]
            self.as_("sales").post("/api/v1/leads/bulk", {"act": "delete", "ids": ids}).problem(
                422, "bulk_too_many")
        finally:
            admin.patch("/api/v1/settings", {"bulk.max_records": None}).ok()

    def wait(self, run, who="sales"):
        until = time.monotonic() + 60
        while run["state"] not in ("done", "failed") and time.monotonic() < until:
            time.sleep(0.05)
            run = self.as_(who).get(f"/api/v1/my/bulk/{run['id']}").ok()
        self.assertEqual(run["state"], "done")
        return run

    def few_at_once(self):
        admin = self.as_("admin")
        admin.patch("/api/v1/settings", {"bulk.at_once": 5}).ok()
        self.addCleanup(lambda: admin.patch("/api/v1/settings", {"bulk.at_once": None}).ok())

    def test_many_are_done_by_a_job_with_one_undo(self):
        self.few_at_once()
        me = self.as_("sales")
        ids = [l["id"] for l in self.leads(13)]
        asked = self.bulk({"act": "edit", "ids": ids + ids, "changes": {"title": "很多"}})
        self.assertEqual((asked["state"], asked["total"]), ("queued", 13))
        run = self.wait(asked)
        self.assertEqual((run["total"], run["done"], run["changed"]), (13, 13, 13))
        self.as_("sales2").get(f"/api/v1/my/bulk/{run['id']}").problem(404, "not_found")
        self.nobody().get(f"/api/v1/my/bulk/{run['id']}").problem(401, "unauthenticated")
        self.assertEqual(me.post(f"/api/v1/undo/{run['undo_id']}").ok()["restored"], 13)
        self.assertIsNone(me.get(f"/api/v1/leads/{ids[0]}").ok()["title"])
        self.assertIsNone(me.get(f"/api/v1/leads/{ids[12]}").ok()["title"])

    def test_many_with_one_refused_change_nothing(self):
        self.few_at_once()
        me = self.as_("sales")
        ids = [l["id"] for l in self.leads(12)]
        run = self.wait(self.bulk({"act": "edit", "ids": ids + [99999999],
                                   "changes": {"title": "一个不行"}}))
        self.assertEqual((run["changed"], run["refused"], run["undo_id"]), (0, 1, None))
        self.assertEqual(me.get(f"/api/v1/leads/{ids[0]}").ok()["version"], 1)
        dry = self.wait(self.bulk({"act": "delete", "ids": ids, "dry_run": True}))
        self.assertEqual((dry["changed"], dry["refused"]), (12, 0))
        me.get(f"/api/v1/leads/{ids[0]}").ok()
        good = self.wait(self.bulk({"act": "edit", "ids": ids + [99999999], "mode": "good",
                                    "changes": {"title": "其余照改"}}))
        self.assertEqual((good["changed"], good["refused"]), (12, 1))
        self.assertEqual(me.get(f"/api/v1/leads/{ids[11]}").ok()["title"], "其余照改")

    def test_a_repeated_request_with_a_key_is_done_once(self):
        me, key = self.as_("sales"), {"Idempotency-Key": "bulk-1"}
        lead, = self.leads(1)
        body = {"act": "edit", "ids": [lead["id"]], "changes": {"title": "一次"}}
        dry = me.post("/api/v1/leads/bulk", {**body, "dry_run": True},
                      {"Idempotency-Key": "bulk-0"}).ok()
        self.assertEqual(dry["changed"], 1)
        self.assertEqual(me.get(f"/api/v1/leads/{lead['id']}").ok()["version"], 1)
        first = me.post("/api/v1/leads/bulk", body, key).ok()
        self.assertEqual(me.post("/api/v1/leads/bulk", body, key).ok(), first)
        self.assertEqual(me.get(f"/api/v1/leads/{lead['id']}").ok()["version"], 2)


class Undo(HttpTest):
    def leads(self, n, who="sales", **more):
        me = self.as_(who)
        return [me.post("/api/v1/leads", {"company_name": f"撤销{i}", **more}).made() for i in range(n)]

    def edit(self, leads, **changes):
        return self.as_("sales").post("/api/v1/leads/bulk", {
            "act": "edit", "ids": [l["id"] for l in leads], "changes": changes}).ok()

    def test_bulk_edit_goes_back_with_all_its_values(self):
        me = self.as_("sales")
        leads = self.leads(3, title="原来")
        run = self.edit(leads, title="改了", company_name="改名公司")
        back = me.post(f"/api/v1/undo/{run['undo_id']}").ok()
        self.assertEqual((back["kind"], back["restored"]), ("bulk_edit", 3))
        for i, lead in enumerate(leads):
            now = me.get(f"/api/v1/leads/{lead['id']}").ok()
            self.assertEqual((now["company_name"], now["title"], now["version"]),
                             (f"撤销{i}", "原来", 3))
        # Search knows the old name again, and history says what happened.
        self.assertEqual(me.get("/api/v1/leads", q="改名公司").ok()["items"], [])
        kinds = [h["kind"] for h in me.get(f"/api/v1/leads/{leads[0]['id']}/history").ok()["items"]]
        self.assertEqual(kinds, ["lead.updated", "lead.updated", "lead.created"])
        me.post(f"/api/v1/undo/{run['undo_id']}").problem(409, "undo_done")

    def test_bulk_delete_goes_back(self):
        me = self.as_("sales")
        ids = [l["id"] for l in self.leads(2)]
        run = me.post("/api/v1/leads/bulk", {"act": "delete", "ids": ids}).ok()
        me.get(f"/api/v1/leads/{ids[0]}").problem(404, "not_found")
        me.post(f"/api/v1/undo/{run['undo_id']}").ok()
        self.assertEqual(me.get(f"/api/v1/leads/{ids[1]}").ok()["company_name"], "撤销1")

    def test_single_delete_says_how_to_take_it_back(self):
        me = self.as_("sales")
        lead, = self.leads(1)
        answer = me.delete(f"/api/v1/leads/{lead['id']}").expect(204)
        me.post(f"/api/v1/undo/{answer.header('Undo-Id')}").ok()
        me.get(f"/api/v1/leads/{lead['id']}").ok()

    def test_assignment_goes_back_with_the_team_it_made(self):
        me, manager = self.as_("sales"), self.as_("manager")
        a = manager.post("/api/v1/accounts", {"name": "分错了"}).made()
        hers = self.as_("admin").get("/api/v1/users", filter={"login": "sales2"}).ok()["items"][0]
        run = manager.post("/api/v1/accounts/bulk", {
            "act": "assign", "ids": [a["id"]], "user_id": hers["id"]}).ok()
        self.as_("sales2").get(f"/api/v1/accounts/{a['id']}").ok()
        manager.post(f"/api/v1/undo/{run['undo_id']}").ok()
        # She came onto the team by the assignment alone, and is off it again.
        self.as_("sales2").get(f"/api/v1/accounts/{a['id']}").problem(404, "not_found")

    def test_refused_when_one_of_them_moved_on(self):
        me = self.as_("sales")
        leads = self.leads(2)
        run = self.edit(leads, title="先")
        self.as_("admin").patch(f"/api/v1/leads/{leads[1]['id']}", {"title": "后"}, 2).ok()
        p = me.post(f"/api/v1/undo/{run['undo_id']}").problem(409, "undo_moved_on")
        self.assertEqual([(m["id"], m["title"], m["who"]) for m in p["moved"]],
                         [(leads[1]["id"], "撤销1", "管理员")])
        self.assertIn("管理员", p["title"])
        # All or nothing: the other one stayed as it was.
        self.assertEqual(me.get(f"/api/v1/leads/{leads[0]['id']}").ok()["title"], "先")
        self.assertEqual(self.of_mine(run["undo_id"])["state"], "open")

    def of_mine(self, undo_id, who="sales"):
        return next(u for u in self.as_(who).get("/api/v1/undo").ok()["items"] if u["id"] == undo_id)

    def test_only_who_did_it_or_the_administrator(self):
        run = self.edit(self.leads(1), title="我的")
        self.as_("manager").post(f"/api/v1/undo/{run['undo_id']}").problem(404, "not_found")
        self.nobody().post(f"/api/v1/undo/{run['undo_id']}").problem(401, "unauthenticated")
        ids = [u["id"] for u in self.as_("manager").get("/api/v1/undo", all="true").ok()["items"]]
        self.assertNotIn(run["undo_id"], ids)
        ids = [u["id"] for u in self.as_("admin").get("/api/v1/undo", all="true").ok()["items"]]
        self.assertIn(run["undo_id"], ids)
        self.as_("admin").post(f"/api/v1/undo/{run['undo_id']}").ok()

    def test_recent_actions_say_what_was_done(self):
        run = self.edit(self.leads(2), title="最近")
        mine = self.of_mine(run["undo_id"])
        self.assertEqual((mine["label"], mine["entity_label"], mine["n"], mine["title"],
                          mine["state"], mine["user"]["name"]),
                         ("批量修改", "线索", 2, "撤销0", "open", "张伟"))
        self.nobody().get("/api/v1/undo").problem(401, "unauthenticated")

    def test_a_field_error_leaves_no_entry(self):
        before = len(self.as_("sales").get("/api/v1/undo").ok()["items"])
        self.edit(self.leads(1), email="nobody")
        self.assertEqual(len(self.as_("sales").get("/api/v1/undo").ok()["items"]), before)


class Expiry(HttpTest):
    CLOCK = "2026-03-02T01:00:00Z"

    def test_after_the_hours_of_the_setting_it_is_too_late(self):
        me = self.as_("sales")
        self.as_("admin").patch("/api/v1/settings", {"undo.hours": 2}).ok()
        lead = me.post("/api/v1/leads", {"company_name": "过期"}).made()
        undo = me.delete(f"/api/v1/leads/{lead['id']}").header("Undo-Id")
        self.set_clock("2026-03-02T03:00:01Z")
        me.post(f"/api/v1/undo/{undo}").problem(409, "undo_expired")
        entry = me.get("/api/v1/undo").ok()["items"][0]
        self.assertEqual((str(entry["id"]), entry["state"]), (undo, "expired"))
