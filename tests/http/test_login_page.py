"""The pages of the front door: log-in and the password that must be changed. Plain HTML, no script."""
import re
import unittest
import urllib.parse

from harness import PASSWORD, HttpTest


class LoginPage(HttpTest):
    def setUp(self):
        super().setUp()
        self.me = self.nobody()

    def page(self, path="/login", **headers):
        answer = self.me.get(path, headers=headers).expect(200)
        self.token = re.search(r'name="token" value="([^"]+)"', answer.text)[1]
        return answer

    def send(self, path="/login", headers=None, **form):
        form = {"token": self.token, **form}
        return self.me.request("POST", path, raw=urllib.parse.urlencode(form).encode(), headers={
            "Content-Type": "application/x-www-form-urlencoded", **(headers or {})})

    def test_page_has_no_script_and_a_policy_that_allows_none(self):
        answer = self.page()
        policy = answer.header("Content-Security-Policy")
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("script-src", policy)
        self.assertNotIn("unsafe", policy)
        self.assertNotIn("<script", answer.text)
        self.assertNotRegex(answer.text, r"\son\w+=")
        self.assertLess(len(answer.body), 6000)

    def test_page_speaks_both_languages(self):
        self.assertIn("登录", self.page().text)
        self.assertIn("Log in", self.page("/login?lang=en").text)
        self.assertIn("Log in", self.page().text)  # the choice is remembered
        self.me = self.nobody()
        self.assertIn("Log in", self.page(**{"Accept-Language": "en-GB,en;q=0.9,zh;q=0.1"}).text)

    def test_good_password_goes_on_to_where_one_wanted(self):
        self.page("/login?next=/accounts/7")
        answer = self.send(login="sales", password=PASSWORD, next="/accounts/7").expect(303)
        self.assertEqual(answer.header("Location"), "/accounts/7")
        cookie = next(v for k, v in answer.headers
                      if k.lower() == "set-cookie" and v.startswith("tripod_session="))
        self.assertIn("HttpOnly", cookie)
        self.assertIn("SameSite=Lax", cookie)
        self.assertEqual(self.me.get("/api/v1/me").ok()["user"]["login"], "sales")
        self.assertEqual(self.me.get("/login").expect(303).header("Location"), "/")

    def test_never_on_to_another_site(self):
        for bad in ("//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nX: y", ""):
            self.me = self.nobody()
            self.page()
            answer = self.send(login="sales", password=PASSWORD, next=bad).expect(303)
            self.assertEqual(answer.header("Location"), "/", bad)

    def test_wrong_password_says_so_and_keeps_the_login(self):
        self.page()
        answer = self.send(login='sales"><b>', password="wrong").expect(401)
        self.assertIn("账号或密码不正确", answer.text)
        self.assertIn('value="sales&quot;&gt;&lt;b&gt;"', answer.text)

    def test_form_from_elsewhere_is_refused(self):
        self.page()
        self.send(login="sales", password=PASSWORD, token="A" * 22).expect(403)
        self.send(login="sales", password=PASSWORD, headers={"Cookie": None}).expect(403)
        self.send(login="sales", password=PASSWORD,
                  headers={"Sec-Fetch-Site": "cross-site"}).expect(403)
        self.me.get("/api/v1/me").problem(401, "unauthenticated")

    def test_demo_log_ins_are_shown_only_where_the_demo_is(self):
        self.assertNotIn("<table", self.page().text)
        admin = self.as_("admin")
        admin.patch("/api/v1/settings", {"demo.password": "demo-2026"}).ok()
        try:
            text = self.page().text
            self.assertIn("demo-2026", text)
            self.assertIn("<code>sales</code>", text)
            self.assertTrue(admin.get("/api/v1/me").ok()["demo"])
        finally:
            admin.patch("/api/v1/settings", {"demo.password": None}).ok()
        self.assertNotIn("<table", self.page().text)

    def test_password_that_must_be_changed_is_changed_on_a_page(self):
        admin = self.as_("admin")
        user = admin.post("/api/v1/users", {"login": "fresh", "name": "新人",
                                            "roles": ["sales"]}).made()
        admin.post(f"/api/v1/users/{user['id']}/password", {"password": "first-door-9"}).expect(204)
        self.page()
        answer = self.send(login="fresh", password="first-door-9").expect(303)
        self.assertEqual(answer.header("Location"), "/password")
        self.page("/password")
        answer = self.send("/password", old_password="first-door-9", new_password="12345678")
        answer.expect(422)
        self.assertIn("密码至少 8 位", answer.text)
        answer = self.send("/password", old_password="nope", new_password="another-door-9")
        self.assertIn("当前密码不正确", answer.expect(422).text)
        answer = self.send("/password", old_password="first-door-9", new_password="another-door-9")
        self.assertEqual(answer.expect(303).header("Location"), "/")
        self.assertFalse(self.me.get("/api/v1/me").ok()["must_change_password"])

    def test_password_page_wants_a_log_in(self):
        self.assertEqual(self.me.get("/password").expect(303).header("Location"), "/login")


if __name__ == "__main__":
    unittest.main()
