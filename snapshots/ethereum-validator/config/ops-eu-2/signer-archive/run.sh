#!/bin/bash
# Streams the write-ahead log of a server into wal/, takes a whole copy into base/ now and then, and
# removes what no copy needs any more. Both together go back to any moment since the oldest copy. Where
# the server has thrown away what comes next, a new archive begins beside the old one.
set -euo pipefail
umask 077
cd /var/lib/postgres-archive
mkdir -p base wal
PGPASSWORD=$(cat /run/secrets/postgres-password)
export PGPASSWORD
server=(--host=10.20.0.30 --port=5432 --username=web3signer --no-password)

# Whatever runs in the background ends in its own order.
end() {
  local running
  trap - TERM INT
  running=$(jobs -p)
  for process in ${running}; do
    kill -TERM "${process}" 2> /dev/null || true
  done
  wait || true
  exit 0
}
trap end TERM INT

written=$(find wal -type f)
# No copy from before fits to a log that begins anew.
fresh=${written:+no}
missed=0

question="select count(*) from pg_stat_replication where application_name = 'pg_receivewal' and state = 'streaming'"

# It connects again by itself where it is cut off.
pg_receivewal "${server[@]}" --directory=wal --synchronous &
receiver=$!

# The whole copies that pass a test of `find`, oldest first.
copies() {
  local found
  found=$(find base -mindepth 1 -maxdepth 1 -type d ! -name .new "$@")
  sort <<< "${found}"
}

while kill -0 "${receiver}" 2> /dev/null; do
  streaming=$(psql "${server[@]}" --dbname=postgres --no-align --tuples-only --command="${question}") || streaming=unknown
  case ${streaming} in
    # Nobody can be asked: it is the server that is ill.
    unknown) ;;
    0) missed=$((missed + 1)) ;;
    *)
      missed=0
      touch alive
      ;;
  esac
  if ((missed >= 15)); then
    now=$(date -u +%Y%m%dT%H%M%SZ)
    echo "the server no longer has what comes next: a new archive begins" >&2
    kill -TERM "${receiver}"
    wait "${receiver}" || true
    mkdir "until-${now}"
    mv wal/* "until-${now}/"
    exit 1
  fi
  recent=$(copies -mmin -1440)
  if [[ -z ${recent} || -z ${fresh} ]]; then
    rm -rf base/.new
    # A signal is heard only while the shell itself waits.
    pg_basebackup "${server[@]}" --pgdata=base/.new --format=tar --gzip --wal-method=fetch --checkpoint=fast &
    if wait "$!"; then
      now=$(date -u +%Y%m%dT%H%M%SZ)
      mv base/.new "base/${now}"
      fresh=no
    else
      echo "the copy failed; it is tried again in a minute" >&2
    fi
  fi
  # The newest copy always stays.
  all=$(copies)
  newest=${all##*$'\n'}
  old=$(copies -mmin +10080)
  for copy in ${old}; do
    [[ ${copy} == "${newest}" ]] || rm -rf "${copy}"
  done
  if [[ -n ${newest} ]]; then
    find wal -type f -mmin +11520 -delete
    find . -mindepth 1 -maxdepth 1 -name 'until-*' -mmin +11520 -exec rm -rf {} +
  fi
  sleep 60 &
  wait "$!" || true
done
# Ended by itself: the next start begins where it stopped.
wait "${receiver}"
