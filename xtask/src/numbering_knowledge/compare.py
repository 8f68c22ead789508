"""Compares what `numbering` knows with what the package `phonenumbers` of the same release knows, on generated numbers.

compare.py PROGRAM SEED ROWS: PROGRAM is the crate's example `know_lines`. Prints a table; fails when anything differs."""

import random
import re._constants as constants
import re._parser as parser
import subprocess
import sys

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, carrier, geocoder, shortdata, shortnumberinfo, timezone
from phonenumbers.carrierdata import CARRIER_DATA
from phonenumbers.data import _COUNTRY_CODE_TO_REGION_CODE
from phonenumbers.geodata import GEOCODE_DATA
from phonenumbers.geodata.locale import LOCALE_DATA
from phonenumbers.tzdata import TIMEZONE_DATA

CODES = {str(code): regions for code, regions in _COUNTRY_CODE_TO_REGION_CODE.items()}
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
SHORT_REGIONS = sorted(shortdata._AVAILABLE_REGION_CODES)
TYPES = range(0, 11)
COSTS = ["TOLL_FREE", "STANDARD_RATE", "PREMIUM_RATE", "UNKNOWN_COST"]
KINDS = ["short_code", "premium_rate", "standard_rate", "toll_free", "carrier_specific", "sms_services", "emergency"]
TRADITIONAL = ("TW", "HK", "MO")
CHUNK = 50_000
SHOWN_MAX = 20


def number_of(digits):
    """The package's number for E.164 digits, and the calling code and national digits."""
    code = next(digits[:length] for length in (1, 2, 3) if digits[:length] in CODES)
    national = digits[len(code):]
    zeros = len(national) - len(str(int(national)))
    number = PhoneNumber(country_code=int(code), national_number=int(national))
    if zeros:
        number.italian_leading_zero = True
        number.number_of_leading_zeros = zeros
    return number


def has_code(digits):
    return any(digits[:length] in CODES for length in (1, 2, 3))


def named(number, language, reader):
    """The answers of `number` in the order of the program's."""
    lang, script, region = language
    # The package takes the reader's region for that of the language too. Without a reader, zh_TW is asked for as zh_Hant.
    alone = script or ("Hant" if lang == "zh" and region in TRADITIONAL else None)
    return [
        carrier.name_for_number(number, lang, script, region),
        carrier.name_for_valid_number(number, lang, script, region),
        carrier.safe_display_name(number, lang, script, region),
        geocoder.description_for_number(number, lang, alone),
        geocoder.description_for_valid_number(number, lang, alone),
        geocoder.country_name_for_number(number, lang),
        geocoder.description_for_number(number, lang, script, reader),
    ]


NAMED = ["carrier", "carrier_of_valid", "unported_carrier", "place", "place_of_valid", "country", "place_seen_from"]


def zones(number):
    return [" ".join(timezone.time_zones_for_number(number)), " ".join(timezone.time_zones_for_geographical_number(number))]


def short(number, region):
    yes = [
        shortnumberinfo.is_possible_short_number(number),
        shortnumberinfo.is_possible_short_number_for_region(number, region),
        shortnumberinfo.is_valid_short_number(number),
        shortnumberinfo.is_valid_short_number_for_region(number, region),
        shortnumberinfo.is_carrier_specific(number),
        shortnumberinfo.is_carrier_specific_for_region(number, region),
        shortnumberinfo.is_sms_service_for_region(number, region),
    ]
    costs = [shortnumberinfo.expected_cost(number), shortnumberinfo.expected_cost_for_region(number, region)]
    return ["".join("1" if answer else "0" for answer in yes) + " " + " ".join(COSTS[cost] for cost in costs)]


def dialled(text, region):
    answers = [shortnumberinfo.is_emergency_number, shortnumberinfo.connects_to_emergency_number]
    return [" ".join("true" if answer(text, region) else "false" for answer in answers)]


def example(region):
    costs = [shortnumberinfo._example_short_number_for_cost(region, cost) for cost in range(3)]
    return [shortnumberinfo._example_short_number(region) + " " + " ".join(costs)]


