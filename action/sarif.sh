#!/usr/bin/env bash
# Uploads the findings to code scanning. Not being allowed to is one line, never a failure.
set -uo pipefail

not_uploaded() {
    printf 'not uploaded to code scanning: %s\n' "$1"
    exit 0
}

[[ "${MLGITOPS_SARIF-}" == true && -s "${MLGITOPS_SARIF_FILE-}" ]] || exit 0
head="${MLGITOPS_HEAD_REPOSITORY-}"
[[ -z "$head" || "$head" == "$GITHUB_REPOSITORY" ]] || not_uploaded 'this pull request comes from a fork'
# Both are put into JSON below.
[[ "$GITHUB_SHA" =~ ^[0-9a-f]+$ ]] || not_uploaded 'this run is of no commit'
[[ "$GITHUB_REF" =~ ^refs/[A-Za-z0-9._/+@-]+$ ]] || not_uploaded 'the name of this branch is unusual'
command -v gh >/dev/null || not_uploaded 'this runner has no `gh`'

{
    printf '{"commit_sha":"%s","ref":"%s","tool_name":"mlgitops","sarif":"' "$GITHUB_SHA" "$GITHUB_REF"
    gzip -c "$MLGITOPS_SARIF_FILE" | base64 | tr -d '\n'
    printf '"}'
} | gh api --method POST "repos/$GITHUB_REPOSITORY/code-scanning/sarifs" --input - --silent 2>/dev/null ||
    not_uploaded 'code scanning is off, or the token may not, give the job `security-events: write`'
