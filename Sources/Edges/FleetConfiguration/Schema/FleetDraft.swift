import FleetModel

/// `defaults.cfg` as it was written: each value with its place, nothing filled in yet.
struct FleetDraft: Sendable {
    var cluster = ClusterDraft()
    var virthosts: Placed<[Placed<HostName>]>?
    var defaults = HostDraft()
    var hosts: [HostName: HostDraft] = [:]
    var kafka: [Placed<KafkaProperty>] = []
    var hasTooManySettings = false
    var move = MoveDraft()
    var notify = NotifyDraft()
    var monitor = MonitorDraft()
    var waivers: [ClauseWaiver] = []
}

struct ClusterDraft: Sendable {
    var name: Placed<ClusterName>?
    var transport: Placed<TransportKind>?
    var mode: Placed<ClusterMode>?
    var version: Placed<KafkaVersion>?
    var image: Placed<String>?
    var imageArchive: Placed<String>?
    var registry = RegistryDraft()
    var controllers: Placed<Int>?
}

struct RegistryDraft: Sendable {
    var mark: SourceMark?
    var server: Placed<String>?
    var user: Placed<String>?
    var passwordFile: Placed<String>?
}

struct HostDraft: Sendable {
    /// Whether the section says anything at all.
    var isWritten = false
    var brokers: Placed<Int>?
    var rack: Placed<String>?
    var ssh = SSHDraft()
    var data: Placed<[Placed<String>]>?
    var ports = PortsDraft()
    var heap: Placed<ByteCount>?
    var memory: Placed<ByteCount>?
    var disks: [Placed<DataDisk>] = []
    var cpus: Placed<Int>?
    var cpuSets: Placed<Bool>?
    var diskPerBroker: Placed<Bool>?
    var address: Placed<String>?
}

struct SSHDraft: Sendable {
    var user: Placed<String>?
    var port: Placed<UInt16>?
    var identity: Placed<String>?
    var config: Placed<String>?
    var knownHosts: Placed<String>?
}

struct PortsDraft: Sendable {
    var broker: Placed<UInt16>?
    var controller: Placed<UInt16>?
}

struct MoveDraft: Sendable {
    var throttle: Placed<BytesPerSecond>?
    var tolerance: Placed<PerMille>?
    var canary: Placed<Bool>?
    var resume: Placed<ResumePolicy>?
}

struct NotifyDraft: Sendable {
    var mark: SourceMark?
    var to: Placed<[Placed<String>]>?
    var from: Placed<String>?
    var daily: Placed<TimeOfDay>?
    var smtp = SMTPDraft()
}

struct SMTPDraft: Sendable {
    var mark: SourceMark?
    var url: Placed<String>?
    var user: Placed<String>?
    var passwordFile: Placed<String>?
    var authorityFile: Placed<String>?
}

struct MonitorDraft: Sendable {
    var interval: Placed<Duration>?
    var metrics: Placed<Endpoint?>?
    var log: Placed<String>?
}
