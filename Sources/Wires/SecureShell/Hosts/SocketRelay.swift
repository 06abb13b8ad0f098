internal import Glibc
internal import Processes

/// Reaching a socket that only root may use, with a login that may use sudo.
///
/// sshd forwards a socket with the rights of the login. So a small program run by root listens beside it, at a socket in a
/// directory of the login's own, and hands every connection on. It ends with the connection that started it.
enum SocketRelay {
    /// In the language that every Debian has an interpreter for (perl-base is essential). Its argument is the socket; it
    /// says `relay PATH` once it listens, and ends when its input does.
    static let script = #"""
        use strict; use Socket; $| = 1; $SIG{PIPE} = 'IGNORE'; $SIG{CHLD} = 'IGNORE';
        my $target = shift; my ($uid, $gid) = ($ENV{SUDO_UID} || 0, $ENV{SUDO_GID} || 0);
        my $dir = "/run/gantry-relay.$$"; my $path = "$dir/socket";
        mkdir $dir, 0700 or die "cannot make $dir: $!\n"; chown $uid, $gid, $dir;
        socket my $l, PF_UNIX, SOCK_STREAM, 0 or die "socket: $!\n"; my $mask = umask 0177;
        bind $l, pack_sockaddr_un($path) or die "cannot listen at $path: $!\n"; umask $mask;
        chown $uid, $gid, $path; listen $l, 64;
        my $main = $$; $SIG{$_} = sub { exit 0 } for qw(TERM INT HUP); END { if ($$ == $main) { unlink $path; rmdir $dir } }
        print "relay $path\n";
        sub carry {
          my ($a, $b) = @_; my %to = (fileno $a, [$a, $b], fileno $b, [$b, $a]);
          while (%to) {
            my $r = ''; vec($r, $_, 1) = 1 for keys %to; select $r, undef, undef, undef;
            for my $f (keys %to) {
              next unless vec $r, $f, 1; my ($from, $into) = @{ $to{$f} };
              my $n = sysread $from, my $data, 65536;
              if (!$n) { shutdown $into, 1; delete $to{$f}; next }
              for (my $o = 0; $o < $n;) { my $w = syswrite $into, $data, $n - $o, $o; return unless $w; $o += $w }
            }
          }
        }
        while (1) {
          my $r = ''; vec($r, fileno STDIN, 1) = 1; vec($r, fileno $l, 1) = 1;
          select $r, undef, undef, undef;
          if (vec $r, fileno STDIN, 1) { exit 0 unless sysread STDIN, my $data, 4096 }
          next unless vec($r, fileno $l, 1) && accept my $c, $l;
          next if fork; close $l; close STDIN; close STDOUT;
          socket my $t, PF_UNIX, SOCK_STREAM, 0; connect($t, pack_sockaddr_un($target)) and carry($c, $t); exit 0;
        }
        """#

    /// What the program says when it listens.
    static let ready = "relay "
    /// A session of weeks: it ends when the session does, not by a deadline.
    static let deadline: Duration = .seconds(30 * 24 * 3600)
}

extension RemoteHost {
    /// As `withForwardedSocket`, for a socket that the login may not use and root may: through a relay run by sudo.
    ///
    /// - Throws: `SSHError`, or whatever `body` throws.
    public func withRelayedSocket<Result>(
        _ remotePath: String, _ body: (_ localPath: String) async throws -> Result
    ) async throws -> Result {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
            throw SSHError(.localFailure, host: name, reason: "no pipe: \(String(cString: strerror(errno)))")
        }
        let (reading, writing) = (ends[0], ends[1])
        defer { close(reading) }
        let (lines, continuation) = AsyncStream<String>.makeStream()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                let result = try await self.run(
                    RemoteCommand(
                        ["perl", "-e", SocketRelay.script, remotePath], asRoot: true, input: .descriptor(reading),
                        deadline: SocketRelay.deadline),
                    outputLines: { continuation.yield($0) })
                guard result.isSuccess else {
                    throw SSHError(
                        .forwardingRefused, host: self.name,
                        reason: "the relay of \(remotePath) ended: "
                            + result.stderr.trimmed, remedy: "log in as root, or let the login use \(remotePath)")
                }
            }
            // Its input ends first: so it takes its socket away, and nothing has to be killed.
            defer { close(writing) }
            for await line in lines where line.hasPrefix(SocketRelay.ready) {
                return try await withForwardedSocket(String(line.dropFirst(SocketRelay.ready.count)), body)
            }
            try await group.waitForAll()
            throw SSHError(
                .forwardingRefused, host: name, reason: "the relay of \(remotePath) ended before it listened")
        }
    }
}
