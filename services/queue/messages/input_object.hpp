// The object that a message is about, when its body is an S3 record. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace onput::queue {

struct InputObject {
    std::string bucket;
    std::string key;
    std::string version_id;
    std::string etag;
    std::uint64_t size_bytes = 0;
};

// The object of the one S3 record in a message's body, if it is that.
std::optional<InputObject> input_of(std::string_view body);

}  // namespace onput::queue
