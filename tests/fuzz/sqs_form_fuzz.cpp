// Hostile forms of the query protocol: they are read or refused, and what is read fits its shape
// and can be shown in every wire form.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/check.hpp"
#include "services/gateway/aws/check.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/form.hpp"
#include "services/gateway/aws/json.hpp"
#include "services/gateway/aws/render.hpp"
#include "services/gateway/sqs/message.hpp"
#include "services/gateway/sqs/queue_address.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onput::gateway;
    const auto fields = aws::read_fields({reinterpret_cast<const char*>(data), size});
    if (!fields) return 0;
    for (const auto* model : {&aws::sqs_model(), &aws::sns_model()}) {
        for (const auto& operation : model->operations()) {
            auto value = aws::read_input(*fields, *operation.input);
            if (!value) continue;
            ONPUT_CHECK(value->map() != nullptr);
            if (!aws::check(*value, *operation.input, {.leaves_limits = true}).empty()) continue;
            ONPUT_CHECK(aws::read_json(aws::render_json(*value, *operation.input)).has_value());
            const auto xml = aws::render_document({.root = "Fuzz", .xml_namespace = "urn:fuzz"},
                                                  *value, *operation.input);
            ONPUT_CHECK(xml.ends_with("</Fuzz>") || xml.ends_with(R"(<Fuzz xmlns="urn:fuzz"/>)"));
        }
    }
    const auto& send = *aws::sqs_model().find_operation("SendMessage")->input;
    const auto value = aws::read_input(*fields, send);
    if (!value) return 0;
    static_cast<void>(sqs::read_send_entry(*value).has_value());
    if (const auto queue = sqs::parse_queue_url(value->text_of("QueueUrl")))
        ONPUT_CHECK(queue->account.empty() || queue->account.size() == 12);
    return 0;
}
