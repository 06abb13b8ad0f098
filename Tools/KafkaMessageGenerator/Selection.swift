/// One API that is generated: its name in Kafka's definitions, and what Kafka's definitions do not say about it.
struct SelectedAPI {
    let name: String
    let destination: String
    let isReadOnly: Bool

    private init(_ name: String, _ destination: String, readOnly: Bool) {
        self.name = name
        self.destination = destination
        self.isReadOnly = readOnly
    }

    private static func reads(_ name: String, _ destination: String) -> SelectedAPI {
        SelectedAPI(name, destination, readOnly: true)
    }

    private static func writes(_ name: String, _ destination: String) -> SelectedAPI {
        SelectedAPI(name, destination, readOnly: false)
    }

    /// What Gantry and its tests use.
    static let all: [SelectedAPI] = [
        // Connections
        reads("ApiVersions", "thatNode"),
        writes("SaslHandshake", "thatNode"),
        writes("SaslAuthenticate", "thatNode"),
        // Cluster
        reads("Metadata", "anyNode"),
        reads("DescribeCluster", "anyNode"),
        reads("DescribeQuorum", "anyNode"),
        reads("DescribeTopicPartitions", "anyNode"),
        writes("UpdateFeatures", "controller"),
        writes("UnregisterBroker", "controller"),
        writes("UnregisterController", "controller"),
        writes("AddRaftVoter", "controller"),
        writes("RemoveRaftVoter", "controller"),
        // Topics and partitions
        writes("CreateTopics", "controller"),
        writes("DeleteTopics", "controller"),
        writes("CreatePartitions", "controller"),
        writes("ElectLeaders", "controller"),
        writes("AlterPartitionReassignments", "controller"),
        reads("ListPartitionReassignments", "controller"),
        // Directories and configuration
        reads("DescribeLogDirs", "thatNode"),
        writes("AlterReplicaLogDirs", "thatNode"),
        reads("DescribeConfigs", "anyNode"),
        writes("IncrementalAlterConfigs", "anyNode"),
        reads("ListConfigResources", "anyNode"),
        // Records
        writes("Produce", "partitionLeader"),
        reads("Fetch", "partitionLeader"),
        reads("ListOffsets", "partitionLeader"),
        reads("DescribeProducers", "partitionLeader"),
        // Groups
        reads("FindCoordinator", "anyNode"),
        reads("ListGroups", "thatNode"),
        reads("DescribeGroups", "coordinator"),
        reads("OffsetFetch", "coordinator"),
        writes("DeleteGroups", "coordinator"),
        // Security
        reads("DescribeUserScramCredentials", "anyNode"),
        writes("AlterUserScramCredentials", "controller"),
        reads("DescribeAcls", "anyNode"),
        writes("CreateAcls", "controller"),
        writes("DeleteAcls", "controller"),
    ]
}
