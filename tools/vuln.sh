#!/bin/sh
# Looks for known vulnerabilities in what the programs call. Exit status 0: none. 3: some. Else: not checked.
# VULNDB is another database than the usual one, such as file:///path/to/a/copy.
set -eu
cd "$(dirname "$0")/.."
GOWORK=off bin/tools/govulncheck ${VULNDB:+-db "$VULNDB"} ./...
