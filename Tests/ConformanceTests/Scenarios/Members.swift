import FleetModel

extension Scenario {
    /// Preferred leaders.
    static let elections: [Scenario] = [
        Scenario(
            "an election brings the preferred leader back, and asked again has nothing to do",
            [
                .topic("a", [[1, 3, 5]]),
                .move("a-0", to: [3, 1, 5]),
                .expect(.leader("a-0", 1)),
                .elect("a-0"),
                .expect(.leader("a-0", 3)),
                .elect("a-0"),
            ])
    ]

    /// Settings while the cluster runs.
    static let settings: [Scenario] = [
        Scenario(
            "lists are appended to and subtracted from without losing what others added",
            {
                let list = "leader.replication.throttled.replicas"
                func change(_ action: SettingChange.Action) -> Step { .set(.topic("a"), [SettingChange(list, action)]) }
                return [
                    .topic("a", [[1, 3, 5]]),
                    change(.append(["0:1"])),
                    change(.append(["0:1", "0:3"])),
                    .expect(.setting(.topic("a"), list, "0:1,0:3")),
                    change(.subtract(["0:1"])),
                    .expect(.setting(.topic("a"), list, "0:3")),
                    change(.subtract(["0:3"])),
                    .expect(.setting(.topic("a"), list, "")),
                    change(.delete),
                    .expect(.setting(.topic("a"), list, nil)),
                ]
            }()),
        Scenario(
            "a rate alone, or a list alone, throttles nothing",
            [
                .topic("a", [[1, 3, 5]], mebibytes: 6),
                .set(
                    .broker(4),
                    [
                        SettingChange("follower.replication.throttled.rate", .set("1000")),
                        SettingChange("leader.replication.throttled.rate", .set("1000")),
                    ]),
                .move("a-0", to: [1, 4, 5]),
                .expect(.settled("a-0")),
                .expect(.inSync("a-0", [1, 4, 5])),
            ]),
        Scenario(
            "a cordoned broker gets no new topic unless it is named",
            [
                .set(.broker(4), [SettingChange("cordoned.log.dirs", .set("*"))]),
                .expect(.cordoned(4, true)),
                .wait(.seconds(1)),
                .placedTopic("a", partitions: 12, factor: 3),
                .expect(.avoids(topic: "a", [4])),
                .topic("b", [[4, 1]]),
                .expect(.inSync("b-0", [1, 4])),
                .set(.broker(4), [SettingChange("cordoned.log.dirs", .delete)]),
                .expect(.cordoned(4, false)),
            ]),
        Scenario(
            "more replicas than brokers can't be had",
            [.placedTopic("a", partitions: 1, factor: 7, .refused(38))]),
    ]

    /// How brokers come and go.
    static let members: [Scenario] = [
        Scenario(
            "a killed broker looks alive until its session ends; then others lead, and it is back when it is started",
            [
                .topic("a", [[4, 1, 5], [1, 4, 5]]),
                .topic("b", [[4]]),
                .expect(.leader("a-0", 4)),
                .kill(4),
                .expect(.container(4, state: "exited", exitCode: 137), within: .seconds(2)),
                .expect(.serving([1, 2, 3, 4, 5, 6]), within: .seconds(1)),
                .expect(.fenced(4), within: .seconds(20)),
                .expect(.leader("a-0", 1)),
                .expect(.inSync("a-0", [1, 5])),
                .expect(.leader("b-0", nil)),
                .expect(.replicas("a-0", [4, 1, 5])),
                .expect(.canary(4, ok: false), within: .zero),
                .start(4),
                .expect(.serving([1, 2, 3, 4, 5, 6]), within: .seconds(30)),
                .expect(.inSync("a-0", [1, 4, 5])),
                .expect(.leader("b-0", 4)),
                .expect(.leader("a-0", 1)),
            ]),
        Scenario(
            "a broker that stops in good order hands its leaders over first, ends with 143, and stays registered",
            [
                .topic("a", [[4, 1, 5]]),
                .stop(4),
                .expect(.container(4, state: "exited", exitCode: 143), within: .seconds(1)),
                .expect(.leader("a-0", 1), within: .seconds(1)),
                .expect(.inSync("a-0", [1, 5])),
                .expect(.fenced(4)),
                .unregister(4, was: true),
                .expect(.unregistered(4)),
                .unregister(4, was: false),
                .expect(.replicas("a-0", [4, 1, 5])),
                .move("a-0", to: [1, 4, 5], .refused(39)),
                .start(4),
                .expect(.serving([1, 2, 3, 4, 5, 6]), within: .seconds(30)),
                .expect(.inSync("a-0", [1, 4, 5])),
            ]),
        Scenario(
            "a cordon outlives its broker's registration",
            [
                .set(.broker(4), [SettingChange("cordoned.log.dirs", .set("*"))]),
                .expect(.cordoned(4, true)),
                .stop(4),
                .expect(.fenced(4)),
                .unregister(4, was: true),
                .set(.broker(4), [SettingChange("cordoned.log.dirs", .delete)], .refused(102)),
                .start(4),
                .expect(.serving([1, 2, 3, 4, 5, 6]), within: .seconds(30)),
                .expect(.cordoned(4, true)),
            ]),
    ]

