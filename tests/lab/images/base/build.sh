#!/bin/sh
# Write the tar archive of a small Debian: build.sh <suite> <mirror> <folder of files to add> <archive>
# Runs in a mount namespace of its own: the tree lives in memory, and a killed run leaves nothing behind.
set -eu
suite=$1 mirror=$2 additions=$3 archive=$4
root=/mnt

mount -t tmpfs -o mode=0755 slipway-lab "$root"
debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror"
rm -f "$root/etc/apt/sources.list"
cp -R "$additions/." "$root/"
chroot "$root" update-ca-certificates
: >"$root/etc/machine-id"
cd "$root"
rm -rf usr/share/doc/* usr/share/man/* usr/share/info/* usr/share/locale/* var/log/* var/lib/apt/lists/*
rm -rf var/cache/apt/* var/cache/debconf/*-old tmp/* run/* dev/* sys/*
tar --numeric-owner --one-file-system --exclude './proc/*' --create --file "$archive" .
