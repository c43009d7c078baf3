#include "services/storage/replication/endpoints.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "services/storage/objects/names.hpp"

namespace onput::storage {
namespace {

constexpr std::string_view default_region = "us-east-1";
constexpr std::string_view endpoint_form = "it is \"BUCKETS=URL\" or \"BUCKETS=URL;REGION\"";
constexpr std::string_view key_form = "it is \"BUCKETS=ACCESS_KEY:SECRET\"";

bool is_of_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

// A bucket's name, or its beginning and '*'.
bool are_buckets(std::string_view text) {
    const std::string_view name = text.ends_with('*') ? text.substr(0, text.size() - 1) : text;
    return !text.empty() && text.size() <= 255 && std::ranges::all_of(name, is_of_name);
}

// "host", "host:port", "[::1]:port"
bool is_authority(std::string_view text) {
    if (text.empty()) return false;
    const auto colon = text.rfind(':');
    const auto bracket = text.rfind(']');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    const std::string_view host = has_port ? text.substr(0, colon) : text;
    if (has_port && parse_number<std::uint16_t>(text.substr(colon + 1)).value_or(0) == 0)
        return false;
    const bool is_ipv6 = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
    const auto may_be = [is_ipv6](char c) {
        return is_of_name(lower_case(c)) || (is_ipv6 && (c == ':' || c == '[' || c == ']'));
    };
    return !host.empty() && std::ranges::all_of(host, may_be);
}

bool is_endpoint_url(std::string_view url) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (url.starts_with(scheme)) return is_authority(url.substr(scheme.size()));
    }
    return false;
}

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

std::string_view Endpoint::authority() const {
    const std::string_view view = url;
    const bool is_secure = view.starts_with("https://");
    const std::string_view all = view.substr(view.find("//") + 2);
    const std::string_view implied = is_secure ? ":443" : ":80";
    return all.ends_with(implied) ? all.substr(0, all.size() - implied.size()) : all;
}

Result<Endpoint> Endpoints::parse_endpoint(const std::string& text) {
    const auto refuse = [&text](std::string_view what) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("the endpoint \"{}\": {}; {}", text, what, endpoint_form));
    };
    const auto equals = text.find('=');
    if (equals == std::string::npos) return refuse("it has no '='");
    Endpoint endpoint{.buckets = text.substr(0, equals), .url = text.substr(equals + 1)};
    endpoint.region = default_region;
    if (const auto end = endpoint.url.find(';'); end != std::string::npos) {
        endpoint.region = endpoint.url.substr(end + 1);
        endpoint.url.resize(end);
    }
    if (endpoint.url.ends_with('/')) endpoint.url.pop_back();
    if (!are_buckets(endpoint.buckets))
        return refuse("BUCKETS is no name of a bucket, and no beginning of one and '*'");
    if (!is_endpoint_url(endpoint.url))
        return refuse("URL is not http:// or https://, a host, and maybe a port");
    if (!check_region(endpoint.region)) return refuse("REGION is not the name of a region");
    return endpoint;
}

Result<void> Endpoints::add_key(const std::string& text) {
    const auto equals = text.find('=');
    const std::string buckets = text.substr(0, equals);
    // What is not of the form may be all secret.
    if (equals == std::string::npos || !are_buckets(buckets))
        return fail(ErrorCode::invalid_argument, fmt::format("a key of an endpoint: {}", key_form));
    const auto found = std::ranges::find(all_, buckets, &Endpoint::buckets);
    if (found == all_.end())
        return fail(ErrorCode::invalid_argument,
                    fmt::format("the key of \"{}\" has no endpoint", buckets));
    const std::string_view key = std::string_view(text).substr(equals + 1);
    const auto colon = key.find(':');
    if (colon == 0 || colon == std::string_view::npos || colon + 1 == key.size() ||
        !is_printable(key))
        return fail(ErrorCode::invalid_argument,
                    fmt::format("the key of the endpoint \"{}\": {}", buckets, key_form));
    if (!found->access_key.empty())
        return fail(ErrorCode::invalid_argument,
                    fmt::format("the endpoint \"{}\" has two keys", buckets));
    found->access_key = key.substr(0, colon);
    found->secret = key.substr(colon + 1);
    return {};
}

Result<Endpoints> Endpoints::parse(const std::vector<std::string>& endpoints,
                                   const std::vector<std::string>& keys) {
    if (endpoints.size() > replication_endpoints_max)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("there are {} endpoints, more than {}", endpoints.size(),
                                replication_endpoints_max));
    Endpoints parsed;
    for (const auto& text : endpoints) {
        ONPUT_TRY(auto endpoint, parse_endpoint(text));
        const bool is_there = std::ranges::find(parsed.all_, endpoint.buckets,
                                                &Endpoint::buckets) != parsed.all_.end();
        if (is_there)
            return fail(ErrorCode::invalid_argument,
                        fmt::format("\"{}\" has two endpoints", endpoint.buckets));
        parsed.all_.push_back(std::move(endpoint));
    }
    for (const auto& text : keys) ONPUT_TRY_VOID(parsed.add_key(text));
    for (const auto& endpoint : parsed.all_) {
        if (endpoint.access_key.empty())
            return fail(ErrorCode::invalid_argument,
                        fmt::format("the endpoint \"{}\" has no key: name one in "
                                    "replication_keys_secret",
                                    endpoint.buckets));
    }
    return parsed;
}

const Endpoint* Endpoints::find(std::string_view bucket) const {
    const Endpoint* best = nullptr;
    for (const auto& endpoint : all_) {
        const std::string_view buckets = endpoint.buckets;
        if (buckets == bucket) return &endpoint;
        if (!buckets.ends_with('*') || !bucket.starts_with(buckets.substr(0, buckets.size() - 1)))
            continue;
        if (best == nullptr || buckets.size() > best->buckets.size()) best = &endpoint;
    }
    return best;
}

}  // namespace onput::storage
