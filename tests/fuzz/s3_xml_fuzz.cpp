// Hostile XML bodies of S3: they are read by every shape that S3 takes in a body, or refused; a
// notification configuration that is read is written to a text that is read to the same
// configuration again. So is a bucket's configuration.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/check.hpp"
#include "services/gateway/aws/check.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/s3/bucket_configuration.hpp"
#include "services/gateway/s3/site/cors_rules.hpp"
#include "services/gateway/s3/site/logging_rules.hpp"
#include "services/gateway/s3/site/website_rules.hpp"
#include "services/gateway/s3/xml_reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onput::gateway::s3;
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    static_cast<void>(read_new_bucket(body).has_value());
    for (const auto& operation : onput::gateway::aws::s3_model().operations()) {
        for (const auto& member : operation.input->members) {
            if (!member.is_payload) continue;
            auto value = onput::gateway::aws::read_xml(body, member.wire_name, *member.shape);
            if (value) static_cast<void>(onput::gateway::aws::check(*value, *member.shape, {}));
        }
    }
    for (auto number = 1U; number <= static_cast<unsigned>(ConfigurationKind::last); ++number) {
        const ConfigurationPlace place{
            .kind = static_cast<ConfigurationKind>(number), .bucket = "b", .id = "i"};
        const auto document = read_configuration(place, body);
        if (!document || document->empty()) continue;
        const auto taken = read_configuration(place, *document);
        ONPUT_CHECK(taken && *taken == *document);
        // What the gateway obeys, it can read.
        if (place.kind == ConfigurationKind::cors)
            ONPUT_CHECK(read_cors_rules(*document).has_value());
        if (place.kind == ConfigurationKind::website)
            ONPUT_CHECK(read_website(*document).value().has_value());
        if (place.kind == ConfigurationKind::logging)
            ONPUT_CHECK(read_logging(*document).has_value());
    }
    const auto read = read_notification(body);
    if (!read) return 0;
    const std::string text = write_notification(*read);
    const auto again = read_notification(text);
    ONPUT_CHECK(again.has_value());
    ONPUT_CHECK(again->rules.size() == read->rules.size());
    ONPUT_CHECK(write_notification(*again) == text);
    return 0;
}
