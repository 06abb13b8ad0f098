/// What a large cluster has hundreds of thousands of, partitions and replicas, as packed numbers.
extension SimulatedKafka {
    var packedPartitions: String {
        var packed = PackedNumbers()
        packed.put(Int64(partitions.count))
        for partition in partitions {
            packed.put(partition.topic)
            packed.put(partition.number)
            packed.put(partition.replicas)
            packed.put(partition.adding)
            packed.put(partition.removing)
            packed.put(partition.isr)
            packed.put(partition.elr)
            packed.put(partition.leader)
            packed.put(partition.leaderSlot)
            packed.put(partition.lastKnownLeader)
            packed.put(partition.ingress)
            packed.put(partition.retained)
            packed.put(partition.end)
            packed.put(partition.since.microseconds)
            packed.put(partition.isWritten ? Int64(1) : 0)
        }
        return packed.text
    }

    static func partitions(packed text: String) throws(PackedReader.Damage) -> [Partition] {
        var reader = try PackedReader(text)
        var partitions: [Partition] = []
        for _ in 0..<(try reader.count()) {
            var partition = Partition(
                topic: try reader.number(), number: try reader.number(), replicas: try reader.list(),
                adding: try reader.list(), removing: try reader.list(), isr: try reader.list(), elr: try reader.list(),
                leader: try reader.number(), leaderSlot: try reader.number(), lastKnownLeader: try reader.number(),
                ingress: try reader.next(), retained: try reader.next(), end: try reader.next(),
                since: Instant(microseconds: try reader.next()))
            partition.isWritten = try reader.next() == 1
            partitions.append(partition)
        }
        guard reader.isAtEnd else { throw PackedReader.Damage() }
        return partitions
    }

    /// The replicas of every broker, in the order of `brokers`.
    var packedReplicas: String {
        var packed = PackedNumbers()
        for broker in brokers {
            packed.put(Int64(broker.replicas.count))
            var last: Int32 = 0
            for replica in broker.replicas {
                packed.put(replica.partition - last)
                packed.put(replica.directory)
                packed.put(replica.position)
                last = replica.partition
            }
        }
        return packed.text
    }

    mutating func takeReplicas(packed text: String) throws(PackedReader.Damage) {
        var reader = try PackedReader(text)
        for slot in brokers.indices {
            var last: Int32 = 0
            for _ in 0..<(try reader.count()) {
                let (partition, overflow) = last.addingReportingOverflow(try reader.number())
                guard !overflow else { throw PackedReader.Damage() }
                brokers[slot].replicas.append(
                    HostedReplica(partition: partition, directory: try reader.number(), position: try reader.next()))
                last = partition
            }
        }
        guard reader.isAtEnd else { throw PackedReader.Damage() }
    }

    /// Gives topics their partitions, which know their topics.
    mutating func takePartitionsIntoTopics() throws(PackedReader.Damage) {
        for (index, partition) in partitions.enumerated() where partition.topic >= 0 {
            // Partitions of a topic were made in the order of their numbers.
            guard topics.indices.contains(Int(partition.topic)),
                topics[Int(partition.topic)].partitions.count == Int(partition.number)
            else { throw PackedReader.Damage() }
            topics[Int(partition.topic)].partitions.append(Int32(truncatingIfNeeded: index))
        }
    }
}
