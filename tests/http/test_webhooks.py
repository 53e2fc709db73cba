"""Webhooks: facts posted and signed, as their owner may see them; retries, faults, refusals."""
import hashlib
import hmac
import json
import subprocess
import threading
import unittest

from harness import HttpTest, ROOT, free_port
from sink import PostSink


class WebhookTest(HttpTest):
    CLOCK = "2026-03-05T02:00:00Z"

    def setUp(self):
        super().setUp()
        self.set_clock("2026-03-05T02:00:00Z")
        self.sink = PostSink()
        self.sink.__enter__()
        self.addCleanup(self.sink.__exit__)
        self.as_("admin").patch("/api/v1/settings", {"webhook.inside": True}).ok()

    def hook(self, kinds="lead.*", who="admin", **more):
        made = self.as_(who).post("/api/v1/webhooks", {
            "name": self.id().split(".")[-1][:90], "url": self.sink.url, "kinds": kinds,
            **more}).made()
        self.addCleanup(self.drop, made["id"])
        return made["id"]

    def drop(self, id_):
        self.as_("admin").delete(f"/api/v1/webhooks/{id_}")

    def lead(self, name, who="admin", **more):
        return self.as_(who).post("/api/v1/leads", {"company_name": name, **more}).made()

    def log(self, id_):
        return self.as_("admin").get(f"/api/v1/webhooks/{id_}/deliveries", limit=100).ok()["items"]

    def secret(self, id_):
        return self.as_("admin").post(f"/api/v1/webhooks/{id_}/secret").ok()["secret"]


class Posts(WebhookTest):
    def test_an_event_is_posted_once_and_signed(self):
        id_ = self.hook()
        secret = self.secret(id_)
        lead = self.lead("推送的线索")
        post = self.sink.next()
        body, head = json.loads(post["body"]), post["headers"]
        self.assertEqual((body["kind"], body["entity_id"]), ("lead.created", lead["id"]))
        self.assertEqual(body["record"]["company_name"], "推送的线索")
        self.assertEqual(body["at"], "2026-03-05T02:00:00Z")
        self.assertEqual(head["Tripod-Event"], "lead.created")
        self.assertEqual(head["Tripod-Timestamp"], "1772676000")
        signed = f"{head['Tripod-Delivery']}.{head['Tripod-Timestamp']}.".encode() + post["body"]
        self.assertIn("v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest(),
                      head["Tripod-Signature"].split(","))
        # The script of the manual says so too, and refuses what was altered.
        for given, code in ((post["body"], 0), (post["body"] + b" ", 1)):
            ran = subprocess.run(
                ["python3", f"{ROOT}/examples/webhooks/verify.py", secret, head["Tripod-Delivery"],
                 head["Tripod-Timestamp"], head["Tripod-Signature"], "--now",
                 head["Tripod-Timestamp"]], input=given, capture_output=True)
            self.assertEqual(ran.returncode, code, ran.stderr)
        self.sink.silent()
        sent, = self.wait_for(lambda: [d for d in self.log(id_) if d["state"] == "sent"])
        self.assertEqual((sent["status"], sent["answer"], sent["attempts"]), (200, "ok", 1))
        self.assertEqual(json.loads(sent["request"]), body)

    def test_a_new_secret_and_the_old_one_both_sign_for_a_day(self):
        id_ = self.hook()
        old, new = self.secret(id_), self.secret(id_)

        def signers():
            self.lead("签名")
            post = self.sink.next()
            head = post["headers"]
            signed = f"{head['Tripod-Delivery']}.{head['Tripod-Timestamp']}.".encode() + post["body"]
            given = head["Tripod-Signature"].split(",")
            return [s for s in (old, new) if
                    "v1=" + hmac.new(s.encode(), signed, hashlib.sha256).hexdigest() in given]
        self.assertEqual(signers(), [old, new])
        self.set_clock("2026-03-06T02:00:01Z")
        self.assertEqual(signers(), [new])

    def test_only_the_events_and_records_asked_for(self):
        id_ = self.hook("lead.updated, account.created", filter='{"lead":{"company_name":{"eq":"要的"}}}')
        other, mine = self.lead("不要的"), self.lead("要的")
        for lead in (other, mine):
            self.as_("admin").patch(f"/api/v1/leads/{lead['id']}", {"title": "厂长"},
                                    lead["version"]).ok()
        body = json.loads(self.sink.next()["body"])
        self.assertEqual((body["kind"], body["entity_id"]), ("lead.updated", mine["id"]))
        self.assertEqual(body["changes"], {"title": [None, "厂长"]})
        account = self.as_("admin").post("/api/v1/accounts", {"name": "都要的客户"}).made()
        self.assertEqual(json.loads(self.sink.next()["body"])["entity_id"], account["id"])
        self.sink.silent()
        self.assertEqual(len(self.log(id_)), 2)

    def test_the_owner_sees_no_more_than_he_may(self):
        admin = self.as_("admin")
        sales = admin.get("/api/v1/users", limit=100).ok()["items"]
        sales = next(u["id"] for u in sales if u["login"] == "sales")
        self.hook(owner_id=sales)
        self.lead("别人的线索", who="sales2")
        mine = self.lead("自己的线索", who="sales")
        self.assertEqual(json.loads(self.sink.next()["body"])["entity_id"], mine["id"])
        self.sink.silent()
        # Who leaves hears nothing any more.
        user = admin.get(f"/api/v1/users/{sales}").ok()
        admin.patch(f"/api/v1/users/{sales}", {"active": False}, user["version"]).ok()
        admin.patch(f"/api/v1/leads/{mine['id']}", {"title": "主任"}, mine["version"]).ok()
        self.sink.silent()
        user = admin.get(f"/api/v1/users/{sales}").ok()
        admin.patch(f"/api/v1/users/{sales}", {"active": True}, user["version"]).ok()

    def test_hidden_fields_stay_hidden(self):
        admin = self.as_("admin")
        tech = next(u["id"] for u in admin.get("/api/v1/users", limit=100).ok()["items"]
                    if u["login"] == "sales")
        self.hook("product.*", owner_id=tech)
        product = admin.post("/api/v1/products", {"name": "联网模块", "code": "W-1",
                                                  "cost_fen": 123456}).made()
        admin.patch(f"/api/v1/products/{product['id']}", {"cost_fen": 654321, "unit": "套"},
                    product["version"]).ok()
        for _ in range(2):
            post = self.sink.next()["body"].decode()
            self.assertNotIn("123456", post)
            self.assertNotIn("654321", post)
            self.assertNotIn("cost_fen", post)

    def test_what_was_before_is_not_told(self):
        self.lead("以前的线索")
        id_ = self.hook()
        self.sink.silent()
        hook = self.as_("admin").get(f"/api/v1/webhooks/{id_}").ok()
        self.as_("admin").patch(f"/api/v1/webhooks/{id_}", {"active": False}, hook["version"]).ok()
        self.lead("停用期间")
        hook = self.as_("admin").get(f"/api/v1/webhooks/{id_}").ok()
        self.as_("admin").patch(f"/api/v1/webhooks/{id_}", {"active": True}, hook["version"]).ok()
        now = self.lead("重新启用以后")
        self.assertEqual(json.loads(self.sink.next()["body"])["entity_id"], now["id"])


