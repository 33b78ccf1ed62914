package millrace.interop;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.Enumeration;
import java.util.HexFormat;
import java.util.TreeSet;
import javax.jms.BytesMessage;
import javax.jms.DeliveryMode;
import javax.jms.Destination;
import javax.jms.JMSException;
import javax.jms.MapMessage;
import javax.jms.Message;
import javax.jms.MessageEOFException;
import javax.jms.ObjectMessage;
import javax.jms.Session;
import javax.jms.StreamMessage;
import javax.jms.TextMessage;
import org.apache.activemq.command.ActiveMQDestination;
import org.apache.activemq.command.ActiveMQMessage;

/**
 * Messages as JSON, so that two clients can be compared. A value is {"type", "value"} with the names of the Java types; longs are
 * decimal text, bytes are hexadecimal, a float is the double of the same value, what JSON has no number for is its Java text.
 */
final class Exchange {
  private Exchange() {}

  static JsonObject describe(Message message) throws JMSException {
    JsonObject json = describeSent(message);
    json.add("body", body(message));
    return json;
  }

  /** Without the body, which a sender cannot read. */
  static JsonObject describeSent(Message message) throws JMSException {
    JsonObject json = new JsonObject();
    json.addProperty("kind", kind(message));
    json.add("body", JsonNull.INSTANCE);
    JsonObject headers = new JsonObject();
    headers.addProperty("messageId", message.getJMSMessageID());
    headers.addProperty("correlationId", message.getJMSCorrelationID());
    headers.addProperty("type", message.getJMSType());
    headers.addProperty("destination", name(message.getJMSDestination()));
    headers.addProperty("replyTo", name(message.getJMSReplyTo()));
    headers.addProperty("persistent", message.getJMSDeliveryMode() == DeliveryMode.PERSISTENT);
    headers.addProperty("priority", message.getJMSPriority());
    headers.addProperty("timestamp", Long.toString(message.getJMSTimestamp()));
    headers.addProperty("expiration", Long.toString(message.getJMSExpiration()));
    headers.addProperty("redelivered", message.getJMSRedelivered());
    headers.addProperty("deliveryCount", ((ActiveMQMessage) message).getRedeliveryCounter() + 1);
    if (message instanceof ActiveMQMessage active) {
      headers.addProperty("groupId", active.getGroupID());
      headers.addProperty("groupSequence", active.getGroupSequence());
    }
    json.add("headers", headers);
    JsonObject properties = new JsonObject();
    TreeSet<String> names = new TreeSet<>();
    for (Enumeration<?> all = message.getPropertyNames(); all.hasMoreElements();) names.add((String) all.nextElement());
    for (String name : names) properties.add(name, value(message.getObjectProperty(name)));
    json.add("properties", properties);
    return json;
  }

  static Message build(Session session, JsonObject json) throws JMSException {
    JsonElement body = json.get("body");
    boolean empty = body == null || body.isJsonNull();
    Message message;
    switch (json.get("kind").getAsString()) {
      case "text" -> message = session.createTextMessage(empty ? null : body.getAsString());
      case "bytes" -> {
        BytesMessage bytes = session.createBytesMessage();
        if (!empty) bytes.writeBytes(HexFormat.of().parseHex(body.getAsString()));
        message = bytes;
      }
      case "map" -> {
        MapMessage map = session.createMapMessage();
        if (!empty) for (var entry : body.getAsJsonObject().entrySet()) map.setObject(entry.getKey(), plain(entry.getValue()));
        message = map;
      }
      case "stream" -> {
        StreamMessage stream = session.createStreamMessage();
        if (!empty) for (JsonElement element : body.getAsJsonArray()) stream.writeObject(plain(element));
        message = stream;
      }
      case "object" -> {
        ObjectMessage object = session.createObjectMessage();
        if (!empty) object.setObject(deserialize(HexFormat.of().parseHex(body.getAsString())));
        message = object;
      }
      default -> message = session.createMessage();
    }
    if (json.get("headers") instanceof JsonObject headers) {
      if (headers.has("correlationId")) message.setJMSCorrelationID(headers.get("correlationId").getAsString());
      if (headers.has("type")) message.setJMSType(headers.get("type").getAsString());
      if (headers.has("replyTo")) message.setJMSReplyTo(destination(headers.get("replyTo").getAsString()));
      if (headers.has("groupId")) message.setStringProperty("JMSXGroupID", headers.get("groupId").getAsString());
    }
    if (json.get("properties") instanceof JsonObject properties) {
      for (var entry : properties.entrySet()) message.setObjectProperty(entry.getKey(), plain(entry.getValue()));
    }
    return message;
  }

