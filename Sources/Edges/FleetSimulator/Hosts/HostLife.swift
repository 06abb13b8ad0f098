public import FleetModel

/// What befalls hosts as a whole, and how they come back.
extension FleetState {
    /// What still runs so long after a reboot was asked for is killed.
    private static let shutdownGrace: Duration = .seconds(10)
    /// From there until sshd and Docker answer.
    private static let bootTime: Duration = .seconds(20)

    /// A host comes into trouble, for so long or until it is healed.
    public mutating func afflict(_ host: HostName, with trouble: HostTrouble, for duration: Duration? = nil) {
        guard let before = hosts[host]?.troubles else { return }
        if trouble == .rebooting, !before.isUp { return }
        troubleNumber += 1
        hosts[host]?.troubles.add(trouble, number: troubleNumber)
        switch trouble {
        case .poweredOff:
            hosts[host]?.troubles.remove(.rebooting)
            powerFails(on: host)
        case .rebooting:
            dockerStops(on: host)
            agenda.add(.powerEnds(host, trouble: troubleNumber), at: now + Self.shutdownGrace)
        case .cutOff: tellNetwork(host)
        case .slow: kafka.setLine(of: host, to: Self.slowLine)
        case .dockerStopped: if before.isUp, !before.has(.dockerStopped) { dockerStops(on: host) }
        case .diskFull: fillDisks(of: host, leaving: .zero)
        case .refusesSSH, .silentSSH, .otherHostKey: break
        }
        if let duration { agenda.add(.troubleEnds(host, trouble, number: troubleNumber), at: now + duration) }
    }

    /// One trouble of a host ends. A reboot ends by itself.
    public mutating func relieve(_ host: HostName, of trouble: HostTrouble) {
        guard let troubles = hosts[host]?.troubles, troubles.has(trouble), trouble != .rebooting else { return }
        hosts[host]?.troubles.remove(trouble)
        switch trouble {
        case .poweredOff:
            troubleNumber += 1
            hosts[host]?.troubles.add(.rebooting, number: troubleNumber)
            agenda.add(.isUp(host, trouble: troubleNumber), at: now + Self.bootTime)
        case .cutOff: tellNetwork(host)
        case .slow: kafka.setLine(of: host, to: nil)
        case .dockerStopped: if troubles.isUp { dockerStarts(on: host) }
        case .diskFull: fillDisks(of: host, leaving: nil)
        case .rebooting, .refusesSSH, .silentSSH, .otherHostKey: break
        }
    }

    /// Puts a host right: power, network, SSH, Docker, disks, frozen containers. What was stopped by hand stays stopped.
    public mutating func heal(_ host: HostName) {
        for trouble in hosts[host]?.troubles.all ?? [] { relieve(host, of: trouble) }
        for container in containers(on: host) where container.state == .paused { unpause(container.node) }
    }

    /// Fills a host's disks so that no more than `free` is left on them; nil: what is not Kafka's is deleted.
    public mutating func fillDisks(of host: HostName, leaving free: ByteCount?) {
        for (path, disk) in hosts[host]?.disks ?? [:] {
            let foreign = free.map { disk.total - kafka.bytes(on: path, of: host) - $0 } ?? .zero
            hosts[host]?.disks[path]?.foreign = foreign
            kafka.setVolume(path, of: host, total: disk.total, foreign: foreign)
        }
    }

    /// What is left of a line of a gigabit when the switch or the card is in trouble.
    private static let slowLine = BytesPerSecond(1_250_000)

    // MARK: By itself

    mutating func troubleEnds(_ host: HostName, _ trouble: HostTrouble, number: Int) {
        if hosts[host]?.troubles.number(of: trouble) == number { relieve(host, of: trouble) }
    }

    mutating func powerEnds(_ host: HostName, trouble number: Int) {
        guard hosts[host]?.troubles.number(of: .rebooting) == number else { return }
        powerFails(on: host)
        agenda.add(.isUp(host, trouble: number), at: now + Self.bootTime)
    }

    mutating func isUp(_ host: HostName, trouble number: Int) {
        guard hosts[host]?.troubles.number(of: .rebooting) == number else { return }
        hosts[host]?.troubles.remove(.rebooting)
        if hosts[host]?.troubles.has(.dockerStopped) == false { dockerStarts(on: host) }
    }

    /// Tells the nodes of a host whether others reach them.
    private mutating func tellNetwork(_ host: HostName) {
        let isOnNetwork = hosts[host]?.troubles.isOnNetwork == true
        for container in containers(on: host) where container.state == .running {
            kafka.cutOff(container.node, !isOnNetwork)
        }
    }
}
