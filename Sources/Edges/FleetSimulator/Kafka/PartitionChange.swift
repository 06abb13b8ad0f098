extension SimulatedKafka {
    /// What the controller writes about a partition, before what follows from it is filled in.
    struct PartitionChange {
        enum Election { case online, preferred, unclean }

        var replicas: [Int32]
        var adding: [Int32]
        var removing: [Int32]
        var isr: [Int32]
        var election = Election.online
        /// One that may not lead although it is active still: it is going.
        var leaving: Int32?
        /// One whose last end was unclean: it may lack records that it once had.
        var unclean: Int32?

        /// Ends a move of which every target is in the ISR: the rule of KIP-455.
        mutating func completeMove() {
            guard !adding.isEmpty || !removing.isEmpty else { return }
            let remaining = isr.filter { !removing.contains($0) }
            let target = replicas.filter { !removing.contains($0) }
            guard !remaining.isEmpty, !target.isEmpty, target.allSatisfy(remaining.contains) else { return }
            (replicas, isr, adding, removing) = (target, remaining, [], [])
        }
    }

    /// Changes a partition as the controller does: ends a move that can end, keeps the eligible leader replicas
    /// (KIP-966), elects a leader where the present one cannot stay, and lets copies begin and end accordingly.
    mutating func change(_ index: Int, _ edit: (inout PartitionChange) -> Void) {
        let old = partitions[index]
        var change = PartitionChange(
            replicas: old.replicas, adding: old.adding, removing: old.removing, isr: old.isr)
        edit(&change)
        if change.isr.isEmpty, !model.eligibleLeaderReplicas { change.isr = old.isr }
        change.completeMove()
        var elr: [Int32] = []
        if model.eligibleLeaderReplicas, change.isr.count < minInSync(of: index) {
            let candidates = old.elr + old.isr.filter { !old.elr.contains($0) }
            elr = candidates.filter {
                !change.isr.contains($0) && $0 != change.unclean && change.replicas.contains($0)
            }
        }
        let (leader, isUnclean) = elect(index, change, elr: elr, old: old)
        if leader >= 0, isUnclean {
            (change.isr, elr) = ([leader], [])
        } else if leader >= 0, elr.contains(leader) {
            change.isr = [leader]
            elr.removeAll { $0 == leader }
        }
        var new = old
        new.replicas = change.replicas
        new.adding = change.adding
        new.removing = change.removing
        new.isr = change.isr
        new.elr = elr
        new.leader = leader
        new.leaderSlot = leader < 0 ? -1 : slots[leader].map { Int32(truncatingIfNeeded: $0) } ?? -1
        if change.isr.isEmpty, old.leader >= 0 {
            new.lastKnownLeader = old.leader
        } else if leader >= 0 {
            new.lastKnownLeader = -1
        }
        replace(index, with: new)
    }

    private func elect(
        _ index: Int, _ change: PartitionChange, elr: [Int32], old: Partition
    ) -> (leader: Int32, isUnclean: Bool) {
        func isAcceptable(_ id: Int32) -> Bool { id != change.leaving && isActive(id, for: index) }
        func isValid(_ id: Int32) -> Bool {
            (change.isr.contains(id) || change.isr.isEmpty && elr.contains(id)) && isAcceptable(id)
        }
        if change.election == .preferred, let first = change.replicas.first, isValid(first) { return (first, false) }
        if old.leader >= 0, isValid(old.leader) { return (old.leader, false) }
        if let online = change.replicas.first(where: isValid) { return (online, false) }
        if model.eligibleLeaderReplicas, change.isr.isEmpty, elr.isEmpty, isAcceptable(old.lastKnownLeader) {
            return (old.lastKnownLeader, true)
        }
        if change.election == .unclean, let any = change.replicas.first(where: isAcceptable) { return (any, true) }
        return (-1, false)
    }

    /// The effective `min.insync.replicas` of a partition: never more than its replicas.
    func minInSync(of index: Int) -> Int {
        let partition = partitions[index]
        let present = partition.replicas.count - partition.adding.count
        return max(1, min(topics[Int(partition.topic)].minInSync, present))
    }

    /// Puts a partition in the place of what it was, with everything that hangs on it.
    private mutating func replace(_ index: Int, with new: Partition) {
        account(index, -1)
        settle(index)
        let old = partitions[index]
        var new = new
        (new.end, new.since) = (old.end, old.since)
        partitions[index] = new
        for id in old.replicas where !new.replicas.contains(id) { dropReplica(index, of: id) }
        for id in new.replicas where !old.replicas.contains(id) { placeReplica(index, at: id) }
        for id in new.replicas {
            guard let slot = slots[id], let place = hosted(index, at: slot) else { continue }
            let position = brokers[slot].replicas[place].position
            if id == new.leader, id != old.leader, position >= 0 {
                // A leader that had not all of it: what it lacks is gone.
                partitions[index].end = min(partitions[index].end, position)
            }
            let isWithLeader = new.isr.contains(id) && brokers[slot].answers
            if isWithLeader {
                brokers[slot].replicas[place].position = HostedReplica.withLeader
            } else if position == HostedReplica.withLeader {
                brokers[slot].replicas[place].position = partitions[index].end
            }
        }
        let number = Int32(truncatingIfNeeded: index)
        if new.adding.isEmpty && new.removing.isEmpty {
            moving.removeAscending(number)
        } else {
            moving.insertAscending(number)
        }
        if new.leader < 0 { leaderless.insertAscending(number) } else { leaderless.removeAscending(number) }
        partitions[index].isWritten = canBeWritten(index)
        account(index, 1)
        followUp(index)
    }

    /// Whether producers that wait for all in-sync replicas get their records in.
    func canBeWritten(_ index: Int) -> Bool {
        let partition = partitions[index]
        guard partition.leader >= 0, let slot = slots[partition.leader], brokers[slot].answers else { return false }
        return partition.isr.count >= minInSync(of: index)
    }

    /// Brings the end of the leader's log up to now.
    mutating func settle(_ index: Int) {
        partitions[index].end = partitions[index].end(at: now)
        partitions[index].since = now
    }

    /// Adds what a partition means for brokers and lines, or takes it away again.
    mutating func account(_ index: Int, _ sign: Int) {
        let partition = partitions[index]
        guard partition.topic >= 0, let first = partition.replicas.first else { return }
        if let preferred = slots[first] {
            brokers[preferred].preferred += sign
            if partition.leader != first {
                brokers[preferred].astray += sign
                if sign > 0 { armBalance() }
            }
        }
        guard partition.leader >= 0, let leader = slots[partition.leader] else { return }
        brokers[leader].leaders += sign
        guard partition.isWritten, partition.ingress > 0 else { return }
        let rate = Int64(sign) * partition.ingress
        let topic = Int(partition.topic)
        let home = brokers[leader].machine
        machines[Int(home)].trafficIn += rate
        for id in partition.isr where id != partition.leader {
            guard let slot = slots[id], let place = hosted(index, at: slot),
                brokers[slot].replicas[place].position == HostedReplica.withLeader
            else { continue }
            if topics[topic].leaderThrottled.contains(partition.number, partition.leader) {
                brokers[leader].leaderMeter.steady += rate
            }
            if topics[topic].followerThrottled.contains(partition.number, id) {
                brokers[slot].followerMeter.steady += rate
            }
            guard brokers[slot].machine != home else { continue }
            machines[Int(home)].trafficOut += rate
            machines[Int(brokers[slot].machine)].trafficIn += rate
        }
    }

    /// What a broker's answering or not means for a partition, when nothing of its metadata changes.
    mutating func review(_ index: Int, _ body: (inout SimulatedKafka) -> Void) {
        account(index, -1)
        settle(index)
        body(&self)
        partitions[index].isWritten = canBeWritten(index)
        account(index, 1)
        followUp(index)
    }
}
