public import FleetModel

/// Whom a change of settings is sent to.
public enum SettingsAddressee: Hashable, Sendable {
    /// The active controller, which takes those of several brokers and topics, dead brokers too.
    case controller
    /// A broker: its own, topics', and the default of all.
    case broker(NodeID)
}

extension SimulatedKafka {
    /// IncrementalAlterConfigs (KIP-339): each owner's changes are taken or refused together.
    public mutating func changeSettings(
        _ changes: [ConfigurationOwner: [SettingChange]], at addressee: SettingsAddressee
    ) -> [KafkaAnswer<ConfigurationOwner>] {
        changes.sorted { $0.key.description < $1.key.description }.map { owner, changes in
            var values = configuration.values[ConfigurationStore.key(owner)] ?? [:]
            if let (code, message) = refusal(of: owner, at: addressee) { return KafkaAnswer(owner, code, message) }
            var seen: Set<String> = []
            for change in changes {
                guard seen.insert(change.name).inserted else {
                    return KafkaAnswer(owner, .invalidRequest, "Error due to duplicate config keys")
                }
                if let (code, message) = apply(change, to: &values, of: owner, at: addressee) {
                    return KafkaAnswer(owner, code, message)
                }
            }
            configuration.values[ConfigurationStore.key(owner)] = values.isEmpty ? nil : values
            for change in changes { takeEffect(change.name, of: owner) }
            return KafkaAnswer(owner)
        }
    }

    private func refusal(of owner: ConfigurationOwner, at addressee: SettingsAddressee) -> (KafkaCode, String)? {
        switch owner {
        case .topic(let name): return topicIndex[name] == nil ? (.unknownTopicOrPartition, "no such topic") : nil
        case .allBrokers: return nil
        case .broker(let id):
            if case .broker(let asked) = addressee, asked != id {
                return (.invalidRequest, "Unexpected broker id, expected \(asked), but received \(id)")
            }
            guard let slot = slots[id.rawValue], brokers[slot].isRegistered else {
                return (.brokerIDNotRegistered, "No broker with id \(id) found.")
            }
            return nil
        }
    }

    /// Does a change to the values; or says why Kafka would not.
    private func apply(
        _ change: SettingChange, to values: inout [String: String], of owner: ConfigurationOwner,
        at addressee: SettingsAddressee
    ) -> (KafkaCode, String)? {
        let present = values[change.name]
        let new: String?
        switch change.action {
        case .set(let value): new = value
        case .delete: new = nil
        case .append(let items), .subtract(let items):
            guard SettingName.lists.contains(change.name) else {
                return (.invalidConfig, "Can't change \(change.name) as a list: its type is not LIST.")
            }
            var list = (present ?? "").split(separator: ",").map(String.init)
            if case .append = change.action {
                if list == ["*"] { return (.invalidConfig, "\(change.name) is * already.") }
                for item in items where !list.contains(item) { list.append(item) }
            } else {
                list.removeAll(where: items.contains)
            }
            new = list.joined(separator: ",")
        }
        if let refusal = defect(of: new, change.name, owner, addressee, isDeleted: change.action == .delete) {
            return refusal
        }
        values[change.name] = new
        return nil
    }

    private func defect(
        of value: String?, _ name: String, _ owner: ConfigurationOwner, _ addressee: SettingsAddressee, isDeleted: Bool
    ) -> (KafkaCode, String)? {
        if SettingName.throttledReplicas.contains(name), let value, ThrottledReplicas(value) == nil {
            return (.invalidConfig, "Invalid value \(value) for configuration \(name)")
        }
        if SettingName.rates.contains(name), let value, Int64(value).map({ $0 < 0 }) ?? true {
            return (.invalidConfig, "Invalid value \(value) for configuration \(name)")
        }
        switch name {
        case SettingName.minInSync: return minInSyncDefect(value, owner, isDeleted: isDeleted)
        case SettingName.cordon: return cordonDefect(value, owner, addressee)
        default: return nil
        }
    }

    private func minInSyncDefect(
        _ value: String?, _ owner: ConfigurationOwner, isDeleted: Bool
    ) -> (KafkaCode, String)? {
        if let value, Int32(value).map({ $0 < 1 }) ?? true {
            return (.invalidRequest, "Invalid value \(value) for configuration min.insync.replicas")
        }
        guard model.eligibleLeaderReplicas else { return nil }
        switch owner {
        case .topic: return nil
        case .broker:
            return (.invalidConfig, "Broker-level min.insync.replicas cannot be altered while ELR is enabled.")
        case .allBrokers:
            let reason = "Cluster-level min.insync.replicas cannot be removed while ELR is enabled."
            return isDeleted ? (.invalidConfig, reason) : nil
        }
    }