  /** queue://, topic://, temp-queue://, temp-topic://. */
  static Destination destination(String name) {
    return ActiveMQDestination.createDestination(name, ActiveMQDestination.QUEUE_TYPE);
  }

  static String name(Destination destination) {
    return destination == null ? null : ((ActiveMQDestination) destination).getQualifiedName();
  }

  private static String kind(Message message) {
    if (message instanceof TextMessage) return "text";
    if (message instanceof BytesMessage) return "bytes";
    if (message instanceof MapMessage) return "map";
    if (message instanceof StreamMessage) return "stream";
    if (message instanceof ObjectMessage) return "object";
    return "message";
  }

  private static JsonElement body(Message message) throws JMSException {
    if (message instanceof TextMessage text) return text.getText() == null ? JsonNull.INSTANCE : new JsonPrimitive(text.getText());
    if (message instanceof BytesMessage bytes) {
      byte[] content = new byte[(int) bytes.getBodyLength()];
      bytes.reset();
      bytes.readBytes(content);
      return new JsonPrimitive(HexFormat.of().formatHex(content));
    }
    if (message instanceof MapMessage map) {
      JsonObject json = new JsonObject();
      TreeSet<String> names = new TreeSet<>();
      for (Enumeration<?> all = map.getMapNames(); all.hasMoreElements();) names.add((String) all.nextElement());
      for (String name : names) json.add(name, value(map.getObject(name)));
      return json;
    }
    if (message instanceof StreamMessage stream) {
      JsonArray json = new JsonArray();
      stream.reset();
      try {
        for (;;) json.add(value(stream.readObject()));
      } catch (MessageEOFException end) {
        return json;
      }
    }
    if (message instanceof ObjectMessage object) {
      Serializable value = object.getObject();
      return value == null ? JsonNull.INSTANCE : new JsonPrimitive(HexFormat.of().formatHex(serialize(value)));
    }
    return JsonNull.INSTANCE;
  }

  private static JsonObject value(Object value) {
    JsonObject json = new JsonObject();
    if (value == null) {
      json.addProperty("type", "null");
      json.add("value", JsonNull.INSTANCE);
    } else if (value instanceof Long) {
      json.addProperty("type", "long");
      json.addProperty("value", value.toString());
    } else if (value instanceof Float || value instanceof Double) {
      double number = ((Number) value).doubleValue();
      json.addProperty("type", value instanceof Float ? "float" : "double");
      boolean plain = Double.isFinite(number) && !(number == 0 && 1 / number < 0);
      if (plain) json.addProperty("value", number);
      else json.addProperty("value", number == 0 ? "-0" : Double.toString(number));
    } else if (value instanceof Number number) {
      json.addProperty("type", value instanceof Byte ? "byte" : value instanceof Short ? "short" : "int");
      json.addProperty("value", number);
    } else if (value instanceof Boolean flag) {
      json.addProperty("type", "boolean");
      json.addProperty("value", flag);
    } else if (value instanceof Character character) {
      json.addProperty("type", "char");
      json.addProperty("value", character.toString());
    } else if (value instanceof byte[] bytes) {
      json.addProperty("type", "bytes");
      json.addProperty("value", HexFormat.of().formatHex(bytes));
    } else {
      json.addProperty("type", "string");
      json.addProperty("value", value.toString());
    }
    return json;
  }

  private static Object plain(JsonElement element) {
    JsonObject json = element.getAsJsonObject();
    JsonElement value = json.get("value");
    return switch (json.get("type").getAsString()) {
      case "null" -> null;
      case "boolean" -> value.getAsBoolean();
      case "byte" -> value.getAsByte();
      case "short" -> value.getAsShort();
      case "int" -> value.getAsInt();
      case "long" -> Long.parseLong(value.getAsString());
      case "float" -> Float.parseFloat(value.getAsString());
      case "double" -> Double.parseDouble(value.getAsString());
      case "char" -> value.getAsString().charAt(0);
      case "bytes" -> HexFormat.of().parseHex(value.getAsString());
      case "string" -> value.getAsString();
      default -> throw new IllegalArgumentException("no such type: " + json);
    };
  }

  private static byte[] serialize(Serializable value) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
        out.writeObject(value);
      }
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Serializable deserialize(byte[] bytes) {
    try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
      return (Serializable) in.readObject();
    } catch (IOException | ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }
}
