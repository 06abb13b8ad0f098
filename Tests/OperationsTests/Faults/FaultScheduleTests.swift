import FleetModel
import FleetSimulator
import OperationModel
import Testing

@testable import Operations

/// Operations under every fault there is, at times that a seed decides. A failure names its seed and its faults; one seed
/// alone is run with `--filter` and the seed in `seeds`.
struct FaultScheduleTests {
    static let seeds: [UInt64] = Array(0..<30)

    @Test(arguments: seeds)
    func `a broker is removed under any faults, without losing a byte or saying a wrong done`(seed: UInt64) throws {
        let scene = try SteeringScene()
        try scene.begin(throttle: 2 << 20)
        let schedule = FaultSchedule(seed: seed, layout: scene.layout, within: .seconds(150))
        let comment = Comment(rawValue: "seed \(seed): \(schedule.description)")
        let play = FaultPlay(
            time: scene.time, store: scene.store, fleet: scene.fleet, cluster: scene.cluster, id: scene.id,
            schedule: schedule, world: { scene.world($0) },
            isWanted: { node in
                node.rawValue != 6 || ((try? scene.progress().begun.contains(StepID("stop-node", "6"))) == false)
            })
        let endings = try play.run()
        #expect(endings.last == .done, "\(comment.rawValue); \(endings)")
        guard endings.last == .done else { return }
        try scene.expectRemoved(comment)
        try expectAllData(of: scene, comment)
    }

    /// Every partition has a leader, all of its replicas in sync, and every byte.
    private func expectAllData(of scene: SteeringScene, _ comment: Comment) throws {
        scene.fleet.withState { state in
            for topic in ["load-1", "load-2"] {
                for number in Int32(0)..<6 {
                    let found = state.kafka.partition(TopicPartition(topic: topic, partition: number))
                    #expect(found?.leader != nil, comment)
                    #expect(found?.inSync.count == 3, comment)
                    #expect(found?.size == SteeringScene.size, comment)
                }
            }
        }
    }

    @Test(arguments: seeds)
    func `a cluster is made under any faults, formatted once and whole in the end`(seed: UInt64) throws {
        let setting = try BootstrapTests.Setting()
        let id = OperationID(createdAt: Timestamp(milliseconds: 0), salt: 1)
        try setting.store.create(id, plan: try setting.plan(), at: setting.time.now())
        let schedule = FaultSchedule(seed: seed, layout: setting.layout, within: .seconds(40))
        let comment = Comment(rawValue: "seed \(seed): \(schedule.description)")
        let play = FaultPlay(
            time: setting.time, store: setting.store, fleet: setting.fleet,
            cluster: setting.specification.cluster.name, id: id, schedule: schedule,
            world: { setting.world(lease: $0) }, isWanted: { _ in true })
        let endings = try play.run()
        #expect(endings.last == .done, "\(comment.rawValue); \(endings)")
        let effects = setting.fleet.effects
        #expect(effects.filter { $0.hasPrefix("format ") }.count == 9, comment)
        #expect(Set(effects.filter { $0.hasPrefix("create ") }).count == 9, comment)
        setting.fleet.withState { state in
            let serving = state.kafka.registeredBrokers().filter { !$0.fenced }
            #expect(serving.count == 6, comment)
            #expect(state.kafka.activeController != nil, comment)
        }
    }

    @Test(arguments: [3, 17] as [UInt64])
    func `the same seed makes the same transcript`(seed: UInt64) throws {
        func transcript() throws -> [JournaledEvent] {
            let scene = try SteeringScene()
            try scene.begin(throttle: 2 << 20)
            let play = FaultPlay(
                time: scene.time, store: scene.store, fleet: scene.fleet, cluster: scene.cluster, id: scene.id,
                schedule: FaultSchedule(seed: seed, layout: scene.layout, within: .seconds(150)),
                world: { scene.world($0) }, isWanted: { $0.rawValue != 6 })
            _ = try play.run()
            return try scene.store.events(of: scene.id, after: 0, limit: .max)
        }
        #expect(try transcript() == (try transcript()))
    }
}
