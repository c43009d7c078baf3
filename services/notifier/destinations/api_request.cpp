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

void set_header(Pairs& headers, const std::string& name, std::string value) {
    const auto found = std::ranges::find_if(
        headers, [&name](const auto& header) { return equal_ignoring_case(header.first, name); });
    if (found != headers.end()) {
        found->second = std::move(value);
    } else {
        headers.emplace_back(name, std::move(value));
    }
}

void set_headers(Pairs& headers, const std::vector<schema::HttpParameter>& parameters) {
    for (const auto& one : parameters) set_header(headers, one.key, one.value);
}

void add_query(std::string& url, const Pairs& query) {
    char mark = url.contains('?') ? '&' : '?';
    for (const auto& [name, value] : query) {
        url += fmt::format("{}{}={}", mark, percent_encode(name), percent_encode(value));
        mark = '&';
    }
}

// The value of a target's parameter, which may be a path into the event. Nothing: it leads nowhere.
std::optional<std::string> value_of(const std::string& parameter, const json::Value& event) {
    if (!parameter.starts_with("$.")) return parameter;
    const json::Value* found = find_path(event, parameter);
    if (found == nullptr) return std::nullopt;
    return found->text() != nullptr ? *found->text() : json::write(*found);
}

Result<std::string> fill_path(const std::string& endpoint, const std::vector<std::string>& path,
                              const json::Value& event) {
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

Pairs pairs_of(const std::vector<schema::HttpParameter>& parameters) {
    Pairs pairs;
    for (const auto& one : parameters) pairs.emplace_back(one.key, one.value);
    return pairs;
}

// RFC 6749, 4.4.2: the credentials of the client in the form.
HttpRequest token_request(const schema::OAuthClient& client) {
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
    add_query(request.url, pairs_of(own.query));
    if (has_body(request.method)) {
        set_header(request.headers, "Content-Type", "application/x-www-form-urlencoded");
        request.body = form_of(form);
    } else {
        add_query(request.url, form);
    }
    set_headers(request.headers, own.headers);
    return request;
}

void add_caller(HttpRequest& request, const ApiCall& call) {
    const schema::ConnectionAuth& auth = call.auth;
    if (auth.type == "BASIC") {
        set_header(request.headers, "Authorization",
                   "Basic " + to_base64(auth.username + ':' + auth.password));
    } else if (auth.type == "API_KEY") {
        set_header(request.headers, auth.key_name, auth.key_value);
    } else if (auth.oauth) {
        std::erase_if(request.headers, [](const auto& header) {
            return equal_ignoring_case(header.first, "Authorization");
        });
        // A connection that has changed needs another token.
        request.token = std::make_shared<TokenRequest>(TokenRequest{
            .name =
                fmt::format("{} {}", call.connection.arn, to_micros(call.connection.modified_at)),
            .request = token_request(*auth.oauth)});
    }
}

}  // namespace

Result<HttpRequest> api_request(const ApiCall& call, const schema::EventTarget& target,
                                const ApiInput& input) {
    const schema::TargetHttpParameters given = target.http.value_or(schema::TargetHttpParameters{});
    const schema::HttpParameters always = call.auth.invocation.value_or(schema::HttpParameters{});
    const auto event = json::read(input.document);
    const json::Value document = event ? *event : json::Value();
    HttpRequest request{.headers = {{"User-Agent", std::string(api_user_agent)},
                                    {"Content-Type", "application/json; charset=utf-8"},
                                    {"Range", "bytes=0-1048575"}},
                        .method = call.destination.http_method,
                        .timeout_ms = api_timeout_ms};
    ONPUT_TRY(request.url, fill_path(call.destination.endpoint, given.path, document));
    Pairs query = pairs_of(always.query);
    for (const auto& [name, parameter] : given.query) {
        const auto is_same = [&name](const auto& one) { return one.first == name; };
        const auto value = value_of(parameter, document);
        if (value && std::ranges::none_of(query, is_same)) query.emplace_back(name, *value);
    }
    add_query(request.url, query);
    for (const auto& [name, parameter] : given.headers) {
        auto value = value_of(parameter, document);
        if (value) set_header(request.headers, name, *std::move(value));
    }
    set_headers(request.headers, always.headers);
    if (has_body(request.method)) request.body = with_members(input.body, always.body);
    add_caller(request, call);
    return request;
}

Result<void> check_http_parameters(const schema::EventTarget& target) {
    if (!target.http) return {};
    if (!is_api_destination_arn(target.arn)) {
        return invalid_request(
            fmt::format("Parameter(s) HttpParameters not valid for target: {}.", target.id));
    }
    for (const auto& [name, value] : target.http->headers) {
        ONPUT_TRY_VOID(check_header_name(name));
    }
    return {};
}

}  // namespace onput::notifier
