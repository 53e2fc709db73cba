"""Two processes on one PostgreSQL behind nginx are one product; one seals the log, and when it dies
the other goes on. (On SQLite there is one process: no tests.) Feeds and deaths: test_two_processes."""
import json
import time
import unittest

from harness import ENGINE, Client, HttpTest, Server, Stream
from nginx import Proxy

if ENGINE == "postgres":
    class Cluster(HttpTest):
        @classmethod
        def setUpClass(cls):
            super().setUpClass()
            cls.second = Server(cls.db).start()
            cls.addClassCleanup(cls.second.stop)
            cls.proxy = Proxy(cls.server, cls.second)
            cls.addClassCleanup(cls.proxy.stop)

        def client(self, server, who="sales"):
            return Client(server, who, self.tokens[who], self.write_down)

        def test_cluster_behind_a_proxy_is_one_product(self):
            front = self.client(self.proxy)
            stream = Stream(front)
            self.addCleanup(stream.close)
            made = [front.post("/api/v1/leads", {"company_name": f"代理{n}"}).made()["id"]
                    for n in range(10)]
            seen = [stream.until("lead.created")["data"]["entity_id"] for _ in made]
            self.assertEqual(seen, made)
            for n in made:
                front.get(f"/api/v1/leads/{n}").ok()
            served = [self.served(s) for s in (self.server, self.second)]
            self.assertTrue(all(served), f"one process took it all: {served}")

        @staticmethod
        def served(server):
            text = Client(server, None, None).get("/metrics").text
            return sum(float(l.split()[-1]) for l in text.splitlines()
                       if l.startswith("tripod_http_requests_total") and 'method="POST"' in l)

        def test_cluster_keeps_sealing_when_a_process_dies(self):
            third = Server(self.db).start()
            third.kill()
            self.client(self.second).post("/api/v1/leads", {"company_name": "之后"}).made()
            until = time.monotonic() + 30
            while time.monotonic() < until:
                verdict = json.loads(self.tripod("audit", "verify", "--json").stdout)
                self.assertTrue(verdict["ok"], verdict)
                if verdict["unsealed"] == 0:
                    return
                time.sleep(0.3)
            self.fail(f"the log is not sealed: {verdict}")


if __name__ == "__main__":
    unittest.main()
