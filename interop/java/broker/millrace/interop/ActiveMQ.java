package millrace.interop;

import java.io.File;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.activemq.ActiveMQConnectionMetaData;
import org.apache.activemq.broker.BrokerService;
import org.apache.activemq.broker.TransportConnector;
import org.apache.activemq.store.kahadb.KahaDBPersistenceAdapter;

/**
 * A real ActiveMQ for one test or one measurement: one connector on the loopback address and those asked for, the file store with its defaults (each
 * batch synced), memory limits as in the configuration that is shipped with it, no console, no JMX. Says its address as one JSON
 * line, and ends when its standard input does, so that it never outlives the harness.
 */
public final class ActiveMQ {
  public static void main(String[] args) throws Exception {
    File data = new File(args[0]);
    BrokerService broker = new BrokerService();
    broker.setBrokerName("activemq");
    broker.setDataDirectoryFile(data);
    broker.setUseJmx(false);
    broker.setUseShutdownHook(false);
    broker.setSchedulerSupport(true);
    if (args.length > 1 && args[1].equals("memory")) {
      broker.setPersistent(false);
    } else {
      KahaDBPersistenceAdapter store = new KahaDBPersistenceAdapter();
      store.setDirectory(new File(data, "kahadb"));
      broker.setPersistenceAdapter(store);
    }
    broker.getSystemUsage().getMemoryUsage().setPercentOfJvmHeap(70);
    TransportConnector connector = broker.addConnector(new URI("tcp://127.0.0.1:" + Integer.getInteger("millrace.port", 0)));
    List<TransportConnector> also = new ArrayList<>();
    for (String address : System.getProperty("millrace.also", "").split(" ")) {
      if (!address.isEmpty()) also.add(broker.addConnector(new URI(address)));
    }
    broker.start();
    broker.waitUntilStarted();
    System.out.println("{\"address\":\"tcp://127.0.0.1:" + connector.getConnectUri().getPort() + "\",\"version\":\""
        + ActiveMQConnectionMetaData.PROVIDER_VERSION + "\",\"also\":[" + also.stream().map(ActiveMQ::address).collect(Collectors.joining(","))
        + "]}");
    System.out.flush();
    while (System.in.read() >= 0) {
      // Only the end counts.
    }
    broker.stop();
    System.exit(0);
  }

  private static String address(TransportConnector connector) {
    try {
      URI uri = connector.getConnectUri();
      return "\"" + uri.getScheme() + "://127.0.0.1:" + uri.getPort() + "\"";
    } catch (Exception failure) {
      throw new IllegalStateException(failure);
    }
  }
}