class Generator:
    """Numbers, languages and texts by chance."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.prefixes = [list(CARRIER_DATA), list(GEOCODE_DATA), list(TIMEZONE_DATA)]
        self.languages = sorted({lang for entry in GEOCODE_DATA.values() for lang in entry})
        self.names = sorted({lang for names in LOCALE_DATA.values() for lang in names})
        self.examples = []
        for region in REGIONS:
            found = [phonenumbers.example_number_for_type(region, kind) for kind in TYPES]
            self.examples.append([phonenumbers.format_number(number, 0)[1:] for number in found if number])
        non_geographic = [phonenumbers.example_number_for_non_geo_entity(int(code)) for code in CODES if CODES[code] == ("001",)]
        self.examples.append([phonenumbers.format_number(number, 0)[1:] for number in non_geographic if number])
        self.patterns = {}
        for region in SHORT_REGIONS:
            metadata = PhoneMetadata.short_metadata_for_region(region)
            kinds = [getattr(metadata, kind) for kind in KINDS]
            self.patterns[region] = [parser.parse(kind.national_number_pattern) for kind in kinds if kind and kind.national_number_pattern]

    def digits(self, count):
        return "".join(self.chance.choice("0123456789") for _ in range(count))

    def after(self, prefix):
        """A number that starts so; as long as most are."""
        code = next((prefix[:length] for length in (1, 2, 3) if prefix[:length] in CODES), prefix)
        most = max(16 - (len(prefix) - len(code)), 0)
        return prefix + self.digits(min(most, max(self.chance.randint(7, 13) - len(prefix), 2)))

    def number(self):
        kind = self.chance.randrange(10)
        if kind < 4:
            return self.after(self.chance.choice(self.chance.choice(self.prefixes)))
        if kind < 9:
            number = self.chance.choice(self.chance.choice(self.examples))
            cut = self.chance.randint(0, min(6, len(number) - 4))
            return number[: len(number) - cut] + self.digits(cut)
        return self.chance.choice(list(CODES)) + self.digits(self.chance.randint(2, 15))

    def language(self):
        kind = self.chance.randrange(10)
        if kind < 3:
            return ("en", None, None)
        if kind < 5:
            return ("zh", self.chance.choice([None, "Hant", "Hans"]), self.chance.choice([None, "TW", "HK", "MO", "CN"]))
        code = self.chance.choice(self.languages if kind < 8 else self.names).split("_")
        return (code[0], code[1] if len(code) > 1 else None, None)

    def sample(self, parsed):
        """Digits that match a pattern."""
        text = ""
        for op, value in parsed:
            if op == constants.LITERAL:
                text += chr(value)
            elif op == constants.IN:
                text += self.chance.choice(self.members(value))
            elif op == constants.BRANCH:
                text += self.sample(self.chance.choice(value[1]))
            elif op == constants.SUBPATTERN:
                text += self.sample(value[-1])
            elif op == constants.MAX_REPEAT:
                least, most, inside = value
                text += "".join(self.sample(inside) for _ in range(self.chance.randint(least, min(most, least + 3))))
            else:
                raise ValueError(op)
        return text

    def members(self, items):
        found = []
        for op, value in items:
            if op == constants.LITERAL:
                found.append(chr(value))
            elif op == constants.RANGE:
                found.extend(chr(code) for code in range(value[0], value[1] + 1))
            else:
                found.extend("0123456789")
        return found

    def short(self):
        """A calling code, short digits and a region to dial from."""
        region = self.chance.choice(SHORT_REGIONS)
        national = self.short_digits(region)
        sharing = CODES[str(phonenumbers.country_code_for_region(region) or 1)]
        if self.chance.random() < 0.4:
            region = self.chance.choice(sharing)
        if self.chance.random() < 0.1:
            region = self.chance.choice(REGIONS)
        code = next(code for code, regions in CODES.items() if regions == sharing)
        return code + national, region

    def short_digits(self, region):
        while True:
            digits = self.sample(self.chance.choice(self.patterns[region]))
            kind = self.chance.randrange(10)
            if kind < 2:
                digits += self.digits(1)
            elif kind < 4:
                at = self.chance.randrange(len(digits))
                digits = digits[:at] + self.digits(1) + digits[at + 1:]
            elif kind < 6:
                digits = self.digits(self.chance.randint(2, 8))
            if 2 <= len(digits) <= 16:
                return digits

    def dialled(self):
        region = self.chance.choice(SHORT_REGIONS)
        metadata = PhoneMetadata.short_metadata_for_region(region)
        digits = self.short_digits(region)
        if metadata.emergency and self.chance.random() < 0.6:
            digits = self.sample(parser.parse(metadata.emergency.national_number_pattern))
        digits += self.digits(self.chance.choice([0, 0, 0, 1, 2, 5]))
        if self.chance.random() < 0.3:
            zero = self.chance.choice("٠۰০０०๐𝟎𝟘")
            digits = "".join(chr(ord(zero) + int(digit)) for digit in digits)
        text = "".join(digit + self.chance.choice(["", "", "", "", "-", " ", ".", "²", "x"]) for digit in digits)
        before = self.chance.choice(["", "", "", "", "+", "＋", "Tel: ", "(", "①", "#"])
        after = self.chance.choice(["", "", "", "", ")", " ", "/x912", "\\ x1", " ext. 3", "_#", "\u00a0", "/9"])
        return before + text + after, region


def answers(program, questions):
    """A line of the program for each question."""
    text = "".join("\t".join(parts) + "\n" for parts in questions)
    done = subprocess.run([program], input=text.encode(), stdout=subprocess.PIPE, check=True)
    lines = done.stdout.decode().split("\n")[:-1]
    assert len(lines) == len(questions), "an answer for each question"
    return lines


class Comparison:
    def __init__(self, program):
        self.program = program
        self.asked = {}
        self.differences = []

    def ask(self, questions):
        """Pairs of a question's parts and the answers that are expected, by name."""
        lines = answers(self.program, [parts for parts, _ in questions])
        for (parts, expected), line in zip(questions, lines):
            found = line.split("\t")
            for turn, (name, answer) in enumerate(expected):
                asked = self.asked.setdefault(name, [0, 0, 0])
                asked[0] += 1
                asked[1] += answer not in ("", "Etc/Unknown")
                if answer is None:
                    continue
                given = found[turn] if turn < len(found) else "(nothing)"
                if given != answer:
                    asked[2] += 1
                    self.differences.append((name, parts, answer, given))

    def report(self):
        print(f"{'question':<28}{'asked':>10}{'answered':>10}{'different':>10}")
        for name, (asked, answered, different) in self.asked.items():
            print(f"{name:<28}{asked:>10}{answered:>10}{different:>10}")
        for name, parts, expected, given in self.differences[:SHOWN_MAX]:
            print(f"{name} {parts}: expected {expected!r}, found {given!r}")
        return not self.differences


