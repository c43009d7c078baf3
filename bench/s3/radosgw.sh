#!/bin/bash
# A Ceph of plain processes on loopback, to measure beside: one monitor, one manager, one BlueStore
# OSD in a file, pools of size 1, and radosgw. What it keeps is one copy on the same disk, synced, as
# Onput's.
#
#     bench/s3/radosgw.sh DIR [PORT]     runs until it is interrupted; DIR is made
#
# Packages: ceph-mon ceph-mgr ceph-osd ceph-common radosgw. Keys: test/test.
set -euo pipefail

dir=$(realpath -m "${1:?a directory to make}")
port=${2:-7480}
mon_port=$((port + 1))
disk_bytes=${DISK_BYTES:-20G}
mkdir -p "$dir"/{mon,mgr,osd,rgw}
export CEPH_CONF=$dir/ceph.conf
cat > "$CEPH_CONF" <<CONF
[global]
fsid = $(uuidgen)
mon host = 127.0.0.1:$mon_port
keyring = $dir/keyring
osd pool default size = 1
osd pool default min size = 1
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
run dir = $dir
pid file = $dir/\$name.pid
admin socket = $dir/\$name.asok
log file = $dir/\$name.log
ms bind ipv6 = false
public addr = 127.0.0.1
osd objectstore = bluestore
bluestore block size = $(numfmt --from=iec "$disk_bytes")
osd memory target = 1073741824
rgw frontends = beast endpoint=127.0.0.1:$port
rgw bucket default quota max objects = -1
[mon.a]
mon data = $dir/mon
[mgr.a]
mgr data = $dir/mgr
[osd.0]
osd data = $dir/osd
[client.admin]
rgw data = $dir/rgw
CONF

pids=()
stop() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait; }
trap stop EXIT
trap 'exit 143' INT TERM
start() { "$@" > "$dir/$(basename "$1").out" 2>&1 & pids+=($!); }

ceph-authtool --create-keyring "$dir/keyring" --gen-key -n mon. --cap mon 'allow *' > "$dir/setup.out"
for who in client.admin mgr.a osd.0; do
    ceph-authtool "$dir/keyring" --gen-key -n "$who" --cap mon 'allow *' --cap mgr 'allow *' \
        --cap osd 'allow *' >> "$dir/setup.out"
done
monmaptool --create --add a "127.0.0.1:$mon_port" --fsid "$(sed -n 's/^fsid = //p' "$CEPH_CONF")" \
    "$dir/monmap" >> "$dir/setup.out"
ceph-mon --mkfs -i a --monmap "$dir/monmap" --keyring "$dir/keyring" >> "$dir/setup.out" 2>&1
start ceph-mon -f -i a
ceph mon enable-msgr2 >> "$dir/setup.out" 2>&1 || true
start ceph-mgr -f -i a
osd_uuid=$(uuidgen)
ceph osd new "$osd_uuid" 0 >> "$dir/setup.out" 2>&1
ceph-osd --mkfs -i 0 --osd-uuid "$osd_uuid" >> "$dir/setup.out" 2>&1
start ceph-osd -f -i 0
until ceph osd stat 2>/dev/null | grep -q '1 up'; do read -rt 0.5 <> <(:) || true; done
radosgw-admin user create --uid=bench --display-name=bench --access-key=test --secret=test \
    >> "$dir/setup.out" 2>&1
start radosgw -f -n client.admin
until curl -fso /dev/null "http://127.0.0.1:$port/"; do read -rt 0.5 <> <(:) || true; done
echo "ready http://127.0.0.1:$port"
wait "${pids[-1]}"
