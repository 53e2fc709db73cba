"""E-mail: the outbox, the sending job against a mail server of the suite's own, digests, faults."""
import email.header
import json
import re
import unittest

from harness import HttpTest, free_port
from sink import MailSink


class MailTest(HttpTest):
    CLOCK = "2026-03-05T02:00:00Z"  # 10:00 in Shanghai, a Thursday

    def setUp(self):
        super().setUp()
        self.sink = MailSink(*getattr(self, "LOGIN", ()))
        self.sink.__enter__()
        self.addCleanup(self.sink.__exit__)
        self.set_clock("2026-03-05T02:00:00Z")
        self.as_("admin").patch("/api/v1/settings", self.sink.settings(
            **{"company.name": "云帆智造", "company.site": "https://crm.example.com/"})).ok()
        self.address("sales2", "li.na@example.com")

    def tearDown(self):
        # What one test leaves would come to the next one's sink.
        for mail in self.outbox():
            if mail["state"] != "sent":
                self.as_("admin").delete(f"/api/v1/mails/{mail['id']}")
        super().tearDown()

    def me(self, who):
        return self.as_(who).get("/api/v1/me").ok()["user"]["id"]

    def address(self, who, address, **more):
        self.as_(who).patch("/api/v1/me", {"email": address, **more}).ok()

    def choose(self, who, **what):
        self.as_(who).patch("/api/v1/me/notices", what).ok()

    def task(self, title, to="sales2"):
        admin = self.as_("admin")
        account = admin.post("/api/v1/accounts", {"name": f"邮件客户 {title}"}).made()
        return admin.post("/api/v1/tasks", {"title": title, "account_id": account["id"],
                                            "assignee_id": self.me(to)}).made()

    def outbox(self, **query):
        return self.as_("admin").get("/api/v1/mails", limit=100, **query).ok()["items"]

    def of(self, title):
        return next(m for m in self.outbox() if m["title"] == title)


