"""Prints the numbering plans that an installed `phonenumbers` knows, as one JSON document.

    plans.py                 the plans of the installed release
    plans.py --tests FOLDER  the made-up plans of its own test suite, FOLDER being its unpacked source
"""

import json
import re
import sys
import unicodedata

KINDS = [
    "general_desc", "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "voip",
    "personal_number", "pager", "uan", "voicemail", "no_international_dialling",
]


def kind(desc):
    if desc is None:
        return None
    return {
        "pattern": desc.national_number_pattern,
        "lengths": list(desc.possible_length),
        "local": list(desc.possible_length_local_only),
        "example": desc.example_number,
    }


def way(rule):
    return {
        "pattern": rule.pattern,
        "format": rule.format,
        "leading": list(rule.leading_digits_pattern),
        "prefix_rule": rule.national_prefix_formatting_rule,
        "prefix_optional": bool(rule.national_prefix_optional_when_formatting),
        "carrier_rule": rule.domestic_carrier_code_formatting_rule,
    }


def territory(plan):
    return {
        "id": plan.id,
        "code": plan.country_code,
        "international_prefix": plan.international_prefix,
        "preferred_international_prefix": plan.preferred_international_prefix,
        "national_prefix": plan.national_prefix,
        "prefix_for_parsing": plan.national_prefix_for_parsing,
        "transform": plan.national_prefix_transform_rule,
        "extension_prefix": plan.preferred_extn_prefix,
        "leading": plan.leading_digits,
        "portable": bool(plan.mobile_number_portable_region),
        "same_mobile_and_fixed": bool(plan.same_mobile_and_fixed_line_pattern),
        "ways": [way(rule) for rule in plan.number_format],
        "international_ways": [way(rule) for rule in plan.intl_number_format],
        "kinds": {name: kind(getattr(plan, name)) for name in KINDS},
    }


def ranges(holds):
    found = []
    for point in range(0x80, sys.maxunicode + 1):
        if holds(chr(point)):
            if found and found[-1][1] == point - 1:
                found[-1][1] = point
            else:
                found.append([point, point])
    return found


def zeros():
    """The character for zero of each script; its nine successors are the other digits."""
    found = [point for point in range(0x80, sys.maxunicode + 1) if unicodedata.decimal(chr(point), -1) == 0]
    for zero in found:
        assert [unicodedata.decimal(chr(zero + value), -1) for value in range(10)] == list(range(10))
    every = sum(1 for point in range(0x80, sys.maxunicode + 1) if re.match(r"\d", chr(point)))
    assert every == 10 * len(found)
    return found


def main():
    if len(sys.argv) == 3:
        sys.path.insert(0, sys.argv[2])
        from tests import testmetadatatest
        testmetadatatest.insert_test_metadata()
    import phonenumbers
    from phonenumbers import phonenumberutil
    from phonenumbers.phonemetadata import PhoneMetadata
    from phonenumbers.phonenumbermatcher import _ALT_NUMBER_FORMATS
    codes = phonenumberutil.COUNTRY_CODE_TO_REGION_CODE
    territories = []
    for code in sorted(codes):
        for region in codes[code]:
            plan = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
            territories.append(territory(plan))
    print(json.dumps({
        "version": phonenumbers.__version__,
        "unicode": unicodedata.unidata_version,
        "codes": [[code, list(codes[code])] for code in sorted(codes)],
        "territories": territories,
        "alternate": [[code, [way(rule) for rule in _ALT_NUMBER_FORMATS[code]]] for code in sorted(_ALT_NUMBER_FORMATS)],
        "zeros": zeros(),
        "words": ranges(lambda text: unicodedata.category(text)[0] in "LN"),
    }))


if __name__ == "__main__":
    main()
