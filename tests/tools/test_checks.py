"""The checks refuse what they are there to refuse."""
import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FLOORS = """floor 0 base
floor 1 db http
floor 2 core
floor 4 domain/*
allow domain/quote -> domain/solution prices a solution
only sqlite3.h: db
beside migrations base db
"""


class Tree(unittest.TestCase):
    """A small checkout: files by name, then one tool over it."""

    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        for name in ("base/base.h", "db/db.h", "http/http.h", "core/core.h",
                     "domain/quote/quote.h", "domain/solution/solution.h"):
            self.write("src/" + name, "/* A header of the test. */\n")
        self.write("tools/floors.txt", FLOORS)

    def write(self, name, text):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def run_tool(self, tool, *args):
        r = subprocess.run([os.path.join(ROOT, "tools", tool), "--root", self.root, *args],
                           capture_output=True, text=True)
        return r.returncode, r.stdout + r.stderr

    def refused(self, tool, *words):
        code, out = self.run_tool(tool)
        self.assertEqual(code, 1, out)
        for word in words:
            self.assertIn(word, out)

    def taken(self, tool):
        code, out = self.run_tool(tool)
        self.assertEqual((code, out), (0, ""))


class Floors(Tree):
    def test_floors_take_downward_includes(self):
        self.write("src/core/a.c", '/* x */\n#include "base/base.h"\n#include "db/db.h"\n'
                   '#include "core/core.h"\n#include <stdio.h>\n')
        self.taken("check-floors")

    def test_floors_refuse_upward(self):
        self.write("src/base/a.c", '/* x */\n\n#include "core/core.h"\n')
        self.refused("check-floors", "src/base/a.c:3:", "upward")

    def test_floors_refuse_sideways(self):
        self.write("src/db/a.c", '/* x */\n#include "http/http.h"\n')
        self.refused("check-floors", "src/db/a.c:2:", "sideways")

    def test_floors_refuse_domain_sideways_unless_listed(self):
        self.write("src/domain/quote/a.c", '#include "domain/solution/solution.h"\n')
        self.taken("check-floors")
        self.write("src/domain/solution/a.c", '#include "domain/quote/quote.h"\n')
        self.refused("check-floors", "src/domain/solution/a.c:1:", "sideways")

    def test_floors_refuse_dot_dot(self):
        self.write("src/core/a.c", '#include "../base/base.h"\n')
        self.refused("check-floors", "src/core/a.c:1:", "..")

    def test_floors_refuse_path_not_from_src(self):
        self.write("src/core/a.c", '#include "core.h"\n')
        self.refused("check-floors", "src/core/a.c:1:", "from src/")

    def test_floors_refuse_dot_dot_in_tests(self):
        self.write("tests/unit/test_a.c", '#include "../../src/base/base.h"\n')
        self.refused("check-floors", "tests/unit/test_a.c:1:", "..")

    def test_floors_refuse_library_outside_its_folder(self):
        self.write("src/db/a.c", "#include <sqlite3.h>\n")
        self.taken("check-floors")
        self.write("src/core/a.c", "#include <sqlite3.h>\n")
        self.refused("check-floors", "src/core/a.c:1:", "sqlite3.h")

    def test_floors_refuse_unknown_folder(self):
        self.write("src/extra/a.c", "/* x */\n")
        self.refused("check-floors", "src/extra/a.c", "no floor")

    def test_floors_keep_a_folder_beside_to_what_it_may_see(self):
        self.write("migrations/cols.h", "/* x */\n")
        self.write("migrations/0001.c", '#include "migrations/cols.h"\n#include "db/db.h"\n')
        self.taken("check-floors")
        self.write("migrations/0001.c", '#include "core/core.h"\n')
        self.refused("check-floors", "migrations/0001.c:1:", "base db alone")

    def test_floors_hold_in_this_repository(self):
        r = subprocess.run([os.path.join(ROOT, "tools/check-floors")], capture_output=True, text=True)
        self.assertEqual(r.stdout, "")


class Words(Tree):
    def setUp(self):
        super().setUp()
        shutil.copy(os.path.join(ROOT, "tools/words.txt"), os.path.join(self.root, "tools"))

    def test_words_take_an_ordinary_file(self):
        self.write("src/core/a.c", '/* Leads: grade and age. */\nint x;\nGET /my/work/ now\n')
        self.taken("check-words")

    def test_words_refuse_stubs(self):
        for n, text in enumerate(("TO" + "DO: later", "coming " + "soon", "敬请" + "期待",
                                  "see /ro" + "ot/x", "FIX" + "ME")):
            self.write("src/core/a.c", f"/* Leads: grade and age. */\n\n// {text}\n")
            self.refused("check-words", "src/core/a.c:3:")

    def test_words_refuse_long_files(self):
        self.write("src/core/a.c", "/* Leads: grade and age. */\n" + "int x;\n" * 799)
        self.taken("check-words")
        self.write("src/core/a.c", "/* Leads: grade and age. */\n" + "int x;\n" * 801)
        self.refused("check-words", "over 800 lines")

    def test_words_refuse_a_file_without_subject(self):
        self.write("src/core/a.c", '#include "base/base.h"\n')
        self.refused("check-words", "src/core/a.c:1:", "subject")


