#!/usr/bin/env python3
"""Writes what is inside the binary, as CycloneDX, from `cargo metadata` on standard input."""

import json
import sys


def components(metadata):
    """The packages that are compiled in: those reached by normal and build dependencies."""
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = next(one for one in packages.values() if one["name"] == "mlgitops")
    reached, waiting = {root["id"]}, [root["id"]]
    while waiting:
        for dependency in nodes[waiting.pop()]["deps"]:
            is_inside = any(kind["kind"] in (None, "build") for kind in dependency["dep_kinds"])
            if is_inside and dependency["pkg"] not in reached:
                reached.add(dependency["pkg"])
                waiting.append(dependency["pkg"])
    inside = [packages[one] for one in reached if one != root["id"]]
    return root, sorted(inside, key=lambda package: (package["name"], package["version"]))


def component(package, kind):
    purl = "pkg:cargo/{}@{}".format(package["name"], package["version"])
    said = {"type": kind, "name": package["name"], "version": package["version"], "purl": purl, "bom-ref": purl}
    if package.get("license"):
        said["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    return said


def main():
    root, inside = components(json.load(sys.stdin))
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": component(root, "application")},
        "components": [component(package, "library") for package in inside],
    }
    json.dump(document, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
