# Waits until a server's owner is gone, then ends the server and removes what it has.
# $1 the server's entry, $2 its folder, $3 the owner's process id, $4 when the owner began, $5 the signal that ends the server
entry=$1 folder=$2 owner=$3 born=$4 signal=$5
set -f
trap 'born=gone' HUP INT TERM

owner_runs() {
    [ "$born" != gone ] || return 1
    [ -r /proc/self/stat ] || { kill -s 0 "$owner"; return; }
    read -r line <"/proc/$owner/stat" || return 1
    # the name may hold spaces and brackets; after it come the state and, as the twentieth, the beginning
    set -- ${line##*") "}
    [ "$1" != Z ] && [ "$1" != X ] && [ "${20}" = "$born" ]
} 2>/dev/null

# the entry still names this folder, not of a server started later
entry_is_ours() {
    read -r first <"$entry" && [ "$first" = "$folder" ]
} 2>/dev/null

# the process is the server of this folder, not one that got its id later
server_runs() {
    [ -n "$server" ] || return 1
    if [ -r /proc/self/stat ]; then
        grep -qsF "$folder" "/proc/$server/cmdline"
    else
        ps -o args= -p "$server" | grep -qF "$folder"
    fi
}

while entry_is_ours && owner_runs; do sleep 1; done

server=$(cat "$folder/pid" 2>/dev/null)
if server_runs; then
    kill -s "$signal" "$server"
    tries=0
    while server_runs && [ $tries -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    server_runs && kill -s KILL "$server"
fi
# what a killed PostgreSQL leaves outside its folder: the seventh line names its shared memory
if [ -r "$folder/data/postmaster.pid" ]; then
    shared=$(sed -n 's/^ *[0-9]* *//;7p' "$folder/data/postmaster.pid")
    [ -z "$shared" ] || ipcrm -m "$shared"
fi
case $folder in
    */holdfast-testdb-*) rm -rf "$folder" ;;
esac
if entry_is_ours; then rm -f "$entry"; fi
