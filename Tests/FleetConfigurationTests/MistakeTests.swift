import Foundation
import Testing

@testable import FleetConfiguration

/// One change of the good file and all that is said about it.
struct Slip: CustomTestStringConvertible, Sendable {
    var old: String
    var new: String
    var said: [String]

    init(_ old: String, _ new: String, _ said: String...) {
        self.old = old
        self.new = new
        self.said = said
    }

    var testDescription: String { String(new.prefix(60)) }
}

private let slips: [Slip] = [
    // cluster
    Slip(
        "  name: orders\n", "",
        "2:3: cluster.name: is missing: write 1 to 40 of the characters a-z, 0-9 and '-', beginning with a letter or digit"
    ),
    Slip(
        "name: orders", "name: my_orders",
        "2:9: cluster.name: 'my_orders' is not 1 to 40 of the characters a-z, 0-9 and '-', beginning with a letter or digit; did you mean 'my-orders'?"
    ),
    Slip(
        "name: orders", "name:",
        "2:8: cluster.name: has no value: write 1 to 40 of the characters a-z, 0-9 and '-', beginning with a letter or digit"
    ),
    Slip(
        "name: orders", "name: [orders]",
        "2:9: cluster.name: takes 1 to 40 of the characters a-z, 0-9 and '-', beginning with a letter or digit and has a list"
    ),
    Slip(
        "transport: ssh", "transport: shh",
        "3:14: cluster.transport: 'shh' is not ssh, local or simulated; did you mean 'ssh'?"),
    Slip(
        "mode: kraft", "mode: zookeeper", "4:9: cluster.mode: ZooKeeper follows in a later version: write mode: kraft"),
    Slip("mode: kraft", "mode: raft", "4:9: cluster.mode: 'raft' is not kraft or zookeeper; did you mean 'kraft'?"),
    Slip(
        "version: 4.3.1", "version: 4.3",
        "5:12: cluster.version: '4.3' is not a version such as 4.3.1; did you mean '4.3.0'?"),
    Slip(
        "version: 4.3.1", "version: 3.8.1",
        "5:12: cluster.version: Kafka 3.8.1 has no controller quorum that can change while it runs (KIP-853): take 3.9.0 or later"
    ),
    Slip(
        "version: 4.3.1", "version: 4.4.0",
        "6:10: warning: cluster.image: the image's tag says Kafka 4.3.1, and version says 4.4.0"),
    Slip(
        "image: gantry/kafka:4.3.1", "image: Gantry/kafka K",
        "6:10: cluster.image: 'Gantry/kafka K' is not an image such as apache/kafka:4.3.1"),
    Slip(
        "image_archive: k/kafka.tar.gz", "image-archive: k/kafka.tar.gz",
        "7:3: cluster.image-archive: is an unknown key; did you mean 'image_archive'?"),
    Slip(
        "image_archive: k/kafka.tar.gz", "image_archive: ~ops/kafka.tar.gz",
        "7:18: cluster.image_archive: '~ops/kafka.tar.gz' names somebody else's home: write the path in full"),
    Slip(
        "controllers: 3", "controllers: 4",
        "8:16: warning: cluster.controllers: 4 controllers survive no more failures than 3: take an odd number"),
    Slip("controllers: 3", "controllers: 0", "8:16: cluster.controllers: '0' is not a whole number from 1 to 15"),
    Slip("controllers: 3", "controllers: 3\n  heap: 1g", "9:3: cluster.heap: does not belong here but under defaults"),
    // virthosts
    Slip(
        "10.0.0.12, 10.0.0.13]", "10.0.0.12, 10.0.0.11]",
        "9:35: virthosts[2]: 10.0.0.11 is listed twice: the first is virthosts[0] in line 9"),
    Slip(
        "virthosts: [10.0.0.11, 10.0.0.12, 10.0.0.13]", "virthosts: [KAFKA1, kafka1]",
        "9:21: virthosts[1]: kafka1 is listed twice: the first is virthosts[0] in line 9"),
    Slip(
        "virthosts: [10.0.0.11, ", "virthosts: [10.0.0.011, ", "9:13: virthosts[0]: '10.0.0.011' is not an IPv4 address"
    ),
    Slip(
        "virthosts: [10.0.0.11, ", "virthosts: [-oProxyCommand=x, ",
        "9:13: virthosts[0]: '-oProxyCommand=x' is not an address or name of letters, digits and '.', ':', '-', '_', not beginning with '-'"
    ),
    Slip(
        "virthosts: [10.0.0.11, ", "virthosts: [kafka1:22, ",
        "9:13: virthosts[0]: 'kafka1:22' is not an address: a port belongs into ssh.port or ports.broker"),
    Slip(
        "virthosts: [10.0.0.11, 10.0.0.12, 10.0.0.13]", "virthosts: 10.0.0.11",
        "9:12: virthosts: takes a list and has a single value; did you mean '[10.0.0.11]'?"),
    Slip("virthosts: [10.0.0.11, 10.0.0.12, 10.0.0.13]", "virthosts: []", "9:12: virthosts: is an empty list"),
    Slip(
        "virthosts: [10.0.0.11, 10.0.0.12, 10.0.0.13]\n", "",
        "1:1: virthosts: is missing: write a list, each an address or name of letters, digits and '.', ':', '-', '_', not beginning with '-'"
    ),
    // defaults and hosts
    Slip("  brokers: 2\n", "  broker: 2\n", "11:3: defaults.broker: is an unknown key; did you mean 'brokers'?"),
    Slip("brokers: 2\n", "brokers: 0\n", "11:12: defaults.brokers: '0' is not a whole number from 1 to 128, or auto"),
    Slip(
        "brokers: 4", "brokers: four",
        "19:34: hosts.10.0.0.13.brokers: 'four' is not a whole number from 1 to 128, or auto"),
    Slip("rack: b", "rack: b 1", "19:22: hosts.10.0.0.13.rack: 'b 1' is not a rack's name without spaces, or host"),
    Slip("user: root", "user: -l", "13:16: defaults.ssh.user: '-l' is not a login name"),
    Slip("port: 22,", "port: 65536,", "13:28: defaults.ssh.port: '65536' is not a port from 1 to 65535"),
    Slip(
        "identity: ~/.ssh/fleet", "identityfile: ~/.ssh/fleet",
        "13:32: defaults.ssh.identityfile: is an unknown key; did you mean 'identity'?"),
    Slip(
        "data: [/var/lib/kafka-docker/]", "data: [var/lib/kafka]",
        "14:10: defaults.data[0]: 'var/lib/kafka' is relative: a data directory on a virtual host is an absolute path; did you mean '/var/lib/kafka'?"
    ),
    Slip("data: [/var/lib/kafka-docker/]", "data: [/]", "14:10: defaults.data[0]: the root directory cannot hold data"),
    Slip(
        "data: [/var/lib/kafka-docker/]", "data: [/opt/kafka-docker/data]",
        "14:10: defaults.data[0]: '/opt/kafka-docker/data' overlaps /opt/kafka-docker, where gantry keeps its own files"
    ),
    Slip(
        "data: [/var/lib/kafka-docker/]", "data: [\"/a,b\"]",
        "14:10: defaults.data[0]: '/a,b' has a character that is not one of A-Z a-z 0-9 / . _ - + @ ="),
    Slip("data: [/var/lib/kafka-docker/]", "data: [/a/../b]", "14:10: defaults.data[0]: '/a/../b' contains '..'"),
    Slip("data: [/var/lib/kafka-docker/]", "data: [/a, /b, /a/]", "14:18: defaults.data[2]: /a is listed twice"),
    Slip(
        "data: [/disk1, /disk2]", "data: [/disk1/kafka, /disk2, /disk1]",
        "19:66: hosts.10.0.0.13.data[2]: /disk1 overlaps /disk1/kafka: one lies inside the other"),
    Slip(
        "ports: { broker: 9092, controller: 19092 }", "ports: { broker: 9092, controller: 9093 }",
        "15:38: defaults.ports.controller: the brokers listen on 9092 to 9093, and the controller of the same host on 9093"
    ),
    Slip(
        "ports: { broker: 9092,", "ports: { broker: 65534,",
        "15:20: defaults.ports.broker: 4 brokers from port 65534 up need ports beyond 65535; did you mean '65532'?"),
    Slip(
        "ports: { broker: 9092,", "ports: { broker: 22,",
        "15:20: defaults.ports.broker: the brokers listen on 22 to 23, and sshd on 22"),
    Slip(
        "ports: { broker: 9092,", "ports: { brokers: 9092,",
        "15:12: defaults.ports.brokers: is an unknown key; did you mean 'broker'?"),
    Slip("heap: 1g", "heap: 1GB", "16:9: defaults.heap: '1GB' is not a size such as 2g or 512m; did you mean '1g'?"),
    Slip("heap: 1g", "heap: 1024", "16:9: defaults.heap: '1024' has no unit: write a size such as 2g or 512m"),
    Slip("heap: 1g", "heap: 1.5g", "16:9: defaults.heap: '1.5g' is not a whole number; did you mean '1536m'?"),
    Slip("heap: 1g", "heap: 99999999999g", "16:9: defaults.heap: '99999999999g' is too large"),
    Slip(
        "heap: 1g", "heap: 3g",
        "17:11: defaults.memory: memory is 2 GiB and heap 3 GiB: a container's memory holds the heap"),
    Slip(
        "memory: 2g", "memory: 1g",
        "17:11: warning: defaults.memory: memory is 1 GiB and heap 1 GiB: Java needs about a quarter more than its heap, and what is left caches the logs"
    ),
    Slip(
        "  10.0.0.99: { brokers: 1 }", "  10.0.0.99: { brokres: 1 }",
        "20:16: hosts.10.0.0.99.brokres: is an unknown key; did you mean 'brokers'?"),
    Slip(
        "  10.0.0.99: { brokers: 1 }", "  10.0.0.13: { brokers: 1 }",
        "20:3: 10.0.0.13: stands here a second time; the first is in line 19"),
    Slip(
        "  10.0.0.99: { brokers: 1 }", "  10.0.0.99: 4",
        "20:14: hosts.10.0.0.99: takes keys and values, and has a single value"),
    Slip(
        "  10.0.0.99: { brokers: 1 }", "  10.0.0: { brokers: 1 }", "20:3: hosts.10.0.0: '10.0.0' is not an IPv4 address"
    ),
    // kafka
    Slip(
        "default.replication.factor: 3", "default.replication.factor: 9",
        "22:31: kafka.default.replication.factor: 9 replicas need 9 brokers, and 8 are planned; did you mean '8'?"),
    Slip(
        "default.replication.factor: 3", "default.replication.factor: 4",
        "22:31: warning: kafka.default.replication.factor: 4 replicas over 3 racks: the loss of one rack takes several replicas of a partition at once"
    ),
    Slip(
        "default.replication.factor: 3", "default.replication.factor: three",
        "22:31: kafka.default.replication.factor: 'three' is not a whole number from 1 up"),
    Slip(
        "default.replication.factor: 3", "default.replication.facter: 3",
        "22:3: kafka.default.replication.facter: is no setting of Kafka's own; did you mean 'default.replication.factor'?"
    ),
    Slip(
        "min.insync.replicas: 2", "min.insync.replicas: 4",
        "23:24: kafka.min.insync.replicas: 4 is more than default.replication.factor, which is 3: nothing could be written; did you mean '2'?"
    ),
    Slip(
        "min.insync.replicas: 2", "min.insync.replicas: 3",
        "23:24: warning: kafka.min.insync.replicas: equals default.replication.factor: no broker can be stopped without stopping the producers"
    ),
    Slip(
        "  default.replication.factor: 3\n", "",
        "22:24: warning: kafka.min.insync.replicas: 2 is more than default.replication.factor, which is 1 unless you set it: nothing could be written to such a topic"
    ),
    Slip(
        "log.retention.hours: \"168\"", "node.id: 4", "24:3: kafka.node.id: is gantry's own: gantry numbers the nodes"),
    Slip("log.retention.hours: \"168\"", "log.dirs: /x", "24:3: kafka.log.dirs: is gantry's own: set data of the host"),
    Slip(
        "log.retention.hours: \"168\"", "ssl.keystore.location: /x",
        "24:3: kafka.ssl.keystore.location: is gantry's own: security follows in a later version"),
    Slip(
        "log.retention.hours: \"168\"", "retention.ms: 5",
        "24:3: kafka.retention.ms: is a topic's setting; brokers have it under another name; did you mean 'log.retention.ms'?"
    ),
    Slip(
        "log.retention.hours: \"168\"", "offsets.topic.replication.factor: 30",
        "24:37: kafka.offsets.topic.replication.factor: 30 replicas need 30 brokers, and 8 are planned; did you mean '8'?"
    ),
    Slip(
        "log.retention.hours: \"168\"", "log.retention.hours:",
        "24:23: kafka.log.retention.hours: has no value: write a value"),
    // move, notify, monitor, waive
    Slip(
        "throttle: 50MiB/s", "throttle: 50",
        "25:19: move.throttle: '50' has no unit: write a rate such as 50MiB/s; did you mean '50MiB/s'?"),
    Slip("throttle: 50MiB/s", "throttle: 400Mbit/s", "25:19: move.throttle: '400Mbit/s' is not a rate such as 50MiB/s"),
    Slip("throttle: 50MiB/s", "throttle: 0MiB/s", "25:19: move.throttle: a rate of 0 would never move anything"),
    Slip("tolerance: 10%", "tolerance: 101%", "25:39: move.tolerance: '101%' is more than 100%"),
    Slip("canary: true", "canary: ture", "25:52: move.canary: 'ture' is not true or false; did you mean 'true'?"),
    Slip("resume: auto", "resume: always", "25:66: move.resume: 'always' is not auto or ask"),
    Slip(
        "to: [kafka-ops@example.com]", "to: [kafka-ops]",
        "27:8: notify.to[0]: 'kafka-ops' is not a mail address such as kafka-ops@example.com"),
    Slip(
        "to: [kafka-ops@example.com]", "to: [\"a@example.com\\nBcc: b@example.com\"]",
        "27:8: notify.to[0]: 'a@example.com�Bcc: b@example.com' is not a mail address such as kafka-ops@example.com"),
    Slip(
        "  to: [kafka-ops@example.com]\n", "",
        "27:3: notify.to: is missing: write a list, each a mail address such as kafka-ops@example.com"),
    Slip(
        "url: smtp://mail.example.com:587", "url: http://mail.example.com",
        "29:16: notify.smtp.url: 'http://mail.example.com' is neither smtp:// (STARTTLS when offered) nor smtps:// (TLS from the start)"
    ),
    Slip(
        "url: smtp://mail.example.com:587", "url: mail.example.com:587",
        "29:16: notify.smtp.url: 'mail.example.com:587' is not an address such as smtp://mail.example.com:587; did you mean 'smtp://mail.example.com:587'?"
    ),
    Slip(
        "url: smtp://mail.example.com:587", "url: smtp://u:p@mail.example.com",
        "29:16: notify.smtp.url: a login does not belong into the url: write user and password_file"),
    Slip(
        ", password_file: /etc/gantry/smtp.password", "",
        "29:51: notify.smtp.user: a login needs its password: write password_file"),
    Slip("user: gantry, ", "", "29:60: notify.smtp.password_file: a password needs its login: write user"),
    Slip(
        "interval: 30s", "interval: 30",
        "30:22: monitor.interval: '30' has no unit: write a time such as 30s; did you mean '30s'?"),
    Slip("interval: 30s", "interval: 1s", "30:22: monitor.interval: '1s' is not from 5s to 1h"),
    Slip(
        "metrics: 127.0.0.1:9308", "metrics: 9308",
        "30:36: monitor.metrics: '9308' is not an address such as 127.0.0.1:9308, or none; did you mean '127.0.0.1:9308'?"
    ),
    Slip("H7:", "h7:", "31:10: waive.h7: 'h7' is not a clause such as H7; did you mean 'H7'?"),
    Slip("H7: \"the disks are shared on purpose\"", "H7:", "31:14: waive.H7: has no value: write a text"),
    // top level
    Slip(
        "monitor:", "security: { tls: true }\nmonitor:",
        "30:11: security: TLS, logins and ACLs follow in a later version: remove the section"),
    Slip("monitor:", "monitors:", "30:1: monitors: is an unknown key; did you mean 'monitor'?"),
    Slip("monitor:", "throttle: 5MiB/s\nmonitor:", "30:1: throttle: does not belong here but under move"),
    Slip(
        "monitor:", "colour: red\nmonitor:",
        "30:1: colour: is an unknown key; known here: cluster, virthosts, defaults, hosts, kafka, move, notify, monitor, waive, security"
    ),
    Slip("monitor:", "[1]: 2\nmonitor:", "30:1: a key is a word, and here stands a list"),
]

