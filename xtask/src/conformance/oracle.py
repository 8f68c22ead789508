"""Answers what `phonenumbers` says of texts: lines of JSON in ([region, text, other text]), lines of tab-separated answers out. The
argument says what is asked: of numbers, of typing the first text, of numbers in it, or whether both texts agree."""

import json
import sys

import phonenumbers as p
from phonenumbers import phonenumberutil as util

ERRORS = ["INVALID_COUNTRY_CODE", "NOT_A_NUMBER", "TOO_SHORT_AFTER_IDD", "TOO_SHORT_NSN", "TOO_LONG"]
SOURCES = {1: "Plus", 5: "InternationalPrefix", 10: "Digits", 20: "DefaultRegion", 0: "Nowhere"}
KIND = util.PhoneNumberType
FORMAT = util.PhoneNumberFormat


def answers(region, text):
    try:
        number = p.parse(text, region, keep_raw_input=True)
    except p.NumberParseException as error:
        return [ERRORS[error.error_type]]
    # Kept only to be told of the carrier; formatting would write it instead of a number that is nothing but zeros.
    number.raw_input = None
    return [
        "",
        p.format_number(number, FORMAT.E164),
        "true" if p.is_valid_number(number) else "false",
        KIND.to_string(p.number_type(number)),
        p.region_code_for_number(number) or "",
        number.extension or "",
        util.ValidationResult.to_string(p.is_possible_number_with_reason(number)),
        p.format_number(number, FORMAT.INTERNATIONAL),
        p.format_number(number, FORMAT.NATIONAL),
        p.format_number(number, FORMAT.RFC3966),
        number.preferred_domestic_carrier_code or "",
        SOURCES[number.country_code_source],
        p.format_out_of_country_calling_number(number, region),
        p.format_national_number_with_carrier_code(number, "15"),
        util.ValidationResult.to_string(p.is_possible_number_for_type_with_reason(number, KIND.MOBILE)),
        "true" if p.can_be_internationally_dialled(number) else "false",
    ]


def numbers(region, text, _):
    return answers(region, text)


def typing(region, text, _):
    field = p.AsYouTypeFormatter(region)
    return [json.dumps([field.input_digit(key) for key in text])]


def search(region, text, _):
    found = []
    for leniency in range(4):
        matches = p.PhoneNumberMatcher(text, region, leniency, 1 << 60)
        found.append(json.dumps([
            [match.start, match.end, p.format_number(match.number, FORMAT.E164), match.number.extension or ""]
            for match in matches
        ]))
    return found


def agreement(_, text, other):
    return [util.MatchType.to_string(p.is_number_match(text, other))]


def main():
    ask = {"numbers": numbers, "typing": typing, "search": search, "agreement": agreement}[sys.argv[1]]
    out = sys.stdout
    for line in sys.stdin:
        region, text, other = json.loads(line)
        out.write("\t".join(ask(region, text, other)) + "\n")


if __name__ == "__main__":
    main()
