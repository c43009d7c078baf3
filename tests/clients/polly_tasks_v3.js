// AWS SDK for JavaScript v3 against Polly's tasks at ENDPOINT: polly_tasks_v3.js MODULES ENDPOINT BUCKET. Leaves one
// object in BUCKET. Ends with 1 and the reason when an answer is wrong.
'use strict';
const assert = require('assert');
const [modules, endpoint, bucket] = process.argv.slice(2);
const load = (name) => require(require.resolve(name, {paths: [modules]}));
const {
    PollyClient, StartSpeechSynthesisTaskCommand, GetSpeechSynthesisTaskCommand, ListSpeechSynthesisTasksCommand,
    InvalidS3BucketException, SynthesisTaskNotFoundException,
} = load('@aws-sdk/client-polly');

const client = new PollyClient({
    endpoint, region: 'us-east-1', credentials: {accessKeyId: 'test', secretAccessKey: 'test'},
});
const send = (Command, input) => client.send(new Command(input));
const start = (input) => send(StartSpeechSynthesisTaskCommand, {
    Text: 'Hello from JavaScript.', VoiceId: 'Joanna', OutputFormat: 'mp3', OutputS3BucketName: bucket, ...input});

async function main() {
    const {SynthesisTask: started} = await start({});
    assert.strictEqual(started.RequestCharacters, 22);
    assert.ok(started.CreationTime instanceof Date);
    const until = Date.now() + 60_000;
    for (;;) {
        const {SynthesisTask: task} = await send(GetSpeechSynthesisTaskCommand, {TaskId: started.TaskId});
        if (task.TaskStatus === 'completed') break;
        assert.ok(['scheduled', 'inProgress'].includes(task.TaskStatus), task.TaskStatusReason);
        assert.ok(Date.now() < until, 'the task does not end');
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const {SynthesisTasks: tasks} = await send(ListSpeechSynthesisTasksCommand, {Status: 'completed'});
    assert.ok(tasks.some((task) => task.TaskId === started.TaskId && task.OutputUri === started.OutputUri));
    await assert.rejects(start({OutputS3BucketName: 'no-such-bucket'}), InvalidS3BucketException);
    await assert.rejects(send(GetSpeechSynthesisTaskCommand, {TaskId: '00000000-0000-0000-0000-000000000000'}),
        SynthesisTaskNotFoundException);
}

main().catch((error) => { console.error(error); process.exit(1); });
