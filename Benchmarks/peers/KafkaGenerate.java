// Runs the algorithm of `kafka-reassign-partitions.sh --generate` on a saved placement: the tool itself wants a cluster.
// usage: java KafkaGenerate SNAPSHOT BROKER[,BROKER…] > REASSIGNMENT
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.metadata.placement.UsableBroker;
import org.apache.kafka.tools.reassign.ReassignPartitionsCommand;

public class KafkaGenerate {
    @SuppressWarnings("unchecked")
    public static void main(String[] args) throws Exception {
        JsonNode snapshot = new ObjectMapper().readTree(new File(args[0]));
        Set<Integer> targets = new HashSet<>();
        for (String id : args[1].split(",")) targets.add(Integer.parseInt(id));
        List<UsableBroker> brokers = new ArrayList<>();
        for (JsonNode broker : snapshot.get("brokers")) {
            if (!targets.contains(broker.get("id").asInt())) continue;
            Optional<String> rack = Optional.ofNullable(broker.get("rack")).map(JsonNode::asText);
            brokers.add(new UsableBroker(broker.get("id").asInt(), rack, false));
        }
        Map<TopicPartition, List<Integer>> now = new LinkedHashMap<>();
        for (JsonNode row : snapshot.get("partitions")) {
            List<Integer> replicas = new ArrayList<>();
            row.get("replicas").forEach(id -> replicas.add(id.asInt()));
            now.put(new TopicPartition(row.get("topic").asText(), row.get("partition").asInt()), replicas);
        }
        Method calculate = ReassignPartitionsCommand.class.getDeclaredMethod("calculateAssignment", Map.class, List.class);
        calculate.setAccessible(true);
        long began = System.nanoTime();
        var proposed = (Map<TopicPartition, List<Integer>>) calculate.invoke(null, now, brokers);
        System.err.println((System.nanoTime() - began) / 1_000_000);
        StringBuilder text = new StringBuilder("{\"version\":1,\"partitions\":[");
        String comma = "";
        for (var entry : proposed.entrySet()) {
            text.append(comma).append("{\"topic\":\"").append(entry.getKey().topic()).append("\",\"partition\":")
                .append(entry.getKey().partition()).append(",\"replicas\":")
                .append(entry.getValue().toString().replace(" ", "")).append("}");
            comma = ",";
        }
        System.out.println(text.append("]}"));
    }
}
