#!/usr/bin/env bash
# Ends the run as the linter ended, once everything else is written.
set -uo pipefail

case "${MLGITOPS_EXIT_CODE-}" in
    0) exit 0 ;;
    1)
        printf 'mlgitops: findings block this change\n'
        # A schedule reads this line (docs/github.md).
        if [[ "${MLGITOPS_RETRY_AT-}" =~ ^[0-9TZ:.-]+$ ]]; then
            printf 'mlgitops: run this job again after %s\n' "$MLGITOPS_RETRY_AT"
        fi
        ;;
    2) printf 'mlgitops: wrong usage or configuration\n' ;;
    3) printf 'mlgitops: not enough was checked to let this change pass\n' ;;
    *) printf 'mlgitops: it did not end\n' && exit 2 ;;
esac
exit "$MLGITOPS_EXIT_CODE"
