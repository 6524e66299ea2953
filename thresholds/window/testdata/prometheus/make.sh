#!/bin/sh
# Asks a Prometheus what queries.txt gives over samples.txt, and writes its answers to vectors.txt.
#
#	apt-get install prometheus && ./make.sh
#
# The vectors here are those of Debian 12's Prometheus, 2.42. It listens on loopback only, on a port of the system's
# choosing. It is not asked for a sample exactly at the old end of a window: that is in the window for Prometheus 2, and
# not for Prometheus 3.
set -eu
cd "$(dirname "$0")"
dir=$(mktemp -d)
pid=
cleanup() {
	[ -z "$pid" ] || { kill "$pid"; wait "$pid" || :; }
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

promtool tsdb create-blocks-from openmetrics samples.txt "$dir/data" >"$dir/blocks.log"
: >"$dir/prometheus.yml"
prometheus --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/data" --storage.tsdb.retention.time=100y \
	--web.listen-address=127.0.0.1:0 >"$dir/log" 2>&1 &
pid=$!
url=
for _ in $(seq 100); do
	if [ -z "$url" ]; then
		url=$(sed -n 's|.*msg="Listening on" address=\([0-9.:]*\).*|http://\1|p' "$dir/log")
	elif promtool check ready --url="$url" >"$dir/ready.log" 2>&1; then
		break
	fi
	kill -0 "$pid" || { cat "$dir/log" >&2; exit 1; }
	sleep 0.2
done

{
	echo "# Made by make.sh with $(prometheus --version 2>&1 | sed -n 's/ (branch.*//p')."
	grep -v '^#' queries.txt | while read -r at expression; do
		echo "> $at $expression"
		promtool query instant --time="$at" "$url" "$expression" >"$dir/answer"
		LC_ALL=C sort "$dir/answer" | sed "/^$/d"
	done
} >"$dir/vectors.txt"
cat "$dir/vectors.txt" >vectors.txt