@Suite struct MistakeTests {
    @Test(arguments: slips)
    func `a mistake is said with its place and what is right`(slip: Slip) throws {
        let said = mistakes(try goodFile.with(slip.old, slip.new))
        #expect(said == slip.said, "\(said.joined(separator: "\n"))")
    }

    @Test func `a host that neither defaults nor hosts say anything of is a mistake`() {
        let text = """
            cluster: { name: a, version: 4.3.1 }
            virthosts: [h1, h2, h3]
            hosts: { h1: { brokers: 1 }, h3: }
            """
        #expect(
            mistakes(text) == [
                "2:17: virthosts[1]: h2 has no settings: write them under defaults, or under hosts.h2",
                "2:21: virthosts[2]: h3 has no settings: write them under defaults, or under hosts.h3",
            ])
    }

    @Test func `the same mistake of many hosts is said once, where it was made`() throws {
        let text = try goodFile.with("heap: 1g", "heap: 3g").with("10.0.0.13]", "10.0.0.13, h4, h5, h6]")
        #expect(mistakes(text).count == 1)
    }

    @Test func `an empty file is one mistake and not a list of what is missing`() {
        for text in ["", "# all comments\n", "---\n", "~\n"] {
            let said = mistakes(text)
            #expect(said.count == 1 && said[0].hasPrefix("1:1: the file says nothing"))
        }
    }

    @Test func `an error names the file, each mistake, and what to do`() throws {
        let text = try goodFile.with("heap: 1g", "heap: 3").with("canary: true", "canary: 7")
        let error = try #require(throws: ConfigurationError.self) { try parse(text) }
        #expect(error.code == .invalid)
        #expect(
            error.description == """
                /fleet/defaults.cfg has 2 mistakes
                /fleet/defaults.cfg:16:9: defaults.heap: '3' has no unit: write a size such as 2g or 512m
                /fleet/defaults.cfg:25:52: move.canary: '7' is not true or false
                correct them and run the command again; nothing was changed
                """)
    }

    @Test func `a file of something else does not fill the terminal`() throws {
        let text = (0..<10_000).map { "key\($0): value\n" }.joined()
        let error = try #require(throws: ConfigurationError.self) { try parse(text) }
        #expect(error.diagnostics.count == Diagnostics.limit)
        #expect(error.omitted == 9_802)
        #expect(error.message == "/fleet/defaults.cfg has 10002 mistakes")
    }

    @Test func `more hosts or settings of Kafka than any fleet has are refused, not worked through`() throws {
        let hosts = (0...1000).map { "h\($0)" }.joined(separator: ", ")
        #expect(
            mistakes(try goodFile.with("10.0.0.11, 10.0.0.12, 10.0.0.13", hosts)) == [
                "9:12: virthosts: lists 1001 hosts, and gantry carries 1000"
            ])
        let settings = (0...1000).map { "  my.plugin.\($0): x\n" }.joined()
        let said = mistakes(try goodFile.with("  default.replication.factor: 3\n", settings))
        #expect(said.count == 1 && said[0].hasSuffix("has more than 1000 settings"))
    }

    @Test func `a tag that means nothing here is said`() throws {
        #expect(
            mistakes(try goodFile.with("heap: 1g", "heap: !size 1g")) == [
                "16:9: defaults.heap: has the tag !size, which means nothing here"
            ])
        #expect(mistakes(try goodFile.with("brokers: 2\n", "brokers: !!int 2\n")) == [])
    }

    @Test func `a value of another size than a setting's does not appear whole in the message`() throws {
        let said = mistakes(try goodFile.with("canary: true", "canary: \(String(repeating: "x", count: 100_000))"))
        #expect(said.count == 1 && said[0].count < 200)
    }
}
