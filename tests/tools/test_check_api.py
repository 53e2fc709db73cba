"""tools/check-api refuses a wrong shape, a route never called, never refused, a code never produced."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROBLEM = {"content": {"application/problem+json": {"schema": {
    "type": "object", "required": ["code"]}}}}
SPEC = {
    "openapi": "3.1.0",
    "security": [{"bearer": []}],
    "paths": {
        "/api/v1/leads": {"post": {
            "x-permission": "lead.create",
            "responses": {
                "201": {"content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/Lead"}}}},
                "default": PROBLEM}}},
        "/healthz": {"get": {"security": [], "responses": {"200": {}}}},
    },
    "components": {"schemas": {"Lead": {
        "type": "object", "required": ["id"], "additionalProperties": False,
        "properties": {"id": {"type": "integer"}, "grade": {"type": ["string", "null"]}}}}},
}
LEADS = "/api/v1/leads"


class CheckApi(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        self.records = [
            self.row("sales", "POST", LEADS, 201, {"id": 1, "grade": None}),
            self.row(None, "POST", LEADS, 401, {"code": "unauthenticated"}),
            self.row("legal", "POST", LEADS, 403, {"code": "forbidden"}),
            {"test": "t", "who": None, "method": "GET", "path": "/healthz", "sent": "",
             "status": 200, "type": "", "body": None},
        ]
        self.exceptions = ""

    @staticmethod
    def row(who, method, path, status, body):
        return {"test": "t", "who": who, "method": method, "path": path, "sent": "", "status": status,
                "type": "application/problem+json" if status >= 400 else "application/json",
                "body": body}

    def check(self):
        def write(name, text):
            path = os.path.join(self.root, name)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            return path
        write("a.ndjson", "".join(json.dumps(r) + "\n" for r in self.records))
        r = subprocess.run(
            [os.path.join(ROOT, "tools/check-api"), self.root,
             "--openapi", write("openapi.json", json.dumps(SPEC)),
             "--errors", write("errors.json", json.dumps(
                 [{"code": "unauthenticated"}, {"code": "forbidden"}])),
             "--exceptions", write("exceptions.txt", self.exceptions)],
            capture_output=True, text=True)
        return r.returncode, r.stdout + r.stderr

    def refused(self, words):
        code, out = self.check()
        self.assertEqual(code, 1, out)
        self.assertIn(words, out)

    def test_api_check_takes_a_complete_run(self):
        self.assertEqual(self.check(), (0, "5 passed, 0 failed\n"))

    def test_api_check_refuses_a_wrong_shape(self):
        self.records.append(self.row("sales", "POST", LEADS, 201, {"id": "1"}))
        self.refused("POST /api/v1/leads 201: id: '1' is not of type 'integer'")

    def test_api_check_refuses_an_undeclared_member(self):
        self.records.append(self.row("sales", "POST", LEADS, 201, {"id": 1, "secret": 2}))
        self.refused("secret")

    def test_api_check_refuses_an_undeclared_status(self):
        self.records.append(self.row(None, "GET", "/healthz", 500, {"code": "internal"}))
        self.refused("GET /healthz 500: status 500 is not declared")

    def test_api_check_refuses_an_undeclared_route(self):
        self.records.append(self.row("sales", "GET", "/api/v1/secret", 200, {}))
        self.refused("GET /api/v1/secret: answered but not declared")

    def test_api_check_refuses_a_route_never_called(self):
        del self.records[3]
        self.refused("GET /healthz: never called with success")

    def test_api_check_refuses_a_route_never_refused(self):
        self.records[2] = self.row("sales", "POST", LEADS, 422, {"code": "forbidden"})
        self.refused("never refused to somebody without the right")
        del self.records[1]
        self.refused("never refused to nobody")

    def test_api_check_refuses_a_code_never_produced(self):
        self.records[2] = self.row("legal", "POST", LEADS, 404, {"code": "x"})
        self.refused("error code forbidden: no answer carried it")
        self.exceptions = "code | forbidden | shown elsewhere\n"
        self.assertEqual(self.check()[0], 0)

    def test_api_check_counts_codes_of_wrong_rows_and_of_the_command_line(self):
        self.records[2] = self.row("legal", "POST", LEADS, 404, {"code": "x"})
        self.records.append({"cli": ["import"], "body": {
            "failed": 1, "errors": [{"row": 2, "code": "forbidden", "message": "…"}]}})
        self.assertEqual(self.check()[0], 0)

    def test_api_check_refuses_an_exception_without_subject_or_reason(self):
        self.exceptions = "code | nonsense | because\n"
        self.refused("there is no 'nonsense'")
        self.exceptions = "code | forbidden |\n"
        self.refused("KIND | SUBJECT | REASON")
