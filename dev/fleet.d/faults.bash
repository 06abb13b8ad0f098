# shellcheck shell=bash
# Faults on demand, put in from outside: they need neither ssh nor a healthy host.

# The chain of the host's packet filter that holds ours and nothing else.
readonly chain=GANTRY-FAULTS

inject_fault() {
    local k=$2
    is_running "$k" || die "$(name_of "$k") is not running"
    case $1 in
        cut) ip link set "$(interface_of "$k")" down ;;
        peers) cut_peers "$k" ;;
        loss) lose_packets "$k" "${3-}" ;;
        slow) slow_down "$k" "${3-}" ;;
        hang) set_frozen "$k" yes ;;
        fill) fill_disk "$k" "${3:-0}" ;;
        heal) heal "$k" ;;
        *) wrong_usage "unknown fault $1" ;;
    esac
}

packet_filter() { in_network "$1" iptables --wait --table mangle "${@:2}"; }

# Before routing, so that packets for containers with a network of their own are met too.
make_chain() {
    packet_filter "$1" -n -L "$chain" >/dev/null 2>&1 || {
        packet_filter "$1" -N "$chain"
        packet_filter "$1" -I PREROUTING -i host0 -j "$chain"
    }
}

cut_peers() {
    make_chain "$1"
    packet_filter "$1" -A "$chain" -s "$FLEET_NET.1" -j RETURN
    packet_filter "$1" -A "$chain" -s "$FLEET_NET.0/24" -j DROP
}

lose_packets() {
    [[ $2 =~ ^[0-9]{1,2}(\.[0-9]+)?$ ]] || wrong_usage "how many packets of a hundred?"
    make_chain "$1"
    packet_filter "$1" -I "$chain" -m statistic --mode random --probability "$(printf '%06.4f' "${2}e-2")" -j DROP
}

slow_down() {
    [[ $2 =~ ^[0-9]+(\.[0-9]+)?[kmg]?bit$ ]] || wrong_usage "how slow? a rate like 20mbit"
    # a queue of a second's worth at most: beyond it packets are dropped, as by a real narrow link
    local -a shaper=(root tbf rate "$2" burst 32kb latency 400ms)
    tc qdisc replace dev "$(interface_of "$1")" "${shaper[@]}"
    in_network "$1" tc qdisc replace dev host0 "${shaper[@]}"
}

fill_disk() {
    [[ $2 =~ ^[0-9]+$ ]] || wrong_usage "leave how many bytes?"
    local disk room
    disk=$(home_of "$1")/disk
    # without the host's own disk it would be this machine's that is filled
    mountpoint -q "$disk" || die "$disk is not mounted: $(name_of "$1") has no disk to fill"
    room=$(($(stat -fc '%a * %S' "$disk") - $2))
    ((room > 0)) || return 0
    # what is left over after the metadata of so big a file, too
    fallocate -l "$room" "$disk/.fault-fill" 2>/dev/null ||
        dd if=/dev/zero of="$disk/.fault-fill" bs=1M oflag=append conv=notrunc status=none count="$room" iflag=count_bytes \
            2>/dev/null || true
}

heal() {
    set_frozen "$1" no
    ip link set "$(interface_of "$1")" up
    tc qdisc del dev "$(interface_of "$1")" root 2>/dev/null || true
    in_network "$1" tc qdisc del dev host0 root 2>/dev/null || true
    packet_filter "$1" -F "$chain" 2>/dev/null || true
    rm -f "$(home_of "$1")/disk/.fault-fill"
}
