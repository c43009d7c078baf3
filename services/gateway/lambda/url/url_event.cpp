#include "services/gateway/lambda/url/url_event.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "common/base/encoding.hpp"
#include "common/base/log_time.hpp"
#include "common/base/text.hpp"
#include "common/json/writer.hpp"

namespace onput::gateway::lambda {
namespace {

using Texts = std::map<std::string, std::string>;

// In the order in which they are added.
void join(Texts& texts, const std::string& name, std::string_view value) {
    const auto [at, is_new] = texts.try_emplace(name, value);
    if (!is_new) at->second.append(",").append(value);
}

bool is_of_signature(std::string_view name) {
    return name == "authorization" || name == "x-amz-security-token";
}

std::string_view port_of(const UrlRequest& request) {
    const auto parsed = http::parse_host(request.head.host);
    if (parsed && !parsed->port.empty()) return parsed->port;
    return request.scheme == "https" ? "443" : "80";
}

Texts headers_of(const UrlRequest& request) {
    Texts headers;
    for (const auto& header : request.head.headers) {
        const std::string name = lower_case(header.name);
        if (name == "cookie" || (request.caller && is_of_signature(name))) continue;
        join(headers, name, header.value);
    }
    std::string& forwarded = headers["x-forwarded-for"];
    if (!forwarded.empty()) forwarded.append(", ");
    forwarded.append(request.peer_ip);
    // Whatever the client says of them: handlers decide by them.
    headers.insert_or_assign("x-forwarded-proto", std::string(request.scheme));
    headers.insert_or_assign("x-forwarded-port", std::string(port_of(request)));
    return headers;
}

std::vector<std::string> cookies_of(const http::RequestHead& head) {
    std::vector<std::string> cookies;
    for (const auto& header : head.headers) {
        if (!equal_ignoring_case(header.name, "cookie")) continue;
        std::string_view rest = header.value;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(';'), rest.size());
            const std::string_view cookie = trimmed(rest.substr(0, end));
            if (!cookie.empty()) cookies.emplace_back(cookie);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return cookies;
}

// Lambda gives forms and what has no type in base64 too.
bool is_text(std::string_view content_type) {
    const std::string type = lower_case(trimmed(content_type.substr(0, content_type.find(';'))));
    constexpr std::array<std::string_view, 3> others{"application/json", "application/xml",
                                                     "application/javascript"};
    return type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml") ||
           std::ranges::find(others, type) != others.end();
}

void write_member(json::Writer& out, std::string_view name, std::string_view value) {
    out.name(name);
    out.text(value);
}

void write_null(json::Writer& out, std::string_view name) {
    out.name(name);
    out.null();
}

void write_texts(json::Writer& out, std::string_view name, const Texts& texts) {
    out.name(name);
    out.begin_object();
    for (const auto& [key, value] : texts) write_member(out, key, value);
    out.end_object();
}

void write_authorizer(json::Writer& out, const UrlCaller& caller) {
    out.name("authorizer");
    out.begin_object();
    out.name("iam");
    out.begin_object();
    write_member(out, "accessKey", caller.access_key);
    write_member(out, "accountId", caller.account);
    write_member(out, "callerId", caller.user_id);
    write_null(out, "cognitoIdentity");
    write_null(out, "principalOrgId");
    write_member(out, "userArn", caller.user_arn);
    write_member(out, "userId", caller.user_id);
    out.end_object();
    out.end_object();
}

void write_context(json::Writer& out, const UrlRequest& request) {
    out.name("requestContext");
    out.begin_object();
    write_member(out, "accountId", request.caller ? request.caller->account : "anonymous");
    write_member(out, "apiId", request.url_id);
    write_null(out, "authentication");
    if (request.caller) write_authorizer(out, *request.caller);
    write_member(out, "domainName", request.domain);
    write_member(out, "domainPrefix", request.url_id);
    out.name("http");
    out.begin_object();
    write_member(out, "method", request.head.method);
    write_member(out, "path", request.head.path);
    write_member(out, "protocol", request.head.version_minor == 0 ? "HTTP/1.0" : "HTTP/1.1");
    write_member(out, "sourceIp", request.client_ip);
    write_member(out, "userAgent", request.head.header("user-agent").value_or(""));
    out.end_object();
    write_member(out, "requestId", request.request_id);
    write_member(out, "routeKey", "$default");
    write_member(out, "stage", "$default");
    write_member(out, "time", format_log_time(request.now));
    out.name("timeEpoch");
    out.integer(to_millis(request.now));
    out.end_object();
}

}  // namespace

std::string write_url_event(const UrlRequest& request) {
    Texts parameters;
    for (const auto& parameter : request.query) join(parameters, parameter.name, parameter.value);
    const auto cookies = cookies_of(request.head);
    const bool is_plain =
        request.body.empty() ||
        (is_text(request.head.header("content-type").value_or("")) && is_utf8(request.body));
    json::Writer out;
    out.begin_object();
    write_member(out, "version", "2.0");
    write_member(out, "routeKey", "$default");
    write_member(out, "rawPath", request.head.path);
    write_member(out, "rawQueryString", request.head.query);
    if (!cookies.empty()) {
        out.name("cookies");
        out.begin_array();
        for (const auto& cookie : cookies) out.text(cookie);
        out.end_array();
    }
    write_texts(out, "headers", headers_of(request));
    if (!parameters.empty()) write_texts(out, "queryStringParameters", parameters);
    write_context(out, request);
    if (!request.body.empty())
        write_member(out, "body", is_plain ? std::string(request.body) : to_base64(request.body));
    write_null(out, "pathParameters");
    write_null(out, "stageVariables");
    out.name("isBase64Encoded");
    out.boolean(!is_plain);
    out.end_object();
    return out.take();
}

}  // namespace onput::gateway::lambda
