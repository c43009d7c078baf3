#include "services/notifier/destinations/api_request.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "common/json/reader.hpp"
#include "common/json/writer.hpp"
#include "services/notifier/destinations/connection_auth.hpp"
#include "services/notifier/outbound/token_request.hpp"
#include "services/notifier/rules/event_document.hpp"
#include "services/notifier/rules/rule_book.hpp"
#include "services/notifier/rules/rule_refusal.hpp"

namespace onput::notifier {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// Counts URL and headers before they are built: an event may be everywhere in them.
class HeadCount {
public:
    Result<void> add(std::size_t bytes) {
        bytes_ += bytes;
        if (bytes_ <= api_head_bytes_max) return {};
        return fail(ErrorCode::invalid_argument,
                    fmt::format("URL and headers of the call are longer than {} bytes",
                                api_head_bytes_max));
    }

private:
    std::size_t bytes_ = 0;
};

void set_header(Pairs& headers, const std::string& name, std::string value) {
    const auto found = std::ranges::find_if(
        headers, [&name](const auto& header) { return equal_ignoring_case(header.first, name); });
    if (found != headers.end()) {
        found->second = std::move(value);
    } else {
        headers.emplace_back(name, std::move(value));
    }
}

Result<void> add_header(Pairs& headers, const std::string& name, std::string value,
                        HeadCount& head) {
    ONPUT_TRY_VOID(head.add(name.size() + value.size()));
    set_header(headers, name, std::move(value));
    return {};
}

Result<void> add_headers(Pairs& headers, const std::vector<schema::HttpParameter>& parameters,
                         HeadCount& head) {
    for (const auto& one : parameters)
        ONPUT_TRY_VOID(add_header(headers, one.key, one.value, head));
    return {};
}

Result<void> add_query(std::string& url, std::string_view name, std::string_view value,
                       HeadCount& head) {
    ONPUT_TRY_VOID(head.add(name.size() + value.size()));
    url += fmt::format("{}{}={}", url.contains('?') ? '&' : '?', percent_encode(name),
                       percent_encode(value));
    return {};
}

Result<void> add_query(std::string& url, const std::vector<schema::HttpParameter>& parameters,
                       HeadCount& head) {
    for (const auto& one : parameters) ONPUT_TRY_VOID(add_query(url, one.key, one.value, head));
    return {};
}

// The value of a target's parameter, which may be a path into the event. Nothing: it leads nowhere.
std::optional<std::string> value_of(const std::string& parameter, const json::Value& event) {
    if (!parameter.starts_with("$.")) return parameter;
    const json::Value* found = find_path(event, parameter);
    if (found == nullptr) return std::nullopt;
    return found->text() != nullptr ? *found->text() : json::write(*found);
}

Result<std::string> fill_path(const std::string& endpoint, const std::vector<std::string>& path,
                              const json::Value& event, HeadCount& head) {
    ONPUT_TRY_VOID(head.add(endpoint.size()));
    const auto stars = static_cast<std::size_t>(std::ranges::count(endpoint, '*'));
    if (stars != path.size()) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("the endpoint has {} '*', and the target {} path parameters", stars,
                                path.size()));
    }
    std::string url;
    auto parameter = path.begin();
    for (const char c : endpoint) {
        if (c != '*') {
            url += c;
            continue;
        }
        const auto value = value_of(*parameter, event);
        if (!value || value->empty() || *value == "." || *value == "..") {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("path parameter {} is no part of a path", *parameter));
        }
        ONPUT_TRY_VOID(head.add(value->size()));
        url += percent_encode(*value);
        ++parameter;
    }
    return url;
}

