import PlacementPlanning

extension PlanningRefusal: CommandErrorConvertible {
    /// Each reason with its own code, objects and remedy; status 3 where too little was seen to plan on, else 4.
    var commandError: CommandError {
        let errors = reasons.map { reason in
            let shown = reason.objects.filter { $0 != reason.message }
            let more = reason.count > shown.count && !shown.isEmpty ? ", … \(reason.count) in all" : ""
            return CommandError(
                reason.code, reason.message, object: shown.isEmpty ? nil : shown.joined(separator: ", ") + more,
                next: reason.remedy, exit: reason.code == Self.unseen ? .unknown : .refused)
        }
        if errors.count == 1, let only = errors.first { return only }
        return CommandError(
            "cannot-plan", "this can't be planned, for \(errors.count) reasons", next: "see each reason's remedy",
            details: errors, exit: .refused)
    }

    /// The code of a part of the cluster that did not answer.
    private static let unseen = "unknown"
}
