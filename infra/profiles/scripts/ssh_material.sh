#!/bin/sh
# Makes what ssh-audit's policy for Debian 12 asks for and Debian does not have; the system's own keys stay as they are.
set -eu
umask 077
key=/etc/ssh/slipway_host_rsa_4096_key
groups=/etc/ssh/slipway_moduli
if [ ! -s "$key" ]; then
    rm -f "$key" "$key.pub" "$key.new" "$key.new.pub"
    ssh-keygen -q -t rsa -b 4096 -N '' -C '' -f "$key.new"
    mv "$key.new.pub" "$key.pub"
    mv "$key.new" "$key"
fi
if [ ! -s "$groups" ]; then
    awk '$5 >= 3071' /etc/ssh/moduli >"$groups.new"
    chmod 0644 "$groups.new"
    mv "$groups.new" "$groups"
fi
