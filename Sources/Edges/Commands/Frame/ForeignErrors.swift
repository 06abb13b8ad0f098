import FleetConfiguration
import FleetModel
import FleetSimulator
import OperationModel

extension ConfigurationError: CommandErrorConvertible {
    var commandError: CommandError {
        var details = diagnostics.map { diagnostic in
            let place = "\(diagnostic.file), line \(diagnostic.mark.line), column \(diagnostic.mark.column)"
            let message = (diagnostic.path.isEmpty ? "" : "\(diagnostic.path): ") + diagnostic.message
            return CommandError(
                code.rawValue, message, object: place, reason: diagnostic.suggestion.map { "did you mean '\($0)'?" },
                exit: .configuration)
        }
        if omitted > 0 { details.append(CommandError(code.rawValue, "\(omitted) more mistakes", exit: .configuration)) }
        let exit: ExitStatus = code == .unwritable ? .failed : .configuration
        return CommandError(code.rawValue, message, next: remedy, details: details, exit: exit)
    }
}

extension JSONError: CommandErrorConvertible {
    var commandError: CommandError {
        CommandError(
            "json", "a document can't be read", reason: description, next: "make the file anew", exit: .refused)
    }
}

extension StepFailure: CommandErrorConvertible {
    var commandError: CommandError {
        CommandError(code, "\(what) failed", object: object, reason: reason, next: remedy, evidence: evidence)
    }
}

extension StoreError: CommandErrorConvertible {
    var commandError: CommandError {
        switch self {
        case .exists(let id):
            CommandError(
                "operation-exists", "there is an operation of this name already", object: "operation \(id)",
                next: "gantry operation show \(id)", exit: .refused)
        case .unknownOperation(let id):
            CommandError(
                "unknown-operation", "there is no such operation", object: "operation \(id)",
                next: "gantry operation list", exit: .refused)
        case .leased(let lease):
            CommandError(
                "leased", "another operation works on the cluster", object: "cluster \(lease.cluster)",
                reason: "operation \(lease.operation) by \(lease.holder.user) on \(lease.holder.techhost), process "
                    + "\(lease.holder.pid), since \(TimeText.instant(lease.since))",
                next: "gantry operation attach \(lease.operation)", exit: .refused)
        case .fenced(let lease):
            CommandError(
                "fenced", "another process took the operation over", object: "operation \(lease.operation)",
                reason: "its lease is held by process \(lease.holder.pid) on \(lease.holder.techhost)",
                next: "gantry operation attach \(lease.operation)", exit: .stopped)
        case .full(let file, let reason):
            CommandError(
                "journal-full", "the journal can't be written", object: file, reason: reason,
                next: "make room on the techhost's disk, then run the command again; nothing was changed")
        case .unavailable(let what, let file, let reason, let remedy):
            CommandError("journal", "\(what) failed", object: file, reason: reason, next: remedy)
        }
    }
}

extension SimulationProblem: CommandErrorConvertible {
    var commandError: CommandError {
        let exit: ExitStatus =
            switch code {
            case .unknownFault, .notSimulated, .held: .refused
            case .damaged, .unavailable: .failed
            }
        return CommandError(
            code.rawValue, "\(what) failed", object: object, reason: reason, next: remedy, exit: exit)
    }
}