    private func cordonDefect(
        _ value: String?, _ owner: ConfigurationOwner, _ addressee: SettingsAddressee
    ) -> (KafkaCode, String)? {
        guard case .broker(let id) = owner, let slot = slots[id.rawValue] else {
            return (.invalidRequest, "cordoned.log.dirs is a setting of single brokers.")
        }
        guard model.cordons else {
            return (
                .invalidConfig,
                "cordoned.log.dirs cannot be set because it requires metadata.version >= 4.3-IV0"
            )
        }
        guard let value, !value.isEmpty else { return nil }
        guard case .broker = addressee else {
            let present = Set((configuration.value(SettingName.cordon, of: owner) ?? "").split(separator: ","))
            if Set(value.split(separator: ",")).isSubset(of: present) { return nil }
            return (
                .invalidConfig,
                "When changing cordoned.log.dirs via controllers, the new value must be a subset of the current "
                    + "configuration value."
            )
        }
        if value == "*" { return nil }
        let known = Set(brokers[slot].directories.map(\.path))
        let isKnown = value.split(separator: ",").allSatisfy { known.contains(String($0)) }
        return isKnown ? nil : (.invalidRequest, "Invalid entry in cordoned.log.dirs: \(value)")
    }

    private mutating func takeEffect(_ name: String, of owner: ConfigurationOwner) {
        switch (name, owner) {
        case (SettingName.leaderReplicas, .topic(let topic)), (SettingName.followerReplicas, .topic(let topic)):
            relistThrottled(topic)
        case (SettingName.minInSync, .topic(let topic)):
            if let place = topicIndex[topic] { reviewMinInSync(place) }
        case (SettingName.minInSync, .allBrokers): for place in topics.indices { reviewMinInSync(place) }
        case (SettingName.leaderRate, .broker(let id)), (SettingName.followerRate, .broker(let id)):
            setRate(name, of: id)
        case (SettingName.cordon, .broker(let id)):
            events.add(.cordonActs(broker: id.rawValue), at: now + model.cordonActsAfter)
        default: break
        }
    }

    private mutating func relistThrottled(_ name: String) {
        guard let place = topicIndex[name] else { return }
        for index in topics[place].partitions { account(Int(index), -1) }
        func list(_ setting: String) -> ThrottledReplicas {
            configuration.value(setting, of: .topic(name)).flatMap(ThrottledReplicas.init) ?? .none
        }
        topics[place].leaderThrottled = list(SettingName.leaderReplicas)
        topics[place].followerThrottled = list(SettingName.followerReplicas)
        topics[place].throttling &+= 1
        for index in topics[place].partitions { account(Int(index), 1) }
        copying.isDirty = true
    }

    private mutating func reviewMinInSync(_ place: Int) {
        topics[place].minInSync = configuration.minInSyncReplicas(of: topics[place].name)
        for index in topics[place].partitions { review(Int(index)) { _ in } }
    }

    private mutating func setRate(_ name: String, of id: NodeID) {
        guard let slot = slots[id.rawValue] else { return }
        // Until now the old rate held.
        if copying.since < now || copying.isDirty { refreshCopying() }
        let value = configuration.value(name, of: .broker(id)).flatMap { Int64($0) }
        let rate = value.flatMap { $0 >= Traffic.greatestRate ? nil : $0 }
        if name == SettingName.leaderRate {
            brokers[slot].leaderMeter.set(rate, model, at: now)
        } else {
            brokers[slot].followerMeter.set(rate, model, at: now)
        }
        copying.isDirty = true
    }

    mutating func cordonActs(_ id: Int32) {
        guard let slot = slots[id], let node = NodeID(rawValue: id) else { return }
        let value = configuration.value(SettingName.cordon, of: .broker(node)) ?? ""
        let paths = Set(value.split(separator: ",").map(String.init))
        for place in brokers[slot].directories.indices {
            brokers[slot].directories[place].isCordoned =
                value == "*" || paths.contains(brokers[slot].directories[place].path)
        }
        brokers[slot].isCordoned = brokers[slot].directories.allSatisfy(\.isCordoned)
    }

    /// What controllers bring along at the first start of all: the default `min.insync.replicas` (KIP-966).
    mutating func bootstrapSettings(from node: SimulatedNode) {
        guard model.eligibleLeaderReplicas,
            configuration.value(SettingName.minInSync, of: .allBrokers) == nil
        else { return }
        configuration.set(node.settings[SettingName.minInSync] ?? "1", SettingName.minInSync, of: .allBrokers)
    }

    /// DescribeConfigs, of what was set on the running cluster alone. A broker's own are known to it alone, and are
    /// lost from sight when it does not answer.
    public func dynamicSettings(_ names: [String], of owner: ConfigurationOwner) -> Known<[Setting]> {
        let own = configuration.values[ConfigurationStore.key(owner)] ?? [:]
        let common = configuration.values[ConfigurationStore.key(.allBrokers)] ?? [:]
        let source: Setting.Source
        switch owner {
        case .topic(let name):
            guard topicIndex[name] != nil else { return .unknown(reason: "there is no topic \(name)") }
            source = .topic
        case .broker(let id):
            guard answers(id) else { return .unknown(reason: "broker \(id) does not answer") }
            source = .broker
        case .allBrokers: source = .allBrokers
        }
        return .known(
            names.compactMap { name in
                if let value = own[name] { return Setting(name: name, value: value, source: source) }
                // A default rate is taken and never shown at brokers.
                guard !SettingName.rates.contains(name), let value = common[name] else { return nil }
                return Setting(name: name, value: value, source: .allBrokers)
            })
    }
}
