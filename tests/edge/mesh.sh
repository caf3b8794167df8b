#!/usr/bin/env bash
# Two hosts with the mesh of a bundle, as two network namespaces with a wire between them. WireGuard runs
# as a program here, since not every kernel has it; all else is what the hosts run.
#
#   mesh.sh FOLDER ADDRESS-OF-ONE ADDRESS-OF-TWO MESH-ADDRESS-OF-TWO
#
# FOLDER holds one.sh and two.sh: the scripts of the bundle, with their files beside them. It is run in
# namespaces of its own, as root there: unshare --map-root-user --net --mount --pid --fork.
set -euo pipefail
folder=$1 one=$2 two=$3 mesh_two=$4
interface=wg-demo

mount -t tmpfs none /run
mkdir -p /run/netns /run/wireguard
ip netns add two
ip link add wire0 type veth peer name wire1
ip link set wire1 netns two
ip address add "${one}/32" dev wire0
ip link set wire0 up
ip route add "${two}/32" dev wire0
ip -n two address add "${two}/32" dev wire1
ip -n two link set wire1 up
ip -n two route add "${one}/32" dev wire1

wireguard-go "${interface}" >/dev/null 2>&1
bash "${folder}/one.sh" up
inside() { ip netns exec two unshare --mount -- bash -c 'mount -t tmpfs none /run; mkdir /run/wireguard; "$@"' _ "$@"; }
inside bash -ec "
  wireguard-go ${interface} >/dev/null 2>&1
  bash '${folder}/two.sh' up
  wg show ${interface} public-key > '${folder}/two.public'
  touch '${folder}/ready'
  while [[ ! -e '${folder}/done' ]]; do sleep 0.1; done
" &
until [[ -e ${folder}/ready ]]; do sleep 0.1; done
# A second time changes nothing, and breaks nothing.
bash "${folder}/one.sh" up
bash -c "exec 3<>/dev/udp/${mesh_two}/9; printf x >&3"
for _ in $(seq 100); do
  handshake=$(wg show "${interface}" latest-handshakes | cut -f2)
  [[ ${handshake} -gt 0 ]] && break
  sleep 0.1
done
touch "${folder}/done"
[[ ${handshake} -gt 0 ]]
bash "${folder}/one.sh" down
! ip link show "${interface}" 2>/dev/null
