#include "services/image/rejection.hpp"

#include <algorithm>
#include <array>

#include "common/base/encoding.hpp"

namespace onput::image {
namespace {

const std::string reason_name = "onput-reason";
const std::string message_name = "onput-message";
const std::string event_name = "onput-event";

// The reasons of run_image_job that are the photo's fault.
constexpr std::array<std::string_view, 6> photo_faults{"not_an_image",   "unsupported_format",
                                                       "too_many_bytes", "too_many_pixels",
                                                       "too_many_pages", "damaged"};

std::string text_of(const Metadata& metadata, const std::string& name) {
    const auto found = metadata.find(name);
    return found == metadata.end() ? std::string() : found->second;
}

}  // namespace

Rejection reject(std::string reason, std::string message) {
    if (message.size() > rejection_message_bytes_max) {
        std::size_t end = rejection_message_bytes_max;
        // Not within a character: the bytes that continue one start with the bits 10.
        while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0U) == 0x80) --end;
        message.resize(end);
    }
    return {.reason = std::move(reason), .message = std::move(message)};
}

std::optional<Rejection> as_rejection(const Error& error) {
    if (error.code != ErrorCode::invalid_argument) return {};
    if (std::ranges::find(photo_faults, error.reason) == photo_faults.end()) return {};
    return reject(error.reason, error.message);
}

Error to_error(const Rejection& rejection) {
    return {.code = ErrorCode::invalid_argument,
            .message = rejection.message,
            .reason = rejection.reason};
}

void add_rejection(Metadata& metadata, const Subject& photo, const Rejection& rejection) {
    // Without these three it could not be read back; they fit whatever the message.
    metadata[reason_name] = rejection.reason;
    metadata[message_name] = to_header_text(rejection.message);
    metadata[event_name] = photo.event_id;
    metadata.erase("onput-source");
    add_within_limit(metadata, "onput-source", to_header_text(photo.name()));
}

std::optional<Rejection> read_rejection(const Metadata& metadata, const std::string& event_id) {
    const std::string reason = text_of(metadata, reason_name);
    if (reason.empty() || text_of(metadata, event_name) != event_id) return {};
    auto message = percent_decode(text_of(metadata, message_name));
    if (!message) return {};
    return reject(reason, *std::move(message));
}

schema::PutObject make_quarantine_object(const Subject& photo, const recipe::Place& quarantine,
                                         const Rejection& rejection) {
    schema::PutObject object;
    object.bucket = quarantine.bucket;
    object.key =
        quarantine.prefix +
        recipe::quarantine_key(photo.key, recipe::key_bytes_max - quarantine.prefix.size());
    object.content_type = photo.content_type;
    object.idempotency_key = photo.work_id("quarantine");
    add_rejection(object.metadata, photo, rejection);
    return object;
}

}  // namespace onput::image
