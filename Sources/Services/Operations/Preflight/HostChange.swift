import FleetModel

/// One change of a host itself, beside Kafka: what `preflight --fix` makes and `--provision` is made of.
///
/// A value that can be shown before it is made, asked for whether it holds, and where that is safe taken back. The lines that
/// people are shown are those that run.
public enum HostChange: Hashable, Sendable, Codable {
    /// A value of the kernel, now and after every boot.
    case kernelValue(name: String, value: Int64, isLeast: Bool)
    /// `/etc/docker/daemon.json` as a whole.
    case dockerSettings(String)
    /// Debian packages that are installed, without those they only recommend.
    case packages([String])
    /// Something that keeps the clock right.
    case timeSynchronisation
    /// Docker runs, and starts with the machine.
    case dockerRuns
    /// A login may use Docker's socket.
    case dockerGroup(user: String)
    /// TCP ports are let in by the firewall that is there.
    case openPorts([UInt16], firewall: String)
    /// A blank device gets a file system, which is mounted now and at every boot, before Docker.
    case dataDisk(device: String, path: String)
    /// A kernel argument, which counts from the next boot on.
    case bootArgument(String)
    /// The operator's own script, with settings of the host in its environment.
    case script(String, environment: [String: String])
}

extension HostChange {
    /// As plans show it.
    public var title: String {
        switch self {
        case .kernelValue(let name, let value, _): "set \(name) to \(value)"
        case .dockerSettings: "write /etc/docker/daemon.json"
        case .packages(let names): "install \(names.joined(separator: ", "))"
        case .timeSynchronisation: "enable time synchronisation"
        case .dockerRuns: "start Docker, now and at every boot"
        case .dockerGroup(let user): "add \(user) to group docker"
        case .openPorts(let ports, let firewall):
            "open ports \(ports.map(String.init).joined(separator: ", ")) in \(firewall)"
        case .dataDisk(let device, let path): "format \(device) and mount it at \(path)"
        case .bootArgument(let argument): "boot the kernel with \(argument)"
        case .script: "run k/provision.sh"
        }
    }

    /// Names it within a plan: two changes of one name are never made side by side.
    public var name: String {
        switch self {
        case .kernelValue(let name, _, _): name
        case .dockerSettings: "daemon.json"
        case .packages(let names): "packages-\(names.first ?? "")"
        case .timeSynchronisation: "time"
        case .dockerRuns: "docker"
        case .dockerGroup(let user): "group-\(user)"
        case .openPorts: "ports"
        case .dataDisk(_, let path): path
        case .bootArgument: "boot"
        case .script: "script"
        }
    }

    /// Whether it counts only after a reboot, so that a check right behind it can't find it.
    public var needsReboot: Bool { if case .bootArgument = self { true } else { false } }

    /// A shell's condition: whether it holds already.
    public var probe: String {
        switch self {
        case .kernelValue(let name, let value, let isLeast):
            #"[ "$(cat /proc/sys/\#(name.replacingDots))" \#(isLeast ? "-ge" : "-le") \#(value) ] && "#
                + "grep -qs '^\(name)' /etc/sysctl.d/*.conf /etc/sysctl.conf"
        case .dockerSettings(let text):
            "[ \"$(cat /etc/docker/daemon.json 2>/dev/null)\" = \(ShellQuoting.single(text)) ]"
        case .packages(let names):
            names.map { "dpkg-query -W -f '${Status}' \($0) 2>/dev/null | grep -q 'ok installed'" }
                .joined(separator: " && ")
        case .timeSynchronisation:
            // Not whether one runs: on a machine whose host keeps the clock none does, and the clause asks the kernel.
            ["chrony", "ntpsec", "systemd-timesyncd"].map { "systemctl is-enabled --quiet \($0) 2>/dev/null" }
                .joined(separator: " || ")
        case .dockerRuns: "systemctl is-enabled --quiet docker && systemctl is-active --quiet docker"
        case .dockerGroup(let user): "id -nG \(ShellQuoting.word(user)) | tr ' ' '\\n' | grep -qx docker"
        case .openPorts(let ports, "firewalld"):
            ports.map { "firewall-cmd -q --query-port=\($0)/tcp" }.joined(separator: " && ")
        case .openPorts(let ports, _):
            ports.map { "ufw show added | grep -q '^ufw allow \($0)/tcp$'" }.joined(separator: " && ")
        case .dataDisk(let device, let path):
            "[ \"$(findmnt -nro SOURCE --mountpoint \(ShellQuoting.word(path)))\" = "
                + "\"$(readlink -f \(ShellQuoting.word(device)))\" ]"
        case .bootArgument(let argument): "grep -qs '\(argument)' /proc/cmdline /etc/default/grub.d/gantry.cfg"
        case .script: "[ \"$(\(digest))\" = \"$(cat \(Self.scriptMark) 2>/dev/null)\" ]"
        }
    }

