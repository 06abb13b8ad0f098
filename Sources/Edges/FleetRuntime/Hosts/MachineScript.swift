/// The part of the inspection that tells what a machine is. Each line is `machine<TAB>KEY<TAB>VALUE…`.
///
/// Whatever may hang (name look-ups, systemd's bus) has a bound of its own; a program that is missing leaves its lines
/// out, and what they would have said is unknown.
enum MachineScript {
    /// POSIX sh, within `HostReport.script`; uses its `tab`. `$devices`: devices to look at, with blanks between them.
    static let text = #"""
        m() {
          printf 'machine'
          for v in "$@"; do printf '\t%s' "$v"; done
          echo
        }
        soon() { if command -v timeout >/dev/null; then timeout 2 "$@"; else "$@"; fi; }
        [ -r /etc/os-release ] && (. /etc/os-release; m system "${ID-}" "${VERSION_ID-}")
        m kernel "$(uname -r)"
        m boot "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
        m cores "$(nproc 2>/dev/null)"
        awk -v t="$tab" '/^MemTotal:/ { print "machine" t "memory" t $2 } /^SwapTotal:/ { print "machine" t "swap" t $2 }' /proc/meminfo
        h=$(uname -n)
        m name "$h" $(soon getent ahosts "$h" 2>/dev/null | awk '!seen[$1]++ { print $1 }' | head -n 8)
        ip -o addr show 2>/dev/null | awk -v t="$tab" '$2 != "lo" { split($4, a, "/"); print "machine" t "address" t $2 t a[1] }' | head -n 200
        for i in /sys/class/net/*; do
          case ${i##*/} in veth*) continue ;; esac
          [ -r "$i/mtu" ] && m mtu "${i##*/}" "$(cat "$i/mtu")"
        done
        # adjtimex(2): what the kernel itself says, whoever keeps the clock; 5 is TIME_ERROR
        case $(uname -m) in x86_64) n=159 ;; aarch64) n=171 ;; *) n= ;; esac
        [ -n "$n" ] && m synchronised "$(perl -e 'my $r = syscall shift, my $b = "\0" x 512; print $r < 0 ? "" : $r == 5 ? "no" : "yes"' "$n" 2>/dev/null)"
        m zone "$(date +%z)"
        l=$(sed -n 's/^LANG=//p' /etc/default/locale /etc/locale.conf 2>/dev/null | tr -d "\"'" | head -n 1)
        m locale "${l:-C}" "$(LC_ALL=${l:-C} locale charmap 2>&1 >/dev/null | head -n 1 | tr '\t' ' ')"
        for k in vm.max_map_count fs.file-max vm.swappiness; do
          m kernel-value "$k" "$(cat "/proc/sys/$(echo "$k" | tr . /)" 2>/dev/null)"
        done
        p=$(pidof containerd 2>/dev/null || pidof dockerd 2>/dev/null)
        p=${p%% *}
        [ -n "$p" ] && awk -v t="$tab" '/^Max open files/ { print "machine" t "files" t $5 }' "/proc/$p/limits" 2>/dev/null
        [ -r /etc/docker/daemon.json ] && m daemon "$(head -c 16384 /etc/docker/daemon.json | tr -d '\000-\037')"
        m unit docker "$(soon systemctl is-enabled docker.service 2>/dev/null)"
        for d in "$@"; do
          p=$d
          while [ ! -d "$p" ]; do p=$(dirname "$p"); done
          where=own
          [ "$(stat -c %d "$p")" = "$(stat -c %d /)" ] && where=system
          findmnt -nT "$p" -o TARGET,FSTYPE,OPTIONS 2>/dev/null | tail -n 1 | while read -r target kind options; do
            m disk "$d" "$target" "$kind" "$options" $(df -Pi "$p" 2>/dev/null | awk 'NR == 2 { print $2 + 0, $4 + 0 }') "$where"
          done
        done
        awk '$1 !~ /^#/ && NF >= 4 && $2 ~ /^\// && $4 !~ /noauto/ { print $2 }' /etc/fstab 2>/dev/null | while read -r at; do
          mountpoint -q "$at" || m unmounted "$at"
        done
        for v in $devices; do
          if [ ! -b "$v" ]; then m device "$v" "it is no block device"
          elif command -v blkid >/dev/null && command -v lsblk >/dev/null; then
            found=$(blkid -p -o export "$v" 2>/dev/null | sed -n 's/^TYPE=//p; s/^PTTYPE=//p' | head -n 1)
            [ -n "$found" ] || found=$(lsblk -nro TYPE "$v" 2>/dev/null | sed -n '2p')
            at=$(findmnt -nro TARGET -S "$v" 2>/dev/null | head -n 1)
            if [ -n "$at" ]; then found="$found at $at"
            elif [ "$found" = ext4 ] && [ "$(blkid -p -s LABEL -o value "$v" 2>/dev/null)" = gantry ]; then
              # Formatted by us and not mounted yet: as good as blank.
              m device "$v" ""; continue
            fi
            [ -n "$found" ] || [ -z "$(head -c 1048576 "$v" | tr -d '\000' | head -c 1)" ] || found="data"
            m device "$v" "$found"
          fi
        done
        grep -qs '^ENABLED=yes' /etc/ufw/ufw.conf && m firewall ufw
        [ "$(soon systemctl is-active firewalld 2>/dev/null)" = active ] && m firewall firewalld
        soon nft list chains 2>/dev/null | grep -q 'hook input.*policy drop' && m firewall nftables
        { soon iptables -S INPUT || true; } 2>/dev/null | grep -qE -- '^-P INPUT DROP|-j (DROP|REJECT)' && m firewall iptables
        for p in perl ufw firewall-cmd chronyd systemd-timesyncd ntpd apt-get docker dockerd; do
          command -v "$p" >/dev/null || [ -x "/lib/systemd/$p" ] && m program "$p"
        done
        true
        """#
}
