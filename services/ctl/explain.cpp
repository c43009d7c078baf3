// `onput explain`: which rules an event would match, or one of the journal did, and why the others
// do not: notification rules of the bucket, rules of event buses, subscriptions of a topic.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/base/text.hpp"
#include "common/events/document.hpp"
#include "common/events/s3_event.hpp"
#include "common/schema/json.hpp"
#include "common/schema/storage.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/explain_rules.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"

namespace onput::ctl {
namespace {

struct Explained {
    schema::EventExplained answer;
    std::string heading;
    std::string without_rules;  // What it means that there is none.
};

void add(std::vector<schema::RuleExplanation> more, schema::EventExplained& to) {
    std::ranges::move(more, std::back_inserter(to.rules));
}

// Onto the default bus of its account go the events of a bucket that says so.
Result<void> add_bus_rules(Peers& peers, const schema::ObjectEvent& event,
                           schema::EventExplained& to) {
    const auto configuration =
        peers.ask(peers.storage(), schema::GetNotification{.bucket = event.bucket});
    if (!configuration || !configuration->has_event_bridge) return {};
    const auto on_bus = events::bus_event_of(event);
    if (!on_bus) return {};
    ONPUT_TRY(auto rules, explain_bus(peers, std::string(schema::default_bus_name),
                                      events::event_document(*on_bus)));
    add(std::move(rules), to);
    return {};
}

// What rules say to the event now; of a past one `event` is what it was.
Result<Explained> explain_event(Peers& peers, schema::ObjectEvent event,
                                const std::string& event_name) {
    const schema::ExplainEvent request{
        .bucket = event.bucket, .key = event.key, .event_name = event_name};
    ONPUT_TRY(auto answer, peers.ask(peers.storage(), request));
    const std::string subject = to_string(ObjectUrl{.bucket = event.bucket, .key = event.key});
    Explained explained{
        .answer = std::move(answer),
        .heading = {},
        .without_rules =
            fmt::format("bucket {} has no notification rules: the event goes to the journal only",
                        event.bucket)};
    explained.heading = fmt::format(
        "{} for {} ({})", event_name, subject,
        explained.answer.object_exists ? "the object exists" : "there is no such object now");
    // What happened then stands beside what the rules say now.
    for (const auto& owed : event.owed) {
        if (!owed.withheld.empty()) {
            explained.answer.rules.push_back({.rule_id = owed.rule_id,
                                              .destination_arn = owed.arn,
                                              .why = "withheld then: " + owed.withheld});
        }
    }
    ONPUT_TRY_VOID(add_bus_rules(peers, event, explained.answer));
    return explained;
}

Result<Explained> explain_object(Peers& peers, const ExplainOptions& options) {
    ONPUT_TRY(const auto url, parse_object_url(options.subject));
    schema::ObjectEvent event;
    event.bucket = url.bucket;
    event.key = url.key;
    event.event_name = options.event;
    if (event.event_name.starts_with("s3:")) event.event_name.erase(0, 3);
    event.time = wall_now();
    const schema::ListObjects list{.bucket = url.bucket, .prefix = url.key, .keys_max = 1};
    if (const auto bucket = peers.ask(peers.storage(), list)) {
        event.bucket_owner = bucket->owner_account;
        event.region = bucket->region;
    }
    const auto info =
        peers.ask(peers.storage(), schema::HeadObject{.bucket = url.bucket, .key = url.key});
    if (info) {
        event.size_bytes = info->size_bytes;
        event.etag = info->etag;
        event.version_id = info->version_id;
        event.sequencer = info->sequencer;
    }
    return explain_event(peers, std::move(event), options.event);
}

Result<schema::JournalRecord> fetch_record(Peers& peers, std::uint64_t sequence) {
    std::vector<transport::Frame> records;
    const schema::FetchJournal fetch{.epoch = {}, .from_sequence = sequence, .records_max = 1};
    ONPUT_TRY(const auto page, peers.ask(peers.notifier(), fetch, records));
    if (records.empty()) {
        return fail(ErrorCode::not_found, fmt::format("there is no event {}; the newest is {}",
                                                      sequence, page.head_sequence));
    }
    return schema::decode<schema::JournalRecord>(records.front().view());
}

Result<Explained> explain_record(Peers& peers, std::uint64_t sequence) {
    ONPUT_TRY(const auto record, fetch_record(peers, sequence));
    ONPUT_TRY(const auto body, read_record_body(record.body));
    if (const auto* event = std::get_if<schema::ObjectEvent>(&body)) {
        return explain_event(peers, *event, "s3:" + event->event_name);
    }
    Explained explained{
        .answer = {},
        .heading = fmt::format("{} {}: {}", sequence, record.type, subject_of(body)),
        .without_rules = {}};
    if (const auto* event = std::get_if<schema::BusEvent>(&body)) {
        ONPUT_TRY(auto rules, explain_bus(peers, event->bus_arn, events::event_document(*event)));
        add(std::move(rules), explained.answer);
        explained.without_rules = "its bus has no rules: the event goes to the journal only";
    } else if (const auto* message = std::get_if<schema::TopicMessage>(&body)) {
        ONPUT_TRY(auto rules, explain_topic(peers, *message));
        add(std::move(rules), explained.answer);
        explained.without_rules = "its topic has no subscriptions";
    } else {
        explained.without_rules = "it owes nothing: " + detail_of(body);
    }
    return explained;
}

void print(const GlobalOptions& global, const Explained& explained) {
    if (global.output == OutputFormat::json) {
        fmt::print("{}\n", schema::to_json(explained.answer));
        return;
    }
    if (!global.quiet) fmt::print(stderr, "{}\n", printable(explained.heading));
    if (explained.answer.rules.empty()) {
        fmt::print("{}\n", printable(explained.without_rules));
        return;
    }
    Table table({"RULE", "MATCHES", "DESTINATION", "WHY"});
    for (const auto& rule : explained.answer.rules) {
        table.add(
            {rule.rule_id, rule.matches ? "yes" : "no", short_arn(rule.destination_arn), rule.why});
    }
    fmt::print("{}", table.text());
}

}  // namespace

ExitCode run_explain(const GlobalOptions& global, const ExplainOptions& options) {
    const auto sequence = parse_number<std::uint64_t>(options.subject);
    if (!sequence) {
        if (const auto url = parse_object_url(options.subject); !url) {
            return report("explain", url.error());
        }
    }
    const auto instance = find_running(data_directory(global.data));
    if (!instance) return report("explain", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    const auto explained =
        sequence ? explain_record(peers, *sequence) : explain_object(peers, options);
    if (!explained) return report("explain", explained.error());
    print(global, *explained);
    return ExitCode::ok;
}

}  // namespace onput::ctl
