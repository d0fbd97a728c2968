#!/usr/bin/env bash
# A release is of the version that Cargo.toml states, or it is none.
set -euo pipefail
cd "$(dirname "$0")/.."

version="$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)"
if [[ "${TAG:?}" != "v$version" ]]; then
    printf 'the tag is %s, and Cargo.toml states %s\n' "$TAG" "$version" >&2
    exit 1
fi
