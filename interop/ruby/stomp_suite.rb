# The tests that the library stomp of Ruby has in its gem, against the broker that the environment names. One JSON line each.
#
# Arguments: the folder of the gem, then names of its test files.

require 'json'
require 'test/unit'
require 'test/unit/collector/descendant'
require 'test/unit/ui/testrunnermediator'

Test::Unit::AutoRunner.need_auto_run = false

# What the tests print belongs to nobody.
OUT = $stdout.dup
$stdout.reopen($stderr)

folder, *names = ARGV
names.each { |name| require File.join(File.expand_path(folder), 'test', name) }

faults = Hash.new { |all, test| all[test] = [] }
mediator = Test::Unit::UI::TestRunnerMediator.new(Test::Unit::Collector::Descendant.new.collect)
mediator.add_listener(Test::Unit::TestResult::FAULT) { |fault| faults[fault.test_name] << fault.message }
mediator.add_listener(Test::Unit::TestCase::FINISHED_OBJECT) do |test|
  why = faults.fetch(test.name, nil)
  # TestConnection.test_send, not test_send(TestConnection)
  OUT.puts({ test: "#{test.class}.#{test.method_name}", passed: why.nil?, why: why&.join('; ') }.to_json)
  OUT.flush
end
mediator.run
exit!(0)
