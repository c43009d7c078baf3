// Rejection: why an upload is no valid photo, in words that survive a crash. Pure.
//
// Whoever judges an upload again after a crash must say the same. As long as the upload is there it
// is judged again, and the same bytes give the same words. Once it is gone, the words come from the
// metadata of what was written before it was removed: the copy in quarantine, or the sidecar of a
// deleted one. Both name the event, so that the judgement of another upload is not taken for it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/image/request.hpp"

namespace onput::image {

inline constexpr std::size_t rejection_message_bytes_max = 512;  // Percent-encoded, at most 1,536.

inline constexpr std::string_view too_many_bytes = "too_many_bytes";

struct Rejection {
    std::string reason;   // "damaged"
    std::string message;  // At most rejection_message_bytes_max.

    friend bool operator==(const Rejection&, const Rejection&) = default;
};

// The rejection that a job's error is; nothing when the photo is not at fault.
std::optional<Rejection> as_rejection(const Error& error);

Rejection reject(std::string reason, std::string message);

// As the job's failure: permanent.
Error to_error(const Rejection& rejection);

// onput-reason, onput-message, onput-event, and onput-source where there is room.
void add_rejection(Metadata& metadata, const Subject& photo, const Rejection& rejection);

// What add_rejection wrote because of this event; nothing when it was another's or no rejection.
std::optional<Rejection> read_rejection(const Metadata& metadata, const std::string& event_id);

// The copy in quarantine; its size and ETag are filled in with its bytes.
schema::PutObject make_quarantine_object(const Subject& photo, const recipe::Place& quarantine,
                                         const Rejection& rejection);

}  // namespace onput::image
