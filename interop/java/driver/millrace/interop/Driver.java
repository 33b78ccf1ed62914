package millrace.interop;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Enumeration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.jms.Connection;
import javax.jms.DeliveryMode;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Queue;
import javax.jms.QueueBrowser;
import javax.jms.Session;
import javax.jms.TemporaryQueue;
import javax.jms.TemporaryTopic;
import javax.jms.Topic;
import javax.jms.XAConnection;
import javax.jms.XASession;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQConnectionMetaData;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.ActiveMQSession;
import org.apache.activemq.ActiveMQXAConnectionFactory;
import org.apache.activemq.command.ActiveMQDestination;

/**
 * The Java client, worked from another process. Each line of standard input is a request {"id", "do", …}, each line of standard
 * output its answer {"id", "value"} or {"id", "error": {"name", "message"}}, or an event {"event", …}. What a request makes gets a
 * number, "ref"; later requests name it. Requests run side by side, those of one session are the caller's to keep apart, as JMS asks.
 */
public final class Driver {
  private final Gson gson = new GsonBuilder().serializeNulls().create();
  private final PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
  private final Map<Integer, Object> things = new ConcurrentHashMap<>();
  private final AtomicInteger last = new AtomicInteger();

  public static void main(String[] args) throws Exception {
    if (args.length > 0 && args[0].equals("load")) Load.run(JsonParser.parseString(args[1]).getAsJsonObject());
    else new Driver().serve();
    System.exit(0);
  }

