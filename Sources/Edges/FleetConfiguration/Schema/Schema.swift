import FleetModel

/// The schema of `defaults.cfg`: PRODUCT.md section 2 as tables. A setting is added here and in its draft; nothing
/// else knows the names of keys.
enum Schema {
    static let later = "follows in a later version"
    /// Kafka has about 360 settings, plug-ins add a few; what is more is no configuration and would only cost time.
    static let mostSettings = 1000
    /// Five times the hosts that gantry is built to carry.
    static let mostHosts = 1000

    static let fleet: [Field<FleetDraft>] = [
        .section("cluster", { cluster }, into: \.cluster, required: true, "The cluster as a whole."),
        .list(
            "virthosts", of: .host, into: \.virthosts, required: true,
            "The virtual hosts; node ids follow their order."),
        .section("defaults", { host }, into: \.defaults, "Settings of every host, unless the host says otherwise."),
        .table(
            "hosts", keys: .host, placeholder: "HOST",
            "Settings of single hosts. A host that left may keep its entry.",
            below: { SchemaEntry.of(host).map(\.ofOneHost) }
        ) { name, node, fleet, reader in
            var draft = HostDraft()
            reader.section(node, host, into: &draft)
            fleet.hosts[name.value] = draft
        },
        .table(
            "kafka", keys: .kafkaName, placeholder: "NAME",
            "Kafka's own settings under Kafka's own names, for brokers and controllers.",
            below: {
                [
                    SchemaEntry(
                        path: "", expected: Scalar.kafkaValue.expected, isRequired: false,
                        meaning: "Any setting of Kafka.")
                ]
            }
        ) { name, node, fleet, reader in
            guard fleet.kafka.count < mostSettings else {
                guard !fleet.hasTooManySettings else { return }
                fleet.hasTooManySettings = true
                return reader.outside { $0.fail("has more than \(mostSettings) settings", at: name.mark) }
            }
            if let slip = KafkaSettings.slip(in: name.value) {
                reader.say(slip.severity, slip.message, at: name.mark, suggestion: slip.suggestion)
            }
            guard let value = reader.scalar(node, .kafkaValue) else { return }
            fleet.kafka.append(
                Placed(value: KafkaProperty(name.value, value.value), mark: value.mark, path: value.path))
        },
        .section("move", { move }, into: \.move, "How data is moved."),
        .section("notify", { notify }, into: \.notify, "Who gets mail."),
        .section("monitor", { monitor }, into: \.monitor, "How the monitoring daemon works."),
        .table(
            "waive", keys: .clause, placeholder: "CLAUSE",
            "Clauses of assumptions.txt that this site does not meet, and why.",
            below: {
                [SchemaEntry(path: "", expected: "the reason", isRequired: false, meaning: "Shown with the clause.")]
            }
        ) { clause, node, fleet, reader in
            guard let reason = reader.scalar(node, .text) else { return }
            if let known = reader.context.clauses, !known.contains(clause.value) {
                let near = Spelling.nearest(to: clause.value, among: known)
                reader.say(
                    .error,
                    "'\(clause.value)' is no clause of assumptions.txt, which ends with \(known.last ?? "none")",
                    at: clause.mark, suggestion: near)
            }
            fleet.waivers.append(ClauseWaiver(clause: clause.value, reason: reason.value))
        },
        .refused("security", "TLS, logins and ACLs follow in a later version: remove the section"),
    ]

    static let cluster: [Field<ClusterDraft>] = [
        .value("name", .clusterName, into: \.name, required: true, "Names containers and directories."),
        .value("transport", .transport, into: \.transport, fallback: "ssh", "How hosts are reached."),
        .value("mode", .mode, into: \.mode, fallback: "kraft", "How the cluster keeps its metadata."),
        .value("version", .version, into: \.version, required: true, "Kafka's version in the image."),
        .value("image", .image, into: \.image, fallback: "apache/kafka:VERSION", "The image of every node."),
        .value(
            "image_archive", .file, into: \.imageArchive,
            "A `docker save` file for hosts that lack the image."),
        .section(
            "registry", { registry }, into: \.registry,
            "A private registry, which the hosts pull the image from; an image_archive comes first."),
        .value(
            "controllers", .count(1...15), into: \.controllers, fallback: "3, or 1 on fewer than 3 hosts",
            "Dedicated KRaft controllers, at most one a host."),
    ]

    static let registry: [Field<RegistryDraft>] = [
        .value(
            "server", .registry, into: \.server, fallback: "what the image's name begins with",
            "The registry that the login is for."),
        .value("user", .text, into: \.user, "The login."),
        .value("password_file", .file, into: \.passwordFile, "The file that holds the login's password."),
    ].marked { $0.mark = $1 }

