extension FleetTemplates {
    /// `k/docker-compose.yml`.
    static let compose = """
        # The template of every node: the service 'broker' is stamped out once a broker, 'controller' once a controller.
        # Whatever Compose allows may be added: labels, logging, volumes, limits, environment, other services.
        # Gantry itself sets image, container_name, entrypoint, command, mem_limit, its labels, its mounts and the heap.

        x-node: &node
          network_mode: host
          restart: unless-stopped        # 'always' would bring back a node that was stopped on purpose
          stop_grace_period: 330s        # Kafka's controlled shutdown takes up to 300s; less than 330s is raised
          # user: "1000:1000"            # unless set, root; data directories get this owner
          environment:
            EXTRA_ARGS: -name kafkaServer   # without it Kafka writes its garbage collector's log into the container
          logging:
            driver: json-file
            options: { max-size: 50m, max-file: "5" }
          tmpfs:                         # volumes that apache/kafka declares and nobody uses: no anonymous ones
            - /etc/kafka/secrets
            - /mnt/shared/config
            - /var/lib/kafka/data

        services:
          broker:
            <<: *node
          controller:
            <<: *node

        """

    /// `k/Dockerfile`.
    static let dockerfile = """
        # The image: anything with Kafka's own layout under /opt/kafka, bash and a JRE. Of the base only these are used.
        #   docker build -t gantry/kafka:\(version) k/
        # Then name it in defaults.cfg: image: gantry/kafka:\(version)
        FROM apache/kafka:\(version)

        # Docker keeps and rotates what goes to the console; files in the container would grow without an end.
        RUN printf '%s\\n' \\
              'Configuration:' \\
              '  Appenders:' \\
              '    Console:' \\
              '      name: STDOUT' \\
              '      PatternLayout:' \\
              '        pattern: "[%d] %p %m (%c)%n"' \\
              '  Loggers:' \\
              '    Root:' \\
              '      level: INFO' \\
              '      AppenderRef:' \\
              '        - ref: STDOUT' \\
              >/opt/kafka/config/log4j2.yaml

        """

    /// `k/Dockerfile.airgapped`.
    static let airgapped = """
        # The image without any network, from three things that you bring:
        #   a base image with bash and coreutils, already loaded ('docker load'): BASE
        #   Kafka's release                                             k/kafka_2.13-\(version).tgz
        #   a JRE linked from a JDK of 17 or later                      k/jre/
        #     jlink --output k/jre --strip-debug --no-header-files --no-man-pages --add-modules java.base,java.desktop,\\
        #       java.instrument,java.logging,java.management,java.naming,java.rmi,java.security.jgss,java.security.sasl,\\
        #       java.sql,java.xml,jdk.crypto.ec,jdk.management,jdk.management.agent,jdk.net,jdk.unsupported
        #
        #   docker build -f k/Dockerfile.airgapped -t gantry/kafka:\(version) k/
        # Then name it in defaults.cfg: image: gantry/kafka:\(version); for hosts that cannot pull it, 'docker save' it
        # and name the file there too: image_archive.
        ARG BASE=debian:12-slim
        FROM ${BASE}
        ARG VERSION=\(version)
        COPY jre/ /opt/java/
        ADD kafka_2.13-${VERSION}.tgz /opt/
        RUN ln -s kafka_2.13-${VERSION} /opt/kafka
        ENV JAVA_HOME=/opt/java PATH=/opt/java/bin:/opt/kafka/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

        """
}
