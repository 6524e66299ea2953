#!/bin/sh
# Installs a .deb into a folder, and runs what it installs: the program, its man page, its completion, its units.
set -eu
package=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/var/lib/dpkg/updates" "$root/var/lib/dpkg/info"
: > "$root/var/lib/dpkg/status"
dpkg --root="$root" --force-not-root --force-bad-path --log=/dev/null --install "$package"

"$root/usr/bin/etcdoc" version
for file in usr/share/man/man1/etcdoc.1.gz usr/share/man/man1/etcdoc-check.1.gz \
	usr/share/bash-completion/completions/etcdoc usr/share/zsh/vendor-completions/_etcdoc \
	usr/share/fish/vendor_completions.d/etcdoc.fish usr/lib/systemd/system/etcdoc-check.service \
	usr/lib/systemd/system/etcdoc-check.timer usr/lib/systemd/system/etcdoc.service; do
	test -s "$root/$file" || { echo "the package lacks /$file"; exit 1; }
done
gzip -dc "$root/usr/share/man/man1/etcdoc.1.gz" | grep -q '^\.TH "ETCDOC"'
bash -n "$root/usr/share/bash-completion/completions/etcdoc"
# What the unit runs is what the package installs.
program=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$root/usr/lib/systemd/system/etcdoc-check.service")
test -x "$root$program" || { echo "the unit runs $program, which the package does not install"; exit 1; }
code=0
"$root$program" check --endpoints 127.0.0.1:1 --window 0 >/dev/null || code=$?
test "$code" = 1 || { echo "a check of nobody ends with $code, want 1"; exit 1; }
echo "the package works"
