import FleetModel
import Operations
import Testing

@testable import FleetSimulator

struct ComposeFileTests {
    static let stamped = """
        # Cluster orders on 10.0.0.11.
        version: "2.4"
        x-node:
          restart: "no"
        services:
          broker-1:
            network_mode: host
            restart: unless-stopped
            environment:
              KAFKA_HEAP_OPTS: "-Xms1024m -Xmx1024m"
              image: this is no image
            image: "registry.example.com:5000/kafka:4.3.1"
            container_name: orders-broker-1
            entrypoint:
            - /opt/kafka/bin/kafka-server-start.sh
            command:
            - /opt/kafka-docker/orders/1.properties
            mem_limit: "2147483648"
            volumes:
            - type: bind
              source: /opt/kafka-docker/orders
            labels:
              gantry.node: "1"
              gantry.role: broker
              gantry.config: e9998ff68a1f2887
          controller-9001:
            restart: always
            labels: {}
        volumes:
          left: {}
        """

    @Test func `a stamped file's services are read, and nothing else in it`() throws {
        let file = ComposeFile(Self.stamped)
        #expect(file.services.map(\.name) == ["broker-1", "controller-9001"])
        let broker = try #require(file.service("broker-1"))
        #expect(broker.node == NodeID(rawValue: 1))
        #expect(broker.role == .broker)
        #expect(broker.restart == .unlessStopped)
        #expect(broker.image == "registry.example.com:5000/kafka:4.3.1")
        #expect(broker.containerName == "orders-broker-1")
        #expect(broker.properties == "/opt/kafka-docker/orders/1.properties")
        #expect(broker.memory == 2_147_483_648)
        #expect(broker.labels[ContainerLabel.config] == "e9998ff68a1f2887")
        #expect(file.service("controller-9001")?.restart == .always)
        #expect(file.service("controller-9001")?.node == nil)
    }

    @Test(arguments: [
        "", "\u{0}\u{1}", "services:", "services:\n  :\n    - \n  x", "services:\n    deep:\n      a: b", "x: y",
    ])
    func `what is no Compose file has no services worth starting`(text: String) {
        #expect(ComposeFile(text).services.allSatisfy { $0.node == nil })
    }

    @Test func `properties tell where a node listens and keeps its data`() {
        let properties = NodeProperties(
            """
            # comment=1
            node.id=7
            listeners=PLAINTEXT://:9093
            advertised.listeners=PLAINTEXT://[fd00::1]:9093,OTHER://x:1
            log.dirs=/a/orders/7,/b/orders/7
            """)
        #expect(properties.node == NodeID(rawValue: 7))
        #expect(properties.endpoint == Endpoint(host: "fd00::1", port: 9093))
        #expect(properties.directories == ["/a/orders/7", "/b/orders/7"])
        #expect(NodeProperties("node.id=x\nadvertised.listeners=://").endpoint == nil)
    }
}
