// AWS SDK for JavaScript v3 against EventBridge at ENDPOINT: events_v3.js MODULES ENDPOINT QUEUE_ARN. Puts an event
// that a rule sends to the queue. Ends with 1 and the reason when an answer is wrong.
'use strict';
const assert = require('assert');
const [modules, endpoint, queue] = process.argv.slice(2);
const load = (name) => require(require.resolve(name, {paths: [modules]}));
const {
    EventBridgeClient, CreateEventBusCommand, DescribeEventBusCommand, PutRuleCommand, PutTargetsCommand,
    ListTargetsByRuleCommand, PutEventsCommand, TestEventPatternCommand, InvalidEventPatternException,
    ResourceNotFoundException,
} = load('@aws-sdk/client-eventbridge');

const client = new EventBridgeClient({
    endpoint, region: 'us-east-1', credentials: {accessKeyId: 'test', secretAccessKey: 'test'},
});
const send = (Command, input) => client.send(new Command(input));

async function main() {
    await send(CreateEventBusCommand, {Name: 'javascript', Description: 'd'});
    const bus = await send(DescribeEventBusCommand, {Name: 'javascript'});
    assert.ok(bus.CreationTime instanceof Date && !Number.isNaN(bus.CreationTime.getTime()));
    const rule = {Name: 'javascript', EventBusName: 'javascript'};
    await send(PutRuleCommand, {...rule, EventPattern: JSON.stringify({source: ['javascript']})});
    const on = {Rule: 'javascript', EventBusName: 'javascript'};
    const target = {Id: 't', Arn: queue, RetryPolicy: {MaximumRetryAttempts: 3}};
    await send(PutTargetsCommand, {...on, Targets: [target]});
    assert.deepStrictEqual((await send(ListTargetsByRuleCommand, on)).Targets, [target]);
    const put = await send(PutEventsCommand, {Entries: [{
        EventBusName: 'javascript', Source: 'javascript', DetailType: 'd', Detail: '{"n": 1}',
        Time: new Date('2026-01-02T03:04:05Z')}]});
    assert.strictEqual(put.FailedEntryCount, 0);
    const tried = await send(TestEventPatternCommand, {EventPattern: '{"a":[1]}', Event: '{"a":1}'});
    assert.strictEqual(tried.Result, true);
    await assert.rejects(send(TestEventPatternCommand, {EventPattern: '{}', Event: '{}'}),
                         InvalidEventPatternException);
    await assert.rejects(send(DescribeEventBusCommand, {Name: 'absent'}), ResourceNotFoundException);
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
