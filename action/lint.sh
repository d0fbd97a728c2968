#!/usr/bin/env bash
# Runs the linter once, with every report; how the run ends is said by the last step.
set -uo pipefail

folder="${RUNNER_TEMP:?}/mlgitops"
mkdir -p "$folder"
output() { printf '%s=%s\n' "$1" "$2" >>"${GITHUB_OUTPUT:?}"; }

cd "${GITHUB_WORKSPACE:?}" || exit 2
# Git refuses a folder of another user, which the workspace of a container is. The home of this
# script alone says otherwise.
export HOME="$folder/home"
mkdir -p "$HOME"
git config --global safe.directory "$GITHUB_WORKSPACE"
if [[ "$(git -C "$MLGITOPS_PATH" rev-parse --is-shallow-repository 2>/dev/null)" == true ]]; then
    printf '::warning title=mlgitops::%s\n' \
        'this clone is shallow, so what ran before is unknown: give actions/checkout `fetch-depth: 0`'
fi

arguments=(lint --fail-on "$MLGITOPS_FAIL_ON")
[[ -n "${MLGITOPS_CONFIG-}" ]] && arguments+=(--config "$MLGITOPS_CONFIG")
[[ -n "${MLGITOPS_REF-}" ]] && arguments+=(--base "$MLGITOPS_REF")
[[ "${MLGITOPS_ALLOW_UNCHECKED-}" == true ]] && arguments+=(--allow-unchecked)
for format in markdown sarif json github; do
    arguments+=(--output "$format=$folder/$format")
done
rm -f "$folder"/{markdown,sarif,json,github}

"$MLGITOPS_BINARY" "${arguments[@]}" -- "$MLGITOPS_PATH"
code=$?
output exit-code "$code"
output findings 0
output errors 0
if [[ ! -s "$folder/json" ]]; then
    # Wrong usage or configuration: it was said above, and there is no report.
    printf '::error title=mlgitops::%s\n' 'nothing was checked: the log of this step says why'
    exit 0
fi
[[ "${MLGITOPS_ANNOTATIONS-}" == true ]] && cat "$folder/github"

# The counts stand first in the report, before any text of the repository.
count() { grep -o "\"$1\":[0-9]*" "$folder/json" | head -n 1 | cut -d : -f 2; }
output errors "$(count errors)"
output findings "$(($(count errors) + $(count warnings) + $(count notes)))"
# Inside a text a quote is `\"`, so only the field itself looks like this.
output retry-at "$(grep -o '"passesAt":"[0-9TZ:.-]*"' "$folder/json" | cut -d '"' -f 4 | sort | tail -n 1)"
output summary-file "$folder/markdown"
output sarif-file "$folder/sarif"
