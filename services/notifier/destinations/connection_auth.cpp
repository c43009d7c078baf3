#include "services/notifier/destinations/connection_auth.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "services/notifier/rules/rule_refusal.hpp"
#include "services/notifier/topics/endpoint.hpp"

namespace onput::notifier {
namespace {

using schema::ConnectionAuth;
using schema::HttpParameter;
using schema::HttpParameters;

// What the transfer itself says, and must not be said twice.
constexpr std::array<std::string_view, 10> own_headers{
    "connection", "content-length",    "expect", "host", "keep-alive", "proxy-authorization", "te",
    "trailer",    "transfer-encoding", "upgrade"};

bool is_token(char c) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.contains(c);
}

bool is_header_value(std::string_view value) {
    return std::ranges::all_of(value, [](char c) {
        return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
    });
}

Result<void> check_header(std::string_view name, std::string_view value) {
    ONPUT_TRY_VOID(check_header_name(name));
    if (is_header_value(value)) return {};
    return invalid_request(
        fmt::format("Parameter {} is not valid. Reason: a header's value is one line.", name));
}

Result<void> check_parameters(const HttpParameters& parameters) {
    for (const auto* list : {&parameters.headers, &parameters.query, &parameters.body}) {
        if (list->size() > schema::http_parameters_max) {
            return invalid_request(fmt::format("There are more than {} parameters of one kind.",
                                               schema::http_parameters_max));
        }
    }
    for (const HttpParameter& header : parameters.headers) {
        ONPUT_TRY_VOID(check_header(header.key, header.value));
    }
    return {};
}

std::unexpected<Error> missing(std::string_view name, std::string_view type) {
    return invalid_request(fmt::format(
        "Parameter {} is not valid. Reason: it is required for AuthorizationType {}.", name, type));
}

Result<void> check_client(const ConnectionAuth& auth, bool allows_http) {
    if (!auth.oauth || auth.oauth->client_id.empty() || auth.oauth->client_secret.empty() ||
        auth.oauth->endpoint.empty() || auth.oauth->http_method.empty()) {
        return missing("OAuthParameters", auth.type);
    }
    const std::string& method = auth.oauth->http_method;
    if (method != "GET" && method != "POST" && method != "PUT") {
        return invalid_request("Parameter OAuthParameters.HttpMethod is GET, POST or PUT.");
    }
    if (auth.oauth->parameters) ONPUT_TRY_VOID(check_parameters(*auth.oauth->parameters));
    return check_url(auth.oauth->endpoint,
                     {.parameter = "AuthorizationEndpoint", .allows_http = allows_http});
}

void hide(std::vector<HttpParameter>& parameters) {
    for (auto& parameter : parameters) {
        if (parameter.is_secret) parameter.value.clear();
    }
}

void hide(std::optional<HttpParameters>& parameters) {
    if (!parameters) return;
    hide(parameters->headers);
    hide(parameters->query);
    hide(parameters->body);
}

Result<void> check_secrets_given(const std::optional<HttpParameters>& parameters) {
    if (!parameters) return {};
    for (const auto* list : {&parameters->headers, &parameters->query, &parameters->body}) {
        for (const HttpParameter& one : *list) {
            if (!one.is_secret || !one.value.empty()) continue;
            return invalid_request(fmt::format(
                "Parameter {} is not valid. Reason: its value was removed; give it again.",
                one.key));
        }
    }
    return {};
}

void set_given(std::string& text, const std::string& change) {
    if (!change.empty()) text = change;
}

}  // namespace

Result<void> check_header_name(std::string_view name) {
    const bool is_own = std::ranges::find(own_headers, lower_case(name)) != own_headers.end();
    if (!name.empty() && std::ranges::all_of(name, &is_token) && !is_own) return {};
    return invalid_request(
        fmt::format("Parameter {} is not valid. Reason: it is no header that may be set.", name));
}

Result<void> check_url(std::string_view url, const UrlCheck& check) {
    const auto refuse = [&check](std::string_view reason) {
        return invalid_request(
            fmt::format("Parameter {} is not valid. Reason: {}.", check.parameter, reason));
    };
    const bool is_plain = url.starts_with("http://");
    if (is_plain && !check.allows_http) return refuse("it must be https");
    if (!check_endpoint(is_plain ? "http" : "https", url)) return refuse("it is no https URL");
    std::string_view rest = url.substr(url.find("://") + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    if (authority.contains('@')) return refuse("it has a login");
    if (authority.contains('*')) return refuse("its host has a '*'");
    if (!check.has_stars && rest.contains('*')) return refuse("it has a '*'");
    if (rest.contains('#')) return refuse("it has a fragment");
    return {};
}

Result<void> check_auth(const ConnectionAuth& auth, bool allows_http) {
    if (auth.type == "BASIC") {
        if (auth.username.empty() || auth.password.empty()) {
            return missing("BasicAuthParameters", auth.type);
        }
        if (auth.username.contains(':')) {
            return invalid_request("Parameter Username is not valid. Reason: it has a colon.");
        }
    } else if (auth.type == "API_KEY") {
        if (auth.key_name.empty() || auth.key_value.empty()) {
            return missing("ApiKeyAuthParameters", auth.type);
        }
        ONPUT_TRY_VOID(check_header(auth.key_name, auth.key_value));
    } else if (auth.type == "OAUTH_CLIENT_CREDENTIALS") {
        ONPUT_TRY_VOID(check_client(auth, allows_http));
    } else {
        return invalid_request(
            "Parameter AuthorizationType is BASIC, API_KEY or OAUTH_CLIENT_CREDENTIALS.");
    }
    return auth.invocation ? check_parameters(*auth.invocation) : Result<void>();
}

ConnectionAuth merge_auth(const ConnectionAuth& before, const ConnectionAuth& change) {
    ConnectionAuth merged = before;
    if (!change.type.empty() && change.type != before.type) {
        merged = {.type = change.type, .invocation = before.invocation};
    }
    set_given(merged.username, change.username);
    set_given(merged.password, change.password);
    set_given(merged.key_name, change.key_name);
    set_given(merged.key_value, change.key_value);
    if (change.oauth) {
        if (!merged.oauth) merged.oauth.emplace();
        set_given(merged.oauth->client_id, change.oauth->client_id);
        set_given(merged.oauth->client_secret, change.oauth->client_secret);
        set_given(merged.oauth->endpoint, change.oauth->endpoint);
        set_given(merged.oauth->http_method, change.oauth->http_method);
        if (change.oauth->parameters) merged.oauth->parameters = change.oauth->parameters;
    }
    if (change.invocation) merged.invocation = change.invocation;
    return merged;
}

Result<void> check_secrets_given(const ConnectionAuth& auth) {
    if (auth.oauth) ONPUT_TRY_VOID(check_secrets_given(auth.oauth->parameters));
    return check_secrets_given(auth.invocation);
}

ConnectionAuth told_auth(ConnectionAuth auth) {
    auth.password.clear();
    auth.key_value.clear();
    if (auth.oauth) {
        auth.oauth->client_secret.clear();
        hide(auth.oauth->parameters);
    }
    hide(auth.invocation);
    return auth;
}

}  // namespace onput::notifier
