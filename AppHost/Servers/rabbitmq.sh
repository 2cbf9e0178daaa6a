#!/usr/bin/env bash
# RabbitMQ on a folder and ports of ours. Usage: PASSWORD=... rabbitmq.sh FOLDER PORT DIST_PORT EPMD_PORT
source "$(dirname "$0")/watch.sh"
folder=$1 port=$2 dist=$3 epmd=$4
program=$(ls -d /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin 2>/dev/null | sort -V | tail -1)
mkdir -p "$folder/log" && chmod 700 "$folder"

# HOME holds the cookie; the node's name is part of its data, so it must not change with the port.
export HOME=$folder ERL_EPMD_PORT=$epmd ERL_EPMD_ADDRESS=127.0.0.1
export RABBITMQ_NODENAME=intern@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$port RABBITMQ_DIST_PORT=$dist
export RABBITMQ_MNESIA_BASE=$folder/mnesia RABBITMQ_LOG_BASE=$folder/log RABBITMQ_LOGS=$folder/log/rabbit.log RABBITMQ_PID_FILE=$folder/rabbit.pid
export RABBITMQ_CONFIG_FILE=$folder/rabbitmq.conf RABBITMQ_ENABLED_PLUGINS_FILE=$folder/enabled_plugins RABBITMQ_CONF_ENV_FILE=$folder/none.conf
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"
(umask 077; cat > "$folder/rabbitmq.conf" <<CONF
default_user = intern
default_pass = $PASSWORD
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 200MB
log.file.level = warning
CONF
)
echo '[].' > "$folder/enabled_plugins"
rm -f "$folder/rabbit.pid"

# Started here: the broker would leave one behind.
start "$folder/log/epmd.log" epmd -port "$epmd" -address 127.0.0.1
start "$folder/log/start.log" "$program/rabbitmq-server"
await 60 RabbitMQ "$folder/log/start.log" test -s "$folder/rabbit.pid"
# The script stays a shell around the broker; it is the broker that has to end.
children[1]=$(cat "$folder/rabbit.pid")
await 60 RabbitMQ "$folder/log/rabbit.log" answers "$port"
watch