class Faults(WebhookTest):
    def test_tried_again_after_growing_pauses(self):
        id_ = self.hook()
        self.sink.say = [500, 503]
        self.lead("再试")
        first = self.sink.next()
        waiting, = self.wait_for(lambda: [d for d in self.log(id_) if d["error"]])
        self.assertEqual((waiting["error"], waiting["run_at"]), ("HTTP 500", "2026-03-05T02:00:30Z"))
        self.set_clock("2026-03-05T02:00:30Z")
        self.sink.next()
        self.assertEqual(self.log(id_)[0]["run_at"], "2026-03-05T02:01:30Z")
        self.set_clock("2026-03-05T02:01:30Z")
        last = self.sink.next()
        # The same number: who got it before can tell.
        self.assertEqual(last["headers"]["Tripod-Delivery"], first["headers"]["Tripod-Delivery"])
        self.assertEqual(last["body"], first["body"])
        self.wait_for(lambda: self.log(id_)[0]["state"] == "sent")
        self.as_("admin").post(f"/api/v1/webhooks/{id_}/deliveries/{waiting['id']}/redeliver").expect(204)
        self.assertEqual(self.sink.next()["body"], first["body"])

    def test_switched_off_after_failures_and_its_owner_told(self):
        self.as_("admin").patch("/api/v1/settings", {"webhook.failures": 3}).ok()
        manager = next(u["id"] for u in self.as_("admin").get("/api/v1/users", limit=100).ok()["items"]
                       if u["login"] == "manager")
        id_ = self.hook(owner_id=manager)
        self.sink.say = [500] * 9
        self.lead("一直失败", who="manager")
        for minute in (1, 3, 9):
            self.set_clock(f"2026-03-05T02:0{minute}:00Z")
        hook = self.wait_for(lambda: (h := self.as_("admin").get(f"/api/v1/webhooks/{id_}").ok())
                             and not h["active"] and h)
        self.assertEqual(hook["disabled_reason"], "HTTP 500")
        told = self.as_("manager").get("/api/v1/notifications").ok()["items"][0]
        self.assertEqual((told["kind"], told["href"]), ("webhook_disabled", f"/webhooks/{id_}"))
        self.as_("admin").patch("/api/v1/settings", {"webhook.failures": None}).ok()

    def test_no_redirect_is_followed(self):
        id_ = self.hook()
        self.sink.say = [(302, {"Location": f"http://127.0.0.1:{self.sink.port}/elsewhere"})]
        self.lead("转向")
        self.assertEqual(self.sink.next()["path"], "/hook")
        self.wait_for(lambda: self.log(id_)[0]["error"] == "HTTP 302")
        self.sink.silent()

    def test_inside_addresses_are_refused_also_by_name(self):
        self.as_("admin").patch("/api/v1/settings", {"webhook.inside": None}).ok()
        for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "[::ffff:127.0.0.1]"):
            id_ = self.hook(url=f"http://{host}:{self.sink.port}/hook")
            self.as_("admin").post(f"/api/v1/webhooks/{id_}/test").ok(202)
            error = self.wait_for(lambda at=id_: self.log(at)[0]["error"])
            self.assertIn("inside", error, host)
            self.drop(id_)
        self.sink.silent()

    def test_a_long_answer_is_cut(self):
        id_ = self.hook()
        self.sink.answer = "好".encode() * 20000
        self.lead("长回答")
        sent = self.wait_for(lambda: (d := self.log(id_)) and d[0]["state"] == "sent" and d[0])
        self.assertTrue(sent["answer_cut"])
        self.assertLess(len(sent["answer"]), 16 * 1024)

    def test_a_dead_receiver_delays_only_itself(self):
        slow = PostSink()
        slow.wait = threading.Event()
        with slow:
            dead, live = self.hook(url=slow.url), self.hook()
            self.lead("一个慢")
            slow.next()
            self.sink.next()
            # The slow one still holds its post; the other gets the next one all the same.
            self.lead("另一个不等")
            self.sink.next(8)
            slow.wait.set()
            slow.next()
            self.wait_for(lambda: {d["state"] for d in self.log(dead) + self.log(live)} == {"sent"})
        gone = self.hook(url=f"http://127.0.0.1:{free_port()}/")
        self.lead("没有人")
        self.sink.next()
        self.wait_for(lambda: self.log(gone)[0]["error"])


