import FleetModel

extension SimulatedKafka {
    /// Makes room for a replica: in the directory with the fewest, as Kafka does, whatever its space.
    mutating func placeReplica(_ index: Int, at id: Int32) {
        guard let slot = slots[id], hosted(index, at: slot) == nil else { return }
        let usable = brokers[slot].directories.indices.filter { !brokers[slot].directories[$0].isOffline }
        let open = usable.filter { !brokers[slot].directories[$0].isCordoned }
        let choice = (open.isEmpty ? usable : open).min {
            (brokers[slot].directories[$0].replicas, $0) < (brokers[slot].directories[$1].replicas, $1)
        }
        let number = Int32(truncatingIfNeeded: index)
        let replica = HostedReplica(
            partition: number, directory: choice.map { Int32(truncatingIfNeeded: $0) } ?? -1,
            position: partitions[index].beginning(at: now))
        brokers[slot].replicas.insert(replica, at: brokers[slot].replicas.firstPlace(of: number))
        if let choice { brokers[slot].directories[choice].replicas += 1 }
    }

    /// A replica leaves: its files take space for another minute and are listed no more.
    mutating func dropReplica(_ index: Int, of id: Int32) {
        endCopy(index, to: id)
        guard let slot = slots[id], let place = hosted(index, at: slot) else { return }
        let replica = brokers[slot].replicas.remove(at: place)
        let directory = Int(replica.directory)
        guard brokers[slot].directories.indices.contains(directory) else { return }
        let bytes = partitions[index].size(to: replica.position, at: now)
        brokers[slot].directories[directory].replicas -= 1
        guard bytes > 0 else { return }
        if brokers[slot].answers, !brokers[slot].isZombie {
            delete(bytes, at: slot, directory)
        } else {
            brokers[slot].directories[directory].strays += bytes
        }
    }

    private mutating func delete(_ bytes: Int64, at slot: Int, _ directory: Int) {
        brokers[slot].directories[directory].deleting.removeAll { $0.until <= now }
        brokers[slot].directories[directory].deleting.append(
            DeletedFiles(until: now + model.deletionDelay, bytes: bytes))
    }

    /// What a broker finds that it should not have, when it starts.
    mutating func deleteStrays(at slot: Int) {
        for directory in brokers[slot].directories.indices where brokers[slot].directories[directory].strays > 0 {
            delete(brokers[slot].directories[directory].strays, at: slot, directory)
            brokers[slot].directories[directory].strays = 0
        }
    }

    /// The bytes of a replica's log now: what has been copied so far, too.
    func logSize(_ replica: HostedReplica, at slot: Int) -> Int64 {
        let index = Int(replica.partition)
        let position = copying.position(of: replica.partition, at: Int32(truncatingIfNeeded: slot), now)
        return partitions[index].size(to: position ?? replica.position, at: now)
    }

    /// The bytes that a directory takes on its volume, deleted files included: these are there for another minute.
    func takenBytes(at slot: Int, _ directory: Int) -> Int64 {
        lastingBytes(at: slot, directory)
            + brokers[slot].directories[directory].deleting.reduce(0) { $1.until > now ? $0 + $1.bytes : $0 }
    }

    /// The same without deleted files.
    func lastingBytes(at slot: Int, _ directory: Int) -> Int64 {
        var sum = brokers[slot].directories[directory].strays
        let number = Int32(truncatingIfNeeded: directory)
        for replica in brokers[slot].replicas where replica.directory == number {
            sum = min(Traffic.greatestSize, sum + logSize(replica, at: slot))
        }
        return sum
    }

    /// The bytes of the replicas that a broker has: not of those that left it, whatever is still there of them.
    func ownBytes(at slot: Int) -> Int64 {
        brokers[slot].replicas.reduce(0) { min(Traffic.greatestSize, $0 + logSize($1, at: slot)) }
    }

    /// Bytes that can still be written to a volume.
    func usableBytes(of volume: Int) -> Int64 {
        var used = volumes[volume].foreign
        for place in volumes[volume].directories { used += takenBytes(at: Int(place[0]), Int(place[1])) }
        return max(0, volumes[volume].total - used)
    }

    /// Sees to it that a volume is looked at when it may be full: the more room, the later.
    mutating func watchVolume(_ volume: Int) {
        var growth: Int64 = 0
        var isReceiving = false
        for place in volumes[volume].directories {
            let slot = Int(place[0])
            for replica in brokers[slot].replicas where replica.directory == place[1] {
                let partition = partitions[Int(replica.partition)]
                if partition.isWritten, partition.retained >= Traffic.greatestSize { growth += partition.ingress }
                if replica.position >= 0, copying.contains(replica.partition, place[0]) { isReceiving = true }
            }
        }
        let machine = machines[Int(volumes[volume].machine)]
        // Copies come in by the line or, from brokers of the same host, no faster than it.
        let most = growth + (isReceiving ? machine.line : 0)
        volumes[volume].check += 1
        guard let time = Traffic.time(usableBytes(of: volume), at: most) else { return }
        let event = KafkaEvent.fills(volume: Int32(truncatingIfNeeded: volume), check: volumes[volume].check)
        events.add(event, at: now.later(microseconds: max(time, Self.shortestVolumeCheck)))
    }

    /// Between two looks at a volume: a fuller one is found that much too late.
    private static let shortestVolumeCheck: Int64 = 250_000

    mutating func checkVolume(_ number: Int32, _ check: Int32) {
        let volume = Int(number)
        guard volumes[volume].check == check else { return }
        guard usableBytes(of: volume) == 0 else { return watchVolume(volume) }
        for place in volumes[volume].directories { failDirectory(at: Int(place[0]), Int(place[1])) }
    }

    /// A directory that could not be written to is offline until the broker starts anew: its replicas leave the ISR.
    mutating func failDirectory(at slot: Int, _ directory: Int) {
        guard brokers[slot].answers, !brokers[slot].directories[directory].isOffline else { return }
        brokers[slot].directories[directory].isOffline = true
        brokers[slot].isWhole = false
        let id = brokers[slot].id
        let lost = brokers[slot].replicas.filter { $0.directory == directory }.map(\.partition)
        for number in lost {
            endCopy(Int(number), to: id)
            leaveISR(Int(number), id)
        }
        if brokers[slot].directories.allSatisfy(\.isOffline) {
            // Kafka halts when none of its directories is left.
            endProcess(at: slot, code: 1)
        }
    }

    /// Takes a replica out of the ISR, and of the leadership, of one partition.
    mutating func leaveISR(_ index: Int, _ id: Int32, unclean: Bool = false) {
        let partition = partitions[index]
        guard partition.isr.contains(id) || partition.leader == id || unclean && partition.elr.contains(id) else {
            return
        }
        change(index) { change in
            change.isr.removeAll { $0 == id }
            change.leaving = id
            if unclean { change.unclean = id }
        }
    }
}
