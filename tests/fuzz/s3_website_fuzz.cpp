// Hostile hosts and paths of websites, and preflights: a redirect within a website stays in it, a
// page of an error is HTML without the client's own, and a preflight is read or refused.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.hpp"
#include "services/gateway/s3/site/cors_rules.hpp"
#include "services/gateway/s3/site/website_address.hpp"
#include "services/gateway/s3/site/website_page.hpp"
#include "services/gateway/s3/site/website_rules.hpp"

namespace {

using namespace onput;
using namespace onput::gateway::s3;

std::string_view take_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

void visit(const WebsiteAddress& address, std::string_view query) {
    const WebsiteConfiguration configuration{.index_suffix = "i",
                                             .error_key = {},
                                             .rules = {{.key_prefix = "a", .replace_prefix = "b"}}};
    const WebsiteRequest request{.key = address.key,
                                 .root = address.root,
                                 .lacks_slash = address.lacks_slash,
                                 .scheme = "http",
                                 .query = std::string(query)};
    for (const auto& known :
         {WebsiteLookups{}, WebsiteLookups{.failure = 404, .is_folder = true}}) {
        const auto action = decide(configuration, request, known);
        if (action.kind != WebsiteAction::Kind::redirect) continue;
        ONPUT_CHECK(action.location.starts_with('/') && !action.location.starts_with("//"));
    }
    const Error error{.code = ErrorCode::not_found, .message = "", .reason = "no_such_key"};
    const auto page = render_error_page({.error = error, .address = address, .ids = {}});
    ONPUT_CHECK(!page.body.contains("<script"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto host = take_line(text);
    const auto path = take_line(text);
    const auto query = take_line(text);
    const WebsiteSource source{.host = host, .path = path, .base_domain = "localhost"};
    if (const auto found = find_website(source); found && *found) visit(**found, query);
    if (const auto found = find_website_on_own_port(source)) visit(*found, query);
    http::RequestHead head;
    head.method = "OPTIONS";
    head.headers = {{"origin", host},
                    {"access-control-request-method", "PUT"},
                    {"access-control-request-headers", text}};
    if (const auto asked = read_preflight(head)) {
        const std::vector<CorsRule> rules{
            {.origins = {"http://*"}, .methods = {"PUT"}, .headers = {"x-*"}}};
        static_cast<void>(find_cors_headers(rules, *asked).has_value());
    }
    return 0;
}
