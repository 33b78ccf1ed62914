package millrace.interop;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.jms.BytesMessage;
import javax.jms.Connection;
import javax.jms.DeliveryMode;
import javax.jms.Destination;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.command.ActiveMQDestination;

/**
 * Load for measurements: warm-up, then a measured time, then one JSON line with messages, seconds and percentiles of the time one
 * call (a send, or a commit with its sends) took. What is sent one-way ends with one confirmed message per connection, inside the
 * measured time: a link is handled in order, so its answer says that everything before it has been taken.
 */
final class Load {
  private Load() {}

  static void run(JsonObject plan) throws Exception {
    JsonObject result = switch (plan.get("row").getAsString()) {
      case "producers" -> producers(plan);
      case "fan-out" -> fanOut(plan);
      case "through" -> through(plan);
      case "drain" -> drain(plan);
      default -> throw new IllegalArgumentException("no such row: " + plan);
    };
    System.out.println(new Gson().toJson(result));
    System.out.flush();
  }

  /** n producers on one queue, each with a connection and a thread of its own; confirmed, one-way ("async") or in transactions ("batch"). */
  private static JsonObject producers(JsonObject plan) throws Exception {
    int count = plan.get("producers").getAsInt();
    int batch = number(plan, "batch", 0);
    boolean async = plan.has("async") && plan.get("async").getAsBoolean();
    ActiveMQConnectionFactory factory = factory(plan);
    factory.setUseAsyncSend(async);
    Destination queue = Exchange.destination(plan.get("destination").getAsString());
    byte[] body = body(plan);
    long warmUp = nanoseconds(plan, "warmUp");
    long measured = nanoseconds(plan, "seconds");
    CyclicBarrier start = new CyclicBarrier(count);
    AtomicLong sent = new AtomicLong();
    AtomicLong from = new AtomicLong(Long.MAX_VALUE);
    AtomicLong until = new AtomicLong();
    List<Histogram> histograms = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    List<Throwable> errors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Histogram histogram = new Histogram();
      histograms.add(histogram);
      threads.add(new Thread(() -> {
        try {
          Connection connection = factory.createConnection();
          connection.start();
          Session session = connection.createSession(batch > 0, batch > 0 ? Session.SESSION_TRANSACTED : Session.AUTO_ACKNOWLEDGE);
          MessageProducer producer = session.createProducer(queue);
          BytesMessage message = session.createBytesMessage();
          message.writeBytes(body);
          ActiveMQConnection link = (ActiveMQConnection) connection;
          start.await();
          long end = System.nanoTime() + warmUp;
          while (System.nanoTime() < end) call(session, producer, message, batch);
          if (async) settle(link, session, producer, message);
          start.await();
          long begin = System.nanoTime();
          from.accumulateAndGet(begin, Math::min);
          end = begin + measured;
          long mine = 0;
          for (long now = begin; now < end;) {
            call(session, producer, message, batch);
            long then = System.nanoTime();
            histogram.add(then - now);
            now = then;
            mine += batch > 0 ? batch : 1;
          }
          if (async) settle(link, session, producer, message);
          until.accumulateAndGet(System.nanoTime(), Math::max);
          sent.addAndGet(mine);
          connection.close();
        } catch (Throwable error) {
          synchronized (errors) {
            errors.add(error);
          }
          start.reset();
        }
      }));
    }
    for (Thread thread : threads) thread.start();
    for (Thread thread : threads) thread.join();
    if (!errors.isEmpty()) throw new IllegalStateException(errors.get(0));
    return result(sent.get(), until.get() - from.get(), histograms);
  }

  private static void call(Session session, MessageProducer producer, BytesMessage message, int batch) throws Exception {
    if (batch == 0) {
      producer.send(message);
      return;
    }
    for (int i = 0; i < batch; i++) producer.send(message);
    session.commit();
  }

  private static void settle(ActiveMQConnection link, Session session, MessageProducer producer, BytesMessage message) throws Exception {
    link.setUseAsyncSend(false);
    producer.send(message);
    link.setUseAsyncSend(true);
  }

  /** One producer, non-persistent, to a topic with n consumers, each on its own connection. Counted is what all of them have. */
  private static JsonObject fanOut(JsonObject plan) throws Exception {
    int count = plan.get("consumers").getAsInt();
    ActiveMQConnectionFactory factory = factory(plan);
    Destination topic = Exchange.destination(plan.get("destination").getAsString());
    int window = number(plan, "window", 10_000);
    List<Flight> flights = new ArrayList<>();
    List<Connection> connections = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      flights.add(new Flight(window));
      connections.add(consume(factory, topic, flights.get(i)));
    }
    JsonObject result = flow(plan, factory, topic, DeliveryMode.NON_PERSISTENT, flights);
    for (Connection connection : connections) connection.close();
    return result;
  }

  /** One producer, persistent and one-way, and one consumer of the same queue. */
  private static JsonObject through(JsonObject plan) throws Exception {
    ActiveMQConnectionFactory factory = factory(plan);
    factory.setUseAsyncSend(true);
    Destination queue = Exchange.destination(plan.get("destination").getAsString());
    Flight flight = new Flight(number(plan, "window", 10_000));
    Connection consumer = consume(factory, queue, flight);
    JsonObject result = flow(plan, factory, queue, DeliveryMode.PERSISTENT, List.of(flight));
    consumer.close();
    return result;
  }

  /**
   * What is on its way to one consumer. The producer stays at most `window` messages ahead of the slowest, so no broker has to store a
   * flood. Leave is given for BLOCK messages at a time, to keep the measuring cheap.
   */
  private static final class Flight {
    static final int BLOCK = 100;
    final AtomicLong received = new AtomicLong();
    final Semaphore leave;

    Flight(int window) {
      leave = new Semaphore(window);
    }

    void arrived() {
      if (received.incrementAndGet() % BLOCK == 0) leave.release(BLOCK);
    }

    void depart() throws InterruptedException {
      if (!leave.tryAcquire(BLOCK, 20, TimeUnit.SECONDS)) throw new IllegalStateException("Nothing came for 20 seconds, after " + received + " messages.");
    }

    static long slowest(List<Flight> flights) {
      return flights.stream().mapToLong(flight -> flight.received.get()).min().orElse(0);
    }
  }

  private static Connection consume(ActiveMQConnectionFactory factory, Destination from, Flight flight) throws Exception {
    Connection connection = factory.createConnection();
    Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
    session.createConsumer(from).setMessageListener(message -> flight.arrived());
    connection.start();
    return connection;
  }

  private static JsonObject flow(JsonObject plan, ActiveMQConnectionFactory factory, Destination to, int mode, List<Flight> flights) throws Exception {
    Connection connection = factory.createConnection();
    connection.start();
    Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
    MessageProducer producer = session.createProducer(to);
    producer.setDeliveryMode(mode);
    BytesMessage message = session.createBytesMessage();
    message.writeBytes(body(plan));
    long begin = System.nanoTime();
    long from = begin + nanoseconds(plan, "warmUp");
    long end = from + nanoseconds(plan, "seconds");
    long before = -1;
    long at = 0;
    for (long now = begin; now < end; now = System.nanoTime()) {
      if (before < 0 && now >= from) {
        before = Flight.slowest(flights);
        at = now;
      }
      for (Flight flight : flights) flight.depart();
      for (int i = 0; i < Flight.BLOCK; i++) producer.send(message);
    }
    JsonObject result = result(Flight.slowest(flights) - before, System.nanoTime() - at, List.of());
    connection.close();
    return result;
  }

  /**
   * Takes a given number of messages from a queue, one consumer; "firstMs" is the time to the first of them. The first "uncounted"
   * are warm-up.
   */
  private static JsonObject drain(JsonObject plan) throws Exception {
    long begin = System.nanoTime();
    Connection connection = factory(plan).createConnection();
    Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
    MessageConsumer consumer = session.createConsumer(Exchange.destination(plan.get("destination").getAsString()));
    connection.start();
    int count = plan.get("messages").getAsInt();
    int uncounted = number(plan, "uncounted", 0);
    long first = 0;
    for (int i = 0; i < count; i++) {
      if (i == uncounted && i > 0) begin = System.nanoTime();
      if (consumer.receive(60_000) == null) throw new IllegalStateException("Only " + i + " of " + count + " messages came.");
      if (i == 0) first = System.nanoTime() - begin;
    }
    JsonObject result = result(count - uncounted, System.nanoTime() - begin, List.of());
    result.addProperty("firstMs", first / 1e6);
    connection.close();
    return result;
  }

  private static ActiveMQConnectionFactory factory(JsonObject plan) {
    ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory(plan.get("url").getAsString());
    factory.setWatchTopicAdvisories(false);
    return factory;
  }

  private static byte[] body(JsonObject plan) {
    byte[] body = new byte[number(plan, "size", 1024)];
    for (int i = 0; i < body.length; i++) body[i] = (byte) (i * 31);
    return body;
  }

  private static int number(JsonObject plan, String name, int otherwise) {
    return plan.has(name) ? plan.get(name).getAsInt() : otherwise;
  }

  private static long nanoseconds(JsonObject plan, String name) {
    return (long) (plan.get(name).getAsDouble() * 1e9);
  }

  private static JsonObject result(long messages, long nanoseconds, List<Histogram> histograms) {
    JsonObject result = new JsonObject();
    result.addProperty("messages", messages);
    result.addProperty("seconds", nanoseconds / 1e9);
    result.addProperty("rate", messages / (nanoseconds / 1e9));
    if (histograms.isEmpty()) return result;
    Histogram all = new Histogram();
    for (Histogram one : histograms) all.add(one);
    for (double percentile : new double[] {50, 90, 99, 99.9}) result.addProperty("p" + (percentile == 99.9 ? "999" : (int) percentile), all.microseconds(percentile));
    return result;
  }

  /** Counts by 64 steps for each power of two: at most 1.6 % off. */
  private static final class Histogram {
    private final long[] counts = new long[64 * 64];

    void add(long nanoseconds) {
      int power = 63 - Long.numberOfLeadingZeros(Math.max(64, nanoseconds));
      counts[power * 64 + (int) ((nanoseconds >> (power - 6)) & 63)]++;
    }

    void add(Histogram other) {
      for (int i = 0; i < counts.length; i++) counts[i] += other.counts[i];
    }

    double microseconds(double percentile) {
      long total = Arrays.stream(counts).sum();
      long wanted = (long) Math.ceil(total * percentile / 100);
      long seen = 0;
      for (int i = 0; i < counts.length; i++) {
        seen += counts[i];
        if (seen >= wanted) return ((64L + (i & 63)) << (i / 64 - 6)) / 1000.0;
      }
      return 0;
    }
  }
}