    static let host: [Field<HostDraft>] = [
        .value(
            "brokers", .count(1...128, auto: HostSpecification.automatic), into: \.brokers, fallback: "2",
            "Brokers of a host's first start; auto: one for every two cores, and as three quarters of its memory hold."),
        .value("rack", .rack, into: \.rack, fallback: "host", "The rack; `host` makes each host a rack of its own."),
        .section("ssh", { ssh }, into: \.ssh, "How to reach the host, beside the operator's own ~/.ssh."),
        .list(
            "data", of: .dataDirectory, into: \.data, fallback: "[/var/lib/kafka-docker]",
            "Data directories; every broker has a directory of its own in each."),
        .section("ports", { ports }, into: \.ports, "The first port of each role."),
        .value(
            "heap", .memory, into: \.heap, fallback: "1g",
            "The Java heap of a node; a gigabyte carries some thousand partitions."),
        .value(
            "memory", .memory, into: \.memory, fallback: "2g",
            "The memory limit of a container: heap, a quarter of it more for Java, and the rest caches the logs."),
        .value("cpus", .count(1...512), into: \.cpus, "Cores that a container may use at once; unless set, all."),
        .value(
            "cpu_sets", .flag, into: \.cpuSets, fallback: "false",
            "Whether each broker has cpus cores of its own: the first ones, the next ones, and so on."),
        .value(
            "disk_per_broker", .flag, into: \.diskPerBroker, fallback: "false",
            "Whether a broker has one data directory alone: one that loses its disk loses one broker, and no broker some."
        ),
        .value(
            "address", .address, into: \.address,
            "Where others reach its nodes, if not under its name in virthosts; of an IP address they listen there alone."
        ),
        .table(
            "disks", keys: .dataDirectory, placeholder: "DIRECTORY",
            "Devices that --provision formats, if they are blank, and mounts at data directories.",
            below: {
                [
                    SchemaEntry(
                        path: "", expected: Scalar.device.expected, isRequired: false,
                        meaning: "The device of that directory.")
                ]
            }
        ) { directory, node, host, reader in
            guard let device = reader.scalar(node, .device) else { return }
            host.disks.append(
                Placed(
                    value: DataDisk(path: directory.value, device: device.value), mark: device.mark, path: device.path))
        },
    ].marked { host, _ in host.isWritten = true }

    static let ssh: [Field<SSHDraft>] = [
        .value("user", .user, into: \.user, "The login name."),
        .value("port", .port, into: \.port, "sshd's port."),
        .value("identity", .file, into: \.identity, "A private key."),
        .value("config", .file, into: \.config, "An ssh_config file, instead of the operator's own."),
        .value("known_hosts", .file, into: \.knownHosts, "A known_hosts file, instead of the operator's own."),
    ]

    static let ports: [Field<PortsDraft>] = [
        .value(
            "broker", .port, into: \.broker, fallback: "9092",
            "The n-th broker of a host listens on this + n − 1, or the next free one."),
        .value("controller", .port, into: \.controller, fallback: "19092", "The host's controller listens here."),
    ]

    static let move: [Field<MoveDraft>] = [
        .value(
            "throttle", .rate, into: \.throttle, fallback: "50MiB/s", "Replication throttle a broker and direction."),
        .value(
            "tolerance", .percentage, into: \.tolerance, fallback: "10%",
            "How far a broker's load may lie from its fair share."),
        .value(
            "canary", .flag, into: \.canary, fallback: "true",
            "Whether a record is produced to and fetched from each broker as a check."),
        .value(
            "resume", .resume, into: \.resume, fallback: "auto",
            "Whether an interrupted operation goes on by itself when the techhost is back."),
    ]

    static let notify: [Field<NotifyDraft>] = [
        .list("to", of: .mail, into: \.to, required: true, "Addresses that get every mail."),
        .value("from", .mail, into: \.from, fallback: "gantry@ the techhost's name", "The sender."),
        .value(
            "daily", .timeOfDay, into: \.daily,
            "When the monitoring daemon writes every day how all is, by the techhost's clock: 08:00."),
        .section("smtp", { smtp }, into: \.smtp, "How mail is submitted; without it, by the local sendmail."),
    ].marked { $0.mark = $1 }

    static let smtp: [Field<SMTPDraft>] = [
        .value(
            "url", .smtpURL, into: \.url, required: true, "The server: smtp:// (STARTTLS when offered) or smtps://."),
        .value("user", .text, into: \.user, "The login; it is used only over TLS."),
        .value("password_file", .file, into: \.passwordFile, "The file that holds the login's password."),
        .value("ca_file", .file, into: \.authorityFile, "Certificates to trust instead of the system's."),
    ].marked { $0.mark = $1 }

    static let monitor: [Field<MonitorDraft>] = [
        .value(
            "interval", .duration(.seconds(5)...(.seconds(3600)), "from 5s to 1h"), into: \.interval, fallback: "30s",
            "Time between two full observations."),
        .value(
            "metrics", .endpoint, into: \.metrics, fallback: "127.0.0.1:9308", "Where the metrics page listens."),
        .value(
            "log", .file, into: \.log, fallback: "/var/log/gantry/dockmon.log",
            "The log of the monitoring daemon."),
    ]

    /// Every key with its path.
    static let entries = SchemaEntry.of(fleet)
}

extension Array {
    /// The same fields, each of which also notes that its section says something, and where.
    fileprivate func marked<Section>(
        _ note: @escaping @Sendable (inout Section, SourceMark) -> Void
    ) -> [Field<Section>] where Element == Field<Section> {
        map { field in
            var field = field
            let read = field.read
            field.read = { node, section, reader in
                note(&section, node.mark)
                read(node, &section, &reader)
            }
            return field
        }
    }
}