class Errors(Tree):
    ROW = 'ERROR(ERR_X, 422, "x", "缺{what}", "No {what}")\n'
    USE = '/* x */\nreturn cx_err(cx, ERR_X, EP({"what", label(f)}));\n'

    def given(self, table=ROW, use=USE):
        self.write("src/base/errors.def", table)
        self.write("src/core/a.c", use)

    def test_errors_take_a_row_and_its_use(self):
        self.given()
        self.taken("check-errors")

    def test_errors_refuse_a_row_that_nothing_uses(self):
        self.given(use="/* x */\n")
        self.refused("check-errors", "ERR_X: nothing uses it")

    def test_errors_refuse_holes_that_differ_or_stay_open(self):
        self.given(self.ROW.replace("No {what}", "No {that}"))
        self.refused("check-errors", "ERR_X: ['what'] in Chinese, ['that'] in English")
        self.given(self.ROW.replace("No {what}", "No {what"))
        self.refused("check-errors", "a stray brace")

    def test_errors_refuse_a_use_that_fills_other_holes(self):
        self.given(use=self.USE.replace('"what"', '"which"'))
        self.refused("check-errors", "src/core/a.c:2: ERR_X is given ['which']")
        self.given(use="/* x */\nreturn cx_err(cx, ERR_X, NULL);\n")
        self.refused("check-errors", "src/core/a.c:2: ERR_X is given []")

    def test_errors_refuse_two_rows_of_one_code_and_a_broken_row(self):
        self.given(self.ROW + self.ROW.replace("ERR_X", "ERR_Y"))
        self.refused("check-errors", "ERR_Y: the code x stands twice")
        self.given(self.ROW + "ERROR(ERR_Z, 422)\n")
        self.refused("check-errors", "a row that is not of the form")


class Coverage(Tree):
    def setUp(self):
        super().setUp()
        self.write("tests/unit/test_a.c", "static void test_lead_grade(void **s)\n")
        self.write("build-debug/ran/unit.txt", "a::test_lead_grade\n")

    def page(self, *rows):
        self.write("docs/coverage/a1.md", "| phrase | test |\n|---|---|\n" + "\n".join(rows) + "\n")
        return self.run_tool("check-coverage")

    def test_coverage_takes_a_row_whose_test_ran(self):
        code, out = self.page("| leads have a grade | `test_lead_grade` |",
                              "| again | `a::test_lead_grade` and more |")
        self.assertEqual((code, out), (0, "2 passed, 0 failed\n"))

    def test_coverage_refuses_an_empty_row(self):
        code, out = self.page("| leads have a grade | `test_lead_grade` |", "| leads age | |")
        self.assertEqual(code, 1)
        self.assertIn("docs/coverage/a1.md:4: no test named for 'leads age'", out)

    def test_coverage_refuses_an_unknown_test(self):
        code, out = self.page("| leads age | `test_lead_age` |")
        self.assertEqual(code, 1)
        self.assertIn("there is no test 'test_lead_age'", out)

    def test_coverage_refuses_a_test_that_did_not_run(self):
        self.write("build-debug/ran/unit.txt", "a::test_other\n")
        code, out = self.page("| leads have a grade | `test_lead_grade` |")
        self.assertEqual(code, 1)
        self.assertIn("did not run", out)


class Runner(unittest.TestCase):
    """A runner that hides a failure is worse than none."""

    def run_py(self, body, *args):
        folder = tempfile.mkdtemp(dir=os.path.join(ROOT, "tests/tools"))
        self.addCleanup(shutil.rmtree, folder)
        with open(os.path.join(folder, "test_x.py"), "w", encoding="utf-8") as f:
            f.write("import os, unittest\nclass X(unittest.TestCase):\n" + body)
        env = dict(os.environ)
        env.pop("TRIPOD_RAN_DIR", None)
        r = subprocess.run([os.path.join(ROOT, "tools/run-py"), os.path.relpath(folder, ROOT),
                            *args],
                           capture_output=True, text=True, env=env)
        self.said = (r.stdout + r.stderr).strip().splitlines()
        return r.returncode, self.said[-1]

    def test_runner_says_at_the_end_why_it_failed(self):
        self.run_py(" def test_a(self): pass\n"
                    " def tearDown(self): print('log of a server\\n' * 500)\n"
                    " def test_b(self): self.assertEqual('failed', 'done', 'row ' * 900)\n"
                    " def test_c(self): raise AssertionError('the log of a server\\n' * 500)\n")
        end = "\n".join(self.said[-40:])
        self.assertIn("--- test_x.py: test_x.X.test_b", end)
        self.assertIn("AssertionError: 'failed' != 'done'", end)
        self.run_py(" def test_a(self): pass\nraise OSError('no disk')\n")
        self.assertIn("OSError: no disk", "\n".join(self.said[-20:]))

    def test_runner_counts(self):
        self.assertEqual(self.run_py(" def test_a(self): pass\n def test_b(self): pass\n"),
                         (0, "2 passed, 0 failed"))
        self.assertEqual(self.run_py(" def test_a(self): pass\n def test_b(self): assert 0\n"),
                         (1, "1 passed, 1 failed"))

    def test_runner_takes_its_options_as_people_write_them(self):
        for jobs in (["-j2"], ["-j", "2"]):
            self.assertEqual(self.run_py(" def test_a(self): pass\n", *jobs),
                             (0, "1 passed, 0 failed"))
        code, said = self.run_py(" def test_a(self): pass\n", "--fast")
        self.assertEqual(code, 1)
        self.assertIn("--fast is neither a file nor part of a test's name", said)

    def test_runner_says_which_file_has_no_test(self):
        self.run_py(" pass\n")
        self.assertRegex(self.said[0], r"^none .*test_x.py: 0 passed, 0 failed$")

    def test_runner_counts_a_skip_as_failure(self):
        self.assertEqual(self.run_py(" def test_a(self): self.skipTest('no database')\n"),
                         (1, "0 passed, 1 failed"))

    def test_runner_counts_a_crash_as_failure(self):
        self.assertEqual(self.run_py(" def test_a(self): os._exit(0)\n"), (1, "0 passed, 1 failed"))

    def test_runner_fails_when_nothing_ran(self):
        self.assertEqual(self.run_py(" pass\n")[0], 1)
