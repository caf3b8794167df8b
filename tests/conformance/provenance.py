"""Reads in-toto statements with the bindings of the in-toto project, which refuse keys that the
protocol does not have, and holds them against what SLSA provenance v1 requires. provenance.py FILE..."""

import json
import sys

from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement, statement_pb2


def fault(text):
    document = json.loads(text)
    try:
        read = json_format.ParseDict(document, statement_pb2.Statement())
        statement.Statement.copy_from_pb(read).validate()
        predicate = json_format.ParseDict(document["predicate"], provenance_pb2.Provenance())
    except (ValueError, json_format.ParseError) as error:
        return str(error)
    if document["predicateType"] != "https://slsa.dev/provenance/v1":
        return "it is no provenance of SLSA v1"
    build = predicate.build_definition
    if ":" not in build.build_type or not len(build.external_parameters):
        return "buildType and externalParameters are required"
    if ":" not in predicate.run_details.builder.id:
        return "builder.id is required"
    for dependency in build.resolved_dependencies:
        if not (dependency.name or dependency.uri) or len(dependency.digest.get("sha256", "")) != 64:
            return f"`{dependency.name}` has no digest"
    return None


found = [f"{path}: {said}" for path in sys.argv[1:] if (said := fault(open(path, encoding="utf-8").read()))]
print("\n".join(found))
sys.exit(1 if found else 0)
