// Hostile JSON: reading ends in a tree within the limits or in an error that can be explained, and
// what is written is read back to the same text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "common/json/reader.hpp"
#include "common/json/writer.hpp"

namespace {

using namespace onput::json;

std::size_t depth_of(const Value& value) {
    std::size_t below = 0;
    if (const auto* array = value.array()) {
        for (const Value& item : *array) below = std::max(below, depth_of(item));
        return below + 1;
    }
    if (const auto* object = value.object()) {
        for (const Member& member : *object) {
            ONPUT_CHECK(object->find(member.name) == &member.value);
            below = std::max(below, depth_of(member.value));
        }
        return below + 1;
    }
    return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const ReadLimits strict{.depth_max = 8, .values_max = 64, .repeated = Repeated::refused};
    const auto value = read(text);
    const auto strictly = read(text, strict);
    if (!value) {
        ONPUT_CHECK(!strictly && !explain(value.error()).empty());
        ONPUT_CHECK(onput::is_utf8(explain(strictly.error())));
        return 0;
    }
    ONPUT_CHECK(depth_of(*value) <= depth_max_default);
    if (strictly) {
        ONPUT_CHECK(depth_of(*strictly) <= strict.depth_max);
        ONPUT_CHECK(*strictly == *value);
    }
    const std::string written = write(*value);
    const auto again = read(written);
    ONPUT_CHECK(again.has_value());
    ONPUT_CHECK(write(*again) == written);
    ONPUT_CHECK(read(write_indented(*value)) == again);
    return 0;
}