def text_of(language):
    return "-".join(part for part in language if part)


def named_question(generator, digits, language):
    number = number_of(digits)
    reader = language[2] or generator.chance.choice([phonenumbers.region_code_for_number(number) or "US", "US", "GB"])
    language = (language[0], language[1], reader) if reader != "001" else (language[0], language[1], None)
    reader = language[2] or "US"
    expected = named(number, language, reader)
    return ("number", "+" + digits, text_of(language), reader), list(zip(NAMED, expected))


def every_prefix(generator):
    """Each prefix of each table once, in one of its languages, by the look-ups that check nothing."""
    for data in (CARRIER_DATA, GEOCODE_DATA):
        for prefix, entry in data.items():
            digits = generator.after(prefix)
            if has_code(digits):
                code = generator.chance.choice(sorted(entry)).split("_")
                script = code[1] if len(code) > 1 else None
                number = number_of(digits)
                carrier_name = carrier.name_for_valid_number(number, code[0], script)
                place = geocoder.description_for_valid_number(number, code[0], script)
                expected = [None, carrier_name, None, None, place]
                names = ["", "prefixes: carrier", "", "", "prefixes: place"]
                language = text_of((code[0], script, None))
                yield ("number", "+" + digits, language, "US"), list(zip(names, expected))
    for prefix in TIMEZONE_DATA:
        digits = generator.after(prefix)
        if has_code(digits):
            yield ("zones", "+" + digits), list(zip(["", "prefixes: time_zones"], [None, zones(number_of(digits))[1]]))


def rows(generator, count):
    for _ in range(count):
        kind = generator.chance.randrange(10)
        if kind < 5:
            yield named_question(generator, generator.number(), generator.language())
        elif kind < 7:
            digits = generator.number()
            yield ("zones", "+" + digits), list(zip(["time_zones", "time_zones_of_valid"], zones(number_of(digits))))
        elif kind < 9:
            digits, region = generator.short()
            yield ("short", "+" + digits, region), [("short numbers (nine each)", short(number_of(digits), region)[0])]
        else:
            text, region = generator.dialled()
            yield ("dialled", text, region), [("emergency (two each)", dialled(text, region)[0])]
    for region in SHORT_REGIONS:
        yield ("example", region), [("short examples (four each)", example(region)[0])]


def main(program, seed, count):
    print(f"phonenumbers {phonenumbers.__version__}, seed {seed}")
    generator = Generator(seed)
    comparison = Comparison(program)
    chunk = []
    for source in (every_prefix(generator), rows(generator, count)):
        for question in source:
            chunk.append(question)
            if len(chunk) == CHUNK:
                comparison.ask(chunk)
                chunk = []
    comparison.ask(chunk)
    comparison.asked.pop("", None)
    return comparison.report()


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])) else 1)
