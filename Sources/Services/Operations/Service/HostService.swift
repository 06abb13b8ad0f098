public import FleetModel

/// The unit that starts and stops Kafka's containers with a host: `kafka-docker.service`, one for all clusters on it.
public enum HostService {
    /// The unit's name.
    public static let unit = "kafka-docker.service"
    /// The unit's file.
    public static let unitPath = "/etc/systemd/system/\(unit)"
    /// What the unit runs.
    public static let scriptPath = "\(OnHostPath.root)/kafka-docker.sh"
    /// Names what a stop of the unit has stopped, so that its start starts just that.
    public static let listPath = "\(OnHostPath.root)/stopped-with-the-machine"

    /// The files of the unit.
    public static var files: [FileToPlace] {
        [
            FileToPlace(path: scriptPath, contents: Array(script.utf8), mode: 0o755),
            FileToPlace(path: unitPath, contents: Array(unitText.utf8)),
        ]
    }

    /// A stop is over after two graces (brokers, then controllers); a start waits four minutes for the brokers.
    ///
    /// Docker's stop stops it first (`Requires`), while containers can still be stopped in their order; so Docker's start
    /// must start it again, which is what its place in `docker.service.wants` is for.
    static let unitText = """
        # Placed by gantry install-service; what is changed here is placed anew.
        [Unit]
        Description=Kafka's containers of this host
        After=docker.service network-online.target
        Wants=network-online.target
        Requires=docker.service
        RequiresMountsFor=\(OnHostPath.root)

        [Service]
        Type=oneshot
        RemainAfterExit=yes
        ExecStart=\(scriptPath) start
        ExecReload=\(scriptPath) start
        ExecStop=\(scriptPath) stop
        TimeoutStartSec=360
        TimeoutStopSec=720

        [Install]
        WantedBy=multi-user.target docker.service

        """

    /// POSIX sh with Docker's own client, so that it works without gantry and without the techhost.
    ///
    /// A container that somebody stopped on purpose stays stopped: only what `stop` has stopped is started, and what the
    /// power took is Docker's to start, by its restart policy. A retired node is never started.
    static let script = #"""
        #!/bin/sh
        # Starts and stops Kafka's containers with the machine: kafka-docker.service. Placed by gantry install-service.
        # usage: kafka-docker.sh start | stop | status
        set -u

        root=${KAFKA_DOCKER_ROOT:-/opt/kafka-docker}
        list=$root/stopped-with-the-machine
        grace=330   # a broker's controlled shutdown takes up to five minutes
        patience=${KAFKA_DOCKER_PATIENCE:-240}

        say() { echo "kafka-docker: $*"; }

        # ROLE CLUSTER NODE NAME of each container; arguments of docker ps
        containers() {
          docker ps "$@" --filter label=gantry.cluster --filter label=gantry.node \
            --format '{{.Label "gantry.role"}} {{.Label "gantry.cluster"}} {{.Label "gantry.node"}} {{.Names}}'
        }

        # whether node $2 of cluster $1 was removed for good
        retired() {
          [ -r "$root/$1/retired.json" ] &&
            tr -d ' \n' <"$root/$1/retired.json" | sed -n 's/.*"retired":\[\([^]]*\)\].*/,\1,/p' | grep -q ",$2,"
        }

        listening() {
          cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$4 == "0A" { n = split($2, a, ":"); print a[n] }'
        }

        # running nodes that do not listen on the port of their properties yet
        silent() {
          open=$(listening)
          containers | while read -r role cluster node name; do
            port=$(sed -n 's/^listeners=.*:\([0-9][0-9]*\).*/\1/p; s/^clientPort=\([0-9][0-9]*\).*/\1/p' \
              "$root/$cluster/$node.properties" 2>/dev/null | head -n 1)
            [ -n "$port" ] || continue
            echo "$open" | grep -qix "$(printf '%04X' "$port")" || printf '%s ' "$name"
          done
        }

        start_role() {
          containers -a | while read -r role cluster node name; do
            case $1 in brokers) [ "$role" = broker ] || continue ;; *) [ "$role" != broker ] || continue ;; esac
            grep -qx "$name" "$list" 2>/dev/null || continue
            if retired "$cluster" "$node"; then say "$name was removed for good: it stays stopped"; continue; fi
            say "starting $name"
            docker start "$name" >/dev/null && continue
            say "$name could not be started"
            echo "$name" >>"$list.left"
          done
        }

        # what can't be started, since its disk comes late, stays in the list
        start_listed() {
          [ -s "$list" ] || return 0
          : >"$list.left"
          start_role controllers
          start_role brokers
          if [ -s "$list.left" ]; then mv "$list.left" "$list"; else rm -f "$list" "$list.left"; fi
        }

        start() {
          start_listed
          waited=0
          while :; do
            late=$(silent)
            [ -n "$late" ] || [ -s "$list" ] || break
            if [ "$waited" -ge "$patience" ]; then
              # no failure: a unit that failed would not stop in order what does run
              [ -z "$late" ] || say "after $patience s these do not answer: $late"
              [ ! -s "$list" ] ||
                say "these can't be started: $(tr '\n' ' ' <"$list"): mend that, then systemctl reload kafka-docker.service"
              return 0
            fi
            sleep 2
            waited=$((waited + 2))
            [ $((waited % 10)) -ne 0 ] || start_listed
          done
          say "$(containers | wc -l) containers run, and each answers"
        }

        stop_role() {
          names=$(containers | awk -v brokers="$1" '($1 == "broker") == brokers { print $4 }')
          [ -n "$names" ] || return 0
          say "stopping" $names
          # all at once: each has its own grace
          docker stop -t "$grace" $names >/dev/null
        }

        stop() {
          { cat "$list" 2>/dev/null; containers | awk '{ print $4 }'; } | sort -u >"$list.new"
          mv "$list.new" "$list"
          stop_role 1
          brokers=$?
          stop_role 0 && [ "$brokers" = 0 ]
        }

        status() {
          docker ps -a --filter label=gantry.cluster --filter label=gantry.node \
            --format '{{.Names}}\t{{.Status}}'
          late=$(silent)
          [ -z "$late" ] || say "these run and do not answer: $late"
        }

        case ${1-} in
        start | stop | status) "$1" ;;
        *) echo "usage: kafka-docker.sh start | stop | status" >&2; exit 64 ;;
        esac
        """#
}

/// What is to become of a host's unit.
public enum ServiceWish: Hashable, Sendable {
    /// Nothing: how it stands.
    case look
    /// Its files lie there; it is to be enabled and started, which touches no container that runs.
    case start
    /// It is to go, and its files with it, unless the host carries another cluster than this one. What runs goes on.
    case remove(ClusterName)
}

/// How a host's unit stands.
public struct ServiceState: Hashable, Sendable {
    /// Whether the host has a systemd that runs.
    public var hasManager: Bool
    /// Whether it is started with the machine.
    public var isEnabled: Bool
    /// Whether it is started now.
    public var isActive: Bool
    /// Other clusters on the host, which kept it from being removed.
    public var others: [String]

    /// A unit in this state.
    public init(hasManager: Bool, isEnabled: Bool, isActive: Bool, others: [String] = []) {
        self.hasManager = hasManager
        self.isEnabled = isEnabled
        self.isActive = isActive
        self.others = others
    }
}
