import FleetModel
import Testing

struct HostCommandsTests {
    private func commands(_ login: SSHSettings, _ transport: TransportKind = .ssh) throws -> (HostCommands, HostName) {
        let host = try #require(HostName(rawValue: "10.0.0.11"))
        let fleet = FleetSpecification(
            cluster: ClusterSpecification(
                name: try #require(ClusterName(rawValue: "orders")), transport: transport,
                version: try #require(KafkaVersion("4.3.1")), image: "kafka:4", controllers: 1),
            hosts: [HostSpecification(host: host, rack: "r", brokers: 1, ssh: login, data: ["/d"])])
        return (HostCommands(fleet), host)
    }

    @Test func `a command carries the login that the fleet uses`() throws {
        let (commands, host) = try commands(
            SSHSettings(
                user: "kafka", port: 2222, identity: "/keys/my key", config: "/etc/ssh_config", knownHosts: "/k"))
        #expect(
            commands.line("docker logs c", on: host)
                == "ssh -F /etc/ssh_config -l kafka -p 2222 -i '/keys/my key' -o UserKnownHostsFile=/k 10.0.0.11 docker logs c"
        )
    }

    @Test func `what the operator's own configuration says is not repeated`() throws {
        let (commands, host) = try commands(SSHSettings(port: 22))
        #expect(commands.line("docker logs c", on: host) == "ssh 10.0.0.11 docker logs c")
        #expect(HostCommands().line("docker ps", on: host) == "ssh 10.0.0.11 docker ps")
    }

    @Test func `what takes root takes sudo for another login`() throws {
        let (other, host) = try commands(SSHSettings(user: "kafka"))
        #expect(other.line("systemctl start docker", on: host, asRoot: true).hasSuffix(" sudo systemctl start docker"))
        let (root, _) = try commands(SSHSettings(user: "root"))
        #expect(
            root.line("systemctl start docker", on: host, asRoot: true).hasSuffix("10.0.0.11 systemctl start docker"))
    }

    @Test func `a line with a shell's own characters is one word for the shell here`() throws {
        let (commands, host) = try commands(SSHSettings())
        #expect(
            commands.line("cd /opt/x && docker compose config", on: host)
                == "ssh 10.0.0.11 'cd /opt/x && docker compose config'")
        #expect(
            commands.line("ss -ltnp 'sport = :9092'", on: host).hasPrefix(
                #"ssh 10.0.0.11 'ss -ltnp '\''sport = :9092'"#))
    }

    @Test func `this machine itself needs no ssh`() throws {
        let (commands, host) = try commands(SSHSettings(user: "kafka"), .local)
        #expect(commands.line("docker ps", on: host, asRoot: true) == "docker ps")
    }
}
