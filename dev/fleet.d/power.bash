# shellcheck shell=bash
# Power of a host: on, off, gone.

readonly ready_within=${FLEET_PATIENCE:-60}
readonly shutdown_within=60

# nspawn_of K : the process id of its systemd-nspawn, if it runs
nspawn_of() {
    local pid arguments
    pid=$(cat "$(home_of "$1")/nspawn.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
    # the number may be another process's by now
    mapfile -d '' -t arguments 2>/dev/null <"/proc/$pid/cmdline" || return 1
    contains "--machine=$(machine_of "$1")" "${arguments[@]}" && echo "$pid"
}
is_running() { nspawn_of "$1" >/dev/null; }

# leader_of K : the process that is 1 inside
leader_of() {
    local nspawn children
    nspawn=$(nspawn_of "$1") || return 1
    # the file has no newline at its end, which read calls a failure
    read -r -a children <"/proc/$nspawn/task/$nspawn/children" || true
    ((${#children[@]} > 0)) && echo "${children[0]}"
}

# in_host K COMMAND… : inside its namespaces, ssh or not
in_host() {
    local leader
    leader=$(leader_of "$1") || die "$(name_of "$1") is not running"
    shift
    nsenter --target "$leader" --mount --uts --ipc --net --pid --root --wd -- "$@"
}

# in_network K COMMAND… : the machine's command in the host's network
in_network() {
    local leader
    leader=$(leader_of "$1") || die "$(name_of "$1") is not running"
    shift
    nsenter --target "$leader" --net -- "$@"
}

start_host() {
    local home turn
    home=$(home_of "$1")
    ! is_running "$1" || return 0
    kill_cgroups "$1"
    mount_host "$1"
    make_cgroups "$1"
    : >"$home/console.log"
    # The supervisor outlives us: it keeps none of our files open, or a test that reads our output never sees its end.
    (
        local descriptor
        for descriptor in /proc/self/fd/*; do
            descriptor=${descriptor##*/}
            ((descriptor < 3)) || eval "exec $descriptor>&-"
        done
        FLEET_DIR=$FLEET_DIR exec setsid "$here/fleet" _supervise "$1"
    ) </dev/null >>"$home/console.log" 2>&1 &
    disown
    for ((turn = 0; turn < 250; turn++)); do
        ! is_running "$1" || return 0
        sleep 0.02
    done
    die "$(name_of "$1") does not start: $(tail -n 3 "$home/console.log")"
}

# Runs as a process of its own. The last word is for init: a systemd of 256 and later takes control groups of version 1 only
# when it is told so, and an older one does not mind. nspawn ends with 133 where the host asked for a reboot.
supervise() {
    local home status unified=no again=0
    home=$(home_of "$1")
    echo $$ >"$home/supervisor.pid"
    [ "$(cgroup_version)" != 2 ] || unified=yes
    while :; do
        # the network namespace of a host that was killed outlives it by seconds
        ip link del "$(interface_of "$1")" 2>/dev/null || true
        (
            join_cgroups "$BASHPID" "$1"
            exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_NSPAWN_UNIFIED_HIERARCHY="$unified" \
                systemd-nspawn --quiet --settings=no --register=no --keep-unit --boot \
                --machine="$(machine_of "$1")" --hostname="$(name_of "$1")" --directory="$home/root" \
                --capability=all --network-bridge="$(bridge)" \
                --system-call-filter='@keyring bpf @mount @raw-io' \
                --link-journal=no --resolv-conf=off --timezone=off --console=read-only \
                --bind="$home/docker:/var/lib/docker" --bind="$home/disk:/data" SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1
        ) &
        echo $! >"$home/nspawn.pid.new"
        mv "$home/nspawn.pid.new" "$home/nspawn.pid"
        status=0
        wait $! || status=$?
        echo "fleet: systemd-nspawn ended with $status"
        if [ "$status" = 255 ] && ((again++ < 3)) &&
            tail -n 5 "$home/console.log" | grep -q 'Failed to allocate manager object'; then
            # With cgroup v1 init does not find its own group now and then, on a busy machine: a kernel's race, no host's.
            make_cgroups "$1"
            continue
        fi
        [ "$status" = 133 ] || break
    done
    rm -f "$home/supervisor.pid"
}

# Ready: root can log in, and Docker answers where the host has it.
await_ready() {
    local home deadline=$((SECONDS + ready_within)) left
    home=$(home_of "$1")
    until has_logged_in "$1" $((left = deadline - SECONDS)); do
        [ -e "$home/supervisor.pid" ] || { tail -n 20 "$home/console.log" >&2; die "$(name_of "$1") ended while it started"; }
        ((left > 0)) || { tail -n 20 "$home/console.log" >&2; die "$(name_of "$1") is not ready after $ready_within s"; }
        sleep 0.05
    done
}

# has_logged_in K SECONDS : a port that is not open yet is given up soon, a slow login is not
has_logged_in() {
    timeout 1 bash -c "exec 3<>/dev/tcp/$(address_of "$1")/22" 2>/dev/null || return 1
    timeout "$2" ssh -F "$FLEET_DIR/ssh_config" -o ConnectTimeout="$2" "$(name_of "$1")" \
        'type -P docker >/dev/null || exit 0; until docker info; do sleep 0.1; done' </dev/null >/dev/null 2>&1
}

# In good order: SIGTERM asks nspawn to power the host off.
stop_host() {
    local nspawn deadline=$((SECONDS + shutdown_within))
    nspawn=$(nspawn_of "$1") || return 0
    kill -TERM "$nspawn"
    while is_running "$1"; do
        if ((SECONDS >= deadline)); then
            say "$(name_of "$1") does not shut down within $shutdown_within s; power loss instead"
            kill_host "$1"
        fi
        sleep 0.05
    done
}

kill_host() {
    local home pid arguments
    home=$(home_of "$1")
    if pid=$(cat "$home/supervisor.pid" 2>/dev/null) && mapfile -d '' -t arguments 2>/dev/null <"/proc/$pid/cmdline" &&
        contains _supervise "${arguments[@]}"; then
        kill -KILL "$pid" 2>/dev/null || true
    fi
    kill_cgroups "$1"
    rm -f "$home/supervisor.pid" "$home/nspawn.pid"
}

destroy_host() {
    local home mounted turn
    home=$(home_of "$1")
    ip link del "$(interface_of "$1")" 2>/dev/null || true
    while read -r mounted; do
        # what the host had open is let go a moment after its last process
        for ((turn = 0; turn < 40; turn++)); do
            umount "$mounted" 2>/dev/null && break
            sleep 0.05
        done
        ! mountpoint -q "$mounted" || umount -l "$mounted"
    done < <(mounts_below "$home")
    remove_cgroups "$1"
    rm -rf --one-file-system "$home"
}
