#!/usr/bin/env bash
# An S3 server of Ceph's parts (monitor, store, gateway) on a folder and ports of ours.
# Usage: ACCESS_KEY=... SECRET_KEY=... s3.sh FOLDER PORT MONITOR_PORT STORE_PORT
source "$(dirname "$0")/watch.sh"
folder=$1 port=$2 monitor=$3 store=$4
conf=$folder/ceph.conf
mkdir -p "$folder/log" "$folder/run" && chmod 700 "$folder"
[ -f "$folder/fsid" ] || cat /proc/sys/kernel/random/uuid > "$folder/fsid"
fsid=$(cat "$folder/fsid")

cat > "$conf" <<CONF
[global]
fsid = $fsid
mon_host = [v2:127.0.0.1:$monitor]
mon_data = $folder/mon
osd_data = $folder/osd
osd_objectstore = ${OBJECT_STORE:-bluestore}
memstore_device_bytes = 4294967296
bluestore_block_size = 107374182400
bluestore_fsck_on_mount = false
osd_memory_target = 939524096
ms_bind_ipv4 = true
ms_bind_ipv6 = false
ms_bind_msgr1 = false
ms_bind_port_min = $store
ms_bind_port_max = $((store + 8))
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
keyring = $folder/keyring
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_data_avail_crit = 1
admin_socket = $folder/run/\$name.asok
log_file = $folder/log/\$name.log
run_dir = $folder/run
rgw_frontends = beast endpoint=127.0.0.1:$port
rgw_enable_usage_log = false
rgw_thread_pool_size = 64
rgw_data = $folder/rgw
debug_ms = 0
CONF

if [ ! -d "$folder/mon/store.db" ]; then
  # Under another name until it is whole: this may be killed at any line, and a half store would never start.
  rm -rf "$folder/mon" "$folder/mon.new" "$folder/osd" "$folder/osd.uuid"
  mkdir -p "$folder/mon.new" "$folder/osd" "$folder/rgw"
  ceph-authtool --create-keyring "$folder/keyring" -n mon. --gen-key --cap mon 'allow *' >"$folder/log/mkfs.log" 2>&1 \
    && ceph-authtool "$folder/keyring" -n client.admin --gen-key --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' >>"$folder/log/mkfs.log" 2>&1 \
    && ceph-authtool "$folder/keyring" -n osd.0 --gen-key --cap mon 'allow profile osd' --cap osd 'allow *' >>"$folder/log/mkfs.log" 2>&1 \
    && monmaptool --create --clobber --fsid "$fsid" --addv a "[v2:127.0.0.1:$monitor]" "$folder/monmap" >>"$folder/log/mkfs.log" 2>&1 \
    && ceph-mon -c "$conf" -i a --mkfs --mon-data "$folder/mon.new" --monmap "$folder/monmap" --keyring "$folder/keyring" >>"$folder/log/mkfs.log" 2>&1 \
    && mv "$folder/mon.new" "$folder/mon" \
    || { tail -n 5 "$folder/log/mkfs.log" >&2; fail "The monitor's store could not be made. The log is $folder/log/mkfs.log."; }
else
  # The monitor remembers its own address, and this start may have another port.
  { ceph-mon -c "$conf" -i a --extract-monmap "$folder/monmap" && monmaptool --rm a "$folder/monmap" \
    && monmaptool --addv a "[v2:127.0.0.1:$monitor]" "$folder/monmap" && ceph-mon -c "$conf" -i a --inject-monmap "$folder/monmap"; } >>"$folder/log/mkfs.log" 2>&1 \
    || { tail -n 5 "$folder/log/mkfs.log" >&2; fail "The monitor's address could not be set. The log is $folder/log/mkfs.log."; }
fi

start "$folder/log/mon.out" ceph-mon -c "$conf" -i a -f
await 30 "The monitor" "$folder/log/mon.out" timeout 5 ceph -c "$conf" --connect-timeout 2 status
if [ ! -f "$folder/osd/ready" ]; then
  [ -f "$folder/osd.uuid" ] || cat /proc/sys/kernel/random/uuid > "$folder/osd.uuid"
  uuid=$(cat "$folder/osd.uuid")
  # Never used yet: what an attempt before this one left is no base for the next.
  rm -rf "$folder/osd" && mkdir "$folder/osd"
  { ceph -c "$conf" osd new "$uuid" 0 && ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$uuid"; } >>"$folder/log/mkfs.log" 2>&1 \
    || { tail -n 5 "$folder/log/mkfs.log" >&2; fail "The object store could not be made. The log is $folder/log/mkfs.log."; }
  touch "$folder/osd/ready"
fi

start "$folder/log/osd.out" ceph-osd -c "$conf" -i 0 -f
# Before the gateway answers: whoever sees it answer may sign in. Asking for the user takes as long as making it.
if [ ! -f "$folder/osd/user" ]; then
  radosgw-admin -c "$conf" user create --uid=intern --display-name=intern --access-key="$ACCESS_KEY" --secret="$SECRET_KEY" >>"$folder/log/mkfs.log" 2>&1 \
    || radosgw-admin -c "$conf" user info --uid=intern >/dev/null 2>&1 \
    || { tail -n 5 "$folder/log/mkfs.log" >&2; fail "The S3 user could not be made. The log is $folder/log/mkfs.log."; }
  touch "$folder/osd/user"
fi
start "$folder/log/rgw.out" radosgw -c "$conf" -n client.admin -f
await 60 "The S3 gateway" "$folder/log/rgw.out" answers "$port"
watch
