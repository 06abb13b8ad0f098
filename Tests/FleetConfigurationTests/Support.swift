import FleetModel
import Foundation
import Testing

@testable import FleetConfiguration

/// A `defaults.cfg` that uses every setting, and is right.
let goodFile = """
    cluster:
      name: orders
      transport: ssh
      mode: kraft
      version: 4.3.1
      image: gantry/kafka:4.3.1
      image_archive: k/kafka.tar.gz
      controllers: 3
    virthosts: [10.0.0.11, 10.0.0.12, 10.0.0.13]
    defaults:
      brokers: 2
      rack: host
      ssh: { user: root, port: 22, identity: ~/.ssh/fleet, config: ssh/config, known_hosts: ssh/../known_hosts }
      data: [/var/lib/kafka-docker/]
      ports: { broker: 9092, controller: 19092 }
      heap: 1g
      memory: 2g
    hosts:
      10.0.0.13: { rack: b, brokers: 4, data: [/disk1, /disk2], ssh: { user: ops } }
      10.0.0.99: { brokers: 1 }
    kafka:
      default.replication.factor: 3
      min.insync.replicas: 2
      log.retention.hours: "168"
    move: { throttle: 50MiB/s, tolerance: 10%, canary: true, resume: auto }
    notify:
      to: [kafka-ops@example.com]
      from: gantry@techhost.example.com
      smtp: { url: smtp://mail.example.com:587, user: gantry, password_file: /etc/gantry/smtp.password }
    monitor: { interval: 30s, metrics: 127.0.0.1:9308, log: /var/log/gantry/dockmon.log }
    waive: { H7: "the disks are shared on purpose" }

    """

func parse(_ text: String, directory: String = "/fleet", home: String? = "/home/ops") throws -> FleetConfiguration {
    try parse(Array(text.utf8), directory: directory, home: home)
}

func parse(_ bytes: [UInt8], directory: String = "/fleet", home: String? = "/home/ops") throws -> FleetConfiguration {
    try FleetConfiguration.parse(bytes, directory: FleetDirectory(path: directory), home: home)
}

/// What is wrong with `text`, a line each, without the file's name: `12:3: path: message`.
func mistakes(_ text: String) -> [String] { mistakes(Array(text.utf8)) }

func mistakes(_ bytes: [UInt8]) -> [String] {
    do {
        let good = try FleetConfiguration.parse(bytes, directory: FleetDirectory(path: "/fleet"), home: "/home/ops")
        return good.warnings.map(withoutFile)
    } catch {
        return error.diagnostics.map(withoutFile)
    }
}

private func withoutFile(_ diagnostic: Diagnostic) -> String {
    let text = diagnostic.description
    let prefix = "/fleet/defaults.cfg:"
    return text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
}

extension String {
    /// The good file with one piece replaced, which must be there.
    func with(_ old: String, _ new: String) throws -> String {
        _ = try #require(range(of: old), "the file has no '\(old)'")
        return replacingOccurrences(of: old, with: new)
    }
}
