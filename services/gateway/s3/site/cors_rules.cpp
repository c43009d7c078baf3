#include "services/gateway/s3/site/cors_rules.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/check.hpp"
#include "common/base/text.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_document.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/s3/copy_source.hpp"

namespace onput::gateway::s3 {
namespace {

using aws::Value;

constexpr std::array<std::string_view, 5> cors_methods{"GET", "PUT", "POST", "DELETE", "HEAD"};
constexpr std::string_view vary =
    "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

constexpr std::string_view copy_source = "x-amz-copy-source";

bool is_cors_method(std::string_view method) {
    return std::ranges::find(cors_methods, method) != cors_methods.end();
}

std::unexpected<Error> invalid_request(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "invalid_request");
}

std::unexpected<Error> bad_request(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "bad_cors_request");
}

bool is_token_character(char c) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           others.contains(c);
}

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_token_character);
}

// With one wildcard, which stands for any text.
bool fits(std::string_view pattern, std::string_view text) {
    const auto star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == text;
    const auto before = pattern.substr(0, star);
    const auto behind = pattern.substr(star + 1);
    return text.size() >= before.size() + behind.size() && text.starts_with(before) &&
           text.ends_with(behind);
}

Result<void> check_wildcard(std::string_view element, const std::string& text) {
    if (std::ranges::count(text, '*') <= 1) return {};
    return invalid_request(
        fmt::format("{} \"{}\" can not have more than one wildcard.", element, text));
}

Result<void> check_method(const std::string& method) {
    if (is_cors_method(method)) return {};
    return invalid_request(fmt::format(
        "Found unsupported HTTP method in CORS config. Unsupported method is {}", method));
}

Result<void> check_allowed_header(const std::string& header) {
    ONPUT_TRY_VOID(check_wildcard("AllowedHeader", header));
    if (is_token(header)) return {};
    return invalid_request(fmt::format("AllowedHeader \"{}\" contains invalid character.", header));
}

Result<void> check_exposed_header(const std::string& header) {
    if (header.contains('*')) {
        return invalid_request(
            fmt::format("ExposeHeader \"{}\" contains wildcard. We currently do "
                        "not support wildcard for ExposeHeader.",
                        header));
    }
    if (is_token(header)) return {};
    return invalid_request(fmt::format("ExposeHeader \"{}\" contains invalid character.", header));
}

Result<void> check_rule(const Value& rule) {
    const auto methods = names_of(rule, "AllowedMethods");
    const auto origins = names_of(rule, "AllowedOrigins");
    if (methods.empty() || origins.empty()) return aws::malformed_xml();
    if (rule.text_of("ID").size() > cors_id_bytes_max) {
        return invalid_request(
            fmt::format("The ID of a CORS rule has at most {} characters.", cors_id_bytes_max));
    }
    for (const auto& method : methods) ONPUT_TRY_VOID(check_method(method));
    for (const auto& origin : origins) ONPUT_TRY_VOID(check_wildcard("AllowedOrigin", origin));
    for (const auto& header : names_of(rule, "AllowedHeaders"))
        ONPUT_TRY_VOID(check_allowed_header(header));
    for (const auto& header : names_of(rule, "ExposeHeaders"))
        ONPUT_TRY_VOID(check_exposed_header(header));
    const auto* age = rule.find("MaxAgeSeconds");
    if (age != nullptr && age->number().value_or(-1) < 0) return aws::malformed_xml();
    return {};
}

const std::string* find_origin(const CorsRule& rule, std::string_view origin) {
    const auto found = std::ranges::find_if(
        rule.origins, [origin](const std::string& pattern) { return fits(pattern, origin); });
    return found == rule.origins.end() ? nullptr : &*found;
}

bool allows_header(const CorsRule& rule, std::string_view header) {
    return std::ranges::any_of(rule.headers, [header](const std::string& pattern) {
        return fits(lower_case(pattern), header);
    });
}

bool allows(const CorsRule& rule, const CorsRequest& request) {
    return std::ranges::find(rule.methods, request.method) != rule.methods.end() &&
           std::ranges::all_of(request.headers, [&rule](const std::string& header) {
               return allows_header(rule, header);
           });
}

CorsHeaders headers_of(const CorsRule& rule, const std::string& matched,
                       const CorsRequest& request) {
    const bool is_anybody = matched == "*";
    CorsHeaders headers{
        {"Access-Control-Allow-Origin", is_anybody ? "*" : std::string(request.origin)},
        {"Access-Control-Allow-Methods", fmt::format("{}", fmt::join(rule.methods, ", "))}};
    if (!request.headers.empty()) {
        headers.emplace_back("Access-Control-Allow-Headers",
                             fmt::format("{}", fmt::join(request.headers, ", ")));
    }
    if (!rule.exposed_headers.empty()) {
        headers.emplace_back("Access-Control-Expose-Headers",
                             fmt::format("{}", fmt::join(rule.exposed_headers, ", ")));
    }
    if (rule.max_age_seconds)
        headers.emplace_back("Access-Control-Max-Age", fmt::format("{}", *rule.max_age_seconds));
    if (!is_anybody) headers.emplace_back("Access-Control-Allow-Credentials", "true");
    headers.emplace_back("Vary", vary);
    return headers;
}

