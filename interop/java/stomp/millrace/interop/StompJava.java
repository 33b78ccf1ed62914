package millrace.interop;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import javax.net.ssl.SSLSocketFactory;
import org.apache.activemq.transport.stomp.StompConnection;
import org.apache.activemq.transport.stomp.StompFrame;

/**
 * Java programs that speak STOMP to a broker: with the class that comes with ActiveMQ, over TCP and TLS, and with the WebSocket of
 * Java itself. Arguments: host, port, port for TLS, address of the WebSocket. One JSON line for each thing that was tried.
 */
public final class StompJava {
  private interface Body {
    void run() throws Exception;
  }

  private static final long PATIENCE_MS = 20_000;

  public static void main(String[] args) throws Exception {
    String host = args[0];
    int port = Integer.parseInt(args[1]);
    attempt("StompConnection over TCP", () -> exchange(SocketFactory.getDefault(), host, port));
    attempt("StompConnection over TLS", () -> exchange(SSLSocketFactory.getDefault(), host, Integer.parseInt(args[2])));
    attempt("WebSocket with text", () -> webSocket(URI.create(args[3]), false));
    attempt("WebSocket with bytes", () -> webSocket(URI.create(args[3]), true));
    System.exit(0);
  }

  private static void attempt(String name, Body body) {
    String why = null;
    try {
      body.run();
    } catch (Throwable failure) {
      why = failure.toString().replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("[\\x00-\\x1f]", " ");
    }
    System.out.println("{\"test\":\"" + name + "\",\"passed\":" + (why == null) + (why == null ? "" : ",\"why\":\"" + why + "\"") + "}");
    System.out.flush();
  }

  private static void exchange(SocketFactory sockets, String host, int port) throws Exception {
    String queue = "/queue/java." + port;
    StompConnection connection = new StompConnection();
    connection.open(sockets.createSocket(host, port));
    connection.connect("", "");
    connection.subscribe(queue, "client");
    connection.begin("t1");
    connection.send(queue, "never", "t1", null);
    connection.abort("t1");
    connection.begin("t2");
    connection.send(queue, "in a transaction", "t2", null);
    connection.commit("t2");
    StompFrame first = connection.receive(PATIENCE_MS);
    same("in a transaction", first.getBody());
    same("MESSAGE", first.getAction());
    connection.ack(first);
    connection.send(queue, "left");
    same("left", connection.receive(PATIENCE_MS).getBody());
    connection.disconnect();
    connection.close();

    StompConnection next = new StompConnection();
    next.open(sockets.createSocket(host, port));
    next.connect("", "");
    next.subscribe(queue, "auto");
    StompFrame again = next.receive(PATIENCE_MS);
    same("left", again.getBody());
    same("true", again.getHeaders().get("redelivered"));
    next.disconnect();
    next.close();
  }

  private static void webSocket(URI address, boolean binary) throws Exception {
    BlockingQueue<String> frames = new LinkedBlockingQueue<>();
    WebSocket socket = HttpClient.newHttpClient().newWebSocketBuilder().subprotocols("v12.stomp", "v11.stomp").buildAsync(address, new Frames(frames)).join();
    same("v12.stomp", socket.getSubprotocol());
    say(socket, binary, "CONNECT\naccept-version:1.2\nhost:localhost\n\n\0");
    starts("CONNECTED\n", frames);
    String queue = "/queue/java.web-socket." + binary;
    say(socket, binary, "SUBSCRIBE\nid:s\ndestination:" + queue + "\nreceipt:1\n\n\0");
    starts("RECEIPT\nreceipt-id:1\n", frames);
    say(socket, binary, "SEND\ndestination:" + queue + "\n\nGrüße\0");
    String message = starts("MESSAGE\n", frames);
    same("Grüße", message.substring(message.indexOf("\n\n") + 2));
    say(socket, binary, "DISCONNECT\nreceipt:2\n\n\0");
    starts("RECEIPT\nreceipt-id:2\n", frames);
    // The broker closes it then.
    socket.abort();
  }

  private static void say(WebSocket socket, boolean binary, String frame) throws Exception {
    if (binary) socket.sendBinary(ByteBuffer.wrap(frame.getBytes("UTF-8")), true).join();
    else socket.sendText(frame, true).join();
  }

  private static String starts(String beginning, BlockingQueue<String> frames) throws InterruptedException {
    String frame = frames.poll(PATIENCE_MS, TimeUnit.MILLISECONDS);
    if (frame == null || !frame.startsWith(beginning)) throw new AssertionError("expected " + beginning + ", got " + frame);
    return frame;
  }

  private static void same(String expected, String actual) {
    if (!expected.equals(actual)) throw new AssertionError("expected " + expected + ", got " + actual);
  }

  /** Each frame up to its NUL, whatever the messages are cut into. */
  private static final class Frames implements WebSocket.Listener {
    private final BlockingQueue<String> frames;
    private final java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();

    Frames(BlockingQueue<String> frames) {
      this.frames = frames;
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      take(data.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
      byte[] chunk = new byte[data.remaining()];
      data.get(chunk);
      take(chunk);
      socket.request(1);
      return null;
    }

    private void take(byte[] chunk) {
      for (byte one : chunk) {
        if (one != 0) {
          if (bytes.size() > 0 || one != '\n') bytes.write(one);
          continue;
        }
        frames.add(bytes.toString(java.nio.charset.StandardCharsets.UTF_8));
        bytes.reset();
      }
    }
  }
}
