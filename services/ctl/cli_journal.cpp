#include "services/ctl/cli_journal.hpp"

#include <string>

#include <CLI/CLI.hpp>

#include "services/ctl/cli_parts.hpp"
#include "services/ctl/tail.hpp"

namespace onput::ctl {
namespace {

// Which records of the journal.
void add_filter(CLI::App& command, events::FilterOptions& filter) {
    command.add_option("--bucket,-b", filter.bucket, "Only this bucket");
    command.add_option("--key", filter.key, "Only keys like this, a glob: '2026/*.txt'");
    command.add_option("--prefix", filter.prefix, "Only keys that start so");
    command.add_option("--suffix", filter.suffix, "Only keys that end so");
    command.add_option("--type", filter.type,
                       "Only types like this: 's3.ObjectCreated.*', 's3:ObjectCreated:*', "
                       "job.failed");
    command.add_option("--status", filter.status,
                       "Only jobs and deliveries that ended so: failed, retrying, succeeded");
    command.add_option("--trace", filter.trace, "Only this trace");
    command.add_option("--pattern", filter.pattern,
                       "Only what this event pattern of EventBridge matches");
}

void add_tail(CLI::App& app, JournalChoices& c) {
    auto* tail = add_command(
        app, "tail", "Follow every event, without a gap",
        "  onput tail\n  onput tail --since 10m --no-follow -o json\n  onput tail --bucket inbox "
        "--type 's3:ObjectCreated:*' --count 10\n  onput tail --pattern '{\"source\": "
        "[\"aws.s3\"]}' -o cloudevent\n  onput tail --status failed --durable alerts --exec "
        "'mail -s failed ops@example.com'\n  onput tail --template '{time} {type} "
        "{bucket}/{key}'");
    add_filter(*tail, c.tail.filter);
    tail->add_option("--since", c.tail.since,
                     "Begin so long ago (30s, 10m, 36h, 7d) or at this time (ISO 8601)");
    tail->add_option("--until", c.tail.until, "End with what happened until then");
    tail->add_option("--from-seq", c.tail.from_sequence, "Begin at this sequence; 1 is the oldest");
    tail->add_option("-n,--last", c.tail.last, "Of what is there, only the last so many")
        ->check(CLI::Range(std::uint64_t{1}, tail_last_max));
    tail->add_option("--count", c.tail.count, "End after so many events");
    tail->add_option("--wait-ms", c.tail.wait_ms,
                     "End after so long without an event, milliseconds");
    auto* no_follow = tail->add_flag("--no-follow", c.no_follow,
                                     "End when everything that is there has been shown");
    tail->add_flag("-f,--follow", c.follow, "Go on with what comes, as it does anyway")
        ->excludes(no_follow);
    tail->add_option("--durable", c.tail.durable, "Go on where the last tail of this name ended");
    tail->add_option("--exec", c.tail.command,
                     "Run this with sh for each event, as its input; one that fails ends it");
    tail->add_option("-o,--output", c.tail.format,
                     "pretty; json, jsonl: a line of JSON each; cloudevent; template")
        ->check(CLI::IsMember({"pretty", "table", "json", "jsonl", "cloudevent", "template"}));
    tail->add_option("--template", c.tail.text_template,
                     "The line for each event, as '{time} {type} {bucket}/{key}'");
    tail->add_flag("--fail-on-gap", c.tail.fail_on_gap,
                   "End with status 2 when a sequence is missing");
    tail->callback([&c] {
        c.tail.follow = !c.no_follow;
        c.run = [&c] { return run_tail(c.global, c.tail); };
    });
}

void add_replay(CLI::App& app, JournalChoices& c) {
    auto* replay = add_command(
        app, "replay", "Send recorded events, or what a bucket holds, once more to one destination",
        "  onput replay --since 2h --bucket inbox --to sqs:jobs\n  onput replay -b inbox --prefix "
        "2026/ --rule photos --dry-run\n  onput replay --since 1d --to rule:orders/audit --name "
        "audit-2\n  onput replay --list");
    replay->add_option("--to", c.replay.to,
                       "An ARN, or sqs:NAME, sns:NAME, function:NAME, rule:RULE/TARGET");
    replay->add_option("--rule", c.replay.rule,
                       "What this notification rule of the bucket matches, to its destination");
    add_filter(*replay, c.replay.filter);
    replay->add_option("--since", c.replay.since,
                       "Of the journal, from then on; with -b alone: what exists in the bucket");
    replay->add_option("--until", c.replay.until, "Of the journal, what happened until then");
    replay->add_option("--from-seq", c.replay.from_sequence,
                       "Of the journal, from this sequence on");
    replay->add_option("--name", c.replay.name,
                       "Its name: run again with it, it goes on; else it follows from the rest");
    replay->add_flag("--dry-run", c.replay.is_dry_run, "Count, and send nothing");
    replay->add_flag("--list", c.lists_replays, "List the replays there were");
    replay->callback([&c] {
        c.run = [&c] {
            return c.lists_replays ? run_list_replays(c.global) : run_replay(c.global, c.replay);
        };
    });
}

void add_reconcile(CLI::App& app, JournalChoices& c) {
    auto* reconcile = add_command(
        app, "reconcile", "Prove that every upload has its result or its failure",
        "  onput reconcile -b inbox --against outbox\n  onput reconcile -b inbox --against outbox "
        "--prefix 2026/ --resend\n  onput reconcile -b inbox --against outbox --redrive -o json");
    reconcile->add_option("--bucket,-b", c.reconcile.bucket, "The bucket of the uploads")
        ->required();
    reconcile->add_option("--against", c.reconcile.against, "The bucket of their results")
        ->required();
    reconcile->add_option("--prefix", c.reconcile.prefix, "Only uploads whose keys start so");
    reconcile->add_option("--suffix", c.reconcile.suffix, "Only uploads whose keys end so");
    reconcile->add_flag("--resend", c.reconcile.resends,
                        "Send what is missing again to where its rules say");
    reconcile->add_flag("--redrive", c.reconcile.redrives,
                        "Try again what failed, from its dead-letter queues");
    reconcile->callback([&c] { c.run = [&c] { return run_reconcile(c.global, c.reconcile); }; });
}

}  // namespace

void add_journal(CLI::App& app, JournalChoices& choices) {
    add_tail(app, choices);
    add_replay(app, choices);
    add_reconcile(app, choices);
}

}  // namespace onput::ctl
