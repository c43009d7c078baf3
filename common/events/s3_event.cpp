#include "common/events/s3_event.hpp"

#include <algorithm>
#include <array>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/json/writer.hpp"

namespace onput::events {
namespace {

// What the event of one name looks like; the fields that its object has beside the key.
struct Shape {
    std::string_view name;
    std::string_view detail_type;
    std::string_view reason = {};
    std::string_view deletion_type = {};
    bool has_size = false;
    bool has_etag = false;
    bool has_sequencer = false;
};

constexpr std::string_view created = "Object Created";
constexpr std::string_view deleted = "Object Deleted";
constexpr std::string_view for_ever = "Permanently Deleted";
constexpr std::string_view marked = "Delete Marker Created";

constexpr Shape creation(std::string_view name, std::string_view reason) {
    return {.name = name,
            .detail_type = created,
            .reason = reason,
            .has_size = true,
            .has_etag = true,
            .has_sequencer = true};
}

constexpr Shape deletion(std::string_view name, std::string_view reason, std::string_view type) {
    return {.name = name,
            .detail_type = deleted,
            .reason = reason,
            .deletion_type = type,
            .has_etag = type == marked,
            .has_sequencer = true};
}

constexpr Shape restoration(std::string_view name, std::string_view detail_type) {
    return {.name = name, .detail_type = detail_type, .has_size = true, .has_etag = true};
}

constexpr Shape with_etag(std::string_view name, std::string_view detail_type) {
    return {.name = name, .detail_type = detail_type, .has_etag = true};
}

constexpr std::array shapes{
    creation("ObjectCreated:Put", "PutObject"),
    creation("ObjectCreated:Post", "POST Object"),
    creation("ObjectCreated:Copy", "CopyObject"),
    creation("ObjectCreated:CompleteMultipartUpload", "CompleteMultipartUpload"),
    deletion("ObjectRemoved:Delete", "DeleteObject", for_ever),
    deletion("ObjectRemoved:DeleteMarkerCreated", "DeleteObject", marked),
    deletion("LifecycleExpiration:Delete", "Lifecycle Expiration", for_ever),
    deletion("LifecycleExpiration:DeleteMarkerCreated", "Lifecycle Expiration", marked),
    restoration("ObjectRestore:Post", "Object Restore Initiated"),
    restoration("ObjectRestore:Completed", "Object Restore Completed"),
    restoration("ObjectRestore:Delete", "Object Restore Expired"),
    Shape{.name = "LifecycleTransition",
          .detail_type = "Object Storage Class Changed",
          .has_size = true,
          .has_etag = true,
          .has_sequencer = true},
    with_etag("ObjectAcl:Put", "Object ACL Updated"),
    with_etag("ObjectTagging:Put", "Object Tags Added"),
    with_etag("ObjectTagging:Delete", "Object Tags Deleted"),
};

void write_text(json::Writer& out, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out.name(name);
    out.text(value);
}

void write_object(json::Writer& out, const schema::ObjectEvent& event, const Shape& shape) {
    // MD5 of nothing: the etag of delete markers.
    constexpr std::string_view empty_etag = "d41d8cd98f00b204e9800998ecf8427e";
    out.name("object");
    out.begin_object();
    out.name("key");
    out.text(event.key);
    if (shape.has_size) {
        out.name("size");
        out.natural(event.size_bytes);
    }
    if (shape.has_etag)
        write_text(out, "etag", shape.deletion_type == marked ? empty_etag : event.etag);
    write_text(out, "version-id", event.version_id);
    if (shape.has_sequencer) write_text(out, "sequencer", event.sequencer);
    out.end_object();
}

std::string detail_of(const schema::ObjectEvent& event, const Shape& shape) {
    json::Writer out;
    out.begin_object();
    write_text(out, "version", "0");
    out.name("bucket");
    out.begin_object();
    write_text(out, "name", event.bucket);
    out.end_object();
    write_object(out, event, shape);
    write_text(out, "request-id", event.request_id);
    write_text(out, "requester",
               shape.reason == "Lifecycle Expiration" || event.event_name == "LifecycleTransition"
                   ? "s3.amazonaws.com"
                   : event.principal_id);
    write_text(out, "source-ip-address", event.source_ip);
    write_text(out, "reason", shape.reason);
    write_text(out, "deletion-type", shape.deletion_type);
    if (event.event_name == "LifecycleTransition") {
        write_text(out, "destination-storage-class", event.storage_class);
    }
    if (event.event_name.starts_with("ObjectRestore:")) {
        if (event.restored_until) {
            write_text(out, "restore-expiry-time", format_iso8601_millis(*event.restored_until));
        }
        write_text(out, "source-storage-class", event.storage_class);
    }
    out.end_object();
    return out.take();
}

}  // namespace

std::optional<schema::BusEvent> bus_event_of(const schema::ObjectEvent& event) {
    const auto* shape = std::ranges::find(shapes, event.event_name, &Shape::name);
    if (shape == shapes.end()) return std::nullopt;
    schema::BusEvent made;
    made.event_id =
        to_hex(Digest::of(DigestAlgorithm::sha256, "bus event of " + event.event_id)).substr(0, 32);
    made.account = event.bucket_owner;
    made.region = event.region;
    made.source = "aws.s3";
    made.detail_type = shape->detail_type;
    made.time = event.time;
    made.resources = {"arn:aws:s3:::" + event.bucket};
    made.detail = detail_of(event, *shape);
    made.trace = {.trace_id = event.trace.trace_id,
                  .cause_event_id = event.event_id,
                  .depth = event.trace.depth};
    made.trace_header = event.trace_header;
    return made;
}

}  // namespace onput::events
