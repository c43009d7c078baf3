// AWS SDK for JavaScript v3 against Polly at ENDPOINT: polly_v3.js MODULES ENDPOINT FOLDER. Writes what was
// spoken into FOLDER. Ends with 1 and the reason when an answer is wrong.
'use strict';
const assert = require('assert');
const fs = require('fs');
const path = require('path');
const {pipeline} = require('stream/promises');
const [modules, endpoint, folder] = process.argv.slice(2);
const load = (name) => require(require.resolve(name, {paths: [modules]}));
const {
    PollyClient, SynthesizeSpeechCommand, DescribeVoicesCommand, PutLexiconCommand, GetLexiconCommand,
    ListLexiconsCommand, DeleteLexiconCommand, LexiconNotFoundException, InvalidSsmlException,
} = load('@aws-sdk/client-polly');

const client = new PollyClient({
    endpoint, region: 'us-east-1', credentials: {accessKeyId: 'test', secretAccessKey: 'test'},
});
const send = (Command, input) => client.send(new Command(input));
const LEXICON = `<?xml version="1.0" encoding="UTF-8"?>
<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" alphabet="ipa" xml:lang="en-US">
  <lexeme><grapheme>W3C</grapheme><alias>World Wide Web Consortium</alias></lexeme>
</lexicon>`;

async function speak(name, input) {
    const spoken = await send(SynthesizeSpeechCommand, {
        Text: 'The W3C meets on Monday.', VoiceId: 'Joanna', OutputFormat: 'mp3', ...input});
    const file = path.join(folder, name);
    await pipeline(spoken.AudioStream, fs.createWriteStream(file));
    return {spoken, bytes: fs.readFileSync(file)};
}

async function main() {
    const {spoken} = await speak('plain.mp3', {});
    assert.strictEqual(spoken.ContentType, 'audio/mpeg');
    assert.strictEqual(spoken.RequestCharacters, 24);
    await speak('speech.ogg', {OutputFormat: 'ogg_vorbis', SampleRate: '16000'});
    const marks = await speak('marks.json', {OutputFormat: 'json', SpeechMarkTypes: ['word']});
    const words = marks.bytes.toString().trim().split('\n').map((line) => JSON.parse(line).value);
    assert.deepStrictEqual(words, ['The', 'W3C', 'meets', 'on', 'Monday']);

    const {Voices} = await send(DescribeVoicesCommand, {LanguageCode: 'en-US'});
    assert.ok(Voices.some((voice) => voice.Id === 'Joanna' && voice.Gender === 'Female'));
    assert.ok(Voices.every((voice) => voice.LanguageCode === 'en-US'));

    await send(PutLexiconCommand, {Name: 'w3cjs', Content: LEXICON});
    const {Lexicon, LexiconAttributes} = await send(GetLexiconCommand, {Name: 'w3cjs'});
    assert.strictEqual(Lexicon.Content, LEXICON);
    assert.strictEqual(LexiconAttributes.LexemesCount, 1);
    assert.ok(LexiconAttributes.LastModified instanceof Date);
    const longer = await speak('lexicon.mp3', {LexiconNames: ['w3cjs']});
    assert.ok(longer.bytes.length > fs.statSync(path.join(folder, 'plain.mp3')).size);
    assert.ok((await send(ListLexiconsCommand, {})).Lexicons.some((lexicon) => lexicon.Name === 'w3cjs'));
    await send(DeleteLexiconCommand, {Name: 'w3cjs'});
    await assert.rejects(send(GetLexiconCommand, {Name: 'w3cjs'}), LexiconNotFoundException);
    await assert.rejects(speak('bad.mp3', {Text: '<speak>a', TextType: 'ssml'}), InvalidSsmlException);
}

main().catch((error) => { console.error(error); process.exit(1); });
