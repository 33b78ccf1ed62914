package millrace.interop;

import java.io.File;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.ActiveMQServers;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;

/**
 * A real ActiveMQ Artemis for one test: an OpenWire acceptor on the loopback address, the journal on disk with its defaults (each
 * write synced), no security, no JMX. Destinations are made on demand, and dead letters go where clients of OpenWire look for them.
 * Says its address as one JSON line, and ends when its standard input does, so that it never outlives the harness.
 */
public final class Artemis {
  private static final String DEAD_LETTERS = "ActiveMQ.DLQ";

  public static void main(String[] args) throws Exception {
    File data = new File(args[0]);
    boolean memory = args.length > 1 && args[1].equals("memory");
    Configuration configuration = new ConfigurationImpl()
        .setName("artemis")
        .setPersistenceEnabled(!memory)
        .setJournalType(JournalType.NIO)
        .setBindingsDirectory(new File(data, "bindings").getPath())
        .setJournalDirectory(new File(data, "journal").getPath())
        .setPagingDirectory(new File(data, "paging").getPath())
        .setLargeMessagesDirectory(new File(data, "large").getPath())
        .setSecurityEnabled(false)
        .setJMXManagementEnabled(false);
    // The disk of a machine that tests is often nearly full, and the broker would stop every producer.
    configuration.setMaxDiskUsage(-1);
    int port = Integer.getInteger("millrace.port", 0);
    configuration.addAcceptorConfiguration("openwire", "tcp://127.0.0.1:" + port + "?protocols=OPENWIRE");
    configuration.addAddressSetting("#", new AddressSettings()
        .setAutoCreateAddresses(true)
        .setAutoCreateQueues(true)
        .setDeadLetterAddress(SimpleString.of(DEAD_LETTERS)));
    configuration.addQueueConfiguration(QueueConfiguration.of(DEAD_LETTERS).setRoutingType(RoutingType.ANYCAST));
    ActiveMQServer server = ActiveMQServers.newActiveMQServer(configuration, !memory);
    server.start();
    int listening = server.getRemotingService().getAcceptor("openwire").getActualPort();
    System.out.println("{\"address\":\"tcp://127.0.0.1:" + listening + "\",\"version\":\""
        + server.getVersion().getFullVersion() + "\"}");
    System.out.flush();
    while (System.in.read() >= 0) {
      // Only the end counts.
    }
    server.stop();
    System.exit(0);
  }
}
