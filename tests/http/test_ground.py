"""The ground under every route: health, problems, languages, bodies, log-in, tokens, CSRF."""
import json
import unittest

from harness import PASSWORD, HttpTest, tripod


class Health(HttpTest):
    def test_health_and_readiness(self):
        self.nobody().get("/healthz").expect(200)
        self.nobody().get("/readyz").expect(200)

    def test_metrics_are_prometheus_text(self):
        self.as_("sales").get("/api/v1/me").ok()
        answer = self.nobody().get("/metrics").expect(200)
        self.assertTrue(answer.type == "text/plain", answer.type)
        lines = [l for l in answer.text.splitlines() if l and not l.startswith("#")]
        self.assertTrue(any(l.startswith("tripod_http_requests_total") for l in lines), lines[:20])
        for line in lines:
            self.assertRegex(line, r'^[a-z_]+(\{.*\})? [-+0-9.eE]+$')


class Problems(HttpTest):
    def test_unknown_address_is_a_problem(self):
        self.as_("sales").get("/api/v1/nonsense").problem(404, "not_found")

    def test_header_over_its_limit_is_a_problem(self):
        answer = self.as_("sales").get("/api/v1/leads", headers={"X-Long": "a" * 17000})
        answer.problem(431, "header_too_large")

    def test_wrong_method_names_the_right_ones(self):
        answer = self.as_("sales").put("/api/v1/leads", {})
        answer.problem(405, "method_not_allowed")
        self.assertIn("GET", answer.header("Allow") or "")

    def test_body_that_is_not_json(self):
        me = self.as_("sales")
        for raw in (b"{", b"[1,]", b'{"a":1,"a":2}', b"\xff", b""):
            me.request("POST", "/api/v1/leads", raw=raw,
                       headers={"Content-Type": "application/json"}).problem(400, "bad_json")

    def test_body_of_another_type(self):
        self.as_("sales").request("POST", "/api/v1/leads", raw=b"company_name=x", headers={
            "Content-Type": "application/x-www-form-urlencoded"}).problem(415, "media_type")

    def test_body_over_the_limit(self):
        big = json.dumps({"company_name": "x" * 2_000_000}).encode()
        self.as_("sales").request("POST", "/api/v1/leads", raw=big, headers={
            "Content-Type": "application/json"}).problem(413, "too_big")

    def test_problem_speaks_the_language_asked_for(self):
        zh = self.nobody("zh-CN").get("/api/v1/me").problem(401, "unauthenticated")
        en = self.nobody("en-GB,en;q=0.9").get("/api/v1/me").problem(401, "unauthenticated")
        self.assertIn("登录", zh["title"])
        self.assertIn("log in", en["title"])

    def test_problem_has_a_number_and_the_log_is_json(self):
        p = self.as_("sales").get("/api/v1/leads/999999").problem(404, "not_found")
        self.assertRegex(p["request_id"], r"^\S{8,}$")
        lines = self.server.log().splitlines()
        self.assertTrue(lines)
        for line in lines:
            self.assertLessEqual({"time", "level", "msg"}, set(json.loads(line)), line)


