#include "services/queue/messages/event_batch.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/json/reader.hpp"
#include "common/json/writer.hpp"

namespace onput::queue {
namespace {

json::Value millis(Timestamp time) {
    return std::to_string(to_millis(time));
}

json::Value show(const schema::MessageAttribute& attribute) {
    json::Value shown = json::Object();
    const bool is_binary = attribute.data_type.starts_with("Binary");
    shown[is_binary ? "binaryValue" : "stringValue"] =
        is_binary ? to_base64(attribute.value) : attribute.value;
    shown["stringListValues"] = json::Value::Array();
    shown["binaryListValues"] = json::Value::Array();
    shown["dataType"] = attribute.data_type;
    return shown;
}

}  // namespace

std::string batch_record(const schema::ReceivedMessage& message, const EventSourceName& source) {
    json::Value record = json::Object();
    record["messageId"] = message.message_id;
    record["receiptHandle"] = message.receipt_handle;
    record["body"] = message.body;
    json::Value attributes = json::Object();
    attributes["ApproximateReceiveCount"] = std::to_string(message.receive_count);
    if (!message.trace_header.empty()) attributes["AWSTraceHeader"] = message.trace_header;
    attributes["SentTimestamp"] = millis(message.sent_at);
    attributes["SenderId"] = message.sender_id;
    attributes["ApproximateFirstReceiveTimestamp"] = millis(message.first_received_at);
    record["attributes"] = std::move(attributes);
    json::Value own = json::Object();
    for (const auto& [name, attribute] : message.attributes) own[name] = show(attribute);
    record["messageAttributes"] = std::move(own);
    record["md5OfBody"] = to_hex(Digest::of(DigestAlgorithm::md5, message.body));
    record["eventSource"] = "aws:sqs";
    record["eventSourceARN"] = source.queue_arn;
    record["awsRegion"] = source.region;
    return json::write(record);
}

std::string batch_event(const std::vector<std::string>& records) {
    return fmt::format(R"({{"Records":[{}]}})", fmt::join(records, ","));
}

bool passes(const std::vector<pattern::FilterPolicy>& filters, const std::string& record,
            const std::string& body) {
    if (filters.empty()) return true;
    auto document = json::read(record);
    if (!document) return false;
    auto parsed = json::read(body);
    if (parsed && parsed->object() != nullptr) (*document)["body"] = *std::move(parsed);
    const std::string seen = json::write(*document);
    return std::ranges::any_of(filters,
                               [&seen](const auto& filter) { return filter.matches_body(seen); });
}

std::optional<std::set<std::string>> reported_failures(std::string_view response,
                                                       const std::set<std::string>& ids) {
    std::set<std::string> failed;
    if (response.empty()) return failed;
    const auto answer = json::read(response);
    if (!answer) return std::nullopt;
    if (answer->is_null()) return failed;
    if (answer->object() == nullptr) return std::nullopt;
    const json::Value* failures = answer->find("batchItemFailures");
    if (failures == nullptr) {
        // Nothing is said at all; another word is a mistake of the handler.
        if (answer->object()->size() == 0) return failed;
        return std::nullopt;
    }
    if (failures->is_null()) return failed;
    if (failures->array() == nullptr) return std::nullopt;
    for (const auto& failure : *failures->array()) {
        const json::Value* id = failure.find("itemIdentifier");
        if (id == nullptr || id->text() == nullptr || !ids.contains(*id->text()))
            return std::nullopt;
        failed.insert(*id->text());
    }
    return failed;
}

}  // namespace onput::queue
