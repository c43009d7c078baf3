#include "services/gateway/lambda/url/url_cors.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/text.hpp"

namespace onput::gateway::lambda {
namespace {

using Items = std::vector<std::string>;

constexpr std::string_view asked_method = "access-control-request-method";
constexpr std::string_view asked_headers = "access-control-request-headers";

bool has(const Items& items, std::string_view item) {
    return std::ranges::find(items, item) != items.end();
}

bool allows_header(const Items& items, std::string_view name) {
    return std::ranges::any_of(items, [name](const std::string& item) {
        return item == "*" || equal_ignoring_case(item, name);
    });
}

bool allows_headers(const Items& items, std::string_view asked) {
    while (!asked.empty()) {
        const std::size_t end = std::min(asked.find(','), asked.size());
        const std::string_view name = trimmed(asked.substr(0, end));
        if (!name.empty() && !allows_header(items, name)) return false;
        asked.remove_prefix(std::min(end + 1, asked.size()));
    }
    return true;
}

void add_preflight(const schema::FunctionUrlCors& cors, const http::RequestHead& head,
                   Headers& headers) {
    headers.emplace_back("access-control-allow-methods",
                         has(cors.methods, "*") ? std::string(*head.header(asked_method))
                                                : fmt::format("{}", fmt::join(cors.methods, ",")));
    const std::string_view asked = head.header(asked_headers).value_or("");
    if (!asked.empty())
        headers.emplace_back("access-control-allow-headers",
                             has(cors.headers, "*")
                                 ? std::string(asked)
                                 : fmt::format("{}", fmt::join(cors.headers, ",")));
    if (cors.max_age_s != 0)
        headers.emplace_back("access-control-max-age", fmt::format("{}", cors.max_age_s));
}

}  // namespace

bool is_preflight(const http::RequestHead& head) {
    return head.method == "OPTIONS" && head.header("origin") && head.header(asked_method);
}

bool admits_page(const schema::FunctionUrlCors& cors, const http::RequestHead& head) {
    const auto origin = head.header("origin");
    if (!origin) return false;
    const bool is_asking = is_preflight(head);
    const std::string_view method = is_asking ? *head.header(asked_method) : head.method;
    return (has(cors.origins, "*") || has(cors.origins, *origin)) &&
           (has(cors.methods, "*") || has(cors.methods, method)) &&
           (!is_asking || allows_headers(cors.headers, head.list_header(asked_headers)));
}

Headers cors_headers(const schema::FunctionUrlCors& cors, const http::RequestHead& head) {
    const auto origin = head.header("origin");
    if (!origin) return {};
    Headers headers{{"vary", "Origin"}};
    if (!admits_page(cors, head)) return headers;
    // Browsers do not take "*" together with credentials.
    const bool is_open = has(cors.origins, "*") && !cors.allows_credentials;
    headers.emplace_back("access-control-allow-origin", is_open ? "*" : std::string(*origin));
    if (cors.allows_credentials) headers.emplace_back("access-control-allow-credentials", "true");
    if (is_preflight(head)) {
        add_preflight(cors, head, headers);
    } else if (!cors.exposed.empty()) {
        headers.emplace_back("access-control-expose-headers",
                             fmt::format("{}", fmt::join(cors.exposed, ",")));
    }
    return headers;
}

bool is_cors_header(std::string_view name) {
    return starts_with_ignoring_case(name, "access-control-");
}

}  // namespace onput::gateway::lambda
