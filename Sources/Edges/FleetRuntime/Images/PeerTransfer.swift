import FleetModel
import Observation
import Processes
import SecureShell

/// Lets one host send to another without a detour by the techhost: one listens for a moment, the other calls.
///
/// The caller shows a word that both got over SSH, so that nobody else is given anything. The stream itself is plain: of
/// an image, what came is compared by its digest afterwards. Both ends live as long as this call: nothing stays behind on either host.
struct PeerTransfer: Sendable {
    /// What writes on the one host.
    let giving: [String]
    /// What reads on the other.
    let taking: [String]
    let from: HostName
    /// Where it is reached by other hosts.
    let address: String
    let source: any RemoteHost
    let to: HostName
    let target: any RemoteHost

    /// Listens on a free port, prints it, and gives the first caller that shows the word what a program writes.
    /// Perl, since Debian always has it (perl-base is essential). Input: the word; arguments: patience in seconds, the program.
    private static let giver = #"""
        use strict; use Socket; $| = 1; my $patience = shift; chomp(my $word = <STDIN> // ''); length $word or die "no word\n";
        socket my $l, PF_INET6, SOCK_STREAM, 6; my $six = $l && setsockopt($l, 41, 26, pack 'l', 0)
          && bind($l, Socket::pack_sockaddr_in6(0, Socket::IN6ADDR_ANY));
        if (!$six) { socket $l, PF_INET, SOCK_STREAM, 6 or die "$!\n"; bind $l, sockaddr_in(0, INADDR_ANY) or die "$!\n" }
        listen $l, 8 or die "$!\n";
        my ($port) = $six ? Socket::unpack_sockaddr_in6(getsockname $l) : sockaddr_in(getsockname $l);
        print "port $port\n"; my $end = time + $patience;
        while ((my $left = $end - time) > 0) {
          my $r = ''; vec($r, fileno $l, 1) = 1; select $r, undef, undef, $left or last;
          accept my $c, $l or next;
          my $said = '';
          # Whoever says nothing, or says it slowly, keeps the other one waiting no longer than this.
          eval {
            local $SIG{ALRM} = sub { die "late\n" }; alarm 3;
            while (length $said <= length $word) { sysread $c, $said, 1, length $said or last; last if $said =~ /\n/ }
            alarm 0;
          };
          if ($said ne "$word\n") { close $c; next }
          close $l; open STDOUT, '>&', $c or die "$!\n"; close $c; exec @ARGV or die "$!\n";
        }
        die "nobody called within $patience s\n";
        """#

    /// Calls, shows the word, and becomes a program that reads what comes. Input: the word; arguments: host, port, the program.
    private static let taker = #"""
        use strict; use Socket; my ($host, $port) = splice @ARGV, 0, 2; chomp(my $word = <STDIN> // '');
        my ($e, @found) = Socket::getaddrinfo($host, $port, { socktype => SOCK_STREAM });
        print(STDERR "no-way: $host: $e\n"), exit 75 if $e; my $why = 'no address';
        for my $a (@found) {
          socket my $s, $a->{family}, $a->{socktype}, $a->{protocol} or next;
          setsockopt $s, SOL_SOCKET, SO_SNDTIMEO, pack 'l!l!', 5, 0;
          connect $s, $a->{addr} or $why = $!{EINPROGRESS} || $!{EAGAIN} ? 'no answer within 5 s' : "$!", next;
          setsockopt $s, SOL_SOCKET, SO_KEEPALIVE, pack 'l', 1;
          syswrite $s, "$word\n"; open STDIN, '<&', $s or die "$!\n"; close $s; exec @ARGV or die "$!\n";
        }
        print STDERR "no-way: $host:$port: $why\n"; exit 75;
        """#

    /// How long the one who gives waits for the call: SSH to the other host, its connection, and some room.
    private static let patience: Duration = .seconds(30)

    private enum Turn: Sendable {
        case given
        case taken(RemoteResult)
    }

    /// Runs both.
    /// - Returns: how the one that reads ended; nil where no way leads from one host to the other, and why.
    func run() async throws(HostProblem) -> (result: RemoteResult?, reason: String) {
        let word = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }.joined()
        let input = ChildInput.bytes(Array("\(word)\n".utf8))
        let giver = RemoteCommand(
            ["perl", "-e", Self.giver, "\(Self.patience.components.seconds)"] + giving, asRoot: true,
            input: input, deadline: ImageTransfer.deadline)
        let (ports, port) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
        let result: Result<RemoteResult, SSHError> = await withTaskGroup(of: Result<Turn, SSHError>.self) { group in
            group.addTask {
                defer { port.finish() }
                do throws(SSHError) {
                    let ended = try await source.run(giver) { line in
                        if line.hasPrefix("port ") { port.yield(String(line.dropFirst(5))) }
                    }
                    guard ended.isSuccess else {
                        return .failure(
                            SSHError(.readFailed, host: from.rawValue, reason: "it gave up: \(ended.stderr.trimmed)"))
                    }
                    return .success(.given)
                } catch { return .failure(error) }
            }
            group.addTask {
                do throws(SSHError) {
                    guard let number = await ports.first(where: { _ in true }) else {
                        return .failure(
                            SSHError(.readFailed, host: from.rawValue, reason: "it does not listen for \(to)"))
                    }
                    return .success(
                        .taken(
                            try await target.run(
                                RemoteCommand(
                                    ["perl", "-e", Self.taker, address, number] + taking,
                                    asRoot: true, input: input, deadline: ImageTransfer.deadline))))
                } catch { return .failure(error) }
            }
            defer { group.cancelAll() }
            var failure: SSHError?
            while let turn = await group.next() {
                switch turn {
                case .success(.taken(let result)): return .success(result)
                case .success(.given): continue
                // What the giver says is why the taker failed, which says it less well.
                case .failure(let error): failure = failure ?? error
                }
            }
            return .failure(failure ?? SSHError(.cancelled, host: to.rawValue, reason: "it was cut off"))
        }
        switch result {
        case .success(let loaded) where loaded.exitCode == Self.noWay:
            let said = loaded.stderr.trimmed
            return (nil, said.hasPrefix("no-way: ") ? String(said.dropFirst(8)) : said)
        case .success(let loaded): return (loaded, "")
        case .failure(let error) where error.code == .cancelled: throw HostProblem(error)
        case .failure(let error): return (nil, "\(error.host): \(error.reason)")
        }
    }

    private static let noWay: Int32 = 75
}
