"""Runs the package's own test suites, records what its public functions were asked and answered there, and asks `numbering` the same.

suites.py SOURCE PROGRAM TEST_PROGRAM GROWN_PROGRAM: SOURCE is the unpacked package with its tests; PROGRAM is the crate's example
`know_lines`, TEST_PROGRAM the same with tables made from the suites' own prefixes, GROWN_PROGRAM with those that a suite adds while
it runs. Prints a table; fails when an answer differs without a reason."""

import sys
import unittest

sys.path.insert(0, sys.argv[1])

import phonenumbers  # noqa: E402
from phonenumbers import geocoder, shortnumberinfo  # noqa: E402

import compare  # noqa: E402
from tests import carriertest, geocodertest, shortnumberinfotest, timezonetest  # noqa: E402

# Where each function's answer stands among those of a question.
NAMED = {
    "name_for_number": 0,
    "name_for_valid_number": 1,
    "safe_display_name": 2,
    "description_for_number": 3,
    "description_for_valid_number": 4,
    "country_name_for_number": 5,
    "_prefix_description_for_number": 4,
}
ZONES = {"time_zones_for_number": 0, "time_zones_for_geographical_number": 1}
SHORT = {
    "is_possible_short_number": 0,
    "is_possible_short_number_for_region": 1,
    "is_valid_short_number": 2,
    "is_valid_short_number_for_region": 3,
    "is_carrier_specific": 4,
    "is_carrier_specific_for_region": 5,
    "is_sms_service_for_region": 6,
}
COST = {"expected_cost": 1, "expected_cost_for_region": 2}
DIALLED = {"is_emergency_number": 0, "connects_to_emergency_number": 1}
EXAMPLE = {"_example_short_number": 0, "_example_short_number_for_cost": 1}
FUNCTIONS = {**NAMED, **ZONES, **SHORT, **COST, **DIALLED, **EXAMPLE}


PRISTINE = {prefix: dict(entry) for prefix, entry in geocodertest.TEST_GEOCODE_DATA.items()}


class Recorder:
    """What the functions that a suite calls were asked and answered, and whether the suite had changed its data then."""

    def __init__(self):
        self.calls = []

    def wrap(self, name, function):
        def recorded(*arguments, **named):
            answer = function(*arguments, **named)
            # A number may be changed by the suite later: what was asked is what it was.
            arguments = list(arguments)
            if name == "_prefix_description_for_number":
                arguments = arguments[2:]  # the data and their depth come first
            if arguments and hasattr(arguments[0], "country_code"):
                code, national = arguments[0].country_code, phonenumbers.national_significant_number(arguments[0])
                arguments[0] = (code, national)
            grown = geocodertest.TEST_GEOCODE_DATA != PRISTINE
            self.calls.append((name, arguments, named, answer, grown))
            return answer

        recorded.original = function
        return recorded

    def into(self, module, names=FUNCTIONS):
        for name in names:
            if hasattr(module, name):
                setattr(module, name, self.wrap(name, getattr(module, name)))

    def out_of(self, module):
        for name in FUNCTIONS:
            function = getattr(module, name, None)
            if hasattr(function, "original"):
                setattr(module, name, function.original)


def question(name, arguments, named):
    """The program's question, and how its answer is told; or why it cannot be asked."""
    if name in EXAMPLE:
        region = arguments[0]
        if region is None or len(region) != 2:
            return None, "no region has such a name, and none can be made"
        place = 0 if name == "_example_short_number" else 1 + arguments[1]
        return ("example", region), lambda line: line.split(" ")[place] if place < 4 else ""
    if name in DIALLED:
        return ("dialled", *arguments), lambda line: line.split(" ")[DIALLED[name]] == "true"
    code, national = arguments[0]
    if not compare.has_code(str(code)):
        return None, "a calling code that does not exist makes no number"
    if len(national) < 2:
        return None, "a number has two digits at least"
    e164 = f"+{code}{national}"
    if name in ZONES:
        return ("zones", e164), lambda line: tuple(line.split("\t")[ZONES[name]].split(" "))
    if name in NAMED:
        lang = arguments[1]
        script, region = named.get("script"), named.get("region")
        place = NAMED[name]
        if region and name == "description_for_number":
            place = 6
        language = "-".join(part for part in (lang, script, region) if part)
        return ("number", e164, language, region or "ZZ"), lambda line: line.split("\t")[place]
    region = arguments[1] if len(arguments) > 1 else "ZZ"
    if name in COST:
        return ("short", e164, region), lambda line: compare.COSTS.index(line.split(" ")[COST[name]])
    return ("short", e164, region), lambda line: line[SHORT[name]] == "1"


def true_answer(name, arguments, named):
    """What the package answers with its true data: a suite may run on others."""
    arguments = list(arguments)
    if isinstance(arguments[0], tuple):
        arguments[0] = compare.number_of("".join(map(str, arguments[0])))
    return getattr(shortnumberinfo, name)(*arguments, **named)


def run(module, extra):
    """Runs a suite; gives its result and the calls that it made."""
    recorder = Recorder()
    recorder.into(module)
    if extra:
        recorder.into(extra, EXAMPLE)
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    result = unittest.TextTestRunner(stream=open("/dev/null", "w"), verbosity=0).run(suite)
    recorder.out_of(module)
    if extra:
        recorder.out_of(extra)
    return result, recorder.calls


def replay(title, module, programs, extra=None):
    """Asks the same again: the second program where the suite had changed its data."""
    result, calls = run(module, extra)
    left, asked, other_data, wrong, same = {}, [], [], [], 0
    for name, arguments, named, answer, grown in calls:
        parts, tell = question(name, arguments, named)
        if parts is None:
            left[tell] = left.get(tell, 0) + 1
        else:
            asked.append((parts, tell, name, arguments, named, answer, grown))
    lines = [compare.answers(program, [parts for parts, *_ in asked]) for program in programs]
    for turn, (parts, tell, name, arguments, named, answer, grown) in enumerate(asked):
        line = lines[grown][turn]
        given = tell(line) if line != "unreadable" else line
        if given == answer:
            same += 1
        elif extra and true_answer(name, arguments, named) == given:
            other_data.append((name, parts, answer, given))
        else:
            wrong.append((name, parts, answer, given))
    print(
        f"{title:<18}{result.testsRun:>6} tests, {len(result.failures) + len(result.errors)} fail;"
        f"{len(calls):>5} calls: {same} same, {len(other_data)} on other data, {sum(left.values())} not askable,"
        f" {len(wrong)} different"
    )
    for reason, count in left.items():
        print(f"    {count} not askable: {reason}")
    for name, parts, expected, given in other_data:
        print(f"    {name} {parts}: {expected!r} with the suite's number plans, {given!r} with the true ones, as here")
    for name, parts, expected, given in wrong:
        print(f"    DIFFERENT {name} {parts}: expected {expected!r}, found {given!r}")
    return not wrong and result.wasSuccessful()


def main(program, test_program, grown_program):
    tests = (test_program, grown_program)
    good = [
        replay("geocoder", geocodertest, tests),
        replay("carrier", carriertest, tests),
        replay("timezone", timezonetest, tests),
        replay("shortnumberinfo", shortnumberinfotest, (program, program), shortnumberinfo),
    ]
    return all(good)


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[2:]) else 1)
