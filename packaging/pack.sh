#!/usr/bin/env bash
# Puts what was built for a target into dist/: an archive for installers, a wheel for pip.
set -euo pipefail
cd "$(dirname "$0")/.."

version="$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)"
binary=mlgitops
case "${TARGET:?}" in
    x86_64-unknown-linux-musl) tag=manylinux2014_x86_64.manylinux_2_17_x86_64.musllinux_1_1_x86_64 ;;
    aarch64-unknown-linux-musl) tag=manylinux2014_aarch64.manylinux_2_17_aarch64.musllinux_1_1_aarch64 ;;
    x86_64-apple-darwin) tag=macosx_10_12_x86_64 ;;
    aarch64-apple-darwin) tag=macosx_11_0_arm64 ;;
    x86_64-pc-windows-msvc) tag=win_amd64 binary=mlgitops.exe ;;
    *)
        printf 'there is no platform of wheels for %s\n' "$TARGET" >&2
        exit 1
        ;;
esac
built="${BUILT:-target/$TARGET/release}/$binary"

mkdir -p dist
python="$(command -v python3 || command -v python)"
tar -czf "dist/mlgitops-$version-$TARGET.tar.gz" LICENSE NOTICE -C "$(dirname "$built")" "$binary"
"$python" packaging/mlgitops_wheel.py "$built" "$tag" dist