bool has_body(std::string_view method) {
    return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

// The body with the connection's members in it.
std::string with_members(std::string_view body,
                         const std::vector<schema::HttpParameter>& parameters) {
    if (parameters.empty()) return std::string(body);
    auto tree = json::read(body);
    if (!tree || tree->object() == nullptr) return std::string(body);
    for (const auto& one : parameters) (*tree)[one.key] = one.value;
    return json::write(*tree);
}

std::string form_of(const Pairs& pairs) {
    std::string form;
    for (const auto& [name, value] : pairs) {
        if (!form.empty()) form += '&';
        form += form_encode(name) + '=' + form_encode(value);
    }
    return form;
}

// RFC 6749, 4.4.2: the credentials of the client in the form.
Result<HttpRequest> token_request(const schema::OAuthClient& client) {
    const schema::HttpParameters own = client.parameters.value_or(schema::HttpParameters{});
    Pairs form{{"grant_type", "client_credentials"},
               {"client_id", client.client_id},
               {"client_secret", client.client_secret}};
    for (const auto& one : own.body) form.emplace_back(one.key, one.value);
    HttpRequest request{
        .url = client.endpoint,
        .headers = {{"User-Agent", std::string(api_user_agent)}, {"Accept", "application/json"}},
        .method = client.http_method,
        .timeout_ms = api_timeout_ms,
        .keeps_reply = true};
    HeadCount head;
    ONPUT_TRY_VOID(head.add(request.url.size()));
    ONPUT_TRY_VOID(add_query(request.url, own.query, head));
    if (has_body(request.method)) {
        set_header(request.headers, "Content-Type", "application/x-www-form-urlencoded");
        request.body = form_of(form);
    } else {
        for (const auto& [name, value] : form)
            ONPUT_TRY_VOID(add_query(request.url, name, value, head));
    }
    ONPUT_TRY_VOID(add_headers(request.headers, own.headers, head));
    return request;
}

Result<void> add_caller(HttpRequest& request, const ApiCall& call, HeadCount& head) {
    const schema::ConnectionAuth& auth = call.auth;
    if (auth.type == "BASIC") {
        return add_header(request.headers, "Authorization",
                          "Basic " + to_base64(auth.username + ':' + auth.password), head);
    }
    if (auth.type == "API_KEY") {
        return add_header(request.headers, auth.key_name, auth.key_value, head);
    }
    if (!auth.oauth) return {};
    std::erase_if(request.headers, [](const auto& header) {
        return equal_ignoring_case(header.first, "Authorization");
    });
    ONPUT_TRY(HttpRequest asked, token_request(*auth.oauth));
    // A connection that has changed needs another token.
    request.token = std::make_shared<TokenRequest>(TokenRequest{
        .name = fmt::format("{} {}", call.connection.arn, to_micros(call.connection.modified_at)),
        .request = std::move(asked)});
    return {};
}

Result<void> check_counts(const schema::TargetHttpParameters& given) {
    for (const std::size_t count : {given.path.size(), given.headers.size(), given.query.size()}) {
        if (count <= schema::http_parameters_max) continue;
        return invalid_request(fmt::format("There are more than {} HttpParameters of one kind.",
                                           schema::http_parameters_max));
    }
    return {};
}

}  // namespace

Result<HttpRequest> api_request(const ApiCall& call, const schema::EventTarget& target,
                                const ApiInput& input) {
    const schema::TargetHttpParameters given = target.http.value_or(schema::TargetHttpParameters{});
    const schema::HttpParameters always = call.auth.invocation.value_or(schema::HttpParameters{});
    ONPUT_TRY_VOID(check_counts(given));  // An older release did not when it was set.
    const auto event = json::read(input.document);
    const json::Value document = event ? *event : json::Value();
    HttpRequest request{.headers = {{"User-Agent", std::string(api_user_agent)},
                                    {"Content-Type", "application/json; charset=utf-8"},
                                    {"Range", "bytes=0-1048575"}},
                        .method = call.destination.http_method,
                        .timeout_ms = api_timeout_ms};
    HeadCount head;
    ONPUT_TRY(request.url, fill_path(call.destination.endpoint, given.path, document, head));
    ONPUT_TRY_VOID(add_query(request.url, always.query, head));
    for (const auto& [name, parameter] : given.query) {
        const auto is_same = [&name](const auto& one) { return one.key == name; };
        if (std::ranges::any_of(always.query, is_same)) continue;
        const auto value = value_of(parameter, document);
        if (value) ONPUT_TRY_VOID(add_query(request.url, name, *value, head));
    }
    for (const auto& [name, parameter] : given.headers) {
        auto value = value_of(parameter, document);
        if (!value) continue;
        ONPUT_TRY_VOID(add_header(request.headers, name, *std::move(value), head));
    }
    ONPUT_TRY_VOID(add_headers(request.headers, always.headers, head));
    if (has_body(request.method)) request.body = with_members(input.body, always.body);
    ONPUT_TRY_VOID(add_caller(request, call, head));
    return request;
}

Result<void> check_http_parameters(const schema::EventTarget& target) {
    if (!target.http) return {};
    if (!is_api_destination_arn(target.arn)) {
        return invalid_request(
            fmt::format("Parameter(s) HttpParameters not valid for target: {}.", target.id));
    }
    ONPUT_TRY_VOID(check_counts(*target.http));
    for (const auto& [name, value] : target.http->headers) {
        ONPUT_TRY_VOID(check_header_name(name));
    }
    return {};
}

}  // namespace onput::notifier
