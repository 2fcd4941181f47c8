#!/bin/sh
set -eu
printf 'ready\n'
