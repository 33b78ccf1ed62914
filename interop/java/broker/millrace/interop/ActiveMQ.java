package millrace.interop;

import java.io.File;
import java.net.URI;
import java.security.Principal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.activemq.ActiveMQConnectionMetaData;
import org.apache.activemq.broker.Broker;
import org.apache.activemq.broker.BrokerFilter;
import org.apache.activemq.broker.BrokerPlugin;
import org.apache.activemq.broker.BrokerService;
import org.apache.activemq.broker.ConnectionContext;
import org.apache.activemq.broker.TransportConnector;
import org.apache.activemq.broker.region.DestinationInterceptor;
import org.apache.activemq.broker.region.policy.ConstantPendingMessageLimitStrategy;
import org.apache.activemq.broker.region.policy.IndividualDeadLetterStrategy;
import org.apache.activemq.broker.region.policy.LastImageSubscriptionRecoveryPolicy;
import org.apache.activemq.broker.region.policy.OldestMessageEvictionStrategy;
import org.apache.activemq.broker.region.policy.PolicyEntry;
import org.apache.activemq.broker.region.policy.PolicyMap;
import org.apache.activemq.broker.region.virtual.CompositeQueue;
import org.apache.activemq.broker.region.virtual.VirtualDestination;
import org.apache.activemq.broker.region.virtual.VirtualDestinationInterceptor;
import org.apache.activemq.broker.region.virtual.VirtualTopic;
import org.apache.activemq.command.ActiveMQQueue;
import org.apache.activemq.command.ActiveMQTopic;
import org.apache.activemq.command.ConnectionInfo;
import org.apache.activemq.plugin.StatisticsBrokerPlugin;
import org.apache.activemq.security.AuthorizationEntry;
import org.apache.activemq.security.AuthorizationPlugin;
import org.apache.activemq.security.DefaultAuthorizationMap;
import org.apache.activemq.security.SecurityContext;
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
    if (Boolean.getBoolean("millrace.furnished")) furnish(broker);
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

  /** Users, permissions, policies, composites and statistics: what interop/src/furnished.ts says to Millrace. */
  private static void furnish(BrokerService broker) throws Exception {
    // Statistics of subscriptions are read from the beans of the management.
    broker.setUseJmx(true);
    broker.getManagementContext().setCreateConnector(false);
    DefaultAuthorizationMap permissions = new DefaultAuthorizationMap();
    permissions.setAuthorizationEntries(List.of(
        entry("queue", ">", "staff", "staff"), entry("topic", ">", "staff", "staff"),
        entry("queue", "open.>", "guests", "guests"), entry("topic", "open.>", "guests", "guests"),
        entry("queue", "inbox.>", "staff", "guests"), entry("queue", "outbox.>", "guests", "staff"),
        entry("topic", "ActiveMQ.Advisory.>", "*", "*")));
    broker.setPlugins(new BrokerPlugin[] {
        new StatisticsBrokerPlugin(), new AuthorizationPlugin(permissions), Doorman::new});

    PolicyMap policies = new PolicyMap();
    PolicyEntry dead = new PolicyEntry();
    IndividualDeadLetterStrategy letters = new IndividualDeadLetterStrategy();
    letters.setQueuePrefix("DLQ.");
    dead.setDeadLetterStrategy(letters);
    policies.put(new ActiveMQQueue("policy.dead.>"), dead);
    PolicyEntry last = new PolicyEntry();
    last.setSubscriptionRecoveryPolicy(new LastImageSubscriptionRecoveryPolicy());
    policies.put(new ActiveMQTopic("policy.last.>"), last);
    PolicyEntry slow = new PolicyEntry();
    ConstantPendingMessageLimitStrategy limit = new ConstantPendingMessageLimitStrategy();
    limit.setLimit(3);
    slow.setPendingMessageLimitStrategy(limit);
    slow.setMessageEvictionStrategy(new OldestMessageEvictionStrategy());
    slow.setAdvisoryForDiscardingMessages(true);
    policies.put(new ActiveMQTopic("policy.slow.>"), slow);
    PolicyEntry told = new PolicyEntry();
    told.setAdvisoryForDelivery(true);
    told.setAdvisoryForConsumed(true);
    policies.put(new ActiveMQQueue("policy.told.>"), told);
    PolicyEntry exclusive = new PolicyEntry();
    exclusive.setAllConsumersExclusiveByDefault(true);
    policies.put(new ActiveMQQueue("policy.exclusive.>"), exclusive);
    broker.setDestinationPolicy(policies);

    CompositeQueue composite = new CompositeQueue();
    composite.setName("composite.IN");
    composite.setForwardTo(List.of(new ActiveMQQueue("composite.OUT"), new ActiveMQTopic("composite.NEWS")));
    VirtualTopic topics = new VirtualTopic();
    topics.setName("VirtualTopic.>");
    VirtualDestinationInterceptor interceptor = new VirtualDestinationInterceptor();
    interceptor.setVirtualDestinations(new VirtualDestination[] {composite, topics});
    broker.setDestinationInterceptors(new DestinationInterceptor[] {interceptor});
  }

  private static AuthorizationEntry entry(String kind, String pattern, String read, String write) throws Exception {
    AuthorizationEntry entry = new AuthorizationEntry();
    entry.setGroupClass(Group.class.getName());
    if (kind.equals("queue")) entry.setQueue(pattern);
    else entry.setTopic(pattern);
    entry.setRead(read);
    entry.setWrite(write);
    entry.setAdmin(read.equals(write) ? read : read + "," + write);
    return entry;
  }

  /** Of a user, or of an entry of the permissions. */
  public record Group(String name) implements Principal {
    @Override
    public String getName() {
      return name;
    }
  }

  /** Knows two users, as the plugin for users in the configuration does. */
  private static final class Doorman extends BrokerFilter {
    private static final Map<String, String> PASSWORDS = Map.of("ann", "pearl", "bob", "quartz");
    private static final Map<String, String> GROUPS = Map.of("ann", "staff", "bob", "guests");

    Doorman(Broker next) {
      super(next);
    }

    @Override
    public void addConnection(ConnectionContext context, ConnectionInfo info) throws Exception {
      String user = info.getUserName();
      if (user == null || !PASSWORDS.getOrDefault(user, "").equals(info.getPassword())) {
        throw new SecurityException("User name [" + user + "] or password is invalid.");
      }
      context.setSecurityContext(new SecurityContext(user) {
        @Override
        public Set<Principal> getPrincipals() {
          return Set.of(new Group(GROUPS.get(user)));
        }
      });
      super.addConnection(context, info);
    }
  }
}
