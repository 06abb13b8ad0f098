import FleetModel

extension Scenario {
    /// Reassignment by KIP-455 with all brokers alive.
    static let moves: [Scenario] = [
        Scenario(
            "a move is the union of old and new replicas while it runs, and then what was asked for",
            [.topic("a", [[1, 3, 5]], mebibytes: 6)]
                + Step.throttle("a-0", leaders: [1, 3, 5], followers: [4], rate: 100_000)
                + [
                    .move("a-0", to: [1, 4, 5]),
                    .expect(.moving("a-0", adding: [4], removing: [3])),
                    .expect(.replicas("a-0", [1, 4, 5, 3])),
                    .holds(.moving("a-0", adding: [4], removing: [3]), for: .seconds(2)),
                    .expect(.inSync("a-0", [1, 3, 5])),
                    .expect(.lagging("a-0", [])),
                ] + Step.unthrottle("a", brokers: [1, 3, 4, 5])
                + [
                    .expect(.settled("a-0"), within: .seconds(20)),
                    .expect(.replicas("a-0", [1, 4, 5])),
                    .expect(.inSync("a-0", [1, 4, 5])),
                    .expect(.leader("a-0", 1)),
                    .expect(.hasLog(3, "a-0", false)),
                    .expect(.hasLog(4, "a-0", true)),
                ]),
        Scenario(
            "a move that is cancelled leaves the replicas that were",
            [.topic("a", [[1, 3, 5]], mebibytes: 6)]
                + Step.throttle("a-0", leaders: [1, 3, 5], followers: [4], rate: 100_000)
                + [
                    .move("a-0", to: [1, 4, 5]),
                    .expect(.moving("a-0", adding: [4], removing: [3])),
                    .cancel("a-0"),
                    .expect(.settled("a-0")),
                    .expect(.replicas("a-0", [1, 5, 3])),
                    .expect(.inSync("a-0", [1, 3, 5])),
                    .expect(.hasLog(4, "a-0", false)),
                    .cancel("a-0"),
                ]),
        Scenario(
            "a cancelled move leaves the order of its target: another may be the preferred leader",
            [.topic("a", [[1, 3, 5]], mebibytes: 6)]
                + Step.throttle("a-0", leaders: [1, 3, 5], followers: [4], rate: 100_000)
                + [
                    .move("a-0", to: [5, 4, 1]),
                    .expect(.moving("a-0", adding: [4], removing: [3])),
                    .cancel("a-0"),
                    .expect(.replicas("a-0", [5, 1, 3])),
                    .expect(.leader("a-0", 1)),
                    .elect("a-0"),
                    .expect(.leader("a-0", 5)),
                ]),
        Scenario(
            "moving data elects nobody as long as the leader stays",
            [
                .topic("a", [[1, 3, 5]]),
                .move("a-0", to: [6, 1, 3]),
                .expect(.settled("a-0")),
                .expect(.replicas("a-0", [6, 1, 3])),
                .expect(.leader("a-0", 1)),
                .elect("a-0"),
                .expect(.leader("a-0", 6)),
            ]),
        Scenario(
            "a leader that is moved away hands over to one of the new replicas",
            [
                .topic("a", [[1, 3, 5]]),
                .move("a-0", to: [2, 4, 6]),
                .expect(.settled("a-0")),
                .expect(.replicas("a-0", [2, 4, 6])),
                .expect(.inSync("a-0", [2, 4, 6])),
                .expect(.leader("a-0", 2)),
            ]),
        Scenario(
            "another order alone takes effect at once, is no move, and elects nobody",
            [
                .topic("a", [[1, 3, 5]]),
                .move("a-0", to: [5, 3, 1]),
                .expect(.replicas("a-0", [5, 3, 1]), within: .seconds(1)),
                .expect(.settled("a-0"), within: .zero),
                .expect(.leader("a-0", 1)),
            ]),
        Scenario(
            "asking again for the target of a running move changes nothing",
            [.topic("a", [[1, 3, 5]], mebibytes: 6)]
                + Step.throttle("a-0", leaders: [1, 3, 5], followers: [4], rate: 100_000)
                + [
                    .move("a-0", to: [1, 4, 5]),
                    .move("a-0", to: [1, 4, 5]),
                    .holds(.moving("a-0", adding: [4], removing: [3]), for: .seconds(1)),
                    .cancel("a-0"),
                    .expect(.replicas("a-0", [1, 5, 3])),
                ]),
        Scenario(
            "the number of replicas changes only where that is asked for",
            [
                .topic("a", [[1, 3]]),
                .move("a-0", to: [1, 3, 5], .refused(38)),
                .expect(.replicas("a-0", [1, 3]), within: .zero),
                .reassign([("a-0", [1, 3, 5])], changingFactor: true, [.done]),
                .expect(.settled("a-0")),
                .expect(.inSync("a-0", [1, 3, 5])),
                .reassign([("a-0", [3])], changingFactor: true, [.done]),
                .expect(.settled("a-0")),
                .expect(.replicas("a-0", [3])),
                .expect(.leader("a-0", 3)),
            ]),
        Scenario(
            "a cordoned broker takes what is moved to it",
            [
                .topic("a", [[1, 3, 5]]),
                .set(.broker(4), [SettingChange("cordoned.log.dirs", .set("*"))]),
                .expect(.cordoned(4, true)),
                .move("a-0", to: [1, 4, 5]),
                .expect(.settled("a-0")),
                .expect(.inSync("a-0", [1, 4, 5])),
            ]),
        Scenario(
            "a topic that is deleted takes its move along",
            [.topic("a", [[1, 3, 5]], mebibytes: 6)]
                + Step.throttle("a-0", leaders: [1, 3, 5], followers: [4], rate: 100_000)
                + [
                    .move("a-0", to: [1, 4, 5]),
                    .expect(.moving("a-0", adding: [4], removing: [3])),
                    .deleteTopic("a"),
                    .expect(.settled("a-0")),
                    .expect(.absent(topic: "a")),
                    .deleteTopic("a"),
                ]),
    ]

