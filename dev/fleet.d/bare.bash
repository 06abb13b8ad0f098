# shellcheck shell=bash
# Bare hosts: a Debian of their own with an sshd and nothing else, and the packages that provisioning installs.

readonly package_port=8099
readonly -a bare_kinds=(bare bare13)

# suite_of KIND : the Debian that a kind of bare host has
suite_of() { if [ "$1" = bare13 ]; then echo trixie; else echo bookworm; fi; }
# bare_of KIND : where its root and its packages are
bare_of() { echo "${GANTRY_CACHE:-/var/cache/gantry-dev}/bare-$(suite_of "$1")"; }
is_bare() { contains "$1" "${bare_kinds[@]}"; }

# make_bare KIND : makes the root and fetches the packages, once; some minutes and 500 MB.
make_bare() {
    local bare suite
    local -a packages=(docker.io docker-compose systemd-timesyncd)
    bare=$(bare_of "$1")
    suite=$(suite_of "$1")
    [ ! -e "$bare/complete" ] || return 0
    type -P debootstrap >/dev/null || cannot "a bare host takes debootstrap (apt-get install debootstrap)"
    type -P dpkg-scanpackages >/dev/null || cannot "a bare host takes dpkg-scanpackages (apt-get install dpkg-dev)"
    say "making a bare Debian in $bare, once"
    rm -rf --one-file-system "$bare"
    mkdir -p "$bare/packages"
    debootstrap --variant=minbase \
        --include=systemd,systemd-sysv,dbus,openssh-server,iproute2,sudo,procps,ca-certificates \
        "$suite" "$bare/root" >"$bare/log" 2>&1 || cannot "debootstrap failed: $(tail -n 1 "$bare/log")"
    cp /etc/resolv.conf "$bare/root/etc/resolv.conf"
    [ "$suite" = bookworm ] || packages+=(docker-cli)
    {
        chroot "$bare/root" apt-get update &&
            chroot "$bare/root" apt-get install -y --download-only --no-install-recommends "${packages[@]}"
    } >>"$bare/log" 2>&1 || cannot "the packages cannot be fetched: $(tail -n 1 "$bare/log")"
    mv "$bare/root"/var/cache/apt/archives/*.deb "$bare/packages/"
    rm -rf "$bare/root"/var/lib/apt/lists/*
    (cd "$bare/packages" && dpkg-scanpackages . >Packages 2>>"$bare/log")
    touch "$bare/complete"
}

# The packages on the bridge's address, until the fleet is taken down.
serve_packages() {
    local pid kind
    mkdir -p "$FLEET_DIR/packages"
    for kind in "${bare_kinds[@]}"; do
        ln -sfn "$(bare_of "$kind")/packages" "$FLEET_DIR/packages/$(suite_of "$kind")"
    done
    pid=$(cat "$FLEET_DIR/packages.pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null && return 0
    setsid python3 -m http.server --bind "$FLEET_NET.1" --directory "$FLEET_DIR/packages" "$package_port" \
        </dev/null >"$FLEET_DIR/packages.log" 2>&1 9>&- &
    echo $! >"$FLEET_DIR/packages.pid"
    disown
}

stop_packages() {
    local pid arguments
    pid=$(cat "$FLEET_DIR/packages.pid" 2>/dev/null) && [ -n "$pid" ] || return 0
    mapfile -d '' -t arguments 2>/dev/null <"/proc/$pid/cmdline" || return 0
    if contains http.server "${arguments[@]}"; then kill "$pid" 2>/dev/null || true; fi
}

# furnish_bare K KIND : what a bare host has beside an overlay of the machine: nothing, but a source of packages.
furnish_bare() {
    local root
    root=$(home_of "$1")/root
    rm -f "$root"/etc/apt/sources.list.d/*
    echo "deb [trusted=yes] http://$FLEET_NET.1:$package_port/$(suite_of "$2") ./" >"$root/etc/apt/sources.list"
    rm -f "$root"/etc/systemd/system/{multi-user,sockets}.target.wants/{docker.service,containerd.service,docker.socket}
    rm -rf "$root/etc/docker"
    # Kernel values can be set there, as on a machine of its own.
    sed -i 's|^set -e$|set -e\nmount -o remount,bind,rw /proc/sys \|\| true|' "$root/usr/local/sbin/host-network"
}
