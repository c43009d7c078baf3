// AWS SDK for JavaScript v3 against EventBridge Scheduler, and archives and replays of EventBridge, at ENDPOINT:
// schedules_v3.js MODULES ENDPOINT QUEUE_ARN BUS. A schedule sends "scheduled" to the queue; an event of source
// "replayed", which a rule of BUS sends there, comes once more by a replay. Ends with 1 and the reason when an answer
// is wrong.
'use strict';
const assert = require('assert');
const [modules, endpoint, queue, bus] = process.argv.slice(2);
const load = (name) => require(require.resolve(name, {paths: [modules]}));
const {
    SchedulerClient, CreateScheduleGroupCommand, CreateScheduleCommand, GetScheduleCommand, UpdateScheduleCommand,
    ListSchedulesCommand, DeleteScheduleCommand, ResourceNotFoundException, ConflictException, ValidationException,
} = load('@aws-sdk/client-scheduler');
const {
    EventBridgeClient, CreateArchiveCommand, DescribeArchiveCommand, DescribeEventBusCommand, PutEventsCommand,
    StartReplayCommand, DescribeReplayCommand,
} = load('@aws-sdk/client-eventbridge');

const options = {endpoint, region: 'us-east-1', credentials: {accessKeyId: 'test', secretAccessKey: 'test'}};
const scheduler = new SchedulerClient(options);
const events = new EventBridgeClient(options);

async function schedule() {
    const send = (Command, input) => scheduler.send(new Command(input));
    await send(CreateScheduleGroupCommand, {Name: 'javascript'});
    const target = {Arn: queue, RoleArn: 'arn:aws:iam::000000000000:role/scheduler', Input: '"scheduled"'};
    const wanted = {
        Name: 'javascript', GroupName: 'javascript', ScheduleExpression: 'rate(1 day)',
        FlexibleTimeWindow: {Mode: 'OFF'}, Target: target, State: 'DISABLED',
    };
    await send(CreateScheduleCommand, wanted);
    await assert.rejects(send(CreateScheduleCommand, wanted), ConflictException);
    await assert.rejects(send(CreateScheduleCommand, {...wanted, Name: 'x', ScheduleExpression: 'rate(1 fortnight)'}),
                         ValidationException);
    const there = await send(GetScheduleCommand, {Name: 'javascript', GroupName: 'javascript'});
    assert.ok(there.CreationDate instanceof Date && !Number.isNaN(there.CreationDate.getTime()));
    assert.strictEqual(there.Target.Input, '"scheduled"');
    await send(UpdateScheduleCommand, {...wanted, ScheduleExpressionTimezone: 'Europe/Paris'});
    const changed = await send(GetScheduleCommand, {Name: 'javascript', GroupName: 'javascript'});
    assert.strictEqual(changed.ScheduleExpressionTimezone, 'Europe/Paris');
    assert.strictEqual(changed.State, 'DISABLED');
    const listed = await send(ListSchedulesCommand, {GroupName: 'javascript'});
    assert.deepStrictEqual(listed.Schedules.map((one) => one.Name), ['javascript']);
    await send(DeleteScheduleCommand, {Name: 'javascript', GroupName: 'javascript'});
    await assert.rejects(send(GetScheduleCommand, {Name: 'javascript', GroupName: 'javascript'}),
                         ResourceNotFoundException);
    await send(CreateScheduleCommand, {...wanted, State: 'ENABLED'});
}

async function replay() {
    const send = (Command, input) => events.send(new Command(input));
    const {Arn: source} = await send(DescribeEventBusCommand, {Name: bus});
    await send(CreateArchiveCommand, {ArchiveName: 'javascript', EventSourceArn: source});
    const put = await send(PutEventsCommand, {Entries: [{
        EventBusName: bus, Source: 'replayed', DetailType: 'd', Detail: '{"n": 2}'}]});
    assert.strictEqual(put.FailedEntryCount, 0);
    const archive = await send(DescribeArchiveCommand, {ArchiveName: 'javascript'});
    await send(StartReplayCommand, {
        ReplayName: 'javascript', EventSourceArn: archive.ArchiveArn, Destination: {Arn: source},
        EventStartTime: new Date(Date.now() - 60_000), EventEndTime: new Date(Date.now() + 1_000)});
    for (let tries = 0; tries < 600; ++tries) {
        const {State, StateReason} = await send(DescribeReplayCommand, {ReplayName: 'javascript'});
        if (State === 'COMPLETED') return;
        assert.ok(State === 'STARTING' || State === 'RUNNING', `${State}: ${StateReason}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.fail('the replay does not end');
}

schedule().then(replay).catch((error) => {
    console.error(error);
    process.exit(1);
});
