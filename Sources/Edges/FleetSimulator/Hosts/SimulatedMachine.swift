import FleetModel
public import Operations

extension SimulatedHost {
    /// A machine that meets every clause: what tests and operators damage is what differs from it.
    public static var goodMachine: MachineFacts {
        var machine = MachineFacts()
        machine.system = "debian 12"
        machine.kernel = "6.1.0-18-amd64"
        machine.cores = 16
        machine.memory = ByteCount(64 << 30)
        machine.swap = .zero
        machine.skew = .zero
        machine.isSynchronised = true
        machine.zone = "+0000"
        machine.locale = "C.UTF-8"
        machine.kernelValues = ["vm.max_map_count": 262_144, "fs.file-max": 9_223_372, "vm.swappiness": 10]
        machine.containerFiles = 1_048_576
        machine.daemonSettings = #"{"live-restore": true, "log-opts": {"max-size": "50m"}}"#
        machine.startsDocker = true
        machine.programs = ["perl", "apt-get", "systemd-timesyncd"]
        return machine
    }

    /// The facts of this machine: what it was made with, and what follows from its name and its disks.
    func facts(_ host: HostName, data: [String]) -> MachineFacts {
        var facts = machine
        facts.bootID = facts.bootID ?? "boot-of-\(host)"
        facts.name = facts.name ?? host.rawValue
        if facts.addresses.isEmpty { facts.addresses = [host.rawValue: "eth0"] }
        if facts.mtu.isEmpty { facts.mtu = ["eth0": 1500] }
        for path in data where !facts.disks.contains(where: { $0.path == path }) {
            let own = disks[path] != nil
            facts.disks.append(
                DiskFacts(
                    path: path, mountPoint: own ? path : "/", kind: "ext4", options: ["rw", "noatime"],
                    inodes: 6_553_600, freeInodes: 6_500_000, isSystems: !own))
        }
        if lacksDocker { facts.startsDocker = nil }
        return facts
    }
}

extension MachineFacts {
    /// What a change does to a machine.
    mutating func make(_ change: HostChange) {
        switch change {
        case .kernelValue(let name, let value, _): kernelValues[name] = value
        case .dockerSettings(let text): daemonSettings = text
        case .packages(let names): programs.formUnion(names)
        case .timeSynchronisation: (isSynchronised, skew) = (true, .zero)
        case .dockerRuns: startsDocker = true
        case .openPorts, .dockerGroup, .bootArgument, .script: break
        case .dataDisk(let device, let path):
            devices[device] = "ext4"
            unmounted.removeAll { $0 == path }
            disks.removeAll { $0.path == path || $0.path.hasPrefix(path + "/") }
        }
    }

    /// Whether it is there.
    func holds(_ change: HostChange, disks: [String: SimulatedDisk]) -> Bool {
        switch change {
        case .kernelValue(let name, let value, let isLeast):
            kernelValues[name].map { isLeast ? $0 >= value : $0 <= value } ?? false
        case .dockerSettings(let text): daemonSettings == text
        case .packages(let names): programs.isSuperset(of: names)
        case .timeSynchronisation: isSynchronised == true
        case .dockerRuns: startsDocker == true
        case .openPorts: firewalls.isEmpty
        case .dataDisk(let device, let path): devices[device] == "ext4" && disks[path] != nil
        case .dockerGroup, .bootArgument, .script: false
        }
    }
}
