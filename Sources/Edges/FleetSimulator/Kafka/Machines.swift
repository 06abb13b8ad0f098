public import FleetModel

extension SimulatedKafka {
    /// The rate of a host's line in each direction; nil: the model's.
    public mutating func setLine(of host: HostName, to rate: BytesPerSecond?) {
        let place = Int(machine(host))
        machines[place].line = min(Traffic.greatestRate, (rate ?? model.line).bytesPerSecond)
        copying.isDirty = true
    }

    /// The size of a host's file system, and how much of it is not Kafka's. Where nothing is left, its directories fail.
    public mutating func setVolume(_ path: String, of host: HostName, total: ByteCount, foreign: ByteCount) {
        let place = Int(volume(path, on: machine(host)))
        volumes[place].total = min(Traffic.greatestSize, total.bytes)
        volumes[place].foreign = min(Traffic.greatestSize, foreign.bytes)
        watchVolume(place)
    }

    /// What Kafka's directories take of a host's file system, deleted files that are still there included.
    public func bytes(on path: String, of host: HostName) -> ByteCount { bytes(on: path, of: host, takenBytes) }

    /// The same without deleted files.
    func lastingBytes(on path: String, of host: HostName) -> ByteCount { bytes(on: path, of: host, lastingBytes) }

    private func bytes(on path: String, of host: HostName, _ bytes: (Int, Int) -> Int64) -> ByteCount {
        guard let machine = machines.firstIndex(where: { $0.name == host }),
            let volume = volumes.first(where: { Int($0.machine) == machine && $0.path == path })
        else { return .zero }
        return volume.directories.reduce(.zero) { $0 + ByteCount(bytes(Int($1[0]), Int($1[1]))) }
    }

    /// The place of a host, made at its first mention.
    mutating func machine(_ name: HostName) -> Int32 {
        let place = machines.firstIndex { $0.name == name } ?? machines.count
        if place == machines.count {
            machines.append(Machine(name: name, line: min(Traffic.greatestRate, model.line.bytesPerSecond)))
        }
        return Int32(truncatingIfNeeded: place)
    }

    /// The place of a host's file system, made at its first mention.
    mutating func volume(_ path: String, on machine: Int32) -> Int32 {
        let place = volumes.firstIndex { $0.machine == machine && $0.path == path } ?? volumes.count
        if place == volumes.count {
            volumes.append(StorageVolume(machine: machine, path: path, total: model.volume.bytes))
        }
        return Int32(truncatingIfNeeded: place)
    }
}
