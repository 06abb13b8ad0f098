public import FleetModel
import KafkaProtocol

extension KafkaAdmin {
    /// Settings of topics and brokers. Each broker's own are asked of that broker, so a dead one's cannot be read.
    ///
    /// - Parameters:
    ///   - owners: Whose settings.
    ///   - names: Which settings; `.all` is large.
    /// - Returns: What could be read, and why the rest could not.
    public func describeSettings(
        of owners: [ConfigurationOwner], _ names: Selection<String> = .all
    ) async -> (settings: [ConfigurationOwner: [Setting]], failed: PartialResult<ConfigurationOwner>) {
        var settings: [ConfigurationOwner: [Setting]] = [:]
        var failed = PartialResult<ConfigurationOwner>()
        var keys: [String]?
        if case .only(let names) = names { keys = names }
        for (owners, answer) in await forEachRoute(
            owners, { $0 },
            { [keys] target, owners throws(KafkaAdminError) in
                try await call(
                    DescribeConfigsRequest(
                        resources: owners.map {
                            .init(resourceType: $0.kafkaType, resourceName: $0.kafkaName, configurationKeys: keys)
                        }), AdminOperation("read settings"), at: target)
            })
        {
            switch answer {
            case .failure(let error): for owner in owners { failed.fail(owner, error) }
            case .success(let response):
                for result in response.results {
                    guard let owner = ConfigurationOwner(result.resourceType, result.resourceName) else { continue }
                    failed.record(owner, "read the settings", result.errorCode, result.errorMessage)
                    if result.errorCode.isSuccess { settings[owner] = result.configs.map(Setting.init) }
                }
                failed.expect(owners, "read the settings")
            }
        }
        return (settings, failed)
    }

    /// Changes settings. A broker's own go to that broker or, when the audience is controllers, to the active one,
    /// which takes them for dead brokers too (but neither sets nor widens a cordon).
    ///
    /// Appending and subtracting are idempotent and lose no one else's entries. One owner's changes are made together.
    /// - Returns: What was changed, and why the rest was not.
    public func changeSettings(
        _ changes: [ConfigurationOwner: [SettingChange]], validateOnly: Bool = false
    ) async -> PartialResult<ConfigurationOwner> {
        var outcome = PartialResult<ConfigurationOwner>()
        let rows: [(owner: ConfigurationOwner, changes: [SettingChange])] = changes.map { ($0.key, $0.value) }.sorted {
            "\($0.owner)" < "\($1.owner)"
        }
        for (rows, answer) in await forEachRoute(
            rows, { $0.owner },
            { target, rows throws(KafkaAdminError) in
                try await call(
                    IncrementalAlterConfigsRequest(
                        resources: rows.map { row in
                            .init(
                                resourceType: row.owner.kafkaType, resourceName: row.owner.kafkaName,
                                configs: row.changes.map(IncrementalAlterConfigsRequest.AlterableConfig.init))
                        }, validateOnly: validateOnly), AdminOperation("change settings"), at: target)
            })
        {
            switch answer {
            case .failure(let error): for row in rows { outcome.fail(row.owner, error) }
            case .success(let response):
                for result in response.responses {
                    guard let owner = ConfigurationOwner(result.resourceType, result.resourceName) else { continue }
                    outcome.record(owner, "change the settings", result.errorCode, result.errorMessage)
                }
                outcome.expect(rows.map { $0.owner }, "change the settings")
            }
        }
        return outcome
    }

    /// Sends one request a route, side by side within bounds.
    private func forEachRoute<Row: Sendable, Response: Sendable>(
        _ rows: [Row], _ owner: (Row) -> ConfigurationOwner,
        _ send: @escaping @Sendable (RequestTarget, [Row]) async throws(KafkaAdminError) -> Response
    ) async -> [([Row], Result<Response, KafkaAdminError>)] {
        var waiting = Dictionary(grouping: rows) { route(of: owner($0)) }.map { ($0.key, $0.value) }[...]
        return await withTaskGroup(of: ([Row], Result<Response, KafkaAdminError>).self) { group in
            func startNext() {
                guard let (target, rows) = waiting.popFirst() else { return }
                group.addTask {
                    do throws(KafkaAdminError) {
                        return (rows, .success(try await send(target, rows)))
                    } catch {
                        return (rows, .failure(error))
                    }
                }
            }
            for _ in 0..<Self.concurrentBrokers { startNext() }
            var answers: [([Row], Result<Response, KafkaAdminError>)] = []
            for await answer in group {
                answers.append(answer)
                startNext()
            }
            return answers
        }
    }

    private func route(of owner: ConfigurationOwner) -> RequestTarget {
        switch (audience, owner) {
        case (.controllers, _): .controller
        case (.brokers, .broker(let id)): .node(id)
        case (.brokers, _): .anyNode
        }
    }
}

extension ConfigurationOwner {
    fileprivate var kafkaType: Int8 {
        switch self {
        case .topic: 2
        case .broker, .allBrokers: 4
        }
    }

    fileprivate var kafkaName: String {
        switch self {
        case .topic(let name): name
        case .broker(let id): "\(id)"
        case .allBrokers: ""
        }
    }

    fileprivate init?(_ type: Int8, _ name: String) {
        switch (type, name) {
        case (2, _): self = .topic(name)
        case (4, ""): self = .allBrokers
        case (4, _):
            guard let id = NodeID(name) else { return nil }
            self = .broker(id)
        default: return nil
        }
    }
}

extension Setting {
    fileprivate init(_ config: DescribeConfigsResponse.DescribeConfigsResourceResult) {
        self.init(
            name: config.name, value: config.value, source: Source(rawValue: config.configSource) ?? .unknown,
            isReadOnly: config.readOnly, isSensitive: config.isSensitive)
    }
}

extension IncrementalAlterConfigsRequest.AlterableConfig {
    fileprivate init(_ change: SettingChange) {
        switch change.action {
        case .set(let value): self.init(name: change.name, configOperation: 0, value: value)
        case .delete: self.init(name: change.name, configOperation: 1, value: nil)
        case .append(let values):
            self.init(name: change.name, configOperation: 2, value: values.joined(separator: ","))
        case .subtract(let values):
            self.init(name: change.name, configOperation: 3, value: values.joined(separator: ","))
        }
    }
}
