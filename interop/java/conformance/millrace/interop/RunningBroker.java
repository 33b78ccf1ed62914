package millrace.interop;

import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import javax.jms.ConnectionFactory;
import javax.jms.JMSException;
import javax.naming.Context;
import javax.naming.NamingException;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.command.ActiveMQDestination;
import org.apache.activemq.command.ActiveMQQueue;
import org.apache.activemq.command.ActiveMQTopic;
import org.objectweb.jtests.jms.admin.Admin;

/**
 * What the conformance tests ask of a provider, on a broker that is running already (system property "broker.url"). Factories and
 * destinations are names in a map; deleting a destination deletes it at the broker too, so that each test starts with an empty one.
 */
public final class RunningBroker implements Admin {
  private static final Map<String, Object> names = new HashMap<>();
  private final String url = System.getProperty("broker.url");

  @Override
  public String getName() {
    return "running broker";
  }

  @Override
  public Context createContext() throws NamingException {
    return (Context) Proxy.newProxyInstance(RunningBroker.class.getClassLoader(), new Class<?>[] {Context.class},
        (self, method, arguments) -> {
          if (method.getName().equals("lookup")) return names.get((String) arguments[0]);
          if (method.getReturnType() == void.class) return null;
          throw new UnsupportedOperationException(method.getName());
        });
  }

  private ConnectionFactory factory() {
    ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory(url);
    // Object messages of the tests carry java.util classes, and maps as properties are an extension the specification forbids.
    factory.setTrustAllPackages(true);
    factory.setNestedMapAndListEnabled(false);
    return factory;
  }

  @Override
  public void createConnectionFactory(String name) {
    names.put(name, factory());
  }

  @Override
  public void createQueueConnectionFactory(String name) {
    names.put(name, factory());
  }

  @Override
  public void createTopicConnectionFactory(String name) {
    names.put(name, factory());
  }

  @Override
  public void createQueue(String name) {
    names.put(name, new ActiveMQQueue(name));
  }

  @Override
  public void createTopic(String name) {
    names.put(name, new ActiveMQTopic(name));
  }

  @Override
  public void deleteQueue(String name) {
    destroy((ActiveMQDestination) names.remove(name));
  }

  @Override
  public void deleteTopic(String name) {
    destroy((ActiveMQDestination) names.remove(name));
  }

  private void destroy(ActiveMQDestination destination) {
    try {
      ActiveMQConnection connection = (ActiveMQConnection) factory().createConnection();
      connection.destroyDestination(destination);
      connection.close();
    } catch (JMSException error) {
      throw new IllegalStateException("cannot delete " + destination, error);
    }
  }

  @Override
  public void deleteConnectionFactory(String name) {
    names.remove(name);
  }

  @Override
  public void deleteQueueConnectionFactory(String name) {
    names.remove(name);
  }

  @Override
  public void deleteTopicConnectionFactory(String name) {
    names.remove(name);
  }

  @Override
  public void startServer() {
    // It is running.
  }

  @Override
  public void stopServer() {
    // It goes on running.
  }

  @Override
  public void start() {
    // Nothing to prepare.
  }

  @Override
  public void stop() {
    // Nothing to undo.
  }
}
