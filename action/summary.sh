#!/usr/bin/env bash
# Puts the report where every reader of the run finds it, a fork's too.
set -euo pipefail

[[ "${MLGITOPS_SUMMARY-}" == true && -s "${MLGITOPS_SUMMARY_FILE-}" ]] || exit 0
cat "$MLGITOPS_SUMMARY_FILE" >>"${GITHUB_STEP_SUMMARY:?}"
