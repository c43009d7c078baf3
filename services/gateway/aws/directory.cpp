#include "services/gateway/aws/directory.hpp"

#include <algorithm>

#include "common/base/check.hpp"

// Compilers need not take literals as long as these tables; both of ours do.
#ifdef __clang__
#pragma clang diagnostic ignored "-Woverlength-strings"
#endif

namespace onput::gateway::aws {
namespace {

constexpr std::string_view events_table =
#include "services/gateway/aws/tables/events.inc"
    ;
constexpr std::string_view iam_table =
#include "services/gateway/aws/tables/iam.inc"
    ;
constexpr std::string_view lambda_table =
#include "services/gateway/aws/tables/lambda.inc"
    ;
constexpr std::string_view logs_table =
#include "services/gateway/aws/tables/logs.inc"
    ;
constexpr std::string_view polly_table =
#include "services/gateway/aws/tables/polly.inc"
    ;
constexpr std::string_view s3_table =
#include "services/gateway/aws/tables/s3.inc"
    ;
constexpr std::string_view scheduler_table =
#include "services/gateway/aws/tables/scheduler.inc"
    ;
constexpr std::string_view sns_table =
#include "services/gateway/aws/tables/sns.inc"
    ;
constexpr std::string_view sqs_table =
#include "services/gateway/aws/tables/sqs.inc"
    ;
constexpr std::string_view sts_table =
#include "services/gateway/aws/tables/sts.inc"
    ;
constexpr std::string_view services_table =
#include "services/gateway/aws/tables/services.inc"
    ;

ServiceEntry entry_in(std::string_view line) {
    ServiceEntry entry;
    entry.signing_name = take_until(line, '\t');
    entry.endpoint_prefix = take_until(line, '\t');
    entry.version = take_until(line, '\t');
    entry.target_prefix = take_until(line, '\t');
    if (entry.target_prefix == "-") entry.target_prefix = {};
    std::string_view protocols = take_until(line, '\t');
    while (!protocols.empty()) {
        const auto protocol = protocol_named(take_until(protocols, ','));
        ONPUT_CHECK(protocol.has_value());
        entry.protocols.push_back(*protocol);
    }
    entry.title = line;
    return entry;
}

}  // namespace

const Model& events_model() {
    static const Model model(events_table);
    return model;
}

const Model& iam_model() {
    static const Model model(iam_table);
    return model;
}

const Model& lambda_model() {
    static const Model model(lambda_table);
    return model;
}

const Model& logs_model() {
    static const Model model(logs_table);
    return model;
}

const Model& polly_model() {
    static const Model model(polly_table);
    return model;
}

const Model& s3_model() {
    static const Model model(s3_table);
    return model;
}

const Model& scheduler_model() {
    static const Model model(scheduler_table);
    return model;
}

const Model& sns_model() {
    static const Model model(sns_table);
    return model;
}

const Model& sts_model() {
    static const Model model(sts_table);
    return model;
}

const Model& sqs_model() {
    static const Model model(sqs_table);
    return model;
}

bool ServiceEntry::speaks(Protocol protocol) const {
    return std::ranges::find(protocols, protocol) != protocols.end();
}

const Directory& Directory::get() {
    static const Directory directory;
    return directory;
}

Directory::Directory() {
    std::string_view table = services_table;
    while (!table.empty()) {
        const std::string_view line = take_until(table, '\n');
        if (!line.empty()) entries_.push_back(entry_in(line));
    }
    for (const auto& entry : entries_) {
        by_signing_name_.emplace(entry.signing_name, &entry);
        by_endpoint_.emplace(entry.endpoint_prefix, &entry);
        if (!entry.target_prefix.empty()) by_target_.emplace(entry.target_prefix, &entry);
        if (entry.speaks(Protocol::query) || entry.speaks(Protocol::ec2))
            by_version_.emplace(entry.version, &entry);
    }
}

const ServiceEntry* Directory::by_signing_name(std::string_view name,
                                               std::string_view version) const {
    const auto [first, last] = by_signing_name_.equal_range(name);
    const ServiceEntry* found = nullptr;
    for (auto at = first; at != last; ++at) {
        if (at->second->version == version) return at->second;
        // Without a version, the service whose host has the name is the one meant most often.
        if (found == nullptr || at->second->endpoint_prefix == name) found = at->second;
    }
    return found;
}

const ServiceEntry* Directory::by_target_prefix(std::string_view prefix) const {
    const auto found = by_target_.find(prefix);
    return found != by_target_.end() ? found->second : nullptr;
}

const ServiceEntry* Directory::by_endpoint_prefix(std::string_view prefix) const {
    const auto found = by_endpoint_.find(prefix);
    return found != by_endpoint_.end() ? found->second : nullptr;
}

const ServiceEntry* Directory::by_version(std::string_view version) const {
    const auto found = by_version_.find(version);
    return found != by_version_.end() ? found->second : nullptr;
}

}  // namespace onput::gateway::aws
