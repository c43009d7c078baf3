#include "services/gateway/refusal.hpp"

#include <fmt/format.h>

#include "services/gateway/services.hpp"

namespace onput::gateway {
namespace {

constexpr std::string_view code = "NotImplemented";

// "1.1" of "application/x-amz-json-1.1".
std::string_view json_version_of(const http::RequestHead& head) {
    constexpr std::string_view prefix = "application/x-amz-json-";
    const std::string_view type = head.header("content-type").value_or("");
    return type == "application/x-amz-json-1.1" ? type.substr(prefix.size()) : "1.0";
}

}  // namespace

http::Response refuse_service(const Route& route, const http::RequestHead& head,
                              std::string_view request_id) {
    const aws::ErrorName name{
        .status = 400,
        .shape = std::string(code),
        .code = std::string(code),
        .message = fmt::format("Onput has no {}. It has {}. Nothing was changed.",
                               route.absent->title, titles_of_services())};
    auto response = aws::render_error(
        name, route.wire, {.json_version = json_version_of(head), .request_id = request_id});
    if (head.is_head()) response.body.clear();
    return response;
}

}  // namespace onput::gateway