class Rights(WebhookTest):
    def test_refusals(self):
        id_ = self.hook()
        paths = [("post", f"/api/v1/webhooks/{id_}/test"), ("post", f"/api/v1/webhooks/{id_}/secret"),
                 ("get", f"/api/v1/webhooks/{id_}/deliveries"),
                 ("post", f"/api/v1/webhooks/{id_}/deliveries/1/redeliver")]
        for method, path in paths:
            getattr(self.nobody(), method)(path).problem(401, "unauthenticated")
            getattr(self.as_("manager"), method)(path).problem(403, "forbidden")
            getattr(self.as_("admin"), method)(path.replace(str(id_), "999999", 1)).problem(
                404, "not_found")
        self.as_("admin").post(f"/api/v1/webhooks/{id_}/deliveries/999999/redeliver").problem(
            404, "not_found")
        self.as_("admin").get(f"/api/v1/webhooks/{id_}/deliveries", limit=0).problem(
            400, "bad_request")

    def test_wrong_fields(self):
        admin = self.as_("admin")
        good = {"name": "x", "url": "https://example.com", "kinds": "lead.*"}
        for field, value, code in (("url", "ftp://example.com", "bad_url"),
                                   ("kinds", "lead.*, nothing.happened", "reference_not_found"),
                                   ("filter", "{", "rule"),
                                   ("filter", '{"lead":{"no_field":{"eq":1}}}', "rule")):
            admin.post("/api/v1/webhooks", {**good, field: value}).problem(
                422, "invalid", field, code)

    def test_somebody_elses_eyes_are_not_lent(self):
        admin = self.as_("admin")
        admin.patch("/api/v1/roles", {"sales_manager": {
            "webhook.read": "own", "webhook.create": "own", "webhook.update": "own"}}).ok()
        boss = admin.get("/api/v1/me").ok()["user"]["id"]
        self.as_("manager").post("/api/v1/webhooks", {
            "name": "借用", "url": self.sink.url, "kinds": "*", "owner_id": boss}).problem(
                422, "invalid", "owner_id", "forbidden")
        admin.patch("/api/v1/roles", {"sales_manager": {
            "webhook.read": "none", "webhook.create": "none", "webhook.update": "none"}}).ok()

    def test_the_secret_is_shown_once(self):
        id_ = self.hook()
        secret = self.secret(id_)
        self.assertGreaterEqual(len(secret), 43)
        said = [self.as_("admin").get(f"/api/v1/webhooks/{id_}").body,
                self.as_("admin").get(f"/api/v1/webhooks/{id_}/history").body,
                self.as_("admin").get("/api/v1/webhooks").body,
                self.tripod("events", "export", "--format", "ndjson").stdout.encode()]
        for text in said:
            self.assertNotIn(secret.encode(), text)


if __name__ == "__main__":
    unittest.main()
