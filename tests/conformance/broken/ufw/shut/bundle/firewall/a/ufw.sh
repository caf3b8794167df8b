#!/bin/bash
# Forgets ssh, and shuts all containers.
[[ ${1:-} == apply ]] || exit 0
ufw --force enable
iptables -t mangle -A FORWARD -o br-+ -j DROP