class Letters(MailTest):
    def test_a_notice_goes_out_as_text_and_html(self):
        task = self.task("准备德国客户的报价：第一版<草稿>与技术方案说明，请本周内完成")
        letter = self.sink.next()
        self.assertEqual((letter.sender, letter.receivers),
                         ("crm@tripod.example.com", ["li.na@example.com"]))
        self.assertEqual(letter["Subject"], f"【任务分配给您】{task['title']}")
        self.assertEqual(letter["From"].addresses[0].display_name, "云帆智造")
        self.assertEqual(letter["To"].addresses[0].display_name, "李娜")
        # RFC 2047: ASCII alone on the wire, lines short, every word whole.
        head = letter.raw.split(b"\r\n\r\n")[0]
        self.assertTrue(head.isascii())
        self.assertTrue(all(len(line) <= 78 for line in head.split(b"\r\n")), head)
        words = re.findall(rb"=\?UTF-8\?B\?[^?]*\?=", head)
        self.assertGreater(len(words), 2)
        for word in words:
            (raw, charset), = email.header.decode_header(word.decode())
            raw.decode(charset)
        parts = {p.get_content_type(): p.get_content() for p in letter.iter_parts()}
        self.assertEqual(list(parts), ["text/plain", "text/html"])
        link = f"https://crm.example.com/tasks/{task['id']}"
        for text in parts.values():
            self.assertIn("李娜，您好", text)
            self.assertIn("云帆智造", text)
            self.assertIn(link, text)
        self.assertIn("第一版<草稿>", parts["text/plain"])
        self.assertIn("第一版&lt;草稿&gt;", parts["text/html"])
        self.assertEqual(letter["List-Unsubscribe"],
                         "<https://crm.example.com/me/notifications>")
        self.assertEqual(letter["Auto-Submitted"], "auto-generated")
        self.assertEqual(letter["Date"].datetime.isoformat(), "2026-03-05T02:00:00+00:00")
        self.wait_for(lambda: self.of(task["title"])["state"] == "sent")

    def test_an_english_reader_gets_english(self):
        self.address("tech", "wang@example.com", lang="en")
        self.task("Visit the plant", to="tech")
        letter = self.sink.next()
        self.assertEqual(letter["Subject"], "[Task assigned to you] Visit the plant")
        self.assertEqual(letter["Content-Language"], "en")
        self.assertIn("Hello 王强,", letter.get_body(("plain",)).get_content())

    def test_letters_about_one_thing_are_one_thread(self):
        manager = self.as_("admin")
        account = manager.post("/api/v1/accounts", {"name": "同一主题"}).made()
        manager.post(f"/api/v1/accounts/{account['id']}/members",
                     {"user_id": self.me("sales2")}).ok()
        letters = []
        for i in range(2):
            manager.post("/api/v1/comments", {
                "entity": "account", "entity_id": account["id"], "body": f"第 {i} 条",
                "mentions": str(self.me("sales2"))}).made()
            letters.append(self.sink.next())
        self.task("另一件事")
        letters.append(self.sink.next())
        threads = [one["References"] for one in letters]
        self.assertEqual(threads[0], threads[1])
        self.assertNotEqual(threads[0], threads[2])
        self.assertEqual(len({one["Message-ID"] for one in letters}), 3)

    def test_who_wants_none_gets_none(self):
        self.choose("sales2", kinds={"task_assigned": {"in_app": True, "mail": "off"}})
        self.task("不要邮件")
        self.sink.silent()
        self.choose("sales2", kinds={"task_assigned": None})
        self.assertNotIn("不要邮件", [m["title"] for m in self.outbox()])
        # Nor who has no address, nor anybody while no server is set.
        self.task("没有邮箱", to="legal")
        self.as_("admin").patch("/api/v1/settings", {"mail.host": None}).ok()
        self.task("没有服务器")
        self.assertEqual({m["title"] for m in self.outbox()} & {"没有邮箱", "没有服务器"}, set())

    def test_quiet_hours_hold_letters_back_but_not_urgent_ones(self):
        self.choose("sales2", quiet={"on": True, "from": "22:00", "to": "08:00"})
        self.address("sales2", "li.na@example.com", zone="America/New_York")  # there it is 21:00
        self.task("还没到安静时间")
        self.sink.next()
        self.set_clock("2026-03-05T05:00:00Z")  # midnight there
        self.task("夜里的任务")
        self.sink.silent()
        self.assertEqual(self.of("夜里的任务")["run_at"], "2026-03-05T13:00:00Z")
        self.set_clock("2026-03-05T12:59:00Z")
        self.sink.silent()
        self.set_clock("2026-03-05T13:00:00Z")
        self.assertIn("夜里的任务", self.sink.next()["Subject"])
        self.choose("sales2", quiet=None)
        self.address("sales2", "li.na@example.com", zone="Asia/Shanghai")

    def test_digest_gathers_what_came(self):
        self.choose("sales2", kinds={"task_assigned": {"in_app": True, "mail": "digest"}},
                    digest={"rhythm": "daily", "day": 1, "at": "17:30"})
        for i in range(3):
            self.task(f"汇总 {i}")
        self.sink.silent()
        self.set_clock("2026-03-05T09:29:00Z")
        self.sink.silent()
        self.set_clock("2026-03-05T09:30:00Z")
        letter = self.sink.next()
        self.assertEqual(letter["Subject"], "通知汇总：3 条")
        text = letter.get_body(("plain",)).get_content()
        self.assertLess(text.index("汇总 0"), text.index("汇总 2"))
        self.assertIn("2026-03-05 10:00", text)
        self.sink.silent()
        # A weekly one waits for its day.
        self.choose("sales2", digest={"rhythm": "weekly", "day": 1, "at": "09:00"})
        self.task("下周一再说")
        self.assertEqual(self.of("下周一再说")["run_at"], "2026-03-09T01:00:00Z")
        self.choose("sales2", kinds={"task_assigned": None}, digest=None)

    def test_later_is_tried_again_and_never_is_given_up(self):
        self.sink.say = {"RCPT": [451, 452]}
        self.task("稍后再试")
        self.sink.silent()
        mail = self.of("稍后再试")
        self.assertEqual((mail["state"], mail["attempts"]), ("queued", 1))
        self.assertIn("451", mail["error"])
        self.assertEqual(mail["run_at"], "2026-03-05T02:01:00Z")
        self.set_clock("2026-03-05T02:01:00Z")
        self.assertEqual(self.of("稍后再试")["run_at"], "2026-03-05T02:03:00Z")
        self.set_clock("2026-03-05T02:03:00Z")
        self.assertIn("稍后再试", self.sink.next()["Subject"])
        self.sink.say = {"DATA": [554]}
        self.task("永远不收")
        self.wait_for(lambda: self.of("永远不收")["state"] == "failed")
        self.assertIn("554", self.of("永远不收")["error"])
        self.set_clock("2026-03-06T02:03:00Z")
        self.sink.silent()
        # The administrator sends it again by hand.
        failed = self.of("永远不收")
        self.as_("admin").post(f"/api/v1/mails/{failed['id']}/retry").expect(204)
        self.assertIn("永远不收", self.sink.next()["Subject"])

    def test_it_gives_up_after_so_many_attempts(self):
        self.as_("admin").patch("/api/v1/settings", {"mail.attempts": 2}).ok()
        self.sink.say = {"RCPT": [451, 451]}
        self.task("试两次")
        self.wait_for(lambda: self.of("试两次")["attempts"] == 1)
        self.set_clock("2026-03-05T02:10:00Z")
        mail = self.of("试两次")
        self.assertEqual((mail["state"], mail["attempts"]), ("failed", 2))
        self.as_("admin").patch("/api/v1/settings", {"mail.attempts": None}).ok()

    def test_a_letter_refused_does_not_hold_up_the_next(self):
        self.sink.say = {"RCPT": [550]}
        self.task("地址不存在")
        self.wait_for(lambda: self.of("地址不存在")["state"] == "failed")
        self.task("下一封")
        self.assertIn("下一封", self.sink.next()["Subject"])

    def test_a_dead_server_delays_only_itself(self):
        self.as_("admin").patch("/api/v1/settings", {"mail.port": free_port()}).ok()
        for i in range(3):
            self.task(f"无人应答 {i}")
        self.wait_for(lambda: self.of("无人应答 0")["error"])
        # The clock's jobs all run to their end meanwhile.
        self.set_clock("2026-03-05T02:05:00Z")
        states = {m["state"] for m in self.outbox() if str(m["title"]).startswith("无人应答")}
        self.assertEqual(states, {"queued"})
        self.as_("admin").patch("/api/v1/settings", {"mail.port": self.sink.port}).ok()
        self.set_clock("2026-03-05T03:30:00Z")
        self.assertEqual(sorted(self.sink.next()["Subject"][-1] for _ in range(3)),
                         ["0", "1", "2"])


