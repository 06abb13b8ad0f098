# shellcheck shell=bash
# What is in a host: an overlay of the machine's own root with an identity, users, services and a data disk.

# Top-level directories that a host shares with the machine; all others are hidden.
readonly -a shared_top=(bin sbin lib lib32 lib64 libx32 usr etc var)
# Of /var/lib only what belongs to the packages.
readonly -a shared_var_lib=(apt dpkg pam polkit-1 python systemd ucf)

readonly compose_v1=/usr/bin/docker-compose
readonly compose_v2=${GANTRY_CACHE:-/var/cache/gantry-dev}/docker-compose-v2
readonly plugin=/usr/libexec/docker/cli-plugins/docker-compose

# A character device 0/0 in the upper layer hides what the lower one has.
hide() { mkdir -p "$(dirname "$1")"; mknod "$1" c 0 0; }

contains() { local wanted=$1 each; shift; for each in "$@"; do [ "$each" = "$wanted" ] && return 0; done; return 1; }

hide_machine() {
    local upper=$1 path
    for path in /* /.[!.]*; do
        contains "${path#/}" "${shared_top[@]}" dev proc sys run || hide "$upper$path"
    done
    for path in /var/*; do
        contains "${path##*/}" lib lock run || hide "$upper$path"
    done
    for path in /var/lib/*; do
        contains "${path##*/}" "${shared_var_lib[@]}" || hide "$upper$path"
    done
    hide "$upper/usr/local"
}

# create_host K COMPOSE
create_host() {
    local home root
    home=$(home_of "$1")
    root=$home/root
    [ ! -e "$home/created" ] || return 0
    [ ! -d "$home" ] || { kill_host "$1"; destroy_host "$1"; }
    mkdir -p "$home"/{upper,work,root,docker,disk}
    if is_bare "$2"; then echo "$(bare_of "$2")/root" >"$home/lower"; else hide_machine "$home/upper"; fi
    mount_host "$1"
    mkdir -p "$root"/{boot,home,media,mnt,opt,root,srv,tmp} "$root"/usr/local/{bin,lib,sbin,share} \
        "$root"/var/{cache,lib,log,spool,tmp}
    chmod 1777 "$root"/tmp "$root"/var/tmp
    chmod 700 "$root/root"
    furnish_identity "$1"
    furnish_users "$1"
    furnish_ssh "$1"
    furnish_services "$1"
    if is_bare "$2"; then furnish_bare "$1" "$2"; else furnish_compose "$1" "$2"; fi
    touch "$home/created"
}

# Mounts what the machine mounts for a host; a second time it does nothing.
mount_host() {
    local home lower
    home=$(home_of "$1")
    lower=$(cat "$home/lower" 2>/dev/null || echo /)
    if ! mountpoint -q "$home/root"; then
        mount -t overlay "fleet-$(machine_of "$1")" -o "lowerdir=$lower,upperdir=$home/upper,workdir=$home/work" "$home/root" ||
            cannot "an overlay of $lower cannot be mounted with its changes in $home (choose a FLEET_DIR on ext4 or xfs)"
    fi
    if ! mountpoint -q "$home/disk"; then
        if [ ! -e "$home/disk.img" ]; then
            truncate -s "${FLEET_DISK:-4G}" "$home/disk.img"
            # no reserve for root, so that full means full
            mkfs.ext4 -q -m 0 -E lazy_itable_init=1,lazy_journal_init=1 "$home/disk.img"
        fi
        mount -o loop "$home/disk.img" "$home/disk" 2>/dev/null ||
            mount -t tmpfs -o "size=${FLEET_DISK:-4G}" "fleet-disk-$(machine_of "$1")" "$home/disk" ||
            cannot "neither a loop device nor a tmpfs can be mounted for a data disk"
    fi
}

furnish_identity() {
    local root k
    root=$(home_of "$1")/root
    # An empty machine-id would be filled from the layer below: the same one in every host.
    tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
    name_of "$1" >"$root/etc/hostname"
    {
        echo "127.0.0.1 localhost"
        for ((k = 1; k <= largest_host; k++)); do echo "$(address_of "$k") $(name_of "$k")"; done
    } >"$root/etc/hosts"
    # Nobody answers there; without these options an image that is missing costs five seconds of look-up.
    rm -f "$root/etc/resolv.conf"
    printf 'nameserver %s.1\noptions timeout:1 attempts:1\n' "$FLEET_NET" >"$root/etc/resolv.conf"
    # The machine's own mounts, variables and timed jobs are not the host's.
    rm -rf "$root"/etc/{fstab,crypttab,environment} "$root"/etc/cron.*
    touch "$root"/etc/fstab
}

