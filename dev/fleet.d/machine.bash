# shellcheck shell=bash
# The machine's side of a test fleet: settings, requirements, the bridge, ssh's configuration.

# Addresses are .11 upwards; .1 is the techhost's.
readonly largest_host=40

say() { echo "fleet: $*" >&2; }
die() { say "$*"; exit 1; }
cannot() { say "no test fleet on this machine: $*"; exit 77; }

home_of() { echo "$FLEET_DIR/hosts/$1"; }
name_of() { echo "$FLEET_PREFIX$1"; }
address_of() { echo "$FLEET_NET.$((10 + $1))"; }

# The names a fleet has on the machine come from its network, so that two fleets never meet.
# An interface has 15 characters at most: vb-168-100-10-7 is the longest.
fleet_tag() { local tag=${FLEET_NET#*.}; echo "${tag//./-}"; }
machine_of() { echo "$(fleet_tag)-$1"; }
interface_of() { echo "vb-$(machine_of "$1")"; }
bridge() { echo "br-$(fleet_tag)"; }
fleet_cgroup() { echo "gantry-fleet-$(fleet_tag)"; }

# Every number that has something left on this machine, also where a half of it is gone.
hosts() {
    {
        find "$FLEET_DIR/hosts" -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null || true
        find /sys/class/net -name "$(interface_of '*')" | sed 's/.*-//'
        fleet_cgroup_directories | while read -r path; do
            find "$path" -mindepth 1 -maxdepth 1 -type d -printf '%f\n'
        done
    } | { grep -xE '[0-9]+' || true; } | sort -nu
}

# A fleet keeps the settings it was made with: later commands need FLEET_DIR alone.
read_settings() {
    local wanted_net=${FLEET_NET-} wanted_prefix=${FLEET_PREFIX-}
    FLEET_DIR=$(readlink -m "${FLEET_DIR:-/var/tmp/gantry-fleet}")
    FLEET_NET=${FLEET_NET:-10.77.0}
    FLEET_PREFIX=${FLEET_PREFIX:-h}
    # shellcheck source=/dev/null
    if [ -s "$FLEET_DIR/settings" ]; then source "$FLEET_DIR/settings"; fi
    [[ $FLEET_NET =~ ^[0-9]{1,3}(\.[0-9]{1,3}){2}$ ]] || wrong_usage "FLEET_NET is not three numbers: $FLEET_NET"
    [[ $FLEET_PREFIX =~ ^[a-z][a-z0-9-]{0,20}$ ]] || wrong_usage "FLEET_PREFIX cannot be a host's name: $FLEET_PREFIX"
    [[ ${wanted_net:-$FLEET_NET}/${wanted_prefix:-$FLEET_PREFIX} == "$FLEET_NET/$FLEET_PREFIX" ]] ||
        die "$FLEET_DIR holds a fleet on $FLEET_NET with the prefix $FLEET_PREFIX; choose another FLEET_DIR"
}

require_root() { [ "$EUID" -eq 0 ] || cannot "it takes root"; }

require_programs() {
    local program missing=''
    for program in systemd-nspawn sshd ssh ssh-keygen dockerd docker ip tc iptables nsenter mkfs.ext4 sudo; do
        type -P "$program" >/dev/null || missing+=" $program"
    done
    [ -z "$missing" ] || cannot "missing:$missing (make deps installs them)"
    mountpoint -q /usr && cannot "/usr is a file system of its own, and hosts share the root file system only"
    return 0
}

prepare_machine() {
    export PATH=$PATH:/usr/sbin:/sbin
    require_programs
    require_network
    require_cgroups
    mkdir -p "$FLEET_DIR/hosts"
    (
        # several `start` may run at once
        flock 9
        printf 'FLEET_NET=%q\nFLEET_PREFIX=%q\n' "$FLEET_NET" "$FLEET_PREFIX" >"$FLEET_DIR/settings"
        if [ ! -s "$FLEET_DIR/id_ed25519" ]; then
            ssh-keygen -q -t ed25519 -N '' -C 'test fleet' -f "$FLEET_DIR/id_ed25519"
        fi
        prepare_bridge
    ) 9>"$FLEET_DIR/lock"
}

# The bridge's alias says whose it is.
require_network() {
    local owner
    owner=$(cat "/sys/class/net/$(bridge)/ifalias" 2>/dev/null) || return 0
    if [ "$owner" != "$FLEET_DIR" ] && [ -s "$owner/settings" ]; then
        die "$FLEET_NET belongs to the fleet in $owner; choose another FLEET_NET"
    fi
}

prepare_bridge() {
    local bridge
    bridge=$(bridge)
    if ! ip link show "$bridge" >/dev/null 2>&1; then
        ip link add "$bridge" type bridge 2>/dev/null || cannot "a network bridge cannot be made"
    fi
    ip link set "$bridge" alias "$FLEET_DIR"
    ip addr replace "$FLEET_NET.1/24" dev "$bridge"
    ip link set "$bridge" up
    # A Docker of the machine's own closes FORWARD, and bridged packets go through it where br_netfilter is loaded.
    if [ "$(cat /proc/sys/net/bridge/bridge-nf-call-iptables 2>/dev/null)" = 1 ]; then
        iptables -C FORWARD -i "$bridge" -o "$bridge" -j ACCEPT 2>/dev/null ||
            iptables -I FORWARD -i "$bridge" -o "$bridge" -j ACCEPT
    fi
}

clear_machine() {
    local bridge mounted
    bridge=$(bridge)
    while iptables -D FORWARD -i "$bridge" -o "$bridge" -j ACCEPT 2>/dev/null; do :; done
    ip link del "$bridge" 2>/dev/null || true
    remove_fleet_cgroups
    while read -r mounted; do umount -l "$mounted"; done < <(mounts_below "$FLEET_DIR")
    rm -rf --one-file-system "$FLEET_DIR"
}

# Mount points below a directory, the innermost first.
mounts_below() { findmnt -rno TARGET | { grep -F "$1/" || true; } | sort -r; }

write_ssh_config() {
    (
        flock 9
        local k key
        local -a known=() config=()
        for k in $(hosts); do
            key=$(cut -d' ' -f1,2 "$(home_of "$k")/root/etc/ssh/ssh_host_ed25519_key.pub" 2>/dev/null) || continue
            known+=("$(name_of "$k"),$(address_of "$k") $key")
            config+=("Host $(name_of "$k")" "  HostName $(address_of "$k")")
        done
        config+=(
            "Host $FLEET_PREFIX* $FLEET_NET.*" "  User root"
            "  IdentityFile $FLEET_DIR/id_ed25519" "  IdentitiesOnly yes"
            "  UserKnownHostsFile $FLEET_DIR/known_hosts" "  GlobalKnownHostsFile none"
            "  StrictHostKeyChecking yes" "  ConnectTimeout 5"
        )
        printf '%s\n' "${known[@]}" >"$FLEET_DIR/known_hosts.new"
        printf '%s\n' "${config[@]}" >"$FLEET_DIR/ssh_config.new"
        mv "$FLEET_DIR/known_hosts.new" "$FLEET_DIR/known_hosts"
        mv "$FLEET_DIR/ssh_config.new" "$FLEET_DIR/ssh_config"
    ) 9>"$FLEET_DIR/lock"
}
