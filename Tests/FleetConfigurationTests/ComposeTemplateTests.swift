import Testing

@testable import FleetConfiguration

private func mistakes(in template: String) -> [String] {
    func plain(_ diagnostic: Diagnostic) -> String { String(diagnostic.description.dropFirst("t:".count)) }
    do throws(ConfigurationError) {
        return try ComposeTemplate(Array(template.utf8), file: "t").warnings.map(plain)
    } catch {
        return error.diagnostics.map(plain)
    }
}

@Suite struct ComposeTemplateTests {
    @Test func `the template of a new fleet has nothing to be said of`() {
        #expect(mistakes(in: FleetTemplates.compose) == [])
    }

    @Test func `a template without a service to stamp is refused with its place`() {
        #expect(
            mistakes(in: "x: 1\nservices:\n  brokers: { cpus: 2 }\n") == [
                "3:3: services.broker: is missing: it is stamped out once a broker, and 'brokers' would stay as it is; "
                    + "did you mean 'broker'?",
                "3:3: services.controller: is missing: it is stamped out once a controller",
            ])
        #expect(mistakes(in: "service: {}\n") == ["1:1: has no 'services'; did you mean 'services'?"])
        #expect(mistakes(in: "") == ["1:1: takes keys and values, with 'services' among them"])
        #expect(mistakes(in: "services: [broker]\n") == ["1:11: services: takes services by name, and has a list"])
        #expect(
            mistakes(in: "services: { broker: 1, controller: }\n") == [
                "1:21: services.broker: takes keys and values, and has a single value"
            ])
    }

    @Test func `settings that gantry replaces are said`() {
        #expect(
            mistakes(
                in: """
                    name: mine
                    services:
                      broker:
                        image: x
                        command: [a]
                        mem_limit: 1g
                        restart: always
                      controller:
                    """) == [
                    "1:1: warning: name: is replaced: the project is named after the cluster",
                    "4:5: warning: services.broker.image: is replaced: cluster.image of defaults.cfg names it",
                    "5:5: warning: services.broker.command: is replaced: gantry starts Kafka with the node's properties",
                    "6:5: warning: services.broker.mem_limit: is replaced: memory of defaults.cfg sets it",
                    "7:14: warning: services.broker.restart: brings a node back that was stopped on purpose when Docker restarts; "
                        + "did you mean 'unless-stopped'?",
                ])
    }

    @Test func `what cannot be stamped is refused`() {
        #expect(
            mistakes(
                in: """
                    services:
                      broker:
                        build: .
                        user: kafka
                        user: appuser
                        labels: [[a]]
                        environment: { A: { b: c } }
                        volumes: { a: b }
                        stop_grace_period: soon
                        depends_on: [controller]
                      controller:
                        environment: text
                        depends_on: { exporter: { condition: service_started } }
                      exporter:
                        network_mode: "service:broker"
                        depends_on: { broker: { condition: service_started } }
                    """) == [
                    "3:5: services.broker.build: the image comes from cluster.image; build it from k/Dockerfile",
                    "4:11: services.broker.user: takes numbers, UID or UID:GID: names in the image mean nothing to the host's "
                        + "directories",
                    "5:5: user: stands here a second time; the first is in line 4",
                    "6:14: services.broker.labels: takes NAME=VALUE, and has a list",
                    "7:23: services.broker.environment.A: takes a single value, and has a mapping",
                    "8:14: services.broker.volumes: takes a list, and has a mapping",
                    "9:24: services.broker.stop_grace_period: is not a time such as 330s or 5m30s",
                    "10:18: services.broker.depends_on: 'controller' is stamped out under other names; nodes wait for each "
                        + "other by themselves",
                    "12:18: services.controller.environment: takes a mapping or a list of NAME=VALUE, and has a single value",
                    "15:19: services.exporter.network_mode: 'service:broker' names a service that is stamped out under other "
                        + "names",
                    "16:19: services.exporter.depends_on: 'broker' is stamped out under other names; nodes wait for each other "
                        + "by themselves",
                ])
    }

    @Test(arguments: [
        ("5m30s", 330), ("330s", 330), ("1h", 3600), ("500ms", 0), ("1h1m1s999ms", 3661), ("10us", 0),
    ])
    func `durations are Compose's own`(text: String, seconds: Int64) {
        #expect(ComposeDuration.seconds(text) == seconds)
    }

    @Test(arguments: ["", "5", "s", "5x", "-5s", "5 s", "99999999999999999999s", "5s5"])
    func `what is no duration is none`(text: String) {
        #expect(ComposeDuration.seconds(text) == nil)
    }

    @Test func `a user is two numbers, the group root's where it is not said`() {
        #expect(ContainerUser("1000:1001") == ContainerUser(user: 1000, group: 1001))
        #expect(ContainerUser("7") == ContainerUser(user: 7, group: 0))
        for text in ["", ":", "a", "1:", "1:2:3", "-1", "4294967296"] { #expect(ContainerUser(text) == nil) }
    }
}
