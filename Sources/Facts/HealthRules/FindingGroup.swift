/// A finding with those that follow from it: what people are shown as one.
public struct FindingGroup: Hashable, Sendable {
    /// The cause.
    public var finding: Finding
    /// What would not be there without it.
    public var consequences: [Finding]

    /// `finding` and what follows from it.
    public init(_ finding: Finding, consequences: [Finding] = []) {
        self.finding = finding
        self.consequences = consequences
    }

    /// What it takes along: `brokers 3, 4 and controller 9002`; nil where nothing follows.
    public var taken: String? {
        var kinds: [(kind: Substring, names: [Substring])] = []
        for consequence in consequences {
            let parts = consequence.subject.split(separator: " ", maxSplits: 1)
            guard let kind = parts.first, let name = parts.last, parts.count == 2 else { continue }
            if let known = kinds.firstIndex(where: { $0.kind == kind }) {
                if !kinds[known].names.contains(name) { kinds[known].names.append(name) }
            } else {
                kinds.append((kind, [name]))
            }
        }
        guard !kinds.isEmpty else { return nil }
        return kinds.map { "\($0.kind)\($0.names.count == 1 ? "" : "s") \($0.names.joined(separator: ", "))" }
            .joined(separator: " and ")
    }
}

extension Sequence<Finding> {
    /// The findings that stand by themselves, in their order, each with what follows from it.
    public var groups: [FindingGroup] {
        var groups: [FindingGroup] = []
        var consequences: [String: [Finding]] = [:]
        for finding in self {
            if let cause = finding.follows {
                consequences[cause, default: []].append(finding)
            } else {
                groups.append(FindingGroup(finding))
            }
        }
        for index in groups.indices {
            // Of two findings of a host the first, and worst, takes what follows.
            groups[index].consequences = consequences.removeValue(forKey: groups[index].finding.subject) ?? []
        }
        // A cause that is not among them explains nothing: what names it stands by itself.
        let orphans = filter { $0.follows.map { consequences[$0] != nil } ?? false }
        return groups + orphans.map { FindingGroup($0) }
    }
}
