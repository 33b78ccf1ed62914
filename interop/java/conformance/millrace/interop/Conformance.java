package millrace.interop;

import com.google.gson.JsonObject;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.runner.Description;
import org.junit.runner.JUnitCore;
import org.junit.runner.Request;
import org.junit.runner.Result;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunListener;

/**
 * Runs the conformance tests against the broker at "broker.url" and says one JSON line per test. A class that has not ended after
 * two minutes is given up: the test it hangs in fails, and so do the ones it never reached.
 */
public final class Conformance {
  private static final String ROOT = "org.objectweb.jtests.jms.conform.";
  private static final List<String> CLASSES = List.of("connection.ConnectionTest", "connection.TopicConnectionTest", "message.MessageBodyTest",
      "message.MessageDefaultTest", "message.MessageTypeTest", "message.headers.MessageHeaderTest", "message.properties.JMSXPropertyTest",
      "message.properties.MessagePropertyConversionTest", "message.properties.MessagePropertyTest", "queue.QueueBrowserTest",
      "queue.TemporaryQueueTest", "selector.SelectorSyntaxTest", "selector.SelectorTest", "session.QueueSessionTest", "session.SessionTest",
      "session.TopicSessionTest", "session.UnifiedSessionTest", "topic.TemporaryTopicTest");

  public static void main(String[] args) throws Exception {
    PrintStream out = System.out;
    System.setOut(System.err);
    ExecutorService workers = Executors.newCachedThreadPool();
    for (String name : CLASSES) {
      Listener listener = new Listener(out);
      Future<Result> run = workers.submit(() -> {
        JUnitCore core = new JUnitCore();
        core.addListener(listener);
        return core.run(Request.aClass(Class.forName(ROOT + name)));
      });
      try {
        run.get(120, TimeUnit.SECONDS);
      } catch (TimeoutException hung) {
        listener.hung();
      }
    }
    System.exit(0);
  }

  private static final class Listener extends RunListener {
    private final PrintStream out;
    private Description current;
    private Throwable failure;
    private boolean over;

    Listener(PrintStream out) {
      this.out = out;
    }

    @Override
    public synchronized void testStarted(Description test) {
      current = test;
      failure = null;
    }

    @Override
    public synchronized void testFailure(Failure wrong) {
      if (failure == null) failure = wrong.getException();
      if (current == null) say(wrong.getDescription());
    }

    @Override
    public synchronized void testFinished(Description test) {
      say(test);
      current = null;
    }

    synchronized void hung() {
      failure = new IllegalStateException("hung");
      if (current != null) say(current);
      over = true;
    }

    private void say(Description test) {
      if (over) return;
      JsonObject line = new JsonObject();
      String type = test.getClassName();
      line.addProperty("test", type.substring(type.lastIndexOf('.') + 1) + "." + test.getMethodName());
      line.addProperty("passed", failure == null);
      if (failure != null) line.addProperty("why", failure.toString());
      out.println(line);
      out.flush();
    }
  }
}
