#!/bin/sh
# Runs every fuzz target of the module for $FUZZTIME each. Finding none is a failure.
# Counted in inputs, not in seconds: before Go 1.27 a run that ends by the clock may fail with "context deadline
# exceeded" and nothing found (go.dev/issue/75804).
set -eu
export GOWORK=off
found=0
for file in $(git ls-files '*_test.go' | grep -v '^dev/'); do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		found=$((found + 1))
		echo "fuzz ./$(dirname "$file") $target"
		"${GO:-go}" test "./$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-50000x}" -fuzzminimizetime 100x
	done
done
[ "$found" -gt 0 ] || { echo "fuzz: no target found" >&2; exit 1; }
echo "fuzz: $found targets passed"
