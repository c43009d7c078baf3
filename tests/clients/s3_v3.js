// AWS SDK for JavaScript v3 with lib-storage, the presigner and waiters against S3 at ENDPOINT:
// s3_v3.js MODULES ENDPOINT BUCKET.
// Ends with 1 and the reason when an answer is wrong.
'use strict';
const assert = require('assert');
const crypto = require('crypto');
const {Readable} = require('stream');
const [modules, endpoint, bucket] = process.argv.slice(2);
const load = (name) => require(require.resolve(name, {paths: [modules]}));
const {
    S3Client, CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, DeleteObjectsCommand, GetObjectCommand,
    HeadObjectCommand, PutObjectCommand, CopyObjectCommand, paginateListObjectsV2, waitUntilBucketExists,
    waitUntilObjectExists, waitUntilObjectNotExists, waitUntilBucketNotExists, NoSuchKey, NotFound,
} = load('@aws-sdk/client-s3');
const {Upload} = load('@aws-sdk/lib-storage');
const {getSignedUrl} = load('@aws-sdk/s3-request-presigner');

const MIB = 1024 * 1024;
const client = new S3Client({
    endpoint, region: 'us-east-1', forcePathStyle: true,
    credentials: {accessKeyId: 'test', secretAccessKey: 'test'},
});
const waiter = {client, maxWaitTime: 20, minDelay: 1, maxDelay: 1};
const send = (Command, input) => client.send(new Command({Bucket: bucket, ...input}));
const read = async (key, input = {}) =>
    Buffer.from(await (await send(GetObjectCommand, {Key: key, ...input})).Body.transformToByteArray());

// A stream in odd pieces, which says nothing about its length.
function* pieces(data) {
    for (let at = 0; at < data.length; at += 100003) yield data.subarray(at, at + 100003);
}

async function uploadAsStream(key, size) {
    const data = crypto.randomBytes(size);
    let progress = 0;
    const upload = new Upload({
        client, queueSize: 3, partSize: 5 * MIB,
        params: {Bucket: bucket, Key: key, Body: Readable.from(pieces(data)), ContentType: 'text/x-stream'},
    });
    upload.on('httpUploadProgress', (event) => { progress = event.loaded; });
    await upload.done();
    assert.strictEqual(progress, size);
    assert.ok((await read(key, {ChecksumMode: 'ENABLED'})).equals(data), key);
    assert.strictEqual((await send(HeadObjectCommand, {Key: key})).ContentType, 'text/x-stream');
}

async function abandon(key) {
    const upload = new Upload({
        client, queueSize: 1, partSize: 5 * MIB,
        params: {Bucket: bucket, Key: key, Body: Readable.from(pieces(Buffer.alloc(16 * MIB)))},
    });
    upload.on('httpUploadProgress', () => upload.abort());
    await assert.rejects(upload.done(), {name: 'AbortError'});
    await assert.rejects(send(HeadObjectCommand, {Key: key}), NotFound);
}

async function presign() {
    const put = await getSignedUrl(client, new PutObjectCommand({Bucket: bucket, Key: 'by url'}), {expiresIn: 60});
    assert.strictEqual((await fetch(put, {method: 'PUT', body: 'by url'})).status, 200);
    const get = await getSignedUrl(client, new GetObjectCommand({Bucket: bucket, Key: 'by url'}), {expiresIn: 60});
    assert.strictEqual(await (await fetch(get)).text(), 'by url');
}

async function listAndDelete() {
    const keys = Array.from({length: 23}, (_, number) => `n/${String(number).padStart(2, '0')} ü+&`);
    await Promise.all(keys.map((Key) => send(PutObjectCommand, {Key, Body: Key, Metadata: {key: 'x'}})));
    const listed = [];
    for await (const page of paginateListObjectsV2({client, pageSize: 10}, {Bucket: bucket, Prefix: 'n/'})) {
        listed.push(...page.Contents.map((each) => each.Key));
    }
    assert.deepStrictEqual(listed, keys);
    await send(CopyObjectCommand, {Key: 'copy', CopySource: `${bucket}/${encodeURIComponent(keys[3])}`});
    assert.strictEqual((await read('copy')).toString(), keys[3]);
    const gone = await send(DeleteObjectsCommand, {Delete: {Objects: keys.map((Key) => ({Key}))}});
    assert.strictEqual(gone.Deleted.length, keys.length);
}

(async () => {
    await send(CreateBucketCommand, {});
    await waitUntilBucketExists(waiter, {Bucket: bucket});
    await uploadAsStream('empty', 0);
    await uploadAsStream('small', 12345);
    await uploadAsStream('large', 17 * MIB + 3);
    await waitUntilObjectExists(waiter, {Bucket: bucket, Key: 'large'});
    await abandon('abandoned');
    await presign();
    await listAndDelete();
    await assert.rejects(read('absent'), NoSuchKey);
    for (const Key of ['empty', 'small', 'large', 'by url', 'copy']) await send(DeleteObjectCommand, {Key});
    await waitUntilObjectNotExists(waiter, {Bucket: bucket, Key: 'large'});
    await send(DeleteBucketCommand, {});
    await waitUntilBucketNotExists(waiter, {Bucket: bucket});
})().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