    /// The lines of shell that make it, run as root one after the other until one fails. Each may be run again.
    public var commands: [String] {
        switch self {
        case .kernelValue(let name, let value, _):
            [
                "echo '\(name) = \(value)' > \(Self.kernelFile(name))",
                "sysctl -q -w \(name)=\(value)",
            ]
        case .dockerSettings(let text):
            [
                "mkdir -p /etc/docker",
                "printf '%s\\n' \(ShellQuoting.single(text)) > /etc/docker/daemon.json.new",
                "mv /etc/docker/daemon.json.new /etc/docker/daemon.json",
                // Not restarted: without live-restore that would stop every broker of the host.
                "systemctl is-active --quiet docker && systemctl reload docker || true",
            ]
        case .packages(let names):
            [
                "\(Self.apt) update -q",
                "\(Self.apt) install -q -y --no-install-recommends \(names.joined(separator: " "))",
            ]
        case .timeSynchronisation:
            [
                "[ -e /lib/systemd/system/systemd-timesyncd.service ] || "
                    + "\(Self.apt) install -q -y --no-install-recommends systemd-timesyncd",
                "systemctl enable --now systemd-timesyncd",
            ]
        case .dockerRuns: ["systemctl enable --now docker"]
        case .dockerGroup(let user): ["usermod -aG docker \(ShellQuoting.word(user))"]
        case .openPorts(let ports, "firewalld"):
            ports.flatMap {
                ["firewall-cmd -q --permanent --add-port=\($0)/tcp", "firewall-cmd -q --add-port=\($0)/tcp"]
            }
        case .openPorts(let ports, _): ports.map { "ufw allow \($0)/tcp" }
        case .dataDisk(let device, let path):
            Self.formatting(device: ShellQuoting.word(device), path: ShellQuoting.word(path), plain: path)
        case .bootArgument(let argument):
            [
                "mkdir -p /etc/default/grub.d",
                "echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX \(argument)\"' > /etc/default/grub.d/gantry.cfg",
                "update-grub",
            ]
        case .script(let text, let environment):
            environment.sorted { $0.key < $1.key }.map { "export \($0.key)=\(ShellQuoting.single($0.value))" }
                + [
                    "printf '%s' \(ShellQuoting.single(text)) | sh -s", "mkdir -p /opt/kafka-docker",
                    "\(digest) > \(Self.scriptMark)",
                ]
        }
    }

    /// The lines that take it back; empty where that could take something from somebody else.
    public var undo: [String] {
        switch self {
        case .kernelValue(let name, _, _): ["rm -f \(Self.kernelFile(name))"]
        case .dockerGroup(let user): ["gpasswd -d \(ShellQuoting.word(user)) docker || true"]
        case .openPorts(let ports, "firewalld"):
            ports.flatMap {
                ["firewall-cmd -q --permanent --remove-port=\($0)/tcp", "firewall-cmd -q --remove-port=\($0)/tcp"]
            }
        case .openPorts(let ports, _): ports.map { "ufw delete allow \($0)/tcp" }
        case .dockerSettings, .packages, .timeSynchronisation, .dockerRuns, .dataDisk, .bootArgument, .script: []
        }
    }

    /// Where a host keeps which script was run to its end, with which environment.
    private static let scriptMark = "/opt/kafka-docker/.provisioned"

    /// A command that tells one script and environment from another.
    private var digest: String {
        guard case .script(let text, let environment) = self else { return "true" }
        let all = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" } + [text]
        return "printf '%s' \(ShellQuoting.single(all.joined(separator: "\n"))) | cksum"
    }

    /// Waits so long for another package manager, and no longer: unattended upgrades take minutes.
    static let lockPatience = 120
    private static let apt = "DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=\(lockPatience)"

    private static func kernelFile(_ name: String) -> String { "/etc/sysctl.d/90-gantry-\(name).conf" }

    /// A device is formatted only where nothing at all is found on it. The empty mount point is made immutable where its
    /// file system can, and Docker waits for the mount: without it no broker starts on the system's disk below.
    private static func formatting(device: String, path: String, plain: String) -> [String] {
        let unit = plain.split(separator: "/").joined(separator: "-")
        return [
            "[ -b \(device) ]",
            "if blkid -p -o export \(device) | grep -q '^TYPE=ext4$' && "
                + "[ \"$(blkid -p -s LABEL -o value \(device))\" = gantry ]; then :; "
                + "elif [ -n \"$(blkid -p -o export \(device))\" ] || [ -n \"$(lsblk -nro TYPE \(device) | sed -n 2p)\" ] "
                + "|| [ -n \"$(head -c 1048576 \(device) | tr -d '\\000' | head -c 1)\" ]; "
                + "then echo '\(device) is not blank: it is not formatted' >&2; exit 65; "
                + "else mkfs.ext4 -q -m 0 -L gantry \(device); fi",
            "mountpoint -q \(path) || { mkdir -p \(path) && { chattr +i \(path) 2>/dev/null || true; }; }",
            "grep -qs ' \(path) ' /etc/fstab || echo \"UUID=$(blkid -p -s UUID -o value \(device)) \(path) ext4 "
                + "defaults,noatime,nofail 0 2\" >> /etc/fstab",
            "mountpoint -q \(path) || mount \(path)",
            "mkdir -p /etc/systemd/system/docker.service.d",
            "printf '[Unit]\\nRequiresMountsFor=%s\\nAssertPathIsMountPoint=%s\\n' \(path) \(path) > "
                + "/etc/systemd/system/docker.service.d/gantry-\(unit).conf",
            "systemctl daemon-reload",
        ]
    }
}

extension String {
    fileprivate var replacingDots: String { split(separator: ".").joined(separator: "/") }
}

extension HostChange {
    /// Why a change failed, from the last words of what made it.
    public static func failureCode(_ words: String) -> String {
        if words.contains("Could not get lock") || words.contains("Unable to acquire the dpkg") {
            return "package-lock"
        }
        if words.contains("Failed to fetch") || words.contains("Unable to fetch") || words.contains("Temporary failure")
        {
            return "download-failed"
        }
        if words.contains("Unable to locate package") { return "package-unknown" }
        return words.contains("is not blank") ? "disk-not-blank" : "change-failed"
    }
}