    /// How Docker and hosts treat processes.
    static let lives: [Scenario] = [
        Scenario(
            "a process that dies by itself is started again by Docker",
            [
                .crash(4),
                .expect(.container(4, state: "running", restarts: 1)),
                .expect(.serving([1, 2, 3, 4, 5, 6]), within: .seconds(30)),
                .expect(.canary(4, ok: true), within: .seconds(30)),
            ]),
        Scenario(
            "a process that outlives its grace is killed",
            [
                .stop(4, grace: .zero),
                .expect(.container(4, state: "exited", exitCode: 137), within: .seconds(2)),
                .start(4),
                .expect(.serving([1, 2, 3, 4, 5, 6]), within: .seconds(30)),
            ]),
        Scenario(
            "a container that was removed is made anew on the same data",
            [
                .topic("a", [[4, 1, 5]]),
                .stop(4),
                .remove(4),
                .expect(.noContainer(4)),
                .start(4),
                .expect(.serving([1, 2, 3, 4, 5, 6]), within: .seconds(30)),
                .expect(.inSync("a-0", [1, 4, 5])),
                .expect(.hasLog(4, "a-0", true)),
            ]),
        Scenario(
            "a host that is cut off is unreachable, its brokers are fenced, and it is whole when it is back",
            [
                .topic("a", [[4, 1, 5]]),
                .cutOff(2),
                .expect(.host(2, "unreachable"), within: .seconds(40)),
                .expect(.fenced(4), within: .seconds(20)),
                .expect(.fenced(3), within: .seconds(20)),
                // Where the active controller was cut off too, a broker may miss its heartbeats while it looks for the
                // next one: which of the others leads is open then.
                .expect(.ledByOneOf("a-0", [1, 5]), within: .seconds(20)),
                .heal(2),
                .expect(.host(2, "ok"), within: .seconds(40)),
                .expect(.serving([1, 2, 3, 4, 5, 6]), within: .seconds(60)),
                .expect(.inSync("a-0", [1, 4, 5]), within: .seconds(20)),
            ]),
        Scenario(
            "Docker that is stopped takes its containers down in good order, and brings them back",
            [
                .stopDocker(2),
                .expect(.host(2, "docker_down"), within: .seconds(30)),
                .expect(.serving([1, 2, 5, 6]), within: .seconds(30)),
                .heal(2),
                .expect(.host(2, "ok"), within: .seconds(30)),
                .expect(.serving([1, 2, 3, 4, 5, 6]), within: .seconds(60)),
                .expect(.container(4, state: "running", exitCode: 0, restarts: 0)),
            ]),
    ]

    /// Controllers.
    static let quorum: [Scenario] = [
        Scenario(
            "a controller that is killed is no longer the active one, stays a voter, and comes back",
            [
                .expect(.voters([9001, 9002, 9003])),
                .kill(9002),
                .expect(.activeController([9001, 9003]), within: .seconds(20)),
                .expect(.voters([9001, 9002, 9003])),
                .start(9002),
                .expect(.activeController([9001, 9003]), within: .seconds(20)),
            ]),
        Scenario(
            "a voter is taken out and put back while it runs, and the second time there is nothing to do",
            [
                .expect(.voters([9001, 9002, 9003])),
                .removeVoter(9003, was: true),
                .expect(.voters([9001, 9002])),
                .removeVoter(9003, was: false),
                .wait(.seconds(3)),
                .addVoter(9003, wasNone: true),
                .expect(.voters([9001, 9002, 9003])),
                .addVoter(9003, wasNone: false),
            ]),
    ]
}
