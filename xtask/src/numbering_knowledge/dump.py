"""Writes what the package `phonenumbers` knows about numbers as one JSON document, for `cargo xtask generate
numbering-knowledge`. Nothing is decided here: the tables are made by the program that reads this.

With the folder of the package's source as argument, the prefixes are those that its test suites use instead of the true
ones; with the word `grown` after it, those that a suite adds while it runs are there too."""

import importlib
import json
import sys
import unittest

import phonenumbers
from phonenumbers import PhoneMetadata, geocoder, shortdata
from phonenumbers.carrierdata import CARRIER_DATA
from phonenumbers.data import _COUNTRY_CODE_TO_REGION_CODE
from phonenumbers.geodata import GEOCODE_DATA
from phonenumbers.geodata.locale import LOCALE_DATA
from phonenumbers.tzdata import TIMEZONE_DATA

KINDS = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number", "pager", "uan",
    "voicemail",
)
SHORT_KINDS = (
    "general_desc", "short_code", "premium_rate", "standard_rate", "toll_free", "carrier_specific", "sms_services",
    "emergency",
)


def description(desc):
    """A pattern with its lengths; nothing for one that cannot match."""
    if desc is None or not desc.national_number_pattern:
        return None
    return {
        "pattern": desc.national_number_pattern,
        "lengths": list(desc.possible_length),
        "example": desc.example_number or "",
    }


def plan(region):
    """The patterns by which a number is valid in a region."""
    metadata = PhoneMetadata.metadata_for_region(region)
    kinds = [description(getattr(metadata, kind)) for kind in KINDS]
    return {"general": description(metadata.general_desc), "kinds": [kind for kind in kinds if kind]}


def short_plan(region):
    metadata = PhoneMetadata.short_metadata_for_region(region)
    return {kind: description(getattr(metadata, kind)) for kind in SHORT_KINDS}


def countries():
    """Names of countries, with the references from one language to another followed."""
    languages = sorted({language for names in LOCALE_DATA.values() for language in names})
    found = {}
    for region in sorted(LOCALE_DATA):
        names = {language: geocoder._region_display_name(region, language) for language in languages}
        found[region] = {language: name for language, name in names.items() if name}
    return found


def portable():
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    return [region for region in regions if phonenumbers.is_mobile_number_portable_region(region)]


class Growing(dict):
    """Keeps the richest entry that each prefix ever had."""

    def __init__(self, entries):
        super().__init__(entries)
        self.richest = dict(entries)

    def __setitem__(self, prefix, entry):
        super().__setitem__(prefix, entry)
        self.richest[prefix] = {**self.richest.get(prefix, {}), **entry}


if len(sys.argv) > 1:
    sys.path.insert(0, sys.argv[1])
    CARRIER_DATA = importlib.import_module("tests.testcarrierdata").CARRIER_DATA
    TIMEZONE_DATA = importlib.import_module("tests.testtzdata").TIMEZONE_DATA
    suite = importlib.import_module("tests.geocodertest")
    GEOCODE_DATA = suite.TEST_GEOCODE_DATA

if len(sys.argv) > 2:
    suite.TEST_GEOCODE_DATA = Growing(GEOCODE_DATA)
    tests = unittest.defaultTestLoader.loadTestsFromModule(suite)
    unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(tests)
    GEOCODE_DATA = suite.TEST_GEOCODE_DATA.richest

codes = sorted(_COUNTRY_CODE_TO_REGION_CODE.items())
shared = sorted({region for _, regions in codes if len(regions) > 1 for region in regions})
json.dump(
    {
        "carriers": CARRIER_DATA,
        "portable": portable(),
        "places": GEOCODE_DATA,
        "countries": countries(),
        "calling_codes": [[code, list(regions)] for code, regions in codes],
        "plans": {region: plan(region) for region in shared},
        "zones": {prefix: list(zones) for prefix, zones in TIMEZONE_DATA.items()},
        "short": {region: short_plan(region) for region in sorted(shortdata._AVAILABLE_REGION_CODES)},
    },
    sys.stdout,
    ensure_ascii=False,
)