Result<std::vector<std::string>> read_requested_headers(std::string_view list) {
    std::vector<std::string> names;
    std::string_view rest = list;
    while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        const auto name = trimmed(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        if (name.empty()) continue;
        if (!is_token(name)) {
            return bad_request(fmt::format(
                "Access-Control-Request-Headers \"{}\" contains invalid character.", name));
        }
        names.push_back(lower_case(name));
    }
    return names;
}

}  // namespace

Result<void> check_cors(const Value& document) {
    const auto& rules = *document.find("CORSRules")->list();
    if (rules.empty()) return aws::malformed_xml();
    if (rules.size() > cors_rules_max) {
        return invalid_request(
            fmt::format("The number of CORS rules should not exceed allowed limit of {} rules.",
                        cors_rules_max));
    }
    for (const auto& rule : rules) ONPUT_TRY_VOID(check_rule(rule));
    return {};
}

Result<std::vector<CorsRule>> read_cors_rules(std::string_view document) {
    std::vector<CorsRule> rules;
    if (document.empty()) return rules;
    constexpr std::string_view name = "CORSConfiguration";
    const auto read = aws::read_xml(document, name, *aws::s3_model().find_shape(name));
    const auto* list = read ? read->find("CORSRules") : nullptr;
    if (list == nullptr || list->list() == nullptr) {
        return fail(ErrorCode::corruption,
                    "the stored CORS configuration cannot be read: put it again");
    }
    for (const auto& rule : *list->list()) {
        const auto* age = rule.find("MaxAgeSeconds");
        rules.push_back({.origins = names_of(rule, "AllowedOrigins"),
                         .methods = names_of(rule, "AllowedMethods"),
                         .headers = names_of(rule, "AllowedHeaders"),
                         .exposed_headers = names_of(rule, "ExposeHeaders"),
                         .max_age_seconds = age != nullptr ? age->number() : std::nullopt});
    }
    return rules;
}

std::optional<CorsHeaders> find_cors_headers(const std::vector<CorsRule>& rules,
                                             const CorsRequest& request) {
    for (const auto& rule : rules) {
        const auto* matched = find_origin(rule, request.origin);
        if (matched != nullptr && allows(rule, request)) return headers_of(rule, *matched, request);
    }
    return std::nullopt;
}

Result<CorsRequest> read_preflight(const http::RequestHead& head) {
    const auto origin = head.header("origin");
    if (!origin || origin->empty())
        return bad_request("Insufficient information. Origin request header needed.");
    const auto method = head.header("access-control-request-method");
    if (!method || !is_cors_method(*method)) {
        return bad_request(
            fmt::format("Invalid Access-Control-Request-Method: {}", method.value_or("null")));
    }
    ONPUT_TRY(auto headers,
              read_requested_headers(head.header("access-control-request-headers").value_or("")));
    return CorsRequest{.origin = *origin, .method = *method, .headers = std::move(headers)};
}

std::unexpected<Error> refuse_preflight(const CorsRequest& request, const Address& address,
                                        const std::vector<CorsRule>& rules) {
    const std::string_view message =
        rules.empty() ? "CORSResponse: CORS is not enabled for this bucket."
                      : "CORSResponse: This CORS request is not allowed. This is usually because "
                        "the evalution of Origin, request method / Access-Control-Request-Method "
                        "or Access-Control-Request-Headers are not whitelisted by the resource's "
                        "CORS spec.";
    return std::unexpected(
        Error{.code = ErrorCode::permission_denied,
              .message = std::string(message),
              .reason = "cors_forbidden",
              .details = {{"Method", std::string(request.method)},
                          {"ResourceType", address.key.empty() ? "BUCKET" : "OBJECT"}}});
}

bool is_within_bucket(const http::RequestHead& head, const Address& address,
                      const std::vector<http::QueryParameter>& query) {
    const bool is_setting = head.method == "PUT" || head.method == "DELETE";
    if (address.bucket.empty() || (address.key.empty() && is_setting)) return false;
    const auto is_inside = [&address](std::string_view source) {
        const auto read = read_copy_source(source);
        return read && read->bucket == address.bucket;
    };
    for (const auto& header : head.headers) {
        if (equal_ignoring_case(header.name, copy_source) && !is_inside(header.value)) return false;
    }
    return std::ranges::all_of(query, [&is_inside](const http::QueryParameter& parameter) {
        return !equal_ignoring_case(parameter.name, copy_source) || is_inside(parameter.value);
    });
}

}  // namespace onput::gateway::s3
