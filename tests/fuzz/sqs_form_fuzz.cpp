// Hostile forms of the SQS query protocol: they are read or refused, and what is read can be shown
// in both protocols.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/check.hpp"
#include "services/gateway/sqs/message.hpp"
#include "services/gateway/sqs/queue_address.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onput::gateway::sqs;
    const auto value = read_form({reinterpret_cast<const char*>(data), size});
    if (!value) return 0;
    ONPUT_CHECK(value->map() != nullptr);
    ONPUT_CHECK(read_json(write_json(*value)).has_value());
    const auto xml = write_xml({.operation = "Fuzz", .result = *value, .request_id = "id"});
    ONPUT_CHECK(xml.ends_with("</FuzzResponse>"));
    static_cast<void>(read_send_entry(*value).has_value());
    static_cast<void>(read_wanted(*value));
    if (const auto queue = parse_queue_url(value->text_of("QueueUrl")))
        ONPUT_CHECK(queue->account.empty() || queue->account.size() == 12);
    return 0;
}
