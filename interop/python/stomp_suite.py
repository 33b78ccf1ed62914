"""The tests that stomp.py had in its package until version 4, against the broker that the environment names. One JSON line each.

Modules as arguments; a test whose name begins with a minus is left out.
"""

import json
import os
import sys
import unittest


class Outcomes(unittest.TestResult):
    def say(self, test, passed, why=None):
        name = test.id().removeprefix("stomp.test.")
        os.write(OUT, (json.dumps({"test": name, "passed": passed, "why": why}) + "\n").encode())

    def addSuccess(self, test):
        super().addSuccess(test)
        self.say(test, True)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.say(test, False, f"{error[0].__name__}: {error[1]}")

    addError = addFailure


def each(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from each(test)
        else:
            yield test


# What the tests print belongs to nobody.
OUT = os.dup(1)
os.dup2(2, 1)
modules = [f"stomp.test.{name}" for name in sys.argv[1:] if not name.startswith("-")]
left_out = {f"stomp.test.{name[1:]}" for name in sys.argv[1:] if name.startswith("-")}
tests = each(unittest.defaultTestLoader.loadTestsFromNames(modules))
unittest.TestSuite(test for test in tests if test.id() not in left_out).run(Outcomes())
os._exit(0)
