// Hostile JSON of the SQS protocol: what is read can be written and read again to the same text,
// and every operation's reader takes it without harm.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/check.hpp"
#include "services/gateway/aws/check.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/json.hpp"
#include "services/gateway/sqs/message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onput::gateway::sqs;
    using namespace onput::gateway::aws;
    // Below the limit of values by far, so that what is written cannot exceed it.
    if (size > json_items_max / 2) return 0;
    const auto value = read_json({reinterpret_cast<const char*>(data), size});
    if (!value) return 0;
    const std::string text = write_json(*value);
    const auto again = read_json(text);
    ONPUT_CHECK(again.has_value());
    ONPUT_CHECK(write_json(*again) == text);
    for (const auto& operation : sqs_model().operations()) {
        auto input = *value;
        if (!check(input, *operation.input, {}).empty())
            static_cast<void>(error_of(check(input, *operation.input, {})));
    }
    if (const auto entry = read_send_entry(*value)) {
        ONPUT_CHECK(entry->attributes.size() <= onput::schema::message_attributes_max);
        ONPUT_CHECK(!describe_sent(*entry).text_of("MD5OfMessageBody").empty());
    }
    static_cast<void>(read_receipt(*value).has_value());
    static_cast<void>(read_visibility(*value).has_value());
    static_cast<void>(read_wanted(*value));
    return 0;
}