class LogIn(HttpTest):
    def test_log_in_by_password_and_out_again(self):
        me = self.nobody()
        me.login("sales").expect(201)
        self.assertEqual(me.get("/api/v1/me").ok()["user"]["login"], "sales")
        me.post("/api/v1/logout").expect(204)
        me.get("/api/v1/me").problem(401, "unauthenticated")

    def test_session_cookie_is_guarded(self):
        answer = self.nobody().login("sales").expect(201)
        cookie = answer.header("Set-Cookie")
        self.assertIn("HttpOnly", cookie)
        self.assertIn("SameSite=", cookie)

    def test_wrong_password_and_unknown_login_look_alike(self):
        a = self.nobody().login("sales2", "wrong").problem(401, "login_failed")
        b = self.nobody().login("nobody-here", "wrong").problem(401, "login_failed")
        self.assertEqual(a["title"], b["title"])

    def test_change_by_cookie_needs_the_csrf_token(self):
        me = self.nobody()
        me.login("sales").expect(201)
        me.post("/api/v1/leads", {"company_name": "带令牌"}).made()
        me.csrf = None
        me.post("/api/v1/leads", {"company_name": "缺令牌"}).problem(403, "csrf")
        me.csrf = "0" * 32
        me.post("/api/v1/leads", {"company_name": "错令牌"}).problem(403, "csrf")

    def test_log_in_is_throttled(self):
        codes = [self.nobody().login("legal", f"wrong {n}") for n in range(30)]
        last = codes[-1]
        last.problem(429, "throttled")
        self.assertGreater(int(last.header("Retry-After")), 0)
        # The right password is no way around it, and others are not locked out.
        self.nobody().login("legal").problem(429, "throttled")

    def test_log_in_says_what_is_missing(self):
        self.nobody().post("/api/v1/sessions", {}).problem(422, "invalid", "login", "required")

    def test_own_sessions_are_listed_and_ended(self):
        first, second = self.nobody(), self.nobody()
        first.login("csm").expect(201)
        second.login("csm").expect(201)
        listed = second.get("/api/v1/me/sessions").ok()["items"]
        other = [s for s in listed if not s["current"]]
        self.assertGreaterEqual(len(other), 1)
        for s in other:
            second.delete(f"/api/v1/me/sessions/{s['id']}").expect(204)
        first.get("/api/v1/me").problem(401, "unauthenticated")
        second.get("/api/v1/me").ok()

    def test_password_is_changed_by_who_knows_the_old_one(self):
        me = self.nobody()
        me.login("finance").expect(201)
        change = {"old_password": "wrong", "new_password": "another horse 77"}
        me.post("/api/v1/me/password", change).problem(422, "invalid", "old_password",
                                                       "wrong_password")
        change["old_password"] = PASSWORD
        me.post("/api/v1/me/password", {**change, "new_password": "123"}).problem(
            422, "invalid", "new_password", "weak_password")
        me.post("/api/v1/me/password", change).expect(204)
        self.nobody().login("finance").problem(401, "login_failed")
        self.nobody().login("finance", "another horse 77").expect(201)

    def test_first_password_from_an_administrator_must_be_changed(self):
        users = self.as_("admin").get("/api/v1/users", filter={"login": {"eq": "owner"}}).ok()
        user = users["items"][0]["id"]
        self.as_("admin").post(f"/api/v1/users/{user}/password",
                               {"password": "from the admin 1"}).expect(200, 204)
        me = self.nobody()
        me.login("owner", "from the admin 1").expect(201)
        me.get("/api/v1/leads").problem(403, "password_change_required")
        me.post("/api/v1/me/password", {"old_password": "from the admin 1",
                                        "new_password": "my own horse 99"}).expect(204)


class Tokens(HttpTest):
    def client(self, token):
        from harness import Client
        return Client(self.server, "by token", token, self.write_down)

    def test_token_may_be_narrower_than_its_user(self):
        made = self.as_("sales").post("/api/v1/me/tokens", {
            "name": "reader", "scopes": "lead.read"}).made()
        narrow = self.client(made["token"])
        narrow.get("/api/v1/leads").ok()
        narrow.post("/api/v1/leads", {"company_name": "x"}).problem(403, "forbidden")
        narrow.get("/api/v1/accounts").problem(403, "forbidden")
        # It cannot make itself a wider one, nor take over the account.
        narrow.post("/api/v1/me/tokens", {"name": "wide"}).problem(403, "forbidden")
        narrow.post("/api/v1/me/password", {"old_password": PASSWORD,
                                            "new_password": "x y z 1 2 3 4"}).problem(403, "forbidden")
        # The person behind it is none of its business: what it looks like, where it is logged in.
        narrow.get("/api/v1/me").ok()
        narrow.patch("/api/v1/me", {"theme": "dark"}).problem(403, "forbidden")
        narrow.get("/api/v1/me/sessions").problem(403, "forbidden")
        narrow.delete("/api/v1/me/sessions/1").problem(403, "forbidden")

    def test_token_is_revoked(self):
        me = self.as_("sales")
        made = me.post("/api/v1/me/tokens", {"name": "short"}).made()
        listed = me.get("/api/v1/me/tokens").ok()
        self.assertNotIn(made["token"], json.dumps(listed))
        self.client(made["token"]).get("/api/v1/me").ok()
        me.delete(f"/api/v1/me/tokens/{made['id']}").expect(204)
        self.client(made["token"]).get("/api/v1/me").problem(401, "unauthenticated")
        me.delete(f"/api/v1/me/tokens/{made['id']}").problem(404, "not_found")

    def test_token_by_command_line_with_scope(self):
        token = tripod("token", "create", "--user", "sales", "--scope", "account.read",
                       db=self.db.url).stdout.strip()
        self.client(token).get("/api/v1/accounts").ok()
        self.client(token).get("/api/v1/leads").problem(403, "forbidden")

    def test_token_expires(self):
        self.as_("sales").post("/api/v1/me/tokens", {
            "name": "past", "expires_at": "2020-01-01T00:00:00Z"}).problem(
                422, "invalid", "expires_at", "bad_time")


if __name__ == "__main__":
    unittest.main()
