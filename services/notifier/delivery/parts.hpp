// What the parts of delivery work with, and what they keep to. All of it outlives them.
#pragma once

#include <map>
#include <string>

#include "services/notifier/delivery/owed_rows.hpp"
#include "services/notifier/delivery/s3_record.hpp"
#include "services/notifier/destinations/connection_book.hpp"
#include "services/notifier/journal/recorder.hpp"
#include "services/notifier/rules/rule_book.hpp"
#include "services/notifier/topics/topic_book.hpp"
#include "services/notifier/writer.hpp"

namespace onput::notifier {

// Protocols that cannot be served as the notifier is configured, each with what is missing.
using UnconfiguredProtocols = std::map<std::string, std::string>;

struct DeliveryOptions {
    RecordOptions record;
    // What is owed to endpoints of these waits, at most undelivered_age_max.
    UnconfiguredProtocols unconfigured;
    Duration undelivered_age_max = std::chrono::hours(14 * 24);
    std::size_t destinations_max = 10'000;  // Those that rules name.
};

struct DeliveryParts {
    const store::View& view;
    Recorder& recorder;
    const TopicBook& topics;
    const RuleBook& rules;
    ConnectionBook& connections;
    MessageWriter& writer;
    OwedRows& owed_rows;
    const AgeClock& age;
};

}  // namespace onput::notifier
