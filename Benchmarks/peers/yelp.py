"""Runs Yelp's kafka-cluster-manager on a saved placement. usage: yelp.py SNAPSHOT [LEAVING[,LEAVING…]] > REASSIGNMENT"""

import argparse
import json
import sys
import time

from kafka_utils.kafka_cluster_manager.cluster_info.cluster_topology import ClusterTopology
from kafka_utils.kafka_cluster_manager.cluster_info.partition_count_balancer import PartitionCountBalancer
from kafka_utils.kafka_cluster_manager.cluster_info.partition_measurer import PartitionMeasurer


class Sizes(PartitionMeasurer):
    def __init__(self, sizes):
        self.sizes = sizes

    def get_weight(self, partition_name):
        return self.sizes[partition_name]

    def get_size(self, partition_name):
        return self.sizes[partition_name]


def main():
    snapshot = json.load(open(sys.argv[1]))
    leaving = [int(id) for id in sys.argv[2].split(",")] if len(sys.argv) > 2 else []
    racks = {broker["id"]: broker.get("rack", "") for broker in snapshot["brokers"]}
    rows = snapshot["partitions"]
    topology = ClusterTopology(
        {(row["topic"], row["partition"]): row["replicas"] for row in rows},
        {id: {"host": str(id)} for id in racks},
        Sizes({(row["topic"], row["partition"]): row["size_bytes"] for row in rows}),
        lambda broker: racks[broker.id],
    )
    wanted = argparse.Namespace(
        replication_groups=True, brokers=True, leaders=True, max_movement_size=None, max_partition_movements=None,
        max_leader_changes=None, balancer_args=[], score_improvement_threshold=None,
    )
    began = time.monotonic()
    balancer = PartitionCountBalancer(topology, wanted)
    if leaving:
        balancer.decommission_brokers(leaving)
    balancer.rebalance()
    print(int((time.monotonic() - began) * 1000), file=sys.stderr)
    partitions = [
        {"topic": topic, "partition": partition, "replicas": replicas}
        for (topic, partition), replicas in topology.assignment.items()
    ]
    json.dump({"version": 1, "partitions": partitions}, sys.stdout)


main()
