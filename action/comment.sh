#!/usr/bin/env bash
# Keeps one comment of the pull request current. Not being allowed to is one line, never a failure.
set -uo pipefail

not_posted() {
    printf 'comment not posted: %s; the summary of this run holds the same text\n' "$1"
    exit 0
}

[[ "${MLGITOPS_COMMENT-}" == true && -s "${MLGITOPS_SUMMARY_FILE-}" ]] || exit 0
number="${MLGITOPS_PULL_REQUEST-}"
[[ "$number" =~ ^[0-9]+$ ]] || not_posted 'this run is of no pull request'
[[ "${MLGITOPS_HEAD_REPOSITORY-}" == "$GITHUB_REPOSITORY" ]] ||
    not_posted 'this pull request comes from a fork'
command -v gh >/dev/null || not_posted 'this runner has no `gh`'

marker="$(head -n 1 "$MLGITOPS_SUMMARY_FILE")"
comments="repos/$GITHUB_REPOSITORY/issues/$number/comments"
# Only a comment of a bot is written over: anybody can write the marker.
known="$(gh api --paginate "$comments?per_page=100" --jq \
    ".[] | select(.user.type == \"Bot\" and (.body | startswith(\"$marker\"))) | .id" 2>/dev/null | head -n 1)"
if [[ "$known" =~ ^[0-9]+$ ]]; then
    target=(--method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$known")
else
    target=(--method POST "$comments")
fi
gh api "${target[@]}" --field "body=@$MLGITOPS_SUMMARY_FILE" --silent 2>/dev/null ||
    not_posted 'the token may not write it, give the job `pull-requests: write`'
