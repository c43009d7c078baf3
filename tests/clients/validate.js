// Asks npm's sns-validator about messages: validate.js MODULES HOST_PATTERN < one JSON message a line.
// Writes one line for each: "ok", or the validator's own refusal.
'use strict';
const readline = require('readline');
const [modules, hostPattern] = process.argv.slice(2);
const MessageValidator = require(require.resolve('sns-validator', {paths: [modules]}));

const validator = new MessageValidator(new RegExp(hostPattern));
const validate = (line) => new Promise((resolve) => {
    validator.validate(line, (error) => resolve(error ? error.message : 'ok'));
});

(async () => {
    for await (const line of readline.createInterface({input: process.stdin})) {
        console.log(await validate(line));
    }
})();
