import FleetModel
import Operations

/// What the inspection script found on a host: the script, and the reading of what it prints. Pure.
///
/// Every line is `KEY<TAB>VALUE…`; lines that are not understood are passed over, so that a login shell that greets
/// does no harm.
struct HostReport: Equatable {
    var architecture = ""
    var compose: ComposeFlavour?
    var listening: Set<UInt16> = []
    var disks: [DiskObservation] = []
    var formatted: [String: MetaProperties] = [:]
    var obstacles: [String: String] = [:]
    var layout: String?
    var others: [OtherCluster] = []
    var retired = RetiredMemory()
    /// What the machine is, without its skew.
    var machine: MachineFacts?
    /// The host's own time when the script began.
    var now: Timestamp?
    /// Set by the script's last line: what came before it is whole.
    var isComplete = false

    /// Bounds what one host may print: some hundred directories of meta.properties.
    static let outputLimit = 4 << 20

    /// POSIX sh; see `arguments`.
    /// `df` is asked for the nearest parent that exists, since a data directory is made only at the first start.
    static let script = #"""
        set -u
        scope=$1; dir=$2; cluster=$3; devices=$4; shift 4
        tab=$(printf '\t')
        echo "now${tab}$(date +%s%3N)"
        echo "arch${tab}$(uname -m)"
        if [ "$scope" = everything ]; then
          if docker compose version >/dev/null 2>&1; then echo "compose${tab}v2"
          elif docker-compose version >/dev/null 2>&1; then echo "compose${tab}v1"; fi
          if [ -r "$dir/.compose" ]; then echo "compose${tab}$(head -c 8 "$dir/.compose")"; fi
          for f in /proc/net/tcp /proc/net/tcp6; do
            [ -r "$f" ] && awk -v t="$tab" '$4 == "0A" { n = split($2, a, ":"); print "port" t a[n] }' "$f"
          done
          for f in "${dir%/*}"/*/docker-compose.yml; do
            o=${f%/docker-compose.yml}; n=${o##*/}
            if [ ! -r "$f" ] || [ "$n" = "$cluster" ]; then continue; fi
            id=$(sed -n 's/^ *gantry\.cluster-id: *"\{0,1\}\([A-Za-z0-9_-]*\).*/\1/p' "$f" | head -n 1)
            ports=$(cat "$o"/*.properties 2>/dev/null | tr -d '\r' | sed -n 's/^advertised\.listeners=.*:\([0-9]*\)$/\1/p')
            echo "other${tab}$n${tab}$id${tab}$(echo $ports)"
          done
        fi
        for d in "$@"; do
          p=$d
          while [ ! -d "$p" ]; do p=$(dirname "$p"); done
          df -Pk "$p" 2>/dev/null | awk -v t="$tab" -v d="$d" 'NR == 2 { print "disk" t d t $2 t $4 }'
          for n in "$d" "$d/$cluster"; do
            [ -e "$n" ] && [ ! -d "$n" ] && echo "obstacle${tab}$n${tab}it is not a directory"
          done
          for n in "$d/$cluster"/*; do
            m=$n/meta.properties
            if [ ! -e "$n" ]; then continue
            elif [ ! -d "$n" ]; then echo "obstacle${tab}$n${tab}it is not a directory"
            elif [ -f "$m" ]; then
              echo "meta${tab}$n${tab}#"
              head -c 4096 "$m" | tr -d '\r' | awk -v t="$tab" -v m="$n" '{ print "meta" t m t $0 }'
            else
              found=$(ls -A "$n" | grep -v -e '^bootstrap\.checkpoint' -e '^meta\.properties\.tmp$' -e '^lost+found$' | head -n 1)
              [ -z "$found" ] || echo "obstacle${tab}$n${tab}it has $found in it, and no meta.properties"
            fi
          done
        done
        for f in layout retired; do
          [ -r "$dir/$f.json" ] && echo "$f${tab}$(head -c 1048576 "$dir/$f.json" | tr -d '\n')"
        done
        if [ "$scope" = everything ]; then

        """# + MachineScript.text + #"""

            fi
            echo "end${tab}"
            """#

    /// The script's arguments: the scope, the cluster's directory, its name, devices with blanks between them, then
    /// the data directories.
    static func arguments(_ question: HostQuestion) -> [String] {
        [
            question.scope.rawValue, OnHostPath.directory(of: question.cluster), question.cluster.rawValue,
            question.devices.joined(separator: " "),
        ] + question.data
    }

    init(parsing output: String) {
        var meta: [String: String] = [:]
        var facts: [[String]] = []
        for line in output.split(separator: "\n") {
            if line.hasPrefix("machine\t") {
                let words = line.split(separator: "\t", omittingEmptySubsequences: false)
                facts.append(words.dropFirst().map(String.init))
                continue
            }
            let fields = line.split(separator: "\t", maxSplits: 4, omittingEmptySubsequences: false).map(String.init)
            guard fields.count >= 2 else { continue }
            switch fields[0] {
            case "now": now = Int64(fields[1]).map { Timestamp(milliseconds: $0) }
            case "arch": architecture = fields[1]
            case "compose": compose = ComposeFlavour(rawValue: fields[1].filter { !$0.isWhitespace }) ?? compose
            case "port": if let port = UInt16(fields[1], radix: 16) { listening.insert(port) }
            case "disk":
                guard fields.count >= 4, let total = Int64(fields[2]), let free = Int64(fields[3]) else { continue }
                disks.append(
                    DiskObservation(
                        path: fields[1], total: ByteCount(kibibytes: total), free: ByteCount(kibibytes: free)))
            case "meta" where fields.count >= 3:
                meta[fields[1], default: ""] += fields[2...].joined(separator: "\t") + "\n"
            case "obstacle" where fields.count >= 3: obstacles[fields[1]] = fields[2...].joined(separator: " ")
            case "layout": layout = fields[1...].joined(separator: "\t")
            case "other" where fields.count >= 4:
                others.append(
                    OtherCluster(
                        name: fields[1], id: ClusterID(rawValue: fields[2]),
                        ports: Set(fields[3].split(separator: " ").compactMap { UInt16($0) })))
            case "retired": retired = RetiredMemory(text: fields[1])
            case "end": isComplete = true
            default: continue
            }
        }
        formatted = meta.mapValues { MetaProperties(properties: $0) }
        if !facts.isEmpty { machine = MachineFacts(lines: facts) }
    }
}

extension ByteCount {
    fileprivate init(kibibytes: Int64) {
        let (bytes, overflow) = kibibytes.multipliedReportingOverflow(by: 1024)
        self.init(overflow ? .max : bytes)
    }
}
