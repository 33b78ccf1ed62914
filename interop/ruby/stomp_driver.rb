# The stomp gem, worked by JSON lines: one request a line comes in, one event a line goes out. Ends with its standard input.
require 'json'
require 'base64'
require 'stomp'

LOCK = Mutex.new
CONNECTIONS = {}
Thread.report_on_exception = false

def say(line)
  LOCK.synchronize do
    puts line.to_json
    $stdout.flush
  end
end

def frame(ref, message)
  headers = message.headers.to_h { |name, value| [name.to_s, value.is_a?(Array) ? value.first : value] }
  say(ref: ref, event: 'frame', command: message.command, headers: headers, body: Base64.strict_encode64(message.body.to_s))
end

def connect(ref, request)
  version, beats = request.values_at('version', 'heartBeat')
  headers = request['headers'].transform_keys(&:to_sym)
  headers.update('accept-version': version, host: 'localhost') unless version == '1.0'
  headers[:'heart-beat'] = beats.join(',') unless version == '1.0' || beats.sum.zero?
  connection = Stomp::Connection.new(
    hosts: [{ login: '', passcode: '', host: request['host'], port: request['port'] }],
    reliable: false, connect_headers: headers, connread_timeout: 20
  )
  CONNECTIONS[ref] = connection
  frame(ref, connection.connection_frame)
  return say(ref: ref, event: 'ended') unless connection.open?

  Thread.new do
    loop do
      message = connection.receive
      break if message.nil?

      frame(ref, message)
    end
  rescue StandardError => e
    warn e.full_message unless connection.closed?
  ensure
    say(ref: ref, event: 'ended')
  end
end

def act(request)
  ref, headers = request.values_at('ref', 'headers')
  return connect(ref, request) if request['do'] == 'connect'

  connection = CONNECTIONS[ref]
  headers = (headers || {}).transform_keys(&:to_sym)
  case request['do']
  when 'send' then connection.publish(request['destination'], Base64.decode64(request['body']), headers)
  when 'subscribe' then connection.subscribe(request['destination'], headers, headers[:id])
  when 'unsubscribe' then connection.unsubscribe(request['destination'], headers, request['id'])
  when 'ack' then connection.ack(request['id'], headers)
  when 'nack' then connection.nack(request['id'], headers)
  when 'begin' then connection.begin(request['transaction'], headers)
  when 'commit' then connection.commit(request['transaction'], headers)
  when 'abort' then connection.abort(request['transaction'], headers)
  when 'disconnect' then connection.disconnect
  when 'drop' then connection.instance_variable_get(:@socket).shutdown
  end
end

say(ready: true, version: Stomp::Version::STRING)
$stdin.each_line do |line|
  request = JSON.parse(line)
  act(request)
rescue StandardError => e
  warn "#{request}: #{e.full_message}"
  say(ref: request['ref'], event: 'ended')
end
