# shellcheck shell=bash
# One control group a host: in every hierarchy of cgroup v1, or in the one of v2. Without it all hosts would
# share one root and see each other's units; with it a host's processes can be listed, frozen and measured.

cgroup_version() {
    case $(stat -fc %T /sys/fs/cgroup) in
        cgroup2fs) echo 2 ;;
        *) if mountpoint -q /sys/fs/cgroup/systemd; then echo 1; else echo none; fi ;;
    esac
}

require_cgroups() {
    [ "$(cgroup_version)" != none ] ||
        cannot "/sys/fs/cgroup is neither cgroup v2 nor a cgroup v1 layout with a systemd hierarchy"
    local base
    read -r base < <(cgroup_bases)
    mkdir -p "$base" 2>/dev/null || cannot "control groups cannot be made in $(dirname "$base")"
}

# The fleet's directory in every hierarchy. v1: below the caller's own group, so that limits set on it hold.
# v2: below the root, for a group with processes in it (the caller's) can have no controllers for its children.
cgroup_bases() {
    local controllers path
    if [ "$(cgroup_version)" = 2 ]; then
        echo "/sys/fs/cgroup/$(fleet_cgroup)"
        return
    fi
    while IFS=: read -r _ controllers path; do
        controllers=${controllers#name=}
        if [ -z "$controllers" ] || ! mountpoint -q "/sys/fs/cgroup/$controllers"; then continue; fi
        # in a container the path may be that of the machine outside
        [ -d "/sys/fs/cgroup/$controllers$path" ] || path=/
        echo "/sys/fs/cgroup/$controllers${path%/}/$(fleet_cgroup)"
    done </proc/self/cgroup
}

# Where directories of this fleet are now, whoever made them.
fleet_cgroup_directories() { find /sys/fs/cgroup -type d -name "$(fleet_cgroup)" -prune 2>/dev/null || true; }

# host_cgroups K : the host's directories
host_cgroups() {
    local base
    for base in $(fleet_cgroup_directories); do [ ! -d "$base/$1" ] || echo "$base/$1"; done
}

make_cgroups() {
    local base directory controller
    local -a controllers
    for base in $(cgroup_bases); do
        directory=$base/$1
        mkdir -p "$directory"
        if [ "$(cgroup_version)" = 2 ]; then
            read -r -a controllers <"${base%/*}/cgroup.controllers"
            for controller in "${controllers[@]}"; do
                echo "+$controller" >"${base%/*}/cgroup.subtree_control" || true
                echo "+$controller" >"$base/cgroup.subtree_control" || true
            done 2>/dev/null
        elif [ -e "$directory/cpuset.cpus" ]; then
            inherit_cpuset "$base"
            inherit_cpuset "$directory"
        fi
    done
}

# A new group of the v1 cpuset hierarchy is empty, and takes no process until it is not.
inherit_cpuset() {
    local file
    for file in cpuset.cpus cpuset.mems; do cat "${1%/*}/$file" >"$1/$file"; done
    echo 1 >"$1/cgroup.clone_children"
}

# join_cgroups PID K
join_cgroups() {
    local directory
    for directory in $(host_cgroups "$2"); do echo "$1" >"$directory/cgroup.procs"; done
}

cgroup_processes() {
    local directory
    for directory in $(host_cgroups "$1"); do
        find "$directory" -name cgroup.procs -exec cat {} + 2>/dev/null || true
    done | sort -nu
}

cgroup_memory_mib() {
    local file
    for file in /dev/null $(host_cgroups "$1" | sed 's,$,/memory.usage_in_bytes,') \
        $(host_cgroups "$1" | sed 's,$,/memory.current,'); do
        [ ! -f "$file" ] || { echo $(($(cat "$file") / 1048576)); return; }
    done
    echo '?'
}

# set_frozen K yes|no
set_frozen() {
    local directory
    for directory in $(host_cgroups "$1"); do
        if [ -e "$directory/freezer.state" ]; then
            if [ "$2" = yes ]; then echo FROZEN; else echo THAWED; fi >"$directory/freezer.state"
        elif [ -e "$directory/cgroup.freeze" ] && [ "$(cgroup_version)" = 2 ]; then
            if [ "$2" = yes ]; then echo 1; else echo 0; fi >"$directory/cgroup.freeze"
        fi
    done
}

# Kills what the host's groups hold until they hold nothing.
kill_cgroups() {
    local turn pids
    for ((turn = 0; turn < 200; turn++)); do
        mapfile -t pids < <(cgroup_processes "$1")
        ((${#pids[@]} > 0)) || return 0
        kill -KILL "${pids[@]}" 2>/dev/null || true
        # a frozen process of v1 dies when it is thawed
        set_frozen "$1" no
        sleep 0.05
    done
    say "processes of host $1 do not die: ${pids[*]}"
    return 1
}

remove_cgroups() {
    local directory
    for directory in $(host_cgroups "$1"); do remove_cgroup_tree "$directory"; done
}

remove_fleet_cgroups() {
    local directory
    for directory in $(fleet_cgroup_directories); do remove_cgroup_tree "$directory"; done
}

# The kernel lets go of a group a moment after its last process.
remove_cgroup_tree() {
    local turn
    for ((turn = 0; turn < 40; turn++)); do
        find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
        [ -d "$1" ] || return 0
        sleep 0.05
    done
    say "the control group $1 stays"
}