    /// Reassignment with a broker that is registered and dead.
    static let movesOverDeadBrokers: [Scenario] = [
        Scenario(
            "a dead broker is accepted as a target, the move hangs, and a cancel brings back what was", dead: [6],
            [
                .topic("a", [[1, 3, 5]]),
                .move("a-0", to: [1, 3, 6]),
                .expect(.moving("a-0", adding: [6], removing: [5])),
                .holds(.inSync("a-0", [1, 3, 5]), for: .seconds(3)),
                .cancel("a-0"),
                .expect(.replicas("a-0", [1, 3, 5])),
                .expect(.settled("a-0")),
            ]),
        Scenario(
            "one replica that does not come holds the old ones too", dead: [6],
            [
                .topic("a", [[1, 3]]),
                .move("a-0", to: [4, 6]),
                .expect(.inSync("a-0", [1, 3, 4])),
                .holds(.moving("a-0", adding: [4, 6], removing: [1, 3]), for: .seconds(2)),
                .expect(.leader("a-0", 1)),
                .cancel("a-0"),
                .expect(.replicas("a-0", [1, 3])),
                .expect(.inSync("a-0", [1, 3])),
            ]),
        Scenario(
            "a new target overrides a move, and a cancel after that leaves a replica too many", dead: [6],
            [
                .topic("a", [[1, 3]]),
                .move("a-0", to: [1, 6]),
                .expect(.moving("a-0", adding: [6], removing: [3])),
                .move("a-0", to: [1, 5]),
                .expect(.settled("a-0")),
                .expect(.replicas("a-0", [1, 5])),
                .topic("b", [[1, 3]], mebibytes: 6),
            ] + Step.throttle("b-0", leaders: [1, 3], followers: [5], rate: 100_000) + [
                .move("b-0", to: [1, 6]),
                .expect(.moving("b-0", adding: [6], removing: [3])),
                .move("b-0", to: [1, 5]),
                .expect(.moving("b-0", adding: [5], removing: [3, 6])),
                .cancel("b-0"),
                .expect(.settled("b-0")),
                .expect(.replicas("b-0", [1, 3, 6])),
            ]),
        Scenario(
            "a dead preferred leader can't be elected", dead: [6],
            [
                .topic("a", [[1, 5]]),
                .reassign([("a-0", [6, 1, 5])], changingFactor: true, [.done]),
                .elect("a-0", .refused(80)),
                .expect(.leader("a-0", 1)),
                .cancel("a-0"),
            ]),
        Scenario(
            "a dead broker's settings are changed by the controller, and told by nobody", dead: [6],
            [
                .set(.broker(6), [SettingChange("leader.replication.throttled.rate", .set("1000000"))]),
                .expect(.settingUnknown(.broker(6), "leader.replication.throttled.rate")),
                .set(.broker(6), [SettingChange("leader.replication.throttled.rate", .delete)]),
            ]),
        Scenario(
            "a canary tells a broker that is gone from those that work", dead: [6],
            [.expect(.canary(6, ok: false), within: .zero), .expect(.canary(5, ok: true))]),
    ]

    /// What Kafka refuses, each for itself.
    static let refusals: [Scenario] = [
        Scenario(
            "each partition of a request is refused or moved for itself",
            [
                .topic("a", [[1, 3, 5], [1, 3, 5], [1, 3, 5], [1, 3, 5]]),
                .reassign(
                    [
                        ("a-0", [2, 3, 5]), ("a-1", [1, 1, 5]), ("a-2", [1, 3, 77]), ("a-3", []), ("a-9", [1, 3, 5]),
                        ("nowhere-0", [1, 3, 5]),
                    ], [.done, .refused(39), .refused(39), .refused(39), .refused(3), .refused(3)]),
                .expect(.settled("a-0")),
                .expect(.replicas("a-0", [2, 3, 5])),
                .expect(.replicas("a-1", [1, 3, 5])),
            ]),
        Scenario(
            "what does not exist is neither cancelled nor led",
            [
                .cancel("nowhere-0", .refused(3)),
                .elect("nowhere-0", .refused(3)),
                .deleteTopic("nowhere"),
                .set(.topic("nowhere"), [SettingChange("retention.ms", .set("1000"))], .refused(3)),
            ]),
        Scenario(
            "a topic that is there is not made again, and not on a broker that is none",
            [
                .topic("a", [[1, 3, 5]]),
                .topic("a", [[1, 3, 5]], .refused(36)),
                .topic("b", [[1, 77]], .refused(39)),
                .topic("c", [[1, 1]], .refused(39)),
            ]),
    ]
}
