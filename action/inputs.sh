#!/usr/bin/env bash
# Refuses inputs that mean nothing, before anything is installed. A value is shown with everything
# but plain characters taken out: it may be a stranger's.
set -euo pipefail

refused=0

plain() { printf '%s' "$1" | tr -cd 'A-Za-z0-9 ._/~^@{}-' | cut -c 1-80; }

refuse() { # input, what it takes, what it is
    printf '::error title=mlgitops::the input `%s` takes %s, not `%s`\n' "$1" "$2" "$(plain "$3")"
    refused=1
}

matches() { [[ "$1" =~ $2 && "$1" != *$'\n'* ]]; }

for name in allow-unchecked source annotations summary comment sarif; do
    variable="MLGITOPS_$(printf '%s' "$name" | tr 'a-z-' 'A-Z_')"
    case "${!variable-}" in
        true | false) ;;
        *) refuse "$name" 'true or false' "${!variable-}" ;;
    esac
done

case "${MLGITOPS_FAIL_ON-}" in
    note | warning | error | never) ;;
    *) refuse fail-on 'note, warning, error or never' "${MLGITOPS_FAIL_ON-}" ;;
esac

matches "${MLGITOPS_VERSION-}" '^(v?[0-9]+\.[0-9]+\.[0-9]+)?$' ||
    refuse version 'a release such as 0.1.0' "$MLGITOPS_VERSION"
matches "${MLGITOPS_CHECKSUM-}" '^([0-9a-f]{64})?$' ||
    refuse checksum '64 hexadecimal digits' "$MLGITOPS_CHECKSUM"
matches "${MLGITOPS_REF-}" '^([A-Za-z0-9_][A-Za-z0-9._/~^@{}-]*)?$' ||
    refuse base 'a branch or a commit' "$MLGITOPS_REF"

for name in path config; do
    variable="MLGITOPS_$(printf '%s' "$name" | tr 'a-z' 'A-Z')"
    value="${!variable-}"
    case "$value" in
        -* | *$'\n'*)
            refuse "$name" 'a path' "$value"
            continue
            ;;
    esac
    if [[ -n "$value" && ! -e "${GITHUB_WORKSPACE:-.}/$value" && ! -e "$value" ]]; then
        printf '::error title=mlgitops::`%s` does not exist: is actions/checkout a step before this one?\n' \
            "$(plain "$value")"
        refused=1
    fi
done

exit "$refused"