class LogIn(MailTest):
    LOGIN = ("crm", "geheim-密码")

    def test_log_in_and_test_letter(self):
        admin = self.as_("admin")
        admin.patch("/api/v1/settings", {"mail.login": "crm", "mail.password": "falsch"}).ok()
        id_ = admin.post("/api/v1/mails/test", {"address": "boss@example.com"}).made()["id"]
        self.wait_for(lambda: self.one(id_)["error"])
        self.assertEqual(self.one(id_)["state"], "queued")
        admin.patch("/api/v1/settings", {"mail.password": "geheim-密码"}).ok()
        admin.post(f"/api/v1/mails/{id_}/retry").expect(204)
        letter = self.sink.next()
        self.assertEqual(letter["Subject"], "测试邮件：发信正常")
        self.assertEqual(letter.receivers, ["boss@example.com"])
        self.wait_for(lambda: self.one(id_)["state"] == "sent")
        admin.post(f"/api/v1/mails/{id_}/retry").problem(409, "conflict")
        admin.delete(f"/api/v1/mails/{id_}").problem(409, "conflict")

    def one(self, id_):
        return next(m for m in self.outbox() if m["id"] == id_)

    def test_the_password_is_never_shown_again(self):
        admin = self.as_("admin")
        admin.patch("/api/v1/settings", {"mail.password": "nie-wieder-gezeigt"}).ok()
        answer = admin.get("/api/v1/settings").ok()
        mine = next(s for s in answer["items"] if s["name"] == "mail.password")
        self.assertEqual((mine["value"], mine["secret"], mine["is_set"]), (None, True, True))
        log = self.tripod("events", "export", "--format", "ndjson").stdout
        for text in (json.dumps(answer), log):
            self.assertNotIn("nie-wieder-gezeigt", text)
        admin.patch("/api/v1/settings", {"mail.password": None}).ok()
        mine = next(s for s in admin.get("/api/v1/settings").ok()["items"]
                    if s["name"] == "mail.password")
        self.assertFalse(mine["is_set"])

    def test_refusals(self):
        admin = self.as_("admin")
        for client, status, code in ((self.nobody(), 401, "unauthenticated"),
                                     (self.as_("manager"), 403, "forbidden")):
            client.get("/api/v1/mails").problem(status, code)
            client.post("/api/v1/mails/test", {"address": "a@b.cn"}).problem(status, code)
            client.post("/api/v1/mails/1/retry").problem(status, code)
            client.delete("/api/v1/mails/1").problem(status, code)
        admin.post("/api/v1/mails/999999/retry").problem(404, "not_found")
        admin.delete("/api/v1/mails/999999").problem(404, "not_found")
        admin.get("/api/v1/mails", limit=0).problem(400, "bad_request")
        admin.post("/api/v1/mails/test", {}).problem(422, "invalid", "address", "required")
        for bad in ("no address", "a@b.cn\r\nRCPT TO:<c@d.cn>", "a@b@c"):
            admin.post("/api/v1/mails/test", {"address": bad}).problem(
                422, "invalid", "address", "bad_email")
        admin.patch("/api/v1/settings", {"mail.host": None}).ok()
        admin.post("/api/v1/mails/test", {"address": "a@b.cn"}).problem(409, "conflict")


class Killed(MailTest):
    def test_killed_between_the_yes_and_the_mark_it_sends_the_same_letter_again(self):
        """At least once, and never as two different letters: the Message-ID is the same."""
        seen = []

        def kill(letter):
            seen.append(letter)
            if len(seen) == 1:
                self.server.kill()
        self.sink.before_answer = kill
        self.task("被打断的邮件")
        self.wait_for(lambda: seen)
        type(self).server.clock = "2026-03-05T02:30:00Z"
        self.server.start()
        type(self).clients = {}
        again = self.sink.next(30)
        self.assertEqual(again["Message-ID"], seen[0]["Message-ID"])
        self.wait_for(lambda: self.of("被打断的邮件")["state"] == "sent")
        self.set_clock("2026-03-05T04:00:00Z")
        self.assertEqual(len(seen), 2)


if __name__ == "__main__":
    unittest.main()
