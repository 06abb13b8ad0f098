extension FleetTemplates {
    /// `defaults.cfg` of a new fleet.
    static func defaults(simulated: Bool) -> String {
        let purpose =
            simulated
            ? "# A simulated fleet: hosts, containers and brokers that live in this directory alone. Try anything."
            : "# The fleet: what the cluster is to be. Edit at least name, virthosts, ssh and data, then:"
        return """
            \(purpose)
            #   gantry preflight      what techhost and hosts lack
            #   gantry bootstrap      makes the cluster; run again, it finishes what is missing
            #   gantry clusterstatus  tells whether all of it works
            # Every mistake in this file is reported at once, with its line. Paths are relative to this directory.

            cluster:
              name: orders                     # names containers and directories: a-z, 0-9 and '-'
              transport: \(simulated ? "simulated            " : "ssh                  ") # ssh | local | simulated
              mode: kraft
              version: \(version)
              image: apache/kafka:\(version)        # or what k/Dockerfile makes
              # image_archive: k/kafka.tar.gz  # a 'docker save' file, for hosts that lack the image
              # registry: { user: robot, password_file: registry.password }   # hosts pull the image with this login
              # controllers: 3                 # dedicated controllers; unless set, 3, or 1 on fewer than 3 hosts

            virthosts: [10.0.0.11, 10.0.0.12, 10.0.0.13]

            defaults:                          # of every host, unless the host says otherwise below
              brokers: 2                       # one container each; counts for the host's first start only
              rack: host                       # each host is a rack of its own; or a rack's name
              ssh: { user: root }              # also port, identity, config, known_hosts
              data: [/var/lib/kafka-docker]    # absolute paths on the hosts, best on disks of their own
              ports: { broker: 9092, controller: 19092 }   # the n-th broker of a host listens on 9092 + n - 1
              heap: 1g                         # Java heap of a node
              memory: 2g                       # memory limit of its container

            # hosts:                           # settings of single hosts
            #   10.0.0.13: { rack: b, brokers: 4, data: [/disk1, /disk2] }

            kafka:                             # Kafka's own settings under Kafka's own names
              default.replication.factor: 3
              min.insync.replicas: 2

            move: { throttle: 50MiB/s, tolerance: 10%, canary: true, resume: auto }   # resume: auto | ask

            # notify:                          # mail after every operation and at every incident
            #   to: [kafka-ops@example.com]
            #   daily: 08:00                   # how all is, every day; by the monitoring daemon
            #   smtp: { url: smtp://mail.example.com:587, user: gantry, password_file: smtp.password }

            monitor: { interval: 30s, metrics: 127.0.0.1:9308, log: \(simulated ? "" : "/var/log/gantry/")dockmon.log }

            # waive: { H7: "the reason" }      # clauses of assumptions.txt that this site does not meet

            """
    }
}
