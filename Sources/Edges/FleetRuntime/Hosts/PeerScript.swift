import FleetModel
import Operations

/// One host's look at the others, as a program that Debian always has an interpreter for (perl-base is essential).
enum PeerScript {
    /// Arguments: patience in milliseconds, the MTU or 0, how many callers each own port has. Input, a line each:
    /// `listen PORT`, `peer HOST PORT…`, a port with `+` where somebody will listen. All connections and packets are under way at once; it ends when every answer is there and
    /// every caller has called, or when its patience does.
    static let text = #"""
        use strict; use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6 AF_INET6);
        my ($patience, $mtu, $callers) = @ARGV; $patience /= 1000; $| = 1; $SIG{PIPE} = 'IGNORE';
        sub up { open my $f, '<', '/proc/uptime' or return time; my ($t) = split / /, <$f>; $t }
        my (@peers, @listen);
        while (<STDIN>) {
          chomp; my @f = split / /;
          if ($f[0] eq 'listen') { push @listen, { port => $f[1], calls => 0 } }
          elsif ($f[0] eq 'peer') { push @peers, { name => $f[1], ports => [@f[2 .. $#f]] } }
        }
        for my $p (@peers) {
          if (inet_pton(AF_INET, $p->{name}) || inet_pton(AF_INET6, $p->{name})) { $p->{found} = [$p->{name}]; next }
          open $p->{lookup}, '-|', 'timeout', '2', 'getent', 'ahosts', $p->{name} or delete $p->{lookup};
        }
        for my $l (@listen) {
          socket my $s, PF_INET, SOCK_STREAM, 6 or next;
          setsockopt $s, SOL_SOCKET, SO_REUSEADDR, pack 'l', 1;
          $l->{socket} = $s if bind($s, sockaddr_in($l->{port}, INADDR_ANY)) && listen($s, 512);
        }
        for my $p (@peers) {
          if (my $h = $p->{lookup}) { my %seen; $p->{found} = [grep { !$seen{$_}++ } map { (split)[0] } <$h>] }
          my @found = @{ $p->{found} || [] };
          print join("\t", 'name', $p->{name}, @found), "\n";
          my ($four) = grep { inet_pton(AF_INET, $_) } @found;
          $p->{four} = inet_pton(AF_INET, $four) if defined $four;
          $p->{six} = inet_pton(AF_INET6, $found[0]) if !defined $four && @found;
        }
        my $end = up() + $patience; my @calls;
        sub call {
          my $c = shift; my $p = $c->{peer};
          $c->{state} = 'failed: no address', return unless $p->{four} || $p->{six};
          socket $c->{socket}, $p->{four} ? PF_INET : PF_INET6, SOCK_STREAM, 6 or ($c->{state} = "failed: $!", return);
          my $s = $c->{socket}; use Fcntl; fcntl $s, F_SETFL, O_NONBLOCK;
          my $to = $p->{four} ? sockaddr_in($c->{port}, $p->{four}) : pack_sockaddr_in6($c->{port}, $p->{six});
          connect($s, $to) ? $c->{state} = 'open' : $!{EINPROGRESS} ? $c->{state} = 'waits' : judge($c, $!);
        }
        sub judge { my ($c, $e) = @_; close $c->{socket}; $c->{state} = $e =~ /refused/i ? 'refused' : "failed: $e"; $c->{again} = up() + 0.1; $c->{was} = 1 }
        for my $p (@peers) { for (@{ $p->{ports} }) { my $c = { peer => $p, port => $_ + 0, opens => /\+$/ }; push @calls, $c; call($c) } }
        my $raw; my $echoes = 0;
        if ($mtu > 28 && socket $raw, PF_INET, SOCK_RAW, 1) {
          setsockopt $raw, 0, 10, pack 'l', 2; $echoes = 1; fcntl $raw, F_SETFL, O_NONBLOCK;
        }
        sub echo {
          my ($p, $i, $size) = @_; my $d = pack('CCnnn', 8, 0, 0, $$ & 0xffff, $i) . "\0" x ($size - 36 + 8); my $sum = 0;
          $sum += $_ for unpack 'n*', length($d) % 2 ? "$d\0" : $d; $sum = ($sum >> 16) + ($sum & 0xffff) while $sum >> 16;
          substr($d, 2, 2) = pack 'n', ~$sum & 0xffff; send $raw, $d, 0, sockaddr_in(0, $p->{four});
        }
        my ($echoUntil, $echoNext, $open) = (up() + 1, 0, 1);
        while ($open && up() < $end) {
          if ($echoes && up() >= $echoNext && up() < $echoUntil) {
            $echoNext = up() + 0.3;
            for my $i (0 .. $#peers) {
              my $p = $peers[$i]; next unless $p->{four};
              echo($p, 2 * $i, 84) unless $p->{small}; echo($p, 2 * $i + 1, $mtu) unless $p->{large};
            }
          }
          my ($r, $w) = ('', '');
          for (@listen) { vec($r, fileno $_->{socket}, 1) = 1 if $_->{socket} }
          vec($r, fileno $raw, 1) = 1 if $echoes;
          for (@calls) { vec($w, fileno $_->{socket}, 1) = 1 if $_->{state} eq 'waits' }
          select my $ready = $r, my $done = $w, undef, 0.05;
          for my $l (@listen) {
            next unless $l->{socket} && vec $ready, fileno $l->{socket}, 1;
            if (accept my $s, $l->{socket}) { $l->{calls}++; close $s }
          }
          for my $c (@calls) {
            if ($c->{state} eq 'waits' && vec $done, fileno $c->{socket}, 1) {
              my $e = unpack 'l', getsockopt $c->{socket}, SOL_SOCKET, SO_ERROR;
              if ($e) { $! = $e; judge($c, $!) } else { close $c->{socket}; $c->{state} = 'open' }
            } elsif ($c->{state} eq 'refused' && $c->{opens} && $c->{again} <= up()) { call($c) }
          }
          if ($echoes) {
            while (my $from = recv $raw, my $d, 65535, 0) {
              my $h = 4 * (ord($d) & 15); my ($t, undef, undef, $id, $i) = unpack 'CCnnn', substr $d, $h, 8;
              next if $t != 0 || $id != ($$ & 0xffff) || $i > 2 * @peers; $peers[$i >> 1]{ $i & 1 ? 'large' : 'small' } = 1;
            }
          }
          $open = grep({ $_->{state} eq 'waits' || $_->{state} eq 'refused' && $_->{opens} } @calls)
            || grep({ $_->{socket} && $_->{calls} < $callers } @listen)
            || ($echoes && up() < $echoUntil && grep { $_->{four} && !$_->{large} } @peers);
        }
        for (@calls) { my $s = $_->{state}; $s = $_->{was} ? 'refused' : 'silent' if $s eq 'waits'; $s =~ s/[\t\n]/ /g; print join("\t", 'port', $_->{peer}{name}, $_->{port}, $s), "\n" }
        if ($echoes) { for (@peers) { next unless $_->{four}; print join("\t", 'mtu', $_->{name}, $_->{large} ? 'whole' : $_->{small} ? 'cut' : 'silent'), "\n" } }
        print "end\tend\n";
        """#

    /// The script's last line: what came before it is whole.
    static let end = "end\tend\n"
    /// Bounds what one host may print: 200 others with 30 ports each.
    static let outputLimit = 4 << 20

    /// What the script reads.
    static func input(_ question: PeerQuestion) -> String {
        let listens = question.listens.map { "listen \($0)\n" }
        let peers = question.peers.map { peer in
            let ports = peer.ports.map { peer.opens.contains($0) ? "\($0)+" : "\($0)" }
            return (["peer", peer.address.rawValue] + ports).joined(separator: " ") + "\n"
        }
        return (listens + peers).joined()
    }

    /// Its arguments.
    static func arguments(_ question: PeerQuestion) -> [String] {
        let (seconds, attoseconds) = question.patience.components
        return [
            "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)", "\(question.mtu ?? 0)", "\(question.callers)",
        ]
    }
}
