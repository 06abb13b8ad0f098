import FleetModel
import Observation
import OperationModel
import PlacementPlanning

/// Another plan while moves run, for what can't go the planned way.
extension Mover {
    /// Plans these partitions anew, and leaves the rest of the plan as it is.
    mutating func replan(_ partitions: [TopicPartition]) async throws(StepFailure) {
        let seen = await context.world.cluster.observe(
            layout, detail: ObservationDetail(logDirectories: true, configuration: false))
        guard let cluster = seen.value, cluster.partitions.value != nil else { return }
        // Those are under way still, perhaps by somebody else: they wait for the next time.
        let underway = Set((cluster.reassignments.value ?? []).map(\.partition))
        var wanted = partitions.filter { !underway.contains($0) }
        guard !wanted.isEmpty else { return }
        guard let plan, !execution.leaving.isEmpty else {
            await keepToThePlan(wanted)
            return
        }
        // One that finds no place keeps no other one waiting: each round plans without those of the last.
        while !wanted.isEmpty {
            do throws(PlanningRefusal) {
                return try await adopt(try order(for: wanted, plan, cluster), wanted)
            } catch {
                let unplaced = Set(error.unplaced).intersection(wanted)
                let refused = unplaced.isEmpty ? wanted : wanted.filter(unplaced.contains)
                wanted = unplaced.isEmpty ? [] : wanted.filter { !unplaced.contains($0) }
                await refuse(refused, error)
            }
        }
    }

    /// Nothing drives these partitions elsewhere: those whose target is dead wait for it, the others stay where they are.
    private mutating func keepToThePlan(_ partitions: [TopicPartition]) async {
        let waiting = partitions.filter(execution.misses)
        let staying = partitions.filter { !execution.misses($0) }
        if !waiting.isEmpty {
            let awaited = execution.refuse(waiting, reason: "they are to go there")
            await context.note(
                "\(counted(waiting.count, "partition")) (\(Self.examples(waiting))) \(waiting.count == 1 ? "waits" : "wait") for broker "
                    + awaited.sorted().map(\.description).joined(separator: ", "))
        }
        guard !staying.isEmpty else { return }
        await context.note(
            "\(counted(staying.count, "partition", "stays where it is", "stay where they are")): \(Self.examples(staying))"
        )
        execution.adopt(MoveOrder(goal: .routes, routes: []), for: staying)
    }

    private func order(
        for partitions: [TopicPartition], _ plan: MovePlan, _ cluster: ClusterObservation
    ) throws(PlanningRefusal) -> MoveOrder {
        let chosen = Set(partitions)
        let input = try PlacementInput(
            observed: cluster, layout: layout, rate: options.throttle ?? PlanningBroker.defaultPort, running: .done,
            lists: execution.bound.filter { !chosen.contains($0.key) },
            without: execution.unplanned.subtracting(chosen))
        let anew = try Planner.plan(input, plan.event, plan.options)
        if let broken = verify(anew, input).first {
            throw PlanningRefusal(
                code: "verify", "the new plan breaks a rule: \(broken)", remedy: "report this")
        }
        var order = MoveOrder(anew)
        order.routes = order.routes.filter { chosen.contains($0.partition) }
        return order
    }

    private mutating func refuse(_ partitions: [TopicPartition], _ refusal: PlanningRefusal) async {
        let awaited = execution.refuse(
            partitions, reason: refusal.reasons.map(\.sentence).joined(separator: "; "),
            remedy: refusal.reasons.map(\.remedy).joined(separator: "; "))
        guard !awaited.isEmpty else { return }
        await context.note(
            "\(counted(partitions.count, "partition", "has", "have")) no other place "
                + "(\(Self.examples(partitions))): \(partitions.count == 1 ? "it waits" : "they wait") for broker "
                + awaited.sorted().map(\.description).joined(separator: ", "))
    }

    private mutating func adopt(_ order: MoveOrder, _ partitions: [TopicPartition]) async throws(PlanningRefusal) {
        do throws(StepFailure) {
            try await keeper.remember(order.routes)
        } catch {
            throw PlanningRefusal(code: "journal", error.reason, remedy: error.remedy)
        }
        await context.note(
            "\(counted(partitions.count, "partition", "was", "were")) planned anew: \(Self.examples(partitions))"
        )
        execution.adopt(order, for: partitions)
    }
}
