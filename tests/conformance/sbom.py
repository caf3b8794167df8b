"""Reads CycloneDX lists with the reference library: the official schema, then the model, then what no
schema can say, that each package URL names the image that the entry names. sbom.py FILE..."""

import json
import sys

from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL


def faults(text):
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if error:
        yield f"against the schema: {error}"
        return
    document = json.loads(text)
    bom = Bom.from_json(document)
    bom.validate()
    known = {document["metadata"]["component"]["bom-ref"]} | {c["bom-ref"] for c in document["components"]}
    named = {d["ref"] for d in document["dependencies"]}
    named |= {ref for d in document["dependencies"] for ref in d.get("dependsOn", [])}
    if known != named:
        yield f"dependencies and components differ: {sorted(known ^ named)}"
    for component in bom.components:
        url = PackageURL.from_string(str(component.purl))
        digests = {f"sha256:{h.content}" for h in component.hashes}
        if url.type != "oci" or not component.name.endswith(url.name):
            yield f"{component.bom_ref}: {url} names another image"
        if {url.version} - {None} != digests:
            yield f"{component.bom_ref}: {url} has another digest"


found = [f"{path}: {fault}" for path in sys.argv[1:] for fault in faults(open(path, encoding="utf-8").read())]
print("\n".join(found))
sys.exit(1 if found else 0)