  private void serve() throws Exception {
    ExecutorService workers = Executors.newCachedThreadPool();
    JsonObject hello = new JsonObject();
    hello.addProperty("event", "ready");
    hello.addProperty("version", ActiveMQConnectionMetaData.PROVIDER_VERSION);
    say(hello);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonObject request = JsonParser.parseString(line).getAsJsonObject();
      workers.execute(() -> answer(request));
    }
  }

  private void answer(JsonObject request) {
    JsonObject reply = new JsonObject();
    reply.add("id", request.get("id"));
    try {
      reply.add("value", perform(request));
    } catch (Throwable error) {
      reply.add("error", describe(error));
    }
    say(reply);
  }

  private JsonElement perform(JsonObject request) throws Exception {
    switch (request.get("do").getAsString()) {
      case "connect": {
        boolean distributed = flag(request, "xa", false);
        String url = text(request, "url");
        ActiveMQConnectionFactory factory = distributed ? new ActiveMQXAConnectionFactory(url) : new ActiveMQConnectionFactory(url);
        factory.setTrustAllPackages(true);
        String user = text(request, "userName");
        String password = text(request, "password");
        Connection connection = factory.createConnection(user, password);
        int ref = add(connection);
        connection.setExceptionListener(error -> {
          JsonObject event = new JsonObject();
          event.addProperty("event", "exception");
          event.addProperty("ref", ref);
          event.add("error", describe(error));
          say(event);
        });
        try {
          if (text(request, "clientId") != null) connection.setClientID(text(request, "clientId"));
          else if (distributed) ((XAConnection) connection).createXASession().close();
          else connection.createSession(false, Session.AUTO_ACKNOWLEDGE).close();
        } catch (JMSException | RuntimeException error) {
          connection.close();
          throw error;
        }
        return number(ref);
      }
      case "start":
        connection(request).start();
        return JsonNull.INSTANCE;
      case "stop":
        connection(request).stop();
        return JsonNull.INSTANCE;
      case "close":
        ((AutoCloseable) things.remove(request.get("ref").getAsInt())).close();
        return JsonNull.INSTANCE;
      case "session": {
        String mode = text(request, "mode");
        if (mode.equals("xa")) return number(add(((XAConnection) connection(request)).createXASession()));
        int acknowledge = switch (mode) {
          case "client" -> Session.CLIENT_ACKNOWLEDGE;
          case "dups-ok" -> Session.DUPS_OK_ACKNOWLEDGE;
          case "individual" -> ActiveMQSession.INDIVIDUAL_ACKNOWLEDGE;
          case "transacted" -> Session.SESSION_TRANSACTED;
          default -> Session.AUTO_ACKNOWLEDGE;
        };
        return number(add(connection(request).createSession(mode.equals("transacted"), acknowledge)));
      }
      case "producer": {
        String name = text(request, "destination");
        return number(add(new Held(session(request), session(request).createProducer(name == null ? null : Exchange.destination(name)))));
      }
      case "send": {
        Held held = (Held) things.get(request.get("ref").getAsInt());
        MessageProducer producer = (MessageProducer) held.thing;
        Message message = Exchange.build(held.session, request.getAsJsonObject("message"));
        int mode = flag(request, "persistent", true) ? DeliveryMode.PERSISTENT : DeliveryMode.NON_PERSISTENT;
        int priority = request.has("priority") ? request.get("priority").getAsInt() : Message.DEFAULT_PRIORITY;
        long timeToLive = request.has("timeToLive") ? request.get("timeToLive").getAsLong() : 0;
        String name = text(request, "destination");
        if (name == null) producer.send(message, mode, priority, timeToLive);
        else producer.send(Exchange.destination(name), message, mode, priority, timeToLive);
        return Exchange.describeSent(message);
      }
      case "consumer": {
        Session session = session(request);
        var destination = Exchange.destination(text(request, "destination"));
        String selector = text(request, "selector");
        boolean noLocal = flag(request, "noLocal", false);
        String durable = text(request, "durable");
        MessageConsumer consumer = durable == null
            ? session.createConsumer(destination, selector, noLocal)
            : session.createDurableSubscriber((Topic) destination, durable, selector, noLocal);
        return number(add(new Held(session, consumer)));
      }
      case "receive": {
        Held held = (Held) things.get(request.get("ref").getAsInt());
        MessageConsumer consumer = (MessageConsumer) held.thing;
        long timeout = request.get("timeout").getAsLong();
        Message message = timeout < 0 ? consumer.receiveNoWait() : consumer.receive(timeout);
        return message == null ? JsonNull.INSTANCE : hold(message);
      }
      case "listen": {
        int ref = request.get("ref").getAsInt();
        AtomicInteger failures = new AtomicInteger(request.has("failures") ? request.get("failures").getAsInt() : 0);
        ((MessageConsumer) ((Held) things.get(ref)).thing).setMessageListener(message -> {
          JsonObject event = new JsonObject();
          event.addProperty("event", "message");
          event.addProperty("ref", ref);
          try {
            event.add("message", hold(message));
          } catch (JMSException error) {
            event.add("error", describe(error));
          }
          say(event);
          if (failures.getAndDecrement() > 0) throw new IllegalStateException("The listener was asked to fail.");
        });
        return JsonNull.INSTANCE;
      }
      case "acknowledge":
        ((Message) things.get(request.get("ref").getAsInt())).acknowledge();
        return JsonNull.INSTANCE;
      case "commit":
        session(request).commit();
        return JsonNull.INSTANCE;
      case "rollback":
        session(request).rollback();
        return JsonNull.INSTANCE;
      case "recover":
        session(request).recover();
        return JsonNull.INSTANCE;
      case "xa":
        return xa(((XASession) session(request)).getXAResource(), text(request, "what"), text(request, "xid"));
      case "browse": {
        QueueBrowser browser = session(request).createBrowser((Queue) Exchange.destination(text(request, "destination")), text(request, "selector"));
        JsonArray messages = new JsonArray();
        for (Enumeration<?> all = browser.getEnumeration(); all.hasMoreElements();) messages.add(Exchange.describe((Message) all.nextElement()));
        browser.close();
        return messages;
      }
      case "temporary-queue":
        return new JsonPrimitive(temporary(session(request).createTemporaryQueue()));
      case "temporary-topic":
        return new JsonPrimitive(temporary(session(request).createTemporaryTopic()));
      case "delete-temporary": {
        Object destination = temporaries.get(text(request, "destination"));
        if (destination instanceof TemporaryQueue queue) queue.delete();
        else ((TemporaryTopic) destination).delete();
        return JsonNull.INSTANCE;
      }
      case "destroy":
        ((ActiveMQConnection) connection(request)).destroyDestination((ActiveMQDestination) Exchange.destination(text(request, "destination")));
        return JsonNull.INSTANCE;
      case "unsubscribe":
        session(request).unsubscribe(text(request, "name"));
        return JsonNull.INSTANCE;
      default:
        throw new IllegalArgumentException("no such request: " + request);
    }
  }

  private static JsonElement xa(XAResource resource, String what, String name) throws Exception {
    Branch branch = name == null ? null : new Branch(name);
    switch (what) {
      case "start" -> resource.start(branch, XAResource.TMNOFLAGS);
      case "end" -> resource.end(branch, XAResource.TMSUCCESS);
      case "prepare" -> {
        return number(resource.prepare(branch));
      }
      case "commit" -> resource.commit(branch, false);
      case "commit-one-phase" -> resource.commit(branch, true);
      case "rollback" -> resource.rollback(branch);
      case "recover" -> {
        JsonArray names = new JsonArray();
        for (Xid xid : resource.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN)) {
          names.add(new String(xid.getGlobalTransactionId(), StandardCharsets.UTF_8));
        }
        return names;
      }
      default -> throw new IllegalArgumentException("no such step: " + what);
    }
    return JsonNull.INSTANCE;
  }

  /** A branch by its global transaction id. */
  private record Branch(String name) implements Xid {
    @Override
    public int getFormatId() {
      return 4711;
    }

    @Override
    public byte[] getGlobalTransactionId() {
      return name.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] getBranchQualifier() {
      return new byte[] {1};
    }
  }

  /** A producer or consumer with the session it came from. */
  private record Held(Session session, Object thing) implements AutoCloseable {
    @Override
    public void close() throws Exception {
      ((AutoCloseable) thing).close();
    }
  }

  private final Map<String, Object> temporaries = new ConcurrentHashMap<>();

  private String temporary(javax.jms.Destination destination) {
    String name = Exchange.name(destination);
    temporaries.put(name, destination);
    return name;
  }

  private int add(Object thing) {
    int ref = last.incrementAndGet();
    things.put(ref, thing);
    return ref;
  }

  private JsonObject hold(Message message) throws JMSException {
    JsonObject json = Exchange.describe(message);
    json.addProperty("ref", add(message));
    return json;
  }

  private Connection connection(JsonObject request) {
    return (Connection) things.get(request.get("connection").getAsInt());
  }

  private Session session(JsonObject request) {
    return (Session) things.get(request.get("session").getAsInt());
  }

  private static JsonElement number(int value) {
    return new JsonPrimitive(value);
  }

  private static String text(JsonObject request, String name) {
    JsonElement value = request.get(name);
    return value == null || value.isJsonNull() ? null : value.getAsString();
  }

  private static boolean flag(JsonObject request, String name, boolean otherwise) {
    JsonElement value = request.get(name);
    return value == null || value.isJsonNull() ? otherwise : value.getAsBoolean();
  }

  private static JsonObject describe(Throwable error) {
    JsonObject json = new JsonObject();
    json.addProperty("name", error.getClass().getSimpleName());
    json.addProperty("message", error instanceof XAException xa ? "code " + xa.errorCode : String.valueOf(error.getMessage()));
    return json;
  }

  private synchronized void say(JsonObject json) {
    out.println(gson.toJson(json));
    out.flush();
  }
}
