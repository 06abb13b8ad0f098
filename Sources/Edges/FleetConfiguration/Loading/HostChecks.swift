import FleetModel

extension FleetResolver {
    /// What the settings of one host say together.
    mutating func check(_ host: ResolvedHost) {
        checkDirectories(of: host)
        checkPorts(of: host)
        checkDisks(of: host)
        if let sets = host.cpuSets, sets.value, host.cpus == nil {
            fail(sets, "sets need their size: write cpus, the cores of each broker")
        }
        if host.memory.value < host.heap.value {
            let place = max(host.memory, host.heap)
            fail(
                place, "memory is \(host.memory.value) and heap \(host.heap.value): a container's memory holds the heap"
            )
        } else if host.memory.value < host.heap.value + ByteCount(host.heap.value.bytes / 4) {
            warn(
                max(host.memory, host.heap),
                "memory is \(host.memory.value) and heap \(host.heap.value): Java needs about a quarter more than its "
                    + "heap, and what is left caches the logs")
        }
    }

    /// No directory twice, none inside another: two nodes would then write into one place.
    private mutating func checkDirectories(of host: ResolvedHost) {
        let sorted = host.data.value.enumerated().sorted {
            let (a, b) = ($0.element.value.split(separator: "/"), $1.element.value.split(separator: "/"))
            return a == b ? $0.offset < $1.offset : a.lexicographicallyPrecedes(b)
        }.map(\.element)
        guard var outer = sorted.first else { return }
        for directory in sorted.dropFirst() {
            guard Path.overlap(outer.value, directory.value) else {
                outer = directory
                continue
            }
            let (first, second) = outer.mark < directory.mark ? (outer, directory) : (directory, outer)
            fail(
                second,
                first.value == second.value
                    ? "\(second.value) is listed twice"
                    : "\(second.value) overlaps \(first.value): one lies inside the other")
        }
    }

    /// A disk is mounted at a data directory or above it, and one device at one place.
    private mutating func checkDisks(of host: ResolvedHost) {
        var devices: Set<String> = []
        for disk in host.disks {
            if !devices.insert(disk.value.device).inserted { fail(disk, "\(disk.value.device) is named twice") }
            let data = host.data.value.map(\.value)
            if !data.contains(where: { $0 == disk.value.path || $0.hasPrefix(disk.value.path + "/") }) {
                fail(
                    disk, "\(disk.value.path) holds no data directory of \(host.name.value)",
                    suggestion: data.first)
            }
        }
    }

    private mutating func checkPorts(of host: ResolvedHost) {
        let first = Int(host.brokerPort.value)
        // Of as many as the host will carry only the first is certain.
        let last = first + Swift.max(1, host.brokers.value) - 1
        let controller = Int(host.controllerPort.value)
        guard last <= UInt16.max else {
            fail(
                host.brokerPort, "\(host.brokers.value) brokers from port \(first) up need ports beyond 65535",
                suggestion: "\(Int(UInt16.max) - host.brokers.value + 1)")
            return
        }
        let brokers = first == last ? "the broker listens on \(first)" : "the brokers listen on \(first) to \(last)"
        if (first...last).contains(controller) {
            fail(
                max(host.brokerPort, host.controllerPort),
                "\(brokers), and the controller of the same host on \(controller)")
        }
        let sshd = Int(host.ssh.port ?? 22)
        if (first...last).contains(sshd) { fail(host.brokerPort, "\(brokers), and sshd on \(sshd)") }
        if controller == sshd { fail(host.controllerPort, "the controller and sshd both listen on \(sshd)") }
    }

    /// The one of two settings that stands later: most likely the one that was changed last.
    private func max<Value>(_ a: Placed<Value>, _ b: Placed<Value>) -> Placed<Value> { a.mark < b.mark ? b : a }
}
