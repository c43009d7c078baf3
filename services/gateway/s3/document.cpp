#include "services/gateway/s3/document.hpp"

#include "common/base/check.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/render.hpp"

namespace onput::gateway::s3 {

std::string render_result_of(std::string_view operation, std::string_view root,
                             const aws::Value& result) {
    const auto& model = aws::s3_model();
    const auto* found = model.find_operation(operation);
    ONPUT_CHECK(found != nullptr);
    return aws::render_document({.root = root, .xml_namespace = model.xml_namespace()}, result,
                                *found->output);
}

std::string format_listed_time(Timestamp time) {
    return format_iso8601_millis(from_seconds(to_seconds(time)));
}

}  // namespace onput::gateway::s3
