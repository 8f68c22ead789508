"""Runs the test suites of `phonenumbers` (their source folder is the argument) and prints each call that a test makes from outside,
with its answer: one JSON object a line."""

import io
import json
import sys
import unittest

sys.path.insert(0, sys.argv[1])

import phonenumbers  # noqa: E402
from phonenumbers import asyoutypeformatter, phonenumbermatcher, phonenumberutil as util  # noqa: E402
from phonenumbers.phonenumber import PhoneNumber  # noqa: E402

SUITES = ["phonenumberutiltest", "asyoutypetest", "phonenumbermatchertest", "examplenumberstest"]
NATIONAL = util.national_significant_number
REAL = util.COUNTRY_CODE_TO_REGION_CODE
state = {"depth": 0, "suite": "", "out": sys.stdout}


def plain(value):
    if isinstance(value, PhoneNumber):
        national = NATIONAL(value) if value.national_number is not None else ""
        return {
            "code": value.country_code or 0,
            "national": national,
            "extension": value.extension,
            "raw": value.raw_input,
            "source": value.country_code_source,
            "carrier": value.preferred_domestic_carrier_code,
        }
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (str, int, bool)):
        return value
    return {"other": type(value).__name__}


def is_altered():
    """Whether a test is changing the plans themselves, as some do for a moment."""
    plans = phonenumbers.PhoneMetadata._region_metadata.values()
    return any(plan._mutable or any(rule._mutable for rule in plan.number_format) for plan in plans if plan)


def note(call, arguments, answer):
    if is_altered():
        return
    table = "real" if util.COUNTRY_CODE_TO_REGION_CODE is REAL else "tests"
    entry = {"suite": state["suite"], "table": table, "call": call, "arguments": arguments, "answer": answer}
    state["out"].write(json.dumps(entry) + "\n")


def from_outside(function):
    """Whether nobody but a test calls it now; counts how deep inside our functions we are."""
    def wrapped(*arguments, **named):
        outer = state["depth"] == 0
        state["depth"] += 1
        try:
            given = plain(arguments) + [[name, plain(value)] for name, value in sorted(named.items())]
            try:
                answer = function(*arguments, **named)
            except phonenumbers.NumberParseException as error:
                if outer:
                    note(function.__name__, given, {"error": error.error_type})
                raise
            if outer:
                changed = plain(arguments[0]) if function.__name__ == "truncate_too_long_number" else None
                note(function.__name__, given, [plain(answer), changed] if changed else plain(answer))
            return answer
        finally:
            state["depth"] -= 1
    return wrapped


class Inside:
    """While this lasts, nothing is a call from outside."""
    def __enter__(self):
        state["depth"] += 1

    def __exit__(self, *_):
        state["depth"] -= 1


class Formatter(asyoutypeformatter.AsYouTypeFormatter):
    def __init__(self, region):
        self.keys = []
        self.region = region
        with Inside():
            super().__init__(region)

    def input_digit(self, next_char, remember_position=False):
        with Inside():
            shown = super().input_digit(next_char, remember_position)
        self.keys.append([next_char, remember_position])
        position = self.get_remembered_position() if any(key[1] for key in self.keys) else None
        note("input_digit", [self.region, self.keys], [shown, position])
        return shown

    def clear(self):
        self.keys = []
        with Inside():
            super().clear()


class Matcher(phonenumbermatcher.PhoneNumberMatcher):
    def __init__(self, text, region, leniency=1, max_tries=65535, min_candidate_length=1):
        super().__init__(text, region, leniency, max_tries, min_candidate_length)
        if text is None or min_candidate_length != 1:
            return
        with Inside():
            fresh = phonenumbermatcher.PhoneNumberMatcher(text, region, leniency, max_tries)
            found = [[match.start, match.end, plain(match.number)] for match in fresh]
        note("find", [text, region, leniency, max_tries], found)

    def _find(self, index):
        with Inside():
            return super()._find(index)


def main():
    public = [name for name in dir(util) if callable(getattr(util, name)) and (name.islower() or name == "_is_viable_phone_number")]
    for name in public:
        function = getattr(util, name)
        if getattr(function, "__module__", "") != util.__name__ or isinstance(function, type):
            continue
        if name.startswith("_") and name != "_is_viable_phone_number":
            continue
        wrapped = from_outside(function)
        setattr(util, name, wrapped)
        if hasattr(phonenumbers, name):
            setattr(phonenumbers, name, wrapped)
    phonenumbers.AsYouTypeFormatter = Formatter
    phonenumbers.PhoneNumberMatcher = Matcher
    for name in SUITES:
        state["suite"] = name
        state["depth"] = 1
        suite = unittest.defaultTestLoader.loadTestsFromName("tests." + name)
        state["depth"] = 0
        result = unittest.TextTestRunner(stream=io.StringIO()).run(suite)
        sys.stderr.write("%s: %d tests run in Python, %d failed\n" % (name, result.testsRun, len(result.failures) + len(result.errors)))


if __name__ == "__main__":
    main()
