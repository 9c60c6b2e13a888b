"""Reads a list of pages as JSON and writes what the HTML standard's own parsing rules have against each."""

import json
import sys

import html5lib


def verdict(page):
    parser = html5lib.HTMLParser()
    parser.parse(page)
    return [f"{code} at {position}" for position, code, _ in parser.errors]


json.dump([verdict(page) for page in json.load(sys.stdin)], sys.stdout)
