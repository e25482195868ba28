"""Hold examples/archive.yaml against KubeRay's own schema, strictly: a key that it does not know is an error too.

    python .ci/check_manifest.py ray.io_rayjobs.yaml

The file is ``ray-operator/config/crd/bases/ray.io_rayjobs.yaml`` of a release of github.com/ray-project/kuberay. It is
not in this repository, and CI does not load it: run this when the manifest changes. Needs jsonschema and pyyaml.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

MANIFEST = Path(__file__).resolve().parents[1] / "examples" / "archive.yaml"


def strict(schema: Any) -> Any:
    """The schema without leave for keys that it does not name, and with Kubernetes' numbers that may be text."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: strict(part) for key, part in schema.items()}
    if schema.get("x-kubernetes-int-or-string"):
        return {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    closed = "properties" in schema and "additionalProperties" not in schema
    if closed and not schema.get("x-kubernetes-preserve-unknown-fields"):
        found["additionalProperties"] = False
    return found


def main() -> None:
    """Print how it went; 1 where it did not."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    definition = yaml.safe_load(Path(sys.argv[1]).read_text())
    manifest = yaml.safe_load(MANIFEST.read_text())
    group, _, version = manifest["apiVersion"].partition("/")
    assert (definition["spec"]["group"], definition["spec"]["names"]["kind"]) == (group, manifest["kind"])
    schema = next(v["schema"]["openAPIV3Schema"] for v in definition["spec"]["versions"] if v["name"] == version)
    schema["properties"]["metadata"]["x-kubernetes-preserve-unknown-fields"] = True
    errors = list(Draft202012Validator(strict(schema)).iter_errors(manifest))
    for error in errors:
        print(f"{'.'.join(map(str, error.absolute_path))}: {error.message}")
    print(f"{MANIFEST.name}: {len(errors)} faults")
    sys.exit(bool(errors))


if __name__ == "__main__":
    main()
