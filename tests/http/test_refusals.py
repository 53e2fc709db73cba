"""Every route refuses: 401 to nobody, 403 or 404 to a token that does not hold its permission.

The routes come from the binary's own OpenAPI, so a new one is covered by being declared."""
import json
import re
import unittest

from harness import Client, HttpTest

METHODS = ("get", "post", "put", "patch", "delete")


class Refusals(HttpTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        spec = json.loads(cls.tripod("describe", "openapi", "--json").stdout)
        cls.routes = [(m.upper(), path, op) for path, item in spec["paths"].items()
                      for m, op in item.items() if m in METHODS]
        cls.narrow = {}
        for scope in ("product.read", "lead.read"):
            made = cls.as_("admin").post("/api/v1/me/tokens", {"name": scope, "scopes": scope}).made()
            cls.narrow[scope] = Client(cls.server, "token " + scope, made["token"], cls.write_down)

    @staticmethod
    def public(op):
        return op.get("security") == []

    @staticmethod
    def call(client, method, path):
        path = re.sub(r"\{[^}]+\}", "1", path)
        body = {} if method in ("POST", "PUT", "PATCH") else None
        return client.request(method, path, body, {"If-Match": '"1"'})

    def test_every_route_refuses_nobody(self):
        nobody = self.nobody()
        let_in = []
        for method, path, op in self.routes:
            if self.public(op):
                continue
            answer = self.call(nobody, method, path)
            if answer.status != 401:
                let_in.append(f"{method} {path}: {answer.status}")
        self.assertEqual(let_in, [])
        self.assertGreater(len(self.routes), 50)

    def test_every_route_refuses_a_token_without_its_permission(self):
        let_in = []
        for method, path, op in self.routes:
            permission = op.get("x-permission")
            if self.public(op) or not permission:
                continue
            scope = "lead.read" if permission == "product.read" else "product.read"
            answer = self.call(self.narrow[scope], method, path)
            if answer.status not in (403, 404):
                let_in.append(f"{method} {path} ({permission}): {answer.status}")
        self.assertEqual(let_in, [])

    def test_every_route_declares_its_permission_or_why_none(self):
        """Who is logged in may see himself, the meta data and the lists that forms offer."""
        free = re.compile(r"/api/v1/(me\b|meta|search|my/|logout|trash|events\b|notifications"
                          r"|industries|regions|calendars|calendar_days)")
        bare = [f"{m} {p}" for m, p, op in self.routes
                if not self.public(op) and not op.get("x-permission") and not free.match(p)]
        self.assertEqual(bare, [])


if __name__ == "__main__":
    unittest.main()
