#!/usr/bin/env bash
# Installs a released binary whose checksum is right, or builds the source of this action.
set -euo pipefail

folder="${RUNNER_TEMP:?}/mlgitops-bin"
mkdir -p "$folder"
suffix=''
[[ "${RUNNER_OS-}" == Windows ]] && suffix='.exe'
binary="$folder/mlgitops$suffix"

fail() {
    printf '::error title=mlgitops::%s\n' "$1"
    exit 2
}

finish() {
    printf 'binary=%s\n' "$binary" >>"${GITHUB_OUTPUT:?}"
    printf '%s\n' "$folder" >>"${GITHUB_PATH:?}"
    "$binary" --version
    exit 0
}

if [[ "${MLGITOPS_SOURCE-}" == true ]]; then
    command -v cargo >/dev/null || fail 'to build from source this runner needs Rust: rustup.rs installs it'
    cargo install --quiet --locked --path "${GITHUB_ACTION_PATH:?}" --root "$folder/source"
    cp "$folder/source/bin/mlgitops$suffix" "$binary"
    finish
fi

version="${MLGITOPS_VERSION#v}"
if [[ -z "$version" ]]; then
    # The release that this action belongs to.
    version="$(sed -n 's/^version = "\([0-9][0-9.]*\)"$/\1/p' "${GITHUB_ACTION_PATH:?}/Cargo.toml" | head -n 1)"
fi

case "${RUNNER_OS-}/${RUNNER_ARCH-}" in
    Linux/X64) target=x86_64-unknown-linux-musl ;;
    Linux/ARM64) target=aarch64-unknown-linux-musl ;;
    macOS/X64) target=x86_64-apple-darwin ;;
    macOS/ARM64) target=aarch64-apple-darwin ;;
    Windows/X64) target=x86_64-pc-windows-msvc ;;
    *) fail "there is no binary for ${RUNNER_OS-} on ${RUNNER_ARCH-}: build it with \`source: true\`" ;;
esac

archive="mlgitops-$version-$target.tar.gz"
release="https://github.com/mlgitops/mlgitops/releases/download/v$version"
download() { curl --fail --silent --show-error --location --retry 3 --proto '=https' --output "$2" "$1"; }

cd "$folder"
download "$release/$archive" "$archive" ||
    fail "release $version cannot be downloaded: is there one of that version? \`source: true\` builds it"
expected="${MLGITOPS_CHECKSUM-}"
if [[ -z "$expected" ]]; then
    download "$release/SHA256SUMS" SHA256SUMS || fail "release $version states no checksums"
    expected="$(awk -v name="$archive" '$2 == name { print $1 }' SHA256SUMS)"
fi
if command -v sha256sum >/dev/null; then
    actual="$(sha256sum "$archive" | cut -d ' ' -f 1)"
else
    actual="$(shasum -a 256 "$archive" | cut -d ' ' -f 1)"
fi
if [[ -z "$expected" || "$actual" != "$expected" ]]; then
    rm -f "$archive"
    fail "$archive is not what it claims to be: its SHA-256 is $actual, not ${expected:-stated}"
fi
tar -xzf "$archive"
finish
