#!/bin/sh
# Makes the pages of docs/results again, all or those named: each is the report of
# the built-in experiment of its name.
#
#   docs/results/make.sh [NAME…]
#
# The pages of planes and trainings end with seconds, measured where the script runs; all else is
# the same on every machine of the build target. DIR=… keeps the directories of results
# and takes those that are there already.
set -eu
cd "$(dirname "$0")/../.."
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
kept="${DIR:-$work}"
go build -o "$work/uorobench" ./cmd/uorobench

names="$*"
[ -n "$names" ] || names="$(basename -s .toml bench/experiments/*.toml | grep -v '^quick$') train-anbn-quick train-anbn"

for name in $names; do
	file="bench/experiments/$name.toml" dir="$kept/$name" page="docs/results/$name.md"
	command=run manifest=manifest.json
	if [ ! -e "$file" ]; then
		file="bench/training/experiments/$name.toml" command=train
	elif grep -q '^over' "$file"; then
		command=sweep manifest=sweep.json
	fi
	echo "uorobench $command $name" >&2
	[ -f "$dir/summary.md" ] || "$work/uorobench" "$command" "$name" --quiet --out "$dir" >/dev/null
	if [ "$name" = default ]; then # CI compares it with a run, byte for byte
		cp "$dir/summary.md" "$page"
		continue
	fi
	{
		printf '<!-- Made by docs/results/make.sh %s. Do not edit. -->\n\n# %s\n\n' "$name" "$name"
		sed -n '/^#/!q; s/^# \{0,1\}//p' "$file"
		printf '\n    uorobench %s %s\n\n' "$command" "$name"
		if [ -f "$dir/plane.svg" ]; then
			cp "$dir/plane.svg" "docs/results/$name.svg"
			printf '![Work of a step against the mean squared error of one estimate](%s.svg)\n\n' "$name"
			printf 'Discs: with noise, all unbiased; squares: without noise, biased. Lines: what no other of the kind beats in both.\nDashed: the cost of the exact gradient. Relative MSE: of one estimate, over ‖g‖²; a point on the lower edge lies below it.\n\n'
		fi
		if [ -f "$dir/curves.svg" ]; then
			cp "$dir/curves.svg" "docs/results/$name.svg"
			printf '![Bits per symbol and the fraction of correct endings against the training step](%s.svg)\n\n' "$name"
			printf 'Lines: medians over the seeds; bands: the quartiles. Dashed: reference levels.\n\n'
		fi
		cat "$dir/summary.md"
		if [ -f "$dir/curves.svg" ]; then
			printf '\n'
			"$work/uorobench" report "$dir" --seconds 2s --format markdown
		fi
		if [ -f "$dir/plane.svg" ]; then # of one machine: all above is the same everywhere, this is not
			printf '\n'
			"$work/uorobench" report "$dir" --seconds 100ms --format markdown --figure "docs/results/$name-seconds.svg"
			printf '\n![Measured nanoseconds of a step against the mean squared error of one estimate](%s-seconds.svg)\n' "$name"
		fi
		printf '\n<!-- config_sha256 %s -->\n' "$(sed -n 's/.*"config_sha256": "\([0-9a-f]*\)".*/\1/p' "$dir/$manifest" | head -n 1)"
	} >"$page"
done

# The scaled forms against the plain ones: a quarter of an hour.
go test -timeout 120m -run TestScaledIsNoWorse ./bench -scaled-page
