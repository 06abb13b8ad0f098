import FleetModel
import FleetSimulator
import HealthRules
import Operations
import Testing

/// Hosts that carry another cluster than the one that is to be made there.
struct OtherClusterTests {
    /// A host with the files of a cluster of another name, whose one broker listens on `port`.
    private func place(_ name: String, port: UInt16, on stage: PreflightStage) throws {
        let cluster = try #require(ClusterName(rawValue: name))
        let id = try #require(ClusterID(bytes: Array(repeating: 9, count: 16)))
        let node = NodePlacement(
            id: try #require(NodeID(rawValue: 1)), role: .broker, host: stage.hosts[1], port: port,
            dataDirectories: [])
        let files = [
            FileToPlace(
                path: OnHostPath.composeFile(of: cluster),
                contents: PlainFiles.compose([node], cluster: cluster, clusterID: id, image: "i")),
            FileToPlace(
                path: OnHostPath.properties(of: node.id, cluster: cluster), contents: PlainFiles.properties(of: node)),
        ]
        stage.damage { host in for file in files { host.files[file.path] = file } }
    }

    @Test func `a host whose ports another cluster's nodes have is refused by that cluster's name and id`() throws {
        let stage = try PreflightStage()
        try place("payments", port: 9093, on: stage)
        let blockers = Assumptions.blockers(try stage.findings())
        #expect(blockers.map(\.code) == ["other-cluster"])
        let blocker = try #require(blockers.first)
        #expect(blocker.object == "host 10.0.0.12")
        #expect(blocker.reason.contains("cluster payments (id CQkJCQkJCQkJCQkJCQkJCQ)"), "\(blocker.reason)")
        #expect(blocker.reason.contains("9093 (broker 4)"), "\(blocker.reason)")
        #expect(blocker.remedy.contains("name: payments in defaults.cfg"), "\(blocker.remedy)")
    }

    @Test func `two clusters whose ports differ may share a host`() throws {
        let stage = try PreflightStage()
        try place("payments", port: 9192, on: stage)
        #expect(Assumptions.blockers(try stage.findings()).isEmpty)
    }

    @Test func `a host that remembers another cluster of this name is refused by both ids`() throws {
        let stage = try PreflightStage()
        let other = ClusterLayout(
            clusterID: try #require(ClusterID(bytes: Array(repeating: 9, count: 16))), nodes: stage.layout.nodes)
        let path = OnHostPath.layout(of: stage.specification.cluster.name)
        let file = FileToPlace(path: path, contents: Array(try LayoutMemory.text(other).utf8))
        stage.damage { $0.files[path] = file }
        let blockers = Assumptions.blockers(try stage.findings())
        #expect(blockers.map(\.code) == ["other-cluster"] && blockers.map(\.object) == ["host 10.0.0.12"])
        for id in [other.clusterID, stage.layout.clusterID] {
            #expect(blockers.first?.reason.contains(id.rawValue) == true, "\(blockers)")
        }
    }
}
