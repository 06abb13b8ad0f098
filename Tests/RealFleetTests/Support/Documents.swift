/// `clusterstatus --format json`, as far as tests read it.
struct StatusDocument: Decodable {
    struct Cluster: Decodable {
        let name: String
        let id: String?
        let controller: Int?
    }

    struct Host: Decodable {
        let host: String
        let state: String
    }

    struct Broker: Decodable {
        struct Canary: Decodable {
            let ok: Bool?
        }

        let id: Int
        let host: String?
        let port: Int?
        let state: String
        let container: String
        let partitions: Int?
        let canary: Canary?
    }

    struct Member: Decodable {
        let id: Int
        let host: String?
        let state: String
    }

    struct Partitions: Decodable {
        let total: Int
        let offline: Int
        /// Null while no controller is there to ask.
        let reassigning: Int?
    }

    let severity: String
    let tookMs: Double
    let cluster: Cluster
    let hosts: [Host]
    let brokers: [Broker]
    let quorum: [Member]
    let partitions: Partitions
    let findings: [FindingDocument]
}

/// One finding, of whatever document.
struct FindingDocument: Decodable {
    let rule: String
    let severity: String
    let subject: String
    let evidence: String
    let remedy: String
}

/// What an operation answers with.
struct OperationDocument: Decodable {
    struct Failure: Decodable {
        let code: String
        let object: String
        let reason: String
        let remedy: String
        let evidence: [String]
    }

    struct Step: Decodable {
        let id: String
        let state: String
        let failure: Failure?
    }

    struct Host: Decodable {
        let host: String
        let result: String
        let detail: String
    }

    let operation: String?
    let result: String
    let steps: [Step]
    let hosts: [Host]
    let findings: [FindingDocument]

    var failures: [Failure] { steps.compactMap(\.failure) }
}

/// `operation list`.
struct OperationList: Decodable {
    struct Row: Decodable {
        let id: String
        let command: String
        let state: String
    }

    let operations: [Row]
}

/// An error, which takes the place of a command's document.
struct ErrorDocument: Decodable {
    struct Body: Decodable {
        let code: String
        let message: String
        let object: String?
        let cause: String?
        let next: String?
        let details: [Body]?
    }

    let error: Body
}