furnish_users() {
    local root user id
    root=$(home_of "$1")/root
    for user in ops:2001 guest:2002; do
        id=${user#*:} user=${user%:*}
        echo "$user:x:$id:$id::/home/$user:/bin/bash" >>"$root/etc/passwd"
        echo "$user:x:$id:" >>"$root/etc/group"
        echo "$user:*:19000:0:99999:7:::" >>"$root/etc/shadow"
        mkdir -p "$root/home/$user"
        authorize "$root/home/$user"
        chown -R "$id:$id" "$root/home/$user"
    done
    authorize "$root/root"
    mkdir -p "$root/etc/sudoers.d"
    echo 'ops ALL=(ALL:ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/ops"
    chmod 440 "$root/etc/sudoers.d/ops"
    # No user@.service for each login: it is slower, and its stop job sometimes hangs a whole shutdown.
    sed -i '/pam_systemd/d' "$root/etc/pam.d/common-session"
}

authorize() {
    mkdir -p "$1/.ssh"
    chmod 700 "$1/.ssh"
    cp "$FLEET_DIR/id_ed25519.pub" "$1/.ssh/authorized_keys"
}

# Debian's defaults but for what tests need: many of them log in at once, and nobody has a password.
furnish_ssh() {
    local ssh
    ssh=$(home_of "$1")/root/etc/ssh
    rm -rf "$ssh"
    mkdir -p "$ssh"
    ssh-keygen -q -t ed25519 -N '' -C "$(name_of "$1")" -f "$ssh/ssh_host_ed25519_key"
    cat >"$ssh/sshd_config" <<'SSHD'
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM yes
UseDNS no
MaxStartups 100:30:200
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
SSHD
}

# The machine's own choice of services is not the host's, whatever is installed: /etc/systemd/system starts empty.
furnish_services() {
    local root units unit
    root=$(home_of "$1")/root
    units=$root/etc/systemd/system
    rm -rf "$units" "$root/etc/docker"
    mkdir -p "$units"/{multi-user,sockets}.target.wants "$root/etc/docker"
    ln -s /lib/systemd/system/multi-user.target "$units/default.target"
    for unit in console-getty.service getty.target systemd-modules-load.service systemd-networkd.service \
        systemd-remount-fs.service systemd-udevd.service systemd-udev-trigger.service; do
        ln -s /dev/null "$units/$unit"
    done
    # With cgroup v1 a first start fails now and then on a busy machine: 219/CGROUP, ENOENT. No unit of systemd's own
    # is spared, so all of them are meant (a name cut after a dash, systemd.unit(5)).
    mkdir "$units/systemd-.service.d"
    printf '[Service]\nRestart=on-failure\nRestartSec=100ms\n' >"$units/systemd-.service.d/again.conf"
    for unit in ssh docker containerd; do
        ln -s "/lib/systemd/system/$unit.service" "$units/multi-user.target.wants/"
    done
    ln -s /lib/systemd/system/docker.socket "$units/sockets.target.wants/"
    echo '{"log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "2"}}' >"$root/etc/docker/daemon.json"

    cat >"$root/usr/local/sbin/host-network" <<NETWORK
#!/bin/sh
set -e
ip link set lo up
ip addr replace $(address_of "$1")/24 dev host0
ip link set host0 up
ip route replace default via $FLEET_NET.1 dev host0
sysctl -qw net.ipv4.ip_forward=1 || true
# Docker makes groups of its own
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*/; do
    mountpoint -q "\$hierarchy" && mount -o remount,bind,rw "\$hierarchy" || true
done 2>/dev/null
NETWORK
    chmod 755 "$root/usr/local/sbin/host-network"
    cat >"$units/host-network.service" <<'UNIT'
[Unit]
Description=Address of host0, and control groups that Docker can write
DefaultDependencies=no
Before=network-pre.target network.target ssh.service docker.service containerd.service
Wants=network-pre.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/host-network
Restart=on-failure
RestartSec=100ms
[Install]
WantedBy=multi-user.target
UNIT
    ln -s ../host-network.service "$units/multi-user.target.wants/"
}

require_compose() {
    case ${1-} in
        v1 | none) ;;
        v2 | both)
            [ -x "$compose_v2" ] || cannot "the plugin of Compose v2 is not in ${compose_v2%/*} (make deps brings it)" ;;
        *) wrong_usage "Compose is one of v1, v2, both, none, not '${1-}'" ;;
    esac
    case ${1-} in
        v1 | both) [ -x "$compose_v1" ] || cannot "docker-compose is not installed (make deps installs it)" ;;
    esac
}

# furnish_compose K WHICH : also on a running host
furnish_compose() {
    local root
    root=$(home_of "$1")/root
    case $2 in
        v1 | both) [ -e "$root$compose_v1" ] || cp -a "$compose_v1" "$root$compose_v1" ;;
        *) rm -f "$root$compose_v1" ;;
    esac
    case $2 in
        v2 | both) install -D "$compose_v2" "$root$plugin" ;;
        *) rm -f "$root$plugin" ;;
    esac
}

# switch_docker K on|off : of a running host
switch_docker() {
    local root units=(docker.socket docker.service containerd.service)
    root=$(home_of "$1")/root
    case $2 in
        off)
            in_host "$1" systemctl --quiet mask --now "${units[@]}"
            in_host "$1" rm -f /usr/bin/docker /run/docker.sock
            ;;
        on)
            in_host "$1" systemctl --quiet unmask "${units[@]}"
            [ -e "$root/usr/bin/docker" ] || cp -a /usr/bin/docker "$root/usr/bin/docker"
            in_host "$1" systemctl start "${units[@]}"
            ;;
        *) wrong_usage "docker K on or off?" ;;
    esac
}
