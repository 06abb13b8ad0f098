import FleetModel
import Foundation
import Testing

@testable import FleetConfiguration

/// A template that uses both ways of writing and what else Compose allows.
let richTemplate = """
    version: "3.8"
    x-logging: &logging
      driver: json-file
      options: { max-size: 50m, max-file: "5" }
    x-node: &node
      restart: unless-stopped
      network_mode: host
      logging: *logging
    services:
      broker:
        <<: *node
        labels: [team=orders, "note=a=b", bare]
        environment:
          - KAFKA_HEAP_OPTS=-XX:+UseG1GC
          - PASS_THROUGH
          - PRICE=5$$
          - FLAG=yes
        volumes:
          - ./extra:/extra:ro
          - { type: tmpfs, target: /scratch }
        user: "1000:1000"
        stop_grace_period: 10m
        cap_drop: [ALL]
        hostname: "0777"
        deploy: { resources: { limits: { memory: 1g, cpus: "2" }, reservations: { cpus: "0.5" } } }
      controller:
        <<: *node
        labels: { team: orders, "on": "yes", number: 1 }
        environment: { TZ: Europe/Vienna, RATIO: 1.0, EMPTY: , HOST: "${HOSTNAME}" }
        stop_grace_period: 30s
      exporter:
        image: prom/node-exporter
        restart: "no"
    volumes: { extra: }
    networks: { back: { driver: bridge } }

    """

func layout(_ fleet: FleetSpecification) throws -> ClusterLayout {
    let directory = try #require(DirectoryID(rawValue: "QAAAAAAAAAAAAAAAAAAAAQ"))
    return try ClusterLayout.initial(
        for: fleet, clusterID: try #require(ClusterID(rawValue: "MkU3OEVBNTcwNTJENDM2Qg")),
        directoryIDs: { _ in directory })
}

func template(_ text: String) throws -> ComposeTemplate {
    try ComposeTemplate(Array(text.utf8), file: "k/docker-compose.yml")
}

func stamped(
    _ text: String = richTemplate, fleet: FleetSpecification? = nil, host: Int = 0
) throws -> StampedHost {
    let fleet = try fleet ?? parse(goodFile).specification
    return try template(text).stamped(for: fleet.hosts[host], layout: layout(fleet), fleet: fleet)
}

extension FileToPlace {
    var text: String { String(decoding: contents, as: UTF8.self) }
}

/// Compares with a file under Fixtures; `GANTRY_RECORD=1` writes it anew.
func expectRecorded(_ text: String, at path: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(path)")
    if ProcessInfo.processInfo.environment["GANTRY_RECORD"] == "1" {
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }
    let expected = try? String(contentsOf: file, encoding: .utf8)
    #expect(text == expected, "\(path) differs; record it with GANTRY_RECORD=1", sourceLocation: sourceLocation)
}
