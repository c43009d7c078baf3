#include "services/notifier/delivery/s3_record.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/json/writer.hpp"
#include "common/schema/notifier.hpp"

namespace onput::notifier {
namespace {

// No rule's id begins so: XML has no zero byte.
constexpr std::string_view replay_mark("\0replay:", 8);

// MD5 of nothing: the eTag that S3 gives delete markers.
constexpr std::string_view empty_etag = "d41d8cd98f00b204e9800998ecf8427e";
constexpr std::string_view unified_version = "2.5";

// What the record of one kind of event looks like.
struct Shape {
    std::string_view name;  // The event's name, or the beginning of it up to a ':'.
    std::string_view classic_version;
    bool has_size = false;
    bool has_etag = false;
    bool has_sequencer = false;
};

// The first that fits wins; the last fits everything.
constexpr std::array shapes{
    Shape{.name = "ObjectRemoved:DeleteMarkerCreated",
          .classic_version = "2.1",
          .has_etag = true,
          .has_sequencer = true},
    Shape{.name = "ObjectRemoved:", .classic_version = "2.1", .has_sequencer = true},
    Shape{.name = "ObjectTagging:", .classic_version = "2.3", .has_etag = true},
    Shape{.name = "ObjectAcl:", .classic_version = "2.3", .has_etag = true},
    Shape{.name = "LifecycleExpiration:", .classic_version = "2.3", .has_sequencer = true},
    Shape{.name = "LifecycleTransition",
          .classic_version = "2.3",
          .has_size = true,
          .has_etag = true,
          .has_sequencer = true},
    Shape{.name = "ObjectRestore:Delete",
          .classic_version = "2.3",
          .has_size = true,
          .has_etag = true,
          .has_sequencer = true},
    Shape{.name = "Replication:",
          .classic_version = "2.2",
          .has_size = true,
          .has_etag = true,
          .has_sequencer = true},
    Shape{.name = "",
          .classic_version = "2.1",
          .has_size = true,
          .has_etag = true,
          .has_sequencer = true},
};

const Shape& shape_of(std::string_view event_name) {
    return *std::ranges::find_if(
        shapes, [event_name](const Shape& shape) { return event_name.starts_with(shape.name); });
}

void write_text(json::Writer& out, std::string_view name, std::string_view value) {
    out.name(name);
    out.text(value);
}

void write_principal(json::Writer& out, std::string_view name, std::string_view id) {
    out.name(name);
    out.begin_object();
    write_text(out, "principalId", id);
    out.end_object();
}

void write_object(json::Writer& out, const schema::ObjectEvent& event, RecordVersion version) {
    const Shape& shape = shape_of(event.event_name);
    const bool is_marker = event.event_name == "ObjectRemoved:DeleteMarkerCreated";
    out.name("object");
    out.begin_object();
    write_text(out, "key", form_encode(event.key, "/"));
    if (shape.has_size) {
        out.name("size");
        out.natural(event.size_bytes);
    }
    if (shape.has_etag) write_text(out, "eTag", is_marker ? empty_etag : event.etag);
    if (!event.version_id.empty()) write_text(out, "versionId", event.version_id);
    if (version == RecordVersion::unified && event.event_name == "ObjectCreated:Copy") {
        // Objects here have no annotations.
        out.name("hasObjectAnnotation");
        out.boolean(false);
    }
    if (shape.has_sequencer) write_text(out, "sequencer", event.sequencer);
    out.end_object();
}

// "PT15M" and the like: seconds, to the millisecond.
std::string duration_text(std::uint64_t milliseconds) {
    const std::uint64_t rest = milliseconds % 1000;
    if (rest != 0) return fmt::format("PT{}.{:03}S", milliseconds / 1000, rest);
    const std::uint64_t seconds = milliseconds / 1000;
    return seconds % 60 == 0 && seconds > 0 ? fmt::format("PT{}M", seconds / 60)
                                            : fmt::format("PT{}S", seconds);
}

void write_replication(json::Writer& out, const schema::ReplicationEvent& event) {
    out.name("replicationEventData");
    out.begin_object();
    write_text(out, "replicationRuleId", event.rule_id);
    write_text(out, "destinationBucket", event.destination_bucket);
    write_text(out, "s3Operation", event.operation);
    write_text(out, "requestTime", format_iso8601_millis(event.requested_at));
    if (!event.failure_reason.empty()) write_text(out, "failureReason", event.failure_reason);
    if (event.threshold_ms) write_text(out, "threshold", duration_text(*event.threshold_ms));
    if (event.replicated_ms)
        write_text(out, "replicationTime", duration_text(*event.replicated_ms));
    out.end_object();
}

// What only some kinds of events have, beside `s3`.
void write_data(json::Writer& out, const schema::ObjectEvent& event) {
    if (event.replication) write_replication(out, *event.replication);
    if (event.event_name == "LifecycleTransition") {
        out.name("lifecycleEventData");
        out.begin_object();
        out.name("transitionEventData");
        out.begin_object();
        write_text(out, "destinationStorageClass", event.storage_class);
        out.end_object();
        out.end_object();
        return;
    }
    if (!event.event_name.starts_with("ObjectRestore:") || !event.restored_until) return;
    out.name("glacierEventData");
    out.begin_object();
    out.name("restoreEventData");
    out.begin_object();
    write_text(out, "lifecycleRestorationExpiryTime", format_iso8601_millis(*event.restored_until));
    write_text(out, "lifecycleRestoreStorageClass", event.storage_class);
    out.end_object();
    out.end_object();
}

void write_response(json::Writer& out, const schema::ObjectEvent& event) {
    out.name("responseElements");
    out.begin_object();
    write_text(out, "x-amz-request-id", event.request_id);
    write_text(out, "x-amz-id-2", event.host_id);
    out.end_object();
}

void write_s3(json::Writer& out, const schema::ObjectEvent& event, std::string_view rule_id,
              RecordVersion version) {
    out.name("s3");
    out.begin_object();
    write_text(out, "s3SchemaVersion", "1.0");
    if (rule_id.starts_with(replay_mark)) rule_id.remove_prefix(1);
    write_text(out, "configurationId", rule_id);
    out.name("bucket");
    out.begin_object();
    write_text(out, "name", event.bucket);
    write_principal(out, "ownerIdentity", event.bucket_owner);
    write_text(out, "arn", "arn:aws:s3:::" + event.bucket);
    out.end_object();
    write_object(out, event, version);
    out.end_object();
}

}  // namespace

std::string format_record(const schema::ObjectEvent& event, std::string_view rule_id,
                          const RecordOptions& options) {
    json::Writer out;
    out.begin_object();
    out.name("Records");
    out.begin_array();
    out.begin_object();
    write_text(out, "eventVersion",
               options.version == RecordVersion::unified
                   ? unified_version
                   : shape_of(event.event_name).classic_version);
    write_text(out, "eventSource", "aws:s3");
    write_text(out, "awsRegion", event.region.empty() ? options.region : event.region);
    write_text(out, "eventTime", format_iso8601_millis(event.time));
    write_text(out, "eventName", event.event_name);
    write_principal(out, "userIdentity", event.principal_id);
    out.name("requestParameters");
    out.begin_object();
    write_text(out, "sourceIPAddress", event.source_ip);
    out.end_object();
    write_response(out, event);
    write_s3(out, event, rule_id, options.version);
    write_data(out, event);
    out.end_object();
    out.end_array();
    out.end_object();
    return out.take();
}

std::string format_test_event(const TestEvent& event) {
    json::Writer out;
    out.begin_object();
    write_text(out, "Service", "Amazon S3");
    write_text(out, "Event", "s3:TestEvent");
    write_text(out, "Time", format_iso8601_millis(event.time));
    write_text(out, "Bucket", event.bucket);
    write_text(out, "RequestId", event.request_id);
    write_text(out, "HostId", event.host_id);
    out.end_object();
    return out.take();
}

std::string message_id_of(const MessageSource& source) {
    // Zero bytes keep ("a", "bc") apart from ("ab", "c").
    std::string text(source.event_id);
    text += '\0';
    text += source.arn;
    text += '\0';
    text += source.rule_id;
    std::string hex = to_hex(Digest::of(DigestAlgorithm::sha256, text)).substr(0, 32);
    // The marks of version 4 and of the RFC's variant, for clients that parse UUIDs strictly.
    static constexpr std::string_view variants = "89ab";
    const auto digit = static_cast<std::size_t>(hex[16] <= '9' ? hex[16] - '0' : hex[16] - 'a');
    hex[12] = '4';
    hex[16] = variants[digit % variants.size()];
    return hex.substr(0, 8) + '-' + hex.substr(8, 4) + '-' + hex.substr(12, 4) + '-' +
           hex.substr(16, 4) + '-' + hex.substr(20);
}

std::string replay_rule_of(std::string_view name) {
    return std::string(replay_mark) + std::string(name);
}

std::string replay_of_rule(std::string_view rule_id) {
    if (!rule_id.starts_with(replay_mark)) return {};
    return std::string(rule_id.substr(replay_mark.size()));
}

bool is_replay(const schema::ObjectEvent& event) {
    return event.owed.size() == 1 && event.owed[0].rule_id.starts_with(replay_mark);
}

std::string bus_type_of(const schema::ObjectEvent& event) {
    std::string type = (is_replay(event) ? "replay." : "s3.") + event.event_name;
    std::ranges::replace(type, ':', '.');
    return type;
}

std::string bus_topic_of(const schema::ObjectEvent& event) {
    std::string topic = bus_type_of(event) + '/' + event.bucket + '/' + event.key;
    if (topic.size() > schema::bus_topic_bytes_max) topic.resize(schema::bus_topic_bytes_max);
    return topic;
}

}  // namespace onput::notifier
