"""Prints a YAML file as JSON: read-yaml.py pyyaml|ruamel <file>."""

import json
import sys


def texts(value):
    """The value with every key a text; one that was none is told apart."""
    if isinstance(value, dict):
        return {
            key if isinstance(key, str) else f"{type(key).__name__}: {key!r}": texts(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [texts(item) for item in value]
    return value


def main(library, path):
    with open(path, "rb") as file:
        data = file.read()
    if library == "pyyaml":
        import yaml

        # Programs take the parser in C where it is there, and the one in Python elsewhere.
        found = [yaml.load(data, loader) for loader in (yaml.CSafeLoader, yaml.SafeLoader)]
    else:
        import ruamel.yaml

        found = [ruamel.yaml.YAML(typ="safe", pure=True).load(data)]
    found = [texts(one) for one in found]
    if any(one != found[0] for one in found):
        sys.exit("the two parsers of the library differ")
    # A date, for one, is no JSON; it shows as what it has become.
    json.dump(found[0], sys.stdout, default=repr)


main(*sys.argv[1:])
