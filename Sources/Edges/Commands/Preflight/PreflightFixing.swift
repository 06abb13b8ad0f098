import FleetConfiguration
import FleetModel
import FleetRuntime
import HealthRules
import Observation

/// `gantry preflight --fix`: shows, asks, does, checks again.
struct PreflightFixing {
    let context: CommandContext
    let configuration: FleetConfiguration
    let changes: ChangeValues

    func run(_ hosts: [HostName], clauses: Set<String>) async throws -> ExitStatus {
        let place = context.place(of: configuration)
        if !changes.isDryRun, let journal = try place.existingJournal() {
            try OperationLauncher.refuseLeased(configuration.specification.cluster.name, in: journal)
        }
        return try await context.withSession(configuration) { session in
            let before = try await context.beforeChange(.hosts(of: configuration)) {
                try await session.preflight(hosts, directory: configuration.directory, fixing: clauses)
            }
            let open = before.findings.filter { clauses.isEmpty || clauses.contains($0.clause) }
            var report = FixReport(before: open, fixes: before.fixes)
            if changes.isDryRun || before.fixes.isEmpty {
                context.show(report)
                return before.fixes.isEmpty ? PreflightReport(findings: open).exit : .done
            }
            if !changes.isConfirmed { context.note(report.preview) }
            let count = Set(before.fixes.map(\.host)).count
            guard try context.confirm("Run these on \(counted(count, "host"))?", changes) else { return .refused }
            for (index, fix) in before.fixes.enumerated() {
                do throws(HostProblem) {
                    try await session.make(fix) { context.detail($0) }
                    context.note("\(fix.host): \(fix.clause) \(fix.title)")
                } catch {
                    report.failures[index] = error
                    context.note("\(fix.host): \(fix.clause) failed: \(error.reason)")
                }
            }
            let after = try await context.whileLooking(Looking("checking again")) {
                try await session.preflight(hosts, directory: configuration.directory)
            }
            report.after = after.findings.filter { clauses.isEmpty || clauses.contains($0.clause) }
            context.show(report)
            return report.exit
        }
    }
}

/// What would be changed, or was, and how the clauses stood before and after.
struct FixReport: Report {
    let before: [ClauseFinding]
    let fixes: [PlannedFix]
    /// Nil: nothing was changed.
    var after: [ClauseFinding]?
    /// Why a fix failed, by its place in `fixes`.
    var failures: [Int: HostProblem] = [:]

    /// What came of one fix.
    private enum Result: String {
        case planned, fixed, failed
        /// It is made, and counts from the next boot on.
        case needsReboot = "needs a reboot"
        /// It is made, and the clause is not met for another reason.
        case unmet = "still not met"
    }

    private func finding(_ fix: PlannedFix, in findings: [ClauseFinding]) -> ClauseVerdict? {
        findings.first { $0.clause == fix.clause && $0.host == fix.host }?.verdict
    }

    private func result(_ index: Int) -> Result {
        guard let after else { return .planned }
        if failures[index] != nil { return .failed }
        let fix = fixes[index]
        if finding(fix, in: after)?.result == .pass { return .fixed }
        return fix.needsReboot ? .needsReboot : .unmet
    }

    /// The worst of the clauses that were to be fixed, as they stand now; a change that failed counts as a failure.
    var exit: ExitStatus {
        guard let after else { return .done }
        return failures.isEmpty ? PreflightReport(findings: after).exit : .failed
    }

    var json: JSONValue {
        var members: [(String, JSONValue)] = []
        if case .object(let clauses) = PreflightReport(findings: after ?? before).json {
            members = clauses.members.map { ($0.name, $0.value) }
        }
        members.append(
            (
                "fixes",
                .array(
                    fixes.indices.map { index in
                        let fix = fixes[index]
                        return [
                            "clause": .string(fix.clause), "host": .string(fix.host.rawValue),
                            "commands": .array(fix.commands.map { .string($0) }),
                            "before": finding(fix, in: before).map { .string($0.result.rawValue) } ?? .null,
                            "after": after.flatMap { finding(fix, in: $0) }.map { .string($0.result.rawValue) }
                                ?? .null,
                            "result": .string(result(index).rawValue),
                            "reason": failures[index].map { .string($0.reason) } ?? .null,
                        ]
                    })
            ))
        return .object(JSONObject(members))
    }

    var document: Document {
        guard !fixes.isEmpty else { return Document([.text(Cell("there is nothing that gantry could fix"))]) }
        guard let after else { return Document([.lines(commands)]) }
        let rows = fixes.indices.map { index -> [Cell] in
            let fix = fixes[index]
            let (old, new) = (finding(fix, in: before), finding(fix, in: after))
            let result = result(index)
            return [
                Cell(fix.clause, .strong), Cell(fix.host.rawValue),
                Cell(result.rawValue, result == .fixed ? .good : result == .failed ? .bad : .notice),
                Cell("\(old?.evidence ?? "") → \(failures[index]?.reason ?? new?.evidence ?? "")"),
            ]
        }
        let columns: [Table.Column] = [
            .init("clause", "CLAUSE"), .init("host", "HOST"), .init("result", "RESULT"),
            .init("change", "BEFORE → AFTER", canShrink: true),
        ]
        return Document([
            .table(Table("fix", columns, rows)),
            .findings(
                failures.sorted { $0.key < $1.key }.map { index, problem in
                    FindingRow(
                        Cell("failed", .bad), rule: fixes[index].clause, subject: "host \(fixes[index].host)",
                        evidence: problem.reason, remedy: problem.remedy)
                }),
        ])
    }

    /// What would run, host by host.
    var preview: String { commands.joined(separator: "\n") }

    private var commands: [String] {
        var host: HostName?
        return fixes.sorted { $0.host < $1.host }.flatMap { fix -> [String] in
            defer { host = fix.host }
            let heading = host == fix.host ? [] : ["on \(fix.host), as root:"]
            return heading + ["  # \(fix.clause): \(fix.title)"] + fix.commands.map { "  \($0)" }
        }
    }
}
