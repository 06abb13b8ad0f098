/// Placing files: the stream that goes to the host, the script that reads it, what the script answers.
///
/// First every file is staged beside its place and synced; only when all of them are there, each is compared and renamed.
/// So a connection lost, or a disk full, half way changes nothing.
enum Placement {
    /// 64 MiB in all: configuration is kilobytes, and the stream is made in memory.
    static let mostBytes = 64 << 20

    /// Each file: a line `mode owner size`, a line with the path, the bytes. Then `end`.
    static func stream(_ files: [RemoteFile]) -> [UInt8] {
        var stream: [UInt8] = []
        stream.reserveCapacity(files.reduce(64) { $0 + $1.bytes.count + $1.path.utf8.count + 64 })
        for file in files {
            let mode = String(file.mode & 0o7777, radix: 8)
            stream += Array("\(mode) \(file.owner ?? "-") \(file.bytes.count)\n\(file.path)\n".utf8)
            stream += file.bytes
        }
        return stream + Array("end\n".utf8)
    }

    /// `head -c` of coreutils takes no byte more than it is told from a pipe, and the shell's `read` none beyond the newline.
    /// Built-ins where there are any: a program started costs a millisecond or more, and there are many files.
    static let script = """
        set -C
        n=0
        clean() {
            i=0; set --
            while [ "$i" -lt "$n" ]; do eval "set -- \\"\\$@\\" \\"\\$t$i\\""; i=$((i + 1)); done
            [ "$#" = 0 ] || rm -f -- "$@"
        }
        fail() { printf 'failed %s\\n' "$1"; exit 1; }
        owned() {
            [ "$1" = - ] && return 0
            case "$1" in "$2:$3" | "$4:$5" | "$2:$5" | "$4:$3" | "$2" | "$4") return 0 ;; esac
            return 1
        }
        trap clean EXIT
        trap 'exit 1' HUP INT TERM
        complete=
        while IFS=' ' read -r mode owner size; do
            [ "$mode" = end ] && { complete=1; break; }
            IFS= read -r path || break
            dir=${path%/*}/
            [ -d "$dir" ] || { umask 022; mkdir -p -- "$dir" || fail "$n"; }
            for old in "$dir".gantry-new.*; do
                pid=${old##*.gantry-new.}
                [ ! -f "$old" ] || [ -d "/proc/${pid%%.*}" ] || rm -f -- "$old"
            done
            t=$dir.gantry-new.$$.$n
            [ ! -e "$t" ] || rm -f -- "$t"
            eval "t$n=\\$t p$n=\\$path"
            n=$((n + 1)); k=$((n - 1))
            umask 077
            head -c "$size" >"$t" || fail "$k"
            eval "s$k="
            if [ -f "$path" ] && [ ! -L "$path" ] && cmp -s -- "$t" "$path"; then
                set -- $(stat -c '%a %U %G %u %g' -- "$path")
                if [ "$1" = "$mode" ] && shift && owned "$owner" "$@"; then eval "s$k=same"; continue; fi
            fi
            [ "$(stat -c %s -- "$t")" = "$size" ] || break
            [ "$owner" = - ] || chown -- "$owner" "$t" || fail "$k"
            chmod -- "$mode" "$t" || fail "$k"
        done
        [ -n "$complete" ] || fail cut
        k=0; set --
        while [ "$k" -lt "$n" ]; do
            eval "[ -n \\"\\$s$k\\" ] || set -- \\"\\$@\\" \\"\\$t$k\\""; k=$((k + 1))
        done
        [ "$#" = 0 ] || sync -- "$@" || fail sync
        k=0; set --
        while [ "$k" -lt "$n" ]; do
            eval "t=\\$t$k path=\\$p$k outcome=\\$s$k"
            if [ -n "$outcome" ]; then
                outcome=unchanged
            else
                outcome=created
                if [ -e "$path" ] || [ -L "$path" ]; then outcome=changed; fi
                mv -fT -- "$t" "$path" || fail "$k"
                set -- "$@" "${path%/*}/"
            fi
            printf '%s %s\\n' "$outcome" "$k"
            k=$((k + 1))
        done
        [ "$#" = 0 ] || sync -- "$@" || fail sync
        """

    /// What the script said: an outcome for each file placed, and the number of the one that failed.
    struct Answer: Equatable {
        var placed: [PlacedFile] = []
        var failed: Int?
        var wasCut = false
    }

    static func parse(_ output: String, files: [RemoteFile]) -> Answer {
        var answer = Answer()
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2 else { continue }
            if words[0] == "failed" {
                answer.failed = Int(words[1])
                answer.wasCut = words[1] == "cut"
            } else if let outcome = PlacedFile.Outcome(rawValue: String(words[0])), let number = Int(words[1]),
                files.indices.contains(number)
            {
                answer.placed.append(PlacedFile(path: files[number].path, outcome: outcome))
            }
        }
        return answer
    }
}
